"""Learning rates as pictures: steps on a parabola, losses by rate and by step, starts compared."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scratch.checking import Array, Within, checked, shown
from scratch.plots.drawable import (
    LARGEST,
    AboveZero,
    Number,
    as_above_zero,
    check_as_many,
    check_some,
    in_legend,
)
from scratch.plots.style import (
    BLUE,
    COLORS,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    as_written,
    figure,
    panels,
)

# Colour, line and marker of each optimizer: two that share a colour differ in the other two.
LOOKS = {
    "SGD": ("black", "-", "o"),
    "Momentum": (BLUE, "-", "s"),
    "Nesterov": (BLUE, "--", "D"),
    "Adagrad": (GREEN, "-", "^"),
    "RMSProp": (PURPLE, "-", "v"),
    "Adam": (ORANGE, "-", "p"),
    "AdamW": (ORANGE, "--", "*"),
}
MARKS = ("o", "D", "s", "^")
OUTSIDE = {"loc": "outside right upper", "frameon": False, "fontsize": 9}


AboveNothing = Annotated[float, Within(1 / LARGEST, LARGEST)]
Steps = Annotated[int, Within(1, 1000)]


def _with_failures(name: str, value: Any) -> np.ndarray:
    """Numbers above 0, and some that are not finite."""
    array = Array(1, "float", finite="no").check(name, value)
    there = array[np.isfinite(array)]
    if there.size:
        as_above_zero(name, there)
        if there.max() > LARGEST:
            raise ValueError(f"{name} must be at most {LARGEST:g}, got {there.max():g}")
    return array


def _rates(name: str, value: Any) -> Mapping[float, float]:
    """The loss by rate: the rates above 0, and so the losses that are finite."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} must be a dictionary of losses by rate, got {shown(value)}")
    check_some(name, value)
    as_above_zero(f"the rates of {name}", list(value))
    _with_failures(name, list(value.values()))
    return value


Ends = Annotated[np.ndarray, _with_failures]
ByRate = Annotated[Mapping[float, float], _rates]


def _check_looks(name: str, things: Mapping[str, Any]) -> None:
    check_some(name, things)
    if strangers := [one for one in things if one not in LOOKS]:
        raise ValueError(f"{name} must be of {[*LOOKS]}: {strangers[0]!r} has no look")


@checked
@as_written
def steps_on_parabola(
    curvature: AboveNothing, rates: Sequence[AboveNothing], start: Number = 1.0, steps: Steps = 6
) -> tuple[Figure, np.ndarray]:
    """Gradient descent on ½ · curvature · x², a panel for each rate, the footprints joined.

    A step multiplies x by 1 − rate · curvature: below 2 / curvature it shrinks, above it grows.
    Introduced in notebook 10. Raises ValueError for no rate or more than four, a curvature or a
    rate that is not above 0, a start at 0, and steps that lead too far away.
    """
    check_some("rates", rates, 4)
    if start == 0:
        raise ValueError("start must not be 0, where there is nothing to go down to")
    times = np.abs(1 - curvature * np.asarray(rates, dtype=float)).clip(1)  # further in each step
    with np.errstate(over="ignore"):  # too far becomes infinity
        highest = curvature * (abs(start) * times**steps).max() ** 2
    if not highest <= LARGEST:
        raise ValueError(f"curvature, rates and start lead too far away: to a loss of {highest:g}")
    paths = [start * (1 - rate * curvature) ** np.arange(steps + 1) for rate in rates]
    titles = [f"rate {rate:g} = {rate * curvature:.2g} / curvature" for rate in rates]
    fig, axes = panels(titles, "x", "loss")
    reach = 1.1 * max(np.abs(path).max() for path in paths)
    x = np.linspace(-reach, reach, 201)
    for ax, path in zip(axes, paths, strict=True):
        ax.title.set_fontsize(10)
        ax.plot(x, curvature * x**2 / 2, color=GREY, linewidth=1)
        heights = curvature * path**2 / 2
        ax.plot(path, heights, color=ORANGE, marker="o", markersize=6, linewidth=1.5)
        ax.plot(path[0], heights[0], "o", color=ORANGE, markersize=12, fillstyle="none", mew=2)
        ax.plot(path[-1], heights[-1], "*", color=ORANGE, markersize=16, mec="white", mew=0.8)
    return fig, axes


@checked
@as_written
def loss_by_rate(
    losses: Mapping[str, ByRate], start_loss: AboveNothing, constant: AboveNothing, title: str
) -> tuple[Figure, Axes]:
    """The final loss of each optimizer of LOOKS by its rate, both axes logarithmic.

    losses: {optimizer: {rate: final loss}}. A run that is not below start_loss has failed: it is
    drawn as a cross above the curves. constant: the loss of the best constant, a dotted line.
    Raises ValueError for another optimizer or none, and a rate or a loss that is not above 0.
    """
    _check_looks("losses", losses)
    fig, ax = figure(title, "learning rate (logarithmic)", "final loss per cell (logarithmic)")
    for i, (name, by_rate) in enumerate(losses.items()):
        color, line, mark = LOOKS[name]
        rates = np.array(sorted(by_rate))
        values = np.array([by_rate[rate] for rate in rates])
        good = values < start_loss
        style = {"color": color, "linestyle": line, "marker": mark, "markersize": 7}
        ax.loglog(rates[good], values[good], **style, mec="white", mew=0.6, label=in_legend(name))
        # A row of its own for each, so that no cross hides another.
        ax.plot(rates[~good], [start_loss * 1.6 ** (i + 2)] * (~good).sum(), "x", color=color,
                markersize=8, mew=2)  # fmt: skip
    ax.axhline(constant, color=GREY, linestyle=":", linewidth=2, label="best constant")
    fig.legend(**OUTSIDE)
    return fig, ax


@checked
@as_written
def loss_by_step(
    curves: Mapping[str, AboveZero], constant: AboveNothing, title: str, xlabel: str = "step"
) -> tuple[Figure, Axes]:
    """The loss of each optimizer of LOOKS at every step, logarithmic, marked at eight of them.

    Raises ValueError for another optimizer or none, and a loss that is not above 0.
    """
    _check_looks("curves", curves)
    fig, ax = figure(title, xlabel, "loss per cell (logarithmic)")
    for i, (name, losses) in enumerate(curves.items()):
        color, line, mark = LOOKS[name]
        apart = max(len(losses) // 8, 1)
        every = (i * apart // len(curves), apart)  # not all at the same steps
        ax.semilogy(losses, color=color, linestyle=line, marker=mark, markevery=every,
                    markersize=7, mec="white", mew=0.6, label=in_legend(name))  # fmt: skip
    ax.axhline(constant, color=GREY, linestyle=":", linewidth=2, label="best constant")
    fig.legend(**OUTSIDE)
    return fig, ax


@checked
@as_written
def dots_on_log_axis(
    groups: Mapping[str, Mapping[str, Ends]],
    title: str,
    xlabel: str,
    line: tuple[str, AboveNothing] | None = None,
) -> tuple[Figure, Axes]:
    """A row for each name; in it, a dot for each number, in the colour and mark of its group.

    groups: {group: {row: numbers}}; the rows are those of the first group. Numbers that are not
    finite are left out, and counted at the right edge: "1 failed". line: (label, value) of a
    vertical line. Raises ValueError for no group or more than four, no row, a row that the first
    group has not, and a number that is not above 0.
    """
    check_some("groups", groups, len(COLORS))
    rows = list(next(iter(groups.values())))
    check_some("the rows of groups", rows)
    for group, by_row in groups.items():
        if strangers := [row for row in by_row if row not in rows]:
            raise ValueError(f"groups[{group!r}] has a row {strangers[0]!r}, the first group none")
    fig, ax = figure(title, xlabel, "")
    ax.set_xscale("log")
    failed = dict.fromkeys(rows, 0)
    for i, (group, by_row) in enumerate(groups.items()):
        xs, ys = [], []
        for row, numbers in by_row.items():
            finite = np.isfinite(numbers)
            kept = np.asarray(numbers)[finite]
            failed[row] += int((~finite).sum())
            xs += list(kept)
            ys += list(rows.index(row) + 0.24 * (np.arange(len(kept)) % 3 - (len(kept) > 1)))
        ax.plot(xs, ys, MARKS[i], color=COLORS[i], markersize=9, mec="white",
                label=in_legend(group), linestyle="none")  # fmt: skip
    for row, count in enumerate(failed.values()):
        if count:
            ax.annotate(f"{count} failed", (1, row), xycoords=("axes fraction", "data"),
                        ha="right", va="center", fontsize=9)  # fmt: skip
    if line is not None:
        ax.axvline(line[1], color=GREY, linestyle=":", linewidth=2, label=in_legend(line[0]))
    ax.set_yticks(range(len(rows)), rows)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    if len(groups) > 1 or line is not None:
        fig.legend(loc="outside lower center", ncols=len(groups) + 1, frameon=False)
    return fig, ax


@checked
@as_written
def limits(
    expected: AboveZero, found: AboveZero, labels: Sequence[str], title: str
) -> tuple[Figure, Axes]:
    """Largest stable rates (found) beside 2 / curvature (expected), and the line where they agree.

    expected, found: (n,) positive numbers; labels: a name for each of the n dots. Raises ValueError
    for other than as many of all three, or more than sixteen.
    """
    check_as_many("found", found, len(expected), "expected")
    check_as_many("labels", labels, len(expected), "expected")
    check_some("labels", labels, len(COLORS) * len(MARKS))
    fig, ax = figure(title, "2 / curvature at the start", "largest rate that does not diverge")
    ends = np.array([0.5 * min(expected), 2.5 * max(expected)])
    ax.loglog(ends, ends, color=GREY, linestyle="--")
    for i, (x, y, label) in enumerate(zip(expected, found, labels, strict=True)):
        color, mark = (COLORS * len(labels))[i], (MARKS * len(labels))[i % 4 + i // 4]
        ax.plot(x, y, mark, color=color, markersize=11, mec="white", label=in_legend(label),
                linestyle="none")  # fmt: skip
    fig.legend(**OUTSIDE)
    return fig, ax
