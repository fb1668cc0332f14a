import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Circle

from scratch import plots
from scratch.plots.rankings import _lens


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_stacked_bars_stand_in_their_order_and_add_up():
    values = np.array([[0.5, 0.25], [0.1, 0.3]])
    fig, ax = plots.stacked_bars(values, ["first", "second"], ["a", "b"], "title", "sum")
    widths = [[bar.get_width() for bar in part] for part in ax.containers]
    starts = [[bar.get_x() for bar in part] for part in ax.containers]
    assert np.allclose(widths, values.T)
    assert np.allclose(starts, [[0, 0], [0.5, 0.1]])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["first", "second"]
    assert ax.yaxis_inverted()  # the first is on top
    assert [text.get_text() for text in fig.legends[0].get_texts()] == ["a", "b"]


def test_more_parts_than_colours_are_hatched():
    _, ax = plots.stacked_bars(np.ones((1, 6)), ["one"], list("abcdef"), "title", "sum")
    assert [part[0].get_hatch() or "" for part in ax.containers] == [""] * 5 + ["//"]


@pytest.mark.parametrize("counts", [(100, 50, 20), (100, 50, 50), (80, 80, 0), (40, 40, 40)])
def test_circles_and_what_they_share_have_the_areas_of_the_counts(counts):
    first, second, both = counts
    _, ax = plots.overlap(*counts, ("A", "B"), "title")
    circles = [patch for patch in ax.patches if isinstance(patch, Circle)]
    areas = [math.pi * circle.radius**2 for circle in circles]
    assert areas == pytest.approx([first, second])
    distance = circles[1].center[0] - circles[0].center[0]
    assert _lens(*(circle.radius for circle in circles), distance) == pytest.approx(both, abs=0.01)
    assert texts(ax)[:3] == [f"{first - both}", f"{both}", f"{second - both}"]


@pytest.mark.parametrize(
    ("distance", "area"), [(3.0, 0.0), (4.0, 0.0), (1.0, math.pi), (0.0, math.pi)]
)
def test_circles_apart_share_nothing_and_one_inside_the_other_shares_all(distance, area):
    assert _lens(2.0, 1.0, distance) == _lens(1.0, 2.0, distance) == area
    assert _lens(1.0, 1.0, 0.0) == math.pi


@pytest.mark.parametrize(("r", "s"), [(0.2, 4.1), (0.6, 0.5), (0.8, 0.7), (0.1, 1.0)])
def test_where_circles_nearly_touch_rounding_does_no_harm(r, s):
    inside, outside = math.nextafter(abs(r - s), 9), math.nextafter(r + s, 0)
    assert _lens(r, s, inside) == pytest.approx(math.pi * min(r, s) ** 2)
    assert _lens(r, s, outside) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("counts", [(10, 5, 6), (10, 5, -1), (0, 5, 0)])
def test_impossible_overlaps_are_refused(counts):
    with pytest.raises(ValueError, match=r"can't be in both|both must be at least 0"):
        plots.overlap(*counts, ("A", "B"), "title")


def test_the_map_of_the_course_has_a_box_for_each_station_and_arrows_between():
    _, ax = plots.course_map({"I": ["00 start", "01 next"], "II": ["02 later"]}, "title")
    assert len(ax.patches) == 3
    assert {"I", "II", "00 start", "01 next", "02 later"} < set(texts(ax))
    assert texts(ax).count("") == 1  # the one arrow


def test_ghosts_stand_at_the_center_and_the_arrow_ends_at_the_damped_mean():
    _, axes = plots.ghosts({"one": [5], "two": [5, 4]}, 10, 3.5, "title")
    ratings, ghosts = axes[1].collections
    assert sorted(ratings.get_offsets()[:, 0].tolist()) == [4, 5]
    assert ghosts.get_offsets()[:, 0].tolist() == [3.5] * 10
    assert ghosts.get_offsets()[:, 1].tolist() == list(range(10))
    assert texts(axes[0]) == ["", "3.64"] and texts(axes[1]) == ["", f"{44 / 12:.2f}"]
    assert axes[0].texts[0].xy[0] == pytest.approx(40 / 11)


def test_arrows_lead_from_means_to_damped_means():
    counts, means, damped = np.array([1, 10]), np.array([5.0, 2.0]), np.array([4.0, 2.5])
    _, ax = plots.pulled(counts, means, damped, 3.5, "title")
    arrows = ax.collections[0]
    assert arrows.XY.tolist() == [[1, 5], [10, 2]]
    assert arrows.U.tolist() == [0, 0] and arrows.V.tolist() == [-1, 0.5]


def test_the_parts_of_a_split_lie_side_by_side():
    _, ax = plots.parts_of_split({"train": 70, "test": 30}, ["learn", "report"], "title")
    bars = [container[0] for container in ax.containers]
    assert [(bar.get_x(), bar.get_width()) for bar in bars] == [(0, 70), (70, 30)]
    assert texts(ax) == ["train\n70", "learn", "test\n30", "report"]


def test_a_sweep_draws_curves_and_baselines():
    table = pd.DataFrame({"recall": [0.1, 0.2]}, index=[1, 10])
    fig, ax = plots.sweep(table, "title", "damping", "recall", {"popular": 0.15})
    curve, line = ax.lines
    assert curve.get_xdata().tolist() == [1, 10] and curve.get_ydata().tolist() == [0.1, 0.2]
    assert set(line.get_ydata()) == {0.15} and ax.get_xscale() == "log"
    labels = [text.get_text() for text in fig.legends[0].get_texts()]
    assert labels == ["recall", "popular (0.150)"]


def test_the_largest_numbers_of_people_and_ratings_that_can_be_drawn():
    _, ax = plots.overlap(10**15, 10**15, 0, ("A", "B"), "title")
    assert f"{10**15} people" in texts(ax)[3]
    _, ax = plots.parts_of_split({"train": 10**15, "test": 1}, ["learn", "report"], "title")
    assert texts(ax)[0] == "train\n1,000,000,000,000,000"


def test_ten_thousand_ghosts_are_drawn():
    _, axes = plots.ghosts({"one": [5]}, 10_000, 3.5, "title")
    assert len(axes[0].collections[1].get_offsets()) == 10_000
