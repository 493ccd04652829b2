//! What a path leads to, and the answer for a path that leads nowhere.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Response, StatusCode};
use sse_engine::stream::{Stream, is_below};
use sse_engine::topics::PREFIX;

use super::answer::tell;
use super::room::Room;
use crate::guard::Area;

/// What a path leads to.
#[derive(Clone, Debug)]
pub(crate) enum Lookup<'a> {
    Stream(Arc<Stream>),
    /// With the name that was asked for, good or bad.
    Topic(&'a str),
    Api,
    Page,
    Health,
    Nothing,
}

impl Lookup<'_> {
    /// The row of the guard's table for a request with this method.
    pub(crate) fn area(&self, method: &Method) -> Area {
        match self {
            Lookup::Topic(_) if *method == Method::DELETE => Area::EndOfTopic,
            Lookup::Stream(_) | Lookup::Topic(_) => Area::Stream,
            Lookup::Api => Area::Api,
            Lookup::Page => Area::Page,
            Lookup::Health => Area::Health,
            Lookup::Nothing => Area::Nothing,
        }
    }
}

/// Streams are data, so they are looked up and not routed.
pub(crate) fn lookup<'a>(room: &Room, path: &'a str) -> Lookup<'a> {
    if let Some(name) = path.strip_prefix(PREFIX) {
        return Lookup::Topic(name);
    }
    if is_below(path, "/api") {
        return Lookup::Api;
    }
    match room.streams.find(path) {
        Some(stream) => Lookup::Stream(stream),
        None if path == "/healthz" => Lookup::Health,
        None if path == "/" || is_below(path, "/page") => Lookup::Page,
        None => Lookup::Nothing,
    }
}

/// What there is, for somebody who asked for something that is not.
pub(crate) fn not_found(room: &Room, path: &str) -> Response<Body> {
    let streams = room.streams.view().streams;
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
