"""The loaders: find the real files, or make the stand-in, and return checked tables."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from scratch.checking import Count, IndexArray, check_fields, checked, columns_of
from scratch.course.spelling import command
from scratch.datasets import locate, movielens, netflix, stand_in, tiny
from scratch.datasets.cache import Columns, cached, in_memory
from scratch.datasets.errors import DatasetError, UnknownMovie
from scratch.datasets.reading import RawFile, check_sha256, opened, read_file
from scratch.datasets.registry import ML_100K, ML_LATEST_SMALL, NETFLIX, DataSet, Origin

# Files below this size are read faster than a cache of them is looked up.
UNCACHED_BYTES = 4 * 2**20


@dataclass(frozen=True)
class Dataset:
    """Ratings and the movies they are of.

    `ratings` has user_id, movie_id, rating, timestamp (seconds since 1970; Netflix has a `date`
    instead), one row per line of the file, in its order. `movies` has movie_id, title, …, genres
    (joined by "|"). `source` is "real", "stand-in" or, for Netflix files that have no checksum in
    this course, "unchecked"; so is `ratings.attrs["source"]`. `scale` is the lowest and the highest
    rating. Introduced in notebook 00. Raises ValueError or TypeError for tables that have not these
    columns, or miss a value.
    """

    name: str
    ratings: pd.DataFrame
    movies: pd.DataFrame
    source: Origin
    scale: tuple[float, float]

    def __post_init__(self) -> None:
        check_fields(self)
        columns_of(self.ratings, user_id=None, movie_id=None, rating="number")
        for name, kind in self.ratings.dtypes.items():
            wanted: Literal["number"] | None = "number" if kind.kind == "f" else None
            columns_of(self.ratings, {name: wanted})
        columns_of(self.movies, movie_id=None, title=None)
        if not self.scale[0] < self.scale[1]:
            raise ValueError(f"scale must be the lowest and the highest rating, got {self.scale}")

    @property
    def is_stand_in(self) -> bool:
        """Whether these ratings were generated because the real ones are not there."""
        return self.source == "stand-in"

    def describe(self) -> str:
        """Return a line on how much there is; a second one if it is not the real data."""
        users, movies = self.ratings["user_id"].nunique(), self.ratings["movie_id"].nunique()
        return _description(self.name, len(self.ratings), movies, users, self.source)


@checked
def load_movielens_100k(folder: Path | str | None = None) -> Dataset:
    """Return MovieLens 100K: 100,000 ratings from 1 to 5 of 1,682 movies by 943 users.

    `movies` has movie_id, title, release_date, genres. Looks in `folder` (which holds ml-100k/)
    or, without it, in SCRATCH_DATA and then the project's datasets/; where the set is not there,
    a stand-in is made. Raises DatasetError naming file, line and remedy if a file is damaged.

    Harper and Konstan, The MovieLens Datasets, ACM TiiS 5(4), 2015. Introduced in notebook 00.
    """
    return _load_movielens(ML_100K, movielens.parse_100k, (1.0, 5.0), folder)


@checked
def load_movielens_small(folder: Path | str | None = None) -> Dataset:
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
    user_ids: IndexArray
    movie_ids: IndexArray
    ratings: IndexArray
    days: IndexArray
    movies: pd.DataFrame
    source: Origin

    def __post_init__(self) -> None:
        check_fields(self)
        columns_of(self.movies, movie_id=None, title=None)
        lengths = {len(getattr(self, name)) for name in netflix.COLUMNS}
        if len(lengths) > 1:
            names = ", ".join(netflix.COLUMNS)
            raise ValueError(f"{names} must be equally long, there are {sorted(lengths)} entries")

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
        """Return a line on how much there is; a second one if it is not the real data.

        Raises IndexError for a user or a movie that Netflix has not.
        """
        for name, last in (("user_ids", netflix.LAST_USER), ("movie_ids", netflix.LAST_MOVIE)):
            ids = getattr(self, name)
            if len(ids) and not 0 <= ids.min() <= ids.max() <= last:
                raise IndexError(f"{name} go from {ids.min()} to {ids.max()}: {last} is the last")
        has_user = np.zeros(netflix.LAST_USER + 1, bool)
        has_movie = np.zeros(netflix.LAST_MOVIE + 1, bool)
        has_user[self.user_ids] = has_movie[self.movie_ids] = True
        return _description(self.name, len(self), has_movie.sum(), has_user.sum(), self.source)


@checked
def load_netflix_arrays(
    max_movies: Count | None = None,
    max_lines: Count | None = None,
    files: str | Sequence[str] | None = None,
    folder: Path | str | None = None,
    cache: Path | str | None = None,
    progress: bool = False,
) -> NetflixRatings:
    """Return the Netflix Prize ratings of `files`, or of their first movies or lines.

    `files`: one name or several, read in this order, such as "combined_data_3.txt"; by default all
    of combined_data_1.txt to combined_data_4.txt that are there, or else all of the original form,
    training_set/mv_0000001.txt to mv_0017770.txt. What is read from large files is kept in the
    folder `cache` (by default cache/ of the project's datasets/, or of `folder`), and is read anew
    when a file has changed. `progress` shows a bar in bytes on stderr, with times in it: not for a
    notebook that is stored. `folder`, the stand-in and errors are as in `load_movielens_100k`.
    Raises ValueError for a limit below 1, or so low that there is no rating before it; and for
    files that name none, or one twice.

    Bennett and Lanning, The Netflix Prize, KDD Cup and Workshop 2007. Introduced in notebook 09.
    """
    place, source, remedy = find_or_make(NETFLIX, folder)
    paths = _netflix_files(place, files, source, remedy)
    titles_file = read_file(place / "movie_titles.csv", remedy)
    movies = netflix.parse_titles(titles_file)
    if source == "real":  # first: a rating of a movie that it has not would be called the bad line
        check_sha256(titles_file, NETFLIX.files[0])
    stamp = _stamp([*paths, titles_file.path], remedy)

    def read() -> Iterator[Columns]:
        known = netflix.known_movies(movies)
        yield from netflix.read_blocks(paths, remedy, known, max_movies, max_lines, progress)
        if _stamp([*paths, titles_file.path], remedy) != stamp:
            raise DatasetError(f"a file in {place} changed while it was read: load it again.")

    if sum(size for _, size, _ in stamp) <= UNCACHED_BYTES:
        columns = in_memory(read())
    else:
        home = locate.search_folders(folder)[-1] / "cache" if cache is None else Path(cache)
        request = ["netflix", str(place.resolve()), max_movies, max_lines]
        columns = cached(home, [*request, *map(str, paths)], stamp, netflix.COLUMNS, read)
    if source == "real":
        # Read in their order: what has a checksum comes first, or something without one does.
        known, *_ = [_known_part(path, remedy) for path in paths]
        is_within = (max_movies is not None and max_movies <= known.movies) or (
            max_lines is not None and max_lines <= known.lines
        )
        if len(columns["ratings"]) > known.ratings or (known.is_cut and not is_within):
            source = "unchecked"
    return NetflixRatings(name=NETFLIX.title, movies=movies, source=source, **columns)


@checked
def load_netflix(
    max_movies: Count | None = None,
    max_lines: Count | None = None,
    files: str | Sequence[str] | None = None,
    folder: Path | str | None = None,
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


@checked
def load_interests(folder: Path | str | None = None) -> list[list[str]]:
    """Return the interests of fifteen users, one list per user. Introduced in notebook 01.

    Raises DatasetError if datasets/interests.txt is damaged.
    """
    path = Path(folder or locate.home_folder()) / "interests.txt"
    return tiny.parse_interests(read_file(path, _OURS))


@checked
def load_tiny_ratings(folder: Path | str | None = None) -> pd.DataFrame:
    """Return 13 ratings to follow by hand: user_id, movie_id, rating. Introduced in notebook 06.

    Raises DatasetError if datasets/tiny_ratings.csv is damaged.
    """
    path = Path(folder or locate.home_folder()) / "tiny_ratings.csv"
    return tiny.parse_ratings(read_file(path, _OURS))


_OURS = "The file is part of the course: `git checkout datasets` brings it back into that folder."


@checked
def find_or_make(data_set: DataSet, folder: Path | str | None) -> tuple[Path, Origin, str]:
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
    folder: Path | str | None,
) -> Dataset:
    place, source, remedy = find_or_make(data_set, folder)
    files = [read_file(place / file.name, remedy) for file in data_set.files]
    # Parsed before the checksum is looked at, so that a damaged file is reported with its line.
    try:
        ratings, movies = parse(*files)
    except UnknownMovie:  # of the two files, the one of movies may be the damaged one
        if source == "real":
            check_sha256(files[1], data_set.files[1])
        raise
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
    place: Path, files: str | Sequence[str] | None, source: Origin, remedy: str
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
    if len(set(named)) < len(named):
        twice = next(path.name for path in named if named.count(path) > 1)
        raise ValueError(f"files names {twice} twice: give each file once")
    missing = [path for path in named if not locate.is_file(path)]
    if missing and source == "stand-in":
        return there  # a stand-in has one file, whichever was asked for
    if missing:
        some = ", ".join(path.name for path in there[:4])
        raise DatasetError(f"{missing[0].name} is not in {place}, only {some}.\n{remedy}")
    return named


def _combined_files(place: Path) -> list[Path]:
    paths = [place / f"combined_data_{number}.txt" for number in range(1, 5)]
    return [path for path in paths if locate.is_file(path)]


def _stamp(paths: list[Path], remedy: str) -> list[tuple[str, int, int]]:
    """Name, size and time of change of each file: where they are the same, so is the content."""
    stamp = []
    for path in paths:
        try:
            state = path.stat()
        except OSError as problem:
            why = f"it can't be read ({problem.strerror})"
            raise RawFile(path, b"", remedy).damaged(None, why) from None
        stamp.append((path.name, state.st_size, state.st_mtime_ns))
    return stamp


def _known_part(path: Path, remedy: str) -> netflix.Known:
    """Return how much of a Netflix file is known to be as published.

    Raises DatasetError if what has a checksum is not as it should be.
    """
    for published in NETFLIX.any_of:
        if published.size and path.name == published.name:
            with opened(path, remedy) as stream:
                raw = stream.read(2 * published.size).replace(b"\r\n", b"\n")[: published.size]
            file = RawFile(path, raw, remedy)
            known = netflix.known_part(file, published.movies)
            check_sha256(file, published)
            return known
    return netflix.NOTHING_KNOWN
