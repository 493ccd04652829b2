//! The events of a stream and the comments between them, as they are sent where nothing is broken.

use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use bytes::Bytes;
use sse_wire::LineEnding;

use super::Next;
use super::counter::Counter;
use super::paced::Paced;
use super::pipe::{Pipe, SentIds};
use super::replay::Player;
use crate::fault::Shift;
use crate::handoff::Taker;
use crate::keep_alive::KeepAlive;
use crate::stream::Variant;
use crate::time::Now;
use crate::topics::{Filled, Subscription, Topic};
use crate::write_buffer::{Receipt, WriteBuffer};

/// Events and comments, each when it is due.
#[derive(Debug)]
pub(super) struct Feed {
    /// Where the events come from.
    events: Events,
    /// When a comment is due.
    keep_alive: KeepAlive,
    /// Whether a blank line follows a keep-alive comment.
    blank: bool,
    /// When the next keep-alive comment is due.
    comment_due: Option<Instant>,
}

/// Where the events come from.
#[derive(Debug)]
enum Events {
    /// From a stream of the list, at its pace. Boxed, since it is twice the size of the other, of
    /// which there may be more.
    Paced(Box<Paced>),
    /// From a topic, as they are published.
    Topic(Subscription),
    /// From a recording, as they came.
    Replay(Box<Player>),
    /// From a task elsewhere, as bytes.
    Pipe(Box<Pipe>),
}

impl Feed {
    /// A stream of the list, for a client that comes with `last_event_id` and goes on there, moved
    /// by `shift`.
    ///
    /// # Errors
    /// The client has had everything: the number that would come next.
    pub(super) fn paced(
        variant: Variant,
        keep_alive: KeepAlive,
        last_event_id: Option<&str>,
        shift: Shift,
    ) -> Result<Self, u64> {
        if variant.stream.playback().is_some() {
            // The bytes are those of the recording: nothing of ours comes between them unasked.
            let keep_alive = variant.stream.keep_alive.unwrap_or(KeepAlive::Off);
            let player = Player::new(variant, last_event_id, shift)?;
            return Ok(Self::with(Events::Replay(Box::new(player)), keep_alive));
        }
        let counter = Counter::new(variant.from, variant.count);
        let counter = match last_event_id {
            // An empty id is what a client that never had one would send: no id at all.
            None | Some("") => counter,
            Some(_) if shift == Shift::Forgotten => counter,
            Some(id) => {
                let rest = counter.resume(variant.number_of(id).and_then(|had| shift.of(had)));
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
        let paced = Paced {
            counter,
            due: None,
            first: counter.next(),
            retry: variant.stream.retry,
            told: None,
            ends: None,
            variant,
        };
        Ok(Self::with(Events::Paced(Box::new(paced)), keep_alive))
    }

    /// A topic.
    pub(super) fn subscribed(subscription: Subscription, keep_alive: KeepAlive) -> Self {
        Self::with(Events::Topic(subscription), keep_alive)
    }

    /// What a task hands over. Nothing is put between its bytes. The ids that it gives are kept in
    /// `ids`, if there are any.
    pub(super) fn piped(pieces: Taker<Bytes>, ids: Option<Arc<SentIds>>) -> Self {
        let pipe = Pipe::new(pieces, ids);
        Self::with(Events::Pipe(Box::new(pipe)), KeepAlive::Off)
    }

    fn with(events: Events, keep_alive: KeepAlive) -> Self {
        Self {
            events,
            keep_alive,
            blank: true,
            comment_due: None,
        }
    }

    /// Whether a blank line follows its keep-alive comments, where its stream does not say.
    pub(super) fn set_blank(&mut self, usual: bool) {
        let stream = match &self.events {
            Events::Paced(paced) => &paced.variant.stream,
            Events::Replay(player) => &player.variant.stream,
            Events::Topic(_) | Events::Pipe(_) => return self.blank = usual,
        };
        self.blank = stream.keep_alive_blank.unwrap_or(usual);
    }

    /// Whether its client has no place in its topic yet.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(&self.events, Events::Topic(subscription) if subscription.is_waiting())
    }

    /// The number of the event that is sent next.
    pub(super) fn next_number(&self) -> u64 {
        match &self.events {
            Events::Paced(paced) => paced.counter.next(),
            Events::Topic(subscription) => subscription.next(),
            Events::Replay(player) => player.next_number(),
            Events::Pipe(pipe) => pipe.next_number(),
        }
    }

    /// How its lines end.
    pub(super) fn line_ending(&self) -> LineEnding {
        match &self.events {
            Events::Paced(paced) => paced.variant.stream.line_ending,
            Events::Topic(_) | Events::Pipe(_) => LineEnding::Lf,
            Events::Replay(player) => player.line_ending(),
        }
    }

    /// What the client was told, to be asked at its end.
    pub(super) fn receipt(&self) -> Receipt {
        match &self.events {
            Events::Paced(paced) => Receipt {
                retry: paced.told,
                first: paced.first,
                gap: false,
                whole: paced.counter.whole(),
            },
            Events::Topic(subscription) => subscription.receipt(),
            Events::Replay(player) => player.receipt(),
            Events::Pipe(pipe) => Receipt {
                retry: pipe.retry(),
                first: 0,
                gap: false,
                whole: None,
            },
        }
    }

    /// Writes everything that is due at `now`, up to the cap of a visit.
    pub(super) fn fill(&mut self, now: Now, out: &mut WriteBuffer) -> Next {
        self.fill_as(false, now, out)
    }

    /// The same in whole blocks, where they are not beyond all measure, for whoever changes them.
    pub(super) fn fill_blocks(&mut self, now: Now, out: &mut WriteBuffer) -> Next {
        self.fill_as(true, now, out)
    }

    fn fill_as(&mut self, whole: bool, now: Now, out: &mut WriteBuffer) -> Next {
        let next = match &mut self.events {
            Events::Paced(paced) => paced.fill(now, out),
            Events::Topic(subscription) => match subscription.fill(out) {
                Filled::All => Next::Wait { at: None },
                Filled::Full => Next::More,
                Filled::TooSlow => Next::Cut,
                Filled::Over => Next::End,
            },
            Events::Replay(player) => player.fill(now.instant, out),
            Events::Pipe(pipe) => pipe.fill(whole, out),
        };
        match next {
            // A comment would stand within a block: it waits for the end of that.
            Next::Wait { at } if !self.takes_keep_alive() => {
                self.arm_keep_alive(now.instant, !out.is_empty());
                Next::Wait { at }
            }
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
            Next::End | Next::Cut | Next::Gone(_) | Next::Failed | Next::Broken(_) => next,
        }
    }

    /// Whether it sends what its topic had before the client came.
    pub(super) fn is_replaying(&self) -> bool {
        match &self.events {
            Events::Paced(_) | Events::Pipe(_) | Events::Replay(_) => false,
            Events::Topic(subscription) => subscription.is_replaying(),
        }
    }

    /// Takes what `out` holds, which was written for another client, where a visit would write the
    /// same.
    pub(super) fn repeat(&mut self, now: Instant, out: &WriteBuffer) -> Option<Next> {
        let quiet = match self.keep_alive {
            KeepAlive::Off => true,
            _ => self.comment_due.is_some_and(|due| due > now),
        };
        let Events::Topic(subscription) = &mut self.events else {
            return None;
        };
        if !quiet || !subscription.repeat(out.stretch()?) {
            return None;
        }
        self.arm_keep_alive(now, true);
        Some(Next::Wait {
            at: self.comment_due,
        })
    }

    /// Whether everything that a finite stream has was written.
    pub(super) fn is_complete(&self) -> bool {
        match &self.events {
            Events::Paced(paced) => paced.counter.is_done(),
            Events::Topic(_) => false,
            Events::Replay(player) => player.is_complete(),
            Events::Pipe(pipe) => pipe.is_complete(),
        }
    }

    /// The topic that it reads, if it reads one.
    pub(super) fn topic(&self) -> Option<&Arc<Topic>> {
        match &self.events {
            Events::Paced(_) | Events::Pipe(_) | Events::Replay(_) => None,
            Events::Topic(subscription) => Some(subscription.topic()),
        }
    }

    /// What is asked while bytes of the last visit are unsent: whether the client is so far behind
    /// that it is to be cut off.
    pub(super) fn is_too_slow(&self) -> bool {
        match &self.events {
            Events::Paced(_) | Events::Pipe(_) | Events::Replay(_) => false,
            Events::Topic(subscription) => subscription.is_too_slow(),
        }
    }

    /// The replay, where it is one.
    pub(super) fn player(&self) -> Option<&Player> {
        match &self.events {
            Events::Replay(player) => Some(player),
            Events::Paced(_) | Events::Topic(_) | Events::Pipe(_) => None,
        }
    }

    /// The same, to be changed.
    pub(super) fn player_mut(&mut self) -> Option<&mut Player> {
        match &mut self.events {
            Events::Replay(player) => Some(player),
            Events::Paced(_) | Events::Topic(_) | Events::Pipe(_) => None,
        }
    }

    /// Whether it may be ended here: no event is under way, and a subscriber that is not at the end
    /// of its topic has `more`.
    pub(super) fn may_leave(&self, more: bool) -> bool {
        match &self.events {
            Events::Paced(_) => true,
            Events::Topic(_) => !more,
            Events::Replay(player) => player.is_between_blocks(),
            Events::Pipe(pipe) => pipe.is_between_blocks(),
        }
    }

    /// Whether a keep-alive comment may stand where the stream is.
    fn takes_keep_alive(&self) -> bool {
        self.player().is_none_or(Player::is_between_blocks)
    }

    /// Whether its bytes come from a task elsewhere.
    pub(super) fn is_foreign(&self) -> bool {
        matches!(self.events, Events::Pipe(_))
    }

    /// Whether its lines have ends of their own, which are kept whatever strikes it.
    pub(super) fn keeps_line_ends(&self) -> bool {
        match &self.events {
            Events::Pipe(_) => true,
            Events::Paced(paced) => paced.ends.is_some(),
            Events::Topic(_) | Events::Replay(_) => false,
        }
    }

    /// Whether a task has more for it. Where it has not, `waker` is woken when it has.
    pub(super) fn has_news(&mut self, waker: &Waker) -> bool {
        match &mut self.events {
            Events::Paced(_) | Events::Topic(_) | Events::Replay(_) => false,
            Events::Pipe(pipe) => pipe.has_news(waker),
        }
    }

    /// Writes a comment where one is due, and no event.
    pub(super) fn fill_comment(&mut self, now: Instant, out: &mut WriteBuffer) {
        if self.takes_keep_alive() {
            self.keep_alive(now, out);
        }
    }

    /// When the next comment is due.
    pub(super) fn comment_due(&self) -> Option<Instant> {
        self.comment_due.filter(|_| self.takes_keep_alive())
    }

    fn keep_alive(&mut self, now: Instant, out: &mut WriteBuffer) {
        let sent = !out.is_empty();
        self.arm_keep_alive(now, sent);
        if self.comment_due.is_none_or(|due| due > now) {
            return;
        }
        let stream = match &self.events {
            Events::Paced(paced) => Some(&*paced.variant.stream),
            Events::Replay(player) => Some(&*player.variant.stream),
            Events::Topic(_) | Events::Pipe(_) => None,
        };
        match stream {
            Some(stream) => {
                let bytes = stream.keep_alive_bytes(self.blank);
                out.payload().extend_from_slice(&bytes);
            }
            None if self.blank => out.payload().extend_from_slice(b": keep-alive\n\n"),
            None => out.payload().extend_from_slice(b": keep-alive\n"),
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
