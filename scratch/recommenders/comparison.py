"""All models in one table: each is fitted to the same split and judged by every measure.

Introduced in notebook 12.
"""

import itertools
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scratch.checking import Size, TableArray, checked
from scratch.evaluation.metrics import rmse
from scratch.evaluation.protocol import Part, Split
from scratch.evaluation.report import OF_LISTS, TOGETHER, Report, judge
from scratch.machinery.progress import progress_bar
from scratch.ratings import IdMap
from scratch.recommenders.fitted import Model, Recommender

MEASURES = ("RMSE", *OF_LISTS, *TOGETHER)  # the columns of a comparison; genres bring one more


class Comparison(NamedTuple):
    """What `compare_models` finds: a table of means, a row per model, and the Report of each."""

    table: pd.DataFrame
    reports: dict[str, Report]
    users: IdMap

    @checked
    def of_users(self, measure: str) -> pd.DataFrame:
        """One measure of each user's list (row, by user_id) by each model (column).

        Raises KeyError for a measure that is none of a single list.
        """
        known = next(iter(self.reports.values())).users.columns
        if measure not in known:
            raise KeyError(f"no list has the measure {measure!r}, only {', '.join(known)}")
        columns = {name: report.users[measure] for name, report in self.reports.items()}
        found = pd.DataFrame(columns)
        return found.set_axis(pd.Index(self.users.ids[found.index], name="user_id"))


@checked
def compare_models(
    models: Mapping[Any, Model],
    split: Split,
    on: Part = "validation",
    *,
    genres: TableArray | None = None,
    seed: Size = 0,
    progress: bool = False,
) -> Comparison:
    """Fit each model to the training part and judge its stars and its lists on the part `on`.

    The table has RMSE in stars, of all ratings of the part, NaN for a model that predicts none;
    then the measures of `scratch.evaluation.report.judge`, to which genres go. Nothing that
    depends on the clock is in it: `costs` measures that. seed: of each model's random starts.
    Raises ValueError without a model, and what a model or `judge` raises, with the name of the
    model.
    """
    _refuse_none(models)
    split.part("train")
    part, rows, reports = split.part(on), {}, {}
    with progress_bar(len(models), progress, unit="model") as bar:
        for name, model in models.items():
            try:
                fitted = Recommender(model, seed=seed).fit_split(split)
                reports[name] = judge(fitted.scores, split, on, genres=genres)
                error = np.nan
                if hasattr(model, "stars"):
                    error = rmse(model.stars(fitted.arrays, *part[:2]), part.ratings)
            except (TypeError, ValueError) as problem:
                kind = TypeError if isinstance(problem, TypeError) else ValueError
                raise kind(f"{name}: {problem}") from None
            rows[name] = pd.concat([pd.Series({"RMSE": error}), reports[name].means])
            bar.update()
    return Comparison(pd.DataFrame(rows).T, reports, split.users)


@checked
def settings_of(grid: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Every combination of a grid's values: {"k": (8, 16), "l2": (1.0,)} gives two settings."""
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]


@checked
def tune(
    kind: type,
    grid: Mapping[str, Sequence[Any]],
    split: Split,
    *,
    measure: str = "NDCG",
    seed: Size = 0,
) -> pd.DataFrame:
    """Each setting of the grid tried on the validation part, best first by `measure`.

    A row per setting: its values, RMSE, recall, NDCG, and `model`, the settings as an object. RMSE
    is best when it is low, all else when it is high. Settings that tie stand in the grid's order.
    Raises ValueError for an empty grid, or a measure that none of the models has; KeyError for an
    unknown measure, TypeError for settings that the kind of model has not, and what
    `compare_models` raises.
    """
    tried = settings_of(grid)
    if not tried:
        raise ValueError(f"the grid {dict(grid)} has no settings to try")
    if measure not in MEASURES:
        raise KeyError(f"there is no measure {measure!r}, only {', '.join(MEASURES)}")
    models = {str(number): _made(kind, settings) for number, settings in enumerate(tried)}
    table = compare_models(models, split, seed=seed).table.reset_index(drop=True)
    if table[measure].isna().any():
        raise ValueError(f"{kind.__name__} has no {measure} by which settings could be told apart")
    found = pd.concat([pd.DataFrame(tried), table], axis=1).assign(model=list(models.values()))
    return found.sort_values(measure, ascending=measure == "RMSE", kind="stable", ignore_index=True)


@checked
def costs(models: Mapping[Any, Model], split: Split, seed: Size = 0) -> pd.DataFrame:
    """What each model costs on this machine, now: seconds to fit, and megabytes it keeps.

    Raises ValueError without a model, and what a model raises.
    """
    _refuse_none(models)
    rows = {}
    for name, model in models.items():
        start = time.perf_counter()
        fitted = Recommender(model, seed=seed).fit_split(split)
        seconds = time.perf_counter() - start
        rows[name] = {
            "seconds": seconds, "MB": sum(a.nbytes for a in fitted.arrays.values()) / 1e6,
        }  # fmt: skip
    return pd.DataFrame(rows).T


def _refuse_none(models: Mapping[Any, Model]) -> None:
    if not models:
        raise ValueError("models is empty: give at least one, as {name: the model}")


def _made(kind: type, settings: Mapping[str, Any]) -> Any:
    """A model with these settings; raises TypeError for those that it has not."""
    try:
        return kind(**settings)
    except TypeError as problem:
        raise TypeError(f"the kind {kind.__name__} takes no such grid: {problem}") from None
