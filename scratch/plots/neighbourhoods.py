"""Schematics of neighbours: the angle between two users, votes, a table turned on its side."""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Arc

from scratch.checking import OnesTable, Size, Within, check_below, checked
from scratch.linear_algebra import magnitude
from scratch.plots.drawable import LARGEST, Number, NumberFormat, check_as_many, check_some
from scratch.plots.style import BLUE, GREY, ORANGE, SIZE, as_written, figure, panels
from scratch.plots.tables import WHITE_TO_BLUE
from scratch.similarity import cosine_similarity

TILT = 12  # degrees between the horizontal and the first arrow

NumberVector = Sequence[Number]
Strength = Annotated[float, Within(0, LARGEST, low_is_open=True)]


@checked
@as_written
def angles(pairs: Mapping[str, tuple[NumberVector, NumberVector]]) -> tuple[Figure, np.ndarray]:
    """For each named pair of vectors, two arrows from one corner, and the angle between them.

    The vectors may have any number of components: two arrows from one corner always lie in a plane,
    and that plane is drawn. Raises ValueError for a vector of zeros, which has no direction, two of
    different lengths, and no pairs or more than four.
    """
    check_some("pairs", pairs, 4)
    for name, pair in pairs.items():
        check_as_many(f"the second of pairs[{name!r}]", pair[1], len(pair[0]), "numbers")
        if not all(magnitude(vector) for vector in pair):
            raise ValueError(f"pairs[{name!r}]: a vector of zeros has no direction, and no angle")
    fig, axes = panels(list(pairs), "", "")
    fig.set_size_inches(SIZE[0], 0.7 * SIZE[1])
    longest = max(magnitude(vector) for pair in pairs.values() for vector in pair)
    for ax, (v, w) in zip(axes, pairs.values(), strict=True):
        ax.set_axis_off()
        ax.set_aspect("equal")
        ax.set_xlim(-0.25 * longest, 1.15 * longest)
        ax.set_ylim(-0.45 * longest, 1.15 * longest)
        cosine = max(-1.0, min(1.0, cosine_similarity(v, w)))
        angle = math.degrees(math.acos(cosine))
        # The second is thinner: where the two lie on each other, both are seen.
        for vector, direction, color, width in (
            (v, TILT, BLUE, 6),
            (w, TILT + angle, ORANGE, 2.5),
        ):
            end = [magnitude(vector) * f(math.radians(direction)) for f in (math.cos, math.sin)]
            arrow = {"arrowstyle": "-|>,head_width=0.4,head_length=0.7", "shrinkA": 0, "shrinkB": 0}
            ax.annotate("", end, (0, 0), arrowprops=arrow | {"color": color, "linewidth": width})
        size = 0.8 * longest
        ax.add_patch(Arc((0, 0), size, size, theta1=TILT, theta2=TILT + angle, color=GREY))
        text = f"{angle:.0f}°, cosine {cosine:.2g}"
        ax.text(0.45 * longest, -0.28 * longest, text, ha="center", fontsize=12)
    return fig, axes


@checked
@as_written
def votes(
    you: str,
    neighbors: Mapping[str, Strength],
    items: Mapping[str, Sequence[str]],
    title: str,
    numbers: NumberFormat = ".2f",
) -> tuple[Figure, Axes]:
    """Arrows from a user to the neighbours, and on to the items that these vote for.

    neighbors: how strongly each is connected to the user, above 0; the arrows are as wide. items:
    what each neighbour votes for. At the right stand the items with the sums of their votes, the
    highest first; among equals, the one met first. numbers: how strengths and sums are written.
    Raises ValueError for no neighbour or vote, one whose items are missing, and numbers that are no
    format.
    """
    check_some("neighbors", neighbors)
    if missing := [name for name in neighbors if name not in items]:
        raise ValueError(f"items must have what all neighbors vote for: {missing[0]!r} has none")
    check_some("items", [item for name in neighbors for item in items[name]])
    fig, ax = figure(title, "", "")
    ax.set_axis_off()
    sums: dict[str, float] = {}
    for name, strength in neighbors.items():
        for item in items[name]:
            sums[item] = sums.get(item, 0) + strength
    sums = dict(sorted(sums.items(), key=lambda pair: -pair[1]))
    heights = {name: -(i + 0.5) / len(neighbors) for i, name in enumerate(neighbors)}
    places = {item: -(i + 0.5) / len(sums) for i, item in enumerate(sums)}
    widest = max(neighbors.values())
    for name, strength in neighbors.items():
        width = 0.6 + 3.4 * strength / widest
        _arrow(ax, (0.13, -0.5), (0.36, heights[name]), BLUE, width)
        for item in items[name]:
            _arrow(ax, (0.54, heights[name]), (0.73, places[item]), ORANGE, width)
        ax.text(0.45, heights[name], f"{name}\n{strength:{numbers}}", ha="center", va="center")
    ax.text(0.12, -0.5, you, ha="right", va="center", fontweight="bold")
    for item, place in places.items():
        ax.text(0.74, place, f"{sums[item]:{numbers}}  {item}", va="center")
    ax.set_xlim(0, 1.02)
    ax.set_ylim(-1.02, 0.02)
    return fig, ax


@checked
@as_written
def on_its_side(
    table: OnesTable, row_labels: Sequence[str], column_labels: Sequence[str], column: Size
) -> tuple[Figure, np.ndarray]:
    """A table (rows, columns) of zeros and ones, and beside it the same table transposed.

    One column of the first has a frame, and so has the row of the second that it becomes. Raises
    ValueError for an empty table or other than one label each, IndexError for a column that is not
    there.
    """
    check_some("table", table.ravel())
    check_as_many("row_labels", row_labels, table.shape[0], "rows of table")
    check_as_many("column_labels", column_labels, table.shape[1], "columns of table")
    check_below("column", np.array([column]), table.shape[1], "table")
    titles = ("a row for each user", "on its side: a row for each item")
    fig, axes = panels(titles, "", "")
    axes[1].remove()  # it shares the rows of the first, but each table has its own
    axes = np.array([axes[0], fig.add_subplot(1, 2, 2)])
    both = ((table, row_labels, column_labels), (table.T, column_labels, row_labels))
    for ax, title, (cells, rows, columns) in zip(axes, titles, both, strict=True):
        ax.set_title(title)
        ax.grid(False)
        ax.imshow(cells, cmap=WHITE_TO_BLUE, aspect="auto", vmin=0, vmax=1)
        ax.set_yticks(range(len(rows)), rows, fontsize=10)
        ax.set_xticks(range(len(columns)), columns, fontsize=10, rotation=40, ha="right")
        ax.hlines(np.arange(len(rows)) - 0.5, -0.5, len(columns) - 0.5, GREY, linewidth=0.5)
        ax.vlines(np.arange(len(columns)) - 0.5, -0.5, len(rows) - 0.5, GREY, linewidth=0.5)
        ax.spines[:].set_visible(True)
        ax.spines[:].set_color(GREY)
    height, before = len(table), column - 0.5
    frame = np.array([[before, -0.5], [before + 1, -0.5], [before + 1, height - 0.5],
                      [before, height - 0.5], [before, -0.5]])  # fmt: skip
    axes[0].plot(*frame.T, color=ORANGE, linewidth=3, clip_on=False)
    axes[1].plot(*frame.T[::-1], color=ORANGE, linewidth=3, clip_on=False)
    return fig, axes


def _arrow(
    ax: Axes, start: tuple[float, float], end: tuple[float, float], color: str, width: float
) -> None:
    look = {"arrowstyle": "-|>,head_width=0.25,head_length=0.5", "color": color, "alpha": 0.7}
    ax.annotate("", end, start, arrowprops=look | {"linewidth": width})
