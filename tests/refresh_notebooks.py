"""Execute notebooks on the real data, top to bottom, and store their outputs: `make refresh`.

Usage: refresh_notebooks.py [04 ...]   (no number: all)
"""

import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def refresh(path: Path) -> None:
    """Execute one notebook in a fresh kernel; replace the file only when every cell succeeded."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, resources={"metadata": {"path": str(path.parent)}}, coalesce_streams=True
    ).execute()
    if "a generated STAND-IN" in nbformat.writes(notebook):
        sys.exit(f"{path.name} ran on a stand-in and was not stored: see datasets/README.md")
    normalise(notebook)
    temporary = path.with_suffix(".tmp")
    nbformat.write(notebook, temporary)
    os.replace(temporary, path)


def normalise(notebook: nbformat.NotebookNode) -> None:
    """Drop what differs from run to run or from machine to machine without meaning anything."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})


def main(numbers: list[str]) -> None:
    """Refresh the notebooks whose names start with one of the numbers."""
    paths = [
        p for p in sorted(NOTEBOOKS.glob("*.ipynb")) if p.name.startswith(tuple(numbers or [""]))
    ]
    if not paths:
        sys.exit(f"No notebook begins with {' or '.join(numbers)}: none was executed.")
    for path in paths:
        start = time.perf_counter()
        refresh(path)
        print(f"{path.name}: {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
