"""Ones and zeros as pictures: what is fitted, what is hidden, and where the hidden come out."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scratch.checking import Count, Size, Within, check_below, checked
from scratch.plots.drawable import (
    LARGEST,
    AboveZero,
    Numbers,
    Shares,
    as_numbers,
    check_as_many,
    check_some,
    in_legend,
)
from scratch.plots.style import BLUE, COLORS, GREEN, GREY, ORANGE, as_written, cut, figure

ROOM = 28  # characters of a title
MARKS = ("o", "D", "s", "^")
LINES = ("-", "--", "-.", ":")
MOST_BINS = 10_000
PositiveNumber = Annotated[float, Within(1 / LARGEST, LARGEST)]
Density = Annotated[float, Within(0, 1, low_is_open=True)]
Weight = Annotated[float, Within(0, LARGEST)]


def _ones(name: str, value: Any) -> np.ndarray:
    """Cells of a matrix of ones and zeros."""
    array = as_numbers(name, value)
    if not np.isin(array, (0, 1)).all():
        raise ValueError(f"{name} must hold 1 or 0, got {array[~np.isin(array, (0, 1))][0]:g}")
    return array


Ones = Annotated[np.ndarray, _ones]


@checked
@as_written
def loss_curves(
    curves: Mapping[str, AboveZero], constant: PositiveNumber, title: str
) -> tuple[Figure, Axes]:
    """Losses by step on a logarithmic axis, and a dashed line at what the best constant costs.

    Raises ValueError for no curve or more than four, and for a loss that is not above 0.
    """
    check_some("curves", curves, len(COLORS))
    fig, ax = figure(title, "step", "loss per cell (logarithmic)")
    for (name, losses), color, line in zip(curves.items(), COLORS, LINES, strict=False):
        ax.semilogy(losses, color=color, linestyle=line, linewidth=2, label=in_legend(name))
    ax.axhline(constant, color=GREY, linestyle="--", label=f"best constant ({constant:.4f})")
    fig.legend(loc="outside right upper", frameon=False, fontsize=9)
    return fig, ax


@checked
@as_written
def constant_costs(
    densities: Mapping[str, tuple[Density, Weight]], title: str
) -> tuple[Figure, Axes]:
    """What the same prediction c costs in every cell, by c, with a dot at the cheapest c.

    densities: {label: (density of the ones, w0)}. The cost per cell is
    density · (1 − c)² + w0 · (1 − density) · c². Raises ValueError for none or more than four, a
    density that is not above 0 and at most 1, and a negative w0.
    """
    check_some("densities", densities, len(COLORS))
    fig, ax = figure(title, "the one number c, predicted everywhere", "loss per cell")
    c = np.linspace(0, 1.1, 111)
    for (name, (density, w0)), color in zip(densities.items(), COLORS, strict=False):
        zeros = w0 * (1 - density)
        best = density / (density + zeros)
        ax.plot(c, density * (1 - c) ** 2 + zeros * c**2, color=color, label=in_legend(name))
        cost = density * (1 - best) ** 2 + zeros * best**2
        ax.plot(best, cost, "o", color=color, markersize=9, markeredgecolor="white")
    # At c = 0 all of them cost their density; what is far above that is of no interest.
    ax.set_ylim(0, 2 * max(density for density, _ in densities.values()))
    ax.legend(frameon=False)
    return fig, ax


@checked
@as_written
def reconstruction(
    observed: Ones,
    predictions: Mapping[str, Numbers],
    labels: Sequence[str],
    title: str,
    hidden: Size | None = None,
) -> tuple[Figure, Axes]:
    """One user's cells of the matrix, and what models say of them: a row for each movie.

    observed (movies,): 1 or 0, drawn as grey squares. predictions: {model: (movies,)}. hidden: the
    movie whose 1 was taken away; its row is shaded. Raises ValueError for lengths that differ, more
    than four models or other cells than 1 and 0; IndexError for a hidden movie that is not there.
    """
    if predictions:
        check_some("predictions", predictions, len(COLORS))
    check_as_many("labels", labels, len(observed), "movies observed")
    for name, values in predictions.items():
        check_as_many(f"predictions[{name!r}]", values, len(observed), "movies observed")
    if hidden is not None:
        check_below("hidden", np.array([hidden]), len(observed), "observed")
    fig, ax = figure(title, "0: not rated, 1: rated", "")
    rows = np.arange(len(observed))
    ax.vlines([0, 1], -0.5, len(observed) - 0.5, color=GREY, linewidth=1)
    if hidden is not None:
        ax.axhspan(hidden - 0.5, hidden + 0.5, color=ORANGE, alpha=0.2, label="hidden from the fit")
    ax.plot(observed, rows, "s", color=GREY, markersize=9, alpha=0.6, label="in the matrix")
    for (name, values), color, mark in zip(predictions.items(), COLORS, MARKS, strict=False):
        ax.plot(
            values, rows, mark, color=color, markersize=5, label=in_legend(name), linestyle="none"
        )
    ax.set_yticks(rows, [cut(label, ROOM) for label in labels], fontsize=9)
    ax.set_ylim(len(observed) - 0.5, -0.5)
    fig.legend(loc="outside right upper", frameon=False, fontsize=9)
    return fig, ax


@checked
@as_written
def score_histograms(
    groups: Mapping[str, Numbers], title: str, xlabel: str, bins: Count | Numbers = 40
) -> tuple[Figure, Axes]:
    """How the scores of some groups of cells are spread: each curve's columns sum to 1.

    groups: {name: scores of its cells}, of any sizes; all are counted in the same bins. bins: how
    many of them, or their edges from left to right. Raises ValueError for no group or more than
    four, and for bins that are none.
    """
    check_some("groups", groups, 4)
    edges = _edges(np.concatenate(list(groups.values())), bins)
    fig, ax = figure(title, xlabel, "share of the group's cells")
    for (name, scores), color in zip(groups.items(), (ORANGE, BLUE, GREEN, GREY), strict=False):
        counts, _ = np.histogram(scores, edges)
        ax.stairs(counts / len(scores), edges, color=color, linewidth=2, label=in_legend(name))
        ax.stairs(counts / len(scores), edges, color=color, alpha=0.15, fill=True)
    ax.legend(frameon=False)
    return fig, ax


@checked
@as_written
def found_on_the_way_down(passed: Mapping[str, Shares], title: str) -> tuple[Figure, Axes]:
    """Down everybody's list at once: how many have met their hidden movie; the area is the AUC.

    passed: {recommender: (users,) the share of the other movies that stand above the hidden one}.
    The area under a curve is 1 − the mean of that share. The dashed diagonal is chance. Raises
    ValueError for no recommender or more than four, and a share that is not in 0 … 1.
    """
    check_some("passed", passed, len(COLORS))
    fig, ax = figure(title, "share of the list behind us", "share of users with their movie found")
    for (name, shares), color, line in zip(passed.items(), COLORS, LINES, strict=False):
        down = np.concatenate([[0], np.sort(shares), [1]])
        found = np.concatenate([[0], np.arange(1, len(shares) + 1), [len(shares)]]) / len(shares)
        label = in_legend(f"{name}: area {1 - np.mean(shares):.2f}")
        ax.step(down, found, where="post", color=color, linestyle=line, linewidth=2, label=label)
    ax.plot([0, 1], [0, 1], color=GREY, linestyle="--", label="chance: area 0.50")
    fig.legend(loc="outside right upper", frameon=False, fontsize=9)
    return fig, ax


def _edges(numbers: np.ndarray, bins: int | np.ndarray) -> np.ndarray:
    """Where the bins begin and end, from left to right."""
    if isinstance(bins, np.ndarray):
        if len(bins) < 2 or (np.diff(bins) <= 0).any():
            raise ValueError("bins must be two edges or more, each to the right of the one before")
        return bins
    if bins > MOST_BINS:
        raise ValueError(f"bins must be at most {MOST_BINS}, got {bins}")
    low, high = numbers.min(), numbers.max()
    if high - low < 1e-9 * max(high, -low):
        raise ValueError(f"bins between {low} and {high} would be too narrow: give their edges")
    return np.histogram_bin_edges(numbers, bins)
