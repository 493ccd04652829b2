//! The numbers of a connection's events: the id of each, and how many events lie between two of
//! them.

use std::sync::{Arc, Weak};

use sse_engine::pump::SentIds;
use sse_engine::stream::Stream;
use sse_engine::topics::{SUBSCRIBER_RETRY, Topic};

use super::kind::Kind;

/// What the numbers of a connection's events are numbers of.
#[derive(Clone, Debug)]
pub(crate) enum Numbering {
    /// Nothing: there are no events.
    None,
    /// Nothing: the events are those of an upstream.
    Upstream,
    /// With the reconnection time in milliseconds that this client is told.
    Topic(Arc<Topic>, u32),
    Stream(Arc<Stream>),
    /// A stream that is forwarded, of which only those ids are known that this connection was sent.
    Forwarded(Arc<SentIds>),
    /// Of a connection that is closed nothing is asked but its last id.
    Last(Option<Arc<String>>),
    /// The same where other nodes send the same events: its client may be there.
    LastShared(Option<Arc<String>>),
}

impl Numbering {
    /// The last id that a client was given that was sent so many `events`, the last of them
    /// numbered `last`, and the number of its event. It may wait for a topic.
    pub(super) fn last_id(&self, last: u64, events: u64) -> Option<(u64, String)> {
        match self {
            Self::None | Self::Upstream => None,
            Self::Topic(topic, _) => Some((last, topic.id(last))),
            Self::Stream(stream) => stream.last_id(last, events),
            Self::Forwarded(ids) => ids.last(last),
            Self::Last(id) | Self::LastShared(id) => Some((last, id.as_deref()?.clone())),
        }
    }

    /// The number of the event with this id, where that is known. It may wait for a topic.
    pub(super) fn number_of(&self, id: &str) -> Option<u64> {
        match self {
            Self::None | Self::Upstream | Self::Last(_) | Self::LastShared(_) => None,
            Self::Topic(topic, _) => topic.find(id),
            Self::Stream(stream) => stream.number_of(id, stream.from),
            Self::Forwarded(ids) => ids.number_of(id),
        }
    }

    /// How many events there are from the number `from` on, before the number `to`.
    pub(super) fn events_between(&self, from: u64, to: u64) -> u64 {
        match self {
            Self::None | Self::Upstream | Self::Last(_) | Self::LastShared(_) => 0,
            Self::Topic(..) | Self::Forwarded(_) => to.saturating_sub(from),
            Self::Stream(stream) => stream.events_between(from, to),
        }
    }

    /// Whether other nodes send the same events: who went may have been there meanwhile.
    pub(super) fn is_shared(&self) -> bool {
        match self {
            Self::Topic(topic, _) => topic.is_copy(),
            Self::LastShared(_) => true,
            Self::None | Self::Upstream | Self::Stream(_) | Self::Forwarded(_) | Self::Last(_) => {
                false
            }
        }
    }

    /// Whether this id leads to the first of several events.
    pub(super) fn repeats_id(&self, id: &str) -> bool {
        matches!(self, Self::Stream(stream) if stream.repeats_id(id))
    }

    /// The reconnection time in milliseconds that clients are told first; of a stream that is
    /// forwarded, last.
    pub(super) fn retry(&self) -> Option<u64> {
        match self {
            Self::Topic(_, retry) => Some(u64::from(*retry)),
            Self::Stream(stream) => stream.retry,
            Self::Forwarded(ids) => ids.retry(),
            Self::None | Self::Upstream | Self::Last(_) | Self::LastShared(_) => None,
        }
    }

    /// What its connection reads.
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Topic(..) => Kind::Topic,
            Self::Upstream | Self::Forwarded(_) => Kind::Upstream,
            Self::None | Self::Stream(_) | Self::Last(_) | Self::LastShared(_) => Kind::Stream,
        }
    }
}

/// The same, of a client that went: what it was sent need not be there any more.
#[derive(Debug)]
pub(super) enum WeakNumbering {
    None,
    Stream(Weak<Stream>),
    Topic(Weak<Topic>),
}

impl WeakNumbering {
    pub(super) fn new(numbers: &Numbering) -> Self {
        match numbers {
            Numbering::Stream(stream) => Self::Stream(Arc::downgrade(stream)),
            Numbering::Topic(topic, _) => Self::Topic(Arc::downgrade(topic)),
            // What another connection is sent has numbers of its own.
            Numbering::None
            | Numbering::Upstream
            | Numbering::Last(_)
            | Numbering::LastShared(_)
            | Numbering::Forwarded(_) => Self::None,
        }
    }

    /// The numbers, if what they are of is there still.
    pub(super) fn upgrade(&self) -> Option<Numbering> {
        Some(match self {
            Self::None => Numbering::None,
            Self::Stream(stream) => Numbering::Stream(stream.upgrade()?),
            Self::Topic(topic) => Numbering::Topic(topic.upgrade()?, SUBSCRIBER_RETRY),
        })
    }

    /// Whether the numbers mean the same there.
    pub(super) fn is(&self, numbers: &Numbering) -> bool {
        match (self, numbers) {
            (Self::Stream(then), Numbering::Stream(now)) => {
                std::ptr::eq(then.as_ptr(), Arc::as_ptr(now))
            }
            (Self::Topic(then), Numbering::Topic(now, _)) => {
                std::ptr::eq(then.as_ptr(), Arc::as_ptr(now))
            }
            _ => false,
        }
    }
}
