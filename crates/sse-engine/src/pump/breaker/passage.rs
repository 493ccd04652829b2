//! When bytes are let through, and in which pieces.

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::queue::Queue;
use crate::fault::{Act, Armed, Hold, MOST_HELD, Split};
use crate::write_buffer::WriteBuffer;

/// The time between two pieces, so that a client reads them one by one.
pub(super) const PAUSE: Duration = Duration::from_millis(5);

/// How often what is dribbled is sent, unless a byte takes longer.
const DRIBBLES: u64 = 20;

/// Bytes that are held back, packed and sent in pieces.
///
/// How to drive it: [`push`](Self::push) bytes and [`mark`](Self::mark) where an event ends, then
/// [`settle`](Self::settle) what may go, and [`write`](Self::write) a piece into each visit's
/// buffer while [`is_ready`](Self::is_ready).
#[derive(Debug, Default)]
pub(super) struct Passage {
    /// What waits until there is enough of it.
    held: Queue,
    /// What is sent as soon as its turn comes.
    ready: Queue,
    /// Which fault holds bytes back.
    holds: Option<Arc<Armed>>,
    /// Which fault sends them in pieces.
    splits: Option<Arc<Armed>>,
    /// What packs them. It stays, whatever is healed: the head said how they are packed.
    packs: Option<Packer>,
    /// When the next piece may be sent.
    next: Option<Instant>,
}

/// Packs bytes with gzip (RFC 1952).
struct Packer {
    encoder: GzEncoder<Vec<u8>>,
    /// Whether each event is flushed.
    flushes: bool,
    /// Whether its end was written: nothing can follow that.
    is_finished: bool,
    /// The bytes since the last flush.
    waiting: u64,
    /// The numbers of the events since then.
    events: Vec<Option<u64>>,
}

impl std::fmt::Debug for Packer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packer")
            .field("flushes", &self.flushes)
            .finish_non_exhaustive()
    }
}

impl Packer {
    fn new(flushes: bool) -> Self {
        Self {
            encoder: GzEncoder::new(Vec::new(), Compression::default()),
            flushes,
            is_finished: false,
            waiting: 0,
            events: Vec::new(),
        }
    }

    /// Packs bytes; what comes out goes to `to`. A vector takes whatever is written to it.
    fn pack(&mut self, bytes: &[u8], marks: &[(usize, Option<u64>)], end: bool, to: &mut Queue) {
        if self.is_finished {
            return;
        }
        self.is_finished = end;
        _ = self.encoder.write_all(bytes);
        self.waiting += bytes.len() as u64;
        self.events.extend(marks.iter().map(|(_, number)| *number));
        let due = self.flushes && !bytes.is_empty() || self.waiting > MOST_HELD;
        if end {
            _ = self.encoder.try_finish();
        } else if due {
            _ = self.encoder.flush();
        }
        to.push(self.encoder.get_ref());
        self.encoder.get_mut().clear();
        if due || end {
            self.waiting = 0;
            for number in self.events.drain(..) {
                to.mark(number);
            }
        }
    }
}

impl Passage {
    /// One that packs, where one of these faults says so, which is taken out. That the head says so
    /// was its strike: the bytes are packed, whatever is healed by then.
    pub(super) fn of(faults: &mut Vec<Arc<Armed>>) -> Self {
        let mut passage = Self::default();
        let packs = faults.extract_if(.., |it| matches!(it.fault.act, Act::Encode { .. }));
        packs.for_each(|armed| passage.begin(armed));
        passage
    }

    /// Takes a word of holding back, splitting or packing; the one before it ends.
    pub(super) fn begin(&mut self, armed: Arc<Armed>) {
        match armed.fault.act {
            Act::Hold(_) | Act::Merge(_) => self.holds = Some(armed),
            Act::Split(_) | Act::Dribble(_) => self.splits = Some(armed),
            Act::Encode { flushes } => self.packs = Some(Packer::new(flushes)),
            _ => {}
        }
    }

    /// Whether bytes go through it unchanged, and none is in it.
    pub(super) fn is_through(&self) -> bool {
        self.holds.is_none() && self.splits.is_none() && self.is_empty()
    }

    /// Whether none is in it, and none is packed.
    pub(super) fn is_empty(&self) -> bool {
        self.packs.is_none() && self.holds_nothing()
    }

    /// Whether none is in it.
    pub(super) fn holds_nothing(&self) -> bool {
        self.waiting() == 0
    }

    /// How many are in it.
    pub(super) fn waiting(&self) -> usize {
        self.held.len() + self.ready.len()
    }

    /// Ends those that were healed or are over.
    pub(super) fn withdraw(&mut self, now: Instant) {
        self.holds.take_if(|armed| armed.is_withdrawn(now));
        self.splits.take_if(|armed| armed.is_withdrawn(now));
    }

    /// When one of them is over by itself, if ever.
    pub(super) fn until(&self) -> Option<Instant> {
        let both = [&self.holds, &self.splits];
        both.into_iter()
            .flatten()
            .filter_map(|armed| armed.until())
            .min()
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.held.push(bytes);
    }

    pub(super) fn mark(&mut self, number: Option<u64>) {
        self.held.mark(number);
    }

    /// Lets through what may go: at the `end` everything.
    pub(super) fn settle(&mut self, end: bool) {
        let held = &mut self.held;
        let all = held.len();
        let may = match self.holds.as_ref().map(|armed| &armed.fault.act) {
            _ if end || all as u64 > MOST_HELD => all,
            Some(Act::Hold(Hold::Bytes(bytes))) => {
                let bytes = usize::try_from(*bytes).unwrap_or(usize::MAX).max(1);
                all / bytes * bytes
            }
            Some(Act::Hold(Hold::Events(events))) => {
                let events = usize::try_from(events.get()).unwrap_or(usize::MAX);
                held.length_of(held.events().saturating_sub(events))
            }
            Some(Act::Hold(Hold::End)) => 0,
            Some(Act::Merge(events)) => match held.events() as u64 >= *events {
                true => all,
                false => 0,
            },
            _ => all,
        };
        match &mut self.packs {
            None => held.give(may, &mut self.ready),
            Some(packer) if may > 0 || end => {
                let (bytes, marks) = held.take(may);
                packer.pack(&bytes, &marks, end, &mut self.ready);
            }
            Some(_) => {}
        }
    }

    /// Whether something is to be sent.
    pub(super) fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// When the next piece may be sent.
    pub(super) fn next(&self) -> Option<Instant> {
        self.next.filter(|_| self.is_ready())
    }

    /// Forgets everything that was not sent.
    pub(super) fn clear(&mut self) {
        self.held.clear();
        self.ready.clear();
    }

    /// Writes all that is to be sent, however it would be cut into pieces.
    pub(super) fn write_rest(&mut self, out: &mut WriteBuffer) {
        self.ready.write(self.ready.rest().len(), out);
    }

    /// Writes what may be sent now.
    pub(super) fn write(&mut self, now: Instant, out: &mut WriteBuffer) {
        if self.next().is_some_and(|next| next > now) {
            return;
        }
        let ready = self.ready.rest();
        let (piece, pause) = match self.splits.as_ref().map(|armed| &armed.fault.act) {
            Some(Act::Split(split)) => (piece(*split, ready), PAUSE),
            Some(Act::Dribble(rate)) => {
                let rate = (*rate).max(1);
                let bytes = (rate / DRIBBLES).max(1).min(ready.len() as u64);
                let pause = Duration::from_secs_f64(bytes as f64 / rate as f64);
                (usize::try_from(bytes).unwrap_or(usize::MAX), pause)
            }
            _ => (ready.len(), Duration::ZERO),
        };
        if !ready.is_empty() && self.splits.is_some() {
            // From the piece before, so that late visits do not add up.
            let due = self.next.filter(|due| *due <= now && now - *due <= pause);
            self.next = Some(due.unwrap_or(now) + pause);
        }
        self.ready.write(piece, out);
    }
}

/// The length of the first piece.
fn piece(split: Split, bytes: &[u8]) -> usize {
    let inner = |place: fn(&[u8]) -> bool| {
        let found = bytes.windows(2).position(place);
        found.map_or(bytes.len(), |before| before + 1)
    };
    match split {
        Split::Each => bytes.len().min(1),
        Split::Bytes(length) => {
            let length = usize::try_from(length.get()).unwrap_or(usize::MAX);
            bytes.len().min(length)
        }
        // Behind the first byte of a character that has several.
        Split::Utf8 => inner(|pair| pair[0] >= 0xC0 && pair[1] & 0xC0 == 0x80),
        Split::CrLf => inner(|pair| pair == b"\r\n"),
    }
}
