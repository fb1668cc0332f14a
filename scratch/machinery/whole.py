"""Puts a whole file in the place of another one: never half a one, and nothing beside it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Lend a file to write, which takes the place of `path` at the end unless something fails.

    Whoever may read and write the old file may do so with the new one. Raises FileNotFoundError
    when there is no folder for it, IsADirectoryError when it is a folder itself, OSError for a
    device, a pipe, a link that leads back to itself or a name that no file can have, TypeError for
    what is no path. Of a link, what it leads to is replaced.
    """
    # By hand: before anything is installed, there is no NumPy, which `checked` needs.
    if not isinstance(path, Path):
        raise TypeError(f"path must be a Path, got {path!r}")
    if "\0" in str(path):
        raise OSError(f"the path {str(path)!r} can't be written: no file's name has a \\0 in it")
    if path.is_symlink():
        path = Path(os.path.realpath(path))  # resolve() fails in a circle, in some Pythons only
        if path.is_symlink():
            raise OSError(f"the path {path} can't be written: it is a link that leads to itself")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path} can't be written: there is no folder {path.parent}")
    if path.is_dir():
        raise IsADirectoryError(f"the path {path} can't be written as a file: it is a folder")
    if path.exists() and not path.is_file():
        raise OSError(f"the path {path} can't be written as a file: it is a device or a pipe")
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as beside:
        new = Path(beside) / path.name
        yield new
        if path.exists():
            new.chmod(path.stat().st_mode & 0o777)
        os.replace(new, path)
