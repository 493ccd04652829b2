#!/bin/bash
# Measures the app and its programs in a release build, and prints tables in Markdown. Nothing else
# goes to stdout.
# usage: bench-app.sh [beside]
# beside measures only the window beside an empty one, in about six minutes (ROUNDS=3: in two).
# BIN is the folder of sse-workbench, sse and empty-window, if it is not target/release.
set -euo pipefail
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

{
    scripts/need.sh gui desktop
    scripts/tools.sh
    # Builds what `make bundle` builds: if nothing has changed since, its binaries are measured.
    [ -n "${BIN:-}" ] || cargo build --locked --workspace --exclude sse-bench --bins --features tauri/custom-protocol --release
} >&2

# 10,000 clients and the server each want that many files open.
ulimit -n "$(ulimit -Hn)"
BIN=$(cd "${BIN:-target/release}" && pwd) cargo test --locked --quiet -p sse-workbench --test bench -- "$@"
