//! A watch that is recorded: what it asked, and what came, as steps of a recording.

use std::time::{Duration, SystemTime};

use sse_client::{End, Hop, Piece, Sent, Times, Watch};
use sse_engine::recording::{self, PieceSizes};

use super::{RecordingFile, SavedRecording};
use crate::error::Error;

/// What a watch asked, and the head of the answer, for a recording that may begin later. Without
/// `Debug`, because it may hold secrets.
#[derive(Clone)]
pub struct WatchHead {
    sent: Sent,
    hops: Vec<Hop>,
    lines: Vec<Vec<u8>>,
    times: Times,
    is_gzip: bool,
}

impl From<&Watch> for WatchHead {
    fn from(watch: &Watch) -> Self {
        Self {
            sent: watch.sent().clone(),
            hops: watch.hops().to_vec(),
            lines: watch.head_lines().to_vec(),
            times: watch.times(),
            is_gzip: watch.is_gzip(),
        }
    }
}

/// Writes what one watch brings, or several in a row, into a file.
///
/// Give it each watch that [`begins`](Self::begin), its pieces, and its [`end`](Self::end); at last
/// [`close`](Self::close) it. Instants count from the first watch: `offset` is how long after that
/// a watch began.
///
/// What is compressed is written decoded, with its head as it was. Redirects are notes.
#[derive(Debug)]
pub struct WatchRecording {
    file: RecordingFile,
    /// How long after the first watch this one began.
    offset: Duration,
    /// When the first request was sent, since the first watch began. The recording begins there.
    zero: Option<Duration>,
    is_gzip: bool,
    /// Bytes on the wire of which nothing was decoded yet.
    undecoded: u64,
}

impl WatchRecording {
    /// A recording of no watch yet.
    pub fn new(file: RecordingFile) -> Self {
        Self {
            file,
            offset: Duration::ZERO,
            zero: None,
            is_gzip: false,
            undecoded: 0,
        }
    }

    /// A watch began: it asked, and has the head of the answer.
    ///
    /// # Errors
    /// As [`RecordingFile::record`].
    pub fn begin(&mut self, offset: Duration, head: &WatchHead) -> Result<(), Error> {
        let times = head.times;
        let asked = offset + times.request_sent.unwrap_or_default();
        self.zero.get_or_insert(asked);
        self.offset = offset;
        self.is_gzip = head.is_gzip;
        self.undecoded = 0;
        let asked = self.at(times.request_sent.unwrap_or_default());
        let came = self.at(times.head_complete.unwrap_or_default());
        let sent = &head.sent;
        self.file.record(came, |to| {
            let fields = sent.fields.iter();
            let fields = fields.map(|(name, value)| (name.as_str(), value.as_slice()));
            to.request(asked, &sent.line, fields)?;
            for hop in &head.hops {
                let (from, new) = (to.url(&hop.from), to.url(&hop.to));
                to.note(&format!("{} redirects from {from} to {new}", hop.status))?;
            }
            to.request_body(&sent.body)?;
            to.response(came, head.lines.iter().map(Vec::as_slice))
        })
    }

    /// A piece came.
    ///
    /// # Errors
    /// As [`RecordingFile::record`].
    pub fn piece(&mut self, piece: &Piece) -> Result<(), Error> {
        self.undecoded += piece.wire_bytes as u64;
        if piece.bytes.is_empty() {
            return Ok(());
        }
        let at = self.at(piece.at);
        let wire = std::mem::take(&mut self.undecoded);
        let sizes = PieceSizes {
            gzip: self.is_gzip.then_some(wire),
            ..PieceSizes::default()
        };
        self.file.record(at, |to| to.piece(at, &piece.bytes, sizes))
    }

    /// The watch is over, at an instant since it began; `end` is nothing where it could have gone
    /// on.
    ///
    /// # Errors
    /// As [`RecordingFile::record`].
    pub fn end(&mut self, at: Duration, end: Option<End>) -> Result<(), Error> {
        let at = self.at(at);
        let end = match end {
            Some(End::InOrder) => recording::End::End,
            Some(End::Cut) => recording::End::Cut,
            Some(End::Reset) => recording::End::Reset,
            Some(End::GoAway { code }) => {
                let note = format!("GOAWAY {code}");
                self.file.record(at, |to| to.note(&note))?;
                match code {
                    0 => recording::End::Cut,
                    _ => recording::End::Reset,
                }
            }
            // Its time was up.
            Some(End::Stopped) => recording::End::Timeout,
            None => recording::End::Open,
        };
        self.file.record(at, |to| to.end(at, end))
    }

    /// A note for people.
    ///
    /// # Errors
    /// As [`RecordingFile::record`].
    pub fn note(&mut self, text: &str) -> Result<(), Error> {
        let at = self.file.lasts();
        self.file.record(at, |to| to.note(text))
    }

    /// Whether any watch began.
    pub fn has_begun(&self) -> bool {
        self.zero.is_some()
    }

    /// Its file.
    pub fn file(&self) -> &RecordingFile {
        &self.file
    }

    /// Ends it without a file.
    pub fn discard(self) {
        self.file.discard();
    }

    /// Closes the file, this long after the last watch began. Where none began, there is none.
    ///
    /// # Errors
    /// As [`RecordingFile::close`].
    pub fn close(self, at: Duration) -> Result<Option<SavedRecording>, Error> {
        if !self.has_begun() {
            self.file.discard();
            return Ok(None);
        }
        let at = self.at(at);
        self.file.close(at).map(Some)
    }

    /// An instant of this watch, since the beginning of the recording.
    fn at(&self, at: Duration) -> Duration {
        (self.offset + at).saturating_sub(self.zero.unwrap_or_default())
    }
}

/// The name of a file for what a URL brings from now on, such as
/// `localhost-8000-endless-20261127T100000Z.wire`. It has neither user nor query, which may be
/// secrets: letters, digits, `.`, `_` and `-`, 100 bytes at most.
pub fn recording_name(url: &str, now: SystemTime) -> String {
    const LONGEST: usize = 70;
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.rsplit('@').next().unwrap_or_default();
    let mut name = String::new();
    for c in format!("{host}-{path}").chars() {
        match c {
            c if c.is_ascii_alphanumeric() || matches!(c, '.' | '_') => name.push(c),
            _ if name.is_empty() || name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    name.truncate(LONGEST);
    let name = name.trim_matches(['-', '.']);
    let time = humantime::format_rfc3339_seconds(now).to_string();
    let time = time.replace(['-', ':'], "");
    match name {
        "" => format!("recording-{time}.wire"),
        name => format!("{name}-{time}.wire"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_plain_and_holds_no_secret() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        for (url, name) in [
            ("http://localhost:8000/endless", "localhost-8000-endless"),
            (
                "https://u:secret@h.example/v1/chat/?key=secret#s",
                "h.example-v1-chat",
            ),
            ("h", "h"),
            ("http://[::1]:80/", "1-80"),
            ("http://h/../%2e/ü", "h-..-2e"),
            ("http://../.", "recording"),
            ("", "recording"),
        ] {
            let expected = format!("{name}-19700101T000001Z.wire");
            assert_eq!(recording_name(url, now), expected, "{url}");
        }
        let long = recording_name(&"é1".repeat(999), now);
        assert!(long.len() <= 100 && long.ends_with("Z.wire"), "{long}");
    }
}
