//! The buffer that the transport lends a pump. It holds the bytes of one visit, and the positions
//! where its events end.

use std::sync::Arc;

/// Payload bytes after which a visit ends, so that an unpaced stream cannot starve the others. One
/// event may go past it.
pub const VISIT: usize = 16 * 1024;

/// Room kept before the payload for the head of a chunk: eight hex digits, CR, LF.
const PREFIX: usize = 10;

/// What the buffer keeps of its memory from one visit to the next.
const KEEP: usize = 64 * 1024;

/// Where an event ends in the bytes of a visit, and the number it had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Behind its last byte.
    pub end: usize,
    /// Its number, if it had one.
    pub number: Option<u64>,
}

/// Filled by the pump, framed and sent by the transport.
///
/// The payload begins behind a few reserved bytes, so that the length of a chunk can be written in
/// front of it without moving it. A large frame that others are sent too is not copied: it follows
/// the payload as it is, and is the last of its visit.
#[derive(Debug)]
pub struct WriteBuffer {
    /// [`PREFIX`] reserved bytes, then the payload that the pump appends; behind it the end of the
    /// chunk, unless a frame is shared. [`clear`](Self::clear) keeps at most [`KEEP`] bytes of its
    /// memory, so that one large event does not hold it for good.
    bytes: Vec<u8>,
    /// Where in `bytes` the wire begins: at [`PREFIX`], or before it once [`chunk`](Self::chunk)
    /// has written the length of the chunk in front of the payload.
    start: usize,
    /// The large frame that follows the payload. The ring holds the same one, so an event that ten
    /// thousand clients are sent is in memory once.
    shared: Option<Arc<[u8]>>,
    /// The byte of the shared frame with which the wire goes on: what stands before it is not sent.
    skipped: usize,
    /// The end of the chunk, and the last chunk where the stream ends, if they follow a shared
    /// frame. Else it is empty, since `bytes` has them.
    after: &'static [u8],
    /// The ends of the events, as offsets into `bytes` with the shared frame behind it. The
    /// transport counts by them which events the kernel took whole.
    marks: Vec<Mark>,
    /// Set by a visit that wrote events of one topic and nothing else: the next reader at the same
    /// place takes the bytes as they are. Appending to the payload unsets it.
    stretch: Option<Stretch>,
    /// Whether [`chunk`](Self::chunk) was called. The transport repeats the bytes only for a client
    /// with the same framing.
    chunked: bool,
}

/// Which events of which topic a visit wrote, where it wrote nothing else: the next reader at the
/// same place is sent the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Tells a topic from the others.
    pub topic: usize,
    /// The reader had this one.
    pub from: u64,
    /// And now has this one.
    pub to: u64,
}

/// What a client was told of its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The reconnection time in milliseconds that was sent last, if one was.
    pub retry: Option<u64>,
    /// The number of the first event of those that were sent without a gap.
    pub first: u64,
    /// Whether others were sent before, and then a gap.
    pub gap: bool,
    /// Of a finite stream the number that it begins with, and the one behind its last.
    pub whole: Option<(u64, u64)>,
}

impl Default for WriteBuffer {
    fn default() -> Self {
        Self::new()
    }
}

impl WriteBuffer {
    /// Empty, and ready to be filled.
    pub fn new() -> Self {
        Self {
            bytes: vec![0; PREFIX],
            start: PREFIX,
            shared: None,
            skipped: 0,
            after: b"",
            marks: Vec::new(),
            stretch: None,
            chunked: false,
        }
    }

    /// Notes that the payload is exactly this stretch of a topic.
    pub fn holds(&mut self, stretch: Stretch) {
        self.stretch = Some(stretch);
    }

    /// The stretch of a topic that it still holds.
    pub fn stretch(&self) -> Option<Stretch> {
        self.stretch
    }

    /// Forgets the last visit, and gives the memory of an unusual one back.
    pub fn clear(&mut self) {
        self.bytes.truncate(PREFIX);
        self.start = PREFIX;
        self.shared = None;
        self.skipped = 0;
        self.after = b"";
        self.marks.clear();
        self.stretch = None;
        self.chunked = false;
        if self.bytes.capacity() > KEEP {
            self.bytes.shrink_to(KEEP);
        }
    }

    /// Where the pump appends.
    pub fn payload(&mut self) -> &mut Vec<u8> {
        self.stretch = None;
        &mut self.bytes
    }

    /// Puts a frame behind the payload without a copy, from its byte `from` on. Nothing can be
    /// appended after it.
    pub fn share(&mut self, frame: Arc<[u8]>, from: usize) {
        self.shared = Some(frame);
        self.skipped = from;
    }

    /// Bytes of payload so far.
    pub fn len(&self) -> usize {
        self.bytes.len() - PREFIX + self.shared().len()
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Notes that an event ends here, and its number if it has one.
    pub fn mark(&mut self, number: Option<u64>) {
        let end = self.bytes.len() + self.shared().len();
        self.marks.push(Mark { end, number });
    }

    /// Notes that an event ends behind so many bytes of the payload, which were written in one go
    /// with others, and its number if it has one.
    pub(crate) fn mark_at(&mut self, payload: usize, number: Option<u64>) {
        self.marks.push(Mark {
            end: PREFIX + payload,
            number,
        });
    }

    /// Wraps the payload, if there is any, as one chunk (RFC 9112 7.1), and with `last` appends the
    /// last chunk. Then it is no stretch that another reader could be sent: that would end the
    /// other's stream too.
    pub fn chunk(&mut self, last: bool) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut rest = self.len();
        self.chunked = true;
        if last {
            self.stretch = None;
        }
        self.after = match (rest, last) {
            (0, false) => b"",
            (0, true) => b"0\r\n\r\n",
            (_, false) => b"\r\n",
            (_, true) => b"\r\n0\r\n\r\n",
        };
        if rest > 0 {
            let mut at = PREFIX - 2;
            self.bytes[at..PREFIX].copy_from_slice(b"\r\n");
            while rest > 0 {
                at -= 1;
                self.bytes[at] = HEX[rest & 15];
                rest >>= 4;
            }
            self.start = at;
        }
        if self.shared.is_none() {
            // In one piece, which the kernel takes a little faster than two.
            self.bytes.extend_from_slice(self.after);
            self.after = b"";
        }
    }

    /// Whether the payload was wrapped.
    pub fn chunked(&self) -> bool {
        self.chunked
    }

    /// What goes on the wire, in order.
    pub fn parts(&self) -> [&[u8]; 3] {
        [&self.bytes[self.start..], self.shared(), self.after]
    }

    /// The frame that is sent as it is, if there is one, and where in it that begins.
    pub fn shared_frame(&self) -> Option<(Arc<[u8]>, usize)> {
        Some((Arc::clone(self.shared.as_ref()?), self.skipped))
    }

    /// What follows that frame.
    pub fn after(&self) -> &'static [u8] {
        self.after
    }

    /// The ends of events, as offsets into what goes on the wire.
    pub fn marks(&self) -> impl DoubleEndedIterator<Item = Mark> + ExactSizeIterator + '_ {
        self.marks.iter().map(|mark| Mark {
            end: mark.end - self.start,
            ..*mark
        })
    }

    fn shared(&self) -> &[u8] {
        let frame = self.shared.as_deref().unwrap_or_default();
        frame.get(self.skipped..).unwrap_or_default()
    }

    /// What goes on the wire, in one piece.
    pub fn wire(&self) -> Vec<u8> {
        self.parts().concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_framed_in_place() {
        let mut out = WriteBuffer::new();
        out.payload().extend_from_slice(b"data: 1\n\n");
        out.mark(Some(1));
        out.chunk(false);
        assert_eq!(out.wire(), b"9\r\ndata: 1\n\n\r\n");
        assert_eq!(
            out.marks().collect::<Vec<_>>(),
            [Mark {
                end: 12,
                number: Some(1)
            }]
        );

        out.clear();
        out.chunk(false);
        assert_eq!(
            out.wire(),
            b"",
            "nothing is no chunk: an empty one would end the stream"
        );
        out.clear();
        out.chunk(true);
        assert_eq!(out.wire(), b"0\r\n\r\n");

        out.clear();
        out.payload().resize(PREFIX + 0x12345, b'x');
        out.chunk(true);
        assert!(out.wire().starts_with(b"12345\r\nx"));
        assert!(out.wire().ends_with(b"x\r\n0\r\n\r\n"));
    }

    #[test]
    fn a_shared_frame_follows_the_payload() {
        let mut out = WriteBuffer::new();
        out.payload().extend_from_slice(b"data: 1\n\n");
        out.mark(Some(1));
        out.share(Arc::from(&b"id: 2\ndata: two\n\n"[..]), 6);
        out.mark(Some(2));
        assert_eq!(out.len(), 20);
        out.chunk(false);
        assert_eq!(out.wire(), b"14\r\ndata: 1\n\ndata: two\n\n\r\n");
        assert_eq!(out.parts()[1], b"data: two\n\n");
        let ends: Vec<usize> = out.marks().map(|mark| mark.end).collect();
        assert_eq!(ends, [13, 24]);
    }

    #[test]
    fn bare_bytes_stay_bare() {
        let mut out = WriteBuffer::new();
        out.payload().extend_from_slice(b"data: 1\n\n");
        out.mark(None);
        assert_eq!(out.wire(), b"data: 1\n\n");
        assert_eq!(
            out.marks().collect::<Vec<_>>(),
            [Mark {
                end: 9,
                number: None
            }]
        );
    }

    #[test]
    fn a_large_buffer_is_given_back() {
        let mut out = WriteBuffer::new();
        out.payload().resize(KEEP * 2, 0);
        out.clear();
        assert!(out.bytes.capacity() <= KEEP);
        assert_eq!(out.wire(), b"");
    }
}
