//! When a client of a stream asks again, and with which id: the reconnect of the [standard], HTML
//! 9.2, as a state machine. It does no IO and knows no clock.
//!
//! [standard]: https://html.spec.whatwg.org/multipage/server-sent-events.html

use std::fmt;
use std::time::Duration;

use crate::media_type;

/// How long an `EventSource` waits before it asks again, as long as the stream sets no `retry`:
/// 3 s.
///
/// The standard leaves it open, "a few seconds" (HTML 9.2.2). Chromium and WebKit wait 3 s, Firefox
/// waits 5 s, and raises every time below 500 ms to that.
pub const DEFAULT_RECONNECTION_TIME: Duration = Duration::from_secs(3);

/// The shortest wait before a request that is not the first, whatever `retry` says. The standard
/// lets a client wait longer (HTML 9.2.3); without a bound, a stream that sends `retry: 0` and ends
/// makes its client ask as fast as it can.
pub const SHORTEST_WAIT: Duration = Duration::from_millis(100);

/// What a client does when its stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// What the standard's `EventSource` does: it asks again until a server tells it not to.
    EventSource,
    /// What `fetch` does: one request. Any status and any type is an answer, and its end is the
    /// end. The clients of LLMs work so.
    Fetch,
}

/// The standard's `readyState` (HTML 9.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// 0: there is no stream yet, or it is waited for again.
    Connecting,
    /// 1: a stream is there.
    Open,
    /// 2: no request follows any more.
    Closed,
}

/// What a client does next.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Step {
    /// Nothing. What the machine was told came too late to matter.
    Nothing,
    /// Announce the stream, and read it. In a browser, this is the event `open`.
    Open,
    /// Wait until the instant, then send the request. Unless it is the first one, this is the event
    /// `error` in a browser.
    Request(Attempt),
    /// Stop for good. In a browser, this is the event `error` too.
    Fail(Failure),
}

/// A request to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When, on the clock of the instants that the machine is given.
    pub at: Duration,
    /// The value of the field `Last-Event-ID`, in UTF-8. `None`: the request has no such field.
    pub last_event_id: Option<String>,
}

impl fmt::Debug for Attempt {
    /// An id may be a token that lets others in, so only its length is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("at", &self.at)
            .field("id_bytes", &self.last_event_id.as_ref().map(String::len))
            .finish()
    }
}

/// Why no request follows. As text it is one sentence with its advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The answer was 204.
    NoContent,
    /// The answer had another status than 200.
    Status(u16),
    /// The body of the answer was of another type than `text/event-stream`: of this one, or of
    /// none.
    ContentType(Option<String>),
    /// The stream ended in order, and the policy is [`Policy::Fetch`].
    Ended,
    /// The connection broke or was never there, and the policy is [`Policy::Fetch`].
    Broken,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoContent => f.write_str(
                "The server answered 204, which tells clients to stay away: ask again by hand \
                 once it has something to send.",
            ),
            Self::Status(status) => write!(
                f,
                "The server answered {status}, and an EventSource gives up for good on any status \
                 but 200: have the server answer 200, or load the page anew.",
            ),
            Self::ContentType(essence) => {
                // The server chose its length.
                let essence = essence.as_deref().unwrap_or("no content-type");
                write!(
                    f,
                    "The server answered with {essence:.80}, and an EventSource gives up for good \
                     on any type but text/event-stream: have the server send that content-type.",
                )
            }
            Self::Ended => {
                f.write_str("The stream ended, and this client does not reconnect: ask again.")
            }
            Self::Broken => {
                f.write_str("The connection broke, and this client does not reconnect: ask again.")
            }
        }
    }
}

/// The state machine of one client of one URL.
///
/// Call [`begin`](Self::begin) once, and send the request that it answers with. Tell the machine
/// what comes of each request, in order: [`response`](Self::response) for a head, then
/// [`commit_id`](Self::commit_id) and [`retry`](Self::retry) for what the stream says, then
/// [`end`](Self::end) or [`network_error`](Self::network_error). Do what each answers. Call
/// [`close`](Self::close) when the client wants no more; each call behind it answers
/// [`Step::Nothing`].
///
/// Instants are times since any fixed moment, such as the first request of the watch.
///
/// # What the standard leaves open
///
/// * **The first reconnection time**: [`DEFAULT_RECONNECTION_TIME`].
/// * **A longer wait than `retry` says**: [`SHORTEST_WAIT`] where that is longer. Firefox waits
///   500 ms at least.
/// * **A longer wait after failed attempts** (9.2.3, "optionally, wait some more"): none, as in the
///   browsers. Each wait is the reconnection time, however often it failed.
/// * **Errors of the network that no second attempt can cure** (9.2.2, "unless the user agent knows
///   that to be futile"): none are known here, so each leads to another attempt. Firefox gives up
///   where a name does not resolve.
/// * **The id of a new stream** (9.2.6): by the letter the buffer of the id is empty at the
///   beginning of each stream, so that a blank line would clear the id of the stream before.
///   Chromium and Firefox keep the id until the new stream names one, and so does this machine.
///
/// Redirects are followed by whoever sends the request, before the machine is told of a head. A
/// redirect that leads nowhere is a status like any other. An id with a NUL is dropped by the
/// decoder.
///
/// # Bound
///
/// It holds one id. The decoder bounds the length of that.
pub struct Reconnect {
    /// Decides what an end means.
    policy: Policy,
    /// Between what the client may be told, and what is too late.
    stage: Stage,
    /// How long the next wait takes. The stream may set it, and it outlives the stream.
    reconnection_time: Duration,
    /// The standard's last event ID string. It outlives each stream.
    last_event_id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing was asked yet.
    Idle,
    /// A request is on its way, or waits for its instant.
    Requested,
    /// Its answer is a stream.
    Streaming,
    /// For good.
    Closed,
}

impl fmt::Debug for Reconnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reconnect")
            .field("policy", &self.policy)
            .field("stage", &self.stage)
            .field("reconnection_time", &self.reconnection_time)
            .field("id_bytes", &self.last_event_id.len())
            .finish()
    }
}

impl Reconnect {
    /// A client that has asked nothing yet.
    pub fn new(policy: Policy) -> Self {
        Self::with_reconnection_time(policy, DEFAULT_RECONNECTION_TIME)
    }

    /// The same, with another wait as long as the stream sets none. 5 s is Firefox.
    pub fn with_reconnection_time(policy: Policy, reconnection_time: Duration) -> Self {
        Self {
            policy,
            stage: Stage::Idle,
            reconnection_time,
            last_event_id: String::new(),
        }
    }

    /// The standard's `readyState`.
    pub fn state(&self) -> State {
        match self.stage {
            Stage::Idle | Stage::Requested => State::Connecting,
            Stage::Streaming => State::Open,
            Stage::Closed => State::Closed,
        }
    }

    /// How long the next wait takes, unless that is shorter than [`SHORTEST_WAIT`].
    pub fn reconnection_time(&self) -> Duration {
        self.reconnection_time
    }

    /// The id that the next request brings; empty for none.
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// The first request, at once. Every further call answers [`Step::Nothing`].
    pub fn begin(&mut self, now: Duration) -> Step {
        match self.stage {
            Stage::Idle => self.request(now),
            Stage::Requested | Stage::Streaming | Stage::Closed => Step::Nothing,
        }
    }

    /// The head of an answer came, with this status and the value of its `Content-Type`, where it
    /// has one. Several fields are handed in as one, with commas between them.
    pub fn response(&mut self, status: u16, content_type: Option<&str>) -> Step {
        if self.stage != Stage::Requested {
            return Step::Nothing;
        }
        if self.policy == Policy::EventSource {
            let essence = content_type.and_then(media_type::essence);
            let failure = match status {
                200 if essence.as_deref() == Some("text/event-stream") => None,
                200 => Some(Failure::ContentType(essence)),
                204 => Some(Failure::NoContent),
                _ => Some(Failure::Status(status)),
            };
            if let Some(failure) = failure {
                return self.fail(failure);
            }
        }
        self.stage = Stage::Streaming;
        Step::Open
    }

    /// A blank line of the stream came: the id as of now is `id`, or `None` as long as this stream
    /// has named none. An `id` line without a value is `Some("")`, which clears the id.
    ///
    /// Call it for blocks without data too: they dispatch no event, and their id counts (9.2.6).
    pub fn commit_id(&mut self, id: Option<&str>) {
        if let (Stage::Streaming, Some(id)) = (self.stage, id)
            && self.last_event_id != id
        {
            id.clone_into(&mut self.last_event_id);
        }
    }

    /// A valid `retry` line of the stream came, with its milliseconds. It counts at once, whether
    /// its block ends or not.
    pub fn retry(&mut self, milliseconds: u64) {
        if self.stage == Stage::Streaming {
            self.reconnection_time = Duration::from_millis(milliseconds);
        }
    }

    /// The body ended in order.
    pub fn end(&mut self, now: Duration) -> Step {
        self.over(now, Failure::Ended)
    }

    /// There was no connection or no answer, or the body broke off.
    pub fn network_error(&mut self, now: Duration) -> Step {
        self.over(now, Failure::Broken)
    }

    /// The client wants no more. A request that is on its way or waits is given up.
    pub fn close(&mut self) {
        self.stage = Stage::Closed;
    }

    fn over(&mut self, now: Duration, failure: Failure) -> Step {
        match (self.stage, self.policy) {
            (Stage::Idle | Stage::Closed, _) => Step::Nothing,
            (Stage::Requested | Stage::Streaming, Policy::Fetch) => self.fail(failure),
            (Stage::Requested | Stage::Streaming, Policy::EventSource) => {
                let wait = self.reconnection_time.max(SHORTEST_WAIT);
                self.request(now.saturating_add(wait))
            }
        }
    }

    fn request(&mut self, at: Duration) -> Step {
        self.stage = Stage::Requested;
        let id = &self.last_event_id;
        Step::Request(Attempt {
            at,
            last_event_id: (!id.is_empty()).then(|| id.clone()),
        })
    }

    fn fail(&mut self, failure: Failure) -> Step {
        self.stage = Stage::Closed;
        Step::Fail(failure)
    }
}
