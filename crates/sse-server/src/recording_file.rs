//! A recording that is written to a file while it happens.
//!
//! For a file `a.wire` it is written to `a.wire.part`, which is locked, and moved to its name when
//! it is closed. So whoever sees `a.wire` sees a whole recording, and a crash leaves
//! `a.wire.part`, which can be read up to its last whole line.

mod place;
mod watched;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sse_engine::recording::{Recorder, RecordingMistake};

use crate::error::Error;

pub use place::Existing;
use place::Place;
pub use watched::{WatchHead, WatchRecording, recording_name};

/// How many of the last places are kept at which the file can be ended. Where a disk is full,
/// what is between two of them makes room for an end.
const MARKS: usize = 64;

/// What stands at the end of a file for which the disk had no more room.
const NO_ROOM: &str = "# no more could be written: what came after this is missing\n= open\n";
/// The same where not even that has room.
const OPEN: &str = "= open\n";

/// A recording that is written to a file while it happens.
///
/// [`create`](Self::create) it, [`record`](Self::record) what happens, and [`close`](Self::close)
/// it. Whoever drops it closes it as well, and learns nothing. It writes in the calling thread.
#[derive(Debug)]
pub struct RecordingFile {
    place: Place,
    file: File,
    recorder: Recorder,
    /// How many bytes of the file are whole steps.
    written: u64,
    /// Where those began that were written last, and whether all exchanges had ended there.
    marks: VecDeque<(u64, bool)>,
    /// The instant of the last step.
    at: Duration,
    /// Why no more can be written.
    failure: Option<io::Error>,
    is_closed: bool,
}

/// A recording that is in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedRecording {
    /// Where it is.
    pub path: PathBuf,
    /// How large the file is, in bytes.
    pub size: u64,
    /// How many secrets were kept back.
    pub kept_back: usize,
    /// Why it ends before what it records did, where that is so, in a sentence.
    pub cut_short: Option<Error>,
}

impl RecordingFile {
    /// Begins a file. Of an existing file nothing is touched before the recording is closed; one
    /// that a crash left, or that another program writes, counts as well.
    ///
    /// # Errors
    /// There is such a file, or none can be made there.
    pub fn create(path: &Path, existing: Existing, recorder: Recorder) -> Result<Self, Error> {
        let place = Place::of(path, existing)?;
        let file = place.open(recorder.secrets())?;
        Ok(Self {
            place,
            file,
            recorder,
            written: 0,
            marks: VecDeque::with_capacity(MARKS),
            at: Duration::ZERO,
            failure: None,
            is_closed: false,
        })
    }

    /// Records what happens at this instant, since the beginning of the recording.
    ///
    /// # Errors
    /// The recording is full, or the disk is: it ends here, so close it. Or a step cannot stand
    /// where it is, and is left out.
    pub fn record(
        &mut self,
        at: Duration,
        record: impl FnOnce(&mut Recorder) -> Result<(), RecordingMistake>,
    ) -> Result<(), Error> {
        if let Some(e) = &self.failure {
            return Err(self.cut_short_by(e));
        }
        self.at = at;
        let has_ended = self.recorder.has_ended();
        let recorded = record(&mut self.recorder);
        self.write(has_ended);
        match &self.failure {
            Some(e) => Err(self.cut_short_by(e)),
            None => recorded.map_err(Error::from),
        }
    }

    /// Where the recording will be.
    pub fn path(&self) -> &Path {
        self.place.path()
    }

    /// How large it is so far, in bytes.
    pub fn size(&self) -> u64 {
        self.written
    }

    /// How long it lasts so far, to its last step.
    pub fn lasts(&self) -> Duration {
        self.at
    }

    /// Closes it: an exchange without an end is open, and the file gets its name.
    ///
    /// # Errors
    /// Nothing of it could be kept, or it could not get its name. The sentence says what is where.
    pub fn close(mut self, at: Duration) -> Result<SavedRecording, Error> {
        self.finish(at)
    }

    /// Ends it without a file: nothing was recorded that is worth one.
    pub fn discard(mut self) {
        self.is_closed = true;
        self.place.remove();
    }

    fn finish(&mut self, at: Duration) -> Result<SavedRecording, Error> {
        if std::mem::replace(&mut self.is_closed, true) {
            return Err(self
                .place
                .unwritten("it was closed before", "begin another one"));
        }
        if self.failure.is_none() {
            let has_ended = self.recorder.has_ended();
            self.recorder.close(at.max(self.at));
            self.write(has_ended);
        }
        if self.written == 0 {
            self.place.remove();
            let reason = self.failure.as_ref().map(ToString::to_string);
            let reason = reason.unwrap_or_default();
            let then = "nothing is kept, so make room there, or name another place";
            return Err(self.place.unwritten(reason, then));
        }
        let size = self.move_to_its_name()?;
        let cut_short = match &self.failure {
            Some(e) => Some(self.cut_short_by(e)),
            None if self.recorder.is_full() => Some(self.recorder.full().into()),
            None => None,
        };
        Ok(SavedRecording {
            path: self.place.path().to_owned(),
            size,
            kept_back: self.recorder.kept_back(),
            cut_short,
        })
    }

    /// Writes what the recorder has; of what has no room, as much as has.
    fn write(&mut self, had_ended: bool) {
        let text = self.recorder.take();
        if text.is_empty() {
            return;
        }
        if self.marks.len() == MARKS {
            self.marks.pop_front();
        }
        self.marks.push_back((self.written, had_ended));
        match self.file.write_all(text.as_bytes()) {
            Ok(()) => self.written += text.len() as u64,
            Err(e) => {
                self.failure = Some(e);
                self.end_where_there_is_room();
            }
        }
    }

    /// Ends the file behind the last step that leaves room for an end.
    fn end_where_there_is_room(&mut self) {
        self.written = 0;
        while let Some((at, has_ended)) = self.marks.pop_back() {
            // The first step has the first line, without which nothing is a recording.
            if at == 0 {
                break;
            }
            let ends: &[&str] = if has_ended { &[""] } else { &[NO_ROOM, OPEN] };
            for end in ends {
                if self
                    .cut(at)
                    .and_then(|()| self.file.write_all(end.as_bytes()))
                    .is_ok()
                {
                    self.written = at + end.len() as u64;
                    return;
                }
            }
        }
    }

    fn cut(&mut self, at: u64) -> io::Result<()> {
        self.file.set_len(at)?;
        self.file.seek(SeekFrom::Start(at)).map(drop)
    }

    /// Answers the size of the file.
    fn move_to_its_name(&mut self) -> Result<u64, Error> {
        let mut size = self.written;
        // Where a disk is full now, the recording stays as it is, which reads the same.
        match self.failure.is_none() && !self.recorder.is_whole() {
            true => size = self.spell_anew().unwrap_or(size),
            false => {
                let then = "what came before is in its .part file";
                let synced = self.file.sync_all();
                synced.map_err(|e| self.place.unwritten(e, then))?;
            }
        }
        self.place.take_name()?;
        Ok(size)
    }

    /// Writes the whole of it again, beside what is there, in its canonical spelling.
    fn spell_anew(&mut self) -> io::Result<u64> {
        let mut text = Vec::new();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.read_to_end(&mut text)?;
        let whole = self.recorder.whole(&text).map_err(io::Error::other)?;
        drop(text);
        self.place
            .replace_part(whole.as_bytes(), self.recorder.secrets())?;
        Ok(whole.len() as u64)
    }

    fn cut_short_by(&self, e: &io::Error) -> Error {
        let then = "the recording ends there, and keeps what has room";
        self.place.unwritten(e, then)
    }
}

impl Drop for RecordingFile {
    fn drop(&mut self) {
        if !self.is_closed {
            // Nobody is there who could be told.
            _ = self.finish(self.at);
        }
    }
}

#[cfg(test)]
mod tests;
