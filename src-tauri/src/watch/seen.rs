//! What came of a watch so far, within bounds, however long it lasts.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sse_client::diagnose::{CrossOrigin, HeadRequest, Observation, Preflight, Resume};
use sse_client::{Arrivals, End, Error, Head, Method, Piece, Read, Reading, Watch, Wish};
use sse_server::{BodyReader, PieceView, WireEvent};

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

/// Where a watch stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Standing {
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
        /// Why nothing is asked for any more, where somebody might wonder.
        why: Option<String>,
    },
    /// It could not go on, for this reason, a sentence.
    Failed(String),
}

/// An event as it came.
pub(super) struct EventSeen {
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
pub(super) struct Again {
    resume: Option<Resume>,
    head_request: Option<HeadRequest>,
    preflight: Option<Preflight>,
    cross_origin: Option<CrossOrigin>,
}

/// All that came of one watch.
pub(super) struct Seen {
    /// Which watch it is of; 0 before the first.
    pub(super) run: u64,
    wish: Option<Wish>,
    pub(super) standing: Standing,
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
    /// What a client makes of those.
    pub(super) wire_events: VecDeque<WireEvent>,
    /// The newest events of all streams.
    pub(super) events: VecDeque<EventSeen>,
    data: usize,
    /// How many events there were on all streams.
    pub(super) counted: u64,
    pub(super) arrivals: Arrivals,
    again: Again,
    /// Second requests are on their way.
    pub(super) asks_again: bool,
    pub(super) asked_again: bool,
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            run: 0,
            wish: None,
            standing: Standing::Idle,
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
            wire_events: VecDeque::new(),
            events: VecDeque::new(),
            data: 0,
            counted: 0,
            arrivals: Arrivals::new(Duration::ZERO),
            again: Again::default(),
            asks_again: false,
            asked_again: false,
        }
    }
}

impl Seen {
    /// Forgets the watch before and begins another. Answers its number.
    pub(super) fn begin(&mut self, wish: Wish) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        *self = Self {
            run: self.run + 1,
            wish: Some(wish),
            standing: Standing::Asking,
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
        self.standing = Standing::Asking;
    }

    /// It is asked for again in a moment.
    pub(super) fn waits(&mut self, wait: Duration, id: Option<&str>, why: String) {
        self.standing = Standing::Waiting {
            since: self.elapsed(),
            wait,
            id: id.map(str::to_owned),
            why,
        };
    }

    /// A stream begins: its head is there.
    pub(super) fn begins(&mut self, stream: &Watch) {
        let before = self.end.map(|(end, _)| end.to_string());
        self.begins_with(Reading::of(stream), stream.elapsed());
        self.tls = stream.tls();
        let id = |name: &str| {
            let headers = &stream.asked().headers;
            let id = headers.iter().find(|header| header.is_named(name));
            id.map(|id| format!(" with id {}", id.value))
        };
        self.resumed = before.map(|before| {
            let id = id("last-event-id").unwrap_or_default();
            format!("{before}, asked again{id}")
        });
    }

    /// The same, of a stream whose request began so long ago.
    fn begins_with(&mut self, reading: Reading, ago: Duration) {
        self.standing = Standing::Open;
        self.stream += 1;
        self.offset = self.elapsed().saturating_sub(ago);
        let head = reading.times().head_complete.unwrap_or_default();
        self.arrivals.begin(self.offset.saturating_add(head));
        self.reading = Some(reading);
        self.end = None;
        self.body = BodyReader::default();
        self.pieces.clear();
        self.bytes = 0;
        self.wire_events.clear();
        self.again = Again::default();
    }

    /// A piece came. Answers what was read so far.
    pub(super) fn piece(&mut self, piece: &Piece) -> Option<&Reading> {
        let at = self.offset.saturating_add(piece.at);
        let at_ms = self.since_ms + millis(at);
        let (stream, counted, data) = (self.stream, &mut self.counted, &mut self.data);
        let events = &mut self.events;
        let before = *counted;
        let mut take = |read: Read<'_>| {
            let (event, id, text) = match read {
                Read::Event {
                    event, id, data, ..
                } => (event, id, data),
                Read::Line { text, .. } => ("", "", text),
                Read::Comment { .. } | Read::Retry { .. } | Read::TooLarge => return,
            };
            *counted += 1;
            let (kept, left_out) = beginning(text);
            *data += kept.len();
            events.push_back(EventSeen {
                number: *counted,
                stream,
                at_ms,
                event: event.to_owned(),
                id: id.to_owned(),
                data: kept.to_owned(),
                left_out,
            });
            while events.len() > EVENTS || *data > DATA && events.len() > 1 {
                let gone = events.pop_front();
                *data -= gone.map_or(0, |gone| gone.data.len());
            }
        };
        if let Some(reading) = &mut self.reading {
            reading.read(piece, u64::MAX, &mut take);
        }
        self.arrivals.add(at, self.counted - before);
        if !piece.bytes.is_empty() {
            let (view, events) = self.body.read(at_ms, &piece.bytes);
            self.keep(view, events);
        }
        self.reading.as_ref()
    }

    fn keep(&mut self, piece: PieceView, events: Vec<WireEvent>) {
        let length = |piece: &PieceView| piece.lines.iter().map(|line| line.length).sum::<usize>();
        self.bytes += length(&piece);
        self.pieces.push_back(piece);
        self.wire_events.extend(events);
        while let Some(oldest) = self.pieces.front().map(length)
            && self.pieces.len() > 1
            && (self.pieces.len() > PIECES || self.bytes - oldest >= BYTES)
        {
            self.bytes -= oldest;
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
        let mut last = None;
        if let Some(reading) = &mut self.reading {
            reading.end(at, |read| {
                if let Read::Line { text, .. } = read {
                    last = Some(text.to_owned());
                }
            });
        }
        // A last line of JSON without its end.
        if let Some(data) = last {
            self.counted += 1;
            self.events.push_back(EventSeen {
                number: self.counted,
                stream: self.stream,
                at_ms: self.since_ms + millis(self.offset.saturating_add(at)),
                event: String::new(),
                id: String::new(),
                left_out: 0,
                data,
            });
        }
    }

    /// Nothing is asked for any more.
    pub(super) fn over(&mut self, why: Option<String>) {
        self.over = Some(self.elapsed());
        self.standing = Standing::Over { why };
    }

    /// It cannot go on.
    pub(super) fn fails(&mut self, error: &Error) {
        let is_read = self.reading.is_some() && self.end.is_none();
        if is_read {
            let at = self.elapsed().saturating_sub(self.offset);
            self.ends(End::Stopped, at);
        }
        self.over = Some(self.elapsed());
        self.standing = Standing::Failed(error.to_string());
    }

    /// Somebody has seen enough.
    pub(super) fn stop(&mut self) {
        if !self.is_on() {
            return;
        }
        let at = self.elapsed().saturating_sub(self.offset);
        if self.reading.is_some() && self.end.is_none() {
            self.ends(End::Stopped, at);
        }
        self.over(None);
    }

    /// All that is known, for the diagnosis.
    pub(super) fn observation(&self) -> Option<Observation> {
        let now = self.elapsed().saturating_sub(self.offset);
        let mut seen = self.reading.as_ref()?.observation(self.end, now);
        let again = &self.again;
        seen.resume.clone_from(&again.resume);
        seen.head_request.clone_from(&again.head_request);
        seen.preflight.clone_from(&again.preflight);
        seen.cross_origin.clone_from(&again.cross_origin);
        Some(seen)
    }

    /// Whether second requests would tell more.
    pub(super) fn can_ask_again(&self) -> bool {
        let is_get = self
            .wish
            .as_ref()
            .is_some_and(|it| it.method == Method::GET);
        let is_stream = |reading: &Reading| Head::is_stream(reading.head());
        let is_stream = self.reading.as_ref().is_some_and(is_stream);
        is_get && is_stream && !self.is_on() && !self.asked_again
    }

    /// What second requests are made of, where there is a reason to ask.
    pub(super) fn begin_again(&mut self) -> Option<(u64, Wish, Observation, Option<String>)> {
        if !self.can_ask_again() {
            return None;
        }
        (self.asked_again, self.asks_again) = (true, true);
        let id = self.reading.as_ref()?.last_id().map(str::to_owned);
        Some((self.run, self.wish.clone()?, self.observation()?, id))
    }

    /// What they were answered.
    pub(super) fn asked_again(&mut self, run: u64, seen: Observation) {
        if self.run != run {
            return;
        }
        self.asks_again = false;
        self.again = Again {
            resume: seen.resume,
            head_request: seen.head_request,
            preflight: seen.preflight,
            cross_origin: seen.cross_origin,
        };
    }
}

/// As much of a data as is kept, and how many bytes are not.
fn beginning(data: &str) -> (&str, u64) {
    let mut end = LONGEST.min(data.len());
    while !data.is_char_boundary(end) {
        end -= 1;
    }
    (&data[..end], (data.len() - end) as u64)
}

/// In milliseconds.
pub(super) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
