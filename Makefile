# Short names for what CONTRIBUTING.md explains. Every recipe sets up what is missing first.

.PHONY: run watch build test fuzz bench crash outages fmt clean

## Start on port 3003: what is configured, or a demo where nothing is.
run:
	@scripts/setup build
	@scripts/build dev
	@scripts/run

## Rebuild and reload the page on every change.
watch:
	@scripts/setup watch
	@. scripts/env.sh && cargo leptos watch

## A release binary with its site in dist/.
build:
	@scripts/setup release
	@scripts/build release

## Format, lints, unit, integration and browser tests.
test:
	@scripts/setup test
	@scripts/test

## Feed hostile input to everything that reads what others send, so many seconds for each target.
fuzz:
	@scripts/setup fuzz
	@scripts/fuzz $${SECONDS_EACH:-600}

## Measure the release build: latency, throughput, memory, size.
bench: build
	@. scripts/env.sh && cargo run --release --locked --package bench

## Kill the server 200 times under load and count what was lost or repeated: nothing may be.
crash:
	@scripts/setup build
	@. scripts/env.sh && TALLYWIRE_CRASH_ROUNDS=$${ROUNDS:-200} cargo test --locked -p server --no-default-features --features tail --test it faults::killed -- --nocapture

## Break what three nodes stand on 50 times, each for as long as real outages last, and count what was lost: nothing may be.
outages:
	@scripts/setup test
	@. scripts/env.sh && TALLYWIRE_OUTAGE_ROUNDS=$${ROUNDS:-50} TALLYWIRE_OUTAGES=long cargo test --locked -p server --no-default-features --features tail --test it outages:: -- --ignored --nocapture

fmt:
	@. scripts/env.sh && cargo fmt --all && cargo fmt --manifest-path fuzz/Cargo.toml

clean:
	@. scripts/env.sh && cargo clean
	@rm -rf dist
