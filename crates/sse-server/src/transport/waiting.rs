//! Which connections have no place in their topic yet, since the engine that keeps it has not said
//! where they go on. A look at the engine need not bring an event, so no pass over the readers of
//! the topic begins with it: these connections are visited instead.
//!
//! Invariant: nothing is kept of a connection that ended, however long the engine is away.

use std::collections::BTreeSet;
use std::sync::Arc;

use sse_engine::topics::Topic;

/// A connection: its key, and the id of its row, since the key may be another one's by now.
pub(super) type Waiter = (usize, u64);

/// Those connections, by their topics.
///
/// How to drive it: [`enter`](Self::enter) a connection that waits behind its first visit. When
/// topics have news, visit whom [`next`](Self::next) answers, until it answers nobody, and enter
/// again who still waits. Have each connection [`leave`](Self::leave) when it ends.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    topics: Vec<Group>,
}

/// Those of one topic.
#[derive(Debug)]
struct Group {
    topic: Arc<Topic>,
    /// What [`Topic::reached`] was when the last round of visits began.
    seen: u64,
    /// Those who wait for news.
    waits: BTreeSet<Waiter>,
    /// Those who are to be visited in this round.
    due: BTreeSet<Waiter>,
}

impl Waiting {
    /// Whether nobody waits, which is so wherever no engine keeps topics.
    pub(super) fn is_empty(&self) -> bool {
        self.topics.is_empty()
    }

    /// Enters a connection that was just visited, and was not given a place. `reached` is what
    /// [`Topic::reached`] was before that visit.
    pub(super) fn enter(&mut self, topic: &Arc<Topic>, reached: u64, key: Waiter) {
        let known = self
            .topics
            .iter_mut()
            .find(|group| Arc::ptr_eq(&group.topic, topic));
        match known {
            Some(group) => {
                group.seen = group.seen.min(reached);
                group.waits.insert(key);
            }
            None => self.topics.push(Group {
                topic: Arc::clone(topic),
                seen: reached,
                waits: BTreeSet::from([key]),
                due: BTreeSet::new(),
            }),
        }
    }

    /// Forgets a connection that ended. It need not have waited.
    pub(super) fn leave(&mut self, topic: &Arc<Topic>, key: Waiter) {
        let known = self
            .topics
            .iter()
            .position(|group| Arc::ptr_eq(&group.topic, topic));
        let Some(at) = known else { return };
        let group = &mut self.topics[at];
        group.waits.remove(&key);
        group.due.remove(&key);
        if group.is_empty() {
            self.topics.swap_remove(at);
        }
    }

    /// The next connection that may have a place now.
    pub(super) fn next(&mut self) -> Option<Waiter> {
        self.topics.retain(|group| !group.is_empty());
        for group in &mut self.topics {
            if group.due.is_empty() {
                let reached = group.topic.reached();
                if reached > group.seen {
                    group.seen = reached;
                    group.due = std::mem::take(&mut group.waits);
                }
            }
            if let Some(key) = group.due.pop_last() {
                return Some(key);
            }
        }
        None
    }
}

impl Group {
    fn is_empty(&self) -> bool {
        self.waits.is_empty() && self.due.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;
    use sse_engine::topics::{Append, Position, TopicConfig, Topics};

    fn look(topic: &Topic) {
        let reached = Append::Reached {
            head: Position { born: 1, seq: 0 },
            later_life: false,
            looks: 0,
            beat: false,
        };
        topic.replicate_now(&[reached]).expect("it is there");
    }

    #[test]
    fn who_waits_is_visited_once_for_each_look_at_the_engine_and_nobody_for_an_event() {
        let topics = Topics::new(TopicConfig::default());
        let (a, b) = (
            topics.copied(Waker::noop().clone()),
            topics.copied(Waker::noop().clone()),
        );
        let mut waiting = Waiting::default();
        assert!(waiting.is_empty());
        waiting.enter(&a, a.reached(), (1, 0));
        waiting.enter(&a, a.reached(), (2, 0));
        waiting.enter(&b, b.reached(), (3, 0));
        assert_eq!(waiting.next(), None);
        a.replicate_now(&[Append::Begin(Position { born: 1, seq: 0 })])
            .expect("it is there");
        assert_eq!(waiting.next(), None, "there was no look");
        let before = a.reached();
        look(&a);
        assert_eq!(waiting.next(), Some((2, 0)));
        // It still waits, and the look came after its visit began.
        waiting.enter(&a, before, (2, 0));
        assert_eq!(waiting.next(), Some((1, 0)));
        assert_eq!(
            waiting.next(),
            Some((2, 0)),
            "for the look that it may have missed"
        );
        assert_eq!(waiting.next(), None);
        look(&b);
        assert_eq!(waiting.next(), Some((3, 0)));
        assert_eq!(waiting.next(), None);
        assert!(waiting.is_empty());
    }

    /// An engine that was away for an hour left the keys of all who had come and gone meanwhile,
    /// and with them their topics.
    #[test]
    fn nothing_is_kept_of_who_ended_while_the_engine_was_away() {
        let topics = Topics::new(TopicConfig::default());
        let topic = topics.copied(Waker::noop().clone());
        let mut waiting = Waiting::default();
        for key in 0..100 {
            waiting.enter(&topic, topic.reached(), (key % 7, key as u64));
            assert_eq!(waiting.next(), None);
            waiting.leave(&topic, (key % 7, key as u64));
        }
        assert!(waiting.is_empty());
        assert_eq!(Arc::strong_count(&topic), 1, "nor of its topic");
        waiting.enter(&topic, topic.reached(), (1, 1));
        waiting.enter(&topic, topic.reached(), (2, 2));
        waiting.enter(&topic, topic.reached(), (3, 3));
        look(&topic);
        assert_eq!(waiting.next(), Some((3, 3)));
        waiting.leave(&topic, (2, 2));
        waiting.leave(&topic, (9, 9));
        assert_eq!(waiting.next(), Some((1, 1)), "who left is not visited");
        assert_eq!(waiting.next(), None);
    }
}
