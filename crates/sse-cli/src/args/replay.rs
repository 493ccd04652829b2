//! `sse replay` as it is typed.

use std::path::PathBuf;

use sse_server::Speed;

use super::Serve;

pub(super) const REPLAY_EXAMPLES: &str = "\
Examples:
  sse replay chat.wire                         at the path that was recorded, at its own pace
  sse replay chat.wire --speed 10 --at /chat   ten times as fast, at http://localhost:8000/chat
  sse replay chat.wire --speed max             without a pause
  sse replay chat.wire --step                  event by event: `sse step` lets the next one go
  curl -N http://localhost:8000/chat           watch it";

#[derive(Debug, clap::Args)]
pub(crate) struct Replay {
    /// The recording: a .wire, a HAR, a stream of events, or what `curl -i -N` saved.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// How many times as fast, from 0.1 to 1000; max is as fast as it is read.
    #[arg(long, value_name = "N", default_value = "1", value_parser = speed)]
    pub(crate) speed: Speed,

    /// Send an event only when somebody steps: in the window, or with `sse step`.
    #[arg(long, conflicts_with = "speed")]
    pub(crate) step: bool,

    /// The path to serve it at; without it, that of the recorded request, or /replay.
    #[arg(long, value_name = "PATH", value_parser = path)]
    pub(crate) at: Option<String>,

    #[command(flatten)]
    pub(crate) serve: Serve,
}

fn speed(text: &str) -> Result<Speed, String> {
    Speed::read(text).ok_or_else(|| format!("give {}", Speed::WANTED))
}

fn path(text: &str) -> Result<String, String> {
    match sse_server::is_servable(text) {
        true => Ok(text.to_owned()),
        false => Err(
            "give a path such as /chat that the server does not use itself, without a query"
                .to_owned(),
        ),
    }
}
