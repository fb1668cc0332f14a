"""The loaders: find the real files, or make the stand-in, and return checked tables."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from scratch.course.spelling import command
from scratch.datasets import locate, movielens, netflix, stand_in, tiny
from scratch.datasets.cache import Columns, cached, in_memory
from scratch.datasets.errors import DatasetError
from scratch.datasets.reading import RawFile, check_sha256, read_file
from scratch.datasets.registry import ML_100K, ML_LATEST_SMALL, NETFLIX, DataSet

# Files below this size are read faster than a cache of them is looked up.
UNCACHED_BYTES = 4 * 2**20


@dataclass(frozen=True)
class Dataset:
    """Ratings and the movies they are of.

    `ratings` has user_id, movie_id, rating, timestamp (seconds since 1970; Netflix has a `date`
    instead), one row per line of the file, in its order. `movies` has movie_id, title, …, genres
    (joined by "|"). `source` is "real", "stand-in" or, for Netflix files that have no checksum in
    this course, "unchecked"; so is `ratings.attrs["source"]`. `scale` is the lowest and the highest
    rating. Introduced in notebook 00.
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
        """Return a line on how much there is; a second one if it is not the real data."""
        users, movies = self.ratings["user_id"].nunique(), self.ratings["movie_id"].nunique()
        return _description(self.name, len(self.ratings), movies, users, self.source)


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

    Harper and Konstan, The MovieLens Datasets, ACM TiiS 5(4), 2015. Introduced in notebook 06.
    """
    return _load_movielens(ML_LATEST_SMALL, movielens.parse_small, (0.5, 5.0), folder)


@dataclass(frozen=True)
class NetflixRatings:
    """Ratings of the Netflix Prize as arrays, 9 bytes for each: all of them are 0.9 GB.

    user_ids int32, movie_ids int16, ratings int8 (1 to 5) and days int16 (since 1970-01-01) have
    an entry per rating, in the order of the files: by movie. `movies` and `source` are as in
    `Dataset`; `movies` has a row for each of the 17,770 titles. Introduced in notebook 09.
    """

    name: str
    user_ids: np.ndarray
    movie_ids: np.ndarray
    ratings: np.ndarray
    days: np.ndarray
    movies: pd.DataFrame
    source: str

    def __len__(self) -> int:
        """How many ratings there are."""
        return len(self.ratings)

    @property
    def dates(self) -> np.ndarray:
        """The days as datetime64[D], in 8 bytes each."""
        return self.days.astype("datetime64[D]")

    @property
    def is_stand_in(self) -> bool:
        """Whether these ratings were generated because the real ones are not there."""
        return self.source == "stand-in"

    def describe(self) -> str:
        """Return a line on how much there is; a second one if it is not the real data."""
        has_user = np.zeros(netflix.LAST_USER + 1, bool)
        has_movie = np.zeros(netflix.LAST_MOVIE + 1, bool)
        has_user[self.user_ids] = has_movie[self.movie_ids] = True
        return _description(self.name, len(self), has_movie.sum(), has_user.sum(), self.source)


def load_netflix_arrays(
    max_movies: int | None = None,
    max_lines: int | None = None,
    files: str | Sequence[str] | None = None,
    folder: Path | None = None,
    cache: Path | None = None,
    progress: bool = False,
) -> NetflixRatings:
    """Return the Netflix Prize ratings of `files`, or of their first movies or lines.

    `files`: one name or several, read in this order, such as "combined_data_3.txt"; by default all
    of combined_data_1.txt to combined_data_4.txt that are there, or else all of the original form,
    training_set/mv_0000001.txt to mv_0017770.txt. What is read from large files is kept in the
    folder `cache` (by default cache/ of the project's datasets/, or of `folder`), and is read anew
    when a file has changed. `progress` shows a bar in bytes on stderr, with times in it: not for a
    notebook that is stored. `folder`, the stand-in and errors are as in `load_movielens_100k`.
    Raises ValueError for a limit below 1, or so low that there is no rating before it.

    Bennett and Lanning, The Netflix Prize, KDD Cup and Workshop 2007. Introduced in notebook 09.
    """
    place, source, remedy = find_or_make(NETFLIX, folder)
    paths = _netflix_files(place, files, source, remedy)
    titles_file = read_file(place / "movie_titles.csv", remedy)
    movies = netflix.parse_titles(titles_file)
    stamp = _stamp([*paths, titles_file.path])

    def read() -> Iterator[Columns]:
        known = netflix.known_movies(movies)
        yield from netflix.read_blocks(paths, remedy, known, max_movies, max_lines, progress)
        if _stamp([*paths, titles_file.path]) != stamp:
            raise DatasetError(f"a file in {place} changed while it was read: load it again.")

    if sum(size for _, size, _ in stamp) <= UNCACHED_BYTES:
        columns = in_memory(read())
    else:
        home = locate.search_folders(folder)[-1] / "cache" if cache is None else Path(cache)
        request = ["netflix", str(place.resolve()), max_movies, max_lines]
        columns = cached(home, [*request, *map(str, paths)], stamp, netflix.COLUMNS, read)
    if source == "real":
        check_sha256(titles_file, NETFLIX.files[0])
        checked = [_checked_ratings(path, remedy) for path in paths]
        # Read in their order: what has a checksum comes first, or something without one does.
        if len(columns["ratings"]) > checked[0]:
            source = "unchecked"
    return NetflixRatings(name=NETFLIX.title, movies=movies, source=source, **columns)


def load_netflix(
    max_movies: int | None = None,
    max_lines: int | None = None,
    files: str | Sequence[str] | None = None,
    folder: Path | None = None,
) -> Dataset:
    """Return what `load_netflix_arrays` reads, as tables: 32 bytes for each rating.

    `ratings` has user_id, movie_id, rating (1 to 5), date; `movies` has movie_id, title, year
    (may be missing) and genres (empty, Netflix gave none). `files` and the limits are as in
    `load_netflix_arrays`, but by default only the first of combined_data_1.txt to
    combined_data_4.txt that is there is read. `folder`, the stand-in and errors are as there too.
    Introduced in notebook 00.
    """
    if files is None:
        place, *_ = find_or_make(NETFLIX, folder)
        files = next((path.name for path in _combined_files(place)), None)
    arrays = load_netflix_arrays(max_movies, max_lines, files, folder)
    ratings = pd.DataFrame(
        {
            "user_id": arrays.user_ids.astype(np.int64),
            "movie_id": arrays.movie_ids.astype(np.int64),
            "rating": arrays.ratings.astype(np.float64),
            "date": arrays.dates.astype("datetime64[us]"),
        }
    )
    ratings.attrs["source"] = arrays.source
    return Dataset(arrays.name, ratings, arrays.movies, arrays.source, (1.0, 5.0))


def load_interests(folder: Path | None = None) -> list[list[str]]:
    """Return the interests of fifteen users, one list per user. Introduced in notebook 01.

    Raises DatasetError if datasets/interests.txt is damaged.
    """
    path = (folder or locate.home_folder()) / "interests.txt"
    return tiny.parse_interests(read_file(path, _OURS))


def load_tiny_ratings(folder: Path | None = None) -> pd.DataFrame:
    """Return 13 ratings to follow by hand: user_id, movie_id, rating. Introduced in notebook 06.

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
    data_set: DataSet,
    parse: Callable[..., tuple[pd.DataFrame, pd.DataFrame]],
    scale: tuple[float, float],
    folder: Path | None,
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


def _description(name: str, ratings: int, movies: int, users: int, source: str) -> str:
    count = f"{ratings:,} ratings of {movies:,} movies by {users:,} users"
    if source == "real":
        return f"{name}: {count} (the real data)"
    if source == "unchecked":
        return f"{name}: {count}\n(not checked: {NETFLIX.what_is_checked})"
    how = "see datasets/README.md" if name == NETFLIX.title else f"run `{command('data')}`"
    return f"{name}: {count}\n(a generated STAND-IN, not the real data: {how})"


def _netflix_files(
    place: Path, files: str | Sequence[str] | None, source: str, remedy: str
) -> list[Path]:
    """The files to read: those named, or all combined ones that are there, or the original ones."""
    there = _combined_files(place) or sorted((place / "training_set").glob("mv_*.txt"))
    if not there:
        raise DatasetError(
            f"{place} has none of combined_data_1.txt to _4.txt and no training_set/.\n{remedy}"
        )
    if files is None:
        return there
    named = [place / name for name in ([files] if isinstance(files, str) else files)]
    if not named:
        raise ValueError("files names no file: give at least one, or None for all")
    missing = [path for path in named if not path.is_file()]
    if missing and source == "stand-in":
        return there  # a stand-in has one file, whichever was asked for
    if missing:
        some = ", ".join(path.name for path in there[:4])
        raise DatasetError(f"{missing[0].name} is not in {place}, only {some}.\n{remedy}")
    return named


def _combined_files(place: Path) -> list[Path]:
    paths = [place / f"combined_data_{number}.txt" for number in range(1, 5)]
    return [path for path in paths if path.is_file()]


def _stamp(paths: list[Path]) -> list[tuple[str, int, int]]:
    """Name, size and time of change of each file: where they are the same, so is the content."""
    return [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in paths]


def _checked_ratings(path: Path, remedy: str) -> int:
    """Return how many ratings at the beginning of a Netflix file have a checksum that agrees.

    0 if the file has none, or ends before the part that has. Raises DatasetError if it disagrees.
    """
    for published in NETFLIX.any_of:
        if published.size and path.name == published.name:
            with path.open("rb") as stream:
                raw = stream.read(2 * published.size).replace(b"\r\n", b"\n")[: published.size]
            if len(raw) < published.size:
                return 0
            check_sha256(RawFile(path, raw, remedy), published)
            return raw.count(b"\n") - raw.count(b":")  # all lines but those of the movies
    return 0
