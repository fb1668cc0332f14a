"""Rating models in PyTorch: dot product, dot product with biases, and a small neural network.

Koren, Bell and Volinsky, Matrix factorization techniques for recommender systems, IEEE Computer
42(8), 2009; He et al., Neural collaborative filtering, WWW 2017. Built in notebooks 06 and 07.
"""

import math
from collections.abc import Callable
from typing import Annotated

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from scratch.checking import NotNegative, TableSize, Within, checked, finite, shown
from scratch.machinery.pairs import check_rows, check_tensors, of_pairs, with_room
from scratch.machinery.training import Trainable
from scratch.ratings import COLD, check_pairs
from scratch.recommenders.baselines import ShrunkenBiases

Dropout = Annotated[float, Within(0, 1, high_is_open=True)]  # if all is dropped, 0 is divided by 0


class RatingModel(Trainable):
    """What the models share: checked indices, and predictions for any user and movie.

    num_users, num_movies: indices run from 0 to one less. mean: the mean training rating.
    Parameters are in double precision, so that a result has the same digits on every machine.

    Raises ValueError when there is no user or no movie, MemoryError for more than there is room.
    """

    @checked
    def __init__(self, num_users: TableSize, num_movies: TableSize, mean: float):
        super().__init__()
        self.num_users, self.num_movies, self.mean = num_users, num_movies, float(mean)

    def predict(self, users: np.ndarray, movies: np.ndarray) -> np.ndarray:
        """Predicted stars, without dropout; users and movies are (n,) indices, the result (n,).

        Where the user or the movie is cold (index −1), the answer is that of `predict_cold`.
        Raises IndexError for an index out of range, TypeError for one that is not whole, ValueError
        for different lengths and if the model's parameters are too large to predict with.
        """
        users, movies = check_pairs(users, movies, self.num_users, self.num_movies)
        cold = (users == COLD) | (movies == COLD)
        predicted = np.empty(len(users))
        predicted[cold] = self._evaluate(self.predict_cold, users[cold], movies[cold])
        predicted[~cold] = self._evaluate(self, users[~cold], movies[~cold])
        return finite("predictions", predicted, "the model's parameters")

    @of_pairs(COLD)
    def predict_cold(self, users: Tensor, movies: Tensor) -> Tensor:
        """What is known of pairs with a cold side: here no more than the mean. Shapes are (n,)."""
        dtype = next(self.parameters()).dtype
        return torch.full(users.shape, self.mean, dtype=dtype, device=users.device)

    def check(self, users: Tensor, movies: Tensor) -> None:
        """Raise IndexError for an index that has no row in the tables of vectors.

        TypeError for what is no tensor of whole numbers, ValueError for different lengths.
        """
        check_tensors(users, movies)
        check_rows(users, movies, self.num_users, self.num_movies)

    def _evaluate(
        self,
        function: Callable[[Tensor, Tensor], Tensor],
        users: np.ndarray,
        movies: np.ndarray,
    ) -> np.ndarray:
        device, was_training = next(self.parameters()).device, self.training
        pair = [torch.from_numpy(side.astype(np.int64)).to(device) for side in (users, movies)]
        self.eval()
        try:
            with torch.no_grad():  # some rows at a time: all at once may not fit in memory
                pieces = zip(*(side.split(2**15) for side in pair), strict=True)
                parts = [function(*piece).cpu().numpy() for piece in pieces]
        finally:
            self.train(was_training)
        return np.concatenate(parts)


class DotProduct(RatingModel):
    """r̂ = u · m. The vectors are the rows of two tables: U, users × k, and V, movies × k.

    They start uniform in (0, scale), drawn from generator.
    """

    @checked
    @with_room
    def __init__(
        self,
        num_users: TableSize,
        num_movies: TableSize,
        k: TableSize = 100,
        *,
        mean: float,
        generator: torch.Generator,
        scale: NotNegative = 0.05,
    ):
        super().__init__(num_users, num_movies, mean)
        self.U = nn.Embedding(num_users, k, dtype=torch.double)
        self.V = nn.Embedding(num_movies, k, dtype=torch.double)
        for table in (self.U, self.V):
            nn.init.uniform_(table.weight, 0, scale, generator=generator)

    def forward(self, users: Tensor, movies: Tensor) -> Tensor:
        """users, movies: (n,) integers. Returns (n,) stars; raises IndexError out of range."""
        self.check(users, movies)
        return (self.U(users) * self.V(movies)).sum(dim=1)

    @of_pairs()
    def penalty(self, users: Tensor, movies: Tensor) -> Tensor:
        """‖u‖² + ‖m‖² of each pair."""
        return (self.U(users) ** 2 + self.V(movies) ** 2).sum(dim=1)


class Biases(nn.Module):
    """b_u + b_m of each pair. A cold side (index −1) adds 0.

    users and movies are tables with one column: whatever a model adds to the biases, they are the
    same numbers. They start uniform in (−0.01, 0.01), drawn from generator.
    """

    @checked
    @with_room
    def __init__(self, num_users: TableSize, num_movies: TableSize, generator: torch.Generator):
        super().__init__()
        self.num_users, self.num_movies = num_users, num_movies
        self.users = nn.Embedding(num_users, 1, dtype=torch.double)
        self.movies = nn.Embedding(num_movies, 1, dtype=torch.double)
        for table in (self.users, self.movies):
            nn.init.uniform_(table.weight, -0.01, 0.01, generator=generator)

    @of_pairs(COLD)
    def forward(self, users: Tensor, movies: Tensor) -> Tensor:
        """users, movies: (n,) integers, −1 for a cold side. Returns (n,) stars.

        Raises IndexError for another index out of range.
        """
        warm_users, warm_movies = users != COLD, movies != COLD
        of_users = self.users(users * warm_users).squeeze(1) * warm_users
        of_movies = self.movies(movies * warm_movies).squeeze(1) * warm_movies
        return of_users + of_movies

    @checked
    def hold(self, plain: ShrunkenBiases) -> None:
        """Take over biases that are solved already, and keep training from changing them.

        Raises ValueError when they are of another number of users or movies.
        """
        for table, solved in ((self.users, plain.user_biases), (self.movies, plain.movie_biases)):
            if len(solved) != len(table.weight) + 1:  # its last place is the cold one
                raise ValueError(
                    f"{len(solved) - 1} biases for {len(table.weight)} rows: fit both to the same "
                    "training set"
                )
            table.weight.data.copy_(torch.tensor(solved[:-1, None]))
        self.requires_grad_(False)

    @of_pairs()
    def penalty(self, users: Tensor, movies: Tensor) -> Tensor:
        """b_u² + b_m² of each pair without a cold side."""
        return (self.users(users) ** 2 + self.movies(movies) ** 2).squeeze(1)


class BiasedDotProduct(DotProduct):
    """r̂ = mean + b_u + b_m + u · m.

    A cold user or movie has no bias and no vector: what is left is the mean and the other's bias.
    """

    @checked
    @with_room
    def __init__(
        self,
        num_users: TableSize,
        num_movies: TableSize,
        k: TableSize = 100,
        *,
        mean: float,
        generator: torch.Generator,
        scale: NotNegative = 0.05,
    ):
        super().__init__(num_users, num_movies, k, mean=mean, generator=generator, scale=scale)
        self.biases = Biases(num_users, num_movies, generator)

    def forward(self, users: Tensor, movies: Tensor) -> Tensor:
        """users, movies: (n,) integers. Returns (n,) stars; raises IndexError out of range."""
        products = super().forward(users, movies)
        return self.mean + self.biases(users, movies) + products

    def penalty(self, users: Tensor, movies: Tensor) -> Tensor:
        """b_u² + b_m² + ‖u‖² + ‖m‖² of each pair."""
        return self.biases.penalty(users, movies) + super().penalty(users, movies)

    def predict_cold(self, users: Tensor, movies: Tensor) -> Tensor:
        """mean + b_u + b_m, where the bias of a cold side is 0."""
        return self.mean + self.biases(users, movies)


class NeuralNetwork(RatingModel):
    """r̂ = w · relu(W x + b) + c, where x is the user's vector and the movie's, one after the other.

    x goes through a ReLU (unless rectify is False) and dropout first. The vectors start as
    N(0, scale²), the layers as PyTorch's own do: uniform in ±1/√(inputs). generator draws the
    starts and what dropout leaves out. A cold side gets the average (rectified) vector of its kind.
    """

    @checked
    @with_room
    def __init__(
        self,
        num_users: TableSize,
        num_movies: TableSize,
        k: TableSize = 100,
        *,
        mean: float,
        generator: torch.Generator,
        hidden: TableSize = 10,
        dropout: Dropout = 0.1,
        rectify: bool = True,
        scale: NotNegative = 1.0,
    ):
        super().__init__(num_users, num_movies, mean)
        self.generator, self.dropout, self.rectify = generator, dropout, rectify
        self.U = nn.Embedding(num_users, k, dtype=torch.double)
        self.V = nn.Embedding(num_movies, k, dtype=torch.double)
        self.hidden = nn.Linear(2 * k, hidden, dtype=torch.double)
        self.output = nn.Linear(hidden, 1, dtype=torch.double)
        for table in (self.U, self.V):
            nn.init.normal_(table.weight, 0, scale, generator=generator)
        for layer in (self.hidden, self.output):
            bound = 1 / math.sqrt(layer.in_features)
            for parameter in layer.parameters():
                nn.init.uniform_(parameter, -bound, bound, generator=generator)

    def forward(self, users: Tensor, movies: Tensor) -> Tensor:
        """users, movies: (n,) integers. Returns (n,) stars; raises IndexError out of range."""
        self.check(users, movies)
        x = torch.cat([self.prepare(self.U(users)), self.prepare(self.V(movies))], dim=1)
        return self.output(torch.relu(self.hidden(x))).squeeze(1)

    def prepare(self, vectors: Tensor) -> Tensor:
        """ReLU and dropout; dropout scales what it keeps so that sums stay the same on average."""
        if not isinstance(vectors, Tensor):  # by hand, because every batch is prepared
            raise TypeError(f"vectors must be a tensor, got {shown(vectors)}")
        if self.rectify:
            vectors = torch.relu(vectors)
        if not self.training or self.dropout == 0:
            return vectors
        kept = torch.rand(vectors.shape, generator=self.generator) >= self.dropout
        return vectors * kept.to(vectors.device) / (1 - self.dropout)

    def predict_cold(self, users: Tensor, movies: Tensor) -> Tensor:
        """A cold side is given the average of the prepared vectors of its kind."""
        check_tensors(users, movies)
        check_rows(users, movies, self.num_users, self.num_movies, COLD)
        sides = []
        for table, indices in ((self.U, users), (self.V, movies)):
            vectors = self.prepare(table.weight)
            average = vectors.mean(dim=0, keepdim=True)
            sides.append(torch.cat([vectors, average])[indices])  # index −1 is the last row
        return self.output(torch.relu(self.hidden(torch.cat(sides, dim=1)))).squeeze(1)


class FastNeuralNetwork(NeuralNetwork):
    """The same function, with W x computed once per user and per movie instead of per rating.

    W [u; m] = W_users u + W_movies m. Dropout then leaves out the same numbers of a vector for all
    its ratings of one step; without dropout nothing differs.
    """

    def forward(self, users: Tensor, movies: Tensor) -> Tensor:
        """users, movies: (n,) integers. Returns (n,) stars; raises IndexError out of range."""
        self.check(users, movies)
        W_users, W_movies = self.hidden.weight.split(self.U.embedding_dim, dim=1)
        of_users = functional.linear(self.prepare(self.U.weight), W_users.contiguous())
        of_movies = functional.linear(self.prepare(self.V.weight), W_movies.contiguous())
        Wx = of_users.index_select(0, users.long()) + of_movies.index_select(0, movies.long())
        return self.output(torch.relu(Wx + self.hidden.bias)).squeeze(1)


class ResidualNetwork(NeuralNetwork):
    """r̂ = mean + b_u + b_m + network(u, m): the network speaks of what the biases leave over.

    Fifty hidden numbers and no ReLU on the vectors, which start as N(0, 0.1²). A cold side has no
    bias, and the average vector of its kind. Built in notebook 07.
    """

    @checked
    @with_room
    def __init__(
        self,
        num_users: TableSize,
        num_movies: TableSize,
        k: TableSize = 30,
        *,
        mean: float,
        generator: torch.Generator,
        dropout: Dropout = 0.0,
    ):
        super().__init__(
            num_users,
            num_movies,
            k,
            mean=mean,
            generator=generator,
            hidden=50,
            dropout=dropout,
            rectify=False,
            scale=0.1,
        )
        self.biases = Biases(num_users, num_movies, generator)

    @of_pairs()
    def forward(self, users: Tensor, movies: Tensor) -> Tensor:
        """users, movies: (n,) integers. Returns (n,) stars; raises IndexError out of range."""
        return self.mean + self.biases(users, movies) + super().forward(users, movies)

    @of_pairs()
    def penalty(self, users: Tensor, movies: Tensor) -> Tensor:
        """b_u² + b_m² + ‖u‖² + ‖m‖² of each pair; the layers are left free."""
        squares = (self.U(users) ** 2 + self.V(movies) ** 2).sum(dim=1)
        return self.biases.penalty(users, movies) + squares

    def predict_cold(self, users: Tensor, movies: Tensor) -> Tensor:
        """mean + b_u + b_m + the network's answer, with an average vector for a cold side."""
        return self.mean + self.biases(users, movies) + super().predict_cold(users, movies)
