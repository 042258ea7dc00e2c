# Every target sets up what it needs: a virtual environment in .venv with the exact versions of constraints.txt.
# PostgreSQL comes with the Python packages. Nothing outside this directory is changed.

PYTHONS := $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14
# uv installs the same versions ten times faster; where it cannot be had or finds no package, pip does the same.
UV_INSTALL := .venv/bin/uv pip install --quiet --python .venv/bin/python --constraint constraints.txt
PIP_INSTALL := .venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
INSTALL = install() { $(UV_INSTALL) "$$@" 2>.venv/uv.log || { \
  [ -e .venv/pip-only ] || echo "      uv can't be used here; pip installs the same, in a minute or two ..."; \
  touch .venv/pip-only; $(PIP_INSTALL) "$$@"; }; }; install

# An environment that was moved with its checkout, or whose Python is gone, does not work any more: it is made anew.
# The marker file says that we made it, and where.
$(shell if [ -e .venv/checkout ]; then \
  [ "$$(cat .venv/checkout)" = "$$(pwd -P)" ] && .venv/bin/python -c "" 2>/dev/null || rm -rf .venv; fi)

ANY_PYTHON := $(shell for python in $(PYTHONS); do command -v $$python && break; done)
ifneq ($(ANY_PYTHON),)
ALONE = $(ANY_PYTHON) -c 'import fcntl, os, sys; lock = os.open(".venv.lock", os.O_CREAT | os.O_WRONLY); \
  os.set_inheritable(lock, True); fcntl.flock(lock, fcntl.LOCK_EX); os.execvp(sys.argv[1], sys.argv[1:])'
endif

IN_SCRATCH = TMPDIR=$$(.venv/bin/python -m aurora_pipeline_tests.scratch_folder)

.PHONY: help demo up test test-slow coverage mutate lint format types bench migrate dist sbom clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

demo: .venv/installed ## from nothing to statements, on a simulated chain
	@.venv/bin/aurora demo

up: .venv/installed ## open the Dagster UI
	@.venv/bin/aurora --demo up

test: .venv/installed-dev ## run the tests, on a PostgreSQL of their own
	$(IN_SCRATCH) .venv/bin/python -m pytest -n 2 --dist loadfile -m "not slow"

test-slow: .venv/installed-dev ## run the tests that take longer, as CI does too
	$(IN_SCRATCH) .venv/bin/python -m pytest -n 3 --dist loadfile -m slow

# Every test of make test, and which lines and branches of the package they ran. The warning is about tests' own files.
coverage: .venv/installed-dev ## run the tests and show what they do not run
	$(IN_SCRATCH) .venv/bin/python -m slipcover --branch --source aurora_pipeline --json --out .coverage.json \
	  -m pytest -n 2 --dist loadfile -m "not slow" -W "ignore:Unable to activate pytest:RuntimeWarning"
	@.venv/bin/python -m aurora_pipeline_tests.coverage_report .coverage.json

mutate: .venv/installed-dev ## change money code at random places and see whether the tests notice
	.venv/bin/python -m aurora_pipeline_tests.mutation $(ROOMS) --sample $(or $(SAMPLE),60) --seed $(or $(SEED),0)

lint: .venv/installed-dev ## check formatting, style, types and the order of the rooms
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo

format: .venv/installed-dev ## format the code and mend what can be mended
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

types: .venv/installed-dev ## check types only
	.venv/bin/mypy

bench: .venv/installed-dev ## measure speed beside raw baselines; QUICK=1 takes minutes
	.venv/bin/python -m benchmarks.run $(if $(QUICK),--quick)

migrate: .venv/installed ## bring the database to the newest schema
	@.venv/bin/aurora db upgrade

dist: .venv/installed ## build the wheel that containers, units and `uv tool install` use
	@rm -rf build dist && .venv/bin/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist . && rm -rf build && ls dist/*

sbom: .venv/installed-dev ## write what Aurora is made of to sbom.cdx.json (CycloneDX)
	@.venv/bin/python -m aurora_pipeline_tests.bill_of_materials > sbom.cdx.json && echo "sbom.cdx.json"

clean: ## remove the environment and all caches; data in .aurora stays
	rm -rf .venv .venv.lock build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage.json sbom.cdx.json *.egg-info
	find aurora_pipeline aurora_pipeline_tests benchmarks -type d -name __pycache__ -prune -exec rm -rf {} +

ifndef SETTING_UP
# One at a time: whoever comes second waits, and then finds the work done.
.venv/installed .venv/installed-dev: pyproject.toml constraints.txt
	@$(ALONE) $(MAKE) --silent --no-print-directory SETTING_UP=1 $@
else
.venv/checkout:
	@found=; for python in $(PYTHONS); do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "Aurora needs Python 3.11 or newer; here is: $$(python3 --version 2>&1 | head -n 1)." >&2; \
	  echo "  -> Install one and try again, or name it: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; \
	fi; \
	if ! $$found -c 'import ensurepip, venv' >/dev/null 2>&1; then \
	  version=$$($$found -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	  echo "$$found ($$version) cannot make virtual environments: its modules venv and ensurepip are missing." >&2; \
	  echo "  -> On Debian and Ubuntu: apt install python$$version-venv" >&2; exit 1; \
	fi; \
	echo "Setting up Aurora, once: (1/3) a virtual environment in .venv, with $$($$found --version)"; \
	$$found -m venv --clear .venv && pwd -P > .venv/checkout; \
	echo "                         (2/3) uv, the installer"; \
	$(PIP_INSTALL) uv || echo "      uv can't be had here"

.venv/installed: .venv/checkout pyproject.toml constraints.txt
	@echo "                         (3/3) Aurora and the packages it needs (some ten seconds)"
	@$(INSTALL) setuptools && install --no-build-isolation --editable .
	@touch .venv/installed

.venv/installed-dev: .venv/installed
	@echo "Setting up the tools for tests and checks, once"
	@$(INSTALL) --no-build-isolation --editable '.[dev]'
	@touch .venv/installed-dev
endif
