import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from scratch.evaluation import evaluate, split_ratings
from scratch.machinery.sparse import Observed
from scratch.recommenders import adapters as models
from scratch.recommenders import torch_adapters
from scratch.recommenders.fitted import Recommender, load
from scratch.recommenders.weighted import als_half_step

KINDS = {
    "Popular": models.Popular(), "DampedMean": models.DampedMean(),
    "UserNeighbors": models.UserNeighbors(5), "ItemNeighbors": models.ItemNeighbors(8),
    "Ease": models.Ease(5.0), "Weighted": models.Weighted(4), "Biases": models.Biases(),
    "PairwiseRanking": models.PairwiseRanking(4, num_epochs=5),
    "Factorization": models.Factorization(4, num_epochs=5),
    "AveragesAndVectors": torch_adapters.AveragesAndVectors(4, num_epochs=3),
    "Network": torch_adapters.Network(4, num_epochs=3),
}  # fmt: skip
PREDICT = {"Biases", "Factorization", "AveragesAndVectors", "Network"}
NOT_FOR_STRANGERS = {"PairwiseRanking", "Network"}


@dataclass(frozen=True)
class Loudest(models.Popular):
    """A model that somebody else wrote."""


def table(seed=0, users=25, movies=18):
    rng = np.random.default_rng(seed)
    rows = [
        (100 + user, 7 * movie, float(rng.integers(1, 6)))
        for user in range(users) for movie in rng.choice(movies, rng.integers(5, 12), replace=False)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["user_id", "movie_id", "rating"]).sample(
        frac=1, random_state=1, ignore_index=True
    )


@pytest.fixture(params=KINDS)
def name(request):
    return request.param


@pytest.fixture
def fitted(name):
    return Recommender(KINDS[name]).fit(table())


def test_lists_hold_the_highest_scores_of_what_is_not_rated(fitted):
    ratings = table()
    shown = fitted.recommend([107, 101], n=4)
    assert list(shown.columns) == ["user_id", "place", "movie_id", "score"]
    assert shown["user_id"].unique().tolist() == [107, 101]
    for user_id, of_user in shown.groupby("user_id"):
        assert of_user["place"].tolist() == list(range(1, len(of_user) + 1))
        assert of_user["score"].is_monotonic_decreasing
        rated = set(ratings.loc[ratings["user_id"] == user_id, "movie_id"])
        assert not rated & set(of_user["movie_id"])
        scores = fitted.scores(fitted.users.encode([user_id]))[0]
        open_ = [s for movie, s in zip(fitted.movies.ids, scores, strict=True)
                 if movie not in rated and s > -np.inf]  # fmt: skip
        np.testing.assert_allclose(of_user["score"], sorted(open_, reverse=True)[:4])


def test_users_in_batches_get_the_same_lists(fitted, monkeypatch):
    everybody = fitted.users.ids.tolist()
    whole = fitted.recommend(everybody, n=3)
    monkeypatch.setattr("scratch.recommenders.fitted.CHUNK", 7)
    pd.testing.assert_frame_equal(fitted.recommend(everybody, n=3), whole)


def test_what_is_saved_answers_the_same_after_loading(fitted, name, tmp_path):
    path = tmp_path / "model.npz"
    fitted.save(path)
    assert [file.name for file in tmp_path.iterdir()] == ["model.npz"]
    again = load(path)
    assert again.model == fitted.model and again.seed == fitted.seed
    pd.testing.assert_frame_equal(again.recommend([103, 104]), fitted.recommend([103, 104]))
    if name in PREDICT:
        pairs = [103, 104], [7, 14]
        assert again.predict(*pairs).tolist() == fitted.predict(*pairs).tolist()


def test_the_file_holds_no_pickle(fitted, tmp_path):
    fitted.save(tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz", allow_pickle=False) as file:
        assert all(file[name].dtype.kind in "fiu" for name in file.files)


def test_the_protocol_takes_its_scores(name):
    split = split_ratings(table(), rng=np.random.default_rng(0))
    measured = evaluate({name: Recommender(KINDS[name]).fit_split(split).scores}, split, "test")
    assert measured["recall"].between(0, 1).all()


def test_fitting_twice_gives_the_same(name):
    first, second = (Recommender(KINDS[name], seed=3).fit(table()) for _ in "ab")
    for key, array in first.arrays.items():
        assert np.array_equal(array, second.arrays[key])


def test_stars_are_predicted_or_the_model_says_that_it_does_not(fitted, name):
    if name not in PREDICT:
        with pytest.raises(TypeError, match=f"{name} ranks movies, it predicts no stars"):
            fitted.predict([101], [7])
        return
    stars = fitted.predict([101, 101, 999, 999], [7, 1, 7, 1])
    assert np.isfinite(stars).all()
    if name != "Network":  # which gives a cold side an average vector
        assert stars[3] == pytest.approx(table()["rating"].mean())
    scores = fitted.scores(fitted.users.encode([101]))[0]
    assert stars[0] == pytest.approx(scores[fitted.movies.encode([7])[0]])


def test_someone_new_gets_a_list_without_what_they_rated(fitted, name):
    if name in NOT_FOR_STRANGERS:
        with pytest.raises(TypeError, match="can't answer somebody new"):
            fitted.recommend_new({7: 5.0})
        return
    shown = fitted.recommend_new({7: 5.0, 14: 4.0, 21: 1.0}, n=5)
    assert list(shown.columns) == ["place", "movie_id", "score"]
    assert not {7, 14, 21} & set(shown["movie_id"]) and shown["place"].tolist()[:1] == [1]


def test_someone_new_who_is_known_after_all_gets_the_known_scores(name):
    """A known user's ratings, folded in, must come to (nearly) the known user's scores."""
    ratings = table()
    fitted = Recommender(KINDS[name]).fit(ratings)
    own = ratings[ratings["user_id"] == 105].set_index("movie_id")["rating"].to_dict()
    if name in PREDICT | NOT_FOR_STRANGERS | {"Weighted", "UserNeighbors"}:
        return  # theirs are below
    known = fitted.scores(fitted.users.encode([105]))[0]
    np.testing.assert_allclose(fitted.scores_new(own), known, rtol=1e-9)


def test_the_neighbours_of_someone_new_include_their_twin():
    ratings = table()
    fitted = Recommender(models.UserNeighbors(1)).fit(ratings)
    own = ratings[ratings["user_id"] == 105].set_index("movie_id")["rating"].to_dict()
    scores = fitted.scores_new(own)
    liked = [movie for movie, stars in own.items() if stars >= 4]
    twin = np.isin(fitted.movies.ids, liked)
    np.testing.assert_allclose(scores[twin], 1.0)
    assert (scores[~twin] == -np.inf).all()


@pytest.mark.parametrize("index", [-1, 25])
def test_an_index_of_nobody_is_named(index):
    fitted = Recommender(KINDS["Popular"]).fit(table())
    with pytest.raises(IndexError, match=f"user index {index} is out of range: .* knows 25"):
        fitted.scores(np.array([0, index]))


def test_stars_are_predicted_for_pairs():
    fitted = Recommender(KINDS["Factorization"]).fit(table())
    with pytest.raises(ValueError, match="2 users and 1 movies: give pairs"):
        fitted.predict([101, 102], [7])


def test_nobody_known_raises_key_error(fitted):
    with pytest.raises(KeyError, match="unknown ids"):
        fitted.recommend([5])


def test_before_fit_nothing_can_be_asked(name):
    for call in (lambda r: r.recommend([1]), lambda r: r.scores(np.array([0])),
                 lambda r: r.recommend_new({1: 5.0}), lambda r: r.save("x")):  # fmt: skip
        with pytest.raises(ValueError, match="call fit first"):
            call(Recommender(KINDS[name]))


def test_an_empty_table_raises(name):
    with pytest.raises(ValueError, match="nothing to learn from"):
        Recommender(KINDS[name]).fit(table().head(0))


def test_stars_that_are_not_finite_raise():
    with pytest.raises(ValueError, match="the rating of movie 14 is nan"):
        Recommender(KINDS["Ease"]).fit(table()).recommend_new({7: 5.0, 14: np.nan})


def test_no_users_get_no_rows(fitted):
    shown = fitted.recommend([])
    assert len(shown) == 0 and list(shown.columns) == ["user_id", "place", "movie_id", "score"]


@pytest.mark.parametrize("damage", ["cut", "text", "other"])
def test_a_damaged_file_is_named(tmp_path, damage):
    path = tmp_path / "model.npz"
    Recommender(KINDS["Popular"]).fit(table()).save(path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:300])
    elif damage == "text":
        path.write_text("not a model")
    else:
        np.savez(path, U=np.ones(3))
    with pytest.raises(ValueError, match=r"model\.npz is no recommender that was saved whole"):
        load(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.npz"):
        load(tmp_path / "nothing.npz")


def test_an_unknown_model_is_named(tmp_path):
    Recommender(Loudest()).fit(table()).save(tmp_path / "m.npz")
    with pytest.raises(
        ValueError, match=r"m\.npz .* holds a model 'Loudest', which is not known here"
    ):
        load(tmp_path / "m.npz")
    assert load(tmp_path / "m.npz", [Loudest]).model == Loudest()


def test_a_file_of_another_format_is_named(tmp_path):
    path = tmp_path / "m.npz"
    about = np.frombuffer(json.dumps({"format": "scratch recommender 0"}).encode(), np.uint8)
    np.savez(path, about=about)
    with pytest.raises(ValueError, match=r"m\.npz.*it calls itself 'scratch recommender 0'"):
        load(path)


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "m.npz"
    fitted = Recommender(KINDS["Popular"]).fit(table())
    fitted.save(path)
    before = path.read_bytes()

    def broken(*args, **kwargs):
        args[0].write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", broken)
    with pytest.raises(OSError, match="disk full"):
        fitted.save(path)
    assert path.read_bytes() == before and [f.name for f in tmp_path.iterdir()] == ["m.npz"]


@pytest.mark.parametrize("side", ["user", "movie"])
def test_ids_in_words_are_refused_before_a_file_is_written_that_could_not_be_read(tmp_path, side):
    ids = {f"{side}_id": lambda t: "no. " + t[f"{side}_id"].astype(str)}
    fitted = Recommender(KINDS["Popular"]).fit(table().assign(**ids))
    with pytest.raises(
        ValueError, match=rf"^{side} ids must be numbers .* the first is 'no\. \d+'"
    ):
        fitted.save(tmp_path / "m.npz")
    assert list(tmp_path.iterdir()) == []


PLACE_A_MOVIE = {
    "ItemNeighbors": models.ItemNeighbors(8, 2.0),
    "ItemNeighbors without shrinkage": models.ItemNeighbors(8),
    "Weighted": models.Weighted(4),
}


@pytest.mark.parametrize("model", PLACE_A_MOVIE.values(), ids=PLACE_A_MOVIE)
def test_a_new_movie_like_a_known_one_is_for_the_same_users(model):
    """The fans of a known movie, named anew, get the scores that a movie between its two has."""
    fitted = Recommender(model).fit(table())
    fans = table().query("movie_id == 21 and rating >= 4").user_id
    scores = fitted.scores_new_movie(fans)
    assert scores.shape == (25,) and np.isfinite(scores[fitted.users.encode(fans)]).all()
    of_known = fitted.scores(np.arange(25))[:, fitted.movies.encode([21])[0]]
    strangers = ~np.isin(fitted.users.ids, fans)
    finite = strangers & np.isfinite(scores) & np.isfinite(of_known)
    assert scores[~strangers].mean() > scores[finite].mean()


def test_a_known_movie_folded_in_is_one_exact_half_step():
    model = models.Weighted(4, 0.1, 1.5, scaling=0.5)
    fitted = Recommender(model).fit(table())
    fans = table().query("movie_id == 21 and rating >= 4").user_id
    users = fitted.users.encode(fans)
    U, V = fitted.arrays["U"], fitted.arrays["V"].copy()
    liked = table().query("rating >= 4")
    pairs = Observed.from_pairs(
        fitted.users.encode(liked.user_id), fitted.movies.encode(liked.movie_id),
        num_users=len(U), num_movies=len(V),
    )  # fmt: skip
    als_half_step(pairs.by_movie, V, U, 0.1, 1.5, scaling=0.5)
    vector = V[fitted.movies.encode([21])[0]]
    np.testing.assert_allclose(fitted.scores_new_movie(fans), U @ vector, rtol=1e-8)
    assert len(users) > 1


def test_a_new_movie_of_nobody_or_of_one_named_twice_is_refused():
    fitted = Recommender(models.Weighted(4)).fit(table())
    for nobody in ([], [101, 101]):
        with pytest.raises(ValueError, match="name each user who likes the new movie once"):
            fitted.scores_new_movie(nobody)
    with pytest.raises(KeyError, match="unknown ids"):
        fitted.scores_new_movie([1])
    with pytest.raises(TypeError, match="Popular can't place a new movie"):
        Recommender(models.Popular()).fit(table()).scores_new_movie([101])
