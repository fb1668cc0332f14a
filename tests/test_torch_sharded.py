import copy
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
import torch.distributed as dist

from scratch.machinery.torch_processes import join_group
from scratch.machinery.training import Trainable, fit_in_batches
from scratch.ratings import COLD, Ratings
from scratch.recommenders import torch_sharded
from scratch.recommenders.torch_models import (
    BiasedDotProduct,
    DotProduct,
    NeuralNetwork,
    ResidualNetwork,
)
from scratch.recommenders.torch_sharded import (
    Copies,
    Shard,
    Shards,
    add_up,
    fit_on_processes,
    train_part,
)

NUM_USERS, NUM_MOVIES, K, ROWS = 13, 7, 3, 61
SETTINGS = {"l2": 0.02, "batch_size": 20, "num_epochs": 4}  # batches of 20, 20, 20 and 1
WAYS = ["dense", "sparse", "sharded"]
every_way = pytest.mark.parametrize("how", WAYS)
slow = pytest.mark.slow


def some_ratings():
    rng = np.random.default_rng(0)
    users, movies = rng.integers(NUM_USERS, size=ROWS), rng.integers(NUM_MOVIES, size=ROWS)
    return Ratings(users.astype(np.int32), movies.astype(np.int32), rng.integers(1, 6, ROWS) * 1.0)


def start(kind=BiasedDotProduct, **settings):
    generator = torch.Generator().manual_seed(5)
    model = kind(NUM_USERS, NUM_MOVIES, K, mean=3.1, generator=generator, **settings)
    return model, generator


def largest_difference(model, other):
    pairs = zip(model.state_dict().values(), other.state_dict().values(), strict=True)
    return max((a - b).abs().max().item() for a, b in pairs)


@pytest.fixture
def alone(monkeypatch, tmp_path):
    """A group of one: this process does all the work, and starts no other."""
    join_group(tmp_path / "meeting", 0, 1)

    def here(work, shares):
        return [work(*copy.deepcopy(share)) for share in shares]

    monkeypatch.setattr(torch_sharded, "run_on_processes", here)
    yield
    dist.destroy_process_group()


class Group:
    """What the module needs of torch.distributed, for threads of this process."""

    def __init__(self, size):
        self.size, self.values, self.mine = size, [None] * size, threading.local()
        self.all_are_there = threading.Barrier(size, timeout=60)

    def is_initialized(self):
        return hasattr(self.mine, "rank")

    def get_rank(self):
        return self.mine.rank

    def get_world_size(self):
        return self.size

    def of_all(self, value):
        """What all threads have given."""
        self.values[self.mine.rank] = value
        self.all_are_there.wait()
        values = [*self.values]
        self.all_are_there.wait()
        return values

    def all_reduce(self, tensor):
        tensor.copy_(torch.stack(self.of_all(tensor.clone())).sum(dim=0))

    def all_to_all_single(self, received, values, incoming, outgoing):
        mine = [parts[self.mine.rank] for parts in self.of_all(values.clone().split(outgoing))]
        assert [len(part) for part in mine] == incoming
        received.copy_(torch.cat(mine))

    def run(self, work, shares):
        def as_member(rank):
            self.mine.rank = rank
            try:
                return work(*copy.deepcopy(shares[rank]))
            except BaseException:
                self.all_are_there.abort()
                raise

        with ThreadPoolExecutor(self.size) as threads:
            return [*threads.map(as_member, range(self.size))]


@pytest.fixture
def in_threads(monkeypatch):
    """Threads in place of processes, which take milliseconds to start."""

    def run(work, shares):
        group = Group(len(shares))
        monkeypatch.setattr(torch_sharded, "dist", group)
        return group.run(work, shares)

    monkeypatch.setattr(torch_sharded, "run_on_processes", run)


# One process: the training that the course has already


@pytest.mark.usefixtures("alone")
@every_way
@pytest.mark.parametrize(
    "kind", [BiasedDotProduct, DotProduct, ResidualNetwork], ids=lambda kind: kind.__name__
)
def test_one_process_is_fit_in_batches(how, kind):
    plain, its_generator = start(kind)
    expected = fit_in_batches(plain, some_ratings(), generator=its_generator, **SETTINGS)
    model, generator = start(kind)
    report = fit_on_processes(model, some_ratings(), 1, how, generator=generator, **SETTINGS)
    if how != "sharded":  # to the last bit
        pd.testing.assert_frame_equal(report.history, expected, check_exact=True)
        assert largest_difference(model, plain) == 0
    # Where an array has another length, PyTorch rounds some of its numbers differently.
    pd.testing.assert_frame_equal(report.history, expected, rtol=0, atol=1e-13)
    assert largest_difference(model, plain) < 1e-13
    assert torch.equal(generator.get_state(), its_generator.get_state())
    assert report.bytes_sent == 0
    assert expected["loss"].iloc[-1] < expected["loss"].iloc[0]  # something was learned


@pytest.mark.usefixtures("alone")
@every_way
def test_single_precision_stays_what_it_is(how):
    plain, its_generator = start()
    plain.float()
    expected = fit_in_batches(plain, some_ratings(), generator=its_generator, **SETTINGS)
    model, generator = start()
    report = fit_on_processes(
        model.float(), some_ratings(), 1, how, generator=generator, **SETTINGS
    )
    assert model.U.weight.dtype == torch.float32
    np.testing.assert_allclose(report.history["loss"], expected["loss"], rtol=1e-6)


@pytest.mark.usefixtures("alone")
def test_a_row_that_occurs_twice_gets_both_gradients_and_one_that_does_not_gets_none():
    table, bias = torch.nn.Embedding(4, 2), torch.nn.Embedding(4, 1)
    shard = Shard([table, bias])
    whole = shard.rows.detach().clone()
    places = shard.fetch(torch.tensor([3, 1, 3]))
    assert places.tolist() == [1, 0, 1]
    assert torch.equal(table.weight, whole[[1, 3], :2])  # they hold what was asked for
    assert torch.equal(bias.weight, whole[[1, 3], 2:])
    (table(places).sum() + 10 * bias(places).sum()).backward()
    shard.give_back()
    zero = [0.0, 0.0, 0.0]
    assert shard.rows.grad.tolist() == [zero, [1.0, 1.0, 10.0], zero, [2.0, 2.0, 20.0]]


@pytest.mark.usefixtures("alone")
def test_what_is_held_is_the_model_four_times_over():
    model, generator = start()
    report = fit_on_processes(model, some_ratings(), 1, generator=generator, **SETTINGS)
    assert report.bytes_held == 4 * 8 * (NUM_USERS + NUM_MOVIES) * (K + 1)


# Several processes: the same steps


def on_many(processes, how, kind=BiasedDotProduct, **settings):
    model, generator = start(kind)
    report = fit_on_processes(
        model, some_ratings(), processes, how, generator=generator, **SETTINGS | settings
    )
    return model, generator, report


@pytest.mark.usefixtures("in_threads")
@every_way
@pytest.mark.parametrize("processes", [2, 3])
def test_several_parts_take_the_steps_of_one(processes, how):
    check_the_steps(processes, how)


@slow
@every_way
def test_several_processes_take_the_steps_of_one(how):
    check_the_steps(3, how)


def check_the_steps(processes, how):
    # The last batch has one row, so all processes but one have an empty share of it.
    plain, its_generator = start()
    expected = fit_in_batches(plain, some_ratings(), generator=its_generator, **SETTINGS)
    model, generator, report = on_many(processes, how)
    np.testing.assert_allclose(report.history["loss"], expected["loss"], rtol=0, atol=1e-12)
    assert largest_difference(model, plain) < 1e-10  # Adam divides by small numbers
    assert torch.equal(generator.get_state(), its_generator.get_state())


@pytest.mark.usefixtures("in_threads")
@every_way
def test_layers_are_the_same_in_all_processes(how):
    plain, its_generator = start(ResidualNetwork)
    expected = fit_in_batches(plain, some_ratings(), generator=its_generator, **SETTINGS)
    model, _, report = on_many(2, how, ResidualNetwork)
    np.testing.assert_allclose(report.history["loss"], expected["loss"], rtol=0, atol=1e-10)
    assert largest_difference(model, plain) < 1e-8


@pytest.mark.usefixtures("in_threads")
def test_a_process_may_own_no_movie_at_all():
    users, movies, ratings = some_ratings()
    train, trained = Ratings(users, movies % 2, ratings), []
    for fit_it in (fit_in_batches, lambda *a, **named: fit_on_processes(*a, 3, "sharded", **named)):
        generator = torch.Generator().manual_seed(5)
        model = BiasedDotProduct(NUM_USERS, 2, K, mean=3.1, generator=generator)
        fit_it(model, train, generator=generator, **SETTINGS)
        trained.append(model)
    assert largest_difference(*trained) < 1e-10


@pytest.mark.usefixtures("in_threads")
@pytest.mark.parametrize("seed", [0, 1])
def test_bytes_of_one_step_counted_by_hand(seed):
    # Two processes, and one batch of two ratings: that of user 0 and movie 0, whose rows process 0
    # owns, and that of user 1 and movie 1, which belong to process 1. The shuffle decides whether
    # each process gets its own or that of the other.
    train = Ratings(np.array([0, 1], np.int32), np.array([0, 1], np.int32), np.array([4.0, 2.0]))
    order = torch.randperm(2, generator=torch.Generator().manual_seed(seed)).tolist()
    assert order == ([0, 1], [1, 0])[seed]
    sent, held = {}, {}
    for how in WAYS:
        model = DotProduct(4, 2, 4, mean=3.0, generator=torch.Generator().manual_seed(0))
        generator = torch.Generator().manual_seed(seed)
        report = fit_on_processes(
            model, train, 2, how, l2=0.0, generator=generator, num_epochs=1, batch_size=2
        )
        sent[how], held[how] = report.bytes_sent, report.bytes_held
    row = 4 * 8
    assert sent["dense"] == (4 + 2) * row  # 2 (n − 1) / n is 1
    assert sent["sparse"] == (2 + 2) * row
    # A count for each side is always sent; ids, rows and gradients only to another process.
    foreign = order == [1, 0]
    assert sent["sharded"] == 2 * 8 + foreign * 2 * (8 + 2 * row)
    # Each row in four forms (itself, its gradient, two means), what is borrowed in two.
    assert held["dense"] == held["sparse"] == 4 * (4 + 2) * row
    assert held["sharded"] == 4 * (2 + 1) * row + 2 * (1 + 1) * row


@pytest.mark.usefixtures("in_threads")
def test_bytes_of_several_steps_and_of_layers_counted_by_hand():
    class Layered(DotProduct):
        def __init__(self):
            super().__init__(4, 2, 4, mean=3.0, generator=torch.Generator().manual_seed(0))
            self.offset = torch.nn.Parameter(torch.zeros(3, dtype=torch.double))

        def forward(self, users, movies):
            return super().forward(users, movies) + self.offset.sum()

    # A batch of users 2 and 0, and one of user 1 alone; process 0 owns users 0 and 2, and movie 0.
    train = Ratings(np.array([0, 1, 2], np.int32), np.array([0, 0, 0], np.int32), np.arange(3.0))
    row, layer, sent, held = 4 * 8, 3 * 8, {}, {}
    for how in WAYS:
        generator = torch.Generator().manual_seed(0)
        assert torch.randperm(3, generator=torch.Generator().manual_seed(0)).tolist() == [2, 0, 1]
        report = fit_on_processes(
            Layered(), train, 2, how, l2=0.0, generator=generator, num_epochs=1, batch_size=2
        )
        sent[how], held[how] = report.bytes_sent, report.bytes_held
    assert sent["dense"] == (4 + 2) * row + layer
    assert sent["sparse"] == (2 + 1 + 1 + 1) / 2 * row + layer  # users and a movie, of two batches
    # Two counts each time. In the first batch, process 1 asks process 0 for user 0 and movie 0, in
    # the second process 0 asks for user 1; for each of them an id, a row and a gradient travel.
    assert sent["sharded"] == 2 * 8 + layer + (3 * (8 + 2 * row)) / 2 / 2
    assert held["dense"] == held["sparse"] == 4 * ((4 + 2) * row + layer)
    assert held["sharded"] == 4 * ((2 + 1) * row + layer) + 2 * 2 * row


def test_a_report_is_of_the_first_process_the_slowest_and_the_one_that_holds_most(monkeypatch):
    model, generator = start(DotProduct)
    ends = [torch.Generator().manual_seed(seed).get_state() for seed in (1, 2, 3)]
    asked = []

    def done(work, shares):
        asked.extend(shares)
        states = [{n: v.numpy() + p for n, v in model.state_dict().items()} for p in range(3)]
        numbers = ([5.0], 1, 9, 4), ([6.0], 2, 11, 8), ([7.0], 6, 10, 7)
        told = zip(numbers, states, ends, strict=True)
        return [(losses, state, end, *more) for (losses, *more), state, end in told]

    monkeypatch.setattr(torch_sharded, "run_on_processes", done)
    before = copy.deepcopy(model.state_dict())
    report = fit_on_processes(
        model, some_ratings(), 3, l2=0.0, generator=generator, num_epochs=1, batch_size=3
    )
    assert report[1:] == (3.0, 11, 8)
    assert report.history.to_dict("list") == {"epoch": [1], "learning_rate": [0.01], "loss": [5.0]}
    assert all(torch.equal(model.state_dict()[name], before[name]) for name in before)
    assert torch.equal(generator.get_state(), ends[0])
    assert [share[0] is model for share in asked] == [True] * 3


def test_what_is_not_said_is_as_in_fit_in_batches(monkeypatch):
    model, generator = start()
    asked = []

    def stop(work, shares):
        asked.extend(shares)
        raise LookupError

    monkeypatch.setattr(torch_sharded, "run_on_processes", stop)
    with pytest.raises(LookupError):
        fit_on_processes(model, some_ratings(), 2, l2=0.5, generator=generator)
    for _, _, how, l2, _, rate, size, epochs in asked:
        assert (how, l2, rate, size, epochs) == ("dense", 0.5, 0.01, 2000, 10)
    assert len(asked) == 2


@pytest.mark.parametrize("where", ["a loss", "the last loss", "a number", "another part"])
def test_whatever_is_not_finite_is_told_and_changes_nothing(monkeypatch, where):
    model, generator = start(DotProduct)
    before, drawn = copy.deepcopy(model), generator.get_state()
    for l2, advice in ((0.0, "e.g. 0.01$"), (0.25, "e.g. 0.01, or an l2 below 0.25$")):
        states = [{n: v.numpy() * 2 for n, v in model.state_dict().items()} for _ in range(2)]
        losses = {"a loss": [np.nan, 1.0], "the last loss": [1.0, np.inf]}.get(where, [2.0, 1.0])
        if where in ("a number", "another part"):
            states[where == "another part"]["V"] = np.array([1.0, np.nan])
        done = [(losses, state, generator.get_state() * 0, 0, 0, 0) for state in states]
        monkeypatch.setattr(torch_sharded, "run_on_processes", lambda *_, done=done: done)
        with pytest.raises(ValueError, match=f"learning rate 0.1: the loss, or a .*, {advice}"):
            fit_on_processes(
                model, some_ratings(), 2, l2=l2, learning_rate=0.1, generator=generator,
                num_epochs=2,
            )  # fmt: skip
    assert largest_difference(model, before) == 0 and torch.equal(generator.get_state(), drawn)


@pytest.mark.usefixtures("alone")
def test_the_time_is_that_of_the_training(monkeypatch):
    clock = SimpleNamespace(perf_counter=iter([5, 7.5]).__next__)
    monkeypatch.setattr(torch_sharded, "time", clock)
    model, generator = start()
    assert fit_on_processes(model, some_ratings(), 1, generator=generator, **SETTINGS)[3] == 2.5


@pytest.mark.usefixtures("alone")
@every_way
def test_a_training_ends_with_the_first_loss_that_is_not_finite(how):
    model, generator = start()
    losses, *_ = train_part(model, some_ratings(), how, 0.0, generator.get_state(), 1e200, ROWS, 50)
    assert np.isfinite(losses[0]) and not np.isfinite(losses[-1]) and len(losses) == 2


@pytest.mark.usefixtures("alone")
@every_way
def test_a_part_is_put_into_training_and_leaves_no_gradients(how):
    model, generator = start(ResidualNetwork)
    model.eval()
    train_part(model, some_ratings(), how, 0.1, generator.get_state(), 0.01, 20, 1)
    assert model.training
    layers = [p for name, p in model.named_parameters() if "weight" not in name or how != "sharded"]
    assert layers and all(p.grad is None for p in layers)


@pytest.mark.usefixtures("alone")
def test_a_shard_may_have_very_many_rows():
    table = torch.nn.Embedding(300, 1)
    whole = table.weight.detach().clone()
    shard = Shard([table])
    places = shard.fetch(torch.tensor([299, 64, 0, 64], dtype=torch.int32))
    assert places.tolist() == [2, 1, 0, 1]
    assert torch.equal(table.weight, whole[[0, 64, 299]])
    assert (shard.sent, shard.widths) == (0, [1])


@pytest.mark.usefixtures("alone")
def test_nobody_to_ask_for_no_rows():
    table = torch.nn.Embedding(3, 2)
    shard = Shard([table])
    assert shard.fetch(torch.empty(0, dtype=torch.int64)).tolist() == []
    assert table.weight.shape == (0, 2)


# What is refused, before any process starts


@pytest.fixture
def no_process(monkeypatch):
    def refuse(work, shares):
        raise AssertionError("a process was started")

    monkeypatch.setattr(torch_sharded, "run_on_processes", refuse)


@pytest.mark.usefixtures("no_process")
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"processes": 0}, "processes must be at least 1, got 0"),
        ({"processes": -1}, "processes must be at least 1, got -1"),
        ({"processes": 21}, "processes is 21, and batch_size 20: .* never have a row"),
        ({"num_epochs": 0}, "num_epochs must be at least 1"),
        ({"how": "shared"}, "how must be .*'sharded', got 'shared'"),
        ({"l2": -1.0}, "l2 must be"),
        ({"l2": np.nan}, "l2 must be"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"learning_rate": np.nan}, "learning_rate must be a finite number"),
        ({"learning_rate": -1.0}, "learning_rate must be above 0"),
    ],
    ids=str,
)
def test_settings_that_cannot_be(wrong, message):
    model, generator = start()
    with pytest.raises(ValueError, match=message):
        fit_on_processes(
            model, some_ratings(), **{"processes": 2, "generator": generator} | SETTINGS | wrong
        )


@pytest.mark.usefixtures("no_process")
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"processes": 2.0}, r"processes must be a whole number, got 2\.0: write 2"),
        ({"model": torch.nn.Linear(1, 1)}, "model must be a Trainable, got Linear"),
        ({"train": [1, 2]}, "train must be a Ratings"),
        ({"generator": 0}, "generator must be a Generator, got 0"),
        ({"l2": "much"}, "l2 must be a number, got 'much'"),
    ],
    ids=str,
)
def test_settings_of_another_kind(wrong, message):
    model, generator = start()
    given = {"model": model, "train": some_ratings(), "processes": 2, "generator": generator}
    with pytest.raises(TypeError, match=message):
        fit_on_processes(**given | SETTINGS | wrong)


@pytest.mark.usefixtures("no_process")
def test_ratings_that_cannot_be():
    model, generator = start()
    settings = {"generator": generator} | SETTINGS
    train = some_ratings()
    with pytest.raises(ValueError, match="60 users, 61 movies and 61 ratings"):
        fit_on_processes(model, train._replace(users=train.users[1:]), 2, **settings)
    train.ratings[3] = np.nan
    with pytest.raises(ValueError, match=r"ratings\[3\] is nan"):
        fit_on_processes(model, train, 2, **settings)


@pytest.mark.usefixtures("no_process")
@every_way
@pytest.mark.parametrize(("column", "side"), [(0, "user"), (1, "movie")])
def test_an_unknown_id_is_told_before_anything_starts(how, column, side):
    model, generator = start()
    for unknown, kind, message in (
        (99, IndexError, rf"^{side} index 99"),
        (COLD, ValueError, "must not be cold"),
    ):
        train = some_ratings()
        train[column][3] = unknown
        with pytest.raises(kind, match=message):
            fit_on_processes(model, train, 2, how, generator=generator, **SETTINGS)


@pytest.mark.usefixtures("no_process")
def test_models_whose_losses_would_be_others():
    dropping, generator = start(NeuralNetwork, dropout=0.1)
    with pytest.raises(ValueError, match="dropout=0"):
        fit_on_processes(dropping, some_ratings(), 2, generator=generator, **SETTINGS)
    held, generator = start()
    held.biases.requires_grad_(False)
    with pytest.raises(ValueError, match="are held"):
        fit_on_processes(held, some_ratings(), 2, generator=generator, **SETTINGS)
    of_users = Trainable()
    of_users.U = torch.nn.Embedding(9, 2)
    for how in WAYS[1:]:
        for model in (Trainable(), of_users):
            with pytest.raises(ValueError, match="no tables U and V"):
                fit_on_processes(model, some_ratings(), 2, how, generator=generator, **SETTINGS)


@pytest.mark.usefixtures("alone")
@every_way
def test_a_training_that_diverges_leaves_the_model_as_it_was(how):
    model, generator = start()
    before, drawn = copy.deepcopy(model), generator.get_state()
    with pytest.raises(ValueError, match=r"diverged.*1e\+200.*try a smaller rate, e\.g\. 1e\+199"):
        fit_on_processes(
            model, some_ratings(), 1, how, generator=generator, learning_rate=1e200, **SETTINGS
        )
    assert largest_difference(model, before) == 0
    assert torch.equal(generator.get_state(), drawn)


def test_a_part_alone_says_that_nobody_is_there():
    model, generator = start()
    with pytest.raises(ValueError, match="in no process group: call it through"):
        train_part(model, some_ratings(), "dense", 0.0, generator.get_state(), 0.01, 20, 1)
    for kind, given in (
        (Copies, (model, 0.01, "dense")),
        (Shard, ([model.U],)),
        (add_up, ([torch.zeros(2)],)),
    ):
        with pytest.raises(ValueError, match="in no process group: call it through"):
            kind(*given)


# What the parts refuse


@pytest.mark.usefixtures("alone")
def test_a_state_that_is_none():
    model, _ = start()
    with pytest.raises(ValueError, match="shuffles must be the state of a generator"):
        train_part(model, some_ratings(), "dense", 0.0, torch.zeros(3), 0.01, 20, 1)


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("how", ["dense", "sparse"])
def test_a_step_needs_gradients(how):
    users, movies = torch.tensor([0]), torch.tensor([1])
    model, _ = start()
    with pytest.raises(ValueError, match=r"U\.weight has no gradient: call backward"):
        Copies(model, 0.01, how).step(users, movies)
    shards = Shards(model, 0.01)
    with pytest.raises(ValueError, match="nothing to give back: fetch rows, and then"):
        shards.step(users, movies)
    shards.fetch(users, movies)
    with pytest.raises(ValueError, match="nothing to give back"):
        shards.step(users, movies)
    with pytest.raises(ValueError, match="the model Linear has no tables U and V"):
        Shards(torch.nn.Linear(1, 1), 0.01)


@pytest.mark.usefixtures("alone")
def test_gradients_of_rows_that_were_not_fetched_are_not_given_back():
    table = torch.nn.Embedding(3, 2)
    shard = Shard([table])
    table(torch.tensor([0])).sum().backward()
    with pytest.raises(ValueError, match="nothing to give back: fetch rows, and then call"):
        shard.give_back()


@pytest.mark.usefixtures("alone")
def test_rows_that_are_not_there():
    shard = Shard([torch.nn.Embedding(4, 2), torch.nn.Embedding(4, 1)])
    for indices, kind, message in (
        ([-1, 0], IndexError, "counted from 0, got -1"),
        ([0, 4], IndexError, "wants row 4 of the 4 that are owned here"),
        ([0.5], TypeError, "indices must have one axis of whole numbers"),
        ([[0]], TypeError, "indices must have one axis of whole numbers"),
    ):
        with pytest.raises(kind, match=message):
            shard.fetch(torch.tensor(indices))
    with pytest.raises(TypeError, match=r"indices must be a tensor, got \[0\]"):
        shard.fetch([0])
    with pytest.raises(ValueError, match=r"equally many rows, got \[3, 4\]"):
        Shard([torch.nn.Embedding(4, 2), torch.nn.Embedding(3, 1)])
    with pytest.raises(ValueError, match="tensors must be one or more"):
        add_up([])
