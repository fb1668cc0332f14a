"""The map of the course: a box for each notebook, an arrow from each that it builds on."""

import textwrap
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from scratch.checking import Size, checked
from scratch.plots.drawable import Number, check_some, in_legend
from scratch.plots.style import COLORS, GREY, as_written

MAP_SIZE = (13.0, 5.6)  # inches: wider than a figure of a notebook, it stands on a page of its own
WIDTH, HEIGHT = 0.72, 0.8  # of a box, in columns and rows
LETTERS = 11  # of a line in a box


@checked
@as_written
def concept_map(
    titles: Mapping[Size, str],
    needs: Mapping[Size, Sequence[int]],
    places: Mapping[Size, tuple[Number, Number]],
    parts: Mapping[str, Sequence[int]],
) -> tuple[Figure, Axes]:
    """Draw a box for each notebook at its place (column, row), and an arrow from each it needs.

    titles: by the notebook's number. parts: which notebooks belong together, in one colour. Raises
    ValueError where one is named that has no title, no place or no part.
    """
    check_some("places", places)
    in_parts = {number for part in parts.values() for number in part}
    for name, numbers in (
        ("needs", {*needs}.union(*needs.values())), ("parts", in_parts), ("places", {*places})
    ):  # fmt: skip
        for owner, there in (("titles", {*titles}), ("places", {*places}), ("parts", in_parts)):
            if missing := sorted(numbers - there):
                raise ValueError(f"{name} has notebook {missing[0]}, which is not in {owner}")
    for part, numbers in parts.items():
        check_some(f"parts[{part!r}]", numbers)
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
            edgecolor=color_of[number], linewidth=1.8,
        )  # fmt: skip
        ax.add_patch(box)
        title = textwrap.fill(titles[number], LETTERS, break_long_words=False)
        text = f"{number:02}\n{title}"
        ax.text(x, y, text, ha="center", va="center", fontsize=8, zorder=3)
    for part, numbers in parts.items():
        ax.plot([], [], color=color_of[numbers[0]], linewidth=6, label=in_legend(part))
    ax.legend(loc="lower left", frameon=False, fontsize=10, ncols=1)
    ax.set_title("What builds on what")
    ax.set_axis_off()
    ax.margins(0.03)
    return fig, ax
