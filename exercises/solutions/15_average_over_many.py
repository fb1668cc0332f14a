"""Exercises of notebook 15, Average over many: tasks, solutions, checks, wrong answers."""

import math

import numpy as np

from scratch.exercises.judging import NotYet, Wrong, all_close, almost, choose, close, decimals
from scratch.exercises.judging import keyed, number, numbers, predicted, refuses, run

GHOSTS = (1, 2, 5, 10, 15, 20, 30, 50)


def chains_like(stickiness, seed, steps=1000, columns=12):
    """Draws that remember the one before, (steps, columns), columns of their own mean and scale."""
    lot = np.random.default_rng(seed)
    luck = lot.normal(size=(steps, columns))
    found = np.empty((steps, columns))
    found[0] = luck[0]
    for t in range(1, steps):
        found[t] = stickiness * found[t - 1] + np.sqrt(1 - stickiness**2) * luck[t]
    return np.geomspace(3, 0.1, columns) * found + lot.normal(3.5, 1, columns)


# %% [markdown] 15.q1 · quiz
# You have tossed a coin twice, and seen two tails. Before, all coins were equally likely to you.
# What chance of heads does the *average of all coins* give to the third toss? Give two digits.

# %% stub
chance_of_heads = ...
check("15.q1", chance_of_heads)

# %% solution
chance_of_heads = (0 + 1) / (2 + 2)  # one head and one tail that never happened

# %% check
def check(answer):
    close(answer, 0.25, tolerance=0.005, what="your chance", mistakes={
        "that is the best coin, which shows tails for ever: what does section 1 add to the tosses "
        "before it takes the share?": 0.0,
        "you added a head, and no tail: there are two ghosts, see the end of the first part of "
        "section 1": 1 / 3,
        "that is the chance of tails": 0.75,
        "you took five tosses, as after the three of section 1: here there are two, and two ghosts":
            1 / 5,
        "that is what you would say before any toss: what do two tails add?": 0.5,
        "that is a percentage: give the chance as a number between 0 and 1": 25,
    })

# %% wrong
{
    "the best coin": 0,
    "one ghost": 1 / 3,
    "tails": 0.75,
    "as in the text": 0.2,
    "a fair coin": 0.5,
    "percent": 25,
    "a text": "a quarter",
}

# %% [markdown] 15.q2 · quiz
# Many draws predict the same ratings. The *mean squared* error of a single draw is 0.96 on average,
# and the variance between the draws' predictions is 0.16. What is the mean squared error of the
# average of all of them? Give two digits. (Nothing is cut to the scale.)

# %% stub
error_of_the_average = ...
check("15.q2", error_of_the_average)

# %% solution
error_of_the_average = 0.96 - 0.16  # that of a draw is that of the average, plus the variance

# %% check
def check(answer):
    close(answer, 0.80, tolerance=0.005, what="your error", mistakes={
        "you added the two: which side of the equation at the end of section 5 is the single draw "
        "on?": 1.12,
        "that is the root of it: what is asked for is the *squared* error": math.sqrt(0.80),
        "you took the root of the variance first: the equation at the end of section 5 has no "
        "roots in it": 0.96 - 0.4,
        "that is the error of a single draw: what differs between the draws cancels, see the end "
        "of section 5": 0.96,
        "that is the variance, which is what the average gets rid of": 0.16,
        "you took roots before you subtracted: it is the squares that add up, see the end of "
        "section 5": math.sqrt(0.96) - 0.4,
        "you multiplied by the rest: the variance is taken off, see the equation at the end of "
        "section 5": 0.96 * 0.84,
    })

# %% wrong
{
    "added": 1.12,
    "the root": 0.894,
    "minus the deviation": 0.56,
    "a single draw": 0.96,
    "the variance": 0.16,
    "roots first": 0.58,
    "a text": "0.8",
}

# %% [markdown] 15.q3 · quiz
# Of all ratings, 80 in 100 lie within the 1.28 spreads of their predictions, as a bell curve
# promises. What has been shown?
#
# - (a) each prediction's spread is right
# - (b) the spreads are right on the whole; group by group they may be wrong
# - (c) the predictions are good ones
# - (d) the model knows how much each person's ratings scatter

# %% stub
what_it_promises = ...
check("15.q3", what_it_promises)

# %% solution
what_it_promises = "b"  # too careful with some and too sure of others adds up to 80 as well

# %% check
def check(answer):
    choose(answer, "b", {
        "a": "think of the forecaster of section 7 who says 30 percent every single day: is that "
        "right on each?",
        "c": "a poor predictor that admits it with wide spreads keeps this promise, too: what was "
        "compared with what in section 7?",
        "d": "how many numbers for the scatter of ratings does the model have? See the last part "
        "of section 7",
    })

# %% wrong
{"each": "a", "good": "c", "everybody's scatter": "d", "none of them": "e", "a number": 0.8,
 "a list": ["b"]}

# %% [markdown] 15.1 · by hand · 10 minutes
# A fourth person gives the film of section 2 two stars: it has 5, 4, 5 and 2 now. By hand, compute
# the precision, the mean and the deviation (four digits) of what it is worth. And after the *three*
# ratings of section 2, how many people would have to give two stars to bring the mean *below* 3?
# Solve for their number instead of counting up. Then check mean and deviation with `draw_one`: it
# gives a point, not a deviation, but what is the difference between a draw with luck 1 and one with
# luck 0?

# %% [markdown] hint
# Precisions add up, our own belief of 4 and 1 for each rating, and means are weighted by them. The
# deviation is one over the *root* of the precision. For the last question call the number of people
# m, and write down when (28 + 2 · m) / (7 + m) is below 3.

# %% stub
worth_by_hand = {"precision": ..., "mean": ..., "deviation": ..., "people": ...}
check("15.1", worth_by_hand)

# %% solution
# The precision is 4 + 4 · 1, and the mean (4 · 3.5 + 5 + 4 + 5 + 2) / 8. With m people at two
# stars, (28 + 2m) / (7 + m) < 3 is 28 + 2m < 21 + 3m, so m > 7: with seven it is 3 exactly.
worth_by_hand = {"precision": 8, "mean": 30 / 8, "deviation": 1 / 8**0.5, "people": 8}

# %% check
def check(answer):
    keys = ("precision", "mean", "deviation", "people")
    given = keyed(answer, keys, "your dict")
    ratings = (5, 4, 5, 2)
    close(given["precision"], 8, tolerance=1e-6, what="your precision", mistakes={
        "your precision is that of three ratings: the fourth is missing": 7,
        "your precision has the ratings only: what we believed before counts as well": 4,
        "your precision counts what we believed like one rating: it was 1 / 0.5²": 5,
        "your precision has the belief as 0.5: precision is one divided by the *square*": 4.5,
        "your precision has the belief as 1 / 0.5: the deviation is squared first": 6,
    })
    close(given["mean"], 30 / 8, tolerance=0.005, what="your mean", mistakes={
        "your mean is that of the four ratings alone: our belief counts like four more":
            sum(ratings) / 4,
        "your mean is that of section 2: the fourth rating is missing": 4,
        "your mean counts the belief like one rating: it has the precision 4":
            (3.5 + sum(ratings)) / 5,
        "you divided by 7: with the fourth rating the precision is larger": 30 / 7,
        "the two stars are not in your sum, though they are in the precision": 28 / 8,
        "you took our belief to be at 0: it is at 3.5 stars": sum(ratings) / 8,
    })
    close(given["deviation"], 8**-0.5, tolerance=0.0001, what="your deviation", mistakes={
        "your deviation is one over the precision: take the root": 1 / 8,
        "your deviation is the root of the precision: divide 1 by it": 8**0.5,
        "your deviation is that of section 2, after three ratings": 7**-0.5,
        "your deviation leaves out what we believed before": 0.5,
        "your deviation is how far the four ratings lie apart: what is asked for is how well the "
        "film's worth is known": lambda: float(np.std(ratings)),
        "your deviation is how far the four ratings lie apart (with n − 1): what is asked for is "
        "how well the film's worth is known": lambda: float(np.std(ratings, ddof=1)),
    })
    people = number(given["people"], "your number of people")
    if people != round(people):
        raise Wrong("your number of people should be a whole number")
    close(people, 8, tolerance=0, what="your number of people", mistakes={
        "with so many people the mean is not yet *below* 3: where exactly is it? (Begin after the "
        "*three* ratings of section 2)": 7,
        "so few are not enough: begin after the *three* ratings of section 2, and with what we "
        "believed before, which counts like four": 6,
        "fewer people are enough: solve the inequality once more": 9,
    })
    return "With a belief of 3.5 that counts like four, seven grumblers are still not enough."

# %% wrong
by_hand_with = lambda **other: {**worth_by_hand, **other}
{
    "three ratings": by_hand_with(precision=7),
    "no belief": by_hand_with(precision=4),
    "belief of 0.5": by_hand_with(precision=4.5),
    "the plain mean": by_hand_with(mean=4.0),
    "belief like one": by_hand_with(mean=3.9),
    "belief at 0": by_hand_with(mean=2.0),
    "no root": by_hand_with(deviation=1 / 8),
    "the root alone": by_hand_with(deviation=8**0.5),
    "three of them": by_hand_with(deviation=0.378),
    "the ratings' own": by_hand_with(deviation=1.2247),
    "two digits": by_hand_with(deviation=0.35),
    "exactly 3": by_hand_with(people=7),
    "no belief at last": by_hand_with(people=6),
    "a list": [8, 3.75, 0.3536, 8],
    "a part": {"precision": 8},
    "half a person": by_hand_with(people=7.5),
}

# %% [markdown] 15.2 · experiment · 20 minutes
# The coins of section 1 came from a world in which every chance is equally likely. Now take a world
# of nearly fair coins: draw a hundred thousand chances with `rng.beta(20, 20, 100_000)`, three
# tosses of each, and a fourth. The bet with g ghosts of each side is (heads + g) / (3 + 2 · g), and
# section 1 had g = 1. Which of 1, 2, 5, 10, 15, 20, 30 and 50 is best here? Predict, then find out
# as somebody would who does not know the world: by the squared error of the bet on the *fourth*
# toss. Hand in its mean over all coins for each g, as `{1: …, 2: …, …, 50: …}`, to four digits.
# (Luck may move it by 0.004.)

# %% [markdown] hint
# All is as in section 1, with other chances: `rng.binomial(3, chances)` tosses each coin three
# times, and `rng.random(100_000) < chances` once more. Then one line for each g. At the end, plot
# the eight errors: how steep is the curve at its left end, and how flat is it around its lowest
# point?

# %% stub
prediction_ghosts = ...
costs_by_ghosts = ...
check("15.2", prediction_ghosts, costs_by_ghosts)

# %% solution
prediction_ghosts = 20  # whatever you had in mind
rng_of_coins = np.random.default_rng(0)
fair_chances = rng_of_coins.beta(20, 20, 100_000)
heads_of_three = rng_of_coins.binomial(3, fair_chances)
next_toss = rng_of_coins.random(100_000) < fair_chances

def cost_of_betting(ghosts):
    bets = (heads_of_three + ghosts) / (3 + 2 * ghosts)
    return np.mean((next_toss - bets) ** 2)

costs_by_ghosts = {g: cost_of_betting(g) for g in (1, 2, 5, 10, 15, 20, 30, 50)}
# 20 is chosen by nearly all draws, the number that the world was made with. But the curve is very
# flat there: from 10 to 50 the errors differ by less than 0.0005, while one ghost costs 0.025 more.
# A belief need not be exact, only of the right kind.

# %% check
def check(prediction, costs):
    guess = predicted(prediction, GHOSTS)
    given = keyed(costs, GHOSTS, "your errors")
    given = np.array([number(given[g], f"the error with {g} ghosts") for g in GHOSTS])

    def exactly(world=20.0, total=3.0, per_ghost=2.0, cost=lambda p, q: p * (1 - q) ** 2 +
                (1 - p) * q**2, share=1.0):
        """What bets cost on average, in a world of Beta(world, world) coins."""
        def log_beta(a, b):
            return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)

        result = []
        for g in GHOSTS:
            mean = 0.0
            for heads in range(4):
                likely = math.comb(3, heads) * math.exp(
                    log_beta(world + heads, world + 3 - heads) - log_beta(world, world))
                p = (world + heads) / (2 * world + 3)
                mean += likely * cost(p, (heads + share * g) / (total + per_ghost * g))
            result.append(mean)
        return np.array(result)

    right = exactly()
    if given.min() > 10:
        raise Wrong("these are sums, or percentages: give the mean of the squared errors")
    all_close(given, right, tolerance=0.004, what="your errors", names=GHOSTS, mistakes={
        "you have g ghosts in all: take g of each side, and so 3 + 2 · g below the line":
            lambda: exactly(per_ghost=1.0, share=0.5),
        "your ghosts are of one side only: above the line stands heads + g, below it 3 + 2 · g":
            lambda: exactly(per_ghost=1.0),
        "you have 2 · g ghosts of each side: take g of each, and so 3 + 2 · g below the line":
            lambda: exactly(per_ghost=4.0, share=2.0),
        "the numbers are right, and stand beside other g: which bet made which of them?":
            lambda: np.sort(right)[given.argsort().argsort()],
        "your fourth toss has nothing to do with the first three: it has to be one of the same "
        "coin, with the chance that this coin has":
            lambda: exactly(cost=lambda p, q: (1 - q) ** 2 / 2 + q**2 / 2),
        "these are the errors in the world of section 1, where every chance is equally likely":
            lambda: exactly(world=1.0),
        "you took the roots: give the mean of the squared errors": lambda: np.sqrt(right),
        "you compared with the coins' chances, which nobody knows: compare with the fourth toss":
            lambda: right - (20 * 20) / (40 * 41),
        "these are absolute errors: square them":
            lambda: exactly(cost=lambda p, q: p * (1 - q) + (1 - p) * q),
        "these bets are all alike: is the g of the dict the one in your formula?":
            lambda: np.full(8, exactly()[0]),
        "these are the errors without ghosts": lambda: exactly(share=0.0, per_ghost=0.0),
    })
    if max(map(decimals, given)) < 4:
        raise Wrong("give four digits: with fewer, nobody can tell which g is the best")
    best = [g for g, cost in zip(GHOSTS, given, strict=True) if cost == given.min()]
    foreseen = "You had foreseen it." if guess in best else f"You had expected {guess}."
    return (f"{foreseen} Your coins chose {' or '.join(map(str, best))}. Now look how little the "
            "errors from 10 to 50 differ: a belief need not be exact.")

# %% wrong
def costs_with(bet, chances=fair_chances, squared=True):
    luck_here = np.random.default_rng(3)
    three, last = luck_here.binomial(3, chances), luck_here.random(len(chances)) < chances
    away_by = {g: np.abs(last - bet(three, g)) for g in (1, 2, 5, 10, 15, 20, 30, 50)}
    return {g: np.mean(error_of**2 if squared else error_of) for g, error_of in away_by.items()}

def right_bet(three, g):
    return (three + g) / (3 + 2 * g)

{
    "in all": (20, costs_with(lambda three, g: (three + g / 2) / (3 + g))),
    "heads only": (20, costs_with(lambda three, g: (three + g) / (3 + g))),
    "tails only": (1, costs_with(lambda three, g: three / (3 + g))),
    "twice the ghosts": (10, costs_with(lambda three, g: (three + 2 * g) / (3 + 4 * g))),
    "the other way round": (20, dict(zip(costs_by_ghosts, [*costs_by_ghosts.values()][::-1]))),
    "other coins at last": (50, {g: np.mean((next_toss[::-1] - right_bet(heads_of_three, g)) ** 2)
                                 for g in costs_by_ghosts}),
    "three digits": (10, {g: round(cost, 3) for g, cost in costs_by_ghosts.items()}),
    "the old world": (1, costs_with(right_bet, np.random.default_rng(4).random(100_000))),
    "roots": (20, {g: cost**0.5 for g, cost in costs_by_ghosts.items()}),
    "absolute": (50, costs_with(right_bet, squared=False)),
    "no ghosts": (20, costs_with(lambda three, g: three / 3)),
    "always one": (20, costs_with(lambda three, g: (three + 1) / 5)),
    "against the chance": (20, {g: np.mean((fair_chances - right_bet(heads_of_three, g)) ** 2)
                                for g in costs_by_ghosts}),
    "percent": (20, {g: 100 * cost for g, cost in costs_by_ghosts.items()}),
    "a list": (20, list(costs_by_ghosts.values())),
    "one missing": (20, {g: cost for g, cost in costs_by_ghosts.items() if g != 30}),
    "no such prediction": ("many", costs_by_ghosts),
    "one wrong": (20, costs_by_ghosts | {50: 0.3}),
}

# %% [markdown] 15.3 · experiment · 30 minutes
# Draws follow one another, and each remembers the one before. How many *independent* draws would
# be worth as much? Write a function of some chains, a table with a row for each draw and a column
# for each prediction. For each column take the correlation between a draw and the one d rows later,
# for d = 1, 2, …, 50; average the columns, so that there is one number for each d; and divide the
# number of draws by 1 plus twice the sum of the fifty. The check wants it within a tenth. Then try
# it on a hundred columns of `later` in section 6, which no longer climbs, and keep only every tenth
# of these draws: how much worse is the error of the average?

# %% [markdown] hint
# Take each column's own mean off first. Then the correlation at the distance d is the mean of
# `chains[d:] * chains[:-d]` over the rows, divided by the column's variance. Draws that forget at
# once have correlations near 0, and are worth about their number.

# %% stub
def worth_in_free_draws(chains):
    ...

check("15.3", worth_in_free_draws)

# %% solution
def worth_in_free_draws(chains):
    centered = chains - chains.mean(axis=0)
    correlations = [np.mean((centered[d:] * centered[:-d]).mean(axis=0) / centered.var(axis=0))
                    for d in range(1, 51)]
    return len(chains) / (1 + 2 * sum(correlations))

# On the real data the first hundred columns of `later` are worth 175 independent draws of the
# thousand. Every tenth draw alone has an error of 0.8965 where all thousand have 0.8959, so hardly
# anything is lost; the first hundred in a row, which are as many, have 0.9008.

# %% check
def check(answer):
    def oracle(chains, longest=50, twice=2.0, one=1.0, first=1, middle=lambda c: c.mean(axis=0),
               size=lambda away: away.var(axis=0), upside=False, total=False):
        away = chains - middle(chains)
        of_columns = size(away)
        curve = [np.mean((away[d:] * away[: len(away) - d]).mean(axis=0) / of_columns)
                 for d in range(first, longest + 1)]
        below = one + twice * sum(curve) * (chains.shape[1] if total else 1)
        return below if upside else len(chains) / below

    mistakes = {
        "your sum counts once: each draw has neighbours before it and after it, so take it twice":
            lambda chains: oracle(chains, twice=1.0),
        "the 1 is missing below the line: a draw counts for itself as well":
            lambda chains: oracle(chains, one=0.0),
        "your sum begins at d = 0, where a draw is compared with itself: begin at 1":
            lambda chains: oracle(chains, first=0),
        "take each column's own mean off first: else all draws look alike":
            lambda chains: oracle(chains, middle=lambda c: 0.0),
        "you took one mean off the whole table: take each column's own":
            lambda chains: oracle(chains, middle=np.mean),
        "these are covariances: divide by each column's variance":
            lambda chains: oracle(chains, size=lambda away: 1.0),
        "you divide by each column's deviation: divide by its variance":
            lambda chains: oracle(chains, size=lambda away: away.std(axis=0)),
        "you divide all columns by one variance: divide each by its own":
            lambda chains: oracle(chains, size=lambda away: np.mean(away**2)),
        "you go from column to column: rows are the draws, columns the predictions":
            lambda chains: oracle(chains.T, longest=min(50, chains.shape[1] - 1)),
        "you return 1 plus twice the sum: divide the number of draws by it":
            lambda chains: oracle(chains, upside=True),
        "you stop too early: go on to d = 50": lambda chains: oracle(chains, longest=10),
        "you stop at d = 1: go on to d = 50": lambda chains: oracle(chains, longest=1),
        "the columns are added up: average their correlations":
            lambda chains: oracle(chains, total=True),
        "you average what the columns are worth: average their correlations first, for each d, "
        "and divide once": lambda chains: np.mean([oracle(c[:, None]) for c in chains.T]),
        "it is every tenth draw, or the like: what is asked for is what all are worth":
            lambda chains: len(chains) / 10,
        "it only counts the draws: do they forget at once?": len,
    }
    cases = [chains_like(np.linspace(0.2, 0.97, 12), 1), chains_like(0.99, 4),
             chains_like(0.6, 2), chains_like(0.0, 3)]
    found = []
    for chains in cases:
        worth = run(answer, chains, what="worth_in_free_draws")
        if np.shape(worth) == chains.shape[1:]:
            raise Wrong("it returns a number for each column: average the correlations of the "
                        "columns first, for each d, so that one number is left")
        found.append(number(worth, "what worth_in_free_draws returns"))
    rights = [oracle(chains) for chains in cases]

    def near(values):
        return all(abs(f - v) <= 0.1 * abs(v) for f, v in zip(found, values, strict=True))

    if near(rights):
        return "In a chain that forgets nothing, more draws of the same would be worth nothing."
    for words, wrong in mistakes.items():
        made = [wrong(chains) for chains in cases[:-1]]  # without memory many of them agree
        if all(abs(f - v) <= 0.04 * abs(v) for f, v in zip(found, made, strict=False)):
            raise Wrong(words)
    for chains, value, right in zip(cases, found, rights, strict=True):
        if abs(value - right) > 0.1 * right:
            side = "much" if value > right else "little"
            raise Wrong(f"{len(chains)} draws are said to be worth {value:.4g}, in a case of the "
                        f"check: that is too {side}. Is each column's own mean off, and every d "
                        "from 1 to 50 in the sum, whatever its sign, as the mean over all columns?")

# %% wrong
def curve_of(chains, longest=50, middle=lambda chains: chains.mean(axis=0), power=1, first=1):
    moved = chains - middle(chains)
    scale = moved.var(axis=0) ** power
    return np.array([((moved[d:] * moved[: len(moved) - d]).mean(axis=0) / scale).mean()
                     for d in range(first, longest + 1)])

{
    "once": lambda chains: len(chains) / (1 + curve_of(chains).sum()),
    "no 1": lambda chains: len(chains) / (2 * curve_of(chains).sum()),
    "from 0": lambda chains: len(chains) / (1 + 2 * curve_of(chains, first=0).sum()),
    "not centered": lambda chains: len(chains) / (
        1 + 2 * curve_of(chains, middle=lambda _: 0).sum()),
    "one mean for all": lambda chains: len(chains) / (
        1 + 2 * curve_of(chains, middle=np.mean).sum()),
    "covariances": lambda chains: len(chains) / (1 + 2 * curve_of(chains, power=0).sum()),
    "deviations": lambda chains: len(chains) / (1 + 2 * curve_of(chains, power=0.5).sum()),
    "one variance": lambda chains: len(chains) / (
        1 + 2 * (curve_of(chains, power=0) / (chains - chains.mean(axis=0)).var()).sum()),
    "each column's": lambda chains: np.array(
        [len(chains) / (1 + 2 * curve_of(c[:, None]).sum()) for c in chains.T]),
    "their average": lambda chains: np.mean(
        [len(chains) / (1 + 2 * curve_of(c[:, None]).sum()) for c in chains.T]),
    "turned round": lambda chains: len(chains.T) / (
        1 + 2 * curve_of(chains.T, min(50, chains.shape[1] - 1)).sum()),
    "upside down": lambda chains: 1 + 2 * curve_of(chains).sum(),
    "up to forty": lambda chains: len(chains) / (1 + 2 * curve_of(chains, 40).sum()),
    "up to ten": lambda chains: len(chains) / (1 + 2 * curve_of(chains, 10).sum()),
    "thinned": lambda chains: len(chains) / 10,
    "counted": lambda chains: len(chains),
    "the curve itself": lambda chains: curve_of(chains),
    "changes its input": lambda chains: len(chains) / (1 + curve_of(chains.__isub__(3)).sum()),
    "a number": 140,
}

# %% [markdown] 15.4 · experiment · 45 minutes
# Give everybody a scatter of their own. Write a function that returns for each person, from 0 to
# the largest index in `who_rated`, the *variance* of their ratings around what the model says. It
# gets who gave each training rating, by how much the model is wrong there, the variance that the
# model itself states, and a number of ghosts, which is above 0 and need not be whole. First, errors
# on what a model has learned from are smaller than new ones: multiply all squared errors by one
# number, so that their mean over all ratings is the variance that the model states. Then pull each
# person's mean toward that variance, by the ghosts, as in section 2. (Who has no rating, has the
# model's.) Do not round. Try it on section 7, where
# the variance stated is `(model.noise**2).mean()`, and put it in the place of that in `spread`: are
# the ten dots nearer to the line? Choose the ghosts on one half of the validation part, by the mean
# of −(error / spread)² / 2 − log spread (the larger, the better the forecast), and look at the
# other half.

# %% [markdown] hint
# `np.bincount(who_rated, values)` adds up each person's values, and `np.bincount(who_rated)` counts
# their ratings. Ghosts are ratings that all have the common variance: how do they enter the sum,
# and how the number to divide by?

# %% stub
def own_variances(who_rated, wrong_by, common, ghosts):
    ...

check("15.4", own_variances)

# %% solution
def own_variances(who_rated, wrong_by, common, ghosts):
    squares = wrong_by**2 * (common / np.mean(wrong_by**2))  # as large as new errors would be
    return (np.bincount(who_rated, squares) + ghosts * common) / (np.bincount(who_rated) + ghosts)

# The model of section 5 once more, so that this cell can run alone.
sampler = BayesianFactorization(10).fit(
    (train.users, train.movies), train.ratings, rng=np.random.default_rng(0))
noise_stated = (sampler.noise**2).mean()
training_errors = train.ratings - sampler.predict((train.users, train.movies))
predicted_by_all = sampler.predict_all(asked_for)
new_errors, doubt = answers - predicted_by_all.mean(axis=0), predicted_by_all.var(axis=0)

def forecast_score(own_noise, chosen):
    deviation = np.sqrt(doubt + own_noise)[chosen]
    return np.mean(-((new_errors[chosen] / deviation) ** 2) / 2 - np.log(deviation))

to_choose = np.random.default_rng(0).random(len(answers)) < 0.5
for ghosts in (1, 3, 10, 20, 50, 100):
    noises = own_variances(train.users, training_errors, noise_stated, ghosts)[asked_for[0]]
    print(ghosts, "ghosts:", forecast_score(noises, to_choose).round(4),
          forecast_score(noises, ~to_choose).round(4))
print("one for all:", forecast_score(noise_stated, ~to_choose).round(4))
# On the real data 3 or 10 ghosts are chosen, whichever way the part is halved, and the score of the
# other half rises by 0.013 or more; here from −0.360 to −0.347. The ten dots come twice as near to
# the line: they are 0.03 away from it on average, and were 0.07.

# %% check
def check(answer):
    def oracle(who, wrong, common, ghosts, scale=None, toward=None, pulled=True):
        size = common / np.mean(wrong**2) if scale is None else scale(who, wrong, common)
        center = common if toward is None else toward(who, wrong, common)
        sums = np.bincount(who, wrong**2 * size)
        count = np.bincount(who)
        if not pulled:  # whatever it says of those who have no rating
            return np.where(count > 0, sums / np.maximum(count, 1), np.nan)
        return (sums + ghosts * center) / (count + ghosts)

    def by_people(who, wrong, common):
        count = np.bincount(who)
        means = np.bincount(who, wrong**2)[count > 0] / count[count > 0]
        return common / means.mean()

    def centered(who, wrong, common, ghosts):
        own = np.bincount(who, wrong) / np.maximum(np.bincount(who), 1)
        return oracle(who, wrong - own[who], common, ghosts)

    def no_count(who, wrong, common, ghosts):
        sums = np.bincount(who, wrong**2 * common / np.mean(wrong**2))
        return (sums + ghosts * common) / (len(who) + ghosts)

    cases, found = [], []
    for seed, people, ghosts, common in ((1, 5, 3.5, 0.7), (2, 8, 10, 0.9), (3, 4, 0.5, 0.5)):
        lot = np.random.default_rng(seed)
        who = np.append(lot.integers(0, people - 1, 30), people)  # one of them has no rating
        cases.append((who, lot.normal(0, 0.6 + 0.2 * (who % 3)).round(2), common, ghosts))
    for case in cases:
        result = run(answer, *case, what="own_variances")
        shape, wanted = np.shape(result), (case[0].max() + 1,)
        if shape == case[0].shape:
            raise Wrong("it returns a number for each rating: return one for each person")
        if shape != wanted:
            raise Wrong(f"it should return one number for each person from 0 to {case[0].max()}, "
                        f"in this case, and returns {shape or 'a single one'}. (Somebody in "
                        "between may have no rating at all)")
        found.append(np.asarray(result, dtype=float))

    def explains(made):
        wanted = [made(*case) for case in cases]
        return all(np.allclose(f[~np.isnan(w)], w[~np.isnan(w)], rtol=0, atol=1e-6)
                   for f, w in zip(found, wanted, strict=True))

    if explains(oracle):
        return "Now the forecast may be sure of one person, and careful with another."
    mistakes = {
        "the squared errors are as small as in training: multiply them, so that their mean is the "
        "variance that the model states": lambda *case: oracle(*case, scale=lambda *_: 1.0),
        "these are deviations: return variances": lambda *case: np.sqrt(oracle(*case)),
        "the ghosts are not in it: pull each person's mean toward the common variance":
            lambda *case: oracle(*case, pulled=False),
        "each person's own mean error is taken off first: what counts is how far the ratings are "
        "from what the model says": centered,
        "your ghosts have a variance of 0: each of them brings the common one into the sum":
            lambda *case: oracle(*case, toward=lambda *_: 0.0),
        "your ghosts have a variance of 1: each of them brings the common one into the sum":
            lambda *case: oracle(*case, toward=lambda *_: 1.0),
        "your ghosts have the mean of the training errors: they should have the variance that the "
        "model states": lambda *case: oracle(*case, toward=lambda w, e, c: np.mean(e**2)),
        "neither is scaled: both the squared errors and the ghosts are as small as in training":
            lambda *case: oracle(*case, scale=lambda *_: 1.0, toward=lambda w, e, c: np.mean(e**2)),
        "you multiply by the ratio of the deviations: squares take the ratio of the variances":
            lambda *case: oracle(*case, scale=lambda w, e, c: np.sqrt(c / np.mean(e**2))),
        "you make the mean over *people* equal to the stated variance: take it over all ratings":
            lambda *case: oracle(*case, scale=by_people),
        "you multiply the squares by the stated variance: they are to have it as their mean":
            lambda *case: oracle(*case, scale=lambda w, e, c: c),
        "you divide by the number of all ratings: divide by each person's own, and the ghosts":
            no_count,
        "common is taken for a deviation, and squared: it is a variance already":
            lambda who, wrong, common, ghosts: oracle(who, wrong, common**2, ghosts),
        "the errors themselves are in the sum: square them":
            lambda who, wrong, common, ghosts: (
                np.bincount(who, wrong * common / np.mean(wrong**2)) + ghosts * common
            ) / (np.bincount(who) + ghosts),
    }
    for words, made in mistakes.items():
        if explains(made):
            raise Wrong(words)
    for values, case in zip(found, cases, strict=True):
        right = oracle(*case)
        numbers(values, what="what own_variances returns")
        if words := almost(values, right, 1e-6):
            raise Wrong(f"the variances are {words}")
        far = np.abs(values - right) > 1e-6
        if far.any():
            first = int(np.argmax(far))
            side = "large" if values[first] > right[first] else "small"
            raise Wrong(f"in a case of the check with {case[3]} ghosts and a stated variance of "
                        f"{case[2]}, that of person {first}, who has "
                        f"{np.bincount(case[0])[first]} ratings, is too {side}")

# %% wrong
def variances_with(factor=None, center=None, squared=True, root=False):
    def made(who_rated, wrong_by, common, ghosts):
        sizes = wrong_by**2 if squared else wrong_by
        sizes = sizes * (common / np.mean(wrong_by**2) if factor is None
                         else factor(wrong_by, common))
        added = ghosts * (common if center is None else center)
        result = (np.bincount(who_rated, sizes) + added) / (np.bincount(who_rated) + ghosts)
        return np.sqrt(result) if root else result
    return made

def without_ghosts(who_rated, wrong_by, common, ghosts):
    squares = wrong_by**2 * common / np.mean(wrong_by**2)
    counts = np.bincount(who_rated)
    return np.where(counts > 0, np.bincount(who_rated, squares) / np.maximum(counts, 1), common)

def around_their_own(who_rated, wrong_by, common, ghosts):
    own_error = np.bincount(who_rated, wrong_by) / np.maximum(np.bincount(who_rated), 1)
    return own_variances(who_rated, wrong_by - own_error[who_rated], common, ghosts)

{
    "not scaled": variances_with(lambda wrong_by, common: 1.0),
    "deviations": variances_with(root=True),
    "no ghosts": without_ghosts,
    "around their own": around_their_own,
    "three digits": lambda who_rated, wrong_by, common, ghosts: (
        own_variances(who_rated, wrong_by, common, ghosts).round(3)),
    "whole ghosts": lambda who_rated, wrong_by, common, ghosts: (
        own_variances(who_rated, wrong_by, common, max(1, int(ghosts)))),
    "ghosts of 0": variances_with(center=0.0),
    "ghosts of 1": variances_with(center=1.0),
    "ratio of deviations": variances_with(
        lambda wrong_by, common: np.sqrt(common / np.mean(wrong_by**2))),
    "times the variance": variances_with(lambda wrong_by, common: common),
    "not squared": variances_with(squared=False),
    "for each rating": lambda who_rated, wrong_by, common, ghosts: wrong_by**2,
    "those with ratings": lambda who_rated, wrong_by, common, ghosts: (
        own_variances(who_rated, wrong_by, common, ghosts)[np.unique(who_rated)]),
    "three ghosts, always": lambda who_rated, wrong_by, common, ghosts: (
        own_variances(who_rated, wrong_by, common, 3)),
    "one number": lambda who_rated, wrong_by, common, ghosts: common,
}

# %% [markdown] 15.5 · change the package · 20 minutes
# Section 6 has found a belief that is hidden in the program: before it has seen anything, every
# distance is taken to be about 1, in whatever units the ratings come. Open
# [scratch/recommenders/bayesian.py](../scratch/recommenders/bayesian.py) and make it a choice: give
# `draw_common` a third parameter `about`, 1.0 if nothing is said, which stands for "about so far".
# Then units must not matter to `draw_common` any more. For vectors that are five times as large and
# `about=5`, the same luck (an rng with the same seed) must give a mean five times as large, and a
# precision 25 times as small. An `about` that is not positive is a `ValueError` that names it.

# %% [markdown] hint
# In which line does the 1 stand? `np.eye(d)` is what `scale` is before any vector is seen, and the
# rest of `scale` is made of *squares* of numbers. What has `about` to be, so that it can be added
# to them?

# %% stub
check("15.5")

# %% solution in scratch/recommenders/bayesian.py
@checked
def draw_common(
    vectors: Annotated[np.ndarray, _some_vectors], rng: np.random.Generator, about: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """What n vectors (n, d) have in common, drawn: the mean (d,) and the precision (d, d).

    They are taken to be normal. Before, the precision is Wishart with d degrees of freedom around
    d·I / about², and given it the mean is normal around 0 with twice that precision. That is little
    where n is much more than d and the numbers are of the size of `about`; for two genders, or for
    ratings in other units, it is much (notebook 15 tries). Formula 14 of Salakhutdinov and Mnih,
    2008.

    Raises ValueError for no vectors, numbers beyond 10¹⁰⁰, numbers of such different sizes that
    rounding hides the small ones, and an `about` that is not positive.
    """
    if not 0 < about < np.inf:
        raise ValueError(f"about must be a positive number, got {about}")
    n, d = vectors.shape
    center = vectors.mean(axis=0)
    spread = (vectors - center).T @ (vectors - center)
    scale = about**2 * np.eye(d) + spread + 2 * n / (2 + n) * np.outer(center, center)
    with _rounding():
        precision = wishart.rvs(d + n, np.linalg.inv(scale), random_state=rng).reshape(d, d)
        # With precision = LLᵀ, the solution x of Lᵀ x = z has the covariance precision⁻¹.
        L = np.linalg.cholesky((2 + n) * precision)
        return n * center / (2 + n) + np.linalg.solve(L.T, rng.standard_normal(d)), precision

# %% check
def check():
    import inspect

    from scipy.stats import wishart

    from scratch.recommenders import bayesian

    function = bayesian.draw_common
    parameters = list(inspect.signature(function).parameters)
    if len(parameters) < 3:
        raise NotYet
    if parameters[2] != "about":
        raise Wrong(f"the third parameter of draw_common is called {parameters[2]}, not about")

    def oracle(vectors, seed, before):
        lot, (size, d) = np.random.default_rng(seed), vectors.shape
        center = vectors.mean(axis=0)
        spread = (vectors - center).T @ (vectors - center)
        scale = before * np.eye(d) + spread + 2 * size / (2 + size) * np.outer(center, center)
        precision = wishart.rvs(d + size, np.linalg.inv(scale), random_state=lot).reshape(d, d)
        L = np.linalg.cholesky((2 + size) * precision)
        luck = np.linalg.solve(L.T, lot.standard_normal(d))
        return size * center / (2 + size) + luck, precision

    def drawn(vectors, seed, **about):
        given = vectors.copy()
        how = f"with about={about['about']:g}" if about else "without about"
        try:
            result = function(given, np.random.default_rng(seed), **about)
            found, precision = (np.asarray(part, dtype=float) for part in result)
        except Exception as error:
            raise Wrong(f"called {how} it stops with {type(error).__name__}: {error}") from None
        if not np.array_equal(given, vectors):
            raise Wrong(f"called {how} it changes the vectors that it is given, and these are the "
                        "model's own numbers: they would change in every sweep")
        return found, precision

    def equal(one, other):
        return all(np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-6, atol=1e-12)
                   for a, b in zip(one, other, strict=True))

    lot = np.random.default_rng(5)
    vectors = [lot.normal(0.3, 0.8, (size, d)) for size, d in ((6, 3), (2, 2), (15, 1), (15, 11))]
    for seed, some in enumerate(vectors):
        if not equal(drawn(some, seed), oracle(some, seed, 1.0)):
            raise Wrong("without about it should draw as before, with the same luck, and it "
                        "doesn't: let its default be 1.0, and change nothing else")
    powers = {
        "about does not change anything: in which line does the 1 of today stand?": 0,
        "about is added as it is: what it is added to are squares, so that units must still "
        "matter": 1,
        "it is upside down: a larger distance should give a smaller precision": -2,
        "it is upside down, and not squared: a larger distance should give a smaller precision": -1,
        "about is in the fourth power: is it squared twice?": 4,
        "about is in the third power: squared is enough": 3,
    }
    cases = [(times, times * some, seed) for times in (5.0, 0.2, 20.0)
             for seed, some in enumerate(vectors)]
    found = [drawn(some, seed, about=times) for times, some, seed in cases]

    def explains(power, parts=slice(None)):
        return all(equal(f[parts], oracle(some, seed, times**power)[parts])
                   for f, (times, some, seed) in zip(found, cases, strict=True))

    if not explains(2):
        for words, power in powers.items():
            if explains(power):
                raise Wrong(words)
        for part, right, other in ((0, "mean", "precision"), (1, "precision", "mean")):
            if explains(2, slice(part, part + 1)):
                raise Wrong(f"the {right} is right, and the {other} is not: is it in the units of "
                            "the vectors?")
        times = next(times for f, (times, some, seed) in zip(found, cases, strict=True)
                     if not equal(f, oracle(some, seed, times**2)))
        raise Wrong(f"for vectors {times:g} times as large and about={times:g}, the mean should "
                    f"be {times:g} times as large as before, and the precision divided by that "
                    "number squared. Only the belief should change, not what the vectors add")
    for about in (0.0, -2.0):
        refuses(lambda: function(vectors[0], np.random.default_rng(0), about=about),
                f"about = {about}", naming="about")
    return ("BayesianFactorization may hand it on, from __init__ to _sweep. (One number is not "
            "enough for section 6: if ratings are twenty times as large, so are the biases, but "
            "what of vectors, of which two are multiplied?)")

# %% wrong in scratch/recommenders/bayesian.py
def variant(signature="about=1.0", test="not about > 0", before="about**2", rest="", error=None,
            result="center_drawn, precision", first=""):
    error = error or 'ValueError(f"about must be positive, got {about}")'
    return (
        f"def draw_common(vectors, rng, {signature}):\n"
        f"    if {test}:\n        raise {error}\n{first}"
        "    n, d = vectors.shape\n"
        "    center = vectors.mean(axis=0)\n"
        "    spread = (vectors - center).T @ (vectors - center)\n"
        f"    scale = {before} * np.eye(d) + {rest}(\n"
        "        spread + 2 * n / (2 + n) * np.outer(center, center))\n"
        "    precision = wishart.rvs(d + n, np.linalg.inv(scale), random_state=rng).reshape(d, d)\n"
        "    L = np.linalg.cholesky((2 + n) * precision)\n"
        "    luck = np.linalg.solve(L.T, rng.standard_normal(d))\n"
        "    center_drawn = n * center / (2 + n) + luck\n"
        f"    return {result}\n"
    )

{
    "not squared": variant(before="about"),
    "upside down": variant(before="1 / about**2"),
    "not used": variant(before="1"),
    "no default": variant("about"),
    "another default": variant("about=0.5"),
    "another name": variant("distance=1.0", test="False", before="distance**2"),
    "everything scaled": variant(rest="about**2 * "),
    "own units": variant(first="    vectors = vectors / about\n", before="1"),
    "changes its input": variant(
        first="    vectors /= about\n", before="1",
        result="about * center_drawn, precision / about**2"),
    "of large ones only": variant(before="max(1, about)**2"),
    "mean in own units": variant(result="center_drawn / about, precision"),
    "zero is allowed": variant(test="about < 0"),
    "no complaint": variant(test="False"),
    "another kind of error": variant(error="KeyError(about)"),
    "an error without the name": variant(error="ValueError('give a positive number')"),
}

# %% [markdown] 15.6 · open · 120 minutes
# Days are a third side: on some days people are generous. The split has no days in it;
# `movielens.ratings` has a `timestamp` for each pair of ids, and `parts.users.ids` and
# `parts.movies.ids` say which ids are meant. Give `fit` three arrays of rows instead of two, the
# third of which says on which day of which user a rating was given (`pd.factorize` of user and day,
# over training and validation together), and a third side, `Side.of(number of days)`, so that days
# without training ratings have a row, too. What does it gain over a model that knows nothing of
# days? Then think about when you may use it: what do you know of the day for which you predict?
# Make a second split, in time, so that every day for which you predict is new, and measure the gain
# there as well. Is this another trap like that of section 8?

# %% stub
# 15.6: your code

# %% [markdown] rubric
# - Training and validation have one common numbering of the days, and every day has a row.
# - What the third side gains is given for at least three seeds, beside what seeds differ by.
# - There is a second split, in time, in which every day that is predicted for is new, with the gain
#   on it.
# - The verdict says what is known of a day at the time of the prediction, and compares it with the
#   trap of section 8.
