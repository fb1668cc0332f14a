import numpy as np
import pytest

from scratch import plots
from scratch.plots.rates import LOOKS


def test_steps_on_parabola_shrink_below_two_over_curvature_and_grow_above():
    _, axes = plots.steps_on_parabola(4.0, [0.125, 0.45, 0.525], steps=3)
    feet = [ax.lines[1].get_xdata() for ax in axes]
    np.testing.assert_allclose(feet[0], [1, 0.5, 0.25, 0.125])
    np.testing.assert_allclose(feet[1], [1, -0.8, 0.64, -0.512])
    np.testing.assert_allclose(feet[2], [1, -1.1, 1.21, -1.331])
    heights = axes[0].lines[1].get_ydata()
    np.testing.assert_allclose(heights, 2 * feet[0] ** 2)


def test_looks_differ_in_colour_or_both_in_line_and_marker():
    assert len(set(LOOKS.values())) == 7
    assert len({mark for _, _, mark in LOOKS.values()}) == 7
    assert len({(color, line) for color, line, _ in LOOKS.values()}) == 7


def test_loss_by_rate_sorts_and_crosses_out_what_failed():
    losses = {"SGD": {1.0: 0.1, 0.1: 2.0, 10.0: np.inf}, "Adam": {0.1: 0.01, 1.0: 9.0}}
    _, ax = plots.loss_by_rate(losses, 5.0, 0.05, "t")
    sgd, sgd_failed, adam, adam_failed, constant = ax.lines
    assert sgd.get_xdata().tolist() == [0.1, 1.0] and sgd.get_ydata().tolist() == [2.0, 0.1]
    assert sgd_failed.get_xdata().tolist() == [10.0] and adam_failed.get_xdata().tolist() == [1.0]
    assert adam.get_xdata().tolist() == [0.1]
    assert min(sgd_failed.get_ydata()) > 5 and sgd_failed.get_ydata() != adam_failed.get_ydata()
    assert constant.get_ydata()[0] == 0.05


def test_loss_by_step_marks_each_curve_elsewhere():
    curves = {"SGD": np.geomspace(9, 1, 81), "Adam": np.geomspace(9, 0.1, 81)}
    _, ax = plots.loss_by_step(curves, 0.5, "t")
    assert len(ax.lines) == 3 and ax.get_yscale() == "log"
    assert ax.lines[0].get_markevery() != ax.lines[1].get_markevery()
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), curves["Adam"])


def test_dots_on_log_axis_keep_all_finite_numbers_and_count_the_others():
    groups = {"large": {"a": [1.0, 2.0, np.inf], "b": [3.0]}, "small": {"a": [0.1], "b": [0.2]}}
    _, ax = plots.dots_on_log_axis(groups, "t", "loss", line=("constant", 0.5))
    large, small, _ = ax.lines
    assert list(large.get_xdata()) == [1.0, 2.0, 3.0] and list(small.get_xdata()) == [0.1, 0.2]
    assert np.rint(large.get_ydata()).tolist() == [0, 0, 1]
    assert [text.get_text() for text in ax.texts] == ["1 failed"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]


def test_dots_of_one_group_need_neither_line_nor_legend():
    fig, ax = plots.dots_on_log_axis({"all": {"a": [1.0, 2.0]}}, "t", "loss")
    assert len(ax.lines) == 1 and not fig.legends and not ax.texts


def test_limits_draws_a_dot_for_each_and_the_diagonal():
    fig, ax = plots.limits([1.0, 10.0], [2.0, 15.0], ["a", "b"], "t")
    diagonal, first, second = ax.lines
    np.testing.assert_array_equal(diagonal.get_xdata(), diagonal.get_ydata())
    assert (first.get_xdata()[0], first.get_ydata()[0]) == (1.0, 2.0)
    assert (second.get_xdata()[0], second.get_ydata()[0]) == (10.0, 15.0)
    assert [text.get_text() for text in fig.legends[0].get_texts()] == ["a", "b"]
    with pytest.raises(ValueError, match="labels must be one for each of 2 expected, got 1"):
        plots.limits([1.0, 10.0], [2.0, 15.0], ["a"], "t")


def test_steps_may_lead_as_far_as_can_be_drawn_and_no_further():
    _, (ax,) = plots.steps_on_parabola(4.0, [2.75], steps=49)  # each is ten times as long
    assert ax.lines[1].get_ydata()[-1] == pytest.approx(2e98)
    with pytest.raises(ValueError, match=r"lead too far away: to a loss of 4e[+]100"):
        plots.steps_on_parabola(4.0, [0.1, 2.75], steps=50)
    with pytest.raises(ValueError, match=r"lead too far away: to a loss of 4e[+]100"):
        plots.steps_on_parabola(4.0, [2.75], start=-10.0, steps=49)


def test_losses_by_rate_are_a_dictionary():
    with pytest.raises(TypeError, match=r"^losses.'SGD'. must be a dictionary of losses by rate"):
        plots.loss_by_rate({"SGD": [0.1]}, 5.0, 0.05, "t")
