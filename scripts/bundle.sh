#!/bin/sh
# Makes the bundles of this system, with both programs in them, in target/release/bundle/.
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

scripts/need.sh gui node
command -v npx >/dev/null || fail 'npx is missing: install Node.js 18 or later, then run this again.'

case $(uname -s) in
    Linux) bundles=deb,rpm ;;
    Darwin) bundles=dmg ;;
    *) bundles=nsis ;;
esac

# --workspace makes cargo build the window and `sse` in one go: their common dependencies compile once. The benchmark stays
# out: it asks for features of those dependencies that a shipped program does not need.
npx -y @tauri-apps/cli@2 build --ci --bundles "$bundles" -- --locked --workspace --exclude sse-bench

say 'Made:'
find target/release/bundle -type f \( -name '*.deb' -o -name '*.rpm' -o -name '*.dmg' -o -name '*.exe' \)
