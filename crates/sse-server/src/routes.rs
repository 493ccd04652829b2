//! A request, from the guard to its answer.
//!
//! | module | what it is for |
//! |---|---|
//! | `service` | guard, lookup, handler, and the headers of every answer |
//! | `context` | what handlers work with |
//! | `cors` | what pages of other origins may send and read |
//! | `rooms`, `room`, `room_path` | the rooms, and what a request reaches in one |
//! | `normalize`, `lookup` | one spelling of a path, and what the path leads to |
//! | `visitor`, `user_agent` | who requests a stream, and with which program |
//! | `params` | a query, read strictly |
//! | `client_query`, `stream_query`, `topic_query`, `table_query`, `fault_query` | what it says |
//! | `door` | what faults make of a request before its stream begins |
//! | `permit` | whether a request has the token that it needs |
//! | `answer`, `response_head` | the answer, and the response head of a stream |
//! | `streams`, `topics`, `publish`, `body` | streams and topics |
//! | `proxied`, `upstreams` | what a room hands on to its upstream, and which that is |
//! | `mounted` | what somebody else answers |
//! | `faults`, `act` | what is broken on purpose: armed, healed and listed; open connections |
//! | `api`, `state`, `activity`, `log`, `wait`, `page` | what the page needs, and the page |
//! | `ready`, `metrics` | what those need who operate servers |
//! | `room_acts` | what tests do with a room: give it a list, and reset it |

mod act;
mod activity;
mod answer;
mod api;
mod body;
mod client_query;
mod context;
mod cors;
mod door;
mod fault_query;
mod faults;
mod log;
mod lookup;
mod metrics;
mod mounted;
mod normalize;
mod page;
mod params;
mod permit;
mod proxied;
mod publish;
mod ready;
mod recordings;
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
mod upstreams;
mod user_agent;
mod visitor;
mod wait;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use axum::routing::{delete, get, post, put};

use answer::tell;

pub(crate) use act::break_open;
pub use act::{ActWish, Acted};
pub use activity::{ActivityView, StreamActivity};
pub(crate) use answer::{ONE_CODING, WatchedAnswer};
pub(crate) use body::Budget;
#[cfg(fuzzing)]
pub(crate) use client_query::{ClientQuery, MAX_TAG};
pub(crate) use context::Context;
pub use faults::{ArmedFaults, BadFault, CheckedFault, FaultWish, ProfileView};
pub(crate) use faults::{
    arm_faults, arm_streams, check_fault, expire as expire_faults, heal, heal_room, profile_views,
};
pub(crate) use log::LOG_READERS;
#[cfg(fuzzing)]
pub(crate) use publish::{Fields, Kind};
pub(crate) use response_head::{bytes as head_bytes, framing};
pub(crate) use room::Room;
pub(crate) use rooms::{LOOK, Rooms};
pub(crate) use service::Service;
pub use state::{StateView, TokensView};
pub use upstreams::{UpstreamView, UpstreamWish};
pub(crate) use upstreams::{set_upstream, upstream_views};
pub(crate) use wait::WAITS;

/// The routes of what is no stream.
fn router(context: &Arc<Context>) -> Router {
    Router::new()
        .route("/", get(page::index))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready::ready))
        .route("/metrics", get(metrics::metrics))
        .route("/api/state", get(api::state))
        .route("/api/connections", get(api::connections))
        .route("/api/preview", get(api::preview))
        .route("/api/definition", get(api::definition))
        .route("/api/wire", get(api::wire))
        .route(
            "/api/recording",
            get(recordings::text)
                .post(recordings::begin)
                .delete(recordings::end),
        )
        .route("/api/activity", get(api::activity))
        .route("/api/act", post(act::act))
        .route("/api/log", get(log::log))
        .route("/api/wait", get(wait::wait))
        .route("/api/timeline", get(api::timeline))
        .route("/api/request", get(api::request))
        .route(
            "/api/faults",
            get(faults::list)
                .post(faults::arm)
                .delete(faults::heal_some),
        )
        .route("/api/faults/{id}", delete(faults::heal_one))
        .route("/api/faults/check", get(faults::check))
        .route("/api/upstreams", get(upstreams::list).post(upstreams::set))
        .route("/api/profiles", get(faults::profiles))
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
        &format!("{path} does not answer {method}: use {}.", methods(path)),
    )
}

/// The methods of what is no stream.
fn methods(path: &str) -> &'static str {
    match path {
        "/api/act" | "/api/reset" => "POST",
        "/api/faults" | "/api/recording" => "GET, POST or DELETE",
        "/api/upstreams" => "GET or POST",
        "/api/faults/check" => "GET",
        _ if path.starts_with("/api/faults/") => "DELETE",
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
