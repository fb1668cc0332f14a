import math
import sys
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Optional, Protocol

import numpy as np
import pandas as pd
import pytest
from numpy.typing import ArrayLike

from scratch.checking.rules import number, or_none, rule_of, whole
from scratch.checking.wishes import Array, Count, IndexArray, NotNegative, Share, Within


class Own(NamedTuple):
    number: int


class Speaker(Protocol):
    def say(self, word: str) -> str: ...

    def rest(self) -> None: ...

    def _remember(self) -> None: ...  # nobody else's business


class Person:
    def say(self, word):
        return word

    def rest(self):
        pass


class Mute:
    def rest(self):
        pass


OK = {
    int: [0, -3, np.int8(4), 10**30],
    float: [0, 2.5, np.float32(1), np.int64(3), -1e300],
    bool: [True, False, np.True_],
    str: ["", "x"],
    Path: [Path("x")],
    object: [None, "x"],
    Any: [None, "x"],
    Hashable: [None, "x", 1],
    pd.DataFrame: [pd.DataFrame()],
    np.random.Generator: [np.random.default_rng(0)],
    np.ndarray: [[1, 2], np.ones((2, 2)), 3],
    ArrayLike: [[1, 2], np.ones((2, 2)), 3],
    Own: [Own(1)],
    Literal["a", "b"]: ["a", "b"],
    int | None: [None, 3],
    Optional[int]: [None, 3],  # noqa: UP045  # as other people write it
    int | str: [3, "x"],
    Count: [1, 7],
    Count | None: [None, 2],
    NotNegative: [0, 0.5],
    Share: [0, 1, 0.25],
    IndexArray: [[0, -1], np.array([3], np.uint8), []],
    Sequence[float]: [[1, 2.5], (), np.ones(3), pd.Series([1.0])],
    Sequence[str]: [["a"], ()],
    Sequence[Any]: [[1, None], np.ones((2, 2))],
    type[Person]: [Person],
    tuple[Hashable, ...]: [("a", 1), ()],
    Sequence[Sequence[float]]: [[[1], [2, 3]], np.ones((2, 2))],
    Iterable[int]: [[1], {1, 2}, range(3), np.arange(3), {1: "x"}],
    Collection[Hashable]: [{"a"}, ["a"]],
    Iterable[Hashable]: [[1, None, "a", (1, 2)], np.arange(3), pd.Series(["a"]), {"a": 1}],
    Sequence[tuple[Hashable, float]]: [[("a", 1), (2, 0.5)], [["a", 1]]],
    Speaker: [Person()],
    Mapping[int, float]: [{1: 2.5}, {}],
    Mapping[str, Sequence[float]]: [{"a": [1.0]}],
    Callable[[int], int]: [abs, lambda x: x],
    tuple[int, float]: [(1, 2.5), [1, 2]],
    tuple[int, ...]: [(1, 2), ()],
    list[int]: [[1], (2,)],
    Iterator[int]: [iter([1])],
    "a name in quotes": [None, 1],
}
BAD = {
    int: [2.0, 2.5, True, None, "1", math.nan, [1], np.float64(1), np.array([1, 2])],
    float: [math.nan, math.inf, -math.inf, True, None, "1", 1j, [1.0], 10**400],
    bool: [0, 1, None, "yes"],
    str: [None, 1, b"x"],
    Path: ["x", None],
    pd.DataFrame: [[1], {"a": 1}, None],
    np.random.Generator: [None, 0, np.random, np.random.RandomState(0)],
    np.ndarray: [None, "x", [1, math.nan], {"a": 1}],
    ArrayLike: [None, "x", [1, math.nan]],
    Own: [None, (1,), 1],
    Literal["a", "b"]: ["A", None, 1, ["a"]],
    int | None: [2.5, "x"],
    int | str: [2.5, None],
    Count: [0, -1, 1.0, True, None],
    NotNegative: [-1e-9, math.nan, "0"],
    Share: [-0.1, 1.1],
    IndexArray: [[0.0], [[0]], [True], None],
    Sequence[float]: [None, "12", 1.0, [None], [math.nan], {1.0}, {1: 2}, np.array([math.nan])],
    Sequence[str]: ["abc", [1], None],
    type[Person]: [Person(), None],
    tuple[Hashable, ...]: [(["a"],), "ab", 1],
    Sequence[Sequence[float]]: [[1], [["a"]]],
    Iterable[int]: [1, "12", None, [1.5], np.array(3), pd.DataFrame({"a": [1]})],
    Iterable[Hashable]: [[["a"]], [{1}], [(1, [2])], np.ones((2, 2)), pd.DataFrame({"a": [1]})],
    Sequence[tuple[Hashable, float]]: [[(["a"], 1)], [("a", "b")], [("a",)]],
    Speaker: [Mute(), Person, None, "x"],
    Mapping[int, float]: [None, [1], {1: "x"}, {"a": 1.0}, {1: math.nan}],
    Mapping[str, Sequence[float]]: [{"a": [None]}, {"a": 1.0}],
    Callable[[int], int]: [None, 1, "abs"],
    tuple[int, float]: [(1,), (1, 2, 3), (1, "x"), None, "ab"],
    tuple[int, ...]: [1, ("a",)],
    list[int]: [1, ["a"]],
    Iterator[int]: [[1], 1],
}


@pytest.mark.parametrize(
    ("annotation", "value"),
    [(annotation, value) for annotation, values in OK.items() for value in values],
    ids=lambda value: str(value)[:30].partition(" at 0x")[0],
)
def test_what_an_annotation_allows_is_handed_on(annotation, value):
    rule = rule_of(annotation)
    if rule is None:
        return
    found = rule("x", value)
    if found is not value:
        assert np.array_equal(found, value)


@pytest.mark.parametrize(
    ("annotation", "value"),
    [(annotation, value) for annotation, values in BAD.items() for value in values],
    ids=lambda value: str(value)[:30].partition(" at 0x")[0],
)
def test_what_an_annotation_does_not_allow_is_refused_by_name(annotation, value):
    with pytest.raises((TypeError, ValueError), match=r"\bx\b"):
        rule_of(annotation)("x", value)


def test_some_annotations_ask_nothing():
    remarks = Annotated[object, "a remark"], Annotated[object, Within(0, 1)]
    for annotation in (object, Any, Hashable, "text", *remarks):
        assert rule_of(annotation) is None


def test_numbers_come_as_they_are_and_whole_numbers_as_int():
    assert type(whole("x", np.int8(100))) is int
    single = np.float32(1.5)
    assert number("x", single) is single
    assert number("x", np.int8(100)) * 100 == 10_000
    assert type(number("x", Fraction(1, 2))) is float
    with pytest.raises(TypeError, match=r"got 2\.0: write 2$"):
        whole("x", 2.0)
    with pytest.raises(TypeError, match=r"got 2\.5$"):
        whole("x", 2.5)


def test_the_part_of_a_container_is_named():
    for annotation, value, where in [
        (Sequence[float], [1.0, "a"], r"x\[1\] must be a number"),
        (Mapping[str, float], {"a": None}, r"x\['a'\] must be a number"),
        (Mapping[int, float], {"a": 1.0}, r"a key of x must be a whole number"),
        (tuple[int, int], (1, 2.5), r"x\[1\] must be a whole number"),
        (Sequence[float], np.array([1, np.inf]), r"x\[1\] is inf"),
        (tuple[int, int], "ab", "x must have 2 parts, got 'ab'"),
        (tuple[int, int], np.array(3), r"x must have 2 parts, got array\(3\)"),
        (Sequence[int], np.array(3), r"x must be a list, got array\(3\)"),
    ]:
        with pytest.raises((TypeError, ValueError), match=f"^{where}"):
            rule_of(annotation)("x", value)


def test_lists_in_a_dictionary_become_the_arrays_that_are_asked_for():
    given = {"a": [1.0, 2.0]}
    found = rule_of(Mapping[str, np.ndarray])("x", given)
    assert isinstance(found["a"], np.ndarray) and given == {"a": [1.0, 2.0]}
    arrays = {"a": np.ones(2)}
    assert rule_of(Mapping[str, np.ndarray])("x", arrays) is arrays
    found = rule_of(Mapping[str, np.ndarray])("x", arrays | {"b": [3]})
    assert found["a"] is arrays["a"] and isinstance(found["b"], np.ndarray)


def test_an_iterator_is_gone_through_once_and_kept_as_a_list():
    assert rule_of(Iterable[int])("x", iter([1, 2])) == [1, 2]
    assert rule_of(Sequence[int])("x", range(3)) == range(3)
    assert rule_of(Sequence[int])("x", {"a": 1}.values()) == [1]
    with pytest.raises(TypeError, match=r"x\[1\]"):
        rule_of(Iterable[int])("x", iter([1, "a"]))


def test_a_union_tries_all_and_complains_as_its_first():
    rule = rule_of(IndexArray | int)
    assert rule("x", 3) == 3
    with pytest.raises(TypeError, match="x must be an array of whole numbers"):
        rule("x", "a")
    # The right kind and a wrong value is the value's fault, whatever else would be allowed.
    with pytest.raises(ValueError, match="at least 1"):
        rule_of(Count | str)("x", 0)
    assert rule_of(int | Any) is None


def test_none_may_be_allowed():
    assert or_none(whole)("x", None) is None
    with pytest.raises(TypeError):
        or_none(whole)("x", "a")


def test_a_class_that_was_loaded_anew_is_the_same_class():
    source = "class Kind:\n    pass\n"
    old, new = ({"__name__": "some_lesson"} for _ in range(2))
    exec(source, old)
    exec(source, new)
    made = old["Kind"]()
    assert rule_of(new["Kind"])("x", made) is made
    other = {"__name__": "another_lesson"}
    exec(source, other)
    with pytest.raises(TypeError, match="x must be a Kind"):
        rule_of(new["Kind"])("x", other["Kind"]())


def test_bounds_are_looked_at_after_the_kind():
    assert rule_of(Annotated[np.ndarray, Array(1)])("x", [1.0]).tolist() == [1.0]
    assert rule_of(Annotated[np.ndarray, Array(1), Array(2)])("x", [1.0]).tolist() == [1.0]
    assert sys.modules["scratch.checking.rules"].Array is Array


def test_the_part_that_no_index_may_be_is_named():
    with pytest.raises(TypeError, match=r"x\[1\] must be one value, such as a number or a text"):
        rule_of(Iterable[Hashable])("x", ["a", ["b"]])
    with pytest.raises(TypeError, match=r"x\[0\]\[1\] must be one value"):
        rule_of(Iterable[Iterable[Hashable]])("x", [["a", ["b"]]])


def test_what_has_the_methods_of_a_protocol_will_do_and_the_class_itself_will_not():
    rule = rule_of(Speaker)
    person = Person()
    assert rule("x", person) is person
    with pytest.raises(TypeError, match="x must have a method say, got"):
        rule("x", Mute())
    with pytest.raises(TypeError, match=r"x must be made of its class, as Person\(…\), got the cl"):
        rule("x", Person)


def test_whole_numbers_beyond_64_bits_become_floats_where_numbers_are_asked_for():
    for short in (2**63 - 1, -(2**63), np.uint64(2**63 - 1), np.int64(-(2**63))):
        found = number("x", short)
        assert type(found) is int and found == short
    for long in (2**63, -(2**63) - 1, 2**70, -(2**70), np.uint64(2**64 - 1)):
        found = number("x", long)
        assert type(found) is float and found == float(long)
    single = np.float32(1e30)
    assert number("x", single) is single


def test_an_annotation_may_bring_a_rule_of_its_own():
    def doubled(name, value):
        if not isinstance(value, int):
            raise TypeError(f"{name} can't be doubled")
        return 2 * value

    rule = rule_of(Annotated[Iterable[int], doubled, Within(0, 10)])
    assert rule("x", 3) == 6  # it stands in the place of the kind, here of the list
    with pytest.raises(TypeError, match="x can't be doubled"):
        rule("x", [3])
    with pytest.raises(ValueError, match="x must be at least 0 and at most 10, got 12"):
        rule("x", 6)


@pytest.mark.parametrize("kind", [Iterable, Sequence, Collection])
def test_what_can_be_gone_through_once_is_still_there_afterwards(kind):
    rule = rule_of(kind[Iterable[Hashable]])
    looked_at = rule("users_items", [iter("ab"), map(str, [3])])
    assert looked_at == [["a", "b"], ["3"]]
    given = [["a"], {"b"}]
    assert rule("users_items", given) is given  # no copy where none is needed


def test_a_tuple_of_what_can_be_gone_through_once_is_kept_too():
    rule = rule_of(tuple[str, Iterable[Hashable]])
    assert rule("pair", ("a", iter("bc"))) == ("a", ["b", "c"])
    given = ("a", ["b"])
    assert rule("pair", given) is given


def test_a_column_is_read_in_its_order_and_not_by_its_labels():
    column = pd.Series([1.5, 2.5, 4.0], index=[2, 1, 0])
    assert rule_of(Sequence[float])("fractions", column)[0] == 1.5
    assert rule_of(Sequence[Hashable])("items", column) == [1.5, 2.5, 4.0]
    assert rule_of(Sequence[Collection[Hashable]])("users", pd.Series([{1}, {2}], [1, 0])) == [
        {1},
        {2},
    ]
