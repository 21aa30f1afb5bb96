# Commonwatch: what can be done here. `make` alone lists it.
#
# `make demo` and `make test` need Python 3.11 or later and make, nothing else. Where pip finds its packages is the
# machine's own setting. `make check` is what the continuous integration runs, and skips nothing.

PORT ?= 8000
DATA ?= data/demo
KILLS ?= 100
WHAT ?= serving
SEEDS ?= 30
FLIPS ?= 2000
SAMPLE ?=
DATABASE ?= sqlite
PYTHON ?= python3
WORKERS ?= 2

VENV := .venv
PY := $(VENV)/bin/python
COMMONWATCH := $(VENV)/bin/commonwatch
RUNTIME := $(VENV)/.runtime
TOOLS := $(VENV)/.tools
PIP := $(PY) -m pip --disable-pip-version-check --quiet install --no-input

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check check-style check-types check-rooms check-pages check-tables check-packs check-tests \
	bench screenshots journeys nodes crash flip simulate labels i18n-check two-world lock format clean

help: ## list what can be done
	@echo 'make …'
	@sed -n 's/^\([a-z-]*\):[^#]*## /  \1  /p' $(MAKEFILE_LIST) | awk '{ name = $$1; $$1 = ""; printf "  %-12s%s\n", name, $$0 }'
	@echo 'settings: PORT=$(PORT) DATA=$(DATA) for demo; KILLS=$(KILLS) WHAT=$(WHAT) (or importing) DATABASE=$(DATABASE) (or postgresql) for crash; SEEDS=$(SEEDS) for simulate; FLIPS=$(FLIPS) SAMPLE=$(or $(SAMPLE),all) for flip'

demo: $(RUNTIME) ## fill the folder DATA with sample reports, once, and serve them on PORT
	@echo 'demo: http://localhost:$(PORT)/ with its data in $(DATA); Ctrl-C ends it'
	@$(COMMONWATCH) demo --port '$(PORT)' --data '$(DATA)'

test: $(TOOLS) ## run the tests; those that need Chromium, Go, nginx, PostgreSQL or the real data skip where these are absent
	@echo 'test: every test, $(WORKERS) at a time'
	@$(PY) -m pytest -q -n $(WORKERS)

check: check-style check-types check-rooms check-pages check-tables check-packs check-tests ## everything that the continuous integration checks; nothing may be skipped
	@echo 'check: all of it holds'

check-style: $(TOOLS)
	@echo 'check: ruff'
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

check-types: $(TOOLS)
	@echo 'check: types'
	@$(PY) -m mypy

check-rooms: $(TOOLS)
	@echo 'check: a floor imports only floors below it'
	@$(VENV)/bin/lint-imports --no-logo

check-pages: $(TOOLS)
	@echo 'check: templates'
	@$(VENV)/bin/djlint --lint --quiet commonwatch

check-tables: $(TOOLS)
	@echo 'check: every change of a table has its migration'
	@DATABASE_URL=sqlite:///:memory: $(PY) manage.py makemigrations --check --dry-run

check-packs: $(TOOLS)
	@echo 'check: organisation packs'
	@$(PY) -m commonwatch.charter organisations/*/

check-tests: $(TOOLS)
	@echo 'check: every test, and none skipped'
	@CI=true $(PY) -m pytest -q -n $(WORKERS) -p tests.house.unskipped

bench: $(TOOLS) ## measure every figure that the README quotes
	@echo 'bench: this takes some minutes; close what else is running'
	@$(PY) -m bench

screenshots: $(TOOLS) ## draw the screens of the manual (needs Chromium)
	@echo 'screenshots: into screenshots/'
	@$(PY) -m tests.journeys.screenshots

journeys: $(TOOLS) ## walk the journeys in a real browser, and count the clicks of the night shift (needs Chromium)
	@echo 'journeys: the demo, served; Chromium before it'
	@$(PY) -m pytest -q -n0 tests/journeys

nodes: $(RUNTIME) ## start the Center's node and two members', and walk through report, stick, fork and restore
	@echo 'nodes: three nodes on this machine, an air gap between two of them; they end with the walk'
	@$(PY) -m tests.walk

crash: $(TOOLS) ## kill -9 a node KILLS times while it takes reports in (or journals, WHAT=importing), and look for what was lost
	@echo 'crash: $(KILLS) kills while $(WHAT), on $(DATABASE)'
	@$(PY) -m tests.crash --what '$(WHAT)' --kills '$(KILLS)' --database '$(DATABASE)'

flip: $(TOOLS) ## flip FLIPS bytes of a database and every byte of a folder of tiles (or SAMPLE of them); count those unnoticed
	@echo 'flip: $(FLIPS) bytes of a database, $(or $(SAMPLE),all) bytes of a folder of 1 MB; some minutes'
	@$(PY) -m tests.flip --database '$(FLIPS)' --folder $(if $(SAMPLE),--sample '$(SAMPLE)') --workers '$(WORKERS)'

simulate: $(TOOLS) ## let seven nodes live through SEEDS seeds of faults, lies and restored backups, and hold them to the truth
	@echo 'simulate: $(SEEDS) seeds'
	@$(PY) -m tests.simulate --seeds '$(SEEDS)'

labels: $(TOOLS) ## compare the four ways in which it is decided who may read what, case by case
	@echo 'labels: the words of the design, the charter, visible_to on both databases, row-level security'
	@$(PY) -m tests.house.labels

i18n-check: $(TOOLS) ## count the sentences of screens and answers, and see that each is in Russian
	@echo 'i18n-check: every marked sentence, with its named fields and plural forms'
	@$(PY) -m tests.house.test_language

two-world: $(TOOLS) ## crawl two worlds that differ in what is not released, and see that nothing of it shows
	@echo 'two-world: every address, for the public and one office of each clearance; then every planted leak'
	@$(PY) -m tests.house.worlds

lock: $(TOOLS) ## pin what the files requirements*.in ask for, with hashes
	@for name in requirements requirements-dev $(patsubst %.in,%,$(wildcard requirements-bench.in)); do \
		echo "lock: $$name.txt"; \
		$(VENV)/bin/uv pip compile --quiet --generate-hashes --no-header --no-emit-index-url --no-emit-find-links \
			--python-version 3.11 --output-file $$name.txt $$name.in || exit 1; \
	done

format: $(TOOLS) ## put the code into its one form
	@echo 'format: ruff'
	@$(PY) -m ruff check --fix-only --quiet .
	@$(PY) -m ruff format .

clean: ## take away what make made: the virtual environment and all caches; data stays
	@echo 'clean: $(VENV), caches, build, screenshots'
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist screenshots *.egg-info
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

# The virtual environment is made by a stamp, so that the second start costs nothing. The checkout is put on its path
# instead of being installed: nothing is built, and a change of the code is there at once.
$(PY):
	@echo 'setting up: a virtual environment in $(VENV)'
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Python 3.11 or later is needed; say which with make PYTHON=python3.11'; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
		|| { rm -rf $(VENV); echo 'This Python makes no virtual environments; on Debian: apt-get install python3-venv'; exit 1; }

$(COMMONWATCH): Makefile | $(PY)
	@$(PY) -c "import site; open(site.getsitepackages()[0] + '/commonwatch.pth', 'w').write('../../../..\n')"
	@printf '#!/bin/sh\nexec "$$(dirname "$$(readlink -f "$$0")")/python" -m commonwatch "$$@"\n' > $@
	@chmod +x $@

$(RUNTIME): requirements.txt | $(PY) $(COMMONWATCH)
	@echo 'setting up: what Commonwatch runs on'
	@$(PIP) --require-hashes -r requirements.txt
	@touch $@

$(TOOLS): requirements-dev.txt requirements.txt | $(PY) $(COMMONWATCH)
	@echo 'setting up: what the tests and checks need'
	@$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@ $(RUNTIME)
