import numpy as np
import pytest
from make_splits import table_of

from scratch.evaluation import evaluate, split_ratings
from scratch.evaluation.metrics import rmse
from scratch.recommenders.adapters import Biases, Ease, Factorization, Popular
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
    assert by_user.index.tolist() == split.users.decode(users.to_numpy()).tolist()


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


def test_tuning_does_not_see_the_test_part(split):
    blind = split._replace(test=None)
    assert tune(Ease, {"l2": (1.0, 10.0)}, blind)["NDCG"].notna().all()


def test_an_empty_grid_is_refused(split):
    with pytest.raises(ValueError, match="no settings to try"):
        tune(Ease, {"l2": ()}, split)


def test_costs_are_seconds_and_megabytes(split):
    table = costs({"ease": Ease()}, split)
    sizes = 8 * len(split.movies) * (len(split.users) + len(split.movies))
    assert table.loc["ease", "MB"] == pytest.approx(sizes / 1e6)
    assert table.loc["ease", "seconds"] > 0


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
