//! A recording of streams as plain text, exact to the byte: the format `.wire`. docs/RECORDING.md
//! shows it to the person who edits such a file.
//!
//! A [`Recording`] is a list of [`Step`]s in the order of the file. [`Recording::push`] checks that
//! order for the reader and for whoever records, so each recording can be written. What
//! [`Recording::to_text`] writes is canonical: it is read as the same recording, and written the
//! same again.

mod blocks;
mod body;
pub mod diff;
mod exchange;
mod foreign;
mod har;
mod imported;
mod mistake;
mod read;
mod reader;
mod recorder;
mod secret;
mod timed;
mod write;

use std::fmt;
use std::time::Duration;

pub(crate) use body::unescape;
pub use exchange::{Exchange, Piece};
pub use imported::{FileFormat, Imported, PACE};
pub use mistake::{RecordingMistake, RecordingMistakeKind};
pub use reader::{BodyReader, Found};
pub use recorder::{PieceSizes, Recorder, Secrets};
pub use secret::is_secret;
pub use timed::BodyKind;

use crate::fault::Fault;
use RecordingMistakeKind as Kind;

/// The largest file that is read, in bytes. It is read as a whole and takes about as much memory
/// again; a chat of an hour is far smaller.
pub const MOST_BYTES: usize = 64 << 20;
/// The longest time between two steps. A longer one is recorded as this.
pub const LONGEST_WAIT: Duration = Duration::from_secs(999_999_999);

/// What was recorded: one exchange or more, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    steps: Vec<Step>,
    phase: Phase,
}

/// One step of a recording. In a file it is one line, or a few lines of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// `#`: a note for people, without controls. It changes nothing.
    Note(String),
    /// `>`: a line of the request's head; the first is the request line. UTF-8 without controls.
    Request(String),
    /// `>|` and `>~`: bytes of the request's body.
    RequestBytes(Vec<u8>),
    /// `@`: time that passes before the next step. Two of them in a row add up.
    Wait(Wait),
    /// `<` and `<~`: a line of the response's head; the first is the status line. Any bytes but LF.
    Response(Vec<u8>),
    /// `|` and `~`: bytes of the response's body. Two of them in a row are one.
    Bytes(Vec<u8>),
    /// `!`: a fault that strikes at this place.
    Fault(Box<Fault>),
    /// `=`: how the exchange ended.
    End(End),
    /// `==`: the next exchange follows.
    Next,
}

/// Time that passes, and what the piece behind it took on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wait {
    /// How long. Whole microseconds below a second, else whole milliseconds: [`Recording::push`]
    /// rounds it down to that, and to [`LONGEST_WAIT`].
    pub time: Duration,
    /// The size of the chunk, in bytes.
    pub chunk: Option<u64>,
    /// The size before gzip was undone, in bytes.
    pub gzip: Option<u64>,
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// In order.
    End,
    /// Without the last chunk, by FIN.
    Cut,
    /// By RST.
    Reset,
    /// Nothing came for too long.
    Timeout,
    /// It had not ended when the recording did.
    Open,
}

/// How far an exchange has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd)]
enum Phase {
    #[default]
    Begin,
    Request,
    RequestBody,
    Response,
    Body,
    Ended,
}

impl Recording {
    /// A recording of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// All steps, in the order of the file.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether the last exchange has its end. Only then the text is a whole file.
    pub fn has_ended(&self) -> bool {
        self.phase == Phase::Ended
    }

    /// Appends a step. Empty bytes are left out, and bytes behind bytes join them.
    ///
    /// # Errors
    ///
    /// The step cannot stand here (a request, its body, the response, its body, the end), or its
    /// text has no spelling. The mistake has no line.
    pub fn push(&mut self, mut step: Step) -> Result<(), RecordingMistake> {
        let phase = self.next_phase(&step)?;
        match &mut step {
            Step::Note(text) => {
                text.truncate(text.trim_end().len());
                if text.chars().any(char::is_control) {
                    return Err(Kind::Control.mistake());
                }
            }
            Step::Request(line) => {
                line.truncate(line.trim_end().len());
                let first = self.phase == Phase::Begin;
                if !body::is_plain(line.as_bytes()) || !is_request_line(line, first) {
                    return Err(Kind::RequestHead.mistake());
                }
            }
            Step::Response(line) => {
                let first = self.phase < Phase::Response;
                let status = line.starts_with(b"HTTP/");
                if line.contains(&b'\n') || !(status || !first && is_field(line)) {
                    return Err(Kind::ResponseHead.mistake());
                }
            }
            Step::Wait(wait) => wait.time = rounded(wait.time),
            // The printed fault is one line of the file.
            Step::Fault(fault) if fault.to_string().chars().any(char::is_control) => {
                return Err(Kind::Control.mistake());
            }
            Step::Bytes(bytes) | Step::RequestBytes(bytes) if bytes.is_empty() => return Ok(()),
            _ => {}
        }
        match (self.steps.last_mut(), &step) {
            (Some(Step::Bytes(all)), Step::Bytes(more))
            | (Some(Step::RequestBytes(all)), Step::RequestBytes(more)) => {
                all.extend_from_slice(more);
            }
            _ => self.steps.push(step),
        }
        self.phase = phase;
        Ok(())
    }

    fn next_phase(&self, step: &Step) -> Result<Phase, RecordingMistake> {
        let now = self.phase;
        let (right, then) = match step {
            Step::Note(_) => (true, now),
            Step::Request(_) => (now <= Phase::Request, Phase::Request),
            Step::RequestBytes(_) => (
                matches!(now, Phase::Request | Phase::RequestBody),
                Phase::RequestBody,
            ),
            Step::Response(_) => (now <= Phase::Response, Phase::Response),
            Step::Bytes(_) => (matches!(now, Phase::Response | Phase::Body), Phase::Body),
            Step::Wait(_) | Step::Fault(_) => (now < Phase::Ended, now),
            Step::End(_) => (now < Phase::Ended, Phase::Ended),
            Step::Next => (now == Phase::Ended, Phase::Begin),
        };
        if right {
            Ok(then)
        } else {
            Err(Kind::Order.mistake())
        }
    }
}

/// The canonical text, as [`Recording::to_text`].
impl fmt::Display for Recording {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.to_text())
    }
}

/// The time as the file can say it: three decimals of a millisecond, and of a second from one on.
fn rounded(time: Duration) -> Duration {
    let time = time.min(LONGEST_WAIT);
    let unit = if time.as_secs() == 0 { 1000 } else { 1_000_000 };
    Duration::new(time.as_secs(), time.subsec_nanos() / unit * unit)
}

/// A method, a target and a version; behind them, fields.
fn is_request_line(line: &str, first: bool) -> bool {
    if first {
        let words: Vec<_> = line.splitn(4, ' ').collect();
        return words.len() == 3 && words.iter().all(|word| !word.is_empty());
    }
    is_field(line.as_bytes())
}

/// A name without spaces, and a colon.
fn is_field(line: &[u8]) -> bool {
    let colon = line.iter().position(|byte| *byte == b':');
    colon.is_some_and(|end| end > 0 && line[..end].iter().all(u8::is_ascii_graphic))
}

#[cfg(test)]
mod tests;
