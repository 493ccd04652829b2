#!/bin/sh
# Installs the clients of others that tests of the command run, from PyPI, npm and crates.io into
# target/tools/clients. What is there in the wanted version is skipped.
# usage: clients.sh
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

scripts/need.sh server python node

sources=crates/sse-cli/tests/clients
folder=target/tools/clients
mkdir -p "$folder"

# Each list is copied last: a folder with the same list is whole.
# usage: pip_install LIST FOLDER
pip_install() {
    if ! cmp -s "$1" "$2/requirements.txt"; then
        say "Installing the clients of $1 with pip into $2"
        rm -rf "$2"
        python3 -m venv "$2"
        "$2/bin/pip" install --quiet --disable-pip-version-check -r "$1"
        cp "$1" "$2/"
    fi
}

# usage: npm_install LIST FOLDER
npm_install() {
    if ! cmp -s "$1" "$2/installed.json"; then
        say "Installing the clients of $1 with npm into $2"
        rm -rf "$2"
        mkdir "$2"
        cp "$1" "$2/"
        (cd "$2" && npm install --silent --no-package-lock --no-audit --no-fund)
        cp "$1" "$2/installed.json"
    fi
}

pip_install "$sources/requirements.txt" "$folder/python"
npm_install "$sources/package.json" "$folder/node"
pip_install "$sources/lab/requirements.txt" "$folder/lab-python"
npm_install "$sources/lab/package.json" "$folder/lab-node"

# Cargo knows by itself what is there. A debug build takes a third of the time.
say "Building the client of $sources/lab/rust with cargo into $folder/lab-rust"
cargo build --locked --quiet --manifest-path "$sources/lab/rust/Cargo.toml" \
    --target-dir "$folder/lab-rust"
