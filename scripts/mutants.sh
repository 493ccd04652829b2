#!/bin/sh
# Changes the code in small ways, one at a time, and lists the changes that no test notices.
# usage: mutants.sh [AREA...]
# The areas are wire, pump, guard and topics; without arguments, all of them. docs/MUTANTS.md has
# the scores.
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

[ $# -gt 0 ] || set -- wire pump guard topics

scripts/need.sh server
scripts/tools.sh cargo-mutants

# The crate of an area.
crate() {
    case $1 in
        wire) echo sse-wire ;;
        pump | topics) echo sse-engine ;;
        guard) echo sse-server ;;
        *) fail "mutants.sh does not know '$1': the areas are wire, pump, guard and topics." ;;
    esac
}

# The files of an area that are changed.
files() {
    case $1 in
        wire) echo 'crates/sse-wire/src/**/*.rs' ;;
        *) echo "crates/$(crate "$1")/src/$1.rs crates/$(crate "$1")/src/$1/**/*.rs" ;;
    esac
}

# One pass over an area: pass AREA [ARGUMENT...]
pass() {
    area=$1
    shift
    for file in $(files "$area"); do
        set -- --file "$file" "$@"
    done
    code=0
    # The copied trees are built from scratch and never debugged, so they need no debug info.
    CARGO_PROFILE_DEV_DEBUG=0 cargo mutants --package "$(crate "$area")" --output "target/mutants/$area" \
        --no-shuffle --colors never "$@" || code=$?
    # 2 and 3 are mutants that were missed or ran out of time.
    case $code in
        0 | 2 | 3) ;;
        *) fail "cargo-mutants ended with exit code $code; the reason is above and in target/mutants/$area." ;;
    esac
}

# Counts the mutants with an outcome: count FOLDER OUTCOME
count() {
    grep -c . "$1/$2.txt" || true
}

# cargo-mutants expands the patterns of files(), not the shell.
set -f
for area in "$@"; do
    crate "$area" >/dev/null
done
for area in "$@"; do
    out=target/mutants/$area/mutants.out
    rm -rf "target/mutants/$area"
    mkdir -p "target/mutants/$area"
    killed=0 unviable=0 missed=
    # All tests of sse-wire together are quick. In other crates, the area's own unit tests come
    # first, because they quickly kill most of its mutants.
    if [ "$area" != wire ]; then
        say "$area: its own unit tests"
        # As an argument of every cargo command, --lib keeps the other tests from being linked.
        pass "$area" --cargo-arg=--lib -- "$area"
        killed=$(count "$out" caught)
        unviable=$(count "$out" unviable)
        missed=$(count "$out" missed)
    fi
    if [ "$missed" != 0 ]; then
        say "$area: all tests of the crate, for what is left"
        # --iterate leaves out mutants that the first pass killed or that did not build.
        pass "$area" --iterate
        killed=$((killed + $(count "$out" caught)))
        unviable=$((unviable + $(count "$out" unviable)))
        missed=$(count "$out" missed)
    fi
    # A mutant whose tests do not end is killed too. The second pass tries those of the first again.
    killed=$((killed + $(count "$out" timeout)))
    score=$(awk -v k="$killed" -v m="$missed" 'BEGIN { printf "%.1f", k + m ? 100 * k / (k + m) : 100 }')
    say "$area: $killed killed, $missed missed, $unviable unviable: $score %"
    [ "$missed" = 0 ] || sed 's/^/   /' "$out/missed.txt"
done
