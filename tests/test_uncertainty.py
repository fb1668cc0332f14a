import numpy as np
import pytest
from scipy import stats

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


@pytest.mark.parametrize("values", [[1.0], []])
def test_too_few_values_raise(values):
    with pytest.raises(ValueError, match="values must hold a number for each of two users or more"):
        bootstrap_interval(np.array(values), rng=rng())


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


@pytest.mark.parametrize("num_draws", [0, -1, 10**12])
def test_no_draws_or_more_than_anybody_waits_for_raise(num_draws):
    with pytest.raises(ValueError, match=f"num_draws must be at least 1 and .*, got {num_draws}"):
        bootstrap_interval(np.ones(3), rng=rng(), num_draws=num_draws)
    with pytest.raises(ValueError, match=f"num_draws must be at least 1 and .*, got {num_draws}"):
        paired_test(np.ones(2), np.ones(2), rng=rng(), num_draws=num_draws)


def test_one_draw_is_enough_to_answer():
    low, high = bootstrap_interval(np.array([1.0, 2.0]), rng=rng(), num_draws=1)
    assert low == high
    assert paired_test(np.array([3.0, 4.0]), np.zeros(2), rng=rng(), num_draws=1) in (0.5, 1.0)


def test_values_too_large_to_be_averaged_raise():
    with pytest.raises(ValueError, match="the numbers in values are too large"):
        bootstrap_interval(np.array([1e308, 1e308]), rng=rng())
    with pytest.raises(ValueError, match="the numbers in second are too large"):
        paired_test(np.ones(2), np.array([-1e308, 1.0]), rng=rng())
