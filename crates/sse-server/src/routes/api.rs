//! What the page needs when a browser shows it. Read only: no GET changes state, and there is nothing
//! else here.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::IntoResponse;
use serde::Deserialize;

use crate::app::Context;
use crate::state::StateView;

/// No answer of the API may come from a cache.
const FRESH: [(header::HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

pub(super) async fn state(State(context): State<Arc<Context>>) -> impl IntoResponse {
    (FRESH, Json(StateView::of(&context)))
}

#[derive(Deserialize)]
pub(super) struct Filter {
    client: Option<String>,
}

pub(super) async fn connections(
    State(context): State<Arc<Context>>,
    Query(filter): Query<Filter>,
) -> impl IntoResponse {
    let view = match filter.client {
        Some(tag) => context.connections.view_of(&tag),
        None => context.connections.view(),
    };
    (FRESH, Json(view))
}
