//! Any bytes as the events of a stream: no dialect's reader panics, what the view holds has the
//! bounds that it promises, and the same events mean the same again.
//!
//! The first byte tells the head: `0` to `;` are the twelve of `HEADS`. Each line behind it is one
//! event, with its name before a unit separator (U+001F) where it has a name.

#![no_main]

use std::alloc::System;
use std::time::Duration;

use cap::Cap;
use libfuzzer_sys::fuzz_target;
use sse_client::dialect::{Head, Joiner, View};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// The bounds that `View` promises; names and errors with the sign of a cut.
const MOST_TEXT: usize = 1 << 20;
const MOST_PARTS: usize = 256;
const MOST_LINES: usize = 16;
const LONGEST_NAME: usize = 203;
/// An error of 500 bytes, a state, a reason, and what is said of them.
const LONGEST_SENTENCE: usize = 2000;

/// The heads from which a dialect can be guessed, and one from which none can.
const HEADS: [(&str, &str, Option<&str>); 12] = [
    ("POST", "/v1/chat/completions", None),
    ("POST", "/v1/responses", None),
    ("POST", "/v1/messages", None),
    ("POST", "/m:streamGenerateContent", None),
    ("POST", "/interactions", None),
    ("POST", "/api/chat", None),
    ("POST", "/v2/chat", None),
    ("POST", "/message:stream", None),
    ("POST", "/mcp", Some("2025-11-25")),
    ("GET", "/mcp", Some("2025-11-25")),
    ("POST", "/mcp", Some("2026-07-28")),
    ("POST", "/", None),
];

fuzz_target!(|bytes: &[u8]| {
    let Some((head, events)) = bytes.split_first() else {
        return;
    };
    let head = usize::from(*head) % HEADS.len();
    let events = String::from_utf8_lossy(events);
    let once = read(head, &events, 1);
    let again = read(head, &events, 1);
    assert_eq!(
        (&once.parts, &once.tool_calls),
        (&again.parts, &again.tool_calls)
    );
    assert_eq!(format!("{once:?}"), format!("{again:?}"));
    // A short stream comes again and again, so that it is enough to find what piles up.
    read(head, &events, (16 * 1024 / bytes.len()).clamp(1, 64));
});

/// What a stream said at its end, whose events come so many times.
fn read(head: usize, events: &str, times: usize) -> View {
    let (method, path, mcp_version) = HEADS[head];
    let content_type = match path {
        "/api/chat" => "application/x-ndjson",
        _ => "text/event-stream",
    };
    let before = ALLOCATOR.allocated();
    let mut joiner = Joiner::new(&Head {
        method,
        path,
        mcp_version,
        content_type: Some(content_type),
    });
    let fed = times * (events.len() + 1);
    let mut at = Duration::ZERO;
    for event in std::iter::repeat_n(events, times).flat_map(|events| events.split('\n')) {
        match event.split_once('\u{1F}') {
            Some((name, data)) => joiner.event(at, name, data),
            None => joiner.line(at, event),
        }
        at += Duration::from_millis(700);
        is_bounded(joiner.view(), fed);
    }
    joiner.end(at);
    is_bounded(joiner.view(), fed);
    // A buffer that grows has twice what it needs, and a short event begins a part and a name.
    let held = ALLOCATOR.allocated().saturating_sub(before);
    assert!(held <= 16 * fed + 64 * 1024, "{held} bytes of {fed}");
    joiner.view().clone()
}

/// Holds what `View` promises of its memory.
fn is_bounded(view: &View, fed: usize) {
    let parts = || view.parts.iter();
    let calls = || view.tool_calls.iter();
    let texts = parts().map(|part| part.text.len());
    let kept: usize = texts.chain(calls().map(|call| call.arguments.len())).sum();
    // Numbers in arguments may be written longer than they came.
    assert!(
        kept <= MOST_TEXT && kept <= 16 * fed,
        "{kept} bytes of {fed}"
    );
    assert!(view.parts.len() <= MOST_PARTS && view.tool_calls.len() <= MOST_PARTS);
    assert!(view.marks.len() <= MOST_LINES && view.notes.len() <= MOST_LINES);
    let names = calls().flat_map(|call| [&call.place, &call.id, &call.name]);
    let names = names.chain(parts().map(|part| &part.place));
    for name in names.chain(&view.marks).chain(&view.finish_reason) {
        assert!(name.len() <= LONGEST_NAME, "{name}");
    }
    let verdict = view.verdict.iter().map(|verdict| &verdict.sentence);
    for sentence in verdict.chain(&view.notes).chain(&view.error) {
        assert!(sentence.len() <= LONGEST_SENTENCE, "{sentence}");
    }
}
