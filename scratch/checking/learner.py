"""What learns by `fit`, and says so when it is asked too early."""

from typing import ClassVar, NoReturn


class NotFitted(AttributeError, ValueError):
    """A model was asked for what it learns only by `fit`."""


class Learner:
    """What learns by `fit`: when it is asked before that, it says so.

    `learned` names the attributes that `fit` makes.
    """

    learned: ClassVar[tuple[str, ...]] = ()

    def __getattr__(self, name: str) -> NoReturn:
        kind = type(self).__name__
        if name in type(self).learned:
            raise NotFitted(f"this {kind} has learned nothing yet, so it has no {name}: call fit")
        raise AttributeError(f"{kind!r} object has no attribute {name!r}")
