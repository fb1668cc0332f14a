import math

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from scratch.datasets import load_tiny_ratings
from scratch.machinery import minibatches
from scratch.machinery.compiled import code_to_call
from scratch.machinery.minibatches import adam_epochs, adam_step
from scratch.machinery.training import IndexBatches, RatingsDataset, fit
from scratch.ratings import IdMap, Ratings, encode
from scratch.recommenders.torch_models import BiasedDotProduct, DotProduct


def tiny():
    table = load_tiny_ratings()
    return encode(table, IdMap(table["user_id"]), IdMap(table["movie_id"]))


def make(kind=DotProduct):
    return kind(7, 4, 3, mean=3.5, generator=torch.Generator().manual_seed(0), scale=0.5)


def batches(size=4):
    return IndexBatches(tiny(), size, generator=torch.Generator().manual_seed(1))


def tables(model):
    return [model.U.weight.detach().numpy(), model.V.weight.detach().numpy()]


@pytest.mark.parametrize("numba", [True, False])
@pytest.mark.parametrize("l2", [0.0, 0.3])
def test_it_does_what_fit_does_with_adam(numba, l2, monkeypatch):
    monkeypatch.setattr(minibatches, "numba_is_available", lambda: numba)
    model, other = make(), make()
    losses = list(adam_epochs(model, batches(), 5, 0.02, l2=l2))
    adam = torch.optim.Adam(other.parameters(), lr=0.02, fused=True)
    history = fit(other, batches(), adam, 5, l2=l2)
    # Without numba, it is fit: to the last bit.
    assert np.allclose(losses, history["loss"], rtol=1e-12 if numba else 0, atol=0)
    for ours, theirs in zip(tables(model), tables(other), strict=True):
        assert np.abs(ours - theirs).max() <= (1e-12 if numba else 0)


def test_without_settings_it_does_what_adam_does_without_settings():
    model, other = make(), make()
    losses = list(adam_epochs(model, batches(), 2))
    history = fit(other, batches(), torch.optim.Adam(other.parameters()), 2)
    assert np.allclose(losses, history["loss"], rtol=1e-12, atol=0)
    for ours, theirs in zip(tables(model), tables(other), strict=True):
        assert np.abs(ours - theirs).max() < 1e-12


def test_a_data_loader_will_do_for_batches():
    loader = DataLoader(RatingsDataset(tiny()), batch_size=13)
    model, other = make(), make()
    losses = list(adam_epochs(model, loader, 3))
    assert np.allclose(losses, list(adam_epochs(other, IndexBatches(tiny()), 3)), rtol=1e-12)


def test_the_caller_can_look_and_stop_after_any_epoch():
    model = make()
    before = tables(model)[0].copy()
    losses = adam_epochs(model, batches(), 100, 0.1)
    assert math.isfinite(next(losses))
    assert not np.array_equal(before, tables(model)[0])


def test_errors_say_what_to_do():
    with pytest.raises(ValueError, match="not BiasedDotProduct: use scratch"):
        next(adam_epochs(make(BiasedDotProduct), batches(), 1))
    with pytest.raises(ValueError, match="not one batch in batches: nothing to learn from"):
        next(adam_epochs(make(), [], 1))
    with pytest.raises(ValueError, match=r"diverged in epoch \d+ with learning rate 1e\+200"):
        list(adam_epochs(make(), batches(), 9, 1e200))


def test_a_last_step_that_goes_too_far_is_noticed_and_taken_back():
    model = make()
    before = [table.copy() for table in tables(model)]
    with pytest.raises(ValueError, match=r"diverged in epoch 1 with learning rate 1e\+308"):
        list(adam_epochs(model, [next(iter(batches()))], 1, 1e308))
    assert all(np.array_equal(a, b) for a, b in zip(before, tables(model), strict=True))


@pytest.mark.parametrize("table", [0, 1])
def test_one_number_that_is_none_at_the_end_of_an_epoch_is_enough(table, monkeypatch):
    model = make()

    def step(*arguments):
        arguments[6 + table][-1, -1] = np.inf
        return 0.5

    monkeypatch.setattr("scratch.machinery.minibatches.code_to_call", lambda _: step)
    with pytest.raises(ValueError, match="diverged in epoch 1"):
        next(adam_epochs(model, batches(), 1))
    assert all(np.isfinite(one).all() for one in tables(model))


def test_an_error_without_a_square_ends_the_epoch_at_once():
    seen = []

    def watched():
        for batch in (wrong_batch(ratings=np.array([1e200, 3.0])), wrong_batch()):
            seen.append(batch)
            yield batch

    with pytest.raises(ValueError, match="diverged in epoch 1"):
        next(adam_epochs(make(), watched(), 1))
    assert len(seen) == 1


def test_ctrl_c_in_an_epoch_leaves_it_as_it_was():
    def interrupted():
        yield from batches()
        raise KeyboardInterrupt

    model = make()
    before = [table.copy() for table in tables(model)]
    with pytest.raises(KeyboardInterrupt):
        list(adam_epochs(model, interrupted(), 1))
    assert all(np.array_equal(a, b) for a, b in zip(before, tables(model), strict=True))


def test_a_model_in_single_precision_or_on_another_device_is_refused():
    half_single, elsewhere = make(), make()
    half_single.V.weight.data = half_single.V.weight.data.float()
    nowhere = elsewhere.V.weight.detach().to("meta")  # a device without numbers
    elsewhere.V.weight = torch.nn.Parameter(nowhere)
    for model in (half_single, elsewhere):
        with pytest.raises(ValueError, match="only a DotProduct in double precision on the CPU"):
            next(adam_epochs(model, batches(), 1))


@pytest.mark.parametrize(
    "kind", [torch.uint8, torch.bool, torch.int64, torch.bfloat16, torch.half, torch.float32]
)
def test_ratings_of_any_kind_are_learned_as_fit_does(kind):
    users, movies, ratings = next(iter(batches()))
    seen = [(users, movies, ratings.to(kind))]
    model, other = make(), make()
    losses = list(adam_epochs(model, seen, 2))
    history = fit(other, seen, torch.optim.Adam(other.parameters()), 2)
    assert np.allclose(losses, history["loss"], rtol=1e-12, atol=0)


@pytest.mark.parametrize("numba", [True, False])
def test_a_batch_without_rows_is_no_step(numba, monkeypatch):
    monkeypatch.setattr(minibatches, "numba_is_available", lambda: numba)
    rows = list(batches())
    empty = tuple(column[:0] for column in rows[0])
    model, other = make(), make()
    losses = list(adam_epochs(model, [empty, *rows, empty], 2))
    assert losses == list(adam_epochs(other, rows, 2))
    assert all(np.array_equal(a, b) for a, b in zip(tables(model), tables(other), strict=True))
    with pytest.raises(ValueError, match="not one batch"):
        next(adam_epochs(model, [empty], 1))


def test_what_goes_wrong_in_machine_code_is_raised_and_the_epoch_undone(monkeypatch):
    def step_of(*arguments):
        arguments[6][:] = 0  # half a step
        raise MemoryError

    monkeypatch.setattr(minibatches, "code_to_call", lambda loop: step_of)
    monkeypatch.setattr(minibatches, "numba_is_available", lambda: True)
    model = make()
    before = [table.copy() for table in tables(model)]
    with pytest.raises(MemoryError):
        next(adam_epochs(model, batches(), 1))
    assert all(np.array_equal(a, b) for a, b in zip(tables(model), before, strict=True))


@pytest.mark.parametrize("name", ["U", "V", "of_U", "of_V"])
def test_a_step_refuses_what_it_cannot_change(name):
    arrays = {
        "U": np.zeros((5, 3)), "V": np.zeros((4, 3)),
        "of_U": np.zeros((3, 5, 3)), "of_V": np.zeros((3, 4, 3)),
    }  # fmt: skip
    arrays[name].flags.writeable = False
    with pytest.raises(ValueError, match=f"^{name} is changed in place, .* read-only"):
        adam_step(np.array([0]), np.array([0]), np.array([3.0]), 1, 0.02, 0.0, **arrays)


def wrong_batch(**change):
    rows = Ratings(np.array([0, 1]), np.array([0, 1]), np.array([3.0, 4.0]))._replace(**change)
    return tuple(torch.tensor(column) for column in rows)


@pytest.mark.parametrize(
    ("batch", "error", "message"),
    [
        (wrong_batch(ratings=[3.0, np.nan]), ValueError, "hold a rating that is nan: remove"),
        (
            wrong_batch(ratings=[3.0]),
            ValueError,
            r"as many users as movies and ratings, got shapes \(2,\), \(2,\), \(1,\)$",
        ),
        (wrong_batch(users=0, movies=0, ratings=3.0), ValueError, r"got shapes \(\), \(\), \(\)$"),
        (wrong_batch(movies=[0]), ValueError, r"got shapes \(2,\), \(1,\), \(2,\)$"),
        (wrong_batch(users=[0]), ValueError, r"got shapes \(1,\), \(2,\), \(2,\)$"),
        (wrong_batch(users=[0.0, 1.0]), TypeError, "users must hold whole numbers, got .*float32"),
        (wrong_batch(users=[0, 7]), IndexError, r"users\[1\] is 7, but U has 7"),
        (wrong_batch()[:2], TypeError, "must be three tensors on the CPU"),
        (([0, 1], [0, 1], [3.0, 4.0]), TypeError, "must be three tensors on the CPU"),
        (None, TypeError, "must be three tensors on the CPU"),
    ],
    ids=str,
)
def test_a_batch_that_is_none_raises_and_the_model_is_that_of_the_epoch_before(
    batch, error, message
):
    model = make()
    seen = [wrong_batch()]
    losses = adam_epochs(model, seen, 2, 0.1)
    next(losses)
    after_one = [table.copy() for table in tables(model)]
    seen += [wrong_batch(), batch]
    with pytest.raises(error, match=message):
        next(losses)
    for table, before in zip(tables(model), after_one, strict=True):
        assert np.array_equal(table, before)


@pytest.mark.parametrize(
    "wrong",
    [{"num_epochs": 0}, {"learning_rate": 0.0}, {"learning_rate": np.nan}, {"l2": -1.0}],
    ids=str,
)
def test_settings_are_looked_at_before_the_first_epoch(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"^{name} must be"):
        adam_epochs(make(), batches(), **({"num_epochs": 1} | wrong))


def test_a_look_at_the_arguments_draws_no_batch():
    """The batches shuffle by a generator, which must not have moved when training begins."""
    drawn = batches()
    before = drawn.generator.get_state()
    adam_epochs(make(), drawn, 1)
    assert torch.equal(drawn.generator.get_state(), before)


def test_steps_are_counted_from_1():
    moments = np.zeros((3, 5, 3)), np.zeros((3, 4, 3))
    batch = np.array([0]), np.array([0]), np.array([3.0])
    for step_of in (adam_step, adam_step.__wrapped__):
        with pytest.raises(ValueError, match="step must be 1 or more"):
            step_of(*batch, 0, 0.02, 0.0, np.zeros((5, 3)), np.zeros((4, 3)), *moments)


@pytest.mark.parametrize("index", [-1, 7])
def test_an_index_without_a_row_is_refused(index):
    rows = Ratings(np.array([0, index]), np.array([0, 1]), np.array([3.0, 4.0]))
    wrong = [tuple(torch.tensor(column) for column in rows)]
    with pytest.raises(IndexError):
        next(adam_epochs(make(), wrong, 1))


def test_one_step_by_hand():
    # The error is 2 · 1 − 5 = −3. Adam's first step is the rate, against the sign of the gradient.
    batch = np.array([1]), np.array([0]), np.array([5.0])
    for step_of in (adam_step, adam_step.__wrapped__):
        U, V = np.array([[7.0], [2.0]]), np.array([[1.0]])
        of_U, of_V = np.zeros((3, 2, 1)), np.zeros((3, 1, 1))
        assert step_of(*batch, 1, 0.5, 0.25, U, V, of_U, of_V) == 9
        slope_U, slope_V = 2 * (-3 * 1 + 0.25 * 2), 2 * (-3 * 2 + 0.25 * 1)
        assert np.allclose(U, [[7], [2.5]], atol=1e-8) and np.allclose(V, 1.5, atol=1e-8)
        assert np.allclose(of_U[:, 1, 0], [0, 0.1 * slope_U, 0.001 * slope_U**2])
        assert np.allclose(of_V[:, 0, 0], [0, 0.1 * slope_V, 0.001 * slope_V**2])
        assert (of_U[:, 0] == 0).all()


def test_vectors_may_be_a_part_of_a_larger_table():
    batch = np.array([0]), np.array([0]), np.array([5.0])
    for step_of in (adam_step, adam_step.__wrapped__):
        U, V = np.ones((2, 6))[:, ::2], np.ones((1, 6))[:, ::2]
        step_of(*batch, 1, 0.5, 0.0, U, V, np.zeros((3, 2, 3)), np.zeros((3, 1, 3)))
        assert np.allclose(U, [[1.5] * 3, [1.0] * 3], atol=1e-8) and np.allclose(V, 1.5, atol=1e-8)


def test_the_plain_loop_takes_the_same_steps_to_the_last_bit():
    rng = np.random.default_rng(0)
    users, movies = rng.integers(0, 5, 9), rng.integers(0, 4, 9)
    batch = users, movies, rng.integers(1, 6, 9).astype(float)

    def trained(step_of):
        start = np.random.default_rng(1)
        U, V = start.normal(size=(5, 3)), start.normal(size=(4, 3))
        of_U, of_V = np.zeros((3, 5, 3)), np.zeros((3, 4, 3))
        errors = [step_of(*batch, t, 0.02, 0.1, U, V, of_U, of_V) for t in (1, 2, 3)]
        return [np.array(errors), U, V, of_U, of_V]

    for fast, plain in zip(trained(adam_step), trained(adam_step.__wrapped__), strict=True):
        assert np.array_equal(fast, plain)


@pytest.mark.parametrize("outside", [(-1, 0), (5, 0), (0, -1), (0, 4)])
def test_the_plain_loop_refuses_an_index_without_a_row(outside):
    user, movie = (np.array([index]) for index in outside)
    tables = np.zeros((5, 3)), np.zeros((4, 3)), np.zeros((3, 5, 3)), np.zeros((3, 4, 3))
    for step_of in (code_to_call(adam_step), adam_step.__wrapped__):
        with pytest.raises(IndexError, match="has no row in U or V"):
            step_of(user, movie, np.array([3.0]), 1, 0.02, 0.0, *tables)
