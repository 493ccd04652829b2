//! Cohere's chat, version 2.
//!
//! Each event has the name that is the `type` in its data. The end: `message-end` with a
//! `finish_reason`, which may be that it failed. Without it the answer is truncated.
//!
//! The names are those of `V2ChatStreamResponse` in the npm package `cohere-ai` 8.1.0.

use super::reader::{Frame, Reader, compare_names, failed, index, number, some_text, text};
use super::view::{Kind, Level, Verdict, View};
use super::words;

#[derive(Debug, Default)]
pub(super) struct Cohere {
    /// `message-end` came.
    is_ended: bool,
}

impl Reader for Cohere {
    fn read(&mut self, frame: &Frame<'_>, view: &mut View) {
        if frame.is_done() {
            return;
        }
        let json = &frame.json;
        let kind = text(json, "/type");
        compare_names(frame, kind, view);
        let number_of_part = index(json, "/index");
        let content = format!("content {number_of_part}");
        match kind {
            "content-start" | "content-delta" => {
                let piece = text(json, "/delta/message/content/thinking");
                view.add(Kind::Reasoning, &content, piece);
                view.add(
                    Kind::Text,
                    &content,
                    text(json, "/delta/message/content/text"),
                );
            }
            "tool-plan-delta" => {
                let piece = text(json, "/delta/message/tool_plan");
                view.add(Kind::Reasoning, "tool plan", piece);
            }
            "tool-call-start" | "tool-call-delta" => {
                let call =
                    |name: &str| some_text(json, &format!("/delta/message/tool_calls/{name}"));
                let pieces = call("function/arguments").unwrap_or_default();
                let place = format!("call {number_of_part}");
                view.add_call(&place, call("id"), call("function/name"), pieces);
            }
            "message-end" => {
                self.is_ended = true;
                view.mark_over("message-end");
                let reason = some_text(json, "/delta/finish_reason");
                if let Some(reason) = reason {
                    view.finish("finish_reason", reason);
                }
                if let Some(error) = json.pointer("/delta/error").filter(|e| !e.is_null()) {
                    view.fail(words::error_object(error));
                } else if let Some("ERROR" | "TIMEOUT") = reason {
                    view.fail("the model failed, and no reason came".to_owned());
                }
                if let Some(tokens) = number(json, "/delta/usage/tokens/output_tokens") {
                    view.count_tokens(tokens);
                }
            }
            _ => {}
        }
        if let Some(error) = words::error(json) {
            view.fail(error);
        }
    }

    fn verdict(&self, view: &View) -> Verdict {
        if let Some(verdict) = failed(view) {
            return verdict;
        }
        match self.is_ended {
            true => {
                let reason = view.finish_reason.as_deref().unwrap_or("no finish_reason");
                let sentence = format!("message-end ({reason}) came: the answer is whole.");
                Verdict::new(Level::Whole, sentence)
            }
            false => Verdict::new(
                Level::Truncated,
                "No message-end came: the answer is truncated.",
            ),
        }
    }
}
