"""Generate stand-ins (being written)."""

from pathlib import Path


def ensure(name: str, home: Path) -> Path:
    """Return the folder of the stand-in, made if need be."""
    raise NotImplementedError
