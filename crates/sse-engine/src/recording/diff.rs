//! What differs between two recordings: event by event, then heads, ends and times.
//!
//! Events are compared by name, id and data; data that is JSON by its value, so that the order of
//! keys and spaces make no difference. How a stream was cut into pieces, comments and `retry` make
//! none either. An event that is put in or left out is one difference, since events are aligned as
//! a comparison of texts aligns lines.

mod align;
mod events;
mod json;

use std::time::Duration;

use super::{End, Exchange, Recording};
use align::Row;
use events::{Events, Table};

pub use json::Change;

/// Two intervals differ if they do by more than this, and by more than [`TOLERANCE_PERCENT`].
pub const TOLERANCE: Duration = Duration::from_millis(50);
/// How much of the longer interval.
pub const TOLERANCE_PERCENT: u32 = 20;

/// A pair of values: of the first recording, and of the second.
pub type Both<T> = (T, T);

/// What differs, in the order in which a person reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// An exchange is in one recording alone: in the second, or in the first.
    Exchange {
        /// Its number, from 1.
        exchange: usize,
        /// Whether it is in the second.
        is_second: bool,
    },
    /// An event differs, or is in one recording alone.
    Event {
        /// In which exchange, from 1.
        exchange: usize,
        /// The event in each, where it is there.
        events: Both<Option<Place>>,
    },
    /// The status of the responses.
    Status {
        /// In which exchange, from 1.
        exchange: usize,
        /// The status in each, where there is one.
        statuses: Both<Option<u16>>,
    },
    /// The content type of the responses, as it stands there.
    ContentType {
        /// In which exchange, from 1.
        exchange: usize,
        /// The value in each, where there is one.
        values: Both<Option<String>>,
    },
    /// How the exchange ended.
    End {
        /// In which exchange, from 1.
        exchange: usize,
        /// The end in each.
        ends: Both<Option<End>>,
    },
    /// How long after the event before it an event came, or the end.
    Interval {
        /// In which exchange, from 1.
        exchange: usize,
        /// The number of the event in each, from 1; none for the end.
        numbers: Option<Both<usize>>,
        /// The interval in each. That of a first event is from the request.
        intervals: Both<Duration>,
    },
}

/// An event, and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its number in its exchange, from 1.
    pub number: usize,
    content: u32,
}

/// An event as it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventText<'a> {
    /// Its name; empty for a line of JSON, and for a body that is no stream.
    pub name: &'a str,
    /// The id that it brought; empty where it is that of the event before.
    pub id: &'a str,
    /// Its data; JSON in its canonical form.
    pub data: &'a str,
}

/// What is compared beside events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Status and content type.
    pub heads: bool,
    /// How each exchange ended.
    pub ends: bool,
    /// The time between events.
    pub times: bool,
}

/// Two recordings that were compared.
#[derive(Debug)]
pub struct Comparison {
    differences: Vec<Difference>,
    events: Both<usize>,
    table: Table,
}

impl Comparison {
    /// Compares two recordings.
    ///
    /// The time that it takes is bounded: very many events in a row that all differ are compared by
    /// their place.
    pub fn new(first: &Recording, second: &Recording, what: Compared) -> Self {
        let mut compared = Self {
            differences: Vec::new(),
            events: (0, 0),
            table: Table::default(),
        };
        let (mut firsts, mut seconds) = (first.exchanges(), second.exchanges());
        for exchange in 1.. {
            match (firsts.next(), seconds.next()) {
                (Some(first), Some(second)) => {
                    compared.exchange(exchange, (first, second), what);
                }
                (None, None) => break,
                (_, second) => compared.differences.push(Difference::Exchange {
                    exchange,
                    is_second: second.is_some(),
                }),
            }
        }
        compared
    }

    /// All differences.
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }

    /// How many events were compared, in each recording.
    pub fn events(&self) -> Both<usize> {
        self.events
    }

    /// An event.
    pub fn text(&self, event: Place) -> EventText<'_> {
        self.table.text(event.content)
    }

    /// What differs between two events: at most `most` places within JSON.
    pub fn changes(&self, first: Place, second: Place, most: usize) -> Vec<Change> {
        json::changes(&self.text(first), &self.text(second), most)
    }

    fn exchange(&mut self, exchange: usize, both: Both<Exchange<'_>>, what: Compared) {
        let first = Events::of(both.0, &mut self.table);
        let second = Events::of(both.1, &mut self.table);
        self.events.0 += first.contents.len();
        self.events.1 += second.contents.len();
        let rows = align::rows(&first.contents, &second.contents, &self.table);
        for row in rows.iter().filter(|row| !row.is_equal) {
            let place = |at: Option<u32>, events: &Events| {
                let at = at? as usize;
                Some(Place {
                    number: at + 1,
                    content: events.contents[at],
                })
            };
            let events = (place(row.first, &first), place(row.second, &second));
            self.differences
                .push(Difference::Event { exchange, events });
        }
        let statuses = (both.0.status(), both.1.status());
        if what.heads && statuses.0 != statuses.1 {
            let difference = Difference::Status { exchange, statuses };
            self.differences.push(difference);
        }
        let kind =
            |exchange: Exchange<'_>| exchange.response_value("content-type").map(String::from);
        let values = (kind(both.0), kind(both.1));
        let plain = |value: &Option<String>| value.as_deref().map(json::compact);
        if what.heads && plain(&values.0) != plain(&values.1) {
            let difference = Difference::ContentType { exchange, values };
            self.differences.push(difference);
        }
        let ends = (both.0.end(), both.1.end());
        if what.ends && ends.0 != ends.1 {
            self.differences.push(Difference::End { exchange, ends });
        }
        if what.times {
            self.times(exchange, &rows, (&first, &second));
        }
    }

    /// Compares intervals where both events before are the same one, too.
    fn times(&mut self, exchange: usize, rows: &[Row], events: Both<&Events>) {
        let mut push = |numbers, intervals: Both<Duration>| {
            if differ(intervals) {
                self.differences.push(Difference::Interval {
                    exchange,
                    numbers,
                    intervals,
                });
            }
        };
        let mut before = Some((Duration::ZERO, Duration::ZERO));
        for row in rows {
            let pair = row.first.zip(row.second);
            let now = pair.map(|(first, second)| {
                let (first, second) = (first as usize, second as usize);
                let times = (events.0.times[first], events.1.times[second]);
                (times, (first + 1, second + 1))
            });
            if let (Some(before), Some((times, numbers))) = (before, now) {
                push(Some(numbers), between(before, times));
            }
            before = now.map(|(times, _)| times);
        }
        if let Some(before) = before {
            push(None, between(before, (events.0.end, events.1.end)));
        }
    }
}

fn between(before: Both<Duration>, now: Both<Duration>) -> Both<Duration> {
    (
        now.0.saturating_sub(before.0),
        now.1.saturating_sub(before.1),
    )
}

fn differ((first, second): Both<Duration>) -> bool {
    let difference = first.abs_diff(second);
    let longer = first.max(second);
    difference > TOLERANCE
        && difference.as_micros() * 100 > longer.as_micros() * u128::from(TOLERANCE_PERCENT)
}
