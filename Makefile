# The same targets on a newcomer's machine and in CI. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help quickstart test lint types unit docs bench wheel clean

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(VENV)/.made:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "trainset needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --upgrade "pip>=25.1"
	@touch $@

PAGE := hatch_build.py $(wildcard web/*.json web/*.ts web/*.html web/public/*) $(shell find web/src -type f -not -name api.d.ts)

$(VENV)/.installed: pyproject.toml $(PAGE) $(VENV)/.made
	$(PIP) install --quiet --editable '.[models]'
	@touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.installed
	$(PIP) install --quiet --group dev
	@touch $@

quickstart: $(VENV)/.installed  ## install, and run the whole loop on 1,797 handwritten digits; OPEN=1 opens it in the browser
	@OPEN=$(OPEN) $(BIN)/python -m trainset.quickstart

test: $(VENV)/.dev lint types unit  ## environment, lint, types, tests: what CI runs

lint: $(VENV)/.dev  ## ruff
	$(BIN)/ruff check src tests benchmarks docs
	$(BIN)/ruff format --check --quiet src tests benchmarks docs

types: $(VENV)/.dev  ## mypy --strict
	$(BIN)/mypy

unit: $(VENV)/.dev  ## pytest, on every core; what it runs has one thread each, for threads beside others wait for one another
	folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal --basetemp="$$folder/pytest"

docs: $(VENV)/.dev  ## write the generated pages of docs/reference anew
	$(BIN)/python -m docs.generate

bench: $(VENV)/.dev  ## the benchmarks; each prints one table
	$(PIP) install --quiet --group bench
	failed=0; for script in benchmarks/*.py; do $(BIN)/python $$script || failed=1; done; exit $$failed

wheel: $(VENV)/.dev  ## build the wheel
	$(PIP) wheel --quiet --no-deps --wheel-dir dist .

clean:  ## remove the environment and what was built
	rm -rf $(VENV) dist build
