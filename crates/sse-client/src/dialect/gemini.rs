//! Gemini's `streamGenerateContent` with `alt=sse`.
//!
//! Each event is a whole response with a piece of the text. The end: a `finishReason` in the last
//! one of each candidate, then the body ends; there is no mark. Without it the answer is truncated.
//!
//! The names are those of `GenerateContentResponse` in the npm package `@google/genai` 2.32.0.

use serde_json::Value;

use super::reader::text;
use super::reader::{Frame, Places, Reader, arguments, failed, index, members, number, some_text};
use super::view::{Kind, Level, Verdict, View};
use super::words;

#[derive(Debug, Default)]
pub(super) struct Gemini {
    /// The candidates that began, and those that got a `finishReason`.
    candidates: Places,
}

impl Reader for Gemini {
    fn read(&mut self, frame: &Frame<'_>, view: &mut View) {
        // Without alt=sse the events are the members of one array. Some servers in between send
        // such an array as one event.
        match &frame.json {
            Value::Array(responses) => {
                for response in responses {
                    self.read_response(response, view);
                }
            }
            response => self.read_response(response, view),
        }
    }

    fn verdict(&self, view: &View) -> Verdict {
        if let Some(verdict) = failed(view) {
            return verdict;
        }
        let reason = view.finish_reason.as_deref().unwrap_or_default();
        match (self.candidates.any_ended(), self.candidates.first_open()) {
            (true, None) => Verdict::new(
                Level::Whole,
                format!("finishReason ({reason}) came: the answer is whole."),
            ),
            (true, Some(candidate)) => Verdict::new(
                Level::Truncated,
                format!("No finishReason came for candidate {candidate}: it is truncated."),
            ),
            (false, _) => Verdict::new(
                Level::Truncated,
                "No finishReason came: the answer is truncated.",
            ),
        }
    }
}

impl Gemini {
    fn read_response(&mut self, json: &Value, view: &mut View) {
        if let Some(error) = words::error(json) {
            view.fail(error);
        }
        if let Some(reason) = some_text(json, "/promptFeedback/blockReason") {
            let reason = words::name(reason);
            view.fail(format!("the prompt was blocked ({reason})"));
        }
        for candidate in members(json, "/candidates") {
            let number = index(candidate, "/index");
            let place = format!("candidate {number}");
            self.candidates.begin(number);
            for part in members(candidate, "/content/parts") {
                let kind = match part.get("thought").and_then(Value::as_bool) {
                    Some(true) => Kind::Reasoning,
                    _ => Kind::Text,
                };
                view.add(kind, &place, text(part, "/text"));
                if let Some(call) = part.get("functionCall") {
                    let call_place = format!("{place}, call {}", view.tool_calls.len());
                    let whole = arguments(call.get("args"));
                    let id = some_text(call, "/id");
                    view.add_call(&call_place, id, some_text(call, "/name"), &whole);
                }
            }
            if let Some(reason) = some_text(candidate, "/finishReason") {
                self.candidates.end(number);
                view.finish("finishReason", reason);
            }
        }
        if let Some(tokens) = number(json, "/usageMetadata/candidatesTokenCount") {
            view.count_tokens(tokens);
        }
    }
}
