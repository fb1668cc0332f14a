import numpy as np

from scratch import plots

U = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])
V = np.array([[0.5, 0.1, 0.0], [0.2, 0.3, 0.4], [0.9, 0.8, 0.7]])


def test_the_lookup_shows_both_tables_the_two_rows_and_their_dot_product():
    fig, axes = plots.embedding_lookup(U, V, 1, 2, ["a", "b"], ["x", "y", "z"])
    shown = [ax.images[0].get_array() for ax in axes]
    assert np.array_equal(shown[0], U) and np.array_equal(shown[2], V)
    assert np.allclose(shown[1], [U[1], V[2], U[1] * V[2]])
    assert f"sum {U[1] @ V[2]:.2f}" in [text.get_text() for text in axes[1].texts]
    assert [ax.patches[0].get_y() for ax in axes[::2]] == [0.5, 1.5]  # the frames of rows 1 and 2
    assert tuple(fig.get_size_inches()) == plots.SIZE


def test_the_diagram_has_a_circle_for_each_number_and_a_line_for_each_weight():
    W, w = np.array([[1.0, 0.0, -2.0]]), np.array([[0.5]])
    _, ax = plots.network_diagram(
        [[1, 2, 3], [4], [5]], [W, w], [["a", "b", "c"], ["h"], ["r"]], "t"
    )
    circles = [line for line in ax.lines if line.get_marker() == "o"]
    weights = [line for line in ax.lines if line.get_marker() == "None"]
    assert len(circles) == 5
    assert [line.get_linestyle() for line in weights] == ["-", "--", "-"]
    texts = {text.get_text() for text in ax.texts}
    assert {"1", "2", "3", "4", "5", "−2", "0.5", "a", "h", "r"} <= texts
