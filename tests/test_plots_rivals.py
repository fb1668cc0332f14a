"""Intervals, crossing lines and timelines: what they draw is what they were given."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from scratch import plots
from scratch.plots.rivals import _apart


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


TABLE = pd.DataFrame(
    {"low": [0.2, 0.1], "mean": [0.3, 0.15], "high": [0.35, 0.2]}, index=["first", "second"]
)


def test_an_interval_goes_from_low_to_high_with_a_dot_at_the_mean():
    _, ax = plots.intervals(TABLE, "title", "NDCG", ["second"])
    bar, dot, other_bar, other_dot = ax.lines
    assert list(bar.get_xdata()) == [0.2, 0.35]
    assert list(dot.get_xdata()) == [0.3]
    assert [to_hex(line.get_color()) for line in (bar, other_bar)] == [plots.BLUE, plots.ORANGE]
    assert list(other_dot.get_ydata()) == [1]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["first", "second"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first row is on top


@pytest.mark.parametrize("upside_down", [False, True])
def test_slopes_draw_each_row_and_write_its_name_at_the_end(upside_down):
    table = pd.DataFrame({"past": [1.0, 2.0], "future": [3.0, 0.5]}, index=["a", "b"])
    _, ax = plots.slopes(table, "title", "NDCG", ["b"], upside_down=upside_down)
    assert [list(line.get_ydata()) for line in ax.lines] == [[1, 3], [2, 0.5]]
    assert [to_hex(line.get_color()) for line in ax.lines] == [plots.GREY, plots.BLUE]
    assert {text.get_text(): text.xy[1] for text in ax.texts} == {"a": 3.0, "b": 0.5}
    assert (ax.get_ylim()[0] > ax.get_ylim()[1]) == upside_down


@pytest.mark.parametrize("column", ["low", "mean", "high"])
def test_intervals_need_three_columns_of_numbers(column):
    with pytest.raises(ValueError, match=f"no column '{column}'"):
        plots.intervals(TABLE.drop(columns=column), "t", "x")
    with pytest.raises(TypeError, match=column):
        plots.intervals(TABLE.assign(**{column: "many"}), "t", "x")


def test_two_rows_of_one_name_are_refused():
    twice = TABLE.set_axis(["first", "first"])
    for draw in (lambda: plots.intervals(twice, "t", "x"), lambda: plots.slopes(twice, "t", "y")):
        with pytest.raises(ValueError, match="the table has two rows 'first': rename one"):
            draw()


@pytest.mark.parametrize("column", ["user_id", "when"])
def test_timelines_need_users_and_times(column):
    part = pd.DataFrame({"user_id": [7], "when": [0.5]})
    parts = {"train": part, "validation": part}
    with pytest.raises(ValueError, match=f"no column '{column}'"):
        plots.timelines({"one": parts | {"test": part.drop(columns=column)}}, [7], "days")
    with pytest.raises(TypeError, match=column):
        plots.timelines({"one": parts | {"test": part.assign(**{column: "x"})}}, [7], "days")
    with pytest.raises(TypeError, match="user_id"):
        plots.timelines({"one": parts | {"test": part.assign(user_id=7.5)}}, [7], "days")


def test_names_that_would_overlap_are_moved_apart_and_keep_their_order():
    moved = _apart(np.array([1.0, 5.0, 1.05, 1.0]), 0.2)
    assert np.diff(np.sort(moved)).min() > 0.19
    assert moved[1] == 5.0
    assert list(np.argsort(moved, kind="stable")) == [0, 3, 2, 1]


def test_two_names_that_are_moved_apart_each_go_half_of_the_way():
    assert _apart(np.array([3.0, 10.0, 3.5]), 1.0).tolist() == [2.75, 10.0, 3.75]
    assert _apart(np.array([1.0, 2.0]), 1.0).tolist() == [1.0, 2.0], "far enough"


def test_a_timeline_has_a_tick_for_each_rating_of_the_users_shown():
    train = pd.DataFrame({"user_id": [7, 7, 8, 9], "when": [0.0, 1.0, 2.0, 3.0]})
    later = pd.DataFrame({"user_id": [8], "when": [5.0]})
    parts = {"train": train, "validation": later, "test": later.assign(when=6.0)}
    _, axes = plots.timelines({"one": parts, "two": parts}, [8, 7], "days")
    assert len(axes) == 2
    first, second, third = axes[0].lines
    assert sorted(zip(first.get_ydata(), first.get_xdata(), strict=True)) == [
        (0, 2),
        (1, 0),
        (1, 1),
    ]
    assert list(second.get_xdata()) == [5.0]
    assert list(third.get_xdata()) == [6.0]
    assert 0 < second.get_ydata()[0] < third.get_ydata()[0] < 1
    assert [label.get_text() for label in axes[0].get_yticklabels()] == ["user 8", "user 7"]
