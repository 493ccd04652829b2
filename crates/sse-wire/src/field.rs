//! The lines of a response as they are on the wire: the kind of each, its name, its value and its
//! end.
//!
//! The result must never depend on where the bytes are cut. There is one exception: the name of a
//! line, and with it the kind, is known only when the name is whole.

use serde::Serialize;

use crate::line::{self, CR, LF};
use crate::text::Text;

/// What goes on without a colon for longer is no name that anybody reads by. A name is kept until
/// it is whole, so there is a bound.
const LONGEST_NAME: usize = 128;
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// A line of a response, or a part of one that goes on elsewhere. Name, value and end together are
/// its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(rename = "WireLine"))]
pub struct Line {
    /// What it is.
    pub kind: LineKind,
    /// The name of its field with the colon, and one space behind that; empty where it has none.
    pub name: Text,
    /// What stands behind the name.
    pub value: Text,
    /// The bytes that end it; empty where it goes on.
    pub end: &'static str,
    /// All of its bytes.
    pub length: usize,
}

/// What a line of a response is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(rename = "WireLineKind"))]
#[serde(rename_all = "lowercase")]
pub enum LineKind {
    /// Of the head: its status, a header, or the empty line behind them.
    Head,
    /// Of the framing of chunks: a size, or the line end behind the data.
    Chunk,
    /// A comment, which clients skip.
    Comment,
    /// A field `data`.
    Data,
    /// A field `event`.
    Event,
    /// A field `id`.
    Id,
    /// A field `retry`.
    Retry,
    /// An empty line, a field that nobody knows, or a line whose beginning is not there.
    Other,
}

/// Where lines stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Head,
    /// The events.
    Body,
    /// Nobody can tell: bytes before it are missing. A new reader begins it, so that no kind of
    /// before goes on in it.
    Unknown,
}

/// The first line of some bytes, taken apart. Its name, value and end follow each other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    pub(crate) kind: LineKind,
    /// Bytes of the name, with its colon and the space behind that.
    pub(crate) name: usize,
    /// Bytes between the name and the end.
    pub(crate) value: usize,
    /// The bytes that end the line; empty where it goes on in the next piece.
    pub(crate) end: &'static str,
}

impl Cut {
    pub(crate) fn length(self) -> usize {
        self.name + self.value + self.end.len()
    }
}

/// Reads lines that may go on from piece to piece.
#[derive(Clone, Debug)]
pub(crate) struct LineReader {
    /// What the line under way is, for its later parts and for the LF behind a CR.
    kind: LineKind,
    /// How much of that line's name earlier pieces had.
    name: Name,
    /// Whether a CR was the last byte: a LF that comes next belongs to the line before.
    ended_with_cr: bool,
    /// No line of the body has ended yet, so a byte order mark may stand before its name.
    first: bool,
}

/// How much of the name of the line under way is known.
#[derive(Clone, Debug)]
enum Name {
    /// These bytes, without a colon so far.
    Begun(Vec<u8>),
    /// All but the space that may follow its colon.
    Space,
    /// It is read, or there is none.
    Read,
}

impl LineReader {
    /// A reader at the beginning of a line. `first`: of the first line of a stream.
    pub(crate) fn new(first: bool) -> Self {
        Self {
            kind: LineKind::Other,
            name: Name::Begun(Vec::new()),
            ended_with_cr: false,
            first,
        }
    }

    /// Cuts the first line off the bytes, of which there is at least one, or what there is of it.
    pub(crate) fn cut(&mut self, bytes: &[u8], part: Part) -> Cut {
        let follows_cr = std::mem::take(&mut self.ended_with_cr);
        if follows_cr && bytes.first() == Some(&LF) {
            // The second half of an end.
            let (kind, end) = (self.kind, "\n");
            return Cut {
                kind,
                name: 0,
                value: 0,
                end,
            };
        }
        let (content, end) = match part {
            Part::Head => split_at_lf(bytes),
            Part::Body | Part::Unknown => split_at_end(bytes),
        };
        let name = match part {
            Part::Head => self.header_name(content),
            Part::Body => self.field_name(content),
            Part::Unknown => 0,
        };
        if !end.is_empty() {
            self.name = Name::Begun(Vec::new());
            self.ended_with_cr = end == "\r";
            self.first = false;
        }
        Cut {
            kind: self.kind,
            name,
            value: content.len() - name,
            end,
        }
    }

    /// How many bytes belong to the name of a header.
    fn header_name(&mut self, content: &[u8]) -> usize {
        self.kind = LineKind::Head;
        match &mut self.name {
            Name::Begun(begun) => match content.iter().position(|byte| b": ".contains(byte)) {
                Some(at)
                    if content[at] == b':' && (1..=LONGEST_NAME).contains(&(begun.len() + at)) =>
                {
                    self.colon(content, at)
                }
                Some(_) => {
                    self.name = Name::Read;
                    0
                }
                None => {
                    self.go_on(content);
                    0
                }
            },
            Name::Space => self.space(content),
            Name::Read => 0,
        }
    }

    /// How many bytes belong to the name of a field. A line without a colon is all name, and a
    /// comment has none (WHATWG HTML 9.2.6).
    fn field_name(&mut self, content: &[u8]) -> usize {
        let Name::Begun(begun) = &self.name else {
            return match self.name {
                Name::Space => self.space(content),
                _ => 0,
            };
        };
        let colon = content.iter().position(|&byte| byte == b':');
        let length = colon.unwrap_or(content.len());
        let field = match begun.is_empty() {
            true => content[..length].to_vec(),
            false => [begun, &content[..length]].concat(),
        };
        let bare = field.strip_prefix(BOM).filter(|_| self.first);
        let bare = bare.unwrap_or(&field);
        self.kind = match bare {
            b"" if colon.is_some() => LineKind::Comment,
            b"data" => LineKind::Data,
            b"event" => LineKind::Event,
            b"id" => LineKind::Id,
            b"retry" => LineKind::Retry,
            _ => LineKind::Other,
        };
        match colon {
            _ if self.kind == LineKind::Comment || field.len() > LONGEST_NAME => {
                self.name = Name::Read;
                0
            }
            Some(at) => self.colon(content, at),
            None => {
                self.go_on(content);
                content.len()
            }
        }
    }

    /// The name ends with the colon at a place, and with a space behind it.
    fn colon(&mut self, content: &[u8], at: usize) -> usize {
        self.name = Name::Space;
        at + 1 + self.space(&content[at + 1..])
    }

    fn space(&mut self, content: &[u8]) -> usize {
        if !content.is_empty() {
            self.name = Name::Read;
        }
        usize::from(content.first() == Some(&b' '))
    }

    fn go_on(&mut self, content: &[u8]) {
        if let Name::Begun(begun) = &mut self.name {
            match begun.len() + content.len() <= LONGEST_NAME {
                true => begun.extend_from_slice(content),
                false => self.name = Name::Read,
            }
        }
    }
}

/// The first line and its end, which is a CR, a LF or both.
fn split_at_end(bytes: &[u8]) -> (&[u8], &'static str) {
    let Some(at) = line::find_end(bytes) else {
        return (bytes, "");
    };
    let end = match &bytes[at..] {
        [CR, LF, ..] => "\r\n",
        [CR, ..] => "\r",
        _ => "\n",
    };
    (&bytes[..at], end)
}

/// The first line and its end, which is a LF with or without a CR. A CR that is last may be the
/// first half of one.
pub(crate) fn split_at_lf(bytes: &[u8]) -> (&[u8], &'static str) {
    let lf = bytes.iter().position(|&byte| byte == LF);
    let line = &bytes[..lf.unwrap_or(bytes.len())];
    match (line.strip_suffix(&[CR]), lf) {
        (Some(line), Some(_)) => (line, "\r\n"),
        (Some(line), None) => (line, "\r"),
        (None, Some(_)) => (line, "\n"),
        (None, None) => (line, ""),
    }
}
