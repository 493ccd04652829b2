//! Who reads which topic, so that a publish is looked after without asking everybody.
//!
//! A pass goes through the readers of a topic from the last to the first, so that those who come or go
//! meanwhile (at the end, and into gaps) leave nobody out.

use std::sync::Arc;

use slab::Slab;

use crate::topics::{Head, Sweep, Topic};

/// The topics that a sweeper's connections read, each with its readers.
#[derive(Debug, Default)]
pub(super) struct Readers {
    topics: Slab<Reading>,
    /// Where the next turn begins, so that one busy topic does not hold up the others.
    turn: usize,
    /// The topic that was served last.
    served: usize,
}

/// One topic and the keys of its readers.
#[derive(Debug)]
struct Reading {
    sweep: Sweep,
    keys: Vec<u32>,
    /// The readers that this pass has yet to visit are those before this place.
    left: usize,
    /// The newest event when the pass began: every reader that was visited in it has that one, or its socket
    /// takes no more.
    swept: Head,
    /// Whether the pass is through and was told of.
    told: bool,
}

/// Where a reader is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    topic: u32,
    place: u32,
}

impl Readers {
    /// Enters a reader. To be done before its first visit: what is published from here on starts a pass, and
    /// what was published before is in that visit.
    pub(super) fn enter(&mut self, topic: &Arc<Topic>, key: usize) -> Seat {
        let known = self
            .topics
            .iter()
            .find(|(_, reading)| Arc::ptr_eq(reading.sweep.topic(), topic));
        let at = match known {
            Some((at, _)) => at,
            None => {
                let (sweep, swept) = topic.sweep();
                self.topics.insert(Reading {
                    sweep,
                    keys: Vec::new(),
                    left: 0,
                    swept,
                    told: true,
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
    pub(super) fn turn(&mut self) {
        self.turn = self.served.wrapping_add(1);
    }

    /// Leaves the reader that was the last to be given out in the pass, since its visit was full before it had
    /// everything: a publisher that waits for the pass waits for it too.
    pub(super) fn again(&mut self, seat: Seat) {
        if let Some(reading) = self.topics.get_mut(seat.topic as usize)
            && reading.left == seat.place as usize
        {
            reading.left += 1;
        }
    }

    /// The next reader that may lack something.
    pub(super) fn next(&mut self) -> Option<usize> {
        let slots = self.topics.capacity().max(1);
        // Without a topic in its slot there is nothing to do; there are as many slots as topics at most were.
        for at in (0..slots).map(|n| (self.turn.wrapping_add(n)) % slots) {
            let Some(reading) = self.topics.get_mut(at) else {
                continue;
            };
            if reading.left == 0 {
                // Whoever asks for the next has visited the one before.
                if !std::mem::replace(&mut reading.told, true) {
                    reading.sweep.has_come(reading.swept);
                }
                if reading.sweep.topic().last() > reading.swept.seq {
                    reading.swept = reading.sweep.topic().head();
                    reading.left = reading.keys.len();
                    reading.told = false;
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
    use crate::config::TopicConfig;
    use crate::publish::{Batch, Draft};
    use crate::topics::Topics;

    fn pass(readers: &mut Readers) -> Vec<usize> {
        std::iter::from_fn(|| readers.next()).collect()
    }

    #[test]
    fn a_publish_starts_one_pass_over_its_readers() {
        let topics = Topics::new(TopicConfig::default());
        let (a, b) = (
            topics.topic("a").expect("room"),
            topics.topic("b").expect("room"),
        );
        let publish = |topic: &Topic| {
            _ = topic
                .publish_now(&Batch::one(Draft::default()))
                .expect("published");
        };
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
        assert_eq!(readers.next(), Some(2));
        publish(&a);
        assert_eq!(
            pass(&mut readers),
            [1, 0, 2, 1, 0],
            "news during a pass start another"
        );
    }

    /// Whatever leaves during a pass, every reader that stays is visited in it.
    #[test]
    fn nobody_is_left_out_when_others_leave_during_a_pass() {
        let topics = Topics::new(TopicConfig::default());
        let topic = topics.topic("a").expect("room");
        for gone in 0..6 {
            for visited in 0..6 {
                let mut readers = Readers::default();
                let mut seats: Vec<_> = (0..6).map(|key| readers.enter(&topic, key)).collect();
                topic
                    .publish_now(&Batch::one(Draft::default()))
                    .expect("published");
                let mut seen: Vec<usize> = (0..visited).filter_map(|_| readers.next()).collect();
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
        let topic = topics.topic("a").expect("room");
        let mut readers = Readers::default();
        let seat = readers.enter(&topic, 1);
        assert_eq!(readers.leave(seat), None);
        assert!(readers.topics.is_empty());
    }
}
