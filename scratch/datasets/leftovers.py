"""Folders to work in, beside the place of what is made in them; and what killed processes left."""

import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scratch.checking import checked

OURS = re.compile(r"\.[a-z]+-")
STALE_SECONDS = 3_600  # nobody is still working in a folder that has not changed for so long


@contextmanager
@checked
def workplace(home: Path, prefix: str) -> Iterator[Path]:
    """Lend a folder in `home`, which is thrown away at the end with what is still in it.

    Its name begins with `prefix`; those that killed processes have left under such names are
    removed first. Raises OSError if nothing can be written in `home`, and what `remove_stale` does.
    """
    remove_stale(home, prefix)
    # What can't be removed, as another program holds it, is left to those who come later.
    with tempfile.TemporaryDirectory(dir=home, prefix=prefix, ignore_cleanup_errors=True) as place:
        yield Path(place)


@checked
def remove_stale(home: Path, prefix: str) -> None:
    """Remove what killed processes left half-made, but nothing that may still be worked in.

    prefix: how the names of such folders in `home` begin. Raises ValueError for one that people
    could have given to a folder of theirs.
    """
    if not OURS.fullmatch(prefix):
        raise ValueError(f"prefix must be like '.making-', got {prefix!r}: others are not ours")
    for left in home.glob(f"{prefix}*"):
        try:
            last_change = max(path.stat().st_mtime for path in (left, *left.rglob("*")))
        except OSError:  # it is being removed by its owner
            continue
        if last_change < time.time() - STALE_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
