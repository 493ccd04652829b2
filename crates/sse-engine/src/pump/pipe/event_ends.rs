//! Where blocks of a foreign stream end, which of them are events, and which ids they give (HTML
//! 9.2.6).
//!
//! The answer never depends on where the stream is cut, and nothing of it is kept but what the next
//! byte may mean, and the id of the block under way.

use memchr::{memchr, memchr2};

use super::sent_ids::{ID_BYTES, Ids};

const DATA: &[u8] = b"data";
const ID: &[u8] = b"id";
const RETRY: &[u8] = b"retry";

/// How almost each line of a stream begins.
const DATA_LINE: &[u8] = b"data:";
const ID_LINE: &[u8] = b"id:";

/// What a byte order mark is in UTF-8.
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Reads a stream in whatever pieces it comes.
#[derive(Debug)]
pub(in crate::pump) struct EventEnds {
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
    /// The value of the line under way, where it is one that is read: what comes behind its colon,
    /// as much of it as is kept.
    value: Vec<u8>,
    /// Whether that has a NUL, also where that is not kept: then it is no id.
    has_nul: bool,
    /// The id that the block under way gives.
    id: Vec<u8>,
    /// Whether it gives one.
    has_id: bool,
}

/// What is known of a line by its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// So many bytes of the word `data`, and nothing else. None is an empty line so far.
    Data(usize),
    /// It is a line of data.
    IsData,
    /// So many bytes of the word `id`, one at least, and nothing else.
    Id(usize),
    /// It is a line that gives an id.
    IsId,
    /// So many bytes of the word `retry`, one at least, and nothing else.
    Retry(usize),
    /// It is a line that gives the reconnection time.
    IsRetry,
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
            value: Vec::new(),
            has_nul: false,
            id: Vec::new(),
            has_id: false,
        }
    }
}

impl EventEnds {
    /// In the middle of a stream, between two events. A byte order mark there is none.
    pub(in crate::pump) fn within() -> Self {
        Self {
            mark: None,
            ..Self::default()
        }
    }

    /// Reads the next bytes, and tells `sink` behind which of them an event ends.
    pub(in crate::pump) fn events(&mut self, bytes: &[u8], mut sink: impl FnMut(usize)) {
        self.read(bytes, None, |end, is_event| {
            if is_event {
                sink(end);
            }
        });
    }

    /// Reads the next bytes. Tells `sink` behind which of them a block ends, and whether that is an
    /// event. A block that ends with a CR has ended; a LF that follows ends it once more, as no
    /// event. What blocks give goes to `ids`, if there are any.
    pub(super) fn read(
        &mut self,
        bytes: &[u8],
        mut ids: Option<&mut Ids>,
        mut sink: impl FnMut(usize, bool),
    ) {
        let keeps = ids.is_some();
        let mut at = self.skip_value(bytes, 0, keeps);
        while at < bytes.len() {
            if self.is_at_line() && bytes[at..].starts_with(DATA_LINE) {
                self.line = Line::IsData;
                at = line_end(bytes, at + DATA_LINE.len());
                continue;
            }
            if self.is_at_line() && bytes[at..].starts_with(ID_LINE) {
                at = self.read_id(bytes, at + ID_LINE.len(), keeps);
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
                    self.end_line(at, ids.as_deref_mut(), &mut sink);
                }
                _ => self.line = self.line.with(byte),
            }
            at = self.skip_value(bytes, at, keeps);
        }
    }

    /// Whether the next byte is the first of a line, whatever it is: no half of a line end and no
    /// byte order mark.
    fn is_at_line(&self) -> bool {
        self.line == Line::Data(0) && !self.after_cr && self.mark.is_none()
    }

    /// Reads the value of an id, from `at` on. Answers where that ends. It is copied once where the
    /// whole line is here.
    fn read_id(&mut self, bytes: &[u8], at: usize, keeps: bool) -> usize {
        let end = line_end(bytes, at);
        let value = &bytes[at..end];
        if end == bytes.len() {
            self.line = Line::IsId;
            if keeps {
                self.keep(value);
            }
            return end;
        }
        // Nothing is left to do at its end.
        self.line = Line::Other;
        if keeps && memchr(0, value).is_none() {
            let value = value.strip_prefix(b" ").unwrap_or(value);
            self.id.clear();
            self.id
                .extend_from_slice(&value[..value.len().min(ID_BYTES)]);
            self.has_id = true;
        }
        end
    }

    /// Passes over what is left of a line that is known, from `at` on. Answers where that ends. Of
    /// an id and of a reconnection time it is kept, if it `keeps` any.
    fn skip_value(&mut self, bytes: &[u8], at: usize, keeps: bool) -> usize {
        if !self.line.is_known() {
            return at;
        }
        let end = line_end(bytes, at);
        if keeps && matches!(self.line, Line::IsId | Line::IsRetry) {
            self.keep(&bytes[at..end]);
        }
        end
    }

    fn end_line(&mut self, at: usize, ids: Option<&mut Ids>, sink: &mut impl FnMut(usize, bool)) {
        let line = std::mem::replace(&mut self.line, Line::Data(0));
        if line == Line::Data(0) {
            let is_event = std::mem::take(&mut self.has_data);
            self.has_line = false;
            if let Some(ids) = ids {
                let has_id = std::mem::take(&mut self.has_id);
                ids.block(is_event, has_id.then_some(&self.id));
            }
            return sink(at, is_event);
        }
        self.has_line = true;
        match line {
            // The word alone is a line of data, too.
            Line::IsData => self.has_data = true,
            Line::Data(read) if read == DATA.len() => self.has_data = true,
            Line::IsId => self.give_id(),
            Line::Id(read) if read == ID.len() => self.give_id(),
            Line::IsRetry => self.give_retry(ids),
            _ => {}
        }
    }

    /// Keeps a part of the value of the line under way.
    fn keep(&mut self, part: &[u8]) {
        // With the space that may stand before it.
        let room = (ID_BYTES + 1).saturating_sub(self.value.len());
        self.value.extend_from_slice(&part[..room.min(part.len())]);
        self.has_nul |= memchr(0, part).is_some();
    }

    /// The line that ends gives an id to its block, unless it has a NUL.
    fn give_id(&mut self) {
        if !std::mem::take(&mut self.has_nul) {
            let value = self.value.strip_prefix(b" ").unwrap_or(&self.value);
            self.id.clear();
            self.id.extend_from_slice(value);
            self.has_id = true;
        }
        self.value.clear();
    }

    /// The line that ends gives the reconnection time, if it has nothing but digits.
    fn give_retry(&mut self, ids: Option<&mut Ids>) {
        self.has_nul = false;
        let value = self.value.strip_prefix(b" ").unwrap_or(&self.value);
        let is_number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
        let digits = std::str::from_utf8(value).ok().filter(|_| is_number);
        if let (Some(ids), Some(digits)) = (ids, digits) {
            ids.set_retry(digits.parse().unwrap_or(u64::MAX));
        }
        self.value.clear();
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
            Self::Data(0) if byte == ID[0] => Self::Id(1),
            Self::Data(0) if byte == RETRY[0] => Self::Retry(1),
            Self::Id(read) if ID.get(read) == Some(&byte) => Self::Id(read + 1),
            Self::Id(read) if read == ID.len() && byte == b':' => Self::IsId,
            Self::Retry(read) if RETRY.get(read) == Some(&byte) => Self::Retry(read + 1),
            Self::Retry(read) if read == RETRY.len() && byte == b':' => Self::IsRetry,
            _ => Self::Other,
        }
    }

    /// Whether it is settled which line it is: what is left of it is its value.
    fn is_known(self) -> bool {
        matches!(
            self,
            Self::IsData | Self::IsId | Self::IsRetry | Self::Other
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sse_wire::{Decoded, Decoder};

    use super::*;
    use crate::pump::pipe::sent_ids::{SHOWN_ID, SentIds};

    fn ends(pieces: &[&[u8]]) -> Vec<(usize, bool)> {
        let (mut ends, mut before, mut found) = (EventEnds::default(), 0, Vec::new());
        for piece in pieces {
            ends.read(piece, None, |end, is_event| {
                found.push((before + end, is_event));
            });
            before += piece.len();
        }
        found
    }

    /// The last id and the reconnection time that these pieces give, and how many events.
    fn given(pieces: &[&[u8]]) -> (Option<String>, Option<u64>, u64) {
        let (sent, mut ends, mut events) = (SentIds::default(), EventEnds::default(), 0);
        for piece in pieces {
            let mut ids = sent.lock();
            ends.read(piece, Some(&mut *ids), |_, is_event| {
                events += u64::from(is_event);
            });
        }
        let last = sent.last(events).map(|(_, id)| id);
        (last, sent.retry(), events)
    }

    fn last_id(stream: &str) -> Option<String> {
        given(&[stream.as_bytes()]).0
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

    #[test]
    fn a_whole_block_gives_its_last_id() {
        for (stream, id) in [
            ("id: 1\ndata: a\n\nid: 2\ndata: b\n", Some("1")),
            ("id:1\nid:2\ndata\n\ndata: c\n\n", Some("2")),
            ("id:  x \r\n\r\n", Some(" x ")),
            ("id: 1\n\nid\n\n", Some("")),
            ("id: 1\n\nid: 2\0\n\n", Some("1")),
            ("id: 1\nid: 2\0\n\n", Some("1")),
            ("id: caf\u{e9}\n\n", Some("caf\u{e9}")),
            ("ids: 1\n\n id: 2\n\n: id: 3\n\ni\n\nid: 4", None),
        ] {
            assert_eq!(last_id(stream).as_deref(), id, "{stream:?}");
        }
        let long = "x".repeat(10_000);
        let stream = format!("id: {long}\n\n");
        assert_eq!(last_id(&stream).as_deref(), Some(&long[..SHOWN_ID]));
        let stream = format!("id: {long}\0\n\n");
        assert_eq!(last_id(&stream), None, "a NUL counts wherever it stands");
    }

    #[test]
    fn a_line_of_digits_gives_the_reconnection_time() {
        for (stream, retry) in [
            ("retry: 3000\n", Some(3000)),
            ("retry:1\nretry: 2 \nretry\nretry:\nretry: -3\n", Some(1)),
            ("retry: 99999999999999999999\n", Some(u64::MAX)),
            ("retries: 1\n", None),
        ] {
            assert_eq!(given(&[stream.as_bytes()]).1, retry, "{stream:?}");
        }
    }

    proptest! {
        #[test]
        fn it_finds_what_the_decoder_finds_wherever_the_stream_is_cut(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "data", ":", " ", "d", "a", "\n", "\r", "\r\n", "id: 1", "\u{feff}", "x", ": c",
                    "data: a", "\n\n", "id", "id:", "\0", "\u{e9}", "retry: 7", "retry:", "8",
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
            let (last, retry, counted) = given(&pieces);
            prop_assert_eq!(counted, decoded as u64);
            prop_assert_eq!(last.unwrap_or_default(), decoder.last_event_id());
            prop_assert_eq!(retry, decoder.retry());
        }
    }
}
