"""The command that makes copies for Colab: what it takes, what it makes, and what it says."""

import re

import nbformat
import pytest

from scratch.course import copies, environment, kit, spelling
from scratch.course import repository as remote
from scratch.teaching.colab import Published, publish_by


@pytest.fixture
def command(tmp_path, monkeypatch):
    """What `python -m scratch.course colab` calls, where git knows of no address and no tag."""
    monkeypatch.setattr(kit, "ROOT", tmp_path)
    monkeypatch.setattr(copies, "BUILD", tmp_path / "build")
    monkeypatch.setattr(copies, "git", lambda root, *words: "")

    def no_origin(root):
        raise ValueError("There is none.")

    monkeypatch.setattr(remote, "origin", no_origin)
    return copies.make


def first_cell(copy):
    """The code that fetches the course."""
    return nbformat.read(copy, as_version=4).cells[1].source


@pytest.mark.parametrize(
    ("made_by", "words"),
    [
        ("", "python -m scratch.course colab --address https://..."),
        ("1", 'make colab COLAB_FLAGS="--address https://..."'),
    ],
)
def test_without_an_address_nothing_is_made_and_what_to_type_is_said(
    command, tmp_path, monkeypatch, capsys, made_by, words
):
    monkeypatch.setenv(spelling.MADE_BY, made_by)
    assert command([]) == 1
    error = capsys.readouterr().err
    assert error.startswith("There is none. Nothing was made: ") and f"Type `{words}`, " in error
    assert not (tmp_path / "build").exists()


def test_the_copies_asked_for_are_made_for_the_version_at_hand(command, tmp_path, capsys):
    assert command(["3", "--address", "https://example.org/course.git"]) == 0
    (made,) = (tmp_path / "build" / "colab").iterdir()
    version = environment.LOCK.with_name("pyproject.toml").read_text(encoding="utf-8")
    tag = "v" + re.search(r'^version = "(.+)"', version, flags=re.MULTILINE)[1]
    assert f'"https://example.org/course.git", "{tag}"' in first_cell(made)
    assert capsys.readouterr().out.startswith("build/colab/03_item_based.ipynb  (")


def test_who_makes_copies_is_told_how_to_publish_them(command, tmp_path, capsys):
    address = "https://example.org/course.git"
    options = ["--tag", "v9.0", "--branch", "copies", "--address", address]
    assert command(["3", "4", *options]) == 0
    third, fourth, *said = capsys.readouterr().out.splitlines()
    assert third.startswith("build/colab/03_") and fourth.startswith("build/colab/04_")
    commands = publish_by(tmp_path / "build" / "colab", Published(address, "v9.0", "copies"))
    assert said == [
        f"Their links lead to the branch copies of {address}. To put them there:",
        *commands.splitlines(),
        copies.about_the_tag("v9.0"),
    ]


def test_without_options_all_copies_are_for_the_branch_colab(capsys):
    asked = copies.parse([])
    assert (asked.numbers, asked.address, asked.branch) == ([], None, "colab")
    with pytest.raises(SystemExit) as end:
        copies.parse(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert end.value.code == 0 and said.startswith("usage: python -m scratch.course colab [-h]")
    for told in (
        "Make copies of notebooks for Colab, whose first cell",
        "of notebooks; all, if none is named",
        "what their first cell clones; else git's origin",
        f"--tag TAG else {asked.tag}",
        "where copies will be; else colab",
    ):
        assert told in said


def test_the_address_of_origin_is_taken(command, tmp_path, monkeypatch):
    monkeypatch.setattr(remote, "origin", lambda root: "https://example.org/course.git")
    assert command(["3"]) == 0
    (made,) = (tmp_path / "build" / "colab").iterdir()
    assert '"https://example.org/course.git"' in first_cell(made)


@pytest.mark.parametrize("address", ["nonsense", "/there/course.git", "http://a:secret@a.org/b"])
def test_an_address_from_which_nobody_can_clone_is_refused(command, tmp_path, capsys, address):
    assert command(["3", "--address", address]) == 1
    said = capsys.readouterr().err
    assert "Nobody elsewhere can clone" in said and "secret" not in said
    assert not (tmp_path / "build").exists()


def test_no_password_gets_into_a_copy_and_no_copy_of_before_stays(command, tmp_path, capsys):
    assert command(["3", "4", "--address", "https://example.org/course.git"]) == 0
    assert command(["3", "--address", "https://me:secret@example.org/course.git"]) == 0
    (made,) = (tmp_path / "build" / "colab").iterdir()
    assert "secret" not in made.read_text(encoding="utf-8") + capsys.readouterr().out


@pytest.mark.parametrize(
    ("tags", "changed", "said"),
    [
        ("", "", "which is not here"),
        ("v9", "scratch/pca.py", "where scratch/pca.py is another one"),
        ("v9", "", "which has the same notebooks"),
    ],
)
def test_it_is_said_whether_the_tag_holds_what_the_copies_show(monkeypatch, tags, changed, said):
    answers = {
        "tag --list v9": tags,
        "diff --name-only v9 -- notebooks scratch": changed,
    }
    monkeypatch.setattr(copies, "git", lambda root, *words: answers[" ".join(words)])
    assert copies.about_the_tag("v9").startswith(f"Each copy asks for the tag v9, {said}")


def test_a_number_without_a_notebook_is_named(command, tmp_path, capsys):
    assert command(["77", "--address", "https://example.org/course.git"]) == 1
    assert "There is no notebook 77" in capsys.readouterr().err
    assert not (tmp_path / "build").exists()
