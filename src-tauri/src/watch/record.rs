//! A watch on its way into a file, from its beginning or from when a person asked for it on.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Serialize;
use sse_client::{End, Piece};
use sse_server::{Error, SavedRecording, WatchHead, WatchRecording, short_path};

/// Bytes of a stream's body that are kept at least for a recording that begins later.
const KEPT: usize = 1 << 20;
/// Pieces of it.
const PIECES: usize = 4096;

/// What a recording is at.
#[derive(Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "WatchRecording"))]
pub(crate) struct RecordingView {
    /// Whether it goes on.
    is_on: bool,
    /// Where it is, or why it is not there, in words.
    words: String,
    /// How long it lasts so far, in milliseconds.
    lasts_ms: f64,
    /// How large it is, in bytes.
    bytes: u64,
    /// Whether something went wrong.
    is_wrong: bool,
}

/// What is recorded of a watch, and what of its stream is kept in case that it will be.
#[derive(Default)]
pub(super) struct Record {
    on: Option<WatchRecording>,
    /// When it began, since the watch did.
    from: Duration,
    /// What became of the last one.
    last: Option<RecordingView>,
    /// Whether the exchange has its head and no end.
    is_open: bool,
    head: Option<(Duration, WatchHead)>,
    pieces: VecDeque<Piece>,
    bytes: usize,
    /// Bytes of this stream that are not kept any more.
    gone: u64,
}

impl Record {
    /// Records from now on, and what is kept of the stream that is read, where one is.
    pub(super) fn start(&mut self, recording: WatchRecording, now: Duration, is_read: bool) {
        self.on = Some(recording);
        self.from = now;
        let Some((offset, head)) = self.head.clone().filter(|_| is_read) else {
            return;
        };
        self.from = offset;
        self.write(|on| on.begin(offset, &head));
        self.is_open = true;
        if self.gone > 0 {
            let words = format!(
                "{} bytes came before what follows, and were not kept",
                self.gone
            );
            self.write(|on| on.note(&words));
        }
        let pieces = std::mem::take(&mut self.pieces);
        for piece in &pieces {
            self.write(|on| on.piece(piece));
        }
        self.pieces = pieces;
    }

    /// A stream began.
    pub(super) fn begins(&mut self, offset: Duration, head: WatchHead) {
        self.write(|on| on.begin(offset, &head));
        self.is_open = true;
        self.head = Some((offset, head));
        self.pieces.clear();
        (self.bytes, self.gone) = (0, 0);
    }

    /// A piece of it came.
    pub(super) fn piece(&mut self, piece: &Piece) {
        self.write(|on| on.piece(piece));
        self.bytes += piece.bytes.len();
        self.pieces.push_back(piece.clone());
        while let Some(oldest) = self.pieces.front()
            && (self.pieces.len() > PIECES || self.bytes - oldest.bytes.len() >= KEPT)
        {
            self.bytes -= oldest.bytes.len();
            self.gone += oldest.bytes.len() as u64;
            self.pieces.pop_front();
        }
    }

    /// It ended, this long after it began; where a person stopped it, for no reason of its own.
    pub(super) fn ends(&mut self, at: Duration, end: Option<End>) {
        if std::mem::take(&mut self.is_open) {
            self.write(|on| on.end(at, end));
        }
    }

    /// Whether one goes on.
    pub(super) fn is_on(&self) -> bool {
        self.on.is_some()
    }

    /// Takes the recording out, to be closed where nobody waits for it.
    pub(super) fn take(&mut self) -> Option<WatchRecording> {
        self.on.take()
    }

    /// The last one was closed.
    pub(super) fn closed(&mut self, closed: Result<Option<SavedRecording>, Error>) {
        self.last = match closed {
            Ok(Some(saved)) => Some(RecordingView {
                is_on: false,
                words: saved_words(&saved),
                lasts_ms: 0.0,
                bytes: saved.size,
                is_wrong: saved.cut_short.is_some(),
            }),
            Ok(None) => None,
            Err(e) => Some(RecordingView::wrong(e.to_string())),
        };
    }

    /// A new one, for another watch, which still says what became of this one.
    pub(super) fn renewed(&mut self) -> Self {
        Self {
            last: self.last.take(),
            ..Self::default()
        }
    }

    /// What it is at, for the page, of a watch that lasts so long.
    pub(super) fn view(&self, elapsed: Duration) -> Option<RecordingView> {
        match &self.on {
            Some(on) => Some(RecordingView {
                is_on: true,
                words: short_path(on.file().path()),
                lasts_ms: elapsed.saturating_sub(self.from).as_secs_f64() * 1000.0,
                bytes: on.file().size(),
                is_wrong: false,
            }),
            None => self.last.clone(),
        }
    }

    /// How long the stream of now lasts, of a watch that lasts so long.
    pub(super) fn since_begin(&self, elapsed: Duration) -> Duration {
        let offset = self.head.as_ref().map(|head| head.0);
        elapsed.saturating_sub(offset.unwrap_or_default())
    }

    fn write(&mut self, write: impl FnOnce(&mut WatchRecording) -> Result<(), Error>) {
        let Some(mut on) = self.on.take() else {
            return;
        };
        match write(&mut on) {
            Ok(()) => self.on = Some(on),
            // It is full, or the disk is: it ends with what it has.
            Err(_) => self.closed(on.close(Duration::ZERO)),
        }
    }
}

impl RecordingView {
    fn wrong(words: String) -> Self {
        Self {
            is_on: false,
            words,
            lasts_ms: 0.0,
            bytes: 0,
            is_wrong: true,
        }
    }
}

fn saved_words(saved: &SavedRecording) -> String {
    let mut words = format!("Recorded to {}", short_path(&saved.path));
    match saved.kept_back {
        0 => {}
        1 => words += ", 1 secret kept back",
        count => words += &format!(", {count} secrets kept back"),
    }
    match &saved.cut_short {
        Some(e) => format!("{words}. {e}"),
        None => words,
    }
}
