//! The proxy on the way to a server: which one it is, and a tunnel through it.

use std::fmt;

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue, PROXY_AUTHORIZATION};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::error::Error;
use crate::foreign::shown_url;
use crate::url::{Scheme, Url};

/// Which proxy is used.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Proxy {
    /// That of the environment: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, but for the hosts of
    /// `NO_PROXY`. This machine is reached without one.
    #[default]
    Environment,
    /// This one, whatever the environment says. Its URL is of http, and may hold credentials.
    At(String),
    /// None.
    None,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("Environment"),
            Self::None => f.write_str("None"),
            // With two slashes, what stands before an `@` is known to be no path.
            Self::At(url) if url.contains("//") => write!(f, "At({})", shown_url(url)),
            Self::At(url) => write!(f, "At({})", shown_url(&format!("//{url}"))),
        }
    }
}

/// A proxy that is on the way.
pub(crate) struct ProxyHop {
    pub(crate) url: Url,
    /// What it wants to be told of who asks.
    pub(crate) authorization: Option<HeaderValue>,
}

impl Proxy {
    /// The proxy on the way to a URL, where there is one. `except` names hosts as `NO_PROXY` does,
    /// and holds for each kind of proxy.
    pub(crate) fn hop(&self, url: &Url, except: &str) -> Result<Option<ProxyHop>, Error> {
        let (matcher, is_chosen) = match self {
            Self::None => return Ok(None),
            Self::Environment if url.is_loopback() => return Ok(None),
            Self::Environment => (Matcher::from_env(), false),
            Self::At(proxy) => (Matcher::builder().all(proxy.as_str()).build(), true),
        };
        let whole: Uri = url
            .whole()
            .parse()
            .map_err(|_| Error::BadUrl(url.whole()))?;
        // This one catches whatever is not excepted.
        let all = Matcher::builder().all("http://proxy").no(except).build();
        let is_each = except.split(',').any(|host| host.trim() == "*");
        if is_each || all.intercept(&whole).is_none() {
            return Ok(None);
        }
        let Some(found) = matcher.intercept(&whole) else {
            return match is_chosen {
                true => Err(Error::BadProxy),
                false => Ok(None),
            };
        };
        let proxy = Url::parse(&found.uri().to_string()).map_err(|_| Error::BadProxy)?;
        if proxy.scheme != Scheme::Http {
            return Err(Error::BadProxy);
        }
        Ok(Some(ProxyHop {
            url: proxy,
            authorization: found.basic_auth().cloned(),
        }))
    }
}

impl ProxyHop {
    /// Why it is of no use, in words.
    pub(crate) fn broken(&self, reason: impl fmt::Display) -> Error {
        Error::Proxy {
            proxy: self.url.to_string(),
            reason: reason.to_string(),
        }
    }

    /// Has it connect to the server (RFC 9110 9.3.6).
    ///
    /// # Errors
    /// It refuses, speaks no HTTP, or speaks before the server can.
    pub(crate) async fn tunnel(&self, socket: TcpStream, url: &Url) -> Result<TcpStream, Error> {
        let unheard = |e: hyper::Error| match e.is_parse() {
            true => self.broken("it does not answer in HTTP"),
            false => self.broken("it closed the connection without an answer"),
        };
        let handshake = http1::handshake(TokioIo::new(socket)).await;
        let (mut sender, connection) = handshake.map_err(unheard)?;
        let driven = tokio::spawn(connection.with_upgrades());
        let mut ask = Request::builder()
            .method(Method::CONNECT)
            .uri(url.to_string())
            .header(HOST, url.to_string());
        if let Some(authorization) = &self.authorization {
            ask = ask.header(PROXY_AUTHORIZATION, authorization);
        }
        let ask = ask.body(Empty::<Bytes>::new());
        let ask = ask.map_err(|_| Error::BadUrl(url.whole()))?;
        let answer = sender.send_request(ask).await.map_err(unheard)?;
        match answer.status() {
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                return Err(self.broken("it answered 407: it wants other credentials"));
            }
            status if !status.is_success() => {
                return Err(self.broken(format_args!("it answered {status}")));
            }
            _ => {}
        }
        let upgraded = hyper::upgrade::on(answer).await.map_err(unheard)?;
        let parts = upgraded.downcast::<TokioIo<TcpStream>>();
        _ = driven.await;
        // Nothing else was put into it, and a server that speaks TLS waits for us.
        match parts {
            Ok(parts) if parts.read_buf.is_empty() => Ok(parts.io.into_inner()),
            _ => Err(self.broken("it spoke before the server could")),
        }
    }
}
