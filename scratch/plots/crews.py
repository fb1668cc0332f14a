"""Who holds which rows, and what they need of the others."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from scratch.checking import IndexArray, OnesTable, check_below, checked
from scratch.plots.drawable import check_as_many, check_some
from scratch.plots.style import COLORS, as_written, figure

EMPTY, NOT_NEEDED = 0.94, 0.985  # how light


@checked
@as_written
def row_blocks(table: OnesTable, owners: IndexArray, title: str) -> tuple[Figure, Axes]:
    """A table of 0s and 1s, its rows in the colours of their workers; below, what each one needs.

    table: users × movies. owners: the worker of each row, from 0, at most four. Under the table
    lies a strip for each worker, in which the movies that its rows have are lit: the vectors that
    it needs. Introduced in notebook 16. Raises ValueError for an empty table, not one owner for
    each row, or a worker without a row; IndexError for one that is none of the four.
    """
    check_some("table", table.ravel())
    check_as_many("owners", owners, len(table), "rows of table")
    check_below("owners", owners, len(COLORS), "this picture")
    if missing := {*range(owners.max())} - {*owners.tolist()}:
        raise ValueError(f"owners must go up from 0: worker {min(missing)} has no row")
    workers = range(owners.max() + 1)
    needed = np.array([table[owners == worker].max(axis=0) for worker in workers])
    rows = np.vstack([table, np.zeros_like(table[:1]), needed])
    colors = [*owners, 0, *workers]
    picture = np.full((*rows.shape, 3), EMPTY)
    picture[len(table)] = 1
    picture[len(table) + 1 :] = NOT_NEEDED
    for row, color in enumerate(colors):
        picture[row, rows[row] > 0] = to_rgb(COLORS[color])
    fig, ax = figure(title, "movie", "")
    ax.imshow(picture, aspect="auto")
    names = [f"user {user}, worker {owner}" for user, owner in enumerate(owners)]
    names += ["", *(f"worker {worker} needs" for worker in workers)]
    ax.set_yticks(range(len(names)), names)
    ax.set_xticks(range(table.shape[1]))
    ax.tick_params(length=0)
    ax.grid(False)
    for row, column in np.argwhere(rows > 0):
        text = "1" if row < len(table) else f"v{column}"
        ax.text(column, row, text, ha="center", va="center", color="white", fontsize=12)
    ax.set_xticks(np.arange(-0.5, table.shape[1]), minor=True)
    ax.set_yticks(np.arange(-0.5, len(rows)), minor=True)
    ax.grid(which="minor", color="white", linewidth=3)
    ax.tick_params(which="minor", length=0)
    ax.spines[:].set_visible(False)
    return fig, ax
