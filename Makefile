# What a developer does, by name; `make` alone lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed-test
BENCH_INSTALLED := $(VENV)/.installed-bench
PIP := $(BIN)/python -m pip --disable-pip-version-check
# Extra arguments of pytest: make unit ARGS="-k packet"
ARGS ?=
# How many random days a campaign plays; a thousand take a quarter of an hour.
EXAMPLES ?= 1000
# How long `make fuzz` damages pictures.
MINUTES ?= 60
# How many times `make test-faults` kills something.
ROUNDS ?= 200
# make lock UPGRADE=--upgrade takes the newest versions; without it only what changed is resolved.
UPGRADE ?=
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(UPGRADE) \
	pyproject.toml

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test lint types contracts unit coverage campaign fuzz test-faults bench bench-scanner \
	bench-scale bench-audit screenshots \
	lock format clean

help: ## List what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## Create .venv and install what tests and the program need

run: setup ## Fill an empty store with demonstration data, then serve pages and API
	$(BIN)/qolhat demo --if-empty --start recent --days 10 --packets 60
	$(BIN)/qolhat serve

test: lint types contracts unit ## Everything CI checks

lint: setup ## Style and likely mistakes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup ## Types, strictly
	$(BIN)/mypy

contracts: setup ## Which package may import which
	$(BIN)/lint-imports

unit: setup ## All tests; real servers are started for those that need them
	$(BIN)/pytest -n logical --dist loadgroup $(ARGS)

coverage: setup ## The same, telling which lines no test runs; takes twice as long
	$(BIN)/pytest -n logical --dist loadgroup --cov --cov-report=term $(ARGS)

campaign: setup ## Random days against the naive model, for a long time: make campaign EXAMPLES=5000
	QOLHAT_TEST_EXAMPLES=$(EXAMPLES) $(BIN)/pytest tests/test_stateful.py tests/test_dispatch_stateful.py \
		tests/scanner/test_keyboards.py $(ARGS)

fuzz: setup ## Damaged pictures, for as long as you like: make fuzz MINUTES=60
	$(BIN)/python -m tests.fuzz.pictures --minutes $(MINUTES)

test-faults: setup ## Kill servers at random under load, and look what is lost: make test-faults ROUNDS=200
	$(BIN)/python -m tests.faults --rounds $(ROUNDS)

bench: $(BENCH_INSTALLED) ## Measure against baselines
	$(BIN)/python -m tests.bench

bench-scanner: $(BENCH_INSTALLED) ## Measure the reading of pictures, and draw docs/scanner-curves.svg anew
	$(BIN)/python -m tests.bench scanner
	$(BIN)/python -m tests.bench.pictures.curves

bench-audit: $(BENCH_INSTALLED) ## Measure the audit: scoring against pm4py, its first page as packets grow
	$(BIN)/python -m tests.bench audit

bench-scale: $(BENCH_INSTALLED) ## Measure PostgreSQL and Kafka against their raw selves
	$(BIN)/python -m tests.bench scale

screenshots: setup ## Take the pictures of docs/pages.md anew; needs Chromium
	$(BIN)/python -m tests.browser.screenshots

lock: $(BIN)/pip ## Resolve the versions anew into requirements/*.lock
	$(PIP) install --quiet uv
	$(COMPILE) --extra test --output-file requirements/test.lock
	$(COMPILE) --extra test --extra bench --constraint requirements/test.lock \
		--output-file requirements/bench.lock
	$(COMPILE) --constraint requirements/test.lock --output-file requirements/runtime.lock

format: setup ## Format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Remove caches and reports; .venv and data stay
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov
	rm -f .coverage .coverage.*
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

# `pip`, not `python`: a venv that could not be finished has the one without the other.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Qolhat needs Python 3.11 or newer, and $(PYTHON) is not." >&2; \
		echo "Name another: make setup PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): requirements/test.lock pyproject.toml | $(BIN)/pip
	$(PIP) install --quiet --require-hashes -r requirements/test.lock
	$(PIP) install --quiet --no-deps --editable .
	@touch $@

$(BENCH_INSTALLED): requirements/bench.lock $(INSTALLED)
	$(PIP) install --quiet --require-hashes -r requirements/bench.lock
	@touch $@
