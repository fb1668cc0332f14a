"""Every public function of the package is called with odd arguments: see `attack.py`.

Here a few odd values for each argument; `python -m scratch.course test-long` tries them all.
"""

import json
import math
import os
import pkgutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import attack
import numpy as np
import pandas as pd
import pytest

import scratch
from scratch.checking import checked

ROOT = Path(__file__).parents[1]
ODD = 4  # odd values for each argument
SECONDS = 600

NOT_ATTACKED = {
    "checking": "it is what refuses: test_wishes, test_rules, test_contracts",
    "course": "its commands are given words by people, not values: test_course and test_commands",
    "exercises": "they are made to be given anything, and have tests of that: test_judging",
    "teaching": "it reads files of the course alone",
}
ROOMS = sorted(m.name for m in pkgutil.iter_modules(scratch.__path__) if m.name not in NOT_ATTACKED)


@pytest.mark.parametrize("room", ROOMS)
def test_odd_arguments_get_an_answer_or_a_clear_error(room, tmp_path):
    log = tmp_path / "calling.txt"
    command = [sys.executable, str(ROOT / "tests" / "attack.py"), room]
    command += ["--odd", str(ODD), "--log", str(log)]
    env = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=SECONDS, cwd=tmp_path, env=env
    )
    if done.returncode != 0:
        calling = log.read_text() if log.exists() else "nothing yet"
        pytest.fail(f"ended with {done.returncode} while calling {calling}\n{done.stderr[-2000:]}")
    problems = json.loads(done.stdout.splitlines()[-1])
    assert not problems, "\n".join(problems)


# The engine itself: it finds what it is there to find.


def good(k):
    if not isinstance(k, int):
        raise TypeError(f"k must be a whole number, got {k!r}")
    return [1.0, k]


def unclear(k):
    return [1, 2][k]


@checked
def clear(k: int, table: pd.DataFrame):
    return k


def room_of(*functions, may_hold=()):
    room = attack.Room.__new__(attack.Room)
    room.names = {function.__name__: function for function in functions}
    room.calls = {name: lambda: {"k": 1} for name in room.names}
    room.excused, room.may_hold = {}, dict.fromkeys(may_hold, "a reason")
    return room


def attacked(function, **more):
    noted = []
    problems = room_of(function, **more).attack(function.__name__, 0, 1000, noted.append)
    assert len(noted) > 30 or "good call" in problems[0]
    return problems


def test_errors_that_others_raise_are_found():
    problems = attacked(unclear)
    assert any("list index out of range" in problem for problem in problems)
    assert any("list indices must be integers" in problem for problem in problems)
    # This file is not in the package, so its own errors are those of somebody else.
    assert any("raised in test_attacks.py" in problem for problem in attacked(good))


def test_errors_of_the_package_that_name_the_argument_are_clear():
    def only_k(k):
        return clear(k, pd.DataFrame())

    assert attacked(only_k) == []


def test_errors_that_do_not_name_the_argument_are_found():
    def other_name(k):
        return clear(1, k)

    room = room_of(other_name)
    room.calls["other_name"] = lambda: {"k": pd.DataFrame()}
    assert room.attack("other_name", 0, 1000, lambda call: None) == []  # made of parts
    with pytest.raises(TypeError) as error:
        clear(1, None)
    assert "does not name k" in attack.what_is_unclear(error.value, "k", 1, None)
    assert attack.what_is_unclear(error.value, "table", 1, None) is None
    assert attack.what_is_unclear(error.value, "*tables", 1, None) is None


def test_nan_in_a_result_is_found_unless_it_is_allowed():
    def root(k):
        return {"deep": [np.array([1.0, 0.0 if type(k) is int else math.nan])]}

    assert any("the result holds an array with nan" in problem for problem in attacked(root))
    assert attacked(root, may_hold=["root"]) == []


def test_what_hangs_is_found(monkeypatch):
    monkeypatch.setattr(attack, "HANG_SECONDS", 1)

    def wait(k):
        if k == "x":
            signal.pause()

    room = room_of(wait)
    assert room.problem("wait", "k", wait, {"k": 1}, 1) is None
    assert "hangs" in room.problem("wait", "k", wait, {"k": "x"}, 1)


def test_a_good_call_that_fails_is_found():
    def never(k):
        raise ValueError("k")

    assert attacked(never) == ["never: the good call fails, ValueError: k"]


class Pair(NamedTuple):
    users: np.ndarray
    stars: float


@pytest.mark.parametrize(
    "value",
    [
        3, 2.5, True, "cold", [1, 2], (0.5, 0.5), {"a": 1.0}, np.arange(4), np.ones((2, 2)),
        Pair(np.arange(2), 1.0), pd.DataFrame({"user_id": [1, 2]}), abs,
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_there_is_something_odd_about_everything(value):
    odd = attack.relatives(value, np.random.default_rng(0))
    assert len(odd) >= 3
    again = attack.relatives(value, np.random.default_rng(0))
    assert [repr(one)[:20] for one in odd] == [repr(one)[:20] for one in again]


def test_results_are_looked_into():
    class Thing:
        __module__ = "scratch.thing"

    thing = Thing()
    thing.U = np.array([np.inf])
    for result in (math.nan, np.float32("inf"), [[math.nan]], {"a": (1, math.inf)}, thing):
        assert attack.bad_number(result)
    for result in (1.0, "nan", None, [1, "x"], np.array(["a"]), pd.DataFrame({"a": [1.0]}), Thing):
        assert attack.bad_number(result) is None
    assert attack.bad_number(pd.DataFrame({"a": [math.nan]}))


def test_public_names_are_found():
    names = attack.public_names("ratings")
    assert {"ratings.split", "ratings.IdMap", "ratings.IdMap.encode"} <= set(names)
    assert "ratings.Ratings" not in names  # a record, which takes anything
    assert not any("._" in name for name in names)


def test_arguments_are_given_as_the_signature_wants_them():
    def function(a, *rest, b=0, **more):
        return a, rest, b, more

    given = {"a": 1, "*rest": [2, 3], "b": 4, "**more": {"c": 5}}
    assert attack.answer(function, given) == (1, (2, 3), 4, {"c": 5})
    assert isinstance(given, Mapping) and len(given) == 4  # as it was
    assert attack.answer(lambda k: iter(range(k)), {"k": 9}) == [0, 1, 2, 3, 4]


def test_another_guise_of_the_same_must_get_the_same_answer():
    def by_label(k):
        return k[0]

    def twice(k):
        return sum(map(sum, k)) + sum(map(sum, k))

    def at_once(k):
        return {"sum": sum(map(sum, k))}

    calls = {"by_label": [3, 4], "twice": [[1], [2]], "at_once": [[1], [2]]}
    room = room_of(by_label, twice, at_once)
    room.calls = {name: lambda k=k: {"k": k} for name, k in calls.items()}
    found = {
        name: room.disguised(
            name, "k", attack.answer(room.names[name], room.calls[name]()), str,
            np.random.default_rng(0), 1000,
        )
        for name in calls
    }  # fmt: skip
    assert any("not the answer to the same" in problem for problem in found["by_label"])
    assert any("not the answer to the same" in problem for problem in found["twice"])
    assert found["at_once"] == []


def test_a_mask_that_is_not_looked_at_is_found():
    room = room_of(np.sum)
    hidden = np.ma.array([1.0, 2.0], mask=[True, False])
    problem = room.problem("sum", "k", lambda k: k.data.sum(), {"k": hidden}, np.ones(2))
    assert problem == "the mask is not looked at"
    assert attack.is_masked(Pair(hidden, 1.0)) and not attack.is_masked(np.ma.array([1.0]))


def test_answers_are_compared_to_their_last_part():
    class Thing:
        __module__ = "scratch.thing"

        def __init__(self, part):
            self.part = part

    same = [
        (1, np.int64(1)), (0.1 + 0.2, 0.3), ([1, (2,)], [1, (2,)]), (Thing([1]), Thing([1])),
        (np.ones(2), np.ones(2, np.float32)), (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]})),
        ({"a": np.ones(1)}, {"a": np.ones(1)}), (np.array([None, "a"]), np.array([None, "a"])),
    ]  # fmt: skip
    other = [
        (1, 2), (0.1, 0.2), ([1], [1, 2]), (Thing([1]), Thing([2])), (np.ones(2), np.ones(3)),
        (np.ones(2), np.zeros(2)), ({"a": 1}, {"b": 1}), ([1], "x"), ("x", None),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [2]})),
    ]  # fmt: skip
    assert all(attack.is_same(*pair) for pair in same)
    assert not any(attack.is_same(*pair) for pair in other)
