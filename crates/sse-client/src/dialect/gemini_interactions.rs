//! Gemini's interactions. An older form sends pieces of contents, the newer one pieces of steps.
//!
//! Each event has an `event_type` in its data. The end: `interaction.completed`, in the older form
//! `interaction.complete`, whose status may be that it failed, or that the rest must be asked for
//! (`requires_continuation`). Without it the answer is truncated.
//!
//! The names are those of `InteractionSSEEvent` in the npm package `@google/genai`: the newer form
//! of its version 2.32.0, the older one of 1.34.0.

use serde_json::Value;

use super::reader::{Frame, Places, Reader, arguments, failed, index, number, some_text, text};
use super::view::{Kind, Level, Verdict, View};
use super::words;

#[derive(Debug, Default)]
pub(super) struct GeminiInteractions {
    /// The interaction's last status.
    status: Option<String>,
    /// The event of the end came.
    is_complete: bool,
    /// The calls whose arguments came whole with their beginning.
    whole_calls: Places,
}

/// The statuses in which nothing more is to come. With `requires_action` the client goes on.
const ENDS: [&str; 6] = [
    "completed",
    "failed",
    "cancelled",
    "incomplete",
    "budget_exceeded",
    "requires_continuation",
];

impl Reader for GeminiInteractions {
    fn read(&mut self, frame: &Frame<'_>, view: &mut View) {
        if frame.is_done() {
            return;
        }
        let json = &frame.json;
        let kind = text(json, "/event_type");
        self.read_status(frame, view);
        let number_of_step = index(json, "/index");
        let place = format!("step {number_of_step}");
        match kind {
            "content.start" | "step.start" => {
                let item = ["/content", "/step"];
                let item = item.iter().find_map(|pointer| json.pointer(pointer));
                if let Some(item) = item.filter(|item| text(item, "/type") == "function_call") {
                    let id = some_text(item, "/id");
                    // Mostly the object is empty here, and the arguments come in pieces.
                    let is_whole =
                        |args: &&Value| args.as_object().is_some_and(|it| !it.is_empty());
                    let whole = arguments(item.get("arguments").filter(is_whole));
                    if !whole.is_empty() {
                        self.whole_calls.begin(number_of_step);
                    }
                    view.add_call(&place, id, some_text(item, "/name"), &whole);
                }
            }
            "content.delta" | "step.delta" => {
                let delta = |pointer: &str| text(json, &format!("/delta{pointer}"));
                match delta("/type") {
                    "function_call" | "arguments" | "arguments_delta" => {
                        let names = ["/delta/arguments", "/delta/partial_arguments"];
                        let piece = names.iter().find_map(|name| json.pointer(name));
                        let id = some_text(json, "/delta/id");
                        let name = some_text(json, "/delta/name");
                        let piece = match self.whole_calls.has(number_of_step) {
                            true => String::new(),
                            false => arguments(piece),
                        };
                        view.add_call(&place, id, name, &piece);
                    }
                    "thought" | "thought_summary" => {
                        view.add(Kind::Reasoning, &place, delta("/text"));
                        view.add(Kind::Reasoning, &place, delta("/content/text"));
                    }
                    _ => view.add(Kind::Text, &place, delta("/text")),
                }
            }
            "interaction.complete" | "interaction.completed" => {
                self.is_complete = true;
                view.mark_over(kind);
                for name in ["total_output_tokens", "output_tokens"] {
                    if let Some(tokens) = number(json, &format!("/interaction/usage/{name}")) {
                        view.count_tokens(tokens);
                    }
                }
            }
            _ => {}
        }
        if kind == "error" || json.get("error").is_some_and(|error| !error.is_null()) {
            let error = json.get("error").unwrap_or(json);
            view.fail(words::error_object(error));
        }
    }

    fn verdict(&self, view: &View) -> Verdict {
        if let Some(verdict) = failed(view) {
            return verdict;
        }
        let status = self.status.as_deref().unwrap_or("no status");
        match (self.is_complete, status) {
            (true, "requires_continuation") => Verdict::new(
                Level::Truncated,
                "interaction.completed came (requires_continuation): the rest of the answer is \
                 missing, so ask for it with the continuation_token.",
            ),
            (true, "incomplete" | "budget_exceeded" | "cancelled") => Verdict::new(
                Level::Whole,
                format!(
                    "interaction.completed came ({status}): the stream is whole, and the answer \
                     stops before its end.",
                ),
            ),
            (true, status) => Verdict::new(
                Level::Whole,
                format!("interaction.completed came ({status}): the stream is whole."),
            ),
            // It waits for the results of tools: the next interaction brings them.
            (false, "requires_action") => Verdict::new(
                Level::Doubtful,
                "The interaction waits for the result of a tool, and interaction.completed did \
                 not come.",
            ),
            (false, _) => Verdict::new(
                Level::Truncated,
                "No interaction.completed came: the answer is truncated.",
            ),
        }
    }
}

impl GeminiInteractions {
    /// Takes the status of the interaction from where the event has it.
    fn read_status(&mut self, frame: &Frame<'_>, view: &mut View) {
        let places = ["/interaction/status", "/status"];
        let status = places.iter().find_map(|at| some_text(&frame.json, at));
        let Some(status) = status else { return };
        self.status = Some(words::name(status));
        if ENDS.contains(&status) {
            view.finish("status", status);
        }
        if status == "failed" {
            let error = frame.json.pointer("/interaction/error");
            view.fail(match error.filter(|error| !error.is_null()) {
                Some(error) => words::error_object(error),
                None => "the interaction failed, and no reason came".to_owned(),
            });
        }
    }
}
