//! What a client makes of a body, piece by piece.

use sse_wire::{Decoded, Decoder};

use super::BodyKind;

/// Something that a client makes of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// An event, as an EventSource dispatches it.
    Event {
        /// Its name.
        event: &'a str,
        /// The last event id at that moment; empty where there is none.
        id: &'a str,
        /// Its data.
        data: &'a str,
    },
    /// A comment, which clients skip.
    Comment(&'a str),
    /// A new reconnection time, in milliseconds.
    Retry(u64),
    /// A line of a body of JSON lines.
    Line(&'a str),
}

/// Reads the body of one response. Call [`end`](Self::end) behind its last byte.
#[derive(Debug)]
pub struct BodyReader {
    kind: BodyKind,
    decoder: Decoder,
    line: Vec<u8>,
}

impl BodyReader {
    /// A reader of a body of this kind. Of one that is a whole, nothing is found.
    pub fn new(kind: BodyKind) -> Self {
        Self {
            kind,
            // The body is in memory: what is read of it takes no more.
            decoder: Decoder::with_limit(usize::MAX),
            line: Vec::new(),
        }
    }

    /// Reads the next bytes, and hands out what they complete.
    pub fn push(&mut self, bytes: &[u8], mut sink: impl FnMut(Found<'_>)) {
        match self.kind {
            BodyKind::Whole => {}
            BodyKind::JsonLines => {
                for part in bytes.split_inclusive(|byte| *byte == b'\n') {
                    self.line.extend_from_slice(part);
                    if part.ends_with(b"\n") {
                        self.end(&mut sink);
                    }
                }
            }
            BodyKind::Events => {
                // It has no limit that could be passed.
                _ = self.decoder.push(bytes, |decoded| {
                    sink(match decoded {
                        Decoded::Event {
                            event,
                            data,
                            last_event_id: id,
                        } => Found::Event { event, id, data },
                        Decoded::Comment(text) => Found::Comment(text),
                        Decoded::Retry(ms) => Found::Retry(ms),
                    });
                });
            }
        }
    }

    /// Hands out a last line of JSON, which needs no line end. An event without its blank line is
    /// none (HTML 9.2.6).
    pub fn end(&mut self, mut sink: impl FnMut(Found<'_>)) {
        let text = String::from_utf8_lossy(&self.line);
        let text = text.trim_end_matches(['\r', '\n']);
        if !text.is_empty() {
            sink(Found::Line(text));
        }
        self.line.clear();
    }
}
