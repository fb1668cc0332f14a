"""Going downhill: the contours of what is made small, and the footprints of a descent on them."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scratch.checking import checked, shown
from scratch.plots.drawable import LARGEST, Limits, as_places, check_as_many, check_some, in_legend
from scratch.plots.style import BLUE, GREEN, GREY, ORANGE, PURPLE, as_written, figure
from scratch.plots.tables import WHITE_TO_BLUE

GRID = 121  # points along each axis at which the function is measured
RINGS = 14  # contours
PATH_COLORS = (ORANGE, GREEN, PURPLE, BLUE)  # the ground is blue


def _as_paths(name: str, path: Any) -> list[np.ndarray]:
    """One path or several, each (n, 2), as a list of them."""
    if isinstance(path, np.ndarray) and path.ndim < 3:
        path = [path]
    elif not isinstance(path, Sequence | np.ndarray) or isinstance(path, str | bytes):
        raise TypeError(f"{name} must be an array (n, 2) or a list of such, got {shown(path)}")
    elif len(path) and np.ndim(path[0]) == 1:  # rows of one path, not paths
        path = [path]
    check_some(name, path)
    return [
        as_places(name if len(path) == 1 else f"{name}[{i}]", one) for i, one in enumerate(path)
    ]


Paths = Annotated[np.ndarray | Sequence[np.ndarray], _as_paths]


@checked
@as_written
def path_on_contours(
    loss: Callable[[float, float], float],
    path: Paths,
    title: str,
    xlabel: str,
    ylabel: str,
    *,
    xlim: Limits,
    ylim: Limits,
    labels: Sequence[str] | None = None,
) -> tuple[Figure, Axes]:
    """Contours of a function of two numbers, and one or several paths over them.

    loss: called as loss(x, y), with two numbers, once for each point of a grid; points where it is
    not finite stay white. path: (n, 2) for one path, one row per footprint from the start on, or a
    sequence of such paths, of any lengths. What lies outside xlim and ylim is not shown. labels: a
    name per path, in a legend. The ground is white where loss is low and blue where it is high;
    the contours stand closer where it is steep, and at equal distances on a parabola. Each path
    starts at a ring and ends at a star. Introduced in notebook 04.

    Raises TypeError for a loss or a path of another kind; ValueError for a path that is not (n, 2),
    a wrong number of labels, ends of an axis that are none, and a loss without contours.
    """
    if labels is not None:
        check_as_many("labels", labels, len(path), "paths")
    heights = _heights(loss, xlim, ylim)
    fig, ax = figure(title, xlabel, ylabel)
    _contours(ax, heights, xlim, ylim)
    for i, points in enumerate(path):
        color = PATH_COLORS[i % len(PATH_COLORS)]
        label = None if labels is None else in_legend(labels[i])
        ax.plot(*points.T, color=color, marker="o", markersize=4.5, linewidth=1.6, label=label)
        ax.plot(*points[0], marker="o", markersize=10, color=color, fillstyle="none", mew=2)
        ax.plot(*points[-1], marker="*", markersize=15, color=color, mec="white", mew=0.8)
    ax.set_xlim(*xlim)
    ax.set_ylim(*ylim)
    if labels is not None:
        fig.legend(loc="outside right upper", frameon=False)
    return fig, ax


def _heights(
    loss: Callable[[float, float], float], xlim: tuple[float, float], ylim: tuple[float, float]
) -> np.ma.MaskedArray:
    """What the function is at each point of the grid, masked where it is not finite."""
    xs, ys = np.linspace(*xlim, GRID), np.linspace(*ylim, GRID)
    with np.errstate(all="ignore"):  # such points stay white
        values = [[loss(x, y) for x in xs] for y in ys]
    try:
        heights = np.array(values, dtype=float)
    except (TypeError, ValueError):
        heights = np.empty(0)
    if heights.shape != (GRID, GRID) or values[0][0] is None:
        raise TypeError(f"loss must return a number for two numbers, got {shown(values[0][0])}")
    masked = np.ma.masked_invalid(heights)
    if masked.count() == 0:
        raise ValueError("loss is finite at no point between xlim and ylim: there are no contours")
    lowest, highest = masked.min(), masked.max()
    if not lowest < highest:
        raise ValueError(f"loss is {lowest} all over the picture: there are no contours")
    if max(highest, -lowest) > LARGEST:
        raise ValueError(f"loss goes from {lowest:g} to {highest:g} between xlim and ylim: too far")
    if not (np.diff(_levels(lowest, highest)) > 0).all():  # computers know no numbers in between
        raise ValueError(
            f"loss goes from {lowest} to {highest} only: too little for {RINGS} contours. Subtract "
            "its lowest value, or draw where it changes more"
        )
    return masked


def _levels(lowest: float, highest: float) -> np.ndarray:
    """Squares of equal steps: on a parabola these are rings at equal distances."""
    return lowest + (highest - lowest) * np.linspace(0, 1, RINGS) ** 2


def _contours(
    ax: Axes,
    heights: np.ma.MaskedArray,
    xlim: tuple[float, float],
    ylim: tuple[float, float],
) -> None:
    xs, ys = np.linspace(*xlim, GRID), np.linspace(*ylim, GRID)
    levels = _levels(heights.min(), heights.max())
    ax.grid(False)
    ax.contourf(xs, ys, heights, levels=levels, cmap=WHITE_TO_BLUE, alpha=0.45)
    ax.contour(xs, ys, heights, levels=levels[1:], colors=GREY, linewidths=0.6)
