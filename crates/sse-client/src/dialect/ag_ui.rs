//! AG-UI: what an agent tells the page of its user.
//!
//! Each event has a `type` in large letters. The end: `RUN_FINISHED` or `RUN_ERROR` for each
//! `RUN_STARTED`; a stream may hold several runs, one after the other. A run without either is
//! truncated. Several messages and calls may be under way at once, each with its id; a chunk may
//! leave its id out, and then continues the one before.
//!
//! The names are those of the types in the npm package `@ag-ui/core`: of its version 1.0.0, and for
//! `THINKING_...`, which that no longer has, of 0.0.45.

use serde_json::json;

use super::reader::{Frame, Reader, some_text, text};
use super::view::{Kind, Level, Verdict, View};
use super::words;

/// The most messages and calls that are remembered as open. Nothing in use has as many.
const MOST_OPEN: usize = 256;

#[derive(Debug, Default)]
pub(super) struct AgUi {
    /// How many runs began, and how many of them ended.
    started: u64,
    ended: u64,
    /// Where a piece without an id belongs.
    message: String,
    reasoning: String,
    call: String,
    /// The messages and calls that began and have not ended, in the order in which they began.
    open: Vec<String>,
}

impl Reader for AgUi {
    fn read(&mut self, frame: &Frame<'_>, view: &mut View) {
        let json = &frame.json;
        let kind = text(json, "/type");
        let delta = text(json, "/delta");
        match kind {
            "RUN_STARTED" => self.started += 1,
            "RUN_FINISHED" => {
                self.ended += 1;
                view.mark("RUN_FINISHED");
                if let Some(outcome) = some_text(json, "/outcome/type") {
                    view.finish("outcome", outcome);
                }
            }
            "RUN_ERROR" => {
                self.ended += 1;
                view.mark("RUN_ERROR");
                view.fail(error(frame));
            }
            "SUBAGENT_ERROR" => view.note(format!(
                "A sub-agent failed ({}): the run may go on without its answer.",
                error(frame),
            )),
            // What a tool answered has ids too, and is no piece of an answer.
            "TOOL_CALL_RESULT" => {}
            _ if kind.starts_with("TEXT_MESSAGE_") => {
                let place = place("message", &mut self.message, some_text(json, "/messageId"));
                self.read_stage(kind, &place);
                view.add(Kind::Text, &place, delta);
            }
            // `THINKING_` is the protocol's older word.
            _ if kind.starts_with("REASONING_MESSAGE_")
                || kind.starts_with("THINKING_TEXT_MESSAGE_") =>
            {
                let id = some_text(json, "/messageId");
                let place = place("reasoning", &mut self.reasoning, id);
                self.read_stage(kind, &place);
                view.add(Kind::Reasoning, &place, delta);
            }
            _ if kind.starts_with("TOOL_CALL_") => {
                let place = place("call", &mut self.call, some_text(json, "/toolCallId"));
                self.read_stage(kind, &place);
                if !kind.ends_with("_END") {
                    let name = some_text(json, "/toolCallName");
                    view.add_call(&place, Some(&self.call), name, delta);
                }
            }
            _ => {}
        }
    }

    fn verdict(&self, view: &View) -> Verdict {
        if let Some(error) = &view.error {
            let sentence = format!("RUN_ERROR came, though the status is 200: {error}.");
            return Verdict::new(Level::Failed, sentence);
        }
        let open = self.open_places();
        if self.started > self.ended {
            let open = open.map_or(String::new(), |open| format!(", and {open} not ended"));
            return Verdict::new(
                Level::Truncated,
                format!(
                    "RUN_STARTED came, and neither RUN_FINISHED nor RUN_ERROR{open}: the run is \
                     truncated.",
                ),
            );
        }
        match (self.started, self.ended, open) {
            (0, 0, _) => Verdict::new(
                Level::Doubtful,
                "No RUN_STARTED came: what came belongs to no run.",
            ),
            (_, _, Some(open)) => Verdict::new(
                Level::Doubtful,
                format!("RUN_FINISHED came, and {open} not ended: something may be missing."),
            ),
            _ => Verdict::new(
                Level::Whole,
                match view.finish_reason.as_deref() {
                    Some("interrupt") => {
                        "RUN_FINISHED came (interrupt): the stream is whole, and the agent waits \
                         for an answer of its user."
                    }
                    Some("cancelled") => {
                        "RUN_FINISHED came (cancelled): the stream is whole, and the run was \
                         stopped before its end."
                    }
                    _ => "RUN_FINISHED came: the run is whole.",
                },
            ),
        }
    }
}

impl AgUi {
    /// A message or a call begins, goes on, or ends. Chunks begin and end nothing.
    fn read_stage(&mut self, kind: &str, place: &str) {
        if kind.ends_with("_END") {
            self.open.retain(|open| open != place);
        } else if kind.ends_with("_START")
            && self.open.len() < MOST_OPEN
            && !self.open.iter().any(|open| open == place)
        {
            self.open.push(place.to_owned());
        }
    }

    /// What is open, with its verb; `None` where nothing is.
    fn open_places(&self) -> Option<String> {
        Some(match self.open.as_slice() {
            [] => return None,
            [one] => format!("{one} was"),
            [one, two] => format!("{one} and {two} were"),
            [one, rest @ ..] => format!("{one} and {} more were", rest.len()),
        })
    }
}

/// The place that an event speaks of: of its own id, or of the id before.
fn place(noun: &str, last: &mut String, id: Option<&str>) -> String {
    if let Some(id) = id {
        *last = words::name(id);
    }
    match last.is_empty() {
        true => noun.to_owned(),
        false => words::name(&format!("{noun} {last}")),
    }
}

fn error(frame: &Frame<'_>) -> String {
    let of = |key: &str| frame.json.get(key);
    words::error_object(&json!({"message": of("message"), "code": of("code")}))
}
