# A fresh machine needs Python 3.11 or later and make; everything else is installed into $(VENV).
VENV ?= .venv
PYTHON ?= python3
DEMO ?= demo
BIN = $(VENV)/bin
PAGE = src/sitewatch/web/static/index.html
PACKAGES = web/node_modules/.package-lock.json

.PHONY: demo test check bench lock docs picture review-pictures web page-for-tests

# Makes a simulated case in ./$(DEMO), runs it and says where its report is. Exit code 10 of sitewatch means
# "changes found", which is what the demo is there to find.
demo: $(VENV)/.installed
	@$(BIN)/sitewatch demo $(DEMO) || [ $$? -eq 10 ]

# One test process more than there are cores, because servers and browsers are waited for meanwhile; the linear algebra of
# each in one thread, because threads of several processes wait for each other; and what one process compiled is kept for
# the hundreds that follow it.
test: $(VENV)/.installed-dev page-for-tests
	env -u PYTHONDONTWRITEBYTECODE OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses $(shell $(PYTHON) -c 'import os; print(os.cpu_count() + 1)') --dist loadfile --no-loadscope-reorder

# Builds the review page with Node.js 20 or later, from web/ and the packages that its lock file pins.
web: $(PAGE)

$(PAGE): $(PACKAGES) web/index.html web/vite.config.js $(wildcard web/src/*)
	cd web && npm run build --silent

$(PACKAGES): web/package-lock.json
	cd web && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error
	@touch $@

# Without Node.js, or where its packages cannot be fetched, all is tested but the page itself.
page-for-tests:
	@if ! command -v npm >/dev/null; then echo "npm is not there: the review page is not tested"; \
	elif $(MAKE) --no-print-directory $(PACKAGES); then $(MAKE) --no-print-directory web; \
	else echo "the packages of the review page cannot be fetched: it is not tested"; fi

# What can be checked without running a case: style, types, layers, house rules.
check: $(VENV)/.installed-dev
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/house_rules

bench: $(VENV)/.installed-dev page-for-tests
	$(BIN)/python -m benchmarks.accuracy all
	$(BIN)/python -m benchmarks.speed.alignment
	$(BIN)/python -m benchmarks.speed.fetching
	$(BIN)/python -m benchmarks.speed.review
	$(BIN)/python -m benchmarks.speed.seeing
	$(BIN)/python -m benchmarks.speed.stack

# Writes the commands' own help into docs/cli.md.
docs: $(VENV)/.installed-dev
	$(BIN)/python -m tools.cli_reference

# Draws the demo's report and writes its first screen to docs/report.png; needs Chromium or Chrome.
picture: $(VENV)/.installed-dev
	$(BIN)/python -m tools.report_picture

# Reviews the demo in a browser and writes what it shows to docs/review-*.png; needs Chromium or Chrome.
review-pictures: $(VENV)/.installed-dev web
	$(BIN)/python -m tools.review_pictures

# Pins every dependency and its dependencies by hash; no address of a package registry is written.
lock: $(VENV)/.installed-dev
	$(BIN)/pip install --quiet uv
	echo uv | $(BIN)/uv pip compile - --python-version 3.11 --upgrade --generate-hashes --no-emit-index-url --no-header \
		--no-annotate --quiet --output-file requirements-uv.lock
	$(BIN)/uv pip compile pyproject.toml --python-version 3.11 --upgrade --generate-hashes --no-emit-index-url \
		--no-header --quiet --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra dev --extra archive --extra team --python-version 3.11 --upgrade \
		--generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements-dev.lock

# Packages first, so that a change of our own files does not fetch them again; then sitewatch itself, editable.
$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/pip
	$(call install,--require-hashes --requirement requirements.lock)
	$(BIN)/pip install --quiet --no-deps --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock pyproject.toml | $(BIN)/pip
	$(call install,--require-hashes --requirement requirements-dev.lock)
	$(BIN)/pip install --quiet --no-deps --editable .
	@touch $@

# uv installs in a tenth of the time that pip takes; pip, which knows the settings of more machines, where uv cannot.
define install
	{ $(BIN)/pip install --quiet --require-hashes --requirement requirements-uv.lock && \
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python $(1); } || $(BIN)/pip install --quiet $(1)
endef

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "sitewatch needs Python 3.11 or later")'
	$(PYTHON) -m venv $(VENV)
