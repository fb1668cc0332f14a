"""What is likely: densities, clouds of draws, and whether a stated doubt is the right one."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse

from scratch.plots.style import BLUE, COLORS, DASHES, GREY, ORANGE, figure, panels

STEPS = 50  # of a walk, at the most, that are joined


def beliefs(
    grid: np.ndarray, densities: Mapping[str, np.ndarray], title: str, xlabel: str
) -> tuple[Figure, Axes]:
    """A filled curve for each density (n,) over the grid (n,), with a dot at its mean."""
    fig, ax = figure(title, xlabel, "density")
    for (name, density), color in zip(densities.items(), (GREY, *COLORS), strict=False):
        ax.fill_between(grid, density, color=color, alpha=0.15)
        ax.plot(grid, density, color=color, label=name)
        ax.plot(np.average(grid, weights=density), 0, "o", color=color, clip_on=False, zorder=3)
    ax.set_ylim(0)
    fig.legend(loc="outside lower center", frameon=False, ncols=len(densities))
    return fig, ax


def clouds(
    likely: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]],
    labels: tuple[str, str],
    title: str,
    *,
    path: bool = False,
) -> tuple[Figure, np.ndarray]:
    """A panel for each name: the ellipses of one and two standard deviations, and draws.

    likely: (mean (2,), covariance (2, 2), draws (n, 2)). path: join draws in their order, where
    they are so few that an eye can follow (STEPS at the most).
    """
    fig, axes = panels(list(likely), *labels)
    fig.suptitle(title)
    # One square window, so that directions and widths look as they are.
    points = np.concatenate([draws for _, _, draws in likely.values()])
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    half = 0.55 * np.ptp(points, axis=0).max()
    for ax, (mean, covariance, draws) in zip(axes, likely.values(), strict=True):
        joined = path and len(draws) <= STEPS
        lengths, directions = np.linalg.eigh(covariance)
        angle = np.degrees(np.arctan2(directions[1, 1], directions[0, 1]))
        for times, alpha in ((2, 0.12), (1, 0.25)):
            center, (width, height) = (mean[0], mean[1]), 2 * times * np.sqrt(lengths[::-1])
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


def draws_and_average(
    of_draws: np.ndarray,
    of_averages: np.ndarray,
    baselines: Mapping[str, float],
    title: str,
    ylabel: str = "RMSE",
) -> tuple[Figure, Axes]:
    """A dot for the error of each draw (n,), a line for that of the average of all so far (n,)."""
    fig, ax = figure(title, "draws", ylabel)
    count = np.arange(1, len(of_draws) + 1)
    ax.plot(count, of_draws, ".", color=ORANGE, label="one draw")
    ax.plot(count, of_averages, color=BLUE, linewidth=2, label="average of all so far")
    for (name, error), style in zip(baselines.items(), DASHES, strict=False):
        ax.axhline(error, color=GREY, linestyle=style, label=f"{name} ({error:.3f})")
    fig.legend(loc="outside lower center", frameon=False, ncols=2 + len(baselines))
    return fig, ax


def calibration(
    expected: Mapping[str, Sequence[float]],
    found: Mapping[str, Sequence[float]],
    title: str,
    labels: tuple[str, str],
) -> tuple[Figure, Axes]:
    """What was said against what came: joined dots for each name, and where both are equal."""
    fig, ax = figure(title, *labels)
    numbers = np.concatenate([np.asarray(list(v)) for v in (*expected.values(), *found.values())])
    ends = [numbers.min(), numbers.max()]
    ax.plot(ends, ends, color=GREY, linestyle="--", label="as said")
    for name, color in zip(expected, COLORS, strict=False):
        ax.plot(expected[name], found[name], "o-", color=color, label=name)
    fig.legend(loc="outside lower center", frameon=False, ncols=1 + len(expected))
    return fig, ax
