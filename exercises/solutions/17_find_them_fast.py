"""Exercises of notebook 17, Find ten of a million: tasks, solutions, checks, wrong answers."""

import copy
import math
import pickle
from fractions import Fraction

import numpy as np

from scratch.datasets import load_movielens_100k
from scratch.evaluation.protocol import split_ratings
from scratch.exercises.judging import NotYet, Wrong, choose, close, described, keyed
from scratch.exercises.judging import number, numbers, predicted, refuses, run, same, same_as
from scratch.recommenders.adapters import Weighted
from scratch.recommenders.fitted import Recommender
from scratch.serving.exact import ExactSearch


def walk(items, query, n, most=lambda q, v: np.linalg.norm(q) * np.linalg.norm(v),
         rank=np.negative, place=lambda n: n - 1, ahead=0, late=0, enough=np.greater_equal):
    """The oracle of 17.1, and what becomes of it with a mistake: indices, how many looked at."""
    order = np.argsort(rank(np.linalg.norm(items, axis=1)), kind="stable")
    products = items @ query
    for looked_at in range(min(n, len(items)), len(items)):
        seen = order[:looked_at]
        found = seen[np.argsort(-products[seen], kind="stable")][:n]
        later = min(looked_at + ahead, len(items) - 1)
        if enough(products[found[place(n)]], most(query, items[order[later]])):
            return found, looked_at + late
    return np.argsort(-products, kind="stable")[:n], len(items)


def vectors_of_section_5():
    """Users and films, as the notebook has them."""
    parts = split_ratings(load_movielens_100k().ratings, rng=np.random.default_rng(0))
    fitted = Recommender(Weighted(k=64, w0=0.1, l2=0.03, scaling=1.0)).fit_split(parts)
    return [fitted.arrays[side].astype(np.float32) for side in "UV"]


# %% [markdown] 17.q1 · quiz
# Somebody's items have two numbers each. The longest of them has the length 5, and one of the
# others is (3, 0). Which number does the lift add to (3, 0)?

# %% stub
lift_by_hand = ...
check("17.q1", lift_by_hand)

# %% solution
lift_by_hand = (5**2 - 3**2) ** 0.5  # then (3, 0, 4) is as long as the longest

# %% check
def check(answer):
    close(answer, 4, tolerance=0.001, what="your number", mistakes={
        "that is M² − ‖v‖²: its root is what the item gets": 16,
        "you took one length from the other: take their squares": 2,
        "the root of M − ‖v‖: each of the two is squared first": 2**0.5,
        "you added the squares: the longer an item is, the less it gets": 34**0.5,
        "the squares are added, and there is no root: how long is the item with your number?": 34,
        "that is what the longest has: how much does this one lack?": 5,
        "that is the length of the item itself: how much does it lack?": 3,
        "a lift of 0 is that of the longest item: this one is shorter": 0,
        "that is the half of M² − ‖v‖²: it is the root that is wanted": 8,
        "the item is as long as M with −4, too, but the lift takes the root itself": -4,
    })

# %% wrong
{
    "the square": 16,
    "lengths": 2,
    "root of lengths": 2**0.5,
    "added": 34**0.5,
    "added, no root": 34,
    "the longest": 5,
    "the item": 3,
    "the longest's lift": 0,
    "half": 8,
    "below": -4,
    "the lifted item": (3, 0, 4),
    "a text": "4",
}

# %% [markdown] 17.q2 · quiz
# In section 5 the films in the cells *nearest* to a user's vector, without the lift, hold fewer of
# the best ten than as many films chosen at random. Why even fewer?
#
# - (a) k-means had too few rounds: with better middles the nearest cells would be the right ones
# - (b) near are films about as long as the user's vector and shorter ones, and the best are longer
# - (c) near films are those that the user knows already, and they are not counted
# - (d) in 64 dimensions all distances are much the same, so the nearest cell is any cell

# %% stub
why_near_finds_less = ...
check("17.q2", why_near_finds_less)

# %% solution
why_near_finds_less = "b"  # ‖q − v‖² has ‖v‖² in it: an item pays for its own length

# %% check
def check(answer):
    choose(answer, "b", {
        "a": "the other two ways have middles from as many rounds, and one of them the very same "
        "ones: what do they do differently?",
        "c": "the best ten of section 5 are those of all films, known ones included: what have "
        "they in common? See the lengths under the figure",
        "d": "then the nearest cells would be as good as films drawn by lot, and they are worse: "
        "something draws them to the wrong side. See section 3, the second term",
    })

# %% wrong
{"rounds": "a", "known": "c", "dimensions": "d", "none of them": "e", "a number": 64, "a list": []}

# %% [markdown] 17.q3 · quiz
# A million items lie in a thousand cells, all equally large, and ten of the cells are searched. How
# many products have to be computed for one list?

# %% stub
products_for_a_list = ...
check("17.q3", products_for_a_list)

# %% solution
products_for_a_list = 1_000 + 10 * 1_000_000 // 1_000  # all middles, and the items of ten cells

# %% check
def check(answer):
    close(answer, 11_000, tolerance=0.5, what="your number", mistakes={
        "how does one know which ten cells these are?": 10_000,
        "those are all items, and the middles besides: only ten of the cells are searched":
            1_001_000,
        "those are all items: only ten of the cells are searched": 1_000_000,
        "those are all middles and one cell: ten of them are searched": 2_000,
        "those are the middles alone: the items in the cells come after": 1_000,
        "those are the middles and the number of cells searched: how many items are in these?":
            1_010,
        "you compared with the middles of the ten cells only: which ten, one knows afterwards":
            10_010,
        "you compare with all middles again for each of the ten cells: once is enough":
            10_000 + 10_000,
        "that is a tenth of the items: it is ten cells of a thousand": 101_000,
        "those are the multiplications of 32 numbers each: count the products of two vectors":
            32 * 11_000,
    })

# %% wrong
{
    "no middles": 10_000,
    "all": 1_000_000,
    "all and middles": 1_001_000,
    "one cell": 2_000,
    "middles": 1_000,
    "cells": 1_010,
    "ten middles": 10_010,
    "middles again": 20_000,
    "a tenth": 101_000,
    "thousands": 11,
    "a text": "11,000",
}

# %% [markdown] 17.1 · by hand · 25 minutes
# Cells find nearly all. Here is a search that looks at less and still finds *all*, for certain. No
# product q · v is larger than ‖q‖ · ‖v‖ (Cauchy and Schwarz). So take the items from the longest
# on, and keep the best n so far. Before you look at the next item, compare: if the n-th best
# product is at least ‖q‖ times the length of that item, then neither it nor any later one can be
# better, and you may stop.
#
# Do it on paper with the six items and the query of section 1. How many items have you multiplied
# when you stop, if you want the best one, the best two, the best three? Then write
# `search_by_length(items, query, n)` for items (number, k) and a query (k,). It returns two things:
# the indices of the n best items, best first (all of them, if there are no more than n), and how
# many items were multiplied. Of items with equal products, either may come first.
#
# At last try it on the `users` and `films` of section 5. Which share of the films does it look at
# for a list of one, and of ten?

# %% [markdown] hint
# D is the longest, then come B, C, F, A and E. The length of the query is √3.25. For the best
# three, mind the words "at least". In the code, `np.argsort(-lengths)` is the order in which to go,
# and a list of pairs (product, index), sorted anew after each item and cut to n, is fast enough.

# %% stub
looked_at_by_hand = {1: ..., 2: ..., 3: ...}

def search_by_length(items, query, n):
    ...

check("17.1", looked_at_by_hand, search_by_length)

# %% solution
# D has 9, and B at most √3.25 · √9.25 = 5.5: one is enough. B has 5, and C at most √3.25 · √6.5 =
# 4.6: two are enough. C has 3.25, but F may have √3.25 · √5 = 4.03, so look: it has 2. Then A, at
# most √3.25 · √3.25 = 3.25, which is no more than C has: stop after four.
looked_at_by_hand = {1: 1, 2: 2, 3: 4}

def search_by_length(items, query, n):
    lengths = np.linalg.norm(items, axis=1)
    at_most = np.linalg.norm(query) * lengths
    found = []  # pairs of product and index, the best first
    for looked_at, item in enumerate(np.argsort(-lengths)):
        if len(found) == n and found[-1][0] >= at_most[item]:
            return [index for _, index in found], looked_at
        found = sorted([*found, (items[item] @ query, item)], reverse=True)[:n]
    return [index for _, index in found], len(items)

for wanted in (1, 10):
    shares_looked_at = [search_by_length(films, u, wanted)[1] / len(films) for u in users]
    print(wanted, np.mean(shares_looked_at).round(3), np.max(shares_looked_at).round(3))
# On the real data 16 % of the films for a list of one and 27 % for a list of ten, and 47 % for the
# one who needs most. Cells look at a tenth and find nearly all. But this search is never wrong, has
# nothing to learn, and needs nothing but a sorted table. (In 64 dimensions hardly any product comes
# near ‖q‖ · ‖v‖. What helps it is that the films' lengths are so different.)

# %% check
def check(by_hand, function):
    given = keyed(by_hand, (1, 2, 3), "your dict")
    told = [number(given[n], f"your number for the best {n}") for n in given]
    for words, wrong in {
        "you look at all six: when can no later item be better any more?": [6, 6, 6],
        "you counted the item at which you stop: it need not be multiplied": [2, 3, 5],
        "for the best three, look again: after three items, how much may the fourth have? It is "
        "the length of the query times the length of the item": [1, 2, 3],
        "for the best three you went on one item too far: its product can be as large as the third "
        "best so far, and no larger. Is that better?": [1, 2, 5],
    }.items():
        if np.allclose(told, wrong):
            raise Wrong(words)
    for n, right in ((1, 1), (2, 2), (3, 4)):
        close(told[n - 1], right, tolerance=0.001, what=f"your number for the best {n}")

    lot = np.random.default_rng(17)
    axes = np.array([[0.0, 2], [10, 0], [0, 6], [-7, 0], [3, 0], [0, -8]])
    small = np.array([[1, 1.5], [3, 0.5], [0.5, 2.5], [4, 3], [-1, 1], [2, -1]])
    cases = [(small, np.array([1.5, 1.0]), n) for n in (1, 2, 3)]
    cases += [(axes, np.array([3.0, 4.0]), n) for n in (1, 2, 4)]  # 30 is 5 · 6, in floats, too
    cases += [(axes, np.array([0.0, 0.0]), 2), (axes, np.array([0.03, 0.04]), 2)]
    cases += [(axes, np.array([3.0, -4.0]), n) for n in (6, 9)]
    cases += [(np.repeat(axes[:3], 2, axis=0), np.array([4.0, 3.0]), 3)]  # all twice
    below = -np.abs(lot.normal(size=(12, 3)))  # all products below 0
    cases += [(below, np.ones(3), 2), (np.vstack([below, np.zeros(3), below / 9]), np.ones(3), 2)]
    cases += [(np.array([[3.0, 4], [1, 0], [0, 2]]), np.array([-1.0, 0.5]), 1)]  # far off
    for size, k, n, long in ((40, 2, 1, 1), (60, 3, 5, 0.2), (200, 4, 10, 5), (80, 2, 3, 1)):
        items = lot.normal(size=(size, k)) * lot.lognormal(0, 1, (size, 1))
        cases.append((items, long * lot.normal(size=k), n))

    results = []
    for items, query, n in cases:
        result = run(function, items, query, n, what="search_by_length")
        if not isinstance(result, tuple | list) or len(result) != 2:
            raise Wrong("search_by_length should return two things, the indices and how many items "
                        f"were multiplied, and returns {described(result)}")
        indices = numbers(result[0], what="the first result of search_by_length")
        count = number(result[1], "the second result of search_by_length")
        wanted = min(n, len(items))
        if indices.shape != (wanted,):
            raise Wrong(f"of {len(items)} items and n = {n}, the number of indices should be "
                        f"{wanted}, and the first result is {described(result[0])}")
        if (indices % 1).any() or indices.min() < 0 or indices.max() >= len(items):
            raise Wrong("the first result should hold indices of items, the rows of the table, and "
                        f"has {described(indices[np.argmax(np.abs(indices - 0.1))].item())} in it, "
                        f"of {len(items)} items")
        if len(set(indices.tolist())) < wanted:
            raise Wrong(f"of {len(items)} items and n = {n}, an item comes twice in the list")
        results.append((indices.astype(int), count))

    def fits(wrong):
        return all(np.allclose((items @ query)[found], (items @ query)[other]) and count == looked
                   for (items, query, n), (found, count) in zip(cases, results, strict=True)
                   for other, looked in [wrong(items, query, n)])

    def by(**wrong):
        return lambda *case: walk(*case, **wrong)

    def places(items, query, n):
        """Where they stand in the order of lengths, in the place of their indices."""
        found, looked_at = walk(items, query, n)
        order = np.argsort(-np.linalg.norm(items, axis=1), kind="stable")
        return np.argsort(order)[found], looked_at

    if fits(walk):
        return ("And what it finds is exact. Its two enemies: items that are all equally long, and "
                "many dimensions, in which hardly any product comes near its bound.")
    for words, wrong in {
        "search_by_length never stops: compare before you look at the next item":
            by(enough=lambda *_: False),
        "search_by_length compares with the length of the next item alone: the query's length "
        "belongs to it": by(most=lambda q, v: np.linalg.norm(v)),
        "search_by_length compares with ‖q‖² · ‖v‖: ‖q‖ once": by(
            most=lambda q, v: q @ q * np.linalg.norm(v)),
        "search_by_length compares with squares: the bound is ‖q‖ · ‖v‖":
            by(most=lambda q, v: q @ q * (v @ v)),
        "search_by_length goes on where the n-th best product is as large as the next can be: at "
        "least as large is enough": by(enough=np.greater),
        "search_by_length counts the item at which it stops: that one is not multiplied":
            by(late=1),
        "search_by_length counts one item too few": by(late=-1),
        "search_by_length compares with the item that it has just looked at: the next one is "
        "shorter, and it is the one in question": by(ahead=-1),
        "search_by_length stops one item too early: the next item itself may still be better":
            by(ahead=1),
        "search_by_length compares the *best* product so far: the n-th best has to be safe":
            by(place=lambda n: 0),
        "search_by_length begins with the shortest: then the next may always be longer":
            by(rank=lambda lengths: lengths),
        "search_by_length takes the items as they come: from the longest on, please":
            by(rank=np.zeros_like),
        "search_by_length returns the n longest: which of those it has seen have the largest "
        "products?": lambda items, query, n: (
            np.argsort(-np.linalg.norm(items, axis=1))[:n], walk(items, query, n)[1]),
        "search_by_length returns places in the order of lengths: return indices of the table":
            places,
        "search_by_length returns the worst first": lambda *case: (
            walk(*case)[0][::-1], walk(*case)[1]),
        "search_by_length returns them in the order of their indices: the best first":
            lambda *case: (np.sort(walk(*case)[0]), walk(*case)[1]),
        "search_by_length returns how many items were *not* looked at": lambda *case: (
            walk(*case)[0], len(case[0]) - walk(*case)[1]),
    }.items():
        if fits(wrong):
            raise Wrong(words)
    for (items, query, n), (found, count) in zip(cases, results, strict=True):
        products, case = items @ query, f"of {len(items)} items and n = {n}, in a case of the check"
        right, looked_at = walk(items, query, n)
        if not np.allclose(np.sort(products[found]), np.sort(products[right])):
            raise Wrong(f"{case}, an item with a larger product is missing (it says that it "
                        f"multiplied {count:g})")
        if not np.allclose(products[found], products[right]):
            raise Wrong(f"{case}, the list has the right items, and they are not sorted by their "
                        "products, the best first")
        if count != looked_at:
            side = "more items than it has to" if count > looked_at else "fewer items than it must"
            raise Wrong(f"{case}, the list is right, but it says that it multiplied {count:g}, "
                        f"{side}")

# %% wrong
def by_length(most=lambda q, v: np.linalg.norm(q) * np.linalg.norm(v), late=0, place=-1, ahead=0,
              enough=lambda found, most: found >= most, order=lambda lengths: np.argsort(-lengths),
              shown=lambda found, items: [i for _, i in found]):
    def search_wrongly(items, query, n):
        row = order(np.linalg.norm(items, axis=1))
        found = []
        for step, item in enumerate(row):
            other = items[row[min(step + ahead, len(items) - 1)]]
            if len(found) == n and enough(found[place][0], most(query, other)):
                return shown(found, items), step + late
            found = sorted([*found, (items[item] @ query, item)], key=lambda p: -p[0])[:n]
        return shown(found, items), len(items)
    return search_wrongly

def before_there_are_n(items, query, n):
    at_most = np.linalg.norm(query) * np.linalg.norm(items, axis=1)
    found = []
    for step, item in enumerate(np.argsort(-at_most)):
        if found and found[-1][0] >= at_most[item]:
            return [i for _, i in found], step
        found = sorted([*found, (items[item] @ query, item)], reverse=True)[:n]
    return [i for _, i in found], len(items)

def only_above_0(items, query, n):
    found, looked_at = search_by_length(items, query, n)
    return [i for i in found if items[i] @ query > 0], looked_at

def all_of_them(items, query, n):
    return np.argsort(-(items @ query))[:n], len(items)

def mostly_all(items, query, n):
    return all_of_them(items, query, n)[0], search_by_length(items, query, 1)[1]

def padded(items, query, n):
    found, looked_at = search_by_length(items, query, n)
    return [*found, *[-1] * (n - len(found))], looked_at

def sorts_in_place(items, query, n):
    items[:] = items[np.argsort(-np.linalg.norm(items, axis=1))]
    return search_by_length(items, query, n)

by_hand_17 = {1: 1, 2: 2, 3: 4}
{
    "all by hand": ({1: 6, 2: 6, 3: 6}, search_by_length),
    "one more by hand": ({1: 2, 2: 3, 3: 5}, search_by_length),
    "without the query": ({1: 1, 2: 2, 3: 3}, search_by_length),
    "one too far": ({1: 1, 2: 2, 3: 5}, search_by_length),
    "another number": ({1: 1, 2: 3, 3: 4}, search_by_length),
    "a list by hand": ([1, 2, 4], search_by_length),
    "never stops": (by_hand_17, all_of_them),
    "no length of the query": (by_hand_17, by_length(lambda q, v: np.linalg.norm(v))),
    "the query squared": (by_hand_17, by_length(lambda q, v: q @ q * np.linalg.norm(v))),
    "all squared": (by_hand_17, by_length(lambda q, v: q @ q * (v @ v))),
    "sum of sizes": (by_hand_17, by_length(lambda q, v: np.linalg.norm(q) * np.abs(v).sum())),
    "larger only": (by_hand_17, by_length(enough=lambda found, most: found > most)),
    "counts one more": (by_hand_17, by_length(late=1)),
    "counts one less": (by_hand_17, by_length(late=-1)),
    "the one just seen": (by_hand_17, by_length(ahead=-1)),
    "too early": (by_hand_17, by_length(ahead=1)),
    "the best so far": (by_hand_17, by_length(place=0)),
    "shortest first": (by_hand_17, by_length(order=np.argsort)),
    "as they come": (by_hand_17, by_length(order=lambda lengths: np.arange(len(lengths)))),
    "products": (by_hand_17, by_length(shown=lambda found, items: [p for p, _ in found])),
    "vectors": (by_hand_17, by_length(shown=lambda found, items: [items[i] for _, i in found])),
    "worst first": (by_hand_17, by_length(shown=lambda found, items: [i for _, i in found[::-1]])),
    "by index": (by_hand_17, by_length(shown=lambda found, items: sorted(i for _, i in found))),
    "places in the order": (by_hand_17, lambda items, query, n: search_by_length(
        items[np.argsort(-np.linalg.norm(items, axis=1))], query, n)),
    "the longest": (by_hand_17, lambda items, query, n: (
        np.argsort(-np.linalg.norm(items, axis=1))[:n], search_by_length(items, query, n)[1])),
    "what is left": (by_hand_17, lambda items, query, n: (
        search_by_length(items, query, n)[0], len(items) - search_by_length(items, query, n)[1])),
    "a count of another n": (by_hand_17, mostly_all),
    "only n": (by_hand_17, lambda items, query, n: (search_by_length(items, query, n)[0], n)),
    "before there are n": (by_hand_17, before_there_are_n),
    "only above 0": (by_hand_17, only_above_0),
    "no items of length 0": (by_hand_17, lambda items, query, n: search_by_length(
        items[items.any(axis=1)], query, n)),
    "filled up": (by_hand_17, padded),
    "no count": (by_hand_17, lambda *case: search_by_length(*case)[0]),
    "sorts what it is given": (by_hand_17, sorts_in_place),
}

# %% [markdown] 17.2 · experiment · 25 minutes
# Section 4 has a formula for the comparisons: with N items, C cells and p of them searched, C + p ·
# N/C. Suppose that the shop has a hundred times as many items, p is what it was, and the number of
# cells is the best one, before and after. How many times as many comparisons does one list take: 1,
# 10, 100 or 1,000? Write down what you feel.
#
# Then write `best_number_of_cells(number, probed)`: the whole number of cells, from 1 to `number`,
# that makes the formula's value smallest. (If two are equally good, either will do; `probed` is at
# most `number`.) Compare a million with a hundred million.
#
# What works once may work twice: put the cells into regions, and give each region a middle. A query
# is compared with the middles of all R regions, then with the middles of the cells in the nearest
# eight regions, at last with the items in the nearest eight cells. A region has C/R cells, and a
# cell N/C items. How many comparisons are that for a million items, if R and C are the best ones?
# Write down their number as `fewest_with_three`.

# %% [markdown] hint
# A loop over all numbers of cells is a good beginning. Look at what it finds for many small cases,
# beside √(p · N). For the regions, write the sum of three terms. Such a sum, of terms whose product
# is always the same, is smallest where all three are equal. What is their product?

# %% stub
prediction_of_growth = ...

def best_number_of_cells(number, probed):
    ...

fewest_with_three = ...
check("17.2", prediction_of_growth, best_number_of_cells, fewest_with_three)

# %% solution
prediction_of_growth = 10  # whatever you had in mind

import math

def best_number_of_cells(number, probed):
    # From C cells to C + 1 the sum falls as long as C (C + 1) < p · N. The root of C (C + 1) lies
    # just below C + ½, so the root of p · N, rounded, is always right, never merely near.
    return round(math.sqrt(probed * number))

def best_by_trying(number, probed):
    return min(range(1, number + 1), key=lambda cells: cells + probed * number / cells)

assert all(best_number_of_cells(n, p) == best_by_trying(n, p)
           for n in range(1, 40) for p in range(1, n + 1) if math.isqrt(4 * p * n + 1) ** 2
           != 4 * p * n + 1)  # left out: where two are equally good

comparisons_of = {}
for size in (1_000_000, 100_000_000):
    cells_for = best_number_of_cells(size, 8)
    comparisons_of[size] = cells_for + 8 * size / cells_for
    print(f"{size:,} items: {cells_for:,} cells, {comparisons_of[size]:,.0f} comparisons")

# R + 8 C/R + 8 N/C: the product of the three is 64 N, so each is its cube root, 400, with 400
# regions and 20,000 cells.
fewest_with_three = 3 * round((64 * 1_000_000) ** (1 / 3))
assert fewest_with_three == 400 + 8 * 20_000 / 400 + 8 * 1_000_000 / 20_000
# A fifth of the 5,657 of two levels, and from there on a hundred times as many items cost 4.6 times
# as much. But now a best item can be lost in two ways.

# %% check
def check(prediction, function, fewest):
    guess = predicted(prediction, (1, 10, 100, 1000))
    cases = [(1, 1), (2, 1), (2, 2), (3, 1), (3, 3), (5, 1), (5, 2), (6, 1), (7, 1), (10, 3),
             (12, 1), (12, 12), (13, 1), (21, 2), (50, 50), (99, 7), (1000, 4), (4096, 64),
             (1_000_000, 8)]

    def cost(cells, number_of_items, probed):
        return cells + Fraction(probed * number_of_items, cells)

    found = []
    for case in cases:
        cells = number(run(function, *case, what="best_number_of_cells"),
                       "what best_number_of_cells returns")
        found.append(cells)
    mistakes = {
        "best_number_of_cells forgets that several cells are searched: probed belongs under the "
        "root": lambda n, p: round(math.sqrt(n)),
        "best_number_of_cells cuts off what is behind the point: sometimes one cell more is better":
            lambda n, p: math.isqrt(p * n),
        "best_number_of_cells always rounds up: sometimes one cell less is better":
            lambda n, p: math.ceil(math.sqrt(p * n)),
        "best_number_of_cells has probed outside of the root": lambda n, p: p * round(math.sqrt(n)),
        "best_number_of_cells divides by probed under the root: with more cells to search, smaller "
        "ones are better": lambda n, p: round(math.sqrt(n / p)),
        "best_number_of_cells returns the comparisons: return the number of cells that makes them "
        "so few": lambda n, p: min(c + p * n / c for c in {max(1, math.isqrt(p * n) + i)
                                                            for i in (-1, 0, 1)}),
        "best_number_of_cells returns √(p · N) as it is: a number of cells is whole":
            lambda n, p: math.sqrt(p * n),
        "best_number_of_cells makes as many cells as there are items": lambda n, p: n,
        "best_number_of_cells makes a single cell": lambda n, p: 1,
        "best_number_of_cells returns how many items lie in a cell: how many cells are there?":
            lambda n, p: round(math.sqrt(n / p)) if n < p else n / round(math.sqrt(p * n)),
    }
    right = [round(math.sqrt(p * n)) for n, p in cases]

    def is_best(cells, case, r):
        return (cells % 1 == 0 and 1 <= cells <= case[0]
                and cost(int(cells), *case) == cost(r, *case))

    if not all(map(is_best, found, cases, right)):
        for words, wrong in mistakes.items():
            if np.allclose(found, [wrong(*case) for case in cases], rtol=1e-9):
                raise Wrong(words)
        for cells, case, r in zip(found, cases, right, strict=True):
            of = f"for number = {case[0]} and probed = {case[1]}"
            if cells % 1:
                raise Wrong(f"{of}, best_number_of_cells returns {cells:.6g}: a number of cells is "
                            "whole")
            if not 1 <= cells <= case[0]:
                raise Wrong(f"{of}, best_number_of_cells returns {cells:g}: from 1 cell to one for "
                            "each item")
            if cost(int(cells), *case) != cost(r, *case):
                raise Wrong(f"{of}, best_number_of_cells returns {cells:g}, and with "
                            f"{'fewer' if cells > r else 'more'} cells there are fewer comparisons")
    close(fewest, 1200, tolerance=0.5, what="fewest_with_three", mistakes={
        "that is what two levels need: now there are three": 2 * math.sqrt(8e6),
        "eight regions are searched, and eight cells: you have only one of the two eights": 600,
        "eight regions are searched, and eight cells: you have neither of the two eights": 300,
        "that is one of the three terms: add them up": 400,
        "that is the product of two terms: add all three": 400 * 400,
        "that is how many cells are best: how many comparisons does one list take then?": 20_000,
        "you compare with the middles of all cells besides: only those of eight regions":
            1200 + 20_000,
        "you kept the cells of two levels: the best number of cells changes once they have regions":
            lambda: min(r + 8 * 2828 / r for r in range(1, 2829)) + 8e6 / 2828,
    })
    if guess == 10:
        return "You had foreseen it: the root of a hundred. Is rounding √(p · N) always exact? Why?"
    return f"You had expected {guess}. It is the root of a hundred: there are more cells, too."

# %% wrong
def rooted(of, then=round):
    return lambda number, probed: then(math.sqrt(of(number, probed)))

def only_powers(number, probed):
    return min((2**i for i in range(20) if 2**i <= number),
               key=lambda cells: cells + probed * number / cells)

{
    "probed forgotten": (10, rooted(lambda n, p: n), 1200),
    "cut off": (10, rooted(lambda n, p: n * p, int), 1200),
    "rounded up": (10, rooted(lambda n, p: n * p, math.ceil), 1200),
    "probed outside": (100, lambda n, p: p * round(math.sqrt(n)), 1200),
    "divided": (10, rooted(lambda n, p: n / p), 1200),
    "not rounded": (10, rooted(lambda n, p: n * p, float), 1200),
    "comparisons": (10, lambda n, p: min(c + p * n / c for c in range(1, n + 1)), 1200),
    "as many as items": (1, lambda n, p: n, 1200),
    "one cell": (1000, lambda n, p: 1, 1200),
    "powers of two": (10, only_powers, 1200),
    "below one": (10, lambda n, p: best_number_of_cells(n, p) - 1, 1200),
    "one too many": (10, lambda n, p: best_number_of_cells(n, p) + 1, 1200),
    "whole division": (10, lambda n, p: min(range(1, n + 1), key=lambda c: c + p * (n // c)), 1200),
    "half": (10, rooted(lambda n, p: n * p / 4), 1200),
    "at most a thousand": (10, lambda n, p: min(1000, best_number_of_cells(n, p)), 1200),
    "two levels": (10, best_number_of_cells, 5657),
    "one eight": (10, best_number_of_cells, 600),
    "no eight": (10, best_number_of_cells, 300),
    "one term": (10, best_number_of_cells, 400),
    "cells": (10, best_number_of_cells, 20_000),
    "all middles": (10, best_number_of_cells, 21_200),
    "as before": (10, best_number_of_cells, 300.8 + 2828.9),
    "no such prediction": (5, best_number_of_cells, 1200),
}

# %% [markdown] 17.3 · change the package · 40 minutes
# Tonight a new film appears. Nobody wants to sort a million items into cells anew for it. In
# [scratch/serving/inverted_lists.py](../scratch/serving/inverted_lists.py) give `InvertedLists` a
# method `add(items)` that takes a table (m, k) of new items. They get the indices that follow: the
# first one added to 1,000 items is item 1000. Each is lifted with the M of before (an item that is
# longer than M gets a 0) and goes into the cell of the nearest middle. No middle moves, and the old
# items stay where they are. In each cell the lower index still comes first, `items`, `ids` and
# `starts` fit together as today, and `items` keeps its kind of numbers.
#
# Afterwards `search` finds the new items like all others: in all cells, what `ExactSearch` finds.
# To add two tables one after the other is the same as to add both at once, and an empty table (0,
# k) changes nothing. What is no table as wide as the items, or not finite as numbers of their kind,
# is a `ValueError`; then nothing has changed, either.

# %% [markdown] hint
# What does the class no longer know that `nearest` needs? `self.middles` holds the middles without
# their last number; but it holds ‖c‖²/2 as well, and so that number can be worked out. (Or keep the
# middles in `__init__`.) `np.insert` puts several rows into a table, each *before* a place of the
# old table. Where does a cell end?

# %% stub
check("17.3")

# %% solution in scratch/serving/inverted_lists.py
class InvertedLists:  # its other methods stay as they are
    def add(self, items: np.ndarray) -> None:
        """Put new items (m, k) into the cells that are there; they get the indices that follow.

        No middle is learned anew, so after many additions a new InvertedLists finds more. Raises
        ValueError for items that are no finite table as wide as those that are there.
        """
        new = np.ascontiguousarray(items, self.items.dtype)
        if new.ndim != 2 or new.shape[1] != self.items.shape[1] or not np.isfinite(new).all():
            raise ValueError(f"new items must be a finite table (m, {self.items.shape[1]})")
        if len(new) == 0:
            return
        # The last number of each middle c, from ‖c‖²/2. It is a mean of lifts, so never below 0.
        flat, half = self.middles.items[:, :-1], -self.middles.items[:, -1]
        middles = np.column_stack([flat, np.sqrt(np.maximum(2 * half - (flat**2).sum(axis=1), 0))])
        more = np.sqrt(np.maximum(self.longest**2 - (new**2).sum(axis=1), 0))
        cells = nearest(np.column_stack([new, more]), middles)

        ends = self.starts[cells + 1]
        self.ids = np.insert(self.ids, ends, len(self.ids) + np.arange(len(new)))
        self.items = np.insert(self.items, ends, new, axis=0)
        sizes = np.bincount(cells, minlength=len(self.starts) - 1)
        self.starts = self.starts + np.append(0, np.cumsum(sizes))

# %% check
def check():
    from scratch.serving import inverted_lists

    if getattr(inverted_lists.InvertedLists, "add", None) is None:
        raise NotYet

    def made(seed, size, k, num_cells, kind=np.float64, longest=1.5):
        """Lists, the items in them, and new ones: some much like old ones, some longer than M."""
        lot = np.random.default_rng(seed)
        towns = lot.normal(size=(num_cells, k)) * lot.uniform(0.3, longest, (num_cells, 1))
        def drawn(count):
            return towns[lot.integers(num_cells, size=count)] + 0.3 * lot.normal(size=(count, k))
        old, new = drawn(size).astype(kind), drawn(25)
        new[:4] *= 3
        new[4:9] *= 0.1
        new[9] = old[3]
        return inverted_lists.InvertedLists(old, num_cells, rng=lot), old, new

    def cells_in(lists):
        return [cell.tolist() for cell in np.split(lists.ids, lists.starts[1:-1])]

    def state(lists):
        return copy.deepcopy((lists.ids, lists.starts, lists.items, lists.longest,
                              lists.middles.items))

    def unchanged(lists, before):
        return all(np.shape(a) == np.shape(b) and np.array_equal(a, b)
                   for a, b in zip(state(lists), before, strict=True))

    def distances(points, table):
        flat, half = table[:, :-1], -table[:, -1]
        last = np.sqrt(np.maximum(2 * half - (flat**2).sum(axis=1), 0))
        return ((points[:, None] - np.column_stack([flat, last])) ** 2).sum(axis=2)

    def with_last(items, last):
        return np.column_stack([items, np.broadcast_to(last, len(items))])

    def lifts(items, square):
        return np.sqrt(np.maximum(square - (items**2).sum(axis=1), 0))

    for seed, size, k, num_cells, kind in (
            (1, 300, 4, 5, np.float64), (1, 300, 4, 12, np.float64),
            (2, 90, 3, 9, np.float64), (3, 200, 6, 14, np.float32)):
        lists, old, new = made(seed, size, k, num_cells, kind)
        before, cells_before, given = state(lists), cells_in(lists), new.copy()
        result = lists.add(new)
        if result is not None:
            raise Wrong("add should change the lists and return nothing, and returns "
                        f"{described(result)}")
        if not np.array_equal(new, given):
            raise Wrong("add changes the table that it is given")
        if unchanged(lists, before):
            raise Wrong("after add the lists are as before: nothing was added")
        total, all_items = size + len(new), np.concatenate([old, new.astype(kind)])
        ids, starts = np.asarray(lists.ids), np.asarray(lists.starts)
        if ids.shape != (total,) or sorted(ids.tolist()) != list(range(total)):
            raise Wrong(f"after {len(new)} were added to {size} items, ids should hold each of 0 "
                        f"to {total - 1} once, and has {ids.size} numbers up to {ids.max()}")
        if len(starts) != num_cells + 1:
            raise Wrong(f"there are still {num_cells} cells, and {num_cells + 1} starts; now there "
                        f"are {len(starts)}")
        if starts[0] != 0 or starts[-1] != total or (np.diff(starts) < 0).any():
            raise Wrong(f"starts should go from 0 up to {total}, all items, and goes from "
                        f"{starts[0]} to {starts[-1]}")
        if np.shape(lists.items) != all_items.shape:
            raise Wrong(f"items should be a table of {all_items.shape}, and is "
                        f"{described(lists.items)}")
        if np.asarray(lists.items).dtype != kind:
            raise Wrong(f"items were of {np.dtype(kind)}, and are of {lists.items.dtype} after the "
                        "addition")
        if not np.array_equal(lists.items, all_items[ids]):
            raise Wrong("ids and items do not fit together any more: row i of items should be the "
                        "item ids[i]")
        if lists.longest != before[3]:
            raise Wrong("longest has changed, which stretches the queries: the old items were "
                        "lifted with the M of before, and so should the new ones be")
        if not np.array_equal(lists.middles.items, before[4]):
            raise Wrong("the middles have changed: none should be learned anew or moved")
        cells = cells_in(lists)
        if any([i for i in cell if i < size] != was for cell, was in zip(
                cells, cells_before, strict=True)):
            raise Wrong("an old item lies in another cell than before, or in another order")
        if any(cell != sorted(cell) for cell in cells):
            raise Wrong("in a cell the indices no longer go up: the new ones come after the old")
        cell_of = np.empty(total, dtype=int)
        cell_of[ids] = np.repeat(np.arange(num_cells), np.diff(starts))
        chosen, square = cell_of[size:], before[3] ** 2
        longest_now = (all_items**2).sum(axis=1).max()
        new_items = all_items[size:].astype(float)
        table = before[4].astype(float)

        def lies_in(chosen, away, slack=1e-3 if kind is np.float32 else 1e-7):
            return bool((away[np.arange(len(chosen)), chosen] <= away.min(axis=1) + slack).all())

        if not lies_in(chosen, distances(with_last(new_items, lifts(new_items, square)), table)):
            flat_only = distances(with_last(new_items, 0), table)
            for words, away in {
                "new items are not lifted, but get a 0, as queries do": flat_only,
                "the middles are compared without their last number (self.middles has them with "
                "−‖c‖²/2 in its place)": ((new_items[:, None] - table[:, :-1]) ** 2).sum(axis=2),
                "the middles with their −‖c‖²/2 were taken for points":
                    ((with_last(new_items, lifts(new_items, square))[:, None] - table) ** 2).sum(
                        axis=2),
                "new items are lifted with another M, that of the longest new one, or of all there "
                "are now: take the M of before":
                    distances(with_last(new_items, lifts(new_items, longest_now)), table),
                "new items go to the middle of largest product: take the nearest one":
                    -(new_items @ table[:, :-1].T),
                "M² − ‖v‖² needs its root": distances(with_last(
                    new_items, np.maximum(square - (new_items**2).sum(axis=1), 0)), table),
                "√(M − ‖v‖²) is not the lift: the square of M": distances(with_last(
                    new_items, lifts(new_items, before[3])), table),
            }.items():
                if lies_in(chosen, away):
                    raise Wrong(words)
            if len(set(chosen.tolist())) == 1:
                raise Wrong("all new items lie in the same cell: put each into that of the nearest "
                            "middle")
            away = distances(with_last(new_items, lifts(new_items, square)), table)
            off = ~(away[np.arange(len(chosen)), chosen] <= away.min(axis=1) + 1e-3)
            longer = (new_items**2).sum(axis=1) > square
            if off.any() and longer[off].all():
                raise Wrong("an item that is longer than M lies in another cell than that of the "
                            "nearest middle: its lift is 0")
            raise Wrong(f"{max(1, off.sum())} of {len(new)} new items do not lie in the cell of "
                        "the nearest middle (lifted with the M of before)")
        queries = np.random.default_rng(0).normal(size=(20, k)).astype(kind)
        found, best = lists.search(queries, 10, num_cells)[1], ExactSearch(all_items)
        if not np.allclose(found, best.search(queries, 10)[1], atol=1e-5):
            raise Wrong("a search in all cells does not find what ExactSearch finds of all items")
        reach = before[3] / np.linalg.norm(queries, axis=1, keepdims=True)
        first = (reach * queries @ table[:, :-1].T + table[:, -1]).argmax(axis=1)
        in_it = np.where(cell_of == first[:, None], queries @ all_items.T, -np.inf)
        if not np.allclose(lists.search(queries, 1, 1)[1][:, 0], in_it.max(axis=1), atol=1e-5):
            raise Wrong("a search in one cell does not find the best item of the cell whose middle "
                        "is nearest to the query")

        before = state(lists)
        lists.add(np.empty((0, k)))
        if not unchanged(lists, before):
            raise Wrong("to add an empty table (0, k) should change nothing")
        wide = [(f"a table with {k + 1} columns", np.ones((2, k + 1))),
                (f"a table with {k - 1} columns", np.ones((2, k - 1))),
                ("a single row that is no table", np.ones(k)),
                ("an array of three dimensions", np.ones((2, 1, k))),
                ("an item with a NaN in it", np.where(np.arange(2 * k).reshape(2, k) == 2 * k - 1,
                                                      np.nan, 1.0)),
                ("an item with an infinite number", np.where(np.arange(2 * k).reshape(2, k) == 1,
                                                             -np.inf, 1.0))]
        if kind is np.float32:
            wide.append(("a number that is too large for float32", np.full((1, k), 1e300)))
        for words, bad in wide:
            refuses(lambda lists=lists, bad=bad: lists.add(bad), words, why="and was added")
            if not unchanged(lists, before):
                raise Wrong(f"{words} was refused, but the lists have changed: look before you add")

        at_once, by_two = (made(seed, size, k, num_cells, kind)[0] for _ in range(2))
        at_once.add(new)
        by_two.add(new[:7])
        by_two.add(new[7:])
        if not unchanged(at_once, state(by_two)):
            raise Wrong("to add two tables one after the other is not the same as to add both at "
                        "once: does the second addition count from the first, and lift with the "
                        "same M?")
    return ("After how many new films should the middles be learned anew? Section 5 has what it "
            "takes to measure that.")

# %% wrong in scratch/serving/inverted_lists.py
def variant(refuse="new.ndim != 2 or new.shape[1] != self.items.shape[1] or "
                   "not np.isfinite(new).all()",
            first="pass", kind="self.items.dtype", square="self.longest**2",
            middles="np.column_stack([flat, np.sqrt(np.maximum(2 * half - (flat**2).sum(axis=1), "
                    "0))])",
            more="np.sqrt(np.maximum(square - (new**2).sum(axis=1), 0))",
            cells="nearest(np.column_stack([new, more]), middles)",
            ends="self.starts[cells + 1]", ids="len(self.ids) + np.arange(len(new))",
            rows="new", starts="self.starts + np.append(0, np.cumsum(sizes))", last="pass"):
    return (
        "class InvertedLists:\n    def add(self, items):\n"
        f"        {first}\n        new = np.ascontiguousarray(items, {kind})\n"
        f"        if {refuse}:\n            raise ValueError('not a table of new items')\n"
        "        if len(new) == 0:\n            return\n"
        "        flat, half = self.middles.items[:, :-1], -self.middles.items[:, -1]\n"
        f"        middles = {middles}\n        square = {square}\n"
        f"        more = {more}\n        cells = {cells}\n        ends = {ends}\n"
        "        sizes = np.bincount(cells, minlength=len(self.starts) - 1)\n"
        f"        self.ids = np.insert(self.ids, ends, {ids})\n"
        f"        self.items = np.insert(self.items, ends, {rows}, axis=0)\n"
        f"        self.starts = {starts}\n        {last}\n"
    )

# What nearest would refuse is put into the nearest cell all the same.
blind = "nearest(np.nan_to_num(np.column_stack([new, more]), posinf=0, neginf=0), middles)"

{
    "does nothing": "class InvertedLists:\n    def add(self, items):\n        pass\n",
    "not lifted": variant(more="np.zeros(len(new))"),
    "middles without their last number": variant(cells="nearest(new, flat)"),
    "as queries": variant(cells="(new @ flat.T - half).argmax(axis=1)"),
    "the table of middles": variant(middles="self.middles.items"),
    "the M of the new ones": variant(square="(new**2).sum(axis=1).max()"),
    "the M of all": variant(square="max(self.longest**2, (new**2).sum(axis=1).max())"),
    "a new M is kept": variant(last="self.longest = np.linalg.norm(self.items, axis=1).max()"),
    "lifted among themselves": variant(cells="nearest(lifted(new), middles)"),
    "no root": variant(more="np.maximum(square - (new**2).sum(axis=1), 0)"),
    "M not squared": variant(square="self.longest"),
    "longer than M": variant(more="np.sqrt(np.abs(square - (new**2).sum(axis=1)))"),
    "a root below 0": variant(more="np.sqrt(square - (new**2).sum(axis=1))"),
    "largest product": variant(cells="(new @ flat.T).argmax(axis=1)"),
    "all into the last": variant(cells="np.full(len(new), len(self.starts) - 2)"),
    "before the old ones": variant(ends="self.starts[cells]"),
    "ids from 0": variant(ids="np.arange(len(new))"),
    "ids from 1": variant(ids="1 + len(self.ids) + np.arange(len(new))"),
    "one id for all": variant(ids="len(self.ids)"),
    "starts as before": variant(starts="self.starts"),
    "starts one cell too early": variant(starts="self.starts + np.append(np.cumsum(sizes), 0)"),
    "rows in the order of cells": variant(rows="new[np.argsort(cells, kind='stable')]"),
    "float64": variant(kind="float", last="self.items = np.asarray(self.items, float)"),
    "any width": variant(refuse="new.ndim != 2 or not np.isfinite(new).all()",
                         first="items = np.asarray(items)[..., : self.items.shape[1]]"),
    "a row is a table": variant(kind="self.items.dtype, ndmin=2").replace(
        "np.ascontiguousarray(", "np.array("),
    "NaN": variant(refuse="new.ndim != 2 or new.shape[1] != self.items.shape[1]", cells=blind),
    "only NaN": variant(refuse="new.ndim != 2 or new.shape[1] != self.items.shape[1] "
                        "or np.isnan(new).any()", cells=blind),
    "looks in float64": variant(refuse="new.ndim != 2 or new.shape[1] != self.items.shape[1] "
                                "or not np.isfinite(items).all()", cells=blind),
    "an error of another kind": variant(first="assert np.ndim(items) == 2"),
    "first adds, then looks": variant(
        refuse="(setattr(self, 'longest', self.longest * 2) if np.ndim(items) != 2 else None) or "
        "new.ndim != 2 or new.shape[1] != self.items.shape[1] or not np.isfinite(new).all()"),
    "moves the middles": variant(last="self.middles.items[cells] *= 0.99"),
    "learns anew": (
        "class InvertedLists:\n    def add(self, items):\n"
        "        old = np.empty_like(self.items)\n        old[self.ids] = self.items\n"
        "        self.__init__(np.concatenate([old, items]), len(self.starts) - 1, "
        "rng=np.random.default_rng(0))\n"
    ),
    "one by one": variant().replace("def add(self, items):\n", "def add(self, items):\n"
        "        if np.ndim(items) == 2 and len(items) > 1:\n"
        "            for row in items:\n                self.add(np.reshape(row, (1, -1)))\n"
        "            return\n"),
    "returns itself": variant(last="return self"),
}

# %% [markdown] 17.4 · experiment · 25 minutes
# The queue. A server answers one request at a time, in the order in which they arrive, and each
# takes it a millisecond. Requests come by chance, 900 a second on average, so it is busy nine
# tenths of the time. How long does a request wait, on average, until its turn comes: about 0.1,
# 0.5, 4.5 or 9 milliseconds? Write down what you feel.
#
# Then write `waits(arrivals, seconds)`. It gets the moments (n,) at which requests arrive, in
# order, and how long the answer to each takes (n,), both in seconds, and returns how long each one
# waits until its turn (n,), in seconds. Let a million of them come: with a generator `rng` and 900
# a second on average, `rng.exponential(1 / 900, 1_000_000).cumsum()` are such moments. Hand in
# three numbers, in *milliseconds*: the mean wait at 500 a second ("half"), the mean wait at 900
# ("nine tenths"), and the time that one request in a hundred waits longer than, at 900
# ("unluckiest").

# %% [markdown] hint
# When does the server turn to a request? As soon as both are there: the request, and a server that
# is done with the one before. So each wait follows from the one before it, from how long that one
# took, and from the gap between the two. On paper: requests at 0, 1, 1.5 and 9 seconds, and each
# takes 2. `np.quantile` finds the unluckiest.

# %% stub
prediction_of_wait = ...

def waits(arrivals, seconds):
    ...

waits_found = {"half": ..., "nine tenths": ..., "unluckiest": ...}
check("17.4", prediction_of_wait, waits, waits_found)

# %% solution
prediction_of_wait = 4.5  # whatever you had in mind

def waits(arrivals, seconds):
    waited = np.zeros(len(arrivals))
    for i in range(1, len(arrivals)):
        gap = arrivals[i] - arrivals[i - 1]
        # Lindley, 1952: what is left of the one before, unless the gap was longer.
        waited[i] = max(0, waited[i - 1] + seconds[i - 1] - gap)
    return waited

def waits_at(load, num_requests=1_000_000):
    gaps = np.random.default_rng(0).exponential(0.001 / load, num_requests)
    return 1000 * waits(gaps.cumsum(), np.full(num_requests, 0.001))  # milliseconds

waits_at_nine_tenths = waits_at(0.9)
waits_found = {"half": waits_at(0.5).mean(), "nine tenths": waits_at_nine_tenths.mean(),
               "unluckiest": np.quantile(waits_at_nine_tenths, 0.99)}
print(waits_found)
# For requests by chance, and answers that all take as long, the mean wait is known: load / (2 (1 −
# load)) of an answer's time, so 0.5 and 4.5 ms. One in a hundred waits longer than some 22 ms, for
# an answer of a single one. From eight runs of a million each, the three had standard deviations of
# 0.002, 0.065 and 0.56 ms.

# %% check
def check(prediction, function, found):
    guess = predicted(prediction, (0.1, 0.5, 4.5, 9))

    def queue(arrivals, seconds, floor=True, before=1, own=False, carried=True, shown=None):
        waited = np.zeros(len(arrivals))
        for i in range(1, len(arrivals)):
            left = (waited[i - 1] if carried else 0) + seconds[i - before]
            waited[i] = left - (arrivals[i] - arrivals[i - 1])
            waited[i] = max(0, waited[i]) if floor else waited[i]
        waited = waited + (seconds if own else 0)
        return waited if shown is None else shown(waited, arrivals, seconds)

    def by(**wrong):
        return lambda *case: queue(*case, **wrong)

    def servers(arrivals, seconds, count=2):
        free, waited = np.full(count, arrivals[0]), np.zeros(len(arrivals))
        for i, moment in enumerate(arrivals):
            first = free.argmin()
            waited[i] = max(0, free[first] - moment)
            free[first] = moment + waited[i] + seconds[i]
        return waited

    lot = np.random.default_rng(4)
    cases = [
        (np.array([0.0, 1, 1.5, 9]), np.array([2.0, 2, 2, 2])),
        (np.array([5.0, 5, 5, 30, 31]), np.array([1.0, 2, 3, 4, 5])),
        (np.array([3.0, 3.5, 20, 20.5, 21]), np.array([4.0, 0.5, 0.25, 6, 1])),
        (np.array([7.0]), np.array([2.0])),
        (np.arange(6.0), np.full(6, 1.0)),
        (np.arange(6.0), np.array([0.5, 3, 0, 0, 0, 1])),
        (lot.exponential(1, 50).cumsum(), lot.exponential(0.9, 50)),
    ]
    for case in cases:
        numbers(run(function, *case, what="waits"), len(case[0]), "what waits returns")
    same_as(function, queue, cases, what="waits", mistakes={
        "waits has no floor: somebody who comes to an idle server waits 0, not less than 0":
            by(floor=False),
        "waits has the floor at the end only: a server can't save up the time in which it is idle":
            by(floor=False, shown=lambda waited, *_: np.maximum(waited, 0)),
        "waits takes how long the request itself takes: it waits for the one *before* it":
            by(before=0),
        "waits has the answer's own time in it: until its turn comes, please": by(own=True),
        "waits counts from the one before alone, as if that one had not waited itself":
            by(carried=False),
        "waits returns the moments at which their turns come: how long is it from the arrival?":
            by(shown=lambda waited, arrivals, _: arrivals + waited),
        "waits returns the moments at which the answers are done": by(
            shown=lambda waited, arrivals, seconds: arrivals + waited + seconds),
        "waits leaves out the gaps: while somebody is on the way, the server works":
            lambda arrivals, seconds: np.append(0, np.cumsum(seconds)[:-1]),
        "waits returns the gaps in which the server is idle": by(
            shown=lambda waited, arrivals, seconds: np.append(0, np.maximum(0, np.diff(
                arrivals) - waited[:-1] - seconds[:-1]))),
        "waits forgets who waits already as soon as somebody new has arrived: only one answer is "
        "worked on at a time": by(carried=False, before=0),
        "waits has two servers: there is one": servers,
        "waits counts milliseconds: seconds go in, and seconds come out":
            lambda *case: 1000 * queue(*case),
    })

    given = keyed(found, ("half", "nine tenths", "unluckiest"), "your dict")
    told = {name: number(given[name], f"your number for {name}") for name in given}
    for name, right, tolerance, mistakes in (
        ("half", 0.5, 0.03, {1.5: "own", 0.0005: "seconds", 1.0: "answers", 0.0: "even",
                             0.25: "rate"}),
        ("nine tenths", 4.5, 0.35, {5.5: "own", 0.0045: "seconds", 9.0: "answers", 0.0: "even"}),
        ("unluckiest", 21.8, 2.5, {0.0218: "seconds", 0.0: "even"}),
    ):
        value = told[name]
        if abs(value - right) <= tolerance:
            continue
        words = {
            "own": "it has the answer's own millisecond in it: how long until its turn comes?",
            "seconds": "those are seconds: in milliseconds, please",
            "answers": "do your answers take a time drawn by chance, too? Each takes a millisecond",
            "even": "nobody waits where requests come in even steps, or ten times too far apart: "
            "they come by chance",
            "rate": "is the load the one that is asked for?",
        }
        for wrong, kind in mistakes.items():
            if abs(value - wrong) <= max(0.07 * wrong, 1e-9) and abs(value - wrong) <= tolerance:
                raise Wrong(f"your number for {name}: {words[kind]}")
        if name == "unluckiest" and value > 30:
            raise Wrong("your number for unluckiest is too large for one in a hundred: is it the "
                        "longest wait of all, or of one in a thousand?")
        if name == "unluckiest" and abs(value - 4.5) < 0.5:
            raise Wrong("your number for unluckiest is the mean: np.quantile, with which share?")
        side = "large" if value > right else "small"
        raise Wrong(f"your number for {name} is too {side}: a million requests, at which load, and "
                    "in milliseconds?")
    came = "You had foreseen it." if guess == 4.5 else f"You had expected {guess:g} ms."
    return (f"{came} And beware of a client that waits for its answer before it sends the next "
            "request: it never has more than one in the queue, so it never meets the queue that "
            "many people make who do not know of each other.")

# %% wrong
def queue_with(step, shown=lambda waited, arrivals, seconds: waited):
    def waits_wrongly(arrivals, seconds):
        waited = np.zeros(len(arrivals))
        for i in range(1, len(arrivals)):
            waited[i] = step(waited[i - 1], seconds[i - 1], seconds[i],
                             arrivals[i] - arrivals[i - 1])
        return shown(waited, arrivals, seconds)
    return waits_wrongly

def usual_step(waited, before, own, gap):
    return max(0, waited + before - gap)

def sorts_arrivals(arrivals, seconds):
    arrivals -= arrivals[0]
    return waits(arrivals, seconds)

right_waits = {"half": 0.5, "nine tenths": 4.5, "unluckiest": 21.8}
{
    "no floor": (4.5, queue_with(lambda w, before, own, gap: w + before - gap), right_waits),
    "a floor at the end": (4.5, queue_with(lambda w, before, own, gap: w + before - gap,
                                           lambda w, a, s: np.maximum(w, 0)), right_waits),
    "one's own time": (4.5, queue_with(lambda w, before, own, gap: max(0, w + own - gap)),
                       right_waits),
    "with the answer": (4.5, queue_with(usual_step, lambda w, a, s: w + s), right_waits),
    "only the one before": (4.5, queue_with(lambda w, before, own, gap: max(0, before - gap)),
                            right_waits),
    "its own time alone": (0.5, queue_with(lambda w, before, own, gap: max(0, own - gap)),
                           right_waits),
    "moments": (4.5, queue_with(usual_step, lambda w, a, s: a + w), right_waits),
    "moments of the end": (4.5, queue_with(usual_step, lambda w, a, s: a + w + s), right_waits),
    "no gaps": (4.5, queue_with(lambda w, before, own, gap: w + before), right_waits),
    "milliseconds": (4.5, lambda a, s: 1000 * waits(a, s), right_waits),
    "not the first": (4.5, lambda a, s: waits(a, s)[1:], right_waits),
    "the mean": (4.5, lambda a, s: waits(a, s).mean(), right_waits),
    "nobody waits": (0.1, lambda a, s: np.zeros(len(a)), right_waits),
    "whole seconds": (4.5, lambda a, s: np.floor(waits(a, s)), right_waits),
    "all take as long": (4.5, lambda a, s: waits(a, np.full(len(a), s[0])), right_waits),
    "changes its input": (4.5, sorts_arrivals, right_waits),
    "own millisecond": (4.5, waits, {"half": 1.5, "nine tenths": 5.5, "unluckiest": 22.8}),
    "in seconds": (4.5, waits, {"half": 0.0005, "nine tenths": 0.0045, "unluckiest": 0.0218}),
    "answers by chance": (9, waits, {"half": 1.0, "nine tenths": 9.0, "unluckiest": 44.8}),
    "even steps": (0.1, waits, {"half": 0, "nine tenths": 0, "unluckiest": 0}),
    "the longest": (4.5, waits, right_waits | {"unluckiest": 51.3}),
    "the mean once more": (4.5, waits, right_waits | {"unluckiest": 4.52}),
    "another load": (4.5, waits, right_waits | {"nine tenths": 2.0}),
    "the wrong way round": (4.5, waits, {"half": 4.5, "nine tenths": 0.5, "unluckiest": 21.8}),
    "two numbers": (4.5, waits, {"half": 0.5, "nine tenths": 4.5}),
    "a list": (4.5, waits, [0.5, 4.5, 21.8]),
    "no such prediction": (45, waits, right_waits),
}

# %% [markdown] 17.5 · experiment · 25 minutes
# A byte for each number. A vector of 64 float32 has 256 bytes; as whole numbers from −128 to 127 it
# would have 64, four times as many items would fit into the same memory, and a core that waits for
# memory would wait less. Write `pack(items)` for a table (number, k) of float32. It returns a pair:
# a table of int8 of the same shape, and whatever `restore` needs to make numbers of it again, at
# most two numbers for each row and two for each column. And write `restore(packed)`, which gets
# this pair and returns a float32 table.
#
# No number may come out further from the original than half a step. The step of a column is its
# largest absolute value, divided by 127; a column of zeros has to come back as zeros.
#
# Then pack the `films` of section 5, and search in what comes out: which share of the best ten of
# the `users` does `ExactSearch` still find? Hand in this recall, to three digits. How much does it
# lose if you take a single step for the whole table, or one for each film?

# %% [markdown] hint
# Divide by the step, round, and keep the steps. `astype(np.int8)` doesn't round: it cuts off what
# is behind the point. What does it make of 128, and your division of a column of zeros? In the
# notebook, `best` holds the ten best of each user.

# %% stub
def pack(items):
    ...

def restore(packed):
    ...

recall_of_bytes = ...
check("17.5", pack, restore, recall_of_bytes)

# %% solution
def pack(items):
    steps = np.abs(items).max(axis=0) / 127
    steps[steps == 0] = 1  # a column of zeros: any step will do
    return np.rint(items / steps).astype(np.int8), steps

def restore(packed):
    table, steps = packed
    return table * steps.astype(np.float32)

def recall_in(table):
    again = ExactSearch(table).search(users, 10)[0]
    return np.mean([np.isin(exact, found).mean() for exact, found in zip(best, again)])

recall_of_bytes = recall_in(restore(pack(films)))

for name_of_step, step_of in {"column": np.abs(films).max(axis=0),
                              "film": np.abs(films).max(axis=1, keepdims=True).clip(1e-9),
                              "table": np.abs(films).max()}.items():
    for levels in (127, 7):
        coarse = np.rint(films / step_of * levels) / levels * step_of
        print(f"a step for each {name_of_step:6} {levels:3}", round(recall_in(coarse), 4))
# On the real data 0.993, whether each column has a step or each film, and 0.991 with one for the
# whole table: the columns of this model are much alike. With half a byte, levels from −7 to 7, it
# is 0.90 with a step for each column.

# %% check
def check(pack, restore, recall):
    def packed_by(table):
        packed = run(pack, table, what="pack")
        if not isinstance(packed, tuple | list) or len(packed) != 2:
            raise Wrong("pack should return a pair, the table of int8 and what restore needs, and "
                        f"returns {described(packed)}")
        kind = getattr(packed[0], "dtype", None)
        if kind != np.int8:
            raise Wrong("the first thing that pack returns should be a table of int8, and is "
                        f"{described(packed[0])}{f' of {kind}' if kind is not None else ''}")
        if packed[0].shape != table.shape:
            raise Wrong(f"the table of int8 should have the shape {table.shape} of the items, and "
                        f"has {packed[0].shape}")
        return packed

    def stored(table):
        """What pack makes of it, from a file: what is not in there, restore can't know."""
        packed = packed_by(table)
        try:
            size, sent = len(pickle.dumps(packed[1])), pickle.loads(pickle.dumps(packed))
        except Exception:
            raise Wrong("what pack returns cannot be stored in a file") from None
        if size > 16 * sum(table.shape) + 1000:  # eight bytes for each number, and some for names
            raise Wrong(f"besides the int8, pack keeps {size:,} bytes of a table of {table.shape}: "
                        "at most two numbers for each row and two for each column")
        return sent

    def told(table, sent):
        back = run(restore, sent, what="restore")
        if not isinstance(back, np.ndarray) or back.shape != table.shape:
            raise Wrong(f"restore should return a table of the shape {table.shape}, and returns "
                        f"{described(back)}")
        if back.dtype != np.float32:
            raise Wrong(f"restore should return float32, and returns {back.dtype}")
        return back

    lot = np.random.default_rng(5)
    plain_table = lot.normal(size=(80, 64)).astype(np.float32)
    of_sizes = (plain_table[:, :40] * 10.0 ** lot.uniform(-4, 3, 40)).astype(np.float32)
    zeros = plain_table[:30, :20].copy()
    zeros[:, [0, 7]] = 0
    below = lot.uniform(-1, 0.4, (50, 30)).astype(np.float32)
    below[4] = -1  # the largest absolute value of each column is a negative one
    both_ends = np.tile(np.float32([[-1.0], [1.0], [0.501], [-0.499]]), (1, 12))
    long_rows = (plain_table[:, :24] * 10.0 ** lot.uniform(-3, 2, (80, 1))).astype(np.float32)
    tables = {
        "of columns of very different sizes": of_sizes,
        "of numbers around 0": plain_table,
        "with a column of zeros": zeros,
        "whose largest numbers are negative": below,
        "with the largest number both above and below 0": both_ends,
        "of rows of very different lengths": long_rows,
        "of a single row": plain_table[:1],
        "of a single column": plain_table[:, :1],
        "of zeros": np.zeros((5, 6), np.float32),
        "far from 0": (plain_table + 100).astype(np.float32),
    }
    sent = {words: stored(table) for words, table in tables.items()}
    for words, table in tables.items():
        back = told(table, sent[words])
        if not np.isfinite(back).all():
            raise Wrong(f"a table {words} comes back with a number that is not finite: is "
                        "anything divided by 0?")
        off = np.abs(back.astype(float) - table)
        steps = np.abs(table.astype(float)).max(axis=0) / 127
        allowed = 0.502 * steps + 1e-12
        if (off <= allowed).all():
            continue
        row, column = np.unravel_index(np.argmax(off - allowed), off.shape)
        value, came = table[row, column], back[row, column]
        if back.any() and (back % 1 == 0).all():
            raise Wrong(f"of a table {words}, only whole numbers come back: where are the steps?")
        if value * came < 0 and off[row, column] > 10 * steps[column]:
            raise Wrong(f"in a table {words}, {value:.4g} comes back as {came:.4g}: int8 ends at "
                        "127, and after that comes −128")
        if not back.any():
            raise Wrong(f"a table {words} comes back as zeros: divide by the step before you round")
        steps_off = (off / np.maximum(steps, 1e-30)).max()
        if steps_off <= 1.01:
            raise Wrong(f"in a table {words}, {value:.4g} comes back as {came:.4g}, up to a whole "
                        "step away: is it rounded, or cut off? And does the largest number of a "
                        "column fit into int8 with your step?")
        one_step = np.abs(table).max() / 127
        if (off <= 1.01 * one_step).all() and words == "of columns of very different sizes":
            raise Wrong("the small columns are lost beside the large ones: is there one step for "
                        "the whole table, or for a whole row?")
        if (off <= 1.01 * one_step).all():
            raise Wrong(f"in a table {words}, {value:.4g} comes back as {came:.4g}, "
                        f"{steps_off:.2g} of its column's steps away: has each column its own?")
        raise Wrong(f"in a table {words}, {value:.4g} comes back as {came:.4g}, {steps_off:.2g} of "
                    "its column's steps away")

    users, films = vectors_of_section_5()
    right = ExactSearch(films).search(users, 10)
    unpacked = told(films, stored(films))
    found = ExactSearch(unpacked).search(users, 10)

    def share(mine, others):
        return np.mean([np.isin(a, b).mean() for a, b in zip(mine, others, strict=True)])

    kept = share(right[0], found[0])
    close(recall, kept, tolerance=0.0006, what="your recall", mistakes={
        "that is a percentage: give the share, between 0 and 1": 100 * kept,
        "that is what is lost: which share is found?": 1 - kept,
        "then nothing would be lost: do you search in the same vectors twice, or add up scores? "
        "Search in those that were unpacked, and count the films that are found": 1.0,
        "you ask whether the whole list is the same, in the same order: which share of the ten is "
        "found, wherever they stand?": (right[0] == found[0]).all(axis=1).mean(),
        "you compare place by place: a film that moved up by one is found, too":
            (right[0] == found[0]).mean(),
        "that is the share of people whose best film is still the best":
            (right[0][:, 0] == found[0][:, 0]).mean(),
        "you have packed the users as well: only the films": lambda: share(
            right[0], ExactSearch(unpacked).search(told(users, stored(users)), 10)[0]),
        "you search with the films as if they were the users": lambda: share(
            ExactSearch(films).search(films, 10)[0], ExactSearch(unpacked).search(films, 10)[0]),
    })
    return ("A quarter of the memory. Real libraries then multiply the bytes themselves, and look "
            "at the best hundred once more in full.")

# %% wrong
def packs(steps, make=lambda parts: np.rint(parts).astype(np.int8)):
    def pack_wrongly(items):
        sizes = steps(np.abs(items))
        sizes = np.where(sizes == 0, 1, sizes).astype(np.float32)
        return make(items / sizes), sizes
    return pack_wrongly

def by_column(sizes):
    return sizes.max(axis=0) / 127

def unpacks_doubled(packed):
    return np.asarray(packed[0] * packed[1].astype(float))

def with_the_rest(items):
    table, steps = pack(items)
    return table, (steps, items - restore((table, steps)))

LAST_PACKED = {}

def from_memory(items):
    LAST_PACKED["table"] = items
    return np.zeros(items.shape, np.int8), np.zeros(1)

def from_raw(packed):
    return np.frombuffer(packed[1], np.float32).reshape(packed[0].shape)

in_full = ExactSearch(films).search(users, 10)
in_bytes = ExactSearch(restore(pack(films))).search(users, 10)
r = recall_of_bytes
{
    "one step for all": (packs(lambda sizes: sizes.max(keepdims=True) / 127), restore, r),
    "one step for each row": (packs(lambda sizes: sizes.max(axis=1, keepdims=True) / 127),
                              restore, r),
    "128": (packs(lambda sizes: sizes.max(axis=0) / 128), restore, r),
    "128, cut": (packs(lambda sizes: sizes.max(axis=0) / 128,
                       lambda parts: np.rint(parts).clip(-128, 127).astype(np.int8)), restore, r),
    "256": (packs(lambda sizes: sizes.max(axis=0) / 255), restore, r),
    "cut off": (packs(by_column, lambda parts: parts.astype(np.int8)), restore, r),
    "rounded down": (packs(by_column, lambda parts: np.floor(parts).astype(np.int8)), restore, r),
    "half a byte": (packs(lambda sizes: sizes.max(axis=0) / 7), restore, r),
    "without steps": (packs(lambda sizes: np.ones(sizes.shape[1])), restore, r),
    "the step of the spread": (packs(lambda sizes: 3 * sizes.std(axis=0) / 127), restore, r),
    "the largest, not the largest size": (
        lambda items: (np.rint(items / (items.max(axis=0) / 127 + 1e-9)).astype(np.int8),
                       items.max(axis=0) / 127 + 1e-9), restore, r),
    "int16": (packs(by_column, lambda parts: np.rint(parts).astype(np.int16)), restore, r),
    "floats": (packs(by_column, np.rint), restore, r),
    "uint8": (packs(by_column, lambda parts: np.rint(parts + 128).astype(np.uint8)), restore, r),
    "not a number": (lambda items: (pack(items)[0], pack(items)[1] * np.nan), restore, r),
    "the rest is kept": (with_the_rest, lambda packed: restore((packed[0], packed[1][0])), r),
    "as bytes": (lambda items: (pack(items)[0], items.tobytes()), from_raw, r),
    "from memory": (from_memory, lambda packed: LAST_PACKED["table"], r),
    "float64": (pack, unpacks_doubled, r),
    "not multiplied": (pack, lambda packed: packed[0].astype(np.float32), r),
    "the table alone": (lambda items: pack(items)[0], restore, r),
    "turned": (lambda items: (pack(items)[0].T, pack(items)[1]), restore, r),
    "turned back": (pack, lambda packed: restore(packed).T, r),
    "percent": (pack, restore, 100 * r),
    "lost": (pack, restore, 1 - r),
    "the same twice": (pack, restore, 1.0),
    "place by place": (pack, restore, (in_full[0] == in_bytes[0]).mean()),
    "whole lists": (pack, restore, (in_full[0] == in_bytes[0]).all(axis=1).mean()),
    "scores": (pack, restore, in_bytes[1].sum() / in_full[1].sum()),
    "two digits": (pack, restore, 0.99),
    "too low": (pack, restore, 0.9),
    "a text": (pack, restore, "0.993"),
}

# %% [markdown] 17.6 · open · 120 minutes
# The graph of section 6 was the library's. Build one of your own, for the lifted films of section 5
# or a few ten thousand points of your own making: each item knows its m nearest neighbours in the
# lifted space. A search begins at some item, keeps a list of the best candidates that it has met,
# and goes on to the neighbours of the best one it has not visited yet, until none of the candidates
# in the list is unvisited. The longer this list, the more is found, and the more it costs. Compare
# it with the cells of section 4, at the same number of products computed. Then find a case in which
# the walk gets stuck, however long its list is, and see what it helps to give each item a few
# neighbours drawn by lot. (Jon Kleinberg asked in 2000 which long links make such a walk short.)

# %% stub
# 17.6: your code

# %% [markdown] rubric
# - Costs are counted in products, the same for both ways: also those with the middles of the cells,
#   and those with neighbours that turned out to be no good. No item is multiplied twice in a walk.
# - There is a picture of what is found over the number of products, with three or more lengths of
#   the list beside three or more numbers of cells, and with more than one start or seed.
# - You say what it costs to *build* the graph, and why that was left out of the picture or not.
# - There is a case that gets stuck, drawn or described, with the reason: parts of the graph that no
#   link leads into, for example. You say how often it happens with and without links drawn by lot.
# - The verdict names what the graph is better at and what the cells are, new items and memory among
#   it, and for how many items you would not build either.
