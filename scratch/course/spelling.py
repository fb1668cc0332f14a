"""How the learner at hand spells a command: with make, with Python, or in a cell of a notebook."""

import os

MADE_BY = "SCRATCH_COURSE_MAKE"  # set by the Makefile, and handed on to every notebook's kernel
# Set by scratch.course.colab: the Python at hand runs all commands, and nothing is installed.
AS_IT_IS = "SCRATCH_COURSE_AS_IT_IS"


def command(words: str) -> str:
    """Return what to type for the course's command `words`, such as "data" or "refresh NB=04".

    >>> command("data") in ("make data", "python -m scratch.course data")
    True
    """
    if os.environ.get(AS_IT_IS):
        return f"!python -m scratch.course {words}"
    return f"make {words}" if os.environ.get(MADE_BY) else f"python -m scratch.course {words}"
