"""What a search looks at: products and distances, the lift, cells, and what looking costs."""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from scratch.checking import Size, checked
from scratch.plots.drawable import (
    LARGEST,
    AboveZero,
    Numbers,
    Places,
    Point,
    Shares,
    check_as_many,
    check_some,
    in_legend,
)
from scratch.plots.style import BLUE, COLORS, GREY, ORANGE, as_written, figure

FINE = 300  # points of a drawn grid, to each side
MOST_TIMES = 1_000_000  # as long as the query may an item be that is drawn beside it


@checked
@as_written
def product_and_distance(
    items: Places, names: Sequence[str], query: Point, title: str
) -> tuple[Figure, Axes]:
    """Items (number, 2) and a query (2,) in a plane: the largest product and the nearest.

    A dashed line goes through all points that have the same product as the best item, a circle
    around the query through those that are as near as the nearest. Introduced in notebook 17.
    Raises ValueError for other than one name for each item, a query at (0, 0), and an item
    that is more than MOST_TIMES as long as the query.
    """
    check_as_many("names", names, len(items), "items")
    length, longest = np.linalg.norm(query), np.linalg.norm(items, axis=1).max()
    if length < 1 / LARGEST:
        raise ValueError("query must not be (0, 0), nor next to it: all products with it are 0")
    if longest > MOST_TIMES * length:
        raise ValueError(
            f"items has one of length {longest:g}, and query one of {length:g}: an item may be "
            f"{MOST_TIMES:,} times as long, or nobody could see the query beside it"
        )
    products = items @ query
    distances = np.linalg.norm(items - query, axis=1)
    best, nearest = products.argmax(), distances.argmin()
    fig, ax = figure(title, "first number", "second number")
    ax.scatter(items[:, 0], items[:, 1], s=40, color=GREY)
    for (x, y), name in zip(items, names, strict=True):
        ax.annotate(name, (x, y), (7, 5), textcoords="offset points")
    ax.annotate(
        "", tuple(query), (0, 0), arrowprops={"arrowstyle": "-|>", "color": "black", "lw": 2}
    )
    ax.annotate("query", tuple(query), (6, -12), textcoords="offset points")
    ax.scatter(items[best, 0], items[best, 1], s=90, color=ORANGE, label="largest product")
    ax.scatter(items[nearest, 0], items[nearest, 1], s=90, color=BLUE, label="nearest")
    foot = query * products[best] / (query @ query)
    ax.axline(
        foot, foot + np.array([-query[1], query[0]]), color=ORANGE, linestyle="--", linewidth=1
    )
    ax.add_patch(Circle(tuple(query), distances[nearest], fill=False, color=BLUE, linestyle="--"))
    ax.axhline(0, color=GREY, linewidth=0.5)
    ax.axvline(0, color=GREY, linewidth=0.5)
    around = np.vstack([items, query, [0, 0]])
    ax.set_xlim(around[:, 0].min() - 0.5, around[:, 0].max() + 1.5)
    ax.set_ylim(around[:, 1].min() - 0.5, around[:, 1].max() + 0.7)
    ax.set_aspect("equal", "box")
    ax.legend(frameon=False, loc="upper left")
    return fig, ax


@checked
@as_written
def on_a_circle(values: Numbers, title: str) -> tuple[Figure, Axes]:
    """Items of one number each (n,), lifted: v becomes (v, √(M² − v²)), a point of a circle.

    A query that points to the right, as long as the longest item, has the circle's rightmost point;
    a line goes from it to each item, the shortest in the colour of what is found. Introduced in
    notebook 17. Raises ValueError for zeros alone, which have no circle.
    """
    if not values.any():
        raise ValueError("values must have a number that is not 0: there is no circle of that")
    longest = np.abs(values).max()
    heights = np.sqrt(longest**2 - values**2)
    fig, ax = figure(title, "the item's number", "the number it gets")
    turn = np.linspace(0, np.pi, FINE)
    ax.plot(longest * np.cos(turn), longest * np.sin(turn), color=GREY, linewidth=1)
    ax.axhline(0, color=GREY, linewidth=1)
    for value, height in zip(values, heights, strict=True):
        ax.annotate("", (value, height), (value, 0), arrowprops={"arrowstyle": "->", "color": GREY})
        color = ORANGE if value == values.max() else BLUE
        ax.plot([longest, value], [0, height], color=color, linewidth=1, linestyle=":")
        ax.scatter(value, height, s=60 if color == BLUE else 160, color=color, zorder=3)
        ax.annotate(f"{value:g}", (value, 0), (0, -14), textcoords="offset points", ha="center")
    ax.scatter(values, np.zeros(len(values)), s=25, color=GREY)
    ax.scatter(longest, 0, s=90, color="black", marker="*", zorder=3)
    ax.annotate("query", (longest, 0), (8, 4), textcoords="offset points")
    ax.set_xlim(-1.15 * longest, 1.35 * longest)
    ax.set_ylim(-0.2 * longest, 1.15 * longest)
    ax.set_aspect("equal", "box")
    return fig, ax


@checked
@as_written
def cells_in_a_plane(
    points: Places, middles: Places, query: Point, num_probed: Size, title: str
) -> tuple[Figure, Axes]:
    """Points (n, 2) and the middles (c, 2) of their cells; the cells nearest to a query in colour.

    Every place of the plane belongs to the middle that is nearest to it, and lines part the cells.
    num_probed: at most four. Introduced in notebook 17. Raises ValueError for more than that, or
    than there are.
    """
    if num_probed > min(len(COLORS), len(middles)):
        raise ValueError(
            f"num_probed is {num_probed}: at most {len(COLORS)} of {len(middles)} cells can be "
            "coloured"
        )

    def cell_of(places: np.ndarray) -> np.ndarray:
        return np.linalg.norm(places[..., None, :] - middles, axis=-1).argmin(axis=-1)

    # At which place each cell comes, from the nearest.
    rank = np.linalg.norm(middles - query, axis=1).argsort().argsort()
    low, high = points.min(axis=0) - 0.3, points.max(axis=0) + 0.3
    grid = np.stack(np.meshgrid(*np.linspace(low, high, FINE).T), axis=-1)
    of_grid = cell_of(grid)
    fig, ax = figure(title, "first number", "second number")
    where = (grid[..., 0], grid[..., 1])
    shade = ListedColormap(["white", *COLORS[:num_probed]])
    lit = np.where(rank[of_grid] < num_probed, rank[of_grid] + 1, 0)
    ax.pcolormesh(*where, lit, cmap=shade, vmin=0, vmax=num_probed, alpha=0.15, rasterized=True)
    for cell in range(len(middles)):
        ax.contour(*where, of_grid == cell, levels=[0.5], colors=[GREY], linewidths=0.6)
    of_points = rank[cell_of(points)]
    for place in range(num_probed):
        mine = points[of_points == place]
        ax.scatter(mine[:, 0], mine[:, 1], s=9, color=COLORS[place])
    others = points[of_points >= num_probed]
    ax.scatter(others[:, 0], others[:, 1], s=5, color=GREY, alpha=0.4, linewidths=0)
    ax.scatter(middles[:, 0], middles[:, 1], s=40, color="black", marker="+", label="middles")
    ax.scatter(query[0], query[1], s=130, color="black", marker="*", label="query")
    fig.legend(loc="outside lower center", ncols=3, frameon=False)
    return fig, ax


@checked
def found_by_cost(
    axes: Sequence[Axes], curves: Sequence[Mapping[str, tuple[AboveZero, Shares]]]
) -> None:
    """In each panel, a line for each way to search: its recall by its lists a second.

    axes: as `panels` makes them. curves: for each panel, by name, lists a second and recall, both
    (n,); a way with a single point, such as looking at all items, is a diamond. Further up and
    further to the right is better. Introduced in notebook 17. Raises ValueError for other than one
    dictionary for each panel, one without a way or with more than five, lengths that differ, and
    rates that are not above 0.
    """
    check_some("axes", axes)
    check_as_many("curves", curves, len(axes), "axes")
    for i, of_panel in enumerate(curves):
        check_some(f"curves[{i}]", of_panel, len(COLORS) + 1)
        for name, (rate, recall) in of_panel.items():
            check_as_many(f"the recall of curves[{i}][{name!r}]", recall, len(rate), "rates")
    for ax, of_panel in zip(axes, curves, strict=True):
        colors = itertools.cycle(COLORS)
        for name, (rate, recall) in of_panel.items():
            alone = len(rate) == 1
            ax.plot(rate, recall, "D" if alone else "o-", markersize=7 if alone else 4,
                    color="black" if alone else next(colors), label=in_legend(name))  # fmt: skip
        ax.set_xscale("log")
    axes[0].legend(frameon=False, fontsize=9)
