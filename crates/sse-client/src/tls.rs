//! TLS to a watched server.

use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::ServerName;
use rustls::{AlertDescription, ClientConfig};
use sse_tls::Trust;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::error::Error;
use crate::url::Url;

/// What TLS needs, made once for many connections: reading the roots of a machine takes some
/// milliseconds. A server may take a session up again by it.
#[derive(Clone, Default)]
pub struct TlsCache(Arc<OnceLock<Arc<ClientConfig>>>);

impl fmt::Debug for TlsCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsCache")
    }
}

/// Begins TLS over a connection. Offers HTTP/2 where it is wanted, and HTTP/1.1 always.
///
/// # Errors
/// The certificate is not trusted, or there is no TLS.
pub(crate) async fn begin(
    socket: TcpStream,
    url: &Url,
    trust: &Trust,
    http2: bool,
    cache: Option<&TlsCache>,
) -> Result<TlsStream<TcpStream>, Error> {
    let cached = cache.and_then(|cache| cache.0.get().cloned());
    let config = match cached {
        Some(config) => config,
        None => {
            let config = sse_tls::config(trust);
            let mut config = config.map_err(|e| Error::NoRoots(e.to_string()))?;
            let h2: &[u8] = b"h2";
            config.alpn_protocols = [h2, b"http/1.1"][usize::from(!http2)..]
                .iter()
                .map(|protocol| protocol.to_vec())
                .collect();
            let config = Arc::new(config);
            if let Some(cache) = cache {
                // Another connection may have been as fast.
                _ = cache.0.set(Arc::clone(&config));
            }
            config
        }
    };
    let name = ServerName::try_from(url.host.clone()).map_err(|_| Error::BadUrl(url.whole()))?;
    let connector = TlsConnector::from(config);
    let server = url.to_string();
    connector.connect(name, socket).await.map_err(|e| {
        failure(&e, &server).unwrap_or_else(|| Error::Tls {
            server,
            reason: match e.kind() {
                io::ErrorKind::UnexpectedEof => "it closed the connection".to_owned(),
                io::ErrorKind::ConnectionReset => "it reset the connection".to_owned(),
                _ => e.to_string(),
            },
        })
    })
}

/// The version of a connection, in words.
pub(crate) fn version(connection: &rustls::ClientConnection) -> Option<&'static str> {
    match connection.protocol_version()? {
        rustls::ProtocolVersion::TLSv1_2 => Some("TLS 1.2"),
        rustls::ProtocolVersion::TLSv1_3 => Some("TLS 1.3"),
        _ => None,
    }
}

/// What TLS has against a server, where an error of its socket comes from TLS: while it begins, or
/// later, as with a server that wants a certificate of ours.
pub(crate) fn failure(e: &io::Error, server: &str) -> Option<Error> {
    let cause = e.get_ref()?.downcast_ref::<rustls::Error>()?;
    let server = server.to_owned();
    Some(match cause {
        rustls::Error::InvalidCertificate(why) => Error::NotTrusted {
            server,
            reason: sse_tls::distrust(why),
        },
        rustls::Error::InvalidMessage(_) => Error::Tls {
            server,
            reason: "what it sends is not TLS".to_owned(),
        },
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => Error::Tls {
            server,
            reason: "it wants a certificate of the client, which is not supported".to_owned(),
        },
        other => Error::Tls {
            server,
            reason: other.to_string(),
        },
    })
}
