import numpy as np
import pytest
from scipy.sparse import csc_array

from scratch.checking import NotFitted
from scratch.recommenders.bayesian import (
    BayesianFactorization,
    draw_common,
    draw_numbers,
    expected,
    predicted,
)
from scratch.recommenders.sides import Side, one_hot


def setting(seed=0, num_rows=6, n=40):
    """A side with features that overlap, ratings, and what draw_numbers takes."""
    rng = np.random.default_rng(seed)
    side = Side.of(num_rows, kind=one_hot(rng.integers(0, 3, num_rows)))
    table, size = side.features, side.ends[-1]
    rows = rng.integers(0, num_rows - 1, n).astype(np.int32)  # the last row has no ratings
    numbers = rng.normal(size=size)
    given = {
        "rows": rows, "partners": rng.normal(size=n), "errors": rng.normal(size=n),
        "starts": table.indptr, "members": table.indices, "values": table.data,
        "means": rng.normal(size=size), "precisions": rng.uniform(0.5, 2, size), "certainty": 1.7,
        "luck": np.zeros(size), "numbers": numbers, "totals": table @ numbers,
    }  # fmt: skip
    return side, given, rng


@pytest.mark.parametrize("as_lists", [True, False])
def test_each_number_in_turn_becomes_the_mean_of_what_is_likely_and_some_luck(as_lists):
    side, given, rng = setting()
    dense, before = side.features.toarray(), given["numbers"].copy()
    outcome = given["errors"] + given["totals"][given["rows"]] * given["partners"]
    luck = given["luck"] = rng.normal(size=len(before))
    if as_lists:
        lists = {name: given[name].tolist() for name in given if name != "certainty"}
        draw_numbers(**given | lists)
        given |= {name: np.array(part) for name, part in lists.items()}
    else:
        draw_numbers(*given.values())
    for j in range(len(before)):
        # A ridge regression with one unknown: outcome − what all others explain = x · number.
        x = dense[given["rows"], j] * given["partners"]
        others = np.append(given["numbers"][:j], before[j:])
        others[j] = 0
        left = outcome - (dense @ others)[given["rows"]] * given["partners"]
        precision = given["precisions"][j] + 1.7 * (x @ x)
        mean = (given["precisions"][j] * given["means"][j] + 1.7 * (x @ left)) / precision
        drawn = mean + luck[j] / np.sqrt(precision)
        assert given["numbers"][j] == pytest.approx(drawn, rel=1e-10)
    np.testing.assert_allclose(given["totals"], dense @ given["numbers"], atol=1e-12)
    explained = given["totals"][given["rows"]] * given["partners"]
    np.testing.assert_allclose(given["errors"], outcome - explained, atol=1e-12)


def test_the_plain_loop_gives_the_same_to_the_last_bit():
    _, given, rng = setting()
    given["luck"] = rng.standard_normal(len(given["numbers"]))
    again = {name: np.copy(value) for name, value in given.items()} | {"certainty": 1.7}
    draw_numbers(*given.values())
    draw_numbers.__wrapped__(*again.values())
    for name in ("numbers", "errors", "totals"):
        assert np.array_equal(given[name], again[name])


def test_the_draws_scatter_as_the_exact_posterior_does():
    side, given, rng = setting(n=25)
    dense = side.features.toarray()
    outcome = given["errors"] + given["totals"][given["rows"]] * given["partners"]
    X = dense[given["rows"]] * given["partners"][:, None]
    precision = np.diag(given["precisions"]) + 1.7 * X.T @ X
    right_side = given["precisions"] * given["means"] + 1.7 * X.T @ outcome
    mean, covariance = np.linalg.solve(precision, right_side), np.linalg.inv(precision)
    draws = []
    for _ in range(40_000):
        given["luck"] = rng.standard_normal(len(given["numbers"]))
        draw_numbers(*given.values())
        draws.append(given["numbers"].copy())
    sizes = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose((np.mean(draws, axis=0) - mean) / sizes, 0, atol=0.1)
    np.testing.assert_allclose(
        np.cov(draws, rowvar=False) / np.outer(sizes, sizes),
        covariance / np.outer(sizes, sizes), atol=0.06,
    )  # fmt: skip


def test_expected_is_the_normal_distribution_given_the_other_numbers():
    rng = np.random.default_rng(3)
    numbers = rng.normal(size=(4, 7))
    common = []
    for _ in range(2):
        root = rng.normal(size=(4, 4))
        common.append((rng.normal(size=4), root @ root.T + np.eye(4)))
    for f in range(4):
        means, precisions = expected(f, numbers, [slice(0, 5), slice(5, 7)], common)
        for j in range(7):
            mean, precision = common[0 if j < 5 else 1]
            covariance, others = np.linalg.inv(precision), np.arange(4) != f
            gain = covariance[f, others] @ np.linalg.inv(covariance[np.ix_(others, others)])
            assert means[j] == pytest.approx(mean[f] + gain @ (numbers[others, j] - mean[others]))
            left = covariance[f, f] - gain @ covariance[others, f]
            assert precisions[j] == pytest.approx(1 / left)


def test_what_is_drawn_into_must_be_floats_that_can_be_changed():
    for name in ("errors", "numbers", "totals"):
        given = setting()[1]
        given[name].flags.writeable = False
        with pytest.raises(ValueError, match=rf"^{name} is changed in place, .* read-only"):
            draw_numbers(*given.values())


def test_of_one_number_each_what_is_common_is_drawn_by_the_formulas():
    # The Wishart distribution of one number is a chi-square one, divided by scale.
    def precision(*vectors):
        return draw_common(np.array(vectors)[:, None], np.random.default_rng(3))[1][0, 0]

    assert precision(0.0) / precision(3.0) == pytest.approx(1 + 2 / 3 * 3**2)
    assert precision(0.0, 0.0) / precision(-1.0, 1.0) == pytest.approx(1 + 2)
    rng = np.random.default_rng(0)
    draws = [draw_common(np.array([[6.0]]), rng) for _ in range(1000)]
    z = [(mean[0] - 6 / 3) * np.sqrt(3 * precision[0, 0]) for mean, precision in draws]
    assert abs(np.mean(z)) < 0.1 and abs(np.var(z) - 1) < 0.15  # N(0, 1)


@pytest.mark.slow
def test_what_is_common_is_drawn_around_what_was_seen():
    rng = np.random.default_rng(5)
    vectors = rng.multivariate_normal([1.0, -2.0], [[2.0, 0.8], [0.8, 1.0]], size=30)
    draws = [draw_common(vectors, rng) for _ in range(20_000)]
    center = vectors.mean(axis=0)
    spread = (vectors - center).T @ (vectors - center)
    scale = np.eye(2) + spread + 60 / 32 * np.outer(center, center)
    # The mean of a Wishart distribution is degrees of freedom × scale⁻¹.
    found = np.mean([precision for _, precision in draws], axis=0)
    np.testing.assert_allclose(found, 32 * np.linalg.inv(scale), rtol=0.02)
    means = np.array([mean for mean, _ in draws])
    np.testing.assert_allclose(means.mean(axis=0), 30 * center / 32, atol=0.01)
    # The covariance of the mean: E[precision⁻¹] / (2 + n), and E[precision⁻¹] = scale / (32 − 3).
    np.testing.assert_allclose(np.cov(means, rowvar=False), scale / 29 / 32, rtol=0.06)


@pytest.fixture(scope="module")
def planted():
    """Ratings of a model with biases and two numbers each, and noise of half a star."""
    rng = np.random.default_rng(11)
    U, V = rng.normal(0, 0.6, (60, 2)), rng.normal(0, 0.6, (50, 2))
    biases = rng.normal(0, 0.4, 60), rng.normal(0, 0.4, 50)
    pairs = rng.permutation(60 * 50)
    users, movies = np.divmod(pairs, 50)
    exact = 3 + biases[0][users] + biases[1][movies] + np.einsum("nk,nk->n", U[users], V[movies])
    rows = users[:1500], movies[:1500]
    asked = users[1500:], movies[1500:]
    stars = exact[:1500] + rng.normal(0, 0.5, 1500)
    model = BayesianFactorization(4, num_sweeps=150, burn_in=50)
    return model.fit(rows, stars, rng=rng), rows, stars, asked, exact[1500:]


def test_it_finds_what_was_planted(planted):
    model, _, _, asked, exact = planted
    assert abs(model.noise.mean() - 0.5) < 0.03
    error = np.sqrt(np.mean((model.predict(asked) - exact) ** 2))
    biases = BayesianFactorization(0, num_sweeps=150, burn_in=50)
    biases.fit(planted[1], planted[2], rng=np.random.default_rng(0))
    assert error < 0.3 < 0.4 < np.sqrt(np.mean((biases.predict(asked) - exact) ** 2))


def test_the_average_is_better_than_the_draws(planted):
    model, _, _, asked, exact = planted
    of_draws = np.sqrt(np.mean((model.predict_all(asked) - exact) ** 2, axis=1))
    assert np.sqrt(np.mean((model.predict(asked) - exact) ** 2)) < of_draws.min()
    np.testing.assert_allclose(model.predict(asked), model.predict_all(asked).mean(axis=0))


def test_the_spread_is_that_of_the_errors(planted):
    model, _, _, asked, exact = planted
    ratings = exact + np.random.default_rng(1).normal(0, 0.5, len(exact))
    away = (ratings - model.predict(asked)) / model.spread(asked)
    assert abs(np.mean(away**2) - 1) < 0.1
    doubt = np.sqrt(model.spread(asked) ** 2 - np.mean(model.noise**2))
    away = (exact - model.predict(asked)) / doubt
    assert abs(np.mean(away**2) - 1) < 0.25


def test_the_same_seed_gives_the_same_draws_and_the_history_what_happened(planted):
    _, rows, stars, asked, _ = planted
    models = [
        BayesianFactorization(2, num_sweeps=6, burn_in=2).fit(
            rows, stars, rng=np.random.default_rng(4)
        )
        for _ in range(2)
    ]
    assert np.array_equal(*(model.predict(asked) for model in models))
    assert models[0].history["sweep"].tolist() == [1, 2, 3, 4, 5, 6]
    assert [len(draws) for draws in models[0].draws] == [4, 4]
    assert models[0].history["noise"].to_numpy()[2:].tolist() == models[0].noise.tolist()
    last = [draws[-1].astype(float) for draws in models[0].draws]
    predicted = models[0].mean + last[0][0, rows[0]] + last[1][0, rows[1]]
    predicted += np.einsum("kn,kn->n", last[0][1:, rows[0]], last[1][1:, rows[1]])
    train = np.sqrt(np.mean((stars - predicted) ** 2))
    assert models[0].history["train"].iloc[-1] == pytest.approx(train, rel=1e-5)


class Watched(np.random.Generator):
    """A generator that writes down of what it was asked to draw a Gamma number."""

    def __init__(self, seed):
        super().__init__(np.random.PCG64(seed))
        self.asked = []

    def gamma(self, shape, scale):
        self.asked.append((shape, scale))
        return super().gamma(shape, scale)


@pytest.mark.parametrize("kind", [np.float32, np.float16, np.int8, np.uint8])
def test_ratings_of_any_kind_are_learned_from_as_long_floats(kind):
    rng = np.random.default_rng(3)
    rows, stars = (rng.integers(0, 9, 43), rng.integers(0, 7, 43)), 1 + np.arange(43) % 5
    long, short = (
        BayesianFactorization(2, num_sweeps=4, burn_in=1).fit(
            rows, stars.astype(of), rng=np.random.default_rng(0)
        )
        for of in (float, kind)
    )
    assert long.mean == short.mean != float(np.float32(long.mean))
    assert np.array_equal(long.predict((rows[0], rows[1])), short.predict((rows[0], rows[1])))


def test_how_far_ratings_scatter_is_drawn_from_the_errors_of_the_sweep_before():
    rng, users = Watched(0), np.arange(2000)
    model = BayesianFactorization(0, num_sweeps=3, burn_in=0)
    model.fit((users, users), 3 + 0 * users, rng=rng)
    wrong = 2000 * model.history["train"].to_numpy() ** 2
    shapes, scales = np.transpose(rng.asked)
    assert (shapes == 2001 / 2).all()
    np.testing.assert_allclose(scales[1:], 2 / (1 + wrong[:-1]), rtol=1e-9)
    # Beforehand all biases are drawn from N(0, 0.1²), and all ratings are equal.
    assert 2 / scales[0] - 1 == pytest.approx(2000 * 2 * 0.1**2, rel=0.1)


def test_without_settings_it_is_the_model_that_is_described():
    assert vars(BayesianFactorization()) == {"k": 10, "num_sweeps": 300, "burn_in": 50}


def test_there_are_as_many_rows_as_ratings_name_and_features_as_sides_have():
    model = BayesianFactorization(3, num_sweeps=3, burn_in=1)
    model.fit(([0, 2], [0, 0]), [3.0, 4.0], rng=np.random.default_rng(0))
    assert [draws.shape for draws in model.draws] == [(2, 4, 3), (2, 4, 1)]
    assert {draws.dtype.name for draws in model.draws} == {"float32"} and model.mean == 3.5
    sides = [Side.of(4, kind=one_hot([0, 1, 1, 0])), Side.of(1)]
    sides[1] = sides[1]._replace(ends=[0, 1])  # a list will do
    model.fit(([0], [0]), [3.0], sides, rng=np.random.default_rng(0))
    assert [draws.shape for draws in model.draws] == [(2, 4, 4), (2, 4, 1)]


def test_the_progress_bar_says_the_error_after_each_sweep(capsys):
    model = BayesianFactorization(1, num_sweeps=2, burn_in=0)
    given = ([0, 1], [0, 0]), [3.0, 4.0]
    model.fit(*given, rng=np.random.default_rng(0))
    assert capsys.readouterr() == ("", "")
    model.fit(*given, rng=np.random.default_rng(0), progress=True)
    said = [text.split("|") for text in capsys.readouterr().out.strip().split("\r")]
    first, last = (f" train {error:.4f}" for error in model.history["train"])
    steps = [("sweep 0/2 ", ""), ("sweep 1/2 ", first), ("sweep 2/2 ", last)]
    assert [(step, text.rstrip()) for step, _, text in said] == [*steps, steps[-1]]


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ([[1.0], [1e39]], "a draw can't be computed, -?inf came out"),
        ([[1e160], [1.0]], "the errors can't be computed, inf came out"),
        ([[1.0], [1e160]], "the errors can't be computed, nan came out"),
    ],
)
def test_features_that_are_too_large_are_said(features, message):
    sides = [Side.of(2, kind=np.array(features)), Side.of(1)]
    model = BayesianFactorization(1, num_sweeps=3, burn_in=1)
    of = ": the numbers in ratings, or in the features of sides, are too large"
    with pytest.raises(ValueError, match=f"^{message}{of}"):
        model.fit(([0, 0], [0, 0]), [3.0, 4.0], sides, rng=np.random.default_rng(0))


def test_features_say_something_of_who_has_no_ratings():
    rng = np.random.default_rng(8)
    kinds = rng.integers(0, 2, 80)
    users, movies = np.divmod(rng.permutation(80 * 30)[:1600], 30)
    seen = users < 70  # the last ten have rated nothing
    stars = 3 + np.where(kinds[users] == 1, 1.0, -1.0) + rng.normal(0, 0.3, len(users))
    rows = users[seen], movies[seen]
    sides = [Side.of(80, kind=one_hot(kinds)), Side.of(30)]
    model = BayesianFactorization(2, num_sweeps=120, burn_in=40)
    model.fit(rows, stars[seen], sides, rng=rng)
    new = np.arange(70, 80), np.zeros(10, int)
    assert (np.abs(model.predict(new) - (3 + np.where(kinds[70:] == 1, 1, -1))) < 0.4).all()
    known = np.arange(10), np.zeros(10, int)
    assert model.spread(new).min() > model.spread(known).max()


def test_a_third_side_meets_both_others():
    rng = np.random.default_rng(9)
    rows = [rng.integers(0, size, 3000) for size in (30, 20, 10)]
    tables = [rng.normal(0, 0.7, size) for size in (30, 20, 10)]
    a, b, c = (table[r] for table, r in zip(tables, rows, strict=True))
    stars = 3 + a * b + a * c + b * c + rng.normal(0, 0.3, 3000)
    train, asked = [r[:2500] for r in rows], [r[2500:] for r in rows]
    model = BayesianFactorization(2, num_sweeps=120, burn_in=60).fit(train, stars[:2500], rng=rng)
    assert np.sqrt(np.mean((model.predict(asked) - stars[2500:]) ** 2)) < 0.35


@pytest.mark.parametrize(
    ("rows", "ratings", "error", "message"),
    [
        (([0],), [3.0], ValueError, "two sides or more"),
        (([], []), [], ValueError, r"ratings of shape \(0,\)"),
        (
            ([0, 1], [0]),
            [3.0, 4.0],
            ValueError,
            r"shape \(2,\), but rows of shapes \[\(2,\), \(1,\)",
        ),
        (([0, 1], [0, 0]), [[3.0], [4.0]], ValueError, r"ratings must have one axis.*\(2, 1\)"),
        (([0, 1], [0, 0]), [3.0, 1e160], ValueError, r"rating 1 is 1e\+160: .* beyond 1e\+15"),
        (([0, 1], [0, 0]), [-1e15 - 1, 3.0], ValueError, "rating 0 is -1000000000000001.0"),
        (([0, 10**12], [0, 0]), [3.0, 4.0], ValueError, r"index in rows asks for 2 × 1,000,0.*1 n"),
        (([-1, -1], [0, 0]), [3.0, 4.0], IndexError, "side 0 has no row -1"),
        (([0, 1], [0, 0]), [3.0, np.nan], ValueError, r"ratings\[1\] is nan"),
        (([0, -1], [0, 0]), [3.0, 4.0], IndexError, "side 0 has no row -1"),
        (([0.0, 1.0], [0, 0]), [3.0, 4.0], TypeError, r"rows\[0\] must be an array of whole"),
    ],
)
def test_what_is_wrong_with_the_ratings_is_named(rows, ratings, error, message):
    model = BayesianFactorization(1, num_sweeps=2, burn_in=1)
    with pytest.raises(error, match=message):
        model.fit(rows, ratings, rng=np.random.default_rng(0))


def test_settings_and_unknown_rows_are_refused(planted):
    with pytest.raises(ValueError, match="k must be at least 0, got -1"):
        BayesianFactorization(-1)
    for burn_in, message in ((5, "got 5 of 5"), (-1, "burn_in must be at least 0, got -1")):
        with pytest.raises(ValueError, match=message):
            BayesianFactorization(num_sweeps=5, burn_in=burn_in)
    with pytest.raises(IndexError, match="side 1 has no row 50: its size is 50"):
        planted[0].predict((np.array([0]), np.array([50])))
    one = np.array([0])
    for rows in ((one,), (one, one, one), (one, np.array([0, 1]))):
        with pytest.raises(ValueError, match="the model has 2 sides, but rows have the shapes"):
            planted[0].predict(rows)
    assert planted[0].predict(([], [])).shape == (0,)
    large = BayesianFactorization(1, num_sweeps=2, burn_in=1)
    large.fit(([0, 1], [0, 0]), [1e15, 1e15], rng=np.random.default_rng(0))
    assert large.predict(([0], [0])) == pytest.approx(1e15)
    with pytest.raises(IndexError, match="side 0 has no row 2: its size is 2"):
        sides = [Side.of(2, kind=one_hot(["a", "b"])), Side.of(1)]
        large.fit(([0, 2], [0, 0]), [3.0, 4.0], sides, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="1 sides, but rows for 2"):
        BayesianFactorization().fit(([0], [0]), [3.0], [Side.of(1)], rng=np.random.default_rng(0))


def test_what_fails_leaves_the_model_as_it_was(planted):
    model, rows, stars, asked, _ = planted
    before = model.predict(asked)
    with pytest.raises(IndexError):
        model.fit((rows[0] - 1, rows[1]), stars, rng=np.random.default_rng(0))
    assert np.array_equal(model.predict(asked), before)


def test_before_fit_it_says_so():
    one = [np.array([0]), np.array([0])]
    model = BayesianFactorization()
    for call in (model.predict, model.predict_all, model.spread):
        with pytest.raises(NotFitted, match=r"this BayesianFactorization has .*: call fit"):
            call(one)
    for name in ("mean", "draws", "noise", "history"):
        with pytest.raises(NotFitted, match=f"so it has no {name}: call fit"):
            getattr(model, name)


def test_sides_that_do_not_fit_together_are_refused():
    rows, stars = ([0, 1], [0, 1]), [3.0, 4.0]
    good = Side.of(2)
    for change, error, message in [
        ({"features": None}, TypeError, r"^sides\[1\] must be made by Side.of"),
        ({"features": np.nan * good.features}, ValueError, r"^the features of sides\[1\]\[0\] is"),
        (
            {"features": csc_array((2, 0)), "ends": np.array([0])},
            ValueError,
            "its ends must go up from 0 to 0",
        ),
        ({"ends": np.array([1, 2])}, ValueError, "its ends must go up from 0 to 2"),
        ({"ends": np.array([0, 1])}, ValueError, r"sides\[1\] .* its ends must go up from 0 to 2"),
        ({"ends": np.array([0, 0, 2])}, ValueError, "its ends must go up from 0 to 2"),
        ({"ends": None}, TypeError, r"the ends of sides\[1\] must be an array of whole numbers"),
    ]:
        with pytest.raises(error, match=message):
            BayesianFactorization(1, num_sweeps=2, burn_in=1).fit(
                rows, stars, [good, good._replace(**change)], rng=np.random.default_rng(0)
            )


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (np.empty((0, 2)), r"vectors must have a row and a column, got shape \(0, 2\)"),
        ([[1.0, np.inf]], r"vectors\[0, 1\] is inf"),
        ([[1.0, 1e101]], r"vectors must not hold numbers beyond 1e\+100"),
        (
            [[1e12, 1e12], [0.0, 0.0]],
            "the vectors have in common can't be drawn: some of",
        ),
    ],
)
def test_vectors_that_have_nothing_in_common_that_can_be_drawn(vectors, message):
    with pytest.raises(ValueError, match=message):
        draw_common(vectors, np.random.default_rng(0))


def test_vectors_of_the_largest_numbers_that_may_be_are_drawn():
    mean, precision = draw_common([[1e100]], np.random.default_rng(0))
    assert np.isfinite(mean).all() and precision > 0


def test_large_ratings_are_drawn_or_refused_and_never_nan():
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 5, 40), rng.integers(0, 4, 40)
    for size in (1e3, 1e9, 1e14):
        model = BayesianFactorization(2, num_sweeps=4, burn_in=1)
        try:
            model.fit(rows, size * rng.normal(size=40), rng=rng)
        except ValueError as error:
            assert "divide all ratings by the same number" in str(error)
        else:
            assert np.isfinite(model.predict(rows)).all()


def test_whole_numbers_of_few_bits_do_not_overflow():
    totals = [np.full((2, 1), 100, np.int8)] * 2
    assert predicted(np.int8(100), totals, [[0], [0]]).tolist() == [100 + 200 + 100 * 100]
    means, _ = expected(
        np.int8(0), np.full((1, 2), 100, np.int8), [slice(0, 2)],
        [(np.array([-100], np.int8), np.array([[1]], np.int8))],
    )  # fmt: skip
    assert means.tolist() == [-100.0, -100.0]


def test_parts_that_do_not_fit_are_refused():
    one = (np.zeros(2), np.eye(2))
    numbers = np.ones((2, 3))
    for groups, common, message in [
        ([slice(0, 2)], [one], "groups must hold each of the 3 features once"),
        ([slice(0, 2), slice(1, 3)], [one, one], "groups must hold each"),
        ([slice(0, 3)], [one, one], "common must have as many parts as there are groups, got 2"),
        ([slice(0, 3)], [(np.zeros(3), np.eye(2))], r"a mean \(2,\) and a precision"),
        ([slice(0, 3)], [(np.zeros(2), np.eye(3))], r"got shapes \(2,\) and \(3, 3\)"),
        ([slice(0, 3)], [(np.zeros(2), -np.eye(2))], "a diagonal above 0"),
        ([slice(0, 3)], [(np.zeros(2), np.zeros((2, 2)))], "a diagonal above 0"),
        ([slice(0, 3)], [(np.full(2, 1e308), 1e9 * np.eye(2))], "the numbers in numbers or common"),
    ]:
        with pytest.raises(ValueError, match=message):
            expected(0, numbers, groups, common)
    with pytest.raises(IndexError, match=r"^f index 2 is out of range: each feature in numbers"):
        expected(2, numbers, [slice(0, 3)], [one])
    for group, end in (
        (slice("x", 3), "start"),
        (slice(0, "x"), "stop"),
        (slice(0, 3, "x"), "step"),
    ):
        with pytest.raises(
            TypeError, match=f"^the {end} of one of the groups must be a whole numb"
        ):
            expected(0, numbers, [group], [one])
    for totals, message in [
        ([np.ones((2, 1)), np.ones((3, 1))], r"totals must have a row .*, got \[2, 3\] rows"),
        ([], r"totals must have a row for the bias and k more, got \[\] rows"),
        ([np.ones((0, 1))] * 2, r"totals must have a row for the bias and k more, got \[0, 0\]"),
        ([np.ones((2, 1))], "totals are of 1 sides, and rows of 2"),
        (
            [np.full((2, 1), 1e200)] * 2,
            "the result of predicted can't be computed, inf .*: the numbers in mean or totals",
        ),
    ]:
        with pytest.raises(ValueError, match=message):
            predicted(3.0, totals, [[0], [0]])
    with pytest.raises(IndexError, match=r"^rows\[1\] index 1 is out of range: totals\[1\] has 1"):
        predicted(3.0, [np.ones((2, 1))] * 2, [[0], [1]])
    with pytest.raises(ValueError, match=r"rows have the shapes \[\(1,\), \(2,\)\]"):
        predicted(3.0, [np.ones((2, 1))] * 2, [[0], [0, 0]])
    assert predicted(3.0, [np.ones((1, 1))] * 2, [[0], [0]]).tolist() == [5.0]  # biases alone


@pytest.mark.parametrize(
    ("k", "num_sweeps", "shape"),
    [(2, 10**9 + 1, "2,000,000,000 × 3"), (10**8, 10, "18 × 100,000,001")],
)
def test_draws_that_have_no_room_are_refused_before_the_first(k, num_sweeps, shape):
    model = BayesianFactorization(k, num_sweeps=num_sweeps, burn_in=1)
    words = rf"^\(num_sweeps − burn_in\) × \(1 \+ k\) asks for {shape} numbers"
    with pytest.raises(ValueError, match=words):
        model.fit(
            [[0, 1], [0, 1]], [3.0, 4.0], [Side.of(2), Side.of(2)], rng=np.random.default_rng(0)
        )
