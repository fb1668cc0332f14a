"""What the first cell of a copy for Colab calls: it makes the machine at hand fit for the course.

Colab's machine brings Python, PyTorch and hundreds of packages, and its kernel has loaded some of
them before the first cell runs. To put another version in the place of a loaded one asks for a new
start (github.com/googlecolab/colabtools/issues/298), and of IPython it breaks the page (…/5580). So
whatever is there stays, and only what is missing is installed. The course is not installed either:
what `pip install -e` writes is read when Python starts, and the kernel runs already (…/1171). The
first cell has put the clone on the path instead.
"""

import importlib
import importlib.metadata
import importlib.util
import os
import sys
import tomllib
import types
from collections.abc import Iterable
from pathlib import Path

from scratch.course import install
from scratch.course.paths import LOGS, ROOT
from scratch.course.repository import git
from scratch.course.spelling import AS_IT_IS


def prepare(tag: str) -> None:
    """Install what is missing, get the data or a stand-in, and say in words what was done.

    tag: the edition of the course that the page at hand belongs to. Raises SetupError if this is
    another one, if a package can't be installed or if data are damaged, with what to do.
    """
    check_edition(ROOT, tag)
    print(f"The course, {tag}, is in {ROOT}, and this page works in its folder notebooks.")
    # For what a cell starts with "!": it shall find the clone, and use the Python that is here.
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, dict.fromkeys([str(ROOT), *paths])))
    os.environ[AS_IT_IS] = "1"
    needed = requirements()
    if missing := [text for text in needed if installed_version(text) is None]:
        add(missing, LOGS)
        print(f"Installed: {', '.join(missing)}. All other packages are as they were.")
    else:
        print("All packages that it needs are here; none was installed or changed.")
    for text in needed:
        if is_too_old(text):
            print(f"It was made for {text}; here is {installed_version(text)}, and it stays.")
    lend_imp()
    from scratch.datasets.__main__ import main as get_data  # only now are its packages here

    if get_data(["--or-stand-in"]):
        raise install.SetupError("The data are not in order: see above what is wrong with them.")
    print("Ready.")


def check_edition(root: Path, tag: str) -> None:
    """Raise SetupError unless the clone in `root` stands at this tag; edits do not matter."""
    asked = [["rev-parse", "HEAD"], ["rev-parse", "--verify", "--quiet", f"{tag}^{{commit}}"]]
    head, wanted = (git(root, *words) for words in asked)
    if not head or head != wanted:
        here = git(root, "describe", "--tags", "--always") or "something else"
        raise install.SetupError(
            f"In {root} is {here} of the course, and this page belongs to {tag}. Keep what you "
            "changed there, delete that folder, restart the kernel, and run this cell again."
        )


def requirements() -> list[str]:
    """The packages that notebooks need, with their bounds; those of JupyterLab, Colab replaces."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    return project["dependencies"] + extras["fast"] + extras["serve"]


def installed_version(requirement: str) -> str | None:
    """The version that is installed of a package, None if it is missing."""
    try:
        return importlib.metadata.version(requirement.partition(">=")[0])
    except importlib.metadata.PackageNotFoundError:
        return None


def is_too_old(requirement: str) -> bool:
    """Whether what is installed of a package is below the bound."""
    from packaging.version import Version  # matplotlib needs it: so it is there by now

    _, _, bound = requirement.partition(">=")
    return Version(installed_version(requirement) or "0") < Version(bound)


def add(missing: Iterable[str], logs: Path) -> None:
    """Install packages while all that are here keep their versions; may raise SetupError."""
    logs.mkdir(exist_ok=True)
    held, log = logs / "held.txt", logs / "colab.log"
    here = {f"{found.name}=={found.version}" for found in importlib.metadata.distributions()}
    held.write_text("\n".join(sorted(here)) + "\n", encoding="utf-8")
    log.write_text("", encoding="utf-8")
    install.pip(Path(sys.executable), ["install", "--constraint", str(held), *missing], log)
    importlib.invalidate_caches()


def lend_imp() -> None:
    """Give an old IPython the module `imp`, which its %autoreload needs and Python 3.12 has not.

    Colab has IPython 7.34 on a newer Python: github.com/googlecolab/colabtools/issues/6074.
    """
    import IPython

    if IPython.version_info[0] >= 8 or "imp" in sys.modules or importlib.util.find_spec("imp"):
        return
    imp = types.ModuleType("imp")
    vars(imp)["reload"] = importlib.reload
    sys.modules["imp"] = imp
