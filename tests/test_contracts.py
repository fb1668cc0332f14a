import numpy as np
import pytest

from scratch.checking.contracts import Contract, check_scalar

SGD = "users(n) < u, movies(n) < m or -1, ratings(n), U(u, k), V(m, k), n > 0"
ROWS = "starts(r+1) to p, indices(p) < columns, confidence(p or 0), marks(r) whole"


def sgd(**changes):
    good = {
        "users": np.array([0, 1, 1], np.int32),
        "movies": np.array([1, -1, 0], np.int8),
        "ratings": np.array([1.0, 2, 3]),
        "U": np.ones((2, 3)),
        "V": np.ones((2, 3)),
        "l2": 0.5,
    }
    return good | changes


def rows(**changes):
    good = {
        "starts": np.array([0, 2, 2, 3]),
        "indices": np.array([0, 4, 1]),
        "confidence": np.ones(3, np.float32),
        "marks": np.zeros(3, int),
        "columns": 5,
    }
    return good | changes


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"users": [0, 1, 1], "ratings": [1, 2, 3]},
        {"users": np.array([0, 1, 1], np.uint8)},
        {"ratings": np.array([1, 2, 3])},
        {"U": [[1.0] * 3, [1.0] * 3], "V": np.asfortranarray(np.ones((2, 3)))},
        {"l2": np.float32(1)},
        {"l2": True},
        {"l2": abs},
    ],
)
def test_what_fits_passes(changes):
    Contract(SGD, "U V").check(sgd(**changes))


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"users": np.array([0, 1])}, ValueError, r"movies has shape \(3,\).* users: n is 2"),
        ({"ratings": np.ones(2000)}, ValueError, r"ratings has shape \(2000,\).*fit users"),
        ({"users": np.array([0, 1, 2])}, IndexError, r"users\[2\] is 2, but U has 2"),
        ({"users": np.array([0, 1, 10**12])}, IndexError, r"users\[2\] is 1000000000000"),
        ({"users": np.array([0, -1, 0])}, IndexError, r"users\[1\] is -1, but U .* from 0$"),
        ({"users": np.array([2, 0, 2])}, IndexError, r"users\[0\] is 2"),
        ({"users": np.empty(0)}, TypeError, "users must hold whole numbers"),
        ({"U": np.empty(0)}, ValueError, r"U must have 2 axes, got shape \(0,\)"),
        ({"movies": np.array([0, -2, 0])}, IndexError, r"movies\[1\] is -2.*or -1 for none"),
        ({"users": np.array([0.0, 1, 1])}, TypeError, "users must hold whole numbers"),
        ({"users": [0, 1, 0.5]}, TypeError, "users must hold whole numbers"),
        ({"users": None}, TypeError, "users must be an array or a list, got None"),
        ({"users": "abc"}, TypeError, "users must be an array or a list"),
        ({"ratings": ["a", "b", "c"]}, TypeError, "ratings must hold numbers"),
        ({"ratings": np.array([1, 2, None])}, TypeError, "ratings must hold numbers"),
        ({"ratings": np.ones(3, complex)}, TypeError, "ratings must hold numbers"),
        ({"U": np.ones((2, 4))}, ValueError, r"V has shape \(2, 3\).* U: k is 4"),
        ({"U": np.ones(2)}, ValueError, "U must have 2 axes"),
        ({"U": [[1.0, 2.0], [1.0]]}, ValueError, "U has rows of different lengths"),
        ({"U": np.ones((2, 3), int)}, TypeError, "U must hold floats, since it is changed"),
        ({"l2": None}, TypeError, "l2 must be a number"),
        ({"l2": "x"}, TypeError, "l2 must be a number"),
        ({"l2": np.nan}, ValueError, "l2 must be a finite number"),
    ],
)
def test_what_does_not_fit_is_named(changes, error, words):
    with pytest.raises(error, match=words):
        Contract(SGD, "U V").check(sgd(**changes))


def test_a_size_can_have_a_least():
    nothing = {name: np.empty(0, int) for name in ("users", "movies", "ratings")}
    with pytest.raises(ValueError, match=r"users is too small: n is 0 and must be 1\+"):
        Contract(SGD).check(sgd(**nothing))
    Contract(SGD.removesuffix(", n > 0")).check(sgd(**nothing))
    Contract(SGD).check(sgd(users=[1], movies=[-1], ratings=[2.5]))


def test_an_array_that_is_changed_must_not_be_read_only():
    frozen = np.ones((2, 3))
    frozen.flags.writeable = False
    Contract(SGD, "V").check(sgd(U=frozen))
    with pytest.raises(ValueError, match="U is changed in place, and this array is read-only"):
        Contract(SGD, "U V").check(sgd(U=frozen))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"confidence": np.empty(0)},
        {"starts": np.array([0, 0, 0, 0], np.uint32)},
        {"starts": [0, 2, 2, 3], "indices": [0, 4, 1]},
        {"starts": np.array([0]), "indices": [], "confidence": np.empty(0), "marks": []},
    ],
)
def test_rows_that_fit_pass(changes):
    Contract(ROWS, "marks").check(rows(**changes))


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"starts": np.array([0, 2, 1, 3])}, ValueError, "starts must go up from 0 to at most 3"),
        ({"starts": np.array([-1, 2, 2, 3])}, ValueError, "starts must go up"),
        ({"starts": np.array([0, 2, 2, 4])}, ValueError, "starts must go up"),
        ({"starts": np.empty(0, int)}, ValueError, "starts has shape"),
        ({"starts": np.array([0, 2, 3])}, ValueError, r"marks has shape \(3,\)"),
        ({"indices": np.array([0, 5, 1])}, IndexError, r"indices\[1\] is 5, but columns has 5"),
        ({"confidence": np.ones(2)}, ValueError, "confidence has shape"),
        ({"marks": np.zeros(3)}, TypeError, "marks must hold whole numbers"),
        ({"columns": 2.5}, TypeError, "columns must be a whole number"),
        ({"columns": -1}, IndexError, r"indices\[\d\]"),
    ],
)
def test_rows_that_do_not_fit_are_named(changes, error, words):
    with pytest.raises(error, match=words):
        Contract(ROWS, "marks").check(rows(**changes))


def test_sizes_may_be_numbers_or_a_size_and_some_more():
    three = Contract("of(3, n), begin(q) < n+1")
    three.check({"of": np.ones((3, 2)), "begin": np.array([2, 0])})
    with pytest.raises(ValueError, match=r"of has shape \(2, 2\)"):
        three.check({"of": np.ones((2, 2)), "begin": np.array([0])})
    with pytest.raises(IndexError, match=r"begin\[0\] is 3, but of has 3"):
        three.check({"of": np.ones((3, 2)), "begin": np.array([3])})


def test_an_empty_list_has_all_the_axes_that_are_asked_for():
    contract = Contract("U(u, k), V(v, k)")
    contract.check({"U": [], "V": np.ones((3, 0))})
    with pytest.raises(ValueError, match=r"V has shape \(3, 1\), which does not fit U: k is 0"):
        contract.check({"U": [], "V": np.ones((3, 1))})


def test_a_list_that_is_changed_may_hold_whole_numbers():
    Contract("U(u, k)", "U").check({"U": [[1, 2]]})


def test_of_what_may_be_empty_the_other_sizes_count():
    contract = Contract("a(n or 0, k), b(n, k)")
    contract.check({"a": np.ones((0, 2)), "b": np.ones((3, 2))})
    with pytest.raises(ValueError, match=r"b has shape \(3, 1\), which does not fit a: k is 2"):
        contract.check({"a": np.ones((0, 2)), "b": np.ones((3, 1))})


def test_there_may_be_one_place_or_none():
    contract = Contract("begin(n) to p, of(p)")
    for begin in ([], [0], [1]):
        contract.check({"begin": begin, "of": [2.5]})
    with pytest.raises(ValueError, match=r"^begin must go up from 0 to at most 1, as of says"):
        contract.check({"begin": [2], "of": [2.5]})


def test_a_contract_and_its_loop_have_the_same_names():
    with pytest.raises(TypeError, match="names users, which is no argument of it"):
        Contract(SGD).check({"people": [1]})


@pytest.mark.parametrize("text", ["users", "users(n) <", "users(n) below u", "n >= 0", ""])
def test_what_is_no_contract_is_refused_when_it_is_written(text):
    with pytest.raises(ValueError, match="is no part of a contract"):
        Contract(text)


def test_the_size_of_an_array_to_be_made_has_bounds():
    contract = Contract("rows(n) < num_rows, num_rows < 100")
    contract.check({"rows": [], "num_rows": 0})
    contract.check({"rows": [98], "num_rows": np.int64(99)})
    for size in (-1, 100, 2**70):
        with pytest.raises(ValueError, match=f"num_rows is {size}: a size from 0 to 99 is meant"):
            contract.check({"rows": [], "num_rows": size})
    with pytest.raises(TypeError, match=r"num_rows must be a whole number, got 2.5"):
        contract.check({"rows": [], "num_rows": 2.5})


def test_what_must_be_an_array_is_no_list():
    contract = Contract("U(u, k) array, V(v, k)")
    contract.check({"U": np.ones((2, 2)), "V": [[1.0, 2.0]]})
    with pytest.raises(TypeError, match=r"^U must be an array, got \[\[1.0, 2.0\]\]"):
        contract.check({"U": [[1.0, 2.0]], "V": np.ones((2, 2))})


def test_scalars():
    for value in (1, 2.5, True, np.float32(1), np.bool_(True), b"x", np.ones(2), abs, (1, 2)):
        check_scalar("x", value)
    for value in (None, "x", [1], 1j, np.inf):
        with pytest.raises((TypeError, ValueError), match=r"^x must be"):
            check_scalar("x", value)
    for value in (-(2**63), 2**63 - 1, 1e300):
        check_scalar("x", value)
    for value in (2**63, -(2**63) - 1):
        with pytest.raises(ValueError, match=f"^x is {value}: .* 64 bits"):
            check_scalar("x", value)


def test_a_loop_is_given_no_mask_and_no_byte_order_of_another_machine():
    contract = Contract("x(n)")
    with pytest.raises(ValueError, match=r"^x has 1 masked values"):
        contract.check({"x": np.ma.array([1.0, 2.0], mask=[True, False])})
    words = (
        r"^x is an array of >f8 of shape \(2,\), in the byte order .* give x.astype\('float64'\)"
    )
    with pytest.raises(TypeError, match=words):
        contract.check({"x": np.array([1.0, 2.0], ">f8")})


def test_what_is_changed_shares_no_memory_with_what_is_read():
    contract = Contract("U(u, k), V(v, k)", "U")
    both = np.ones((4, 6))
    words = "^U is changed in place, and V would change with it, .*: give V.copy"
    for U, V in [
        (both, both),
        (both, both[::-1]),
        (both[:, :3], both[:, 2:5]),
        (both[:3], both[2:]),
    ]:
        with pytest.raises(ValueError, match=words):
            contract.check({"U": U, "V": V})
    contract.check({"U": both[:, :3], "V": both[:, 3:]})  # side by side
    contract.check({"U": both[:2], "V": both[2:]})
    Contract("U(u, k), V(v, k)").check({"U": both, "V": both})


def test_of_lists_that_are_changed_each_row_is_a_list_of_its_own():
    contract, row = Contract("U(u, k), V(v, k)", "U"), [0.5, 0.5]
    with pytest.raises(
        ValueError, match=r"^U is changed in place, and two of its rows are one lis"
    ):
        contract.check({"U": [row, row], "V": [[1.0, 1.0]]})
    with pytest.raises(
        TypeError, match=r"^U is changed in place: its rows must be lists, got \[\("
    ):
        contract.check({"U": [(0.5, 0.5)], "V": [[1.0, 1.0]]})
    both = [[0.5, 0.5]]
    with pytest.raises(ValueError, match=r"^U is changed in place, and V would change with it"):
        contract.check({"U": both, "V": both})
    contract.check({"U": [[0.5, 0.5]], "V": [row, row]})
