"""Going downhill: the contours of what is made small, and the footprints of a descent on them."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scratch.plots.style import BLUE, GREEN, GREY, ORANGE, PURPLE, figure
from scratch.plots.tables import WHITE_TO_BLUE

GRID = 121  # points along each axis at which the function is measured
RINGS = 14  # contours
PATH_COLORS = (ORANGE, GREEN, PURPLE, BLUE)  # the ground is blue


def path_on_contours(
    loss: Callable[[float, float], float],
    path: np.ndarray | Sequence[np.ndarray],
    title: str,
    xlabel: str,
    ylabel: str,
    *,
    xlim: tuple[float, float],
    ylim: tuple[float, float],
    labels: Sequence[str] | None = None,
) -> tuple[Figure, Axes]:
    """Contours of a function of two numbers, and one or several paths over them.

    loss: called as loss(x, y), with two numbers, once for each point of a grid; points where it is
    not finite stay white. path: (n, 2) for one path, one row per footprint from the start on, or a
    sequence of such paths, of any lengths. What lies outside xlim and ylim is not shown. labels: a
    name per path, in a legend. The ground is white where loss is low and blue where it is high;
    the contours stand closer where it is steep, and at equal distances on a parabola. Each path
    starts at a ring and ends at a star. Introduced in notebook 04.

    Raises ValueError for a path that is not (n, 2), and for a wrong number of labels.
    """
    paths = _as_paths(path)
    if labels is not None and len(labels) != len(paths):
        raise ValueError(f"{len(labels)} labels for {len(paths)} paths: give one to each")
    fig, ax = figure(title, xlabel, ylabel)
    _contours(ax, loss, xlim, ylim)
    for i, points in enumerate(paths):
        color = PATH_COLORS[i % len(PATH_COLORS)]
        label = None if labels is None else labels[i]
        ax.plot(*points.T, color=color, marker="o", markersize=4.5, linewidth=1.6, label=label)
        ax.plot(*points[0], marker="o", markersize=10, color=color, fillstyle="none", mew=2)
        ax.plot(*points[-1], marker="*", markersize=15, color=color, mec="white", mew=0.8)
    ax.set_xlim(*xlim)
    ax.set_ylim(*ylim)
    if labels is not None:
        fig.legend(loc="outside right upper", frameon=False)
    return fig, ax


def _as_paths(path: np.ndarray | Sequence[np.ndarray]) -> list[np.ndarray]:
    if len(path) and np.ndim(path[0]) == 1:  # rows of one path, not paths
        path = [path]
    paths = [np.asarray(points, dtype=float) for points in path]
    if not paths:
        raise ValueError("no path given: pass at least one, of shape (n, 2)")
    for points in paths:
        if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
            raise ValueError(
                f"a path has one row of two numbers per step, not shape {points.shape}"
            )
    return paths


def _contours(
    ax: Axes,
    loss: Callable[[float, float], float],
    xlim: tuple[float, float],
    ylim: tuple[float, float],
) -> None:
    xs, ys = np.linspace(*xlim, GRID), np.linspace(*ylim, GRID)
    heights = np.array([[loss(x, y) for x in xs] for y in ys], dtype=float)
    heights = np.ma.masked_invalid(heights)
    lowest, highest = heights.min(), heights.max()
    if not lowest < highest:
        raise ValueError(f"the function is {lowest} all over the picture: there are no contours")
    # Squares of equal steps: on a parabola these are rings at equal distances.
    levels = lowest + (highest - lowest) * np.linspace(0, 1, RINGS) ** 2
    ax.grid(False)
    ax.contourf(xs, ys, heights, levels=levels, cmap=WHITE_TO_BLUE, alpha=0.45)
    ax.contour(xs, ys, heights, levels=levels[1:], colors=GREY, linewidths=0.6)
