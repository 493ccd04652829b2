//! What a test does with a room from outside: give it a list of streams, and reset it.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, Request, Response, StatusCode, Uri, header};
use axum::response::IntoResponse;
use serde::Serialize;
use sse_engine::file::{self, Problem};
use sse_engine::pump::Act;

use super::answer::{no_break, tell};
use super::context::Context;
use super::params::room_name;
use super::rooms::TooManyRooms;
use super::{api, body, faults};
use crate::connections::Forgotten;

/// What a reset is answered with.
#[derive(Serialize)]
struct Done {
    /// The number of its entry in the log: what happens in the room from then on has a larger one.
    seq: u64,
}

/// Why a list is not served.
#[derive(Serialize)]
struct BadList {
    /// What is wrong and what to do.
    error: String,
    /// The line that it is in, from 1, where it is in one.
    line: Option<usize>,
}

/// PUT of a list of streams, as the file of streams has it: the room of this name serves it from
/// the next connection on.
pub(super) async fn serve(
    State(context): State<Arc<Context>>,
    Path(name): Path<String>,
    request: Request<Body>,
) -> Response<Body> {
    let path = request.uri().path().to_owned();
    if !context.breaks {
        return no_break(&path);
    }
    // The body is read even where the name is refused: the connection can then be used again.
    let read = body::read(request.into_body(), &context.limits, &context.bodies).await;
    let mut body = match read {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    if let Err(bad) = room_name(&name) {
        return tell(&path, StatusCode::BAD_REQUEST, &bad.to_string());
    }
    let list = match String::from_utf8(body.take()) {
        Ok(text) => file::contents(&text).and_then(|list| match list.recordings.first() {
            // Whoever reaches the API reads no files of this machine by it.
            Some(recording) => Err(recording.problem(
                "A list that is put into a room names no file: put this stream into the file of streams.",
            )),
            None => Ok(list),
        }),
        Err(_) => Err(Problem::of_all(
            "The body is not UTF-8: encode the list of streams as UTF-8.",
        )),
    };
    let list = match list {
        Ok(list) if !list.upstreams.is_empty() => {
            return bad_list(Problem::of_all(
                "The list has an upstream, which the list of a room cannot give: set it with POST /api/upstreams.",
            ));
        }
        Ok(list) if list.streams.iter().any(|it| it.events_file.is_some()) => {
            return bad_list(Problem::of_all(
                "The list has an events_file, which the list of a room cannot have: write the events into it.",
            ));
        }
        Ok(list) => list,
        Err(problem) => return bad_list(problem),
    };
    match context.rooms.enter(&name) {
        Ok(room) => {
            room.serve(list);
            faults::arm_list(&context, &room);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(full) => too_many(&path, &full),
    }
}

/// POST: the room is as if it had just begun, with its list.
pub(super) async fn reset(State(context): State<Arc<Context>>, uri: Uri) -> Response<Body> {
    if !context.breaks {
        return no_break(uri.path());
    }
    let room = match api::room(&context, &uri) {
        Ok(room) => room,
        Err(refusal) => return *refusal,
    };
    faults::heal_room(&context, room.name());
    let Forgotten { seq, open } = room.reset();
    context.acts.act(open, &Act::Stop);
    // The list that it keeps has faults too. Those of the file stay healed until it is saved.
    if room.name().is_some() {
        faults::arm_list(&context, &room);
    }
    ([(header::CACHE_CONTROL, "no-store")], Json(Done { seq })).into_response()
}

fn bad_list(problem: Problem) -> Response<Body> {
    let list = BadList {
        line: problem.line,
        error: match problem.line {
            Some(line) => format!("Line {line}: {}", problem.reason),
            None => problem.reason,
        },
    };
    let head = [(header::CACHE_CONTROL, "no-store")];
    (StatusCode::BAD_REQUEST, head, Json(list)).into_response()
}

/// The answer to a room too many.
pub(super) fn too_many(path: &str, full: &TooManyRooms) -> Response<Body> {
    let mut response = tell(path, StatusCode::SERVICE_UNAVAILABLE, &full.to_string());
    let after = HeaderValue::from_static("60");
    response.headers_mut().insert(header::RETRY_AFTER, after);
    response
}
