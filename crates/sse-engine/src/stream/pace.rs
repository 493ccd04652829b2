//! When the events of a stream are sent.

use std::time::Duration;

use super::template;

/// When the events of a stream are sent. The first is sent at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// The time between two events.
    pub every: Duration,
    /// By how much of it, more or less, each of these times differs; at most `every`.
    pub jitter: Duration,
    /// What the differences, `{random}` and `{pick}` are made from: the same seed gives the same
    /// stream.
    pub seed: u64,
}

impl Pace {
    /// A pace without jitter.
    pub fn every(every: Duration) -> Self {
        Self {
            every,
            ..Self::default()
        }
    }

    /// The time before the event with this number.
    pub(super) fn before(&self, n: u64) -> Duration {
        if self.jitter.is_zero() {
            return self.every;
        }
        let width = u64::try_from(self.jitter.as_nanos() * 2).unwrap_or(u64::MAX);
        let part = template::random(self.seed, n, u64::MAX) % width.saturating_add(1);
        (self.every + Duration::from_nanos(part)).saturating_sub(self.jitter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_differs_by_the_jitter_at_most_and_is_the_same_for_the_same_seed() {
        let ms = Duration::from_millis;
        let pace = Pace {
            every: ms(500),
            jitter: ms(200),
            seed: 7,
        };
        let gaps: Vec<Duration> = (1..1000).map(|n| pace.before(n)).collect();
        assert!(gaps.iter().all(|gap| (ms(300)..=ms(700)).contains(gap)));
        assert!(gaps.iter().any(|gap| *gap < ms(320)) && gaps.iter().any(|gap| *gap > ms(680)));
        assert_eq!(gaps, (1..1000).map(|n| pace.before(n)).collect::<Vec<_>>());
        let other = Pace { seed: 8, ..pace };
        assert_ne!(gaps[0], other.before(1));
    }
}
