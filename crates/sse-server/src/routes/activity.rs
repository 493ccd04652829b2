//! What happens on each stream and topic, for the pictures of the page.

use serde::Serialize;
use sse_engine::time::{millis, since_1970};

use super::room::Room;
use crate::clock;

/// What happens on the streams and topics that are served. Whoever asks twice draws the difference.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct ActivityView {
    /// When this was counted, in milliseconds since 1970.
    pub at_ms: u64,
    /// The streams in the order of their list, then the topics by name.
    pub streams: Vec<StreamActivity>,
}

/// What happens on one stream or topic.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct StreamActivity {
    /// The path of the stream or topic.
    pub path: String,
    /// Clients that have it open now.
    pub open: usize,
    /// Events that clients were sent since the program began, each counted once for each client.
    pub events: u64,
}

impl ActivityView {
    pub(crate) fn of(room: &Room) -> Self {
        let streams = room.streams().view().streams;
        let topics = room.topics_view();
        let streams = streams.into_iter().map(|stream| stream.path);
        let paths: Vec<String> = streams
            .chain(topics.into_iter().map(|topic| topic.path))
            .collect();
        let known: Vec<&str> = paths.iter().map(String::as_str).collect();
        let activity = room.connections.activity(&known);
        Self {
            at_ms: millis(since_1970(clock::now().wall)),
            streams: paths
                .into_iter()
                .zip(activity)
                .map(|(path, of)| StreamActivity {
                    path,
                    open: of.open,
                    events: of.events,
                })
                .collect(),
        }
    }
}
