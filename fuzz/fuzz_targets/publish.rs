//! Any request to publish: its first line is the content type, its second the query, and the rest
//! the body. It is published whole, each event as it was given, or refused in one sentence.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|request: &[u8]| {
    // Neither of the two can hold a line end in HTTP.
    let mut parts = request.splitn(3, |&byte| byte == b'\n');
    let mut next = || parts.next().unwrap_or_default();
    sse_server::fuzzing::publish(next(), next(), next());
});
