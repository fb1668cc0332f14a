import copy
import inspect
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scratch.checking import NotFitted
from scratch.evaluation.metrics import mse
from scratch.factorization import (
    MatrixFactorization,
    _predictions,
    sgd_epoch,
    sgd_epoch_with_biases,
    sgd_epoch_with_l2,
)
from scratch.machinery.blocks import cut, run_rounds
from scratch.machinery.compiled import relaxed
from scratch.ratings import COLD, Ratings

NUM_USERS, NUM_MOVIES = 30, 20
BOTH = pytest.mark.parametrize("biases", [False, True], ids=["vectors only", "with biases"])


def seeded(seed=0):
    return np.random.default_rng(seed)


def noisy_ratings(seed=0, noise=0.5, rank=1):
    """Half of all pairs of a table of the given rank plus noise: (train, validation)."""
    rng = seeded(seed)
    truth = 3 + rng.normal(size=(NUM_USERS, rank)) @ rng.normal(size=(rank, NUM_MOVIES))
    pairs = rng.permutation(NUM_USERS * NUM_MOVIES)
    users, movies = pairs // NUM_MOVIES, pairs % NUM_MOVIES
    stars = truth[users, movies] + rng.normal(scale=noise, size=len(pairs))
    cuts = slice(0, 300), slice(300, None)
    return [
        Ratings(users[cut].astype(np.int32), movies[cut].astype(np.int32), stars[cut])
        for cut in cuts
    ]


def loss_of(model, part):
    return mse(model.predict(part.users, part.movies), part.ratings)


# The step


def test_one_step_hand_computed():
    U, V = [[1.0, 2.0]], [[3.0, 0.5]]
    # Predicted 1·3 + 2·0.5 = 4, rated 5, error −1: u moves by 0.1·m and m by 0.1·(old u).
    assert sgd_epoch([0], [0], [5.0], U, V, 0.1) == 1.0
    assert U[0] == pytest.approx([1.3, 2.05])
    assert V[0] == pytest.approx([3.1, 0.7])


def test_one_step_with_l2_hand_computed():
    U, V = [[1.0, 2.0]], [[3.0, 0.5]]
    # As above, and every number loses 0.1·0.2·itself too.
    assert sgd_epoch_with_l2([0], [0], [5.0], U, V, 0.1, 0.2) == 1.0
    assert U[0] == pytest.approx([1.3 - 0.02, 2.05 - 0.04])
    assert V[0] == pytest.approx([3.1 - 0.06, 0.7 - 0.01])


def test_one_step_with_biases_hand_computed():
    b_u, b_m, U, V = [0.5], [-0.5], [[1.0, 2.0]], [[3.0, 0.5]]
    # Predicted 1 + 0.5 − 0.5 + 4 = 5, rated 3, error 2; every parameter loses 0.1·0.2·itself too.
    assert sgd_epoch_with_biases([0], [0], [3.0], 1.0, b_u, b_m, U, V, 0.1, 0.2) == 4.0
    assert (b_u, b_m) == ([pytest.approx(0.5 - 0.21)], [pytest.approx(-0.5 - 0.19)])
    assert U[0] == pytest.approx([1 - 0.62, 2 - 0.14])
    assert V[0] == pytest.approx([3 - 0.26, 0.5 - 0.41])


def test_the_second_rating_sees_what_the_first_one_taught():
    U, V = [[1.0]], [[1.0]]
    # Errors: 1 − 2 = −1, then (1.5)² − 2 = 0.25.
    assert sgd_epoch([0, 0], [0, 0], [2.0, 2.0], U, V, 0.5) == (1 + 0.25**2) / 2
    # Errors: 0 − 2 = −2, which moves each bias by 0.25 · 2, then 0.5 + 0.5 − 2 = −1.
    numbers = 0.0, [0.0], [0.0], [[0.0]], [[0.0]], 0.25, 0.0
    assert sgd_epoch_with_biases([0, 0], [0, 0], [2.0, 2.0], *numbers) == (4 + 1) / 2


@settings(deadline=None)
@given(
    k=st.integers(1, 4),
    seed=st.integers(0, 1000),
    l2=st.sampled_from([0.0, 0.3]),
    biases=st.booleans(),
)
def test_the_step_goes_down_the_gradient_of_the_stated_loss(k, seed, l2, biases):
    rng = seeded(seed)
    start, mean, rating, rate = rng.normal(size=2 + 2 * k), 3.5, 4.0, 0.01

    def loss(p):
        b_u, b_m, user, movie = p[0], p[1], p[2 : 2 + k], p[2 + k :]
        predicted = user @ movie + (mean + b_u + b_m if biases else 0)
        pulled = p if biases else p[2:]
        return 0.5 * (predicted - rating) ** 2 + 0.5 * l2 * pulled @ pulled

    nudges = 1e-6 * np.eye(len(start))
    gradient = np.array([(loss(start + n) - loss(start - n)) / 2e-6 for n in nudges])
    b_u, b_m, U, V = (
        start[:1].copy(),
        start[1:2].copy(),
        start[None, 2 : 2 + k],
        start[None, 2 + k :],
    )
    U, V, row = U.copy(), V.copy(), (np.array([0]), np.array([0]), np.array([rating]))
    if biases:
        sgd_epoch_with_biases(*row, mean, b_u, b_m, U, V, rate, l2)
    else:
        sgd_epoch_with_l2(*row, U, V, rate, l2)
    moved = np.concatenate([b_u, b_m, U[0], V[0]]) - start
    np.testing.assert_allclose(moved, -rate * gradient, atol=1e-8)


def test_without_a_pull_the_first_two_loops_take_the_same_steps():
    train = noisy_ratings()[0]
    starts = seeded().normal(size=(NUM_USERS, 3)), seeded(1).normal(size=(NUM_MOVIES, 3))
    plain, pulled = ([start.copy() for start in starts] for _ in range(2))
    for _ in range(3):
        assert sgd_epoch(*train, *plain, 0.05) == sgd_epoch_with_l2(*train, *pulled, 0.05, 0.0)
    assert all(np.array_equal(a, b) for a, b in zip(plain, pulled, strict=True))


@pytest.mark.parametrize(
    ("loop", "name"),
    [
        (loop, name)
        for loop, names in (
            (sgd_epoch, "U V"),
            (sgd_epoch_with_l2, "U V"),
            (sgd_epoch_with_biases, "user_biases movie_biases U V"),
            (_predictions, "predicted"),
        )
        for name in names.split()
    ],
)
def test_what_a_loop_changes_must_not_be_read_only(loop, name):
    one, zero = np.ones(1), np.zeros(1, int)
    numbers = {"mean": 3.0, "learning_rate": 0.1, "l2": 0.1, "biased": True}
    numbers |= {"users": zero, "movies": zero, "ratings": one, "predicted": one.copy()}
    numbers |= {"user_biases": one.copy(), "movie_biases": one.copy()}
    numbers |= {"U": np.ones((1, 2)), "V": np.ones((1, 2))}
    numbers[name].flags.writeable = False
    with pytest.raises(ValueError, match=f"^{name} is changed in place, .* is read-only"):
        loop(**{key: numbers[key] for key in inspect.signature(loop).parameters})


# The model


def test_settings_that_are_not_given():
    assert vars(MatrixFactorization()) == {
        "k": 2, "biases": False, "l2": 0.0, "learning_rate": 0.045, "decay": 0.9, "num_epochs": 20,
        "init_scale": 1.0, "patience": None, "fast": False, "cores": 1,
    }  # fmt: skip


@BOTH
def test_recovers_an_exactly_low_rank_table(biases):
    train, validation = noisy_ratings(noise=0, rank=1)
    k = 1 if biases else 2  # without biases the constant 3 needs a factor of its own
    model = MatrixFactorization(k, biases=biases, learning_rate=0.05, decay=1, num_epochs=600)
    model.fit(train, validation, rng=seeded())
    assert loss_of(model, train) < 1e-6
    assert loss_of(model, validation) < 1e-4


@BOTH
def test_history(biases):
    train, validation = noisy_ratings()
    model = MatrixFactorization(biases=biases, learning_rate=0.1, decay=0.5, num_epochs=4)
    history = model.fit(train, validation, rng=seeded()).history
    assert list(history.columns) == ["epoch", "learning_rate", "train", "validation"]
    assert history["epoch"].tolist() == [1, 2, 3, 4]
    assert history["learning_rate"].tolist() == [0.1, 0.05, 0.025, 0.0125]
    # Both losses are those of the model after the epoch, not means along the way.
    assert history["train"].iloc[-1] == loss_of(model, train)
    assert history["validation"].iloc[-1] == loss_of(model, validation)


def test_history_without_validation():
    history = MatrixFactorization(num_epochs=2).fit(noisy_ratings()[0], rng=seeded()).history
    assert history["validation"].isna().all() and history["train"].notna().all()


@BOTH
@pytest.mark.parametrize("l2", [0.0, 0.2])
def test_an_epoch_runs_the_loop_that_was_asked_for_with_the_rate_of_the_history(biases, l2):
    train, _ = noisy_ratings()
    model = MatrixFactorization(biases=biases, l2=l2, learning_rate=0.1, decay=0.5, num_epochs=2)
    model.fit(train, rng=seeded())
    again = MatrixFactorization(biases=biases, l2=l2, num_epochs=1, learning_rate=0.1)
    again.fit(train, rng=seeded())
    if biases:
        parts = again.user_biases, again.movie_biases, again.U, again.V
        sgd_epoch_with_biases(*train, again.mean, *parts, 0.05, l2)
    elif l2:
        sgd_epoch_with_l2(*train, again.U, again.V, 0.05, l2)
    else:
        sgd_epoch(*train, again.U, again.V, 0.05)
    assert np.array_equal(model.U, again.U) and np.array_equal(model.V, again.V)


@BOTH
def test_early_stopping_goes_back_to_the_best_epoch(biases):
    train, validation = noisy_ratings(noise=1.0)
    model = MatrixFactorization(10, biases=biases, decay=1, num_epochs=100, patience=3)
    history = model.fit(train, validation, rng=seeded()).history
    best = int(history["validation"].idxmin())
    assert len(history) == best + 1 + 3 < 100  # stopped three epochs after the best one
    assert history["validation"].iloc[-1] > history["validation"].min()
    assert loss_of(model, validation) == history["validation"].min()
    assert loss_of(model, train) == history["train"].iloc[best]


def test_patience_goes_back_to_the_best_epoch_also_when_the_epochs_run_out():
    train, validation = noisy_ratings(noise=1.0)
    model = MatrixFactorization(10, decay=1, num_epochs=100, patience=100)
    history = model.fit(train, validation, rng=seeded()).history
    assert len(history) == 100
    assert loss_of(model, validation) == history["validation"].min()


def test_without_patience_all_epochs_run_and_the_last_one_stays():
    train, validation = noisy_ratings(noise=1.0)
    model = MatrixFactorization(10, decay=1, num_epochs=100).fit(train, validation, rng=seeded())
    assert len(model.history) == 100
    assert loss_of(model, validation) == model.history["validation"].iloc[-1]
    assert loss_of(model, validation) > model.history["validation"].min()


def test_an_epoch_that_is_only_as_good_as_the_best_is_not_better():
    train = noisy_ratings()[0]
    cold = Ratings(np.array([COLD, 0]), np.array([0, COLD]), np.array([1.0, 2.0]))  # always mean
    model = MatrixFactorization(num_epochs=9, patience=2).fit(train, cold, rng=seeded())
    assert len(model.history) == 3
    first = MatrixFactorization(num_epochs=1).fit(train, rng=seeded())
    assert np.array_equal(model.U, first.U)


@BOTH
def test_twenty_factors_learn_the_noise_unless_they_are_pulled_toward_0(biases):
    train, validation = noisy_ratings(noise=1.5)

    def losses(l2):
        model = MatrixFactorization(
            20, biases=biases, l2=l2, decay=1, num_epochs=100, init_scale=0.1
        )
        model.fit(train, validation, rng=seeded())
        return loss_of(model, train), loss_of(model, validation)

    free, pulled = losses(l2=0.0), losses(l2=0.4)
    assert free[0] < 0.1 < 0.5 < pulled[0]
    assert free[1] > 1.1 * pulled[1]


@BOTH
def test_the_generator_decides_the_result(biases):
    train, validation = noisy_ratings()
    models = [
        MatrixFactorization(3, biases=biases).fit(train, validation, rng=seeded(seed))
        for seed in (1, 1, 2)
    ]
    same, again, other = (model.predict(train.users, train.movies) for model in models)
    assert np.array_equal(same, again) and models[0].history.equals(models[1].history)
    assert not np.array_equal(same, other)


def test_fitting_does_not_change_the_ratings():
    train, validation = noisy_ratings()
    before = [part.copy() for part in train]
    MatrixFactorization().fit(train, validation, rng=seeded())
    assert all(np.array_equal(a, b) for a, b in zip(train, before, strict=True))


def test_starting_vectors_have_the_scale_that_was_asked_for():
    train = noisy_ratings()[0]
    model = MatrixFactorization(50, init_scale=0.1, learning_rate=1e-12, num_epochs=1)
    model.fit(train, rng=seeded())
    assert np.std(model.U) == pytest.approx(0.1, rel=0.05)
    assert np.std(model.V) == pytest.approx(0.1, rel=0.05)


def test_num_users_and_num_movies_make_room_for_more():
    train = noisy_ratings()[0]
    model = MatrixFactorization(2).fit(train, rng=seeded(), num_users=40, num_movies=50)
    assert (model.U.shape, model.V.shape) == ((40, 2), (50, 2))
    assert (model.user_biases.shape, model.movie_biases.shape) == ((40,), (50,))
    assert np.isfinite(model.predict(np.array([39]), np.array([49]))).all()
    fewer = MatrixFactorization(2).fit(train, rng=seeded(), num_users=1, num_movies=1)
    assert (len(fewer.U), len(fewer.V)) == (NUM_USERS, NUM_MOVIES)


def test_what_has_no_training_ratings_stays_as_it_was_drawn():
    model = MatrixFactorization(3, biases=True, init_scale=0.5, num_epochs=2)
    model.fit(noisy_ratings()[0], rng=seeded(), num_users=40, num_movies=50)
    rng = seeded()
    U, V = rng.normal(0, 0.5, (40, 3)), rng.normal(0, 0.5, (50, 3))
    assert np.array_equal(model.U[NUM_USERS:], U[NUM_USERS:])
    assert np.array_equal(model.V[NUM_MOVIES:], V[NUM_MOVIES:])
    assert not model.user_biases[NUM_USERS:].any() and model.user_biases[:NUM_USERS].all()
    assert not model.movie_biases[NUM_MOVIES:].any() and model.movie_biases[:NUM_MOVIES].all()


# Predictions


def test_cold_users_and_movies():
    train = noisy_ratings()[0]
    cold = [(0, COLD), (COLD, 0), (COLD, COLD)]
    users, movies = np.array([*cold, (0, 0)]).T
    model = MatrixFactorization(biases=True).fit(train, rng=seeded())
    mean, b_u, b_m = model.mean, model.user_biases[0], model.movie_biases[0]
    assert mean == train.ratings.mean() and b_u != 0 != b_m
    warm = mean + b_u + b_m + model.U[0] @ model.V[0]
    np.testing.assert_allclose(
        model.predict(users, movies), [mean + b_u, mean + b_m, mean, warm], rtol=1e-14
    )
    plain = MatrixFactorization().fit(train, rng=seeded())
    np.testing.assert_allclose(
        plain.predict(users, movies), [mean, mean, mean, plain.U[0] @ plain.V[0]], rtol=1e-14
    )


@pytest.mark.parametrize(
    ("user", "movie", "message"),
    [
        (NUM_USERS, 0, "user index 30 is out of range: the model has 30"),
        (0, NUM_MOVIES, "movie index 20 is out of range: the model has 20"),
        (-2, 0, "user index -2 is out of range"),
    ],
)
def test_an_index_out_of_range_raises(user, movie, message):
    model = MatrixFactorization(num_epochs=1).fit(noisy_ratings()[0], rng=seeded())
    with pytest.raises(IndexError, match=message):
        model.predict(np.array([0, user]), np.array([0, movie]))


# Errors


@BOTH
@pytest.mark.parametrize("rate", [1.0, 1e3, 1e200])
def test_divergence_names_the_learning_rate(biases, rate):
    train, validation = noisy_ratings()
    model = MatrixFactorization(biases=biases, learning_rate=rate, decay=1)
    with pytest.raises(ValueError, match=r"diverged in epoch \d+ with learning rate") as raised:
        model.fit(train, validation, rng=seeded())
    assert f"{rate:g}" in str(raised.value) and f"e.g. {rate / 10:g}" in str(raised.value)


@BOTH
@pytest.mark.parametrize("rate", [1.0, 2.0, 3.0, 1e3, 1e10, 1e200])
def test_divergence_on_a_single_rating_names_the_learning_rate(biases, rate):
    one = Ratings(np.array([0]), np.array([0]), np.array([5.0]))
    model = MatrixFactorization(biases=biases, learning_rate=rate, decay=1, num_epochs=100)
    with pytest.raises(ValueError, match="diverged in epoch"):
        model.fit(one, one, rng=seeded(1))


@pytest.mark.parametrize("settings", [{}, {"l2": 0.1}, {"biases": True}], ids=str)
def test_divergence_without_numba_is_told_without_a_warning(settings, monkeypatch):
    monkeypatch.setattr("scratch.machinery.compiled.numba_is_available", lambda: False)
    model = MatrixFactorization(learning_rate=1e200, **settings)
    with np.errstate(all="raise"), pytest.raises(ValueError, match="diverged in epoch 1"):
        model.fit(SOME, rng=seeded())


@pytest.mark.parametrize("settings", [{"learning_rate": 1e200}, {"l2": 1e200}], ids=str)
def test_steps_that_are_too_large_for_32_bits_are_told_as_divergence(settings):
    model = MatrixFactorization(biases=True, fast=True, **settings)
    with np.errstate(all="raise"), pytest.raises(ValueError, match="diverged in epoch 1"):
        model.fit(SOME, rng=seeded())
    assert not {*model.learned} & {*vars(model)}


def test_training_sets_that_teach_nothing_raise():
    nothing = np.array([], np.int32)
    with pytest.raises(ValueError, match="training set is empty"):
        MatrixFactorization().fit(Ratings(nothing, nothing, nothing * 1.0), rng=seeded())
    for pair in ([0, COLD], [COLD, 0]):
        cold = Ratings(np.array(pair), np.array(pair[::-1]), np.array([3.0, 4.0]))
        with pytest.raises(ValueError, match="must not be cold"):
            MatrixFactorization().fit(cold, rng=seeded())


def test_patience_without_validation_raises():
    with pytest.raises(ValueError, match="patience needs a validation part"):
        MatrixFactorization(patience=2).fit(noisy_ratings()[0], rng=seeded())


@pytest.mark.parametrize(
    "settings",
    [
        {"k": 0},
        {"num_epochs": 0},
        {"patience": 0},
        {"learning_rate": 0.0},
        {"learning_rate": math.nan},
        {"decay": 0.0},
        {"init_scale": -1.0},
        {"l2": -0.1, "biases": True},
        {"l2": -0.1},
    ],
    ids=str,
)
def test_settings_that_make_no_sense_raise(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        MatrixFactorization(**settings)


# The progress bar


def test_the_progress_bar_says_the_same_run_after_run_and_holds_no_time(capsys):
    train, validation = noisy_ratings()

    def text_of_a_run():
        model = MatrixFactorization(num_epochs=3)
        model.fit(train, validation, rng=seeded(), progress=True)
        return capsys.readouterr().out, model.history

    (first, history), (second, _) = text_of_a_run(), text_of_a_run()
    assert first == second
    lines = first.strip().split("\r")
    assert [line.split(" |")[0][-3:] for line in lines] == ["0/3", "1/3", "2/3", "3/3", "3/3"]
    losses = history.iloc[-1]
    told = f"train {losses['train']:.4f}, validation {losses['validation']:.4f}"
    assert lines[-1] == f"epoch 3/3 |{20 * '█'}| {told}"
    assert not any(sign in first for sign in ("it/s", "s/it", ":", "?"))  # as in 00:01<00:02, 5it/s


def test_no_bar_unless_asked_for(capsys):
    MatrixFactorization(num_epochs=2).fit(noisy_ratings()[0], rng=seeded())
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("settings", [{}, {"l2": 0.05}, {"l2": 0.05, "biases": True}], ids=str)
@pytest.mark.parametrize("cores", [1, 2])
def test_fast_comes_to_where_strict_does(settings, cores):
    rng = np.random.default_rng(0)
    users, movies = np.divmod(rng.permutation(60 * 40)[:1500].astype(np.int32), np.int32(40))
    U, V = rng.normal(size=(60, 2)), rng.normal(size=(40, 2))
    ratings = Ratings(users, movies, 3 + (U[users] * V[movies]).sum(axis=1))
    errors = []
    for ways in ({}, {"fast": True, "cores": cores}):
        model = MatrixFactorization(
            4, num_epochs=60, decay=0.98, init_scale=0.3, **settings, **ways
        )
        model.fit(ratings, rng=np.random.default_rng(1))
        errors.append(model.history["train"].iloc[-1])
        assert model.U.dtype == (np.float32 if ways else np.float64)
    assert errors[1] == pytest.approx(errors[0], rel=0.15 if cores > 1 else 1e-3)


@pytest.mark.parametrize("cores", [1, 2])
def test_a_fast_epoch_is_the_relaxed_loop_in_32_bits_and_on_several_cores_in_rounds(cores):
    train, _ = noisy_ratings()
    model = MatrixFactorization(fast=True, cores=cores, num_epochs=1).fit(train, rng=seeded())
    rng = seeded()
    U, V = (rng.normal(size=(n, 2)).astype(np.float32) for n in (NUM_USERS, NUM_MOVIES))
    train, rate = train._replace(ratings=train.ratings.astype(np.float32)), np.float32(0.045)
    if cores == 1:
        relaxed(sgd_epoch)(*train, U, V, rate)
    else:
        run_rounds(sgd_epoch, cut(train, cores), U, V, rate)
    assert np.array_equal(model.U, U) and np.array_equal(model.V, V)


def test_all_that_the_fast_form_learns_has_32_bits():
    model = MatrixFactorization(biases=True, fast=True).fit(noisy_ratings()[0], rng=seeded())
    learned = model.U, model.V, model.mean, model.user_biases, model.movie_biases
    assert {np.asarray(numbers).dtype for numbers in learned} == {np.dtype(np.float32)}


def test_without_measuring_the_vectors_are_the_same_and_the_errors_unknown():
    ratings = Ratings(np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([3.0, 4.0, 2.0]))
    models = [
        MatrixFactorization(2, num_epochs=3).fit(
            ratings, ratings, rng=np.random.default_rng(0), measure=measure
        )
        for measure in (True, False)
    ]
    assert np.array_equal(models[0].U, models[1].U)
    assert models[1].history["train"].isna().all()
    assert models[1].history["validation"].tolist() == models[0].history["validation"].tolist()


@pytest.mark.parametrize("biased", [False, True])
def test_the_plain_loop_predicts_the_same_to_the_last_bit(biased):
    rng = np.random.default_rng(0)
    users, movies = np.array([0, 2, COLD, 1, COLD]), np.array([3, COLD, 1, 0, COLD])
    numbers = [3.5, rng.normal(size=3), rng.normal(size=4), rng.normal(size=(3, 2))]
    numbers += [rng.normal(size=(4, 2)), biased]
    fast, plain = (
        loop(users, movies, *numbers, np.empty(5))
        for loop in (_predictions, _predictions.__wrapped__)
    )
    assert np.array_equal(fast, plain)
    assert plain[4] == 3.5 and (plain[1] == plain[2] == 3.5) == (not biased)


def test_unless_it_is_fast_a_model_sums_in_order():
    train, _ = noisy_ratings()
    model = MatrixFactorization(20, num_epochs=1).fit(train, rng=seeded())
    products = model.U[train.users] * model.V[train.movies]
    in_order = np.cumsum(products, axis=1)[:, -1]
    assert np.array_equal(model.predict(train.users, train.movies), in_order)


def test_fast_training_that_diverges_says_so():
    ratings = Ratings(np.zeros(9, int), np.arange(9), np.full(9, 5.0))
    model = MatrixFactorization(2, learning_rate=50.0, fast=True)
    with pytest.raises(ValueError, match="diverged in epoch"):
        model.fit(ratings, rng=np.random.default_rng(0))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cores": 0}, "cores must be at least 1 and at most 1024, got 0"),
        ({"cores": 2}, "more than 1 of cores needs fast=True, got 2"),
        ({"cores": 2000, "fast": True}, "cores must be at least 1 and at most 1024, got 2000"),
    ],
    ids=str,
)
def test_several_cores_need_the_fast_form(settings, message):
    with pytest.raises(ValueError, match=message):
        MatrixFactorization(2, **settings)


# Odd input

SOME = Ratings(np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([3.0, 4.0, 2.0]))


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"k": 2.0}, TypeError),
        ({"k": True}, TypeError),
        ({"decay": 1.5}, ValueError),
        ({"l2": math.inf}, ValueError),
        ({"biases": "yes"}, TypeError),
        ({"learning_rate": "0.1"}, TypeError),
        ({"num_epochs": None}, TypeError),
    ],
    ids=str,
)
def test_settings_of_another_kind_raise_and_are_named(settings, error):
    (name,) = settings
    with pytest.raises(error, match=f"^{name} must be"):
        MatrixFactorization(**settings)


def test_columns_may_be_lists_or_of_pandas():
    expected = MatrixFactorization(num_epochs=2).fit(SOME, SOME, rng=seeded())
    for form in (list, lambda column: pd.Series(column, index=[7, 8, 9])):
        part = Ratings(*(form(column) for column in SOME))
        model = MatrixFactorization(num_epochs=2).fit(part, part, rng=seeded())
        assert np.array_equal(model.U, expected.U) and model.history.equals(expected.history)
        predicted = model.predict(form(SOME.users), form(SOME.movies))
        assert np.array_equal(predicted, expected.predict(*SOME[:2]))


@pytest.mark.parametrize("ways", [{}, {"fast": True}, {"fast": True, "cores": 2}], ids=str)
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_ratings_that_are_missing_are_not_blamed_on_the_learning_rate(bad, ways):
    wrong = SOME._replace(ratings=np.array([3.0, bad, 2.0]))
    with pytest.raises(ValueError, match=rf"^ratings\[1\] is {bad}"):
        MatrixFactorization(**ways).fit(wrong, rng=seeded())
    with pytest.raises(ValueError, match=rf"^in the validation part, ratings\[1\] is {bad}"):
        MatrixFactorization(**ways).fit(SOME, wrong, rng=seeded())


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"ratings": np.ones(2)}, ValueError, ".*3 users, 3 movies and 2 ratings"),
        ({"users": np.array([0, 2, 0])}, IndexError, "user index 2 is out of range: .* has 2"),
        ({"movies": np.array([0, -2, 0])}, IndexError, "movie index -2 is out of range"),
        ({"users": np.array([0.0, 1.0, 0.0])}, TypeError, "users must be an array of whole"),
        ({name: [] for name in Ratings._fields}, ValueError, "it is empty"),
        ({"ratings": np.full(len(SOME.ratings), 1e200)}, ValueError, "ratings has a number as la"),
    ],
)
def test_a_validation_part_that_does_not_fit_raises(change, error, message):
    with pytest.raises(error, match=f"^in the validation part, {message}"):
        MatrixFactorization().fit(SOME, SOME._replace(**change), rng=seeded())


def test_rows_of_the_validation_part_may_be_cold_or_of_vectors_without_ratings():
    part = Ratings(np.array([COLD, 4]), np.array([1, COLD]), np.array([3.0, 4.0]))
    model = MatrixFactorization(num_epochs=1).fit(SOME, part, rng=seeded(), num_users=5)
    assert np.isfinite(model.history["validation"]).all()


def test_a_model_without_fit_says_so():
    model = MatrixFactorization()
    with pytest.raises(NotFitted, match=r"MatrixFactorization has learned nothing yet.*: call fit"):
        model.predict([0], [0])
    for name in ("U", "V", "mean", "user_biases", "movie_biases", "history"):
        with pytest.raises(NotFitted, match=f"has no {name}: call fit"):
            getattr(model, name)


def test_training_that_diverges_leaves_what_was_there_before():
    model = MatrixFactorization(learning_rate=1e9)
    with pytest.raises(ValueError, match="diverged"):
        model.fit(SOME, rng=seeded())
    with pytest.raises(NotFitted):
        model.predict([0], [0])
    model.learning_rate = 0.01
    before = model.fit(SOME, rng=seeded()).predict([0], [0])
    model.learning_rate = 1e9
    with pytest.raises(ValueError, match="diverged"):
        model.fit(SOME, rng=seeded())
    assert model.predict([0], [0]) == before


@pytest.mark.parametrize("fast", [False, True])
def test_numbers_that_are_too_large_to_begin_with_are_not_blamed_on_the_learning_rate(fast):
    with pytest.raises(ValueError, match=r"init_scale is 1e\+80, and .* are too large"):
        MatrixFactorization(init_scale=1e80, fast=fast).fit(SOME, rng=seeded())
    huge = SOME._replace(ratings=np.array([1.0, 2.0, 1e80]))
    model = MatrixFactorization(fast=fast)
    with pytest.raises(ValueError, match=r"ratings in train go up to 1e\+80"):
        model.fit(huge, rng=seeded())
    assert not {*model.learned} & {*vars(model)}


@pytest.mark.parametrize(("fast", "most"), [(False, 1e75), (True, 1e9)])
def test_the_number_from_which_on_all_are_too_large(fast, most):
    for stars, message in (
        (0.99 * most, "diverged in epoch"),
        (most, "too large to be multiplied"),
    ):
        with pytest.raises(ValueError, match=message):
            MatrixFactorization(fast=fast).fit(Ratings([0], [0], [stars]), rng=seeded())


def test_l2_is_named_where_a_step_pulls_beyond_0():
    for l2, end in ((1e-3, "e.g. 100"), (2e-3, r"e.g. 100 \(or with less l2\)")):
        model = MatrixFactorization(learning_rate=1e3, l2=l2, decay=1.0)
        with pytest.raises(ValueError, match=f"diverged .* {end}$"):
            model.fit(SOME, rng=seeded())


def test_an_index_for_which_there_is_no_room_raises():
    far = SOME._replace(users=np.array([0, 1, 2**31 - 1]))
    with pytest.raises(ValueError, match=r"num_users \(or an index in train\) × k asks for"):
        MatrixFactorization().fit(far, rng=seeded())
    with pytest.raises(ValueError, match=r"num_movies \(or an index in train\) × k asks for"):
        MatrixFactorization().fit(SOME, rng=seeded(), num_movies=10**9)


def test_every_user_and_movie_of_a_prediction_has_a_partner():
    model = MatrixFactorization(num_epochs=1).fit(SOME, rng=seeded())
    with pytest.raises(ValueError, match="every pair needs both: 2 users and 1 movies"):
        model.predict([0, 1], [0])


@pytest.mark.parametrize("stopped_by", [KeyboardInterrupt, MemoryError])
def test_a_training_that_is_interrupted_leaves_the_model_as_it_was(monkeypatch, stopped_by):
    train = Ratings(np.array([0, 1]), np.array([0, 1]), np.array([3.0, 4.0]))
    larger = Ratings(np.array([0, 5]), np.array([0, 7]), np.array([3.0, 4.0]))
    model = MatrixFactorization(2, biases=True, num_epochs=2, patience=1)
    model.fit(train, train, rng=np.random.default_rng(0))
    before = copy.deepcopy({name: vars(model)[name] for name in model.learned})
    run_epoch, rates = MatrixFactorization._run_epoch, []

    def stopped(self, part, rate):
        rates.append(rate)
        if len(rates) == 2:
            raise stopped_by
        return run_epoch(self, part, rate)

    monkeypatch.setattr(MatrixFactorization, "_run_epoch", stopped)
    with pytest.raises(stopped_by):
        model.fit(larger, larger, rng=np.random.default_rng(1))
    for name, value in before.items():
        assert np.array_equal(vars(model)[name], value), name
    assert model.history.equals(before["history"])
