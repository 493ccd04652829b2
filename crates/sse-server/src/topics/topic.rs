//! One topic: what was published to it, and how many listen.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, watch};

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
    /// Told when a sweeper has come further.
    swept: Notify,
    /// The number of the newest event, to be compared without the lock.
    last: AtomicU64,
    pub(super) config: TopicConfig,
    published: watch::Sender<()>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) ring: Ring,
    pub(super) subscribers: usize,
    /// How far each sweeper that has readers of this topic has come.
    sweeps: Vec<Arc<Mutex<Head>>>,
}

/// What was published up to some moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// The number of the newest event.
    pub(crate) seq: u64,
    /// The bytes of all events.
    bytes: u64,
}

/// A sweeper's share in a topic: it says how far it has come with the readers that it has.
#[derive(Debug)]
pub(crate) struct Sweep {
    topic: Arc<Topic>,
    come: Arc<Mutex<Head>>,
}

impl Topic {
    pub(super) fn new(born: u64, config: &TopicConfig, published: watch::Sender<()>) -> Self {
        Self {
            state: Mutex::new(State {
                ring: Ring::new(born, config.keep_events, config.keep_bytes),
                subscribers: 0,
                sweeps: Vec::new(),
            }),
            swept: Notify::new(),
            last: AtomicU64::new(0),
            config: config.clone(),
            published,
        }
    }

    /// Publishes the events in their order. More of them than the ring could hold go out bit by bit, so that
    /// others may come in between.
    ///
    /// It waits while the sweepers are far behind with what was published before: a reader that takes
    /// everything at once must not lose an event because it was not visited in time. For readers that are
    /// slow nobody waits, neither here nor there.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub(crate) async fn publish(&self, drafts: &[Draft]) -> Result<Published, Error> {
        let mut published = Published {
            id: String::new(),
            events: 0,
            subscribers: 0,
        };
        for some in drafts.chunks(self.ahead()) {
            let mut swept = pin!(self.swept.notified());
            loop {
                // Before the look, so that no notice is missed.
                swept.as_mut().enable();
                if !self.is_ahead() {
                    break;
                }
                swept.as_mut().await;
                swept.set(self.swept.notified());
            }
            let some = self.append(some)?;
            published = Published {
                events: published.events + some.events,
                ..some
            };
        }
        Ok(published)
    }

    /// How many events the sweepers may be behind: half of what a reader that takes everything at once may.
    fn ahead(&self) -> usize {
        let most = usize::try_from(self.config.max_lag).unwrap_or(usize::MAX);
        (most.min(self.config.keep_events) / 2).max(1)
    }

    fn is_ahead(&self) -> bool {
        let state = lock(&self.state);
        let head = state.head();
        state.sweeps.iter().map(|come| *lock(come)).any(|come| {
            head.seq - come.seq >= self.ahead() as u64
                || head.bytes - come.bytes >= self.config.keep_bytes as u64 / 2
        })
    }

    /// Publishes the events in their order, with nothing in between, and waits for nothing.
    ///
    /// # Errors
    /// An id that an event which is still kept has: a client that comes back with it could not be told what
    /// it lacks. Nothing is published then.
    pub(crate) fn append(&self, drafts: &[Draft]) -> Result<Published, Error> {
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

    /// Takes part in the topic as a sweeper that has visited all its readers up to now, since it has none.
    pub(crate) fn sweep(self: &Arc<Self>) -> Sweep {
        let mut state = lock(&self.state);
        let come = Arc::new(Mutex::new(state.head()));
        state.sweeps.push(Arc::clone(&come));
        Sweep {
            topic: Arc::clone(self),
            come,
        }
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

    /// What was published up to now.
    pub(crate) fn head(&self) -> Head {
        lock(&self.state).head()
    }

    #[cfg(test)]
    pub(super) fn born(&self) -> u64 {
        lock(&self.state).ring.place(0).born
    }
}

impl State {
    fn head(&self) -> Head {
        Head {
            seq: self.ring.last(),
            bytes: self.ring.written(),
        }
    }
}

impl Sweep {
    pub(crate) fn topic(&self) -> &Arc<Topic> {
        &self.topic
    }

    /// Every reader of this sweeper was visited since `head` was the newest.
    pub(crate) fn has_come(&self, head: Head) {
        *lock(&self.come) = head;
        self.topic.swept.notify_waiters();
    }
}

impl Drop for Sweep {
    fn drop(&mut self) {
        let mut state = lock(&self.topic.state);
        state.sweeps.retain(|come| !Arc::ptr_eq(come, &self.come));
        drop(state);
        self.topic.swept.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::topics::Topics;

    fn drafts(n: usize) -> Vec<Draft> {
        vec![Draft::default(); n]
    }

    /// A burst used to leave the ring before the readers were visited: all of them were cut off as too slow.
    #[test]
    fn publishing_waits_for_the_sweepers_and_for_nobody_else() {
        let topics = Topics::new(TopicConfig {
            keep_events: 100,
            max_lag: 10,
            ..TopicConfig::default()
        });
        let topic = topics.topic("news").expect("room");
        let sweep = topic.sweep();
        let mut cx = Context::from_waker(Waker::noop());
        // A subscriber is nobody that is waited for.
        let reader = topic.subscribe(None);

        let many = drafts(12);
        let mut publish = pin!(topic.publish(&many));
        assert!(publish.as_mut().poll(&mut cx).is_pending());
        assert_eq!(topic.last(), 5, "half of the lag that readers may have");
        sweep.has_come(topic.head());
        assert!(publish.as_mut().poll(&mut cx).is_pending());
        assert_eq!(topic.last(), 10);
        sweep.has_come(topic.head());
        let Poll::Ready(Ok(published)) = publish.as_mut().poll(&mut cx) else {
            panic!("the last two had room");
        };
        assert_eq!((published.events, published.subscribers), (12, 1));
        assert_eq!(published.id, topic.id(12));
        drop(reader);

        let more = drafts(20);
        let mut publish = pin!(topic.publish(&more));
        assert!(publish.as_mut().poll(&mut cx).is_pending());
        drop(sweep);
        assert!(
            publish.as_mut().poll(&mut cx).is_ready(),
            "nobody is left to wait for"
        );
    }

    #[test]
    fn large_events_wait_before_they_push_out_what_was_not_seen() {
        let topics = Topics::new(TopicConfig {
            keep_bytes: 1000,
            ..TopicConfig::default()
        });
        let topic = topics.topic("news").expect("room");
        let _sweep = topic.sweep();
        let large = Draft {
            data: "x".repeat(600),
            ..Draft::default()
        };
        let mut cx = Context::from_waker(Waker::noop());
        let one = [large];
        assert!(pin!(topic.publish(&one)).poll(&mut cx).is_ready());
        assert!(pin!(topic.publish(&one)).poll(&mut cx).is_pending());
    }
}
