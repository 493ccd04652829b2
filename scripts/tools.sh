#!/bin/sh
# Installs the two WebDriver servers that Debian does not have, from crates.io into target/tools; nothing when they are there.
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

# A debug build: they pass small messages, and it halves the time to the first test.
tool() {
    command -v "$1" >/dev/null && return
    say "Installing $1 $2 with cargo into target/tools"
    cargo install "$1" --version "$2" --locked --debug --root target/tools
}

tool tauri-driver '^2.0'
tool geckodriver '^0.37'
