from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from scratch.checking.vectors import as_number, matrix_of, of_two_vectors, own, same_length, vector

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


def test_a_product_that_is_no_number_says_whose_fault_it_is():
    assert as_number(1.5, [], []) == 1.5
    with pytest.raises(ValueError, match=r"w\[0\] must be a finite number, got nan"):
        as_number(np.nan, [1.0], [np.nan])
    with pytest.raises(ValueError, match="what is in v and w is too large"):
        as_number(np.inf, [1e200], [1e200])


def test_a_formula_of_two_vectors():
    @of_two_vectors
    def together(v, w):
        """Both."""
        return v + w

    assert together(np.array([1], np.int8), w=(2,)) == [1, 2]
    assert (together.__name__, together.__doc__) == ("together", "Both.")
    with pytest.raises(ValueError, match=r"w\[0\] must be a finite number, got nan"):
        together([1.0], [np.nan])
    with pytest.raises(ValueError, match="got 1 and 2"):
        together([1], [1, 2])
