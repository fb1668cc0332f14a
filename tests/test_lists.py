import itertools

import numpy as np
import pytest
from sklearn import metrics as sk

from scratch.evaluation import lists
from scratch.evaluation import metrics as single

# All rankings of a catalogue of five movies, and all that may be relevant in it.
RANKINGS = np.array(list(itertools.permutations(range(5))))
RELEVANT = [set(c) for n in range(1, 6) for c in itertools.combinations(range(5), n)]


def hits_of(relevant, k):
    return np.isin(RANKINGS[:, :k], list(relevant))


@pytest.mark.parametrize("k", [1, 3, 5])
def test_as_read_literally_on_every_ranking_of_a_small_catalogue(k):
    for relevant in RELEVANT:
        hits, number = hits_of(relevant, k), np.full(len(RANKINGS), len(relevant))
        for row, ranking in enumerate(RANKINGS[::7]):
            shown, row = ranking[:k].tolist(), row * 7
            places = [p for p, movie in enumerate(shown, 1) if movie in relevant]
            assert lists.precision(hits)[row] == single.precision_at_k(shown, relevant, k)
            assert lists.recall(hits, number)[row] == single.recall_at_k(shown, relevant, k)
            assert lists.ndcg(hits, number)[row] == pytest.approx(
                single.ndcg_at_k(shown, relevant, k), abs=1e-12
            )
            assert lists.hit_rate(hits)[row] == bool(places)
            assert lists.reciprocal_rank(hits)[row] == (1 / places[0] if places else 0)
            ap = sum((i + 1) / p for i, p in enumerate(places)) / min(k, len(relevant))
            assert lists.average_precision(hits, number)[row] == pytest.approx(ap, abs=1e-12)
        if k == 3:
            break  # one k over all that may be relevant is slow enough


def test_full_lists_against_scikit_learn():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(50, 12))
    relevant = rng.random((50, 12)) < 0.3
    relevant[:, 0] = True
    order = np.argsort(-scores, axis=1)
    hits = np.take_along_axis(relevant, order, axis=1)
    number = relevant.sum(axis=1)
    precisions = [sk.average_precision_score(r, s) for r, s in zip(relevant, scores, strict=True)]
    areas = [sk.roc_auc_score(r, s) for r, s in zip(relevant, scores, strict=True)]
    np.testing.assert_allclose(lists.average_precision(hits, number), precisions)
    np.testing.assert_allclose(lists.auc(scores, relevant, np.full((50, 12), True)), areas)
    gains = sk.ndcg_score(relevant, scores, k=5)
    assert lists.ndcg(hits[:, :5], number).mean() == pytest.approx(gains)


def test_auc_counts_ties_half_and_looks_at_candidates_only():
    scores = np.array([[0.7, 0.9, 0.7, 0.2, 0.1, 9.0]])
    relevant = np.array([[True, False, False, False, False, True]])
    candidates = np.array([[True, True, True, True, True, False]])
    assert lists.auc(scores, relevant, candidates).tolist() == [0.625]  # that of notebook 09


@pytest.mark.parametrize("wanted", [True, False])
def test_auc_without_anything_to_compare_is_nan(wanted):
    assert lists.auc(np.array([[2.0, 1.0]]), np.array([[True, False]]), np.ones((1, 2), bool)) == 1
    for movies in (1, 3):
        everything = np.full((1, movies), True)
        assert np.isnan(lists.auc(np.ones((1, movies)), everything == wanted, everything)).all()


def test_auc_against_all_pairs():
    rng = np.random.default_rng(1)
    scores, relevant = rng.integers(0, 4, (30, 9)).astype(float), rng.random((30, 9)) < 0.4
    candidates = rng.random((30, 9)) < 0.8
    for found, s, r, c in zip(
        lists.auc(scores, relevant, candidates), scores, relevant, candidates, strict=True
    ):
        pairs = [(a > b) + 0.5 * (a == b) for a in s[r & c] for b in s[~r & c]]
        assert found == pytest.approx(np.mean(pairs)) if pairs else np.isnan(found)


def test_hits_are_found_by_list_and_movie():
    shown = np.array([[3, 1, -1], [0, 2, 3]])
    hits = lists.find_hits(shown, np.array([0, 1, 1, 0]), np.array([1, 3, 4, 7]))
    assert hits.tolist() == [[False, True, False], [False, False, True]]


def test_without_lists_or_anything_relevant_there_are_no_hits():
    none = np.zeros(0, int)
    assert not lists.find_hits(np.array([[0, 2], [1, -1]]), none, none).any()
    for shape in ((0, 3), (2, 0)):
        assert lists.find_hits(np.zeros(shape, int), none, none).shape == shape


def test_hits_are_found_at_the_far_end_of_the_largest_catalogue():
    last = 2**31 - 2
    shown = np.array([[last, 3], [0, last], [0, 3]])
    hits = lists.find_hits(shown, np.array([1, 1]), np.array([-1, last]))
    assert hits.tolist() == [[False, False], [False, True], [False, False]]
    with pytest.raises(IndexError, match=rf"^shown\[0, 0\] is {last + 1}, but a catalogue has"):
        lists.find_hits(np.array([[last + 1]]), np.array([0]), np.array([0]))
    with pytest.raises(IndexError, match=rf"^movies\[0\] is {last + 1}, but a catalogue has"):
        lists.find_hits(np.array([[0]]), np.array([0]), np.array([last + 1]))


def test_lists_hold_whole_numbers():
    calls = [
        lambda shown: lists.find_hits(shown, np.array([0]), np.array([0])),
        lambda shown: lists.coverage(shown, 2),
        lambda shown: lists.novelty(shown, np.ones(2), 2),
    ]
    for call in calls:
        with pytest.raises(TypeError, match="shown must be an array of whole numbers, got"):
            call(np.array([[0.0, 1.0]]))


def test_an_empty_place_is_no_hit_and_a_list_may_be_empty():
    shown = np.array([[-1, -1]])
    assert not lists.find_hits(shown, np.array([0]), np.array([0])).any()
    assert lists.precision(np.array([[False, False]])).tolist() == [0]


def test_a_movie_shown_twice_raises():
    shown = np.array([[1, 2, 3, -1, -1], [4, 0, 4, -1, 1], [2, 2, 0, 0, 1]])
    with pytest.raises(ValueError, match=r"^list 1 shows movie 4 more than once"):
        lists.find_hits(shown, np.array([0]), np.array([1]))


@pytest.mark.parametrize("measure", [lists.recall, lists.average_precision, lists.ndcg])
def test_nothing_relevant_raises(measure):
    with pytest.raises(ValueError, match="nothing is relevant to user 1"):
        measure(np.zeros((3, 2), bool), np.array([1, 0, 2]))


def test_the_shelf_by_hand():
    shown = np.array([[0, 1], [0, 2], [0, -1]])
    assert lists.coverage(shown, 5) == 3 / 5
    # Times on a list: 3, 1, 1, 0, 0. Mean absolute difference of all pairs, over twice the mean.
    times = np.array([3, 1, 1, 0, 0])
    by_pairs = np.abs(times[:, None] - times).mean() / (2 * times.mean())
    assert lists.gini(shown, 5) == pytest.approx(by_pairs)


def test_gini_of_equals_is_0_and_of_one_is_nearly_1():
    assert lists.gini(np.arange(100).reshape(10, 10), 100) == pytest.approx(0)
    assert lists.gini(np.zeros((10, 1), int), 100) == pytest.approx(0.99)


def test_novelty_is_bits_of_surprise():
    counts = np.array([8, 4, 1, 0])
    shown = np.array([[0, 1], [2, 3], [-1, 0]])
    assert lists.novelty(shown, counts, 8) == pytest.approx(np.mean([0, 1, 3, 3, 0]))


def test_popularity_lift_compares_lists_with_their_readers():
    counts = np.array([10.0, 20, 30, 40])
    shown = np.array([[3, 2], [3, -1], [0, 1]])
    readers, movies = np.array([0, 1, 0]), np.array([0, 2, 1])
    # Lists: 35 and 40; readers: 15 and 30; the third has rated nothing.
    assert lists.popularity_lift(shown, readers, movies, counts) == pytest.approx(37.5 / 22.5 - 1)


def test_a_reader_of_what_nobody_has_rated_counts_in_the_lift_like_any_other():
    shown, counts = np.array([[0], [0]]), np.array([3, 6, 0])
    readers, movies = np.array([0, 1]), np.array([1, 2])  # they know movies of 6 and 0 ratings
    assert lists.popularity_lift(shown, readers, movies, counts) == 3 / 3 - 1


def test_miscalibration_by_hand():
    genres = np.array([[1, 0], [0, 1], [1, 1]])
    readers, movies = np.zeros(4, int), np.array([0, 0, 1, 2])  # shares: (2.5, 1.5) / 4
    p = np.array([2.5, 1.5]) / 4
    q = 0.99 * np.array([0.0, 1.0]) + 0.01 * p
    found = lists.miscalibration(np.array([[1, -1]]), readers, movies, genres)
    assert found[0] == pytest.approx((p * np.log(p / q)).sum())
    same = lists.miscalibration(np.array([[2, -1]]), np.array([0, 0]), np.array([0, 1]), genres)
    assert same[0] == pytest.approx(0, abs=1e-12)


def test_a_genre_that_the_reader_never_chose_costs_no_infinity():
    found = lists.miscalibration(np.array([[1]]), np.array([0]), np.array([0]), np.eye(2))
    assert found[0] == pytest.approx(np.log(100))  # only alpha of the list is what it should be


def test_miscalibration_of_nothing_is_nan():
    genres = np.vstack([np.eye(3), np.zeros(3)])
    shown = np.array([[-1, -1], [0, 1], [3, -1]])
    readers, movies = np.array([0, 2]), np.array([0, 1])
    assert np.isnan(lists.miscalibration(shown, readers, movies, genres)).all()


@pytest.mark.filterwarnings("error")
def test_ranks_are_those_of_scipy():
    from scipy.stats import rankdata

    scores = np.random.default_rng(2).integers(0, 5, (40, 11)).astype(float)
    scores[::3, 2] = -np.inf
    everything = np.full(scores.shape, True)
    good = np.random.default_rng(3).random(scores.shape) < 0.4
    good[:, 0], good[:, 1] = True, False
    number = good.sum(axis=1)
    ranks = np.where(good, rankdata(scores, axis=1), 0).sum(axis=1)
    expected = (ranks - number * (number + 1) / 2) / (number * (11 - number))
    np.testing.assert_allclose(lists.auc(scores, good, everything), expected)


def test_a_movie_that_no_list_can_hold_is_never_a_hit():
    # As one number (row 1, movie −1) is the same as (row 0, the last movie).
    assert not lists.find_hits(np.array([[2, 0], [1, 0]]), np.array([1]), np.array([-1])).any()


def test_scores_that_are_no_numbers_have_no_auc():
    everything = np.full((1, 3), True)
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match=rf"scores\[0, 1\] is {bad}"):
            lists.auc(np.array([[1.0, bad, 2.0]]), everything, everything)
    with pytest.raises(ValueError, match=r"must be of one shape.*\(1, 2\), \(1, 3\) and \(1, 3\)"):
        lists.auc(np.ones((1, 2)), everything, everything)
    with pytest.raises(ValueError, match=r"must be of one shape.*\(1, 0\)"):
        lists.auc(np.ones((1, 0)), everything[:, :0], everything[:, :0])


OF_HITS = [lists.precision, lists.hit_rate, lists.reciprocal_rank]
OF_RELEVANT = [lists.recall, lists.average_precision, lists.ndcg]


@pytest.mark.parametrize("measure", OF_HITS)
def test_hits_are_booleans_in_places(measure):
    with pytest.raises(TypeError, match="hits must be an array of booleans"):
        measure(np.array([[np.nan, 1.0]]))
    with pytest.raises(ValueError, match=r"hits has no places: its shape is \(2, 0\)"):
        measure(np.zeros((2, 0), bool))
    assert measure(np.zeros((0, 2), bool)).tolist() == []


@pytest.mark.parametrize("measure", OF_RELEVANT)
def test_what_is_relevant_must_fit_the_hits(measure):
    hits = np.array([[True, True], [False, True]])
    with pytest.raises(ValueError, match="user 0 has 2 hits, but by num_relevant only 1 are"):
        measure(hits, np.array([1, 1]))
    with pytest.raises(ValueError, match="user 1 has 2 hits, but by num_relevant only 1 are"):
        measure(hits[[1, 0, 0]], np.array([1, 1, 1]))
    with pytest.raises(ValueError, match="2 lists of hits, but num_relevant has 3"):
        measure(hits, np.array([2, 2, 2]))
    with pytest.raises(TypeError, match="num_relevant must be an array of whole numbers"):
        measure(hits, np.array([2.0, np.nan]))
    with pytest.raises(ValueError, match="hits has no places"):
        measure(hits[:, :0], np.array([1, 1]))


@pytest.mark.parametrize("measure", OF_RELEVANT)
def test_small_numbers_of_what_is_relevant_do_not_overflow(measure):
    hits = np.zeros((2, 300), bool)
    hits[0, :200] = True
    assert np.array_equal(
        measure(hits, np.array([200, 255], np.uint8)), measure(hits, np.array([200, 255]))
    )


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.uint64])
def test_lists_of_small_or_unsigned_indices_do_not_overflow(kind):
    shown = np.array([[127, 100], [3, 90]])
    rows, movies = np.array([0, 1, 1]), np.array([100, 127, 90])
    expected = lists.find_hits(shown, rows, movies)
    assert expected.tolist() == [[False, True], [False, True]]
    found = lists.find_hits(shown.astype(kind), rows.astype(kind), movies.astype(kind))
    assert np.array_equal(found, expected)
    counts = np.arange(128)
    for measure in (lists.coverage, lists.gini):
        assert measure(shown.astype(kind), 128) == measure(shown, 128)
    assert lists.novelty(shown.astype(kind), counts, 128) == lists.novelty(shown, counts, 128)


@pytest.mark.parametrize(
    ("rows", "movies", "error", "words"),
    [
        ([2], [1], IndexError, r"^rows\[0\] is 2, but shown has 2, counted from 0"),
        ([0, -2, 2], [1, 1, 1], IndexError, r"^rows\[1\] is -2, but shown has 2"),
        ([0], [-2], IndexError, r"movies\[0\] is -2"),
        ([0], [2**40], IndexError, r"movies\[0\] is 1099511627776"),
        ([0, 1], [1], ValueError, r"^rows and movies must be pairs, got 2 and 1"),
    ],
)
def test_pairs_that_can_not_be_are_refused(rows, movies, error, words):
    with pytest.raises(error, match=words):
        lists.find_hits(np.array([[0, 1], [1, 0]]), np.array(rows), np.array(movies))


def test_a_place_below_the_empty_one_is_refused():
    with pytest.raises(IndexError, match=r"^shown\[1, 0\] is -2, but a catalogue has"):
        lists.find_hits(np.array([[0, -1], [-2, 0], [-2, 1]]), np.array([0]), np.array([1]))


def test_coverage_is_never_above_1():
    shown = np.array([[0, 1], [2, -1]])
    assert lists.coverage(shown, 3) == 1
    assert lists.coverage(np.array([[0], [0]]), 1) == 1
    assert lists.coverage(np.full((2, 3), -1), 1) == 0
    for measure in (lists.coverage, lists.gini):
        with pytest.raises(IndexError, match=r"shown\[1, 0\] is 2, but a catalogue has 2 movies"):
            measure(shown, 2)
        with pytest.raises(ValueError, match="num_movies must be at least 1"):
            measure(np.zeros((0, 2), int), 0)
    with pytest.raises(IndexError, match=r"shown\[1, 0\] is 2, but counts has 2 movies"):
        lists.novelty(shown, np.array([1, 1]), 3)


def test_lists_without_any_movie_have_no_gini_novelty_or_lift():
    empty, none = np.full((2, 3), -1), np.zeros(0, int)
    with pytest.raises(ValueError, match="shown has no movie in any place"):
        lists.gini(empty, 5)
    with pytest.raises(ValueError, match="shown has no movie in any place"):
        lists.novelty(empty, np.ones(5), 5)
    with pytest.raises(ValueError, match="nobody in common with both a list and a rating"):
        lists.popularity_lift(empty, np.array([0]), np.array([1]), np.ones(5))
    with pytest.raises(ValueError, match="nobody in common with both a list and a rating"):
        lists.popularity_lift(np.array([[0, 1]]), none, none, np.ones(5))
    with pytest.raises(ValueError, match="counts says that nobody has rated"):
        lists.popularity_lift(np.array([[1]]), np.array([0]), np.array([0]), np.array([0, 2]))


def test_gini_of_a_vast_catalogue_takes_no_memory():
    assert lists.gini(np.zeros((3, 1), int), 2**31 - 1) == pytest.approx(1)
    with pytest.raises(ValueError, match="num_movies must be at least 1 and at most"):
        lists.gini(np.zeros((3, 1), int), 2**31)


def test_counts_that_can_not_be_are_refused():
    shown, readers, movies = np.array([[0]]), np.array([0]), np.array([1])
    with pytest.raises(ValueError, match=r"counts\[1\] is 9: it must lie from 0 to 8, the number"):
        lists.novelty(shown, np.array([8, 9]), 8)
    with pytest.raises(ValueError, match=r"counts\[0\] is -1: it must lie from 0 up"):
        lists.popularity_lift(shown, readers, movies, np.array([-1, 9]))
    with pytest.raises(ValueError, match="the numbers in counts are too large"):
        lists.popularity_lift(shown, readers, movies, np.array([1e200, 1e-200]))


@pytest.mark.parametrize("alpha", [0, -0.1, 1.1, np.nan])
def test_an_alpha_that_mixes_nothing_is_refused(alpha):
    with pytest.raises(ValueError, match="alpha must be"):
        lists.miscalibration(np.array([[1]]), np.array([0]), np.array([0]), np.eye(2), alpha=alpha)


@pytest.mark.parametrize(
    ("owner", "measure"),
    [
        ("counts", lambda shown, *pair: lists.popularity_lift(shown, *pair, np.array([2, 1]))),
        ("genres", lambda shown, *pair: lists.miscalibration(shown, *pair, np.eye(2))),
    ],
)
def test_a_movie_that_is_not_there_is_refused_in_the_words_of_what_has_too_few(owner, measure):
    shown, reader = np.array([[0, 1], [1, -1]]), np.array([0])
    assert np.isfinite(measure(shown, reader, np.array([1]))).any()
    shown[0, 1] = 2
    with pytest.raises(IndexError, match=rf"^shown\[0, 1\] is 2, but {owner} has 2 movies"):
        measure(shown, reader, np.array([1]))
    with pytest.raises(IndexError, match=rf"^movies\[0\] is 2, but {owner} has 2, counted from 0"):
        measure(shown[1:], reader, np.array([2]))
    with pytest.raises(IndexError, match=r"^readers\[0\] is -1, but shown has 2"):
        measure(shown % 2, np.array([-1]), np.array([1]))


def test_readers_and_movies_that_are_not_there_are_refused():
    for readers, movies, words in [
        ([1], [0], r"readers\[0\] is 1, but shown has 1"),
        ([0], [2], r"movies\[0\] is 2, but genres has 2"),
        ([0], [-1], r"movies\[0\] is -1, but genres has 2"),
    ]:
        with pytest.raises(IndexError, match=words):
            lists.miscalibration(np.array([[1]]), np.array(readers), np.array(movies), np.eye(2))
