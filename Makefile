# make run    everything the app needs (first time: some GB), then the app; ARGS="--port 8502"
#             or another option of `meetcore run`
# make test   the same, and what the tests need; then format, lint, types and all but the long tests
# make test-quick  the tests that need no weights and no browser
# make test-long  fifty meetings, killed processes, broken installations, benches
# make test-environments  the doctor beside a real pyannote.audio 2.1.1 (4 GB until make clean)
# make wheel  the installable package, in dist/
# make sbom   what the app runs with, as a CycloneDX bill of materials in dist/
# make lock   constraints.txt anew from the requirements files: pins that fit stay, new ones are added
# make docs   the documentation as a site, in site/
# make clean  forget the set-up (weights stay in the user's cache)
#
# torch comes with its CUDA libraries, several GB, on machines without a GPU too: the registry's
# torchaudio, which pyannote.audio imports, is linked against that build of torch, and a CPU-only
# torch breaks it. The set in constraints.txt is the one that was tested together.

PYTHON ?= python3.11
BIN := .venv/bin
# Every file that is installed, what builds a source package included, has a hash in constraints.txt.
HASHED := --require-hashes -c constraints.txt --build-constraints constraints.txt
UV := $(BIN)/uv pip install --python $(BIN)/python $(HASHED)
SETUP := .setup
NODE_BIN := node_modules/.bin
NODE_PACKAGES := node_modules/.package-lock.json

# Weights travel, and Chromium installs, while the packages unpack.
MAKEFLAGS += -j4 --no-print-directory

ifneq ($(filter test% lint wheel sbom lock setup-test setup-environments,$(MAKECMDGOALS)),)
INSTALLED := $(SETUP)/packages-test
else
INSTALLED := $(SETUP)/packages
endif

.PHONY: run wheel sbom lock docs test lint lint-js test-js test-python test-quick test-long test-environments setup setup-test \
	setup-environments clean
.DELETE_ON_ERROR:

# The rest of the weights is fetched, and converted, by the command itself.
run: $(INSTALLED) $(SETUP)/fetched
	$(BIN)/python -m meetcore run $(ARGS)

# dist/meetcore-*.whl; the same files give the same bytes.
wheel: $(INSTALLED)
	$(BIN)/python -m build --no-isolation --wheel

sbom: $(INSTALLED)
	$(BIN)/python .ci/sbom.py

# Name what is to be newer: make lock UPGRADE="--upgrade-package av".
lock: $(INSTALLED)
	$(BIN)/uv pip compile --quiet --generate-hashes --no-annotate --no-header $(UPGRADE) \
		--python-version 3.11.7 --python-platform x86_64-manylinux_2_28 \
		--output-file constraints.txt requirements-dev.txt requirements-docs.txt
	sed -i '1i # The whole set that was tested together, with the sha256 of each file that may be installed.' \
		constraints.txt

# Three processes on two cores: many tests wait for browsers, clocks and meetings. A module, which
# shares a server or loaded models, stays in one process; the longest begin first (tests/conftest.py).
# (pytest-xdist 3.8's loadgroup has no effect with pytest 9.2.)
PARALLEL := -n 3 --dist loadscope --no-loadscope-reorder

test: lint test-js test-python

test-python: setup-test
	$(BIN)/python -m pytest $(PARALLEL) $(PYTEST_ARGS)

test-quick: setup-test
	$(BIN)/python -m pytest $(PARALLEL) \
		-m "not model and not browser and not install and not long and not environment" $(PYTEST_ARGS)

test-long: setup-test
	$(BIN)/python -m pytest -m "long and not environment" $(PARALLEL) $(PYTEST_ARGS)

lint: setup-test lint-js
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	nice $(BIN)/mypy --strict

# The page scripts need Node 20 for their checks only; browsers get them as they are.
lint-js: $(NODE_PACKAGES)
	$(NODE_BIN)/prettier --check "{pages,tests}/**/*.js" eslint.config.js
	$(NODE_BIN)/eslint .
	nice $(NODE_BIN)/tsc --project .

test-js:
	node --test --test-reporter=spec $(shell find tests -name "*.test.js")

test-environments: setup-test setup-environments
	$(BIN)/python -m pytest tests/environments -m environment $(PYTEST_ARGS)

# A broken link, a missing module or a docstring that does not parse is an error.
docs: $(SETUP)/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

setup: $(INSTALLED) $(SETUP)/weights
setup-test: $(INSTALLED) $(SETUP)/weights $(SETUP)/chromium

setup-environments: $(SETUP)/old-generation

# The lines of one package in constraints.txt; pip and uv want them as a requirement.
pinned = for name in $(1); do sed -n "/^$$name==/,/[^\\]$$/p" constraints.txt; done

$(SETUP)/uv: constraints.txt
	@mkdir -p $(SETUP)
	$(PYTHON) -m venv .venv
	@$(call pinned,uv) > $(SETUP)/installer.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
		-r $(SETUP)/installer.txt
	@touch $@

# The few small packages that fetching weights needs, so that it can begin at once.
$(SETUP)/fetching: $(SETUP)/uv
	@$(call pinned,filelock platformdirs pydantic-settings rich) > $(SETUP)/fetching.txt
	$(UV) --quiet -r $(SETUP)/fetching.txt
	@touch $@

$(SETUP)/packages: requirements.txt constraints.txt | $(SETUP)/fetching
	$(UV) -r requirements.txt
	@touch $@

$(SETUP)/packages-test: requirements-dev.txt requirements.txt constraints.txt | $(SETUP)/fetching
	$(UV) -r requirements-dev.txt
	@touch $@ $(SETUP)/packages

$(SETUP)/docs: requirements-docs.txt constraints.txt | $(SETUP)/fetching
	$(UV) -r requirements-docs.txt
	@touch $@

$(SETUP)/old-generation: tests/environments/pyannote-2.1.1.txt | $(SETUP)/uv
	$(BIN)/uv --quiet venv --clear --python $(BIN)/python $(SETUP)/pyannote-2.1.1
	@$(BIN)/uv --quiet pip install --python $(SETUP)/pyannote-2.1.1/bin/python --no-deps --require-hashes -r $< \
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
	rm -rf .venv node_modules site $(SETUP) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
