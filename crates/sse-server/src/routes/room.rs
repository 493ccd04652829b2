//! The streams and topics that a request reaches.

use std::sync::Arc;

use sse_engine::topics::{Batch, Published, Topics};

use crate::catalog::Catalog;
use crate::clock;
use crate::error::Error;

/// The streams and topics that a request reaches. The service chooses it, once for each request,
/// and the handlers of streams and topics are given it. There is one today.
pub(crate) struct Room {
    /// The streams of the list. A file that changes replaces the list in here.
    pub(crate) streams: Arc<Catalog>,
    /// The topics, which outlive starts and stops of the server.
    pub(crate) topics: Topics,
}

impl Room {
    /// Publishes the events to a topic.
    pub(crate) async fn publish(&self, topic: &str, batch: &Batch) -> Result<Published, Error> {
        Ok(self.topics.publish(topic, batch, clock::now().wall).await?)
    }
}
