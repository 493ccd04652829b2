//! One topic: the events that were published to it, and the number of its subscribers.

mod copied;
mod progress;

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::time::{Duration, Instant};

use sse_wire::Event;
use tokio::sync::{Notify, watch};

use super::append::Append;
use super::batch::{Batch, Published};
use super::budget::Budget;
use super::config::{FirstBlock, TopicConfig};
use super::counts::Counts;
use super::gap::GapReason;
use super::ring::Ring;
use super::rules::{Rule, holds};
use super::view::TopicInfo;
use crate::error::Error;
use crate::lock::lock;
pub(super) use copied::Copied;
pub use progress::Progress;

/// Events that are published in one go, at most. So many take less than a millisecond.
const GO: usize = 1000;

/// What an entry that tells of a gap takes, at most, but for the id of the event that follows.
const GAP_BYTES: usize = 256;

/// Reconnection times that are remembered: who sets more than these while somebody is connected is
/// measuring something else.
const RETRIES: usize = 16;

/// A ring of events and the number of those who read it.
///
/// How to drive it: get it from [`Topics::topic`](super::Topics::topic), which begins it.
///
/// 1. Publish with [`publish`](Self::publish), and subscribe with
///    [`Subscription::join`](super::Subscription::join). Where either answers `None` the topic is
///    no longer there: ask for the name again.
/// 2. Whoever visits many readers calls [`follow`](Self::follow) before the first of them comes,
///    and [`Progress::has_reached`] after each pass over them. Publishers wait for that.
/// 3. Whether a pass is due, [`last`](Self::last) and [`is_over`](Self::is_over) tell without the
///    lock.
/// 4. [`Topics`](super::Topics) ends it. Subscribers are then sent what they lack, and the end.
#[derive(Debug)]
pub struct Topic {
    /// What publishing and subscribing change. They take the same lock, so that between the replay
    /// and the live events of a subscriber there is neither a hole nor a repeat.
    pub(super) state: Mutex<State>,
    /// Notified when a follower has reached a newer event.
    advanced: Notify,
    /// The number of the newest event. A publish writes it under the lock of `state`; sweepers
    /// compare it with the places of readers without that lock.
    last: AtomicU64,
    /// The number of the event before the oldest that is kept, written and read likewise: a reader
    /// below it has lost events.
    before: AtomicU64,
    /// How many looks at the engine were appended, of a topic that one keeps: a look need not bring
    /// an event, and whoever waits for a place has to be visited all the same.
    reached: AtomicU64,
    /// Whether it was ended, to be seen without the lock.
    over: AtomicBool,
    /// The bounds, which are the same for all topics. A copy, so that a visit needs nothing but its
    /// topic.
    pub(super) config: TopicConfig,
    /// The memory that its events share with those of other topics, where they do.
    budget: Option<Arc<Budget>>,
    /// Notifies the followers of all topics: it is the sender of [`Topics`](super::Topics), cloned.
    changed: watch::Sender<()>,
    /// What subscribers met. That of [`Topics`](super::Topics), where it is one of those.
    pub(super) counts: Arc<Counts>,
}

#[derive(Debug)]
pub(super) struct State {
    /// The events that are kept, rendered once for all subscribers.
    pub(super) ring: Ring,
    /// Subscriptions that were not dropped yet. While there is one, the topic neither expires nor
    /// makes room for another.
    pub(super) subscribers: usize,
    /// How many of these have no place yet.
    pub(super) waiting: usize,
    /// The numbers of the last events that set a reconnection time, and those in milliseconds.
    retries: VecDeque<(u64, u64)>,
    /// It was ended, or made room for another topic. Whoever still holds it asks for the name
    /// again.
    gone: bool,
    /// Counts publishes and the subscribers that came, so that two looks can tell that nothing
    /// happened in between.
    uses: u64,
    /// What `uses` was at the last look that found it changed, and when that was. Unset while
    /// somebody reads.
    idle: Option<(u64, Instant)>,
    /// How far each follower has reached. A follower visits many readers: in the server it is a
    /// sweeper.
    followers: Vec<Arc<Mutex<Head>>>,
    /// Of a topic that an engine keeps, what is known of the engine.
    pub(super) copy: Option<Copied>,
}

/// What was published up to some moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The number of the newest event.
    pub seq: u64,
    /// The bytes of all events.
    bytes: u64,
}

impl Topic {
    pub(super) fn new(
        born: u64,
        config: &TopicConfig,
        budget: Option<Arc<Budget>>,
        changed: watch::Sender<()>,
    ) -> Self {
        let ring = Ring::within(budget.clone(), born, config.keep_events, config.keep_bytes);
        Self::with(ring, None, config, budget, changed)
    }

    /// A copy of a topic that an engine keeps, yet to begin. Whoever reads the engine appends to
    /// it, and nobody else. `changed` is notified of it, and `asks` is woken when a subscriber asks
    /// for a look at the engine: under the lock of the topic, so it must do no more than tell.
    ///
    /// The bounds on the memory of rooms do not concern it.
    pub fn copy(config: &TopicConfig, changed: watch::Sender<()>, asks: Waker) -> Self {
        let tells_places = config.first_block == FirstBlock::Id && holds(Rule::TellPlaces);
        let ring = Ring::copy(tells_places, config.keep_events, config.keep_bytes);
        Self::with(ring, Some(Copied::new(asks)), config, None, changed)
    }

    fn with(
        ring: Ring,
        copy: Option<Copied>,
        config: &TopicConfig,
        budget: Option<Arc<Budget>>,
        changed: watch::Sender<()>,
    ) -> Self {
        Self {
            state: Mutex::new(State {
                ring,
                copy,
                subscribers: 0,
                waiting: 0,
                retries: VecDeque::new(),
                gone: false,
                uses: 0,
                idle: None,
                followers: Vec::new(),
            }),
            advanced: Notify::new(),
            last: AtomicU64::new(0),
            before: AtomicU64::new(0),
            reached: AtomicU64::new(0),
            over: AtomicBool::new(false),
            config: config.clone(),
            budget,
            changed,
            counts: Arc::default(),
        }
    }

    /// The same, which counts here what its subscribers meet.
    pub fn counted(self, counts: Arc<Counts>) -> Self {
        Self { counts, ..self }
    }

    /// Publishes the events in their order, those that are `done` left out, and counts there what
    /// it has done; `None` where the topic is no longer there. More of them than the ring could
    /// hold go out bit by bit, so that others may publish in between.
    ///
    /// It waits while the followers are far behind with what was published before: a reader that
    /// takes everything at once must not lose an event because it was not visited in time. For
    /// readers that are slow nobody waits, neither here nor there.
    ///
    /// # Errors
    /// An id that an event which is still kept has: a client that comes back with it could not be
    /// told what it lacks. Nothing is published then. Or no room in the memory that is shared: what
    /// came before the event that has none is published.
    pub async fn publish(
        &self,
        batch: &Batch,
        done: &mut usize,
    ) -> Option<Result<Published, Error>> {
        loop {
            let mut advanced = pin!(self.advanced.notified());
            // Before the look, so that no notice is missed.
            advanced.as_mut().enable();
            let published = match self.append(batch, *done, true)? {
                Ok(published) => published,
                refused => return Some(refused),
            };
            *done += published.events;
            if *done == batch.len() {
                return Some(Ok(Published {
                    events: *done,
                    ..published
                }));
            }
            match published.events {
                0 => advanced.await,
                // Others have their turn, followers among them.
                _ => tokio::task::yield_now().await,
            }
        }
    }

    /// Publishes the events from `first` on in one go; with `step` only as many as keep step with
    /// the followers.
    fn append(&self, batch: &Batch, first: usize, step: bool) -> Option<Result<Published, Error>> {
        let mut state = lock(&self.state);
        if state.gone {
            return None;
        }
        if let Some(id) = batch.id()
            && state.ring.has_given(id)
        {
            return Some(Err(Error::IdTaken(id.to_owned())));
        }
        let mut events = 0;
        let mut is_full = false;
        for event in batch.events(first) {
            if step && (events == GO || state.is_ahead(&self.config, most(&event))) {
                break;
            }
            is_full = !state.push(&event);
            if is_full {
                break;
            }
            events += 1;
        }
        state.uses += 1;
        let last = state.ring.last();
        let published = Published {
            id: state.ring.id(last),
            events,
            subscribers: state.subscribers,
            nodes: None,
        };
        self.before.store(state.ring.before(), Ordering::Release);
        self.last.store(last, Ordering::Release);
        drop(state);
        if events > 0 {
            self.changed.send_replace(());
        }
        Some(match &self.budget {
            Some(budget) if is_full => Err(Error::TooManyBytes(budget.most())),
            _ => Ok(published),
        })
    }

    /// Publishes all of it at once and waits for nobody: subscribers that are visited meanwhile may
    /// lose events, as with a batch that outruns the ring. `None` where the topic is no longer
    /// there.
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    pub fn publish_now(&self, batch: &Batch) -> Option<Result<Published, Error>> {
        self.append(batch, 0, false)
    }

    /// Does these steps, in their order: what the reader of an engine has read. It waits as
    /// [`publish`](Self::publish) does, so that no reader loses an event which its follower had no
    /// time to visit. `None` where the topic is no longer there.
    pub async fn replicate(&self, steps: &[Append]) -> Option<()> {
        let mut done = 0;
        loop {
            let mut advanced = pin!(self.advanced.notified());
            // Before the look, so that no notice is missed.
            advanced.as_mut().enable();
            let more = self.apply(&steps[done..], true)?;
            done += more;
            if done == steps.len() {
                return Some(());
            }
            match more {
                0 => advanced.await,
                // Others have their turn, followers among them.
                _ => tokio::task::yield_now().await,
            }
        }
    }

    /// The same at once, waiting for nobody.
    pub fn replicate_now(&self, steps: &[Append]) -> Option<()> {
        self.apply(steps, false).map(|_| ())
    }

    /// Does as many of these steps as go in one go, and answers how many those were.
    fn apply(&self, steps: &[Append], keep_step: bool) -> Option<usize> {
        let mut state = lock(&self.state);
        if state.gone {
            return None;
        }
        let mut done = 0;
        let mut reached = 0;
        for step in steps {
            let is_ahead = |bytes| keep_step && state.is_ahead(&self.config, bytes);
            match step {
                Append::Event(draft) => {
                    let event = draft.event();
                    if is_ahead(most(&event)) {
                        break;
                    }
                    state.push(&event);
                }
                Append::Gap { place, lost, next } => {
                    if is_ahead(GAP_BYTES) {
                        break;
                    }
                    state.ring.push_gap(*place, *lost, next.as_deref());
                    let why = match lost {
                        Some(_) => GapReason::Trimmed,
                        None => GapReason::Engine,
                    };
                    // Who has no place yet goes on behind it, or is told of a gap of its own.
                    self.counts.gap(why, state.subscribers - state.waiting);
                }
                Append::Begin(place) => state.ring.begin(*place),
                Append::Reached {
                    head,
                    later_life,
                    looks,
                    beat,
                } => {
                    if let Some(copy) = &mut state.copy {
                        copy.head = Some(*head);
                        copy.later_life |= later_life;
                        copy.answered = *looks;
                        copy.beats += u64::from(*beat);
                    }
                    reached += 1;
                }
            }
            done += 1;
            if keep_step && done == GO {
                break;
            }
        }
        self.before.store(state.ring.before(), Ordering::Release);
        self.last.store(state.ring.last(), Ordering::Release);
        self.reached.fetch_add(reached, Ordering::Release);
        drop(state);
        if done > 0 {
            self.changed.send_replace(());
        }
        Some(done)
    }

    /// How many looks at the engine subscribers have asked for: the reader of the engine hands it
    /// on to its follower. 0 where no engine keeps the topic.
    pub fn looks_wanted(&self) -> u64 {
        let state = lock(&self.state);
        state.copy.as_ref().map_or(0, |copy| copy.asked)
    }

    /// Goes up when a look at the engine was appended: subscribers that wait for a place may have
    /// one from then on, though [`last`](Self::last) need not have changed.
    pub fn reached(&self) -> u64 {
        self.reached.load(Ordering::Acquire)
    }

    /// Whether an engine keeps it, and this is a copy.
    pub fn is_copy(&self) -> bool {
        lock(&self.state).copy.is_some()
    }

    /// How many listen.
    pub fn subscribers(&self) -> usize {
        lock(&self.state).subscribers
    }

    /// How many of these wait for a place, since the engine has not said yet where they go on.
    pub fn waiting(&self) -> usize {
        lock(&self.state).waiting
    }

    /// The reconnection time in milliseconds that the last event set, of those behind `from` up to
    /// `to`.
    pub(super) fn retry_between(&self, from: u64, to: u64) -> Option<u64> {
        let state = lock(&self.state);
        let mut retries = state.retries.iter();
        let last = retries.find(|(number, _)| (from + 1..=to).contains(number));
        last.map(|(_, ms)| *ms)
    }

    /// The number of the event that has this id, or had it where that is still known.
    pub fn find(&self, id: &str) -> Option<u64> {
        lock(&self.state).ring.find(id)
    }

    /// Takes part in the topic as a follower that has visited all its readers up to now, since it
    /// has none. Answers that moment too, taken under the same lock: what comes later is to be told
    /// of.
    pub fn follow(self: &Arc<Self>) -> (Progress, Head) {
        let mut state = lock(&self.state);
        let head = state.head();
        let reached = Arc::new(Mutex::new(head));
        state.followers.push(Arc::clone(&reached));
        let progress = Progress {
            topic: Arc::clone(self),
            reached,
        };
        (progress, head)
    }

    /// The number of the newest event.
    pub fn last(&self) -> u64 {
        self.last.load(Ordering::Acquire)
    }

    /// The number of the event before the oldest that is kept.
    pub fn before(&self) -> u64 {
        self.before.load(Ordering::Acquire)
    }

    /// The id of the event with this number.
    pub fn id(&self, seq: u64) -> String {
        lock(&self.state).ring.id(seq)
    }

    /// Lets the topic go if nobody would miss it: nobody reads it and it keeps nothing.
    pub(super) fn let_go(&self) -> bool {
        let mut state = lock(&self.state);
        state.gone = state.subscribers == 0 && state.ring.kept() == 0;
        state.gone
    }

    /// Lets a copy of a topic that an engine keeps go if nobody reads it: nothing is lost with it.
    /// From then on nobody can read it. Answers whether it goes.
    pub fn let_go_unread(&self) -> bool {
        let mut state = lock(&self.state);
        state.gone |= state.subscribers == 0;
        state.gone
    }

    /// Ends it: those who read it are sent what they lack and then the end, and nothing is
    /// published to it any more.
    pub(super) fn end(&self) {
        lock(&self.state).gone = true;
        self.over.store(true, Ordering::Release);
        self.changed.send_replace(());
        // A publisher that waits for followers goes on with the topic that begins next.
        self.advanced.notify_waiters();
    }

    /// Whether nobody has read it or fed it since a look at least `ttl` before this one, at `now`.
    /// From then on nobody can: what came between this and its end would be lost. What the reader
    /// of an engine appends is no use of it.
    pub fn has_expired(&self, now: Instant, ttl: Duration) -> bool {
        let mut state = lock(&self.state);
        if state.subscribers > 0 {
            state.idle = None;
            return false;
        }
        match state.idle {
            Some((uses, since)) if uses == state.uses => {
                state.gone = now.saturating_duration_since(since) >= ttl;
                state.gone
            }
            _ => {
                state.idle = Some((state.uses, now));
                false
            }
        }
    }

    /// Whether it was ended.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Whether a subscriber is told where it is before it is sent an event.
    pub fn tells_place(&self) -> bool {
        self.config.first_block == FirstBlock::Id
    }

    /// It as the window and the API see it, under this name.
    pub fn view(&self, name: &str) -> TopicInfo {
        let state = lock(&self.state);
        TopicInfo::new(name, &state.ring, state.subscribers, &self.config)
    }

    /// What was published up to now.
    pub fn head(&self) -> Head {
        lock(&self.state).head()
    }

    #[cfg(test)]
    pub(super) fn born(&self) -> u64 {
        lock(&self.state).ring.position(0).born
    }
}

impl State {
    /// Appends an event to the ring. Answers whether there was room.
    fn push(&mut self, event: &Event<'_>) -> bool {
        let Some(number) = self.ring.push(event) else {
            return false;
        };
        if let Some(ms) = event.retry {
            self.retries.truncate(RETRIES - 1);
            self.retries.push_front((number, ms));
        }
        true
    }

    /// Counts one subscriber more, where the topic is still there. Answers whether it is.
    pub(super) fn join(&mut self) -> bool {
        if self.gone {
            return false;
        }
        self.subscribers += 1;
        self.uses += 1;
        true
    }

    /// Whether it was ended while somebody read it.
    pub(super) fn is_over(&self) -> bool {
        self.gone
    }

    fn head(&self) -> Head {
        Head {
            seq: self.ring.last(),
            bytes: self.ring.written(),
        }
    }

    /// Whether one more event of `bytes` could push out, or leave too far behind, a reader that its
    /// follower has not visited in time.
    fn is_ahead(&self, config: &TopicConfig, bytes: usize) -> bool {
        // Half, so that a reader which is visited while more is published stays well within its
        // bound.
        let most = usize::try_from(config.max_lag).unwrap_or(usize::MAX);
        let events = (most.min(config.keep_events) / 2).max(1) as u64;
        let head = self.head();
        self.followers
            .iter()
            .map(|reached| *lock(reached))
            .any(|reached| {
                let unseen = head.bytes - reached.bytes;
                head.seq - reached.seq >= events
                    || (unseen > 0 && unseen + bytes as u64 > config.keep_bytes as u64)
            })
    }
}

/// What an event takes in the ring at most: `data: ` and a line end for each line, the other
/// fields, an id.
fn most(event: &Event<'_>) -> usize {
    const LINE: usize = 7;
    const REST: usize = 256;
    let data = event.data.unwrap_or_default();
    let lines = 1 + data.bytes().filter(|b| matches!(b, b'\r' | b'\n')).count();
    let named = event.event.map_or(0, str::len) + event.id.map_or(0, str::len);
    data.len() + lines * LINE + named + REST
}

#[cfg(test)]
mod tests;
