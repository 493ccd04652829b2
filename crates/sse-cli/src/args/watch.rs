//! The arguments of `sse watch`, most of which `sse record` shares.

use std::path::PathBuf;
use std::time::Duration;

use super::{SentToken, time};

pub(crate) const WATCH_EXAMPLES: &str = "\
Examples:
  sse watch localhost:8000/endless                 events as they come, until ctrl-c
  sse watch localhost:8000/endless --events 3      three events
  sse watch https://example.com/stream --diagnose  what is wrong with it, in words
  sse watch localhost:8000/endless --for 2s --diagnose --origin https://app.example
                                                   also whether its pages may read it
  sse watch -X POST -H 'authorization: Bearer KEY' -d @body.json https://api.example.com/v1/chat
  sse watch localhost:8000/numbers --json          one JSON object a line
  sse watch -- curl -N -H 'accept: text/event-stream' https://example.com/stream
                                                   a curl line as it is";

/// What is watched, and how it is shown.
#[derive(Debug, clap::Args)]
pub(crate) struct Watch {
    #[command(flatten)]
    pub(crate) source: Source,

    #[command(flatten)]
    pub(crate) until: Until,

    /// Print one JSON object a line: kind, at_ms, event, id, data, bytes.
    #[arg(long, conflicts_with_all = ["raw", "wire"])]
    pub(crate) json: bool,

    /// Print the body as it is, decoded where it is compressed.
    #[arg(long, conflicts_with = "wire")]
    pub(crate) raw: bool,

    /// Print each piece with its time and its bytes.
    #[arg(long)]
    pub(crate) wire: bool,

    /// Print the text that the answer of a language model joins to, at the end.
    #[arg(long, conflicts_with_all = ["json", "raw", "wire"])]
    pub(crate) text: bool,

    /// Say what is wrong with the stream; of a GET, also after asking once more with the last event
    /// id, and with HEAD. Exit code 1 means that something is broken.
    #[arg(long)]
    pub(crate) diagnose: bool,

    /// With --diagnose: say whether a page of this origin may read the stream.
    #[arg(long, value_name = "ORIGIN", requires = "diagnose", value_parser = origin)]
    pub(crate) origin: Option<String>,
}

/// What is asked for, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Source {
    /// URL of the stream. Without a scheme, it is http.
    #[arg(value_name = "URL", required_unless_present = "curl")]
    pub(crate) url: Option<String>,

    /// A curl line, after `--`: its URL and options make the request.
    #[arg(last = true, value_name = "curl ...", conflicts_with_all = ["request", "token_file", "url"])]
    pub(crate) curl: Vec<String>,

    #[command(flatten)]
    pub(crate) request: RequestArgs,

    /// Trust only the root certificates in this PEM file.
    #[arg(long, value_name = "FILE")]
    pub(crate) cacert: Option<PathBuf>,

    /// Trust any certificate. Others on the network can then read and change the stream.
    #[arg(long, short = 'k', conflicts_with = "cacert")]
    pub(crate) insecure: bool,

    /// Offer HTTP/2, as browsers do. Without it, HTTP/1.1 is used.
    #[arg(long)]
    pub(crate) http2: bool,

    /// Use this HTTP proxy in place of the environment's. An empty value means no proxy.
    #[arg(long, short = 'x', value_name = "URL")]
    pub(crate) proxy: Option<String>,
}

/// When it is enough.
#[derive(Debug, clap::Args)]
pub(crate) struct Until {
    /// Stop after this time, such as 10s.
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    pub(crate) lasts: Option<Duration>,

    /// Stop after this many events.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) events: Option<u64>,

    /// Reconnect as EventSource does: with the last event id, after the time that `retry` says.
    #[arg(long)]
    pub(crate) reconnect: bool,
}

/// Reads an origin as browsers send it (RFC 6454 6.2); `null` is that of a page without one.
fn origin(text: &str) -> Result<String, String> {
    let is_host = |host: &str| {
        let mut letters = host.bytes();
        !host.is_empty() && letters.all(|it| it.is_ascii_graphic() && !b"/?#@".contains(&it))
    };
    let parts = text.split_once("://");
    match text == "null" || parts.is_some_and(|(scheme, host)| is_host(scheme) && is_host(host)) {
        true => Ok(text.to_owned()),
        false => Err("give an origin such as https://app.example, without a path".to_owned()),
    }
}

/// What is asked for, where no curl line says it.
#[derive(Debug, clap::Args)]
#[group(id = "request", multiple = true)]
pub(crate) struct RequestArgs {
    /// Method; with -d it is POST, else GET.
    #[arg(long = "request", short = 'X', value_name = "METHOD")]
    pub(crate) method: Option<String>,

    /// A header (repeatable), such as `last-event-id: 7`.
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE")]
    pub(crate) headers: Vec<String>,

    /// The body; @FILE reads it from a file, @- from stdin. Its type is JSON, unless -H
    /// sets another one.
    #[arg(long = "data", short = 'd', value_name = "DATA")]
    pub(crate) data: Option<String>,

    #[command(flatten)]
    pub(crate) token: SentToken,
}
