import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from scratch.checking.vectors import (
    LARGEST,
    matrix_of,
    of_two_vectors,
    own,
    same_length,
    vector,
)

FORMS = [[1, 2], (1, 2), range(1, 3), np.array([1, 2], np.int8), pd.Series([1, 2], [7, 8])]


@pytest.mark.parametrize("form", [*FORMS, [np.int8(1), np.uint8(2)]], ids=repr)
def test_vectors_become_lists_of_pythons_own_numbers(form):
    found = vector("v", form)
    assert found == [1, 2] and type(found) is list
    assert {type(number) for number in found} == {int}


def test_lists_of_pythons_own_numbers_are_not_copied():
    v, w = [1, 2.5, True], [10**400, 0, 1]
    assert vector("v", v) is v
    assert same_length(v, w)[0] is v and same_length(v, w)[1] is w


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ("ab", TypeError, "v must be an array of numbers, got 'ab'"),
        (None, TypeError, "v must be an array of numbers, got None"),
        ({1: 2}, TypeError, "v must be an array of numbers"),
        ([1, None], TypeError, r"v\[1\] must be a number, got None"),
        ([Decimal(1)], TypeError, r"v\[0\] must be a number, got Decimal"),
        ([1j], TypeError, r"v\[0\] must be a number, got 1j"),
        ([0.0, np.nan], ValueError, r"v\[1\] must be a finite number, got nan"),
        ([0.0, 10**400], ValueError, r"v\[1\] must be a finite number"),
        (np.array([1, np.inf]), ValueError, r"v\[1\] is inf"),
        (np.ones((2, 2)), ValueError, "v must have one axis"),
    ],
)
def test_what_is_no_vector_is_refused(wrong, error, message):
    with pytest.raises(error, match=message):
        vector("v", wrong)


def test_own_numbers():
    assert own("c", Fraction(1, 2)) == Fraction(1, 2)
    assert own("c", True) is True and own("c", np.bool_(True)) is True
    assert type(own("c", np.float32(0.5))) is float and type(own("c", np.int8(5))) is int


@pytest.mark.parametrize(
    "other", [(100, 1), np.array([100, 1], np.int8), [np.int8(100), 1], [100, np.int8(1)]], ids=repr
)
def test_two_vectors_become_lists_of_pythons_own_numbers_on_either_side(other):
    for v, w in ((other, [2, 3]), ([2, 3], other), (other, other)):
        pair = same_length(v, w)
        assert [type(side) for side in pair] == [list, list]
        assert {type(number) for side in pair for number in side} == {int}


@pytest.mark.parametrize("wrong", ["x", ["x"], [None, 1], np.ones((2, 2)), (1, "x")], ids=repr)
def test_which_of_two_vectors_is_none_is_said(wrong):
    with pytest.raises((TypeError, ValueError), match=r"^v\b"):
        same_length(wrong, [1])
    with pytest.raises((TypeError, ValueError), match=r"^w\b"):
        same_length([1], wrong)
    with pytest.raises((TypeError, ValueError), match=r"^a\[1\]"):
        matrix_of("a", [[1], wrong])


def test_two_vectors_have_one_length():
    with pytest.raises(
        ValueError, match="the vectors v and w must be the same length, got 1 and 2"
    ):
        same_length([1], np.array([1, 2]))


def test_matrices():
    assert matrix_of("a", [np.array([1, 2], np.int8), (3, 4)]) == [[1, 2], [3, 4]]
    assert matrix_of("a", np.array([[1, 2]])) == [[1, 2]]
    assert matrix_of("a", [[1], [2, 3]]) == [[1], [2, 3]] and matrix_of("a", []) == []
    with pytest.raises(TypeError, match=r"a\[1\]\[0\] must be a number, got 'x'"):
        matrix_of("a", [[1], ["x"]])
    with pytest.raises(ValueError, match="a must have two axes"):
        matrix_of("a", np.ones(3))


@of_two_vectors
def product(v, w):
    """Of each pair."""
    return [v_i * w_i for v_i, w_i in zip(v, w, strict=True)]


@of_two_vectors
def total(v, w):
    return sum(product(v, w))


@of_two_vectors
def square(v, w):
    return total(v, v)


def test_a_formula_of_two_vectors_is_given_lists():
    assert product(np.array([100], np.int8), w=(2,)) == [200]
    assert (product.__name__, product.__doc__) == ("product", "Of each pair.")
    with pytest.raises(ValueError, match="got 1 and 2"):
        product([1], [1, 2])


@pytest.mark.parametrize("formula", [product, total])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_shows_in_the_result_and_is_named(formula, bad):
    with pytest.raises(ValueError, match=r"^v\[1\] must be a finite number, got"):
        formula([1.0, bad], [1.0, 0.0])
    with pytest.raises(ValueError, match=r"^w\[0\] must be a finite number, got"):
        formula([0.0], [bad])
    with pytest.raises(ValueError, match=r"^w\[0\] must be a finite number, got"):
        of_two_vectors(lambda v, w: square(w, v))([0.0], [bad])  # there it is called v


@pytest.mark.parametrize(
    ("formula", "v", "w", "of"),
    [
        (product, [2, 1e200], [2, 1e200], "v and w"),
        (product, [2, -1e200], [2, 1e200], "v and w"),
        (total, [1e308, 1e308], [1, 1], "v and w"),
        (total, [-1e308, -1e308], [1, 1], "v and w"),
        (total, [10**200], [10**200], "v and w"),
        (square, [1e200], [1], "v"),
    ],
)
def test_what_is_too_large_is_said(formula, v, w, of):
    with pytest.raises(ValueError, match=rf"gives no finite number: what is in {of} is too large$"):
        formula(v, w)


def test_the_largest_numbers_are_still_numbers():
    assert product([1, 1], [1.7e308, -1.7e308]) == [1.7e308, -1.7e308]
    assert total([1], [LARGEST]) == LARGEST and total([-1], [LARGEST]) == -LARGEST


def test_a_whole_number_beyond_all_floats_is_named():
    with pytest.raises(ValueError, match=r"^v\[0\] must be a finite number, got int 1000"):
        product([10**400], [1.5])


def test_an_error_of_the_formula_itself_comes_as_it_is():
    def refuses(v, w):
        raise ValueError("not these")

    with pytest.raises(ValueError, match=r"^not these$"):
        of_two_vectors(refuses)([1], [2])
    assert of_two_vectors(lambda v, w: None)([1], [2]) is None  # it is being edited
