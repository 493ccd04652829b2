//! The room that a path names, and the path in it: `/@NAME/...` in front of a stream or a topic.

use std::fmt;

use sse_engine::stream::is_reserved;
use sse_engine::topics::{PREFIX, is_name};

/// What the name of a room has in front of it.
const SIGN: &str = "/@";

/// A path that begins with a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RoomPath<'a> {
    /// The room's name, which a room can have.
    pub(super) name: &'a str,
    /// The path of a stream or a topic, with its slash.
    pub(super) path: &'a str,
}

/// Why there is nothing at a path that begins like one in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoRoom<'a> {
    /// No room can have this name.
    BadName,
    /// In this room there is no such place: there are streams and topics only.
    NoPlace(&'a str),
    /// The same, where the API is asked for.
    Api(&'a str),
}

impl<'a> RoomPath<'a> {
    /// Reads a path that begins with a room which hands on what it does not answer: any path is one
    /// of it. `None` where no room can have the name.
    pub(super) fn open(path: &'a str) -> Option<Self> {
        let rest = path.strip_prefix(SIGN)?;
        let (name, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let path = if path.is_empty() { "/" } else { path };
        is_name(name).then_some(Self { name, path })
    }

    /// A path and query without the room in front, however it is spelled.
    pub(super) fn behind(target: &str) -> &str {
        match target.get(1..).and_then(|rest| rest.find(['/', '?'])) {
            Some(at) => &target[at + 1..],
            None => "",
        }
    }

    /// Reads a path; `None` where it is one of the default room.
    pub(super) fn of(path: &'a str) -> Option<Result<Self, NoRoom<'a>>> {
        let rest = path.strip_prefix(SIGN)?;
        let (name, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        Some(match (is_name(name), path) {
            (false, _) => Err(NoRoom::BadName),
            (true, path) if path.starts_with(PREFIX) => Ok(Self { name, path }),
            (true, path) if path == "/api" || path.starts_with("/api/") => Err(NoRoom::Api(name)),
            (true, path) if path.is_empty() || is_reserved(path) => Err(NoRoom::NoPlace(name)),
            (true, path) => Ok(Self { name, path }),
        })
    }
}

/// As a sentence says what is wrong, and what to do.
impl fmt::Display for NoRoom<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadName => f.write_str(
                "the name of a room is 1 to 64 letters, digits, dots, hyphens, underscores or tildes, with a letter or digit first, such as /@w1/numbers.",
            ),
            Self::NoPlace(room) => write!(
                f,
                "a room has streams and topics only, such as /@{room}/numbers and /@{room}{PREFIX}NAME."
            ),
            Self::Api(room) => write!(
                f,
                "the API is outside of rooms: give it room={room}, such as /api/connections?room={room}."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_stands_in_front_of_a_stream_or_a_topic() {
        for (path, name, rest) in [
            ("/@a/numbers", "a", "/numbers"),
            (
                "/@w3.x_~-/v1/chat/completions",
                "w3.x_~-",
                "/v1/chat/completions",
            ),
            ("/@a/topics/news", "a", "/topics/news"),
            ("/@a/topics/", "a", "/topics/"),
            ("/@a/nothing", "a", "/nothing"),
            ("/@a/apix", "a", "/apix"),
        ] {
            let read = RoomPath::of(path);
            assert_eq!(read, Some(Ok(RoomPath { name, path: rest })), "{path}");
        }
        for outside in ["/", "/numbers", "/a/@b/c", "/topics/@a", "@a/numbers", ""] {
            assert_eq!(RoomPath::of(outside), None, "{outside}");
        }
    }

    #[test]
    fn anything_else_there_is_nothing() {
        let long = format!("/@{}/numbers", "x".repeat(65));
        for (path, why) in [
            ("/@", NoRoom::BadName),
            ("/@/numbers", NoRoom::BadName),
            ("/@-a/numbers", NoRoom::BadName),
            ("/@a%20b/numbers", NoRoom::BadName),
            ("/@@a/numbers", NoRoom::BadName),
            (&long, NoRoom::BadName),
            ("/@a", NoRoom::NoPlace("a")),
            ("/@a/", NoRoom::NoPlace("a")),
            ("/@a/@b/numbers", NoRoom::NoPlace("a")),
            ("/@a/topics", NoRoom::NoPlace("a")),
            ("/@a/page/main.js", NoRoom::NoPlace("a")),
            ("/@a/healthz", NoRoom::NoPlace("a")),
            ("/@a/api", NoRoom::Api("a")),
            ("/@a/api/state", NoRoom::Api("a")),
        ] {
            assert_eq!(RoomPath::of(path), Some(Err(why)), "{path}");
            assert!(why.to_string().ends_with('.'));
        }
    }
}
