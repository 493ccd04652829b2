//! What no stream can do: fill memory, or make a reader panic.

use std::time::Duration;

use proptest::prelude::*;
use sse_client::dialect::{Head, Joiner};

use super::{POST, Played};

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

fn json() -> impl Strategy<Value = String> {
    let words = "(choices|delta|content|index|type|candidates|parts|text|message|done|error|jsonrpc|result|task|status|state|event_type|response|item|output_index|sequence_number|response\\.completed|message_stop|RUN_FINISHED|content_block_delta|tool_calls|function|arguments)";
    let leaf = prop_oneof![
        words.prop_map(|word| format!("\"{word}\"")),
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
            prop::collection::vec((words, inner), 0..4).prop_map(|all| {
                let members = all
                    .iter()
                    .map(|(name, value)| format!("\"{name}\":{value}"));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, max_shrink_time: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn no_stream_makes_a_reader_panic(
        which in 0..12_usize,
        events in prop::collection::vec(prop_oneof![json(), ".{0,40}"], 0..12),
    ) {
        const PATHS: [&str; 12] = [
            "/v1/chat/completions", "/v1/responses", "/v1/messages", "/m:streamGenerateContent",
            "/interactions", "/api/chat", "/v2/chat", "/ag", "/message:stream", "/mcp", "/mcp", "",
        ];
        let version = [None, Some("2025-11-25"), Some("2026-07-28")];
        let played = Played {
            path: PATHS[which],
            mcp_version: version[which.saturating_sub(8) % 3],
            ..POST
        };
        let data: Vec<&str> = events.iter().map(String::as_str).collect();
        let view = played.data(&data);
        prop_assert_eq!(view.events, data.len() as u64);
    }
}
