#!/bin/sh
# Measures the app, the server, the decoder, the proxy and topics over many machines on this machine, and
# writes docs/BENCHMARKS.md. It takes about an hour; do not use the machine meanwhile.
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

mkdir -p target/sse-bench
scripts/bench-app.sh >target/sse-bench/app.md
cat target/sse-bench/app.md
scripts/bench-server.sh --write docs/BENCHMARKS.md --app target/sse-bench/app.md
scripts/bench-decoders.sh --write docs/BENCHMARKS.md
scripts/bench-proxies.sh --write docs/BENCHMARKS.md
scripts/bench-nodes.sh --write docs/BENCHMARKS.md
