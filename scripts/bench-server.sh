#!/bin/bash
# Measures the server of a release build beside others and prints tables in Markdown. About twenty minutes; leave the machine alone
# meanwhile.
# usage: bench-server.sh [ARGUMENT...]    the arguments go to `sse-bench run`; without any, docs/BENCHMARKS.md is written
set -euo pipefail
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

[ $# -gt 0 ] || set -- --write docs/BENCHMARKS.md

scripts/need.sh server
# One after the other: built together they would share features of their dependencies, and `sse` would not be the one that is shipped.
cargo build --locked --release -p sse-cli
cargo build --locked --release -p sse-bench
scripts/bench-peers.sh

exec "${CARGO_TARGET_DIR:-target}/release/sse-bench" run "$@"
