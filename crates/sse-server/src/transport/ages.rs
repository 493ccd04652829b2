//! How old streams may become, and when each is that old.
//!
//! The end of a stream is a number of four bytes beside it, and no timer of its own: what it waits
//! for anyway is cut at that instant.

use std::time::{Duration, Instant};

/// The unit of [`Ages`]: nobody sees a difference of less.
const TICK: Duration = Duration::from_millis(100);

/// How old streams may become.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ages {
    /// Nothing where they may become as old as they like.
    most: Option<Duration>,
    /// From when on ticks are counted.
    epoch: Instant,
}

impl Ages {
    pub(super) fn new(most: Option<Duration>, epoch: Instant) -> Self {
        Self { most, epoch }
    }

    /// When a stream that begins at `now` is to end, in ticks: at a random instant of the last
    /// fifth of what it may become, so that streams that began together do not end together. 0 is
    /// never.
    pub(super) fn draw(self, now: Instant, random: impl FnOnce(u32) -> u32) -> u32 {
        let Some(most) = self.most else {
            return 0;
        };
        let fifth = ticks(most / 5);
        let began = ticks(now.saturating_duration_since(self.epoch));
        let age = ticks(most)
            .saturating_sub(fifth)
            .saturating_add(random(fifth));
        began.saturating_add(age).max(1)
    }

    /// Whether that instant has come.
    pub(super) fn is_over(self, at: u32, now: Instant) -> bool {
        self.instant(at).is_some_and(|at| at <= now)
    }

    /// That instant, if there is one.
    pub(super) fn instant(self, at: u32) -> Option<Instant> {
        (at > 0)
            .then(|| self.epoch.checked_add(TICK * at))
            .flatten()
    }
}

fn ticks(time: Duration) -> u32 {
    u32::try_from(time.as_millis() / TICK.as_millis()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_ends_in_the_last_fifth_of_what_it_may_become() {
        let epoch = Instant::now();
        let now = epoch + Duration::from_secs(77);
        let ages = Ages::new(Some(Duration::from_secs(600)), epoch);
        let after = |random: fn(u32) -> u32| {
            let at = ages.draw(now, random);
            ages.instant(at).expect("some day") - now
        };
        assert_eq!(after(|_| 0), Duration::from_secs(480));
        assert_eq!(after(|most| most), Duration::from_secs(600));
        let at = ages.draw(now, |_| 0);
        let end = now + Duration::from_secs(480);
        assert!(ages.is_over(at, end));
        assert!(!ages.is_over(at, end - Duration::from_millis(1)));
    }

    #[test]
    fn without_a_bound_no_stream_ends() {
        let now = Instant::now();
        let ages = Ages::new(None, now);
        assert_eq!(ages.draw(now, |most| most), 0);
        assert!(!ages.is_over(0, now + Duration::from_secs(1_000_000)));
        assert_eq!(ages.instant(0), None);
        let ages = Ages::new(Some(Duration::MAX), now);
        assert_eq!(ages.draw(now, |most| most), u32::MAX, "in 13 years");
    }
}
