//! What a client is held against.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// What a client is held against. A case may be right in one and wrong in another: to come back
/// after 503 is what a resilient client is for, and what the standard forbids.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// EventSource as WHATWG HTML 9.2 has it.
    #[default]
    Standard,
    /// A client that is to survive outages: it returns after 429 and 5xx with growing waits.
    Resilient,
    /// A client of a language model: it does not reconnect, and a missing end is an error.
    Llm,
    /// A client of the Model Context Protocol, version 2025-11-25.
    #[serde(rename = "mcp-2025-11-25")]
    Mcp20251125,
    /// A client of the Model Context Protocol, version 2026-07-28.
    #[serde(rename = "mcp-2026-07-28")]
    Mcp20260728,
}

impl Profile {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Standard,
        Self::Resilient,
        Self::Llm,
        Self::Mcp20251125,
        Self::Mcp20260728,
    ];

    /// Its name in texts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Resilient => "resilient",
            Self::Llm => "llm",
            Self::Mcp20251125 => "mcp-2025-11-25",
            Self::Mcp20260728 => "mcp-2026-07-28",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Profile {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|profile| profile.name() == text);
        found.ok_or_else(|| Error::NoProfile(sse_engine::text::cut(text)))
    }
}
