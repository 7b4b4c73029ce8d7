# One command for everything one does here. Each target brings what it needs into .venv, from a bare python3.
PYTHON ?= python3
RUN := .venv/bin/python
PYTEST := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(RUN) -m pytest -n auto --dist loadgroup

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

demo: .venv/.demos  ## train a network on handwritten digits; pictures in out/
	$(RUN) -m demos digits --out out

test: .venv/.test  ## the tests and the examples in the documentation, but for what takes long
	$(PYTEST) -m "not long"

long: .venv/.test  ## what takes long: the stories with their trainings, planted mistakes, long loops; and what the tests cover
	$(PYTEST) -m long
	$(PYTEST) -m "not long" --cov

check: lint  ## the quick ring: lint, the rules of the house, the tables of operations, and the tests of what you changed
	tests=$$($(RUN) -m tests.changed) && $(PYTEST) -m "not long" $$tests

lint: .venv/.dev  ## style, format and types
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m mypy

pythons:  ## most of the tests on each other Python we support that is installed, each in an environment of its own
	.ci/pythons

dist: .venv/.dist  ## build what is published, into dist/, install it into an empty environment, and try it there
	$(RUN) -m tests.dist

docs: .venv/.docs  ## build the documentation site, with its notebooks run and its links followed; out/site/index.html
	$(RUN) -m sphinx -q -j auto -W --keep-going -d out/.doctrees demos/site out/site
	$(RUN) -m tests.site

bench: .venv/.bench  ## measure time and memory on one thread, beside numpy and what else is installed
	$(RUN) -m tests.benchmarks

bench-peers: .venv-peers/.done .venv-hips/.done  ## the same beside PyTorch, JAX, mygrad and HIPS autograd (gigabytes to install)
	.venv-peers/bin/python -m tests.benchmarks

scaling: .venv/.bench  ## measure how time and memory grow with the work; pictures in out/
	$(RUN) -m tests.benchmarks scaling

.venv/bin/python .venv-peers/bin/python .venv-hips/bin/python: %/bin/python:  # named, or make would remove them at its end
	$(PYTHON) -m venv $*

.venv/.%: pyproject.toml tests/constraints.txt | .venv/bin/python
	@echo "installing into .venv what '$*' needs"
	@$(RUN) -m pip install -qq --disable-pip-version-check --no-input -c tests/constraints.txt -e '.[$*]'
	@touch $@

.venv-peers/.done: pyproject.toml | .venv-peers/bin/python
	@echo "installing the peers into .venv-peers; PyTorch is large, most of all where it comes with CUDA"
	@.venv-peers/bin/python -m pip install -qq --disable-pip-version-check --no-input -e '.[peers]'
	@touch $@

.venv-hips/.done: | .venv-hips/bin/python  # its import name is ours, so that it lives alone
	@.venv-hips/bin/python -m pip install -qq --disable-pip-version-check --no-input autograd
	@touch $@

.PHONY: help demo test long check lint pythons dist docs bench bench-peers scaling
.DELETE_ON_ERROR:  # a half-made .venv is made again
.NOTPARALLEL:  # one pip at a time in one .venv
