import numpy as np
import pytest

from scratch.datasets import load_interests
from scratch.linear_algebra import transpose
from scratch.recommenders.neighbors import (
    item_based_suggestions,
    make_vector,
    most_similar_to,
    unique_items,
    user_based_suggestions,
)
from scratch.similarity import cosine_similarities

INTERESTS = load_interests()
ITEMS = unique_items(INTERESTS)
MATRIX = [make_vector(interests, ITEMS) for interests in INTERESTS]
BETWEEN_USERS = cosine_similarities(MATRIX)
BETWEEN_ITEMS = cosine_similarities(transpose(MATRIX))


def rounded(pairs):
    return [(name, round(value, 4)) for name, value in pairs]


def test_items_in_order_of_first_appearance():
    assert len(ITEMS) == 36
    assert ITEMS[:9] == [*INTERESTS[0], "NoSQL", "MongoDB"]


def test_vector_has_a_one_for_each_interest():
    assert [item for item, flag in zip(ITEMS, MATRIX[3], strict=True) if flag] == [
        item for item in ITEMS if item in INTERESTS[3]
    ]


def test_users_similar_to_user_0():
    expected = [(9, 0.5669), (1, 0.3381), (8, 0.1890), (13, 0.1690), (5, 0.1543)]
    assert rounded(most_similar_to(0, BETWEEN_USERS)) == expected


def test_user_based_suggestions_for_user_0():
    assert rounded(user_based_suggestions(0, INTERESTS, BETWEEN_USERS)) == [
        ("MapReduce", 0.5669), ("MongoDB", 0.5071), ("Postgres", 0.5071), ("NoSQL", 0.3381),
        ("neural networks", 0.1890), ("deep learning", 0.1890),
        ("artificial intelligence", 0.1890), ("databases", 0.1690), ("MySQL", 0.1690),
        ("Python", 0.1543), ("R", 0.1543), ("C++", 0.1543), ("Haskell", 0.1543),
        ("programming languages", 0.1543),
    ]  # fmt: skip


def test_interests_similar_to_big_data():
    similar = most_similar_to(ITEMS.index("Big Data"), BETWEEN_ITEMS)
    assert rounded((ITEMS[i], s) for i, s in similar) == [
        ("Hadoop", 0.8165), ("Java", 0.6667), ("Spark", 0.5774), ("Storm", 0.5774),
        ("MapReduce", 0.5774), ("Cassandra", 0.4082), ("neural networks", 0.4082),
        ("deep learning", 0.4082), ("artificial intelligence", 0.4082), ("HBase", 0.3333),
    ]  # fmt: skip


def test_item_based_suggestions_for_user_0_leave_out_what_they_have():
    suggestions = item_based_suggestions(INTERESTS[0], ITEMS, BETWEEN_ITEMS)
    assert not {name for name, _ in suggestions} & set(INTERESTS[0])
    found = dict(rounded(suggestions))
    assert found == {
        "MapReduce": 1.8618, "MongoDB": 1.3165, "Postgres": 1.3165, "NoSQL": 1.2845,
        "MySQL": 0.5774, "databases": 0.5774, "Haskell": 0.5774, "programming languages": 0.5774,
        "artificial intelligence": 0.4082, "deep learning": 0.4082, "neural networks": 0.4082,
        "C++": 0.4082, "Python": 0.2887, "R": 0.2887,
    }  # fmt: skip
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_lists_and_arrays_give_the_same():
    users, items = np.array(BETWEEN_USERS), np.array(BETWEEN_ITEMS)
    for user in range(15):
        assert most_similar_to(user, users) == most_similar_to(user, BETWEEN_USERS)
        assert user_based_suggestions(user, INTERESTS, users) == user_based_suggestions(
            user, INTERESTS, BETWEEN_USERS
        )
        assert item_based_suggestions(INTERESTS[user], ITEMS, items) == item_based_suggestions(
            INTERESTS[user], ITEMS, BETWEEN_ITEMS
        )


def test_only_the_nearest_neighbors_vote():
    nearest = user_based_suggestions(0, INTERESTS, BETWEEN_USERS, num_neighbors=1)
    assert rounded(nearest) == [("MapReduce", 0.5669)]


def test_ties_go_to_the_lower_index():
    tied = [[1.0, 0.5, 0.5], [0.5, 1.0, 0.0], [0.5, 0.0, 1.0]]
    assert most_similar_to(0, tied) == [(1, 0.5), (2, 0.5)]


def test_a_user_with_nothing_gets_nothing():
    similarities = cosine_similarities([[0, 0], [1, 1]])
    assert most_similar_to(0, similarities) == []
    assert user_based_suggestions(0, [[], ["a", "b"]], similarities) == []
    assert item_based_suggestions([], ["a", "b"], [[1.0, 1.0], [1.0, 1.0]]) == []


@pytest.mark.parametrize("index", [-1, 15])
def test_unknown_user(index):
    with pytest.raises(IndexError, match="there are 15"):
        user_based_suggestions(index, INTERESTS, BETWEEN_USERS)


@pytest.mark.parametrize("num_neighbors", [0, -1])
def test_at_least_one_neighbor(num_neighbors):
    with pytest.raises(ValueError, match="num_neighbors must be at least 1"):
        user_based_suggestions(0, INTERESTS, BETWEEN_USERS, num_neighbors)


def test_similarities_are_square():
    with pytest.raises(ValueError, match="2 rows of 3"):
        most_similar_to(0, [[1.0, 0.5, 0.5], [0.5, 1.0, 0.5]])


def test_unknown_item_and_wrong_sizes():
    with pytest.raises(KeyError, match="COBOL"):
        item_based_suggestions(["COBOL"], ITEMS, BETWEEN_ITEMS)
    with pytest.raises(ValueError, match="14 users, but similarities between 15"):
        user_based_suggestions(0, INTERESTS[:14], BETWEEN_USERS)
    with pytest.raises(ValueError, match="35 items, but similarities between 36"):
        item_based_suggestions(["R"], ITEMS[:35], BETWEEN_ITEMS)
