//! `sse lab` as it is typed.

use std::path::PathBuf;

use sse_client::Url;
use sse_lab::Profile;

pub(super) const LAB_EXAMPLES: &str = "\
Examples:
  sse lab --list                           list the cases
  sse lab                                  print the URL of the tour, and judge whoever walks it
  sse lab S2-503                           print the URL of one case
  sse lab -- node client.mjs {url}         start a client for the tour and for each other case
  sse lab R4 P9 -- node client.mjs {url}   only for these cases
  sse lab tour -- node client.mjs {url}    only for the tour, which takes half a minute
  sse lab --profile resilient --junit lab.xml -- ./client {url}
                                           the results for a CI server as well
  sse lab --service localhost:8123         a test service of sse-contract-tests, which has the client";

#[derive(Debug, clap::Args)]
pub(crate) struct Lab {
    /// Only these cases, such as R4, S2-503, or tour for all cases of the tour. Without one, the
    /// tour; with a command, all cases of the profile.
    #[arg(value_name = "CASE")]
    pub(crate) cases: Vec<String>,

    /// What the client is held against: standard, resilient, llm, mcp-2025-11-25 or mcp-2026-07-28.
    #[arg(long, value_name = "NAME", default_value_t)]
    pub(crate) profile: Profile,

    /// List the cases of the profile, or those that are named, and judge nothing.
    #[arg(long, conflicts_with_all = ["json", "junit", "expected_failures", "service", "command"])]
    pub(crate) list: bool,

    /// Print the results as JSON, with all requests and what was sent.
    #[arg(long)]
    pub(crate) json: bool,

    /// Write the results into this file too, as JUnit XML.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,

    /// A file of the cases that may be wrong: one id a line, such as R4 or S2-503, and behind it
    /// whatever you like.
    #[arg(long, value_name = "FILE")]
    pub(crate) expected_failures: Option<PathBuf>,

    /// Let the client be started by the test service at this URL, which speaks the protocol of
    /// LaunchDarkly's sse-contract-tests. It reports what its client sees.
    #[arg(long, value_name = "URL", value_parser = url, conflicts_with = "command")]
    pub(crate) service: Option<Url>,

    /// Port to listen on; 0 takes any free one.
    #[arg(long, short, default_value_t = 0)]
    pub(crate) port: u16,

    /// How many clients may run at once.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = super::from_1_to(64))]
    pub(crate) jobs: usize,

    /// The command that starts the client, in which {url} stands for where it is to connect. It is
    /// stopped with all that it started when its case has a verdict.
    #[arg(value_name = "COMMAND", last = true)]
    pub(crate) command: Vec<String>,
}

impl Lab {
    /// Whether the lab starts the client.
    pub(crate) fn starts_clients(&self) -> bool {
        !self.command.is_empty() || self.service.is_some()
    }
}

fn url(text: &str) -> Result<Url, String> {
    Url::parse(text).map_err(|e| e.to_string())
}
