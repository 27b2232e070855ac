# Short names for the commands in CONTRIBUTING.md. Every recipe first installs what is missing.

.PHONY: run watch build test fuzz bench crash outages fmt clean

## Start on port 3003 with the configuration, or a demo without one.
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

## Feed hostile input to every parser of external data, for SECONDS_EACH seconds for each target.
fuzz:
	@scripts/setup fuzz
	@scripts/fuzz $${SECONDS_EACH:-600}

## Measure the release build: latency, throughput, memory, size.
bench: build
	@. scripts/env.sh && cargo run --release --locked --package bench

## Kill the server 200 times under load and count lost or repeated data, of which there must be none.
crash:
	@scripts/setup build
	@. scripts/env.sh && TALLYWIRE_CRASH_ROUNDS=$${ROUNDS:-200} cargo test --locked -p server --no-default-features --features tail --test it faults::killed -- --nocapture

## Break the services of three nodes 50 times, each as long as a real outage, and count lost data, of which there must be none.
outages:
	@scripts/setup test
	@. scripts/env.sh && TALLYWIRE_OUTAGE_ROUNDS=$${ROUNDS:-50} TALLYWIRE_OUTAGES=long cargo test --locked -p server --no-default-features --features tail --test it outages:: -- --ignored --nocapture

fmt:
	@. scripts/env.sh && cargo fmt --all && cargo fmt --manifest-path fuzz/Cargo.toml

clean:
	@. scripts/env.sh && cargo clean
	@rm -rf dist
