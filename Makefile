# `make train` and `make test` need Python >= 3.11 and nothing else: they set up .venv themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
CLIENTS := $(VENV)/.clients
BENCH := $(VENV)/.bench
CLIENTS_VENV := .venv-clients
MORE_CLIENTS := $(CLIENTS_VENV)/.installed
DOCS := $(VENV)/.docs
# LiteLLM is nobody's dependency, and has an environment of its own, without JAX: the newest or the oldest that is tested.
LITELLM ?= newest
GATEWAY := .venv-gateway-$(LITELLM)
export NO_MKDOCS_2_WARNING := 1

.PHONY: help setup train test test-slow test-clients test-more-clients test-gateway gateway-demo gateway-prediction gateway-policy claims claims-v1 demo bench docs serve-docs check format clean

help:  ## Say what there is to make
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

setup: $(INSTALLED)  ## Install the project and its tools into .venv

$(INSTALLED): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	touch $@

$(CLIENTS): $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev,clients]"
	touch $@

$(BENCH): $(CLIENTS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev,clients,bench]"
	touch $@

# A place of their own, since some of them want older libraries than the project: Tianshou, pandas 2.
$(MORE_CLIENTS): pyproject.toml
	$(PYTHON) -m venv $(CLIENTS_VENV)
	$(CLIENTS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(CLIENTS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	$(CLIENTS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
		rejax sbx-rl sb3-contrib "ray[rllib]" tianshou skrl brax
	touch $@

$(DOCS): $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev,docs]"
	touch $@

train: $(INSTALLED)  ## Train the agent: 2,048 environments, 10,000,000 steps, a minute and a half on 2 cores
	$(BIN)/python -m train.ppo --num-envs 2048

test: $(INSTALLED)  ## Run the tests
	$(BIN)/python -m pytest -x

test-slow: $(INSTALLED)  ## Run the tests that train or draw for minutes, which `make test` leaves out
	$(BIN)/python -m pytest -x -m slow

test-clients: $(CLIENTS)  ## Run Stable-Baselines3, TorchRL and RecordVideo on the Gymnasium environments
	$(BIN)/python -m pytest -x -n 0 --ignore tests/clients/more tests/clients

test-more-clients: $(MORE_CLIENTS)  ## Run the clients that take long to install or to compile, such as rejax and RLlib
	$(CLIENTS_VENV)/bin/python -m pytest -n 0 tests/clients/more

$(GATEWAY)/.installed: tests/in_litellm/requirements-$(LITELLM).txt
	$(PYTHON) -m venv $(GATEWAY)
	$(GATEWAY)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	$(GATEWAY)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

test-gateway: $(GATEWAY)/.installed  ## Test the policy inside the real LiteLLM, its SDK and its proxy, and Redis if it is there
	cd tests/in_litellm && ../../$(GATEWAY)/bin/python -m pytest

gateway-demo: $(GATEWAY)/.installed  ## Route real requests on this machine: a policy against LiteLLM's strategies, under ten minutes
	$(GATEWAY)/bin/python -m router_serving.demo

gateway-prediction: FOLDER ?= runs/gateway-demo
gateway-prediction: $(GATEWAY)/.installed $(INSTALLED)  ## Fit a simulator to the demo in shadow, and compare what it expects of the policy with what the demo measured
	$(GATEWAY)/bin/python -m router_serving.demo --runs 5 --output $(FOLDER)
	$(BIN)/python -m jax_router.fit $(FOLDER)/shadow.jsonl --prices router_serving/demo/fleet.toml \
	    --quality router_serving/demo/quality.csv --output $(FOLDER)/fitted
	$(BIN)/python -m train.predict $(FOLDER)/routed.jsonl --problem $(FOLDER)/fitted \
	    --model-path router_serving/demo/policy.npz --filled 0.3

gateway-policy: $(INSTALLED)  ## Train the demo's policy anew, into runs/gateway
	$(BIN)/python -m router_serving.demo.trace runs/gateway-trace.csv
	$(BIN)/python -m train.ppo --env LLMRouter-v1 --fleet router_serving/demo/fleet.toml --trace runs/gateway-trace.csv \
	    --budget 1000 --episode-length 300 --num-envs 1024 --total-timesteps 8000000 --run-dir runs/gateway

claims: $(INSTALLED)  ## Measure what README claims of LLMRouter-v0, over many seeds, and write RESULTS.md: a quarter of an hour on 2 cores
	$(BIN)/python -m train.claims --env LLMRouter-v0

claims-v1: $(INSTALLED)  ## Measure LLMRouter-v1 in the same way, and write RESULTS-v1.md: 40 minutes on 2 cores
	$(BIN)/python -m train.claims --env LLMRouter-v1 --long-timesteps 5000000 --output RESULTS-v1.md

demo: $(INSTALLED)  ## Train, compare, and draw the pictures of README into docs/images/: about four minutes on 2 cores
	$(BIN)/python -m train.demo

bench: $(BENCH)  ## Measure speed against what else there is, and write benchmarks/RESULTS.md: on an idle machine
	$(BIN)/python -m benchmarks

docs: $(DOCS)  ## Build the site into site/, with strict links, and see that its pages ask no other host for anything
	$(BIN)/mkdocs build --strict
	! grep -rnoE '<(script|img|iframe|link)[^>]* (src|href)="(https?:)?//[^"]*"' site --include='*.html'

serve-docs: $(DOCS)  ## Show the site at http://127.0.0.1:8000, and follow changes
	$(BIN)/mkdocs serve

check: $(INSTALLED)  ## Format, lint and type checks, as CI runs them
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(INSTALLED)  ## Put the code into the shape that `make check` asks for
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## Remove what was built and installed
	rm -rf $(VENV) $(CLIENTS_VENV) .venv-gateway-* build dist site *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
