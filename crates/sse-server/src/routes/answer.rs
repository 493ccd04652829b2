//! The answer to a request: a response, perhaps a stream that begins with it, and sentences for
//! people.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use sse_engine::pump::Pump;

use crate::connections::{Open, Why};
use crate::mount::Account;

/// No answer of the API may come from a cache.
pub(super) const FRESH: [(header::HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

/// An answer, and the stream that begins with it.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The answer, or the head of a stream that begins.
    pub(crate) response: Response<Body>,
    /// What the transport sends behind that head. With it `response` is never given to hyper.
    pub(crate) begins: Option<(Pump, Open)>,
    /// Who is told what became of it, where it is whole and somebody is. Then hyper is never given
    /// it either. Boxed, since of most nobody is.
    pub(crate) watched: Option<Box<WatchedAnswer>>,
    /// Whether the page that asks may read it, as far as the guard lets it: a fault may forbid it.
    pub(crate) shared: bool,
    /// Whether its body is to be sent as it comes, whatever is known of its length.
    pub(crate) flows: bool,
}

/// What there is to tell of a whole answer.
#[derive(Debug)]
pub(crate) struct WatchedAnswer {
    pub(crate) account: Account,
    /// Why it ends where nothing goes wrong.
    pub(crate) why: Why,
}

impl From<Response<Body>> for Answer {
    fn from(response: Response<Body>) -> Self {
        Self {
            response,
            begins: None,
            watched: None,
            shared: true,
            flows: false,
        }
    }
}

/// A sentence as an answer.
pub(crate) fn say(status: StatusCode, sentence: &str) -> Response<Body> {
    (
        status,
        [
            (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        format!("{sentence}\n"),
    )
        .into_response()
}

/// A sentence as an answer of whatever is at `path`: JSON below `/api`, where a program reads it.
pub(crate) fn tell(path: &str, status: StatusCode, sentence: &str) -> Response<Body> {
    if path != "/api" && !path.starts_with("/api/") {
        return say(status, sentence);
    }
    let error = serde_json::json!({ "error": sentence });
    (
        status,
        [(header::CACHE_CONTROL, "no-store")],
        axum::Json(error),
    )
        .into_response()
}

/// The answer to whoever wants to break something where nothing is to be broken.
pub(super) fn no_break(path: &str) -> Response<Body> {
    let sentence = "This server was started with --no-break, which turns rooms, faults and the acts of the API off: start it without.";
    tell(path, StatusCode::FORBIDDEN, sentence)
}

/// A refusal over a body that was not read: the connection cannot be used again.
pub(crate) fn last_words(status: StatusCode, sentence: &str) -> Response<Body> {
    let mut response = say(status, sentence);
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// What is said of a transfer coding that is not ours.
pub(crate) const ONE_CODING: &str = "This server supports only the transfer coding chunked, applied once: send the body without another.";
