"""Draw benchmarks/peers.png from benchmarks/peers.json: who needed how many seconds for what.

    python benchmarks/plot_peers.py

A panel for each work; in it a row for each contestant, with a mark at the median of its seconds and
a line from the shortest to the longest: a disc with one thread, a triangle with two. Ours are
orange.
"""

import json
import textwrap
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter

from scratch.plots import BLUE, ORANGE

HERE = Path(__file__).parent
STORED, FIGURE = HERE / "peers.json", HERE / "peers.png"
COLUMNS = 2
LABEL_WIDTH = 30  # characters
# Of so many threads: what to call them, a mark, and how far off the row.
MARKS = {1: ("one thread", "o", -0.14), 2: ("two threads", "^", 0.14)}


def main() -> None:
    rows = json.loads(STORED.read_text(encoding="utf-8"))["rows"]
    works = list(dict.fromkeys(row["work"] for row in rows))
    names = [list(dict.fromkeys(r["name"] for r in rows if r["work"] == work)) for work in works]
    lines = -(-len(works) // COLUMNS)
    heights = [max(map(len, names[COLUMNS * i : COLUMNS * i + COLUMNS])) for i in range(lines)]
    fig, axes = plt.subplots(
        lines, COLUMNS, figsize=(14, 0.42 * sum(heights) + 0.9 * lines), squeeze=False,
        height_ratios=[height + 0.5 for height in heights], layout="constrained",
    )  # fmt: skip
    for ax in axes.flat[len(works) :]:
        ax.set_axis_off()
    for ax, work, contestants in zip(axes.flat, works, names, strict=False):
        draw(ax, work, contestants, [row for row in rows if row["work"] == work])
    handles = [
        Line2D([], [], marker=mark, color="grey", linestyle="", label=label)
        for label, mark, _ in MARKS.values()
    ]
    handles += [
        Line2D([], [], color=color, linewidth=4, label=label)
        for color, label in ((ORANGE, "ours"), (BLUE, "theirs"))
    ]
    fig.legend(handles=handles, loc="outside upper center", ncols=4, frameon=False)
    fig.savefig(FIGURE, dpi=100)


def draw(ax: Axes, work: str, contestants: list[str], rows: list[dict]) -> None:
    """One work: its contestants from the top down, seconds on an axis of logarithms."""
    for row in rows:
        _, mark, off = MARKS[row["threads"]]
        place = contestants.index(row["name"]) + off
        color = ORANGE if row["name"].startswith("scratch") else BLUE
        ax.plot([row["shortest"], row["longest"]], [place, place], color=color, linewidth=2)
        ax.plot(row["median"], place, mark, color=color, markersize=7, markeredgecolor="white")
    ax.set_title(work, fontsize=11, loc="left")
    ax.set_xscale("log")
    low, high = (choose(row["median"] for row in rows) for choose in (min, max))
    ax.set_xlim(low / 1.6, high * 1.6)
    ticks = [m * 10.0**e for e in range(-4, 3) for m in (1, 2, 5)]
    ax.set_xticks(
        [t for t in ticks if low / 1.6 <= t <= high * 1.6][:: 2 if high > 30 * low else 1]
    )
    ax.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{seconds:g} s"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    labels = [textwrap.fill(name, LABEL_WIDTH) for name in contestants]
    ax.set_yticks(range(len(contestants)), labels, fontsize=9)
    ax.set_ylim(len(contestants) - 0.5, -0.5)
    ax.tick_params(axis="x", labelsize=9)
    ax.grid(axis="x", color="0.9")
    ax.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    main()
