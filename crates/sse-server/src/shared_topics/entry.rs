//! A topic that this node follows or has published to.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use sse_engine::Error;
use sse_engine::topics::{Append, Command, Follower, LogEntry, Position, Reply, Topic};

use super::births::Begun;
use super::queue::Waiting;

/// What this node knows of one topic.
///
/// How to drive it, under the lock of all of them: where a call answers that there are
/// [`steps`](Ring::steps), have them done. Ask [`command`](Self::command) when the topic
/// asks.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) follower: Follower,
    /// The copy of what the engine keeps, while somebody reads it or did lately.
    pub(super) ring: Option<Ring>,
    /// Publishes that wait for their turn, in the order in which they came.
    pub(super) queue: VecDeque<Waiting>,
    /// Whether publishes are under way: the next wait until these are answered.
    pub(super) is_publishing: bool,
    /// Set while the engine refuses this topic alone.
    pub(super) refused: Option<Refused>,
    /// Which process of the engine it was caught up with last, counted.
    process: u64,
}

/// The engine refused a topic.
#[derive(Debug)]
pub(super) struct Refused {
    /// What whoever publishes to it hears meanwhile.
    pub(super) why: Error,
    /// Before then, the engine is not asked.
    pub(super) until: Instant,
}

/// The copy of what the engine keeps.
#[derive(Debug)]
pub(super) struct Ring {
    pub(super) topic: Arc<Topic>,
    /// What is to be done to it.
    pub(super) steps: Vec<Append>,
    /// Whether a task does what was to be done. It may wait for readers of this node.
    pub(super) is_busy: bool,
    /// The round of the follower in which entries are read, where they are.
    read_in: Option<u64>,
    /// Whether the last read left it out, since it was busy.
    left_out: bool,
}

impl Ring {
    pub(super) fn new(topic: Arc<Topic>) -> Self {
        Self {
            topic,
            steps: Vec::new(),
            is_busy: false,
            read_in: None,
            left_out: false,
        }
    }

    /// Its steps are done. Answers whether it can be read again, and was not meanwhile.
    pub(super) fn rests(&mut self) -> bool {
        self.is_busy = false;
        std::mem::take(&mut self.left_out)
    }
}

impl Entry {
    /// The next question, if there is one.
    pub(super) fn command(&mut self, now: Instant) -> Option<Command> {
        if self.refused.as_ref().is_some_and(|it| now < it.until) {
            return None;
        }
        if let Some(ring) = &self.ring {
            // Its steps are done first.
            if ring.is_busy {
                return None;
            }
            self.follower.wants(ring.topic.looks_wanted());
        }
        self.follower.next(now)
    }

    /// Whether it is to be asked though nothing happened.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        let asks_again = self.refused.as_ref().map(|it| it.until);
        let due = self.follower.due().into_iter().chain(asks_again).min();
        due.is_some_and(|due| due <= now)
    }

    /// Takes the answer to a question from this process of the engine. Answers whether it can be
    /// read from now on, and was not before, and which lives began.
    pub(super) fn answered(&mut self, round: u64, reply: Reply, process: u64) -> (bool, Begun) {
        self.refused = None;
        let mut begun = self.begun(|follower, steps| follower.answered(round, reply, steps));
        begun.is_other_process = self.process != process;
        let reads = self.follower.reads_behind().map(|(round, _)| round);
        if reads.is_some() {
            self.process = process;
        }
        let ring = self.ring.as_ref();
        let is_read = reads.is_some() && ring.is_some_and(|ring| ring.read_in != reads);
        (is_read, begun)
    }

    /// Hands out steps, and answers which lives begin with them.
    fn begun(&mut self, act: impl FnOnce(&mut Follower, &mut Vec<Append>)) -> Begun {
        let mut none = Vec::new();
        let steps = self.ring.as_mut().map_or(&mut none, |ring| &mut ring.steps);
        let (ended, before) = (self.follower.ended(), steps.len());
        act(&mut self.follower, steps);
        let lives = steps[before..].iter().filter(|step| begins_life(step));
        Begun {
            lives: lives.count() as u64,
            ended: self.follower.ended() - ended,
            is_other_process: false,
        }
    }

    /// The place behind which it is to be read now, if it is.
    pub(super) fn reads_behind(&mut self) -> Option<Position> {
        let ring = self.ring.as_mut()?;
        let (round, place) = self.follower.reads_behind()?;
        ring.read_in = Some(round);
        ring.left_out = ring.is_busy;
        (!ring.is_busy).then_some(place)
    }

    /// Takes what was read behind that place. Answers which lives began.
    pub(super) fn read(&mut self, entries: Vec<LogEntry>) -> Begun {
        match self.ring.as_ref().and_then(|ring| ring.read_in) {
            Some(round) => self.begun(|follower, steps| follower.read(round, entries, steps)),
            None => Begun::default(),
        }
    }

    /// Why the engine refuses the topic, where it does and a publish may not go out for that.
    pub(super) fn refusal(&self) -> Option<&Error> {
        let refused = self.refused.as_ref()?;
        (!self.follower.may_publish()).then_some(&refused.why)
    }

    /// There is no ring any more.
    pub(super) fn unfollow(&mut self) {
        self.ring = None;
        self.follower.unfollow();
    }

    /// Whether nobody reads it, and nobody publishes to it at the moment.
    pub(super) fn is_idle(&self) -> bool {
        self.ring.is_none() && self.queue.is_empty() && !self.is_publishing
    }

    /// Whether nothing is lost with it.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.is_idle() && self.follower.is_over(now)
    }
}

/// Whether readers are told with it that nobody can count what they lack, which is so where a life
/// began.
fn begins_life(step: &Append) -> bool {
    matches!(step, Append::Gap { lost: None, .. })
}
