"""Pictures of a factorization: two tables and their product, vectors on their way, stars."""

import itertools
from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from scratch.checking import Array, Size, check_below, checked
from scratch.plots.drawable import Numbers, Places, Table, check_as_many, check_some
from scratch.plots.style import BLUE, GREY, ORANGE, SIZE, as_written, figure
from scratch.plots.tables import WHITE_TO_BLUE

MOST_BOXES = 50
GAP = 1.6  # cells between the blocks of a product


def _tracks(name: str, value: Any) -> np.ndarray:
    """Where some points are at some steps: (steps, points, 2)."""
    array = Array(3, squared=True).check(name, value)
    if array.size == 0 or array.shape[2] != 2:
        raise ValueError(f"{name} must be (steps, points, 2), got shape {array.shape}")
    return array


Tracks = Annotated[np.ndarray, _tracks]


@checked
@as_written
def product_blocks(
    U: Table,
    V: Table,
    title: str,
    *,
    users: Sequence[str],
    movies: Sequence[str],
    lit: tuple[Size, Size],
    names: tuple[str, str, str] = ("U", "Vᵀ", "U Vᵀ"),
) -> tuple[Figure, Axes]:
    """U (users, k), Vᵀ (k, movies) and their product as blocks of numbers, laid out as in a book.

    U stands to the left of the product and Vᵀ above it, so that a cell of the product is where a
    row of U meets a column of Vᵀ. lit: (user, movie), the row, the column and the cell that get an
    orange frame. Numbers are coloured from white (0 or less) to blue, the product on its own scale.
    users and movies: the names of the rows and columns. names: those of the three blocks.
    Introduced in notebook 04.

    Raises ValueError when U and V have not equally many columns, or other than one name for each
    row and column; IndexError for a lit cell that is not there.
    """
    if U.shape[1] != V.shape[1]:
        raise ValueError(f"U has {U.shape[1]} columns and V has {V.shape[1]}: both need k")
    check_as_many("users", users, len(U), "rows of U")
    check_as_many("movies", movies, len(V), "rows of V")
    check_below("lit user", np.array([lit[0]]), len(U), "U")
    check_below("lit movie", np.array([lit[1]]), len(V), "V")
    k, row, column = U.shape[1], *lit
    fig, ax = figure(title, "", "")
    fig.set_size_inches(SIZE[0], 1.15 * SIZE[1])
    ax.set_axis_off()
    _block(ax, U, 0, 0, U.max(), names[0], lit=(row, 0, 1, k))
    _block(ax, V.T, k + GAP, -k - GAP, V.max(), names[1], lit=(0, column, k, 1))
    product = U @ V.T
    _block(ax, product, k + GAP, 0, product.max(), None, lit=(row, column, 1, 1))
    for i, name in enumerate(users):
        ax.text(-0.2, i + 0.5, name, ha="right", va="center", fontsize=10)
    for j, name in enumerate(movies):
        ax.text(k + GAP + j + 0.5, -k - GAP - 0.2, name, ha="left", rotation=30, fontsize=10)
    ax.text(k + GAP + len(V) + 0.2, len(U) / 2, names[2], va="center", fontsize=14, color=BLUE)
    ax.set_xlim(-3.5, k + GAP + len(V) + 2.4)
    ax.set_ylim(len(U) + 0.3, -k - GAP - 2.4)
    return fig, ax


def _block(
    ax: Axes,
    table: np.ndarray,
    left: float,
    top: float,
    highest: float,
    name: str | None,
    lit: tuple[int, int, int, int],
) -> None:
    """Cells of a table with their numbers; lit: row, column, height and width of the frame."""
    for (i, j), value in np.ndenumerate(table):
        share = value / highest if highest > 0 else 0.0
        face = WHITE_TO_BLUE(0.85 * share)
        ax.add_patch(Rectangle((left + j, top + i), 1, 1, facecolor=face, edgecolor=GREY, lw=0.6))
        color = "white" if share > 0.6 else "black"
        ax.text(left + j + 0.5, top + i + 0.5, f"{value:.1f}", ha="center", va="center",
                fontsize=10, color=color)  # fmt: skip
    row, column, height, width = lit
    ax.add_patch(
        Rectangle((left + column, top + row), width, height, fill=False, edgecolor=ORANGE, lw=3,
                  zorder=3)
    )  # fmt: skip
    if name is not None:
        x, y, ha, va = left + table.shape[1] / 2, top - 0.25, "center", "bottom"
        if table.shape[1] >= table.shape[0]:  # not tall: the name stands beside it
            x, y, ha, va = left + table.shape[1] + 0.2, top + table.shape[0] / 2, "left", "center"
        ax.text(x, y, name, fontsize=14, color=BLUE, ha=ha, va=va)


@checked
@as_written
def moving_points(
    tracks: Tracks,
    labels: Sequence[str],
    title: str,
    xlabel: str,
    ylabel: str,
    *,
    cloud: Places | None = None,
) -> tuple[Figure, Axes]:
    """The ways of a few points in a plane: tracks (steps, points, 2), a name at each one's end.

    Each way begins at a small ring and ends at a dot; a small dot stands at every step between.
    cloud: (m, 2) unnamed points, where all the others ended. Introduced in notebook 04.

    Raises ValueError when there is not one label for each point.
    """
    check_as_many("labels", labels, tracks.shape[1], "points of tracks")
    fig, ax = figure(title, xlabel, ylabel)
    fig.set_size_inches(SIZE[0], 1.3 * SIZE[1])  # names need room
    if cloud is not None:
        ax.scatter(cloud[:, 0], cloud[:, 1], s=6, color=GREY, alpha=0.25, linewidths=0)
    ends = tracks[-1]
    for way in np.moveaxis(tracks, 1, 0):
        ax.plot(*way.T, color=BLUE, marker=".", markersize=4, linewidth=1, alpha=0.7)
        ax.plot(*way[0], color=BLUE, marker="o", markersize=7, fillstyle="none")
    ax.scatter(ends[:, 0], ends[:, 1], s=36, color=ORANGE, zorder=3)
    for place, (x, y), label in zip(_heights(ends, ax), ends, labels, strict=True):
        ax.annotate(
            label, (x, y), (1.02, place), textcoords=("axes fraction", "data"), va="center",
            fontsize=9, annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": GREY, "lw": 0.6, "shrinkB": 3},
        )  # fmt: skip
    return fig, ax


def _heights(ends: np.ndarray, ax: Axes) -> np.ndarray:
    """A height for each name beside the picture: as its point's, but never two on one line."""
    bottom, top = ax.get_ylim()
    line = (top - bottom) / 22
    heights = ends[:, 1].copy()
    order = np.argsort(heights)
    for below, above in itertools.pairwise(order):
        heights[above] = max(heights[above], heights[below] + line)
    return heights - max(heights.max() - top, 0)


@checked
@as_written
def stars_by_stars(predicted: Numbers, actual: Numbers, title: str) -> tuple[Figure, Axes]:
    """Predicted stars (n,) against the stars that were given (n,): a box for each value given.

    A box holds the middle half of the predictions, its line is their median, its whiskers reach
    from the 5th to the 95th percentile. The dashed diagonal is where a perfect prediction would
    be. Introduced in notebook 04. Raises ValueError for other than as many of both, or more than
    MOST_BOXES values.
    """
    check_as_many("predicted", predicted, len(actual), "ratings in actual")
    values = np.unique(actual)
    check_some("the values of actual", values, MOST_BOXES)
    fig, ax = figure(title, "stars that were given", "predicted stars")
    groups = [predicted[actual == value] for value in values]
    ax.boxplot(
        groups, positions=values, widths=0.6 * min(np.diff(values), default=1), whis=(5, 95),
        showfliers=False, manage_ticks=False, patch_artist=True,
        boxprops={"facecolor": "#cfe3f0", "edgecolor": BLUE}, whiskerprops={"color": BLUE},
        capprops={"color": BLUE}, medianprops={"color": ORANGE, "linewidth": 3},
    )  # fmt: skip
    ends = [values.min() - 0.4, values.max() + 0.4]
    ax.plot(ends, ends, color=GREY, linestyle="--", label="perfect")
    for value, group in zip(values, groups, strict=True):
        ax.annotate(
            f"{len(group):,} ratings", (value, 0), (0, 4), fontsize=9, color=GREY, ha="center",
            xycoords=("data", "axes fraction"), textcoords="offset points",
        )  # fmt: skip
    ax.set_xticks(values)
    ax.legend(frameon=False, loc="upper left")
    return fig, ax
