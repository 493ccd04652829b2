//! A request for a stream: what it asks, whether anything is left for it, and the pump that answers.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use axum::response::IntoResponse;

use super::body;
use crate::app::{Answer, Context, Visitor, client, last_event_id, say};
use crate::connections::{Client, EndedBy, Ending, GoesOn, Numbers};
use crate::pump::Pump;
use crate::query::{BadQuery, Overrides};
use crate::stream::Stream;

/// What a request for a stream asks, read.
pub(super) struct Asked {
    pub(super) client: Client,
    pub(super) overrides: Overrides,
    /// The last event id that the client brought.
    pub(super) last_event_id: Option<String>,
}

impl Asked {
    /// Reads who asks, with what last event id, where the query was `read`.
    ///
    /// # Errors
    /// The answer to a query that is out of bounds; the table has the refusal.
    pub(super) fn read(
        request: &Request<Body>,
        read: Result<Overrides, BadQuery>,
        visitor: Visitor,
        context: &Context,
    ) -> Result<Self, Box<Response<Body>>> {
        // A client whose query is refused is still known by its name.
        let overrides = read
            .clone()
            .unwrap_or_else(|_| Overrides::only_client(request.uri().query()));
        let last_event_id = last_event_id(request.headers(), &overrides);
        let client = client(request, visitor.peer, visitor.class, &overrides);
        if let Err(bad) = read {
            let status = StatusCode::BAD_REQUEST;
            let ending = Ending::new(EndedBy::Server, "bad query");
            context
                .connections
                .refuse(client, status.as_u16(), None, ending);
            return Err(Box::new(say(status, &bad.to_string())));
        }
        Ok(Self {
            client,
            overrides,
            last_event_id,
        })
    }
}

/// GET, HEAD and POST on a stream.
pub(super) async fn open(
    context: &Context,
    stream: Arc<Stream>,
    visitor: Visitor,
    request: Request<Body>,
) -> Answer {
    let asked = match Asked::read(
        &request,
        Overrides::parse(request.uri().query()).and_then(|read| read.fits(&stream)),
        visitor,
        context,
    ) {
        Ok(asked) => asked,
        Err(refusal) => return (*refusal).into(),
    };
    let head_only = request.method() == Method::HEAD;
    if let Err(refusal) = body::drain(request.into_body(), &context.limits).await {
        return refusal.into();
    }

    let play = asked.overrides.apply(&stream);
    let last_event_id = asked.last_event_id.as_deref();
    let had = last_event_id.and_then(|id| play.number_of(id));
    let numbers = || Numbers::Stream(Arc::clone(&stream));
    let goes_on = |next| GoesOn {
        numbers: numbers(),
        next,
        had,
    };
    let pump = match Pump::new(play, context.keep_alive, last_event_id) {
        Ok(pump) => pump.with_blank(context.keep_alive_blank),
        Err(next) => {
            if !head_only {
                context.connections.complete(asked.client, &goes_on(next));
            }
            // The polite way to tell an EventSource not to come back (HTML 9.2.3).
            return (StatusCode::NO_CONTENT, Body::new(Unsized))
                .into_response()
                .into();
        }
    };
    if head_only {
        return head(&stream.headers).into();
    }
    let client = Client {
        numbers: numbers(),
        ..asked.client
    };
    let goes_on = goes_on(pump.next_number());
    begin(context, client, &goes_on, pump, &stream.headers)
}

/// The answer that a stream begins with, if there is room for it.
pub(super) fn begin(
    context: &Context,
    client: Client,
    goes_on: &GoesOn,
    pump: Pump,
    headers: &Headers,
) -> Answer {
    match context.connections.open(client, goes_on) {
        Ok(open) => Answer {
            response: head(headers),
            begins: Some((pump, open)),
        },
        Err(full) => {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            let client = Client {
                numbers: Numbers::None,
                ..full.0
            };
            context
                .connections
                .no_room(client, status.as_u16(), goes_on);
            let sentence = format!(
                "{} streams are open, which is the limit: close one and try again.",
                context.limits.streams
            );
            let mut response = say(status, &sentence);
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            response.into()
        }
    }
}

/// What a stream adds to its head.
type Headers = [(HeaderName, HeaderValue)];

/// The head of a stream, with what its definition adds or puts in a place. `no-store` because no event may come from a cache,
/// `no-transform` because a proxy that compresses holds events back until it has enough of them (RFC 9111 5.2.2.6), and
/// `x-accel-buffering` because nginx would else hold them back too.
pub(crate) fn head(own: &Headers) -> Response<Body> {
    let mut response = (
        [
            (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store, no-transform"),
            (HeaderName::from_static("x-accel-buffering"), "no"),
        ],
        Body::new(Unsized),
    )
        .into_response();
    for (name, value) in own {
        response.headers_mut().insert(name, value.clone());
    }
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
