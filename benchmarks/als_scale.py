"""Does a sweep of alternating least squares take time in proportion to the ratings?

    python benchmarks/als_scale.py              # 1 and 10 million pairs
    python benchmarks/als_scale.py 100480507    # as many as Netflix gave out

Each size runs in a process of its own, which makes up long-tailed pairs, indexes them and runs one
sweep (both half-steps) at k = 32; its peak memory includes the pairs that the index was made of.
The number of users grows with the number of pairs, up to 480,189; movies are always 17,770, as
many as in the whole data, so the k³ work for each movie weighs on the small sizes.
"""

import argparse
import resource
import subprocess
import sys
import time

import numpy as np

from scratch.machinery.compiled import compiled
from scratch.machinery.sparse import Observed
from scratch.recommenders.weighted import als_half_step, sparse_loss

NETFLIX = 100_480_507, 480_189, 17_770  # pairs, users, movies
K, W0, L2 = 32, 0.005, 0.1


@compiled
def draw_movies(starts, order, last_user, users, movies, rng):
    """Fill in the distinct movies of each user; order[0] is the most popular movie.

    The most popular share x of the movies takes a share ∛x of the draws, 1 % of them 22 %; a movie
    that the user already has is drawn anew, which leaves them about 14 % of the pairs.
    """
    for user in range(len(starts) - 1):
        i = starts[user]
        while i < starts[user + 1]:
            movie = order[int(len(order) * rng.random() ** 3)]
            if last_user[movie] != user:
                last_user[movie], users[i], movies[i] = user, user, movie
                i += 1


def long_tailed_pairs(num_pairs, num_users, num_movies, rng):
    """Distinct pairs as (users int32, movies int16), made in no more memory than they take.

    Of the users, in random order, the r-th most active has pairs in proportion to 1 / (r + 2 % of
    the users): from 0.25 to 13 times the mean. The popular movies are spread at random too.
    """
    share = rng.permutation(1 / (np.arange(num_users) + 0.02 * num_users))
    starts = np.rint(num_pairs * np.cumsum(share) / share.sum()).astype(np.int64)
    starts = np.concatenate([[0], starts])
    users, movies = np.empty(num_pairs, np.int32), np.empty(num_pairs, np.int16)
    order, last_user = rng.permutation(num_movies), np.full(num_movies, -1)
    draw_movies(starts, order, last_user, users, movies, rng)
    return users, movies


def timed(function, *arguments):
    start = time.perf_counter()
    result = function(*arguments)
    return result, time.perf_counter() - start


def index(users, movies, num_users, num_movies):
    return Observed.from_pairs(users, movies, num_users=num_users, num_movies=num_movies)


def sweep(observed, U, V):
    als_half_step(observed.by_user, U, V, W0, L2)
    als_half_step(observed.by_movie, V, U, W0, L2)


def measure(num_pairs: int) -> None:
    """One size, in this process: print a line."""
    num_users = max(1, round(NETFLIX[1] * num_pairs / NETFLIX[0]))
    num_movies = NETFLIX[2]
    rng = np.random.default_rng(0)

    def start():
        return [rng.normal(0, 0.1, (rows, K)) for rows in (num_users, num_movies)]

    few = long_tailed_pairs(1000, 20, num_movies, rng)
    small = Observed.from_pairs(*few, num_users=num_users, num_movies=num_movies)
    U, V = start()
    sweep(small, U, V)  # compiles
    sparse_loss(small, U, V, W0, L2)
    U, V = start()
    (users, movies), making = timed(long_tailed_pairs, num_pairs, num_users, num_movies, rng)
    observed, indexing = timed(index, users, movies, num_users, num_movies)
    before = sparse_loss(observed, U, V, W0, L2)
    _, seconds = timed(sweep, observed, U, V)
    after, losing = timed(sparse_loss, observed, U, V, W0, L2)
    assert after < before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB; bytes on a Mac
    peak /= 2**30 if sys.platform == "darwin" else 2**20
    top = np.sort(np.diff(observed.by_movie.starts))[::-1]
    print(
        f"{num_pairs:>12,} {num_users:>8,} {making:>8.1f} {indexing:>8.1f} {losing:>8.1f} "
        f"{seconds:>8.1f} {1e9 * seconds / num_pairs:>8.0f} {peak:>8.2f}   "
        f"{before / num_pairs:.4f} → {after / num_pairs:.4f}, top 1 % of movies have "
        f"{top[: len(top) // 100].sum() / num_pairs:.0%}",
        flush=True,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pairs", nargs="*", type=int, default=[1_000_000, 10_000_000])
    parser.add_argument("--here", action="store_true", help="in this process, without the header")
    options = parser.parse_args()
    if options.here:
        for num_pairs in options.pairs:
            measure(num_pairs)
        sys.exit()
    print(
        f"{'pairs':>12} {'users':>8} {'make s':>8} {'index s':>8} {'loss s':>8} {'sweep s':>8} "
        f"{'ns/pair':>8} {'GiB':>8}   loss per pair"
    )
    for num_pairs in options.pairs:
        subprocess.run([sys.executable, __file__, "--here", str(num_pairs)], check=True)
