# `make run` runs Tongban; `make test` checks everything. `make` alone lists the targets.
# Every path is relative to this folder, so that it may stand anywhere, spaces in its path included.

.DEFAULT_GOAL := help
.PHONY: help run check test faults bench lock messages docs install install-dev

PYTHON := .venv/bin/python
# A run of the tests chooses its home and database itself.
OWN := env -u TONGBAN_HOME -u TONGBAN_DATABASE_URL -u TONGBAN_DEMO -u TONGBAN_HOST -u TONGBAN_PORT
PYTEST := $(PYTHON) -m pytest -n 2 --hypothesis-seed=0
ON_POSTGRESQL := $(PYTHON) tools/find_postgresql.py

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

run: install ## run web server and worker at http://127.0.0.1:8000, with demo people
	@TONGBAN_DEMO="$${TONGBAN_DEMO-1}" exec $(PYTHON) -m tongban.site.cli run

check: install-dev ## format, lint, types, import contracts, migrations, translations, the house (30 s)
	@$(OWN) $(PYTHON) tools/check.py

test: check ## check, the suite on SQLite and on PostgreSQL, the browser tests (15 min)
	@$(PYTHON) tools/find_postgresql.py
	@$(PYTHON) tools/find_chromium.py
	@$(PYTHON) tools/find_font.py
	@echo "== the suite on SQLite"
	@$(OWN) $(PYTEST) -m "not browser and not faults"
	@echo "== the suite on PostgreSQL"
	@$(OWN) $(ON_POSTGRESQL) $(PYTEST) -m "not browser and not faults"
	@echo "== the browser"
	@$(OWN) $(PYTEST) -m "browser and not faults"

faults: install-dev ## kills and injected failures on both databases (40 min)
	@$(PYTHON) tools/find_postgresql.py
	@echo "== faults on SQLite"
	@$(OWN) $(PYTEST) -m faults
	@echo "== faults on PostgreSQL"
	@$(OWN) $(ON_POSTGRESQL) $(PYTEST) -m faults

bench: install-dev ## measure; ONLY=prefix chooses, OUT=file.json writes the figures
	@$(OWN) $(ON_POSTGRESQL) $(PYTHON) -m bench $(if $(ONLY),--only "$(ONLY)") $(if $(OUT),--out "$(OUT)")

lock: ## compute both lock files anew (needs uv)
	@sh tools/python.sh tools/lock.py

messages: install-dev ## extract the Chinese texts and compile the translations
	@$(OWN) $(PYTHON) tools/messages.py

docs: install-dev ## write the generated pages of docs/
	@$(OWN) $(PYTHON) tools/write_docs.py

install: ## make .venv with what running needs
	@sh tools/python.sh tools/install.py run

install-dev: ## make .venv with what developing needs
	@sh tools/python.sh tools/install.py dev
