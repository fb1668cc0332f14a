import inspect
import sys
import types

import numpy as np
import pytest

from scratch.checking import Count, IndexArray, NotNegative, checked
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
