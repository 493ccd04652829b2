//! Topics, for whoever holds the server: they work while it is stopped too.

use sse_engine::topics::{Batch, Draft, Published, TopicInfo};
use tokio::sync::watch;

use super::Server;
use crate::error::Error;
use crate::shared_topics::{EngineView, SharedTopics};

impl Server {
    /// Publishes an event to a topic, which begins if there is none of this name. Topics last as
    /// long as the server's value, so this works while it is stopped too.
    ///
    /// # Errors
    /// A name that no topic can have, one topic too many, or an event that cannot be sent as it is.
    pub async fn publish(&self, topic: &str, draft: Draft) -> Result<Published, Error> {
        draft.check()?;
        let room = self.context.rooms.default();
        let for_ever = std::future::pending();
        let published = room.publish(topic, Batch::one(draft), for_ever).await?;
        self.context.measures.published(published.events);
        Ok(published)
    }

    /// Ends a topic: its subscribers are sent what they lack and then the end, and those that come
    /// back are told of a gap. Answers whether there was one of this name.
    ///
    /// # Errors
    /// The engine that keeps it, where one does, is away.
    pub async fn end_topic(&self, topic: &str) -> Result<bool, Error> {
        let for_ever = std::future::pending();
        self.context.rooms.default().end(topic, for_ever).await
    }

    /// The topics that there are, by name.
    pub fn topics(&self) -> Vec<TopicInfo> {
        self.context.rooms.default().topics_view()
    }

    /// The engine that keeps the topics, and who shares it; `None` where the topics are kept here
    /// alone.
    pub fn engine(&self) -> Option<EngineView> {
        let engine = self.context.rooms.default().engine.as_ref();
        engine.map(SharedTopics::engine)
    }

    /// Changes when the engine that keeps the topics came, went, or had something to say of the
    /// nodes; `None` where there is none.
    pub fn engine_changed(&self) -> Option<watch::Receiver<()>> {
        let engine = self.context.rooms.default().engine.as_ref();
        engine.map(SharedTopics::changed)
    }

    /// Changes when something was published to a topic, or when one ended.
    pub fn topics_changed(&self) -> watch::Receiver<()> {
        self.context.rooms.default().topics.changed()
    }
}
