//! The arguments of `sse record`.

use std::path::PathBuf;

use super::watch::{Source, Until};

pub(crate) const RECORD_EXAMPLES: &str = "\
Examples:
  sse record localhost:8000/endless -o endless.wire  until ctrl-c
  sse record localhost:8000/endless --for 10s        into a file whose name is printed
  sse record localhost:8000/numbers --reconnect -o back.wire
                                                     also each time that the client comes back
  sse record -X POST -H 'authorization: Bearer KEY' -d @body.json -o chat.wire https://api.example.com/v1/chat
                                                     the key is kept back
  sse record -o chat.wire -- curl -N https://example.com/stream
                                                     a curl line as it is";

/// What is recorded, and where it goes.
#[derive(Debug, clap::Args)]
pub(crate) struct Record {
    #[command(flatten)]
    pub(crate) source: Source,

    /// The file. Without it, its name is made of host, path and time, and printed.
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Overwrite a file that is there. It stays as it is until the recording ends.
    #[arg(long)]
    pub(crate) force: bool,

    /// Write secrets as they are: authorization, cookies, keys and tokens of heads and URLs. Bodies
    /// are always written as they are.
    #[arg(long)]
    pub(crate) keep_secrets: bool,

    #[command(flatten)]
    pub(crate) until: Until,
}
