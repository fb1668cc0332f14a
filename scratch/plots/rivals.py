"""Rivals side by side: how sure is each mean, and whose line crosses whose."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scratch.plots.style import BLUE, COLORS, GREY, ORANGE, SIZE, figure, panels

APART = 0.045  # of the height of a figure: names at the end of lines that end closer are moved


def intervals(
    table: pd.DataFrame, title: str, xlabel: str, highlighted: Collection[str] = ()
) -> tuple[Figure, Axes]:
    """A row for each row of the table: a dot at its mean, a bar from its low to its high.

    table has columns low, mean and high, best row first. highlighted: the rows that are orange.
    """
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
    upside_down: for ranks, where the lowest number is the best.
    """
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


def timelines(
    splits: Mapping[str, Mapping[str, pd.DataFrame]], users: Sequence[int], xlabel: str
) -> tuple[Figure, np.ndarray]:
    """A panel for each split, a row for each user, a dot for each of their ratings at its time.

    splits: name to {part: table}, where a table has user_id and when, the place on the axis. The
    first part of a split is grey, the second and the third are in colour.
    """
    fig, axes = panels(list(splits), xlabel, "")
    row_of = {user: row for row, user in enumerate(users)}
    for ax, parts in zip(axes, splits.values(), strict=True):
        for (name, part), color in zip(parts.items(), (GREY, BLUE, ORANGE), strict=True):
            own = part[part["user_id"].isin(users)]
            rows = own["user_id"].map(row_of).to_numpy(dtype=float)
            # The later part lies a little lower, or a dot would hide the one before.
            rows = rows + 0.22 * list(parts).index(name)
            ax.plot(
                own["when"], rows, "|", color=color, markersize=9, markeredgewidth=1.5, label=name
            )
        ax.grid(axis="y", visible=False)
        ax.set_ylim(len(users) - 0.3, -0.5)
    axes[0].set_yticks(range(len(users)), [f"user {user}" for user in users], fontsize=8)
    handles, names = axes[0].get_legend_handles_labels()
    fig.legend(handles, names, loc="outside lower center", ncols=len(names), frameon=False)
    return fig, axes


def _apart(heights: np.ndarray, gap: float) -> np.ndarray:
    """The heights, moved as little as a simple sweep can until no two are closer than gap."""
    order = np.argsort(heights, kind="stable")
    moved = heights[order].copy()
    for _ in range(100):
        for i in range(1, len(moved)):
            short = gap - (moved[i] - moved[i - 1])
            if short > 1e-9 * gap:
                moved[i - 1] -= short / 2
                moved[i] += short / 2
    placed = np.empty_like(moved)
    placed[order] = moved
    return placed
