//! A connection to the server that a URL names: its name, the socket, a proxy on the way, TLS.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::header::HeaderValue;
use sse_tls::Trust;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time;
use tokio_rustls::client::TlsStream;

use crate::error::Error;
use crate::proxy::Proxy;
use crate::tls::{self, TlsCache};
use crate::url::{Scheme, Url};
use crate::user::User;

/// How a connection is made.
#[derive(Clone, Debug, Default)]
pub struct Dial {
    /// Whose certificates are trusted.
    pub trust: Trust,
    /// Which proxy is used.
    pub proxy: Proxy,
    /// Who asks the proxy; where there is nobody, the credentials of its URL count.
    pub proxy_user: Option<User>,
    /// The hosts that are reached without a proxy, with commas between them, as in `NO_PROXY`,
    /// which counts too for a proxy of the environment. `*` is each host.
    pub proxy_except: String,
    /// Whether HTTP/2 is offered to a server that is spoken to through TLS.
    pub http2: bool,
    /// The kind of addresses that is connected to, where only one is.
    pub family: Option<Family>,
    /// Hosts whose addresses are known, whatever a resolver says. The last that fits counts.
    pub known_hosts: Vec<KnownHost>,
    /// How long it may take until a connection is there, TLS included; for ever where it is
    /// nothing.
    pub timeout: Option<Duration>,
    /// Where what TLS needs is kept for the next connection with the same trust and versions of
    /// HTTP; nothing where each connection is the first.
    pub tls_cache: Option<TlsCache>,
}

/// A kind of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// A host whose addresses are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownHost {
    /// Its name, or an address without brackets; `*` for each host.
    pub host: String,
    /// The port that it counts for.
    pub port: u16,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
}

/// A step of a connection that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DialStep {
    /// The name was resolved.
    Name,
    /// The connection was there.
    Connect,
    /// TLS was there.
    Tls,
}

/// A connection to a server, or to the proxy that speaks for it.
pub(crate) struct Connection {
    pub(crate) socket: Socket,
    /// A proxy reads what is sent, and wants to be told the whole URL.
    pub(crate) is_proxied: bool,
    /// What the proxy wants to be told of who asks.
    pub(crate) proxy_authorization: Option<HeaderValue>,
    /// The server chose HTTP/2.
    pub(crate) is_http2: bool,
    /// The version of TLS, such as `TLS 1.3`; nothing without it.
    pub(crate) tls: Option<&'static str>,
}

/// A socket with TLS or without.
pub(crate) enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Connects to the host and port of a URL, without a proxy and without TLS.
///
/// # Errors
/// The host is not found, nobody listens, or it cannot be reached for another reason.
pub async fn connect(url: &Url) -> Result<TcpStream, Error> {
    let found = resolve(url).await?;
    open(url, &found).await
}

async fn resolve(url: &Url) -> Result<Vec<SocketAddr>, Error> {
    let port = url.port;
    if url.is_localhost() {
        // Both, whatever the resolver knows (RFC 6761 6.3): a server is on both, or on one that was
        // chosen.
        return Ok(vec![
            (Ipv6Addr::LOCALHOST, port).into(),
            (Ipv4Addr::LOCALHOST, port).into(),
        ]);
    }
    let found = tokio::net::lookup_host((url.host.as_str(), port)).await;
    let found = found.map_err(|e| Error::HostNotFound {
        host: url.host.clone(),
        reason: e.to_string(),
    });
    Ok(found?.collect())
}

async fn open(url: &Url, found: &[SocketAddr]) -> Result<TcpStream, Error> {
    let server = url.to_string();
    TcpStream::connect(found).await.map_err(|e| match e.kind() {
        ErrorKind::ConnectionRefused => Error::NothingListens {
            server,
            is_loopback: url.is_loopback(),
            port: url.port,
        },
        kind => Error::Unreachable {
            server,
            kind,
            reason: e.to_string(),
        },
    })
}

impl Dial {
    /// Connects to the server of a URL. Tells of each step when it is done.
    ///
    /// # Errors
    /// The host is not found, nobody listens, the proxy refuses, there is no TLS that is trusted,
    /// or it takes too long.
    pub(crate) async fn connect(
        &self,
        url: &Url,
        done: impl FnMut(DialStep),
    ) -> Result<Connection, Error> {
        let Some(timeout) = self.timeout else {
            return self.connect_for_ever(url, done).await;
        };
        let connected = time::timeout(timeout, self.connect_for_ever(url, done)).await;
        connected.unwrap_or_else(|_| {
            Err(Error::ConnectTimeout {
                server: url.to_string(),
                seconds: timeout.as_secs_f64().to_string(),
            })
        })
    }

    async fn connect_for_ever(
        &self,
        url: &Url,
        mut done: impl FnMut(DialStep),
    ) -> Result<Connection, Error> {
        let mut hop = self.proxy.hop(url, &self.proxy_except)?;
        if let (Some(hop), Some(user)) = (&mut hop, &self.proxy_user) {
            hop.authorization = Some(user.basic());
        }
        let mut is_proxied = false;
        let mut socket = match &hop {
            None => self.open(url, &mut done).await?,
            Some(hop) => {
                let opened = self.open(&hop.url, &mut done).await;
                opened.map_err(|e| hop.broken(unreached(&e)))?
            }
        };
        // Requests are small, and whoever waits for an event waits for no more of them.
        _ = socket.set_nodelay(true);
        match (&hop, url.scheme) {
            (Some(hop), Scheme::Https) => socket = hop.tunnel(socket, url).await?,
            (Some(_), Scheme::Http) => is_proxied = true,
            (None, _) => {}
        }
        done(DialStep::Connect);
        let mut is_http2 = false;
        let mut version = None;
        let socket = match url.scheme {
            Scheme::Http => Socket::Plain(socket),
            Scheme::Https => {
                let stream = tls::begin(
                    socket,
                    url,
                    &self.trust,
                    self.http2,
                    self.tls_cache.as_ref(),
                )
                .await?;
                is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                version = tls::version(stream.get_ref().1);
                done(DialStep::Tls);
                Socket::Tls(Box::new(stream))
            }
        };
        Ok(Connection {
            socket,
            is_proxied,
            proxy_authorization: hop.filter(|_| is_proxied).and_then(|hop| hop.authorization),
            is_http2,
            tls: version,
        })
    }

    /// Resolves the host of a URL and connects to it.
    async fn open(&self, url: &Url, done: &mut impl FnMut(DialStep)) -> Result<TcpStream, Error> {
        let mut found = match self.known(url) {
            Some(found) => found,
            None => resolve(url).await?,
        };
        if let Some(family) = self.family {
            found.retain(|address| address.is_ipv4() == (family == Family::V4));
            if found.is_empty() {
                let reason = match family {
                    Family::V4 => "it has no address of IPv4",
                    Family::V6 => "it has no address of IPv6",
                };
                return Err(Error::HostNotFound {
                    host: url.host.clone(),
                    reason: reason.to_owned(),
                });
            }
        }
        done(DialStep::Name);
        open(url, &found).await
    }

    fn known(&self, url: &Url) -> Option<Vec<SocketAddr>> {
        let is_it = |known: &&KnownHost| {
            let host = &known.host;
            known.port == url.port && (host == "*" || host.eq_ignore_ascii_case(&url.host))
        };
        let known = self.known_hosts.iter().rfind(is_it)?;
        let addresses = known.addresses.iter();
        Some(addresses.map(|ip| (*ip, url.port).into()).collect())
    }
}

/// Why a proxy is not reached, in words.
fn unreached(e: &Error) -> String {
    match e {
        Error::HostNotFound { reason, .. } => format!("it is not found, {reason}"),
        Error::NothingListens { .. } => "nothing listens there".to_owned(),
        Error::Unreachable { reason, .. } => reason.clone(),
        other => other.to_string(),
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(socket) => Pin::new(socket).poll_read(cx, buf),
            Self::Tls(socket) => Pin::new(socket).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Plain(socket) => Pin::new(socket).poll_write(cx, bytes),
            Self::Tls(socket) => Pin::new(socket).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Self::Tls(socket) => Pin::new(socket).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Self::Tls(socket) => Pin::new(socket).poll_shutdown(cx),
        }
    }
}
