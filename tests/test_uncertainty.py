import numpy as np
import pytest
from scipy import stats

from scratch.evaluation import uncertainty
from scratch.evaluation.uncertainty import bootstrap_interval, paired_test


def rng(seed=0):
    return np.random.default_rng(seed)


def test_the_interval_is_that_of_the_normal_distribution_for_many_values():
    values = rng(1).exponential(size=2000)
    low, high = bootstrap_interval(values, rng=rng(), num_draws=5000)
    half = 1.96 * values.std() / 2000**0.5
    assert low == pytest.approx(values.mean() - half, abs=0.05 * half)
    assert high == pytest.approx(values.mean() + half, abs=0.05 * half)


def test_the_interval_against_scipy():
    values = rng(2).random(80) ** 3
    found = bootstrap_interval(values, rng=rng(), num_draws=20_000)
    theirs = stats.bootstrap(
        (values,), np.mean, method="percentile", rng=rng(3), n_resamples=20_000
    )
    np.testing.assert_allclose(found, theirs.confidence_interval, atol=0.004)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    held = 0
    for seed in range(200):
        low, high = bootstrap_interval(rng(seed).normal(1, 1, 50), rng=rng(), num_draws=400)
        held += low <= 1 <= high
    assert 175 <= held <= 200


def test_a_higher_level_is_a_wider_interval():
    values = rng(4).random(100)
    narrow, wide = (bootstrap_interval(values, rng=rng(), level=level) for level in (0.5, 0.99))
    assert wide[0] < narrow[0] < values.mean() < narrow[1] < wide[1]


def test_as_many_draws_are_in_memory_as_have_room_and_they_are_the_same(monkeypatch):
    first, second = rng(7).random((2, 300))
    found = []
    for most in (1, 299, 1000, 10**6):
        monkeypatch.setattr(uncertainty, "MOST_AT_ONCE", most)
        sizes = list(uncertainty._chunks(50, 300))
        assert sum(sizes) == 50 and max(sizes) == min(50, max(1, most // 300))
        interval = bootstrap_interval(first, rng=rng(), num_draws=50)
        found.append((interval, paired_test(first, second, rng=rng(), num_draws=50)))
    assert len(set(found)) == 1


def test_p_against_all_signs():
    first, second = rng(5).random((2, 10))
    differences = first - second
    signs = 1 - 2 * ((np.arange(1024)[:, None] >> np.arange(10)) & 1)
    exact = (np.abs((signs * differences).mean(1)) >= abs(differences.mean()) - 1e-12).mean()
    assert paired_test(first, second, rng=rng(), num_draws=40_000) == pytest.approx(exact, abs=0.01)


def test_p_is_small_for_a_steady_lead_and_1_for_none():
    base = rng(6).random(200)
    assert paired_test(base + 0.01, base, rng=rng()) < 0.001
    assert paired_test(base, base, rng=rng()) == 1


def test_p_is_uniform_where_there_is_no_difference():
    found = [paired_test(*rng(s).random((2, 30)), rng=rng(), num_draws=500) for s in range(200)]
    assert 0.02 <= np.mean(np.array(found) < 0.1) <= 0.18


def test_p_counts_every_sign_as_drawn_in_one_go_and_ties_as_large():
    # Tenths, whose sums differ in their last digits; in whole numbers, ties are exact.
    tenths, num_draws = np.array([3, -1, 2, 2, -1, 1]), 450
    signs = rng().integers(0, 2, size=(num_draws, 6)) * 2 - 1
    as_large = (abs(signs @ tenths) >= abs(tenths.sum())).sum()
    expected = (as_large + 1) / (num_draws + 1)
    assert 0.2 < expected < 0.8
    for unit in (0.1, 1e-14, 1e14):
        found = paired_test(tenths * unit, np.zeros(6), rng=rng(), num_draws=num_draws)
        assert found == expected


def test_the_interval_is_the_middle_of_the_draws_as_drawn_in_one_go():
    values = rng(7).random(5)
    means = values[rng().integers(5, size=(450, 5))].mean(axis=1)
    expected = tuple(np.quantile(means, [0.25, 0.75]))
    assert bootstrap_interval(values, rng=rng(), level=0.5, num_draws=450) == expected


def test_without_a_word_there_are_2000_draws_and_10_000_for_p():
    first, second = rng(8).random((2, 9))
    expected = bootstrap_interval(first, rng=rng(), level=0.95, num_draws=2000)
    assert bootstrap_interval(first, rng=rng()) == expected
    p = paired_test(first, second, rng=rng(), num_draws=10_000)
    assert paired_test(first, second, rng=rng()) == p < 0.9


@pytest.mark.parametrize("kind", [bool, np.int8, np.uint8])
def test_values_of_any_kind_of_number_are_taken_as_floats(kind):
    first, second = np.array([1, 0, 1, 1]).astype(kind), np.array([0, 1, 0, 0]).astype(kind)
    assert paired_test(first, second, rng=rng()) == paired_test(
        first.astype(float), second.astype(float), rng=rng()
    )
    assert bootstrap_interval(first, rng=rng()) == bootstrap_interval(
        first.astype(float), rng=rng()
    )


@pytest.mark.parametrize("values", [[1.0], []])
def test_too_few_values_raise(values):
    with pytest.raises(ValueError, match="values must hold a number for each of two users or more"):
        bootstrap_interval(np.array(values), rng=rng())
    for name, pair in (("first", (values, [1.0, 2.0])), ("second", ([1.0, 2.0], values))):
        with pytest.raises(ValueError, match=f"^{name} must .* or more, got {len(values)}$"):
            paired_test(*map(np.array, pair), rng=rng())


def test_a_table_of_values_raises():
    with pytest.raises(ValueError, match="values must have one axis"):
        bootstrap_interval(np.array([[1.0, 2.0]]), rng=rng())


def test_values_that_are_not_finite_raise():
    with pytest.raises(ValueError, match=r"values\[1\] is nan: it must be a finite number"):
        bootstrap_interval(np.array([1.0, np.nan, 2.0]), rng=rng())
    with pytest.raises(ValueError, match=r"second\[0\] is inf"):
        paired_test(np.ones(2), np.array([np.inf, 1]), rng=rng())


def test_different_users_raise():
    with pytest.raises(ValueError, match="2 and 3 values: compare the same users"):
        paired_test(np.ones(2), np.ones(3), rng=rng())


@pytest.mark.parametrize(
    ("level", "words"),
    [(0, "above 0 and below 1"), (1, "above 0 and below 1"), (np.nan, "a finite number")],
)
def test_a_level_that_is_no_share_raises(level, words):
    with pytest.raises(ValueError, match=f"level must be {words}"):
        bootstrap_interval(np.ones(3), rng=rng(), level=level)


class Drawn(Exception):
    pass


class NeverDraws(np.random.Generator):
    """Stops whatever has got as far as to draw from it."""

    def integers(self, *_, **__):
        raise Drawn


def test_ten_million_draws_are_begun():
    never = NeverDraws(np.random.PCG64(0))
    with pytest.raises(Drawn):
        bootstrap_interval(np.ones(3), rng=never, num_draws=10**7)
    with pytest.raises(Drawn):
        paired_test(np.ones(2), np.ones(2), rng=never, num_draws=10**7)


@pytest.mark.parametrize("num_draws", [0, -1, 10**7 + 1, 10**12])
def test_no_draws_or_more_than_anybody_waits_for_raise(num_draws):
    with pytest.raises(ValueError, match=f"num_draws must be at least 1 and .*, got {num_draws}"):
        bootstrap_interval(np.ones(3), rng=rng(), num_draws=num_draws)
    with pytest.raises(ValueError, match=f"num_draws must be at least 1 and .*, got {num_draws}"):
        paired_test(np.ones(2), np.ones(2), rng=rng(), num_draws=num_draws)


def test_one_draw_is_enough_to_answer():
    low, high = bootstrap_interval(np.array([1.0, 2.0]), rng=rng(), num_draws=1)
    assert low == high
    assert paired_test(np.array([3.0, 4.0]), np.zeros(2), rng=rng(), num_draws=1) in (0.5, 1.0)


@pytest.mark.filterwarnings("error")
def test_values_too_large_to_be_averaged_raise():
    with pytest.raises(ValueError, match="the numbers in values are too large"):
        bootstrap_interval(np.array([1e308, 1e308]), rng=rng())
    with pytest.raises(ValueError, match="the numbers in second are too large"):
        paired_test(np.ones(2), np.array([-1e308, 1.0]), rng=rng())
    with pytest.raises(ValueError, match="the numbers in first are too large"):
        paired_test(np.array([5e299, -5e299]), np.ones(2), rng=rng())
    largest = np.array([4.99e299, -4.99e299])
    assert bootstrap_interval(largest, rng=rng()) == (-4.99e299, 4.99e299)
    assert paired_test(largest, -largest, rng=rng()) == 1
