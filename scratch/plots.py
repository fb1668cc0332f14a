"""The figures of the course: one size, one style, every axis labelled."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Bbox

SIZE = (8.0, 4.5)  # inches; wide enough for a projector, short enough for a laptop screen
MARGIN = 0.1  # inches of white around what is drawn
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7f7f7f"
COLORS = (BLUE, ORANGE, GREEN, PURPLE)  # told apart by colour-blind readers (Okabe and Ito, 2008)


def figure(title: str, xlabel: str, ylabel: str) -> tuple[Figure, Axes]:
    """An empty figure of the course's size with its title and both axis labels."""
    fig, (ax,) = panels([title], xlabel, ylabel)
    return fig, ax


def panels(titles: Sequence[str], xlabel: str, ylabel: str) -> tuple[Figure, np.ndarray]:
    """An empty figure of the course's size with a panel for each title, on one vertical axis."""
    fig, axes = plt.subplots(1, len(titles), figsize=SIZE, sharey=True, squeeze=False)
    fig.set_layout_engine("constrained", w_pad=MARGIN, h_pad=MARGIN)
    # A notebook cuts off the white around a figure; on a dark page, it is a card and needs margins.
    fig.add_artist(Rectangle((0, 0), 1, 1, transform=fig.transFigure, fill=False, linewidth=0))
    for ax, title in zip(axes[0], titles, strict=True):
        ax.set_title(title)
        ax.set_xlabel(xlabel)
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(alpha=0.25)
    axes[0, 0].set_ylabel(ylabel)
    return fig, axes[0]


def learning_curves(
    history: pd.DataFrame,
    title: str,
    baselines: Mapping[str, float] | None = None,
    ylim: tuple[float, float] | None = None,
) -> tuple[Figure, Axes]:
    """Errors by epoch (train and validation, say), with a dashed line at each baseline's MSE.

    history has a column epoch and one per curve; learning_rate and loss are left out.
    """
    fig, ax = figure(title, "epoch", "mean squared error")
    curves = [name for name in history if name not in ("epoch", "learning_rate", "loss")]
    for column, color in zip(curves, COLORS, strict=False):
        ax.plot(history["epoch"], history[column], color=color, marker=".", label=column)
    for (name, value), style in zip((baselines or {}).items(), ("--", ":", "-."), strict=False):
        ax.axhline(value, color=GREY, linestyle=style, label=f"{name} ({value:.3f})")
    if ylim:
        ax.set_ylim(*ylim)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    fig.legend(loc="outside right upper", frameon=False)
    return fig, ax


def labelled_map(
    points: np.ndarray,
    labels: Sequence[str],
    title: str,
    xlabel: str,
    ylabel: str,
    background: np.ndarray | None = None,
) -> tuple[Figure, Axes]:
    """Points (n, 2) with a name beside each, over an optional cloud of unnamed ones (m, 2).

    A label goes where it covers the fewest points and labels: right, left, above or below its own.
    """
    fig, ax = figure(title, xlabel, ylabel)
    fig.set_size_inches(SIZE[0], 1.6 * SIZE[1])  # names need room
    if background is not None:
        ax.scatter(*background.T, s=6, color=GREY, alpha=0.25, linewidths=0)
    ax.scatter(*points.T, s=25, color=ORANGE)
    fig.canvas.draw()  # fixes the layout, so that boxes can be measured in pixels
    centres = ax.transData.transform(points)
    taken = [Bbox.from_extents(x - 4, y - 4, x + 4, y + 4) for x, y in centres]
    for (x, y), label in zip(points, labels, strict=True):
        candidates = []
        for dx, dy, ha, va in _PLACES:
            text = ax.annotate(
                label, (x, y), (dx, dy), textcoords="offset points", ha=ha, va=va, fontsize=8
            )
            box = text.get_window_extent()
            overlaps = sum(box.overlaps(other) for other in taken)
            outside = not (ax.bbox.x0 < box.x0 and box.x1 < ax.bbox.x1)
            candidates.append((overlaps + outside, len(candidates), text, box))
        candidates.sort(key=lambda candidate: candidate[:2])
        taken.append(candidates[0][3])
        for _, _, text, _ in candidates[1:]:
            text.remove()
    return fig, ax


_PLACES = (
    (5, 0, "left", "center"),
    (-5, 0, "right", "center"),
    (0, 5, "center", "bottom"),
    (0, -5, "center", "top"),
    (5, 8, "left", "bottom"),
    (-5, -8, "right", "top"),
    (5, -8, "left", "top"),
    (-5, 8, "right", "bottom"),
)
