//! Clients that went and came back: which row goes on with which, and what the break cost.
//!
//! A client is the same one when its `client=` tag says so; else when program, address and stream are the same and it
//! brings an id that we gave, and then it is only probably the same.

mod verdict;

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::numbers::{Numbers, WeakNumbers};
use super::row::{Asked, Client, EndedBy, Row, shown};
use crate::pump::Told;
pub use verdict::{Verdict, VerdictKind};

/// How many clients that went are remembered. More than the rows of them that are kept, so that of each row it is known
/// whether its client came back.
const GONE: usize = 256;

/// How many are remembered by what they are known by alone.
const NEWEST: usize = 4096;

/// How many of those that came last are remembered.
const ARRIVALS: usize = 1024;

/// The end of a connection is seen so much later, at most, than a request that came behind it is read.
const OVERLAP: Duration = Duration::from_millis(250);

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
    /// The newest row that may be the return of somebody who is known so, whoever that is: nobody is called missing then.
    newest: HashMap<u64, u64>,
    /// Those that came last and whose return they are is not known, the last one first.
    arrivals: VecDeque<Arrival>,
}

/// Who came with an id, and goes on where.
#[derive(Debug)]
struct Arrival {
    who: u64,
    row: u64,
    at: Instant,
    answered: Answered,
    numbers: WeakNumbers,
    next: u64,
    had: Option<u64>,
}

/// How the end of a connection came to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// As it ended: its client could not have come back before.
    AtOnce,
    /// A moment later: what its client did next may have been read before.
    Soon,
    /// Perhaps long after it was broken.
    Late,
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
    /// What the numbers of its events were numbers of.
    numbers: WeakNumbers,
    /// The number that would have been next.
    next: Option<u64>,
    /// What it was told.
    told: Told,
    /// The id that it had brought itself.
    brought: Option<Box<str>>,
    /// The last id that it was given, as much of it as is compared, and the number of that event.
    last_id: Option<(u64, String)>,
}

/// Where a client goes on that arrives.
#[derive(Debug)]
pub(crate) struct GoesOn {
    /// What the numbers are numbers of.
    pub(crate) numbers: Numbers,
    /// The number of the event that it is sent first, or would be.
    pub(crate) next: u64,
    /// The number of the event whose id it brought, if one has it.
    pub(crate) had: Option<u64>,
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
    /// How long it was away; unknown where it was back before it was missed.
    away: Option<Duration>,
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
    pub(super) fn of(row: &Row, told: Told, at: Instant) -> Self {
        let numbers = &row.client.numbers;
        let next = row.sent.next();
        let last_id = match (row.last_id(), numbers, next) {
            // A subscriber is given its place before any event.
            (None, Numbers::Topic(topic), Some(next)) if topic.tells_place() => {
                let place = next.saturating_sub(1);
                Some((place, topic.id(place)))
            }
            (last_id, ..) => last_id,
        };
        Self {
            who: who(&row.client),
            row: row.id,
            tag: row.client.tag.clone(),
            peer: row.client.peer.ip(),
            asked: Arc::clone(&row.client.asked),
            at,
            numbers: WeakNumbers::new(numbers),
            next,
            told,
            brought: row.client.brought.clone(),
            last_id: last_id.map(|(n, id)| (n, shown(&id).to_owned())),
        }
    }

    /// How well the client that arrives fits, if it may be this one at all.
    fn fits(&self, who: u64, client: &Client, had: Option<(u64, &Numbers)>) -> Option<Fit> {
        if self.who != who || self.asked.stream != client.asked.stream || self.tag != client.tag {
            return None;
        }
        let fit = match (&client.brought, &self.last_id) {
            (Some(brought), Some((_, last))) if **brought == **last => Fit::LastId,
            // One that did not get all of it brings an id from before the last.
            (Some(_), _) if had.is_some_and(|(had, of)| self.was_given(client, had, of)) => {
                Fit::OlderId
            }
            _ => Fit::TagOnly,
        };
        let same = self.peer == client.peer.ip() && self.asked.program == client.asked.program;
        (self.tag.is_some() || same && fit != Fit::TagOnly).then_some(fit)
    }

    /// Whether it was given the id of the event `had`.
    fn was_given(&self, client: &Client, had: u64, numbers: &Numbers) -> bool {
        let Some(next) = self.next.filter(|_| self.numbers.is(numbers)) else {
            return false;
        };
        // An id without data comes behind the last event, and its place before a subscriber's first.
        let not_behind = had < next || numbers.events_between(next, had + 1) == 0;
        let own = self.brought == client.brought || matches!(self.numbers, WeakNumbers::Topic(_));
        not_behind && (had >= self.told.first || had + 1 == self.told.first && own)
    }

    /// How its client came back.
    fn back(
        &self,
        client: &Client,
        goes_on: Option<&GoesOn>,
        answered: Answered,
        away: Option<Duration>,
    ) -> Back {
        Back {
            of: self.row,
            away,
            retry: self.told.retry,
            brought: client.brought.clone(),
            answered,
            cost: goes_on.and_then(|goes_on| self.cost(client, goes_on, answered)),
            sure: self.tag.is_some(),
        }
    }

    /// What it costs the client to go on there.
    fn cost(&self, client: &Client, goes_on: &GoesOn, answered: Answered) -> Option<Cost> {
        let numbers = &goes_on.numbers;
        // Who is refused has not gone on anywhere.
        if matches!(answered, Answered::Refused(_)) || !self.numbers.is(numbers) {
            return None;
        }
        let sent = self.next?;
        let (had, next) = match client.brought.as_deref() {
            // It leads to the first event that has it, and nothing tells which one the client had.
            Some(brought) if numbers.repeats_id(brought) => match &self.last_id {
                Some((n, last)) if **last == *brought => (Some(*n), n + 1),
                _ => return None,
            },
            _ => (goes_on.had, goes_on.next),
        };
        // What it says that it has counts, and not what the kernel took for it; but it cannot have what was never sent.
        let lacks = had.map_or(sent, |had| sent.min(had + 1));
        if self.told.gap && next.min(lacks) < self.told.first {
            // Some of what lies there was sent and some was not.
            return None;
        }
        Some(Cost {
            lost: numbers.events_between(lacks, next),
            // What was sent before that connection is of others.
            repeated: match answered {
                Answered::Stream => numbers.events_between(next.max(self.told.first), sent),
                Answered::Complete | Answered::Refused(_) => 0,
            },
        })
    }
}

/// How well a client fits one that went, the best last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// It has the tag.
    TagOnly,
    /// It brought an id that the other was given before the last.
    OlderId,
    /// It brought the last id that the other was given.
    LastId,
}

impl Returns {
    /// Remembers a client that went, unless it is back already. Those rows that are in the table still are there by their ids.
    pub(super) fn went<'a>(
        &mut self,
        gone: Gone,
        seen: Seen,
        row_of: impl Fn(u64) -> Option<&'a Arc<Row>>,
    ) {
        let Some((place, back)) = self.is_back(&gone, seen, row_of) else {
            self.gone.truncate(GONE - 1);
            self.gone.push_front(gone);
            return;
        };
        let Some(Arrival { row: to, .. }) = self.arrivals.remove(place) else {
            return;
        };
        let left = Left::Returned {
            to,
            away: back.away,
            sure: back.sure,
        };
        self.came.insert(to, back);
        self.left.insert(gone.row, left);
    }

    /// The arrival that is the return of this client, if there is one by its id: without one that tells, it may be another of the
    /// same name.
    fn is_back<'a>(
        &self,
        gone: &Gone,
        seen: Seen,
        row_of: impl Fn(u64) -> Option<&'a Arc<Row>>,
    ) -> Option<(usize, Back)> {
        if seen == Seen::AtOnce {
            return None;
        }
        let arrivals = self.arrivals.iter().enumerate();
        let mut later = arrivals.filter(|(_, it)| it.who == gone.who && it.row > gone.row);
        later.find_map(|(place, arrival)| {
            let just_now = gone.at.saturating_duration_since(arrival.at) <= OVERLAP;
            if !just_now && seen == Seen::Soon {
                return None;
            }
            let client = &row_of(arrival.row)?.client;
            let goes_on = GoesOn {
                numbers: arrival.numbers.upgrade()?,
                next: arrival.next,
                had: arrival.had,
            };
            let had = goes_on.had.map(|had| (had, &goes_on.numbers));
            if gone.fits(arrival.who, client, had) <= Some(Fit::TagOnly) {
                return None;
            }
            // What was sent to nobody meanwhile is no repetition.
            let (goes_on, away) = match just_now {
                true => (Some(&goes_on), Some(Duration::ZERO)),
                false => (None, None),
            };
            Some((place, gone.back(client, goes_on, arrival.answered, away)))
        })
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
        let (id, client) = (row.id, &row.client);
        if client.tag.is_none() && client.brought.is_none() {
            return;
        }
        let who = who(client);
        if client.tag.is_some() && answered == Answered::Stream {
            self.note(who, id);
        }
        let fits = self.gone.iter().enumerate().filter_map(|(place, gone)| {
            let had = goes_on.and_then(|goes_on| Some((goes_on.had?, &goes_on.numbers)));
            let fit = gone.fits(who, client, had)?;
            // Of those that fit alike, the one that came last.
            Some((fit, gone.row, place))
        });
        let Some((_, _, place)) = fits.max() else {
            self.note(who, id);
            let refused = matches!(answered, Answered::Refused(_));
            if let Some(goes_on) = goes_on.filter(|_| client.brought.is_some() && !refused) {
                self.arrivals.truncate(ARRIVALS - 1);
                self.arrivals.push_front(Arrival {
                    who,
                    row: id,
                    at: now,
                    answered,
                    numbers: WeakNumbers::new(&goes_on.numbers),
                    next: goes_on.next,
                    had: goes_on.had,
                });
            }
            return;
        };
        let gone = &self.gone[place];
        let (of, sure) = (gone.row, gone.tag.is_some());
        let away = now.saturating_duration_since(gone.at);
        let back = gone.back(client, goes_on, answered, Some(away));
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

    /// Notes that this row may be the return of somebody who is known so.
    fn note(&mut self, who: u64, id: u64) {
        if self.newest.len() == NEWEST {
            self.newest.clear();
        }
        self.newest.insert(who, id);
    }

    /// Forgets what was said of a row, which is no longer there.
    pub(super) fn forget(&mut self, id: u64) {
        self.came.remove(&id);
        self.left.remove(&id);
    }

    /// How much the verdicts on a row matter, for sorting: missing above lost, refused, repeated and the rest.
    pub(super) fn weight(&self, row: &Row, now: Instant, serving: Option<Instant>) -> u64 {
        let left = self.left.get(&row.id);
        if self.is_missing(row, now, serving) {
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
            None => match left {
                Some(Left::Refused { .. }) => 4,
                Some(Left::Returned { .. }) => 1,
                None => 0,
            },
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
        let left = self.left.get(&row.id);
        if self.is_missing(row, now, serving) {
            return verdict::missing(row, left, now);
        }
        left.map(Left::verdict)
    }

    /// Whether the client of a row should be back by now.
    fn is_missing(&self, row: &Row, now: Instant, serving: Option<Instant>) -> bool {
        let returned = matches!(self.left.get(&row.id), Some(Left::Returned { .. }));
        let maybe = || {
            let newest = self.newest.get(&who(&row.client));
            newest.is_some_and(|newest| *newest > row.id)
        };
        !returned && serving.is_some_and(|serving| is_overdue(row, now, serving)) && !maybe()
    }
}

/// Whether a connection that was ended, and not by its client, should have come back by now.
fn is_overdue(row: &Row, now: Instant, serving: Instant) -> bool {
    let Some(ended) = row.ended.get() else {
        return false;
    };
    let ending = ended.ending;
    // One without tag and id could not be known again.
    let id = match &row.client.numbers {
        Numbers::Last(Some(id)) => !id.is_empty(),
        _ => false,
    };
    let known = row.client.tag.is_some() || id;
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
