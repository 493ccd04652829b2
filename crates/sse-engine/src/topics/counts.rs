//! What subscribers of topics met, counted: how those that came back went on, and the gaps that
//! they were told of. Counts only go up. They are of all topics together, so that no name is one.

use std::sync::atomic::{AtomicU64, Ordering};

use super::gap::GapReason;

/// The counts of all topics of a server. An event that is delivered touches none of them.
#[derive(Debug, Default)]
pub struct Counts {
    /// Subscribers that came back with an id and lacked nothing.
    exact: AtomicU64,
    /// Those that were told of a gap.
    gap: AtomicU64,
    /// The gaps that subscribers were told of, by their reason.
    gaps: [AtomicU64; GapReason::ALL.len()],
}

impl Counts {
    /// Subscribers that came back with an id: those that lacked nothing, and those that were told
    /// of a gap.
    pub fn resumes(&self) -> (u64, u64) {
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        (get(&self.exact), get(&self.gap))
    }

    /// The gaps that subscribers were told of for this reason.
    pub fn gaps(&self, why: GapReason) -> u64 {
        self.gaps[why as usize].load(Ordering::Relaxed)
    }

    /// A subscriber came back, and was told of this gap, if of one.
    pub(super) fn came_back(&self, gap: Option<GapReason>) {
        let count = match gap {
            None => &self.exact,
            Some(_) => &self.gap,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// So many subscribers are told of a gap.
    pub(super) fn gap(&self, why: GapReason, subscribers: usize) {
        self.gaps[why as usize].fetch_add(subscribers as u64, Ordering::Relaxed);
    }
}
