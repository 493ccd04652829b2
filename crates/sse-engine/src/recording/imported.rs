//! A file that was read as a recording: what it was, and what it did not have.

use std::time::Duration;

use super::RecordingMistakeKind as Kind;
use super::{Recording, RecordingMistake};

/// The time before each event of a file that has no times.
pub const PACE: Duration = Duration::from_millis(100);

/// What a file was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// A whole `.wire` file.
    Wire,
    /// The beginning of one, as a crash leaves it.
    WireBeginning,
    /// A HAR.
    Har,
    /// What `curl -i` or `curl -v` printed: a head, and the body behind it.
    Curl,
    /// The body alone: a stream of events.
    Events,
    /// The body alone: lines of JSON.
    JsonLines,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// What it holds. It has ended.
    pub recording: Recording,
    /// What it was.
    pub format: FileFormat,
    /// What was not in the file and was made up, and what was left out: a sentence each. Where the
    /// file was no `.wire`, these are notes of the recording, too.
    pub notes: Vec<String>,
}

/// A file that cannot be read, with the whole sentence.
pub(super) fn foreign(sentence: String) -> RecordingMistake {
    Kind::Format.because(sentence)
}
