//! A stream is data, not code: a path, a source, a pace. Nothing else in the server knows one by
//! name.

mod info;
mod numbering;
mod overrides;
mod path;
mod template;
mod variant;

use std::slice;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use sse_wire::LineEnding;

use crate::keep_alive::KeepAlive;
pub use info::StreamInfo;
pub use overrides::Overrides;
pub use path::{RESERVED, RESERVED_SIGN, can_stand, is_below, is_reserved};
pub use template::{Moment, Template};
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
    /// How many events there are; `None` is endless.
    pub count: Option<u64>,
    /// What its events are.
    pub source: Source,
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
    /// What ends its lines.
    pub line_ending: LineEnding,
}

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
}

/// When the events of a stream are sent. The first is sent at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// The time between two events.
    pub every: Duration,
    /// By how much of it, more or less, each of these times differs; at most `every`.
    pub jitter: Duration,
    /// What the differences, `{random}` and `{pick}` are made from: the same seed gives the same
    /// stream.
    pub seed: u64,
}

impl Pace {
    /// A pace without jitter.
    pub fn every(every: Duration) -> Self {
        Self {
            every,
            ..Self::default()
        }
    }

    /// The time before the event with this number.
    fn before(&self, n: u64) -> Duration {
        if self.jitter.is_zero() {
            return self.every;
        }
        let width = u64::try_from(self.jitter.as_nanos() * 2).unwrap_or(u64::MAX);
        let part = template::random(self.seed, n, u64::MAX) % width.saturating_add(1);
        (self.every + Duration::from_nanos(part)).saturating_sub(self.jitter)
    }
}

impl Stream {
    /// What is sent for this number; `None` for a counter.
    pub fn entry(&self, n: u64) -> Option<&Entry> {
        match &self.source {
            Source::Counter => None,
            Source::Template(entry) => Some(entry),
            Source::List(entries) => entries.get(self.index(n, entries.len())),
        }
    }

    /// What its events are made of; nothing for a counter.
    fn entries(&self) -> &[Entry] {
        match &self.source {
            Source::Counter => &[],
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_differs_by_the_jitter_at_most_and_is_the_same_for_the_same_seed() {
        let ms = Duration::from_millis;
        let pace = Pace {
            every: ms(500),
            jitter: ms(200),
            seed: 7,
        };
        let gaps: Vec<Duration> = (1..1000).map(|n| pace.before(n)).collect();
        assert!(gaps.iter().all(|gap| (ms(300)..=ms(700)).contains(gap)));
        assert!(gaps.iter().any(|gap| *gap < ms(320)) && gaps.iter().any(|gap| *gap > ms(680)));
        assert_eq!(gaps, (1..1000).map(|n| pace.before(n)).collect::<Vec<_>>());
        let other = Pace { seed: 8, ..pace };
        assert_ne!(gaps[0], other.before(1));
    }
}
