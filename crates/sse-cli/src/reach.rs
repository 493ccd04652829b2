//! A running server: where it is, and a connection to it.

mod address;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::bail;
use sse_server::DEFAULT_PORT;
use tokio::net::TcpStream;

pub(crate) use address::Address;

/// Connects to whoever listens there.
///
/// # Errors
/// Nobody does, or the host is not found.
pub(crate) async fn connect(address: &Address) -> anyhow::Result<TcpStream> {
    let port = address.port;
    let found: Vec<SocketAddr> = if address.is_localhost() {
        // Both, whatever the resolver knows (RFC 6761 6.3): the server is on both, or on one that was chosen.
        vec![
            (Ipv6Addr::LOCALHOST, port).into(),
            (Ipv4Addr::LOCALHOST, port).into(),
        ]
    } else {
        match tokio::net::lookup_host((address.host.as_str(), port)).await {
            Ok(found) => found.collect(),
            Err(e) => bail!(
                "The host {} is not found ({e}): give another URL.",
                address.host
            ),
        }
    };
    match TcpStream::connect(&found[..]).await {
        Ok(socket) => Ok(socket),
        Err(e) if e.kind() == std::io::ErrorKind::ConnectionRefused => {
            let start = if !address.is_loopback() {
                "start a server there".to_owned()
            } else if port == DEFAULT_PORT {
                "start it with `sse serve`".to_owned()
            } else {
                format!("start it with `sse serve --port {port}`")
            };
            bail!("Nothing listens on {address}: {start}, or give another URL.")
        }
        Err(e) => bail!("{address} cannot be reached ({e}): give another URL."),
    }
}
