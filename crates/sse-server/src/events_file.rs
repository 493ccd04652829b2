//! Events from a file beside the file of streams.
//!
//! A task of each connection reads ahead, 64 KiB at most, and hands over each event when it is due
//! and taken. So neither a large file nor a slow client takes memory. Where every thousandth event
//! stands is kept for all connections, so that one that resumes need not read from the beginning.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use sse_engine::fault::Shift;
use sse_engine::handoff::{Giver, HandoffEnd, TakerLeft};
use sse_engine::keep_alive::KeepAlive;
use sse_engine::lock;
use sse_engine::stream::{LineEvent, Variant};
use tokio::time::{Instant, sleep_until};

use crate::clock;

/// The largest file, in bytes.
const MAX_FILE: u64 = 1 << 30;
/// The largest event of a file, in bytes.
const MAX_EVENT: u64 = 1 << 20;
/// How much is read ahead for one connection, in bytes.
const AHEAD: u64 = 64 * 1024;
/// Of so many events, the place of one is kept.
const STRIDE: u64 = 1000;
/// Of events that are due at once, so many bytes are given together.
const TOGETHER: usize = 16 * 1024;
/// How often a file is looked at while its stream waits.
const LOOK: Duration = Duration::from_secs(1);
/// How far a stream may be behind its pace and still make up for it, as other streams do.
const CATCH_UP: Duration = Duration::from_secs(1);

/// Where events stand in the files that were read so far.
#[derive(Debug, Default)]
pub(crate) struct Places(Mutex<HashMap<PathBuf, Known>>);

/// What is known of one file.
#[derive(Debug)]
struct Known {
    stamp: Stamp,
    /// The place of every thousandth event, from the first on.
    places: Vec<csv::Position>,
}

/// By what a change of a file is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
}

impl From<&Metadata> for Stamp {
    fn from(metadata: &Metadata) -> Self {
        Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }
}

/// Where a client begins.
#[derive(Debug)]
pub(crate) struct Beginning {
    /// How many events are before the first that it asks for.
    pub(crate) first: u64,
    /// The id that it brings.
    pub(crate) id: Option<String>,
    /// How many events it had, where its id is the number of one.
    pub(crate) had: Option<u64>,
    /// How a fault moves the place to which its id leads.
    pub(crate) shift: Shift,
}

impl Beginning {
    /// Where a client goes on that had so many events, if its id leads anywhere.
    fn behind(&self, had: Option<u64>) -> u64 {
        let moved = had.map(|had| match self.shift {
            Shift::None => had,
            Shift::Forgotten => self.first,
            Shift::Early(events) => had.saturating_sub(events),
            Shift::Late(events) => had.saturating_add(events),
        });
        moved.unwrap_or(0).max(self.first)
    }
}

/// Events of a file that are read and not sent.
type Batch = Vec<Result<LineEvent, String>>;

/// A file that is read for one connection.
#[derive(Debug)]
pub(crate) struct EventsFile {
    path: PathBuf,
    /// What people call it: its name in the file of streams.
    name: String,
    stamp: Stamp,
    places: Arc<Places>,
    lines: Lines,
    /// How many events are before the next one.
    before: u64,
    /// What was read ahead.
    ahead: std::vec::IntoIter<Result<LineEvent, String>>,
}

#[derive(Debug)]
enum Lines {
    /// The next line and its place.
    Json(Box<(BufReader<File>, csv::Position)>),
    Csv(Box<csv::Reader<Metered>>, csv::StringRecord),
}

/// A file of which one record reads no more than is left, so that a quote that nobody closes does
/// not take all memory.
#[derive(Debug)]
struct Metered {
    file: File,
    left: u64,
}

impl Read for Metered {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let read = self.file.read(bytes)?;
        self.left = self.left.saturating_sub(read as u64);
        Ok(read)
    }
}

impl Seek for Metered {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

impl EventsFile {
    /// Opens a file for a client that begins there. Where the events of the file have ids of their
    /// own, it goes on behind the one with its id. It blocks.
    ///
    /// # Errors
    /// There is no such file, or it cannot be read, in one sentence.
    pub(crate) fn open(
        folder: &Path,
        name: &str,
        places: Arc<Places>,
        beginning: &Beginning,
    ) -> Result<Self, String> {
        let path = folder.join(name);
        let failed = |e: &io::Error| {
            format!(
                "The events of {name} cannot be read ({e}): put the file beside the file of streams."
            )
        };
        let fits = |metadata: &Metadata| match metadata.is_file() && metadata.len() <= MAX_FILE {
            true => Ok(()),
            false => Err(format!(
                "The events of {name} cannot be read: it has to be a file of 1 GiB at most."
            )),
        };
        // Before it is opened: that of a pipe might never end.
        fits(&std::fs::metadata(&path).map_err(|e| failed(&e))?)?;
        let file = File::open(&path).map_err(|e| failed(&e))?;
        let metadata = file.metadata().map_err(|e| failed(&e))?;
        fits(&metadata)?;
        let lines = match name.ends_with(".csv") {
            false => Lines::Json(Box::new((BufReader::new(file), csv::Position::new()))),
            true => {
                let file = Metered {
                    file,
                    left: MAX_EVENT,
                };
                let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
                let head = reader.headers().cloned();
                let head = head.map_err(|e| {
                    format!(
                        "{name} has no first line of CSV ({e}): name its columns in the first line."
                    )
                })?;
                let all = sse_engine::stream::LINE_KEYS;
                if let Some(other) = head.iter().find(|key| !all.contains(key)) {
                    return Err(format!(
                        "{name}, line 1: {other:?} is not a key of an event: name the columns {}.",
                        all.join(", ")
                    ));
                }
                Lines::Csv(Box::new(reader), head)
            }
        };
        let mut opened = Self {
            path,
            name: name.to_owned(),
            stamp: Stamp::from(&metadata),
            places,
            lines,
            before: 0,
            ahead: Vec::new().into_iter(),
        };
        opened.begin(beginning).map_err(|e| failed(&e))?;
        Ok(opened)
    }

    fn begin(&mut self, beginning: &Beginning) -> io::Result<()> {
        let mut had = beginning.had;
        if let Some(id) = &beginning.id {
            let start = self.place();
            let first = self.next()?;
            let own = matches!(&first, Some(Ok(event)) if event.id().is_some());
            let mut event = first;
            // An id that is not there begins at the beginning.
            had = had.filter(|_| !own);
            while own && let Some(read) = event {
                if matches!(&read, Ok(event) if event.id() == Some(id)) {
                    had = Some(self.before);
                    break;
                }
                event = self.next()?;
            }
            let before = beginning.behind(had);
            if before == self.before {
                return self.read_ahead();
            }
            self.seek(start)?;
            self.before = 0;
        }
        let before = beginning.behind(had);
        let known = {
            let all = lock::lock(&self.places.0);
            let known = all
                .get(&self.path)
                .filter(|known| known.stamp == self.stamp);
            known.and_then(|known| {
                let last = known.places.len().checked_sub(1)?;
                let place = usize::try_from(before / STRIDE).unwrap_or(last).min(last);
                Some((place as u64 * STRIDE, known.places[place].clone()))
            })
        };
        if let Some((number, place)) = known {
            self.seek(place)?;
            self.before = number;
        }
        while self.before < before && self.next()?.is_some() {}
        self.read_ahead()
    }

    /// Whether there is nothing left to send.
    pub(crate) fn is_over(&self) -> bool {
        self.ahead.len() == 0
    }

    /// How many events are before the next one that is sent.
    pub(crate) fn sent(&self) -> u64 {
        self.before - self.ahead.len() as u64
    }

    fn place(&self) -> csv::Position {
        match &self.lines {
            Lines::Json(json) => json.1.clone(),
            Lines::Csv(reader, _) => reader.position().clone(),
        }
    }

    fn seek(&mut self, place: csv::Position) -> io::Result<()> {
        match &mut self.lines {
            Lines::Json(json) => {
                json.0.seek(SeekFrom::Start(place.byte()))?;
                json.1 = place;
            }
            Lines::Csv(reader, _) => {
                reader.get_mut().left = MAX_EVENT;
                reader.seek(place).map_err(io::Error::from)?;
            }
        }
        Ok(())
    }

    fn read_ahead(&mut self) -> io::Result<()> {
        let start = self.place().byte();
        let mut batch = Batch::new();
        while self.place().byte() - start < AHEAD {
            let Some(event) = self.next()? else { break };
            let bad = event.is_err();
            batch.push(event);
            if bad {
                break;
            }
        }
        self.ahead = batch.into_iter();
        Ok(())
    }

    /// Reads the next event, or the sentence about its mistake.
    fn next(&mut self) -> io::Result<Option<Result<LineEvent, String>>> {
        if self.before.is_multiple_of(STRIDE) {
            self.note();
        }
        let name = &self.name;
        let bad = |line: u64, why: &str| Some(Err(format!("{name}, line {line}: {why}")));
        let read = match &mut self.lines {
            Lines::Json(json) => {
                let (reader, place) = &mut **json;
                // Its line and the empty ones before it.
                let mut all = 0;
                loop {
                    let mut line = Vec::new();
                    let read = reader.take(MAX_EVENT + 1).read_until(b'\n', &mut line)? as u64;
                    let number = place.line();
                    place.set_byte(place.byte() + read).set_line(number + 1);
                    if read == 0 {
                        return Ok(None);
                    }
                    if read > MAX_EVENT {
                        break bad(number, "it has more than 1 MiB: make it shorter.");
                    }
                    let Ok(line) = String::from_utf8(line) else {
                        break bad(number, "it is not UTF-8: write it as UTF-8.");
                    };
                    let line = line
                        .trim_start_matches('\u{feff}')
                        .trim_end_matches(['\r', '\n']);
                    if line.trim().is_empty() {
                        all += read;
                        if all > MAX_EVENT {
                            break bad(number, "more than 1 MiB is empty before it: remove that.");
                        }
                        continue;
                    }
                    let event = LineEvent::of_json(line);
                    break Some(event.map_err(|why| format!("{name}, line {number}: {why}")));
                }
            }
            Lines::Csv(reader, head) => {
                reader.get_mut().left = MAX_EVENT;
                let mut record = csv::StringRecord::new();
                let place = reader.position().clone();
                // Blank lines and the rest of a line end stand before it.
                let line = || line_behind(&self.path, &place);
                match reader.read_record(&mut record) {
                    Ok(false) => return Ok(None),
                    Ok(true) if record.len() > head.len() => bad(
                        line(),
                        "it has more cells than the first line: name each column.",
                    ),
                    Ok(true) => {
                        let event = LineEvent::of_cells(head.iter().zip(record.iter()));
                        Some(event.map_err(|why| format!("{name}, line {}: {why}", line())))
                    }
                    Err(e) if matches!(e.kind(), csv::ErrorKind::Io(io) if io.kind() == io::ErrorKind::FileTooLarge) => {
                        bad(
                            line(),
                            "it has more than 1 MiB: make it shorter, or close its quote.",
                        )
                    }
                    Err(e) => match e.into_kind() {
                        csv::ErrorKind::Io(e) => return Err(e),
                        _ => bad(line(), "it is not a record of CSV in UTF-8: correct it."),
                    },
                }
            }
        };
        self.before += 1;
        Ok(read)
    }

    /// Keeps the place of the next event.
    fn note(&self) {
        let mut all = lock::lock(&self.places.0);
        let known = all.entry(self.path.clone()).or_insert_with(|| Known {
            stamp: self.stamp,
            places: Vec::new(),
        });
        if known.stamp != self.stamp {
            *known = Known {
                stamp: self.stamp,
                places: Vec::new(),
            };
        }
        if known.places.len() as u64 == self.before / STRIDE {
            known.places.push(self.place());
        }
    }

    /// Why it is not the file any more that was opened.
    fn changed(&self) -> Option<String> {
        let name = &self.name;
        match std::fs::metadata(&self.path) {
            Ok(metadata) if Stamp::from(&metadata) == self.stamp => None,
            Ok(_) => Some(format!(
                "{name} has changed: connect again to get the new events."
            )),
            Err(_) => Some(format!("{name} is missing: put it back and connect again.")),
        }
    }
}

/// The line of the first record behind this place.
fn line_behind(path: &Path, place: &csv::Position) -> u64 {
    let breaks = || -> io::Result<u64> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(place.byte()))?;
        let bytes = BufReader::new(file.take(MAX_EVENT)).bytes();
        let breaks = bytes.map_while(|byte| byte.ok().filter(|byte| b"\r\n".contains(byte)));
        Ok(breaks.filter(|byte| *byte == b'\n').count() as u64)
    };
    place.line() + breaks().unwrap_or(0)
}

/// Runs what blocks on a thread for that.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

/// Hands the events of a file over, each when it is due.
pub(crate) async fn hand_over(
    mut file: EventsFile,
    variant: Variant,
    (keep_alive, blank): (KeepAlive, bool),
    giver: Giver<Bytes>,
) {
    let stream = Arc::clone(&variant.stream);
    let (keep_alive, is_idle) = match stream.keep_alive.unwrap_or(keep_alive) {
        KeepAlive::Off => (None, false),
        KeepAlive::Interval(time) => (Some(time), false),
        KeepAlive::Idle(time) => (Some(time), true),
    };
    let mut beat = keep_alive.map(|time| Instant::now() + time);
    let comment = Bytes::from(stream.keep_alive_bytes(stream.keep_alive_blank.unwrap_or(blank)));
    let end = variant
        .count
        .map(|count| variant.from.saturating_add(count));
    let mut n = stream.from + file.sent();
    let mut retry = stream.retry;
    let mut looked = Instant::now();
    // From the time of the event before, so that the pace does not drift.
    let mut due = Instant::now();
    let mut first = true;
    // What is due and not given.
    let mut bytes = Vec::new();
    loop {
        if end.is_some_and(|end| n >= end) {
            return finish(giver, bytes, HandoffEnd::InOrder);
        }
        let Some(event) = file.ahead.next() else {
            if give(&giver, &mut bytes).await.is_err() {
                return;
            }
            let read = blocking(move || {
                // Of what changed meanwhile, no part is sent, and its end is no end.
                let read = file.read_ahead().map(|()| file.changed());
                (file, read)
            });
            let Some((read, result)) = read.await else {
                return;
            };
            file = read;
            let failed = result.unwrap_or_else(|e| {
                let name = &file.name;
                Some(format!(
                    "{name} cannot be read any more ({e}): connect again."
                ))
            });
            if let Some(sentence) = failed {
                return giver.end(HandoffEnd::Failed(sentence));
            }
            if file.is_over() {
                return giver.end(HandoffEnd::InOrder);
            }
            continue;
        };
        let event = match event {
            Ok(event) => event,
            Err(sentence) => return finish(giver, bytes, HandoffEnd::Failed(sentence)),
        };
        let pause = match event.after().filter(|_| variant.own_pace) {
            Some(after) => after,
            None => variant.before(n, first),
        };
        first = false;
        due += pause;
        loop {
            if looked.elapsed() >= LOOK {
                let Some((back, changed)) = blocking(move || {
                    let changed = file.changed();
                    (file, changed)
                })
                .await
                else {
                    return;
                };
                file = back;
                looked = Instant::now();
                if let Some(sentence) = changed {
                    return finish(giver, bytes, HandoffEnd::Failed(sentence));
                }
            }
            let now = Instant::now();
            if due <= now {
                if now - due > CATCH_UP {
                    due = now;
                }
                break;
            }
            if give(&giver, &mut bytes).await.is_err() {
                return;
            }
            if beat.is_some_and(|beat| beat <= now) {
                if giver.give(comment.clone(), comment.len()).is_err() {
                    return;
                }
                // As with other streams: it does not drift, and makes up for none that it missed.
                beat = beat.zip(keep_alive).map(|(beat, time)| match is_idle {
                    true => now + time,
                    false => (beat + time).max(now + time / 2),
                });
                continue;
            }
            let wake = [Some(due), beat, Some(now + LOOK)];
            tokio::select! {
                () = giver.taker_left() => return,
                () = sleep_until(wake.into_iter().flatten().min().unwrap_or(due)) => {}
            }
        }
        let at = (n, clock::now().wall);
        event.write(&stream, at, retry.take(), &mut bytes);
        if bytes.len() >= TOGETHER && give(&giver, &mut bytes).await.is_err() {
            return;
        }
        if is_idle {
            beat = keep_alive.map(|time| Instant::now() + time);
        }
        n += 1;
    }
}

/// Gives what is due, when there is room for it.
async fn give(giver: &Giver<Bytes>, bytes: &mut Vec<u8>) -> Result<(), TakerLeft> {
    if bytes.is_empty() {
        return Ok(());
    }
    giver.room().await?;
    let weight = bytes.len();
    let piece = Bytes::from(std::mem::take(bytes));
    giver.give(piece, weight)
}

/// Gives what is left, and ends.
fn finish(giver: Giver<Bytes>, bytes: Vec<u8>, how: HandoffEnd) {
    let weight = bytes.len();
    if bytes.is_empty() || giver.give(Bytes::from(bytes), weight).is_ok() {
        giver.end(how);
    }
}

#[cfg(test)]
mod tests;
