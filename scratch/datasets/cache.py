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
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from scratch.checking import checked, shown
from scratch.datasets.leftovers import remove_stale, workplace

FORMAT = 1  # raise it when what is written changes: caches of another format are written anew
MANIFEST = "manifest.json"
WRITING = ".writing-"  # how the name of a cache begins that is being written

Columns = dict[str, np.ndarray]
Blocks = Iterator[Columns]
Types = dict[str, type]  # of the columns, by name


@checked
def cached(
    home: Path, request: list[Any], stamp: list[Any], types: Types, read: Callable[[], Blocks]
) -> Columns:
    """Return the columns that `read` yields in blocks, from the cache in `home` if it is there.

    `request` says what is wanted and `stamp` what it is made from (both as JSON can write them): a
    cache with the same request and another stamp is outdated, and is removed when a new one has
    been written. `types` are the types of the columns by name. Columns from a cache are maps of
    its files: they take memory only where they are used, and writing into them changes no file.
    Where no cache can be written, a warning says so and the columns are read into memory. Raises
    TypeError or ValueError for types that are no numbers, and for blocks of other columns.
    """
    asked = _digest("request", request)
    place = home / f"{asked}-{_digest('stamp', [FORMAT, stamp])}"
    remove_stale(home, WRITING)
    columns = load(place, types)
    if columns is None:
        try:
            home.mkdir(parents=True, exist_ok=True)
            write(place, types, _blocks_of(read))
            columns = load(place, types)
        except OSError as error:
            problem = f"no cache can be written in {home}, so this is read anew each time: {error}"
            warnings.warn(problem, stacklevel=5)  # in the line that has called the loader
    for other in home.glob(f"{asked}-*"):
        if other != place:
            shutil.rmtree(other, ignore_errors=True)
    return in_memory(_blocks_of(read)) if columns is None else columns


@checked
def in_memory(blocks: Blocks) -> Columns:
    """Return the blocks joined column by column.

    Raises ValueError if there is none; TypeError or ValueError for one that has not the columns of
    the first.
    """
    joined = list(blocks)
    if not joined:
        raise ValueError("blocks yields nothing, so there are no columns to join")
    for block in joined:
        _check_block(block, None)
        if list(block) != list(joined[0]):
            raise ValueError(
                f"the blocks that are read must have the same columns, got {list(joined[0])} and "
                f"{list(block)}"
            )
    # A column of all blocks is let go before the next one is joined.
    return {name: np.concatenate([b.pop(name) for b in joined]) for name in list(joined[0])}


@checked
def load(place: Path, types: Types) -> Columns | None:
    """Return the columns of the cache, or None if it is not there or not as it was written.

    Raises TypeError or ValueError for types that are no numbers.
    """
    _check_types(types)
    try:
        manifest = json.loads((place / MANIFEST).read_bytes())
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
    except (OSError, ValueError, EOFError, KeyError, TypeError, RecursionError):
        return None
    return columns


@checked
def write(place: Path, types: Types, blocks: Blocks) -> None:
    """Write the blocks as the cache `place`.

    Raises OSError if that cannot be done; TypeError or ValueError for types that are no numbers,
    and for blocks of other columns.
    """
    _check_types(types)
    with workplace(place.parent, WRITING) as temporary:
        made = temporary / place.name
        made.mkdir()
        with ExitStack() as opened:
            names = {name: made / f"{name}.npy" for name in types}
            files = {name: opened.enter_context(path.open("wb")) for name, path in names.items()}
            rows, crc32 = _write_columns(files, types, blocks)
        manifest = {"name": place.name, "rows": rows, "crc32": crc32}
        (made / MANIFEST).write_bytes(json.dumps(manifest).encode())
        if load(place, types) is not None:
            return  # another process was faster
        if place.exists():
            os.replace(place, temporary / "damaged")
        try:
            os.replace(made, place)
        except OSError:
            if not place.exists():  # else another process was faster by a hair
                raise


def _write_columns(
    files: Mapping[str, BinaryIO], types: Types, blocks: Blocks
) -> tuple[int, dict[str, int]]:
    """Write .npy files, one per column; returns their length and the checksum of each."""
    rows, crc32 = 0, dict.fromkeys(types, 0)
    for name, file in files.items():
        _write_header(file, types[name], rows)
    for block in blocks:
        _check_block(block, types)
        for name, column in block.items():
            files[name].write(column.data)
            crc32[name] = zlib.crc32(column.data, crc32[name])
        rows += len(column)
    for name, file in files.items():
        file.seek(0)
        _write_header(file, types[name], rows)
    return rows, crc32


def _write_header(file: BinaryIO, kind: type, rows: int) -> None:
    """Write the head of an .npy file, which NumPy makes equally long for any number of rows."""
    descr = np.lib.format.dtype_to_descr(np.dtype(kind))
    head = {"descr": descr, "fortran_order": False, "shape": (rows,)}
    np.lib.format.write_array_header_1_0(file, head)


def _digest(name: str, content: list[Any]) -> str:
    """A short text that is another one for other content."""
    try:
        text = json.dumps(content)
    except (TypeError, ValueError) as problem:
        raise TypeError(f"{name} must be such as JSON can write it: {problem}") from None
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _blocks_of(read: Callable[[], Blocks]) -> Blocks:
    blocks = read()
    if not isinstance(blocks, Iterator):
        raise TypeError(f"read must yield the columns in blocks, got {shown(blocks)} from it")
    return blocks


def _check_types(types: Types) -> None:
    if not types:
        raise ValueError("types names no column: a cache needs one at least")
    for name, kind in types.items():
        if not name.isidentifier():
            raise ValueError(f"types has a column {name!r}: a name must be fit for a file")
        if not issubclass(kind, np.number):
            raise TypeError(f"types[{name!r}] must be a type of numbers, got {shown(kind)}")


def _check_block(block: Any, types: Types | None) -> None:
    """Raise TypeError or ValueError unless the columns are equally long, and of these types."""
    if not isinstance(block, dict) or not block:
        raise TypeError(f"the blocks that are read must be columns by name, got {shown(block)}")
    if types is not None and set(block) != set(types):
        raise ValueError(f"the blocks that are read must hold {list(types)}, got {list(block)}")
    sizes = set()
    for name, column in block.items():
        kind = None if types is None else types[name]
        if not isinstance(column, np.ndarray) or kind not in (None, column.dtype.type):
            word = "an array" if kind is None else f"an array of {kind.__name__}"
            raise TypeError(f"{name} of a block that is read must be {word}, got {shown(column)}")
        sizes.add(column.shape)
    if len(sizes) > 1 or len(sizes.pop()) != 1:
        raise ValueError("the blocks that are read must have columns that are equally long")
