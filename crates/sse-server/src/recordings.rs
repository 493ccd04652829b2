//! Recordings of the streams that are handed on, each in a file of its own, while they happen.
//!
//! What a client is sent is written down where it is sent, faults and all, so a recording agrees
//! with the table. One thread writes all files, and whoever sends a stream never waits for a disk.
//! Where that thread falls behind, a recording ends early and says so.

use std::collections::HashMap;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::time::{Duration, Instant, SystemTime};

use sse_engine::fault::Fault;
use sse_engine::recording::{End, PieceSizes, Recorder, Secrets};

use crate::error::Error;
use crate::recording_file::{Existing, RecordingFile};

/// Steps that wait to be written, of all recordings together. A visit makes one.
const WAITING: usize = 4096;

/// The longest part of a path that is in the name of a file, in bytes.
const NAMED: usize = 60;

/// What stands where steps were lost.
const FELL_BEHIND: &str = "the disk is too slow: what came behind this is not in it";

/// The folder in which streams are recorded.
#[derive(Clone, Debug)]
pub(crate) struct Recordings {
    steps: SyncSender<(u64, Step)>,
}

/// The heads of a stream that is recorded.
#[derive(Debug)]
pub(crate) struct Heads {
    /// The path of the stream, for the name of the file.
    pub(crate) path: String,
    /// The line of the request, and its fields.
    pub(crate) request: (String, Vec<(String, Vec<u8>)>),
    /// The body of the request, as far as it is kept, and how many bytes it had.
    pub(crate) body: (Vec<u8>, u64),
    /// The lines of the answer's head, without their ends.
    pub(crate) answer: Vec<Vec<u8>>,
    /// When the answer came, since the request did.
    pub(crate) at: Duration,
    /// When the request came.
    pub(crate) began: SystemTime,
}

/// A stream that is recorded. Its drop ends the recording.
#[derive(Debug)]
pub(crate) struct Recorded {
    id: u64,
    /// When its request came.
    began: Instant,
    steps: SyncSender<(u64, Step)>,
    /// Whether it takes no more steps: it has its end, or fell behind.
    is_over: bool,
    /// Whether there was no room for a step.
    has_lost: bool,
}

#[derive(Debug)]
enum Step {
    Begin(Box<Heads>),
    Piece(Duration, Vec<u8>),
    Fault(Duration, Box<Fault>),
    End(Duration, End),
    /// Nothing follows, and whether something was lost.
    Close(bool),
    /// All before it is written.
    Written(SyncSender<()>),
}

impl Recordings {
    /// Records in this folder, which is made if it is not there.
    ///
    /// # Errors
    /// There is no such folder, and it cannot be made.
    pub(crate) fn into_folder(folder: &Path) -> Result<Self, Error> {
        let failed = |e: std::io::Error| Error::RecordingFolder {
            folder: folder.display().to_string(),
            reason: e.to_string(),
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let (steps, written) = mpsc::sync_channel(WAITING);
        let folder = folder.to_owned();
        // It ends when the last sender goes, with the server.
        std::thread::Builder::new()
            .name("recordings".to_owned())
            .spawn(move || write(&folder, &written))
            .map_err(failed)?;
        Ok(Self { steps })
    }

    /// Begins the recording of the stream of the row `id`, whose request came at `began`.
    pub(crate) fn begin(&self, id: u64, began: Instant, heads: Heads) -> Recorded {
        let mut recorded = Recorded {
            id,
            began,
            steps: self.steps.clone(),
            is_over: false,
            has_lost: false,
        };
        recorded.step(Step::Begin(Box::new(heads)));
        recorded
    }
}

impl Recordings {
    /// Waits until all that was noted is written.
    pub(crate) fn written(&self) {
        let (done, until_done) = mpsc::sync_channel(1);
        if self.steps.send((0, Step::Written(done))).is_ok() {
            // It fails when the thread ended, which is as good.
            _ = until_done.recv();
        }
    }
}

impl Recorded {
    /// Notes what the client is sent at `now`.
    pub(crate) fn piece(&mut self, now: Instant, parts: &[&[u8]]) {
        if parts.iter().any(|part| !part.is_empty()) {
            self.step(Step::Piece(self.at(now), parts.concat()));
        }
    }

    /// Notes that a fault struck.
    pub(crate) fn fault(&mut self, now: Instant, fault: &Fault) {
        self.step(Step::Fault(self.at(now), Box::new(fault.clone())));
    }

    /// Notes how it ended.
    pub(crate) fn end(&mut self, now: Instant, end: End) {
        self.step(Step::End(self.at(now), end));
        self.is_over = true;
    }

    fn at(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.began)
    }

    fn step(&mut self, step: Step) {
        if self.is_over || self.steps.try_send((self.id, step)).is_ok() {
            return;
        }
        // The drop says so in the file.
        (self.is_over, self.has_lost) = (true, true);
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        let last = (self.id, Step::Close(self.has_lost));
        if let Err(mpsc::TrySendError::Full(last)) = self.steps.try_send(last) {
            // Elsewhere, since this one has to wait. Without a thread its file stays a .part.
            let steps = self.steps.clone();
            let wait = move || _ = steps.send(last);
            _ = std::thread::Builder::new().spawn(wait);
        }
    }
}

/// Writes what comes, until nobody can send any more.
fn write(folder: &Path, steps: &Receiver<(u64, Step)>) {
    let mut files: HashMap<u64, (RecordingFile, Duration)> = HashMap::new();
    while let Ok((id, step)) = steps.recv() {
        if let Step::Begin(heads) = step {
            match begin(folder, id, &heads) {
                Ok(file) => _ = files.insert(id, (file, heads.at)),
                Err(e) => tracing::warn!("A stream is not recorded: {e}"),
            }
            continue;
        }
        if let Step::Written(done) = &step {
            _ = done.try_send(());
            continue;
        }
        let Some((file, last)) = files.get_mut(&id) else {
            continue;
        };
        let is_over = matches!(step, Step::End(..) | Step::Close(_));
        let written = match step {
            Step::Piece(at, bytes) => {
                *last = at;
                file.record(at, |it| it.piece(at, &bytes, PieceSizes::default()))
            }
            Step::Fault(at, fault) => file.record(at, |it| it.fault(at, *fault)),
            Step::End(at, end) => {
                *last = at;
                file.record(at, |it| it.end(at, end))
            }
            Step::Close(true) => file.record(*last, |it| it.note(FELL_BEHIND)),
            Step::Begin(_) | Step::Close(false) | Step::Written(_) => Ok(()),
        };
        let at = *last;
        if let Err(e) = &written {
            tracing::warn!("{e}");
        }
        if (is_over || written.is_err())
            && let Some((file, _)) = files.remove(&id)
            && let Err(e) = file.close(at)
        {
            tracing::warn!("{e}");
        }
    }
}

fn begin(folder: &Path, id: u64, heads: &Heads) -> Result<RecordingFile, Error> {
    let path = folder.join(name(id, heads));
    let recorder = Recorder::new(heads.began, Secrets::KeptBack);
    let mut file = RecordingFile::create(&path, Existing::Kept, recorder)?;
    file.record(heads.at, |it| {
        let (line, fields) = &heads.request;
        let fields = fields.iter().map(|(name, value)| (&**name, &**value));
        it.request(Duration::ZERO, line, fields)?;
        let (kept, length) = &heads.body;
        it.request_body(kept)?;
        if *length > kept.len() as u64 {
            it.note(&format!("the body of the request had {length} bytes"))?;
        }
        it.response(heads.at, heads.answer.iter().map(|line| &**line))
    })?;
    Ok(file)
}

/// The name of a file: when the request came, its path as far as a name can have it, and the number
/// of its row.
fn name(id: u64, heads: &Heads) -> String {
    let began = humantime::format_rfc3339_seconds(heads.began).to_string();
    let began: String = began.chars().filter(char::is_ascii_alphanumeric).collect();
    let mut path = String::new();
    for c in heads.path.chars().take(NAMED) {
        match c.is_ascii_alphanumeric() {
            true => path.push(c),
            false if !path.ends_with('-') => path.push('-'),
            false => {}
        }
    }
    let path = path.trim_matches('-');
    let between = if path.is_empty() { "" } else { "-" };
    format!("{began}{between}{path}-{id}.wire")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heads(path: &str) -> Heads {
        Heads {
            path: path.to_owned(),
            request: ("GET /x HTTP/1.1".to_owned(), Vec::new()),
            body: (Vec::new(), 0),
            answer: vec![b"HTTP/1.1 200 OK".to_vec()],
            at: Duration::from_millis(5),
            began: SystemTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_name_is_a_file_in_the_folder_whatever_the_path() {
        for (path, named) in [
            (
                "/v1/chat/completions",
                "19700101T000000Z-v1-chat-completions-7.wire",
            ),
            ("/", "19700101T000000Z-7.wire"),
            ("/../../etc/passwd", "19700101T000000Z-etc-passwd-7.wire"),
            ("/caf\u{e9}%2F\u{202e}", "19700101T000000Z-caf-2F-7.wire"),
        ] {
            assert_eq!(name(7, &heads(path)), named);
        }
        assert!(name(7, &heads(&"x".repeat(5000))).len() < 100);
    }

    #[test]
    fn what_happened_is_in_its_file_when_it_ended() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let recordings = Recordings::into_folder(&folder.path().join("new")).expect("made");
        let began = Instant::now();
        let mut recorded = recordings.begin(7, began, heads("/a"));
        let at = |ms| began + Duration::from_millis(ms);
        recorded.piece(at(10), &[b"data: 1\n", b"", b"\n"]);
        recorded.fault(at(20), &"cut,after=1".parse().expect("a fault"));
        recorded.end(at(20), End::Cut);
        recorded.piece(at(30), &[b"too late"]);
        drop(recorded);
        // One that goes without a word is open.
        let mut open = recordings.begin(8, began, heads("/b"));
        open.piece(at(10), &[b"data: 2\n\n"]);
        drop(open);
        recordings.written();
        let read = |name| std::fs::read_to_string(folder.path().join("new").join(name));
        let text = read("19700101T000000Z-a-7.wire").expect("it is there");
        let body = "@ 5ms\n| data: 1\n|\n@ 10ms\n! cut,after=1\n= cut\n";
        assert!(text.ends_with(body), "{text}");
        let text = read("19700101T000000Z-b-8.wire").expect("it is there");
        assert!(text.ends_with("| data: 2\n|\n= open\n"), "{text}");
    }
}
