"""Where things are in the course's folder, and how a list of commands is laid out."""

from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
LOGS = ROOT / ".course"  # logs of the set-up and of JupyterLab; git ignores it


def is_whole(root: Path = ROOT) -> bool:
    """Whether the course is around the package: a wheel installs the package alone."""
    return (root / "requirements.lock").is_file()


def described(entries: Mapping[str, str | None]) -> str:
    """Return the entries as lines, name and text in two columns.

    >>> print(described({"lab": "Open it.", "lint": "Check it."}))
      lab   Open it.
      lint  Check it.
    """
    width = max(len(name) for name in entries)
    return "\n".join(f"  {name:<{width}}  {text}" for name, text in entries.items())
