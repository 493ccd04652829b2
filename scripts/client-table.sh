#!/bin/sh
# Writes docs/CLIENTS.md anew: what clients of others, browsers among them, make of the cases of the
# lab. The clients are installed from PyPI, npm and crates.io into target/tools/clients. It takes
# about ten minutes; do not use the machine meanwhile, for what is judged is also when a client comes
# back.
# usage: client-table.sh
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

scripts/need.sh server python node gui desktop browsers
scripts/tools.sh

sources=crates/sse-cli/tests/clients/lab
folder=target/tools/clients
mkdir -p "$folder"

# Each list is copied last: a folder with the same list is whole.
wanted="$sources/requirements.txt"
if ! cmp -s "$wanted" "$folder/lab-python/requirements.txt"; then
    say "Installing the clients of $wanted with pip into $folder/lab-python"
    rm -rf "$folder/lab-python"
    python3 -m venv "$folder/lab-python"
    "$folder/lab-python/bin/pip" install --quiet --disable-pip-version-check -r "$wanted"
    cp "$wanted" "$folder/lab-python/"
fi

wanted="$sources/package.json"
if ! cmp -s "$wanted" "$folder/lab-node/installed.json"; then
    say "Installing the clients of $wanted with npm into $folder/lab-node"
    rm -rf "$folder/lab-node"
    mkdir "$folder/lab-node"
    cp "$wanted" "$folder/lab-node/"
    (cd "$folder/lab-node" && npm install --silent --no-package-lock --no-audit --no-fund)
    cp "$wanted" "$folder/lab-node/installed.json"
fi

# Cargo knows by itself what is there. A debug build takes a third of the time.
say "Building the client of $sources/rust with cargo into $folder/lab-rust"
cargo build --locked --quiet --manifest-path "$sources/rust/Cargo.toml" --target-dir "$folder/lab-rust"

export WRITE_CLIENTS=1
cargo test --locked -p sse-cli --test lab_clients -- --ignored

say 'Browsers, one after the other'
cargo test --locked -p sse-workbench --test browsers --test webview -- \
    --test-threads 1 is_judged_in_the_lab
