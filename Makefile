# Thin: each target says what it runs; the work is in scripts/ and xtask/. Builds go to CARGO_TARGET_DIR, outside the checkout.
export CARGO_TARGET_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/tweestap/target
export SQLX_OFFLINE ?= true
PROGRAM := $(CARGO_TARGET_DIR)/release/tweestap
.DEFAULT_GOAL := help
.PHONY: help setup build run demo test check e2e bench fuzz fmt lint

help: ## this list
	@sed -nE 's/^([a-z0-9]+):[^#]*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

setup: ## install what is missing (every target below does it first)
	@scripts/setup.sh

build: setup ## the release program and its site
	cargo build --release --locked --package server
	cargo xtask site --release

run: build ## build, then serve on http://localhost:3000 with a private Postgres
	@exec $(PROGRAM) serve

demo: build ## load three invented organisations with a year of sign-ins; then: make run
	@exec $(PROGRAM) demo

test: setup ## everything: formatting, lints, unit, database, protocol and browser tests
	@scripts/test.sh all

check: setup ## the same without the browser
	@scripts/test.sh check

e2e: setup ## the browser tests alone
	@scripts/test.sh e2e

bench: build ## measure speed, memory and sizes beside what the machine allows
	@scripts/bench.sh

fuzz: setup ## a million tries at each reader of files and texts from outside
	@scripts/fuzz.sh

fmt: ## format the sources
	cargo fmt --all

lint: setup ## clippy for the server and for the browser
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo xtask lint
