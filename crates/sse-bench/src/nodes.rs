//! The speed of nodes that share their topics by an engine, beside a node without one, beside the
//! engine alone, and beside the servers of others with Redis.
//!
//! The nodes run on one core. The engine and the clients share another. The rounds are interleaved,
//! and a ratio is taken within a round.

mod cluster;
mod engine;
mod measures;
mod monitor;
mod report;
mod results;

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::attempt;
use crate::load::Outcome;
use crate::machine::Machine;
use crate::options::{Common, one_of};
use crate::payload::{self, Seen};
use crate::servers::{self, Programs};
use cluster::{Cluster, Side};
use engine::Engine;
use measures::{CALLS, Load, ROWS};
use results::Results;

/// How long the engine is asked directly, one call after another.
const BARE: Duration = Duration::from_secs(2);

/// When the engine is killed after the load began, and how long it is away.
const UNTIL_AWAY: Duration = Duration::from_millis(1500);
const AWAY: Duration = Duration::from_secs(2);

/// How long the engine may take to be asked.
const PATIENCE: Duration = Duration::from_secs(5);

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Rounds. A figure is the median of the rounds, and a ratio is taken within a round.
    #[arg(long, default_value_t = 4)]
    rounds: usize,
    /// How often a run is repeated if other processes took more than a sixth of a core. The last
    /// run counts.
    #[arg(long, default_value_t = 1)]
    again: usize,
    /// Only these measures, for example cpu-1k or publish-64.
    #[arg(long, value_delimiter = ',', value_parser = measure)]
    measure: Vec<String>,
    #[command(flatten)]
    common: Common,
}

fn measure(text: &str) -> Result<String, String> {
    one_of(text, ROWS.iter().map(|row| row.key))
}

/// Measures, prints the tables, and writes them into the report if one is named.
///
/// # Errors
/// There is nothing to measure, or the report cannot be written.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    servers::two_cores()?;
    let programs = Programs::new(options.common.sse_bin.clone())?;
    let begun = Instant::now();
    let mut results = Results::new(options.rounds);
    let mut sides = Vec::new();
    for side in [Side::Alone, Side::Engine, Side::Nchan, Side::BetterSse] {
        match side.lacking(&programs) {
            None => sides.push(side),
            Some(sentence) => results.missing.push(sentence),
        }
    }
    let is_wanted = |load: &Load| {
        let wanted = |key: &String| ROWS.iter().any(|row| row.key == key && row.load == *load);
        options.measure.is_empty() || options.measure.iter().any(wanted)
    };
    for round in 0..options.rounds {
        for load in Load::ALL.into_iter().filter(is_wanted) {
            let mut turn: Vec<Side> = load.sides().to_vec();
            turn.retain(|side| sides.contains(side));
            turn.retain(|side| !side.is_of_others() || round < options.common.peer_rounds);
            // Every other round in reverse, so that none is always the first.
            if round % 2 == 1 {
                turn.reverse();
            }
            for side in turn {
                let outcome = attempt::undisturbed(options.again, || {
                    one(&programs, load, side, options.common.quick, round % 2 == 1)
                });
                eprintln!(
                    "round {} {:<12} {:<10} {}",
                    round + 1,
                    format!("{load:?}"),
                    format!("{side:?}"),
                    attempt::brief(&outcome)
                );
                results.keep(load, side, round, outcome);
            }
        }
    }
    if results.is_empty() {
        bail!("nothing was measured: {}", results.missing.join(", "));
    }
    eprintln!("took {} s", begun.elapsed().as_secs());
    let tables = report::tables(&results);
    println!("{tables}");
    if let Some(file) = &options.common.write {
        let machine = Machine::read(&programs);
        report::write(file, &programs, &machine, &tables)?;
    }
    Ok(())
}

/// One load against nodes that were started for it. In `reverse`, what is measured twice in a run
/// is measured in the other order.
fn one(
    programs: &Programs,
    load: Load,
    side: Side,
    quick: bool,
    reverse: bool,
) -> anyhow::Result<Outcome> {
    let mut cluster = Cluster::start(programs, side, load.nodes(side))?;
    let engine = cluster.engine.as_ref().map(Engine::port);
    let first = cluster.nodes.first().context("there is a node")?;
    let last = cluster.nodes.last().context("there is a node")?;
    // The clients come to the first node, and from one that is killed to the last.
    let (at, other) = match load {
        Load::Land => (cluster.nodes.len() - 1, first.port),
        _ => (0, last.port),
    };
    let mut work = load.work(other, engine);
    if quick {
        work = work.quick();
    }
    let beside = cluster.beside(at);
    match load {
        Load::Land => {
            let monitor = cluster.engine.as_ref().map(Engine::monitor).transpose()?;
            let mut outcome = attempt::load(&cluster.nodes[at], &beside, &work)?;
            if let Some(monitor) = monitor {
                count_commands(&mut outcome, &monitor);
            }
            Ok(outcome)
        }
        Load::PublishOne | Load::PublishMany => {
            let call = script_call(&cluster)?;
            let direct = || -> anyhow::Result<f64> {
                let engine = cluster.engine()?;
                if load == Load::PublishOne {
                    engine.one_at_a_time(&call, if quick { BARE / 10 } else { BARE })
                } else {
                    engine.benchmark(&call, if quick { CALLS / 10 } else { CALLS })
                }
            };
            let before = if reverse { Some(direct()?) } else { None };
            let mut outcome = attempt::load(&cluster.nodes[at], &beside, &work)?;
            let bare = match before {
                Some(before) => before,
                None => direct()?,
            };
            outcome.set("bare", bare);
            Ok(outcome)
        }
        Load::Outage => outage(&mut cluster, &beside, work),
        _ => attempt::load(&cluster.nodes[at], &beside, &work),
    }
}

/// The call of the script with which the node publishes an event of the load, in its words.
fn script_call(cluster: &Cluster) -> anyhow::Result<Vec<Vec<u8>>> {
    let monitor = cluster.engine()?.monitor()?;
    let node = cluster.nodes.first().context("there is a node")?;
    let seen = Seen { number: 7, at: 7 };
    crate::load::publish_one(node.port, seen)?;
    let mut data = Vec::new();
    payload::write(&mut data, seen);
    monitor.script_with(&data, PATIENCE)
}

/// How many commands came over connections in each storm: what the engine counted, less what its
/// scripts did, and less the beats, which come with a storm or without.
fn count_commands(outcome: &mut Outcome, monitor: &monitor::Monitor) {
    let figure = |name: &str, time: usize| outcome.figures.get(&format!("{name}_{time}")).copied();
    let mut most = None;
    for time in 0.. {
        let (Some(began), Some(ended), Some(calls)) = (
            figure("began", time),
            figure("ended", time),
            figure("calls", time),
        ) else {
            break;
        };
        let seen = monitor.between(began, ended);
        let commands = calls - (seen.of_scripts + seen.beats) as f64;
        eprintln!("commands of a storm: {}", seen.names.join(", "));
        most = Some(commands.max(most.unwrap_or_default()));
    }
    if let Some(most) = most {
        outcome.set("commands", most);
    }
}

/// The engine is killed and started again while the load runs.
fn outage(
    cluster: &mut Cluster,
    beside: &[u32],
    work: crate::measures::Workload,
) -> anyhow::Result<Outcome> {
    let Cluster { nodes, engine } = cluster;
    let node = nodes.first().context("there is a node")?;
    let engine = engine.as_mut().context("this side has no engine")?;
    let (outcome, back) = std::thread::scope(|scope| {
        let load = scope.spawn(|| attempt::load(node, beside, &work));
        std::thread::sleep(UNTIL_AWAY);
        let back = engine.restart(AWAY);
        (load.join(), back)
    });
    let back = back?;
    let mut outcome = outcome.map_err(|_| anyhow::anyhow!("the load broke"))??;
    let ended = outcome.figures.get("pause_ended").copied();
    let pause = outcome.figures.get("pause_ms").copied();
    let ended = ended.context("the load tells no pause")?;
    ensure!(
        pause.is_some_and(|ms| ms > AWAY.as_secs_f64() * 900.0),
        "events went on while the engine was away"
    );
    outcome.set("back_ms", (ended - back) * 1000.0);
    Ok(outcome)
}
