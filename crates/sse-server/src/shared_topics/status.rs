//! What the page and the API are told of the engine that keeps the topics.

use std::time::SystemTime;

use serde::Serialize;
use sse_engine::time::{millis, since_1970};

/// Whether the engine is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum EngineState {
    /// It was never reached yet.
    Connecting,
    /// There is a connection.
    There,
    /// There was one, and is none now.
    Lost,
}

/// The engine that keeps the topics, and the nodes that share them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct EngineView {
    /// Where it is, without a password.
    pub place: String,
    /// The name of this node.
    pub node: String,
    /// Whether it is there.
    pub state: EngineState,
    /// Since when, in milliseconds since 1970.
    pub since_ms: u64,
    /// What went wrong last, in a sentence; nothing where nothing did yet.
    pub error: Option<String>,
    /// Lives of topics that this node saw begin: each was a gap for those who listened.
    pub lives: u64,
    /// How often it was connected to again.
    pub reconnects: u64,
    /// How many nodes were heard of lately, this one included; 0 where none was yet.
    pub nodes: usize,
    /// Their names, in order; not all of them where there are hundreds.
    pub names: Vec<String>,
    /// Topics that this node follows, since somebody listens to them here or did lately.
    pub followed: usize,
    /// Subscribers of this node that have no place yet.
    pub waiting: usize,
    /// Entries that were no events of ours.
    pub skipped: u64,
    /// What is wrong with how it is set up, a sentence each.
    pub warnings: Vec<String>,
}

/// Where the connection to the engine stands.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) state: EngineState,
    pub(super) since_ms: u64,
    /// The last error, for people.
    pub(super) error: Option<String>,
    /// Connections that there were.
    pub(super) connections: u64,
    pub(super) warnings: Vec<String>,
}

impl Standing {
    pub(super) fn new(wall: SystemTime) -> Self {
        Self {
            state: EngineState::Connecting,
            since_ms: millis(since_1970(wall)),
            error: None,
            connections: 0,
            warnings: Vec::new(),
        }
    }

    /// There is a connection.
    pub(super) fn there(&mut self, warnings: Vec<String>, wall: SystemTime) {
        self.state = EngineState::There;
        self.since_ms = millis(since_1970(wall));
        self.connections += 1;
        self.warnings = warnings;
    }

    /// There is none. Answers whether that is news, which a try that failed as the one before is
    /// not.
    pub(super) fn away(&mut self, why: &str, wall: SystemTime) -> bool {
        let was_there = self.state == EngineState::There;
        if was_there {
            self.state = EngineState::Lost;
            self.since_ms = millis(since_1970(wall));
        }
        let is_new = self.error.as_deref() != Some(why);
        self.error = Some(why.to_owned());
        was_there || is_new
    }
}
