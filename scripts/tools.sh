#!/bin/sh
# Installs tools that Debian does not have, from crates.io into target/tools. Installed tools are
# skipped.
# usage: tools.sh [TOOL...]    without arguments, the two WebDriver servers
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

# A caret allows any compatible version. An equals sign pins a tool whose output is kept or counted.
version() {
    case $1 in
        tauri-driver) echo '^2.0' ;;
        geckodriver) echo '^0.37' ;;
        cargo-fuzz) echo '^0.13' ;;
        cargo-deb) echo '=3.8.0' ;;
        cargo-generate-rpm) echo '=0.21.1' ;;
        cargo-mutants) echo '=27.1.0' ;;
        *) fail "tools.sh does not know '$1': add it and its version to the list in tools.sh." ;;
    esac
}

is_there() {
    case $2 in
        =*) cargo install --list --root target/tools | grep -qx "$1 v${2#=}:" ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

[ $# -gt 0 ] || set -- tauri-driver geckodriver
for tool in "$@"; do
    version=$(version "$tool")
    is_there "$tool" "$version" && continue
    say "Installing $tool $version with cargo into target/tools"
    # A debug build takes half the time, and the tools have little to do.
    cargo install "$tool" --version "$version" --locked --debug --root target/tools
done
