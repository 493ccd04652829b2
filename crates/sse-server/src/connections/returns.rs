//! Clients that went and came back: which row goes on with which, and what the break cost.
//!
//! A client is the same one when its `client=` tag says so; else when program, address and stream are the same and it
//! brings an id that we gave, and then it is only probably the same.

mod verdict;

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::IpAddr;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::row::{Asked, Client, EndedBy, Numbers, Row};
use crate::stream::Stream;
use crate::topics::Topic;
pub use verdict::{Verdict, VerdictKind};

/// How many clients that went are remembered. More than the rows of them that are kept, so that of each row it is known
/// whether its client came back.
const GONE: usize = 256;

/// A client that went is waited for this long at least, and for this many of its reconnection times.
const PATIENCE: Duration = Duration::from_secs(30);
const PATIENCE_RETRIES: u32 = 10;

/// Who went, and what became of them.
#[derive(Debug, Default)]
pub(super) struct Returns {
    /// The one that went last is first.
    gone: VecDeque<Gone>,
    /// How those came that came back, by the id of the row, as long as there is that row.
    came: HashMap<u64, Back>,
    /// What became of those that went, the same way.
    left: HashMap<u64, Left>,
}

/// A client as its connection ended.
#[derive(Debug)]
pub(super) struct Gone {
    /// A hash of what it is known by.
    who: u64,
    row: u64,
    tag: Option<Box<str>>,
    peer: IpAddr,
    asked: Arc<Asked>,
    at: Instant,
    retry: Option<u64>,
    sent: What,
    /// The id of the last event that it was sent, or of the place in a topic where it was.
    last_id: Option<String>,
}

/// What a client was sent, as numbers.
#[derive(Debug)]
struct What {
    of: Of,
    /// The number that would have been next.
    next: Option<u64>,
    /// How many events were sent since the last number that is known, where that may be any.
    unnumbered: u64,
}

/// What the numbers are numbers of: it need not be there any more.
#[derive(Debug)]
enum Of {
    Nothing,
    Stream(Weak<Stream>),
    Topic(Weak<Topic>),
}

/// Where a client goes on that arrives.
#[derive(Debug)]
pub(crate) struct GoesOn {
    numbers: Numbers,
    /// The number of the event that it is sent first, or would be.
    next: u64,
    /// Whether it brought the id of the event before.
    knows: bool,
}

impl GoesOn {
    /// With the event `next` of what `numbers` counts. It may wait for a topic.
    pub(crate) fn new(numbers: Numbers, brought: Option<&str>, next: u64) -> Self {
        let before = next.checked_sub(1).filter(|_| brought.is_some());
        let knows = before.is_some_and(|n| numbers.id(n).as_deref() == brought);
        Self {
            numbers,
            next,
            knows,
        }
    }
}

/// What it was answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answered {
    /// The stream.
    Stream,
    /// That it has everything.
    Complete,
    /// A refusal.
    Refused(u16),
}

#[derive(Clone, Debug, PartialEq)]
enum Left {
    /// Its client came back, as this other row.
    Returned {
        to: u64,
        away: Option<Duration>,
        sure: bool,
    },
    /// Its client was refused when it came back.
    Refused {
        to: u64,
        away: Duration,
        status: u16,
        sure: bool,
    },
}

#[derive(Clone, Debug, PartialEq)]
struct Back {
    of: u64,
    away: Duration,
    retry: Option<u64>,
    brought: Option<Box<str>>,
    answered: Answered,
    cost: Option<Cost>,
    sure: bool,
}

/// Events that a client was never sent, and those that it was sent twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cost {
    lost: u64,
    repeated: u64,
}

impl Gone {
    /// The client of a row that has just been ended. It may wait for a topic.
    pub(super) fn of(row: &Row, at: Instant) -> Self {
        let numbers = &row.client.numbers;
        let last = row.sent.last_id();
        let next = row.sent.next();
        let last_id = match (last, numbers) {
            // A subscriber is given its place before any event.
            (None, Numbers::Topic(topic)) => next.map(|next| topic.id(next.saturating_sub(1))),
            (last, numbers) => last.and_then(|n| numbers.id(n)),
        };
        Self {
            who: who(&row.client),
            row: row.id,
            tag: row.client.tag.clone(),
            peer: row.client.peer.ip(),
            asked: Arc::clone(&row.client.asked),
            at,
            retry: row.ended.get().and_then(|ended| ended.retry),
            sent: What {
                of: Of::from(numbers),
                next,
                unnumbered: match last {
                    Some(_) => 0,
                    None => row.sent.counts().events,
                },
            },
            last_id,
        }
    }

    /// Whether this may be the client that arrives.
    fn is(&self, who: u64, client: &Client, goes_on: Option<&GoesOn>) -> bool {
        if self.who != who || self.asked.stream != client.asked.stream || self.tag != client.tag {
            return false;
        }
        if self.tag.is_some() {
            return true;
        }
        if self.peer != client.peer.ip() || self.asked.program != client.asked.program {
            return false;
        }
        let Some(brought) = client.brought.as_deref() else {
            return false;
        };
        // One that did not get all of it brings an id from before the last.
        let had = |goes_on: &GoesOn| {
            goes_on.knows
                && self.sent.of.is(&goes_on.numbers)
                && self.sent.next.is_some_and(|next| goes_on.next <= next)
        };
        self.last_id.as_deref() == Some(brought) || goes_on.is_some_and(had)
    }

    /// What it costs the client to go on there.
    fn cost(&self, goes_on: &GoesOn) -> Option<Cost> {
        let What {
            of,
            next,
            unnumbered,
        } = &self.sent;
        if !of.is(&goes_on.numbers) {
            return None;
        }
        let (had, next) = ((*next)?, goes_on.next);
        match (*unnumbered, next > had) {
            (0, _) => Some(Cost {
                lost: next.saturating_sub(had),
                repeated: had.saturating_sub(next),
            }),
            // None of them has an id: it begins where it began before.
            (events, false) => Some(Cost {
                lost: 0,
                repeated: events + had - next,
            }),
            (_, true) => None,
        }
    }
}

impl Of {
    fn from(numbers: &Numbers) -> Self {
        match numbers {
            Numbers::Stream(stream) => Self::Stream(Arc::downgrade(stream)),
            Numbers::Topic(topic) => Self::Topic(Arc::downgrade(topic)),
            Numbers::None | Numbers::Last(_) => Self::Nothing,
        }
    }

    /// Whether the numbers mean the same there.
    fn is(&self, numbers: &Numbers) -> bool {
        match (self, numbers) {
            (Self::Stream(then), Numbers::Stream(now)) => {
                std::ptr::eq(then.as_ptr(), Arc::as_ptr(now))
            }
            (Self::Topic(then), Numbers::Topic(now)) => {
                std::ptr::eq(then.as_ptr(), Arc::as_ptr(now))
            }
            _ => false,
        }
    }
}

impl Returns {
    /// Remembers a client that went.
    pub(super) fn went(&mut self, gone: Gone) {
        self.gone.truncate(GONE - 1);
        self.gone.push_front(gone);
    }

    /// Looks for the client of a row that comes among those that went. Of rows that ended, `is_there` tells whether they are
    /// still in the table.
    pub(super) fn came(
        &mut self,
        row: &Row,
        goes_on: Option<&GoesOn>,
        answered: Answered,
        now: Instant,
        is_there: impl Fn(u64) -> bool,
    ) {
        if self.gone.is_empty() {
            return;
        }
        let (id, client) = (row.id, &row.client);
        let who = who(client);
        let is = |gone: &Gone| gone.is(who, client, goes_on);
        let Some(place) = self.gone.iter().position(is) else {
            return;
        };
        let gone = &self.gone[place];
        let (of, sure) = (gone.row, gone.tag.is_some());
        let away = now.saturating_duration_since(gone.at);
        let back = Back {
            of,
            away,
            retry: gone.retry,
            brought: client.brought.clone(),
            answered,
            cost: goes_on.and_then(|goes_on| gone.cost(goes_on)),
            sure,
        };
        self.came.insert(id, back);
        let to = id;
        let left = match answered {
            // It may try again, and is the same client then.
            Answered::Refused(status) => Left::Refused {
                to,
                away,
                status,
                sure,
            },
            Answered::Stream | Answered::Complete => {
                self.gone.remove(place);
                let away = Some(away);
                Left::Returned { to, away, sure }
            }
        };
        // What is said of no row would never be forgotten.
        if is_there(of) {
            self.left.insert(of, left);
        }
    }

    /// Notes that a client was back, as the row `to`, before anybody saw that it had gone.
    pub(super) fn was_back(&mut self, id: u64, to: u64) {
        let (away, sure) = (None, true);
        self.left.insert(id, Left::Returned { to, away, sure });
    }

    /// Forgets what was said of a row, which is no longer there.
    pub(super) fn forget(&mut self, id: u64) {
        self.came.remove(&id);
        self.left.remove(&id);
    }

    /// How much the verdicts on a row matter, for sorting: missing above lost, refused, repeated and the rest.
    pub(super) fn weight(&self, row: &Row, now: Instant, serving: Option<Instant>) -> u64 {
        let left = self.left.contains_key(&row.id);
        if !left && serving.is_some_and(|serving| is_missing(row, now, serving)) {
            return 6;
        }
        match self
            .came
            .get(&row.id)
            .map(|back| (back.answered, back.cost))
        {
            Some((_, Some(Cost { lost: 1.., .. }))) => 5,
            Some((Answered::Refused(_), _)) => 4,
            Some((_, Some(Cost { repeated: 1.., .. }))) => 3,
            Some(_) => 2,
            None => u64::from(left),
        }
    }

    /// How the client of a row came back, if it did.
    pub(super) fn verdict(&self, row: &Row) -> Option<Verdict> {
        self.came.get(&row.id).map(Back::verdict)
    }

    /// What there is to say at `now` of the client of a row that ended, where clients can come back since `serving`.
    pub(super) fn afterwards(
        &self,
        row: &Row,
        now: Instant,
        serving: Option<Instant>,
    ) -> Option<Verdict> {
        match self.left.get(&row.id) {
            Some(left) => Some(left.verdict()),
            None if is_missing(row, now, serving?) => verdict::missing(row, now),
            None => None,
        }
    }
}

/// Whether a connection that was ended, and not by its client, should have come back by now.
fn is_missing(row: &Row, now: Instant, serving: Instant) -> bool {
    let Some(ended) = row.ended.get() else {
        return false;
    };
    let ending = ended.ending;
    // One without tag and id could not be known again.
    let known = row.client.tag.is_some() || matches!(row.client.numbers, Numbers::Last(Some(_)));
    if row.status != 200 || ending.by == EndedBy::Client || ending.complete || !known {
        return false;
    }
    let retry = Duration::from_millis(ended.retry.unwrap_or(0));
    let patience = retry.saturating_mul(PATIENCE_RETRIES).max(PATIENCE);
    now.saturating_duration_since(serving.max(ended.at)) >= patience
}

/// What a client is known by, in one number: most of those that went are told apart by it.
fn who(client: &Client) -> u64 {
    let mut hasher = DefaultHasher::new();
    client.asked.stream.hash(&mut hasher);
    match &client.tag {
        Some(tag) => tag.hash(&mut hasher),
        None => (client.peer.ip(), &client.asked.program).hash(&mut hasher),
    }
    hasher.finish()
}

#[cfg(test)]
mod tests;
