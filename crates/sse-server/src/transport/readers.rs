//! Which connections read which topic. A publish is delivered to them, and no other connection is
//! visited for it.
//!
//! A pass visits the readers of a topic from the last to the first. A reader that joins is added at
//! the end, and the last reader takes the seat of one that leaves. So the pass misses nobody.

use std::sync::Arc;
use std::time::Instant;

use slab::Slab;

use sse_engine::topics::{Head, Progress, Topic};

use crate::clock;
use crate::measures::Histogram;

/// The topics that a sweeper's connections read, each with its readers.
///
/// How to drive them:
///
/// 1. [`enter`](Self::enter) a connection before its first visit, and keep the [`Seat`] with it.
/// 2. Begin a turn with [`turn`](Self::turn), then visit whom [`next`](Self::next) answers, until
///    it answers nobody. Asking for the next reports that the one before was visited; where its
///    visit was full, call [`again`](Self::again) first.
/// 3. Where [`is_gathering`](Self::is_gathering), come back for another turn without waiting.
/// 4. [`leave`](Self::leave) at the end of a connection. The answer is the connection that has its
///    seat from then on.
#[derive(Debug, Default)]
pub(super) struct Readers {
    /// Each at the slot that its seats name. A topic leaves with its last reader.
    topics: Slab<Reading>,
    /// Where the turn begins, so that one busy topic does not hold up the others.
    first: usize,
    /// The topic that was served last.
    served: usize,
    /// The number of the turn.
    turn: u32,
    /// Whether a topic has news in this turn whose pass is to begin in a later one.
    gathering: bool,
    /// When the turn began; unset before the first.
    now: Option<Instant>,
    /// Where it is entered how long the passes took.
    passes: Arc<Histogram>,
}

/// One topic and the keys of its readers.
#[derive(Debug)]
struct Reading {
    /// Makes this sweeper a follower of the topic, for whose passes publishers wait. It is dropped
    /// with the last reader, so that nobody waits for a pass over none.
    progress: Progress,
    /// The readers' keys in the sweeper, each at the place that its seat names.
    keys: Vec<u32>,
    /// The readers that this pass has yet to visit are those before this place.
    left: usize,
    /// The newest event when the pass began: every reader that was visited in it has that one, or
    /// its socket takes no more.
    swept: Head,
    /// Whether the pass is through and was told of.
    told: bool,
    /// Whether a pass for the topic's end began.
    ending: bool,
    /// Decides when the next pass begins.
    gathered: Gathered,
    /// When the news was appended that the pass under way, or else the next one, is for: not before
    /// this instant.
    since: Option<Instant>,
    /// When the newest event of the pass was looked up: what was appended behind it was appended
    /// later.
    looked_up: Option<Instant>,
}

/// What is gathered for the next pass. Publishers hand over their events one by one: a pass that
/// began with the first of them would send each reader many small pieces, which cost more than a
/// large one.
#[derive(Debug, Default)]
struct Gathered {
    /// The newest event when it was last looked at.
    seq: u64,
    /// The turns since the first of the news, at most [`TURNS`](Self::TURNS).
    turns: u8,
    /// The last of those that brought no more, [`CALM`](Self::CALM) at most.
    calm: u8,
    /// The turn that looked last.
    looked: u32,
}

impl Gathered {
    /// Turns that a pass waits at most: publishers that go on for ever delay nobody.
    const TURNS: u8 = 8;
    /// Turns without more that show that nobody has more at hand. After one of them, a publisher
    /// that only let others go first may have its turn yet to come.
    const CALM: u8 = 2;

    /// Whether it is time for a pass that begins with `last` as the newest event.
    fn is_whole(&mut self, last: u64, turn: u32) -> bool {
        if std::mem::replace(&mut self.looked, turn) == turn {
            return false;
        }
        self.turns += 1;
        self.calm = if self.seq == last { self.calm + 1 } else { 0 };
        self.seq = last;
        let whole = self.calm == Self::CALM || self.turns == Self::TURNS;
        if whole {
            (self.turns, self.calm) = (0, 0);
        }
        whole
    }
}

/// Where a reader is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    /// The slot in `Readers::topics`.
    topic: u32,
    /// The index in `Reading::keys`. When another reader leaves, the last one moves to the place of
    /// that one.
    place: u32,
}

impl Readers {
    /// None yet. How long each pass takes is entered in `passes`.
    pub(super) fn new(passes: Arc<Histogram>) -> Self {
        Self {
            passes,
            ..Self::default()
        }
    }

    /// Enters a reader. To be done before its first visit: what is published from here on starts a
    /// pass, and what was published before is in that visit.
    pub(super) fn enter(&mut self, topic: &Arc<Topic>, key: usize) -> Seat {
        let known = self
            .topics
            .iter()
            .find(|(_, reading)| Arc::ptr_eq(reading.progress.topic(), topic));
        let at = match known {
            Some((at, _)) => at,
            None => {
                let (progress, swept) = topic.follow();
                self.topics.insert(Reading {
                    progress,
                    keys: Vec::new(),
                    left: 0,
                    swept,
                    told: true,
                    ending: false,
                    gathered: Gathered::default(),
                    since: None,
                    looked_up: None,
                })
            }
        };
        let keys = &mut self.topics[at].keys;
        keys.push(short(key));
        Seat {
            topic: short(at),
            place: short(keys.len() - 1),
        }
    }

    /// Takes a reader out. Another one may move into its seat: its key is the answer.
    pub(super) fn leave(&mut self, seat: Seat) -> Option<usize> {
        let (topic, place) = (seat.topic as usize, seat.place as usize);
        let reading = self.topics.get_mut(topic)?;
        reading.keys.swap_remove(place);
        reading.left = reading.left.min(reading.keys.len());
        let moved = reading.keys.get(place).map(|key| *key as usize);
        if reading.keys.is_empty() {
            self.topics.remove(topic);
        }
        moved
    }

    /// Begins a turn with the topic after the one that was served last.
    pub(super) fn turn(&mut self, now: Instant) {
        self.now = Some(now);
        self.first = self.served.wrapping_add(1);
        self.turn = self.turn.wrapping_add(1);
        self.gathering = false;
    }

    /// Leaves the reader that was the last to be given out in the pass, since its visit was full
    /// before it had everything: a publisher that waits for the pass waits for it too.
    pub(super) fn again(&mut self, seat: Seat) {
        if let Some(reading) = self.topics.get_mut(seat.topic as usize)
            && reading.left == seat.place as usize
        {
            reading.left += 1;
        }
    }

    /// Whether there is news that waits for the next turn.
    pub(super) fn is_gathering(&self) -> bool {
        self.gathering
    }

    /// The next reader that may lack something.
    pub(super) fn next(&mut self) -> Option<usize> {
        let slots = self.topics.capacity().max(1);
        // Without a topic in its slot there is nothing to do; there are as many slots as topics at
        // most were.
        for at in (0..slots).map(|n| (self.first.wrapping_add(n)) % slots) {
            let Some(reading) = self.topics.get_mut(at) else {
                continue;
            };
            if reading.left == 0 {
                // Whoever asks for the next has visited the one before.
                let last = reading.progress.topic().last();
                if !std::mem::replace(&mut reading.told, true) {
                    reading.progress.has_reached(reading.swept);
                    if let Some(since) = reading.since.take() {
                        let took = clock::now().instant.saturating_duration_since(since);
                        self.passes.observe(took);
                    }
                    if last > reading.swept.seq {
                        reading.since = reading.looked_up;
                    }
                }
                if last > reading.swept.seq {
                    reading.since = reading.since.or(self.now);
                    if !reading.gathered.is_whole(last, self.turn) {
                        self.gathering = true;
                        continue;
                    }
                    reading.swept = reading.progress.topic().head();
                    reading.looked_up = self.now;
                    reading.left = reading.keys.len();
                    reading.told = false;
                } else if reading.progress.topic().is_over() && !reading.ending {
                    // Whose socket takes no more now is told when it does.
                    reading.ending = true;
                    reading.left = reading.keys.len();
                }
            }
            if reading.left > 0 {
                self.served = at;
                reading.left -= 1;
                return reading.keys.get(reading.left).map(|key| *key as usize);
            }
        }
        None
    }
}

/// Keys and places are below the number of open files, which is a small one.
fn short(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sse_engine::topics::TopicConfig;
    use sse_engine::topics::{Batch, Draft, Topics};

    /// All that there is to visit, in as many turns as it takes.
    fn pass(readers: &mut Readers) -> Vec<usize> {
        let mut keys = Vec::new();
        loop {
            keys.extend(std::iter::from_fn(|| readers.next()));
            if !readers.is_gathering() {
                return keys;
            }
            readers.turn(Instant::now());
        }
    }

    /// Turn by turn until there is one.
    fn next(readers: &mut Readers) -> usize {
        loop {
            match readers.next() {
                Some(key) => return key,
                None => readers.turn(Instant::now()),
            }
        }
    }

    fn publish(topic: &Topic) {
        _ = topic
            .publish_now(&Batch::one(Draft::default()))
            .expect("it is there")
            .expect("published");
    }

    #[test]
    fn a_publish_starts_one_pass_over_its_readers() {
        let topics = Topics::new(TopicConfig::default());
        let (a, b) = (
            topics.topic("a", std::time::UNIX_EPOCH).expect("room"),
            topics.topic("b", std::time::UNIX_EPOCH).expect("room"),
        );
        let mut readers = Readers::default();
        publish(&a);
        for key in 0..3 {
            readers.enter(&a, key);
        }
        readers.enter(&b, 9);
        assert_eq!(
            pass(&mut readers),
            [0; 0],
            "what was before is in the first visit"
        );
        publish(&a);
        publish(&a);
        assert_eq!(pass(&mut readers), [2, 1, 0]);
        assert_eq!(pass(&mut readers), [0; 0]);
        publish(&b);
        assert_eq!(pass(&mut readers), [9]);
        publish(&a);
        assert_eq!(next(&mut readers), 2);
        publish(&a);
        assert_eq!(
            pass(&mut readers),
            [1, 0, 2, 1, 0],
            "news during a pass start another"
        );
    }

    /// Requests that came together were published in a few goes: each reader was sent 16 events and
    /// then 48.
    #[test]
    fn a_pass_begins_when_nobody_has_more_to_publish_just_now() {
        let topics = Topics::new(TopicConfig::default());
        let topic = topics.topic("a", std::time::UNIX_EPOCH).expect("room");
        let mut readers = Readers::default();
        readers.enter(&topic, 1);
        // Turns until the pass begins, when the first `busy` of them bring one more event each.
        let mut turns = |busy: u8| {
            let mut turns = 0;
            loop {
                readers.turn(Instant::now());
                if turns < busy {
                    publish(&topic);
                }
                turns += 1;
                if readers.next().is_some() {
                    assert_eq!(pass(&mut readers), [0; 0], "all was in that pass");
                    return turns;
                }
                assert_eq!(readers.next(), None, "one look a turn");
                assert!(readers.is_gathering());
            }
        };
        assert_eq!(turns(1), 1 + Gathered::CALM);
        assert_eq!(turns(4), 4 + Gathered::CALM);
        assert_eq!(
            turns(u8::MAX),
            Gathered::TURNS,
            "and nobody is held up for ever"
        );
    }

    /// Whatever leaves during a pass, every reader that stays is visited in it.
    #[test]
    fn nobody_is_left_out_when_others_leave_during_a_pass() {
        let topics = Topics::new(TopicConfig::default());
        let topic = topics.topic("a", std::time::UNIX_EPOCH).expect("room");
        for gone in 0..6 {
            for visited in 0..6 {
                let mut readers = Readers::default();
                let mut seats: Vec<_> = (0..6).map(|key| readers.enter(&topic, key)).collect();
                publish(&topic);
                let mut seen: Vec<usize> = (0..visited).map(|_| next(&mut readers)).collect();
                if let Some(moved) = readers.leave(seats[gone]) {
                    seats[moved] = seats[gone];
                }
                let new = readers.enter(&topic, 6);
                seen.extend(pass(&mut readers));
                for key in (0..6).filter(|key| *key != gone) {
                    assert!(
                        seen.contains(&key),
                        "{key} when {gone} left after {visited}"
                    );
                    assert_eq!(
                        readers.topics[0].keys[seats[key].place as usize] as usize,
                        key
                    );
                }
                assert_eq!(readers.topics[0].keys[new.place as usize], 6);
            }
        }
    }

    #[test]
    fn a_topic_without_readers_is_forgotten() {
        let topics = Topics::new(TopicConfig::default());
        let topic = topics.topic("a", std::time::UNIX_EPOCH).expect("room");
        let mut readers = Readers::default();
        let seat = readers.enter(&topic, 1);
        assert_eq!(readers.leave(seat), None);
        assert!(readers.topics.is_empty());
    }
}
