#!/bin/sh
# Feeds generated input to every parser of outside data, and prints how many runs that were. The
# inputs that reach new code are kept in target/fuzz/corpus.
# usage: fuzz.sh [TARGET...]
# SECONDS_EACH is the time for each target; the default is 60.
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

seconds=${SECONDS_EACH:-60}
[ $# -gt 0 ] || set -- curl_line decoder dialect fault last_event_id query publish recording recording_any streams_file

scripts/need.sh server
scripts/tools.sh cargo-fuzz

# It has its own target folder, because its flags would cause everything else to be rebuilt.
export CARGO_TARGET_DIR="$PWD/target/fuzz/build"
# cargo-fuzz does not know --locked.
cargo fetch --locked --quiet --manifest-path fuzz/Cargo.toml

# Sanitizers need a nightly compiler. Our code has no unsafe blocks for them to check, so none is
# used and any compiler will do.
for target in "$@"; do
    say "Building $target"
    cargo fuzz build --sanitizer none "$target"
done

failed=''
for target in "$@"; do
    corpus=target/fuzz/corpus/$target
    log=target/fuzz/$target.log
    mkdir -p "$corpus"
    say "$target: $seconds s"
    # New inputs go into the first folder; the seeds are only read. One input may take 10 s and 1
    # GiB.
    if cargo fuzz run --sanitizer none "$target" "$corpus" "fuzz/seeds/$target" -- \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -dict="fuzz/dictionaries/$target.dict" \
        -print_final_stats=1 >"$log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        took=$(sed -n 's/^Done .* in \([0-9]*\) second.*/\1/p' "$log")
        found=$(find "$corpus" -type f | wc -l)
        say "$target: $runs runs in $took s, nothing found ($found inputs in $corpus)"
    else
        # Print the failed check and its input. The stack traces are in the log.
        grep -A 4 -e panicked -e 'ERROR: libFuzzer' -e '^error' -e 'Failing input' -e 'Reproduce with' "$log" >&2 || tail "$log" >&2
        say "$target: failed; the whole output is in $log"
        failed="$failed $target"
    fi
done
[ -z "$failed" ] || fail "Failed:$failed. For each crash, add a test to its crate and its input to fuzz/seeds."
