import numpy as np
import pandas as pd
import pytest

from scratch import plots


def test_learning_curves_draw_the_history_and_the_baselines():
    history = pd.DataFrame({"epoch": [1, 2], "train": [3.0, 1.0], "validation": [4.0, 2.0]})
    fig, ax = plots.learning_curves(history, "t", {"biases": 0.9}, ylim=(0, 5))
    train, validation, baseline = ax.get_lines()
    assert train.get_ydata().tolist() == [3.0, 1.0]
    assert validation.get_ydata().tolist() == [4.0, 2.0]
    assert set(baseline.get_ydata()) == {0.9}
    labels = [text.get_text() for text in fig.legends[0].get_texts()]
    assert labels == ["train", "validation", "biases (0.900)"]
    assert ax.get_ylim() == (0, 5)


def test_learning_curves_take_their_own_limits_where_none_are_asked_for():
    history = pd.DataFrame({"epoch": [1, 2], "train": [3.0, 1.0]})
    _, ax = plots.learning_curves(history, "t")
    low, high = ax.get_ylim()
    assert 0 < low < 1 and 3 < high < 4 and len(ax.lines) == 1


def test_epochs_are_numbers():
    history = pd.DataFrame({"epoch": ["one", "two"], "train": [3.0, 1.0]})
    with pytest.raises(TypeError, match="epoch"):
        plots.learning_curves(history, "t")


def test_labelled_map_names_every_point_once_without_overlap():
    points = np.array([[0.0, 0.0], [0.02, 0.0], [1.0, 1.0], [1.0, 0.98]])
    fig, ax = plots.labelled_map(points, ["aaaa", "bbbb", "cccc", "dddd"], "t", "x", "y")
    fig.canvas.draw()
    assert [text.get_text() for text in ax.texts] == ["aaaa", "bbbb", "cccc", "dddd"]
    boxes = [text.get_window_extent() for text in ax.texts]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert all(ax.bbox.x0 < box.x0 and box.x1 < ax.bbox.x1 for box in boxes)


def test_a_map_may_have_a_cloud_of_points_without_names_behind_it():
    cloud = np.array([[0.5, 0.5], [0.2, 0.9], [0.1, 0.1]])
    _, ax = plots.labelled_map(np.array([[0.0, 1.0]]), ["a"], "t", "x", "y", background=cloud)
    behind, named = ax.collections
    assert np.array_equal(behind.get_offsets(), cloud) and len(named.get_offsets()) == 1
    assert [text.get_text() for text in ax.texts] == ["a"]


def test_labelled_map_needs_a_label_for_each_point():
    with pytest.raises(ValueError, match="labels must be one for each of 2 points, got 1"):
        plots.labelled_map(np.zeros((2, 2)), ["only one"], "t", "x", "y")


RIGHT, LEFT, ABOVE = (3.1, 0.0), (-3.1, 0.0), (0.0, 3.1)  # pixels
CROSS = [RIGHT, LEFT, ABOVE, (0.0, -3.1)]


@pytest.mark.parametrize(
    ("points", "place"),
    [
        ([], (5, 0)),
        ([(2.4, 0.0)], (5, 0)),
        ([RIGHT], (-5, 0)),
        ([RIGHT, (-2.4, 0.0)], (-5, 0)),
        ([RIGHT, LEFT], (0, 5)),
        ([RIGHT, LEFT, (0.0, 2.4)], (0, 5)),
        ([RIGHT, LEFT, ABOVE], (0, -5)),
        ([RIGHT, LEFT, ABOVE, (0.0, -2.4)], (0, -5)),
        (CROSS, (5, 8)),
        ([*CROSS, (12, 18)], (-5, -8)),
        ([*CROSS, (12, 18), (-12, -18)], (5, -8)),
        ([*CROSS, (12, 18), (-12, -18), (12, -18)], (-5, 8)),
    ],
)
def test_a_label_goes_to_the_first_place_that_no_point_is_close_to(points, place):
    window = [[0.5, 0.5], [0.0, 0.0], [1.0, 1.0]]  # the label is that of the first
    fig, ax = plots.labelled_map(np.array(window), ["a", "", ""], "t", "x", "y")
    fig.canvas.draw()
    middle, to_data = ax.transData.transform(window[0]), ax.transData.inverted()
    near = [to_data.transform(middle + point) for point in points]
    labels = ["a"] + [""] * (2 + len(near))
    _, ax = plots.labelled_map(np.array([*window, *near]), labels, "t", "x", "y")
    (label,) = [text for text in ax.texts if text.get_text()]
    assert label.get_position() == place
    sides = {-1: ("right", "top"), 0: ("center", "center"), 1: ("left", "bottom")}
    x, y = np.sign(place)
    assert (label.get_ha(), label.get_va()) == (sides[x][0], sides[y][1])
