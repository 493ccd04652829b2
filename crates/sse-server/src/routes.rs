//! A request, from the guard to its answer.
//!
//! | module | what it is for |
//! |---|---|
//! | `service` | guard, lookup, handler, and the headers of every answer |
//! | `context` | what handlers work with |
//! | `rooms`, `room`, `room_path` | the rooms that there are; the streams, topics and rows that a request reaches |
//! | `normalize`, `lookup` | one spelling of a path, and what the path leads to |
//! | `visitor`, `user_agent` | who requests a stream, and with which program |
//! | `params`, `client_query`, `stream_query`, `topic_query`, `table_query` | the query |
//! | `answer`, `response_head` | the answer, and the response head of a stream |
//! | `streams`, `topics`, `publish`, `body` | streams and topics |
//! | `api`, `state`, `activity`, `log`, `page` | what the page needs, and the page |
//! | `room_acts` | what tests do with a room: give it a list, and reset it |

mod activity;
mod answer;
mod api;
mod body;
mod client_query;
mod context;
mod log;
mod lookup;
mod normalize;
mod page;
mod params;
mod publish;
mod response_head;
mod room;
mod room_acts;
mod room_path;
mod rooms;
mod service;
mod state;
mod stream_query;
mod streams;
mod table_query;
mod topic_query;
mod topics;
mod user_agent;
mod visitor;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use axum::routing::{get, post, put};

use answer::tell;

pub use activity::{ActivityView, StreamActivity};
pub(crate) use answer::ONE_CODING;
pub(crate) use body::Budget;
#[cfg(fuzzing)]
pub(crate) use client_query::{ClientQuery, MAX_TAG};
pub(crate) use context::Context;
pub(crate) use log::LOG_READERS;
#[cfg(fuzzing)]
pub(crate) use publish::{Fields, Kind};
pub(crate) use response_head::{bytes as head_bytes, framing};
pub(crate) use room::Room;
pub(crate) use rooms::{LOOK, Rooms};
pub(crate) use service::Service;
pub use state::StateView;

/// The routes of what is no stream.
fn router(context: &Arc<Context>) -> Router {
    Router::new()
        .route("/", get(page::index))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/api/state", get(api::state))
        .route("/api/connections", get(api::connections))
        .route("/api/preview", get(api::preview))
        .route("/api/definition", get(api::definition))
        .route("/api/wire", get(api::wire))
        .route("/api/activity", get(api::activity))
        .route("/api/log", get(log::log))
        .route("/api/timeline", get(api::timeline))
        .route("/api/request", get(api::request))
        .route("/api/rooms/{name}/streams", put(room_acts::serve))
        .route("/api/reset", post(room_acts::reset))
        .fallback(page::asset)
        .method_not_allowed_fallback(wrong_method)
        .with_state(Arc::clone(context))
}

async fn wrong_method(request: Request<Body>) -> Response<Body> {
    let (method, path) = (request.method(), request.uri().path());
    tell(
        path,
        StatusCode::METHOD_NOT_ALLOWED,
        &format!("{path} does not answer {method}: use {}.", method_of(path)),
    )
}

/// The method that a path of the API has.
fn method_of(path: &str) -> &'static str {
    match path {
        "/api/reset" => "POST",
        _ if path.starts_with("/api/rooms/") => "PUT",
        _ => "GET",
    }
}

/// All that a query says of a stream.
#[cfg(fuzzing)]
pub(crate) fn read_query(
    query: Option<&str>,
) -> Result<(ClientQuery, sse_engine::stream::Overrides), params::BadQuery> {
    let params = params::Params::of(query);
    Ok((ClientQuery::of(&params)?, stream_query::overrides(&params)?))
}
