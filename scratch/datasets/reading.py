"""Strict reading: a file is read in one go and, if it is damaged, the first bad line is named."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
import pandas as pd

from scratch.checking import MaskArray, Positive, Size, check_fields, checked, columns_of
from scratch.datasets.errors import DatasetError, UnknownMovie
from scratch.datasets.registry import DataFile

# What a column may hold, by kind: the pattern of its text, its type, its name in messages.
KINDS = {
    "id": (r"[1-9]\d{0,8}", np.int64, "a whole number from 1 on, without zeros in front"),
    # Up to the year 2096.
    "time": (r"(?:0|[1-3]\d{9}|[1-9]\d{0,8})", np.int64, "a whole number of seconds since 1970"),
    "rating": (r"-?(?:0|[1-9]\d{0,8})(?:\.\d{1,9})?", np.float64, "a number"),
    "date": (r"\d{4}-\d{2}-\d{2}", "category", "a date like 2005-09-06"),
}
Kind = Literal["id", "time", "rating", "date"]
Separator = Literal[",", "\t"]
PAST_IDS = 10**9  # an id has nine digits at most
EMPTY = "the file is empty"
NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")  # steers a terminal, or ends a line


@dataclass(frozen=True)
class RawFile:
    """The content of one file, with all it takes to complain about it."""

    path: Path
    raw: bytes
    remedy: str

    def __post_init__(self) -> None:
        check_fields(self)

    @checked
    def damaged(self, line: Size | None, problem: str) -> DatasetError:
        """Return the error "path, line n: problem. remedy." (`line` counts from 1)."""
        place = f"{self.path}, line {line}" if line else f"{self.path}"
        return DatasetError(f"{place}: {problem}.\n{self.remedy}")


@checked
def read_file(path: Path, remedy: str) -> RawFile:
    """Return the whole file; raises DatasetError if it is not there or holds nothing."""
    with opened(path, remedy) as stream:
        file = RawFile(path, stream.read(), remedy)
    if not file.raw or file.raw.isspace():
        raise file.damaged(1, EMPTY)
    return file


@contextmanager
@checked
def opened(path: Path, remedy: str) -> Iterator[BinaryIO]:
    """Lend a file to read bytes from; raises DatasetError if it is not there or can't be read."""
    nothing = RawFile(path, b"", remedy)
    try:
        if not path.is_file():
            raise nothing.damaged(None, "the file is missing")
        with path.open("rb") as stream:
            yield stream
    except OSError as problem:
        raise nothing.damaged(None, f"it can't be read ({problem.strerror})") from None


@checked
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


@checked
def read_table(
    file: RawFile, columns: Mapping[str, Kind], separator: Separator, header: str = ""
) -> pd.DataFrame:
    """Return the table in `file`: one row per line, one column per entry of `columns` (name: kind).

    With a `header`, the first line must be just that. Raises DatasetError naming the first line
    that is not exactly one value of the right kind for each column; ValueError for no columns.
    """
    if not columns:
        raise ValueError("columns names no column: a line has one at least")
    raw, start = file.raw, 0
    if header:
        first = raw.partition(b"\n")[0].removesuffix(b"\r")
        if first != header.encode():
            raise file.damaged(1, f"the header should be {header!r} but is {shown(first)}")
        start = raw.find(b"\n") + 1 or len(raw)
    # One search for the first line that is not as it should be; a sound file has none but its end.
    # (One pattern for all lines would be possessive, `*+`, and Python has that right since 3.11.5.)
    bad = re.compile(rf"^(?!{_line_pattern(columns, separator)})".encode(), re.MULTILINE)
    found = bad.search(raw, start)
    end = found.start() if found else len(raw)
    if end < len(raw):
        raise _bad_line(file, end, columns, separator)
    if end == start:
        raise file.damaged(*(2, "nothing stands below the header") if header else (1, EMPTY))
    return _parse_lines(raw[start:], columns, separator)


def _line_pattern(columns: Mapping[str, Kind], separator: Separator) -> str:
    """The regular expression of one whole line with these columns (name: kind)."""
    return re.escape(separator).join(KINDS[kind][0] for kind in columns.values()) + r"\r?\n"


def _parse_lines(raw: bytes, columns: Mapping[str, Kind], separator: Separator) -> pd.DataFrame:
    """The table of lines that are already known to match `columns`."""
    types = {name: KINDS[kind][1] for name, kind in columns.items()}
    names = list(columns)
    return pd.read_csv(BytesIO(raw), sep=separator, names=names, dtype=types, na_filter=False)


def _bad_line(
    file: RawFile, position: int, columns: Mapping[str, Kind], separator: Separator
) -> DatasetError:
    """The error that says what is wrong with the line starting at `position`."""
    number = file.raw.count(b"\n", 0, position) + 1
    line, end, _ = file.raw[position:].partition(b"\n")
    line = line.removesuffix(b"\r")
    problem = malformed(line, columns, separator, has_end=bool(end))
    if problem is None:
        problem = f"the last line is truncated, it has no line end: {shown(line)}"
    return file.damaged(number, problem)


@checked
def malformed(
    line: bytes, columns: Mapping[str, Kind], separator: Separator, has_end: bool = True
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


@checked
def shown(text: bytes | str) -> str:
    """Return a piece of a file in quotes, shortened, fit for a message."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", errors="backslashreplace")
    return repr(text if len(text) <= 60 else text[:57] + "...")


@checked
def check_ratings(
    table: pd.DataFrame,
    file: RawFile,
    line_of: Callable[[int], int],
    scale: tuple[float, float],
    step: Positive = 1.0,
) -> None:
    """Raise DatasetError for a rating off its scale or a second rating of a movie by one user.

    `line_of(row)` is the line of the file that a row came from; ratings are multiples of `step`.
    Raises ValueError or TypeError for a table without the columns, or with ids beyond a billion.
    """
    columns = columns_of(table, user_id="whole", movie_id="whole", rating="number")
    ratings, (low, high) = columns["rating"], scale
    row = first_true((ratings < low) | (ratings > high))
    if row is not None:
        problem = f"rating {ratings[row]:g} is outside the scale {low:g} to {high:g}"
        raise file.damaged(line_of(row), problem)
    # A step such as 0.1 has no exact form: three of them are not quite the number written 0.3.
    apart = np.minimum(ratings % step, -ratings % step)
    row = first_true(apart > 1e-15 * np.abs(ratings))
    if row is not None:
        problem = f"rating {ratings[row]:g} is not a multiple of {step:g}, the step"
        raise file.damaged(line_of(row), problem)
    users, movies = columns["user_id"], columns["movie_id"]
    for name in ("user_id", "movie_id"):
        if len(table) and not 0 <= columns[name].min() <= columns[name].max() < PAST_IDS:
            raise ValueError(f"the table has a {name} that is not between 0 and {PAST_IDS}")
    pairs = users.astype(np.int64) * PAST_IDS + movies
    row = first_true(pd.Series(pairs).duplicated().to_numpy())
    if row is not None:
        before = line_of(int(np.argmax(pairs == pairs[row])))
        problem = f"user {users[row]} has already rated movie {movies[row]} in line {before}"
        raise file.damaged(line_of(row), f"duplicate: {problem}")


@checked
def check_movies_known(
    table: pd.DataFrame, file: RawFile, line_of: Callable[[int], int], movies: pd.DataFrame
) -> None:
    """Raise UnknownMovie for a rating of a movie that `movies` does not have."""
    rated = columns_of(table, movie_id=None)["movie_id"]
    row = first_true(~np.isin(rated, columns_of(movies, movie_id=None)["movie_id"]))
    if row is not None:
        problem = f"movie {rated[row]} is not in the file of movies"
        raise UnknownMovie(str(file.damaged(line_of(row), problem)))


@checked
def first_true(flags: MaskArray) -> int | None:
    """Return the index of the first True, or None."""
    return int(flags.argmax()) if flags.any() else None


@checked
def read_lines(file: RawFile, encoding: Literal["utf-8", "iso-8859-1"]) -> list[str]:
    """Return the lines of a text file without their ends.

    Any bytes can be read as ISO-8859-1. But a line that is valid UTF-8 and not plain ASCII was
    surely written as UTF-8: read as ISO-8859-1, its "é" would be the two signs "Ã©". Raises
    DatasetError on a wrong encoding, on a sign that is no text, and if there is no line.
    """
    lines = []
    for number, raw in enumerate(file.raw.split(b"\n"), 1):
        if encoding == "iso-8859-1" and not raw.isascii() and _is_utf8(raw):
            raise file.damaged(number, f"should be {encoding} but is UTF-8: {shown(raw)}")
        try:
            line = raw.decode(encoding).removesuffix("\r")
        except UnicodeDecodeError:
            raise file.damaged(number, f"is not {encoding}: {shown(raw)}") from None
        if found := NO_TEXT.search(line):
            sign = f"{found[0]!r} at place {found.start() + 1}"
            raise file.damaged(number, f"there is a sign that is no text, {sign}: {shown(line)}")
        lines.append(line)
    if lines.pop():
        raise file.damaged(len(lines) + 1, "the last line is truncated, it has no line end")
    if not lines:
        raise file.damaged(1, EMPTY)
    return lines


def _is_utf8(line: bytes) -> bool:
    """Whether the bytes are valid UTF-8."""
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@checked
def movie_table(
    file: RawFile, rows: list[Any], columns: list[str], first_line: int = 1
) -> pd.DataFrame:
    """Return the table of movies, whose first two columns are movie_id (as text) and title.

    `rows` holds one tuple per line of the file, from `first_line` on. Raises DatasetError for an id
    that is no number or comes twice, and for a movie without a title; TypeError for a row that has
    not these columns.
    """
    seen = set()
    for number, row in enumerate(rows, first_line):
        if not isinstance(row, tuple) or [type(text) for text in row[:2]] != [str, str]:
            raise TypeError(f"rows must hold tuples, with two texts in front, got {row!r}")
        if len(row) != len(columns):
            raise TypeError(f"{row!r}, one of the rows, has other columns than {columns}")
        movie_id, title, *_ = row
        if not re.fullmatch(KINDS["id"][0], movie_id, re.ASCII):
            raise file.damaged(number, f"movie_id is {shown(movie_id)}, not {KINDS['id'][2]}")
        if not title.strip():
            raise file.damaged(number, f"movie {movie_id} has no title")
        if int(movie_id) in seen:
            raise file.damaged(number, f"movie {movie_id} has come before")
        seen.add(int(movie_id))
    return pd.DataFrame(list(rows), columns=columns).astype({columns[0]: np.int64})
