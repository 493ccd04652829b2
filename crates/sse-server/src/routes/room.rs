//! A room: what a request reaches. Streams, topics and the table of connections, apart from those
//! of all other rooms.

use std::sync::{Arc, OnceLock};

use sse_engine::fault::{Fault, Shift};
use sse_engine::file::Contents;
use sse_engine::topics::{Batch, Published, Subscription, TopicInfo, Topics};

use crate::catalog::Catalog;
use crate::clock;
use crate::connections::{Connections, Forgotten};
use crate::error::Error;
use crate::shared_topics::SharedTopics;

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
    /// The topics in place of those, where an engine keeps them. Only the default room has any.
    pub(crate) engine: Option<SharedTopics>,
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
            engine: None,
            connections,
        }
    }

    /// The same, whose topics an engine keeps.
    pub(crate) fn on(self, engine: Option<SharedTopics>) -> Self {
        Self { engine, ..self }
    }

    /// A room of this name beside this one, which has nothing but the server's list. Its topics are
    /// some of `topics`.
    pub(super) fn beside(&self, name: &str, topics: &Topics) -> Self {
        Self {
            name: Some(name.into()),
            shared: Arc::clone(&self.shared),
            own: OnceLock::new(),
            topics: topics.of_room(name),
            engine: None,
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

    /// A subscriber of a topic, which goes on at its last event id, moved by `shift`.
    pub(super) fn subscribe(
        &self,
        topic: &str,
        last_event_id: Option<&str>,
        shift: Shift,
    ) -> Result<Subscription, sse_engine::Error> {
        match &self.engine {
            None => {
                let wall = clock::now().wall;
                self.topics.subscribe(topic, last_event_id, shift, wall)
            }
            Some(engine) => engine.subscribe(topic, last_event_id, shift),
        }
    }

    /// Publishes the events to a topic. Where an engine keeps it, nothing is waited for once `stop`
    /// is over.
    pub(crate) async fn publish(
        &self,
        topic: &str,
        batch: Batch,
        stop: impl Future<Output = ()>,
    ) -> Result<Published, Error> {
        Ok(match &self.engine {
            None => {
                self.topics
                    .publish(topic, &batch, clock::now().wall)
                    .await?
            }
            Some(engine) => engine.publish(topic, batch, stop).await?,
        })
    }

    /// Ends a topic: on all nodes, where an engine keeps it. Answers whether there was one; nothing
    /// is waited for once `stop` is over.
    pub(crate) async fn end(
        &self,
        topic: &str,
        stop: impl Future<Output = ()>,
    ) -> Result<bool, Error> {
        Ok(match &self.engine {
            None => self.topics.end(topic),
            Some(engine) => engine.end(topic, stop).await?,
        })
    }

    /// The topics as they are now, by name: those that this node follows, where an engine keeps
    /// them.
    pub(crate) fn topics_view(&self) -> Vec<TopicInfo> {
        match &self.engine {
            None => self.topics.view(),
            Some(engine) => engine.view(),
        }
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
    ///
    /// Topics that an engine keeps belong to other nodes too, and are never reset: a node that
    /// shares topics has faults turned off, and refuses a reset.
    pub(super) fn reset(&self) -> Forgotten {
        // First, so that the subscribers of the topics end by the reset.
        let forgotten = self.connections.reset(clock::now());
        self.topics.end_all();
        forgotten
    }
}
