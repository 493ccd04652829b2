//! A recording made ready to be served: the bytes of each response with their times, where its
//! events end, and how it ended.
//!
//! The events are those that a client reads, so they are computed here, and no recording says them.

mod head;
mod read;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sse_wire::LineEnding;

use super::Speed;
use crate::fault::{Armed, Fault};
use crate::recording::End;
pub use head::ReplayHead;

/// A recording as a stream plays it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Playback {
    /// What is played. It is empty in what was read from a file of streams, until whoever opens
    /// files has read the recording.
    pub replay: Arc<Replay>,
    /// How fast.
    pub speed: Speed,
    /// Whether each event waits for a step.
    pub step: bool,
}

/// A recording made ready to be served. Make one with [`Replay::new`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replay {
    /// The responses, in the order of the recording.
    pub(crate) responses: Vec<Response>,
    /// All events, of which the first has the number [`FIRST`].
    pub(crate) events: Vec<ReplayEvent>,
    /// The number of the newest event when an id was sent; nothing for an id that leads to
    /// several.
    ids: HashMap<Box<str>, Option<u64>>,
    /// The names of its events.
    names: BTreeSet<String>,
}

/// The number of the first event of a recording.
pub(crate) const FIRST: u64 = 1;

/// What was answered to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Response {
    /// The head; nothing where none came.
    pub(crate) head: Option<ReplayHead>,
    /// How long after the request it came.
    pub(crate) head_after: Duration,
    /// The faults that stand before it.
    pub(crate) at_door: Vec<OwnFault>,
    /// The body.
    pub(crate) body: Vec<u8>,
    /// Its pieces, and the faults between them.
    pub(crate) cues: Vec<Cue>,
    /// How it ended.
    pub(crate) end: End,
    /// How long after the last cue.
    pub(crate) end_after: Duration,
    /// How many events came before it.
    pub(crate) before: u64,
    /// How many it has.
    pub(crate) events: u64,
    /// The reconnection times in it, each with the byte behind its line.
    pub(crate) retries: Vec<(usize, u64)>,
    /// What ends its first line.
    pub(crate) line_ending: LineEnding,
}

/// What comes next in a response, and how long after what came before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cue {
    pub(crate) after: Duration,
    pub(crate) what: CueKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CueKind {
    /// The body up to this byte, in one piece.
    Piece(usize),
    /// A fault strikes from here on.
    Fault(Box<OwnFault>),
}

/// An event of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReplayEvent {
    /// The place of its response.
    pub(crate) response: usize,
    /// The byte behind its blank line.
    pub(crate) end: usize,
    /// The id that its block gave it.
    pub(crate) id: Option<Box<str>>,
}

/// A fault that a recording brings: it strikes whoever is served the recording, from its place on.
#[derive(Clone, Debug)]
pub struct OwnFault {
    fault: Fault,
    /// How often it struck; all that it strikes share this.
    strikes: Arc<AtomicU64>,
}

/// What the recording says, and not how often it was played.
impl PartialEq for OwnFault {
    fn eq(&self, other: &Self) -> bool {
        self.fault == other.fault
    }
}

impl Eq for OwnFault {}

impl OwnFault {
    fn new(fault: Fault) -> Self {
        Self {
            fault,
            strikes: Arc::default(),
        }
    }

    /// The fault.
    pub fn fault(&self) -> &Fault {
        &self.fault
    }

    /// How often it struck.
    pub fn strikes(&self) -> u64 {
        self.strikes.load(Ordering::Relaxed)
    }

    /// The same with this number, armed at this instant. It counts its strikes together with all
    /// that were armed before.
    pub fn armed(&self, id: u64, now: Instant) -> Armed {
        Armed::counted(id, self.fault.clone(), now, Arc::clone(&self.strikes))
    }
}

/// Where a client is in a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// The place of the response.
    pub(crate) response: usize,
    /// The byte of its body.
    pub(crate) byte: usize,
}

impl Replay {
    /// How many events it has.
    pub fn len(&self) -> u64 {
        self.events.len() as u64
    }

    /// Whether it has no event.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// How many responses it has.
    pub fn responses(&self) -> usize {
        self.responses.len()
    }

    /// The names that its events have.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The head of its first response, where that has one.
    pub fn first_head(&self) -> Option<&ReplayHead> {
        self.responses.first()?.head.as_ref()
    }

    /// Whether some of its events have ids.
    pub fn has_ids(&self) -> bool {
        !self.ids.is_empty()
    }

    /// Whether each of its ids leads to one event.
    pub fn has_unique_ids(&self) -> bool {
        self.has_ids() && self.ids.values().all(Option::is_some)
    }

    /// How many faults stand in it.
    pub fn faults(&self) -> usize {
        let faults = self.responses.iter().map(|response| {
            let cues = response.cues.iter();
            let within = cues.filter(|cue| matches!(cue.what, CueKind::Fault(_)));
            response.at_door.len() + within.count()
        });
        faults.sum()
    }

    /// Whether its last response has no end: it stays open, and silent.
    pub fn stays_open(&self) -> bool {
        let last = self.responses.last();
        last.is_some_and(|last| matches!(last.end, End::Open | End::Timeout))
    }

    /// Whether its last response ended in order.
    pub(crate) fn is_whole(&self) -> bool {
        self.responses
            .last()
            .is_none_or(|last| last.end == End::End)
    }

    /// How long its pieces take at its own pace.
    pub(super) fn time(&self) -> Duration {
        let cues = self.responses.iter().flat_map(|response| &response.cues);
        cues.fold(Duration::ZERO, |sum, cue| sum.saturating_add(cue.after))
    }

    /// The reconnection time that it tells last, in milliseconds.
    pub(super) fn retry(&self) -> Option<u64> {
        let mut retries = self.responses.iter().flat_map(|it| &it.retries);
        retries.next_back().map(|(_, retry)| *retry)
    }

    /// The number of the event that a client had last that brings this id. An id that leads to
    /// several events leads to none.
    pub(super) fn number_of(&self, id: &str) -> Option<u64> {
        self.ids.get(id).copied().flatten()
    }

    /// Whether this id leads to several events.
    pub(super) fn repeats_id(&self, id: &str) -> bool {
        matches!(self.ids.get(id), Some(None))
    }

    /// The event with this number.
    pub(crate) fn event(&self, n: u64) -> Option<&ReplayEvent> {
        let at = usize::try_from(n.checked_sub(FIRST)?).ok()?;
        self.events.get(at)
    }

    /// Where a client goes on that had the event with this number: behind it, and where that was
    /// the last of its response, at the beginning of the next response. `None` where there is
    /// nothing behind it.
    pub(crate) fn behind(&self, had: u64) -> Option<Position> {
        let had = had.min(self.len());
        let position = match self.event(had) {
            None => Position {
                response: 0,
                byte: 0,
            },
            Some(event) => {
                let response = self.responses.get(event.response)?;
                let is_last = response.before + response.events == had;
                let is_over = is_last && event.response + 1 == self.responses.len();
                match is_last && !is_over {
                    true => Position {
                        response: event.response + 1,
                        byte: 0,
                    },
                    false if is_over && self.is_whole() => return None,
                    false => Position {
                        response: event.response,
                        byte: event.end,
                    },
                }
            }
        };
        (position.response < self.responses.len()).then_some(position)
    }

    /// Where the event with this number begins, with what stands before it in its response.
    pub(crate) fn begin_of(&self, n: u64) -> Option<Position> {
        if n <= FIRST {
            return self.behind(0);
        }
        let event = self.event(n)?;
        let before = self.event(n - 1)?;
        let byte = match before.response == event.response {
            true => before.end,
            false => 0,
        };
        Some(Position {
            response: event.response,
            byte,
        })
    }

    /// The event that the next step sends to a client that was sent the event `last` by its
    /// connection, if one, and is sent `next` next; nothing where its response has no more.
    pub fn stepped(&self, last: Option<u64>, next: Option<u64>) -> Option<u64> {
        let next = next?;
        let of = |n| self.event(n).map(|event| event.response);
        let response = of(next)?;
        let same = last.and_then(of).is_none_or(|last| last == response);
        same.then_some(next)
    }

    /// Where a client begins that had this event, or none; then it begins with the event `from`.
    pub(crate) fn begin(&self, had: Option<u64>, from: u64) -> Option<Position> {
        match had.filter(|had| *had >= from) {
            Some(had) => self.behind(had),
            None => self.begin_of(from),
        }
    }

    /// The response that such a client is sent.
    pub(super) fn response_behind(&self, had: Option<u64>, from: u64) -> Option<&Response> {
        self.responses.get(self.begin(had, from)?.response)
    }

    /// The number of the first event that ends behind this place of a response.
    pub(crate) fn next_number(&self, at: Position) -> u64 {
        let Some(response) = self.responses.get(at.response) else {
            return FIRST + self.len();
        };
        let events = self.events_of(response);
        let had = events.partition_point(|event| event.end <= at.byte);
        FIRST + response.before + had as u64
    }

    /// The events of a response.
    pub(crate) fn events_of(&self, response: &Response) -> &[ReplayEvent] {
        let at = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let (from, to) = (at(response.before), at(response.before + response.events));
        self.events.get(from..to).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
