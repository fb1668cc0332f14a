"""The sliders: what they say is kept, answered and found again."""

import numpy as np
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
    panel = RatingPanel(MOVIES, np.array([7, 9]), recommenders, path)
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


def test_a_film_that_a_recommender_does_not_know_is_kept_and_not_asked_about(
    tmp_path, recommenders
):
    path = tmp_path / "mine.csv"
    movies = pd.concat([MOVIES, pd.DataFrame({"movie_id": [12_000], "title": ["Brand new"]})])
    few = TABLE[TABLE["movie_id"] != 9]
    both = recommenders | {"<few>": Recommender(Ease(5.0)).fit(few)}
    panel = RatingPanel(movies, [12_000, 9, 8], both, path)
    panel.sliders[12_000].value = 5
    none = [f"{name} knows none of them" for name in ("Popular", "EASE", "&lt;few&gt;")]
    assert panel.note.value == "; ".join(["1 films rated", "kept in mine.csv", *none])
    assert "nothing to go by yet" in panel.lists.value
    panel.sliders[9].value = 5
    assert panel.note.value == f"2 films rated; kept in mine.csv; {none[2]}"
    assert "because of Film &lt;9&gt;" in panel.lists.value
    again = RatingPanel(movies, [12_000, 9, 8], both, path)
    assert again.stars == {12_000: 5.0, 9: 5.0} and again.lists.value == panel.lists.value
    again.sliders[8].value = 5
    assert again.note.value == "3 films rated; kept in mine.csv"


def test_half_a_star_in_the_file_is_seen_and_stays_until_its_slider_is_moved(
    tmp_path, recommenders
):
    path = tmp_path / "mine.csv"
    save_own_ratings(path, {7: 0.5, 8: 4.5, 10: 2.6}, MOVIES)
    panel = RatingPanel(MOVIES, [7, 8, 9, 10], recommenders, path)
    assert [slider.value for slider in panel.sliders.values()] == [1, 4, 0, 3]
    panel.sliders[9].value = 5
    assert panel.stars == load_own_ratings(path, MOVIES) == {7: 0.5, 8: 4.5, 9: 5.0, 10: 2.6}
    panel.sliders[7].value = 0  # not seen after all
    panel.sliders[8].value = 3
    assert panel.stars == load_own_ratings(path, MOVIES) == {8: 3.0, 9: 5.0, 10: 2.6}


def test_a_file_that_cannot_be_written_does_not_stop_the_panel(tmp_path, recommenders):
    panel = RatingPanel(MOVIES, [9], recommenders, tmp_path / "no folder" / "mine.csv")
    panel.sliders[9].value = 5
    assert panel.note.value.startswith("1 films rated; not kept: ")
    assert "because of" in panel.lists.value


def test_a_panel_has_a_slider_with_a_title_for_each_film_and_the_lists_beside_them(recommenders):
    panel = RatingPanel(MOVIES, iter([9, 7]), recommenders, "nobody.csv")
    left, lists = panel.widget.children
    assert lists is panel.lists and panel.note.value == "0 films rated"
    assert left.children == (panel.sliders[9], panel.sliders[7], panel.note)
    for movie, slider in panel.sliders.items():
        assert (slider.min, slider.max, slider.description) == (0, 5, f"Film <{movie}>")
        assert not slider.continuous_update  # or each step of a move would be an answer
        assert (slider.style.description_width, slider.layout.width) == ("16em", "28em")


def test_only_what_a_slider_says_is_kept(tmp_path, recommenders):
    path = tmp_path / "mine.csv"
    panel = RatingPanel(MOVIES, [9], recommenders, path)
    panel.sliders[9].description = "another title"
    assert panel.stars == {} and not path.exists()


def test_lists_have_eight_places_unless_others_are_asked_for(tmp_path, recommenders):
    popular = {"Popular": recommenders["Popular"]}
    for more, places in (({}, 8), ({"places": 3}, 3)):
        panel = RatingPanel(MOVIES, [9], popular, tmp_path / "mine.csv", **more)
        panel.sliders[9].value = 5
        assert panel.lists.value.count("<li>") == places
        (tmp_path / "mine.csv").unlink()


def test_a_damaged_file_and_an_unknown_film_are_named(tmp_path, recommenders):
    path = tmp_path / "mine.csv"
    path.write_text("rubbish\n", encoding="utf-8")
    with pytest.raises(DatasetError, match=r"mine.csv, line 1"):
        RatingPanel(MOVIES, [7], recommenders, path)
    with pytest.raises(KeyError, match=r"movie_ids has 98, which is not among the movies"):
        RatingPanel(MOVIES, [99, 7, 98], recommenders, tmp_path / "other.csv")
    with pytest.raises(KeyError, match=r"'EASE' may list 20, which is not among the movies"):
        RatingPanel(MOVIES[:13], [7], {"EASE": recommenders["EASE"]}, tmp_path / "other.csv")


def test_movies_have_whole_numbers_and_titles(recommenders):
    for column in ("movie_id", "title"):
        with pytest.raises(ValueError, match=f"no column '{column}'"):
            RatingPanel(MOVIES.drop(columns=column), [7], recommenders, "nobody.csv")
    with pytest.raises(TypeError, match="movie_id"):
        RatingPanel(MOVIES.assign(movie_id=7.5), [7], recommenders, "nobody.csv")


def test_lists_that_cannot_be_shown_are_refused():
    table = pd.DataFrame({"movie_id": [7], "because": [8]})
    for titles in ({7: "A"}, {8: "B"}):
        with pytest.raises(
            KeyError, match=r"titles must have all movies of the lists, and [78] is"
        ):
            lists_as_html({"a": table}, titles)
    with pytest.raises(ValueError, match=r"^lists.'a'. must have a column because"):
        lists_as_html({"a": table[["movie_id"]]}, {7: "A"})
    with pytest.raises(ValueError, match="no column 'movie_id'"):
        lists_as_html({"a": table[["because"]]}, {8: "B"})
    with pytest.raises(TypeError, match="movie_id"):
        lists_as_html({"a": table.assign(movie_id=7.5)}, {7: "A", 8: "B"})


def test_lists_stand_side_by_side():
    table = pd.DataFrame({"movie_id": [7], "because": [pd.NA]})
    text = lists_as_html({"a": table, "b": table[:0]}, {7: "A"})
    assert text.startswith("<table><tr><td style=") and text.endswith("</td></tr></table>")
    assert "<b>a</b><ol><li>A</li></ol></td><td" in text
    assert "<b>b</b><p>nothing to go by yet</p></td>" in text


def test_names_and_titles_are_escaped():
    table = pd.DataFrame({"place": [1], "movie_id": [7], "score": [1.0], "because": [pd.NA]})
    text = lists_as_html({"a<b": table}, {7: "<script>"})
    assert "a&lt;b" in text and "&lt;script&gt;" in text and "<script>" not in text
