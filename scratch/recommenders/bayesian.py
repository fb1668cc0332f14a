"""Bayesian matrix factorization: not one table of vectors, but many likely ones, and their average.

Salakhutdinov and Mnih, Bayesian probabilistic matrix factorization using Markov chain Monte Carlo,
ICML 2008; one number at a time, and with features, as in Rendle, Factorization machines with libFM,
ACM TIST 3(3), 2012. Built in notebook 15.
"""

import contextlib
import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any

import numpy as np
import pandas as pd
from scipy.sparse import csc_array
from scipy.stats import wishart

from scratch.checking import (
    Array,
    Column,
    Count,
    FloatTable,
    IndexArray,
    Learner,
    Size,
    check_below,
    checked,
    finite,
)
from scratch.checking.room import check_room
from scratch.checking.rules import whole
from scratch.machinery.compiled import code_to_call, compiled
from scratch.machinery.progress import progress_bar
from scratch.recommenders.sides import Side

LARGEST = 1e100  # number in a vector; its square is still one
LARGEST_RATING = 1e15  # products of draws, which are float32, are numbers too
TOO_LARGE = "ratings, or in the features of sides,"


def _some_vectors(name: str, vectors: Any) -> np.ndarray:
    """A table of floats that is not empty, and whose squares are numbers."""
    vectors = Array(2, "float").check(name, vectors)
    if vectors.size == 0:
        raise ValueError(f"{name} must have a row and a column, got shape {vectors.shape}")
    if float(np.abs(vectors).max()) > LARGEST:
        raise ValueError(f"{name} must not hold numbers beyond {LARGEST:g}")
    return vectors


@compiled(
    "rows(n) < r, partners(n), errors(n), starts(f+1) to p, members(p) < r, values(p), "
    "means(f), precisions(f), luck(f), numbers(f), totals(r)",
    changes="errors numbers totals",
)
def draw_numbers(
    rows: np.ndarray, partners: np.ndarray, errors: np.ndarray,
    starts: np.ndarray, members: np.ndarray, values: np.ndarray,
    means: np.ndarray, precisions: np.ndarray, certainty: float, luck: np.ndarray,
    numbers: np.ndarray, totals: np.ndarray,
) -> None:  # fmt: skip
    """Draw one number of every feature of a side anew, given all other numbers of the model.

    The prediction of rating i contains totals[rows[i]] · partners[i], where the total of a row is
    the sum of values · numbers over its features. Of the errors, rating − prediction, the model
    says that they are normal with precision `certainty`. Before the ratings are seen, number j is
    normal with means[j] and precisions[j]. With each rating precisions add up, and the number stays
    normal: luck (features,), drawn from N(0, 1), picks a new one. Feature j has the rows and the
    values numbered starts[j] to starts[j + 1] − 1. Changes errors, numbers and totals in place.
    """
    size, slope, change = np.zeros(len(totals)), np.zeros(len(totals)), np.zeros(len(totals))
    for i in range(len(rows)):
        size[rows[i]] += partners[i] * partners[i]
        slope[rows[i]] += errors[i] * partners[i]
    for j in range(len(numbers)):
        evidence, pull = 0.0, 0.0
        for c in range(starts[j], starts[j + 1]):
            evidence += values[c] * values[c] * size[members[c]]
            pull += values[c] * slope[members[c]]
        precision = precisions[j] + certainty * evidence
        # errors count from the number of today: what it explains is given back first.
        mean = precisions[j] * means[j] + certainty * (pull + evidence * numbers[j])
        new = mean / precision + luck[j] / math.sqrt(precision)
        for c in range(starts[j], starts[j + 1]):
            step = values[c] * (new - numbers[j])
            change[members[c]] += step
            slope[members[c]] -= step * size[members[c]]
        numbers[j] = new
    for i in range(len(rows)):
        errors[i] -= change[rows[i]] * partners[i]
    for row in range(len(totals)):
        totals[row] += change[row]


@checked
def draw_common(
    vectors: Annotated[np.ndarray, _some_vectors], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """What n vectors (n, d) have in common, drawn: the mean (d,) and the precision (d, d).

    They are taken to be normal. Before, the precision is Wishart with d degrees of freedom around
    d·I, and given it the mean is normal around 0 with twice that precision. That is little where n
    is much more than d and the numbers are of the size of stars; for two genders, or for ratings
    in other units, it is much (notebook 15 tries). Formula 14 of Salakhutdinov and Mnih, 2008.

    Raises ValueError for no vectors, numbers beyond 10¹⁰⁰, and numbers of such different sizes that
    rounding hides the small ones.
    """
    n, d = vectors.shape
    center = vectors.mean(axis=0)
    spread = (vectors - center).T @ (vectors - center)
    scale = np.eye(d) + spread + 2 * n / (2 + n) * np.outer(center, center)
    with _rounding():
        precision = wishart.rvs(d + n, np.linalg.inv(scale), random_state=rng).reshape(d, d)
        # With precision = LLᵀ, the solution x of Lᵀ x = z has the covariance precision⁻¹.
        L = np.linalg.cholesky((2 + n) * precision)
        return n * center / (2 + n) + np.linalg.solve(L.T, rng.standard_normal(d)), precision


@contextlib.contextmanager
def _rounding() -> Iterator[None]:
    """Says in words that a table has no inverse, or that its inverse has no root."""
    try:
        yield
    except ValueError:  # NumPy's, of a singular table, and SciPy's
        raise ValueError(
            "what the vectors have in common can't be drawn: some of their numbers are so much "
            "larger than others that rounding hides these; divide all ratings by the same number"
        ) from None


class BayesianFactorization(Learner):
    """stars = mean + biases + u · m, with all numbers drawn again and again, given the ratings.

    Every side of a rating (its user and its movie, and any other) has a bias and k numbers, which
    are sums over its features. A sweep draws every number once. The draws of the first `burn_in`
    sweeps are thrown away, since they remember the start; the others are kept, and a prediction is
    the mean of theirs. There is no learning rate, and no l2: how far the numbers spread is drawn
    too, for each group of features (`draw_common`), and so is how far the ratings scatter, from a
    Gamma(½, ½) for the precision beforehand, as in libFM.

    After `fit`: mean; `draws`, an array (kept, 1 + k, rows) float32 for each side, whose first row
    are biases; `noise` (kept,), the standard deviation of the errors, in stars; and `history`, with
    a row per sweep: sweep (from 1), noise and the RMSE on the training set.

    Raises ValueError for k below 0, burn_in below 0, or num_sweeps not above burn_in.
    """

    learned = ("mean", "draws", "noise", "history")

    @checked
    def __init__(self, k: Size = 10, *, num_sweeps: Count = 300, burn_in: Size = 50):
        if burn_in >= num_sweeps:
            raise ValueError(
                f"burn_in must be 0 or more and below num_sweeps, got {burn_in} of {num_sweeps}"
            )
        self.k, self.num_sweeps, self.burn_in = k, num_sweeps, burn_in

    @checked
    def fit(
        self,
        rows: Sequence[IndexArray],
        ratings: Column,
        sides: Sequence[Side] | None = None,
        *,
        rng: np.random.Generator,
        progress: bool = False,
    ) -> "BayesianFactorization":
        """Draw from what is likely, given n ratings; returns the model itself.

        rows: for each side the row of every rating, (n,), such as (train.users, train.movies);
        ratings (n,) in stars. sides: what is known of the rows; None: nothing, and there are just
        as many as the ratings name. A row without ratings is drawn too, from what the others have
        in common and from its features. progress: show a bar.

        Raises ValueError for fewer than two sides, no ratings, different lengths, a rating that is
        not finite or beyond 10¹⁵, and ratings or features of which nothing can be drawn, since they
        are too large; IndexError for a row that its side does not have, TypeError for rows that are
        not integers.
        """
        ratings = ratings.astype(float)
        if len(rows) < 2:
            raise ValueError(
                f"two sides or more, such as users and movies: got rows for {len(rows)}"
            )
        if sides is not None and len(sides) != len(rows):
            raise ValueError(f"{len(sides)} sides, but rows for {len(rows)}")
        shapes = [np.shape(of_side) for of_side in rows]
        if len(ratings) == 0 or any(s != ratings.shape for s in shapes):
            raise ValueError(f"ratings of shape {ratings.shape}, but rows of shapes {shapes}")
        if np.abs(ratings).max() > LARGEST_RATING:
            row = int(np.abs(ratings).argmax())
            raise ValueError(
                f"rating {row} is {ratings[row]}: no rating may be beyond {LARGEST_RATING:g}"
            )
        if sides is None:
            sizes = [int(np.max(of_side, initial=0)) + 1 for of_side in rows]
            check_room("the largest index in rows", 1 + self.k, max(sizes))
            sides = [Side.of(size) for size in sizes]
        sides = [_checked_side(f"sides[{s}]", side) for s, side in enumerate(sides)]
        kept = self.num_sweeps - self.burn_in
        for side in sides:
            largest = max(kept * side.features.shape[0], int(side.ends[-1]))
            check_room("(num_sweeps − burn_in) × (1 + k)", largest, 1 + self.k)
        rows = rows_of_sides(rows, [side.features.shape[0] for side in sides])
        mean = float(ratings.mean())
        numbers = [rng.normal(0, 0.1, (1 + self.k, side.ends[-1])) for side in sides]
        totals = [
            np.ascontiguousarray((side.features @ of_side.T).T)
            for side, of_side in zip(sides, numbers, strict=True)
        ]
        draws = [np.empty((kept, *of_side.shape), np.float32) for of_side in totals]
        noise, history = np.empty(kept), []
        errors = ratings - _predicted(mean, totals, rows)
        wrong = finite("the errors", np.einsum("n,n->", errors, errors), TOO_LARGE)
        bar = progress_bar(self.num_sweeps, progress, unit="sweep")
        with bar, np.errstate(over="ignore"):  # what is too large becomes inf
            for sweep in range(self.num_sweeps):
                certainty = rng.gamma((1 + len(errors)) / 2, 2 / (1 + wrong))
                # The first sweep looks at the arrays; in all others they are the same.
                draw = draw_numbers if sweep == 0 else code_to_call(draw_numbers)
                self._sweep(draw, rows, errors, sides, numbers, totals, certainty, rng)
                if sweep >= self.burn_in:
                    noise[sweep - self.burn_in] = certainty**-0.5
                    for kept_draws, of_side in zip(draws, totals, strict=True):
                        kept_draws[sweep - self.burn_in] = of_side
                wrong = finite("the errors", np.einsum("n,n->", errors, errors), TOO_LARGE)
                train = math.sqrt(wrong / len(errors))
                history.append((sweep + 1, certainty**-0.5, train))
                bar.set_description_str(f"train {train:.4f}", refresh=False)
                bar.update()
        for of_side in draws:
            finite("a draw", of_side, TOO_LARGE)
        self.mean, self.draws, self.noise = mean, draws, noise
        self.history = pd.DataFrame(history, columns=["sweep", "noise", "train"])
        return self

    def _sweep(
        self, draw: Callable[..., None],
        rows: list[np.ndarray], errors: np.ndarray, sides: Sequence[Side],
        numbers: list[np.ndarray], totals: list[np.ndarray], certainty: float,
        rng: np.random.Generator,
    ) -> None:  # fmt: skip
        """Draw what the groups have in common, and then every number of every side."""
        common = [
            [draw_common(of_side[:, group].T, rng) for group in side.groups]
            for side, of_side in zip(sides, numbers, strict=True)
        ]
        ones = np.ones(len(errors))  # the partners of a bias
        for f in range(1 + self.k):
            for s, side in enumerate(sides):
                others = [
                    of_side[f].take(r)
                    for o, (of_side, r) in enumerate(zip(totals, rows, strict=True))
                    if o != s and f > 0
                ]
                partners = functools.reduce(np.add, others) if f > 0 else ones
                means, precisions = _expected(f, numbers[s], side.groups, common[s])
                table = side.features
                draw(
                    rows[s], partners, errors, table.indptr, table.indices, table.data, means,
                    precisions, certainty, rng.standard_normal(len(means)), numbers[s][f],
                    totals[s][f],
                )  # fmt: skip

    @checked
    def predict(self, rows: Sequence[IndexArray]) -> np.ndarray:
        """The stars of n ratings, (n,): the mean over all draws. rows as in `fit`.

        Raises ValueError for other sides or different lengths, IndexError for a row that its side
        does not have, TypeError for rows that are not integers.
        """
        draws = self._predictions(rows)
        total = next(draws)
        for draw in draws:
            total += draw
        return total / len(self.noise)

    @checked
    def predict_all(self, rows: Sequence[IndexArray]) -> np.ndarray:
        """What each draw predicts for n ratings: (kept, n) stars. Raises as `predict`."""
        return np.array(list(self._predictions(rows)))

    @checked
    def spread(self, rows: Sequence[IndexArray]) -> np.ndarray:
        """How far the stars of n ratings may lie from `predict`, (n,): a standard deviation.

        Two doubts are in it: the draws differ, and whatever they predict, ratings scatter around
        it. Their variances add up. Raises as `predict`.
        """
        return np.sqrt(self.predict_all(rows).var(axis=0) + np.mean(self.noise**2))

    def _predictions(self, rows: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
        rows = rows_of_sides(rows, [draws.shape[2] for draws in self.draws])
        return (_predicted(self.mean, draw, rows) for draw in zip(*self.draws, strict=True))


@checked
def rows_of_sides(rows: Sequence[IndexArray], sizes: Sequence[Size]) -> list[np.ndarray]:
    """The rows of each side, if its size has them all; raises what `predict` raises.

    As intp: every sweep takes numbers by these rows hundreds of times, and NumPy would turn any
    other type into it each time.
    """
    rows = [np.asarray(of_side) for of_side in rows]
    if len(rows) != len(sizes) or len({of_side.shape for of_side in rows}) > 1:
        shapes = [of_side.shape for of_side in rows]
        raise ValueError(
            f"the model has {len(sizes)} sides, but rows have the shapes {shapes}: both rows and "
            "sizes need one for each side, and all rows must be equally long"
        )
    for side, (of_side, size) in enumerate(zip(rows, sizes, strict=True)):
        outside = of_side[(of_side < 0) | (of_side >= size)]
        if len(outside):
            raise IndexError(
                f"side {side} has no row {outside[0]:.0f}: its size is {size}, and rows count from "
                "0; one that has no ratings needs a row too"
            )
    return [of_side.astype(np.intp) for of_side in rows]


def _checked_side(name: str, side: Side) -> Side:
    """The side, if its parts fit together; raises TypeError or ValueError with its name."""
    features, ends, _ = side
    if not isinstance(features, csc_array):
        raise TypeError(f"{name} must be made by Side.of: its features are no table of that kind")
    Array(1).check(f"the features of {name}", features.data)
    ends = Array(1, "whole").check(f"the ends of {name}", ends)
    if len(ends) < 2 or ends[0] != 0 or ends[-1] != features.shape[1] or (np.diff(ends) < 1).any():
        raise ValueError(
            f"{name} must be made by Side.of: its ends must go up from 0 to {features.shape[1]}, "
            f"the number of its features, got {ends}"
        )
    return side._replace(ends=ends)


@checked(too_large="mean or totals")
def predicted(mean: float, totals: Sequence[FloatTable], rows: Sequence[IndexArray]) -> np.ndarray:
    """The stars of n ratings, (n,), by one draw: totals (1 + k, rows) of each side.

    Raises ValueError for no sides, tables that do not fit together, or numbers so large that stars
    are none, and what `rows_of_sides` raises.
    """
    tables = [np.asarray(of_side, float) for of_side in totals]
    if len({len(of_side) for of_side in tables}) != 1 or len(tables[0]) == 0:
        lengths = [len(of_side) for of_side in tables]
        raise ValueError(f"totals must have a row for the bias and k more, got {lengths} rows")
    if len(tables) != len(rows):
        raise ValueError(f"totals are of {len(tables)} sides, and rows of {len(rows)}")
    for s, (of_side, table) in enumerate(zip(rows, tables, strict=True)):
        check_below(f"rows[{s}]", np.asarray(of_side), table.shape[1], f"totals[{s}]")
    rows = rows_of_sides(rows, [of_side.shape[1] for of_side in tables])
    return _predicted(mean, tables, rows)


def _predicted(mean: float, totals: Sequence[np.ndarray], rows: Sequence[np.ndarray]) -> np.ndarray:
    of_sides = [of_side.take(r, axis=1) for of_side, r in zip(totals, rows, strict=True)]
    stars = mean + sum(numbers[0] for numbers in of_sides)
    for s, numbers in enumerate(of_sides):
        for others in of_sides[:s]:
            stars += np.einsum("fn,fn->n", numbers[1:], others[1:])
    return stars


@checked(too_large="numbers or common")
def expected(
    f: Size,
    numbers: FloatTable,
    groups: Sequence[slice],
    common: Sequence[tuple[Column, FloatTable]],
) -> tuple[np.ndarray, np.ndarray]:
    """The mean and the precision of number f of every feature, given its other numbers.

    numbers: (1 + k, features); common: mean and precision of each group, as of `draw_common`. Two
    results, (features,) each. Raises ValueError for groups that are not all features in their
    order, for parts of common that do not fit, and numbers so large that no result is one;
    IndexError for a number f that is not there.
    """
    size, count = numbers.shape
    check_below("f", np.array([f]), size, "each feature in numbers")
    in_groups = [place for group in groups for place in range(*_whole(group).indices(count))]
    if in_groups != list(range(count)):
        raise ValueError(f"groups must hold each of the {count} features once, in their order")
    if len(common) != len(groups):
        raise ValueError(f"common must have as many parts as there are groups, got {len(common)}")
    parts = [(np.asarray(mean, float), np.asarray(table, float)) for mean, table in common]
    for mean, precision in parts:
        if mean.shape != (size,) or precision.shape != (size, size) or not precision[f, f] > 0:
            raise ValueError(
                f"for numbers with {size} rows each part of common must be a mean ({size},) and a "
                f"precision ({size}, {size}) with a diagonal above 0, got shapes {mean.shape} and "
                f"{precision.shape}"
            )
    return _expected(f, numbers, groups, parts)


def _whole(group: slice) -> slice:
    """A slice whose ends are whole numbers or none; raises TypeError."""
    for name, end in (("start", group.start), ("stop", group.stop), ("step", group.step)):
        if end is not None:
            whole(f"the {name} of one of the groups", end)
    return group


def _expected(
    f: int,
    numbers: np.ndarray,
    groups: Sequence[slice],
    common: Sequence[tuple[np.ndarray, np.ndarray]],
) -> tuple[np.ndarray, np.ndarray]:
    means, precisions = np.empty((2, numbers.shape[1]))
    for group, (mean, precision) in zip(groups, common, strict=True):
        away = numbers[:, group] - mean[:, None]
        means[group] = numbers[f, group] - precision[f] @ away / precision[f, f]
        precisions[group] = precision[f, f]
    return means, precisions
