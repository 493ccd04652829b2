//! How far those have reached who visit the readers of a topic.

use std::sync::{Arc, Mutex};

use super::{Head, Topic};
use crate::lock::lock;

/// How far one follower has reached with its readers of a topic. Publishing waits while a follower
/// is far behind.
#[derive(Debug)]
pub struct Progress {
    /// Whose publishers it notifies, and whose followers it leaves when it is dropped.
    pub(super) topic: Arc<Topic>,
    /// What every reader of this follower has been offered. The topic's state holds it too, where a
    /// publish compares it with the newest event.
    pub(super) reached: Arc<Mutex<Head>>,
}

impl Progress {
    /// The topic that it has readers of.
    pub fn topic(&self) -> &Arc<Topic> {
        &self.topic
    }

    /// Every reader of this follower was visited since `head` was the newest.
    pub fn has_reached(&self, head: Head) {
        *lock(&self.reached) = head;
        self.topic.advanced.notify_waiters();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let mut state = lock(&self.topic.state);
        state
            .followers
            .retain(|reached| !Arc::ptr_eq(reached, &self.reached));
        drop(state);
        self.topic.advanced.notify_waiters();
    }
}

impl Topic {
    /// Tells it from all other topics that there are.
    pub fn address(self: &Arc<Self>) -> usize {
        Arc::as_ptr(self) as usize
    }
}
