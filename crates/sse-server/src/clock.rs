//! The one place that reads both clocks for the streams.

use std::time::{Instant, SystemTime};

use sse_engine::time::Now;

/// What the clocks of this machine show.
pub(crate) fn now() -> Now {
    Now {
        instant: Instant::now(),
        wall: SystemTime::now(),
    }
}
