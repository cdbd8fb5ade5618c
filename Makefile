# Everything that one does here; CI calls the same. Each verb sets up what it needs, once.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test fast lint bench docs clean

run: $(VENV)/core  ## the server on port 4000
	@$(BIN)/python -m tornchat --config conf/dev.py

test: $(VENV)/test  ## all tests, and the coverage of the core
	@tests/system-parts curl ip chromium redis-server nginx prometheus-node-exporter openssl
	@tests/octokit-examples
	@rm -f .coverage .coverage.*
	$(BIN)/python -m coverage run -m pytest
	@$(BIN)/python -m coverage combine -q
	$(BIN)/python -m coverage report --fail-under=100 --show-missing --include='tornchat/event.py,tornchat/hub.py,tornchat/client.py,tornchat/config.py,tornchat/formats/*,tornchat/run.py,tornchat/sources/*,tornchat/board/*,tornchat/watch/agents/*,tornchat/watch/host.py,tornchat/watch/hosts.py,tornchat/watch/level.py'

fast: $(VENV)/test  ## the tests that take under a minute together
	$(BIN)/python -m pytest -m "not browser and not slow"

lint: $(VENV)/test $(VENV)/lint  ## style, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/redis  ## what is claimed, measured
	$(BIN)/python -m benchmarks.bench
	$(BIN)/python -m benchmarks.brokers

docs: $(VENV)/core  ## the pages that are made from code
	$(BIN)/python -m tornchat.config > docs/configuration.md

clean:
	rm -rf $(VENV) build dist *.egg-info .coverage .coverage.*

$(VENV)/core: setup.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "tornchat needs Python 3.11 or newer: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "this Python cannot make a venv: on Debian, apt-get install python3-venv"; exit 1; }
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dashboard]'
	@touch $@

$(VENV)/test $(VENV)/lint $(VENV)/redis: $(VENV)/core
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[$(@F)]'
	@touch $@
