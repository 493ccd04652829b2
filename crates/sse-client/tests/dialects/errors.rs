//! An error inside an answer whose status is 200, where `main` does not show it.

use sse_client::dialect::{Dialect, Level};

use super::{POST, Played, is, notes};

#[test]
fn openai_responses_have_an_event_for_errors() {
    let created = r#"{"type":"response.created","sequence_number":0,"response":{}}"#;
    let error = r#"{"type":"error","sequence_number":1,"code":"server_error","message":"no luck","param":null}"#;
    let failed = POST.events(&[("response.created", created), ("error", error)]);
    is(
        &failed,
        Dialect::OpenAiResponses,
        "",
        Level::Failed,
        "no luck (server_error)",
    );
    assert_eq!(notes(&failed), "");
    // A failure that gives no reason is one too.
    let silent = r#"{"type":"response.failed","sequence_number":1,"response":{"status":"failed","error":null}}"#;
    let failed = POST.events(&[("response.created", created), ("response.failed", silent)]);
    is(
        &failed,
        Dialect::OpenAiResponses,
        "",
        Level::Failed,
        "the response failed, and no reason came",
    );
}

#[test]
fn gemini_interactions_have_an_event_and_a_status_for_errors() {
    let created =
        r#"{"event_type":"interaction.created","interaction":{"id":"i","status":"in_progress"}}"#;
    let error = r#"{"event_type":"error","error":{"code":"unavailable","message":"no luck"}}"#;
    is(
        &POST.data(&[created, error]),
        Dialect::GeminiInteractions,
        "",
        Level::Failed,
        "no luck (unavailable)",
    );
    for (rest, words) in [
        (r#","error":{"message":"no luck"}"#, "no luck"),
        ("", "the interaction failed, and no reason came"),
    ] {
        let failed = format!(
            r#"{{"event_type":"interaction.completed","interaction":{{"status":"failed"{rest}}}}}"#
        );
        is(
            &POST.data(&[created, &failed]),
            Dialect::GeminiInteractions,
            "",
            Level::Failed,
            words,
        );
    }
}

#[test]
fn a_prompt_that_gemini_blocks_has_no_answer() {
    let blocked = POST.data(&[r#"{"promptFeedback":{"blockReason":"SAFETY"}}"#]);
    is(
        &blocked,
        Dialect::GeminiContent,
        "",
        Level::Failed,
        "the prompt was blocked (SAFETY)",
    );
}

#[test]
fn cohere_tells_an_error_at_the_end() {
    let start = ("message-start", r#"{"type":"message-start","id":"1"}"#);
    for (delta, words) in [
        (r#"{"finish_reason":"ERROR","error":"no luck"}"#, "no luck"),
        (r#"{"finish_reason":"ERROR"}"#, "no reason came"),
        (r#"{"finish_reason":"TIMEOUT"}"#, "no reason came"),
    ] {
        let end = format!(r#"{{"type":"message-end","delta":{delta}}}"#);
        let failed = POST.events(&[start, ("message-end", &end)]);
        is(&failed, Dialect::CohereChat, "", Level::Failed, words);
    }
}

#[test]
fn a2a_answers_with_an_error_of_json_rpc() {
    let error = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"Task not found"}}"#;
    let rest = Played {
        path: "/v1/message:stream",
        ..POST
    };
    is(
        &rest.data(&[error]),
        Dialect::A2a,
        "",
        Level::Failed,
        "Task not found (-32001)",
    );
    let working = r#"{"jsonrpc":"2.0","id":1,"result":{"kind":"task","id":"t","status":{"state":"working"}}}"#;
    is(
        &POST.data(&[working, error]),
        Dialect::A2a,
        "",
        Level::Failed,
        "Task not found",
    );
}

#[test]
fn mcp_tells_an_error_of_a_request_from_one_of_a_tool() {
    let of = |version| Played {
        mcp_version: Some(version),
        ..POST
    };
    let error = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Unknown tool"}}"#;
    let failed = of("2025-11-25").data(&["", error]);
    is(
        &failed,
        Dialect::Mcp2025,
        "",
        Level::Failed,
        "Unknown tool (-32602)",
    );
    let tool = r#"{"jsonrpc":"2.0","id":1,"result":{"isError":true,"content":[{"type":"text","text":"no luck"}]}}"#;
    for (version, dialect) in [
        ("2025-11-25", Dialect::Mcp2025),
        ("2026-07-28", Dialect::Mcp2026),
    ] {
        let answered = of(version).data(&[tool]);
        is(
            &answered,
            dialect,
            "no luck",
            Level::Whole,
            "The response came",
        );
        assert!(notes(&answered).contains("isError"));
    }
}

#[test]
fn an_error_of_no_known_dialect_is_one_all_the_same() {
    let failed = POST.data(&[r#"{"error":"no luck"}"#]);
    assert_eq!(failed.dialect, None);
    assert_eq!(super::level(&failed), Some(Level::Failed));
    assert!(super::said(&failed).contains("no luck"));
}
