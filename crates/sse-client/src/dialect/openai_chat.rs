//! OpenAI's chat completions, and the many servers that speak like them.
//!
//! The end: a `finish_reason` for each choice, perhaps a chunk with nothing but the usage, then
//! `data: [DONE]`. An answer without both is truncated. Servers in between leave out one of them,
//! and clients differ in which of them they wait for.
//!
//! The names are those of `ChatCompletionChunk` in the npm package `openai` 6.49.0. Those of other
//! servers have a comment where they are read.

use serde_json::Value;

use super::reader::text;
use super::reader::{Frame, Places, Reader, arguments, failed, index, members, number, some_text};
use super::view::{Kind, Level, Verdict, View};
use super::words;

#[derive(Debug, Default)]
pub(super) struct OpenAiChat {
    /// The choices that began, and those that got a `finish_reason`.
    choices: Places,
    /// `[DONE]` came.
    is_done: bool,
}

impl Reader for OpenAiChat {
    fn read(&mut self, frame: &Frame<'_>, view: &mut View) {
        if frame.is_done() {
            self.is_done = true;
            view.mark_over("[DONE]");
            return;
        }
        if let Some(error) = words::error(&frame.json) {
            view.fail(error);
        }
        for choice in members(&frame.json, "/choices") {
            self.read_choice(choice, view);
        }
        if let Some(tokens) = number(&frame.json, "/usage/completion_tokens") {
            let pointer = "/usage/completion_tokens_details/reasoning_tokens";
            view.count_tokens(tokens.saturating_sub(index(&frame.json, pointer)));
        }
    }

    fn verdict(&self, view: &View) -> Verdict {
        if let Some(verdict) = failed(view) {
            return verdict;
        }
        let reason = view.finish_reason.as_deref().unwrap_or_default();
        match (self.choices.any_ended(), self.is_done) {
            (false, false) => Verdict::new(
                Level::Truncated,
                "Neither finish_reason nor [DONE] came: the answer is truncated.",
            ),
            (false, true) => Verdict::new(
                Level::Doubtful,
                "[DONE] came, and no finish_reason: whether the answer is whole cannot be told.",
            ),
            (true, is_done) => match (self.choices.first_open(), is_done) {
                (Some(choice), _) => Verdict::new(
                    Level::Truncated,
                    format!("No finish_reason came for choice {choice}: it is truncated."),
                ),
                (None, true) => Verdict::new(
                    Level::Whole,
                    format!("finish_reason ({reason}) and [DONE] came: the answer is whole."),
                ),
                (None, false) => Verdict::new(
                    Level::Doubtful,
                    format!(
                        "finish_reason ({reason}) came, and [DONE] did not: a client that waits \
                         for [DONE] calls the answer truncated.",
                    ),
                ),
            },
        }
    }
}

impl OpenAiChat {
    fn read_choice(&mut self, choice: &Value, view: &mut View) {
        let number = index(choice, "/index");
        let place = format!("choice {number}");
        self.choices.begin(number);
        // Content is a text, or with some servers a list of texts.
        view.add(Kind::Text, &place, text(choice, "/delta/content"));
        for part in members(choice, "/delta/content") {
            view.add(Kind::Text, &place, text(part, "/text"));
        }
        view.add(Kind::Text, &place, text(choice, "/delta/refusal"));
        // Completions before the chat.
        view.add(Kind::Text, &place, text(choice, "/text"));
        // DeepSeek's name first: servers that send both send the same in both.
        let reasoning = ["/delta/reasoning_content", "/delta/reasoning"];
        if let Some(text) = reasoning.iter().find_map(|name| some_text(choice, name)) {
            view.add(Kind::Reasoning, &place, text);
        }
        for call in members(choice, "/delta/tool_calls") {
            let id = some_text(call, "/id").filter(|id| !id.is_empty());
            let place = match call.get("index").and_then(Value::as_u64) {
                Some(index) => format!("{place}, call {index}"),
                None => without_index(&place, id, view),
            };
            let pieces = arguments(call.pointer("/function/arguments"));
            view.add_call(&place, id, some_text(call, "/function/name"), &pieces);
        }
        if let Some(call) = choice.pointer("/delta/function_call") {
            let pieces = arguments(call.get("arguments"));
            let place = format!("{place}, call 0");
            view.add_call(&place, None, some_text(call, "/name"), &pieces);
        }
        if let Some(reason) = some_text(choice, "/finish_reason") {
            self.choices.end(number);
            view.finish("finish_reason", reason);
        }
    }
}

/// The place of a call whose index a server leaves out: a new id begins a new call, and a piece
/// without an id belongs to the last.
fn without_index(choice: &str, id: Option<&str>, view: &View) -> String {
    let calls = &view.tool_calls;
    let known = match id {
        Some(id) => calls.iter().find(|call| call.id == words::name(id)),
        None => calls.last(),
    };
    match known {
        Some(call) => call.place.clone(),
        None => format!("{choice}, call {}", calls.len()),
    }
}
