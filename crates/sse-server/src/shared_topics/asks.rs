//! The topics whose followers may have something to ask of the engine.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};

use sse_engine::lock::lock;
use tokio::sync::Notify;

/// Each of them once, in the order in which they asked.
#[derive(Debug, Default)]
pub(super) struct Asks {
    /// No other lock is taken meanwhile: it may be taken under the lock of a topic.
    waiting: Mutex<Waiting>,
    /// Notified when there is one.
    some: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    order: VecDeque<Arc<str>>,
    names: HashSet<Arc<str>>,
}

impl Asks {
    /// The follower of this topic is to be asked what it wants.
    pub(super) fn add(&self, name: &Arc<str>) {
        let mut waiting = lock(&self.waiting);
        if waiting.names.insert(Arc::clone(name)) {
            waiting.order.push_back(Arc::clone(name));
        }
        drop(waiting);
        self.some.notify_one();
    }

    /// The topic that asked first, if one did.
    pub(super) fn next(&self) -> Option<Arc<str>> {
        let mut waiting = lock(&self.waiting);
        let name = waiting.order.pop_front()?;
        waiting.names.remove(&name);
        Some(name)
    }

    /// Returns when there may be one.
    pub(super) async fn some(&self) {
        self.some.notified().await;
    }

    /// What a topic wakes whose subscriber asks for a look at the engine.
    pub(super) fn waker(self: &Arc<Self>, name: &Arc<str>) -> Waker {
        Waker::from(Arc::new(Ask {
            asks: Arc::clone(self),
            name: Arc::clone(name),
        }))
    }
}

/// One topic that may ask.
struct Ask {
    asks: Arc<Asks>,
    name: Arc<str>,
}

impl Wake for Ask {
    fn wake(self: Arc<Self>) {
        self.asks.add(&self.name);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.asks.add(&self.name);
    }
}
