"""Where the files are: the folder named by SCRATCH_DATA first, then the project's `datasets/`."""

import os
from collections.abc import Sequence
from pathlib import Path

from scratch.checking import checked
from scratch.course.paths import ROOT, is_whole
from scratch.datasets.errors import DatasetError
from scratch.datasets.registry import DataSet


def home_folder() -> Path:
    """Return the project's own `datasets/`, beside the package: what we write goes there.

    Where the package was installed alone, from a wheel, it is `datasets/` in the current folder:
    beside the package lie those of other people.
    """
    return (ROOT if is_whole() else Path.cwd()) / "datasets"


@checked
def search_folders(folder: Path | str | None = None) -> list[Path]:
    """Return the folders to look in, in order: only `folder` if given, else SCRATCH_DATA and home.

    Raises DatasetError if SCRATCH_DATA names a folder that does not exist, ValueError for a folder
    that is an empty text, or a name that no folder can have.
    """
    if folder is not None:
        if str(folder) == "" or "\0" in str(folder):
            raise ValueError(
                f"folder is {str(folder)!r}: give the path of a folder, or None for the usual ones"
            )
        return [Path(folder).expanduser()]
    named = os.environ.get("SCRATCH_DATA")
    if not named:
        return [home_folder()]
    try:
        place = Path(named).expanduser().resolve()
        is_there = place.is_dir()
    except (OSError, RuntimeError):  # it may not be looked at, or is in the home of nobody
        place, is_there = Path(named), False
    if not is_there:
        raise DatasetError(
            f"the environment variable SCRATCH_DATA names {place}, which is not a folder "
            "that can be read.\nCorrect it, or unset it to use the project's own datasets/."
        )
    return [place, home_folder()]


@checked
def find_real(data_set: DataSet, folders: Sequence[Path]) -> Path | None:
    """Return the first place that holds any file of the set, or None if there is none.

    A set that is only half there counts as found, so that reading it says what is missing.
    """
    for folder in folders:
        place = folder / data_set.folder
        if any(is_file(place / file.name) for file in data_set.files + data_set.any_of):
            return place
    return None


@checked
def is_file(path: Path) -> bool:
    """Return whether there is a file; so it is, too, where nobody may look: reading it says why."""
    try:
        return path.is_file()
    except PermissionError:
        return True
    except OSError:  # no file can have that name
        return False
