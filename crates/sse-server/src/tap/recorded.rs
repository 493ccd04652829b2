//! All bytes of a connection from a moment on, within a bound: what a tap keeps for a recording.
//!
//! Other than the last bytes of a tap, none is lost between two others: whoever looks holds the
//! lock no longer than it takes to hand over a list.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use sse_engine::lock::lock;
use sse_wire::Framing;

use super::{Piece, Tap, now_micros};

/// The most that the bytes of one recording take in memory.
pub(super) const MOST: u64 = 8 << 20;
/// What each piece takes beside its bytes.
const OVERHEAD: u64 = 48;

/// What the kernel took in one go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Microseconds since 1970.
    pub(crate) at: u64,
    /// Its place among all bytes of the connection.
    pub(crate) offset: u64,
    /// Whether it begins what a visit of the stream wrote: a chunk, and an event.
    pub(crate) begins: bool,
    pub(crate) bytes: Box<[u8]>,
}

/// What is recorded of a connection.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    on: AtomicBool,
    /// Whether its bound ended it.
    is_full: AtomicBool,
    /// What it takes in memory.
    cost: AtomicU64,
    /// What came since somebody looked. The sweeper appends to it, and never waits for longer than
    /// a list takes to change hands.
    new: Mutex<Vec<Taken>>,
    /// What came before.
    all: Mutex<Vec<Taken>>,
}

impl Recorded {
    /// Keeps what the kernel took, as [`Tap::take`] is told it.
    pub(super) fn take(&self, offset: u64, parts: &[&[u8]], from: usize, to: usize) {
        if !self.on.load(Ordering::Relaxed) {
            return;
        }
        let cost = (to - from) as u64 + OVERHEAD;
        if self.cost.fetch_add(cost, Ordering::Relaxed) + cost > MOST {
            self.is_full.store(true, Ordering::Relaxed);
            self.on.store(false, Ordering::Relaxed);
            return;
        }
        let mut bytes = Vec::with_capacity(to - from);
        let (mut skip, mut left) = (from, to - from);
        for part in parts {
            let begin = skip.min(part.len());
            let end = part.len().min(begin + left);
            bytes.extend_from_slice(&part[begin..end]);
            skip -= begin;
            left -= end - begin;
        }
        lock(&self.new).push(Taken {
            at: now_micros(),
            offset,
            begins: from == 0,
            bytes: bytes.into(),
        });
    }

    /// All of it, in the order of the bytes.
    fn all(&self) -> Vec<Taken> {
        let mut all = lock(&self.all);
        let new = std::mem::take(&mut *lock(&self.new));
        let end = all.last().map_or(0, Taken::end);
        // What was kept before may reach into what came first.
        all.extend(new.into_iter().filter_map(|taken| taken.behind(end)));
        all.clone()
    }

    fn forget(&self) {
        self.on.store(false, Ordering::Relaxed);
        *lock(&self.new) = Vec::new();
        *lock(&self.all) = Vec::new();
        self.cost.store(0, Ordering::Relaxed);
        self.is_full.store(false, Ordering::Relaxed);
    }
}

impl Taken {
    fn end(&self) -> u64 {
        self.offset + self.bytes.len() as u64
    }

    /// What of it stands at this place or behind it.
    fn behind(self, place: u64) -> Option<Self> {
        if self.offset >= place {
            return Some(self);
        }
        let cut = usize::try_from(place - self.offset).unwrap_or(usize::MAX);
        let bytes = self.bytes.get(cut..).filter(|bytes| !bytes.is_empty())?;
        Some(Self {
            at: self.at,
            offset: place,
            begins: false,
            bytes: bytes.into(),
        })
    }
}

impl Tap {
    /// Keeps all that comes from now on, behind what is kept already, up to [`MOST`]. What is kept
    /// so already goes on, unless its bound has ended it: then it begins anew.
    pub(crate) fn record(&self) {
        let recorded = self.recorded.get_or_init(Box::default);
        if recorded.on.load(Ordering::Relaxed) {
            return;
        }
        recorded.forget();
        recorded.on.store(true, Ordering::Relaxed);
        let kept = self.kept();
        let size: u64 = kept.iter().map(|it| it.bytes.len() as u64 + OVERHEAD).sum();
        recorded.cost.fetch_add(size, Ordering::Relaxed);
        *lock(&recorded.all) = kept;
    }

    /// Keeps no more than usual.
    pub(crate) fn end_recording(&self) {
        if let Some(recorded) = self.recorded.get() {
            recorded.forget();
        }
    }

    /// Whether it is recorded, also where the bound has ended that.
    pub(crate) fn is_recorded(&self) -> bool {
        let recorded = self.recorded.get();
        recorded.is_some_and(|it| it.on.load(Ordering::Relaxed) || it.is_full())
    }

    /// Whether the bound has ended the recording.
    pub(crate) fn is_recording_full(&self) -> bool {
        self.recorded.get().is_some_and(|it| it.is_full())
    }

    /// What there is to record: all that came since somebody began to, else what is kept.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        match self.recorded.get().filter(|_| self.is_recorded()) {
            Some(recorded) => recorded.all(),
            None => self.kept(),
        }
    }

    /// How the body is delimited.
    pub(crate) fn framing(&self) -> Framing {
        self.framing
    }

    fn kept(&self) -> Vec<Taken> {
        let (pieces, bytes) = {
            let kept = self.lock();
            let (front, back) = kept.bytes.as_slices();
            let pieces: Vec<Piece> = kept.pieces.iter().copied().collect();
            (pieces, [front, back].concat())
        };
        let mut rest = &bytes[..];
        let taken = pieces.into_iter().map(|piece| {
            let (bytes, behind) = rest.split_at(piece.length().min(rest.len()));
            rest = behind;
            Taken {
                at: piece.at,
                offset: piece.offset,
                begins: piece.begins,
                bytes: bytes.into(),
            }
        });
        taken.collect()
    }
}

impl Recorded {
    fn is_full(&self) -> bool {
        self.is_full.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(tap: &Tap) -> Vec<u8> {
        let taken = tap.taken();
        let mut place = taken.first().map_or(0, |first| first.offset);
        for taken in &taken {
            assert_eq!(taken.offset, place, "nothing is missing or twice");
            place = taken.end();
        }
        taken
            .iter()
            .flat_map(|taken| taken.bytes.to_vec())
            .collect()
    }

    #[test]
    fn what_is_kept_and_all_that_comes_is_recorded() {
        let tap = Tap::new(Framing::Bare, 0);
        tap.take(0, &[b"one ", b"two "], 0, 8);
        assert_eq!(bytes(&tap), b"one two ");
        tap.record();
        // Nobody looks at it otherwise, and somebody else does.
        tap.stop();
        let large = vec![b'x'; 2 * super::super::KEPT];
        tap.take(8, &[b"lost", &large], 4, 4 + large.len());
        assert_eq!(bytes(&tap), [b"one two ", &large[..]].concat());
        let looks = tap.lock();
        tap.take(8 + large.len() as u64, &[b"!"], 0, 1);
        drop(looks);
        // It goes on, whoever begins it once more.
        tap.record();
        assert_eq!(bytes(&tap), [b"one two ", &large[..], b"!"].concat());
        tap.end_recording();
        assert!(!tap.is_recorded() && bytes(&tap).is_empty());
    }

    #[test]
    fn what_reaches_into_what_was_kept_is_there_once() {
        let tap = Tap::new(Framing::Bare, 0);
        tap.take(0, &[b"abc"], 0, 3);
        tap.record();
        let recorded = tap.recorded.get().expect("it is recorded");
        // It was taken between the two looks.
        for (offset, bytes) in [(0, b"ab"), (2, b"cd"), (4, b"ef")] {
            recorded.take(offset, &[bytes], 0, 2);
        }
        assert_eq!(bytes(&tap), b"abcdef");
    }

    #[test]
    fn the_bound_ends_it_and_what_came_before_stays() {
        let tap = Tap::new(Framing::Bare, 0);
        tap.record();
        let large = vec![b'x'; 1 << 20];
        let mut offset = 0;
        while !tap.is_recording_full() {
            tap.take(offset, &[&large], 0, large.len());
            offset += large.len() as u64;
        }
        tap.take(offset, &[b"more"], 0, 4);
        assert_eq!(bytes(&tap).len(), 7 << 20);
        assert!(tap.is_recorded());
        tap.record();
        tap.take(offset + 4, &[b"anew"], 0, 4);
        assert!(bytes(&tap).ends_with(b"anew"));
    }
}
