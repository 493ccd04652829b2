#!/bin/bash
# Measures the server of a release build beside others, and prints tables in Markdown. It takes
# about half an hour; do not use the machine meanwhile.
# usage: bench-server.sh [ARGUMENT...]
# The arguments go to `sse-bench run`. Without arguments, it writes docs/BENCHMARKS.md.
set -euo pipefail
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

[ $# -gt 0 ] || set -- --write docs/BENCHMARKS.md

scripts/need.sh server
# Two builds: in a single one, both would share the features of their dependencies, and `sse` would
# not be the program that is shipped.
cargo build --locked --release -p sse-cli
cargo build --locked --release -p sse-bench
scripts/bench-peers.sh nchan better-sse sse-starlette

exec "${CARGO_TARGET_DIR:-target}/release/sse-bench" run "$@"
