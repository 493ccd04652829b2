//! The settings that a server is started with. Plain data; nothing here opens, reads or listens.

mod operate;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sse_client::Trust;
use sse_engine::file;
use sse_engine::keep_alive::KeepAlive;
use sse_engine::stream::Stream;
use sse_engine::topics::{Engine, TopicConfig};

use crate::mount::Mount;
pub use operate::{Drain, MAX_METRICS_TOPICS, MAX_RETRY_JITTER, Operate, WhenFull};

/// The port that is used when nobody chose one.
pub const DEFAULT_PORT: u16 = 8000;

/// How long an upstream may take for the head of its answer, where nobody chose another time. A
/// model may think for minutes before it answers.
const HEAD_TIME: Duration = Duration::from_secs(600);

/// Everything that a server is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen. `None` is loopback, 127.0.0.1 and `[::1]` on one port. An address beyond
    /// loopback is for the person to ask for, never a default (invariant 1), and comes beside
    /// loopback. A literal loopback address is the only one.
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
    /// The file of streams, which is followed: what it holds is served from the next connection on,
    /// unless there is a mistake in it. It need not exist.
    pub streams_file: Option<PathBuf>,
    /// What topics keep, and what becomes of those who read them slowly.
    pub topics: TopicConfig,
    /// The engine that keeps the topics, which other nodes share; nothing keeps them in this
    /// process. Rooms, faults in a query and the acts of the API are off with one.
    pub topics_on: Option<Arc<dyn Engine>>,
    /// The name of this node, for people.
    pub node: String,
    /// The upstreams of rooms, by their URLs: a room hands on to its own what it does not answer
    /// itself. `None` is the default room, whose whole port is handed on then.
    pub upstreams: Vec<(Option<String>, String)>,
    /// How long an upstream may take for the head of its answer.
    pub upstream_time: Duration,
    /// Whose certificates are trusted of upstreams.
    pub upstream_trust: Trust,
    /// The folder in which each stream that is handed on is recorded; it is made if it is not
    /// there. Nothing records none.
    pub record: Option<PathBuf>,
    /// Whether streams can be broken on purpose from outside: rooms, faults in a query, and the
    /// acts of the API.
    pub breaks: bool,
    /// Metrics, the drain, and what spreads reconnects.
    pub operate: Operate,
    /// The files of the tokens that publishing and subscribing need.
    pub tokens: Tokens,
    /// The parts of the paths that somebody else answers.
    pub mounts: Vec<Mount>,
}

/// The files of tokens, which are followed: a file that changes is in force a moment later. Their
/// text is described in docs/OPERATE.md.
///
/// Without either file nobody needs a token. With either, whoever publishes, or ends a topic, needs
/// one of `publish`; where there is no such file, nobody may.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// The tokens that may publish, end topics, and subscribe.
    pub publish: Option<PathBuf>,
    /// The tokens that may only subscribe. With it, topics and streams of the server's own are read
    /// with a token alone.
    pub subscribe: Option<PathBuf>,
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
            streams: file::shipped(),
            streams_file: None,
            topics: TopicConfig::default(),
            topics_on: None,
            node: String::new(),
            upstreams: Vec::new(),
            upstream_time: HEAD_TIME,
            upstream_trust: Trust::Platform,
            record: None,
            breaks: true,
            operate: Operate::default(),
            tokens: Tokens::default(),
            mounts: Vec::new(),
        }
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
    /// Time for a request head, and for a request body, to arrive. Also how long an idle connection
    /// is kept between two requests.
    pub head_time: Duration,
    /// Bytes of a request body.
    pub body_bytes: usize,
    /// Bytes that the bodies of all requests which are being read may take in memory together.
    pub all_bodies_bytes: usize,
    /// How long a socket may take no byte while bytes wait. A client that reads so slowly that its
    /// window stays shut for this long is given up too: from here the two look alike.
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
