//! Connections that were reset as they came: how many, and with which cadence.

use std::collections::VecDeque;
use std::fmt;
use std::time::{Duration, Instant};

/// How many gaps between tries are kept: those that the cadence is read from.
const KEPT: usize = 8;

/// How many tries are kept, for a picture of them.
const SHOWN: usize = 100;

/// How many gaps a cadence needs. Two tries have one, and say nothing of the next.
const ENOUGH: usize = 2;

/// Gaps are one beat where the longest is at most this much of the shortest, in per cent. Timers of
/// clients come late now and then.
const BEAT: u128 = 150;

/// Gaps that are no beat grow where each is at least this much of the one before, in per cent: who
/// backs off has a longest pause in the end, and may come a little early.
const STAYS: u128 = 80;

/// The tries that came while every connection was reset. Who came is not known, so clients that
/// come in turn have one cadence together.
#[derive(Clone, Debug, Default)]
pub(super) struct Tries {
    count: u64,
    /// The newest, the last one last.
    newest: VecDeque<Instant>,
    /// The newest gaps, the last one last.
    gaps: VecDeque<Duration>,
}

impl Tries {
    /// Counts a try.
    pub(super) fn tried(&mut self, now: Instant) {
        self.count += 1;
        if let Some(before) = self.newest.back() {
            if self.gaps.len() == KEPT {
                self.gaps.pop_front();
            }
            self.gaps.push_back(now.saturating_duration_since(*before));
        }
        if self.newest.len() == SHOWN {
            self.newest.pop_front();
        }
        self.newest.push_back(now);
    }

    /// The newest tries, each as `when` has it.
    pub(super) fn newest(&self, when: impl Fn(Instant) -> u64) -> Vec<u64> {
        self.newest.iter().map(|&at| when(at)).collect()
    }
}

/// In words: `9 tries, every 0.5 s, no back-off`.
impl fmt::Display for Tries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            1 => return f.write_str("1 try"),
            count => write!(f, "{count} tries")?,
        }
        let gaps = || self.gaps.iter();
        let (Some(shortest), Some(longest)) = (gaps().min(), gaps().max()) else {
            return Ok(());
        };
        let per_cent = |of: &Duration, percent: u128| of.as_nanos() * percent / 100;
        let is_beat = longest.as_nanos() <= per_cent(shortest, BEAT);
        let mut pairs = gaps().zip(gaps().skip(1));
        let grows = pairs.all(|(before, then)| then.as_nanos() >= per_cent(before, STAYS));
        let newest = self.gaps[self.gaps.len() - 1];
        if self.gaps.len() < ENOUGH {
            write!(f, ", {} apart", seconds(newest))
        } else if is_beat {
            let middle = gaps().sum::<Duration>() / u32::try_from(self.gaps.len()).unwrap_or(1);
            write!(f, ", every {}, no back-off", seconds(middle))
        } else if grows {
            write!(f, ", backing off, {} apart in the end", seconds(newest))
        } else {
            let (shortest, longest) = (seconds(*shortest), seconds(*longest));
            write!(f, ", {shortest} to {longest} apart")
        }
    }
}

/// With two digits that count.
fn seconds(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        ..0.095 => format!("{:.0} ms", seconds * 1000.0),
        ..9.5 => format!("{seconds:.1} s"),
        _ => format!("{seconds:.0} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tries with these gaps between them, in milliseconds.
    fn words(gaps: &[u64]) -> String {
        let mut now = Instant::now();
        let mut tries = Tries::default();
        tries.tried(now);
        for gap in gaps {
            now += Duration::from_millis(*gap);
            tries.tried(now);
        }
        tries.to_string()
    }

    #[test]
    fn a_cadence_is_a_beat_a_back_off_or_neither() {
        for (gaps, said) in [
            (&[][..], "1 try"),
            (&[500], "2 tries, 0.5 s apart"),
            (&[500; 8], "9 tries, every 0.5 s, no back-off"),
            (
                &[3000, 3020, 2990, 3100],
                "5 tries, every 3.0 s, no back-off",
            ),
            (
                &[500, 1000, 2000, 4000],
                "5 tries, backing off, 4.0 s apart in the end",
            ),
            (
                &[500, 1000, 2000, 3000, 2900, 3050],
                "7 tries, backing off, 3.0 s apart in the end",
            ),
            (&[10, 3000, 40, 500], "5 tries, 10 ms to 3.0 s apart"),
            (&[0, 0, 0], "4 tries, every 0 ms, no back-off"),
            (&[20_000, 20_000], "3 tries, every 20 s, no back-off"),
        ] {
            assert_eq!(words(gaps), said, "{gaps:?}");
        }
    }

    /// What it was long ago does not hide what it is now.
    #[test]
    fn only_the_newest_gaps_count() {
        let gaps: Vec<u64> = (0..100).chain([200; 8]).collect();
        assert_eq!(words(&gaps), "109 tries, every 0.2 s, no back-off");
    }
}
