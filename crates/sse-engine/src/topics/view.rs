//! Topics as the window and the API see them.

use serde::Serialize;

use super::PREFIX;
use super::config::{SUBSCRIBER_RETRY, TopicConfig};
use super::gap::GAP;
use super::ring::Ring;
use crate::time::millis;

/// What the page is told of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct TopicInfo {
    /// What it is called.
    pub name: String,
    /// Where it is served.
    pub path: String,
    /// How many listen.
    pub subscribers: usize,
    /// Events published since it began; of a topic that an engine keeps, those that this node has
    /// read.
    pub published: u64,
    /// Events that are kept for those who come back.
    pub kept: usize,
    /// What those take, in bytes.
    pub kept_bytes: usize,
    /// The id of the newest event.
    pub last_id: Option<String>,
    /// The event names that a client should listen for: at most 32 of those that came last, none
    /// longer than 128 bytes.
    pub events: Vec<String>,
    /// The reconnection time in milliseconds that its subscribers are told at least.
    pub retry_ms: u64,
    /// After how many milliseconds it ends by itself when nobody reads it and nobody feeds it;
    /// nothing where it never does.
    pub ttl_ms: Option<u64>,
}

impl TopicInfo {
    pub(super) fn new(name: &str, ring: &Ring, subscribers: usize, config: &TopicConfig) -> Self {
        let published = ring.last() - ring.gaps();
        Self {
            name: name.to_owned(),
            path: format!("{PREFIX}{name}"),
            subscribers,
            published,
            kept: ring.kept(),
            kept_bytes: ring.bytes(),
            last_id: (published > 0).then(|| ring.id(ring.last())),
            events: ["message", GAP]
                .into_iter()
                .chain(ring.names().filter(|name| *name != "message"))
                .map(str::to_owned)
                .collect(),
            retry_ms: u64::from(SUBSCRIBER_RETRY),
            ttl_ms: Some(millis(config.ttl)).filter(|ttl| *ttl > 0),
        }
    }
}
