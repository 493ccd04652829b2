//! A request and its answer, as they are shown and judged: what was asked, which redirects there
//! were, the head, when each step was done, and how it ended.
//!
//! Nothing here may show a secret: the value of a header is left out of `Debug` unless its name
//! says that it is none.

use std::fmt;
use std::time::Duration;

use hyper::body::Bytes;
use hyper::{Method, Request, Version};

use crate::foreign::shown_url;
use crate::media_type;

/// A request.
#[derive(Clone)]
pub struct Asked {
    /// Its method.
    pub method: Method,
    /// Its URL, whole.
    pub url: String,
    /// Its headers, as they were sent.
    pub headers: Vec<Header>,
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked")
            .field("method", &self.method)
            .field("url", &shown_url(&self.url))
            .field("headers", &self.headers)
            .finish()
    }
}

/// A header of a request or of an answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// Its name, in any letters.
    pub name: String,
    /// Its value. What is no UTF-8 is U+FFFD.
    pub value: String,
}

impl Header {
    /// A header with a name and a value.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }

    /// Whether its value may be shown. Whatever is not known to be harmless is a secret.
    pub fn is_plain(&self) -> bool {
        const PLAIN: [&str; 21] = [
            "accept",
            "accept-encoding",
            "access-control-allow-credentials",
            "access-control-allow-headers",
            "access-control-allow-methods",
            "access-control-allow-origin",
            "cache-control",
            "connection",
            "content-encoding",
            "content-length",
            "content-type",
            "date",
            "mcp-protocol-version",
            "origin",
            "retry-after",
            "server",
            "transfer-encoding",
            "user-agent",
            "vary",
            "via",
            "x-accel-buffering",
        ];
        PLAIN
            .iter()
            .any(|name| self.name.eq_ignore_ascii_case(name))
    }

    /// Its value as it may be shown in a request: whole where it is harmless, else its scheme and
    /// the beginning of a long one.
    pub fn shown(&self) -> String {
        if self.is_plain() {
            return self.value.clone();
        }
        hidden(&self.value)
    }

    /// Its value as it may be shown in an answer, where all is harmless but what lets others in.
    pub fn shown_in_answer(&self) -> String {
        match self.is_credential() {
            true => hidden(&self.value),
            // What it leads to may let others in.
            false if self.is_named("location") => shown_url(&self.value),
            false => self.value.clone(),
        }
    }

    /// Its name as it may be shown where it is none: a whole header may have been written there.
    pub(crate) fn shown_name(&self) -> String {
        let name = self.name.split(':').next().unwrap_or_default();
        crate::foreign::shown(name)
    }

    /// Whether it has this name, in any letters.
    pub fn is_named(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Whether it tells the server who asks. Such a header must not go to another origin.
    pub(crate) fn is_credential(&self) -> bool {
        const WORDS: [&str; 7] = [
            "auth", "cookie", "key", "password", "secret", "session", "token",
        ];
        let name = self.name.to_ascii_lowercase();
        WORDS.iter().any(|word| name.contains(word))
    }
}

/// A secret as it may be shown: a scheme such as `Bearer`, and four characters of 16 or more.
fn hidden(value: &str) -> String {
    const BEGINNING: usize = 4;
    const LONG: usize = 16;
    const SCHEMES: [&str; 5] = ["Basic", "Bearer", "Digest", "DPoP", "Token"];
    let (scheme, secret) = match value.split_once(' ') {
        Some((scheme, secret)) if SCHEMES.iter().any(|it| scheme.eq_ignore_ascii_case(it)) => {
            (format!("{scheme} "), secret)
        }
        _ => (String::new(), value),
    };
    let beginning = match secret.chars().count() >= LONG {
        true => secret.chars().take(BEGINNING).collect(),
        false => String::new(),
    };
    format!("{scheme}{beginning}…")
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = match self.is_plain() {
            true => &self.value,
            false => "…",
        };
        write!(f, "{}: {value}", self.name)
    }
}

/// The values of the headers with a name.
pub(crate) fn values<'a>(headers: &'a [Header], name: &str) -> impl Iterator<Item = &'a str> {
    let named = headers.iter().filter(move |header| header.is_named(name));
    named.map(|header| header.value.trim())
}

/// The entries of the lists in the headers with a name, without their parameters and in small
/// letters (RFC 9110 5.6.1).
pub(crate) fn entries(headers: &[Header], name: &str) -> Vec<String> {
    let lists = values(headers, name).flat_map(|value| value.split(','));
    let entries = lists.map(|entry| essence(entry).to_owned());
    entries.filter(|entry| !entry.is_empty()).collect()
}

/// What stands before the parameters of a value, in small letters.
pub(crate) fn essence(value: &str) -> String {
    let essence = value.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// A redirect that was followed.
#[derive(Clone)]
pub struct Hop {
    /// Its status.
    pub status: u16,
    /// The URL that was asked.
    pub from: String,
    /// The URL that was asked next.
    pub to: String,
    /// The headers of the request that followed it.
    pub sent: Vec<Header>,
    /// The names of headers that the next request left out because its origin is another.
    pub dropped: Vec<String>,
}

/// As a line for people, without what may be a secret.
impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (shown_url(&self.from), shown_url(&self.to));
        write!(f, "{} from {from} to {to}", self.status)?;
        match &self.dropped[..] {
            [] => Ok(()),
            dropped => write!(f, ", without {}", dropped.join(", ")),
        }
    }
}

impl fmt::Debug for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hop")
            .field("status", &self.status)
            .field("from", &shown_url(&self.from))
            .field("to", &shown_url(&self.to))
            .field("sent", &self.sent)
            .field("dropped", &self.dropped)
            .finish()
    }
}

/// The head of an answer.
#[derive(Clone, Debug)]
pub struct Head {
    /// The version of HTTP.
    pub version: Version,
    /// Its status.
    pub status: u16,
    /// Its headers, in their order.
    pub headers: Vec<Header>,
}

impl Head {
    /// The value of the first header with a name.
    pub fn value(&self, name: &str) -> Option<&str> {
        values(&self.headers, name).next()
    }

    /// Whether it came over HTTP/2.
    pub(crate) fn is_http2(&self) -> bool {
        self.version == Version::HTTP_2
    }

    /// Its media type without parameters, in small letters; empty where it names none. Of several
    /// it is the last, as for a browser.
    pub fn media_type(&self) -> String {
        let fields: Vec<&str> = values(&self.headers, "content-type").collect();
        media_type::essence(&fields.join(",")).unwrap_or_default()
    }

    /// Whether it says 200 and that a stream of events follows.
    pub fn is_stream(&self) -> bool {
        self.status == 200 && self.media_type() == "text/event-stream"
    }
}

impl Asked {
    /// Its URL as it may be shown: without its query, which may hold a secret.
    pub fn shown_url(&self) -> String {
        shown_url(&self.url)
    }
}

/// A request as it was sent last, for whoever keeps it. Without `Debug`, because it may hold
/// secrets.
#[derive(Clone)]
pub struct Sent {
    /// Its method, target and version. Over HTTP/2 the target is its path.
    pub line: String,
    /// Its fields in their order, Host first.
    pub fields: Vec<(String, Vec<u8>)>,
    /// Its body.
    pub body: Bytes,
}

const OF_CONNECTION: [&str; 5] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
];

impl Sent {
    /// What hyper is given to send over a connection.
    pub(crate) fn of<B>(request: &Request<B>, body: Bytes, is_http2: bool) -> Self {
        let uri = request.uri();
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let (target, version) = match is_http2 {
            true => (path.to_owned(), "HTTP/2"),
            false => (uri.to_string(), "HTTP/1.1"),
        };
        // Over HTTP/2 it is the authority, which is no field.
        let host = uri.authority().filter(|_| is_http2);
        let host = host.map(|host| ("host".to_owned(), host.as_str().into()));
        // HTTP/2 has no fields of a connection, and hyper sends none (RFC 9113 8.2.2).
        let is_sent = |name: &str| !is_http2 || !OF_CONNECTION.contains(&name);
        let fields = request.headers().iter();
        let fields = fields.filter(|(name, _)| is_sent(name.as_str()));
        let fields = fields.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
        Self {
            line: format!("{} {target} {version}", request.method()),
            fields: host.into_iter().chain(fields).collect(),
            body,
        }
    }
}

impl Head {
    /// Its status line and its fields as they came, without their line ends, out of the bytes that
    /// the socket read first. Over HTTP/2, whose heads are no lines, they are made of what it says.
    pub(crate) fn lines(&self, read: &[u8]) -> Vec<Vec<u8>> {
        let mut lines: Vec<Vec<u8>> = Vec::new();
        for line in read.split(|&byte| byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            match (line, lines.first()) {
                // Another one follows a head such as `100 Continue`.
                (b"", Some(first)) if is_interim(first) => lines.clear(),
                (b"", Some(_)) => break,
                (b"", None) => {}
                (line, _) => lines.push(line.to_vec()),
            }
        }
        let status = lines
            .first()
            .is_some_and(|line| line.starts_with(b"HTTP/1."));
        if status && !self.is_http2() {
            return lines;
        }
        let version = if self.is_http2() {
            "HTTP/2"
        } else {
            "HTTP/1.1"
        };
        let fields = self.headers.iter();
        let fields = fields.map(|field| format!("{}: {}", field.name, field.value).into_bytes());
        let status = format!("{version} {}", self.status).into_bytes();
        std::iter::once(status).chain(fields).collect()
    }
}

fn is_interim(status_line: &[u8]) -> bool {
    let code = status_line.split(|&byte| byte == b' ').nth(1);
    code.is_some_and(|code| code.starts_with(b"1") && code != b"101")
}

/// When each step was done, since the beginning of the watch. `None` where there was no such step.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    /// The name was resolved.
    pub name: Option<Duration>,
    /// The connection was there.
    pub connect: Option<Duration>,
    /// TLS was there.
    pub tls: Option<Duration>,
    /// The request was sent, with its body.
    pub request_sent: Option<Duration>,
    /// The first byte of the head came.
    pub head_first_byte: Option<Duration>,
    /// The last byte of the head came.
    pub head_complete: Option<Duration>,
}

impl Times {
    /// When the server could begin with its answer.
    pub(crate) fn asked(&self) -> Duration {
        let before = self.tls.or(self.connect).or(self.name);
        self.request_sent.or(before).unwrap_or_default()
    }
}

/// How a stream ended. As text it is the words behind "it", such as `ended in order`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By its framing: the last chunk, the last byte of a length, END_STREAM. Also where the end of
    /// the connection is the only end that there is.
    InOrder,
    /// The connection was closed before the body was whole.
    Cut,
    /// The connection was reset, or the stream of HTTP/2 was.
    Reset,
    /// The server of HTTP/2 sent GOAWAY, and the stream ended with it.
    GoAway {
        /// The code of its error (RFC 9113 7).
        code: u32,
    },
    /// Whoever watched had seen enough.
    Stopped,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InOrder => f.write_str("ended in order"),
            Self::Cut => f.write_str("cut off"),
            Self::Reset => f.write_str("reset"),
            Self::GoAway { code } => write!(f, "ended by GOAWAY {code}"),
            Self::Stopped => f.write_str("stopped"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_shown_whole() {
        for (name, value, shown) in [
            ("Authorization", "Bearer sk-proj-1234567890", "Bearer sk-p…"),
            ("Authorization", "Bearer short", "Bearer …"),
            ("X-Api-Key", "AIzaSyA1234567890", "AIza…"),
            ("Cookie", "a=b", "…"),
            ("X-Mine", "correct horse", "…"),
            ("Accept", "text/event-stream", "text/event-stream"),
        ] {
            assert_eq!(Header::new(name, value).shown(), shown);
        }
        let answer = |name| Header::new(name, "hunter2").shown_in_answer();
        assert_eq!(answer("Set-Cookie"), "…");
        assert_eq!(answer("Mcp-Session-Id"), "…");
        assert_eq!(answer("X-Request-Id"), "hunter2");
        let to = Header::new("Location", "https://h/?code=hunter2").shown_in_answer();
        assert_eq!(to, "https://h/?…");
    }

    #[test]
    fn what_may_be_a_secret_is_not_in_debug() {
        let hop = Hop {
            status: 302,
            from: "https://me:hunter2@a/?key=hunter2".into(),
            to: "https://b/?t=hunter2".into(),
            sent: vec![Header::new("X-Mine", "hunter2")],
            dropped: vec!["Authorization".into()],
        };
        let asked = Asked {
            method: Method::GET,
            url: "https://a/?key=hunter2".into(),
            headers: vec![
                Header::new("Authorization", "Bearer hunter2"),
                Header::new("Accept", "text/event-stream"),
            ],
        };
        let text = format!("{hop:?} {asked:?}");
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("Accept: text/event-stream"), "{text}");
    }

    #[test]
    fn a_list_is_read_over_several_headers() {
        let headers = [
            Header::new("Accept", "application/json; q=0.9 , TEXT/event-stream"),
            Header::new("accept", ",*/*"),
        ];
        assert_eq!(
            entries(&headers, "ACCEPT"),
            ["application/json", "text/event-stream", "*/*"]
        );
    }

    /// The reconnect saw a stream where the head saw none.
    #[test]
    fn a_head_is_a_stream_for_whom_a_browser_reads_one() {
        let head = |fields: &[&str]| Head {
            version: Version::HTTP_11,
            status: 200,
            headers: fields
                .iter()
                .map(|field| Header::new("content-type", *field))
                .collect(),
        };
        for fields in [
            &["text/event-stream; charset=utf-8"][..],
            &["text/html, Text/Event-Stream"],
            &["text/html", "text/event-stream"],
        ] {
            assert!(head(fields).is_stream(), "{fields:?}");
        }
        for fields in [
            &[][..],
            &["text/event-streamx"],
            &["text/event-stream", "text/html"],
        ] {
            assert!(!head(fields).is_stream(), "{fields:?}");
        }
    }
}
