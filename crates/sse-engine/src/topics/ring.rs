//! The events that a topic keeps, each rendered once. When the ring is full, the oldest event is
//! dropped.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use sse_wire::{Event, LineEnding, encode};

use super::budget::Budget;
use super::id::Position;

/// What an event costs beside its frame, roughly: its entry here, and the allocation.
const OVERHEAD: usize = 64;

/// The most event names that are remembered, beside the two that every topic has, and the longest,
/// in bytes: every page that looks is told of them all.
const NAMES: usize = 30;
const LONGEST_NAME: usize = 128;

/// Events from the oldest that is kept to the newest, numbered without a hole.
///
/// How to drive it, under the lock of its topic: [`push`](Self::push) each event, and before one
/// with an id of its own ask [`has_given`](Self::has_given), since no two events that are kept may
/// have one id. A reader turns an id into a number with [`find`](Self::find), compares it with
/// [`before`](Self::before), and takes each [`frame`](Self::frame) up to [`last`](Self::last).
#[derive(Debug)]
pub(super) struct Ring {
    /// When the topic began.
    born: u64,
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
            born,
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
        encode(&with_id, LineEnding::Lf, &mut self.scratch);
        let frame: Arc<[u8]> = Arc::from(self.scratch.as_slice());
        // One large event is no reason to keep a large buffer.
        self.scratch.clear();
        self.scratch.shrink_to(crate::write_buffer::VISIT);
        if !self.make_room(cost(&frame)) {
            return None;
        }
        let given: Option<Arc<str>> = event.id.map(Arc::from);
        if let Some(id) = &given {
            self.given.insert(Arc::clone(id), seq);
        }
        if let Some(name) = event.event.filter(|name| name.len() <= LONGEST_NAME) {
            self.remember(name);
        }
        self.bytes += cost(&frame);
        self.written += cost(&frame) as u64;
        self.entries.push_back(Entry { frame, given });
        while self.entries.len() > 1
            && (self.entries.len() > self.keep_events || self.bytes > self.keep_bytes)
        {
            self.let_go();
        }
        Some(seq)
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
        if let Some(id) = entry.given {
            self.given.remove(&id);
        }
        self.first += 1;
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
        Position::new(self.born, seq)
    }

    /// The number of the event that has this id, kept or not; `None` if it never was ours, or was
    /// given to an event that is no longer kept.
    pub(super) fn find(&self, id: &str) -> Option<u64> {
        if let Some(seq) = self.given.get(id) {
            return Some(*seq);
        }
        Position::parse(id)
            .filter(|place| place.born == self.born && place.seq <= self.last())
            .map(|place| place.seq)
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

fn cost(frame: &[u8]) -> usize {
    frame.len() + OVERHEAD
}

#[cfg(test)]
mod tests {
    use super::*;

    const BORN: u64 = 1_763_823_600_123;

    fn data(text: &str) -> Event<'_> {
        Event {
            data: Some(text),
            ..Event::default()
        }
    }

    fn named(id: &str) -> Event<'_> {
        Event {
            id: Some(id),
            ..data("x")
        }
    }

    #[test]
    fn events_are_numbered_from_one_and_rendered_once() {
        let mut ring = Ring::new(BORN, 3, 1 << 20);
        assert_eq!((ring.last(), ring.before()), (0, 0));
        assert_eq!(ring.push(&data("a\nb")), Some(1));
        let frame = ring.frame(1).expect("kept");
        assert_eq!(
            &**frame,
            b"id: 1763823600123-000000000001\ndata: a\ndata: b\n\n"
        );
        assert_eq!((ring.last(), ring.before(), ring.kept()), (1, 0, 1));
        assert!(ring.frame(0).is_none() && ring.frame(2).is_none());
    }

    #[test]
    fn the_oldest_go_by_number_and_by_size_but_the_newest_stays() {
        let mut ring = Ring::new(BORN, 3, 1000);
        for n in 1..=5 {
            ring.push(&data(&n.to_string()));
        }
        assert_eq!((ring.before(), ring.last(), ring.kept()), (2, 5, 3));
        ring.push(&data(&"x".repeat(600)));
        assert_eq!((ring.kept(), ring.last()), (3, 6));
        ring.push(&data(&"x".repeat(5000)));
        assert_eq!((ring.before(), ring.last(), ring.kept()), (6, 7, 1));
        assert!(ring.bytes() > 5000);
    }

    #[test]
    fn what_just_fits_is_kept() {
        let mut ring = Ring::new(BORN, 10, usize::MAX);
        ring.push(&data("a"));
        let both = 2 * ring.bytes();
        for (keep_bytes, kept) in [(both, 2), (both - 1, 1)] {
            let mut ring = Ring::new(BORN, 10, keep_bytes);
            ring.push(&data("a"));
            ring.push(&data("b"));
            assert_eq!(ring.kept(), kept, "{keep_bytes} bytes");
        }
    }

    /// The bytes of a ring were bounded, and those of all rings only by their number.
    #[test]
    fn rings_that_share_their_memory_never_take_more_of_it() {
        let budget = Arc::new(Budget::new(1000));
        let ring = || Ring::within(Some(Arc::clone(&budget)), BORN, 10, 1 << 20);
        let (mut one, mut other) = (ring(), ring());
        assert_eq!(one.push(&data(&"x".repeat(300))), Some(1));
        assert_eq!(one.push(&data(&"x".repeat(300))), Some(2));
        assert_eq!(
            other.push(&data(&"x".repeat(300))),
            None,
            "it has none to let go"
        );
        assert_eq!((other.last(), one.kept()), (0, 2), "nothing has changed");
        assert_eq!(one.push(&data(&"x".repeat(300))), Some(3));
        assert_eq!(
            (one.before(), one.kept()),
            (1, 2),
            "its own oldest made room"
        );
        assert_eq!(one.push(&data(&"x".repeat(2000))), None);
        assert_eq!(one.kept(), 2, "none is let go for what is larger than all");
        assert_eq!(budget.left(), 1000 - one.bytes());
        drop(one);
        assert_eq!(other.push(&data(&"x".repeat(300))), Some(1));
        drop(other);
        assert_eq!(budget.left(), budget.most());
    }

    #[test]
    fn ids_lead_to_their_events() {
        let mut ring = Ring::new(BORN, 2, 1 << 20);
        ring.push(&named("a"));
        ring.push(&data("x"));
        assert_eq!(ring.find("a"), Some(1));
        assert_eq!(ring.id(1), "a");
        assert_eq!(ring.id(2), "1763823600123-000000000002");
        ring.push(&data("y"));
        assert_eq!(ring.find("a"), None, "it left with its event");
        assert!(!ring.has_given("a"));
        // Our own ids are known for good, and the place of an event that had another id is one of
        // them.
        assert_eq!(ring.find("1763823600123-000000000001"), Some(1));
        assert_eq!(ring.find("1763823600123-000000000000"), Some(0));
        assert_eq!(ring.id(1), "1763823600123-000000000001");
        for never in [
            "",
            "b",
            "1763823600123-000000000004",
            "1763823600124-000000000001",
        ] {
            assert_eq!(ring.find(never), None, "{never}");
        }
    }

    #[test]
    fn the_latest_names_are_remembered() {
        let mut ring = Ring::new(BORN, 2, 1 << 20);
        for n in 0..40 {
            for _ in 0..2 {
                ring.push(&Event {
                    event: Some(&format!("n{n}")),
                    ..Event::default()
                });
            }
            ring.push(&Event {
                event: Some("tick"),
                ..Event::default()
            });
        }
        let names: Vec<&str> = ring.names().collect();
        assert_eq!((names.len(), names[0], names[29]), (30, "n11", "tick"));
    }
}
