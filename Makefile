# Two commands for a newcomer: `make demo` and `make test`. Only Python >= 3.11 with venv is assumed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: demo test check screenshots bench fuzz keys install install-test servers soak clean

demo: $(VENV)/.installed
	@$(BIN)/fleetdeck demo

install: $(VENV)/.installed
install-test: $(VENV)/.installed-test

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "fleetdeck needs Python 3.11 or later; try make PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "installing fleetdeck into $(VENV) …" >&2
	@$(PIP) install -c constraints.txt -e '.[demo]' >&2
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed pyproject.toml constraints.txt
	@$(PIP) install -c constraints.txt -e '.[test]' >&2
	@touch $@

# Real servers for the tests, unpacked into .servers/ without touching the system; where they cannot be had, the tests
# that need them skip and say so.
servers:
	@sh tests/servers.sh .servers

test: $(VENV)/.installed-test servers
	@$(BIN)/python -m pytest

check: $(VENV)/.installed-test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

screenshots: $(VENV)/.installed-test
	@$(BIN)/python -m screenshots
	@$(BIN)/python -m screenshots.terminals

# What it costs, beside its peers; takes about eight minutes. The figures go to docs/benchmarks.md.
bench: $(VENV)/.installed-test servers
	@sh benchmarks/peers.sh .servers $(BIN)/python
	@$(BIN)/python -m benchmarks --keep

# A hundred thousand hostile texts through the real program, and every reader with mutated inputs; about ten minutes.
fuzz: $(VENV)/.installed-test servers
	@$(BIN)/python -m tests.fuzz

# Every key and every pair of keys, from every view, page, sheet and dialog: none starts anything. Takes long.
keys: $(VENV)/.installed-test
	@FLEETDECK_ALL_KEY_PAIRS=1 $(BIN)/python -m pytest tests/tui/test_acting_keys.py -q -s

# A simulated day of the demo fleet with the dashboard on it, in some six minutes: what grows is found here.
soak: $(VENV)/.installed-test
	@$(BIN)/python -m tests.soak

clean:
	rm -rf $(VENV) .servers build *.egg-info
