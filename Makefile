# What a person types here. Everything else is in tools/, rehearsal/ and pyproject.toml.
.DEFAULT_GOAL := help
.PHONY: help install demo test torture bench lint lock screenshots clean

PYTHON ?=
# Inside .venv, whatever environment the shell is in.
RUN := .venv/bin/python -P -m

help: ## Say what there is
	@echo 'make TARGET, where TARGET is one of:'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1	\2/p' Makefile | expand -t 16
	@echo
	@echo 'make demo takes: EXIT=1 (stop at the end; status 0 if all came as expected), KEEP=1 (stay up even so),'
	@echo '  STORY=... (what happens on the way: veto, red-build, red-check, late-commit, fix or left-out),'
	@echo '  OUT=FILE (the outcome as JSON), PORT=8081 and SANDBOX_PORT=5101 (or auto),'
	@echo '  TIMINGS=1 (where the seconds went). make test takes: ARGS="-k soak -x"'

install: ## Install what the locks name into .venv and node_modules
	@PYTHON='$(PYTHON)' tools/install

DEMO_OPTIONS = $(if $(filter 1 yes true,$(EXIT)),--exit) $(if $(filter 1 yes true,$(KEEP)),--keep) \
  $(if $(filter 1 yes true,$(TIMINGS)),--timings) $(if $(STORY),--story '$(STORY)') $(if $(OUT),--out '$(OUT)') \
  $(if $(PORT),--port '$(PORT)') $(if $(SANDBOX_PORT),--sandbox-port '$(SANDBOX_PORT)')

demo: install ## Rehearse a release on this machine: Airflow, an AWS and a Play to break
	@exec .venv/bin/python -m rehearsal $(DEMO_OPTIONS)

test: install ## Run all tests
	@exec .venv/bin/python -m pytest $(ARGS)

torture: install ## Kill parts of it for an hour: 20,000 builds, and ten releases on PostgreSQL
	@TORTURE=long exec .venv/bin/python -m pytest tests/torture tests/e2e/test_kills.py $(ARGS)

bench: install ## Measure what the DAG file costs at 6 to 1,000 services, and waiting for 30 to 1,000 builds
	@.venv/bin/python -m bench && exec .venv/bin/python -m bench.polling

lint: install ## Check style, types and who imports whom
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	.venv/bin/lint-imports

LOCK := .venv/bin/uv pip compile --quiet --custom-compile-command 'make lock' --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links

lock: install ## Take the newest versions that requirements.in and package.json allow
	$(LOCK) --upgrade requirements.in -o requirements.txt
	$(LOCK) --upgrade --no-header --no-annotate requirements-uv.in -o requirements-uv.txt
	PATH="$$PWD/.venv/bin:$$PATH" .venv/bin/npm update --package-lock-only

screenshots: install ## Take the README's pictures, with Debian's chromium
	@exec .venv/bin/python -m rehearsal.screenshots

clean: ## Remove all that was installed or made
	rm -rf .venv node_modules .run build dist *.egg-info plugins/*.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
