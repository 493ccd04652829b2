//! Agents: AG-UI, A2A, and MCP of both revisions.

use sse_client::dialect::{Dialect, Kind, Level};

use super::{POST, Played, is, level};

#[test]
fn ag_ui_ends_with_its_run() {
    let events = [
        r#"{"type":"RUN_STARTED","threadId":"t","runId":"r"}"#,
        r#"{"type":"TEXT_MESSAGE_START","messageId":"m1","role":"assistant"}"#,
        r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"m1","delta":"Hello"}"#,
        r#"{"type":"TEXT_MESSAGE_END","messageId":"m1"}"#,
        r#"{"type":"RUN_FINISHED","threadId":"t","runId":"r"}"#,
    ];
    is(
        &POST.data(&events),
        Dialect::AgUi,
        "Hello",
        Level::Whole,
        "RUN_FINISHED",
    );
    assert_eq!(level(&POST.data(&events[..3])), Some(Level::Truncated));
    let open = [events[0], events[1], events[2], events[4]];
    is(
        &POST.data(&open),
        Dialect::AgUi,
        "Hello",
        Level::Doubtful,
        "message m1",
    );
    let failed = POST.data(&[events[0], r#"{"type":"RUN_ERROR","message":"no luck"}"#]);
    is(&failed, Dialect::AgUi, "", Level::Failed, "no luck");
}

/// Each message and each call has an id, and may be under way beside others.
#[test]
fn ag_ui_may_have_several_messages_open_at_once() {
    let start = r#"{"type":"RUN_STARTED","threadId":"t","runId":"r"}"#;
    let finish = r#"{"type":"RUN_FINISHED","threadId":"t","runId":"r"}"#;
    let event = |stage: &str, id: &str, delta: &str| {
        format!(r#"{{"type":"TEXT_MESSAGE_{stage}","messageId":"{id}","delta":"{delta}"}}"#)
    };
    let begin = [
        event("START", "m1", ""),
        event("START", "m2", ""),
        event("CONTENT", "m1", "Hel"),
        event("CONTENT", "m2", "Ad"),
        event("CONTENT", "m1", "lo"),
        event("END", "m2", ""),
    ];
    let with = |rest: &[&str]| {
        let mut data = vec![start];
        data.extend(begin.iter().map(String::as_str));
        data.extend(rest);
        POST.data(&data)
    };
    let one_open = with(&[finish]);
    is(
        &one_open,
        Dialect::AgUi,
        "HelloAd",
        Level::Doubtful,
        "message m1 was not ended",
    );
    let end = event("END", "m1", "");
    assert_eq!(level(&with(&[&end, finish])), Some(Level::Whole));
    let call = r#"{"type":"TOOL_CALL_START","toolCallId":"c1","toolCallName":"clock"}"#;
    let cut = with(&[call]);
    is(
        &cut,
        Dialect::AgUi,
        "HelloAd",
        Level::Truncated,
        "message m1 and call c1 were not ended",
    );
    let more = with(&[call, &event("START", "m3", ""), finish]);
    is(
        &more,
        Dialect::AgUi,
        "HelloAd",
        Level::Doubtful,
        "message m1 and 2 more were not ended",
    );
    // A stream that opens without end is remembered within bounds.
    let many: Vec<String> = (0..1000)
        .map(|id| event("START", &format!("n{id}"), ""))
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let view = with(&many);
    is(
        &view,
        Dialect::AgUi,
        "HelloAd",
        Level::Truncated,
        "message m1 and 255 more",
    );
}

#[test]
fn ag_ui_tells_thoughts_from_messages_and_how_a_run_ended() {
    let start = r#"{"type":"RUN_STARTED","threadId":"t","runId":"r"}"#;
    let view = POST.data(&[
        start,
        r#"{"type":"TEXT_MESSAGE_CHUNK","messageId":"m1","delta":"Hel"}"#,
        r#"{"type":"REASONING_MESSAGE_START","messageId":"r1","role":"reasoning"}"#,
        r#"{"type":"REASONING_MESSAGE_CONTENT","messageId":"r1","delta":"H"}"#,
        r#"{"type":"REASONING_MESSAGE_CHUNK","delta":"m."}"#,
        r#"{"type":"REASONING_MESSAGE_END","messageId":"r1"}"#,
        // A chunk without an id continues the message before, not the thought.
        r#"{"type":"TEXT_MESSAGE_CHUNK","delta":"lo"}"#,
        r#"{"type":"THINKING_TEXT_MESSAGE_START"}"#,
        r#"{"type":"THINKING_TEXT_MESSAGE_CONTENT","delta":" So."}"#,
        r#"{"type":"THINKING_TEXT_MESSAGE_END"}"#,
        r#"{"type":"SUBAGENT_ERROR","subagentRunId":"s","message":"no luck"}"#,
        r#"{"type":"RUN_FINISHED","threadId":"t","runId":"r","outcome":{"type":"interrupt","interrupts":[]}}"#,
    ]);
    is(
        &view,
        Dialect::AgUi,
        "Hello",
        Level::Whole,
        "waits for an answer of its user",
    );
    assert_eq!(super::text(&view, Kind::Reasoning), "Hm. So.");
    assert_eq!(view.parts.len(), 2, "{view:?}");
    assert!(super::notes(&view).contains("no luck"), "{view:?}");
    let cancelled = POST.data(&[
        start,
        r#"{"type":"RUN_FINISHED","threadId":"t","runId":"r","outcome":{"type":"cancelled"}}"#,
    ]);
    is(
        &cancelled,
        Dialect::AgUi,
        "",
        Level::Whole,
        "stopped before its end",
    );
}

#[test]
fn a2a_ends_in_a_state_that_is_the_end() {
    let working = r#"{"jsonrpc":"2.0","id":1,"result":{"statusUpdate":{"taskId":"t","status":{"state":"TASK_STATE_WORKING"}}}}"#;
    let artifact = r#"{"jsonrpc":"2.0","id":1,"result":{"artifactUpdate":{"taskId":"t","artifact":{"artifactId":"a","parts":[{"text":"Hello"}]}}}}"#;
    let done = r#"{"jsonrpc":"2.0","id":1,"result":{"statusUpdate":{"taskId":"t","status":{"state":"TASK_STATE_COMPLETED"}}}}"#;
    is(
        &POST.data(&[working, artifact, done]),
        Dialect::A2a,
        "Hello",
        Level::Whole,
        "completed",
    );
    let cut = POST.data(&[working, artifact]);
    is(&cut, Dialect::A2a, "Hello", Level::Truncated, "working");
    let old = r#"{"jsonrpc":"2.0","id":1,"result":{"kind":"status-update","final":true,"status":{"state":"completed"}}}"#;
    let old = POST.data(&[old]);
    assert_eq!(
        (old.dialect, level(&old)),
        (Some(Dialect::A2a), Some(Level::Whole))
    );
}

#[test]
fn mcp_ends_with_its_response_and_its_revision_says_what_a_close_is() {
    let note = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1}}"#;
    let response =
        r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"Hello"}]}}"#;
    let of = |version| Played {
        mcp_version: Some(version),
        ..POST
    };
    let (before, since) = (of("2025-11-25"), of("2026-07-28"));
    // An event without data gives an id to come back with.
    let whole = before.data(&["", note, response]);
    is(
        &whole,
        Dialect::Mcp2025,
        "Hello",
        Level::Whole,
        "The response came",
    );
    assert_eq!(before.data(&["", note]).dialect, Some(Dialect::Mcp2025));
    assert_eq!(
        level(&before.data(&["", note])),
        Some(Level::Doubtful),
        "a pause, and no end"
    );
    let whole = since.data(&[note, response]);
    is(
        &whole,
        Dialect::Mcp2026,
        "Hello",
        Level::Whole,
        "The response came",
    );
    assert_eq!(
        level(&since.data(&[note])),
        Some(Level::Truncated),
        "it is lost"
    );
    let failed =
        since.data(&[r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no luck"}}"#]);
    is(&failed, Dialect::Mcp2026, "", Level::Failed, "no luck");
}
