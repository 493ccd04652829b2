//! All that was seen of one watched stream: what was asked, what was answered, when, and how it
//! ended. The facts of the body are in [`BodyFacts`].
//!
//! Nothing here may show a secret: the value of a header is left out of `Debug` unless its name
//! says that it is none.

use std::fmt;
use std::time::Duration;

use hyper::{Method, Version};

use super::facts::BodyFacts;
use super::words::shown_url;

/// One watched stream. All times count from the beginning of the watch.
#[derive(Clone, Debug)]
pub struct Observation {
    /// What was asked last, behind all redirects.
    pub asked: Asked,
    /// The redirects on the way there, in their order.
    pub hops: Vec<Hop>,
    /// The head of the answer; `None` where none came.
    pub head: Option<Head>,
    /// When each step was done.
    pub times: Times,
    /// What the body was, of which a [`Gatherer`](super::Gatherer) keeps the facts.
    pub body: BodyFacts,
    /// How it ended.
    pub end: End,
    /// When it ended.
    pub ended: Duration,
    /// What a second request with the last event id was answered.
    pub resume: Option<Resume>,
    /// What a request with the method HEAD was answered.
    pub head_request: Option<HeadRequest>,
    /// What a preflight for `Last-Event-ID` was answered.
    pub preflight: Option<Preflight>,
    /// What a request from the page of another origin was answered.
    pub cross_origin: Option<CrossOrigin>,
    /// What a view that knows the dialect makes of the events.
    pub dialect: Option<DialectFacts>,
}

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
        const PLAIN: [&str; 20] = [
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
            "vary",
            "via",
            "x-accel-buffering",
        ];
        PLAIN
            .iter()
            .any(|name| self.name.eq_ignore_ascii_case(name))
    }

    /// Whether it tells the server who asks. Such a header must not go to another origin.
    pub(crate) fn is_credential(&self) -> bool {
        const WORDS: [&str; 6] = ["auth", "cookie", "key", "password", "secret", "token"];
        let name = self.name.to_ascii_lowercase();
        WORDS.iter().any(|word| name.contains(word))
    }
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
pub(super) fn values<'a>(headers: &'a [Header], name: &str) -> impl Iterator<Item = &'a str> {
    let named = headers
        .iter()
        .filter(move |header| header.name.eq_ignore_ascii_case(name));
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
pub(super) fn essence(value: &str) -> String {
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

    /// Its media type without parameters, in small letters; empty where it names none.
    pub fn media_type(&self) -> String {
        essence(self.value("content-type").unwrap_or_default())
    }

    /// Whether it says 200 and that a stream of events follows.
    pub fn is_stream(&self) -> bool {
        self.status == 200 && self.media_type() == "text/event-stream"
    }
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
    pub(super) fn asked(&self) -> Duration {
        let before = self.tls.or(self.connect).or(self.name);
        self.request_sent.or(before).unwrap_or_default()
    }
}

/// How a stream ended.
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

/// The answer to a second request, with the last event id of the first.
#[derive(Clone, Debug)]
pub struct Resume {
    /// The id that was sent as `Last-Event-ID`.
    pub last_event_id: String,
    /// The status; `None` where no answer came.
    pub status: Option<u16>,
    /// The ids of the first events, in their order; empty where none came.
    pub ids: Vec<String>,
    /// How many events came within the time that it was given.
    pub events: u64,
}

/// The answer to a request with the method HEAD.
#[derive(Clone, Debug)]
pub struct HeadRequest {
    /// The status; `None` where no answer came in the time that it was given.
    pub status: Option<u16>,
    /// Bytes of a body came, though there must be none.
    pub has_body: bool,
    /// How long the answer took, or how long it was waited for.
    pub took: Duration,
}

/// The answer to a preflight: OPTIONS with `Access-Control-Request-Headers: last-event-id`.
#[derive(Clone, Debug)]
pub struct Preflight {
    /// The origin that it named.
    pub origin: String,
    /// The status; `None` where no answer came.
    pub status: Option<u16>,
    /// The headers of the answer.
    pub headers: Vec<Header>,
}

/// The answer to a request from the page of another origin.
#[derive(Clone, Debug)]
pub struct CrossOrigin {
    /// The origin that the request named.
    pub origin: String,
    /// The page asks with credentials, such as `new EventSource(url, { withCredentials: true })`.
    pub with_credentials: bool,
    /// The headers of the answer.
    pub headers: Vec<Header>,
}

/// What a view that knows the dialect makes of the events.
#[derive(Clone, Debug, Default)]
pub struct DialectFacts {
    /// Its name for people, such as `OpenAI chat completions`.
    pub name: String,
    /// Which kind of conversation it is.
    pub kind: DialectKind,
    /// The end that the dialect prescribes was seen.
    pub end_seen: bool,
    /// An error inside an answer of 200, in the words of the server.
    pub error: Option<String>,
    /// Why the answer looks truncated, as a sentence.
    pub truncation: Option<String>,
    /// What some clients wait for and did not get, though the answer came to an end, as a sentence.
    pub doubt: Option<String>,
    /// From the request to the first token.
    pub first_token: Option<Duration>,
    /// Tokens a second, from the first to the last.
    pub tokens_per_second: Option<f64>,
    /// The longest pause between two tokens.
    pub longest_stall: Option<Duration>,
}

/// Which kind of conversation a dialect is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DialectKind {
    /// The answer of a language model: one request, one answer that ends, no reconnect.
    #[default]
    Llm,
    /// The Model Context Protocol.
    Mcp,
    /// Another one, such as the events of agents.
    Other,
}

impl Observation {
    /// The head, where it said 200 and the body is, or at least has, events.
    pub(super) fn stream(&self) -> Option<&Head> {
        let is_stream =
            |head: &&Head| head.status == 200 && (head.is_stream() || self.body.events.count > 0);
        self.head.as_ref().filter(is_stream)
    }

    /// The facts of the body, where it is one of events.
    pub(super) fn events(&self) -> Option<&BodyFacts> {
        self.stream().map(|_| &self.body)
    }

    pub(super) fn is_dialect(&self, kind: DialectKind) -> bool {
        self.dialect.as_ref().is_some_and(|seen| seen.kind == kind)
    }

    /// Whether a browser's EventSource could ask so: it knows GET only, and a language model is not
    /// asked twice.
    pub(super) fn is_for_event_source(&self) -> bool {
        self.asked.method == Method::GET && !self.is_dialect(DialectKind::Llm)
    }

    /// How long it lasted, from the request to the end.
    pub(super) fn age(&self) -> Duration {
        self.ended.saturating_sub(self.times.asked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
