//! `sse proxy` as it is typed.

use std::path::PathBuf;
use std::time::Duration;

use sse_server::{Config, Trust};

use super::Serve;

pub(super) const PROXY_EXAMPLES: &str = "\
Examples:
  sse proxy https://api.example.com                        forward http://localhost:8000
  sse proxy https://api.example.com --room live            forward http://localhost:8000/@live
  sse proxy localhost:11434 --fault cut,after=20           cut each stream after 20 events
  sse proxy https://api.example.com --record calls         record each stream in the folder calls
  OPENAI_BASE_URL=http://localhost:8000/v1 python app.py   point an SDK at it";

#[derive(Debug, clap::Args)]
pub(crate) struct Proxy {
    /// The server that gets the requests, such as `https://api.example.com`. A path in this URL is
    /// put before the path of each request.
    pub(crate) url: String,

    /// Forward only what is below /@ROOM. Without it, the whole port is forwarded, and the page and
    /// the API of this program are below /@/.
    #[arg(long, value_name = "ROOM")]
    pub(crate) room: Option<String>,

    /// Record each stream into a file of its own in this folder, which is made if it is missing.
    /// Secrets are kept back.
    #[arg(long, value_name = "DIR")]
    pub(crate) record: Option<PathBuf>,

    /// Arm this fault from the start, such as cut,after=3 (repeatable).
    #[arg(long = "fault", value_name = "FAULT")]
    pub(crate) faults: Vec<String>,

    /// How long the server may take to send the head of its answer, such as 30s. Then the client
    /// gets 504.
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = head_time)]
    pub(crate) head_timeout: Duration,

    /// Trust only the root certificates in this PEM file.
    #[arg(long, value_name = "FILE", conflicts_with = "insecure")]
    pub(crate) cacert: Option<PathBuf>,

    /// Trust any certificate of the server.
    #[arg(long)]
    pub(crate) insecure: bool,

    #[command(flatten)]
    pub(crate) serve: Serve,
}

/// The bounds on the time for a head.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(24 * 3600);

fn head_time(text: &str) -> Result<Duration, String> {
    sse_server::read_time(text)
        .filter(|time| (SHORTEST..=LONGEST).contains(time))
        .ok_or_else(|| "give a time such as 30s or 10m, from 1ms to 24h".to_owned())
}

impl Proxy {
    /// What the server is started with, and the faults that are armed.
    pub(crate) fn into_parts(self) -> (Config, Option<String>, Vec<String>) {
        let trust = match (self.cacert, self.insecure) {
            (_, true) => Trust::Anybody,
            (Some(file), false) => Trust::File(file),
            (None, false) => Trust::Platform,
        };
        let has_streams = self.serve.asked_streams().is_some();
        let mut config = Config {
            upstreams: vec![(self.room.clone(), self.url)],
            upstream_time: self.head_timeout,
            upstream_trust: trust,
            record: self.record,
            ..self.serve.into_config()
        };
        if !has_streams {
            // A path of ours would hide the server's own.
            config.streams = Vec::new();
            config.streams_file = None;
        }
        (config, self.room, self.faults)
    }
}
