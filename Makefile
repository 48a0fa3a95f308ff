# One task runner. Every target installs what it needs into .venv from hash-locked wheels.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
PEERS := .venv-peers
PEERS_STAMP := $(PEERS)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test lint proto bench quality soak lock clean

help:            ## Say what each target does
	@grep -hE '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed -E 's/: .*## /\t/' | expand -t 12

$(STAMP): requirements-dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Lancang needs Python 3.11 or newer: try make PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --require-hashes --only-binary :all: -r requirements-dev.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	touch $@

demo: $(STAMP)   ## Six national nodes find one person
	$(BIN)/lancang network demo

test: $(STAMP) lint  ## Check everything within ten minutes
	$(BIN)/python -m pytest -n 2 --dist loadgroup --durations=15

lint: $(STAMP)   ## Types, style, arrows, contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.support.contracts check

proto: $(STAMP)  ## Generate node/v1 from proto/
	$(BIN)/python -m tests.support.contracts generate

bench: $(STAMP)  ## Measure speed as ratios, print the table and JSON
	$(BIN)/python -m benchmarks.run

$(PEERS_STAMP): benchmarks/quality/requirements.txt
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip --disable-pip-version-check --no-input install --quiet --require-hashes --only-binary :all: -r $<
	touch $@

quality: $(STAMP) $(PEERS_STAMP)  ## Measure who is found, beside other methods, write docs/quality.md
	$(BIN)/python -m benchmarks.quality.run

soak: $(STAMP)   ## Run the long fault tests in full
	$(BIN)/python -m pytest -m soak -n 0 --timeout=7200

lock:            ## Choose versions anew (needs pip-tools)
	pip-compile -q --generate-hashes --allow-unsafe --strip-extras --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --pip-args "--only-binary :all:" -o requirements.txt pyproject.toml
	pip-compile -q --generate-hashes --allow-unsafe --strip-extras --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --pip-args "--only-binary :all:" --extra dev -c requirements.txt -o requirements-dev.txt pyproject.toml

clean:           ## Remove what make made
	rm -rf $(VENV) $(PEERS) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
