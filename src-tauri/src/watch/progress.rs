//! What came of a watch so far, within bounds, however long it lasts.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sse_client::diagnose::{CrossOrigin, HeadRequest, Observation, Preflight, Resume};
use sse_client::{Arrivals, End, Error, Head, Method, Piece, Read, Reading, Watch, Wish};
use sse_server::{BodyReader, PieceView, WatchRecording, WireEvent};

use super::record::Record;

/// Bytes of the body that are kept at least, of a stream that has sent more.
const BYTES: usize = 256 * 1024;
/// Pieces that are kept.
const PIECES: usize = 4096;
/// Events that are kept: as many as the page's list.
const EVENTS: usize = 2000;
/// Bytes of their data.
const DATA: usize = 4 << 20;
/// Bytes of the data of one event that are kept.
const LONGEST: usize = 1 << 20;
/// Lines of the body that are kept at least: one may be as short as its end.
const LINES: usize = 16 * 1024;
/// Bytes of the body that are one piece of the wire.
const SLICE: usize = 64 * 1024;
/// Bytes of an id or of a name that are kept with an event.
const NAME: usize = 1024;

/// Where a watch stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing was asked for yet.
    #[default]
    Idle,
    /// A request is on its way.
    Asking,
    /// An answer is being read.
    Open,
    /// It is asked for again in a moment: how long from when on, with which id, and why.
    Waiting {
        since: Duration,
        wait: Duration,
        id: Option<String>,
        why: String,
    },
    /// It is over.
    Over {
        /// Whether somebody stopped it.
        by_hand: bool,
        /// Why nothing is asked for any more, where somebody might wonder.
        why: Option<String>,
    },
    /// It could not go on, for this reason, a sentence.
    Failed(String),
}

/// An event as it came.
pub(super) struct KeptEvent {
    /// Counts up from 1, over all streams of a watch.
    pub(super) number: u64,
    /// The stream that it came on, from 1.
    pub(super) stream: u64,
    /// When, in milliseconds since 1970.
    pub(super) at_ms: f64,
    pub(super) event: String,
    pub(super) id: String,
    pub(super) data: String,
    /// Bytes of its data that are not kept.
    pub(super) left_out: u64,
}

/// What second requests were answered.
#[derive(Default)]
pub(super) struct Probed {
    resume: Option<Resume>,
    head_request: Option<HeadRequest>,
    preflight: Option<Preflight>,
    cross_origin: Option<CrossOrigin>,
}

/// All that came of one watch.
pub(super) struct Progress {
    /// Which watch it is of; 0 before the first.
    pub(super) run: u64,
    wish: Option<Wish>,
    pub(super) stage: Stage,
    began: Instant,
    /// When it began, in milliseconds since 1970.
    since_ms: f64,
    /// When it was over, since it began.
    over: Option<Duration>,
    /// How many streams there were.
    pub(super) stream: u64,
    /// When the request of this stream began, since the watch did.
    pub(super) offset: Duration,
    pub(super) reading: Option<Reading>,
    pub(super) tls: Option<&'static str>,
    /// How this stream ended, and when since its request.
    pub(super) end: Option<(End, Duration)>,
    /// How the stream before it ended, and how it was asked for again.
    pub(super) resumed: Option<String>,
    body: BodyReader,
    /// What is kept of this stream's body.
    pub(super) pieces: VecDeque<PieceView>,
    bytes: usize,
    lines: usize,
    /// What a client makes of those.
    pub(super) wire_events: VecDeque<WireEvent>,
    /// The newest events of all streams.
    pub(super) events: VecDeque<KeptEvent>,
    data: usize,
    /// How many events there were on all streams.
    pub(super) counted: u64,
    pub(super) arrivals: Arrivals,
    answers: Probed,
    /// What is recorded of it.
    pub(super) record: Record,
    /// Second requests are on their way.
    pub(super) probing: bool,
    pub(super) probed: bool,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            run: 0,
            wish: None,
            stage: Stage::Idle,
            began: Instant::now(),
            since_ms: 0.0,
            over: None,
            stream: 0,
            offset: Duration::ZERO,
            reading: None,
            tls: None,
            end: None,
            resumed: None,
            body: BodyReader::default(),
            pieces: VecDeque::new(),
            bytes: 0,
            lines: 0,
            wire_events: VecDeque::new(),
            events: VecDeque::new(),
            data: 0,
            counted: 0,
            arrivals: Arrivals::new(Duration::ZERO),
            answers: Probed::default(),
            record: Record::default(),
            probing: false,
            probed: false,
        }
    }
}

impl Progress {
    /// Forgets the watch before and begins another. Answers its number.
    pub(super) fn begin(&mut self, wish: Wish) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let record = match self.is_on() {
            // It was recorded until now, perhaps.
            true => self.record.renewed(),
            false => Record::default(),
        };
        *self = Self {
            record,
            run: self.run + 1,
            wish: Some(wish),
            stage: Stage::Asking,
            since_ms: since.unwrap_or_default().as_secs_f64() * 1000.0,
            ..Self::default()
        };
        self.run
    }

    /// Whether it is of this watch, and that goes on.
    pub(super) fn is_of(&self, run: u64) -> bool {
        self.run == run && self.over.is_none()
    }

    /// Whether a watch goes on.
    pub(super) fn is_on(&self) -> bool {
        self.run > 0 && self.over.is_none()
    }

    /// How long the watch lasts or lasted.
    pub(super) fn elapsed(&self) -> Duration {
        match self.run {
            0 => Duration::ZERO,
            _ => self.over.unwrap_or_else(|| self.began.elapsed()),
        }
    }

    /// A request is sent.
    pub(super) fn asks(&mut self) {
        self.stage = Stage::Asking;
    }

    /// It is asked for again in a moment.
    pub(super) fn waits(&mut self, wait: Duration, id: Option<&str>, why: String) {
        self.stage = Stage::Waiting {
            since: self.elapsed(),
            wait,
            id: id.map(shown_id),
            why,
        };
    }

    /// A stream begins: its head is there.
    pub(super) fn begins(&mut self, stream: &Watch) {
        let before = self.end.map(|(end, _)| end.to_string());
        self.begins_with(Reading::of(stream), stream.elapsed());
        self.tls = stream.tls();
        self.record.begins(self.offset, stream.into());
        let id = |name: &str| {
            let headers = &stream.asked().headers;
            let id = headers.iter().find(|header| header.is_named(name));
            id.map(|id| format!(" with id {}", shown_id(&id.value)))
        };
        self.resumed = before.map(|before| {
            let id = id("last-event-id").unwrap_or_default();
            format!("{before}, reconnected{id}")
        });
    }

    /// The same, of a stream whose request began so long ago.
    fn begins_with(&mut self, reading: Reading, ago: Duration) {
        self.stage = Stage::Open;
        self.stream += 1;
        self.offset = self.elapsed().saturating_sub(ago);
        let head = reading.times().head_complete.unwrap_or_default();
        self.arrivals.begin(self.offset.saturating_add(head));
        self.reading = Some(reading);
        self.end = None;
        self.body = BodyReader::default();
        self.pieces.clear();
        (self.bytes, self.lines) = (0, 0);
        self.wire_events.clear();
        self.answers = Probed::default();
    }

    /// A piece came. Answers what was read so far.
    pub(super) fn piece(&mut self, piece: &Piece) -> Option<&Reading> {
        let at = self.offset.saturating_add(piece.at);
        let at_ms = self.since_ms + millis(at);
        let before = self.counted;
        self.record.piece(piece);
        if let Some(mut reading) = self.reading.take() {
            reading.read(piece, u64::MAX, |read| self.keep_event(at_ms, &read));
            self.reading = Some(reading);
        }
        self.arrivals.add(at, self.counted - before);
        // What was compressed may have grown to any size.
        for bytes in piece.bytes.chunks(SLICE) {
            let (view, events) = self.body.read(at_ms, bytes);
            self.keep_piece(view, events);
        }
        self.reading.as_ref()
    }

    fn keep_event(&mut self, at_ms: f64, read: &Read<'_>) {
        let (event, id, data) = match *read {
            Read::Event {
                event, id, data, ..
            } => (event, id, data),
            Read::Line { text, .. } => ("", "", text),
            Read::Comment { .. } | Read::Retry { .. } | Read::TooLarge => return,
        };
        self.counted += 1;
        let (kept, left_out) = beginning(data, LONGEST);
        let event = KeptEvent {
            number: self.counted,
            stream: self.stream,
            at_ms,
            event: cut(event, NAME),
            // A long one is that of each event behind it, too.
            id: cut(id, NAME),
            data: kept.to_owned(),
            left_out,
        };
        self.data += event.size();
        self.events.push_back(event);
        while self.events.len() > EVENTS || self.data > DATA && self.events.len() > 1 {
            let gone = self.events.pop_front();
            self.data -= gone.map_or(0, |gone| gone.size());
        }
    }

    fn keep_piece(&mut self, piece: PieceView, events: Vec<WireEvent>) {
        self.bytes += bytes_of(&piece);
        self.lines += piece.lines.len();
        self.pieces.push_back(piece);
        self.wire_events.extend(events);
        while let Some(oldest) = self.pieces.front()
            && self.pieces.len() > 1
            && (self.pieces.len() > PIECES
                || self.bytes - bytes_of(oldest) >= BYTES
                || self.lines - oldest.lines.len() >= LINES)
        {
            self.bytes -= bytes_of(oldest);
            self.lines -= oldest.lines.len();
            self.pieces.pop_front();
        }
        let first = self.pieces.front().map_or(0, |piece| piece.offset);
        while self.wire_events.front().is_some_and(|it| it.end <= first) {
            self.wire_events.pop_front();
        }
    }

    /// The stream ended.
    pub(super) fn ends(&mut self, end: End, at: Duration) {
        self.end = Some((end, at));
        self.record.ends(at, Some(end));
        let at_ms = self.since_ms + millis(self.offset.saturating_add(at));
        if let Some(mut reading) = self.reading.take() {
            // The last line of JSON needs no end.
            reading.end(at, |read| self.keep_event(at_ms, &read));
            self.reading = Some(reading);
        }
    }

    /// Nothing is asked for any more.
    pub(super) fn over(&mut self, why: Option<String>) {
        self.over = Some(self.elapsed());
        let by_hand = false;
        self.stage = Stage::Over { by_hand, why };
    }

    /// It cannot go on.
    pub(super) fn fails(&mut self, error: &Error) {
        let is_read = self.reading.is_some() && self.end.is_none();
        if is_read {
            let at = self.elapsed().saturating_sub(self.offset);
            self.record.ends(at, None);
            self.ends(End::Stopped, at);
        }
        self.over = Some(self.elapsed());
        self.stage = Stage::Failed(error.to_string());
    }

    /// Somebody has seen enough.
    pub(super) fn stop(&mut self) {
        if !self.is_on() {
            return;
        }
        let at = self.elapsed().saturating_sub(self.offset);
        if self.reading.is_some() && self.end.is_none() {
            self.record.ends(at, None);
            self.ends(End::Stopped, at);
        }
        self.over(None);
        self.stage = Stage::Over {
            by_hand: true,
            why: None,
        };
    }

    /// The address that a recording is made of; nothing where nothing is watched, or one is made.
    pub(super) fn records(&self) -> Option<String> {
        let wish = self.wish.as_ref().filter(|_| self.is_on())?;
        (!self.record.is_on()).then(|| wish.url.whole())
    }

    /// Records what is kept of the stream that is read, and all that comes. Hands the recording
    /// back where there is nothing to record.
    pub(super) fn record(&mut self, recording: WatchRecording) -> Option<WatchRecording> {
        if self.records().is_none() {
            return Some(recording);
        }
        let is_read = self.reading.is_some() && self.end.is_none();
        let now = self.elapsed();
        self.record.start(recording, now, is_read);
        None
    }

    /// All that is known, for the diagnosis, and of which watch and stream it is.
    pub(super) fn observed(&self) -> Option<((u64, u64), Observation)> {
        Some(((self.run, self.stream), self.observation()?))
    }

    fn observation(&self) -> Option<Observation> {
        let now = self.elapsed().saturating_sub(self.offset);
        let mut seen = self.reading.as_ref()?.observation(self.end, now);
        let answers = &self.answers;
        seen.resume.clone_from(&answers.resume);
        seen.head_request.clone_from(&answers.head_request);
        seen.preflight.clone_from(&answers.preflight);
        seen.cross_origin.clone_from(&answers.cross_origin);
        Some(seen)
    }

    /// Whether second requests would tell more.
    pub(super) fn can_probe(&self) -> bool {
        let is_get = self
            .wish
            .as_ref()
            .is_some_and(|it| it.method == Method::GET);
        let is_stream = |reading: &Reading| Head::is_stream(reading.head());
        let is_stream = self.reading.as_ref().is_some_and(is_stream);
        is_get && is_stream && !self.is_on() && !self.probed
    }

    /// What second requests are made of, where there is a reason to ask.
    pub(super) fn begin_probe(&mut self) -> Option<(u64, Wish, Observation, Option<String>)> {
        if !self.can_probe() {
            return None;
        }
        (self.probed, self.probing) = (true, true);
        let id = self.reading.as_ref()?.last_id().map(str::to_owned);
        Some((self.run, self.wish.clone()?, self.observation()?, id))
    }

    /// What they were answered.
    pub(super) fn note_probe(&mut self, run: u64, seen: Observation) {
        if self.run != run {
            return;
        }
        self.probing = false;
        self.answers = Probed {
            resume: seen.resume,
            head_request: seen.head_request,
            preflight: seen.preflight,
            cross_origin: seen.cross_origin,
        };
    }
}

impl KeptEvent {
    fn size(&self) -> usize {
        self.event.len() + self.id.len() + self.data.len()
    }
}

fn bytes_of(piece: &PieceView) -> usize {
    piece.lines.iter().map(|line| line.length).sum()
}

/// The beginning of a text, and how many bytes are left out.
fn beginning(text: &str, most: usize) -> (&str, u64) {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    (&text[..end], (text.len() - end) as u64)
}

/// The beginning of a text, with a sign where it was cut.
fn cut(text: &str, most: usize) -> String {
    match beginning(text, most) {
        (all, 0) => all.to_owned(),
        (some, _) => format!("{some}…"),
    }
}

/// An id among words.
pub(super) fn shown_id(id: &str) -> String {
    cut(id, 80)
}

/// In milliseconds.
pub(super) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// A length of time for people.
pub(super) fn length(time: Duration) -> String {
    match time.as_millis() {
        ms @ ..1000 => format!("{ms} ms"),
        _ => format!("{:.2} s", time.as_secs_f64()),
    }
}
