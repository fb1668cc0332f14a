"""What cannot be drawn is refused by name, before there is a figure that shows half of it."""

import importlib

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from calls.plots import GOOD, PLANE, dated, history, numbers, table

from scratch import plots


def draw(name, change):
    module, _, function = f"scratch.plots.{name}".rpartition(".")
    return getattr(importlib.import_module(module), function)(**GOOD[f"plots.{name}"]() | change)


ONE = numbers(3)
FIVE = {str(i): ONE for i in range(5)}
ODD = [
    ("ablation.prediction_steps", {"parts": table().iloc[:, :1]}, "parts must have a column where"),
    ("ablation.prediction_steps", {"parts": table().iloc[:0]}, "parts must have a row"),
    ("ablation.prediction_steps", {"parts": table(a=1, b=2)}, "parts.columns has 5 entries"),
    ("ablation.nearest_films", {"nearest": {}}, "nearest is empty"),
    ("ablation.nearest_films", {"nearest": {"A": [("B", 1.0)], "C": []}}, "'C'.* is empty"),
    ("ablation.nearest_films", {"nearest": {"A": [("B", 2.0)]}}, "nearest.* must be at least 0"),
    ("ablation.nearest_films", {"nearest": {"A": [("B", 1.0)], "C": [("A", 1.0), ("B", 0.0)]}},
     "'C'.* must be one for each of 1 places"),
    ("clusters.coloured_batches", {"order": [0, 2]}, "order must have each of 0 … 1 once"),
    ("clusters.coloured_batches", {"order": []}, "order is empty"),
    ("clusters.two_maps", {"wrong": (3, "B")}, "right and wrong must be two rows"),
    ("clusters.layer_sizes", {"epochs": [1, 2]}, "sizes must be one for each of 2 epochs"),
    ("clusters.layer_sizes", {"sizes": np.zeros((3, 2))}, "sizes must be above 0"),
    ("clusters.genre_shares", {"times": -table()}, "times must not be negative"),
    ("clusters.beside_chance", {"shuffles": FIVE}, "shuffles has 5 entries, and only 3"),
    ("clusters.beside_chance", {"shuffles": {"one": []}}, "shuffles.* is empty"),
    ("clusters.agreements", {"found": {"one": ONE}}, "found and chance must have the same names"),
    ("clusters.agreements", {"found": {"one": ONE, "two": 2 * ONE + 1}}, "must be from -1 to 1"),
    ("concepts.concept_map", {"needs": {1: [7]}}, "needs has notebook 7, which is not in titles"),
    ("concepts.concept_map", {"parts": {"I": [0]}}, "needs has notebook 1, which is not in parts"),
    ("concepts.concept_map", {"parts": {"I": [0, 1], "II": []}}, "parts.* is empty"),
    ("crews.row_blocks", {"owners": [0, 2, 0]}, "worker 1 has no row"),
    ("crews.row_blocks", {"owners": [0, 1]}, "owners must be one for each of 3 rows of table"),
    ("curves.learning_curves", {"history": history()[["epoch"]]}, "curves of history is empty"),
    ("curves.learning_curves", {"history": history()[["train"]]}, "no column 'epoch'"),
    ("curves.learning_curves", {"history": history().assign(a=1.0, b=2.0, c=3.0)},
     "the curves of history has 5 entries, and only 4"),
    ("curves.learning_curves", {"history": history().assign(a=np.nan)}, "'a'.* is empty"),
    ("curves.learning_curves", {"history": history().assign(a=np.inf)}, "history.* is inf"),
    ("curves.learning_curves", {"ylim": (2.0, 1.0)}, "ylim must be a low end and a higher one"),
    ("curves.learning_curves", {"baselines": dict.fromkeys("abcd", 1.0)}, "baselines has 4"),
    ("descent.path_on_contours", {"loss": lambda x, y: np.nan}, "loss is finite at no point"),
    ("descent.path_on_contours", {"xlim": (1.0, 1.0)}, "xlim must be a low end"),
    ("descent.path_on_contours", {"path": np.ones((2, 3))}, "path must be points of a plane"),
    ("descent.path_on_contours", {"path": []}, "path is empty"),
    ("descent.path_on_contours", {"path": [PLANE, PLANE * np.nan]}, r"path\[1\].* is nan"),
    ("dots.dots_by_row", {"results": {}}, "results is empty"),
    ("dots.dots_by_row", {"results": {"one": [1.0], "two": []}}, "results.'two'.* is empty"),
    ("dots.dots_by_row", {"results": {"one": [np.nan], "two": [1.0]}}, "'one'.* is empty"),
    ("dots.dots_by_row", {"right": None, "results": {"one": [1.0, np.nan]}}, "'one'.* is nan"),
    ("dots.dots_by_row", {"highlighted": "three"}, "highlighted must be one of the rows"),
    ("factors.product_blocks", {"users": ["a"]}, "users must be one for each of 3 rows of U"),
    ("factors.moving_points", {"tracks": numbers(4, 2, 3)}, "tracks must be .steps, points, 2."),
    ("factors.stars_by_stars", {"actual": [1.0]}, "predicted must be one for each of 1 ratings"),
    ("implicit.loss_curves", {"curves": FIVE}, "curves has 5 entries"),
    ("implicit.loss_curves", {"curves": {"one": [1.0, 0.0]}}, "curves.* must be above 0"),
    ("implicit.constant_costs", {"densities": {"one": (0.0, 1.0)}}, "densities.*must be above 0"),
    ("implicit.reconstruction", {"labels": ["A"]}, "labels must be one for each of 3 movies"),
    ("implicit.reconstruction", {"observed": [0.0, 0.5, 1.0]}, "observed must hold 1 or 0"),
    ("implicit.score_histograms", {"bins": [1.0, 0.0]}, "bins must be two edges or more"),
    ("implicit.score_histograms", {"bins": 10**6}, "bins must be at most"),
    ("implicit.score_histograms", {"groups": {"a": [1e17, 1e17 + 16]}}, "bins between .* narrow"),
    ("implicit.found_on_the_way_down", {"passed": {"one": [1.5]}}, "passed.* must be from 0 to 1"),
    ("maps.labelled_map", {"labels": ["a"]}, "labels must be one for each of 3 points"),
    ("maps.labelled_map", {"points": np.ones((0, 2)), "labels": []}, "points must have a row"),
    ("neighbourhoods.angles", {"pairs": {}}, "pairs is empty"),
    ("neighbourhoods.angles", {"pairs": {"one": ([1.0], [1.0, 2.0])}}, "second of pairs"),
    ("neighbourhoods.votes", {"items": {"a": ["X"]}}, "items must have what all neighbors vote"),
    ("neighbourhoods.votes", {"items": {"a": [], "b": []}}, "items is empty"),
    ("neighbourhoods.votes", {"numbers": "x"}, "numbers must be a format of a number"),
    ("neighbourhoods.on_its_side", {"row_labels": ["a"]}, "row_labels must be one for each of 2"),
    ("networks.embedding_lookup", {"V": numbers(2, 3)}, "U has 2 columns and V has 3"),
    ("networks.network_diagram", {"weights": []}, "weights must be one for each of 1 steps"),
    ("networks.network_diagram", {"weights": [np.ones((2, 2))]}, r"weights\[0\] must be of shape"),
    ("networks.network_diagram", {"names": [["x"], ["z"]]}, r"names\[0\] must be one for each"),
    ("posteriors.beliefs", {"grid": [0.0, 1.0]}, "densities.* each of 2 numbers of the grid"),
    ("posteriors.beliefs", {"densities": {"one": np.zeros(5)}}, "must be a density"),
    ("posteriors.clouds", {"likely": {"one": (np.zeros(2), -np.eye(2), PLANE)}}, "below 0"),
    ("posteriors.clouds", {"likely": {"one": (np.zeros(2), np.eye(2), PLANE[:1])}}, "one place"),
    ("posteriors.draws_and_average", {"of_draws": ONE}, "of_averages must be one for each of 3"),
    ("posteriors.calibration", {"found": {"two": ONE}}, "must have the same names"),
    ("posteriors.calibration", {"found": {"one": ONE[:2]}}, "each of 3 numbers expected"),
    ("rankings.stacked_bars", {"parts": ["A"]}, "parts must be one for each of 2 columns"),
    ("rankings.course_map", {"parts": {"I": []}}, "parts.* is empty"),
    ("rankings.ghosts", {"films": {"A": [6.0]}}, "films.* must be from 1 to 5"),
    ("rankings.ghosts", {"damping": 10**9}, "damping must be at least 0 and at most"),
    ("rankings.pulled", {"counts": [0.0, 1.0]}, "counts must be above 0"),
    ("rankings.parts_of_split", {"uses": ["learn"]}, "uses must be one for each of 2 sizes"),
    ("rankings.parts_of_split", {"sizes": {"a": 0, "b": 1}}, "sizes.* must be at least 1"),
    ("rankings.sweep", {"table": pd.DataFrame({"a": [1.0]}, [0])}, "the index of table must be"),
    ("rankings.sweep", {"table": pd.DataFrame({"a": [np.nan]}, [1])}, "table.* is nan"),
    ("rates.steps_on_parabola", {"rates": [1e90]}, "lead too far away"),
    ("rates.steps_on_parabola", {"start": 0.0}, "start must not be 0"),
    ("rates.loss_by_rate", {"losses": {"Adamant": {0.1: 1.0}}}, "'Adamant' has no look"),
    ("rates.loss_by_rate", {"losses": {"SGD": {-0.1: 1.0}}}, "the rates of losses.* above 0"),
    ("rates.loss_by_step", {"curves": {"SGD": [0.0]}}, "curves.* must be above 0"),
    ("rates.dots_on_log_axis", {"groups": {"a": {"X": [1.0]}, "b": {"Y": [1.0]}}}, "a row 'Y'"),
    ("rates.limits", {"found": [1.0]}, "found must be one for each of 2 expected"),
    ("rivals.intervals", {"highlighted": ["three"]}, "highlighted must be rows of the table"),
    ("rivals.intervals", {"table": table().drop(columns="low")}, "no column 'low'"),
    ("rivals.slopes", {"table": table().iloc[:0]}, "table must have a row and a column"),
    ("rivals.timelines", {"users": [1, 9]}, "users has 9, who is not in splits"),
    ("rivals.timelines", {"splits": {"a": {"train": dated()["train"]}}}, "each of 3 parts"),
    ("scale.outer_products", {"vectors": np.zeros((2, 2))}, "vectors must have a number"),
    ("scale.growth", {"sizes": [2.0, 1.0]}, "sizes must grow"),
    ("scale.growth", {"measured": {"one": [1.0]}}, "measured.* each of 2 sizes"),
    ("searches.product_and_distance", {"query": [0.0, 0.0]}, "query must not be"),
    ("searches.on_a_circle", {"values": [0.0]}, "values must have a number that is not 0"),
    ("searches.cells_in_a_plane", {"num_probed": 3}, "num_probed is 3: at most 4 of 2 cells"),
    ("searches.found_by_cost", {"curves": []}, "curves must be one for each of 1 axes"),
    ("tables.heat_map", {"table": np.full((2, 3), np.nan)}, "table has no number at all"),
    ("tables.heat_map", {"table": np.full((2, 3), np.inf)}, "table.* is inf"),
    ("tables.heat_map", {"row_labels": ["a"]}, "row_labels must be one for each of 2 rows"),
    ("tables.heat_map", {"marked": np.eye(2, dtype=bool)}, "marked must have the table's shape"),
    ("style.panels", {"titles": []}, "titles is empty"),
    ("style.panels", {"titles": ["a"] * 21}, "titles has 21 entries, and only 20"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "words"), ODD, ids=[f"{n}-{w[:20]}" for n, _, w in ODD])
def test_what_cannot_be_drawn_is_refused_by_name_and_leaves_no_figure(name, change, words):
    axes_of_curves = name == "searches.found_by_cost"  # it draws into a figure that is there
    plt.close("all")
    with pytest.raises(ValueError, match=words):
        draw(name, change)
    assert len(plt.get_fignums()) == axes_of_curves
    plt.close("all")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("crews.row_blocks", {"owners": [0, 1, 4]}),
        ("factors.product_blocks", {"lit": (3, 0)}),
        ("factors.product_blocks", {"lit": (0, 2)}),
        ("implicit.reconstruction", {"hidden": 3}),
        ("neighbourhoods.on_its_side", {"column": 3}),
        ("networks.embedding_lookup", {"user": 3}),
    ],
)
def test_rows_and_columns_that_are_not_there(name, change):
    with pytest.raises(IndexError, match=r"is out of range|must be"):
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


def test_more_colours_than_there_are_would_leave_things_out():
    with pytest.raises(ValueError, match="the columns of table has 5 entries"):
        plots.sweep(pd.DataFrame(numbers(2, 5), [1, 10]), "t", "x", "y")


def test_a_short_text_has_room_and_a_long_one_is_cut():
    assert plots.style.cut("abc", 3) == "abc" and plots.style.cut("abcd", 3) == "ab…"
    assert plots.style.cut("abcd", 0) == "…"


def test_a_curve_may_end_before_the_others():
    shorter = history().assign(shorter=[1.0, *[np.nan] * (len(history()) - 1)])
    fig, ax = draw("curves.learning_curves", {"history": shorter})
    assert "shorter" in [line.get_label() for line in ax.lines]
    plt.close(fig)


def test_settings_may_stand_in_an_index_of_objects():
    settings = table().set_axis(pd.Index([1, 2], dtype=object))
    fig, _ = draw("rankings.sweep", {"table": settings})
    plt.close(fig)
