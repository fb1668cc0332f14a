"""The loaders: find the real files, or make the stand-in, and return checked tables."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from scratch.datasets import locate, movielens, netflix, stand_in, tiny
from scratch.datasets.errors import DatasetError
from scratch.datasets.reading import check_sha256, read_file
from scratch.datasets.registry import ML_100K, ML_LATEST_SMALL, NETFLIX, DataSet


@dataclass(frozen=True)
class Dataset:
    """Ratings and the movies they are of.

    `ratings` has user_id, movie_id, rating, timestamp (seconds since 1970; Netflix has a `date`
    instead), one row per line of the file, in its order. `movies` has movie_id, title, …, genres
    (joined by "|"). `source` is "real" or "stand-in", and so is `ratings.attrs["source"]`.
    `scale` is the lowest and the highest rating. Introduced in notebook 00.
    """

    name: str
    ratings: pd.DataFrame
    movies: pd.DataFrame
    source: str
    scale: tuple[float, float]

    @property
    def is_stand_in(self) -> bool:
        """Whether these ratings were generated because the real ones are not there."""
        return self.source == "stand-in"

    def describe(self) -> str:
        """Return one line that says how much there is and whether it is the real data."""
        users, movies = self.ratings["user_id"].nunique(), self.ratings["movie_id"].nunique()
        count = f"{len(self.ratings):,} ratings of {movies:,} movies by {users:,} users"
        if not self.is_stand_in:
            return f"{self.name}: {count} (the real data)"
        how = "see datasets/README.md" if self.name == NETFLIX.title else "run `make data`"
        return f"{self.name}: {count} (a generated STAND-IN, not the real data: {how})"


def load_movielens_100k(folder: Path | None = None) -> Dataset:
    """Return MovieLens 100K: 100,000 ratings from 1 to 5 of 1,682 movies by 943 users.

    `movies` has movie_id, title, release_date, genres. Looks in `folder` (which holds ml-100k/)
    or, without it, in SCRATCH_DATA and then the project's datasets/; where the set is not there,
    a stand-in is made. Raises DatasetError naming file, line and remedy if a file is damaged.

    Harper and Konstan, The MovieLens Datasets, ACM TiiS 5(4), 2015. Introduced in notebook 00.
    """
    return _load_movielens(ML_100K, movielens.parse_100k, (1.0, 5.0), folder)


def load_movielens_small(folder: Path | None = None) -> Dataset:
    """Return MovieLens latest-small: 100,836 ratings from 0.5 to 5 of 9,724 movies by 610 users.

    `movies` has movie_id, title, genres, with 18 more movies that nobody rated; ids are not
    consecutive. `folder`, the stand-in and errors are as in `load_movielens_100k`.

    Harper and Konstan, The MovieLens Datasets, ACM TiiS 5(4), 2015. Introduced in notebook 05.
    """
    return _load_movielens(ML_LATEST_SMALL, movielens.parse_small, (0.5, 5.0), folder)


def load_netflix(
    max_movies: int | None = None,
    max_lines: int | None = None,
    file: str | None = None,
    folder: Path | None = None,
) -> Dataset:
    """Return the Netflix Prize ratings of `file`, or of its first movies or lines.

    `ratings` has user_id, movie_id, rating (1 to 5), date; `movies` has movie_id, title, year
    (may be missing) and genres (empty, Netflix gave none). `file` is one of combined_data_1.txt
    to combined_data_4.txt, by default the first that is there. `folder`, the stand-in and errors
    are as in `load_movielens_100k`.

    Bennett and Lanning, The Netflix Prize, KDD Cup and Workshop 2007. Introduced in notebook 08.
    """
    place, source, remedy = find_or_make(NETFLIX, folder)
    there = [known.name for known in NETFLIX.any_of if (place / known.name).is_file()]
    if source == "stand-in" or not file:
        if not there:
            raise DatasetError(f"{place} has none of combined_data_1.txt to _4.txt.\n{remedy}")
        file = there[0]
    if file not in there:
        raise DatasetError(f"{file} is not in {place}, only {', '.join(there)}.\n{remedy}")
    titles_file = read_file(place / "movie_titles.csv", remedy)
    ratings_file = netflix.read_prefix(place / file, remedy, max_movies, max_lines)
    ratings, movies = netflix.parse(ratings_file, titles_file)
    if source == "real":
        check_sha256(titles_file, NETFLIX.files[0])
        check_sha256(ratings_file, next(known for known in NETFLIX.any_of if known.name == file))
    ratings.attrs["source"] = source
    return Dataset(NETFLIX.title, ratings, movies, source, (1.0, 5.0))


def load_interests(folder: Path | None = None) -> list[list[str]]:
    """Return the interests of fifteen users, one list per user. Introduced in notebook 01.

    Raises DatasetError if datasets/interests.txt is damaged.
    """
    path = (folder or locate.home_folder()) / "interests.txt"
    return tiny.parse_interests(read_file(path, _OURS))


def load_tiny_ratings(folder: Path | None = None) -> pd.DataFrame:
    """Return 13 ratings to follow by hand: user_id, movie_id, rating. Introduced in notebook 05.

    Raises DatasetError if datasets/tiny_ratings.csv is damaged.
    """
    path = (folder or locate.home_folder()) / "tiny_ratings.csv"
    return tiny.parse_ratings(read_file(path, _OURS))


_OURS = "The file is part of the course: `git checkout datasets` brings it back."


def find_or_make(data_set: DataSet, folder: Path | None) -> tuple[Path, str, str]:
    """Return (the folder of the set, "real" or "stand-in", what to do if a file is damaged).

    Where no real file is there, the stand-in is made, unless it has been already.
    """
    folders = locate.search_folders(folder)
    place = locate.find_real(data_set, folders)
    if place is not None:
        return place, "real", data_set.remedy
    place = stand_in.ensure(data_set.folder, folders[-1])
    return place, "stand-in", f"Delete the folder {place}: the stand-in is then made again."


def _load_movielens(
    data_set: DataSet, parse: Callable, scale: tuple[float, float], folder: Path | None
) -> Dataset:
    place, source, remedy = find_or_make(data_set, folder)
    files = [read_file(place / file.name, remedy) for file in data_set.files]
    # Parsed before the checksum is looked at, so that a damaged file is reported with its line.
    ratings, movies = parse(*files)
    if source == "real":
        for file, published in zip(files, data_set.files, strict=True):
            check_sha256(file, published)
    ratings.attrs["source"] = source
    return Dataset(data_set.title, ratings, movies, source, scale)
