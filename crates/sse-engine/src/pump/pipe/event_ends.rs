//! Where blocks of a foreign stream end, and which of them are events (HTML 9.2.6).
//!
//! The answer never depends on where the stream is cut, and nothing of it is kept but what the next
//! byte may mean.

use memchr::memchr2;

const DATA: &[u8] = b"data";

/// How almost each line of a stream begins.
const DATA_LINE: &[u8] = b"data:";

/// What a byte order mark is in UTF-8.
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Reads a stream in whatever pieces it comes.
#[derive(Debug)]
pub(super) struct EventEnds {
    /// What is known of the line under way.
    line: Line,
    /// Whether the last byte was a CR: a LF behind it belongs to it.
    after_cr: bool,
    /// Whether a line of data was in the block under way.
    has_data: bool,
    /// Whether the block under way has a line.
    has_line: bool,
    /// How much of a byte order mark the stream began with; nothing once that is settled.
    mark: Option<usize>,
}

/// What is known of a line by its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// So many bytes of the word `data`, and nothing else. None is an empty line so far.
    Data(usize),
    /// It is a line of data.
    IsData,
    /// It is another line.
    Other,
}

impl Default for EventEnds {
    fn default() -> Self {
        Self {
            line: Line::Data(0),
            after_cr: false,
            has_data: false,
            has_line: false,
            mark: Some(0),
        }
    }
}

impl EventEnds {
    /// Reads the next bytes. Tells `sink` behind which of them a block ends, and whether that is an
    /// event. A block that ends with a CR has ended; a LF that follows ends it once more, as no
    /// event.
    pub(super) fn read(&mut self, bytes: &[u8], mut sink: impl FnMut(usize, bool)) {
        let mut at = 0;
        while at < bytes.len() {
            if self.is_at_line() && bytes[at..].starts_with(DATA_LINE) {
                self.line = Line::IsData;
                at = line_end(bytes, at + DATA_LINE.len());
                continue;
            }
            let byte = bytes[at];
            at += 1;
            if self.is_mark(byte) {
                continue;
            }
            let is_second = std::mem::take(&mut self.after_cr) && byte == b'\n';
            match byte {
                b'\n' if is_second => {
                    if !self.has_line {
                        sink(at, false);
                    }
                }
                b'\n' | b'\r' => {
                    self.after_cr = byte == b'\r';
                    self.end_line(at, &mut sink);
                }
                _ => self.line = self.line.with(byte),
            }
            if self.line == Line::Other || self.line == Line::IsData {
                at = line_end(bytes, at);
            }
        }
    }

    /// Whether the next byte is the first of a line, whatever it is: no half of a line end and no
    /// byte order mark.
    fn is_at_line(&self) -> bool {
        self.line == Line::Data(0) && !self.after_cr && self.mark.is_none()
    }

    fn end_line(&mut self, at: usize, sink: &mut impl FnMut(usize, bool)) {
        match std::mem::replace(&mut self.line, Line::Data(0)) {
            Line::Data(0) => {
                let is_event = std::mem::take(&mut self.has_data);
                self.has_line = false;
                sink(at, is_event);
            }
            // The word alone is a line of data, too.
            line => {
                self.has_line = true;
                self.has_data |= line == Line::IsData || line == Line::Data(DATA.len());
            }
        }
    }

    /// Whether no event is under way.
    pub(super) fn is_between_events(&self) -> bool {
        self.line == Line::Data(0) && !self.has_line
    }

    /// Whether a byte is of the mark that a stream may begin with, which is no part of its first
    /// line.
    fn is_mark(&mut self, byte: u8) -> bool {
        let Some(read) = self.mark else {
            return false;
        };
        if BOM.get(read) == Some(&byte) {
            self.mark = Some(read + 1).filter(|read| *read < BOM.len());
            return true;
        }
        self.mark = None;
        if read > 0 {
            // What began as one was none.
            self.line = Line::Other;
        }
        false
    }
}

/// Where from `at` on the first byte of a line end is, or where the bytes end.
fn line_end(bytes: &[u8], at: usize) -> usize {
    memchr2(b'\n', b'\r', &bytes[at..]).map_or(bytes.len(), |length| at + length)
}

impl Line {
    fn with(self, byte: u8) -> Self {
        match self {
            Self::Data(read) if DATA.get(read) == Some(&byte) => Self::Data(read + 1),
            Self::Data(read) if read == DATA.len() && byte == b':' => Self::IsData,
            Self::IsData => Self::IsData,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sse_wire::{Decoded, Decoder};

    use super::*;

    fn ends(pieces: &[&[u8]]) -> Vec<(usize, bool)> {
        let (mut ends, mut before, mut found) = (EventEnds::default(), 0, Vec::new());
        for piece in pieces {
            ends.read(piece, |end, is_event| found.push((before + end, is_event)));
            before += piece.len();
        }
        found
    }

    fn events(stream: &[u8]) -> Vec<usize> {
        let ends = ends(&[stream]).into_iter();
        ends.filter(|(_, is_event)| *is_event)
            .map(|(end, _)| end)
            .collect()
    }

    #[test]
    fn an_event_ends_with_its_blank_line() {
        assert_eq!(events(b"data: a\n\ndata\n\n"), [9, 15]);
        assert_eq!(events(b"id: 1\r\ndata:\r\n\r\n"), [15], "behind the CR");
        assert_eq!(events(b"data\r\rdata:x\r\r"), [6, 14]);
        assert_eq!(events(b"\xEF\xBB\xBFdata: a\n\n"), [12]);
        for none in [
            &b": data: a\n\n"[..],
            b"id: 1\n\n",
            b"datax: 1\n\n",
            b"dat\n\n",
            b"data: a\n",
            b" data: a\n\n",
            b"\xEF\xBBdata: a\n\n",
            b"\n\n\n",
        ] {
            assert_eq!(events(none), [0; 0], "{none:?}");
        }
    }

    proptest! {
        #[test]
        fn it_finds_what_the_decoder_finds_wherever_the_stream_is_cut(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "data", ":", " ", "d", "a", "\n", "\r", "\r\n", "id: 1", "\u{feff}", "x", ": c",
                    "data: a", "\n\n",
                ]),
                0..40,
            ),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        ) {
            let text = parts.concat();
            let bytes = text.as_bytes();
            let mut decoder = Decoder::new();
            let mut decoded = 0;
            decoder
                .push(bytes, |found| decoded += usize::from(matches!(found, Decoded::Event { .. })))
                .expect("within bounds");
            prop_assert_eq!(events(bytes).len(), decoded);
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
            prop_assert_eq!(ends(&pieces), ends(&[bytes]));
        }
    }
}
