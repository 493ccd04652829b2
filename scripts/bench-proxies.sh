#!/bin/bash
# Measures `sse proxy` of a release build beside nginx, and prints a table in Markdown. It takes
# about three minutes; do not use the machine meanwhile.
# usage: bench-proxies.sh [ARGUMENT...]
# The arguments go to `sse-bench proxies`. Without arguments, it writes its section of
# docs/BENCHMARKS.md.
set -euo pipefail
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

[ $# -gt 0 ] || set -- --write docs/BENCHMARKS.md

scripts/need.sh server
cargo build --locked --release -p sse-cli
cargo build --locked --release -p sse-bench
scripts/bench-peers.sh nchan

exec "${CARGO_TARGET_DIR:-target}/release/sse-bench" proxies "$@"
