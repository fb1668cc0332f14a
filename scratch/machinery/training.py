"""Training in PyTorch: batches of ratings, one loop for all models, and early stopping.

A model is one of those in `scratch.recommenders.torch_models`. The loop runs on CUDA, on Apple's
MPS and on the CPU. Built in notebooks 06 and 08.
"""

import copy
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from scratch.machinery.progress import progress_bar
from scratch.ratings import Ratings, check_training_set

Batch = tuple[Tensor, Tensor, Tensor]  # users (n,), movies (n,), ratings (n,)


class RatingsDataset(Dataset):  # type: ignore[type-arg]  # as it is written in notebook 08
    """Ratings one at a time, as PyTorch's DataLoader wants them."""

    def __init__(self, ratings: Ratings):
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

    def __init__(
        self,
        train: Ratings,
        batch_size: int | None = None,
        *,
        generator: torch.Generator | None = None,
    ):
        check_training_set(train)
        if batch_size is not None and (batch_size < 1 or generator is None):
            raise ValueError("batches need a size of at least 1 and a generator to shuffle by")
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


def to_best_device(model: nn.Module) -> nn.Module:
    """Move a model to CUDA or MPS where there is one, and return it."""
    if torch.cuda.is_available():
        return model.to("cuda")
    if torch.backends.mps.is_available():
        return model.to(torch.float32).to("mps")  # MPS knows no double precision
    return model


def fit(
    model: Trainable,
    batches: Iterable[Batch],
    optimizer: torch.optim.Optimizer,
    num_epochs: int,
    *,
    l2: float = 0.0,
    scheduler: torch.optim.lr_scheduler.LRScheduler | None = None,
    measure: Mapping[str, Ratings] | None = None,
    patience: int | None = None,
    progress: bool = False,
    rows_at_once: int | None = None,
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

    Raises ValueError at the first loss that is not finite, and leaves the model as it was at the
    end of the epoch before; ValueError for less than one epoch, less than one row at once, a
    negative l2, patience without a validation part, and a part to measure that is empty.
    """
    measure = dict(measure or {})
    if num_epochs < 1:
        raise ValueError(f"num_epochs is {num_epochs}: train for at least one epoch")
    if not (l2 >= 0 and math.isfinite(l2)):
        raise ValueError(f"l2 must be a number that is not negative, got {l2}")
    if patience is not None and (patience < 1 or "validation" not in measure):
        raise ValueError('patience must be at least 1 and needs measure={"validation": ...}')
    if rows_at_once is not None and rows_at_once < 1:
        raise ValueError(f"rows_at_once is {rows_at_once}: a piece has at least one row")
    for name, part in measure.items():
        if len(part.ratings) == 0:
            raise ValueError(f"the part {name!r} has no ratings: there is nothing to measure")
    history, best_epoch, best_loss, best = [], 0, math.inf, None
    before = copy.deepcopy(model.state_dict())  # refilled at the beginning of every epoch
    with progress_bar(num_epochs, progress) as bar:
        for epoch in range(1, num_epochs + 1):
            rate = optimizer.param_groups[0]["lr"]
            loss = _run_epoch(model, batches, optimizer, l2, epoch, rows_at_once, before)
            losses = {name: _squared_error(model, part) for name, part in measure.items()}
            history.append({"epoch": epoch, "learning_rate": rate, "loss": loss, **losses})
            shown = losses or {"loss": loss}
            bar.set_description_str(
                ", ".join(f"{name} {value:.4f}" for name, value in shown.items()), refresh=False
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


def fit_in_phases(
    model: Trainable,
    batches: Iterable[Batch],
    phases: Sequence[tuple[int, float, float]],
    measure: Mapping[str, Ratings] | None = None,
    rows_at_once: int | None = None,
) -> pd.DataFrame:
    """Phases of (epochs, learning rate, weight decay), each with an Adam of its own.

    measure and rows_at_once are those of `fit`. Returns one history of all phases, as `fit` does;
    an error of `fit` counts the epochs of its phase. Raises ValueError for no phases.
    """
    if not phases:
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


def fit_in_batches(
    model: Trainable,
    train: Ratings,
    validation: Ratings | None = None,
    *,
    l2: float,
    generator: torch.Generator,
    learning_rate: float = 0.01,
    batch_size: int = 2000,
    num_epochs: int = 10,
    patience: int | None = None,
) -> pd.DataFrame:
    """Adam on batches of batch_size rows, shuffled anew in every epoch by generator.

    validation is measured after every epoch; patience and the returned history are those of `fit`,
    and so are its errors. Built in notebook 06.
    """
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate, fused=True)
    batches = IndexBatches(train, batch_size, generator=generator)
    measure = None if validation is None else {"validation": validation}
    return fit(model, batches, optimizer, num_epochs, l2=l2, measure=measure, patience=patience)


def _squared_error(model: Trainable, part: Ratings) -> float:
    """The mean of error² of the part's ratings, in float64; ValueError if it is not finite."""
    errors = np.asarray(model.predict(*part[:2]), dtype=float) - part.ratings
    mean = float((errors**2).mean())
    if not math.isfinite(mean):
        raise ValueError("a part to measure has a rating or a prediction that is not finite")
    return mean


def _run_epoch(
    model: Trainable,
    batches: Iterable[Batch],
    optimizer: torch.optim.Optimizer,
    l2: float,
    epoch: int,
    rows_at_once: int | None,
    before: dict[str, Tensor],
) -> float:
    """One pass over the batches; returns the mean of error² over their rows."""
    parameter = next(model.parameters())
    for name, values in model.state_dict().items():
        before[name].copy_(values)
    squared_errors, rows = 0.0, 0
    model.train()
    for users, movies, ratings in batches:
        users, movies = users.to(parameter.device), movies.to(parameter.device)
        ratings = ratings.to(parameter.dtype).to(parameter.device)
        optimizer.zero_grad()
        size = rows_at_once or max(len(ratings), 1)
        pieces = (column.split(size) for column in (users, movies, ratings))
        for u, m, r in zip(*pieces, strict=True):
            loss = piece_loss = ((model(u, m) - r) ** 2).mean()
            if l2 > 0:
                loss = loss + l2 * model.penalty(u, m).mean()
            (loss * (len(r) / max(len(ratings), 1))).backward()  # in one piece: exactly the loss
            squared_errors += piece_loss.item() * len(r)
        optimizer.step()
        rows += len(ratings)
        if not math.isfinite(squared_errors):
            break
    if rows == 0:
        raise ValueError("there is not one batch: nothing to learn from")
    # A last step may overshoot with no loss after it to tell. A squared error multiplies up to six
    # parameters: below the eighth root of the largest number there is, it can only be finite.
    limit = torch.finfo(parameter.dtype).max ** (1 / 8)
    largest = [torch.linalg.vector_norm(p.detach(), math.inf) for p in model.parameters()]
    in_bounds = all(size < limit for size in largest)  # False for NaN too
    if not (math.isfinite(squared_errors) and in_bounds):
        model.load_state_dict(before)
        rate = optimizer.param_groups[0]["lr"]
        raise ValueError(
            f"training diverged in epoch {epoch} with learning rate {rate:g}: the loss is no "
            f"longer a finite number. The model is back at the end of epoch {epoch - 1}; try a "
            f"smaller rate, e.g. {rate / 10:g}"
        )
    return squared_errors / rows
