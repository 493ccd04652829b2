#!/bin/bash
# Measures the decoder of a release build beside others, and prints tables in Markdown. It takes
# about three minutes; do not use the machine meanwhile.
# usage: bench-decoders.sh [ARGUMENT...]
# The arguments go to `sse-bench decoders`. Without arguments, it writes its section of
# docs/BENCHMARKS.md.
set -euo pipefail
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

[ $# -gt 0 ] || set -- --write docs/BENCHMARKS.md

scripts/need.sh server
cargo build --locked --release -p sse-bench
scripts/bench-peers.sh eventsource-parser httpx-sse

exec "${CARGO_TARGET_DIR:-target}/release/sse-bench" decoders "$@"
