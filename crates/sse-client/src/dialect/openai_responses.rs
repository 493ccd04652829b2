//! OpenAI's responses.
//!
//! Each event has the name that is the `type` in its data, and a `sequence_number` that grows by
//! one. The end: `response.completed`, `response.failed` or `response.incomplete`; no `[DONE]`. A
//! hole in the numbers is an event that was lost.
//!
//! The names are those of `ResponseStreamEvent` in the npm package `openai` 6.49.0.

use serde_json::Value;

use super::reader::{Frame, Reader, compare_names, failed, index, number, some_text, text};
use super::view::{Kind, Level, Verdict, View};
use super::words;

#[derive(Debug, Default)]
pub(super) struct OpenAiResponses {
    /// The terminal event that came.
    end: Option<&'static str>,
    /// The number that the next event should have.
    expected: Option<u64>,
    /// The first hole in the numbers: what was expected, and what came.
    hole: Option<(u64, u64)>,
}

const ENDS: [&str; 3] = [
    "response.completed",
    "response.incomplete",
    "response.failed",
];

impl Reader for OpenAiResponses {
    fn read(&mut self, frame: &Frame<'_>, view: &mut View) {
        // Some servers add it, out of habit.
        if frame.is_done() {
            return;
        }
        let json = &frame.json;
        let kind = text(json, "/type");
        compare_names(frame, kind, view);
        if let Some(number) = number(json, "/sequence_number") {
            let expected = self.expected.unwrap_or(number);
            if number != expected {
                self.hole.get_or_insert((expected, number));
            }
            self.expected = Some(number.saturating_add(1));
        }
        if let Some(end) = ENDS.iter().find(|end| **end == kind) {
            self.end = Some(end);
            view.mark_over(end);
            read_end(json, view);
        }
        if let Some(error) = words::error(json) {
            view.fail(error);
        }
        let output = index(json, "/output_index");
        let part = format!("output {output}, part {}", index(json, "/content_index"));
        let call = format!("output {output}");
        let summary = format!("output {output}, summary {}", index(json, "/summary_index"));
        match kind {
            "response.output_text.delta" | "response.refusal.delta" => {
                view.add(Kind::Text, &part, text(json, "/delta"));
            }
            "response.output_text.done" if !view.has(Kind::Text, &part) => {
                view.add(Kind::Text, &part, text(json, "/text"));
            }
            "response.reasoning_text.delta" => {
                view.add(Kind::Reasoning, &part, text(json, "/delta"));
            }
            "response.reasoning_summary_text.delta" => {
                view.add(Kind::Reasoning, &summary, text(json, "/delta"));
            }
            "response.output_item.added" => begin_item(&call, json, view),
            "response.function_call_arguments.delta"
            | "response.custom_tool_call_input.delta"
            | "response.mcp_call_arguments.delta" => {
                view.add_call(&call, None, None, text(json, "/delta"));
            }
            "response.function_call_arguments.done" | "response.mcp_call_arguments.done"
                if !view.has_arguments(&call) =>
            {
                view.add_call(&call, None, None, text(json, "/arguments"));
            }
            "response.custom_tool_call_input.done" if !view.has_arguments(&call) => {
                view.add_call(&call, None, None, text(json, "/input"));
            }
            _ => {}
        }
    }

    fn verdict(&self, view: &View) -> Verdict {
        let hole = self.hole.map(|(expected, came)| {
            format!(
                "Number {came} came where {expected} should: an event between them is missing, so \
                 the text may have a hole",
            )
        });
        if let Some(mut verdict) = failed(view) {
            if let Some(hole) = hole {
                verdict.sentence = format!("{} {hole}.", verdict.sentence);
            }
            return verdict;
        }
        match (self.end, hole) {
            (None, None) => Verdict::new(
                Level::Truncated,
                "None of response.completed, response.incomplete and response.failed came: the \
                 answer is truncated.",
            ),
            (None, Some(hole)) => Verdict::new(
                Level::Truncated,
                format!("No response.completed came: the answer is truncated. {hole}."),
            ),
            (Some("response.incomplete"), None) => {
                let reason = view.finish_reason.as_deref().unwrap_or("no reason");
                let sentence = format!(
                    "response.incomplete came ({reason}): the stream is whole, and the answer \
                     stops before its end.",
                );
                Verdict::new(Level::Whole, sentence)
            }
            (Some(end), None) => {
                Verdict::new(Level::Whole, format!("{end} came: the stream is whole."))
            }
            (Some(end), Some(hole)) => {
                Verdict::new(Level::Doubtful, format!("{end} came. {hole}."))
            }
        }
    }
}

fn read_end(json: &Value, view: &mut View) {
    if let Some(error) = json.pointer("/response/error").filter(|e| !e.is_null()) {
        view.fail(words::error_object(error));
    } else if text(json, "/type") == "response.failed" {
        view.fail("the response failed, and no reason came".to_owned());
    }
    let reason = some_text(json, "/response/incomplete_details/reason");
    if let Some(reason) = reason.or_else(|| some_text(json, "/response/status")) {
        view.finish("status", reason);
    }
    if let Some(tokens) = number(json, "/response/usage/output_tokens") {
        let pointer = "/response/usage/output_tokens_details/reasoning_tokens";
        view.count_tokens(tokens.saturating_sub(index(json, pointer)));
    }
}

fn begin_item(place: &str, json: &Value, view: &mut View) {
    let kind = text(json, "/item/type");
    if kind.ends_with("_call") && some_text(json, "/item/name").is_some() {
        let id = some_text(json, "/item/call_id").or_else(|| some_text(json, "/item/id"));
        view.add_call(place, id, some_text(json, "/item/name"), "");
    }
}
