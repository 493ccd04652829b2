#!/bin/sh
# Plays ten million hostile histories of topics over many nodes (MODEL=0 leaves that out). Then plays
# each scenario of real nodes and a real engine twenty times (SCENES=0 leaves that out). Then runs
# 10,000 subscribers and 10 events/s against a release build for ten minutes. It fails if an event is
# lost or repeated, or if memory does not stay flat.
# usage: soak.sh [ARGUMENT...]    the arguments go to `sse-bench soak`, for example --minutes 60
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

scripts/need.sh server redis balancers faults
if [ "${MODEL:-1}" != 0 ]; then
    SSE_HISTORIES="${SSE_HISTORIES:-10000000}" \
        cargo test --locked --release -p sse-engine --lib topics::follower::tests::model -- --nocapture
fi
n=0
while [ "$n" -lt "${SCENES:-20}" ]; do
    n=$((n + 1))
    say "Scenes of nodes, round $n of ${SCENES:-20}"
    cargo test --locked --release -p sse-cli --test nodes
done
cargo build --locked --release -p sse-cli
cargo build --locked --release -p sse-bench

exec "${CARGO_TARGET_DIR:-target}/release/sse-bench" soak "$@"
