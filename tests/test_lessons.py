"""How a lesson is cut down to what a piece of code needs."""

import pytest
from lessons import edited, last_expression, names_made, names_used


@pytest.mark.parametrize(
    ("source", "used"),
    [
        ("x = y + 1", {"y"}), ("[s for s in rows]", {"rows"}),
        ("def f(a):\n    return a + b", {"b"}),
        ("lambda k: k * n", {"n"}), ("x.y = z", {"x", "z"}), ("print(len(x))", {"x"}),
        ("class A(B):\n    c = d\n    def e(self):\n        return g", {"B", "d", "g"}),
        ("x = 1\nx + 1", set()), ("{k: v for k, v in rows}\nk", {"rows", "k"}),
        ("for name in names:\n    print(name)", {"names"}), ("import os\nos.sep", {"os"}),
    ],
)  # fmt: skip
def test_the_names_that_code_looks_up(source, used):
    assert names_used(source) == used


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("x = [s for s in rows]", {"x"}), ("x = {k: {v} for k, v in y}", {"x"}),
        ("import numpy as np, os.path", {"np", "os"}),
        ("def f(a):\n    b = a", {"f"}), ("class A:\n    c = 1", {"A"}),
        ("x.y = z[0] = 1", {"x", "z"}),
        ("for i in a:\n    t, (u, _) = i", {"i", "t", "u"}), ("from a import b as c", {"c"}),
        ("f = lambda k: k", {"f"}), ("with open(p) as file:\n    pass", {"file"}),
        ("fig, ax = plots.figure()", set()),
    ],
)  # fmt: skip
def test_the_names_that_a_cell_makes(source, made):
    assert names_made(source) == made


def test_an_edit_is_seen_by_those_who_imported_before_and_is_undone():
    from scratch import similarity
    from scratch.similarity import cosine_similarity as imported

    code = "def cosine_similarity(v, w):\n    return 7\n\ndef angle(v, w):\n    return 8"
    with edited("scratch/similarity.py", code) as module:
        assert imported([1], [1]) == 7 and module.angle(1, 2) == 8
        assert similarity.cosine_similarities([[1], [2]]) == [[7, 7], [7, 7]]
    assert imported([3, 4], [4, 3]) == 0.96 and not hasattr(similarity, "angle")


def test_an_edit_of_a_method_and_of_a_compiled_loop_is_undone_too():
    from scratch.factorization import sgd_epoch
    from scratch.recommenders.popularity import SameForAll

    model = SameForAll([1.0])
    with edited("scratch/recommenders/popularity.py", "class SameForAll:\n"
                "    def scores(self, users):\n        return 7\n"):  # fmt: skip
        assert model.scores([0]) == 7
    assert model.scores([0]).tolist() == [[1.0]]
    arguments = [0], [0], [3.0], [[1.0]], [[1.0]], 0.1
    with edited(
        "scratch/factorization.py",
        "@compiled\ndef sgd_epoch(users, movies, ratings, U, V, learning_rate):\n    return 7.0",
    ):
        assert sgd_epoch(*arguments) == 7.0
    assert sgd_epoch(*arguments) != 7.0


def test_the_last_expression_is_parted_from_what_stands_before():
    assert last_expression('x = 1\n{\n    "a": x,\n}') == ("x = 1", '{\n    "a": x,\n}')
    with pytest.raises(AssertionError):
        last_expression("x = 1")
