"""Good calls of `scratch.plots`."""

import functools
import importlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from scratch import plots
from scratch.recommenders.adapters import Popular
from scratch.recommenders.fitted import Recommender

TITLE = {"title": "t"}
AXES = {"title": "t", "xlabel": "x", "ylabel": "y"}
LABELS = {"title": "t", "xlabel": "x"}
PLANE = np.array([[0.0, 1.0], [2.0, -1.0], [1.0, 1.5]])


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(0.1, 0.9, shape)


def table(**more: object) -> pd.DataFrame:
    """Two rivals with three numbers each."""
    return pd.DataFrame(numbers(2, 3), ["one", "two"], ["low", "mean", "high"]).assign(**more)


def history() -> pd.DataFrame:
    return pd.DataFrame({"epoch": [1, 2], "train": [3.0, 1.0], "validation": [4.0, 2.0]})


def dated() -> dict[str, pd.DataFrame]:
    part = pd.DataFrame({"user_id": [1, 2], "when": [0.5, 3.0]})
    return {"train": part, "validation": part, "test": part}


def movies() -> pd.DataFrame:
    return pd.DataFrame({"movie_id": [1, 2, 3], "title": ["A", "B", "C"]})


@functools.cache
def fitted() -> Recommender:
    ratings = pd.DataFrame({"user_id": [7, 7, 8], "movie_id": [1, 2, 3], "rating": [5.0, 4, 5]})
    return Recommender(Popular()).fit(ratings)


def listed() -> dict[str, pd.DataFrame]:
    return {"Popular": pd.DataFrame({"movie_id": [2, 3], "because": [1, pd.NA]})}


GOOD = {
    "plots.ablation.prediction_steps": lambda: {"parts": table(), **LABELS},
    "plots.ablation.nearest_films": lambda: {
        "nearest": {"A": [("B", 0.9), ("C", 0.5)], "B": [("A", 0.9), ("C", 0.2)]}, **LABELS,
    },
    "plots.clusters.coloured_batches": lambda: {"order": [2, 0, 3, 1], "size": 2, **TITLE},
    "plots.clusters.two_maps": lambda: {"film": "A", "right": (3, "A"), "wrong": (5, "B"), **TITLE},
    "plots.clusters.layer_sizes": lambda: {"sizes": numbers(3, 2), "epochs": [1, 2, 3], **TITLE},
    "plots.clusters.genre_shares": lambda: {"times": table(), **TITLE},
    "plots.clusters.beside_chance": lambda: {
        "found": 0.7, "shuffles": {"one": numbers(9), "two": numbers(8)}, **LABELS,
    },
    "plots.clusters.agreements": lambda: {
        "found": {"one": numbers(3), "two": numbers(3)},
        "chance": {"one": numbers(3), "two": numbers(3)}, **TITLE, "what_chance_is": "by chance",
    },
    "plots.concepts.concept_map": lambda: {
        "titles": {0: "A", 1: "B"}, "needs": {1: [0]}, "places": {0: (0, 1), 1: (1, 1)},
        "parts": {"I": [0, 1]},
    },
    "plots.crews.row_blocks": lambda: {
        "table": np.array([[1, 0, 1], [0, 1, 0], [1, 1, 0]]), "owners": [0, 1, 0], **TITLE,
    },
    "plots.curves.learning_curves": lambda: {
        "history": history(), **TITLE, "baselines": {"biases": 0.9}, "ylim": (0.0, 5.0),
    },
    "plots.descent.path_on_contours": lambda: {
        "loss": lambda x, y: x * x + y, "path": [PLANE, PLANE[:2]], **AXES, "xlim": (-3.0, 3.0),
        "ylim": (-2.0, 2.0), "labels": ["one", "two"],
    },
    "plots.dots.dots_by_row": lambda: {
        "results": {"one": [1.0, 2.0], "two": [1.5]}, **LABELS, "lines": {"biases": 1.2},
        "middle": "mean", "highlighted": "one", "right": 1.8,
    },
    "plots.factors.product_blocks": lambda: {
        "U": numbers(3, 2), "V": numbers(2, 2), **TITLE, "users": ["a", "b", "c"],
        "movies": ["A", "B"], "lit": (2, 1), "names": ("U", "V", "UV"),
    },
    "plots.factors.moving_points": lambda: {
        "tracks": numbers(4, 2, 2), "labels": ["one", "two"], **AXES, "cloud": PLANE.copy(),
    },
    "plots.factors.stars_by_stars": lambda: {
        "predicted": 5 * numbers(4), "actual": np.array([1.0, 2, 2, 5]), **TITLE,
    },
    "plots.implicit.loss_curves": lambda: {
        "curves": {"one": numbers(5), "two": numbers(5)}, "constant": 0.5, **TITLE,
    },
    "plots.implicit.constant_costs": lambda: {
        "densities": {"one": (0.1, 1.0), "two": (0.1, 0.2)}, **TITLE,
    },
    "plots.implicit.reconstruction": lambda: {
        "observed": np.array([1.0, 0, 1]), "predictions": {"one": numbers(3)},
        "labels": ["A", "B", "C"], **TITLE, "hidden": 2,
    },
    "plots.implicit.score_histograms": lambda: {
        "groups": {"ones": numbers(9), "zeros": numbers(7)}, **LABELS, "bins": 10,
    },
    "plots.implicit.found_on_the_way_down": lambda: {"passed": {"one": numbers(6)}, **TITLE},
    "plots.maps.labelled_map": lambda: {
        "points": PLANE.copy(), "labels": ["a", "b", "c"], **AXES, "background": PLANE + 1,
    },
    "plots.neighbourhoods.angles": lambda: {"pairs": {"one": ([1.0, 1.0], [0.0, 2.0])}},
    "plots.neighbourhoods.votes": lambda: {
        "you": "you", "neighbors": {"a": 2.0, "b": 1.0}, "items": {"a": ["X"], "b": ["X", "Y"]},
        **TITLE, "numbers": ".1f",
    },
    "plots.neighbourhoods.on_its_side": lambda: {
        "table": np.array([[1, 0, 1], [0, 1, 0]]), "row_labels": ["a", "b"],
        "column_labels": ["A", "B", "C"], "column": 1,
    },
    "plots.networks.embedding_lookup": lambda: {
        "U": numbers(3, 2), "V": numbers(2, 2), "user": 1, "movie": 0,
        "user_labels": ["a", "b", "c"], "movie_labels": ["A", "B"],
    },
    "plots.networks.network_diagram": lambda: {
        "layers": [[1.0, 2.0], [0.5]], "weights": [np.array([[0.5, -1.0]])],
        "names": [["x", "y"], ["z"]], **TITLE,
    },
    "plots.panel.RatingPanel": lambda: {
        "movies": movies(), "movie_ids": [1, 3], "recommenders": {"Popular": fitted()},
        "path": Path(tempfile.gettempdir()) / "nobody.csv", "places": 2,
    },
    "plots.panel.lists_as_html": lambda: {"lists": listed(), "titles": {1: "A", 2: "B", 3: "C"}},
    "plots.posteriors.beliefs": lambda: {
        "grid": np.linspace(0, 1, 5), "densities": {"one": numbers(5), "two": numbers(5)}, **LABELS,
    },
    "plots.posteriors.clouds": lambda: {
        "likely": {"one": (np.zeros(2), np.eye(2), PLANE.copy())}, "labels": ("x", "y"), **TITLE,
        "path": True,
    },
    "plots.posteriors.draws_and_average": lambda: {
        "of_draws": numbers(4), "of_averages": numbers(4), "baselines": {"biases": 0.9}, **TITLE,
        "ylabel": "RMSE",
    },
    "plots.posteriors.calibration": lambda: {
        "expected": {"one": numbers(3)}, "found": {"one": numbers(3)}, **TITLE,
        "labels": ("x", "y"),
    },
    "plots.rankings.stacked_bars": lambda: {
        "values": numbers(3, 2), "labels": ["a", "b", "c"], "parts": ["A", "B"], **LABELS,
    },
    "plots.rankings.overlap": lambda: {
        "first": 20, "second": 30, "both": 10, "names": ("A", "B"), **TITLE,
    },
    "plots.rankings.course_map": lambda: {"parts": {"I": ["00 A", "01 B"], "II": ["2"]}, **TITLE},
    "plots.rankings.ghosts": lambda: {
        "films": {"A": [5.0], "B": [4.0, 5.0]}, "damping": 3, "center": 3.5, **TITLE,
    },
    "plots.rankings.pulled": lambda: {
        "counts": np.array([1.0, 20]), "means": numbers(2), "damped": numbers(2), "center": 0.5,
        **TITLE,
    },
    "plots.rankings.parts_of_split": lambda: {
        "sizes": {"train": 70, "test": 30}, "uses": ["learn", "report"], **TITLE,
    },
    "plots.rankings.sweep": lambda: {
        "table": pd.DataFrame(numbers(3, 2), [1.0, 10, 100], ["a", "b"]), **AXES,
        "baselines": {"biases": 0.9},
    },
    "plots.rates.steps_on_parabola": lambda: {
        "curvature": 4.0, "rates": [0.1, 0.4], "start": 1.0, "steps": 3,
    },
    "plots.rates.loss_by_rate": lambda: {
        "losses": {"SGD": {0.1: 0.5, 1.0: 9.0}, "Adam": {0.1: 0.4}}, "start_loss": 1.0,
        "constant": 0.6, **TITLE,
    },
    "plots.rates.loss_by_step": lambda: {
        "curves": {"SGD": numbers(9), "Adam": numbers(9)}, "constant": 0.6, **LABELS,
    },
    "plots.rates.dots_on_log_axis": lambda: {
        "groups": {"one": {"SGD": [0.1, np.inf], "Adam": [0.2]}}, **LABELS, "line": ("best", 0.5),
    },
    "plots.rates.limits": lambda: {
        "expected": [1.0, 10.0], "found": [2.0, 15.0], "labels": ["a", "b"], **TITLE,
    },
    "plots.rivals.intervals": lambda: {"table": table(), **LABELS, "highlighted": ["one"]},
    "plots.rivals.slopes": lambda: {
        "table": table(), "title": "t", "ylabel": "y", "highlighted": ["two"], "upside_down": True,
    },
    "plots.rivals.timelines": lambda: {
        "splits": {"by time": dated()}, "users": [1, 2], "xlabel": "x",
    },
    "plots.scale.outer_products": lambda: {"vectors": numbers(2, 2), **TITLE},
    "plots.scale.growth": lambda: {
        "sizes": [1e3, 1e4], "measured": {"one": [1.0, 9.0], "two": [2.0, 3.0]}, **AXES,
    },
    "plots.searches.product_and_distance": lambda: {
        "items": PLANE.copy(), "names": ["A", "B", "C"], "query": np.array([1.0, 0.5]), **TITLE,
    },
    "plots.searches.on_a_circle": lambda: {"values": np.array([-1.0, 0.5, 2.0]), **TITLE},
    "plots.searches.cells_in_a_plane": lambda: {
        "points": PLANE.copy(), "middles": PLANE[:2] + 0.1, "query": np.array([1.0, 0.5]),
        "num_probed": 1, **TITLE,
    },
    "plots.searches.found_by_cost": lambda: {
        "axes": list(plots.panels(["a"], "x", "y")[1]),
        "curves": [{"one": (np.array([10.0, 100]), numbers(2))}],
    },
    "plots.style.cut": lambda: {"text": "a long text", "room": 5},
    "plots.style.figure": lambda: dict(AXES),
    "plots.style.panels": lambda: {"titles": ["a", "b"], "xlabel": "x", "ylabel": "y"},
    "plots.tables.heat_map": lambda: {
        "table": numbers(2, 3), **AXES, "row_labels": ["a", "b"], "column_labels": ["A", "B", "C"],
        "marked": np.eye(2, 3, dtype=bool), "numbers": ".1f", "colorbar": "stars",
    },
}  # fmt: skip
ROWS = np.ones((2, 2))
VALUES = {
    "numbers": ROWS[0], "above_zero": ROWS[0], "table": ROWS, "cells": ROWS, "places": ROWS,
    "point": ROWS[0], "shares": ROWS[0], "limits": (0.0, 1.0), "number_format": ".2f",
}  # fmt: skip
GOOD |= {
    f"plots.drawable.as_{what}": lambda value=value: {"name": "value", "value": value}
    for what, value in VALUES.items()
}
GOOD |= {
    "plots.drawable.check_some": lambda: {"name": "things", "things": ["a"], "most": 3},
    "plots.drawable.check_as_many": lambda: {
        "name": "things", "things": ["a"], "count": 1, "of": "rows",
    },
}  # fmt: skip


def drawn(name: str, made: Callable[[], Any]) -> Any:
    """A good call after which all figures are drawn, as a notebook does, and closed."""
    module, _, function = f"scratch.{name}".rpartition(".")
    draw = getattr(importlib.import_module(module), function)

    @functools.wraps(draw)
    def draw_and_close(*args: Any, **kwargs: Any) -> Any:
        try:
            result = draw(*args, **kwargs)
            for number in plt.get_fignums():
                plt.figure(number).set_dpi(20)
                plt.figure(number).canvas.draw()
            return result
        finally:
            plt.close("all")

    return draw_and_close, made()


CALLS = {name: functools.partial(drawn, name, made) for name, made in GOOD.items()}

MAY_HOLD = {"plots.drawable.as_cells": "NaN is a cell without a number"}
EXCUSED = {"plots.style.as_written": "it stands before functions, in the package alone"}
