#!/bin/sh
# Runs all tests: crates, page, desktop, browsers.
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

scripts/need.sh server gui desktop browsers faults node
scripts/tools.sh

# Every test of the window brings its own display, D-Bus session and settings folder (tests/support/desktop.rs):
# none opens on the screen of the person who runs this, and they do not meet.
say 'Crates, window, menu, browsers'
cargo test --locked --workspace

# Built before the test that starts it, so that the minutes of a build are not taken for a hang.
say 'cargo tauri dev'
cargo build --locked -p sse-workbench --no-default-features
cargo test --locked --workspace --test dev

say 'The page: types and pure functions'
npx -y -p typescript@5 tsc -p tests/page/jsconfig.json
# The files by name: what node makes of a folder differs from version to version.
node --test tests/page/*.test.mjs
