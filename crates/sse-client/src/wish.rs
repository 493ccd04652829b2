//! What a watch asks for: the request, the connection, and what a redirect makes of both.

use std::fmt;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Method, Request, Uri};
use sse_tls::Trust;

use crate::connect::{Connection, Dial, Family, KnownHost};
use crate::curl::{
    CurlAuthorization, CurlFile, CurlHeader, CurlIp, CurlRequest, CurlUser, CurlVersion,
};
use crate::decoding::KNOWN;
use crate::error::Error;
use crate::exchange::{Head, Header};
use crate::proxy::Proxy;
use crate::url::{Scheme, Url};
use crate::user::User;

/// The program that asks, as User-Agent names it.
const USER_AGENT: &str = concat!("sse/", env!("CARGO_PKG_VERSION"));

/// The port of a proxy whose URL names none: curl's own, not that of http.
const CURL_PROXY_PORT: u16 = 1080;

/// What is asked for.
#[derive(Clone)]
pub struct Wish {
    /// The method.
    pub method: Method,
    /// The URL.
    pub url: Url,
    /// The headers in their order. Over HTTP their names are in small letters. Host and
    /// Content-Length are added, and nothing else.
    pub headers: Vec<Header>,
    /// The body; empty where there is none.
    pub body: Bytes,
    /// How the connection is made.
    pub dial: Dial,
    /// Whether redirects are followed, or shown as the answer.
    pub follows: bool,
    /// How long all of it may take; for ever where it is nothing.
    pub max_time: Option<Duration>,
}

impl fmt::Debug for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wish")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("headers", &self.headers)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .field("dial", &self.dial)
            .field("follows", &self.follows)
            .field("max_time", &self.max_time)
            .finish()
    }
}

impl Wish {
    /// Asks for a stream as a browser's EventSource does (HTML 9.2.2), and follows redirects.
    pub fn new(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: vec![
                Header::new("Accept", "text/event-stream"),
                Header::new("Cache-Control", "no-cache"),
                Header::new("User-Agent", USER_AGENT),
            ],
            body: Bytes::new(),
            dial: Dial::default(),
            follows: true,
            max_time: None,
        }
    }

    /// Asks for what a curl line asks for. As with curl, `Accept` is `*/*` where the line says
    /// nothing; `User-Agent` is the name of this program. HTTP/2 is offered only where the line
    /// says so. Of `Accept-Encoding` only what can be decoded here is sent: browsers copy `zstd`
    /// into each line.
    ///
    /// Whoever calls reads the files of the body, whole, and bounds them.
    ///
    /// # Errors
    /// What reading a file answers, a URL that is none, and a proxy of https.
    pub fn from_curl<E: From<Error>>(
        line: &CurlRequest,
        read: impl FnMut(&CurlFile) -> Result<Vec<u8>, E>,
    ) -> Result<Self, E> {
        let message = line.message(read)?;
        let authorization = line.authorization.as_ref().map(|known| match known {
            // What is no header is refused where the request is made, by the name of the header.
            CurlAuthorization::Bearer(token) => format!("Bearer {token}"),
            CurlAuthorization::Basic(user) => {
                let basic = User::from(user).basic();
                basic.to_str().unwrap_or_default().to_owned()
            }
        });
        let encodings = line.compressed.then(|| KNOWN.join(", "));
        let made = [
            ("Authorization", authorization),
            ("User-Agent", Some(USER_AGENT.to_owned())),
            ("Accept", Some("*/*".to_owned())),
            ("Accept-Encoding", encodings),
        ];
        let mut headers: Vec<Header> = message.headers.iter().filter_map(sent).collect();
        for (name, value) in made {
            let is_said = |header: &CurlHeader| header.name.eq_ignore_ascii_case(name);
            if let Some(value) = value.filter(|_| !message.headers.iter().any(is_said)) {
                headers.push(Header::new(name, value));
            }
        }
        Ok(Self {
            method: message.method,
            url: Url::parse(&message.url)?,
            headers,
            body: message.body.unwrap_or_default().into(),
            dial: dial(line)?,
            follows: line.follows_redirects,
            max_time: line.max_time.filter(|time| !time.is_zero()),
        })
    }

    /// The same request, with the last event id where there is one, as a client that reconnects
    /// sends it (HTML 9.2.3).
    pub fn resumed(&self, last_event_id: Option<String>) -> Self {
        let mut wish = self.clone();
        if let Some(id) = last_event_id {
            wish.headers
                .retain(|header| !header.is_named("last-event-id"));
            wish.headers.push(Header::new("Last-Event-ID", id));
        }
        wish
    }

    /// Where an answer leads on to, where it does.
    pub(crate) fn redirect(&self, head: &Head) -> Result<Option<Url>, Error> {
        let status = head.status;
        if !self.follows || !matches!(status, 301 | 302 | 303 | 307 | 308) {
            return Ok(None);
        }
        let nowhere = || Error::NoLocation { status };
        let location = head.value("location").filter(|to| !to.is_empty());
        let to = self.url.join(location.ok_or_else(nowhere)?);
        let to = to.map_err(|_| nowhere())?;
        if to.is_loopback() && !self.url.is_loopback() {
            return Err(Error::RedirectHome {
                server: self.url.to_string(),
                to: to.to_string(),
            });
        }
        Ok(Some(to))
    }

    /// Becomes what is asked for behind a redirect (Fetch 4.5). Answers the names of the headers
    /// that another origin is not sent.
    pub(crate) fn follow(&mut self, to: Url, status: u16) -> Vec<String> {
        let becomes_get = match status {
            303 => !matches!(self.method, Method::GET | Method::HEAD),
            301 | 302 => self.method == Method::POST,
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.body = Bytes::new();
            self.headers.retain(|header| {
                let name = header.name.to_ascii_lowercase();
                !name.starts_with("content-") && name != "transfer-encoding"
            });
        }
        let mut dropped = Vec::new();
        if !to.has_origin_of(&self.url) {
            self.headers.retain(|header| {
                // The Host of one server means nothing to another.
                let stays = !header.is_credential() && !header.is_named("host");
                if !stays {
                    dropped.push(header.name.clone());
                }
                stays
            });
        }
        self.url = to;
        dropped
    }

    /// Whether each header can be sent, which is known before anything is.
    ///
    /// # Errors
    /// The first header that cannot.
    pub(crate) fn check_headers(&self) -> Result<(), Error> {
        self.headers.iter().try_for_each(|header| {
            name(header)?;
            value(header).map(drop)
        })
    }

    /// What is sent over a connection.
    pub(crate) fn request(&self, connection: &Connection) -> Result<Request<Full<Bytes>>, Error> {
        let bad = || Error::BadUrl(self.url.whole());
        let named = self.headers.iter().find(|header| header.is_named("host"));
        let host = match named {
            Some(header) => value(header)?,
            None => self.url.host_header(),
        };
        let mut target = self.url.target(&[]);
        if connection.is_proxied || connection.is_http2 {
            // Over HTTP/2 the authority is what Host is over HTTP/1.1 (RFC 9113 8.3.1). A proxy is
            // told which server is meant.
            let authority = match connection.is_http2 {
                true => host.clone(),
                false => self.url.host_header(),
            };
            let authority = authority.to_str().map_err(|_| bad())?;
            target = format!("{}://{authority}{target}", self.url.scheme.name());
        }
        let uri: Uri = target.parse().map_err(|_| bad())?;
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri;
        let mut add = |name: HeaderName, value: HeaderValue| {
            let added = request.headers_mut().try_append(name, value);
            added.map_err(|_| Error::TooManyHeaders)
        };
        if !connection.is_http2 {
            add(header::HOST, host)?;
        }
        let mut has_coding = false;
        for header in &self.headers {
            let name = name(header)?;
            has_coding |= name == header::TRANSFER_ENCODING;
            // The body is known here better than to whoever wrote the header.
            if name != header::HOST && name != header::CONTENT_LENGTH {
                add(name, value(header)?)?;
            }
        }
        // These say so too where they have no body (RFC 9110 8.6).
        let has_body = matches!(self.method, Method::POST | Method::PUT | Method::PATCH);
        if (has_body || !self.body.is_empty()) && !has_coding {
            add(header::CONTENT_LENGTH, self.body.len().into())?;
        }
        if let Some(authorization) = &connection.proxy_authorization {
            add(header::PROXY_AUTHORIZATION, authorization.clone())?;
        }
        Ok(request)
    }
}

impl From<&CurlUser> for User {
    fn from(user: &CurlUser) -> Self {
        Self {
            name: user.name.clone(),
            password: user.password.clone(),
        }
    }
}

fn name(header: &Header) -> Result<HeaderName, Error> {
    let name = HeaderName::from_bytes(header.name.as_bytes());
    name.map_err(|_| Error::BadHeader(header.shown_name()))
}

fn value(header: &Header) -> Result<HeaderValue, Error> {
    let value = HeaderValue::from_bytes(header.value.as_bytes());
    value.map_err(|_| Error::BadHeader(header.shown_name()))
}

/// A header of a curl line as it is sent.
fn sent(header: &CurlHeader) -> Option<Header> {
    let value = header.value.as_deref()?;
    if !header.name.eq_ignore_ascii_case("accept-encoding") {
        return Some(Header::new(&header.name, value));
    }
    let codings = value.split(',').map(str::trim).filter(|coding| {
        let name = coding.split(';').next().unwrap_or_default().trim();
        let mut known = KNOWN.iter().chain(&["identity", "x-gzip"]);
        known.any(|known| name.eq_ignore_ascii_case(known))
    });
    let codings: Vec<&str> = codings.collect();
    (!codings.is_empty()).then(|| Header::new(&header.name, codings.join(", ")))
}

/// How a curl line connects.
fn dial(line: &CurlRequest) -> Result<Dial, Error> {
    let trust = match (&line.cacert, line.insecure) {
        (_, true) => Trust::Anybody,
        (Some(path), false) => Trust::File(path.into()),
        (None, false) => Trust::Platform,
    };
    let known_hosts = line.resolve.iter().map(|known| KnownHost {
        host: known.host.clone(),
        port: known.port,
        addresses: known.addresses.clone(),
    });
    Ok(Dial {
        trust,
        proxy: proxy(line.proxy.as_deref())?,
        proxy_user: line.proxy_user.as_ref().map(User::from),
        proxy_except: line.no_proxy.clone().unwrap_or_default(),
        http2: line.version == Some(CurlVersion::Http2),
        family: line.ip.map(|ip| match ip {
            CurlIp::V4 => Family::V4,
            CurlIp::V6 => Family::V6,
        }),
        known_hosts: known_hosts.collect(),
        timeout: line.connect_timeout.filter(|time| !time.is_zero()),
        tls_cache: None,
    })
}

fn proxy(named: Option<&str>) -> Result<Proxy, Error> {
    let named = match named {
        None => return Ok(Proxy::Environment),
        Some("") => return Ok(Proxy::None),
        Some(named) => named,
    };
    let mut proxy = Url::parse(named).map_err(|_| Error::BadProxy)?;
    if proxy.scheme != Scheme::Http {
        return Err(Error::BadProxy);
    }
    let authority = named.split_once("://").map_or(named, |(_, rest)| rest);
    let authority = authority.split('/').next().unwrap_or_default();
    let port = authority.rsplit_once(':').map(|(_, port)| port);
    if port.is_none_or(|port| port.parse::<u16>().is_err()) {
        proxy.port = CURL_PROXY_PORT;
    }
    Ok(Proxy::At(format!("http://{proxy}")))
}
