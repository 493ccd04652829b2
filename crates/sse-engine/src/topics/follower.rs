//! What a node does with one topic of an engine that many nodes share: when it asks the engine
//! what, and what the answers mean for the ring.
//!
//! It is a state machine without clock, socket or task, as the pump is. It takes instants, answers
//! and the loss of a connection. It hands out the next command, and the steps that the topic does.
//!
//! Exactly once (invariants 11 to 13): the ring is a copy of the engine's, with one writer. What
//! the engine may have lost begins a new life there, and a life that is not the ring's is a gap for
//! everybody who reads the ring.

use std::time::{Duration, Instant};

use super::append::Append;
use super::id::Position;
use super::log::{Caller, LogEntry, Placed};
use super::rules::{Rule, holds};

/// From one touch of a topic that is followed to the next. A write tells a demoted master from one
/// that is still in force, which a read does not.
const BEAT: Duration = Duration::from_secs(5);

/// How long the place of a publish is brought along. Who was acknowledged longer ago is believed to
/// be read by now.
const EVIDENCE: Duration = Duration::from_secs(3600);

/// One topic of an engine, as one node sees it.
///
/// How to drive it, for each topic that is followed or published to:
///
/// 1. [`connected`](Self::connected) and [`cut`](Self::cut) with the connections to the engine, and
///    [`follow`](Self::follow) and [`unfollow`](Self::unfollow) with the subscribers. A ring is
///    made anew for each `follow`.
/// 2. Ask [`next`](Self::next) for a command: at first, after each answer, when the topic wants a
///    look ([`wants`](Self::wants)), and at [`due`](Self::due). Send it, and hand its answer to
///    [`answered`](Self::answered). There is one command at a time; what fails is a `cut`.
/// 3. Where [`reads_behind`](Self::reads_behind) names a place, read behind it without end, and
///    hand what comes to [`read`](Self::read). Commands go on meanwhile.
/// 4. Do the steps in the order in which they were handed out, before the next are asked for.
/// 5. Publish only while [`may_publish`](Self::may_publish), with [`caller`](Self::caller), and
///    hand the answer to [`published`](Self::published) or [`repeated`](Self::repeated).
#[derive(Debug, Default)]
pub struct Follower {
    /// Whether a ring is kept.
    follows: bool,
    /// The last place of the ring; `None` until it begins.
    last: Option<Position>,
    /// The last entry that was read, whether or not it was an event.
    cursor: Option<Position>,
    /// The latest life that it knows of.
    known: u64,
    /// The last place of an event of which a publisher was told that it was published, and when one
    /// was told last.
    acked: Option<(Position, Instant)>,
    /// Tells commands of this connection and this ring from older ones.
    round: u64,
    /// Whether there is a connection.
    connected: bool,
    /// Whether the engine was touched on this connection.
    touched: bool,
    /// Whether the ring has, since the connection and the ring began, all that the engine had then.
    caught_up: bool,
    /// What is being done.
    step: Option<Step>,
    /// When the next touch is due by time.
    beat_due: Option<Instant>,
    /// How many looks were asked for.
    wanted: u64,
    /// How many of these were answered.
    looked: u64,
    /// Entries that were no events.
    skipped: u64,
    /// Lives that it read to begin because the topic was ended.
    ended: u64,
}

/// A look at the engine.
#[derive(Clone, Copy, Debug)]
struct Look {
    /// How many looks were asked for when it began.
    wanted: u64,
    /// Whether it was due by time.
    beat: bool,
}

/// What is being done: a touch, then as many loads as it takes.
#[derive(Clone, Copy, Debug)]
enum Step {
    Touching(Look),
    /// The next load is yet to be handed out.
    Touched(Look, Placed),
    Loading(Look, Placed),
}

/// What the engine is to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// To be handed back with the answer.
    pub round: u64,
    /// The question.
    pub verb: Verb,
}

/// A question of one topic: see [`Log`](super::Log).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// [`Log::touch`](super::Log::touch).
    Touch(Caller),
    /// [`Log::load`](super::Log::load), behind this place.
    Load(Option<Position>),
}

/// What the engine answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// To [`Verb::Touch`].
    Touched(Placed),
    /// To [`Verb::Load`].
    Loaded(Vec<LogEntry>),
}

impl Follower {
    /// Of a topic that nothing is known of, without a connection.
    pub fn new() -> Self {
        Self::default()
    }

    /// There is a new connection. Nothing is read from it or published over it before the engine
    /// was touched, so that a new process that answers begins a new life.
    pub fn connected(&mut self) {
        self.cut();
        self.connected = true;
    }

    /// The connection is lost. What it still answers is nothing.
    pub fn cut(&mut self) {
        self.connected = false;
        self.touched = false;
        self.begin_round();
    }

    /// There is a ring, which is empty, and somebody reads it.
    pub fn follow(&mut self) {
        self.follows = true;
        self.last = None;
        self.cursor = None;
        // Whoever asked for a look read another ring.
        (self.wanted, self.looked) = (0, 0);
        self.begin_round();
    }

    /// There is no ring any more. What was read is forgotten with it; what was published is not.
    pub fn unfollow(&mut self) {
        self.follows = false;
        self.last = None;
        self.cursor = None;
        self.begin_round();
    }

    fn begin_round(&mut self) {
        self.round += 1;
        self.step = None;
        self.caught_up = false;
    }

    /// So many looks at the engine were asked for, by those who read the ring.
    pub fn wants(&mut self, looks: u64) {
        self.wanted = self.wanted.max(looks);
    }

    /// The next question, if there is one at this time. It is under way from now on.
    pub fn next(&mut self, now: Instant) -> Option<Command> {
        let verb = match self.step {
            None => {
                let look = self.look(now)?;
                self.step = Some(Step::Touching(look));
                Verb::Touch(self.caller(now))
            }
            Some(Step::Touched(look, target)) => {
                self.step = Some(Step::Loading(look, target));
                Verb::Load(self.cursor)
            }
            Some(Step::Touching(_) | Step::Loading(..)) => return None,
        };
        Some(Command {
            round: self.round,
            verb,
        })
    }

    /// The look that is due at this time.
    fn look(&mut self, now: Instant) -> Option<Look> {
        let is_known = self.follows || self.caller(now) != Caller::default();
        if !self.connected || !is_known {
            return None;
        }
        let beat = self.follows && self.beat_due.is_none_or(|due| due <= now);
        let is_new = !self.touched || self.follows && !self.caught_up;
        if !beat && !is_new && self.wanted <= self.looked {
            return None;
        }
        if beat {
            self.beat_due = Some(now + BEAT);
        }
        Some(Look {
            wanted: self.wanted,
            beat,
        })
    }

    /// When [`next`](Self::next) is to be asked though nothing happened.
    pub fn due(&self) -> Option<Instant> {
        let is_idle = self.connected && self.follows && self.step.is_none();
        self.beat_due.filter(|_| is_idle)
    }

    /// Takes the answer to a command of this round, and appends what is to be done.
    pub fn answered(&mut self, round: u64, reply: Reply, out: &mut Vec<Append>) {
        if round != self.round {
            return;
        }
        match (reply, self.step) {
            (Reply::Touched(placed), Some(Step::Touching(look))) => {
                self.touched = true;
                self.known = self.known.max(placed.last.born);
                if !self.follows {
                    self.step = None;
                } else if self.last >= Some(placed.last) {
                    self.reached(look, placed, out);
                } else {
                    self.step = Some(Step::Touched(look, placed));
                }
            }
            (Reply::Loaded(entries), Some(Step::Loading(look, target))) => {
                let is_all = entries.is_empty() || !holds(Rule::ReadAll);
                self.take(entries, out);
                if self.last >= Some(target.last) || is_all {
                    self.reached(look, target, out);
                } else {
                    self.step = Some(Step::Touched(look, target));
                }
            }
            _ => {}
        }
    }

    /// The ring has what the engine had at the touch. What the engine lacks of it, it has lost or
    /// dropped.
    fn reached(&mut self, look: Look, target: Placed, out: &mut Vec<Append>) {
        let place = target.last;
        match self.last {
            None => {
                out.push(Append::Begin(place));
                self.last = Some(place);
            }
            Some(last) if last < place && holds(Rule::QuietLife) => {
                let lost = (last.born == place.born).then(|| place.seq - last.seq);
                out.push(Append::Gap {
                    place,
                    lost,
                    next: None,
                });
                self.last = Some(place);
            }
            Some(_) => {}
        }
        // Whatever it read behind the engine's last place was none of the engine's.
        self.cursor = self.last;
        out.push(Append::Reached {
            head: place,
            later_life: target.later_life,
            looks: look.wanted,
            beat: look.beat,
        });
        self.looked = look.wanted;
        self.caught_up = true;
        self.step = None;
    }

    /// The place behind which is to be read, while there is one.
    pub fn reads_behind(&self) -> Option<(u64, Position)> {
        let cursor = self.cursor.filter(|_| self.caught_up)?;
        Some((self.round, cursor))
    }

    /// Takes entries that were read behind such a place in this round, and appends what is to be
    /// done.
    pub fn read(&mut self, round: u64, entries: Vec<LogEntry>, out: &mut Vec<Append>) {
        if round == self.round {
            self.take(entries, out);
        }
    }

    fn take(&mut self, entries: Vec<LogEntry>, out: &mut Vec<Append>) {
        for entry in entries {
            let LogEntry { place, event, .. } = entry;
            if self.cursor >= Some(place) {
                continue;
            }
            if place.born > Position::LATEST_LIFE {
                // The engine drops it. Nothing of ours could come behind it.
                self.skipped += 1;
                continue;
            }
            self.cursor = Some(place);
            if entry.begins && place.seq == 0 {
                self.begin_life(place, out);
                continue;
            }
            // Only what a node of ours could have published: somebody may have written it by hand.
            let event = event.filter(|event| place.seq > 0 && event.check().is_ok());
            let Some(event) = event else {
                self.skipped += 1;
                continue;
            };
            let before = Position {
                seq: place.seq - 1,
                ..place
            };
            match self.last {
                None => out.push(Append::Begin(before)),
                Some(last) if last == before => {}
                Some(last) => out.push(Append::Gap {
                    place: before,
                    lost: (last.born == place.born).then(|| before.seq - last.seq),
                    next: Some(event.id.clone().unwrap_or_else(|| place.to_string())),
                }),
            }
            out.push(Append::Event(event));
            self.last = Some(place);
            self.known = self.known.max(place.born);
        }
    }

    /// The topic was ended, and this is where its next life begins.
    fn begin_life(&mut self, place: Position, out: &mut Vec<Append>) {
        out.push(match self.last {
            None => Append::Begin(place),
            Some(_) => {
                self.ended += 1;
                Append::Gap {
                    place,
                    lost: None,
                    next: None,
                }
            }
        });
        self.last = Some(place);
        self.known = self.known.max(place.born);
    }

    /// Whether a publish may go out.
    pub fn may_publish(&self) -> bool {
        let is_new = !self.follows && self.known == 0 && self.acked.is_none();
        self.connected && (self.touched || is_new)
    }

    /// What a call at this time brings along.
    pub fn caller(&self, now: Instant) -> Caller {
        let is_fresh = |at: &Instant| now.saturating_duration_since(*at) < EVIDENCE;
        Caller {
            known: self.known,
            acked: self
                .acked
                .filter(|(_, at)| is_fresh(at))
                .map(|(place, _)| place),
            read: self.last,
        }
    }

    /// A publish was acknowledged at this time, whatever became of its connection since.
    pub fn published(&mut self, now: Instant, placed: Placed) {
        self.known = self.known.max(placed.last.born);
        self.acked = Some((placed.last, now));
    }

    /// A publisher who repeats was told at this time that the event at this place was published. The
    /// node answers for it from now on, as if it had published it.
    pub fn repeated(&mut self, now: Instant, place: Position) {
        self.known = self.known.max(place.born);
        let last = self.acked.map_or(place, |(last, _)| last.max(place));
        self.acked = Some((last, now));
    }

    /// Whether the node can forget the topic: nobody reads it, and what was published to it is old.
    pub fn is_over(&self, now: Instant) -> bool {
        !self.follows && self.caller(now).acked.is_none()
    }

    /// How many entries were read that were no events of ours.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// How many lives were read to begin because somebody ended the topic. Those who read the ring
    /// were told of each.
    pub fn ended(&self) -> u64 {
        self.ended
    }
}

#[cfg(test)]
mod tests;
