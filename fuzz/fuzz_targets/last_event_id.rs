//! Any last event id that a client brings: a counter and a topic go on from it, or say what is
//! missing, and never repeat or leave out an event in silence.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|id: &[u8]| sse_server::fuzzing::last_event_id(id));
