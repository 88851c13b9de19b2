# make run    everything the app needs (first time: some GB), then the app
# make test   the same, and what the tests need; then format, lint, types and every test
# make test-environments  the doctor beside a real pyannote.audio 2.1.1 (4 GB until make clean)
# make clean  forget the set-up (weights stay in the user's cache)
#
# torch comes with its CUDA libraries, several GB, on machines without a GPU too: the registry's
# torchaudio, which pyannote.audio imports, is linked against that build of torch, and a CPU-only
# torch breaks it. The set in constraints.txt is the one that was tested together.

PYTHON ?= python3.11
BIN := .venv/bin
UV := $(BIN)/uv pip install --python $(BIN)/python -c constraints.txt
SETUP := .setup
NODE_BIN := node_modules/.bin
NODE_PACKAGES := node_modules/.package-lock.json

# Weights travel, and Chromium installs, while the packages unpack.
MAKEFLAGS += -j4 --no-print-directory

ifneq ($(filter test% lint setup-test setup-environments,$(MAKECMDGOALS)),)
INSTALLED := $(SETUP)/packages-test
else
INSTALLED := $(SETUP)/packages
endif

.PHONY: run test lint lint-js test-js test-computing test-waiting test-environments setup setup-test setup-environments clean
.DELETE_ON_ERROR:

run: setup
	$(BIN)/streamlit run app.py

# Two at once on two cores: what waits for browsers, clocks and meetings, and, standing back behind
# it, what only computes.
COMPUTING := tests/metrics tests/speakers tests/speech tests/store tests/transcript tests/weights \
	$(wildcard tests/test_*.py)
WAITING := $(filter-out $(COMPUTING) tests/conftest.py,$(wildcard tests/*[a-z]))

test: lint test-js test-computing test-waiting

lint: setup-test lint-js
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict meetcore

# The page scripts need Node 20 for their checks only; browsers get them as they are.
lint-js: $(NODE_PACKAGES)
	$(NODE_BIN)/prettier --check "{pages,tests}/**/*.js" eslint.config.js
	$(NODE_BIN)/eslint .
	$(NODE_BIN)/tsc --project .

test-js:
	node --test --test-reporter=spec $(shell find tests -name "*.test.js")

test-computing: setup-test
	nice -n 10 $(BIN)/python -m pytest $(COMPUTING) $(PYTEST_ARGS)

test-waiting: setup-test
	$(BIN)/python -m pytest $(WAITING) $(PYTEST_ARGS)

test-environments: setup-test setup-environments
	$(BIN)/python -m pytest tests/environments -m environment $(PYTEST_ARGS)

setup: $(INSTALLED) $(SETUP)/weights
setup-test: $(INSTALLED) $(SETUP)/weights $(SETUP)/chromium

setup-environments: $(SETUP)/old-generation

$(SETUP)/uv:
	@mkdir -p $(SETUP)
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@touch $@

# The few small packages that fetching weights needs, so that it can begin at once.
$(SETUP)/fetching: constraints.txt | $(SETUP)/uv
	$(UV) --quiet filelock platformdirs pydantic-settings
	@touch $@

$(SETUP)/packages: requirements.txt constraints.txt | $(SETUP)/fetching
	$(UV) -r requirements.txt
	@touch $@

$(SETUP)/packages-test: requirements-dev.txt requirements.txt constraints.txt | $(SETUP)/fetching
	$(UV) -r requirements-dev.txt
	@touch $@ $(SETUP)/packages

$(SETUP)/old-generation: tests/environments/pyannote-2.1.1.txt | $(SETUP)/uv
	$(BIN)/uv --quiet venv --clear --python $(BIN)/python $(SETUP)/pyannote-2.1.1
	@$(BIN)/uv --quiet pip install --python $(SETUP)/pyannote-2.1.1/bin/python --no-deps -r $< \
		|| { echo "pyannote.audio 2.1.1 and its companions could not be fetched: 2 GB from the" \
		"package registry, and 4 GB of disk, are needed for make test-environments."; exit 1; }
	@touch $@

# A weight that nobody delivers is a sentence here, and a lower mode in the app, not a stop.
$(SETUP)/fetched: meetcore/weights/catalogue.toml | $(SETUP)/fetching
	-@$(BIN)/python -m meetcore weights pull --no-convert
	@touch $@

$(SETUP)/weights: $(SETUP)/fetched | $(INSTALLED)
	@$(BIN)/python -m meetcore weights pull && touch $@ \
		|| echo "Some weights are missing; the app starts in the best mode it can without them."

# npm writes this file last; it is older than the lock file when that has changed.
$(NODE_PACKAGES): package-lock.json
	npm ci --ignore-scripts --no-progress
	@touch $@

$(SETUP)/chromium: | $(SETUP)/packages-test
	@./.ci/chromium
	@touch $@

clean:
	rm -rf .venv node_modules $(SETUP) .mypy_cache .ruff_cache .pytest_cache .hypothesis
