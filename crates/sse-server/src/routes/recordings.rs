//! Recordings of connections: begun, read as text, and ended.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode, Uri, header};
use axum::response::IntoResponse;
use sse_engine::bounds::MAX_FROM;

use super::answer::{FRESH, tell};
use super::context::Context;
use super::params::Params;

/// What there is of the connection `?id=`, as a recording.
pub(super) async fn text(State(context): State<Arc<Context>>, uri: Uri) -> Response<Body> {
    let id = match asked(&uri) {
        Ok(id) => id,
        Err(refusal) => return *refusal,
    };
    match context.rooms.of_row(|table| table.recording(id)) {
        Some(text) => {
            let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
            (FRESH, kind, text).into_response()
        }
        None => no_connection(&uri),
    }
}

/// Begins to record the connection `?id=`: what is kept of it, and all that comes.
pub(super) async fn begin(State(context): State<Arc<Context>>, uri: Uri) -> Response<Body> {
    let id = match asked(&uri) {
        Ok(id) => id,
        Err(refusal) => return *refusal,
    };
    match context.rooms.of_row(|table| table.record(id)) {
        Some(Ok(view)) => (FRESH, Json(view)).into_response(),
        Some(Err(e)) => tell(uri.path(), StatusCode::CONFLICT, &e.to_string()),
        None => no_connection(&uri),
    }
}

/// Ends the recording of the connection `?id=`, and forgets what it has beyond what is kept anyway.
pub(super) async fn end(State(context): State<Arc<Context>>, uri: Uri) -> Response<Body> {
    let id = match asked(&uri) {
        Ok(id) => id,
        Err(refusal) => return *refusal,
    };
    match context.rooms.of_row(|table| table.end_recording(id)) {
        Some(view) => (FRESH, Json(view)).into_response(),
        None => no_connection(&uri),
    }
}

fn asked(uri: &Uri) -> Result<u64, Box<Response<Body>>> {
    let refused = |words: &str| Box::new(tell(uri.path(), StatusCode::BAD_REQUEST, words));
    let id = Params::of(uri.query()).whole("id", 0, MAX_FROM);
    let id = id.map_err(|bad| refused(&bad.to_string()))?;
    let missing = "The connection is missing: add one of GET /api/connections, such as ?id=7.";
    id.ok_or_else(|| refused(missing))
}

fn no_connection(uri: &Uri) -> Response<Body> {
    let sentence = "There is no such connection, or it ended too long ago: GET /api/connections lists all connections.";
    tell(uri.path(), StatusCode::NOT_FOUND, sentence)
}
