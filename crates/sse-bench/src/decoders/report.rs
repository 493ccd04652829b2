//! The section of docs/BENCHMARKS.md with the decoders.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::decoders::{BESIDE_MEMCHR, BESIDE_MEMCHR_FROM, BESIDE_OTHERS, PIECES};
use crate::decoders::{Contender, Results};
use crate::machine;
use crate::measures::Goal;
use crate::report::{self, number, ratio};
use crate::stats;

const INTRODUCTION: &str = "\
All decoders read the same bytes in pieces of the same size: 256 KiB of the answers of language models, with
some 120 bytes of JSON an event (`crates/sse-bench/src/decoders/payload.rs`). Each is a process of its own on
one core, and measures its own CPU time over some 0.7 s of whole passes, after a warm-up. The rounds are
interleaved, and a ratio is taken within a round. Each must find all events, and the right sum of the lengths
of their data; otherwise the run fails. `make bench-decoders` measures only them, and writes this section.

`memchr` is no decoder. It finds the line feeds, one by one, and does nothing with them. No decoder that looks
for the ends of lines in this way can be faster.
";

/// What the section says beside its figures.
#[cfg(test)]
pub(crate) fn wording() -> String {
    format!("\n{INTRODUCTION}")
}

/// Writes the section into the report.
///
/// # Errors
/// The report cannot be read or written, or has no place for the section.
pub(crate) fn write(file: &Path, results: &Results, versions: &str) -> anyhow::Result<()> {
    let old =
        fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let section = format!("\n{INTRODUCTION}\n{versions}\n\n{}", tables(results));
    let new = report::with_decoders(&old, &section).with_context(|| {
        format!(
            "{} has no place for the decoders: write the whole report once with `sse-bench run --write`",
            file.display()
        )
    })?;
    fs::write(file, new).with_context(|| format!("{} cannot be written", file.display()))
}

/// The versions of all decoders, and the day.
pub(crate) fn versions(peers: &Path) -> String {
    let lock = machine::lock_file();
    let mut all = vec![format!("sse-wire at {}", machine::commit())];
    for name in ["memchr", "eventsource-stream"] {
        all.push(format!(
            "{name} {}",
            machine::locked(&lock, name).unwrap_or("?")
        ));
    }
    // Written by scripts/bench-peers.sh.
    for name in ["eventsource-parser", "httpx-sse"] {
        if let Ok(version) = fs::read_to_string(peers.join(name).join("version")) {
            all.push(format!("{name} {}", version.trim()));
        }
    }
    format!("{}; {}.", machine::today(), all.join("; "))
}

/// The goals, and a table for each size of a piece.
pub(crate) fn tables(results: &Results) -> String {
    let mut text = overview(results);
    for piece in PIECES {
        text += &table(results, piece);
    }
    // Writing to a string cannot fail.
    _ = writeln!(
        text,
        "Rounds: {}. Meanwhile, other processes took {:.2} cores.",
        results.rounds, results.others
    );
    for missing in &results.missing {
        _ = writeln!(text, "{missing}, so it has no rows.");
    }
    text
}

fn overview(results: &Results) -> String {
    let mut text =
        "| pieces of | beside | ratio | rounds | goal | met |\n|---|---|---|---|---|---|\n"
            .to_owned();
    for piece in PIECES {
        let own = results.speeds(piece, Contender::SseWire);
        let memchr = results.speeds(piece, Contender::Memchr);
        let memchr_goal = (piece >= BESIDE_MEMCHR_FROM).then_some(BESIDE_MEMCHR);
        for (title, other, goal) in [
            (
                "the best of the others",
                results.best_of_others(piece),
                Some(BESIDE_OTHERS),
            ),
            ("`memchr`", memchr.to_vec(), memchr_goal),
        ] {
            let ratios = stats::ratios(own, &other);
            let Some(median) = stats::median(&ratios) else {
                continue;
            };
            let rounds: Vec<_> = ratios.iter().copied().map(ratio).collect();
            let met = goal.and_then(|goal| goal.met(median, Some(median)));
            _ = writeln!(
                text,
                "| {} | {title} | {} | {} | {} | {} |",
                size(piece),
                ratio(median),
                rounds.join(", "),
                goal.map_or_else(String::new, at_least),
                match met {
                    None => "",
                    Some(true) => "yes",
                    Some(false) => "**no**",
                },
            );
        }
    }
    text + "\n"
}

fn at_least(goal: Goal) -> String {
    match goal {
        Goal::RatioAtLeast(bound) => format!("at least {bound}"),
        Goal::RatioAtMost(bound) | Goal::AtMost(bound) => format!("at most {bound}"),
    }
}

fn table(results: &Results, piece: usize) -> String {
    let mut text = format!(
        "### Pieces of {}\n\n| decoder | MB/s | slowest and fastest round | `sse-wire` is |\n|---|---|---|---|\n",
        size(piece)
    );
    let own = results.speeds(piece, Contender::SseWire);
    for contender in Contender::ALL {
        let speeds = results.speeds(piece, contender);
        let values: Vec<f64> = speeds.iter().flatten().map(|speed| speed / 1e6).collect();
        let Some(median) = stats::median(&values) else {
            continue;
        };
        let slowest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let fastest = values.iter().copied().fold(0.0, f64::max);
        let times = (contender != Contender::SseWire)
            .then(|| stats::median(&stats::ratios(own, speeds)))
            .flatten();
        _ = writeln!(
            text,
            "| {} | {} | {} to {} | {} |",
            contender.title(),
            number(median),
            number(slowest),
            number(fastest),
            times.map_or_else(String::new, |times| format!(
                "{} times as fast",
                ratio(times)
            )),
        );
    }
    text + "\n"
}

fn size(piece: usize) -> String {
    match piece {
        small if small < 1024 => format!("{small} bytes"),
        large => format!("{} KiB", large / 1024),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results() -> Results {
        let mut results = Results {
            rounds: 3,
            ..Results::default()
        };
        for (piece, contender, speeds) in [
            (64, Contender::SseWire, [600e6, 600e6, 600e6]),
            (64, Contender::HttpxSse, [100e6, 300e6, 200e6]),
            (1024, Contender::SseWire, [600e6, 500e6, 400e6]),
            (1024, Contender::Memchr, [1e9, 1e9, 1e9]),
            (1024, Contender::EventsourceStream, [200e6, 200e6, 200e6]),
        ] {
            let speeds = speeds.map(Some).to_vec();
            results.speeds.insert((piece, contender), speeds);
        }
        results
    }

    #[test]
    fn goals_are_met_or_missed_by_the_median_of_ratios() {
        let text = overview(&results());
        for row in [
            "| 64 bytes | the best of the others | 3.00 | 6.00, 2.00, 3.00 | at least 3 | yes |",
            "| 1 KiB | the best of the others | 2.50 | 3.00, 2.50, 2.00 | at least 3 | **no** |",
            "| 1 KiB | `memchr` | 0.50 | 0.60, 0.50, 0.40 | at least 0.6 | **no** |",
        ] {
            assert!(text.contains(row), "{text}");
        }
        let text = table(&results(), 64);
        let row = "| httpx-sse (Python) | 200 | 100 to 300 | 3.00 times as fast |";
        assert!(text.contains(row), "{text}");
    }

    #[test]
    fn the_section_takes_the_place_of_the_old_one_alone() {
        let folder = tempfile::tempdir().expect("there is room for temporary files");
        let file = folder.path().join("BENCHMARKS.md");
        let around = |section: &str| {
            format!("# Before\n\n<!-- decoders -->{section}<!-- /decoders -->\n\nafter\n")
        };
        fs::write(&file, around("\nold\n")).expect("it can be written");
        write(&file, &results(), "versions").expect("it can be written");
        let text = fs::read_to_string(&file).expect("it was written");
        let section = format!("\n{INTRODUCTION}\nversions\n\n{}", tables(&results()));
        assert_eq!(text, around(&section));

        fs::write(&file, "# Before\n").expect("it can be written");
        let error = write(&file, &results(), "").expect_err("there is no place");
        assert!(error.to_string().contains("no place"), "{error}");
    }
}
