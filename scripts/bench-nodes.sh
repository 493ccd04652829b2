#!/bin/bash
# Measures nodes of a release build that keep their topics in Redis, beside a node without it and
# beside the servers of others with Redis, and prints tables in Markdown. It takes about ten minutes;
# do not use the machine meanwhile.
# usage: bench-nodes.sh [ARGUMENT...]
# The arguments go to `sse-bench nodes`. Without arguments, it writes its section of
# docs/BENCHMARKS.md.
set -euo pipefail
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

[ $# -gt 0 ] || set -- --write docs/BENCHMARKS.md

scripts/need.sh server redis
# Two builds: in a single one, both would share the features of their dependencies, and `sse` would
# not be the program that is shipped.
cargo build --locked --release -p sse-cli
cargo build --locked --release -p sse-bench
scripts/bench-peers.sh nchan better-sse-redis

exec "${CARGO_TARGET_DIR:-target}/release/sse-bench" nodes "$@"
