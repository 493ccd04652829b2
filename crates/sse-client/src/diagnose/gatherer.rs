//! Gathers the facts of a body while it comes: pieces with their instants in, [`BodyFacts`] out.
//!
//! It must keep a fixed amount, however long a watch lasts. Splitting a piece differently at the
//! same instant must change no fact but those of the pieces.

use std::time::Duration;

use sse_wire::{Beginning, Framing, ResponseReader};

use super::blocks::Blocks;
use super::facts::{BodyFacts, PieceSeen, Place, ROUND_SIZES, Silence};
use super::measure::Spread;
use super::utf8::Utf8Reader;

/// What goes on sooner behind a full buffer did not wait for it.
const FULL: Duration = Duration::from_millis(10);

/// Gathers the facts of one body.
///
/// Feed it each piece with [`read`](Self::read) in the order in which they came, and ask for the
/// [`facts`](Self::facts) at any time. A piece is what one read returned, or one DATA frame: where
/// it ends, somebody on the way decided so. So read with a buffer that is larger than 32 KiB and of
/// none of [`ROUND_SIZES`], or the rules see the reader's own buffer.
///
/// # Bound
///
/// It holds what a [`Decoder`](sse_wire::Decoder) holds, and less than 64 KiB.
#[derive(Clone, Debug)]
pub struct Gatherer {
    /// Lines and events.
    reader: ResponseReader,
    /// What lines and events make.
    blocks: Blocks,
    /// The characters.
    text: Utf8Reader,
    /// The first three bytes, which may be a byte order mark.
    opening: Vec<u8>,
    /// When the last byte came, or the head.
    last: Duration,
    /// The time without a byte before the instant `last`.
    gap: Duration,
    /// The end of the last piece, where it may be a full buffer, and which of [`ROUND_SIZES`].
    full: Option<(Place, usize)>,
    /// All but what only an end can tell.
    facts: BodyFacts,
}

impl Gatherer {
    /// A gatherer of a body whose head was complete at an instant, since the beginning of the
    /// watch.
    pub fn new(head_complete: Duration) -> Self {
        let mut reader = ResponseReader::new(Framing::Bare, Beginning::Head);
        // The head was read by whoever feeds this. Behind an empty one the body begins, so that a
        // byte order mark is one.
        reader.read(b"\n", |_| {});
        let mut facts = BodyFacts::default();
        facts.events.spread = Spread::new(head_complete);
        facts.silence.begin.at = head_complete;
        Self {
            reader,
            blocks: Blocks::default(),
            text: Utf8Reader::default(),
            opening: Vec::new(),
            last: head_complete,
            gap: Duration::ZERO,
            full: None,
            facts,
        }
    }

    /// Reads a piece of a body that is not compressed.
    pub fn read(&mut self, at: Duration, bytes: &[u8]) {
        self.read_compressed(at, bytes, bytes.len());
    }

    /// Reads what a piece of so many bytes on the wire was decompressed to. A piece that gave no
    /// byte counts nothing but its size.
    pub fn read_compressed(&mut self, at: Duration, bytes: &[u8], wire_bytes: usize) {
        self.facts.pieces.wire_bytes += wire_bytes as u64;
        if bytes.is_empty() {
            return;
        }
        // An instant before the last one is no instant: both came at once.
        let at = at.max(self.last);
        let begin = Place {
            at,
            byte: self.facts.bytes,
        };
        self.notice_silence(begin);
        self.notice_opening(bytes);
        let facts = &mut self.facts;
        facts.first_byte.get_or_insert(at);
        facts.text.non_ascii |= !bytes.is_ascii();
        // Most pieces have none, and to see that is fast.
        if bytes.contains(&0) {
            for (index, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == 0) {
                facts.text.nul.add(Place {
                    byte: begin.byte + index as u64,
                    ..begin
                });
            }
        }
        self.text.read(
            begin,
            bytes,
            &mut facts.text.invalid,
            &mut facts.pieces.split_characters,
        );
        let mut piece = self.blocks.piece(begin, bytes, self.gap, facts);
        self.reader.read(bytes, |found| piece.found(found));
        self.facts.bytes += bytes.len() as u64;
        self.notice_piece(begin, bytes.len(), wire_bytes);
    }

    /// The facts as of an instant, which is that of the end where there was one.
    pub fn facts(&self, now: Duration) -> BodyFacts {
        let mut facts = self.facts.clone();
        let last = now.saturating_sub(self.last);
        facts.silence.last = last;
        if last > facts.silence.longest {
            facts.silence.longest = last;
            facts.silence.begin = Place {
                at: self.last,
                byte: facts.bytes,
            };
        }
        self.blocks.finish(&mut facts);
        facts
    }

    fn notice_silence(&mut self, begin: Place) {
        if begin.at > self.last {
            self.gap = begin.at - self.last;
            if self.gap > self.facts.silence.longest {
                self.facts.silence = Silence {
                    longest: self.gap,
                    begin: Place {
                        at: self.last,
                        ..begin
                    },
                    last: Duration::ZERO,
                };
            }
            self.last = begin.at;
        }
    }

    fn notice_opening(&mut self, bytes: &[u8]) {
        const BOM: &[u8] = b"\xEF\xBB\xBF";
        if self.opening.len() < BOM.len() {
            let missing = BOM.len() - self.opening.len();
            self.opening.extend(bytes.iter().take(missing));
            self.facts.text.bom = self.opening == BOM;
        }
    }

    fn notice_piece(&mut self, begin: Place, bytes: usize, wire_bytes: usize) {
        let pieces = &mut self.facts.pieces;
        pieces.count += 1;
        // What was cut by a frame or a TLS record goes on at once.
        if let Some((end, round)) = self.full.take()
            && begin.at.saturating_sub(end.at) >= FULL
        {
            pieces.round.add(end);
            pieces.round_sizes[round] += 1;
        }
        pieces.kept.push(PieceSeen {
            begin,
            bytes: bytes as u64,
            wire_bytes: wire_bytes as u64,
        });
        let round = ROUND_SIZES.iter().position(|size| *size == bytes);
        if let Some(round) = round
            && self.blocks.is_inside_event()
        {
            let end = Place {
                byte: begin.byte + bytes as u64,
                ..begin
            };
            self.full = Some((end, round));
        }
    }
}
