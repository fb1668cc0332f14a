"""How good is it? Errors of predicted stars, hits of recommended lists, one protocol for all."""

from scratch.evaluation.protocol import (
    LIKED,
    PLACES,
    Recommender,
    Split,
    encode_split,
    evaluate,
    evaluate_on_splits,
    evaluate_users,
    recommend,
    split_ratings,
)

__all__ = [
    "LIKED",
    "PLACES",
    "Recommender",
    "Split",
    "encode_split",
    "evaluate",
    "evaluate_on_splits",
    "evaluate_users",
    "recommend",
    "split_ratings",
]
