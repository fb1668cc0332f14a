"""The map of the course: a box for each notebook, an arrow from each that it builds on."""

import textwrap
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from scratch.plots.style import COLORS, GREY

MAP_SIZE = (13.0, 5.6)  # inches: wider than a figure of a notebook, it stands on a page of its own
WIDTH, HEIGHT = 0.72, 0.8  # of a box, in columns and rows
LETTERS = 11  # of a line in a box


def concept_map(
    titles: Mapping[int, str],
    needs: Mapping[int, Sequence[int]],
    places: Mapping[int, tuple[float, float]],
    parts: Mapping[str, Sequence[int]],
) -> tuple[Figure, Axes]:
    """Draw a box for each notebook at its place (column, row), and an arrow from each it needs.

    titles: by the notebook's number. parts: which notebooks belong together, in one colour.
    """
    fig, ax = plt.subplots(figsize=MAP_SIZE, layout="constrained")
    colors = (*COLORS, GREY)
    color_of = {n: colors[i % len(colors)] for i, part in enumerate(parts.values()) for n in part}
    for number, wanted in needs.items():
        for need in wanted:
            (x0, y0), (x1, y1) = places[need], places[number]
            style = {"color": color_of[need], "linewidth": 1.4, "shrinkA": 0, "shrinkB": 1}
            ax.annotate(
                "", (x1 - WIDTH / 2, y1), (x0 + WIDTH / 2, y0), zorder=1,
                arrowprops={"arrowstyle": "-|>", **style},
            )  # fmt: skip
    for number, (x, y) in places.items():
        box = FancyBboxPatch(
            (x - WIDTH / 2, y - HEIGHT / 2), WIDTH, HEIGHT, zorder=2,
            boxstyle="round,pad=0,rounding_size=0.06", facecolor="white",
            edgecolor=color_of.get(number, GREY), linewidth=1.8,
        )  # fmt: skip
        ax.add_patch(box)
        title = textwrap.fill(titles[number], LETTERS, break_long_words=False)
        text = f"{number:02}\n{title}"
        ax.text(x, y, text, ha="center", va="center", fontsize=8, zorder=3)
    for part, numbers in parts.items():
        ax.plot([], [], color=color_of[numbers[0]], linewidth=6, label=part)
    ax.legend(loc="lower left", frameon=False, fontsize=10, ncols=1)
    ax.set_title("What builds on what")
    ax.set_aspect("auto")
    ax.set_axis_off()
    ax.margins(0.03)
    return fig, ax
