# shellcheck shell=sh
# Every script here sources this file first. It changes to the repository root and puts cargo and
# our own tools on the PATH.

cd "$(dirname "$0")/.." || exit 1

# rustup installs cargo in ~/.cargo/bin, which only login shells have on their PATH.
PATH="$PWD/target/tools/bin:${CARGO_HOME:-${HOME:-/nonexistent}/.cargo}/bin:$PATH"
export PATH

# Prints a line that stands out from the output of the programs that a script runs.
say() {
    printf '== %s\n' "$*"
}

fail() {
    printf '== %s\n' "$*" >&2
    exit 1
}
