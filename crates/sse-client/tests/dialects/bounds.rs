//! What no stream can do: fill memory, or make a reader panic.

use std::time::Duration;

use proptest::prelude::*;
use sse_client::dialect::{Head, Joiner, Level, View};

use super::{POST, notes};

/// The bounds that `View` promises.
const MOST_TEXT: usize = 1 << 20;
const MOST_PARTS: usize = 256;
const MOST_LINES: usize = 16;
/// With the sign of a cut.
const LONGEST_NAME: usize = 200 + '…'.len_utf8();
/// An error of 500 bytes, and what is said of it.
const LONGEST_ERROR: usize = 500 + '…'.len_utf8() + 100;
/// An error, a state and its reason, and what is said of them.
const LONGEST_SENTENCE: usize = 2000;

/// A stream may go on for a day.
#[test]
fn what_is_kept_has_a_bound_and_what_is_left_out_is_counted() {
    let mut joiner = Joiner::new(&Head {
        method: "POST",
        path: "/v1/chat/completions",
        ..Head::default()
    });
    let piece = "x".repeat(1000);
    for index in 0..3000 {
        let choice = index % 500;
        let data =
            format!(r#"{{"choices":[{{"index":{choice},"delta":{{"content":"{piece}"}}}}]}}"#);
        joiner.event(Duration::from_millis(index), "message", &data);
    }
    let view = joiner.view();
    let kept: usize = view.parts.iter().map(|part| part.text.len()).sum();
    assert!(kept <= 1 << 20 && view.parts.len() <= 256, "{kept}");
    assert_eq!(kept as u64 + view.left_out, 3_000_000);
}

/// Where nothing is left of the bound, the arguments at a call's end repeat its pieces all the
/// same, and are not counted again.
#[test]
fn arguments_that_are_left_out_count_once() {
    let text = "x".repeat(MOST_TEXT);
    let view = POST.data(&[
        &format!(r#"{{"type":"response.output_text.delta","delta":"{text}"}}"#),
        r#"{"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","name":"clock"}}"#,
        r#"{"type":"response.function_call_arguments.delta","output_index":1,"delta":"{}"}"#,
        r#"{"type":"response.function_call_arguments.done","output_index":1,"arguments":"{}"}"#,
    ]);
    assert_eq!((view.left_out, view.tool_calls[0].left_out), (2, 2));
    assert!(notes(&view).contains("2 bytes of text are not shown"));
}

/// What is sent anew takes the place of what was there, and leaves nothing of it.
#[test]
fn a_text_that_is_replaced_takes_no_room() {
    let mut joiner = joiner(7);
    let mut replace = |id: u64, bytes: usize| {
        let text = "x".repeat(bytes);
        let update = format!(
            r#"{{"artifactUpdate":{{"artifact":{{"artifactId":"a{id}","parts":[{{"text":"{text}"}}]}}}}}}"#
        );
        joiner.event(Duration::from_secs(id), "message", &update);
        is_bounded(joiner.view());
        let part = joiner
            .view()
            .parts
            .iter()
            .find(|part| part.place.ends_with(&format!("a{id}")));
        let kept = part.map_or(0, |part| part.text.len());
        (kept, joiner.view().left_out)
    };
    for id in 0..4 {
        assert_eq!(replace(id, MOST_TEXT + 7), (MOST_TEXT, 7), "artifact {id}");
        assert_eq!(replace(id, MOST_TEXT / 2), (MOST_TEXT / 2, 0));
        assert_eq!(replace(id, 0), (0, 0));
    }
}

/// As values, a small object takes a hundred times its bytes.
#[test]
fn an_event_that_would_fill_memory_is_not_read_and_the_verdict_says_so() {
    let event =
        |rest: &str| format!(r#"{{"choices":[{{"finish_reason":"stop"}}],"rest":[{rest}0]}}"#);
    let many_objects = event(&r#"{"":0},"#.repeat(100_000));
    let long = event(&" ".repeat(4 << 20));
    for event in [many_objects, long] {
        let view = POST.data(&[r#"{"choices":[{"delta":{"content":"Hello"}}]}"#, &event]);
        assert_eq!(super::level(&view), Some(Level::Doubtful), "{view:?}");
        assert!(
            super::said(&view).contains("was not read"),
            "{}",
            super::said(&view)
        );
    }
    let some_objects = event(&r#"{"":0},"#.repeat(1000));
    let view = POST.data(&[&some_objects, "[DONE]"]);
    assert_eq!(super::level(&view), Some(Level::Whole), "{view:?}");
}

/// Holds all that `View` promises of its memory.
#[track_caller]
fn is_bounded(view: &View) {
    let parts = || view.parts.iter();
    let calls = || view.tool_calls.iter();
    let texts = || {
        let arguments = calls().map(|call| &call.arguments);
        parts().map(|part| &part.text).chain(arguments)
    };
    let kept: usize = texts().map(String::len).sum();
    assert!(kept <= MOST_TEXT, "{kept}");
    // A buffer that grows has at most twice what it needs.
    let held: usize = texts().map(String::capacity).sum();
    assert!(held <= 2 * MOST_TEXT + 16 * 2 * MOST_PARTS, "{held}");
    let left_out: u64 = parts().map(|part| part.left_out).sum();
    let left_out = left_out + calls().map(|call| call.left_out).sum::<u64>();
    assert!(left_out <= view.left_out, "{left_out} {}", view.left_out);

    assert!(parts().len() <= MOST_PARTS && calls().len() <= MOST_PARTS);
    assert!(view.marks.len() <= MOST_LINES && view.notes.len() <= MOST_LINES);
    let names = calls().flat_map(|call| [&call.place, &call.id, &call.name]);
    let names = names.chain(parts().map(|part| &part.place));
    for name in names.chain(&view.marks).chain(&view.finish_reason) {
        assert!(name.len() <= LONGEST_NAME, "{name}");
    }
    let error = view.error.as_ref().map_or(0, String::len);
    assert!(error <= LONGEST_ERROR, "{:?}", view.error);
    let verdict = view.verdict.iter().map(|verdict| &verdict.sentence);
    for sentence in verdict.chain(&view.notes) {
        assert!(sentence.len() <= LONGEST_SENTENCE, "{sentence}");
    }
}

/// The words of a stream that only the sentence at the end holds.
#[test]
fn a_long_word_is_cut_in_the_verdict() {
    let long = "x".repeat(10_000);
    for event in [
        r#"{"statusUpdate":{"status":{"state":"LONG","message":{"parts":[{"text":"LONG"}]}}}}"#,
        r#"{"statusUpdate":{"status":{"state":"failed","message":{"parts":[{"text":"LONG"}]}}}}"#,
        r#"{"event_type":"interaction.completed","interaction":{"status":"LONG"}}"#,
    ] {
        let view = POST.data(&[&event.replace("LONG", &long)]);
        assert!(super::said(&view).contains("xxx"), "{view:?}");
        is_bounded(&view);
    }
}

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

fn joiner(head: usize) -> Joiner {
    let (method, path, mcp_version) = HEADS[head];
    let is_lines = path == "/api/chat";
    let content_type = match is_lines {
        true => "application/x-ndjson",
        false => "text/event-stream",
    };
    Joiner::new(&Head {
        method,
        path,
        mcp_version,
        content_type: Some(content_type),
    })
}

/// Any JSON of the words that readers look for.
fn json() -> impl Strategy<Value = String> {
    const WORDS: &str = "(choices|delta|content|index|type|candidates|parts|text|message|done|\
        error|jsonrpc|result|task|status|state|event_type|response|item|output_index|\
        sequence_number|response\\.completed|message_stop|RUN_FINISHED|content_block_delta|\
        tool_calls|function|arguments)";
    let leaf = prop_oneof![
        WORDS.prop_map(|word| format!("\"{word}\"")),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f32>()
            .prop_filter("JSON has no others", |it| it.is_finite())
            .prop_map(|it| it.to_string()),
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just(u64::MAX.to_string()),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|all| format!("[{}]", all.join(","))),
            prop::collection::vec((WORDS, inner), 0..4).prop_map(|all| {
                let members = all
                    .iter()
                    .map(|(name, value)| format!("\"{name}\":{value}"));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

/// Events that readers take for what they are, those of one dialect together. Each `1` stands for
/// any number, and each `"x"` for any text.
const SHAPES: [&[&str]; 9] = [
    &[
        r#"{"choices":[{"index":1,"delta":{"content":"x","reasoning":"x"}}]}"#,
        r#"{"choices":[{"index":1,"delta":{"tool_calls":[{"index":1,"id":"x","function":{"name":"x","arguments":"x"}}]}}]}"#,
        r#"{"choices":[{"index":1,"delta":{"tool_calls":[{"id":"x","function":{"name":"x","arguments":"x"}}]}}]}"#,
        r#"{"choices":[{"index":1,"delta":{},"finish_reason":"x"}],"usage":{"completion_tokens":1}}"#,
    ],
    &[
        r#"{"type":"response.output_text.delta","sequence_number":1,"output_index":1,"delta":"x"}"#,
        r#"{"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","call_id":"x","name":"x"}}"#,
        r#"{"type":"response.function_call_arguments.delta","output_index":1,"delta":"x"}"#,
        r#"{"type":"response.function_call_arguments.done","output_index":1,"arguments":"x"}"#,
        r#"{"type":"response.incomplete","response":{"incomplete_details":{"reason":"x"}}}"#,
        r#"{"type":"response.failed","response":{"error":{"code":"x","message":"x"}}}"#,
    ],
    &[
        r#"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"x","name":"x"}}"#,
        r#"{"type":"content_block_delta","index":1,"delta":{"text":"x","thinking":"x","partial_json":"x"}}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"x"}}"#,
        r#"{"type":"error","error":{"type":"overloaded_error","code":"x","message":"x"}}"#,
    ],
    &[
        r#"{"candidates":[{"index":1,"content":{"parts":[{"text":"x"},{"functionCall":{"id":"x","name":"x","args":{"a":"x"}}}]}}]}"#,
        r#"{"candidates":[{"index":1,"finishReason":"x"}],"promptFeedback":{"blockReason":"x"}}"#,
    ],
    &[
        r#"{"event_type":"step.start","index":1,"step":{"type":"function_call","id":"x","name":"x","arguments":{"a":"x"}}}"#,
        r#"{"event_type":"step.delta","index":1,"delta":{"type":"text","text":"x"}}"#,
        r#"{"event_type":"step.delta","index":1,"delta":{"type":"arguments_delta","id":"x","name":"x","arguments":"x"}}"#,
        r#"{"event_type":"interaction.completed","interaction":{"status":"x","error":{"message":"x"}}}"#,
    ],
    &[
        r#"{"model":"m","done":false,"message":{"content":"x","thinking":"x","tool_calls":[{"id":"x","function":{"name":"x","arguments":{"a":"x"}}}]}}"#,
        r#"{"model":"m","done":true,"done_reason":"x"}"#,
    ],
    &[
        r#"{"type":"content-delta","index":1,"delta":{"message":{"content":{"text":"x","thinking":"x"}}}}"#,
        r#"{"type":"tool-call-start","index":1,"delta":{"message":{"tool_calls":{"id":"x","function":{"name":"x","arguments":"x"}}}}}"#,
        r#"{"type":"message-end","delta":{"finish_reason":"x","error":"x"}}"#,
    ],
    &[
        r#"{"type":"RUN_STARTED"}"#,
        r#"{"type":"TEXT_MESSAGE_START","messageId":"x"}"#,
        r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"x","delta":"x"}"#,
        r#"{"type":"TOOL_CALL_START","toolCallId":"x","toolCallName":"x"}"#,
        r#"{"type":"TOOL_CALL_ARGS","toolCallId":"x","delta":"x"}"#,
        r#"{"type":"SUBAGENT_ERROR","message":"x","code":"x"}"#,
        r#"{"type":"RUN_FINISHED","outcome":{"type":"x"}}"#,
    ],
    &[
        r#"{"result":{"statusUpdate":{"status":{"state":"x","message":{"parts":[{"text":"x"},{"text":"x"}]}}}}}"#,
        r#"{"result":{"artifactUpdate":{"append":true,"artifact":{"artifactId":"x","parts":[{"text":"x"}]}}}}"#,
        r#"{"result":{"artifactUpdate":{"artifact":{"artifactId":"x","parts":[{"text":"x"}]}}}}"#,
        // They are of MCP where the head says so.
        r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"x"}],"isError":true}}"#,
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}"#,
    ],
];

/// A few letters, or so many that some of them fill all that is kept.
fn text() -> impl Strategy<Value = String> {
    let letters = prop::sample::select(vec!['x', '"', '\u{1}', '豆', '😀', '\u{202E}']);
    let many = (
        letters,
        prop_oneof![2 => 0..400_usize, 1 => 0..150_000_usize],
    );
    prop_oneof![
        ".{0,8}",
        many.prop_map(|(letter, times)| String::from(letter).repeat(times)),
    ]
}

/// An event of this shape, with this number and these texts in their turn.
fn fill(shape: &str, number: u64, texts: &[String]) -> String {
    let mut texts = texts.iter().cycle();
    let mut event = String::new();
    for piece in shape.replace(":1", &format!(":{number}")).split("\"x\"") {
        if !event.is_empty() {
            let text = texts.next().expect("a cycle has no end");
            event.push_str(&serde_json::to_string(text).expect("a text is JSON"));
        }
        event.push_str(piece);
    }
    event
}

/// One event, or some hundred that differ in their numbers and short texts.
fn event(shapes: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    let shape = || prop::sample::select(shapes);
    let number = prop_oneof![0..3_u64, any::<u64>()];
    let one = (shape(), number, prop::collection::vec(text(), 1..4));
    let one = one.prop_map(|(shape, number, texts)| vec![fill(shape, number, &texts)]);
    let many = (shape(), 0..400_u64, ".{0,4}").prop_map(|(shape, times, text)| {
        let each = |time| fill(shape, time, &[format!("{text}{time}")]);
        (0..times).map(each).collect()
    });
    let other = prop_oneof![json(), ".{0,40}", Just("[DONE]".to_owned())];
    prop_oneof![6 => one, 1 => many, 2 => other.prop_map(|it| vec![it])]
}

/// The events of a stream, mostly of one dialect.
fn stream() -> impl Strategy<Value = Vec<String>> {
    let shapes = prop::sample::select(&SHAPES[..]);
    let events = shapes.prop_flat_map(|shapes| prop::collection::vec(event(shapes), 0..16));
    events.prop_map(|events| events.concat())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 100,
        max_shrink_time: 10_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_stream_makes_a_reader_panic_or_keep_more_than_it_may(
        head in 0..HEADS.len(),
        name in "(message|error|response\\.failed|.{0,8})",
        events in stream(),
    ) {
        let mut joiner = joiner(head);
        let mut at = Duration::ZERO;
        for data in &events {
            joiner.event(at, &name, data);
            is_bounded(joiner.view());
            at += Duration::from_secs(1);
        }
        prop_assert_eq!(joiner.view().events, events.len() as u64);
        joiner.end(at);
        is_bounded(joiner.view());
    }

    /// A line of JSON says what an event without a name says, whatever blanks are around it.
    #[test]
    fn a_line_is_read_as_an_event_and_an_empty_one_is_not(
        head in 0..HEADS.len(),
        events in stream(),
        blanks in "[ \t\r]{0,2}",
    ) {
        let mut by_lines = joiner(head);
        let mut by_events = joiner(head);
        let mut at = Duration::ZERO;
        for data in &events {
            by_lines.line(at, &format!("{blanks}{data}{blanks}"));
            by_lines.line(at, &blanks);
            is_bounded(by_lines.view());
            let data = data.trim_ascii();
            if !data.is_empty() {
                by_events.event(at, "message", data);
            }
            at += Duration::from_secs(1);
        }
        by_lines.end(at);
        by_events.end(at);
        is_bounded(by_lines.view());
        let (lines, events) = (by_lines.view(), by_events.view());
        prop_assert_eq!(&lines.parts, &events.parts);
        prop_assert_eq!(&lines.tool_calls, &events.tool_calls);
        prop_assert_eq!(format!("{lines:?}"), format!("{events:?}"));
    }
}
