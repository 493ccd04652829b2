#!/bin/sh
# Writes the table "What browsers do" of docs/FAULTS.md anew, as the browsers and the webview here do.
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

scripts/need.sh server gui desktop browsers
scripts/tools.sh
# One after the other, because each writes its column.
exec env WRITE_OUTCOMES=1 cargo test --locked --test browsers --test webview \
    does_what_the_table_says -- --test-threads=1
