//! One topic: what was published to it, and how many listen.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use super::ring::Ring;
use super::subscription::{Reader, Subscription};
use super::{TopicInfo, lock};
use crate::config::TopicConfig;
use crate::error::Error;
use crate::publish::{Draft, Published};

/// A ring of events and the number of those who read it.
#[derive(Debug)]
pub(crate) struct Topic {
    pub(super) state: Mutex<State>,
    /// The number of the newest event, to be compared without the lock.
    last: AtomicU64,
    pub(super) config: TopicConfig,
    published: watch::Sender<()>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) ring: Ring,
    pub(super) subscribers: usize,
}

impl Topic {
    pub(super) fn new(born: u64, config: &TopicConfig, published: watch::Sender<()>) -> Self {
        Self {
            state: Mutex::new(State {
                ring: Ring::new(born, config.keep_events, config.keep_bytes),
                subscribers: 0,
            }),
            last: AtomicU64::new(0),
            config: config.clone(),
            published,
        }
    }

    /// Publishes the events in their order, with nothing in between.
    ///
    /// # Errors
    /// An id that an event which is still kept has: a client that comes back with it could not be told what
    /// it lacks. Nothing is published then.
    pub(crate) fn publish(&self, drafts: &[Draft]) -> Result<Published, Error> {
        let mut state = lock(&self.state);
        let given = drafts.iter().filter_map(|draft| draft.id.as_ref());
        for id in given {
            if state.ring.has_given(id) {
                return Err(Error::IdTaken(id.clone()));
            }
        }
        for draft in drafts {
            state.ring.push(draft);
        }
        let last = state.ring.last();
        let published = Published {
            id: state.ring.id(last),
            events: drafts.len(),
            subscribers: state.subscribers,
        };
        self.last.store(last, Ordering::Release);
        drop(state);
        self.published.send_replace(());
        Ok(published)
    }

    /// A subscriber that comes with this last event id, if it comes with one.
    pub(crate) fn subscribe(self: &Arc<Self>, last_event_id: Option<&str>) -> Subscription {
        let mut state = lock(&self.state);
        state.subscribers += 1;
        let reader = Reader::new(&state.ring, last_event_id);
        drop(state);
        Subscription::new(Arc::clone(self), reader)
    }

    /// The number of the newest event.
    pub(crate) fn last(&self) -> u64 {
        self.last.load(Ordering::Acquire)
    }

    /// The id of the event with this number.
    pub(crate) fn id(&self, seq: u64) -> String {
        lock(&self.state).ring.id(seq)
    }

    /// Whether nobody would miss it.
    pub(super) fn is_idle(&self) -> bool {
        let state = lock(&self.state);
        state.subscribers == 0 && state.ring.kept() == 0
    }

    pub(super) fn view(&self, name: &str) -> TopicInfo {
        let state = lock(&self.state);
        TopicInfo::new(name, &state.ring, state.subscribers)
    }

    #[cfg(test)]
    pub(super) fn born(&self) -> u64 {
        lock(&self.state).ring.place(0).born
    }
}
