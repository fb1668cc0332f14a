"""The commands of the course in earnest: the set-up in small copies, and JupyterLab."""

import inspect
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from run_lab import OF_MAKE, Lab

from scratch.course import environment, lab, paths, spelling

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
needs_complete = pytest.mark.skipif(
    not environment.is_complete(), reason="this environment differs from requirements.lock"
)


# What they say when they can't


@pytest.mark.slow
def test_a_terminal_that_knows_few_letters_gets_those(copy):
    moved = copy.folder.rename(copy.folder.with_name("Kürs"))
    copy.folder = moved
    copy.lock("torch==2.13.0\nthinky==3.0\n")
    failed = copy.run(PYTHONIOENCODING="ascii")
    assert failed.returncode == 1 and "Traceback" not in failed.stderr
    assert "K\\xfcrs" in failed.stderr


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_folder_of_somebody_else_is_named(copy):
    copy.folder.chmod(0o555)
    failed = copy.run()
    copy.folder.chmod(0o755)
    assert failed.returncode == 1 and "a place that is yours" in failed.stderr


# The whole set-up, in a small copy of the course whose packages are two empty wheels

BACKEND = """
import pathlib, sys
sys.path.insert(0, str(pathlib.Path.cwd().parent))
from wheels import write_wheel

def build_editable(folder, config_settings=None, metadata_directory=None):
    return write_wheel(folder, "scratch", "0.1.0", {"scratch.pth": str(pathlib.Path.cwd())})
"""
PROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def write_wheel(folder, name, version, files):
    path = Path(folder) / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info/"
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    tags = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    own = {info + "METADATA": about, info + "WHEEL": tags, info + "RECORD": ""}
    with zipfile.ZipFile(path, "w") as wheel:
        for file, text in (files | own).items():
            wheel.writestr(file, text)
    return path.name


class Copy:
    """A copy of the package and its commands in a folder with a space and an umlaut in its name."""

    def __init__(self, folder: Path):
        self.folder, self.wheels = folder / "Kurs für mich", folder / "wheels"
        self.python = environment.venv_python(self.folder / ".venv")
        shutil.copytree(
            ROOT / "scratch", self.folder / "scratch",
            ignore=shutil.ignore_patterns("__pycache__"),
        )  # fmt: skip
        shutil.copy(ROOT / "Makefile", self.folder)
        (self.folder / "backend.py").write_text(BACKEND, encoding="utf-8")
        (self.folder / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
        self.wheels.mkdir(exist_ok=True)
        source = "import zipfile\nfrom pathlib import Path\n\n" + inspect.getsource(write_wheel)
        (folder / "wheels.py").write_text(source, encoding="utf-8")
        self.lock("torch==2.13.0\nthinky==1.0\n")
        self.wheel("torch", "2.13.0")
        self.wheel("thinky", "1.0")

    def lock(self, text: str) -> None:
        (self.folder / "requirements.lock").write_text(f"# A lock.\n{text}", encoding="utf-8")

    def wheel(self, name: str, version: str) -> None:
        write_wheel(self.wheels, name, version, {f"{name}.py": ""})

    def environment(self, **more: str) -> dict[str, str]:
        alone = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels)}
        alone["PIP_CONFIG_FILE"] = os.devnull
        dropped = ("TORCH", "PYTHONPATH", "PIP_CONSTRAINT", spelling.MADE_BY, *OF_MAKE)
        kept = {name: value for name, value in os.environ.items() if name not in dropped}
        return kept | alone | more

    def run(self, *program: str, **more: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            program or (sys.executable, "-m", "scratch.course", "setup"),
            cwd=self.folder, env=self.environment(**more), capture_output=True, text=True,
        )  # fmt: skip

    def installed(self) -> set[str]:
        ask = "import importlib.metadata as m; print(*(d.name for d in m.distributions()))"
        done = subprocess.run(
            [self.python, "-I", "-c", ask], capture_output=True, text=True, check=True
        )
        return {"torch", "thinky", "scratch"} & set(done.stdout.split())


@pytest.fixture
def copy(tmp_path):
    return Copy(tmp_path)


@pytest.mark.slow
def test_set_up_makes_an_environment_once_and_again_when_something_has_changed(copy):
    done = copy.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Making .venv" in done.stdout and done.stdout.endswith("Installed.\n")
    assert "from a wheel on this machine's disk" in done.stdout or sys.platform != "linux"
    assert copy.installed() == {"torch", "thinky", "scratch"}

    again = copy.run()
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")

    copy.wheel("thinky", "2.0")
    copy.lock("torch==2.13.0\nthinky==2.0\n")
    changed = copy.run()
    assert "Making .venv" not in changed.stdout and changed.stdout.endswith("Installed.\n")
    assert "is there already and is kept" in changed.stdout

    moved = copy.folder.rename(copy.folder.with_name("moved"))
    copy.folder, copy.python = moved, environment.venv_python(moved / ".venv")
    done = copy.run()
    assert "Making .venv" in done.stdout and copy.installed() == {"torch", "thinky", "scratch"}


@pytest.mark.slow
def test_a_package_that_cannot_be_had_is_named_with_the_log_and_the_set_up_is_done_again(copy):
    copy.lock("torch==2.13.0\nthinky==3.0\n")
    failed = copy.run()
    assert failed.returncode == 1
    assert "thinky==3.0" in failed.stderr and "install.log" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert not (copy.folder / ".venv" / environment.MARK).exists()
    copy.wheel("thinky", "3.0")
    assert copy.run().stdout.endswith("Installed.\n")
    assert "thinky" in (copy.folder / ".course/install.log").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_package_in_whose_installation_pip_was_killed_is_installed_again(copy):
    assert copy.run().returncode == 0
    packages = next((copy.folder / ".venv").rglob("site-packages"))
    (packages / "thinky-1.0.dist-info/INSTALLER").unlink()
    (packages / "thinky.py").unlink()
    (copy.folder / ".venv" / environment.MARK).unlink()
    assert copy.run().stdout.endswith("Installed.\n")
    assert (packages / "thinky.py").exists()


def test_torch_is_cpu_or_cuda(copy):
    failed = copy.run(TORCH="gpu")
    assert failed.returncode == 1 and "TORCH is 'gpu': set it to cpu or cuda" in failed.stderr


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_make_does_the_same(copy):
    done = copy.run("make", "setup", f"PYTHON={sys.executable}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("Installed.\n")


@pytest.mark.slow
def test_an_environment_of_ones_own_is_used_as_it_is(copy):
    assert "`python -m pip install -r requirements.lock -e .`" in README
    own = copy.folder.parent / "own"
    subprocess.run([sys.executable, "-m", "venv", own], check=True)
    python = str(environment.venv_python(own))
    words = ["install", "--no-build-isolation", "-r", "requirements.lock", "-e", "."]
    installed = copy.run(python, "-m", "pip", *words)
    assert installed.returncode == 0, installed.stderr
    done = copy.run(python, "-m", "scratch.course", "setup")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (copy.folder / ".venv").exists()
    # In another copy of the course it is a foreign one.
    other = Copy(copy.folder.parent / "other")
    assert "Making .venv" in other.run(python, "-m", "scratch.course", "setup").stdout


# JupyterLab


@pytest.fixture(params=["make", "python"], scope="module")
def jupyter(request):
    programs = {
        "make": ["make", "lab", f"PYTHON={sys.executable}", "LAB_FLAGS=--port=0"],
        "python": [sys.executable, "-m", "scratch.course", "lab", "--port=0"],
    }
    if shutil.which(programs[request.param][0]) is None:
        pytest.skip("there is no make")
    running = Lab(*programs[request.param])
    yield running
    if running.process.poll() is None:
        running.stop()
    assert not running.answers()


@pytest.mark.slow
@needs_complete
@pytest.mark.skipif(os.name == "nt", reason="Ctrl+C is sent as a signal")
class TestJupyterLab:
    def test_the_last_words_are_the_address_alone(self, jupyter):
        assert jupyter.address.startswith("http://127.0.0.1:")
        assert jupyter.printed[-2] == ""
        assert ".course/lab.log" in jupyter.printed[-3]

    def test_only_who_has_the_token_gets_in(self, jupyter):
        assert jupyter.status("/api/contents") == 403
        assert jupyter.status("/api/contents", jupyter.token) == 200

    def test_the_whole_course_is_served_so_that_the_package_can_be_opened(self, jupyter):
        names = {entry["name"] for entry in jupyter.ask("/api/contents")["content"]}
        assert {"scratch", "notebooks", "README.md"} <= names
        assert jupyter.ask("/api/contents/scratch/similarity.py")["type"] == "file"
        assert jupyter.ask("/api/contents/notebooks/00_start_here.ipynb")["type"] == "notebook"

    def test_the_course_has_its_settings(self, jupyter):
        settings = {entry["id"]: entry for entry in jupyter.ask("/lab/api/settings")["settings"]}
        news = settings["@jupyterlab/apputils-extension:notification"]["schema"]["properties"]
        assert news["fetchNews"]["default"] == "false"
        browser = settings["@jupyterlab/filebrowser-extension:browser"]["schema"]["properties"]
        assert browser["showLastModifiedColumn"]["default"] is False
        documents = settings["@jupyterlab/docmanager-extension:plugin"]["schema"]["properties"]
        assert documents["defaultViewers"]["default"]["markdown"] == "Markdown Preview"

    def test_a_kernel_starts_without_a_warning(self, jupyter):
        kernel = jupyter.ask("/api/kernels", {"name": "python3"})
        for _ in range(600):
            log = (paths.LOGS / "lab.log").read_text(encoding="utf-8")
            if kernel["id"] in log:
                break
            time.sleep(0.05)
        assert kernel["id"] in log
        assert "without encryption" not in log
        assert "language server" not in log.lower()

    def test_a_notebook_is_saved_as_the_course_stores_it(self, jupyter):
        path = "/api/contents/datasets/saved_by_a_test.ipynb"  # which git ignores
        content = json.loads((ROOT / "notebooks/00_start_here.ipynb").read_text(encoding="utf-8"))
        content["metadata"]["language_info"]["version"] = "3.13.0"
        content["cells"][1]["execution_count"] = 57
        saved = ROOT / "datasets/saved_by_a_test.ipynb"
        try:
            jupyter.ask(path, {"type": "notebook", "content": content}, method="PUT")
            assert saved.read_bytes() == (ROOT / "notebooks/00_start_here.ipynb").read_bytes()
        finally:
            saved.unlink(missing_ok=True)

    def test_ctrl_c_ends_it_without_a_question(self, jupyter):
        assert "JupyterLab has been stopped." in jupyter.stop()


@pytest.mark.slow
@needs_complete
@pytest.mark.skipif(os.name == "nt", reason="there are no such signals")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP], ids=lambda how: how.name)
def test_whoever_ends_the_command_ends_jupyterlab(how):
    running = Lab(sys.executable, "-m", "scratch.course", "lab", "--port=0")
    assert running.answers(patience=30)
    running.stop(how)
    assert not running.answers()


@pytest.mark.slow
@needs_complete
def test_a_jupyterlab_that_cannot_start_says_why(capsys):
    assert lab.serve(["--no-such-option=1"]) == 1 or lab.serve(["--ServerApp.port=x"]) == 1
    error = capsys.readouterr().err
    assert "did not start" in error and "lab.log" in error


# The README


def test_every_way_in_that_the_readme_names_is_tried_here_or_said_not_to_be():
    rows = re.findall(r"^\| (?!you have|---)(.*?) \| (`.*?) \| (.*?) \|$", README, re.MULTILINE)
    ways = {command: tried for _, command, tried in rows if "lab" in command}
    tried = {
        "`make lab`",
        "`python -m scratch.course lab`",
        "`python -m pip install -r requirements.lock -e .`, then `python -m scratch.course lab`",
    }
    assert tried < set(ways)
    for way, words in ways.items():
        assert (way in tried) == ("Linux" in words)
        assert way in tried or "not tried here" in words
