//! Any file of a recording: a mistake in a line that is there, or one text that is read and written
//! the same.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| sse_server::fuzzing::recording(text));
