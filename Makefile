# Everything a person does here is one of these; `make` alone lists them.
#
# Settings come from the environment, then from .env (see .env.example; ENV_FILE names another).
# All state lies under VAR_DIR (var/ by default): removing that folder after `make down` starts from
# nothing. What is given on make's command line reaches the scripts as environment.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The default python3 of the machine, unless told otherwise: make demo PYTHON3=python3.12
PYTHON3 ?= python3
INSTALLED := .venv/installed

##@ Try it
demo: $(INSTALLED) ## a whole refresh on an invented company, and what came of it
	@scripts/demo

up: $(INSTALLED) ## Dagster's UI and daemon on 127.0.0.1, refreshing every 15 minutes
	@scripts/up

status: $(INSTALLED) ## what is running
	@scripts/status

down: $(INSTALLED) ## stop all that was started, and nothing else
	@scripts/down

report: $(INSTALLED) ## the director's and the sales head's pages and the workbook of reports, as files
	@scripts/run python -m dashboards report $(ARGS)

olist: $(INSTALLED) ## the real Olist funnel through `exports`: make olist DATA=path/to/olist
	@scripts/olist "$(DATA)"

templates: $(INSTALLED) ## the empty workbook of plans, costs and settings: make templates FILE=workbook.xlsx
	@scripts/templates "$(FILE)"

##@ Work
test: $(INSTALLED) ## all tests, on data and ports of their own: make test ARGS="-k refund"
	@scripts/test $(ARGS)

test-deep: $(INSTALLED) ## three other demo companies with ten times the planted faults, against their ledgers
	@for seed in 11 12 13; do \
		echo "Seed $$seed"; \
		TEST_DEMO_STORY="--seed $$seed --faults 10" scripts/test -n 0 tests/e2e/test_demo_company.py tests/e2e/test_demo_roles.py tests/e2e/test_refreshes.py $(ARGS); \
	done

bench: $(INSTALLED) ## speed and memory of loading, as ratios of one run: make bench ARGS="--rows 100000"
	@.venv/bin/python -m benchmarks.ingest $(ARGS)

lint: $(INSTALLED) ## style, types, format
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

format: $(INSTALLED) ## repair what lint can repair by itself
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

dbt: $(INSTALLED) ## any dbt command: make dbt ARGS="build -s int_leads+"
	@scripts/run dbt $(ARGS)

mf: $(INSTALLED) ## metrics by name: make mf ARGS="query --metrics leads_count --group-by metric_time"
	@scripts/mf $(ARGS)

psql: $(INSTALLED) ## a prompt in the warehouse
	@scripts/run python -m warehouse psql

docs: $(INSTALLED) ## dbt's documentation of every table and column, served on 127.0.0.1
	@scripts/docs

lock: $(INSTALLED) ## pin the versions of pyproject.toml anew into requirements.lock (needs uv)
	@uv pip compile pyproject.toml --extra semantic --group dev --group clients --universal \
		--generate-hashes --no-header --no-emit-index-url --no-emit-find-links --quiet -o requirements.lock

help:
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Installed once, and again whenever the lock changes.
$(INSTALLED): requirements.lock
	@PYTHON3="$(PYTHON3)" scripts/install

.PHONY: demo up status down report olist templates test test-deep bench lint format dbt mf psql docs lock help
