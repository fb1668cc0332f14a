"""Pictures of mini-batches, of one film in two maps, and of clusters beside chance."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

from scratch.checking import Count, Size, checked
from scratch.plots.drawable import (
    Number,
    Numbers,
    Table,
    as_between,
    as_table,
    check_as_many,
    check_some,
    in_legend,
)
from scratch.plots.style import BLUE, COLORS, GREEN, GREY, ORANGE, as_written, figure

BINS = 30  # of a histogram


def _agreement(name: str, value: Any) -> np.ndarray:
    """Adjusted Rand indices, of which 1 is the highest there is."""
    return as_between(name, value, -1, 1)


Row = tuple[Size, str]
Agreement = Annotated[np.ndarray, _agreement]


@checked
@as_written
def coloured_batches(order: Sequence[int], size: Count, title: str) -> tuple[Figure, Axes]:
    """Rows 0 … n − 1 of a table above, and below the same rows in `order`, cut into batches.

    Each row has the colour of its batch of `size`, and a line leads to its place there. Raises
    ValueError for an order in which not each of 0 … n − 1 comes once.
    """
    check_some("order", order)
    if sorted(order) != list(range(len(order))):
        raise ValueError(f"order must have each of 0 … {len(order) - 1} once")
    fig, ax = _drawing_board(title)
    for place, row in enumerate(order):
        batch = place // size
        color, below = COLORS[batch % len(COLORS)], place + 0.6 * batch
        ax.plot([row, below], [0.5, -1.5], color=color, alpha=0.5, linewidth=1.5, zorder=0)
        for x, y in ((row, 1), (below, -2)):
            ax.add_patch(Rectangle((x - 0.45, y - 0.45), 0.9, 0.9, color=color))
            ax.text(x, y, str(row), ha="center", va="center", color="white", fontsize=11)
    num_batches = -(-len(order) // size)
    for batch in range(num_batches):
        members = range(batch * size, min((batch + 1) * size, len(order)))
        middle = (members[0] + members[-1]) / 2 + 0.6 * batch
        ax.text(middle, -3, f"step {batch + 1}", ha="center", fontsize=10)
    ax.text(-0.5, 1.8, "the rows of the table", fontsize=10)
    ax.set_xlim(-1, len(order) + 0.6 * (num_batches - 1))
    ax.set_ylim(-3.6, 2.4)
    return fig, ax


@checked
@as_written
def two_maps(film: str, right: Row, wrong: Row, title: str) -> tuple[Figure, Axes]:
    """A film, and the two rows of the table of vectors to which two maps of ids send it.

    right and wrong: the index that the map of the training set gives, and the one of another map,
    each with the title of the film whose vector the model keeps in that row. Raises ValueError for
    twice the same index.
    """
    if right[0] == wrong[0]:
        raise ValueError(f"right and wrong must be two rows, got twice the index {right[0]}")
    fig, ax = _drawing_board(title)
    ax.text(1.2, 0, film, ha="center", va="center", fontsize=13, bbox=_box("white", GREY))
    ax.text(7.55, 3.1, "V, the vectors that were learned", ha="center", fontsize=10)
    low, high = sorted((right[0], wrong[0]))
    for y, row in ((2.4, None), (1.2, high), (0, None), (-1.2, low), (-2.4, None)):
        ax.add_patch(Rectangle((5.4, y - 0.5), 4.3, 1, facecolor="white", edgecolor=GREY))
        if row is None:
            ax.text(7.55, y, "…", ha="center", va="center", fontsize=12)
            continue
        kept = dict((right, wrong))[row]
        color, who = (GREEN, "training map") if row == right[0] else (ORANGE, "map of its own")
        ax.text(5.55, y, f"row {row}:  {kept}", ha="left", va="center", color=color, fontsize=11)
        arrow = FancyArrowPatch(
            (2.15, 0.35 * np.sign(y)), (5.35, y),
            arrowstyle="-|>", mutation_scale=18, color=color, linewidth=2,
        )  # fmt: skip
        ax.add_patch(arrow)
        ax.text(3.3, 1.35 * np.sign(y), f"{who}: {row}", ha="center", va="center", color=color)
    ax.set_xlim(0, 10)
    ax.set_ylim(-3.2, 3.6)
    return fig, ax


@checked
@as_written
def layer_sizes(sizes: Table, epochs: Numbers, title: str) -> tuple[Figure, Axes]:
    """Singular values (epochs, k) of the predictions against epochs, on a logarithmic axis.

    Raises ValueError for a value that is not above 0, or not one row for each epoch.
    """
    check_as_many("sizes", sizes, len(epochs), "epochs")
    if sizes.min() <= 0:
        raise ValueError(f"sizes must be above 0 for a logarithmic axis, got {sizes.min():g}")
    fig, ax = figure(title, "epoch", "size of the layer")
    for layer, column in enumerate(sizes.T):
        color, width = (ORANGE, 1.2) if layer else (BLUE, 2.5)
        label = {0: "the first layer", 1: f"the other {sizes.shape[1] - 1}"}.get(layer)
        ax.plot(epochs, column, color=color, linewidth=width, label=label)
    ax.set_yscale("log")
    ax.legend(frameon=False, loc="lower right")
    return fig, ax


@checked
@as_written
def genre_shares(times: pd.DataFrame, title: str) -> tuple[Figure, Axes]:
    """How many times as frequent each genre (column) is in each cluster (row) as everywhere.

    Orange is more frequent, purple rarer, on a logarithmic scale from a quarter to four times.
    Raises ValueError for a number below 0 or none at all, TypeError for what is no number.
    """
    numbers = as_table("times", times)
    if numbers.min() < 0:
        raise ValueError("times must not be negative: they say how many times as frequent")
    fig, ax = figure(title, "", "cluster")
    ax.grid(False)
    shades = np.log2(numbers.clip(1 / 4, 4))
    image = ax.imshow(shades, cmap="PuOr_r", vmin=-2, vmax=2, aspect="auto")
    ax.set_xticks(
        range(len(times.columns)), times.columns, rotation=40, ha="right", rotation_mode="anchor"
    )
    ax.set_yticks(range(len(times)), times.index)
    for (row, column), value in np.ndenumerate(numbers):
        shade = "white" if not 1 / 2.4 < value < 2.4 else "black"
        ax.text(column, row, f"{value:.1f}", ha="center", va="center", color=shade, fontsize=9)
    colorbar = fig.colorbar(image, ticks=[-2, -1, 0, 1, 2])
    colorbar.ax.set_yticklabels(["1/4 or less", "1/2", "1", "2", "4 or more"])
    return fig, ax


@checked
@as_written
def beside_chance(
    found: Number, shuffles: Mapping[str, Numbers], title: str, xlabel: str
) -> tuple[Figure, Axes]:
    """A vertical line at what was found, and a histogram for each of one to three shufflings.

    Raises ValueError for no kind, or more than three, and for one without numbers, or with numbers
    so alike that there is no room for bins between them.
    """
    check_some("shuffles", shuffles, 3)
    for name, values in shuffles.items():
        _check_room_for_bins(f"shuffles[{name!r}]", values)
    fig, ax = figure(title, xlabel, "number of shuffles")
    for (name, values), color in zip(shuffles.items(), (GREY, BLUE, GREEN), strict=False):
        ax.hist(values, bins=BINS, color=color, alpha=0.75, label=in_legend(name))
    ax.axvline(found, color=ORANGE, linewidth=3, label="the clusters")
    ax.margins(y=0.5)  # room for the legend
    ax.legend(frameon=False, loc="upper left")
    return fig, ax


@checked
@as_written
def agreements(
    found: Mapping[str, Agreement],
    chance: Mapping[str, Agreement],
    title: str,
    what_chance_is: str = "by chance",
) -> tuple[Figure, Axes]:
    """Adjusted Rand indices, a dot for each pair of sortings, and a grey bar for what chance gives.

    A line of the picture for each name of found, the first on top; chance has the same names.
    Raises ValueError for other names or none, and for an index outside of −1 … 1.
    """
    check_some("found", found)
    if set(found) != set(chance):
        raise ValueError(f"found and chance must have the same names: {[*found]} and {[*chance]}")
    fig, ax = figure(title, "adjusted Rand index (1: the same clusters)", "")
    for line, (name, values) in enumerate(found.items()):
        low, high = chance[name].min(), chance[name].max()
        label = in_legend(what_chance_is) if line == 0 else None
        ax.barh(line, high - low, left=low, height=0.5, color=GREY, alpha=0.5, label=label)
        label = "one pair of sortings" if line == 0 else None
        heights = line + np.linspace(-0.15, 0.15, len(values))  # so that equal ones can be told
        ax.plot(values, heights, "o", color=ORANGE, alpha=0.8, label=label)
    ax.set_yticks(range(len(found)), list(found))
    ax.set_ylim(len(found) - 0.4, -0.9)
    lowest = min(values.min() for values in (*found.values(), *chance.values()))
    ax.set_xlim(min(-0.05, lowest - 0.05), 1.05)
    ax.legend(frameon=False, loc="upper right")
    return fig, ax


def _check_room_for_bins(name: str, values: np.ndarray) -> None:
    try:
        np.histogram_bin_edges(values, BINS)
    except ValueError:  # computers know no numbers in between
        raise ValueError(
            f"{name} must be numbers further apart: from {values.min()} to {values.max()} there is "
            f"no room for {BINS} bins. Subtract their mean, and from found too"
        ) from None


def _drawing_board(title: str) -> tuple[Figure, Axes]:
    """A figure without axes, for a schematic."""
    fig, ax = figure(title, "", "")
    ax.set_axis_off()
    return fig, ax


def _box(facecolor: str, edgecolor: str) -> dict[str, str]:
    return {"boxstyle": "round,pad=0.5", "facecolor": facecolor, "edgecolor": edgecolor}
