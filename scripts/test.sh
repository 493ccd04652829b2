#!/bin/sh
# Runs all tests: crates, page, desktop, browsers.
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

scripts/need.sh server gui desktop browsers faults node redis valkey balancers metrics
# Ctrl-c does not reach what a script starts with &.
trap 'trap "" TERM; kill 0; exit 130' INT TERM
# The clients of others wait for the network, and the builds wait for the cores.
mkdir -p target
scripts/clients.sh >target/clients.log 2>&1 &
clients=$!
scripts/tools.sh

# Every test of the window has its own display, D-Bus session and settings folder
# (tests/support/desktop.rs), so no window opens on your screen and the tests do not disturb each
# other.
say 'Crates, window, menu, browsers'
cargo test --locked --workspace --no-run
cargo test --locked --workspace --test lab --test lab_clients --no-run
wait "$clients" || {
    cat target/clients.log
    fail 'The clients of others are not installed (above).'
}
# Two tests of the lab wait for their clients for minutes, so they run beside all others. What they
# print comes behind the rest.
cargo test --locked --workspace --test lab --test lab_clients >target/test-lab.log 2>&1 &
lab=$!
failed=
cargo test --locked --workspace || failed=1
wait "$lab" || failed=1
trap - INT TERM
say 'The lab'
cat target/test-lab.log
[ -z "$failed" ] || fail 'Tests failed (above).'

# The same tests of the engine that keeps topics, on Valkey. With the features of the whole workspace
# nothing is built anew; other crates' tests of the same names run again, which takes seconds.
say 'Topics in Valkey'
set --
for file in crates/sse-redis/tests/*.rs; do
    set -- "$@" --test "$(basename "$file" .rs)"
done
SSE_ENGINE=$(command -v valkey-server) cargo test --locked --workspace "$@"

# Built before the test starts it, because the test would take a build of minutes for a hang.
say 'cargo tauri dev'
cargo build --locked -p sse-workbench --no-default-features
cargo test --locked --workspace --test dev

say 'The page: types and pure functions'
npx -y -p typescript@5 tsc -p tests/page/jsconfig.json
# Lists the files, because versions of node treat a folder differently.
node --test tests/page/*.test.mjs
