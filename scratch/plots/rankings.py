"""Ranked lists and how they come about: votes, means that are pulled, settings that are tried."""

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch

from scratch.checking import Within, checked
from scratch.plots.drawable import (
    AboveZero,
    Number,
    Numbers,
    Table,
    as_above_zero,
    as_between,
    as_table,
    check_as_many,
    check_named_once,
    check_one_level,
    check_some,
    in_legend,
)
from scratch.plots.style import (
    BLUE,
    COLORS,
    DASHES,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    as_written,
    cut,
    figure,
    panels,
)

MARKS = ("o", "s", "^", "D")
ROOM = 40  # characters of a label; longer ones are cut
MOST_DOTS = 10_000
ARROW = {"arrowstyle": "-|>", "color": GREY, "linewidth": 1.5, "shrinkA": 0, "shrinkB": 0}
LIGHTER = {BLUE: "#cce3f0", ORANGE: "#f7dfcc", GREEN: "#ccece3", PURPLE: "#f5e4ed"}


def _stars(name: str, value: Any) -> np.ndarray:
    """Ratings from 1 to 5."""
    return as_between(name, value, 1, 5)


Stars = Annotated[np.ndarray, _stars]
OneStar = Annotated[float, Within(1, 5)]
People = Annotated[int, Within(0, 10**15)]
Ratings = Annotated[int, Within(1, 10**15)]
Ghosts = Annotated[int, Within(0, MOST_DOTS)]


@checked
@as_written
def stacked_bars(
    values: Table,
    labels: Sequence[str],
    parts: Sequence[str],
    title: str,
    xlabel: str,
) -> tuple[Figure, Axes]:
    """A lying bar for each row of values (rows, parts), the first on top, its parts side by side.

    labels name the rows, parts the columns. What a sum is made of, such as "because you liked …".
    Raises ValueError for other than one label for each row and one part for each column, and for
    more than ten parts.
    """
    check_as_many("labels", labels, values.shape[0], "rows of values")
    check_as_many("parts", parts, values.shape[1], "columns of values")
    check_some("parts", parts, 2 * (len(COLORS) + 1))
    fig, ax = figure(title, xlabel, "")
    colors = (*COLORS, GREY)
    left = np.zeros(len(values))
    for i, part in enumerate(parts):
        again = i // len(colors)  # a colour that comes a second time is hatched
        ax.barh(
            range(len(values)), values[:, i], left=left, color=colors[i % len(colors)],
            hatch="//" * again, edgecolor="white", label=in_legend(cut(part, 24)),
        )  # fmt: skip
        left = left + values[:, i]
    ax.set_yticks(range(len(values)), [cut(label, ROOM) for label in labels], fontsize=9)
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    fig.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return fig, ax


@checked
@as_written
def overlap(
    first: People, second: People, both: People, names: tuple[str, str], title: str
) -> tuple[Figure, Axes]:
    """Two circles of people, with areas and common area in proportion to how many there are.

    first, second: how many people like each of the two films; both: how many like both.
    Raises ValueError unless 0 ≤ both ≤ the smaller one, and both are above 0.
    """
    smaller = min(first, second)
    if smaller == 0 or both > smaller:
        raise ValueError(f"both = {both} can't be in both of first = {first} and second = {second}")
    fig, ax = figure(title, "", "")
    radii = math.sqrt(first / math.pi), math.sqrt(second / math.pi)
    distance = _distance(*radii, both)
    for x, radius, color in zip((0, distance), radii, (BLUE, ORANGE), strict=True):
        ax.add_patch(Circle((x, 0), radius, facecolor=color, alpha=0.3, edgecolor=color, lw=2))
    middle = (distance - radii[1] + radii[0]) / 2
    only = ((distance - radii[1] - radii[0]) / 2, (radii[0] + distance + radii[1]) / 2)
    for x, count in ((only[0], first - both), (middle, both), (only[1], second - both)):
        ax.text(x, 0, f"{count}", ha="center", va="center", fontsize=12, weight="bold")
    top = 1.12 * max(radii)
    for x, ha, name, count, color in (
        (-radii[0], "left", names[0], first, BLUE),
        (distance + radii[1], "right", names[1], second, ORANGE),
    ):
        ax.text(x, top, f"{cut(name, 28)}\n{count} people", ha=ha, va="bottom", color=color)
    ax.set_xlim(-1.1 * radii[0], distance + 1.1 * radii[1])
    ax.set_ylim(-1.1 * max(radii), 1.7 * max(radii))
    ax.set_aspect("equal")
    ax.set_axis_off()
    return fig, ax


@checked
@as_written
def course_map(parts: Mapping[str, Sequence[str]], title: str) -> tuple[Figure, Axes]:
    """The stations of a journey: a row of boxes for each part, an arrow from each to the next.

    Raises ValueError for no part, or one without a station.
    """
    check_some("parts", parts)
    for part, stations in parts.items():
        check_some(f"parts[{part!r}]", stations)
    fig, ax = figure(title, "", "")
    columns = max(len(stations) for stations in parts.values())
    for row, (part, stations) in enumerate(parts.items()):
        color = COLORS[row % len(COLORS)]
        y = -1.5 * row
        ax.text(-0.45, y + 0.5, part, ha="left", va="bottom", fontsize=10, color=GREY)
        for column, station in enumerate(stations):
            box = FancyBboxPatch(
                (column - 0.4, y - 0.4), 0.8, 0.8, boxstyle="round,pad=0.02,rounding_size=0.08",
                facecolor=LIGHTER[color], edgecolor=color, linewidth=1.5,
            )  # fmt: skip
            ax.add_patch(box)
            ax.text(column, y, textwrap.fill(station, 13), ha="center", va="center", fontsize=9)
            if column:
                ax.annotate("", (column - 0.43, y), (column - 0.57, y), arrowprops=ARROW)
    ax.set_xlim(-0.5, columns - 0.5)
    ax.set_ylim(-1.5 * (len(parts) - 1) - 0.5, 0.85)
    ax.set_axis_off()
    return fig, ax


@checked
@as_written
def ghosts(
    films: Mapping[str, Stars], damping: Ghosts, center: OneStar, title: str
) -> tuple[Figure, np.ndarray]:
    """For each film, its ratings as blue dots, `damping` grey ghosts at center, and both means.

    films: {name: its ratings}, in stars from 1 to 5; a panel for each. An arrow leads from the
    plain mean to the damped one. Raises ValueError for no film or more than four, ratings that are
    not from 1 to 5, and more than MOST_DOTS ghosts.
    """
    check_some("films", films, 4)
    fig, axes = panels(list(films), "stars", "")
    fig.suptitle(title)
    for ax, ratings in zip(axes, films.values(), strict=True):
        _stack(ax, ratings, BLUE, "ratings")
        _stack(ax, [center] * damping, GREY, f"{damping} ghosts at μ")
        plain = float(np.mean(ratings))
        damped = (sum(ratings) + damping * center) / (len(ratings) + damping)
        across = ax.get_xaxis_transform()  # x in stars, y as a fraction of the panel's height
        ax.annotate(
            "", (damped, 0.12), (plain, 0.12), xycoords=across, textcoords=across,
            arrowprops={"arrowstyle": "-|>", "color": ORANGE, "linewidth": 2.5},
        )  # fmt: skip
        ax.text(
            damped, 0.09, f"{damped:.2f}", color=ORANGE, ha="center", va="top", fontsize=12,
            transform=across, bbox={"color": "white", "pad": 0.5},
        )  # fmt: skip
        ax.axvline(center, color=GREY, linestyle="--", linewidth=1)
        ax.set_xlim(0.8, 5.4)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        ax.grid(visible=False)
    highest = max(damping, *(len(ratings) for ratings in films.values()))
    axes[0].set_ylim(-0.25 * highest, 1.1 * highest)
    axes[-1].legend(loc="upper left", frameon=False, fontsize=9)
    return fig, axes


@checked
@as_written
def pulled(
    counts: AboveZero,
    means: Numbers,
    damped: Numbers,
    center: Number,
    title: str,
) -> tuple[Figure, Axes]:
    """An arrow for each movie, from its mean (n,) to its damped mean (n,), over its counts (n,).

    Raises ValueError for other than as many of all three, and a count that is not above 0.
    """
    check_as_many("means", means, len(counts), "counts")
    check_as_many("damped", damped, len(counts), "counts")
    fig, ax = figure(title, "number of ratings", "mean rating, in stars")
    ax.set_xscale("log")
    ax.axhline(center, color=GREY, linestyle="--", label=f"μ = {center:.2f}")
    ax.quiver(
        counts, means, np.zeros(len(counts)), damped - means, angles="xy", scale_units="xy",
        scale=1, color=ORANGE, width=0.003, headwidth=5, zorder=2,
    )  # fmt: skip
    ax.scatter(counts, means, s=40, color=BLUE, edgecolors="white", linewidths=0.5, zorder=3,
               label="mean")  # fmt: skip
    ax.scatter([], [], color=ORANGE, marker="$→$", s=90, label="to the damped mean")
    ax.legend(frameon=False, fontsize=9)
    return fig, ax


@checked
@as_written
def parts_of_split(
    sizes: Mapping[str, Ratings], uses: Sequence[str], title: str
) -> tuple[Figure, Axes]:
    """All ratings as one bar, cut into its parts, with what each is used for under it.

    sizes: {part: how many ratings it has}; uses: as many texts, which may have several lines.
    Raises ValueError for no part, one without ratings, or other than one use for each.
    """
    check_some("sizes", sizes)
    check_as_many("uses", uses, len(sizes), "sizes")
    fig, ax = figure(title, "ratings", "")
    left = 0
    for (name, size), use, color in zip(sizes.items(), uses, _colors(len(uses)), strict=True):
        ax.barh(0, size, left=left, height=0.5, color=LIGHTER[color], edgecolor=color, linewidth=2)
        ax.text(left + size / 2, 0, f"{name}\n{size:,}", ha="center", va="center", fontsize=11)
        ax.text(left + size / 2, -0.3, use, ha="center", va="top", fontsize=10, color=color)
        left += size
    ax.set_xlim(0, 1.005 * left)
    ax.set_ylim(-0.75, 0.4)
    ax.set_yticks([])
    ax.grid(visible=False)
    ax.spines["left"].set_visible(False)
    ax.xaxis.set_major_formatter("{x:,.0f}")
    return fig, ax


@checked
@as_written
def sweep(
    table: pd.DataFrame,
    title: str,
    xlabel: str,
    ylabel: str,
    baselines: Mapping[str, Number] | None = None,
) -> tuple[Figure, Axes]:
    """A curve for each column over the settings in the index (a log axis), and dashed baselines.

    Raises TypeError or ValueError for no column or more than four, a number that is missing, a
    setting that is not above 0 or of several levels, two columns of the same name, and more than
    three baselines.
    """
    curves = as_table("table", table).T
    check_one_level("the index of table", table.index)
    as_above_zero("the index of table", table.index.infer_objects())
    check_named_once("the columns of table", table.columns)
    check_some("the columns of table", table.columns, len(COLORS))
    if baselines:
        check_some("baselines", baselines, len(DASHES))
    fig, ax = figure(title, xlabel, ylabel)
    ax.set_xscale("log")
    for name, curve, color, mark in zip(table, curves, COLORS, MARKS, strict=False):
        ax.plot(table.index, curve, color=color, marker=mark, label=in_legend(name))
    for (name, value), style in zip((baselines or {}).items(), DASHES, strict=False):
        label = in_legend(f"{name} ({value:.3f})")
        ax.axhline(value, color=GREY, linestyle=style, linewidth=2, label=label)
    ax.set_ylim(bottom=0)
    fig.legend(loc="outside lower center", ncols=2, frameon=False)
    return fig, ax


def _colors(n: int) -> list[str]:
    return [COLORS[i % len(COLORS)] for i in range(n)]


def _stack(ax: Axes, ratings: Sequence[float] | np.ndarray, color: str, label: str) -> None:
    """Dots on their stars, equal ones piled up from 0."""
    values, counts = np.unique(ratings, return_counts=True)
    xs = np.repeat(values, counts)
    ys = np.concatenate([np.arange(count) for count in counts]) if len(counts) else np.empty(0)
    ax.scatter(xs, ys, s=60, color=color, edgecolors="white", label=label, zorder=3)


def _distance(r: float, s: float, common: float) -> float:
    """How far apart the centres of circles with radii r and s are when they share that area."""
    near, far = abs(r - s), r + s
    for _ in range(60):
        middle = (near + far) / 2
        near, far = (middle, far) if _lens(r, s, middle) > common else (near, middle)
    return (near + far) / 2


def _lens(r: float, s: float, d: float) -> float:
    """The area that two circles share, at a distance d between |r − s| and r + s."""
    if d >= r + s:
        return 0.0
    if d <= abs(r - s):
        return math.pi * min(r, s) ** 2
    a = math.acos(np.clip((d * d + r * r - s * s) / (2 * d * r), -1, 1))
    b = math.acos(np.clip((d * d + s * s - r * r) / (2 * d * s), -1, 1))
    return r * r * (a - math.sin(2 * a) / 2) + s * s * (b - math.sin(2 * b) / 2)
