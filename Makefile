# What a person types here; .ci/run and the pre-commit hooks call the same targets.
.DEFAULT_GOAL := help
.PHONY: help demo test soak lint types format installer release pin-installer upgrade docs clean packages-demo packages-test
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
PYTEST_ARGS ?=
export PYTHON
# pip neither asks nor advertises.
export PIP_NO_INPUT := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

BIN := .venv/bin
PRODUCT := .venv/product-is-installed
DEV := .venv/tools-are-installed

help: ## show this
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1\t\2/p' Makefile | expand -t 16

demo: packages-demo $(PRODUCT) ## carry a small platform across in one bundle and bring it up, from nothing
	@$(BIN)/python -m demo

test: packages-test $(DEV) ## run all tests
	@$(BIN)/pytest -n 2 --dist loadgroup $(PYTEST_ARGS)

soak: packages-test $(DEV) ## repeat the kills and faults many more times than `make test` does
	@CUBE_SOAK=100 $(BIN)/pytest -m soak --timeout 3600 $(PYTEST_ARGS)

lint: $(DEV) ## look for mistakes and for other formatting than ours
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(DEV) ## check all types
	@$(BIN)/mypy
	@$(BIN)/mypy demo tests benchmarks

format: $(DEV) ## put the code into our format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

installer: $(DEV) ## make the self-contained cube-install for every kind of machine, in dist/
	@scripts/install-debian-packages installer
	@$(BIN)/python -m scripts.make_installer dist

# The wheel brings the installers along, so that cube-bundle has them wherever it is installed.
release: $(DEV)
	@scripts/install-debian-packages installer
	@$(BIN)/python -m scripts.make_installer bundler/cube_bundle/data/programs
	@$(BIN)/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

pin-installer: $(DEV)
	@scripts/install-debian-packages installer
	@$(BIN)/python -m scripts.make_installer --pin dist

upgrade: packages-test ## take the newest libraries and tools, and note their versions for everybody
	@scripts/make-environment '.[dev]' --upgrade --upgrade-strategy eager
	@scripts/note-versions
	@touch $(DEV)

docs: $(DEV) ## write docs/cli.md from what the commands say of themselves
	@$(BIN)/python -m scripts.write_cli_page

clean: ## delete what these targets made
	rm -rf .venv .demo .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -prune -exec rm -rf {} +

packages-demo:
	@scripts/install-debian-packages demo

packages-test:
	@scripts/install-debian-packages test

$(PRODUCT): pyproject.toml
	@scripts/install-debian-packages python
	@scripts/make-environment .
	@touch $@

$(DEV): pyproject.toml scripts/constraints.txt
	@scripts/install-debian-packages python
	@scripts/make-environment '.[dev]' --constraint scripts/constraints.txt
	@touch $@ $(PRODUCT)
