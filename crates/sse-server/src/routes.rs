//! The routes: streams, page, API, health, and a helpful sentence for everything else.

mod api;
mod body;
mod page;
pub(crate) mod streams;
mod topics;

use std::sync::Arc;

pub(crate) use body::Room;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;

use crate::app::{Answer, Context, Visitor, say, tell};
use crate::guard::Area;
use crate::path::is_below;
use crate::stream::Stream;
use crate::topics::PREFIX;

/// What a path leads to.
#[derive(Clone, Debug)]
pub(crate) enum Place<'a> {
    Stream(Arc<Stream>),
    /// With the name that was asked for, good or bad.
    Topic(&'a str),
    Api,
    Page,
    Health,
    Nothing,
}

impl Place<'_> {
    /// The row of the guard's table for a request with this method.
    pub(crate) fn area(&self, method: &Method) -> Area {
        match self {
            Place::Topic(_) if *method == Method::DELETE => Area::EndOfTopic,
            Place::Stream(_) | Place::Topic(_) => Area::Stream,
            Place::Api => Area::Api,
            Place::Page => Area::Page,
            Place::Health => Area::Health,
            Place::Nothing => Area::Nothing,
        }
    }
}

/// Streams are data, so they are looked up and not routed.
pub(crate) fn place<'a>(context: &Context, path: &'a str) -> Place<'a> {
    if let Some(name) = path.strip_prefix(PREFIX) {
        return Place::Topic(name);
    }
    if is_below(path, "/api") {
        return Place::Api;
    }
    match context.streams.find(path) {
        Some(stream) => Place::Stream(stream),
        None if path == "/healthz" => Place::Health,
        None if path == "/" || is_below(path, "/page") => Place::Page,
        None => Place::Nothing,
    }
}

/// Answers a request for a stream.
pub(crate) async fn stream(
    context: &Context,
    stream: Arc<Stream>,
    visitor: Visitor,
    request: Request<Body>,
) -> Answer {
    match *request.method() {
        Method::GET | Method::HEAD | Method::POST => {
            streams::open(context, stream, visitor, request).await
        }
        _ => other(&request).into(),
    }
}

/// Answers a request for a topic.
pub(crate) async fn topic(
    context: &Context,
    name: &str,
    visitor: Visitor,
    request: Request<Body>,
) -> Answer {
    match *request.method() {
        Method::GET | Method::HEAD => topics::subscribe(context, name, visitor, request).await,
        Method::POST => topics::publish(context, name, request).await.into(),
        Method::DELETE => topics::end(context, name).into(),
        _ => other(&request).into(),
    }
}

/// The routes of what is no stream.
pub(crate) fn router(context: &Arc<Context>) -> Router {
    Router::new()
        .route("/", get(page::index))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/api/state", get(api::state))
        .route("/api/connections", get(api::connections))
        .route("/api/preview", get(api::preview))
        .route("/api/wire", get(api::wire))
        .fallback(page::asset)
        .method_not_allowed_fallback(wrong_method)
        .with_state(Arc::clone(context))
}

async fn wrong_method(request: Request<Body>) -> Response<Body> {
    let (method, path) = (request.method(), request.uri().path());
    tell(
        path,
        StatusCode::METHOD_NOT_ALLOWED,
        &format!("{path} does not answer {method}: use GET."),
    )
}

/// OPTIONS that is not a preflight (RFC 9110 9.3.7), or a method that a stream does not have.
fn other(request: &Request<Body>) -> Response<Body> {
    let (method, path) = (request.method(), request.uri().path());
    let (allow, advice) = match path.starts_with(PREFIX) {
        true => ("GET, HEAD, POST, DELETE, OPTIONS", "GET, POST or DELETE"),
        false => ("GET, HEAD, POST, OPTIONS", "GET or POST"),
    };
    let mut response = if method == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        say(
            StatusCode::METHOD_NOT_ALLOWED,
            &format!("{path} does not answer {method}: use {advice}."),
        )
    };
    response
        .headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static(allow));
    response
}

/// What there is, for somebody who asked for something that is not.
pub(crate) fn not_found(context: &Context, path: &str) -> Response<Body> {
    let streams = context.streams.view().streams;
    let streams: Vec<&str> = streams.iter().map(|s| s.path.as_str()).collect();
    tell(
        path,
        StatusCode::NOT_FOUND,
        &format!(
            "There is nothing at {path}: the streams are {} and {PREFIX}NAME, and the page is at /.",
            streams.join(", ")
        ),
    )
}
