//! What a server is started with. Plain data; nothing here opens, reads or listens.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::stream::Stream;
use crate::streams;

/// The port that is used when nobody chose one.
pub const DEFAULT_PORT: u16 = 8000;

/// Everything that a server is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen. `None` is loopback, 127.0.0.1 and `[::1]` on one port. An address beyond loopback
    /// is for the person to ask for, never a default (invariant 1), and comes beside loopback. A literal
    /// loopback address is the only one.
    pub host: Option<IpAddr>,
    /// The port; 0 takes any free one.
    pub port: u16,
    /// Names that requests may carry in `Host` beside loopback and this machine's own addresses.
    pub allow_hosts: Vec<String>,
    /// Origins that may read the streams beside our own, the window's and local ones.
    pub allow_origins: Vec<String>,
    /// When a comment is sent so that an idle connection is seen to be alive.
    pub keep_alive: KeepAlive,
    /// Whether a blank line follows that comment on the streams that do not say so themselves.
    pub keep_alive_blank: bool,
    /// Bounds on what clients can take.
    pub limits: Limits,
    /// The streams that are served where there is no file of them.
    pub streams: Vec<Stream>,
    /// The file of streams, which is followed: what it holds is served from the next connection on, unless there is
    /// a mistake in it. It need not exist.
    pub streams_file: Option<PathBuf>,
    /// What topics keep, and what becomes of those who read them slowly.
    pub topics: TopicConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            host: None,
            port: DEFAULT_PORT,
            allow_hosts: Vec::new(),
            allow_origins: Vec::new(),
            keep_alive: KeepAlive::default(),
            keep_alive_blank: true,
            limits: Limits::default(),
            streams: streams::shipped(),
            streams_file: None,
            topics: TopicConfig::default(),
        }
    }
}

/// When a keep-alive comment is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepAlive {
    /// Never.
    Off,
    /// At a fixed interval from the start of the connection, whatever else is sent.
    Interval(Duration),
    /// After so long without a byte.
    Idle(Duration),
}

impl Default for KeepAlive {
    /// 15 s, the interval that the WHATWG standard advises against proxies that drop idle connections
    /// (HTML 9.2.7).
    fn default() -> Self {
        KeepAlive::Interval(Duration::from_secs(15))
    }
}

/// Bounds on what clients can take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Streams open at once; one more is answered with 503.
    pub streams: usize,
    /// Connections beyond `streams` for the page, the API and requests under way.
    pub reserve: usize,
    /// Bytes of a request head, at least 8 KiB.
    pub head_bytes: usize,
    /// Time for a request head, and for a request body, to arrive. Also how long an idle connection is
    /// kept between two requests.
    pub head_time: Duration,
    /// Bytes of a request body.
    pub body_bytes: usize,
    /// Bytes that the bodies of all requests which are being read may take in memory together.
    pub all_bodies_bytes: usize,
    /// How long a socket may take no byte while bytes wait. A client that reads so slowly that its window
    /// stays shut for this long is given up too: from here the two look alike.
    pub stall: Duration,
    /// Bytes asked of the kernel as the send buffer of a connection (Linux doubles the number).
    pub send_buffer: usize,
    /// How long `stop` lets connections end in order before it drops them.
    pub stop_grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            streams: 10_000,
            reserve: 1_000,
            head_bytes: 16 * 1024,
            head_time: Duration::from_secs(10),
            body_bytes: 1024 * 1024,
            all_bodies_bytes: 64 * 1024 * 1024,
            stall: Duration::from_secs(30),
            send_buffer: 64 * 1024,
            stop_grace: Duration::from_millis(200),
        }
    }
}

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
    /// How many events a subscriber may be behind, of those that were published since it came. What has left
    /// the ring is too far behind in any case.
    pub max_lag: u64,
    /// What becomes of a subscriber that is further behind.
    pub slow: Slow,
    /// What subscribers are sent first.
    pub first_block: FirstBlock,
    /// Whether a blank line follows a keep-alive comment. Clients that make an event of every block want none.
    pub keep_alive_blank: bool,
    /// How long a topic stays that nobody reads and nobody feeds; none at all is for ever.
    #[serde(with = "ttl")]
    pub ttl: Duration,
}

impl Default for TopicConfig {
    /// The lag is half of what is kept, so that a subscriber which was cut off finds the rest when it returns.
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
    /// Its place, as an `id` without data: one that is cut off before its first event comes back to where it was. The standard's
    /// clients dispatch nothing for it (HTML 9.2.6).
    #[default]
    Id,
    /// Only the reconnection time: for clients that make an event of every block.
    None,
}
