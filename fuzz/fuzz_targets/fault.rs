//! Any text of a fault: one whose canonical text is read as the same fault, or a mistake within it.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| sse_server::fuzzing::fault(text));
