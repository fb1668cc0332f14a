"""Fingerprints of what a cell uses: another one whenever something that it uses has changed."""

import json
import random
import types

import numpy as np
import pytest
import torch

from scratch.course.unchanged import fingerprints, looked_up, stir


def names(**more) -> dict:
    """A kernel's names: two values, a module, and a function of a cell that uses another one."""
    space = {"__name__": "__main__", "numbers": [1, 2], "unused": [3], "json": json}
    exec("def total(): return sum(rescaled())", space)
    exec("def rescaled(): return [factor * n for n in data]", space)
    return space | {"factor": 2, "data": np.arange(3.0)} | more


def test_what_a_cell_uses_has_a_fingerprint_and_nothing_else():
    assert set(fingerprints("len(numbers) + missing", names())) == {"numbers"}
    assert fingerprints("mine = 1\nmine", names()) == {}


def test_names_that_are_nowhere_hide_none_that_are_there():
    missing = " + ".join(f"missing_{n}" for n in range(30))
    assert set(fingerprints(f"numbers + {missing}", names())) == {"numbers"}


def test_functions_of_cells_may_call_themselves_and_stand_beside_each_other():
    space = names()
    exec("def again(): return again() + unused", space)
    used = fingerprints("total() + again()", space)
    assert set(used) == {"total", "rescaled", "factor", "data", "again", "unused"}


def test_what_a_function_of_a_module_uses_is_not_meant_by_a_name_of_a_cell():
    space = names(dumps=json.dumps, JSONEncoder=3)
    assert "JSONEncoder" in json.dumps.__code__.co_names
    assert set(fingerprints("dumps(numbers)", space)) == {"dumps", "numbers"}


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a\n%time b\n!c\nd", "a d"),  # lines of IPython's own
        ("a = 1\nb = 2\na + b", ""),
        ("a = a", "a"),
        ("a[b] = c", "a b c"),
        ("a: int = b\na", "int b"),
        ("a += b", "a b"),
        ("a = 1\na += b", "b"),
        ("a[b] += c", "a b c"),
        ("for a in b:\n    a + c\nelse:\n    d", "b c d"),
        ("for a in a:\n    b", "a b"),
        ("for a in b:\n    c\na", "a b c"),  # it may have had no turn
        ("[x + a for x in x]", "a x"),
        ("[x for x in a]\nx", "a x"),
        ("{y for x in a for y in x if y + b}", "a b"),
        ("{k: v + b for k, v in a}", "a b"),
    ],
)
def test_what_is_looked_up_is_what_was_not_bound_before(source, names):
    assert looked_up(source) == {*names.split()}


@pytest.mark.parametrize("source", ["total()", "%time total()\nrescaled()", "json.dumps(numbers)"])
def test_it_is_the_same_as_long_as_nothing_has_changed(source):
    space = names()
    assert fingerprints(source, space) == fingerprints(source, space)


def test_a_function_of_a_cell_comes_with_all_that_it_uses():
    used = fingerprints("total()", names())
    assert {"total", "rescaled", "factor", "data"} <= set(used)
    for changed in ({"factor": 3}, {"data": np.array([0.0, 1.0, 2.5])}):
        assert fingerprints("total()", names(**changed))[min(changed)] != used[min(changed)]


def test_what_was_changed_in_place_has_another():
    space = names()
    before = fingerprints("numbers", space)
    space["numbers"].append(3)
    assert fingerprints("numbers", space) != before


def test_functions_classes_and_modules_count_by_their_identity():
    module, other = types.ModuleType("m"), types.ModuleType("m")
    assert fingerprints("x", {"x": module}) != fingerprints("x", {"x": other})
    assert fingerprints("x", {"x": int}) == fingerprints("x", {"x": int})


def test_a_value_that_cannot_be_taken_apart_counts_by_its_identity():
    first, second = ((n for n in range(3)) for _ in "ab")
    assert fingerprints("x", {"x": first}) == fingerprints("x", {"x": first})
    assert fingerprints("x", {"x": first}) != fingerprints("x", {"x": second})


def test_generators_that_everybody_shares_are_set_by_a_number():
    def drawn():
        return random.random(), np.random.random(), torch.rand(1).item()  # noqa: NPY002

    kept = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    try:
        results = []
        for number in (1, 2, 1):
            stir(number)
            results.append(drawn())
    finally:
        random.setstate(kept[0])
        np.random.set_state(kept[1])  # noqa: NPY002
        torch.set_rng_state(kept[2])
    assert results[0] == results[2]
    assert all(a != b for a, b in zip(*results[:2], strict=True))
