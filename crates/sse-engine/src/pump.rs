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
//! | `paced`, `counter`, `numbers` | the events of a stream from the list |
//! | `replay` | the bytes of a recording |
//! | `pipe` | bytes that a task elsewhere hands over |
//! | `breaker` | what faults make of all that |

mod breaker;
mod counter;
mod feed;
mod numbers;
mod paced;
mod pipe;
mod replay;

use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::fault::{Armed, Shift};
use crate::handoff::Taker;
use crate::keep_alive::KeepAlive;
use crate::stream::{OwnFault, ReplayHead, Variant};
use crate::time::Now;
use crate::topics::{Subscription, Topic};
use crate::write_buffer::{Receipt, WriteBuffer};
use breaker::Breaker;
use feed::Feed;
pub use pipe::{REMEMBERED_IDS, SHOWN_ID, SentId, SentIds};
use replay::Player;

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
    /// Send what is there, then end as the task did that handed it over: cut off, or with a reset.
    Gone(How),
    /// The same as cut off: what the events come from failed, and a comment said why.
    Failed,
    /// Send what is there, then end as a fault wants it, or as it was recorded.
    Broken(Break),
}

/// An end that a fault makes, or a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Break {
    /// How it ends.
    pub how: How,
    /// How long the socket stays open behind the last byte.
    pub linger: Duration,
    /// The number of the fault; nothing where it was recorded so.
    pub fault: Option<u64>,
}

/// How a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// In order: with the last chunk, where there are chunks.
    End,
    /// Without a last chunk.
    Cut,
    /// With a reset.
    Reset,
}

/// What somebody outside the stream wants of it.
#[derive(Clone, Debug)]
pub enum Act {
    /// The server stops: end in order at the next visit.
    Stop,
    /// End in order as soon as all that is due was sent, and not within an event.
    Leave(Leave),
    /// A fault strikes from now on.
    Break(Arc<Armed>),
    /// A replay that goes step by step lets its next event go.
    Step,
}

/// Why a stream is ended that could go on: so that its client connects anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// The server is about to stop.
    Drained,
    /// It is as old as it may become.
    Aged,
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
///    Where it [`is_piped`](Self::is_piped), ask behind each visit whether it
///    [`has_news`](Self::has_news), and come back when its waker is woken.
/// 4. While bytes wait for the socket, ask [`is_too_slow`](Self::is_too_slow) now and then.
/// 5. Where it [`is_armed`](Self::is_armed), ask behind each visit
///    [`take_struck`](Self::take_struck), [`hangs`](Self::hangs), [`withholds`](Self::withholds)
///    and [`keeps_head`](Self::keeps_head).
/// 6. At the end, [`receipt`](Self::receipt) and [`is_complete`](Self::is_complete) say what the
///    client was told.
#[derive(Debug)]
pub struct Pump {
    /// What it sends where nothing is broken.
    feed: Feed,
    /// What breaks it. Boxed, since on most connections nothing does.
    breaker: Option<Box<Breaker>>,
    /// Whether the next visit is to end it, whatever is left.
    stopped: bool,
    /// Why it is to be ended when all that is due was sent, if it is.
    leaves: Option<Leave>,
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
        Self::shifted(variant, keep_alive, last_event_id, Shift::None)
    }

    /// The same for a client that does not go on where it should.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn shifted(
        variant: Variant,
        keep_alive: KeepAlive,
        last_event_id: Option<&str>,
        shift: Shift,
    ) -> Result<Self, u64> {
        let feed = Feed::paced(variant, keep_alive, last_event_id, shift)?;
        Ok(Self::with(feed))
    }

    /// The pump of a subscriber of a topic.
    pub fn subscribed(subscription: Subscription, keep_alive: KeepAlive) -> Self {
        Self::with(Feed::subscribed(subscription, keep_alive))
    }

    /// The pump of a stream whose bytes a task hands over. Its drop tells the task.
    pub fn piped(pieces: Taker<Bytes>) -> Self {
        Self::with(Feed::piped(pieces, None))
    }

    /// The same where the ids that the bytes give are kept in `ids`. Its events are numbered from
    /// 1.
    pub fn piped_with_ids(pieces: Taker<Bytes>, ids: Arc<SentIds>) -> Self {
        Self::with(Feed::piped(pieces, Some(ids)))
    }

    /// The same, with a blank line behind its keep-alive comments or without one, where its stream
    /// does not say.
    pub fn with_blank(mut self, usual: bool) -> Self {
        self.feed.set_blank(usual);
        self
    }

    /// The same, struck by these faults from `now` on, which is when it begins.
    pub fn broken_by(mut self, faults: Vec<Arc<Armed>>, now: Instant) -> Self {
        if !faults.is_empty() {
            self.breaker = Some(Box::new(Breaker::new(faults, &self.feed, now)));
        }
        self
    }

    /// The same, struck by these faults of its recording: each by its place of
    /// [`own_faults`](Self::own_faults), under this number.
    pub fn struck_by_own(mut self, own: Vec<(usize, u64, OwnFault)>) -> Self {
        if let Some(player) = self.feed.player_mut() {
            player.strike_by(own);
        }
        self
    }

    /// The faults that stand in the recording that it replays, behind the head, each with its
    /// place. Whoever makes the pump says which of them strike.
    pub fn own_faults(&self) -> impl Iterator<Item = (usize, &OwnFault)> {
        self.feed.player().into_iter().flat_map(Player::own_faults)
    }

    /// Whether the response that it replays was cut off or reset.
    pub fn replay_breaks_off(&self) -> bool {
        self.feed.player().is_some_and(Player::breaks_off)
    }

    /// The head of the recorded response that it replays, where it replays one that has a head.
    pub fn replayed_head(&self) -> Option<&ReplayHead> {
        self.feed.player()?.head()
    }

    fn with(feed: Feed) -> Self {
        Self {
            feed,
            breaker: None,
            stopped: false,
            leaves: None,
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
        let next = match &mut self.breaker {
            // What comes from elsewhere ends within an event, unless whole ones are asked for.
            None if self.leaves.is_some() => self.feed.fill_blocks(now, out),
            None => self.feed.fill(now, out),
            Some(breaker) => breaker.fill(now, &mut self.feed, out),
        };
        let next = match self.feed.player_mut() {
            None => next,
            Some(_) => self.followed(now, next),
        };
        match self.leaves {
            Some(_) if self.may_leave(next) => Next::End,
            _ => next,
        }
    }

    /// Whether it may be ended behind a visit that came to this: a fault that holds something back,
    /// or strikes within an event, is through with that first.
    fn may_leave(&self, next: Next) -> bool {
        let more = match next {
            Next::Wait { .. } => false,
            Next::More => true,
            _ => return false,
        };
        let through = |breaker: &Breaker| breaker.takes_comment() && breaker.lacks_nothing();
        self.feed.may_leave(more) && self.breaker.as_deref().is_none_or(through)
    }

    /// Why it was ended though it could have gone on, if it was, and not by a stop that came
    /// before.
    pub fn leaves(&self) -> Option<Leave> {
        self.leaves.filter(|_| !self.stopped)
    }

    /// What comes behind a visit to a replay: its head may be due though a fault holds back all
    /// else, and a fault of its own may have been reached.
    fn followed(&mut self, now: Now, next: Next) -> Next {
        let keeps = self.breaker.as_ref().is_some_and(|it| it.keeps_head());
        let Some(player) = self.feed.player_mut() else {
            return next;
        };
        let head = match keeps {
            true => None,
            false => player.head_due(now.instant),
        };
        for armed in player.take_reached() {
            self.act(now, Act::Break(armed));
        }
        match next {
            Next::Wait { at } => Next::Wait {
                at: at.into_iter().chain(head).min(),
            },
            next => next,
        }
    }

    /// Whether a fault may strike it.
    pub fn is_armed(&self) -> bool {
        self.breaker.is_some()
    }

    /// The faults that struck since this was asked last, to be asked behind each visit.
    pub fn take_struck(&mut self) -> Vec<Arc<Armed>> {
        let Some(breaker) = &mut self.breaker else {
            return Vec::new();
        };
        let struck = breaker.take_struck();
        self.breaker.take_if(|breaker| breaker.is_through());
        struck
    }

    /// Whether a fault has it send nothing and ignore what the client does.
    pub fn hangs(&self) -> bool {
        !self.stopped && self.breaker.as_ref().is_some_and(|breaker| breaker.hangs())
    }

    /// Whether a comment may be put in now: not within an event, nor where nothing is to be sent.
    pub fn takes_comment(&self) -> bool {
        let breaker = self.breaker.as_ref();
        self.feed.player().is_none() && breaker.is_none_or(|breaker| breaker.takes_comment())
    }

    /// Whether nothing of ours can be sent to see whether the client is there: a fault keeps bytes
    /// back, or all bytes are those of a recording.
    pub fn withholds(&self) -> bool {
        let breaker = self.breaker.as_ref();
        let withholds = breaker.is_some_and(|breaker| breaker.withholds());
        !self.stopped && (withholds || self.feed.player().is_some())
    }

    /// Whether a fault holds back the head of the response, or a recording that had it later.
    pub fn keeps_head(&self) -> bool {
        let breaker = self.breaker.as_ref();
        let keeps = breaker.is_some_and(|breaker| breaker.keeps_head());
        !self.stopped && (keeps || self.feed.player().is_some_and(Player::keeps_head))
    }

    /// Whether its client has no place in its topic yet, since the engine that keeps the topic has
    /// not said where it goes on. Once it has one, it keeps it.
    pub fn is_waiting(&self) -> bool {
        self.feed.is_waiting()
    }

    /// Whether it sends what its topic had before the client came.
    pub fn is_replaying(&self) -> bool {
        self.feed.is_replaying()
    }

    /// Takes what `out` holds, which was written for another client, where a visit would write the
    /// same.
    pub fn repeat(&mut self, now: Instant, out: &WriteBuffer) -> Option<Next> {
        if self.stopped || self.breaker.is_some() || self.leaves.is_some() {
            return None;
        }
        self.feed.repeat(now, out)
    }

    /// Takes an act from outside; the next visit carries it out.
    pub fn act(&mut self, now: Now, act: Act) {
        match act {
            Act::Stop => self.stopped = true,
            Act::Leave(why) => _ = self.leaves.get_or_insert(why),
            Act::Step => {
                if let Some(player) = self.feed.player_mut() {
                    player.step();
                }
            }
            Act::Break(armed) => {
                let feed = &self.feed;
                let none = || Box::new(Breaker::new(Vec::new(), feed, now.instant));
                self.breaker
                    .get_or_insert_with(none)
                    .add(armed, now.instant);
            }
        }
    }

    /// Whether everything that a finite stream has was written.
    pub fn is_complete(&self) -> bool {
        let breaker = self.breaker.as_ref();
        self.feed.is_complete() && breaker.is_none_or(|breaker| breaker.lacks_nothing())
    }

    /// The topic that it reads, if it reads one.
    pub fn topic(&self) -> Option<&Arc<Topic>> {
        self.feed.topic()
    }

    /// Whether its bytes come from a task elsewhere.
    pub fn is_piped(&self) -> bool {
        self.feed.is_foreign()
    }

    /// Whether a task has handed over something that a visit would take. Where it has not, `waker`
    /// is woken when it has. It is to be asked behind each visit.
    pub fn has_news(&mut self, waker: &Waker) -> bool {
        let takes = |breaker: &Breaker| breaker.takes_news();
        let takes = !self.stopped && self.breaker.as_deref().is_none_or(takes);
        // In any case, since the waker is kept by that.
        self.feed.has_news(waker) && takes
    }

    /// What is asked while bytes of the last visit are unsent: whether the client is so far behind
    /// that it is to be cut off.
    pub fn is_too_slow(&self) -> bool {
        self.feed.is_too_slow()
    }
}

#[cfg(test)]
mod tests;
