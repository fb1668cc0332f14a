"""Who reads ratings against whom in `peers.py`: ours, pandas and polars, on generated files.

The files lie in a temporary folder, which goes when the contestants go. The quality of a reader is
the sum of the stars that it read: all must agree.
"""

import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from contestants import Contestant, Work
from make_netflix import write_set

from scratch.datasets import netflix
from scratch.datasets.cache import in_memory
from scratch.datasets.movielens import RATING_COLUMNS
from scratch.datasets.reading import check_ratings, read_file, read_table

MOVIES, STRIDE = 20_000, 15_485_863  # a prime, so that no pair of user and movie comes twice


def lines_of_movielens(threads: int, ratings: int) -> list[Contestant]:
    """Lines `user tab movie tab stars tab time`, as in u.data. Quality: the sum of the stars."""
    import polars

    del threads  # polars has been told by its environment
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name) / "u.data"
    rng = np.random.default_rng(0)
    users, movies = np.divmod(np.arange(ratings) * STRIDE % (4 * ratings), MOVIES)
    stars, times = rng.integers(1, 6, ratings), rng.integers(874_724_710, 893_286_638, ratings)
    columns = dict(zip(RATING_COLUMNS, (users + 1, movies + 1, stars, times), strict=True))
    polars.DataFrame(columns).write_csv(path, separator="\t", include_header=False)

    def ours(with_pairs: bool) -> pd.DataFrame:
        file = read_file(path, "")
        table = read_table(file, RATING_COLUMNS, "\t")
        if with_pairs:
            check_ratings(table, file, lambda row: row + 1, (1, 5))
        return table

    def by_pandas() -> pd.DataFrame:
        return pd.read_csv(path, sep="\t", names=list(RATING_COLUMNS))

    def by_polars():
        names = list(RATING_COLUMNS)
        return polars.read_csv(path, separator="\t", has_header=False, new_columns=names)

    return [
        Contestant("scratch, every line checked", lambda: ours(False), partial(stars_in, folder)),
        Contestant("scratch, no pair twice", lambda: ours(True), partial(stars_in, folder)),
        Contestant("pandas", by_pandas, partial(stars_in, folder)),
        Contestant("polars", by_polars, partial(stars_in, folder)),
    ]


def lines_of_netflix(threads: int, ratings: int) -> list[Contestant]:
    """Lines `user,stars,date` below a line `movie:`. Quality: the sum of the stars."""
    import polars

    del threads
    folder = tempfile.TemporaryDirectory()
    write_set(Path(folder.name), ratings)
    (path,) = Path(folder.name).glob("combined_data_*.txt")
    known = np.arange(netflix.LAST_MOVIE + 1) > 0
    names = ["user_id", "rating", "date"]

    def ours() -> dict[str, np.ndarray]:
        return in_memory(netflix.read_blocks([path], "", known))

    def by_pandas() -> pd.DataFrame:
        lines = pd.read_csv(path, names=names, dtype={"user_id": str})
        headings = np.flatnonzero(lines["rating"].isna())
        ids = lines["user_id"].iloc[headings].str[:-1].astype(np.int16).to_numpy()
        lengths = np.diff(np.append(headings, len(lines))) - 1
        table = lines.drop(index=headings).astype({"user_id": np.int32, "rating": np.int8})
        days = pd.to_datetime(table["date"], format="%Y-%m-%d")
        return table.assign(date=days, movie_id=np.repeat(ids, lengths))

    def by_polars():
        # It counts the columns in the first line, so it gets a line of a user as its first.
        kinds = dict(zip(names, (polars.String, polars.Int8, polars.Date), strict=True))
        lines = polars.scan_csv(path, has_header=False, skip_rows=1, schema=kinds)
        is_heading = polars.col("rating").is_null()
        movie = polars.col("user_id").str.strip_suffix(":").cast(polars.Int16, strict=False)
        marked = polars.when(is_heading).then(movie).forward_fill().fill_null(1)
        table = lines.with_columns(movie_id=marked).filter(~is_heading)
        return table.with_columns(polars.col("user_id").cast(polars.Int32)).collect()

    return [
        Contestant("scratch, every line checked", ours, lambda read: read["ratings"].sum()),
        Contestant("pandas", by_pandas, partial(stars_in, folder)),
        Contestant("polars", by_polars, partial(stars_in, folder)),
    ]


def stars_in(folder: tempfile.TemporaryDirectory, table) -> float:
    """The sum of the stars in a table; whoever holds this function holds the folder."""
    del folder
    return table["rating"].sum()


WORKS: dict[str, Work] = {
    f"reading {size} ratings {form}": ("sum of stars", partial(of_form, ratings=ratings))
    for form, of_form in (("of MovieLens", lines_of_movielens), ("of Netflix", lines_of_netflix))
    for size, ratings in (("a million", 1_000_000), ("ten million", 10_000_000))
}
