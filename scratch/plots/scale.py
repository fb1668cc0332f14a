"""How a sum over all movies becomes one small table, and how work grows with the data."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scratch.checking import checked
from scratch.plots.drawable import AboveZero, Table, check_as_many, check_some
from scratch.plots.style import COLORS, GREY, MARGIN, SIZE, as_written, figure
from scratch.plots.tables import WHITE_TO_BLUE


@checked
@as_written
def outer_products(vectors: Table, title: str) -> tuple[Figure, np.ndarray]:
    """The k × k table v vᵀ of each vector, plus signs between, and after a = their sum.

    vectors: (n, k), one per movie. The sum is VᵀV. Introduced in notebook 11. Raises ValueError for
    no vector or more than six, zeros alone, and numbers whose products are too large.
    """
    check_some("vectors", vectors, 6)
    check_some("a row of vectors", vectors[0], 10)
    if not vectors.any():
        raise ValueError("vectors must have a number that is not 0: there is nothing to see")
    tables = [np.outer(v, v) for v in vectors]
    tables.append(np.sum(tables, axis=0))
    fig, axes = plt.subplots(1, len(tables), figsize=(SIZE[0], 0.55 * SIZE[1]))
    fig.set_layout_engine("constrained", w_pad=MARGIN, h_pad=MARGIN, wspace=0.15)
    fig.suptitle(title)
    highest = tables[-1].max()
    names = [f"movie {i}: v vᵀ" for i in range(len(vectors))] + ["all movies: VᵀV"]
    signs = [""] + ["+"] * (len(vectors) - 1) + ["="]
    for ax, table, name, sign in zip(axes, tables, names, signs, strict=True):
        ax.imshow(table, cmap=WHITE_TO_BLUE, vmin=0, vmax=highest)
        for (row, column), value in np.ndenumerate(table):
            color = "white" if value > 0.6 * highest else "black"
            ax.text(column, row, f"{value:g}", ha="center", va="center", color=color, fontsize=14)
        ax.set_xticks([])
        ax.set_yticks([])
        ax.set_title(name, fontsize=11)
        ax.text(-0.2, 0.5, sign, transform=ax.transAxes, fontsize=22, ha="center", va="center")
    return fig, axes


@checked
@as_written
def growth(
    sizes: AboveZero,
    measured: Mapping[str, AboveZero],
    title: str,
    xlabel: str,
    ylabel: str,
) -> tuple[Figure, Axes]:
    """Lines over the size of the data on logarithmic axes, each named at its right end.

    sizes: (n,); measured: (n,) numbers above 0 for each name. A faint grey line shows what grows in
    proportion to the size: whatever climbs as steeply does too. Introduced in notebook 11. Raises
    ValueError for no line or more than four, other than a number for each size, a number that is
    not above 0, and sizes that do not grow.
    """
    check_some("measured", measured, len(COLORS))
    if (np.diff(sizes) <= 0).any():
        raise ValueError("sizes must grow from one to the next")
    for name, values in measured.items():
        check_as_many(f"measured[{name!r}]", values, len(sizes), "sizes")
    fig, ax = figure(title, xlabel, ylabel)
    lines = dict(measured)
    low = min(values.min() for values in lines.values())
    lines["in proportion"] = 0.5 * low * sizes / sizes[0]
    ax.set_xscale("log")
    ax.set_yscale("log")
    for name, color in zip(measured, COLORS, strict=False):
        ax.plot(sizes, lines[name], marker="o", color=color)
    ax.plot(sizes, lines["in proportion"], color=GREY, linestyle=":")
    ax.set_xlim(sizes[0] / 1.5, sizes[-1] * 15)
    _name_right_ends(ax, sizes[-1], {name: values[-1] for name, values in lines.items()})
    return fig, ax


def _name_right_ends(ax: Axes, x: float, ends: Mapping[str, float]) -> None:
    """Write each name beside the end of its line, none on top of another."""
    lowest = -np.inf
    colors = [line.get_color() for line in ax.lines]
    for name, color in sorted(zip(ends, colors, strict=True), key=lambda pair: ends[pair[0]]):
        y = ax.transData.transform((x, ends[name]))[1] * 72 / ax.figure.dpi  # in points
        place = max(y, lowest + 13)
        lowest = place
        ax.annotate(
            name, (x, ends[name]), (9, place - y), textcoords="offset points", va="center",
            color=color, fontsize=10,
        )  # fmt: skip
