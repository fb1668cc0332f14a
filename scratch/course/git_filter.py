"""Takes out of a notebook what only Jupyter wrote, so that git shows what a person changed.

Opening, running and saving a notebook changes its metadata and the numbers of its cells, though
nothing that a person did. The course's JupyterLab takes that out as it saves (`before_save`). For
every other program that writes notebooks git does it, before it compares or stores one: it calls
`python -m scratch.course clean`, as `.gitattributes` and the set-up tell it. Followed by names of
files, the same words mend these files: so does pre-commit.
"""

import copy
import errno
import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

from scratch.machinery.whole import replaced

FILTER = "scratch-notebook"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
SHOWN_LINES = 3  # a longer cell of imports is stored collapsed
IMPORT_CELL = 1
NOT_STORED = "no-stored-output"  # the tag of a cell whose output is another in every run


def normalise(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook (nbformat 4, as JSON has it) as the course stores it, changed in place.

    Metadata are those of METADATA; cells keep their tags; code cells that were run are numbered
    1, 2, 3, … from the top; outputs that differ from run to run are left out.
    """
    notebook["metadata"] = copy.deepcopy(METADATA)
    number = 0
    for place, cell in enumerate(notebook["cells"]):
        tags = cell["metadata"].get("tags")
        cell["metadata"] = {"tags": tags} if tags else {}
        if cell["cell_type"] != "code":
            continue
        source = "".join(cell["source"])
        if place == IMPORT_CELL and len(source.strip().splitlines()) > SHOWN_LINES:
            cell["metadata"]["jupyter"] = {"source_hidden": True}
        number += 1
        if NOT_STORED in (tags or ()):
            cell["outputs"] = []
        if cell["execution_count"] is not None:
            cell["execution_count"] = number
            for output in cell["outputs"]:
                if "execution_count" in output:
                    output["execution_count"] = number
    return notebook


def before_save(model: dict[str, Any], **_: object) -> None:
    """Normalise what JupyterLab is about to save, in place: a hook of its contents manager."""
    if model["type"] == "notebook" and model["content"].get("nbformat") == 4:
        normalise(model["content"])


def clean(source: BinaryIO, target: BinaryIO) -> int:
    """Copy a notebook from `source` to `target` normalised; what is no notebook stays as it is."""
    raw = source.read()
    try:
        target.write(cleaned(raw))
    except NOT_A_NOTEBOOK:
        target.write(raw)
    target.flush()
    return 0


# The last is of brackets in brackets, thousands deep.
NOT_A_NOTEBOOK = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


def cleaned(raw: bytes) -> bytes:
    """Return the file of a notebook, normalised; raises one of NOT_A_NOTEBOOK if it is none."""
    notebook = normalise(json.loads(raw))
    text = json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True)
    return text.encode("utf-8") + b"\n"


def clean_files(names: Iterable[str]) -> int:
    """Normalise files of notebooks, each in one step; returns 1 if that fails for one of them."""
    code = 0
    for path in map(Path, names):
        try:
            if path.exists() and not path.is_file():  # to read a pipe would wait for ever
                raise OSError(errno.EINVAL, "it is a folder, a device or a pipe", str(path))
            raw = path.read_bytes()
            new = cleaned(raw)
            if new != raw:
                with replaced(path) as file:
                    file.write_bytes(new)
                print(f"{path}: Jupyter's traces are taken out")
        except NOT_A_NOTEBOOK as error:
            print(f"{path} is no notebook: {type(error).__name__}: {error}", file=sys.stderr)
            code = 1
        except OSError as error:
            print(f"{path} stays as it is: {error.strerror}", file=sys.stderr)
            code = 1
    return code


def install(root: Path, python: str) -> None:
    """Tell git, if it is there and `root` is a checkout, to clean notebooks with this Python."""
    if not (root / ".git").exists() or shutil.which("git") is None:
        return
    program = Path(python)
    if program.is_relative_to(root):  # then the folder may be moved
        program = program.relative_to(root)
    # Git has its own shell on every system, and runs filters in the checkout's folder.
    name = shlex.quote(program.as_posix())
    # Should that Python be gone one day, git gets the file as it is, and no complaint.
    wanted = f"if test -x {name}; then {name} -m scratch.course clean; else cat; fi"
    key = f"filter.{FILTER}.clean"
    set_up = subprocess.run(["git", "config", key], cwd=root, capture_output=True, text=True)
    if set_up.stdout.strip() != wanted:
        subprocess.run(["git", "config", key, wanted], cwd=root, capture_output=True)
