//! Agents: AG-UI, A2A, and MCP of both revisions.

use sse_client::dialect::{Dialect, Level};

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
