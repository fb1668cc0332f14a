import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from scratch.evaluation.metrics import (
    mse,
    ndcg_at_k,
    precision_at_k,
    recall_at_k,
    rmse,
)

STARS = st.tuples(st.floats(-10, 10), st.floats(-10, 10))
AT_K = [precision_at_k, recall_at_k, ndcg_at_k]


@given(pairs=st.lists(STARS, min_size=1))
def test_errors_agree_with_scikit_learn(pairs):
    predicted, actual = zip(*pairs, strict=True)
    oracle = sklearn_metrics.mean_squared_error(actual, predicted)
    assert mse(predicted, actual) == pytest.approx(oracle)
    assert rmse(predicted, actual) == pytest.approx(math.sqrt(oracle))


def test_errors_hand_computed():
    predicted, actual = [1.0, 2.0, 5.0, 4.0], np.array([1, 4, 4, 5])
    assert mse(predicted, actual) == 1.5
    assert rmse(predicted, actual) == math.sqrt(1.5)


@pytest.mark.parametrize("metric", [mse, rmse])
def test_errors_raise_instead_of_broadcasting_or_returning_nan(metric):
    with pytest.raises(ValueError, match=r"shapes differ: \(3, 1\) predicted, \(3,\) actual"):
        metric(np.ones((3, 1)), np.ones(3))
    with pytest.raises(ValueError, match=r"shapes differ: \(2,\)"):
        metric([1, 2], [1])
    with pytest.raises(ValueError, match=r"predicted\[1\] is nan: it must be a finite number"):
        metric([1, np.nan, 3], [1, 2, 3])
    with pytest.raises(ValueError, match=r"actual\[2\] is inf: it must be a finite number"):
        metric([1, 2, 3], [1, 2, np.inf])
    with pytest.raises(ValueError, match="no ratings to compare"):
        metric([], [])


@st.composite
def lists_and_relevant(draw):
    recommended = draw(st.permutations(range(8)))
    relevant = draw(st.sets(st.integers(0, 7), min_size=1))
    return recommended, relevant, draw(st.integers(1, 8))


@given(case=lists_and_relevant())
def test_ranking_agrees_with_scikit_learn(case):
    recommended, relevant, k = case
    is_relevant = np.array([item in relevant for item in recommended])
    scores = np.arange(8.0, 0, -1)  # the first place has the highest score
    assert ndcg_at_k(recommended, relevant, k) == pytest.approx(
        sklearn_metrics.ndcg_score([is_relevant], [scores], k=k)
    )
    in_top = scores > 8 - k
    assert precision_at_k(recommended, relevant, k) == pytest.approx(
        sklearn_metrics.precision_score(is_relevant, in_top)
    )
    assert recall_at_k(recommended, relevant, k) == pytest.approx(
        sklearn_metrics.recall_score(is_relevant, in_top)
    )


@given(recommended=st.permutations(range(6)), relevant=st.sets(st.integers(0, 5), min_size=1))
def test_ndcg_falls_when_a_hit_moves_down(recommended, relevant):
    for i in range(5):
        if recommended[i] in relevant and recommended[i + 1] not in relevant:
            worse = list(recommended)
            worse[i], worse[i + 1] = worse[i + 1], worse[i]
            assert ndcg_at_k(worse, relevant, 6) < ndcg_at_k(recommended, relevant, 6)


def test_ranking_hand_computed():
    recommended, relevant = ["a", "b", "c"], ["b", "c", "x", "y"]
    assert precision_at_k(recommended, relevant, 2) == 0.5
    assert recall_at_k(recommended, relevant, 2) == 0.25
    ideal = 1 + 1 / math.log2(3)
    assert ndcg_at_k(recommended, relevant, 2) == pytest.approx((1 / math.log2(3)) / ideal)
    # A list shorter than k: the empty places are misses.
    assert precision_at_k(recommended, relevant, 10) == 0.2
    assert recall_at_k(recommended, relevant, 10) == 0.5


def test_arrays_are_taken_and_a_relevant_item_counts_once():
    recommended, relevant = np.array([3, 1, 2]), np.array([3, 3, 9])
    assert precision_at_k(recommended, relevant, 1) == 1.0
    assert recall_at_k(recommended, relevant, 3) == 0.5
    assert ndcg_at_k(recommended, relevant, 1) == 1.0


def test_no_recommendations_are_all_misses():
    assert [metric([], {"a"}, 3) for metric in AT_K] == [0, 0, 0]


@pytest.mark.parametrize("metric", AT_K)
def test_ranking_bad_input_raises(metric):
    with pytest.raises(ValueError, match="recommended twice"):
        metric(["a", "b", "a"], {"a"}, 3)
    with pytest.raises(ValueError, match="k must be at least 1, got 0"):
        metric(["a"], {"a"}, 0)


@pytest.mark.parametrize("metric", [recall_at_k, ndcg_at_k])
def test_nothing_relevant_raises(metric):
    with pytest.raises(ValueError, match="leave this user out"):
        metric(["a"], [], 1)


@pytest.mark.parametrize("predicted", [1e200, -1e308])
@pytest.mark.parametrize("metric", [mse, rmse])
def test_errors_too_large_to_be_squared_raise_and_are_not_infinite(metric, predicted):
    with pytest.raises(ValueError, match="the numbers in predicted or actual are too large"):
        metric([predicted, 1.0], [1e308, 1.0])


@pytest.mark.parametrize("metric", [mse, rmse])
def test_small_whole_numbers_do_not_overflow(metric):
    predicted, actual = np.array([100, -100], np.int8), np.array([200, 100], np.uint8)
    assert metric(predicted, actual) == metric([100, -100], [200, 100])


@pytest.mark.parametrize("metric", AT_K)
def test_what_is_no_list_of_items_is_refused_by_name(metric):
    with pytest.raises(TypeError, match="recommended must be a list, got 'abc'"):
        metric("abc", {"a"}, 3)
    with pytest.raises(TypeError, match=r"recommended\[0\] must be one value"):
        metric([["a"], "b"], {"a"}, 3)
    with pytest.raises(TypeError, match="relevant must be a list, got None"):
        metric(["a"], None, 3)
    with pytest.raises(TypeError, match=r"k must be a whole number, got 2\.5"):
        metric(["a"], {"a"}, 2.5)
