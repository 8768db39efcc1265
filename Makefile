# One command per job; `make help` lists them. Every job makes its own environment in $(VENV) first.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

VENV ?= .venv
OUT ?= outputs
# The interpreter to build the environment with; by default the first suitable one found.
PYTHON ?=

ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
STAMPS := $(VENV)/.stamps
RUST := Cargo.toml Cargo.lock $(shell find rust -name '*.rs' -o -name Cargo.toml)

# Where rustup puts cargo, for shells that were open before it was installed.
export PATH := $(PATH):$(HOME)/.cargo/bin
export VIRTUAL_ENV := $(abspath $(VENV))
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
export PIP_ROOT_USER_ACTION := ignore
MATURIN = PATH="$(abspath $(BIN)):$$PATH" "$(BIN)/python" -m maturin

.PHONY: help run test lint format bench results wheel docs-check clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: $(STAMPS)/native ## simulate, detect and report: writes outputs/report.html
	@"$(BIN)/python" -m fakeengage run --out "$(OUT)"

test: $(STAMPS)/everything $(STAMPS)/native ## every check there is, torch included (5 GB on Linux)
	@"$(BIN)/python" tests/all_checks.py

lint: $(STAMPS)/everything $(STAMPS)/native ## formats, lints, types and the stub
	@"$(BIN)/python" tests/all_checks.py --only rust-format clippy ruff python-format mypy stubtest

docs-check: $(STAMPS)/everything $(STAMPS)/native ## the examples and commands written in the documentation
	@"$(BIN)/python" tests/all_checks.py --only docs

format: $(STAMPS)/everything ## rewrite Rust and Python in the project's format
	cargo fmt --all
	"$(BIN)/python" -m ruff check --fix --quiet .
	"$(BIN)/python" -m ruff format .

bench: $(STAMPS)/everything $(STAMPS)/native ## measure, and keep the figures in benches/record/
	@for bench in benches/bench_*.py; do echo "== $$bench"; "$(BIN)/python" "$$bench" --record; done
	@echo; "$(BIN)/python" benches/kernel_table.py

results: $(STAMPS)/everything $(STAMPS)/native ## make the table of results again, into docs/results (half an hour)
	@"$(BIN)/python" benches/results.py

wheel: $(STAMPS)/package ## build the wheel and the source archive into dist/
	$(MATURIN) build --release --locked --sdist --out dist

clean: ## remove everything that these commands made, the environment included
	rm -rf "$(VENV)" target dist "$(OUT)" python/fakeengage/_native*.so python/fakeengage/_native*.pyd
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is a file whose date says when a step was last done, so that a second run does nothing twice.
$(STAMPS)/python:
	@command -v cargo >/dev/null || { echo "make: cargo not found; install Rust 1.89 or newer from https://rustup.rs, open a new shell and run this again" >&2; exit 2; }
	@found=; \
	for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python3.10 python py; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then echo "make: no Python 3.10 or newer found; install one from https://www.python.org/downloads or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 2; fi; \
	echo "== environment: $(VENV) with $$("$$found" --version)"; \
	"$$found" -m venv "$(VENV)" || { echo "make: this Python cannot make environments; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 2; }
	@"$(BIN)/python" -m pip install --quiet --upgrade "pip>=24" "maturin>=1.9,<2"
	@mkdir -p "$(STAMPS)" && touch "$@"

$(STAMPS)/package: pyproject.toml | $(STAMPS)/python
	@echo "== package: compiling the Rust core and installing what scoring needs"
	@PIP_QUIET=1 $(MATURIN) develop --release --locked --quiet
	@touch "$@" "$(STAMPS)/native"

$(STAMPS)/everything: pyproject.toml | $(STAMPS)/python
	@echo "== package: compiling the Rust core and installing every extra (torch takes minutes)"
	@PIP_QUIET=1 $(MATURIN) develop --release --locked --quiet --extras all,bench,dev
	@touch "$@" "$(STAMPS)/package" "$(STAMPS)/native"

# After the first build only the extension itself is compiled again.
$(STAMPS)/native: $(RUST) | $(STAMPS)/package
	@echo "== extension: bringing the Rust core up to date"
	@$(MATURIN) develop --release --locked --quiet --skip-install
	@touch "$@"
