//! Chance that can be had again: `SSE_CHANCE` is the number that a failed run printed.

use std::fmt::{self, Display};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A source of numbers that tasks share.
#[derive(Debug)]
pub(crate) struct Chance {
    seed: u64,
    state: AtomicU64,
}

impl Chance {
    pub(crate) fn new() -> Self {
        let asked = std::env::var("SSE_CHANCE").ok();
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |now| u64::from(now.subsec_nanos()));
        let seed = asked.and_then(|text| text.parse().ok()).unwrap_or(now);
        let state = AtomicU64::new(seed);
        Self { seed, state }
    }

    /// A number below `end` (splitmix64).
    pub(crate) fn below(&self, end: u64) -> u64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let state = self.state.fetch_add(STEP, Ordering::Relaxed);
        let mut z = state.wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end
    }

    /// A time between the two, in milliseconds.
    pub(crate) fn between(&self, least: u64, most: u64) -> Duration {
        Duration::from_millis(least + self.below(most - least))
    }
}

impl Display for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.seed.fmt(f)
    }
}
