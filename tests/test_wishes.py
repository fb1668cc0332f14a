import math
import re

import numpy as np
import pandas as pd
import pytest
import torch

from scratch.checking.wishes import (
    AnyNumbers,
    Array,
    Changed,
    Column,
    Count,
    FloatTable,
    IndexArray,
    MaskArray,
    NotNegative,
    OneOf,
    OnesTable,
    Positive,
    ScoreArray,
    Share,
    Size,
    TableArray,
    TableSize,
    Vectors,
    Within,
    check_below,
    finite,
    kind_of,
    shown,
)


@pytest.mark.parametrize(
    ("annotation", "good", "bad"),
    [
        (Count, [1, 2**70], {0: "at least 1"}),
        (Size, [0, 2**70], {-1: "at least 0"}),
        (
            TableSize,
            [1, 2**31 - 1],
            {0: "at least 1", 2**31: "at least 1 and at most 2,147,483,647, got 2147483648"},
        ),
        (NotNegative, [0, 1e-300], {-1e-300: "at least 0"}),
        (Positive, [1e-300, 5], {0: "above 0", -1e-300: "above 0"}),
        (Share, [0, 0.5, 1], {-1e-9: "at least 0 and at most 1", 1 + 1e-9: "at least 0 and at mo"}),
    ],
)
def test_the_numbers_that_have_a_name_have_their_bounds(annotation, good, bad):
    (wish,) = annotation.__metadata__
    for value in good:
        wish.check("k", value)
    for value, words in bad.items():
        with pytest.raises(ValueError, match=f"^k must be {words}"):
            wish.check("k", value)


@pytest.mark.parametrize(
    ("annotation", "good", "kind", "bad"),
    [
        (Column, [1, 2], int, {"one axis": [[1, 2]], "a list or an array, got 3$": 3}),
        (TableArray, [[1, 2]], int, {"two axes": [1, 2], "array of numbers": [["a"]]}),
        (Vectors, [[1, 2]], float, {"two axes": [1, 2], "has a number as large": [[1.0, 1e200]]}),
        (FloatTable, [[1, 2]], float, {"two axes": [1, 2], "array of numbers": [["a"]]}),
        (OnesTable, [[0, 1]], float, {"two axes": [0, 1], "zeros and ones only": [[0, 2]]}),
        (IndexArray, [-1, 2], int, {"one axis": [[1]], "whole numbers, got an array": [1.0]}),
        (MaskArray, [[True]], bool, {"booleans, got an array of int64": [1]}),
        (ScoreArray, [[1.0, -math.inf]], float, {"finite number": [math.nan]}),
        (AnyNumbers, [[1.0, math.nan, math.inf]], float, {"array of numbers": ["a"]}),
        (Changed, np.ones((1, 2)), float, {"changed in place": [1.0]}),
    ],
)
def test_the_arrays_that_have_a_name_are_of_their_kind(annotation, good, kind, bad):
    (wish,) = annotation.__metadata__
    found = wish.check("x", good)
    assert isinstance(found, np.ndarray) and found.dtype == kind
    assert np.array_equal(found, good, equal_nan=True)
    for words, value in bad.items():
        with pytest.raises((TypeError, ValueError), match=f"^x.*{words}"):
            wish.check("x", value)


@pytest.mark.parametrize(
    ("within", "good", "bad", "words"),
    [
        (Within(1), [1, 2, 10**9], [0, -1], "at least 1"),
        (Within(0, low_is_open=True), [1e-300], [0, -1], "above 0"),
        (Within(0, 1), [0, 0.5, 1], [-1e-9, 1.5], "at least 0 and at most 1"),
        (Within(0, 1, True, True), [0.5], [0, 1], "above 0 and below 1"),
        (Within(high=3), [3, -99], [4], "at most 3"),
        (Within(-(10**6), 999_999), [0], [10**6], "at least -1,000,000 and at most 999999"),
        (Within(0, 1e6), [0], [2**31], r"at least 0 and at most 1e\+06"),
    ],
)
def test_a_number_lies_within_its_bounds_or_is_refused_by_name(within, good, bad, words):
    for value in good:
        within.check("k", value)
    for value in bad:
        with pytest.raises(ValueError, match=rf"^k must be {words}, got {value}$"):
            within.check("k", value)


def test_arrays_and_lists_and_columns_are_arrays():
    numbers = np.array([1.0, 2.0])
    assert Array().check("x", numbers) is numbers
    for value in ([1.0, 2.0], (1.0, 2.0), pd.Series([1.0, 2.0], index=[5, 3]), torch.ones(2)):
        array = Array(1).check("x", value)
        assert isinstance(array, np.ndarray) and array.shape == (2,)
    assert Array(0).check("x", 3).ndim == 0


@pytest.mark.parametrize(
    "value", [None, "text", b"text", {"a": 1}, {1, 2}, ["a"], [None], [1j], [[1], [1, 2]], object()]
)
def test_what_holds_no_numbers_is_no_array_of_them(value):
    with pytest.raises(TypeError, match=r"^x .*numbers"):
        Array().check("x", value)


@pytest.mark.parametrize("value", [None, "text", b"text", {"a": 1}, {1}, frozenset()], ids=repr)
@pytest.mark.parametrize("kind", [("number", "numbers"), ("whole", "whole numbers")])
def test_what_is_no_list_is_shown_as_it_is(value, kind):
    words = f"x must be an array of {kind[1]}, got {value!r}"
    with pytest.raises(TypeError, match=f"^{re.escape(words)}$"):
        Array(1, kind[0]).check("x", value)


def test_whole_numbers_and_booleans_are_asked_for_by_kind():
    assert Array(kind="whole").check("x", [1, 2]).tolist() == [1, 2]
    assert Array(kind="bool").check("x", [True]).dtype == bool
    none = np.empty(0, "U1")
    for kind, words, values in [
        ("whole", "whole numbers", ([1.0], [True], np.empty(0, bool), none)),
        ("bool", "booleans", ([1], [0.5], np.empty(0, int), none)),
    ]:
        for value in values:
            with pytest.raises(TypeError, match=f"^x must be an array of {words}, got an array"):
                Array(kind=kind).check("x", value)
    # Of an empty list one can't say of which kind it is.
    assert Array(1, "whole").check("x", []).dtype.kind == "i"
    assert Array(1, "bool").check("x", []).dtype.kind == "b"
    assert Array(1).check("x", []).dtype.kind == "f"


def test_whole_numbers_become_floats_where_floats_are_asked_for():
    floats = np.ones(2, np.float32)
    assert Array(1, "float").check("x", floats) is floats
    for value in ([1, 2], np.array([1, 2], np.int8), [True, False]):
        array = Array(1, "float").check("x", value)
        assert array.dtype == float and array.tolist() == list(map(float, value))
    with pytest.raises(TypeError, match=r"^x must be an array of numbers, got an array of"):
        Array(1, "float").check("x", ["a"])


def test_the_number_of_axes_is_named():
    with pytest.raises(ValueError, match=r"x must have one axis: a plain list .* shape \(1, 2\)"):
        Array(1).check("x", [[1, 2]])
    with pytest.raises(ValueError, match=r"x must have two axes: rows and columns, .* \(2,\)"):
        Array(2).check("x", [1, 2])
    with pytest.raises(ValueError, match="x must have 3 axes"):
        Array(3).check("x", [1, 2])


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_the_first_number_that_is_not_finite_is_named_with_its_place(bad):
    table = np.ones((2, 3))
    table[1, 2] = bad
    with pytest.raises(ValueError, match=rf"^x\[1, 2\] is {bad}: it must be a finite number"):
        Array().check("x", table)
    with pytest.raises(ValueError, match=rf"^x\[0, 2\] is {bad}: it must be a finite number"):
        Array().check("x", table[[1, 0, 1]])
    with pytest.raises(ValueError, match=rf"^x is {bad}: "):
        Array().check("x", bad)
    assert Array(finite="no").check("x", table) is table


def test_minus_infinity_alone_may_be_allowed():
    scores = Array(finite="or -inf")
    assert scores.check("x", [-math.inf, 1.0]).tolist() == [-math.inf, 1.0]
    assert scores.check("x", [-math.inf]).tolist() == [-math.inf]
    for bad in (math.nan, math.inf):
        with pytest.raises(ValueError, match=rf"x\[2\] is {bad}"):
            scores.check("x", [-math.inf, 1.0, bad])


def test_what_is_changed_in_place_must_be_an_array_that_can_be():
    changed = Array(in_place=True)
    numbers = np.ones(2)
    assert changed.check("x", numbers) is numbers
    numbers.flags.writeable = False
    for value in (numbers, [1.0, 2.0], pd.Series([1.0])):
        with pytest.raises(TypeError, match="x is changed in place"):
            changed.check("x", value)


def test_one_of_a_few():
    assert OneOf(("raise", "cold")).check("unknown", "cold") == "cold"
    for value in ("Cold", 1, None, ["cold"], np.array([1, 2])):
        with pytest.raises(ValueError, match="unknown must be 'raise' or 'cold', got"):
            OneOf(("raise", "cold")).check("unknown", value)


class Silent:
    def __repr__(self):
        raise RuntimeError


def test_large_values_are_shown_by_their_kind():
    assert shown(2.5) == "2.5"
    assert shown("x") == "'x'"
    assert shown(np.array([1, 2])) == "array([1, 2])"
    assert shown(np.array([1, 2, 3, 4])) == "array([1, 2, 3, 4])"
    assert shown(np.zeros(5)) == kind_of(np.zeros(5))
    assert kind_of(np.zeros((3, 2))) == "an array of float64 of shape (3, 2)"
    assert shown(list(range(1000))).startswith("list [0, 1, 2")
    assert shown("a" * 58) == f"'{'a' * 58}'" and shown("a" * 59) == f"str '{'a' * 39}…"
    assert len(shown("a" * 1000)) < 60
    assert shown(pd.DataFrame({"a": [1]})).startswith("DataFrame a 0 1")
    assert shown(Silent()) == "Silent …"


def test_what_is_squared_is_a_float_and_not_too_large_for_that():
    squared = Array(2, squared=True)
    for kind in (np.int8, int, bool, np.float16):
        assert squared.check("x", np.full((2, 2), 1, kind)).dtype == float
    for kind in (np.float32, np.float64):
        most = kind(float(np.finfo(kind).max) ** 0.5 / 1e3)  # a million of its squares add up
        for sign in (1, -1):
            table = np.array([[0, sign * most]], kind)
            assert squared.check("x", table) is table
            with pytest.raises(ValueError, match=rf"^x has a number as large as .*{kind.__name__}"):
                squared.check("x", np.nextafter(table, table * 2))
    assert squared.check("x", np.empty((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("wrong", [-1, 3, 10**6])
def test_an_index_of_nothing_is_named(wrong):
    check_below("user", np.array([0, 2, 1]), 3)
    check_below("user", np.array([], int), 0)
    words = rf"^user index {wrong} is out of range: {{}} has 3, counted from 0$"
    with pytest.raises(IndexError, match=words.format("the model")):
        check_below("user", np.array([0, wrong, 2]), 3)
    with pytest.raises(IndexError, match=words.format("U")):
        check_below("user", np.array([0, wrong, 2, -99]), 3, "U")


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_result_that_is_not_finite_is_refused(bad):
    table = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert finite("the sum", table, "x") is table
    assert finite("the sum", 2.5, "x") == 2.5
    assert finite("the sum", np.empty((0, 2)), "x").shape == (0, 2)
    for no_float in (3, True, None, "a text", ["a"], np.array([1, 2])):
        assert finite("the sum", no_float, "x") is no_float
    table[1, 0] = bad
    for result in (bad, table):
        words = f"^the sum can't be computed, {bad} came out: the numbers in x or y are too large"
        with pytest.raises(ValueError, match=words):
            finite("the sum", result, "x or y")
    table[1, 1] = -math.inf if bad == math.inf else math.inf
    with pytest.raises(ValueError, match=f", {bad} came out"):  # the first of them
        finite("the sum", table, "x")


def test_zeros_and_ones_become_floats_and_nothing_else_is_one_of_them():
    ones = Array(2, "one")
    table = np.array([[0.0, 1.0]])
    assert ones.check("x", table) is table
    for kind in (np.int8, np.uint8, bool):
        assert ones.check("x", table.astype(kind)).dtype == float
    for bad in (2.0, -1.0, 0.5):
        with pytest.raises(ValueError, match=rf"^x\[0, 1\] is {bad}: it must hold zeros and ones"):
            ones.check("x", [[1.0, bad, 3.0], [4.0, 0.0, 1.0]])


def test_masked_numbers_are_not_uncovered_in_silence():
    hidden = np.ma.array([1.0, 99.0, 99.0], mask=[False, True, True])
    with pytest.raises(ValueError, match=r"^stars has 2 masked values: leave them out, as .comp"):
        Array(1).check("stars", hidden)
    assert Array(1).check("stars", np.ma.array([1.0, 2.0])).tolist() == [1.0, 2.0]


def test_numbers_in_the_byte_order_of_another_machine_become_our_own():
    array = Array(1).check("stars", np.array([1.0, 2.0], ">f8"))
    assert array.dtype.isnative and array.tolist() == [1.0, 2.0]
    changed = np.array([1.0], ">f8")
    assert Array(1, in_place=True).check("U", changed) is changed


@pytest.mark.parametrize("kind", ["f2", "g", ">f4"])
def test_floats_of_unusual_kinds_become_such_as_can_be_computed_with(kind):
    array = Array(1).check("stars", np.array([0.5, 3.0], kind))
    assert array.dtype in (np.float32, np.float64) and array.tolist() == [0.5, 3.0]
    assert Array(1).check("stars", np.ones(1, np.float32)).dtype == np.float32
    with pytest.raises(ValueError, match=r"stars\[0\] is inf"):
        Array(1).check("stars", np.array(["1e4000"]).astype("g"))


@pytest.mark.parametrize("kind", ["Int64", "Float64", "boolean"])
def test_a_table_whose_columns_know_missing_values_is_numbers(kind):
    table = pd.DataFrame({"a": [1, 0], "b": [1, 1]}).astype(kind)
    found = Array(2).check("rows", table)
    assert found.tolist() == [[1, 1], [0, 1]] and found.dtype.kind in "ifb"
    table.loc[1, "a"] = pd.NA
    with pytest.raises((TypeError, ValueError), match=r"rows(\[1, 0\] is nan| must be an array)"):
        Array(2).check("rows", table)
    with pytest.raises(TypeError, match="rows must be an array of numbers, got an array of object"):
        Array(2).check("rows", table.assign(b=["x", "y"]))
