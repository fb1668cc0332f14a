import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratch import linear_algebra as la

NUMBERS = st.integers(-1000, 1000) | st.floats(-1000, 1000)
FORMS = pytest.mark.parametrize("form", [list, np.array], ids=["lists", "arrays"])


@st.composite
def matrices(draw, num_rows=None, num_columns=None, smallest=1):
    num_rows = num_rows or draw(st.integers(smallest, 5))
    num_columns = num_columns or draw(st.integers(smallest, 5))
    row = st.lists(NUMBERS, min_size=num_columns, max_size=num_columns)
    return draw(st.lists(row, min_size=num_rows, max_size=num_rows))


@st.composite
def factors(draw):
    """Two matrices that can be multiplied."""
    a = draw(matrices())
    return a, draw(matrices(num_rows=len(a[0])))


def close(ours, numpys):
    assert np.shape(ours) == np.shape(numpys)
    np.testing.assert_allclose(ours, numpys, rtol=1e-12, atol=1e-6)


@FORMS
@given(pair=matrices(num_rows=2), c=NUMBERS)
def test_vector_formulas_agree_with_numpy(form, pair, c):
    v, w = form(pair[0]), form(pair[1])
    a, b = np.array(pair[0]), np.array(pair[1])
    close(la.add(v, w), a + b)
    close(la.subtract(v, w), a - b)
    close(la.scalar_multiply(c, v), c * a)
    close(la.dot(v, w), a @ b)
    close(la.sum_of_squares(v), a @ a)
    close(la.magnitude(v), np.linalg.norm(a))
    close(la.distance(v, w), np.linalg.norm(a - b))


@FORMS
@given(rows=matrices())
def test_matrix_formulas_agree_with_numpy(form, rows):
    matrix, oracle = form(rows), np.array(rows)
    i, j = len(rows) - 1, len(rows[0]) - 1
    close(la.vector_sum(matrix), oracle.sum(axis=0))
    close(la.vector_mean(matrix), oracle.mean(axis=0))
    close(la.get_row(matrix, i), oracle[i])
    close(la.get_column(matrix, j), oracle[:, j])
    close(la.transpose(matrix), oracle.T)
    close(la.matrix_times_vector(matrix, matrix[0]), oracle @ oracle[0])
    assert la.shape(matrix) == oracle.shape


@FORMS
@given(pair=factors())
def test_matrix_multiply_agrees_with_numpy(form, pair):
    a, b = pair
    close(la.matrix_multiply(form(a), form(b)), np.array(a) @ np.array(b))


@given(rows=st.integers(0, 5), columns=st.integers(1, 5))
def test_make_matrix_calls_entry_with_row_then_column(rows, columns):
    made = la.make_matrix(rows, columns, lambda i, j: 10 * i - j)
    assert made == [[10 * i - j for j in range(columns)] for i in range(rows)]
    close(la.identity_matrix(columns), np.eye(columns))


def test_results_are_lists_and_the_inputs_stay_as_they_were():
    v, w = [1, 2], [3, 4]
    matrix = [v, w]
    assert la.vector_sum(matrix) == [4, 6] and matrix == [[1, 2], [3, 4]]
    assert la.add(v, w) == [4, 6] and (v, w) == ([1, 2], [3, 4])
    results = la.add(np.array(v), w), la.transpose(np.array(matrix)), la.vector_mean(matrix)
    assert all(isinstance(result, list) for result in results)


@pytest.mark.parametrize("function", [la.add, la.subtract, la.dot, la.distance])
@pytest.mark.parametrize(("v", "w"), [([1, 2], [1]), ([], [1]), (np.ones(3), [1, 2])])
def test_vectors_of_different_lengths_raise(function, v, w):
    with pytest.raises(ValueError, match=f"got {len(v)} and {len(w)}"):
        function(v, w)


@pytest.mark.parametrize("function", [la.shape, la.transpose])
def test_ragged_rows_raise_and_name_the_row(function):
    with pytest.raises(ValueError, match="row 2 of matrix has 3 entries but row 0 has 2"):
        function([[1, 2], [3, 4], [5, 6, 7]])


def test_sums_of_ragged_vectors_raise():
    with pytest.raises(ValueError, match="got 2 and 3"):
        la.vector_sum([[1, 2], [3, 4, 5]])
    with pytest.raises(ValueError, match="got 3 and 2"):
        la.vector_mean([[1, 2, 3], [3, 4]])


def test_matrices_that_do_not_fit_raise():
    with pytest.raises(ValueError, match=r"multiply a, a \(1, 2\) matrix, by b, a \(1, 2\) matr"):
        la.matrix_multiply([[1, 2]], [[3, 4]])
    with pytest.raises(ValueError, match="row 1 of a has"):
        la.matrix_multiply([[1, 2], [3]], [[3, 4]])
    with pytest.raises(ValueError, match="row 1 of b has"):
        la.matrix_multiply([[1, 2]], [[3, 4], [5]])
    with pytest.raises(ValueError, match="row 1 of matrix has"):
        la.matrix_times_vector([[1, 2], [3]], [3, 4])
    with pytest.raises(ValueError, match=r"a \(1, 2\) matrix by v: .* length, got 2 and 1"):
        la.matrix_times_vector([[1, 2]], [3])


def test_empty_input():
    assert la.add([], []) == la.subtract([], []) == la.scalar_multiply(2, []) == []
    assert la.dot([], []) == la.magnitude([]) == la.distance([], []) == 0
    assert la.shape([]) == (0, 0)
    assert la.transpose([]) == la.matrix_times_vector([], [1]) == la.matrix_multiply([], []) == []
    for function in (la.vector_sum, la.vector_mean):
        with pytest.raises(ValueError, match="no vectors given"):
            function([])


def test_zero_vectors():
    zero = [0, 0, 0]
    assert la.magnitude(zero) == la.dot(zero, [1, 2, 3]) == la.distance(zero, zero) == 0
    assert la.add(zero, [1, 2, 3]) == [1, 2, 3]


# Odd input


def test_numbers_of_arrays_are_taken_as_pythons_own():
    v = np.array([100, 100], np.int8)
    assert la.dot(v, v) == la.dot(list(v), v.tolist()) == la.sum_of_squares(v) == 20_000
    assert type(la.dot(v, v)) is type(la.dot(list(v), list(v))) is int
    assert la.magnitude(v) == 20_000**0.5
    assert la.add(v, v) == la.scalar_multiply(np.int8(2), v) == la.vector_sum([v, v]) == [200, 200]
    assert la.subtract(v, -v) == [200, 200] and la.distance(v, -v) == 80_000**0.5
    assert la.matrix_multiply([v], np.array([v, v]).T) == [[20_000, 20_000]]
    assert la.matrix_times_vector(np.array([v]), v) == [20_000]
    assert la.vector_mean([v, v, v]) == [100.0, 100.0]
    for number in (la.dot(np.ones(2), v), *la.get_row(np.ones((2, 2)), 0), *la.add(v, v)):
        assert type(number) in (int, float)


def test_exact_numbers_stay_exact():
    huge = 10**20 + 1
    assert la.dot([huge], [huge]) == huge**2
    assert la.add([huge], [1]) == [huge + 1]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("form", [list, np.array], ids=["lists", "arrays"])
def test_nan_and_infinity_raise_and_are_named(bad, form):
    good, wrong = form([1.0, 2.0]), form([1.0, bad])
    for function in (la.dot, la.add, la.subtract, la.distance):
        with pytest.raises(ValueError, match=r"\[1\]"):
            function(good, wrong)
    with pytest.raises(ValueError, match=r"w\[1\]"):
        la.dot(good, wrong)
    with pytest.raises(ValueError, match=r"^v\[1\]"):
        la.matrix_times_vector([good], wrong)
    for function in (la.magnitude, la.sum_of_squares, lambda v: la.scalar_multiply(0, v)):
        with pytest.raises(ValueError, match=r"v\[1\]"):
            function(wrong)
    for function in (la.vector_sum, la.vector_mean):
        with pytest.raises(ValueError, match=r"vectors\[0\]\[1\]"):
            function([wrong])
    for function in (la.shape, la.transpose, lambda m: la.get_row(m, 0)):
        with pytest.raises(ValueError, match=r"matrix\[1\]\[1\]"):
            function([good, wrong])


def test_a_result_that_is_too_large_raises():
    with pytest.raises(ValueError, match="dot gives no finite number"):
        la.dot([1e200], [1e200])
    with pytest.raises(ValueError, match="dot gives no finite number"):
        la.magnitude([10**200])
    for function, w in ((la.add, [0, 1e308]), (la.subtract, [0, -1e308])):
        said = f"^{function.__name__} gives no finite number: what is in v and w is too large"
        with pytest.raises(ValueError, match=said):
            function([0, 1e308], w)
    with pytest.raises(ValueError, match=r"^\(c · v\)\[1\] must be a finite number, got inf"):
        la.scalar_multiply(10, [0, 1e308])
    with pytest.raises(ValueError, match=r"c must be a finite number"):
        la.scalar_multiply(10**400, [1])


@pytest.mark.parametrize(
    "wrong",
    [None, "ab", 3, {1: 2, 3: 4}, {1, 2}, [1, "x"], [1, None], [1j, 2], [[1], [2]]],
    ids=str,
)
def test_what_is_no_vector_raises(wrong):
    for function in (la.dot, la.add, la.subtract, la.distance):
        for pair in ((wrong, [1, 2]), ([1, 2], wrong)):
            with pytest.raises((TypeError, ValueError), match=r"^[vw](\[\d\])? must "):
                function(*pair)
    with pytest.raises((TypeError, ValueError), match=r"^v(\[\d\])? must "):
        la.magnitude(wrong)


@pytest.mark.parametrize("wrong", [None, "ab", 3, [1, 2], ["ab", "cd"], np.ones(3), [[1, "x"]]])
def test_what_is_no_matrix_raises(wrong):
    for function in (la.shape, la.transpose, lambda m: la.get_column(m, 0)):
        with pytest.raises((TypeError, ValueError), match=r"^matrix(\[\d\])*"):
            function(wrong)


def test_rows_and_columns_that_are_not_there_raise():
    for i in (-1, 2):
        with pytest.raises(IndexError, match=f"i is {i}, and the matrix has no such row: it has 2"):
            la.get_row([[1, 2, 3], [4, 5, 6]], i)
    for j in (-1, 3):
        with pytest.raises(IndexError, match=f"j is {j}, and the matrix has no such column"):
            la.get_column([[1, 2, 3], [4, 5, 6]], j)


def test_made_matrices_hold_numbers_and_have_room():
    with pytest.raises(TypeError, match=r"what entry gives.* must be a number, got None"):
        la.make_matrix(2, 2, lambda i, j: None)
    with pytest.raises(ValueError, match=r"what entry gives.* got nan"):
        la.make_matrix(2, 2, lambda i, j: np.nan)
    with pytest.raises(ValueError, match="num_rows must be at least 0, got -1"):
        la.make_matrix(-1, 2, lambda i, j: 0)
    with pytest.raises(ValueError, match=r"^num_rows × num_columns asks for 100,000 × 1,001 num"):
        la.make_matrix(10**5, 1001, lambda i, j: pytest.fail("it has begun"))
    with pytest.raises(ValueError, match=r"^n × n asks for 10,001 × 10,001 numbers"):
        la.identity_matrix(10_001)


def test_what_is_returned_shares_nothing_with_the_input():
    matrix = [[1, 2], [3, 4]]
    la.get_row(matrix, 0).append(5)
    la.vector_sum(matrix[:1]).append(5)
    la.transpose(matrix)[0].append(5)
    assert matrix == [[1, 2], [3, 4]]
