import pandas as pd
import pytest

from scratch.datasets import find_movies

MOVIES = pd.DataFrame(
    {
        "movie_id": [7, 3, 9, 5, 6, 1, 2],
        "title": [
            "Godfather, The (1972)",
            "Star Wars (1977)",
            "Independence Day (ID4) (1996)",
            "Sabrina (1954)",
            "Sabrina (1995)",
            "Chasing Amy (1997)",
            "Chasing Amy (1997)",
        ],
    }
)


@pytest.mark.parametrize(
    ("typed", "movie"),
    [
        ("Godfather, The (1972)", 7),
        ("The Godfather (1972)", 7),
        ("the godfather", 7),
        ("GODFATHER", 7),
        ("Star Wars", 3),
        ("Independence Day", 9),
        ("Sabrina (1995)", 6),
        ("Chasing Amy", 1),
    ],
)
def test_a_film_is_found_as_people_type_it(typed, movie):
    assert find_movies([typed], MOVIES) == [movie]


def test_films_come_in_the_order_asked_for():
    assert find_movies(["Star Wars", "The Godfather"], MOVIES) == [3, 7]
    assert find_movies([], MOVIES) == []


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("Star Wras", r"no film is called 'Star Wras' here; did you mean .*'Star Wars \(1977\)'"),
        ("Independence", r"did you mean .*'Independence Day \(ID4\) \(1996\)'"),
        ("The Godfather (1990)", r"did you mean .*'Godfather, The \(1972\)'"),
        ("Qqqqq", "no title comes close"),
        ("", "no title comes close"),
        ("Sabrina", r"several films .* write 'Sabrina \(1954\)' or 'Sabrina \(1995\)'"),
    ],
)
def test_a_title_that_is_not_there_gets_a_kind_answer(typed, complaint):
    with pytest.raises(ValueError, match=complaint):
        find_movies([typed], MOVIES)


def test_three_titles_are_proposed_and_of_those_that_hold_it_the_shortest_come_first():
    titles = ["Batman Returns (1992)", "Batman Forever (1995)", "Batman & Robin (1997)"]
    movies = pd.DataFrame({"movie_id": range(4), "title": [*titles, "Batman (1989)"]})
    with pytest.raises(ValueError) as caught:
        find_movies(["Batma"], movies)
    assert str(caught.value) == (
        "no film is called 'Batma' here; did you mean one of these titles: "
        "'Batman (1989)', 'Batman Returns (1992)', 'Batman Forever (1995)'?"
    )


def test_a_title_of_brackets_alone_is_no_riddle():
    for typed in ("(" * 400_000, ")" + "(" * 400_000, "(" * 400_000 + ")"):
        with pytest.raises(ValueError, match=r"no film is called '.{57}\.\.\.' here"):
            find_movies([typed], MOVIES)


@pytest.mark.parametrize(
    ("titles", "movies", "complaint"),
    [
        ("Alien", MOVIES, "titles must be a list, got 'Alien'"),
        ([3], MOVIES, r"titles\[0\] must be a str, got 3"),
        (None, MOVIES, "titles must be a list, got None"),
        ([], MOVIES.drop(columns="title"), "the table has no column 'title'"),
        ([], MOVIES.assign(title=3), r"movies has a title that is no text: .*3"),
        ([], MOVIES.assign(movie_id=[None, *range(6)]), "row 0 of the table has no movie_id"),
        ([], MOVIES.assign(movie_id=0.5), "the column movie_id must be .*whole numbers"),
        ([], {"title": ["a"]}, "movies must be a pandas DataFrame"),
    ],
)
def test_what_are_no_titles_is_said(titles, movies, complaint):
    with pytest.raises((TypeError, ValueError), match=complaint):
        find_movies(titles, movies)
