"""Sliders for a few films, and beside them what each recommender makes of them, live.

Needs ipywidgets, which JupyterLab shows. Introduced in notebook 14.
"""

import html
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import ipywidgets as widgets
import pandas as pd

from scratch.checking import Columns, Count, checked, columns_of
from scratch.datasets.own import load_own_ratings, save_own_ratings
from scratch.recommenders.fitted import Recommender
from scratch.recommenders.reasons import lists_with_reasons

NOT_SEEN = 0  # where a slider stands that says nothing

Movies = Annotated[pd.DataFrame, Columns(movie_id="whole", title=None)]


class RatingPanel:
    """A slider from 0 (not seen) to 5 stars for each film; every move is kept and answered.

    movies: a table with movie_id and title. movie_ids: the films that get a slider. recommenders:
    fitted, by name. path: the CSV file that keeps the stars, read at the beginning if it is there.
    A move gives its film the slider's stars: in `stars` (by movie_id), the file and the lists; all
    others stay as the file has them. A slider has whole stars, and begins at the nearest ones, 1 at
    least; so 4.5 in the file are 4.5 until that slider is moved. Should the file not be writable,
    the panel says so and goes on. A recommender is asked about the films that it knows; where it
    knows none of those rated, the panel says so. `widget` is what a cell shows.

    Raises KeyError for a film of movie_ids, or of a recommender, that is not in movies; TypeError
    or ValueError for arguments of another kind, and what `load_own_ratings` raises.
    """

    @checked
    def __init__(
        self,
        movies: Movies,
        movie_ids: Iterable[int],
        recommenders: Mapping[str, Recommender],
        path: str | Path,
        places: Count = 8,
    ):
        known = set(movies["movie_id"].tolist())
        if strangers := set(movie_ids) - known:
            raise KeyError(f"movie_ids has {min(strangers)}, which is not among the movies")
        for name, recommender in recommenders.items():
            if strangers := set(recommender.movies.ids.tolist()) - known:
                raise KeyError(f"{name!r} may list {min(strangers)}, which is not among the movies")
        self.movies, self.recommenders, self.places = movies, recommenders, places
        self.titles = dict(zip(movies["movie_id"], movies["title"].astype(str), strict=True))
        self.path = Path(path)
        self.stars = load_own_ratings(self.path, movies) if self.path.exists() else {}
        self.sliders = {movie: self._slider(movie) for movie in movie_ids}
        self.lists, self.note = widgets.HTML(), widgets.HTML()
        left = widgets.VBox([*self.sliders.values(), self.note])
        self.widget = widgets.HBox([left, self.lists])
        self._answer()

    def _slider(self, movie: int) -> widgets.IntSlider:
        stars = max(1, round(self.stars[movie])) if movie in self.stars else NOT_SEEN
        slider = widgets.IntSlider(
            value=stars, min=NOT_SEEN, max=5,
            description=self.titles[movie], continuous_update=False,
            style={"description_width": "16em"}, layout={"width": "28em"},
        )  # fmt: skip
        slider.observe(lambda change: self._moved(movie, change["new"]), names="value")
        return slider

    def _moved(self, movie: int, value: int) -> None:
        if value == NOT_SEEN:
            self.stars.pop(movie, None)
        else:
            self.stars[movie] = float(value)
        try:
            save_own_ratings(self.path, self.stars, self.movies)
            kept = f"kept in {self.path.name}"
        except OSError as problem:
            kept = f"not kept: {problem}"
        self._answer(kept)

    def _answer(self, kept: str = "") -> None:
        lists: dict[str, pd.DataFrame] = {}
        notes = [f"{len(self.stars)} films rated", *([kept] if kept else [])]
        for name, recommender in self.recommenders.items():
            known = set(recommender.movies.ids.tolist())
            stars = {movie: given for movie, given in self.stars.items() if movie in known}
            if self.stars and not stars:
                notes.append(f"{name} knows none of them")
            lists |= lists_with_reasons({name: recommender}, stars, self.places)
        self.note.value = html.escape("; ".join(notes))
        self.lists.value = lists_as_html(lists, self.titles)


@checked
def lists_as_html(lists: Mapping[str, pd.DataFrame], titles: Mapping[int, str]) -> str:
    """The tables of `lists_with_reasons` side by side, with titles and reasons in words.

    Raises ValueError for a table without its columns, KeyError for a movie without a title.
    """
    columns = []
    for name, table in lists.items():
        columns_of(table, movie_id="whole")
        if "because" not in table:
            raise ValueError(f"lists[{name!r}] must have a column because, of reasons")
        for movie in [*table["movie_id"], *table["because"].dropna()]:
            if movie not in titles:
                raise KeyError(f"titles must have all movies of the lists, and {movie} is missing")
    for name, table in lists.items():
        lines = [
            f"<li>{_title(titles, row.movie_id)}{_reason(titles, row.because)}</li>"
            for row in table.itertuples()
        ]
        shown = f"<ol>{''.join(lines)}</ol>" if lines else "<p>nothing to go by yet</p>"
        columns.append(
            f'<td style="vertical-align: top; text-align: left; padding: 0 1em">'
            f"<b>{html.escape(name)}</b>{shown}</td>"
        )
    return f"<table><tr>{''.join(columns)}</tr></table>"


def _title(titles: Mapping[int, str], movie: int) -> str:
    return html.escape(titles[movie])


def _reason(titles: Mapping[int, str], because: Any) -> str:
    if pd.isna(because):
        return ""
    return f"<br><small>because of {_title(titles, because)}</small>"
