# `make` lists the targets. Everything is installed into .venv, at the versions of constraints.txt.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help demo test known lint types mypy pyright pytest coverage postgres faults faults-vendor slow fuzz audit bench docs dist dist-test spec generate time-zones check clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[cli,postgres,sandbox]' --group dev
	@touch $@

demo: .venv/ready ## add leads for real, to the sandbox on this machine
	@$(BIN)/python demo.py

test: known lint types check pytest ## run the checks and the tests

# First: what it says of a changed document explains what fails after it.
known: .venv/ready
	@$(BIN)/python tools/known_spec.py --check

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo --no-cache

types: .venv/ready
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target mypy pyright

mypy: .venv/ready
	$(BIN)/mypy nlpearl tests tools demo.py

pyright: .venv/ready
	$(BIN)/pyright

# An independent mock server from npm. Without it its tests are skipped, and with CI=true they fail.
.venv/prism: .venv/ready
	-$(BIN)/python tools/install_prism.py $@
	@touch .venv/prism

# A real PostgreSQL server, of the system's packages. Without it its tests fail, and say how to get it.
.venv/postgres: .venv/ready
	-$(BIN)/python -m tools.postgres --install && touch $@

# A real Redis server likewise, for the example of Celery.
.venv/redis: .venv/ready
	$(BIN)/python -m tools.redis_server --install
	@touch $@

# A real browser likewise, for the pages of the documentation.
.venv/browser: .venv/ready
	$(BIN)/python -m tools.browser
	@touch $@

postgres: .venv/postgres ## run a PostgreSQL server on this machine until Ctrl-C, and print its URL
	@$(BIN)/python -m tools.postgres

# By name: pytest rewrites every module of each plugin that it finds by itself, in each worker.
PLUGINS = --disable-plugin-autoload -p xdist -p pytest_timeout -p pytest_cov -p _hypothesis_pytestplugin
TESTS = $(BIN)/python -m pytest -q -m "not slow" -n 4 $(PLUGINS)

pytest: .venv/ready .venv/prism .venv/postgres
	$(TESTS)

coverage: .venv/ready .venv/prism .venv/postgres ## run the tests and fail if they leave out a branch of nlpearl/
	$(TESTS) --cov

faults: .venv/ready ## play every fault at every stage of a call, and print the error that callers get
	@$(BIN)/python -m tests.fault_matrix

faults-vendor: .venv/ready ## play some of them to the vendor's package, too, and print a table of Markdown
	@$(BIN)/python -m tools.vendor_faults

slow: .venv/docs .venv/postgres .venv/redis .venv/browser ## run the tests that take their time: kills, queues, generators, other Pythons, lookups, a browser
	$(BIN)/python -m pytest -q -m slow

fuzz: .venv/ready ## fuzz responses, files and zone names, a minute each (SECONDS=…)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group fuzz
	for target in responses csv json excel zones; do \
		$(BIN)/python -W ignore -m tools.fuzz $$target $${SECONDS:-60} || exit 1; done

audit: .venv/ready ## check the pinned packages and the workflows for known vulnerabilities (needs the internet)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group audit
	$(BIN)/zizmor .github
	$(BIN)/pip-audit --requirement constraints.txt --no-deps --disable-pip

.venv/docs: .venv/ready
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group docs
	@touch $@

docs: .venv/docs ## build the documentation into site/; a broken link, or a public name without documentation, fails
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict  # with --quiet it would be lenient
	$(BIN)/python -m pytest -q tests/test_docs.py tests/test_readme.py

dist: .venv/ready ## build wheel and sdist into dist/, byte for byte the same each time, and check them
	rm -rf dist
	SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-1577836800} $(BIN)/python -m build --no-isolation --outdir dist
	$(BIN)/twine check --strict dist/*

dist-test: dist ## run the sdist's own tests: each Python that is here, the lowest attrs and httpx
	$(BIN)/python -m tools.dist_test dist/*.tar.gz

bench: .venv/ready .venv/postgres ## measure speed beside bare httpx and other clients, into benchmarks/ (more than an hour)
	$(BIN)/python benchmarks/run.py $(PARTS)

spec: .venv/ready ## take openapi.yaml from the vendor's page (PAGES="…": other addresses, files, folders)
	$(BIN)/python tools/spec.py $(PAGES)

generate: .venv/ready ## regenerate the low-level client from openapi.yaml (ACCEPT=1: what it says is known)
	$(BIN)/python tools/generate.py
	$(BIN)/python tools/known_spec.py $(if $(ACCEPT),--accept)

time-zones: .venv/ready ## make the table of time zones from CLDR and tools/time_zones.toml
	$(BIN)/python tools/make_time_zones.py

check: .venv/ready ## fail if what is committed is not what would be generated
	$(BIN)/python tools/generate.py --check

clean: ## remove .venv and every cache
	rm -rf site .fuzz .venv .venv-bench .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage* dist
