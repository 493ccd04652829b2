#!/bin/sh
# Writes docs/window-light.png, docs/window-dark.png and docs/connections.png from the real app on a display of its own.
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

scripts/need.sh gui desktop
scripts/tools.sh

cargo test --locked -p sse-workbench --test screenshots -- --ignored
say 'Wrote:'
ls -l docs/*.png
