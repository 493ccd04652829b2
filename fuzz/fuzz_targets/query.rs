//! Any query of a stream: taken whole and within its bounds, or refused in one sentence.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|query: &[u8]| sse_server::fuzzing::query(query));
