# One command for everything one does here. Each target brings what it needs into .venv, from a bare python3.
PYTHON ?= python3
RUN := .venv/bin/python

help:
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-6s %s\n", $$1, $$2}' Makefile

demo: .venv/.demos  ## train a network on handwritten digits; pictures in out/
	$(RUN) -m demos digits --out out

test: .venv/.test  ## all tests and the examples in the documentation, and what they cover
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(RUN) -m pytest -n auto --dist loadgroup -m no_cover
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(RUN) -m pytest -n auto --dist loadgroup -m "not no_cover" --cov

lint: .venv/.dev  ## style, format and types
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m mypy

bench: .venv/.bench  ## measure speed on one thread
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 $(RUN) -m tests.benchmarks

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.%: pyproject.toml | .venv/bin/python
	@echo "installing into .venv what '$*' needs"
	@$(RUN) -m pip install -qq --disable-pip-version-check --no-input -e '.[$*]'
	@touch $@

.PHONY: help demo test lint bench
.DELETE_ON_ERROR:  # a half-made .venv is made again
.NOTPARALLEL:  # one pip at a time in one .venv
