//! The engine of the model: what the script of a real one does, in plain Rust, for one topic.
//!
//! The tests of the real script compare it with this one. It names nothing but the face of the
//! crate, so that they can take the file as it is.

use std::collections::{HashMap, VecDeque};

use sse_engine::topics::{Caller, Draft, LogEntry, Placed, Position};

/// How many earlier lives are on record.
pub(crate) const LIVES: usize = 64;

/// The last five digits of a life are those of its process.
pub(crate) const PROCESSES: u64 = 100_000;

/// What the script is told with each call beside the caller's part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Script {
    /// The most events that are kept.
    pub(crate) keep_events: usize,
    /// After so many milliseconds without a call all is gone.
    pub(crate) keep_for: u64,
    /// The rule that is left out.
    pub(crate) without: Option<ScriptRule>,
}

/// When a life begins: the rules of the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScriptRule {
    /// Another process answers.
    Process,
    /// A caller holds a place that is not on record.
    Evidence,
    /// A caller knows of a later life.
    KnownLife,
}

/// Who calls, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    /// The process that answers.
    pub(crate) process: u64,
    /// Its clock, in milliseconds.
    pub(crate) now: u64,
    /// Below [`PROCESSES`].
    pub(crate) random: u64,
    pub(crate) caller: Caller,
    pub(crate) events: &'a [Draft],
}

/// A topic as an engine keeps it, which is what a replica copies and a file keeps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    /// The process that gave the last place.
    process: Option<u64>,
    last: Position0,
    /// An entry without an event is where a life begins after an end.
    entries: VecDeque<(Position, Option<Draft>)>,
    given: HashMap<String, Position>,
    /// Earlier lives, each with its last place, in the order in which they were noted.
    lives: Vec<(u64, u64)>,
    used: u64,
}

/// The last place, with 0 for none.
#[derive(Clone, Copy, Debug, Default)]
struct Position0 {
    born: u64,
    seq: u64,
}

/// An event that is kept has the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken(pub(crate) Position);

impl Store {
    /// A publish, or a touch if there are no events.
    pub(crate) fn call(&mut self, script: &Script, call: &Call<'_>) -> Result<Placed, Taken> {
        self.expire(script, call.now);
        self.used = call.now;
        let is_missing = self.note(call.caller);
        let known = call.caller.known;
        let holds = |rule| script.without != Some(rule);
        let another = self.process != Some(call.process)
            && (holds(ScriptRule::Process) || self.process.is_none());
        let later = known > self.last.born && holds(ScriptRule::KnownLife);
        if another || later || is_missing && holds(ScriptRule::Evidence) {
            self.begin(call);
        }
        if let Some(place) = self.taken(call.events) {
            return Err(Taken(place));
        }
        for event in call.events {
            self.last.seq += 1;
            let place = Position::new(self.last.born, self.last.seq);
            if let Some(id) = &event.id {
                self.given.insert(id.clone(), place);
            }
            self.entries.push_back((place, Some(event.clone())));
        }
        while self.entries.len() > script.keep_events {
            let gone = self.entries.pop_front();
            if let Some(id) = gone.and_then(|(_, event)| event?.id) {
                self.given.remove(&id);
            }
        }
        Ok(Placed {
            last: Position::new(self.last.born, self.last.seq),
            later_life: !self.lives.is_empty(),
        })
    }

    /// Drops everything and begins a life. Answers whether there was a topic.
    pub(crate) fn end(&mut self, script: &Script, call: &Call<'_>) -> bool {
        self.expire(script, call.now);
        if self.process.is_none() && self.entries.is_empty() {
            return false;
        }
        self.used = call.now;
        self.begin(call);
        self.entries.clear();
        self.given.clear();
        let place = Position::new(self.last.born, 0);
        self.entries.push_back((place, None));
        true
    }

    fn begin(&mut self, call: &Call<'_>) {
        if self.last.born > 0 {
            self.record(self.last.born, self.last.seq);
        }
        let digits = self.own_digits(call);
        let least = (self.last.born + 1).max(call.caller.known + 1);
        let earliest = call.now.max(least);
        let ahead = (digits + PROCESSES - earliest % PROCESSES) % PROCESSES;
        let born = earliest + ahead;
        self.last = Position0 { born, seq: 0 };
        self.process = Some(call.process);
    }

    /// A process keeps the digits of its first life. One that takes over draws others than those of
    /// the lives that it knows of, so that two masters never begin a life with the same number.
    fn own_digits(&self, call: &Call<'_>) -> u64 {
        if self.process == Some(call.process) {
            return self.last.born % PROCESSES;
        }
        let known = [call.caller.known];
        let lives = self.lives.iter().map(|(born, _)| *born).chain(known);
        let used: Vec<u64> = lives.map(|born| born % PROCESSES).collect();
        let mut digits = call.random;
        while used.contains(&digits) {
            digits = (digits + 1) % PROCESSES;
        }
        digits
    }

    /// Notes the places that the caller brings and that are not on record, so that each is told of
    /// once. Answers whether one of them is of no later life than the present one: of a later one
    /// the caller knows anyway.
    fn note(&mut self, caller: Caller) -> bool {
        let held = [caller.acked, caller.read];
        let missing: Vec<Position> = held
            .into_iter()
            .flatten()
            .filter(|place| place.seq > 0 && self.lacks(*place))
            .collect();
        for place in &missing {
            self.record(place.born, place.seq);
        }
        missing.iter().any(|place| place.born <= self.last.born)
    }

    fn lacks(&self, place: Position) -> bool {
        if place.born == self.last.born {
            return place.seq > self.last.seq;
        }
        match self.lives.iter().find(|(born, _)| *born == place.born) {
            Some((_, last)) => place.seq > *last,
            // Of lives older than the record nothing is concluded.
            None => {
                let oldest = self.lives.iter().map(|(born, _)| *born).min();
                self.lives.len() < LIVES || oldest.is_some_and(|oldest| place.born > oldest)
            }
        }
    }

    /// Notes how far a life went, once told of.
    fn record(&mut self, born: u64, last: u64) {
        match self.lives.iter_mut().find(|(known, _)| *known == born) {
            Some((_, seq)) => *seq = last.max(*seq),
            None => self.lives.push((born, last)),
        }
        if self.lives.len() > LIVES {
            self.lives.remove(0);
        }
    }

    fn taken(&self, events: &[Draft]) -> Option<Position> {
        let ids = events.iter().filter_map(|event| event.id.as_ref());
        ids.filter_map(|id| self.given.get(id)).next().copied()
    }

    /// Its life, and the process that began it.
    pub(crate) fn life(&self) -> Option<(u64, u64)> {
        Some((self.last.born, self.process?))
    }

    /// All is gone where nobody has called for long.
    pub(crate) fn expire(&mut self, script: &Script, now: u64) {
        if now > self.used.saturating_add(script.keep_for) {
            *self = Self::default();
        }
    }

    /// The oldest entries behind a place, so many at most.
    pub(crate) fn behind(&self, place: Option<Position>, most: usize) -> Vec<LogEntry> {
        let behind = |kept: &&(Position, _)| place.is_none_or(|place| kept.0 > place);
        let entries = self.entries.iter().filter(behind).take(most);
        let entry = |(place, event): &(Position, Option<Draft>)| LogEntry {
            place: *place,
            event: event.clone(),
            begins: event.is_none(),
        };
        entries.map(entry).collect()
    }

    /// The event at a place that is kept.
    pub(crate) fn event(&self, place: Position) -> Option<&Draft> {
        let kept = self.entries.iter().find(|(at, _)| *at == place);
        kept.and_then(|(_, event)| event.as_ref())
    }
}
