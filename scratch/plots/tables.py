"""Tables as pictures: a coloured cell for each number."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from scratch.checking import MaskArray, checked
from scratch.plots.drawable import Cells, Label, NumberFormat, check_as_many
from scratch.plots.style import BLUE, GREY, ORANGE, as_written, cut, figure

# White is nothing; missing values are grey, so that 0 and "not known" stay apart.
WHITE_TO_BLUE = LinearSegmentedColormap.from_list("white to blue", ["white", BLUE])
WHITE_TO_BLUE = WHITE_TO_BLUE.with_extremes(bad="#e6e6e6")
UPRIGHT = 4  # letters of a column's name that stand side by side without being turned
ROOM = 26  # letters of a column's name; longer ones are cut


@checked
@as_written
def heat_map(
    table: Cells,
    title: str,
    xlabel: str,
    ylabel: str,
    *,
    row_labels: Sequence[Label] | None = None,
    column_labels: Sequence[Label] | None = None,
    marked: MaskArray | None = None,
    numbers: NumberFormat | None = None,
    colorbar: str | None = None,
) -> tuple[Figure, Axes]:
    """A table (rows, columns) as cells from white (the lowest) to blue; NaN is light grey.

    row_labels and column_labels name the rows and columns. marked: (rows, columns) booleans, cells
    that get an orange frame. numbers: a format such as ".1f", to write each number into its cell.
    colorbar: the label of a bar that explains the colours. Raises TypeError or ValueError for what
    is no table of numbers, or has none but NaN, for labels and marks that do not fit, and numbers
    that are no format.
    """
    if np.isnan(table).all():
        raise ValueError("table has no number at all, only NaN: there is nothing to draw")
    for name, labels, size in (
        ("row_labels", row_labels, table.shape[0]), ("column_labels", column_labels, table.shape[1])
    ):  # fmt: skip
        if labels is not None:
            check_as_many(name, labels, size, f"{name.split('_')[0]}s of table")
    if marked is not None and marked.shape != table.shape:
        raise ValueError(f"marked must have the table's shape {table.shape}, got {marked.shape}")
    fig, ax = figure(title, xlabel, ylabel)
    ax.grid(False)
    ax.spines[:].set_visible(True)
    ax.spines[:].set_color(GREY)
    image = ax.imshow(table, cmap=WHITE_TO_BLUE, aspect="auto", interpolation="nearest")
    if row_labels is not None:
        ax.set_yticks(range(len(row_labels)), list(map(str, row_labels)), fontsize=9)
    if column_labels is not None:
        names = [cut(str(label), ROOM) for label in column_labels]
        ax.set_xticks(range(len(names)), names, fontsize=9)
        if max(map(len, names)) > UPRIGHT:
            ax.tick_params(axis="x", labelrotation=60)
            plt.setp(ax.get_xticklabels(), ha="right", rotation_mode="anchor")
    if numbers is not None:
        middle = (np.nanmin(table) + np.nanmax(table)) / 2
        for (row, column), value in np.ndenumerate(table):
            if np.isfinite(value):
                color = "white" if value > middle else "black"
                ax.text(column, row, f"{value:{numbers}}", ha="center", va="center", color=color)
    if marked is not None:
        rows, columns = np.nonzero(marked)
        for row, column in zip(rows, columns, strict=True):
            x, y = column - 0.5, row - 0.5
            ax.plot([x, x + 1, x + 1, x, x], [y, y, y + 1, y + 1, y], color=ORANGE, linewidth=2)
    if colorbar is not None:
        fig.colorbar(image, label=colorbar)
    return fig, ax
