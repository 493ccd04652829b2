//! The source of a stream's events, and what one event contains.

use std::sync::Arc;
use std::time::Duration;

use super::Playback;
use super::template::{Condition, Template};

/// What the events of a stream are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The number is data and id of its event.
    Counter,
    /// Every event is made of the same texts.
    Template(Box<Entry>),
    /// The events in their order, and from the beginning again where there are to be more. Never
    /// empty.
    List(Vec<Entry>),
    /// What was recorded, byte for byte, and when it was.
    Recording(Playback),
}

/// One event, or what is sent in the place of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Text that clients skip.
    pub comment: Option<Template>,
    /// How long clients wait before they connect again, in milliseconds.
    pub retry: Option<u64>,
    /// The event's name: text and `{pick}` only.
    pub event: Option<Template>,
    /// The event's id: text and at most one `{n}`.
    pub id: Option<Template>,
    /// What the event carries; without it clients dispatch nothing.
    pub data: Option<Template>,
    /// The time before it, in place of the pace.
    pub after: Option<Duration>,
    /// Bytes that are sent as they are, in place of all of the above.
    pub raw: Option<Arc<[u8]>>,
    /// How many bytes its data has at least: spaces are put behind it.
    pub pad: Option<u64>,
    /// What a client must have asked for; else its list does not have this event.
    pub when: Option<Condition>,
}
