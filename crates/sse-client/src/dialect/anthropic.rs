//! Anthropic's messages.
//!
//! Each event has the name that is the `type` in its data. The end: `content_block_stop` for each
//! block, `message_delta` with a `stop_reason`, then `message_stop`. Without `message_stop`, or
//! with a block that was not stopped, something is missing.
//!
//! The names are those of `RawMessageStreamEvent` in the npm package `@anthropic-ai/sdk` 1.14.0.

use super::reader::{Frame, Places, Reader, compare_names, failed, index, number, some_text, text};
use super::view::{Kind, Level, Verdict, View};
use super::words;

#[derive(Debug, Default)]
pub(super) struct Anthropic {
    /// The blocks that began, and those that were stopped.
    blocks: Places,
    /// `message_stop` came.
    is_stopped: bool,
}

/// The statuses that would have told the error, had the stream not begun.
const STATUSES: [(&str, u16); 7] = [
    ("invalid_request_error", 400),
    ("authentication_error", 401),
    ("permission_error", 403),
    ("not_found_error", 404),
    ("rate_limit_error", 429),
    ("api_error", 500),
    ("overloaded_error", 529),
];

impl Reader for Anthropic {
    fn read(&mut self, frame: &Frame<'_>, view: &mut View) {
        let json = &frame.json;
        let kind = text(json, "/type");
        compare_names(frame, kind, view);
        let number_of_block = index(json, "/index");
        let block = format!("block {number_of_block}");
        match kind {
            "content_block_start" => {
                self.blocks.begin(number_of_block);
                let text_of = |pointer| text(json, pointer);
                view.add(Kind::Text, &block, text_of("/content_block/text"));
                view.add(Kind::Reasoning, &block, text_of("/content_block/thinking"));
                if text_of("/content_block/type").ends_with("tool_use") {
                    let id = some_text(json, "/content_block/id");
                    view.add_call(&block, id, some_text(json, "/content_block/name"), "");
                }
            }
            "content_block_delta" => {
                self.blocks.begin(number_of_block);
                view.add(Kind::Text, &block, text(json, "/delta/text"));
                view.add(Kind::Reasoning, &block, text(json, "/delta/thinking"));
                if let Some(piece) = some_text(json, "/delta/partial_json") {
                    view.add_call(&block, None, None, piece);
                }
            }
            "content_block_stop" => self.blocks.end(number_of_block),
            "message_delta" => {
                if let Some(reason) = some_text(json, "/delta/stop_reason") {
                    view.finish("stop_reason", reason);
                }
                if let Some(tokens) = number(json, "/usage/output_tokens") {
                    view.count_tokens(tokens);
                }
            }
            "message_stop" => {
                self.is_stopped = true;
                view.mark_over("message_stop");
            }
            _ => {}
        }
        if let Some(mut error) = words::error(json) {
            let kind = text(json, "/error/type");
            if let Some((_, status)) = STATUSES.iter().find(|(name, _)| *name == kind) {
                error = format!("{error}, which is status {status} where no stream has begun");
            }
            view.fail(error);
        }
    }

    fn verdict(&self, view: &View) -> Verdict {
        if let Some(verdict) = failed(view) {
            return verdict;
        }
        let reason = view.finish_reason.as_deref();
        match (self.is_stopped, self.blocks.first_open(), reason) {
            (true, None, Some(reason)) => Verdict::new(
                Level::Whole,
                format!("stop_reason ({reason}) and message_stop came: the answer is whole."),
            ),
            (true, None, None) => Verdict::new(
                Level::Doubtful,
                "message_stop came, and no stop_reason: why the model stopped cannot be told.",
            ),
            (true, Some(block), _) => Verdict::new(
                Level::Truncated,
                format!(
                    "message_stop came, and block {block} was not stopped: the block is truncated.",
                ),
            ),
            (false, None, Some(reason)) => Verdict::new(
                Level::Truncated,
                format!(
                    "stop_reason ({reason}) came, and message_stop did not: the stream was cut at \
                     its very end, and a client that waits for message_stop fails.",
                ),
            ),
            (false, Some(block), _) => Verdict::new(
                Level::Truncated,
                format!(
                    "No message_stop came, and block {block} was not stopped: the answer is \
                     truncated.",
                ),
            ),
            (false, None, None) => Verdict::new(
                Level::Truncated,
                "Neither stop_reason nor message_stop came: the answer is truncated.",
            ),
        }
    }
}
