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

    /// A connection ends, wherever it stands.
    pub(super) fn waits_no_more(&mut self, key: usize) {
        if self.waiting.is_empty() {
            return;
        }
        let Some(delivery) = self.open(key) else {
            return;
        };
        if let Some(topic) = delivery.topic() {
            let (topic, id) = (topic.clone(), delivery.id());
            self.waiting.leave(&topic, (key, id));
        }
    }

    fn open(&self, key: usize) -> Option<&Delivery> {
        match &self.slots.get(key)?.state {
            State::Open(delivery) => Some(delivery),
            State::Closing { .. } | State::Free => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;
    use std::task::Waker;
    use std::time::Duration;

    use sse_engine::keep_alive::KeepAlive;
    use sse_engine::pump::Pump;
    use sse_engine::topics::{Subscription, TopicConfig, Topics};
    use sse_wire::Framing;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::connections::{Connections, opened};
    use crate::transport::{Bounds, Socket};

    #[tokio::test]
    async fn who_leaves_while_it_waits_for_a_place_leaves_nothing_behind() {
        let topics = Topics::new(TopicConfig::default());
        let topic = topics.copied(Waker::noop().clone());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let at = listener.local_addr().expect("bound");
        let client = TcpStream::connect(at).await.expect("it listens");
        let (socket, _) = listener.accept().await.expect("it connects");
        let subscription = Subscription::join(&topic, None).expect("it is there");
        let delivery = Delivery::new(
            Socket::new(socket, &[], None),
            Vec::new(),
            Framing::Chunked,
            Pump::subscribed(subscription, KeepAlive::Off),
            opened(&Connections::new(1), "me"),
        );
        let bounds = Bounds {
            stall: Duration::from_secs(30),
            max_age: None,
        };
        let held = Arc::new(AtomicUsize::new(1));
        let mut sweeper = Sweeper::new(bounds, held, Arc::default());
        sweeper.take_in(delivery);
        assert!(!sweeper.waiting.is_empty(), "the engine has said nothing");
        drop(client);
        let ready = Arc::clone(&sweeper.ready);
        while !sweeper.slots.is_empty() {
            ready.any().await;
            sweeper.go();
        }
        assert!(sweeper.waiting.is_empty());
        assert_eq!(
            Arc::strong_count(&topic),
            1,
            "nobody has the topic any more"
        );
    }
}
