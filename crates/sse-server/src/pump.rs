//! The pump: what a connection is sent, and when. One state machine for each connection.
//!
//! It knows no clock, no socket and no task: the time is handed in, bytes go into a buffer, and the
//! answer says when to come back. So every timing, resume and ending is tested with made-up instants.
//!
//! Never: reads a clock, waits, or is filled while bytes of the last visit are unsent. A visit is
//! therefore the receipt for everything before it.

mod counter;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use sse_wire::{Event, LineEnding, encode};

use crate::keep_alive::KeepAlive;
use crate::out::{Out, Told, VISIT};
use crate::stream::{Moment, Play};
use crate::time::Now;
use crate::topics::{Fed, Subscription, Topic};
use counter::Counter;

/// How far a stream may be behind its pace and still make up for it. Timers are coarse, so a fast
/// stream is always a little late; but a client that was stalled for a minute wants the next event, not
/// a minute of them at once.
const CATCH_UP: Duration = Duration::from_secs(1);

/// Events after which a visit ends, however few bytes they have: a name that is empty is not written at all.
const VISIT_EVENTS: usize = 4096;

/// What the transport does after a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Come back at this instant, if there is one, or when its topic has news; before, only to act.
    Wait { at: Option<Instant> },
    /// The cap of a visit was reached: let others have a turn, then come back.
    More,
    /// Send what is there, then end in order.
    End,
    /// End without a last chunk: the client is too slow, and is to come back with its last event id.
    Cut,
}

/// What somebody outside the stream wants of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// The server stops: end in order at the next visit.
    Stop,
}

/// One connection's stream.
#[derive(Debug)]
pub(crate) struct Pump {
    feed: Feed,
    keep_alive: KeepAlive,
    /// Whether a blank line follows a keep-alive comment.
    blank: bool,
    /// When the next keep-alive comment is due.
    comment_due: Option<Instant>,
    stopped: bool,
}

/// Where the events come from.
#[derive(Debug)]
enum Feed {
    /// From a stream of the list, at its pace. Boxed, since it is twice the size of the other, of which there may be more.
    Paced(Box<Paced>),
    /// From a topic, as they are published.
    Topic(Subscription),
}

/// A stream of the list: what is left of it, and when.
#[derive(Debug)]
struct Paced {
    play: Play,
    counter: Counter,
    /// When the next event is due; unset until the first visit.
    due: Option<Instant>,
    /// Sent with the first event of the connection, then gone.
    retry: Option<u64>,
    /// The reconnection time that was sent last.
    told: Option<u64>,
    /// The number that it began with.
    first: u64,
}

impl Pump {
    /// The pump of a client that comes with `last_event_id`. Where the stream says nothing of keep-alive, `keep_alive` holds.
    ///
    /// # Errors
    /// The client has had everything: the number that would come next.
    pub(crate) fn new(
        play: Play,
        keep_alive: KeepAlive,
        last_event_id: Option<&str>,
    ) -> Result<Self, u64> {
        let counter = Counter::new(play.from, play.count);
        let counter = match last_event_id {
            // An empty id is what a client that never had one would send: no id at all.
            None | Some("") => counter,
            Some(id) => {
                let rest = counter.resume(play.number_of(id));
                // What comes behind the last event is no reason to come back again and again.
                if play.has_no_more(rest.next()) {
                    return Err(rest.next());
                }
                rest
            }
        };
        if counter.is_done() {
            return Err(counter.next());
        }
        let keep_alive = play.stream.keep_alive.unwrap_or(keep_alive);
        Ok(Self::with(
            Feed::Paced(Box::new(Paced {
                counter,
                due: None,
                first: counter.next(),
                retry: play.stream.retry,
                told: None,
                play,
            })),
            keep_alive,
        ))
    }

    /// The pump of a subscriber of a topic.
    pub(crate) fn subscribed(subscription: Subscription, keep_alive: KeepAlive) -> Self {
        Self::with(Feed::Topic(subscription), keep_alive)
    }

    /// The same, with a blank line behind its keep-alive comments or without one, where its stream does not say.
    pub(crate) fn with_blank(mut self, usual: bool) -> Self {
        self.blank = match &self.feed {
            Feed::Paced(paced) => paced.play.stream.keep_alive_blank.unwrap_or(usual),
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
    pub(crate) fn next_number(&self) -> u64 {
        match &self.feed {
            Feed::Paced(paced) => paced.counter.next(),
            Feed::Topic(subscription) => subscription.next(),
        }
    }

    /// What the client was told, to be asked at its end.
    pub(crate) fn told(&self) -> Told {
        match &self.feed {
            Feed::Paced(paced) => Told {
                retry: paced.told,
                first: paced.first,
                gap: false,
                whole: paced.counter.whole(),
            },
            Feed::Topic(subscription) => subscription.told(),
        }
    }

    /// Writes everything that is due at `now`, up to the cap of a visit.
    pub(crate) fn fill(&mut self, now: Now, out: &mut Out) -> Next {
        if self.stopped {
            return Next::End;
        }
        let next = match &mut self.feed {
            Feed::Paced(paced) => paced.fill(now, out),
            Feed::Topic(subscription) => match subscription.fill(out) {
                Fed::All => Next::Wait { at: None },
                Fed::Full => Next::More,
                Fed::TooSlow => Next::Cut,
                Fed::Over => Next::End,
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
    pub(crate) fn is_replaying(&self) -> bool {
        match &self.feed {
            Feed::Paced(_) => false,
            Feed::Topic(subscription) => subscription.is_replaying(),
        }
    }

    /// Takes what `out` holds, which was written for another client, where a visit would write the same.
    pub(crate) fn repeat(&mut self, now: Instant, out: &Out) -> Option<Next> {
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
    pub(crate) fn act(&mut self, _now: Now, act: Act) {
        match act {
            Act::Stop => self.stopped = true,
        }
    }

    /// Whether everything that a finite stream has was written.
    pub(crate) fn is_complete(&self) -> bool {
        match &self.feed {
            Feed::Paced(paced) => paced.counter.is_done(),
            Feed::Topic(_) => false,
        }
    }

    /// The topic that it reads, if it reads one.
    pub(crate) fn topic(&self) -> Option<&Arc<Topic>> {
        match &self.feed {
            Feed::Paced(_) => None,
            Feed::Topic(subscription) => Some(subscription.topic()),
        }
    }

    /// What is asked while bytes of the last visit are unsent: whether the client is so far behind that it
    /// is to be cut off.
    pub(crate) fn is_too_slow(&self) -> bool {
        match &self.feed {
            Feed::Paced(_) => false,
            Feed::Topic(subscription) => subscription.is_too_slow(),
        }
    }

    fn keep_alive(&mut self, now: Instant, out: &mut Out) {
        let sent = out.len() > 0;
        self.arm_keep_alive(now, sent);
        if self.comment_due.is_none_or(|due| due > now) {
            return;
        }
        let event = Event {
            comment: Some("keep-alive"),
            ..Event::default()
        };
        let ending = match &self.feed {
            Feed::Paced(paced) => paced.play.stream.line_ending,
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

impl Paced {
    fn fill(&mut self, now: Now, out: &mut Out) -> Next {
        let Now { instant: now, wall } = now;
        let mut due = match self.due {
            Some(due) => due,
            None => now + self.play.before(self.counter.next(), true),
        };
        if now.saturating_duration_since(due) > CATCH_UP {
            due = now;
        }
        let mut events = 0;
        while due <= now {
            events += 1;
            if out.len() >= VISIT || events > VISIT_EVENTS {
                self.due = Some(due);
                return Next::More;
            }
            let Some(n) = self.counter.take() else {
                return Next::End;
            };
            self.event(n, wall, out);
            due += self.play.before(self.counter.next(), false);
        }
        self.due = Some(due);
        if self.counter.is_done() {
            return Next::End;
        }
        Next::Wait { at: Some(due) }
    }

    fn event(&mut self, n: u64, wall: SystemTime, out: &mut Out) {
        let stream = &*self.play.stream;
        let retry = self.retry.take();
        let Some(entry) = stream.entry(n) else {
            self.told = retry.or(self.told);
            let mut digits = itoa::Buffer::new();
            let number = digits.format(n);
            let event = Event {
                retry,
                id: Some(number),
                data: Some(number),
                ..Event::default()
            };
            encode(&event, stream.line_ending, out.payload());
            return out.mark(Some(n));
        };
        let moment = Moment {
            n,
            seed: self.play.pace.seed,
            wall,
        };
        let parts = [&entry.comment, &entry.event, &entry.id, &entry.data];
        let [comment, event, id, data] =
            parts.map(|part| part.as_ref().map(|template| template.text(&moment)));
        let retry = entry.retry.or(retry);
        self.told = retry.or(self.told);
        let event = Event {
            comment: comment.as_deref(),
            retry,
            event: event.as_deref(),
            id: id.as_deref(),
            data: data.as_deref(),
        };
        encode(&event, stream.line_ending, out.payload());
        // Without data there is no event, whatever else the client is told.
        if event.data.is_some() {
            out.mark(Some(n));
        }
    }
}

#[cfg(test)]
mod tests;
