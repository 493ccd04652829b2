//! `sse show`: shows a recording, or converts it.
//!
//! What was recorded is on stdout; what a person should know besides is on stderr.

mod json;
mod lines;

use std::io::{self, Write};

use anyhow::anyhow;
use sse_client::Read;
use sse_server::recording::{FileFormat, Found, MOST_BYTES, Step};

use crate::args::{Show, ShowAs};
use crate::look::several;
use crate::outcome::{Failure, Outcome};
use crate::recorded;
use crate::stdout::Stdout;

/// How much is gathered before it is printed.
const BLOCK: usize = 64 << 10;

/// Shows a file.
///
/// # Errors
/// A file that cannot be read or has no such exchange, or a stdout that cannot be written.
pub(crate) fn run(args: &Show) -> Result<Outcome, Failure> {
    let imported = recorded::read(&args.file)?;
    let form = args.form();
    let mut recording = imported.recording;
    let count = recording.exchanges().count();
    if let Some(number) = args.exchange {
        recording = recording.only(number).ok_or_else(|| {
            Failure::usage(anyhow!(
                "The file has {}, but not number {number}: give one from 1 to {count}.",
                several(count as u64, "exchange")
            ))
        })?;
    } else if form == ShowAs::Body && count > 1 {
        return Err(Failure::usage(anyhow!(
            "The file has {count} exchanges, and --sse prints the body of one: choose it with \
             --exchange, from 1 to {count}."
        )));
    }
    // In the other formats they are notes of the recording.
    if imported.format == FileFormat::WireBeginning {
        imported.notes.iter().for_each(|sentence| note(sentence));
    }
    if !args.keep_secrets {
        let (clean, secrets) = recording.without_secrets();
        recording = clean;
        if secrets > 0 && !matches!(form, ShowAs::Lines | ShowAs::Body) {
            let secrets = several(secrets as u64, "secret");
            note(&format!(
                "{secrets} kept back: --keep-secrets leaves them in."
            ));
        }
    }
    let mut out = Output::new();
    match form {
        ShowAs::Lines => lines::print(&recording, &mut out),
        ShowAs::Json => json::print(&recording, &mut out),
        ShowAs::Har => {
            let is_fault = |step: &&Step| matches!(step, Step::Fault(_));
            let faults = recording.steps().iter().filter(is_fault).count();
            if faults > 0 {
                let faults = several(faults as u64, "fault");
                note(&format!("{faults} left out: a HAR has no place for them."));
            }
            converted(&recording.to_har(), &mut out);
            out.text.push(b'\n');
        }
        ShowAs::Wire => converted(&recording.to_text(), &mut out),
        ShowAs::Body => {
            for step in recording.steps() {
                if let Step::Bytes(bytes) = step {
                    out.stdout.print_foreign(bytes);
                }
            }
            out.stdout.end_foreign();
        }
    }
    out.flush();
    match out.stdout.failure() {
        Some(e) => Err(Failure::unwritten(e)),
        None => Ok(Outcome::Yes),
    }
}

/// Prints a whole file.
fn converted(file: &str, out: &mut Output) {
    if file.len() > MOST_BYTES {
        note(&format!(
            "The file has more than {MOST_BYTES} bytes, so `sse` does not read it again."
        ));
    }
    out.stdout.print_foreign(file.as_bytes());
    out.stdout.end_foreign();
}

/// A line for people.
fn note(words: &str) {
    // Not `eprintln!`, which panics when nobody reads stderr.
    _ = writeln!(io::stderr(), "{words}");
}

/// What is printed, in blocks.
struct Output {
    stdout: Stdout,
    text: Vec<u8>,
}

impl Output {
    fn new() -> Self {
        Self {
            stdout: Stdout::new(),
            text: Vec::with_capacity(BLOCK),
        }
    }

    /// Prints what was gathered, where that is enough, and says whether somebody reads on.
    fn goes_on(&mut self) -> bool {
        if self.text.len() >= BLOCK {
            self.flush();
        }
        !self.stdout.is_unread() && self.stdout.failure().is_none()
    }

    fn flush(&mut self) {
        self.stdout.print(&self.text);
        self.text.clear();
    }
}

/// As `sse watch` has it.
fn read(found: Found<'_>) -> Read<'_> {
    let bytes = 0;
    match found {
        Found::Event { event, id, data } => Read::Event {
            event,
            id,
            data,
            bytes,
        },
        Found::Comment(text) => Read::Comment { text, bytes },
        Found::Retry(ms) => Read::Retry { ms, bytes },
        Found::Line(text) => Read::Line { text, bytes },
    }
}
