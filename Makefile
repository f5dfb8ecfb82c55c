# Everything that is done by hand often. `make` alone lists the targets.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

CARGO ?= cargo
PYTHON ?= python3

# FIRSTSPIKE_TOOLS names a folder of tools to be used instead of the one that is fetched here.
ifdef FIRSTSPIKE_TOOLS
TOOLS := $(FIRSTSPIKE_TOOLS)
else
TOOLS := $(CURDIR)/.tools
endif
export FIRSTSPIKE_TOOLS := $(TOOLS)

LEAVES = $(sort $(wildcard hdl/lib/*.v hdl/shell/*.v))

.PHONY: help demo tools build test python-test wheel wheel-test icarus-test mutation-test synth-test check fmt clippy lint deny bench bench-compare ablation clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

demo: build tools ## Fetch the tools, build, and run the demonstration
	target/release/firstspike demo

build:
	$(CARGO) build --release --locked

# `installed` is a copy of the requirements, written last: a folder without it, or with an older one, is made anew.
tools: ## Fetch the pinned hardware tools into .tools/ (about 800 MB, no root)
ifeq ($(TOOLS),$(CURDIR)/.tools)
	@cmp -s tools/requirements.txt .tools/installed || { \
	  echo "fetching the hardware tools into .tools/" && \
	  rm -rf .tools && \
	  $(PYTHON) -m venv .tools && \
	  .tools/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
	    --require-hashes --only-binary :all: -r tools/requirements.txt && \
	  cp tools/requirements.txt .tools/installed.tmp && \
	  mv .tools/installed.tmp .tools/installed; \
	} || { \
	  echo "cannot install the tools: python3 3.10 or newer with venv, and access to PyPI, are needed" >&2; \
	  exit 1; \
	}
else
	@test -d "$(TOOLS)" || { echo "FIRSTSPIKE_TOOLS is $(TOOLS), which is no folder" >&2; exit 1; }
endif

test: tools ## Run all tests
	$(CARGO) test --locked --workspace

python-test: tools ## Run the tests of the Python package, those of its PyTorch modules too if PyTorch is installed
	$(CARGO) test --locked --quiet --no-run --test integration
	@PYTHON="$(PYTHON)" tools/python-test

MATURIN = target/maturin/bin/maturin

$(MATURIN):
	$(PYTHON) -m venv target/maturin
	target/maturin/bin/python -m pip install --quiet --disable-pip-version-check --no-input maturin==1.16.0

wheel: $(MATURIN) ## Build the Python package for this machine into target/wheels/
	cd python && ../$(MATURIN) build --release --out ../target/wheels

wheel-test: wheel tools ## Try the Python package in an empty environment
	@PYTHON="$(PYTHON)" tools/wheel-test

# Icarus is not on PyPI: `apt install iverilog`, or what the system has in its place.
icarus-test: tools ## Run the tests that need Icarus Verilog
	$(CARGO) test --locked --test integration icarus -- --ignored

mutation-test: tools ## Plant 35 faults in the hardware, one after the other; each must be found (minutes)
	$(CARGO) test --locked --test integration mutation -- --ignored

synth-test: tools ## Place and route the MNIST cores and compare with tests/baselines/synth.json (many minutes)
	$(CARGO) test --locked --release --test integration baseline -- --ignored --test-threads 1

check: fmt clippy lint deny ## Run all static checks, the cheapest first

fmt:
	$(CARGO) fmt --all --check

clippy:
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings

lint: tools
	@tools/lint $(LEAVES)
	$(CARGO) test --locked --quiet --test integration lint::

# A checker of licenses and sources that not everyone has; deny.toml is its configuration.
deny:
	@if $(CARGO) deny --version >/dev/null 2>&1; then \
	  $(CARGO) deny --offline check licenses bans sources; \
	else \
	  echo "cargo-deny is not installed: dependencies are not checked"; \
	fi

bench: tools ## Run the benchmarks
	$(CARGO) bench --locked

bench-compare: tools ## Golden model, simulation and training beside those of a commit: make bench-compare BASE=COMMIT [ROUNDS=3]
	@test -n "$(BASE)" || { echo "name the commit to compare with: make bench-compare BASE=COMMIT" >&2; exit 2; }
	@CARGO="$(CARGO)" $(PYTHON) tools/bench_compare.py "$(BASE)" --rounds $(or $(ROUNDS),3)

ablation: ## Train and compare on Fashion-MNIST what the training is made of (hours); table and plot go into docs/
	$(CARGO) run --release --locked --example ablation -- $(ABLATION)

clean: ## Remove what was built (the tools stay)
	$(CARGO) clean
	rm -rf out
