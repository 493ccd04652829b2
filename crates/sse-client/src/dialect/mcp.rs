//! MCP, in its two kinds of streams.
//!
//! Each event is a message of JSON-RPC. Requests and notifications of the server may come first;
//! the end is the response, which has an `id` and a `result` or an `error`.
//!
//! Up to revision 2025-11-25 a server may close before the response. That is a pause: the client
//! returns with GET and `Last-Event-ID`. From 2026-07-28 on nothing can be resumed: the request is
//! lost, and is sent again with a new id.
//!
//! The names are those of the specification's schema of either revision (`schema.ts` in
//! `modelcontextprotocol/modelcontextprotocol`).

use serde_json::Value;

use super::reader::{Frame, Reader, members, text};
use super::view::{Kind, Level, Verdict, View};
use super::words;

/// The most messages of one batch that are read. Batches are of revision 2025-03-26.
const MOST_OF_A_BATCH: usize = 1000;

#[derive(Debug)]
pub(super) struct Mcp {
    /// A stream of this revision can be resumed: up to 2025-11-25.
    can_resume: bool,
    /// The request was a GET, which has no response of its own.
    is_listening: bool,
    /// The response came.
    has_response: bool,
    /// An event with empty data came, which gives an id to return with.
    is_primed: bool,
}

impl Mcp {
    pub(super) fn new(can_resume: bool, is_listening: bool) -> Self {
        Self {
            can_resume,
            is_listening,
            has_response: false,
            is_primed: false,
        }
    }

    fn read_message(&mut self, json: &Value, view: &mut View) {
        let is_response = json.get("method").is_none() && json.get("id").is_some();
        let error = json.get("error").filter(|error| !error.is_null());
        if let Some(error) = error {
            view.fail(words::error_object(error));
        }
        if !is_response || (json.get("result").is_none() && error.is_none()) {
            return;
        }
        self.has_response = true;
        match self.is_listening {
            // Responses to earlier requests come on it, and it goes on.
            true => view.mark("response"),
            false => view.mark_over("response"),
        }
        for part in members(json, "/result/content") {
            view.add(Kind::Text, "result", text(part, "/text"));
        }
        if json.pointer("/result/isError").and_then(Value::as_bool) == Some(true) {
            view.note("The tool says that it failed (isError): its text says why.".to_owned());
        }
        if text(json, "/result/resultType") == "input_required" {
            view.note(
                "The server asks for more before it answers (input_required): send the request \
                 again with what it asks for."
                    .to_owned(),
            );
        }
    }
}

impl Reader for Mcp {
    fn read(&mut self, frame: &Frame<'_>, view: &mut View) {
        self.is_primed |= frame.data.is_empty();
        match &frame.json {
            Value::Array(batch) => {
                for message in batch.iter().take(MOST_OF_A_BATCH) {
                    self.read_message(message, view);
                }
            }
            message => self.read_message(message, view),
        }
    }

    fn verdict(&self, view: &View) -> Verdict {
        if let (Some(error), false) = (&view.error, self.is_listening) {
            let sentence = format!("The response is an error, though its status is 200: {error}.");
            return Verdict::new(Level::Failed, sentence);
        }
        match (self.has_response, self.can_resume) {
            (true, _) => Verdict::new(Level::Whole, "The response came: the stream is whole."),
            (false, true) if self.is_listening => Verdict::new(
                Level::Whole,
                "The stream of a GET needs no response: a client returns to it for more.",
            ),
            (false, true) => Verdict::new(
                Level::Doubtful,
                match self.is_primed {
                    true => {
                        "The stream ended before the response. In this revision that is a pause: \
                         the client returns with GET and Last-Event-ID. If it does not, the \
                         response is lost."
                    }
                    false => {
                        "The stream ended before the response, and it had no event of empty data, \
                         which gives a client an id to return with. A client that has another id \
                         returns with GET and Last-Event-ID; for the others the response is lost."
                    }
                },
            ),
            (false, false) => Verdict::new(
                Level::Truncated,
                "No response came, and this revision resumes nothing: send the request again with \
                 a new id.",
            ),
        }
    }
}
