//! Numbers that go up by one, and the number at which a client that reconnects resumes.

/// The rest of a counter: the number to send next, and where it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counter {
    /// The number that the stream begins with. A client without an id of ours begins here again.
    from: u64,
    /// The number that [`take`](Self::take) answers next; `end` when there are no more.
    next: u64,
    /// One past the last number; `None` is endless.
    end: Option<u64>,
}

impl Counter {
    pub(super) fn new(from: u64, count: Option<u64>) -> Self {
        Self {
            from,
            next: from,
            // `from` and `count` are within the bounds of the query, so this never saturates.
            end: count.map(|count| from.saturating_add(count)),
        }
    }

    /// Goes on after the number that a client has; it is done when that was the last one, or is
    /// beyond.
    ///
    /// Who has none that it can have given (see
    /// [`Variant::number_of`](crate::stream::Variant::number_of)) starts from the beginning: better
    /// a repeat than a hole.
    pub(super) fn resume(self, had: Option<u64>) -> Self {
        let next = had.map_or(self.from, |n| n + 1);
        Self {
            next: self.end.map_or(next, |end| next.min(end)),
            ..self
        }
    }

    /// The number that is next, whether or not it is one too many.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// The first number and the one behind the last; `None` is endless.
    pub(super) fn whole(&self) -> Option<(u64, u64)> {
        Some((self.from, self.end?))
    }

    /// Takes the next number, or `None` after the last.
    pub(super) fn take(&mut self) -> Option<u64> {
        if self.is_done() {
            return None;
        }
        let n = self.next;
        self.next += 1;
        Some(n)
    }

    /// Whether there are so many more.
    pub(super) fn has(&self, many: u64) -> bool {
        self.end
            .is_none_or(|end| end.saturating_sub(self.next) >= many)
    }

    /// Passes so many numbers, which [`has`](Self::has) said there are.
    pub(super) fn pass(&mut self, many: usize) {
        self.next += many as u64;
    }

    pub(super) fn is_done(&self) -> bool {
        self.end.is_some_and(|end| self.next >= end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounds::{MAX_COUNT, MAX_FROM, MAX_NUMBER};

    fn rest(mut counter: Counter) -> Vec<u64> {
        std::iter::from_fn(|| counter.take()).collect()
    }

    #[test]
    fn a_finite_counter_sends_the_rest_or_nothing() {
        let five = Counter::new(1, Some(5));
        assert_eq!(rest(five), [1, 2, 3, 4, 5]);
        assert_eq!(rest(five.resume(Some(3))), [4, 5]);
        assert_eq!(rest(five.resume(Some(4))), [5]);
        for had in [5, 700] {
            let done = five.resume(Some(had));
            assert_eq!((done.is_done(), done.next()), (true, 6), "{had}");
        }
    }

    #[test]
    fn an_endless_counter_goes_on_after_the_id() {
        let mut on = Counter::new(1, None).resume(Some(41));
        assert_eq!(on.take(), Some(42));
        assert!(!on.is_done());
    }

    #[test]
    fn the_largest_ids_resume_and_end_too() {
        let largest = Counter::new(MAX_FROM, Some(MAX_COUNT));
        assert!(largest.resume(Some(MAX_NUMBER)).is_done());
        assert_eq!(rest(largest.resume(Some(MAX_NUMBER - 1))), [MAX_NUMBER]);
        let mut endless = Counter::new(1, None).resume(Some(MAX_NUMBER));
        assert_eq!(endless.take(), Some(MAX_NUMBER + 1));
    }

    #[test]
    fn who_has_none_starts_from_the_beginning() {
        assert_eq!(rest(Counter::new(7, Some(2)).resume(None)), [7, 8]);
    }
}
