//! An engine that keeps the topics of many nodes: what it is asked, and what it answers.
//!
//! The engine keeps each topic as a list of entries whose ids are places. It alone gives places,
//! and it begins a new life of a topic whenever events may be lost: when another process answers
//! than the one that gave the last place, when a caller knows of a later life, and when a caller
//! holds a place that it lacks.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use sse_wire::Event;

use super::batch::Draft;
use super::id::Position;
use crate::error::Error;

/// What the engine answers, once it does. Dropped, it is no longer waited for; what was asked may
/// have happened all the same.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// What a node brings along, so that the engine notices when it lacks something. A client's id is
/// none of it: a forged one could begin lives at will.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The latest life of the topic that the node knows of; 0 where it knows none.
    pub known: u64,
    /// The last place of an event of which the node told a publisher that it was published.
    pub acked: Option<Position>,
    /// The last place that the node has read.
    pub read: Option<Position>,
}

/// Where the engine stands with a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The last place that it has given. `born-0` where nothing was published in this life.
    pub last: Position,
    /// Whether it knows of an earlier life of the topic.
    pub later_life: bool,
}

/// What an engine made of a publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publication {
    /// It was published, and this is where the topic stands.
    New(Placed),
    /// Nothing was: the event at this place, which is kept, has the id. Whoever hears of it takes it
    /// that an earlier try was published.
    Repeated(Position),
}

/// An entry of a topic as the engine keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Its id.
    pub place: Position,
    /// The event; `None` where the entry is none: it begins a life, or somebody wrote it by hand.
    pub event: Option<Draft>,
    /// Whether [`Log::end`] wrote it: a life begins here, and its number is 0.
    pub begins: bool,
}

/// How many listen on one node, and on all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presence {
    /// How many nodes were heard of lately, this one among them.
    pub nodes: usize,
    /// Their names, in order; not all of them where there are hundreds.
    pub names: Vec<String>,
    /// Subscribers by topic, those of all these nodes.
    pub subscribers: Vec<(Arc<str>, usize)>,
}

/// An engine: where a node gets its connections from.
pub trait Engine: fmt::Debug + Send + Sync {
    /// Opens a connection. Nothing was sent over it yet but what signs the node in, so that the
    /// first thing that the node says is its own.
    ///
    /// # Errors
    /// [`Error::EngineAway`]. Its text tells a person what to mend, such as a wrong password.
    fn connect(&self) -> Answer<'_, Arc<dyn Log>>;

    /// Where it is, for people: without a password.
    fn place(&self) -> String;
}

/// A connection to an engine. Topics are named as in [`Topics`](super::Topics).
///
/// Each call goes out once: what may have happened is never repeated. All calls but
/// [`read`](Self::read) are answered within two seconds or fail. A call that fails with
/// [`Error::EngineAway`] or [`Error::MaybePublished`] ends the connection: drop it, tell the
/// [`Follower`](super::Follower)s, and open another. Every other failure is of the one topic or the
/// one publish alone, and the connection goes on.
pub trait Log: fmt::Debug + Send + Sync {
    /// Publishes the events, all or none. Calls of one topic
    /// that are under way at once arrive in the order in which they were polled first.
    ///
    /// # Errors
    /// [`Error::TopicsFull`], [`Error::TopicBlocked`], [`Error::EngineFull`] and
    /// [`Error::EngineAway`] where nothing was published, and [`Error::MaybePublished`].
    fn publish<'a>(
        &'a self,
        topic: &'a str,
        caller: Caller,
        events: &'a [Event<'a>],
    ) -> Answer<'a, Publication>;

    /// Brings along what the node knows, and answers where the engine stands.
    ///
    /// # Errors
    /// [`Error::TopicsFull`], [`Error::TopicBlocked`] and [`Error::EngineFull`], of this topic
    /// alone: its follower is cut, and touches again after a while; and [`Error::EngineAway`].
    fn touch<'a>(&'a self, topic: &'a str, caller: Caller) -> Answer<'a, Placed>;

    /// Drops what the topic keeps and begins a new life of it, which all that read it hear of at
    /// once. Answers `false` where the engine has no such topic.
    ///
    /// # Errors
    /// [`Error::TopicBlocked`], [`Error::EngineFull`], [`Error::EngineAway`] and
    /// [`Error::MaybePublished`].
    fn end<'a>(&'a self, topic: &'a str) -> Answer<'a, bool>;

    /// The oldest entries behind this place, or from the first that is kept. It may be some of them
    /// only; none means that there are none.
    ///
    /// # Errors
    /// [`Error::TopicBlocked`] and [`Error::EngineAway`].
    fn load<'a>(&'a self, topic: &'a str, behind: Option<Position>) -> Answer<'a, Vec<LogEntry>>;

    /// The oldest entries of these topics behind these places, as soon as there are any. None after
    /// a while without. A topic that is [blocked](Error::TopicBlocked) is left out; its next touch
    /// says so.
    ///
    /// To read other topics, drop the answer and ask anew: that ends the wait at once, and what was
    /// dropped is read again. There is one read at a time; a second waits for the first.
    ///
    /// # Errors
    /// [`Error::EngineAway`].
    fn read<'a>(
        &'a self,
        behind: &'a [(Arc<str>, Position)],
    ) -> Answer<'a, Vec<(Arc<str>, Vec<LogEntry>)>>;

    /// Says how many listen on this node, and answers the sum over all nodes.
    ///
    /// # Errors
    /// [`Error::EngineAway`].
    fn beat<'a>(&'a self, here: &'a [(Arc<str>, usize)]) -> Answer<'a, Presence>;

    /// The host that is in use, where the URL of the engine names others that know it. It is for
    /// people.
    fn master(&self) -> Option<String>;

    /// What tells the process that answers from the next; nothing where that is not known.
    fn process(&self) -> Option<String>;

    /// What a person should change about the engine, though it works: a sentence each. Those of the
    /// connection, and those of the last beat.
    fn warnings(&self) -> Vec<String>;
}
