"""Reasons are what a score loses without a rating; lists carry the best one."""

import numpy as np
import pandas as pd
import pytest
from make_splits import table_of

from scratch.recommenders.adapters import (
    Biases,
    Ease,
    ItemNeighbors,
    PairwiseRanking,
    Popular,
    UserNeighbors,
    Weighted,
)
from scratch.recommenders.fitted import Recommender
from scratch.recommenders.reasons import lists_with_reasons, reasons

TABLE = table_of(40, 15, 0.4, seed=3)
STARS = {7: 5.0, 9: 4.0, 12: 2.0}


def fitted(model):
    return Recommender(model).fit(TABLE)


@pytest.mark.parametrize("kind", [np.uint64, np.uint8, np.int64])
def test_films_of_any_whole_ids_are_told_as_reasons(kind):
    first = 2**63 if kind is np.uint64 else 7
    movie_ids = (TABLE["movie_id"].to_numpy() - 7).astype(kind) + kind(first)
    ease = Recommender(Ease(5.0)).fit(TABLE.assign(movie_id=movie_ids))
    because = lists_with_reasons({"EASE": ease}, {first: 5.0}, 3)["EASE"]["because"]
    assert because.tolist() == [first] * 3


def test_what_ease_owes_to_a_film_is_its_weight():
    ease = fitted(Ease(5.0))
    weights, index = ease.arrays["weights"], ease.movies.encode
    owed = reasons(ease, STARS, [10, 20])
    assert owed.index.tolist() == [10, 20] and owed.columns.tolist() == [7, 9, 12]
    assert owed.index.name == "movie_id"
    pd.testing.assert_frame_equal(reasons(ease, STARS, {10: 1, 20: 2}.keys()), owed)
    for film in (10, 20):
        for rated in (7, 9):
            weight = weights[index([rated])[0], index([film])[0]]
            np.testing.assert_allclose(owed.loc[film, rated], weight, atol=1e-12)
    assert (owed[12] == 0).all()  # two stars are no like


def test_reasons_of_a_weighted_factorization_by_hand():
    model = fitted(Weighted(3, 0.2, 1.0))
    owed = reasons(model, STARS, [10])
    place = model.movies.encode([10])[0]
    without = model.scores_new({9: 4.0, 12: 2.0})[place]
    np.testing.assert_allclose(owed.loc[10, 7], model.scores_new(STARS)[place] - without)
    assert owed.loc[10, 7] != 0


def test_only_one_rating_is_the_whole_reason():
    for model in (UserNeighbors(5), ItemNeighbors(5), Ease(5.0)):
        recommender = fitted(model)
        film = recommender.recommend_new({7: 5.0}, 1)
        owed = reasons(recommender, {7: 5.0}, film["movie_id"])
        np.testing.assert_allclose(owed.iloc[0, 0], film["score"].iloc[0])


def test_popularity_has_no_reasons():
    assert (reasons(fitted(Popular()), STARS, [10, 20]) == 0).to_numpy().all()
    lists = lists_with_reasons({"popular": fitted(Popular())}, STARS, 3)
    assert lists["popular"]["because"].isna().all() and len(lists["popular"]) == 3


def test_lists_are_those_of_the_recommender_with_the_best_reason():
    ease = fitted(Ease(5.0))
    found = lists_with_reasons({"EASE": ease}, STARS, 4)["EASE"]
    pd.testing.assert_frame_equal(
        found[["place", "movie_id", "score"]], ease.recommend_new(STARS, 4)
    )
    owed = reasons(ease, STARS, found["movie_id"])
    for row in found.itertuples():
        numbers = owed.loc[row.movie_id]
        assert row.because is pd.NA if numbers.max() <= 0 else row.because == numbers.idxmax()
    assert found["because"].notna().any()
    assert len(lists_with_reasons({"EASE": ease}, STARS)["EASE"]) == 10  # where no number is given


def test_reasons_are_whole_numbers_also_where_there_are_none():
    lists = lists_with_reasons({"popular": fitted(Popular()), "EASE": fitted(Ease(5.0))}, {}, 3)
    assert [len(table) for table in lists.values()] == [3, 0]
    assert all(table["because"].dtype == "Int64" for table in lists.values())


def test_the_only_film_there_is_has_a_place_on_the_list():
    alone = Recommender(Popular()).fit(TABLE[TABLE["movie_id"] == 7])
    assert lists_with_reasons({"x": alone}, {})["x"]["movie_id"].tolist() == [7]


def test_who_has_nothing_to_go_by_has_an_empty_list():
    kinds = {"popular": Popular(), "EASE": Ease(5.0), "users": UserNeighbors(5),
             "weighted": Weighted(3), "biases": Biases()}  # fmt: skip
    lists = lists_with_reasons({name: fitted(kind) for name, kind in kinds.items()}, {}, 4)
    assert {name: len(table) for name, table in lists.items()} == {
        "popular": 4, "EASE": 0, "users": 0, "weighted": 0, "biases": 4,
    }  # fmt: skip


def test_an_unknown_film_and_a_model_for_residents_only():
    with pytest.raises(KeyError, match="unknown ids"):
        reasons(fitted(Ease(5.0)), STARS, [999])
    with pytest.raises(TypeError, match="can't answer somebody new"):
        reasons(fitted(PairwiseRanking(2, num_epochs=1)), STARS, [10])


class Unsure:
    """A recommender's model that answers what it has been given."""

    def __init__(self, scores):
        self.given = scores

    def learn(self, train, num_users, num_movies, rng):
        return {"size": np.array(num_movies)}

    def scores(self, arrays, users):
        return np.tile(self.given, (len(users), 1))

    def fold_in(self, arrays, movies, stars):
        return self.given


def test_scores_that_are_nan_are_no_reason():
    number = TABLE["movie_id"].nunique()
    diverged = fitted(Unsure(np.full(number, np.nan)))
    with pytest.raises(ValueError, match=r"what the recommender returns\[0\] is nan"):
        reasons(diverged, STARS, [10])
    silent = fitted(Unsure(np.full(number, -np.inf)))
    assert (reasons(silent, STARS, [10]) == 0).to_numpy().all()


def test_one_that_has_learned_nothing_and_what_is_no_recommender_are_refused():
    with pytest.raises(ValueError, match="call fit"):
        reasons(Recommender(Ease(5.0)), STARS, [10])
    with pytest.raises(TypeError, match="recommender must be a Recommender, got None"):
        reasons(None, STARS, [10])
    with pytest.raises(TypeError, match=r"recommenders\['x'\] must be a Recommender, got 1"):
        lists_with_reasons({"x": 1}, STARS)
    with pytest.raises(ValueError, match=r"stars\[7\] must be a finite number, got nan"):
        reasons(fitted(Ease(5.0)), {7: np.nan}, [10])
    with pytest.raises(ValueError, match="n must be at least 1, got 0"):
        lists_with_reasons({"x": fitted(Ease(5.0))}, STARS, 0)


def test_movies_may_be_called_by_texts():
    table = TABLE.assign(movie_id="film " + TABLE["movie_id"].astype(str))
    ease, named = fitted(Ease(5.0)), Recommender(Ease(5.0)).fit(table)
    owed = reasons(named, {f"film {movie}": given for movie, given in STARS.items()}, ["film 10"])
    np.testing.assert_allclose(owed.to_numpy(), reasons(ease, STARS, [10]).to_numpy())
    likes = {"film 7": 5.0, "film 9": 4.0}
    of_texts = lists_with_reasons({"EASE": named}, likes, 5)["EASE"]
    of_numbers = lists_with_reasons({"EASE": ease}, {7: 5.0, 9: 4.0}, 5)["EASE"]
    assert of_texts["because"].tolist() == [f"film {film}" for film in of_numbers["because"]]
