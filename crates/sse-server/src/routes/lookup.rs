//! What a path leads to, and what is said of one that leads nowhere.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Response, StatusCode};

use super::answer::tell;
use super::context::Context;
use super::page;
use crate::guard::Area;
use sse_engine::stream::{Stream, is_below};
use sse_engine::topics::PREFIX;

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
        None if path == "/" || is_below(path, "/page") || page::is_file(path) => Place::Page,
        None => Place::Nothing,
    }
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
