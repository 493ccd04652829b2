//! One load against a running server, and whether other processes disturbed it.

use std::time::{Duration, Instant};

use anyhow::Context;

use crate::child::{self, Running};
use crate::load::Outcome;
use crate::measures::Workload;
use crate::results::OTHERS;
use crate::servers::LOAD_CORE;
use crate::{pin, procs};

/// How long clients wait for an answer, in seconds.
const PATIENCE: u64 = 40;

/// A load that takes longer than this is stuck.
const LONGEST: Duration = Duration::from_secs(240);

/// How many cores other processes may take before a run is repeated.
const DISTURBED: f64 = 1.0 / 6.0;

/// Repeats a run while other processes disturb it. The CPU time of the other processes decides, not
/// the figures, so no run is picked because its figures are good.
pub(crate) fn undisturbed(again: usize, run: impl Fn() -> anyhow::Result<Outcome>) -> Outcome {
    let mut outcome = Outcome::default();
    for _ in 0..=again {
        outcome = run().unwrap_or_else(|error| Outcome {
            trouble: Some(format!("{error:#}")),
            ..Outcome::default()
        });
        if outcome
            .figures
            .get(OTHERS)
            .is_none_or(|cores| *cores <= DISTURBED)
        {
            break;
        }
    }
    outcome
}

/// One load against a server. Processes `beside` it that work for it do not count as others.
pub(crate) fn load(server: &Running, beside: &[u32], load: &Workload) -> anyhow::Result<Outcome> {
    let own = std::env::current_exe()?;
    let mut command = pin::command(LOAD_CORE, own.as_os_str())?;
    command.arg("load");
    for (name, value) in [
        ("--port", u64::from(server.port)),
        ("--pid", u64::from(server.id())),
        ("--patience", PATIENCE),
    ] {
        command.arg(name).arg(value.to_string());
    }
    command.args(load.arguments());

    let ours = || -> Vec<procs::Cpu> {
        let ids = std::iter::once(server.id()).chain(beside.iter().copied());
        ids.map(procs::cpu).collect()
    };
    let (began, before) = (Instant::now(), ours());
    let (busy, own) = (procs::busy(), procs::own());
    let text = child::output(command, LONGEST)?;
    let ours = ours();
    let ours: f64 = ours
        .iter()
        .zip(&before)
        .map(|(now, before)| now.since(before).max(0.0))
        .sum();
    let others = procs::busy() - busy - ours - (procs::own() - own);
    let mut outcome: Outcome =
        serde_json::from_str(text.trim()).context("the load did not print its figures")?;
    outcome.set(OTHERS, others.max(0.0) / began.elapsed().as_secs_f64());
    Ok(outcome)
}

/// The figures of a load in a line.
pub(crate) fn brief(outcome: &Outcome) -> String {
    let figures = outcome.figures.iter();
    let mut words: Vec<_> = figures
        .map(|(name, value)| format!("{name} {value:.2}"))
        .collect();
    words.extend(outcome.trouble.clone());
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_disturbed_run_is_repeated_and_the_last_one_counts() {
        let runs = Cell::new(0);
        let run = |others: f64| {
            runs.set(runs.get() + 1);
            let mut outcome = Outcome::default();
            outcome.set(OTHERS, others);
            outcome.set("run", f64::from(runs.get()));
            Ok(outcome)
        };
        assert_eq!(undisturbed(2, || run(0.1)).figures["run"], 1.0);
        assert_eq!(undisturbed(2, || run(0.9)).figures["run"], 4.0);
        let failed = undisturbed(2, || anyhow::bail!("no"));
        assert_eq!(failed.trouble.as_deref(), Some("no"));
    }
}
