import inspect
import re

import numpy as np
import pytest
import torch

from scratch.machinery.optimizers import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    RMSProp,
    tune_rate,
)

ALL = (SGD, Momentum, Nesterov, Adagrad, RMSProp, Adam, AdamW)
SHAPES = ((), (3,), (4, 2), (2, 3, 2))
# Ours with its arguments, and its twin with the same. Where nothing is given, defaults must agree.
TWINS = [
    (SGD, {}, torch.optim.SGD, {}),
    (Momentum, {}, torch.optim.SGD, {"momentum": 0.9}),
    (Momentum, {"momentum": 0.5}, torch.optim.SGD, {"momentum": 0.5}),
    (Nesterov, {}, torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    (Nesterov, {"momentum": 0.5}, torch.optim.SGD, {"momentum": 0.5, "nesterov": True}),
    (Adagrad, {}, torch.optim.Adagrad, {}),
    (Adagrad, {"eps": 0.1}, torch.optim.Adagrad, {"eps": 0.1}),
    (RMSProp, {}, torch.optim.RMSprop, {}),
    (RMSProp, {"decay": 0.5, "eps": 0.1}, torch.optim.RMSprop, {"alpha": 0.5, "eps": 0.1}),
    (Adam, {}, torch.optim.Adam, {}),
    (Adam, {"betas": (0.5, 0.8)}, torch.optim.Adam, {"betas": (0.5, 0.8)}),
    (Adam, {"eps": 0.1}, torch.optim.Adam, {"eps": 0.1}),
    (AdamW, {}, torch.optim.AdamW, {}),
    (AdamW, {"weight_decay": 0.3}, torch.optim.AdamW, {"weight_decay": 0.3}),
]  # fmt: skip
NAMES = [f"{ours.__name__}-{'-'.join(ours_has) or 'defaults'}" for ours, ours_has, *_ in TWINS]
EVERY_TWIN = pytest.mark.parametrize(("ours", "ours_has", "theirs", "theirs_has"), TWINS, ids=NAMES)
EVERY = pytest.mark.parametrize("optimizer", ALL, ids=lambda kind: kind.__name__)


def arrays(seed, shapes=SHAPES, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.normal(size=shape), dtype) for shape in shapes]


def gradients_of(parameters):
    """Of a bowl that is a hundred times steeper for one array than for the one before, and wavy."""
    return [100.0**i * (p + np.sin(3 * p)) / 100 for i, p in enumerate(parameters)]


def paths(ours, theirs, steps=100, dtype=np.float64):
    """The parameters after every step, each optimizer following its own gradients."""
    mine, yours = arrays(0, dtype=dtype), [torch.tensor(p) for p in arrays(0, dtype=dtype)]
    theirs = theirs(yours)
    for _ in range(steps):
        ours.step(mine, gradients_of(mine))
        for tensor, gradient in zip(yours, gradients_of([p.numpy() for p in yours]), strict=True):
            tensor.grad = torch.as_tensor(gradient, dtype=tensor.dtype)
        theirs.step()
        yield mine, [tensor.numpy() for tensor in yours]


# The same as PyTorch


@EVERY_TWIN
@pytest.mark.parametrize("rate", [1e-5, 0.01, 0.03], ids=str)
def test_equals_torch_step_for_step(ours, ours_has, theirs, theirs_has, rate):
    start = arrays(0)
    if theirs is torch.optim.SGD:
        rate /= 1e4  # the steepest array would diverge, and rounding grow with it
    pairs = paths(ours(rate, **ours_has), lambda tensors: theirs(tensors, rate, **theirs_has))
    for mine, yours in pairs:
        for p, q, before in zip(mine, yours, start, strict=True):
            np.testing.assert_allclose(p, q, rtol=0, atol=1e-12)
            assert (p != before).all()


@EVERY_TWIN
def test_equals_torch_in_single_precision(ours, ours_has, theirs, theirs_has):
    rate = 1e-6 if theirs is torch.optim.SGD else 0.01
    pairs = paths(
        ours(rate, **ours_has),
        lambda tensors: theirs(tensors, rate, **theirs_has),
        dtype=np.float32,
    )
    for mine, yours in pairs:
        assert [p.dtype for p in mine] == [np.float32] * len(SHAPES)
        for p, q in zip(mine, yours, strict=True):
            np.testing.assert_allclose(p, q, rtol=0, atol=1e-4)


@EVERY
def test_state_in_single_precision_stays_there_whatever_the_type_of_the_rate(optimizer):
    opt, parameters = optimizer(np.float64(0.01)), arrays(0, dtype=np.float32)
    opt.step(parameters, gradients_of(parameters))
    kept = [value for state in opt.states for value in state.values() if np.ndim(value)]
    assert all(value.dtype == np.float32 for value in kept)
    assert bool(kept) == (optimizer is not SGD)


@EVERY
def test_one_rate_for_each_array_equals_an_optimizer_for_each(optimizer):
    together, apart, rates = arrays(0), arrays(0), [1e-6, 1e-5, 1e-4, 1e-3]
    of_all, of_each = optimizer(rates), [optimizer(rate) for rate in rates]
    for _ in range(5):
        of_all.step(together, gradients_of(together))
        for opt, p, gradient in zip(of_each, apart, gradients_of(apart), strict=True):
            opt.step([p], [gradient])
    for p, q in zip(together, apart, strict=True):
        np.testing.assert_array_equal(p, q)


def test_parameters_gradients_and_rates_may_be_the_rows_of_an_array():
    stack = np.ones((2, 3))
    SGD(np.array([1.0, 0.5])).step(stack, np.full((2, 3), 2.0))
    assert stack.tolist() == [[-1.0] * 3, [0.0] * 3]


def test_the_rate_can_be_changed_between_steps():
    opt, (p,) = SGD(1.0), arrays(0, [(2,)])
    before = p.copy()
    opt.step([p], [np.ones(2)])
    opt.learning_rate = 0.5
    opt.step([p], [np.ones(2)])
    np.testing.assert_allclose(p, before - 1.5)


# By hand


@pytest.mark.parametrize(
    ("optimizer", "after_one", "after_two"),
    [
        (SGD(0.1), 0.8, 0.7),
        (Momentum(0.1), 0.8, 0.52),  # velocity 2, then 0.9·2 + 1 = 2.8
        (Nesterov(0.1), 0.62, 0.268),  # 2 + 0.9·2 = 3.8, then 1 + 0.9·2.8 = 3.52
        (Adagrad(0.1), 0.9, 0.9 - 0.1 / 5**0.5),  # 2/√4, then 1/√(4 + 1)
        (RMSProp(0.1, decay=0.75), 0.8, 0.7),  # 2/√(4/4), then 1/√(3/4 + 1/4)
        (Adam(0.1, betas=(0.5, 0.5)), 0.9, 0.9 - 0.1 * (4 / 3) / 2**0.5),  # 1/0.75, (3/2)/0.75
        (AdamW(0.1, weight_decay=0.5), 0.85, None),  # Adam's first step, and 0.1·0.5·1
    ],
    ids=lambda value: type(value).__name__,
)
def test_two_steps_by_hand(optimizer, after_one, after_two):
    p = np.array([1.0])
    optimizer.step([p], [np.array([2.0])])
    assert p[0] == pytest.approx(after_one, abs=1e-8)
    if after_two is not None:
        optimizer.step([p], [np.array([1.0])])
        assert p[0] == pytest.approx(after_two, abs=1e-8)


@EVERY
def test_changes_the_arrays_in_place_and_no_gradient(optimizer):
    parameters = arrays(0)
    gradients = gradients_of(parameters)
    kept, same = [g.copy() for g in gradients], list(parameters)
    opt = optimizer(0.01)
    for _ in range(2):
        opt.step(parameters, gradients)
    assert all(p is q for p, q in zip(parameters, same, strict=True))
    for gradient, copy in zip(gradients, kept, strict=True):
        np.testing.assert_array_equal(gradient, copy)


@EVERY
def test_what_is_remembered_is_not_the_gradients_own_array(optimizer):
    """A caller who computes the next gradient into the same array must not change the past."""
    ours, reused = optimizer(0.01), optimizer(0.01)
    (p,), (q,), buffer = arrays(0, [(2,)]), arrays(0, [(2,)]), np.empty(2)
    for value in (1.0, -3.0, 5.0):
        ours.step([p], [np.full(2, value)])
        buffer[:] = value
        reused.step([q], [buffer])
    np.testing.assert_array_equal(p, q)


@EVERY
def test_two_optimizers_share_nothing(optimizer):
    first, second = optimizer(0.01), optimizer(0.01)
    (p,), (q,) = arrays(0, [(2,)]), arrays(0, [(2,)])
    for _ in range(3):
        first.step([p], [np.ones(2)])
    second.step([q], [np.ones(2)])
    fresh = arrays(0, [(2,)])
    optimizer(0.01).step(fresh, [np.ones(2)])
    np.testing.assert_array_equal(q, fresh[0])


def test_adam_does_not_see_the_scale_of_the_loss_and_sgd_does():
    for optimizer, sees in ((Adam(0.01, eps=0), False), (SGD(0.01), True)):
        p, q = np.ones(3), np.ones(3)
        scaled = type(optimizer)(0.01, **({} if sees else {"eps": 0}))
        for gradient in arrays(0, [(3,)] * 20):
            optimizer.step([p], [gradient])
            scaled.step([q], [1024 * gradient])
        assert np.allclose(p, q, rtol=1e-12) != sees


def test_adamw_without_decay_is_adam():
    p, q = arrays(0), arrays(0)
    adam, adamw = Adam(0.01), AdamW(0.01, weight_decay=0)
    for _ in range(3):
        adam.step(p, gradients_of(p))
        adamw.step(q, gradients_of(q))
    for one, other in zip(p, q, strict=True):
        np.testing.assert_array_equal(one, other)


def test_all_seven_are_a_page():
    """Each class as a notebook shows it: few lines besides docstrings, blank lines and checks."""
    shown = [inspect.getsource(kind) for kind in ALL[1:]]
    bare = [re.sub(r'"""(?:.|\n)*?"""', "", source) for source in shown]
    lengths = [len([line for line in source.split("\n") if line.strip()]) for source in bare]
    assert max(lengths) <= 20 and sum(lengths) <= 80


# The search for a rate


@pytest.mark.parametrize("best", [0.02, 0.1, 3.7, 40.0])
def test_tune_rate_comes_as_close_as_its_last_halving(best):
    losses = tune_rate(lambda rate: np.log(rate / best) ** 2, [0.01, 0.1, 1.0, 10.0], 4)
    found = min(losses, key=losses.get)
    assert abs(np.log10(found / best)) <= 1 / 16
    assert len(losses) == 4 + 2 * 4


def test_tune_rate_tries_both_neighbours_of_the_best_each_time_half_as_far():
    losses = tune_rate(lambda rate: abs(np.log(rate)), [1.0, 256.0], 3)
    assert list(losses) == [1, 256, 1 / 16, 16, 1 / 4, 4, 1 / 2, 2]
    assert losses[16] == np.log(16)


def test_tune_rate_spends_the_same_number_of_runs_whatever_the_losses():
    for final_loss in (lambda rate: 1.0, lambda rate: np.inf, lambda rate: -rate):
        assert len(tune_rate(final_loss, [1.0, 10.0], 3)) == 2 + 2 * 3


def test_tune_rate_finds_the_edge_of_a_cliff():
    losses = tune_rate(lambda rate: 1 / rate if rate < 23 else np.inf, [0.1, 1.0, 10.0, 100.0], 5)
    found = min(losses, key=losses.get)
    assert 23 / 10 ** (1 / 16) < found < 23


def test_tune_rate_refuses_what_it_cannot_compare():
    for few in ([], [1.0]):
        with pytest.raises(ValueError, match=f"^{len(few)} rates say nothing"):
            tune_rate(lambda rate: rate, few, 2)
    with pytest.raises(ValueError, match="is NaN: return inf"):
        tune_rate(lambda rate: np.nan if rate > 5 else rate, [1.0, 10.0], 2)


def test_tune_rate_takes_rates_from_1e_100_to_1e100():
    assert list(tune_rate(lambda rate: rate, [1e-100, 1e100], 0)) == [1e-100, 1e100]
    for beyond in ([9e-101, 1.0], [1.0, 1.1e100]):
        with pytest.raises(ValueError, match="rates must be from 1e-100 to 1e100"):
            tune_rate(lambda rate: rate, beyond, 0)


# What must not pass


@EVERY
@pytest.mark.parametrize("rate", [-0.1, np.nan, np.inf, [0.1, -0.1], [0.1, np.nan]], ids=str)
def test_refuses_a_rate_that_is_no_rate(optimizer, rate):
    with pytest.raises(
        ValueError, match=r"learning rate must be at least 0 .* got (-0\.1|nan|inf)"
    ):
        optimizer(rate)


@pytest.mark.parametrize(
    ("optimizer", "wrong", "named"),
    [
        (Momentum, {"momentum": 1.0}, "momentum"),
        (Momentum, {"momentum": -0.1}, "momentum"),
        (Nesterov, {"momentum": np.nan}, "momentum"),
        (Adagrad, {"eps": -1e-8}, "eps"),
        (RMSProp, {"eps": np.inf}, "eps"),
        (RMSProp, {"decay": 1.0}, "decay"),
        (Adam, {"eps": np.nan}, "eps"),
        (Adam, {"betas": (1.0, 0.999)}, "a beta"),
        (Adam, {"betas": (0.9, -0.1)}, "a beta"),
        (AdamW, {"betas": (0.9, 1.0)}, "a beta"),
        (AdamW, {"eps": -1}, "eps"),
        (AdamW, {"weight_decay": -0.01}, "weight_decay"),
    ],
)
def test_refuses_other_bad_numbers(optimizer, wrong, named):
    with pytest.raises(ValueError, match=f"^{named} must be at least 0 and below"):
        optimizer(0.1, **wrong)


A, B = np.ones((2, 3)), np.ones(4)
BAD_STEPS = {
    "too few gradients": ([A, B], [A], r"2 parameters but 1 gradients"),
    "too many gradients": ([A], [A, B], r"1 parameters but 2 gradients"),
    "gradient of another shape": ([A, B], [A, A], r"parameter 1 has shape \(4,\), .*\(2, 3\)"),
    "gradient that would broadcast": ([A, B], [A, np.ones(1)], r"parameter 1 has shape \(4,\)"),
    "a list": ([A, [1.0] * 4], [A, B], r"parameter 1 is <class 'list'>: only arrays"),
    "a NumPy number": (
        [np.float64(1)],
        [np.float64(1)],
        r"parameter 0 is <class .*float64'>: only",
    ),
    "integers": ([A, np.ones(4, int)], [A, B], r"parameter 1 is an array of int64: only"),
    "NaN": ([A, B], [A, B * np.nan], r"gradient of parameter 1 is not finite.*smaller"),
    "infinite": ([A, B], [A * [1, 1, np.inf], B], r"gradient of parameter 0 is not finite"),
    "NaN in a list": ([A, B], [A, [np.nan] * 4], r"gradient of parameter 1 is not finite.*smaller"),
}


@EVERY
@pytest.mark.parametrize("case", BAD_STEPS)
def test_refuses_a_bad_step_and_changes_nothing(optimizer, case):
    parameters, gradients, message = BAD_STEPS[case]
    kept = [np.copy(p) for p in parameters]
    opt = optimizer(0.1)
    with pytest.raises(ValueError, match=message):
        opt.step(parameters, gradients)
    for p, before in zip(parameters, kept, strict=True):
        np.testing.assert_array_equal(p, before)
    # The optimizer has not changed either: it goes on as if nothing had been asked of it.
    p, q = arrays(0, [(2, 3), (4,)]), arrays(0, [(2, 3), (4,)])
    opt.step(p, [A, B])
    optimizer(0.1).step(q, [A, B])
    for one, other in zip(p, q, strict=True):
        np.testing.assert_array_equal(one, other)


@EVERY
def test_refuses_another_model(optimizer):
    opt, p = optimizer(0.1), arrays(0, [(2, 3), (4,)])
    opt.step(p, [A, B])
    with pytest.raises(ValueError, match=r"parameter 1 has shape \(5,\), and had \(4,\)"):
        opt.step([p[0], np.ones(5)], [A, np.ones(5)])
    with pytest.raises(ValueError, match=r"1 parameters, but 2 in the step before"):
        opt.step(p[:1], [A])
    opt.step(p, [A, B])


@EVERY
@pytest.mark.parametrize("rates", [[0.1], [0.1, 0.1, 0.1], []], ids=len)
def test_refuses_rates_that_are_not_one_for_each(optimizer, rates):
    p = arrays(0, [(2, 3), (4,)])
    opt = optimizer(rates)
    with pytest.raises(ValueError, match=f"{len(rates)} learning rates for 2 parameters"):
        opt.step(p, [A, B])
    np.testing.assert_array_equal(p[0], arrays(0, [(2, 3), (4,)])[0])
    opt.learning_rate = 0.1  # nothing is remembered of the step that was refused
    opt.step(arrays(0, [(3,)]), [np.ones(3)])


READ_ONLY = np.ones(4)
READ_ONLY.flags.writeable = False


@EVERY
def test_a_parameter_that_is_read_only_stops_the_step_before_anything_has_changed(optimizer):
    p, opt = np.ones((2, 3)), optimizer(0.1)
    with pytest.raises(ValueError, match="parameter 1 is read-only, and a step changes it"):
        opt.step([p, READ_ONLY], [A, B])
    assert (p == 1).all() and opt.states == []


@pytest.mark.parametrize("optimizer", [Adagrad, RMSProp, Adam, AdamW])
def test_a_gradient_of_0_has_no_direction_where_eps_is_0(optimizer):
    p, opt = [np.ones(2), np.ones(1)], optimizer(0.1, eps=0)
    for none in (0.0, 1e-200):  # the square of either is 0
        with pytest.raises(ValueError, match=r"gradients have no direction .* give a larger eps"):
            opt.step(p, [np.ones(2), np.full(1, none)])
    assert all((numbers == 1).all() for numbers in p) and opt.states == []
    opt.step(p, [np.ones(2), np.ones(1)])  # as if nothing had been asked
    fresh = [np.ones(2), np.ones(1)]
    optimizer(0.1, eps=0).step(fresh, [np.ones(2), np.ones(1)])
    opt.step(p, [np.ones(2), np.zeros(1)])  # of what has had a gradient, 0 is no question
    assert np.isfinite(np.concatenate(p)).all()


@pytest.mark.parametrize("optimizer", [Adagrad, RMSProp, Adam, AdamW])
def test_a_gradient_whose_square_is_infinite_is_refused(optimizer):
    """It would stand still for ever, and say nothing."""
    p = np.ones(2)
    with pytest.raises(ValueError, match=r"gradients have no direction .*overflow"):
        optimizer(0.1).step([p], [np.array([1.0, 1e200])])
    assert (p == 1).all()


@pytest.mark.parametrize("optimizer", [SGD, Momentum, Nesterov])
def test_a_step_too_large_for_the_numbers_of_a_parameter_is_refused(optimizer):
    first, p = np.ones(2), np.ones(2, np.float32)
    with pytest.raises(ValueError, match=r"gradients have no direction .*overflow"):
        optimizer(1.0).step([first, p], [np.ones(2), np.array([1.0, 1e39])])
    assert (first == 1).all() and (p == 1).all()


def test_a_parameter_that_would_become_infinite_is_refused():
    for kind, most in ((np.float32, 3e38), (np.float64, 1e308)):
        first, p = np.ones(2), np.array([1.0, most], kind)
        with pytest.raises(ValueError, match=r"gradients have no direction .*overflow"):
            SGD(1.0).step([first, p], [np.ones(2), np.array([0.0, -most])])
        assert (first == 1).all() and p[1] == kind(most)


def test_gradients_of_small_whole_numbers_do_not_overflow():
    p, q = np.ones(1), np.ones(1)
    Adagrad(0.1).step([p], [np.array([100], np.int8)])
    Adagrad(0.1).step([q], [np.array([100.0])])
    assert p == q


@EVERY
@pytest.mark.parametrize("wrong", [None, "x", 3, {"a": A}], ids=str)
def test_what_are_no_lists_of_arrays_raise_and_are_named(optimizer, wrong):
    with pytest.raises(TypeError, match=r"^parameters must be a list of arrays"):
        optimizer(0.1).step(wrong, [A])
    with pytest.raises(TypeError, match=r"^gradients must be a list of arrays"):
        optimizer(0.1).step([A.copy()], wrong)
    with pytest.raises(TypeError, match=r"^gradients\[0\]"):
        optimizer(0.1).step([A.copy()], [[wrong, 1j]])


@EVERY
@pytest.mark.parametrize("rate", [None, "x", [0.1, None], 1j, True, [[0.1]]], ids=str)
def test_a_rate_that_is_no_number_raises(optimizer, rate):
    with pytest.raises(TypeError, match="a learning rate must be a number"):
        optimizer(rate)
    changed = optimizer(0.1)
    changed.learning_rate = rate
    with pytest.raises(TypeError, match="a learning rate must be a number"):
        changed.step([A.copy()], [A])


@pytest.mark.parametrize("betas", [None, 0.9, (0.9,), (0.9, 0.9, 0.9), "ab", {0.9, 0.8}], ids=str)
def test_betas_are_two(betas):
    with pytest.raises(TypeError, match="betas must be two numbers"):
        Adam(0.1, betas=betas)


def test_tune_rate_says_what_is_wrong():
    def loss(rate):
        return rate

    for rates, message in (
        ([1.0, 0.1], "rates must stand in order, the lowest first"),
        ([1.0, 1.0], "rates must stand in order"),
        ([0.1, 10.0, 1.0], "rates must stand in order"),
        ([0.0, 1.0], "rates must be from 1e-100 to 1e100"),
        ([1.0, np.nan], r"rates\[1\] is nan"),
    ):
        with pytest.raises(ValueError, match=message):
            tune_rate(loss, rates, 1)
    with pytest.raises(ValueError, match="halvings must be at least 0 and at most 50, got 1000"):
        tune_rate(loss, [1.0, 10.0], 1000)
    with pytest.raises(TypeError, match="final_loss must return a number, and has returned None"):
        tune_rate(lambda rate: None, [1.0, 10.0], 1)
    with pytest.raises(TypeError, match="final_loss must be a function, got 3"):
        tune_rate(3, [1.0, 10.0], 1)


def test_gradients_may_be_lists():
    p = np.ones(2)
    SGD(1).step([p], [[1.0, 2.0]])
    assert p.tolist() == [0.0, -1.0]
