//! What is kept of a watch of a day takes no more memory than what is kept of one of an hour: the
//! decoder, what a diagnosis gathers, and what a dialect's events join to, all together.
//!
//! It counts the pages of its own process, so it is alone in its binary.

#![cfg(target_os = "linux")] // /proc.

use std::fs;
use std::time::Duration;

use sse_client::diagnose::Gatherer;
use sse_client::dialect::{Dialect, Head, Joiner};
use sse_wire::{Decoded, Decoder};

/// An event a second.
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;

/// So many bytes may come and go with an allocator's pages. Of whatever has no bound, there is one
/// more each second: of the least, a pointer or a number, that is 660 kB more after a day.
const NOISE: u64 = 384 * 1024;

/// What a request says of its dialect, and an event that comes each second. In its name and its
/// data, `$` is the number of the second, and `~` a text, which is long in the first hour: this
/// hour fills what is kept.
struct Stream {
    dialect: Dialect,
    path: &'static str,
    mcp_version: Option<&'static str>,
    event: &'static str,
    data: &'static str,
}

const fn stream(dialect: Dialect, event: &'static str, data: &'static str) -> Stream {
    Stream {
        dialect,
        path: "/",
        mcp_version: None,
        event,
        data,
    }
}

/// For each dialect the event of which most is kept, each second of another place.
const STREAMS: [Stream; 16] = [
    stream(
        Dialect::OpenAiChat,
        "e$",
        r#"{"object":"chat.completion.chunk","choices":[{"index":$,"delta":{"content":"~"},"finish_reason":"r$"}]}"#,
    ),
    stream(
        Dialect::OpenAiChat,
        "e$",
        r#"{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"tool_calls":[{"index":$,"id":"t$","function":{"name":"f$","arguments":"~"}}]}}]}"#,
    ),
    stream(
        Dialect::OpenAiResponses,
        "e$",
        r#"{"type":"response.output_text.delta","sequence_number":1$,"output_index":$,"content_index":0,"delta":"~"}"#,
    ),
    stream(
        Dialect::OpenAiResponses,
        "response.output_item.added",
        r#"{"type":"response.output_item.added","output_index":$,"item":{"type":"function_call","call_id":"t$","name":"f$~"}}"#,
    ),
    stream(
        Dialect::AnthropicMessages,
        "content_block_delta",
        r#"{"type":"content_block_delta","index":$,"delta":{"type":"text_delta","text":"~"}}"#,
    ),
    Stream {
        path: "/v1/messages",
        ..stream(
            Dialect::AnthropicMessages,
            "error",
            r#"{"type":"error","error":{"type":"e$","message":"~"}}"#,
        )
    },
    stream(
        Dialect::GeminiContent,
        "message",
        r#"{"candidates":[{"index":$,"content":{"parts":[{"text":"~"},{"functionCall":{"name":"f$","args":{"a":"$"}}}]}}]}"#,
    ),
    stream(
        Dialect::GeminiInteractions,
        "e$",
        r#"{"event_type":"step.delta","index":$,"delta":{"type":"text","text":"~"},"status":"s$"}"#,
    ),
    stream(
        Dialect::Ollama,
        "message",
        r#"{"model":"m","message":{"content":"~","tool_calls":[{"function":{"name":"f$","arguments":{"a":$}}}]},"done":false}"#,
    ),
    stream(
        Dialect::CohereChat,
        "content-delta",
        r#"{"type":"content-delta","index":$,"delta":{"message":{"content":{"text":"~"}}}}"#,
    ),
    stream(
        Dialect::AgUi,
        "message",
        r#"{"type":"TEXT_MESSAGE_CHUNK","messageId":"m$","delta":"~"}"#,
    ),
    stream(
        Dialect::AgUi,
        "message",
        r#"{"type":"TOOL_CALL_START","toolCallId":"t$","toolCallName":"f$","delta":"~"}"#,
    ),
    stream(
        Dialect::A2a,
        "message",
        r#"{"jsonrpc":"2.0","id":1,"result":{"artifactUpdate":{"append":true,"artifact":{"artifactId":"a$","parts":[{"text":"~"}]}}}}"#,
    ),
    stream(
        Dialect::A2a,
        "message",
        r#"{"jsonrpc":"2.0","id":1,"result":{"statusUpdate":{"status":{"state":"s$","message":{"parts":[{"text":"~"}]}}}}}"#,
    ),
    Stream {
        mcp_version: Some("2025-11-25"),
        ..stream(
            Dialect::Mcp2025,
            "message",
            r#"{"jsonrpc":"2.0","id":$,"result":{"isError":true,"content":[{"text":"~"}]}}"#,
        )
    },
    Stream {
        mcp_version: Some("2026-07-28"),
        ..stream(
            Dialect::Mcp2026,
            "message",
            r#"{"jsonrpc":"2.0","id":"$","error":{"code":$,"message":"~"}}"#,
        )
    },
];

/// How many bytes of this process are in memory.
fn resident() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").expect("Linux has it");
    let pages = statm
        .split(' ')
        .nth(1)
        .expect("the second is what is resident");
    pages.parse::<u64>().expect("a number") * 4096
}

/// A text in which what stands for something is filled in.
fn filled(text: &str, second: u64, words: &str) -> String {
    text.replace('$', &second.to_string()).replace('~', words)
}

/// What is kept of the meaning of a stream.
fn joiner(stream: &Stream) -> Joiner {
    Joiner::new(&Head {
        method: "POST",
        path: stream.path,
        mcp_version: stream.mcp_version,
        content_type: Some("text/event-stream"),
    })
}

/// What is kept of the bytes of a stream.
struct Bytes {
    decoder: Decoder,
    gatherer: Gatherer,
    events: u64,
}

impl Bytes {
    /// A second passes. It brings an event in two pieces, a comment, an unknown field, a retry, a
    /// byte that is no character, and one that is NUL.
    fn second(&mut self, second: u64, stream: &Stream, words: &str, joiner: &mut Joiner) {
        let head = format!(" c{second}\n\nid: {second}\nretry: {second}\nf{second}: \0\n");
        let event = filled(stream.event, second, words);
        let data = filled(stream.data, second, words);
        let rest = format!("{head}event: {event}\ndata: {data}\n\n");
        let body = [b":\xff", rest.as_bytes()].concat();
        let at = Duration::from_secs(second);
        let (first, rest) = body.split_at(body.len() / 2);
        for (at, piece) in [(at, first), (at + Duration::from_millis(20), rest)] {
            self.gatherer.read(at, piece);
            let events = &mut self.events;
            let pushed = self.decoder.push(piece, |decoded| {
                if let Decoded::Event { event, data, .. } = decoded {
                    *events += 1;
                    joiner.event(at, event, data);
                }
            });
            pushed.expect("no event is too large");
        }
    }
}

/// Lets a day pass, each second as it is told. Answers how many bytes more are kept at its end
/// than after its first hour.
fn a_day(mut second: impl FnMut(u64, &str)) -> u64 {
    let words = "lorem ipsum ";
    let long = words.repeat(27);
    (1..=HOUR).for_each(|number| second(number, &long));
    let after_an_hour = resident();
    (HOUR + 1..=DAY).for_each(|number| second(number, words));
    resident().saturating_sub(after_an_hour)
}

#[test]
fn a_watch_of_a_day_takes_no_more_memory_than_one_of_an_hour() {
    let mut bytes = Bytes {
        decoder: Decoder::new(),
        gatherer: Gatherer::new(Duration::ZERO),
        events: 0,
    };
    // All of it together, for one of the streams.
    let stream = &STREAMS[0];
    let mut joined = joiner(stream);
    let grown = a_day(|second, words| bytes.second(second, stream, words, &mut joined));
    let facts = bytes.gatherer.facts(Duration::from_secs(DAY));
    assert_eq!((bytes.events, facts.events.count), (DAY, DAY));
    assert_eq!(joined.view().dialect, Some(stream.dialect));
    assert!(grown < NOISE, "{grown} bytes more");

    // Nothing of a stream is freed before the end, or the next one could grow into that.
    let mut kept = vec![joined];
    for stream in &STREAMS {
        let mut joined = joiner(stream);
        let grown = a_day(|second, words| {
            let event = filled(stream.event, second, words);
            let data = filled(stream.data, second, words);
            joined.event(Duration::from_secs(second), &event, &data);
        });
        let view = joined.view();
        assert_eq!((view.dialect, view.events), (Some(stream.dialect), DAY));
        assert!(grown < NOISE, "{}: {grown} bytes more", stream.data);
        kept.push(joined);
    }
}
