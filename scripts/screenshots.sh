#!/bin/sh
# Writes docs/window-light.png, docs/connections-light.png, docs/topics-light.png and the same in dark from the real app on a display of its own.
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

scripts/need.sh gui desktop
scripts/tools.sh

cargo test --locked -p sse-workbench --test screenshots
say 'Wrote:'
ls -l docs/*.png
