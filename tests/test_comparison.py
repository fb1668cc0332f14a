from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from make_splits import table_of

from scratch.evaluation import evaluate, split_ratings
from scratch.evaluation.metrics import rmse
from scratch.evaluation.report import judge
from scratch.recommenders import comparison
from scratch.recommenders.adapters import Biases, Ease, Factorization, Popular, Weighted
from scratch.recommenders.comparison import (
    MEASURES,
    compare_models,
    costs,
    settings_of,
    tune,
)
from scratch.recommenders.fitted import Recommender


@pytest.fixture(scope="module")
def split():
    return split_ratings(table_of(40, 30, 0.4, 2), rng=np.random.default_rng(2))


def test_every_model_has_a_row_of_what_it_alone_would_get(split):
    models = {"popular": Popular(), "biases": Biases()}
    table = compare_models(models, split, "test").table
    assert list(table.index) == ["popular", "biases"]
    assert np.isnan(table.loc["popular", "RMSE"])
    alone = Recommender(Biases()).fit_split(split)
    users, movies = (
        ids.decode(np.maximum(column, 0))
        for ids, column in ((split.users, split.test.users), (split.movies, split.test.movies))
    )
    warm = (split.test.users >= 0) & (split.test.movies >= 0)
    assert warm.all()
    assert table.loc["biases", "RMSE"] == pytest.approx(
        rmse(alone.predict(users, movies), split.test.ratings)
    )
    expected = evaluate({"biases": alone.scores}, split, "test").loc["biases"]
    np.testing.assert_allclose(table.loc["biases", expected.index].astype(float), expected)


def test_a_measure_of_each_user_stands_beside_that_of_the_others(split):
    found = compare_models({"a": Popular(), "b": Popular("liked")}, split)
    by_user = found.of_users("NDCG")
    assert list(by_user.columns) == ["a", "b"]
    np.testing.assert_allclose(by_user.mean(), found.table["NDCG"].astype(float))
    users = found.reports["a"].users.index
    assert by_user.index.name == "user_id"
    assert by_user.index.tolist() == split.users.decode(users.to_numpy()).tolist()


def test_genres_go_to_the_judge(split):
    genres = (np.arange(2 * len(split.movies)).reshape(-1, 2) % 3 < 1.5).astype(float)
    found = compare_models({"popular": Popular()}, split, genres=genres).table
    alone = judge(Recommender(Popular()).fit_split(split).scores, split, genres=genres).means
    pd.testing.assert_series_equal(found.loc["popular"][1:], alone, check_names=False)
    assert list(found.columns[-5:]) == ["miscalibration", *MEASURES[-4:]]


def test_a_bar_of_models_is_shown_to_whoever_asks(split, capsys):
    models = {"popular": Popular(), "biases": Biases()}
    compare_models(models, split)
    assert capsys.readouterr().out == ""
    compare_models(models, split, progress=True)
    assert capsys.readouterr().out.split("\r")[-1].startswith("model 2/2 |")


starts: list[float] = []


class Noting(Popular):
    """Notes the first random number it is given."""

    def learn(self, train, num_users, num_movies, rng):
        starts.append(rng.random())
        return super().learn(train, num_users, num_movies, rng)


@pytest.mark.parametrize(
    "call",
    [
        lambda split, **given: compare_models({"x": Noting()}, split, **given),
        lambda split, **given: costs({"x": Noting()}, split, **given),
        lambda split, **given: tune(Noting, {"ones": ("liked",)}, split, **given),
    ],
    ids=["compare_models", "costs", "tune"],
)
def test_random_starts_are_those_of_the_seed_or_else_of_0(split, call):
    starts.clear()
    call(split)
    call(split, seed=3)
    assert starts == [np.random.default_rng(seed).random() for seed in (0, 3)]


def test_an_error_names_the_model(split):
    with pytest.raises(ValueError, match=r"^steep: .*diverged"):
        compare_models({"flat": Popular(), "steep": Factorization(learning_rate=1e6)}, split)


def test_a_grid_gives_every_combination_in_order():
    assert settings_of({"k": (1, 2), "l2": (0.1, 0.2)}) == [
        {"k": 1, "l2": 0.1}, {"k": 1, "l2": 0.2}, {"k": 2, "l2": 0.1}, {"k": 2, "l2": 0.2},
    ]  # fmt: skip


@pytest.mark.parametrize(("measure", "best_is"), [("RMSE", min), ("NDCG", max)])
def test_tuning_puts_the_best_setting_of_validation_first(split, measure, best_is):
    found = tune(Factorization, {"k": (1, 4), "num_epochs": (1, 5)}, split, measure=measure)
    assert found[measure].iloc[0] == best_is(found[measure])
    settings = found.loc[0, ["k", "num_epochs"]]
    model = found.loc[0, "model"]
    assert (model.k, model.num_epochs) == tuple(settings)
    alone = compare_models({"best": model}, split).table
    assert alone.loc["best", measure] == found[measure].iloc[0]


@dataclass(frozen=True)
class Numbered(Popular):
    number: int = 0


def test_settings_that_tie_stand_in_the_order_of_the_grid(split):
    found = tune(Numbered, {"number": tuple(range(20)), "ones": ("rated", "liked")}, split)
    assert found["number"].tolist() == [*range(20), *range(20)]
    assert found["NDCG"].nunique() == 2
    assert list(found.columns) == ["number", "ones", *MEASURES, "model"]
    assert [model.number for model in found["model"]] == found["number"].tolist()


def test_tuning_does_not_see_the_test_part(split):
    blind = split._replace(test=None)
    assert tune(Ease, {"l2": (1.0, 10.0)}, blind)["NDCG"].notna().all()


def test_an_empty_grid_is_refused(split):
    with pytest.raises(ValueError, match="no settings to try"):
        tune(Ease, {"l2": ()}, split)


def test_costs_are_seconds_and_megabytes(split, monkeypatch):
    ticks = iter([5.0, 7.5])
    monkeypatch.setattr(comparison, "time", SimpleNamespace(perf_counter=lambda: next(ticks)))
    table = costs({"vectors": Weighted(k=3)}, split)
    sizes = 8 * 3 * (len(split.users) + len(split.movies))
    assert table.to_dict("index") == {"vectors": {"seconds": 2.5, "MB": sizes / 1e6}}


def test_costs_on_a_split_that_does_not_fit_are_refused(split):
    with pytest.raises(TypeError, match=r"^the train part of the split: part must be a Ratings"):
        costs({"popular": Popular()}, split._replace(train=None))


def test_no_model_and_what_is_no_model_are_refused(split):
    for call in (compare_models, costs):
        with pytest.raises(ValueError, match="models is empty: give at least one"):
            call({}, split)
        with pytest.raises(TypeError, match=r"models\['x'\] must have a method learn, got 1"):
            call({"x": 1}, split)
        with pytest.raises(TypeError, match=r"models\['x'\] must be made of its class, as Popular"):
            call({"x": Popular}, split)
        with pytest.raises(ValueError, match="seed must be at least 0, got -1"):
            call({"x": Popular()}, split, seed=-1)


class Silent(Popular):
    def scores(self, arrays, users):
        return None


def test_an_answer_that_is_no_array_names_the_model(split):
    with pytest.raises(TypeError, match=r"^silent: what the recommender returns must be an array"):
        compare_models({"popular": Popular(), "silent": Silent()}, split)


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        ({"train": None}, TypeError, "the train part of the split: part must be a Ratings"),
        ({"validation": None}, TypeError, "the validation part of the split: part must be"),
        ({"users": None}, TypeError, "the train part of the split: users must be a IdMap"),
    ],
)
def test_a_split_that_does_not_fit_is_refused_before_anything_is_fitted(split, wrong, error, words):
    with pytest.raises(error, match=f"^{words}"):
        compare_models({"popular": Popular()}, split._replace(**wrong))


def test_an_unknown_measure_is_named_before_anything_is_fitted(split):
    with pytest.raises(KeyError, match="no measure 'ndcg', only RMSE, precision, recall"):
        tune(Popular, {"ones": ("liked",)}, split, measure="ndcg")
    with pytest.raises(KeyError, match="no list has the measure 'Gini', only precision, recall"):
        compare_models({"popular": Popular()}, split).of_users("Gini")


def test_what_a_comparison_is_of_is_what_it_says(split):
    table = compare_models({"biases": Biases()}, split).table
    assert list(table.columns) == list(MEASURES)


def test_settings_that_the_models_do_not_have_are_refused(split):
    with pytest.raises(TypeError, match=r"the kind Popular takes no such grid: .*'k'"):
        tune(Popular, {"k": (1, 2)}, split)
    with pytest.raises(TypeError, match=r"grid\['k'\] must be a list, got 3"):
        settings_of({"k": 3})
    with pytest.raises(ValueError, match="Popular has no RMSE by which settings could be told"):
        tune(Popular, {"ones": ("liked",)}, split, measure="RMSE")
    assert settings_of({}) == [{}]


class Either:
    """A kind whose settings decide which class it is of."""

    def __new__(cls, model):
        return model


def test_one_setting_without_the_measure_is_enough_to_refuse_the_grid(split):
    grid = {"model": (Biases(), Popular())}
    with pytest.raises(ValueError, match="Either has no RMSE by which settings could be told"):
        tune(Either, grid, split, measure="RMSE")
    assert tune(Either, grid, split)["NDCG"].notna().all()
