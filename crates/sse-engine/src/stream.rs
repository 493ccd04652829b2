//! A stream is data, not code: a path, a source, a pace. Nothing else in the server knows one by name.

mod overrides;
mod path;
mod play;
mod template;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::slice;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use serde::Serialize;
use sse_wire::LineEnding;

use crate::keep_alive::KeepAlive;
pub use overrides::Overrides;
pub use path::{RESERVED, RESERVED_SIGN, can_stand, is_below, is_reserved};
pub use play::Play;
pub use template::Moment;
pub use template::Template;

/// One entry of the stream list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Where it is served, with its leading slash. Never `/`, `/healthz` or below `/api` or `/topics`.
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
    /// Milliseconds a client is told to wait before it reconnects, sent with the first event of each
    /// connection.
    pub retry: Option<u64>,
    /// When a comment keeps an idle connection alive; `None` is as the server has it.
    pub keep_alive: Option<KeepAlive>,
    /// Whether a blank line follows that comment; `None` is as the server has it. Clients that make an event of every block want
    /// none.
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
    /// The events in their order, and from the beginning again where there are to be more. Never empty.
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
    /// What the differences, `{random}` and `{pick}` are made from: the same seed gives the same stream.
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
            Source::List(entries) => entries.get(self.place(n, entries.len())),
        }
    }

    /// The number of the event that was given this id, if one was; of several, which only a list that begins again can
    /// have, the first from `from` on.
    pub fn number_of(&self, id: &str, from: u64) -> Option<u64> {
        match &self.source {
            Source::Counter => Template::number().number_in(id),
            Source::Template(entry) => {
                let template = entry.id.as_ref()?;
                if template.as_plain() == Some(id) {
                    return Some(from);
                }
                template.number_in(id)
            }
            Source::List(entries) => {
                let length = entries.len();
                let first = self.place(from, length);
                entries.iter().enumerate().find_map(|(at, entry)| {
                    let template = entry.id.as_ref()?;
                    if template.as_plain() == Some(id) {
                        let further = (at + length - first) % length;
                        return Some(from + further as u64);
                    }
                    let n = template.number_in(id)?;
                    (self.place(n, length) == at).then_some(n)
                })
            }
        }
    }

    /// The id of the event with this number, if it has one.
    pub fn id_of(&self, n: u64) -> Option<String> {
        let Some(entry) = self.entry(n) else {
            return Some(n.to_string());
        };
        let moment = Moment {
            n,
            seed: self.pace.seed,
            wall: std::time::UNIX_EPOCH,
        };
        let id = entry.id.as_ref()?;
        Some(id.text(&moment).into_owned())
    }

    /// The last id that a client was given that was sent so many `events`, the last of them numbered `last`, with the
    /// number of its event.
    pub fn last_id(&self, last: u64, events: u64) -> Option<(u64, String)> {
        let Source::List(entries) = &self.source else {
            return Some((last, self.id_of(last)?));
        };
        let mut left = events;
        if left == 0 {
            return None;
        }
        for n in (0..=last).rev().take(entries.len()) {
            if let Some(id) = self.id_of(n) {
                return Some((n, id));
            }
            left -= u64::from(self.entry(n).is_some_and(|entry| entry.data.is_some()));
            // What comes before the first event was not sent, or is not worth a lie.
            if left == 0 {
                break;
            }
        }
        None
    }

    /// How many events there are from the number `from` on, before the number `to`: what has no data is none.
    pub fn events_between(&self, from: u64, to: u64) -> u64 {
        let numbers = to.saturating_sub(from);
        let entries = match &self.source {
            Source::Counter => return numbers,
            Source::Template(entry) => return if entry.data.is_some() { numbers } else { 0 },
            Source::List(entries) => entries,
        };
        let with_data = |entries: &[Entry]| {
            let events = entries.iter().filter(|entry| entry.data.is_some());
            events.count() as u64
        };
        let length = entries.len() as u64;
        let (rounds, rest) = (numbers / length, numbers % length);
        // Both are below the length of a list.
        let at = self.place(from, entries.len());
        let rest = usize::try_from(rest).unwrap_or(0);
        let to_the_end = rest.min(entries.len() - at);
        rounds * with_data(entries)
            + with_data(&entries[at..at + to_the_end])
            + with_data(&entries[..rest - to_the_end])
    }

    /// Whether more than one event has this id, so that it leads to the first of them.
    pub fn repeats_id(&self, id: &str) -> bool {
        let entries = self.entries();
        let plain = |entry: &Entry| entry.id.as_ref().and_then(Template::as_plain) == Some(id);
        self.count.is_none_or(|count| count > entries.len() as u64) && entries.iter().any(plain)
    }

    /// How many events it can give without giving an id twice; `None` is as many as there are numbers.
    pub fn distinct_ids(&self) -> Option<u64> {
        let entries = self.entries();
        let own = entries.iter().any(|entry| {
            let id = entry.id.as_ref().and_then(Template::as_plain);
            id.is_some_and(|id| !id.is_empty())
        });
        own.then_some(entries.len() as u64)
    }

    /// Whether its events have ids, or some of them.
    fn has_ids(&self) -> bool {
        matches!(self.source, Source::Counter)
            || self.entries().iter().any(|entry| entry.id.is_some())
    }

    /// Whether it has more events than a page takes at once, and hardly a pause between them.
    fn is_unpaced(&self) -> bool {
        let entries = self.entries();
        let times = entries
            .iter()
            .map(|entry| entry.after.unwrap_or(self.pace.every));
        let round = match self.source {
            Source::Counter => self.pace.every,
            _ => times.sum(),
        };
        let events = u32::try_from(entries.len().max(1)).unwrap_or(u32::MAX);
        round < LEAST_PAUSE * events && self.count.is_none_or(|count| count > MOST_AT_ONCE)
    }

    /// What its events are made of; nothing for a counter.
    fn entries(&self) -> &[Entry] {
        match &self.source {
            Source::Counter => &[],
            Source::Template(entry) => slice::from_ref(entry),
            Source::List(entries) => entries,
        }
    }

    /// Where in a list of so many entries the event with this number stands: the first of the stream is the first of
    /// the list, and what comes before it is at the end.
    fn place(&self, n: u64, entries: usize) -> usize {
        let entries = i128::try_from(entries.max(1)).unwrap_or(1);
        let place = (i128::from(n) - i128::from(self.from)).rem_euclid(entries);
        // Below the length of a list.
        usize::try_from(place).unwrap_or(0)
    }

    /// The names that its events can have.
    fn names(&self) -> Vec<String> {
        let of = |entry: &Entry| match &entry.event {
            _ if entry.data.is_none() => Vec::new(),
            None => vec![MESSAGE.to_owned()],
            Some(event) => event.all().unwrap_or_default(),
        };
        let names = match &self.source {
            Source::Counter => vec![MESSAGE.to_owned()],
            Source::Template(entry) => of(entry),
            Source::List(entries) => entries.iter().flat_map(of).collect(),
        };
        // An empty name is the default one (HTML 9.2.6).
        let heard = |name: String| match name.is_empty() {
            true => MESSAGE.to_owned(),
            false => name,
        };
        let names: BTreeSet<String> = names.into_iter().map(heard).collect();
        names.into_iter().collect()
    }
}

/// A page takes an event in less, but not much less.
const LEAST_PAUSE: Duration = Duration::from_micros(100);

/// As many events as a page takes in one go and still answers soon (docs/LIMITS.md).
const MOST_AT_ONCE: u64 = 40_000;

/// The name of an event that is given none.
const MESSAGE: &str = "message";

/// What the page is told of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StreamInfo {
    /// Where it is served.
    pub path: String,
    /// What it is called.
    pub title: String,
    /// Its count and pace in words.
    pub summary: String,
    /// Whether it goes on until somebody ends it.
    pub endless: bool,
    /// The reconnection time in milliseconds that its clients are told.
    pub retry_ms: Option<u64>,
    /// The event names that it sends, so that a client can listen for them all.
    pub events: Vec<String>,
    /// Whether its events have ids: without them a client that comes back gets it from its beginning.
    pub ids: bool,
    /// Whether it sends more events without a pause than a page can take: a client that reads all that comes gets to
    /// nothing else.
    pub unpaced: bool,
}

impl From<&Stream> for StreamInfo {
    fn from(stream: &Stream) -> Self {
        let amount = stream.count.map_or_else(
            || "endless".to_owned(),
            |n| format!("{n} event{}", if n == 1 { "" } else { "s" }),
        );
        Self {
            path: stream.path.clone(),
            title: stream.title.clone(),
            summary: format!("{amount}, {}", pace(stream)),
            endless: stream.count.is_none(),
            retry_ms: stream.retry,
            events: stream.names(),
            ids: stream.has_ids(),
            unpaced: stream.is_unpaced(),
        }
    }
}

/// `every 500 ms`, or what else the pace is.
fn pace(stream: &Stream) -> Cow<'static, str> {
    let own = match &stream.source {
        Source::Counter => 0,
        Source::Template(entry) => usize::from(entry.after.is_some()),
        Source::List(entries) => entries.iter().filter(|entry| entry.after.is_some()).count(),
    };
    let Pace { every, jitter, .. } = stream.pace;
    if own > 0 {
        return "own pace".into();
    }
    if every.is_zero() {
        return "as fast as it is read".into();
    }
    let mut words = format!("every {}", time(every));
    if !jitter.is_zero() {
        words += &format!(" ± {}", time(jitter));
    }
    words.into()
}

/// `1 s 500 ms`, with the space between number and unit that people write.
fn time(time: Duration) -> String {
    let mut words = String::new();
    let mut digit = false;
    for c in humantime::format_duration(time).to_string().chars() {
        if digit && c.is_ascii_alphabetic() {
            words.push(' ');
        }
        digit = c.is_ascii_digit();
        words.push(c);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::shipped;

    fn entry(event: &str, id: &str, data: &str) -> Entry {
        let template = |text: &str| Template::parse(text).expect("a template");
        Entry {
            event: (!event.is_empty()).then(|| template(event)),
            id: (!id.is_empty()).then(|| template(id)),
            data: (!data.is_empty()).then(|| template(data)),
            ..Entry::default()
        }
    }

    fn list(entries: Vec<Entry>) -> Stream {
        Stream {
            source: Source::List(entries),
            ..shipped().remove(1)
        }
    }

    #[test]
    fn streams_say_their_count_and_pace_in_words() {
        let summary = |stream: &Stream| StreamInfo::from(stream).summary;
        let summaries: Vec<String> = shipped().iter().take(2).map(summary).collect();
        assert_eq!(summaries, ["5 events, every 1 s", "endless, every 500 ms"]);
        let mut stream = shipped().remove(1);
        stream.pace.jitter = Duration::from_millis(200);
        assert_eq!(summary(&stream), "endless, every 500 ms ± 200 ms");
        stream.pace = Pace::every(Duration::from_millis(1500));
        assert_eq!(summary(&stream), "endless, every 1 s 500 ms");
        stream.pace = Pace::default();
        assert_eq!(summary(&stream), "endless, as fast as it is read");
        stream.source = Source::Template(Box::new(Entry {
            after: Some(Duration::ZERO),
            ..Entry::default()
        }));
        stream.count = Some(1);
        assert_eq!(summary(&stream), "1 event, own pace");
    }

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

    #[test]
    fn an_id_leads_back_to_its_number() {
        let numbers = &shipped()[0];
        assert_eq!(numbers.number_of("5", 1), Some(5));
        let nonsense = [
            "",
            "x",
            "-1",
            "+5",
            "05",
            " 5",
            "5 ",
            "5.0",
            "0x5",
            "٥",
            "99999999999999999999",
        ];
        for none in nonsense {
            assert_eq!(numbers.number_of(none, 1), None, "{none:?}");
        }
        let ticks = Stream {
            source: Source::Template(Box::new(entry("tick", "tick-{n}", "{n}"))),
            ..numbers.clone()
        };
        assert_eq!(ticks.number_of("tick-12", 1), Some(12));
        assert_eq!(ticks.number_of("12", 1), None);
        assert_eq!(ticks.id_of(12).as_deref(), Some("tick-12"));

        let list = list(vec![
            entry("", "first", "a"),
            entry("", "n{n}", "b"),
            entry("", "", "c"),
        ]);
        for (id, number) in [
            ("first", Some(1)),
            ("n2", Some(2)),
            ("n5", Some(5)),
            ("n3", None),
            ("c", None),
        ] {
            assert_eq!(list.number_of(id, 1), number, "{id}");
        }
        let ids: Vec<_> = (1..=5).map(|n| list.id_of(n)).collect();
        let ids: Vec<_> = ids.iter().map(Option::as_deref).collect();
        assert_eq!(
            ids,
            [Some("first"), Some("n2"), None, Some("first"), Some("n5")]
        );
        // A list begins with its first entry, whatever number that has; numbers below are those of the round before.
        let from_7 = Stream { from: 7, ..list };
        let ids: Vec<_> = [7, 8, 9, 10, 6].map(|n| from_7.id_of(n)).into();
        let ids: Vec<_> = ids.iter().map(Option::as_deref).collect();
        assert_eq!(ids, [Some("first"), Some("n8"), None, Some("first"), None]);
        assert_eq!(from_7.number_of("first", 7), Some(7));
        // Who began further on had the first one at the end of the round.
        assert_eq!(from_7.number_of("first", 8), Some(10));
        assert_eq!(
            (from_7.number_of("n8", 7), from_7.number_of("n7", 7)),
            (Some(8), None)
        );
    }

    #[test]
    fn the_last_id_is_of_what_was_sent() {
        let list = list(vec![
            entry("", "a", "a"),
            entry("", "", "b"),
            entry("", "", ""),
            entry("", "", "d"),
        ]);
        let last = |last, events| list.last_id(last, events);
        let a = |n| Some((n, "a".to_owned()));
        assert_eq!(last(1, 1), a(1));
        assert_eq!((last(2, 2), last(4, 3)), (a(1), a(1)));
        assert_eq!(last(2, 1), None, "it began behind it");
        assert_eq!(last(8, 3), a(5));
        assert_eq!(shipped()[0].last_id(7, 1), Some((7, "7".to_owned())));
    }

    #[test]
    fn events_between_two_numbers_are_those_with_data() {
        let list = list(vec![
            entry("", "a", "a"),
            entry("", "", ""),
            entry("", "", "c"),
        ]);
        for (from, to, events) in [
            (1, 1, 0),
            (1, 2, 1),
            (1, 3, 1),
            (1, 4, 2),
            (2, 3, 0),
            (3, 5, 2),
            (2, 9, 4),
            (9, 2, 0),
            (1, 3_000_001, 2_000_000),
        ] {
            assert_eq!(list.events_between(from, to), events, "{from} to {to}");
        }
        assert_eq!(shipped()[0].events_between(3, 7), 4);
        assert!(list.repeats_id("a") && !list.repeats_id("b"));
        let once = Stream {
            count: Some(3),
            ..list
        };
        assert!(!once.repeats_id("a"));
    }

    #[test]
    fn every_name_that_can_come_is_known() {
        let names = |stream: &Stream| StreamInfo::from(stream).events;
        assert_eq!(names(&shipped()[0]), ["message"]);
        let stream = list(vec![
            entry("{pick up|down}", "", "x"),
            entry("unheard", "", ""),
            entry("", "", "x"),
            entry("{pick |up}", "", "x"),
        ]);
        assert_eq!(names(&stream), ["down", "message", "up"]);
    }

    /// An endless stream without a pause was read by the window as it came, and its Stop took 4.5 s.
    #[test]
    fn what_has_no_pause_and_does_not_end_soon_is_told_as_that() {
        let unpaced = |stream: &Stream| StreamInfo::from(stream).unpaced;
        let mut stream = shipped()[1].clone();
        assert!(!unpaced(&stream));
        stream.pace = Pace::every(Duration::ZERO);
        assert!(unpaced(&stream));
        stream.count = Some(MOST_AT_ONCE);
        assert!(!unpaced(&stream), "a burst is taken whole");
        stream.count = Some(MOST_AT_ONCE + 1);
        assert!(unpaced(&stream));
        // A list has times of its own: one pause in each round is a pause.
        let entry = |after| Entry {
            data: Some(Template::number()),
            after,
            ..Entry::default()
        };
        stream.count = None;
        stream.pace = Pace::every(Duration::from_secs(1));
        stream.source = Source::List(vec![entry(Some(Duration::ZERO)); 3]);
        assert!(unpaced(&stream));
        stream.source = Source::List(vec![entry(Some(Duration::ZERO)), entry(None)]);
        assert!(!unpaced(&stream));
    }

    /// The page gave lines with an EventSource for a stream without ids, which begins anew for ever.
    #[test]
    fn whether_events_have_ids_is_told() {
        let ids = |stream: &Stream| StreamInfo::from(stream).ids;
        let mut stream = shipped()[0].clone();
        assert!(ids(&stream), "a counter gives its numbers");
        let bare = Entry {
            data: Some(Template::number()),
            ..Entry::default()
        };
        stream.source = Source::Template(Box::new(bare.clone()));
        assert!(!ids(&stream));
        let named = Entry {
            id: Some(Template::number()),
            ..bare.clone()
        };
        stream.source = Source::List(vec![bare, named]);
        assert!(ids(&stream));
    }
}
