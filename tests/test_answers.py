import copy
import functools
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

from scratch.evaluation.protocol import LIKED
from scratch.ratings import IdMap
from scratch.recommenders import adapters as models
from scratch.recommenders.fitted import Recommender
from scratch.serving.answers import Answers
from scratch.serving.exact import ExactSearch


def table(seed=0, users=30, movies=24):
    """A random table in which user 100 has rated all movies but three.

    Everybody likes something: who does not is at 0, where all scores are alike in float32.
    """
    rng = np.random.default_rng(seed)
    sizes = [movies - 3, *rng.integers(4, 15, users - 1)]
    rows = [
        (100 + user, 7 * movie, 5.0 if place == 0 else float(rng.integers(1, 6)))
        for user, size in enumerate(sizes)
        for place, movie in enumerate(rng.choice(movies, size, replace=False))
    ]
    frame = pd.DataFrame(rows, columns=["user_id", "movie_id", "rating"])
    return frame.sample(frac=1, random_state=1, ignore_index=True)


SETTINGS = {
    "scaled": models.Weighted(5, w0=0.1, l2=0.03, scaling=1.0),
    "plain": models.Weighted(5, w0=0.2, l2=1.0),
    "rated": models.Weighted(5, w0=0.1, l2=0.03, scaling=0.5, ones="rated"),
}
CELLS = {"all": {}, "cells": {"num_cells": 6, "num_probed": 6}}


once = functools.cache(lambda name: Recommender(SETTINGS[name]).fit(table()))


def learned(name):
    """A recommender that has learned the table: one's own, to spoil."""
    return copy.deepcopy(once(name))


@pytest.fixture(params=SETTINGS)
def fitted(request):
    return learned(request.param)


@pytest.fixture(params=CELLS)
def answers(request, fitted):
    return Answers(fitted, "monday", **CELLS[request.param])


def assert_same(answer, frame):
    assert [movie_id for movie_id, _ in answer] == frame["movie_id"].tolist()
    np.testing.assert_allclose([score for _, score in answer], frame["score"], atol=1e-5)
    assert {type(value) for pair in answer for value in pair} == {int, float}


@pytest.mark.parametrize("n", [1, 4, 24, 1000])
def test_everybody_gets_the_list_of_the_recommender(answers, fitted, n):
    for user_id in fitted.users.ids.tolist():
        assert_same(answers.top(user_id, n), fitted.recommend([user_id], n))


@pytest.mark.parametrize("n", [1, 4, 24])
def test_somebody_new_gets_the_list_of_the_recommender(answers, fitted, n):
    rng = np.random.default_rng(2)
    for size in (1, 3, 12, 20):
        ids = rng.choice(fitted.movies.ids, size, replace=False).tolist()
        stars = dict(zip(ids, rng.integers(1, 6, size).tolist(), strict=True)) | {ids[0]: LIKED}
        assert_same(answers.fold_in(stars, n), fitted.recommend_new(stars, n))


@pytest.mark.parametrize("below", [None, LIKED - 0.5])
def test_nothing_to_go_by_is_said(below):
    fitted = learned("scaled")
    stars = {} if below is None else dict.fromkeys(fitted.movies.ids[:2].tolist(), below)
    with pytest.raises(ValueError, match="nothing here is liked"):
        Answers(fitted, "monday").fold_in(stars, 5)


def test_films_that_nobody_likes_are_nothing_to_go_by_either():
    ratings = table()
    unloved = ratings["movie_id"].unique()[:2]  # the first of all, too
    ratings.loc[ratings["movie_id"].isin(unloved), "rating"] = 1.0
    fitted = Recommender(SETTINGS["scaled"]).fit(ratings)
    answers, stars = Answers(fitted, "monday"), dict.fromkeys(unloved.tolist(), 5.0)
    assert not fitted.scores_new(stars).any() and len(fitted.recommend_new(stars)) == 0
    with pytest.raises(ValueError, match="nobody has liked any of this before"):
        answers.fold_in(stars, 5)
    stars |= dict.fromkeys(ratings["movie_id"].unique()[2:4].tolist(), 5.0)
    assert_same(answers.fold_in(stars, 5), fitted.recommend_new(stars, 5))


def test_whoever_likes_nothing_gets_the_same_list_of_both():
    ratings = table()
    user = int(ratings["user_id"].iloc[0])
    ratings.loc[ratings["user_id"] == user, "rating"] = 1.0
    fitted = Recommender(SETTINGS["scaled"]).fit(ratings)
    assert not fitted.scores(fitted.users.encode([user])).any()
    assert_same(Answers(fitted, "monday").top(user, 5), fitted.recommend([user], 5))


def test_a_model_that_goes_by_what_is_rated_takes_low_stars_as_well():
    fitted = learned("rated")
    stars = dict.fromkeys(fitted.movies.ids[:2].tolist(), 1.0)
    answers = Answers(fitted, "monday")
    for given in (stars, dict.fromkeys(stars, 0.0)):
        assert_same(answers.fold_in(given, 5), fitted.recommend_new(given, 5))
    with pytest.raises(ValueError, match="nothing here is rated"):
        answers.fold_in({}, 5)


def test_few_cells_miss_some_but_no_list_is_short(fitted):
    everything, few = Answers(fitted, "all"), Answers(fitted, "few", num_cells=4, num_probed=1)
    lists = [(everything.top(u, 3), few.top(u, 3)) for u in fitted.users.ids.tolist()]
    assert {len(answer) for pair in lists for answer in pair} == {3}
    assert any(exact != near for exact, near in lists)
    for user_id in fitted.users.ids.tolist():  # as long as it can be, which no cell is
        assert_same(few.top(user_id, 24), fitted.recommend([user_id], 24))


def test_cells_are_looked_into_at_all(fitted, monkeypatch):
    few = Answers(fitted, "few", num_cells=4, num_probed=3)
    monkeypatch.setattr(few._all_movies, "search", None)  # not to be called
    assert len(few.top(105, 1)) == 1


def test_a_list_is_no_longer_on_the_way_for_who_has_rated_much(answers, monkeypatch):
    asked = []
    for place in (answers._all_movies, answers._cells):
        if place is not None:
            whole = place.search
            monkeypatch.setattr(
                place, "search", lambda q, n, *more, s=whole: asked.append(n) or s(q, n, *more)
            )
    answers.top(100, 3)
    answers.fold_in({0: 5.0, 7: 4.0}, 4)
    assert {*asked} == {3, 4}


def test_who_has_rated_nearly_all_gets_what_is_left(answers):
    rated = set(table().query("user_id == 100")["movie_id"])
    assert {movie_id for movie_id, _ in answers.top(100, 10)} == set(range(0, 168, 7)) - rated


def test_who_has_rated_all_gets_nothing(fitted):
    answers = Answers(fitted, "monday", num_cells=3)
    assert answers.fold_in(dict.fromkeys(fitted.movies.ids.tolist(), 5.0), 4) == []


def test_popular_is_how_many_like_it(answers, fitted):
    likes = table().query("rating >= 4").groupby("movie_id").size()
    likes = likes.reindex(fitted.movies.ids, fill_value=0)
    expected = likes.sort_values(ascending=False, kind="stable")
    assert answers.popular(24) == list(zip(expected.index, expected.astype(float), strict=True))
    assert answers.popular(3) == answers.popular(24)[:3]
    assert len(answers.popular(1000)) == 24


def test_it_knows_its_name_and_size(answers):
    assert (answers.name, answers.num_users, answers.num_movies) == ("monday", 30, 24)


def test_ids_that_are_not_there(answers):
    with pytest.raises(KeyError, match="there is no user 7 in the model 'monday'"):
        answers.top(7, 3)
    with pytest.raises(KeyError, match="there is no movie 8 in the model 'monday'"):
        answers.fold_in({7: 5, 8: 4}, 3)


def ways_to_ask(answers, n):
    return (
        lambda: answers.top(100, n), lambda: answers.fold_in({7: 5}, n), lambda: answers.popular(n)
    )  # fmt: skip


@pytest.mark.parametrize("n", [0, -1, np.int8(-1)])
def test_a_list_has_places(answers, n):
    for ask in ways_to_ask(answers, n):
        with pytest.raises(ValueError, match=f"n must be at least 1, got {n}: a list has places"):
            ask()


@pytest.mark.parametrize("n", [2.5, 2.0, "3", None, True, [3]])
def test_places_are_counted(answers, n):
    for ask in ways_to_ask(answers, n):
        with pytest.raises(TypeError, match="n must be a whole number, got"):
            ask()


def test_a_short_number_of_places_is_no_shorter_list(answers):
    # User 100 knows 21 movies: as an int8, 120 and 21 more would be -115.
    assert answers.top(100, np.int8(120)) == answers.top(100, 120)
    stars = dict.fromkeys(range(0, 140, 7), 5.0)
    assert answers.fold_in(stars, np.int8(120)) == answers.fold_in(stars, 120)
    assert answers.popular(np.int8(120)) == answers.popular(120)


@pytest.mark.parametrize("wrong", [103.0, "103", None, np.float64(103), True])
def test_ids_are_whole_numbers_and_nothing_that_equals_one(answers, wrong):
    with pytest.raises(TypeError, match="user_id must be a whole number, got"):
        answers.top(wrong, 3)
    with pytest.raises(TypeError, match="a movie id must be a whole number, got"):
        answers.fold_in({7: 5.0, wrong: 4.0}, 3)
    with pytest.raises(TypeError, match="user_id must be a whole number, got"):
        answers.top([103], 3)  # no dictionary would take that


def test_ids_and_stars_of_numpy_are_as_good(answers):
    assert answers.top(np.int64(103), 3) == answers.top(103, 3)
    stars = {np.int32(7): np.float32(5), np.int8(14): np.int8(4)}
    assert answers.fold_in(stars, 3) == answers.fold_in({7: 5.0, 14: 4.0}, 3)


@pytest.mark.parametrize("wrong", ["5", None, True, [5], 5j])
def test_stars_are_numbers(answers, wrong):
    with pytest.raises(TypeError, match="the rating of movie 14 must be a number, got"):
        answers.fold_in({7: 5.0, 14: wrong}, 3)
    with pytest.raises(TypeError, match="stars must be a dictionary of stars by movie id, got"):
        answers.fold_in(wrong, 3)
    with pytest.raises(ValueError, match="the rating of movie 7 must be a finite number"):
        answers.fold_in({7: 10**400}, 3)


@pytest.mark.parametrize("stars", [np.nan, np.inf, -np.inf])
def test_stars_are_finite(answers, stars):
    with pytest.raises(ValueError, match=r"the rating of movie 14 is .* give it stars"):
        answers.fold_in({7: 5, 14: stars}, 3)


@pytest.mark.parametrize(
    "model",
    [models.Popular(), models.Ease(), models.PairwiseRanking(3, num_epochs=1),
     models.Factorization(3, num_epochs=1)],
    ids=lambda model: type(model).__name__,
)  # fmt: skip
def test_other_models_are_refused(model):
    name = type(model).__name__
    with pytest.raises(ValueError, match=f"{name} can't be served. What can is Weighted"):
        Answers(Recommender(model).fit(table()), "monday")


def test_nothing_learned():
    with pytest.raises(ValueError, match="has learned nothing yet"):
        Answers(Recommender(models.Weighted()), "monday")


def spoil(fitted, **arrays):
    fitted.arrays |= {name: change(fitted.arrays[name].copy()) for name, change in arrays.items()}


def put(place, value):
    def change(array):
        array[place] = value
        return array

    return change


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"U": lambda U: U[1:]}, r"U must be a table \(30, 5\) of floats, and is \(29, 5\)"),
        ({"V": lambda V: V[:, 1:]}, r"V must be a table \(24, 5\) of floats, and is \(24, 4\)"),
        ({"V": lambda V: V.astype(int)}, "and is .* of int64"),
        ({"V": lambda V: V.ravel()}, r"V must be a table \(24, 5\) of floats, and is \(120,\)"),
        ({"U": put((3, 1), np.nan)}, "not finite, or too large for float32"),
        ({"V": put((3, 1), np.inf)}, "not finite, or too large for float32"),
        ({"V": put((3, 1), 1e300)}, "not finite, or too large for float32"),
        ({"U": put((3, 1), 1e18), "V": put((3, 1), 1e22)}, "too large for float32"),
    ],
)  # fmt: skip
def test_arrays_that_cannot_be_served(arrays, words):
    fitted = learned("scaled")
    spoil(fitted, **arrays)
    with pytest.raises(ValueError, match=words):
        Answers(fitted, "monday")


def test_arrays_that_are_missing():
    for name, size in (("U", 30), ("V", 24)):
        fitted = learned("scaled")
        del fitted.arrays[name]
        words = rf"^{name} must be a table \({size}, 5\) of floats, and is \(0,\) of float64$"
        with pytest.raises(ValueError, match=words):
            Answers(fitted, "monday")


@pytest.mark.parametrize("side", ["users", "movies"])
def test_nobody_or_nothing_to_be_served(side):
    fitted = learned("scaled")
    setattr(fitted, side, IdMap(np.empty(0, int)))
    name = {"users": "U", "movies": "V"}[side]
    spoil(fitted, **{name: lambda array: array[:0]})
    with pytest.raises(ValueError, match=rf"{name} must be a table \(0, 5\) of floats"):
        Answers(fitted, "monday")


@pytest.mark.parametrize("value", [-1, 30, 10**9])
@pytest.mark.parametrize("side", ["users", "movies"])
def test_a_known_rating_that_leads_nowhere(side, value):
    fitted = learned("scaled")
    indices = put(5, value)(getattr(fitted.known, side).copy())
    fitted.known = fitted.known._replace(**{side: indices})
    with pytest.raises(ValueError, match=f"a known rating has a {side[:-1]} that is not there"):
        Answers(fitted, "monday")


def test_known_ratings_of_different_lengths():
    fitted = learned("scaled")
    fitted.known = fitted.known._replace(ratings=fitted.known.ratings[1:])
    with pytest.raises(ValueError, match="columns of different lengths"):
        Answers(fitted, "monday")


def test_ids_are_whole_numbers():
    named = table().astype({"user_id": float})
    with pytest.raises(ValueError, match="ids must be whole numbers to be asked for"):
        Answers(Recommender(SETTINGS["scaled"]).fit(named), "monday")


@pytest.mark.parametrize(
    ("num_cells", "num_probed", "words"),
    [
        (0, 1, "num_cells must be at least 1, got 0"),
        (25, 1, "24 items make 1 to 24 cells, not 25"),
        (4, 5, "num_probed must be from 1 to 4 cells, got 5"),
        (4, 0, "num_probed must be at least 1, got 0"),
    ],
)
def test_cells_that_cannot_be(fitted, num_cells, num_probed, words):
    with pytest.raises(ValueError, match=words):
        Answers(fitted, "monday", num_cells=num_cells, num_probed=num_probed)


@pytest.mark.parametrize("side", ["users", "movies", "ratings"])
def test_known_ratings_are_columns(side):
    fitted = learned("scaled")
    column = getattr(fitted.known, side)
    wide = np.stack([column, np.roll(column, 1), np.roll(column, 2)], axis=1)
    fitted.known = fitted.known._replace(**{side: wide})
    with pytest.raises(ValueError, match="or no columns"):
        Answers(fitted, "monday")


def test_indices_of_another_width_are_refused():
    fitted = learned("scaled")
    fitted.known = fitted.known._replace(users=fitted.known.users.astype(float))
    with pytest.raises(ValueError, match="a known rating has a user that is not there"):
        Answers(fitted, "monday")


@pytest.mark.parametrize("dtype", [bool, "U3", complex])
def test_known_ratings_are_numbers(dtype):
    fitted = learned("scaled")
    fitted.known = fitted.known._replace(ratings=fitted.known.ratings.astype(dtype))
    with pytest.raises(ValueError, match="the known ratings must be numbers, and are "):
        Answers(fitted, "monday")


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.float32])
def test_known_ratings_of_any_kind_of_number_are_as_good(dtype):
    fitted = learned("scaled")
    expected = Answers(fitted, "monday").popular(5)
    fitted.known = fitted.known._replace(ratings=fitted.known.ratings.astype(dtype))
    assert Answers(fitted, "monday").popular(5) == expected


def test_ids_may_be_unsigned():
    unsigned = table().astype({"user_id": np.uint64, "movie_id": np.uint16})
    answers = Answers(Recommender(SETTINGS["scaled"]).fit(unsigned), "monday")
    signed = Answers(learned("scaled"), "monday")
    assert answers.top(103, 4) == signed.top(103, 4)


def test_one_user_and_one_movie_are_enough():
    one = table().iloc[:1].assign(rating=5.0)
    answers = Answers(Recommender(models.Weighted(2, l2=0.1)).fit(one), "monday", num_cells=1)
    (movie_id,) = one["movie_id"]
    assert answers.popular(3) == [(movie_id, 1.0)]
    assert answers.top(int(one["user_id"].iloc[0]), 3) == []


def test_one_cell_is_looked_into_and_the_seed_is_0_unless_it_is_said(fitted):
    assert_same(Answers(fitted, "m", num_cells=1).top(103, 4), fitted.recommend([103], 4))
    cells = [Answers(fitted, "m", num_cells=6, **seed)._cells.ids for seed in ({}, {"seed": 0})]
    np.testing.assert_array_equal(*cells)


def test_stars_may_be_in_any_mapping(answers):
    stars = {7: 5.0, 14: 4.0}
    assert answers.fold_in(MappingProxyType(stars), 3) == answers.fold_in(stars, 3)


def test_a_list_is_never_longer_than_there_are_movies(answers):
    assert answers.top(103, 2**70) == answers.top(103, 24)
    assert answers.fold_in({7: 5.0}, 2**70) == answers.fold_in({7: 5.0}, 24)


def test_ties_in_popularity_keep_the_order_of_the_movies():
    ids = np.random.default_rng(0).permutation(300)
    rows = [(user, movie, 5.0) for user in (1, 2) for movie in ids.tolist()]
    frame = pd.DataFrame(rows, columns=["user_id", "movie_id", "rating"])
    frame.loc[frame.index[:100], "rating"] = 3.0  # the first hundred are liked by one alone
    fitted = Recommender(models.Weighted(2, l2=0.1, num_sweeps=1)).fit(frame)
    order = fitted.movies.ids.tolist()
    less = set(ids[:100].tolist())
    expected = [m for m in order if m not in less] + [m for m in order if m in less]
    assert [movie_id for movie_id, _ in Answers(fitted, "m").popular(300)] == expected


def test_the_seed_makes_the_cells():
    fitted = learned("scaled")
    one, two, other = (
        Answers(fitted, "m", num_cells=6, seed=seed)._cells.ids for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(one, two)
    assert (one != other).any()


def test_what_cannot_answer_somebody_new_is_found_at_once():
    fitted = learned("plain")
    fitted.model = models.Weighted(5, w0=0.0, l2=0.0)
    with pytest.raises(ValueError, match="must not be negative"):
        Answers(fitted, "monday")


def test_all_that_is_compiled_is_compiled_before_anybody_asks(monkeypatch):
    seen, search = [], ExactSearch.search

    def watched(self, queries, n):
        seen.append(self.items.dtype)
        return search(self, queries, n)

    monkeypatch.setattr(ExactSearch, "search", watched)
    Answers(learned("scaled"), "monday", num_cells=6)
    # The middles of the cells in float64, and all movies, for whom the cells have too few.
    assert set(seen) == {np.dtype(np.float32), np.dtype(np.float64)}


@pytest.mark.parametrize(
    "setting",
    [{"num_cells": 2.0}, {"num_cells": True}, {"num_probed": 2.0}, {"num_probed": None},
     {"seed": 0.5}, {"seed": None}],
    ids=str,
)  # fmt: skip
def test_settings_are_whole_numbers(setting):
    (name,) = setting
    with pytest.raises(TypeError, match=f"{name} must be a whole number, got"):
        Answers(learned("scaled"), "monday", **setting)


def test_a_vector_is_that_of_the_recommender_to_the_last_bit(fitted):
    answers, rng = Answers(fitted, "monday"), np.random.default_rng(0)
    V = fitted.arrays["V"]
    for size in (1, 2, 9, 24):
        movies = rng.choice(24, size, replace=False)
        stars = rng.integers(1, 6, size).astype(float)
        expected = fitted.model.vector(answers.V, movies, stars, (V.T @ V).astype(float))
        np.testing.assert_array_equal(answers._vector(movies, stars), expected)


def test_stars_that_many_vectors_fit_are_refused_in_words(fitted, monkeypatch):
    answers = Answers(fitted, "monday")

    def fails(*_):
        raise np.linalg.LinAlgError("Singular matrix")

    monkeypatch.setattr(np.linalg, "solve", fails)
    with pytest.raises(ValueError, match="many vectors fit these stars"):
        answers.fold_in({7: 5.0}, 3)


def test_large_vectors_are_served_as_long_as_no_score_is_too_large():
    """Their squares would add up to infinity over all users, though not over one."""
    fitted = learned("plain")
    fitted.arrays = fitted.arrays | {
        "U": np.full_like(fitted.arrays["U"], 4e18), "V": np.full_like(fitted.arrays["V"], 1e-3),
    }  # fmt: skip
    assert Answers(fitted, "monday").top(101, 1)[0][1] == pytest.approx(5 * 4e15, rel=1e-5)


def test_a_movie_that_nobody_likes_is_the_last_of_the_popular_ones():
    ratings = pd.DataFrame(
        {"user_id": [1, 1, 2, 2], "movie_id": [7, 8, 7, 9], "rating": [5.0, 4.0, 5.0, 1.0]}
    )
    answers = Answers(Recommender(models.Weighted(2)).fit(ratings), "monday")
    assert answers.popular(5) == [(7, 2.0), (8, 1.0), (9, 0.0)]
