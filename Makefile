# `make train` and `make test` need Python >= 3.11 and nothing else: they set up .venv themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: help setup train test check format clean

help:  ## Say what there is to make
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

setup: $(INSTALLED)  ## Install the project and its tools into .venv

$(INSTALLED): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	touch $@

train: $(INSTALLED)  ## Train the agent: 2,048 environments, 10,000,000 steps, about a minute on 2 cores
	$(BIN)/python -m train.ppo --num-envs 2048

test: $(INSTALLED)  ## Run the tests
	$(BIN)/python -m pytest -x

check: $(INSTALLED)  ## Format, lint and type checks, as CI runs them
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(INSTALLED)  ## Put the code into the shape that `make check` asks for
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## Remove what was built and installed
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
