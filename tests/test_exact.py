import numpy as np
import pytest

from scratch.evaluation.lists import EMPTY
from scratch.serving import exact
from scratch.serving.exact import ExactSearch, _keep_highest


def drawn(number, k, seed, dtype=np.float32):
    return np.random.default_rng(seed).standard_normal((number, k)).astype(dtype)


def best_by_sorting(items, queries, n):
    """What a full sort of all products says; equal products: the lower index first."""
    return np.argsort(-(queries @ items.T), axis=1, kind="stable")[:, :n]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("at_a_time", [1, 7, 100, 4096])
def test_it_finds_what_sorting_all_products_finds(dtype, at_a_time):
    # Small whole numbers: no product is rounded, whatever the block, and there are many ties.
    rng = np.random.default_rng(0)
    items = rng.integers(-3, 4, (100, 5)).astype(dtype)
    queries = rng.integers(-3, 4, (23, 5)).astype(dtype)
    shown, products = ExactSearch(items, at_a_time=at_a_time).search(queries, 10)
    expected = best_by_sorting(items, queries, 10)
    np.testing.assert_array_equal(shown, expected)
    np.testing.assert_array_equal(products, np.take_along_axis(queries @ items.T, expected, 1))
    assert products.dtype == dtype


def test_a_tie_goes_to_the_lower_index_across_blocks():
    items = np.ones((9, 1), np.float32)
    shown, _ = ExactSearch(items, at_a_time=2).search(np.ones((1, 1)), 4)
    np.testing.assert_array_equal(shown, [[0, 1, 2, 3]])


def test_places_without_an_item_stay_empty():
    shown, products = ExactSearch(drawn(3, 4, 0)).search(drawn(2, 4, 1), 5)
    assert (shown[:, 3:] == EMPTY).all() and (products[:, 3:] == -np.inf).all()
    assert (np.sort(shown[:, :3]) == [0, 1, 2]).all()


def test_nobody_asks():
    shown, products = ExactSearch(drawn(3, 4, 0)).search(np.empty((0, 4)), 5)
    assert shown.shape == products.shape == (0, 5)


def test_items_and_queries_may_be_lists():
    shown, products = ExactSearch([[1.0, 0.0], [0.0, 2.0]]).search([[3, 1]], 2)
    np.testing.assert_array_equal(shown, [[0, 1]])
    np.testing.assert_array_equal(products, [[3, 2]])


@pytest.mark.parametrize("at_a_time", [1, 7, 100])
@pytest.mark.parametrize("kind", [np.array, list, tuple, lambda some: np.array(some, np.uint8)])
def test_items_that_are_left_out_are_in_no_list(at_a_time, kind):
    items, queries, without = drawn(30, 4, 0), drawn(9, 4, 1), [0, 29, 6, 7, 7, 15]
    search = ExactSearch(items, at_a_time=at_a_time)
    shown, products = search.search(queries, 26, kind(without))
    rest = np.setdiff1d(np.arange(30), without)
    expected, of_rest = ExactSearch(items[rest]).search(queries, 25)
    np.testing.assert_array_equal(shown, np.column_stack([rest[expected], np.full(9, EMPTY)]))
    np.testing.assert_allclose(products[:, :-1], of_rest, rtol=1e-5)
    np.testing.assert_array_equal(search.search(queries, 5, ())[0], search.search(queries, 5)[0])


@pytest.mark.parametrize("wrong", [[30], [-1], np.array([3, 30]), np.array([-1])])
def test_to_leave_out_what_is_not_there_is_refused(wrong):
    with pytest.raises(IndexError, match=r"^without index (30|-1) is out of range: the search has"):
        ExactSearch(drawn(30, 4, 0)).search(drawn(1, 4, 1), 5, wrong)


@pytest.mark.parametrize("wrong", [3, [0.5], np.array([[1]]), [True], np.array(["a"]), np.ones(2)])
def test_what_to_leave_out_is_a_list_of_indices(wrong):
    with pytest.raises((TypeError, ValueError), match="without must "):
        ExactSearch(drawn(30, 4, 0)).search(drawn(1, 4, 1), 5, wrong)


def test_compiled_and_plain_loop_agree():
    products, left_out = drawn(6, 50, 2), np.arange(50) % 3 == 0
    lists = [(np.full((6, 8), -np.inf, np.float32), np.full((6, 8), EMPTY)) for _ in range(2)]
    for keep, (best, shown) in zip((_keep_highest, _keep_highest.__wrapped__), lists, strict=True):
        keep(products, 100, left_out, best, shown)
    for one, other in zip(*lists, strict=True):
        np.testing.assert_array_equal(one, other)
    assert lists[0][1].min() >= 100


def test_the_loop_says_which_of_its_arrays_it_could_not_write_into():
    for wrong in ("best", "shown"):
        lists = {"best": np.full((1, 2), -np.inf), "shown": np.full((1, 2), EMPTY)}
        lists[wrong].flags.writeable = False
        with pytest.raises(ValueError, match=f"{wrong} is changed in place, and .* read-only"):
            _keep_highest(np.ones((1, 3)), 0, np.zeros(3, bool), **lists)


@pytest.mark.parametrize(
    ("items", "says"),
    [
        (np.zeros((3, 2), np.int64), "float32 or float64"),
        (np.zeros(3), r"\(3,\)"),
        (np.zeros((0, 2)), "at least one row"),
        (np.zeros((2, 0)), "one column"),
        (np.array([[0.0, 1.0], [np.nan, 1.0]]), "row 1 of the items"),
        (np.array([[np.inf, 1.0]]), "diverged"),
    ],
)
def test_items_that_are_none_are_refused(items, says):
    with pytest.raises(ValueError, match=says):
        ExactSearch(items)


@pytest.mark.parametrize(
    ("queries", "n", "says"),
    [
        (np.zeros((1, 3)), 2, r"table \(m, 2\)"),
        (np.zeros(2), 2, r"\(2,\)"),
        (np.zeros((1, 2, 2)), 2, r"as wide as the items, got \(1, 2, 2\)"),
        (np.array([[0, 0], [0, np.nan]]), 2, "row 1 of the queries"),
        (np.array([[1e300, 0]]), 2, "row 0 of the queries"),  # no float32 is so large
        (np.zeros((1, 2)), 0, "n must be at least 1, got 0"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_questions_that_are_none_are_refused(queries, n, says):
    with pytest.raises(ValueError, match=says):
        ExactSearch(np.ones((4, 2), np.float32)).search(queries, n)


def test_less_than_one_at_a_time_is_refused():
    with pytest.raises(ValueError, match="at_a_time must be at least 1, got 0"):
        ExactSearch(np.ones((4, 2)), at_a_time=0)


@pytest.mark.parametrize("n", [2.0, True, None, "2", np.float64(2)])
def test_the_length_of_a_list_is_a_whole_number(n):
    with pytest.raises(TypeError, match="n must be a whole number, got"):
        ExactSearch(np.ones((4, 2))).search(np.ones((1, 2)), n)


def test_a_list_longer_than_memory_is_refused():
    search = ExactSearch(np.ones((4, 2)))
    for m, n in ((1, 10**12), (0, 2**70), (1000, 10**6)):
        with pytest.raises(ValueError, match=r"^n asks for .* numbers, and more than 268,435,456"):
            search.search(np.ones((m, 2)), n)
    assert search.search(np.ones((1, 2)), np.int8(100))[0].shape == (1, 100)


def test_all_lists_together_have_so_many_places_and_not_one_more(monkeypatch):
    monkeypatch.setattr(exact, "MOST_PLACES", 10)
    search = ExactSearch(np.ones((4, 2)))
    for m, n in ((0, 10), (1, 10), (2, 5)):
        assert search.search(np.ones((m, 2)), n)[0].shape == (m, n)
        with pytest.raises(ValueError, match=r"^n asks for"):
            search.search(np.ones((m, 2)), n + 1)


@pytest.mark.parametrize(
    "queries",
    [None, "ab", [["a", "b"]], {1: 2}, [[1j, 0]], [[1], [1, 2]], np.array([["a", "b"]]),
     np.array([[1j, 0]]), np.array([[None, 1.0]])],
)  # fmt: skip
def test_queries_are_numbers(queries):
    with pytest.raises(TypeError, match=r"queries .*numbers"):
        ExactSearch(np.ones((4, 2))).search(queries, 2)


@pytest.mark.parametrize("items", [None, "ab", [["a", "b"]], {1: 2}, [[1j, 0]], [[1], [1, 2]]])
def test_items_are_numbers(items):
    with pytest.raises(TypeError, match=r"items .*numbers"):
        ExactSearch(items)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.float16, np.longdouble, bool])
def test_queries_of_any_kind_of_number_are_those_numbers(kind):
    items = np.array([[100.0, 1.0], [3.0, 2.0]], np.float32)
    queries = np.array([[100, 1]]).astype(kind)
    expected = ExactSearch(items).search(queries.astype(float), 2)
    for one, other in zip(ExactSearch(items).search(queries, 2), expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("dtype", "large"), [(np.float32, 2e38), (np.float64, 1.5e308)])
@pytest.mark.filterwarnings("error")
def test_products_that_overflow_are_refused_and_large_ones_are_not(dtype, large):
    # The first product is no number: infinity less infinity. Nothing is larger than that.
    items = np.array([[large, large], [1.0, 0.0], [0.5, 0.0]], dtype)
    search = ExactSearch(items, at_a_time=1)
    with pytest.raises(ValueError, match=rf"queries are too large: .* beyond {np.dtype(dtype)}"):
        search.search(np.array([[2.0, -2.0]]), 2)
    shown, products = search.search(np.array([[0.5, 0.25], [0.0, 0.0]]), 2)
    np.testing.assert_array_equal(shown, [[0, 1], [0, 1]])
    assert products[0, 0] == items[0, 0] * dtype(0.75)


@pytest.mark.parametrize("of_items", [1, -1])
@pytest.mark.parametrize("of_queries", [1, -1])
def test_a_sum_of_products_is_beyond_float32_where_no_product_is(of_items, of_queries):
    ones = np.array([[1.0, 1.0, 1.0, 1.0, 0.0]], np.float32)
    search = ExactSearch(of_items * 9e37 * ones)
    with pytest.raises(ValueError, match="queries are too large"):
        search.search(of_queries * ones, 1)
    assert np.isfinite(search.search(of_queries * ones * 0.5, 1)[1]).all()


def test_a_query_beyond_float32_is_refused_also_if_no_product_is():
    search = ExactSearch(np.full((3, 2), 1e-10, np.float32))
    with pytest.raises(ValueError, match="row 1 of the queries has a number that is not finite"):
        search.search(np.array([[1.0, 1.0], [1e39, 0.0]]), 1)


def test_the_one_product_that_is_too_large_is_found_wherever_it_is(monkeypatch):
    sizes, isfinite = [], np.isfinite
    monkeypatch.setattr(exact, "AT_A_TIME", 2)
    monkeypatch.setattr(np, "isfinite", lambda some: sizes.append(np.size(some)) or isfinite(some))
    for query, item in np.ndindex(5, 5):
        items, queries = np.zeros((5, 1)), np.zeros((5, 1))
        items[item], queries[query] = 1e300, 1e10
        with pytest.raises(ValueError, match="queries are too large"):
            ExactSearch(items).search(queries, 1)
    assert max(sizes) == 5  # a table's: of the products four are in memory at once


def test_items_that_somebody_has_added_are_looked_at_too():
    search = ExactSearch(np.ones((2, 2)))
    search.items = np.array([[1.0, 1.0], [2.0, 2.0], [1.5e308, 1.5e308]])
    with pytest.raises(ValueError, match="queries are too large"):
        search.search(np.array([[1.0, 1.0]]), 1)
    assert search.search(np.array([[0.25, 0.25]]), 1)[0] == 2
    search.items = np.array([[1.0, np.nan]])
    with pytest.raises(ValueError, match="row 0 of the items"):
        search.search(np.array([[1.0, 1.0]]), 1)


def test_memory_that_is_not_in_order_is_put_in_order():
    items, queries = drawn(6, 4, 0), drawn(5, 4, 1)
    expected = ExactSearch(items).search(queries, 3)[0]
    odd = np.asfortranarray(items), np.asfortranarray(np.repeat(queries, 2, axis=0))[::2]
    np.testing.assert_array_equal(ExactSearch(odd[0]).search(odd[1], 3)[0], expected)
