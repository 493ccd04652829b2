//! The decoders that are compared, and how each is started.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::decoders::payload::Payload;
use crate::pin;
use crate::servers::SERVER_CORE;

/// A decoder, or what it is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Contender {
    /// The decoder of this repository.
    SseWire,
    /// The search for line feeds, which every decoder has to do.
    Memchr,
    /// npm's eventsource-parser, behind node's `TextDecoder`.
    EventsourceParser,
    /// crates.io's eventsource-stream.
    EventsourceStream,
    /// PyPI's httpx-sse, on a response of httpx.
    HttpxSse,
}

impl Contender {
    pub(crate) const ALL: [Self; 5] = [
        Self::SseWire,
        Self::Memchr,
        Self::EventsourceParser,
        Self::EventsourceStream,
        Self::HttpxSse,
    ];

    /// The decoders of others.
    pub(crate) const OTHERS: [Self; 3] = [
        Self::EventsourceParser,
        Self::EventsourceStream,
        Self::HttpxSse,
    ];

    /// Its name, for a command line and for the folder of its script.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SseWire => "sse-wire",
            Self::Memchr => "memchr",
            Self::EventsourceParser => "eventsource-parser",
            Self::EventsourceStream => "eventsource-stream",
            Self::HttpxSse => "httpx-sse",
        }
    }

    /// Its name in the tables.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::SseWire => "**`sse-wire`**",
            Self::Memchr => "`memchr`, line feeds alone",
            Self::EventsourceParser => "eventsource-parser (node)",
            Self::EventsourceStream => "eventsource-stream (Rust)",
            Self::HttpxSse => "httpx-sse (Python)",
        }
    }

    /// How many events it has to find in the stream, and the sum of their lengths.
    pub(crate) fn expected(self, payload: &Payload) -> (u64, u64) {
        match self {
            Self::SseWire | Self::EventsourceStream => (payload.events, payload.bytes),
            Self::EventsourceParser => (payload.events, payload.utf16),
            Self::HttpxSse => (payload.events, payload.characters),
            Self::Memchr => (payload.line_feeds, 0),
        }
    }

    /// Whether it can be started. `peers` is where scripts/bench-peers.sh installs others.
    pub(crate) fn is_installed(self, peers: &Path) -> bool {
        match self {
            Self::SseWire | Self::Memchr | Self::EventsourceStream => true,
            // The last file that the script writes.
            Self::EventsourceParser | Self::HttpxSse => {
                peers.join(self.name()).join("version").exists()
            }
        }
    }

    /// A command that reads `file` this long in pieces of this size, and prints the reading.
    ///
    /// # Errors
    /// This program cannot find itself.
    pub(crate) fn command(
        self,
        peers: &Path,
        file: &Path,
        piece: usize,
        seconds: f64,
    ) -> anyhow::Result<Command> {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/decoders");
        let mut command = match self {
            Self::SseWire | Self::Memchr | Self::EventsourceStream => {
                let own = std::env::current_exe()?;
                let mut command = pin::command(SERVER_CORE, own.as_os_str())?;
                command.args(["decode", self.name()]);
                command
            }
            Self::EventsourceParser => {
                let mut command = pin::command(SERVER_CORE, OsStr::new("node"))?;
                command.arg(peers.join("eventsource-parser/decode.mjs"));
                command
            }
            Self::HttpxSse => {
                let python = peers.join("httpx-sse/bin/python");
                let mut command = pin::command(SERVER_CORE, python.as_os_str())?;
                command.arg(sources.join("httpx-sse/decode.py"));
                command
            }
        };
        command
            .arg(file)
            .args([piece.to_string(), seconds.to_string()]);
        Ok(command)
    }
}
