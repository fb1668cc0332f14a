import numpy as np
import pandas as pd
import pytest

from scratch.datasets import load_interests
from scratch.recommenders.popularity import (
    SameForAll,
    count_items,
    damped_means,
    most_popular_new,
)

INTERESTS = load_interests()


def test_counts_of_the_fifteen_users():
    popularity = count_items(INTERESTS)
    assert len(popularity) == 36
    # Ties in the order of first appearance in the data.
    assert popularity[:8] == [
        ("Python", 4), ("R", 4), ("Big Data", 3), ("HBase", 3), ("Java", 3), ("statistics", 3),
        ("regression", 3), ("probability", 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        (0, [("Python", 4), ("R", 4), ("statistics", 3), ("regression", 3), ("probability", 3)]),
        (2, [("R", 4), ("Big Data", 3), ("HBase", 3), ("Java", 3), ("statistics", 3)]),
    ],
)
def test_new_for_a_user(user, expected):
    assert most_popular_new(INTERESTS[user], count_items(INTERESTS)) == expected


def test_nobody_and_nothing():
    assert count_items([]) == []
    assert count_items([[], []]) == []
    assert most_popular_new([], []) == []
    assert most_popular_new(["a"], [("a", 3)]) == []


def test_at_least_one_result():
    with pytest.raises(ValueError, match="got 0"):
        most_popular_new([], [("a", 3)], max_results=0)


def test_damped_means_by_hand():
    table = pd.DataFrame({"movie_id": [7, 3, 3], "rating": [5.0, 3.0, 2.5]})  # mean 3.5
    damped = damped_means(table, damping=10)
    assert damped.index.tolist() == [3, 7]
    assert damped[7] == pytest.approx(40 / 11)
    assert damped[3] == pytest.approx(40.5 / 12)


def test_damping_goes_from_the_plain_mean_to_the_global_mean():
    table = pd.DataFrame({"movie_id": [1, 2, 2], "rating": [5.0, 1.0, 2.0]})
    assert damped_means(table, 0).tolist() == [5.0, 1.5]
    assert damped_means(table, 1e9).tolist() == pytest.approx([8 / 3, 8 / 3])


def test_damped_means_complain():
    table = pd.DataFrame({"movie_id": [1], "rating": [5.0]})
    with pytest.raises(ValueError, match="no ratings"):
        damped_means(table.iloc[:0], 10)
    with pytest.raises(ValueError, match="damping must not be negative, got -1"):
        damped_means(table, -1)
    with pytest.raises(ValueError, match="damping must be a finite number, got nan"):
        damped_means(table, np.nan)
    with pytest.raises(ValueError, match=r"damping must be at most 1e\+100"):
        damped_means(table, 1e308)
    for ratings in ([1.7e308] * 3, np.float32([3e38] * 3)):
        large = pd.DataFrame({"movie_id": [1, 1, 2], "rating": ratings})
        with pytest.raises(ValueError, match=r"damped_means can't be computed, inf .*ratings of"):
            damped_means(large, 5)


def test_everybody_gets_the_same_scores():
    scores = SameForAll([3, 1]).scores(np.array([5, 0, 5]))
    assert scores.tolist() == [[3.0, 1.0]] * 3
    assert scores.dtype == float  # also of counts, so that −inf can stand for what is rated


def test_scores_that_are_no_numbers_are_refused():
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match=rf"movie_scores\[1\] is {bad}"):
            SameForAll([1.0, bad])
    assert SameForAll([1.0, -np.inf]).scores([0]).tolist() == [[1.0, -np.inf]]
    with pytest.raises(ValueError, match="movie_scores must have one axis"):
        SameForAll([[1.0]])
    with pytest.raises(TypeError, match="users must be an array of whole numbers"):
        SameForAll([1.0]).scores(["a"])


def test_what_is_no_list_of_items_is_refused_by_name():
    for call, words in [
        (lambda: count_items(["R", "Python"]), r"users_items\[0\] must be a list, got 'R'"),
        (lambda: count_items([["R", ["Java"]]]), r"users_items\[0\]\[1\] must be one value"),
        (lambda: count_items(None), "users_items must be a list, got None"),
        (lambda: most_popular_new("R", [("R", 1)]), "user_items must be a list, got 'R'"),
        (lambda: most_popular_new(["R"], [("R", "x")]), r"popularity\[0\]\[1\] must be a number"),
        (lambda: most_popular_new(["R"], [(["R"], 1)]), r"popularity\[0\]\[0\] must be one value"),
        (lambda: most_popular_new(["R"], [("R", 1)], 2.5), "max_results must be a whole number"),
    ]:
        with pytest.raises(TypeError, match=words):
            call()
    with pytest.raises(ValueError, match=r"popularity\[0\] must have 2 parts"):
        most_popular_new(["R"], [("R", 1, 2)])


def test_other_scores_than_counts_may_rank_the_items():
    assert most_popular_new(["a"], [("b", 4.5), ("a", 3.0), ("c", 2.5)]) == [("b", 4.5), ("c", 2.5)]


def test_scores_that_are_the_same_for_all_are_kept_as_they_were_given():
    given = np.array([1.0, 2.0])
    model = SameForAll(given)
    given[:] = 0
    assert model.scores([0]).tolist() == [[1.0, 2.0]]


def test_lists_that_can_be_gone_through_once_are_counted():
    assert count_items(iter([iter("ab"), map(str, "b")])) == [("b", 2), ("a", 1)]
