#!/bin/sh
# Builds and opens the app; where there is no display, runs the same server without a window.
# usage: run.sh [ARGUMENT...]    the arguments go to the program
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

# Debug builds: the first start is minutes sooner, and the server is fast enough to look at.
if [ "$(uname -s)" = Linux ] && [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    say 'There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set): running "sse serve" instead of the window.'
    scripts/need.sh server
    exec cargo run --locked -p sse-cli -- serve "$@"
fi
scripts/need.sh gui
exec cargo run --locked -p sse-workbench -- "$@"
