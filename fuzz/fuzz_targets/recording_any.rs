//! Any file that may hold a stream: a sentence, or a recording whose bytes each format keeps.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| sse_server::fuzzing::recording_any(file));
