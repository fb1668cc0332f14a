import numpy as np
import pytest
from matplotlib.colors import to_hex

from scratch import plots


def test_beliefs_show_each_density_and_its_mean():
    grid = np.linspace(0, 1, 101)
    _, ax = plots.beliefs(grid, {"even": np.ones(101), "high": grid**2}, "title", "p")
    curves = [line for line in ax.lines if len(line.get_xdata()) == 101]
    assert np.array_equal(curves[1].get_ydata(), grid**2)
    means = [line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 1]
    np.testing.assert_allclose(means, [0.5, 0.7525], atol=1e-2)


def test_clouds_have_ellipses_along_the_covariance():
    covariance = np.array([[2.0, 1.0], [1.0, 2.0]])  # √3 long at 45°, and 1 across it
    draws = np.array([[0.0, 1.0], [2.0, 3.0]])
    _, (ax,) = plots.clouds({"a": (np.array([1.0, 2.0]), covariance, draws)}, ("x", "y"), "title")
    outer, inner = ax.patches
    assert np.isclose(inner.angle % 180, 45)
    np.testing.assert_allclose([inner.width, inner.height], [2 * 3**0.5, 2])
    np.testing.assert_allclose([outer.width, outer.height], [4 * 3**0.5, 4])
    assert np.array_equal(ax.lines[0].get_xydata(), draws) and ax.lines[0].get_linestyle() == "None"


DRAWS = np.array([[0.0, 1.0], [2.0, 3.0]])


@pytest.mark.parametrize("variances", [(0.0, 1.0), (-9e-10, 1.0), (0.0, 0.0)])
def test_a_variance_of_0_is_drawn_though_it_may_be_computed_as_a_little_less(variances):
    likely = {"a": (np.zeros(2), np.diag(variances), DRAWS)}
    _, (ax,) = plots.clouds(likely, ("x", "y"), "title")
    length = 2 * variances[1]  # of one standard deviation to each side
    assert [(p.width, p.height) for p in ax.patches] == [(2 * length, 0), (length, 0)]


def test_a_variance_below_0_is_refused():
    likely = {"a": (np.zeros(2), np.diag([-1.1e-9, 1.0]), DRAWS)}
    with pytest.raises(ValueError, match=r"must be a covariance, and has a variance below 0"):
        plots.clouds(likely, ("x", "y"), "title")


def test_a_path_joins_the_draws_and_marks_its_start():
    likely = {"a": (np.zeros(2), np.eye(2), np.array([[3.0, 1.0], [0.0, 0.0]]))}
    _, (ax,) = plots.clouds(likely, ("x", "y"), "title", path=True)
    assert ax.lines[0].get_linestyle() == "-"
    assert ax.lines[-1].get_xydata().tolist() == [[3, 1]]


def test_draws_average_and_baselines():
    _, ax = plots.draws_and_average(np.array([3.0, 4.0]), np.array([3.0, 2.0]), {"rival": 2.5}, "t")
    assert [list(line.get_ydata()) for line in ax.lines] == [[3, 4], [3, 2], [2.5, 2.5]]


def test_calibration_has_a_line_where_what_is_said_comes():
    _, ax = plots.calibration({"a": [1, 2]}, {"a": [1.5, 1.8]}, "title", ("said", "came"))
    assert ax.lines[0].get_xydata().tolist() == [[1, 1], [2, 2]]
    assert ax.lines[1].get_xydata().tolist() == [[1, 1.5], [2, 1.8]]
    assert to_hex(ax.lines[1].get_color()) == plots.BLUE
