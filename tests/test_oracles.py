"""What several checks compare with: the split of the notebooks, tuned biases, functions by name."""

import copy

import numpy as np
from make_splits import table_of

from scratch.datasets import load_movielens_100k
from scratch.evaluation import split_ratings
from scratch.evaluation.metrics import mse
from scratch.exercises.oracles import Named, the_split, tuned_biases
from scratch.recommenders.baselines import ShrunkenBiases


def test_the_split_is_that_of_the_notebooks():
    split = the_split()
    again = split_ratings(load_movielens_100k().ratings, rng=np.random.default_rng(0))
    assert np.array_equal(split.train.ratings, again.train.ratings)
    assert np.array_equal(split.test.movies, again.test.movies)


def test_biases_are_tuned_up_the_list_as_long_as_the_error_falls():
    split = split_ratings(table_of(40, 30, 0.4, seed=0), rng=np.random.default_rng(0))

    def error(model):
        return mse(model.predict(*split.validation[:2]), split.validation.ratings)

    # Stars by chance: the stronger the pull to the mean, the better.
    weak, middle, strong = (error(ShrunkenBiases(split.train, s)) for s in (1.0, 10.0, 50.0))
    assert weak > middle > strong
    assert error(tuned_biases(split, [1.0, 10.0])) == middle
    assert error(tuned_biases(split, [10.0, 1.0, 50.0])) == middle  # at 1 it is over
    assert error(tuned_biases(split, [10.0, 10.0, 50.0])) == middle  # as good is not better
    assert tuned_biases(split, []) is None


def test_a_function_has_a_name_and_stays_itself_when_it_is_copied():
    double = Named("double", lambda x, times=2: times * x)
    assert double(3) == 6 and double(3, times=5) == 15
    assert repr(double) == "double" and copy.deepcopy([double])[0] is double
