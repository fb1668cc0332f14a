import numpy as np
import pytest

from scratch import plots


def test_the_tables_of_the_movies_add_up_to_the_last_one():
    V = np.array([[1.0, 1.0], [2.0, 0.0], [0.0, 3.0]])
    fig, axes = plots.outer_products(V, "title")
    shown = [ax.images[0].get_array() for ax in axes]
    assert np.array_equal(sum(shown[:-1]), shown[-1])
    assert np.array_equal(shown[-1], V.T @ V)
    assert fig.get_suptitle() == "title"


def test_growth_has_a_line_for_each_name_and_one_in_proportion():
    _, ax = plots.growth([10, 100], {"a": [1, 2], "b": [3, 30]}, "title", "x", "y")
    lines = [line.get_ydata().tolist() for line in ax.lines]
    assert lines[:2] == [[1, 2], [3, 30]]
    assert lines[2][1] / lines[2][0] == pytest.approx(10)
    assert {text.get_text() for text in ax.texts} == {"a", "b", "in proportion"}
    assert ax.get_xscale() == ax.get_yscale() == "log"
