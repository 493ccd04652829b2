//! AG-UI: what an agent tells the page of its user.
//!
//! Each event has a `type` in large letters. The end: `RUN_FINISHED` or `RUN_ERROR` for each
//! `RUN_STARTED`; a stream may hold several runs, one after the other. A run without either is
//! truncated.

use serde_json::json;

use super::reader::{Frame, Reader, some_text, text};
use super::view::{Kind, Level, Verdict, View};
use super::words;

#[derive(Debug, Default)]
pub(super) struct AgUi {
    /// How many runs began, and how many of them ended.
    started: u64,
    ended: u64,
    /// The message and the call to which a piece without an id belongs.
    message: String,
    call: String,
    /// A message or a call that began and has not ended.
    open: Option<String>,
}

impl Reader for AgUi {
    fn read(&mut self, frame: &Frame<'_>, view: &mut View) {
        let json = &frame.json;
        let kind = text(json, "/type");
        if let Some(id) = some_text(json, "/messageId") {
            self.message = words::name(id);
        }
        if let Some(id) = some_text(json, "/toolCallId") {
            self.call = words::name(id);
        }
        let message = format!("message {}", self.message);
        let delta = text(json, "/delta");
        match kind {
            "RUN_STARTED" => self.started += 1,
            "RUN_FINISHED" => {
                self.ended += 1;
                view.mark("RUN_FINISHED");
            }
            "RUN_ERROR" => {
                self.ended += 1;
                view.mark("RUN_ERROR");
                let error = json!({"message": json.get("message"), "code": json.get("code")});
                view.fail(words::error_object(&error));
            }
            "TEXT_MESSAGE_START" => self.open = Some(message),
            "TEXT_MESSAGE_CONTENT" | "TEXT_MESSAGE_CHUNK" => {
                view.add(Kind::Text, &message, delta);
            }
            "TOOL_CALL_START" | "TOOL_CALL_ARGS" | "TOOL_CALL_CHUNK" => {
                let place = format!("call {}", self.call);
                let name = some_text(json, "/toolCallName");
                view.add_call(&place, Some(&self.call), name, delta);
                if kind == "TOOL_CALL_START" {
                    self.open = Some(place);
                }
            }
            "TEXT_MESSAGE_END" | "TOOL_CALL_END" => self.open = None,
            // The first name is the protocol's older one.
            "THINKING_TEXT_MESSAGE_CONTENT"
            | "REASONING_MESSAGE_CONTENT"
            | "REASONING_MESSAGE_CHUNK" => view.add(Kind::Reasoning, &message, delta),
            _ => {}
        }
    }

    fn verdict(&self, view: &View) -> Verdict {
        if let Some(error) = &view.error {
            let sentence = format!("RUN_ERROR came, though the status is 200: {error}.");
            return Verdict::new(Level::Failed, sentence);
        }
        if self.started > self.ended {
            let open = match &self.open {
                Some(place) => format!(", and {place} was not ended"),
                None => String::new(),
            };
            return Verdict::new(
                Level::Truncated,
                format!(
                    "RUN_STARTED came, and neither RUN_FINISHED nor RUN_ERROR{open}: the run is \
                     truncated.",
                ),
            );
        }
        match (self.started, self.ended, &self.open) {
            (0, 0, _) => Verdict::new(
                Level::Doubtful,
                "No RUN_STARTED came: what came belongs to no run.",
            ),
            (_, _, Some(place)) => Verdict::new(
                Level::Doubtful,
                format!("RUN_FINISHED came, and {place} was not ended: it may be truncated."),
            ),
            _ => Verdict::new(Level::Whole, "RUN_FINISHED came: the run is whole."),
        }
    }
}
