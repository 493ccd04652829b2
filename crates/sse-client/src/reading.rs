//! What one answer says, read piece by piece: events, comments and reconnection times, or lines of
//! JSON; what they mean in their dialect; and the facts that a diagnosis wants.

use std::fmt;
use std::ops::Add;
use std::time::Duration;

use sse_wire::{Decoded, Decoder};

use crate::diagnose::{DialectFacts, Gatherer, Observation};
use crate::dialect::{Head as DialectHead, Joiner, View};
use crate::exchange::{Asked, End, Head, Hop, Times};
use crate::watch::{Piece, Watch};

/// The longest line of JSON that is read, in bytes: 4 MiB.
const LONGEST_LINE: usize = 4 << 20;

/// The media types of a body that is a line of JSON for each event.
const JSON_LINES: [&str; 3] = [
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
];

/// Something that a client makes of an answer. `bytes` is how long it was in the decoded body,
/// with all that belongs to nothing else before it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Read<'a> {
    /// An event, as an EventSource dispatches it.
    Event {
        /// Its name.
        event: &'a str,
        /// The last event id at that moment; empty where there is none.
        id: &'a str,
        /// Its data.
        data: &'a str,
        /// How long it was.
        bytes: u64,
    },
    /// A comment, which clients skip.
    Comment {
        /// Its text.
        text: &'a str,
        /// How long its line was.
        bytes: u64,
    },
    /// A new reconnection time.
    Retry {
        /// In milliseconds.
        ms: u64,
        /// How long its line was.
        bytes: u64,
    },
    /// A line of a body of JSON lines, which counts as an event.
    Line {
        /// The line, without its end.
        text: &'a str,
        /// How long it was, with its end.
        bytes: u64,
    },
    /// An event is larger than 16 MiB: nothing is made of what follows.
    TooLarge,
}

/// What came may hold a secret.
impl fmt::Debug for Read<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event { event, bytes, .. } => write!(f, "Event({event}, {bytes} bytes)"),
            Self::Comment { bytes, .. } => write!(f, "Comment({bytes} bytes)"),
            Self::Retry { ms, .. } => write!(f, "Retry({ms})"),
            Self::Line { bytes, .. } => write!(f, "Line({bytes} bytes)"),
            Self::TooLarge => f.write_str("TooLarge"),
        }
    }
}

/// How much there was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Pieces, which are what one read brought each.
    pub pieces: u64,
    /// Events, or lines of JSON.
    pub events: u64,
    /// Comments.
    pub comments: u64,
    /// Bytes of the decoded body.
    pub bytes: u64,
    /// Bytes of the body on the wire, without its framing.
    pub wire_bytes: u64,
}

impl Add for Counts {
    type Output = Self;

    fn add(self, more: Self) -> Self {
        Self {
            pieces: self.pieces + more.pieces,
            events: self.events + more.events,
            comments: self.comments + more.comments,
            bytes: self.bytes + more.bytes,
            wire_bytes: self.wire_bytes + more.wire_bytes,
        }
    }
}

/// Reads one answer.
///
/// Make it [`of`](Self::of) a watch that has begun, give it each piece with [`read`](Self::read),
/// and call [`end`](Self::end) once, when the watch is over. All else can be asked at any time.
///
/// # Bound
///
/// It holds what its decoder and its [`Gatherer`] hold, a [`View`], and a line of 4 MiB.
#[derive(Debug)]
pub struct Reading {
    asked: Asked,
    hops: Vec<Hop>,
    head: Head,
    times: Times,
    decoder: Decoder,
    joiner: Joiner,
    gatherer: Gatherer,
    /// Of a body of JSON lines, the line under way. What is too long of one is left out.
    line: Option<Vec<u8>>,
    /// The bytes that came since the end of the last event.
    since: u64,
    counts: Counts,
    first_event: Option<Duration>,
    last_event: Option<Duration>,
    retry: Option<u64>,
    is_over: bool,
}

impl Reading {
    /// A reading of what a watch is about to bring.
    pub fn of(watch: &Watch) -> Self {
        let (asked, head) = (watch.asked(), watch.head());
        let version = asked
            .headers
            .iter()
            .find(|header| header.is_named("mcp-protocol-version"));
        let path = asked.url.split_once("://").map_or("", |(_, rest)| rest);
        let joiner = Joiner::new(&DialectHead {
            method: asked.method.as_str(),
            path: path.find('/').map_or("/", |at| &path[at..]),
            mcp_version: version.map(|header| header.value.as_str()),
            content_type: head.value("content-type"),
        });
        let times = watch.times();
        Self {
            asked: asked.clone(),
            hops: watch.hops().to_vec(),
            head: head.clone(),
            times,
            decoder: Decoder::new(),
            joiner,
            gatherer: Gatherer::new(times.head_complete.unwrap_or_default()),
            line: JSON_LINES.contains(&&*head.media_type()).then(Vec::new),
            since: 0,
            counts: Counts::default(),
            first_event: None,
            last_event: None,
            retry: None,
            is_over: false,
        }
    }

    /// Reads a piece, and hands out what it completed, `most` events at most.
    pub fn read(&mut self, piece: &Piece, most: u64, mut sink: impl FnMut(Read<'_>)) {
        self.gatherer
            .read_compressed(piece.at, &piece.bytes, piece.wire_bytes);
        self.counts.pieces += 1;
        self.counts.bytes += piece.bytes.len() as u64;
        self.counts.wire_bytes += piece.wire_bytes as u64;
        let most = self.counts.events.saturating_add(most);
        match self.line.is_some() {
            true => self.read_lines(piece, most, &mut sink),
            false => self.read_events(piece, most, &mut sink),
        }
    }

    fn read_events(&mut self, piece: &Piece, most: u64, sink: &mut impl FnMut(Read<'_>)) {
        let at = piece.at.saturating_sub(self.sent());
        let Self {
            decoder,
            joiner,
            since,
            counts,
            first_event,
            last_event,
            retry,
            is_over,
            ..
        } = self;
        // Line by line, so that it is known how many bytes each event is.
        for line in piece.bytes.split_inclusive(|&byte| byte == b'\n') {
            if *is_over {
                return;
            }
            let bytes = line.len() as u64;
            *since += bytes;
            let read = decoder.push(line, |decoded| {
                if counts.events >= most {
                    return;
                }
                match decoded {
                    Decoded::Event {
                        event,
                        data,
                        last_event_id: id,
                    } => {
                        counts.events += 1;
                        first_event.get_or_insert(piece.at);
                        *last_event = Some(piece.at);
                        joiner.event(at, event, data);
                        let bytes = std::mem::take(since);
                        sink(Read::Event {
                            event,
                            id,
                            data,
                            bytes,
                        });
                    }
                    Decoded::Comment(text) => {
                        counts.comments += 1;
                        sink(Read::Comment { text, bytes });
                    }
                    Decoded::Retry(ms) => {
                        *retry = Some(ms);
                        sink(Read::Retry { ms, bytes });
                    }
                }
            });
            if read.is_err() {
                *is_over = true;
                sink(Read::TooLarge);
            }
        }
    }

    fn read_lines(&mut self, piece: &Piece, most: u64, sink: &mut impl FnMut(Read<'_>)) {
        for part in piece.bytes.split_inclusive(|&byte| byte == b'\n') {
            if self.counts.events >= most {
                return;
            }
            self.since += part.len() as u64;
            if let Some(line) = &mut self.line {
                let room = LONGEST_LINE.saturating_sub(line.len());
                line.extend_from_slice(&part[..room.min(part.len())]);
            }
            if part.ends_with(b"\n") {
                self.end_line(piece.at, sink);
            }
        }
    }

    fn end_line(&mut self, at: Duration, sink: &mut impl FnMut(Read<'_>)) {
        let bytes = std::mem::take(&mut self.since);
        let line = self.line.as_mut().map(std::mem::take).unwrap_or_default();
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() {
            return;
        }
        self.joiner.line(at.saturating_sub(self.sent()), text);
        self.counts.events += 1;
        self.first_event.get_or_insert(at);
        self.last_event = Some(at);
        sink(Read::Line { text, bytes });
    }

    /// The watch is over, at this instant, and however it ended. A last line of JSON needs no line
    /// end; an event without its blank line is none (HTML 9.2.6).
    pub fn end(&mut self, at: Duration, mut sink: impl FnMut(Read<'_>)) {
        if self.line.is_some() {
            self.end_line(at, &mut sink);
        }
        self.joiner.end(at.saturating_sub(self.sent()));
    }

    /// What was asked.
    pub fn asked(&self) -> &Asked {
        &self.asked
    }

    /// The redirects on the way.
    pub fn hops(&self) -> &[Hop] {
        &self.hops
    }

    /// The head of the answer.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// When each step was done.
    pub fn times(&self) -> Times {
        self.times
    }

    /// How much there was so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// When the first event came, since the beginning of the watch.
    pub fn first_event(&self) -> Option<Duration> {
        self.first_event
    }

    /// When the last event so far came, since the beginning of the watch.
    pub fn last_event(&self) -> Option<Duration> {
        self.last_event
    }

    /// The last event id that this stream set, with an event or without one (HTML 9.2.6). Nothing
    /// until it names one; an empty one is named too.
    pub fn last_id(&self) -> Option<&str> {
        self.decoder.named_id()
    }

    /// The last reconnection time that this stream set, in milliseconds.
    pub fn retry(&self) -> Option<u64> {
        self.retry
    }

    /// Whether its body is lines of JSON and no stream of events.
    pub fn is_json_lines(&self) -> bool {
        self.line.is_some()
    }

    /// What the events mean, as far as their dialect is known.
    pub fn view(&self) -> &View {
        self.joiner.view()
    }

    /// All that was seen so far, for the rules of the diagnosis. `end` is how the watch ended;
    /// while it has not, the observation is that of a watch that is stopped at `now`.
    pub fn observation(&self, end: Option<(End, Duration)>, now: Duration) -> Observation {
        let (end, ended) = end.unwrap_or((End::Stopped, now));
        Observation {
            asked: self.asked.clone(),
            hops: self.hops.clone(),
            head: Some(self.head.clone()),
            times: self.times,
            body: self.gatherer.facts(ended),
            end,
            ended,
            resume: None,
            head_request: None,
            preflight: None,
            cross_origin: None,
            dialect: DialectFacts::of(self.view()),
        }
    }

    /// When the request was sent, since which a dialect counts its times.
    fn sent(&self) -> Duration {
        self.times.request_sent.unwrap_or_default()
    }
}
