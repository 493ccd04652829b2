//! `sse diff`: compares two recordings event by event.

use std::io::{self, Write};

use anyhow::anyhow;
use sse_server::recording::diff::{Both, Compared, Comparison, Difference, Place};
use sse_server::recording::{End, FileFormat, Imported};

use crate::api::shown;
use crate::args::Diff;
use crate::look::{BOLD, GREEN, QUIET, RED, ms, painted, several};
use crate::outcome::{Failure, Outcome};
use crate::recorded;
use crate::stdout::Stdout;

/// The most differences that are printed.
const MOST: usize = 1_000;
/// The most that is printed within one event.
const MOST_WITHIN: usize = 20;
/// How much of a value is printed, in characters.
const LONGEST: usize = 160;

/// Compares two files.
///
/// # Errors
/// A file that cannot be read, or a stdout that cannot be written.
pub(crate) fn run(args: &Diff) -> Result<Outcome, Failure> {
    if args.first == "-" && args.second == "-" {
        return Err(Failure::usage(anyhow!(
            "Only one of the two files can be stdin: name the other one."
        )));
    }
    let first = recorded::read(&args.first)?;
    let second = recorded::read(&args.second)?;
    for (file, imported) in [(&args.first, &first), (&args.second, &second)] {
        say(file, imported, args.times);
    }
    // What is made up is not compared.
    let formats = [first.format, second.format];
    let is_bare = |it: &FileFormat| matches!(it, FileFormat::Events | FileFormat::JsonLines);
    let heads = !formats.iter().any(is_bare);
    let what = Compared {
        heads,
        ends: heads && !formats.contains(&FileFormat::Curl),
        times: args.times,
    };
    let compared = Comparison::new(&first.recording, &second.recording, what);
    let mut stdout = Stdout::new();
    let print = Print {
        compared: &compared,
        files: (&args.first, &args.second),
        coloured: stdout.has_colours(),
        has_several: first
            .recording
            .exchanges()
            .count()
            .max(second.recording.exchanges().count())
            > 1,
    };
    let differences = compared.differences();
    let mut out = Vec::new();
    if !differences.is_empty() {
        print.side(&mut out, "---", RED, print.files.0);
        print.side(&mut out, "+++", GREEN, print.files.1);
    }
    for difference in differences.iter().take(MOST) {
        print.difference(&mut out, difference);
    }
    if let Some(more) = differences.len().checked_sub(MOST).filter(|more| *more > 0) {
        let more = several(more as u64, "further difference");
        _ = writeln!(out, "{}", painted(&more, BOLD, print.coloured));
    }
    stdout.print(&out);
    if let Some(e) = stdout.failure() {
        return Err(Failure::unwritten(e));
    }
    let (ours, theirs) = compared.events();
    let events = match ours == theirs {
        true => several(ours as u64, "event"),
        false => format!("{ours} and {}", several(theirs as u64, "event")),
    };
    let (words, outcome) = match differences.len() {
        0 => ("no difference".to_owned(), Outcome::Yes),
        count => (several(count as u64, "difference"), Outcome::No),
    };
    note(&format!("{words} in {events}"));
    Ok(outcome)
}

/// Says what a person should know of a file: that it ends too early, or that its times are made up.
fn say(file: &str, imported: &Imported, with_times: bool) {
    let is_cut = imported.format == FileFormat::WireBeginning;
    for sentence in &imported.notes {
        if is_cut || with_times {
            note(&format!("{}: {}", shown(file), shown(sentence)));
        }
    }
}

/// A line for people.
fn note(words: &str) {
    // Not `eprintln!`, which panics when nobody reads stderr.
    _ = writeln!(io::stderr(), "{words}");
}

struct Print<'a> {
    compared: &'a Comparison,
    files: Both<&'a str>,
    coloured: bool,
    /// Whether exchanges have to be told apart.
    has_several: bool,
}

impl Print<'_> {
    fn difference(&self, out: &mut Vec<u8>, difference: &Difference) {
        match difference {
            Difference::Exchange {
                exchange,
                is_second,
            } => {
                let file = if *is_second {
                    self.files.1
                } else {
                    self.files.0
                };
                self.head(
                    out,
                    *exchange,
                    &format!("the exchange is only in {}", shown(file)),
                );
            }
            Difference::Event { exchange, events } => self.event(out, *exchange, *events),
            Difference::Status { exchange, statuses } => {
                self.head(out, *exchange, "status");
                let text = |status: Option<u16>| status.map(|status| status.to_string());
                self.sides(out, &(text(statuses.0), text(statuses.1)));
            }
            Difference::ContentType { exchange, values } => {
                self.head(out, *exchange, "content-type");
                self.sides(out, values);
            }
            Difference::End { exchange, ends } => {
                self.head(out, *exchange, "end");
                let text = |end: Option<End>| end.map(|end| end.word().to_owned());
                self.sides(out, &(text(ends.0), text(ends.1)));
            }
            Difference::Interval {
                exchange,
                numbers,
                intervals,
            } => {
                let what = match numbers {
                    Some(numbers) => format!("time before event {}", pair(*numbers)),
                    None => "time before the end".to_owned(),
                };
                self.head(out, *exchange, &what);
                self.sides(out, &(Some(ms(intervals.0)), Some(ms(intervals.1))));
            }
        }
    }

    fn event(&self, out: &mut Vec<u8>, exchange: usize, events: Both<Option<Place>>) {
        let (first, second) = match events {
            (Some(first), Some(second)) => (first, second),
            (Some(event), None) => return self.alone(out, exchange, event, false),
            (None, Some(event)) => return self.alone(out, exchange, event, true),
            (None, None) => return,
        };
        self.head(
            out,
            exchange,
            &format!("event {}", pair((first.number, second.number))),
        );
        let mut changes = self.compared.changes(first, second, MOST_WITHIN + 1);
        let is_more = changes.len() > MOST_WITHIN;
        changes.truncate(MOST_WITHIN);
        for change in changes {
            _ = writeln!(out, "  {}", shown(&change.place));
            let (first, second) = cropped(change.first, change.second);
            self.sides(out, &(first, second));
        }
        if is_more {
            _ = writeln!(out, "  and more");
        }
    }

    /// An event that is in one file alone.
    fn alone(&self, out: &mut Vec<u8>, exchange: usize, event: Place, is_second: bool) {
        let file = if is_second {
            self.files.1
        } else {
            self.files.0
        };
        let words = format!("event {} is only in {}", event.number, shown(file));
        self.head(out, exchange, &words);
        let text = self.compared.text(event);
        let name = if text.name == "message" {
            ""
        } else {
            text.name
        };
        let parts = [text.id, name, text.data].map(|part| crop(part, 0));
        let words: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let words = Some(words.join("  "));
        self.line(out, is_second, &words);
    }

    /// What differs.
    fn head(&self, out: &mut Vec<u8>, exchange: usize, what: &str) {
        let what = match self.has_several {
            true => format!("exchange {exchange}, {what}"),
            false => what.to_owned(),
        };
        _ = writeln!(out, "{}", painted(&what, BOLD, self.coloured));
    }

    fn side(&self, out: &mut Vec<u8>, sign: &str, colour: &str, file: &str) {
        let line = format!("{sign} {}", shown(file));
        _ = writeln!(out, "{}", painted(&line, colour, self.coloured));
    }

    fn sides(&self, out: &mut Vec<u8>, both: &Both<Option<String>>) {
        self.line(out, false, &both.0);
        self.line(out, true, &both.1);
    }

    fn line(&self, out: &mut Vec<u8>, is_second: bool, text: &Option<String>) {
        let (sign, colour) = if is_second { ("+", GREEN) } else { ("-", RED) };
        let line = match text {
            Some(text) => painted(&format!("{sign} {}", shown(text)), colour, self.coloured),
            None => painted(&format!("{sign} (not there)"), QUIET, self.coloured),
        };
        _ = writeln!(out, "    {line}");
    }
}

/// Two numbers, of which most often one says it all.
fn pair((first, second): Both<usize>) -> String {
    match first == second {
        true => first.to_string(),
        false => format!("{first} | {second}"),
    }
}

/// Two values, from near where they differ on.
fn cropped(first: Option<String>, second: Option<String>) -> Both<Option<String>> {
    let (Some(one), Some(other)) = (&first, &second) else {
        return (
            first.map(|text| crop(&text, 0)),
            second.map(|text| crop(&text, 0)),
        );
    };
    let same = one
        .chars()
        .zip(other.chars())
        .take_while(|(one, other)| one == other)
        .count();
    let begin = match same > LONGEST / 2 {
        true => same - LONGEST / 4,
        false => 0,
    };
    (Some(crop(one, begin)), Some(crop(other, begin)))
}

/// A part of a text, with a sign where something is left out. Line ends are signs, too.
fn crop(text: &str, begin: usize) -> String {
    let mut rest = text.chars().skip(begin);
    let mut part: String = rest.by_ref().take(LONGEST).collect();
    if rest.next().is_some() {
        part.push('…');
    }
    if begin > 0 {
        part.insert(0, '…');
    }
    part.replace('\n', "␊")
        .replace('\r', "␍")
        .replace('\t', " ")
}
