"""Learning rates as pictures: steps on a parabola, losses by rate and by step, starts compared."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scratch.plots.style import BLUE, COLORS, GREEN, GREY, ORANGE, PURPLE, figure, panels

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


def steps_on_parabola(
    curvature: float, rates: Sequence[float], start: float = 1.0, steps: int = 6
) -> tuple[Figure, np.ndarray]:
    """Gradient descent on ½ · curvature · x², a panel for each rate, the footprints joined.

    A step multiplies x by 1 − rate · curvature: below 2 / curvature it shrinks, above it grows.
    Introduced in notebook 10.
    """
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


def loss_by_rate(
    losses: Mapping[str, Mapping[float, float]], start_loss: float, constant: float, title: str
) -> tuple[Figure, Axes]:
    """The final loss of each optimizer of LOOKS by its rate, both axes logarithmic.

    losses: {optimizer: {rate: final loss}}. A run that is not below start_loss has failed: it is
    drawn as a cross above the curves. constant: the loss of the best constant, a dotted line.
    """
    fig, ax = figure(title, "learning rate (logarithmic)", "final loss per cell (logarithmic)")
    for i, (name, by_rate) in enumerate(losses.items()):
        color, line, mark = LOOKS[name]
        rates = np.array(sorted(by_rate), dtype=float)
        values = np.array([by_rate[rate] for rate in rates], dtype=float)
        good = values < start_loss
        style = {"color": color, "linestyle": line, "marker": mark, "markersize": 7}
        ax.loglog(rates[good], values[good], **style, mec="white", mew=0.6, label=name)
        # A row of its own for each, so that no cross hides another.
        ax.plot(rates[~good], [start_loss * 1.6 ** (i + 2)] * (~good).sum(), "x", color=color,
                markersize=8, mew=2)  # fmt: skip
    ax.axhline(constant, color=GREY, linestyle=":", linewidth=2, label="best constant")
    fig.legend(**OUTSIDE)
    return fig, ax


def loss_by_step(
    curves: Mapping[str, Sequence[float]], constant: float, title: str, xlabel: str = "step"
) -> tuple[Figure, Axes]:
    """The loss of each optimizer of LOOKS at every step, logarithmic, marked at eight of them."""
    fig, ax = figure(title, xlabel, "loss per cell (logarithmic)")
    for i, (name, losses) in enumerate(curves.items()):
        color, line, mark = LOOKS[name]
        apart = max(len(losses) // 8, 1)
        every = (i * apart // len(curves), apart)  # not all at the same steps
        ax.semilogy(losses, color=color, linestyle=line, marker=mark, markevery=every,
                    markersize=7, mec="white", mew=0.6, label=name)  # fmt: skip
    ax.axhline(constant, color=GREY, linestyle=":", linewidth=2, label="best constant")
    fig.legend(**OUTSIDE)
    return fig, ax


def dots_on_log_axis(
    groups: Mapping[str, Mapping[str, Sequence[float]]],
    title: str,
    xlabel: str,
    line: tuple[str, float] | None = None,
) -> tuple[Figure, Axes]:
    """A row for each name; in it, a dot for each number, in the colour and mark of its group.

    groups: {group: {row: numbers}}; the rows are those of the first group. Numbers that are not
    finite are left out, and counted at the right edge: "1 failed". line: (label, value) of a
    vertical line.
    """
    fig, ax = figure(title, xlabel, "")
    rows = list(next(iter(groups.values())))
    ax.set_xscale("log")
    failed = dict.fromkeys(rows, 0)
    for i, (group, by_row) in enumerate(groups.items()):
        xs, ys = [], []
        for row, numbers in by_row.items():
            finite = np.isfinite(numbers)
            kept = np.asarray(numbers, dtype=float)[finite]
            failed[row] += int((~finite).sum())
            xs += list(kept)
            ys += list(rows.index(row) + 0.24 * (np.arange(len(kept)) % 3 - (len(kept) > 1)))
        ax.plot(xs, ys, MARKS[i], color=COLORS[i], markersize=9, mec="white", label=group,
                linestyle="none")  # fmt: skip
    for row, count in enumerate(failed.values()):
        if count:
            ax.annotate(f"{count} failed", (1, row), xycoords=("axes fraction", "data"),
                        ha="right", va="center", fontsize=9)  # fmt: skip
    if line is not None:
        ax.axvline(line[1], color=GREY, linestyle=":", linewidth=2, label=line[0])
    ax.set_yticks(range(len(rows)), rows)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    if len(groups) > 1 or line is not None:
        fig.legend(loc="outside lower center", ncols=len(groups) + 1, frameon=False)
    return fig, ax


def limits(
    expected: Sequence[float], found: Sequence[float], labels: Sequence[str], title: str
) -> tuple[Figure, Axes]:
    """Largest stable rates (found) beside 2 / curvature (expected), and the line where they agree.

    expected, found: (n,) positive numbers; labels: a name for each of the n dots.
    """
    fig, ax = figure(title, "2 / curvature at the start", "largest rate that does not diverge")
    ends = np.array([0.5 * min(expected), 2.5 * max(expected)])
    ax.loglog(ends, ends, color=GREY, linestyle="--")
    for i, (x, y, label) in enumerate(zip(expected, found, labels, strict=True)):
        color, mark = (COLORS * len(labels))[i], (MARKS * len(labels))[i % 4 + i // 4]
        ax.plot(x, y, mark, color=color, markersize=11, mec="white", label=label, linestyle="none")
    fig.legend(**OUTSIDE)
    return fig, ax
