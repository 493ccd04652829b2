//! Events and bytes a second, for as long as somebody watches.
//!
//! A row only counts, since ten thousand rows have no room for a clock each. For a viewer, the
//! counts are compared with those of a second before. While there is no viewer, nothing is
//! computed.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Time between two samples, at least.
const SPAN: Duration = Duration::from_secs(1);

/// A sample that is older says nothing of now.
const STALE: Duration = Duration::from_secs(10);

/// What a row has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) events: u64,
    pub(super) bytes: u64,
    /// Comments that came without an event.
    pub(super) comments: u32,
}

/// What that comes to in a second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct PerSecond {
    pub(super) events: f64,
    pub(super) bytes: f64,
}

/// The last sample of each row that somebody looks at, and what came of it.
#[derive(Debug, Default)]
pub(super) struct Rates {
    /// By the id of the row. One older than [`STALE`] is forgotten, so that rows which nobody looks
    /// at take no memory.
    samples: HashMap<u64, Sample>,
    /// When those that nobody looks at any more were forgotten last.
    tidied: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Instant,
    /// What the row had counted then. The next sample takes the difference.
    counts: Counts,
    /// What came between the sample before and this one; `None` where there was none within
    /// [`STALE`].
    rate: Option<PerSecond>,
}

impl Rates {
    /// Takes a sample of each of these rows, by their ids, whose last one is old enough.
    pub(super) fn sample(&mut self, now: Instant, rows: impl Iterator<Item = (u64, Counts)>) {
        let age = |at| now.saturating_duration_since(at);
        if age(*self.tidied.get_or_insert(now)) > STALE {
            self.samples.retain(|_, sample| age(sample.at) <= STALE);
            self.tidied = Some(now);
        }
        for (id, counts) in rows {
            let at = now;
            let new = Sample {
                at,
                counts,
                rate: None,
            };
            let sample = self.samples.entry(id).or_insert(new);
            let since = age(sample.at);
            if since < SPAN {
                continue;
            }
            let per = |more: u64| more as f64 / since.as_secs_f64();
            let old = sample.counts;
            *sample = new;
            sample.rate = (since <= STALE).then(|| PerSecond {
                events: per(counts.events.saturating_sub(old.events)),
                bytes: per(counts.bytes.saturating_sub(old.bytes)),
            });
        }
    }

    /// The rate of a row that was there for two samples.
    pub(super) fn of(&self, id: u64) -> Option<PerSecond> {
        self.samples.get(&id)?.rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(events: u64) -> Counts {
        Counts {
            events,
            bytes: 10 * events,
            comments: 0,
        }
    }

    #[test]
    fn a_rate_is_what_was_counted_between_two_samples() {
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        let mut rates = Rates::default();
        rates.sample(after(0), [(1, counts(5))].into_iter());
        assert_eq!(rates.of(1), None, "one sample is none");
        rates.sample(after(900), [(1, counts(1000))].into_iter());
        assert_eq!(rates.of(1), None, "too soon");
        rates.sample(after(2000), [(1, counts(45)), (2, counts(9))].into_iter());
        let twenty = PerSecond {
            events: 20.0,
            bytes: 200.0,
        };
        assert_eq!(rates.of(1), Some(twenty));
        assert_eq!(rates.of(2), None, "it has just come");
        rates.sample(after(2500), [(1, counts(99))].into_iter());
        assert_eq!(rates.of(1), Some(twenty), "it stands until the next");
        rates.sample(after(4000), [(2, counts(9))].into_iter());
        assert_eq!(rates.of(1), Some(twenty), "nobody looked at it");
        assert_eq!(rates.of(2), Some(PerSecond::default()));
        rates.sample(after(60_000), [(2, counts(500))].into_iter());
        assert_eq!(rates.of(2), None, "nobody looked for a while");
        assert_eq!(rates.of(1), None, "it was forgotten");
        assert_eq!(rates.samples.len(), 1);
    }
}
