"""What a service holds: one fitted factorization, made ready to answer in a millisecond.

All that can be done before anybody asks is done once: the movies of each user side by side, what a
fold-in needs of all movies, ids as dictionaries. What is left for each answer is one search.
Introduced in notebook 17.
"""

from collections.abc import Mapping

import numpy as np

from scratch.checking import Count, Size, checked, shown
from scratch.checking.rules import number, whole
from scratch.evaluation.lists import EMPTY
from scratch.evaluation.protocol import LIKED
from scratch.machinery.sparse import group_by_row
from scratch.recommenders.adapters import Weighted
from scratch.recommenders.fitted import Recommender
from scratch.serving.exact import ExactSearch, places
from scratch.serving.inverted_lists import InvertedLists

Answer = list[tuple[int, float]]  # (movie_id, score), best first


class Answers:
    """A fitted `Weighted` recommender, which answers one person at a time, ids in and ids out.

    name: what this model is called. num_cells: look into num_probed of so many cells of movies,
    which are made with seed, instead of at all movies. The vectors are kept, and multiplied, in
    float32. Raises ValueError for another model, one that has learned nothing, arrays that do not
    fit together or are not finite, ids that are not whole numbers, and cells that can't be; where
    a setting is of another kind, TypeError.
    """

    @checked
    def __init__(
        self,
        recommender: Recommender,
        name: str,
        *,
        num_cells: Count | None = None,
        num_probed: Count = 1,
        seed: Size = 0,
    ):
        self.name, self.settings = name, _checked(recommender)
        user_ids, movie_ids = recommender.users.ids.tolist(), recommender.movies.ids.tolist()
        self.num_users, self.num_movies = len(user_ids), len(movie_ids)
        self._movie_ids: list[int] = movie_ids
        # Dictionaries: pandas takes some ten times as long to look up one id.
        self._user_index = {user_id: index for index, user_id in enumerate(user_ids)}
        self._movie_index = {movie_id: index for index, movie_id in enumerate(movie_ids)}

        with np.errstate(over="ignore"):  # too large becomes inf, and is found here
            self.U, self.V = (recommender.arrays[name].astype(np.float32) for name in "UV")
            longest = [np.sqrt((side**2).sum(axis=1).max()) for side in (self.U, self.V)]
            if not np.isfinite(longest[0] * longest[1]):  # no u·v is larger
                raise ValueError("U or V has numbers that are not finite, or too large for float32")
        V = recommender.arrays["V"]
        gram = (V.T @ V).astype(float)
        # One fold-in as a whole says what is wrong; then what is the same for everybody is kept.
        self.settings.vector(self.V, np.array([0]), np.array([LIKED]), gram)
        self._everywhere, self._ones = self.settings.w0 * gram, np.eye(len(gram))
        self._all_movies = ExactSearch(self.V)
        self._num_probed, self._cells = num_probed, None
        if num_cells is not None:
            self._cells = InvertedLists(self.V, num_cells, rng=np.random.default_rng(seed))

        users, movies, ratings = recommender.known
        no_confidence = np.empty(0, np.float32)
        self._starts, self._known, _ = group_by_row(users, movies, no_confidence, self.num_users)
        self._likes = np.bincount(movies[ratings >= LIKED], minlength=self.num_movies)
        self._most_liked = np.argsort(-self._likes, kind="stable")  # ties: the lower index

        # One search of each kind now: whoever asks first need not wait for numba to compile, and
        # what can't be answered at all is found before anybody asks.
        self._all_movies.search(self.U[:1], 1)
        self._best(self._vector(np.array([0]), np.array([LIKED])), np.array([0]), 1)

    def top(self, user_id: int, n: int) -> Answer:
        """The n best movies that the user has not rated, and their scores.

        Fewer where fewer movies are left. Raises KeyError for a user without training ratings,
        ValueError for n below 1, TypeError for an id or n that is no whole number.
        """
        n = places(n)
        if type(user_id) is not int:  # a dictionary would take True for 1, and 2.0 for 2
            user_id = whole("user_id", user_id)
        user = self._user_index.get(user_id)
        if user is None:
            raise KeyError(f"there is no user {user_id} in the model {self.name!r}")
        known = self._known[self._starts[user] : self._starts[user + 1]]
        return self._best(self.U[user], known, n)

    def fold_in(self, stars: Mapping[int, float], n: int) -> Answer:
        """The n best movies for somebody new, from their stars by movie_id, which are left out.

        As `Recommender.recommend_new`. Raises KeyError for a movie without training ratings,
        ValueError for stars that are not finite, n below 1, or nothing that the model goes by: then
        every movie would have the score 0. TypeError for an id or n that is no whole number, or
        stars that are no numbers.
        """
        n = places(n)
        if type(stars) is not dict and not isinstance(stars, Mapping):
            raise TypeError(f"stars must be a dictionary of stars by movie id, got {shown(stars)}")
        rated, numbers = [], []
        for movie_id, some in stars.items():
            if type(movie_id) is not int:
                movie_id = whole("a movie id", movie_id)
            if movie_id not in self._movie_index:
                raise KeyError(f"there is no movie {movie_id} in the model {self.name!r}")
            if type(some) is not float:
                some = number(f"the rating of movie {movie_id}", some)
            rated.append(self._movie_index[movie_id])
            numbers.append(some)
        given = np.array(numbers, float)
        if not np.isfinite(given).all():
            wrong = list(stars)[int(np.argmin(np.isfinite(given)))]
            raise ValueError(f"the rating of movie {wrong} is {stars[wrong]}: give it stars")
        if not (np.count_nonzero(given >= LIKED) if self.settings.ones == "liked" else len(given)):
            raise ValueError(f"nothing here is {self.settings.ones}, and the model goes by that")
        vector = self._vector(np.array(rated, int), given)
        if not vector.any():  # those movies are at 0, and so is who goes by them alone
            raise ValueError("nobody has liked any of this before, and the model goes by that")
        return self._best(vector, np.array(rated), n)

    def popular(self, n: int) -> Answer:
        """The n movies that most users like, and how many do: for somebody nobody knows yet.

        Ties: the movie that comes first in the recommender's `movies`. Raises ValueError for n
        below 1, TypeError for one that is not whole.
        """
        n = places(n)
        return [(self._movie_ids[m], float(self._likes[m])) for m in self._most_liked[:n].tolist()]

    def _vector(self, movies: np.ndarray, stars: np.ndarray) -> np.ndarray:
        """What `Weighted.vector` says of somebody new, to the last bit, in half the time."""
        settings = self.settings
        chosen = movies[stars >= LIKED] if settings.ones == "liked" else movies
        mine = self.V[chosen].astype(float)
        pull = settings._pull(len(chosen), self.num_movies)
        A = self._everywhere + (1 - settings.w0) * mine.T @ mine + pull * self._ones
        try:
            return np.linalg.solve(A, mine.sum(axis=0))
        except np.linalg.LinAlgError:
            raise ValueError(
                "many vectors fit these stars: w0 and l2 of the model are too small"
            ) from None

    def _best(self, vector: np.ndarray, known: np.ndarray, n: int) -> Answer:
        """The n movies of largest product with a vector (k,), without those that are known."""
        n = min(n, self.num_movies)
        if self._cells is not None:
            found = self._told(*self._cells.search(vector[None], n, self._num_probed, known))
            if len(found) == n:
                return found
            # Too few in these cells: the others have to be looked at as well.
        return self._told(*self._all_movies.search(vector[None], n, known))

    def _told(self, shown: np.ndarray, scores: np.ndarray) -> Answer:
        """What is on a list (1, n), as ids and scores."""
        pairs = zip(shown[0].tolist(), scores[0].tolist(), strict=True)
        return [(self._movie_ids[movie], score) for movie, score in pairs if movie != EMPTY]


def _checked(recommender: Recommender) -> Weighted:
    """The settings of a recommender that can be served. Raises ValueError for any other.

    What comes from a file may be anything; machine code does not look where its indices lead.
    """
    model = recommender.model
    if not isinstance(model, Weighted):
        raise ValueError(
            f"a model {type(model).__name__} can't be served. What can is Weighted: its score is "
            "one product u·v, and it has a place for somebody new"
        )
    sizes = {"U": len(recommender.users), "V": len(recommender.movies)}
    for ids in (recommender.users.ids, recommender.movies.ids):
        if ids.dtype.kind not in "iu":
            raise ValueError(f"ids must be whole numbers to be asked for, and are {ids.dtype}")
    for name, size in sizes.items():
        table = recommender.arrays.get(name, np.empty(0))
        if table.dtype.kind != "f" or table.shape != (size, model.k) or table.size == 0:
            raise ValueError(
                f"{name} must be a table {(size, model.k)} of floats, and is {table.shape} of "
                f"{table.dtype}"
            )
    users, movies, ratings = recommender.known
    if not users.shape == movies.shape == ratings.shape == (users.size,):
        raise ValueError("the known ratings are columns of different lengths, or no columns")
    if ratings.dtype.kind not in "fiu":
        raise ValueError(f"the known ratings must be numbers, and are {ratings.dtype}")
    for side, indices, size in (("user", users, sizes["U"]), ("movie", movies, sizes["V"])):
        if indices.dtype != np.int32 or ((indices < 0) | (indices >= size)).any():
            raise ValueError(f"a known rating has a {side} that is not there")
    return model
