# Needs Python 3.11 or newer and make; everything else is set up here.
# All paths are relative: the checkout may live below a path with spaces.

.DEFAULT_GOAL := help
.PHONY: help up down test check bench audit lock demo-shots clean ready-demo ready-dev

PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& { echo "$$python"; break; }; done)
VENV_PYTHON := .venv/bin/python
PORT ?= 8000
DETACH ?=
# Two workers are the fastest on two cores; each has databases of its own.
TEST_WORKERS ?= 2
PYTEST_ARGS ?=
BENCH ?= $(filter-out __init__ common watching,$(basename $(notdir $(wildcard bench/*.py))))

# Many tests run real servers and processes, which a busy machine can starve. What fails beside
# the others must pass alone, and is told in capitals either way.
AGAIN = echo; echo 'SOME TESTS FAILED BESIDE THE OTHERS (above); THEY RUN ONCE MORE, ALONE:'; \
	$(VENV_PYTHON) -m pytest --last-failed --last-failed-no-failures none $(PYTEST_ARGS)

help:
	@echo 'make up          start everything and run the sample batch (PORT=8000, DETACH=1 to return)'
	@echo 'make down        stop what `make up` started'
	@echo 'make test        run all tests against throw-away servers'
	@echo 'make check       lint, types, imports, migrations, deployment settings, API schema, locks'
	@echo 'make bench       run the measurements in bench/ (BENCH=intake for one of them)'
	@echo 'make audit       look for known weaknesses in the locked requirements (needs a network)'
	@echo 'make lock        compile requirements/*.in (LOCK_ARGS=--upgrade takes newer versions)'
	@echo 'make demo-shots  take the screenshots of the README from a running `make up`'
	@echo 'make clean       stop everything; remove var/ and .venv'

up: ready-demo
	@PORT="$(PORT)" DETACH="$(DETACH)" $(VENV_PYTHON) -m demo.up

down: ready-demo
	@$(VENV_PYTHON) -m demo.down

test: ready-dev
	@ops/ensure-chromium
	@$(VENV_PYTHON) -m pytest -n $(TEST_WORKERS) --dist loadfile $(PYTEST_ARGS) || { $(AGAIN); }

check: ready-dev
	@$(VENV_PYTHON) -m ops.check

bench: ready-dev
	@for name in $(BENCH); do $(VENV_PYTHON) -m bench.$$name || exit 1; done

audit: ready-dev
	@$(VENV_PYTHON) -m pip_audit --disable-pip --requirement requirements/prod.txt

lock:
	@"$(PYTHON)" requirements/lock.py $(LOCK_ARGS)

demo-shots: ready-dev
	@ops/ensure-chromium
	@$(VENV_PYTHON) -m docs.screens

ready-demo ready-dev: ready-%:
	@test -n "$(PYTHON)" || { echo 'Backroom needs Python 3.11 or newer.'; exit 1; }
	@"$(PYTHON)" requirements/install.py $*

clean:
	@if [ -x $(VENV_PYTHON) ] && [ -d var ]; then $(VENV_PYTHON) -m demo.down; fi
	@if [ -L var/postgres ]; then rm -rf "$$(readlink var/postgres)" "$$(readlink var/postgres).linked-from"; fi
	@rm -rf var .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
