"""Exercises that check themselves: `check` an answer, and look at a `solution`."""

from scratch.exercises.asking import check, solution

__all__ = ["check", "solution"]
