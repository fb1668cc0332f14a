"""What checks are made of: what they accept, and the words for what they don't."""

import collections
import math
from unittest import mock

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


def test_without_a_tolerance_only_the_number_itself_is_right_or_a_known_mistake():
    def one(answer):
        judging.close(answer, 2, tolerance=0, mistakes={"a half": lambda: 0.5})

    def two(answer):
        judging.all_close(
            answer, [1, 2], tolerance=0, mistakes={"turned": lambda: [2, 1], "squared": [1, 4]}
        )

    one(2), two([1, 2])
    assert words(one, 0.5) == "a half" and words(one, -2) == "your number has the wrong sign"
    assert words(two, [2, 1]) == "turned" and words(two, [1, 4]) == "squared"
    assert words(two, [1, 5]) == "your answer: 1 of 2 are wrong; that of 1 is too large"
    assert words(two, [1, -5]) == "your answer: 1 of 2 are wrong; that of 1 is too small"


def test_a_tolerance_is_what_it_says():
    for wrong in (0.2425, 0.2575):  # off by one and a half
        assert "close, and yet off by more than 0.005" in words(
            judging.close, wrong, 0.25, tolerance=0.005
        )
        assert "close, and yet off by more than 0.005" in words(
            judging.all_close, [wrong], [0.25], tolerance=0.005
        )


def test_of_a_table_the_first_wrong_number_is_named_by_row_and_column():
    right = [[0, 0, 0], [5, 5, 5]]
    said = words(judging.all_close, np.zeros((2, 3)), right, tolerance=0.1)
    assert said == "your answer: 3 of 6 are wrong; that of [1, 0] is too small"
    said = words(judging.all_close, np.zeros((2, 3)), right, tolerance=0.1, names=["a", "b"])
    assert said == "your answer: 3 of 6 are wrong; that of b is too small"


NEARLY, CLOSE = "nearly right: give more digits", "close, and yet off by more than"


@pytest.mark.parametrize(
    ("values", "right", "tolerance", "said"),
    [
        # Close is what is off by five times the tolerance at most.
        (5.0, 0.0, 1.0, CLOSE), (6.0, 0.0, 1.0, ""), (5.0, 0.4, 1.0, CLOSE),
        # Rounded is what the next digit would mend.
        (0.7, 0.75, 0.001, NEARLY), (0.7, 0.74, 0.001, NEARLY), (0.7, 0.76, 0.001, ""),
        (0.7, 0.79, 0.001, ""), (0.3, 0.2, 0.04, NEARLY), (0.3, 0.2, 0.05, CLOSE),
        # A whole number was not rounded.
        (3.0, 2.6, 0.1, CLOSE), (3.0, 2.4, 0.1, ""),
        # Of several, those that are right have no say, and the longest of the others counts.
        ([0.25, 0.7], [0.25, 0.68], 0.0, NEARLY), ([0.25, 0.7], [0.252, 0.68], 0.001, ""),
        ([0.7, 0.1], [0.72, 0.9], 0.001, ""), ([1.3, 0.1], [1.0, 0.9], 0.1, ""),
    ],
)  # fmt: skip
def test_a_rounded_number_is_told_from_one_that_is_close(values, right, tolerance, said):
    told = judging.almost(np.atleast_1d(values), np.atleast_1d(right), tolerance)
    assert told.startswith(said) and bool(told) == bool(said), told


def test_digits_behind_the_point_are_counted():
    numbers = (0.25, 0.5, 3.0, 100.0, -0.125, math.inf)
    assert [judging.decimals(number) for number in numbers] == [2, 1, 0, 0, 3, 0]


def test_a_number_that_is_none_is_named_as_it_is():
    assert words(judging.number, "a") == "your number should be a number, and is 'a'"
    assert words(judging.number, None, "the mean") == "the mean should be one number, and is None"
    assert words(judging.number, np.True_) == "your number should be a number, and is True"
    assert words(judging.number, 10**400) == "your number should be one number, and is an int"


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
    assert judging.keyed({"c": 3, "b": 2, "a": 1}, ["a", "b"]) == {"a": 1, "b": 2}
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


def test_an_option_is_meant_whatever_its_capitals_and_spaces_and_no_other():
    assert judging.matching("a", ["b", "a", "A"]) == ["a"]
    assert judging.matching(" (X) ", ["Y", "X"]) == ["X"]
    assert judging.matching("X.", ["X"]) == [] and judging.matching("X.", ["X"], ".") == ["X"]
    assert judging.matching("moreorless", ["More or less"]) == ["More or less"]
    assert judging.matching("More or less", ["moreorless"]) == ["moreorless"]
    assert judging.matching(np.False_, [0, True, False])[0] is False
    for value, option in ((np.ones(1), 1), ("a", 1), (None, 1), ("a", True), ("a", "b")):
        assert judging.is_equal(value, option) is False
    for other in (1.5, 1.001, np.array([2]), [2], None, "", "X2"):
        assert judging.matching(other, [1, 2, True]) == []
    assert judging.matching(2, ["2", True]) == judging.matching(True, [1, "True"]) == []
    judging.choose("X.", "X", {"Y": ""})


def test_a_function_is_run_on_copies_and_its_failures_are_words():
    assert judging.run(sum, [1, 2]) == 3
    assert words(judging.run, 3) == "your function should be a function, and is 3"
    assert words(judging.run, lambda x: x / 0, 1) == (
        "your function stops with ZeroDivisionError: division by zero, called with (1)"
    )
    assert words(judging.run, lambda a, b: a / b, 1, 0, what="f") == (
        "f stops with ZeroDivisionError: division by zero, called with (1, 0)"
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
    assert judging.is_untouched(lambda: None) and judging.is_untouched(len) is False


def test_arguments_that_equal_themselves_alone_are_not_held_to_be_changed():
    assert judging.run(lambda model: model(torch.ones(2)).shape[0], torch.nn.Linear(2, 1)) == 1
    assert "changes what it is given" in words(judging.run, lambda x: x.add_(1), torch.ones(2))


def test_a_class_is_untouched_while_none_of_its_methods_has_code():
    class Stub:
        size = 3

        def one(self): ...

        def two(self):
            """It is to do something."""

    class Begun(Stub):
        def one(self): ...

        def two(self):
            return self.size

    class Empty: ...

    assert judging.is_untouched(Stub)
    assert not judging.is_untouched(Begun) and not judging.is_untouched(Empty)


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


def test_functions_are_compared_within_the_tolerance_on_any_iterable_of_cases():
    def check(function, **options):
        cases = iter([(0, 1), (2, 3)])
        judging.same_as(function, lambda a, b: a + b, cases, **options)

    check(lambda a, b: a + b + 1e-10)
    asked = "your function is wrong for (0, 1): it "
    assert words(check, lambda a, b: a + b + 0.5) == f"{asked}returns 1.5"
    assert words(check, lambda a, b: a + b + 1e-8).startswith(f"{asked}is nearly right, and not")
    check(lambda a, b: a + b + 0.5, tolerance=0.5)
    # A mistake that explains some of the results explains none.
    check(lambda a, b: a + b, mistakes={"here it is none": lambda a, b: b + a})
    mistakes = {"only a": lambda a, b: a, "only b": lambda a, b: b}
    assert words(check, lambda a, b: b, mistakes=mistakes) == "only b"
    assert words(check, lambda a, b: b if a else 7, mistakes=mistakes) == f"{asked}returns 7"
    assert words(check, 3, what="f") == "f should be a function, and is 3"


@pytest.mark.parametrize(
    ("value", "right", "said"),
    [
        (1000.9, 1000, "it is nearly right, and not exact: is something rounded, or in single "
                       "precision?"),
        (0.00009, 0, "it is nearly right, and not exact: is something rounded, or in single "
                     "precision?"),
        (1002.0, 1000, "it returns 1002"), (0.001, 0, "it returns 0.001"),
        ([1], 1, "it returns [1], for one number"),
        # What is nearly right counts as right beside what is wrong.
        ([1000.9, 0.00009, 7], [1000, 0, 8], "1 of 3 numbers are wrong, the first is 7 at 2"),
        ([7, 7, 7], [7, 8, 8], "2 of 3 numbers are wrong, the first is 7 at 1"),
        ([[1, 2], [3, 7]], [[1, 2], [3, 4]], "1 of 4 numbers are wrong, the first is 7 at [1, 1]"),
        ({"a": 2}, {"a": 1}, "what it has for 'a' is wrong: it is 2"),
        ({"a": 1, "b": 3}, {"a": 1, "b": 2}, "what it has for 'b' is wrong: it is 3"),
        ({"a": 1}, ("x", 1), "it returns {'a': 1}"), (["x"], {"x": 1}, "it returns ['x']"),
        (["x"], "x", "it returns ['x']"), ("x", ["x"], "it returns 'x'"),
        ("x", 1, "it returns 'x'"), (1, "x", "it returns 1"), (["x"], ["x"], "it returns ['x']"),
        (["x"], [1], "the first of its 1 entries is wrong: it is 'x'"),
        (["x"], "xy", "it returns ['x']"),
    ],
)  # fmt: skip
def test_where_a_value_is_wrong_is_said(value, right, said):
    assert judging.difference(value, right) == said


@pytest.mark.parametrize(
    ("place", "which"),
    [(0, "first"), (1, "second"), (2, "third"), (3, "fourth"), (4, "fifth"), (5, "sixth"),
     (6, "number 7"), (7, "number 8")],
)  # fmt: skip
def test_the_entry_that_is_wrong_is_counted_in_words(place, which):
    right = list("abcdefgh")
    value = [*right[:place], "x", *right[place + 1 :]]
    said = f"the {which} of its 8 entries is wrong: it is 'x'"
    assert judging.part_that_differs(value, right, 0) == said
    assert judging.part_that_differs(right, right, 0) == ""
    assert judging.part_that_differs("a", "b", 0) == ""


def test_parts_are_compared_within_the_tolerance():
    assert judging.part_that_differs({"a": 1.1, "b": "x"}, {"a": 1, "b": "y"}, 0.2) == (
        "what it has for 'b' is wrong: it is 'x'"
    )
    assert judging.part_that_differs((1.1, "x"), (1, "y"), 0.2) == (
        "the second of its 2 results is wrong: it is 'x'"
    )
    nested = judging.part_that_differs(((1.1, "x"), 0), ((1, "y"), 0), 0.2)
    assert nested.endswith("the second of its 2 results is wrong: it is 'x'")


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
    assert judging.numbers([[1, 2]]).shape == (1, 2) and judging.numbers([1], 1).shape == (1,)
    assert words(judging.numbers, [1, 2], 3) == "your answer should be 3 numbers, and is [1, 2]"
    assert words(judging.numbers, [1, 2], ()) == (
        "your answer should have the shape (), and has (2,)"
    )
    assert words(judging.numbers, [0, 1, np.inf, np.nan], what="the list") == (
        "the list holds a value that is no finite number, at [2]"
    )
    assert words(judging.numbers, ["a"]) == "your answer should hold numbers, and is ['a']"
    assert words(judging.numbers, {"a": 1}) == "your answer should hold numbers, and is {'a': 1}"
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

    assert judging.short(Odd()) == "an Odd" and judging.described(Odd()) == "an Odd"
    assert judging.short(np.float64(0.5)) == "0.5" and judging.short(np.ones(2)) == "[1.0, 1.0]"
    assert judging.short(ValueError("a\nb")) == "a b"


class Answers:
    """Answers whatever it is asked for with itself."""

    def __getattr__(self, name):
        return self


@pytest.mark.parametrize("odd", [Answers(), mock.Mock(), mock.MagicMock()])
def test_whatever_an_object_answers_it_is_named(odd):
    for said in (judging.described(odd), judging.short(odd)):
        assert type(odd).__name__ in said
    assert not judging.is_untouched(odd)


def test_what_ends_the_session_when_it_is_shown_is_named_by_its_kind(monkeypatch):
    with monkeypatch.context() as here:  # left before pytest shows it, where this fails
        here.setattr(Answers, "__repr__", exits)
        said = judging.described(Answers()), judging.short(Answers())
    assert said == ("an Answers", "an Answers")


def test_an_error_that_cannot_be_shown_is_named_by_its_kind():
    class Silent(Exception):
        def __str__(self):
            raise RuntimeError("no")

    assert judging.short(Silent()) == "a Silent" and judging.short(SystemExit(3)) == "3"


@pytest.mark.parametrize("asked", ["b", 1, True, 0.5])
def test_what_equals_everything_is_no_answer(asked):
    assert judging.matching(mock.ANY, [asked]) == []
    assert not judging.same(mock.ANY, asked) and not judging.same([mock.ANY], [asked])
    assert not judging.same([1, mock.ANY], np.array([1, 2])) and not judging.same(mock.ANY, None)


COMPLEX = "(0.5+5j)"


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (0.5 + 5j, COMPLEX), (np.complex128(0.5 + 5j), COMPLEX), (np.array(0.5 + 5j), COMPLEX),
        (np.array("2020", "M8[Y]"), "datetime.date(2020, 1, 1)"),
        pytest.param(10**5000, "an int", id="large"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")  # as `check` does
def test_what_is_no_real_number_is_not_made_one(answer, named):
    assert words(judging.close, answer, 0.5, tolerance=0.1) == (
        f"your number should be one number, and is {named}"
    )
    assert judging.matching(answer, [0.5, 1]) == []


@pytest.mark.parametrize(
    "answer",
    [
        np.array(["2020", "2021"], "M8[Y]"), pd.Series(pd.to_timedelta([1, 2], "D")), [1j, 2],
        np.array([50 + 1j, 51]), [np.complex128(50 + 1j), 51],
        pytest.param([10**5000, 1], id="large"),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
def test_dates_and_complex_numbers_are_no_list_of_numbers(answer):
    assert words(judging.numbers, answer, 2).startswith("your answer should hold numbers, and is")


def test_a_number_too_large_for_a_float_is_wrong_and_no_error():
    assert words(judging.same_as, lambda x: 10**5000, abs, [(3,)]).endswith(": it returns an int")


def exits(*_):
    raise SystemExit(1)


def test_a_function_that_ends_the_session_is_an_answer_that_stops():
    assert words(judging.run, exits, 1) == (
        "your function stops with SystemExit: 1, called with (1)"
    )
    assert words(judging.refuses, exits, "n = -1") == "n = -1 raises SystemExit, not a ValueError"
    assert judging.quietly(exits, (1,)) is None

    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judging.run(interrupted)


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
        (None, 0, False), (object(), 1, False), (0, None, False), ("a", b"a", False),
        ("a", np.array(["a"]), False), (np.array(["a"]), "a", False), (np.str_("a"), "a", True),
        ("a", "b", False), (b"a", b"a", True), ("", None, False), (None, np.array(["a"]), False),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, False), ({1}, {2}, False), ("ab", {"a": 1}, False),
        (["a"], {"a": 1}, False), ({"a": 1, "b": 2}, {"a": 1}, False),
        (np.array([1, 2]), {1, 2}, False), ([1], {1}, False), (frozenset({1}), {1}, True),
        ([1], [1, 2], False), ([1, 2], [1], False), ([[1, 2], [3]], [[1, 2], [4]], False),
        (np.array(["1.0"]), np.array([1.0]), False), (np.array([1.0]), np.array(["1.0"]), False),
        (np.array(["a", "b"]), np.array(["a", "c"]), False), ([np.nan], np.array([np.nan]), True),
        (np.array(["a", "b"]), np.array(["a", "b"]), True), (1000.001, 1000, False),
        (1 + 1e-9, 1, False), (True, 1, True),
        # Whole numbers that NumPy has no kind for are compared as Python does.
        (2.0**70, 2**70, True), (2**70, 2.0**70, True), (2.0**70, 2**70 + 1, False),
    ],
)  # fmt: skip
def test_what_is_the_same(value, right, is_same):
    assert judging.same(value, right) is is_same


def test_numbers_are_the_same_within_the_tolerance_wherever_they_stand():
    for value, right in ((1.1, 1), ([1.1], [1]), ({"a": 1.1}, {"a": 1}), (np.full(2, 1.1), [1, 1])):
        assert judging.same(value, right, 0.2) and not judging.same(value, right, 0.05)
        assert not judging.same(value, right)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.float64(0.5), "0.5"), (list(range(99)), "a list of 99"),
        (np.ones(3), "an array of shape (3,)"),
        (pd.DataFrame({"a": [1]}), "a DataFrame of shape (1, 1)"), (object(), "an object"),
        (len, "the function len"), (1 / 3, "0.333333"), (np.float32(0.5), "0.5"),
        (torch.ones(2), "a Tensor of shape (2,)"), (np.zeros(()), "0.0"),
        ("x" * 58, repr("x" * 58)), ("x" * 59, "a str of 59"), (10**60, "an int"),
        (np.matmul, "the function matmul"),
    ],
)  # fmt: skip
def test_values_are_described_in_few_words(value, text):
    assert judging.described(value) == text


def test_what_has_several_lines_is_described_by_its_kind():
    class Lines:
        def __repr__(self):
            return "a\nb"

        def __len__(self):
            return 2

    assert judging.described(Lines()) == "a Lines of 2"


def test_a_value_in_a_message_is_cut_where_it_is_long():
    assert judging.short("x" * 58) == repr("x" * 58)
    assert judging.short("x" * 59) == "'" + "x" * 58 + "…"
    assert judging.short(np.arange(8)) == "[0, 1, 2, 3, 4, 5, 6, 7]"
    assert judging.short(np.arange(9)) == "an array of shape (9,)"
    assert judging.short(np.zeros((3, 3))) == "an array of shape (3, 3)"
    assert judging.short(pd.DataFrame({"a": [1]})) == "a DataFrame of shape (1, 1)"


def test_how_to_take_an_edit_back(tmp_path):
    assert (judging.ROOT / "scratch" / "pca.py").is_file()
    assert "your zip" in judging.undo(tmp_path)
    (tmp_path / ".git").write_text("gitdir: elsewhere")
    assert "`git restore scratch`" in judging.undo(tmp_path)
