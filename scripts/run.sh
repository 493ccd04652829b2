#!/bin/sh
# Builds and opens the app. Without a display, it runs the same server without a window.
# usage: run.sh [ARGUMENT...]    the arguments go to the program
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

# A debug build starts minutes sooner the first time, and its server is fast enough.
if [ "$(uname -s)" = Linux ] && [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    say 'There is no display, because neither DISPLAY nor WAYLAND_DISPLAY is set: running "sse serve" instead of the app.'
    scripts/need.sh server
    exec cargo run --locked -p sse-cli -- serve "$@"
fi
scripts/need.sh gui
exec cargo run --locked -p sse-workbench -- "$@"
