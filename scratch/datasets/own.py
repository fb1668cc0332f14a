"""Your own ratings: a small CSV of films and stars that is kept and read again."""

import csv
import math
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from scratch.datasets.errors import DatasetError
from scratch.machinery.whole import replaced

HEADER = ["movie_id", "title", "rating"]
LOWEST, HIGHEST = 0.5, 5.0  # stars


def save_own_ratings(path: str | Path, stars: Mapping[int, float], movies: pd.DataFrame) -> None:
    """Write one line per film: movie_id, title, rating.

    stars: stars by movie_id. movies has the columns movie_id and title, as in `Dataset`. The file
    is written beside its place and then moved there, so that a file of that name is either the old
    one or the whole new one. Introduced in notebook 14. Raises KeyError for an unknown movie_id,
    ValueError for stars outside 0.5 … 5.
    """
    path, titles = Path(path), dict(zip(movies["movie_id"], movies["title"], strict=True))
    rows = []
    for movie, given in stars.items():
        if movie not in titles:
            raise KeyError(f"movie {movie} is not among the {len(titles)} movies")
        if not LOWEST <= given <= HIGHEST:
            raise ValueError(f"{titles[movie]} has {given} stars: give {LOWEST} to {HIGHEST}")
        rows.append([movie, titles[movie], f"{given:g}"])
    with replaced(path) as new, new.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([HEADER, *rows])


def load_own_ratings(path: str | Path, movies: pd.DataFrame) -> dict[int, float]:
    """Stars by movie_id from a file of `save_own_ratings`, in its order.

    Titles are for readers; what counts is the movie_id. Raises FileNotFoundError, and DatasetError
    that names the line for another header, a row of another length, an id that is not in
    movies, a film that comes twice, or stars that are no number from 0.5 to 5.
    """
    path, known = Path(path), set(movies["movie_id"])
    stars: dict[int, float] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            rows = list(csv.reader(file, strict=True))
        except (csv.Error, UnicodeDecodeError) as problem:
            raise DatasetError(f"{path} can't be read as CSV: {problem}") from None
    if not rows or rows[0] != HEADER:
        found = ",".join(rows[0]) if rows else "an empty file"
        raise DatasetError(f"{path}, line 1: expected {','.join(HEADER)}, found {found}")
    for line, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        problem = _problem(row, known, stars)
        if problem:
            raise DatasetError(f"{path}, line {line}: {problem}. Mend the line or take it out")
        stars[int(row[0])] = float(row[2])
    return stars


def _problem(row: list[str], known: set[int], stars: Mapping[int, float]) -> str:
    if len(row) != len(HEADER):
        return f"expected {len(HEADER)} fields, found {len(row)}"
    movie, _, given = row
    if not movie.strip().isdecimal() or int(movie) not in known:
        return f"no movie has the id {movie!r}"
    if int(movie) in stars:
        return f"movie {movie} comes a second time"
    try:
        number = float(given)
    except ValueError:
        number = math.nan
    if not LOWEST <= number <= HIGHEST:  # NaN is not either
        return f"{given!r} is no number of stars from {LOWEST} to {HIGHEST}"
    return ""
