//! The figures as tables, and docs/BENCHMARKS.md around them.
//!
//! Some parts of that file are not made here and are kept: the notes, which are written by hand,
//! the tables of the app, which another program prints, and those of the decoders, of proxies and
//! of nodes, which other runs write.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::measures::{Goal, MEASURES, Measure};
use crate::results::{OTHERS, Results};
use crate::servers::Server;
use crate::stats::{self, Interval};

/// The order of the rows.
const SERVERS: [Server; 6] = [
    Server::Limit,
    Server::Sse,
    Server::Axum,
    Server::Nchan,
    Server::BetterSse,
    Server::SseStarlette,
];

const INTRODUCTION: &str = "\
# Benchmarks

`make bench` measures the app, the server and the decoder, and writes this file. `make bench-server` measures
only the server, `make bench-decoders` only the decoder, `make bench-proxies` only the proxy, and `make bench-nodes`
only topics over many machines. Only the text under [Notes](#notes) is written by hand. This command takes a single measure:
`target/release/sse-bench run --measure cpu-1k --only sse,limit`.

Each server runs on one core. Its clients are a process of their own on another core, and connect over
loopback. Each server is restarted for each measure and round. The rounds are interleaved: round 1 takes every
measure with every server, then round 2 begins. A figure is the median of the rounds. A ratio is taken within
a round, because one machine changes more from minute to minute than servers differ. If other processes
disturb a run, it is repeated, at most twice.

Where `sse serve` is near its goal, it and `limit` take nine rounds, one right after the other. They change places
each round, so that a drift of the machine cancels out. Elsewhere there are three rounds, and one of the servers of
others. Beside the median of the ratios is its interval. Of nine rounds it goes from the second lowest ratio to the
second highest. In 96 of 100 such runs, the interval holds the true median, however the ratios are distributed. Three rounds
are too few for that, so there it is the lowest and the highest. A goal that is a ratio is met when the interval
reaches it, and missed when it does not. Any other goal is met when the median reaches it.

`limit` marks the most that this machine can do. It is one thread that writes prepared bytes with epoll
(`crates/sse-bench/src/limit.rs`). It puts the same bytes on the wire as `sse serve`, and does nothing else.
`sse serve` runs as it is shipped, with its guard, its table of connections and its counters. An event has 100
bytes of data. It carries its number and the time of its publish, so the clients notice when an event is lost,
repeated or late.
";

const NO_APP: &str = "`make bench` puts the tables of the app here.";

/// How many cores other processes may take before the figures are unreliable.
pub(crate) const NOISE: f64 = 0.1;

const NO_DECODERS: &str = "`make bench-decoders` puts the tables of the decoders here.";

const NO_PROXIES: &str = "`make bench-proxies` puts the table of the proxy here.";

const NO_NODES: &str = "`make bench-nodes` puts the tables of topics over many machines here.";

const NODES: (&str, &str) = ("<!-- nodes -->", "<!-- /nodes -->");
const PROXIES: (&str, &str) = ("<!-- proxies -->", "<!-- /proxies -->");
const DECODERS: (&str, &str) = ("<!-- decoders -->", "<!-- /decoders -->");
const NOTES: (&str, &str) = ("<!-- notes -->", "<!-- /notes -->");
const APP: (&str, &str) = ("<!-- app -->", "<!-- /app -->");

/// The overview and the table of each measure.
pub(crate) fn tables(results: &Results) -> String {
    let mut text = overview(results);
    for measure in &MEASURES {
        if results.outcomes.contains_key(measure.workload) {
            text += &table(results, measure);
        }
    }
    for missing in &results.missing {
        // Writing to a string cannot fail.
        _ = writeln!(text, "{missing}, so it has no rows.");
    }
    text
}

/// Writes the report and keeps the parts of the old one that are not made here.
///
/// # Errors
/// A file cannot be read or written.
pub(crate) fn write(file: &Path, results: &Results, app: Option<&Path>) -> anyhow::Result<()> {
    let old = fs::read_to_string(file).unwrap_or_default();
    let app = match app {
        None => between(&old, APP).to_owned(),
        Some(path) => fs::read_to_string(path).with_context(|| {
            format!(
                "the tables of the app cannot be read from {}",
                path.display()
            )
        })?,
    };
    let kept = |marks, placeholder| match between(&old, marks).trim() {
        "" => placeholder,
        section => section,
    };
    let app = match app.trim() {
        "" => NO_APP,
        app => app,
    };
    let sections = [
        ("The decoder", DECODERS, kept(DECODERS, NO_DECODERS)),
        ("The proxy", PROXIES, kept(PROXIES, NO_PROXIES)),
        ("Topics over many machines", NODES, kept(NODES, NO_NODES)),
        ("The app", APP, app),
        ("Notes", NOTES, kept(NOTES, "")),
    ];
    let mut text = format!("{INTRODUCTION}\n{}\n{}", machine(results), tables(results));
    for (title, marks, section) in sections {
        // Writing to a string cannot fail.
        _ = write!(
            text,
            "\n## {title}\n\n{}\n{section}\n{}\n",
            marks.0, marks.1
        );
    }
    fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))
}

/// The report with this section of the decoders in place of its own; `None` if it has no place for
/// one.
pub(crate) fn with_decoders(report: &str, section: &str) -> Option<String> {
    with_section(report, DECODERS, section)
}

/// Writes the section of the proxy into the report.
///
/// # Errors
/// The report cannot be read or written, or has no place for the section.
pub(crate) fn write_proxies(file: &Path, section: &str) -> anyhow::Result<()> {
    write_section(file, PROXIES, section)
}

/// Writes the section of topics over many machines into the report.
///
/// # Errors
/// The report cannot be read or written, or has no place for the section.
pub(crate) fn write_nodes(file: &Path, section: &str) -> anyhow::Result<()> {
    write_section(file, NODES, section)
}

fn write_section(file: &Path, marks: (&str, &str), section: &str) -> anyhow::Result<()> {
    let old =
        fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let new = with_section(&old, marks, section).with_context(|| {
        format!(
            "{} has no place for the section ({}): write the whole report once with `sse-bench run --write`",
            file.display(),
            marks.0
        )
    })?;
    fs::write(file, new).with_context(|| format!("{} cannot be written", file.display()))
}

fn with_section(report: &str, (begin, end): (&str, &str), section: &str) -> Option<String> {
    let (before, rest) = report.split_once(begin)?;
    let (_, after) = rest.split_once(end)?;
    Some(format!("{before}{begin}{section}{end}{after}"))
}

/// The text between two markers.
fn between<'a>(text: &'a str, (begin, end): (&str, &str)) -> &'a str {
    let rest = text.split_once(begin).map_or("", |(_, rest)| rest);
    rest.split_once(end).map_or("", |(part, _)| part)
}

fn machine(results: &Results) -> String {
    let machine = &results.machine;
    let mut text = format!(
        "## Machine\n\n{}; {}; rounds: at most {}.\n\n| what | version |\n|---|---|\n",
        machine.sentence(),
        machine.date,
        results.rounds
    );
    for (name, version) in &machine.versions {
        _ = writeln!(text, "| {name} | {version} |");
    }
    let outcomes = results
        .outcomes
        .values()
        .flat_map(|servers| servers.values());
    let outcomes = outcomes.flatten().flatten();
    let others: Vec<f64> = outcomes
        .filter_map(|outcome| outcome.figures.get(OTHERS).copied())
        .collect();
    if let Some(median) = stats::median(&others) {
        let most = others.iter().copied().fold(0.0, f64::max);
        _ = writeln!(
            text,
            "\nDuring the runs, other processes took {median:.2} cores (median of all runs; at most \
             {most:.2}). On a virtual machine, this includes its host.{}",
            if median > NOISE {
                " **That is too much, so the figures are unreliable.**"
            } else {
                ""
            }
        );
    }
    text
}

/// One row for each measure, with the figures of `sse serve`.
fn overview(results: &Results) -> String {
    let mut text = "## Overview\n\n| measure | `sse serve` | limit | ratio | interval | goal | met |\n|---|---|---|---|---|---|---|\n".to_owned();
    for measure in &MEASURES {
        let (own, limit) = (
            row(results, measure, Server::Sse),
            row(results, measure, Server::Limit),
        );
        let Some(value) = own.median else {
            continue;
        };
        _ = writeln!(
            text,
            "| {} | {} {} | {} | {} | {} | {} | {} |",
            measure.title,
            number(value),
            measure.unit,
            limit.median.map_or_else(String::new, number),
            own.ratio.map_or_else(String::new, ratio),
            between_ratios(&own),
            measure
                .goal
                .map_or_else(String::new, |it| goal(it, measure)),
            met(measure, &own),
        );
    }
    text + "\n"
}

/// The figures of one server in one measure.
struct Row {
    values: Vec<f64>,
    median: Option<f64>,
    /// Those of the rounds, their median, and its interval.
    ratios: Vec<f64>,
    ratio: Option<f64>,
    interval: Option<Interval>,
    trouble: Option<String>,
}

fn row(results: &Results, measure: &Measure, server: Server) -> Row {
    let figures = |server| results.figures(measure.workload, server, measure.figure);
    let own = figures(server);
    let values: Vec<f64> = own
        .iter()
        .flatten()
        .map(|value| value * measure.scale)
        .collect();
    let ratios = stats::ratios(&own, &figures(Server::Limit));
    Row {
        median: stats::median(&values),
        ratio: stats::median(&ratios),
        interval: stats::interval(&ratios),
        ratios,
        trouble: results.trouble(measure.workload, server).map(str::to_owned),
        values,
    }
}

/// The heading of a measure, how it is taken, and its goal.
fn beginning(measure: &Measure) -> String {
    let goal = measure
        .goal
        .map_or_else(String::new, |it| format!(" Goal: {}.", goal(it, measure)));
    format!("## {}\n\n{}{goal}\n", measure.title, measure.how)
}

fn table(results: &Results, measure: &Measure) -> String {
    let beside = |cell: &dyn Fn(&(&str, &str)) -> String| {
        measure.beside.iter().map(cell).collect::<String>()
    };
    let mut text = format!(
        "{}\n| server | {} | rounds | ratio to limit | interval |{} |\n|---|---|---|---|---|{}---|\n",
        beginning(measure),
        measure.unit,
        beside(&|(_, name)| format!(" {name} |")),
        beside(&|_| "---|".to_owned()),
    );
    for server in SERVERS {
        let row = row(results, measure, server);
        if row.median.is_none() && row.trouble.is_none() {
            continue;
        }
        let remark = match (&row.trouble, server) {
            (Some(trouble), _) => trouble.clone(),
            (None, Server::Sse) => match met(measure, &row) {
                "" => String::new(),
                "yes" => "goal met".to_owned(),
                _ => "**goal missed**".to_owned(),
            },
            _ => String::new(),
        };
        let rounds: Vec<_> = row.values.iter().copied().map(number).collect();
        _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |{} {remark} |",
            server.title(),
            row.median.map_or_else(|| "-".to_owned(), number),
            rounds.join(", "),
            row.ratio.map_or_else(String::new, ratio),
            match server {
                // It is compared with itself.
                Server::Limit => String::new(),
                _ => between_ratios(&row),
            },
            beside(&|(figure, _)| {
                let values = results.figures(measure.workload, server, figure);
                let values: Vec<f64> = values.into_iter().flatten().collect();
                let median = stats::median(&values).map_or_else(String::new, number);
                format!(" {median} |")
            }),
        );
    }
    text + "\n"
}

/// The interval of a row's ratio in words; nothing if there is only one ratio.
fn between_ratios(row: &Row) -> String {
    match row.interval {
        Some(Interval { low, high, sure }) if row.ratios.len() > 1 => {
            let sure = sure.map_or_else(
                || "lowest, highest".to_owned(),
                |sure| format!("{sure:.0} %"),
            );
            format!("{} to {} ({sure})", ratio(low), ratio(high))
        }
        _ => String::new(),
    }
}

/// Whether the goal is met; nothing without a goal or a figure.
fn met(measure: &Measure, row: &Row) -> &'static str {
    let Some(goal) = measure.goal else {
        return "";
    };
    // A good figure is worth nothing if events are lost or late.
    if row.trouble.is_some() {
        return "**no**";
    }
    match row
        .median
        .and_then(|value| goal.reached(value, row.interval))
    {
        None => "",
        Some(true) => "yes",
        Some(false) => "**no**",
    }
}

fn goal(goal: Goal, measure: &Measure) -> String {
    let unit = measure.unit;
    match goal {
        Goal::RatioAtMost(bound) => format!("at most {bound:.2} of the limit"),
        Goal::RatioAtLeast(bound) => format!("at least {bound:.2} of the limit"),
        Goal::AtMost(bound) => format!("at most {bound} {unit}"),
    }
}

/// Three significant digits, with commas between thousands.
pub(crate) fn number(value: f64) -> String {
    let digits = match value.abs() {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 0.1 => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    let (sign, text) = text
        .strip_prefix('-')
        .map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, part) = text
        .split_once('.')
        .map_or((text, ""), |(whole, part)| (whole, part));
    let mut out = sign.to_owned();
    for (at, digit) in whole.char_indices() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if !part.is_empty() {
        out.push('.');
        out += part;
    }
    out
}

pub(crate) fn ratio(value: f64) -> String {
    if value < 0.1 {
        format!("{value:.3}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Outcome;

    fn outcome(name: &str, value: f64) -> Option<Outcome> {
        let mut outcome = Outcome::default();
        outcome.set(name, value);
        Some(outcome)
    }

    fn results() -> Results {
        let mut results = Results {
            rounds: 3,
            ..Results::default()
        };
        let load = results.outcomes.entry("fanout-1k".to_owned()).or_default();
        load.insert(
            Server::Limit,
            [4.0, 5.0, 4.0]
                .map(|value| outcome("cpu_us", value))
                .to_vec(),
        );
        load.insert(
            Server::Sse,
            [4.2, 5.0, 6.0]
                .map(|value| outcome("cpu_us", value))
                .to_vec(),
        );
        let mut late = outcome("cpu_us", 30.0);
        if let Some(late) = &mut late {
            late.trouble("misses the rate".to_owned());
        }
        load.insert(Server::SseStarlette, vec![late, None, None]);
        results
    }

    #[test]
    fn numbers_are_short_and_readable() {
        for (value, text) in [
            (1_234_567.8, "1,234,568"),
            (999.6, "1,000"),
            (123.4, "123"),
            (12.34, "12.3"),
            (1.234, "1.23"),
            (0.0567, "0.057"),
            (-1234.0, "-1,234"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn a_table_shows_figures_rounds_ratio_and_goal() {
        let text = table(&results(), &MEASURES[0]);
        assert!(
            text.contains("| limit | 4.00 | 4.00, 5.00, 4.00 | 1.00 |  |  |"),
            "{text}"
        );
        assert!(
            text.contains("| **`sse serve`** | 5.00 | 4.20, 5.00, 6.00 | 1.05 | 1.00 to 1.50 (lowest, highest) | goal met |"),
            "{text}"
        );
        assert!(
            text.contains("| 30.0 | 30.0 | 7.50 |  | misses the rate |"),
            "{text}"
        );
        assert!(text.contains("Goal: at most 1.05 of the limit."), "{text}");
        assert!(
            overview(&results())
                .contains("| 5.00 µs | 4.00 | 1.05 | 1.00 to 1.50 (lowest, highest) | at most 1.05 of the limit | yes |")
        );
    }

    /// The median of nine ratios is beyond the goal, and what is known of it is not.
    #[test]
    fn nine_rounds_decide_by_their_interval() {
        let with = |ratios: [f64; 9]| {
            let mut results = Results::default();
            let load = results.outcomes.entry("fanout-1k".to_owned()).or_default();
            let figures = |of: [f64; 9]| of.map(|value| outcome("cpu_us", value)).to_vec();
            load.insert(Server::Limit, figures([1.0; 9]));
            load.insert(Server::Sse, figures(ratios));
            overview(&results)
        };
        let text = with([1.0, 1.05, 1.2, 1.2, 1.2, 1.2, 1.2, 1.3, 1.4]);
        assert!(text.contains("| 1.20 | 1.05 to 1.30 (96 %) | at most 1.05 of the limit | yes |"));
        let text = with([1.0, 1.06, 1.2, 1.2, 1.2, 1.2, 1.2, 1.3, 1.4]);
        assert!(
            text.contains("| 1.20 | 1.06 to 1.30 (96 %) | at most 1.05 of the limit | **no** |")
        );
    }

    #[test]
    fn what_explains_a_figure_stands_beside_it_and_what_has_no_goal_is_only_shown() {
        let mut results = results();
        let load = results.outcomes.entry("most-1k-8".to_owned()).or_default();
        let mut all = outcome("per_s", 1e6);
        if let Some(all) = &mut all {
            all.set("events_a_send", 3.75);
        }
        load.insert(Server::Sse, vec![all]);
        load.insert(Server::Limit, vec![outcome("per_s", 2e6)]);
        let taps = results.outcomes.entry("taps".to_owned()).or_default();
        taps.insert(Server::Sse, vec![outcome("bytes_per_client", 9e4)]);
        let text = tables(&results);
        let line = "| ratio to limit | interval | events a send | events a pass | |\n|---|---|---|---|---|---|---|---|\n";
        assert!(text.contains(line), "{text}");
        let line = "| 1.00 | 1.00 | 0.50 |  | 3.75 |  | **goal missed** |";
        assert!(text.contains(line), "{text}");
        assert!(
            text.contains("| 2.00 | 2.00 | 1.00 |  |  |  |  |"),
            "{text}"
        );
        assert!(
            text.contains("so each tap is full.\n\n| server |"),
            "{text}"
        );
        assert!(text.contains("| 90.0 | 90.0 |  |  |  |"), "{text}");
        assert!(text.contains("| 90.0 KB |  |  |  |  |  |"), "{text}");
    }

    /// The report was once improved by hand, and the next run would have undone it.
    #[test]
    fn the_report_in_docs_has_the_wording_of_this_program() {
        let report = include_str!("../../../docs/BENCHMARKS.md");
        assert!(report.starts_with(INTRODUCTION));
        assert!(between(report, DECODERS).starts_with(&crate::decoders::wording()));
        for measure in &MEASURES {
            let begin = format!("\n{}", beginning(measure));
            assert!(report.contains(&begin), "{begin}");
        }
    }

    #[test]
    fn what_is_written_by_hand_survives() {
        let folder = tempfile::tempdir().expect("there is room for temporary files");
        let file = folder.path().join("BENCHMARKS.md");
        write(&file, &results(), None).expect("it can be written");
        let text = fs::read_to_string(&file).expect("it was written");
        let text = text.replace("<!-- notes -->\n", "<!-- notes -->\nBy hand.\n");
        let text = with_decoders(&text, "\n| sse-wire | 1 GB/s |\n").expect("it has a place");
        fs::write(&file, text).expect("it can be written");
        let app = folder.path().join("app.md");
        fs::write(&app, "| launch | 700 ms |\n").expect("it can be written");
        write(&file, &results(), Some(&app)).expect("it can be written");
        let once = fs::read_to_string(&file).expect("it was written");
        assert!(
            once.contains("<!-- notes -->\nBy hand.\n<!-- /notes -->"),
            "{once}"
        );
        write(&file, &results(), None).expect("it can be written");
        let twice = fs::read_to_string(&file).expect("it was written");
        assert_eq!(once, twice);
        assert!(twice.contains("| launch | 700 ms |"));
        assert!(twice.contains("<!-- decoders -->\n| sse-wire | 1 GB/s |\n<!-- /decoders -->"));
        write_proxies(&file, "\n| `sse proxy` |\n").expect("it has a place");
        write(&file, &results(), None).expect("it can be written");
        let text = fs::read_to_string(&file).expect("it was written");
        assert!(text.contains("<!-- proxies -->\n| `sse proxy` |\n<!-- /proxies -->"));
        write_nodes(&file, "\n| two nodes |\n").expect("it has a place");
        write(&file, &results(), None).expect("it can be written");
        let text = fs::read_to_string(&file).expect("it was written");
        assert!(text.contains("<!-- nodes -->\n| two nodes |\n<!-- /nodes -->"));
    }
}
