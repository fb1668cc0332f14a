# The course's commands, for those who have make: a thin face of `python -m scratch.course`.
#
#   make lab PYTHON=python3.12               with another Python (3.11 or newer)
#   make lab LAB_FLAGS="--port=8899"         more options for JupyterLab
#   make test TEST_FLAGS="-x tests"          more options for pytest
#   make refresh NB=04                       one notebook
#   make exercises NB=04                     write its exercises, from exercises/solutions
#   make slides NB=04                        its deck of slides
#   make colab COLAB_FLAGS="--tag=v1.0"      copies of that edition for Colab
#   make book BOOK_FLAGS="-j 2"              more options for Sphinx, which builds the book
#   make scale SCALE_FLAGS="--only blocks"   a part of what Spark is tried on
#   TORCH=cuda make lab                      PyTorch with GPU libraries (or TORCH=cpu: without)
#   SCRATCH_DATA=/where/the/data/is make lab

PYTHON ?= python3
LAB_FLAGS ?=
TEST_FLAGS ?=
NB ?=
COLAB_FLAGS ?=
BOOK_FLAGS ?=
SCALE_FLAGS ?=

# So that messages say "make data" to who typed make.
export SCRATCH_COURSE_MAKE := 1

options_lab := $(LAB_FLAGS)
options_test := $(TEST_FLAGS)
options_check := $(TEST_FLAGS)
options_coverage := $(TEST_FLAGS)
options_refresh := $(NB)
options_exercises := $(NB)
options_recall := $(NB)
options_slides := $(NB)
options_colab := $(NB) $(COLAB_FLAGS)
options_book := $(BOOK_FLAGS)
options_scale := $(SCALE_FLAGS)
options_test-scale := $(TEST_FLAGS)
options_test-long := $(TEST_FLAGS)

.PHONY: help lab test check coverage data refresh exercises handout recall slides colab docs book bench scale test-scale test-long lint setup

help:
	@$(PYTHON) -m scratch.course help

lab test check coverage data refresh exercises handout recall slides colab docs book bench scale test-scale test-long lint setup:
	@$(PYTHON) -m scratch.course $@ $(options_$@)
