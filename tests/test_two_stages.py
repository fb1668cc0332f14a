import numpy as np
import pytest

from scratch.evaluation.lists import EMPTY
from scratch.serving.exact import ExactSearch
from scratch.serving.two_stages import two_stages

ORDER = np.array([4, 2, 0, 5, 1, 3])  # what the first stage says of six items


def retrieve(number):
    """As a search answers: a place for which there is no item is empty."""
    return np.append(ORDER, np.full(20, EMPTY))[:number]


def rank(items):
    return np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])[items]


@pytest.mark.parametrize(
    ("known", "n", "num_candidates", "shown"),
    [
        ([], 2, 3, [4, 2]),  # of 4, 2, 0
        ([], 3, 4, [5, 4, 2]),  # of 4, 2, 0, 5
        ([], 6, 6, [5, 4, 3, 2, 1, 0]),
        ([4], 2, 3, [5, 2]),  # of 2, 0, 5
        ([4, 5], 2, 2, [2, 0]),
        ([0, 1, 2, 3, 4], 3, 3, [5]),
        ([0, 1, 2, 3, 4, 5], 3, 3, []),
        ([99], 2, 3, [4, 2]),  # one that the first stage does not know
        ([], 8, 10, [5, 4, 3, 2, 1, 0]),
    ],
)
def test_the_best_of_the_candidates_in_the_order_of_the_second_stage(
    known, n, num_candidates, shown
):
    found = two_stages(retrieve, rank, np.array(known, int), n, num_candidates)
    np.testing.assert_array_equal(found, shown)


def test_the_second_stage_sees_the_candidates_and_nothing_else():
    seen = []

    def watched(items):
        seen.append(items.tolist())
        return rank(items)

    two_stages(retrieve, watched, np.array([2]), 1, 3)
    assert seen == [[4, 0, 5]]


def test_a_tie_goes_to_the_one_retrieved_first():
    found = two_stages(retrieve, lambda items: np.zeros(len(items)), np.array([], int), 3, 4)
    np.testing.assert_array_equal(found, ORDER[:3])


def test_with_all_items_as_candidates_only_the_second_stage_counts():
    rng = np.random.default_rng(0)
    items, query, scores = rng.normal(size=(50, 3)), rng.normal(size=(1, 3)), rng.normal(size=50)
    search = ExactSearch(items)
    found = two_stages(
        lambda number: search.search(query, number)[0][0], lambda some: scores[some],
        np.array([7, 8]), 10, 50,
    )  # fmt: skip
    expected = [item for item in np.argsort(-scores) if item not in (7, 8)][:10]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("n", "num_candidates"), [(0, 5), (6, 5), (-1, 5)])
def test_numbers_that_do_not_fit_are_refused(n, num_candidates):
    with pytest.raises(ValueError, match=f"n = {n} of num_candidates = 5 can't be shown"):
        two_stages(retrieve, rank, np.array([], int), n, num_candidates)


@pytest.mark.parametrize("wrong", [[0.1, np.nan, 0.2], [0.1, 0.2], [[0.1, 0.2, 0.3]]])
def test_scores_that_cannot_be_ranked_are_refused(wrong):
    with pytest.raises(ValueError, match="a score for each of 3 candidates, none of them NaN"):
        two_stages(retrieve, lambda items: np.array(wrong), np.array([], int), 2, 3)


def test_scores_that_have_no_minus():
    def retrieve(number):
        return np.arange(6)[:number]

    for dtype in (np.uint8, bool, np.int64):
        scores = (np.arange(6) > 2).astype(dtype)
        found = two_stages(retrieve, scores.__getitem__, np.array([], int), 6, 6)
        assert set(found[:3].tolist()) == {3, 4, 5}


def test_ties_of_many_keep_their_order():
    order = np.random.default_rng(0).permutation(1_000)
    found = two_stages(lambda n: order[:n], lambda i: i % 2 * 1.0, np.array([], int), 900, 1_000)
    np.testing.assert_array_equal(found, np.r_[order[order % 2 == 1], order[order % 2 == 0]][:900])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"known": {5}}, r"known must be an array of whole numbers, got \{5"),
        ({"known": np.array([5.0])}, "known must be an array of whole numbers"),
        ({"known": np.array([True])}, "known must be an array of whole numbers"),
        ({"n": 2.0}, "n must be a whole number, got 2.0: write 2"),
        ({"n": True}, "^n must be a whole number"),
        ({"num_candidates": None}, "^num_candidates must be a whole number"),
        ({"retrieve": None}, "retrieve must be a function, got None"),
        ({"rank": np.arange(6)}, "rank must be a function"),
        ({"retrieve": lambda number: None}, "what retrieve returns must be an array of whole"),
        ({"retrieve": lambda number: ORDER * 1.0}, "what retrieve returns must be an array of wh"),
        ({"rank": lambda items: "abc"}, "what rank returns must be an array of numbers"),
        ({"rank": lambda items: ["a"] * 3}, "what rank returns must be an array of numbers"),
    ],
)
def test_what_is_of_another_kind_is_refused_by_name(change, words):
    good = {"retrieve": retrieve, "rank": rank, "known": [], "n": 2, "num_candidates": 3}
    with pytest.raises(TypeError, match=words):
        two_stages(**good | change)


def test_short_numbers_do_not_overflow():
    known = np.arange(100, 200)
    found = two_stages(retrieve, rank, known, np.int8(2), np.int8(100))
    np.testing.assert_array_equal(found, [5, 4])


def test_what_the_stages_return_may_be_lists():
    found = two_stages(lambda n: ORDER[:n].tolist(), lambda some: [0.0] * len(some), [], 2, 3)
    np.testing.assert_array_equal(found, ORDER[:2])


def test_what_is_retrieved_twice_is_shown_once():
    shown = two_stages(
        lambda count: np.array([3, 1, 3, 2, 1]), lambda c: -c.astype(float), [2], 3, 3
    )
    assert shown.tolist() == [1, 3]
