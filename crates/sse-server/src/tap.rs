//! The last bytes that the kernel took for one connection, for viewers.
//!
//! A tap must never slow the stream. The sweeper adds bytes only while no viewer holds the lock.
//! Bytes that it could not add are counted, and their number is shown.

mod recorded;
mod view;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, TryLockError};
use std::time::SystemTime;

use sse_engine::lock::lock;
use sse_engine::time::since_1970;
use sse_wire::{Beginning, Framing};

use recorded::Recorded;
pub(crate) use recorded::Taken;
use view::Reading;
pub use view::{BodyReader, PieceView, What, WireEvent, WireView};
pub(crate) use view::{Follower, Tick};

/// Bytes that are kept of a connection.
pub(crate) const KEPT: usize = 64 * 1024;

/// Pieces that are kept. Those of the smallest events in use are larger than a part of [`KEPT`] so
/// small; of smaller ones the times would cost more than the bytes.
const PIECES: usize = KEPT / 16;

/// A piece of so many bytes goes whole, so that what is left begins with an event; of a larger one
/// the end stays, or a small event behind it would leave next to nothing.
const WHOLE: usize = KEPT / 16;

/// The last bytes of one connection.
///
/// How to drive it: make it with [`new`](Self::new), with the bytes that the kernel took before.
/// The socket calls [`take`](Self::take) behind each send. The table calls [`stop`](Self::stop)
/// when others are looked at, and [`start`](Self::start) when this one is again.
/// [`view`](Self::view) reads it at any time, from any task.
#[derive(Debug)]
pub(crate) struct Tap {
    /// How the body is delimited. The reader of the bytes has to be given it: the head is the first
    /// that is forgotten.
    framing: Framing,
    /// Whether bytes are kept at all.
    on: AtomicBool,
    /// The sweeper only tries the lock: what the kernel takes while somebody looks is counted in
    /// `seen` and not kept.
    kept: Mutex<Kept>,
    /// How far somebody has read it.
    read: Mutex<Option<Reading>>,
    /// How many bytes the connection was sent when the tap was last on.
    seen: AtomicU64,
    /// All bytes from when somebody began to record it on.
    recorded: OnceLock<Box<Recorded>>,
}

#[derive(Debug, Default)]
struct Kept {
    /// The bytes of all pieces, in their order, [`KEPT`] at most.
    bytes: VecDeque<u8>,
    /// Oldest first, [`PIECES`] at most. Their lengths add up to those bytes.
    pieces: VecDeque<Piece>,
}

/// What the kernel took in one go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    /// Microseconds since 1970.
    at: u64,
    /// Its place among all bytes of the connection.
    offset: u64,
    /// At most [`KEPT`].
    length: u32,
    /// Whether it begins what a visit of the stream wrote: a chunk, and an event.
    begins: bool,
}

impl Piece {
    /// Forgets its first bytes.
    fn cut(&mut self, bytes: usize) {
        self.offset += bytes as u64;
        self.length -= u32::try_from(bytes).unwrap_or(self.length);
        self.begins = false;
    }

    fn length(&self) -> usize {
        self.length as usize
    }

    fn at_ms(&self) -> f64 {
        self.at as f64 / 1000.0
    }

    /// What stands at its beginning.
    fn beginning(&self) -> Beginning {
        match (self.begins, self.offset) {
            (true, 0) => Beginning::Head,
            (true, _) => Beginning::Event,
            (false, _) => Beginning::Middle,
        }
    }

    /// Where the next byte behind it stands among all bytes of the connection.
    fn end(&self) -> u64 {
        self.offset + u64::from(self.length)
    }
}

/// The connection that a tap is on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tapped {
    /// The id of its row.
    pub(crate) id: u64,
    /// When it arrived, in milliseconds since 1970. Ids begin anew with each start of the program,
    /// and with this a page tells two connections of one id apart.
    pub(crate) since_ms: u64,
    /// Bytes that the kernel took, as the table counts them. It was read before the tap, which may
    /// have seen more.
    pub(crate) taken: u64,
}

impl Tap {
    /// A tap that keeps what comes from now on. The kernel took so many bytes before.
    pub(crate) fn new(framing: Framing, taken: u64) -> Self {
        Self {
            framing,
            on: AtomicBool::new(true),
            kept: Mutex::default(),
            read: Mutex::default(),
            seen: AtomicU64::new(taken),
            recorded: OnceLock::new(),
        }
    }

    /// Takes what the kernel took of `parts`, from the byte `from` of them to the byte `to`; the
    /// first of those is the connection's byte `offset`.
    pub(crate) fn take(&self, offset: u64, parts: &[&[u8]], from: usize, to: usize) {
        if let Some(recorded) = self.recorded.get().filter(|_| from < to) {
            recorded.take(offset, parts, from, to);
        }
        if from == to || !self.on.load(Ordering::Relaxed) {
            return;
        }
        self.seen
            .store(offset + (to - from) as u64, Ordering::Relaxed);
        let mut kept = match self.kept.try_lock() {
            Ok(kept) => kept,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        // Only the end of what is more than can be kept.
        let first = from.max(to.saturating_sub(KEPT));
        kept.make_room(to - first);
        let (mut skip, mut left) = (first, to - first);
        for part in parts {
            let begin = skip.min(part.len());
            let end = part.len().min(begin + left);
            kept.bytes.extend(&part[begin..end]);
            skip -= begin;
            left -= end - begin;
        }
        kept.pieces.push_back(Piece {
            at: now_micros(),
            offset: offset + (first - from) as u64,
            length: u32::try_from(to - first).unwrap_or(u32::MAX),
            begins: first == 0,
        });
    }

    /// Keeps nothing any more, and gives up what there is.
    pub(crate) fn stop(&self) {
        self.on.store(false, Ordering::Relaxed);
        *self.lock() = Kept::default();
        *lock(&self.read) = None;
    }

    /// Whether bytes are being kept.
    pub(crate) fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// Keeps what comes from now on, if it does not already.
    pub(crate) fn start(&self) {
        self.on.store(true, Ordering::Relaxed);
    }

    /// What is kept of the bytes from `from` on.
    pub(crate) fn view(&self, of: Tapped, from: u64) -> WireView {
        // A copy, so that nobody waits while it is decoded.
        let (bytes, pieces, seen) = {
            let kept = self.lock();
            let (front, back) = kept.bytes.as_slices();
            (
                [front, back].concat(),
                kept.pieces.iter().copied().collect::<Vec<_>>(),
                // With the same look: what is taken while it lasts is not kept, and is counted
                // here.
                self.seen.load(Ordering::Relaxed),
            )
        };
        // It was read before: what is kept may have gone beyond it.
        let taken = of.taken.max(seen);
        let view = WireView {
            taken,
            missed: taken.saturating_sub(bytes.len() as u64),
            on: self.on.load(Ordering::Relaxed),
            ..WireView::none(of)
        };
        let known = lock(&self.read).take();
        let (view, read) = view.with(self.framing, (&pieces, &bytes), from, known);
        let mut last = lock(&self.read);
        // Somebody else may have looked meanwhile, and further.
        if last.as_ref().map(Reading::end) < read.as_ref().map(Reading::end) {
            *last = read;
        }
        view
    }

    /// What came since somebody followed it last. Only what is new is copied and read, and where
    /// nothing is, nobody is locked out.
    pub(crate) fn follow(&self, follower: &mut Follower) -> Vec<Tick> {
        let read_to = follower.end();
        if self.seen.load(Ordering::Relaxed) <= read_to {
            return Vec::new();
        }
        let (pieces, bytes) = {
            let kept = self.lock();
            let read = kept.pieces.partition_point(|piece| piece.end() <= read_to);
            let pieces: Vec<Piece> = kept.pieces.range(read..).copied().collect();
            let new: usize = pieces.iter().map(Piece::length).sum();
            let from = kept.bytes.len().saturating_sub(new);
            let bytes: Vec<u8> = kept.bytes.range(from..).copied().collect();
            (pieces, bytes)
        };
        follower.read(self.framing, (&pieces, &bytes))
    }

    /// Skips what came since.
    pub(crate) fn skip(&self, follower: &mut Follower) {
        follower.skip_to(self.seen.load(Ordering::Relaxed));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        lock(&self.kept)
    }
}

/// The time, in microseconds since 1970.
fn now_micros() -> u64 {
    u64::try_from(since_1970(SystemTime::now()).as_micros()).unwrap_or(u64::MAX)
}

impl Kept {
    /// Forgets the oldest bytes until there is room for so many, and for one more piece.
    fn make_room(&mut self, bytes: usize) {
        let mut surplus = (self.bytes.len() + bytes).saturating_sub(KEPT);
        loop {
            let full = self.pieces.len() >= PIECES;
            let Some(oldest) = self.pieces.front_mut().filter(|_| full || surplus > 0) else {
                return;
            };
            let forgotten = match full || oldest.length() <= WHOLE {
                true => oldest.length(),
                false => surplus.min(oldest.length()),
            };
            oldest.cut(forgotten);
            if oldest.length == 0 {
                self.pieces.pop_front();
            }
            self.bytes.drain(..forgotten);
            surplus = surplus.saturating_sub(forgotten);
        }
    }
}

#[cfg(test)]
mod tests {
    use sse_wire::{LineKind, Piece as TextPiece, Text};

    use super::*;

    fn seen(tap: &Tap, id: u64, taken: u64, from: u64) -> WireView {
        let since_ms = 0;
        let of = Tapped {
            id,
            since_ms,
            taken,
        };
        tap.view(of, from)
    }

    fn bytes(view: &WireView) -> Vec<u8> {
        let pieces = view.pieces.iter();
        pieces
            .flat_map(|piece| piece.bytes.chars().map(|c| c as u8))
            .collect()
    }

    fn data(view: &WireView) -> Vec<&str> {
        let events = view.events.iter();
        events
            .filter_map(|event| match &event.what {
                What::Event { data, .. } => Some(data.as_str()),
                _ => None,
            })
            .collect()
    }

    const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nx: y\r\n\r\n";

    #[test]
    fn what_the_kernel_took_is_kept_and_decoded() {
        let tap = Tap::new(Framing::Chunked, 0);
        let first: [&[u8]; 2] = [HEAD, b"f\r\n: hi\nretry: 5\n\n\r\n"];
        let whole = first.concat();
        // In three goes, of which the second begins and ends anywhere.
        tap.take(0, &first, 0, 10);
        tap.take(10, &first, 10, HEAD.len() + 4);
        tap.take(HEAD.len() as u64 + 4, &first, HEAD.len() + 4, whole.len());
        let second: [&[u8]; 1] = [b"11\r\nid: 7\ndata: \xc3\xa9\xff\n\n\r\n0\r\n\r\n"];
        tap.take(whole.len() as u64, &second, 0, second[0].len());

        let view = seen(&tap, 3, 99, 0);
        assert_eq!(bytes(&view), [&whole, second[0]].concat());
        let begins: Vec<bool> = tap.lock().pieces.iter().map(|piece| piece.begins).collect();
        assert_eq!(begins, [true, false, false, true]);
        assert_eq!(
            (view.id, view.taken, view.missed, view.on),
            (3, 99, 99 - bytes(&view).len() as u64, true)
        );
        let ends: Vec<u64> = view.events.iter().map(|event| event.end).collect();
        let head = HEAD.len() as u64;
        let end = whole.len() as u64;
        assert_eq!(ends, [head + 8, head + 17, end + 21]);
        let kinds =
            |piece: &PieceView| piece.lines.iter().map(|line| line.kind).collect::<Vec<_>>();
        use LineKind::{Chunk, Comment, Data, Head, Id, Other, Retry};
        assert_eq!(
            view.pieces.iter().map(kinds).collect::<Vec<_>>(),
            [
                vec![Head],
                vec![Head, Head, Head, Chunk, Comment],
                vec![Comment, Retry, Other, Chunk],
                vec![Chunk, Id, Data, Other, Chunk, Chunk, Chunk],
            ]
        );
        let whats: Vec<&What> = view.events.iter().map(|event| &event.what).collect();
        assert_eq!(
            whats,
            [
                &What::Comment {
                    text: "hi".to_owned()
                },
                &What::Retry { ms: 5 },
                &What::Event {
                    event: "message".to_owned(),
                    id: Some("7".to_owned()),
                    data: "é\u{fffd}".to_owned(),
                },
            ]
        );
        let later = seen(&tap, 3, 99, whole.len() as u64);
        assert_eq!(bytes(&later), second[0]);
        assert_eq!(data(&later), ["é\u{fffd}"]);
        assert!(seen(&tap, 3, 99, 1000).pieces.is_empty());
    }

    #[test]
    fn the_oldest_visits_go_and_what_is_left_still_decodes() {
        let tap = Tap::new(Framing::Chunked, 0);
        let mut offset = 0;
        for n in 0..5000 {
            let data = format!("id: {n}\ndata: {n} {}\n\n", "x".repeat(20));
            let chunk = format!("{:x}\r\n{data}\r\n", data.len());
            let parts = [chunk.as_bytes()];
            tap.take(offset, &parts, 0, 5);
            tap.take(offset + 5, &parts, 5, chunk.len());
            offset += chunk.len() as u64;
        }
        let view = seen(&tap, 1, offset, 0);
        assert!(bytes(&view).len() <= KEPT && view.pieces.len() <= PIECES);
        let data = data(&view);
        assert!(data.len() > 300, "{}", data.len());
        assert!(data.last().is_some_and(|last| last.starts_with("4999 ")));
        assert_eq!(view.missed, offset - bytes(&view).len() as u64);
    }

    /// There were a thousand pieces, and a connection that had been sent 46,285 bytes had 19,166 of
    /// them left.
    #[test]
    fn all_of_the_room_is_for_the_smallest_events_too() {
        let tap = Tap::new(Framing::Chunked, 0);
        let event = b"e\r\nid: 1\ndata: 1\n\n\r\n";
        let mut offset = 0;
        for _ in 0..2 * KEPT / event.len() {
            tap.take(offset, &[event], 0, event.len());
            offset += event.len() as u64;
        }
        let view = seen(&tap, 1, offset, 0);
        assert!(bytes(&view).len() > KEPT - event.len());
    }

    /// A keep-alive behind a large event was all that was left.
    #[test]
    fn a_small_event_does_not_push_a_large_one_out() {
        let tap = Tap::new(Framing::Bare, 0);
        let large = format!("data: {}\n\n", "x".repeat(40_000));
        let mut offset = 0;
        for event in [&*large, &large, "data: y\n\n"] {
            tap.take(offset, &[event.as_bytes()], 0, event.len());
            offset += event.len() as u64;
        }
        let view = seen(&tap, 1, offset, 0);
        let all = [&*large, &large, "data: y\n\n"].concat();
        assert!(bytes(&view) == all.as_bytes()[all.len() - KEPT..]);
        assert_eq!(view.pieces[0].offset as usize, all.len() - KEPT);
        assert_eq!(data(&view).len(), 2, "the first one is not whole");
        assert_eq!(view.missed as usize, all.len() - KEPT);
    }

    #[test]
    fn of_what_is_too_large_the_end_is_kept_and_the_rest_counted() {
        let tap = Tap::new(Framing::Bare, 0);
        let large = vec![b'x'; KEPT + 100];
        let parts: [&[u8]; 3] = [b"data: ", &large, b"\n\n"];
        let length = parts.concat().len();
        tap.take(0, &parts, 0, length);
        let view = seen(&tap, 1, 0, 0);
        assert_eq!(bytes(&view).len(), KEPT);
        assert_eq!(view.missed as usize, length - KEPT);
        assert!(view.events.is_empty(), "its beginning is not there");
        tap.take(length as u64, &[b"data: y\n\n"], 0, 9);
        assert_eq!(data(&seen(&tap, 1, 0, 0)), ["y"]);
    }

    /// The events of a list that has few ids were shown with an empty one.
    #[test]
    fn an_id_from_before_what_is_kept_is_not_known() {
        let tap = Tap::new(Framing::Bare, 0);
        let mut offset = 1000;
        for event in [
            "data: a\n\n",
            "id: k\ndata: b\n\n",
            "data: c\n\n",
            "id\ndata: d\n\n",
        ] {
            tap.take(offset, &[event.as_bytes()], 0, event.len());
            offset += event.len() as u64;
        }
        let view = seen(&tap, 1, offset, 0);
        let ids = view.events.iter().map(|event| match &event.what {
            What::Event { id, .. } => id.as_deref(),
            _ => Some("no event"),
        });
        assert_eq!(
            ids.collect::<Vec<_>>(),
            [None, Some("k"), Some("k"), Some("")]
        );
    }

    fn kinds_and_texts(view: &WireView) -> Vec<(LineKind, String)> {
        let lines = view.pieces.iter().flat_map(|piece| &piece.lines);
        let text = |text: &Text| match text {
            Text::Plain(text) => text.clone(),
            Text::Mixed(pieces) => pieces
                .iter()
                .map(|piece| match piece {
                    TextPiece::Text(text) | TextPiece::Byte { text, .. } => text.as_str(),
                })
                .collect(),
        };
        lines
            .map(|line| (line.kind, text(&line.name) + &text(&line.value)))
            .collect()
    }

    /// Each piece of a stretch whose beginning was not kept was read by itself.
    #[test]
    fn a_character_is_whole_over_pieces_of_which_nothing_else_is_known() {
        let tap = Tap::new(Framing::Bare, 100);
        let visit = "data: aaa\u{20ac}bbb\n\n".as_bytes();
        // The kernel took the beginning of the visit before the tap was on.
        tap.take(103, &[visit], 3, 10);
        tap.take(110, &[visit], 10, visit.len());
        let texts = kinds_and_texts(&seen(&tap, 1, 200, 0));
        let all: String = texts.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(all, "a: aaa\u{20ac}bbb");
        tap.take(100 + visit.len() as u64, &[b"data: c\n\n"], 0, 9);
        let view = seen(&tap, 1, 200, 0);
        assert_eq!(data(&view), ["c"], "it begins anew with the next visit");
    }

    /// A large event of which the beginning is kept no longer was lines that nobody knew.
    #[test]
    fn what_somebody_has_read_is_known_when_it_is_kept_no_longer() {
        let begin = 1000;
        let tap = Tap::new(Framing::Bare, begin);
        let visit = format!("data: {}\n\n", "x".repeat(3 * KEPT));
        let parts = [visit.as_bytes()];
        let (mut from, mut all) = (begin, 0);
        for at in (0..visit.len()).step_by(KEPT / 4) {
            let end = visit.len().min(at + KEPT / 4);
            tap.take(begin + at as u64, &parts, at, end);
            let taken = begin + end as u64;
            let view = seen(&tap, 1, taken, from);
            from = taken;
            all += bytes(&view).len();
            assert_eq!(
                view.pieces.len(),
                1,
                "what was read is not handed out again"
            );
            let kinds = kinds_and_texts(&view).into_iter();
            assert!(kinds.take(1).all(|(kind, _)| kind == LineKind::Data));
            assert_eq!(view.events.len(), usize::from(end == visit.len()));
        }
        assert_eq!(all, visit.len());
        // Who comes late sees what is kept, and it means no less.
        let late = seen(&tap, 1, from, 0);
        assert_eq!(bytes(&late).len(), KEPT);
        tap.take(from, &[b"data: y\n\n"], 0, 9);
        assert_eq!(data(&seen(&tap, 1, from + 9, from)), ["y"]);
        assert_eq!(data(&seen(&tap, 1, from + 9, 0)), ["y"]);
        tap.stop();
        tap.start();
        tap.take(from + 9, &[b"data: z\n\n"], 0, 9);
        assert_eq!(data(&seen(&tap, 1, from + 18, from)), ["z"]);
    }

    /// The sweeper has no time to wait for somebody who looks.
    #[test]
    fn a_tap_that_is_being_looked_at_counts_what_it_misses_and_goes_on() {
        let tap = Tap::new(Framing::Bare, 0);
        let visit = |offset: u64, text: &str| tap.take(offset, &[text.as_bytes()], 0, text.len());
        visit(0, "HTTP/1.1 200 OK\r\n\r\ndata: a\n\n");
        let looking = tap.lock();
        visit(28, "data: b\n\n");
        drop(looking);
        visit(37, "data: c\n\n");
        let view = seen(&tap, 1, 46, 0);
        assert_eq!(data(&view), ["a", "c"]);
        assert_eq!((view.missed, view.pieces[1].offset), (9, 37));
        assert_eq!(
            seen(&tap, 1, 46, 37).missed,
            9,
            "wherever one begins to look"
        );
        tap.stop();
        visit(46, "data: d\n\n");
        assert_eq!(seen(&tap, 1, 55, 0).pieces, []);
        assert_eq!(seen(&tap, 1, 55, 0).missed, 55, "all of it was given up");
        tap.start();
        visit(55, "data: e\n\n");
        let view = seen(&tap, 1, 64, 0);
        assert_eq!((data(&view), view.missed), (vec!["e"], 55));
        let late = Tap::new(Framing::Bare, 64);
        assert_eq!(seen(&late, 1, 64, 0).missed, 64, "it began behind those");
    }

    /// The foot of a wire said 262,656 and 468,951 of one and the same stream, of which 534,799
    /// were missing: it was told of some of what was let go, and not of the rest.
    #[test]
    fn what_is_not_kept_is_all_that_was_taken_less_what_is_kept() {
        let tap = Tap::new(Framing::Bare, 0);
        let mut offset = 0;
        // In goes of other sizes each time, of which some push out what is there and some are
        // larger than all of it.
        for length in [100, 70_000, 9, 65_536, 3, 4_096, 4_097, 61_440, 1] {
            let part = vec![b'x'; length];
            tap.take(offset, &[&part], 0, length);
            offset += length as u64;
            let view = seen(&tap, 1, offset, 0);
            assert_eq!(view.missed + bytes(&view).len() as u64, view.taken);
        }
        // Who asked before the last of it was taken is told of what is there all the same.
        let view = seen(&tap, 1, offset - 1, 0);
        assert_eq!(
            (view.taken, view.missed),
            (offset, offset - bytes(&view).len() as u64)
        );
    }
}
