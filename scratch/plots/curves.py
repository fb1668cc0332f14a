"""Curves over epochs, beside the baselines that they must pass."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from scratch.checking import checked, columns_of
from scratch.plots.drawable import (
    Limits,
    Number,
    as_cells,
    check_named_once,
    check_one_level,
    check_some,
    in_legend,
)
from scratch.plots.style import COLORS, DASHES, GREY, as_written, figure


@checked
@as_written
def learning_curves(
    history: pd.DataFrame,
    title: str,
    baselines: Mapping[str, Number] | None = None,
    ylim: Limits | None = None,
) -> tuple[Figure, Axes]:
    """Errors by epoch (train and validation, say), with a dashed line at each baseline's MSE.

    history has a column epoch and one per curve, NaN where a curve has ended; learning_rate and
    loss are left out. Raises ValueError for a missing column, two of the same name, columns of
    several levels, a curve without numbers, no curve or more than four, and more than three
    baselines.
    """
    check_one_level("the columns of history", history.columns)
    columns_of(history, epoch="number")
    check_named_once("the columns of history", history.columns)
    curves = [name for name in history if name not in ("epoch", "learning_rate", "loss")]
    check_some("the curves of history", curves, len(COLORS))
    as_cells("history", history[curves])
    for name in curves:
        check_some(f"history[{name!r}], but for NaN,", history[name].dropna())
    if baselines:
        check_some("baselines", baselines, len(DASHES))
    fig, ax = figure(title, "epoch", "mean squared error")
    for column, color in zip(curves, COLORS, strict=False):
        ax.plot(history["epoch"], history[column], color=color, marker=".", label=in_legend(column))
    for (name, value), style in zip((baselines or {}).items(), DASHES, strict=False):
        ax.axhline(value, color=GREY, linestyle=style, label=in_legend(f"{name} ({value:.3f})"))
    if ylim:
        ax.set_ylim(*ylim)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    fig.legend(loc="outside right upper", frameon=False)
    return fig, ax
