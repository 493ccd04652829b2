//! The pump: what a connection is sent, and when. There is one pump for each connection, and it is
//! a state machine.
//!
//! It has no clock, no socket and no task. The caller hands in the time. The pump writes bytes into
//! a buffer, and its answer names the instant of the next visit. The tests of timing, resume and
//! end can therefore use made-up instants.
//!
//! It must never read a clock, or wait. The caller must never fill it while bytes of the last visit
//! are unsent. A visit is therefore the receipt for everything before it.

mod counter;
mod paced;

use std::sync::Arc;
use std::time::Instant;

use sse_wire::{Event, LineEnding, encode};

use crate::keep_alive::KeepAlive;
use crate::stream::Variant;
use crate::time::Now;
use crate::topics::{Filled, Subscription, Topic};
use crate::write_buffer::{Receipt, WriteBuffer};
use counter::Counter;
use paced::Paced;

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
    /// Where the events come from.
    feed: Feed,
    /// When a comment is due.
    keep_alive: KeepAlive,
    /// Whether a blank line follows a keep-alive comment.
    blank: bool,
    /// When the next keep-alive comment is due.
    comment_due: Option<Instant>,
    /// Whether the next visit is to end it, whatever is left.
    stopped: bool,
}

/// Where the events come from.
#[derive(Debug)]
enum Feed {
    /// From a stream of the list, at its pace. Boxed, since it is twice the size of the other, of
    /// which there may be more.
    Paced(Box<Paced>),
    /// From a topic, as they are published.
    Topic(Subscription),
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
        let counter = Counter::new(variant.from, variant.count);
        let counter = match last_event_id {
            // An empty id is what a client that never had one would send: no id at all.
            None | Some("") => counter,
            Some(id) => {
                let rest = counter.resume(variant.number_of(id));
                // What comes behind the last event is no reason to come back again and again.
                if variant.has_no_more(rest.next()) {
                    return Err(rest.next());
                }
                rest
            }
        };
        if counter.is_done() {
            return Err(counter.next());
        }
        let keep_alive = variant.stream.keep_alive.unwrap_or(keep_alive);
        Ok(Self::with(
            Feed::Paced(Box::new(Paced {
                counter,
                due: None,
                first: counter.next(),
                retry: variant.stream.retry,
                told: None,
                variant,
            })),
            keep_alive,
        ))
    }

    /// The pump of a subscriber of a topic.
    pub fn subscribed(subscription: Subscription, keep_alive: KeepAlive) -> Self {
        Self::with(Feed::Topic(subscription), keep_alive)
    }

    /// The same, with a blank line behind its keep-alive comments or without one, where its stream
    /// does not say.
    pub fn with_blank(mut self, usual: bool) -> Self {
        self.blank = match &self.feed {
            Feed::Paced(paced) => paced.variant.stream.keep_alive_blank.unwrap_or(usual),
            Feed::Topic(_) => usual,
        };
        self
    }

    fn with(feed: Feed, keep_alive: KeepAlive) -> Self {
        Self {
            feed,
            keep_alive,
            blank: true,
            comment_due: None,
            stopped: false,
        }
    }

    /// The number of the event that is sent next.
    pub fn next_number(&self) -> u64 {
        match &self.feed {
            Feed::Paced(paced) => paced.counter.next(),
            Feed::Topic(subscription) => subscription.next(),
        }
    }

    /// What the client was told, to be asked at its end.
    pub fn receipt(&self) -> Receipt {
        match &self.feed {
            Feed::Paced(paced) => Receipt {
                retry: paced.told,
                first: paced.first,
                gap: false,
                whole: paced.counter.whole(),
            },
            Feed::Topic(subscription) => subscription.receipt(),
        }
    }

    /// Writes everything that is due at `now`, up to the cap of a visit.
    pub fn fill(&mut self, now: Now, out: &mut WriteBuffer) -> Next {
        if self.stopped {
            return Next::End;
        }
        let next = match &mut self.feed {
            Feed::Paced(paced) => paced.fill(now, out),
            Feed::Topic(subscription) => match subscription.fill(out) {
                Filled::All => Next::Wait { at: None },
                Filled::Full => Next::More,
                Filled::TooSlow => Next::Cut,
                Filled::Over => Next::End,
            },
        };
        match next {
            Next::Wait { at } => {
                self.keep_alive(now.instant, out);
                Next::Wait {
                    at: at.into_iter().chain(self.comment_due).min(),
                }
            }
            Next::More => {
                self.arm_keep_alive(now.instant, true);
                Next::More
            }
            Next::End | Next::Cut => next,
        }
    }

    /// Whether it sends what its topic had before the client came.
    pub fn is_replaying(&self) -> bool {
        match &self.feed {
            Feed::Paced(_) => false,
            Feed::Topic(subscription) => subscription.is_replaying(),
        }
    }

    /// Takes what `out` holds, which was written for another client, where a visit would write the
    /// same.
    pub fn repeat(&mut self, now: Instant, out: &WriteBuffer) -> Option<Next> {
        let quiet = match self.keep_alive {
            KeepAlive::Off => true,
            _ => self.comment_due.is_some_and(|due| due > now),
        };
        let Feed::Topic(subscription) = &mut self.feed else {
            return None;
        };
        if self.stopped || !quiet || !subscription.repeat(out.stretch()?) {
            return None;
        }
        self.arm_keep_alive(now, true);
        Some(Next::Wait {
            at: self.comment_due,
        })
    }

    /// Takes an act from outside; the next visit carries it out.
    pub fn act(&mut self, _now: Now, act: Act) {
        match act {
            Act::Stop => self.stopped = true,
        }
    }

    /// Whether everything that a finite stream has was written.
    pub fn is_complete(&self) -> bool {
        match &self.feed {
            Feed::Paced(paced) => paced.counter.is_done(),
            Feed::Topic(_) => false,
        }
    }

    /// The topic that it reads, if it reads one.
    pub fn topic(&self) -> Option<&Arc<Topic>> {
        match &self.feed {
            Feed::Paced(_) => None,
            Feed::Topic(subscription) => Some(subscription.topic()),
        }
    }

    /// What is asked while bytes of the last visit are unsent: whether the client is so far behind
    /// that it is to be cut off.
    pub fn is_too_slow(&self) -> bool {
        match &self.feed {
            Feed::Paced(_) => false,
            Feed::Topic(subscription) => subscription.is_too_slow(),
        }
    }

    fn keep_alive(&mut self, now: Instant, out: &mut WriteBuffer) {
        let sent = !out.is_empty();
        self.arm_keep_alive(now, sent);
        if self.comment_due.is_none_or(|due| due > now) {
            return;
        }
        let event = Event {
            comment: Some("keep-alive"),
            ..Event::default()
        };
        let ending = match &self.feed {
            Feed::Paced(paced) => paced.variant.stream.line_ending,
            Feed::Topic(_) => LineEnding::Lf,
        };
        encode(&event, ending, out.payload());
        if !self.blank {
            let bytes = out.payload();
            bytes.truncate(bytes.len() - ending.as_bytes().len());
        }
        self.comment_due = match self.keep_alive {
            KeepAlive::Off => None,
            // From the beat before, so that the interval does not drift; a beat that was missed
            // altogether (the socket was stalled) is not made up for.
            KeepAlive::Interval(every) => self
                .comment_due
                .map(|due| (due + every).max(now + every / 2)),
            KeepAlive::Idle(after) => Some(now + after),
        };
    }

    fn arm_keep_alive(&mut self, now: Instant, sent: bool) {
        match self.keep_alive {
            KeepAlive::Off => {}
            KeepAlive::Interval(every) => {
                self.comment_due.get_or_insert(now + every);
            }
            KeepAlive::Idle(after) => {
                if sent || self.comment_due.is_none() {
                    self.comment_due = Some(now + after);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
