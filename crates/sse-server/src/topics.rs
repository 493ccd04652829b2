//! Topics: streams that somebody else feeds. What is published is kept in a ring, rendered once, and each
//! subscriber is a place in it.
//!
//! | module | what it is for |
//! |---|---|
//! | `id` | the ids that sort |
//! | `ring` | the events of one topic |
//! | `topic` | one topic: publish, subscribe |
//! | `subscription` | a subscriber's place, what it lacks, and the gaps it is told of |
//! | `view` | topics as the window and the API see them |
//!
//! Invariant: publishing never waits for a subscriber, and a subscriber never for another.

mod id;
mod ring;
mod subscription;
mod topic;
mod view;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use crate::config::TopicConfig;
use crate::error::Error;
use crate::publish::{Batch, Published};
pub(crate) use id::Place;
pub(crate) use subscription::{EARLIEST, Fed, GAP, RETRY, Subscription};
pub(crate) use topic::{Head, Sweep, Topic};
pub use view::TopicInfo;

/// Where topics are served.
pub(crate) const PREFIX: &str = "/topics/";

/// The longest name of a topic, in characters.
const MAX_NAME: usize = 64;

/// All topics of a server. They outlive its starts and stops.
#[derive(Debug)]
pub(crate) struct Topics {
    config: TopicConfig,
    set: Mutex<Set>,
    /// Changes with each publish to any topic, so that a sweeper is woken once however much was published.
    published: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Set {
    topics: BTreeMap<Arc<str>, Arc<Topic>>,
    /// When the latest topic began, so that no two lives of one name begin in the same millisecond.
    born: u64,
}

impl Topics {
    pub(crate) fn new(config: TopicConfig) -> Self {
        Self {
            config: TopicConfig {
                max_topics: config.max_topics.max(1),
                keep_events: config.keep_events.max(1),
                keep_bytes: config.keep_bytes.max(1),
                max_lag: config.max_lag.max(1),
                slow: config.slow,
            },
            set: Mutex::default(),
            published: watch::Sender::new(()),
        }
    }

    /// The topic of this name, which begins if there is none.
    ///
    /// # Errors
    /// A name outside the alphabet, or as many topics as may be.
    pub(crate) fn topic(&self, name: &str) -> Result<Arc<Topic>, Error> {
        if !is_name(name) {
            return Err(Error::BadTopic);
        }
        let mut set = lock(&self.set);
        if let Some(topic) = set.topics.get(name) {
            return Ok(Arc::clone(topic));
        }
        if set.topics.len() >= self.config.max_topics {
            // A name that was only tried keeps no place from one that is used.
            set.topics.retain(|_, topic| !topic.let_go());
        }
        if set.topics.len() >= self.config.max_topics {
            return Err(Error::TooManyTopics(self.config.max_topics));
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or(u64::MAX));
        set.born = now.max(set.born + 1);
        let topic = Arc::new(Topic::new(set.born, &self.config, self.published.clone()));
        set.topics.insert(name.into(), Arc::clone(&topic));
        Ok(topic)
    }

    /// A subscriber of the topic of this name.
    ///
    /// # Errors
    /// As [`topic`](Self::topic).
    pub(crate) fn subscribe(
        &self,
        name: &str,
        last_event_id: Option<&str>,
    ) -> Result<Subscription, Error> {
        loop {
            // It may make room for another between the two steps, and then begins anew.
            if let Some(subscription) = self.topic(name)?.subscribe(last_event_id) {
                return Ok(subscription);
            }
        }
    }

    /// Publishes to the topic of this name.
    ///
    /// # Errors
    /// As [`topic`](Self::topic), and as [`Topic::publish`].
    pub(crate) async fn publish(&self, name: &str, batch: &Batch) -> Result<Published, Error> {
        loop {
            if let Some(published) = self.topic(name)?.publish(batch).await {
                return published;
            }
        }
    }

    /// Changes when something was published to any topic.
    pub(crate) fn published(&self) -> watch::Receiver<()> {
        self.published.subscribe()
    }

    /// The topics as they are now, by name.
    pub(crate) fn view(&self) -> Vec<TopicInfo> {
        let topics = lock(&self.set).topics.clone();
        let view = |(name, topic): (&Arc<str>, &Arc<Topic>)| topic.view(name);
        topics.iter().map(view).collect()
    }
}

/// Whether a topic can have this name: 1 to 64 of `A-Z a-z 0-9 . _ ~ -`, none of which needs an escape in a URL, and a letter or digit first, so
/// that no client takes the name for a step between folders.
pub(crate) fn is_name(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._~-".contains(&b))
}

/// A lock whose holder panicked: what it guards is changed by steps that leave it sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::Draft;

    fn few(max_topics: usize) -> Topics {
        Topics::new(TopicConfig {
            max_topics,
            ..TopicConfig::default()
        })
    }

    #[test]
    fn names_have_a_stated_alphabet() {
        let topics = few(10);
        for good in ["a", "0", "News.v2_~-", &"x".repeat(64)] {
            topics.topic(good).expect(good);
        }
        for bad in [
            "",
            ".",
            "..",
            "-a",
            "_a",
            "a b",
            "a/b",
            "a%20",
            "ä",
            "a\n",
            &"x".repeat(65),
        ] {
            assert_eq!(topics.topic(bad).err(), Some(Error::BadTopic), "{bad:?}");
        }
    }

    #[test]
    fn a_full_set_makes_room_only_where_nothing_is_lost() {
        let topics = few(2);
        let first = topics.topic("first").expect("room");
        first
            .publish_now(&Batch::one(Draft::default()))
            .expect("published");
        let second = topics.topic("second").expect("room");
        let reader = second.subscribe(None).expect("it is there");
        assert_eq!(topics.topic("third").err(), Some(Error::TooManyTopics(2)));
        drop(reader);
        topics.topic("third").expect("the second was only tried");
        // Whoever still holds it must not publish or listen where nobody ever looks again.
        assert!(second.subscribe(None).is_none());
        let names: Vec<String> = topics.view().into_iter().map(|topic| topic.name).collect();
        assert_eq!(names, ["first", "third"]);
    }

    #[test]
    fn no_two_lives_of_a_name_are_taken_for_one() {
        let topics = few(1);
        let place = |name: &str| topics.topic(name).expect("room").view(name).last_id;
        assert_eq!(place("a"), None);
        let old = topics.topic("a").expect("it is there").born();
        topics.topic("b").expect("room");
        assert!(topics.topic("a").expect("room").born() > old);
    }
}
