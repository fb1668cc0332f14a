import numpy as np
import pytest
from matplotlib.colors import to_hex

from scratch import plots

ITEMS = np.array([[1.0, 0.5], [3.0, 0.5], [-1.0, 2.0]])
QUERY = np.array([1.0, 1.0])


def offsets(ax, label):
    (points,) = [c for c in ax.collections if c.get_label() == label]
    return points.get_offsets()


def test_the_largest_product_and_the_nearest_are_marked():
    _, ax = plots.product_and_distance(ITEMS, ["a", "b", "c"], QUERY, "title")
    np.testing.assert_array_equal(offsets(ax, "largest product"), [ITEMS[1]])
    np.testing.assert_array_equal(offsets(ax, "nearest"), [ITEMS[0]])
    (circle,) = [p for p in ax.patches if hasattr(p, "radius")]
    assert circle.center == (1, 1) and circle.radius == 0.5
    line = next(line for line in ax.lines if line.get_linestyle() == "--")
    # Whatever lies on it has the product of the best: 3.5.
    through, along = np.array(line.get_xy1()), np.array(line.get_xy2())
    assert through @ QUERY == pytest.approx(3.5) and along @ QUERY == pytest.approx(3.5)
    assert {"a", "b", "c", "query"} <= {text.get_text() for text in ax.texts}


def test_lifted_numbers_lie_on_a_circle_and_the_largest_is_nearest():
    values = np.array([-1.5, 0.5, 2.0])
    _, ax = plots.on_a_circle(values, "title")
    to_items = [line for line in ax.lines if line.get_linestyle() == ":"]
    ends = np.array([[line.get_xdata()[1], line.get_ydata()[1]] for line in to_items])
    np.testing.assert_allclose(np.linalg.norm(ends, axis=1), 2)
    np.testing.assert_array_equal(ends[:, 0], values)
    lengths = [np.hypot(*np.ptp([line.get_xdata(), line.get_ydata()], axis=1)) for line in to_items]
    assert lengths == sorted(lengths, reverse=True)
    assert [to_hex(line.get_color()) for line in to_items] == [plots.BLUE] * 2 + [plots.ORANGE]


def test_the_nearest_cells_are_in_colour_and_hold_their_points():
    rng = np.random.default_rng(0)
    points, middles = rng.normal(size=(200, 2)), rng.normal(size=(6, 2))
    query = np.array([0.3, 0.1])
    _, ax = plots.cells_in_a_plane(points, middles, query, 2, "title")
    cell = np.linalg.norm(points[:, None] - middles, axis=2).argmin(axis=1)
    order = np.argsort(np.linalg.norm(middles - query, axis=1))
    drawn = {
        to_hex(c.get_facecolor()[0]): np.asarray(c.get_offsets())
        for c in ax.collections
        if c.get_label().startswith("_child") and len(c.get_facecolor()) == 1
    }
    for place, color in enumerate(plots.COLORS[:2]):
        np.testing.assert_array_equal(drawn[color], points[cell == order[place]])
    assert len(drawn[plots.GREY]) == np.isin(cell, order[2:]).sum()
    np.testing.assert_array_equal(offsets(ax, "middles"), middles)


def test_a_line_for_each_way_and_a_diamond_for_a_single_one():
    _, axes = plots.panels(["one", "two"], "lists a second", "recall")
    curve = np.array([100.0, 10]), np.array([0.5, 1.0])
    alone = np.array([7.0]), np.array([1.0])
    plots.found_by_cost(axes, [{"cells": curve, "all": alone}, {"cells": curve}])
    assert [len(ax.lines) for ax in axes] == [2, 1]
    cells, everything = axes[0].lines
    np.testing.assert_array_equal(cells.get_xdata(), curve[0])
    assert (cells.get_marker(), everything.get_marker()) == ("o", "D")
    assert (cells.get_linestyle(), cells.get_markersize(), everything.get_markersize()) == (
        "-",
        4,
        7,
    )
    assert all(ax.get_xscale() == "log" for ax in axes)
    assert [t.get_text() for t in axes[0].get_legend().get_texts()] == ["cells", "all"]
    assert axes[1].get_legend() is None


def test_a_single_point_is_black_and_takes_no_colour_from_the_ways_after_it():
    _, axes = plots.panels(["one"], "lists a second", "recall")
    curve, alone = (np.ones(2), np.ones(2)), (np.ones(1), np.ones(1))
    ways = {"a": curve, "b": alone, "c": curve, "d": curve, "e": curve}
    plots.found_by_cost(axes, [ways])
    blue, *others = plots.COLORS
    assert [line.get_color() for line in axes[0].lines] == [blue, "black", *others]
