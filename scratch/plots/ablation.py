"""What a prediction is made of, step by step, and the nearest of a few films."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scratch.checking import Within, checked
from scratch.plots.drawable import as_table, check_as_many, check_some, in_legend
from scratch.plots.style import BLUE, COLORS, GREY, ORANGE, PURPLE, as_written, cut, figure, panels

ROOM = 23  # letters of a name in a panel
STEPS = (BLUE, ORANGE, PURPLE)

Nearest = tuple[str, Annotated[float, Within(0, 1.001)]]  # a name, and a cosine, maybe rounded up


@checked
@as_written
def prediction_steps(parts: pd.DataFrame, title: str, xlabel: str = "stars") -> tuple[Figure, Axes]:
    """Each row's sum as arrows: from the first column's value, one step for each further column.

    parts: (predictions, terms); the first column is where all begin, such as the mean, and its
    value should be the same everywhere. The dot at the end of a row is the sum, with its number.
    Raises ValueError for no predictions, fewer than two terms or more than four; TypeError for a
    term that is no number.
    """
    numbers = as_table("parts", parts)
    check_some("parts.columns", parts.columns, 1 + len(STEPS))
    if parts.shape[1] < 2:
        raise ValueError("parts must have a column where all begin, and one for a step at least")
    fig, ax = figure(title, xlabel, "")
    names = list(parts.columns)
    for row, ends in enumerate(numbers.cumsum(axis=1)):
        heights = row + np.linspace(-0.24, 0.24, len(names) - 1)
        for step, (y, color) in enumerate(zip(heights, STEPS, strict=False)):
            ax.annotate(
                "", (ends[step + 1], y), (ends[step], y),
                arrowprops={"arrowstyle": "-|>", "color": color, "linewidth": 3, "shrinkA": 0,
                            "shrinkB": 0, "mutation_scale": 14},
            )  # fmt: skip
            ax.plot(ends[step : step + 2], [y, y], color=color, alpha=0)  # so that axes see it
        ax.plot(ends[-1], row, "o", color="black", markersize=7)
        # Beyond the end of the walk, where no arrow is.
        side, align = (9, "left") if ends[-1] >= ends[-2] else (-9, "right")
        ax.annotate(
            f"{ends[-1]:.2f}", (ends[-1], row), (side, 0), textcoords="offset points",
            va="center", ha=align,
        )  # fmt: skip
    for name, color in zip(names[1:], STEPS, strict=False):
        ax.plot([], [], color=color, linewidth=3, label=in_legend(name))
    ax.plot([], [], "o", color="black", label="prediction")
    ax.axvline(numbers[0, 0], color=GREY, linestyle="--", label=in_legend(names[0]))
    ax.set_yticks(range(len(parts)), parts.index)
    ax.set_ylim(len(parts) - 0.5, -0.5)
    ax.margins(x=0.1)
    fig.legend(loc="outside lower center", frameon=False, ncols=len(names) + 1)
    return fig, ax


@checked
@as_written
def nearest_films(
    nearest: Mapping[str, Sequence[Nearest]], title: str, xlabel: str
) -> tuple[Figure, np.ndarray]:
    """A panel for each film, with bars for its nearest: their names in it, their similarity long.

    nearest: for each film its (name, similarity) pairs, most similar first, as many for each.
    Raises ValueError for no film or more than four, other numbers of pairs, or a similarity that is
    not in 0 … 1.
    """
    check_some("nearest", nearest, len(COLORS))
    count = len(next(iter(nearest.values())))
    for name, pairs in nearest.items():
        check_some(f"nearest[{name!r}]", pairs)
        check_as_many(f"nearest[{name!r}]", pairs, count, "places")
    fig, axes = panels(list(nearest), xlabel, "")
    fig.suptitle(title)
    for ax, pairs, color in zip(axes, nearest.values(), COLORS, strict=False):
        ax.barh(range(len(pairs)), [value for _, value in pairs], color=color, alpha=0.35)
        for place, (name, value) in enumerate(pairs):
            ax.text(0.02, place, f"{cut(name, ROOM)}  {value:.2f}", va="center", fontsize=9)
        ax.set_xlim(0, 1)
        ax.set_yticks(range(len(pairs)), range(1, len(pairs) + 1))
        ax.grid(False)
    axes[0].set_ylim(count - 0.5, -0.5)
    return fig, axes
