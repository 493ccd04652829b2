//! A request for a stream: what it asks, whether anything is left for it, and the pump that answers.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use axum::response::IntoResponse;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::app::{Context, Takeover, Visitor, client, say};
use crate::connections::{Client, EndedBy, Ending, Full};
use crate::pump::Pump;
use crate::query::Overrides;

/// The longest last event id that the table shows, in characters.
const SHOWN_ID: usize = 64;

/// GET, HEAD and POST on a stream.
pub(super) async fn open(
    State(context): State<Arc<Context>>,
    Extension(visitor): Extension<Visitor>,
    request: Request<Body>,
) -> Response<Body> {
    let Some(stream) = context
        .streams
        .iter()
        .find(|stream| stream.path == request.uri().path())
    else {
        return super::not_found(&context, request.uri().path());
    };
    let read = Overrides::parse(request.uri().query());
    // A client whose query is refused is still known by its name.
    let overrides = read
        .clone()
        .unwrap_or_else(|_| Overrides::only_client(request.uri().query()));
    let last_event_id = last_event_id(request.headers(), &overrides);
    let client = Client {
        brought: last_event_id
            .as_ref()
            .filter(|id| !id.is_empty())
            .map(|id| id.chars().take(SHOWN_ID).collect()),
        ..client(&request, visitor.peer, visitor.class, &overrides)
    };
    if let Err(bad) = read {
        let status = StatusCode::BAD_REQUEST;
        let ending = Ending::new(EndedBy::Server, "bad query");
        context
            .connections
            .refuse(client, status.as_u16(), None, ending);
        return say(status, &bad.to_string());
    }
    let head_only = request.method() == Method::HEAD;
    if let Err(refusal) = drain(request.into_body(), &context).await {
        return refusal;
    }

    let stream = overrides.apply(stream);
    let Some(pump) = Pump::new(&stream, context.keep_alive, last_event_id.as_deref()) else {
        if !head_only {
            let ending = Ending {
                why: "nothing left to send",
                ..Ending::COMPLETE
            };
            context.connections.refuse(client, 204, None, ending);
        }
        // The polite way to tell an EventSource not to come back (HTML 9.2.3).
        return (StatusCode::NO_CONTENT, Body::new(Unsized)).into_response();
    };
    if head_only {
        return head();
    }
    match context.connections.open(client.clone()) {
        Ok(open) => {
            let mut response = head();
            response.extensions_mut().insert(Takeover::new(pump, open));
            response
        }
        Err(Full) => {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            let ending = Ending::new(EndedBy::Server, "too many streams");
            context
                .connections
                .refuse(client, status.as_u16(), None, ending);
            let sentence = format!(
                "{} streams are open, which is the limit: close one and try again.",
                context.limits.streams
            );
            let mut response = say(status, &sentence);
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            response
        }
    }
}

/// OPTIONS that is not a preflight (RFC 9110 9.3.7).
pub(super) async fn options() -> Response<Body> {
    (
        StatusCode::NO_CONTENT,
        [(header::ALLOW, "GET, HEAD, POST, OPTIONS")],
    )
        .into_response()
}

/// The header beats the query (invariant 5). What is not UTF-8 cannot be an id of ours; it is kept as
/// something that is none, so that the stream begins at the beginning.
fn last_event_id(headers: &HeaderMap, overrides: &Overrides) -> Option<String> {
    match headers.get("last-event-id") {
        Some(value) => Some(String::from_utf8_lossy(value.as_bytes()).into_owned()),
        None => overrides.last_event_id.clone(),
    }
}

/// The head of a stream. `no-store` because no event may come from a cache, `x-accel-buffering` because
/// nginx would else hold events back.
fn head() -> Response<Body> {
    (
        [
            (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
            (header::HeaderName::from_static("x-accel-buffering"), "no"),
        ],
        Body::new(Unsized),
    )
        .into_response()
}

/// Reads a request body to its end and forgets it: the stream is the same whatever it says, and the
/// socket cannot be taken over with half a request in it.
async fn drain(body: Body, context: &Context) -> Result<(), Response<Body>> {
    let limits = &context.limits;
    let mut body = Limited::new(body, limits.body_bytes);
    // A frame at a time, so that what is to be forgotten is never kept.
    let whole = async {
        while let Some(frame) = body.frame().await {
            drop(frame?);
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
    };
    match tokio::time::timeout(limits.head_time, whole).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(e)) if e.is::<LengthLimitError>() => Err(last_words(
            StatusCode::PAYLOAD_TOO_LARGE,
            &format!(
                "The request body is longer than {} bytes: send a shorter one.",
                limits.body_bytes
            ),
        )),
        Ok(Err(_)) => Err(last_words(
            StatusCode::BAD_REQUEST,
            "The request body could not be read: send it whole and in one piece.",
        )),
        Err(_) => Err(last_words(
            StatusCode::REQUEST_TIMEOUT,
            &format!(
                "The request body did not arrive within {}: send it faster.",
                humantime::format_duration(Duration::from_secs(limits.head_time.as_secs()))
            ),
        )),
    }
}

/// A refusal over a body that was not read: the connection cannot be used again.
fn last_words(status: StatusCode, sentence: &str) -> Response<Body> {
    let mut response = say(status, sentence);
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// A body that is never sent (a HEAD has none, a stream's is its pump's) but has no known length, so that
/// no layer writes `content-length: 0` for it.
struct Unsized;

impl hyper::body::Body for Unsized {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
        std::task::Poll::Ready(None)
    }
}
