"""One size, one style, every axis labelled: what all figures of the course start from."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

SIZE = (8.0, 4.5)  # inches; wide enough for a projector, short enough for a laptop screen
MARGIN = 0.1  # inches of white around what is drawn
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7f7f7f"
COLORS = (BLUE, ORANGE, GREEN, PURPLE)  # told apart by colour-blind readers (Okabe and Ito, 2008)

DASHES = ("--", ":", "-.")  # of lines to compare with; of three in one figure, no two are alike


def cut(text: str, room: int) -> str:
    """The text, or as much of it as has room (characters), and an ellipsis."""
    return text if len(text) <= room else text[: room - 1].rstrip() + "…"


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
