//! Ollama's answers: lines of JSON as `application/x-ndjson`, no event stream.
//!
//! The end: a line with `done: true` and a `done_reason`; some servers like it send only the
//! reason. An error is a line too, while the status stays 200. Without a done line the answer is
//! truncated.
//!
//! The names are those of `ChatResponse` and `GenerateResponse` in the npm package `ollama` 0.6.4,
//! and `error` is from Ollama's page on errors.

use serde_json::Value;

use super::reader::{Frame, Reader, arguments, failed, members, number, some_text, text};
use super::view::{Kind, Level, Verdict, View};
use super::words;

/// There is one answer in a stream.
const PLACE: &str = "answer";

#[derive(Debug, Default)]
pub(super) struct Ollama {
    /// A line with `done: true` came.
    is_done: bool,
}

impl Reader for Ollama {
    fn read(&mut self, frame: &Frame<'_>, view: &mut View) {
        let json = &frame.json;
        if let Some(error) = words::error(json) {
            view.fail(error);
        }
        for (kind, pointer) in [
            (Kind::Reasoning, "/message/thinking"),
            (Kind::Reasoning, "/thinking"),
            (Kind::Text, "/message/content"),
            (Kind::Text, "/response"),
        ] {
            view.add(kind, PLACE, text(json, pointer));
        }
        for call in members(json, "/message/tool_calls") {
            let place = format!("call {}", view.tool_calls.len());
            let whole = arguments(call.pointer("/function/arguments"));
            let id = some_text(call, "/id");
            view.add_call(&place, id, some_text(call, "/function/name"), &whole);
        }
        if json.get("done").and_then(Value::as_bool) == Some(true) {
            self.is_done = true;
            view.mark_over("done");
        }
        if let Some(reason) = some_text(json, "/done_reason") {
            view.finish("done_reason", reason);
        }
        if let Some(tokens) = number(json, "/eval_count") {
            view.count_tokens(tokens);
        }
    }

    fn verdict(&self, view: &View) -> Verdict {
        if let Some(verdict) = failed(view) {
            return verdict;
        }
        match (self.is_done, view.finish_reason.as_deref()) {
            (true, reason) => {
                let reason = reason.unwrap_or("no done_reason");
                let sentence = format!("done: true ({reason}) came: the answer is whole.");
                Verdict::new(Level::Whole, sentence)
            }
            (false, Some(reason)) => Verdict::new(
                Level::Doubtful,
                format!(
                    "done_reason ({reason}) came, and done: true did not: a client that waits for \
                     done calls the answer truncated.",
                ),
            ),
            (false, None) => Verdict::new(
                Level::Truncated,
                "No line with done: true came: the answer is truncated.",
            ),
        }
    }
}
