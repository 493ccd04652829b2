//! A reader of a whole response as it is on the wire, in whatever pieces its bytes arrive. It
//! returns the lines of the head, of the chunk framing and of the events, and the events that a
//! client reads.
//!
//! The result must never depend on where the bytes are cut. There is one exception: the name of a
//! line, and with it the kind, is known only when the name is whole.

use crate::chunks::{Chunks, Framing, Next};
use crate::decode::{Decoded, Decoder};
use crate::field::{Cut, Line, LineKind, LineReader, Part, split_at_lf};
use crate::text::{Text, TextReader};

/// What stands at the beginning of the bytes that a [`ResponseReader`] is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// The head.
    Head,
    /// A chunk, if there are any, and an event.
    Event,
    /// Something else: bytes before it are missing.
    Middle,
}

/// What a [`ResponseReader`] found, in the order of the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// A line, or a part of one that goes on elsewhere.
    Line(Line),
    /// What the line before it completed for a client.
    Decoded(Decoded<'a>),
}

/// Reads the bytes of one response, with a new reader behind each gap.
///
/// Give it the bytes in their order with [`read`](Self::read). It hands out each line as far as the
/// line is there, and after the line what the line completed. All lines together are the bytes, so
/// an event ends at the sum of the lengths so far.
///
/// Interim heads come before the head (RFC 9110 15.2). Extensions and trailers of chunks are lines
/// of the framing (RFC 9112 7.1). Bytes that are no head, no chunk and no event are lines of the
/// kind [`Other`](LineKind::Other).
///
/// # Bound
///
/// It holds what its [`Decoder`] holds, and less than 200 bytes.
#[derive(Clone, Debug)]
pub struct ResponseReader {
    /// What the next bytes are read as. `Unknown` is for good: nothing tells where an event begins
    /// behind bytes that are no chunk.
    place: Place,
    /// How the body is delimited. The caller knows it; the head is not asked.
    framing: Framing,
    /// Takes the lines of the head and of the events apart.
    lines: LineReader,
    /// The characters of the events. The end of a chunk may split one, so head and framing have a
    /// reader of their own.
    text: TextReader,
    /// The characters of the head and of the framing of chunks.
    framing_text: TextReader,
    /// What a client makes of the events. It is given no byte of the framing.
    decoder: Decoder,
}

#[derive(Clone, Debug)]
enum Place {
    Head {
        /// How many bytes of this head were read.
        read: usize,
        /// Another head follows it.
        interim: bool,
        /// The line under way has nothing so far.
        empty: bool,
        /// The part before ended with a CR, which is the first half of an end only if a LF follows.
        after_cr: bool,
    },
    Chunks(Chunks),
    Bare,
    Unknown,
}

impl Place {
    const HEAD: Self = Self::Head {
        read: 0,
        interim: false,
        empty: true,
        after_cr: false,
    };
}

impl ResponseReader {
    /// A reader of a response with such a body, whose bytes begin so.
    pub fn new(framing: Framing, beginning: Beginning) -> Self {
        Self::with_limit(framing, beginning, Decoder::DEFAULT_LIMIT)
    }

    /// The same, with a decoder that holds at most `max_event_bytes` of an event.
    pub fn with_limit(framing: Framing, beginning: Beginning, max_event_bytes: usize) -> Self {
        Self {
            place: match beginning {
                Beginning::Head => Place::HEAD,
                Beginning::Event => body(framing),
                Beginning::Middle => Place::Unknown,
            },
            framing,
            lines: LineReader::new(false),
            text: TextReader::default(),
            framing_text: TextReader::default(),
            decoder: match beginning {
                Beginning::Head => Decoder::with_limit(max_event_bytes),
                Beginning::Event | Beginning::Middle => Decoder::within(max_event_bytes),
            },
        }
    }

    /// Reads the next bytes and gives `sink` each line, and what it completed. An event that
    /// outgrows the [limit](Decoder::DEFAULT_LIMIT) of a decoder is the last: lines follow, and
    /// nothing is made of them.
    pub fn read(&mut self, bytes: &[u8], mut sink: impl FnMut(Found<'_>)) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let length = match &mut self.place {
                Place::Head { .. } => self.head(rest, &mut sink),
                Place::Chunks(chunks) => match chunks.next() {
                    Next::Framing => self.chunk_framing(rest, &mut sink),
                    Next::Data(left) => {
                        let most = usize::try_from(left).unwrap_or(usize::MAX);
                        self.body(&rest[..most.min(rest.len())], Part::Body, &mut sink)
                    }
                    Next::Nothing => {
                        self.place = Place::Unknown;
                        self.lines = LineReader::new(false);
                        0
                    }
                },
                Place::Bare => self.body(rest, Part::Body, &mut sink),
                Place::Unknown => self.body(rest, Part::Unknown, &mut sink),
            };
            rest = &rest[length..];
        }
    }

    fn head(&mut self, bytes: &[u8], sink: &mut impl FnMut(Found<'_>)) -> usize {
        const STATUS: usize = "HTTP/1.1 ".len();
        let cut = self.lines.cut(bytes, Part::Head);
        sink(Found::Line(line(&mut self.framing_text, bytes, cut)));
        let Place::Head {
            read,
            interim,
            empty,
            after_cr,
        } = &mut self.place
        else {
            return cut.length();
        };
        if let Some(at) = STATUS.checked_sub(*read)
            && at < cut.length()
        {
            *interim = bytes[at] == b'1';
        }
        *read += cut.length();
        let has_content = cut.name + cut.value > 0;
        let lone_cr = *after_cr && (has_content || cut.end != "\n");
        *after_cr = cut.end == "\r";
        *empty &= !has_content && !lone_cr;
        if cut.end.ends_with('\n') {
            match (*empty, *interim) {
                (true, true) => self.place = Place::HEAD,
                (true, false) => {
                    self.place = body(self.framing);
                    self.lines = LineReader::new(true);
                }
                (false, _) => *empty = true,
            }
        }
        cut.length()
    }

    fn chunk_framing(&mut self, bytes: &[u8], sink: &mut impl FnMut(Found<'_>)) -> usize {
        let (content, end) = split_at_lf(bytes);
        if let Place::Chunks(chunks) = &mut self.place {
            chunks.framing(content, end);
        }
        let cut = Cut {
            kind: LineKind::Chunk,
            name: 0,
            value: content.len(),
            end,
        };
        sink(Found::Line(line(&mut self.framing_text, bytes, cut)));
        cut.length()
    }

    fn body(&mut self, bytes: &[u8], part: Part, sink: &mut impl FnMut(Found<'_>)) -> usize {
        let cut = self.lines.cut(bytes, part);
        if let Place::Chunks(chunks) = &mut self.place {
            chunks.data(cut.length());
        }
        sink(Found::Line(line(&mut self.text, bytes, cut)));
        if part == Part::Body {
            let line = &bytes[..cut.length()];
            // A decoder that gave up reads nothing more.
            _ = self
                .decoder
                .push(line, |decoded| sink(Found::Decoded(decoded)));
        }
        cut.length()
    }
}

fn body(framing: Framing) -> Place {
    match framing {
        Framing::Chunked => Place::Chunks(Chunks::new()),
        Framing::Bare => Place::Bare,
    }
}

fn line(text: &mut TextReader, bytes: &[u8], cut: Cut) -> Line {
    let (name, rest) = bytes.split_at(cut.name);
    let value = &rest[..cut.value];
    let open = cut.end.is_empty();
    Line {
        kind: cut.kind,
        name: match name {
            // What has begun in the value goes on in the value.
            b"" => Text::Plain(String::new()),
            name => text.read(name, open && value.is_empty()),
        },
        value: text.read(value, open),
        end: cut.end,
        length: cut.length(),
    }
}
