import numpy as np
import pytest

from scratch.datasets import load_interests
from scratch.linear_algebra import transpose
from scratch.recommenders.neighbors import (
    ItemBased,
    UserBased,
    item_based_suggestions,
    make_vector,
    most_similar_to,
    nearest,
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


@pytest.fixture(scope="module")
def likes():
    return (np.random.default_rng(7).random((25, 30)) < 0.2).astype(float)


@pytest.mark.parametrize("num_neighbors", [None, 1, 4])
def test_the_matrix_of_user_based_scores_holds_the_suggestions_of_every_user(likes, num_neighbors):
    users_items = [np.flatnonzero(row).tolist() for row in likes]
    similarities = cosine_similarities(likes)
    scores = UserBased(likes, num_neighbors).scores(np.arange(25))
    for user in range(25):
        suggested = dict(user_based_suggestions(user, users_items, similarities, num_neighbors))
        assert {m for m in range(30) if scores[user, m] > -np.inf} - set(users_items[user]) == set(
            suggested
        )
        assert all(scores[user, m] == pytest.approx(score) for m, score in suggested.items())


def test_the_matrix_of_item_based_scores_holds_the_suggestions_of_every_user(likes):
    similarities = cosine_similarities(likes.T)
    scores = ItemBased(likes).scores(np.arange(25))
    for user in range(25):
        owned = np.flatnonzero(likes[user]).tolist()
        suggested = dict(item_based_suggestions(owned, range(30), similarities))
        assert {m for m in range(30) if scores[user, m] > -np.inf} - set(owned) == set(suggested)
        assert all(scores[user, m] == pytest.approx(score) for m, score in suggested.items())


def test_each_movie_keeps_its_nearest_movies_only(likes):
    kept = ItemBased(likes, num_neighbors=3).similarities
    whole = cosine_similarities(likes.T)
    np.fill_diagonal(whole, 0)
    assert ((kept > 0).sum(axis=1) <= 3).all()
    assert np.allclose(kept.sum(axis=1), np.sort(whole, axis=1)[:, -3:].sum(axis=1))


def test_shrinkage_multiplies_by_the_share_of_the_evidence(likes):
    both = likes.T @ likes
    expected = cosine_similarities(likes.T) * both / (both + 10)
    np.fill_diagonal(expected, 0)
    assert np.allclose(ItemBased(likes, shrinkage=10).similarities, expected)
    assert np.isfinite(ItemBased(np.zeros((2, 2)), shrinkage=10).similarities).all()


def test_nearest_breaks_ties_by_index_and_leaves_the_table_as_it_is():
    table = np.array([[1.0, 0.5, 0.5], [0.5, 1.0, 0.2], [0.5, 0.2, 1.0]])
    assert nearest(table, 1).tolist() == [[0, 0.5, 0], [0.5, 0, 0], [0.5, 0, 0]]
    assert table[0, 0] == 1.0


def test_no_neighbours_and_a_negative_shrinkage_are_refused(likes):
    for recommender in (UserBased, ItemBased):
        with pytest.raises(ValueError, match="num_neighbors must be at least 1, got 0"):
            recommender(likes, 0)
    with pytest.raises(ValueError, match="shrinkage must not be negative, got nan"):
        ItemBased(likes, shrinkage=np.nan)
