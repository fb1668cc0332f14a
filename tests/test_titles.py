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
