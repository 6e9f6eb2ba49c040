# make demo and make test do their own set-up: Python 3.11 or newer and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CHROMIUM := /usr/bin/chromium
PLAYERS := tests/browser/node_modules

.PHONY: help demo test test-long lint fmt bench clean
.DELETE_ON_ERROR:

help:
	@echo "make demo       everything in one process: prints the address to open"
	@echo "make test       all checks and tests, as in CI"
	@echo "make test-long  the same with the tests that take minutes"
	@echo "make lint       the checks without the tests"
	@echo "make fmt        format the code and mend what can be mended"
	@echo "make bench      benchmarks (WHAT=hls, dash, ads, overlays)"
	@echo "make clean      remove what set-up and tests have made"

demo: $(VENV)/.runtime
	$(BIN)/weft demo $(ARGS)

# Random histories say nothing new of coverage: they run beside what does, each on a core.
SELECT := not long
PROFILE := same
PYTEST := -m pytest -rs -m "$(SELECT)" --hypothesis-profile=$(PROFILE)
HISTORIES := tests/histories tests/dash_histories
test: lint players
	@$(MAKE) --no-print-directory -j2 .covered .histories SELECT="$(SELECT)" PROFILE=$(PROFILE)
	$(BIN)/coverage report
	$(BIN)/python $(PYTEST) tests/browser # players leave an event loop running

test-long: ; @$(MAKE) --no-print-directory test SELECT="long or not long" PROFILE=fresh

.PHONY: .covered .histories
.covered:
	$(BIN)/coverage run $(PYTEST) tests $(foreach one,tests/browser $(HISTORIES),--ignore $(one))
.histories:
	$(BIN)/python $(PYTEST) --quiet $(HISTORIES)

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev
	$(BIN)/python -m loadtests.bench $(or $(WHAT),hls)

clean:
	rm -rf $(VENV) $(PLAYERS) .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache

# --- set-up; the stamps make the second run quick ------------------------------------------------

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Weft needs Python 3.11 or newer; try: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(call apt_install,python3-venv,set-up needs it)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1' # the first to know --group

$(VENV)/.runtime: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[media]'
	@touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@

# Browser tests are skipped, saying so, where there is no Chromium or no player.
.PHONY: players
players:
	@test -x $(CHROMIUM) || $(call apt_install,chromium,browser tests need it)
	@if ! command -v npm >/dev/null; then \
	  echo "npm is missing: no hls.js, Shaka and dash.js for the browser tests; apt install npm"; \
	else $(MAKE) --no-print-directory $(PLAYERS)/.stamp; fi

$(PLAYERS)/.stamp: tests/browser/package.json tests/browser/package-lock.json
	cd tests/browser && npm ci --silent
	@touch $@

# Installs a Debian package if that is possible, else says what to do: $(call apt_install,PACKAGE,WHY)
define apt_install
{ if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; \
  then apt-get update -qq && apt-get install -qq -y --no-install-recommends $(1) >/dev/null; \
  else false; fi || echo "$(1) is missing and $(2); apt install $(1)"; }
endef
