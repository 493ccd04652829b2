//! When things came, in a fixed amount of memory: how they spread over a watch, and how long the
//! times between them are.

use std::time::Duration;

/// How many of something came in each part of a watch. The parts grow as the watch does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spread {
    begin: Duration,
    width: Duration,
    counts: Vec<u64>,
}

/// So many parts has a watch.
const PARTS: usize = 128;
/// The shortest part.
const SHORTEST: Duration = Duration::from_millis(10);

impl Default for Spread {
    fn default() -> Self {
        Self::new(Duration::ZERO)
    }
}

impl Spread {
    pub(super) fn new(begin: Duration) -> Self {
        Self {
            begin,
            width: SHORTEST,
            counts: vec![0; PARTS],
        }
    }

    pub(super) fn add(&mut self, at: Duration) {
        let since = at.saturating_sub(self.begin);
        while since.as_nanos() / self.width.as_nanos() >= PARTS as u128 {
            self.widen();
        }
        let part = since.as_nanos() / self.width.as_nanos();
        let part = usize::try_from(part).unwrap_or(PARTS - 1);
        self.counts[part.min(PARTS - 1)] += 1;
    }

    /// Makes each part twice as long.
    fn widen(&mut self) {
        self.width = self.width.saturating_mul(2);
        for part in 0..PARTS {
            let pair = self.counts.get(2 * part..2 * part + 2);
            self.counts[part] = pair.map_or(0, |pair| pair.iter().sum());
        }
    }

    /// How many came at or behind an instant: at least so many, since the part in which the instant
    /// lies is left out.
    pub(super) fn since(&self, at: Duration) -> u64 {
        let before = at.saturating_sub(self.begin).as_nanos();
        let first = before.div_ceil(self.width.as_nanos());
        let first = usize::try_from(first).unwrap_or(PARTS).min(PARTS);
        self.counts[first..].iter().sum()
    }
}

/// How often a time between two events was how long. A time is known to a half of its power of two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GapHistogram {
    counts: Vec<u64>,
}

/// Two for each power of two of microseconds.
const STEPS: usize = 128;

impl Default for GapHistogram {
    fn default() -> Self {
        Self {
            counts: vec![0; STEPS],
        }
    }
}

impl GapHistogram {
    pub(super) fn add(&mut self, gap: Duration) {
        let micros = u64::try_from(gap.as_micros()).unwrap_or(u64::MAX).max(1);
        let power = micros.ilog2();
        let half = match power {
            0 => 0,
            _ => (micros >> (power - 1)) & 1,
        };
        self.counts[2 * power as usize + half as usize] += 1;
    }

    /// A time that this share of all times does not exceed, in percent; `None` without times.
    pub fn percentile(&self, percent: u64) -> Option<Duration> {
        let all: u64 = self.counts.iter().sum();
        let wanted = (u128::from(all) * u128::from(percent.min(100))).div_ceil(100);
        let mut counted = 0;
        let step = self.counts.iter().position(|count| {
            counted += u128::from(*count);
            counted >= wanted && counted > 0
        })?;
        // The upper end of the step.
        let base = 1_u128 << (step / 2);
        let micros = base + base * (1 + step as u128 % 2) / 2;
        let micros = u64::try_from(micros).unwrap_or(u64::MAX);
        (all > 0).then(|| Duration::from_micros(micros))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_counts_what_came_late_however_long_it_lasts() {
        for scale in [1, 50, 100_000] {
            let mut spread = Spread::new(Duration::from_secs(7));
            for step in 0..100 {
                spread.add(Duration::from_secs(7) + Duration::from_millis(10) * step * scale);
            }
            let late = spread.since(Duration::from_secs(7) + Duration::from_millis(900) * scale);
            assert!((8..=10).contains(&late), "{scale}: {late}");
            assert_eq!(spread.since(Duration::ZERO), 100, "{scale}");
        }
    }

    #[test]
    fn a_spread_takes_any_instant() {
        let mut spread = Spread::new(Duration::from_secs(1));
        spread.add(Duration::ZERO);
        spread.add(Duration::MAX);
        assert_eq!(spread.since(Duration::ZERO), 2);
        assert_eq!(spread.since(Duration::MAX), 0);
    }

    #[test]
    fn a_percentile_is_near_the_time_that_it_stands_for() {
        let mut gaps = GapHistogram::default();
        assert_eq!(gaps.percentile(50), None);
        for _ in 0..98 {
            gaps.add(Duration::from_millis(20));
        }
        gaps.add(Duration::from_secs(4));
        gaps.add(Duration::MAX);
        let millis = |percent| gaps.percentile(percent).expect("there are").as_millis();
        assert!((20..=30).contains(&millis(50)), "{}", millis(50));
        assert!((4_000..=6_000).contains(&millis(99)), "{}", millis(99));
    }
}
