//! A recording as the source of a stream. Only its place is read here: whoever opens files reads
//! the recording itself.

use std::fmt;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::value::{Given, find};
use super::{Problem, Reader};
use crate::recording::RecordingMistake;
use crate::stream::{Playback, Replay, Source, Speed, Stream};

/// The longest path of a recording, in bytes.
const MAX_SOURCE: usize = 1024;

/// Keys that say what a recording says itself.
const OF_EVENTS: [&str; 16] = [
    "every",
    "jitter",
    "seed",
    "from",
    "repeat",
    "event",
    "id",
    "data",
    "comment",
    "retry",
    "line_ending",
    "events",
    "events_file",
    "raw",
    "pad",
    "space",
];

/// A recording that a stream of the file replays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingRef {
    /// Which of the streams, from 0.
    pub stream: usize,
    /// Its path, as it is written: relative to the folder of the file of streams, unless it is
    /// absolute.
    pub file: String,
    /// The line that names it.
    pub line: usize,
    /// The column in that line.
    pub column: usize,
}

impl RecordingRef {
    /// Gives the stream what its recording holds.
    ///
    /// # Errors
    /// The stream asks for more events than there are.
    pub fn fill(&self, streams: &mut [Stream], replay: Arc<Replay>) -> Result<(), Problem> {
        let Some(stream) = streams.get_mut(self.stream) else {
            return Ok(());
        };
        if let Some(count) = stream.count.filter(|count| *count > replay.len()) {
            let reason = format!(
                "count = {count} is more than the recording {} has, which is {}: leave it out.",
                self.file,
                replay.len()
            );
            return Err(self.problem(reason));
        }
        if let Source::Recording(playback) = &mut stream.source {
            playback.replay = replay;
        }
        Ok(())
    }

    /// What is wrong with its text, at the place in the file of streams that names it.
    pub fn mistake(&self, mistake: &RecordingMistake) -> Problem {
        let line = mistake.line.map(|line| format!(", line {line}"));
        self.problem(format!(
            "The recording {}{} has a mistake: {}",
            self.file,
            line.unwrap_or_default(),
            mistake.sentence()
        ))
    }

    /// Why it cannot be replayed, at that place.
    pub fn problem(&self, reason: impl fmt::Display) -> Problem {
        Problem {
            line: Some(self.line),
            column: Some(self.column),
            reason: reason.to_string(),
        }
    }
}

impl Reader<'_> {
    /// Reads which recording is replayed, and how. `None` where none is.
    pub(super) fn recording(&mut self, table: &DeTable<'_>) -> Option<Source> {
        let source = find(table, "source");
        let speed = find(table, "speed");
        let step = find(table, "step");
        let Some(source) = source else {
            for given in [speed, step].into_iter().flatten() {
                self.wrong::<()>(
                    given,
                    "is for a recording: leave it out, or name one, such as source = \"calls/chat.wire\".",
                );
            }
            return None;
        };
        for key in OF_EVENTS {
            if let Some(given) = find(table, key) {
                let at = given.at.max(source.at);
                self.tell(
                    at,
                    format!("{key} and source are both given: keep one of them, since a recording is sent as it is."),
                );
            }
        }
        if let (Some(speed), Some(true)) = (speed, step.and_then(|it| it.value.as_bool())) {
            self.tell(
                speed.at,
                "speed and step are both given: keep one of them, since a step is not waited for twice.",
            );
        }
        let file = self.source_file(source);
        let step = step.and_then(|given| self.yes_or_no(given));
        self.source = file.map(|file| (file, source.at));
        Some(Source::Recording(Playback {
            replay: Arc::default(),
            speed: speed
                .and_then(|given| self.speed(given))
                .unwrap_or_default(),
            step: step.unwrap_or(false),
        }))
    }

    fn source_file(&mut self, given: Given<'_>) -> Option<String> {
        let file = self.text(given)?;
        if file.trim().is_empty() || file.contains(char::is_control) {
            return self.wrong(
                given,
                "names no file: write the path of a recording, such as \"calls/chat.wire\".",
            );
        }
        if file.len() > MAX_SOURCE {
            return self.wrong(
                given,
                &format!("is too long: make it {MAX_SOURCE} bytes at most."),
            );
        }
        Some(file.to_owned())
    }

    fn speed(&mut self, given: Given<'_>) -> Option<Speed> {
        let speed = match given.value {
            DeValue::String(text) => Speed::read(text),
            DeValue::Integer(number) if number.radix() == 10 => Speed::read(number.as_str()),
            DeValue::Float(number) => Speed::read(number.as_str()),
            _ => None,
        };
        match speed {
            None => self.wrong(
                given,
                "is no speed: write a number from 0.1 to 1000, such as 10, or \"max\".",
            ),
            speed => speed,
        }
    }
}
