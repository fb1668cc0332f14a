"""Your own ratings: a small CSV of films and stars that is kept and read again."""

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from scratch.checking import checked, columns_of
from scratch.datasets.errors import DatasetError
from scratch.datasets.reading import shown
from scratch.machinery.whole import replaced

HEADER = ["movie_id", "title", "rating"]
LOWEST, HIGHEST = 0.5, 5.0  # stars
LONGEST = 1000  # letters of a title


@checked
def save_own_ratings(path: Path | str, stars: Mapping[int, float], movies: pd.DataFrame) -> None:
    """Write one line per film: movie_id, title, rating.

    stars: stars by movie_id. movies has the columns movie_id and title, as in `Dataset`. The file
    is written beside its place and then moved there, so that a file of that name is either the old
    one or the whole new one. Introduced in notebook 14. Raises KeyError for an unknown movie_id,
    ValueError for stars outside 0.5 … 5, OSError if the file can't be written.
    """
    path, titles = Path(path), _titles(movies)
    rows = []
    for movie, given in stars.items():
        if movie not in titles:
            raise KeyError(
                f"movie {movie}, one of the stars, is not among the {len(titles)} movies"
            )
        if not LOWEST <= given <= HIGHEST:
            raise ValueError(f"{titles[movie]} has {given} stars: give {LOWEST} to {HIGHEST}")
        short = f"{given:g}"
        stars_told = short if float(short) == given else repr(float(given))
        rows.append([movie, _in_one_line(titles[movie]), stars_told])
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEADER, *rows])
    try:
        with replaced(path) as new:
            new.write_bytes(text.getvalue().encode(errors="replace"))
    except OSError as problem:
        if problem.strerror is None:  # it is said already
            raise
        raise type(problem)(f"{path} can't be written: {problem.strerror}") from None
    except ValueError as problem:  # no file can have that name
        raise OSError(f"{path} can't be written: {problem}") from None


@checked
def load_own_ratings(path: Path | str, movies: pd.DataFrame) -> dict[int, float]:
    """Stars by movie_id from a file of `save_own_ratings`, in its order.

    Titles are for readers, and need not be those of movies; what counts is the movie_id. Raises
    FileNotFoundError, and DatasetError that names the line for another header, a row of another
    length, an id that is not in movies, a film that comes twice, or stars that are no number from
    0.5 to 5; and for what is no file that can be read: a folder, say, a device or a pipe.
    """
    path, known = Path(path), set(_titles(movies))
    stars: dict[int, float] = {}
    try:
        # Of a folder the system says so; a device or a pipe may never come to an end.
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise ValueError("it is a device or a pipe")
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: there is no file on this path") from None
    except (OSError, ValueError) as problem:  # ValueError: no text, or no name of a file
        why = getattr(problem, "strerror", None) or problem
        raise DatasetError(f"{path} can't be read as CSV: {why}: give the path of a file") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        if header != HEADER:
            found = shown(",".join(header)) if text else "an empty file"
            raise DatasetError(f"{path}, line 1: expected {','.join(HEADER)}, found {found}")
        for row in reader:
            if not row:
                continue
            if wrong := _problem(row, known, stars):
                line = f"{path}, line {reader.line_num}"
                raise DatasetError(f"{line}: {wrong}. Mend the line or take it out")
            stars[int(row[0])] = float(row[2])
    except csv.Error as problem:
        raise DatasetError(
            f"{path} can't be read as CSV: {problem}, in line {reader.line_num}"
        ) from None
    return stars


def _titles(movies: pd.DataFrame) -> dict[int, str]:
    columns = columns_of(movies, movie_id="whole", title=None)
    return dict(zip(columns["movie_id"].tolist(), columns["title"], strict=True))


def _in_one_line(title: object) -> str:
    """A title for readers: without breaks and other control characters, and of bearable length."""
    text = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", str(title))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _problem(row: list[str], known: set[int], stars: Mapping[int, float]) -> str:
    if len(row) != len(HEADER):
        return f"expected {len(HEADER)} fields, found {len(row)}"
    movie, given = row[0].strip(), row[2].strip()
    if not re.fullmatch(r"-?\d{1,20}", movie, re.ASCII) or int(movie) not in known:
        return f"no movie has the id {shown(row[0])}"
    if int(movie) in stars:
        return f"movie {movie} comes a second time"
    is_number = re.fullmatch(r"\d{1,3}(\.\d{0,20})?|\.\d{1,20}", given, re.ASCII)
    if not is_number or not LOWEST <= float(given) <= HIGHEST:
        return f"{shown(row[2])} is no number of stars from {LOWEST} to {HIGHEST}"
    return ""
