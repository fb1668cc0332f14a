import numpy as np
import pytest
import torch

from scratch.ratings import COLD, Ratings
from scratch.recommenders.baselines import ShrunkenBiases
from scratch.recommenders.torch_models import (
    BiasedDotProduct,
    Biases,
    DotProduct,
    FastNeuralNetwork,
    NeuralNetwork,
    RatingModel,
    ResidualNetwork,
)

NUM_USERS, NUM_MOVIES, K = 6, 4, 3
MEAN = 3.1  # not a number that single precision can hold

MODELS = [DotProduct, BiasedDotProduct, NeuralNetwork, FastNeuralNetwork]
DOT_PRODUCTS, NETWORKS = MODELS[:2], MODELS[2:]


def every(models):
    return pytest.mark.parametrize("kind", models, ids=lambda kind: kind.__name__)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def make(kind, seed=0, **settings):
    return kind(NUM_USERS, NUM_MOVIES, K, mean=MEAN, generator=seeded(seed), **settings)


def all_pairs():
    """Every user with every movie, as tensors."""
    pairs = torch.cartesian_prod(torch.arange(NUM_USERS), torch.arange(NUM_MOVIES))
    return pairs[:, 0], pairs[:, 1]


def arrays_of(model):
    """Name → NumPy array, for all parameters."""
    return {name: values.numpy() for name, values in model.state_dict().items()}


def set_parameters(model, **values):
    with torch.no_grad():
        for name, value in values.items():
            parameter = model.get_parameter(name.replace("__", "."))
            parameter.copy_(torch.tensor(value, dtype=torch.double).reshape(parameter.shape))


def network_by_hand(model, user, movie):
    """r̂ of one pair of vectors that went through the ReLU already (or shall not)."""
    p = arrays_of(model)
    x = np.concatenate([user, movie])
    hidden = np.maximum(p["hidden.weight"] @ x + p["hidden.bias"], 0)
    return p["output.weight"][0] @ hidden + p["output.bias"][0]


# The formulas


@every(DOT_PRODUCTS)
def test_a_dot_product_hand_computed(kind):
    model = kind(1, 1, 2, mean=1.0, generator=seeded())
    set_parameters(model, U__weight=[1.0, 2.0], V__weight=[3.0, 0.5])
    expected = 4.0
    if kind is BiasedDotProduct:
        set_parameters(model, biases__users__weight=0.5, biases__movies__weight=-0.25)
        expected = 1 + 0.5 - 0.25 + 4
    assert model(torch.tensor([0]), torch.tensor([0])).tolist() == [expected]


@every(NETWORKS)
@pytest.mark.parametrize(
    ("rectify", "expected"),
    [
        # x = (0, 3), W x + b = (3.5, −4), so 2 · 3.5 + 10 · 0 − 1
        (True, 6.0),
        # x = (−2, 3), W x + b = (5.5, −6), so 2 · 5.5 + 10 · 0 − 1
        (False, 10.0),
    ],
)
def test_a_network_hand_computed(kind, rectify, expected):
    settings = {"hidden": 2, "dropout": 0.0, "rectify": rectify}
    model = kind(1, 1, 1, mean=9.0, generator=seeded(), **settings)
    set_parameters(model, U__weight=-2.0, V__weight=3.0)
    set_parameters(model, hidden__weight=[[-1.0, 1.0], [1.0, -1.0]], hidden__bias=[0.5, -1.0])
    set_parameters(model, output__weight=[2.0, 10.0], output__bias=-1.0)
    assert model(torch.tensor([0]), torch.tensor([0])).tolist() == [expected]


@every(MODELS)
def test_every_pair_is_predicted_by_the_formula(kind):
    model = make(kind)
    p = arrays_of(model)
    users, movies = (side.numpy() for side in all_pairs())
    for user, movie, predicted in zip(users, movies, model.predict(users, movies), strict=True):
        u, m = p["U.weight"][user], p["V.weight"][movie]
        if kind in NETWORKS:
            expected = network_by_hand(model, np.maximum(u, 0), np.maximum(m, 0))
        elif kind is DotProduct:
            expected = u @ m
        else:
            biases = p["biases.users.weight"][user, 0] + p["biases.movies.weight"][movie, 0]
            expected = MEAN + biases + u @ m
        assert predicted == pytest.approx(expected, abs=1e-12)


def test_without_biases_and_mean_the_biased_model_is_the_dot_product():
    plain = DotProduct(NUM_USERS, NUM_MOVIES, K, mean=0.0, generator=seeded())
    biased = BiasedDotProduct(NUM_USERS, NUM_MOVIES, K, mean=0.0, generator=seeded())
    assert torch.equal(plain.U.weight, biased.U.weight)  # the same draws come first
    assert torch.equal(plain.V.weight, biased.V.weight)
    assert not torch.allclose(plain(*all_pairs()), biased(*all_pairs()), atol=1e-6)
    zeros = {"biases__users__weight": np.zeros(NUM_USERS), "biases__movies__weight": np.zeros(4)}
    set_parameters(biased, **zeros)
    assert torch.equal(plain(*all_pairs()), biased(*all_pairs()))


@pytest.mark.parametrize("rectify", [True, False], ids=["rectified", "not rectified"])
def test_the_fast_network_is_the_network_in_values_and_gradients(rectify):
    users = torch.tensor([0, 0, 5, 3, 3, 2])  # user 1 and 4 have no rating, user 0 and 3 have two
    movies = torch.tensor([1, 2, 2, 0, 0, 1])
    stars = torch.tensor([4.0, 1.0, 3.0, 5.0, 2.0, 2.0], dtype=torch.double)
    results = []
    for kind in NETWORKS:
        model = make(kind, dropout=0.0, rectify=rectify)
        predicted = model(users, movies)
        ((predicted - stars) ** 2).mean().backward()
        gradients = {name: p.grad.numpy() for name, p in model.named_parameters()}
        results.append((predicted.detach().numpy(), arrays_of(model), gradients))
    (slow, start, wanted), (fast, same_start, found) = results
    np.testing.assert_allclose(fast, slow, rtol=0, atol=1e-12)
    assert wanted.keys() == found.keys() and len(wanted) == 6
    for name, gradient in wanted.items():
        assert np.array_equal(start[name], same_start[name])
        assert np.abs(gradient).max() > 1e-3  # not a comparison of nothing with nothing
        np.testing.assert_allclose(found[name], gradient, rtol=0, atol=1e-12)


def test_the_fast_network_predicts_like_the_network_also_with_dropout():
    # Including the cold ones: dropout is for training only.
    users, movies = np.array([0, COLD, 2, COLD]), np.array([1, 1, COLD, COLD])
    slow, fast = (make(kind, dropout=0.5).predict(users, movies) for kind in NETWORKS)
    np.testing.assert_allclose(fast, slow, rtol=0, atol=1e-12)


# The starts


@every(DOT_PRODUCTS)
@pytest.mark.parametrize("scale", [0.05, 2.0])
def test_vectors_start_uniform_between_0_and_the_scale(kind, scale):
    model = kind(50, 40, 30, mean=MEAN, generator=seeded(), scale=scale)
    for table in (model.U.weight, model.V.weight):
        assert 0 <= table.min() < 0.02 * scale
        assert 0.98 * scale < table.max() <= scale
        assert table.mean().item() == pytest.approx(scale / 2, rel=0.05)


def test_biases_start_uniform_around_0():
    model = BiasedDotProduct(500, 400, 1, mean=MEAN, generator=seeded())
    for table, rows in ((model.biases.users.weight, 500), (model.biases.movies.weight, 400)):
        assert table.shape == (rows, 1)
        assert -0.01 <= table.min() < -0.0095 < 0.0095 < table.max() <= 0.01


@every(NETWORKS)
def test_a_network_starts_normal_in_its_vectors_and_uniform_in_its_layers(kind):
    model = kind(50, 40, 50, mean=MEAN, generator=seeded(), hidden=400, scale=0.5)
    for table in (model.U.weight, model.V.weight):
        assert table.mean().item() == pytest.approx(0, abs=0.05)
        assert table.std().item() == pytest.approx(0.5, rel=0.05)
        assert table.abs().max() > 1  # a uniform draw would stay below
    # 1/√(inputs): the hidden layer has 100 inputs, the output layer 400.
    for layer, bound in ((model.hidden, 0.1), (model.output, 0.05)):
        for parameter in layer.parameters():
            assert parameter.abs().max() <= bound
        assert layer.weight.max() > 0.95 * bound and layer.weight.min() < -0.95 * bound


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (DotProduct, {"k": 100, "scale": 0.05}),
        (BiasedDotProduct, {"k": 100, "scale": 0.05}),
        *((kind, {"k": 100, "hidden": 10, "dropout": 0.1, "rectify": True, "scale": 1.0})
          for kind in NETWORKS),
        (ResidualNetwork, {"k": 30, "dropout": 0.0}),
    ],
)  # fmt: skip
def test_what_is_not_said_is_as_in_the_notebooks(kind, said):
    silent, told = (
        kind(NUM_USERS, NUM_MOVIES, mean=MEAN, generator=seeded(), **more) for more in ({}, said)
    )
    for name, values in arrays_of(silent).items():
        assert np.array_equal(values, arrays_of(told)[name])
    if kind not in DOT_PRODUCTS:  # in training, where dropout draws
        assert (silent.dropout, silent.rectify) == (told.dropout, told.rectify)
        assert torch.equal(silent(*all_pairs()), told(*all_pairs()))


def test_a_residual_network_starts_small_and_cuts_nothing_off():
    model = ResidualNetwork(100, 80, 30, mean=MEAN, generator=seeded())
    for table in (model.U.weight, model.V.weight):
        assert table.std().item() == pytest.approx(0.1, rel=0.05)
    assert model.hidden.out_features == 50
    vectors = torch.tensor([[-1.0, 2.0]], dtype=torch.double)
    assert model.prepare(vectors) is vectors
    with pytest.raises(TypeError, match=r"vectors must be a tensor, got \[1\.0\]"):
        model.prepare([1.0])


@every(MODELS)
def test_the_generator_decides_the_parameters_and_the_predictions(kind):
    pairs = [side.numpy() for side in all_pairs()]
    with torch.random.fork_rng(devices=[]):
        same = make(kind, seed=1)
        torch.rand(7)  # moves the global generator on
        again, other = make(kind, seed=1), make(kind, seed=2)
    for name, values in arrays_of(same).items():
        assert np.array_equal(values, arrays_of(again)[name])
        assert not np.array_equal(values, arrays_of(other)[name])
    assert np.array_equal(same.predict(*pairs), again.predict(*pairs))
    assert not np.array_equal(same.predict(*pairs), other.predict(*pairs))


@every(MODELS)
@pytest.mark.parametrize(("users", "movies"), [(0, 4), (6, 0), (-1, 4)])
def test_a_model_without_users_or_movies_raises(kind, users, movies):
    name, number = ("num_users", users) if users < 1 else ("num_movies", movies)
    with pytest.raises(ValueError, match=rf"{name} must be at least 1 .*, got {number}"):
        kind(users, movies, K, mean=MEAN, generator=seeded())


@every([*MODELS, ResidualNetwork])
@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"num_users": 2.0}, TypeError, r"num_users must be a whole number, got 2\.0: write 2"),
        ({"num_movies": True}, TypeError, "num_movies must be a whole number, got True"),
        ({"k": 0}, ValueError, "k must be at least 1"),
        ({"k": "3"}, TypeError, "k must be a whole number, got '3'"),
        ({"mean": np.nan}, ValueError, "mean must be a finite number, got nan"),
        ({"mean": None}, TypeError, "mean must be a number, got None"),
        ({"generator": 0}, TypeError, "generator must be a Generator, got 0"),
        ({"num_users": 2**31}, ValueError, "num_users must be at least 1 and at most"),
        ({"k": 2**31 - 1, "num_users": 10**6}, MemoryError, "make num_users, num_movies, k or"),
    ],
    ids=str,
)
def test_what_a_model_is_made_of_is_named(kind, wrong, error, message):
    sizes = {"num_users": NUM_USERS, "num_movies": NUM_MOVIES, "k": K}
    with pytest.raises(error, match=message):
        kind(**sizes | {"mean": MEAN, "generator": seeded()} | wrong)


@every([*NETWORKS, ResidualNetwork])
@pytest.mark.parametrize("dropout", [-0.1, 1.0, 1.5, np.nan, "much"])
def test_a_share_to_drop_is_less_than_all(kind, dropout):
    with pytest.raises((TypeError, ValueError), match="dropout must be"):
        make(kind, dropout=dropout)


@every(DOT_PRODUCTS)
def test_a_start_is_not_negative(kind):
    with pytest.raises(ValueError, match="scale must be at least 0"):
        make(kind, scale=-0.1)


# Shapes and indices


@every(MODELS)
@pytest.mark.parametrize("n", [0, 1, 2, 24])
@pytest.mark.parametrize("training", [True, False], ids=["training", "not training"])
def test_a_batch_of_n_gives_n_predictions(kind, n, training):
    model = make(kind).train(training)
    users, movies = (side[:n] for side in all_pairs())
    predicted = model(users, movies)
    assert predicted.shape == (n,) and predicted.dtype == torch.double
    assert torch.isfinite(predicted).all()


@every(MODELS)
def test_one_row_cut_from_a_batch_gives_one_prediction(kind):
    model = make(kind, seed=3).eval()
    users, movies = all_pairs()
    everything = model(users, movies)
    for row in (slice(2, 3), [2], torch.tensor([2])):
        one = model(users[row], movies[row])
        assert one.shape == (1,)
        assert one.item() == pytest.approx(everything[2].item(), abs=1e-14)
        alone = model.predict(users[row].numpy(), movies[row].numpy())
        assert alone.shape == (1,)
    if kind in DOT_PRODUCTS:
        assert model.penalty(users[2:3], movies[2:3]).shape == (1,)


@every(MODELS)
def test_one_user_and_one_movie_are_enough(kind):
    model = kind(1, 1, 1, mean=MEAN, generator=seeded())
    assert model(torch.tensor([0]), torch.tensor([0])).shape == (1,)
    assert model.predict(np.array([0, COLD]), np.array([COLD, COLD])).shape == (2,)


@every(MODELS)
@pytest.mark.parametrize("dtype", [torch.int32, torch.int64], ids=str)
def test_both_kinds_of_integers_are_indices(kind, dtype):
    model = make(kind).eval()
    users, movies = all_pairs()
    assert torch.equal(model(users.to(dtype), movies.to(dtype)), model(users, movies))


@every(MODELS)
@pytest.mark.parametrize(
    ("user", "movie", "message"),
    [
        (NUM_USERS, 0, r"user indices must lie in 0 … 5, found 0 … 6"),
        (10**6, 0, r"user indices must lie in 0 … 5, found 0 … 1000000"),
        (COLD, 0, r"user indices must lie in 0 … 5, found -1 … 0.*cold ones \(-1\) to `predict`"),
        (-5, 0, r"user indices must lie in 0 … 5, found -5 … 0"),
        (0, NUM_MOVIES, r"movie indices must lie in 0 … 3, found 0 … 4"),
        (0, COLD, r"movie indices must lie in 0 … 3, found -1 … 0.*cold ones \(-1\) to `predict`"),
    ],
)
def test_an_index_without_a_vector_raises(kind, user, movie, message):
    model = make(kind)
    with pytest.raises(IndexError, match=message):
        model(torch.tensor([0, user]), torch.tensor([0, movie]))


@every(MODELS)
@pytest.mark.parametrize(
    ("user", "movie", "message"),
    [
        (NUM_USERS, 0, "user index 6 is out of range: the model has 6"),
        (-2, 0, "user index -2 is out of range"),
        (0, NUM_MOVIES, "movie index 4 is out of range: the model has 4"),
        (COLD, 99, "movie index 99 is out of range"),
        (0, -2, "movie index -2 is out of range"),
    ],
)
def test_predict_raises_for_an_index_that_is_neither_known_nor_cold(kind, user, movie, message):
    with pytest.raises(IndexError, match=message):
        make(kind).predict(np.array([0, user]), np.array([0, movie]))


@every([*MODELS, ResidualNetwork])
@pytest.mark.parametrize(
    ("users", "movies", "kind_of_error", "message"),
    [
        ([0, 1.5], [0, 1], TypeError, "users must be an array of whole numbers"),
        ([0, 1], [0, 1.0], TypeError, "movies must be an array of whole numbers"),
        ([True, False], [0, 1], TypeError, "users must be an array of whole numbers"),
        ([0, 1, 2], [0], ValueError, "3 users and 1 movies"),
        ([[0, 1]], [[0, 1]], ValueError, "users must have one axis"),
        (None, [0], TypeError, "users must be an array of whole numbers, got None"),
    ],
)
def test_predict_takes_whole_indices_in_pairs(kind, users, movies, kind_of_error, message):
    with pytest.raises(kind_of_error, match=message):
        make(kind).predict(users, movies)


@every([*MODELS, ResidualNetwork])
def test_predict_takes_whole_numbers_of_any_size_and_from_anywhere(kind):
    model = make(kind)
    users, movies = (side.numpy() for side in all_pairs())
    wanted = model.predict(users, movies)
    for dtype in (np.int8, np.uint16, np.uint64, ">i4"):
        assert np.array_equal(model.predict(users.astype(dtype), movies.astype(dtype)), wanted)
    assert np.array_equal(model.predict(users[::-1], movies[::-1]), wanted[::-1])
    assert np.array_equal(model.predict(users.tolist(), movies.tolist()), wanted)


@every(DOT_PRODUCTS)
def test_numbers_too_large_to_multiply_are_no_prediction(kind):
    model = make(kind, scale=1e200)
    with pytest.raises(
        ValueError, match=r"^predictions can't be computed, inf came out: the numbers "
    ):
        model.predict(np.array([0]), np.array([0]))


TENSOR = torch.tensor([0, 1])


@every([*DOT_PRODUCTS, ResidualNetwork])
@pytest.mark.parametrize(
    ("users", "movies", "error", "message"),
    [
        (np.array([0]), np.array([0]), TypeError, "users must be a tensor, got array.*`predict`"),
        (TENSOR, [0, 1], TypeError, r"movies must be a tensor, got \[0, 1\]"),
        (TENSOR * 1.0, TENSOR, TypeError, "users must hold whole numbers .* of torch.float32"),
        (TENSOR, TENSOR.to(torch.int8), TypeError, "movies must hold whole numbers of 32 or 64"),
        (TENSOR[:1], TENSOR, ValueError, r"since they are pairs, got shapes \(1,\) and \(2,\)"),
        (TENSOR[None], TENSOR[None], ValueError, "must have one axis"),
        (TENSOR - 1, TENSOR, IndexError, "user indices must lie in 0 … 5, found -1 … 0.*`predict`"),
        (TENSOR, TENSOR * 4, IndexError, "movie indices must lie in 0 … 3, found 0 … 4"),
    ],
)
def test_a_penalty_and_a_forward_pass_are_of_pairs_of_tensors(kind, users, movies, error, message):
    model = make(kind)
    for function in (model, model.penalty):
        with pytest.raises(error, match=message):
            function(users, movies)


@every([*MODELS, ResidualNetwork])
@pytest.mark.parametrize(
    ("users", "movies", "error", "message"),
    [
        (np.array([0]), np.array([0]), TypeError, "users must be a tensor"),
        (TENSOR[:1], TENSOR, ValueError, "since they are pairs"),
        (TENSOR - 2, TENSOR, IndexError, "user indices must lie in -1 … 5, found -2 … -1"),
        (TENSOR, TENSOR * 4, IndexError, "movie indices must lie in -1 … 3, found 0 … 4"),
    ],
)
def test_cold_predictions_are_of_pairs_of_tensors(kind, users, movies, error, message):
    model = make(kind)
    if kind is DotProduct and error is IndexError:
        pytest.skip("it answers with the mean, whoever it is asked about")
    with pytest.raises(error, match=message):
        model.predict_cold(users, movies)


def test_biases_know_no_index_below_the_cold_one():
    biases = Biases(NUM_USERS, NUM_MOVIES, seeded())
    for function, pair, message in (
        (biases, (TENSOR - 2, TENSOR), "user indices must lie in -1 … 5, found -2 … -1"),
        (biases, (TENSOR, TENSOR * 4), "movie indices must lie in -1 … 3, found 0 … 4"),
        (biases.penalty, (TENSOR, TENSOR - 1), "movie indices must lie in 0 … 3, found -1 … 0"),
    ):
        with pytest.raises(IndexError, match=message):
            function(*pair)


@every(NETWORKS)
def test_a_prediction_that_fails_leaves_the_mode_as_it_was(kind, monkeypatch):
    def fails(users, movies):
        raise LookupError("not today")

    model = make(kind).train()
    monkeypatch.setattr(model, "forward", fails)
    with pytest.raises(LookupError):
        model.predict(np.array([0]), np.array([0]))
    assert model.training


# Cold users and movies

COLD_PAIRS = np.array([(2, COLD), (COLD, 3), (COLD, COLD)]).T


def test_the_dot_product_knows_no_more_than_the_mean_of_cold_ones():
    # To the last digit: in single precision it would be 3.0999999.
    assert make(DotProduct).predict(*COLD_PAIRS).tolist() == [MEAN] * 3


def test_the_biased_model_keeps_the_bias_of_the_other_side():
    model = make(BiasedDotProduct)
    p = arrays_of(model)
    b_u, b_m = p["biases.users.weight"][2, 0], p["biases.movies.weight"][3, 0]
    expected = [MEAN + b_u, MEAN + b_m, MEAN]
    assert len(set(expected)) == 3
    np.testing.assert_allclose(model.predict(*COLD_PAIRS), expected, rtol=0, atol=1e-15)


def test_a_cold_side_has_no_bias_whichever_sides_are_cold():
    biases = Biases(NUM_USERS, NUM_MOVIES, seeded())
    b_u, b_m = biases.users.weight[2, 0].item(), biases.movies.weight[3, 0].item()
    users, movies = torch.tensor([2, 2, COLD, COLD]), torch.tensor([3, COLD, 3, COLD])
    assert biases(users, movies).tolist() == [b_u + b_m, b_u, b_m, 0.0]


RATINGS = Ratings(
    np.array([0, 1, 2, 3, 4, 5, 0], np.int32),
    np.array([0, 1, 2, 3, 0, 1, 2], np.int32),
    np.array([5.0, 4.0, 3.0, 1.0, 2.0, 5.0, 4.0]),
)


def test_biases_that_are_held_predict_like_the_plain_ones_and_stay():
    plain = ShrunkenBiases(RATINGS, shrinkage=2)
    model = BiasedDotProduct(NUM_USERS, NUM_MOVIES, K, mean=plain.mean, generator=seeded())
    model.biases.hold(plain)
    users, movies = np.array([0, 3, COLD, 2]), np.array([3, COLD, 1, 2])
    set_parameters(model, U__weight=np.zeros((NUM_USERS, K)))
    found, wanted = model.predict(users, movies), plain.predict(users, movies)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-15)
    before = arrays_of(model.biases)["users.weight"].copy()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1, fused=True, weight_decay=0.1)
    pair = torch.tensor([0]), torch.tensor([1])
    ((model(*pair) - 5) ** 2 + model.penalty(*pair)).sum().backward()
    optimizer.step()
    assert np.array_equal(arrays_of(model.biases)["users.weight"], before)
    assert not (arrays_of(model)["U.weight"][0] == 0).all()


def test_biases_of_another_training_set_are_not_held():
    plain = ShrunkenBiases(RATINGS, shrinkage=2)
    with pytest.raises(ValueError, match=r"6 biases for 7 rows.*same training set"):
        Biases(NUM_USERS + 1, NUM_MOVIES, seeded()).hold(plain)
    with pytest.raises(ValueError, match="4 biases for 3 rows"):
        Biases(NUM_USERS, NUM_MOVIES - 1, seeded()).hold(plain)
    with pytest.raises(TypeError, match="plain must be a ShrunkenBiases, got 3"):
        Biases(NUM_USERS, NUM_MOVIES, seeded()).hold(3)


@every(NETWORKS)
@pytest.mark.parametrize("rectify", [True, False], ids=["rectified", "not rectified"])
def test_the_network_gives_a_cold_side_the_average_vector(kind, rectify):
    model = make(kind, rectify=rectify)  # in training mode, where dropout would be at work
    p = arrays_of(model)
    U, V = p["U.weight"], p["V.weight"]
    if rectify:  # the average of the rectified ones, not the rectified average
        U, V = np.maximum(U, 0), np.maximum(V, 0)
    sides = (U[2], V.mean(axis=0)), (U.mean(axis=0), V[3]), (U.mean(axis=0), V.mean(axis=0))
    expected = [network_by_hand(model, *vectors) for vectors in sides]
    np.testing.assert_allclose(model.predict(*COLD_PAIRS), expected, rtol=0, atol=1e-12)


@every(MODELS)
def test_cold_rows_do_not_disturb_the_others(kind):
    model = make(kind)
    users, movies = np.array([0, COLD, 5, 3, COLD]), np.array([3, 0, COLD, 1, COLD])
    mixed = model.predict(users, movies)
    one_by_one = [model.predict(users[[i]], movies[[i]])[0] for i in range(5)]
    np.testing.assert_allclose(mixed, one_by_one, rtol=0, atol=1e-14)
    assert len(set(one_by_one)) >= 3


# predict


@every(MODELS)
@pytest.mark.parametrize("training", [True, False], ids=["training", "not training"])
def test_predict_works_without_dropout_and_leaves_the_mode_as_it_was(kind, training):
    model = make(kind, **({"dropout": 0.9} if kind in NETWORKS else {})).train(training)
    users, movies = np.array([0, 1, COLD]), np.array([0, 1, 2])
    first = model.predict(users, movies)
    assert [module.training for module in model.modules()] == [training] * len([*model.modules()])
    assert np.array_equal(first, model.predict(users, movies))
    assert np.array_equal(first, model.train(not training).predict(users, movies))


@every(MODELS)
@pytest.mark.parametrize("dtype", [np.int32, float])
def test_predict_of_nothing_is_nothing(kind, dtype):
    nothing = np.array([], dtype)
    predicted = make(kind).predict(nothing, nothing)
    assert predicted.shape == (0,) and predicted.dtype == np.float64


@every(MODELS)
def test_predict_of_many_rows_goes_in_pieces_and_gives_the_same(kind, monkeypatch):
    rng, n = np.random.default_rng(0), 2**15 + 10_000
    users, movies = rng.integers(0, NUM_USERS, n), rng.integers(0, NUM_MOVIES, n)
    model = make(kind).eval()
    with torch.no_grad():
        at_once = model(torch.tensor(users), torch.tensor(movies)).numpy()
    sizes, forward = [], model.forward
    monkeypatch.setattr(model, "forward", lambda u, m: sizes.append(len(u)) or forward(u, m))
    np.testing.assert_allclose(model.predict(users, movies), at_once, rtol=0, atol=1e-14)
    assert sizes == [2**15, 10_000]
    cold = np.full(n, COLD)
    np.testing.assert_allclose(
        model.predict(users, cold), model.predict(np.arange(6), cold[:6])[users], atol=1e-14
    )


@every(MODELS)
def test_predicting_changes_neither_the_model_nor_its_input(kind):
    model = make(kind)
    users, movies = np.array([0, COLD]), np.array([COLD, 1])
    before = {name: values.copy() for name, values in arrays_of(model).items()}
    predicted = model.predict(users, movies)
    assert (users.tolist(), movies.tolist()) == ([0, COLD], [COLD, 1])
    assert isinstance(predicted, np.ndarray)
    for name, parameter in model.named_parameters():
        assert np.array_equal(before[name], parameter.detach().numpy())
        assert parameter.grad is None and parameter.requires_grad


@every(MODELS)
def test_predicting_leaves_all_generators_alone(kind):
    model = make(kind)
    of_numpy, of_torch = np.random.get_state(), torch.random.get_rng_state()  # noqa: NPY002
    before = model.generator.get_state() if kind in NETWORKS else None
    model.predict(np.array([0, COLD]), np.array([0, 1]))
    assert np.array_equal(of_numpy[1], np.random.get_state()[1])  # noqa: NPY002
    assert of_numpy[2] == np.random.get_state()[2]  # noqa: NPY002
    assert torch.equal(of_torch, torch.random.get_rng_state())
    if kind in NETWORKS:
        assert torch.equal(before, model.generator.get_state())


@every(MODELS)
def test_in_single_precision_everything_works_nearly_as_well(kind):
    # What Apple's MPS makes of a model.
    users, movies = np.array([0, 5, COLD, 2, COLD]), np.array([1, 3, 0, COLD, COLD])
    exact, rough = make(kind).predict(users, movies), make(kind).float().predict(users, movies)
    np.testing.assert_allclose(rough, exact, rtol=0, atol=1e-5)
    assert not np.array_equal(rough, exact)


def test_the_residual_network_adds_its_network_to_mean_and_biases():
    model = make(ResidualNetwork, dropout=0.5)
    p = arrays_of(model)
    users, movies = (side.numpy() for side in all_pairs())
    biases = p["biases.users.weight"][users, 0] + p["biases.movies.weight"][movies, 0]
    pairs = zip(p["U.weight"][users], p["V.weight"][movies], strict=True)
    network = [network_by_hand(model, u, m) for u, m in pairs]
    np.testing.assert_allclose(model.predict(users, movies), MEAN + biases + network, atol=1e-12)
    assert model(*all_pairs()).shape == (24,)
    assert p["hidden.weight"].shape == (50, 2 * K)


def test_the_residual_network_gives_a_cold_side_no_bias_and_the_average_vector():
    model = make(ResidualNetwork, dropout=0.5)
    p = arrays_of(model)
    U, V = p["U.weight"], p["V.weight"]
    b_user, b_movie = p["biases.users.weight"][:, 0], p["biases.movies.weight"][:, 0]
    expected = [
        MEAN + b_user[2] + network_by_hand(model, U[2], V.mean(axis=0)),
        MEAN + b_movie[3] + network_by_hand(model, U.mean(axis=0), V[3]),
        MEAN + network_by_hand(model, U.mean(axis=0), V.mean(axis=0)),
    ]
    np.testing.assert_allclose(model.predict(*COLD_PAIRS), expected, rtol=0, atol=1e-12)


# Penalties


@every([*DOT_PRODUCTS, ResidualNetwork])
def test_the_penalty_is_the_sum_of_squares_of_the_numbers_of_a_pair(kind):
    model = make(kind)
    p = arrays_of(model)
    users, movies = all_pairs()
    expected = []
    for u, m in zip(users.numpy(), movies.numpy(), strict=True):
        expected.append((p["U.weight"][u] ** 2).sum() + (p["V.weight"][m] ** 2).sum())
        if kind is not DotProduct:
            biases = p["biases.users.weight"][u, 0], p["biases.movies.weight"][m, 0]
            expected[-1] += biases[0] ** 2 + biases[1] ** 2
    found = model.penalty(users, movies)
    assert found.shape == (24,)
    np.testing.assert_allclose(found.detach().numpy(), expected, rtol=1e-13)


@every(NETWORKS)
def test_a_network_has_no_penalty(kind):
    with pytest.raises(NotImplementedError, match=f"{kind.__name__} has no penalty.*l2=0"):
        make(kind).penalty(*all_pairs())


def test_every_model_is_a_rating_model():
    assert all(issubclass(kind, RatingModel) for kind in [*MODELS, ResidualNetwork])


# Dropout


@every(NETWORKS)
def test_dropout_leaves_out_its_share_and_scales_the_rest(kind):
    model = make(kind, dropout=0.25)
    prepared = model.prepare(torch.ones(100, 100, dtype=torch.double))
    assert set(prepared.unique().tolist()) == {0.0, 1 / 0.75}
    assert (prepared == 0).double().mean().item() == pytest.approx(0.25, abs=0.02)
    assert prepared.mean().item() == pytest.approx(1, abs=0.03)


@every(NETWORKS)
def test_negative_numbers_are_cut_off_before_dropout_unless_they_shall_stay(kind):
    vectors = torch.tensor([[-1.0, 2.0]], dtype=torch.double)
    assert make(kind, dropout=0.0).prepare(vectors).tolist() == [[0.0, 2.0]]
    assert make(kind, dropout=0.0, rectify=False).prepare(vectors).tolist() == [[-1.0, 2.0]]


@every(NETWORKS)
def test_dropout_is_drawn_from_the_models_own_generator(kind):
    pair = torch.zeros(1, dtype=torch.int64), torch.zeros(1, dtype=torch.int64)
    runs = [make(kind, dropout=0.5, seed=seed) for seed in (4, 4)]
    outside = torch.random.get_rng_state()
    first, again = ([model(*pair).item() for _ in range(10)] for model in runs)
    assert first == again and len(set(first)) > 1
    assert torch.equal(outside, torch.random.get_rng_state())


@every(NETWORKS)
def test_a_dropout_of_0_draws_nothing_and_leaves_nothing_out(kind):
    model = make(kind, dropout=0.0)
    before = model.generator.get_state()
    predicted = model(*all_pairs())
    assert torch.equal(predicted, make(kind, dropout=0.5).eval()(*all_pairs()))
    assert torch.equal(before, model.generator.get_state())


def test_only_the_fast_network_leaves_out_the_same_numbers_for_all_ratings_of_a_step():
    same_pair = torch.zeros(20, dtype=torch.int64), torch.zeros(20, dtype=torch.int64)
    distinct = {kind: len(make(kind, dropout=0.5)(*same_pair).unique()) for kind in NETWORKS}
    assert distinct[FastNeuralNetwork] == 1 < distinct[NeuralNetwork]
