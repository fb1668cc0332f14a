import numpy as np
import pytest
from scipy.sparse import csr_array

from scratch.datasets import load_interests
from scratch.linear_algebra import transpose
from scratch.recommenders.neighbors import (
    ItemBased,
    UserBased,
    item_based_suggestions,
    make_vector,
    most_similar_to,
    nearest,
    only_positive,
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
    with pytest.raises(
        IndexError, match=rf"^user {index} is out of range: similarities has 15 rows"
    ):
        user_based_suggestions(index, INTERESTS, BETWEEN_USERS)
    with pytest.raises(IndexError, match=rf"^index {index} is out of range: .* has 15 rows"):
        most_similar_to(index, BETWEEN_USERS)


@pytest.mark.parametrize("num_neighbors", [0, -1])
def test_at_least_one_neighbor(num_neighbors):
    with pytest.raises(ValueError, match="num_neighbors must be at least 1"):
        user_based_suggestions(0, INTERESTS, BETWEEN_USERS, num_neighbors)


def test_similarities_are_square():
    not_square = [[1.0, 0.5, 0.5], [0.5, 1.0, 0.5]]
    for call in (
        lambda: most_similar_to(0, not_square),
        lambda: user_based_suggestions(0, [["a"], ["b"]], not_square),
        lambda: item_based_suggestions(["a"], ["a", "b"], not_square),
    ):
        with pytest.raises(ValueError, match="similarities must be square: 2 rows of 3"):
            call()
    with pytest.raises(ValueError, match=r"similarities must be square, got an array of \(2, 3\)"):
        nearest(np.array(not_square))
    with pytest.raises(TypeError, match=r"similarities .* are its rows equally long"):
        most_similar_to(0, [[1.0, 0.5], [0.5]])


def test_unknown_item_and_wrong_sizes():
    with pytest.raises(KeyError, match="COBOL"):
        item_based_suggestions(["COBOL"], ITEMS, BETWEEN_ITEMS)
    with pytest.raises(
        ValueError, match=r"^users_items has 14 entries, but similarities are between 15"
    ):
        user_based_suggestions(0, INTERESTS[:14], BETWEEN_USERS)
    with pytest.raises(ValueError, match=r"^items has 35 entries, but similarities are between 36"):
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


@pytest.mark.parametrize("shrinkage", [0.0, 0.5, 10])
def test_shrinkage_multiplies_by_the_share_of_the_evidence(likes, shrinkage):
    both = likes.T @ likes
    expected = cosine_similarities(likes.T) * both / np.maximum(both + shrinkage, 1e-9)
    np.fill_diagonal(expected, 0)
    assert np.allclose(ItemBased(likes, shrinkage=shrinkage).similarities, expected)
    assert np.isfinite(ItemBased(np.zeros((2, 2)), shrinkage=10).similarities).all()


def test_nearest_breaks_ties_by_index_and_leaves_the_table_as_it_is():
    table = np.array([[1.0, 0.5, 0.5], [0.5, 1.0, 0.2], [0.5, 0.2, 1.0]])
    assert nearest(table, 1).tolist() == [[0, 0.5, 0], [0.5, 0, 0], [0.5, 0, 0]]
    assert table[0, 0] == 1.0


@pytest.mark.parametrize("num_neighbors", [None, 1, 2, 5, 18, 19, 20, 21])
@pytest.mark.parametrize("lowest", [0, -2])
def test_nearest_are_the_first_when_the_others_are_sorted(num_neighbors, lowest):
    table = np.random.default_rng(1).integers(lowest, 4, (20, 20)).astype(float)
    expected = np.zeros((20, 20))
    for row, similarities in enumerate(table):
        others = [other for other in range(20) if other != row]
        for other in sorted(others, key=lambda other: -similarities[other])[:num_neighbors]:
            expected[row, other] = similarities[other]
    for kind in (float, np.float32, np.int8):
        assert nearest(table.astype(kind), num_neighbors).tolist() == expected.tolist()


def test_nearest_in_a_table_too_large_to_be_sorted_whole():
    table = np.random.default_rng(2).random((600, 600))
    kept = nearest(table, 3)
    np.fill_diagonal(table, 0)
    assert np.array_equal(np.sort(kept)[:, -3:], np.sort(table)[:, -3:])
    assert ((kept > 0).sum(axis=1) == 3).all()


def test_no_neighbours_and_a_negative_shrinkage_are_refused(likes):
    for recommender in (UserBased, ItemBased):
        with pytest.raises(ValueError, match="num_neighbors must be at least 1, got 0"):
            recommender(likes, 0)
    with pytest.raises(ValueError, match="shrinkage must be a finite number, got nan"):
        ItemBased(likes, shrinkage=np.nan)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("kind", [np.array, np.ndarray.tolist])
def test_similarities_that_are_no_numbers_are_refused_where_they_are_used(bad, kind):
    table = np.array([[1.0, 0.5, 0.5], [0.5, 1.0, bad], [0.5, 0.2, 1.0]])
    for call in (
        lambda: most_similar_to(1, kind(table)),
        lambda: user_based_suggestions(1, [["a"], ["b"], ["c"]], kind(table)),
        lambda: item_based_suggestions(["b"], ["a", "b", "c"], kind(table)),
    ):
        with pytest.raises(ValueError, match=rf"similarities\[1\]\[2\] is {bad}"):
            call()
    with pytest.raises(ValueError, match=rf"similarities\[1, 2\] is {bad}"):
        nearest(kind(table))


def test_sums_too_large_to_be_numbers_are_refused():
    table, words = np.full((3, 3), 1e308), "^a sum can't be .* in similarities are too large"
    with pytest.raises(ValueError, match=words):
        user_based_suggestions(0, [["a"], ["b"], ["b"]], table)
    with np.errstate(over="raise"), pytest.raises(ValueError, match=words):  # and no warning before
        item_based_suggestions(["a", "b"], ["a", "b", "c"], table)


def test_an_item_that_is_there_twice_has_no_row_of_its_own():
    with pytest.raises(ValueError, match="items has 3 names, but only 2 different ones"):
        item_based_suggestions(["a"], ["a", "b", "a"], np.eye(3))


def test_what_is_no_list_of_items_is_refused_by_name():
    for call, words in [
        (lambda: unique_items([["a"], "bc"]), r"users_items\[1\] must be a list, got 'bc'"),
        (lambda: unique_items([[["a"]]]), r"users_items\[0\]\[0\] must be one value"),
        (lambda: make_vector("R", ["R"]), "user_items must be a list, got 'R'"),
        (lambda: make_vector(["R"], {"R"}), "items must have an order"),
        (lambda: most_similar_to(0, None), "similarities must be an array of numbers, got None"),
        (lambda: most_similar_to(0.5, np.eye(2)), r"index must be a whole number, got 0\.5"),
    ]:
        with pytest.raises(TypeError, match=words):
            call()


@pytest.mark.parametrize("kind", [np.int8, np.uint8, bool])
@pytest.mark.parametrize("num_neighbors", [None, 2])
def test_likes_of_any_kind_of_number_do_not_overflow(kind, num_neighbors):
    likes = (np.random.default_rng(3).random((300, 6)) < 0.7).astype(float)
    for made in (lambda table: ItemBased(table, num_neighbors, 3.0),
                 lambda table: UserBased(table, num_neighbors)):  # fmt: skip
        expected = made(likes).scores(np.arange(300))
        assert np.array_equal(made(likes.astype(kind)).scores(np.arange(300)), expected)
        assert np.array_equal(made(csr_array(likes.astype(kind))).scores([3, 4]), expected[3:5])


@pytest.mark.parametrize("recommender", [UserBased, ItemBased])
def test_likes_other_than_0_and_1_are_refused(recommender):
    for wrong, words in [
        ([[1.0, 2.0]], r"likes must hold zeros and ones only, got 2\.0"),
        ([[1.0, np.nan]], r"likes\[0, 1\] is nan"),
        ([1.0, 0.0], "likes must have two axes"),
        (csr_array([[1.0, -1.0]]), r"likes must hold zeros and ones only, got -1\.0"),
        (csr_array([[1.0, np.nan]]), "likes holds a number that is not finite"),
    ]:
        with pytest.raises(ValueError, match=words):
            recommender(wrong)
    broken = csr_array(np.eye(3))
    broken.indices[0] = 7
    with pytest.raises(ValueError, match="likes is no sound sparse array"):
        recommender(broken, 1)


@pytest.mark.parametrize("recommender", [UserBased, ItemBased])
@pytest.mark.parametrize("user", [-1, -2, 25])
def test_a_user_who_is_not_there_has_no_scores(likes, recommender, user):
    with pytest.raises(IndexError, match=f"^user index {user} is out of range: the model has 25"):
        recommender(likes, 3).scores(np.array([0, user]))


def test_only_what_is_above_0_is_voted_for_and_nan_is_no_vote():
    sums = np.array([[0.5, 0.0, -0.5, 1e-12, -np.inf]])
    assert only_positive(sums).tolist() == [[0.5] + [-np.inf] * 4]
    assert only_positive(csr_array([[0, 3]])).tolist() == [[-np.inf, 3.0]]
    assert only_positive(np.array([2, 0])).tolist() == [2.0, -np.inf]
    assert only_positive(np.array([4e-10, 6e-10])).tolist() == [-np.inf, 1e-9]  # nine digits
    assert only_positive(np.empty((2, 0))).shape == (2, 0)
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match=rf"^sums\[0, 1\] is {bad}"):
            only_positive(np.array([[1.0, bad]]))
    for wrong in ([1.0], None, np.array("x"), np.array(["x"]), np.array(1.0)):
        with pytest.raises(TypeError, match=r"^sums must be an array of numbers, got"):
            only_positive(wrong)


@pytest.mark.parametrize("kind", [UserBased, ItemBased])
def test_the_likes_are_kept_as_they_were_given(kind):
    likes = csr_array(np.array([[1.0, 1, 0], [0, 1, 1], [1, 1, 1]]))
    model = kind(likes, 2)
    before = model.scores([0, 1, 2])
    likes.data[:] = 0
    assert np.array_equal(model.scores([0, 1, 2]), before)


def test_masked_sums_are_refused():
    with pytest.raises(ValueError, match=r"^sums has 1 masked values"):
        only_positive(np.ma.array([[1.0, 2.0]], mask=[[True, False]]))
