import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratch.pca import center, covariance_matrix, deflate, first_component, pca, project


def with_spectrum(variances, num_rows, num_columns, seed=0):
    """Centred data that have exactly these variances along random orthogonal directions."""
    rng = np.random.default_rng(seed)
    scores = np.column_stack([np.ones(num_rows), rng.normal(size=(num_rows, len(variances)))])
    scores = np.linalg.qr(scores)[0][:, 1:] * np.sqrt(num_rows - 1)
    directions = np.linalg.qr(rng.normal(size=(num_columns, num_columns)))[0]
    return (scores * np.sqrt(variances)) @ directions[: len(variances)]


def svd(data):
    """The oracle: directions (m, m) and variances (m,) of the centred data."""
    centered = data - data.mean(axis=0)
    _, singular_values, directions = np.linalg.svd(centered)
    variances = np.zeros(data.shape[1])
    variances[: len(singular_values)] = singular_values**2 / (len(data) - 1)
    return directions, variances


def check_against_svd(data, num_components):
    """Same variances, same directions; as subspaces where variances tie."""
    fitted = pca(data, num_components)
    directions, variances = svd(data)
    total = variances.sum()
    np.testing.assert_allclose(fitted.mean, data.mean(axis=0))
    np.testing.assert_allclose(fitted.variances, variances[:num_components], atol=1e-6 * total)
    assert fitted.variances.min() >= 0
    orthonormal = fitted.components @ fitted.components.T
    np.testing.assert_allclose(orthonormal, np.eye(num_components), atol=1e-9)
    largest = np.argmax(np.abs(fitted.components), axis=1)
    assert (fitted.components[range(num_components), largest] > 0).all()
    # A gap between variances j and j + 1 fixes the subspace of the first j + 1 components.
    for j in range(num_components):
        last = j + 1 == len(variances)
        if last or variances[j] - variances[j + 1] > 1e-8 * total:
            ours, theirs = fitted.components[: j + 1], directions[: j + 1]
            np.testing.assert_allclose(ours.T @ ours, theirs.T @ theirs, atol=1e-6)


@given(n=st.integers(2, 15), m=st.integers(1, 12), seed=st.integers(0, 10_000))
def test_any_shape(n, m, seed):
    data = np.random.default_rng(seed).normal(size=(n, m))
    check_against_svd(data, num_components=m)


@given(n=st.integers(2, 6), m=st.integers(1, 5), seed=st.integers(0, 10_000))
def test_small_whole_numbers_which_tie_and_repeat(n, m, seed):
    data = np.random.default_rng(seed).integers(0, 2, size=(n, m)).astype(float)
    check_against_svd(data, num_components=m)


@pytest.mark.parametrize("ratio", [0.9, 1 - 1e-3, 1 - 1e-6])
def test_variances_that_are_almost_equal_are_told_apart(ratio):
    data = with_spectrum([1, ratio, ratio**2, 0.1], num_rows=40, num_columns=6)
    check_against_svd(data, num_components=4)
    # One by one, and not only as subspaces.
    overlaps = np.abs(np.sum(pca(data, 4).components * svd(data)[0][:4], axis=1))
    np.testing.assert_allclose(overlaps, 1, atol=1e-12)


@pytest.mark.parametrize("variances", [[1, 1], [1, 1, 1, 1], [2, 1, 1, 0.5], [3, 3, 1, 1]])
def test_variances_that_tie_exactly(variances):
    check_against_svd(with_spectrum(variances, num_rows=30, num_columns=5), num_components=5)


def test_directions_far_weaker_than_the_first_stay_orthogonal():
    data = with_spectrum([1, 1e-3, 1e-6, 1e-9, 1e-12], num_rows=50, num_columns=5)
    components = pca(data, 5).components
    np.testing.assert_allclose(components @ components.T, np.eye(5), atol=1e-12)


RNG = np.random.default_rng(1)
THREE_COLUMNS = RNG.normal(size=(20, 3))
RANK_DEFICIENT = {
    "fewer rows than columns": RNG.normal(size=(4, 9)),
    "two rows": RNG.normal(size=(2, 5)),
    "two rows of whole numbers": np.array([[1.0, 0.0], [0.0, -1.0]]),
    "duplicated columns": np.repeat(THREE_COLUMNS, 3, axis=1),
    "constant columns": np.hstack([THREE_COLUMNS, np.full((20, 2), 7.1)]),
    "one direction varies": np.outer(np.arange(6.0), [3, -4, 0]),
    "nothing varies": np.full((5, 3), 0.1),
}


@pytest.mark.parametrize("data", RANK_DEFICIENT.values(), ids=RANK_DEFICIENT)
def test_rank_deficient(data):
    check_against_svd(data, num_components=data.shape[1])


@pytest.mark.parametrize("offset", [1e3, -1e6, 1e8])
def test_a_mean_far_from_zero(offset):
    check_against_svd(THREE_COLUMNS + offset, num_components=3)


def test_without_centring_the_first_component_is_the_direction_of_the_mean():
    data = 100 + with_spectrum([1, 0.01], num_rows=100, num_columns=2)
    mean_direction = np.array([1, 1]) / np.sqrt(2)
    uncentred = first_component(data.T @ data)
    assert abs(uncentred @ mean_direction) > 0.9999
    ours = pca(data, 1).components[0]
    assert abs(ours @ mean_direction) < 0.99
    assert abs(ours @ svd(data)[0][0]) == pytest.approx(1, abs=1e-12)


def test_hand_computed():
    fitted = pca([[0, 0, 5], [2, 2, 5], [4, 4, 5]], num_components=2)
    assert fitted.mean.tolist() == [2, 2, 5]
    np.testing.assert_allclose(fitted.components[0], [0.5**0.5, 0.5**0.5, 0], atol=1e-12)
    np.testing.assert_allclose(fitted.variances, [8, 0], atol=1e-12)
    np.testing.assert_allclose(
        project([[2, 2, 5], [3, 3, 9]], fitted)[:, 0], [0, 2**0.5], atol=1e-12
    )


def test_the_largest_entry_of_each_component_is_positive():
    components = pca(-THREE_COLUMNS, 3).components
    largest = np.argmax(np.abs(components), axis=1)
    assert (components[range(3), largest] > 0).all()


def test_projections_are_uncorrelated_and_have_the_variances():
    fitted = pca(THREE_COLUMNS + 5, 3)
    np.testing.assert_allclose(
        covariance_matrix(project(THREE_COLUMNS + 5, fitted)), np.diag(fitted.variances), atol=1e-12
    )


def test_centring_covariance_and_deflation_agree_with_numpy():
    np.testing.assert_allclose(center(THREE_COLUMNS).mean(axis=0), 0, atol=1e-15)
    covariance = covariance_matrix(THREE_COLUMNS)
    np.testing.assert_allclose(covariance, np.cov(THREE_COLUMNS.T))
    component = first_component(covariance)
    np.testing.assert_allclose(deflate(covariance, component) @ component, 0, atol=1e-15)


def test_the_data_are_not_changed():
    data = THREE_COLUMNS.copy()
    pca(data, 2)
    center(data)
    assert np.array_equal(data, THREE_COLUMNS)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("function", [center, covariance_matrix, lambda data: pca(data, 1)])
def test_a_value_that_is_not_finite_raises_and_names_its_place(bad, function):
    data = np.ones((3, 4))
    data[2, 1] = bad
    with pytest.raises(ValueError, match=rf"data\[2, 1\] is {bad}: it must be"):
        function(data)


@pytest.mark.parametrize("num_components", [-1, 0, 4])
def test_too_many_or_too_few_components_raise(num_components):
    with pytest.raises(ValueError, match=f"between 1 and 3.*got {num_components}"):
        pca(THREE_COLUMNS, num_components)


def test_input_that_is_not_a_table_of_two_rows_raises():
    with pytest.raises(ValueError, match="at least two rows"):
        pca([[1, 2]], 1)
    for data in ([], [1, 2, 3], np.zeros((3, 0))):
        with pytest.raises(ValueError, match="table with rows and columns, got shape"):
            pca(data, 1)
    with pytest.raises(ValueError, match="do not vary"):
        first_component(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="data has 2 columns, the components were found on 3"):
        project([[1, 2]], pca(THREE_COLUMNS, 1))


@pytest.mark.parametrize("tolerance", [0.0, 1e-300])
def test_no_tolerance_at_all_comes_to_an_end(tolerance):
    data = with_spectrum([1, 1 - 1e-9, 0.5], num_rows=40, num_columns=4)
    component = first_component(covariance_matrix(data), tolerance)
    assert abs(component @ svd(data)[0][0]) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1.0, 2.0], [-2.0, 1.0]], "must be symmetric"),  # it turns every vector, for ever
        ([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], "must be square"),
        ([[1e-9, 1.0], [1.0, 1e-9]], "no covariance matrix.* 1 is in it"),
        ([[1e308, 0.0], [0.0, 1e308]], "too large"),
        ([[0.0, 1.0], [1.0, 0.0]], "do not vary"),
        ([[1.0, np.nan], [np.nan, 1.0]], r"covariance\[0, 1\] is nan"),
        (np.zeros((0, 0)), r"must be square, got shape \(0, 0\)"),
        # A difference may be a millionth of the largest number, which rounding explains.
        ([[1e6, 0.0], [1.1, 1e6]], "must be symmetric"),
        ([[1.0, 1.7e308], [-1.7e308, 1.0]], "must be symmetric"),
        ([[1e-3, 0.0], [1e-4, 1e-3]], "must be symmetric"),
        # So may what the largest number has more than all variances together.
        ([[0.5, 1.0000011], [1.0000011, 0.5]], "no covariance matrix"),
    ],
)
def test_what_is_no_covariance_matrix_raises(matrix, message):
    with np.errstate(all="raise"), pytest.raises(ValueError, match=message):
        first_component(np.array(matrix))


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ([[4.0]], [1]),
        ([[1e6, 500_000.0], [500_001.0, 1e6]], [0.5**0.5, 0.5**0.5]),
        ([[0.5, 1.000001], [1.000001, 0.5]], [0.5**0.5, 0.5**0.5]),
    ],
)
def test_what_is_only_just_a_covariance_matrix_is_taken(matrix, expected):
    np.testing.assert_allclose(first_component(matrix), expected, atol=1e-6)


@pytest.mark.parametrize("size", [2.0**-500, 2.0**500])
def test_the_first_component_does_not_depend_on_the_unit(size):
    covariance = covariance_matrix(THREE_COLUMNS)
    assert np.array_equal(first_component(size * covariance), first_component(covariance))


def almost_tied(difference):
    """Variances 1 ± difference, along the diagonals of the plane."""
    return np.array([[1.0, difference], [difference, 1.0]])


def test_after_a_hundred_squarings_that_is_the_direction():
    # A squaring takes the lower number t, of (1, t), from tanh(x) to tanh(2x).
    component = first_component(almost_tied(2.0**-100), 0.0)
    np.testing.assert_allclose(component[1] / component[0], np.tanh(1), rtol=1e-12)


def test_a_squaring_that_changes_no_entry_by_more_than_tolerance_is_the_last():
    # The first squaring doubles 2⁻⁶¹, beside the diagonal: with less tolerance many follow it.
    along, turned = [1, 2.0**-59], [0.5**0.5, 0.5**0.5]
    for tolerance, expected in ((2.0**-61, along), (0.9 * 2.0**-61, turned)):
        found = first_component(almost_tied(2.0**-60), tolerance)
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_variances_that_differ_by_less_than_the_tolerance_count_as_tied():
    np.testing.assert_allclose(first_component(almost_tied(2.0**-90)), [1, 0], atol=1e-12)
    np.testing.assert_allclose(first_component(almost_tied(1e-9)), [0.5**0.5] * 2, atol=1e-5)
    data = [[1, 2.0**-90], [-1, -(2.0**-90)], [0, 1], [0, -1]]
    np.testing.assert_allclose(pca(data, 1).components, [[1, 0]], atol=1e-12)


def test_small_whole_numbers_do_not_overflow():
    matrix = np.array([[100, 1], [1, 100]])
    expected = first_component(matrix.astype(float))
    assert np.array_equal(first_component(matrix.astype(np.int8)), expected)
    with pytest.raises(ValueError, match="must be symmetric"):  # −28 − 100 is −128: no abs in int8
        first_component(np.array([[100, -28], [100, 100]], np.int8))
    data = np.array([[100, -100], [-100, 100], [100, 100]])
    for ours, right in zip(pca(data.astype(np.int8), 2), pca(data, 2), strict=True):
        assert np.array_equal(ours, right)


def test_of_numbers_of_32_bits_the_table_is_taken_in_64_and_the_covariance_as_it_is():
    data = THREE_COLUMNS.astype(np.float32)
    for ours, right in zip(pca(data, 3), pca(data.astype(float), 3), strict=True):
        assert ours.dtype == float and np.array_equal(ours, right)
    assert first_component(np.eye(3, dtype=np.float32)).dtype == np.float32


def test_numbers_that_are_too_large_raise():
    data = np.array([[1e200, 1.0], [-1e200, 2.0]])
    wrong = pca([[1, 2], [3, 5]], 1)._replace(components=np.full((1, 2), 3.0))
    opposed = 1.7e308 * np.array([[1.0, -1.0], [-1.0, 1.0]])
    for name, blamed, call in (
        ("covariance_matrix", "data", lambda: pca(data, 1)),
        ("center", "data", lambda: center(np.full((2, 2), 1.7e308))),
        ("project", "data or fitted", lambda: project(1e108 * data, wrong)),
        ("deflate", "covariance", lambda: deflate(opposed, [0.6, 0.8])),
    ):
        with pytest.raises(ValueError, match=f"^the result of {name} can't .* in {blamed} are too"):
            call()


def test_pairs_of_columns_for_which_there_is_no_room_raise():
    with pytest.raises(ValueError, match="columns of data asks for 100,000 × 100,000 numbers"):
        covariance_matrix(np.ones((2, 100_000)))


def test_deflating_wants_a_unit_vector_of_the_same_size():
    with pytest.raises(ValueError, match=r"covariance has shape \(2, 2\), and component \(3,\)"):
        deflate(np.eye(2), [1.0, 0.0, 0.0])
    with pytest.raises(ValueError, match="unit vector, and its length is 5"):
        deflate(np.eye(2), [3.0, 4.0])
    for length in (0.99999, 1.00001):
        with pytest.raises(ValueError, match=f"unit vector, and its length is {length}"):
            deflate(np.eye(2), [0.0, length])


def test_projecting_wants_what_pca_returns():
    fitted = pca(THREE_COLUMNS, 2)
    with pytest.raises(TypeError, match="fitted must be a PCA, got "):
        project(THREE_COLUMNS, tuple(fitted))
    with pytest.raises(TypeError, match="mean in fitted must be an array of numbers, got None"):
        project(THREE_COLUMNS, fitted._replace(mean=None))
    words = "a mean of 3 numbers, components of 2, and 2 variances for 2 of them"
    with pytest.raises(ValueError, match=words):
        project(THREE_COLUMNS, fitted._replace(components=np.eye(2)))
    with pytest.raises(ValueError, match="components of 3, and 1 variances for 2 of them"):
        project(THREE_COLUMNS, fitted._replace(variances=np.ones(1)))
