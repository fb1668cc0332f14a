"""Good calls of `scratch.plots`."""

import functools
import importlib
import tempfile
from collections.abc import Callable, Iterable
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
OPTIMIZERS = ["SGD", "Momentum", "Nesterov", "Adagrad", "RMSProp", "Adam", "AdamW"]
PLANE = np.array([[0.0, 1.0], [2.0, -1.0], [1.0, 1.5]])


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(0.1, 0.9, shape)


def lettered(values: Iterable[Any]) -> dict[str, Any]:
    """Values named a, b, c and so on."""
    return {chr(ord("a") + place): value for place, value in enumerate(values)}


def table(**more: object) -> pd.DataFrame:
    """Two rivals with three numbers each."""
    return pd.DataFrame(numbers(2, 3), ["one", "two"], ["low", "mean", "high"]).assign(**more)


def steps() -> pd.DataFrame:
    """What three predictions are made of: the last step goes up, down or nowhere."""
    columns = {"mean": [3.5, 3.4, 3.6], "user": [0.5, -0.3, 0.2], "movie": [1.0, -0.7, 0.0]}
    return pd.DataFrame(columns, [*"abc"])


def history() -> pd.DataFrame:
    return pd.DataFrame({"epoch": [1, 2], "train": [3.0, 1.0], "validation": [4.0, 2.0]})


def dated() -> dict[str, pd.DataFrame]:
    part = pd.DataFrame({"user_id": [1, 2, 3], "when": [0.5, 3.0, 1.5]})
    return {"train": part, "validation": part[:0], "test": part[1:].assign(when=[4.0, 5.0])}


def movies() -> pd.DataFrame:
    return pd.DataFrame({"movie_id": [1, 2, 3], "title": ["A", "B", "C"]})


@functools.cache
def fitted() -> Recommender:
    ratings = pd.DataFrame({"user_id": [7, 7, 8], "movie_id": [1, 2, 3], "rating": [5.0, 4, 5]})
    return Recommender(Popular()).fit(ratings)


def listed() -> dict[str, pd.DataFrame]:
    return {"Popular": pd.DataFrame({"movie_id": [2, 3], "because": [1, pd.NA]})}


GOOD = {
    "plots.ablation.prediction_steps": lambda: {"parts": steps(), **LABELS},
    "plots.ablation.nearest_films": lambda: {
        "nearest": {"A": [("B", 0.9), ("C", 0.5)], "B": [("A", 0.9), (26 * "C", 0.2)]}, **LABELS,
    },
    "plots.clusters.coloured_batches": lambda: {
        "order": [2, 0, 3, 1, 8, 7, 5, 6, 4], "size": 2, **TITLE,
    },
    "plots.clusters.two_maps": lambda: {"film": "A", "right": (3, "A"), "wrong": (5, "B"), **TITLE},
    "plots.clusters.layer_sizes": lambda: {"sizes": numbers(3, 4), "epochs": [1, 2, 3], **TITLE},
    "plots.clusters.genre_shares": lambda: {
        "times": pd.DataFrame({"A": [0.0, 1 / 2.4, 0.3], "B": [1.0, 2.4, 9.0]}), **TITLE,
    },
    "plots.clusters.beside_chance": lambda: {
        "found": 0.7, "shuffles": {"a": numbers(9), "b": numbers(8), "c": numbers(2)}, **LABELS,
    },
    "plots.clusters.agreements": lambda: {
        "found": {"one": numbers(3), "two": numbers(2) + 0.1},
        "chance": {"two": numbers(3) - 0.5, "one": [-0.02, 0.01, 0.1]}, **TITLE,
        "what_chance_is": "by luck",
    },
    "plots.concepts.concept_map": lambda: {
        "titles": {0: "abcde fghij klmno pq", 1: "Recommendations", 9: "abcde fghijk", 10: "D",
                   11: "E", 12: "F"},
        "needs": {1: [0], 9: [0, 1], 12: [10]},
        "places": {0: (0, 1), 1: (1, 2), 9: (2, 1), 10: (3, 0.5), 11: (4, 1), 12: (4, 2)},
        "parts": {"I": [0], "II": [1], "III": [9], "IV": [10], "V": [11], "VI": [12]},
    },
    "plots.crews.row_blocks": lambda: {
        "table": np.array([[1, 0, 1], [0, 1, 0], [1, 1, 0]]), "owners": [0, 1, 0], **TITLE,
    },
    "plots.curves.learning_curves": lambda: {
        "history": history().assign(learning_rate=0.1, loss=5.0, short=[2.0, np.nan], even=1.5),
        **TITLE, "baselines": {"biases": 0.9, "mean": 1.1, "zero": 4.2}, "ylim": (0.0, 5.0),
    },
    "plots.descent.path_on_contours": lambda: {
        "loss": lambda x, y: x * x + y, "path": [PLANE, PLANE[:2]], **AXES, "xlim": (-3.0, 3.0),
        "ylim": (-2.0, 2.0), "labels": ["one", "two"],
    },
    "plots.dots.dots_by_row": lambda: {
        "results": {"one": [1.0, 1.2, 1.7], "two": [1.8], "three": [0.5, 0.6, 1.8, 1.9, 2.0, 1.4],
                    "four": [9.0, 8.0]}, **LABELS, "lines": {"biases": 1.2, "best": 1, "mean": 1.3},
        "middle": "mean", "highlighted": "one", "right": 1.8,
    },
    "plots.factors.product_blocks": lambda: {
        "U": numbers(3, 2) - 0.2, "V": numbers(2, 2), **TITLE, "users": ["a", "b", "c"],
        "movies": ["A", "B"], "lit": (2, 1), "names": ("U", "V", "UV"),
    },
    "plots.factors.moving_points": lambda: {
        "tracks": numbers(4, 5, 2), "labels": list("abcde"), **AXES, "cloud": PLANE.copy(),
    },
    "plots.factors.stars_by_stars": lambda: {
        "predicted": 5 * numbers(300), "actual": np.array([1.0, 1.5, 4, 4] * 75), **TITLE,
    },
    "plots.implicit.loss_curves": lambda: {
        "curves": lettered(numbers(4, 5)), "constant": 0.5, **TITLE,
    },
    "plots.implicit.constant_costs": lambda: {
        "densities": {"a": (0.1, 1.0), "b": (0.3, 0.2), "c": (0.8, 0.0), "d": (0.2, 3.0)}, **TITLE,
    },
    "plots.implicit.reconstruction": lambda: {
        "observed": np.array([1.0, 0, 1]), "predictions": lettered(numbers(4, 3)),
        "labels": ["A", 28 * "B", 29 * "C"], **TITLE, "hidden": 2,
    },
    "plots.implicit.score_histograms": lambda: {
        "groups": {"ones": numbers(9), "zeros": numbers(7), "c": numbers(2), "d": numbers(1)},
        **LABELS, "bins": 10,
    },
    "plots.implicit.found_on_the_way_down": lambda: {
        "passed": lettered(numbers(4, 6)), **TITLE,
    },
    "plots.maps.labelled_map": lambda: {
        "points": PLANE.copy(), "labels": ["a", "b", "c"], **AXES, "background": PLANE + 1,
    },
    "plots.neighbourhoods.angles": lambda: {
        "pairs": {"one": ([1.0, 1.0], [0.0, 2.0]), "two": ([3.0, 0.0, 1.0], [-1.5, 0.0, -0.5])},
    },
    "plots.neighbourhoods.votes": lambda: {
        "you": "you", "neighbors": {"a": 1.0, "b": 2.0, "c": 1.5},
        "items": {"a": ["X", "Z"], "b": ["W", "Y"], "c": ["Z"], "d": ["V"]},
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
        "layers": [[1.0, 2.0, -1.0], [0.5, -0.25], [3.0]],
        "weights": [np.array([[0.5, -1.0, 0.0], [0.0, 2.0, -0.25]]), np.array([[1.5, -3.0]])],
        "names": [["x", "y", "z"], ["v", "w"], ["u"]], **TITLE,
    },
    "plots.panel.RatingPanel": lambda: {
        "movies": movies(), "movie_ids": [1, 3], "recommenders": {"Popular": fitted()},
        "path": Path(tempfile.gettempdir()) / "nobody.csv", "places": 2,
    },
    "plots.panel.lists_as_html": lambda: {"lists": listed(), "titles": {1: "A", 2: "B", 3: "C"}},
    "plots.posteriors.beliefs": lambda: {
        "grid": np.linspace(0, 1, 5) ** 2, "densities": lettered(numbers(5, 5)), **LABELS,
    },
    "plots.posteriors.clouds": lambda: {
        "likely": {"one": (np.zeros(2), np.eye(2), PLANE.copy()),
                   "two": ([0.5, 1.0], [[2.0, 0.9], [0.9, 0.5]], PLANE[1:] - 0.5)},
        "labels": ("x", "y"), **TITLE, "path": True,
    },
    "plots.posteriors.draws_and_average": lambda: {
        "of_draws": numbers(4), "of_averages": numbers(4) / 2, **TITLE, "ylabel": "MAE",
        "baselines": {"biases": 0.9, "mean": 1.1, "zero": 4.2},
    },
    "plots.posteriors.calibration": lambda: {
        "expected": lettered(numbers(4, 3)),
        "found": dict(reversed(lettered(numbers(4, 3) / 2).items())), **TITLE, "labels": ("x", "y"),
    },
    "plots.rankings.stacked_bars": lambda: {
        "values": numbers(3, 6), "labels": ["a", 40 * "b", 41 * "c"],
        "parts": ["A", "B", "C", "D", 24 * "E", 25 * "F"], **LABELS,
    },
    "plots.rankings.overlap": lambda: {
        "first": 20, "second": 30, "both": 10, "names": (28 * "A", 29 * "B"), **TITLE,
    },
    "plots.rankings.course_map": lambda: {
        "parts": {"I": ["00 A", "01 B"], "II": ["abcdef ghijkl", "abcdef ghijklm"],
                  "III": [*"abc"], "IV": ["d"], "V": ["e"]}, **TITLE,
    },
    "plots.rankings.ghosts": lambda: {
        "films": {"A": [5.0], "B": [4.0, 5.0, 5.0, 1.0]}, "damping": 3, "center": 3.5, **TITLE,
    },
    "plots.rankings.pulled": lambda: {
        "counts": np.array([1.0, 20]), "means": numbers(2), "damped": numbers(2) / 2, "center": 0.5,
        **TITLE,
    },
    "plots.rankings.parts_of_split": lambda: {
        "sizes": {"train": 7000, "validation": 1, "test": 30, "d": 40, "e": 50},
        "uses": ["learn", "choose", "report", "d", "e"], **TITLE,
    },
    "plots.rankings.sweep": lambda: {
        "table": pd.DataFrame(numbers(3, 4), [1.0, 10, 100], list("abcd")), **AXES,
        "baselines": {"biases": 0.9, "mean": 1.1, "zero": 4.2},
    },
    "plots.rates.steps_on_parabola": lambda: {
        "curvature": 4.0, "rates": [0.1, 0.4, 0.51], "start": 2.0, "steps": 3,
    },
    "plots.rates.loss_by_rate": lambda: {
        "losses": {"SGD": {1.0: 9.0, 0.1: 0.5, 0.2: 1.0}, "Adam": {0.1: 0.4, 2.0: np.inf}},
        "start_loss": 1.0, "constant": 0.6, **TITLE,
    },
    "plots.rates.loss_by_step": lambda: {
        "curves": {"SGD": numbers(63), "Adam": numbers(33), "AdamW": numbers(7)}, "constant": 0.6,
        **LABELS,
    },
    "plots.rates.dots_on_log_axis": lambda: {
        "groups": {"one": {"SGD": [0.1, np.inf], "Adam": [0.2], "AdamW": [0.2, 0.3, 0.4, 0.5]},
                   "two": {"Adam": [np.nan, 0.1, 0.15], "SGD": [0.3, np.inf]}}, **LABELS,
        "line": ("best", 0.5),
    },
    "plots.rates.limits": lambda: {
        "expected": [1.0, 10.0], "found": [2.0, 15.0], "labels": ["a", "b"], **TITLE,
    },
    "plots.rivals.intervals": lambda: {"table": table(), **LABELS, "highlighted": ["one"]},
    "plots.rivals.slopes": lambda: {
        "table": table(), "title": "t", "ylabel": "y", "highlighted": ["two", "one"],
        "upside_down": True,
    },
    "plots.rivals.timelines": lambda: {
        "splits": {"by time": dated(), "other": lettered(dated().values())},
        "users": [2, 1], "xlabel": "x",
    },
    "plots.scale.outer_products": lambda: {
        "vectors": [[1.0, 0.0], [3.0, 2.0]], **TITLE,
    },
    "plots.scale.growth": lambda: {
        "sizes": [1e3, 3e3, 1e4], **AXES,
        "measured": {"a": [0.8, 2, 9], "b": [2.0, 5, 3], "c": [5.0, 7, 9], "d": [50, 300, 3.1]},
    },
    "plots.searches.product_and_distance": lambda: {
        "items": PLANE.copy(), "names": ["A", "B", "C"], "query": np.array([1.0, 0.5]), **TITLE,
    },
    "plots.searches.on_a_circle": lambda: {"values": np.array([-1.0, 0.5, 3.0]), **TITLE},
    "plots.searches.cells_in_a_plane": lambda: {
        "points": 4 * numbers(9, 2) - 2, "middles": np.vstack([PLANE + 0.1, -PLANE]),
        "query": np.array([1.0, 0.5]), "num_probed": 2, **TITLE,
    },
    "plots.searches.found_by_cost": lambda: {
        "axes": list(plots.panels(["a"], "x", "y")[1]),
        "curves": [{"one": (np.array([10.0, 100]), numbers(2))}],
    },
    "plots.style.cut": lambda: {"text": "a long text", "room": 5},
    "plots.style.figure": lambda: dict(AXES),
    "plots.style.panels": lambda: {"titles": ["a", "b"], "xlabel": "x", "ylabel": "y"},
    "plots.tables.heat_map": lambda: {
        "table": [[0.2, 0.4, np.nan], [0.6, 0.9, -0.1]], **AXES, "row_labels": ["a", 7],
        "column_labels": ["A", 26 * "B", 27 * "C"],
        "marked": np.eye(2, 3, dtype=bool), "numbers": ".1f", "colorbar": "stars",
    },
}  # fmt: skip
# What the figures are told of beside that: the other side of a branch, by words for it.
MORE: dict[str, Callable[[], dict[str, dict[str, Any]]]] = {
    "plots.ablation.prediction_steps": lambda: {
        "a single step": {"parts": steps().iloc[:1, :2]},
        "three steps": {"parts": steps().assign(evening=[-0.5, 0.2, 0.1])},
    },
    "plots.ablation.nearest_films": lambda: {"one film": {"nearest": {"A": [("B", 1.0)]}}},
    "plots.clusters.coloured_batches": lambda: {"whole batches": {"order": [1, 0, 3, 2]}},
    "plots.clusters.two_maps": lambda: {"the right row lower": {"right": (9, "A")}},
    "plots.clusters.layer_sizes": lambda: {"two layers": {"sizes": numbers(3, 2)}},
    "plots.clusters.genre_shares": lambda: {
        "nothing that stands out": {"times": pd.DataFrame({"A": [1.0], "B": [0.6]})},
    },
    "plots.clusters.agreements": lambda: {
        "the best": {"found": {"one": [1.0]}, "chance": {"one": [0.1, 0.3]}},
        "the worst": {"found": {"one": [-1.0, 0.5]}, "chance": {"one": [0.1, 0.3]}},
    },
    "plots.crews.row_blocks": lambda: {"four workers": {
        "table": np.eye(4, 2, dtype=int), "owners": [3, 1, 0, 2],
    }},
    "plots.descent.path_on_contours": lambda: {
        "one path": {"path": PLANE[:2].tolist(), "labels": None},
        "an array of paths": {"path": np.stack([PLANE, PLANE + 0.1])},
        "as many colours as there are": {"path": [PLANE] * 5, "labels": None},
        "a path that leaves the picture": {"path": 9 * PLANE, "labels": None},
        "holes": {"loss": lambda x, y: np.log(x) * y},
    },
    "plots.dots.dots_by_row": lambda: {
        "a number missing": {"results": {"one": [1.0, np.nan, 1.4]}, "middle": "median"},
        "ten rows": {"results": lettered(numbers(10, 2)), "highlighted": None},
    },
    "plots.factors.product_blocks": lambda: {
        "wide": {"V": numbers(5, 2), "movies": [*"ABCDE"]},
        "a share of 0.6": {"U": [[3.0, 5.0], [1.0, 1.0], [-2.0, 0.0]]},
        "nothing above 0": {"U": np.zeros((3, 2)), "V": -numbers(2, 2)},
    },
    "plots.factors.moving_points": lambda: {
        "nobody on another's line": {
            "tracks": [[[0.0, 0], [0, 0]], [[1, 1], [2, 2]]], "labels": ["a", "b"],
        },
    },
    "plots.factors.stars_by_stars": lambda: {"one value": {"actual": [4.0] * 300}},
    "plots.implicit.loss_curves": lambda: {
        "the lowest constant": {"constant": 1e-100}, "the highest": {"constant": 1e100},
    },
    "plots.implicit.constant_costs": lambda: {"nothing but ones": {"densities": {"a": (1.0, 1.0)}}},
    "plots.implicit.reconstruction": lambda: {
        "the first one hidden": {"hidden": 0}, "no model": {"predictions": {}},
    },
    "plots.implicit.score_histograms": lambda: {
        "edges": {"bins": [0.0, 0.2, 0.5]}, "one bin": {"bins": [0.0, 0.5]},
    },
    "plots.networks.embedding_lookup": lambda: {"long": {
        "U": numbers(6, 3), "V": 2 * numbers(5, 3), "user": 4, "movie": 3,
        "user_labels": [*"abcdef"], "movie_labels": [*"ABCDE"],
    }},
    "plots.neighbourhoods.angles": lambda: {"one pair": {"pairs": {"one": ([1.0], [2.0])}}},
    "plots.neighbourhoods.on_its_side": lambda: {
        "nothing but zeros": {"table": np.zeros((2, 3), dtype=int)},
        "nothing but ones": {"table": np.ones((2, 3), dtype=int)},
    },
    "plots.posteriors.clouds": lambda: {
        "joined": {"likely": {"one": (np.zeros(2), np.eye(2), numbers(50, 2))}},
        "on a line": {"likely": {"one": (np.zeros(2), np.eye(2), [[0, 1], [2, 1]])}},
        "too many": {"likely": {"one": (np.zeros(2), np.eye(2), numbers(51, 2))}},
    },
    "plots.rankings.stacked_bars": lambda: {
        "ten parts": {"values": numbers(3, 10), "parts": [*"abcdefghij"]},
    },
    "plots.rankings.overlap": lambda: {
        "nearly within the other": {"first": 10, "both": 9},
        "nearly around the other": {"second": 10, "both": 9},
        "one within the other": {"first": 10, "both": 10}, "apart": {"both": 0},
        "all": {"first": 30, "both": 30}, "a single person": {"first": 1, "both": 1},
    },
    "plots.rankings.ghosts": lambda: {
        "no ghosts": {"damping": 0, "center": 1.0}, "many": {"damping": 9, "center": 5.0},
    },
    "plots.rates.steps_on_parabola": lambda: {
        "from the left": {"start": -1.0, "steps": 1},
        "as long as can be": {"rates": [0.001], "steps": 1000},
    },
    "plots.rates.loss_by_rate": lambda: {
        "one that always fails": {"losses": {"Adam": {0.1: np.inf, 0.2: 1.0}}},
        "all optimizers": {"losses": {name: {0.1: 0.5, 0.2: 3.0} for name in OPTIMIZERS}},
    },
    "plots.rates.loss_by_step": lambda: {
        "the lowest constant": {"constant": 1e-100}, "the highest": {"constant": 1e100},
    },
    "plots.rates.dots_on_log_axis": lambda: {
        "one group": {"groups": {"one": {"SGD": [0.1]}}, "line": None},
        "two groups, no line": {"line": None}, "one group and a line": {
            "groups": {"one": {"SGD": [0.1]}},
        },
        "a row that always fails": {
            "groups": {"one": {"SGD": [np.inf], "Adam": [1e-100, 1e100]}}, "line": None,
        },
    },
    "plots.rates.limits": lambda: {
        "sixteen": dict.fromkeys(("expected", "found"), 9 * numbers(16)) | {"labels": [*"a" * 16]},
    },
    "plots.rivals.intervals": lambda: {"ten rows": {
        "table": pd.DataFrame(numbers(10, 3), [*"abcdefghij"], ["high", "low", "mean"]),
        "highlighted": ["c", "d"],
    }},
    "plots.rivals.slopes": lambda: {"many ranks": {
        "table": pd.DataFrame({"a": range(10), "b": [1, 1, 1, 9, 9, 8, 2, 4, 4, 7]}).set_axis(
            [*"abcdefghij"]
        ), "highlighted": ["d", "a", "c", "b"], "upside_down": False,
    }},
    "plots.scale.outer_products": lambda: {"one movie": {"vectors": [[1.0, -2.0]]}},
    "plots.scale.growth": lambda: {"small steps": {"sizes": [1.0, 1.5, 1.75]}},
    "plots.searches.product_and_distance": lambda: {
        "far away": {"items": PLANE + 5, "query": [6.0, 7.0]},
        "the query outside": {"query": [3.0, -4.0]}, "the same item": {"query": [0.1, 1.0]},
        "straight up": {"query": [0.0, 1.0]},
    },
    "plots.searches.on_a_circle": lambda: {"an item at 0": {"values": [0.0, 2.0]}},
    "plots.searches.cells_in_a_plane": lambda: {
        "four cells": {"num_probed": 4}, "none": {"num_probed": 0},
        "one outside of the picture": {"middles": [[1.0, 0.5], [50.0, 0.0]], "num_probed": 2},
    },
    "plots.tables.heat_map": lambda: {
        "short names": {"column_labels": ["A", "AB", "ABCD"], "numbers": None},
        "longer names": {"column_labels": ["A", "AB", "ABCDE"], "marked": None},
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
    "plots.drawable.check_named_once": lambda: {"name": "columns", "names": table().columns},
    "plots.drawable.check_one_level": lambda: {"name": "the index", "index": table().index},
    "plots.drawable.in_legend": lambda: {"name": "_train"},
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
EXCUSED = {
    "plots.style.as_written": "it stands before functions, in the package alone",
    "plots.drawable.as_between": "the package alone sets low and high; as_shares hands on the rest",
}
