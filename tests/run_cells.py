"""Runs code cells of a notebook, from the top, in the folder where it is called, without a network.

    python run_cells.py NOTEBOOK HOW_MANY [HOW_OFTEN_THE_FIRST]

Runs them as IPython does; what they print goes to the screen, and an error ends it.
"""

import json
import os
import socket
import sys
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell


def no_network(*address: object, **_: object) -> None:
    """Stand in the place of the calls by which Python asks for a name or connects."""
    raise socket.gaierror(f"no network: {address}")


def main(notebook: str, how_many: str, how_often: str = "1") -> int:
    """Run the cells and return 1 if one of them failed."""
    socket.getaddrinfo = socket.create_connection = no_network
    cells = json.loads(Path(notebook).read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    shell = InteractiveShell.instance()
    for source in sources[:1] * (int(how_often) - 1) + sources[: int(how_many)]:
        if not shell.run_cell(source).success:
            return 1
    shell.run_cell("import scratch; print('scratch is', scratch.__file__, 'in', os.getcwd())")
    return 0


if __name__ == "__main__":
    os.environ["MPLBACKEND"] = "agg"
    sys.exit(main(*sys.argv[1:]))
