"""The commands of the course: set-up, JupyterLab, refreshing, and what they say when they can't."""

import ast
import contextlib
import http.server
import inspect
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import nbformat
import pytest
from run_lab import OF_MAKE, Lab

from scratch.course import beside, cli, environment, install, lab, paths, refresh, spelling

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
needs_complete = pytest.mark.skipif(
    not environment.is_complete(), reason="this environment differs from requirements.lock"
)


# How a command is spelled, and which Python it takes


def test_messages_name_the_form_that_the_learner_used(monkeypatch):
    monkeypatch.delenv(spelling.MADE_BY, raising=False)
    assert spelling.command("data") == "python -m scratch.course data"
    monkeypatch.setenv(spelling.MADE_BY, "1")
    assert spelling.command("data") == "make data"
    assert f"export {spelling.MADE_BY} := 1" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_make_and_python_have_the_same_commands():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    rule = re.compile(r"^(.*):\n\t@\$\(PYTHON\) -m scratch.course \$@", re.MULTILINE)
    (targets,) = rule.findall(makefile)
    assert targets.split() == list(cli.COMMANDS)
    assert all(f"`{name}`" in README for name in cli.COMMANDS)


def test_an_old_python_is_told_what_is_needed():
    program = (
        "import runpy, sys; sys.version_info = (3, 9, 2); sys.argv[1:] = ['lab'];"
        "runpy.run_module('scratch.course', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True
    )  # fmt: skip
    assert done.returncode == 1
    assert "needs Python 3.11 or newer, and this is Python 3.9.2" in done.stderr
    # That Python must be able to read so far.
    for file in ("scratch/__init__.py", "scratch/course/__init__.py", "scratch/course/__main__.py"):
        ast.parse((ROOT / file).read_text(encoding="ascii"), feature_version=(3, 4))


def test_before_anything_is_installed_the_standard_library_is_enough():
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", "import sys; sys.path.insert(0, '');"
         "from scratch.course.cli import main; main(['help'])"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert all(f"\n  {name} " in done.stdout for name in cli.COMMANDS)


@pytest.mark.parametrize("made", ["", "1"])
def test_a_word_that_is_no_command_is_refused_with_those_that_are(capsys, monkeypatch, made):
    monkeypatch.setenv(spelling.MADE_BY, made)
    monkeypatch.setenv("PYTHONIOENCODING", "")
    assert cli.main(["labb"]) == 2
    error = capsys.readouterr().err
    assert "There is no command 'labb'" in error and "  lab " in error
    assert ("NB=" in error) == bool(made)


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


def test_the_folder_of_the_data_is_meant_from_here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCRATCH_DATA", "my data")
    cli.settle_data_folder()
    assert os.environ["SCRATCH_DATA"] == str(tmp_path / "my data")


def test_the_python_of_a_virtual_environment_is_found_on_each_system():
    assert environment.venv_python(Path("v"), windows=True) == Path("v/Scripts/python.exe")
    assert environment.venv_python(Path("v"), windows=False) == Path("v/bin/python")


def test_the_lock_file_is_read_for_this_system():
    pins = environment.locked()
    assert pins["torch"] == "2.13.0"
    assert ("pywinpty" in pins) == (sys.platform == "win32")


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


# Which PyTorch


@pytest.fixture
def pips(monkeypatch):
    """What pip is asked for, with an answer for each kind of question."""
    asked = []
    answers = {"disk": False, "index": True, "reach": True, "driver": False, "installed": ""}

    def pip(python, arguments, log, may_fail=False):
        asked.append(" ".join(arguments))
        if "--no-index" in arguments:
            return answers["disk"]
        return answers["index"] if "-i" in arguments else True

    monkeypatch.setattr(install, "pip", pip)
    monkeypatch.setattr(install, "can_reach", lambda address: answers["reach"])
    monkeypatch.setattr(install, "has_nvidia_driver", lambda: answers["driver"])
    monkeypatch.setattr(install, "installed_torch", lambda python, version: answers["installed"])
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("TORCH", raising=False)
    return asked, answers


def last_choice(pips, **answers) -> str:
    asked, known = pips
    known.update(answers)
    install.torch(Path("python"), "2.13.0", Path("log"))
    return asked[-1] if asked else "nothing"


FROM_INDEX = f"install --no-deps -i {install.CPU_BUILDS} torch==2.13.0"


def test_without_a_driver_the_build_without_gpu_libraries_is_taken(pips):
    assert last_choice(pips) == FROM_INDEX


def test_a_wheel_on_the_disk_is_taken_before_anything_is_fetched(pips):
    assert last_choice(pips, disk=True) == "install --no-index --no-deps torch==2.13.0"


def test_with_a_driver_the_plain_package_is_taken(pips):
    assert last_choice(pips, driver=True, disk=True) == "install torch===2.13.0"


@pytest.mark.parametrize("broken", [{"reach": False}, {"index": False}])
def test_without_the_index_the_plain_package_is_taken_and_its_size_named(pips, broken, capsys):
    assert last_choice(pips, **broken) == "install torch==2.13.0"
    assert install.SIZE_OF_CUDA in capsys.readouterr().out


@pytest.mark.parametrize("build", ["cpu", "cuda"])
def test_what_is_installed_is_kept(pips, build, monkeypatch):
    assert last_choice(pips, installed=build, driver=True) == "nothing"
    monkeypatch.setenv("TORCH", build)
    assert last_choice(pips) == "nothing"


def test_torch_overrides_what_is_installed_and_what_the_machine_has(pips, monkeypatch):
    monkeypatch.setenv("TORCH", "cuda")
    chosen = last_choice(pips, installed="cpu")
    assert chosen == "install --force-reinstall torch===2.13.0"
    monkeypatch.setenv("TORCH", "cpu")
    chosen = last_choice(pips, installed="cuda", driver=True)
    assert chosen == FROM_INDEX.replace("-deps", "-deps --force-reinstall")


def test_who_asks_for_the_cpu_build_never_gets_gigabytes_instead(pips, monkeypatch):
    monkeypatch.setenv("TORCH", "cpu")
    with pytest.raises(install.SetupError, match="cannot be reached, and no wheel"):
        last_choice(pips, reach=False)


def test_elsewhere_than_on_linux_there_is_one_build(pips, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert last_choice(pips) == "install torch==2.13.0"


@pytest.mark.slow
def test_the_peers_get_an_environment_once_and_again_when_their_versions_change(
    monkeypatch, tmp_path, capsys
):
    installed = []
    place = beside.Beside(tmp_path / ".venv-bench", tmp_path / "pins.txt")
    monkeypatch.setattr(beside, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(install, "pip", lambda python, words, log: installed.append(words))
    for pins, times in (("a==1", 1), ("a==1", 1), ("a==2", 2)):
        (tmp_path / "pins.txt").write_text(pins, encoding="utf-8")
        python = Path(beside.ready(place))
        assert python.is_file() and tmp_path in python.parents
        assert installed == [["install", "-r", str(tmp_path / "pins.txt")]] * times
    assert capsys.readouterr().out.count("Making .venv-bench") == 2


def test_bench_stores_all_tables_but_the_one_that_needs_all_of_netflix(monkeypatch, capsys):
    scripts = []
    monkeypatch.setattr(beside, "ready", lambda: "python-of-the-peers")
    monkeypatch.setattr(cli, "module", lambda *words: 0)
    monkeypatch.setattr(cli, "run", lambda *words: scripts.append(words))
    assert cli.bench(["--fast"]) == 2 and not scripts
    assert "bench takes no options" in capsys.readouterr().out
    assert cli.bench([]) == 0
    assert scripts[0] == ("python-of-the-peers", "benchmarks/peers.py", "--store")
    assert all((paths.ROOT / words[1]).is_file() for words in scripts)
    names = [Path(words[1]).stem for words in scripts]
    assert len(names) == 9 and names[:3] == ["peers", "plot_peers", "readme_table"]
    stored = {Path(words[1]).stem for words in scripts if words[-1] == "--store"}
    assert stored == {"peers", "readme_table", "growth", "peak", "folds"}


@pytest.mark.parametrize("fails", range(9))
def test_bench_stops_at_the_first_script_that_fails(monkeypatch, fails):
    codes = [0] * fails + [3] + [0] * 9
    scripts = []
    monkeypatch.setattr(beside, "ready", lambda: "python-of-the-peers")
    monkeypatch.setattr(cli, "module", lambda *words: 0)
    monkeypatch.setattr(cli, "run", lambda *words: scripts.append(words) or codes[len(scripts) - 1])
    assert cli.bench([]) == 3 and len(scripts) == fails + 1


def test_pytorch_comes_in_its_build_before_the_library_that_needs_it(monkeypatch, tmp_path):
    installed = []
    monkeypatch.setattr(beside, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(install, "torch", lambda python, version, log: installed.append(version))
    monkeypatch.setattr(install, "pip", lambda python, words, log: installed.append(words[0]))
    monkeypatch.setattr(environment, "make_venv", lambda venv: venv.mkdir())
    (tmp_path / "pins.txt").write_text("# A remark.\nlenskit==1\ntorch==2.0\n", encoding="utf-8")
    place = beside.Beside(tmp_path / ".venv-bench", tmp_path / "pins.txt")
    python = beside.ready(place)
    assert installed == ["2.0", "install"]
    monkeypatch.setattr(environment, "works", lambda python: True)
    assert beside.ready(place) == python and len(installed) == 2


@pytest.mark.parametrize(
    ("place", "apart"),
    [(beside.PEERS, {"setuptools"}), (beside.LENSKIT, {"pandas"})],  # as a library wants them
    ids=["peers", "lenskit"],
)
def test_the_peers_run_beside_the_versions_of_the_course(place, apart):
    pins = dict(
        line.split("==")
        for line in place.pins.read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    )
    shared = pins.keys() & environment.locked().keys()
    assert apart <= shared
    shared -= apart
    assert len(shared) >= 6
    assert {name: environment.locked()[name] for name in shared} == {n: pins[n] for n in shared}


@contextlib.contextmanager
def server(status: int, wait: float = 0):
    """A web server on this machine that answers everything alike, after some seconds."""
    over = threading.Event()

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            over.wait(wait)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{running.server_port}/"
    finally:
        over.set()
        running.shutdown()
        running.server_close()


def test_whether_an_index_can_be_reached_is_known_in_seconds():
    with server(200) as address:
        assert install.can_reach(address)
    assert not install.can_reach(address)  # nobody listens any more
    with server(404) as address:
        assert not install.can_reach(address)
    with server(200, wait=60) as address:
        start = time.monotonic()
        assert not install.can_reach(address, seconds=0.2)
        assert time.monotonic() - start < 30


def test_a_long_installation_says_what_it_is_doing(monkeypatch, tmp_path, capsys):
    printed = ["Collecting torch==2.13.0", "  Downloading torch-2.13.0-cp311-x.whl (191.8 MB)"]
    printed += ["  Downloading six-1.17.0-py2.py3-none-any.whl (11 kB)"]
    pretend = tmp_path / "pretend.py"
    pretend.write_text("\n".join(f"print({line!r})" for line in printed), encoding="utf-8")
    monkeypatch.setattr(install, "QUIET_SECONDS", -1)
    real = install.lines_of
    monkeypatch.setattr(install, "lines_of", lambda program: real([sys.executable, str(pretend)]))
    assert install.pip(Path("python"), ["install"], tmp_path / "log")
    shown = capsys.readouterr().out
    assert re.search(r"\d s: fetching torch \(192 MB\); 192 MB so far", shown)
    assert "fetching six;" in shown
    assert (tmp_path / "log").read_text(encoding="utf-8").splitlines()[:3] == printed


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


# Which notebooks are refreshed

PATHS = [Path(f"{number:02}_name.ipynb") for number in range(12)]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        (["1"], ["01"]),
        (["01"], ["01"]),
        (["10", "4"], ["10", "04"]),
        (["0"], ["00"]),
        ([], [path.name[:2] for path in PATHS]),
    ],
)
def test_a_number_means_its_notebook(asked, names):
    assert [path.name[:2] for path in refresh.chosen(asked, PATHS)] == names


@pytest.mark.parametrize("asked", [["12"], ["x"], ["-1"], ["4", "1_"], [""], ["1,2"]])
def test_what_is_no_number_of_a_notebook_is_refused(asked):
    with pytest.raises(ValueError, match="There is no notebook"):
        refresh.chosen(asked, PATHS)


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


@pytest.mark.slow
def test_a_notebook_on_the_stand_in_is_never_stored(tmp_path):
    path = tmp_path / "00_short.ipynb"
    show = "from scratch.datasets import load_interests\nprint('MovieLens\\n(a generated {}')"
    for word, is_real in (("STAND-IN, not the real data)", False), ("list)", True)):
        cells = [nbformat.v4.new_code_cell(show.format(word))]
        written = nbformat.writes(nbformat.v4.new_notebook(cells=cells)) + "\n"
        path.write_text(written, encoding="utf-8")
        if is_real:
            refresh.refresh(path)
            assert nbformat.read(path, as_version=4).cells[0].outputs[0].text.endswith("list)\n")
        else:
            with pytest.raises(ValueError, match="did not run on the real data"):
                refresh.refresh(path)
            assert path.read_text(encoding="utf-8") == written
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
