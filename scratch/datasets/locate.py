"""Where the files are: the folder named by SCRATCH_DATA first, then the project's `datasets/`."""

import os
from pathlib import Path

from scratch.course.paths import ROOT, is_whole
from scratch.datasets.errors import DatasetError
from scratch.datasets.registry import DataSet


def home_folder() -> Path:
    """Return the project's own `datasets/`, beside the package: what we write goes there.

    Where the package was installed alone, from a wheel, it is `datasets/` in the current folder:
    beside the package lie those of other people.
    """
    return (ROOT if is_whole() else Path.cwd()) / "datasets"


def search_folders(folder: Path | None = None) -> list[Path]:
    """Return the folders to look in, in order: only `folder` if given, else SCRATCH_DATA and home.

    Raises DatasetError if SCRATCH_DATA names a folder that does not exist.
    """
    if folder is not None:
        return [Path(folder)]
    named = os.environ.get("SCRATCH_DATA")
    if not named:
        return [home_folder()]
    place = Path(named).expanduser().resolve()
    if not place.is_dir():
        raise DatasetError(
            f"the environment variable SCRATCH_DATA names {place}, which is not a folder.\n"
            "Correct it, or unset it to use the project's own datasets/."
        )
    return [place, home_folder()]


def find_real(data_set: DataSet, folders: list[Path]) -> Path | None:
    """Return the first place that holds any file of the set, or None if there is none.

    A set that is only half there counts as found, so that reading it says what is missing.
    """
    for folder in folders:
        place = folder / data_set.folder
        if any((place / file.name).is_file() for file in data_set.files + data_set.any_of):
            return place
    return None
