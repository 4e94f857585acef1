# Every target works from a fresh clone: the first makes .venv from the hashed locks.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
BIN := .venv/bin
LOCKS := requirements/dev.txt requirements/installer.txt

.PHONY: help
help:  ## print every target with its line
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1|\2/' | awk -F'|' '{printf "%-16s%s\n", $$1, $$2}'

.venv/ready: $(LOCKS) pyproject.toml deploy/local/environment
	@deploy/local/environment

.PHONY: demo run stop status
demo: .venv/ready  ## start everything on fresh names, play the year and the story, remove it all (KEEP=1 leaves it up)
	@$(BIN)/mainstay demo

run: .venv/ready  ## start everything on the live clock, data under .local/, until Ctrl-C
	@$(BIN)/mainstay up

stop: .venv/ready  ## stop what runs from this folder
	@$(BIN)/mainstay stop

status: .venv/ready  ## say what runs from this folder
	@$(BIN)/mainstay status

.PHONY: check test fuzz format check-format lint types imports schemas check-schemas bench
check: check-format lint types imports check-schemas test  ## all that CI checks

test: .venv/ready  ## run every test on a real PostgreSQL and Kafka of its own
	@$(BIN)/pytest

fuzz: .venv/ready  ## send the four services requests nobody thought of, other ones each time (FUZZ_EACH=60 a route)
	@FUZZ_EACH=$${FUZZ_EACH:-60} $(BIN)/pytest tests/fuzz

format: .venv/ready  ## rewrite the code in the one format
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix --select I .

check-format: .venv/ready  ## say where the format differs
	@$(BIN)/ruff format --check .

lint: .venv/ready  ## look for what is usually a mistake
	@$(BIN)/ruff check .

types: .venv/ready  ## check the types, strictly
	@$(BIN)/mypy

imports: .venv/ready  ## check who may import whom
	@$(BIN)/lint-imports

schemas: .venv/ready  ## write the generated files again: event schemas, OpenAPI, AsyncAPI, the configuration reference
	@$(BIN)/python -m shared.events.schemas && $(BIN)/python -m deploy.generated --write

check-schemas: .venv/ready  ## say which generated file differs from the code
	@$(BIN)/python -m shared.events.schemas --check && $(BIN)/python -m deploy.generated --check

bench: .venv/ready  ## measure against bare limits on this machine, as lines `ratio NAME VALUE`
	@$(BIN)/python -m tests.bench

.PHONY: lock clean-local
lock: .venv/ready  ## renew requirements/*.txt from requirements/*.in
	@for name in runtime dev java installer; do $(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command 'make lock' \
	  requirements/$$name.in -o requirements/$$name.txt || exit 1; done

clean-local: stop  ## delete .local/, and with it the data of `make run`
	@rm -rf "$${LOCAL_DIR:-.local}"
