"""Write a generated file set in the format and the size of the Netflix Prize.

    python benchmarks/make_netflix.py FOLDER [--ratings N]

100,480,507 ratings by 480,189 users of 17,770 movies, both with a long tail, in FOLDER/stand-in/
netflix (2 GB): `load_netflix_arrays(folder=FOLDER)` reads them and calls them a stand-in. With
fewer ratings it is the beginning of the same set, and has as many movies as it takes.
"""

import argparse
import shutil
import time
from pathlib import Path

import numpy as np

from scratch.datasets import stand_in
from scratch.datasets.netflix import LAST_MOVIE, LAST_USER
from scratch.machinery.compiled import compiled

RATINGS, USERS = 100_480_507, 480_189
LAST_MOVIES = 4_499, 9_210, 13_367, LAST_MOVIE  # of the four files
FEWEST, MOST, SPREAD = 3, 232_944, 2.0  # ratings of a movie, and the spread of their logarithm
ACTIVITY_SPREAD = 1.25  # of the logarithm of how much a user rates
SLOTS = 16 * USERS
FIRST_DAY, LAST_DAY = np.datetime64("1999-11-11"), np.datetime64("2005-12-31")
LINE_BYTES = len("2649429,5,2005-12-31\n")


def ratings_per_movie(rng: np.random.Generator) -> np.ndarray:
    """Numbers with a long tail, (LAST_MOVIE,), that sum to RATINGS."""
    relative = np.exp(SPREAD * rng.standard_normal(LAST_MOVIE))
    low, high = 0.0, float(RATINGS)
    for _ in range(100):
        scale = (low + high) / 2
        counts = np.clip(scale * relative, FEWEST, MOST).astype(int)
        low, high = (scale, high) if counts.sum() <= RATINGS else (low, scale)
    counts = np.clip(low * relative, FEWEST, MOST).astype(int)
    middle = np.argsort(counts)[LAST_MOVIE // 2 :]
    middle = middle[counts[middle] < MOST]
    counts[middle[: RATINGS - counts.sum()]] += 1
    return counts


def user_slots(rng: np.random.Generator) -> np.ndarray:
    """A user for each of about SLOTS slots: who rates more has more of them, everybody one."""
    activity = np.exp(ACTIVITY_SPREAD * rng.standard_normal(USERS))
    slots = 1 + (SLOTS * activity / activity.sum()).astype(int)
    return np.repeat(np.arange(USERS, dtype=np.int32), slots)


@compiled
def write_movie(
    count, quality, rows_before, ratings, slots, newcomers, seen, movie, user_ids, biases, dates,
    text, rng,
):  # fmt: skip
    """Write the lines of one movie's `count` ratings into the bytes `text`; returns their length.

    Users come as often as they have slots, and at even distances one of the newcomers, so that
    nobody is left out. seen[u] is the last movie that user u has rated.
    """
    users = len(newcomers)
    length = drawn = 0
    while drawn < count:
        row = rows_before + drawn
        user = slots[int(rng.random() * len(slots))]
        newcomer = row * users // ratings
        is_due = newcomer != (row - 1) * users // ratings
        if is_due and seen[newcomers[newcomer]] != movie:
            user = newcomers[newcomer]
        if seen[user] == movie:
            continue
        seen[user] = movie
        ago = min(int(500 * rng.standard_exponential()), len(dates) - 1)
        stars = round(quality + biases[user] + 0.9 * rng.standard_normal())
        digits, left = 1, user_ids[user]
        while left >= 10:
            digits, left = digits + 1, left // 10
        left = user_ids[user]
        for place in range(digits - 1, -1, -1):
            text[length + place] = 48 + left % 10
            left //= 10
        length += digits
        text[length] = text[length + 2] = 44
        text[length + 1] = 48 + min(max(stars, 1), 5)
        for place in range(10):
            text[length + 3 + place] = dates[ago, place]
        text[length + 13] = 10
        length += 14
        drawn += 1
    return length


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ratings", type=int, default=RATINGS)
    options = parser.parse_args()
    if not 1 <= options.ratings <= RATINGS:
        parser.error(f"--ratings is a number from 1 to {RATINGS:,}")
    place = options.folder / "stand-in" / "netflix"
    place.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(place).free
    if free < 1.1 * options.ratings * LINE_BYTES:
        parser.error(f"{free / 1e9:.1f} GB are free in {place}: too little for so many ratings")
    start = time.perf_counter()
    write_set(place, options.ratings)
    print(f"{options.ratings:,} ratings in {place} after {time.perf_counter() - start:.0f} s")


def write_set(place: Path, ratings: int) -> None:
    """Write the ratings, the titles, and last the mark that makes the folder a stand-in."""
    mark = place / stand_in.VERSION_FILE
    for old in (mark, *place.glob("combined_data_*.txt")):
        old.unlink(missing_ok=True)
    rng = np.random.default_rng(2009)
    counts, slots = ratings_per_movie(rng), user_slots(rng)
    ids = rng.choice(LAST_USER - 1, size=USERS, replace=False) + 1
    ids[0] = LAST_USER
    newcomers = rng.permutation(USERS)
    qualities, biases = rng.normal(3.4, 0.5, LAST_MOVIE), rng.normal(0, 0.4, USERS)
    days = np.arange(LAST_DAY, FIRST_DAY - 1, -1).astype("datetime64[D]").astype("S10")
    dates = days.view(np.uint8).reshape(-1, 10)
    seen = np.zeros(USERS, np.int32)
    text = np.empty(MOST * LINE_BYTES, np.uint8)
    movie = rows = 0
    for number, last_movie in enumerate(LAST_MOVIES, 1):
        if rows == ratings:
            break
        with (place / f"combined_data_{number}.txt").open("wb") as file:
            while movie < last_movie and rows < ratings:
                movie += 1
                count = min(int(counts[movie - 1]), ratings - rows)
                length = write_movie(
                    count, qualities[movie - 1], rows, RATINGS, slots, newcomers, seen, movie, ids,
                    biases, dates, text, rng,
                )  # fmt: skip
                file.write(b"%d:\n" % movie)
                file.write(text[:length])
                rows += count
    (place / "movie_titles.csv").write_bytes(stand_in.make_netflix()["movie_titles.csv"])
    stand_in.mark(place, "benchmarks/make_netflix.py")


if __name__ == "__main__":
    main()
