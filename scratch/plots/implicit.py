"""Ones and zeros as pictures: what is fitted, what is hidden, and where the hidden come out."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scratch.plots.style import BLUE, COLORS, GREEN, GREY, ORANGE, cut, figure

ROOM = 28  # characters of a title
MARKS = ("o", "D", "s", "^")
LINES = ("-", "--", "-.", ":")


def loss_curves(
    curves: Mapping[str, Sequence[float]], constant: float, title: str
) -> tuple[Figure, Axes]:
    """Losses by step on a logarithmic axis, and a dashed line at what the best constant costs."""
    fig, ax = figure(title, "step", "loss per cell (logarithmic)")
    for (name, losses), color, line in zip(curves.items(), COLORS, LINES, strict=False):
        ax.semilogy(losses, color=color, linestyle=line, linewidth=2, label=name)
    ax.axhline(constant, color=GREY, linestyle="--", label=f"best constant ({constant:.4f})")
    fig.legend(loc="outside right upper", frameon=False, fontsize=9)
    return fig, ax


def constant_costs(densities: Mapping[str, tuple[float, float]], title: str) -> tuple[Figure, Axes]:
    """What the same prediction c costs in every cell, by c, with a dot at the cheapest c.

    densities: {label: (density of the ones, w0)}. The cost per cell is
    density · (1 − c)² + w0 · (1 − density) · c².
    """
    fig, ax = figure(title, "the one number c, predicted everywhere", "loss per cell")
    c = np.linspace(0, 1.1, 111)
    for (name, (density, w0)), color in zip(densities.items(), COLORS, strict=False):
        zeros = w0 * (1 - density)
        best = density / (density + zeros)
        ax.plot(c, density * (1 - c) ** 2 + zeros * c**2, color=color, label=name)
        cost = density * (1 - best) ** 2 + zeros * best**2
        ax.plot(best, cost, "o", color=color, markersize=9, markeredgecolor="white")
    # At c = 0 all of them cost their density; what is far above that is of no interest.
    ax.set_ylim(0, 2 * max(density for density, _ in densities.values()))
    ax.legend(frameon=False)
    return fig, ax


def reconstruction(
    observed: np.ndarray,
    predictions: Mapping[str, np.ndarray],
    labels: Sequence[str],
    title: str,
    hidden: int | None = None,
) -> tuple[Figure, Axes]:
    """One user's cells of the matrix, and what models say of them: a row for each movie.

    observed (movies,): 1 or 0, drawn as grey squares. predictions: {model: (movies,)}. hidden: the
    movie whose 1 was taken away; its row is shaded.
    """
    fig, ax = figure(title, "0: not rated, 1: rated", "")
    rows = np.arange(len(observed))
    ax.vlines([0, 1], -0.5, len(observed) - 0.5, color=GREY, linewidth=1)
    if hidden is not None:
        ax.axhspan(hidden - 0.5, hidden + 0.5, color=ORANGE, alpha=0.2, label="hidden from the fit")
    ax.plot(observed, rows, "s", color=GREY, markersize=9, alpha=0.6, label="in the matrix")
    for (name, values), color, mark in zip(predictions.items(), COLORS, MARKS, strict=False):
        ax.plot(values, rows, mark, color=color, markersize=5, label=name, linestyle="none")
    ax.set_yticks(rows, [cut(label, ROOM) for label in labels], fontsize=9)
    ax.set_ylim(len(observed) - 0.5, -0.5)
    fig.legend(loc="outside right upper", frameon=False, fontsize=9)
    return fig, ax


def score_histograms(
    groups: Mapping[str, np.ndarray], title: str, xlabel: str, bins: int | np.ndarray = 40
) -> tuple[Figure, Axes]:
    """How the scores of some groups of cells are spread: each curve's columns sum to 1.

    groups: {name: scores of its cells}, of any sizes; all are counted in the same bins.
    """
    fig, ax = figure(title, xlabel, "share of the group's cells")
    edges = np.histogram_bin_edges(np.concatenate(list(groups.values())), bins)
    for (name, scores), color in zip(groups.items(), (ORANGE, BLUE, GREEN, GREY), strict=False):
        counts, _ = np.histogram(scores, edges)
        ax.stairs(counts / len(scores), edges, color=color, linewidth=2, label=name)
        ax.stairs(counts / len(scores), edges, color=color, alpha=0.15, fill=True)
    ax.legend(frameon=False)
    return fig, ax


def found_on_the_way_down(passed: Mapping[str, np.ndarray], title: str) -> tuple[Figure, Axes]:
    """Down everybody's list at once: how many have met their hidden movie; the area is the AUC.

    passed: {recommender: (users,) the share of the other movies that stand above the hidden one}.
    The area under a curve is 1 − the mean of that share. The dashed diagonal is chance.
    """
    fig, ax = figure(title, "share of the list behind us", "share of users with their movie found")
    for (name, shares), color, line in zip(passed.items(), COLORS, LINES, strict=False):
        down = np.concatenate([[0], np.sort(shares), [1]])
        found = np.concatenate([[0], np.arange(1, len(shares) + 1), [len(shares)]]) / len(shares)
        label = f"{name}: area {1 - np.mean(shares):.2f}"
        ax.step(down, found, where="post", color=color, linestyle=line, linewidth=2, label=label)
    ax.plot([0, 1], [0, 1], color=GREY, linestyle="--", label="chance: area 0.50")
    fig.legend(loc="outside right upper", frameon=False, fontsize=9)
    return fig, ax
