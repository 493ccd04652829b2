//! The section of docs/BENCHMARKS.md with the nodes.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use super::cluster::Side;
use super::engine::Engine;
use super::measures::{BESIDE_OTHERS, Beside, ROWS, Row};
use super::results::Results;
use crate::machine::Machine;
use crate::measures::Goal;
use crate::report::{self, NOISE, number, ratio};
use crate::servers::Programs;
use crate::stats;

const INTRODUCTION: &str = "\
`sse serve --topics-on` keeps its topics in a `redis-server`. It runs on one core. The clients and Redis share another. The
rounds are interleaved, a figure is the median of the rounds, and a ratio is taken within a round. Each side is restarted
for each measure and round. All events must arrive, once and in order. `make bench-nodes` measures only this, and writes
this section. The measures that are also taken of one node are explained above.

Of the rest:

* The most deliveries are measured with 64 connections that publish in turn, each with one event under way. On a single
  connection each request would wait for the answer of the one before it, and with it for Redis.
* A publish over HTTP is one request after another on one connection, beside the same call of the same script, one after
  another on one connection to Redis from the core of the node. The words of the call are those that the node sent.
* 64 requests under way are on 64 connections, and each waits for its answer. Beside it, `redis-benchmark -c 1 -P 64` makes
  the same call from the core of the node. The topic is full, so with each event one is dropped.
* 10,000 clients come to a node that does not know their topic yet, each with the last id that it had at another node, and
  each must get the one event that it lacks. Beside it, they come back to the one node that has the topic. The commands are
  those that Redis counts meanwhile (`INFO commandstats`), less what its scripts do and less the beats, by which each node says
  every other second how many listen. The most of all storms is shown.
* Redis is killed while 100 subscribers wait and an event is published every 20 ms, and another process, without its data,
  takes its place after 2 s. The time runs from its first answer.
* A node is killed that has 1,000 clients. Each does what an EventSource does: it waits for the time that `retry` told, and
  goes to another node with its last id. The time runs until the last has an event again, less that wait. No event may be
  lost or repeated, and no gap may be told.
";

/// Writes the section into the report.
///
/// # Errors
/// The report cannot be read or written, or has no place for the section.
pub(super) fn write(
    file: &Path,
    programs: &Programs,
    machine: &Machine,
    tables: &str,
) -> anyhow::Result<()> {
    let about = about(programs, machine);
    let section = format!("\n{INTRODUCTION}\n{about}\n\n{tables}");
    report::write_nodes(file, &section)
}

/// The machine, the day and the versions.
fn about(programs: &Programs, machine: &Machine) -> String {
    let mut words = vec![
        machine.sentence(),
        machine.date.clone(),
        format!("sse at {}", crate::machine::commit()),
        format!("Redis {}", Engine::version()),
    ];
    // Written by scripts/bench-peers.sh.
    for (peer, name) in [("nchan", "nchan"), ("better-sse-redis", "better-sse")] {
        if let Ok(version) = fs::read_to_string(programs.peers.join(peer).join("version")) {
            words.push(format!("{name} {}", version.trim()));
        }
    }
    words.join("; ") + "."
}

/// The goals, and the figures of others.
pub(super) fn tables(results: &Results) -> String {
    let mut text = format!(
        "| measure | with Redis | beside | ratio | lowest and highest | goal | met |\n{}",
        "|---|---|---|---|---|---|---|\n"
    );
    for row in &ROWS {
        text += &line(results, row);
    }
    text += &others(results);
    // Writing to a string cannot fail.
    _ = writeln!(text, "\nRounds: {}.", results.rounds);
    if let Some((median, most)) = results.others() {
        _ = writeln!(
            text,
            "During the runs, other processes took {median:.2} cores (median of all runs; at most {most:.2}).{}",
            if median > NOISE {
                " **That is too much, so the figures are unreliable.**"
            } else {
                ""
            }
        );
    }
    for trouble in results.troubles() {
        _ = writeln!(text, "\n{trouble}.");
    }
    for missing in &results.missing {
        _ = writeln!(text, "\n{missing}, so it has no figures.");
    }
    text
}

/// A figure, its ratio, and whether the goal is met.
struct Cells {
    own: Option<f64>,
    beside: Option<f64>,
    ratio: Option<f64>,
    /// The lowest and the highest of what the goal is about.
    spread: Option<(f64, f64)>,
    met: &'static str,
}

fn cells(results: &Results, row: &Row, beside: Beside, goal: Goal) -> Cells {
    let own = results.figures(row.load, Side::Engine, row.figure);
    let others = results.beside(row, beside);
    let ratios = stats::ratios(&own, &others);
    let values = |figures: &[Option<f64>]| -> Vec<f64> {
        figures.iter().flatten().map(|v| v * row.scale).collect()
    };
    let own = values(&own);
    let middle = |values: &[f64]| match row.is_exact {
        true => values.iter().copied().reduce(f64::max),
        false => stats::median(values),
    };
    let compared = match goal {
        Goal::RatioAtMost(_) | Goal::RatioAtLeast(_) => &ratios,
        Goal::AtMost(_) => &own,
    };
    let lowest = compared.iter().copied().reduce(f64::min);
    let highest = compared.iter().copied().reduce(f64::max);
    let (median, ratio) = (middle(&own), stats::median(&ratios));
    // A good figure is worth nothing if events are lost or late.
    let is_troubled = results.trouble(row.load, Side::Engine).is_some();
    let met = match median.and_then(|value| goal.met(value, ratio)) {
        Some(true) if !is_troubled => "yes",
        Some(_) => "**no**",
        None if is_troubled => "**no**",
        None => "",
    };
    Cells {
        own: median,
        beside: stats::median(&values(&others)),
        ratio,
        spread: lowest.zip(highest),
        met,
    }
}

fn line(results: &Results, row: &Row) -> String {
    let cells = cells(results, row, row.beside, row.goal);
    if cells.own.is_none() && cells.beside.is_none() && cells.met.is_empty() {
        return String::new();
    }
    let beside = match (row.beside, cells.beside) {
        (Beside::Side(side), Some(value)) => format!("{}: {}", side.title(), number(value)),
        (Beside::Bare, Some(value)) => format!("{}: {}", Side::Bare.title(), number(value)),
        _ => String::new(),
    };
    let one = |value: f64| match row.goal {
        Goal::RatioAtMost(_) | Goal::RatioAtLeast(_) => ratio(value),
        Goal::AtMost(_) => number(value),
    };
    format!(
        "| {} | {} | {beside} | {} | {} | {} | {} |\n",
        row.title,
        cells
            .own
            .map_or_else(String::new, |own| format!("{} {}", number(own), row.unit)),
        cells.ratio.map_or_else(String::new, ratio),
        cells.spread.map_or_else(String::new, |(low, high)| {
            format!("{} to {}", one(low), one(high))
        }),
        goal(row.goal, row.unit),
        cells.met,
    )
}

/// The figures of others, and how many of theirs ours is.
fn others(results: &Results) -> String {
    let mut text = String::new();
    for side in [Side::Nchan, Side::BetterSse] {
        for (key, wanted) in BESIDE_OTHERS {
            let Some(row) = ROWS.iter().find(|row| row.key == key) else {
                continue;
            };
            let cells = cells(results, row, Beside::Side(side), wanted);
            let Some(theirs) = cells.beside else {
                continue;
            };
            let trouble = results.trouble(row.load, side);
            _ = writeln!(
                text,
                "| {} | {} | {} {}{} | {} | {} | {} |",
                row.title,
                side.title(),
                number(theirs),
                row.unit,
                trouble.map_or("", |_| ", with loss"),
                cells.ratio.map_or_else(String::new, ratio),
                goal(wanted, row.unit),
                cells.met,
            );
        }
    }
    if text.is_empty() {
        return text;
    }
    format!(
        "\n| measure | of | their figure | ours is | goal | met |\n|---|---|---|---|---|---|\n{text}"
    )
}

fn goal(goal: Goal, unit: &str) -> String {
    match goal {
        Goal::RatioAtMost(bound) => format!("at most {bound:.2}"),
        Goal::RatioAtLeast(bound) => format!("at least {bound:.2}"),
        Goal::AtMost(bound) => format!("at most {} {unit}", number(bound)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::measures::Load;
    use super::*;
    use crate::load::Outcome;

    fn outcome(figures: &[(&str, f64)]) -> Outcome {
        let mut outcome = Outcome::default();
        for (name, value) in figures {
            outcome.set(name, *value);
        }
        outcome
    }

    fn results() -> Results {
        let mut results = Results::new(3);
        for (round, (own, alone)) in [(8.0, 8.0), (10.5, 10.0), (9.0, 8.0)].iter().enumerate() {
            let load = Load::Fanout1k;
            results.keep(load, Side::Engine, round, outcome(&[("cpu_us", *own)]));
            results.keep(load, Side::Alone, round, outcome(&[("cpu_us", *alone)]));
            let commands = [5.0, 11.0, 5.0][round];
            let figures = [("commands", commands), ("ms", 200.0)];
            results.keep(Load::Land, Side::Engine, round, outcome(&figures));
        }
        results.keep(Load::Fanout1k, Side::Nchan, 0, outcome(&[("cpu_us", 16.0)]));
        let figures = [("us", 90.0), ("bare", 60.0)];
        results.keep(Load::PublishOne, Side::Engine, 0, outcome(&figures));
        results
    }

    #[test]
    fn a_line_has_medians_ratios_of_rounds_their_spread_and_whether_the_goal_is_met() {
        let text = tables(&results());
        let line = "| 9.00 µs | the same node without engine: 8.00 | 1.05 | 1.00 to 1.12 | at most 1.03 | **no** |";
        assert!(text.contains(line), "{text}");
        let line =
            "| 90.0 µs | the script alone: 60.0 | 1.50 | 1.50 to 1.50 | at most 1.50 | yes |";
        assert!(text.contains(line), "{text}");
        let line = "| nchan + Redis | 16.0 µs | 0.50 | at most 0.65 | yes |";
        assert!(text.contains(line), "{text}");
    }

    /// The report was once improved by hand, and the next run would have undone it.
    #[test]
    fn the_section_in_docs_has_the_wording_of_this_program() {
        let report = include_str!("../../../../docs/BENCHMARKS.md");
        let (_, section) = report.split_once("<!-- nodes -->\n").expect("its place");
        assert!(
            section.starts_with("`make bench-nodes` puts") || section.starts_with(INTRODUCTION)
        );
    }

    /// A count is no matter of noise.
    #[test]
    fn of_commands_the_most_of_all_rounds_counts() {
        let text = tables(&results());
        let line = "| 11.0 commands |  |  | 5.00 to 11.0 | at most 10.0 commands | **no** |";
        assert!(text.contains(line), "{text}");
    }

    #[test]
    fn a_loss_is_a_goal_that_was_missed() {
        let mut results = results();
        let mut lost = outcome(&[("us", 60.0), ("bare", 60.0)]);
        lost.trouble("2 lost".to_owned());
        results.keep(Load::PublishOne, Side::Engine, 1, lost);
        let text = tables(&results);
        assert!(text.contains("| at most 1.50 | **no** |"), "{text}");
        assert!(text.contains("PublishOne: 2 lost."), "{text}");
    }
}
