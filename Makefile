# make lab · make test · make data · make refresh · make lint: each sets up what it needs first.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
LAB_FLAGS ?=
NB ?=

.PHONY: help lab test data refresh lint setup

help:
	@echo "make lab      set up, get the data, open JupyterLab at the first notebook"
	@echo "make test     set up, then unit tests, doctests and every notebook"
	@echo "make data     list the data sets and download what is missing"
	@echo "make refresh  execute notebooks on the real data and store their outputs (NB=04 for one)"
	@echo "make lint     check the style of the code"

setup: $(STAMP)

# The stamp is written last, so an interrupted installation is taken up again by the next run.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed; '$(PYTHON)' is not. Name another: make PYTHON=python3.12"; \
		exit 1; }
	@rm -f $(STAMP)
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv || { \
		rm -rf .venv; \
		echo "Could not make .venv; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Installing the packages of requirements.lock into .venv (a few minutes, once) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@$(BIN)/python -c 'import matplotlib.pyplot' 2>/dev/null  # builds its font cache, once
	@touch $(STAMP)

lab: setup
	@$(BIN)/python -m scratch.datasets --or-stand-in
	@root=; if [ "$$(id -u)" = 0 ]; then root=--allow-root; fi; \
	browser=; $(BIN)/python -c 'import webbrowser; webbrowser.get()' 2>/dev/null || browser=--no-browser; \
	exec $(BIN)/jupyter lab --ip=127.0.0.1 $$root $$browser $(LAB_FLAGS) notebooks/00_start_here.ipynb

# One pytest run; conftest.py decides whether stored outputs are compared, and says so at the end.
test: setup
	@$(BIN)/python -m scratch.datasets --or-stand-in
	@$(BIN)/python -m pytest --nbval --nbval-current-env -n 2 --dist loadscope -q

data: setup
	@$(BIN)/python -m scratch.datasets

refresh: setup
	@$(BIN)/python tests/refresh_notebooks.py $(NB)

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
