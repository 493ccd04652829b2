//! Topics that an engine keeps for many nodes, as this node serves them.
//!
//! Each topic that somebody reads here has a copy of what the engine keeps, which a
//! [`Follower`](sse_engine::topics::Follower) keeps up with it. This drives all followers over one
//! connection, and publishes over the same.
//!
//! | module | what it is for |
//! |---|---|
//! | `connection` | the connection: opened again and again, and what goes over it |
//! | `link` | one connection, and whether it works |
//! | `back_off` | how long to wait before the next try to connect |
//! | `counted` | the same connection, whose calls are counted for `/metrics` |
//! | `asks` | which followers may have something to ask |
//! | `births` | topics that began a new life, for the log |
//! | `entry` | one topic |
//! | `ending` | the end of a topic |
//! | `publishing` | publishes that wait for the engine |
//! | `queue` | the calls that they go out in |
//! | `status` | what the page is told |
//!
//! Invariant: an engine that is away, slow or wrong ends no subscriber's connection, delays no
//! stop, and costs a bounded amount of memory. It is asked for each topic, never for each
//! subscriber.

mod asks;
mod back_off;
mod births;
mod connection;
mod counted;
mod ending;
mod entry;
mod link;
mod publishing;
mod queue;
mod status;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sse_engine::Error;
use sse_engine::fault::Shift;
use sse_engine::lock::lock;
use sse_engine::topics::{
    Batch, Engine, Presence, Published, Subscription, TopicInfo, Topics, is_name,
};
use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

use self::asks::Asks;
use self::births::Births;
use self::entry::{Entry, Ring};
use self::link::Link;
use self::status::Standing;
use crate::clock;
use crate::connections::Connections;
use crate::measures::EngineCalls;

pub use status::{EngineState, EngineView};

/// Calls under way at once, of all topics.
const CALLS: usize = 64;

/// Topics that the engine refuses, of which the page is told.
const REFUSED: usize = 8;

/// How long a topic is followed that nobody reads.
const UNREAD: Duration = Duration::from_secs(30);

/// Topics that were published to and are not read, at most: of more, what this node knows of the
/// oldest is forgotten.
const EVIDENCE: usize = 10_000;

/// How many of the oldest are looked at for each new topic. One that is in use is passed over.
const OLDEST: usize = 64;

/// The topics that an engine keeps, as this node serves them. When it is dropped, the connection to
/// the engine ends.
pub(crate) struct SharedTopics {
    shared: Arc<Shared>,
    _end: DropGuard,
}

impl fmt::Debug for SharedTopics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedTopics").finish_non_exhaustive()
    }
}

/// What all that works for the topics shares.
struct Shared {
    engine: Arc<dyn Engine>,
    /// The name of this node.
    node: String,
    /// What copies are made after: settings, and whom to tell.
    topics: Topics,
    /// Where is noted that the engine is there, or lost.
    connections: Connections,
    /// Its lock may be held while that of a topic is taken.
    state: Mutex<State>,
    asks: Arc<Asks>,
    /// Notified when something else is to be read than what is being read.
    reads: Notify,
    /// Places for calls.
    calls: Arc<Semaphore>,
    /// What became of all calls.
    counts: Arc<EngineCalls>,
    /// Told when the engine came, went, or had something to say of the nodes.
    changed: watch::Sender<()>,
    /// Notified when there is a new life to tell of.
    born: Notify,
    /// Notified when the first connection is to be opened.
    begun: Notify,
    /// Cancelled when nobody asks for topics any more.
    end: CancellationToken,
}

struct State {
    /// By name.
    topics: BTreeMap<Arc<str>, Entry>,
    /// How many of them are followed.
    followed: usize,
    /// All of them, those first that were the first to be used, or to be passed over since.
    evidence: VecDeque<Arc<str>>,
    /// The connection, while there is one.
    link: Option<Arc<Link>>,
    standing: Standing,
    /// Publishes that wait for their turn.
    waiting: usize,
    /// The number of the last of these.
    numbers: u64,
    /// What the process of the engine called itself that was connected to last.
    process: Option<String>,
    /// How often it was another.
    processes: u64,
    /// Lives that were seen to begin.
    lives: u64,
    /// Those that are yet to be told of.
    births: Births,
    /// Entries of topics that are no longer followed that were no events.
    skipped: u64,
    /// How many nodes were heard of last.
    nodes: usize,
    /// Their names, as far as they are told.
    names: Vec<String>,
    /// By topic, how many listened on all other nodes.
    elsewhere: HashMap<Arc<str>, usize>,
}

impl State {
    /// Whether this is the connection that there is.
    fn is_current(&self, link: &Link) -> bool {
        let current = self.link.as_deref();
        current.is_some_and(|current| std::ptr::eq(current, link))
    }

    /// What is known of this topic, which is nothing at first.
    fn entry(&mut self, name: &Arc<str>) -> &mut Entry {
        if !self.topics.contains_key(name) {
            self.forget_oldest();
            self.evidence.push_back(Arc::clone(name));
        }
        let is_connected = self.link.is_some();
        self.topics.entry(Arc::clone(name)).or_insert_with(|| {
            let mut entry = Entry::default();
            if is_connected {
                entry.follower.connected();
            }
            entry
        })
    }

    /// Forgets what is known of the oldest topics, where those that nobody reads are too many.
    fn forget_oldest(&mut self) {
        for _ in 0..OLDEST {
            if self.topics.len() - self.followed < EVIDENCE {
                return;
            }
            let Some(oldest) = self.evidence.pop_front() else {
                return;
            };
            let is_used = |entry: &Entry| !entry.is_idle();
            match self.topics.get(&oldest).is_some_and(is_used) {
                true => self.evidence.push_back(oldest),
                false => {
                    let forgotten = self.topics.remove(&oldest);
                    self.skipped += forgotten.map_or(0, |entry| entry.follower.skipped());
                }
            }
        }
    }

    /// Follows one topic less, where as many are followed as may be, and there is one that nobody
    /// reads. Nothing is lost with it.
    fn make_room(&mut self, most: usize) {
        if self.followed < most {
            return;
        }
        let is_unread = |ring: &Ring| ring.topic.let_go_unread();
        let mut entries = self.topics.values_mut();
        let unread = entries.find(|entry| entry.ring.as_ref().is_some_and(is_unread));
        if let Some(entry) = unread {
            entry.unfollow();
            self.followed -= 1;
        }
    }
}

impl SharedTopics {
    /// Those of this engine, with the settings of `topics`. It works in the tokio runtime that this
    /// is called in, and connects from [`begin`](Self::begin) on.
    pub(crate) fn new(
        engine: Arc<dyn Engine>,
        node: String,
        topics: &Topics,
        connections: &Connections,
    ) -> Self {
        let shared = Arc::new(Shared {
            engine,
            node,
            topics: topics.clone(),
            connections: connections.clone(),
            state: Mutex::new(State {
                topics: BTreeMap::new(),
                followed: 0,
                evidence: VecDeque::new(),
                link: None,
                standing: Standing::new(clock::now().wall),
                waiting: 0,
                numbers: 0,
                process: None,
                processes: 0,
                lives: 0,
                births: Births::default(),
                skipped: 0,
                nodes: 0,
                names: Vec::new(),
                elsewhere: HashMap::new(),
            }),
            asks: Arc::default(),
            reads: Notify::new(),
            calls: Arc::new(Semaphore::new(CALLS)),
            counts: Arc::default(),
            changed: watch::Sender::default(),
            born: Notify::new(),
            begun: Notify::new(),
            end: CancellationToken::new(),
        });
        let end = shared.end.clone().drop_guard();
        tokio::spawn(connection::keep(Arc::clone(&shared)));
        Self { shared, _end: end }
    }

    /// Connects, and connects again from then on. Whoever reads the log reads it by then, so that
    /// they are told of the first try too.
    pub(crate) fn begin(&self) {
        self.shared.begun.notify_one();
    }

    /// A subscriber of this topic. It has no place yet where the topic was not followed.
    ///
    /// # Errors
    /// A name outside the alphabet, or as many topics as may be.
    pub(crate) fn subscribe(
        &self,
        name: &str,
        last_event_id: Option<&str>,
        shift: Shift,
    ) -> Result<Subscription, Error> {
        if !is_name(name) {
            return Err(Error::BadTopic);
        }
        self.shared.subscribe(&name.into(), last_event_id, shift)
    }

    /// Publishes the events to this topic; nothing is waited for once `stop` is over.
    ///
    /// # Errors
    /// [`Error::BadTopic`], and those of [`Log::publish`](sse_engine::topics::Log::publish).
    pub(crate) async fn publish(
        &self,
        name: &str,
        batch: Batch,
        stop: impl Future<Output = ()>,
    ) -> Result<Published, Error> {
        self.shared.publish(name, batch, stop).await
    }

    /// Drops what the engine keeps of this topic and begins a new life of it, on all nodes. Answers
    /// whether there was one; nothing is waited for once `stop` is over.
    ///
    /// # Errors
    /// [`Error::MaybeEnded`], and those of [`Log::end`](sse_engine::topics::Log::end) where nothing
    /// was done.
    pub(crate) async fn end(
        &self,
        name: &str,
        stop: impl Future<Output = ()>,
    ) -> Result<bool, Error> {
        if !is_name(name) {
            return Ok(false);
        }
        self.shared.end_topic(name, stop).await
    }

    /// The topics that are followed, by name.
    pub(crate) fn view(&self) -> Vec<TopicInfo> {
        let state = lock(&self.shared.state);
        let rings = state.topics.iter();
        let rings = rings.filter_map(|(name, entry)| Some((name, entry.ring.as_ref()?)));
        rings.map(|(name, ring)| ring.topic.view(name)).collect()
    }

    /// The engine, and who shares it.
    pub(crate) fn engine(&self) -> EngineView {
        self.shared.view()
    }

    /// Changes when the engine came, went, or had something to say of the nodes.
    pub(crate) fn changed(&self) -> watch::Receiver<()> {
        self.shared.changed.subscribe()
    }

    /// What became of the calls of the engine.
    pub(crate) fn calls(&self) -> &EngineCalls {
        &self.shared.counts
    }
}

impl Shared {
    fn subscribe(
        &self,
        name: &Arc<str>,
        last_event_id: Option<&str>,
        shift: Shift,
    ) -> Result<Subscription, Error> {
        loop {
            let topic = {
                let mut state = lock(&self.state);
                let known = state.topics.get(name).and_then(|entry| entry.ring.as_ref());
                match known {
                    Some(ring) => Arc::clone(&ring.topic),
                    None => {
                        let most = self.topics.max_topics();
                        state.make_room(most);
                        if state.followed >= most {
                            return Err(Error::TooManyFollowed(most));
                        }
                        let topic = self.topics.copied(self.asks.waker(name));
                        let entry = state.entry(name);
                        entry.ring = Some(Ring::new(Arc::clone(&topic)));
                        entry.follower.follow();
                        state.followed += 1;
                        self.asks.add(name);
                        topic
                    }
                }
            };
            if let Some(subscription) = Subscription::join_shifted(&topic, last_event_id, shift) {
                return Ok(subscription);
            }
            // Nobody had read it for long, and it is about to be let go.
            self.let_go(name, &topic);
        }
    }

    /// Follows a topic no longer that takes no more subscribers.
    fn let_go(&self, name: &str, topic: &Arc<sse_engine::topics::Topic>) {
        let mut state = lock(&self.state);
        let Some(entry) = state.topics.get_mut(name) else {
            return;
        };
        if let Some(ring) = &entry.ring
            && Arc::ptr_eq(&ring.topic, topic)
        {
            entry.unfollow();
            state.followed -= 1;
        }
    }

    /// Lets those topics go that nobody has read for a while, and forgets those of which nothing is
    /// to be known any more.
    fn tidy(&self, now: Instant) {
        let mut state = lock(&self.state);
        let (mut followed, mut skipped) = (0, 0);
        state.topics.retain(|_, entry| {
            let is_unread = |ring: &Ring| ring.topic.has_expired(now, UNREAD);
            if entry.ring.as_ref().is_some_and(is_unread) {
                entry.unfollow();
            }
            followed += usize::from(entry.ring.is_some());
            let is_over = entry.is_over(now);
            if is_over {
                skipped += entry.follower.skipped();
            }
            !is_over
        });
        state.followed = followed;
        state.skipped += skipped;
        let State {
            topics, evidence, ..
        } = &mut *state;
        evidence.retain(|name| topics.contains_key(name));
    }

    /// How many listen here, by topic.
    fn here(&self) -> Vec<(Arc<str>, usize)> {
        let state = lock(&self.state);
        let topics = state.topics.iter();
        let counts = topics.filter_map(|(name, entry)| {
            let count = entry.ring.as_ref()?.topic.subscribers();
            (count > 0).then(|| (Arc::clone(name), count))
        });
        counts.collect()
    }

    /// Takes what was heard of all nodes, after it was said how many listen `here`.
    /// And what is wrong with how the engine is set up.
    fn heard(&self, presence: Presence, here: Vec<(Arc<str>, usize)>, warnings: Vec<String>) {
        let mut elsewhere: HashMap<_, _> = presence.subscribers.into_iter().collect();
        for (name, count) in here {
            if let Some(all) = elsewhere.get_mut(&name) {
                *all = all.saturating_sub(count);
            }
        }
        elsewhere.retain(|_, count| *count > 0);
        let mut state = lock(&self.state);
        state.nodes = presence.nodes;
        state.names = presence.names;
        state.elsewhere = elsewhere;
        state.standing.warn(warnings);
        drop(state);
        self.changed.send_replace(());
    }

    /// How many listen to a topic on all nodes, about, and how many nodes there are.
    fn subscribers(&self, name: &str) -> (usize, usize) {
        let state = lock(&self.state);
        let ring = state.topics.get(name).and_then(|entry| entry.ring.as_ref());
        let here = ring.map_or(0, |ring| ring.topic.subscribers());
        let elsewhere = state.elsewhere.get(name).copied().unwrap_or_default();
        (here + elsewhere, state.nodes.max(1))
    }

    fn view(&self) -> EngineView {
        let state = lock(&self.state);
        let rings = state.topics.values();
        let rings = rings.filter_map(|entry| entry.ring.as_ref());
        let waiting = rings.map(|ring| ring.topic.waiting()).sum();
        let skipped = state.topics.values().map(|entry| entry.follower.skipped());
        let standing = &state.standing;
        let refused = state.topics.iter().filter_map(|(name, entry)| {
            let refused = entry.refused.as_ref()?;
            Some(format!("{name}: {}", refused.why))
        });
        let warnings = standing.warnings.iter().cloned();
        EngineView {
            place: self.engine.place(),
            master: state.link.as_ref().and_then(|link| link.log.master()),
            node: self.node.clone(),
            state: standing.state,
            since_ms: standing.since_ms,
            error: standing.error.clone(),
            lives: state.lives,
            reconnects: standing.connections.saturating_sub(1),
            nodes: state.nodes,
            names: state.names.clone(),
            followed: state.followed,
            waiting,
            skipped: skipped.sum::<u64>() + state.skipped,
            warnings: warnings.chain(refused.take(REFUSED)).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
