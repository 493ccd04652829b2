//! A connection as a recording: its request, and what it was sent, with the times at which the
//! kernel took it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use sse_client::BodyDecoder;
use sse_engine::recording::{End, PieceSizes, Recorder, RecordingMistake, Secrets};
use sse_wire::{Beginning, Found, LineKind, ResponseReader};

use super::connection::{Connection, State};
use super::request::{Received, is_folded, lines, trimmed, words};
use super::{Connections, EndedBy, Why, secrets};
use crate::error::Error;
use crate::tap::Taken;

/// How many connections can be recorded at once, in all rooms: each may keep 8 MiB.
const MOST: usize = 4;

/// The name of a field whose value says how the body is compressed.
const ENCODING: &str = "content-encoding";

/// What is being recorded of a connection.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct RecordedView {
    /// The connection's id in the table.
    pub id: u64,
    /// Whether all that it is sent is kept from now on.
    pub on: bool,
    /// Bytes that were sent before what is kept.
    pub missed: u64,
    /// Bytes that are kept.
    pub kept: u64,
}

impl Connections {
    /// Begins to record a connection: what is kept of it, and all that comes, 8 MiB at most.
    /// Nothing where the table has no such connection.
    ///
    /// # Errors
    /// As many are recorded as may be.
    pub(crate) fn record(&self, id: u64) -> Option<Result<RecordedView, Error>> {
        let row = self.table().arc_of(id)?;
        if row.state() == State::Open {
            row.tap();
            let tap = row.tap.get()?;
            if !self.0.all.record(tap, MOST) {
                return Some(Err(Error::TooManyRecordings(MOST)));
            }
        }
        Some(Ok(recorded(&row)))
    }

    /// Keeps no more of a connection than usual. Nothing where the table has no such connection.
    pub(crate) fn end_recording(&self, id: u64) -> Option<RecordedView> {
        let row = self.table().arc_of(id)?;
        if let Some(tap) = row.tap.get() {
            tap.end_recording();
        }
        Some(recorded(&row))
    }

    /// What there is of a connection, as the text of a recording without secrets: what was
    /// recorded, else what is kept. Nothing where the table has no such connection.
    pub(crate) fn recording(&self, id: u64) -> Option<String> {
        let table = self.table();
        let row = table.arc_of(id)?;
        let received = table.requests.of(id);
        drop(table);
        Some(Text::of(&row, received.as_deref()))
    }
}

fn recorded(row: &Arc<Connection>) -> RecordedView {
    let tap = row.tap.get();
    let taken = tap.map(|tap| tap.taken()).unwrap_or_default();
    let kept = taken.iter().map(|taken| taken.bytes.len() as u64).sum();
    let sent = row.sent.counts().bytes;
    RecordedView {
        id: row.id,
        on: tap.is_some_and(|tap| tap.is_recorded() && !tap.is_recording_full()),
        missed: taken.first().map_or(sent, |first| first.offset),
        kept,
    }
}

/// A recording under way, out of what is kept.
struct Text {
    recorder: Recorder,
    /// When the request came, in microseconds since 1970.
    zero: u64,
    /// How the body is decoded, once the head is there.
    decoder: Option<BodyDecoder>,
    is_gzip: bool,
    /// Whether the last chunk was sent.
    is_whole: bool,
}

impl Text {
    fn of(row: &Connection, received: Option<&Received>) -> String {
        let began = SystemTime::UNIX_EPOCH + Duration::from_millis(row.since);
        let mut text = Self {
            recorder: Recorder::new(began, Secrets::KeptBack),
            zero: row.since * 1000,
            decoder: None,
            is_gzip: false,
            is_whole: false,
        };
        // What a recorder refuses is left out: it is full, or what came is no HTTP.
        _ = text.put(row, received);
        let last = row
            .tap
            .get()
            .and_then(|tap| tap.taken().last().map(|it| it.at));
        text.recorder.close(text.at(last.unwrap_or(0)));
        let written = text.recorder.take();
        let whole = text.recorder.whole(written.as_bytes());
        whole.unwrap_or(written)
    }

    fn at(&self, micros: u64) -> Duration {
        Duration::from_micros(micros.saturating_sub(self.zero))
    }

    fn put(
        &mut self,
        row: &Connection,
        received: Option<&Received>,
    ) -> Result<(), RecordingMistake> {
        match received {
            Some(received) => self.request(received)?,
            None => self.recorder.note("the request is no longer kept")?,
        }
        for struck in row.faults() {
            let note = format!("a fault struck this connection: {}", struck.fault);
            self.recorder.note(&note)?;
        }
        let tap = row.tap.get();
        let taken = tap.map(|tap| tap.taken()).unwrap_or_default();
        match tap {
            Some(tap) if !taken.is_empty() => {
                let framing = tap.framing();
                self.response(framing, &taken)?;
            }
            _ => {
                let note = "the server no longer has the bytes that it sent";
                self.recorder.note(note)?;
            }
        }
        if tap.is_some_and(|tap| tap.is_recording_full()) {
            let note = "the recording has reached 8 MiB, which is the limit: what came after this is missing";
            return self.recorder.note(note);
        }
        self.end(row)
    }

    fn request(&mut self, received: &Received) -> Result<(), RecordingMistake> {
        let (head, body, length) = received.parts();
        let mut secrets = 0;
        let mut lines = lines(head).map(|(line, _)| line);
        let [method, target, version] = words(lines.next().unwrap_or_default());
        let is_secret = |(_, secret): &(&[u8], bool)| *secret;
        secrets += secrets::parts(target).into_iter().filter(is_secret).count();
        let target = secrets::target_without_secrets(target);
        let line = [method, &target, version].join(&b' ');
        let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
        let mut is_secret = false;
        for line in lines.filter(|line| !line.is_empty()) {
            let colon = line.iter().position(|byte| *byte == b':');
            let (name, value) = match colon {
                Some(at) => (&line[..at], trimmed(&line[at + 1..])),
                // A folded line, or none: its value may be a secret.
                None => (&line[..0], line),
            };
            let goes_on = is_folded(line) && is_secret;
            is_secret = goes_on || secrets::is_secret(name) || secrets::has_secret(value);
            secrets += usize::from(is_secret);
            let value = if is_secret { secrets::KEPT_BACK } else { value };
            let name = String::from_utf8_lossy(name).into_owned();
            fields.push((name, value.to_vec()));
        }
        self.recorder.count_kept_back(secrets);
        let fields = fields.iter();
        let fields = fields.map(|(name, value)| (name.as_str(), value.as_slice()));
        let line = String::from_utf8_lossy(&line);
        self.recorder.request(Duration::ZERO, &line, fields)?;
        let left_out = length.saturating_sub(body.len() as u64);
        if left_out > 0 {
            let note = format!("{left_out} bytes of the request's body are not kept");
            self.recorder.note(&note)?;
        }
        self.recorder.request_body(body)
    }

    fn response(
        &mut self,
        framing: sse_wire::Framing,
        taken: &[Taken],
    ) -> Result<(), RecordingMistake> {
        let Some(first) = taken.iter().position(|it| it.offset == 0 || it.begins) else {
            let note = "the bytes that are kept begin within an event";
            return self.recorder.note(note);
        };
        let taken = &taken[first..];
        let has_head = taken[0].offset == 0;
        let beginning = match has_head {
            true => Beginning::Head,
            false => Beginning::Event,
        };
        if !has_head {
            let note = format!(
                "the first {} bytes are missing, and the head with them: two lines replace it",
                taken[0].offset
            );
            self.recorder.note(&note)?;
            let head: [&[u8]; 2] = [b"HTTP/1.1 200 OK", b"content-type: text/event-stream"];
            self.recorder.response(self.at(taken[0].at), head)?;
        }
        let mut reader = ResponseReader::new(framing, beginning);
        let mut head: Option<Vec<u8>> = has_head.then(Vec::new);
        for taken in taken {
            let at = self.at(taken.at);
            let (mut body, mut chunks, mut place) = (Vec::new(), Vec::new(), 0);
            reader.read(&taken.bytes, |found| {
                let Found::Line(line) = found else { return };
                let bytes = &taken.bytes[place..place + line.length];
                place += line.length;
                match (line.kind, &mut head) {
                    (LineKind::Head, Some(head)) => head.extend_from_slice(bytes),
                    (LineKind::Head, None) => {}
                    (LineKind::Chunk, _) => chunks.extend(size(bytes)),
                    _ => body.extend_from_slice(bytes),
                }
            });
            if head
                .as_deref()
                .is_some_and(|head| head.ends_with(b"\r\n\r\n"))
            {
                self.head(at, &head.take().unwrap_or_default())?;
            }
            self.is_whole |= chunks.contains(&0);
            chunks.retain(|size| *size > 0);
            self.piece(at, &body, &chunks)?;
        }
        Ok(())
    }

    fn head(&mut self, at: Duration, head: &[u8]) -> Result<(), RecordingMistake> {
        let lines: Vec<&[u8]> = lines(head)
            .map(|(line, _)| line)
            .filter(|line| !line.is_empty())
            .collect();
        let encoding = lines.iter().find_map(|line| {
            let (name, value) = line.split_at(line.iter().position(|byte| *byte == b':')?);
            let is_it = name.eq_ignore_ascii_case(ENCODING.as_bytes());
            is_it.then(|| String::from_utf8_lossy(trimmed(&value[1..])).into_owned())
        });
        self.recorder.response(at, lines)?;
        let encoding = encoding.unwrap_or_default();
        self.is_gzip = encoding.eq_ignore_ascii_case("gzip");
        if !encoding.is_empty() {
            self.decoder = BodyDecoder::of(&encoding).ok();
        }
        Ok(())
    }

    fn piece(&mut self, at: Duration, body: &[u8], chunks: &[u64]) -> Result<(), RecordingMistake> {
        let sizes = PieceSizes {
            chunk: match *chunks {
                [one] => Some(one),
                _ => None,
            },
            gzip: self.is_gzip.then_some(body.len() as u64),
        };
        let decoded = self.decoder.as_mut().map(|decoder| decoder.decode(body));
        match decoded {
            None => self.recorder.piece(at, body, sizes),
            Some(Ok(decoded)) => self.recorder.piece(at, &decoded, sizes),
            Some(Err(e)) => {
                self.decoder = None;
                self.recorder.note(&e.to_string())
            }
        }
    }

    fn end(&mut self, row: &Connection) -> Result<(), RecordingMistake> {
        let Some(ended) = row.ended.get() else {
            return Ok(());
        };
        let at = ended.when.duration_since(SystemTime::UNIX_EPOCH);
        let at = self.at(at.map_or(0, |at| u64::try_from(at.as_micros()).unwrap_or(0)));
        let by_reset = |struck: &super::Struck| struck.fault.starts_with("reset");
        let end = match ended.why {
            Why::Complete | Why::NothingLeft => End::End,
            why if why.by() != EndedBy::Server => {
                self.recorder.note(&format!("ended by the client: {why}"))?;
                End::Open
            }
            _ if self.is_whole => End::End,
            Why::Fault if row.faults().iter().any(by_reset) => End::Reset,
            why => {
                self.recorder.note(&format!("ended by the server: {why}"))?;
                End::Cut
            }
        };
        self.recorder.end(at, end)
    }
}

/// The size that a line of the framing gives, where it gives one.
fn size(line: &[u8]) -> Option<u64> {
    let text = str::from_utf8(line).ok()?;
    let digits = text.split(';').next()?.trim();
    u64::from_str_radix(digits, 16).ok()
}
