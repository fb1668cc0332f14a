import numpy as np
import pytest

from scratch import plots


def labels(fig):
    return [text.get_text() for text in fig.legends[0].get_texts()]


def test_loss_curves_stand_beside_the_best_constant():
    fig, ax = plots.loss_curves({"a": [1.0, 0.1], "b": [2.0, 0.2]}, 0.0044, "title")
    assert [list(line.get_ydata()) for line in ax.lines] == [[1.0, 0.1], [2.0, 0.2], [0.0044] * 2]
    assert ax.get_yscale() == "log"
    assert labels(fig) == ["a", "b", "best constant (0.0044)"]


def test_the_cheapest_constant_is_where_its_curve_is_lowest():
    _, ax = plots.constant_costs({"a": (5 / 9, 0.1), "b": (0.1, 1.0)}, "title")
    for curve, dot in zip(ax.lines[::2], ax.lines[1::2], strict=True):
        lowest = curve.get_ydata().argmin()
        assert abs(curve.get_xdata()[lowest] - dot.get_xdata()[0]) <= 0.005
        assert dot.get_ydata()[0] <= curve.get_ydata()[lowest]
    # Nine cells, of which five are ones: 4 zeros cost 0.1 each at c = 1, the ones 1 each at c = 0.
    by_c = dict(zip(ax.lines[0].get_xdata().round(2), ax.lines[0].get_ydata(), strict=True))
    assert np.allclose([9 * by_c[1.0], 9 * by_c[0.0]], [0.4, 5.0])


def test_a_reconstruction_shows_the_cells_of_one_user_and_shades_the_hidden_one():
    observed, predicted = np.array([1, 0, 0]), np.array([0.9, 0.3, -0.2])
    fig, ax = plots.reconstruction(observed, {"model": predicted}, ["a", "b", "c" * 40], "t", 1)
    assert [list(line.get_xdata()) for line in ax.lines] == [[1, 0, 0], [0.9, 0.3, -0.2]]
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names[:2] == ["a", "b"] and len(names[2]) == 28
    assert labels(fig) == ["hidden from the fit", "in the matrix", "model"]
    assert ax.patches[0].get_y() == 0.5


def test_a_reconstruction_with_nothing_hidden_shades_nothing():
    fig, ax = plots.reconstruction(np.array([1, 0]), {"m": np.array([0.9, 0.3])}, ["a", "b"], "t")
    assert len(ax.patches) == 0 and labels(fig) == ["in the matrix", "m"]


def test_histograms_of_unequal_groups_are_shares():
    groups = {"few": np.array([0.0, 1.0]), "many": np.linspace(0, 1, 100)}
    _, ax = plots.score_histograms(groups, "title", "score", bins=4)
    shares = [patch.get_data().values for patch in ax.patches[::2]]
    assert np.allclose(shares[0], [0.5, 0, 0, 0.5])
    assert np.allclose(shares[1], 0.25)


def test_the_area_is_the_share_of_the_others_that_are_beaten():
    shares = np.array([0.0, 0.25, 0.5, 0.25])
    fig, ax = plots.found_on_the_way_down({"model": shares}, "title")
    x, y = ax.lines[0].get_data()
    area = (np.diff(x) * y[:-1]).sum()  # steps: the height before each move to the right
    assert area == 1 - shares.mean() == 0.75
    assert labels(fig)[0] == "model: area 0.75"


def test_ten_thousand_bins_are_drawn_and_those_that_are_as_narrow_as_can_be():
    _, ax = plots.score_histograms({"one": [0.0, 1.0]}, "t", "x", bins=10_000)
    assert len(ax.patches[0].get_data().values) == 10_000
    plots.score_histograms({"one": [1e9, 1e9 - 1]}, "t", "x")
    with pytest.raises(ValueError, match="too narrow"):
        plots.score_histograms({"one": [1e9, 1e9 - 0.9]}, "t", "x")
    with pytest.raises(ValueError, match="too narrow"):
        plots.score_histograms({"one": [-1e9, 0.9 - 1e9]}, "t", "x")
