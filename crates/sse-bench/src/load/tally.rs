//! Counts what the subscribers of a topic receive, and checks that each event arrives once and in
//! order.

use std::collections::VecDeque;

use crate::payload::{self, Rest};

/// The counts of all subscribers.
#[derive(Debug)]
pub(crate) struct Tally {
    subscribers: Vec<Subscriber>,
    /// For each event from `first_open` on, how many subscribers have received it.
    open: VecDeque<usize>,
    /// The first event that some subscriber has not received.
    first_open: u64,
    /// Microseconds from publish to delivery, if they are measured.
    pub(crate) latencies: Option<Vec<u32>>,
    pub(crate) delivered: u64,
    /// Events that a subscriber did not receive although it received a later one.
    pub(crate) lost: u64,
    /// Events that arrived twice or out of order.
    pub(crate) repeated: u64,
    pub(crate) garbled: u64,
    /// Whether an event may arrive before one with a lower number, within [`AHEAD`].
    any_order: bool,
}

/// How far ahead of its turn an event may arrive if several connections publish.
const AHEAD: u64 = 128;

#[derive(Clone, Debug)]
struct Subscriber {
    /// The first number that has not arrived.
    next: u64,
    /// Which of the numbers behind it have, the lowest bit for the first of them.
    ahead: u128,
    /// The beginning of an event that is not complete yet.
    tail: Vec<u8>,
}

impl Tally {
    pub(crate) fn new(subscribers: usize, latencies: bool) -> Self {
        let subscriber = Subscriber {
            next: 1,
            ahead: 0,
            tail: Vec::new(),
        };
        Self {
            subscribers: vec![subscriber; subscribers],
            open: VecDeque::new(),
            first_open: 1,
            latencies: latencies.then(Vec::new),
            delivered: 0,
            lost: 0,
            repeated: 0,
            garbled: 0,
            any_order: false,
        }
    }

    /// For events that come over several connections at once, of which none is first.
    pub(crate) fn in_any_order(mut self) -> Self {
        self.any_order = true;
        self
    }

    /// How many events every subscriber has received.
    pub(crate) fn complete(&self) -> u64 {
        self.first_open - 1
    }

    /// Counts the events in `bytes`, which a subscriber received at `now`.
    pub(crate) fn read(&mut self, subscriber: usize, bytes: &[u8], now: u64) {
        let mut kept = std::mem::take(&mut self.subscribers[subscriber].tail);
        let bytes = if kept.is_empty() {
            bytes
        } else {
            kept.extend_from_slice(bytes);
            &kept
        };
        let Rest { from, garbled } = payload::scan(bytes, |seen| self.book(subscriber, seen, now));
        self.garbled += garbled;
        if from < bytes.len() {
            self.subscribers[subscriber].tail = bytes[from..].to_vec();
        }
    }

    fn book(&mut self, subscriber: usize, seen: payload::Seen, now: u64) {
        let Subscriber { next, ahead, .. } = &mut self.subscribers[subscriber];
        let distance = seen.number.checked_sub(*next);
        let Some(distance) = distance.filter(|at| *at >= AHEAD || *ahead & (1 << at) == 0) else {
            self.repeated += 1;
            return;
        };
        if self.any_order && distance < AHEAD {
            *ahead |= 1 << distance;
            let came = ahead.trailing_ones();
            *next += u64::from(came);
            *ahead = ahead.checked_shr(came).unwrap_or_default();
        } else {
            self.lost += distance - u64::from(ahead.count_ones());
            *next = seen.number + 1;
            *ahead = 0;
        }
        self.delivered += 1;
        if let Some(latencies) = &mut self.latencies {
            latencies.push(u32::try_from(now.saturating_sub(seen.at) / 1000).unwrap_or(u32::MAX));
        }
        let Some(place) = seen.number.checked_sub(self.first_open) else {
            return;
        };
        let place = place as usize;
        if place >= self.open.len() {
            self.open.resize(place + 1, 0);
        }
        self.open[place] += 1;
        while self.open.front() == Some(&self.subscribers.len()) {
            self.open.pop_front();
            self.first_open += 1;
        }
    }

    /// Compares the counts with `published` events. Returns what is wrong, if anything is.
    pub(crate) fn wrong(&self, published: u64) -> Option<String> {
        let all = published * self.subscribers.len() as u64;
        let missing = all.saturating_sub(self.delivered + self.lost);
        let parts = [
            (self.lost, "lost"),
            (missing, "not delivered"),
            (self.repeated, "delivered twice or out of order"),
            (self.garbled, "unreadable"),
        ];
        let parts: Vec<_> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        (!parts.is_empty()).then(|| format!("of {all} deliveries, {}", parts.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::Seen;

    fn event(number: u64) -> Vec<u8> {
        let mut out = b"id: 1\ndata: ".to_vec();
        payload::write(
            &mut out,
            Seen {
                number,
                at: 1_000_000,
            },
        );
        out.extend_from_slice(b"\n\n");
        out
    }

    #[test]
    fn an_event_is_complete_when_every_subscriber_has_it() {
        let mut tally = Tally::new(2, true);
        tally.read(0, &[event(1), event(2)].concat(), 3_000_000);
        assert_eq!((tally.complete(), tally.delivered), (0, 2));
        let (begin, end) = (&event(1)[..20], &event(1)[20..]);
        tally.read(1, begin, 3_000_000);
        assert_eq!(tally.delivered, 2);
        tally.read(1, end, 3_000_000);
        assert_eq!((tally.complete(), tally.delivered), (1, 3));
        tally.read(1, &event(2), 4_000_000);
        assert_eq!((tally.complete(), tally.wrong(2)), (2, None));
        assert_eq!(tally.latencies, Some(vec![2000, 2000, 2000, 3000]));
    }

    #[test]
    fn events_of_several_connections_may_change_places_but_not_be_lost_or_repeated() {
        let mut tally = Tally::new(1, false).in_any_order();
        tally.read(0, &[event(2), event(1), event(4), event(2)].concat(), 0);
        assert_eq!((tally.lost, tally.repeated, tally.delivered), (0, 1, 3));
        tally.read(0, &[event(4), event(3)].concat(), 0);
        assert_eq!((tally.lost, tally.repeated, tally.complete()), (0, 2, 4));
        assert_eq!(
            tally.wrong(5).as_deref(),
            Some("of 5 deliveries, 1 not delivered, 2 delivered twice or out of order")
        );
        tally.read(0, &[event(7), event(7 + AHEAD)].concat(), 0);
        assert_eq!((tally.lost, tally.delivered), (1 + AHEAD, 6));
    }

    #[test]
    fn a_lost_or_repeated_event_is_noticed() {
        let mut tally = Tally::new(1, false);
        tally.read(0, &[event(1), event(4), event(4)].concat(), 0);
        assert_eq!((tally.lost, tally.repeated, tally.delivered), (2, 1, 2));
        assert_eq!(
            tally.wrong(5).as_deref(),
            Some("of 5 deliveries, 2 lost, 1 not delivered, 1 delivered twice or out of order")
        );
    }
}
