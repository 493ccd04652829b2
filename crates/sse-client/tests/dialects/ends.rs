//! Verdicts, where `main` and `agents` do not show them.

use std::time::Duration;

use sse_client::dialect::{Dialect, Head, Joiner, Kind, Level};

use super::{CHAT, POST, Played, is, level, notes, said, text};

#[test]
fn one_of_several_choices_that_is_open_is_truncated() {
    let second = r#"{"choices":[{"index":1,"delta":{"content":"Ad"}}]}"#;
    let open = [CHAT[1], second, CHAT[2], CHAT[3], CHAT[4]];
    let view = POST.data(&open);
    assert_eq!(level(&view), Some(Level::Truncated), "{}", said(&view));
    assert!(said(&view).contains("choice 1"), "{}", said(&view));
    let end = r#"{"choices":[{"index":1,"delta":{},"finish_reason":"stop"}]}"#;
    let closed = [CHAT[1], second, CHAT[3], end, CHAT[4]];
    assert_eq!(level(&POST.data(&closed)), Some(Level::Whole));

    let first = r#"{"candidates":[{"index":0,"content":{"parts":[{"text":"Hello"}]},"finishReason":"STOP"},{"index":1,"content":{"parts":[{"text":"Ad"}]}}]}"#;
    let view = POST.data(&[first]);
    assert_eq!(level(&view), Some(Level::Truncated), "{}", said(&view));
    assert!(said(&view).contains("candidate 1"), "{}", said(&view));
}

#[test]
fn an_incomplete_response_is_a_whole_stream() {
    let delta =
        r#"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hel"}"#;
    let end = r#"{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}}"#;
    let view = POST.data(&[delta, end]);
    is(
        &view,
        Dialect::OpenAiResponses,
        "Hel",
        Level::Whole,
        "response.incomplete came (max_output_tokens)",
    );
    assert!(said(&view).contains("stops before its end"));
    assert!(notes(&view).contains("ask for more tokens"), "{view:?}");
}

#[test]
fn gemini_interactions_end_in_several_states() {
    let delta = r#"{"event_type":"step.delta","index":0,"delta":{"type":"text","text":"Hello"}}"#;
    let waiting = r#"{"event_type":"interaction.status_update","interaction_id":"i","status":"requires_action"}"#;
    let view = POST.data(&[delta, waiting]);
    is(
        &view,
        Dialect::GeminiInteractions,
        "Hello",
        Level::Doubtful,
        "waits for the result of a tool",
    );
    for (status, level, words) in [
        ("completed", Level::Whole, "(completed)"),
        ("requires_action", Level::Whole, "(requires_action)"),
        ("incomplete", Level::Whole, "stops before its end"),
        ("budget_exceeded", Level::Whole, "stops before its end"),
        (
            "requires_continuation",
            Level::Truncated,
            "continuation_token",
        ),
    ] {
        let end = format!(
            r#"{{"event_type":"interaction.completed","interaction":{{"status":"{status}"}}}}"#
        );
        is(
            &POST.data(&[delta, &end]),
            Dialect::GeminiInteractions,
            "Hello",
            level,
            words,
        );
    }
    // What the model thinks is no answer.
    let thought = r#"{"event_type":"step.delta","index":0,"delta":{"type":"thought_summary","content":{"type":"text","text":"Hm."}}}"#;
    let view = POST.data(&[thought]);
    assert_eq!(text(&view, Kind::Reasoning), "Hm.");
    assert_eq!(text(&view, Kind::Text), "");
}

#[test]
fn ollama_may_end_with_a_reason_alone() {
    let ollama = Played {
        path: "/api/generate",
        content_type: "application/x-ndjson",
        ..POST
    };
    let view = ollama.data(&[r#"{"model":"m","response":"Hello","done_reason":"stop"}"#]);
    is(
        &view,
        Dialect::Ollama,
        "Hello",
        Level::Doubtful,
        "done_reason (stop) came, and done: true did not",
    );
}

/// The same states in the words of version 1, of version 0.3, and of 0.3 over protocol buffers.
#[test]
fn a2a_states_are_ends_failures_or_waits() {
    for (state, level, words) in [
        ("completed", Level::Whole, "completed"),
        ("canceled", Level::Whole, "canceled"),
        ("input-required", Level::Whole, "input-required"),
        ("auth-required", Level::Whole, "auth-required"),
        ("failed", Level::Failed, "failed (no luck)"),
        ("rejected", Level::Failed, "rejected (no luck)"),
        ("submitted", Level::Truncated, "submitted"),
    ] {
        let large = format!("TASK_STATE_{}", state.to_uppercase().replace('-', "_"));
        let message = r#"{"role":"agent","parts":[{"kind":"text","text":"no luck"}]}"#;
        let one = format!(
            r#"{{"jsonrpc":"2.0","id":1,"result":{{"statusUpdate":{{"taskId":"t","status":{{"state":"{large}","message":{message}}}}}}}}}"#
        );
        let before = format!(
            r#"{{"jsonrpc":"2.0","id":1,"result":{{"kind":"status-update","taskId":"t","final":false,"status":{{"state":"{state}","message":{message}}}}}}}"#
        );
        // Over plain HTTP there is no JSON-RPC around it.
        let bare = format!(
            r#"{{"statusUpdate":{{"taskId":"t","status":{{"state":"{large}","message":{{"content":[{{"text":"no luck"}}]}}}}}}}}"#
        );
        for event in [one, before, bare] {
            let view = POST.data(&[&event]);
            is(&view, Dialect::A2a, "", level, words);
            assert_eq!(text(&view, Kind::Reasoning), "no luck");
        }
    }
    let two_l = r#"{"statusUpdate":{"taskId":"t","status":{"state":"TASK_STATE_CANCELLED"}}}"#;
    is(
        &POST.data(&[two_l]),
        Dialect::A2a,
        "",
        Level::Whole,
        "cancelled",
    );
    let last = r#"{"jsonrpc":"2.0","id":1,"result":{"kind":"status-update","final":true,"status":{"state":"working"}}}"#;
    is(
        &POST.data(&[last]),
        Dialect::A2a,
        "",
        Level::Doubtful,
        "final: true came in the state working",
    );
}

#[test]
fn a_message_alone_is_a_whole_answer_of_a2a() {
    for message in [
        r#"{"jsonrpc":"2.0","id":1,"result":{"message":{"messageId":"m","role":"ROLE_AGENT","parts":[{"text":"Hello"}]}}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{"kind":"message","messageId":"m","role":"agent","parts":[{"kind":"text","text":"Hello"}]}}"#,
        r#"{"message":{"messageId":"m","role":"ROLE_AGENT","content":[{"text":"Hello"}]}}"#,
    ] {
        is(
            &POST.data(&[message]),
            Dialect::A2a,
            "Hello",
            Level::Whole,
            "A message came",
        );
    }
}

#[test]
fn a2a_artifacts_are_replaced_or_appended_to() {
    let task = r#"{"jsonrpc":"2.0","id":1,"result":{"task":{"id":"t","status":{"state":"TASK_STATE_WORKING"},"artifacts":[{"artifactId":"a","parts":[{"text":"Draft"}]}]}}}"#;
    let artifact = |append: bool, text: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"result":{{"artifactUpdate":{{"taskId":"t","append":{append},"lastChunk":{append},"artifact":{{"artifactId":"a","parts":[{{"text":"{text}"}}]}}}}}}}}"#
        )
    };
    let view = POST.data(&[task, &artifact(false, "Hel"), &artifact(true, "lo")]);
    is(&view, Dialect::A2a, "Hello", Level::Truncated, "working");
    let old = r#"{"jsonrpc":"2.0","id":1,"result":{"kind":"artifact-update","taskId":"t","append":true,"artifact":{"artifactId":"a","parts":[{"kind":"text","text":"!"}]}}}"#;
    let view = POST.data(&[task, old]);
    assert_eq!(text(&view, Kind::Text), "Draft!");
}

#[test]
fn mcp_streams_of_a_get_need_no_response() {
    let get = Played {
        method: "GET",
        mcp_version: Some("2025-11-25"),
        ..POST
    };
    let note = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;
    for data in [&[][..], &[""], &["", note]] {
        is(
            &get.data(data),
            Dialect::Mcp2025,
            "",
            Level::Whole,
            "a GET needs no response",
        );
    }
    // A response to an earlier request may be an error, and the stream is whole all the same.
    let error = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no luck"}}"#;
    assert_eq!(level(&get.data(&["", error])), Some(Level::Whole));
    // The later revision has no such stream.
    let later = Played {
        mcp_version: Some("2026-07-28"),
        ..get
    };
    assert_eq!(level(&later.data(&[note])), Some(Level::Truncated));
}

#[test]
fn mcp_batches_are_read_as_their_messages() {
    let mcp = Played {
        mcp_version: Some("2025-03-26"),
        ..POST
    };
    let batch = r#"[{"jsonrpc":"2.0","method":"notifications/progress"},{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"Hello"}]}}]"#;
    is(
        &mcp.data(&[batch]),
        Dialect::Mcp2025,
        "Hello",
        Level::Whole,
        "The response came",
    );
    // A request of the server has an id too, and is no response.
    let request = r#"[{"jsonrpc":"2.0","id":1,"method":"sampling/createMessage","params":{}}]"#;
    assert_eq!(level(&mcp.data(&[request])), Some(Level::Doubtful));
    // Nor is what has neither a result nor an error.
    let empty = r#"[{"jsonrpc":"2.0","id":1}]"#;
    assert_eq!(level(&mcp.data(&[empty])), Some(Level::Doubtful));
    // Nothing but the batch tells the dialect.
    assert_eq!(POST.data(&[batch]).dialect, Some(Dialect::Mcp2025));
}

#[test]
fn mcp_may_answer_with_a_question() {
    let asks =
        r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required","inputRequests":{}}}"#;
    let view = POST.data(&[asks]);
    is(
        &view,
        Dialect::Mcp2026,
        "",
        Level::Whole,
        "The response came",
    );
    assert!(notes(&view).contains("input_required"), "{view:?}");
}

/// A pause leads to a return only where the client has an id.
#[test]
fn an_mcp_stream_that_pauses_says_who_can_return() {
    let mcp = Played {
        mcp_version: Some("2025-11-25"),
        ..POST
    };
    let note = r#"{"jsonrpc":"2.0","method":"notifications/progress"}"#;
    let primed = said(&mcp.data(&["", note]));
    assert!(primed.contains("that is a pause"), "{primed}");
    let unprimed = said(&mcp.data(&[note]));
    assert!(unprimed.contains("no event of empty data"), "{unprimed}");
}

#[test]
fn a_stream_that_stays_open_behind_its_end_is_worth_a_note() {
    let stays = |seconds: u64| {
        let mut joiner = Joiner::new(&Head {
            method: "POST",
            path: "/v1/chat/completions",
            ..Head::default()
        });
        for data in CHAT {
            joiner.event(Duration::from_secs(1), "message", data);
        }
        joiner.end(Duration::from_secs(1 + seconds));
        notes(joiner.view())
    };
    assert_eq!(stays(4), "");
    let note = stays(6);
    assert!(
        note.contains("stayed open for 6.0 s after [DONE]"),
        "{note}"
    );
}
