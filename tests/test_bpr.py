import numpy as np
import pytest
import torch

from scratch.checking import NotFitted
from scratch.machinery.sparse import Observed
from scratch.recommenders.bpr import BPR, bpr_epoch, draw_others, pairs_of

LIKES = np.array([[1, 1, 0, 0, 0], [0, 1, 1, 0, 0], [1, 0, 0, 1, 0], [0, 0, 1, 0, 0]], float)


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


def test_diverging_training_raises():
    with pytest.raises(ValueError, match=r"diverged in epoch \d+ with learning rate 1e\+200"):
        BPR(2, learning_rate=1e200, l2=1.0).fit(
            Observed.from_matrix(LIKES), rng=np.random.default_rng(0)
        )


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


@pytest.mark.parametrize("user", [-1, 4])
def test_a_user_who_is_not_there_is_named(user):
    model = BPR(2, num_epochs=1).fit(Observed.from_matrix(LIKES), rng=np.random.default_rng(0))
    assert model.scores([0, 3]).shape == (2, 5)
    with pytest.raises(IndexError, match=f"user index {user} is out of range: the model has 4"):
        model.scores([0, user])


def test_a_popularity_that_leaves_nobody_else_is_said(monkeypatch):
    likes = np.zeros((50, 3))
    likes[:, 0] = 1  # everybody has it, and with a large power nothing else is ever drawn
    likes[:2, 1] = 1
    pairs = Observed.from_matrix(likes)
    monkeypatch.setattr("scratch.recommenders.bpr.MOST_DRAWS", 100)
    with pytest.raises(ValueError, match="user 0 has nearly every movie that is ever drawn with"):
        draw_others(pairs, 50.0, np.random.default_rng(0))
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
