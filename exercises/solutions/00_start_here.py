"""Exercises of notebook 00, Start here: tasks, solutions, checks, wrong answers."""

import numpy as np
import pandas as pd

from scratch.datasets import find_movies, load_movielens_100k
from scratch.exercises.judging import NotYet, Wrong, choose, close, described, number, predicted
from scratch.exercises.judging import run, same, same_as, short
from scratch.recommenders.neighbors import item_based_suggestions
from scratch.similarity import cosine_similarities

OUR_FIVE = ["Casablanca", "Citizen Kane", "The Wizard of Oz", "Psycho", "Annie Hall"]


def table_of_likes(ratings, least=4):
    """The ids of the films that somebody likes, and the table of zeros and ones."""
    liked = ratings[ratings["rating"] >= least]
    users, rows = np.unique(liked["user_id"], return_inverse=True)
    films, columns = np.unique(liked["movie_id"], return_inverse=True)
    table = np.zeros((len(users), len(films)))
    table[rows, columns] = 1
    return films, table


def ten_for(favourites, films, similarities):
    """The ten suggestions of section 1, as ids."""
    ranked = item_based_suggestions(favourites, list(films), similarities)
    return [movie for movie, _ in ranked[:10]]


def listed(answer, what):
    """An answer as a list, if it is a list, a tuple, a set, an array or a column of a table."""
    if isinstance(answer, list | tuple | set | frozenset):
        return list(answer)
    if isinstance(answer, np.ndarray | pd.Series | pd.Index) and np.ndim(answer) == 1:
        return answer.tolist()
    raise Wrong(f"{what} should be a list, and is {described(answer)}")


# %% [markdown] 00.q1 · quiz
# Twenty people like the one film, five like the other, and these five are all among the twenty.
# How similar are the two films?

# %% stub
circle_in_circle = ...
check("00.q1", circle_in_circle)

# %% solution
circle_in_circle = 5 / (20 * 5) ** 0.5  # those who like both, over the root of 20 · 5

# %% check
def check(answer):
    close(answer, 0.5, tolerance=0.001, what="your similarity", mistakes={
        "1 would mean that the two circles are the same, and here one is four times as large: "
        "put the numbers into the formula of section 1": 1,
        "that is the part of the larger circle that is covered: the formula of section 1 divides "
        "by √(a · b), so that both circles count": 5 / 20,
        "you divided by a · b: the formula of section 1 takes the root of it": 5 / 100,
        "you divided by a + b: under the root of section 1 stands a product": 5 / 25,
        "you divided by the mean of a and b: section 1 divides by the root of their product":
            5 / 12.5,
        "that is how many people like both: it is still to be divided": 5,
        "a similarity is a number between 0 and 1, not a percentage": 50,
    })

# %% wrong
{
    "a circle in a circle is all of it": 1,
    "share of the larger circle": 5 / 20,
    "no root": 5 / 100,
    "sum": 5 / 25,
    "mean": 5 / 12.5,
    "only counted": 5,
    "percent": 50,
    "a text": "one half",
}

# %% [markdown] 00.q2 · quiz
# Somebody shows you a recommender. You give it your five films, and it answers with ten that
# nearly everybody admires. What do you know about its grasp of your taste?
#
# - (a) that it is good, since these are good films
# - (b) nothing yet: somebody about whom it knows nothing might get the same list
# - (c) that it has none, since whoever knows your taste suggests no famous films
# - (d) that it is good, if the scores of the ten are high

# %% stub
what_ten_good_films_show = ...
check("00.q2", what_ten_good_films_show)

# %% solution
what_ten_good_films_show = "b"  # it takes the simple rival beside it to see what your five changed

# %% check
def check(answer):
    choose(answer, "b", {
        "a": "would the list have been a worse one without your five films? Section 1, under "
        "*The simple rival*, lays two lists side by side",
        "c": "our own list has famous films on it as well, beside others: look at section 1, under "
        "*The simple rival*, what the two lists share and what they don't",
        "d": "a film that very many people like has many fans in common with any other: with what "
        "does section 1, under *The simple rival*, compare the list?",
    })

# %% wrong
{"good films": "a", "no famous films": "c", "high scores": "d", "none of them": "e", "a word": "no"}

# %% [markdown] 00.q3 · quiz
# In `scratch/linear_algebra.py`, somebody lets `dot` return 0, whatever it is given, and saves the
# file. Then they run a cell with `cosine_similarity([3, 4], [4, 3])`. What does it give? (Think
# first. You may try it, if you undo it afterwards.)
#
# - (a) 0.96, since the function was imported before the edit
# - (b) 0.0
# - (c) an error: the two lengths are 0 as well, and it divides by them
# - (d) 24

# %% stub
with_a_broken_dot = ...
check("00.q3", with_a_broken_dot)

# %% solution
# The lengths are roots of dot products, so that they are 0 too; and for a vector without length
# the function returns 0.0, instead of dividing by it.
with_a_broken_dot = "b"

# %% check
def check(answer):
    choose(answer, "b", {
        "a": "section 4 makes such an edit: which code did the name use that had been imported "
        "before?",
        "c": "the lengths are 0, indeed. Look at the last line of the function "
        "(`cosine_similarity??`): what does it do in this case?",
        "d": "24 is what a `dot` in good order returns for these two: see the first cell of "
        "section 4. What is left of it here?",
    })

# %% wrong
{"as before": "a", "an error": "c", "the dot product": "d", "a number": 0.0, "another letter": "f"}

# %% [markdown] 00.1 · recall · 3 minutes
# How many films have just one rating? And, to see the other end: how many has the film with the
# most? Hand over the first of the two numbers.

# %% [markdown] hint
# `movielens.ratings["movie_id"].value_counts()` has the number of ratings of each film, the largest
# first. Compared with 1 it says `True` or `False` for each film, and the sum of these is how many
# are `True`.

# %% stub
films_rated_once = ...
check("00.1", films_rated_once)

# %% solution
ratings_of = movielens.ratings["movie_id"].value_counts()
films_rated_once = (ratings_of == 1).sum()
print(films_rated_once, "films with one rating; the most rated has", ratings_of.iloc[0])
# On the real data that is a twelfth of all films, and Star Wars has nearly six hundred ratings.

# %% check
def check(answer):
    number(answer)
    ratings = load_movielens_100k().ratings
    counts = ratings["movie_id"].value_counts()
    close(answer, (counts == 1).sum(), tolerance=0, mistakes={
        "that is how many ratings have one star: count how many ratings a film has":
            (ratings["rating"] == 1).sum(),
        "that is how many different films are rated at all: which of them are rated once?":
            len(counts),
        "that is the number of ratings of the most rated film, the other end of the tail":
            counts.max(),
        "that is the fewest ratings that a film has: how many films have so few?": counts.min(),
        "you counted films with two ratings, too": (counts <= 2).sum(),
        "that is how many films have exactly two ratings": (counts == 2).sum(),
        "that is how many films have exactly one rating of 4 or 5 stars: count all ratings":
            (ratings.loc[ratings["rating"] >= 4, "movie_id"].value_counts() == 1).sum(),
        "these are the films with more than one rating": (counts > 1).sum(),
        "that is a fraction of the films: give their number": (counts == 1).mean(),
    })

# %% wrong
{
    "ratings of one star": (movielens.ratings["rating"] == 1).sum(),
    "all films": len(ratings_of),
    "the most rated": ratings_of.max(),
    "the smallest count": ratings_of.min(),
    "two ratings as well": (ratings_of <= 2).sum(),
    "two ratings": (ratings_of == 2).sum(),
    "the mean": (ratings_of == 1).mean(),
    "not summed": ratings_of == 1,
    "one too many": films_rated_once + 1,
}

# %% [markdown] 00.2 · by hand · 5 minutes
# How similar are *Casablanca* and *Psycho*, two of our five? Let the computer do the counting (how
# many people like the one, the other, and both), and do the rest on a pocket calculator. Give three
# digits.

# %% [markdown] hint
# `find_movies(["Casablanca", "Psycho"], movielens.movies)` gives the two ids. With these in the
# place of `pair`, the cell that draws the two circles shows how to count. The formula stands under
# the circles.

# %% stub
casablanca_and_psycho = ...
check("00.2", casablanca_and_psycho)

# %% solution
two_films = find_movies(["Casablanca", "Psycho"], movielens.movies)
fans_of_one, fans_of_other = likes[two_films].sum()
fans_of_both = (likes[two_films].sum(axis=1) == 2).sum()
casablanca_and_psycho = fans_of_both / (fans_of_one * fans_of_other) ** 0.5

# %% check
def check(answer):
    number(answer)
    movielens = load_movielens_100k()
    pair = find_movies(["Casablanca", "Psycho"], movielens.movies)

    def counted(least):
        films, table = table_of_likes(movielens.ratings, least)
        one, other = (table[:, films == film].ravel() for film in pair)
        return one.sum(), other.sum(), one @ other

    def from_others(least):
        a, b, n = counted(least)
        return n / np.sqrt(a * b)

    def of_stars():
        rows = movielens.ratings[movielens.ratings["movie_id"].isin(pair)]
        stars = rows.pivot_table(index="user_id", columns="movie_id", values="rating")
        return cosine_similarities(stars.fillna(0).to_numpy().T)[0, 1]

    a, b, n = counted(least=4)
    if abs(float(answer) - 100 * n / np.sqrt(a * b)) < 0.6:
        raise Wrong("a similarity is a number between 0 and 1, not a percentage")
    close(answer, n / np.sqrt(a * b), tolerance=0.0006, mistakes={
        "that is those who like both among those who like either: divide by √(a · b) instead":
            n / (a + b - n),
        "you divided by the product of the two numbers of fans: take its root": n / (a * b),
        "you divided by the sum of the two numbers of fans: take the root of their product":
            n / (a + b),
        "you divided by the mean of the two numbers of fans: take the root of their product":
            2 * n / (a + b),
        "under the root stands the product of the two numbers of fans, not their sum":
            n / np.sqrt(a + b),
        "that is the part of the fans of *Casablanca* who like *Psycho*: both circles count, under "
        "the root": n / a,
        "that is the part of the fans of *Psycho* who like *Casablanca*: both circles count, under "
        "the root": n / b,
        "that is how many people like both: it is still to be divided": n,
        "you counted who rated the films: count who gave them four stars or five":
            lambda: from_others(least=0),
        "you counted those who gave five stars: four stars are a like, too":
            lambda: from_others(least=5),
        "that is the cosine of the *stars*: a like counts 1, with four stars or five": of_stars,
        "that is how *unlike* they are: leave out the “1 minus”": 1 - n / np.sqrt(a * b),
    })

# %% wrong
rated = movielens.ratings.pivot_table(index="user_id", columns="movie_id", values="rating")
star_rows = rated[two_films].fillna(0).to_numpy().T
rated = rated[two_films].notna()
{
    "Jaccard": fans_of_both / (fans_of_one + fans_of_other - fans_of_both),
    "no root": fans_of_both / (fans_of_one * fans_of_other),
    "sum": fans_of_both / (fans_of_one + fans_of_other),
    "mean": 2 * fans_of_both / (fans_of_one + fans_of_other),
    "root of the sum": fans_of_both / (fans_of_one + fans_of_other) ** 0.5,
    "part of one circle": fans_of_both / fans_of_one,
    "part of the other": fans_of_both / fans_of_other,
    "only counted": fans_of_both,
    "who rated": rated.all(axis=1).sum() / (rated.iloc[:, 0].sum() * rated.iloc[:, 1].sum()) ** 0.5,
    "stars": cosine_similarity(*star_rows),
    "one minus it": 1 - casablanca_and_psycho,
    "percent": round(100 * casablanca_and_psycho),
    "one digit": round(casablanca_and_psycho, 1),
}

# %% [markdown] 00.3 · experiment · 10 minutes
# Put *Aliens* in the place of *Annie Hall*, and leave our other four as they are: one film of five
# is another one, and of quite another kind. How many of the ten suggestions will be new? Write
# down a number from 0 to 10 *before* you run anything, then hand over the titles of those that are
# new on the list, in any order. What has brought them there? (Their bars show it.)

# %% [markdown] hint
# `suggested` has the ten films of your run. If your five are not ours, put ours back first. For the
# other ten, call `find_movies` and `item_based_suggestions` once more, with names of your own for
# what they return. What is in one `set` and not in another is `one - other`.

# %% stub
prediction_new = ...
new_on_the_list = ...
check("00.3", prediction_new, new_on_the_list)

# %% solution
prediction_new = 2  # one film of five is one fifth: two of ten?

def ten_because_of(names):
    films = find_movies(names, movielens.movies)
    found = item_based_suggestions(films, list(likes.columns), similarities)
    return {titles[movie] for movie, score in found[:10]}

four = ["Casablanca", "Citizen Kane", "The Wizard of Oz", "Psycho"]
ten_before, ten_after = ten_because_of([*four, "Annie Hall"]), ten_because_of([*four, "Aliens"])
new_on_the_list = ten_after - ten_before
print("new: ", *new_on_the_list, sep="\n    ")
print("gone:", *(ten_before - ten_after), sep="\n    ")
# On the real data half of the list is new: Alien, Blade Runner and The Empire Strikes Back among
# others. The scores on the list lie so close together that one film among five decides.

# %% check
def check(prediction, new):
    guess = predicted(prediction, range(11))
    if isinstance(new, str | int | float | np.number):
        raise Wrong(f"hand over the titles of the new films, as a list; yours is {described(new)}")
    new = listed(new, "what is new")
    movielens = load_movielens_100k()
    titles = movielens.movies.set_index("movie_id")["title"].str.strip()
    known = set(titles)
    given = set()
    for film in new:
        is_id = isinstance(film, int | np.integer) and not isinstance(film, bool)
        title = titles.get(int(film)) if is_id else film.strip() if isinstance(film, str) else None
        if title not in known:
            raise Wrong(f"no film is called {short(film)}: hand over the titles as printed")
        given.add(title)
    films, table = table_of_likes(movielens.ratings)
    similarities = cosine_similarities(table.T)
    four = OUR_FIVE[:4]
    lists = {}
    for fifth in ("Annie Hall", "Aliens"):
        five = find_movies([*four, fifth], movielens.movies)
        lists[fifth] = set(titles[ten_for(five, films, similarities)])
    before, after = lists["Annie Hall"], lists["Aliens"]
    if given != after - before:
        if not given:
            raise Wrong("yours is empty, but something is new: is *Aliens* on your second list of "
                        "five?")
        if given == before - after:
            raise Wrong("these have left the list: which have come?")
        if given == after:
            raise Wrong("that is the whole new list: leave out what was on the old one")
        if given == before:
            raise Wrong("that is the old list, with *Annie Hall*")
        if given == before & after:
            raise Wrong("these are on both lists: which are on the new one alone?")
        if given == before ^ after:
            raise Wrong("these are the films that have come and those that have gone: hand over "
                        "those that have come")
        if old := sorted(given & before):
            raise Wrong(f"{old[0]} was on the list before: is your first list that of our five?")
        if others := sorted(given - after):
            raise Wrong(f"{others[0]} is not on the new list: have you kept our other four films, "
                        "and put in *Aliens*, not *Alien*?")
        raise Wrong("all of these are new, but there are more")
    if guess == len(given):
        return "You had foreseen how many."
    side = "more" if guess < len(given) else "fewer"
    return (f"There are {side} than the {guess} you expected: how far apart are the scores at the "
            "end of the list?")

# %% wrong
{
    "those that left": (2, ten_before - ten_after),
    "all ten": (5, ten_after),
    "the old list": (5, list(ten_before)),
    "those that stayed": (5, ten_before & ten_after),
    "both ways": (10, ten_before ^ ten_after),
    "how many": (5, len(new_on_the_list)),
    "one missing": (0, sorted(new_on_the_list)[1:]),
    "one of the old list": (2, [*new_on_the_list, sorted(ten_before)[0]]),
    "the film itself": (2, [*new_on_the_list, "Aliens (1986)"]),
    "Alien": (2, ten_because_of([*four, "Alien"]) - ten_before),
    "none": (2, set()),
    "no such prediction": ("many", new_on_the_list),
    "a title as one types it": (2, ["alien"]),
}

# %% [markdown] 00.4 · recall · 10 minutes
# Write a function that takes a table of ratings, the id of a user and a number `n`, and returns the
# ids of the `n` most rated films that this user has *not* rated yet, as a list, the most rated
# first. If fewer are left, it returns these. (Of two films with equally many ratings, either may
# come first.) Then look at the titles: `titles[most_rated_new(movielens.ratings, 196, 10)]`.

# %% [markdown] hint
# The index of `value_counts()` are the ids of the films, the most rated first. Which films has the
# user rated? `ratings.loc[ratings["user_id"] == user, "movie_id"]`. First leave out, then cut.

# %% stub
def most_rated_new(ratings, user, n):
    ...

check("00.4", most_rated_new)

# %% solution
def most_rated_new(ratings, user, n):
    rated_by_user = set(ratings.loc[ratings["user_id"] == user, "movie_id"])
    by_count = ratings["movie_id"].value_counts().index
    return [movie for movie in by_count if movie not in rated_by_user][:n]

print(titles[most_rated_new(movielens.ratings, 196, 10)].to_string())

# %% check
def check(answer):
    def oracle(ratings, user, n, least=0, known=0, by=len):
        counted = ratings[ratings["rating"] >= least].groupby("movie_id")["rating"].agg(by)
        mine = ratings[(ratings["user_id"] == user) & (ratings["rating"] >= known)]
        left = counted[~counted.index.isin(mine["movie_id"])]
        return left.sort_values(ascending=False, kind="stable").index[:n].tolist()

    def table(seed, films):  # each film has another number of ratings, and of likes
        rng = np.random.default_rng(seed)
        ids = rng.choice(np.arange(100, 1600), films, replace=False)
        rows, numbers_of_likes = [], list(range(films))
        for size, movie in enumerate(ids, start=1):
            raters = rng.choice(np.arange(1, films + 1), size, replace=False)
            likes = rng.choice([n for n in numbers_of_likes if n <= size])
            numbers_of_likes.remove(likes)
            for place, user in enumerate(raters):
                stars = rng.choice([4.0, 5.0] if place < likes else [1.0, 2.0, 3.0])
                rows.append((user, movie, stars))
        made = pd.DataFrame(rows, columns=["user_id", "movie_id", "rating"])
        made["timestamp"] = rng.integers(880_000_000, 890_000_000, len(made))
        return made.sample(frac=1, random_state=seed)

    def counts_of(ratings, user, n):
        counts = ratings["movie_id"].value_counts()
        return [counts[movie] for movie in oracle(ratings, user, n)]

    def least_first(ratings, user, n):
        return oracle(ratings, user, len(ratings))[::-1][:n]

    def cut_first(ratings, user, n):
        mine = set(ratings.loc[ratings["user_id"] == user, "movie_id"])
        return [m for m in ratings["movie_id"].value_counts().index[:n] if m not in mine]

    def only_their_own(ratings, user, n):
        mine = set(ratings.loc[ratings["user_id"] == user, "movie_id"])
        return [m for m in ratings["movie_id"].value_counts().index if m in mine][:n]

    cases = [(table(seed, films), user, n) for seed, films, n in ((1, 14, 4), (2, 12, 50))
             for user in range(2, 10)]
    result = run(answer, *cases[0], what="most_rated_new")
    if isinstance(result, set | frozenset):
        raise Wrong("most_rated_new returns a set, which has no order: return a list")
    if isinstance(result, list | pd.Index | pd.Series) and (
        set(result) - {*cases[0][0]["movie_id"], *range(99)}
    ):
        raise Wrong("most_rated_new returns what is no film of the table it is given: look into "
                    "its parameter `ratings`, not into a table of the notebook, and return ids")
    same_as(answer, oracle, cases, what="most_rated_new", mistakes={
        "films that the user has rated are still among them: do you look in `ratings`, for `user`?":
            lambda ratings, user, n: oracle(ratings, user, n, known=9),
        "you leave out only what the user likes: leave out all that they have rated":
            lambda ratings, user, n: oracle(ratings, user, n, known=4),
        "these are the films with the most *likes*: count all their ratings":
            lambda ratings, user, n: oracle(ratings, user, n, least=4),
        "these are the films with the largest sum of stars: count their ratings":
            lambda ratings, user, n: oracle(ratings, user, n, by="sum"),
        "these are the films with the best means: count their ratings":
            lambda ratings, user, n: oracle(ratings, user, n, by="mean"),
        "you return the numbers of ratings: return the ids of the films, which are the index":
            counts_of,
        "the least rated come first: turn it round": least_first,
        "you cut to n before you leave out what the user has rated: the list gets too short":
            cut_first,
        "these are the films that the user *has* rated": only_their_own,
        "it returns always ten: how many it returns is the parameter n":
            lambda ratings, user, n: oracle(ratings, user, 10),
    })
    part = cases[0][0].set_axis(range(7, 7 + len(cases[0][0])))
    for case, where in (((part, 5, 4), "on a table whose rows are not numbered from 0"),
                        ((part, 99, 50), "for a user who has rated nothing")):
        same_as(answer, oracle, [case], what=f"most_rated_new, {where},")

# %% wrong
def owned_by(table, user):
    return table.loc[table["user_id"] == user, "movie_id"]

def liked_by(table, user):
    return table.loc[(table["user_id"] == user) & (table["rating"] >= 4), "movie_id"]

{
    "nothing left out": lambda t, user, n: list(t["movie_id"].value_counts().index[:n]),
    "only likes left out": lambda t, user, n: list(
        t["movie_id"].value_counts().drop(liked_by(t, user)).index[:n]),
    "most liked": lambda t, user, n: list(
        t.loc[t["rating"] >= 4, "movie_id"].value_counts()
        .drop(owned_by(t, user), errors="ignore").index[:n]),
    "counts": lambda t, user, n: t["movie_id"].value_counts().drop(owned_by(t, user)).head(n),
    "least rated": lambda t, user, n: list(
        t["movie_id"].value_counts().drop(owned_by(t, user)).index[::-1][:n]),
    "cut first": lambda t, user, n: [
        m for m in t["movie_id"].value_counts().index[:n] if m not in set(owned_by(t, user))],
    "always ten": lambda t, user, n: most_rated_new(t, user, 10),
    "the notebook's table": lambda t, user, n: most_rated_new(movielens.ratings, user, n),
    "titles": lambda t, user, n: titles[most_rated_new(t, user, n)],
    "another user": lambda t, user, n: most_rated_new(t, 196, n),
    "films with one rating": lambda t, user, n: [
        m for m in most_rated_new(t, user, 99) if (t["movie_id"] == m).sum() > 1][:n],
    "rows by number": lambda t, user, n: (t["movie_id"][0], most_rated_new(t, user, n))[1],
    "a new user": lambda t, user, n: (
        most_rated_new(t, user, n) if user in set(t["user_id"]) else []),
    "no return": lambda t, user, n: print(most_rated_new(t, user, n)),
    "called": most_rated_new(movielens.ratings, 196, 10),
    "a set": lambda t, user, n: set(most_rated_new(t, user, n)),
}

# %% [markdown] 00.5 · change the package · 15 minutes
# A cosine belongs to an angle, and notebook 02 will draw it. Open
# [scratch/similarity.py](../scratch/similarity.py) and add a function `angle(v, w)` that returns
# the angle between two vectors in *degrees*, from 0 to 180. It should be right to a thousandth of a
# degree, for any two vectors that are not all zeros. Save the file, and run the cell. (If it says
# *not answered yet*, it sees no `angle` there: is the file saved, and free of syntax errors?) To
# call the function yourself, import it first: `from scratch.similarity import angle`.

# %% [markdown] hint
# `cosine_similarity` stands in the same file, and so does `np` for NumPy: `np.arccos` is the way
# back from a cosine to its angle, in radians, and `np.degrees` makes degrees of them. And if
# `angle([1, 1, 1], [1, 1, 1])` is not a number: print its cosine with all digits, and look at the
# last one.

# %% stub
check("00.5")

# %% solution in scratch/similarity.py
def angle(v: Vector, w: Vector) -> float:
    """The angle between v and w in degrees: 0 for the same direction, 180 for opposite ones.

    A vector of zeros has no direction; it gets the angle that belongs to its cosine of 0.

    Raises ValueError when the lengths differ.

    >>> angle([1, 0], [0, 2])
    90.0
    """
    cosine = np.clip(cosine_similarity(v, w), -1, 1)  # rounding may lift it a hair above 1
    return float(np.degrees(np.arccos(cosine)))

# %% check
def check():
    import math
    import warnings

    from scratch import similarity

    function = getattr(similarity, "angle", None)
    if function is None:
        raise NotYet

    def cosine(v, w):
        return np.dot(v, w) / (np.linalg.norm(v) * np.linalg.norm(w))

    def oracle(v, w):
        v, w = np.array(v) / np.linalg.norm(v), np.array(w) / np.linalg.norm(w)
        return 2 * math.degrees(math.atan2(np.linalg.norm(v - w), np.linalg.norm(v + w)))

    def or_nan(v, w):  # math.acos stops where np.arccos gives nan
        try:
            return function(v, w)
        except ValueError:
            return math.nan

    cases = [([1, 0], [0, 2]), ([3, 4], [4, 3]), ([1, 1, 0, 0], [1, 0, 1, 0]), ([2, 1], [-1, 3]),
             ([1, 2, 2], [-2, 1, -2]), ([5, 1, 0], [-4, 1, 1]), ([0.5, 0.2], [0.1, -0.7]),
             ([1, 0, 2, 0, 3, 1], [0, 1, 1, 0, -2, 4]), (np.array([2.5, 1]), np.array([-1, 3.5]))]
    ways = {
        "the same way": (([1, 1, 1], [1, 1, 1]), ([3, 1, 2], [6, 2, 4])),
        "opposite ways": (([1, 1, 1], [-1, -1, -1]), ([1, 2], [-2, -4])),
        "nearly the same way": (([1000, 0], [1000, 1]), ([40_000, 0], [40_000, 1])),
        "nearly opposite ways": (([1000, 0], [-1000, 1]),),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        same_as(function, oracle, cases, tolerance=0.001, what="angle", mistakes={
            "your angle is in radians: np.degrees makes degrees of them":
                lambda v, w: math.acos(cosine(v, w)),
            "that is the cosine: np.arccos leads back from it to the angle": cosine,
            "you made degrees of the cosine itself: take np.arccos of it first":
                lambda v, w: math.degrees(cosine(v, w)),
            "you took the sine back to its angle: the way back from a cosine is np.arccos":
                lambda v, w: math.degrees(math.asin(cosine(v, w))),
            "degrees made of degrees, or radians of degrees? np.arccos gives radians":
                lambda v, w: math.radians(math.acos(cosine(v, w))),
            "half a turn is π in radians: to get degrees, multiply by 180 and divide by π":
                lambda v, w: 180 * math.acos(cosine(v, w)),
            "you divided by π, but 180 is missing: half a turn is 180 degrees":
                lambda v, w: math.acos(cosine(v, w)) / math.pi,
            "an angle of more than 90 degrees is folded back: leave a negative cosine negative":
                lambda v, w: math.degrees(math.acos(abs(cosine(v, w)))),
            "it cuts at 0: a cosine may be as low as −1":
                lambda v, w: math.degrees(math.acos(max(0, cosine(v, w)))),
        })
        for way, pairs in ways.items():
            for v, w in pairs:
                result = run(or_nan, v, w, what="angle")
                if same(result, math.nan):
                    raise Wrong(f"for {v} and {w} it stops, or is not a number: rounding has "
                                "lifted the cosine a hair beyond 1 or −1. Cut it back before you "
                                "take np.arccos")
                if not same(result, oracle(v, w), 0.001):
                    raise Wrong(f"{v} and {w} point {way}, and it returns {described(result)}: "
                                "round nothing, and cut only a cosine beyond 1 or −1, to the one "
                                "that it is beyond")

# %% wrong in scratch/similarity.py
def variant(formula):
    return f"def angle(v, w):\n    cosine = cosine_similarity(v, w)\n    return {formula}\n"

{
    "radians": variant("np.arccos(np.clip(cosine, -1, 1))"),
    "the cosine": variant("cosine"),
    "no arccos": variant("np.degrees(cosine)"),
    "arcsin": variant("np.degrees(np.arcsin(np.clip(cosine, -1, 1)))"),
    "no π": variant("180 * np.arccos(np.clip(cosine, -1, 1))"),
    "no 180": variant("np.arccos(np.clip(cosine, -1, 1)) / np.pi"),
    "never above 90": variant("np.degrees(np.arccos(min(1, abs(cosine))))"),
    "not cut": variant("float(np.degrees(np.arccos(cosine)))"),
    "an error at 1": variant("__import__('math').degrees(__import__('math').acos(cosine))"),
    "cut at 0": variant("np.degrees(np.arccos(np.clip(cosine, 0, 1)))"),
    "nan is 0": variant("np.nan_to_num(np.degrees(np.arccos(cosine)))"),
    "all beyond is 0": variant("0.0 if abs(cosine) >= 1 else np.degrees(np.arccos(cosine))"),
    "a rounded cosine": variant("np.degrees(np.arccos(round(cosine, 6)))"),
    "nearly 1 is 1": variant(
        "(0 if cosine > 0 else 180) if abs(cosine) > 0.999 else np.degrees(np.arccos(cosine))"),
    "four components": variant(
        "np.degrees(np.arccos(np.clip(cosine_similarity(v[:4], w[:4]), -1, 1)))"),
    "whole numbers": variant("np.degrees(np.arccos(np.clip(cosine_similarity("
                             "[int(x) for x in v], [int(x) for x in w]), -1, 1)))"),
    "lists only": variant("np.degrees(np.arccos(np.clip(cosine, -1, 1))) if v and w else 90"),
    "rounded": variant("round(np.degrees(np.arccos(np.clip(cosine, -1, 1))))"),
    "prints": variant("print(np.degrees(np.arccos(cosine)))"),
}

# %% [markdown] 00.6 · experiment · 15 minutes
# Our list shares films with that of everybody. Find five films whose ten suggestions share *not
# one* with the ten that everybody likes. Each of the five must have at least 20 fans, else it would
# be too easy. Hand over the five titles, as `find_movies` knows them. What kind of films do you
# have to like?

# %% [markdown] hint
# Whoever likes one famous film likes many. So look for films with an audience of their own, and
# take five for the *same* audience: for the fans of the one, which films are nearest?
# `item_based_suggestions([film], list(likes.columns), similarities)` says so, and
# `likes[film].sum()` is the number of fans. If you would rather not guess, let a loop do the
# trying.

# %% stub
five_of_a_kind = ...
check("00.6", five_of_a_kind)

# %% solution
def on_both_lists(films):
    ours = item_based_suggestions(films, list(likes.columns), similarities)[:10]
    everybodys = likes.sum().drop(films).nlargest(10).index
    return len({movie for movie, score in ours} & set(everybodys))

# Start from a film with 20 fans or a few more, add the four nearest of such films, and see.
with_fans = likes.sum()[likes.sum() >= 20].sort_values().index
for start in with_fans:
    near = item_based_suggestions([start], list(likes.columns), similarities)
    kind = [start, *(movie for movie, score in near if movie in with_fans)][:5]
    if on_both_lists(kind) == 0:
        break
five_of_a_kind = list(titles[kind])
print(*five_of_a_kind, sep="\n")
# On the real data, Disney's Snow White, Pinocchio, Dumbo, Cinderella and Beauty and the Beast
# would do as well. Films that everybody has seen, such as Raiders of the Lost Ark, have fans in
# common with nearly any five films: that is how they get onto so many lists.

# %% check
def check(answer):
    if isinstance(answer, str):
        raise Wrong("hand over a list of five titles")
    five = listed(answer, "your five")
    if len(five) != 5:
        raise Wrong(f"five films are asked for, and yours are {len(five)}")
    movielens = load_movielens_100k()
    titles = movielens.movies.set_index("movie_id")["title"]
    yours = []
    for film in five:
        if isinstance(film, int | np.integer) and not isinstance(film, bool) and film in titles:
            yours.append(int(film))
            continue
        if not isinstance(film, str):
            raise Wrong(f"hand over titles: {short(film)} is none")
        try:
            yours += find_movies([film.strip()], movielens.movies)
        except ValueError as error:
            raise Wrong(str(error)[:300]) from None
    if len(set(yours)) < 5:
        raise Wrong("five *different* films are asked for")
    films, table = table_of_likes(movielens.ratings)
    fans = pd.Series(table.sum(axis=0), index=films)
    for film in yours:
        if (count := int(fans.get(film, 0))) < 20:
            raise Wrong(f"at least 20 fans are asked for, and {titles[film]} has only {count}")
    suggested = ten_for(yours, films, cosine_similarities(table.T))
    both = [film for film in suggested if film in set(fans.drop(yours).nlargest(10).index)]
    if both:
        one = titles[both[0]]
        told = f"{len(both)} films are on both lists, {one} among them"
        if len(both) == 1:
            told = f"one film is on both lists, {one}"
        raise Wrong(f"{told}: films with an audience of their own may bring you further")
    return "And whoever likes these five has a list that is theirs alone: what have they in common?"

# %% wrong
fans_of_all = likes.sum().sort_values()
{
    "our five": favourites,
    "four films": five_of_a_kind[:4],
    "the same twice": [*five_of_a_kind[:4], five_of_a_kind[0]],
    "the least liked": list(fans_of_all.index[:5]),
    "the most liked": list(titles[fans_of_all.index[-5:]]),
    "not there": [*five_of_a_kind[:4], "Casablance"],
    "one text": "Casablanca, Psycho",
    "one number": 0,
    "their likes": likes[kind],
}
