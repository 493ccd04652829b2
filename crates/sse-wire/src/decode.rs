//! Bytes to events: the parser of the [standard]. It takes the bytes in whatever pieces they
//! arrive.
//!
//! The result must never depend on where the stream is cut. The parser must never look at a byte
//! twice as a line grows, or hold more than its bound.
//!
//! It finds lines in bytes, and decodes them from UTF-8 beside that. The text is the same as if
//! the stream were decoded first: CR and LF never occur within a UTF-8 sequence of several bytes,
//! so each of them ends an unfinished sequence before it.
//!
//! [standard]:
//! https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation

use std::borrow::Cow;
use std::mem;

use simdutf8::basic::from_utf8;

use crate::error::Error;
use crate::line::{CR, LF, is_end};

const BOM: char = '\u{FEFF}';

/// What a [`Decoder`] found, in the order of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoded<'a> {
    /// An event that a client would dispatch.
    Event {
        /// Its name, `message` when the stream gives none.
        event: &'a str,
        /// Its data lines, joined with LF.
        data: &'a str,
        /// The last event id as of this event, which may come from an earlier one.
        last_event_id: &'a str,
    },
    /// One comment line, without its colon and, as in a field, without one space behind it.
    Comment(&'a str),
    /// A new reconnection time, in milliseconds.
    Retry(u64),
}

/// Reads one event stream: the body of one response.
///
/// A client that reconnects starts with a new decoder, as the standard does, and sends the
/// [`last_event_id`](Self::last_event_id) of the old one to the server. The new one knows no id
/// until its own stream names one.
///
/// An event is handed out as soon as the end of its blank line is known, which for a CR is the CR
/// itself; a LF that comes later still belongs to it. What the stream leaves unfinished when it
/// ends is dropped with the decoder.
///
/// # Bound
///
/// The limit counts the bytes of one event as they arrive: its `data`, `event` and `id` lines,
/// without their line ends, and the line under way, whatever it is. The verdict does not depend on
/// how the stream is cut. What the decoder holds is at most a small multiple of the limit (an
/// invalid byte becomes the three of U+FFFD, and the last event id is kept).
#[derive(Clone, Debug)]
pub struct Decoder {
    /// The most bytes that `used` and the line under way may come to.
    limit: usize,
    /// What the last byte was, where that changes what the next one means.
    position: Position,
    /// A line whose end has not arrived; empty while whole lines can be read in place.
    line: Vec<u8>,
    /// How much of the limit the finished lines of the event under way have used.
    used: usize,
    /// Each data line with a LF behind it, so that one empty line differs from none.
    data: String,
    /// The name of the event under way; empty for the default, `message`.
    event: String,
    /// The id of the event under way, which counts from its blank line on.
    id: Option<String>,
    /// The id as of the last blank line. It outlives its event, and a failure, because a client
    /// sends it when it reconnects. Nothing as long as the stream has named none; an empty one is
    /// named too.
    last_event_id: Option<String>,
    /// The reconnection time that the stream set last, in milliseconds. It outlives a failure too.
    retry: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    /// No line has ended yet, so the one under way may begin with a byte order mark.
    Start,
    /// Anywhere later.
    Within,
    /// Just behind a CR that ended a line; a LF here belongs to it.
    AfterCr,
    /// The limit was passed; nothing more is read.
    Failed,
}

impl Position {
    /// Behind a byte that ended a line.
    fn behind(end: u8) -> Self {
        if end == CR {
            Self::AfterCr
        } else {
            Self::Within
        }
    }
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// The limit of [`new`](Self::new): 16 MiB, far above any event that is meant, far below what
    /// hurts.
    pub const DEFAULT_LIMIT: usize = 16 * 1024 * 1024;

    /// A decoder at the start of a stream, with the default limit.
    pub fn new() -> Self {
        Self::with_limit(Self::DEFAULT_LIMIT)
    }

    /// A decoder at the start of a stream that holds at most `max_event_bytes` of an event.
    pub fn with_limit(max_event_bytes: usize) -> Self {
        Self {
            limit: max_event_bytes,
            position: Position::Start,
            line: Vec::new(),
            used: 0,
            data: String::new(),
            event: String::new(),
            id: None,
            last_event_id: None,
            retry: None,
        }
    }

    /// A decoder in the middle of a stream, at the beginning of a line. A byte order mark there is
    /// no mark.
    pub(crate) fn within(max_event_bytes: usize) -> Self {
        Self {
            position: Position::Within,
            ..Self::with_limit(max_event_bytes)
        }
    }

    /// The last event id: what a client sends as `Last-Event-ID` when it reconnects, empty for
    /// none.
    ///
    /// The id of an event counts once its blank line has come, with or without data.
    pub fn last_event_id(&self) -> &str {
        self.last_event_id.as_deref().unwrap_or_default()
    }

    /// The same, or nothing as long as this stream has named no id. An `id` line without a value
    /// names an empty one: it clears what a client knows from an earlier stream.
    pub fn named_id(&self) -> Option<&str> {
        self.last_event_id.as_deref()
    }

    /// The reconnection time that the stream asked for last, in milliseconds.
    pub fn retry(&self) -> Option<u64> {
        self.retry
    }

    /// Reads the next bytes of the stream and gives `sink` what they complete.
    ///
    /// # Errors
    ///
    /// [`Error::EventTooLarge`] when an event or a line outgrows the limit. What came before it has
    /// been given to `sink`. From then on the decoder is closed: it holds nothing of the stream,
    /// each further `push` reads nothing and returns the same error, and `last_event_id` and
    /// `retry` keep what the part before the error said.
    pub fn push(&mut self, bytes: &[u8], mut sink: impl FnMut(Decoded<'_>)) -> Result<(), Error> {
        if self.position == Position::Failed {
            return Err(Error::EventTooLarge { limit: self.limit });
        }
        // The piece as text, once a line needs it: one check of all lines costs less than one of
        // each. Where the piece is no text, each line is checked by itself, and none is lent.
        let mut text = None;
        // The only data line so far of the event under way, while it can be lent from the piece.
        let mut lent = None;
        let mut begin = 0;
        while let Some(&next) = bytes.get(begin) {
            if self.position == Position::AfterCr {
                self.position = Position::Within;
                if next == LF {
                    begin += 1;
                    continue;
                }
            }
            if is_end(next) && self.line.is_empty() {
                self.dispatch(lent.take(), &mut sink);
                self.position = Position::behind(next);
                begin += 1;
                continue;
            }
            let rest = &bytes[begin..];
            let length = memchr::memchr2(CR, LF, rest);
            let piece = &rest[..length.unwrap_or(rest.len())];
            if piece.len() > self.limit - self.used - self.line.len() {
                return Err(self.fail());
            }
            let Some(length) = length else {
                self.line.extend_from_slice(piece);
                break;
            };
            let end = begin + length;
            if !self.line.is_empty() {
                let mut line = mem::take(&mut self.line);
                line.extend_from_slice(piece);
                self.take_own_line(&line, &mut sink);
                line.clear();
                self.line = line;
            } else if let Some(text) = *text.get_or_insert_with(|| from_utf8(bytes).ok()) {
                self.take_line(&text[begin..end], length, &mut lent, &mut sink);
            } else {
                self.take_own_line(piece, &mut sink);
            }
            self.position = Position::behind(bytes[end]);
            begin = end + 1;
        }
        self.keep(lent);
        Ok(())
    }

    fn fail(&mut self) -> Error {
        // A new value rather than cleared buffers: they are large now, and never needed again.
        *self = Self {
            position: Position::Failed,
            last_event_id: mem::take(&mut self.last_event_id),
            retry: self.retry,
            ..Self::with_limit(self.limit)
        };
        Error::EventTooLarge { limit: self.limit }
    }

    /// Reads a line that cannot be lent: it came in several pieces, or is no UTF-8.
    fn take_own_line(&mut self, line: &[u8], sink: &mut impl FnMut(Decoded<'_>)) {
        let (line, length) = (text(line), line.len());
        let mut lent = None;
        self.take_line(&line, length, &mut lent, sink);
        self.keep(lent);
    }

    /// Reads a line without its end, which had `length` bytes on the wire. The first data line of
    /// an event is lent, because most events have no other and end in the same piece.
    fn take_line<'a>(
        &mut self,
        line: &'a str,
        length: usize,
        lent: &mut Option<&'a str>,
        sink: &mut impl FnMut(Decoded<'_>),
    ) {
        let at_start = self.position == Position::Start;
        let bare = line.strip_prefix(BOM).filter(|_| at_start).unwrap_or(line);
        let length = length - (line.len() - bare.len());
        if bare.is_empty() {
            self.dispatch(lent.take(), sink);
        } else if let Some(value) = value(bare, "data") {
            self.used += length;
            if self.data.is_empty() && lent.is_none() {
                *lent = Some(value);
            } else {
                self.keep(lent.take());
                self.keep(Some(value));
            }
        } else if let Some(value) = value(bare, "event") {
            self.event.clear();
            self.event.push_str(value);
            self.used += length;
        } else if let Some(value) = value(bare, "id") {
            if !value.contains('\0') {
                let id = self.id.get_or_insert_default();
                id.clear();
                id.push_str(value);
                self.used += length;
            }
        } else if let Some(retry) = value(bare, "retry") {
            if let Some(retry) = number(retry.as_bytes()) {
                self.retry = Some(retry);
                sink(Decoded::Retry(retry));
            }
        } else if let Some(comment) = value(bare, "") {
            sink(Decoded::Comment(comment));
        }
    }

    /// Keeps a data line until its event ends.
    fn keep(&mut self, line: Option<&str>) {
        if let Some(line) = line {
            self.data.push_str(line);
            self.data.push('\n');
        }
    }

    /// Ends an event. Its data is the line that is lent, or else what was kept.
    fn dispatch(&mut self, lent: Option<&str>, sink: &mut impl FnMut(Decoded<'_>)) {
        // Moved, not copied: a blank line must cost the same however long the id is.
        if let Some(id) = self.id.take() {
            self.last_event_id = Some(id);
        }
        if let Some(data) = lent.or_else(|| self.data.strip_suffix('\n')) {
            let event = if self.event.is_empty() {
                "message"
            } else {
                &self.event
            };
            sink(Decoded::Event {
                event,
                data,
                last_event_id: self.last_event_id(),
            });
        }
        self.data.clear();
        self.event.clear();
        self.used = 0;
    }
}

/// The value of a field, if the line is of this field. To ask for each name is faster than to
/// search for the colon, which may be far away or not there.
fn value<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(name)?;
    if rest.is_empty() {
        return Some(rest);
    }
    let value = rest.strip_prefix(':')?;
    Some(value.strip_prefix(' ').unwrap_or(value))
}

/// The text of the bytes, with U+FFFD for each maximal part that is no UTF-8, as the Encoding
/// Standard's decoder does.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    // The strict check is several times faster than the lossy one, and nearly always enough.
    match str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

/// The value of digits and nothing else; what does not fit becomes the largest number.
///
/// Without a digit there is no number: the standard leaves an empty value open, and a reconnection
/// time of nothing would make a client hammer its server.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let add = |number: u64, digit: &u8| {
        number
            .saturating_mul(10)
            .saturating_add(u64::from(digit - b'0'))
    };
    Some(digits.iter().fold(0, add))
}
