import numpy as np
import pandas as pd
import pytest

from scratch import plots


def parts_of(ax):
    """The dots of each row, and the bars at their middles."""
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    bars = [line for line in ax.lines if line.get_color() == "black"]
    return dots, bars


def names_of(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def test_every_result_is_a_dot_and_every_median_a_bar():
    results = pd.DataFrame({0: [1.0, 4.0], 1: [2.0, 5.0], 2: [6.0, 9.0]}, index=["all", "none"])
    fig, ax = plots.dots_by_row(results, "t", "error", {"mean": 3.0}, highlighted="all")
    (dots_all, dots_none), (bar_all, bar_none) = parts_of(ax)
    assert dots_all.get_xdata().tolist() == [1, 2, 6]
    assert dots_none.get_xdata().tolist() == [4, 5, 9]
    assert set(bar_all.get_xdata()) == {2} and set(bar_none.get_xdata()) == {5}
    assert [text.get_text() for text in ax.texts] == ["2.000", "5.000"]
    assert dots_all.get_color() != dots_none.get_color()
    assert names_of(ax) == ["all", "none"]
    assert fig.legends[0].get_texts()[0].get_text() == "mean (3.000)"
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first row on top


def test_the_bar_can_stand_at_the_mean():
    results = pd.DataFrame([[0.1, 0.2, 0.6]], index=["a"])
    _, ax = plots.dots_by_row(results, "t", "recall", middle="mean")
    assert parts_of(ax)[1][0].get_xdata()[0] == pytest.approx(0.3)


@pytest.mark.parametrize(("middle", "expected"), [("mean", 0.4), ("median", 0.3)])
def test_the_middle_of_a_row_is_that_of_the_numbers_which_are_there(middle, expected):
    results = {"one": [0.1, np.nan, 0.3, 0.8]}
    _, ax = plots.dots_by_row(results, "t", "x", middle=middle, right=1.0)
    (bar,) = parts_of(ax)[1]
    assert bar.get_xdata()[0] == pytest.approx(expected)


def test_a_split_stands_at_the_same_height_in_every_row():
    results = pd.DataFrame([[0.1, 0.1, 0.3], [0.2, 0.4, 0.2]], index=["a", "b"])
    _, ax = plots.dots_by_row(results, "t", "recall")
    first, second = (line.get_ydata() for line in parts_of(ax)[0])
    assert len(set(first)) == 3, "equal numbers stay apart"
    assert np.allclose(second - first, 1)


def test_a_single_number_stands_in_the_middle_of_its_row():
    _, ax = plots.dots_by_row({"one": [0.7]}, "t", "x")
    assert parts_of(ax)[0][0].get_ydata().tolist() == [0]


def test_numbers_beyond_the_edge_are_counted():
    errors = {"one": [0.7, 0.8, 0.75, 5.0], "two": [0.9, 0.9]}
    fig, ax = plots.dots_by_row(errors, "t", "x", {"biases": 0.72}, right=1.0)
    assert [sorted(line.get_xdata()) for line in parts_of(ax)[0]] == [[0.7, 0.75, 0.8], [0.9, 0.9]]
    assert "1 beyond" in [text.get_text() for text in ax.texts]
    assert names_of(ax) == ["one", "two"]
    assert [text.get_text() for text in fig.legends[0].get_texts()] == ["biases (0.720)"]
    assert ax.get_xlim()[1] == 1.0


def test_without_an_edge_all_are_shown():
    _, ax = plots.dots_by_row({"one": [0.7, 5.0]}, "t", "x")
    assert max(parts_of(ax)[0][0].get_xdata()) == 5.0


@pytest.mark.parametrize("results", [7, "ab", [[1.0]], None])
def test_results_have_names(results):
    with pytest.raises(TypeError, match=r"^results must be a table, or a dictionary of numbers by"):
        plots.dots_by_row(results, "t", "x")


def test_the_largest_numbers_that_can_be_drawn():
    _, ax = plots.dots_by_row({"one": [1e100, -1e100]}, "t", "x")
    assert parts_of(ax)[0][0].get_xdata().tolist() == [1e100, -1e100]


def test_a_row_that_lies_beyond_the_edge_leaves_no_empty_artist_behind():
    fig, ax = plots.dots_by_row({"one": [0.7], "two": [9.0]}, "t", "x", {"biases": 0.72}, right=1.0)
    assert all(len(line.get_xdata()) for line in ax.lines)
    assert [text.get_text() for text in ax.texts] == ["0.700", "1 beyond"]
    fig.canvas.draw()
    assert ax.get_position().height > 0.6, "an artist without a place would squeeze the axes"


def test_many_rows_get_a_taller_figure():
    few, many = ({str(i): [1.0] for i in range(n)} for n in (3, 12))
    heights = [plots.dots_by_row(rows, "t", "x")[0].get_size_inches()[1] for rows in (few, many)]
    assert heights[0] == plots.SIZE[1] < heights[1]
