#!/bin/sh
# Writes the table of docs/LAB.md anew: the cases of the lab, from crates/sse-lab/cases.
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

scripts/need.sh server
exec cargo test --locked -p sse-lab --lib case::tests::page::write_the_table -- --ignored --exact
