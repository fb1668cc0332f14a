"""Find films by the titles that people type."""

import difflib
import re
from collections.abc import Iterable

import pandas as pd

from scratch.checking import checked, columns_of
from scratch.datasets.reading import shown

CLOSE = 3  # how many titles a complaint proposes, at most


@checked
def find_movies(titles: Iterable[str], movies: pd.DataFrame) -> list[int]:
    """The movie_id of each film; year, article, brackets and capitals may be left out.

    movies has the columns movie_id and title, as in `Dataset`. "the godfather" finds "Godfather,
    The (1972)". Of a title that stands under two ids, the one higher up in the table is taken.
    Introduced in notebook 00.

    Raises ValueError for a title that is not there, proposing some that are close, and for one
    that fits several films; TypeError for a title in the table that is no text.
    """
    columns = columns_of(movies, movie_id="whole", title=None)
    known: dict[
        str, dict[str, int]
    ] = {}  # simplified title → the films it may mean, as {title: movie_id}
    for movie, title in zip(columns["movie_id"].tolist(), columns["title"], strict=True):
        if not isinstance(title, str):
            raise TypeError(f"movies has a title that is no text: {title!r}")
        known.setdefault(_simplified(title), {}).setdefault(title, movie)
    return [_find(title, known) for title in titles]


def _find(title: str, known: dict[str, dict[str, int]]) -> int:
    films = known.get(_simplified(title), {})
    if title in films:
        return films[title]
    year = re.search(r"\((\d{4})\)\s*$", title)
    if year:
        films = {name: movie for name, movie in films.items() if name.rstrip().endswith(year[0])}
    if len(films) == 1:
        return next(iter(films.values()))
    if films:
        names = " or ".join(map(repr, sorted(films)))
        raise ValueError(f"several films are called {shown(title)}: write {names}")
    close = ", ".join(map(repr, _close(_simplified(title), known)))
    hint = f"did you mean one of these titles: {close}?" if close else "no title comes close to it"
    raise ValueError(f"no film is called {shown(title)} here; {hint}")


def _close(wanted: str, known: dict[str, dict[str, int]]) -> list[str]:
    holding = sorted((simple for simple in known if wanted and wanted in simple), key=len)
    spelled = difflib.get_close_matches(wanted, known, CLOSE)
    found = list(dict.fromkeys(holding + spelled))[:CLOSE]
    return [title for simple in found for title in known[simple]]


def _simplified(title: str) -> str:
    """Small letters; no brackets, and no article in front or, as in MovieLens, behind.

    >>> _simplified("Godfather, The (1972)"), _simplified("the godfather")
    ('godfather', 'godfather')
    """
    text, bracket, rest = title.rpartition(")")  # so that no bracket is looked for in vain
    words = (re.sub(r"\([^)]*\)", "", text + bracket) + rest).casefold().strip()
    words = re.sub(r", (the|an?)$", "", words)
    return re.sub(r"^(the|an?) ", "", words)
