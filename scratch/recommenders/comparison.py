"""All models in one table: each is fitted to the same split and judged by every measure.

Introduced in notebook 12.
"""

import itertools
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scratch.evaluation.metrics import rmse
from scratch.evaluation.protocol import Part, Split
from scratch.evaluation.report import Report, judge
from scratch.machinery.progress import progress_bar
from scratch.ratings import IdMap
from scratch.recommenders.fitted import Model, Recommender


class Comparison(NamedTuple):
    """What `compare_models` finds: a table of means, a row per model, and the Report of each."""

    table: pd.DataFrame
    reports: dict[str, Report]
    users: IdMap

    def of_users(self, measure: str) -> pd.DataFrame:
        """One measure of each user's list (row, by user_id) by each model (column)."""
        columns = {name: report.users[measure] for name, report in self.reports.items()}
        found = pd.DataFrame(columns)
        return found.set_axis(pd.Index(self.users.ids[found.index], name="user_id"))


def compare_models(
    models: Mapping[str, Model],
    split: Split,
    on: Part = "validation",
    *,
    genres: np.ndarray | None = None,
    seed: int = 0,
    progress: bool = False,
) -> Comparison:
    """Fit each model to the training part and judge its stars and its lists on the part `on`.

    The table has RMSE in stars, of all ratings of the part, NaN for a model that predicts none;
    then the measures of `scratch.evaluation.report.judge`, to which genres go. Nothing that
    depends on the clock is in it: `costs` measures that. seed: of each model's random starts.
    Raises what a model or `judge` raises, with the name of the model.
    """
    part, rows, reports = getattr(split, on), {}, {}
    with progress_bar(len(models), progress, unit="model") as bar:
        for name, model in models.items():
            try:
                fitted = Recommender(model, seed=seed).fit_split(split)
                reports[name] = judge(fitted.scores, split, on, genres=genres)
                error = np.nan
                if hasattr(model, "stars"):
                    error = rmse(model.stars(fitted.arrays, *part[:2]), part.ratings)
            except ValueError as problem:
                raise ValueError(f"{name}: {problem}") from None
            rows[name] = pd.concat([pd.Series({"RMSE": error}), reports[name].means])
            bar.update()
    return Comparison(pd.DataFrame(rows).T, reports, split.users)


def settings_of(grid: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Every combination of a grid's values: {"k": (8, 16), "l2": (1.0,)} gives two settings."""
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]


def tune(
    kind: type,
    grid: Mapping[str, Sequence[Any]],
    split: Split,
    *,
    measure: str = "NDCG",
    seed: int = 0,
) -> pd.DataFrame:
    """Each setting of the grid tried on the validation part, best first by `measure`.

    A row per setting: its values, RMSE, recall, NDCG, and `model`, the settings as an object. RMSE
    is best when it is low, all else when it is high. Settings that tie stand in the grid's order.
    Raises ValueError for an empty grid, KeyError for an unknown measure, and what `compare_models`
    raises.
    """
    tried = settings_of(grid)
    if not tried:
        raise ValueError(f"the grid {dict(grid)} has no settings to try")
    models = {str(number): kind(**settings) for number, settings in enumerate(tried)}
    table = compare_models(models, split, seed=seed).table.reset_index(drop=True)
    found = pd.concat([pd.DataFrame(tried), table], axis=1).assign(model=list(models.values()))
    return found.sort_values(measure, ascending=measure == "RMSE", kind="stable", ignore_index=True)


def costs(models: Mapping[str, Model], split: Split, seed: int = 0) -> pd.DataFrame:
    """What each model costs on this machine, now: seconds to fit, and megabytes it keeps."""
    rows = {}
    for name, model in models.items():
        start = time.perf_counter()
        fitted = Recommender(model, seed=seed).fit_split(split)
        seconds = time.perf_counter() - start
        rows[name] = {
            "seconds": seconds, "MB": sum(a.nbytes for a in fitted.arrays.values()) / 1e6,
        }  # fmt: skip
    return pd.DataFrame(rows).T
