//! What whoever operates servers sets: metrics, the drain, and what spreads reconnects.

use std::net::SocketAddr;
use std::time::Duration;

use sse_engine::topics::SUBSCRIBER_RETRY;

/// The most topics that have metrics of their own: each is a label, and labels cost whoever stores
/// them.
pub const MAX_METRICS_TOPICS: usize = 20;

/// The longest time that [`Operate::retry_jitter`] can be.
pub const MAX_RETRY_JITTER: Duration = Duration::from_secs(3600);

/// What whoever operates servers sets. Nothing of it is on by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operate {
    /// A further address at which `/metrics` answers, and nothing else, whoever asks. Without it,
    /// only programs of this machine are answered, on the port of the streams.
    pub metrics_listen: Option<SocketAddr>,
    /// The topics of the default room that have metrics of their own, [`MAX_METRICS_TOPICS`] at
    /// most: others beyond are left out.
    pub metrics_topics: Vec<String>,
    /// How a server ends its streams before it stops, where it is asked to
    /// [drain](crate::Server::drain).
    pub drain: Option<Drain>,
    /// The reconnection time that each subscriber of a topic is told is longer by a random part of
    /// this, so that those whom one outage cut off come back one by one. [`MAX_RETRY_JITTER`] at
    /// most.
    pub retry_jitter: Duration,
    /// How old a stream may become. It ends in order at a random instant of the last fifth of that.
    pub max_age: Option<Duration>,
    /// What a client gets in place of a stream for which there is no room, or no time.
    pub when_full: WhenFull,
}

/// How a server ends its streams before it stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drain {
    /// How long it takes.
    pub whole: Duration,
    /// How much of that passes before the first stream is ended. Meanwhile the server says that it
    /// is not ready, and takes new streams, so that whatever sends clients here can notice.
    pub delay: Duration,
}

/// What a client gets in place of a stream where the server is full, or drains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenFull {
    /// 503, which ends an EventSource for good.
    #[default]
    Refuse,
    /// An EventSource gets a stream that ends at once, and comes back by itself. Others get 503.
    Retry,
}

impl Operate {
    /// A reconnection time for one client, in milliseconds.
    pub(crate) fn draw_retry(&self) -> u32 {
        let jitter = self.retry_jitter.min(MAX_RETRY_JITTER).as_millis();
        let jitter = u32::try_from(jitter).unwrap_or(u32::MAX / 2);
        SUBSCRIBER_RETRY + fastrand::u32(0..=jitter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_is_a_second_and_a_random_part_of_what_was_set() {
        assert_eq!(Operate::default().draw_retry(), 1000);
        let of = |jitter| Operate {
            retry_jitter: jitter,
            ..Operate::default()
        };
        let spread = of(Duration::from_secs(10));
        let drawn: Vec<u32> = (0..1000).map(|_| spread.draw_retry()).collect();
        assert!(drawn.iter().all(|ms| (1000..=11_000).contains(ms)));
        let early = drawn.iter().filter(|ms| **ms < 6000).count();
        assert!(
            (300..700).contains(&early),
            "{early} of 1000 in the first half"
        );
        assert!(of(Duration::MAX).draw_retry() <= 1000 + 3_600_000);
    }
}
