# Everything that one does here; CI calls the same. Each verb sets up what it needs, once.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

WEB := tornchat/web/built-from
UI := $(shell find ui -type f -not -path '*/node_modules/*')
NPM := $(BIN)/python build_ui.py npm

.PHONY: run demo ui test fast lint bench docs screenshots clean

run: $(VENV)/core $(WEB)  ## the server on port 4000
	@$(BIN)/python -m tornchat --config conf/dev.py

ui: $(VENV)/core  ## the pages with hot reload on port 5173, beside a `make run`
	@$(NPM) run dev

demo: $(VENV)/core $(WEB)  ## a server, and a believable day that is played to it
	@$(BIN)/python -m demo

test: $(VENV)/test $(WEB)  ## all tests, and the coverage of the core
	@tests/system-parts curl ip chromium redis-server nginx prometheus-node-exporter openssl
	@tests/octokit-examples
	$(NPM) test
	@rm -f .coverage .coverage.*
	$(BIN)/python -m coverage run -m pytest
	@$(BIN)/python -m coverage combine -q
	$(BIN)/python -m coverage report --fail-under=100 --show-missing --include='tornchat/event.py,tornchat/hub.py,tornchat/client.py,tornchat/config.py,tornchat/formats/*,tornchat/run.py,tornchat/sources/*,tornchat/board/*,tornchat/watch/agents/*,tornchat/watch/host.py,tornchat/watch/hosts.py,tornchat/watch/level.py'

fast: $(VENV)/test $(WEB)  ## the tests that take under a minute together
	$(NPM) test
	$(BIN)/python -m pytest -m "not browser and not slow"

lint: $(VENV)/test $(VENV)/lint  ## style, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(NPM) run check

bench: $(VENV)/test $(WEB)  ## what is claimed, measured
	$(BIN)/python -m benchmarks.bench
	$(BIN)/python -m benchmarks.brokers
	$(BIN)/python -m benchmarks.dashboard
	$(BIN)/python -m benchmarks.pages

docs: $(VENV)/core  ## the pages that are made from code
	$(BIN)/python -m tornchat.config > docs/configuration.md

screenshots: $(VENV)/test $(WEB)  ## the pictures of the README
	@tests/system-parts chromium && tests/apt-install fonts-noto-color-emoji
	$(BIN)/python -m demo.screenshots

clean:
	rm -rf $(VENV) build dist tornchat/web ui/node_modules *.egg-info .coverage .coverage.*

$(VENV)/core: setup.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "tornchat needs Python 3.11 or newer: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "this Python cannot make a venv: on Debian, apt-get install python3-venv"; exit 1; }
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dashboard]'
	@touch $@

$(VENV)/test $(VENV)/lint: $(VENV)/core
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[$(@F)]'
	@touch $@

$(WEB): $(UI) build_ui.py | $(VENV)/core
	@$(BIN)/python build_ui.py
	@test ! -e $@ || touch $@
