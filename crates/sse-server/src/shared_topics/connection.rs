//! The connection to the engine: opened again and again, and what goes over it.
//!
//! Any call that fails ends it for all, since what answers next may be another process.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sse_engine::Error;
use sse_engine::lock::lock;
use sse_engine::topics::{Command, LogEntry, Position, Reply, Verb};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::back_off::BackOff;
use super::births::{Begun, MOMENT};
use super::counted::{Counted, counted};
use super::entry::Refused;
use super::link::{Link, ends_all};
use super::{Shared, State};
use crate::clock;
use crate::measures::EngineCall;

/// How long a connection may take to open.
const OPENING: Duration = Duration::from_secs(5);

/// From one count of the subscribers to the next.
const BEAT: Duration = Duration::from_secs(2);

/// How often it is looked which topics are due to be touched.
const LOOK: Duration = Duration::from_millis(250);

/// From one look for topics that nobody reads to the next.
const TIDY: Duration = Duration::from_secs(1);

/// How long a topic waits that the engine refused alone.
const REFUSED: Duration = Duration::from_secs(5);

/// How long the next read waits for the readers of this node to take what was read: a topic whose
/// readers take longer is left out of it.
const TAKING: Duration = Duration::from_millis(2);

/// What a read costs the engine for each topic, several times. A read is not begun anew more often,
/// however many topics come.
const READ_COST: Duration = Duration::from_micros(4);

/// Keeps a connection as long as there is somebody to ask for one.
pub(super) async fn keep(shared: Arc<Shared>) {
    let end = shared.end.clone();
    tokio::select! {
        () = end.cancelled() => {}
        () = connect(&shared) => {}
        () = tidy(&shared) => {}
        () = tell(&shared) => {}
    }
    shared.tell_of_lives();
    if let Some(link) = lock(&shared.state).link.take() {
        link.lost.cancel();
    }
}

/// Connects again and again.
async fn connect(shared: &Arc<Shared>) {
    shared.begun.notified().await;
    let mut back_off = BackOff::default();
    loop {
        let opened = std::pin::pin!(async {
            let opened = timeout(OPENING, shared.engine.connect()).await;
            opened.unwrap_or_else(|_| Err(Error::EngineAway("it does not answer".to_owned())))
        });
        match counted(&shared.counts, EngineCall::Connect, opened).await {
            Ok(log) => {
                let log = Counted::new(log, &shared.counts);
                let link = Arc::new(Link::new(Arc::new(log)));
                shared.connected(&link);
                serve(shared, &link).await;
                link.lost.cancel();
                shared.cut(&link.why_lost());
                if link.has_worked() {
                    back_off.begin_anew();
                }
            }
            Err(error) => shared.cut(&error),
        }
        sleep(back_off.next()).await;
    }
}

/// Uses a connection until it is lost.
async fn serve(shared: &Arc<Shared>, link: &Arc<Link>) {
    tokio::select! {
        () = link.lost.cancelled() => {}
        () = ask(shared, link) => {}
        () = read(shared, link) => {}
        () = beat(shared, link) => {}
    }
}

/// Asks what the followers want to know.
async fn ask(shared: &Arc<Shared>, link: &Arc<Link>) {
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let Some(name) = shared.asks.next() else {
            tokio::select! {
                () = shared.asks.some() => {}
                _ = look.tick() => shared.look(clock::now().instant),
            }
            continue;
        };
        // First, so that what the question brings along is fresh.
        let Ok(permit) = Arc::clone(&shared.calls).acquire_owned().await else {
            return;
        };
        let Some(command) = shared.command(&name, clock::now().instant) else {
            continue;
        };
        let (shared, link) = (Arc::clone(shared), Arc::clone(link));
        tokio::spawn(async move {
            let _permit = permit;
            tokio::select! {
                () = link.lost.cancelled() => {}
                () = answer(&shared, &link, &name, command) => {}
            }
        });
    }
}

async fn answer(shared: &Arc<Shared>, link: &Link, name: &Arc<str>, command: Command) {
    let reply = match command.verb {
        Verb::Touch(caller) => {
            let placed = link.log.touch(name, caller).await;
            placed.map(Reply::Touched)
        }
        Verb::Load(behind) => {
            let entries = link.log.load(name, behind).await;
            entries.map(Reply::Loaded)
        }
    };
    match reply {
        Ok(reply) => {
            link.works();
            shared.answered(name, command.round, reply);
        }
        Err(error) if ends_all(&error) => link.lose(error),
        Err(error) => shared.refused(name, link, error, clock::now().instant + REFUSED),
    }
}

/// Reads what comes in the topics that are followed, without end.
async fn read(shared: &Arc<Shared>, link: &Link) {
    loop {
        let behind = shared.places();
        if behind.is_empty() {
            shared.reads.notified().await;
            continue;
        }
        let entries = tokio::select! {
            entries = link.log.read(&behind) => entries,
            () = shared.reads.notified() => {
                let topics = u32::try_from(behind.len()).unwrap_or(u32::MAX);
                sleep(READ_COST * topics).await;
                continue;
            }
        };
        let tasks = match entries {
            Ok(entries) => shared.take(entries),
            Err(error) => return link.lose(error),
        };
        link.works();
        let taken = async {
            for task in tasks {
                // It fails with the runtime.
                _ = task.await;
            }
        };
        _ = timeout(TAKING, taken).await;
    }
}

/// Says how many listen here, and hears how many listen elsewhere.
async fn beat(shared: &Arc<Shared>, link: &Link) {
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beat.tick().await;
        let here = shared.here();
        match link.log.beat(&here).await {
            Ok(presence) => {
                link.works();
                shared.heard(presence, here, link.log.warnings());
            }
            Err(error) => return link.lose(error),
        }
    }
}

/// Lets topics go that nobody reads.
async fn tidy(shared: &Arc<Shared>) {
    let mut every = interval(TIDY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        shared.tidy(clock::now().instant);
    }
}

/// Tells of lives that began, a moment after the first of them.
async fn tell(shared: &Shared) {
    loop {
        shared.born.notified().await;
        sleep(MOMENT).await;
        shared.tell_of_lives();
    }
}

impl Shared {
    /// There is a connection, and nothing went over it yet.
    fn connected(self: &Arc<Self>, link: &Arc<Link>) {
        let now = clock::now();
        let (master, process) = (link.log.master(), link.log.process());
        let mut state = lock(&self.state);
        state.link = Some(Arc::clone(link));
        state.standing.there(link.log.warnings(), now.wall);
        if state.process != process {
            state.process = process;
            state.processes += 1;
        }
        let mut names = Vec::with_capacity(state.topics.len());
        for (name, entry) in &mut state.topics {
            entry.follower.connected();
            names.push((entry.ring.is_none(), Arc::clone(name)));
        }
        drop(state);
        self.changed.send_replace(());
        // Those that somebody reads are asked about first: there may be thousands of others.
        names.sort_by_key(|(is_unread, _)| *is_unread);
        names.iter().for_each(|(_, name)| self.asks.add(name));
        let place = self.engine.place();
        self.connections
            .engine_there(&place, master.as_deref(), now);
        for (_, name) in &names {
            self.publish_next(name);
        }
    }

    /// There is none, or no longer.
    fn cut(&self, why: &Error) {
        let now = clock::now();
        let why = match why {
            Error::EngineAway(why) | Error::MaybePublished(why) => why.clone(),
            other => other.to_string(),
        };
        let mut state = lock(&self.state);
        let worked = state.link.take().is_some_and(|link| link.has_worked());
        for entry in state.topics.values_mut() {
            entry.follower.cut();
            // Another engine may answer next.
            entry.refused = None;
        }
        let is_news = state.standing.away(&why, worked, now.wall);
        drop(state);
        if is_news {
            self.changed.send_replace(());
            self.connections.engine_lost(&why, now);
        }
    }

    /// Has those topics ask that are due by time.
    fn look(&self, now: Instant) {
        let state = lock(&self.state);
        let due = state.topics.iter().filter(|(_, entry)| entry.is_due(now));
        due.for_each(|(name, _)| self.asks.add(name));
    }

    /// What is to be asked of this topic now.
    fn command(&self, name: &str, now: Instant) -> Option<Command> {
        let mut state = lock(&self.state);
        state.topics.get_mut(name)?.command(now)
    }

    /// Takes an answer.
    fn answered(self: &Arc<Self>, name: &Arc<str>, round: u64, reply: Reply) {
        let mut state = lock(&self.state);
        let process = state.processes;
        let Some(entry) = state.topics.get_mut(name) else {
            return;
        };
        let (reads, begun) = entry.answered(round, reply, process);
        _ = self.work(name, entry);
        self.note_lives(&mut state, name, begun);
        drop(state);
        if reads {
            self.reads.notify_one();
        }
        self.asks.add(name);
        self.publish_next(name);
    }

    /// The engine refuses this topic alone over this connection, and is asked again then. Whoever
    /// waits to publish to it is told why.
    fn refused(&self, name: &str, link: &Link, why: Error, until: Instant) {
        let mut state = lock(&self.state);
        if !state.is_current(link) {
            return;
        }
        let State {
            topics, waiting, ..
        } = &mut *state;
        let Some(entry) = topics.get_mut(name) else {
            return;
        };
        // The question is over, and is to be asked anew.
        entry.follower.cut();
        entry.follower.connected();
        let publishers = match entry.follower.may_publish() {
            true => VecDeque::new(),
            false => std::mem::take(&mut entry.queue),
        };
        *waiting -= publishers.len();
        entry.refused = Some(Refused {
            why: why.clone(),
            until,
        });
        drop(state);
        for publisher in publishers {
            // It may have left.
            _ = publisher.answer.send(Err(why.clone()));
        }
    }

    /// The places behind which is to be read.
    fn places(&self) -> Vec<(Arc<str>, Position)> {
        let mut state = lock(&self.state);
        let topics = state.topics.iter_mut();
        let place = |(name, entry): (&Arc<str>, &mut super::Entry)| {
            Some((Arc::clone(name), entry.reads_behind()?))
        };
        topics.filter_map(place).collect()
    }

    /// Takes what was read, and answers the tasks that append it.
    fn take(self: &Arc<Self>, read: Vec<(Arc<str>, Vec<LogEntry>)>) -> Vec<JoinHandle<()>> {
        let mut tasks = Vec::new();
        let mut state = lock(&self.state);
        for (name, entries) in read {
            let Some(entry) = state.topics.get_mut(&name) else {
                continue;
            };
            let begun = entry.read(entries);
            tasks.extend(self.work(&name, entry));
            self.note_lives(&mut state, &name, begun);
        }
        tasks
    }

    /// Notes that lives of a topic began. Those who have no place in it yet get no gap.
    fn note_lives(&self, state: &mut State, name: &Arc<str>, begun: Begun) {
        if begun.lives == 0 {
            return;
        }
        state.lives += begun.lives;
        let ring = state.topics.get(name).and_then(|entry| entry.ring.as_ref());
        let subscribers = ring.map_or(0, |ring| {
            let topic = &ring.topic;
            topic.subscribers().saturating_sub(topic.waiting())
        });
        state.births.add(name, begun, subscribers);
        self.born.notify_one();
    }

    /// Tells in the log of the lives that began.
    fn tell_of_lives(&self) {
        let lives = lock(&self.state).births.take();
        for lives in lives {
            self.connections.new_lives(lives, clock::now());
        }
    }

    /// Has the steps of a topic done, where there are any. Answers the task that does them, where
    /// it was begun.
    fn work(self: &Arc<Self>, name: &Arc<str>, entry: &mut super::Entry) -> Option<JoinHandle<()>> {
        let ring = entry.ring.as_mut()?;
        if ring.steps.is_empty() || ring.is_busy {
            return None;
        }
        ring.is_busy = true;
        let (topic, steps) = (Arc::clone(&ring.topic), std::mem::take(&mut ring.steps));
        let (shared, name) = (Arc::clone(self), Arc::clone(name));
        Some(tokio::spawn(async move {
            // It is no longer there when nobody has read it for long.
            if topic.replicate(&steps).await.is_some() {
                shared.worked(&name, &topic);
            }
        }))
    }

    /// The steps of a topic are done: there may be more.
    fn worked(self: &Arc<Self>, name: &Arc<str>, topic: &Arc<sse_engine::topics::Topic>) {
        let mut state = lock(&self.state);
        let Some(entry) = state.topics.get_mut(name) else {
            return;
        };
        let Some(ring) = &mut entry.ring else { return };
        if !Arc::ptr_eq(&ring.topic, topic) {
            return;
        }
        let reads = ring.rests();
        _ = self.work(name, entry);
        drop(state);
        if reads {
            self.reads.notify_one();
        }
        self.asks.add(name);
    }
}
