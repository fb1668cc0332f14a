"""Read the Netflix Prize format: a line `movie:`, then a line `user,rating,date` per rating.

The files hold a hundred million such lines, two gigabytes. So they are read in blocks of a
megabyte by one loop over bytes, which numba compiles, and the ratings of each block are handed on
in four arrays of short types: nothing here grows with the files.
"""

import inspect
import re
import sys
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd
from tqdm import tqdm

from scratch.checking import Count, MaskArray, Within, checked, columns_of
from scratch.datasets.reading import (
    Kind,
    RawFile,
    malformed,
    movie_table,
    opened,
    read_lines,
    shown,
)
from scratch.datasets.registry import Movie
from scratch.machinery.compiled import compiled

FIELDS: dict[str, Kind] = {"user_id": "id", "rating": "rating", "date": "date"}
HEADING = re.compile(rb"(\d{1,9}):")
LAST_USER, LAST_MOVIE = 2_649_429, 17_770
# What is kept of a rating, in 9 bytes. Days count from 1970-01-01, as those of datetime64[D] do.
COLUMNS: dict[str, type] = {
    "user_ids": np.int32,
    "movie_ids": np.int16,
    "ratings": np.int8,
    "days": np.int16,
}

ALL_ZEROS = bytes.maketrans(b"123456789", b"0" * 9)  # makes any digit a zero
BLOCK_BYTES = 2**20
PLAIN_BYTES = 2**20  # to compile the loop takes longer than to run it as it is over so much
SHORTEST_LINE, LONGEST_LINE = len("1,1,2000-01-01\n"), 1_000
FIRST_YEAR, LAST_YEAR = 1890, 2005  # of a title, as its publisher says
FIRST_DATE, LAST_DATE = "1970-01-01", "2058-12-31"  # whole years of days that int16 can count


@checked
def read_blocks(
    paths: Sequence[Path],
    remedy: str,
    known: MaskArray,
    max_movies: Count | None = None,
    max_lines: Count | None = None,
    progress: bool = False,
    block_bytes: Annotated[int, Within(1, 2**30)] = BLOCK_BYTES,
) -> Iterator[dict[str, np.ndarray]]:
    """Yield the ratings of the files in their order, some at a time: an array for each of COLUMNS.

    `known` (LAST_MOVIE + 1,) says which movies there are. The limits count over all files, and
    max_movies stops before the line of the next movie. `progress` shows a bar in bytes on stderr.
    Raises ValueError for a limit below 1, or if there is no rating before it, and if there is no
    path; DatasetError with file and line for a file that is missing or empty, for a line that
    cannot be, and if there is not one rating.
    """
    if len(paths) == 0:
        raise ValueError("paths names no file: give at least one")
    parser = _Parser(known, max_movies, max_lines)
    limited = max_movies is not None or max_lines is not None
    total = None if limited else sum(map(_size_of, paths))
    with tqdm(total=total, unit="B", unit_scale=True, disable=not progress) as bar:
        for path in paths:
            parser.begin_file()
            for block in _raw_blocks(path, remedy, block_bytes):
                yield parser.parse(block)
                bar.update(len(block.raw))
                if parser.is_done:
                    break
            if parser.is_done:
                break
    if parser.rows == 0:
        if parser.is_done:
            raise ValueError(parser.limit_without_ratings())
        last = RawFile(paths[-1], b"", remedy)
        raise last.damaged(parser.line - parser.lines_before, "there is not one rating")


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # reading it will say why
        return 0


def _raw_blocks(path: Path, remedy: str, block_bytes: int) -> Iterator[RawFile]:
    """Yield the file in pieces of about so many bytes, each of whole lines."""
    is_empty = True
    with opened(path, remedy) as stream:
        while raw := stream.read(block_bytes):
            raw += stream.readline(LONGEST_LINE)
            if is_empty and raw.isspace():
                break
            is_empty = False
            yield RawFile(path, raw, remedy)
    if is_empty:
        raise RawFile(path, b"", remedy).damaged(1, "the file is empty")


class _Parser:
    """Turns blocks of lines into arrays, and remembers between them what has come before.

    Lines are counted over all files: `line` of them are read, `lines_before` in other files.
    `rows` of them were ratings. `is_done` says that a limit was reached.
    """

    def __init__(self, known: np.ndarray, max_movies: int | None, max_lines: int | None):
        if known.shape != (LAST_MOVIE + 1,):
            wanted = f"an entry for each movie from 0 to {LAST_MOVIE}"
            raise ValueError(f"known must have {wanted}, got an array of shape {known.shape}")
        self.last_line = min(max_lines or sys.maxsize, sys.maxsize)
        self.last_movies = min(max_movies or sys.maxsize, sys.maxsize)
        self.line = self.lines_before = self.movie = self.movies = self.rows = self.bytes = 0
        self.is_done = False
        self.known, self.day_of_date = known, day_of_date()
        self.line_of_movie = np.zeros(LAST_MOVIE + 1, np.int32)  # 0 before it has come
        # A bit for each user, who may rate a movie once. Together they stay in the processor's
        # own memory; with a number for each user, to wait for it would be most of the time.
        self.has_rated = np.zeros(LAST_USER // 8 + 1, np.uint8)

    def begin_file(self) -> None:
        """Count lines anew, and expect the line of a movie."""
        self.lines_before, self.movie = self.line, 0

    def parse(self, block: RawFile) -> dict[str, np.ndarray]:
        """Return the ratings in a block; raises DatasetError for the first bad line."""
        whole = block.raw[: block.raw.rfind(b"\n") + 1]  # lines; only a damaged file has a rest
        size = len(whole) // SHORTEST_LINE
        columns: dict[str, np.ndarray] = {
            name: np.empty(size, kind) for name, kind in COLUMNS.items()
        }
        loop = _parse_lines
        if self.bytes < PLAIN_BYTES:
            loop = inspect.unwrap(_parse_lines)
            # Python would multiply a number of a million digits in full, one digit after the other.
            endless = whole.translate(ALL_ZEROS).find(b"0" * 10)
            if endless >= 0:
                whole = whole[: whole.rfind(b"\n", 0, endless) + 1]
        rows, end, self.line, self.movie, self.movies = loop(
            whole, self.line, self.movie, self.movies, self.last_line, self.last_movies, self.known,
            self.day_of_date, LAST_USER, self.has_rated, self.line_of_movie, *columns.values(),
        )  # fmt: skip
        self.rows += rows
        self.bytes += len(whole)
        self.is_done = self.line == self.last_line
        if end < len(block.raw) and not self.is_done:
            text, has_end, _ = block.raw[end:].partition(b"\n")
            text = text.removesuffix(b"\r")
            self.is_done = self.movies == self.last_movies and HEADING.fullmatch(text) is not None
            if not self.is_done:
                line = self.line + 1 - self.lines_before
                raise block.damaged(line, self.problem_of(text, bool(has_end), block.path))
        return {name: column[:rows] for name, column in columns.items()}

    def limit_without_ratings(self) -> str:
        """Return which limit ended the reading before the first rating, and what to ask for."""
        name, limit = "max_movies", self.last_movies
        if self.line == self.last_line:
            name, limit = "max_lines", self.last_line
        there = f"{self.movies} line{'s' * (self.movies > 1)} like `1:`, where a movie begins"
        return (
            f"{name}={limit} ends before the first rating: all it allows is {there}. "
            f"Ask for more {name.removeprefix('max_')}."
        )

    def problem_of(self, line: bytes, has_end: bool, path: Path) -> str:
        """Return what is wrong with a line of a file at which the loop stopped."""
        if not has_end and len(line) < LONGEST_LINE:
            truncated = f"the last line is truncated, it has no line end: {shown(line)}"
            return malformed(line, FIELDS, ",", has_end) or truncated
        if heading := HEADING.fullmatch(line):
            movie = int(heading[1])
            if not 1 <= movie <= LAST_MOVIE:
                return f"movie {movie} is outside 1 to {LAST_MOVIE}"
            if line.startswith(b"0"):
                return f"movie {movie} is written with a zero in front: {shown(line)}"
            if not self.known[movie]:
                return f"movie {movie} is not in the file of movies"
            return f"movie {movie} has come before"
        if problem := malformed(line, FIELDS, ","):
            return problem
        if self.movie == 0:
            return f"a rating before any `movie:` line: {shown(line)}"
        user, rating, date = line.decode().split(",")
        if not 1 <= int(user) <= LAST_USER:
            return f"user {user} is outside 1 to {LAST_USER}"
        if not 1 <= float(rating) <= 5:
            return f"rating {float(rating):g} is outside the scale 1 to 5"
        if len(rating) > 1:
            return f"rating {rating} is not a multiple of 1, written as one digit"
        if not _is_day(date):
            return f"{date} is not a day of the calendar (from {FIRST_DATE} to {LAST_DATE})"
        # Who rated this movie is known, but not where: look again from the movie's own line on.
        heading = int(self.line_of_movie[self.movie]) - self.lines_before
        with path.open("rb") as stream:
            lines = enumerate(islice(stream, heading, None), heading + 1)
            before = next(n for n, text in lines if text.startswith(f"{user},".encode()))
        return f"duplicate: user {user} has already rated movie {self.movie} in line {before}"


@compiled(
    "known(i), day_of_date(d) whole, has_rated(b) whole, line_of_movie(i) whole, "
    "user_ids(n) whole, movie_ids(n) whole, ratings(n) whole, days(n) whole",
    changes="has_rated line_of_movie user_ids movie_ids ratings days",
)
def _parse_lines(
    block: bytes, line: int, movie: int, movies: int, last_line: int, last_movies: int,
    known: np.ndarray, day_of_date: np.ndarray, last_user: int, has_rated: np.ndarray,
    line_of_movie: np.ndarray, user_ids: np.ndarray, movie_ids: np.ndarray, ratings: np.ndarray,
    days: np.ndarray,
) -> tuple[int, int, int, int, int]:  # fmt: skip
    """Read lines up to a limit, the first bad one, or the end of the block.

    block: bytes, of which the last is the end of a line. line: how many lines, movies: how many
    movies were read before; movie: the one being read, or 0. has_rated holds a bit per user, for
    this movie. It, line_of_movie and the last four, a row per rating, are written.
    Returns (rows written, bytes read, line, movie, movies).
    """
    zero, colon, comma, dash, newline, carriage_return = 48, 58, 44, 45, 10, 13
    row = start = 0
    while start < len(block) and line < last_line:
        # A line begins with a number. What comes next says whether of a movie or of a user.
        at, number = start, 0
        while 0 <= block[at] - zero <= 9:
            number = 10 * number + (block[at] - zero)
            at += 1
        is_heading = block[at] == colon
        end = at + 1 if is_heading else at + len(",5,2005-09-06")
        if end < len(block) and block[end] == carriage_return:
            end += 1
        if end >= len(block) or block[end] != newline or not 1 <= at - start <= 9:
            break
        if block[start] == zero:  # no number from 1 on is written so
            break
        if is_heading:
            if movies == last_movies or number >= len(known):
                break
            if not known[number] or line_of_movie[number] > 0:
                break
            movie, movies = number, movies + 1
            line_of_movie[movie] = line + 1
            has_rated[:] = 0
        else:
            if block[at] != comma or block[at + 2] != comma:
                break
            rating, date = block[at + 1] - zero, 0
            is_date = block[at + 7] == dash and block[at + 10] == dash
            for place in range(at + 3, at + 13):
                if place != at + 7 and place != at + 10:
                    digit = block[place] - zero
                    is_date = is_date and 0 <= digit <= 9
                    date = 10 * date + digit
            date -= 19_700_101
            if not is_date or not 0 <= date < len(day_of_date) or day_of_date[date] < 0:
                break
            if movie == 0 or not 1 <= number <= last_user or not 1 <= rating <= 5:
                break
            byte, bit = number // 8, 1 << number % 8
            if has_rated[byte] & bit:
                break
            has_rated[byte] |= bit
            user_ids[row], movie_ids[row], ratings[row] = number, movie, rating
            days[row] = day_of_date[date]
            row += 1
        line += 1
        start = end + 1
    return row, start, line, movie, movies


def day_of_date() -> np.ndarray:
    """Return a table of days: entry yyyymmdd − 19700101 is the day since 1970-01-01, or −1."""
    days = np.arange(FIRST_DATE, np.datetime64(LAST_DATE) + 1, dtype="datetime64[D]")
    years, months = days.astype("datetime64[Y]"), days.astype("datetime64[M]")
    year, month = years.astype(int) + 1970, (months - years).astype(int) + 1
    dates = 10_000 * year + 100 * month + (days - months).astype(int) + 1
    table = np.full(dates[-1] - dates[0] + 1, -1, np.int16)
    table[dates - dates[0]] = np.arange(len(days))
    return table


def _is_day(date: str) -> bool:
    """Return whether a text like 2005-09-06 is a day that `day_of_date` knows."""
    try:
        day = np.datetime64(date, "D")
    except ValueError:
        return False
    return bool(np.datetime64(FIRST_DATE) <= day <= np.datetime64(LAST_DATE))


@checked
def parse_titles(file: RawFile) -> pd.DataFrame:
    """Return movie_titles.csv as a table of movie_id, title, year (may be missing), genres (empty).

    A line is id,year,title: only the first two commas separate, the title may hold more.
    """
    rows = []
    for number, line in enumerate(read_lines(file, "iso-8859-1"), 1):
        fields = line.split(",", 2)
        if len(fields) != 3:
            raise file.damaged(number, f"{len(fields)} fields where 3 belong: {shown(line)}")
        movie_id, year, title = fields
        is_year = re.fullmatch(r"\d{4}", year, re.ASCII) and FIRST_YEAR <= int(year) <= LAST_YEAR
        if not is_year and year != "NULL":
            wanted = f"a year from {FIRST_YEAR} to {LAST_YEAR}, or NULL"
            raise file.damaged(number, f"year is {shown(year)}, which is not {wanted}")
        rows.append((movie_id, title, None if year == "NULL" else int(year), ""))
    movies = movie_table(file, rows, ["movie_id", "title", "year", "genres"])
    return movies.astype({"year": "Int64"})


@checked
def known_movies(movies: pd.DataFrame) -> np.ndarray:
    """Return, for each id from 0 to LAST_MOVIE, whether the table of titles has it (0 never is)."""
    ids = np.arange(LAST_MOVIE + 1)
    return np.isin(ids, columns_of(movies, movie_id=None)["movie_id"]) & (ids > 0)


class Known(NamedTuple):
    """How far a file is as published: so many whole movies, with so many lines and ratings.

    `is_cut`: it ends within the next movie.
    """

    movies: int
    lines: int
    ratings: int
    is_cut: bool


NOTHING_KNOWN = Known(0, 0, 0, False)


@checked
def known_part(file: RawFile, movies: Sequence[Movie]) -> Known:
    """Return how much of the beginning of a file is as published.

    `movies` are those that a published file begins with. `file` may end within one of them, or go
    on behind the last. Its lines end with LF. Raises DatasetError for the first movie that is
    another, with the line where it begins.
    """
    start = lines = ratings = 0
    for number, movie in enumerate(movies):
        if zlib.crc32(file.raw[start : start + movie.size]) != movie.crc32:
            if problem := _unlike(movie, file.raw[start:]):
                raise file.damaged(lines + 1, f"wrong checksum: {problem}")
            return Known(number, lines, ratings, is_cut=start < len(file.raw))
        start, ratings = start + movie.size, ratings + movie.ratings
        lines += 1 + movie.ratings
    return Known(len(movies), lines, ratings, is_cut=False)


def _unlike(movie: Movie, raw: bytes) -> str | None:
    """How a file goes on otherwise than with a movie, or None if it just ends within it."""
    heading = b"%d:\n" % movie.id
    if not raw.startswith(heading):
        is_cut, line = heading.startswith(raw), shown(raw[:60].partition(b"\n")[0])
        return None if is_cut else f"movie {movie.id} should begin here, not {line}"
    next_heading = raw.find(b":", len(heading))
    is_last, end = next_heading < 0, raw.rfind(b"\n", 0, next_heading) + 1
    there = raw[: len(raw) if is_last else end].count(b"\n") - 1
    if is_last and len(raw) < movie.size and there < movie.ratings:
        return None
    number = f"it has {there} ratings and not {movie.ratings}"
    return f"movie {movie.id} is not as published" + f", {number}" * (there != movie.ratings)
