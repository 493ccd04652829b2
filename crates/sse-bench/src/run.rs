//! The runner: takes every measure with every server, round by round.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::child;
use crate::load::Outcome;
use crate::machine::Machine;
use crate::measures::{MEASURES, WORKLOADS, Workload};
use crate::report;
use crate::results::{OTHERS, Results};
use crate::servers::{self, LOAD_CORE, Programs, Server};
use crate::{pin, procs};

/// How long clients wait for an answer, in seconds.
const PATIENCE: u64 = 40;

/// A load that takes longer than this is stuck.
const LONGEST: Duration = Duration::from_secs(240);

/// How many cores other processes may take before a run is repeated.
const DISTURBED: f64 = 1.0 / 6.0;

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Rounds. A figure is the median of the rounds, and a ratio is taken within a round.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Rounds for the servers of others, which take longer.
    #[arg(long, default_value_t = 1)]
    peer_rounds: usize,
    /// How often a run is repeated if other processes took more than a sixth of a core. The last
    /// run counts.
    #[arg(long, default_value_t = 2)]
    again: usize,
    /// Only these servers.
    #[arg(long, value_delimiter = ',', value_enum)]
    only: Vec<Server>,
    /// Only these measures, for example cpu-1k or reconnect. A load that one of them needs runs as
    /// a whole.
    #[arg(long, value_delimiter = ',', value_parser = measure)]
    measure: Vec<String>,
    /// The `sse` to measure, instead of the one beside this program.
    #[arg(long, value_name = "FILE")]
    sse_bin: Option<PathBuf>,
    /// Few clients and little time, to check that everything works. The figures mean nothing.
    #[arg(long, conflicts_with = "write")]
    quick: bool,
    /// Write the report into this file and keep the parts that are written by hand.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// Tables of the app to put into the report, as scripts/bench-app.sh prints them.
    #[arg(long, value_name = "FILE")]
    app: Option<PathBuf>,
}

fn measure(text: &str) -> Result<String, String> {
    let keys: Vec<_> = MEASURES.iter().map(|measure| measure.key).collect();
    keys.contains(&text)
        .then(|| text.to_owned())
        .ok_or_else(|| format!("the measures are {}", keys.join(", ")))
}

/// Measures, prints the tables, and writes the report if one is wanted.
///
/// # Errors
/// There is nothing to measure, or the report cannot be written.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    servers::two_cores()?;
    let programs = Programs::new(options.sse_bin.clone())?;
    let asked = |server: &Server| options.only.is_empty() || options.only.contains(server);
    let all = [
        Server::Sse,
        Server::Limit,
        Server::Axum,
        Server::Nchan,
        Server::BetterSse,
        Server::SseStarlette,
    ];
    let mut results = Results {
        machine: Machine::read(&programs),
        rounds: options.rounds,
        ..Results::default()
    };
    let mut servers = Vec::new();
    for server in all.into_iter().filter(asked) {
        match programs.lacking(server) {
            None => servers.push(server),
            Some(sentence) => results.missing.push(sentence),
        }
    }
    if servers.is_empty() {
        bail!("no server can be measured: {}", results.missing.join(", "));
    }
    let workloads: Vec<Workload> = WORKLOADS
        .into_iter()
        .filter(|load| {
            let wanted = |key: &String| {
                MEASURES
                    .iter()
                    .any(|m| m.key == key && m.workload == load.key)
            };
            options.measure.is_empty() || options.measure.iter().any(wanted)
        })
        .map(|load| if options.quick { load.quick() } else { load })
        .collect();

    for round in 0..options.rounds {
        for load in &workloads {
            // Every other round in reverse, so that no server is always the first after a pause.
            let mut turn = servers.clone();
            if round % 2 == 1 {
                turn.reverse();
            }
            for server in turn {
                if server.topics_only() && (!load.topic || round >= options.peer_rounds) {
                    continue;
                }
                let outcome = undisturbed(options.again, || one(&programs, server, load));
                eprintln!(
                    "round {} {:<11} {:<14} {}",
                    round + 1,
                    load.key,
                    format!("{server:?}"),
                    brief(&outcome)
                );
                let of_load = results.outcomes.entry(load.key.to_owned()).or_default();
                let rounds = of_load
                    .entry(server)
                    .or_insert_with(|| vec![None; options.rounds]);
                rounds[round] = Some(outcome);
            }
        }
    }

    let kept = programs.logs.join("results.json");
    std::fs::write(&kept, serde_json::to_string_pretty(&results)?)
        .with_context(|| format!("{} cannot be written", kept.display()))?;
    println!("{}", report::tables(&results));
    if let Some(file) = &options.write {
        report::write(file, &results, options.app.as_deref())?;
    }
    Ok(())
}

/// Repeats a run while other processes disturb it. The CPU time of the other processes decides, not
/// the figures, so no run is picked because its figures are good.
fn undisturbed(again: usize, run: impl Fn() -> anyhow::Result<Outcome>) -> Outcome {
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

/// One load against one server that was started for it.
fn one(programs: &Programs, server: Server, load: &Workload) -> anyhow::Result<Outcome> {
    let running = programs.start(server)?;
    let own = std::env::current_exe()?;
    let mut command = pin::command(LOAD_CORE, own.as_os_str())?;
    command.arg("load");
    for (name, value) in [
        ("--port", u64::from(running.port)),
        ("--pid", u64::from(running.id())),
        ("--patience", PATIENCE),
    ] {
        command.arg(name).arg(value.to_string());
    }
    command.args(load.arguments());

    let (began, server) = (Instant::now(), procs::cpu(running.id()));
    let (busy, own) = (procs::busy(), procs::own());
    let text = child::output(command, LONGEST)?;
    let server = procs::cpu(running.id()).since(&server);
    let others = procs::busy() - busy - server - (procs::own() - own);
    let mut outcome: Outcome =
        serde_json::from_str(text.trim()).context("the load did not print its figures")?;
    outcome.set(OTHERS, others.max(0.0) / began.elapsed().as_secs_f64());
    Ok(outcome)
}

fn brief(outcome: &Outcome) -> String {
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
