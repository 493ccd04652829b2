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
    /// The master in use, where the place names Sentinels that know it.
    pub master: Option<String>,
    /// The name of this node.
    pub node: String,
    /// Whether it is there.
    pub state: EngineState,
    /// Since when, in milliseconds since 1970.
    pub since_ms: u64,
    /// Why it is away; nothing while it is there, and before the first try failed.
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
    /// What is wrong with how it is set up, and topics that it refuses, a sentence each.
    pub warnings: Vec<String>,
}

/// Where the connection to the engine stands.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) state: EngineState,
    pub(super) since_ms: u64,
    /// Both as they were before the connection that there is.
    before: (EngineState, u64),
    /// Why it is away, for people.
    pub(super) error: Option<String>,
    /// Connections that there were.
    pub(super) connections: u64,
    pub(super) warnings: Vec<String>,
}

impl Standing {
    pub(super) fn new(wall: SystemTime) -> Self {
        let since_ms = millis(since_1970(wall));
        Self {
            state: EngineState::Connecting,
            since_ms,
            before: (EngineState::Connecting, since_ms),
            error: None,
            connections: 0,
            warnings: Vec::new(),
        }
    }

    /// There is a connection.
    pub(super) fn there(&mut self, warnings: Vec<String>, wall: SystemTime) {
        self.before = (self.state, self.since_ms);
        self.state = EngineState::There;
        self.since_ms = millis(since_1970(wall));
        self.error = None;
        self.connections += 1;
        self.warn(warnings);
    }

    /// These are the warnings of now. Those that are new are told on stderr too.
    pub(super) fn warn(&mut self, warnings: Vec<String>) {
        for warning in warnings.iter().filter(|new| !self.warnings.contains(new)) {
            tracing::warn!("{warning}");
        }
        self.warnings = warnings;
    }

    /// There is none. A connection over which nothing `worked` changes nothing: the engine is away
    /// for as long as it was before. Answers whether it is news, which a try that failed as the one
    /// before is not.
    pub(super) fn away(&mut self, why: &str, worked: bool, wall: SystemTime) -> bool {
        let was_there = self.state == EngineState::There;
        if was_there {
            (self.state, self.since_ms) = match worked {
                true => (EngineState::Lost, millis(since_1970(wall))),
                false => self.before,
            };
        }
        let is_new = self.error.as_deref() != Some(why);
        self.error = Some(why.to_owned());
        was_there || is_new
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    /// `/readyz` counts from `since`: a connection that failed at once set it anew, so that a node
    /// whose engine did nothing at all stayed ready.
    #[test]
    fn a_connection_over_which_nothing_worked_does_not_begin_the_time_away_anew() {
        let at = |s| UNIX_EPOCH + Duration::from_secs(s);
        let mut standing = Standing::new(at(1));
        let told = |standing: &Standing| (standing.state, standing.since_ms);
        for s in 2..9 {
            standing.there(Vec::new(), at(s));
            assert_eq!(told(&standing), (EngineState::There, s * 1000));
            assert_eq!(standing.error, None, "it is over");
            standing.away("no answer", false, at(s));
            assert_eq!(told(&standing), (EngineState::Connecting, 1000));
        }
        standing.there(Vec::new(), at(10));
        standing.away("no answer", true, at(20));
        assert_eq!(told(&standing), (EngineState::Lost, 20_000));
        standing.there(Vec::new(), at(21));
        standing.away("no answer", false, at(22));
        standing.away("no answer", false, at(23));
        assert_eq!(told(&standing), (EngineState::Lost, 20_000));
    }
}
