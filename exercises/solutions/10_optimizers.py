"""Exercises of notebook 10, Compare optimizers fairly: tasks, solutions, checks, wrong answers."""

from functools import cache

import numpy as np

from scratch.datasets import load_netflix
from scratch.exercises.judging import NotYet, Wrong, all_close, choose, close, keyed, number
from scratch.exercises.judging import numbers, predicted, refuses, run, same, same_as
from scratch.exercises.oracles import Named
from scratch.machinery.optimizers import SGD, Adam, Momentum, Nesterov, RMSProp, tune_rate
from scratch.ratings import IdMap, encode


def slope_of_valley(point):
    """The gradient of the valley of section 1."""
    x, y = point
    error, difference = x * y - 1, x - y
    return np.array([2 * error * y + 0.2 * difference, 2 * error * x - 0.2 * difference])


def footprint(optimizer, steps, start=(3.0, 0.5)):
    point = np.array(start)
    for _ in range(steps):
        optimizer.step([point], [slope_of_valley(point)])
    return point


def expected(prediction, names):
    """As `predicted`, for names with capital letters."""
    told = prediction.strip().lower() if isinstance(prediction, str) else prediction
    found = [name for name in names if told == name.lower()] if isinstance(told, str) else []
    return found[0] if found else predicted(prediction, names)


def nearly(given, right, what):
    if 1.01e-4 < np.abs(given - right).max() < 0.006:
        raise Wrong(f"{what} is nearly right: give four decimals, and carry five on the way")


def matrix_of_twenty():
    """The matrix of section 4."""
    ratings = load_netflix(max_movies=20).ratings
    several = ratings[ratings.groupby("user_id")["movie_id"].transform("size") >= 3]
    users, movies = IdMap(several["user_id"]), IdMap(several["movie_id"])
    rated = encode(several, users, movies)
    matrix = np.zeros((len(users), len(movies)))
    matrix[rated.users, rated.movies] = 1
    return matrix[::2]


def last_loss(matrix, optimizer, rates, w0=0.005):
    """The loss after as many steps as there are rates, or inf for a run that diverged."""
    rng = np.random.default_rng(0)
    U, V = (rng.normal(size=(rows, 72)) for rows in matrix.shape)
    weights = w0 + (1 - w0) * matrix
    for rate in [*rates, None]:
        error = U @ V.T - matrix
        loss = (weights * error**2).mean()
        if not loss < 1e6:
            return np.inf
        if rate is not None:
            optimizer.learning_rate = rate
            slope = 2 / matrix.size * weights * error
            optimizer.step([U, V], [slope @ V, slope.T @ U])
    return loss


# %% [markdown] 10.q1 · quiz
# A parabola has the curvature λ = 5. Up to which rate does gradient descent with a momentum of 0.9
# come to rest on it? Two digits.

# %% stub
largest_rate = ...
check("10.q1", largest_rate)

# %% solution
largest_rate = 2 * (1 + 0.9) / 5  # section 3: not quite twice the limit of SGD

# %% check
def check(answer):
    close(answer, 0.76, tolerance=0.005, what="the rate", mistakes={
        "that is the limit of SGD: what does momentum do to it, in section 3?": 2 / 5,
        "that is the limit of Nesterov's momentum, which looks a step ahead": 3.8 / 2.8 / 5,
        "ten times is how far momentum goes along a flat floor; its limit is another matter": 4,
        "that is the limit for a curvature of 1: the steeper the parabola, the smaller": 3.8,
        "the steeper the parabola, the smaller the rate: divide by the curvature": 19,
        "1 / λ is where SGD goes to the bottom in one step, and not yet a limit": 1 / 5,
        "that is twice the limit of SGD: in the formula of section 3 it is a little less": 4 / 5,
    })

# %% wrong
{
    "SGD": 0.4,
    "Nesterov": 0.271,
    "ten times": 4,
    "no curvature": 3.8,
    "times the curvature": 19,
    "in one step": 0.2,
    "exactly twice": 0.8,
}

# %% [markdown] 10.q2 · quiz
# A table shows four optimizers after 500 steps from the same start, all with a learning rate of
# 0.01. The third has the lowest loss by far. What has been compared?
#
# - (a) the optimizers: the same start, steps and rate for all is what makes it fair
# - (b) how well 0.01 suits each of them on this loss
# - (c) nothing at all, since 500 steps are too few
# - (d) the optimizers, but on one start only: five starts would settle it

# %% stub
what_was_compared = ...
check("10.q2", what_was_compared)

# %% solution
what_was_compared = "b"  # one rate is a billionth for the one, and just right for the other

# %% check
def check(answer):
    choose(answer, "b", {
        "a": "the rates that suited the seven in section 6 lie between less than a hundredth and "
        "more than ten: for whom is 0.01 the same chance?",
        "c": "more steps would make the table longer: which column would they leave as it is? "
        "Section 7 says what 0.01 means for SGD when the loss is a mean",
        "d": "the five starts of section 6 hardly differ: what differs a thousandfold between "
        "sections 5 and 6, for SGD alone?",
    })

# %% wrong
{"fair": "a", "too few steps": "c", "one start": "d", "none": "e", "a name": "Adam"}

# %% [markdown] 10.q3 · quiz
# On a loss that is the *mean* over a million cells, 20 was the best rate for SGD and 0.1 for Adam.
# Now you go down the *sum* over the same cells. Which rates do you take?
#
# - (a) 0.00002 for SGD, and 0.1 for Adam
# - (b) 0.00002 for SGD, and 0.0000001 for Adam
# - (c) 20 for SGD, and 0.1 for Adam
# - (d) 20,000,000 for SGD, and 0.1 for Adam

# %% stub
rates_on_the_sum = ...
check("10.q3", rates_on_the_sum)

# %% solution
rates_on_the_sum = "a"  # the sum is a million times as steep, and Adam divides that out

# %% check
def check(answer):
    choose(answer, "a", {
        "b": "what multiplies the gradient multiplies its size as well: what does Adam's direction "
        "divide by? See section 7",
        "c": "the sum is a million times as steep as the mean: what does section 3 say to SGD?",
        "d": "the steeper the ground, the smaller the rate that SGD can bear: section 3",
    })

# %% wrong
{"both": "b", "neither": "c", "the wrong way": "d", "no letter": 0.1, "another": "f"}

# %% [markdown] 10.1 · by hand · 15 minutes
# The second steps of SGD and of momentum are printed in section 2, both with a rate of 0.1. Go one
# step further with each, on paper: where is SGD after three steps from (3, 0.5), and where is
# momentum? Give each as a pair (x, y), to four decimals. Then let `path` check it.

# %% [markdown] hint
# For each: the gradient *where it stands now*, by the formula of section 1, and then the direction.
# The velocity of momentum after its second step is printed, too.

# %% stub
third_of_sgd = ...
third_of_momentum = ...
check("10.1", third_of_sgd, third_of_momentum)

# %% solution
second = np.array([2.8608, 0.4625])  # SGD: x·y − 1 = 0.3231, x − y = 2.3983
slope_there = np.array([2 * 0.32312 * 0.4625 + 0.47966, 2 * 0.32312 * 2.8608 - 0.47966])
third_of_sgd = (second - 0.1 * slope_there).round(4)

second_rolled = np.array([2.77075, 0.2375])  # momentum: (2.9, 0.25) − 0.1 · (1.2925, 0.125)
x_now, y_now = second_rolled
off, apart_now = x_now * y_now - 1, x_now - y_now
slope_now = np.array([2 * off * y_now + 0.2 * apart_now, 2 * off * x_now - 0.2 * apart_now])
new_velocity = 0.9 * np.array([1.2925, 0.125]) + slope_now
third_of_momentum = (second_rolled - 0.1 * new_velocity).round(4)

# %% check
def check(of_sgd, of_momentum):
    sgd = [footprint(SGD(0.1), steps) for steps in range(5)]
    rolled = [footprint(Momentum(0.1), steps) for steps in range(5)]
    velocity = (rolled[1] - rolled[2]) / 0.1
    given = [numbers(of_sgd, 2, "the place of SGD"), numbers(of_momentum, 2, "that of momentum")]
    swapped = np.abs([given[0] - rolled[3], given[1] - sgd[3]]).max()
    if swapped < 5e-4:
        raise Wrong("the two are swapped: SGD comes first")
    nearly(given[0], sgd[3], "the place of SGD")
    all_close(given[0], sgd[3], tolerance=1.01e-4, what="SGD", names="xy", mistakes={
        "that is the second step of SGD, which is printed in section 2: go one further": sgd[2],
        "that is the fourth step of SGD: one too many": sgd[4],
        "you used the gradient of the first place once more: work it out where you stand now":
            sgd[2] - 0.1 * slope_of_valley(sgd[0]),
        "you used the gradient of the place before: work it out where you stand now":
            sgd[2] - 0.1 * slope_of_valley(sgd[1]),
        "you went up: the rate times the gradient is subtracted":
            sgd[2] + 0.1 * slope_of_valley(sgd[2]),
        "you subtracted the whole gradient: a tenth of it is one step":
            sgd[2] - slope_of_valley(sgd[2]),
        "that is where momentum is": rolled[3],
        "that is the gradient: subtract a tenth of it from where SGD stands":
            slope_of_valley(sgd[2]),
    })
    here = slope_of_valley(rolled[2])
    nearly(given[1], rolled[3], "the place of momentum")
    all_close(given[1], rolled[3], tolerance=1.01e-4, what="momentum", names="xy", mistakes={
        "that is the second step of momentum: go one further": rolled[2],
        "that is the fourth step of momentum: one too many": rolled[4],
        "there is no momentum in it: nine tenths of the velocity come before the gradient":
            rolled[2] - 0.1 * here,
        "you added the whole old velocity: nine tenths of it": rolled[2] - 0.1 * (velocity + here),
        "you took nine tenths of the old velocity and a tenth of the gradient, a mean: here the "
        "gradient counts in full": rolled[2] - 0.1 * (0.9 * velocity + 0.1 * here),
        "the old velocity is that of the second step, not the first gradient":
            rolled[2] - 0.1 * (0.9 * slope_of_valley(rolled[0]) + here),
        "the gradient is that of the place before: work it out where you stand now":
            rolled[2] - 0.1 * (0.9 * velocity + slope_of_valley(rolled[1])),
        "that is Nesterov's momentum, which looks a step ahead":
            footprint(Nesterov(0.1), 3),
    })

# %% wrong
good_sgd, good_momentum = third_of_sgd, third_of_momentum
at_two = np.array([2.77075, 0.2375])
{
    "second step": (path(SGD(0.1), 2)[2], good_momentum),
    "old gradient": (second - 0.1 * np.array([1.0, 2.5]), good_momentum),
    "uphill": (second + 0.1 * slope_there, good_momentum),
    "swapped": (good_momentum, good_sgd),
    "no momentum": (good_sgd, at_two - 0.1 * slope_now),
    "the whole velocity": (good_sgd, at_two - 0.1 * (np.array([1.2925, 0.125]) + slope_now)),
    "a mean": (good_sgd, at_two - 0.1 * (0.9 * np.array([1.2925, 0.125]) + 0.1 * slope_now)),
    "Nesterov": (good_sgd, path(Nesterov(0.1), 3)[3]),
    "two digits": (good_sgd.round(2), good_momentum),
    "one number": (2.8, good_momentum),
}

# %% [markdown] 10.2 · recall · 10 minutes
# The table of section 5 as a function, with its fault: everybody runs at one rate. Here
# `final_loss(contestant, rate)` trains once and returns the last loss, or infinity for a run that
# diverged. While everybody is judged by the first rate alone, the check says "not answered yet".
# Mend the function so that each contestant is judged by the rate that suits *it* best, of all
# those in `rates`. It returns the contestants, the best one first.

# %% [markdown] hint
# What is a contestant's loss, when it may choose among several rates? `min` takes the values of a
# generator, and infinity is never the smallest of several.

# %% stub
def best_first(final_loss, contestants, rates):
    return sorted(contestants, key=lambda one: final_loss(one, rates[0]))

check("10.2", best_first)

# %% solution
def best_first(final_loss, contestants, rates):
    # The lowest point of each curve of section 6, wherever it lies.
    return sorted(contestants, key=lambda one: min(final_loss(one, rate) for rate in rates))

# %% check
def check(answer):
    def race(rates, **rows):
        """A case: the last losses of each contestant, one for each rate."""
        def final_loss(contestant, rate):
            if rate not in rates:
                raise Wrong(f"best_first tries a rate of {rate}, which is not one of `rates`")
            return rows[contestant][rates.index(rate)]
        told = "; ".join(f"{who}: {' '.join(map(str, row))}" for who, row in rows.items())
        return Named(f"losses {told}", final_loss), list(rows), rates

    inf = np.inf
    cases = [
        race([0.1, 1, 10], A=(8, 6, 4), B=(3, 7, 9), C=(9, 2, inf)),
        race([0.01, 1], A=(5, 8), B=(7, 1), C=(4, 6)),
        race([20, 2, 0.2], A=(inf, inf, 1), B=(2, 8, 9), C=(4, 3, 5)),
        race([1, 2, 4], A=(inf, inf, inf), B=(9, 8, inf), C=(7, 9, 9)),  # A never arrives
        race([1, 2, 3], A=(6, 7, 1), B=(5, 2, 3), C=(4, 9, 8)),  # A's loss rises, and then falls
        race([1, 2, 3, 4, 5, 6, 7, 8], A=(9, 8, 8, 7, 7, 6, 5, 1), B=(2, 3, 4, 5, 6, 7, 8, 9)),
    ]

    def by(judge, turn=False):
        def ranking(loss, contestants, rates):
            return sorted(contestants, reverse=turn,
                          key=lambda one: judge([loss(one, rate) for rate in rates]))
        return ranking

    def lowest_finite(row):
        return min([loss for loss in row if loss < inf], default=0)

    def until_it_rises(row):
        rises = [i for i in range(1, len(row)) if row[i] > row[i - 1]]
        return min(row[: min(rises, default=len(row))])

    def at_one_rate_of(which):
        def ranking(loss, contestants, rates):
            rate = min(rates, key=lambda rate: which([loss(one, rate) for one in contestants]))
            return sorted(contestants, key=lambda one: loss(one, rate))
        return ranking

    if all(same(run(answer, *case, what="best_first"), by(lambda row: row[0])(*case))
           for case in cases):
        raise NotYet
    same_as(answer, by(min), cases, what="best_first", mistakes={
        "the worst comes first: turn the order round": by(min, turn=True),
        "a contestant that diverges at every rate comes first: it is worse than all others":
            by(lowest_finite),
        "a contestant that diverges at every rate is missing: it comes last":
            lambda loss, contestants, rates: [one for one in by(min)(loss, contestants, rates)
                                              if min(loss(one, rate) for rate in rates) < inf],
        "you stop where the loss rises for the first time: try all the rates": by(until_it_rises),
        "each is judged by the mean over its rates: a bad rate, which nobody would take, then "
        "counts as much as the best": by(np.mean),
        "each is judged by its middle loss: nobody would take a rate that is not its best":
            by(np.median),
        "each is judged by its worst rate: take the best one": by(max),
        "each is judged by the last of the rates: everybody still has the same one":
            by(lambda row: row[-1]),
        "each is judged by the rate in the middle: everybody still has the same one":
            by(lambda row: row[len(row) // 2]),
        "the rate that suits the first contestant is used for all":
            at_one_rate_of(lambda row: row[0]),
        "the rate at which the lowest loss of all occurs is used for everybody":
            at_one_rate_of(min),
        "the rate that suits all of them best together is still one rate for all":
            at_one_rate_of(sum),
        "each is judged by the sum over its rates: take the best one": by(sum),
        "you return the losses as well: the contestants alone": lambda loss, contestants, rates: [
            (min(loss(one, rate) for rate in rates), one) for one in by(min)(
                loss, contestants, rates)],
        "you return the best alone: all of them, in their order":
            lambda loss, contestants, rates: by(min)(loss, contestants, rates)[0],
    })
    two_alike = race([3, 6], A=(9, 4), B=(4, 8), C=(1, 7))
    if len(run(answer, *two_alike, what="best_first")) < 3:
        raise Wrong("of two contestants with the same loss one is missing: return both")

# %% wrong
def one_for_all(final_loss, contestants, rates):
    suits = min(rates, key=lambda rate: final_loss(contestants[0], rate))
    return sorted(contestants, key=lambda one: final_loss(one, suits))

def in_the_mean(final_loss, contestants, rates):
    return sorted(contestants, key=lambda one: np.mean([final_loss(one, r) for r in rates]))

def with_losses(final_loss, contestants, rates):
    return sorted((min(final_loss(one, r) for r in rates), one) for one in contestants)

def diverged_first(final_loss, contestants, rates):
    return sorted(contestants, key=lambda one: min(
        [final_loss(one, r) for r in rates if final_loss(one, r) < 1e9], default=0))

def diverged_dropped(final_loss, contestants, rates):
    left = [one for one in contestants if any(np.isfinite(final_loss(one, r)) for r in rates)]
    return best_first(final_loss, left, rates)

def ties_lost(final_loss, contestants, rates):
    by_loss = {min(final_loss(one, r) for r in rates): one for one in contestants}
    return [by_loss[loss] for loss in sorted(by_loss)]

def stops_early(final_loss, contestants, rates):
    def going_down(one):
        lowest = np.inf
        for rate in rates:
            if final_loss(one, rate) > lowest:
                break
            lowest = final_loss(one, rate)
        return lowest
    return sorted(contestants, key=going_down)

def changes_the_list(final_loss, contestants, rates):
    contestants.sort(key=lambda one: min(final_loss(one, r) for r in rates))
    return contestants

{
    "the first contestant's rate": one_for_all,
    "mean": in_the_mean,
    "worst": lambda f, who, rates: sorted(who, key=lambda one: max(f(one, r) for r in rates)),
    "another rate for all": lambda f, who, rates: sorted(who, key=lambda one: f(one, rates[-1])),
    "worst first": lambda f, who, rates: best_first(f, who, rates)[::-1],
    "with their losses": with_losses,
    "only the winner": lambda f, who, rates: best_first(f, who, rates)[0],
    "its own rates": lambda f, who, rates: best_first(f, who, [0.01, 0.1, 1.0, 10.0]),
    "only six rates": lambda f, who, rates: best_first(f, who, rates[:6]),
    "who diverges is first": diverged_first,
    "who diverges is dropped": diverged_dropped,
    "ties are lost": ties_lost,
    "stops at the first rise": stops_early,
    "changes its input": changes_the_list,
    "sorted by name": lambda f, who, rates: sorted(who),
}

# %% [markdown] 10.3 · experiment · 15 minutes
# Write an optimizer whose direction is only the *sign* of the gradient: 1, −1, or 0 where the
# gradient is 0. Let it walk through the valley from (3, 0.5), 200 steps with a rate of 0.1. Does it
# end "near" the lowest point (1, 1), no more than a step of 0.1 away in x and in y, or does it
# stay "far" from it? Write down your prediction, and then its distance from (1, 1) after the 200
# steps, to two digits. Which of the seven does it resemble in its first step? And what happens to
# x − y along its path?

# %% [markdown] hint
# NumPy has a function for the sign. `path(Sign(0.1), 200)[-1]` is the last footprint, and
# `np.hypot` makes a distance of two differences.

# %% stub
prediction_sign = ...

class Sign(SGD):
    def direction(self, parameter, gradient, state):
        ...

distance_left = ...
check("10.3", prediction_sign, Sign, distance_left)

# %% solution
prediction_sign = "near"  # whatever you had in mind

class Sign(SGD):
    def direction(self, parameter, gradient, state):
        return np.sign(gradient)

walked = path(Sign(0.1), 200)
distance_left = np.hypot(*(walked[-1] - 1))
print(walked[1], walked[-4:].round(2).tolist())
print((walked[::10, 0] - walked[::10, 1]).round(2))
# The first step is that of Adagrad and of Adam: the rate, for both numbers. On the walls of the
# valley both slopes have one sign, so that x and y move together and x − y stays what it is. It
# gets smaller only where the two signs differ, right beside the floor. At 0.5 that ends: to and fro
# between (1.2, 0.7) and (1.3, 0.8), each step crosses the floor, and both slopes have one sign on
# either side. SGD's steps would shrink with the slopes; here their size is lost.

# %% check
def check(prediction, kind, distance):
    guess = predicted(prediction, ("near", "far"))
    if not isinstance(kind, type):
        raise Wrong("hand over the class Sign itself, without a rate: it is made from it here")
    if "direction" not in vars(kind) and "step" not in vars(kind):
        raise Wrong("Sign has no direction of its own: it goes the way of its parent")

    def walk(made, rate, gradients):
        points = [np.array([1.0, -2.0, 0.5, 3.0]), np.array([[4.0, -1.0]])]
        optimizer = made(rate)
        for many in gradients:
            handed = [np.array(many), np.array([many[:2]])]
            optimizer.step(points, handed)
            if not same(handed, [many, [many[:2]]]):
                raise Wrong("Sign changes the gradient that it is given: return a new array")
        return np.concatenate([part.ravel() for part in points])

    class Right(SGD):
        def direction(self, parameter, gradient, state):
            return np.sign(gradient)

    def going(direction):
        def direction_of(self, parameter, gradient, state):
            return direction(parameter, gradient, self.learning_rate)
        return type("Wrongly", (SGD,), {"direction": direction_of})

    steps = [[0.3, -20.0, 0.0, 1.0], [-4.0, -1e-9, 0.0, 5.0], [2.0, 0.0, -1.0, 0.5]]
    cases = [(0.1, steps), (0.25, steps[:1]), (0.02, steps * 2)]

    def walker(made):
        return Named("Sign", lambda *case: walk(made, *case))

    with np.errstate(all="ignore"):
        same_as(walker(kind), walker(Right), cases, tolerance=1e-9, what="Sign", mistakes={
            "it goes uphill: `step` subtracts the direction already": walker(
                going(lambda p, g, rate: -np.sign(g))),
            "that is the gradient with its size: keep the sign alone": walker(SGD),
            "that is the sign of the parameter: take that of the gradient": walker(
                going(lambda p, g, rate: np.sign(p))),
            "the rate comes in twice: `step` multiplies by it already": walker(
                going(lambda p, g, rate: rate * np.sign(g))),
            "a gradient of 0 has no sign, and asks for no step": walker(
                going(lambda p, g, rate: np.where(g > 0, 1.0, -1.0))),
            "a gradient of 0 counts as positive: it asks for no step": walker(
                going(lambda p, g, rate: np.where(g >= 0, 1.0, -1.0))),
            "you divide by the length of the whole gradient: each number has a sign of its own":
                walker(going(lambda p, g, rate: g / np.sqrt((g**2).sum()))),
            "a tiny gradient, such as 1e-9, has a sign as well: do not round it": walker(
                going(lambda p, g, rate: np.sign(np.round(g, 6)))),
            "it never goes up again: a gradient below 0 has the sign −1": walker(
                going(lambda p, g, rate: (g > 0).astype(float))),
        })
    there = footprint(Right(0.1), 200)
    close(distance, np.hypot(*(there - 1)), tolerance=0.01, what="the distance", mistakes={
        "that is the square of the distance: take its root": ((there - 1) ** 2).sum(),
        "that is the distance from (0, 0): the lowest point is (1, 1)": np.hypot(*there),
        "that is how far it has come from its start": np.hypot(*(there - [3, 0.5])),
        "that is the sum of the two differences (here x − y as well): the distance is the root of "
        "the sum of their squares": np.abs(there - 1).sum(),
        "that is the loss: how far is it from (1, 1)?":
            (there[0] * there[1] - 1) ** 2 + 0.1 * (there[0] - there[1]) ** 2,
        "that is SGD's distance, not that of your Sign":
            lambda: np.hypot(*(footprint(SGD(0.1), 200) - 1)),
    })
    if guess == "far":
        return "It stays away, as you had expected. What would a smaller rate change?"
    return ("You had expected it near, and it stays several steps away: where are its last "
            "footprints, and what are the signs of the two slopes there?")

# %% wrong
class Uphill(SGD):
    def direction(self, parameter, gradient, state):
        return -np.sign(gradient)

class NoZero(SGD):
    def direction(self, parameter, gradient, state):
        return np.where(gradient > 0, 1.0, -1.0)

class Twice(SGD):
    def direction(self, parameter, gradient, state):
        return self.learning_rate * np.sign(gradient)

class Divided(SGD):
    def direction(self, parameter, gradient, state):
        return gradient / np.linalg.norm(gradient)

class Rounded(SGD):
    def direction(self, parameter, gradient, state):
        return np.sign(np.round(gradient, 6))

class InPlace(SGD):
    def direction(self, parameter, gradient, state):
        gradient[...] = np.sign(gradient)
        return gradient

class Nothing(SGD):
    pass

{
    "uphill": ("far", Uphill, distance_left),
    "zero is negative": ("far", NoZero, distance_left),
    "rate twice": ("far", Twice, distance_left),
    "the whole length": ("far", Divided, distance_left),
    "rounded": ("far", Rounded, distance_left),
    "in place": ("far", InPlace, distance_left),
    "no direction": ("near", Nothing, distance_left),
    "not a class": ("near", Sign(0.1), distance_left),
    "squared": ("far", Sign, distance_left**2),
    "from zero": ("far", Sign, np.hypot(*walked[-1])),
    "from the start": ("near", Sign, np.hypot(*(walked[-1] - [3, 0.5]))),
    "difference": ("near", Sign, walked[-1][0] - walked[-1][1]),
    "no such prediction": (0.5, Sign, distance_left),
}

# %% [markdown] 10.4 · change the package · 20 minutes
# AdamW leads the race because of its pull toward zero. Give momentum the same: write a class
# `MomentumW(learning_rate, momentum=0.9, weight_decay=0.0001)` in
# [scratch/machinery/optimizers.py](../scratch/machinery/optimizers.py), which is to `Momentum` what
# `AdamW` is to `Adam`. The pull belongs to the direction and stays out of the velocity, and a
# `weight_decay` that is negative or NaN is a mistake of the caller. Save the file, and run the
# cell. Then find out with `tune_rate` and `end` which pull helps momentum on the matrix of section
# 4: 0, 0.0001, 0.0003 or 0.001. Why must it be so much smaller a number than AdamW's 0.01? (What
# does each rate multiply?)

# %% [markdown] hint
# Copy `AdamW`, and change what belongs to Adam alone. `_check` complains of a number that is
# negative, or NaN.

# %% stub
check("10.4")

# %% solution in scratch/machinery/optimizers.py
class MomentumW(Momentum):
    """As Momentum, and pull each parameter toward 0: its direction + weight_decay · p.

    The pull is added to the direction and not to the velocity, as in AdamW, so that it does not
    gather over the steps. Raises ValueError for a negative weight decay. Loshchilov and Hutter,
    Decoupled weight decay regularization, ICLR 2019, who call it SGDW.
    """

    def __init__(
        self,
        learning_rate: float | Sequence[float],
        momentum: float = 0.9,
        weight_decay: float = 0.0001,
    ):
        super().__init__(learning_rate, momentum)
        self.weight_decay = _check("weight_decay", weight_decay)

    def direction(self, parameter: np.ndarray, gradient: np.ndarray, state: dict) -> np.ndarray:
        """The velocity, and toward 0."""
        return super().direction(parameter, gradient, state) + self.weight_decay * parameter

# %% check
def check():
    from scratch.machinery import optimizers

    kind = getattr(optimizers, "MomentumW", None)
    if kind is None:
        raise NotYet
    if not isinstance(kind, type):
        raise Wrong("MomentumW should be a class, as AdamW is")
    begin = np.array([[1.0, -2.0, 4.0], [3.0, 0.5, -1.0]])  # two parameters
    gradients = np.random.default_rng(0).normal(size=(4, 2, 3))

    def walk(rates=(0.1, 0.1), momentum=0.9, decay=0.2, coupled=False, gathered=False, sign=1,
             own=1.0, shared=False):
        p, velocity = begin.copy(), np.zeros((2, 3))
        for both in gradients:
            for i in range(2):
                pull = sign * decay * p[i]
                before = velocity[i - 1] if shared else velocity[i]
                velocity[i] = momentum * before + both[i] + pull * (coupled or gathered)
                p[i] -= rates[i] * (velocity[i] + own * pull * (not coupled))
        return p

    def taken(*arguments, **named):
        try:
            optimizer, parts = kind(*arguments, **named), list(begin.copy())
            for both in gradients:
                optimizer.step(parts, list(both.copy()))
        except Exception as error:
            asked = ", ".join([*map(repr, arguments), *(f"{k}={v}" for k, v in named.items())])
            raise Wrong(f"MomentumW({asked}) stops with {type(error).__name__}: {error}") from None
        return np.array(parts)

    words = {
        "it goes where Momentum goes: the pull is missing from its direction": walk(decay=0),
        "the pull is in the velocity, where it gathers over the steps: add it afterwards":
            walk(coupled=True),
        "the pull is in the velocity and added afterwards: once is enough": walk(gathered=True),
        "it pushes away from zero: `step` subtracts the direction": walk(sign=-1),
        "the rate comes in twice: `step` multiplies the pull by it already": walk(own=0.1),
        "its arguments come in another order than learning_rate, momentum, weight_decay":
            walk(momentum=0.2, decay=0.9),
        "all parameters share one velocity: each needs its own, as in the `state` of Momentum":
            walk(shared=True),
    }
    result = taken(0.1, 0.9, 0.2)
    if not np.allclose(result, walk(), atol=1e-9):
        for said, made in words.items():
            if np.allclose(result, made, atol=1e-9):
                raise Wrong(said)
    if not np.allclose(taken(0.1, weight_decay=0.0), walk(decay=0)):
        raise Wrong("with a weight_decay of 0 it should go where Momentum goes, and does not")
    if not np.allclose(result, walk(), atol=1e-9):
        raise Wrong("with a pull of 0.2 its steps are not velocity + weight_decay · parameter")
    if not np.allclose(taken(0.1, 0.5, 0.2), walk(momentum=0.5)):
        raise Wrong("the momentum is not handed on: with 0.5 it goes as with another one")
    if not np.allclose(taken(0.1), walk(decay=0.0001), atol=1e-12):
        raise Wrong("without further arguments the momentum is 0.9 and the pull 0.0001: yours are "
                    "others")
    if not issubclass(kind, optimizers.Momentum):
        raise Wrong("it does what it should, but is no Momentum: let it inherit, as AdamW does")
    parameter = np.ones(3)
    kind(0.1, 0.9, 0.2).direction(parameter, np.ones(3), {})
    if not same(parameter, np.ones(3)):
        raise Wrong("direction changes the parameter: it should return the pull with the velocity, "
                    "and leave the subtracting to `step`")
    if not np.allclose(taken([0.1, 0.03], 0.9, 0.2), walk((0.1, 0.03))):
        raise Wrong("with a rate for each parameter its steps are others: leave rates to `step`")
    for told, value in (("weight_decay", -0.1), ("weight_decay", np.nan), ("momentum", 1.5)):
        refuses(lambda: kind(0.1, **{told: value}), f"a {told} of {value}", why="and is accepted")
    return "Now which pull helps?"

# %% wrong in scratch/machinery/optimizers.py
def variant(parent="Momentum", defaults="momentum=0.9, weight_decay=0.0001",
            start="super().__init__(learning_rate, momentum)",
            test='_check("weight_decay", weight_decay)',
            result="super().direction(parameter, gradient, state) + self.weight_decay * parameter"):
    return (
        f"class MomentumW({parent}):\n"
        f"    def __init__(self, learning_rate, {defaults}):\n"
        f"        {start}\n        self.weight_decay = {test}\n"
        "    def direction(self, parameter, gradient, state):\n"
        f"        return {result}\n"
    )

{
    "in the velocity": variant(
        result="super().direction(parameter, gradient + self.weight_decay * parameter, state)"),
    "no pull": variant(result="super().direction(parameter, gradient, state)"),
    "away from zero": variant(
        result="super().direction(parameter, gradient, state) - self.weight_decay * parameter"),
    "the rate twice": variant(
        result="super().direction(parameter, gradient, state)"
        " + self.learning_rate * self.weight_decay * parameter"),
    "momentum not handed on": variant(start="super().__init__(learning_rate)"),
    "AdamW's defaults": variant(defaults="momentum=0.9, weight_decay=0.01"),
    "no defaults": variant(defaults="momentum, weight_decay"),
    "no complaint": variant(test="weight_decay"),
    "a pull of its own": variant(
        result="super().direction(parameter, gradient, state) + 0.01 * parameter"),
    "without a rate": variant(start="self.momentum = momentum"),
    "Nesterov's": variant(parent="Nesterov"),
    "one velocity for all": variant(start="super().__init__(learning_rate, momentum); self.v = 0.0")
    .replace("return ", "self.v = self.momentum * self.v + gradient; return ")
    .replace("super().direction(parameter, gradient, state)", "self.v"),
    "another order": variant(defaults="weight_decay=0.0001, momentum=0.9"),
    "the rate in the direction": variant().replace(
        "        return", "        parameter *= 1 - self.learning_rate * self.weight_decay\n"
        "        return").replace(" + self.weight_decay * parameter", ""),
    "any momentum": variant(start="super().__init__(learning_rate); self.momentum = momentum"),
    "NaN is accepted": variant(test="weight_decay").replace(
        "        self.weight", "        if weight_decay < 0:\n            raise ValueError\n"
        "        self.weight"),
    "a function": "def MomentumW(learning_rate, momentum=0.9, weight_decay=0.0001):\n    pass\n",
}

# %% [markdown] 10.5 · experiment · 40 minutes
# Let the rate fall during a run, in a straight line from the tuned one at the first step to a
# hundredth of it at the last. Write the function that makes the list of these rates. Then write a
# copy of `descend` which sets `optimizer.learning_rate` before each of its 400 steps, and tune SGD,
# RMSProp and Adam with it, from start 0: `tune_rate(…, rates, 1)`, five tries each, on 1, 10 and
# 100 for SGD, on 0.001, 0.01 and 0.1 for RMSProp, and on 0.01, 0.1 and 1 for Adam. Do the same five
# tries with a constant rate. Predict first who gains most: "SGD", "RMSProp" or "Adam". The gain is
# the lowest loss with a constant rate, divided by the lowest with a falling one; give a dict of the
# three (a tolerance of 0.05).

# %% [markdown] hint
# `np.linspace` makes numbers in a straight line. An optimizer looks up its `learning_rate` anew at
# every step. `end(SGD(rate))` is the last loss with a constant rate. Beware of the run that
# diverges: `descend` stops where the loss is above a million, and your copy should as well.

# %% stub
prediction_falling = ...

def falling_rates(tuned_rate, steps):
    ...

gains_by_falling = ...
check("10.5", prediction_falling, falling_rates, gains_by_falling)

# %% solution
prediction_falling = "Adam"  # whatever you had in mind

def falling_rates(tuned_rate, steps):
    return np.linspace(tuned_rate, tuned_rate / 100, steps)

def end_of_fall(optimizer, tuned_rate):
    both = begin()
    for rate_now in falling_rates(tuned_rate, 400):
        cost_now, slopes = loss_and_gradients(*both)
        if not cost_now < 1e6:
            return np.inf
        optimizer.learning_rate = rate_now
        optimizer.step(both, slopes)
    return loss_and_gradients(*both)[0]

gains_by_falling = {}
for contestant, decade in ((SGD, 1.0), (RMSProp, 0.001), (Adam, 0.01)):
    decades = [decade, 10 * decade, 100 * decade]
    steady = min(tune_rate(lambda r: end(contestant(r)), decades, 1).values())
    fallen = min(tune_rate(lambda r: end_of_fall(contestant(r), r), decades, 1).values())
    gains_by_falling[contestant.__name__] = steady / fallen
# On the real data RMSProp gains fivefold, and the other two lose. It is the one that rattles about
# the lowest point at a distance of its rate (section 3); whoever comes to rest anyway only gets
# less far with smaller steps.

# %% check
def check(prediction, function, gains):
    names = ("SGD", "RMSProp", "Adam")
    guess = expected(prediction, names)

    def oracle(tuned, steps):
        return np.linspace(tuned, tuned / 100, steps)

    cases = [(0.1, 5), (20.0, 400), (1.0, 2), (3.0, 11)]
    listed = Named("falling_rates", lambda *case: np.asarray(list(function(*case)), dtype=float))
    for case in cases:
        result = run(function, *case, what="falling_rates")
        if not hasattr(result, "__iter__"):
            raise Wrong("falling_rates should return a rate for each step, and returns one value")
    same_as(listed, oracle, cases, tolerance=1e-9, what="falling_rates", mistakes={
        "the rates fall by equal factors: in a straight line they fall by equal differences":
            lambda tuned, steps: np.geomspace(tuned, tuned / 100, steps),
        "the last step should have a hundredth of the tuned rate, and has a little more: with n "
        "steps there are n − 1 differences":
            lambda tuned, steps: tuned * (1 - 0.99 * np.arange(steps) / steps),
        "the first step should have the tuned rate itself, and has a little less":
            lambda tuned, steps: tuned * (1 - 0.99 * np.arange(1, steps + 1) / steps),
        "there is one rate too many: one for each step":
            lambda tuned, steps: np.linspace(tuned, tuned / 100, steps + 1),
        "the rates end at 0: a hundredth of the tuned rate should be left":
            lambda tuned, steps: np.linspace(tuned, 0, steps),
        "the rates end at 0.01, whatever the tuned rate is: a hundredth *of it*":
            lambda tuned, steps: np.linspace(tuned, 0.01, steps),
        "the rates rise: they should begin with the tuned one":
            lambda tuned, steps: np.linspace(tuned / 100, tuned, steps),
        "the rates end at a tenth: a hundredth is asked for":
            lambda tuned, steps: np.linspace(tuned, tuned / 10, steps),
        "the rate is the same at every step": lambda tuned, steps: np.full(steps, tuned),
    })
    given = keyed(gains, names, "your dict of gains")
    given = np.array([number(given[name], f"the gain of {name}") for name in names])
    if np.abs(given - 1).max() < 0.005:
        raise Wrong("no gain at all, and no loss, for anybody: does your run set "
                    "optimizer.learning_rate before each step?")
    matrix = matrix_of_twenty()
    kinds = {"SGD": (SGD, 1.0), "RMSProp": (RMSProp, 0.001), "Adam": (Adam, 0.01)}

    @cache
    def end(kind, rate, falls):
        return last_loss(matrix, kind(rate), oracle(rate, 400) if falls else [rate] * 400)

    def lowest(falls, halvings=1):
        found = [tune_rate(lambda r, kind=kind: end(kind, r, falls), [rate, 10 * rate, 100 * rate],
                           halvings) for kind, rate in kinds.values()]
        return np.array([min(losses.values()) for losses in found]), [
            min(losses, key=losses.get) for losses in found]

    (steady, its_rates), (fallen, _) = lowest(False), lowest(True)
    right = steady / fallen

    def at_rates_tuned_for_constant():
        return steady / [end(kind, rate, True)
                         for (kind, _), rate in zip(kinds.values(), its_rates, strict=True)]

    def three_halvings():
        return lowest(False, 3)[0] / lowest(True, 3)[0]

    all_close(given, right, tolerance=0.05, what="your gains", names=names, mistakes={
        "these are upside down: the loss with a constant rate is divided by the other one":
            1 / right,
        "these are the losses: divide those with a constant rate by those with a falling one":
            fallen,
        "these are in per cent: give how many times lower the loss is": 100 * right,
        "these are differences of losses: divide the one by the other": steady - fallen,
        "these have been tuned with a constant rate only: let the falling one have its own tries":
            at_rates_tuned_for_constant,
        **{f"the gains of {names[i]} and {names[j]} are swapped": right[order]
           for i, j, order in ((0, 1, [1, 0, 2]), (0, 2, [2, 1, 0]), (1, 2, [0, 2, 1]))},
        "these are from nine tries each: more is fairer still, but the check knows five": (
            three_halvings),
    })
    best = names[int(right.argmax())]
    if guess == best:
        return f"{best} gains most, as you had expected. Which sentence of section 3 says why?"
    return f"You had expected {guess}, and {best} gains most: which of them rattles in section 3?"

# %% wrong
upside_down = {who: 1 / gain for who, gain in gains_by_falling.items()}
{
    "equal factors": ("SGD", lambda r, n: np.geomspace(r, r / 100, n), gains_by_falling),
    "to zero": ("SGD", lambda r, n: np.linspace(r, 0, n), gains_by_falling),
    "to one hundredth": ("SGD", lambda r, n: np.linspace(r, 0.01, n), gains_by_falling),
    "one too many": ("SGD", lambda r, n: np.linspace(r, r / 100, n + 1), gains_by_falling),
    "never quite there": ("SGD", lambda r, n: [r * (1 - 0.99 * i / n) for i in range(n)],
                          gains_by_falling),
    "a single rate": ("SGD", lambda r, n: r / 100, gains_by_falling),
    "upside down": ("RMSProp", falling_rates, upside_down),
    "nothing falls": ("RMSProp", falling_rates, dict.fromkeys(gains_by_falling, 1.0)),
    "one missing": ("RMSProp", falling_rates, {"SGD": 1.2}),
    "a list": ("RMSProp", falling_rates, list(gains_by_falling.values())),
    "swapped": ("RMSProp", falling_rates, gains_by_falling | {
        "SGD": gains_by_falling["Adam"], "Adam": gains_by_falling["SGD"]}),
    "one of another": ("RMSProp", falling_rates, gains_by_falling | {"Adam": 2.5}),
    "no such prediction": ("AdamW", falling_rates, gains_by_falling),
}

# %% [markdown] 10.6 · open · 90 minutes
# The conclusions rest on one matrix of 260 users. Take all of `everybody`, or k = 200, or 1,200
# steps (change `matrix`, `begin` or `descend` where they are made, and run on from there). Repeat
# for SGD, momentum and Adam what section 7 measured: the gap at 0.01, the gap when tuned, one rate
# and two. Put a momentum of 0.99 into the contest, too, with as many tries: it adds up to a
# *hundred* times the gradient. Some minutes of computing for each.

# %% stub
# 10.6: your code

# %% [markdown] rubric
# - Everybody has the same start, the same steps and the same number of tries, and a second start
#   shows how large luck is.
# - A table puts each number beside that of section 7; the best constant stands in it as well.
# - No best rate lies at the edge of what was tried, or it says so.
# - You name the sentences of section 7 that stay, and those that change, with the numbers.
# - What you say of the momentum of 0.99 speaks of how long it remembers, beside how many steps it
#   has.
