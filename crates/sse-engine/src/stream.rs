//! A stream is data, not code: a path, a source, a pace. Nothing else in the server knows a stream
//! by its name.

mod info;
mod line;
mod made;
mod numbering;
mod overrides;
mod pace;
mod path;
pub(crate) mod replay;
mod request;
mod selection;
mod source;
mod spaces;
mod speed;
mod template;
mod variant;

use std::slice;

use http::{HeaderName, HeaderValue};
use sse_wire::LineEnding;

use crate::fault::Fault;
use crate::keep_alive::KeepAlive;
pub use info::StreamInfo;
pub use line::{LINE_KEYS, LineEvent};
pub use made::{MAX_EVENT, Made};
pub use overrides::Overrides;
pub use pace::Pace;
pub use path::{MAX_PATH, RESERVED, RESERVED_SIGN, can_stand, is_below, is_reserved, is_servable};
pub use replay::{OwnFault, Playback, Replay, ReplayHead};
pub use request::{MAX_JSON, Request};
pub use source::{Entry, Source};
pub use spaces::without_spaces;
pub use speed::Speed;
pub use template::{BadTemplate, Condition, Language, Moment, Template};
pub use variant::Variant;

/// One entry of the stream list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Where it is served, with its leading slash. Never `/`, `/healthz` or below `/api` or
    /// `/topics`.
    pub path: String,
    /// What the window calls it.
    pub title: String,
    /// The number of its first event; each one after it is one higher.
    pub from: u64,
    /// How many events there are; `None` is endless, or as many as a recording has.
    pub count: Option<u64>,
    /// What its events are.
    pub source: Source,
    /// The name of a file beside the file of streams that has the events: NDJSON or CSV. What they
    /// lack is that of the source.
    pub events_file: Option<String>,
    /// When they are sent.
    pub pace: Pace,
    /// Milliseconds a client is told to wait before it reconnects, sent with the first event of
    /// each connection.
    pub retry: Option<u64>,
    /// When a comment keeps an idle connection alive; `None` is as the server has it.
    pub keep_alive: Option<KeepAlive>,
    /// Whether a blank line follows that comment; `None` is as the server has it. Clients that make
    /// an event of every block want none.
    pub keep_alive_blank: Option<bool>,
    /// Further fields of the response head; one that the server sends too takes its place.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// What is sent to keep an idle connection alive, in place of the comment: lines that end with
    /// a line feed but for the last one, none of them empty.
    pub keep_alive_lines: Option<String>,
    /// Whether a space follows the colon of each of its lines.
    pub space: bool,
    /// What ends its lines.
    pub line_ending: LineEnding,
    /// Faults that are armed while it is served: each names this stream, and none is a profile.
    pub faults: Vec<Fault>,
}

impl Stream {
    /// One that replays a recording at this path, and has nothing else of its own.
    pub fn replaying(path: String, title: String, playback: Playback) -> Self {
        Self {
            path,
            title,
            from: replay::FIRST,
            count: None,
            source: Source::Recording(playback),
            events_file: None,
            pace: Pace::default(),
            retry: None,
            keep_alive: None,
            keep_alive_blank: None,
            keep_alive_lines: None,
            space: true,
            headers: Vec::new(),
            line_ending: LineEnding::default(),
            faults: Vec::new(),
        }
    }

    /// What it replays, where it does.
    pub fn playback(&self) -> Option<&Playback> {
        match &self.source {
            Source::Recording(playback) => Some(playback),
            _ => None,
        }
    }

    /// What ends its lines: of a recording, its first line.
    pub(crate) fn usual_line_ending(&self) -> LineEnding {
        let first = self.playback().and_then(|it| it.replay.responses.first());
        first.map_or(self.line_ending, |response| response.line_ending)
    }

    /// Whether its events are numbers and nothing else.
    pub fn is_counter(&self) -> bool {
        matches!(self.source, Source::Counter)
    }

    /// What is sent for this number; `None` for a counter and a recording.
    pub fn entry(&self, n: u64) -> Option<&Entry> {
        match &self.source {
            Source::Counter | Source::Recording(_) => None,
            Source::Template(entry) => Some(entry),
            Source::List(entries) => entries.get(self.index(n, entries.len())),
        }
    }

    /// What keeps an idle connection alive, with a blank line behind it or without one.
    pub fn keep_alive_bytes(&self, blank: bool) -> Vec<u8> {
        let (own, ending) = (self.keep_alive_lines.as_deref(), self.usual_line_ending());
        let mut bytes = Vec::new();
        for line in own.unwrap_or(": keep-alive").split('\n') {
            bytes.extend_from_slice(line.as_bytes());
            bytes.extend_from_slice(ending.as_bytes());
        }
        if own.is_none() && !self.space {
            without_spaces(&mut bytes, 0);
        }
        if blank {
            bytes.extend_from_slice(ending.as_bytes());
        }
        bytes
    }

    /// What its events are made of; nothing for a counter and a recording.
    fn entries(&self) -> &[Entry] {
        match &self.source {
            Source::Counter | Source::Recording(_) => &[],
            Source::Template(entry) => slice::from_ref(entry),
            Source::List(entries) => entries,
        }
    }

    /// Where in a list of so many entries the event with this number stands: the first of the
    /// stream is the first of the list, and what comes before it is at the end.
    fn index(&self, n: u64, entries: usize) -> usize {
        let entries = i128::try_from(entries.max(1)).unwrap_or(1);
        let place = (i128::from(n) - i128::from(self.from)).rem_euclid(entries);
        // Below the length of a list.
        usize::try_from(place).unwrap_or(0)
    }
}

/// Streams of tests.
#[cfg(test)]
mod fixtures {
    use super::*;
    use crate::file::shipped;

    pub(super) fn entry(event: &str, id: &str, data: &str) -> Entry {
        let template = |text: &str| Template::parse(text).expect("a template");
        Entry {
            event: (!event.is_empty()).then(|| template(event)),
            id: (!id.is_empty()).then(|| template(id)),
            data: (!data.is_empty()).then(|| template(data)),
            ..Entry::default()
        }
    }

    pub(super) fn list(entries: Vec<Entry>) -> Stream {
        Stream {
            source: Source::List(entries),
            ..shipped().remove(1)
        }
    }
}
