# A fresh machine needs Python 3.11 or later and make; everything else is installed into $(VENV).
VENV ?= .venv
PYTHON ?= python3
DEMO ?= demo
BIN = $(VENV)/bin

.PHONY: demo test check bench lock docs picture

# Makes a simulated case in ./$(DEMO), runs it and says where its report is. Exit code 10 of sitewatch means
# "changes found", which is what the demo is there to find.
demo: $(VENV)/.installed
	@$(BIN)/sitewatch demo $(DEMO) || [ $$? -eq 10 ]

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

# What can be checked without running a case: style, types, layers, house rules.
check: $(VENV)/.installed-dev
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/house_rules

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.accuracy all
	$(BIN)/python -m benchmarks.speed.alignment
	$(BIN)/python -m benchmarks.speed.fetching
	$(BIN)/python -m benchmarks.speed.seeing
	$(BIN)/python -m benchmarks.speed.stack

# Writes the commands' own help into docs/cli.md.
docs: $(VENV)/.installed-dev
	$(BIN)/python -m tools.cli_reference

# Draws the demo's report and writes its first screen to docs/report.png; needs Chromium or Chrome.
picture: $(VENV)/.installed-dev
	$(BIN)/python -m tools.report_picture

# Pins every dependency and its dependencies by hash; no address of a package registry is written.
lock: $(VENV)/.installed-dev
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --python-version 3.11 --upgrade --generate-hashes --no-emit-index-url \
		--no-header --quiet --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra dev --extra archive --python-version 3.11 --upgrade --generate-hashes \
		--no-emit-index-url --no-header --quiet --output-file requirements-dev.lock

# Packages first, so that a change of our own files does not fetch them again; then sitewatch itself, editable.
$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet --require-hashes --requirement requirements-dev.lock
	$(BIN)/pip install --quiet --no-deps --editable .
	@touch $@

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "sitewatch needs Python 3.11 or later")'
	$(PYTHON) -m venv $(VENV)
