//! The pump: what a connection is sent, and when. There is one pump for each connection, and it is
//! a state machine.
//!
//! It has no clock, no socket and no task. The caller hands in the time. The pump writes bytes into
//! a buffer, and its answer names the instant of the next visit. The tests of timing, resume and
//! end can therefore use made-up instants.
//!
//! It must never read a clock, or wait. The caller must never fill it while bytes of the last visit
//! are unsent. A visit is therefore the receipt for everything before it.
//!
//! | module | what it is for |
//! |---|---|
//! | `feed` | the events and the comments between them, as they are where nothing is broken |
//! | `paced`, `counter` | the events of a stream from the list |

mod counter;
mod feed;
mod paced;

use std::sync::Arc;
use std::time::Instant;

use crate::keep_alive::KeepAlive;
use crate::stream::Variant;
use crate::time::Now;
use crate::topics::{Subscription, Topic};
use crate::write_buffer::{Receipt, WriteBuffer};
use feed::Feed;

/// What the transport does after a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Come back at this instant, if there is one, or when its topic has news; before, only to act.
    Wait {
        /// When; `None` is only when something is published, or somebody acts.
        at: Option<Instant>,
    },
    /// The cap of a visit was reached: let others have a turn, then come back.
    More,
    /// Send what is there, then end in order.
    End,
    /// End without a last chunk: the client is too slow, and is to come back with its last event
    /// id.
    Cut,
}

/// What somebody outside the stream wants of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The server stops: end in order at the next visit.
    Stop,
}

/// One connection's stream.
///
/// How to drive it: make it with [`new`](Self::new) or [`subscribed`](Self::subscribed), then go
/// round.
///
/// 1. [`fill`](Self::fill) a [`WriteBuffer`] that is clear, and send what it holds. Never fill
///    while bytes of the last visit are unsent: the next visit is the receipt for all before it.
///    Where many read one topic, try [`repeat`](Self::repeat) first: it takes what the buffer still
///    holds of the visit before.
/// 2. Do what [`Next`] says: come back at an instant, at once, or end.
/// 3. Come back earlier where the [`topic`](Self::topic) has news, or after an [`act`](Self::act).
/// 4. While bytes wait for the socket, ask [`is_too_slow`](Self::is_too_slow) now and then.
/// 5. At the end, [`receipt`](Self::receipt) and [`is_complete`](Self::is_complete) say what the
///    client was told.
#[derive(Debug)]
pub struct Pump {
    /// What it sends where nothing is broken.
    feed: Feed,
    /// Whether the next visit is to end it, whatever is left.
    stopped: bool,
}

impl Pump {
    /// The pump of a client that comes with `last_event_id`. Where the stream says nothing of
    /// keep-alive, `keep_alive` holds.
    ///
    /// # Errors
    /// The client has had everything: the number that would come next.
    pub fn new(
        variant: Variant,
        keep_alive: KeepAlive,
        last_event_id: Option<&str>,
    ) -> Result<Self, u64> {
        Ok(Self::with(Feed::paced(variant, keep_alive, last_event_id)?))
    }

    /// The pump of a subscriber of a topic.
    pub fn subscribed(subscription: Subscription, keep_alive: KeepAlive) -> Self {
        Self::with(Feed::subscribed(subscription, keep_alive))
    }

    /// The same, with a blank line behind its keep-alive comments or without one, where its stream
    /// does not say.
    pub fn with_blank(mut self, usual: bool) -> Self {
        self.feed.set_blank(usual);
        self
    }

    fn with(feed: Feed) -> Self {
        Self {
            feed,
            stopped: false,
        }
    }

    /// The number of the event that is sent next.
    pub fn next_number(&self) -> u64 {
        self.feed.next_number()
    }

    /// What the client was told, to be asked at its end.
    pub fn receipt(&self) -> Receipt {
        self.feed.receipt()
    }

    /// Writes everything that is due at `now`, up to the cap of a visit.
    pub fn fill(&mut self, now: Now, out: &mut WriteBuffer) -> Next {
        if self.stopped {
            return Next::End;
        }
        self.feed.fill(now, out)
    }

    /// Whether it sends what its topic had before the client came.
    pub fn is_replaying(&self) -> bool {
        self.feed.is_replaying()
    }

    /// Takes what `out` holds, which was written for another client, where a visit would write the
    /// same.
    pub fn repeat(&mut self, now: Instant, out: &WriteBuffer) -> Option<Next> {
        if self.stopped {
            return None;
        }
        self.feed.repeat(now, out)
    }

    /// Takes an act from outside; the next visit carries it out.
    pub fn act(&mut self, _now: Now, act: Act) {
        match act {
            Act::Stop => self.stopped = true,
        }
    }

    /// Whether everything that a finite stream has was written.
    pub fn is_complete(&self) -> bool {
        self.feed.is_complete()
    }

    /// The topic that it reads, if it reads one.
    pub fn topic(&self) -> Option<&Arc<Topic>> {
        self.feed.topic()
    }

    /// What is asked while bytes of the last visit are unsent: whether the client is so far behind
    /// that it is to be cut off.
    pub fn is_too_slow(&self) -> bool {
        self.feed.is_too_slow()
    }
}

#[cfg(test)]
mod tests;
