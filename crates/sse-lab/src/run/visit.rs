//! What came for one case of a run, as it comes.

use std::time::{Duration, Instant};

use crate::observation::{Asked, KEPT_REQUESTS, Observation};

/// What came for one case.
#[derive(Debug)]
pub(super) struct Visit {
    /// What tells it from another visit to the same case, which was forgotten.
    pub(super) number: u64,
    /// When its first request came.
    pub(super) began: Instant,
    /// When something last happened in it.
    pub(super) last: Instant,
    /// How many of its answers are under way.
    pub(super) under_way: usize,
    /// What it keeps, in bytes of memory.
    pub(super) kept: usize,
    /// Whether its client was told that it need not come again.
    pub(super) is_told: bool,
    pub(super) observation: Observation,
}

impl Visit {
    /// Begins now. `reports` says whether its client is known to report what it sees.
    pub(super) fn new(number: u64, reports: bool, now: Instant) -> Self {
        let mut observation = Observation::default();
        if reports {
            observation.reports.expect();
        }
        Self {
            number,
            began: now,
            last: now,
            under_way: 0,
            kept: 0,
            is_told: false,
            observation,
        }
    }

    pub(super) fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.began)
    }

    /// Keeps a request. Answers its place among them, and what that takes of memory.
    pub(super) fn push(&mut self, asked: Asked, now: Instant) -> (usize, usize) {
        let kept = self.keep(asked, now, |observation| &mut observation.requests);
        self.observation.more += u64::from(kept.0 == usize::MAX);
        kept
    }

    /// The same with a request that is no turn.
    pub(super) fn push_aside(&mut self, asked: Asked, now: Instant) -> (usize, usize) {
        self.keep(asked, now, |observation| &mut observation.asides)
    }

    fn keep(
        &mut self,
        asked: Asked,
        now: Instant,
        list: impl FnOnce(&mut Observation) -> &mut Vec<Asked>,
    ) -> (usize, usize) {
        let at = self.age(now);
        self.last = self.last.max(now);
        let list = list(&mut self.observation);
        if list.len() == KEPT_REQUESTS {
            return (usize::MAX, 0);
        }
        let weight = asked.weight();
        list.push(Asked { at, ..asked });
        self.kept += weight;
        (list.len() - 1, weight)
    }
}
