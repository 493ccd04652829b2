#!/bin/sh
# Installs the clients of others that tests of the command run, from PyPI, npm and crates.io into
# target/tools/clients. What is there in the wanted version is skipped.
# usage: clients.sh
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

scripts/need.sh python node

sources=crates/sse-cli/tests/clients
folder=target/tools/clients
mkdir -p "$folder"

# The list is copied last: a folder with the same list is whole.
wanted="$sources/requirements.txt"
if ! cmp -s "$wanted" "$folder/python/requirements.txt"; then
    say "Installing the clients of $wanted with pip into $folder/python"
    rm -rf "$folder/python"
    python3 -m venv "$folder/python"
    "$folder/python/bin/pip" install --quiet --disable-pip-version-check -r "$wanted"
    cp "$wanted" "$folder/python/"
fi

wanted="$sources/package.json"
if ! cmp -s "$wanted" "$folder/node/installed.json"; then
    say "Installing the clients of $wanted with npm into $folder/node"
    rm -rf "$folder/node"
    mkdir "$folder/node"
    cp "$wanted" "$folder/node/"
    (cd "$folder/node" && npm install --silent --no-package-lock --no-audit --no-fund)
    cp "$wanted" "$folder/node/installed.json"
fi

# Cargo knows by itself what is there. A debug build takes a third of the time.
say "Building the client of $sources/rust with cargo into $folder/rust"
cargo build --locked --quiet --manifest-path "$sources/rust/Cargo.toml" --target-dir "$folder/rust"
