//! Gemini's interactions. An older form sends pieces of contents, the newer one pieces of steps.
//!
//! Each event has an `event_type` in its data. The end: `interaction.completed`, in the older form
//! `interaction.complete`, whose status may be that it failed. Without it the answer is truncated.

use super::reader::{Frame, Reader, arguments, failed, index, number, some_text, text};
use super::view::{Kind, Level, Verdict, View};
use super::words;

#[derive(Debug, Default)]
pub(super) struct GeminiInteractions {
    /// The interaction's last status.
    status: Option<String>,
    /// The event of the end came.
    is_complete: bool,
}

impl Reader for GeminiInteractions {
    fn read(&mut self, frame: &Frame<'_>, view: &mut View) {
        if frame.is_done() {
            return;
        }
        let json = &frame.json;
        let kind = text(json, "/event_type");
        self.read_status(frame, view);
        let place = format!("step {}", index(json, "/index"));
        match kind {
            "content.start" | "step.start" => {
                let item = ["/content", "/step"];
                let item = item.iter().find_map(|pointer| json.pointer(pointer));
                if let Some(item) = item.filter(|item| text(item, "/type") == "function_call") {
                    let id = some_text(item, "/id");
                    view.add_call(&place, id, some_text(item, "/name"), "");
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
                        view.add_call(&place, id, name, &arguments(piece));
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
        if ["completed", "failed", "cancelled", "incomplete"].contains(&status) {
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
