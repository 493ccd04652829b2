//! A connection to the server that a URL names.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpStream;

use crate::error::Error;
use crate::url::Url;

/// Connects to the host and port of a URL.
///
/// # Errors
/// The host is not found, nobody listens, or it cannot be reached for another reason.
pub async fn connect(url: &Url) -> Result<TcpStream, Error> {
    let (server, port) = (url.to_string(), url.port);
    let found: Vec<SocketAddr> = if url.is_localhost() {
        // Both, whatever the resolver knows (RFC 6761 6.3): a server is on both, or on one that was
        // chosen.
        vec![
            (Ipv6Addr::LOCALHOST, port).into(),
            (Ipv4Addr::LOCALHOST, port).into(),
        ]
    } else {
        let found = tokio::net::lookup_host((url.host.as_str(), port)).await;
        let found = found.map_err(|e| Error::HostNotFound {
            host: url.host.clone(),
            reason: e.to_string(),
        });
        found?.collect()
    };
    TcpStream::connect(&found[..])
        .await
        .map_err(|e| match e.kind() {
            ErrorKind::ConnectionRefused => Error::NothingListens {
                server,
                is_loopback: url.is_loopback(),
                port,
            },
            _ => Error::Unreachable {
                server,
                kind: e.kind(),
                reason: e.to_string(),
            },
        })
}
