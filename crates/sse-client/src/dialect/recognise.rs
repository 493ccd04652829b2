//! The dialect of a stream: by the type of the body, the path of the request, and the first event
//! that tells.

use std::fmt;

use serde_json::Value;

use super::Dialect;
use super::reader::{Frame, some_text, text};
use crate::media_type;

/// What is known of a stream before its first event.
#[derive(Clone, Copy, Default)]
pub struct Head<'a> {
    /// The method of the request, such as `POST`.
    pub method: &'a str,
    /// The path of the request, with or without its query.
    pub path: &'a str,
    /// The value of `MCP-Protocol-Version` in the request, where it has one.
    pub mcp_version: Option<&'a str>,
    /// The value of `Content-Type` in the answer, where it has one.
    pub content_type: Option<&'a str>,
}

impl fmt::Debug for Head<'_> {
    /// A query may hold a key, so it is not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head")
            .field("method", &self.method)
            .field("path", &self.bare_path())
            .field("mcp_version", &self.mcp_version)
            .field("content_type", &self.content_type)
            .finish()
    }
}

/// A dialect, and whether an event may still say otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Guess {
    pub(super) dialect: Dialect,
    pub(super) is_sure: bool,
}

impl<'a> Head<'a> {
    /// The path without its query.
    fn bare_path(&self) -> &'a str {
        let end = self.path.find(['?', '#']).unwrap_or(self.path.len());
        &self.path[..end]
    }

    /// Whether the body is the one JSON array that `streamGenerateContent` sends without
    /// `alt=sse`.
    pub(super) fn is_gemini_array(&self) -> bool {
        let essence = self.content_type.and_then(media_type::essence);
        self.bare_path().ends_with(":streamGenerateContent")
            && essence.as_deref() == Some("application/json")
    }

    /// What type and path tell alone.
    pub(super) fn guess(&self) -> Option<Guess> {
        if let Some(version) = self.mcp_version {
            let dialect = mcp(version);
            return Some(Guess {
                dialect,
                is_sure: true,
            });
        }
        let path = self.bare_path().trim_end_matches('/');
        let essence = self.content_type.and_then(media_type::essence);
        let is_ndjson = matches!(
            essence.as_deref(),
            Some("application/x-ndjson" | "application/ndjson" | "application/jsonl")
        );
        let ends = |end: &str| path.ends_with(end);
        let dialect = if is_ndjson {
            (ends("/api/chat") || ends("/api/generate")).then_some(Dialect::Ollama)
        } else if ends(":streamGenerateContent") {
            Some(Dialect::GeminiContent)
        } else if ends("/chat/completions") || ends("/v1/completions") {
            Some(Dialect::OpenAiChat)
        } else if ends("/v1/responses") {
            Some(Dialect::OpenAiResponses)
        } else if ends("/v1/messages") {
            Some(Dialect::AnthropicMessages)
        } else if ends("/interactions") {
            Some(Dialect::GeminiInteractions)
        } else if ends("/v2/chat") {
            Some(Dialect::CohereChat)
        } else if ends("/message:stream") || ends(":subscribe") {
            Some(Dialect::A2a)
        } else {
            None
        };
        let is_sure = false;
        dialect.map(|dialect| Guess { dialect, is_sure })
    }
}

/// The dialect of a revision. Its name is a date, so later ones are larger.
fn mcp(version: &str) -> Dialect {
    match version >= "2026-07-28" {
        true => Dialect::Mcp2026,
        false => Dialect::Mcp2025,
    }
}

/// The dialect of which this event can only be; `None` where it could be of several, or of none.
pub(super) fn by_event(frame: &Frame<'_>) -> Option<Dialect> {
    let json = match &frame.json {
        Value::Array(members) => members.first()?,
        json => json,
    };
    let has = |key: &str| json.get(key).is_some();
    let is_array = |key: &str| json.get(key).is_some_and(Value::is_array);
    if has("jsonrpc") {
        json_rpc(json)
    } else if text(json, "/object").starts_with("chat.completion") || is_array("choices") {
        Some(Dialect::OpenAiChat)
    } else if is_array("candidates") || has("promptFeedback") {
        Some(Dialect::GeminiContent)
    } else if has("event_type") {
        by_event_type(text(json, "/event_type"))
    } else if has("type") {
        by_type(json)
    } else if has("model") && json.get("done").is_some_and(Value::is_boolean) {
        Some(Dialect::Ollama)
    } else if is_a2a(json) {
        Some(Dialect::A2a)
    } else {
        None
    }
}

fn by_event_type(kind: &str) -> Option<Dialect> {
    let begins = ["interaction.", "step.", "content."];
    let is_it = begins.iter().any(|begin| kind.starts_with(begin));
    is_it.then_some(Dialect::GeminiInteractions)
}

fn by_type(json: &Value) -> Option<Dialect> {
    const AG_UI: [&str; 7] = [
        "RUN_",
        "TEXT_MESSAGE_",
        "TOOL_CALL_",
        "STEP_",
        "STATE_",
        "REASONING_",
        "THINKING_",
    ];
    let kind = text(json, "/type");
    match kind {
        "message_start" | "content_block_start" | "content_block_delta" | "message_delta" => {
            Some(Dialect::AnthropicMessages)
        }
        "message-start" | "content-start" | "content-delta" | "tool-plan-delta" | "message-end" => {
            Some(Dialect::CohereChat)
        }
        _ if kind.starts_with("response.") => Some(Dialect::OpenAiResponses),
        _ if AG_UI.iter().any(|begin| kind.starts_with(begin)) => Some(Dialect::AgUi),
        _ => None,
    }
}

/// A2A answers with its own kinds of results and never asks; the rest is MCP.
fn json_rpc(json: &Value) -> Option<Dialect> {
    match json.get("result") {
        Some(result) if is_a2a(result) => Some(Dialect::A2a),
        Some(result) if result.get("resultType").is_some() => Some(Dialect::Mcp2026),
        Some(_) => Some(Dialect::Mcp2025),
        None => {
            let method = some_text(json, "/method")?;
            Some(match method.starts_with("notifications/subscriptions/") {
                true => Dialect::Mcp2026,
                false => Dialect::Mcp2025,
            })
        }
    }
}

fn is_a2a(result: &Value) -> bool {
    let has = |pointer: &str| result.pointer(pointer).is_some();
    let kind = text(result, "/kind");
    ["task", "message", "status-update", "artifact-update"].contains(&kind)
        || has("/task/status")
        || has("/message/parts")
        || has("/message/messageId")
        || has("/statusUpdate/status")
        || has("/artifactUpdate/artifact")
}
