import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratch.ratings import COLD, Ratings
from scratch.recommenders import baselines
from scratch.recommenders.baselines import GlobalMean, MovieMean, ShrunkenBiases, UserMean

ALL = [GlobalMean, UserMean, MovieMean, ShrunkenBiases]


def ratings_of(rows):
    users, movies, stars = zip(*rows, strict=True)
    return Ratings(np.array(users, np.int32), np.array(movies, np.int32), np.array(stars, float))


def random_ratings(seed, num_ratings=30, num_users=8, num_movies=6):
    """Distinct (user, movie) pairs in random order; some user or movie may have none."""
    rng = np.random.default_rng(seed)
    pairs = rng.permutation(num_users * num_movies)[:num_ratings]
    stars = rng.integers(1, 6, len(pairs)).astype(float)
    return Ratings(
        (pairs // num_movies).astype(np.int32), (pairs % num_movies).astype(np.int32), stars
    )


# User 0 rated movies 0 and 1, user 2 movie 0; nobody is user 1 and movie 2 was rated once.
TINY = ratings_of([(0, 0, 5), (0, 1, 3), (2, 0, 4), (2, 2, 2)])


def predict(model, pairs):
    users, movies = np.array(pairs).T
    return model.predict(users, movies).tolist()


def test_means_hand_computed():
    pairs = [(0, 0), (2, 1), (0, 2)]
    assert predict(GlobalMean(TINY), pairs) == [3.5, 3.5, 3.5]
    assert predict(UserMean(TINY), pairs) == [4, 3, 4]
    assert predict(MovieMean(TINY), pairs) == [4.5, 3, 2]


def test_a_user_without_ratings_and_cold_indices_fall_back_on_the_global_mean():
    assert predict(UserMean(TINY), [(1, 0), (COLD, 0), (0, COLD)]) == [3.5, 3.5, 4]
    assert predict(MovieMean(TINY), [(1, 0), (COLD, 0), (0, COLD)]) == [4.5, 4.5, 3.5]


def test_shrunken_biases_hand_computed():
    # One user, one rating each of two movies: μ = 3, residuals +2 and −2, nothing for the user.
    model = ShrunkenBiases(ratings_of([(0, 0, 5), (0, 1, 1)]), shrinkage=3)
    assert model.movie_biases.tolist() == [2 / 4, -2 / 4, 0]
    assert model.user_biases.tolist() == [0, 0]
    assert predict(model, [(0, 0), (0, 1), (0, COLD)]) == [3.5, 2.5, 3]


@given(
    seed=st.integers(0, 10_000),
    num_ratings=st.integers(1, 48),
    shrinkage=st.sampled_from([0.5, 1.0, 5.0, 25.0]),
)
def test_shrunken_biases_solve_the_ridge_regression(seed, num_ratings, shrinkage):
    train = random_ratings(seed, num_ratings)
    model = ShrunkenBiases(train, shrinkage, tolerance=1e-12)
    num_users, num_movies = train.users.max() + 1, train.movies.max() + 1
    indicators = np.hstack([np.eye(num_users)[train.users], np.eye(num_movies)[train.movies]])
    penalized = indicators.T @ indicators + shrinkage * np.eye(num_users + num_movies)
    biases = np.linalg.solve(penalized, indicators.T @ (train.ratings - train.ratings.mean()))
    np.testing.assert_allclose(model.user_biases, [*biases[:num_users], 0], atol=1e-9)
    np.testing.assert_allclose(model.movie_biases, [*biases[num_users:], 0], atol=1e-9)


def test_without_shrinkage_the_predictions_are_those_of_least_squares():
    train = random_ratings(0, num_ratings=40)
    model = ShrunkenBiases(train, shrinkage=0, tolerance=1e-13)
    indicators = np.hstack([np.eye(8)[train.users], np.eye(6)[train.movies]])
    target = train.ratings - train.ratings.mean()
    fitted = indicators @ np.linalg.lstsq(indicators, target)[0] + train.ratings.mean()
    np.testing.assert_allclose(model.predict(train.users, train.movies), fitted, atol=1e-9)


def test_the_default_tolerance_is_enough_for_six_digits():
    train = random_ratings(1)
    rough, fine = ShrunkenBiases(train), ShrunkenBiases(train, tolerance=1e-13)
    np.testing.assert_allclose(rough.user_biases, fine.user_biases, atol=2e-6)
    np.testing.assert_allclose(rough.movie_biases, fine.movie_biases, atol=2e-6)


def test_ten_ghosts_are_the_default():
    train = random_ratings(4)
    by_default, with_ten = ShrunkenBiases(train), ShrunkenBiases(train, 10.0)
    assert by_default.user_biases.tolist() == with_ten.user_biases.tolist()


def test_who_moves_by_no_more_than_the_tolerance_has_come_to_rest():
    # μ = 4 leaves over 1, 1 and −2: by the first turn the movies have −1/2 and 1, then the users
    # 3/4 and −3/2, up from 0. The next turn moves the second user by 3/8.
    train = ratings_of([(0, 0, 5), (0, 1, 5), (1, 0, 2)])
    model = ShrunkenBiases(train, shrinkage=0, tolerance=1.5)
    assert model.movie_biases.tolist() == [-0.5, 1, 0]
    assert model.user_biases.tolist() == [0.75, -1.5, 0]
    second = ShrunkenBiases(train, shrinkage=0, tolerance=np.nextafter(1.5, 0))
    assert second.user_biases.tolist() == [0.9375, -1.875, 0]


def test_huge_shrinkage_leaves_the_global_mean():
    train = random_ratings(2)
    predicted = ShrunkenBiases(train, shrinkage=1e9).predict(train.users, train.movies)
    np.testing.assert_allclose(predicted, train.ratings.mean(), atol=1e-6)


def test_a_cold_side_has_bias_0():
    train = random_ratings(3)
    model = ShrunkenBiases(train)
    assert predict(model, [(COLD, COLD)]) == [model.mean]
    assert predict(model, [(COLD, 2)]) == [model.mean + model.movie_biases[2]]
    assert predict(model, [(3, COLD)]) == [model.mean + model.user_biases[3]]


@pytest.mark.parametrize("baseline", ALL)
@given(seed=st.integers(0, 1000))
def test_the_order_of_the_rows_does_not_matter(baseline, seed):
    train = random_ratings(seed % 7)
    order = np.random.default_rng(seed).permutation(len(train.ratings))
    shuffled = Ratings(*(part[order] for part in train))
    ours = baseline(train).predict(train.users, train.movies)
    theirs = baseline(shuffled).predict(train.users, train.movies)
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


@pytest.mark.parametrize("baseline", ALL)
def test_training_sets_that_teach_nothing_raise(baseline):
    nothing = np.array([], np.int32)
    with pytest.raises(ValueError, match="training set is empty"):
        baseline(Ratings(nothing, nothing, nothing.astype(float)))
    for cold in ([(COLD, 0, 3)], [(0, COLD, 3)]):
        with pytest.raises(ValueError, match="must not be cold"):
            baseline(ratings_of(cold))


@pytest.mark.parametrize(
    ("shrinkage", "words"),
    [
        (-1, "at least 0, got -1"),
        (np.nan, "a finite number, got nan"),
        (np.inf, "a finite number, got inf"),
    ],
)
def test_shrinkage_is_a_number_from_0_up(shrinkage, words):
    with pytest.raises(ValueError, match=f"shrinkage must be {words}"):
        ShrunkenBiases(TINY, shrinkage=shrinkage)


@pytest.mark.parametrize("baseline", [UserMean, MovieMean, ShrunkenBiases])
@pytest.mark.parametrize("index", [-2, 3])
def test_an_index_out_of_range_is_no_cold_one(baseline, index):
    train = Ratings(np.array([0, 1, 2]), np.array([0, 1, 2]), np.array([1.0, 2.0, 3.0]))
    pair = np.array([index]), np.array([index])
    what = "movie" if baseline is MovieMean else "user"
    with pytest.raises(IndexError, match=f"^{what} index {index} is out of range: the model has 3"):
        baseline(train).predict(*pair)
    if baseline is ShrunkenBiases:
        with pytest.raises(IndexError, match=f"^movie index {index} is out of range: the .* has 3"):
            baseline(train).predict(np.array([0]), pair[1])


@pytest.mark.parametrize(
    ("tolerance", "words"),
    [
        (-1, "above 0, got -1"),
        (0, "above 0, got 0"),
        (np.nan, "a finite number, got nan"),
        (1e-300, "at least 3e-15, since rounding moves the biases by as much, got 1e-300"),
    ],
)
def test_a_tolerance_that_is_never_reached_is_refused_and_not_waited_for(tolerance, words):
    with pytest.raises(ValueError, match=f"tolerance must be {words}"):
        ShrunkenBiases(TINY, tolerance=tolerance)


def test_the_finest_tolerance_is_eight_times_the_rounding_of_the_largest_number():
    finest = 8 * 2.0**-52 * 1.5  # in TINY the most that is left over is 1.5 stars
    ShrunkenBiases(TINY, tolerance=finest)
    with pytest.raises(ValueError, match="tolerance must be at least 3e-15"):
        ShrunkenBiases(TINY, tolerance=np.nextafter(finest, 0))


def test_a_long_chain_of_users_and_movies_is_given_up_after_ten_thousand_turns():
    users = np.repeat(np.arange(60), 2)  # each has rated two movies, one of them with the next user
    train = Ratings(users, users + np.tile([0, 1], 60), np.where(users < 30, 5.0, 1.0))
    with pytest.raises(ValueError, match="after 10000 turns a bias still moves by"):
        ShrunkenBiases(train, shrinkage=0, tolerance=1e-12)


def test_biases_that_do_not_come_to_rest_in_time_are_refused(monkeypatch):
    train = random_ratings(0, num_ratings=40)
    monkeypatch.setattr(baselines, "MOST_TURNS", 3)
    with pytest.raises(ValueError, match=r"after 3 turns a bias still moves by .* of 1e-06: give"):
        ShrunkenBiases(train)
    ShrunkenBiases(train, tolerance=1.0)


def test_ratings_as_far_apart_as_numbers_go_end_the_turns():
    huge = TINY._replace(ratings=np.array([1e200, 1.0, 2.0, 3.0]))
    with pytest.raises(ValueError, match="tolerance must be at least"):
        ShrunkenBiases(huge)
    for baseline in ALL:
        with (
            np.errstate(over="raise"),  # and no warning comes before
            pytest.raises(ValueError, match=r"^their mean can't be computed, inf came out"),
        ):
            baseline(TINY._replace(ratings=np.full(4, 1e308)))
        with pytest.raises(ValueError, match=r"^their mean can't be computed, inf came out"):
            baseline(TINY._replace(ratings=np.array([1e308, -1e308, 1e308, -1e308])))


def test_short_ratings_are_added_up_as_long_ones_but_have_a_short_mean():
    short = np.float32([3e38, -3e38, 3e38, -3e38])
    assert GlobalMean(TINY._replace(ratings=short)).mean == 0
    for baseline in ALL:
        with pytest.raises(ValueError, match=r"^their mean can't be computed, inf came out"):
            baseline(TINY._replace(ratings=np.abs(short)))


@pytest.mark.parametrize("baseline", ALL)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_rating_that_is_no_number_is_refused(baseline, bad):
    with pytest.raises(ValueError, match=rf"ratings\[2\] is {bad}: it must be a finite number"):
        baseline(TINY._replace(ratings=np.array([5, 3, bad, 2])))


@pytest.mark.parametrize("baseline", ALL)
def test_plain_lists_and_any_kind_of_whole_numbers_are_taken(baseline):
    train = ratings_of([(0, 127, 5), (126, 0, 3), (127, 127, 100)])
    pair = np.array([0, 127]), np.array([127, -1])
    expected = baseline(train).predict(*pair)
    kinds = [(np.int8, np.int8), (np.uint8, np.uint8), (np.uint64, np.float32)]
    for kind, of_stars in kinds:
        other = Ratings(
            train.users.astype(kind), train.movies.astype(kind), train.ratings.astype(of_stars)
        )
        np.testing.assert_allclose(baseline(other).predict(*pair), expected, rtol=1e-6)
    of_lists = baseline(Ratings(*(part.tolist() for part in train)))
    assert np.array_equal(of_lists.predict([0, 127], [127, -1]), expected)


@pytest.mark.parametrize("baseline", ALL)
def test_pairs_of_different_lengths_are_refused(baseline):
    with pytest.raises(ValueError, match="every pair needs both: 2 users and 1 movies"):
        baseline(TINY).predict(np.array([0, 1]), np.array([0]))
    with pytest.raises(TypeError, match="users must be an array of whole numbers"):
        baseline(TINY).predict(np.array([0.5]), np.array([0]))


@pytest.mark.parametrize("baseline", [UserMean, MovieMean, ShrunkenBiases])
def test_an_index_that_would_fill_the_memory_is_refused(baseline):
    far = np.array([0, 1, 2, 2**31 - 1])
    # One number for each index from 0 on, and one for a cold one.
    with pytest.raises(ValueError, match="in the movies of train asks for 2,147,483,649 numbers"):
        baseline(TINY._replace(movies=far))
    with pytest.raises(ValueError, match="in the users of train asks for 2,147,483,649 numbers"):
        baseline(TINY._replace(users=far))
    assert GlobalMean(TINY._replace(users=far)).mean == 3.5


@pytest.mark.parametrize("model", [UserMean, MovieMean, ShrunkenBiases])
@pytest.mark.parametrize("side", ["users", "movies"])
def test_a_hundred_million_users_or_movies_are_the_most_there_is_room_for(model, side):
    train = Ratings([0], [0], [3.0])._replace(**{side: [10**8]})
    with pytest.raises(
        ValueError, match=rf"^the largest index in the {side} .* 100,000,002 numbers"
    ):
        model(train)
