//! The routes: streams, page, API, health, and a helpful sentence for everything else.

mod api;
mod body;
mod page;
mod streams;
mod topics;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response, StatusCode};
use axum::routing::get;

use crate::app::{Context, tell};
use crate::topics::PREFIX;

pub(crate) fn router(context: &Arc<Context>) -> Router {
    let topic = get(topics::subscribe)
        .post(topics::publish)
        .options(streams::options);
    let fixed = Router::new()
        .route("/", get(page::index))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/api/state", get(api::state))
        .route("/api/connections", get(api::connections))
        // With the bare prefix, so that a name which is missing is told as one that is wrong.
        .route(PREFIX, topic.clone())
        .route("/topics/{*name}", topic);
    context
        .streams
        .iter()
        .fold(fixed, |router, stream| {
            let methods = get(streams::open)
                .post(streams::open)
                .options(streams::options);
            router.route(&stream.path, methods)
        })
        .fallback(page::asset)
        .method_not_allowed_fallback(wrong_method)
        .with_state(Arc::clone(context))
}

async fn wrong_method(
    State(context): State<Arc<Context>>,
    request: Request<Body>,
) -> Response<Body> {
    let (method, path) = (request.method(), request.uri().path());
    let streams = &context.streams;
    let stream = path.starts_with(PREFIX) || streams.iter().any(|stream| stream.path == path);
    let instead = if stream { "GET or POST" } else { "GET" };
    tell(
        path,
        StatusCode::METHOD_NOT_ALLOWED,
        &format!("{path} does not answer {method}: use {instead}."),
    )
}

/// What there is, for somebody who asked for something that is not.
fn not_found(context: &Context, path: &str) -> Response<Body> {
    let streams: Vec<&str> = context.streams.iter().map(|s| s.path.as_str()).collect();
    tell(
        path,
        StatusCode::NOT_FOUND,
        &format!(
            "There is nothing at {path}: the streams are {} and {PREFIX}NAME, and the page is at /.",
            streams.join(", ")
        ),
    )
}
