//! A2A: what one agent tells another of a task.
//!
//! Each event is a JSON-RPC response, or its result alone where the binding is plain HTTP: a task,
//! a message, a change of the status, or a piece of an artifact. The end: the stream ends when the
//! task is over or waits for somebody; before version 1, `final: true` says so. A message alone is
//! a whole answer. A stream that ends while the task works is truncated, and can be subscribed to
//! again.
//!
//! The names are those of the types in the PyPI package `a2a-sdk` 1.3.0. Those of version 1 come
//! from its protocol buffers, as JSON (`statusUpdate`, `TASK_STATE_INPUT_REQUIRED`). Those of
//! version 0.3 come from its JSON schema (`kind`, `input-required`), and from its own protocol
//! buffers, in which a message has `content` for `parts` and a task is `CANCELLED` with two L.

use serde_json::Value;

use super::reader::{Frame, Reader, members, some_text, text};
use super::view::{Kind, Level, Verdict, View};
use super::words;

#[derive(Debug, Default)]
pub(super) struct A2a {
    /// The last state of the task, in small letters.
    state: Option<String>,
    /// What the agent said of that state.
    said: String,
    /// `final: true` came.
    is_final: bool,
    /// A message came that is the whole answer.
    has_message: bool,
}

const OVER: [&str; 5] = ["completed", "canceled", "cancelled", "failed", "rejected"];
const WAITING: [&str; 2] = ["input-required", "auth-required"];

impl Reader for A2a {
    fn read(&mut self, frame: &Frame<'_>, view: &mut View) {
        if let Some(error) = words::error(&frame.json) {
            view.fail(error);
        }
        let result = frame.json.get("result").unwrap_or(&frame.json);
        // Version 1 names what it is by the key, the versions before by a `kind`.
        let old = text(result, "/kind");
        if let Some(task) = result.get("task").or((old == "task").then_some(result)) {
            self.read_status(task, view);
            for artifact in members(task, "/artifacts") {
                read_artifact(artifact, false, view);
            }
        }
        if let Some(message) = result
            .get("message")
            .or((old == "message").then_some(result))
        {
            self.has_message = true;
            view.mark("message");
            read_parts(
                &format!("message {}", text(message, "/messageId")),
                message,
                view,
            );
        }
        let update = (old == "status-update").then_some(result);
        if let Some(update) = result.get("statusUpdate").or(update) {
            self.read_status(update, view);
            if update.get("final").and_then(Value::as_bool) == Some(true) {
                self.is_final = true;
                view.mark_over("final");
            }
        }
        let update = (old == "artifact-update").then_some(result);
        if let Some(update) = result.get("artifactUpdate").or(update) {
            let appends = update.get("append").and_then(Value::as_bool) == Some(true);
            if let Some(artifact) = update.get("artifact") {
                read_artifact(artifact, appends, view);
            }
        }
    }

    fn verdict(&self, view: &View) -> Verdict {
        if let Some(error) = &view.error {
            let sentence = format!("The answer is an error, though its status is 200: {error}.");
            return Verdict::new(Level::Failed, sentence);
        }
        let said = match self.said.is_empty() {
            true => String::new(),
            false => format!(" ({})", self.said),
        };
        match self.state.as_deref() {
            Some("failed") => Verdict::new(Level::Failed, format!("The task failed{said}.")),
            Some("rejected") => {
                let sentence = format!("The task was rejected{said}.");
                Verdict::new(Level::Failed, sentence)
            }
            Some(state) if OVER.contains(&state) || WAITING.contains(&state) => Verdict::new(
                Level::Whole,
                format!("The task reached the state {state}: the stream is whole."),
            ),
            Some(state) if self.is_final => Verdict::new(
                Level::Doubtful,
                format!("final: true came in the state {state}, which is not the end of a task."),
            ),
            Some(state) => Verdict::new(
                Level::Truncated,
                format!(
                    "The stream ended in the state {state}: the rest is missing, so subscribe to \
                     the task again (SubscribeToTask, tasks/resubscribe before version 1).",
                ),
            ),
            None if self.has_message => {
                Verdict::new(Level::Whole, "A message came: the answer is whole.")
            }
            None => Verdict::new(
                Level::Truncated,
                "Neither a task nor a message came: there is no answer.",
            ),
        }
    }
}

impl A2a {
    fn read_status(&mut self, task: &Value, view: &mut View) {
        let Some(state) = some_text(task, "/status/state") else {
            return;
        };
        let state = words::name(state).to_ascii_lowercase().replace('_', "-");
        let state = state
            .strip_prefix("task-state-")
            .unwrap_or(&state)
            .to_owned();
        if OVER.contains(&state.as_str()) || WAITING.contains(&state.as_str()) {
            view.mark_over(&state);
            view.finish_reason = Some(state.clone());
        }
        self.state = Some(state);
        self.said.clear();
        if let Some(message) = task.pointer("/status/message") {
            let first = parts(message).next();
            self.said = words::readable(first.map_or("", |part| text(part, "/text")), 200);
            // What an agent says of its work is not its work.
            for part in parts(message) {
                view.add(Kind::Reasoning, "status", text(part, "/text"));
            }
        }
    }
}

fn read_artifact(artifact: &Value, appends: bool, view: &mut View) {
    let place = format!("artifact {}", text(artifact, "/artifactId"));
    if !appends {
        view.clear(Kind::Text, &place);
    }
    read_parts(&place, artifact, view);
}

fn read_parts(place: &str, holder: &Value, view: &mut View) {
    for part in parts(holder) {
        view.add(Kind::Text, place, text(part, "/text"));
    }
}

/// The parts of a message or an artifact, under either of their names.
fn parts(holder: &Value) -> impl Iterator<Item = &Value> {
    let names = ["/parts", "/content"];
    names.into_iter().flat_map(|name| members(holder, name))
}
