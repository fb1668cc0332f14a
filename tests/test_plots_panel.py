"""The sliders: what they say is kept, answered and found again."""

import pandas as pd
import pytest
from make_splits import table_of

from scratch.datasets import DatasetError
from scratch.datasets.own import load_own_ratings, save_own_ratings
from scratch.plots.panel import RatingPanel, lists_as_html
from scratch.recommenders.adapters import Ease, Popular
from scratch.recommenders.fitted import Recommender

TABLE = table_of(40, 15, 0.4, seed=3)
MOVIES = pd.DataFrame({"movie_id": range(7, 22), "title": [f"Film <{i}>" for i in range(7, 22)]})


@pytest.fixture
def recommenders():
    return {name: Recommender(model).fit(TABLE)
            for name, model in {"Popular": Popular(), "EASE": Ease(5.0)}.items()}  # fmt: skip


def test_a_move_is_kept_and_answered(tmp_path, recommenders):
    path = tmp_path / "mine.csv"
    panel = RatingPanel(MOVIES, [7, 9], recommenders, path)
    before = panel.lists.value
    assert "nothing to go by yet" in before and panel.stars == {} and not path.exists()
    panel.sliders[9].value = 5
    assert panel.stars == load_own_ratings(path, MOVIES) == {9: 5.0}
    assert panel.lists.value != before and "nothing to go by yet" not in panel.lists.value
    assert "because of Film &lt;9&gt;" in panel.lists.value
    assert panel.note.value == "1 films rated; kept in mine.csv"
    panel.sliders[9].value = 0
    assert panel.stars == load_own_ratings(path, MOVIES) == {}
    assert panel.lists.value == before


def test_the_sliders_begin_where_they_were_left(tmp_path, recommenders):
    path = tmp_path / "mine.csv"
    save_own_ratings(path, {9: 4.0, 20: 3.5}, MOVIES)  # of film 20 there is no slider
    panel = RatingPanel(MOVIES, [7, 9], recommenders, path)
    assert {movie: slider.value for movie, slider in panel.sliders.items()} == {7: 0, 9: 4}
    panel.sliders[7].value = 2
    assert load_own_ratings(path, MOVIES) == {9: 4.0, 20: 3.5, 7: 2.0}


def test_a_file_that_cannot_be_written_does_not_stop_the_panel(tmp_path, recommenders):
    panel = RatingPanel(MOVIES, [9], recommenders, tmp_path / "no folder" / "mine.csv")
    panel.sliders[9].value = 5
    assert "not kept: " in panel.note.value and "because of" in panel.lists.value


def test_a_damaged_file_and_an_unknown_film_are_named(tmp_path, recommenders):
    path = tmp_path / "mine.csv"
    path.write_text("rubbish\n", encoding="utf-8")
    with pytest.raises(DatasetError, match=r"mine.csv, line 1"):
        RatingPanel(MOVIES, [7], recommenders, path)
    with pytest.raises(KeyError, match="99"):
        RatingPanel(MOVIES, [99], recommenders, tmp_path / "other.csv")


def test_names_and_titles_are_escaped():
    table = pd.DataFrame({"place": [1], "movie_id": [7], "score": [1.0], "because": [pd.NA]})
    text = lists_as_html({"a<b": table}, {7: "<script>"})
    assert "a&lt;b" in text and "&lt;script&gt;" in text and "<script>" not in text
