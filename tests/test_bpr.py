import math

import numpy as np
import pytest
import torch

from scratch.checking import NotFitted
from scratch.machinery.sparse import Observed
from scratch.recommenders.bpr import BPR, bpr_epoch, draw_others, pairs_of

LIKES = np.array([[1, 1, 0, 0, 0], [0, 1, 1, 0, 0], [1, 0, 0, 1, 0], [0, 0, 1, 0, 0]], float)
LN3 = math.log(3)


def start(seed=0, users=4, movies=5, k=3):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(users, k)), rng.normal(size=(movies, k)), rng.normal(size=movies)


def blocks(users=60, seed=0):
    """Two kinds of people, each of whom likes half of one half of twenty movies."""
    rng = np.random.default_rng(seed)
    likes = np.zeros((users, 20))
    for user in range(users):
        own = np.arange(10) + 10 * (user % 2)
        likes[user, rng.choice(own, 5, replace=False)] = 1
    return likes


def test_a_step_goes_up_the_gradient_that_torch_finds():
    U, V, b = start()
    tensors = [torch.tensor(a, requires_grad=True) for a in (U, V, b)]
    user, i, j, l2, rate = 1, 2, 4, 0.03, 0.05
    tU, tV, tb = tensors
    lead = tb[i] - tb[j] + tU[user] @ (tV[i] - tV[j])
    squares = sum((part**2).sum() for part in (tU[user], tV[i], tV[j], tb[i], tb[j]))
    (torch.nn.functional.logsigmoid(lead) - 0.5 * l2 * squares).backward()
    expected = [(t + rate * t.grad).detach().numpy() for t in tensors]
    loss = bpr_epoch(np.array([user]), np.array([i]), np.array([j]), U, V, b, rate, l2)
    assert loss == pytest.approx(-torch.nn.functional.logsigmoid(lead).item(), rel=1e-12)
    for found, wanted in zip((U, V, b), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14)


def test_plain_and_compiled_give_the_same_to_the_last_bit():
    triples = np.array([0, 1, 2, 3]), np.array([1, 2, 0, 2]), np.array([3, 0, 4, 1])
    arrays, lists = start(), [part.tolist() for part in start()]
    loss = bpr_epoch(*triples, *arrays, 0.1, 0.01)
    assert bpr_epoch(*(t.tolist() for t in triples), *lists, 0.1, 0.01) == loss
    assert [part.tolist() for part in arrays] == lists


def test_steps_by_hand():
    # A lead of 2 ln 3, or of as much less than nothing, is 1 / (1 + 9) or 9 / (1 + 9) wrong.
    U, V, b = [[1.0] for _ in "abc"], [[0.0], [-LN3]] * 3, [LN3, 0.0] * 3
    V = [row.copy() for row in V]
    loss = bpr_epoch([0, 1, 2], [0, 3, 4], [1, 2, 5], U, V, b, 0.5, 0.1)
    assert loss == pytest.approx((2 * math.log(10 / 9) + math.log(10)) / 3)
    assert b[:4] == pytest.approx([0.95 * LN3 + 0.05, -0.05, 0.95 * LN3 - 0.45, 0.45])
    assert [u for (u,) in U[:2]] == pytest.approx([0.95 + 0.05 * LN3, 0.95 - 0.45 * LN3])
    expected = [0.05, -0.95 * LN3 - 0.05, -0.45, -0.95 * LN3 + 0.45]
    assert [v for (v,) in V[:4]] == pytest.approx(expected)
    assert (b[4:], U[2], V[4:]) == (b[:2], U[0], V[:2])


def test_what_an_epoch_changes_must_be_floats_that_can_be_changed():
    triple = [np.array([0]), np.array([0]), np.array([1])]
    for which, name in enumerate(("U", "V", "movie_biases")):
        arrays = [np.ones((1, 2)), np.ones((2, 2)), np.ones(2)]
        arrays[which].flags.writeable = False
        with pytest.raises(ValueError, match=f"^{name} is changed in place, .* read-only"):
            bpr_epoch(*triple, *arrays, 0.1, 0.01)


@pytest.mark.parametrize("lead", [-800.0, 800.0])
def test_a_huge_lead_does_not_overflow(lead):
    U, V, b = np.zeros((1, 1)), np.zeros((2, 1)), np.array([lead, 0.0])
    loss = bpr_epoch(np.array([0]), np.array([0]), np.array([1]), U, V, b, 0.1, 0.0)
    assert loss == pytest.approx(max(0, -lead))
    assert np.isfinite(b).all()


def test_the_other_movie_is_never_one_of_the_users():
    pairs = Observed.from_matrix(LIKES)
    users, _ = pairs_of(pairs)
    for seed in range(50):
        others = draw_others(pairs, 0.5, np.random.default_rng(seed))
        assert (LIKES[users, others] == 0).all()


def test_the_other_movie_is_drawn_by_popularity():
    likes = np.zeros((40, 4))
    likes[:, 0] = 1  # everybody's
    likes[:16, 1] = 1
    likes[:4, 2] = 1
    pairs = Observed.from_matrix(likes)
    users, movies = pairs_of(pairs)
    theirs = (users >= 16) & (movies == 0)  # these have movie 0 alone: 1, 2 and 3 are left
    for popularity, chances in ((0.0, [1, 1, 1]), (1.0, [16, 4, 1]), (0.5, [4, 2, 1])):
        drawn = [
            draw_others(pairs, popularity, np.random.default_rng(s))[theirs] for s in range(400)
        ]
        share = np.bincount(np.concatenate(drawn), minlength=4)[1:] / (400 * theirs.sum())
        np.testing.assert_allclose(share, np.array(chances) / sum(chances), atol=0.02)


class Told(np.random.Generator):
    """A generator whose random numbers are told beforehand."""

    def __init__(self, *numbers):
        super().__init__(np.random.PCG64(0))
        self.left = [*numbers]

    def random(self, size):
        told, self.left = self.left[:size], self.left[size:]
        return np.array(told)


def test_the_draws_of_other_movies_by_hand():
    # The movies have 2, 2, 2, 1 and no pairs; that one is drawn as if it had one. So the eighths
    # from 0 on are those of movies 0 0 1 1 2 2 3 4, and one's own movies are drawn again.
    first = 4.0, 0.0, 2.0, 7.0, 6.0, 7.9, 5.9  # the owners: 0 0 1 1 2 2 3
    second = 7.9, 1.9, 3.9, 4.0  # of those of 0 1 2 3 that were owned
    rng = Told(*np.array([*first, *second, 6.1]) / 8)
    others = draw_others(Observed.from_matrix(LIKES), 1.0, rng)
    assert others.tolist() == [2, 4, 0, 4, 1, 4, 3] and others.dtype == np.int32
    assert rng.left == []


def test_pairs_come_by_user_and_then_by_movie():
    users, movies = pairs_of(Observed.from_pairs([2, 0, 2, 0], [1, 3, 0, 0]))
    assert (users.tolist(), movies.tolist()) == ([0, 0, 2, 2], [0, 3, 0, 1])
    assert users.dtype == movies.dtype == np.int32


def test_someone_who_has_every_movie_raises():
    likes = LIKES.copy()
    likes[2] = 1
    with pytest.raises(ValueError, match="user 2 has all 5 movies"):
        draw_others(Observed.from_matrix(likes), 0.0, np.random.default_rng(0))


def test_it_learns_which_half_is_whose():
    likes = blocks()
    model = BPR(4, num_epochs=60).fit(Observed.from_matrix(likes), rng=np.random.default_rng(0))
    scores = np.where(likes == 1, -np.inf, model.scores(np.arange(60)))
    best = np.argsort(-scores, axis=1)[:, :5]
    assert (best // 10 == (np.arange(60) % 2)[:, None]).mean() > 0.95
    assert model.history["loss"].iloc[-1] < 0.5 * np.log(2)
    assert model.history["epoch"].tolist() == list(range(1, 61))


def test_the_same_generator_gives_the_same_model():
    pairs = Observed.from_matrix(LIKES)
    first, second = (BPR(2, num_epochs=3).fit(pairs, rng=np.random.default_rng(5)) for _ in "ab")
    assert np.array_equal(first.V, second.V)
    assert not np.array_equal(
        first.V, BPR(2, num_epochs=3).fit(pairs, rng=np.random.default_rng(6)).V
    )


def test_an_epoch_is_what_the_generator_draws_in_the_order_that_is_promised():
    pairs, rng = Observed.from_matrix(LIKES), np.random.default_rng(5)
    model = BPR(2, num_epochs=1, popularity=0.5, init_scale=3.0, learning_rate=0.2, l2=0.1)
    model.fit(pairs, rng=np.random.default_rng(5))
    U, V, b = rng.normal(0.0, 3.0, (4, 2)), rng.normal(0.0, 3.0, (5, 2)), np.zeros(5)
    triples = np.array([*pairs_of(pairs), draw_others(pairs, 0.5, rng)])
    triples = triples[:, rng.permutation(7)]
    assert model.history["loss"].tolist() == [bpr_epoch(*triples, U, V, b, 0.2, 0.1)]
    for found, wanted in zip((model.U, model.V, model.movie_biases), (U, V, b), strict=True):
        assert np.array_equal(found, wanted)
    np.testing.assert_allclose(model.scores([3, 1]), (U @ V.T + b)[[3, 1]], rtol=1e-12)


def test_without_settings_it_is_the_model_that_is_described():
    assert vars(BPR()) == {
        "k": 32, "learning_rate": 0.05, "l2": 0.01, "num_epochs": 30, "popularity": 0.0,
        "init_scale": 0.1,
    }  # fmt: skip


def test_the_progress_bar_says_the_loss_of_each_epoch(capsys):
    model, pairs = BPR(2, num_epochs=2), Observed.from_matrix(LIKES)
    model.fit(pairs, rng=np.random.default_rng(0))
    assert capsys.readouterr() == ("", "")
    model.fit(pairs, rng=np.random.default_rng(0), progress=True)
    said = [text.split("|") for text in capsys.readouterr().out.strip().split("\r")]
    first, last = (f" loss {loss:.4f}" for loss in model.history["loss"])
    steps = [("epoch 0/2 ", ""), ("epoch 1/2 ", first), ("epoch 2/2 ", last)]
    assert [(step, text.rstrip()) for step, _, text in said] == [*steps, steps[-1]]


@pytest.mark.parametrize(
    "settings",
    [
        {"learning_rate": 1e308, "l2": 1e10},  # the numbers are not finite; the loss was before it
        {"learning_rate": 1e300},  # numbers that no product of two can be made of
        {"learning_rate": 1e-9, "init_scale": 1e200},  # the loss is infinite, and no number
    ],
)
def test_diverging_training_raises_and_leaves_the_model_as_it_was(settings):
    pairs = Observed.from_matrix(np.array([[1.0, 0.0]]))
    model = BPR(1, num_epochs=1, **settings)
    with pytest.raises(ValueError, match=r"^training diverged in epoch 1 .*: try a smaller one"):
        model.fit(pairs, rng=np.random.default_rng(0))
    with pytest.raises(NotFitted):
        model.scores([0])


@pytest.mark.parametrize("part", [3, 4, 5], ids=["U", "V", "movie_biases"])
def test_one_number_that_is_none_is_enough_to_have_diverged(monkeypatch, part):
    def epoch(*arguments):
        arguments[part].flat[0] = np.inf
        return 0.5

    monkeypatch.setattr("scratch.recommenders.bpr.bpr_epoch", epoch)
    with pytest.raises(ValueError, match=r"^training diverged in epoch 1"):
        BPR(2).fit(Observed.from_matrix(LIKES), rng=np.random.default_rng(0))


def test_what_fails_leaves_a_fitted_model_as_it_was():
    model = BPR(2, num_epochs=1).fit(Observed.from_matrix(LIKES), rng=np.random.default_rng(0))
    before = model.scores([0, 3])
    likes = LIKES.copy()
    likes[2] = 1
    with pytest.raises(ValueError, match="user 2 has all 5 movies"):
        model.fit(Observed.from_matrix(likes), rng=np.random.default_rng(1))
    assert np.array_equal(model.scores([0, 3]), before) and len(model.history) == 1


@pytest.mark.parametrize(
    "settings",
    [{"k": 0}, {"num_epochs": 0}, {"learning_rate": 0}, {"l2": -1}, {"popularity": -0.5},
     {"init_scale": 0}, {"learning_rate": np.nan}],
)  # fmt: skip
def test_settings_that_make_no_sense_raise(settings):
    with pytest.raises(ValueError, match=f"^{next(iter(settings))} must be"):
        BPR(**settings)


def test_before_fit_it_says_so():
    with pytest.raises(NotFitted, match=r"this BPR has learned nothing yet, .*: call fit"):
        BPR().scores([0])
    for name in ("U", "V", "movie_biases", "history"):
        with pytest.raises(NotFitted, match=f"so it has no {name}: call fit"):
            getattr(BPR(), name)


@pytest.mark.parametrize("user", [-1, 4])
def test_a_user_who_is_not_there_is_named(user):
    model = BPR(2, num_epochs=1).fit(Observed.from_matrix(LIKES), rng=np.random.default_rng(0))
    assert model.scores([0, 3]).shape == (2, 5)
    with pytest.raises(IndexError, match=f"^user index {user} is out of range: the model has 4"):
        model.scores([0, user])


def test_whoever_has_nearly_all_that_are_ever_drawn_draws_from_the_rest():
    likes = np.zeros((50, 4))
    likes[:, 0] = 1  # everybody has it, and with a large power nothing else is ever drawn
    likes[:2, 1] = 1
    pairs = Observed.from_matrix(likes)
    others = draw_others(pairs, 50.0, np.random.default_rng(0))
    assert set(others[:4]) == {2, 3} and set(others[4:]) == {1}
    # With this power, movie 1 is drawn 2¹⁰ times as often as 2 or 3.
    drawn = np.concatenate([draw_others(pairs, 10.0, np.random.default_rng(s)) for s in range(300)])
    of_fans = np.bincount(drawn.reshape(300, 52)[:, :4].ravel(), minlength=4)
    np.testing.assert_allclose(of_fans / 1200, [0, 0, 0.5, 0.5], atol=0.06)
    of_others = np.bincount(drawn.reshape(300, 52)[:, 4:].ravel(), minlength=4)
    np.testing.assert_allclose(of_others[2:] / 14_400, [2**-10, 2**-10], atol=0.001)
    assert of_others[0] == 0


def test_the_draws_from_the_rest_by_hand(monkeypatch):
    # With weights of 2, 2, 2, 1 and 1, to the owners 0 0 1 1 2 2 3 are left the movies that they
    # lack: of the first, 2, 3 and 4, so that the quarters from 0 on are those of 2 2 3 4.
    monkeypatch.setattr("scratch.recommenders.bpr.ROUNDS", 0)
    lacks = [np.flatnonzero(row == 0) for row in LIKES]
    weights, users = np.array([2, 2, 2, 1, 1]), [0, 0, 1, 1, 2, 2, 3]
    numbers = [0.0, 0.4999, 0.0, 0.9999, 0.5, 0.25, 0.0]
    by_hand = []
    for user, number in zip(users, numbers, strict=True):
        ends = np.cumsum(weights[lacks[user]]) / weights[lacks[user]].sum()
        by_hand.append(lacks[user][np.sum(ends <= number)])
    others = draw_others(Observed.from_matrix(LIKES), 1.0, Told(*numbers))
    assert others.tolist() == by_hand and others.tolist()[:2] == [2, 2]


def test_drawing_again_has_an_end():
    """Where one movie of thousands is left, rounds alone would take minutes."""
    likes = np.ones((3, 5000))
    likes[0, 4321] = likes[1, 7] = likes[2, :10] = 0
    pairs, asked = Observed.from_matrix(likes), 0

    class Counting(np.random.Generator):
        def random(self, size):
            nonlocal asked
            asked += size
            return super().random(size)

    others = draw_others(pairs, 0.0, Counting(np.random.PCG64(0)))
    users, _ = pairs_of(pairs)
    assert (likes[users, others] == 0).all() and set(others[users == 2]) == {*range(10)}
    assert asked <= 201 * len(users)


def test_a_chance_beyond_all_numbers_is_said():
    likes = np.zeros((50, 3))
    likes[:, 0] = 1
    pairs = Observed.from_matrix(likes)
    with pytest.raises(ValueError, match=r"the chance of each movie .* popularity = 1e\+300"):
        draw_others(pairs, 1e300, np.random.default_rng(0))


def test_pairs_that_do_not_fit_together_are_refused():
    pairs = Observed.from_matrix(LIKES)
    wrong = Observed(pairs.by_user, pairs.by_user)
    rng = np.random.default_rng(0)
    for call in (
        lambda: BPR(2).fit(wrong, rng=rng),
        lambda: pairs_of(wrong),
        lambda: draw_others(wrong, 0.0, rng),
    ):
        with pytest.raises(ValueError, match="are of different shapes"):
            call()
    narrow = Observed(*(side._replace(num_columns=-1) for side in pairs))
    with pytest.raises(ValueError, match="num_columns must be at least 0, got -1"):
        BPR(2).fit(narrow, rng=rng)
    assert rng.random() == np.random.default_rng(0).random()  # nothing was drawn


def test_vectors_that_have_no_room_are_refused_before_they_are_drawn():
    observed = Observed.from_pairs([0, 1], [0, 1], num_movies=3)
    with pytest.raises(ValueError, match=r"^k asks for [\d,]+ × 10,000,000,000 numbers"):
        BPR(10**10).fit(observed, rng=np.random.default_rng(0))
