"""What the first cell of a copy for Colab does on the machine there."""

import importlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scratch.course import colab as in_colab
from scratch.course import environment, install, spelling

ROOT = Path(__file__).parents[1]


@pytest.fixture
def there(monkeypatch, tmp_path):
    """A machine that has an old numpy and lacks a package; gives what pip is asked for."""
    asked = []

    def pip(python: Path, arguments: list[str], log: Path) -> None:
        asked.extend(arguments)

    monkeypatch.setenv("PYTHONPATH", "before")
    monkeypatch.setenv(spelling.AS_IT_IS, "")
    monkeypatch.setattr(install, "pip", pip)
    monkeypatch.setattr(in_colab, "LOGS", tmp_path)
    monkeypatch.setattr(in_colab, "check_edition", lambda root, tag: None)
    monkeypatch.setattr(in_colab, "requirements", lambda: ["numpy>=99", "no-such-package>=1.2"])
    monkeypatch.setattr(in_colab, "lend_imp", lambda: None)
    asks = ["--or-stand-in"]
    monkeypatch.setattr("scratch.datasets.__main__.main", lambda options: int(options != asks))
    return asked


def test_only_what_is_missing_is_installed_and_all_else_is_held(there, tmp_path, capsys):
    in_colab.prepare("v1.0")
    assert there == ["install", "--constraint", str(tmp_path / "held.txt"), "no-such-package>=1.2"]
    here = {f"{found.name}=={found.version}" for found in importlib.metadata.distributions()}
    assert f"numpy=={importlib.metadata.version('numpy')}" in here
    held = (tmp_path / "held.txt").read_text(encoding="utf-8")
    assert held == "".join(f"{line}\n" for line in sorted(here))
    assert capsys.readouterr().out.splitlines() == [
        f"The course, v1.0, is in {ROOT}, and this page works in its folder notebooks.",
        "Installed: no-such-package>=1.2. All other packages are as they were.",
        f"It was made for numpy>=99; here is {importlib.metadata.version('numpy')}, and it stays.",
        "It was made for no-such-package>=1.2; here is None, and it stays.",  # pip only noted it
        "Ready.",
    ]


def test_where_all_is_there_nothing_is_installed(there, monkeypatch, capsys):
    monkeypatch.setattr(in_colab, "requirements", lambda: ["numpy>=1.0"])
    in_colab.prepare("v1.0")
    assert there == []
    _, said, _ = capsys.readouterr().out.splitlines()
    assert said == "All packages that it needs are here; none was installed or changed."


def test_pip_writes_into_an_empty_log_and_what_it_brought_is_found(monkeypatch, tmp_path):
    asked, invalidated = [], []
    monkeypatch.setattr(install, "pip", lambda *words: asked.append(words))
    monkeypatch.setattr(importlib, "invalidate_caches", lambda: invalidated.append(len(asked)))
    for times in (1, 2):
        in_colab.add(["one>=1"], tmp_path / "logs")
        python, words, log = asked[-1]
        assert python == Path(sys.executable) and words[-1] == "one>=1"
        assert log == tmp_path / "logs" / "colab.log" and log.read_text(encoding="utf-8") == ""
        log.write_text("of the last time", encoding="utf-8")
        assert invalidated[-1] == times


def test_another_edition_is_asked_for_before_anything_is_done(there, monkeypatch, capsys):
    def check_edition(root, tag):
        raise install.SetupError(f"{root} {tag}")

    monkeypatch.setattr(in_colab, "check_edition", check_edition)
    with pytest.raises(install.SetupError, match=re.escape(f"{ROOT} v1.0")):
        in_colab.prepare("v1.0")
    assert not there and capsys.readouterr().out == ""


def test_commands_in_cells_find_the_clone_and_install_nothing(there, monkeypatch):
    lent = []
    monkeypatch.setattr(in_colab, "lend_imp", lambda: lent.append("imp"))
    in_colab.prepare("v1.0")
    in_colab.prepare("v1.0")
    assert len(lent) == 2  # which the cell with %autoreload, the next but one, may need
    assert os.environ["PYTHONPATH"] == os.pathsep.join([str(ROOT), "before"])
    assert environment.ready() == sys.executable
    assert spelling.command("data") == "!python -m scratch.course data"
    assert os.environ[spelling.AS_IT_IS] == "1"


def test_where_no_path_is_set_the_clone_is_the_only_one(there, monkeypatch):
    monkeypatch.delenv("PYTHONPATH")
    in_colab.prepare("v1.0")
    assert os.environ["PYTHONPATH"] == str(ROOT)


def test_damaged_data_are_told(there, monkeypatch, capsys):
    monkeypatch.setattr("scratch.datasets.__main__.main", lambda options: 1)
    with pytest.raises(install.SetupError, match="data are not in order"):
        in_colab.prepare("v1.0")
    assert "Ready" not in capsys.readouterr().out


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_clone_has_to_stand_at_the_tag_of_the_page(tmp_path):
    def git(*words):
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True)

    def said(tag):
        with pytest.raises(install.SetupError) as error:
            in_colab.check_edition(tmp_path, tag)
        return str(error.value)

    git("init", "--quiet")
    belongs = "of the course, and this page belongs to"
    assert said("v1").startswith(f"In {tmp_path} is something else {belongs} v1. Keep what you")
    git("commit", "--quiet", "--allow-empty", "--message", "one")
    git("tag", "v1")
    git("tag", "--annotate", "--message", "the same", "v1-again")
    for tag in ("v1", "v1-again"):
        in_colab.check_edition(tmp_path, tag)
    git("commit", "--quiet", "--allow-empty", "--message", "two")
    assert re.match(rf"In .* is v1.*-1-g\w+ {belongs} v1\.", said("v1"))
    git("tag", "--delete", "v1", "v1-again")
    assert re.match(rf"In .* is [0-9a-f]+ {belongs} v1\.", said("v1"))


def test_every_package_of_a_notebook_has_a_lowest_version():
    assert len(in_colab.requirements()) > 8
    for text in in_colab.requirements():
        assert re.fullmatch(r"[a-z-]+>=[\d.]+", text)
        assert not in_colab.is_too_old(text)
    assert {"numpy", "torch", "numba", "fastapi"} <= {
        text.partition(">=")[0] for text in in_colab.requirements()
    }


def test_what_is_older_than_its_bound_is_too_old(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "version", {"a": "1.10"}.__getitem__)
    assert [in_colab.is_too_old(f"a>={bound}") for bound in ("1.9", "1.10", "1.11")] == [
        False, False, True,
    ]  # fmt: skip


def test_a_package_that_is_missing_has_no_version_and_is_too_old():
    assert in_colab.installed_version("no-such-package>=1") is None
    assert in_colab.installed_version("numpy>=1") == importlib.metadata.version("numpy")
    assert in_colab.is_too_old("no-such-package>=1") is True
    assert in_colab.is_too_old("no-such-package>=0") is False


@pytest.fixture
def without_imp(monkeypatch):
    """Python has no module `imp`; what it is after the test is what it was before."""
    before = sys.modules.pop("imp", None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    yield
    sys.modules.pop("imp", None)
    if before:
        sys.modules["imp"] = before


@pytest.mark.parametrize(
    ("version", "lends"),
    [((7, 34, 9), True), ((7, 8, 0), True), ((8, 0, 0), False), ((9, 18, 1), False)],
)
def test_an_old_ipython_is_lent_the_module_that_python_has_no_more(
    without_imp, monkeypatch, version, lends
):
    monkeypatch.setattr("IPython.version_info", version)
    in_colab.lend_imp()
    assert ("imp" in sys.modules) == lends
    if lends:
        lent = sys.modules["imp"]
        assert lent.__name__ == "imp" and lent.reload is importlib.reload
        in_colab.lend_imp()
        assert sys.modules["imp"] is lent


def test_nothing_is_lent_where_python_has_its_own(without_imp, monkeypatch):
    monkeypatch.setattr("IPython.version_info", (7, 34, 0))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name == "imp")
    in_colab.lend_imp()
    assert "imp" not in sys.modules
