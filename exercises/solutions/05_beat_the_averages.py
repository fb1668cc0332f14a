"""Exercises of notebook 05, Beat the averages: tasks, solutions, checks, wrong answers."""

import numpy as np

from scratch.evaluation.metrics import mse
from scratch.exercises.judging import NotYet, Wrong, all_close, choose, close, keyed, number
from scratch.exercises.judging import numbers, predicted, refuses, run, short
from scratch.exercises.oracles import the_split, tuned_biases
from scratch.factorization import MatrixFactorization
from scratch.ratings import Ratings
from scratch.recommenders.baselines import ShrunkenBiases


def degrees(a, b):
    """The angle between two lines, whichever way their arrows point."""
    cosine = abs(a @ b) / np.sqrt((a @ a) * (b @ b))
    return np.degrees(np.arccos(min(cosine, 1.0)))


def some_cloud(seed, spread=(3.0, 1.6, 0.8), rows=60, middle=4.0):
    """A cloud of points that is stretched in a few directions, far from the origin."""
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(len(spread), len(spread))))[0]
    points = rng.normal(size=(rows, len(spread)))
    points = np.linalg.qr(points - points.mean(axis=0))[0] * np.sqrt(rows) * np.array(spread)
    return points @ axes.T + middle * rng.uniform(0.5, 1.5, len(spread))


def principal(data):
    """The directions of most variance as rows, by the singular value decomposition."""
    return np.linalg.svd(data - data.mean(axis=0), full_matrices=False)[2]


# %% [markdown] 05.q1 · quiz
# A film has 4 training ratings. They lie 1.5 stars above what the mean and its users explain, on
# average, and its shrunk bias is 1. How large was the shrinkage?

# %% stub
shrinkage_used = ...
check("05.q1", shrinkage_used)

# %% solution
shrinkage_used = 4 * 1.5 / 1 - 4  # 1 = 4 · 1.5 / (4 + shrinkage)

# %% check
def check(answer):
    close(answer, 2, tolerance=0.001, what="your shrinkage", mistakes={
        "that is n + shrinkage, by which the sum of the leftovers is divided": 6,
        "that is by how much the bias has shrunk: how many imagined ratings did that?": 0.5,
        "that is the share that was taken away: how many imagined ratings did that?": 1 / 3,
        "that is the factor by which it has shrunk: see how section 1 divides": 2 / 3,
        "with as many imagined ratings as real ones the bias would be halved": 4,
        "that is the number of stars before shrinking": 1.5,
        "you divided one leftover by n + shrinkage: it is the sum of all four that is divided":
            -2.5,
    })

# %% wrong
{
    "n + shrinkage": 6,
    "the difference": 0.5,
    "the share": 1 / 3,
    "the factor": 2 / 3,
    "as many": 4,
    "one leftover": -2.5,
    "the best of section 1": 3,
    "a text": "2",
}

# %% [markdown] 05.q2 · quiz
# The file of a finished model has lost `b_user`, so that it reads as 0 for everyone. What changes?
#
# - (a) each user's ten films; the errors of predicted stars stay nearly as they are
# - (b) both
# - (c) the errors of predicted stars; each user's ten films stay as they are
# - (d) neither, since the factors make up for it

# %% stub
without_user_biases = ...
check("05.q2", without_user_biases)

# %% solution
without_user_biases = "c"  # the same number is missing in all of a user's predictions

# %% check
def check(answer):
    choose(answer, "c", {
        "a": "by how much do the predictions of *one* user change, from film to film? Look at the "
        "first arrow of each row in section 3",
        "b": "the errors change, yes. But what does a list depend on, once the same number is "
        "taken off all scores of a user? See the figure of section 3",
        "d": "factors that are trained without biases can build them; these were trained with "
        "them, and nobody trains them again",
    })

# %% wrong
{"the lists": "a", "both": "b", "neither": "d", "none of them": "e", "a word": "errors"}

# %% [markdown] 05.q3 · quiz
# You take early stopping away from your model, and not a digit of its error changes. What do you
# know about early stopping?
#
# - (a) it is useless, and can be left out of every model
# - (b) with these other parts in place it has nothing to do
# - (c) the pull would turn out to be useless as well
# - (d) it must have been programmed wrongly, or something would change

# %% stub
what_the_ablation_says = ...
check("05.q3", what_the_ablation_says)

# %% solution
what_the_ablation_says = "b"  # parts can stand in for each other: take away two to see it

# %% check
def check(answer):
    choose(answer, "b", {
        "a": "every model? Look at the first row of section 4's table, the one without a pull",
        "c": "no part has been taken away but this one: what did section 6 find without the pull?",
        "d": "when does it stop a training at all? Section 4 says when patience runs out",
    })

# %% wrong
{"useless": "a", "the pull": "c", "a bug": "d", "none of them": "e", "a word": "nothing"}

# %% [markdown] 05.1 · by hand · 10 minutes
# One step of the whole model with pencil and paper, for a single factor. The mean is 3.5, the
# user's bias 0.25, the film's −0.5; u is 1 and m is 0.5; the rating is 5, the learning rate 0.1
# and λ is 0.2. Give the four numbers after the step, as `{"user bias": …, "film bias": …, "u": …,
# "m": …}`, exact to four digits behind the point.

# %% [markdown] hint
# First the prediction, with all its four terms, and the error, which is prediction minus rating.
# A bias is multiplied by nothing, so its gradient is the error itself; that of u is error · m, and
# that of m is error · u. To each gradient comes λ times the number itself. A step takes the
# learning rate times all of that off the number.

# %% stub
after_one_step = ...
check("05.1", after_one_step)

# %% solution
left_over = 3.5 + 0.25 - 0.5 + 1 * 0.5 - 5  # prediction minus rating, −1.25
after_one_step = {
    "user bias": 0.25 - 0.1 * (left_over + 0.2 * 0.25),
    "film bias": -0.5 - 0.1 * (left_over + 0.2 * -0.5),  # the pull leads toward 0: upward here
    "u": 1 - 0.1 * (left_over * 0.5 + 0.2 * 1),
    "m": 0.5 - 0.1 * (left_over * 1 + 0.2 * 0.5),
}

# %% check
def check(answer):
    names = ("user bias", "film bias", "u", "m")
    given = keyed(answer, names, "your answer")
    given = [number(given[name], f"the {name}") for name in names]

    def after(l2=0.2, bias_l2=None, sign=-1, rate=0.1, error=-1.25, moved_first=False, own=False,
              factor=1.0):
        bias_l2, at = l2 if bias_l2 is None else bias_l2, np.array([0.25, -0.5, 1.0, 0.5])
        error, pull = factor * error, np.array([bias_l2, bias_l2, l2, l2]) * at
        gradients = np.array([error, error, error * at[3], error * at[2]]) + pull
        if own:
            gradients = np.array([error, error, error * at[2], error * at[3]]) + pull
        new = at + sign * rate * gradients
        if moved_first:
            new[3] = at[3] + sign * rate * (error * new[2] + pull[3])
        return new

    given, right, at = np.array(given), after(), np.array([0.25, -0.5, 1.0, 0.5])
    all_close(given, right, tolerance=6e-5, what="your numbers", names=names, mistakes={
        "that is a step without the pull: add λ times the number to each gradient": after(l2=0.0),
        "your pull pushes away from 0: λ times the number is added to the gradient, and then all "
        "of it is taken off": after(l2=-0.2),
        "these are the four gradients, pull and all. Now take the step: the learning rate times "
        "the gradient comes off each number": (at - after()) / 0.1,
        "these are the gradients, and without the pull. Add λ times each number, then take the "
        "step": (at - after(l2=0.0)) / 0.1,
        "your pull comes off without the learning rate: the rate multiplies the whole gradient, "
        "error and pull": after(l2=2.0),
        "your pull is twice as strong as it should be: the gradient of ½ λ · (number)² is λ times "
        "the number": after(l2=0.4),
        "your pull is half as strong as it should be: the ½ of ½ λ · (number)² is gone once you "
        "take the gradient": after(l2=0.1),
        "you pulled u and m only: the biases pay for their size too": after(bias_l2=0.0),
        "you pulled the biases only: u and m pay for their size too": after(l2=0.0, bias_l2=0.2),
        "you went uphill: the error is below 0, so the numbers should mostly grow": after(sign=1),
        "your error is rating minus prediction: turn it round": after(error=1.25),
        "your prediction is u · m alone: the mean and both biases belong to it": after(error=-4.5),
        "your prediction leaves out the factors: u · m belongs to it": after(error=-1.75),
        "your prediction leaves out the mean": after(error=-4.75),
        "your prediction leaves out the user's bias": after(error=-1.5),
        "your prediction leaves out the film's bias": after(error=-0.75),
        "m was corrected by a u that had moved already: use the old numbers of both":
            after(moved_first=True),
        "u moves along m, and m along u: you have each moved along itself": after(own=True),
        "the learning rate is missing": after(rate=1.0),
        "there is a 2 in your gradients: with ½ error² there is none": after(factor=2.0),
        "these are the four numbers before the step": at,
        "these are the changes: add them to the numbers": after() - at,
        "that is the learning rate times each gradient: take it off the numbers": at - after(),
        "the pull on the film's bias leads toward 0, and that is upward here: mind its sign":
            right - [0, 0.02, 0, 0],
    })

# %% wrong
def after_with(error=-1.25, l2=0.2, bias_l2=0.2, sign=-1, rate=0.1):
    return {
        "user bias": 0.25 + sign * rate * (error + bias_l2 * 0.25),
        "film bias": -0.5 + sign * rate * (error - bias_l2 * 0.5),
        "u": 1 + sign * rate * (error * 0.5 + l2),
        "m": 0.5 + sign * rate * (error + l2 * 0.5),
    }

{
    "no pull": after_with(l2=0, bias_l2=0),
    "pull outward": after_with(l2=-0.2, bias_l2=-0.2),
    "factors only": after_with(bias_l2=0),
    "biases only": after_with(l2=0),
    "uphill": after_with(sign=1),
    "the error turned round": after_with(error=1.25),
    "product alone": after_with(error=-4.5),
    "no product": after_with(error=-1.75),
    "no rate": after_with(rate=1),
    "the gradients": {"user bias": -1.2, "film bias": -1.35, "u": -0.425, "m": -1.15},
    "gradients without a pull": {"user bias": -1.25, "film bias": -1.25, "u": -0.625, "m": -1.25},
    "the pull without the rate": {
        "user bias": 0.325, "film bias": -0.275, "u": 0.8625, "m": 0.525},
    "twice the pull": after_with(l2=0.4, bias_l2=0.4),
    "half the pull": after_with(l2=0.1, bias_l2=0.1),
    "the moved u": after_one_step | {"m": 0.5 - 0.1 * (-1.25 * 1.0425 + 0.1)},
    "the pull of the film bias": after_one_step | {"film bias": -0.385},
    "rounded": {name: round(value, 2) for name, value in after_one_step.items()},
    "one missing": {"user bias": 0.37, "film bias": -0.365, "u": 1.0425},
    "a list": list(after_one_step.values()),
}

# %% [markdown] 05.2 · recall · 10 minutes
# This function should find the direction in which points vary most. Like the map of films in
# chapter 23 of Joel Grus's *Data Science from Scratch*, it finds something else, and the check says
# "not answered yet" as long as it does. Mend it. It gets an array with a row for each point, and
# returns a vector of length 1, not more than a degree off; which of its two ends is the front does
# not matter.

# %% [markdown] hint
# Compare the orange and the blue arrow of section 8. What has to be taken off the points, and is
# it one number, or one for each column? The array that is handed over should stay as it is.

# %% stub
def longest_direction(data):
    w = np.ones(data.shape[1])
    for _ in range(1_000):
        w = data.T @ (data @ w)
        w = w / np.sqrt(w @ w)
    return w

check("05.2", longest_direction)

# %% solution
def longest_direction(data):
    centred_data = data - data.mean(axis=0)  # a mean for each column, and a new array
    w = np.ones(data.shape[1])
    for _ in range(1_000):
        w = centred_data.T @ (centred_data @ w)
        w = w / np.sqrt(w @ w)
    return w

# %% check
def check(answer):
    def first(data):
        return np.linalg.svd(data, full_matrices=False)[2][0]

    def apart(made):
        return max(degrees(r, made(d)) for r, d in zip(results, clouds, strict=True))

    clouds = [some_cloud(1), some_cloud(2, (2.0, 1.0)), some_cloud(3, (2.5, 1.5, 0.7, 0.4))]
    results = []
    for data in clouds:
        result = run(answer, data, what="longest_direction")
        result = numbers(result, data.shape[1], "what longest_direction returns")
        if not result.any():
            raise Wrong("longest_direction returns a vector of zeros, which has no direction")
        results.append(result)
    if apart(first) < 1e-3:
        raise NotYet  # it finds where the cloud is, as in the stub
    off = apart(lambda data: principal(data)[0])
    if off > 1:  # the hundred steps of the lesson's climb are up to 0.8° off
        words = {
            "that is still the direction in which the cloud lies: something has to come off the "
            "points before you climb": first,
            "you took one mean off all numbers: each column has a mean of its own":
                lambda data: first(data - data.mean()),
            "you took off the mean of each row, that is of a point: it is the mean of each column "
            "that the points have in common":
                lambda data: first(data - data.mean(axis=1, keepdims=True)),
            "you have divided each column by its spread, too: that is another question, take off "
            "the mean only": lambda data: first((data - data.mean(axis=0)) / data.std(axis=0)),
            "that is the direction of the mean itself": lambda data: data.mean(axis=0),
            "that is the direction of second most variance": lambda data: principal(data)[1],
            "that is the direction of least variance": lambda data: principal(data)[-1],
            "take the mean off the points before the loop, and not off w": lambda data: first(
                data) - data.mean(axis=0),
            "you took the first point off all of them: take off their mean":
                lambda data: first(data - data[0]),
            "you added the mean: take it off": lambda data: first(data + data.mean(axis=0)),
        }
        likely = min(words, key=lambda w: apart(words[w]))
        if apart(words[likely]) < 1.5:
            raise Wrong(likely)
        if off < 6:
            raise Wrong(f"nearly there, up to {off:.1f}° off: climb longer, or see whether what "
                        "you take off the points is the mean of each column")
        raise Wrong(f"longest_direction is up to {off:.0f}° off: is the mean of each column taken "
                    "off before the loop, and does the loop go on long enough?")
    if any(abs(result @ result - 1) > 1e-6 for result in results):
        raise Wrong("the direction is right, and its length should be 1")

# %% wrong
def on(prepare):
    def find(data):
        points = prepare(data)
        w = np.ones(points.shape[1])
        for _ in range(1_000):
            w = points.T @ (points @ w)
            w = w / np.sqrt(w @ w)
        return w
    return find

def changes_its_input(data):
    data -= data.mean(axis=0)
    return longest_direction(data)

def a_variance(data):
    return directional_variance(center(data), longest_direction(data))

{
    "one mean": on(lambda data: data - data.mean()),
    "mean of rows": on(lambda data: data - data.mean(axis=1, keepdims=True)),
    "standardized": on(lambda data: center(data) / data.std(axis=0)),
    "the mean": lambda data: data.mean(axis=0),
    "the first point": on(lambda data: data - data[0]),
    "changes its input": changes_its_input,
    "longer than 1": lambda data: 2 * longest_direction(data),
    "the lesson's climb, not centred": lambda data: climb(data),
    "ten steps": lambda data: climb(center(data), 10),
    "one step": lambda data: climb(center(data), 1),
    "second component": lambda data: pca(data, 2).components[1],
    "a variance": a_variance,
    "forgot the return": lambda data: print(end=""),
    "called, not handed over": [1.0, 0.0],
}

# %% [markdown] 05.3 · change the package · 25 minutes
# The averages of section 1 have one shrinkage for both sides. Whose mean should be doubted more,
# that of "users" or that of "films", or are they "alike"? Write down your prediction. Then open
# [scratch/recommenders/baselines.py](../scratch/recommenders/baselines.py) and give
# `ShrunkenBiases` a last parameter `user_shrinkage`: the shrinkage of the users, while `shrinkage`
# remains that of the films. Without it (None) both are alike, as today. A user_shrinkage below 0
# is a mistake of the caller: raise a `ValueError` that names the number.
#
# Afterwards, find out: choose both together on the validation part. Does it pay?

# %% [markdown] hint
# `__init__` calls `_shrunken_means` twice in its loop, once for the movies and once for the users.
# Careful with `user_shrinkage or shrinkage`: what is `0 or 3`?

# %% stub
prediction_doubt = ...  # "users", "films" or "alike"
check("05.3", prediction_doubt)

# %% solution in scratch/recommenders/baselines.py
# prediction_doubt = "users"
class ShrunkenBiases:
    """r̂ = μ + b_u + b_m: how far a user, and a movie, lies above or below the mean.

    A bias is the average of what the other terms leave over, shrunk toward 0 as if `shrinkage`
    further ratings with nothing left over had been seen:

        b_m = Σ (r − μ − b_u) / (n_m + shrinkage)      b_u = Σ (r − μ − b_m) / (n_u + shrinkage)

    user_shrinkage: another number for the users; None takes the same. Each formula needs the
    other's result, so they take turns until nothing moves. A cold user or movie has bias 0. Koren,
    Bell and Volinsky, Matrix factorization techniques for recommender systems, IEEE Computer 42(8),
    2009.

    Raises ValueError for a negative shrinkage, for a tolerance that is finer than the numbers can
    tell apart, and when something still moves by more than it after MOST_TURNS turns.
    """

    @checked
    def __init__(
        self,
        train: Ratings,
        shrinkage: NotNegative = 10.0,
        tolerance: Positive = 1e-6,
        user_shrinkage: NotNegative | None = None,
    ):
        if user_shrinkage is None:
            user_shrinkage = shrinkage
        train = _looked_at(train)
        self.mean = _mean(train)
        users, movies = train.users, train.movies
        self.user_biases = np.zeros(int(users.max()) + 2)
        leftover, change = train.ratings - self.mean, np.inf
        _check_tolerance(tolerance, leftover)
        for _ in range(MOST_TURNS):
            previous = self.user_biases
            without_users = leftover - self.user_biases[users]
            self.movie_biases = _shrunken_means(movies, without_users, shrinkage)
            without_movies = leftover - self.movie_biases[movies]
            self.user_biases = _shrunken_means(users, without_movies, user_shrinkage)
            change = np.abs(self.user_biases - previous).max()
            if change <= tolerance:
                return
        raise ValueError(
            f"after {MOST_TURNS} turns a bias still moves by {change:.1g}, more than the tolerance "
            f"of {tolerance:g}: give a larger tolerance, or more shrinkage"
        )

    @checked
    def predict(self, users: IndexArray, movies: IndexArray) -> np.ndarray:
        """Users and movies are (n,), the result (n,) in stars.

        Raises ValueError for different lengths, IndexError for who or what is not there.
        """
        check_pairs(users, movies, len(self.user_biases) - 1, len(self.movie_biases) - 1)
        return self.mean + self.user_biases[users] + self.movie_biases[movies]

# On the real data the validation part chooses about 2 for the films and 7 for the users, and gains
# less than a thousandth; on the test part even that is gone. Why the users? A single rating
# scatters by about 0.83 squared stars, whosever mean it enters. But films lie farther apart than
# users: their biases have a spread of 0.49 and of 0.38 stars. The doubt that fits is the scatter
# over the square of the spread, about 3.5 for films and 6 for users: where all are alike, a mean
# far from the middle is more likely chance. But nearly everybody has enough ratings here for
# the doubt to hardly matter.

# %% check
def check(prediction):
    import inspect

    from scratch.recommenders import baselines

    guess = predicted(prediction, ("users", "films", "alike"))
    model = baselines.ShrunkenBiases
    parameters = list(inspect.signature(model).parameters)
    if "user_shrinkage" not in parameters:
        if len(parameters) > 3:
            raise Wrong(f"the new parameter is called {parameters[-1]}, not user_shrinkage")
        raise NotYet
    if parameters[:3] != ["train", "shrinkage", "tolerance"]:
        raise Wrong("user_shrinkage should be the last parameter: callers that give the tolerance "
                    "by its place would break")
    dice = np.random.default_rng(5)
    pairs = dice.permutation(20 * 15)[:110]
    train = Ratings((pairs // 15).astype(np.int32), (pairs % 15).astype(np.int32),
                    dice.integers(1, 6, len(pairs)).astype(float))

    def oracle(of_movies, of_users, rounds=500):
        mean = train.ratings.mean()
        b_user, b_movie = np.zeros(20), np.zeros(15)

        def shrunk(indices, left, strength, size):
            counts = np.bincount(indices, minlength=size) + strength
            return np.bincount(indices, left, minlength=size) / np.maximum(counts, 1e-12)

        for _ in range(rounds):
            left = train.ratings - mean - b_user[train.users]
            b_movie = shrunk(train.movies, left, of_movies, 15)
            left = train.ratings - mean - b_movie[train.movies]
            b_user = shrunk(train.users, left, of_users, 20)
        return mean + b_user[users] + b_movie[movies]

    def made(*given, **named):
        try:
            return np.asarray(model(train, *given, **named).predict(users, movies), dtype=float)
        except Exception as error:
            raise Wrong(f"{called(*given, **named)} stops with {type(error).__name__}: "
                        f"{short(error)}") from None

    def called(*given, **named):
        asked = ["train", *map(str, given), *(f"{k}={v}" for k, v in named.items())]
        return f"ShrunkenBiases({', '.join(asked)})"

    users, movies = (c.ravel() for c in np.indices((train.users.max() + 1, train.movies.max() + 1)))
    for strength in (3, 10):
        if not np.allclose(made(strength), oracle(strength, strength), atol=1e-4):
            raise Wrong("without user_shrinkage the predictions are no longer what they were")
    if not np.allclose(made(), oracle(10, 10), atol=1e-4):
        raise Wrong("ShrunkenBiases(train) no longer predicts what it did: leave the default of "
                    "shrinkage as it was, others rely on it")
    cases = [(4, 0), (1, 30), (30, 1), (0, 5), (3, 2.5), (1.5, 4)]
    results = [made(f, user_shrinkage=u) for f, u in cases]

    def explained_by(wrong):
        return all(np.allclose(r, oracle(*wrong(*case)), atol=1e-4)
                   for r, case in zip(results, cases, strict=True))

    if not explained_by(lambda f, u: (f, u)):
        for words, wrong in {
            "user_shrinkage is not used: whose means does the second call of _shrunken_means find?":
                lambda f, u: (f, f),
            "the two are exchanged: user_shrinkage belongs to the users": lambda f, u: (u, f),
            "user_shrinkage is used for the films as well: these keep shrinkage":
                lambda f, u: (u, u),
            "a user_shrinkage of 0 is taken for none: ask whether it `is None`":
                lambda f, u: (f, u or f),
            "the two are added: user_shrinkage takes the place of shrinkage for users":
                lambda f, u: (f, f + u),
            "user_shrinkage is cut to a whole number: 2.5 imagined ratings are allowed":
                lambda f, u: (f, int(u)),
            "both strengths are cut to whole numbers: 2.5 imagined ratings are allowed":
                lambda f, u: (int(f), int(u)),
            "shrinkage is cut to a whole number: 1.5 imagined ratings are allowed, as before":
                lambda f, u: (int(f), u),
            "user_shrinkage is used for the films, and the users keep shrinkage: turn it round":
                lambda f, u: (u or f, f),
        }.items():
            if explained_by(wrong):
                raise Wrong(words)
        case = next(c for c, r in zip(cases, results, strict=True)
                    if not np.allclose(r, oracle(*c), atol=1e-4))
        raise Wrong(f"with shrinkage {case[0]} and user_shrinkage {case[1]} the predictions are "
                    "not those of the two formulas: do they still take turns?")
    for bad, given, named in [
        (-1, (3,), {"user_shrinkage": -1}), (-0.5, (3,), {"user_shrinkage": -0.5}),
        (-1, (-1,), {}), (-1, (-1,), {"user_shrinkage": 2}), (np.inf, (np.inf,), {}),
    ]:
        is_new, asked = given == (3,), called(*given, **named)
        before = (f"as any shrinkage of {bad} did before your change: keep the old check beside "
                  "the new one")
        words = {"naming": str(bad)} if is_new else {"why": before}
        with np.errstate(all="ignore"):
            refuses(lambda: model(train, *given, **named), asked, **words)

    split, grid = the_split(), (1, 3, 7, 15)
    found = {(f, u): measure(model(split.train, f, user_shrinkage=u), split.validation)
             for f in grid for u in grid}
    films, whole = min(found, key=found.get)
    found = "users" if whole > films else "films" if films > whole else "alike"
    told = ("You had foreseen it" if guess == found else f"You had expected {guess!r}") + (
        ": on these ratings neither asks for more doubt than the other" if found == "alike" else
        f": on these ratings it is the {found}, by a little")
    fitted, spread = model(split.train, 3), {}
    for name, kept in {"users": split.train.users, "films": split.train.movies}.items():
        often = np.flatnonzero(np.bincount(kept) >= 20)
        cold = np.full(len(often), -1)
        pairs = (often, cold) if name == "users" else (cold, often)
        spread[name] = np.std(fitted.predict(*pairs))
    narrow, wide = sorted(spread, key=spread.get)
    if found == narrow:
        told += (f". Why? The {wide} lie farther apart: their biases spread by {spread[wide]:.2f} "
                 f"stars, those of {narrow} by {spread[narrow]:.2f}, and where all are alike, a "
                 "mean far from the middle is more likely chance")
    return f"{told}."


def measure(model, part):
    return mse(model.predict(part.users, part.movies), part.ratings)

# %% wrong in scratch/recommenders/baselines.py
def variant(of_movies="shrinkage", of_users="user_shrinkage", last="user_shrinkage=None",
            checked="user_shrinkage", error='ValueError(f"shrinkage is {strength}")',
            default="if user_shrinkage is None:\n            user_shrinkage = shrinkage",
            places="shrinkage=10.0, tolerance=1e-6, {}", turns="change > tolerance",
            old="shrinkage, "):
    return f'''
class ShrunkenBiases:
    def __init__(self, train, {places.format(last)}):
        {default}
        for strength in ({old}{checked},):
            if not 0 <= strength < np.inf:
                raise {error}
        self.mean = _mean(train)
        users, movies = train.users, train.movies
        self.user_biases = np.zeros(users.max() + 2)
        leftover, change = train.ratings - self.mean, np.inf
        while {turns}:
            previous = self.user_biases
            left = leftover - self.user_biases[users]
            self.movie_biases = _shrunken_means(movies, left, {of_movies})
            left = leftover - self.movie_biases[movies]
            self.user_biases = _shrunken_means(users, left, {of_users})
            change = np.abs(self.user_biases - previous).max()

    def predict(self, users, movies):
        return self.mean + self.user_biases[users] + self.movie_biases[movies]
'''

{
    "not used": variant(of_users="shrinkage"),
    "exchanged": variant(of_movies="user_shrinkage", of_users="shrinkage"),
    "for both": variant(of_movies="user_shrinkage"),
    "a falsy test": variant(default="user_shrinkage = user_shrinkage or shrinkage"),
    "added": variant(of_users="shrinkage + user_shrinkage", default="user_shrinkage = "
                     "0 if user_shrinkage is None else user_shrinkage"),
    "no default": variant(last="user_shrinkage", default="",
                          places="shrinkage, tolerance, {}"),
    "ten by default": variant(last="user_shrinkage=10.0"),
    "none is not replaced": variant(default="", checked="shrinkage"),
    "another name": variant(last="for_users=None", default="user_shrinkage = for_users or 3"),
    "in front of the tolerance": variant(places="shrinkage=10.0, {}, tolerance=1e-6"),
    "no complaint": variant(checked="shrinkage"),
    "the old check is gone": variant(old=""),
    "three by default": variant(places="shrinkage=3.0, tolerance=1e-6, {}"),
    "whole numbers": variant(of_users="int(user_shrinkage)"),
    "another kind of error": variant(error="IndexError(strength)"),
    "an error without the number": variant(error="ValueError('too small')"),
    "one turn only": variant(turns="change == np.inf"),
}

# %% [markdown] 05.4 · experiment · 30 minutes
# Let the averages keep their own doubt. Take what `biases` of section 1 predicts off the training
# and the validation ratings (`part._replace(ratings=part.ratings - …)` makes such a part), and
# train twenty factors *without* biases on what is left over: `k=20, init_scale=0.01, l2=0.07`,
# forty epochs, seed 0. A prediction is then the averages plus u · m; for a cold user or film the
# averages alone. Give its error on the test part, for films with at most 5 training ratings (also
# none), with 6 to 100, and with more, as `{"up to 5": …, "6 to 100": …, "over 100": …}`, to three
# digits. Hold it against `biases` and `with_biases`: for which films is it the best of the three,
# and what does that cost elsewhere?

# %% [markdown] hint
# `fitted(parts._replace(train=…, validation=…), k=20, …)` trains on other parts. How many training
# ratings has the film of each test rating? `times_rated(parts)` of section 6 says it, with 0 for a
# cold film; `pd.cut` sorts these counts into groups, as there. Two things about cold films: −1 as
# an index reads somebody else's row, and a group "from 0" must begin below 0.

# %% stub
errors_with_both = ...
check("05.4", errors_with_both)

# %% solution
def what_is_left(part):
    return part._replace(ratings=part.ratings - biases.predict(part.users, part.movies))

leftovers = parts._replace(
    train=what_is_left(parts.train), validation=what_is_left(parts.validation)
)
on_leftovers = fitted(leftovers, k=20, init_scale=0.01, l2=0.07)
held_out = parts.test
is_warm = (held_out.users >= 0) & (held_out.movies >= 0)
products = np.einsum(
    "nk,nk->n", on_leftovers.U[held_out.users], on_leftovers.V[held_out.movies]
)
three_ways = {
    "averages": biases.predict(held_out.users, held_out.movies),
    "biases learned": with_biases.predict(held_out.users, held_out.movies),
}
three_ways["averages + factors"] = three_ways["averages"] + np.where(is_warm, products, 0.0)
# The same counts as those of times_rated(parts): one place more, in which a cold film reads a 0.
counts = np.bincount(parts.train.movies, minlength=len(parts.movies) + 1)[held_out.movies]
bands = pd.cut(counts, [-1, 5, 100, np.inf], labels=["up to 5", "6 to 100", "over 100"])
compared = pd.DataFrame(three_ways).sub(held_out.ratings, axis=0).pow(2)
compared = compared.groupby(bands, observed=True).mean()
print(compared.round(3).to_string())
errors_with_both = compared["averages + factors"].to_dict()
# On the real data it is the best of the three for films with 20 ratings or fewer. For the others
# it is about 0.01 behind the model that learns its biases: the averages were fixed before there
# were factors, and cannot make room for them.

# %% check
def check(answer):
    names = ("up to 5", "6 to 100", "over 100")
    given = keyed(answer, names, "your errors")
    given = np.array([number(given[name], f"the error of {name!r}") for name in names])
    split = the_split()
    averages = tuned_biases(split, (0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 30))

    def trained(rows, **settings):
        settings = {"k": 20, "init_scale": 0.01, "l2": 0.07, "num_epochs": 40} | settings
        model = MatrixFactorization(**settings)
        return model.fit(rows, rng=np.random.default_rng(0), measure=False)

    def left(sign=1, base=averages):
        made = base.predict(split.train.users, split.train.movies)
        return split.train._replace(ratings=sign * (split.train.ratings - made))

    def products(model, part, cold=False):
        made = np.einsum("nk,nk->n", model.U[part.users], model.V[part.movies])
        return np.where(cold | ((part.users >= 0) & (part.movies >= 0)), made, 0.0)

    def by_band(predictions, part=split.test, table=split.train, edges=(5.5, 100.5), no_cold=False):
        counts = np.bincount(table.movies[table.movies >= 0], minlength=len(split.movies) + 1)
        used = part.movies >= 0 if no_cold else np.full(len(part.movies), True)
        bands = np.digitize(counts[part.movies[used]], edges)
        squares = ((predictions - part.ratings) ** 2)[used]
        sums, sizes = (np.bincount(bands, w, minlength=3) for w in (squares, np.ones(len(bands))))
        return sums / np.maximum(sizes, 1)  # a group may be empty where a mistake is tried

    def both(rows=None, part=split.test, cold=False, base=averages, **settings):
        is_ours = rows is None and not settings and base is averages
        model = ours if is_ours else trained(left(base=base) if rows is None else rows, **settings)
        return base.predict(part.users, part.movies) + products(model, part, cold)

    def bands_of_test():
        return by_band(both(), table=split.test)

    test, ours = split.test, trained(left())
    full, plain = both(), averages.predict(test.users, test.movies)
    right, clipped = by_band(full), by_band(full.clip(1, 5))
    is_clipped = np.abs(given - clipped).max() < min(7e-4, np.abs(given - right).max())
    is_near = 7e-4 < np.abs(given - right).max() < 0.01
    four = by_band(trained(split.train, biases=True).predict(test.users, test.movies))
    shown = right if is_clipped else given  # it hardly changes a thing, so we let it pass
    all_close(shown, right, tolerance=7e-4, what="your errors", names=names, mistakes={
        "you left out the films with no training rating: they belong to \"up to 5\", too":
            by_band(full, no_cold=True),
        "your borders are too low: a film with exactly 5 training ratings belongs to \"up to 5\", "
        "and one with exactly 100 to \"6 to 100\"": by_band(full, edges=(4.5, 99.5)),
        "a film with exactly 5 training ratings belongs to \"up to 5\"":
            by_band(full, edges=(4.5, 100.5)),
        "a film with exactly 100 training ratings belongs to \"6 to 100\"":
            by_band(full, edges=(5.5, 99.5)),
        "you left out the films with no training rating, and a film with exactly 5 (or 100) "
        "belongs to the lower group": by_band(full, edges=(4.5, 99.5), no_cold=True),
        "the mean is in your predictions twice: `biases` has it already":
            by_band(full + split.train.ratings.mean()),
        "a cold film got the mean of all ratings: it gets the averages alone, the user's bias "
        "too": by_band(np.where(test.movies < 0, averages.mean, full)),
        "these are the errors of the averages alone: add the product u · m": by_band(plain),
        "these are the errors of with_biases, which is one of the rivals": four,
        "these are the errors of u · m alone: add the averages, which you had taken off":
            lambda: by_band(full - plain),
        "these are the errors of u · m alone: add the averages back":
            lambda: by_band(ours.predict(test.users, test.movies)),
        "a cold film got the mean of the leftovers as well: it gets the averages alone":
            lambda: by_band(plain + ours.predict(test.users, test.movies)),
        "you trained on the ratings themselves, and added the averages on top: train on what the "
        "averages leave over": lambda: by_band(both(split.train)),
        "the leftovers have the wrong sign: rating minus averages": lambda: by_band(both(left(-1))),
        "you took the product off: add it to the averages":
            lambda: by_band(2 * plain - both()),
        "you measured on the validation part: the task asks for the test part":
            lambda: by_band(both(part=split.validation), split.validation),
        "you measured on the training part: the task asks for the test part":
            lambda: by_band(both(part=split.train), split.train),
        "you trained without the pull: l2=0.07": lambda: by_band(both(l2=0.0)),
        "your factors have biases again: train them without":
            lambda: by_band(plain + trained(left(), biases=True).predict(test.users, test.movies)),
        "you started from N(0, 1): init_scale=0.01": lambda: by_band(both(init_scale=1.0)),
        "you trained for twenty epochs: forty": lambda: by_band(both(num_epochs=20)),
        "you have two factors: k=20": lambda: by_band(both(k=2)),
        "for a cold film you used V[-1], the row of some other film: it gets the averages alone":
            lambda: by_band(both(cold=True)),
        "you have left the shrinkage at 10: take `biases` of section 1": lambda: by_band(
            both(base=ShrunkenBiases(split.train))),
        "you sorted films by their ratings in the test part: count the training ratings":
            bands_of_test,
        "these are roots: give mean squared errors": right**0.5,
        "give more digits: three behind the point": right.round(2),
        "give more digits, three behind the point": right.round(1),
        "give more digits: with two behind the point one cannot see what is right":
            given if is_near and np.abs(given - given.round(2)).max() < 1e-9 else np.inf,
        "nearly, but not quite, and digits are not the reason. Are all test ratings in there, is "
        "the seed 0, do cold films get the averages alone?": given if is_near else np.inf,
        "such errors are far too large for stars from 1 to 5: add the averages back to u · m, and "
        "only once": given if given.min() > 5 else np.inf,
    })
    best = [name for name, *errors in zip(names, right, by_band(plain), four, strict=True)
            if errors[0] == min(errors)]
    where = " and ".join(f"'{name}'" for name in best) or "no group on these ratings"
    clip = " (You have cut predictions off at 1 and 5: that is fine, and hardly changes a thing.)"
    return (f"It is the best of the three for {where}: is that what your table says, too?"
            f"{clip if is_clipped else ''}")

# %% wrong
def banded(predictions, part=parts.test, edges=(-1, 5, 100, np.inf), right=True):
    counts = np.bincount(parts.train.movies, minlength=len(parts.movies) + 1)[part.movies]
    bands = pd.cut(counts, edges, right=right, labels=["up to 5", "6 to 100", "over 100"])
    return pd.Series((predictions - part.ratings) ** 2).groupby(bands, observed=True).mean()

def with_factors(model):
    return three_ways["averages"] + np.where(is_warm, np.einsum(
        "nk,nk->n", model.U[held_out.users], model.V[held_out.movies]), 0.0)

{
    "no cold films": banded(three_ways["averages + factors"], edges=(0, 5, 100, np.inf)),
    "no cold films, rounded": banded(
        three_ways["averages + factors"], edges=(0, 5, 100, np.inf)).round(3),
    "lower borders": banded(
        three_ways["averages + factors"], edges=(0, 5, 100, np.inf), right=False),
    "the mean twice": banded(three_ways["averages + factors"] + biases.mean).round(3),
    "not added back": banded(on_leftovers.predict(held_out.users, held_out.movies)).round(3),
    "not added back, one digit": banded(np.where(is_warm, products, 0.0)).round(1),
    "averages alone": compared["averages"],
    "learned biases": compared["biases learned"].to_dict(),
    "product alone": banded(np.where(is_warm, products, 0.0)),
    "trained on the ratings": banded(with_factors(fitted(k=20, init_scale=0.01, l2=0.07))),
    "taken off": banded(2 * three_ways["averages"] - three_ways["averages + factors"]),
    "no pull": banded(with_factors(fitted(leftovers, k=20, init_scale=0.01))),
    "twenty epochs": banded(with_factors(
        fitted(leftovers, num_epochs=20, k=20, init_scale=0.01, l2=0.07))),
    "biases again": banded(three_ways["averages"] + fitted(
        leftovers, k=20, init_scale=0.01, l2=0.07, biases=True).predict(*held_out[:2])),
    "two factors": banded(with_factors(fitted(leftovers, k=2, init_scale=0.01, l2=0.07))),
    "roots": {name: value**0.5 for name, value in errors_with_both.items()},
    "two digits": {name: round(value, 2) for name, value in errors_with_both.items()},
    "one missing": {"up to 5": 1.2},
    "a list": list(errors_with_both.values()),
    "another seed": banded(with_factors(fitted(leftovers, 1, k=20, init_scale=0.01, l2=0.07))),
}

# %% [markdown] 05.5 · experiment · 25 minutes
# Climb to the *second* component: centre the data, climb, take the first direction out of the data,
# and climb again, each time for `num_steps` steps. Write it as `second_direction(data, num_steps)`,
# which returns a vector of length 1. The check gives it small clouds; after a thousand steps it may
# be two degrees off, and after three it should not have arrived yet, as a function that asks `pca`
# would have. Then run it on `with_biases.V`: after a thousand steps, which of the two directions
# will be farther from its `pca(with_biases.V, 2).components`, the "first" or the "second"? Write
# down your prediction before you measure, with `angle`.

# %% [markdown] hint
# `data @ first` is how far each point lies along the first direction, a number for each point. What
# has to be taken off a point is that number times the direction: `np.outer` makes the whole table
# of it. As for the prediction: a climb is slow where two directions vary nearly equally.

# %% stub
prediction_slower = ...

def second_direction(data, num_steps):
    ...

check("05.5", prediction_slower, second_direction)

# %% solution
prediction_slower = "second"  # whatever you had in mind

def second_direction(data, num_steps):
    flat = center(data)
    first = climb(flat, num_steps)
    return climb(flat - np.outer(flat @ first, first), num_steps)

components = pca(with_biases.V, 2).components
for num_steps in (100, 1_000):
    first_angle = angle(climb(center(with_biases.V), num_steps), components[0])
    second_angle = angle(second_direction(with_biases.V, num_steps), components[1])
    print(f"{num_steps:5} steps: first {first_angle:.1f}°, second {second_angle:.1f}° off")
# On the real data the first direction has three times the variance of the second, and the second
# not even half as much again as the third. So the first climb soon knows where to go, while the
# second turns slowly from one to the other.

# %% check
def check(prediction, second):
    guess = predicted(prediction, ("first", "second"))

    def explained_by(made, tolerance=2.0):
        return all(degrees(r, made(d)) < tolerance for r, d in zip(results, clouds, strict=True))

    def of_raw(data, place):
        return np.linalg.svd(data, full_matrices=False)[2][place]

    def first_of_raw_taken_out(data):
        flat, found = data - data.mean(axis=0), of_raw(data, 0)
        return np.linalg.svd(flat - np.outer(flat @ found, found), full_matrices=False)[2][0]

    clouds = [some_cloud(seed, (3.0, 1.4, 0.6, 0.3)) for seed in (1, 2, 4)]
    results = []
    for data in clouds:
        result = run(second, data, 1_000, what="second_direction")
        result = numbers(result, None, "what second_direction returns")
        if result.shape == (len(data),):
            raise Wrong("that is a number for each point: return the direction, which has a number "
                        "for each column")
        if result.shape != (data.shape[1],):
            raise Wrong(f"second_direction should return one direction, of shape "
                        f"{(data.shape[1],)}, and returns {result.shape}")
        if not result.any():
            raise Wrong("second_direction returns zeros: has everything been taken out?")
        results.append(result)
    if not explained_by(lambda data: principal(data)[1]):
        for words, made in {
            "that is the first direction again. Take it out of the data before the second climb: "
            "each point lies along it by a number of its own, data @ first":
                lambda data: principal(data)[0],
            "that is the direction of the mean: centre the data first":
                lambda data: of_raw(data, 0),
            "the first direction was found in points that were not centred, so it is that of the "
            "mean: centre them before the first climb": lambda data: of_raw(data, 1),
            "the first direction was found in points that were not centred: centre them before the "
            "first climb": first_of_raw_taken_out,
            "that is the third direction: one climb too many": lambda data: principal(data)[2],
            "that is the direction of least variance": lambda data: principal(data)[-1],
        }.items():
            if explained_by(made):
                raise Wrong(words)
        apart = max(degrees(r, principal(d)[1]) for r, d in zip(results, clouds, strict=True))
        raise Wrong(f"second_direction is up to {apart:.0f}° off on three clouds: is it at a right "
                    "angle to the first, and do you use all of num_steps?")
    if any(abs(result @ result - 1) > 1e-6 for result in results):
        raise Wrong("the direction is right, and its length should be 1")

    def top(data):
        return principal(data)[0]

    def climbed(data, num_steps):
        w = np.ones(data.shape[1])
        for _ in range(num_steps):  # in steps of 0.1, as in section 8
            w = w + 0.2 * data.T @ (data @ w) / np.sqrt(w @ w)
        return w / np.sqrt(w @ w)

    def found(data, climb_first, climb_second):
        flat = data - data.mean(axis=0)
        w = climb_first(flat)
        return climb_second(flat - np.outer(flat @ w, w))

    soon = [numbers(run(second, data, 3, what="second_direction"), data.shape[1],
                    "what second_direction returns after 3 steps") for data in clouds]
    if all(degrees(a, b) < 1e-4 for a, b in zip(soon, results, strict=True)):
        raise Wrong("the direction is right, and is the same after 3 steps as after 1,000: climb "
                    "for num_steps steps, both times (neither `pca` nor a fixed number of steps)")
    few, far = lambda data: climbed(data, 3), lambda data: climbed(data, 100)
    for place, *way in [("first", far, few), ("first", top, few), ("second", few, far),
                        ("second", few, top)]:
        if all(degrees(s, found(d, *way)) < 1e-4 for s, d in zip(soon, clouds, strict=True)):
            raise Wrong(f"the direction is right, but the {place} climb does not look at "
                        "num_steps: hand it on to both")

    split = the_split()
    model = MatrixFactorization(k=20, init_scale=0.01, l2=0.07, biases=True, num_epochs=40)
    vectors = model.fit(split.train, rng=np.random.default_rng(0), measure=False).V
    sizes = np.linalg.svd(vectors - vectors.mean(axis=0), compute_uv=False) ** 2
    slower = "second" if sizes[2] / sizes[1] > sizes[1] / sizes[0] else "first"
    if guess == slower:
        return "You had foreseen it."
    return (f"You had expected the {guess}: compare how much larger the first variance is than the "
            "second, and the second than the third.")

# %% wrong
def not_centred(data, num_steps):
    first = climb(data, num_steps)
    return climb(data - np.outer(data @ first, first), num_steps)

def centred_too_late(data, num_steps):
    first = climb(data, num_steps)
    flat = center(data)
    return climb(flat - np.outer(flat @ first, first), num_steps)

def the_vector_taken_off(data, num_steps):
    return climb(center(data) - climb(center(data), num_steps), num_steps)

def doubled(data, num_steps):
    flat = center(data)
    first = climb(flat, num_steps)
    return climb(flat - 2 * np.outer(flat @ first, first), num_steps)

def both_of_them(data, num_steps):
    return np.array([climb(center(data), num_steps), second_direction(data, num_steps)])

def half_handed_on(data, num_steps):
    flat = center(data)
    first = climb(flat)
    return climb(flat - np.outer(flat @ first, first), num_steps)

def third(data, num_steps):
    return pca(data, 3).components[2]

{
    "not centred": ("second", not_centred),
    "centred too late": ("second", centred_too_late),
    "the first": ("second", lambda data, num_steps: climb(center(data), num_steps)),
    "the first, not centred": ("second", climb),
    "the vector taken off": ("first", the_vector_taken_off),
    "taken off twice": ("first", doubled),
    "both": ("first", both_of_them),
    "third": ("first", third),
    "places": ("second", lambda data, num_steps: data @ second_direction(data, num_steps)),
    "by pca": ("second", lambda data, num_steps: pca(data, 2).components[1]),
    "steps not handed on": ("second", lambda data, num_steps: second_direction(data, 1_000)),
    "steps for the second climb only": ("second", half_handed_on),
    "too few steps": ("second", lambda data, num_steps: second_direction(data, 1)),
    "longer than 1": ("second", lambda data, num_steps: 3 * second_direction(data, num_steps)),
    "one parameter": ("second", lambda data: second_direction(data, 1_000)),
    "no such prediction": ("both", second_direction),
}

# %% [markdown] 05.6 · open · 60 minutes
# Stars alone make a bad list, popularity alone an impersonal one. Mix them: score = predicted stars
# + w · log(1 + number of ratings). Choose w on the validation part, up to a w of 10, once by recall
# and once by NDCG, and hold the chosen ones on the test part against the rivals of section 9. The
# two measures don't choose the same w, and for one of them (on the real data) hardly more than
# popularity is left. Why?

# %% stub
# 05.6: your code

# %% [markdown] rubric
# - There is a curve of recall and one of NDCG against w, on the validation part, that begins at 0
#   (stars alone), and a line for the most rated films. If the best w is the largest that was tried,
#   the answer says what that means.
# - The test part is opened once, for the chosen w alone.
# - The verdict says whom the mixture beats and whom it does not: where do the neighbours stand?
# - The answer to *why* looks at single users: with forty liked films nobody's recall gets beyond a
#   quarter, however good the list, while NDCG can reach 1. So those who like few films decide the
#   recall; which films are these?
# - Somebody tries what it costs: how many different films are on anybody's list (the coverage)?
