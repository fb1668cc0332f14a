"""What cannot be drawn is refused by name, before there is a figure that shows half of it."""

import importlib

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from calls.plots import GOOD, PLANE, dated, history, numbers, table
from matplotlib.legend import Legend

from scratch import plots


def draw(name, change):
    module, _, function = f"scratch.plots.{name}".rpartition(".")
    return getattr(importlib.import_module(module), function)(**GOOD[f"plots.{name}"]() | change)


def frame(count, *names):
    return pd.DataFrame(numbers(count, len(names)), columns=[*names])


ONE = numbers(3)
LEVELS = pd.MultiIndex.from_tuples([("epoch", 1), ("a", 2), ("a", 3)])
ODD = [
    ("ablation.prediction_steps", {"parts": table().iloc[:, :1]}, "parts must have a column where"),
    ("ablation.prediction_steps", {"parts": table().iloc[:0]}, "parts must have a row"),
    ("ablation.nearest_films", {"nearest": {}}, "nearest is empty"),
    ("ablation.nearest_films", {"nearest": {"A": [("B", 1.0)], "C": []}}, "nearest.'C'.* is empty"),
    ("ablation.nearest_films", {"nearest": {"A": [("B", 2.0)]}}, "nearest.* must be at least 0"),
    ("ablation.nearest_films", {"nearest": {"A": [("B", 1.0)], "C": [("A", 1.0), ("B", 0.0)]}},
     "nearest.'C'.* must be one for each of 1 places"),
    ("clusters.coloured_batches", {"order": [0, 2]}, "order must have each of 0 … 1 once"),
    ("clusters.coloured_batches", {"order": []}, "order is empty"),
    ("clusters.two_maps", {"wrong": (3, "B")}, "right and wrong must be two rows"),
    ("clusters.layer_sizes", {"epochs": [1, 2]}, "sizes must be one for each of 2 epochs"),
    ("clusters.layer_sizes", {"sizes": np.zeros((3, 2))}, "sizes must be above 0"),
    ("clusters.layer_sizes", {"sizes": np.eye(3)}, "sizes must be above 0"),
    ("clusters.genre_shares", {"times": table() - 0.5}, "times must not be negative"),
    ("clusters.genre_shares", {"times": table()[[]]}, "times must have a row and a column"),
    ("clusters.genre_shares", {"times": -table()}, "times must not be negative"),
    ("clusters.beside_chance", {"shuffles": {"one": []}}, "shuffles.* is empty"),
    ("clusters.beside_chance", {"shuffles": {}}, "shuffles is empty"),
    ("clusters.agreements", {"found": {"one": ONE}}, "found and chance must have the same names"),
    ("clusters.agreements", {"found": {"one": ONE, "two": 2 * ONE + 1}},
     "found.*must be from -1 to 1"),
    ("clusters.agreements", {"found": {"one": ONE, "two": -ONE - 1}}, "found.'two'.* from -1 to 1"),
    ("clusters.agreements", {"chance": {"one": ONE, "two": [-1.5, 1]}}, "chance.* -1.5 to 1$"),
    ("clusters.agreements", {"chance": {"one": ONE, "two": [-1, 1.5]}}, "chance.* -1 to 1.5$"),
    ("clusters.agreements", {"found": {}, "chance": {}}, "found is empty"),
    ("concepts.concept_map", {"places": {}}, "places is empty"),
    ("concepts.concept_map", {"needs": {1: [8, 7]}},
     "needs has notebook 7, which is not in titles$"),
    ("concepts.concept_map", {"needs": {7: [1]}}, "needs has notebook 7, which is not in titles$"),
    ("concepts.concept_map", {"places": {1: (0, 0)}},
     "needs has notebook 0, which is not in places$"),
    ("concepts.concept_map", {"parts": {"I": [0]}}, "needs has notebook 1, which is not in parts$"),
    ("concepts.concept_map", {"needs": {}, "parts": {"I": [0, 7]}},
     "parts has notebook 7, which is not in titles$"),
    ("concepts.concept_map", {"needs": {}, "places": {1: (0, 0)}},
     "parts has notebook 0, which is not in places$"),
    ("concepts.concept_map", {"needs": {}, "titles": {0: "A"}, "parts": {"I": [0]}},
     "places has notebook 1, which is not in titles$"),
    ("concepts.concept_map", {"needs": {}, "parts": {"I": [0]}},
     "places has notebook 1, which is not in parts$"),
    ("concepts.concept_map", {"parts": {"I": [0, 1, 9, 10, 11, 12], "II": []}}, "parts.* is empty"),
    ("crews.row_blocks", {"owners": [0, 2, 0]}, "owners must go up from 0: worker 1 has no row"),
    ("crews.row_blocks", {"owners": [0, 1]}, "owners must be one for each of 3 rows of table"),
    ("crews.row_blocks", {"table": np.zeros((0, 2), dtype=int), "owners": []}, "table is empty"),
    ("crews.row_blocks", {"owners": [3, 0, 3]}, "owners must go up from 0: worker 1 has no row"),
    ("curves.learning_curves", {"history": history()[["epoch"]]}, "the curves of history is empty"),
    ("curves.learning_curves", {"history": history()[["train"]]},
     "the table has no column 'epoch'"),
    ("curves.learning_curves", {"history": history().assign(a=np.nan)},
     "history.'a'.*, but for NaN, is empty"),
    ("curves.learning_curves", {"history": history().assign(a=np.inf)}, "history.* is inf"),
    ("curves.learning_curves", {"ylim": (2.0, 1.0)}, "ylim must be a low end and a higher one"),
    ("descent.path_on_contours", {"loss": lambda x, y: np.nan}, "loss is finite at no point"),
    ("descent.path_on_contours", {"xlim": (1.0, 1.0)}, "xlim must be a low end"),
    ("descent.path_on_contours", {"path": np.ones((2, 3))}, "path must be points of a plane"),
    ("descent.path_on_contours", {"path": []}, "path is empty"),
    ("descent.path_on_contours", {"path": np.ones((0, 2))}, "path must have a row and a column"),
    ("descent.path_on_contours", {"labels": ["a"]}, "labels must be one for each of 2 paths"),
    ("descent.path_on_contours", {"loss": lambda x, y: 2e100 * (x > 0)}, "loss goes from 0 to 2e"),
    ("descent.path_on_contours", {"loss": lambda x, y: -2e100 * (x > 0)}, "loss goes from -2e"),
    ("descent.path_on_contours", {"loss": lambda x, y: 3.0}, "loss is 3.0 all over the picture"),
    ("descent.path_on_contours", {"path": [PLANE, PLANE * np.nan]}, r"path\[1\].* is nan"),
    ("dots.dots_by_row", {"results": {}}, "results is empty"),
    ("dots.dots_by_row", {"results": {"one": [1.0], "two": []}}, "results.'two'.* is empty"),
    ("dots.dots_by_row", {"results": {"one": [np.nan], "two": [1.0]}},
     "results.'one'.*, but for .* is empty"),
    ("dots.dots_by_row", {"right": None, "results": {"one": [1.0, np.nan]}},
     "results.'one'.* is nan"),
    ("dots.dots_by_row", {"results": {"one": [1.0, -2e100]}}, "results.'one'.* a number beyond"),
    ("dots.dots_by_row", {"highlighted": "nobody"}, "highlighted must be one of the rows"),
    ("factors.product_blocks", {"users": ["a"]}, "users must be one for each of 3 rows of U"),
    ("factors.product_blocks", {"movies": ["a"]}, "movies must be one for each of 2 rows of V"),
    ("factors.moving_points", {"tracks": numbers(4, 2, 3)}, "tracks must be .steps, points, 2."),
    ("factors.moving_points", {"tracks": np.ones((0, 2, 2))}, "tracks must be .steps, points, 2."),
    ("factors.moving_points", {"tracks": np.full((1, 5, 2), 1e200)}, "tracks has a number as l"),
    ("factors.moving_points", {"labels": ["a"]}, "labels must be one for each of 5 points of tr"),
    ("factors.stars_by_stars", {"actual": [1.0]}, "predicted must be one for each of 1 ratings"),
    ("implicit.loss_curves", {"curves": {"one": [1.0, 0.0]}}, "curves.* must be above 0"),
    ("implicit.loss_curves", {"curves": {}}, "curves is empty"),
    ("implicit.loss_curves", {"constant": 9e-101}, "constant must be at least 1e-100"),
    ("implicit.loss_curves", {"constant": 2e100}, "constant must be .* at most 1e[+]100"),
    ("implicit.constant_costs", {"densities": {"one": (0.0, 1.0)}}, "densities.*must be above 0"),
    ("implicit.constant_costs", {"densities": {}}, "densities is empty"),
    ("implicit.constant_costs", {"densities": {"a": (1.1, 1.0)}}, "densities.* and at most 1"),
    ("implicit.constant_costs", {"densities": {"a": (0.1, -1)}}, "densities.* must be at least 0"),
    ("implicit.reconstruction", {"labels": ["A"]}, "labels must be one for each of 3 movies"),
    ("implicit.reconstruction", {"observed": [0.0, 0.5, 1.0]}, "observed must hold 1 or 0"),
    ("implicit.reconstruction", {"predictions": {"a": ONE[:2]}},
     "predictions.'a'.* must be one for each of 3 movies observed"),
    ("implicit.score_histograms", {"bins": [1.0, 0.0]}, "bins must be two edges or more"),
    ("implicit.score_histograms", {"bins": 10_001}, "bins must be at most 10000, got 10001"),
    ("implicit.score_histograms", {"groups": {"a": [1e17, 1e17 + 16]}}, "bins between .* narrow"),
    ("implicit.score_histograms", {"groups": {}}, "groups is empty"),
    ("implicit.score_histograms", {"bins": [1.0]}, "bins must be two edges or more"),
    ("implicit.score_histograms", {"bins": [0.0, 1.0, 1.0]}, "bins must be two edges or more"),
    ("implicit.found_on_the_way_down", {"passed": {"one": [1.5]}}, "passed.* must be from 0 to 1"),
    ("implicit.found_on_the_way_down", {"passed": {}}, "passed is empty"),
    ("implicit.found_on_the_way_down", {"passed": {"a": [-0.5]}}, "passed.* must be from 0 to 1"),
    ("maps.labelled_map", {"labels": ["a"]}, "labels must be one for each of 3 points"),
    ("maps.labelled_map", {"points": np.ones((301, 2)), "labels": ["a"] * 301},
     "labels has 301 entries, and only 300 could"),
    ("maps.labelled_map", {"points": np.ones((0, 2)), "labels": []}, "points must have a row"),
    ("neighbourhoods.angles", {"pairs": {}}, "pairs is empty"),
    ("neighbourhoods.angles", {"pairs": {"one": ([1.0], [1.0, 2.0])}},
     r"the second of pairs\['one'\] must be one for each of 1 numbers, got 2$"),
    ("neighbourhoods.angles", {"pairs": {"one": ([1.0], [0.0])}}, "pairs.'one'.: a vector of zero"),
    ("neighbourhoods.angles", {"pairs": {"one": ([0.0], [1.0])}}, "pairs.'one'.: a vector of zero"),
    ("neighbourhoods.votes", {"items": {"a": ["X"]}}, "items must have what all neighbors vote"),
    ("neighbourhoods.votes", {"items": {"a": [], "b": [], "c": []}}, "items is empty"),
    ("neighbourhoods.votes", {"numbers": "x"}, "numbers must be a format of a number"),
    ("neighbourhoods.votes", {"neighbors": {}}, "neighbors is empty"),
    ("neighbourhoods.votes", {"neighbors": {"a": 0.0}}, "neighbors.* must be above 0"),
    ("neighbourhoods.on_its_side", {"row_labels": ["a"]}, "row_labels must be one for each of 2"),
    ("neighbourhoods.on_its_side", {"column_labels": ["a"]}, "column_labels .* each of 3 columns"),
    ("neighbourhoods.on_its_side", {"table": np.zeros((0, 3), dtype=int)}, "table is empty"),
    ("networks.embedding_lookup", {"V": numbers(2, 3)}, "U has 2 columns and V has 3"),
    ("networks.embedding_lookup", {"user_labels": []}, "user_labels must be one for each of 3"),
    ("networks.embedding_lookup", {"movie_labels": []}, "movie_labels must be one for each of 2"),
    ("networks.network_diagram", {"weights": []}, "weights must be one for each of 2 steps"),
    ("networks.network_diagram", {"weights": [np.ones((2, 2))] * 2},
     r"weights\[0\] must be of shape"),
    ("networks.network_diagram", {"names": [["x"], [], []]}, r"names\[0\] must be one for each"),
    ("networks.network_diagram", {"layers": []}, "layers is empty"),
    ("networks.network_diagram", {"layers": [[1.0], []]}, "layers.1. is empty"),
    ("networks.network_diagram", {"names": [["x"]]}, "names must be one for each of 3 layers"),
    ("posteriors.beliefs", {"grid": [0.0, 1.0]}, "densities.* each of 2 numbers of the grid"),
    ("posteriors.beliefs", {"densities": {"one": np.zeros(5)}}, "densities..* must be a density"),
    ("posteriors.beliefs", {"densities": {}}, "densities is empty"),
    ("posteriors.beliefs", {"densities": {"one": numbers(5) - 0.5}}, "densities.* be a density"),
    ("posteriors.clouds", {"likely": {"one": (np.zeros(2), -np.eye(2), PLANE)}}, "likely.*below 0"),
    ("posteriors.clouds", {"likely": {"one": (np.zeros(2), np.eye(2), PLANE[:1])}},
     "the draws of .* one place"),
    ("posteriors.clouds", {"likely": {"one": (np.zeros(2), np.diag([-1.0, 0]), PLANE)}},
     "likely.*below 0"),
    ("posteriors.clouds", {"likely": {}}, "likely is empty"),
    ("posteriors.clouds", {"likely": {"one": (ONE[:2], np.eye(3), PLANE)}}, "likely.* symmetric"),
    ("posteriors.clouds", {"likely": {"one": (ONE[:2], [[1, 0], [0.5, 1]], PLANE)}},
     "likely.* symmetric"),
    ("posteriors.draws_and_average", {"of_draws": ONE},
     "of_averages must be one for each of 3 draws, got 4$"),
    ("posteriors.calibration", {"found": {"two": ONE}},
     "expected and found must have the same names"),
    ("posteriors.calibration", {"expected": {"a": ONE}, "found": {"a": ONE[:2]}},
     "found.* each of 3 numbers expected"),
    ("posteriors.calibration", {"expected": {}, "found": {}}, "expected is empty"),
    ("rankings.stacked_bars", {"parts": ["A"]}, "parts must be one for each of 6 columns"),
    ("rankings.stacked_bars", {"labels": ["a"]}, "labels must be one for each of 3 rows of values"),
    ("rankings.course_map", {"parts": {"I": []}}, "parts.* is empty"),
    ("rankings.course_map", {"parts": {}}, "parts is empty"),
    ("rankings.ghosts", {"films": {"A": [6.0]}}, "films.* must be from 1 to 5"),
    ("rankings.overlap", {"second": 10**15 + 1}, "second must be at least 0 and at most 1,0"),
    ("rankings.overlap", {"first": -1}, "first must be at least 0"),
    ("rankings.parts_of_split", {"sizes": {"a": 10**15 + 1}}, "sizes.* and at most 1,0"),
    ("rankings.ghosts", {"center": 0.9}, "center must be at least 1 and at most 5"),
    ("rankings.ghosts", {"center": 5.1}, "center must be at least 1 and at most 5"),
    ("rankings.ghosts", {"films": {}}, "films is empty"),
    ("rankings.ghosts", {"films": {"A": [0.5]}}, "films.* must be from 1 to 5"),
    ("rankings.ghosts", {"damping": 10_001}, "damping must be at least 0 and at most 10000"),
    ("rankings.pulled", {"counts": [0.0, 1.0]}, "counts must be above 0"),
    ("rankings.pulled", {"means": [1.0]}, "means must be one for each of 2 counts"),
    ("rankings.pulled", {"damped": [1.0]}, "damped must be one for each of 2 counts"),
    ("rankings.parts_of_split", {"uses": ["learn"]}, "uses must be one for each of 5 sizes"),
    ("rankings.parts_of_split", {"sizes": {"a": 0, "b": 1}}, "sizes.* must be at least 1"),
    ("rankings.parts_of_split", {"sizes": {}}, "sizes is empty"),
    ("rankings.sweep", {"table": pd.DataFrame({"a": [1.0]}, [0])}, "the index of table must be"),
    ("rankings.sweep", {"table": pd.DataFrame({"a": [np.nan]}, [1])}, "table.* is nan"),
    ("rankings.sweep", {"table": pd.DataFrame(index=[1.0])}, "table must have a row and a column"),
    ("rates.steps_on_parabola", {"rates": [1e90]}, "curvature, .* lead too far away"),
    ("rates.steps_on_parabola", {"start": 1e60, "steps": 1000, "rates": [0.1]},
     "curvature, .* lead too far away"),
    ("rates.steps_on_parabola", {"steps": 1001}, "steps must be at least 1 and at most 1,?000"),
    ("rates.steps_on_parabola", {"steps": 0}, "steps must be at least 1"),
    ("rates.loss_by_step", {"constant": 9e-101}, "constant must be"),
    ("rates.loss_by_step", {"constant": 2e100}, "constant must be"),
    ("rates.steps_on_parabola", {"start": 0.0}, "start must not be 0"),
    ("rates.steps_on_parabola", {"rates": []}, "rates is empty"),
    ("rates.loss_by_rate", {"losses": {"Adamant": {0.1: 1.0}}},
     "losses must .*'Adamant' has no look"),
    ("rates.loss_by_rate", {"losses": {"SGD": {-0.1: 1.0}}}, "the rates of losses.* above 0"),
    ("rates.loss_by_rate", {"losses": {}}, "losses is empty"),
    ("rates.loss_by_rate", {"losses": {"SGD": {}}}, "losses.'SGD'.* is empty"),
    ("rates.loss_by_rate", {"losses": {"SGD": {0.1: -1.0, 0.2: 1.0}}}, "losses.* must be above 0"),
    ("rates.loss_by_rate", {"losses": {"SGD": {0.1: 1e101}}}, "losses.'SGD'.* at most 1e.100, got"),
    ("rates.loss_by_step", {"curves": {"SGD": [0.0]}}, "curves.* must be above 0"),
    ("rates.loss_by_step", {"curves": {"a": [1.0]}}, "curves must be of .*'a' has no look"),
    ("rates.dots_on_log_axis", {"groups": {"a": {"X": [1.0]}, "b": {"Y": [1.0]}}},
     "groups.'b'.* has a row 'Y'"),
    ("rates.dots_on_log_axis", {"groups": {"a": {"X": [9e-101]}}}, "groups.* must be above 0"),
    ("rates.dots_on_log_axis", {"groups": {"a": {"X": [1, 2e100]}}}, "groups.* at most 1e.100"),
    ("rates.dots_on_log_axis", {"groups": {}}, "groups is empty"),
    ("rates.dots_on_log_axis", {"groups": {"a": {}}}, "the rows of groups is empty"),
    ("rates.limits", {"found": [1.0]}, "found must be one for each of 2 expected"),
    ("rates.limits", {"labels": ["a"]}, "labels must be one for each of 2 expected"),
    ("rivals.intervals", {"highlighted": ["three"]}, "highlighted must be rows of the table"),
    ("rivals.intervals", {"table": table().drop(columns="low")}, "the table has no column 'low'"),
    ("rivals.intervals", {"table": table(mean=1e200)}, "table has a number as large"),
    ("rivals.intervals", {"table": table().iloc[:0]}, "table is empty"),
    ("rivals.slopes", {"table": table().iloc[:0]}, "table must have a row and a column"),
    ("rivals.slopes", {"highlighted": ["three"]}, "highlighted must be rows of the table"),
    ("rivals.timelines", {"users": [1, 9]}, "users has 9, who is not in splits"),
    ("rivals.timelines", {"splits": {"a": {"train": dated()["train"]}}},
     "splits.'a'.* each of 3 parts"),
    ("rivals.timelines", {"splits": {}}, "splits is empty"),
    ("rivals.timelines", {"splits": {"a": dated() | {"test": dated()["test"].assign(when=1e200)}}},
     "when of splits.'a'.* has a number as large"),
    ("rivals.timelines", {"users": []}, "users is empty"),
    ("scale.outer_products", {"vectors": np.zeros((2, 2))}, "vectors must have a number"),
    ("scale.growth", {"sizes": [2.0, 1.0]}, "sizes must grow"),
    ("scale.growth", {"measured": {"one": [1.0]}}, "measured.* each of 3 sizes"),
    ("scale.growth", {"measured": {}}, "measured is empty"),
    ("scale.growth", {"sizes": [1.0, 1.0, 2.0]}, "sizes must grow"),
    ("searches.product_and_distance", {"query": [0.0, 0.0]}, "query must not be"),
    ("searches.product_and_distance", {"names": ["a"]}, "names must be one for each of 3 items"),
    ("searches.on_a_circle", {"values": [0.0]}, "values must have a number that is not 0"),
    ("searches.cells_in_a_plane", {"num_probed": 5}, "num_probed is 5: at most 4 of 6 cells"),
    ("searches.cells_in_a_plane", {"num_probed": 4, "middles": PLANE},
     "num_probed is 4: at most 4 of 3 cells"),
    ("searches.found_by_cost", {"axes": [], "curves": []}, "axes is empty"),
    ("searches.found_by_cost", {"curves": []}, "curves must be one for each of 1 axes"),
    ("searches.found_by_cost", {"curves": [{}]}, "curves.0. is empty"),
    ("searches.found_by_cost", {"curves": [{"a": (ONE, ONE[:2])}]},
     "the recall of curves.0...a.. must be one for each of 3 rates"),
    ("tables.heat_map", {"table": np.full((2, 3), np.nan)}, "table has no number at all"),
    ("tables.heat_map", {"table": np.full((2, 3), np.inf)}, "table.* is inf"),
    ("tables.heat_map", {"row_labels": ["a"]}, "row_labels must be one for each of 2 rows"),
    ("tables.heat_map", {"marked": np.eye(2, dtype=bool)}, "marked must have the table's shape"),
    ("tables.heat_map", {"column_labels": ["a"]}, "column_labels .* each of 3 columns of table"),
    ("style.panels", {"titles": []}, "titles is empty"),
    ("clusters.beside_chance", {"shuffles": {"one": [1e15, 1e15 + 1, 1e15 + 2]}},
     "shuffles.'one'.* must be numbers further apart: from 1000000000000000.0 to"),
    ("curves.learning_curves", {"history": history().set_axis(["epoch", "a", "a"], axis=1)},
     "the columns of history must have different names, and 'a' comes twice: rename one$"),
    ("curves.learning_curves", {"history": history().set_axis(["epoch", "epoch", "a"], axis=1)},
     "the table has several columns 'epoch': rename all but one$"),
    ("curves.learning_curves", {"history": history().set_axis(LEVELS, axis=1)},
     "the columns of history must have one level, got 2: keep one, as by droplevel.0.$"),
    ("descent.path_on_contours", {"loss": lambda x, y: 1 + 2**-52 * (x > 0)},
     "loss goes from 1.0 to 1.0000000000000002 only: too little for 14 contours"),
    ("dots.dots_by_row", {"results": {"\ud800": [1.0], "?": [2.0]}},
     "two names would both be drawn as '\\?': rename one of them$"),
    ("dots.dots_by_row", {"results": table().set_axis(["a", "a"])},
     "the rows of results must have different names, and 'a' comes twice: rename one$"),
    ("rankings.sweep", {"table": frame(2, "a", "b", "a")[1:]},
     "the columns of table must have different names, and 'a' comes twice: rename one$"),
    ("rankings.sweep", {"table": frame(3, "a").set_axis(LEVELS)},
     "the index of table must have one level, got 2: keep one, as by droplevel.0.$"),
    ("searches.product_and_distance", {"items": [[1e99, 0.0], [0, 1], [0, 1]]},
     "items has one of length 1e.99, .* may be 1,000,000 times as long, or nobody"),
    ("searches.product_and_distance", {"query": [1e-200, 0.0]}, "query must not be"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "words"), ODD, ids=[f"{n}-{w[:20]}" for n, _, w in ODD])
def test_what_cannot_be_drawn_is_refused_by_name_and_leaves_no_figure(name, change, words):
    axes_of_curves = name == "searches.found_by_cost"  # it draws into a figure that is there
    plt.close("all")
    with pytest.raises(ValueError, match=f"^{words}"):
        draw(name, change)
    assert len(plt.get_fignums()) == axes_of_curves
    plt.close("all")


def some(count, value=ONE):
    return {f"number {place}": value for place in range(count)}


# The most that can be told apart: of what, how it is called, and arguments with so many of it.
MOST = [
    ("ablation.prediction_steps", 4, "parts.columns", lambda n: {"parts": frame(2, *range(n))}),
    ("ablation.nearest_films", 4, "nearest", lambda n: {"nearest": some(n, [("A", 0.5)])}),
    ("clusters.beside_chance", 3, "shuffles", lambda n: {"shuffles": some(n)}),
    ("curves.learning_curves", 4, "the curves of history",
     lambda n: {"history": frame(2, *range(n)).assign(epoch=[1, 2], loss=0.0, learning_rate=0.0)}),
    ("curves.learning_curves", 3, "baselines", lambda n: {"baselines": some(n, 1.0)}),
    ("dots.dots_by_row", 200, "results", lambda n: {"results": some(n), "highlighted": None}),
    ("dots.dots_by_row", 3, "lines", lambda n: {"lines": some(n, 1.0)}),
    ("factors.stars_by_stars", 50, "the values of actual",
     lambda n: {"predicted": np.ones(n), "actual": np.arange(n)}),
    ("implicit.loss_curves", 4, "curves", lambda n: {"curves": some(n)}),
    ("implicit.constant_costs", 4, "densities", lambda n: {"densities": some(n, (0.5, 1.0))}),
    ("implicit.reconstruction", 4, "predictions", lambda n: {"predictions": some(n)}),
    ("implicit.score_histograms", 4, "groups", lambda n: {"groups": some(n)}),
    ("implicit.found_on_the_way_down", 4, "passed", lambda n: {"passed": some(n)}),
    ("neighbourhoods.angles", 4, "pairs", lambda n: {"pairs": some(n, ([1.0], [2.0]))}),
    ("posteriors.beliefs", 5, "densities", lambda n: {"densities": some(n, numbers(5))}),
    ("posteriors.clouds", 4, "likely", lambda n: {"likely": some(n, (ONE[:2], np.eye(2), PLANE))}),
    ("posteriors.draws_and_average", 3, "baselines", lambda n: {"baselines": some(n, 1.0)}),
    ("posteriors.calibration", 4, "expected", lambda n: {"expected": some(n), "found": some(n)}),
    ("rankings.stacked_bars", 10, "parts", lambda n: {"values": numbers(3, n), "parts": ["a"] * n}),
    ("rankings.ghosts", 4, "films", lambda n: {"films": some(n, [1.0, 5.0])}),
    ("rankings.sweep", 4, "the columns of table", lambda n: {"table": frame(2, *range(n))[1:]}),
    ("rankings.sweep", 3, "baselines", lambda n: {"baselines": some(n, 1.0)}),
    ("rates.steps_on_parabola", 4, "rates", lambda n: {"rates": [0.1] * n}),
    ("rates.dots_on_log_axis", 4, "groups", lambda n: {"groups": some(n, {"SGD": ONE})}),
    ("rates.limits", 16, "labels",
     lambda n: {"expected": np.ones(n), "found": np.ones(n), "labels": ["a"] * n}),
    ("rivals.intervals", 200, "table",
     lambda n: {"table": frame(n, "low", "mean", "high"), "highlighted": []}),
    ("rivals.slopes", 200, "table", lambda n: {"table": frame(n, "a", "b"), "highlighted": []}),
    ("rivals.slopes", 4, "highlighted",
     lambda n: {"table": frame(2, *"abcde").T, "highlighted": [*"abcde"[:n]]}),
    ("rivals.timelines", 4, "splits", lambda n: {"splits": some(n, dated())}),
    ("rivals.timelines", 200, "users", lambda n: {
        "users": [*range(n)], "splits": {"a": dated() | {"test": pd.DataFrame(
            {"user_id": range(n), "when": 0.0}
        )}},
    }),
    ("scale.outer_products", 6, "vectors", lambda n: {"vectors": np.ones((n, 2))}),
    ("scale.outer_products", 10, "a row of vectors", lambda n: {"vectors": np.ones((2, n))}),
    ("scale.growth", 4, "measured", lambda n: {"measured": some(n)}),
    ("searches.found_by_cost", 5, "curves.0.", lambda n: {"curves": [some(n, (ONE, ONE))]}),
    ("style.panels", 20, "titles", lambda n: {"titles": ["a"] * n}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "most", "what", "change"), MOST, ids=[f"{n}-{w}" for n, _, w, _ in MOST]
)
def test_as_many_as_can_be_told_apart_are_drawn_and_no_more(name, most, what, change):
    draw(name, change(most))
    with pytest.raises(ValueError, match=f"^{what} has {most + 1} entries, and only {most} could"):
        draw(name, change(most + 1))
    plt.close("all")


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("crews.row_blocks", {"owners": [0, 1, 4]}, "owners index 4 .*: this picture has 4"),
        ("factors.product_blocks", {"lit": (3, 0)}, "lit user index 3 .*: U has 3"),
        ("factors.product_blocks", {"lit": (0, 2)}, "lit movie index 2 .*: V has 2"),
        ("implicit.reconstruction", {"hidden": 3}, "hidden index 3 .*: observed has 3"),
        ("neighbourhoods.on_its_side", {"column": 3}, "column index 3 .*: table has 3"),
        ("networks.embedding_lookup", {"user": 3}, "user index 3 .*: U has 3"),
        ("networks.embedding_lookup", {"movie": 2}, "movie index 2 .*: V has 2"),
    ],
)
def test_rows_and_columns_that_are_not_there(name, change, words):
    with pytest.raises(IndexError, match=f"^{words},"):
        draw(name, change)
    assert not plt.get_fignums()


@pytest.mark.parametrize("name", [name for name in GOOD if ".style." not in name])
def test_a_title_is_a_text(name):
    arguments = GOOD[name]()
    plt.close("all")
    if "title" in arguments:
        with pytest.raises(TypeError, match=r"title.* must be a str, got 7"):
            draw(name.removeprefix("plots."), {"title": 7})
        assert not plt.get_fignums()


def test_nan_is_a_cell_without_a_number_and_beyond_the_right_end_is_infinity():
    _, ax = plots.heat_map(np.array([[1.0, np.nan]]), "t", "x", "y", numbers=".0f")
    assert [text.get_text() for text in ax.texts] == ["1"]
    _, ax = plots.dots_by_row({"a": [0.5, np.inf, np.nan, 0.7]}, "t", "x", right=1.0)
    assert "1 beyond" in [text.get_text() for text in ax.texts]
    plt.close("all")


def test_a_curve_may_end_before_the_others():
    shorter = history().assign(shorter=[1.0, *[np.nan] * (len(history()) - 1)])
    fig, ax = draw("curves.learning_curves", {"history": shorter})
    assert "shorter" in [line.get_label() for line in ax.lines]
    plt.close(fig)


def test_settings_may_stand_in_an_index_of_objects():
    settings = table().set_axis(pd.Index([1, 2], dtype=object))
    fig, _ = draw("rankings.sweep", {"table": settings})
    plt.close(fig)


KINDS = {
    "Int64": lambda whole: whole.astype("Int64"),
    "categories": lambda whole: whole.apply(pd.Categorical),
    "two levels": lambda whole: whole.set_axis(LEVELS[:2], axis=1),
    "Float32": lambda whole: whole.astype("Float32"),
}


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("ablation.prediction_steps", "parts"),
        ("clusters.genre_shares", "times"),
        ("rankings.sweep", "table"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_columns_of_any_kind_of_numbers_and_of_several_levels_are_drawn(name, argument, kind):
    whole = pd.DataFrame({"a": [1, 2], "b": [4, 8]}, index=[1, 2])
    pictures = [draw(name, {argument: given})[0] for given in (whole, KINDS[kind](whole))]
    for fig in pictures:
        fig.canvas.draw()
    lines, others = ([line.get_xydata() for line in fig.axes[0].lines] for fig in pictures)
    np.testing.assert_equal(others, lines)
    texts, others = ([text.get_text() for text in fig.axes[0].texts] for fig in pictures)
    assert others == texts
    plt.close("all")


def test_yes_and_no_have_shares_too():
    fig, ax = draw("clusters.genre_shares", {"times": pd.DataFrame({"a": [True, False]})})
    assert [text.get_text() for text in ax.texts] == ["1.0", "0.0"]
    plt.close(fig)


def test_equal_numbers_have_a_histogram_and_an_item_may_be_far_longer_than_the_query():
    fig, _ = draw("clusters.beside_chance", {"shuffles": {"one": [7.0, 7.0]}})
    fig.canvas.draw()
    longest = {"items": [[1e6, 0], [0, 1], [0, 1]], "query": [0.0, 1.0]}
    fig, _ = draw("searches.product_and_distance", longest)
    fig.canvas.draw()
    plt.close("all")


def in_words(fig):
    """The texts of all legends of a figure."""
    return [text.get_text() for legend in fig.findobj(Legend) for text in legend.texts]


ODD_NAMES = ["_train", "__", "_\ud800", ""]


@pytest.mark.parametrize("odd", ODD_NAMES, ids=ascii)
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("ablation.prediction_steps", lambda odd: {"parts": frame(2, odd, "b")}),
        ("ablation.prediction_steps", lambda odd: {"parts": frame(2, "b", odd)}),
        ("clusters.agreements", lambda odd: {"what_chance_is": odd}),
        ("clusters.beside_chance", lambda odd: {"shuffles": {odd: ONE}}),
        ("concepts.concept_map", lambda odd: {"parts": {odd: [0, 1, 9, 10, 11, 12]}}),
        ("curves.learning_curves", lambda odd: {"history": frame(2, odd).assign(epoch=[1, 2])}),
        ("descent.path_on_contours", lambda odd: {"path": PLANE, "labels": [odd]}),
        ("implicit.loss_curves", lambda odd: {"curves": {odd: ONE}}),
        ("implicit.constant_costs", lambda odd: {"densities": {odd: (0.5, 1.0)}}),
        ("implicit.reconstruction", lambda odd: {"predictions": {odd: ONE}}),
        ("implicit.score_histograms", lambda odd: {"groups": {odd: ONE}}),
        ("posteriors.beliefs", lambda odd: {"densities": {odd: numbers(5)}}),
        ("posteriors.calibration", lambda odd: {"expected": {odd: ONE}, "found": {odd: ONE}}),
        ("rankings.stacked_bars", lambda odd: {"values": numbers(3, 1), "parts": [odd]}),
        ("rankings.sweep", lambda odd: {"table": frame(2, odd)[1:]}),
        ("rates.dots_on_log_axis",
         lambda odd: {"groups": {odd: {"SGD": ONE}, "b": {"SGD": ONE}}, "line": None}),
        ("rates.dots_on_log_axis", lambda odd: {"line": (odd, 1.0)}),
        ("rates.limits", lambda odd: {"labels": [odd, "b"]}),
        ("rivals.timelines",
         lambda odd: {"splits": {"a": {odd: dated()["test"], "b": dated()["train"],
                                       "c": dated()["train"]}}}),
    ],
)  # fmt: skip
def test_a_legend_has_each_name_as_it_was_given_also_those_that_matplotlib_hides(name, change, odd):
    fig, _ = draw(name, change(odd))
    fig.canvas.draw()
    assert odd.replace("\ud800", "?") in in_words(fig)
    plt.close(fig)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("curves.learning_curves", "baselines"),
        ("dots.dots_by_row", "lines"),
        ("posteriors.draws_and_average", "baselines"),
        ("rankings.sweep", "baselines"),
    ],
)
def test_lines_to_compare_with_are_named_whatever_their_name(name, what):
    fig, _ = draw(name, {what: {"_mine": 1.0}})
    assert "_mine (1.000)" in in_words(fig)
    plt.close(fig)


def test_ways_to_search_are_named_whatever_their_name():
    _, axes = plots.panels(["t"], "x", "y")
    plots.found_by_cost(axes, [{"_mine": (ONE, ONE)}])
    assert in_words(axes[0].figure)[0].endswith("_mine")
    plt.close("all")
