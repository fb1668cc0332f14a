"""A cache of columns on disk: written whole or not at all, and trusted only when it adds up.

A cache is a folder of .npy files, one per column, and a manifest with their length and checksums.
It is written under another name and renamed as the last act, so that whatever ends the process
leaves either no cache or a whole one; what a failing disk or a cut of power does is seen by the
checksums, because every reading compares them.
"""

import hashlib
import json
import os
import shutil
import tempfile
import time
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

FORMAT = 1  # raise it when what is written changes: caches of another format are written anew
MANIFEST = "manifest.json"
WRITING = ".writing-"  # how the name of a cache begins that is being written
STALE_SECONDS = 3_600  # nobody is still writing to a folder that has not changed for so long

Columns = dict[str, np.ndarray]
Blocks = Iterator[Columns]
Types = dict[str, type]  # of the columns, by name


def cached(
    home: Path, request: list[Any], stamp: list[Any], types: Types, read: Callable[[], Blocks]
) -> Columns:
    """Return the columns that `read` yields in blocks, from the cache in `home` if it is there.

    `request` says what is wanted and `stamp` what it is made from (both as JSON can write them): a
    cache with the same request and another stamp is outdated, and is removed when a new one has
    been written. `types` are the types of the columns by name. Columns from a cache are maps of
    its files: they take memory only where they are used, and writing into them changes no file.
    Where no cache can be written, a warning says so and the columns are read into memory.
    """
    asked = digest(request)
    place = home / f"{asked}-{digest([FORMAT, stamp])}"
    remove_stale(home)
    columns = load(place, types)
    if columns is None:
        try:
            home.mkdir(parents=True, exist_ok=True)
            write(place, types, read())
            columns = load(place, types)
        except OSError as error:
            problem = f"no cache can be written in {home}, so this is read anew each time: {error}"
            warnings.warn(problem, stacklevel=3)
    for other in home.glob(f"{asked}-*"):
        if other != place:
            shutil.rmtree(other, ignore_errors=True)
    return in_memory(read()) if columns is None else columns


def digest(content: list[Any]) -> str:
    """Return a short text that is another one for other content."""
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def in_memory(blocks: Blocks) -> Columns:
    """Return the blocks joined column by column."""
    blocks = list(blocks)
    # A column of all blocks is let go before the next one is joined.
    return {name: np.concatenate([b.pop(name) for b in blocks]) for name in list(blocks[0])}


def load(place: Path, types: Types) -> Columns | None:
    """Return the columns of the cache, or None if it is not there or not as it was written."""
    try:
        manifest = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
        if manifest["name"] != place.name:
            return None
        columns = {}
        for name, kind in types.items():
            column = np.load(place / f"{name}.npy", mmap_mode="c")
            if column.dtype != kind or column.shape != (manifest["rows"],):
                return None
            if zlib.crc32(column.data) != manifest["crc32"][name]:
                return None
            columns[name] = column.view(np.ndarray)
    except (OSError, ValueError, EOFError, KeyError, TypeError):
        return None
    return columns


def write(place: Path, types: Types, blocks: Blocks) -> None:
    """Write the blocks as the cache `place`; raises OSError if that cannot be done."""
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=WRITING) as temporary:
        made = Path(temporary) / place.name
        made.mkdir()
        with ExitStack() as opened:
            names = {name: made / f"{name}.npy" for name in types}
            files = {name: opened.enter_context(path.open("wb")) for name, path in names.items()}
            rows, crc32 = write_columns(files, types, blocks)
        manifest = {"name": place.name, "rows": rows, "crc32": crc32}
        (made / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
        if load(place, types) is not None:
            return  # another process was faster
        if place.exists():
            os.replace(place, Path(temporary) / "damaged")
        try:
            os.replace(made, place)
        except OSError:
            if not place.exists():  # else another process was faster by a hair
                raise


def write_columns(
    files: Mapping[str, BinaryIO], types: Types, blocks: Blocks
) -> tuple[int, dict[str, int]]:
    """Write .npy files, one per column; returns their length and the checksum of each."""
    rows, crc32 = 0, dict.fromkeys(types, 0)
    for name, file in files.items():
        write_header(file, types[name], rows)
    for block in blocks:
        for name, column in block.items():
            files[name].write(column.data)
            crc32[name] = zlib.crc32(column.data, crc32[name])
        rows += len(column)
    for name, file in files.items():
        file.seek(0)
        write_header(file, types[name], rows)
    return rows, crc32


def write_header(file: BinaryIO, kind: type, rows: int) -> None:
    """Write the head of an .npy file, which NumPy makes equally long for any number of rows."""
    descr = np.lib.format.dtype_to_descr(np.dtype(kind))
    head = {"descr": descr, "fortran_order": False, "shape": (rows,)}
    np.lib.format.write_array_header_1_0(file, head)


def remove_stale(home: Path) -> None:
    """Remove what killed processes left half-written, but nothing that may still be written to."""
    for left in home.glob(f"{WRITING}*"):
        try:
            last_change = max(path.stat().st_mtime for path in (left, *left.rglob("*")))
        except OSError:  # it is being removed by its owner
            continue
        if last_change < time.time() - STALE_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
