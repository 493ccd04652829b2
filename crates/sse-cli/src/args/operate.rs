//! The options of `sse serve` for those who operate servers.

use std::net::SocketAddr;

use anyhow::anyhow;
use sse_server::MAX_METRICS_TOPICS;

use crate::outcome::Failure;

/// Metrics, the drain, and what spreads reconnects.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Operation")]
pub(crate) struct Operate {
    /// Answer /metrics at this address and port too, whoever asks, and nothing else there. Without
    /// it, /metrics answers programs of this machine only.
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = address)]
    metrics_listen: Option<SocketAddr>,

    /// Topics that have metrics of their own, 20 at most.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = topic)]
    metrics_topics: Vec<String>,
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
                "--metrics-topics has {topics} names: give {MAX_METRICS_TOPICS} at most, since each is a label that Prometheus stores."
            )));
        }
        Ok(())
    }

    /// What the server is started with.
    pub(super) fn into_config(self) -> sse_server::Operate {
        sse_server::Operate {
            metrics_listen: self.metrics_listen,
            metrics_topics: self.metrics_topics,
        }
    }
}
