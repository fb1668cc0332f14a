import math
import re
from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
import torch
from torch.utils.data import DataLoader

from scratch.datasets import load_movielens_small, load_tiny_ratings
from scratch.datasets.locate import find_real, search_folders
from scratch.datasets.registry import ML_LATEST_SMALL
from scratch.evaluation.metrics import mse
from scratch.factorization import sgd_epoch, sgd_epoch_with_biases
from scratch.machinery.training import (
    IndexBatches,
    RatingsDataset,
    Trainable,
    fit,
    fit_in_batches,
    fit_in_phases,
    to_best_device,
)
from scratch.ratings import COLD, IdMap, Ratings, encode
from scratch.recommenders.torch_models import (
    BiasedDotProduct,
    DotProduct,
    FastNeuralNetwork,
    NeuralNetwork,
)

NUM_USERS, NUM_MOVIES, K, MEAN = 12, 9, 4, 3.1
MODELS = [DotProduct, BiasedDotProduct, NeuralNetwork, FastNeuralNetwork]
DOTS = MODELS[:2]
EVERY_MODEL = pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.__name__)


@pytest.fixture(autouse=True)
def one_thread():
    """Two threads only wait for each other over steps as small as these."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def make(kind=DotProduct, seed=0, k=K, **settings):
    return kind(NUM_USERS, NUM_MOVIES, k, mean=MEAN, generator=seeded(seed), **settings)


def noisy_ratings(seed=0):
    """All pairs of a small table in random order: (50 to train on, 58 to validate on)."""
    rng = np.random.default_rng(seed)
    truth = 3 + rng.normal(size=(NUM_USERS, 1)) @ rng.normal(size=(1, NUM_MOVIES))
    pairs = rng.permutation(NUM_USERS * NUM_MOVIES)
    users, movies = (side.astype(np.int32) for side in divmod(pairs, NUM_MOVIES))
    stars = truth[users, movies] + rng.normal(scale=0.8, size=len(pairs))
    return [
        Ratings(*(column[cut] for column in (users, movies, stars)))
        for cut in (slice(0, 50), slice(50, None))
    ]


def tiny_ratings():
    """The 13 ratings that can be followed by hand: 7 users, 4 movies."""
    table = load_tiny_ratings()
    return encode(table, IdMap(table["user_id"]), IdMap(table["movie_id"]))


def adam(model, rate=0.05):
    return torch.optim.Adam(model.parameters(), lr=rate)


def sgd(model, rate=0.05):
    return torch.optim.SGD(model.parameters(), lr=rate)


def loss_of(model, part):
    return mse(model.predict(part.users, part.movies), part.ratings)


def state_of(model):
    return {name: values.numpy().copy() for name, values in model.state_dict().items()}


def is_same(state, other):
    return all(np.array_equal(values, other[name]) for name, values in state.items())


def one_by_one(part):
    """Batches of one row each, in the order of the rows."""
    columns = [torch.tensor(column) for column in part]
    return [tuple(column[i : i + 1] for column in columns) for i in range(len(part.ratings))]


def rows_of(batches):
    """The rows of all batches as (user, movie, rating), in their order."""
    return [row for batch in batches for row in zip(*(c.tolist() for c in batch), strict=True)]


# The gradient, against the loops of notebook 04


def test_the_gradient_of_half_the_squared_error_is_the_step_of_the_plain_loop():
    model = DotProduct(1, 1, 3, mean=0.0, generator=seeded())
    users, movies, stars = torch.tensor([0]), torch.tensor([0]), torch.tensor([4.0])
    U, V = (table.weight.detach().numpy().copy() for table in (model.U, model.V))
    moved_U, moved_V = U.tolist(), V.tolist()
    sgd_epoch([0], [0], [4.0], moved_U, moved_V, 0.1)
    (0.5 * (model(users, movies) - stars) ** 2).sum().backward()
    np.testing.assert_allclose(U - 0.1 * model.U.weight.grad.numpy(), moved_U, atol=1e-15)
    np.testing.assert_allclose(V - 0.1 * model.V.weight.grad.numpy(), moved_V, atol=1e-15)


def test_batches_of_one_row_are_the_loop_of_the_factorization():
    train = tiny_ratings()
    model = DotProduct(7, 4, 2, mean=0.0, generator=seeded(), scale=1.0)
    U, V = model.U.weight.tolist(), model.V.weight.tolist()
    losses = [sgd_epoch(*(c.tolist() for c in train), U, V, 0.1) for _ in range(3)]
    # The slope of error² is twice that of ½ error², so half the rate makes the same step.
    history = fit(model, one_by_one(train), sgd(model, 0.05), 3)
    np.testing.assert_allclose(model.U.weight.detach().numpy(), U, rtol=0, atol=1e-12)
    np.testing.assert_allclose(model.V.weight.detach().numpy(), V, rtol=0, atol=1e-12)
    np.testing.assert_allclose(history["loss"], losses, rtol=0, atol=1e-12)


@pytest.mark.parametrize("l2", [0.0, 0.3])
def test_batches_of_one_row_are_the_loop_with_biases_and_l2(l2):
    train = tiny_ratings()
    mean = float(train.ratings.mean())
    model = BiasedDotProduct(7, 4, 2, mean=mean, generator=seeded(), scale=1.0)
    U, V = model.U.weight.tolist(), model.V.weight.tolist()
    b_u, b_m = (table.weight[:, 0].tolist() for table in (model.biases.users, model.biases.movies))
    columns = [column.tolist() for column in train]
    losses = [sgd_epoch_with_biases(*columns, mean, b_u, b_m, U, V, 0.1, l2) for _ in range(3)]
    history = fit(model, one_by_one(train), sgd(model, 0.05), 3, l2=l2)
    found = state_of(model)
    for name, expected in (
        ("U.weight", U),
        ("V.weight", V),
        ("biases.users.weight", np.array(b_u)[:, None]),
        ("biases.movies.weight", np.array(b_m)[:, None]),
    ):
        np.testing.assert_allclose(found[name], expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(history["loss"], losses, rtol=0, atol=1e-12)


def test_l2_is_the_mean_penalty_of_the_rows_of_a_batch():
    train, _ = noisy_ratings()
    model, by_hand = make(BiasedDotProduct), make(BiasedDotProduct)
    (users, movies, stars), optimizer = next(iter(IndexBatches(train))), adam(by_hand)
    errors = by_hand(users, movies) - stars
    (errors @ errors / 50 + 0.2 * by_hand.penalty(users, movies).sum() / 50).backward()
    optimizer.step()
    fit(model, IndexBatches(train), adam(model), 1, l2=0.2)
    for name, expected in state_of(by_hand).items():
        np.testing.assert_allclose(state_of(model)[name], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", [NeuralNetwork, FastNeuralNetwork])
def test_a_network_cannot_be_trained_with_l2(kind):
    train, _ = noisy_ratings()
    model = make(kind)
    before = state_of(model)
    with pytest.raises(NotImplementedError, match="train it with l2=0"):
        fit(model, IndexBatches(train), adam(model), 1, l2=0.1)
    assert is_same(state_of(model), before)


# Batches


def test_every_row_comes_once_an_epoch_and_stays_together():
    train, _ = noisy_ratings()
    batches = IndexBatches(train, 8, generator=seeded())
    for _ in range(3):
        assert sorted(rows_of(batches)) == sorted(zip(*(c.tolist() for c in train), strict=True))


def test_rows_are_shuffled_anew_for_every_epoch():
    train, _ = noisy_ratings()
    batches = IndexBatches(train, 8, generator=seeded())
    given = rows_of(IndexBatches(train))
    first, second = rows_of(batches), rows_of(batches)
    assert given != first != second != given


def test_the_generator_decides_the_order_and_the_global_one_is_left_alone():
    train, _ = noisy_ratings()
    outside = torch.random.get_rng_state()

    def two_epochs(seed):
        batches = IndexBatches(train, 8, generator=seeded(seed))
        return rows_of(batches) + rows_of(batches)

    assert two_epochs(1) == two_epochs(1) != two_epochs(2)
    assert torch.equal(outside, torch.random.get_rng_state())


@pytest.mark.parametrize(
    ("size", "sizes"),
    [
        (8, [8] * 6 + [2]),
        (25, [25, 25]),
        (49, [49, 1]),
        (50, [50]),
        (80, [50]),
        (1, [1] * 50),
        (None, [50]),
    ],
)
def test_only_the_last_batch_may_be_smaller(size, sizes):
    batches = IndexBatches(noisy_ratings()[0], size, generator=seeded())
    assert len(batches) == len(sizes)
    assert [[len(column) for column in batch] for batch in batches] == [[n] * 3 for n in sizes]


def test_without_a_size_one_batch_has_all_rows_in_their_order():
    train, _ = noisy_ratings()
    batches = IndexBatches(train)
    for _ in range(2):
        (batch,) = batches
        for column, given in zip(batch, train, strict=True):
            assert np.array_equal(column.numpy(), given)


def test_batches_keep_their_own_copy_of_the_ratings():
    train, _ = noisy_ratings()
    batches = IndexBatches(train)
    before = rows_of(batches)
    train.ratings[:] = 0
    assert rows_of(batches) == before


def test_batches_that_make_no_sense_raise():
    train, _ = noisy_ratings()
    for size in (0, -1):
        with pytest.raises(ValueError, match=f"batch_size must be at least 1 and .*, got {size}"):
            IndexBatches(train, size, generator=seeded())
    with pytest.raises(ValueError, match="shuffled into batches of batch_size: give a generator"):
        IndexBatches(train, 8)
    nothing = np.array([], np.int32)
    with pytest.raises(ValueError, match="training set is empty"):
        IndexBatches(Ratings(nothing, nothing, nothing * 1.0))
    for pair in ([0, COLD], [COLD, 0]):
        with pytest.raises(ValueError, match="must not be cold"):
            IndexBatches(Ratings(np.array(pair), np.array(pair[::-1]), np.array([3.0, 4.0])))


@pytest.mark.parametrize("kind", [RatingsDataset, IndexBatches])
def test_columns_of_different_lengths_are_no_ratings(kind):
    train, _ = noisy_ratings()
    for name, counts in (("users", "49 users, 50 movies"), ("ratings", "50 movies and 49 ratings")):
        short = train._replace(**{name: getattr(train, name)[1:]})
        with pytest.raises(ValueError, match=f"ratings need a user, a movie .*{counts}"):
            kind(short)
    with pytest.raises(ValueError, match=r"ratings\[3\] is nan"):
        kind(train._replace(ratings=np.where(np.arange(50) == 3, np.nan, train.ratings)))
    with pytest.raises(TypeError, match="users must be an array of whole numbers"):
        kind(train._replace(users=train.users + 0.5))
    with pytest.raises(TypeError, match="must be Ratings, as `encode` returns them"):
        kind([train.users, train.movies, train.ratings])


@pytest.mark.parametrize("kind", [RatingsDataset, IndexBatches])
def test_columns_may_be_any_arrays_that_hold_the_numbers(kind):
    train, _ = noisy_ratings()
    columns = kind(train).columns
    assert [str(column.dtype) for column in columns] == ["torch.int32"] * 2 + ["torch.float64"]
    from_the_end = Ratings(*(column[::-1].copy()[::-1] for column in train))
    others = Ratings(train.users.astype(">i2"), train.movies.tolist(), train.ratings.astype(">f8"))
    series = Ratings(*(pd.Series(column, index=range(50, 0, -1)) for column in train))
    for same in (from_the_end, others, series):
        for column, given in zip(kind(same).columns, columns, strict=True):
            assert column.tolist() == given.tolist()
    whole = kind(train._replace(ratings=np.arange(50, dtype=np.int8)))
    assert whole.columns[2].tolist() == list(range(50))


@pytest.mark.parametrize("kind", [RatingsDataset, IndexBatches])
@pytest.mark.parametrize(
    ("of_users", "users_become", "of_ratings", "ratings_become"),
    [
        ("<i4", torch.int32, "<f4", torch.float32),
        (">i4", torch.int32, ">f4", torch.float32),
        ("<i8", torch.int64, "<f8", torch.float64),
        ("<u4", torch.int64, "<i4", torch.int32),
        ("<i2", torch.int64, "<f2", torch.float64),
        ("<u2", torch.int64, "<u4", torch.float64),
    ],
)
def test_columns_of_four_bytes_stay_short(kind, of_users, users_become, of_ratings, ratings_become):
    users, ratings = np.array([1, 0]).astype(of_users), np.array([4, 3]).astype(of_ratings)
    columns = kind(Ratings(users, users, ratings)).columns
    assert [column.dtype for column in columns] == [users_become, users_become, ratings_become]
    assert [column.tolist() for column in columns] == [[1, 0], [1, 0], [4, 3]]


def test_a_batch_may_be_larger_than_all_rows():
    train, _ = noisy_ratings()
    batches = IndexBatches(train, 2**31 - 1, generator=seeded())
    assert len(batches) == 1
    assert [len(column) for batch in batches for column in batch] == [50] * 3
    with pytest.raises(ValueError, match=r"batch_size must be .* at most 2,147,483,647, got"):
        IndexBatches(train, 2**31, generator=seeded())


def test_a_dataset_has_the_rows_one_at_a_time():
    train, _ = noisy_ratings()
    dataset = RatingsDataset(train)
    assert len(dataset) == 50
    for i in (0, 7, 49):
        row = tuple(value.item() for value in dataset[i])
        assert row == (train.users[i], train.movies[i], train.ratings[i])
    with pytest.raises(IndexError):
        dataset[50]


def test_a_data_loader_yields_the_same_rows_as_the_index_batches():
    train, _ = noisy_ratings()
    loader = DataLoader(RatingsDataset(train), 8, shuffle=True, generator=seeded())
    batches = IndexBatches(train, 8, generator=seeded())
    assert len(loader) == len(batches) == 7
    assert sorted(rows_of(loader)) == sorted(rows_of(batches))
    for of_loader, of_batches in zip(loader, batches, strict=True):
        for a, b in zip(of_loader, of_batches, strict=True):
            assert (a.shape, a.dtype) == (b.shape, b.dtype)


@EVERY_MODEL
def test_a_data_loader_trains_to_the_same_end_as_the_index_batches(kind):
    train, _ = noisy_ratings()
    fast, slow = make(kind), make(kind)
    # In the order of the rows, to have the same batches: 50 rows, then 8, 8, … and 2.
    columns = [torch.tensor(column).split(8) for column in train]
    history = fit(fast, list(zip(*columns, strict=True)), adam(fast), 3)
    loader = DataLoader(RatingsDataset(train), batch_size=8)
    assert history.equals(fit(slow, loader, adam(slow), 3))
    assert is_same(state_of(fast), state_of(slow))
    start = make(kind)
    assert loss_of(fast, train) < loss_of(start, train)


# The loop


@EVERY_MODEL
def test_the_loop_is_the_one_written_out_by_hand(kind):
    train, validation = noisy_ratings()
    model, by_hand = make(kind), make(kind)
    batches = list(IndexBatches(train, 20, generator=seeded(5)))  # 20, 20 and 10 rows
    history = fit(model, batches, adam(model), 3, measure={"validation": validation})
    optimizer, expected = adam(by_hand), []
    for _ in range(3):
        squared = []
        for users, movies, stars in batches:
            errors = by_hand.train()(users, movies) - stars
            squared += (errors**2).tolist()
            optimizer.zero_grad()
            (errors**2).mean().backward()
            optimizer.step()
        expected.append((np.mean(squared), loss_of(by_hand, validation)))
    np.testing.assert_allclose(history[["loss", "validation"]], expected, rtol=0, atol=1e-12)
    for name, values in state_of(by_hand).items():
        np.testing.assert_allclose(state_of(model)[name], values, rtol=0, atol=1e-12)


def test_the_history_has_a_row_per_epoch_and_a_column_per_part():
    train, validation = noisy_ratings()
    model = make()
    parts = {"train": train, "validation": validation}
    history = fit(model, IndexBatches(train), adam(model, 0.02), 4, measure=parts)
    assert list(history) == ["epoch", "learning_rate", "loss", "train", "validation"]
    assert history["epoch"].tolist() == [1, 2, 3, 4]
    assert history["learning_rate"].tolist() == [0.02] * 4
    model = make()
    plain = fit(model, IndexBatches(train), adam(model), 1)
    assert list(plain) == ["epoch", "learning_rate", "loss"]


@EVERY_MODEL
def test_the_loss_is_measured_before_the_step_and_the_parts_after_the_epoch(kind):
    train, validation = noisy_ratings()
    model = make(kind, **({} if kind in DOTS else {"dropout": 0.0}))
    parts = {"train": train, "validation": validation}
    for _ in range(3):
        before = loss_of(model, train)
        (row,) = fit(model, IndexBatches(train), adam(model), 1, measure=parts).to_dict("records")
        assert row["loss"] == pytest.approx(before, abs=1e-12)
        assert row["train"] == loss_of(model, train) != before
        assert row["validation"] == loss_of(model, validation)


def test_measured_parts_may_have_cold_rows():
    train, _ = noisy_ratings()
    part = Ratings(np.array([0, COLD]), np.array([COLD, 2]), np.array([MEAN + 1, MEAN - 3]))
    model = make()
    history = fit(model, IndexBatches(train), adam(model), 1, measure={"cold": part})
    assert history["cold"].tolist() == [pytest.approx(5.0)]


def test_the_loss_of_an_epoch_counts_rows_and_not_batches():
    # Nothing is learned at rate 0, so the loss is that of the start: (49 · 1² + 1 · 10²) / 50.
    users = np.zeros(50, np.int32)
    model = DotProduct(1, 1, 1, mean=0.0, generator=seeded(), scale=0.0)
    part = Ratings(users, users, np.array([1.0] * 49 + [10.0]))
    columns = [torch.tensor(column).split(49) for column in part]
    history = fit(model, list(zip(*columns, strict=True)), sgd(model, 0.0), 1)
    assert history["loss"].tolist() == [pytest.approx(149 / 50, abs=1e-14)]


def test_the_loss_in_the_history_is_without_the_penalty():
    train, _ = noisy_ratings()
    model = make(BiasedDotProduct)
    history = fit(model, IndexBatches(train), sgd(model, 0.0), 1, l2=10.0)
    assert history["loss"].tolist() == [pytest.approx(loss_of(model, train), abs=1e-12)]


def test_dropout_is_at_work_while_training_and_not_while_measuring():
    train, _ = noisy_ratings()
    model = make(NeuralNetwork, dropout=0.5).eval()
    still = loss_of(model, train)
    history = fit(model, IndexBatches(train), sgd(model, 0.0), 2, measure={"train": train})
    assert history["train"].tolist() == [still, still]
    assert len({still, *history["loss"]}) == 3


def test_the_rates_of_a_scheduler_are_used_and_stand_in_the_history():
    train, _ = noisy_ratings()
    model, by_hand = make(), make()
    optimizer = sgd(model, 0.4)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    history = fit(
        model, IndexBatches(train, 20, generator=seeded()), optimizer, 4, scheduler=scheduler
    )
    assert history["learning_rate"].tolist() == [0.4, 0.2, 0.1, 0.05]
    batches = IndexBatches(train, 20, generator=seeded())
    for rate in (0.4, 0.2, 0.1, 0.05):
        fit(by_hand, batches, sgd(by_hand, rate), 1)
    assert is_same(state_of(model), state_of(by_hand))


@EVERY_MODEL
def test_the_seeds_decide_the_result_and_nothing_global_is_touched(kind):
    train, validation = noisy_ratings()

    def run(seed):
        model = make(kind, seed)
        batches = IndexBatches(train, 8, generator=seeded(seed))
        outside = torch.random.get_rng_state(), np.random.get_state()  # noqa: NPY002
        history = fit(model, batches, adam(model), 2, measure={"validation": validation})
        assert torch.equal(outside[0], torch.random.get_rng_state())
        assert np.array_equal(outside[1][1], np.random.get_state()[1])  # noqa: NPY002
        assert outside[1][2] == np.random.get_state()[2]  # noqa: NPY002
        return history, state_of(model)

    with torch.random.fork_rng(devices=[]):
        (first, parameters) = run(1)
        torch.rand(5)  # moves the global generator on
        (again, same), (other, _) = run(1), run(2)
    assert first.equals(again) and is_same(parameters, same)
    assert not first.equals(other)


@EVERY_MODEL
def test_one_thread_and_two_threads_come_to_the_same(kind):
    train, validation = noisy_ratings()
    big = Ratings(*(np.tile(column, 200) for column in train))  # enough rows to be shared out
    results = []
    for number in (1, 2):
        torch.set_num_threads(number)  # the fixture sets it back
        model = make(kind, k=20)
        batches = IndexBatches(big, 5000, generator=seeded())
        history = fit(model, batches, adam(model), 2, measure={"validation": validation})
        results.append((history.to_numpy(), state_of(model)))
    (history, one), (other, two) = results
    np.testing.assert_allclose(history, other, rtol=0, atol=1e-9)
    for name, values in one.items():
        np.testing.assert_allclose(values, two[name], rtol=0, atol=1e-9)


@EVERY_MODEL
def test_a_model_in_single_precision_is_trained_in_single_precision(kind):
    # What Apple's MPS makes of a model; the ratings come in double precision.
    train, _ = noisy_ratings()
    model, exact = make(kind).float(), make(kind)
    history, wanted = (
        fit(m, IndexBatches(train), adam(m, 0.01), 5, measure={"train": train})
        for m in (model, exact)
    )
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    np.testing.assert_allclose(history, wanted, rtol=0, atol=1e-3)
    assert history["loss"].tolist() == history["loss"].astype(np.float32).tolist()


def test_fitting_does_not_change_the_ratings():
    train, validation = noisy_ratings()
    before = [column.copy() for part in (train, validation) for column in part]
    parts, model = {"validation": validation}, make()
    fit(model, IndexBatches(train), adam(model), 2, measure=parts, patience=1)
    for column, old in zip([*train, *validation], before, strict=True):
        assert np.array_equal(column, old)
    assert list(parts) == ["validation"]


@pytest.mark.parametrize("batches", [[], (), iter(())], ids=["list", "tuple", "iterator"])
def test_training_on_nothing_raises(batches):
    model = make()
    with pytest.raises(ValueError, match="there is not one batch"):
        fit(model, batches, adam(model), 1)


@pytest.mark.parametrize(
    ("num_epochs", "l2", "message"),
    [
        (0, 0.0, "num_epochs must be at least 1 and at most 1,000,000, got 0"),
        (10**9, 0.0, "num_epochs must be at least 1 and at most 1,000,000, got 1000000000"),
        (1, -0.1, r"l2 must be at least 0, got -0\.1"),
        (1, math.nan, "l2 must be a finite number, got nan"),
    ],
)
def test_settings_that_make_no_sense_raise_before_the_first_step(num_epochs, l2, message):
    train, _ = noisy_ratings()
    model = make()
    before = state_of(model)
    with pytest.raises(ValueError, match=message):
        fit(model, IndexBatches(train), adam(model), num_epochs, l2=l2)
    assert is_same(state_of(model), before)


def test_a_part_without_ratings_is_refused_before_the_first_step():
    train, _ = noisy_ratings()
    model, empty = make(), Ratings(*(column[:0] for column in train))
    before = state_of(model)
    with pytest.raises(ValueError, match="the part 'validation' has no ratings"):
        fit(model, IndexBatches(train), adam(model), 1, measure={"validation": empty})
    assert is_same(state_of(model), before)


def test_a_rating_to_measure_that_is_no_number_is_refused():
    train, validation = noisy_ratings()
    validation.ratings[0] = math.nan
    model = make()
    before = state_of(model)
    with pytest.raises(ValueError, match=r"the part 'validation' to measure: ratings\[0\] is nan"):
        fit(model, IndexBatches(train), adam(model), 1, measure={"validation": validation})
    validation.ratings[0] = 1e200  # a number, but its square is none
    with pytest.raises(ValueError, match="a rating or a prediction that is not finite"):
        fit(model, IndexBatches(train), sgd(model, 0.0), 1, measure={"validation": validation})
    assert is_same(state_of(model), before)


@pytest.mark.parametrize("name", ["epoch", "learning_rate", "loss"])
def test_a_part_to_measure_does_not_write_over_the_history(name):
    train, validation = noisy_ratings()
    model = make()
    before = state_of(model)
    with pytest.raises(ValueError, match=f"can't be called '{name}'.*another name in measure"):
        fit(model, IndexBatches(train), adam(model), 1, measure={name: validation})
    assert is_same(state_of(model), before)


def test_a_part_with_columns_of_different_lengths_is_named():
    train, validation = noisy_ratings()
    model, part = make(), validation._replace(users=validation.users[1:])
    with pytest.raises(ValueError, match=r"the part 'test' to measure: .* 57 users, 58 movies"):
        fit(model, IndexBatches(train), adam(model), 1, measure={"test": part})


def test_an_optimizer_of_another_model_teaches_nothing():
    train, _ = noisy_ratings()
    model = make()
    with pytest.raises(ValueError, match=r"no parameter of this DotProduct.*model\.parameters"):
        fit(model, IndexBatches(train), adam(make()), 1)
    some = torch.optim.Adam(model.U.parameters(), lr=0.1)  # some of them may well be left alone
    before = state_of(model)
    fit(model, IndexBatches(train), some, 1)
    after = state_of(model)
    assert [np.array_equal(before[n], after[n]) for n in ("U.weight", "V.weight")] == [False, True]


def test_optimizers_and_schedulers_that_want_more_than_a_step_are_told_apart():
    train, _ = noisy_ratings()
    model = make()
    optimizer, schedulers = adam(model), torch.optim.lr_scheduler
    for scheduler, kind, message in (
        (schedulers.ConstantLR(adam(model)), ValueError, "of another optimizer"),
        (schedulers.ReduceLROnPlateau(optimizer), TypeError, "waits for losses"),
    ):
        with pytest.raises(kind, match=f"the scheduler .*{message}"):
            fit(model, IndexBatches(train), optimizer, 1, scheduler=scheduler)
    with pytest.raises(TypeError, match="the optimizer LBFGS computes losses itself"):
        fit(model, IndexBatches(train), torch.optim.LBFGS(model.parameters()), 1)


@pytest.mark.parametrize(
    ("wrong", "kind", "message"),
    [
        ({"num_epochs": 2.0}, TypeError, r"num_epochs must be a whole number, got 2\.0: write 2"),
        ({"num_epochs": "2"}, TypeError, "num_epochs must be a whole number, got '2'"),
        ({"l2": "much"}, TypeError, "l2 must be a number, got 'much'"),
        ({"l2": None}, TypeError, "l2 must be a number, got None"),
        ({"l2": torch.tensor(0.1)}, TypeError, "l2 must be a number, got tensor"),
        ({"patience": 1.5}, TypeError, r"patience must be a whole number, got 1\.5"),
        ({"patience": True}, TypeError, "patience must be a whole number, got True"),
        ({"rows_at_once": 1.5}, TypeError, r"rows_at_once must be a whole number, got 1\.5"),
        ({"progress": 2}, TypeError, "progress must be True or False, got 2"),
        ({"measure": [1]}, TypeError, "measure must be a dictionary"),
        ({"measure": {"test": [1]}}, TypeError, r"measure\['test'\] must be a Ratings"),
        ({"batches": 3}, TypeError, "batches must be IndexBatches, a DataLoader or a list.*got 3"),
        ({"batches": "rows"}, TypeError, "batches must be IndexBatches.*got 'rows'"),
        ({"batches": torch.tensor(3.0)}, TypeError, r"batches must be IndexBatches.*got tensor\("),
        ({"model": torch.nn.Linear(1, 1)}, TypeError, "model must be a Trainable, got Linear"),
        ({"optimizer": "adam"}, TypeError, "optimizer must be a Optimizer, got 'adam'"),
    ],
    ids=str,
)
def test_settings_of_another_kind_are_named(wrong, kind, message):
    train, validation = noisy_ratings()
    model = make()
    given = {
        "model": model, "batches": IndexBatches(train), "optimizer": adam(model), "num_epochs": 2,
        "measure": {"validation": validation},
    }  # fmt: skip
    with pytest.raises(kind, match=message):
        fit(**given | wrong)


COLUMN = torch.tensor([0, 1])


@pytest.mark.parametrize(
    ("batch", "kind", "message"),
    [
        ((COLUMN, COLUMN), TypeError, "three tensors, users, movies and ratings"),
        ((COLUMN, COLUMN, [3.0, 4.0]), TypeError, "three tensors"),
        (None, TypeError, "three tensors, .* got None"),
        ((COLUMN[0], COLUMN[0], COLUMN[0] * 1.0), ValueError, r"of one length.* \(\), \(\), \(\)"),
        ((COLUMN[1:], COLUMN, COLUMN * 1.0), ValueError, r"of one length.* \(1,\), \(2,\), \(2,\)"),
        ((COLUMN, COLUMN, torch.ones(1)), ValueError, r"of one length.* \(2,\), \(2,\), \(1,\)"),
        ((COLUMN[None],) * 3, ValueError, r"shapes \(1, 2\)"),
        ((COLUMN * NUM_USERS, COLUMN, COLUMN * 1.0), IndexError, "user indices must lie in 0 … 11"),
        ((COLUMN, COLUMN - 1, COLUMN * 1.0), IndexError, "movie indices .* found -1 … 0"),
        ((COLUMN * 0.5, COLUMN, COLUMN * 1.0), TypeError, "users must hold whole numbers"),
    ],
)
def test_a_batch_that_is_none_is_told_and_the_epoch_is_undone(batch, kind, message):
    train, _ = noisy_ratings()
    model, once = make(), make()
    good = one_by_one(train)
    fit(once, good, adam(once), 1)
    turns = iter([good, [*good, batch]])

    class Batches:
        def __iter__(self):
            return iter(next(turns))

    with pytest.raises(kind, match=message):
        fit(model, Batches(), adam(model), 2)
    assert is_same(state_of(model), state_of(once))  # as at the end of the first epoch


def test_a_model_whose_numbers_have_another_shape_would_be_compared_with_all_ratings():
    train, validation = noisy_ratings()

    class Column(DotProduct):
        def forward(self, users, movies):
            return super().forward(users, movies)[:, None]

    class Mean(DotProduct):
        def predict(self, users, movies):
            return super().predict(users, movies).mean(keepdims=True)

    wide, short = (
        kind(NUM_USERS, NUM_MOVIES, K, mean=MEAN, generator=seeded()) for kind in (Column, Mean)
    )
    with pytest.raises(ValueError, match=r"Column must give one number .* \(50, 1\) for 50 pairs"):
        fit(wide, IndexBatches(train), adam(wide), 1)
    with pytest.raises(ValueError, match=r"Mean\.predict must give one .* \(1,\) for 58 pairs"):
        fit(short, IndexBatches(train), adam(short), 1, measure={"validation": validation})


def test_a_batch_without_rows_is_no_step():
    train, _ = noisy_ratings()
    rows, model, other = one_by_one(train), make(), make()
    empty = tuple(column[:0] for column in rows[0])
    history = fit(model, [empty, *rows, empty], adam(model), 2)
    assert history.equals(fit(other, rows, adam(other), 2))
    assert is_same(state_of(model), state_of(other))
    with pytest.raises(ValueError, match="there is not one batch"):
        fit(model, [empty], adam(model), 1)


def test_parts_are_measured_in_double_precision():
    third, tenth = np.float32(1 / 3), np.float32(0.1)

    class Tenth(DotProduct):
        def predict(self, users, movies):
            return np.full(len(users), tenth)

    model = Tenth(NUM_USERS, NUM_MOVIES, K, mean=MEAN, generator=seeded())
    part = Ratings(np.array([0]), np.array([0]), np.array([third]))
    history = fit(model, IndexBatches(part), adam(model), 1, measure={"third": part})
    assert history["third"].tolist() == [(float(tenth) - float(third)) ** 2]


def test_batches_that_can_be_walked_only_once_are_noticed_in_the_second_epoch():
    train, _ = noisy_ratings()
    model = make()
    with pytest.raises(ValueError, match="there is not one batch"):
        fit(model, iter(one_by_one(train)), adam(model), 2)


# Early stopping


# A batch in pieces


@pytest.mark.parametrize("rows_at_once", [1, 7, 49, 50, 10**30])
@pytest.mark.parametrize("l2", [0.0, 0.1])
def test_a_batch_in_pieces_is_the_same_step(rows_at_once, l2):
    train = noisy_ratings()[0]
    whole, pieces = make(BiasedDotProduct), make(BiasedDotProduct)
    wanted = fit(whole, IndexBatches(train), adam(whole), 5, l2=l2)
    found = fit(pieces, IndexBatches(train), adam(pieces), 5, l2=l2, rows_at_once=rows_at_once)
    for name, values in state_of(whole).items():
        np.testing.assert_allclose(state_of(pieces)[name], values, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found["loss"], wanted["loss"], rtol=1e-12)
    if rows_at_once >= 50:
        assert is_same(state_of(whole), state_of(pieces)) and found.equals(wanted)


def test_phases_go_through_batches_in_pieces_too():
    train = noisy_ratings()[0]
    whole, pieces = make(), make()
    fit_in_phases(whole, IndexBatches(train), [(3, 0.1, 0.0), (2, 0.01, 0.0)])
    fit_in_phases(pieces, IndexBatches(train), [(3, 0.1, 0.0), (2, 0.01, 0.0)], rows_at_once=20)
    np.testing.assert_allclose(state_of(pieces)["U.weight"], state_of(whole)["U.weight"], atol=1e-9)


def test_pieces_have_as_many_rows_as_were_asked_for():
    seen = []

    class Counting(DotProduct):
        def forward(self, users, movies):
            seen.append(len(users))
            return super().forward(users, movies)

    model = Counting(NUM_USERS, NUM_MOVIES, K, mean=MEAN, generator=seeded())
    batches = IndexBatches(noisy_ratings()[0])
    fit(model, batches, adam(model), 1, rows_at_once=20)
    fit_in_phases(model, batches, [(1, 0.1, 0.0), (1, 0.01, 0.0)], rows_at_once=20)
    assert seen == [20, 20, 10] * 3


@pytest.mark.parametrize("rows_at_once", [0, -1])
def test_a_piece_has_at_least_one_row(rows_at_once):
    model = make()
    with pytest.raises(ValueError, match=f"rows_at_once must be at least 1, got {rows_at_once}"):
        fit(model, IndexBatches(noisy_ratings()[0]), adam(model), 1, rows_at_once=rows_at_once)


# Batches


def test_fitting_in_batches_is_adam_on_shuffled_batches():
    train, validation = noisy_ratings()
    model, by_hand = make(BiasedDotProduct), make(BiasedDotProduct)
    settings = {"learning_rate": 0.05, "batch_size": 20, "num_epochs": 4}
    history = fit_in_batches(model, train, validation, l2=0.1, generator=seeded(3), **settings)
    optimizer = torch.optim.Adam(by_hand.parameters(), lr=0.05, fused=True)
    fit(by_hand, IndexBatches(train, 20, generator=seeded(3)), optimizer, 4, l2=0.1)
    assert is_same(state_of(model), state_of(by_hand))
    assert history["validation"].iloc[-1] == loss_of(model, validation)


def test_fitting_in_batches_without_settings_is_ten_epochs_of_2000_rows_at_a_rate_of_1_percent():
    train = Ratings(*(np.tile(column, 81) for column in noisy_ratings()[0]))  # 4050 rows
    model, told = make(), make()
    history = fit_in_batches(model, train, l2=0.0, generator=seeded())
    settings = {"learning_rate": 0.01, "batch_size": 2000, "num_epochs": 10}
    assert history.equals(fit_in_batches(told, train, l2=0.0, generator=seeded(), **settings))
    assert is_same(state_of(model), state_of(told))


def test_fitting_in_batches_without_validation_measures_nothing_and_with_patience_stops():
    train, validation = noisy_ratings()
    settings = {"l2": 0.0, "learning_rate": 0.1, "num_epochs": 100}
    alone = fit_in_batches(make(), train, generator=seeded(), **(settings | {"num_epochs": 2}))
    assert list(alone) == ["epoch", "learning_rate", "loss"]
    model = make(BiasedDotProduct)
    stopped = fit_in_batches(model, train, validation, generator=seeded(), patience=3, **settings)
    assert len(stopped) < 100
    assert stopped["validation"].min() == loss_of(model, validation)


def record_by_hand(model, batches, optimizer, validation, num_epochs):
    """Epoch by epoch: validation MSE and parameters."""
    losses, states = [], []
    for _ in range(num_epochs):
        fit(model, batches, optimizer, 1)
        losses.append(loss_of(model, validation))
        states.append(state_of(model))
    return losses, states


@EVERY_MODEL
@pytest.mark.parametrize("patience", [1, 4])
def test_early_stopping_goes_back_to_the_best_epoch(kind, patience):
    train, validation = noisy_ratings()
    by_hand = make(kind)
    losses, states = record_by_hand(by_hand, IndexBatches(train), adam(by_hand), validation, 100)
    waited, best, epoch = 0, 0, 0
    while waited < patience:
        epoch += 1
        best, waited = (epoch, 0) if losses[epoch] < losses[best] else (best, waited + 1)
    model = make(kind)
    history = fit(
        model,
        IndexBatches(train),
        adam(model),
        100,
        measure={"train": train, "validation": validation},
        patience=patience,
    )
    assert len(history) == epoch + 1 == best + 1 + patience < 100
    assert history["validation"].tolist() == losses[: epoch + 1]
    assert is_same(state_of(model), states[best])
    assert not is_same(state_of(model), states[epoch])
    assert loss_of(model, train) == history["train"].iloc[best]


def test_patience_goes_back_to_the_best_epoch_also_when_the_epochs_run_out():
    train, validation = noisy_ratings()
    model = make()
    parts = {"validation": validation}
    history = fit(model, IndexBatches(train), adam(model), 150, measure=parts, patience=150)
    assert len(history) == 150
    assert loss_of(model, validation) == history["validation"].min()
    assert history["validation"].min() < history["validation"].iloc[-1]


def test_without_patience_all_epochs_run_and_the_last_one_stays():
    train, validation = noisy_ratings()
    model = make()
    parts = {"validation": validation}
    history = fit(model, IndexBatches(train), adam(model), 150, measure=parts)
    assert len(history) == 150
    assert loss_of(model, validation) == history["validation"].iloc[-1]
    assert loss_of(model, validation) > history["validation"].min()


def test_an_equal_epoch_is_not_a_better_one():
    train, validation = noisy_ratings()
    model = make()
    parts = {"validation": validation}
    history = fit(model, IndexBatches(train), sgd(model, 0.0), 20, measure=parts, patience=3)
    assert len(history) == 1 + 3


def test_early_stopping_watches_the_validation_part_whatever_else_is_measured():
    train, validation = noisy_ratings()
    results = []
    for parts in ({}, {"train": train}):
        model = make()
        parts = {**parts, "validation": validation, **parts}
        fit(model, IndexBatches(train), adam(model), 100, measure=parts, patience=2)
        results.append(state_of(model))
    assert is_same(*results)


@pytest.mark.parametrize("patience", [0, -1, 1, 5])
def test_patience_needs_a_validation_part_and_an_epoch_to_wait(patience):
    train, validation = noisy_ratings()
    model = make()
    before = state_of(model)
    # One epoch of patience and more is right, but then the part to watch is missing.
    parts = {"validation" if patience < 1 else "test": validation}
    words = "patience must be at least 1" if patience < 1 else 'patience needs .*"validation"'
    with pytest.raises(ValueError, match=words):
        fit(model, IndexBatches(train), adam(model), 3, measure=parts, patience=patience)
    assert is_same(state_of(model), before)


# Divergence


def diverged_epoch(raised):
    return int(re.search(r"diverged in epoch (\d+)", str(raised.value))[1])


@EVERY_MODEL
@pytest.mark.parametrize("rate", [10.0, 1e3, 1e200])  # after some epochs, or in the first
@pytest.mark.parametrize("size", [None, 8], ids=["one batch", "batches of 8"])
def test_divergence_names_epoch_and_rate_and_goes_back_one_epoch(kind, rate, size):
    train, validation = noisy_ratings()
    model, parts = make(kind), {"train": train, "validation": validation}
    start = state_of(model)
    with pytest.raises(ValueError, match=r"no longer a finite number") as raised:
        batches = IndexBatches(train, size, generator=seeded())
        fit(model, batches, sgd(model, rate), 500, measure=parts)
    epoch = diverged_epoch(raised)
    assert f"with learning rate {rate:g}:" in str(raised.value)
    assert f"e.g. {rate / 10:g}" in str(raised.value)
    assert f"The model is back at the end of epoch {epoch - 1};" in str(raised.value)
    again = make(kind)
    if epoch > 1:
        batches = IndexBatches(train, size, generator=seeded())
        fit(again, batches, sgd(again, rate), epoch - 1, measure=parts)
    assert is_same(state_of(model), state_of(again))
    assert is_same(state_of(model), start) == (epoch == 1)
    assert np.isfinite(loss_of(model, train))


def test_a_model_that_diverged_in_a_later_epoch_is_back_in_the_one_before():
    train, _ = noisy_ratings()
    model, again = make(), make()
    optimizer = sgd(model, 0.1)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, [1, 1, 1, 1e5].__getitem__)
    batches = IndexBatches(train, 8, generator=seeded())
    with pytest.raises(ValueError, match=r"epoch 4 with learning rate 10000:") as raised:
        fit(model, batches, optimizer, 4, scheduler=scheduler)
    assert "e.g. 1000" in str(raised.value)
    fit(again, IndexBatches(train, 8, generator=seeded()), sgd(again, 0.1), 3)
    assert is_same(state_of(model), state_of(again))


@EVERY_MODEL
@pytest.mark.parametrize("rate", [1e60, 1e80, 1e100, 1e200, 1e306])
@pytest.mark.parametrize("measured", [True, False], ids=["measured", "not measured"])
def test_divergence_in_the_very_last_step_is_noticed(kind, rate, measured):
    # One step of one epoch: its loss came before it, and is finite.
    train, _ = noisy_ratings()
    model = make(kind)
    before = state_of(model)
    message = re.escape(f"diverged in epoch 1 with learning rate {rate:g}:")
    with pytest.raises(ValueError, match=message):
        parts = {"train": train} if measured else None
        fit(model, IndexBatches(train), sgd(model, rate), 1, measure=parts)
    assert is_same(state_of(model), before)


LIMIT = torch.finfo(torch.double).max ** (1 / 8)  # 3.4e38


@pytest.mark.parametrize(("size", "is_small_enough"), [(3e38, True), (LIMIT, False), (4e38, False)])
def test_a_number_above_the_eighth_root_of_the_largest_is_divergence(size, is_small_enough):
    train, _ = noisy_ratings()
    model = make()
    model.U.weight.data[0, 0] = size
    model.V.weight.data[:] = 0
    if is_small_enough:
        fit(model, IndexBatches(train), sgd(model, 0.0), 1)
    else:
        with pytest.raises(ValueError, match="diverged in epoch 1 with learning rate 0:"):
            fit(model, IndexBatches(train), sgd(model, 0.0), 1)


def test_divergence_in_single_precision_is_noticed_at_its_own_limit():
    train, _ = noisy_ratings()
    model = make(NeuralNetwork).float()
    before = state_of(model)
    with pytest.raises(ValueError, match="diverged in epoch 1 with learning rate 1e"):
        fit(model, IndexBatches(train), sgd(model, 1e15), 1, measure={"train": train})
    assert is_same(state_of(model), before)


@EVERY_MODEL
@pytest.mark.parametrize("bad", [math.nan, math.inf, 1e200])  # of the last, Adam makes no step
def test_a_rating_whose_error_has_no_square_counts_as_divergence(kind, bad):
    train, _ = noisy_ratings()
    batches = IndexBatches(train, 8, generator=seeded())
    batches.columns[2][7] = bad
    model = make(kind)
    before = state_of(model)
    with pytest.raises(ValueError, match=r"diverged in epoch 1 with learning rate 0\.05"):
        fit(model, batches, adam(model), 3)
    assert is_same(state_of(model), before)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_rating_that_is_no_number_makes_no_batch(bad):
    train, _ = noisy_ratings()
    train.ratings[7] = bad
    with pytest.raises(ValueError, match=rf"ratings\[7\] is {bad}"):
        IndexBatches(train)


def test_of_several_rates_the_first_is_told():
    train, _ = noisy_ratings()
    model = make()

    def first_and_last(first, last):
        groups = [
            {"params": [p], "lr": r} for p, r in zip(model.parameters(), (first, last), strict=True)
        ]
        return torch.optim.SGD(groups)

    history = fit(model, IndexBatches(train), first_and_last(0.1, 0.2), 1)
    assert history["learning_rate"].tolist() == [0.1]
    with pytest.raises(ValueError, match=r"with learning rate 1e\+100:"):
        fit(model, IndexBatches(train), first_and_last(1e100, 1e90), 1)


def test_divergence_says_what_else_may_be_the_cause():
    train, _ = noisy_ratings()
    model = make()
    with pytest.raises(ValueError, match=r"smaller rate, e\.g\. 0\.005, or an l2 below 1e\+300"):
        fit(model, IndexBatches(train), sgd(model), 1, l2=1e300)
    with pytest.raises(
        ValueError, match=r"try a smaller rate, e\.g\. 1e\+99, or an l2 below 0\.5$"
    ):
        fit(model, IndexBatches(train), sgd(model, 1e100), 1, l2=0.5)
    with pytest.raises(ValueError, match=r"try a smaller rate, e\.g\. 1e\+99$"):
        fit(model, IndexBatches(train), sgd(model, 1e100), 1)
    batches = IndexBatches(train)
    batches.columns[2][7] = math.nan
    with pytest.raises(ValueError, match="a rating of the last batch isn't one either"):
        fit(model, batches, adam(model), 1)


def test_training_stops_at_the_first_loss_that_is_not_finite():
    train, _ = noisy_ratings()
    train.ratings[2] = math.nan
    model, seen = make(), []
    with pytest.raises(ValueError, match="diverged in epoch 1"):
        fit(model, (seen.append(batch) or batch for batch in one_by_one(train)), adam(model), 1)
    assert len(seen) == 3


def test_after_divergence_a_smaller_rate_can_go_on():
    train, _ = noisy_ratings()
    model = make()
    with pytest.raises(ValueError, match="diverged"):
        fit(model, IndexBatches(train), sgd(model, 1e100), 100)
    before = loss_of(model, train)
    fit(model, IndexBatches(train), adam(model), 20)
    assert loss_of(model, train) < before


@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.Adagrad, torch.optim.SGD])
def test_what_went_wrong_leaves_no_trace_in_the_optimizer(kind):
    """The advice can be followed with the same optimizer, as if the rest had never been."""
    train, _ = noisy_ratings()
    more = {"momentum": 0.9} if kind is torch.optim.SGD else {}
    fitted, other = make(), make()
    ways = [kind(model.parameters(), 0.01, **more) for model in (fitted, other)]
    for model, optimizer in zip((fitted, other), ways, strict=True):
        fit(model, IndexBatches(train), optimizer, 2)
    bad = [*IndexBatches(train), (torch.tensor([0]), torch.tensor([0]), torch.tensor([math.nan]))]
    with pytest.raises(ValueError, match="leave such rows out"):
        fit(fitted, bad, ways[0], 1)
    histories = [
        fit(model, IndexBatches(train), optimizer, 3)
        for model, optimizer in zip((fitted, other), ways, strict=True)
    ]
    pd.testing.assert_frame_equal(*histories)


def test_ctrl_c_in_an_epoch_leaves_it_as_it_was():
    train, _ = noisy_ratings()
    model, seen = make(), []

    def interrupted():
        yield from IndexBatches(train)
        seen.append(deepcopy(model.state_dict()))
        raise KeyboardInterrupt

    before = deepcopy(model.state_dict())
    with pytest.raises(KeyboardInterrupt):
        fit(model, interrupted(), adam(model), 1)
    assert all(torch.equal(before[name], now) for name, now in model.state_dict().items())
    assert not torch.equal(before["U.weight"], seen[0]["U.weight"])


# Phases


PHASES = [(3, 0.1, 0.0), (2, 0.01, 0.5), (4, 0.02, 0.0)]


@EVERY_MODEL
def test_phases_are_fits_each_with_an_adam_of_its_own(kind):
    train, validation = noisy_ratings()
    model, by_hand, parts = make(kind), make(kind), {"validation": validation, "train": train}
    history = fit_in_phases(model, IndexBatches(train), PHASES, parts)
    pieces = []
    for num_epochs, rate, decay in PHASES:
        optimizer = torch.optim.Adam(by_hand.parameters(), rate, weight_decay=decay, fused=True)
        pieces.append(fit(by_hand, IndexBatches(train), optimizer, num_epochs, measure=parts))
    assert history["epoch"].tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert history["learning_rate"].tolist() == [0.1] * 3 + [0.01] * 2 + [0.02] * 4
    expected = pd.concat(pieces, ignore_index=True)
    assert list(history) == list(expected) == [
        "epoch", "learning_rate", "loss", "validation", "train",
    ]  # fmt: skip
    assert history.equals(expected.assign(epoch=history["epoch"]))
    assert is_same(state_of(model), state_of(by_hand))


@pytest.mark.parametrize(
    ("phases", "kind", "message"),
    [
        ([(0, 0.1, 0.0)], ValueError, r"phases\[0\]\[0\] must be at least 1"),
        ([(1, 0.1, 0.0), (1, -0.1, 0.0)], ValueError, r"phases\[1\]\[1\] must be above 0"),
        ([(1, 0.1, math.nan)], ValueError, r"phases\[0\]\[2\] must be a finite number"),
        ([(1, 0.1)], ValueError, r"phases\[0\] must have 3 parts"),
        ([(1.5, 0.1, 0.0)], TypeError, r"phases\[0\]\[0\] must be a whole number"),
        (3, TypeError, "phases must be a list"),
    ],
)
def test_phases_that_cannot_be(phases, kind, message):
    train, _ = noisy_ratings()
    model = make()
    before = state_of(model)
    with pytest.raises(kind, match=message):
        fit_in_phases(model, IndexBatches(train), phases)
    assert is_same(state_of(model), before)


def test_no_phase_at_all_raises():
    train, _ = noisy_ratings()
    with pytest.raises(ValueError, match="there is not one phase"):
        fit_in_phases(make(), IndexBatches(train), [])


def test_two_equal_phases_are_not_one_long_phase():
    train, _ = noisy_ratings()
    model, through = make(), make()
    fit_in_phases(model, IndexBatches(train), [(3, 0.1, 0.0), (3, 0.1, 0.0)])
    fit_in_phases(through, IndexBatches(train), [(6, 0.1, 0.0)])
    assert not np.allclose(state_of(model)["U.weight"], state_of(through)["U.weight"], atol=1e-3)


# Devices


@pytest.mark.parametrize(
    ("cuda", "mps", "moves"),
    [
        (True, False, ["cuda"]),
        (True, True, ["cuda"]),
        (False, True, [torch.float32, "mps"]),  # in this order: MPS takes no double precision
        (False, False, []),
    ],
)
def test_the_best_device_is_cuda_then_mps_then_the_cpu(cuda, mps, moves, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    model, seen = make(), []

    def move(where):
        seen.append(where)
        return model

    monkeypatch.setattr(model, "to", move)
    assert to_best_device(model) is model
    assert seen == moves


# The progress bar


def test_the_progress_bar_says_the_same_run_after_run_and_holds_no_time(capsys):
    train, validation = noisy_ratings()

    def text_of_a_run():
        model, parts = make(), {"train": train, "validation": validation}
        history = fit(model, IndexBatches(train), adam(model), 3, measure=parts, progress=True)
        return capsys.readouterr().out, history

    (first, history), (second, _) = text_of_a_run(), text_of_a_run()
    assert first == second
    last, losses = first.strip().split("\r")[-1], history.iloc[-1]
    assert last.startswith("epoch 3/3 |█")
    assert last.endswith(f"| train {losses['train']:.4f}, validation {losses['validation']:.4f}")
    assert not any(sign in first for sign in ("it/s", "s/it", ":", "?"))  # as in 00:01<00:02, 5it/s


def test_without_parts_the_progress_bar_shows_the_loss(capsys):
    model = make()
    batches = IndexBatches(noisy_ratings()[0])
    history = fit(model, batches, adam(model), 2, progress=True)
    _, *texts = capsys.readouterr().out.split("\r")
    # One for each epoch, and the last once more when the bar is closed.
    assert [text[:9] for text in texts] == ["epoch 0/2", "epoch 1/2", "epoch 2/2", "epoch 2/2"]
    assert texts[-1].endswith(f"| loss {history['loss'].iloc[-1]:.4f}\n")


def test_no_bar_unless_asked_for(capsys):
    model = make()
    fit(model, IndexBatches(noisy_ratings()[0]), adam(model), 2)
    assert capsys.readouterr() == ("", "")


# The published figures, on the real data

needs_the_real_data = pytest.mark.skipif(
    find_real(ML_LATEST_SMALL, search_folders()) is None,
    reason=f"{ML_LATEST_SMALL.title} is not here: see datasets/README.md",
)


@pytest.fixture(scope="module")
def real():
    """The 80/20 split that the published figures belong to: (train, test)."""
    data = load_movielens_small()
    assert not data.is_stand_in
    in_train = np.random.RandomState(3).rand(len(data.ratings)) < 0.8
    tables = data.ratings[in_train], data.ratings[~in_train]
    maps = IdMap(tables[0]["user_id"]), IdMap(tables[0]["movie_id"])
    return encode(tables[0], *maps), encode(tables[1], *maps, unknown="cold")


def known(part):
    return Ratings(*(column[part.movies != COLD] for column in part))


def trained(kind, mean, train, phases):
    """The published recipe, in single precision: several times faster, the same to four digits."""
    model = kind(610, 8998, 100, mean=mean, generator=seeded()).float()
    fit_in_phases(model, IndexBatches(train), phases)
    return model


@needs_the_real_data
def test_sizes_of_the_published_split(real):
    train, test = real
    assert (len(train.ratings), len(test.ratings)) == (80_450, 20_386)
    assert (train.users.max() + 1, train.movies.max() + 1) == (610, 8998)
    assert (test.movies == COLD).sum() == 795 and (test.users == COLD).sum() == 0


@pytest.mark.slow
@needs_the_real_data
def test_the_dot_product_ends_where_the_published_one_does(real):
    train, test = real
    mean = float(train.ratings.mean())
    phases = [(10, 0.1, 0.0), (15, 0.01, 0.0), (15, 0.01, 0.0)]
    model = trained(DotProduct, mean, train, phases)
    assert 0.7586 <= round(loss_of(model, known(test)), 4) <= 0.7597
    assert loss_of(model, test) == pytest.approx(0.781, abs=0.001)  # cold ones cost the mean


@pytest.mark.slow
@needs_the_real_data
def test_the_biased_dot_product_ends_where_the_published_one_does(real):
    train, test = real
    phases = [(10, 0.05, 1e-5), (10, 0.01, 1e-5), (10, 0.001, 1e-5)]
    model = trained(BiasedDotProduct, 0.0, train, phases)
    assert 0.7509 <= round(loss_of(model, known(test)), 4) <= 0.7513


def test_a_model_without_a_method_that_is_needed_is_named():
    class Half(Trainable):
        pass

    with pytest.raises(NotImplementedError, match="Half has no predict: give it no part"):
        Half().predict(np.array([0]), np.array([0]))
    with pytest.raises(NotImplementedError, match="Half has no penalty: train it with l2=0"):
        Half().penalty(torch.tensor([0]), torch.tensor([0]))
