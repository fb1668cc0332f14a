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
    adam = torch.optim.Adam(other.parameters(), lr=0.02)
    history = fit(other, batches(), adam, 5, l2=l2)
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
    with pytest.raises(ValueError, match="not one batch"):
        next(adam_epochs(make(), [], 1))
    with pytest.raises(ValueError, match=r"diverged in epoch \d+ with learning rate 1e\+200"):
        list(adam_epochs(make(), batches(), 9, 1e200))


@pytest.mark.parametrize("index", [-1, 7])
def test_an_index_without_a_row_is_refused(index):
    rows = Ratings(np.array([0, index]), np.array([0, 1]), np.array([3.0, 4.0]))
    wrong = [tuple(torch.tensor(column) for column in rows)]
    with pytest.raises(IndexError):
        next(adam_epochs(make(), wrong, 1))


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
