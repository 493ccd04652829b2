//! The speed of the decoder beside the decoders of others.
//!
//! All of them read the same bytes in the same pieces, each in a process of its own on one core.
//! The rounds are interleaved, and a ratio is taken within a round.

mod contender;
mod decode;
mod payload;
mod report;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

pub(crate) use contender::Contender;
pub(crate) use decode::{Reading, run as decode};
#[cfg(test)]
pub(crate) use report::wording;

use crate::child;
use crate::measures::Goal;
use crate::procs;
use payload::Payload;

/// Bytes of a piece.
pub(crate) const PIECES: [usize; 3] = [64, 1024, 16 * 1024];

/// Our decoder beside the fastest of the others, at each size of a piece.
const BESIDE_OTHERS: Goal = Goal::RatioAtLeast(3.0);

/// Our decoder beside `memchr`, from this size of a piece on. In smaller pieces, the cost of a call
/// is most of what is measured.
const BESIDE_MEMCHR: Goal = Goal::RatioAtLeast(0.6);
const BESIDE_MEMCHR_FROM: usize = 1024;

/// A reading that takes longer than this is stuck.
const LONGEST: Duration = Duration::from_secs(60);

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Rounds. A figure is the median of the rounds, and a ratio is taken within a round.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// How long each decoder reads in a round, in seconds of CPU time.
    #[arg(long, default_value_t = 0.7)]
    seconds: f64,
    /// Only these.
    #[arg(long, value_delimiter = ',', value_enum)]
    only: Vec<Contender>,
    /// Write the section into this report and keep the rest of it.
    #[arg(long, value_name = "FILE", conflicts_with = "only")]
    write: Option<PathBuf>,
}

/// The figures of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Results {
    /// Bytes a second by size of a piece and decoder, one for each round.
    speeds: BTreeMap<(usize, Contender), Vec<Option<f64>>>,
    /// How many cores other processes took meanwhile.
    others: f64,
    rounds: usize,
    /// For each decoder that could not be measured, a sentence that gives the reason.
    missing: Vec<String>,
}

/// Measures, prints the tables, and writes them into the report if one is named.
///
/// # Errors
/// A decoder cannot be started, or does not read what the stream has.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let folder = child::folder()?;
    let peers = folder.join("peers");
    let payload = payload::payload();
    let file = folder.join("decoders.txt");
    std::fs::write(&file, &payload.text)
        .with_context(|| format!("{} cannot be written", file.display()))?;

    let mut results = Results {
        rounds: options.rounds,
        ..Results::default()
    };
    let mut contenders = Vec::new();
    for contender in Contender::ALL {
        if !options.only.is_empty() && !options.only.contains(&contender) {
            continue;
        }
        if contender.is_installed(&peers) {
            contenders.push(contender);
        } else {
            let sentence = format!("{} is not installed", contender.title());
            results.missing.push(sentence);
        }
    }

    let (began, busy, own) = (Instant::now(), procs::busy(), procs::own());
    for round in 0..options.rounds {
        for piece in PIECES {
            // Every other round in reverse, so that no decoder is always the first.
            let mut turn = contenders.clone();
            if round % 2 == 1 {
                turn.reverse();
            }
            for contender in turn {
                let command = contender.command(&peers, &file, piece, options.seconds)?;
                let text = child::output(command, LONGEST)
                    .with_context(|| format!("{} does not decode", contender.name()))?;
                let reading: Reading = serde_json::from_str(text.trim())
                    .with_context(|| format!("{} did not print its figures", contender.name()))?;
                check(contender, &reading, &payload)?;
                let speed = payload.text.len() as f64 * reading.passes as f64 / reading.seconds;
                eprintln!(
                    "round {} {piece:>5} bytes {:<18} {:>7.0} MB/s",
                    round + 1,
                    contender.name(),
                    speed / 1e6
                );
                let speeds = results.speeds.entry((piece, contender)).or_default();
                speeds.push(Some(speed));
            }
        }
    }
    let others = procs::busy() - busy - (procs::own() - own);
    results.others = others.max(0.0) / began.elapsed().as_secs_f64();

    println!("{}", report::tables(&results));
    if let Some(file) = &options.write {
        report::write(file, &results, &report::versions(&peers))?;
    }
    Ok(())
}

/// # Errors
/// The decoder did not read what the stream has, so its speed means nothing.
fn check(contender: Contender, reading: &Reading, payload: &Payload) -> anyhow::Result<()> {
    let (events, length) = contender.expected(payload);
    let (events, length) = (events * reading.passes, length * reading.passes);
    ensure!(
        reading.passes > 0 && (reading.events, reading.length) == (events, length),
        "{} found {} events with a length of {} in {} passes, but there are {events} with {length}: \
         its figures mean nothing until that is mended",
        contender.name(),
        reading.events,
        reading.length,
        reading.passes,
    );
    Ok(())
}

impl Results {
    /// The speed of one decoder in all rounds.
    fn speeds(&self, piece: usize, contender: Contender) -> &[Option<f64>] {
        let speeds = self.speeds.get(&(piece, contender));
        speeds.map(Vec::as_slice).unwrap_or_default()
    }

    /// The speed of the fastest of the others in each round.
    fn best_of_others(&self, piece: usize) -> Vec<Option<f64>> {
        let fastest = |round: usize| {
            let others = Contender::OTHERS.into_iter();
            let speeds = others.filter_map(|other| *self.speeds(piece, other).get(round)?);
            speeds.max_by(f64::total_cmp)
        };
        (0..self.rounds).map(fastest).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoder_that_misses_an_event_is_no_reference() {
        let payload = payload::payload();
        let reading = Reading {
            passes: 2,
            seconds: 1.0,
            events: 2 * payload.events,
            length: 2 * payload.utf16,
        };
        assert!(check(Contender::EventsourceParser, &reading, &payload).is_ok());
        // Its lengths are in another unit.
        assert!(check(Contender::SseWire, &reading, &payload).is_err());
        let fewer = Reading {
            events: reading.events - 1,
            ..reading
        };
        let error = check(Contender::EventsourceParser, &fewer, &payload);
        let error = error.expect_err("an event is missing").to_string();
        assert!(error.starts_with("eventsource-parser found "), "{error}");
        assert!(check(Contender::SseWire, &Reading::default(), &payload).is_err());
    }

    #[test]
    fn the_best_of_the_others_is_found_in_each_round() {
        let mut results = Results {
            rounds: 2,
            ..Results::default()
        };
        for (contender, speeds) in [
            (Contender::SseWire, [Some(9.0), Some(9.0)]),
            (Contender::EventsourceParser, [Some(1.0), Some(3.0)]),
            (Contender::EventsourceStream, [Some(2.0), None]),
        ] {
            results.speeds.insert((64, contender), speeds.to_vec());
        }
        assert_eq!(results.best_of_others(64), [Some(2.0), Some(3.0)]);
        assert_eq!(results.best_of_others(1024), [None, None]);
    }
}
