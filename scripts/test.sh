#!/bin/sh
# Runs all tests: crates, page, desktop, browsers.
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

scripts/need.sh server gui desktop browsers faults node redis valkey balancers
scripts/tools.sh
scripts/clients.sh

# Every test of the window has its own display, D-Bus session and settings folder
# (tests/support/desktop.rs), so no window opens on your screen and the tests do not disturb each
# other.
say 'Crates, window, menu, browsers'
cargo test --locked --workspace

# The same tests of the engine that keeps topics, on Valkey.
say 'Topics in Valkey'
SSE_ENGINE=$(command -v valkey-server) cargo test --locked -p sse-redis --tests

# Built before the test starts it, because the test would take a build of minutes for a hang.
say 'cargo tauri dev'
cargo build --locked -p sse-workbench --no-default-features
cargo test --locked --workspace --test dev

say 'The page: types and pure functions'
npx -y -p typescript@5 tsc -p tests/page/jsconfig.json
# Lists the files, because versions of node treat a folder differently.
node --test tests/page/*.test.mjs
