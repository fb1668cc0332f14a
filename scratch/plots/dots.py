"""Repeated results as dots: a row for each thing that was tried, a dot for each time it was."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scratch.checking import Array, checked, shown
from scratch.plots.drawable import LARGEST, Number, check_named_once, check_some, in_legend
from scratch.plots.style import BLUE, DASHES, GREY, ORANGE, SIZE, as_written, figure

MOST_ROWS = 200


def _results(name: str, value: Any) -> Any:
    if not isinstance(value, pd.DataFrame | Mapping):
        raise TypeError(
            f"{name} must be a table, or a dictionary of numbers by name, got {shown(value)}"
        )
    return value


Results = Annotated[pd.DataFrame | Mapping[str, Sequence[float]], _results]


@checked
@as_written
def dots_by_row(
    results: Results,
    title: str,
    xlabel: str,
    lines: Mapping[str, Number] | None = None,
    *,
    middle: Literal["mean", "median"] = "median",
    highlighted: str | None = None,
    right: Number | None = None,
) -> tuple[Figure, Axes]:
    """A row for each entry of results, a dot for each of its numbers, a bar at their middle.

    results: a table with a row for each thing and a column for each split or start; or a mapping
    of names to numbers, where rows may differ in length. The dots of a row stand one above the
    other in the order of the numbers, so that equal ones stay apart and a split can be followed.
    lines: named vertical lines to compare with. middle: what the bar shows, with its number above.
    highlighted: the row that is orange. right: the end of the axis; what lies beyond is drawn as a
    triangle at the edge, and counted there.

    Numbers may be NaN or infinite where right says what becomes of them: NaN is left out. Raises
    TypeError for other results; ValueError for no row or more than MOST_ROWS, two rows of the
    same name, a row without a number to draw, more than three lines, or a highlighted row that is
    not there.
    """
    rows = _rows_of(results, right)
    if highlighted is not None and highlighted not in rows:
        raise ValueError(f"highlighted must be one of the rows, got {highlighted!r}")
    if lines:
        check_some("lines", lines, len(DASHES))
    fig, ax = figure(title, xlabel, "")
    fig.set_size_inches(SIZE[0], max(SIZE[1], 0.5 * len(rows) + 1.3))  # numbers need room
    for row, (name, numbers) in enumerate(rows.items()):
        values, color = numbers, ORANGE if name == highlighted else BLUE
        heights = row + (np.linspace(-0.2, 0.2, len(values)) if len(values) > 1 else np.zeros(1))
        inside = ~(values > (np.inf if right is None else right))  # NaN: left out, not beyond
        if inside.any():
            ax.plot(
                values[inside], heights[inside], "o", color=color, markersize=7, alpha=0.75,
                markeredgecolor="white", clip_on=False, zorder=3,
            )  # fmt: skip
        _mark_middle(ax, row, float(getattr(np, f"nan{middle}")(values)), right)
        if right is not None and not inside.all():
            ax.plot(right, row, ">", color=color, markersize=10, clip_on=False)
            ax.annotate(
                f"{(~inside).sum()} beyond", (right, row), (-10, 0), textcoords="offset points",
                ha="right", va="center", fontsize=9,
            )  # fmt: skip
    colors = (GREY, ORANGE, "black")
    for (name, value), color, style in zip((lines or {}).items(), colors, DASHES, strict=False):
        ax.axvline(value, color=color, linestyle=style, label=in_legend(f"{name} ({value:.3f})"))
    ax.set_yticks(range(len(rows)), list(rows))
    ax.set_ylim(len(rows) - 0.5, -0.7)
    ax.grid(axis="y", visible=False)
    if right is not None:
        ax.set_xlim(right=right)
    if lines:
        fig.legend(loc="outside lower center", frameon=False, ncols=len(lines))
    return fig, ax


def _rows_of(results: Results, right: float | None) -> dict[Any, np.ndarray]:
    """The numbers of each row, by its name."""
    if isinstance(results, pd.DataFrame):
        check_named_once("the rows of results", results.index)
    given = dict(results.T) if isinstance(results, pd.DataFrame) else results
    check_some("results", given, MOST_ROWS)
    rows = {}
    for name, numbers in given.items():
        of_row = f"results[{name!r}]"
        values = Array(1, "float", "yes" if right is None else "no").check(of_row, numbers)
        there = values[np.isfinite(values)]
        check_some(f"{of_row}, but for what is not finite,", there)
        if np.abs(there).max() > LARGEST:
            raise ValueError(f"{of_row} has a number beyond ±{LARGEST:g}, too large to be drawn")
        rows[name] = values
    return rows


def _mark_middle(ax: Axes, row: int, value: float, right: float | None) -> None:
    """A bar at the middle of a row, with its number above; nothing if it lies beyond the edge."""
    if right is not None and value > right:
        return
    ax.plot([value, value], [row - 0.3, row + 0.3], color="black", linewidth=2)
    ax.annotate(f"{value:.3f}", (value, row - 0.32), ha="center", va="bottom", fontsize=9)
