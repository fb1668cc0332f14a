"""How the learner at hand spells a command of the course: with make, or with Python."""

import os

MADE_BY = "SCRATCH_COURSE_MAKE"  # set by the Makefile, and handed on to every notebook's kernel


def command(words: str) -> str:
    """Return what to type for the course's command `words`, such as "data" or "refresh NB=04".

    >>> command("data") in ("make data", "python -m scratch.course data")
    True
    """
    return f"make {words}" if os.environ.get(MADE_BY) else f"python -m scratch.course {words}"
