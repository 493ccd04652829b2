//! What whoever operates servers sets: metrics, the drain, and what spreads reconnects.

use std::net::SocketAddr;

/// The most topics that have metrics of their own: each is a label, and labels cost whoever stores
/// them.
pub const MAX_METRICS_TOPICS: usize = 20;

/// What whoever operates servers sets. Nothing of it is on by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operate {
    /// A further address at which `/metrics` answers, and nothing else, whoever asks. Without it,
    /// only programs of this machine are answered, on the port of the streams.
    pub metrics_listen: Option<SocketAddr>,
    /// The topics of the default room that have metrics of their own, [`MAX_METRICS_TOPICS`] at
    /// most: others beyond are left out.
    pub metrics_topics: Vec<String>,
}
