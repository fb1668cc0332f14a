"""Rivals side by side: how sure is each mean, and whose line crosses whose."""

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scratch.checking import Columns, checked
from scratch.plots.drawable import as_numbers, as_table, check_as_many, check_some, in_legend
from scratch.plots.style import BLUE, COLORS, GREY, ORANGE, SIZE, as_written, figure, panels

MOST_ROWS = 200
PARTS = (GREY, BLUE, ORANGE)
APART = 0.045  # of the height of a figure: names at the end of lines that end closer are moved


Dated = Annotated[pd.DataFrame, Columns(user_id="whole", when="number")]
Ends = Annotated[pd.DataFrame, Columns(low="number", mean="number", high="number")]


@checked
@as_written
def intervals(
    table: Ends, title: str, xlabel: str, highlighted: Collection[str] = ()
) -> tuple[Figure, Axes]:
    """A row for each row of the table: a dot at its mean, a bar from its low to its high.

    table has columns low, mean and high, best row first. highlighted: the rows that are orange.
    Raises TypeError or ValueError for a table without these, no row or more than MOST_ROWS, two
    rows of one name, and a highlighted row that is not there.
    """
    check_some("table", table, MOST_ROWS)
    as_table("table", table[["low", "mean", "high"]])
    _check_rows_named(table, highlighted)
    fig, ax = figure(title, xlabel, "")
    fig.set_size_inches(SIZE[0], max(SIZE[1], 0.35 * len(table) + 1.3))
    for row, (name, (low, mean, high)) in enumerate(table[["low", "mean", "high"]].iterrows()):
        color = ORANGE if name in highlighted else BLUE
        ax.plot(
            [low, high], [row, row], color=color, linewidth=5, alpha=0.45, solid_capstyle="butt"
        )
        ax.plot(mean, row, "o", color=color, markersize=7)
    ax.set_yticks(range(len(table)), list(table.index))
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    return fig, ax


@checked
@as_written
def slopes(
    table: pd.DataFrame,
    title: str,
    ylabel: str,
    highlighted: Sequence[str] = (),
    *,
    upside_down: bool = False,
) -> tuple[Figure, Axes]:
    """A line for each row of the table across its columns, with the name at its right end.

    Where two lines cross, the order of two rivals turns over. highlighted: the lines in colour.
    upside_down: for ranks, where the lowest number is the best. Raises TypeError or ValueError for
    a table without rows, or more than MOST_ROWS, or with another thing than numbers in it, for two
    rows of one name, and for highlighted lines that are not there, or more than four.
    """
    as_table("table", table)
    check_some("table", table, MOST_ROWS)
    _check_rows_named(table, highlighted)
    if len(highlighted):
        check_some("highlighted", highlighted, len(COLORS))
    fig, ax = figure(title, "", ylabel)
    fig.set_size_inches(SIZE[0], max(SIZE[1], 0.35 * len(table) + 1.3))
    colors = dict(zip(highlighted, COLORS, strict=False))
    places = np.arange(table.shape[1])
    for name, values in table.iterrows():
        color = colors.get(name, GREY)
        ax.plot(places, values, "o-", color=color, linewidth=2.5 if name in colors else 1.2)
    ax.set_xticks(places, list(table.columns))
    ax.set_xlim(-0.15, places[-1] + 0.15)
    ax.spines["bottom"].set_visible(False)
    low, high = ax.get_ylim()
    heights = _apart(table.iloc[:, -1].to_numpy(dtype=float), APART * (high - low))
    for name, height in zip(table.index, heights, strict=True):
        ax.annotate(
            name, (places[-1] + 0.2, height), color=colors.get(name, "black"), va="center",
            fontsize=9, annotation_clip=False,
        )  # fmt: skip
    if upside_down:
        ax.invert_yaxis()
    return fig, ax


@checked
@as_written
def timelines(
    splits: Mapping[str, Mapping[str, Dated]], users: Sequence[int], xlabel: str
) -> tuple[Figure, np.ndarray]:
    """A panel for each split, a row for each user, a dot for each of their ratings at its time.

    splits: name to {part: table}, where a table has user_id and when, the place on the axis. The
    first part of a split is grey, the second and the third are in colour. Raises TypeError or
    ValueError for other than three parts of each split, tables without these columns, no users, and
    users of whom there is no rating.
    """
    check_some("splits", splits, 4)
    check_some("users", users, MOST_ROWS)
    for split, parts in splits.items():
        check_as_many(f"splits[{split!r}]", parts, len(PARTS), "parts")
        for name, part in parts.items():
            if len(part):
                as_numbers(f"when of splits[{split!r}][{name!r}]", part["when"])
        known = {user for part in parts.values() for user in part["user_id"]}
        if strangers := set(users) - known:
            raise ValueError(f"users has {min(strangers)}, who is not in splits[{split!r}]")
    fig, axes = panels(list(splits), xlabel, "")
    row_of = {user: row for row, user in enumerate(users)}
    for ax, parts in zip(axes, splits.values(), strict=True):
        for (name, part), color in zip(parts.items(), PARTS, strict=True):
            own = part[part["user_id"].isin(users)]
            # The later part lies a little lower, or a dot would hide the one before.
            rows = own["user_id"].map(row_of) + 0.22 * list(parts).index(name)
            ax.plot(
                own["when"], rows, "|", color=color, markersize=9, markeredgewidth=1.5,
                label=in_legend(name),
            )  # fmt: skip
        ax.grid(axis="y", visible=False)
        ax.set_ylim(len(users) - 0.3, -0.5)
    axes[0].set_yticks(range(len(users)), [f"user {user}" for user in users], fontsize=8)
    handles, names = axes[0].get_legend_handles_labels()
    fig.legend(handles, names, loc="outside lower center", ncols=len(names), frameon=False)
    return fig, axes


def _check_rows_named(table: pd.DataFrame, highlighted: Collection[str]) -> None:
    if (twice := table.index.duplicated()).any():
        raise ValueError(f"the table has two rows {table.index[twice][0]!r}: rename one")
    if strangers := [name for name in highlighted if name not in table.index]:
        raise ValueError(f"highlighted must be rows of the table, and {strangers[0]!r} is none")


def _apart(heights: np.ndarray, gap: float) -> np.ndarray:
    """The heights, moved as little as a simple sweep can until no two are closer than gap."""
    order = np.argsort(heights, kind="stable")
    moved = heights[order].copy()
    for _ in range(100):
        for i in range(1, len(moved)):
            short = gap - (moved[i] - moved[i - 1])
            if short > 0:
                moved[i - 1] -= short / 2
                moved[i] += short / 2
    placed = np.empty_like(moved)
    placed[order] = moved
    return placed
