"""Exercises of notebook 16, Share the work: tasks, solutions, checks, wrong answers."""

import pickle
from fractions import Fraction

import numpy as np

from scratch.exercises.judging import NotYet, Wrong, choose, close, described, keyed
from scratch.exercises.judging import number, numbers, predicted, run, same_as

USERS, FILMS = 480_189, 17_770  # of all of Netflix


def fetched(reader, holder, rows, columns):
    """Which vectors travel: each column once for each worker that has not got it and needs it."""
    return {(reader[row], column) for row, column in zip(rows, columns, strict=True)
            if reader[row] != holder[column]}


def dealt(seed, users, movies, workers, density=0.4):
    """Who holds what, and who has seen what: the arguments of a case."""
    lot = np.random.default_rng(seed)
    pairs = np.argwhere(lot.random((users, movies)) < density)
    pairs = lot.permutation(pairs).T
    return lot.integers(0, workers, users), lot.integers(0, workers, movies), *pairs


def exact_table(V):
    """VᵀV, computed in fractions and rounded once: each cell is the float next to the truth."""
    exact = [[Fraction(float(v)) for v in row] for row in V]
    k = len(exact[0])
    return np.array([[float(sum(row[i] * row[j] for row in exact)) for j in range(k)]
                     for i in range(k)])


# %% [markdown] 16.q1 · quiz
# The films lie in two blocks. VᵀV of the first block is (2, 1; 1, 3), that of the second (1, 0; 0,
# 4), and a user is u = (1, 2). What is the sum of (u · v)² over all films?

# %% stub
sum_over_films = ...
check("16.q1", sum_over_films)

# %% solution
sum_over_films = 3 * 1 * 1 + 2 * (1 * 1 * 2) + 7 * 2 * 2  # uᵀ (3, 1; 1, 7) u

# %% check
def check(answer):
    close(answer, 35, tolerance=0.001, what="your sum", mistakes={
        "that is the first block alone: the tables of the blocks add up": 18,
        "that is the second block alone: the tables of the blocks add up": 17,
        "you left out what stands beside the diagonal: all four cells take part": 31,
        "each of the two cells beside the diagonal counts, not one of them": 33,
        "u stands on both sides: (u · v)² is uᵀ (v vᵀ) u": 20,
        "that is the sum of the cells: u has not been in it": 12,
        "you multiplied the two tables: they add up, as at the end of section 1": 60,
        "you multiplied what the two blocks give: sums are added": 18 * 17,
        "you took all of u · u times the diagonal: each cell has its own two numbers of u": 50,
        "that is the root: the sum is one of squares": 35**0.5,
    })

# %% wrong
{
    "the first block": 18,
    "the second block": 17,
    "the diagonal": 31,
    "one corner": 33,
    "u once": 20,
    "without u": 12,
    "tables multiplied": 60,
    "sums multiplied": 306,
    "a vector": [5, 15],
    "a text": "35",
}

# %% [markdown] 16.q2 · quiz
# Tonight there are two workers, tomorrow five, and the number of blocks stays at eight. Why must it
# not follow the number of workers?
#
# - (a) a block for each worker would be too large for the memory of one
# - (b) sums are rounded on the way, so that a sum of other parts ends in another last digit
# - (c) VᵀV is only right if all blocks have the same number of films
# - (d) with more workers than before the same films would be counted twice

# %% stub
why_fixed = ...
check("16.q2", why_fixed)

# %% solution
why_fixed = "b"  # the same parts, added in the same order, give the same bits, whoever made them

# %% check
def check(answer):
    choose(answer, "b", {
        "a": "that speaks for many blocks, not for always the same number: what is different about "
        "the model if there are five blocks tomorrow? See section 2",
        "c": "the first example of section 1 has three films in one block and two in the other: is "
        "their sum wrong?",
        "d": "every film lies in exactly one block, however many blocks there are: what else does "
        "a sum depend on? See section 2",
    })

# %% wrong
{"memory": "a", "equal blocks": "c", "twice": "d", "none of them": "e", "a number": 8}

# %% [markdown] 16.q3 · quiz
# Ten workers. A film has been seen by seven people: two of them lie with worker 0, which holds the
# film as well, four with worker 1, and one with worker 2. Its vector has 32 numbers of eight bytes.
# How many bytes of it travel before the half-step of the users?

# %% stub
bytes_of_the_film = ...
check("16.q3", bytes_of_the_film)

# %% solution
bytes_of_the_film = 2 * 32 * 8  # workers 1 and 2 fetch it, once each; worker 0 has it

# %% check
def check(answer):
    close(answer, 512, tolerance=0.5, what="your number", mistakes={
        "worker 0 holds the film: it fetches nothing": 3 * 256,
        "you let each person fetch it: a worker fetches a vector once, for all of its people":
            5 * 256,
        "you let each person fetch it, even those who lie with the film: a worker fetches a vector "
        "once, for all of its people": 7 * 256,
        "that is the vector sent once: who needs it, and who has it already?": 256,
        "that is to everybody: seven of the ten workers have nobody who has seen it": 9 * 256,
        "that is to everybody, even to the one who has it": 10 * 256,
        "those are numbers: each of them has eight bytes": 64,
        "that is how many vectors travel: in bytes, please": 2,
        "you have both half-steps in it, and in the other one it is the users that travel": 1024,
    })

# %% wrong
{
    "the holder, too": 768,
    "each person": 1280,
    "all seven": 1792,
    "once": 256,
    "everybody": 2304,
    "ten": 2560,
    "numbers": 64,
    "vectors": 2,
    "kilobytes": 0.512,
    "a text": "512 bytes",
}

# %% [markdown] 16.1 · by hand · 20 minutes
# What travels depends on who lies with whom. Take the six users and five films of section 1 and two
# workers. Worker 0 holds the films 0, 1 and 2, worker 1 the films 3 and 4. How many vectors travel
# in a sweep, in its two half-steps together, if worker 0 has the users 0, 1 and 2 (neighbours), and
# how many if it has the users 0, 2 and 4 (every other one)? Count both by hand. Then write the
# function that counts it for anybody: `user_worker[u]` says which worker holds user u and
# `movie_worker[m]` which one holds film m, and user `users[i]` has seen film `movies[i]`. The small
# tables VᵀV and UᵀU are not counted.
#
# With it, deal the people and films of MovieLens to eight workers: as they come, at random, or by
# taste, sorted by one number that says what somebody watches (the second singular vectors of the
# table, say, or a coordinate of fitted vectors). How much less can travel?

# %% [markdown] hint
# Write down two lists for each worker: which films its users have seen, and which users have seen
# its films. Cross out what it holds itself. In Python, a *set* of pairs (worker, film) has each of
# them once, however often you add it.

# %% stub
vectors_by_hand = {"neighbours": ..., "every other": ...}

def to_fetch(user_worker, movie_worker, users, movies):
    ...

check("16.1", vectors_by_hand, to_fetch)

# %% solution
# Neighbours: worker 1 lacks film 2, and worker 0 lacks the users 3 and 5, who have seen it.
# Every other one: worker 0 lacks the films 3 and 4, and worker 1 the films 0 and 2; then worker 0
# lacks the users 1, 3 and 5, and worker 1 lacks user 4.
vectors_by_hand = {"neighbours": 1 + 2, "every other": 4 + 4}

def to_fetch(user_worker, movie_worker, users, movies):
    travelling = set()
    for u, m in zip(users, movies):
        if user_worker[u] != movie_worker[m]:
            travelling.add(("film", m, user_worker[u]))  # to the worker of somebody who has seen it
            travelling.add(("user", u, movie_worker[m]))
    return len(travelling)

# By taste: sorted along the second pair of singular vectors, which tells the most about who watches
# what after popularity itself, and cut into eight parts of the same number of pairs.
def cut_along(order, counts):
    until = np.cumsum(counts[order])
    part_of = np.empty(len(order), dtype=int)
    part_of[order] = np.minimum((until - 1) * 8 // until[-1], 7)
    return part_of

pair_of = np.repeat(np.arange(observed.shape[0]), np.diff(observed.by_user.starts))
seen_of = observed.by_user.indices
counts_of = [np.diff(rows.starts) for rows in observed]
cells_of_taste = np.zeros(observed.shape)
cells_of_taste[pair_of, seen_of] = 1 / np.sqrt(counts_of[0][pair_of] * counts_of[1][seen_of])
of_users, _, of_films = np.linalg.svd(cells_of_taste, full_matrices=False)
luck_of_dealing = np.random.default_rng(0)
for way_of_dealing, dealt_to in {
    "as they come": [cut_along(np.arange(len(n)), n) for n in counts_of],
    "at random": [luck_of_dealing.integers(0, 8, len(n)) for n in counts_of],
    "by taste": [cut_along(np.argsort(of_users[:, 1] / of_users[:, 0]), counts_of[0]),
                 cut_along(np.argsort(of_films[1] / of_films[0]), counts_of[1])],
}.items():
    print(way_of_dealing, to_fetch(*dealt_to, pair_of, seen_of))
# On the real data some 15,700 vectors travel, whether all are dealt as they come or at random, and
# almost a fifth less when people lie with those of their taste. The famous films are needed
# everywhere all the same.

# %% check
def check(by_hand, function):
    given = keyed(by_hand, ("neighbours", "every other"), "your dict")
    both = [number(given[name], f"the number of {name}") for name in given]
    if both == [8, 3]:
        raise Wrong("you have the two the wrong way round")
    for name, right, users_half, films_half, with_own, by_pairs in (
            ("neighbours", 3, 1, 2, 14, 4), ("every other", 8, 4, 4, 17, 12)):
        close(given[name], right, tolerance=0.001, what=f"the number of {name}", mistakes={
            f"{name}: you counted one half-step, and a sweep has two": users_half,
            f"{name}: you counted the films' half-step, and that of the users is missing":
                films_half,
            f"{name}: what a worker holds itself does not travel": with_own,
            f"{name}: a worker fetches a vector once, however many of its rows need it": by_pairs,
            f"{name}: these are all vectors there are: who needs which, and has it not?": 11,
        })

    def both_halves(user_worker, movie_worker, users, movies):
        return (len(fetched(user_worker, movie_worker, users, movies))
                + len(fetched(movie_worker, user_worker, movies, users)))

    def with_own(user_worker, movie_worker, users, movies):
        return len({*zip(user_worker[users], movies)}) + len({*zip(movie_worker[movies], users)})

    def whoever(user_worker, movie_worker, users, movies):
        apart = user_worker[users] != movie_worker[movies]
        return len(set(users[apart])) + len(set(movies[apart]))

    cases = [dealt(1, 6, 5, 2), dealt(2, 9, 4, 3), dealt(3, 5, 12, 4, 0.7), dealt(4, 30, 20, 8),
             dealt(5, 6, 6, 1)]
    same_as(function, both_halves, cases, what="to_fetch", mistakes={
        "to_fetch counts what travels before the half-step of the users only: before that of the "
        "films, users travel": lambda *case: len(fetched(*case)),
        "to_fetch counts what travels before the half-step of the films only: before that of the "
        "users, films travel": lambda u, m, users, movies: len(fetched(m, u, movies, users)),
        "to_fetch counts what a worker holds itself, which need not travel": with_own,
        "to_fetch counts a vector again for each row that needs it: a worker fetches it once":
            lambda u, m, users, movies: 2 * int((u[users] != m[movies]).sum()),
        "to_fetch counts each pair whose two lie apart: how often is a vector fetched by the same "
        "worker, and what travels in the other half-step?":
            lambda u, m, users, movies: int((u[users] != m[movies]).sum()),
        "to_fetch counts each vector once, however many workers fetch it": whoever,
        "to_fetch sends every vector to everybody: only who needs it fetches it":
            lambda u, m, *_: (len(u) + len(m)) * (max(*u, *m)),
        "to_fetch counts what need not travel, since it is there already":
            lambda *case: with_own(*case) - both_halves(*case),
    })
    return "So people who watch the same should lie together. Does it pay on MovieLens?"

# %% wrong
def fetched_for_users(user_worker, movie_worker, users, movies):
    return len({(user_worker[u], m) for u, m in zip(users, movies)
                if user_worker[u] != movie_worker[m]})

def all_that_is_needed(user_worker, movie_worker, users, movies):
    return (len({(user_worker[u], m) for u, m in zip(users, movies)})
            + len({(movie_worker[m], u) for u, m in zip(users, movies)}))

def once_for_each_vector(user_worker, movie_worker, users, movies):
    lying_apart = [(u, m) for u, m in zip(users, movies) if user_worker[u] != movie_worker[m]]
    return len({u for u, _ in lying_apart}) + len({m for _, m in lying_apart})

{
    "one half-step": ({"neighbours": 1, "every other": 4}, to_fetch),
    "the other half-step": ({"neighbours": 2, "every other": 8}, to_fetch),
    "with one's own": ({"neighbours": 3, "every other": 17}, to_fetch),
    "by pairs": ({"neighbours": 4, "every other": 12}, to_fetch),
    "exchanged": ({"neighbours": 8, "every other": 3}, to_fetch),
    "all there are": ({"neighbours": 11, "every other": 11}, to_fetch),
    "a list": ([3, 8], to_fetch),
    "users only": (vectors_by_hand, fetched_for_users),
    "films only": (vectors_by_hand, lambda u, m, users, movies: (
        fetched_for_users(m, u, movies, users))),
    "all needed": (vectors_by_hand, all_that_is_needed),
    "once for each": (vectors_by_hand, once_for_each_vector),
    "pairs": (vectors_by_hand, lambda u, m, users, movies: (u[users] != m[movies]).sum()),
    "pairs twice": (vectors_by_hand, lambda u, m, users, movies: (
        2 * (u[users] != m[movies]).sum())),
    "to everybody": (vectors_by_hand, lambda u, m, users, movies: (
        (len(u) + len(m)) * max(*u, *m))),
    "the set itself": (vectors_by_hand, lambda u, m, users, movies: {*zip(users, movies)}),
    "a constant": (vectors_by_hand, lambda u, m, users, movies: 3),
}

# %% [markdown] 16.2 · experiment · 20 minutes
# A shop has a hundred films, and that at rank r has been watched 600/r times: a few have most of
# the pairs, as in life. From how many workers on can no way of dealing out the films make the
# half-step any faster: from 3, 6, 25 or 100? Write down what you feel. Then find out. Deal the
# films one by one, that with the most pairs first, each to the worker who has the fewest pairs so
# far (Graham, 1969, who showed that the fullest then has at most a third more than it must). `deal`
# returns for each film which worker gets it, from 0 on. A film is as much work as it has pairs. And
# `workers_enough` is the number that was asked for: with one worker less, the fullest has more to
# do.
#
# Then try it on MovieLens (`per_film` of section 7) with 8, 32 and 128 workers, beside the cut by
# work of section 7. What does it save, and what does the cut have that the dealing has not?

# %% [markdown] hint
# `np.argsort(-pairs_of_films)` has the film with the most pairs first, and `load.argmin()` is a
# worker who has the fewest. What can a film that is solved by one worker not become?

# %% stub
prediction_of_workers = ...

watched = 600 // np.arange(1, 101)

def deal(pairs_of_films, num_workers):
    ...

workers_enough = ...
check("16.2", prediction_of_workers, deal, workers_enough)

# %% solution
prediction_of_workers = 25  # whatever you had in mind

watched = 600 // np.arange(1, 101)

def deal(pairs_of_films, num_workers):
    pairs_of_films = np.asarray(pairs_of_films)
    load = np.zeros(num_workers)
    worker_of = np.empty(len(pairs_of_films), dtype=int)
    for film in np.argsort(-pairs_of_films):
        worker_of[film] = load.argmin()
        load[worker_of[film]] += pairs_of_films[film]
    return worker_of

def fullest_of(counts, num_workers):
    return np.bincount(deal(counts, num_workers), counts, minlength=num_workers).max()

least = fullest_of(watched, 100)
workers_enough = next(n for n in range(1, 101) if fullest_of(watched, n) == least)
for n in (8, 32, 128):
    by_cut = np.diff(films.starts[films.shares(n)]).max()
    fair_share = per_film.sum() / n
    print(n, (fullest_of(per_film, n) / fair_share).round(3), (by_cut / fair_share).round(3))
# Six: the first film alone has 600 of 3,074. On the real data the fullest of 128 has a thousandth
# more than a fair share, where the cut by work is at 1.48. But consecutive rows are known by two
# numbers, and lie side by side in memory; films that are dealt one by one need a list of who has
# which, on every machine.

# %% check
def check(prediction, function, enough):
    guess = predicted(prediction, (3, 6, 25, 100))

    def greedy(counts, workers, order=lambda counts: np.argsort(-counts)):
        load, owner = np.zeros(workers), np.empty(len(counts), dtype=int)
        for film in order(counts):
            owner[film] = load.argmin()
            load[owner[film]] += counts[film]
        return owner

    def loads(owner, counts, workers):
        return np.sort(np.bincount(owner, counts, minlength=workers))

    lot = np.random.default_rng(6)
    cases = [(600 // np.arange(1, 101), n) for n in (2, 5, 6)]
    cases += [(np.array([4, 7, 1, 6, 3, 5, 2, 8]), 3), (np.array([5, 9]), 4),
              (lot.integers(0, 40, 30), 7), (lot.permutation(900 // np.arange(1, 61)), 4),
              (np.array([3, 3, 3, 3, 12]), 2), (lot.integers(1, 9, 12), 1)]
    found = []
    for counts, workers in cases:
        result = run(function, counts, workers, what="deal")
        owner = numbers(result, what="what deal returns")
        if owner.shape != counts.shape:
            raise Wrong(f"for {len(counts)} films deal should return {len(counts)} numbers, the "
                        f"worker of each film, and returns {described(result)}")
        if (owner % 1).any() or owner.min() < 0 or owner.max() >= workers:
            raise Wrong(f"the workers are 0 to {workers - 1} where there are {workers} of them, "
                        f"and deal names one called {owner[np.argmax(np.abs(owner - 0.1))]:g}")
        found.append(owner.astype(int))
    found = [loads(owner, *case) for owner, case in zip(found, cases, strict=True)]
    rights = [loads(greedy(*case), *case) for case in cases]
    if any(f[-1] > right[-1] for f, right in zip(found, rights, strict=True)):
        def by_thirds(counts, workers):
            until = np.cumsum(counts)
            return np.minimum((until - 1) * workers // until[-1], workers - 1)

        for words, wrong in {
            "deal takes the films as they come: that with the most pairs comes first":
                lambda c, n: greedy(c, n, order=lambda c: range(len(c))),
            # The fewest first, or going round in order of size, or as many films for each: all one.
            "deal gives each worker every n-th film by size, as cards are dealt: the film with the "
            "*most* pairs comes first, and then each goes to whoever has the fewest *pairs*":
                lambda c, n: greedy(c, n, order=np.argsort),
            "deal goes round like cards: let the next film go to whoever has the fewest pairs":
                lambda c, n: np.arange(len(c)) % n,
            "deal cuts the films in a row: deal them one by one": by_thirds,
            "deal gives all films to one worker": lambda c, n: np.zeros(len(c), dtype=int),
        }.items():
            if all(np.array_equal(f, loads(wrong(*case), *case))
                   for f, case in zip(found, cases, strict=True)):
                raise Wrong(words)
        counts, workers = next(case for f, right, case in zip(found, rights, cases, strict=True)
                               if f[-1] > right[-1])
        raise Wrong(f"of {len(counts)} films and {workers} workers, in a case of the check, the "
                    "fullest has more than it must: each film, from the largest on, to whoever has "
                    "the fewest pairs so far?")
    watched = 600 // np.arange(1, 101)
    close(enough, 6, tolerance=0.001, what="workers_enough", mistakes={
        "with so many workers the fullest still has more than the first film alone": 5,
        "that is all pairs by those of the first film: the number of workers is a whole one":
            watched.sum() / 600,
        "fewer are enough: already then the fullest has nothing to do but the first film": 7,
        "that is how much the fullest has: how many workers does it take?": 600,
        "a hundred workers are as fast as fewer: from how many on?": 100,
    })
    if guess == 6:
        return ("You had foreseen it. One film is a fifth of all the work, and only a cut through "
                "it helps.")
    return (f"You had expected {guess}. One film is a fifth of all the work, and no dealing cuts "
            "through it: section 7 says what would.")

# %% wrong
def dealt_in_order(order, weight=lambda counts: counts):
    def deal_wrongly(pairs_of_films, num_workers):
        loaded, worker_by = np.zeros(num_workers), np.zeros(len(pairs_of_films), dtype=int)
        for one_film in order(pairs_of_films):
            worker_by[one_film] = loaded.argmin()
            loaded[worker_by[one_film]] += weight(pairs_of_films)[one_film]
        return worker_by
    return deal_wrongly

def lists_of_films(pairs_of_films, num_workers):
    dealt_to_whom = deal(pairs_of_films, num_workers)
    return [list(np.flatnonzero(dealt_to_whom == n)) for n in range(num_workers)]

{
    "as they come": (6, dealt_in_order(lambda counts: range(len(counts))), 6),
    "smallest first": (6, dealt_in_order(np.argsort), 6),
    "to the fullest": (6, lambda counts, n: np.zeros(len(counts), dtype=int), 6),
    "like cards": (25, lambda counts, n: np.arange(len(counts)) % n, 6),
    "sorted, like cards": (25, lambda counts, n: np.argsort(np.argsort(-counts, kind="stable")) % n,
                           6),
    "equal in films": (25, dealt_in_order(lambda counts: np.argsort(-counts), np.ones_like), 6),
    "at random": (25, lambda counts, n: np.random.default_rng(0).integers(0, n, len(counts)), 6),
    "from 1 on": (6, lambda counts, n: deal(counts, n) + 1, 6),
    "in sorted order": (6, lambda counts, n: deal(-np.sort(-counts), n), 6),
    "loads": (6, lambda counts, n: np.bincount(deal(counts, n), counts, minlength=n), 6),
    "lists": (6, lists_of_films, 6),
    "changes its input": (6, lambda counts, n: counts.sort() or deal(counts, n), 6),
    "five": (6, deal, 5),
    "not whole": (6, deal, 3074 / 600),
    "seven": (3, deal, 7),
    "a hundred": (100, deal, 100),
    "what it has": (100, deal, 600),
    "no such prediction": (10, deal, 6),
}

# %% [markdown] 16.3 · change the package · 25 minutes
# A worker that *hangs* (its disk does not answer, or its cable lies on the floor) has not died, so
# in section 6 everybody would wait for it for ever. In
# [scratch/machinery/workers.py](../scratch/machinery/workers.py) give `Worker.answer` a parameter
# `seconds`, by default None, which waits for ever, as today. With a number it waits at most so
# long. If there is no answer by then, it ends the process, counts one more of its `deaths`, and
# raises WorkerDied with a message that has the number of seconds in it; starting another one is
# left to whoever asks. An answer that comes earlier is handed over at once, and a worker that
# really has died or failed is told as today. Save the file, and run the cell: it starts two
# processes and needs some two seconds.
#
# Then think about the number. What becomes of a night's work if it is too small?

# %% [markdown] hint
# `self._connection` is a `Connection`, and its `poll(timeout)` waits until there is something to
# read, at most so long, and says whether there is. The end of a process counts as something to
# read, too. What does `poll()` do without a number, and what with None? `end` shows how a process
# is ended. And look out: a TimeoutError is an OSError.

# %% stub
check("16.3")

# %% solution in scratch/machinery/workers.py
class Worker:  # its other methods stay as they are
    def answer(self, seconds: float | None = None) -> Any:
        """Wait for the answer to the first open question: so many seconds, or for ever.

        Raises WorkerFailed, or WorkerDied: also of a worker that has not answered in time, whose
        process is ended. (Whoever stops in the middle of a long answer is waited for.) Raises
        RuntimeError if there is no such question.
        """
        if not self._open:
            raise RuntimeError("there is no question that waits for an answer: ask first")
        self._open -= 1
        try:
            if not self._connection.poll(seconds):
                self.process.kill()
                self.process.join()
                self.deaths += 1
                self._open = 0
                raise WorkerDied(
                    f"worker process {self.process.pid} has not answered for {seconds:g} seconds, "
                    "and was ended"
                )
            message = self._connection.recv_bytes()
        except (EOFError, OSError):
            self.process.join()
            self.deaths += 1
            self._open = 0
            code = self.process.exitcode
            why = NO_GUARD if code == 1 and not self._heard else DEATHS.get(code or 0, "")
            raise WorkerDied(
                f"worker process {self.process.pid} ended with exit code {code}{why}"
            ) from None
        self.received += len(message)
        self._heard = True
        try:
            fine, answer = pickle.loads(message)
        except Exception as problem:  # whatever a class does when it is made again
            raise WorkerFailed(
                f"the answer of worker process {self.process.pid} can't be read here: {problem}"
            ) from None
        if not fine:
            raise WorkerFailed(f"worker process {self.process.pid} has met an error:\n{answer}")
        return answer

# %% check
def check():
    import functools
    import inspect
    import threading
    import time

    from scratch.machinery import workers

    parameters = list(inspect.signature(workers.Worker.answer).parameters.values())[1:]
    if not parameters:
        raise NotYet
    if [p.name for p in parameters] != ["seconds"]:
        raise Wrong("answer should have one parameter, called seconds, and has "
                    + ", ".join(p.name for p in parameters))
    if parameters[0].default is inspect.Parameter.empty:
        raise Wrong("seconds has no default, and the callers of today give none: let it be None")
    if parameters[0].default is not None:
        raise Wrong(f"whoever gives no seconds waits for ever, as today: let the default be None, "
                    f"not {parameters[0].default!r}")

    def told(worker, question, *seconds):
        """The answer, or the error that came in its place, and after how many seconds."""
        worker.ask(question)
        begin = time.monotonic()
        try:
            result = worker.answer(*seconds)
        except Exception as error:
            result = error
        return result, time.monotonic() - begin

    def in_words(result):
        if isinstance(result, Exception):
            return f"it raises {type(result).__name__}: {' '.join(str(result).split())[:100]}"
        return f"it returns {described(result)}"

    # Two processes that work out what is written: they start at the same time.
    busy, hanging = (workers.Worker(functools.partial, eval) for _ in range(2))
    started, too_long = [busy.process, hanging.process], threading.Event()

    def end_it():
        too_long.set()
        started[1].kill()

    try:
        for worker in (busy, hanging):
            result, _ = told(worker, "6 * 7")
            if result != 42:
                raise Wrong("without seconds it should wait until there is an answer, even from a "
                            f"process that has not started yet; {in_words(result)}")
        before = busy.received
        result, waited = told(busy, "6 * 7", 2)
        if result != 42:
            raise Wrong(f"of an answer that comes within its 2 seconds: {in_words(result)}")
        if waited >= 2:
            raise Wrong("an answer that is there at once is handed over only when all the seconds "
                        "are over: stop waiting as soon as there is something to read")
        if busy.received == before:
            raise Wrong("with seconds, the bytes of the answer are no longer counted in received")
        result, _ = told(busy, "1 / 0", 2)
        if not isinstance(result, workers.WorkerFailed):
            raise Wrong("with seconds, an error in the worker should raise WorkerFailed, as today; "
                        f"{in_words(result)}")
        guard = threading.Timer(2, end_it)
        guard.start()
        result, waited = told(hanging, "__import__('time').sleep(600)", 0.5)
        guard.cancel()
        if too_long.is_set():
            raise Wrong("with seconds=0.5 it still waited for a worker that hangs, until the check "
                        "ended that process after two seconds: wait at most so long, and end the "
                        "process before you wait for its end")
        if not isinstance(result, workers.WorkerDied):
            raise Wrong("of a worker that hangs it should raise WorkerDied when the time is over; "
                        f"{in_words(result)}")
        if waited < 0.4:
            raise Wrong(f"with seconds=0.5 it gives up after {waited:.2f} seconds")
        if "0.5" not in str(result):
            raise Wrong("with seconds=0.5 the message has no 0.5 in it, and whoever reads it at "
                        f"night would like to know how long it waited; {in_words(result)}")
        if hanging.process is not started[1]:
            raise Wrong("another process has been started already: leave that to whoever asks, as "
                        "after any other death")
        started[1].join(1)
        if started[1].exitcode is None:
            raise Wrong("the process that hangs is still there: end it, since its late answer "
                        "would be taken for that to the next question")
        if hanging.deaths != 1:
            raise Wrong(f"a worker that has hung once has {hanging.deaths} deaths, and should have "
                        "one")
        result, _ = told(busy, "6 * 7", 2)  # it has ended after its error
        if not isinstance(result, workers.WorkerDied) or "exit code" not in str(result):
            raise Wrong("of a worker that has really died, the message should say so with its exit "
                        f"code, as today, also with seconds; {in_words(result)}")
        if busy.deaths != 1:
            raise Wrong(f"a worker that has really died once has {busy.deaths} deaths")
    finally:
        for process in started:
            process.kill()
        for worker in (busy, hanging):
            worker.end()
    return ("Crew may hand a number on (then `Here.answer` takes it as well). Mind that somebody "
            "who is only slow is ended, asked again, and ended again; after MOST_DEATHS times the "
            "whole night is over.")

# %% wrong in scratch/machinery/workers.py
def variant(signature="seconds=None", poll="self._connection.poll(seconds)",
            kill="self.process.kill()", count="self.deaths += 1", first="pass",
            error="WorkerDied(f'no answer for {seconds} seconds')", raises="raise ",
            received="self.received += len(message)",
            died="f'ended with exit code {self.process.exitcode}'"):
    return (
        f"class Worker:\n    def answer(self, {signature}):\n"
        f"        try:\n            {first}\n            if not {poll}:\n"
        f"                {kill}\n                {count}\n                {raises}{error}\n"
        "            message = self._connection.recv_bytes()\n"
        "        except (EOFError, OSError):\n"
        "            self.process.join()\n            self.deaths += 1\n"
        f"            raise WorkerDied({died}) from None\n"
        f"        {received}\n        fine, answer = pickle.loads(message)\n"
        "        if not fine:\n            raise WorkerFailed(answer)\n        return answer\n"
    )

{
    "another name": variant("timeout=None", "self._connection.poll(timeout)"),
    "no default": variant("seconds"),
    "ten seconds": variant("seconds=10"),
    "does not wait": variant(poll="self._connection.poll(seconds or 0)"),
    "not used": variant(poll="True"),
    "not ended": variant(kill="pass"),
    "not counted": variant(count="pass"),
    "counted twice": variant(count="self.deaths += 2"),
    "no number": variant(error="WorkerDied('the worker hangs')"),
    "a TimeoutError": variant(kill="pass", error="TimeoutError(seconds)"),
    "another error": variant(error="RuntimeError(f'{seconds} seconds')"),
    "returns nothing": variant(raises="return ", error="None"),
    "milliseconds": variant(
        poll="self._connection.poll(None if seconds is None else seconds / 1000)"),
    "waits to the end": variant(
        first="import time; time.sleep(seconds or 0)",
        poll="(seconds is None or self._connection.poll(0))"),
    "starts another": variant(kill="self.replace()"),
    "all deaths alike": variant(died="f'no answer for {seconds} seconds'"),
    "bytes not counted": variant(received="self.received += len(message) * (seconds is None)"),
}

# %% [markdown] 16.4 · experiment · 30 minutes
# Section 2 fixes the number of blocks because sums are rounded. Do it the other way: a sum that is
# not rounded until the very end does not depend on any order. Write `table_to_send(V)`, which a
# worker makes of the vectors of its films (n, k) and sends, and `sum_of_tables(tables)`, which
# makes VᵀV (k, k) of a list of what the workers have sent. Each cell should be the float that is
# nearest to the *true* sum. So it comes out the same to the last bit for any number of blocks, and
# any order of blocks and films. What is sent must not grow with the number of films. (The numbers
# of the vectors are 0, or between 10⁻¹² and a thousand, or minus that.)
#
# Then try it on `alone[1]` of section 3, cut in 2, 8 and 100 blocks. How many times as long does it
# take, and how many times as many bytes, as `gram`?

# %% [markdown] hint
# `math.fsum` adds a list without losing anything and rounds once, but each block would round once,
# and so would each product. Python's whole numbers have as many digits as it takes. How large is
# 2.0**100 · v, and what is behind its point? `V.astype(object)` is an array of Python's own
# numbers, which `@` multiplies one by one. At the end, dividing one whole number by another rounds
# once.

# %% stub
def table_to_send(V):
    ...

def sum_of_tables(tables):
    ...

check("16.4", table_to_send, sum_of_tables)

# %% solution
SCALE = 2**100  # a power of two: multiplying by it changes no digit

def table_to_send(V):
    # Of a number above 2⁻⁴⁸, all 53 binary digits stand before the point now.
    whole = np.frompyfunc(lambda v: int(v * float(SCALE)), 1, 1)(V)
    return whole.T @ whole

def sum_of_tables(tables):
    return (sum(tables) / SCALE**2).astype(float)

import pickle
import time

films_at_last = alone[1]
for count in (2, 8, 100):
    cut_films = np.array_split(films_at_last, count)
    once_more = sum_of_tables([table_to_send(part) for part in cut_films][::-1])
    rounded_on_the_way = np.sum([gram(part) for part in cut_films], axis=0)
    print(count, "blocks, cells that differ from a single block:",
          (once_more != sum_of_tables([table_to_send(films_at_last)])).sum(), "and by gram",
          (rounded_on_the_way != gram(films_at_last)).sum())
for way_of_adding in (gram, table_to_send):
    begun = time.perf_counter()
    size_of_table = len(pickle.dumps(way_of_adding(films_at_last)))
    print(way_of_adding.__name__, f"{time.perf_counter() - begun:.4f} s, {size_of_table:,} bytes")
# Of the 1,024 cells none differs, and by gram nearly all do. It takes hundreds of
# times as long as gram and has three to four times as many bytes: that is the price of not having
# to fix the number of blocks, and why one rather fixes it.

# %% check
def check(send, add):
    lot = np.random.default_rng(8)
    small = lot.normal(0, 0.5, (240, 4))
    large = lot.normal(0, 1, (90, 3)) * [1000, 1, 0.001]
    large[:40, 0] = lot.choice([-1, 1], 40) * 1000

    def size(V):
        try:
            return len(pickle.dumps(run(send, V, what="table_to_send")))
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise Wrong(f"what table_to_send returns cannot be sent: {error}") from None

    def of(V, cuts, order=None):
        blocks = np.split(V, cuts)
        tables = [run(send, block, what="table_to_send") for block in blocks]
        tables = tables[::-1] if order is None else [tables[place] for place in order]
        total = run(add, tables, what="sum_of_tables")
        return numbers(total, (V.shape[1],) * 2, "what sum_of_tables returns")

    if size(np.resize(small, (1920, 4))) > 2 * size(small[:60]):
        raise Wrong("what is sent grows with the number of films: send a table, k × k of something")
    for V in (small, large):
        right, n = exact_table(V), len(V)
        biggest = np.abs(right).max()
        found = of(V, [])
        ratio = found / right
        if np.abs(found).max() < 1e-9 * biggest or (np.ptp(ratio) < 1e-6 * np.abs(ratio).max()
                                                    and abs(ratio[0, 0] - 1) > 1e-6):
            side = "small" if abs(ratio[0, 0]) < 1 else "large"
            raise Wrong(f"all cells are the same number of times too {side}: two numbers are "
                        "multiplied in each product, so what you multiplied the vectors by is in "
                        "it twice")
        if np.abs(found - right).max() > 1e-3 * biggest:
            if np.allclose(found, np.triu(right)) or np.allclose(found, np.tril(right)):
                raise Wrong("half of the table is missing: VᵀV has two halves that mirror each "
                            "other")
            raise Wrong("of a single block, sum_of_tables is not VᵀV, in a case of the check with "
                        f"numbers up to {np.abs(V).max():.4g}: is there anything that overflows, "
                        "or is cut off?")
        if not np.array_equal(found, found.T):
            raise Wrong("the two halves of the table are not the same to the last bit")
        cut = [n // 3, n // 2]
        if any(not np.array_equal(of(V, cut, order), of(V, cut, [0, 1, 2]))
               for order in ([2, 1, 0], [1, 2, 0], [0, 2, 1])):
            raise Wrong("the order of the tables still makes a difference in the last bit: what is "
                        "in them is rounded when it is added")
        shuffled = [of(V[lot.permutation(n)], []) for _ in range(4)]
        if any(not np.array_equal(other, found) for other in shuffled):
            raise Wrong("the order of the films inside a block still makes a difference in the "
                        "last bit: V.T @ V of floats rounds after each addition")
        if any(not np.array_equal(of(V, np.arange(step, n, step)), found)
               for step in (7, 31, n // 2)):
            raise Wrong("another number of blocks still makes a difference in the last bit: each "
                        "block rounds once, at its end. What it sends must not be rounded at all")
        if not np.array_equal(found, right):
            off = int((found != right).sum())
            far = np.abs(found - right).max()
            if far > 1e-12 * biggest:
                raise Wrong("no order makes a difference any more, but something is cut off: "
                            f"{off} cells are off, by up to {far:.2g}")
            raise Wrong(f"no order makes a difference any more, but {off} cells end in another "
                        "last digit than the true sum: is each product rounded before it is added?")
    return "Nothing is lost before the end. What does it cost beside gram?"

# %% wrong
import math

def fsum_of_block(V):
    return np.array([[math.fsum(V[:, i] * V[:, j]) for j in range(V.shape[1])]
                     for i in range(V.shape[1])])

def fsum_of_all(tables):
    return np.array([[math.fsum(table[i, j] for table in tables)
                      for j in range(len(tables[0]))] for i in range(len(tables[0]))])

def scaled_by(power, kind=object):
    def table_of_whole(V):
        whole = np.rint(V * 2.0**power).astype(np.int64).astype(kind)
        return whole.T @ whole
    return table_of_whole, lambda tables: (sum(tables) / 2 ** (2 * power)).astype(float)

def products_of_floats(V):
    times = np.frompyfunc(lambda v, w: int(float(v) * float(w) * 2.0**200), 2, 1)
    return times(V[:, :, None], V[:, None, :]).sum(axis=0)

{
    "as in the notebook": (lambda V: V.T @ V, lambda tables: np.sum(tables, axis=0)),
    "fsum at the end": (lambda V: V.T @ V, fsum_of_all),
    "fsum of blocks, added": (fsum_of_block, lambda tables: sum(tables)),
    "fsum twice": (fsum_of_block, fsum_of_all),
    "sorted first": (fsum_of_block, lambda tables: np.sum(np.sort(tables, axis=0), axis=0)),
    "all vectors": (lambda V: V, lambda tables: fsum_of_block(np.concatenate(tables))),
    "all products": (lambda V: V[:, :, None] * V[:, None, :],
                     lambda tables: np.array([[math.fsum(cell) for cell in row] for row in
                                              np.concatenate(tables).transpose(1, 2, 0)])),
    "overflow": scaled_by(30, np.int64),
    "cut off": scaled_by(30),
    "cut off at the point": (lambda V: V.astype(int).T @ V.astype(int), lambda tables: sum(tables)),
    "once divided": (table_to_send, lambda tables: (sum(tables) / SCALE).astype(float)),
    "not divided": (table_to_send, lambda tables: sum(tables).astype(float)),
    "products rounded": (products_of_floats,
                         lambda tables: (sum(tables) / 2**200).astype(float)),
    "single precision": (lambda V: np.float32(V).T @ np.float32(V),
                         lambda tables: np.sum(tables, axis=0)),
    "rounded at the end": (lambda V: V.T @ V,
                           lambda tables: np.round(np.sum(tables, axis=0), 9)),
    "the upper half": (table_to_send, lambda tables: np.triu(sum_of_tables(tables))),
    "the diagonal": (table_to_send, lambda tables: np.diag(sum_of_tables(tables))),
    "a list": (table_to_send, lambda tables: tables),
    "tables": ([[1, 2], [2, 3]], sum_of_tables),
}

# %% [markdown] 16.5 · experiment · 25 minutes
# At the end of section 7 a film is cut through: each worker adds up A and b of the film's equations
# over its own users, and sends these sums to the one that holds the film. Do it with *all* films.
# Then before the half-step of the films no user has to travel; the sums do. A is symmetric, so
# k (k + 1)/2 numbers of it are enough, and b has k. Write a function that counts how many *numbers*
# travel before the half-step of the films, first if users' vectors are fetched, and then if sums
# are sent. Its arguments are those of `to_fetch` in 16.1, and k.
#
# All of Netflix has 480,189 users and 17,770 films. Suppose that every worker needs everybody, and
# has users who have seen every film. Which is the largest whole k for which sums are cheaper than
# vectors? Solve for it, and let a computer check that one and the next. And what of MovieLens, with
# its 943 users and 1,682 films?

# %% [markdown] hint
# A worker sends one sum for each film that its users have seen, and that it does not hold itself.
# These (worker, film) you have counted before: in which half-step was it? For Netflix the number of
# workers stands on both sides, and goes out.

# %% stub
largest_k_for_sums = ...

def numbers_sent(user_worker, movie_worker, users, movies, k):
    ...

check("16.5", largest_k_for_sums, numbers_sent)

# %% solution
# 480,189 · k > 17,770 · (k (k + 1)/2 + k), so 27.02 > (k + 3)/2, and k < 51.05.
largest_k_for_sums = 51

def numbers_sent(user_worker, movie_worker, users, movies, k):
    apart = [(u, m) for u, m in zip(users, movies) if user_worker[u] != movie_worker[m]]
    vectors_to = {(u, movie_worker[m]) for u, m in apart}
    sums_from = {(user_worker[u], m) for u, m in apart}  # the way that films go for the users
    return len(vectors_to) * k, len(sums_from) * (k * (k + 1) // 2 + k)

assert 480_189 * 51 > 17_770 * (51 * 52 / 2 + 51) and 480_189 * 52 < 17_770 * (52 * 53 / 2 + 52)
seen_by = np.repeat(np.arange(observed.shape[0]), np.diff(observed.by_user.starts))
luck_of_places = np.random.default_rng(0)
places = [luck_of_places.integers(0, 8, rows) for rows in observed.shape]
for numbers_each in (4, 32):
    print("k", numbers_each, numbers_sent(*places, seen_by, observed.by_user.indices, numbers_each))
# On the real data of MovieLens, with eight workers, sums are five times as many numbers as vectors
# for k = 4, and 25 times for k = 32: it has more films than users. What sums are good for even
# then is the heaviest film, on which all workers now have their share.

# %% check
def check(largest, function):
    def up_to(of_sum):
        return max((k for k in range(1, 1000) if USERS * k > FILMS * of_sum(k)), default=0)

    close(largest, up_to(lambda k: k * (k + 1) / 2 + k), tolerance=0.001,
          what="largest_k_for_sums", mistakes={
        "from so many on, vectors are cheaper: up to which k are sums?":
            up_to(lambda k: k * (k + 1) / 2 + k) + 1,
        "k is a whole number: up to which one are sums cheaper?": 2 * USERS / FILMS - 3,
        "you send all k² numbers of A: it is symmetric, so that its lower half is enough":
            up_to(lambda k: k * k + k),
        "you left out b, k more numbers in each sum": up_to(lambda k: k * (k + 1) / 2),
        "you send all k² numbers of A and leave out b (or have you only divided the users by the "
        "films?): put A's lower half and b into the inequality": up_to(lambda k: k * k),
        "half of k² is not the lower half of A: its diagonal belongs to it":
            up_to(lambda k: k * k / 2 + k),
        "you forgot to divide k (k + 1) by 2": up_to(lambda k: k * (k + 1) + k),
    })

    def counted(user_worker, movie_worker, users, movies, k, of_sum=lambda k: k * (k + 1) // 2 + k,
                vectors=lambda u, m, users, movies: len(fetched(m, u, movies, users)),
                sums=lambda u, m, users, movies: len(fetched(u, m, users, movies)),
                of_vector=lambda k: k):
        case = user_worker, movie_worker, users, movies
        return vectors(*case) * of_vector(k), sums(*case) * of_sum(k)

    def by(**wrong):
        return lambda *case: counted(*case, **wrong)

    def pairs_apart(u, m, users, movies):
        return int((u[users] != m[movies]).sum())

    cases = [(*dealt(1, 9, 4, 2), 3), (*dealt(2, 20, 5, 3), 2), (*dealt(3, 6, 12, 4, 0.7), 5),
             (*dealt(4, 40, 15, 8), 1), (*dealt(5, 6, 6, 1), 4)]
    for case in cases:
        result = run(function, *case, what="numbers_sent")
        numbers(result, 2, "what numbers_sent returns")
    same_as(function, counted, cases, what="numbers_sent", mistakes={
        "numbers_sent has the two the wrong way round: vectors come first":
            lambda *case: counted(*case)[::-1],
        "numbers_sent counts vectors and sums: count the numbers in them":
            by(of_sum=lambda k: 1, of_vector=lambda k: 1),
        "numbers_sent counts vectors: the first result should be the numbers in them":
            by(of_vector=lambda k: 1),
        "numbers_sent counts sums: the second result should be the numbers in them":
            by(of_sum=lambda k: 1),
        "numbers_sent sends all k² numbers of A: it is symmetric": by(of_sum=lambda k: k * k + k),
        "numbers_sent leaves out b": by(of_sum=lambda k: k * (k + 1) // 2),
        "numbers_sent leaves out A": by(of_sum=lambda k: k),
        "numbers_sent sends a sum for each pair: a worker adds up all of its users first":
            by(sums=pairs_apart),
        "numbers_sent fetches a user's vector again for each film: once is enough for a worker":
            by(vectors=pairs_apart),
        "numbers_sent fetches a vector, and sends a sum, for each pair: a worker fetches a vector "
        "once, and adds up before it sends": by(vectors=pairs_apart, sums=pairs_apart),
        "numbers_sent counts films' vectors: before the half-step of the films, users' vectors "
        "travel": by(vectors=lambda *case: len(fetched(*case))),
        "numbers_sent sends a sum for each user: it is one for each film and worker":
            by(sums=lambda u, m, users, movies: len(fetched(m, u, movies, users))),
        "numbers_sent has users and films exchanged: this is about the half-step of the films":
            lambda u, m, users, movies, k: counted(m, u, movies, users, k),
        "numbers_sent lets the worker that holds the film send a sum to itself":
            by(sums=lambda u, m, users, movies: len({*zip(u[users], movies)})),
        "numbers_sent lets every worker send a sum for every film: some have no user of it":
            by(sums=lambda u, m, users, movies: len(m) * int(max(*u, *m))),
        "numbers_sent sends one sum for a film, whoever its users lie with: each other worker that "
        "has some sends its own": by(sums=lambda u, m, users, movies: len(
            {movie for _, movie in fetched(u, m, users, movies)})),
    })
    return "Who has many more customers than goods should send sums."

# %% wrong
def sent_with(of_sum=lambda k: k * (k + 1) // 2 + k, by_pair=False, own=False):
    def sent_wrongly(user_worker, movie_worker, users, movies, k):
        vectors, sums = set(), set()
        for place, (u, m) in enumerate(zip(users, movies)):
            if user_worker[u] != movie_worker[m]:
                vectors.add((u, movie_worker[m]))
            if own or user_worker[u] != movie_worker[m]:
                sums.add((user_worker[u], m, place if by_pair else 0))
        return len(vectors) * k, len(sums) * of_sum(k)
    return sent_wrongly

def exchanged(user_worker, movie_worker, users, movies, k):
    return numbers_sent(movie_worker, user_worker, movies, users, k)

{
    "one too many": (52, numbers_sent),
    "not whole": (51.045, numbers_sent),
    "all of A": (26, numbers_sent),
    "no b": (53, numbers_sent),
    "not halved": (25, numbers_sent),
    "users for each film": (27, numbers_sent),
    "far off": (600, numbers_sent),
    "a table of k²": (51, sent_with(lambda k: k**2 + k)),
    "without b": (51, sent_with(lambda k: k * (k + 1) // 2)),
    "b alone": (51, sent_with(lambda k: k)),
    "a sum for each pair": (51, sent_with(by_pair=True)),
    "to oneself": (51, sent_with(own=True)),
    "turned round": (51, exchanged),
    "the other order": (51, lambda *case: numbers_sent(*case)[::-1]),
    "only sums": (51, lambda *case: numbers_sent(*case)[1]),
    "for k = 1": (51, lambda u, m, users, movies, k: numbers_sent(u, m, users, movies, 1)),
    "vectors, not numbers": (51, lambda u, m, users, movies, k: (
        numbers_sent(u, m, users, movies, k)[0] / k, numbers_sent(u, m, users, movies, k)[1])),
}

# %% [markdown] 16.6 · open · 120 minutes
# Everybody waits for the last one. What if nobody waits? Play it in one process, with a clock of
# your own: eight workers, each with a block of users and a block of films of MovieLens, one of
# which takes four times as long as the others. Whoever is done solves for its next block at once,
# from the vectors and from VᵀV as they stand at that moment, old or new. Draw the loss against the
# *clock*, beside the sweeps of section 3, in which all wait for the slow one. Who is ahead, when,
# and where do both end? Then make the slow one slower, until waiting, or not waiting, is the better
# way. And look for what else is lost: run it twice with small differences in the times.

# %% stub
# 16.6: your code

# %% [markdown] rubric
# - The clock counts the same work as the same time in both ways, and both begin at the same start.
# - There is a picture of the loss against the clock, not against sweeps, and for three or more
#   speeds of the slow worker.
# - You say how old the vectors and the VᵀV are that a worker reads, and what happens to the loss of
#   a single block's step when VᵀV is old: does it still only go down?
# - The same start with slightly different times gives another model: you say by how much, and what
#   that means for whoever looks for a mistake, or repeats a part after a death (section 6).
# - The verdict names a factor from which on you would not wait, and what you would do before that:
#   smaller blocks, dealt out as workers come free, for example.
