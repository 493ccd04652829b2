//! The response head of a stream: the fields of every stream, the fields of this stream, and their
//! bytes on the wire.

use std::time::SystemTime;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Version, header};
use sse_engine::stream::{ReplayHead, Stream};
use sse_wire::Framing;

use crate::guard::Area;

/// Room for the head of a stream, in bytes: with CORS it takes some 500.
const HEAD: usize = 512;

/// What a head says in place of `close` where its stream is to be broken off.
///
/// A connection carries one stream, so it closes with it. But the `fetch` of Node.js takes each end
/// of a connection that was to close for the end of the body, whatever the chunks say: a cut would
/// look to it like an end in order. Servers that break off have kept their connections alive.
pub(super) const KEEP_ALIVE: &str = "keep-alive";

/// What a stream adds to its head.
pub(super) type Headers = [(HeaderName, HeaderValue)];

/// The head of a stream, with what its definition adds or puts in a place. `no-store` because no
/// event may come from a cache, `no-transform` because a proxy that compresses holds events back
/// until it has enough of them (RFC 9111 5.2.2.6), and `x-accel-buffering` because nginx would else
/// hold them back too.
pub(super) fn response(own: &Headers) -> Response<Body> {
    let mut response = Response::new(Body::new(Unsized));
    *response.headers_mut() = fields(own);
    response
}

/// The head of a response that was recorded: its own status and fields, with what the stream's
/// definition puts in a place.
pub(super) fn replayed(head: &ReplayHead, own: &Headers) -> Response<Body> {
    let mut response = Response::new(Body::new(Unsized));
    *response.status_mut() = head.status;
    *response.headers_mut() = replayed_fields(head, own);
    response
}

fn replayed_fields(head: &ReplayHead, own: &Headers) -> HeaderMap {
    let mut fields = HeaderMap::new();
    for (name, value) in &head.fields {
        fields.append(name, value.clone());
    }
    for (name, value) in own {
        fields.insert(name, value.clone());
    }
    fields
}

/// The head of a stream with these fields and no others.
pub(super) fn passed(fields: HeaderMap) -> Response<Body> {
    let mut response = Response::new(Body::new(Unsized));
    *response.headers_mut() = fields;
    response
}

fn fields(own: &Headers) -> HeaderMap {
    let usual = [
        (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store, no-transform"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let usual = usual.map(|(name, value)| (name, HeaderValue::from_static(value)));
    let mut fields: HeaderMap = usual.into_iter().collect();
    for (name, value) in own {
        fields.insert(name, value.clone());
    }
    fields
}

/// The head that a client would get of a stream, as bytes; nothing of a recording that has none.
pub(crate) fn preview(stream: &Stream) -> Vec<u8> {
    let own = &stream.headers;
    let (status, mut fields) = match stream.playback().map(|it| it.replay.first_head()) {
        Some(Some(head)) => (head.status, replayed_fields(head, own)),
        Some(None) => return Vec::new(),
        None => (StatusCode::OK, fields(own)),
    };
    mark(&mut fields, Area::Stream);
    bytes(status, &fields, Framing::Chunked)
}

/// What every answer of an area says.
pub(super) fn mark(headers: &mut HeaderMap, area: Area) {
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    match area {
        Area::Api | Area::Page | Area::Health | Area::Metrics | Area::MetricsPort => {
            headers.insert(
                "cross-origin-resource-policy",
                HeaderValue::from_static("same-origin"),
            );
        }
        Area::Stream | Area::EndOfTopic | Area::Nothing => {
            // The answer depends on it, also where none was sent.
            headers.append(header::VARY, HeaderValue::from_static("origin"));
        }
    }
    if area == Area::Stream {
        // Whatever a stream's head says that it is, shown as a document it may not script, and
        // reads nothing of this origin.
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("sandbox"),
        );
    }
}

/// The head of a stream as bytes.
pub(crate) fn bytes(status: StatusCode, fields: &HeaderMap, framing: Framing) -> Vec<u8> {
    // RFC 9110 6.2: the version is that of the server, whatever the client speaks. (hyper repeats
    // the client's.)
    let mut head = Vec::with_capacity(HEAD);
    let reason = status.canonical_reason().unwrap_or_default();
    for part in ["HTTP/1.1 ", status.as_str(), " ", reason, "\r\n"] {
        head.extend_from_slice(part.as_bytes());
    }
    let mut field = |name: &str, value: &[u8]| {
        for part in [name.as_bytes(), b": ", value, b"\r\n"] {
            head.extend_from_slice(part);
        }
    };
    for (name, value) in fields {
        if name != header::CONNECTION {
            field(name.as_str(), value.as_bytes());
        }
    }
    // That of an upstream says when its answer was made.
    if !fields.contains_key(header::DATE) {
        let date = httpdate::fmt_http_date(SystemTime::now());
        field(header::DATE.as_str(), date.as_bytes());
    }
    let stays = fields.contains_key(header::CONNECTION) && framing == Framing::Chunked;
    let connection = if stays { KEEP_ALIVE } else { "close" };
    field(header::CONNECTION.as_str(), connection.as_bytes());
    if framing == Framing::Chunked {
        field(header::TRANSFER_ENCODING.as_str(), b"chunked");
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// How the body is delimited for a client that speaks this version, behind a head that may say how
/// long it is.
pub(crate) fn framing(version: Version, fields: &HeaderMap) -> Framing {
    match version {
        _ if fields.contains_key(header::CONTENT_LENGTH) => Framing::Bare,
        Version::HTTP_11 => Framing::Chunked,
        _ => Framing::Bare,
    }
}

/// A body that is never sent (a HEAD has none, a stream's is its pump's) but has no known length,
/// so that no layer writes `content-length: 0` for it.
pub(super) struct Unsized;

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
