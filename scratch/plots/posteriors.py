"""What is likely: densities, clouds of draws, and whether a stated doubt is the right one."""

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse

from scratch.checking import checked, shown
from scratch.plots.drawable import (
    Number,
    Numbers,
    Places,
    Point,
    as_numbers,
    as_table,
    check_as_many,
    check_some,
    in_legend,
)
from scratch.plots.style import BLUE, COLORS, DASHES, GREY, ORANGE, as_written, figure, panels

STEPS = 50  # of a walk, at the most, that are joined


def _density(name: str, value: Any) -> np.ndarray:
    """How likely each number of a grid is: not all of them not at all."""
    array = as_numbers(name, value)
    if array.min() < 0 or array.max() == 0:
        raise ValueError(f"{name} must be a density: not negative, and above 0 somewhere")
    return array


def _covariance(name: str, value: Any) -> np.ndarray:
    """A table (2, 2) that has an ellipse."""
    array = as_table(name, value)
    if array.shape != (2, 2) or not np.allclose(array, array.T):
        raise ValueError(f"{name} must be a covariance, symmetric and (2, 2), got {shown(array)}")
    lowest, highest = np.linalg.eigvalsh(array)
    if lowest < -1e-9 * abs(highest):  # a variance of 0 may be computed as a little less
        raise ValueError(f"{name} must be a covariance, and has a variance below 0")
    return array


Density = Annotated[np.ndarray, _density]
Likely = tuple[Point, Annotated[np.ndarray, _covariance], Places]


@checked
@as_written
def beliefs(
    grid: Numbers, densities: Mapping[str, Density], title: str, xlabel: str
) -> tuple[Figure, Axes]:
    """A filled curve for each density (n,) over the grid (n,), with a dot at its mean.

    Raises ValueError for no density or more than five, and for one that is none or not as long.
    """
    check_some("densities", densities, 1 + len(COLORS))
    for name, density in densities.items():
        check_as_many(f"densities[{name!r}]", density, len(grid), "numbers of the grid")
    fig, ax = figure(title, xlabel, "density")
    for (name, density), color in zip(densities.items(), (GREY, *COLORS), strict=False):
        ax.fill_between(grid, density, color=color, alpha=0.15)
        ax.plot(grid, density, color=color, label=in_legend(name))
        ax.plot(np.average(grid, weights=density), 0, "o", color=color, clip_on=False, zorder=3)
    ax.set_ylim(0)
    fig.legend(loc="outside lower center", frameon=False, ncols=len(densities))
    return fig, ax


@checked
@as_written
def clouds(
    likely: Mapping[str, Likely],
    labels: tuple[str, str],
    title: str,
    *,
    path: bool = False,
) -> tuple[Figure, np.ndarray]:
    """A panel for each name: the ellipses of one and two standard deviations, and draws.

    likely: (mean (2,), covariance (2, 2), draws (n, 2)). path: join draws in their order, where
    they are so few that an eye can follow (STEPS at the most). Raises ValueError for no name, more
    than four, a covariance that is none, or draws that are all at one place.
    """
    check_some("likely", likely, len(COLORS))
    points = np.concatenate([draws for _, _, draws in likely.values()])
    if np.ptp(points, axis=0).max() == 0:
        raise ValueError("the draws of likely are all at one place: there is no picture of that")
    fig, axes = panels(list(likely), *labels)
    fig.suptitle(title)
    # One square window, so that directions and widths look as they are.
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    half = 0.55 * np.ptp(points, axis=0).max()
    for ax, parts in zip(axes, likely.values(), strict=True):
        mean, covariance, draws = map(np.asarray, parts)
        joined = path and len(draws) <= STEPS
        variances, directions = np.linalg.eigh(covariance)
        lengths = np.sqrt(variances.clip(0))
        angle = np.degrees(np.arctan2(directions[1, 1], directions[0, 1]))
        for times, alpha in ((2, 0.12), (1, 0.25)):
            center, (width, height) = (mean[0], mean[1]), 2 * times * lengths[::-1]
            ax.add_patch(Ellipse(center, width, height, angle=angle, color=BLUE, alpha=alpha, lw=0))
        style = "-" if joined else ""
        ax.plot(*draws.T, marker=".", linestyle=style, color=ORANGE, markersize=4, linewidth=0.8)
        ax.plot(*mean, "+", color="black", markersize=10)
        ax.set_aspect("equal")
        ax.set_xlim(middle[0] - half, middle[0] + half)
        ax.set_ylim(middle[1] - half, middle[1] + half)
        if joined:
            ax.plot(*draws[0], "o", color=ORANGE, markersize=8)
    return fig, axes


@checked
@as_written
def draws_and_average(
    of_draws: Numbers,
    of_averages: Numbers,
    baselines: Mapping[str, Number],
    title: str,
    ylabel: str = "RMSE",
) -> tuple[Figure, Axes]:
    """A dot for the error of each draw (n,), a line for that of the average of all so far (n,).

    Raises ValueError for other than as many of both, and more than three baselines.
    """
    check_as_many("of_averages", of_averages, len(of_draws), "draws")
    if baselines:
        check_some("baselines", baselines, len(DASHES))
    fig, ax = figure(title, "draws", ylabel)
    count = np.arange(1, len(of_draws) + 1)
    ax.plot(count, of_draws, ".", color=ORANGE, label="one draw")
    ax.plot(count, of_averages, color=BLUE, linewidth=2, label="average of all so far")
    for (name, error), style in zip(baselines.items(), DASHES, strict=False):
        ax.axhline(error, color=GREY, linestyle=style, label=in_legend(f"{name} ({error:.3f})"))
    fig.legend(loc="outside lower center", frameon=False, ncols=2 + len(baselines))
    return fig, ax


@checked
@as_written
def calibration(
    expected: Mapping[str, Numbers],
    found: Mapping[str, Numbers],
    title: str,
    labels: tuple[str, str],
) -> tuple[Figure, Axes]:
    """What was said against what came: joined dots for each name, and where both are equal.

    Raises ValueError for no name or more than four, other names in found, and lengths that differ.
    """
    check_some("expected", expected, len(COLORS))
    if set(expected) != set(found):
        raise ValueError(f"expected and found must have the same names: {[*expected]}, {[*found]}")
    for name, numbers in found.items():
        check_as_many(f"found[{name!r}]", numbers, len(expected[name]), "numbers expected")
    fig, ax = figure(title, *labels)
    numbers = np.concatenate([*expected.values(), *found.values()])
    ends = [numbers.min(), numbers.max()]
    ax.plot(ends, ends, color=GREY, linestyle="--", label="as said")
    for name, color in zip(expected, COLORS, strict=False):
        ax.plot(expected[name], found[name], "o-", color=color, label=in_legend(name))
    fig.legend(loc="outside lower center", frameon=False, ncols=1 + len(expected))
    return fig, ax
