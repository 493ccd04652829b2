//! A connection to the server that a URL names: its name, the socket, a proxy on the way, TLS.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue, PROXY_AUTHORIZATION};
use hyper::{Method, Request, Uri};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::error::Error;
use crate::tls::{self, Trust};
use crate::url::{Scheme, Url};

/// How a connection is made.
#[derive(Clone, Debug, Default)]
pub struct Dial {
    /// Whose certificates are trusted.
    pub trust: Trust,
    /// Which proxy is used.
    pub proxy: Proxy,
    /// Whether HTTP/2 is offered to a server that is spoken to through TLS.
    pub http2: bool,
}

/// Which proxy is used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Proxy {
    /// That of the environment: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, but for the hosts of
    /// `NO_PROXY`. This machine is reached without one.
    #[default]
    Environment,
    /// This one, whatever the environment says.
    At(String),
    /// None.
    None,
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
}

/// A socket with TLS or without.
pub(crate) enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A proxy on the way.
struct Hop {
    url: Url,
    authorization: Option<HeaderValue>,
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
    /// The host is not found, nobody listens, the proxy refuses, or there is no TLS that is
    /// trusted.
    pub(crate) async fn connect(
        &self,
        url: &Url,
        mut done: impl FnMut(DialStep),
    ) -> Result<Connection, Error> {
        let hop = self.hop(url)?;
        let first = hop.as_ref().map_or(url, |hop| &hop.url);
        let found = resolve(first).await?;
        done(DialStep::Name);
        let mut socket = open(first, &found).await?;
        // Requests are small, and whoever waits for an event waits for no more of them.
        _ = socket.set_nodelay(true);
        let (mut is_proxied, mut proxy_authorization) = (false, None);
        if let Some(hop) = hop {
            match url.scheme {
                Scheme::Https => socket = tunnel(socket, url, hop).await?,
                Scheme::Http => {
                    is_proxied = true;
                    proxy_authorization = hop.authorization;
                }
            }
        }
        done(DialStep::Connect);
        let mut is_http2 = false;
        let socket = match url.scheme {
            Scheme::Http => Socket::Plain(socket),
            Scheme::Https => {
                let stream = tls::begin(socket, url, &self.trust, self.http2).await?;
                is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                done(DialStep::Tls);
                Socket::Tls(Box::new(stream))
            }
        };
        Ok(Connection {
            socket,
            is_proxied,
            proxy_authorization,
            is_http2,
        })
    }

    /// The proxy on the way to a URL, where there is one.
    fn hop(&self, url: &Url) -> Result<Option<Hop>, Error> {
        let matcher = match &self.proxy {
            Proxy::None => return Ok(None),
            Proxy::Environment if url.is_loopback() => return Ok(None),
            Proxy::Environment => Matcher::from_env(),
            Proxy::At(proxy) => Matcher::builder().all(proxy.as_str()).build(),
        };
        let whole: Uri = url
            .whole()
            .parse()
            .map_err(|_| Error::BadUrl(url.whole()))?;
        let Some(found) = matcher.intercept(&whole) else {
            return match self.proxy {
                Proxy::At(_) => Err(Error::BadProxy),
                _ => Ok(None),
            };
        };
        let proxy = Url::parse(&found.uri().to_string()).map_err(|_| Error::BadProxy)?;
        if proxy.scheme != Scheme::Http {
            return Err(Error::BadProxy);
        }
        Ok(Some(Hop {
            url: proxy,
            authorization: found.basic_auth().cloned(),
        }))
    }
}

/// Has a proxy connect to the server (RFC 9110 9.3.6).
async fn tunnel(socket: TcpStream, url: &Url, hop: Hop) -> Result<TcpStream, Error> {
    let proxy = hop.url.to_string();
    let broken = |reason: String| Error::Proxy {
        proxy: proxy.clone(),
        reason,
    };
    let handshake = http1::handshake(TokioIo::new(socket)).await;
    let (mut sender, connection) = handshake.map_err(|e| broken(e.to_string()))?;
    let driven = tokio::spawn(connection.with_upgrades());
    let mut ask = Request::builder()
        .method(Method::CONNECT)
        .uri(url.to_string())
        .header(HOST, url.to_string());
    if let Some(authorization) = hop.authorization {
        ask = ask.header(PROXY_AUTHORIZATION, authorization);
    }
    let ask = ask.body(Empty::<Bytes>::new());
    let ask = ask.map_err(|_| Error::BadUrl(url.whole()))?;
    let answer = sender.send_request(ask).await;
    let answer = answer.map_err(|e| broken(e.to_string()))?;
    if !answer.status().is_success() {
        return Err(broken(format!("it answered {}", answer.status())));
    }
    let upgraded = hyper::upgrade::on(answer).await;
    let upgraded = upgraded.map_err(|e| broken(e.to_string()))?;
    let parts = upgraded.downcast::<TokioIo<TcpStream>>();
    _ = driven.await;
    // Nothing else was put into it, and a server that speaks TLS waits for us.
    let parts = parts.map_err(|_| broken("it spoke first".to_owned()))?;
    match parts.read_buf.is_empty() {
        true => Ok(parts.io.into_inner()),
        false => Err(broken("it spoke first".to_owned())),
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
