//! Any file of streams: a mistake with its place and a sentence, or streams that can be previewed
//! and decode.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| sse_server::fuzzing::streams_file(text));
