import itertools

import numpy as np
import pytest
from matplotlib.text import Text

from scratch import plots

U = np.array([[2.0, 0.5], [0.5, 2.0], [1.0, 1.0]])
V = np.array([[2.3, 0.6], [0.4, 2.2]])
NAMES = {"users": ["a", "b", "c"], "movies": ["x", "y"]}


def frames(ax):
    """(left, top, width, height) of what has an orange frame."""
    lit = [patch for patch in ax.patches if not patch.get_fill()]
    return [(*patch.get_xy(), patch.get_width(), patch.get_height()) for patch in lit]


def test_the_blocks_of_a_product_hold_its_numbers_and_names():
    _, ax = plots.product_blocks(U, V, "t", lit=(1, 0), **NAMES)
    texts = [text.get_text() for text in ax.texts]
    numbers = [f"{value:.1f}" for table in (U, V.T, U @ V.T) for value in table.ravel()]
    assert [text for text in texts if text[0].isdigit()] == numbers
    assert texts[-6:] == ["a", "b", "c", "x", "y", "U Vᵀ"]
    assert {"U", "Vᵀ"} < set(texts)


def test_the_lit_cell_is_where_the_lit_row_meets_the_lit_column():
    _, ax = plots.product_blocks(U, V, "t", lit=(2, 1), **NAMES)
    row, column, cell = frames(ax)
    assert row[2:] == (2, 1) and column[2:] == (1, 2) and cell[2:] == (1, 1)
    assert cell[1] == row[1] and cell[0] == column[0]
    numbers = {
        text.get_position(): text.get_text() for text in ax.texts if text.get_text()[0].isdigit()
    }
    assert numbers[(cell[0] + 0.5, cell[1] + 0.5)] == "2.6", "1 · 0.4 + 1 · 2.2"


def test_both_tables_of_a_product_need_k_columns():
    with pytest.raises(ValueError, match="2 columns and V has 1"):
        plots.product_blocks(U, V[:, :1], "t", lit=(0, 0), **NAMES)


def test_moving_points_show_every_step_and_every_name():
    tracks = np.random.default_rng(0).normal(size=(5, 3, 2))
    fig, ax = plots.moving_points(tracks, ["a", "b", "c"], "t", "x", "y", cloud=np.zeros((7, 2)))
    ways, starts = ax.get_lines()[::2], ax.get_lines()[1::2]
    assert [way.get_xydata().tolist() for way in ways] == tracks.swapaxes(0, 1).tolist()
    assert [start.get_xydata()[0].tolist() for start in starts] == tracks[0].tolist()
    assert len(ax.collections[0].get_offsets()) == 7
    assert np.array_equal(ax.collections[1].get_offsets(), tracks[-1])
    fig.canvas.draw()
    assert [text.get_text() for text in ax.texts] == ["a", "b", "c"]


def test_names_of_points_that_end_together_do_not_overlap():
    tracks = np.zeros((2, 9, 2))
    tracks[1, 0] = -1, -1
    fig, ax = plots.moving_points(tracks, [f"film {i}" for i in range(9)], "t", "x", "y")
    fig.canvas.draw()
    boxes = [Text.get_window_extent(text) for text in ax.texts]  # without its line
    heights = sorted((box.y0, box.y1) for box in boxes)
    assert all(below[1] <= above[0] for below, above in itertools.pairwise(heights))
    assert max(box.y1 for box in boxes) <= ax.bbox.y1 + 10


def test_moving_points_need_a_name_each():
    with pytest.raises(
        ValueError, match="labels must be one for each of 2 points of tracks, got 1"
    ):
        plots.moving_points(np.zeros((3, 2, 2)), ["a"], "t", "x", "y")


def test_predicted_stars_get_a_box_for_each_value_given():
    actual = np.array([1.0, 1.0, 1.0, 4.0, 4.0])
    predicted = np.array([2.0, 3.0, 2.5, 4.0, 3.0])
    _, ax = plots.stars_by_stars(predicted, actual, "t")
    medians = [line for line in ax.lines if line.get_color() == plots.ORANGE]
    assert [line.get_ydata()[0] for line in medians] == [2.5, 3.5]
    assert [line.get_xdata().mean() for line in medians] == [1.0, 4.0]
    assert [text.get_text() for text in ax.texts] == ["3 ratings", "2 ratings"]
    (diagonal,) = [line for line in ax.lines if line.get_label() == "perfect"]
    assert np.array_equal(diagonal.get_xdata(), diagonal.get_ydata())
