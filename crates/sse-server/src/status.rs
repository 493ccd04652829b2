//! The state of the server in its life cycle.

use serde::Serialize;

use crate::error::Error;

/// Where the server is in its life cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Nothing listens.
    Stopped,
    /// About to listen.
    Starting,
    /// Listening.
    Running,
    /// Ending streams and closing connections.
    Stopping,
    /// The last start did not succeed; nothing listens.
    Failed,
}

impl Phase {
    /// Whether the server stops or has stopped: whoever waits for something is answered then.
    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Stopping | Self::Stopped | Self::Failed)
    }
}

/// The state of the life cycle, held in one watch channel and nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct Status {
    /// Where the server is in its life cycle.
    pub phase: Phase,
    /// The port: the real one while running, else the one that is configured.
    pub port: u16,
    /// Where to visit, while running.
    pub url: Option<String>,
    /// Why the last start failed, while failed.
    #[cfg_attr(feature = "types", ts(as = "Option<crate::error::StartError>"))]
    pub error: Option<Error>,
}

impl Status {
    pub(crate) fn new(phase: Phase, port: u16) -> Self {
        Self {
            phase,
            port,
            url: None,
            error: None,
        }
    }
}
