"""What checks are made of: what they accept, and the words for what they don't."""

import collections
import math

import numpy as np
import pandas as pd
import pytest
import torch

from scratch.exercises import judging
from scratch.exercises.judging import NotYet, Wrong


def words(function, *arguments, **options) -> str:
    with pytest.raises(Wrong) as caught:
        function(*arguments, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    "answer", [0.25, 1 / 4, np.float32(0.25), np.array(0.25), torch.tensor(0.25), 0.2504]
)
def test_a_number_may_come_in_any_form(answer):
    judging.close(answer, 0.25, tolerance=0.001)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (0.7, "your number is nearly right: give more digits (a number may be off by 0.001)"),
        (0.71, "your number is nearly right: give more digits (a number may be off by 0.001)"),
        (
            0.7093,
            "your number is close, and yet off by more than 0.001: is something rounded on "
            "the way, or is one small thing different?",
        ),
        (0.0, "your number is too small"),
        (1, "your number is too large"),
        (-0.7071, "your number has the wrong sign"),
        (0.5, "take the root"),
        (3, "you wrote it in thirds"),
        (0.9, "your number is too large"),
        (0.2, "your number is too small"),
        (True, "your number should be a number, and is True"),
        ("0.7", "your number should be a number, and is '0.7'"),
        ([1, 2], "your number should be one number, and is [1, 2]"),
        (float("nan"), "your number should be a number, and is nan"),
    ],
)
def test_the_words_for_a_wrong_number(answer, said):
    mistakes = {"take the root": 0.5, "you wrote it in thirds": lambda: 3}
    assert (
        words(judging.close, answer, 1 / math.sqrt(2), tolerance=0.001, mistakes=mistakes) == said
    )


def test_what_is_off_by_the_tolerance_is_accepted():
    judging.close(0.245, 0.25, tolerance=0.005)
    judging.all_close([0.245, 0.255], [0.25, 0.25], tolerance=0.005)


def test_numbers_are_named_where_they_are_wrong():
    def check(answer):
        judging.all_close(
            answer, [1, 2, 3], tolerance=0.1, names=["a", "b", "c"], mistakes={"order": [3, 2, 1]}
        )

    check((1, 2.05, 3)), check(pd.Series([1, 2, 3])), check(np.array([1.0, 2, 3]))
    assert words(check, [1, 5, 3]) == "your answer: 1 of 3 are wrong; that of b is too large"
    assert words(check, [3, 2, 1]) == "order"
    assert words(check, [1.3, 2, 3]).startswith("your answer: close, and yet off by more than 0.1")
    rounded = words(judging.all_close, [0.7, 0.72], [0.7049, 0.7151], tolerance=0.001)
    assert rounded.startswith("your answer: nearly right: give more digits")
    assert words(check, [1.3, 5, 3]) == "your answer: 2 of 3 are wrong; that of a is too large"
    assert words(check, [1, 2]) == "your answer should be 3 numbers, and is [1, 2]"
    assert "holds a value that is no finite number, at [1]" in words(check, [1, np.nan, 3])
    assert words(check, "123") == "your answer should hold numbers, and is '123'"


def test_a_dict_or_a_series_has_a_value_for_each_key():
    assert judging.keyed(pd.Series({"b": 2, "a": 1}), ["a", "b"]) == {"a": 1, "b": 2}
    assert words(judging.keyed, {"1": 1}, [1]) == (
        "your answer: there is nothing for 1; its keys are ['1']"
    )
    assert words(judging.keyed, {}, [1]) == "your answer: there is nothing for 1; it is empty"
    assert words(judging.keyed, [1], ["a"]) == "your answer should be a dict, and is [1]"


@pytest.mark.parametrize("answer", ["b", "B", " (b) "])
def test_a_choice_may_be_written_in_any_way(answer):
    judging.choose(answer, "b", {"a": "no"})


def test_the_words_for_a_wrong_choice():
    assert words(judging.choose, "a", "b", {"a": "why not"}) == "why not"
    assert (
        words(judging.choose, "e", "b", {"a": ""}) == "choose one of 'a', 'b'; your answer is 'e'"
    )
    assert words(judging.choose, True, 1, {10: ""}).startswith("choose one of 1, 10")
    assert words(judging.choose, np.array(["b"]), "b", {"a": ""}).startswith("choose one of")
    assert words(judging.choose, np.ones(3), 1, {10: ""}).startswith("choose one of 1, 10")


def test_any_allowed_prediction_is_taken():
    assert judging.predicted(" More ", ("less", "more")) == "more"
    assert judging.predicted("sgd", ("SGD", "Adam")) == "SGD"
    assert judging.predicted(np.int64(2), (1, 2)) == 2 and judging.predicted(2.0, (1, 2)) == 2
    assert judging.predicted(np.float32(0.1), (0.1, 1)) == 0.1
    assert judging.predicted("0.75", ("never", 0.75)) == 0.75
    assert "should be one of 1, 2, and is 'two'" in words(judging.predicted, "two", (1, 2))
    assert "should be one of 1, 2, and is True" in words(judging.predicted, True, (1, 2))


def test_a_function_is_run_on_copies_and_its_failures_are_words():
    assert judging.run(sum, [1, 2]) == 3
    assert words(judging.run, 3) == "your function should be a function, and is 3"
    assert words(judging.run, lambda x: x / 0, 1) == (
        "your function stops with ZeroDivisionError: division by zero, called with (1)"
    )
    assert "needs a return" in words(judging.run, print, "")
    assert "changes what it is given" in words(judging.run, lambda x: x.append(1) or x, [0])
    with pytest.raises(NotYet):
        judging.run(judging._nothing)
    with pytest.raises(NotYet):  # of something else, which it has been handed
        judging.run(judging.run, judging._nothing)
    assert words(judging.run, lambda function: judging.run(function), 3) == (
        "your function should be a function, and is 3"
    )


def test_a_function_that_returns_a_constant_is_an_answer():
    assert judging.run(lambda: 1) == 1 and judging.run(lambda: "words") == "words"
    assert judging.is_untouched(lambda: None) and not judging.is_untouched(len)


def test_arguments_that_equal_themselves_alone_are_not_held_to_be_changed():
    assert judging.run(lambda model: model(torch.ones(2)).shape[0], torch.nn.Linear(2, 1)) == 1
    assert "changes what it is given" in words(judging.run, lambda x: x.add_(1), torch.ones(2))


def test_tables_are_not_printed_into_messages():
    table = pd.DataFrame({"a": range(3)})
    tensor = torch.ones(3)
    assert "called with (tensor([1., 1., 1.]))" in words(judging.run, lambda t: t[7], tensor)
    assert "called with (a Tensor of shape (99,))" in words(
        judging.run, lambda t: t[100], torch.ones(99)
    )
    assert "called with (a DataFrame of shape (3, 1), 2)" in words(
        judging.run, lambda t, n: t["b"], table, 2
    )


def test_functions_are_compared_by_what_they_return():
    cases = [([1, 2, 4],), ([5],)]
    mistakes = {"you divided by n − 1": lambda x: sum(x) / (len(x) - 1)}

    def check(function):
        judging.same_as(function, np.mean, cases, mistakes=mistakes)

    check(lambda x: sum(x) / len(x))
    assert words(check, max) == "your function is wrong for ([1, 2, 4]): it returns 4"
    assert "stops with ZeroDivisionError" in words(check, lambda x: sum(x) / (len(x) - 1))
    with_lists = [([1.0, 2.0],)]

    def doubled(function):
        judging.same_as(function, lambda x: [2 * v for v in x], with_lists)

    asked = "your function is wrong for ([1.0, 2.0]): "
    assert words(doubled, lambda x: [2, 5]) == (
        asked + "1 of 2 numbers are wrong, the first is 5 at 1"
    )
    assert words(doubled, lambda x: [2.00001, 4]).startswith(asked + "it is nearly right, and not")
    assert words(doubled, lambda x: [2]) == asked + "it returns [2], and should have the shape (2,)"
    judging.same_as(lambda x: [x], lambda x: np.array([x]), [(1,)])
    assert (
        words(
            judging.same_as, lambda x: x - 1, abs, [(3,)], mistakes={"minus one": lambda x: x - 1}
        )
        == "minus one"
    )


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ((1, [2, 3], "x"), "the second of its 3 results is wrong: 1 of 2 numbers are wrong, the "
                           "first is 3 at 1"),
        ((1, [2, 4], 0), "the third of its 3 results is wrong: it is 0"),
        ((1, [2], "x"), "the second of its 3 results is wrong: it is [2], and should have the "
                        "shape (2,)"),
        ((1, [2, 4]), "it has 2 results in the place of 3"),
        (7, "it returns 7"),
    ],
)  # fmt: skip
def test_of_several_results_the_first_that_is_wrong_is_named(value, said):
    told = words(judging.same_as, lambda _: value, lambda _: (1, [2, 4], "x"), [(0,)])
    assert told == f"your function is wrong for (0): {said}"


def test_a_table_of_numbers_has_the_shape_that_is_asked_for():
    assert judging.numbers([[1, 2], [3, 4]], (2, 2)).tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert words(judging.numbers, [1, 2], (2, 2), "the table") == (
        "the table should have the shape (2, 2), and has (2,)"
    )


def test_a_mistake_that_was_not_prepared_for_is_told_by_what_is_returned():
    mistakes = {"never": lambda x: -x, "stops": lambda x: x / 0}
    assert words(judging.same_as, lambda x: x + 1, abs, [(3,)], mistakes=mistakes) == (
        "your function is wrong for (3): it returns 4"
    )


def test_a_value_that_cannot_be_shown_is_named_by_its_kind():
    class Odd:
        def __repr__(self):
            raise RuntimeError("no")

    assert judging.short(Odd()) == "a Odd" and judging.described(Odd()) == "a Odd"
    assert judging.short(np.float64(0.5)) == "0.5" and judging.short(np.ones(2)) == "[1.0, 1.0]"
    assert judging.short(ValueError("a\nb")) == "a b"


def test_of_a_list_the_first_entry_that_is_wrong_is_named():
    said = words(judging.same_as, lambda _: ["a", "c"], lambda _: ["a", "b"], [(0,)])
    assert said == "your function is wrong for (0): the second of its 2 entries is wrong: it is 'c'"


def test_of_a_dict_the_first_wrong_value_is_named():
    def said(value):
        right = {"a": 1, "b": [1, 2]}
        return judging.difference(value, right)

    assert said({"a": 1}) == "it has nothing for 'b'"
    assert said({"a": 1, "b": [1]}).startswith("what it has for 'b' is wrong: it is [1]")
    assert said({"a": 1, "b": [1, 2], "c": 3}) == "it has something for 'c'"
    pair = collections.namedtuple("Pair", "users movies")
    assert judging.difference(pair(["u"], ["m"]), pair(["u"], ["n"])).startswith(
        "its movies are wrong: "
    )


def test_bad_input_must_be_refused_with_an_error_that_names_it():
    def check(function, **options):
        judging.refuses(lambda: function("-1"), "n = -1", **options)

    check(lambda text: int("n is " + text), naming="-1")
    assert words(check, int) == "n = -1 should raise a ValueError, and returns something"
    assert words(check, int, why="as before") == "n = -1 should raise a ValueError, as before"
    assert words(check, lambda text: 1 / 0) == "n = -1 raises ZeroDivisionError, not a ValueError"
    assert words(check, lambda text: int("x"), naming="-1").startswith(
        "the message of your ValueError for n = -1 has no -1 in it: "
    )
    check(lambda text: [0][int(text) - 9], kind=IndexError)
    assert words(check, int, kind=IndexError) == (
        "n = -1 should raise an IndexError, and returns something"
    )


@pytest.mark.parametrize(
    ("value", "right", "is_same"),
    [
        ([1, 2], (1.0, 2.0), True), ([1, 2], np.array([1, 2]), True), (np.ones(2), [1, 1], True),
        ({"a": 1}, {"a": 1.0}, True), ({1, 2}, {2, 1}, True), ("a", "a", True),
        ([("R", 0.5)], [("R", 0.5)], True), (-np.inf, -np.inf, True), (None, None, True),
        ([1], 1, False), ("1", 1, False), (np.ones((1, 2)), [1, 1], False),
        ([[1], [2, 3]], 1, False), ({"a": 1}, {"b": 1}, False), (["a"], ["b"], False),
        (None, 0, False), (object(), 1, False),
    ],
)  # fmt: skip
def test_what_is_the_same(value, right, is_same):
    assert judging.same(value, right) is is_same


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.float64(0.5), "0.5"), (list(range(99)), "a list of 99"),
        (np.ones(3), "an array of shape (3,)"),
        (pd.DataFrame({"a": [1]}), "a DataFrame of shape (1, 1)"), (object(), "an object"),
        (len, "the function len"),
    ],
)  # fmt: skip
def test_values_are_described_in_few_words(value, text):
    assert judging.described(value) == text


def test_how_to_take_an_edit_back(tmp_path):
    assert "your zip" in judging.undo(tmp_path)
    (tmp_path / ".git").write_text("gitdir: elsewhere")
    assert "`git restore scratch`" in judging.undo(tmp_path)
