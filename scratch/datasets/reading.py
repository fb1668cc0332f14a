"""Strict reading: a file is read in one go and, if it is damaged, the first bad line is named."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scratch.datasets.errors import DatasetError
from scratch.datasets.registry import DataFile

# What a column may hold, by kind: the pattern of its text, its type, its name in messages.
KINDS = {
    "id": (r"\d{1,9}", np.int64, "a whole number"),
    "time": (r"\d{1,15}", np.int64, "a whole number of seconds"),
    "rating": (r"-?\d{1,9}(?:\.\d{1,9})?", np.float64, "a number"),
    "date": (r"\d{4}-\d{2}-\d{2}", "category", "a date like 2005-09-06"),
}


@dataclass(frozen=True)
class RawFile:
    """The content of one file, with all it takes to complain about it."""

    path: Path
    raw: bytes
    remedy: str

    def damaged(self, line: int | None, problem: str) -> DatasetError:
        """Return the error "path, line n: problem. remedy." (`line` counts from 1)."""
        place = f"{self.path}, line {line}" if line else f"{self.path}"
        return DatasetError(f"{place}: {problem}.\n{self.remedy}")


def read_file(path: Path, remedy: str) -> RawFile:
    """Return the whole file; raises DatasetError if it is not there or holds nothing."""
    if not path.is_file():
        raise RawFile(path, b"", remedy).damaged(None, "the file is missing")
    file = RawFile(path, path.read_bytes(), remedy)
    if not file.raw.strip():
        raise file.damaged(1, "the file is empty")
    return file


def check_sha256(file: RawFile, published: DataFile) -> None:
    """Raise DatasetError unless the file is as published, line ends (LF or CRLF) aside."""
    if published.sha256 is None or (published.size and len(file.raw) < published.size):
        return
    pinned = file.raw[: published.size]
    unix = pinned.replace(b"\r\n", b"\n")
    forms = (pinned, unix, unix.replace(b"\n", b"\r\n"))
    if all(hashlib.sha256(form).hexdigest() != published.sha256 for form in forms):
        found = hashlib.sha256(pinned).hexdigest()
        raise file.damaged(
            None, f"wrong checksum: SHA-256 {found[:12]}…, published is {published.sha256[:12]}…"
        )


def line_pattern(columns: dict[str, str], separator: str) -> str:
    """Return the regular expression of one whole line with these columns (name: kind)."""
    return re.escape(separator).join(KINDS[kind][0] for kind in columns.values()) + r"\r?\n"


def read_table(
    file: RawFile, columns: dict[str, str], separator: str, header: str = ""
) -> pd.DataFrame:
    """Return the table in `file`: one row per line, one column per entry of `columns` (name: kind).

    With a `header`, the first line must be just that. Raises DatasetError naming the first line
    that is not exactly one value of the right kind for each column.
    """
    raw, start = file.raw, 0
    if header:
        first = raw.split(b"\n", 1)[0].rstrip(b"\r")
        if first != header.encode():
            raise file.damaged(1, f"the header should be {header!r} but is {shown(first)}")
        start = raw.find(b"\n") + 1 or len(raw)
    # One search for the first line that is not as it should be; a sound file has none but its end.
    # (One pattern for all lines would be possessive, `*+`, and Python has that right since 3.11.5.)
    bad = re.compile(rf"^(?!{line_pattern(columns, separator)})".encode(), re.MULTILINE)
    found = bad.search(raw, start)
    end = found.start() if found else len(raw)
    if end < len(raw):
        raise bad_line(file, end, columns, separator)
    if end == start:
        raise file.damaged(2, "nothing stands below the header")
    return parse_lines(raw[start:], columns, separator)


def parse_lines(raw: bytes, columns: dict[str, str], separator: str) -> pd.DataFrame:
    """Return the table of lines that are already known to match `columns`."""
    types = {name: KINDS[kind][1] for name, kind in columns.items()}
    names = list(columns)
    return pd.read_csv(
        BytesIO(raw), sep=separator, header=None, names=names, dtype=types, na_filter=False
    )


def bad_line(file: RawFile, position: int, columns: dict[str, str], separator: str) -> DatasetError:
    """Return the error that says what is wrong with the line starting at `position`."""
    number = file.raw.count(b"\n", 0, position) + 1
    line, end, _ = file.raw[position:].partition(b"\n")
    line = line.rstrip(b"\r")
    problem = malformed(line, columns, separator, has_end=bool(end))
    if problem is None:
        problem = f"the last line is truncated, it has no line end: {shown(line)}"
    return file.damaged(number, problem)


def malformed(
    line: bytes, columns: dict[str, str], separator: str, has_end: bool = True
) -> str | None:
    """Return what is wrong with the form of one line, or None if its fields look as they should."""
    truncated = "" if has_end else " (the last line is truncated: it has no line end)"
    fields = line.split(separator.encode())
    if len(fields) != len(columns):
        wanted = f"{len(columns)} belong ({', '.join(columns)})"
        return f"{len(fields)} fields where {wanted}{truncated}: {shown(line)}"
    for field, (name, kind) in zip(fields, columns.items(), strict=True):
        pattern, _, what = KINDS[kind]
        if not re.fullmatch(pattern.encode(), field):
            return f"{name} is {shown(field)}, which is not {what}{truncated}"
    return None


def shown(text: bytes | str) -> str:
    """Return a piece of a file in quotes, shortened, fit for a message."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", errors="backslashreplace")
    return repr(text if len(text) <= 60 else text[:57] + "...")


def check_ratings(
    table: pd.DataFrame,
    file: RawFile,
    line_of: Callable[[int], int],
    scale: tuple[float, float],
    step: float = 1.0,
) -> None:
    """Raise DatasetError for a rating off its scale or a second rating of a movie by one user.

    `line_of(row)` is the line of the file that a row came from; ratings are multiples of `step`.
    """
    ratings, (low, high) = table["rating"].to_numpy(), scale
    row = first_true((ratings < low) | (ratings > high))
    if row is not None:
        problem = f"rating {ratings[row]:g} is outside the scale {low:g} to {high:g}"
        raise file.damaged(line_of(row), problem)
    row = first_true(ratings % step != 0)
    if row is not None:
        raise file.damaged(line_of(row), f"rating {ratings[row]:g} is not a multiple of {step:g}")
    users, movies = table["user_id"].to_numpy(), table["movie_id"].to_numpy()
    pairs = users * 10**9 + movies
    row = first_true(pd.Series(pairs).duplicated().to_numpy())
    if row is not None:
        before = line_of(int(np.argmax(pairs == pairs[row])))
        problem = f"user {users[row]} has already rated movie {movies[row]} in line {before}"
        raise file.damaged(line_of(row), f"duplicate: {problem}")


def check_movies_known(
    table: pd.DataFrame, file: RawFile, line_of: Callable[[int], int], movies: pd.DataFrame
) -> None:
    """Raise DatasetError for a rating of a movie that `movies` does not have."""
    row = first_true(~table["movie_id"].isin(movies["movie_id"]).to_numpy())
    if row is not None:
        movie = table["movie_id"].iloc[row]
        raise file.damaged(line_of(row), f"movie {movie} is not in the file of movies")


def first_true(flags: np.ndarray) -> int | None:
    """Return the index of the first True, or None."""
    return int(flags.argmax()) if flags.any() else None


def read_lines(file: RawFile, encoding: str) -> list[str]:
    """Return the lines of a text file without their ends; raises DatasetError on a wrong encoding.

    Any bytes can be read as ISO-8859-1. But a line that is valid UTF-8 and not plain ASCII was
    surely written as UTF-8: read as ISO-8859-1, its "é" would be the two signs "Ã©".
    """
    lines = []
    for number, line in enumerate(file.raw.split(b"\n"), 1):
        if encoding == "iso-8859-1" and not line.isascii() and is_utf8(line):
            raise file.damaged(number, f"should be {encoding} but is UTF-8: {shown(line)}")
        try:
            lines.append(line.decode(encoding).removesuffix("\r"))
        except UnicodeDecodeError:
            raise file.damaged(number, f"is not {encoding}: {shown(line)}") from None
    if lines.pop():
        raise file.damaged(len(lines) + 1, "the last line is truncated, it has no line end")
    return lines


def is_utf8(line: bytes) -> bool:
    """Return whether the bytes are valid UTF-8."""
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def movie_table(
    file: RawFile, rows: list[tuple[Any, ...]], columns: list[str], first_line: int = 1
) -> pd.DataFrame:
    """Return the table of movies, whose first two columns are movie_id (as text) and title.

    `rows` holds one row per line of the file, from `first_line` on. Raises DatasetError for an id
    that is no number or comes twice, and for a movie without a title.
    """
    seen = set()
    for number, (movie_id, title, *_) in enumerate(rows, first_line):
        if not re.fullmatch(KINDS["id"][0], movie_id, re.ASCII):
            raise file.damaged(number, f"movie_id is {shown(movie_id)}, not a whole number")
        if not title:
            raise file.damaged(number, f"movie {movie_id} has no title")
        if int(movie_id) in seen:
            raise file.damaged(number, f"movie {movie_id} has come before")
        seen.add(int(movie_id))
    return pd.DataFrame(rows, columns=columns).astype({columns[0]: np.int64})
