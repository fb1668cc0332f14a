"""One size, one style, every axis labelled: what all figures of the course start from."""

import functools
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from scratch.checking import Size, checked
from scratch.plots.drawable import UNSEEN, check_some

SIZE = (8.0, 4.5)  # inches; wide enough for a projector, short enough for a laptop screen
MARGIN = 0.1  # inches of white around what is drawn
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7f7f7f"
COLORS = (BLUE, ORANGE, GREEN, PURPLE)  # told apart by colour-blind readers (Okabe and Ito, 2008)

DASHES = ("--", ":", "-.")  # of lines to compare with; of three in one figure, no two are alike
MOST_PANELS = 20  # of more, none could be read


Arguments = ParamSpec("Arguments")
OneOrMore = TypeVar("OneOrMore", Axes, np.ndarray)


def as_written(
    draw: Callable[Arguments, tuple[Figure, OneOrMore]],
) -> Callable[Arguments, tuple[Figure, OneOrMore]]:
    """Decorator: every text of the figure that a function makes stands there as it was given.

    Matplotlib takes what lies between two dollars for a formula, and films may cost $5 or $10. A
    figure that can't be drawn is closed. Raises ValueError for two names that would look the same.
    """

    @functools.wraps(draw)
    def with_plain_texts(
        *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> tuple[Figure, OneOrMore]:
        before = plt.get_fignums()
        try:
            texts = [_printable(value) for value in args]
            named = {name: _printable(value) for name, value in kwargs.items()}
            fig, axes = draw(*texts, **named)
        except BaseException:
            for number in set(plt.get_fignums()) - set(before):
                plt.close(number)
            raise
        for text in fig.findobj(Text):
            if isinstance(text, Text) and text.get_text():  # numbers at ticks come later
                written = _printable(text.get_text().removeprefix(UNSEEN))
                text.set(text=written, parse_math=False)
        return fig, axes

    return with_plain_texts


def _printable(value: Any) -> Any:
    """Texts, with a ? for half a character (a lone surrogate), which no font can draw."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, list | tuple) and any(isinstance(part, str) for part in value):
        return [_printable(part) for part in value]
    if isinstance(value, dict):
        named: dict[Any, Any] = {}
        for key, content in value.items():
            if (name := _printable(key)) in named:
                raise ValueError(f"two names would both be drawn as {name!r}: rename one of them")
            named[name] = content
        return named
    return value


@checked
def cut(text: str, room: Size) -> str:
    """The text, or as much of it as has room (characters), and an ellipsis."""
    return text if len(text) <= room else text[: max(room - 1, 0)].rstrip() + "…"


def figure(title: str, xlabel: str, ylabel: str) -> tuple[Figure, Axes]:
    """An empty figure of the course's size with its title and both axis labels."""
    fig, (ax,) = panels([title], xlabel, ylabel)
    return fig, ax


@checked
def panels(titles: Sequence[str], xlabel: str, ylabel: str) -> tuple[Figure, np.ndarray]:
    """An empty figure of the course's size with a panel for each title, on one vertical axis.

    Raises TypeError for what is no text, ValueError for no title or more than MOST_PANELS.
    """
    check_some("titles", titles, MOST_PANELS)
    fig, (axes,) = plt.subplots(1, len(titles), figsize=SIZE, sharey=True, squeeze=False)
    fig.set_layout_engine("constrained", w_pad=MARGIN, h_pad=MARGIN)
    # A notebook cuts off the white around a figure; on a dark page, it is a card and needs margins.
    fig.add_artist(Rectangle((0, 0), 1, 1, fill=False, linewidth=0))
    for ax, title in zip(axes, titles, strict=True):
        ax.set_title(title, parse_math=False)
        ax.set_xlabel(xlabel, parse_math=False)
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(alpha=0.25)
    axes[0].set_ylabel(ylabel, parse_math=False)
    return fig, axes
