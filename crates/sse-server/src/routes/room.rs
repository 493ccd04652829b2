//! A room: what a request reaches. Streams, topics and the table of connections, apart from those
//! of all other rooms.

use std::sync::{Arc, OnceLock};

use sse_engine::fault::Fault;
use sse_engine::file::Contents;
use sse_engine::topics::{Batch, Published, Topics};

use crate::catalog::Catalog;
use crate::clock;
use crate::connections::{Connections, Forgotten};
use crate::error::Error;

/// The streams, topics and rows that a request reaches. The service chooses it, once for each
/// request, and the handlers of streams and topics are given it.
pub(crate) struct Room {
    /// `None` is the default room.
    name: Option<Box<str>>,
    /// The streams of the server's list. A file that changes replaces the list in here.
    shared: Arc<Catalog>,
    /// The list that the room was given, once it was given one.
    own: OnceLock<Catalog>,
    /// The topics, which outlive starts and stops of the server.
    pub(crate) topics: Topics,
    /// Who is connected here, and was.
    pub(crate) connections: Connections,
}

impl Room {
    /// The default room.
    pub(crate) fn new(streams: Arc<Catalog>, topics: Topics, connections: Connections) -> Self {
        Self {
            name: None,
            shared: streams,
            own: OnceLock::new(),
            topics,
            connections,
        }
    }

    /// A room of this name beside this one, which has nothing but the server's list. Its topics are
    /// some of `topics`.
    pub(super) fn beside(&self, name: &str, topics: &Topics) -> Self {
        Self {
            name: Some(name.into()),
            shared: Arc::clone(&self.shared),
            own: OnceLock::new(),
            topics: topics.of_room(name),
            connections: self.connections.of_room(name),
        }
    }

    /// Its name; the default room has none.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The streams that are served here.
    pub(crate) fn streams(&self) -> &Catalog {
        self.own.get().unwrap_or(&self.shared)
    }

    /// Serves a list of its own from the next connection on.
    pub(super) fn serve(&self, list: Contents) {
        self.own.get_or_init(|| self.shared.copy()).serve(list);
    }

    /// Publishes the events to a topic.
    pub(crate) async fn publish(&self, topic: &str, batch: &Batch) -> Result<Published, Error> {
        Ok(self.topics.publish(topic, batch, clock::now().wall).await?)
    }

    /// The faults of the streams of its list. Those of the server's list are the default room's.
    pub(super) fn faults(&self) -> Vec<Fault> {
        match (&self.name, self.own.get()) {
            (_, Some(own)) => own.faults(),
            (None, None) => self.shared.faults(),
            (Some(_), None) => Vec::new(),
        }
    }

    /// Forgets all that happened here, and ends the topics. The list stays. The connections that
    /// were open are yet to be ended.
    pub(super) fn reset(&self) -> Forgotten {
        // First, so that the subscribers of the topics end by the reset.
        let forgotten = self.connections.reset(clock::now());
        self.topics.end_all();
        forgotten
    }
}
