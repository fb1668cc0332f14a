"""Training on several processes: copies of a model that add up gradients, or tables cut by row.

Either way a step is the one of `scratch.machinery.training.fit_in_batches` but for rounding: each
process takes its share of a batch, and what all of them found is added up before anybody steps.
Tables cut by row, and layers in copies, are how large recommenders are trained: Naumov et al., Deep
learning recommendation model for personalization and recommendation systems, arXiv:1906.00091,
2019. Built in notebook 16.
"""

import copy
import math
import time
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import torch
import torch.distributed as dist
from torch import Tensor, nn

from scratch.checking import Count, NotNegative, Positive, TableSize, checked, shown
from scratch.machinery.torch_processes import run_on_processes
from scratch.machinery.training import Epochs, IndexBatches, Trainable
from scratch.ratings import Ratings, check_indices, check_training_set

How = Literal["dense", "sparse", "sharded"]
SIDES = ("U", "biases.users"), ("V", "biases.movies")  # tables with a row per user, and per movie


class Report(NamedTuple):
    """What a training on several processes leaves behind, besides the model."""

    history: pd.DataFrame  # a row per epoch: epoch (from 1), learning_rate, loss; as `fit` has it
    bytes_sent: float  # to other processes, by one process in one step, on average
    bytes_held: int  # parameters, gradients and Adam's means, in the process that has most
    seconds: float  # of training, until the last process was done; starting them not counted


@checked
def fit_on_processes(
    model: Trainable,
    train: Ratings,
    processes: Count,
    how: How = "dense",
    *,
    l2: NotNegative,
    generator: torch.Generator,
    learning_rate: Positive = 0.01,
    batch_size: TableSize = 2000,
    num_epochs: Epochs = 10,
) -> Report:
    """What `fit_in_batches` does, on so many new processes; the model changes in place.

    how: "dense": each process holds the whole model, and gradients of all rows are added up.
    "sparse": the same, but only rows that occur in the batch travel. "sharded": row r of a table,
    with its gradient and what Adam remembers of it, exists in process r mod processes alone.

    Raises ValueError for more processes than rows in a batch, a model with dropout, with parameters
    that are held or, unless how is "dense", without tables U and V; what IndexBatches raises;
    IndexError for an index that has no row; ValueError when the training diverged; what
    `run_on_processes` raises. After an error, the model is what it was.
    """
    if processes > batch_size:
        raise ValueError(
            f"processes is {processes}, and batch_size {batch_size}: somebody would never have a "
            "row of a batch to work on. Take fewer processes, or larger batches"
        )
    _check_model(model, how)
    train = check_training_set(train)
    for name, indices, size in _sizes(model, train):
        check_indices(name, indices, size)
    IndexBatches(train, batch_size, generator=generator)  # its complaints, before anything starts
    parts = [model] * processes
    if how == "sharded":
        parts = [_part(model, rank, processes) for rank in range(processes)]
    shuffles = generator.get_state()
    settings = how, l2, shuffles, learning_rate, batch_size, num_epochs
    done = run_on_processes(train_part, [(part, train, *settings) for part in parts])
    losses, states, shuffles, sent, held, seconds = zip(*done, strict=True)
    finite = all(np.isfinite(values).all() for state in states for values in state.values())
    if not (finite and np.isfinite(losses[0]).all()):
        raise ValueError(
            f"training diverged with learning rate {learning_rate:g}: the loss, or a parameter, is "
            f"no longer a finite number. The model is what it was before; try a smaller rate, e.g. "
            f"{learning_rate / 10:g}" + (f", or an l2 below {l2:g}" if l2 > 0 else "")
        )
    _put_together(model, states if how == "sharded" else states[:1])
    generator.set_state(shuffles[0])
    epochs = pd.DataFrame({"epoch": range(1, num_epochs + 1), "learning_rate": learning_rate})
    history = epochs.assign(loss=losses[0])
    return Report(history, float(np.mean(sent)), max(held), max(seconds))


@checked
def train_part(
    model: Trainable, train: Ratings, how: How, l2: NotNegative, shuffles: Tensor,
    learning_rate: Positive, batch_size: TableSize, num_epochs: Epochs,
) -> tuple[Any, ...]:  # fmt: skip
    """What each process does, with its part of the model; torch.distributed must be ready.

    shuffles: the state of a generator; from it, all processes shuffle alike and cut the same
    batches, and of each batch process p takes the rows p, p + n, p + 2n, … Returns the losses, the
    parameters by name, the state after the last shuffle, bytes sent per step, bytes held, seconds.

    If the training has diverged, the last loss is not finite. Raises ValueError in a process that
    is in no group, and for what is no state of a generator.
    """
    _check_group()
    rank, size = dist.get_rank(), dist.get_world_size()
    generator = torch.Generator()
    try:
        generator.set_state(shuffles)
    except (RuntimeError, TypeError) as problem:
        raise ValueError(f"shuffles must be the state of a generator: {problem}") from None
    batches = IndexBatches(train, batch_size, generator=generator)
    layout: Copies | Shards = (
        Shards(model, learning_rate) if how == "sharded" else Copies(model, learning_rate, how)
    )
    dtype, losses, begin = next(model.parameters()).dtype, [], time.perf_counter()
    model.train()
    for _ in range(num_epochs):
        squared_errors = torch.zeros(1, dtype=torch.double)
        for batch in batches:
            rows = len(batch[0])  # of the whole batch: the shares' gradients shall add up to its
            users, movies, ratings = (column[rank::size] for column in batch)
            users, movies = layout.fetch(users, movies)
            loss = ((model(users, movies) - ratings.to(dtype)) ** 2).sum() / rows
            squared_errors += loss.item() * rows
            if l2 > 0:
                loss = loss + l2 * (model.penalty(users, movies).sum() / rows)
            loss.backward()
            layout.step(*batch[:2])
        dist.all_reduce(squared_errors)
        losses.append(squared_errors.item() / len(train.ratings))
        if not math.isfinite(losses[-1]):  # for all processes alike: none waits for another
            break
    seconds = time.perf_counter() - begin
    held = bytes_of(layout.optimizer) + layout.most_borrowed
    state = {name: values.numpy() for name, values in layout.state().items()}
    steps = len(losses) * len(batches)
    return losses, state, generator.get_state(), layout.sent / steps, held, seconds


class Copies:
    """The whole model is here, as in every process; gradients are added up over all of them.

    how: "dense" sends the gradients of all parameters; "sparse", of the tables, only those rows
    that occur in the batch: every process knows the batch, so all send the same rows.
    """

    most_borrowed = 0

    @checked
    def __init__(self, model: nn.Module, learning_rate: Positive, how: How):
        _check_group()
        self.model, self.how, self.sent = model, how, 0.0
        self.optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate, fused=True)

    @checked
    def fetch(self, users: Tensor, movies: Tensor) -> tuple[Tensor, Tensor]:
        """Everything is here already: the indices stay what they are."""
        return users, movies

    @checked
    def step(self, users: Tensor, movies: Tensor) -> None:
        """Add up the gradients of a batch with these users and movies, (n,) each, and step.

        Raises ValueError if a parameter has no gradient.
        """
        gradients: dict[str, Tensor] = {}
        for name, parameter in self.model.named_parameters():
            if parameter.grad is None:
                raise ValueError(f"{name} has no gradient: call backward before the step")
            gradients[name] = parameter.grad
        rows: dict[str, Tensor] = {}
        if self.how == "sparse":
            for tables, indices in zip(_tables(self.model), (users, movies), strict=True):
                rows |= dict.fromkeys((f"{table}.weight" for table in tables), indices.unique())
        parts = {name: g[rows[name]] if name in rows else g for name, g in gradients.items()}
        self.sent += add_up(list(parts.values()))
        for name in rows:
            gradients[name][rows[name]] = parts[name]
        self.optimizer.step()
        self.optimizer.zero_grad()

    def state(self) -> dict[str, Tensor]:
        """All parameters by name."""
        return self.model.state_dict()


class Shards:
    """Of the tables, only the rows that this process owns are here; all else is as in Copies.

    Adam has to be told of a gradient of 0 as well: its means of it shrink, and as long as they are
    not 0 the row moves on. So an owner steps all its rows, whoever asked for them.
    """

    @checked
    def __init__(self, model: nn.Module, learning_rate: Positive):
        _check_tables(model)
        self.model, self.added, self.most_borrowed = model, 0.0, 0
        modules, tables = dict(model.named_modules()), _tables(model)
        of_tables = {f"{name}.weight" for names in tables for name in names}
        self.layers = [p for name, p in model.named_parameters() if name not in of_tables]
        self.sides = [Shard([modules[name] for name in names]) for names in tables]
        owned = [*(side.rows for side in self.sides), *self.layers]
        self.optimizer = torch.optim.Adam(owned, lr=learning_rate, fused=True)

    @checked
    def fetch(self, users: Tensor, movies: Tensor) -> tuple[Tensor, Tensor]:
        """Get the rows of these users and movies from their owners; where they are now."""
        of_users, of_movies = self.sides
        return of_users.fetch(users), of_movies.fetch(movies)

    @checked
    def step(self, users: Tensor, movies: Tensor) -> None:
        """Send each gradient to the owner of its row, get those of our rows, and step.

        Raises ValueError if no rows were fetched, or a parameter has no gradient.
        """
        borrowed = 2 * sum(table.weight.nbytes for side in self.sides for table in side.tables)
        self.most_borrowed = max(self.most_borrowed, borrowed)  # rows, and their gradients
        for side in self.sides:
            side.give_back()
        if self.layers:
            self.added += add_up(gradients_of(self.layers))
        self.optimizer.step()
        self.optimizer.zero_grad()

    @property
    def sent(self) -> float:
        """Bytes sent to other processes so far."""
        return self.added + sum(side.sent for side in self.sides)

    def state(self) -> dict[str, Tensor]:
        """The parameters by name; of the tables, the rows that are owned here."""
        for side in self.sides:
            side._show(side.rows.detach())
        return self.model.state_dict()


class Shard:
    """One side, users or movies: row r of its tables belongs to process r mod n, as row r // n.

    tables: with the rows that this process owns. A user's vector and bias are columns of one row,
    so they travel together. Dealt in turn rather than in blocks, because the first rows of a table
    are often those that are asked for most. Raises ValueError for tables of different heights.
    """

    @checked
    def __init__(self, tables: list[nn.Embedding]):
        _check_group()
        heights = sorted({len(table.weight) for table in tables})
        if len(heights) != 1:
            raise ValueError(f"tables of one side must have equally many rows, got {heights}")
        self.tables, self.sent = tables, 0
        self.widths = [table.weight.shape[1] for table in tables]
        self.rows = nn.Parameter(torch.cat([table.weight.detach() for table in tables], dim=1))

    def fetch(self, indices: Tensor) -> Tensor:
        """Ask the owners for these rows, once each; then the tables hold these rows and no others.

        indices: (n,) rows of the whole tables. Returns (n,) rows of the tables as they are now.
        Raises IndexError for a negative index, and in the process that should own a row, but has
        none there.
        """
        _check_indices(indices)
        size, indices = dist.get_world_size(), indices.long()
        far = 2**32  # more rows than anybody has: sorts the wanted rows by their owners
        wanted, places = (indices % size * far + indices // size).unique(return_inverse=True)
        self.asked = torch.bincount(wanted // far, minlength=size).tolist()  # of each owner
        ones = [1] * size
        self.lent = self._exchange(torch.tensor(self.asked), ones, ones).tolist()  # to each process
        self.lent_rows = self._exchange(wanted % far, self.asked, self.lent)
        if len(self.lent_rows) and int(self.lent_rows.max()) >= len(self.rows):
            raise IndexError(
                f"somebody wants row {int(self.lent_rows.max())} of the {len(self.rows)} that are "
                f"owned here: an index is too large for tables of which this is one of {size} parts"
            )
        self._show(self._exchange(self.rows.detach()[self.lent_rows], self.lent, self.asked))
        return places

    def give_back(self) -> None:
        """Send the gradients of borrowed rows to their owners; add up those of our own rows.

        Raises ValueError if nothing was borrowed, or has no gradient.
        """
        gradients = [table.weight.grad for table in self.tables if table.weight.grad is not None]
        if not hasattr(self, "asked") or len(gradients) < len(self.tables):
            raise ValueError("there is nothing to give back: fetch rows, and then call backward")
        received = self._exchange(torch.cat(gradients, dim=1), self.asked, self.lent)
        self.rows.grad = torch.zeros_like(self.rows).index_add_(0, self.lent_rows, received)

    def _show(self, rows: Tensor) -> None:
        """Let the tables of the model hold these rows, (n, all columns)."""
        for table, columns in zip(self.tables, rows.split(self.widths, dim=1), strict=True):
            table.weight = nn.Parameter(columns.contiguous())

    def _exchange(self, values: Tensor, outgoing: list[int], incoming: list[int]) -> Tensor:
        """Send the first outgoing[0] rows of values to process 0, the next outgoing[1] to 1, …

        Returns what came from all processes: incoming[0] rows from process 0, and so on.
        """
        received = values.new_empty(sum(incoming), *values.shape[1:])
        dist.all_to_all_single(received, values.contiguous(), incoming, outgoing)
        to_others = len(values) - outgoing[dist.get_rank()]
        self.sent += to_others * values[:1].nbytes
        return received


@checked
def add_up(tensors: list[Tensor]) -> float:
    """Each tensor becomes the sum of this one over all processes. Returns the bytes one sends.

    In a ring of n, each process sends a 1/n of the numbers n − 1 times to have it added to, and
    n − 1 times more so that all get the sums: 2 (n − 1) / n of the bytes, however large n is.
    Raises ValueError for no tensor.
    """
    _check_group()
    if len(tensors) == 0:
        raise ValueError("tensors must be one or more: there is nothing to add up")
    message = torch.cat([tensor.reshape(-1) for tensor in tensors])
    dist.all_reduce(message)
    sums = message.split([tensor.numel() for tensor in tensors])
    for tensor, summed in zip(tensors, sums, strict=True):
        tensor.copy_(summed.view_as(tensor))
    size = dist.get_world_size()
    return 2 * (size - 1) / size * message.nbytes


@checked
def gradients_of(parameters: Iterable[Tensor]) -> list[Tensor]:
    """The gradients that the last backward pass has left; a parameter without one is left out."""
    return [p.grad for p in parameters if p.grad is not None]


@checked
def bytes_of(optimizer: torch.optim.Adam) -> int:
    """Parameters, a gradient for each, and the two means that Adam keeps of it."""
    return sum(4 * p.nbytes for group in optimizer.param_groups for p in group["params"])


def _check_group() -> None:
    if not dist.is_initialized():
        raise ValueError(
            "this process is in no process group: call it through `run_on_processes`, or "
            "`join_group` first"
        )


def _check_indices(indices: Tensor) -> None:
    """By hand, because it is asked of every batch. Raises TypeError or IndexError."""
    if not isinstance(indices, Tensor):
        raise TypeError(f"indices must be a tensor, got {shown(indices)}")
    if indices.ndim != 1 or indices.dtype not in (torch.int32, torch.int64):
        raise TypeError(
            f"indices must have one axis of whole numbers, got shape {tuple(indices.shape)} of "
            f"{indices.dtype}"
        )
    if len(indices) and int(indices.min()) < 0:
        raise IndexError(f"indices are counted from 0, got {int(indices.min())}")


def _tables(model: nn.Module) -> list[list[str]]:
    """The names of the tables with a row for each user, and of those with a row for each movie."""
    there = dict(model.named_modules())
    return [[name for name in names if name in there] for names in SIDES]


def _check_tables(model: nn.Module) -> None:
    if not all(_tables(model)):
        raise ValueError(f'the model {type(model).__name__} has no tables U and V: use how="dense"')


def _check_model(model: Trainable, how: How) -> None:
    if how != "dense":
        _check_tables(model)
    if not all(p.requires_grad for p in model.parameters()):
        raise ValueError("some parameters are held: let all of them learn, or train on one process")
    if getattr(model, "dropout", 0) > 0:
        raise ValueError(
            "each process would draw its own dropout, and the losses would not be those of one "
            "process: make the model with dropout=0"
        )


def _sizes(model: Trainable, train: Ratings) -> list[tuple[str, np.ndarray, int]]:
    """What to check: name, indices, and the number of rows there are for them."""
    tables, modules = _tables(model), dict(model.named_modules())
    sides = zip(("user", "movie"), train[:2], tables, strict=True)
    return [(side, ids, len(modules[names[0]].weight)) for side, ids, names in sides if names]


def _part(model: Trainable, rank: int, size: int) -> Trainable:
    """A copy of the model whose tables have only the rows rank, rank + size, …"""
    part = copy.deepcopy(model)
    modules = dict(part.named_modules())
    for table in (modules[name] for names in _tables(part) for name in names):
        table.weight = nn.Parameter(table.weight.detach()[rank::size].clone())
    return part


def _put_together(model: Trainable, states: tuple[dict[str, np.ndarray], ...]) -> None:
    """Take over the parameters; of tables, row r from states[r mod n] at r // n."""
    of_tables = {f"{name}.weight" for names in _tables(model) for name in names}
    for name, values in model.state_dict().items():
        for rank, state in enumerate(states if name in of_tables else states[:1]):
            rows = values[rank :: len(states)] if name in of_tables else values
            rows.copy_(torch.tensor(state[name]))
