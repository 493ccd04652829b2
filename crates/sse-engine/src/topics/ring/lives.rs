//! Which place each number of a ring stands for.
//!
//! A topic of this node has one life, in which the number of an event is its place. An engine that
//! nodes share may begin a life anew, and may have dropped events before this node read them. From
//! there on the numbers of the ring, which have no hole, stand for other places.

use std::collections::VecDeque;

use crate::topics::id::Position;

/// Spans that are remembered though nothing of them is kept. A reader that is behind by more of
/// them is told of a gap that nobody counts.
const REMEMBERED: usize = 64;

/// The spans of a ring, the oldest first.
#[derive(Debug)]
pub(super) struct Lives {
    /// At least one; their numbers and their places both go up.
    spans: VecDeque<Span>,
}

/// Numbers whose places count on from one.
#[derive(Clone, Copy, Debug)]
struct Span {
    /// The first number. But for the first span it is that of an entry which tells of a gap.
    number: u64,
    /// The place that it stands for.
    place: Position,
}

impl Span {
    /// The place of a number, which may lie before the span.
    fn place(&self, number: u64) -> Position {
        let seq = (self.place.seq + number).saturating_sub(self.number);
        Position::new(self.place.born, seq)
    }
}

impl Lives {
    /// One life, in which nothing has happened yet.
    pub(super) fn new(place: Position) -> Self {
        Self {
            spans: VecDeque::from([Span { number: 0, place }]),
        }
    }

    /// From this number on, places count on from this one.
    pub(super) fn begin(&mut self, number: u64, place: Position) {
        self.spans.push_back(Span { number, place });
    }

    /// Forgets what lies before this number, but for what slow readers may still be told of.
    pub(super) fn forget(&mut self, before: u64) {
        let is_over = |next: &Span| next.number <= before;
        while self.spans.len() > REMEMBERED && self.spans.get(1).is_some_and(is_over) {
            self.spans.pop_front();
        }
    }

    /// Whether the place of this number is known for sure.
    pub(super) fn knows(&self, number: u64) -> bool {
        self.spans
            .front()
            .is_some_and(|oldest| oldest.number <= number)
    }

    /// The place of this number.
    pub(super) fn place(&self, number: u64) -> Position {
        let held = self.spans.iter().rev().find(|span| span.number <= number);
        // There is at least one.
        let span = held.or(self.spans.front());
        span.map_or(Position::new(0, number), |span| span.place(number))
    }

    /// The number of this place, kept or not, in a ring up to `last`; `None` where the ring never
    /// had it.
    pub(super) fn find(&self, place: Position, last: u64) -> Option<u64> {
        let mut end = last;
        for span in self.spans.iter().rev() {
            if span.place.born == place.born && span.place.seq <= place.seq {
                let number = span.number + (place.seq - span.place.seq);
                return (number <= end).then_some(number);
            }
            end = span.number.saturating_sub(1);
        }
        let oldest = self.spans.front()?;
        let behind = oldest.place.seq.checked_sub(place.seq)?;
        (oldest.place.born == place.born)
            .then(|| oldest.number.checked_sub(behind))
            .flatten()
    }

    /// The first number whose place sorts behind this one, in a ring up to `last`.
    pub(super) fn behind(&self, place: Position, last: u64) -> Option<u64> {
        let mut end = last;
        let mut found = None;
        for span in self.spans.iter().rev() {
            if span.place > place {
                found = Some(span.number);
            } else {
                let own = span.place.born == place.born;
                let number = span.number + 1 + (place.seq - span.place.seq.min(place.seq));
                return (own && number <= end).then_some(number).or(found);
            }
            end = span.number.saturating_sub(1);
        }
        found
    }

    /// Whether the entry with this number tells of a gap.
    pub(super) fn is_gap(&self, number: u64) -> bool {
        number > 0 && self.spans.iter().any(|span| span.number == number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(born: u64, seq: u64) -> Position {
        Position { born, seq }
    }

    /// Places 5 to 8 of life 1, a hole up to 20, then life 3 from its event 1 on: numbers 0 to 9.
    fn several() -> Lives {
        let mut lives = Lives::new(at(1, 5));
        lives.begin(4, at(1, 20));
        lives.begin(7, at(3, 0));
        lives
    }

    #[test]
    fn numbers_and_places_lead_to_each_other() {
        let lives = several();
        let places = [
            at(1, 5),
            at(1, 6),
            at(1, 7),
            at(1, 8),
            at(1, 20),
            at(1, 21),
            at(1, 22),
            at(3, 0),
            at(3, 1),
            at(3, 2),
        ];
        for (number, place) in (0..).zip(places) {
            assert_eq!(lives.place(number), place);
            assert_eq!(lives.find(place, 9), Some(number), "{place:?}");
        }
        let gaps: Vec<u64> = (0..10).filter(|n| lives.is_gap(*n)).collect();
        assert_eq!(gaps, [4, 7]);
    }

    #[test]
    fn a_place_that_the_ring_never_had_is_not_found() {
        let lives = several();
        for never in [
            at(0, 6),
            at(1, 4),
            at(1, 9),
            at(1, 19),
            at(1, 23),
            at(2, 0),
            at(3, 3),
            at(4, 0),
        ] {
            assert_eq!(lives.find(never, 9), None, "{never:?}");
        }
    }

    #[test]
    fn what_comes_behind_a_place_sorts_after_it() {
        let lives = several();
        for (place, number) in [
            (at(0, 9), Some(0)),
            (at(1, 4), Some(0)),
            (at(1, 5), Some(1)),
            (at(1, 8), Some(4)),
            (at(1, 12), Some(4)),
            (at(1, 20), Some(5)),
            (at(1, 22), Some(7)),
            (at(1, 99), Some(7)),
            (at(2, 7), Some(7)),
            (at(3, 0), Some(8)),
            (at(3, 1), Some(9)),
            (at(3, 2), None),
            (at(3, 9), None),
            (at(4, 0), None),
        ] {
            assert_eq!(lives.behind(place, 9), number, "{place:?}");
        }
    }

    #[test]
    fn what_left_the_ring_is_forgotten_but_for_the_latest_of_it() {
        let mut lives = Lives::new(at(1, 0));
        for n in 1..=100 {
            lives.begin(10 * n, at(1, 20 * n));
        }
        lives.forget(995);
        assert!(lives.knows(370) && !lives.knows(369));
        assert_eq!(lives.place(375), at(1, 745));
        assert_eq!(lives.find(at(1, 745), 1005), Some(375));
        assert_eq!(lives.find(at(1, 735), 1005), Some(365), "counted back");
        assert_eq!(lives.find(at(1, 1), 1005), None);
        assert_eq!(lives.find(at(0, 745), 1005), None);

        let mut kept = Lives::new(at(1, 0));
        for n in 1..=100 {
            kept.begin(10 * n, at(1, 20 * n));
        }
        kept.forget(15);
        assert!(
            kept.knows(10) && !kept.knows(9),
            "the span of what is kept stays"
        );
    }
}
