//! What is counted and measured for `/metrics` alone: what no table has.
//!
//! Each is an atomic that is written once for a publish, once for a pass over all readers of a
//! topic, or once for a call of the engine, never for a delivery.

mod engine_calls;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub(crate) use engine_calls::{CallResult, EngineCall, EngineCalls};

/// The statuses that a publish is answered with. Any other is counted under one word.
pub(crate) const PUBLISH_CODES: [u16; 10] = [200, 400, 401, 403, 408, 409, 411, 413, 415, 503];

/// The bounds of the buckets, in nanoseconds: from 50 µs to 10 s.
const BOUNDS: [u64; 16] = [
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    10_000_000_000,
];

/// Durations in buckets.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    /// How many fell into each bucket, the last one without a bound.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    /// All of them together, in nanoseconds.
    sum: AtomicU64,
}

impl Histogram {
    /// Counts one.
    pub(crate) fn observe(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.partition_point(|bound| *bound < nanos);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(nanos, Ordering::Relaxed);
    }

    /// The upper bound of each bucket in seconds, and how many fell into it and not into one
    /// before.
    pub(crate) fn buckets(&self) -> Vec<(f64, u64)> {
        let bounds = BOUNDS.iter().map(|bound| seconds(*bound));
        let counts = self.buckets.iter().map(|it| it.load(Ordering::Relaxed));
        bounds.chain([f64::INFINITY]).zip(counts).collect()
    }

    /// All of them together, in seconds.
    pub(crate) fn sum(&self) -> f64 {
        seconds(self.sum.load(Ordering::Relaxed))
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a sum of nanoseconds is exact for 104 days, and close enough from then on"
)]
fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

/// All that is counted and measured here.
#[derive(Debug, Default)]
pub(crate) struct Measures {
    /// Events that were published to this server.
    published: AtomicU64,
    /// Publish requests by the place of their status in [`PUBLISH_CODES`]; the rest behind them.
    publishes: [AtomicU64; PUBLISH_CODES.len() + 1],
    /// How long it took to publish, from the whole request to the answer.
    pub(crate) publishing: Histogram,
    /// How long it took from an append until the last reader of its topic was visited, for each
    /// pass of a sweeper.
    pub(crate) passes: Arc<Histogram>,
}

impl Measures {
    /// So many events were published.
    pub(crate) fn published(&self, events: usize) {
        self.published.fetch_add(events as u64, Ordering::Relaxed);
    }

    /// A publish request was answered with this status.
    pub(crate) fn answered(&self, status: u16) {
        let place = PUBLISH_CODES.iter().position(|code| *code == status);
        self.publishes[place.unwrap_or(PUBLISH_CODES.len())].fetch_add(1, Ordering::Relaxed);
    }

    /// Events that were published.
    pub(crate) fn events(&self) -> u64 {
        self.published.load(Ordering::Relaxed)
    }

    /// Publish requests by their status; none is any other.
    pub(crate) fn publishes(&self) -> impl Iterator<Item = (Option<u16>, u64)> {
        let codes = PUBLISH_CODES.iter().map(|code| Some(*code)).chain([None]);
        codes.zip(self.publishes.iter().map(|it| it.load(Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_falls_into_the_first_bucket_that_it_is_not_above() {
        let histogram = Histogram::default();
        let times = [0, 50_000, 50_001, 10_000_000_000, 10_000_000_001];
        for nanos in times {
            histogram.observe(Duration::from_nanos(nanos));
        }
        let buckets = histogram.buckets();
        let filled: Vec<_> = buckets.iter().filter(|(_, count)| *count > 0).collect();
        let wanted = [(0.00005, 2), (0.0001, 1), (10.0, 1), (f64::INFINITY, 1)];
        assert_eq!(filled, wanted.iter().collect::<Vec<_>>());
        assert!((histogram.sum() - 20.000_100_002).abs() < 1e-9);
    }

    #[test]
    fn a_status_that_is_not_known_is_counted_too() {
        let measures = Measures::default();
        for status in [200, 503, 503, 418] {
            measures.answered(status);
        }
        let counted: Vec<_> = measures.publishes().filter(|(_, n)| *n > 0).collect();
        assert_eq!(counted, [(Some(200), 1), (Some(503), 2), (None, 1)]);
    }
}
