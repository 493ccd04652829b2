//! The upstreams of rooms: listed, set and taken away.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response, StatusCode};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};

use super::answer::{FRESH, tell};
use super::context::Context;
use super::faults::read_wish;
use crate::error::Error;

/// The upstream of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct UpstreamView {
    /// The room; nothing is the one that has no name, with the whole port.
    pub room: Option<String>,
    /// Where it hands on what it does not answer itself.
    pub url: String,
}

/// What somebody wants of a room's upstream.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamWish {
    /// The room; nothing is the one that has no name, with the whole port.
    #[serde(default)]
    pub room: Option<String>,
    /// Its URL; nothing takes the upstream away.
    #[serde(default)]
    pub url: Option<String>,
}

/// The upstreams of all rooms.
pub(crate) fn upstream_views(context: &Context) -> Vec<UpstreamView> {
    let all = context.upstreams.all().into_iter();
    all.map(|(room, url)| UpstreamView { room, url }).collect()
}

/// Gives a room an upstream, or takes it away.
///
/// # Errors
/// The URL, or the name of the room, cannot be used.
pub(crate) fn set_upstream(context: &Context, wish: &UpstreamWish) -> Result<(), Error> {
    context
        .upstreams
        .set(wish.room.as_deref(), wish.url.as_deref())
}

/// GET: all of them.
pub(super) async fn list(State(context): State<Arc<Context>>) -> Response<Body> {
    listed(&context)
}

fn listed(context: &Context) -> Response<Body> {
    #[derive(Serialize)]
    struct Upstreams {
        upstreams: Vec<UpstreamView>,
    }
    let upstreams = upstream_views(context);
    (FRESH, Json(Upstreams { upstreams })).into_response()
}

/// POST: one is set or taken away. Answers with all that there are.
pub(super) async fn set(
    State(context): State<Arc<Context>>,
    request: Request<Body>,
) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let example = r#"{"room": "live", "url": "https://api.example.com"}"#;
    let wish: UpstreamWish = match read_wish(&context, request, "an upstream", example).await {
        Ok(wish) => wish,
        Err(refusal) => return refusal,
    };
    match set_upstream(&context, &wish) {
        Ok(()) => listed(&context),
        Err(e) => tell(&path, StatusCode::BAD_REQUEST, &e.to_string()),
    }
}
