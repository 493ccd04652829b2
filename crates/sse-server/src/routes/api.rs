//! What the page needs when a browser shows it. Read only: no GET changes state, and there is nothing
//! else here.

use std::sync::Arc;

use crate::app::{Context, tell};
use crate::preview::Preview;
use crate::query::Overrides;
use crate::state::StateView;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode, Uri, header};
use axum::response::IntoResponse;

/// No answer of the API may come from a cache.
const FRESH: [(header::HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

pub(super) async fn state(State(context): State<Arc<Context>>) -> impl IntoResponse {
    (FRESH, Json(StateView::of(&context)))
}

/// All connections, or with `?client=TAG` those of one client.
pub(super) async fn connections(State(context): State<Arc<Context>>, uri: Uri) -> Response<Body> {
    let view = match Overrides::parse(uri.query()) {
        Ok(Overrides {
            client: Some(tag), ..
        }) => context.connections.view_of(&tag),
        Ok(_) => context.connections.view(),
        Err(bad) => return tell(uri.path(), StatusCode::BAD_REQUEST, &bad.to_string()),
    };
    (FRESH, Json(view)).into_response()
}

/// What `?stream=/PATH` would send.
pub(super) async fn preview(State(context): State<Arc<Context>>, uri: Uri) -> Response<Body> {
    let query = uri.query().unwrap_or_default();
    let asked = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "stream");
    let Some((_, stream)) = asked else {
        let sentence = "Say which stream, such as ?stream=/numbers.";
        return tell(uri.path(), StatusCode::BAD_REQUEST, sentence);
    };
    match Preview::of(&context, &stream) {
        Some(preview) => (FRESH, Json(preview)).into_response(),
        None => {
            let sentence = "There is no stream at this path: GET /api/state has them all.";
            tell(uri.path(), StatusCode::NOT_FOUND, sentence)
        }
    }
}
