//! All figures of a run.

use std::collections::BTreeMap;

use super::cluster::Side;
use super::measures::{Beside, Load, Row};
use crate::load::Outcome;
use crate::results::OTHERS;
use crate::stats;

/// All figures of a run.
pub(super) struct Results {
    outcomes: BTreeMap<(Load, Side), Vec<Option<Outcome>>>,
    pub(super) rounds: usize,
    /// For each side that could not be measured, a sentence that gives the reason.
    pub(super) missing: Vec<String>,
}

impl Results {
    pub(super) fn new(rounds: usize) -> Self {
        Self {
            outcomes: BTreeMap::new(),
            rounds,
            missing: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.outcomes.is_empty()
    }

    pub(super) fn keep(&mut self, load: Load, side: Side, round: usize, outcome: Outcome) {
        let rounds = self.outcomes.entry((load, side)).or_default();
        rounds.resize(self.rounds, None);
        rounds[round] = Some(outcome);
    }

    /// A figure in all rounds.
    pub(super) fn figures(&self, load: Load, side: Side, figure: &str) -> Vec<Option<f64>> {
        let outcomes = self.outcomes.get(&(load, side)).into_iter().flatten();
        outcomes
            .map(|outcome| outcome.as_ref()?.figures.get(figure).copied())
            .collect()
    }

    /// What a row of the node with an engine is compared with, in all rounds.
    pub(super) fn beside(&self, row: &Row, beside: Beside) -> Vec<Option<f64>> {
        match beside {
            Beside::Side(side) => self.figures(row.load, side, row.figure),
            Beside::Bare => self.figures(row.load, Side::Engine, "bare"),
            Beside::Nothing => Vec::new(),
        }
    }

    /// The first thing that went wrong.
    pub(super) fn trouble(&self, load: Load, side: Side) -> Option<&str> {
        let outcomes = self.outcomes.get(&(load, side)).into_iter().flatten();
        outcomes
            .flatten()
            .find_map(|outcome| outcome.trouble.as_deref())
    }

    /// Everything that went wrong.
    pub(super) fn troubles(&self) -> Vec<String> {
        let keys = self.outcomes.keys();
        let troubles = keys.filter_map(|(load, side)| {
            let trouble = self.trouble(*load, *side)?;
            Some(format!("{}, {load:?}: {trouble}", side.title()))
        });
        troubles.collect()
    }

    /// How many cores other processes took: the median, and the most.
    pub(super) fn others(&self) -> Option<(f64, f64)> {
        let outcomes = self.outcomes.values().flatten().flatten();
        let others: Vec<f64> = outcomes
            .filter_map(|outcome| outcome.figures.get(OTHERS).copied())
            .collect();
        let most = others.iter().copied().fold(0.0, f64::max);
        Some((stats::median(&others)?, most))
    }
}
