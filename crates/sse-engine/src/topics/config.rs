//! The settings of topics.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The reconnection time that subscribers are told unless they are to be told another, in
/// milliseconds.
pub const SUBSCRIBER_RETRY: u32 = 1000;

/// What topics keep, and what becomes of those who read them slowly.
///
/// A bound of 0 is taken for 1: nothing works with less.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TopicConfig {
    /// Topics at once; the first use of one more is answered with 503.
    pub max_topics: usize,
    /// Events that each topic keeps, at least 1.
    pub keep_events: usize,
    /// Bytes that each topic keeps, as they are sent. The newest event is kept whatever its size.
    pub keep_bytes: usize,
    /// How many events a subscriber may be behind, of those that were published since it came. What
    /// has left the ring is too far behind in any case.
    pub max_lag: u64,
    /// What becomes of a subscriber that is further behind.
    pub slow: Slow,
    /// What subscribers are sent first.
    pub first_block: FirstBlock,
    /// Whether a blank line follows a keep-alive comment. Clients that make an event of every block
    /// want none.
    pub keep_alive_blank: bool,
    /// How long a topic stays that nobody reads and nobody feeds; none at all is for ever.
    #[serde(with = "ttl")]
    pub ttl: Duration,
}

impl Default for TopicConfig {
    /// The lag is half of what is kept, so that a subscriber which was cut off finds the rest when
    /// it returns.
    fn default() -> Self {
        Self {
            max_topics: 256,
            keep_events: 1000,
            keep_bytes: 4 * 1024 * 1024,
            max_lag: 500,
            slow: Slow::default(),
            first_block: FirstBlock::default(),
            keep_alive_blank: true,
            ttl: Duration::from_secs(3600),
        }
    }
}

/// A time as people write it in settings.
mod ttl {
    use std::time::Duration;

    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    use crate::time::read_time;

    pub(super) fn serialize<S: Serializer>(ttl: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&humantime::format_duration(*ttl))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(from)?;
        read_time(&text).ok_or_else(|| {
            D::Error::custom(format!(
                "ttl = {text:?} is no time: write one such as \"1h\""
            ))
        })
    }
}

/// What becomes of a subscriber that reads too slowly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Slow {
    /// Its connection is ended, and it comes back with its last event id.
    #[default]
    Disconnect,
    /// The oldest events are dropped for it, and a gap event in its stream says which.
    #[serde(rename = "drop")]
    DropOldest,
}

/// What a subscriber of a topic is sent before any event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FirstBlock {
    /// Its place, as an `id` without data: one that is cut off before its first event comes back to
    /// where it was. The standard's clients dispatch nothing for it (HTML 9.2.6).
    #[default]
    Id,
    /// Only the reconnection time: for clients that make an event of every block.
    None,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_say_a_time_as_people_do() {
        let read: TopicConfig = toml::from_str("ttl = \"1h 30m\"").expect("a time");
        assert_eq!(read.ttl, Duration::from_secs(5400));
        let text = toml::to_string(&read).expect("TOML");
        assert!(text.contains("ttl = \"1h 30m\""), "{text}");
        let refusal = toml::from_str::<TopicConfig>("ttl = \"soon\"").expect_err("no time");
        assert!(refusal.to_string().contains("write one such as \"1h\""));
    }
}
