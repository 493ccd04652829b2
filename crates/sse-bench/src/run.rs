//! The runner: takes every measure with every server, round by round.

use std::path::PathBuf;

use anyhow::{Context, bail};

use crate::attempt;
use crate::machine::Machine;
use crate::measures::{MEASURES, WORKLOADS, Workload};
use crate::options::{Common, one_of};
use crate::report;
use crate::results::Results;
use crate::servers::{self, Programs, Server};

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Rounds of `sse serve` and the limit in the measures that are near their goal. A figure is
    /// the median of the rounds, and a ratio is taken within a round.
    #[arg(long, default_value_t = 9)]
    rounds: usize,
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
    #[command(flatten)]
    common: Common,
    /// Tables of the app to put into the report, as scripts/bench-app.sh prints them.
    #[arg(long, value_name = "FILE")]
    app: Option<PathBuf>,
}

/// Rounds at most of what is far from its goal, and of a server of this crate beside the two that
/// are compared.
const FAR_ROUNDS: usize = 3;

impl Options {
    /// How many rounds a server takes of a load.
    fn rounds(&self, server: Server, load: &Workload) -> usize {
        let most = match server {
            _ if server.topics_only() && !load.topic => 0,
            _ if server.topics_only() => self.common.peer_rounds,
            Server::Sse | Server::Limit if load.is_near => self.rounds,
            _ => FAR_ROUNDS,
        };
        most.min(self.rounds)
    }
}

fn measure(text: &str) -> Result<String, String> {
    one_of(text, MEASURES.iter().map(|measure| measure.key))
}

/// Measures, prints the tables, and writes the report if one is wanted.
///
/// # Errors
/// There is nothing to measure, or the report cannot be written.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    servers::two_cores()?;
    let programs = Programs::new(options.common.sse_bin.clone())?;
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
        .map(|load| {
            if options.common.quick {
                load.quick()
            } else {
                load
            }
        })
        .collect();

    for round in 0..options.rounds {
        for load in &workloads {
            // Every other round in reverse, so that no server is always the first after a pause,
            // and what drifts from minute to minute is for one as often as for the other.
            let mut turn = servers.clone();
            if round % 2 == 1 {
                turn.reverse();
            }
            for server in turn {
                if round >= options.rounds(server, load) {
                    continue;
                }
                let outcome = attempt::undisturbed(options.again, || {
                    let running = programs.start(server)?;
                    attempt::load(&running, &[], load)
                });
                eprintln!(
                    "round {} {:<11} {:<14} {}",
                    round + 1,
                    load.key,
                    format!("{server:?}"),
                    attempt::brief(&outcome)
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
    if let Some(file) = &options.common.write {
        report::write(file, &results, options.app.as_deref())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    fn rounds(line: &[&str], load: &str) -> Vec<usize> {
        let line = Line::parse_from(std::iter::once(&"run").chain(line));
        let load = WORKLOADS.iter().find(|one| one.key == load).expect(load);
        let servers = [Server::Sse, Server::Limit, Server::Axum, Server::Nchan];
        servers.map(|one| line.options.rounds(one, load)).to_vec()
    }

    #[test]
    fn what_is_near_its_goal_takes_more_rounds_of_the_two_that_are_compared() {
        assert_eq!(rounds(&[], "fanout-1k"), [9, 9, 3, 1]);
        assert_eq!(rounds(&[], "short"), [3, 3, 3, 0]);
        assert_eq!(rounds(&["--rounds", "2"], "fanout-1k"), [2, 2, 2, 1]);
        let line = ["--rounds", "5", "--peer-rounds", "2"];
        assert_eq!(rounds(&line, "most-1k"), [5, 5, 3, 2]);
        assert_eq!(rounds(&line, "endless"), [5, 5, 3, 0]);
    }
}
