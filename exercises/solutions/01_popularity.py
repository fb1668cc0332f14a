"""Exercises of notebook 01, Recommend what is popular: tasks, solutions, checks, wrong answers."""

import math

import numpy as np
import pandas as pd

from scratch.evaluation import PLACES, evaluate
from scratch.exercises.judging import NotYet, Wrong, all_close, choose, close, keyed, number
from scratch.exercises.judging import numbers, predicted, refuses, run, same, same_as
from scratch.exercises.oracles import the_split
from scratch.ratings import Ratings
from scratch.recommenders.popularity import SameForAll

STARS = (1, 2, 3, 4, 5)


def measured(movie_scores, split, on="validation"):
    """Precision, recall and NDCG of a list that is the same for all."""
    return evaluate({"it": SameForAll(movie_scores).scores}, split, on=on).loc["it"]


def plain_means(split, damping=0):
    stars = np.bincount(split.train.movies, split.train.ratings)
    raters = np.bincount(split.train.movies)
    return (stars + damping * split.train.ratings.mean()) / (raters + damping)


# %% [markdown] 01.q1 · quiz
# A film has two ratings, of 5 stars each, and ten ghosts stand at 3.5. What is its damped mean?

# %% stub
two_fives_and_ten_ghosts = ...
check("01.q1", two_fives_and_ten_ghosts)

# %% solution
two_fives_and_ten_ghosts = (5 + 5 + 10 * 3.5) / (2 + 10)

# %% check
def check(answer):
    close(answer, 45 / 12, tolerance=0.006, what="your damped mean", mistakes={
        "that is halfway between the film's mean and the ghosts: in section 4 each ghost counts as "
        "much as each rating, and there are ten of them": 4.25,
        "that is its plain mean: the ghosts pull at it": 5,
        "that is where the ghosts stand: the two ratings pull back a little": 3.5,
        "either you counted one ghost of the ten, or you divided by the ten alone and forgot the "
        "two ratings": 4.5,
        "you divided by the two ratings alone: divide by the ghosts as well": 22.5,
        "you counted one rating of 5: there are two": 40 / 11,
        "you divided by all twelve, but added up only one ghost": 13.5 / 12,
        "you turned it round: there are two ratings and ten ghosts": 57 / 12,
        "if that is rounded, give two decimals; if not, have you divided by the ghosts alone?": 3.8,
        "that is the sum of all the stars: divide it by how many gave them": 45,
    })

# %% wrong
{
    "halfway": 4.25,
    "no ghosts": 5,
    "only ghosts": 3.5,
    "divided by ten": 4.5,
    "divided by two": 22.5,
    "one rating": 40 / 11,
    "one ghost": 13.5 / 12,
    "turned round": 57 / 12,
    "a sum": 45,
    "rounded, or 3.5 + 3 / 10": 3.8,
}

# %% [markdown] 01.q2 · quiz
# The recall at 10 of a recommender is averaged over 100 people. From one of them we hid two liked
# films, from another one twenty. Now the lists of these two get better, by one hit each. By how
# much does the hit of the *first* one raise the mean recall?

# %% stub
one_more_hit = ...
check("01.q2", one_more_hit)

# %% solution
one_more_hit = 1 / 2 / 100  # half of what was hidden is found, by one person of a hundred

# %% check
def check(answer):
    close(answer, 0.005, tolerance=0.00005, mistakes={
        "by so much rises this person's own recall: the mean is taken over a hundred people": 0.5,
        "that is what the hit of the second person is worth, from whom twenty were hidden": 0.0005,
        "that is by how much the mean *precision* rises: recall divides by what was hidden, not by "
        "the ten places (section 5)": 0.001,
        "that is what the two hits together are worth": 0.0055,
        "that is by how much the second person's own recall rises": 0.05,
        "that is by how much this person's own *precision* rises: recall divides by what was "
        "hidden (section 5)": 0.1,
        "a hit out of a hundred people, but how much of what we hid from this person is it?": 0.01,
        "you measured in percent: give the recall as a number between 0 and 1": 50,
    })

# %% wrong
{
    "not averaged": 0.5,
    "the other person": 1 / 20 / 100,
    "precision": 1 / 10 / 100,
    "precision, not averaged": 0.1,
    "both": 0.0055,
    "a whole hit": 0.01,
    "a fraction as text": "1/200",
    "of two": 2,
}

# %% [markdown] 01.q3 · quiz
# You have tried eleven dampings. On the validation part, the one with 30,000 ghosts has the highest
# recall. You have looked at the recall on the test part of all eleven, too, and there another one
# happens to be ahead. Which number says what your recommender is worth?
#
# - (a) the highest recall on the validation part
# - (b) the recall on the test part of the one with 30,000 ghosts
# - (c) the highest recall on the test part
# - (d) the mean of the two recalls of the one with 30,000 ghosts

# %% stub
number_to_report = ...
check("01.q3", number_to_report)

# %% solution
number_to_report = "b"  # the only one of the four on ratings that no choice has looked at

# %% check
def check(answer):
    choose(answer, "b", {
        "a": "this setting has won on these very ratings, and a bit of its success is luck: what "
        "does the beginning of section 5 hide two parts for?",
        "c": "then the test part has chosen, and what it has chosen by luck looks good on it: read "
        "the beginning of section 5 again",
        "d": "one half of it is a number that the choice has looked at, and so it is too high as "
        "well: read the beginning of section 5 again",
    })

# %% wrong
{"validation": "a", "the best of the test": "c", "a mean": "d", "a number": 0.1, "all": "abcd"}

# %% [markdown] 01.1 · experiment · 5 minutes
# The sweep of section 6 began with one ghost. With none at all, the best plain means come first.
# Does this list find more than films drawn at random, less, or about as much? Write down "more",
# "less" or "as much" before you run it. Then hand over its recall at 10 on the validation part, to
# *five* decimals, and look at the ratings of the films that it shows. Why is it so?

# %% [markdown] hint
# `damped_scores(parts, 0)` is the recommender, and `evaluate({"plain means": …}, parts,
# on="validation")` measures it. What chance finds stands under the first table.

# %% stub
prediction_no_ghosts = ...
recall_no_ghosts = ...
check("01.1", prediction_no_ghosts, recall_no_ghosts)

# %% solution
prediction_no_ghosts = "more"  # whatever you had in mind
no_ghosts = evaluate({"plain means": damped_scores(parts, 0)}, parts, on="validation")
recall_no_ghosts = no_ghosts.loc["plain means", "recall"]
best_means = np.argsort(-damped_scores(parts, 0)([0])[0], kind="stable")[:10]
print("training ratings of the first ten:", np.bincount(parts.train.movies)[best_means])
# Less than a tenth of what chance finds, on the real data. All who are asked get films that one
# person or two have rated, with 5 stars; and whom nobody has rated in the training part, hardly
# anybody has in the validation part. Films drawn at random at least are not *chosen* for that.

# %% check
def check(prediction, recall):
    guess = predicted(prediction, ("more", "less", "as much"))
    number(recall, "your recall")
    split = the_split()
    right = measured(plain_means(split), split)

    def at_random():
        shape = len(split.movies)
        draw = {"it": lambda users: np.random.default_rng(0).random((len(users), shape))}
        return evaluate(draw, split, on="validation").loc["it", "recall"]

    chance = (PLACES / (len(split.movies) - np.bincount(split.train.users))).mean()
    close(recall, right["recall"], tolerance=1e-5, what="your recall", mistakes={
        "that is the precision: take the column called recall": right["precision"],
        "that is the NDCG, or the part that is found of all hidden likes together: take the column "
        "called recall, a mean over people": right["NDCG"],
        "that is what the list finds when it is turned round, or a number with too few decimals: "
        "show the *best* means first, and give five":
            lambda: measured(-plain_means(split), split)["recall"],
        "you measured on the test part: its turn comes when nothing is chosen any more":
            lambda: measured(plain_means(split), split, "test")["recall"],
        "that is what chance finds on average: now the plain means": chance,
        "that is the recall of the films drawn at random: now the plain means": at_random,
        "that is the recall with one ghost: take none":
            lambda: measured(plain_means(split, 1), split)["recall"],
        "that is the recall with fifty ghosts: take none":
            lambda: measured(plain_means(split, 50), split)["recall"],
        "that is the recall of the most liked films: now the plain means":
            lambda: measured(split.likes.sum(axis=0), split)["recall"],
        "that is a percentage: give the recall between 0 and 1": 100 * right["recall"],
    })
    found = right["recall"] / chance
    verdict = "less" if found < 0.8 else "more" if found > 1.25 else "as much"
    if guess == verdict:
        return "You had foreseen it. And why is it so?"
    return (f"You had expected {guess!r}, and with reason: the films with the best means should be "
            "good ones. How many people's opinion is behind them?")

# %% wrong
with_one = evaluate({"it": damped_scores(parts, 1)}, parts, on="validation").loc["it", "recall"]
{
    "precision": ("less", no_ghosts["precision"].iloc[0]),
    "NDCG": ("less", no_ghosts["NDCG"].iloc[0]),
    "test part": ("more", evaluate({"it": damped_scores(parts, 0)}, parts, "test")["recall"]["it"]),
    "chance": ("as much", (PLACES / (len(parts.movies) - np.bincount(parts.train.users))).mean()),
    "one ghost": ("more", with_one),
    "percent": ("less", 100 * recall_no_ghosts),
    "turned round": ("less", evaluate({"it": lambda users: -damped_scores(parts, 0)(users)}, parts,
                                      on="validation").loc["it", "recall"]),
    "the table": ("less", no_ghosts),
    "no such prediction": ("better", recall_no_ghosts),
}

# %% [markdown] 01.2 · by hand · 5 minutes
# A list of four places has its hits at the second and the third place. Three films were hidden.
# What are its precision, recall and NDCG at 4? Take a pocket calculator, and hand over a dict with
# these three names as keys, each to three digits.

# %% [markdown] hint
# What a hit is worth at each place stands in section 5. For the NDCG, think of the best list of
# four that is possible when only *three* films were hidden: where does it have its hits?

# %% stub
measures_by_hand = {"precision": ..., "recall": ..., "NDCG": ...}
check("01.2", measures_by_hand)

# %% solution
# Two of four places are hits, two of three hidden films are found. The hits are worth 0.631 and
# 0.5; the best list has its three hits at the first three places, and none at the fourth.
measures_by_hand = {
    "precision": 2 / 4, "recall": 2 / 3, "NDCG": (0.631 + 0.5) / (1 + 0.631 + 0.5)
}
print(ndcg_at_k(["a", "b", "c", "d"], {"b", "c", "x"}, k=4))

# %% check
def check(answer):
    values = keyed(answer, ("precision", "recall", "NDCG"), "your measures")
    worth = [1 / math.log2(place + 1) for place in (1, 2, 3, 4)]
    gain = worth[1] + worth[2]
    close(values["precision"], 2 / 4, tolerance=0.0007, what="your precision", mistakes={
        "that is the recall: precision divides by the places of the list": 2 / 3,
        "you counted one hit: there are two": 1 / 4,
        "that is how many places are hits: it is still to be divided": 2,
        "your precision divides by ten places: this list has four": 2 / 10,
    })
    close(values["recall"], 2 / 3, tolerance=0.0007, what="your recall", mistakes={
        "that is the precision: recall divides by the films that were hidden": 2 / 4,
        "you counted one hit: there are two": 1 / 3,
        "your recall divides places by hidden films: which of the places are hits?": 4 / 3,
    })
    close(values["NDCG"], gain / sum(worth[:3]), tolerance=0.0007, what="your NDCG", mistakes={
        "your best list has four hits, but only three films were hidden: which of its places stay "
        "without a hit?": gain / sum(worth),
        "your best list has two hits, as many as ours: it could have found all three hidden films":
            gain / sum(worth[:2]),
        "that is what the hits are worth: divide it by what the best list would be worth": gain,
        "you counted the places from 0: the first place is p = 1":
            (worth[0] + worth[1]) / sum(worth[:3]),
        "you divided by the number of hits: divide by what the best list would be worth": gain / 2,
        "you divided by the number of hidden films: divide by what the best list would be worth":
            gain / 3,
        "you divided by the number of places: divide by what the best list would be worth":
            gain / 4,
        "a hit at place p is worth 1 / log₂(p + 1): you took 1 / p": (1 / 2 + 1 / 3) / (11 / 6),
    })

# %% wrong
{
    "ideal of four": measures_by_hand | {"NDCG": 1.131 / 2.562},
    "ideal of two": measures_by_hand | {"NDCG": 1.131 / 1.631},
    "not divided": measures_by_hand | {"NDCG": 1.131},
    "from place 0": measures_by_hand | {"NDCG": 1.631 / 2.131},
    "1 / p": measures_by_hand | {"NDCG": (1 / 2 + 1 / 3) / (1 + 1 / 2 + 1 / 3)},
    "swapped": measures_by_hand | {"precision": 2 / 3, "recall": 1 / 2},
    "ten places": measures_by_hand | {"precision": 0.2},
    "one digit": measures_by_hand | {"recall": 0.7},
    "two digits": measures_by_hand | {"NDCG": 0.53},
    "a list": list(measures_by_hand.values()),
    "another name": {"precision": 0.5, "recall": 2 / 3, "ndcg": 0.531},
}

# %% [markdown] 01.3 · change the package · 10 minutes
# Section 6 ended with ghosts that stand somewhere else. In
# [scratch/recommenders/popularity.py](../scratch/recommenders/popularity.py), the ghosts of
# `damped_means` still stand at μ. Give the function a third parameter `center`, the stars that the
# ghosts give. Without it they give the mean of all ratings, as today. Save the file, and run the
# cell.

# %% [markdown] hint
# Let `None` be the default, and let it stand for μ. Ghosts at 0 were the best ones of section 6:
# does your version know the difference between a `center` of 0 and none at all?

# %% stub
check("01.3")

# %% solution in scratch/recommenders/popularity.py
@checked
def damped_means(
    table: Annotated[pd.DataFrame, Columns(movie_id=None, rating="number")],
    damping: Annotated[float, Within(high=1e100)],
    center: float | None = None,
) -> pd.Series:
    """(Σ r + damping · center) / (n + damping) for each movie_id: its mean, pulled toward center.

    As if every movie had `damping` further ratings, all equal to center: one rating of 5 no longer
    makes the best movie of all. table has the columns movie_id and rating; the result is in
    stars, indexed by movie_id in ascending order. center: None for μ, the mean of all ratings.
    With damping 0 it is the plain mean.

    Raises ValueError for a table that is empty, or has not these columns with a finite rating in
    every row, and for a negative damping.
    """
    if len(table) == 0:
        raise ValueError("the table has no ratings to average")
    if damping < 0:
        raise ValueError(f"damping must not be negative, got {damping}")
    groups = table.groupby("movie_id")["rating"]
    if center is None:
        center = table["rating"].mean()
    return (groups.sum() + damping * center) / (groups.count() + damping)

# %% check
def check():
    import inspect

    from scratch.recommenders import popularity

    function = popularity.damped_means
    parameters = inspect.signature(function).parameters
    if len(parameters) < 3:
        raise NotYet
    if "center" not in parameters:
        third = list(parameters)[2]
        raise Wrong(f"the third parameter of damped_means is called {third}, not center")
    if parameters["center"].default is inspect.Parameter.empty:
        raise Wrong("without center it fails now: give center a default")
    table = pd.DataFrame({"movie_id": [7, 3, 7, 9, 9, 9], "rating": [5.0, 1.0, 4.0, 3.0, 5.0, 4.5]})
    mu = table["rating"].mean()

    def oracle(damping, center):
        groups = table.groupby("movie_id")["rating"]
        return (groups.sum() + damping * center) / (groups.count() + damping)

    def called(table, damping, center):
        return function(table, damping, **({} if center is None else {"center": center}))

    # The last one asks whether a center is remembered.
    for damping, center in ((10, None), (0, None), (10, 3.0), (10, 1), (10, 0), (4, 2.75),
                            (0.5, 2.75), (4, None)):
        made = run(called, table, damping, center, what="damped_means")
        if not isinstance(made, pd.Series) or list(made.index) != [3, 7, 9]:
            raise Wrong("damped_means should return a Series, indexed by movie_id, as before")
        if same(made, oracle(damping, mu if center is None else center), 1e-9):
            continue
        if center is None and damping == 0:
            raise Wrong("with no ghosts it should return the plain means, as before")
        if center is None:
            raise Wrong("in a call without center the ghosts should stand at μ, the mean of the "
                        "table's ratings, as before: they stand somewhere else")
        asked = f"with damping={damping} and center={center}"
        if same(made, oracle(damping, mu), 1e-9):
            extra = ": 0 counts as false, but it is not None" if center == 0 else ""
            raise Wrong(f"{asked} the ghosts still stand at μ{extra}")
        if same(made, oracle(damping, mu + center), 1e-9):
            raise Wrong("center should stand in the place of μ, and not be added to it")
        if same(made, oracle(damping, center / damping), 1e-9):
            raise Wrong(f"{asked} it is as if one ghost stood there, not all of them: each of them "
                        "gives these stars")
        raise Wrong(f"{asked} it is not (Σ r + damping · center) / (n + damping)")
    refuses(lambda: called(table.head(0), 10, 3.0), "an empty table", why="as before")
    refuses(lambda: called(table, -1, 3.0), "a negative damping", why="as before")

# %% wrong in scratch/recommenders/popularity.py
CHECKS = (
    "    if len(table) == 0:\n        raise ValueError('no ratings')\n"
    "    if damping < 0:\n        raise ValueError(damping)\n"
)

def variant(signature="center=None", chosen="mean if center is None else center",
            formula="(groups.sum() + damping * place) / (groups.count() + damping)", first=CHECKS):
    return (
        f"def damped_means(table, damping, {signature}):\n{first}"
        "    groups = table.groupby('movie_id')['rating']\n"
        "    mean = table['rating'].mean()\n"
        f"    place = {chosen}\n"
        f"    return {formula}\n"
    )

{
    "no default": variant("center"),
    "another name": variant("place=None", "mean"),
    "3.5 by default": variant("center=3.5", "center"),
    "0 is taken for nothing": variant(chosen="center or mean"),
    "not used": variant(chosen="mean"),
    "whole stars": variant(chosen="mean if center is None else int(center)"),
    "only whole stars": variant(chosen="center if center in (0, 1, 2, 3, 4, 5) else mean"),
    "always ten": variant(formula="(groups.sum() + (damping * mean if center is None else 10 * "
                          "center)) / (groups.count() + (damping if center is None else 10))"),
    "changes the table": variant(first=CHECKS + "    table['n'] = 1\n"),
    "added": variant(chosen="mean if center is None else mean + center"),
    "one ghost there": variant(
        formula="(groups.sum() + (damping * mean if center is None else center))"
        " / (groups.count() + damping)"),
    "no damping below": variant(formula="(groups.sum() + damping * place) / groups.count()"),
    "no complaints": variant(first=""),
    "an array": variant(formula="((groups.sum() + damping * place)"
                        " / (groups.count() + damping)).to_numpy()"),
}

# %% [markdown] 01.4 · experiment · 15 minutes
# *Most liked* counts ratings of 4 stars and more, *most rated* counts all of them. Try all five
# thresholds: rank the films by how many training ratings of *at least* 1, 2, 3, 4 and 5 stars they
# have. Hand over the recall at 10 on the validation part for each, as `{1: …, 2: …, 3: …, 4: …,
# 5: …}`, to three decimals. Then choose the best of them, and look at the test part of six splits:
# given how much these differ, which thresholds are tied?

# %% [markdown] hint
# The counts of one threshold `t` are `np.bincount(parts.train.movies[parts.train.ratings >= t],
# minlength=len(parts.movies))`. `SameForAll` makes a recommender of them. For six splits,
# `evaluate_on_splits` wants a function that makes all five from a split.

# %% stub
recalls_by_threshold = ...
check("01.4", recalls_by_threshold)

# %% solution
def counts_from(split):
    train = split.train
    return {t: SameForAll(np.bincount(train.movies[train.ratings >= t],
                                      minlength=len(split.movies))).scores
            for t in (1, 2, 3, 4, 5)}

by_threshold = evaluate(counts_from(parts), parts, on="validation")
recalls_by_threshold = by_threshold["recall"].to_dict()
print(by_threshold.round(3).to_string())
print(evaluate_on_splits(counts_from, ratings, seeds=range(1, 7)).round(3).to_string())
# On the real data 1, 2 and 3 stars are tied: they differ by less than each of them does from
# split to split. Likes find a little less, and to count only the 5 is the worst on every split.

# %% check
def check(answer):
    given = keyed(answer, STARS, "your recalls")
    given = [number(given[stars], f"the recall of {stars}") for stars in STARS]
    split = the_split()

    def recalls(measure="recall", on="validation", part=split.train, test=np.greater_equal):
        found = []
        for stars in STARS:
            kept = part.movies[test(part.ratings, stars)]
            counts = np.bincount(kept[kept >= 0], minlength=len(split.movies))
            found.append(measured(counts, split, on)[measure])
        return np.array(found)

    everything = Ratings(*map(np.concatenate, zip(split.train, split.validation, split.test)))
    right = recalls()
    all_close(given, right, tolerance=0.0006, what="your recalls", names=STARS, mistakes={
        "these are the precisions: take the column called recall": lambda: recalls("precision"),
        "these are the NDCGs: take the column called recall": lambda: recalls("NDCG"),
        "these are percentages: give the recall between 0 and 1": 100 * right,
        "you measured on the test part: choose on validation": lambda: recalls(on="test"),
        "you counted ratings of exactly so many stars: count those with *at least* so many":
            lambda: recalls(test=np.equal),
        "you counted ratings of *more* than so many stars: count those with at least so many":
            lambda: recalls(test=np.greater),
        "you counted ratings of *at most* so many stars: count those with at least so many":
            lambda: recalls(test=np.less_equal),
        "these are in the order from 5 to 1": right[::-1],
        "these are rounded too much: give three decimals": right.round(2),
        "you counted ratings of the validation part: learn from the training part alone":
            lambda: recalls(part=split.validation),
        "you counted all ratings, the hidden ones too: learn from the training part alone":
            lambda: recalls(part=everything),
    })
    return "Now the six splits: how far apart must two thresholds be, before you believe in it?"

# %% wrong
def recalls_with(kept, on="validation", measure="recall", films_of=parts.train.movies):
    rank = {t: SameForAll(np.bincount(films_of[kept(t)], minlength=len(parts.movies)))
            for t in (1, 2, 3, 4, 5)}
    return evaluate({t: model.scores for t, model in rank.items()}, parts, on=on)[measure]

all_films, all_stars = (np.concatenate([getattr(part, name) for part in parts[:3]])
                        for name in ("movies", "ratings"))

stars_given = parts.train.ratings
{
    "precision": recalls_with(lambda t: stars_given >= t, measure="precision"),
    "NDCG": by_threshold["NDCG"],
    "percent": {t: 100 * recall for t, recall in recalls_by_threshold.items()},
    "test part": recalls_with(lambda t: stars_given >= t, on="test").to_dict(),
    "exactly": recalls_with(lambda t: stars_given == t),
    "more than": recalls_with(lambda t: stars_given > t),
    "at most": recalls_with(lambda t: stars_given <= t),
    "all ratings": recalls_with(lambda t: (all_stars >= t) & (all_films >= 0), films_of=all_films),
    "turned round": {6 - t: recall for t, recall in recalls_by_threshold.items()},
    "a list": list(recalls_by_threshold.values()),
    "names": {"most rated": 0.135, "most liked": 0.111},
    "one value off": recalls_by_threshold | {3: recalls_by_threshold[3] + 0.003},
}

# %% [markdown] 01.5 · experiment · 20 minutes
# One person, one vote: someone with 300 likes has 300 times as much say about what is most liked as
# someone with one. Share each person's vote among their likes: a like of a person with $m$ likes
# counts $1/m$. Write a function that takes a table like `parts.likes` and returns the votes of
# every film. Hand it over together with its recall at 10 on the validation part, to three
# decimals. Then compare it with most liked and most rated, by recall and by precision, overall and
# by the quarters of section 7: does it support the guess of that section?

# %% [markdown] hint
# A row of the table is a person, and `likes.sum(axis=1, keepdims=True)` is how many likes each has.
# To divide a table by this divides every row by its own number. And who has no like at all? Of
# them, the sum is 0: they have no vote, and must not spoil those of the others.

# %% stub
def shared_votes(likes):
    ...

recall_shared = ...
check("01.5", shared_votes, recall_shared)

# %% solution
def shared_votes(likes):
    likes_of_each = likes.sum(axis=1, keepdims=True)
    return (likes / np.maximum(likes_of_each, 1)).sum(axis=0)  # who likes nothing shares nothing

one_vote = {"shared votes": SameForAll(shared_votes(parts.likes)).scores}
recall_shared = evaluate(one_vote, parts, on="validation").loc["shared votes", "recall"]

def gain_of_shared(split):
    shared = evaluate_users(SameForAll(shared_votes(split.likes)).scores, split, on="validation")
    liked = evaluate_users(SameForAll(split.likes.sum(axis=0)).scores, split, on="validation")
    gain = shared - liked
    return gain.groupby(quarters(split)[gain.index], observed=True).mean()

print(evaluate(rivals(parts) | one_vote, parts, on="validation").round(3).to_string())
print(gain_of_shared(parts).round(3).to_string())
# On the real data its recall is level with that of most rated, and its precision is a tenth lower
# than that of either count: people with few ratings gain, those with the most lose. That is what
# the guess says: what people with few ratings like, the count of likes hardly hears.

# %% check
def check(function, recall):
    def oracle(likes):
        sums = likes.sum(axis=1, keepdims=True)
        return (likes / np.where(sums > 0, sums, 1)).sum(axis=0)

    def some(seed, users, films):
        likes = (np.random.default_rng(seed).random((users, films)) < 0.4).astype(float)
        likes[likes.sum(axis=1) == 0, 0] = 1
        return likes

    cases = [(some(1, 9, 5),), (some(2, 4, 7),), (some(3, 6, 6),), (some(4, 1, 9),)]
    without = cases[0][0].copy()
    without[3] = 0
    with np.errstate(all="ignore"):
        result = run(function, *cases[0], what="shared_votes")
        shape = numbers(result, what="what shared_votes returns").shape
        if shape == cases[0][0].shape:
            raise Wrong("shared_votes returns a table of all votes: add them up, film by film")
        if shape == (9,):
            raise Wrong("shared_votes returns a number for each person: add up the votes of each "
                        "film, which is a column")
        if shape != (5,):
            raise Wrong("shared_votes should return one number for each film, a column of likes")
        same_as(function, oracle, cases, tolerance=1e-6, what="shared_votes", mistakes={
            "nothing is shared: this counts likes, as most liked does":
                lambda likes: likes.sum(axis=0),
            "you divided by the film's number of fans: divide by the person's number of likes":
                lambda likes: (likes / np.maximum(likes.sum(axis=0), 1)).sum(axis=0),
            "you divided by the root of the person's number of likes: divide by the number itself":
                lambda likes: (likes / np.sqrt(likes.sum(axis=1, keepdims=True))).sum(axis=0),
            "you multiplied by the person's number of likes: divide by it":
                lambda likes: (likes * likes.sum(axis=1, keepdims=True)).sum(axis=0),
            "you divided by the number of films, for everybody alike: divide each row by its sum":
                lambda likes: likes.mean(axis=1, keepdims=True).sum() * np.ones(likes.shape[1]),
            "these are shares of everybody's likes: most liked, on another scale":
                lambda likes: likes.sum(axis=0) / likes.sum(),
            "that is the mean of the votes of all people: right in order, but add them up":
                lambda likes: oracle(likes) / len(likes),
            "that is the mean of the likes: most liked, on another scale":
                lambda likes: likes.mean(axis=0),
            "a person's vote is shared among their likes *and* one more: it should sum to 1":
                lambda likes: (likes / (likes.sum(axis=1, keepdims=True) + 1)).sum(axis=0),
        })
        result = run(function, without, what="shared_votes")
        if not np.isfinite(np.asarray(result, dtype=float)).all():
            raise Wrong("somebody without any like makes all the votes nan: 0 / 0 is not a number. "
                        "Such a person should have no vote")
        if not same(result, oracle(without), 1e-6):
            raise Wrong("with a person among them who likes nothing, the votes are no longer "
                        "right: those of all others should count as before")
    number(recall, "your recall")
    split = the_split()
    votes = oracle(split.likes)
    right = measured(votes, split)
    close(recall, right["recall"], tolerance=0.0006, what="your recall", mistakes={
        "your function is right. That is the precision: take the column called recall":
            right["precision"],
        "your function is right. That is the NDCG: take the column called recall": right["NDCG"],
        "your function is right, but the recall is on the test part: measure on validation":
            lambda: measured(votes, split, "test")["recall"],
        "your function is right. That is the recall of most liked: hand over that of shared votes":
            lambda: measured(split.likes.sum(axis=0), split)["recall"],
        "your function is right. That is the recall of most rated, or of the shared votes of all "
        "*ratings*: hand over that of shared likes":
            lambda: measured(np.bincount(split.train.movies), split)["recall"],
        "your function is right. That is a percentage: give the recall between 0 and 1":
            100 * right["recall"],
    })
    return "And its precision? For whom is it better, and for whom worse?"


# %% wrong
def by_columns(likes):
    return (likes / np.maximum(likes.sum(axis=0), 1)).sum(axis=0)

def with_nan(likes):
    return (likes / likes.sum(axis=1, keepdims=True)).sum(axis=0)

shared_measures = evaluate(one_vote, parts, on="validation").loc["shared votes"]
{
    "most liked": (lambda likes: likes.sum(axis=0), recall_shared),
    "by the film's fans": (by_columns, recall_shared),
    "nan": (with_nan, recall_shared),
    "not added up": (lambda likes: likes / np.maximum(likes.sum(1, keepdims=True), 1), 0.1),
    "a number for each person": (lambda likes: likes.sum(axis=1), recall_shared),
    "a root": (lambda likes: (likes / np.sqrt(likes.sum(1, keepdims=True))).sum(0), recall_shared),
    "one more": (lambda likes: (likes / (likes.sum(1, keepdims=True) + 1)).sum(0), recall_shared),
    "the notebook's likes": (lambda likes: shared_votes(parts.likes), recall_shared),
    "precision": (shared_votes, shared_measures["precision"]),
    "test part": (shared_votes, evaluate(one_vote, parts, on="test")["recall"].iloc[0]),
    "percent": (shared_votes, 100 * recall_shared),
    "recall and all": (lambda likes: (shared_votes(likes), 1), recall_shared),
    "one row": (lambda likes: shared_votes(likes) if len(likes) > 1 else likes[0], recall_shared),
    "called": (shared_votes(parts.likes), recall_shared),
}

# %% [markdown] 01.6 · open · 45 minutes
# In life, what we hide is the future. Sort `ratings` by `timestamp` (`kind="stable"` keeps the
# order of equal ones), let the first 70,000 be the training part, the next 15,000 validation, the
# rest test; `encode_split(train, validation, test)` of `scratch.evaluation` makes a split of the
# three tables. (The rows keep their order, so that the timestamps of the training part
# belong to `split.train` row by row.) Now let a like lose half of its weight every 30 days before
# the end of the training part, and compare these fading likes with most liked and most rated. Why
# would a random split be unfair to this idea? And how many people of the validation part have no
# training ratings at all: what could you show to those?

# %% stub
# 01.6: your code

# %% [markdown] rubric
# - One table has most liked, most rated and fading likes on the split by time, measured on its
#   validation part; 30 days are tried beside a longer and a shorter time.
# - The people without training ratings are counted, in the validation part and in the test part (on
#   the real data, they are more than half), and it is said that no number in the table is about
#   them.
# - There is a reason why a random split hides the effect: it puts ratings of the same weeks into
#   all three parts.
# - The test part is looked at once, at the end, and the answer says how certain one split by time
#   can make us.
