//! Streams of eleven dialects, written by hand: whole, truncated in each way, and with an error
//! inside a 200.

mod agents;
mod bounds;
mod ends;
mod errors;
mod tools;

use std::time::Duration;

use sse_client::dialect::{Dialect, Head, Joiner, Kind, Level, View};

/// A stream: what its request and its head said, and its events.
struct Played {
    path: &'static str,
    content_type: &'static str,
    mcp_version: Option<&'static str>,
    method: &'static str,
}

const POST: Played = Played {
    path: "/",
    content_type: "text/event-stream",
    mcp_version: None,
    method: "POST",
};

impl Played {
    /// Plays events, each with its name, a tenth of a second apart.
    fn events(&self, events: &[(&str, &str)]) -> View {
        let mut joiner = Joiner::new(&Head {
            method: self.method,
            path: self.path,
            mcp_version: self.mcp_version,
            content_type: Some(self.content_type),
        });
        let mut at = Duration::ZERO;
        for (event, data) in events {
            at += Duration::from_millis(100);
            joiner.event(at, event, data);
        }
        joiner.end(at + Duration::from_millis(100));
        joiner.view().clone()
    }

    /// The same of events that have no name.
    fn data(&self, data: &[&str]) -> View {
        let events: Vec<_> = data.iter().map(|data| ("message", *data)).collect();
        self.events(&events)
    }
}

fn text(view: &View, kind: Kind) -> String {
    let parts = view.parts.iter().filter(|part| part.kind == kind);
    parts.map(|part| part.text.as_str()).collect()
}

fn said(view: &View) -> String {
    let verdict = view.verdict.as_ref();
    verdict.map_or(String::new(), |it| it.sentence.clone())
}

fn notes(view: &View) -> String {
    view.notes.join("\n")
}

fn level(view: &View) -> Option<Level> {
    view.verdict.as_ref().map(|verdict| verdict.level)
}

/// The dialect, the joined text, how it ended, and words of the verdict.
#[track_caller]
fn is(view: &View, dialect: Dialect, joined: &str, wanted: Level, words: &str) {
    assert_eq!(view.dialect, Some(dialect), "{view:?}");
    assert_eq!(text(view, Kind::Text), joined);
    assert_eq!(level(view), Some(wanted), "{}", said(view));
    assert!(said(view).contains(words), "{}", said(view));
}

const CHAT: [&str; 5] = [
    r#"{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant"}}]}"#,
    r#"{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Hel"}}]}"#,
    r#"{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"lo"}}]}"#,
    r#"{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
    "[DONE]",
];

#[test]
fn openai_chat_ends_with_a_finish_reason_and_a_mark() {
    let chat = |data: &[&str]| POST.data(data);
    let whole = chat(&CHAT);
    is(
        &whole,
        Dialect::OpenAiChat,
        "Hello",
        Level::Whole,
        "finish_reason (stop) and [DONE]",
    );
    assert_eq!(whole.finish_reason.as_deref(), Some("stop"));
    assert_eq!(whole.pace.first, Some(Duration::from_millis(200)));
    is(
        &chat(&CHAT[..3]),
        Dialect::OpenAiChat,
        "Hello",
        Level::Truncated,
        "Neither finish_reason",
    );
    let no_mark = chat(&CHAT[..4]);
    is(
        &no_mark,
        Dialect::OpenAiChat,
        "Hello",
        Level::Doubtful,
        "[DONE]",
    );
    let no_reason = chat(&[CHAT[1], CHAT[2], "[DONE]"]);
    is(
        &no_reason,
        Dialect::OpenAiChat,
        "Hello",
        Level::Doubtful,
        "finish_reason",
    );
    let error =
        r#"{"error":{"message":"overloaded sk-abcdefghijklmnopqrstuvwx","type":"server_error"}}"#;
    let failed = chat(&[CHAT[1], error]);
    is(
        &failed,
        Dialect::OpenAiChat,
        "Hel",
        Level::Failed,
        "overloaded",
    );
    assert!(!format!("{failed:?}{}", said(&failed)).contains("sk-abcdefgh"));
}

#[test]
fn openai_chat_joins_the_calls_of_tools_by_their_index() {
    let call =
        |rest: &str| format!(r#"{{"choices":[{{"index":0,"delta":{{"tool_calls":[{rest}]}}}}]}}"#);
    let events = [
        call(r#"{"index":0,"id":"c1","function":{"name":"weather","arguments":""}}"#),
        call(r#"{"index":1,"id":"c2","function":{"name":"clock","arguments":"{}"}}"#),
        call(r#"{"index":0,"function":{"arguments":"{\"city\":"}}"#),
        call(r#"{"index":0,"function":{"arguments":"\"Bern\"}"}}"#),
    ];
    let mut data: Vec<&str> = events.iter().map(String::as_str).collect();
    data.extend(&CHAT[3..]);
    let view = POST.data(&data);
    let calls = view.tool_calls.iter();
    let calls: Vec<_> = calls
        .map(|call| (&*call.id, &*call.name, &*call.arguments))
        .collect();
    assert_eq!(
        calls,
        [
            ("c1", "weather", r#"{"city":"Bern"}"#),
            ("c2", "clock", "{}")
        ]
    );
}

#[test]
fn openai_responses_end_with_completed_and_count() {
    let events: [(&str, &str); 4] = [
        (
            "response.created",
            r#"{"type":"response.created","sequence_number":0,"response":{}}"#,
        ),
        (
            "response.output_text.delta",
            r#"{"type":"response.output_text.delta","sequence_number":1,"output_index":0,"content_index":0,"delta":"Hel"}"#,
        ),
        (
            "response.output_text.delta",
            r#"{"type":"response.output_text.delta","sequence_number":2,"output_index":0,"content_index":0,"delta":"lo"}"#,
        ),
        (
            "response.completed",
            r#"{"type":"response.completed","sequence_number":3,"response":{"status":"completed","usage":{"output_tokens":2}}}"#,
        ),
    ];
    let view = POST.events(&events);
    is(
        &view,
        Dialect::OpenAiResponses,
        "Hello",
        Level::Whole,
        "completed",
    );
    assert_eq!(view.pace.tokens, Some(2));
    let cut = POST.events(&events[..3]);
    is(
        &cut,
        Dialect::OpenAiResponses,
        "Hello",
        Level::Truncated,
        "None of response.completed",
    );
    let hole = POST.events(&[events[0], events[2], events[3]]);
    is(&hole, Dialect::OpenAiResponses, "lo", Level::Doubtful, "1");
    let failed = r#"{"type":"response.failed","sequence_number":1,"response":{"status":"failed","error":{"code":"server_error","message":"no luck"}}}"#;
    let failed = POST.events(&[events[0], ("response.failed", failed)]);
    is(
        &failed,
        Dialect::OpenAiResponses,
        "",
        Level::Failed,
        "no luck",
    );
}

const MESSAGES: [(&str, &str); 7] = [
    (
        "message_start",
        r#"{"type":"message_start","message":{"usage":{"output_tokens":1}}}"#,
    ),
    (
        "content_block_start",
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
    ),
    (
        "content_block_delta",
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}"#,
    ),
    (
        "content_block_delta",
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lo"}}"#,
    ),
    (
        "content_block_stop",
        r#"{"type":"content_block_stop","index":0}"#,
    ),
    (
        "message_delta",
        r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}"#,
    ),
    ("message_stop", r#"{"type":"message_stop"}"#),
];

#[test]
fn anthropic_messages_end_with_a_reason_a_stop_and_no_open_block() {
    let whole = POST.events(&MESSAGES);
    is(
        &whole,
        Dialect::AnthropicMessages,
        "Hello",
        Level::Whole,
        "stop_reason (end_turn)",
    );
    let cut = POST.events(&MESSAGES[..4]);
    is(
        &cut,
        Dialect::AnthropicMessages,
        "Hello",
        Level::Truncated,
        "No message_stop came, and block 0",
    );
    let first = POST.events(&MESSAGES[..1]);
    let words = "Neither stop_reason nor message_stop";
    is(
        &first,
        Dialect::AnthropicMessages,
        "",
        Level::Truncated,
        words,
    );
    let open = [&MESSAGES[..4], &MESSAGES[5..]].concat();
    is(
        &POST.events(&open),
        Dialect::AnthropicMessages,
        "Hello",
        Level::Truncated,
        "block 0",
    );
    let no_reason = [&MESSAGES[..5], &MESSAGES[6..]].concat();
    is(
        &POST.events(&no_reason),
        Dialect::AnthropicMessages,
        "Hello",
        Level::Doubtful,
        "no stop_reason",
    );
    let error = (
        "error",
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
    );
    let failed = POST.events(&[MESSAGES[0], error]);
    is(
        &failed,
        Dialect::AnthropicMessages,
        "",
        Level::Failed,
        "529",
    );
}

#[test]
fn anthropic_thinking_and_tools_stand_apart() {
    let start = r#"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t1","name":"weather","input":{}}}"#;
    let view = POST.events(&[
        MESSAGES[0],
        (
            "content_block_delta",
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm."}}"#,
        ),
        ("content_block_start", start),
        (
            "content_block_delta",
            r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"city\":"}}"#,
        ),
        (
            "content_block_delta",
            r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"\"Bern\"}"}}"#,
        ),
    ]);
    assert_eq!(text(&view, Kind::Reasoning), "Hm.");
    let call = &view.tool_calls[0];
    assert_eq!(
        (&*call.name, &*call.arguments),
        ("weather", r#"{"city":"Bern"}"#)
    );
}

#[test]
fn gemini_ends_with_a_finish_reason_and_says_what_an_array_is() {
    let first = r#"{"candidates":[{"index":0,"content":{"parts":[{"text":"Hel"}]}}]}"#;
    let last = r#"{"candidates":[{"index":0,"content":{"parts":[{"text":"lo"}]},"finishReason":"STOP"}],"usageMetadata":{"candidatesTokenCount":2}}"#;
    let whole = POST.data(&[first, last]);
    is(
        &whole,
        Dialect::GeminiContent,
        "Hello",
        Level::Whole,
        "finishReason (STOP)",
    );
    let cut = POST.data(&[first]);
    is(
        &cut,
        Dialect::GeminiContent,
        "Hel",
        Level::Truncated,
        "No finishReason",
    );
    let array = Played {
        path: "/v1beta/models/g:streamGenerateContent?key=s3cret",
        content_type: "application/json",
        ..POST
    };
    assert!(said(&array.data(&[])).contains("add ?alt=sse"));
    let failed = POST.data(&[
        first,
        r#"{"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}"#,
    ]);
    is(
        &failed,
        Dialect::GeminiContent,
        "Hel",
        Level::Failed,
        "busy",
    );
}

#[test]
fn gemini_interactions_end_with_complete() {
    let delta =
        r#"{"event_type":"content.delta","index":0,"delta":{"type":"text","text":"Hello"}}"#;
    let complete = r#"{"event_type":"interaction.complete","interaction":{"status":"completed"}}"#;
    let whole = POST.data(&[delta, complete]);
    is(
        &whole,
        Dialect::GeminiInteractions,
        "Hello",
        Level::Whole,
        "completed",
    );
    let cut = POST.data(&[delta]);
    is(
        &cut,
        Dialect::GeminiInteractions,
        "Hello",
        Level::Truncated,
        "No interaction.completed",
    );
}

#[test]
fn ollama_ends_with_done() {
    let ollama = Played {
        path: "/api/chat",
        content_type: "application/x-ndjson",
        ..POST
    };
    let first = r#"{"model":"m","message":{"role":"assistant","content":"Hel"},"done":false}"#;
    let last = r#"{"model":"m","message":{"role":"assistant","content":"lo"},"done":true,"done_reason":"stop","eval_count":2}"#;
    let whole = ollama.data(&[first, last]);
    is(
        &whole,
        Dialect::Ollama,
        "Hello",
        Level::Whole,
        "done: true (stop)",
    );
    is(
        &ollama.data(&[first]),
        Dialect::Ollama,
        "Hel",
        Level::Truncated,
        "No line with done: true",
    );
    let failed = ollama.data(&[first, r#"{"error":"model crashed"}"#]);
    is(
        &failed,
        Dialect::Ollama,
        "Hel",
        Level::Failed,
        "model crashed",
    );
    // Another path may send the same.
    let elsewhere = Played {
        path: "/llm",
        ..ollama
    };
    assert_eq!(elsewhere.data(&[first]).dialect, Some(Dialect::Ollama));
}

#[test]
fn cohere_ends_with_message_end() {
    let events = [
        ("message-start", r#"{"type":"message-start","id":"1"}"#),
        (
            "content-delta",
            r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"Hello"}}}}"#,
        ),
        (
            "message-end",
            r#"{"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"tokens":{"output_tokens":2}}}}"#,
        ),
    ];
    is(
        &POST.events(&events),
        Dialect::CohereChat,
        "Hello",
        Level::Whole,
        "message-end (COMPLETE)",
    );
    let cut = POST.events(&events[..2]);
    is(
        &cut,
        Dialect::CohereChat,
        "Hello",
        Level::Truncated,
        "No message-end",
    );
}

#[test]
fn what_is_of_no_dialect_has_no_verdict() {
    let view = POST.data(&["1", "2", r#"{"price":3}"#]);
    assert_eq!((view.dialect, &view.verdict), (None, &None));
    let view = POST.data(&[CHAT[1], "{ broken", CHAT[3], CHAT[4]]);
    assert!(
        view.notes
            .iter()
            .any(|note| note.contains("1 of 4 events hold no JSON")),
        "{view:?}"
    );
}
