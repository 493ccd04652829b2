//! What the outside is told of the server: its life cycle's state, its streams, its connections.

use serde::Serialize;

use crate::app::Context;
use crate::connections::Tally;
use crate::error::Error;
use crate::stream::StreamInfo;
use crate::streams::StreamsFile;
use crate::topics::TopicInfo;

/// Where the server is in its life cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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

/// The state of the life cycle, held in one watch channel and nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Where the server is in its life cycle.
    pub phase: Phase,
    /// The port: the real one while running, else the one that is configured.
    pub port: u16,
    /// Where to visit, while running.
    pub url: Option<String>,
    /// Why the last start failed, while failed.
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

/// Everything that a page needs to begin with.
#[derive(Clone, Debug, Serialize)]
pub struct StateView {
    /// The program's name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The life cycle.
    pub status: Status,
    /// The streams that are served.
    pub streams: Vec<StreamInfo>,
    /// The file that they come from; `None` where the program has no place for one.
    pub streams_file: Option<StreamsFile>,
    /// The topics that there are, by name.
    pub topics: Vec<TopicInfo>,
    /// How many are connected.
    pub connections: Tally,
}

impl StateView {
    pub(crate) fn of(context: &Context) -> Self {
        let streams = context.streams.view();
        Self {
            name: "SSE Workbench",
            version: env!("CARGO_PKG_VERSION"),
            status: context.status.borrow().clone(),
            streams: streams.streams,
            streams_file: streams.file,
            topics: context.topics.view(),
            connections: context.connections.tally(),
        }
    }
}
