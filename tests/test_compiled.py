import inspect
import os
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scratch.factorization import sgd_epoch, sgd_epoch_with_biases, sgd_epoch_with_l2
from scratch.machinery import compiled as compiled_module
from scratch.machinery.compiled import (
    CHECK_BOUNDS,
    UNASKED,
    check_call,
    code_to_call,
    compiled,
    numba_is_available,
    prange,
    relaxed,
)

ROOT = Path(__file__).parent.parent
needs_numba = pytest.mark.skipif(not numba_is_available(), reason="numba is not installed")


def add_to_each(numbers, amount):
    for i in range(len(numbers)):
        numbers[i] += amount
    return len(numbers)


def subtract_from_each(numbers, amount):
    for i in range(len(numbers)):
        numbers[i] -= amount
    return -len(numbers)


@st.composite
def loop_arguments(draw):
    """The loop to run, and arrays for it: some users and movies rated often, some never."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    num_users, num_movies = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    n, k = draw(st.integers(1, 25)), draw(st.integers(1, 5))
    rows = [
        rng.integers(0, num_users, n).astype(np.int32),
        rng.integers(0, num_movies, n).astype(np.int32),
        rng.integers(1, 11, n) / 2,
    ]
    vectors = [rng.normal(size=(num_users, k)), rng.normal(size=(num_movies, k))]
    which = draw(st.sampled_from(["vectors only", "with l2", "with biases"]))
    if which == "vectors only":
        return sgd_epoch, [*rows, *vectors, 0.045]
    if which == "with l2":
        return sgd_epoch_with_l2, [*rows, *vectors, 0.045, 0.02]
    biases = [rng.normal(size=num_users), rng.normal(size=num_movies)]
    return sgd_epoch_with_biases, [*rows, 3.5, *biases, *vectors, 0.045, 0.02]


def run_epochs(loop, arguments, num_epochs=3):
    """All losses, and all arguments as they are afterwards, as plain lists."""
    losses = [float(loop(*arguments)) for _ in range(num_epochs)]
    return losses, [a.tolist() if isinstance(a, np.ndarray) else a for a in arguments]


def copies(arguments):
    return [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]


@needs_numba
@settings(deadline=None)  # the first call compiles
@given(case=loop_arguments())
def test_lists_arrays_and_machine_code_agree_to_the_last_bit(case):
    loop, arguments = case
    as_lists = [a.tolist() if isinstance(a, np.ndarray) else a for a in arguments]
    in_machine_code = run_epochs(loop, copies(arguments))
    assert run_epochs(loop, as_lists) == in_machine_code
    assert run_epochs(loop.__wrapped__, copies(arguments)) == in_machine_code
    assert len(loop.machine.signatures) >= 1  # it really was compiled


def test_lists_and_arrays_are_changed_in_place():
    double_speed = compiled(add_to_each)
    numbers, array = [1.0, 2.0], np.array([1.0, 2.0])
    assert double_speed(numbers, 10.0) == double_speed(array, 10.0) == 2
    assert numbers == array.tolist() == [11.0, 12.0]
    U, V = [[1.0, 1.0]], [[1.0, 1.0]]
    row_before = U[0]
    sgd_epoch([0], [0], [3.0], U, V, 0.1)
    assert U == V == [[1.1, 1.1]] and U[0] is row_before


@needs_numba
def test_one_list_is_enough_to_run_the_plain_function():
    loop = compiled(add_to_each)
    loop([1.0], 1.0)
    assert "machine" not in loop.__dict__
    loop(np.ones(1), 1.0)
    assert "machine" in loop.__dict__


@needs_numba
def test_machine_code_is_made_once():
    loop = compiled(add_to_each)
    loop(np.ones(2), 1.0)
    machine = loop.machine
    loop(np.ones(3), 2.0)
    assert loop.machine is machine and len(machine.signatures) == 1


@needs_numba
@pytest.mark.parametrize("edit", ["another function", "the same function with new code"])
def test_machine_code_is_made_again_when_the_code_changes(edit):
    def plain(numbers, amount):
        return 0

    plain.__code__ = add_to_each.__code__
    loop = compiled(plain)
    assert loop(np.ones(2), 1.0) == 2
    if edit == "another function":
        loop.__wrapped__ = subtract_from_each
    else:
        plain.__code__ = subtract_from_each.__code__
    numbers = np.ones(2)
    assert loop(numbers, 1.0) == -2
    assert numbers.tolist() == [0, 0]


def test_a_wrapper_that_a_reload_left_behind_runs_the_newest_code(monkeypatch):
    module = types.ModuleType("some_lesson")
    monkeypatch.setitem(sys.modules, "some_lesson", module)
    source = "@compiled\ndef loop(numbers):\n    return 1\n"
    vars(module).update(compiled=compiled)
    exec(source, vars(module))
    imported_by_name = module.loop
    assert imported_by_name(np.ones(1)) == imported_by_name([1.0]) == 1
    exec(source.replace("1", "2"), vars(module))
    assert imported_by_name is not module.loop
    assert imported_by_name(np.ones(1)) == imported_by_name([1.0]) == 2
    # Another object under the same name is none of its business.
    module.loop = abs
    assert imported_by_name([1.0]) == 1


def test_a_loop_of_a_notebook_cell_stays_itself_when_its_name_is_given_again(monkeypatch):
    def plain(numbers):
        return 1

    first, second = (compiled(types.FunctionType(plain.__code__, {}, "loop")) for _ in range(2))
    for wrapper in (first, second):
        wrapper.__module__, wrapper.__qualname__ = "__main__", "loop"
    second.__wrapped__ = lambda numbers: 2
    monkeypatch.setattr(sys.modules["__main__"], "loop", second, raising=False)
    assert (first([1.0]), second([1.0])) == (1, 2)


@needs_numba
def test_a_relaxed_loop_has_machine_code_of_its_own_and_keeps_infinities():
    loop = compiled(one_over)
    quick = relaxed(loop)
    assert quick(np.zeros(1)) == np.inf
    assert "relaxed" in vars(loop) and "machine" not in vars(loop)
    with pytest.raises(ZeroDivisionError):
        loop(np.zeros(1))
    assert quick(np.array([2.0])) == loop(np.array([2.0])) == 0.5
    assert code_to_call(loop) is loop.machine is not loop.relaxed
    assert code_to_call(loop, relaxed=True) is loop.relaxed


def one_over(numbers):
    return 1 / numbers[0]


def apply(function, numbers):
    return function(numbers)


@needs_numba
def test_only_machine_code_that_the_next_kernel_can_use_is_kept():
    loop, applied = compiled(one_over), compiled(apply)
    assert applied(code_to_call(loop), np.full(1, 4.0)) == 0.25
    assert applied.machine.stats.cache_path is None  # it would hold the other function
    assert loop.machine.stats.cache_path is not None
    of_a_cell = types.FunctionType(one_over.__code__, globals())
    of_a_cell.__module__ = "__main__"
    for found in (code_to_call(compiled(of_a_cell)), code_to_call(compiled(one_over), keep=False)):
        assert found.stats.cache_path is None


@needs_numba
def test_the_name_under_which_machine_code_is_kept_hangs_on_the_code_alone():
    def plain(numbers):
        return 1234.5 * numbers[0]

    def name(**how):
        return code_to_call(compiled(plain), keep=False, **how).py_func.__qualname__

    first = name()
    held = plain.__code__.co_consts  # one more that refers to them
    assert name() == first != name(relaxed=True) and 1234.5 in held
    assert first.startswith(f"{plain.__qualname__}_")


def test_numba_is_found_where_it_can_be_imported():
    try:
        import numba  # noqa: F401
    except ImportError:
        assert numba_is_available() is False
    else:
        assert numba_is_available() is True


def test_it_still_looks_like_the_plain_function():
    loop = compiled(add_to_each)
    assert loop.__wrapped__ is add_to_each
    assert (loop.__name__, loop.__module__) == ("add_to_each", __name__)
    assert inspect.signature(loop) == inspect.signature(add_to_each)
    assert inspect.getsource(loop) == inspect.getsource(add_to_each)
    assert "Visit every rating once" in sgd_epoch.__doc__


@settings(deadline=None)
@given(case=loop_arguments())
def test_without_numba_arrays_run_as_plain_python(case):
    loop, arguments = case
    expected = run_epochs(loop.__wrapped__, copies(arguments))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled_module, "numba_is_available", lambda: False)
        fresh = compiled(loop.__wrapped__)
        assert run_epochs(fresh, copies(arguments)) == expected
        assert "machine" not in fresh.__dict__


def test_a_model_learns_where_numba_cannot_be_imported():
    program = """
import sys
import types
from pathlib import Path
sys.modules["numba"] = None  # from here on `import numba` raises ImportError
import numpy as np
from scratch.machinery.compiled import numba_is_available
from scratch.factorization import MatrixFactorization
from scratch.ratings import Ratings
assert not numba_is_available()
train = Ratings(np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([5.0, 3.0, 4.0]))
for biases, l2 in ((False, 0.0), (False, 0.1), (True, 0.1)):
    model = MatrixFactorization(2, biases=biases, l2=l2).fit(train, rng=np.random.default_rng(0))
    assert model.history["train"].iloc[-1] < model.history["train"].iloc[0]
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# Loops over prange


def row_means(rows, means):
    for i in prange(len(means)):
        total = 0.0
        for j in range(rows.shape[1]):
            total += rows[i, j]
        means[i] = total / rows.shape[1]
    return means


def whole_sum(numbers, sums):
    for i in prange(len(sums)):
        sums[i] = i
    return numbers.sum()


def add_up_rows(rows, means):
    for i in range(len(means)):
        means[i] = rows[i].sum()
    return means


@needs_numba
def test_a_loop_over_prange_gives_the_same_in_plain_python_and_on_any_number_of_cores():
    import numba

    loop, rows = (
        compiled("rows(n, m), means(n)")(row_means),
        np.random.default_rng(0).normal(size=(1000, 37)),
    )
    expected, threads = row_means(rows, np.zeros(1000)), numba.get_num_threads()
    try:
        for count in range(1, threads + 1):
            numba.set_num_threads(count)
            assert np.array_equal(loop(rows, np.zeros(1000)), expected)
    finally:
        numba.set_num_threads(threads)
    assert len(loop.machine.signatures) == 1


@needs_numba
def test_the_turns_of_prange_are_shared_out_among_the_cores():
    import numba

    def who(threads):
        for i in prange(len(threads)):
            threads[i] = numba.get_thread_id()
        return threads

    used = compiled("threads(n)")(who)(np.zeros(1000))
    assert set(used) == set(range(numba.get_num_threads()))


@needs_numba
def test_nothing_but_prange_runs_in_parallel_whatever_the_types():
    loop = compiled("numbers(n), sums(n)")(whole_sum)
    for dtype in (np.float64, np.float32, np.int64):  # compiled three times
        loop(np.ones(5, dtype), np.ones(5))
        options = loop.machine.targetoptions["parallel"]
        assert options.enabled and options.prange
        assert not any(getattr(options, name) for name in UNASKED)
    assert len(loop.machine.signatures) == 3


@needs_numba
def test_an_edit_may_bring_prange_or_take_it_away():
    rows = np.arange(6.0).reshape(2, 3)

    def plain(rows, means):
        pass

    plain.__code__ = row_means.__code__
    loop = compiled("rows(n, m), means(n)")(plain)
    assert loop(rows, np.zeros(2)).tolist() == [1, 4]
    assert "parallel" in loop.machine.targetoptions
    plain.__code__ = add_up_rows.__code__
    assert loop(rows, np.zeros(2)).tolist() == [3, 12]
    assert "parallel" not in loop.machine.targetoptions
    plain.__code__ = row_means.__code__
    assert loop(rows, np.zeros(2)).tolist() == [1, 4]


def test_prange_is_range_where_python_runs_it(monkeypatch):
    assert prange is range
    monkeypatch.setattr(compiled_module, "numba_is_available", lambda: False)
    loop = compiled("rows(n, m), means(n)")(row_means)
    assert loop(np.arange(6.0).reshape(2, 3), np.zeros(2)).tolist() == [1, 4]
    assert "machine" not in loop.__dict__


KEPT = """
from scratch.machinery.compiled import compiled

@compiled
def loop(numbers):
    return 1.5 * numbers[0]
"""
SAY = "print(kept.loop(np.ones(1)), sum(kept.loop.machine.stats.cache_hits.values()))"


def run_with(folder, code):
    """What a new process prints that has the module `kept` of this folder."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
    command = [sys.executable, "-B", "-c", f"import numpy as np, kept\n{code}"]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout


@needs_numba
def test_machine_code_is_kept_for_the_next_process(tmp_path):
    (tmp_path / "kept.py").write_text(KEPT)
    assert run_with(tmp_path, SAY) == "1.5 0\n"
    assert run_with(tmp_path, SAY) == "1.5 1\n"


@pytest.mark.slow
@needs_numba
def test_kept_machine_code_is_not_that_of_an_older_source(tmp_path):
    # A process that imported the old file compiles after the edit: same size, same bytecode, and
    # the date of the file is the new one. Only the constant differs.
    path = tmp_path / "kept.py"
    path.write_text(KEPT)
    edit = f"open({str(path)!r}, 'w').write({KEPT.replace('1.5', '2.5')!r})"
    assert run_with(tmp_path, f"{edit}\n{SAY}") == "1.5 0\n"
    assert run_with(tmp_path, SAY) == "2.5 0\n"
    assert run_with(tmp_path, SAY) == "2.5 1\n"


@needs_numba
def test_without_a_place_to_keep_machine_code_it_is_compiled_all_the_same():
    made = {"__name__": "nowhere", "compiled": compiled}
    exec(KEPT.split("import compiled")[1], made)  # its source is in no file
    assert made["loop"](np.ones(1)) == 1.5
    assert made["loop"].machine.signatures


def element(numbers, index):
    return numbers[index]


def elements(numbers, indices, found):
    for i in prange(len(indices)):
        found[i] = numbers[indices[i]]


@needs_numba
@pytest.mark.parametrize("index", [5, 10**12, -6])
def test_without_a_contract_no_index_leads_out_of_an_array(index):
    with pytest.raises(IndexError, match=r"element has used an index .* call it with lists"):
        compiled(element)(np.arange(5.0), index)
    with pytest.raises(IndexError, match="elements has used an index"):
        compiled(elements)(np.arange(5.0), np.array([0, index]), np.zeros(2))
    with pytest.raises(IndexError, match="list index out of range"):
        compiled(element)([0.0] * 5, index)


@needs_numba
def test_the_switch_turns_the_looks_on_and_off(monkeypatch):
    loop = compiled("numbers(n)")(element)
    numbers = np.arange(5.0)[:3]
    for off in ("0", ""):
        monkeypatch.setenv("SCRATCH_CHECK_BOUNDS", off)
        assert loop(numbers, 3) == 3.0  # in the memory behind, which is luckily ours
    monkeypatch.setenv("SCRATCH_CHECK_BOUNDS", "1")
    with pytest.raises(IndexError, match="outside of its array"):
        loop(numbers, 3)
    with pytest.raises(IndexError, match="outside of its array"):
        relaxed(loop)(numbers, 3)
    monkeypatch.delenv(CHECK_BOUNDS)
    assert loop(numbers, 3) == 3.0


@needs_numba
@given(case=loop_arguments())
@settings(deadline=None, max_examples=10)
def test_the_looks_change_no_bit(case):
    loop, arguments = case
    free = run_epochs(loop, copies(arguments))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CHECK_BOUNDS, "1")
        assert run_epochs(loop, copies(arguments)) == free


def test_a_contract_is_looked_at_before_the_loop_runs_in_either_speed():
    start = np.ones((2, 2))
    for users, movies, ratings, error in [
        ([0, 2], [0, 0], [1.0, 2.0], IndexError),
        ([0, 10**12], [0, 0], [1.0, 2.0], IndexError),
        ([0, -1], [0, 0], [1.0, 2.0], IndexError),
        ([0, 1], [0, 0], [1.0] * 2000, ValueError),
        ([0.0, 1.0], [0, 0], [1.0, 2.0], TypeError),
    ]:
        U, V = start.copy(), start.copy()
        columns = [np.array(column) for column in (users, movies, ratings)]
        with pytest.raises(error, match=r"users|ratings"):
            sgd_epoch(*columns, U, V, 0.1)
        with pytest.raises(error, match=r"users|ratings"):
            relaxed(sgd_epoch)(*columns, U, V, 0.1)
        with pytest.raises(error, match=r"users|ratings"):
            sgd_epoch(users, movies, ratings, U.tolist(), V.tolist(), 0.1)
        assert np.array_equal(U, start) and np.array_equal(V, start)


def test_arguments_may_be_given_by_name():
    places = [0, 1], [0, 1], [3.0, 4.0]
    expected, named = ([[1.0], [2.0]], [[1.0], [2.0]]), ([[1.0], [2.0]], [[1.0], [2.0]])
    loss = sgd_epoch(*places, *expected, 0.1)
    U, V = named
    users, movies, ratings = places
    told = {"ratings": ratings, "V": V, "U": U, "learning_rate": 0.1}
    assert sgd_epoch(users, movies=movies, **told) == loss
    assert named == expected
    arrays = {name: np.array(value) for name, value in told.items() if name != "learning_rate"}
    sgd_epoch(np.array(users), np.array(movies), learning_rate=0.1, **arrays)


@pytest.mark.parametrize(
    ("args", "kwargs", "words"),
    [
        ((), {}, "add_to_each: missing a required argument: 'numbers'"),
        (([1.0], 1.0, 2.0), {}, "add_to_each: too many positional arguments"),
        (([1.0], 1.0), {"numbers": [1.0]}, "add_to_each: multiple values for argument 'numbers'"),
        (([1.0],), {"amuont": 1.0}, "add_to_each: missing a required argument: 'amount'"),
    ],
)
def test_too_few_or_too_many_arguments_are_named(args, kwargs, words):
    with pytest.raises(TypeError, match=words):
        compiled(add_to_each)(*args, **kwargs)


def by_name_alone(numbers, *, amount=2.0):
    return amount


@pytest.mark.parametrize("numbers", [[1.0], np.ones(1)], ids=["list", "array"])
def test_an_argument_that_can_be_given_by_name_alone_is_refused(numbers):
    with pytest.raises(TypeError, match="by_name_alone: amount can be given by name alone"):
        compiled(by_name_alone)(numbers, amount=5.0)


def times(numbers, size=2):
    return numbers[0] * size


@pytest.mark.parametrize("kind", [list, np.array])
def test_a_default_is_looked_at_too(kind):
    loop = compiled("numbers(n), size < 10")(times)
    assert (loop(kind([3.0])), loop(kind([3.0]), 5)) == (6.0, 15.0)
    with pytest.raises(ValueError, match="size is 10: a size from 0 to 9 is meant"):
        loop(kind([3.0]), 10)


def count_all(numbers, *more):
    return len(more)


@pytest.mark.parametrize("kind", [list, np.array])
def test_a_loop_may_take_any_number_of_arguments(kind):
    loop = compiled("numbers(n)")(count_all)
    assert (loop(kind([1.0])), loop(kind([1.0]), 2.0, 3.0)) == (0, 2)


@pytest.mark.parametrize("wrong", [(3,), ("numbers(n)", 3), (None, "numbers")], ids=str)
def test_a_contract_and_what_changes_are_texts(wrong):
    with pytest.raises(TypeError, match="contract and changes must be texts"):
        compiled(*wrong)


def test_what_is_no_compiled_loop_has_no_code_to_call():
    for ask in (relaxed, code_to_call):
        with pytest.raises(TypeError, match=r"add_to_each at .* is no compiled loop: decorate it"):
            ask(add_to_each)
    for wrong, words in (
        ({"relaxed": 1}, "got 1 and True"),
        ({"keep": None}, "got False and None"),
    ):
        with pytest.raises(TypeError, match=f"^relaxed and keep must be True or False, {words}$"):
            code_to_call(compiled(add_to_each), **wrong)


def calls_what_is_not_there(numbers):
    return nothing_of_that_name(numbers)  # noqa: F821  # the mistake that a learner makes


@needs_numba
def test_what_numba_can_t_compile_is_said_in_a_sentence():
    with pytest.raises(TypeError) as error:
        compiled(calls_what_is_not_there)(np.ones(2))
    text = str(error.value)
    assert text.startswith("calls_what_is_not_there can't be compiled for numbers (1 axes of float")
    said = ") NameError: name 'nothing_of_that_name' is not defined … Call it with lists instead"
    assert said in text
    with pytest.raises(TypeError, match=r"for numbers \(1 axes of float64\), amount \(str\): "):
        compiled(add_to_each)(np.ones(2), "x")
    half = np.ones(2, np.float16)  # of which numba says only "float16"
    with pytest.raises(TypeError, match=r"can't be compiled for numbers \(1 axes of float16\)"):
        compiled(add_to_each)(half, 1.0)


@needs_numba
def test_what_a_loop_raises_itself_comes_as_it_is():
    def refuse(numbers):
        if len(numbers) == 2:
            raise ValueError("two are too many")
        if len(numbers) == 3:
            raise IndexError("there is no third one")
        if len(numbers) == 4:
            raise ValueError("index is out of bounds")
        return numbers[0] / 0

    with pytest.raises(ValueError, match=r"^two are too many$"):
        compiled(refuse)(np.ones(2))
    with pytest.raises(IndexError, match=r"^there is no third one$"):
        compiled(refuse)(np.ones(3))
    with pytest.raises(ValueError, match=r"^index is out of bounds$"):
        compiled(refuse)(np.ones(4))
    with pytest.raises(ZeroDivisionError):
        compiled(refuse)(np.ones(1))


def test_a_call_can_be_looked_at_without_being_made():
    U, V = np.ones((2, 2)), np.ones((2, 2))
    columns = np.array([0, 1]), np.array([0, 1]), np.array([3.0, 4.0])
    check_call(sgd_epoch, *columns, U, V, 0.1)
    assert (U == 1).all() and (V == 1).all()
    with pytest.raises(IndexError, match=r"users\[1\] is 1, but U has 1"):
        check_call(sgd_epoch, *columns, U[:1], V, 0.1)
    with pytest.raises(TypeError, match="missing a required argument"):
        check_call(sgd_epoch, *columns)
    with pytest.raises(TypeError, match="is no compiled loop"):
        check_call(add_to_each, [1.0], 1.0)
    check_call(compiled(add_to_each), "anything", None)  # it has no contract


FORKED = """
import multiprocessing, sys
import numpy as np
from scratch.machinery.compiled import code_to_call
from scratch.recommenders.sparse_cosines import fill_cosines, nearest_rows, sparse_cosines

def work(function, *more):
    function(np.eye(2), *more)
    return function(np.eye(2), *more).sum()

if __name__ == "__main__":
    code_to_call(fill_cosines)
    if "first" in sys.argv:
        work(sparse_cosines)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        try:
            print(pool.apply(work, (nearest_rows, 1)))
        except RuntimeError as problem:
            print(problem)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize(
    ("order", "said"), [("first", 'multiprocessing.get_context("spawn")'), ("not yet", "0.0")]
)
def test_a_copy_of_a_process_with_threads_says_so_and_does_not_hang(order, said):
    numba = pytest.importorskip("numba")
    done = subprocess.run(
        [sys.executable, "-c", FORKED, order],
        capture_output=True, text=True, timeout=120, cwd=ROOT,
    )  # fmt: skip
    last = done.stdout.splitlines()[-1]
    assert last.endswith(said) and done.returncode == 0, done.stderr
    assert numba  # else there are no threads


def test_where_compiling_is_switched_off_the_plain_loop_runs():
    script = "from scratch.recommenders.sparse_cosines import sparse_cosines; import numpy as np;"
    script += "print(sparse_cosines(np.eye(2)).tolist())"
    env = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
        env=env,
    )
    assert done.stdout == "[[1.0, 0.0], [0.0, 1.0]]\n", done.stderr
