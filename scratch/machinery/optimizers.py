"""Seven optimizers in NumPy, each a small difference from one before: SGD, Momentum, ..., AdamW.

Each of them says in `direction` which way a parameter shall go; `SGD.step` goes there. All are
equal, step for step, to those of torch.optim with the same numbers. Built in notebook 10.
"""

import numbers
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import numpy as np

from scratch.checking import Array, Within, checked, shown

Arrays = Sequence[np.ndarray]
State = dict[str, Any]  # what an optimizer remembers of one parameter: arrays, or a count


class SGD:
    """p ← p − learning_rate · direction, where the direction is the gradient itself.

    learning_rate: one for all parameter arrays, or a sequence with one for each of them.

    Raises ValueError for a rate that is negative or not finite, TypeError for what is none. Cauchy,
    Méthode générale pour la résolution des systèmes d'équations simultanées, 1847. Introduced in
    notebook 10.
    """

    def __init__(self, learning_rate: float | Sequence[float]):
        self.learning_rate = learning_rate
        _rates(learning_rate)  # complains
        self.shapes: list[tuple[int, ...]] | None = None
        self.states: list[State] = []

    def direction(self, parameter: np.ndarray, gradient: np.ndarray, state: State) -> np.ndarray:
        """What a rate of 1 would subtract; `state` is what this parameter remembers of before."""
        return gradient

    def step(self, parameters: Arrays, gradients: Arrays) -> None:
        """Change the parameters in place; give the same arrays, in the same order, at every step.

        Raises ValueError, before anything has changed, when there are not as many gradients or
        rates as parameters, for an array that is read-only or not float32 or float64, a shape that
        is not the gradient's or not that of the step before, and for a gradient that is not finite
        or has no direction: so large that its square is infinite, or 0 where eps is 0, too.
        TypeError for what are no arrays of numbers.
        """
        gradients = _as_floats(gradients)
        _check_arrays(parameters, gradients, self.shapes)
        rates = _rate_of_each(self.learning_rate, parameters)
        states = [dict(state) for state in self.states] or [{} for _ in parameters]
        try:
            with np.errstate(divide="raise", invalid="raise", over="raise"):
                steps = [
                    rate * self.direction(parameter, gradient, state)
                    for parameter, gradient, rate, state in zip(
                        parameters, gradients, rates, states, strict=True
                    )
                ]
                after = [
                    parameter - step.astype(parameter.dtype, copy=False)  # too large for float32?
                    for parameter, step in zip(parameters, steps, strict=True)
                ]
        except FloatingPointError as problem:
            raise ValueError(
                f"some of the gradients have no direction ({problem}): they are 0 where eps is 0, "
                "or far too large; give a larger eps, or try a smaller learning rate"
            ) from None
        for parameter, new in zip(parameters, after, strict=True):
            parameter[...] = new
        self.shapes, self.states = [parameter.shape for parameter in parameters], states


class Momentum(SGD):
    """velocity ← momentum · velocity + gradient; the direction is the velocity.

    Raises ValueError for a momentum outside 0 ≤ momentum < 1. Polyak, Some methods of speeding up
    the convergence of iteration methods, 1964. Introduced in notebook 10.
    """

    def __init__(self, learning_rate: float | Sequence[float], momentum: float = 0.9):
        super().__init__(learning_rate)
        self.momentum = _check("momentum", momentum, below=1)

    def direction(self, parameter: np.ndarray, gradient: np.ndarray, state: State) -> np.ndarray:
        """The velocity: a sum of all gradients so far, the older the fainter."""
        state["velocity"] = self.momentum * state.get("velocity", 0.0) + gradient
        return state["velocity"]


class Nesterov(Momentum):
    """As Momentum, and look one step ahead: the direction is gradient + momentum · velocity.

    Nesterov, A method of solving a convex programming problem with convergence rate O(1/k²),
    1983, in the form of Sutskever et al., On the importance of initialization and momentum in
    deep learning, ICML 2013. Introduced in notebook 10.
    """

    def direction(self, parameter: np.ndarray, gradient: np.ndarray, state: State) -> np.ndarray:
        """The velocity as it will be at the next step, if the gradient stays what it is."""
        return gradient + self.momentum * super().direction(parameter, gradient, state)


class Adagrad(SGD):
    """squares ← squares + gradient²; the direction is gradient / (√squares + eps).

    Raises ValueError for a negative eps. Duchi, Hazan and Singer, Adaptive subgradient methods
    for online learning and stochastic optimization, JMLR 12, 2011. Introduced in notebook 10.
    """

    def __init__(self, learning_rate: float | Sequence[float], eps: float = 1e-10):
        super().__init__(learning_rate)
        self.eps = _check("eps", eps)

    def direction(self, parameter: np.ndarray, gradient: np.ndarray, state: State) -> np.ndarray:
        """The gradient, each number of it divided by the size of all it has been so far."""
        state["squares"] = state.get("squares", 0.0) + gradient**2
        return gradient / (np.sqrt(state["squares"]) + self.eps)


class RMSProp(Adagrad):
    """As Adagrad, with a mean that forgets: squares ← decay · squares + (1 − decay) · gradient².

    Raises ValueError for a decay outside 0 ≤ decay < 1. Tieleman and Hinton, Neural networks for
    machine learning, lecture 6.5, Coursera 2012. Introduced in notebook 10.
    """

    def __init__(
        self, learning_rate: float | Sequence[float], decay: float = 0.99, eps: float = 1e-8
    ):
        super().__init__(learning_rate, eps)
        self.decay = _check("decay", decay, below=1)

    def direction(self, parameter: np.ndarray, gradient: np.ndarray, state: State) -> np.ndarray:
        """The gradient, each number of it divided by the size of what it has been of late."""
        squares = self.decay * state.get("squares", 0.0)
        state["squares"] = squares + (1 - self.decay) * gradient**2
        return gradient / (np.sqrt(state["squares"]) + self.eps)


class Adam(SGD):
    """RMSProp with momentum: mean / (√squares + eps), of running means that are not held back.

    Both means start at 0, and would stay too small for long: after t steps each is divided by
    1 − betaᵗ. Raises ValueError for a beta outside 0 ≤ beta < 1 or a negative eps. Kingma and Ba,
    Adam: a method for stochastic optimization, ICLR 2015. Introduced in notebook 10.
    """

    def __init__(
        self,
        learning_rate: float | Sequence[float],
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ):
        super().__init__(learning_rate)
        self.betas = _check_betas(betas)
        self.eps = _check("eps", eps)

    def direction(self, parameter: np.ndarray, gradient: np.ndarray, state: State) -> np.ndarray:
        """The mean of the gradients of late, divided by their size of late."""
        beta1, beta2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        state["mean"] = beta1 * state.get("mean", 0.0) + (1 - beta1) * gradient
        state["squares"] = beta2 * state.get("squares", 0.0) + (1 - beta2) * gradient**2
        mean, squares = state["mean"] / (1 - beta1**t), state["squares"] / (1 - beta2**t)
        return mean / (np.sqrt(squares) + self.eps)


class AdamW(Adam):
    """As Adam, and pull each parameter toward 0: the direction is Adam's + weight_decay · p.

    The pull is added to the direction, not to the gradient, whose size Adam would divide out.
    Raises ValueError for a negative weight decay. Loshchilov and Hutter, Decoupled weight decay
    regularization, ICLR 2019. Introduced in notebook 10.
    """

    def __init__(
        self,
        learning_rate: float | Sequence[float],
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ):
        super().__init__(learning_rate, betas, eps)
        self.weight_decay = _check("weight_decay", weight_decay)

    def direction(self, parameter: np.ndarray, gradient: np.ndarray, state: State) -> np.ndarray:
        """Adam's direction, and toward 0."""
        return super().direction(parameter, gradient, state) + self.weight_decay * parameter


def _giving_numbers(name: str, function: Any) -> Callable[..., Any]:
    """What is asked of a function that computes a loss: that each loss is a number."""
    if not callable(function):
        raise TypeError(f"{name} must be a function, got {shown(function)}")

    def looked_at(*args: Any) -> Any:
        loss = function(*args)
        if not isinstance(loss, numbers.Real):
            raise TypeError(f"{name} must return a number, and has returned {shown(loss)}")
        return loss

    return looked_at


def _rising(name: str, rates: Any) -> Sequence[float]:
    """What is asked of rates to try: that each is larger than the one before."""
    found = Array(1).check(name, rates)
    if found.size and not (found[0] >= 1e-100 and found[-1] <= 1e100):
        raise ValueError(f"{name} must be from 1e-100 to 1e100, got {shown(rates)}")
    if (found[1:] <= found[:-1]).any():
        raise ValueError(f"{name} must stand in order, the lowest first, got {shown(rates)}")
    return found.tolist()


@checked
def tune_rate(
    final_loss: Annotated[Callable[[float], float], _giving_numbers],
    rates: Annotated[Sequence[float], _rising],
    halvings: Annotated[int, Within(0, 50)],
) -> dict[float, float]:
    """All rates tried and their losses: `rates`, then `halvings` times two neighbours of the best.

    final_loss(rate) trains once; it must return inf, not NaN, for a run that diverged. rates: equal
    factors apart, lowest first. The neighbours are half that way from the best one, on a
    logarithmic scale, then a quarter, and so on: len(rates) + 2 · halvings runs in all, whoever is
    tuned. Raises ValueError for fewer than two rates or others than described, more than fifty
    halvings, or a loss that is NaN; TypeError for a loss that is no number. Introduced in
    notebook 10.
    """
    if len(rates) < 2:
        raise ValueError(f"{len(rates)} rates say nothing of how far apart to try: give two")
    losses = {rate: final_loss(rate) for rate in rates}
    factor = (rates[1] / rates[0]) ** 0.5
    for _ in range(halvings):
        best = min(losses, key=lambda rate: losses[rate])
        losses |= {rate: final_loss(rate) for rate in (best / factor, best * factor)}
        factor **= 0.5
    if any(np.isnan(loss) for loss in losses.values()):
        raise ValueError("a final loss is NaN: return inf for a run that diverged")
    return losses


def _check(name: str, value: float, below: float = np.inf) -> float:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number, got {shown(value)}")
    if not 0 <= value < below:  # False for NaN too
        raise ValueError(f"{name} must be at least 0 and below {below:g}, got {value}")
    return float(value)


def _check_betas(betas: tuple[float, float]) -> tuple[float, ...]:
    if np.shape(betas) != (2,):
        raise TypeError(f"betas must be two numbers, such as (0.9, 0.999), got {shown(betas)}")
    return tuple(_check("a beta", beta, below=1) for beta in betas)


def _rates(learning_rate: Any) -> list[float]:
    """One or several, as Python's numbers, which leave float32 what it is."""
    several = learning_rate if _are_several(learning_rate) else [learning_rate]
    return [_check("a learning rate", rate) for rate in several]


def _rate_of_each(learning_rate: float | Sequence[float], parameters: Arrays) -> list[float]:
    rates = _rates(learning_rate)
    if np.ndim(learning_rate) == 0:
        rates *= len(parameters)
    if len(rates) != len(parameters):
        raise ValueError(
            f"{len(rates)} learning rates for {len(parameters)} parameters: give one rate for "
            f"all, or one for each"
        )
    return rates


def _are_several(arrays: Any) -> bool:
    return isinstance(arrays, list | tuple) or getattr(arrays, "ndim", 0) > 0


def _as_floats(gradients: Any) -> list[np.ndarray]:
    """The gradients as arrays; what are no floats would overflow when they are squared."""
    if not _are_several(gradients):
        raise TypeError(f"gradients must be a list of arrays, got {shown(gradients)}")
    return [_as_float(f"gradients[{i}]", gradient) for i, gradient in enumerate(gradients)]


def _as_float(name: str, gradient: Any) -> np.ndarray:
    if isinstance(gradient, np.ndarray) and gradient.dtype.kind == "f":
        return gradient
    return Array(finite="no").check(name, gradient).astype(float)


def _check_arrays(
    parameters: Arrays, gradients: Arrays, shapes: list[tuple[int, ...]] | None
) -> None:
    if not _are_several(parameters):
        raise TypeError(f"parameters must be a list of arrays, got {shown(parameters)}")
    if len(parameters) != len(gradients):
        raise ValueError(f"{len(parameters)} parameters but {len(gradients)} gradients")
    if shapes is not None and len(shapes) != len(parameters):
        raise ValueError(
            f"{len(parameters)} parameters, but {len(shapes)} in the step before: make a new "
            f"optimizer for another model"
        )
    for i, (parameter, gradient) in enumerate(zip(parameters, gradients, strict=True)):
        if not isinstance(parameter, np.ndarray) or parameter.dtype.char not in "fd":
            is_array = isinstance(parameter, np.ndarray)
            kind = f"an array of {parameter.dtype}" if is_array else type(parameter)
            raise ValueError(
                f"parameter {i} is {kind}: only arrays of float32 or float64 can be changed in "
                f"place"
            )
        if not parameter.flags.writeable:
            raise ValueError(f"parameter {i} is read-only, and a step changes it: give a copy")
        if gradient.shape != parameter.shape:
            raise ValueError(
                f"parameter {i} has shape {parameter.shape}, its gradient {gradient.shape}"
            )
        if shapes is not None and shapes[i] != parameter.shape:
            raise ValueError(
                f"parameter {i} has shape {parameter.shape}, and had {shapes[i]} in the step "
                f"before: make a new optimizer for another model"
            )
        if not np.isfinite(gradient).all():
            raise ValueError(
                f"the gradient of parameter {i} is not finite: the training diverged, try a "
                f"smaller learning rate"
            )
