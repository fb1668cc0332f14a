import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_splits import part, split_of, table_of

from scratch.evaluation import (
    LIKED,
    PLACES,
    encode_split,
    evaluate,
    evaluate_on_splits,
    evaluate_users,
    protocol,
    recommend,
    split_ratings,
)
from scratch.evaluation.metrics import ndcg_at_k, precision_at_k, recall_at_k
from scratch.evaluation.protocol import put_highest
from scratch.ratings import COLD, Ratings
from scratch.recommenders.adapters import Popular
from scratch.recommenders.fitted import Recommender


def by_index(*scores):
    """A recommender that gives everybody these scores."""
    return lambda users: np.tile(np.array(scores, dtype=float), (len(users), 1))


def test_the_parts_hold_every_row_once_encoded_by_the_maps_of_train():
    table = table_of(20, 15, 0.5, seed=1)
    parts = split_ratings(table, rng=np.random.default_rng(2))
    assert (parts.train.users >= 0).all() and (parts.train.movies >= 0).all()
    rows = [
        (parts.users.ids[u] if u >= 0 else None, parts.movies.ids[m] if m >= 0 else None, r)
        for named in (parts.train, parts.validation, parts.test)
        for u, m, r in zip(*named, strict=True)
    ]
    warm = [row for row in rows if None not in row]
    assert len(rows) == len(table)
    assert set(warm) <= set(table.itertuples(index=False, name=None))
    assert len(set(warm)) == len(warm) > 100


def test_the_same_rng_gives_the_same_split():
    table = table_of(20, 15, 0.5, seed=1)
    once, again = (split_ratings(table, rng=np.random.default_rng(2)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(once.test, again.test, strict=True))


def test_a_pair_that_is_rated_twice_is_refused():
    table = pd.DataFrame(
        {"user_id": [3, 4, 3, 5, 5], "movie_id": [9, 9, 9, 8, 8], "rating": [5.0, 1, 2, 3, 4]}
    )
    with pytest.raises(ValueError, match=r"user 3 has rated movie 9 more than once.*keep one"):
        split_ratings(table, rng=np.random.default_rng(0))


def test_tables_that_were_split_elsewhere_are_encoded_by_the_ids_of_train():
    columns = ["user_id", "movie_id", "rating"]
    tables = [
        pd.DataFrame(rows, columns=columns)
        for rows in ([(3, 9, 5.0), (4, 8, 2.0)], [(4, 9, 4.0)], [(3, 7, 4.0), (5, 8, 1.0)])
    ]
    parts = encode_split(*tables)
    assert parts.users.ids.tolist() == [3, 4] and parts.movies.ids.tolist() == [9, 8]
    assert parts.validation.users.tolist() == [1] and parts.validation.movies.tolist() == [0]
    assert parts.test.users.tolist() == [0, COLD] and parts.test.movies.tolist() == [COLD, 1]
    with pytest.raises(ValueError, match="user 4 has rated movie 9 more than once"):
        encode_split(tables[0], tables[1], tables[1])


def test_what_should_be_found_is_liked_in_the_part_by_whoever_is_known():
    parts = split_of(
        [(0, 0, 5), (1, 1, 5), (2, 0, 1)],
        test=[(2, 1, 4), (0, 1, 5), (2, COLD, 5), (COLD, 0, 5), (1, 0, 3)],
    )
    users, rows, movies = protocol.relevant_pairs(parts, "test")
    assert users.tolist() == [0, 2]
    assert sorted(zip(rows.tolist(), movies.tolist(), strict=True)) == [(0, 1), (1, COLD), (1, 1)]
    with pytest.raises(ValueError, match="train"):
        protocol.relevant_pairs(parts, "train")


def test_likes_are_training_ratings_of_four_stars_or_more():
    parts = split_of([(0, 0, 4), (0, 1, 3.5), (1, 1, 5)], test=[(1, 0, 5)])
    assert parts.likes.tolist() == [[1, 0], [0, 1]]


def test_a_list_is_ranked_by_score_and_ties_go_to_the_lower_index():
    assert recommend(by_index(1, 3, 2, 3), np.array([0]), num_movies=4).tolist() == [
        [1, 3, 2, 0] + [-1] * 6
    ]


def test_nothing_that_was_rated_is_recommended_whatever_its_stars_and_whoever_asks_in_what_order():
    known = part((2, 0, 1), (0, 1, 5), (2, 3, 5), (2, COLD, 5), (COLD, 2, 5))
    shown = recommend(by_index(4, 3, 2, 1), np.array([2, 0, 1, 2]), [known], num_movies=4, places=3)
    assert shown.tolist() == [[1, 2, -1], [0, 2, 3], [0, 1, 2], [1, 2, -1]]


def test_without_users_there_are_no_lists():
    known = [part((0, 1, 5))]
    shown = recommend(by_index(2, 3), np.array([], int), known, num_movies=2, places=4)
    assert shown.shape == (0, 4)


@pytest.mark.parametrize("rows", [[], [(COLD, 0, 5)], [(0, COLD, 5)]])
def test_a_part_without_a_warm_rating_leaves_nothing_out(rows):
    for known, expected in (([], [1, 0]), ([part((0, 1, 5))], [0, -1])):
        known = [part(*rows), *known, part()]
        shown = recommend(by_index(2, 3), np.array([0]), known, num_movies=2, places=2)
        assert shown.tolist() == [expected]


def test_what_is_known_of_a_user_beyond_those_who_are_asked_about_is_left_alone():
    known = [part((2**31 - 2, 0, 5), (0, 1, 5))]  # a table of so many rows would fill the memory
    shown = recommend(by_index(2, 3), np.array([0]), known, num_movies=2, places=2)
    assert shown.tolist() == [[0, -1]]


def test_a_score_of_minus_infinity_leaves_its_place_empty():
    shown = recommend(by_index(-np.inf, 2, -np.inf), np.array([0]), num_movies=3, places=2)
    assert shown.tolist() == [[1, -1]]


def test_the_scores_of_the_recommender_stay_as_they_are():
    scores = np.ones((2, 3))
    recommend(lambda users: scores, np.arange(2), [part((0, 0, 5))], num_movies=3)
    assert (scores == 1).all()


def test_a_recommender_that_writes_into_its_users_changes_nobody_elses():
    parts = split_ratings(table_of(20, 15, 0.5, 1), rng=np.random.default_rng(2))
    scores = np.random.default_rng(0).random((len(parts.users), len(parts.movies)))

    def hasty(users):
        found = scores[users]
        users += 1
        return found

    asked = np.array([3, 1, 2])
    shown = recommend(hasty, asked, num_movies=15)
    assert asked.tolist() == [3, 1, 2]
    np.testing.assert_array_equal(shown, recommend(scores.__getitem__, asked, num_movies=15))
    pd.testing.assert_frame_equal(
        evaluate_users(hasty, parts), evaluate_users(scores.__getitem__, parts)
    )


def test_many_users_are_scored_in_chunks(monkeypatch):
    table, asked = table_of(30, 12, 0.5, seed=3), []

    def recommender(users):
        asked.append(len(users))
        return np.add.outer(users, np.arange(12)) % 5.0

    known = part(*((u - 100, m - 7, r) for u, m, r in table.itertuples(index=False)))
    whole = recommend(recommender, np.arange(30), [known], num_movies=12)
    monkeypatch.setattr(protocol, "CHUNK", 7)
    pieces = recommend(recommender, np.arange(30), [known], num_movies=12)
    assert np.array_equal(whole, pieces)
    assert asked == [30, 7, 7, 7, 7, 2]


def test_known_users_are_no_more_than_there_is_room_for():
    far = 1_500_000_000
    known = Ratings(np.array([far]), np.array([0]), np.array([1.0]))
    with pytest.raises(ValueError, match=r"^the largest user in known asks for 1,500,000,001"):
        recommend(lambda users: np.ones((1, 2)), np.array([far]), [known], num_movies=2)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_scores_that_are_no_numbers_are_refused(bad):
    parts = split_of([(0, 0, 5), (1, 1, 5)], validation=[(1, 0, 5)])
    with pytest.raises(ValueError, match=r"mine: 1 scores can't be ranked.*for user 1 and movie 0"):
        evaluate({"mine": by_index(bad, 1.0)}, parts)
    words = rf"^3 scores can't be ranked, the first is {bad} for user 4 and movie 1: has the"
    scores = np.array([[1.0, 2, 3], [1, bad, 3], [bad, 2, bad]])
    with pytest.raises(ValueError, match=words):
        recommend(lambda users: scores, np.array([7, 4, 0]), num_movies=3)


def test_scores_of_another_shape_are_refused():
    parts = split_of([(0, 0, 5), (1, 1, 5)], validation=[(1, 0, 5)])
    with pytest.raises(ValueError, match=r"1 users and 2 movies.*shape \(2,\)"):
        evaluate({"mine": lambda users: np.ones(2)}, parts)


def test_a_known_movie_is_never_a_hit_though_fewer_than_ten_unknown_are_left():
    # Of three movies the user has rated two, and one of these (in a damaged split) is hidden too.
    parts = split_of([(0, 0, 5), (0, 1, 1), (1, 2, 5)], validation=[(0, 0, 5), (0, 2, 5)])
    scores = evaluate_users(by_index(3, 2, 1), parts)
    assert scores.loc[0].to_dict() == pytest.approx(
        {"precision": 0.1, "recall": 0.5, "NDCG": 1 / (1 + 1 / np.log2(3))}
    )


def test_on_the_test_part_validation_is_known_too():
    parts = split_of(
        [(0, 0, 5), (1, 1, 5), (1, 2, 5)], validation=[(0, 1, 2)], test=[(0, 2, 5), (0, 1, 5)]
    )
    shown = evaluate_users(by_index(1, 3, 2), parts, on="test")
    assert shown.loc[0, "NDCG"] == pytest.approx(1 / (1 + 1 / np.log2(3)))  # movie 2 comes first
    assert shown.loc[0, "recall"] == 0.5


def test_cold_movies_are_missed_one_by_one_and_cold_users_are_left_out():
    hidden = [(0, 1, 5), (0, COLD, 5), (0, COLD, 4), (COLD, 0, 5), (1, COLD, 2)]
    parts = split_of([(0, 0, 5), (1, 1, 5)], validation=hidden)
    scores = evaluate_users(by_index(2, 1), parts)
    assert scores.index.tolist() == [0] and scores.index.name == "user"
    assert scores.loc[0, "recall"] == pytest.approx(1 / 3)


def test_a_part_without_likes_and_an_unknown_part_are_refused():
    parts = split_of([(0, 0, 5)], validation=[(0, 0, 2)])
    with pytest.raises(ValueError, match="likes anything in the validation part"):
        evaluate({"mine": by_index(1)}, parts)
    with pytest.raises(ValueError, match="on must be 'validation' or 'test', got 'train'"):
        evaluate({"mine": by_index(1)}, parts, on="train")


def test_coverage_counts_the_movies_on_anybodys_list():
    rows = [(u, m, 5) for u in range(2) for m in range(12 * u, 12 * u + 12)]
    parts = split_of(rows, validation=[(0, 13, 5), (1, 3, 5)])
    table = evaluate({"all": by_index(*range(24))}, parts)
    assert table.loc["all", "coverage"] == 20 / 24  # each sees the ten highest of the other's
    assert list(table) == ["precision", "recall", "NDCG", "coverage"]


@given(st.integers(0, 10**6), st.sampled_from(["validation", "test"]))
@settings(max_examples=40, deadline=None)
def test_every_number_is_that_of_the_measures_read_literally(seed, on):
    table = table_of(12, 25, 0.6, seed)
    parts = split_ratings(table, (0.5, 0.2, 0.3), rng=np.random.default_rng(seed))
    rng = np.random.default_rng(seed + 1)
    scores = rng.integers(0, 6, (len(parts.users), len(parts.movies))).astype(float)
    scores[rng.random(scores.shape) < 0.1] = -np.inf
    measured = evaluate_users(lambda users: scores[users], parts, on)
    hidden = getattr(parts, on)
    known = [parts.train] if on == "validation" else [parts.train, parts.validation]
    expected = {}
    for user in range(len(parts.users)):
        relevant = {
            (m if m >= 0 else f"cold {i}")
            for i, (u, m, stars) in enumerate(zip(*hidden, strict=True))
            if u == user and stars >= LIKED
        }
        if not relevant:
            continue
        rated = {m for p in known for u, m, _ in zip(*p, strict=True) if u == user}
        free = [m for m in range(len(parts.movies)) if m not in rated and scores[user, m] > -np.inf]
        top = sorted(free, key=lambda m: (-scores[user, m], m))[:PLACES]
        expected[user] = [
            f(top, relevant, PLACES) for f in (precision_at_k, recall_at_k, ndcg_at_k)
        ]
    assert measured.index.tolist() == list(expected)
    assert np.allclose(measured.to_numpy(), np.array(list(expected.values())))
    means = evaluate({"x": lambda users: scores[users]}, parts, on).loc["x"]
    assert np.allclose(means.iloc[:3], measured.mean())


def test_each_seed_is_another_split_and_the_recommenders_are_built_on_it():
    table = table_of(30, 40, 0.5, seed=5)
    seen = []

    def build(parts):
        seen.append(len(parts.train.users))
        return {"fans": lambda users: np.tile(parts.likes.sum(axis=0), (len(users), 1))}

    scores = evaluate_on_splits(build, table, [3, 4], measure="precision")
    assert list(scores) == ["split 3", "split 4"] and list(scores.index) == ["fans"]
    assert len(seen) == 2
    parts = split_ratings(table, rng=np.random.default_rng(4))
    alone = evaluate(build(parts), parts, on="test").loc["fans", "precision"]
    assert scores.loc["fans", "split 4"] == alone
    assert scores.loc["fans", "split 3"] != alone
    recalls = evaluate_on_splits(build, table, [4])  # of the test part
    expected = evaluate(build(parts), parts, on="test").loc["fans", "recall"]
    assert recalls.loc["fans", "split 4"] == expected


@settings(deadline=None)
@given(
    seed=st.integers(0, 10_000),
    num_movies=st.integers(1, 12),
    places=st.integers(1, 15),
    plain=st.booleans(),
)
def test_lists_are_those_of_a_full_sort(seed, num_movies, places, plain):
    rng = np.random.default_rng(seed)
    scores = rng.integers(-2, 3, (7, num_movies)).astype(float)  # many ties
    scores[rng.random(scores.shape) < 0.2] = -np.inf
    has = rng.random(scores.shape) < 0.3
    lengths = has.sum(axis=1)
    begin = np.cumsum(lengths) - lengths
    shown = np.full((7, places), -1)
    call = put_highest.__wrapped__ if plain else put_highest
    call(scores, np.nonzero(has)[1], begin, begin + lengths, shown)
    for row, own, found in zip(scores, has, shown, strict=True):
        order = [m for m in np.argsort(-row, kind="stable") if row[m] > -np.inf and not own[m]]
        assert found.tolist() == (order + [-1] * places)[:places]


def test_lists_that_can_not_be_written_into_are_refused():
    shown, one = np.full((1, 1), -1), np.array([0])
    shown.flags.writeable = False
    with pytest.raises(ValueError, match="shown is changed in place, and this array is read-only"):
        put_highest(np.ones((1, 2)), one, one, one, shown)
    with pytest.raises(TypeError, match="shown must hold whole numbers"):
        put_highest(np.ones((1, 2)), one, one, one, shown.astype(float))


@pytest.mark.parametrize("places", [0, -1])
def test_lists_without_a_place_are_refused(places):
    with pytest.raises(ValueError, match=f"places must be at least 1, got {places}"):
        recommend(by_index(1, 2), np.array([0]), num_movies=2, places=places)


def test_lists_that_would_fill_the_memory_are_refused():
    with pytest.raises(ValueError, match=r"^places asks for 2 × 1,000,000,000,000 numbers"):
        recommend(by_index(1, 2), np.arange(2), num_movies=2, places=10**12)


def one_in_each():
    return split_of([(0, 0, 5), (1, 1, 5)], validation=[(1, 0, 5)], test=[(0, 1, 4)])


def no_numbers(users):
    return np.full((len(users), 2), np.nan)


def test_scores_that_are_all_nan_are_never_a_perfect_recall():
    parts = one_in_each()
    calls = [
        lambda: recommend(no_numbers, np.arange(2), num_movies=2),
        lambda: evaluate_users(no_numbers, parts),
        lambda: evaluate({"mine": no_numbers}, parts),
        lambda: evaluate({"mine": no_numbers}, parts, on="test"),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="scores can't be ranked, the first is nan for user"):
            call()
    table = table_of(12, 9, 0.9, seed=0)
    with pytest.raises(ValueError, match=r"mine: .* scores can't be ranked"):
        evaluate_on_splits(
            lambda split: {"mine": lambda users: np.full((len(users), 9), np.nan)}, table, [1]
        )


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.uint64, np.float32, bool])
def test_scores_of_any_kind_of_number_are_ranked_as_floats(kind):
    table = np.random.default_rng(4).integers(0, 2 if kind is bool else 128, (9, 30))
    as_floats = recommend(lambda users: table[users].astype(float), np.arange(9), num_movies=30)
    found = recommend(lambda users: table[users].astype(kind), np.arange(9), num_movies=30)
    assert np.array_equal(found, as_floats)
    scores = protocol.checked_scores(lambda users: table[users].astype(kind), np.arange(9), 30)
    assert scores.dtype == float and np.array_equal(scores, table)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "what the recommender returns must be an array of numbers, got None"),
        ([["a", "b"]], "what the recommender returns must be an array of numbers"),
    ],
)
def test_scores_that_are_no_array_of_numbers_are_refused_by_name(answer, words):
    with pytest.raises(TypeError, match=f"^mine: {words}"):
        evaluate({"mine": lambda users: answer}, one_in_each())


@pytest.mark.parametrize("user", [-1, -2, 2**31 - 1, 2**40])
def test_a_user_that_can_not_be_is_no_user_from_the_end(user):
    known = [part((0, 0, 5), (1, 1, 5), (2, 2, 5))]
    with pytest.raises(IndexError, match=rf"users\[1\] is {user}: users are counted from 0"):
        recommend(by_index(3, 2, 1), np.array([0, user]), known, num_movies=3)


def test_a_user_beyond_all_who_have_rated_is_shown_everything():
    known = [part((0, 0, 5), (1, 1, 5), (7, 2, 5))]
    users = np.array([2**31 - 2, 10**6, 8, 1])  # the first is the largest that can be
    shown = recommend(by_index(3, 2, 1), users, known, num_movies=3, places=3)
    assert shown.tolist() == [[0, 1, 2]] * 3 + [[0, 2, -1]]


def test_what_is_known_must_be_of_the_movies_that_are_ranked():
    for known, words in [
        (part((0, COLD, 5), (0, 3, 5)), r"^known\[0\] has the movie index 3, .* are 3"),
        (part((0, 0, 5), (0, 3, 5), (0, 4, 5)), r"^known\[0\] has the movie index 3, .* are 3"),
        (part((0, 2, 5), (0, -2, 5)), r"^known\[0\] has the movie index -2"),
        (part((-2, 0, 5)), r"^known\[0\] has the user index -2"),
    ]:
        with pytest.raises(IndexError, match=words):
            recommend(by_index(3, 2, 1), np.array([0]), [known], num_movies=3)
    longer = part((0, 0, 5))._replace(users=np.array([0, 1]))
    with pytest.raises(ValueError, match=r"known\[1\]: .* 2 users, 1 movies and 1 ratings"):
        recommend(by_index(3, 2, 1), np.array([0]), [part((0, 0, 5)), longer], num_movies=3)


@pytest.mark.parametrize(
    ("name", "wrong", "error", "words"),
    [
        ("train", part((2, 0, 5)), IndexError, "user index 2 is out of range: the model has 2"),
        ("train", part((0, 2, 5)), IndexError, "movie index 2 is out of range: the model has 2"),
        ("train", part((0, -2, 5)), IndexError, "movie index -2 is out of range"),
        ("train", part((COLD, 0, 5)), ValueError, "training rows must not be cold"),
        ("train", part(), ValueError, "the training set is empty"),
        ("train", part((0, 0, np.nan)), ValueError, r"ratings\[0\] is nan"),
        ("train", None, TypeError, "part must be a Ratings, got None"),
        ("validation", part((2, 0, 5)), IndexError, "user index 2 is out of range"),
        ("validation", part((0, 5, 5)), IndexError, "movie index 5 is out of range"),
        (
            "validation",
            part((0, 1, 5))._replace(users=np.array([0, 1])),
            ValueError,
            "2 users, 1 movies and 1 ratings",
        ),
    ],
)
def test_a_split_whose_parts_do_not_fit_its_maps_is_refused_with_the_name_of_the_part(
    name, wrong, error, words
):
    parts = one_in_each()._replace(**{name: wrong})
    calls = [lambda: evaluate_users(by_index(2, 1), parts)]
    calls += [lambda: parts.likes] if name == "train" else [lambda: parts.part(name)]
    for call in calls:
        with pytest.raises(error, match=f"the {name} part of the split: .*{words}"):
            call()
    with pytest.raises(TypeError, match="users must be a IdMap, got None"):
        evaluate_users(by_index(2, 1), one_in_each()._replace(users=None))


def test_a_part_that_is_not_measured_on_is_not_looked_at():
    parts = one_in_each()
    expected = evaluate_users(by_index(2, 1), parts)
    assert expected.equals(evaluate_users(by_index(2, 1), parts._replace(test=None)))
    assert parts.known("validation") == (parts.train,)
    assert parts.known("test") == (parts.train, parts.validation)


def test_unsigned_indices_of_a_split_are_taken_as_they_are():
    parts = one_in_each()
    expected = evaluate({"mine": by_index(2, 1)}, parts, on="test")
    for kind in (np.uint8, np.uint64, np.int8):
        names = "train", "validation", "test"
        changed = {
            n: getattr(parts, n)._replace(
                users=getattr(parts, n).users.astype(kind),
                movies=getattr(parts, n).movies.astype(kind),
            )
            for n in names
        }
        found = evaluate({"mine": by_index(2, 1)}, parts._replace(**changed), on="test")
        assert found.equals(expected)
        train = parts._replace(**changed).part("train")  # one can count down from them
        assert (train.users - 1).tolist() == (train.movies - 1).tolist() == [-1, 0]


def test_no_recommender_no_seed_and_no_dictionary_are_refused():
    parts, table = one_in_each(), table_of(12, 9, 0.9, seed=0)
    with pytest.raises(ValueError, match="recommenders is empty: give at least one"):
        evaluate({}, parts)
    with pytest.raises(ValueError, match="seeds is empty: give at least one"):
        evaluate_on_splits(lambda split: {"mine": by_index(*range(9))}, table, [])
    with pytest.raises(TypeError, match="build must return a dictionary of recommenders, got None"):
        evaluate_on_splits(lambda split: None, table, [1])
    with pytest.raises(ValueError, match=r"seeds\[0\] must be at least 0, got -1"):
        evaluate_on_splits(lambda split: {}, table, [-1])
    with pytest.raises(ValueError, match=r"measure must be 'precision' or .*, got 'ndcg'"):
        evaluate_on_splits(lambda split: {}, table, [1], measure="ndcg")


def test_tables_without_a_column_or_a_rating_are_refused():
    table = table_of(6, 5, 0.9, seed=0)
    for wrong, words in [
        (table.drop(columns="movie_id"), "the table has no column 'movie_id'"),
        (table.drop(columns="user_id"), "the table has no column 'user_id'"),
        (table.astype({"user_id": float}).replace({"user_id": {101.0: np.nan}}), "has no user_id"),
    ]:
        with pytest.raises(ValueError, match=words):
            split_ratings(wrong, rng=np.random.default_rng(0))
        with pytest.raises(ValueError, match=words):
            encode_split(table, wrong[:0] if "column" in words else wrong, table)
    with pytest.raises(ValueError, match="train has no ratings: there is nothing to learn from"):
        encode_split(table[:0], table, table)


def test_ids_that_are_texts_are_named_when_a_pair_is_there_twice():
    table = pd.DataFrame({"user_id": ["ann", "ann"], "movie_id": ["M", "M"], "rating": [5.0, 1.0]})
    with pytest.raises(ValueError, match="user ann has rated movie M more than once"):
        split_ratings(table, rng=np.random.default_rng(0))


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_row_without_a_rating_is_named_as_the_table_counts_it(wrong):
    table = table_of(20, 15, 0.5, 1)
    table["rating"] = table["rating"].astype(float)
    table.loc[table.index[3], "rating"] = wrong
    with pytest.raises(ValueError, match=r"row 3 of the table has no rating|rating\[3\] is inf"):
        split_ratings(table, rng=np.random.default_rng(0))
    parts = table_of(20, 15, 0.5, 1), table.iloc[:0], table
    with pytest.raises(ValueError, match=r"row 3 of the table has no rating|rating\[3\] is inf"):
        encode_split(*parts)


def test_ids_that_are_lists_are_refused_in_words():
    table = pd.DataFrame({"user_id": [[1], [2]], "movie_id": [1, 2], "rating": [3.0, 4.0]})
    with pytest.raises(TypeError, match="ids must be numbers or texts, that can be looked up: unh"):
        split_ratings(table, rng=np.random.default_rng(0))
    with pytest.raises(TypeError, match="ids must be numbers or texts"):
        Recommender(Popular()).fit(table)
