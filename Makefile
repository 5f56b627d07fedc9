# The commands of Argus. Each does its own set-up; only Python and make must be there (and, for
# what touches the web app's sources, Node).
#
#   make serve    start Argus               make dev      the same, reloading, beside Vite on 5173
#   make test     every check and test      make lint     style       make types    types
#   make format   rewrite the style         make build    the wheel   make lock     new lock files
#   make generate write the parts of the documentation that come from the code
#   make clean    remove what was made

PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCKED := install --require-hashes --no-deps
RUNTIME := $(VENV)/.runtime
SIMULATION := $(VENV)/.simulation
DEV := $(VENV)/.dev
NODE := web/node_modules/.installed tests/e2e/js/node_modules/.installed

.PHONY: node serve dev test lint types format generate build lock clean
.DELETE_ON_ERROR:

serve: $(RUNTIME)
	@$(BIN)/python -m argus serve $(ARGS)

dev: $(DEV) web/node_modules/.installed
	@$(BIN)/watchfiles --filter python --sigint-timeout 15 '$(BIN)/python -m argus serve' argus & \
	server=$$!; trap 'kill $$server; wait $$server' EXIT; trap 'exit 130' INT TERM; \
	npm --prefix web run dev

test: $(DEV)
	@.ci/packages
	@.ci/test

lint: $(DEV)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(DEV)
	@$(BIN)/mypy

format: $(DEV)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

generate: $(DEV)
	@$(BIN)/python docs/generate.py

# What the tests need of Node: the web app's tools, and a client that sends with the JavaScript SDK.
node: $(NODE)

build: $(RUNTIME)
	@$(BIN)/hatchling build -t wheel

# No index address may end up in a lock file, whatever the machine's settings are.
UV := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header --upgrade
lock: $(DEV)
	@$(PIP) install uv
	@$(UV) --extra dev -o requirements/dev.lock pyproject.toml requirements/build.in
	@$(UV) -c requirements/dev.lock -o requirements/runtime.lock pyproject.toml
	@$(UV) -c requirements/dev.lock --extra simulation -o requirements/simulation.lock pyproject.toml
	@$(UV) -c requirements/dev.lock -o requirements/build.lock requirements/build.in

clean:
	rm -rf $(VENV) web/node_modules tests/e2e/js/node_modules dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find argus tests migrations -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@echo "Making $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Argus needs Python 3.11 or later; name one: make PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV)

# The project itself is installed in place, without a build environment of its own, so that every
# byte that is installed is in a lock file.
$(RUNTIME): requirements/runtime.lock requirements/build.lock pyproject.toml | $(BIN)/python
	@echo "Installing what Argus runs on"
	@$(PIP) $(LOCKED) -r requirements/build.lock -r requirements/runtime.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(SIMULATION): requirements/simulation.lock $(RUNTIME)
	@echo "Installing what the simulated services need"
	@$(PIP) $(LOCKED) -r requirements/simulation.lock
	@touch $@

$(DEV): requirements/dev.lock $(RUNTIME)
	@echo "Installing what the tests need"
	@$(PIP) $(LOCKED) -r requirements/dev.lock
	@touch $@ $(SIMULATION)

%/node_modules/.installed: %/package-lock.json
	@echo "Installing what $* needs"
	@cd $* && npm ci --no-audit --no-fund --loglevel=error
	@touch $@
