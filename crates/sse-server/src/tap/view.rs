//! The bytes that are kept of a wire, for the API: pieces with their lines, and the events that a
//! client reads from them.

use serde::Serialize;
use sse_wire::{Beginning, Decoded, Found, Framing, Line, LineKind, ResponseReader};

use super::{Piece, Tapped};

/// What one connection was sent, as far as it is kept.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct WireView {
    /// The connection's id in the table.
    pub id: u64,
    /// When it arrived, in milliseconds since 1970: ids begin anew with each start of the program.
    pub since_ms: u64,
    /// Bytes that the kernel took so far.
    pub taken: u64,
    /// Bytes that are not kept: all that were taken, less all that are kept, whatever place was
    /// asked for.
    pub missed: u64,
    /// Whether bytes are being kept.
    pub on: bool,
    /// What is kept from the place on that was asked for, oldest first.
    pub pieces: Vec<PieceView>,
    /// What a client makes of it, as far as it ends behind that place.
    pub events: Vec<WireEvent>,
}

/// What the kernel took in one go.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct PieceView {
    /// When, in milliseconds since 1970.
    pub at_ms: f64,
    /// Its place among all bytes of the connection, the head included.
    pub offset: u64,
    /// A character for each byte, U+0000 to U+00FF, since a piece may end within a character.
    pub bytes: String,
    /// The same bytes as lines. The last one may go on in the next piece.
    pub lines: Vec<Line>,
}

/// Something that a client makes of the bytes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct WireEvent {
    /// When its last byte was taken, in milliseconds since 1970.
    pub at_ms: f64,
    /// Where it ends: the place of the byte behind its last one, among all bytes of the connection.
    pub end: u64,
    /// What it is.
    #[serde(flatten)]
    pub what: What,
}

/// What a client can make of bytes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum What {
    /// An event that it would dispatch.
    Event {
        /// Its name.
        event: String,
        /// Its last event id; `null` where it was given before what is kept, or may have been: an
        /// empty one tells nothing then.
        id: Option<String>,
        /// Its data.
        data: String,
    },
    /// A comment, which it skips.
    Comment {
        /// One line of it.
        text: String,
    },
    /// A new reconnection time.
    Retry {
        /// In milliseconds.
        ms: u64,
    },
}

impl PieceView {
    fn new(at_ms: f64, offset: u64, bytes: &[u8], lines: Vec<Line>) -> Self {
        Self {
            at_ms,
            offset,
            bytes: bytes.iter().map(|byte| char::from(*byte)).collect(),
            lines,
        }
    }
}

/// Reads a body that was received here, from its first byte on, into what the wire of a connection
/// is shown as.
///
/// Give it the pieces in their order with [`read`](Self::read). Whoever calls keeps what it
/// answers.
#[derive(Debug)]
pub struct BodyReader(Reading);

impl Default for BodyReader {
    fn default() -> Self {
        let (framing, beginning) = (Framing::Bare, Beginning::Head);
        let mut reader = ResponseReader::with_limit(framing, beginning, LARGEST_EVENT);
        // The head was read elsewhere. Behind an empty one the body begins, so that a byte order
        // mark is one.
        reader.read(b"\n", |_| {});
        Self(Reading {
            beginning: Beginning::Head,
            reader,
            knows_id: true,
            end: 0,
            size: 0,
        })
    }
}

impl BodyReader {
    /// Reads a whole response instead: the head first.
    pub fn of_response(is_chunked: bool) -> Self {
        let framing = match is_chunked {
            true => Framing::Chunked,
            false => Framing::Bare,
        };
        Self(Reading {
            beginning: Beginning::Head,
            reader: ResponseReader::with_limit(framing, Beginning::Head, LARGEST_EVENT),
            knows_id: true,
            end: 0,
            size: 0,
        })
    }

    /// A piece that came at an instant, in milliseconds since 1970, with its lines; and what a
    /// client makes of it.
    pub fn read(&mut self, at_ms: f64, bytes: &[u8]) -> (PieceView, Vec<WireEvent>) {
        let offset = self.0.end;
        self.0.end += bytes.len() as u64;
        let (lines, events) = self.0.read_bytes(at_ms, offset, bytes);
        (PieceView::new(at_ms, offset, bytes, lines), events)
    }
}

impl WireView {
    /// Of a connection whose bytes nobody kept.
    pub(crate) fn none(of: Tapped) -> Self {
        let Tapped {
            id,
            since_ms,
            taken,
        } = of;
        Self {
            id,
            since_ms,
            taken,
            missed: taken,
            on: false,
            pieces: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Adds what is kept of the bytes from `from` on, and returns how far it was read. `known` is
    /// how far an earlier view read.
    ///
    /// Bytes are read in their order, because what stands before a place tells what follows it.
    /// What an earlier view read is read again only for whoever asks for it.
    pub(super) fn with(
        mut self,
        framing: Framing,
        (pieces, bytes): (&[Piece], &[u8]),
        from: u64,
        mut known: Option<Reading>,
    ) -> (Self, Option<Reading>) {
        let mut reading: Option<Reading> = None;
        let mut rest = bytes;
        for piece in pieces {
            let (part, after) = rest.split_at(piece.length().min(rest.len()));
            rest = after;
            let known_to = known.as_ref().map_or(0, |known| known.end);
            if piece.end() <= known_to.min(from) {
                continue;
            }
            let current = match known.take_if(|known| known.reaches(piece)) {
                Some(known) => reading.insert(known),
                None => match reading.take_if(|reading| reading.reaches(piece)) {
                    Some(same) => reading.insert(same),
                    None => reading.insert(Reading::new(framing, piece)),
                },
            };
            let (lines, events) = current.read(piece, part);
            // A place within a piece is one that was asked for by hand: all of the piece is shown.
            if piece.end() > from {
                self.pieces
                    .push(PieceView::new(piece.at_ms(), piece.offset, part, lines));
            }
            self.events
                .extend(events.into_iter().filter(|event| event.end > from));
        }
        // What was known still is, where nothing goes on behind it.
        let further = known.filter(|known| reading.as_ref().is_none_or(|it| it.end <= known.end));
        (self, further.or(reading))
    }
}

/// As much of an id or a name as a tick has, in characters.
const SHOWN: usize = 64;

/// As much of an id or a name as an event of a wire has, in bytes. A client hands out the last id
/// with each event behind it, so a long one would be kept as often.
const KEPT_NAME: usize = 1024;

/// The beginning of an id or a name, with a sign where it was cut.
fn kept_name(text: &str) -> String {
    if text.len() <= KEPT_NAME {
        return text.to_owned();
    }
    let mut end = KEPT_NAME;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &text[..end])
}

/// The beginning of an id or a name.
fn shown(text: &str) -> &str {
    let end = text.char_indices().nth(SHOWN);
    &text[..end.map_or(text.len(), |(at, _)| at)]
}

/// How far somebody has followed a wire, event by event.
#[derive(Debug, Default)]
pub(crate) struct Follower {
    /// What was read last, where that goes on.
    reading: Option<Box<Reading>>,
    /// The place of the byte behind the last one that was read, or skipped.
    end: u64,
}

impl Follower {
    /// Whether anything was read.
    pub(crate) fn has_begun(&self) -> bool {
        self.end > 0
    }

    /// How far it was read.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Skips what comes before this place.
    pub(super) fn skip_to(&mut self, end: u64) {
        self.reading = None;
        self.end = end;
    }

    /// Reads these pieces, which follow what was read before as far as it is kept.
    pub(super) fn read(
        &mut self,
        framing: Framing,
        (pieces, bytes): (&[Piece], &[u8]),
    ) -> Vec<Tick> {
        let mut ticks = Vec::new();
        let mut rest = bytes;
        for piece in pieces {
            let (part, after) = rest.split_at(piece.length().min(rest.len()));
            rest = after;
            let same = self.reading.take_if(|reading| reading.reaches(piece));
            let reading = same.unwrap_or_else(|| Box::new(Reading::new(framing, piece)));
            self.reading.insert(reading).skim(piece, part, &mut ticks);
            self.end = piece.end();
        }
        ticks
    }
}

/// An event that goes on for longer is not decoded: larger than any that this server sends.
const LARGEST_EVENT: usize = 2 * 1024 * 1024;

/// One stretch of bytes without a gap, as far as it was read. A tap keeps the last one, so that the
/// next view reads what is new alone, and knows what the bytes before it began even where they are
/// kept no longer.
#[derive(Debug)]
pub(super) struct Reading {
    /// What stands at its first byte. Where that is the middle of something, the next piece that
    /// begins something begins a new stretch.
    beginning: Beginning,
    reader: ResponseReader,
    /// Whether the last event id is known: from the first byte on it is, and else from the first
    /// that came.
    knows_id: bool,
    /// The place of the byte behind the last one that was read.
    end: u64,
    /// Bytes of lines that were read of what is not whole yet, head and chunks left out.
    size: usize,
}

/// Something that a client makes of the bytes, without its data.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    /// When its last byte was taken, in milliseconds since 1970.
    pub(crate) at_ms: f64,
    /// Where it ends, as [`WireEvent::end`].
    pub(crate) end: u64,
    /// Its bytes on the wire, without the framing.
    pub(crate) size: usize,
    /// Its name and id, where it is an event and no comment.
    pub(crate) event: Option<(String, Option<String>)>,
}

impl Reading {
    fn new(framing: Framing, first: &Piece) -> Self {
        let beginning = first.beginning();
        Self {
            beginning,
            reader: ResponseReader::with_limit(framing, beginning, LARGEST_EVENT),
            knows_id: beginning == Beginning::Head,
            end: first.offset,
            size: 0,
        }
    }

    /// Whether the piece goes on where this ends, and this tells more of it than it does itself.
    fn reaches(&self, piece: &Piece) -> bool {
        self.end == piece.offset && !(self.beginning == Beginning::Middle && piece.begins)
    }

    /// How far it was read.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Reads on, for whoever wants neither lines nor data.
    fn skim(&mut self, piece: &Piece, bytes: &[u8], ticks: &mut Vec<Tick>) {
        self.end = piece.end();
        let Self {
            reader,
            knows_id,
            size,
            ..
        } = self;
        let mut end = piece.offset;
        reader.read(bytes, |found| match found {
            Found::Line(line) => {
                end += line.length as u64;
                if !matches!(line.kind, LineKind::Head | LineKind::Chunk) {
                    *size += line.length;
                }
            }
            Found::Decoded(decoded) => {
                let event = match decoded {
                    Decoded::Retry(_) => return,
                    Decoded::Comment(_) => None,
                    Decoded::Event {
                        event,
                        last_event_id,
                        ..
                    } => {
                        *knows_id |= !last_event_id.is_empty();
                        let id = knows_id.then(|| shown(last_event_id).to_owned());
                        Some((shown(event).to_owned(), id))
                    }
                };
                ticks.push(Tick {
                    at_ms: piece.at_ms(),
                    end,
                    size: std::mem::take(size),
                    event,
                });
            }
        });
    }

    fn read(&mut self, piece: &Piece, bytes: &[u8]) -> (Vec<Line>, Vec<WireEvent>) {
        self.end = piece.end();
        self.read_bytes(piece.at_ms(), piece.offset, bytes)
    }

    fn read_bytes(&mut self, at_ms: f64, offset: u64, bytes: &[u8]) -> (Vec<Line>, Vec<WireEvent>) {
        let Self {
            reader, knows_id, ..
        } = self;
        let (mut lines, mut events) = (Vec::new(), Vec::new());
        let mut end = offset;
        reader.read(bytes, |found| match found {
            Found::Line(line) => {
                end += line.length as u64;
                lines.push(line);
            }
            Found::Decoded(decoded) => events.push(WireEvent {
                at_ms,
                end,
                what: What::of(decoded, knows_id),
            }),
        });
        (lines, events)
    }
}

impl What {
    fn of(decoded: Decoded<'_>, knows_id: &mut bool) -> Self {
        match decoded {
            Decoded::Event {
                event,
                data,
                last_event_id,
            } => {
                *knows_id |= !last_event_id.is_empty();
                Self::Event {
                    event: kept_name(event),
                    id: knows_id.then(|| kept_name(last_event_id)),
                    data: data.to_owned(),
                }
            }
            Decoded::Comment(text) => Self::Comment {
                text: text.to_owned(),
            },
            Decoded::Retry(ms) => Self::Retry { ms },
        }
    }
}
