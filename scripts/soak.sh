#!/bin/sh
# Ten minutes of 10,000 subscribers and 10 events/s against a release build: nothing may be lost or come twice, memory must stay flat.
# usage: soak.sh [ARGUMENT...]    the arguments go to `sse-bench soak`, such as --minutes 60
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

scripts/need.sh server
cargo build --locked --release -p sse-cli
cargo build --locked --release -p sse-bench

exec "${CARGO_TARGET_DIR:-target}/release/sse-bench" soak "$@"
