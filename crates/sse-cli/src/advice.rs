//! Advice for a person whose command cannot reach a server.

use sse_client::Error;
use sse_server::DEFAULT_PORT;

/// The error in the words of this command: who finds nobody on this machine can start one.
pub(crate) fn advised(error: Error) -> anyhow::Error {
    let Error::NothingListens {
        server,
        is_loopback: true,
        port,
    } = &error
    else {
        return error.into();
    };
    let start = match *port {
        DEFAULT_PORT => "sse serve".to_owned(),
        port => format!("sse serve --port {port}"),
    };
    anyhow::anyhow!("Nothing listens on {server}: start it with `{start}`, or give another URL.")
}
