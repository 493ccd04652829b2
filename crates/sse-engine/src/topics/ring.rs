//! The events that a topic keeps, each rendered once. When the ring is full, the oldest event is
//! dropped.
//!
//! A topic of this node numbers its events itself. The ring of a topic that an engine keeps is a
//! copy of the engine's: it begins at a place of the engine, and has entries that tell of gaps.

mod lives;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use sse_wire::{Event, LineEnding, encode};

use self::lives::Lives;
use super::budget::Budget;
use super::gap::{self, GAP};
use super::id::Position;

/// What an event costs beside its frame, roughly: its entry here, and the allocation.
const OVERHEAD: usize = 64;

/// The most event names that are remembered, beside the two that every topic has, and the longest,
/// in bytes: every page that looks is told of them all.
const NAMES: usize = 30;
const LONGEST_NAME: usize = 128;

/// Entries from the oldest that is kept to the newest, numbered without a hole: events, and between
/// them what tells of a gap.
///
/// How to drive it, under the lock of its topic: [`begin`](Self::begin) a copy of an engine's ring.
/// [`push`](Self::push) each event, [`push_gap`](Self::push_gap) where events are missing, and
/// before an event with an id of its own ask [`has_given`](Self::has_given), since no two events
/// that are kept may have one id. A reader turns an id into a number with [`find`](Self::find),
/// compares it with [`before`](Self::before), and takes each [`frame`](Self::frame) up to
/// [`last`](Self::last).
#[derive(Debug)]
pub(super) struct Ring {
    /// Which places the numbers stand for.
    lives: Lives,
    /// Whether the place follows an event whose id was given, so that a client comes back with the
    /// place.
    tells_places: bool,
    /// How many entries told of a gap that there ever were.
    gaps: u64,
    /// Those at the end, of which it is not known yet what follows.
    open_gaps: Vec<OpenGap>,
    /// The number of the oldest event that is kept, or of the next one if none is.
    first: u64,
    /// Oldest first: the entry at index `i` is the event with the number `first + i`.
    entries: VecDeque<Entry>,
    /// What the entries take, overhead included.
    bytes: usize,
    /// What all entries took that there ever were.
    written: u64,
    /// Where events are whose id was given by the publisher.
    given: HashMap<Arc<str>, u64>,
    /// Event names, the latest last.
    names: VecDeque<Box<str>>,
    /// The most entries.
    keep_events: usize,
    /// The most that `bytes` may be, unless the newest event alone is larger.
    keep_bytes: usize,
    /// What `bytes` is a part of, where several rings share their memory.
    budget: Option<Arc<Budget>>,
    /// The buffer that frames are rendered in.
    scratch: Vec<u8>,
}

#[derive(Debug)]
struct Entry {
    /// The event as it is sent, with its id. A write buffer that sends it shares it, so it may
    /// outlive its place here.
    frame: Arc<[u8]>,
    /// The id that the publisher gave it, to take it out of `Ring::given` when the event goes.
    /// `None` where the id is ours, which its number tells.
    given: Option<Arc<str>>,
}

/// An entry that tells of a gap and not yet of what follows it.
#[derive(Debug)]
struct OpenGap {
    number: u64,
    from: String,
    lost: Option<u64>,
}

impl Ring {
    #[cfg(test)]
    pub(super) fn new(born: u64, keep_events: usize, keep_bytes: usize) -> Self {
        Self::within(None, born, keep_events, keep_bytes)
    }

    /// None yet. With a budget, it shares its memory with others.
    pub(super) fn within(
        budget: Option<Arc<Budget>>,
        born: u64,
        keep_events: usize,
        keep_bytes: usize,
    ) -> Self {
        Self {
            lives: Lives::new(Position { born, seq: 0 }),
            tells_places: false,
            gaps: 0,
            open_gaps: Vec::new(),
            first: 1,
            entries: VecDeque::new(),
            bytes: 0,
            written: 0,
            given: HashMap::new(),
            names: VecDeque::new(),
            keep_events,
            keep_bytes,
            budget,
            scratch: Vec::new(),
        }
    }

    /// A copy of an engine's ring, yet to begin. With `tells_places`, the place follows each event
    /// whose id was given.
    pub(super) fn copy(tells_places: bool, keep_events: usize, keep_bytes: usize) -> Self {
        let mut ring = Self::within(None, 0, keep_events, keep_bytes);
        ring.tells_places = tells_places;
        ring
    }

    /// It begins behind this place. Nothing may be in it yet.
    pub(super) fn begin(&mut self, place: Position) {
        self.lives = Lives::new(place);
    }

    /// The number of the newest event; 0 before the first.
    pub(super) fn last(&self) -> u64 {
        self.first + self.entries.len() as u64 - 1
    }

    /// The number of the event before the oldest that is kept: who has it lacks nothing.
    pub(super) fn before(&self) -> u64 {
        self.first - 1
    }

    pub(super) fn kept(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many entries told of a gap that were ever kept.
    pub(super) fn gaps(&self) -> u64 {
        self.gaps
    }

    /// What all events took that were ever kept.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Whether an event with this id is kept.
    pub(super) fn has_given(&self, id: &str) -> bool {
        self.given.contains_key(id)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    /// Appends an event, with an id of ours if it has none, and lets go of the oldest, down to the
    /// bounds. The newest stays whatever its size. Answers its number; `None` where the memory that
    /// is shared has no room for it, and then nothing has changed.
    pub(super) fn push(&mut self, event: &Event<'_>) -> Option<u64> {
        let seq = self.last() + 1;
        let own = self.position(seq).to_string();
        let with_id = Event {
            id: Some(event.id.unwrap_or(&own)),
            ..*event
        };
        if !self.open_gaps.is_empty() {
            self.close_gaps(event.id.unwrap_or(&own));
        }
        encode(&with_id, LineEnding::Lf, &mut self.scratch);
        if self.tells_places && event.id.is_some() {
            self.scratch.extend(place_block(self.position(seq)));
        }
        let given: Option<Arc<str>> = event.id.map(Arc::from);
        if !self.keep(given.clone()) {
            return None;
        }
        if let Some(id) = given {
            self.given.insert(id, seq);
        }
        if let Some(name) = event.event.filter(|name| name.len() <= LONGEST_NAME) {
            self.remember(name);
        }
        Some(seq)
    }

    /// Appends what tells of a gap: `lost` events are missing before `place`, and `next` is the id
    /// of what follows. Places count on from there. Where nothing follows yet, the entry names the
    /// next event when that comes, for those who read it later.
    pub(super) fn push_gap(&mut self, place: Position, lost: Option<u64>, next: Option<&str>) {
        let number = self.last() + 1;
        let from = self.position(self.last()).to_string();
        self.render_gap(place, &from, lost, next);
        if next.is_none() {
            let first = self.first;
            self.open_gaps.retain(|open| open.number >= first);
            self.open_gaps.push(OpenGap { number, from, lost });
        }
        self.lives.begin(number, place);
        // A copy shares its memory with none, so that there is always room.
        self.keep(None);
        self.gaps += 1;
    }

    fn render_gap(&mut self, place: Position, from: &str, lost: Option<u64>, next: Option<&str>) {
        let event = Event {
            event: Some(GAP),
            id: Some(&place.to_string()),
            data: Some(&gap::data(from, next, lost)),
            ..Event::default()
        };
        encode(&event, LineEnding::Lf, &mut self.scratch);
    }

    /// Names what follows in the gaps at the end. Whoever was sent one has its bytes.
    fn close_gaps(&mut self, next: &str) {
        for OpenGap { number, from, lost } in std::mem::take(&mut self.open_gaps) {
            self.render_gap(self.position(number), &from, lost, Some(next));
            let frame: Arc<[u8]> = Arc::from(self.scratch.as_slice());
            self.scratch.clear();
            let at = number.checked_sub(self.first);
            let at = at.and_then(|at| usize::try_from(at).ok());
            if let Some(entry) = at.and_then(|at| self.entries.get_mut(at)) {
                // A copy shares its memory with none.
                self.bytes += frame.len();
                self.bytes -= entry.frame.len();
                entry.frame = frame;
            }
        }
    }

    /// Keeps what is in the scratch buffer as the next entry, and lets go of the oldest, down to
    /// the bounds. Answers whether there was room.
    fn keep(&mut self, given: Option<Arc<str>>) -> bool {
        let frame: Arc<[u8]> = Arc::from(self.scratch.as_slice());
        // One large event is no reason to keep a large buffer.
        self.scratch.clear();
        self.scratch.shrink_to(crate::write_buffer::VISIT);
        if !self.make_room(cost(&frame)) {
            return false;
        }
        self.bytes += cost(&frame);
        self.written += cost(&frame) as u64;
        self.entries.push_back(Entry { frame, given });
        while self.entries.len() > 1
            && (self.entries.len() > self.keep_events || self.bytes > self.keep_bytes)
        {
            self.let_go();
        }
        true
    }

    /// Takes so many bytes of the memory that is shared: the oldest events of this ring make room,
    /// never those of others. Answers whether there was enough.
    fn make_room(&mut self, bytes: usize) -> bool {
        let Some(budget) = self.budget.clone() else {
            return true;
        };
        while !budget.take(bytes) {
            // Nothing is let go for an event that will not be kept.
            if budget.left().saturating_add(self.bytes) < bytes || self.entries.is_empty() {
                return false;
            }
            self.let_go();
        }
        true
    }

    fn let_go(&mut self) {
        let Some(entry) = self.entries.pop_front() else {
            return;
        };
        self.bytes -= cost(&entry.frame);
        if let Some(budget) = &self.budget {
            budget.give_back(cost(&entry.frame));
        }
        if let Some(id) = entry.given
            && self.given.get(&id) == Some(&self.first)
        {
            // A later life may have given it again, and then it leads there.
            self.given.remove(&id);
        }
        self.first += 1;
        self.lives.forget(self.before());
    }

    fn remember(&mut self, name: &str) {
        if let Some(at) = self.names.iter().rposition(|known| **known == *name) {
            // It is the latest again.
            if let Some(known) = self.names.remove(at) {
                self.names.push_back(known);
            }
            return;
        }
        if self.names.len() == NAMES {
            self.names.pop_front();
        }
        self.names.push_back(name.into());
    }

    /// The event with this number.
    pub(super) fn frame(&self, seq: u64) -> Option<&Arc<[u8]>> {
        self.entry(seq).map(|entry| &entry.frame)
    }

    /// Where the event with this number ends in its frame: the place of one whose id was given may
    /// follow it.
    pub(super) fn end_of_event(&self, seq: u64) -> usize {
        let Some(entry) = self.entry(seq) else {
            return 0;
        };
        let place = match self.tells_places && entry.given.is_some() {
            true => place_block(self.position(seq)).len(),
            false => 0,
        };
        entry.frame.len() - place
    }

    /// The id of the event with this number: the one that was given to it, where that is still
    /// known.
    pub(super) fn id(&self, seq: u64) -> String {
        match self.entry(seq).and_then(|entry| entry.given.as_ref()) {
            Some(given) => given.to_string(),
            None => self.position(seq).to_string(),
        }
    }

    /// The id of the place behind the event with this number, whatever id the event was given.
    pub(super) fn position(&self, seq: u64) -> Position {
        self.lives.place(seq)
    }

    /// How many events lie behind the one with the first number, up to the other; `None` where
    /// nobody can count them, since another life began in between.
    pub(super) fn between(&self, seq: u64, to: u64) -> Option<u64> {
        let (from, behind) = (self.position(seq), self.position(to));
        let is_counted = self.lives.knows(seq) && from.born == behind.born;
        is_counted.then(|| behind.seq - from.seq)
    }

    /// Whether the entry with this number tells of a gap.
    pub(super) fn is_gap(&self, seq: u64) -> bool {
        self.lives.is_gap(seq)
    }

    /// The number of the first entry that is kept and sorts behind this place.
    pub(super) fn behind(&self, place: Position) -> Option<u64> {
        let number = self.lives.behind(place, self.last())?;
        let number = number.max(self.first);
        (number <= self.last()).then_some(number)
    }

    /// The number of the event that has this id, kept or not; `None` if it never was ours, or was
    /// given to an event that is no longer kept.
    pub(super) fn find(&self, id: &str) -> Option<u64> {
        if let Some(seq) = self.given.get(id) {
            return Some(*seq);
        }
        self.lives.find(Position::parse(id)?, self.last())
    }

    /// The number of the event that is kept and was given this id.
    pub(super) fn given(&self, id: &str) -> Option<u64> {
        self.given.get(id).copied()
    }

    fn entry(&self, seq: u64) -> Option<&Entry> {
        let at = usize::try_from(seq.checked_sub(self.first)?).ok()?;
        self.entries.get(at)
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        if let Some(budget) = &self.budget {
            budget.give_back(self.bytes);
        }
    }
}

/// A block that is no event, and after which a client comes back with this place.
fn place_block(place: Position) -> Vec<u8> {
    let mut block = Vec::new();
    let event = Event {
        id: Some(&place.to_string()),
        ..Event::default()
    };
    encode(&event, LineEnding::Lf, &mut block);
    block
}

fn cost(frame: &[u8]) -> usize {
    frame.len() + OVERHEAD
}

#[cfg(test)]
mod tests;
