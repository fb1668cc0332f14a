import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans

from scratch.evaluation.lists import EMPTY
from scratch.serving.exact import ExactSearch
from scratch.serving.inverted_lists import (
    AT_A_TIME,
    InvertedLists,
    _search_cells,
    k_means,
    lifted,
    nearest,
)

RNG = np.random.default_rng(0)


def heaps(number, k, num_heaps, seed, dtype=np.float32):
    """Points around so many middles, and some queries that look into their directions."""
    rng = np.random.default_rng(seed)
    middles = rng.standard_normal((num_heaps, k)) * rng.uniform(0.5, 2, (num_heaps, 1))
    points = middles[rng.integers(num_heaps, size=number)] + 0.2 * rng.standard_normal((number, k))
    return points.astype(dtype), rng.standard_normal((40, k)).astype(dtype)


def recall(found, best):
    return np.mean([np.isin(a, b).mean() for a, b in zip(best, found, strict=True)])


def test_lifted_items_are_equally_long_and_the_nearest_has_the_largest_product():
    items, queries = heaps(300, 6, 10, 0, np.float64)
    tall = lifted(items)
    lengths = np.linalg.norm(tall, axis=1)
    np.testing.assert_allclose(lengths, np.linalg.norm(items, axis=1).max())
    flat = np.column_stack([queries, np.zeros(len(queries))])
    distances = cdist(flat, tall, "sqeuclidean")
    products = queries @ items.T
    squares = (queries**2).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(distances, squares + lengths[0] ** 2 - 2 * products)
    np.testing.assert_array_equal(
        np.argsort(distances, axis=1)[:, :10], np.argsort(-products, axis=1)[:, :10]
    )


def test_the_nearest_middle_is_that_of_smallest_distance():
    points, middles = np.random.default_rng(0).standard_normal((2, AT_A_TIME + 5, 3))
    middles = middles[:20]
    np.testing.assert_array_equal(nearest(points, middles), cdist(points, middles).argmin(axis=1))


def test_k_means_takes_the_steps_of_a_library_from_the_same_start():
    points = heaps(500, 4, 7, 1, np.float64)[0]
    start = k_means(points, 7, rng=np.random.default_rng(3), num_rounds=0)
    assert cdist(start, points).min(axis=1).max() == 0
    for num_rounds in (1, 3, 30):
        library = KMeans(7, init=start, n_init=1, max_iter=num_rounds, tol=0, algorithm="lloyd")
        library.fit(points)
        ours = k_means(points, 7, rng=np.random.default_rng(3), num_rounds=num_rounds)
        np.testing.assert_allclose(ours, library.cluster_centers_, atol=1e-12)


def test_no_two_middles_begin_at_the_same_place_if_there_are_others():
    # Between equal middles rounding would choose, and so the processor.
    few, generator = heaps(12, 3, 4, 5)[0], np.random.default_rng(0)
    for number in (10, 12):
        begun = k_means(np.repeat(few, 50, axis=0), number, rng=generator, num_rounds=0)
        assert len(np.unique(begun, axis=0)) == number and begun.dtype == float
    begun = k_means(np.repeat(few, 50, axis=0), 13, rng=generator, num_rounds=0)
    assert len(begun) == 13 and np.isin(begun, few).all()


def test_a_middle_without_points_begins_anew_at_a_point():
    points = np.repeat([[0.0], [1.0], [9.0]], [40, 40, 1], axis=0)
    for seed in range(20):
        middles = k_means(points, 3, rng=np.random.default_rng(seed), num_rounds=20)
        assert np.isin(middles, points).all()
        assert np.isfinite(middles).all()


@pytest.mark.parametrize("num_cells", [0, 6])
def test_more_cells_than_points_or_none_are_refused(num_cells):
    with pytest.raises(ValueError, match=f"5 points make 1 to 5 cells, not {num_cells}"):
        k_means(np.zeros((5, 2)), num_cells, rng=np.random.default_rng(0))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_with_all_cells_it_finds_what_is_found_by_looking_at_all(dtype):
    # Small whole numbers: every product is exact, so only the order of ties may differ.
    rng = np.random.default_rng(0)
    items = rng.integers(-9, 10, (400, 5)).astype(dtype)
    queries = rng.integers(-9, 10, (30, 5)).astype(dtype)
    cells = InvertedLists(items, 20, rng=rng)
    shown, products = cells.search(queries, 10, 20)
    np.testing.assert_array_equal(products, ExactSearch(items).search(queries, 10)[1])
    np.testing.assert_array_equal(products, np.take_along_axis(queries @ items.T, shown, 1))
    assert all(len(set(row)) == 10 for row in shown.tolist())
    assert products.dtype == dtype


def test_every_item_lies_in_the_cell_of_its_nearest_middle_once():
    items = heaps(1_000, 6, 30, 2)[0]
    cells = InvertedLists(items, rng=np.random.default_rng(0))
    assert len(cells.starts) - 1 == 32  # √1000, rounded
    np.testing.assert_array_equal(np.sort(cells.ids), np.arange(1_000))
    np.testing.assert_array_equal(cells.items, items[cells.ids])
    assert cells.starts[0] == 0 and cells.starts[-1] == 1_000 and (np.diff(cells.starts) >= 0).all()
    for begin, end in zip(cells.starts[:-1], cells.starts[1:], strict=True):
        assert (np.diff(cells.ids[begin:end]) > 0).all()


def test_a_search_looks_into_the_nearest_cells_only():
    items, queries = heaps(1_000, 6, 30, 2, np.float64)
    cells = InvertedLists(items, 25, rng=np.random.default_rng(0))
    tall = lifted(items)
    of_item = np.empty(1_000, int)
    of_item[cells.ids] = np.repeat(np.arange(25), np.diff(cells.starts))
    middles = np.array([tall[of_item == cell].mean(axis=0) for cell in range(25)])
    shown, _ = cells.search(queries, 1_000, 3)
    for query, row in zip(queries, shown, strict=True):
        found = row[row != EMPTY]
        assert len(set(of_item[found])) == 3
        # The middles were learned by ten rounds, so they are near the means of their cells.
        stretched = query * np.linalg.norm(tall[0]) / np.linalg.norm(query)
        distances = np.linalg.norm(np.append(stretched, 0) - middles, axis=1)
        assert set(np.argsort(distances)[:2]) <= set(of_item[found])


def test_more_cells_find_more_and_the_best_cells_come_first():
    items, queries = heaps(5_000, 8, 50, 3)
    best = ExactSearch(items).search(queries, 10)[0]
    cells = InvertedLists(items, rng=np.random.default_rng(0))
    found = [recall(cells.search(queries, 10, number)[0], best) for number in (1, 2, 4, 8, 71)]
    assert found == sorted(found)
    assert found[0] > 0.25 and found[3] > 0.9 and found[-1] > 0.999


def test_the_lift_is_what_finds_long_vectors():
    # The nearest to a short query are the short items; the largest products have the long ones.
    rng = np.random.default_rng(0)
    items = rng.standard_normal((2_000, 4)) * rng.uniform(0.1, 5, (2_000, 1))
    queries = rng.standard_normal((50, 4))
    best = ExactSearch(items).search(queries, 10)[0]
    cells = InvertedLists(items, 40, rng=rng)
    middles = k_means(items, 40, rng=rng)
    without = (nearest(items, middles)[best] == nearest(queries, middles)[:, None]).mean()
    assert without < 0.1 and recall(cells.search(queries, 10, 1)[0], best) > 0.4


@pytest.mark.parametrize("factor", [1e-3, 1e3])
def test_how_long_a_query_is_changes_nothing(factor):
    items, queries = heaps(2_000, 6, 30, 6, np.float64)
    cells = InvertedLists(items, 40, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(
        cells.search(factor * queries, 10, 3)[0], cells.search(queries, 10, 3)[0]
    )


def test_a_query_of_zeros_and_items_of_zeros_have_an_answer():
    for items in (np.eye(4), np.zeros((4, 4))):
        shown, products = InvertedLists(items, 2, rng=np.random.default_rng(0)).search(
            np.zeros((1, 4)), 4, 2
        )
        assert sorted(shown[0]) == [0, 1, 2, 3] and (products == 0).all()


def test_the_same_seed_makes_the_same_cells():
    items, queries = heaps(1_000, 6, 30, 4)
    one, two, other = (
        InvertedLists(items, 20, rng=np.random.default_rng(seed)).search(queries, 10, 1)[0]
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one, two)
    assert (one != other).any()


def test_items_that_are_left_out_are_in_no_list():
    items, queries = heaps(200, 5, 7, 20)
    search = InvertedLists(items, 9, rng=np.random.default_rng(0))
    everything, products = search.search(queries, 200, 4)
    without = [3, 199, *range(50, 90), 50]
    shown, scores = search.search(queries, 5, 4, without)
    for row in range(len(queries)):
        left = [place for place, item in enumerate(everything[row]) if item not in without][:5]
        np.testing.assert_array_equal(shown[row], everything[row, left])
        np.testing.assert_array_equal(scores[row], products[row, left])
    assert (search.search(queries, 1, 9, np.arange(200))[0] == EMPTY).all()
    for wrong in ([200], np.array([-1])):
        with pytest.raises(IndexError, match=r"without index .* out of range"):
            search.search(queries, 5, 4, wrong)


def test_too_few_items_in_the_cells_leave_places_empty():
    items, queries = heaps(50, 3, 5, 5)
    shown, products = InvertedLists(items, 10, rng=np.random.default_rng(0)).search(queries, 30, 1)
    assert (shown == EMPTY).any(axis=1).all()
    np.testing.assert_array_equal(shown == EMPTY, products == -np.inf)


def test_compiled_and_plain_loop_agree():
    rng = np.random.default_rng(0)
    items, queries = rng.integers(-9, 10, (60, 4)).astype(float), rng.normal(size=(5, 4)).round(2)
    probed = np.array([rng.choice(6, 2, replace=False) for _ in queries])
    cells = probed, np.arange(0, 61, 10), rng.permutation(60), items, rng.random(60) < 0.2
    lists = [(np.full((5, 8), -np.inf), np.full((5, 8), EMPTY)) for _ in range(2)]
    for search, (best, shown) in zip(
        (_search_cells, _search_cells.__wrapped__), lists, strict=True
    ):
        search(queries, *cells, best, shown)
    for one, other in zip(*lists, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("queries", "n", "num_probed", "says"),
    [
        (np.zeros((1, 3)), 2, 1, r"table \(m, 2\)"),
        (np.full((1, 2), np.nan), 2, 1, "row 0 of the queries"),
        (np.zeros((1, 2)), 0, 1, "n must be at least 1, got 0"),
        (np.zeros((1, 2)), 2, 0, "from 1 to 3 cells, got 0"),
        (np.zeros((1, 2)), 2, 4, "from 1 to 3 cells, got 4"),
    ],
)
def test_questions_that_are_none_are_refused(queries, n, num_probed, says):
    cells = InvertedLists(np.eye(2).repeat(5, axis=0), 3, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=says):
        cells.search(queries, n, num_probed)


def test_items_that_are_none_are_refused():
    with pytest.raises(ValueError, match="row 1 of the items"):
        InvertedLists(np.array([[1.0], [np.nan]]), rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="2 items make 1 to 2 cells, not 3"):
        InvertedLists(np.eye(2), 3, rng=np.random.default_rng(0))


@pytest.mark.parametrize("scale", [1e-40, 1e-30, 1e20, 1e37])
def test_how_large_the_items_are_changes_nothing(scale):
    rng = np.random.default_rng(0)
    items, queries = rng.standard_normal((2_000, 6)), rng.standard_normal((20, 6))
    best = ExactSearch(items).search(queries, 10)[0]
    for some, asked in ((items * scale, queries), (items, queries * min(scale, 1e25))):
        some = some.astype(np.float32)
        cells = InvertedLists(some, 40, rng=np.random.default_rng(0))
        found = cells.search(asked.astype(np.float32), 10, 8)[0]
        assert np.mean([np.isin(a, b).mean() for a, b in zip(best, found, strict=True)]) > 0.5


def test_one_very_long_item_does_not_throw_the_others_together():
    rng = np.random.default_rng(0)
    items = rng.standard_normal((5_000, 8))
    items[0] *= 1e5
    sizes = [
        np.diff(InvertedLists(items.astype(dtype), 70, rng=np.random.default_rng(0)).starts).max()
        for dtype in (np.float32, np.float64)
    ]
    assert sizes[0] < 2 * sizes[1]


def test_lifted_keeps_the_kind_of_number_and_takes_no_root_of_less_than_nothing():
    items = np.full((7, 3), 0.1, np.float32)
    assert lifted(items).dtype == np.float32 and np.isfinite(lifted(items)).all()


def test_rounds_are_passed_on_and_ten_by_default():
    points = np.random.default_rng(0).normal(size=(400, 3))

    def middles(**rounds):
        return k_means(points, 12, rng=np.random.default_rng(1), **rounds)

    np.testing.assert_array_equal(middles(), middles(num_rounds=10))
    assert (middles() != middles(num_rounds=9)).any()

    def starts(**rounds):
        return InvertedLists(points, 12, rng=np.random.default_rng(1), **rounds).starts

    assert (starts(num_rounds=1) != starts()).any()


def test_a_tie_in_a_cell_goes_to_the_lower_index():
    cells = InvertedLists(np.ones((9, 2)), 1, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(cells.search(np.ones((1, 2)), 4, 1)[0], [[0, 1, 2, 3]])


@pytest.mark.parametrize("num_cells", [0, -1])
def test_no_cells_are_refused_in_words(num_cells):
    with pytest.raises(ValueError, match=f"9 items make 1 to 9 cells, not {num_cells}"):
        InvertedLists(np.ones((9, 2)), num_cells, rng=np.random.default_rng(0))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda cells: cells.search(np.ones((1, 2)), 2.0, 1), "n must be a whole number, got 2.0"),
        (lambda cells: cells.search(np.ones((1, 2)), True, 1), "n must be a whole number"),
        (lambda cells: cells.search(np.ones((1, 2)), 2, 1.0), "^num_probed must be a whole number"),
        (lambda cells: cells.search(np.ones((1, 2)), 2, True), "num_probed must be a whole number"),
        (lambda cells: InvertedLists(cells.items, 3, rng=None), "rng must be a generator such as"),
        (lambda cells: InvertedLists(cells.items, 3, rng=0), "rng must be a generator such as"),
        (lambda cells: InvertedLists(cells.items, 3.0, rng=RNG), "num_cells must be a whole"),
        (lambda cells: InvertedLists(cells.items, True, rng=RNG), "num_cells must be a whole"),
        (lambda cells: k_means(cells.items, 2, rng=None), "rng must be a generator such as"),
        (lambda cells: k_means(cells.items, 2.0, rng=RNG), "num_cells must be a whole number"),
        (lambda cells: k_means(cells.items, 2, rng=RNG, num_rounds=2.0), "num_rounds must be"),
        (lambda cells: nearest("ab", cells.items), "points must be an array of numbers"),
        (lambda cells: lifted(None), "items must be an array of numbers"),
    ],
)
def test_what_is_of_another_kind_is_refused_by_name(call, words):
    cells = InvertedLists(np.eye(2).repeat(5, axis=0), 3, rng=np.random.default_rng(0))
    with pytest.raises(TypeError, match=words):
        call(cells)


def test_short_whole_numbers_are_as_good():
    items, queries = heaps(100, 3, 5, 0)
    cells = InvertedLists(items, np.int8(10), rng=np.random.default_rng(0))
    found = cells.search(queries, np.int8(7), np.int8(2))[0]
    np.testing.assert_array_equal(found, cells.search(queries, 7, 2)[0])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: nearest(np.ones((3, 2)), np.ones((2, 3))), "middles has shape .* not fit points"),
        (lambda: nearest(np.ones((0, 2)), np.ones((2, 2))), "points is too small: n is 0"),
        (lambda: nearest(np.ones((3, 2)), np.ones((0, 2))), "middles is too small: c is 0"),
        (lambda: lifted(np.ones((0, 2))), "items is too small"),
        (lambda: lifted(np.full((2, 2), 1e200)), "items has a number as large as 1e.200"),
        (lambda: k_means(np.ones((3, 1)), 2, rng=RNG, num_rounds=10**6), "num_rounds must be at"),
        (lambda: InvertedLists(np.full((2, 2), 1e200), rng=RNG), "items has a number as large as"),
    ],
)
def test_what_does_not_fit_or_is_too_large_is_refused_by_name(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_short_numbers_are_squared_as_numbers():
    short = np.array([[100, 0], [3, 4]], np.int8)  # 100 · 100 is 16 there
    np.testing.assert_array_equal(lifted(short), lifted(short.astype(float)))
    np.testing.assert_array_equal(nearest(short, short), [0, 1])


@pytest.mark.filterwarnings("error")
def test_queries_beyond_what_can_be_squared_or_multiplied_are_refused():
    cells = InvertedLists(np.eye(2), 1, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="the queries are too long"):
        cells.search(np.array([[1e200, 0.0]]), 1, 1)
    long = InvertedLists(np.full((2, 2), 2e38, np.float32), 1, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"the queries are too large: .* beyond float32"):
        long.search(np.array([[1.0, 1.0]]), 1, 1)
    assert long.search(np.array([[0.5, 0.5]]), 1, 1)[1] == np.float32(2e38)
    # Each for itself: these two can be squared, but the sum of all squares is no float64.
    tiny = InvertedLists(np.full((2, 2), 1e-10), 1, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="the queries are too long"):
        tiny.search(np.array([[1.0, 1.0], [1e155, 0.0], [1.0, 1.0]]), 1, 1)
    assert np.isfinite(tiny.search(np.array([[1.2e154, 0.0], [1.2e154, 0.0]]), 1, 1)[1]).all()


def test_middles_are_learned_by_ten_rounds_from_64_points_for_each_cell():
    items, queries = np.random.default_rng(5).normal(size=(2, 1_000, 6))
    found = InvertedLists(items, 9, rng=np.random.default_rng(0))
    tall, rng = lifted(items), np.random.default_rng(0)
    sample = tall[rng.choice(1_000, 9 * 64, replace=False)]
    middles = k_means(sample, 9, rng=rng, num_rounds=10)
    of_item = cdist(tall, middles).argmin(axis=1)
    np.testing.assert_array_equal(
        of_item[found.ids], np.repeat(np.arange(9), np.diff(found.starts))
    )
    # And the cells that are looked into are those of the nearest middles, exactly.
    lengths = np.linalg.norm(queries, axis=1, keepdims=True) / np.linalg.norm(tall[0])
    stretched = np.column_stack([queries / lengths, np.zeros(len(queries))])
    nearest_two = np.argsort(cdist(stretched, middles), axis=1)[:, :2]
    for row, cells in zip(found.search(queries, 1_000, 2)[0], nearest_two, strict=True):
        assert set(of_item[row[row != EMPTY]]) == set(cells)


def test_as_many_cells_as_items_and_one_item_alone():
    points = np.array([[0.0], [5.0], [9.0]])
    np.testing.assert_array_equal(np.sort(k_means(points, 3, rng=RNG), axis=0), points)
    for items in (points.tolist(), [[2.0]]):
        cells = InvertedLists(items, len(items), rng=np.random.default_rng(0))
        assert cells.search([[1.0]], 1, 1)[1] == max(items)


def test_from_0_to_1000_rounds_are_taken():
    points = np.random.default_rng(0).normal(size=(6, 2))
    begun = k_means(points, 2, rng=np.random.default_rng(1), num_rounds=0)
    assert all((points == middle).all(axis=1).any() for middle in begun)
    assert k_means(points, 2, rng=RNG, num_rounds=1_000).shape == (2, 2)
    for wrong in (-1, 1_001):
        with pytest.raises(ValueError, match="num_rounds must be at least 0 and at most 1000, got"):
            k_means(points, 2, rng=RNG, num_rounds=wrong)


def test_the_loop_says_which_of_its_arrays_it_could_not_write_into():
    for wrong in ("best", "shown"):
        lists = {"best": np.full((1, 2), -np.inf), "shown": np.full((1, 2), EMPTY)}
        lists[wrong].flags.writeable = False
        cells = np.zeros((1, 1), int), np.array([0, 1]), np.array([0]), np.ones((1, 2)), np.zeros(1)
        with pytest.raises(ValueError, match=f"{wrong} is changed in place, and .* read-only"):
            _search_cells(np.ones((1, 2)), *cells, **lists)


@pytest.mark.parametrize("scale", [1.0, 1e-170])
def test_items_that_are_equal_leave_no_empty_cell_to_look_into(scale):
    for seed in range(30):
        rng = np.random.default_rng(seed)
        items = scale * rng.normal(size=(2, 3))[rng.integers(0, 2, 20)]
        search = InvertedLists(items, 6, rng=rng)
        shown, _ = search.search(items[:5], 1, 1)
        assert (shown >= 0).all()
        every, _ = search.search(items[:5], 3, 6)
        assert (every >= 0).all()
