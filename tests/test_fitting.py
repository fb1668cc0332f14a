import numpy as np
import pytest

from scratch.checking import Column, checked
from scratch.checking.fitting import fitting


@checked
@fitting("u(n, k), v(k), n > 0")
def products(u: np.ndarray, v: Column, scale: float = 1.0) -> np.ndarray:
    """What is multiplied."""
    return scale * (u @ v)


def test_what_fits_is_handed_on_by_place_and_by_name():
    assert products([[1, 2], [3, 4]], [1, 1]).tolist() == [3, 7]
    assert products(v=[1, 1], u=[[1, 2]], scale=2).tolist() == [6]
    assert products.__name__ == "products" and products.__doc__ == "What is multiplied."


def test_what_is_taken_by_default_is_looked_at_too():
    @fitting("v(n), w(n)")
    def product(v, w=(1.0, 2.0)):
        return v @ w

    with pytest.raises(TypeError, match=r"w must be an array or a list, got \(1.0, 2.0\)"):
        product(np.ones(2))


@pytest.mark.parametrize(
    ("u", "v", "words"),
    [
        ([[1, 2]], [1, 2, 3], r"v has shape \(3,\), which does not fit u: k is 2 there"),
        ([1, 2], [1, 2], r"u must have 2 axes, got shape \(2,\)"),
        (np.ones((0, 2)), [1, 2], "u is too small: n is 0 and must be 1"),
    ],
)
def test_what_does_not_is_refused(u, v, words):
    with pytest.raises(ValueError, match=words):
        products(u, v)


def test_too_few_arguments_are_a_type_error():
    with pytest.raises(TypeError, match="missing a required argument: 'v'"):
        products([[1, 2]])
