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
}

#[derive(Clone, Debug)]
struct Subscriber {
    /// The number of the event that should arrive next.
    next: u64,
    /// The beginning of an event that is not complete yet.
    tail: Vec<u8>,
}

impl Tally {
    pub(crate) fn new(subscribers: usize, latencies: bool) -> Self {
        let subscriber = Subscriber {
            next: 1,
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
        }
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
        let next = &mut self.subscribers[subscriber].next;
        if seen.number < *next {
            self.repeated += 1;
            return;
        }
        self.lost += seen.number - *next;
        *next = seen.number + 1;
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
