//! What a client makes of the bytes that are kept.

use serde::Serialize;
use sse_wire::{Decoded, Decoder};

use super::Piece;
use crate::framing::Framing;

/// Something that a client makes of the bytes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct WireEvent {
    /// When its last byte was taken, in milliseconds since 1970.
    pub at_ms: f64,
    /// Where the piece ends that its last byte is in, among all bytes of the connection.
    pub offset: u64,
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
        /// Its last event id; `None` where it was given before what is kept, or may have been: an
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

/// Decodes the pieces, which stand one after the other in `bytes`. Where something is missing
/// between two of them it begins again with what the next visit wrote.
pub(super) fn events(framing: Framing, pieces: &[Piece], bytes: &[u8]) -> Vec<WireEvent> {
    let mut events = Vec::new();
    let mut reading: Option<Reading> = None;
    let mut expected = 0;
    let mut rest = bytes;
    for piece in pieces {
        let (part, after) = rest.split_at(piece.length().min(rest.len()));
        rest = after;
        if piece.offset != expected || reading.is_none() {
            reading = piece
                .begins
                .then(|| Reading::new(framing, piece.offset == 0));
        }
        expected = piece.end();
        let Some(reading) = &mut reading else {
            continue;
        };
        reading.push(part, |what| {
            events.push(WireEvent {
                at_ms: piece.at as f64 / 1000.0,
                offset: expected,
                what,
            });
        });
    }
    events
}

/// One stretch of bytes without a gap.
struct Reading {
    /// The end of the head, as far as it was seen; `None` behind it.
    head: Option<usize>,
    /// How many bytes of the head were seen, and whether it is an interim one, behind which the
    /// head comes (RFC 9110 15.2).
    seen: usize,
    interim: bool,
    chunks: Option<Chunks>,
    decoder: Decoder,
    /// Whether the last event id is known: from the first byte on it is, and else from the first
    /// that came.
    knows_id: bool,
}

/// Where in the framing of chunks the next byte is (RFC 9112 7.1). Our own: without extensions,
/// without trailers.
enum Chunks {
    Size(usize),
    Data(usize),
    /// So many bytes of the line end behind the data are to come.
    End(u8),
    Over,
}

impl Reading {
    fn new(framing: Framing, head: bool) -> Self {
        Self {
            head: head.then_some(0),
            seen: 0,
            interim: false,
            chunks: (framing == Framing::Chunked).then_some(Chunks::Size(0)),
            decoder: Decoder::new(),
            knows_id: head,
        }
    }

    fn push(&mut self, mut bytes: &[u8], mut sink: impl FnMut(What)) {
        const HEAD_END: &[u8] = b"\r\n\r\n";
        const STATUS: usize = "HTTP/1.1 ".len();
        while let (Some(seen), [first, after @ ..]) = (self.head, bytes) {
            // CR begins it anew wherever it stands; no head of ours has one that is out of place.
            let next = match *first == HEAD_END[seen] {
                true => seen + 1,
                false => usize::from(*first == HEAD_END[0]),
            };
            if self.seen == STATUS {
                self.interim = *first == b'1';
            }
            self.seen += 1;
            self.head = (next < HEAD_END.len()).then_some(next);
            if self.head.is_none() && self.interim {
                (self.head, self.seen) = (Some(0), 0);
            }
            bytes = after;
        }
        let Some(chunks) = &mut self.chunks else {
            return decode(&mut self.decoder, &mut self.knows_id, bytes, &mut sink);
        };
        while let [first, after @ ..] = bytes {
            match chunks {
                Chunks::Size(size) => {
                    bytes = after;
                    match char::from(*first).to_digit(16) {
                        Some(digit) => {
                            *size = size.saturating_mul(16).saturating_add(digit as usize);
                        }
                        None if *first == b'\n' && *size == 0 => *chunks = Chunks::Over,
                        None if *first == b'\n' => *chunks = Chunks::Data(*size),
                        None => {}
                    }
                }
                Chunks::Data(left) => {
                    let (data, after) = bytes.split_at((*left).min(bytes.len()));
                    decode(&mut self.decoder, &mut self.knows_id, data, &mut sink);
                    *left -= data.len();
                    bytes = after;
                    if *left == 0 {
                        *chunks = Chunks::End(2);
                    }
                }
                Chunks::End(left) => {
                    bytes = after;
                    *left -= 1;
                    if *left == 0 {
                        *chunks = Chunks::Size(0);
                    }
                }
                Chunks::Over => return,
            }
        }
    }
}

fn decode(decoder: &mut Decoder, knows_id: &mut bool, bytes: &[u8], sink: &mut impl FnMut(What)) {
    // What is kept is far below the bound of a decoder.
    _ = decoder.push(bytes, |decoded| {
        sink(match decoded {
            Decoded::Event {
                event,
                data,
                last_event_id,
            } => {
                *knows_id |= !last_event_id.is_empty();
                What::Event {
                    event: event.to_owned(),
                    id: knows_id.then(|| last_event_id.to_owned()),
                    data: data.to_owned(),
                }
            }
            Decoded::Comment(text) => What::Comment {
                text: text.to_owned(),
            },
            Decoded::Retry(ms) => What::Retry { ms },
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The head behind it was taken for chunks.
    #[test]
    fn an_interim_head_comes_before_the_head() {
        let mut reading = Reading::new(Framing::Chunked, true);
        let mut data = Vec::new();
        let wire =
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n7\r\ndata: a\r\n3\r\nb\n\n\r\n";
        for byte in wire {
            reading.push(std::slice::from_ref(byte), |what| data.push(what));
        }
        let event = What::Event {
            event: "message".to_owned(),
            id: Some(String::new()),
            data: "ab".to_owned(),
        };
        assert_eq!(data, [event]);
    }
}
