"""What can be drawn: the last value that is taken and the first that is not, and what is said."""

import numpy as np
import pandas as pd
import pytest

from scratch.checking import checked
from scratch.plots.drawable import (
    Number,
    as_above_zero,
    as_cells,
    as_limits,
    as_number_format,
    as_numbers,
    as_places,
    as_point,
    as_shares,
    as_table,
    check_as_many,
    check_named_once,
    check_one_level,
    check_some,
    in_legend,
)

TAKEN = [
    (as_numbers, [0]),
    (as_numbers, [1e100, -1e100]),
    (as_above_zero, [1e-100, 2]),
    (as_table, [[1, 2]]),
    (as_cells, [[1, 2], [np.nan, 3]]),
    (as_cells, [[1, 2]]),
    (as_cells, [[np.nan, np.nan]]),
    (as_places, [[1, 2]]),
    (as_point, [1, 2]),
    (as_shares, [0, 1]),
    (as_limits, (0.0, 1)),
    (as_limits, (-1e100, 1e100)),
]


@pytest.mark.parametrize(("check", "value"), TAKEN)
def test_numbers_are_taken_as_floats(check, value):
    array = np.asarray(check("x", value))
    assert array.dtype == float
    np.testing.assert_array_equal(array, value)


REFUSED = [
    (as_numbers, [], "x is empty: there is nothing to draw$"),
    (as_numbers, [[1.0]], "x must have one axis"),
    (as_numbers, [np.nan], "x.0. is nan"),
    (as_numbers, [1e200], "x has a number as large as 1e[+]200"),
    (as_above_zero, [], "x is empty"),
    (as_above_zero, [1, 9e-101], "x must be above 0 for a logarithmic axis, got 9e-101$"),
    (as_above_zero, [0, 1], "x must be above 0 for a logarithmic axis, got 0$"),
    (as_table, [1.0], "x must have two axes"),
    (as_table, np.ones((0, 2)), r"x must have a row and a column, got shape \(0, 2\)$"),
    (as_table, np.ones((2, 0)), r"x must have a row and a column, got shape \(2, 0\)$"),
    (as_table, [[1e200]], "x has a number as large as"),
    (as_cells, [[1e200, np.nan]], "x has a number as large as"),
    (as_cells, [[np.inf]], "x.* is inf"),
    (as_cells, np.ones((0, 2)), "x must have a row"),
    (as_places, [[1.0]], r"x must be points of a plane, \(n, 2\), got shape \(1, 1\)$"),
    (as_places, [[1.0, 2, 3], [1, 2, 3]], "x must be points of a plane"),
    (as_places, np.ones((0, 2)), "x must have a row"),
    (as_point, [1.0], "x must be one for each of 2 axes, got 1$"),
    (as_point, [1.0, 2, 3], "x must be one for each of 2 axes, got 3$"),
    (as_point, [], "x is empty"),
    (as_shares, [], "x is empty"),
    (as_shares, [-0.01, 0.5], "x must be from 0 to 1, got -0.01 to 0.5$"),
    (as_shares, [0.5, 1.01], "x must be from 0 to 1, got 0.5 to 1.01$"),
    (as_limits, (1, 1), "x must be a low end and a higher one, got 1 and 1$"),
    (as_limits, (2, 1), "x must be a low end and a higher one, got 2 and 1$"),
    (as_limits, (-2e100, 0), "x must be a low end and a higher one"),
    (as_limits, (0, 2e100), "x must be a low end and a higher one"),
    (as_limits, (np.nan, 0), "x.0. "),
    (as_limits, (0, np.nan), "x.1. "),
    (as_number_format, "x", "x must be a format of a number, such as '.2f', got 'x'$"),
    (as_number_format, ".39f", "x must be a format of a number"),
]


@pytest.mark.parametrize(("check", "value", "words"), REFUSED)
def test_what_has_no_place_in_a_figure_is_refused(check, value, words):
    with pytest.raises(ValueError, match=f"^{words}"):
        check("x", value)


@pytest.mark.parametrize("value", ["ab", b"ab", 3, (1, 2, 3), (1,), None])
def test_limits_are_two_numbers(value):
    with pytest.raises(TypeError, match=r"^x must be two numbers, the low end and the high one"):
        as_limits("x", value)


def test_a_number_is_written_in_forty_letters_at_the_most():
    assert as_number_format("x", ".38f") == ".38f"
    assert as_number_format("x", ".0f") == ".0f"
    assert as_number_format("x", "") == ""
    with pytest.raises(TypeError, match=r"^x must be a format such as '.2f', got 2"):
        as_number_format("x", 2)


def test_one_number_is_taken_up_to_the_largest_that_is_drawn():
    @checked
    def draw(x: Number) -> float:
        return x

    assert [draw(x) for x in (-1e100, 0, 1e100)] == [-1e100, 0, 1e100]
    for x in (-1.01e100, 1.01e100):
        with pytest.raises(ValueError, match=r"^x must be at least -1e[+]100 and at most 1e[+]100"):
            draw(x)


def test_things_are_counted():
    check_some("x", [1, 2], 2)
    check_some("x", range(1000))
    check_some("x", pd.DataFrame({"a": [1]}))
    with pytest.raises(ValueError, match=r"^x has 3 entries, and only 2 could be told apart$"):
        check_some("x", [1, 2, 3], 2)
    check_as_many("x", [], 0, "rows")
    with pytest.raises(ValueError, match=r"^x must be one for each of 1 rows, got 0$"):
        check_as_many("x", [], 1, "rows")


def test_names_come_once_and_have_one_level():
    check_named_once("x", pd.Index(["a", "b"]))
    check_named_once("x", pd.Index([]))
    check_one_level("x", pd.Index(["a", "a"]))
    with pytest.raises(ValueError, match=r"^x must have different names, and 'b' comes twice: ren"):
        check_named_once("x", pd.Index(["a", "b", "b", "a"]))
    with pytest.raises(ValueError, match=r"^x must have one level, got 3: keep one, as by droplev"):
        check_one_level("x", pd.MultiIndex.from_tuples([(1, 2, 3)]))


@pytest.mark.parametrize(
    ("name", "label"),
    [("a_", "a_"), ("_a", "\u200b_a"), ("", "\u200b"), (7, "7"), (("a", 1), "('a', 1)")],
)
def test_a_label_that_matplotlib_would_hide_begins_with_a_letter_that_is_not_seen(name, label):
    assert in_legend(name) == label
