//! A node of the model: the real follower and the real ring, on a connection to one of the engines.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use tokio::sync::watch;

use super::chance::Chance;
use super::engine::{Call, PROCESSES, Script, Store, Taken};
use crate::topics::{
    Append, Caller, Draft, Follower, LogEntry, Placed, Reply, Topic, TopicConfig, Verb,
};

/// A process of the engine.
pub(super) struct Server {
    /// Which one: another after each restart.
    pub(super) process: u64,
    /// A demoted master reads what the new one has.
    pub(super) store: Rc<RefCell<Store>>,
    /// How far its clock is off, in milliseconds.
    pub(super) clock: i64,
    pub(super) up: bool,
    pub(super) writable: bool,
}

/// The connection is lost.
pub(super) struct Gone;

impl Server {
    pub(super) fn call(
        &self,
        script: &Script,
        now: u64,
        chance: &mut Chance,
        caller: Caller,
        events: &[Draft],
    ) -> Result<Result<Placed, Taken>, Gone> {
        if !self.up || !self.writable {
            return Err(Gone);
        }
        let call = Call {
            process: self.process,
            now: now.saturating_add_signed(self.clock),
            random: chance.below(PROCESSES),
            caller,
            events,
        };
        Ok(self.store.borrow_mut().call(script, &call))
    }

    pub(super) fn end(&self, script: &Script, now: u64, chance: &mut Chance) -> Result<bool, Gone> {
        if !self.up || !self.writable {
            return Err(Gone);
        }
        let call = Call {
            process: self.process,
            now: now.saturating_add_signed(self.clock),
            random: chance.below(PROCESSES),
            caller: Caller::default(),
            events: &[],
        };
        Ok(self.store.borrow_mut().end(script, &call))
    }

    /// Entries behind a place: a demoted master answers too.
    fn entries(
        &self,
        script: &Script,
        now: u64,
        behind: Option<crate::topics::Position>,
        most: usize,
    ) -> Result<Vec<LogEntry>, Gone> {
        if !self.up {
            return Err(Gone);
        }
        let mut store = self.store.borrow_mut();
        store.expire(script, now.saturating_add_signed(self.clock));
        Ok(store.behind(behind, most))
    }
}

/// An answer that is on its way.
struct Late {
    round: u64,
    answer: Answered,
}

enum Answered {
    Command(Reply),
    Read(Vec<LogEntry>),
}

pub(super) struct Node {
    pub(super) follower: Follower,
    /// While it follows.
    pub(super) topic: Option<Arc<Topic>>,
    /// Which engine it is connected to.
    pub(super) server: usize,
    connected: bool,
    /// The answer to the command that is under way, and that to the endless read.
    command: Option<(u64, Reply)>,
    read: Option<(u64, Vec<LogEntry>)>,
    /// Answers of connections that are lost.
    late: Vec<Late>,
    /// Events that it was acknowledged since it last touched the engine that is in force.
    pub(super) unseen: Vec<u64>,
}

impl Node {
    pub(super) fn new(server: usize) -> Self {
        Self {
            follower: Follower::new(),
            topic: None,
            server,
            connected: false,
            command: None,
            read: None,
            late: Vec::new(),
            unseen: Vec::new(),
        }
    }

    pub(super) fn follow(&mut self, config: &TopicConfig) -> Arc<Topic> {
        if let Some(topic) = &self.topic {
            return Arc::clone(topic);
        }
        let topic = Arc::new(Topic::copy(
            config,
            watch::Sender::new(()),
            Waker::noop().clone(),
        ));
        self.topic = Some(Arc::clone(&topic));
        self.lose_answers();
        self.follower.follow();
        topic
    }

    pub(super) fn unfollow(&mut self) {
        self.topic = None;
        self.late.clear();
        self.command = None;
        self.read = None;
        self.follower.unfollow();
    }

    /// The connection is lost; what it was to answer may still come.
    pub(super) fn lose(&mut self) {
        self.lose_answers();
        self.connected = false;
        self.follower.cut();
    }

    fn lose_answers(&mut self) {
        let command = self.command.take();
        let command = command.map(|(round, reply)| (round, Answered::Command(reply)));
        let read = self.read.take();
        let read = read.map(|(round, entries)| (round, Answered::Read(entries)));
        let lost = command.into_iter().chain(read);
        self.late
            .extend(lost.map(|(round, answer)| Late { round, answer }));
    }

    /// Is connected, to the engine in force if it was not.
    pub(super) fn connect(&mut self, master: usize) {
        if !self.connected {
            self.server = master;
            self.connected = true;
            self.follower.connected();
        }
    }

    /// Sends its next command and its endless read, where there are any, and the engine does them.
    /// `most` is how many entries an answer has.
    pub(super) fn ask(
        &mut self,
        servers: &[Server],
        script: &Script,
        now: (u64, Instant),
        most: usize,
        chance: &mut Chance,
        master: usize,
    ) {
        if let Some(topic) = &self.topic {
            self.follower.wants(topic.looks_wanted());
        }
        let server = &servers[self.server];
        if let Some(command) = self.follower.next(now.1) {
            let reply = match command.verb {
                Verb::Touch(caller) => server
                    .call(script, now.0, chance, caller, &[])
                    .map(|placed| placed.ok().map(Reply::Touched)),
                Verb::Load(behind) => server
                    .entries(script, now.0, behind, most)
                    .map(|entries| Some(Reply::Loaded(entries))),
            };
            match reply {
                Ok(reply) => self.command = reply.map(|reply| (command.round, reply)),
                Err(Gone) => return self.lose(),
            }
            if self.server == master && matches!(command.verb, Verb::Touch(_)) {
                self.unseen.clear();
            }
        }
        if self.read.is_none()
            && let Some((round, place)) = self.follower.reads_behind()
        {
            match server.entries(script, now.0, Some(place), most) {
                Ok(entries) => self.read = Some((round, entries)),
                Err(Gone) => self.lose(),
            }
        }
    }

    /// Takes the answers that came.
    pub(super) fn take(&mut self, command: bool, read: bool, late: bool) {
        let mut steps = Vec::new();
        if read && let Some((round, entries)) = self.read.take() {
            self.follower.read(round, entries, &mut steps);
        }
        if command && let Some((round, reply)) = self.command.take() {
            self.follower.answered(round, reply, &mut steps);
        }
        if late && let Some(Late { round, answer }) = self.late.pop() {
            match answer {
                Answered::Command(reply) => self.follower.answered(round, reply, &mut steps),
                Answered::Read(entries) => self.follower.read(round, entries, &mut steps),
            }
        }
        self.does(&steps);
    }

    fn does(&mut self, steps: &[Append]) {
        if let Some(topic) = &self.topic {
            topic.replicate_now(steps).expect("nobody ends it");
        } else {
            assert!(steps.is_empty(), "there is no ring for {steps:?}");
        }
    }
}
