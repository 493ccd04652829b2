//! Visits to connections that have no place in their topic yet.

use sse_engine::time::Now;

use super::{State, Sweeper, TURN};
use crate::transport::delivery::Delivery;

impl Sweeper {
    /// Enters a connection that was visited for the first time, if it has no place yet. `reached`
    /// is how many looks at the engine there were before that visit.
    pub(super) fn await_place(&mut self, key: usize, reached: Option<u64>) {
        let (Some(reached), Some(delivery)) = (reached, self.open(key)) else {
            return;
        };
        if delivery.is_waiting()
            && let Some(topic) = delivery.topic()
        {
            let (topic, id) = (topic.clone(), delivery.id());
            delivery.note_place();
            self.waiting.enter(&topic, reached, (key, id));
        }
    }

    /// Visits some of those that may have a place now. Answers whether there are more.
    pub(super) fn place_some(&mut self, now: Now) -> bool {
        if self.waiting.is_empty() {
            return false;
        }
        for _ in 0..TURN {
            let Some((key, id)) = self.waiting.next() else {
                return false;
            };
            let waits = |delivery: &&Delivery| delivery.id() == id;
            let Some(delivery) = self.open(key).filter(waits) else {
                continue;
            };
            let Some(topic) = delivery.topic().cloned() else {
                continue;
            };
            let reached = topic.reached();
            if delivery.is_waiting() && !delivery.is_blocked() {
                self.visit(key, now);
            }
            let Some(delivery) = self.open(key).filter(waits) else {
                continue;
            };
            if delivery.is_waiting() {
                self.waiting.enter(&topic, reached, (key, id));
            } else {
                delivery.note_place();
            }
        }
        true
    }

    fn open(&self, key: usize) -> Option<&Delivery> {
        match &self.slots.get(key)?.state {
            State::Open(delivery) => Some(delivery),
            State::Closing { .. } | State::Free => None,
        }
    }
}
