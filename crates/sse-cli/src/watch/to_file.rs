//! A stream on its way into a file, and what a person sees of that on a terminal.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use sse_client::{End, Piece, Watch as Stream};
use sse_server::{Error, SavedRecording, WatchRecording};

use crate::look::{ms, several};

/// How often the line is drawn again, at most.
const REDRAWN: Duration = Duration::from_millis(200);

/// A stream on its way into a file.
pub(crate) struct ToFile {
    recording: WatchRecording,
    /// When it began, and how long after that the watch of now did.
    began: Instant,
    offset: Duration,
    /// Why it cannot go on.
    problem: Option<Error>,
    line: Line,
}

impl ToFile {
    pub(crate) fn new(recording: WatchRecording) -> Self {
        Self {
            recording,
            began: Instant::now(),
            offset: Duration::ZERO,
            problem: None,
            line: Line {
                is_drawn: crate::stdout::has_colours(io::stderr().is_terminal()),
                last: None,
            },
        }
    }

    /// A stream is there.
    pub(super) fn begin(&mut self, stream: &Stream) {
        self.offset = self.began.elapsed().saturating_sub(stream.elapsed());
        let begun = self.recording.begin(self.offset, &stream.into());
        self.keep(begun);
    }

    /// A piece of it came.
    pub(super) fn piece(&mut self, piece: &Piece) {
        let recorded = self.recording.piece(piece);
        self.keep(recorded);
    }

    /// It is over, this long after it began.
    pub(super) fn end(&mut self, at: Duration, end: Option<End>) {
        if self.problem.is_none() {
            let ended = self.recording.end(at, end);
            self.keep(ended);
        }
        self.line.clear();
    }

    /// A sentence that belongs into the file.
    pub(super) fn note(&mut self, words: &str) {
        let noted = self.recording.note(words);
        self.keep(noted);
    }

    /// Whether nothing more goes into the file.
    pub(super) fn is_over(&self) -> bool {
        self.problem.is_some()
    }

    /// Draws the line that says how far it is.
    pub(super) fn draw(&mut self, events: u64) {
        let size = self.recording.file().size();
        let time = ms(self.began.elapsed());
        let events = several(events, "event");
        self.line
            .draw(&format!("{time}, {events}, {}", several(size, "byte")));
    }

    /// Takes the line away, where something else is to be said.
    pub(super) fn clear(&mut self) {
        self.line.clear();
    }

    /// Closes the file. Nothing where nothing was recorded.
    ///
    /// # Errors
    /// It could not be kept.
    pub(crate) fn close(mut self) -> Result<Option<Kept>, Error> {
        self.line.clear();
        let now = self.began.elapsed().saturating_sub(self.offset);
        let lasts = self.recording.file().lasts();
        let saved = self.recording.close(now)?;
        Ok(saved.map(|saved| Kept {
            problem: saved.cut_short.clone().or(self.problem),
            lasts,
            saved,
        }))
    }

    fn keep(&mut self, recorded: Result<(), Error>) {
        if let Err(e) = recorded {
            self.problem.get_or_insert(e);
        }
    }
}

/// A recording in its file.
pub(crate) struct Kept {
    pub(crate) saved: SavedRecording,
    pub(crate) lasts: Duration,
    /// Why it ends where what it records did not.
    pub(crate) problem: Option<Error>,
}

/// A line of a terminal that is drawn over itself.
struct Line {
    is_drawn: bool,
    last: Option<Instant>,
}

impl Line {
    fn draw(&mut self, words: &str) {
        let is_due = self.last.is_none_or(|last| last.elapsed() >= REDRAWN);
        if self.is_drawn && is_due {
            self.last = Some(Instant::now());
            // Not `eprint!`, which panics when nobody reads stderr.
            _ = write!(io::stderr(), "\r\x1b[K{words}");
        }
    }

    fn clear(&mut self) {
        if self.last.take().is_some() {
            _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
