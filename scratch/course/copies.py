"""The command that makes copies of notebooks for Colab, and says how to publish them."""

import argparse
import os
import sys
import tomllib
from pathlib import Path

from scratch.course.kit import BUILD, described
from scratch.course.paths import NOTEBOOKS, ROOT
from scratch.course.refresh import for_each
from scratch.course.repository import git, published_at
from scratch.course.spelling import MADE_BY, command

WITHOUT_ADDRESS = (
    "Nothing was made: the first cell of each copy has to name a repository from which everybody "
    "can clone the course. Type `{}`, with its address."
)


def make(options: list[str]) -> int:
    """Make the copies of the notebooks with the numbers among the options (all, if none)."""
    from scratch.teaching.colab import Published, build, publish_by

    asked = parse(options)
    try:
        address = published_at(ROOT, asked.address)
    except ValueError as error:
        print(f"{error} {WITHOUT_ADDRESS.format(with_address())}", file=sys.stderr)
        return 1
    published, folder = Published(address, asked.tag, asked.branch), BUILD / "colab"
    made = []

    def copied(path: Path) -> str:
        made.append(build(path, folder, published))
        return described(made[-1])

    code = for_each(asked.numbers, NOTEBOOKS, copied)
    if code == 0:
        for path in set(folder.glob("*.ipynb")) - set(made):
            path.unlink()  # of an earlier run: it would be published as well
        print(f"Their links lead to the branch {asked.branch} of {address}. To put them there:")
        print(publish_by(folder, published))
        print(about_the_tag(asked.tag))
    return code


def about_the_tag(tag: str) -> str:
    """What the edition is to which copies of the notebooks at hand send their readers."""
    asks = f"Each copy asks for the tag {tag}"
    if not git(ROOT, "tag", "--list", tag):
        return f"{asks}, which is not here: make it (CONTRIBUTING.md, A new version), and push it."
    if changed := git(ROOT, "diff", "--name-only", tag, "--", "notebooks", "scratch").splitlines():
        return f"{asks}, where {changed[0]} is another one than here: make a new version first?"
    return f"{asks}, which has the same notebooks and package as this folder."


def parse(options: list[str]) -> argparse.Namespace:
    """Return the options of the command line."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    parser = argparse.ArgumentParser(
        prog="python -m scratch.course colab",
        description="Make copies of notebooks for Colab, whose first cell fetches the course.",
    )
    parser.add_argument("numbers", nargs="*", help="of notebooks; all, if none is named")
    parser.add_argument("--address", help="what their first cell clones; else git's origin")
    parser.add_argument("--tag", default=f"v{project['version']}", help="else %(default)s")
    parser.add_argument("--branch", default="colab", help="where copies will be; else %(default)s")
    return parser.parse_args(options)


def with_address() -> str:
    """How the learner at hand names an address."""
    option = "--address https://..."
    made = os.environ.get(MADE_BY)
    return f'make colab COLAB_FLAGS="{option}"' if made else command(f"colab {option}")
