//! When which fault was armed, for a picture of what happened: also of those that are armed no
//! longer.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use sse_engine::time::{millis, since_1970};

use super::Entry;

/// Faults that are armed no longer and are kept.
const KEPT: usize = 100;

/// Characters of a text that are handed out: it names the fault, and does not describe it.
const SHOWN: usize = 120;

/// From when to when a fault was armed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct ArmedSpan {
    /// The number of the fault.
    pub fault: u64,
    /// Its canonical text, or the beginning of a long one.
    pub text: String,
    /// The path of the only stream that it strikes.
    pub stream: Option<String>,
    /// The tag of the only client that it strikes.
    pub client: Option<String>,
    /// Whether it strikes whoever connects, before a byte of a request is read.
    pub of_port: bool,
    /// When it began, or will begin, in milliseconds since 1970.
    pub from_ms: u64,
    /// When it was healed or over; nothing while it is armed.
    pub to_ms: Option<u64>,
    /// Of one that resets every connection: when the newest 100 came.
    pub tries_ms: Vec<u64>,
}

/// The spans of faults that are armed no longer, the newest [`KEPT`] of all rooms.
#[derive(Debug, Default)]
pub(super) struct Spans(VecDeque<(Option<Box<str>>, ArmedSpan)>);

impl Spans {
    /// Keeps a fault that is armed no longer.
    pub(super) fn add(&mut self, entry: &Entry, now: SystemTime) {
        let span = ArmedSpan::of(entry, Some(now));
        // One that was healed before it began concerned nobody.
        if span.to_ms.is_some_and(|to| to < span.from_ms) {
            return;
        }
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        let room = entry.armed.fault.who.room.as_deref();
        self.0.push_back((room.map(Box::from), span));
    }

    /// Forgets those of a room.
    pub(super) fn forget(&mut self, room: Option<&str>) {
        self.0.retain(|(of, _)| of.as_deref() != room);
    }

    /// Those of a room; `None` is the room that has no name.
    pub(super) fn of_room(&self, room: Option<&str>) -> Vec<ArmedSpan> {
        let all = self.0.iter();
        let here = all.filter(|(of, _)| of.as_deref() == room);
        here.map(|(_, span)| span.clone()).collect()
    }
}

impl ArmedSpan {
    pub(super) fn of(entry: &Entry, over: Option<SystemTime>) -> Self {
        let armed = &entry.armed;
        let (fault, begins) = (&armed.fault, armed.begins);
        // Reckoned from when it was armed, so that the bounds of one span are of one clock.
        let from = entry.at + begins.saturating_duration_since(entry.since);
        let after = |time: Duration| millis(since_1970(from + time));
        let until = armed.until().map(|until| until.duration_since(begins));
        let (until, over) = (until.map(after), over.map(|at| millis(since_1970(at))));
        let tries = entry.tries.as_ref();
        let tries = tries.map(|tries| tries.newest(|at| after(at.duration_since(begins))));
        Self {
            fault: armed.id,
            text: beginning(&fault.to_string()),
            stream: fault.who.stream.clone(),
            client: fault.who.client.clone(),
            of_port: fault.act.of_port().is_some(),
            from_ms: after(Duration::ZERO),
            // It is found to be over a little later than it is.
            to_ms: over.map(|over| until.map_or(over, |until| until.min(over))),
            tries_ms: tries.unwrap_or_default(),
        }
    }
}

fn beginning(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
