//! The number of each event, and the number that an id stands for. A client that reconnects with an
//! id resumes after that number.

use super::template::{Moment, Template};
use super::{Entry, Source, Stream};

impl Stream {
    /// The number of the event that was given this id, if one was; of several, which only a list
    /// that begins again can have, the first from `from` on.
    pub fn number_of(&self, id: &str, from: u64) -> Option<u64> {
        match &self.source {
            Source::Counter => Template::number().number_in(id),
            Source::Recording(playback) => playback.replay.number_of(id),
            Source::Template(entry) => {
                let template = entry.id.as_ref()?;
                if template.as_plain() == Some(id) {
                    return Some(from);
                }
                template.number_in(id)
            }
            Source::List(entries) => {
                let length = entries.len();
                let first = self.index(from, length);
                entries.iter().enumerate().find_map(|(at, entry)| {
                    let template = entry.id.as_ref()?;
                    if template.as_plain() == Some(id) {
                        let further = (at + length - first) % length;
                        return Some(from + further as u64);
                    }
                    let n = template.number_in(id)?;
                    (self.index(n, length) == at).then_some(n)
                })
            }
        }
    }

    /// The id of the event with this number, if it has one.
    pub fn id_of(&self, n: u64) -> Option<String> {
        if let Source::Recording(playback) = &self.source {
            let event = playback.replay.event(n)?;
            return event.id.as_deref().map(str::to_owned);
        }
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

    /// The last id that a client was given that was sent so many `events`, the last of them
    /// numbered `last`, with the number of its event.
    pub fn last_id(&self, last: u64, events: u64) -> Option<(u64, String)> {
        let numbers = match &self.source {
            Source::List(entries) => entries.len(),
            Source::Recording(_) => usize::MAX,
            Source::Counter | Source::Template(_) => return Some((last, self.id_of(last)?)),
        };
        let mut left = events;
        if left == 0 {
            return None;
        }
        for n in (0..=last).rev().take(numbers) {
            if let Some(id) = self.id_of(n) {
                return Some((n, id));
            }
            let is_event = match self.entry(n) {
                Some(entry) => entry.data.is_some(),
                None => true,
            };
            left -= u64::from(is_event);
            // What comes before the first event was not sent, or is not worth a lie.
            if left == 0 {
                break;
            }
        }
        None
    }

    /// How many events there are from the number `from` on, before the number `to`: what has no
    /// data is none.
    pub fn events_between(&self, from: u64, to: u64) -> u64 {
        let numbers = to.saturating_sub(from);
        let entries = match &self.source {
            Source::Counter | Source::Recording(_) => return numbers,
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
        let at = self.index(from, entries.len());
        let rest = usize::try_from(rest).unwrap_or(0);
        let to_the_end = rest.min(entries.len() - at);
        rounds * with_data(entries)
            + with_data(&entries[at..at + to_the_end])
            + with_data(&entries[..rest - to_the_end])
    }

    /// Whether more than one event has this id, so that it leads to the first of them.
    pub fn repeats_id(&self, id: &str) -> bool {
        if let Source::Recording(playback) = &self.source {
            return playback.replay.repeats_id(id);
        }
        let entries = self.entries();
        let plain = |entry: &Entry| entry.id.as_ref().and_then(Template::as_plain) == Some(id);
        self.count.is_none_or(|count| count > entries.len() as u64) && entries.iter().any(plain)
    }

    /// How many events it can give without giving an id twice; `None` is as many as there are
    /// numbers.
    pub fn distinct_ids(&self) -> Option<u64> {
        if let Source::Recording(playback) = &self.source {
            return Some(playback.replay.len());
        }
        let entries = self.entries();
        let own = entries.iter().any(|entry| {
            let id = entry.id.as_ref().and_then(Template::as_plain);
            id.is_some_and(|id| !id.is_empty())
        });
        own.then_some(entries.len() as u64)
    }

    /// Whether its events have ids, or some of them.
    pub(super) fn has_ids(&self) -> bool {
        let recorded = self.playback();
        matches!(self.source, Source::Counter)
            || recorded.is_some_and(|playback| playback.replay.has_unique_ids())
            || self.entries().iter().any(|entry| entry.id.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{entry, list};
    use super::*;
    use crate::file::shipped;

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
        // A list begins with its first entry, whatever number that has; numbers below are those of
        // the round before.
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
}
