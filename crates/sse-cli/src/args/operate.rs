//! The options of `sse serve` for those who operate servers.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::anyhow;
use clap::ValueEnum;
use sse_server::{Drain, MAX_METRICS_TOPICS, MAX_RETRY_JITTER, WhenFull};

use crate::outcome::Failure;

/// Metrics, the drain, and what spreads reconnects.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Operation")]
pub(crate) struct Operate {
    /// Answer /metrics at this address and port too, to everybody, and nothing else there. Without
    /// it, /metrics answers only programs on this machine.
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = address)]
    metrics_listen: Option<SocketAddr>,

    /// Topics that have metrics of their own, 20 at most.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = topic)]
    metrics_topics: Vec<String>,

    /// At SIGTERM, end the streams one by one over this time, such as 30s, before the server stops.
    /// Ctrl-c and a second signal stop at once.
    #[arg(long, value_name = "TIME", value_parser = drain)]
    drain: Option<Duration>,

    /// How long a drain waits before it ends the first stream. Meanwhile, /readyz answers 503, and
    /// new streams are still taken. Without it, a sixth of --drain.
    #[arg(long, value_name = "TIME", requires = "drain", value_parser = delay)]
    drain_delay: Option<Duration>,

    /// Give each subscriber of a topic a reconnection time of 1s plus a random part of this time,
    /// such as 10s, so that they do not all reconnect at once.
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = jitter)]
    retry_jitter: Duration,

    /// End each stream at a random time in the last fifth of this age, such as 10m, so that clients
    /// spread over servers that were added. Without it, streams have no greatest age.
    #[arg(long, value_name = "TIME", value_parser = age)]
    max_age: Option<Duration>,

    /// What a client gets while --max-streams streams are open, or while the server drains: refuse
    /// is 503, which ends an EventSource for good; retry tells an EventSource to reconnect later.
    #[arg(long, value_name = "HOW", default_value = "refuse")]
    when_full: WhenFullBy,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum WhenFullBy {
    Refuse,
    Retry,
}

/// The bounds on the age of streams.
const YOUNGEST: Duration = Duration::from_secs(1);
const OLDEST: Duration = Duration::from_secs(7 * 24 * 3600);

/// The bounds on a drain.
const SHORTEST_DRAIN: Duration = Duration::from_millis(100);
const LONGEST_DRAIN: Duration = Duration::from_secs(24 * 3600);

fn drain(text: &str) -> Result<Duration, String> {
    sse_server::read_time(text)
        .filter(|time| (SHORTEST_DRAIN..=LONGEST_DRAIN).contains(time))
        .ok_or_else(|| "give a time such as 30s, from 100ms to 24h".to_owned())
}

fn delay(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    sse_server::read_time(text).ok_or_else(|| "give a time such as 5s, or 0".to_owned())
}

fn jitter(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    sse_server::read_time(text)
        .filter(|time| *time <= MAX_RETRY_JITTER)
        .ok_or_else(|| "give a time such as 10s, 1h at most, or 0".to_owned())
}

fn age(text: &str) -> Result<Duration, String> {
    sse_server::read_time(text)
        .filter(|time| (YOUNGEST..=OLDEST).contains(time))
        .ok_or_else(|| "give a time such as 10m, from 1s to 7d".to_owned())
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let local = text
        .strip_prefix("localhost:")
        .map(|port| format!("127.0.0.1:{port}"));
    local.as_deref().unwrap_or(text).parse().map_err(|_| {
        "give an address and a port, such as 127.0.0.1:9464 or 0.0.0.0:9464".to_owned()
    })
}

fn topic(text: &str) -> Result<String, String> {
    match sse_server::is_topic_name(text) {
        true => Ok(text.to_owned()),
        false => Err("give names of topics, such as news,prices".to_owned()),
    }
}

impl Operate {
    /// Checks the options together.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let topics = self.metrics_topics.len();
        if topics > MAX_METRICS_TOPICS {
            return Err(Failure::usage(anyhow!(
                "--metrics-topics has {topics} names: give {MAX_METRICS_TOPICS} at most, because Prometheus stores a series for each."
            )));
        }
        match (self.drain, self.drain_delay) {
            (Some(whole), Some(delay)) if delay >= whole => Err(Failure::usage(anyhow!(
                "--drain-delay is not shorter than --drain: give less, because the streams end in the rest of the time."
            ))),
            _ => Ok(()),
        }
    }

    /// What the server is started with.
    pub(super) fn into_config(self) -> sse_server::Operate {
        sse_server::Operate {
            metrics_listen: self.metrics_listen,
            metrics_topics: self.metrics_topics,
            drain: self.drain.map(|whole| Drain {
                whole,
                delay: self.drain_delay.unwrap_or(whole / 6),
            }),
            retry_jitter: self.retry_jitter,
            max_age: self.max_age,
            when_full: match self.when_full {
                WhenFullBy::Refuse => WhenFull::Refuse,
                WhenFullBy::Retry => WhenFull::Retry,
            },
        }
    }
}
