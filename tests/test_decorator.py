import dataclasses
import inspect
import json
import sys
import types
from typing import Literal

import numpy as np
import pytest

from scratch.checking import Count, IndexArray, NotNegative, check_fields, checked
from scratch.checking.decorator import newest


@checked
def mean_of(users: IndexArray, k: Count, *rest: int, l2: NotNegative = 0.0, say=None, **more: str):
    """What it does."""
    return users, k, rest, l2, say, more


def test_arguments_are_looked_at_by_place_and_by_name():
    users, k, rest, l2, say, more = mean_of([1, 2], np.int8(3), 4, 5, l2=0.5, say="x", other=1)
    assert isinstance(users, np.ndarray) and users.tolist() == [1, 2]
    assert (k, rest, l2, say, more) == (3, (4, 5), 0.5, "x", {"other": 1})
    assert mean_of(k=1, users=[0])[1] == 1
    for wrong, name in [
        (lambda: mean_of([0.5], 1), "users"),
        (lambda: mean_of([1], 0), "k"),
        (lambda: mean_of([1], k=0), "k"),
        (lambda: mean_of([1], 1, 2.5), "rest"),
        (lambda: mean_of([1], 1, l2=-1), "l2"),
        (lambda: mean_of(None, 1), "users"),
        (lambda: mean_of([1], None), "k"),
        (lambda: mean_of([1], 1, l2=None), "l2"),
    ]:
        with pytest.raises((TypeError, ValueError), match=rf"^{name} must be"):
            wrong()


def test_too_many_or_too_few_arguments_are_python_s_own_complaint():
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'k'"):
        mean_of([1])

    @checked
    def one(k: Count):
        return k

    with pytest.raises(TypeError, match="takes 1 positional argument but 2 were given"):
        one(1, 2)
    with pytest.raises(TypeError, match="unexpected keyword argument 'm'"):
        one(1, m=2)


def test_none_is_allowed_where_it_is_what_is_taken_by_default():
    @checked
    def function(k: Count = None):
        return k

    assert function(None) is None and function(k=None) is None and function() is None
    with pytest.raises(ValueError, match="k must be at least 1"):
        function(0)


def test_it_looks_like_the_function_itself():
    assert mean_of.__doc__ == "What it does." and mean_of.__name__ == "mean_of"
    assert list(inspect.signature(mean_of).parameters)[:2] == ["users", "k"]
    assert inspect.getsource(mean_of).startswith("@checked\ndef mean_of")


def test_methods_are_looked_at():
    class Model:
        @checked
        def __init__(self, k: Count):
            self.k = k

        @classmethod
        @checked
        def of(cls, k: Count):
            return cls(k)

    assert Model(2).k == Model.of(2).k == 2
    for make in (Model, Model.of):
        with pytest.raises(ValueError, match="k must be at least 1, got 0"):
            make(0)


SOURCE = "@checked\ndef f(k: Count):\n    return k\n"


def test_an_edit_shows_in_what_was_imported_by_name_annotations_included(monkeypatch):
    module = types.ModuleType("some_lesson")
    monkeypatch.setitem(sys.modules, "some_lesson", module)
    vars(module).update(checked=checked, Count=Count, NotNegative=NotNegative)
    exec(SOURCE, vars(module))
    imported = module.f
    assert imported(1) == 1
    exec(SOURCE.replace("return k", "return k + 1").replace("Count", "NotNegative"), vars(module))
    assert imported is not module.f
    assert imported(0.5) == 1.5
    assert newest(imported) is module.f
    module.f = abs  # another object under the same name is none of its business
    assert imported(2) == 2


def test_a_cell_that_gives_a_name_again_makes_another_function(monkeypatch):
    cell = {"__name__": "__main__", "checked": checked, "Count": Count}
    exec(SOURCE, cell)
    first = cell["f"]
    exec(SOURCE.replace("return k", "return -k"), cell)
    monkeypatch.setattr(sys.modules["__main__"], "f", cell["f"], raising=False)
    assert newest(first) is first
    assert first(2) == 2 and cell["f"](2) == -2


def test_an_edit_of_the_code_in_place_shows_too():
    def plain(k: Count):
        return k

    def other(k: Count, more: Count):
        return k + more

    function = checked(plain)
    assert function(1) == 1
    plain.__code__ = other.__code__
    plain.__annotations__ = other.__annotations__
    assert function(1, 2) == 3
    with pytest.raises(ValueError, match="more must be at least 1"):
        function(1, 0)


@dataclasses.dataclass(frozen=True)
class Settings:
    k: Count = 3
    l2: NotNegative = 0.5
    center: float | None = None
    ones: Literal["liked", "rated"] = "liked"

    def __post_init__(self):
        check_fields(self)


def test_the_fields_of_a_dataclass_are_looked_at():
    assert Settings() == Settings(3, 0.5, None, "liked")
    for wrong, error, words in [
        ({"k": 0}, ValueError, "k must be at least 1, got 0"),
        ({"k": 2.5}, TypeError, "k must be a whole number"),
        ({"l2": float("nan")}, ValueError, "l2 must be a finite number"),
        ({"l2": "1"}, TypeError, "l2 must be a number"),
        ({"center": "x"}, TypeError, "center must be a number"),
        ({"ones": "foo"}, ValueError, "ones must be 'liked' or 'rated', got 'foo'"),
    ]:
        with pytest.raises(error, match=f"^{words}"):
            Settings(**wrong)
    with pytest.raises(ValueError, match="k must be at least 1"):
        dataclasses.replace(Settings(), k=0)


def test_numbers_of_numpy_become_those_of_python_in_a_dataclass():
    made = Settings(np.int8(100), np.int8(100), np.float32(0.5))
    assert [type(value) for value in dataclasses.astuple(made)] == [int, int, float, str]
    assert (made.k * made.l2, made.center) == (10_000, 0.5)
    assert json.loads(json.dumps(dataclasses.asdict(made)))["k"] == 100


def test_a_name_that_is_taken_by_place_only_is_free_for_other_arguments():
    @checked
    def function(k: Count, /, **more):
        return k, more

    assert function(2, k="x") == (2, {"k": "x"})
    with pytest.raises(ValueError, match="k must be at least 1"):
        function(0, k="x")


@checked(too_large="x or y")
def product(x: float, y: float, pair=False):
    found = np.float64(x) * np.float64(y)
    return (found, "a text") if pair else found


@pytest.mark.filterwarnings("error")
def test_a_result_that_is_not_finite_is_blamed_on_what_was_too_large():
    assert product(2, 3) == 6
    assert product(2, 3, pair=True) == (6, "a text")
    for arguments in [{}, {"pair": True}]:
        with pytest.raises(ValueError, match=r"product can't .* inf came out.* in x or y"):
            product(1e200, 1e200, **arguments)
    with pytest.raises(TypeError, match="x must be a number"):
        product("a", 1)

    @checked(too_large="x")
    def nothing(x: np.ndarray):
        return x * x - x * x

    with pytest.raises(ValueError, match=r"nothing can't .* nan came out.* in x"):
        nothing([1e200])


def test_a_result_that_is_not_finite_is_handed_on_where_nothing_is_said_of_it():
    @checked
    def same(x: object):
        return x

    assert same(np.inf) == np.inf
