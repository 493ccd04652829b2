//! The calls of tools, where `main` does not show them.

use sse_client::dialect::{Level, View};

use super::{POST, Played, level, notes};

const BERN: &str = r#"{"city":"Bern"}"#;

/// Each call: its id, its name and its arguments.
fn calls(view: &View) -> Vec<(&str, &str, &str)> {
    let calls = view.tool_calls.iter();
    calls
        .map(|call| (&*call.id, &*call.name, &*call.arguments))
        .collect()
}

#[test]
fn openai_responses_join_calls_by_their_output() {
    let added = |output: u8, kind: &str, id: &str, name: &str| {
        format!(
            r#"{{"type":"response.output_item.added","output_index":{output},"item":{{"type":"{kind}","id":"i{output}","call_id":"{id}","name":"{name}"}}}}"#
        )
    };
    let piece = |kind: &str, output: u8, field: &str, text: &str| {
        let text = serde_json::to_string(text).expect("a text is JSON");
        format!(r#"{{"type":"response.{kind}","output_index":{output},"{field}":{text}}}"#)
    };
    let data = [
        added(0, "function_call", "c1", "weather"),
        added(1, "custom_tool_call", "c2", "shell"),
        added(2, "mcp_call", "c3", "search"),
        piece("function_call_arguments.delta", 0, "delta", r#"{"city":"#),
        piece("custom_tool_call_input.delta", 1, "delta", "ls"),
        piece("function_call_arguments.delta", 0, "delta", r#""Bern"}"#),
        // The whole arguments, behind pieces and in place of them.
        piece("function_call_arguments.done", 0, "arguments", BERN),
        piece("custom_tool_call_input.done", 1, "input", "ls"),
        piece("mcp_call_arguments.done", 2, "arguments", "{}"),
    ];
    let data: Vec<&str> = data.iter().map(String::as_str).collect();
    let view = POST.data(&data);
    let pieces = POST.data(&data[..6]);
    assert_eq!(
        calls(&pieces),
        [
            ("c1", "weather", BERN),
            ("c2", "shell", "ls"),
            ("c3", "search", "")
        ]
    );
    assert_eq!(
        calls(&view),
        [
            ("c1", "weather", BERN),
            ("c2", "shell", "ls"),
            ("c3", "search", "{}")
        ]
    );
    let whole_at_once = POST.data(&[
        &added(0, "custom_tool_call", "c1", "shell"),
        &piece("custom_tool_call_input.done", 0, "input", "ls"),
        &added(1, "function_call", "c2", "weather"),
        &piece("function_call_arguments.done", 1, "arguments", BERN),
    ]);
    assert_eq!(
        calls(&whole_at_once),
        [("c1", "shell", "ls"), ("c2", "weather", BERN)]
    );
}

#[test]
fn gemini_sends_each_call_whole() {
    let call = |id: &str, name: &str, args: &str| {
        format!(
            r#"{{"candidates":[{{"content":{{"parts":[{{"functionCall":{{"id":"{id}","name":"{name}","args":{args}}}}}]}},"finishReason":"STOP"}}]}}"#
        )
    };
    let view = POST.data(&[&call("c1", "weather", BERN), &call("c2", "clock", "{}")]);
    assert_eq!(
        calls(&view),
        [("c1", "weather", BERN), ("c2", "clock", "{}")]
    );
    assert_eq!(level(&view), Some(Level::Whole));
}

#[test]
fn gemini_interactions_send_calls_in_steps_and_before_them_in_contents() {
    let step = r#"{"event_type":"step.start","index":1,"step":{"type":"function_call","id":"c1","name":"weather","arguments":{}}}"#;
    let piece = |text: &str| {
        let text = serde_json::to_string(text).expect("a text is JSON");
        format!(
            r#"{{"event_type":"step.delta","index":1,"delta":{{"type":"arguments_delta","arguments":{text}}}}}"#
        )
    };
    let (first, second) = (piece(r#"{"city":"#), piece(r#""Bern"}"#));
    let in_steps = POST.data(&[step, &first, &second]);
    assert_eq!(calls(&in_steps), [("c1", "weather", BERN)]);
    // A step whose arguments are there from its beginning.
    let whole = step.replace("{}", BERN);
    assert_eq!(calls(&POST.data(&[&whole])), [("c1", "weather", BERN)]);
    assert_eq!(
        calls(&POST.data(&[&whole, &first, &second])),
        [("c1", "weather", BERN)]
    );
    let in_contents = POST.data(&[
        r#"{"event_type":"content.start","index":0,"content":{"type":"function_call"}}"#,
        r#"{"event_type":"content.delta","index":0,"delta":{"type":"function_call","id":"c1","name":"weather","arguments":{"city":"Bern"}}}"#,
    ]);
    assert_eq!(calls(&in_contents), [("c1", "weather", BERN)]);
}

#[test]
fn ollama_sends_each_call_whole() {
    let ollama = Played {
        path: "/api/chat",
        content_type: "application/x-ndjson",
        ..POST
    };
    let call = |name: &str, arguments: &str| {
        format!(
            r#"{{"model":"m","message":{{"content":"","tool_calls":[{{"function":{{"name":"{name}","arguments":{arguments}}}}}]}},"done":false}}"#
        )
    };
    let view = ollama.data(&[&call("weather", BERN), &call("clock", "{}")]);
    assert_eq!(calls(&view), [("", "weather", BERN), ("", "clock", "{}")]);
}

#[test]
fn cohere_sends_calls_in_pieces_and_a_plan_before() {
    let events = [
        (
            "tool-plan-delta",
            r#"{"type":"tool-plan-delta","delta":{"message":{"tool_plan":"I ask."}}}"#,
        ),
        (
            "tool-call-start",
            r#"{"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"c1","type":"function","function":{"name":"weather","arguments":""}}}}}"#,
        ),
        (
            "tool-call-delta",
            r#"{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{\"city\":"}}}}}"#,
        ),
        (
            "tool-call-delta",
            r#"{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"\"Bern\"}"}}}}}"#,
        ),
        ("tool-call-end", r#"{"type":"tool-call-end","index":0}"#),
    ];
    let view = POST.events(&events);
    assert_eq!(calls(&view), [("c1", "weather", BERN)]);
    assert_eq!(
        super::text(&view, sse_client::dialect::Kind::Reasoning),
        "I ask."
    );
    assert_eq!(notes(&view), "");
}

#[test]
fn ag_ui_keeps_calls_apart_by_their_ids() {
    let view = POST.data(&[
        r#"{"type":"RUN_STARTED","threadId":"t","runId":"r"}"#,
        r#"{"type":"TOOL_CALL_START","toolCallId":"c1","toolCallName":"weather"}"#,
        r#"{"type":"TOOL_CALL_START","toolCallId":"c2","toolCallName":"clock"}"#,
        r#"{"type":"TOOL_CALL_ARGS","toolCallId":"c1","delta":"{\"city\":"}"#,
        r#"{"type":"TOOL_CALL_ARGS","toolCallId":"c2","delta":"{}"}"#,
        r#"{"type":"TOOL_CALL_ARGS","toolCallId":"c1","delta":"\"Bern\"}"}"#,
        r#"{"type":"TOOL_CALL_CHUNK","toolCallId":"c3","toolCallName":"search","delta":"["}"#,
        // A chunk without an id continues the call before, whatever a result speaks of.
        r#"{"type":"TOOL_CALL_RESULT","toolCallId":"c1","messageId":"m9","content":"rain"}"#,
        r#"{"type":"TOOL_CALL_CHUNK","delta":"]"}"#,
    ]);
    assert_eq!(
        calls(&view),
        [
            ("c1", "weather", BERN),
            ("c2", "clock", "{}"),
            ("c3", "search", "[]")
        ]
    );
}
