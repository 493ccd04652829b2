#!/bin/sh
# Takes the pictures in docs/ (each in light and dark) from the real app on a virtual display.
# usage: screenshots.sh [lab]   lab: only those of the lab
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

scripts/need.sh gui desktop redis
scripts/tools.sh

cargo test --locked -p sse-workbench --test screenshots -- "$@"
say 'Wrote:'
ls -l docs/*.png
