#!/bin/sh
# Writes docs/CLIENTS.md anew: what clients of others make of the cases of the lab. It takes about
# five minutes; do not use the machine meanwhile, for what is judged is also when a client comes
# back.
# usage: client-table.sh
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

scripts/clients.sh

exec env WRITE_CLIENTS=1 cargo test --locked -p sse-cli --test lab_clients
