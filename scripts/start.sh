# shellcheck shell=sh
# The first line of every script here: sourced, it goes to the repository root and finds cargo and our own tools.

cd "$(dirname "$0")/.." || exit 1

# rustup puts cargo in ~/.cargo/bin and leaves it to the login shell to find it there.
PATH="$PWD/target/tools/bin:${CARGO_HOME:-${HOME:-/nonexistent}/.cargo}/bin:$PATH"
export PATH

# A line of the script's own, apart from what the programs it runs print.
say() {
    printf '== %s\n' "$*"
}

fail() {
    printf '== %s\n' "$*" >&2
    exit 1
}
