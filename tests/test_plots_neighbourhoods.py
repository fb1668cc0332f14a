import numpy as np
import pytest
from matplotlib.patches import Arc

from scratch import plots
from scratch.similarity import cosine_similarity


def test_arrows_are_as_long_as_the_vectors_and_as_far_apart_as_their_angle():
    _, axes = plots.angles({"half": ([1, 1, 0], [1, 0, 1]), "none": ([3, 0], [0, 4])})
    for ax, lengths, angle in ((axes[0], (2**0.5, 2**0.5), 60), (axes[1], (3, 4), 90)):
        ends = [np.array(text.xy) for text in ax.texts if text.get_text() == ""]
        assert [np.linalg.norm(end) for end in ends] == pytest.approx(lengths)
        cosine = ends[0] @ ends[1] / lengths[0] / lengths[1]
        assert cosine == pytest.approx(np.cos(np.radians(angle)))
        (arc,) = [patch for patch in ax.patches if isinstance(patch, Arc)]
        assert arc.theta2 - arc.theta1 == pytest.approx(angle)
    assert axes[0].texts[-1].get_text() == "60°, cosine 0.5"
    assert [ax.get_title() for ax in axes] == ["half", "none"]


def test_rounding_leads_to_no_angle_below_0_or_above_180():
    one, opposite = [-0.7, -0.1, 0.8], [0.7, 0.1, -0.8]
    assert cosine_similarity(one, opposite) < -1
    _, axes = plots.angles({"opposite": (one, opposite), "same": (opposite, opposite)})
    assert [ax.texts[-1].get_text() for ax in axes] == ["180°, cosine -1", "0°, cosine 1"]


def test_a_vector_of_zeros_has_no_angle():
    with pytest.raises(ValueError, match=r"'nobody'\]: a vector of zeros"):
        plots.angles({"nobody": ([1, 1], [0, 0])})


def test_votes_are_added_up_and_the_highest_sum_comes_first():
    neighbors = {"A": 2.0, "B": 1.5}
    _, ax = plots.votes("me", neighbors, {"A": ["x"], "B": ["y", "x", "z"]}, "title", ".1f")
    texts = [text.get_text() for text in ax.texts if text.get_text()]
    assert texts == ["A\n2.0", "B\n1.5", "me", "3.5  x", "1.5  y", "1.5  z"]
    arrows = [text.arrow_patch for text in ax.texts if text.get_text() == ""]
    assert len(arrows) == 2 + 4
    assert arrows[0].get_linewidth() > arrows[2].get_linewidth()


def test_the_framed_column_becomes_the_framed_row():
    table = np.array([[1, 0, 1], [0, 1, 1]])
    _, axes = plots.on_its_side(table, ["a", "b"], ["x", "y", "z"], column=2)
    assert np.array_equal(axes[0].images[0].get_array(), table)
    assert np.array_equal(axes[1].images[0].get_array(), table.T)
    assert [label.get_text() for label in axes[1].get_yticklabels()] == ["x", "y", "z"]
    assert axes[0].lines[0].get_xdata().mean() == pytest.approx(1.9)  # 1.5, 2.5, 2.5, 1.5, 1.5
    assert set(axes[0].lines[0].get_ydata()) == {-0.5, 1.5}
    assert set(axes[1].lines[0].get_ydata()) == {1.5, 2.5}
    assert set(axes[1].lines[0].get_xdata()) == {-0.5, 1.5}
