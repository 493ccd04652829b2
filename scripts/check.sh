#!/bin/sh
# Checks the code without running it: scripts, format, dependencies, lints, docs and licences.
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

scripts/need.sh gui lint

# rustup's minimal profile does not contain these two.
for component in rustfmt clippy; do
    cargo "$(echo "$component" | sed 's/rustfmt/fmt/')" --version >/dev/null 2>&1 && continue
    command -v rustup >/dev/null || fail "$component is missing: install it beside cargo, then run this again."
    say "Installing $component with rustup"
    rustup component add "$component"
done

say 'Scripts'
shellcheck -x scripts/*.sh .ci/run

say 'Format'
cargo fmt --all --check
cargo fmt --manifest-path fuzz/Cargo.toml --check

# The fuzz targets have their own lock file, and no other check notices when it is out of date.
say 'The lock file of the fuzz targets'
cargo metadata --locked --format-version 1 --manifest-path fuzz/Cargo.toml >/dev/null

# crates/ never needs a display, so no dependency of it may be a crate of the window.
say 'Dependency rule'
for crate in sse-wire sse-tls sse-client sse-engine sse-redis sse-server sse-cli; do
    if cargo tree --locked -p "$crate" --edges normal,build --prefix none | grep -E '^(tauri|gtk|webkit2gtk|wry|tao)[ -]'; then
        fail "$crate depends on a crate of the window (above): crates/ must build without a display."
    fi
done

# The engine has no socket, no clock and no HTTP; it uses only the types of header fields.
if cargo tree --locked -p sse-engine --edges normal,build --prefix none | grep -E '^(axum|hyper|hyper-util|mio|socket2|tokio-util)[ -]'; then
    fail 'sse-engine depends on a crate that opens sockets or speaks HTTP (above): hand in what it needs.'
fi

# The types of the JSON as TypeScript are made in tests: nothing that is shipped carries them.
for crate in sse-cli sse-workbench; do
    if cargo tree --locked -p "$crate" --edges normal,build --prefix none | grep -E '^ts-rs(-macros)? '; then
        fail "$crate carries ts-rs (above): turn the feature \`types\` on in dev-dependencies only."
    fi
done

say 'Clippy'
cargo clippy --locked --workspace --all-targets -- -D warnings
# --all-targets leaves out these, because a plain `cargo test` does not build them.
cargo clippy --locked --workspace --test dev --test screenshots --test bench --test lab --test lab_clients -- -D warnings

# There are no examples. To name them makes cargo take the features that Clippy had above, where it
# would check sixty dependencies once more for others.
say 'Docs'
RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps --document-private-items \
    --lib --bins --examples

# Advisories are not checked here: they need the network, and they change without the code.
if cargo deny --version >/dev/null 2>&1; then
    say 'Licences, bans, sources'
    cargo deny --locked check licenses bans sources
else
    say 'Licences were not checked: cargo-deny is not installed (cargo install cargo-deny).'
fi
