import io
import json
import os
import pickle
import zipfile
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from scratch.checking import NotFitted
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
    out = f"^user index {index} is out of range: the recommender has 25"
    with pytest.raises(IndexError, match=out):
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
        with pytest.raises(NotFitted, match=r"this Recommender has learned nothing .*call fit"):
            call(Recommender(KINDS[name]))
    for attribute in ("users", "movies", "known", "arrays"):
        with pytest.raises(NotFitted, match=f"so it has no {attribute}: call fit"):
            getattr(Recommender(KINDS[name]), attribute)


def test_one_rating_is_enough_and_an_id_that_is_infinite_names_nobody():
    one = pd.DataFrame({"user_id": [1.0], "movie_id": [3.0], "rating": [5.0]})
    fitted = Recommender(models.Popular()).fit(one)
    assert fitted.seed == 0
    assert (fitted.users.ids.tolist(), fitted.movies.ids.tolist()) == ([1], [3])
    for column in ("user_id", "movie_id"):
        two = pd.concat([one, one.assign(**{column: np.inf})])
        with pytest.raises(ValueError, match=f"^the column {column} holds infinity, which names"):
            Recommender(models.Popular()).fit(two)


def test_an_empty_table_raises(name):
    with pytest.raises(ValueError, match="nothing to learn from"):
        Recommender(KINDS[name]).fit(table().head(0))


def test_stars_that_are_not_finite_raise():
    with pytest.raises(ValueError, match=r"stars\[14\] must be a finite number, got nan"):
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

    monkeypatch.setattr(np.lib.format, "write_array", broken)
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
    assert fitted.scores_new_movie([101]).shape == (25,)
    for nobody in ([], [101, 101]):
        with pytest.raises(ValueError, match="name each user who likes the new movie once"):
            fitted.scores_new_movie(nobody)
    with pytest.raises(KeyError, match="unknown ids"):
        fitted.scores_new_movie([1])
    with pytest.raises(TypeError, match="Popular can't place a new movie"):
        Recommender(models.Popular()).fit(table()).scores_new_movie([101])


# What somebody new likes nothing of, and other odd questions


@pytest.mark.parametrize("stars", [{}, {7: 1.0, 14: 2.0}], ids=["nothing said", "nothing liked"])
def test_who_likes_nothing_is_shown_nothing_that_would_be_arbitrary(fitted, name, stars):
    if name in NOT_FOR_STRANGERS:
        return
    shown = fitted.recommend_new(stars, 4)
    assert list(shown.columns) == ["place", "movie_id", "score"]
    goes_by_likes = name in {"UserNeighbors", "ItemNeighbors", "Ease", "Weighted"}
    assert len(shown) == (0 if goes_by_likes else 4)
    assert (np.unique(fitted.scores_new(stars)).size == 1) == goes_by_likes


@dataclass(frozen=True)
class Echo(models.Popular):
    """A model that keeps what it is asked."""

    def fold_in(self, arrays, movies, stars):
        assert (movies.tolist(), stars.dtype) == ([0], float)
        return np.array([1.0, 1.0])


def test_stars_reach_a_model_as_floats_and_two_scores_that_are_the_same_make_no_list():
    two = pd.DataFrame({"user_id": [1, 2], "movie_id": [3, 4], "rating": [5, 4]})
    fitted = Recommender(Echo()).fit(two)
    assert fitted.scores_new({3: 5}).tolist() == [1.0, 1.0]
    assert len(fitted.recommend_new({3: 5})) == 0


def test_the_only_movie_there_is_can_be_recommended():
    one = pd.DataFrame({"user_id": [1, 2], "movie_id": [3, 3], "rating": [5.0, 4.0]})
    assert Recommender(models.Popular()).fit(one).recommend_new({})["movie_id"].tolist() == [3]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda r: r.recommend([101], 0), ValueError, "n must be at least 1, got 0"),
        (lambda r: r.recommend([101], 2.5), TypeError, "n must be a whole number, got 2.5"),
        (lambda r: r.recommend(101), TypeError, "user_ids must be a list, got 101"),
        (lambda r: r.recommend({101, 102}), TypeError, "ids must have an order"),
        (lambda r: r.recommend_new({7: "x"}), TypeError, r"stars\[7\] must be a number, got 'x'"),
        (lambda r: r.recommend_new({"7": 5.0}), KeyError, r"unknown ids, the first is \\'7"),
        (lambda r: r.recommend_new([7, 14]), TypeError, "stars must be a dictionary"),
        (lambda r: r.recommend_new({7: 5.0}, None), TypeError, "n must be a whole number"),
        (lambda r: r.scores([0.5]), TypeError, "users must be an array of whole numbers"),
        (lambda r: r.scores_new_movie([[101]]), TypeError, r"user_ids\[0\] must be one value"),
        (lambda r: r.save(b"x"), TypeError, "path must be a str, got b'x'"),
    ],
)
def test_odd_questions_are_told_what_is_wrong(call, error, message):
    with pytest.raises(error, match=message):
        call(Recommender(models.Weighted(2, num_sweeps=1)).fit(table()))


def test_lists_longer_than_there_are_movies_end_with_the_movies():
    fitted = Recommender(models.Popular()).fit(table())
    for shown in (fitted.recommend([101], 10**12), fitted.recommend_new({7: 5.0}, 10**12)):
        assert 0 < len(shown) < 18


def test_a_model_that_is_none_and_a_seed_that_is_none_are_refused():
    for model, message in [
        (models.Popular, r"model must be made of its class, as Popular\(…\), got the class itself"),
        (None, "model must have a method learn, got None"),
    ]:
        with pytest.raises(TypeError, match=message):
            Recommender(model)
    with pytest.raises(ValueError, match="seed must be at least 0, got -1"):
        Recommender(models.Popular(), seed=-1)


@dataclass(frozen=True)
class Careless(models.Popular):
    """What it learns is whatever it is told."""

    learned: object = None

    def learn(self, train, num_users, num_movies, rng):
        return self.learned


def test_what_can_not_be_learned_is_said_and_what_was_known_stays():
    for learned, error, message in [
        (None, TypeError, "Careless must learn a dictionary of arrays, got None"),
        ({"counts": "x"}, TypeError, "Careless: the array 'counts' must be an array of numbers"),
        ({1: np.ones(18), "counts": np.ones(18)}, TypeError, "must learn a dictionary of arrays"),
        ({"counts": np.array([1, np.inf])}, ValueError, "^Careless: the array 'counts' has numb"),
        (
            {"counts": np.array([1, np.nan])},
            ValueError,
            "the array 'counts' has numbers that are n",
        ),
        ({"counts": np.array([np.inf])}, ValueError, "not finite: has the training diverged"),
    ]:
        careless = Recommender(Careless(learned=learned))
        with pytest.raises(error, match=message):
            careless.fit(table())
        with pytest.raises(NotFitted):
            careless.recommend([101])
    counts = np.where(np.arange(18) < 3, -np.inf, 1.0)  # −inf: never to be shown
    fitted = Recommender(Careless(learned={"counts": counts})).fit(table())
    assert not set(fitted.movies.ids[:3]) & set(fitted.recommend([101])["movie_id"])
    fitted.model = Careless()
    with pytest.raises(TypeError):
        fitted.fit(table(seed=1))
    assert np.array_equal(fitted.arrays["counts"], counts)
    huge = table().assign(rating=1e308)
    with pytest.raises(ValueError, match=r"a mean can't be computed, (inf|nan) came out"):
        Recommender(models.DampedMean()).fit(huge)


def test_settings_of_few_bits_are_those_of_many():
    small = models.Weighted(np.int8(2), np.float32(0.5), np.int8(100), num_sweeps=np.int8(1))
    large = models.Weighted(2, 0.5, 100, num_sweeps=1)
    assert small == large
    one, other = (Recommender(model).fit(table()) for model in (small, large))
    assert np.array_equal(one.arrays["V"], other.arrays["V"])


# Files that are damaged, or made to do harm


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "model.npz"
    Recommender(models.Weighted(3, num_sweeps=1)).fit(table()).save(path)
    return path


def with_parts(path, change, about=None, **how):
    """The file anew, with other parts; `about` changes what it says of itself."""
    with np.load(path) as file:
        parts = dict(file)
    if about is not None:
        said = json.loads(bytes(parts["about"]))
        parts["about"] = np.frombuffer(json.dumps(about(said)).encode(), np.uint8)
    parts |= change
    with zipfile.ZipFile(path, "w", **how) as archive:
        for name, array in parts.items():
            if array is None:
                continue
            content = io.BytesIO()
            np.lib.format.write_array(content, np.asarray(array), allow_pickle=True)
            archive.writestr(f"{name}.npy", content.getvalue())


def assert_refused(path, message):
    with pytest.raises(ValueError, match=rf"model\.npz is no recommender .*: {message}") as error:
        load(path)
    said = str(error.value).replace(str(path), "")
    assert "pickle" not in said and "unsafe" not in said
    assert error.value.__cause__ is None


def is_equal(one, other):
    parts = [
        {"users": r.users.ids, "movies": r.movies.ids, **r.known._asdict(), **r.arrays}
        for r in (one, other)
    ]
    if (one.model, one.seed, parts[0].keys()) != (other.model, other.seed, parts[1].keys()):
        return False
    pairs = [(array, parts[1][name]) for name, array in parts[0].items()]
    return all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in pairs)


def test_any_damage_is_refused_or_does_no_harm(saved):
    whole, rng = saved.read_bytes(), np.random.default_rng(0)
    original, refused = load(saved), 0
    for turn in range(300):
        if turn % 3 == 0:
            damaged = bytearray(whole[: rng.integers(len(whole))])
        else:
            # Half of the flips are at the end, where the archive says what it holds.
            begin = 0 if turn % 2 else len(whole) - 900
            damaged = bytearray(whole)
            damaged[rng.integers(begin, len(whole))] ^= int(rng.integers(1, 256))
        saved.write_bytes(damaged)
        try:
            again = load(saved)
        except ValueError as error:
            assert str(saved) in str(error)
            assert error.__cause__ is None
            refused += 1
        else:
            assert is_equal(original, again), f"turn {turn}"
    assert refused > 200


def test_a_file_that_promises_more_than_it_holds_is_not_read(saved):
    with_parts(saved, {"learned U": np.zeros((10**6, 3))}, compression=zipfile.ZIP_DEFLATED)
    assert saved.stat().st_size < 200_000
    assert_refused(saved, "it is packed, and promises 24,0.. bytes|it is packed, and promises 24,")


def test_an_array_that_says_it_is_larger_than_its_bytes_is_not_made(saved):
    header = io.BytesIO()
    about_it = {"descr": "<f8", "fortran_order": False, "shape": (10**12,)}
    np.lib.format.write_array_header_1_0(header, about_it)
    with zipfile.ZipFile(saved, "a") as archive:
        archive.writestr("learned W.npy", header.getvalue() + b"12345678")
    assert_refused(
        saved, r"'learned W\.npy' says that it is \(1000000000000,\) of float64, in 8 byt"
    )


def test_what_is_kept_has_its_names_and_its_seed(tmp_path):
    path = str(tmp_path / "model.npz")  # a text will do
    fitted = Recommender(models.Weighted(3, num_sweeps=1), seed=3).fit(table())
    fitted.arrays |= {"none": np.empty((0, 2)), "one": np.array(3.0)}
    fitted.save(path)
    ids, known = ["user_ids", "movie_ids"], ["known_users", "known_movies", "known_ratings"]
    learned = ["learned U", "learned V", "learned none", "learned one"]
    with np.load(path) as file:
        assert file.files == ["about", *ids, *known, *learned]
        about = json.loads(bytes(file["about"]))
    assert (about["format"], about["model"]) == ("scratch recommender 1", "Weighted")
    again = load(path)
    assert is_equal(fitted, again) and again.seed == 3


def test_arrays_of_any_size_can_be_kept(saved, monkeypatch):
    original = load(saved)
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 100)  # from there on the sizes need 64 bits
    original.save(saved)
    assert is_equal(original, load(saved))


def test_packed_files_are_refused_also_when_they_promise_no_more_than_they_hold(saved):
    original = saved.read_bytes()
    with zipfile.ZipFile(saved, "a", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("learned W.npy", b"1")
    assert_refused(saved, r"it is packed, and promises [\d,]+ bytes of [\d,]+: what was saved is")
    saved.write_bytes(original)
    with zipfile.ZipFile(saved, "a") as archive:
        archive.filelist += 3 * archive.filelist  # the same bytes, four times over
        archive._didModify = True
    assert_refused(saved, "it is packed, and promises")


def test_an_array_of_another_version_of_the_format_is_refused(saved):
    content = io.BytesIO()
    np.lib.format.write_array(content, np.ones(3), version=(2, 0))
    with zipfile.ZipFile(saved, "a") as archive:
        archive.writestr("learned W.npy", content.getvalue())
    assert_refused(saved, r"'learned W\.npy' is of another version of the format")


def test_a_name_without_its_ending_is_no_part(saved):
    with zipfile.ZipFile(saved, "a") as archive:
        archive.writestr("learned W", b"1")
    assert_refused(saved, "'learned W' in it is no part of a recommender")


def test_sizes_below_nothing_are_refused(saved):
    header = io.BytesIO()
    about_it = {"descr": "<f8", "fortran_order": False, "shape": (-1, -1, 6)}
    np.lib.format.write_array_header_1_0(header, about_it)
    with zipfile.ZipFile(saved, "a") as archive:
        archive.writestr("learned W.npy", header.getvalue() + bytes(48))
    assert_refused(saved, r"'learned W\.npy' says that it is \(-1, -1, 6\) of float64, in 48 bytes")


def test_a_file_that_may_not_be_read_is_not_called_damaged(saved, monkeypatch):
    def refuse(path):
        raise PermissionError("not for you")

    monkeypatch.setattr("scratch.recommenders.fitted._arrays_in", refuse)
    with pytest.raises(PermissionError, match="not for you"):
        load(saved)


class Boom:
    """What a pickle may do when it is read."""

    def __reduce__(self):
        return pytest.fail, ("the file was unpickled",)


@pytest.mark.parametrize("part", ["about", "user_ids", "known_ratings", "learned U", "anything"])
def test_nothing_is_ever_unpickled(saved, part):
    with_parts(saved, {part: np.array([Boom()], dtype=object)})
    assert_refused(saved, r"'\w+( U)?\.npy' (holds object, and only|in it is no part of a rec)")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (pickle.dumps({"a": 1}), r"it is no \.npz archive"),
        (b"", r"it is no \.npz archive"),
        (b"PK", r"it is no \.npz archive"),
        (b"not a model", r"it is no \.npz archive"),
    ],
)
def test_other_kinds_of_files_are_told_apart_in_our_words(saved, content, message):
    saved.write_bytes(content)
    assert_refused(saved, message)
    np.save(saved.open("wb"), np.ones(3))
    assert_refused(saved, r"it is no \.npz archive")
    saved.unlink()
    saved.mkdir()
    assert_refused(saved, "the path is that of a folder")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_pipe_is_not_called_a_folder(saved):
    saved.unlink()
    os.mkfifo(saved)
    assert_refused(saved, r"the path is that of a device or a pipe\. Save it again")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ones": "foo"}, "ones must be 'liked' or 'rated', got 'foo'"),
        ({"k": 0}, "k must be at least 1, got 0"),
        ({"k": 2.5}, "k must be a whole number"),
        ({"w0": "0.1"}, "w0 must be a number"),
        ({"l2": float("nan")}, "l2 must be a finite number"),
        ({"more": 1}, ".*unexpected keyword argument 'more'"),
    ],
)
def test_settings_outside_their_kind_are_refused(saved, settings, message):
    with_parts(saved, {}, lambda said: said | {"settings": said["settings"] | settings})
    assert_refused(saved, f"its settings are none of Weighted: {message}")


@pytest.mark.parametrize(
    ("about", "message"),
    [
        (lambda said: said | {"model": "os"}, "it holds a model 'os', which is not known here"),
        (lambda said: said | {"model": ["Popular"]}, r"it holds a model \['Popular'\], which is n"),
        (lambda said: said | {"model": "np"}, "it holds a model 'np', which is not known here"),
        (lambda said: said | {"model": "Settings"}, "it holds a model 'Settings'"),
        (lambda said: said | {"seed": -1}, "its settings are none of Weighted: seed must be at"),
        (lambda said: said | {"settings": []}, "it does not say what its model is"),
        (lambda said: {"format": said["format"]}, "it does not say what its model is"),
        (lambda said: said | {"format": 1}, "it calls itself 1"),
        (lambda said: [1], r"it calls itself \[1\]"),
    ],
)
def test_what_a_file_says_of_itself_is_looked_at(saved, about, message):
    with_parts(saved, {}, about)
    assert_refused(saved, message)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"user_ids": None}, "it has no 'user_ids'"),
        ({"about": None}, "it calls itself None"),
        (
            {"about": np.frombuffer(b"[" * 100_000, np.uint8)},
            "what it says of itself can't be read",
        ),
        ({"about": np.frombuffer(b"\xff{", np.uint8)}, "what it says of itself can't be read"),
        ({"user_ids": np.zeros(25, int)}, "its user_ids name somebody twice"),
        ({"user_ids": np.arange(3)}, r"user index \d+ is out of range: the model has 3"),
        ({"movie_ids": np.ones((2, 2))}, r"ids\[0\] must be one value|ids must be one plain"),
        ({"known_users": np.zeros(3, np.int32)}, "ratings need a user, a movie and stars"),
        ({"known_movies": np.full(3, 0.5)}, "movies must be an array of whole numbers"),
        ({"known_ratings": np.array([np.nan])}, r"ratings\[0\] is nan"),
        (
            {"learned U": np.array([np.nan])},
            "its array 'U' has numbers that are not finite",
        ),
        ({"learned U": np.array(["a"])}, r"'learned U\.npy' holds <U1, and only numbers are read"),
        ({"other": np.ones(2)}, r"'other\.npy' in it is no part of a recommender"),
    ],
)
def test_parts_that_do_not_fit_are_refused(saved, change, message):
    with_parts(saved, change)
    assert_refused(saved, message)


def test_arrays_of_another_size_are_refused(saved):
    with_parts(saved, {"learned V": np.ones((2, 7))})
    assert_refused(saved, r"its arrays do not fit together: V has shape \(2, 7\), which does not")
    with_parts(saved, {"learned V": np.ones((17, 3))})
    assert_refused(
        saved, r"its arrays give scores of shape \(1, 17\) for one user, and there are 1"
    )


@pytest.mark.parametrize("counts", [np.empty(0), np.ones(17), np.ones((2, 18)), np.array(1.0)])
def test_a_file_with_other_than_one_score_for_each_movie_is_refused(tmp_path, counts):
    path = tmp_path / "model.npz"
    Recommender(models.Popular()).fit(table()).save(path)
    with_parts(path, {"learned counts": counts})
    assert_refused(path, "its arrays (do not fit together: |give scores of shape )")


@dataclass(frozen=True)
class TooLarge(models.Popular):
    """Its scores have no room."""

    def scores(self, arrays, users):
        raise MemoryError


def test_scores_without_room_do_not_make_a_file_damaged(tmp_path):
    Recommender(TooLarge()).fit(table()).save(tmp_path / "m.npz")
    with pytest.raises(MemoryError):
        load(tmp_path / "m.npz", [TooLarge])


def test_a_sparse_table_whose_columns_lead_out_of_it_is_refused(tmp_path):
    path = tmp_path / "model.npz"
    Recommender(models.ItemNeighbors(4)).fit(table()).save(path)
    for name in ("likes", "similarities"):
        with np.load(path) as file:
            columns = file[f"learned {name}_columns"].copy()
        kept = columns[3]
        columns[3] = 10**6
        with_parts(path, {f"learned {name}_columns": columns})
        assert_refused(path, f".*{name}_columns index 1000000 is out of range")
        columns[3] = kept
        with_parts(path, {f"learned {name}_columns": columns})


def test_a_file_without_one_of_its_arrays_is_refused(saved):
    with_parts(saved, {"learned V": None})
    assert_refused(saved, r"it has the arrays \['U'\], and not those it was saved with")


def test_older_files_that_do_not_name_their_arrays_are_read(saved):
    original = load(saved)
    with_parts(saved, {}, lambda said: {k: said[k] for k in said if k != "arrays"})
    assert is_equal(original, load(saved))


def test_the_same_part_twice_is_refused(saved):
    with zipfile.ZipFile(saved, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("user_ids.npy", archive.read("user_ids.npy"))
    assert_refused(saved, "it holds 'user_ids' twice")


def test_a_file_of_np_savez_is_read_as_well(saved):
    original = load(saved)
    with np.load(saved) as file:
        parts = dict(file)
    with saved.open("wb") as file:
        np.savez(file, **parts)
    assert is_equal(original, load(saved))


class Plain:
    """A model that is no dataclass."""

    def learn(self, train, num_users, num_movies, rng):
        return {}

    def scores(self, arrays, users):
        """Not asked here."""


def test_what_can_not_be_saved_leaves_nothing(tmp_path):
    fitted = Recommender(models.Popular()).fit(table())
    path = tmp_path / "m.npz"
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere"):
        fitted.save(tmp_path / "nowhere" / "m.npz")
    with pytest.raises(IsADirectoryError, match="is that of a folder: name a file in it"):
        fitted.save(tmp_path)
    with pytest.raises(OSError, match="can't be written: no file's name has"):
        fitted.save(f"{tmp_path}/a\0b")
    for wrong in (np.array([Boom()], dtype=object), [1.0, 2.0]):
        fitted.arrays["counts"] = wrong
        with pytest.raises(TypeError, match=r"^learned counts must be an array of numbers to be"):
            fitted.save(path)
    plain = Recommender(Plain()).fit(table())
    with pytest.raises(TypeError, match="in a file must be a dataclass, as Plain is not"):
        plain.save(path)
    fitted = Recommender(Careless(learned={"counts": np.ones(18)})).fit(table())
    with pytest.raises(TypeError, match="the settings of Careless can't be written as text"):
        fitted.save(path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_answered_belongs_to_the_asker(name):
    """Writing into it changes nothing of what the model has learned, or was given."""
    ratings = table()
    split = split_ratings(ratings, rng=np.random.default_rng(0))
    recommender = Recommender(KINDS[name]).fit_split(split)
    arrays = {key: array.copy() for key, array in recommender.arrays.items()}
    known = [column.copy() for column in recommender.known]
    results = [recommender.scores([0, 1])]
    if name not in NOT_FOR_STRANGERS:
        results.append(recommender.scores_new({int(ratings["movie_id"][0]): 5.0}))
    if name in PREDICT:
        results.append(recommender.predict([107], [7]))
    for result in [*results, *split.train]:
        result[:] = 0
    for key, array in arrays.items():
        assert np.array_equal(recommender.arrays[key], array)
    assert all(map(np.array_equal, recommender.known, known))


@pytest.mark.parametrize("kind", ["UserNeighbors", "ItemNeighbors"])
@pytest.mark.parametrize("name", ["likes_width", "similarities_width"])
@pytest.mark.parametrize("width", [2**30, -1, 2.5, [25]])
def test_a_table_that_says_it_has_more_columns_than_there_are_movies_is_not_made(
    tmp_path, kind, name, width
):
    path = tmp_path / "model.npz"
    Recommender(KINDS[kind]).fit(table()).save(path)
    with_parts(path, {f"learned {name}": np.array(width)})
    assert_refused(path, f"its array '{name}' says .*, and there are 25 users and 18 movies")


@pytest.mark.parametrize("stars", [1.0, 5.0])
def test_a_movie_that_a_user_has_rated_twice_is_named_whatever_the_model(name, stars):
    ratings = table().assign(rating=5.0)
    twice = pd.concat([ratings, ratings[3:4].assign(rating=stars)])
    user, movie = ratings["user_id"][3], ratings["movie_id"][3]
    with pytest.raises(
        ValueError, match=f"^user {user} has rated movie {movie} more than once: ke"
    ):
        Recommender(KINDS[name]).fit(twice)
