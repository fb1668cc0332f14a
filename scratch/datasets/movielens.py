"""Parse the two MovieLens formats: ml-100k (tabs and bars) and ml-latest-small (CSV)."""

import csv
import re
from datetime import date

import pandas as pd

from scratch.checking import checked
from scratch.datasets.reading import (
    Kind,
    RawFile,
    check_movies_known,
    check_ratings,
    movie_table,
    read_lines,
    read_table,
    shown,
)

RATING_COLUMNS: dict[str, Kind] = {
    "user_id": "id",
    "movie_id": "id",
    "rating": "rating",
    "timestamp": "time",
}
GENRES_100K = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary",
    "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi",
    "Thriller", "War", "Western",
)  # fmt: skip
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FIRST_YEAR = 1880  # of a film
SMALL_RATINGS_HEADER = "userId,movieId,rating,timestamp"
SMALL_MOVIES_HEADER = "movieId,title,genres"


@checked
def parse_100k(ratings_file: RawFile, movies_file: RawFile) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables of u.data and u.item; raises DatasetError naming the first bad line."""

    def line_of(row: int) -> int:
        return row + 1

    ratings = read_table(ratings_file, RATING_COLUMNS, "\t")
    check_ratings(ratings, ratings_file, line_of, scale=(1, 5))
    movies = parse_movies_100k(movies_file)
    check_movies_known(ratings, ratings_file, line_of, movies)
    return ratings, movies


@checked
def parse_movies_100k(file: RawFile) -> pd.DataFrame:
    """Return u.item as a table of movie_id, title, release_date (text, may be empty), genres.

    A line is id|title|release date|video release date|address, then a flag for each of 19 genres.
    """
    rows = []
    for number, line in enumerate(read_lines(file, "iso-8859-1"), 1):
        fields = line.split("|")
        if len(fields) != 24:
            raise file.damaged(number, f"{len(fields)} fields where 24 belong: {shown(line)}")
        movie_id, title, release_date, *_ = fields
        if release_date and not _is_day(release_date):
            problem = f"release date is {shown(release_date)}, which is not a day like 01-Jan-1995"
            raise file.damaged(number, problem)
        flags = fields[5:]
        if not set(flags) <= {"0", "1"}:
            raise file.damaged(number, f"genre flags are not all 0 or 1: {shown('|'.join(flags))}")
        genres = [genre for genre, flag in zip(GENRES_100K, flags, strict=True) if flag == "1"]
        rows.append((movie_id, title, release_date, "|".join(genres)))
    return movie_table(file, rows, ["movie_id", "title", "release_date", "genres"])


def _is_day(text: str) -> bool:
    """Whether a text like 01-Jan-1995 is a day of the calendar, since there are films."""
    found = re.fullmatch(r"(\d\d?)-([A-Z][a-z]{2})-(\d{4})", text, re.ASCII)
    if not found:
        return False
    try:
        return date(int(found[3]), MONTHS.index(found[2]) + 1, int(found[1])).year >= FIRST_YEAR
    except ValueError:  # there is no such month, or no such day in it
        return False


@checked
def parse_small(ratings_file: RawFile, movies_file: RawFile) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables of ratings.csv and movies.csv; raises DatasetError as `parse_100k`."""

    def line_of(row: int) -> int:
        return row + 2

    ratings = read_table(ratings_file, RATING_COLUMNS, ",", SMALL_RATINGS_HEADER)
    check_ratings(ratings, ratings_file, line_of, scale=(0.5, 5), step=0.5)
    movies = parse_movies_small(movies_file)
    check_movies_known(ratings, ratings_file, line_of, movies)
    return ratings, movies


@checked
def parse_movies_small(file: RawFile) -> pd.DataFrame:
    """Return movies.csv as a table of movie_id, title, genres; a quoted title may hold commas."""
    header, *lines = read_lines(file, "utf-8")
    if header != SMALL_MOVIES_HEADER:
        problem = f"the header should be {SMALL_MOVIES_HEADER!r} but is {shown(header)}"
        raise file.damaged(1, problem)
    rows = []
    for number, line in enumerate(lines, 2):
        # Line by line, so that an unclosed quote cannot swallow the lines after it.
        try:
            fields = next(csv.reader([line], strict=True), [])
        except csv.Error as error:
            raise file.damaged(number, f"{error}: {shown(line)}") from None
        if len(fields) != 3:
            raise file.damaged(number, f"{len(fields)} fields where 3 belong: {shown(line)}")
        if not all(genre.strip() for genre in fields[2].split("|")):
            raise file.damaged(number, f"a genre is empty: {shown(fields[2])}")
        rows.append(tuple(fields))
    return movie_table(file, rows, ["movie_id", "title", "genres"], first_line=2)
