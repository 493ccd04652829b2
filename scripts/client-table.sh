#!/bin/sh
# Writes the table of docs/CLIENTS.md anew, as the clients here do.
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

scripts/need.sh server python node
scripts/clients.sh
exec env WRITE_CLIENTS=1 cargo test --locked -p sse-cli --test lab_clients
