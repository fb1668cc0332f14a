"""Parse the Netflix Prize format: a line `movie:`, then a line `user,rating,date` per rating."""

import re
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from scratch.datasets.reading import (
    RawFile,
    bad_line,
    check_movies_known,
    check_ratings,
    first_true,
    line_pattern,
    movie_table,
    parse_lines,
    read_file,
    read_lines,
    shown,
)

COLUMNS = {"user_id": "id", "rating": "rating", "date": "date"}
LAST_USER, LAST_MOVIE = 2_649_429, 17_770
HEADING = re.compile(rb"^(\d{1,9}):\r?$", re.MULTILINE)
BLOCKS = re.compile(rf"(?:\d{{1,9}}:\r?\n(?:{line_pattern(COLUMNS, ',')})*+)*+".encode())


def read_prefix(
    path: Path, remedy: str, max_movies: int | None = None, max_lines: int | None = None
) -> RawFile:
    """Return the file, or its first `max_lines` lines, or its first `max_movies` movies."""
    for name, value in (("max_movies", max_movies), ("max_lines", max_lines)):
        if value is not None and value < 1:
            raise ValueError(f"{name} is {value} and must be at least 1, or None for no limit")
    if max_movies is None and max_lines is None:
        return read_file(path, remedy)
    lines, movies = [], 0
    with path.open("rb") as stream:
        for line in islice(stream, max_lines):
            movies += line.rstrip().endswith(b":")
            if max_movies is not None and movies > max_movies:
                break
            lines.append(line)
    file = RawFile(path, b"".join(lines), remedy)
    if not file.raw.strip():
        raise file.damaged(1, "the file is empty")
    return file


def parse(ratings_file: RawFile, titles_file: RawFile) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return (ratings, movies); raises DatasetError naming the first bad line."""
    ratings, line_of = parse_ratings(ratings_file)
    movies = parse_titles(titles_file)
    check_movies_known(ratings, ratings_file, line_of, movies)
    return ratings, movies


def parse_ratings(file: RawFile) -> tuple[pd.DataFrame, Callable[[int], int]]:
    """Return (table of user_id, movie_id, rating, date; a function from row to line number)."""
    raw = file.raw
    end = BLOCKS.match(raw).end()
    if end < len(raw):
        first = re.match(rb"[^\n:]*,[^\n]*\n", raw)
        if end == 0 and first:
            raise file.damaged(1, f"a rating before any `movie:` line: {shown(first[0].rstrip())}")
        raise bad_line(file, end, COLUMNS, ",")

    headings = list(HEADING.finditer(raw))
    line_ends = np.flatnonzero(np.frombuffer(raw, np.uint8) == ord("\n"))
    heading_lines = np.searchsorted(line_ends, [heading.start() for heading in headings])
    per_movie = np.diff(heading_lines, append=len(line_ends)) - 1

    def line_of(row: int) -> int:
        # Before a rating stand the ratings before it and the headings up to its own movie's.
        return row + int(np.searchsorted(np.cumsum(per_movie), row, side="right")) + 2

    movie_ids = np.array([int(heading[1]) for heading in headings])
    wrong = first_true((movie_ids < 1) | (movie_ids > LAST_MOVIE))
    if wrong is not None:
        problem = f"movie {movie_ids[wrong]} is outside 1 to {LAST_MOVIE}"
        raise file.damaged(int(heading_lines[wrong]) + 1, problem)
    if not per_movie.any():
        raise file.damaged(len(line_ends), "there is not one rating")

    table = parse_lines(HEADING.sub(b"", raw), COLUMNS, ",")
    table.insert(1, "movie_id", np.repeat(movie_ids, per_movie))
    users = table["user_id"].to_numpy()
    row = first_true((users < 1) | (users > LAST_USER))
    if row is not None:
        raise file.damaged(line_of(row), f"user {users[row]} is outside 1 to {LAST_USER}")
    check_ratings(table, file, line_of, scale=(1, 5))
    # A category stores each of the few different days once, so only these have to be converted.
    days = table["date"].cat
    dates = pd.to_datetime(days.categories, format="%Y-%m-%d", errors="coerce")[days.codes]
    row = first_true(dates.isna())
    if row is not None:
        raise file.damaged(line_of(row), f"{table['date'].iloc[row]} is not a day of the calendar")
    return table.assign(date=dates), line_of


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
        if not re.fullmatch(r"\d{4}|NULL", year, re.ASCII):
            raise file.damaged(number, f"year is {shown(year)}, which is not a year or NULL")
        rows.append((movie_id, title, None if year == "NULL" else int(year), ""))
    movies = movie_table(file, rows, ["movie_id", "title", "year", "genres"])
    return movies.astype({"year": "Int64"})
