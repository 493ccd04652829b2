//! What a path leads to, and the answer for a path that leads nowhere.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Response, StatusCode};
use sse_engine::stream::{Stream, is_below};
use sse_engine::topics::PREFIX;

use super::answer::tell;
use super::room::Room;
use super::room_path::RoomPath;
use crate::guard::Area;
use crate::mount::{self, Mount, MountArea};
use crate::upstream::Upstream;

/// What a path leads to.
#[derive(Clone, Debug)]
pub(crate) enum Lookup<'a> {
    Stream(Arc<Stream>),
    /// With the name that was asked for, good or bad.
    Topic(&'a str),
    Api,
    Page,
    Health,
    Metrics,
    /// What somebody else answers.
    Mount(&'a Mount),
    /// What the room's upstream is asked for.
    Upstream(Arc<Upstream>),
    Nothing,
}

impl Lookup<'_> {
    /// The same, where what is nothing goes to an upstream, if there is one.
    pub(crate) fn or_upstream(self, upstream: Option<Arc<Upstream>>) -> Self {
        match (self, upstream) {
            (Self::Nothing, Some(upstream)) => Self::Upstream(upstream),
            (found, _) => found,
        }
    }

    /// Whether it is what a client of a stream asks for.
    pub(crate) fn is_stream(&self) -> bool {
        matches!(self, Self::Stream(_) | Self::Topic(_) | Self::Upstream(_))
    }

    /// The row of the guard's table for a request with this method.
    pub(crate) fn area(&self, method: &Method) -> Area {
        match self {
            Lookup::Topic(_) if *method == Method::DELETE => Area::EndOfTopic,
            Lookup::Stream(_) | Lookup::Topic(_) | Lookup::Upstream(_) => Area::Stream,
            Lookup::Mount(mount) => match mount.area {
                MountArea::Stream => Area::Stream,
                MountArea::Page => Area::Page,
                MountArea::Api => Area::Api,
            },
            Lookup::Api => Area::Api,
            Lookup::Page => Area::Page,
            Lookup::Health => Area::Health,
            Lookup::Metrics => Area::Metrics,
            Lookup::Nothing => Area::Nothing,
        }
    }
}

/// What a path leads to in a room that has a name: there are streams and topics only.
pub(crate) fn lookup_in<'a>(room: &Room, path: &'a str) -> Lookup<'a> {
    match path.strip_prefix(PREFIX) {
        Some(name) => Lookup::Topic(name),
        None => room
            .streams()
            .find(path)
            .map_or(Lookup::Nothing, Lookup::Stream),
    }
}

/// The same in the default room, beside these mounts. Streams are data, so they are looked up and
/// not routed.
pub(crate) fn lookup<'a>(room: &Room, mounts: &'a [Mount], path: &'a str) -> Lookup<'a> {
    if let Some(mount) = mount::find(mounts, path) {
        return Lookup::Mount(mount);
    }
    if let Some(name) = path.strip_prefix(PREFIX) {
        return Lookup::Topic(name);
    }
    if is_below(path, "/api") {
        return Lookup::Api;
    }
    match room.streams().find(path) {
        Some(stream) => Lookup::Stream(stream),
        None if path == "/healthz" || path == "/readyz" => Lookup::Health,
        None if path == "/metrics" => Lookup::Metrics,
        None if path == "/" || is_below(path, "/page") => Lookup::Page,
        None => Lookup::Nothing,
    }
}

/// What there is, for somebody who asked for something that is not.
pub(crate) fn not_found(room: &Room, path: &str) -> Response<Body> {
    let status = StatusCode::NOT_FOUND;
    if let Some(Err(why)) = RoomPath::of(path) {
        return tell(path, status, &format!("There is nothing at {path}: {why}"));
    }
    let before = room
        .name()
        .map(|room| format!("/@{room}"))
        .unwrap_or_default();
    let streams = room.streams().view().streams.into_iter();
    let streams: Vec<String> = streams.map(|s| format!("{before}{}", s.path)).collect();
    tell(
        path,
        status,
        &format!(
            "There is nothing at {path}: the streams are {} and {before}{PREFIX}NAME, and the page is at /.",
            streams.join(", ")
        ),
    )
}
