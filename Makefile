# The course's commands. Every one first makes what it needs: `make lab` is enough to begin.
#
#   PYTHON=python3.12 make lab               with another Python (3.11 or newer)
#   make lab LAB_FLAGS="--port=8899"         more options for JupyterLab
#   SCRATCH_DATA=/where/the/data/is make lab

PYTHON ?= python3
LAB_FLAGS ?=
NB ?=

# Named relative to this folder, but notebooks run in notebooks/.
ifneq ($(SCRATCH_DATA),)
export SCRATCH_DATA := $(if $(filter /% ~%,$(SCRATCH_DATA)),,$(CURDIR)/)$(SCRATCH_DATA)
endif

python := .venv/bin/python
installed := .venv/.installed
root := $(if $(filter 0,$(shell id -u)),--allow-root)
# Without a screen, JupyterLab would look for a browser in vain; so it prints its address alone.
screen := $(filter Darwin,$(shell uname))$(DISPLAY)$(WAYLAND_DISPLAY)$(BROWSER)
browser := $(if $(screen),,--no-browser)

.PHONY: help lab test data refresh bench lint setup again

help: ## list these commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

lab: setup ## open the course in JupyterLab
	@$(python) -m scratch.datasets --or-stand-in
	@echo
	@$(python) -m jupyterlab --ip=127.0.0.1 $(root) $(browser) --ServerApp.root_dir="$(CURDIR)" \
		--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb $(LAB_FLAGS)

# Two workers: more threads than one for each would only wait for one another.
test: setup ## run the tests, the examples in docstrings and all notebooks
	@$(python) -m scratch.datasets --or-stand-in
	@OMP_NUM_THREADS=1 $(python) -m pytest --nbval --nbval-current-env -n 2 --dist loadscope

data: setup ## list the data sets and download what is missing
	@$(python) -m scratch.datasets

refresh: setup ## run notebooks on the real data and store their outputs (one: NB=04)
	@$(python) tests/refresh_notebooks.py $(NB)

bench: setup ## measure reading and factorizing as the data grow (some minutes)
	@$(python) benchmarks/make_netflix.py datasets/bench --ratings 3000000
	@$(python) benchmarks/reading.py datasets/bench
	@$(python) benchmarks/als_scale.py

lint: setup ## check the style of the code
	@$(python) -m ruff check .
	@$(python) -m ruff format --check scratch tests benchmarks conftest.py

setup: $(installed) ## make .venv with the versions of requirements.lock

# The mark of a finished install is removed first and made last: an interrupted one is done again.
$(installed): requirements.lock pyproject.toml
	@rm -f $@
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "This course needs Python 3.11 or newer, and '$(PYTHON)' is not that. Install one" >&2; \
		echo "(python.org), then name it if need be: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; \
		exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "'$(PYTHON)' cannot make virtual environments. On Debian and Ubuntu install the" >&2; \
		echo "package python3-venv (sudo apt install python3-venv), then try again." >&2; \
		exit 1; }
	@$(usable) || { echo "Making .venv ..."; $(PYTHON) -m venv --clear .venv; }
	@echo "Installing $$(grep -c == requirements.lock) packages into .venv: some minutes, once ..."
	@{ PYTHONUNBUFFERED=1 $(python) -m pip install -r requirements.lock || echo FAILED; } | awk ' \
		/^Collecting/ { if (++n % 25 == 0) say(n " packages found") } \
		/^ *Downloading torch-/ { say("downloading torch, the largest") } \
		/^Installing collected/ { say("unpacking") } \
		/^FAILED$$/ { failed = 1 } \
		END { exit failed } \
		function say(what) { print "  ... " what; fflush() }'
	@$(python) -m pip install --quiet --no-deps --no-build-isolation -e .
	@$(python) -c 'import matplotlib.font_manager' # makes its list of fonts, which takes a while
	@touch $@
	@echo "Installed."

# A .venv is of no use if its Python is gone or if it was made for another folder.
usable := grep -qsF "$(CURDIR)/.venv" .venv/pyvenv.cfg && $(python) -m pip --version >/dev/null 2>&1
ifneq ($(shell grep -qsF "$(CURDIR)/.venv" .venv/pyvenv.cfg && $(python) -c 'print(1)' 2>/dev/null),1)
$(installed): again
endif
