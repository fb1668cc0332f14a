import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from sklearn.metrics.pairwise import cosine_similarity as sklearn_cosine_similarity

from scratch.similarity import cosine_similarities, cosine_similarity

TABLES = array_shapes(min_dims=2, max_dims=2, max_side=8)
# Numbers whose squares neither overflow nor vanish: 0, or between 0.001 and 1000 in size.
ENTRIES = st.integers(-1_000_000, 1_000_000).map(lambda thousandths: thousandths / 1000)
REAL_ROWS = arrays(float, TABLES, elements=ENTRIES)
INTEREST_ROWS = arrays(int, TABLES, elements=st.integers(0, 1))


@pytest.mark.parametrize(
    ("v", "w", "expected"),
    [
        ([1, 2], [2, 4], 1.0),
        ([1, 2], [-1, -2], -1.0),
        ([1, 0], [0, 5], 0.0),
        ([1, 0], [1, 1], 1 / math.sqrt(2)),
        ([1, 1, 0], [1, 0, 1], 0.5),
    ],
)
def test_hand_computed(v, w, expected):
    assert cosine_similarity(v, w) == pytest.approx(expected, abs=1e-15)
    assert cosine_similarity(np.array(v), np.array(w)) == pytest.approx(expected, abs=1e-15)


@given(rows=REAL_ROWS)
def test_both_forms_agree_with_scikit_learn(rows):
    oracle = sklearn_cosine_similarity(rows)
    np.testing.assert_allclose(cosine_similarities(rows), oracle, atol=1e-12)
    np.testing.assert_allclose(cosine_similarities(rows.tolist()), oracle, atol=1e-12)


@given(rows=INTEREST_ROWS)
def test_lists_and_arrays_agree_to_the_last_bit_on_zeros_and_ones(rows):
    assert cosine_similarities(rows.tolist()) == cosine_similarities(rows).tolist()


@given(rows=REAL_ROWS)
def test_symmetric(rows):
    for similarities in (cosine_similarities(rows), np.array(cosine_similarities(rows.tolist()))):
        assert np.array_equal(similarities, similarities.T)


def test_the_result_has_the_form_of_the_input():
    assert isinstance(cosine_similarities([[1, 0], [1, 1]]), list)
    assert isinstance(cosine_similarities(np.eye(2, dtype=int)), np.ndarray)


def test_a_zero_vector_is_similar_to_nothing_not_even_itself():
    assert cosine_similarity([0, 0], [1, 2]) == cosine_similarity([0, 0], [0, 0]) == 0.0
    rows = [[0, 0], [1, 2]]
    assert cosine_similarities(rows)[0] == [0.0, 0.0]
    assert cosine_similarities(np.array(rows))[:, 0].tolist() == [0.0, 0.0]


def test_empty_input():
    assert cosine_similarity([], []) == 0.0
    assert cosine_similarities([]) == []
    assert cosine_similarities(np.zeros((0, 3))).shape == (0, 0)


def test_different_lengths_raise():
    with pytest.raises(ValueError, match="got 2 and 3"):
        cosine_similarity([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="row 1 of matrix has 1 entries but row 0 has 2"):
        cosine_similarities([[1, 2], [3]])


def test_a_missing_value_is_named():
    rows = [[1.0, 2.0], [np.nan, 1.0]]
    with pytest.raises(ValueError, match=r"rows\[1, 0\] is nan: it must be a finite number"):
        cosine_similarities(np.array(rows))
    with pytest.raises(ValueError, match=r"rows\[1\]\[0\] must be a finite number, got nan"):
        cosine_similarities(rows)
    with pytest.raises(ValueError, match=r"w\[0\] must be a finite number, got nan"):
        cosine_similarity(*rows)


def test_different_lengths_raise_also_when_one_vector_is_all_zeros():
    with pytest.raises(ValueError, match="got 2 and 3"):
        cosine_similarity([0, 0], [1, 2, 3])


def test_numbers_of_eight_bits_do_not_overflow():
    stars = np.array([[100, 100], [100, -100]], np.int8)
    assert cosine_similarity(stars[0], stars[0]) == pytest.approx(1, abs=1e-15)
    assert cosine_similarity(*stars) == 0
    similarities = [cosine_similarities(form(stars)) for form in (list, np.array)]
    np.testing.assert_allclose(similarities, [np.eye(2)] * 2, atol=1e-15)


def test_numbers_too_large_to_be_squared_raise():
    rows = [[1.0, 2.0], [1e200, 1.0]]
    with pytest.raises(ValueError, match="numbers in row 1 of rows are too large"):
        cosine_similarities(np.array(rows))
    with pytest.raises(ValueError, match="dot gives no finite number"):
        cosine_similarities(rows)
    opposed = np.full((2, 2000), 1e200)
    opposed[1, 1000:] *= -1  # one half of their product is infinite, the other half minus that
    with np.errstate(all="raise"), pytest.raises(ValueError, match="in row 0 of rows are too"):
        cosine_similarities(opposed)


def test_pairs_for_which_there_is_no_room_raise():
    with pytest.raises(ValueError, match="each pair of rows asks for 100,000 × 100,000 numbers"):
        cosine_similarities(np.ones((100_000, 1)))


@pytest.mark.parametrize("rows", [None, "ab", 3, {"a": [1, 2]}, [[1, "x"]], [1, 2], np.ones(3)])
def test_what_is_no_table_of_numbers_raises(rows):
    with pytest.raises((TypeError, ValueError), match="rows"):
        cosine_similarities(rows)


def test_a_row_whose_squares_vanish_is_similar_to_nothing_in_both_forms():
    rows = [[1e-170, 0.0], [1.0, 0.0], [0.0, 0.0]]
    expected = [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    assert cosine_similarities(rows) == cosine_similarities(np.array(rows)).tolist() == expected
