import numpy as np
import pytest

from scratch import plots


def bowl(x, y):
    return x * x + 4 * y * y


WINDOW = {"xlim": (-2, 2), "ylim": (-1, 1)}
PATH = np.array([[1.5, 0.5], [0.5, 0.2], [0.1, 0.0]])


def test_one_path_is_drawn_with_its_start_and_its_end():
    _, ax = plots.path_on_contours(bowl, PATH, "t", "x", "y", **WINDOW)
    path, start, end = ax.get_lines()
    assert np.array_equal(path.get_xydata(), PATH)
    assert start.get_xydata().tolist() == [[1.5, 0.5]]
    assert end.get_xydata().tolist() == [[0.1, 0.0]]
    assert (ax.get_title(), ax.get_xlabel(), ax.get_ylabel()) == ("t", "x", "y")
    assert (ax.get_xlim(), ax.get_ylim()) == ((-2, 2), (-1, 1))


def test_rows_may_come_as_lists():
    _, ax = plots.path_on_contours(bowl, PATH.tolist(), "t", "x", "y", **WINDOW)
    assert np.array_equal(ax.get_lines()[0].get_xydata(), PATH)


def test_several_paths_of_different_lengths_have_their_names():
    fig, ax = plots.path_on_contours(
        bowl, [PATH, PATH[:2]], "t", "x", "y", labels=["long", "short"], **WINDOW
    )
    assert [len(line.get_xydata()) for line in ax.get_lines()[::3]] == [3, 2]
    assert [text.get_text() for text in fig.legends[0].get_texts()] == ["long", "short"]
    assert ax.get_lines()[0].get_color() != ax.get_lines()[3].get_color()


def test_the_contours_of_a_parabola_stand_at_equal_distances():
    _, ax = plots.path_on_contours(bowl, PATH, "t", "x", "y", **WINDOW)
    filled, rings = ax.collections
    heights = np.array(filled.levels)
    assert np.allclose(np.diff(np.sqrt(heights - heights[0])), np.sqrt(heights[-1] / 13**2))
    assert np.array_equal(rings.levels, heights[1:])


def test_places_where_the_function_is_not_finite_stay_empty():
    def half(x, y):
        return np.inf if x < 0 else bowl(x, y)

    _, ax = plots.path_on_contours(half, PATH, "t", "x", "y", **WINDOW)
    assert np.isfinite(ax.collections[0].levels).all()


def test_where_numpy_would_warn_the_place_stays_empty_in_silence(recwarn):
    def root(x, y):
        return np.sqrt(x) + bowl(x, y)

    _, ax = plots.path_on_contours(root, PATH, "t", "x", "y", **WINDOW)
    assert np.isfinite(ax.collections[0].levels).all() and len(recwarn) == 0


@pytest.mark.parametrize("path", [np.zeros((3, 3)), [], [np.zeros((0, 2))]])
def test_a_path_is_a_row_of_two_numbers_per_step(path):
    with pytest.raises(ValueError, match="path"):
        plots.path_on_contours(bowl, path, "t", "x", "y", **WINDOW)


def test_a_label_for_each_path_and_a_function_that_is_not_flat():
    with pytest.raises(ValueError, match="labels must be one for each of 1 paths, got 2"):
        plots.path_on_contours(bowl, PATH, "t", "x", "y", labels=["a", "b"], **WINDOW)
    with pytest.raises(ValueError, match="no contours"):
        plots.path_on_contours(lambda x, y: 1.0, PATH, "t", "x", "y", **WINDOW)


@pytest.mark.parametrize("path", [7, "ab", b"ab", None, {1: 2}])
def test_a_path_of_another_kind_is_refused(path):
    with pytest.raises(TypeError, match=r"^path must be an array \(n, 2\) or a list of such, got"):
        plots.path_on_contours(bowl, path, "t", "x", "y", **WINDOW)


@pytest.mark.parametrize("answer", ["far", None, [1.0, 2.0]])
def test_a_loss_is_a_number(answer):
    def at_the_corner(x, y):
        return answer if (x, y) == (-2, -1) else bowl(x, y)

    for loss in (lambda x, y: answer, at_the_corner):
        with pytest.raises(TypeError, match=r"^loss must return a number for two numbers, got"):
            plots.path_on_contours(loss, PATH, "t", "x", "y", **WINDOW)


def test_the_largest_losses_that_can_be_drawn():
    for height in (1e100, -1e100):
        _, ax = plots.path_on_contours(
            lambda x, y, h=height: h * (x > 0), PATH, "t", "x", "y", **WINDOW
        )
        assert height in ax.collections[0].levels
