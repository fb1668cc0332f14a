"""What is looked up, how a network computes, and where many starts of it end."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import ConnectionPatch, Rectangle

from scratch.checking import Size, check_below, checked
from scratch.plots.drawable import Number, Table, check_as_many, check_some
from scratch.plots.style import BLUE, GREY, ORANGE, as_written, figure, panels
from scratch.plots.tables import WHITE_TO_BLUE


@checked
@as_written
def embedding_lookup(
    U: Table,
    V: Table,
    user: Size,
    movie: Size,
    user_labels: Sequence[str],
    movie_labels: Sequence[str],
) -> tuple[Figure, np.ndarray]:
    """Two tables (users, k) and (movies, k), one row of each lit, and their dot product.

    user_labels and movie_labels name the rows. The panel in the middle has the two rows, one above
    the other, and below them their products, number by number, and the sum. Raises ValueError
    for tables of different widths or other than one label for each row, IndexError for a row that
    is not there.
    """
    if U.shape[1] != V.shape[1]:
        raise ValueError(f"U has {U.shape[1]} columns and V has {V.shape[1]}: both need k")
    check_as_many("user_labels", user_labels, len(U), "rows of U")
    check_as_many("movie_labels", movie_labels, len(V), "rows of V")
    check_below("user", np.array([user]), len(U), "U")
    check_below("movie", np.array([movie]), len(V), "V")
    titles = ["U: a row for each user", "one prediction", "V: a row for each movie"]
    fig, axes = panels(titles, "", "")
    high, k, rows = max(U.max(), V.max()), U.shape[1], max(len(U), len(V), 4)
    products = U[user] * V[movie]
    _table(axes[0], U, high)
    _table(axes[1], np.array([U[user], V[movie], products]), high)
    _table(axes[2], V, high)
    for i, label in enumerate(user_labels):
        axes[0].text(-0.6, i, label, ha="right", va="center", fontsize=9)
    for i, label in enumerate(movie_labels):
        axes[2].text(k - 0.4, i, label, ha="left", va="center", fontsize=9)
    for i, label in enumerate(("", "×", "=")):
        axes[1].text(-0.6, i, label, ha="right", va="center", fontsize=12)
    axes[1].text(
        (k - 1) / 2, 3, f"sum {products.sum():.2f}", ha="center", va="center",
        fontsize=13, color=ORANGE, weight="bold",
    )  # fmt: skip
    axes[0].add_patch(_frame(user, k))
    axes[2].add_patch(_frame(movie, k))
    for ax, room in zip(axes, ((1.8, 0.3), (1.2, 1.2), (0.3, 1.8)), strict=True):
        ax.set_xlim(-0.5 - room[0], k - 0.5 + room[1])
        ax.set_ylim(rows - 0.4, -0.6)
        ax.set_axis_off()
    for start, start_ax, end in (
        ((k - 0.5, user), axes[0], (-0.5, 0)),
        ((-0.5, movie), axes[2], (k - 0.5, 1)),
    ):
        arrow = ConnectionPatch(
            start, end, "data", "data", axesA=start_ax, axesB=axes[1], arrowstyle="-|>",
            color=ORANGE, linewidth=1.5, mutation_scale=14, shrinkA=4, shrinkB=4, zorder=5,
        )  # fmt: skip
        fig.add_artist(arrow)
    return fig, axes


@checked
@as_written
def network_diagram(
    layers: Sequence[Sequence[Number]],
    weights: Sequence[Table],
    names: Sequence[Sequence[str]],
    title: str,
) -> tuple[Figure, Axes]:
    """Circles in columns, one column per layer, and a line for every weight that is not 0.

    layers: the numbers in the circles. weights: one matrix (numbers of the next layer, numbers of
    this one) for each step to the next layer; a positive weight is blue, a negative one orange and
    dashed, and thicker the larger it is. names: what stands under each circle.
    Raises ValueError for layers, weights and names that do not fit together.
    """
    check_some("layers", layers)
    for i, layer in enumerate(layers):
        check_some(f"layers[{i}]", layer)
    check_as_many("weights", weights, len(layers) - 1, "steps to the next of the layers")
    check_as_many("names", names, len(layers), "layers")
    for i, (layer, labels) in enumerate(zip(layers, names, strict=True)):
        check_as_many(f"names[{i}]", labels, len(layer), f"circles of layers[{i}]")
    for i, matrix in enumerate(weights):
        wanted = len(layers[i + 1]), len(layers[i])
        if np.shape(matrix) != wanted:
            raise ValueError(f"weights[{i}] must be of shape {wanted}, got {np.shape(matrix)}")
    fig, ax = figure(title, "", "")
    places = [
        [(column, len(layer) / 2 - row - 0.5) for row in range(len(layer))]
        for column, layer in enumerate(layers)
    ]
    for column, matrix in enumerate(weights):
        for (to, origin), weight in np.ndenumerate(np.asarray(matrix)):
            if weight == 0:
                continue
            (x, y), (x_to, y_to) = places[column][origin], places[column + 1][to]
            ax.plot(
                [x, x_to], [y, y_to], color=BLUE if weight > 0 else ORANGE, zorder=1,
                linestyle="-" if weight > 0 else "--", linewidth=1 + abs(weight),
            )  # fmt: skip
            # Each near its own end, so that the numbers of lines that meet stay apart.
            ax.text(
                x + 0.3, y + 0.3 * (y_to - y), f"{weight:g}".replace("-", "−"),
                fontsize=10, zorder=2, ha="center", va="center", bbox={"color": "white", "pad": 1},
            )  # fmt: skip
    for column, (layer, labels) in enumerate(zip(layers, names, strict=True)):
        for (x, y), value, label in zip(places[column], layer, labels, strict=True):
            ax.plot(x, y, "o", markersize=34, color="white", markeredgecolor=GREY, zorder=3)
            ax.text(
                x,
                y,
                f"{value:g}".replace("-", "−"),
                ha="center",
                va="center",
                fontsize=11,
                zorder=4,
            )
            ax.text(x, y - 0.42, label, ha="center", va="top", fontsize=9, zorder=4)
    tallest = max(map(len, layers)) / 2
    ax.set_xlim(-0.4, len(layers) - 0.6)
    ax.set_ylim(-tallest - 0.35, tallest)
    ax.set_axis_off()
    return fig, ax


def _table(ax: Axes, table: np.ndarray, high: float) -> None:
    ax.imshow(table, cmap=WHITE_TO_BLUE, vmin=0, vmax=1.6 * high, aspect="auto")
    for (row, column), value in np.ndenumerate(table):
        ax.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=10)


def _frame(row: float, width: float) -> Rectangle:
    return Rectangle((-0.5, row - 0.5), width, 1, fill=False, edgecolor=ORANGE, linewidth=2.5)
