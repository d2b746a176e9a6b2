# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Two commands: `make run` checks the shipped catalogue, `make test` passes the tests. Both install what they need.

VENV ?= .venv
PYTHON ?= python3
REPORTS ?= reports/out
JOBS ?= auto
BIN := $(VENV)/bin

.PHONY: run test lint clean

run: $(VENV)/installed-run
	$(BIN)/svmcheck gate --report $(REPORTS)

test: lint
	$(BIN)/python -m pytest -n $(JOBS)

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/basedpyright --pythonpath $(BIN)/python

$(VENV)/installed-run: pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet --editable .
	touch $@

$(VENV)/installed-dev: pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $@ $(VENV)/installed-run

# Debian splits venv's ensurepip off into python3-venv; without it "python3 -m venv" fails half-way.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "svmcheck needs Python 3.11 or later, and $(PYTHON) is $$($(PYTHON) --version 2>&1). Name another with: make PYTHON=/path/to/python3" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv; \
	    else \
	        echo "$(PYTHON) cannot make virtual environments here. On Debian: sudo apt-get install python3-venv, then run make again." >&2; exit 2; \
	    fi; }
	$(PYTHON) -m venv --clear $(VENV)

clean:
	rm -rf $(VENV) $(REPORTS) build *.egg-info
