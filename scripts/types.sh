#!/bin/sh
# Writes ui/page/server.d.ts anew: the types of the JSON that the page is sent, from the Rust structs.
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

scripts/need.sh gui
exec cargo test --locked -p sse-workbench --lib types::write -- --ignored --exact
