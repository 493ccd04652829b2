//! What is wrong with the text of a recording.

use std::fmt;

use super::MOST_BYTES;

/// A mistake in a recording: of which kind, and in which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingMistake {
    /// Of which kind.
    pub kind: RecordingMistakeKind,
    /// The line of the file, from 1; none for a step that was not read from a file.
    pub line: Option<usize>,
    /// What is wrong and what to do, without the line.
    sentence: String,
}

/// The kinds of mistakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordingMistakeKind {
    /// The file is larger than [`MOST_BYTES`].
    TooLarge,
    /// The first line is not `wire 1`.
    FirstLine,
    /// The line is not UTF-8.
    Utf8,
    /// A control character in a line.
    Control,
    /// The line begins with no sign, or no space follows it.
    Sign,
    /// A `%` line says what no setting is, or comes too late.
    Setting,
    /// A `@` line has no time, or a size that is none.
    Wait,
    /// A backslash that begins no escape.
    Escape,
    /// A `!` line is no fault.
    Fault,
    /// A `>` line is neither the request line nor a field.
    RequestHead,
    /// A `<` line is neither the status line nor a field.
    ResponseHead,
    /// A line at a place where it cannot stand.
    Order,
    /// A `=` line has no word of an end.
    EndWord,
    /// An exchange has no end.
    NoEnd,
    /// What is recorded has as many bytes as it may have. It is whole; nothing more goes in.
    Full,
    /// The file is of no format that is read, or a HAR that is broken.
    Format,
}

impl RecordingMistakeKind {
    /// The mistake with the usual sentence of its kind.
    pub(super) fn mistake(self) -> RecordingMistake {
        let sentence = match self {
            Self::TooLarge => {
                return self.because(format!(
                    "a recording has {MOST_BYTES} bytes at most: split it at a `==` line."
                ));
            }
            Self::FirstLine => "a recording begins with the line `wire 1`: put it there.",
            Self::Utf8 => "this line is not UTF-8: write such bytes as `\\xNN` on a `~` line.",
            Self::Control => {
                "this line has a control character: write it as `\\xNN` on a `~` line, and save the file with LF line ends."
            }
            Self::Sign => {
                "a line begins with `>`, `>|`, `>~`, `<`, `<~`, `|`, `~`, `@`, `!`, `=`, `==`, `%` or `#`, and a space: put one there."
            }
            Self::Setting => {
                "the one setting is `% ends crlf`, above the first exchange: write that, or remove the line."
            }
            Self::Wait => {
                "a `@` line has a time in ms or s with three decimals at most, and may have `chunk=N` and `gzip=N` once each: write one such as `@ 80ms`."
            }
            Self::Escape => {
                "a backslash begins `\\r`, `\\n`, `\\t`, `\\\\` or `\\xNN`, or ends a body line without a line end: write one of these."
            }
            Self::Fault => "this is not a fault: write one such as `! cut`.",
            Self::RequestHead => {
                "a request begins like `> GET /path HTTP/1.1`, and fields like `> accept: */*` follow, without control characters: write it so."
            }
            Self::ResponseHead => {
                "a response begins like `< HTTP/1.1 200 OK`, and fields like `< age: 1` follow: write it so."
            }
            Self::Order => {
                "this line cannot be here: the order is request, its body, response, its body, `=` and then `==`."
            }
            Self::EndWord => {
                "an exchange ends with `= end`, `= cut`, `= reset`, `= timeout` or `= open`: write one of these."
            }
            Self::NoEnd => "the last exchange has no end: add a line such as `= end`.",
            Self::Full => return Self::full(MOST_BYTES),
            Self::Format => "The file is not a recording: give a .wire or a HAR.",
        };
        self.because(sentence.to_owned())
    }

    /// The mistake of a recorder whose bound is so many bytes.
    pub(super) fn full(bound: usize) -> RecordingMistake {
        Self::Full.because(format!(
            "The recording has reached {bound} bytes, which is the limit: it ends there, and what came after that is missing."
        ))
    }

    /// The mistake with a sentence of its own.
    pub(super) fn because(self, sentence: String) -> RecordingMistake {
        RecordingMistake {
            kind: self,
            line: None,
            sentence,
        }
    }
}

impl RecordingMistake {
    /// What is wrong and what to do, without the line.
    pub fn sentence(&self) -> &str {
        &self.sentence
    }

    pub(super) fn at(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }
}

impl fmt::Display for RecordingMistake {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(to, "Line {line}: {}", self.sentence),
            None if self.kind == RecordingMistakeKind::Format => to.write_str(&self.sentence),
            None if self.kind == RecordingMistakeKind::Full => to.write_str(&self.sentence),
            None => write!(to, "In a recording, {}", self.sentence),
        }
    }
}

impl std::error::Error for RecordingMistake {}
