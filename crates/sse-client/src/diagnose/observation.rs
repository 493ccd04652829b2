//! All that was seen of one watched stream: what was asked, what was answered, when, and how it
//! ended. The facts of the body are in [`BodyFacts`].

use std::time::Duration;

use hyper::Method;

use super::facts::BodyFacts;
use crate::dialect::{self, Dialect, View};
use crate::exchange::{Asked, End, Head, Header, Hop, Times};

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

impl DialectFacts {
    /// What a view knows at the end of its stream; nothing where it knows no dialect.
    pub fn of(view: &View) -> Option<Self> {
        let dialect = view.dialect?;
        let verdict = view.verdict.as_ref();
        let sentence = |level: dialect::Level| {
            let verdict = verdict.filter(|verdict| verdict.level == level);
            verdict.map(|verdict| verdict.sentence.clone())
        };
        let truncation = sentence(dialect::Level::Truncated);
        Some(Self {
            name: dialect.name().to_owned(),
            kind: match dialect {
                Dialect::Mcp2025 | Dialect::Mcp2026 => DialectKind::Mcp,
                Dialect::AgUi | Dialect::A2a => DialectKind::Other,
                _ => DialectKind::Llm,
            },
            end_seen: verdict.is_some() && truncation.is_none(),
            error: view.error.clone(),
            truncation,
            doubt: sentence(dialect::Level::Doubtful),
            first_token: view.pace.first,
            tokens_per_second: view.pace.tokens_a_second().or(view.pace.pieces_a_second()),
            longest_stall: view.pace.longest_stall.map(|stall| stall.length),
        })
    }
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
