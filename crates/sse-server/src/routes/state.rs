//! The state that a page begins with: status, streams, topics, and the number of connections.

use serde::Serialize;
use sse_engine::stream::StreamInfo;
use sse_engine::topics::TopicInfo;

use super::context::Context;
use super::room::Room;
use crate::armed::{FaultView, InRooms};
use crate::catalog::StreamsFile;
use crate::clock;
use crate::connections::Tally;
use crate::shared_topics::{EngineView, SharedTopics};
use crate::status::Status;
use crate::tokens::Wish;

/// Everything that a page needs to begin with.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct StateView {
    /// The program's name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The life cycle.
    pub status: Status,
    /// The streams that are served.
    pub streams: Vec<StreamInfo>,
    /// The file that they come from; nothing where the program has no place for one, and in a room
    /// that has a list of its own.
    pub streams_file: Option<StreamsFile>,
    /// The topics that there are, by name.
    pub topics: Vec<TopicInfo>,
    /// How many are connected.
    pub connections: Tally,
    /// The names of the rooms that there are beside the default one.
    pub rooms: Vec<String>,
    /// What is armed, in all rooms.
    pub faults: Vec<FaultView>,
    /// The engine that keeps the topics; left out where none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "types", ts(optional))]
    pub engine: Option<EngineView>,
    /// What needs a token.
    pub tokens: TokensView,
}

/// What needs a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct TokensView {
    /// Publishing, and the end of a topic.
    pub publish: bool,
    /// Reading a topic, or a stream of the server's own.
    pub subscribe: bool,
}

impl StateView {
    /// The state, as it is in this room.
    pub(crate) fn of(context: &Context, room: &Room) -> Self {
        let streams = room.streams().view();
        Self {
            name: "SSE Workbench",
            version: env!("CARGO_PKG_VERSION"),
            status: context.status.borrow().clone(),
            streams: streams.streams,
            streams_file: streams.file,
            topics: room.topics_view(),
            connections: room.connections.tally(),
            rooms: context.rooms.names(),
            faults: context.faults.view(&InRooms::All, clock::now().instant),
            engine: room.engine.as_ref().map(SharedTopics::engine),
            tokens: TokensView {
                publish: context.keyring.is_needed_to(Wish::Publish),
                subscribe: context.keyring.is_needed_to(Wish::Subscribe),
            },
        }
    }
}
