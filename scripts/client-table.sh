#!/bin/sh
# Writes docs/CLIENTS.md anew: what clients of others, browsers among them, make of the cases of the
# lab. It takes about ten minutes; do not use the machine meanwhile, for what is judged is also when
# a client comes back.
# usage: client-table.sh
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

scripts/need.sh gui desktop browsers
scripts/tools.sh
scripts/clients.sh

export WRITE_CLIENTS=1
cargo test --locked -p sse-cli --test lab_clients

say 'Browsers, one after the other'
cargo test --locked -p sse-workbench --test browsers --test webview -- \
    --test-threads 1 is_judged_in_the_lab
