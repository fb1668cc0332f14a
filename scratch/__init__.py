"""Recommenders from scratch: the small library that the notebooks build and learners edit."""

import logging
import sys

if "IPython" in sys.modules:
    # Python takes a cached .pyc for the newest source when both are equally long and from the same
    # second. A learner who edits and undoes, or a notebook that does, is that fast: so no cache.
    sys.dont_write_bytecode = True
    # %autoreload prints what is wrong with a file and logs it too: once is enough.
    logging.getLogger("autoreload").addHandler(logging.NullHandler())
