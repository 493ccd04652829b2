//! What the events of a stream mean to the clients that it is made for: the joined text, the calls
//! of tools, the end, an error inside a 200, and whether anything is missing.
//!
//! It is a view. It is fed what a decoder made of the bytes, and changes none of them. It does no
//! IO and knows no clock.
//!
//! | module | what it is for |
//! |---|---|
//! | `recognise` | the dialect of a stream, by type, path and first event |
//! | `joiner` | what is fed, and the choice of the reader |
//! | `view` | what the joiner knows, with its bounds |
//! | `pace` | how fast the pieces of an answer came |
//! | `reader` | what each dialect's reader does, and the JSON that it reads |
//! | `words` | texts of others for the eye: errors in words, names, without secrets |
//!
//! Each further module is the reader of one dialect. Its head names the marks of the end, and
//! what is missing when an answer is truncated.

mod a2a;
mod ag_ui;
mod anthropic;
mod cohere;
mod gemini;
mod gemini_interactions;
mod joiner;
mod mcp;
mod ollama;
mod openai_chat;
mod openai_responses;
mod pace;
mod reader;
mod recognise;
mod view;
mod words;

use std::fmt;

pub use joiner::Joiner;
pub use pace::{Pace, Stall};
pub use recognise::Head;
pub use view::{Kind, Level, Part, ToolCall, Verdict, View};

/// How the events of a stream are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// OpenAI's chat completions, and the many servers that speak like them. Older completions
    /// are read too.
    OpenAiChat,
    /// OpenAI's responses.
    OpenAiResponses,
    /// Anthropic's messages.
    AnthropicMessages,
    /// Gemini's `streamGenerateContent` with `alt=sse`.
    GeminiContent,
    /// Gemini's interactions, with steps and before them.
    GeminiInteractions,
    /// Ollama's lines of JSON: no event stream.
    Ollama,
    /// Cohere's chat, version 2.
    CohereChat,
    /// The protocol AG-UI, between an agent and its user.
    AgUi,
    /// The protocol A2A, between agents, version 1 and before.
    A2a,
    /// MCP up to its revision 2025-11-25, in which a stream can be resumed.
    Mcp2025,
    /// MCP from its revision 2026-07-28 on, in which a stream that broke is lost.
    Mcp2026,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::OpenAiChat,
        Self::OpenAiResponses,
        Self::AnthropicMessages,
        Self::GeminiContent,
        Self::GeminiInteractions,
        Self::Ollama,
        Self::CohereChat,
        Self::AgUi,
        Self::A2a,
        Self::Mcp2025,
        Self::Mcp2026,
    ];

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenAiChat => "OpenAI chat completions",
            Self::OpenAiResponses => "OpenAI responses",
            Self::AnthropicMessages => "Anthropic messages",
            Self::GeminiContent => "Gemini streamGenerateContent",
            Self::GeminiInteractions => "Gemini interactions",
            Self::Ollama => "Ollama",
            Self::CohereChat => "Cohere chat v2",
            Self::AgUi => "AG-UI",
            Self::A2a => "A2A",
            Self::Mcp2025 => "MCP up to 2025-11-25",
            Self::Mcp2026 => "MCP 2026-07-28",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
