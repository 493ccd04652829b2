//! How fast the pieces of an answer came.

use std::time::Duration;

/// When pieces came. A piece is an event or a line that brought text, reasoning or arguments of a
/// tool. All times are since the request.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pace {
    /// When the first piece came: the time to the first token.
    pub first: Option<Duration>,
    /// When the last piece so far came.
    pub last: Option<Duration>,
    /// How many pieces came.
    pub pieces: u64,
    /// How many tokens of the answer the stream counted itself. `None`: it counted none. Tokens of
    /// reasoning that is not sent are left out where the stream tells them apart.
    pub tokens: Option<u64>,
    /// The longest time between two pieces, or between the last piece and the end of an answer that
    /// is truncated.
    pub longest_stall: Option<Stall>,
}

/// A time without a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stall {
    /// When the piece before it came.
    pub since: Duration,
    /// How long it took.
    pub length: Duration,
}

impl Pace {
    /// Pieces a second, between the first and the last. `None` for fewer than two instants.
    pub fn pieces_a_second(&self) -> Option<f64> {
        self.rate(self.pieces)
    }

    /// Tokens a second, between the first piece and the last. `None` where the stream counts none.
    pub fn tokens_a_second(&self) -> Option<f64> {
        self.rate(self.tokens?)
    }

    /// The first of them began the time, so it is not counted.
    fn rate(&self, count: u64) -> Option<f64> {
        let seconds = self.last?.saturating_sub(self.first?).as_secs_f64();
        (count > 1 && seconds > 0.0).then(|| (count - 1) as f64 / seconds)
    }

    pub(super) fn piece(&mut self, at: Duration) {
        self.pieces += 1;
        self.silence_until(at);
        self.first.get_or_insert(at);
        // An instant that goes back is no instant.
        self.last = self.last.max(Some(at));
    }

    /// Nothing came between the last piece and this instant.
    pub(super) fn silence_until(&mut self, at: Duration) {
        let Some(since) = self.last else { return };
        let length = at.saturating_sub(since);
        if length > self.longest_stall.map_or(Duration::ZERO, |s| s.length) {
            self.longest_stall = Some(Stall { since, length });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_stalls_come_from_the_instants_alone() {
        let mut pace = Pace::default();
        assert_eq!(pace.pieces_a_second(), None);
        for at in [500, 600, 1600, 1500, 2500] {
            pace.piece(Duration::from_millis(at));
        }
        pace.tokens = Some(41);
        assert_eq!(pace.first, Some(Duration::from_millis(500)));
        assert_eq!(pace.last, Some(Duration::from_millis(2500)));
        assert_eq!(pace.pieces_a_second(), Some(2.0));
        assert_eq!(pace.tokens_a_second(), Some(20.0));
        let stall = |since, length| {
            Some(Stall {
                since: Duration::from_millis(since),
                length: Duration::from_millis(length),
            })
        };
        assert_eq!(pace.longest_stall, stall(600, 1000));
        pace.silence_until(Duration::from_secs(10));
        assert_eq!(pace.longest_stall, stall(2500, 7500));
    }
}
