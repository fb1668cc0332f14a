"""Training in PyTorch: batches of ratings, one loop for all models, and early stopping.

A model is one of those in `scratch.recommenders.torch_models`. The loop runs on CUDA, on Apple's
MPS and on the CPU. Built in notebooks 06 and 08.
"""

import copy
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from scratch.checking import Count, NotNegative, Positive, TableSize, Within, checked, shown
from scratch.machinery.progress import progress_bar
from scratch.ratings import Ratings, check_columns, check_training_set

Batch = tuple[Tensor, Tensor, Tensor]  # users (n,), movies (n,), ratings (n,)
HISTORY = "epoch", "learning_rate", "loss"  # its columns, before those of the parts to measure


def _rows(name: str, rows: Any) -> Ratings:
    """What is asked of ratings that become tensors: three columns of one length."""
    if getattr(rows, "_fields", None) != Ratings._fields:
        raise TypeError(f"{name} must be Ratings, as `encode` returns them, got {shown(rows)}")
    users, movies, ratings = check_columns(*rows)
    return Ratings(_for_torch(users, "i"), _for_torch(movies, "i"), _for_torch(ratings, "if"))


def _for_torch(column: np.ndarray, kinds: str) -> np.ndarray:
    """The column, or a copy where PyTorch has no such numbers or can't read them from the end."""
    is_short = column.dtype.kind in kinds and column.dtype.itemsize == 4
    long = np.int64 if kinds == "i" else np.float64
    return np.ascontiguousarray(column, column.dtype.newbyteorder("=") if is_short else long)


def _batches(name: str, batches: Any) -> Any:
    """What is asked of batches; each of them is looked at when its turn comes."""
    is_one = isinstance(batches, str | bytes | Mapping) or getattr(batches, "ndim", 1) == 0
    if is_one or not isinstance(batches, Iterable):
        raise TypeError(
            f"{name} must be IndexBatches, a DataLoader or a list of batches, got {shown(batches)}"
        )
    return batches


Rows = Annotated[Ratings, _rows]
Batches = Annotated[Iterable[Batch], _batches]
Epochs = Annotated[int, Within(1, 1_000_000)]


class RatingsDataset(Dataset):  # type: ignore[type-arg]  # as it is written in notebook 08
    """Ratings one at a time, as PyTorch's DataLoader wants them.

    Raises ValueError for columns that are not equally long, and for a rating that is not finite.
    """

    @checked
    def __init__(self, ratings: Rows):
        self.columns = [torch.tensor(column) for column in ratings]

    def __len__(self) -> int:
        return len(self.columns[0])

    def __getitem__(self, i: int) -> tuple[Tensor, ...]:
        return tuple(column[i] for column in self.columns)


class IndexBatches:
    """Batches cut from whole columns by index: what a DataLoader yields, without touching rows.

    batch_size: None for one batch of everything, in the order given. Otherwise each pass through
    the batches shuffles the rows anew, by generator; the last batch may be smaller.

    Raises ValueError for an empty or cold training set, and for a batch size without generator.
    """

    @checked
    def __init__(
        self,
        train: Rows,
        batch_size: TableSize | None = None,
        *,
        generator: torch.Generator | None = None,
    ):
        train = check_training_set(train)
        if batch_size is not None and generator is None:
            raise ValueError(
                "rows are shuffled into batches of batch_size: give a generator to shuffle by, as "
                "torch.Generator().manual_seed(0)"
            )
        users, movies, ratings = (torch.tensor(column) for column in train)
        self.columns: Batch = users, movies, ratings
        self.batch_size, self.generator = batch_size, generator

    def __len__(self) -> int:
        rows = len(self.columns[0])
        return math.ceil(rows / (self.batch_size or rows))

    def __iter__(self) -> Iterator[Batch]:
        if self.batch_size is None:
            return iter([self.columns])
        order = torch.randperm(len(self.columns[0]), generator=self.generator)
        shuffled = (column[order].split(self.batch_size) for column in self.columns)
        return zip(*shuffled, strict=True)


class Trainable(nn.Module):
    """What `fit` trains: its forward gives the stars of n pairs, and there are two methods more."""

    def penalty(self, users: Tensor, movies: Tensor) -> Tensor:
        """For L2: the sum of squares of all numbers that belong to each pair; all shapes (n,)."""
        raise NotImplementedError(f"{type(self).__name__} has no penalty: train it with l2=0")

    def predict(self, users: np.ndarray, movies: np.ndarray) -> np.ndarray:
        """Predicted stars, to measure: users and movies are (n,) indices, the result (n,)."""
        raise NotImplementedError(
            f"{type(self).__name__} has no predict: give it no part to measure"
        )


@checked
def to_best_device(model: nn.Module) -> nn.Module:
    """Move a model to CUDA or MPS where there is one, and return it."""
    if torch.cuda.is_available():
        return model.to("cuda")
    if torch.backends.mps.is_available():
        return model.to(torch.float32).to("mps")  # MPS knows no double precision
    return model


@checked
def fit(
    model: Trainable,
    batches: Batches,
    optimizer: torch.optim.Optimizer,
    num_epochs: Epochs,
    *,
    l2: NotNegative = 0.0,
    scheduler: torch.optim.lr_scheduler.LRScheduler | None = None,
    measure: Mapping[str, Ratings] | None = None,
    patience: Count | None = None,
    progress: bool = False,
    rows_at_once: Count | None = None,
) -> pd.DataFrame:
    """Step down the gradient of the mean of error² + l2 · penalty, batch by batch.

    batches: IndexBatches, a DataLoader, or anything that yields users, movies and ratings.
    scheduler: stepped once an epoch. measure: parts whose MSE is wanted after every epoch.
    patience: stop after so many epochs without a better MSE on measure["validation"], and go back
    to the best epoch. progress: show a bar. rows_at_once: go through a batch in pieces of so many
    rows, add up their gradients, and then step. It is the same step but for rounding (dropout is
    drawn for each piece), and a large batch takes less memory and time.

    Returns the history, a row per epoch: epoch (from 1), learning_rate, loss (the mean of error²
    while training: each batch before its own step, dropout at work) and one column for each part.

    Raises ValueError at the first loss that is not finite, and leaves model and optimizer as they
    were at the end of the epoch before; so it does after Ctrl+C, and at a batch that is no three
    tensors of one length, or has an index that the model does not know (IndexError). Before it
    begins, ValueError for an optimizer of another model, patience without a validation part, and a
    part to measure that is empty, has a rating that is not finite, or the name of another column
    of the history.
    """
    _check_optimizer(model, optimizer, scheduler)
    parts = {name: _part_to_measure(name, part) for name, part in (measure or {}).items()}
    if patience is not None and "validation" not in parts:
        raise ValueError('patience needs a part to watch: measure={"validation": ...}')
    history, best_epoch, best_loss, best = [], 0, math.inf, None
    before = copy.deepcopy(model.state_dict())  # refilled at the beginning of every epoch
    with progress_bar(num_epochs, progress) as bar:
        for epoch in range(1, num_epochs + 1):
            rate = float(optimizer.param_groups[0]["lr"])
            for name, values in model.state_dict().items():
                before[name].copy_(values)
            moments = copy.deepcopy(optimizer.state_dict())
            try:
                loss = _run_epoch(model, batches, optimizer, l2, epoch, rows_at_once)
            except BaseException:  # Ctrl+C, too
                model.load_state_dict(before)
                optimizer.load_state_dict(moments)
                raise
            losses = {name: _squared_error(model, part) for name, part in parts.items()}
            history.append({"epoch": epoch, "learning_rate": rate, "loss": loss, **losses})
            to_show = losses or {"loss": loss}
            bar.set_description_str(
                ", ".join(f"{name} {value:.4f}" for name, value in to_show.items()), refresh=False
            )
            bar.update()
            if scheduler is not None:
                scheduler.step()
            if patience is None:
                continue
            if losses["validation"] < best_loss:
                best_epoch, best_loss = epoch, losses["validation"]
                best = copy.deepcopy(model.state_dict())
            elif epoch - best_epoch >= patience:
                break
    if best is not None:
        model.load_state_dict(best)
    return pd.DataFrame(history)


@checked
def fit_in_phases(
    model: Trainable,
    batches: Batches,
    phases: Sequence[tuple[Epochs, Positive, NotNegative]],
    measure: Mapping[str, Ratings] | None = None,
    rows_at_once: Count | None = None,
) -> pd.DataFrame:
    """Phases of (epochs, learning rate, weight decay), each with an Adam of its own.

    measure and rows_at_once are those of `fit`. Returns one history of all phases, as `fit` does;
    an error of `fit` counts the epochs of its phase. Raises ValueError for no phases.
    """
    if len(phases) == 0:
        raise ValueError("there is not one phase: give (epochs, learning rate, weight decay)")
    histories = []
    for num_epochs, rate, decay in phases:
        optimizer = torch.optim.Adam(model.parameters(), rate, weight_decay=decay, fused=True)
        history = fit(
            model, batches, optimizer, num_epochs, measure=measure, rows_at_once=rows_at_once
        )
        histories.append(history)
    history = pd.concat(histories, ignore_index=True)
    return history.assign(epoch=history.index + 1)


@checked
def fit_in_batches(
    model: Trainable,
    train: Ratings,
    validation: Ratings | None = None,
    *,
    l2: NotNegative,
    generator: torch.Generator,
    learning_rate: Positive = 0.01,
    batch_size: TableSize = 2000,
    num_epochs: Epochs = 10,
    patience: Count | None = None,
) -> pd.DataFrame:
    """Adam on batches of batch_size rows, shuffled anew in every epoch by generator.

    validation is measured after every epoch; patience and the returned history are those of `fit`,
    and so are its errors. Built in notebook 06.
    """
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate, fused=True)
    batches = IndexBatches(train, batch_size, generator=generator)
    measure = None if validation is None else {"validation": validation}
    return fit(model, batches, optimizer, num_epochs, l2=l2, measure=measure, patience=patience)


def _check_optimizer(
    model: Trainable,
    optimizer: torch.optim.Optimizer,
    scheduler: torch.optim.lr_scheduler.LRScheduler | None,
) -> None:
    own = {id(parameter) for parameter in model.parameters()}
    if own.isdisjoint(id(p) for group in optimizer.param_groups for p in group["params"]):
        raise ValueError(
            f"the optimizer has no parameter of this {type(model).__name__}, which would learn "
            "nothing: make the optimizer of model.parameters()"
        )
    if isinstance(optimizer, torch.optim.LBFGS):
        raise TypeError("the optimizer LBFGS computes losses itself: take one such as Adam or SGD")
    if isinstance(scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau):
        raise TypeError("the scheduler ReduceLROnPlateau waits for losses: take one by epochs")
    if scheduler is not None and scheduler.optimizer is not optimizer:
        raise ValueError("the scheduler is of another optimizer: make it of the one that you give")


def _part_to_measure(name: str, part: Ratings) -> Ratings:
    if name in HISTORY:
        raise ValueError(
            f"a part to measure can't be called {name!r}, as another column of the history is: "
            "give it another name in measure"
        )
    try:
        part = check_columns(*part)
    except (TypeError, ValueError) as problem:
        raise type(problem)(f"the part {name!r} to measure: {problem}") from None
    if len(part.ratings) == 0:
        raise ValueError(f"the part {name!r} has no ratings: there is nothing to measure")
    return part


def _squared_error(model: Trainable, part: Ratings) -> float:
    """The mean of error² of the part's ratings, in float64; ValueError if it is not finite."""
    predicted = np.asarray(model.predict(*part[:2]), dtype=float)
    if predicted.shape != part.ratings.shape:  # the difference would be a table
        raise ValueError(
            f"{type(model).__name__}.predict must give one number for each pair, and gives an "
            f"array of shape {predicted.shape} for {len(part.ratings)} pairs"
        )
    with np.errstate(over="ignore"):
        mean = float(((predicted - part.ratings) ** 2).mean())
    if not math.isfinite(mean):
        raise ValueError("a part to measure has a rating or a prediction that is not finite")
    return mean


def _check_batch(batch: Any) -> Batch:
    """Three tensors with an axis of one length. By hand, because it is asked of every batch."""
    is_three = isinstance(batch, tuple | list) and len(batch) == 3
    if not (is_three and all(isinstance(column, Tensor) for column in batch)):
        raise TypeError(
            f"each of the batches must be three tensors, users, movies and ratings, got "
            f"{shown(batch)}"
        )
    users, movies, ratings = batch
    if not (users.shape == movies.shape == ratings.shape and users.ndim == 1):
        sizes = ", ".join(str(tuple(column.shape)) for column in batch)
        raise ValueError(
            f"each of the batches must be three tensors of one length, one user, one movie and one "
            f"rating a row, got shapes {sizes}"
        )
    return users, movies, ratings


def _run_epoch(
    model: Trainable,
    batches: Iterable[Batch],
    optimizer: torch.optim.Optimizer,
    l2: float,
    epoch: int,
    rows_at_once: int | None,
) -> float:
    """One pass over the batches; returns the mean of error² over their rows."""
    parameter = next(model.parameters())
    squared_errors, rows, ratings = 0.0, 0, torch.empty(0)
    model.train()
    for batch in batches:
        users, movies, ratings = _check_batch(batch)
        if len(ratings) == 0:
            continue
        users, movies = users.to(parameter.device), movies.to(parameter.device)
        ratings = ratings.to(parameter.dtype).to(parameter.device)
        optimizer.zero_grad()
        size = min(rows_at_once or len(ratings), len(ratings))
        pieces = (column.split(size) for column in (users, movies, ratings))
        for u, m, r in zip(*pieces, strict=True):
            predicted = model(u, m)
            if predicted.shape != r.shape:  # the difference would be a table
                raise ValueError(
                    f"{type(model).__name__} must give one number for each pair, and gives a "
                    f"tensor of shape {tuple(predicted.shape)} for {len(r)} pairs"
                )
            loss = piece_loss = ((predicted - r) ** 2).mean()
            if l2 > 0:
                loss = loss + l2 * model.penalty(u, m).mean()
            (loss * (len(r) / len(ratings))).backward()  # in one piece: exactly the loss
            squared_errors += piece_loss.item() * len(r)
        optimizer.step()
        rows += len(ratings)
        if not math.isfinite(squared_errors):
            break
    if rows == 0:
        again = " any more: they can be gone through only once" if epoch > 1 else ""
        raise ValueError(f"there is not one batch in batches{again}: nothing to learn from")
    # A last step may overshoot with no loss after it to tell. A squared error multiplies up to six
    # parameters: below the eighth root of the largest number there is, it can only be finite.
    limit = torch.finfo(parameter.dtype).max ** (1 / 8)
    largest = [torch.linalg.vector_norm(p.detach(), math.inf) for p in model.parameters()]
    in_bounds = all(size < limit for size in largest)  # False for NaN too
    if not (math.isfinite(squared_errors) and in_bounds):
        rate = float(optimizer.param_groups[0]["lr"])
        advice = f"try a smaller rate, e.g. {rate / 10:g}"
        if l2 > 0:
            advice += f", or an l2 below {l2:g}"
        if not torch.isfinite(ratings).all():
            advice = "a rating of the last batch isn't one either: leave such rows out"
        raise ValueError(
            f"training diverged in epoch {epoch} with learning rate {rate:g}: the loss is no "
            f"longer a finite number. The model is back at the end of epoch {epoch - 1}; {advice}"
        )
    return squared_errors / rows
