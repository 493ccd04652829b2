//! Topics: streams whose events are published by others. A topic keeps its events in a ring, each
//! rendered once. Each subscriber has a position in the ring.
//!
//! | module | what it is for |
//! |---|---|
//! | `append` | what is done to the ring of a topic that an engine keeps |
//! | `batch` | events that are to be published |
//! | `budget` | the memory that the topics of all rooms share |
//! | `config` | the settings of topics |
//! | `counts` | how subscribers came back, and their gaps, counted |
//! | `follower` | what a node does with a topic of an engine that nodes share |
//! | `gap` | the event that tells of lost ones |
//! | `id` | the ids that sort |
//! | `log` | such an engine: what it is asked, and what it answers |
//! | `named` | events with their names in their data |
//! | `ring` | the events of one topic |
//! | `rules` | the rules that keep topics exact over nodes, for tests that leave one out |
//! | `topic` | one topic: publish, subscribe |
//! | `subscription` | a subscriber's position, the events that it still lacks, and its gap events |
//! | `view` | topics as the window and the API see them |
//!
//! Invariant: publishing never waits for a subscriber, and no subscriber waits for another.

mod append;
mod batch;
mod budget;
mod config;
mod counts;
mod follower;
mod gap;
mod id;
mod log;
mod named;
mod ring;
mod rules;
mod subscription;
mod topic;
mod view;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;

use crate::error::Error;
use crate::fault::Shift;
use crate::lock::lock;
use crate::time::{millis, since_1970};
pub use append::Append;
pub use batch::{Batch, retry_bounds};
pub use batch::{Draft, Published};
use budget::Budget;
pub use config::SUBSCRIBER_RETRY;
pub use config::{FirstBlock, Slow, TopicConfig};
pub use counts::Counts;
pub use follower::{Command, Follower, Reply, Verb};
pub use gap::GapReason;
pub use id::Position;
pub use log::{Answer, Caller, Engine, Log, LogEntry, Placed, Presence, Publication};
pub use subscription::{Filled, Form, Subscription};
pub use topic::{Head, Progress, Topic};
pub use view::TopicInfo;

/// Where topics are served.
pub const PREFIX: &str = "/topics/";

/// The longest name of a topic, in characters.
const MAX_NAME: usize = 64;

/// The topics of the default room, or of another one. They outlive starts and stops of the server.
///
/// How to drive them: [`publish`](Self::publish) and [`subscribe`](Self::subscribe) by name, which
/// begin a topic where there is none. A transport waits for [`changed`](Self::changed) and then
/// visits its subscribers. Somebody calls [`expire`](Self::expire) as often as
/// [`expires_every`](Self::expires_every) says. Clones are the same topics.
#[derive(Clone, Debug)]
pub struct Topics {
    /// The bounds, none of them 0. Each topic gets a copy when it begins.
    config: TopicConfig,
    /// Those that have a name. Its lock may be held while that of a topic is taken, never the other
    /// way round. Rooms share one, so that its bounds are those of all of them.
    set: Arc<Mutex<Set>>,
    /// What the names of a room's topics have in front of them in the set, which no name holds;
    /// empty for whoever has the set alone.
    prefix: Box<str>,
    /// What the events of all topics of the set share, where they share their memory.
    budget: Option<Arc<Budget>>,
    /// Changes with each publish to any topic and each end of one, so that a follower is woken once
    /// however much was published.
    changed: watch::Sender<()>,
    /// What their subscribers met. Those of all rooms have one.
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Set {
    /// By name, which is the order of a view. One that was ended is no longer here, though it may
    /// still have subscribers.
    topics: BTreeMap<Arc<str>, Arc<Topic>>,
    /// When the latest topic began, so that no two lives of one name begin in the same millisecond.
    born: u64,
}

impl Topics {
    /// None yet. A bound of 0 is taken for 1.
    pub fn new(config: TopicConfig) -> Self {
        Self {
            config: TopicConfig {
                max_topics: config.max_topics.max(1),
                keep_events: config.keep_events.max(1),
                keep_bytes: config.keep_bytes.max(1),
                max_lag: config.max_lag.max(1),
                ..config
            },
            set: Arc::default(),
            prefix: "".into(),
            budget: None,
            changed: watch::Sender::new(()),
            counts: Arc::default(),
        }
    }

    /// What all rooms but this one share: so many topics, which keep so many bytes together. They
    /// are as these in all else, and who follows these follows them.
    pub fn for_rooms(&self, max_topics: usize, all_bytes: usize) -> Self {
        Self {
            config: TopicConfig {
                max_topics,
                ..self.config.clone()
            },
            set: Arc::default(),
            prefix: "".into(),
            budget: Some(Arc::new(Budget::new(all_bytes))),
            changed: self.changed.clone(),
            counts: Arc::clone(&self.counts),
        }
    }

    /// The topics of the room of this name, among these.
    pub fn of_room(&self, room: &str) -> Self {
        Self {
            config: self.config.clone(),
            set: Arc::clone(&self.set),
            prefix: format!("{room}/").into(),
            budget: self.budget.clone(),
            changed: self.changed.clone(),
            counts: Arc::clone(&self.counts),
        }
    }

    /// A name as the set has it.
    fn key<'a>(&self, name: &'a str) -> Cow<'a, str> {
        match &*self.prefix {
            "" => name.into(),
            prefix => format!("{prefix}{name}").into(),
        }
    }

    /// The topic of this name, which begins at this time if there is none.
    ///
    /// # Errors
    /// A name outside the alphabet, or as many topics as may be.
    pub fn topic(&self, name: &str, wall: SystemTime) -> Result<Arc<Topic>, Error> {
        if !is_name(name) {
            return Err(Error::BadTopic);
        }
        let key = self.key(name);
        let mut set = lock(&self.set);
        if let Some(topic) = set.topics.get(&*key) {
            return Ok(Arc::clone(topic));
        }
        if set.topics.len() >= self.config.max_topics {
            // A name that was only tried keeps no place from one that is used.
            set.topics.retain(|_, topic| !topic.let_go());
        }
        if set.topics.len() >= self.config.max_topics {
            let most = self.config.max_topics;
            return Err(match self.budget {
                None => Error::TooManyTopics(most),
                Some(_) => Error::TooManyTopicsInRooms(most),
            });
        }
        set.born = millis(since_1970(wall)).max(set.born + 1);
        let (budget, changed) = (self.budget.clone(), self.changed.clone());
        let topic = Topic::new(set.born, &self.config, budget, changed);
        let topic = Arc::new(topic.counted(Arc::clone(&self.counts)));
        set.topics.insert(key.into(), Arc::clone(&topic));
        Ok(topic)
    }

    /// A copy of a topic that an engine keeps, with these settings, which is none of these topics:
    /// whoever reads the engine keeps it. `asks` is as in [`Topic::copy`].
    pub fn copied(&self, asks: Waker) -> Arc<Topic> {
        let topic = Topic::copy(&self.config, self.changed.clone(), asks);
        Arc::new(topic.counted(Arc::clone(&self.counts)))
    }

    /// The most topics at once.
    pub fn max_topics(&self) -> usize {
        self.config.max_topics
    }

    /// A subscriber of the topic of this name, which goes on at its last event id, moved by
    /// `shift`.
    ///
    /// # Errors
    /// As [`topic`](Self::topic).
    pub fn subscribe(
        &self,
        name: &str,
        last_event_id: Option<&str>,
        shift: Shift,
        wall: SystemTime,
    ) -> Result<Subscription, Error> {
        loop {
            // It may make room for another between the two steps, and then begins anew.
            let topic = self.topic(name, wall)?;
            if let Some(subscription) = Subscription::join_shifted(&topic, last_event_id, shift) {
                return Ok(subscription);
            }
        }
    }

    /// Publishes to the topic of this name. Where it is ended meanwhile, the rest goes to the one
    /// that begins then.
    ///
    /// # Errors
    /// As [`topic`](Self::topic), and as [`Topic::publish`].
    pub async fn publish(
        &self,
        name: &str,
        batch: &Batch,
        wall: SystemTime,
    ) -> Result<Published, Error> {
        let mut done = 0;
        loop {
            let topic = self.topic(name, wall)?;
            if let Some(published) = topic.publish(batch, &mut done).await {
                return published;
            }
        }
    }

    /// Ends the topic of this name. Answers whether there was one.
    ///
    /// Its subscribers are sent what they lack and then the end; those that come back are told of a
    /// gap by the topic that begins with them.
    pub fn end(&self, name: &str) -> bool {
        let ended = lock(&self.set).topics.remove(&*self.key(name));
        if let Some(topic) = &ended {
            topic.end();
        }
        ended.is_some()
    }

    /// Ends all of them, as [`end`](Self::end) does.
    pub fn end_all(&self) {
        lock(&self.set).topics.retain(|key, topic| {
            let own = key.starts_with(&*self.prefix);
            if own {
                topic.end();
            }
            !own
        });
    }

    /// Ends the topics that nobody has read or fed since a look that long ago. Answers how many
    /// those were. To be called now and then: a topic goes when it was idle at a first and a last
    /// look, and never used in between.
    pub fn expire(&self, now: Instant) -> usize {
        let ttl = self.config.ttl;
        if ttl.is_zero() {
            return 0;
        }
        let mut set = lock(&self.set);
        let before = set.topics.len();
        set.topics.retain(|_, topic| {
            let expired = topic.has_expired(now, ttl);
            if expired {
                topic.end();
            }
            !expired
        });
        before - set.topics.len()
    }

    /// How long it may be from one of those looks to the next.
    pub fn expires_every(&self) -> Option<Duration> {
        let ttl = self.config.ttl;
        let often = (ttl / 8).clamp(Duration::from_millis(100), Duration::from_secs(60));
        (!ttl.is_zero()).then_some(often)
    }

    /// Whether a blank line follows a keep-alive comment.
    pub fn keep_alive_blank(&self) -> bool {
        self.config.keep_alive_blank
    }

    /// Changes when something was published to any topic, and when one was ended.
    pub fn changed(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// What subscribers of these topics met, those of all rooms together.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The topics as they are now, by name.
    pub fn view(&self) -> Vec<TopicInfo> {
        let topics = lock(&self.set).topics.clone();
        let view = |(key, topic): (&Arc<str>, &Arc<Topic>)| {
            Some(topic.view(key.strip_prefix(&*self.prefix)?))
        };
        topics.iter().filter_map(view).collect()
    }
}

/// Whether a topic can have this name: 1 to 64 of `A-Z a-z 0-9 . _ ~ -`, none of which needs an
/// escape in a URL, and a letter or digit first, so that no client takes the name for a step
/// between folders.
pub fn is_name(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._~-".contains(&b))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::id::EARLIEST;
    use super::*;

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
            topics.topic(good, UNIX_EPOCH).expect(good);
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
            assert_eq!(
                topics.topic(bad, UNIX_EPOCH).err(),
                Some(Error::BadTopic),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn a_full_set_makes_room_only_where_nothing_is_lost() {
        let topics = few(2);
        let first = topics.topic("first", UNIX_EPOCH).expect("room");
        first
            .publish_now(&Batch::one(Draft::default()))
            .expect("it is there")
            .expect("published");
        let second = topics.topic("second", UNIX_EPOCH).expect("room");
        let reader = Subscription::join(&second, None).expect("it is there");
        assert_eq!(
            topics.topic("third", UNIX_EPOCH).err(),
            Some(Error::TooManyTopics(2))
        );
        drop(reader);
        topics
            .topic("third", UNIX_EPOCH)
            .expect("the second was only tried");
        // Whoever still holds it must not publish or listen where nobody ever looks again.
        assert!(Subscription::join(&second, None).is_none());
        let names: Vec<String> = topics.view().into_iter().map(|topic| topic.name).collect();
        assert_eq!(names, ["first", "third"]);
    }

    /// A topic stayed for ever once it had been published to, and with as many as there may be an
    /// EventSource of a new one got 503, which it never tries again after.
    #[test]
    fn a_topic_that_nobody_reads_and_nobody_feeds_goes_by_itself() {
        let topics = Topics::new(TopicConfig {
            ttl: Duration::from_secs(10),
            ..TopicConfig::default()
        });
        let begin = Instant::now();
        let look = |s| topics.expire(begin + Duration::from_secs(s));
        let names = || -> Vec<String> { topics.view().into_iter().map(|t| t.name).collect() };
        let publish = |name: &str| {
            let topic = topics.topic(name, UNIX_EPOCH).expect("room");
            topic
                .publish_now(&Batch::one(Draft::default()))
                .expect("it is there")
                .expect("published");
        };
        publish("idle");
        publish("fed");
        let reader = topics
            .subscribe("read", None, Shift::None, UNIX_EPOCH)
            .expect("room");
        let idle = topics.topic("idle", UNIX_EPOCH).expect("room");
        assert_eq!(look(0), 0);
        publish("fed");
        assert_eq!(look(9), 0);
        assert_eq!(look(10), 1);
        assert!(
            Subscription::join(&idle, None).is_none(),
            "it takes nobody any more"
        );
        assert_eq!(names(), ["fed", "read"]);
        drop(reader);
        assert_eq!(look(18), 0, "it was read until just now");
        assert_eq!(look(19), 1, "nobody has fed it since the look at 9 s");
        assert_eq!(look(28), 1);
        assert_eq!(names(), [""; 0]);

        let for_ever = Topics::new(TopicConfig {
            ttl: Duration::ZERO,
            ..TopicConfig::default()
        });
        for_ever.topic("a", UNIX_EPOCH).expect("room");
        assert_eq!(for_ever.expire(begin), 0);
        assert_eq!(for_ever.expire(begin + Duration::from_secs(1 << 40)), 0);
        assert_eq!(for_ever.expires_every(), None);
    }

    #[test]
    fn who_came_and_went_between_two_looks_has_used_the_topic() {
        let topics = few(1);
        let begin = Instant::now();
        let hour = Duration::from_secs(3600);
        drop(
            topics
                .subscribe("a", None, Shift::None, UNIX_EPOCH)
                .expect("room"),
        );
        assert_eq!(topics.expire(begin), 0);
        drop(
            topics
                .subscribe("a", None, Shift::None, UNIX_EPOCH)
                .expect("room"),
        );
        assert_eq!(topics.expire(begin + hour), 0);
        assert_eq!(topics.expire(begin + 2 * hour), 1);
    }

    #[test]
    fn a_topic_that_was_ended_begins_anew_with_its_next_use() {
        let topics = few(10);
        let old = topics.topic("a", UNIX_EPOCH).expect("room");
        old.publish_now(&Batch::one(Draft::default()))
            .expect("it is there")
            .expect("published");
        let mut reader = topics
            .subscribe("a", Some(EARLIEST), Shift::None, UNIX_EPOCH)
            .expect("room");
        assert!(topics.end("a") && !topics.end("a"));
        let mut out = crate::write_buffer::WriteBuffer::new();
        assert_eq!(reader.fill(&mut out), Filled::Over);
        assert_eq!(out.marks().len(), 1, "what it lacked comes first");
        assert!(Subscription::join(&old, None).is_none());
        assert!(topics.topic("a", UNIX_EPOCH).expect("room").born() > old.born());
    }

    #[test]
    fn rooms_have_topics_of_their_own_and_share_their_bounds() {
        let outside = few(1);
        let mut published = outside.changed();
        let all = outside.for_rooms(2, 1000);
        let (a, b) = (all.of_room("a"), all.of_room("a-b"));
        let publish = |topics: &Topics, bytes: usize| {
            let topic = topics.topic("news", UNIX_EPOCH)?;
            let data = "x".repeat(bytes);
            let batch = Batch::one(Draft {
                data,
                ..Draft::default()
            });
            topic.publish_now(&batch).expect("it is there")
        };
        let names = |topics: &Topics| -> Vec<(String, u64)> {
            let view = topics.view().into_iter();
            view.map(|topic| (topic.path, topic.published)).collect()
        };
        published.mark_unchanged();
        publish(&a, 600).expect("room");
        assert!(published.has_changed().expect("it is there"));
        publish(&b, 10).expect("room");
        publish(&b, 10).expect("room");
        publish(&outside, 5000).expect("its memory is its own");
        assert_eq!(names(&a), [("/topics/news".to_owned(), 1)]);
        assert_eq!(names(&b), [("/topics/news".to_owned(), 2)]);
        assert_eq!(names(&outside), [("/topics/news".to_owned(), 1)]);
        assert_eq!(publish(&b, 600).err(), Some(Error::TooManyBytes(1000)));
        assert_eq!(
            b.topic("more", UNIX_EPOCH).err(),
            Some(Error::TooManyTopicsInRooms(2))
        );
        a.end_all();
        assert_eq!((names(&a), names(&b).len()), (vec![], 1));
        publish(&b, 600).expect("what was ended takes no memory");
        assert!(b.topic("more", UNIX_EPOCH).is_ok());
        assert!(b.end("news") && !b.end("news") && !a.end("more"));
        assert_eq!(names(&outside).len(), 1);
    }

    #[test]
    fn no_two_lives_of_a_name_are_taken_for_one() {
        let topics = few(1);
        let place = |name: &str| {
            topics
                .topic(name, UNIX_EPOCH)
                .expect("room")
                .view(name)
                .last_id
        };
        assert_eq!(place("a"), None);
        let old = topics.topic("a", UNIX_EPOCH).expect("it is there").born();
        topics.topic("b", UNIX_EPOCH).expect("room");
        assert!(topics.topic("a", UNIX_EPOCH).expect("room").born() > old);
    }

    #[test]
    fn looks_for_idle_topics_are_frequent_enough_for_their_time() {
        let every = |ttl| {
            let config = TopicConfig {
                ttl,
                keep_alive_blank: false,
                ..TopicConfig::default()
            };
            let topics = Topics::new(config);
            assert!(!topics.keep_alive_blank());
            topics.expires_every()
        };
        let seconds = Duration::from_secs;
        assert_eq!(every(seconds(80)), Some(seconds(10)));
        assert_eq!(every(seconds(3600)), Some(seconds(60)), "once a minute");
        let least = Duration::from_millis(100);
        assert_eq!(every(Duration::from_millis(1)), Some(least));
        assert!(few(1).keep_alive_blank());
    }

    #[test]
    fn a_publish_wakes_whoever_waits_and_an_empty_step_does_not() {
        let topics = few(1);
        let mut published = topics.changed();
        published.mark_unchanged();
        let topic = topics.topic("a", UNIX_EPOCH).expect("room");
        assert!(!published.has_changed().expect("it is there"));
        let one = Batch::one(Draft::default());
        let done = topic.publish_now(&one).expect("it is there");
        done.expect("published");
        assert!(published.has_changed().expect("it is there"));
    }
}
