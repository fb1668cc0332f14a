"""Exercises of notebook 13, Tune the simple ones too: tasks, solutions, checks, wrong answers."""

import math

import numpy as np

from scratch.evaluation import evaluate
from scratch.evaluation.report import judge
from scratch.exercises.judging import Wrong, all_close, choose, close, keyed, number, numbers
from scratch.exercises.judging import predicted, refuses, run, same_as
from scratch.exercises.oracles import the_split
from scratch.recommenders.adapters import PairwiseRanking
from scratch.recommenders.fitted import Recommender

POWERS = (0, 0.5, 1)


def some_likes(seed, users=14, movies=6):
    return (np.random.default_rng(seed).random((users, movies)) < 0.45).astype(float)


def ridge_column(likes, film, l2, per_fan=0.0, fans=None):
    """Column of EASE's B, by the regression of one film on all others; the slow way."""
    fans = likes.sum(axis=0) if fans is None else fans
    rest = np.arange(likes.shape[1]) != film
    others, column = likes[:, rest], np.zeros(likes.shape[1])
    pull = np.diag(l2 + per_fan * fans[rest])
    column[rest] = np.linalg.solve(others.T @ others + pull, others.T @ likes[:, film])
    return column


def ridge_table(likes, l2, per_fan=0.0, fans=None):
    return np.column_stack([ridge_column(likes, film, l2, per_fan, fans)
                            for film in range(likes.shape[1])])


# %% [markdown] 13.q1 · quiz
# BPR looks at a pair of films. The liked one has the score 1.2, the other one 0.2. How wrong is the
# model, as section 3 measures it: by which number does a step of rate 1 multiply the difference of
# the two films? Give three digits.

# %% stub
how_wrong = ...
check("13.q1", how_wrong)

# %% solution
how_wrong = 1 - 1 / (1 + np.exp(-(1.2 - 0.2)))  # one minus σ of the lead, which is 1

# %% check
def check(answer):
    def sigma(x):
        return 1 / (1 + math.exp(-x))

    close(answer, 1 - sigma(1), tolerance=6e-4, what="your answer", mistakes={
        "that is how sure the model is: how wrong it is, is what is missing to one": sigma(1),
        "that is the loss, −ln σ(x): its slope is what a step is measured by": -math.log(sigma(1)),
        "you took the score of the liked film alone: what counts is its lead": 1 - sigma(1.2),
        "you took the score of the liked film alone, and its sureness: what counts is the lead, "
        "and what is missing to one": sigma(1.2),
        "you added the two scores: the lead is their difference": 1 - sigma(1.4),
        "that is e⁻ˣ: σ(x) is 1 / (1 + e⁻ˣ)": math.exp(-1),
        "that is the lead: put it into σ": 1,
        "the liked film is ahead, and yet the model is not quite sure: look at the curve in "
        "section 3": 0,
    })

# %% wrong
{
    "sureness": 1 / (1 + np.exp(-1)),
    "the loss": np.log1p(np.exp(-1)),
    "one score": 1 - 1 / (1 + np.exp(-1.2)),
    "sum of the scores": 1 - 1 / (1 + np.exp(-1.4)),
    "e to the minus": np.exp(-1),
    "the lead": 1.0,
    "nothing wrong": 0,
    "one digit": 0.3,
    "a text": "0.269",
}

# %% [markdown] 13.q2 · quiz
# A paper tries fifty settings of its own model and takes the rival as a library has it. On the
# same thousand users its model is ahead by five per cent, with p = 0.0001. What is nearly certain?
#
# - (a) the new method is better than the old one
# - (b) these two settings differ, on users like these
# - (c) the lead is large enough to matter
# - (d) the arithmetic is wrong, since such a p is too small to be true

# %% stub
nearly_certain = ...
check("13.q2", nearly_certain)

# %% solution
nearly_certain = "b"  # a p-value is about the two settings that were run, not about the methods

# %% check
def check(answer):
    choose(answer, "b", {
        "a": "in section 5 the second paper has small p-values too, and the opposite verdict: what "
        "do the two papers leave untuned?",
        "c": "a p says how surely two lists differ, not by how much: with enough users any lead "
        "has a small one",
        "d": "both papers of section 5 measured honestly, and have such p-values: what misled "
        "them was not the arithmetic",
    })

# %% wrong
{"method": "a", "large": "c", "arithmetic": "d", "none of them": "e", "a word": "settings"}

# %% [markdown] 13.q3 · quiz
# Two films have a cosine of 0.4, and EASE gives the one next to no weight for the other. Between
# other films its weights are clearly larger. What does that mean?
#
# - (a) hardly anybody likes both films
# - (b) once the other films that somebody likes are known, this one tells hardly anything more
# - (c) the pull l2 is too strong
# - (d) who likes the one rather dislikes the other

# %% stub
why_next_to_none = ...
check("13.q3", why_next_to_none)

# %% solution
why_next_to_none = "b"  # what the two have in common is explained away by the others

# %% check
def check(answer):
    choose(answer, "b", {
        "a": "then the cosine would not be 0.4: think of Alien and Titanic in section 1",
        "c": "a strong pull makes all weights small, and other films have larger ones: compare the "
        "two tables of colours in section 2",
        "d": "that would be a weight clearly below zero: read once more what section 2 says of "
        "such weights, just before its map",
    })

# %% wrong
{"nobody": "a", "the pull": "c", "dislike": "d", "none of them": "e", "a number": 0.4}

# %% [markdown] 13.1 · by hand · 10 minutes
# A seventh person joins the six of section 1, and loves *Alien* and *Titanic*, but not *Aliens*.
# Which of the two weights that explain *Alien* grows, which shrinks? Write down the two new
# equations, solve them by hand, and let `ease_weights` check them. The pull is 1 as before. Give
# three digits.

# %% [markdown] hint
# Take the five numbers of section 1 one by one and ask whether the seventh person is among those
# that it counts: who love *Aliens*, who love *Titanic*, who love both; and of those who love
# *Alien*, who loves *Aliens*, and who loves *Titanic*? Two of the five change.

# %% stub
weight_from_aliens = ...
weight_from_titanic = ...
check("13.1", weight_from_aliens, weight_from_titanic)

# %% solution
# (3 + 1) · w₁ + 2 · w₂ = 3 and 2 · w₁ + (6 + 1) · w₂ = 3: Titanic now has six who love it, and
# three of them love Alien. From the two together, w₂ = 6 / 24 and w₁ = 15 / 24.
weight_from_aliens, weight_from_titanic = 15 / 24, 6 / 24

# %% check
def check(aliens, titanic):
    given = [number(aliens, "the weight from Aliens"), number(titanic, "the weight from Titanic")]

    def solved(matrix, right):
        return np.linalg.solve(matrix, right)

    together = np.array([[4.0, 3, 3], [3, 3, 2], [3, 2, 6]])  # who love both, of seven people

    def given_by_table():
        P = np.linalg.inv(together + np.eye(3))
        return -P / np.diag(P)

    right = solved([[4, 2], [2, 7]], [3, 3])
    all_close(given, right, tolerance=6e-4, what="your weights", names=("Aliens", "Titanic"),
              mistakes={
        "you have the two weights the wrong way round: the first is that of Aliens": right[::-1],
        "these are the weights of the six people: what does the seventh add to the counts?":
            [0.7, 0.1],
        "you left out the pull: it adds 1 to each count on the diagonal":
            solved([[3, 2], [2, 6]], [3, 3]),
        "one more of those who love Alien loves Titanic, too: look at the right side again":
            solved([[4, 2], [2, 7]], [3, 2]),
        "one more person loves Titanic: the left side of the second equation counts them, too":
            solved([[4, 2], [2, 6]], [3, 3]),
        "the seventh does not love Aliens, so as many as before love both Aliens and Titanic":
            solved([[4, 3], [3, 7]], [3, 3]),
        "the seventh does not love Aliens: the first equation counts only those who do":
            solved([[5, 2], [2, 7]], [3, 3]),
        "the seventh does not love Aliens: the right side of the first equation stays":
            solved([[4, 2], [2, 7]], [4, 3]),
        "the pull belongs to the diagonal only, not to those who love both":
            solved([[4, 3], [3, 7]], [3, 4]),
        "that is the row of Alien, what it says about the others: what explains Alien stands in "
        "its column": given_by_table()[0, 1:],
        "here Alien explains itself, too, and takes its share: its diagonal is held at 0":
            solved(together + np.eye(3), together)[1:, 0],
    })
    return ("The weight from Titanic has grown, and that from Aliens has shrunk: who loves Alien "
            "without Aliens has to be explained by what is left.")

# %% wrong
{
    "turned round": (0.25, 0.625),
    "six people": (0.7, 0.1),
    "no pull": tuple(np.linalg.solve([[3, 2], [2, 6]], [3, 3])),
    "right side as before": tuple(np.linalg.solve([[4, 2], [2, 7]], [3, 2])),
    "left side as before": tuple(np.linalg.solve([[4, 2], [2, 6]], [3, 3])),
    "both raised": tuple(np.linalg.solve([[4, 3], [3, 7]], [3, 3])),
    "Aliens raised": tuple(np.linalg.solve([[5, 2], [2, 7]], [3, 3])),
    "right of the first": tuple(np.linalg.solve([[4, 2], [2, 7]], [4, 3])),
    "the row": (15 / 26, 6 / 11),
    "free diagonal": (5 / 19, 2 / 19),
    "two digits": (0.62, 0.25),
    "a text": ("15/24", "6/24"),
}

# %% [markdown] 13.2 · recall · 25 minutes
# Compute one column of B the slow way, as section 1 tells it: the ridge regression of one film on
# all the others, with `np.linalg.solve` and no inverse. Write a function that returns the weights
# (films,) which explain `film`, with a 0 in its own place. On twenty films of `likes` it should
# agree with `ease_weights` to ten places.
#
# Then see why the short cut holds. Put film j first and write the matrix likesᵀ likes + l2 · I in
# blocks: its own corner a, the column b below it, the block A of the others. The first column of
# the inverse is (1, −A⁻¹b) / s, with s = a − bᵀA⁻¹b: multiply it by the matrix, and look at what
# comes out.

# %% [markdown] hint
# `rest = np.arange(likes.shape[1]) != film` picks the others. Call their columns X and the film's
# y: the weights w solve (XᵀX + l2 · I) w = Xᵀy, as in the two equations of section 1. At last put
# them at the places `rest` of an array of zeros.

# %% stub
def column_by_regression(likes, film, l2):
    ...

check("13.2", column_by_regression)

# %% solution
def column_by_regression(likes, film, l2):
    rest = np.arange(likes.shape[1]) != film
    X, y = likes[:, rest], likes[:, film]
    column = np.zeros(likes.shape[1])
    column[rest] = np.linalg.solve(X.T @ X + l2 * np.eye(X.shape[1]), X.T @ y)
    return column
# A is XᵀX + l2 · I and b is Xᵀy, so A⁻¹b are these weights. They stand in the first column of the
# inverse with a minus and divided by s; its first number is 1 / s. Divide by minus that.

# %% check
def check(answer):
    cases = [(some_likes(1), 0, 2.0), (some_likes(2), 3, 1.0), (some_likes(3, 20, 7), 6, 10.0),
             (some_likes(4, 14, 8), 2, 0.5)]
    films = cases[0][0].shape[1]
    shape = np.shape(run(answer, *cases[0], what="column_by_regression"))
    if shape == (films - 1,):
        raise Wrong("column_by_regression returns the weights of the others only: put a 0 in the "
                    "film's own place, so that there is one for each film")
    if shape == (films, 1):
        raise Wrong("column_by_regression returns a table of one column: return an array of one "
                    "weight for each film")
    if shape != (films,):
        raise Wrong(f"column_by_regression should return one weight for each film: the shape is "
                    f"({films},) in this case, and yours has {shape}")
    first = run(answer, *cases[0], what="column_by_regression")
    if np.asarray(first).dtype.kind in "iub":
        raise Wrong("column_by_regression returns whole numbers: an array of integers cuts off "
                    "what stands behind the point. Make the zeros floats")

    def with_itself(likes, film, l2):
        gram = likes.T @ likes
        return np.linalg.solve(gram + l2 * np.eye(len(gram)), gram[:, film])

    def zeroed(likes, film, l2):
        column = with_itself(likes, film, l2)
        column[film] = 0
        return column

    def own_place(value):
        def function(likes, film, l2):
            column = ridge_column(likes, film, l2)
            column[film] = value
            return column
        return function

    def looked_up(function):
        """The names that a function looks up, and those that its helpers in the notebook do."""
        names, waiting, space = set(), [function], getattr(function, "__globals__", {})
        while waiting:
            code = getattr(waiting.pop(), "__code__", None)
            inside = [code] if code is not None else []
            while inside:
                code = inside.pop()
                inside += [value for value in code.co_consts if hasattr(value, "co_names")]
                for name in set(code.co_names) - names:
                    value = space.get(name)
                    names |= {name, str(getattr(value, "__name__", name))}
                    if getattr(value, "__module__", "") == space.get("__name__"):
                        waiting.append(value)
        return names

    def without_pull(likes, film, l2):
        rest = np.arange(likes.shape[1]) != film
        column = np.zeros(likes.shape[1])
        column[rest] = np.linalg.lstsq(likes[:, rest], likes[:, film])[0]
        return column

    def pull_on_all(likes, film, l2):
        rest = np.arange(likes.shape[1]) != film
        X, column = likes[:, rest], np.zeros(likes.shape[1])
        column[rest] = np.linalg.solve(X.T @ X + l2, X.T @ likes[:, film])
        return column

    def short_cut(likes, film, l2):
        return np.linalg.inv(likes.T @ likes + l2 * np.eye(likes.shape[1]))[:, film]

    def undivided(likes, film, l2):
        column = short_cut(likes, film, l2)
        column[film] = 0
        return column

    def at(place):
        def function(likes, film, l2):
            return np.insert(np.delete(ridge_column(likes, film, l2), film), place, 0)
        return function

    same_as(answer, ridge_column, cases, tolerance=1e-8, what="column_by_regression", mistakes={
        "all weights are 0: put what solve returns into the array, at the places of the others":
            lambda likes, film, l2: np.zeros(likes.shape[1]),
        "the 0 stands first, and the weights of the films before this one have slipped by a place: "
        "it belongs into the film's own place": at(0),
        "the 0 stands last, and the weights of the films after this one have slipped by a place: "
        "it belongs into the film's own place": lambda likes, film, l2:
            at(likes.shape[1] - 1)(likes, film, l2),
        "the film explains itself: leave its own column out before you solve": with_itself,
        "you put a 0 in the film's place after solving, and so it has taken its share: leave its "
        "column out before": zeroed,
        "the pull is missing: l2 is added on the diagonal of XᵀX": without_pull,
        "the film's own place should hold a 0": own_place(1),
        "the film's own place should hold a 0, not −1": own_place(-1),
        "the film's own place should hold a 0, not NaN": own_place(np.nan),
        "that is the row of the film, what it says about the others: here the film is what is "
        "explained": lambda likes, film, l2: ridge_table(likes, l2)[film],
        "the signs are turned round": lambda *case: -ridge_column(*case),
        "the pull is added to every cell of XᵀX: it belongs on the diagonal only": pull_on_all,
        "l2 is added once, not squared": lambda likes, film, l2: ridge_column(likes, film, l2**2),
        "that is a column of the inverse: it is still to be divided": undivided,
        "that is a column of the inverse: solve the regression of the others instead": short_cut,
        # Last, since other mistakes lose l2, too: what the learner's own makes of another l2.
        "another l2 changes nothing: is a number of your own, such as 1, in its place?":
            lambda likes, film, l2: answer(likes, film, 3 * l2 + 1),
    })
    used = looked_up(answer)
    if used & {"ease_weights", "Ease"}:
        raise Wrong("these are the weights, but ease_weights has found them, by the short cut: "
                    "here the slow way is asked for, a regression with np.linalg.solve")
    if used & {"inv", "pinv"}:
        raise Wrong("these are the weights, but your function takes an inverse: hand the two sides "
                    "of the film's own equations to np.linalg.solve")

# %% wrong
def with_itself(likes, film, l2):
    return np.linalg.solve(likes.T @ likes + l2 * np.eye(likes.shape[1]), likes.T @ likes[:, film])

def zero_afterwards(likes, film, l2):
    column = with_itself(likes, film, l2)
    column[film] = 0
    return column

def no_pull(likes, film, l2):
    column = np.zeros(likes.shape[1])
    rest = np.arange(likes.shape[1]) != film
    column[rest] = np.linalg.lstsq(likes[:, rest], likes[:, film])[0]
    return column

def pull_on_all(likes, film, l2):
    column = np.zeros(likes.shape[1])
    rest = np.arange(likes.shape[1]) != film
    X = likes[:, rest]
    column[rest] = np.linalg.solve(X.T @ X + l2, X.T @ likes[:, film])
    return column

def short_cut(likes, film, l2):
    P = np.linalg.pinv(likes.T @ likes + l2 * np.eye(likes.shape[1]))
    column = -P[:, film] / P[film, film]
    column[film] = 0
    return column

def by_inverse(likes, film, l2):
    column = np.zeros(likes.shape[1])
    rest = np.arange(likes.shape[1]) != film
    X = likes[:, rest]
    column[rest] = np.linalg.inv(X.T @ X + l2 * np.eye(X.shape[1])) @ X.T @ likes[:, film]
    return column

def changes_likes(likes, film, l2):
    answer = column_by_regression(likes, film, l2)
    likes[:, film] = 0
    return answer

{
    "itself": with_itself,
    "zero afterwards": zero_afterwards,
    "no pull": no_pull,
    "pull everywhere": pull_on_all,
    "only the others": lambda likes, film, l2:
        np.delete(column_by_regression(likes, film, l2), film),
    "signs": lambda likes, film, l2: -column_by_regression(likes, film, l2),
    "the row": lambda likes, film, l2: np.array(
        [column_by_regression(likes, j, l2)[film] for j in range(likes.shape[1])]),
    "own number": lambda likes, film, l2: column_by_regression(likes, film, 400.0),
    "l2 is 1": lambda likes, film, l2: column_by_regression(likes, film, 1.0),
    "zero first": lambda likes, film, l2: np.insert(
        np.delete(column_by_regression(likes, film, l2), film), 0, 0),
    "zero last": lambda likes, film, l2: np.append(
        np.delete(column_by_regression(likes, film, l2), film), 0),
    "integers": lambda likes, film, l2: column_by_regression(likes, film, l2).astype(int),
    "never put in": lambda likes, film, l2: np.zeros(likes.shape[1]),
    "ease_weights": lambda likes, film, l2: ease_weights(likes, l2)[:, film],
    "the short cut": short_cut,
    "a helper": lambda likes, film, l2: short_cut(likes, film, l2),
    "an inverse": by_inverse,
    "single precision": lambda likes, film, l2:
        column_by_regression(likes, film, l2).astype(np.float32),
    "the inverse": lambda likes, film, l2:
        np.linalg.inv(likes.T @ likes + l2 * np.eye(likes.shape[1]))[:, film],
    "a column of a table": lambda likes, film, l2: column_by_regression(likes, film, l2)[:, None],
    "changes its input": changes_likes,
    "called": np.zeros(6),
}

# %% [markdown] 13.3 · change the package · 20 minutes
# Section 4 lets the pull of a factorization grow with what it has seen. EASE pulls every weight
# with the same l2, whether the film behind it has three fans or three hundred. Open
# [scratch/recommenders/ease.py](../scratch/recommenders/ease.py) and give `ease_weights` a third
# parameter, `per_fan` (whether by its name only, after a `*`, or not): the weights *from* a film
# (its row of B) are pulled with l2 + per_fan times its number of fans. Without it, all must be as
# before; a negative one is a mistake of the caller: raise a `ValueError` that says which value it
# got. (Harald Steck, 2020, shows that such a pull does what dropout does in a network.)
#
# With l2 = 200 and per_fan = 1, what happens to the NDCG on the validation part: is it "better" or
# "worse" by more than 0.01, or "hardly" changed? Write down what you expect first.

# %% [markdown] hint
# The pull is what is added on the diagonal of likesᵀ likes. A row and a column of the inverse
# belong to each film, so that a diagonal with another number for each film, `np.diag(…)`, is all
# that is needed. Import the module in a cell, `from scratch.recommenders import ease`, and call
# `ease.ease_weights`: the notebook's own `ease_weights` is the one of section 1. To measure:
# `evaluate({"per fan": lambda some: likes[some] @ weights}, parts)`, with `evaluate` from
# `scratch.evaluation`.

# %% stub
prediction_per_fan = ...
check("13.3", prediction_per_fan)

# %% solution in scratch/recommenders/ease.py
# prediction_per_fan = "better"
@checked
def ease_weights(
    likes: Annotated[np.ndarray, _likes],
    l2: Annotated[float, _pull],
    per_fan: float = 0.0,
) -> np.ndarray:
    """The weights B, movies × movies with a zero diagonal, that make likes · B come close to likes.

    likes: (users, movies), 1.0 for a like, else 0.0. B is the minimum of

        ‖likes − likes · B‖² + Σᵢ (l2 + per_fan · nᵢ) ‖row i of B‖²   with B's diagonal held at 0,

    where movie i has nᵢ likes. So column j is the ridge regression of movie j on all the others,
    and no movie may explain itself. One inverse solves them all: with P = (likesᵀ likes + D)⁻¹, D
    the diagonal of these pulls, B = I − P / diag(P), every column of P divided by its diagonal
    element. O(movies³), 8 · movies² bytes. A per_fan above 0 is what dropout does to a network
    (Steck, Autoencoders that don't overfit towards the identity, NeurIPS 2020).

    Raises ValueError for an l2 that is not positive, or so small that rounding would hide it:
    movies without likes would have no solution; for likes other than 0 and 1, and for a per_fan
    below 0.
    """
    if not 0 < l2 < np.inf:
        raise ValueError(f"l2 must be a positive number, got {l2}")
    if not 0 <= per_fan < np.inf:
        raise ValueError(f"per_fan must be 0 or a positive number, got {per_fan}")
    pull = l2 + per_fan * likes.sum(axis=0)
    P = np.linalg.inv(likes.T @ likes + np.diag(pull))
    B = P / -np.diag(P)
    np.fill_diagonal(B, 0.0)
    return B

# %% check
def check(prediction):
    import inspect

    from scratch.recommenders import ease

    if isinstance(prediction, str):
        prediction = prediction.strip().lower().removesuffix("changed")
    guess = predicted(prediction, ("better", "worse", "hardly"))
    function = ease.ease_weights
    parameters = list(inspect.signature(function).parameters.values())
    if len(parameters) < 3:
        raise Wrong("your prediction is noted; now give ease_weights its third parameter, in "
                    "scratch/recommenders/ease.py, and save the file")
    if parameters[2].name != "per_fan":
        raise Wrong(f"the third parameter of ease_weights is called {parameters[2].name}, not "
                    "per_fan")
    if parameters[2].default is inspect.Parameter.empty:
        raise Wrong("without per_fan all should be as before: give it a default")
    if parameters[2].default != 0:
        raise Wrong(f"the default of per_fan is {parameters[2].default!r}: with which one "
                    "is the pull as it was before?")

    def live(*arguments):
        return run(lambda likes, l2, *more: function(likes, l2, **dict(zip(["per_fan"], more))),
                   *arguments, what="ease_weights")

    def of_users(likes, l2, per_fan=0.0):
        return ridge_table(likes, l2, per_fan, fans=likes.sum(axis=1))

    square = some_likes(5, 7, 7), 2.0, 0.5  # where rows can be taken for columns without an error
    if np.shape(square_table := live(*square)) == (7, 7) and np.allclose(
            square_table, of_users(*square), atol=1e-8):
        raise Wrong("fans are counted per film, down its column of likes: you count the films of "
                    "each user")
    cases = [(some_likes(1), 2.0, 0.5), (some_likes(2, 20, 7), 5.0, 2.0),
             (some_likes(3, 6, 9), 1.0, 0.1)]
    shape = np.shape(live(*cases[0]))
    if shape != (6, 6):
        raise Wrong(f"ease_weights should return films × films, and returns the shape {shape}")

    def explained_by(wrong, without=False):
        for case in cases:
            given = case[:2] if without else case
            if not np.allclose(live(*given), wrong(*given), atol=1e-8):
                return False
        return True

    def with_pull(pull, everywhere=0.0):
        def table(likes, l2, per_fan=0.0):
            added = np.diag(pull(likes.sum(axis=0), l2, per_fan)) + everywhere
            P = np.linalg.inv(likes.T @ likes + added)
            B = -P / np.diag(P)
            np.fill_diagonal(B, 0)
            return B
        return table

    if not explained_by(ridge_table, without=True):
        for words, wrong in {
            "the rows are divided by the diagonal of P: each column is, by its own element":
                lambda likes, l2: ridge_table(likes, l2).T,
            "the weights have the opposite sign: P is divided by minus its diagonal":
                lambda likes, l2: -ridge_table(likes, l2),
            "the diagonal of B holds −1: it should stay 0, as no film may explain itself":
                lambda likes, l2: ridge_table(likes, l2) - np.eye(likes.shape[1]),
            "l2 is added to every cell of likesᵀ likes: it belongs on the diagonal only":
                lambda likes, l2: with_pull(lambda *_: np.zeros(likes.shape[1]), l2)(likes, l2),
        }.items():
            if explained_by(wrong, without=True):
                raise Wrong(words)
        raise Wrong("without per_fan the weights are no longer what they were: compare with the "
                    "cell of section 1, line by line, what else has changed")
    if not explained_by(ridge_table):
        for words, wrong in {
            "per_fan changes nothing: is it used where the pull is added?":
                lambda likes, l2, _: ridge_table(likes, l2),
            "per_fan is added to l2 for every film alike: first multiply it by the film's fans":
                with_pull(lambda fans, l2, per_fan: l2 + per_fan + 0 * fans),
            "the pull is multiplied by l2, too: it should be l2 + per_fan · fans":
                with_pull(lambda fans, l2, per_fan: l2 * (1 + per_fan * fans)),
            "you take the share of people who like the film: take how many they are":
                lambda likes, l2, per_fan: ridge_table(likes, l2, per_fan / len(likes)),
            "you take a root of the fans: their number itself counts":
                with_pull(lambda fans, l2, per_fan: l2 + per_fan * np.sqrt(fans)),
            "you take the mean number of fans for all films: each film has its own":
                with_pull(lambda fans, l2, per_fan: l2 + per_fan * fans.mean() + 0 * fans),
            "you take the fans of all films together: each film has its own":
                with_pull(lambda fans, l2, per_fan: l2 + per_fan * fans.sum() + 0 * fans),
            "per_fan times the fans is added to whole columns: it belongs on the diagonal only":
                lambda likes, l2, per_fan: with_pull(
                    lambda fans, *_: l2 + 0 * fans, per_fan * likes.sum(axis=0))(likes, l2),
            "the pull belongs to the film that explains, its row: you have put it on the film "
            "that is explained": lambda likes, l2, per_fan: np.column_stack([
                ridge_column(likes, j, l2 + per_fan * likes[:, j].sum())
                for j in range(likes.shape[1])]),
            "the weights are scaled afterwards: the pull is added before the inverse is taken":
                lambda likes, l2, per_fan: ridge_table(likes, l2)
                / (1 + per_fan * likes.sum(axis=0)[:, None]),
        }.items():
            if explained_by(wrong):
                raise Wrong(words)
        if np.abs(np.diag(live(*cases[0]))).max() > 1e-9:
            raise Wrong("the diagonal of B should stay 0: no film may explain itself")
        raise Wrong("with per_fan the weights are not those of the regressions: add l2 + per_fan · "
                    "fans on the diagonal, film by film, and nothing else")
    for l2, per_fan, what in ((2.0, -0.5, "per_fan"), (-3.0, 0.5, "l2")):
        value = per_fan if what == "per_fan" else l2
        refuses(lambda: function(some_likes(1), l2, per_fan=per_fan), f"{what} = {value}",
                naming=str(value))
    split = the_split()
    likes = split.likes
    tables = {per_fan: function(likes, 200.0, per_fan=per_fan) for per_fan in (0.0, 1.0)}
    found = evaluate({p: lambda users, B=B: likes[users] @ B for p, B in tables.items()}, split)
    gain = found.NDCG[1.0] - found.NDCG[0.0]
    verdict = "better" if gain > 0.01 else "worse" if gain < -0.01 else "hardly"
    if guess == verdict:
        return "You had foreseen what it does."
    came_out = {"hardly": "less than 0.01: other weights need not make other lists",
                "better": "which is better", "worse": "which is worse"}[verdict]
    return f"You had expected {guess}; here the NDCG moves by {gain:+.3f}, {came_out}."

# %% wrong in scratch/recommenders/ease.py
def variant(third="per_fan=0.0", pull="l2 + per_fan * likes.sum(axis=0)", diagonal="0.0",
            test="not 0 <= per_fan < np.inf", error='ValueError(f"per_fan is {per_fan}")',
            last="B"):
    return (
        f"def ease_weights(likes, l2, {third}):\n"
        "    if not 0 < l2 < np.inf:\n"
        '        raise ValueError(f"l2 must be a positive number, got {l2}")\n'
        f"    if {test}:\n        raise {error}\n"
        f"    P = np.linalg.inv(likes.T @ likes + np.diag({pull} + np.zeros(likes.shape[1])))\n"
        "    B = P / -np.diag(P)\n"
        f"    np.fill_diagonal(B, {diagonal})\n"
        f"    return {last}\n"
    )

{
    "no default": variant("per_fan"),
    "another default": variant("per_fan=1.0"),
    "another name": variant("scaling=0.0", "l2 + scaling * likes.sum(axis=0)", test="False"),
    "not used": variant(pull="l2"),
    "added alike": variant(pull="l2 + per_fan"),
    "times l2": variant(pull="l2 * (1 + per_fan * likes.sum(axis=0))"),
    "the share": variant(pull="l2 + per_fan * likes.mean(axis=0)"),
    "the root": variant(pull="l2 + per_fan * likes.sum(axis=0) ** 0.5"),
    "the mean": variant(pull="l2 + per_fan * likes.sum(axis=0).mean()"),
    "users": variant(pull="l2 + per_fan * likes.sum(axis=1)"),
    "all fans": variant(pull="l2 + per_fan * likes.sum()"),
    "divided by rows": variant().replace("-np.diag(P)", "-np.diag(P)[:, None]"),
    "another sign": variant().replace("-np.diag(P)", "np.diag(P)"),
    "columns": variant().replace("np.diag(l2 + per_fan * likes.sum(axis=0) + np.zeros("
                                 "likes.shape[1]))",
                                 "l2 * np.eye(likes.shape[1]) + per_fan * likes.sum(axis=0)"),
    "untouched": "def ease_weights(likes, l2):\n    return 0\n",
    "afterwards": variant(pull="l2", last="B / (1 + per_fan * likes.sum(axis=0)[:, None])"),
    "a diagonal": variant(diagonal="-per_fan"),
    "no complaint": variant(test="False"),
    "another kind of error": variant(error="TypeError(per_fan)"),
    "no number in it": variant(error="ValueError('per_fan is too small')"),
    "l2 may be negative": variant().replace("if not 0 < l2 < np.inf", "if l2 == 0"),
}

# %% [markdown] 13.4 · experiment · 25 minutes
# How many tries are enough? Shuffle the settings of a family, and note the best NDCG after one,
# two, … tries; average over a thousand shuffles. Write this as a function of the scores of all
# settings, which returns as many numbers: the first is what a single try finds on average. (Jesse
# Dodge and others proposed such curves in 2019, so that readers can see a result's budget.) Chance
# may move your numbers a little. Then draw the curve of each family in `tables`: which would you
# have called the best after one, three, six and nine tries?

# %% [markdown] hint
# `np.maximum.accumulate` of a shuffled row is the best so far at each place, and `rng.permuted` of
# a table with a thousand equal rows shuffles each row by itself with `axis=1`. The function makes
# its own `rng`. What should the last number of every curve be, whatever the shuffle?

# %% stub
def best_after(scores):
    ...

check("13.4", best_after)

# %% solution
def best_after(scores):
    shuffles = np.tile(np.asarray(scores, float), (1000, 1))
    shuffles = np.random.default_rng(0).permuted(shuffles, axis=1)
    return np.maximum.accumulate(shuffles, axis=1).mean(axis=0)

of_users = tune(UserNeighbors, {"num_neighbors": (10, 20, 30, 40, 50, 60, 75, 100, 150)}, parts)
print(best_after(of_users.NDCG).round(3))
# With `tables` of section 5: {family: best_after(t.NDCG) for family, t in tables.items()}. After
# all tries every shuffle has found the best setting, so that the last point has no chance in it.
# On the real data the weighted factorization is the best after one, three and six tries; the scaled
# one begins as the last of the six, and has passed it after nine, by a thousandth.

# %% check
def check(answer):
    def exact(scores):
        x, n = np.sort(scores), len(scores)
        return [sum(x[i] * math.comb(i, t - 1) for i in range(n)) / math.comb(n, t)
                for t in range(1, n + 1)]

    def drawn_again(scores):
        x, n = np.sort(scores), len(scores)
        cut = [((np.arange(1, n + 1) / n) ** t) for t in range(1, n + 1)]
        return [(x * np.diff(c, prepend=0)).sum() for c in cut]

    cases = [np.array([0.25, 0.1, 0.9, 0.2]), np.array([0.5, 0.4, 0.3, 0.2, 0.1]),
             np.array([0.23, 0.2, 0.21, 0.22, 0.1, 0.24, 0.26, 0.3, 0.05]), np.array([0.4, 0.4]),
             np.array([0.7])]
    results = []
    for scores in cases:
        result = run(answer, scores, what="best_after")
        values = numbers(result, what="what best_after returns")
        if values.shape == (1000, len(scores)):
            raise Wrong("best_after returns all shuffles: average over them")
        if values.shape != scores.shape:
            raise Wrong(f"for {len(scores)} scores best_after should return {len(scores)} numbers, "
                        f"one after each try; what it returns has the shape {values.shape}")
        results.append(values)

    def explained_by(wrong):
        return all(np.all(np.abs(result - wrong(scores)) <= 0.06 * np.ptp(scores) + 1e-9)
                   for result, scores in zip(results, cases, strict=True))

    ends = [abs(result[-1] - scores.max()) < 1e-9
            for result, scores in zip(results, cases, strict=True)]
    if explained_by(exact) and all(ends):
        return "Now the curves: which family needs the most tries before it leads?"
    for words, wrong in {
        "best_after goes through the scores in the order in which they come: shuffle them, a "
        "thousand times": np.maximum.accumulate,
        "best_after draws a setting again that has been tried: shuffle the list instead":
            drawn_again,
        "best_after averages what has been tried: take the best so far":
            lambda x: np.full(len(x), x.mean()),
        "best_after keeps the lowest so far: the best is the highest":
            lambda x: -np.array(exact(-x)),
        "best_after returns the scores in order: how good is the best after so many tries of a "
        "shuffled list?": np.sort,
        "best_after returns the scores in order, the best first: it should begin with what a "
        "single try finds on average": lambda x: np.sort(x)[::-1],
        "best_after turns its curve round: the first number belongs to one try":
            lambda x: exact(x)[::-1],
        "best_after knows the best from the first try on: after one try only one is known":
            lambda x: np.full(len(x), x.max()),
        "best_after looks one try too far: the first number belongs to a single try":
            lambda x: [*exact(x)[1:], x.max()],
        "best_after begins with nothing tried: the first number belongs to one try":
            lambda x: [0, *exact(x)[:-1]],
    }.items():
        if explained_by(wrong):
            raise Wrong(words)
    scores, result = next((s, r) for s, r in zip(cases, results, strict=True)
                          if abs(r[-1] - s.max()) > 1e-9 or
                          np.any(np.abs(r - exact(s)) > 0.06 * np.ptp(s) + 1e-9))
    if abs(result[-1] - scores.max()) > 1e-9:
        raise Wrong(f"after all tries of {scores.tolist()} the best has been found in every "
                    f"shuffle, and best_after ends with {result[-1]:.4g}")
    if abs(result[0] - scores.mean()) > 0.06 * np.ptp(scores):
        raise Wrong(f"after one try of {scores.tolist()} one finds their mean, on average, and "
                    f"best_after begins with {result[0]:.4g}: is it averaged over a thousand "
                    "shuffles?")
    raise Wrong(f"best_after is too far off between the first and the last try for "
                f"{scores.tolist()}: is it the mean of a thousand shuffles?")

# %% wrong
def one_shuffle(scores):
    return np.maximum.accumulate(np.random.default_rng(3).permutation(scores))

def drawn_with_putting_back(scores):
    drawn = np.random.default_rng(0).choice(scores, (1000, len(scores)))
    return np.maximum.accumulate(drawn, axis=1).mean(axis=0)

def running_mean(scores):
    shuffles = np.random.default_rng(0).permuted(np.tile(scores, (1000, 1)), axis=1)
    return (np.cumsum(shuffles, axis=1) / np.arange(1, len(scores) + 1)).mean(axis=0)

def lowest(scores):
    return -best_after(-np.asarray(scores))

def all_rows(scores):
    shuffles = np.random.default_rng(0).permuted(np.tile(scores, (1000, 1)), axis=1)
    return np.maximum.accumulate(shuffles, axis=1)

def shuffles_its_input(scores):
    np.random.default_rng(0).shuffle(scores)
    return np.maximum.accumulate(scores)

{
    "not shuffled": lambda scores: np.maximum.accumulate(scores),
    "one shuffle": one_shuffle,
    "putting back": drawn_with_putting_back,
    "mean": running_mean,
    "lowest": lowest,
    "not averaged": all_rows,
    "the maximum": lambda scores: np.full(len(scores), np.max(scores)),
    "sorted": lambda scores: np.sort(scores),
    "turned round": lambda scores: best_after(scores)[::-1],
    "from nothing": lambda scores: np.array([0, *best_after(scores)[:-1]]),
    "one number": lambda scores: best_after(scores)[-1],
    "changes its input": shuffles_its_input,
    "called": best_after([0.1, 0.2]),
}

# %% [markdown] 13.5 · experiment · 25 minutes
# In BPR the other film of a pair can be drawn more often the better it is known (section 3). Take
# `PairwiseRanking()` as it comes, which learns in a second, and let its `popularity` be 0, 0.5
# and 1. From power 0 to power 1, do you think, is the coverage of the lists "halved", "about the
# same" or "doubled"? Then measure NDCG and coverage on the validation part with `compare_models`
# and its seed of 0, and give both as `{0: …, 0.5: …, 1: …}`, to three digits.
#
# Draw NDCG against coverage. Add the points of `Weighted(64, w0=0.2, l2=8)` with fame fined, as in
# section 7 of notebook 12, but on validation: from its scores take a fine times log(1 + n), where n
# is how many like the film in the training part (`fans` of section 2). Take fines of 0 to 0.1, in
# steps of 0.02. Both ways give up hits for coverage: up to which coverage would you take which?

# %% [markdown] hint
# `compare_models({power: PairwiseRanking(popularity=power) for power in …}, parts).table` has a
# row for each power and columns called NDCG and coverage; without a third argument it measures on
# the validation part. A column's `to_dict()` is what is asked for. For the fines take `judge`, from
# `scratch.evaluation.report`, and `Recommender`, from `scratch.recommenders.fitted`, as the cell
# in notebook 12 does; the factorization is fitted once.

# %% stub
prediction_of_coverage = ...
ndcg_by_power = ...
coverage_by_power = ...
check("13.5", prediction_of_coverage, ndcg_by_power, coverage_by_power)

# %% solution
prediction_of_coverage = "about the same"  # whatever you had in mind
rankings = {exponent: PairwiseRanking(popularity=exponent) for exponent in (0, 0.5, 1)}
of_rankings = compare_models(rankings, parts).table
ndcg_by_power = of_rankings.NDCG.to_dict()
coverage_by_power = of_rankings.coverage.to_dict()
print(of_rankings[["NDCG", "coverage", "novelty"]].round(3))

from scratch.evaluation.report import judge
from scratch.recommenders.fitted import Recommender

favourite = Recommender(Weighted(64, w0=0.2, l2=8)).fit_split(parts)
of_fines = pd.DataFrame({
    fine: judge(lambda users: favourite.scores(users) - fine * np.log1p(fans), parts).means
    for fine in (0, 0.02, 0.04, 0.06, 0.08, 0.1)
}).T
print(of_fines[["NDCG", "coverage", "novelty"]].round(3))
fig, ax = plots.figure("What more coverage costs", "coverage", "NDCG at 10")
for by_what, way in {"BPR, by power": of_rankings, "weighted, by fine": of_fines}.items():
    ax.plot(way.coverage, way.NDCG, "o-", label=by_what)
ax.legend(frameon=False)
plt.show()
# On the real data the coverage of BPR rises from a quarter of the films to more than a half, and
# its NDCG falls by almost a half: who learns from well-known films alone that they were not liked
# never learns that fame counts. The fined factorization begins with better lists and fewer films.
# Up to a fine of 0.06, which covers almost a third, it is the better one wherever both can be had;
# a larger fine only costs: its NDCG falls, and the coverage stands still. So the fine up to a
# third of the films, and the power beyond.

# %% check
def check(prediction, ndcgs, coverages):
    guess = predicted(prediction, ("halved", "about the same", "doubled"))
    given = {}
    for what, answer in (("your NDCGs", ndcgs), ("your coverages", coverages)):
        found = keyed(answer, POWERS, what)
        given[what] = [number(found[p], f"of {what}, that of power {p}") for p in POWERS]
        if max(given[what]) > 1:
            raise Wrong(f"{what} should lie between 0 and 1: are they percentages, or those of "
                        "another column?")
        if np.ptp(given[what]) == 0:
            raise Wrong(f"{what} are the same for all powers: hand popularity to PairwiseRanking")
    if given["your NDCGs"] == given["your coverages"]:
        raise Wrong("you have handed in the same numbers twice: NDCG and coverage are two columns")
    split, tolerance = the_split(), 6e-4
    names = {"your NDCGs": "NDCG", "your coverages": "coverage"}

    def trained(seed=0, powers=POWERS, **settings):
        return [Recommender(PairwiseRanking(popularity=p, **settings), seed=seed).fit_split(split)
                for p in powers]

    def measured(models, on="validation"):
        rows = [judge(model.scores, split, on).means for model in models]
        return {name: np.array([row[name] for row in rows]) for name in rows[0].index}

    def same(values, others):
        return np.allclose(values, others, rtol=0, atol=tolerance)

    models = trained()
    table = measured(models)
    right = {what: table[column] for what, column in names.items()}
    if all(same(given[what], right[other]) for what, other in zip(right, reversed(right),
                                                                  strict=True)):
        raise Wrong("you have NDCG and coverage the wrong way round")
    for what, column in names.items():
        if same(given[what], right[what]):
            continue
        off = np.abs(given[what] - right[what])
        if off.max() < 0.0051 and np.allclose(given[what], np.round(given[what], 2), atol=1e-9):
            raise Wrong(f"{what} are nearly right: give three digits")
        for words, wrong in {
            f"{what} are in the order of another list: the first is for power 0":
                right[what][::-1],
            f"{what} are those of coverage: take the column called {column}": table["coverage"],
            f"{what} are NDCGs: take the column called {column}": table["NDCG"],
            f"{what} are recalls: take the column called {column}": table["recall"],
            f"{what} are precisions: take the column called {column}": table["precision"],
            f"{what} are Gini numbers: take the column called {column}": table["Gini"],
        }.items():
            if same(given[what], wrong):
                raise Wrong(words)
        if same(given[what], measured(models, "test")[column]):
            raise Wrong(f"{what} are of the test part: choose and look on validation")
        if off.max() < 0.015:
            raise Wrong(f"{what} are close to ours, but not the same: leave the seed of "
                        "compare_models at 0, change nothing but popularity, and give three digits")
        if column == "NDCG" and 0.01 < given[what][0] - right[what][0] < 0.1:
            for settings in (dict(k=64, learning_rate=0.02, l2=0.02, num_epochs=120),
                             dict(k=100, learning_rate=0.01, l2=0.01, num_epochs=100)):
                if same(given[what][0], measured(trained(powers=(0,), **settings))[column]):
                    raise Wrong(f"{what} are those of settings from section 5: take "
                                "PairwiseRanking() as it comes, and change nothing but popularity")
        all_close(given[what], right[what], tolerance=tolerance, what=what, names=POWERS)
    times = right["your coverages"][-1] / right["your coverages"][0]
    verdict = "doubled" if times > 1.5 else "halved" if times < 0.67 else "about the same"
    if guess == verdict:
        return "You had foreseen it. And what does it cost?"
    return (f"You had expected {guess}, which is not what came out. Which films does a liked film "
            "have to get past at power 1, and what does that do to the famous ones?")

# %% wrong
tested_rankings = compare_models(rankings, parts, "test").table
seeded = compare_models(rankings, parts, seed=1).table
tuned_ranking = compare_models({0: PairwiseRanking(64, 0.02, 0.02, 120)}, parts).table
ours = ndcg_by_power, coverage_by_power
{
    "exchanged": ("doubled", coverage_by_power, ndcg_by_power),
    "NDCG twice": ("doubled", ndcg_by_power, ndcg_by_power),
    "percent": ("halved", {p: 100 * ndcg_by_power[p] for p in rankings}, ours[1]),
    "recall": ("doubled", of_rankings.recall, coverage_by_power),
    "novelty": ("doubled", ndcg_by_power, of_rankings.novelty),
    "Gini": ("doubled", ndcg_by_power, of_rankings.Gini),
    "test part": ("doubled", tested_rankings.NDCG, tested_rankings.coverage),
    "another seed": ("doubled", seeded.NDCG, seeded.coverage),
    "tuned": ("doubled", ndcg_by_power | tuned_ranking.NDCG.to_dict(),
              coverage_by_power | tuned_ranking.coverage.to_dict()),
    "two digits": ("doubled", of_rankings.NDCG.round(2), of_rankings.coverage.round(2)),
    "always power 0": ("about the same", dict.fromkeys(rankings, ours[0][0]), coverage_by_power),
    "turned round": ("halved", ndcg_by_power, dict(zip(rankings, [*ours[1].values()][::-1]))),
    "one missing": ("doubled", {0: 0.2, 1: 0.1}, coverage_by_power),
    "a list": ("doubled", list(ndcg_by_power.values()), coverage_by_power),
    "no such prediction": (2, ndcg_by_power, coverage_by_power),
    "one of them off": ("doubled", ndcg_by_power, coverage_by_power | {1: ours[1][1] + 0.05}),
}

# %% [markdown] 13.6 · open · 180 minutes
# Find a paper with a recommender that you would like to believe in. Build it behind `learn` and
# `scores`, as in [scratch/recommenders/adapters.py](../scratch/recommenders/adapters.py), give it
# and EASE the same number of tries, and report both, in time and at random.

# %% stub
# 13.6: your code

# %% [markdown] rubric
# - Both have as many tries, and the grid of each is wide enough that its best setting has worse
#   ones on both sides, or stands at a natural end.
# - Settings are chosen on validation, and the test part is opened once.
# - Users are compared in pairs, with an interval or a p, and each person counts once.
# - Both splits are reported, also where they disagree, with the number of people in each.
# - Somebody who wanted the other result would still call the comparison fair.
