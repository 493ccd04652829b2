//! The counts of each step of time, and exact ticks, in the order in which they came.

use std::collections::{HashMap, HashSet, VecDeque};

use super::STEP_MS;
use crate::connections::rates::Counts;
use crate::tap::Tick;

/// Counts that are kept, 16 bytes each: those of 200 connections that are sent something in half of
/// all steps of ten minutes.
const COUNTS: usize = 600_000;

/// Ticks that are kept.
const TICKS: usize = 20_000;

/// What came on one connection in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Count {
    connection: u64,
    events: u32,
    comments: u32,
}

impl Count {
    /// What came between two countings, if anything did.
    pub(super) fn between(connection: u64, before: Counts, after: Counts) -> Option<Self> {
        let less = |after: u64, before: u64| {
            u32::try_from(after.saturating_sub(before)).unwrap_or(u32::MAX)
        };
        let events = less(after.events, before.events);
        let comments = less(after.comments.into(), before.comments.into());
        (events > 0 || comments > 0).then_some(Self {
            connection,
            events,
            comments,
        })
    }
}

/// What came in one step.
#[derive(Debug)]
struct Sample {
    /// When it was noted.
    stamp: u64,
    /// Which step it was, by the wall clock.
    step: u64,
    counts: Box<[Count]>,
}

#[derive(Debug, Default)]
pub(super) struct Samples {
    /// In the order of their stamps.
    samples: VecDeque<Sample>,
    /// How many counts they have, [`COUNTS`] at most.
    counts: usize,
    /// With stamp and connection, in the order of the stamps, [`TICKS`] at most.
    ticks: VecDeque<(u64, u64, Tick)>,
}

/// For each connection, what came in which step: step, events, comments.
pub(super) type Steps = HashMap<u64, Vec<(u64, u64, u64)>>;

impl Samples {
    pub(super) fn add(&mut self, stamp: u64, step: u64, counts: Vec<Count>) {
        if counts.is_empty() {
            return;
        }
        self.counts += counts.len();
        let counts = counts.into();
        self.samples.push_back(Sample {
            stamp,
            step,
            counts,
        });
        while self.counts > COUNTS {
            self.forget_oldest();
        }
    }

    /// Adds what came on connections between their last counting and their ends, each with the step
    /// of the end.
    pub(super) fn add_ends(&mut self, stamp: u64, mut ends: Vec<(u64, Count)>) {
        ends.sort_by_key(|(step, _)| *step);
        for ends in ends.chunk_by(|(one, _), (other, _)| one == other) {
            let step = ends.first().map_or(0, |(step, _)| *step);
            let counts = ends.iter().map(|(_, count)| *count).collect();
            self.add(stamp, step, counts);
        }
    }

    pub(super) fn tick(&mut self, stamp: u64, connection: u64, tick: Tick) {
        if self.ticks.len() == TICKS {
            self.ticks.pop_front();
        }
        self.ticks.push_back((stamp, connection, tick));
    }

    /// Forgets what came before this time.
    pub(super) fn prune(&mut self, oldest_ms: u64) {
        let old = |sample: &Sample| (sample.step + 1) * STEP_MS <= oldest_ms;
        while self.samples.front().is_some_and(old) {
            self.forget_oldest();
        }
        let old = |(_, _, tick): &(u64, u64, Tick)| tick.at_ms < oldest_ms as f64;
        while self.ticks.front().is_some_and(old) {
            self.ticks.pop_front();
        }
    }

    fn forget_oldest(&mut self) {
        let oldest = self.samples.pop_front();
        self.counts -= oldest.map_or(0, |oldest| oldest.counts.len());
    }

    /// The steps that were noted after `after`, and all steps of the connections in `whole`.
    pub(super) fn steps(&self, after: u64, whole: &HashSet<u64>) -> Steps {
        let mut steps = Steps::new();
        let known = self.samples.partition_point(|it| it.stamp <= after);
        let first = if whole.is_empty() { known } else { 0 };
        for (at, sample) in self.samples.iter().enumerate().skip(first) {
            for count in &sample.counts {
                if at >= known || whole.contains(&count.connection) {
                    let (events, comments) = (count.events.into(), count.comments.into());
                    let of = steps.entry(count.connection).or_default();
                    of.push((sample.step, events, comments));
                }
            }
        }
        steps
    }

    /// The same of the ticks.
    pub(super) fn ticks(&self, after: u64, whole: &HashSet<u64>) -> HashMap<u64, Vec<&Tick>> {
        let mut ticks: HashMap<u64, Vec<&Tick>> = HashMap::new();
        let known = self.ticks.partition_point(|(stamp, ..)| *stamp <= after);
        let first = if whole.is_empty() { known } else { 0 };
        for (at, (_, connection, tick)) in self.ticks.iter().enumerate().skip(first) {
            if at >= known || whole.contains(connection) {
                ticks.entry(*connection).or_default().push(tick);
            }
        }
        ticks
    }

    /// How many counts and ticks are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.counts + self.ticks.len()
    }
}
