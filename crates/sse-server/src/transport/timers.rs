//! When connections are to be visited: one heap for all connections of a sweeper.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

/// Wishes to be visited, the earliest first. One that was replaced by an earlier one stays until
/// its time and is then passed over.
#[derive(Debug, Default)]
pub(super) struct Timers(BinaryHeap<Reverse<(Instant, usize)>>);

/// The earliest wish of one connection that is in the heap.
pub(super) type Armed = Option<Instant>;

impl Timers {
    /// Sees to it that the connection is visited at `at` or before. A wish that is already there
    /// for an earlier instant will do: the visit then finds nothing to do and wishes again.
    pub(super) fn arm(&mut self, key: usize, armed: &mut Armed, at: Instant) {
        if armed.is_none_or(|armed| at < armed) {
            *armed = Some(at);
            self.0.push(Reverse((at, key)));
        }
    }

    /// How many wishes there are, those that were replaced included.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Keeps the wishes that somebody still has.
    pub(super) fn retain(&mut self, mut has: impl FnMut(usize, Instant) -> bool) {
        self.0.retain(|Reverse((at, key))| has(*key, *at));
    }

    /// The earliest wish.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes the earliest wish that is due: whose it is, and for when it was.
    pub(super) fn due(&mut self, now: Instant) -> Option<(usize, Instant)> {
        if self.next()? > now {
            return None;
        }
        self.0.pop().map(|Reverse((at, key))| (key, at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn wishes_come_due_in_order_and_later_ones_wait_for_the_earlier() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut timers = Timers::default();
        let (mut one, mut two) = (None, None);
        timers.arm(1, &mut one, at(30));
        timers.arm(2, &mut two, at(20));
        timers.arm(2, &mut two, at(40));
        timers.arm(1, &mut one, at(10));
        assert_eq!((one, two), (Some(at(10)), Some(at(20))));
        assert_eq!(timers.next(), Some(at(10)));
        assert_eq!(timers.due(at(9)), None);
        let due: Vec<_> = std::iter::from_fn(|| timers.due(at(100))).collect();
        assert_eq!(due, [(1, at(10)), (2, at(20)), (1, at(30))]);
        assert_eq!(timers.next(), None);
    }
}
