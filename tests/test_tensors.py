import math

import numpy as np
import pytest

from scratch.tensors import random_tensor

INITS = ["normal", "uniform", "xavier"]


@pytest.mark.parametrize("init", INITS)
@pytest.mark.parametrize("shape", [(4,), (3, 2), (2, 3, 4), (0,), (3, 0)])
def test_nested_lists_of_the_shape(init, shape):
    tensor = random_tensor(*shape, init=init, rng=np.random.default_rng(0))
    assert isinstance(tensor, list) and np.shape(tensor) == shape
    while tensor and isinstance(tensor, list):
        tensor = tensor[0]
    assert isinstance(tensor, float) or tensor == []


@pytest.mark.parametrize("scale", [1.0, 0.1])
@pytest.mark.parametrize(
    ("init", "mean", "deviation"),
    [
        ("normal", 0, 1),
        ("uniform", 0.5, math.sqrt(1 / 12)),
        ("xavier", 0, math.sqrt(2 / (300 + 100))),
    ],
)
def test_mean_and_deviation(init, mean, deviation, scale):
    tensor = random_tensor(300, 5, 100, init=init, scale=scale, rng=np.random.default_rng(0))
    assert np.mean(tensor) == pytest.approx(mean * scale, abs=0.01 * deviation * scale)
    assert np.std(tensor) == pytest.approx(deviation * scale, rel=0.01)


def test_unless_told_otherwise_the_numbers_are_those_of_a_standard_normal():
    expected = np.random.default_rng(0).normal(size=(3, 2)).tolist()
    assert random_tensor(3, 2, rng=np.random.default_rng(0)) == expected


def test_uniform_lies_between_0_and_scale():
    tensor = random_tensor(1000, init="uniform", scale=3.0, rng=np.random.default_rng(0))
    assert 0 <= min(tensor) < 0.1 and 2.9 < max(tensor) < 3


def test_scale_0_gives_zeros():
    assert random_tensor(2, 2, scale=0.0, rng=np.random.default_rng(0)) == [[0, 0], [0, 0]]


@pytest.mark.parametrize("init", INITS)
def test_the_generator_decides_the_numbers(init):
    def draw(rng):
        return random_tensor(3, 2, init=init, rng=rng)

    assert draw(np.random.default_rng(1)) == draw(np.random.default_rng(1))
    assert draw(np.random.default_rng(1)) != draw(np.random.default_rng(2))
    rng = np.random.default_rng(1)
    assert draw(rng) != draw(rng)


def test_bad_input_raises():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"got \(\)"):
        random_tensor(rng=rng)
    with pytest.raises(ValueError, match=r"got \(3, -1\)"):
        random_tensor(3, -1, rng=rng)
    with pytest.raises(ValueError, match="got 'he'"):
        random_tensor(3, init="he", rng=rng)
    with pytest.raises(TypeError, match="rng"):
        random_tensor(3)
    with pytest.raises(ValueError, match=r"scale must be at least 0.* got -1"):
        random_tensor(3, scale=-1, rng=rng)
    with pytest.raises(TypeError, match=r"shape must be a whole number, got 2.0: write 2"):
        random_tensor(2.0, rng=rng)
    with pytest.raises(TypeError, match="rng must be a generator"):
        random_tensor(3, rng=np.random)


@pytest.mark.parametrize("shape", [(10**9,), (10**5, 10**4), (0, 2**70)])
def test_what_has_no_room_raises(shape):
    with pytest.raises(ValueError, match=r"^shape asks for .* have no room here"):
        random_tensor(*shape, rng=np.random.default_rng(0))
