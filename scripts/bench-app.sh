#!/bin/bash
# Measures the app and its programs in a release build and prints tables in Markdown; nothing else goes to stdout.
# usage: bench-app.sh    BIN names another folder with sse-workbench and sse in it (target/debug, to see that this works)
set -euo pipefail
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

{
    scripts/need.sh gui desktop
    scripts/tools.sh
    # Bundles are built with the same command, so what it made is measured as it is, if nothing has changed since.
    [ -n "${BIN:-}" ] || cargo build --locked --workspace --exclude sse-bench --bins --features tauri/custom-protocol --release
} >&2

# 10,000 clients and the server each want that many files open.
ulimit -n "$(ulimit -Hn)"
BIN=$(cd "${BIN:-target/release}" && pwd) cargo test --locked --quiet -p sse-workbench --test bench
