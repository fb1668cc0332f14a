"""Recommenders from scratch: the small library that the notebooks build and learners edit."""

import sys

# Python takes a cached .pyc for the newest source when both are equally long and from the same
# second. A learner who edits and undoes, or a notebook that does, is that fast: so no cache there.
if "IPython" in sys.modules:
    sys.dont_write_bytecode = True
