//! The transport's scratch buffer: the bytes of one visit to a pump, and where the events in it end.

/// Room kept before the payload for the head of a chunk: eight hex digits, CR, LF.
const PREFIX: usize = 10;

/// Where an event ends in the bytes of a visit, and the id it carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) end: usize,
    pub(crate) id: Option<u64>,
}

/// Filled by the pump, framed and sent by the transport.
///
/// The payload begins behind a few reserved bytes, so that the length of a chunk can be written in
/// front of it without moving it.
#[derive(Debug)]
pub(crate) struct Out {
    bytes: Vec<u8>,
    start: usize,
    marks: Vec<Mark>,
}

impl Out {
    pub(crate) fn new() -> Self {
        Self {
            bytes: vec![0; PREFIX],
            start: PREFIX,
            marks: Vec::new(),
        }
    }

    /// Forgets the last visit. A buffer that one fast visit made large is given back, so that ten
    /// thousand quiet connections do not each keep one.
    pub(crate) fn clear(&mut self, keep: usize) {
        self.bytes.truncate(PREFIX);
        self.start = PREFIX;
        self.marks.clear();
        if self.bytes.capacity() > keep {
            self.bytes.shrink_to(keep);
            self.marks.shrink_to(0);
        }
    }

    /// Where the pump appends.
    pub(crate) fn payload(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Bytes of payload so far.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - PREFIX
    }

    /// Notes that an event ends here.
    pub(crate) fn mark(&mut self, id: Option<u64>) {
        self.marks.push(Mark {
            end: self.bytes.len(),
            id,
        });
    }

    /// Wraps the payload, if there is any, as one chunk (RFC 9112 7.1).
    pub(crate) fn chunk(&mut self) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut rest = self.len();
        if rest == 0 {
            return;
        }
        let mut at = PREFIX - 2;
        self.bytes[at..PREFIX].copy_from_slice(b"\r\n");
        while rest > 0 {
            at -= 1;
            self.bytes[at] = HEX[rest & 15];
            rest >>= 4;
        }
        self.start = at;
        self.bytes.extend_from_slice(b"\r\n");
    }

    /// Appends the last chunk.
    pub(crate) fn last_chunk(&mut self) {
        self.bytes.extend_from_slice(b"0\r\n\r\n");
    }

    /// What goes on the wire.
    pub(crate) fn wire(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// The ends of events, as offsets into [`wire`](Self::wire).
    pub(crate) fn marks(&self) -> impl Iterator<Item = Mark> + '_ {
        self.marks.iter().map(|mark| Mark {
            end: mark.end - self.start,
            ..*mark
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_framed_in_place() {
        let mut out = Out::new();
        out.payload().extend_from_slice(b"data: 1\n\n");
        out.mark(Some(1));
        out.chunk();
        assert_eq!(out.wire(), b"9\r\ndata: 1\n\n\r\n");
        assert_eq!(
            out.marks().collect::<Vec<_>>(),
            [Mark {
                end: 12,
                id: Some(1)
            }]
        );

        out.clear(64);
        out.chunk();
        assert_eq!(
            out.wire(),
            b"",
            "nothing is no chunk: an empty one would end the stream"
        );
        out.last_chunk();
        assert_eq!(out.wire(), b"0\r\n\r\n");

        out.clear(64);
        out.payload().resize(PREFIX + 0x12345, b'x');
        out.chunk();
        assert!(out.wire().starts_with(b"12345\r\nx"));
    }

    #[test]
    fn bare_bytes_stay_bare() {
        let mut out = Out::new();
        out.payload().extend_from_slice(b"data: 1\n\n");
        out.mark(None);
        assert_eq!(out.wire(), b"data: 1\n\n");
        assert_eq!(out.marks().collect::<Vec<_>>(), [Mark { end: 9, id: None }]);
    }

    #[test]
    fn a_large_buffer_is_given_back() {
        let mut out = Out::new();
        out.payload().resize(100_000, 0);
        out.clear(1024);
        assert!(out.bytes.capacity() <= 1024);
        assert_eq!(out.wire(), b"");
    }
}
