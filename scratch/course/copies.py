"""The command that makes copies of notebooks for Colab, and says how to publish them."""

import argparse
import os
import sys
import tomllib

from scratch.course.kit import BUILD, described
from scratch.course.paths import NOTEBOOKS, ROOT
from scratch.course.refresh import for_each
from scratch.course.repository import git, origin
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
        address = asked.address or origin(ROOT)
    except ValueError as error:
        print(f"{error} {WITHOUT_ADDRESS.format(with_address())}", file=sys.stderr)
        return 1
    published, folder = Published(address, asked.tag, asked.branch), BUILD / "colab"
    code = for_each(
        asked.numbers, NOTEBOOKS, lambda path: described(build(path, folder, published))
    )
    if code == 0:
        print(f"Their links lead to the branch {asked.branch} of {address}. To put them there:")
        print(publish_by(folder, published))
        if not git(ROOT, "tag", "--list", asked.tag):
            print(
                f"Each copy asks for the tag {asked.tag}, which is not here: make it, and push it."
            )
    return code


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
