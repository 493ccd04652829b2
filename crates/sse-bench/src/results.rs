//! All figures of a run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::load::Outcome;
use crate::machine::Machine;
use crate::servers::Server;

/// The name of a figure: how many cores other processes took while a load ran.
pub(crate) const OTHERS: &str = "others_cores";

/// All figures of a run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Results {
    /// By load and server, one for each round; `None` for a round in which the server was not
    /// measured.
    pub(crate) outcomes: BTreeMap<String, BTreeMap<Server, Vec<Option<Outcome>>>>,
    /// For each server that could not be measured, a sentence that gives the reason.
    pub(crate) missing: Vec<String>,
    pub(crate) machine: Machine,
    pub(crate) rounds: usize,
}

impl Results {
    /// A figure in all rounds.
    pub(crate) fn figures(&self, workload: &str, server: Server, figure: &str) -> Vec<Option<f64>> {
        let outcomes = self
            .outcomes
            .get(workload)
            .and_then(|servers| servers.get(&server));
        let outcomes = outcomes.map(Vec::as_slice).unwrap_or_default();
        let figure = |outcome: &Option<Outcome>| outcome.as_ref()?.figures.get(figure).copied();
        outcomes.iter().map(figure).collect()
    }

    /// The first thing that went wrong.
    pub(crate) fn trouble(&self, workload: &str, server: Server) -> Option<&str> {
        let outcomes = self.outcomes.get(workload)?.get(&server)?;
        outcomes
            .iter()
            .flatten()
            .find_map(|outcome| outcome.trouble.as_deref())
    }
}
