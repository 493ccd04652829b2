//! The API's questions, for the page in a browser. No GET changes what a client is sent.
//!
//! The first request for the wire of a connection makes the server keep the wire's bytes. There is
//! room for a few such connections. When there is no room left, the server stops keeping the bytes
//! of the connection that was viewed the longest ago.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use axum::response::IntoResponse;
use serde::Serialize;
use sse_engine::bounds::MAX_FROM;

use super::activity::ActivityView;
use super::answer::{FRESH, tell};
use super::context::Context;
use super::params::{BadQuery, Params, room_name};
use super::room::Room;
use super::state::StateView;
use super::table_query;
use crate::clock;
use crate::guard;

/// The room `?room=`, or the default one. Where there is none of this name, it is an empty one.
///
/// # Errors
/// The answer to a name that no room can have.
pub(super) fn room(context: &Context, uri: &Uri) -> Result<Arc<Room>, Box<Response<Body>>> {
    let name = Params::of(uri.query()).read("room", room_name);
    let name = name.map_err(|bad| bad_request(uri, &bad))?;
    Ok(context.rooms.seen(name.as_deref()))
}

fn bad_request(uri: &Uri, bad: &BadQuery) -> Box<Response<Body>> {
    Box::new(tell(uri.path(), StatusCode::BAD_REQUEST, &bad.to_string()))
}

/// The state that a page begins with.
pub(super) async fn state(State(context): State<Arc<Context>>, uri: Uri) -> Response<Body> {
    match room(&context, &uri) {
        Ok(room) => (FRESH, Json(StateView::of(&context, &room))).into_response(),
        Err(refusal) => *refusal,
    }
}

/// What happens on each stream and topic.
pub(super) async fn activity(State(context): State<Arc<Context>>, uri: Uri) -> Response<Body> {
    match room(&context, &uri) {
        Ok(room) => (FRESH, Json(ActivityView::of(&room))).into_response(),
        Err(refusal) => *refusal,
    }
}

/// What happened when, since the cursor `?after=`.
pub(super) async fn timeline(State(context): State<Arc<Context>>, uri: Uri) -> Response<Body> {
    let after = Params::of(uri.query()).whole("after", 0, MAX_FROM);
    let after = after.map_err(|bad| bad_request(&uri, &bad));
    match after.and_then(|after| Ok((after.unwrap_or(0), room(&context, &uri)?))) {
        Ok((after, room)) => {
            let armed = context.faults.spans(room.name());
            let view = room.connections.timeline(after, armed, clock::now());
            (FRESH, Json(view)).into_response()
        }
        Err(refusal) => *refusal,
    }
}

/// Who is connected and who was, in the order and as much of it as the query asks for.
pub(super) async fn connections(State(context): State<Arc<Context>>, uri: Uri) -> Response<Body> {
    match table_query::read(uri.query()) {
        Ok(query) => {
            let slice = context.rooms.slice(&query, Instant::now());
            (FRESH, Json(slice)).into_response()
        }
        Err(bad) => tell(uri.path(), StatusCode::BAD_REQUEST, &bad.to_string()),
    }
}

/// What `?stream=/PATH` of the room `?room=` would send.
pub(super) async fn preview(State(context): State<Arc<Context>>, uri: Uri) -> Response<Body> {
    let stream = match asked(&uri) {
        Ok(stream) => stream,
        Err(sentence) => return tell(uri.path(), StatusCode::BAD_REQUEST, &sentence),
    };
    let room = match room(&context, &uri) {
        Ok(room) => room,
        Err(refusal) => return *refusal,
    };
    match context.preview(&room, &stream) {
        Some(preview) => (FRESH, Json(preview)).into_response(),
        None => no_stream(&uri),
    }
}

/// The lines that define `?stream=/PATH` in the room `?room=`, as its list is now.
pub(super) async fn definition(State(context): State<Arc<Context>>, uri: Uri) -> Response<Body> {
    let stream = match asked(&uri) {
        Ok(stream) => stream,
        Err(sentence) => return tell(uri.path(), StatusCode::BAD_REQUEST, &sentence),
    };
    let room = match room(&context, &uri) {
        Ok(room) => room,
        Err(refusal) => return *refusal,
    };
    let streams = room.streams();
    match streams.definition(&stream).await {
        Ok(Some(definition)) => (FRESH, Json(definition)).into_response(),
        Ok(None) => no_stream(&uri),
        Err(sentence) => tell(uri.path(), StatusCode::CONFLICT, &sentence),
    }
}

/// The stream that `?stream=/PATH` names, or a sentence.
fn asked(uri: &Uri) -> Result<String, String> {
    let asked = Params::of(uri.query()).text("stream");
    asked
        .map_err(|bad| bad.to_string())?
        .ok_or_else(|| "The stream is missing: add one, such as ?stream=/numbers.".to_owned())
}

fn no_stream(uri: &Uri) -> Response<Body> {
    let sentence = "There is no stream at this path: GET /api/state lists all streams.";
    tell(uri.path(), StatusCode::NOT_FOUND, sentence)
}

/// The request of the connection `?id=`. Its secrets are hidden unless our own page asks for them
/// with `secrets=shown`: others could come across them by accident.
pub(super) async fn request(
    State(context): State<Arc<Context>>,
    headers: HeaderMap,
    uri: Uri,
) -> Response<Body> {
    let params = Params::of(uri.query());
    let read = params.whole("id", 0, MAX_FROM);
    let (id, shown) = match read.and_then(|id| Ok((id, params.read("secrets", are_shown)?))) {
        Ok(read) => read,
        Err(bad) => return tell(uri.path(), StatusCode::BAD_REQUEST, &bad.to_string()),
    };
    let shown = shown.unwrap_or(false);
    if shown && !guard::is_of_own_page(&headers) {
        let sentence = "Only the server's own page shows secrets: press the hidden value there.";
        return tell(uri.path(), StatusCode::FORBIDDEN, sentence);
    }
    of_connection(&uri, id, |id| {
        context.rooms.of_row(|table| table.request(id, shown))
    })
}

fn are_shown(word: &str) -> Result<bool, BadQuery> {
    match word {
        "shown" => Ok(true),
        "hidden" => Ok(false),
        _ => Err(BadQuery::new("secrets must be shown or hidden.")),
    }
}

/// What the connection `?id=` was sent, from its byte `from=` on.
pub(super) async fn wire(State(context): State<Arc<Context>>, uri: Uri) -> Response<Body> {
    let params = Params::of(uri.query());
    let number = |name| params.whole(name, 0, MAX_FROM);
    let (id, from) = match number("id").and_then(|id| Ok((id, number("from")?))) {
        Ok(read) => read,
        Err(bad) => return tell(uri.path(), StatusCode::BAD_REQUEST, &bad.to_string()),
    };
    let from = from.unwrap_or(0);
    of_connection(&uri, id, |id| {
        context.rooms.of_row(|table| table.wire(id, from))
    })
}

/// What there is to say of one connection.
fn of_connection<T: Serialize>(
    uri: &Uri,
    id: Option<u64>,
    view: impl FnOnce(u64) -> Option<T>,
) -> Response<Body> {
    let Some(id) = id else {
        let sentence = "The connection is missing: add one of GET /api/connections, such as ?id=7.";
        return tell(uri.path(), StatusCode::BAD_REQUEST, sentence);
    };
    match view(id) {
        Some(view) => (FRESH, Json(view)).into_response(),
        None => {
            let sentence = "There is no such connection, or it ended too long ago: GET /api/connections lists all connections.";
            tell(uri.path(), StatusCode::NOT_FOUND, sentence)
        }
    }
}
