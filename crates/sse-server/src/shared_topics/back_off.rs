//! How long to wait before the next try to connect.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// The longest wait after the first try, and after many.
const FIRST: Duration = Duration::from_millis(50);
/// An engine that is back is connected to within this time, and events go on.
const LAST: Duration = Duration::from_secs(1);

/// Doubles the longest wait from try to try. Each wait is drawn from nothing up to that, so that
/// the nodes of a fleet do not come back together.
#[derive(Debug)]
pub(super) struct BackOff {
    longest: Duration,
    random: RandomState,
    tries: u64,
}

impl Default for BackOff {
    fn default() -> Self {
        Self {
            longest: FIRST,
            random: RandomState::new(),
            tries: 0,
        }
    }
}

impl BackOff {
    /// How long to wait now.
    pub(super) fn next(&mut self) -> Duration {
        self.tries += 1;
        let share = self.random.hash_one(self.tries) >> 11;
        let share = share as f64 / (1_u64 << 53) as f64;
        let wait = self.longest.mul_f64(share);
        self.longest = (self.longest * 2).min(LAST);
        wait
    }

    /// A connection worked.
    pub(super) fn begin_anew(&mut self) {
        self.longest = FIRST;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_second_and_are_drawn_from_nothing() {
        let mut back_off = BackOff::default();
        let most = [50, 100, 200, 400, 800, 1000, 1000, 1000];
        let waits: Vec<_> = most
            .map(|most| (back_off.next(), Duration::from_millis(most)))
            .into();
        assert!(waits.iter().all(|(wait, most)| wait <= most), "{waits:?}");
        let long: Duration = (0..200).map(|_| back_off.next()).sum();
        assert!(
            (Duration::from_secs(70)..Duration::from_secs(130)).contains(&long),
            "half of 200 times 1 s, roughly: {long:?}"
        );
        back_off.begin_anew();
        assert!(back_off.next() <= FIRST);
    }
}
