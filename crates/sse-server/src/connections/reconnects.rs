//! Clients that left and reconnected: which row continues which, and what was lost or repeated.
//!
//! Two connections are from one client if they have the same `client=` tag. Without a tag, they are
//! probably from one client if program, address and stream are the same and the newer one sends an
//! id that this server gave; in a room that has a name, if the stream is the same.

mod advice;
mod concurrent;
mod departed;
mod given;
mod refusals;
mod verdict;

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sse_engine::fault::Shift;

use super::connection::{Client, Connection};
use super::end_reason::EndedBy;
use super::numbering::{Numbering, WeakNumbering};
use concurrent::Concurrent;
pub(super) use departed::Departed;
use departed::{Fit, Return};
pub use given::BackWith;
pub use verdict::{Verdict, VerdictKind};

/// How many clients that went are remembered. More than the rows of them that are kept, so that of
/// each row it is known whether its client came back.
const GONE: usize = 256;

/// How many are remembered by what they are known by alone.
const NEWEST: usize = 4096;

/// How many of those that came last are remembered.
const ARRIVALS: usize = 1024;

/// The end of a connection is seen so much later, at most, than a request that came behind it is
/// read.
const OVERLAP: Duration = Duration::from_millis(250);

/// A client that went is waited for this long at least, and for this many of its reconnection
/// times.
const PATIENCE: Duration = Duration::from_secs(30);
const PATIENCE_RETRIES: u32 = 10;

/// Who went, and what became of them.
///
/// How to drive them, under the lock of the table: [`came`](Self::came) for each row that is
/// entered, and [`went`](Self::went) when its connection ends, with a [`Departed`] that was made
/// before the lock was taken. [`forget`](Self::forget) when the table forgets the row.
/// [`verdict`](Self::verdict), [`afterwards`](Self::afterwards) and [`weight`](Self::weight) only
/// read, whenever somebody looks.
#[derive(Debug, Default)]
pub(super) struct Reconnects {
    /// The one that went last is first.
    gone: VecDeque<Departed>,
    /// How those came that came back, by the id of the row, as long as there is that row.
    came: HashMap<u64, Return>,
    /// What became of those that went, the same way.
    left: HashMap<u64, Aftermath>,
    /// The newest row that may be the return of somebody who is known so, whoever that is: nobody
    /// is called missing then.
    newest: HashMap<u64, u64>,
    /// Those that came last and whose return they are is not known, the last one first.
    arrivals: VecDeque<Arrival>,
    /// Those with a tag that are open.
    beside: Concurrent,
    /// Those that were refused, and were not known to have gone: they have been there too. Apart
    /// from those that went, since any page can have itself refused. The last one is first.
    refused: VecDeque<Departed>,
}

/// Who came with an id, and goes on where.
#[derive(Debug)]
struct Arrival {
    /// What the client is known by, as [`who`] has it.
    who: u64,
    /// The row that it came as. What it may go on from has a smaller id.
    row: u64,
    /// When it came. Where that is within [`OVERLAP`] of an end, the end was only seen later.
    at: Instant,
    answered: Answered,
    /// A hash of the id that it brought.
    brought: u64,
    /// What `next` and `had` are numbers of. Weak: an arrival keeps no topic in memory.
    numbers: WeakNumbering,
    /// See [`Resume::next`].
    next: u64,
    /// See [`Resume::had`].
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

/// Where a client goes on that arrives.
#[derive(Debug)]
pub(crate) struct Resume {
    /// What the numbers are numbers of.
    pub(crate) numbers: Numbering,
    /// The number of the event that it is sent first, or would be.
    pub(crate) next: u64,
    /// The number of the event whose id it brought, if one has it.
    pub(crate) had: Option<u64>,
    /// What a fault has it go on with in place of `next`, where one does. What that costs the
    /// client is no verdict on it.
    pub(crate) first: Option<u64>,
}

impl Resume {
    /// The same where a fault moved the place.
    pub(crate) fn moved_by(self, shift: Shift) -> Self {
        match (shift, self.had) {
            (Shift::None, _) | (_, None) => self,
            (_, Some(had)) => Self {
                first: Some(self.next),
                next: had + 1,
                ..self
            },
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
enum Aftermath {
    /// Its client came back, as this other row.
    Returned {
        to: u64,
        away: Option<Duration>,
        sure: bool,
        /// It had been told that there is no more.
        despite: bool,
    },
    /// Its client was refused when it came back.
    Refused {
        to: u64,
        away: Duration,
        status: u16,
        sure: bool,
    },
}

impl Reconnects {
    /// Remembers a client that went, unless it is back already: then, as which row. Those rows that
    /// are in the table still are there by their ids.
    pub(super) fn went<'a>(
        &mut self,
        gone: Departed,
        seen: Seen,
        row_of: impl Fn(u64) -> Option<&'a Arc<Connection>>,
    ) -> Option<u64> {
        self.beside.leave(gone.who, gone.row);
        let back = self.came.get(&gone.row);
        let gone = gone.continued(back);
        let Some((place, back)) = self.is_back(&gone, seen, row_of) else {
            self.remember(gone);
            return None;
        };
        let Arrival { row: to, .. } = self.arrivals.remove(place)?;
        let left = Aftermath::Returned {
            to,
            away: back.away,
            sure: back.sure,
            despite: back.despite,
        };
        self.came.insert(to, back);
        self.left.insert(gone.row, left);
        Some(to)
    }

    fn remember(&mut self, gone: Departed) {
        self.gone.truncate(GONE - 1);
        self.gone.push_front(gone);
    }

    /// The arrival that is the return of this client, if there is one by its id: without one that
    /// tells, it may be another of the same name.
    fn is_back<'a>(
        &self,
        gone: &Departed,
        seen: Seen,
        row_of: impl Fn(u64) -> Option<&'a Arc<Connection>>,
    ) -> Option<(usize, Return)> {
        if seen == Seen::AtOnce {
            return None;
        }
        let overlaps_since = gone.at.checked_sub(OVERLAP);
        let just_now = |it: &Arrival| overlaps_since.is_none_or(|since| it.at >= since);
        let last = gone.last_id().map(given::hash_of);
        // Thousands of ends may be seen while thousands arrive, so most arrivals are ruled out by
        // their numbers, before any text is compared. The last that came is first.
        let arrivals = self.arrivals.iter().enumerate();
        let later = arrivals
            .take_while(|(_, it)| it.row > gone.row && (just_now(it) || seen == Seen::Late));
        let mut alike = later.filter(|(_, it)| {
            let may_fit = it.had.is_some() || Some(it.brought) == last || gone.is_forwarded();
            it.who == gone.who && may_fit
        });
        alike.find_map(|(place, arrival)| {
            let client = &row_of(arrival.row)?.client;
            let resume = Resume {
                numbers: arrival.numbers.upgrade()?,
                next: arrival.next,
                had: arrival.had,
                first: None,
            };
            let had = resume.had.map(|had| (had, &resume.numbers));
            if gone.fits(arrival.who, client, had) <= Some(Fit::TagOnly) {
                return None;
            }
            // What was sent to nobody meanwhile is no repetition.
            let (resume, away) = match just_now(arrival) {
                true => (Some(&resume), Some(Duration::ZERO)),
                false => (None, None),
            };
            Some((place, gone.back(client, resume, arrival.answered, away)))
        })
    }

    /// Looks for the client of a row that comes among those that went. Of rows that ended,
    /// `is_there` tells whether they are still in the table.
    pub(super) fn came(
        &mut self,
        row: &Connection,
        resume: Option<&Resume>,
        answered: Answered,
        now: Instant,
        is_there: impl Fn(u64) -> bool,
    ) {
        let (id, client) = (row.id, &row.client);
        if !client.is_known() && client.brought.is_none() {
            return;
        }
        let who = who(client);
        if client.is_known() && answered == Answered::Stream {
            self.note(who, id);
        }
        let fits = self.gone.iter().enumerate().filter_map(|(place, gone)| {
            let had = resume.and_then(|resume| Some((resume.had?, &resume.numbers)));
            let fit = gone.fits(who, client, had)?;
            // Of those that fit alike, the one that came last.
            Some((fit, gone.row, place))
        });
        let place = fits.max().map(|(_, _, place)| place);
        if client.tag.is_some() && answered == Answered::Stream {
            let apart = place.is_some() || client.brought.is_none();
            self.beside.enter(who, id, now, apart);
        }
        let Some(place) = place else {
            self.note(who, id);
            self.after_refusal(row, resume, answered, now, is_there);
            if let Some(resume) = resume {
                self.arrived(row, resume, answered, now);
            }
            return;
        };
        let gone = &self.gone[place];
        if gone.is_asked_anew(client) {
            if answered != Answered::Complete {
                self.gone.remove(place);
            }
            if let Answered::Refused(status) = answered {
                self.remember_refused(row, status, now);
            }
            return;
        }
        let (of, sure, despite) = (gone.row, gone.is_sure(), gone.is_away());
        let away = now.saturating_duration_since(gone.at);
        let was_there = now.saturating_duration_since(gone.was_there());
        let back = gone.back(client, resume, answered, Some(was_there));
        self.came.insert(id, back);
        let to = id;
        let left = match answered {
            // It may try again, and is the same client then.
            Answered::Refused(status) => {
                self.gone[place].is_refused(status, told_retry(row), now);
                Aftermath::Refused {
                    to,
                    away,
                    status,
                    sure,
                }
            }
            Answered::Stream | Answered::Complete => {
                let gone = self.gone.remove(place);
                if let Some(gone) = gone.filter(|_| answered == Answered::Complete) {
                    self.remember(gone.goes_away(row, now));
                }
                Aftermath::Returned {
                    to,
                    away: Some(away),
                    sure,
                    despite,
                }
            }
        };
        // What is said of no row would never be forgotten.
        if is_there(of) {
            self.left.insert(of, left);
        }
    }

    /// Notes that somebody came who is not known to have gone: what it goes on from may end in a
    /// moment.
    fn arrived(&mut self, row: &Connection, resume: &Resume, answered: Answered, now: Instant) {
        let refused = matches!(answered, Answered::Refused(_));
        let Some(brought) = row.client.brought.as_deref().filter(|_| !refused) else {
            return;
        };
        self.arrivals.truncate(ARRIVALS - 1);
        self.arrivals.push_front(Arrival {
            who: who(&row.client),
            row: row.id,
            at: now,
            answered,
            brought: given::hash_of(brought),
            numbers: WeakNumbering::new(&resume.numbers),
            next: resume.next,
            had: resume.had,
        });
        if answered == Answered::Complete {
            self.remember(Departed::away(row, resume, now));
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

    /// How much the verdicts on a row matter, for sorting: missing above lost, come back against a
    /// 204, open twice, refused, repeated, cut and the rest.
    pub(super) fn weight(&self, row: &Connection, now: Instant, serving: Option<Instant>) -> u64 {
        let of = |said: &Verdict| match said.kind {
            VerdictKind::Missing => 9,
            VerdictKind::Back if said.lost.is_some_and(|lost| lost > 0) => 8,
            _ if said.despite => 7,
            VerdictKind::Beside => 6,
            VerdictKind::Refused => 5,
            VerdictKind::Back if said.bad && said.repeated.is_none_or(|n| n == 0) => 5,
            VerdictKind::Back if said.bad => 4,
            VerdictKind::Cut => 3,
            VerdictKind::Back => 2,
            VerdictKind::Returned => 1,
        };
        let said = [self.verdict(row), self.afterwards(row, now, serving)];
        said.iter().flatten().map(of).max().unwrap_or(0)
    }

    /// The row that the client of this one goes on from.
    pub(super) fn goes_on_from(&self, id: u64) -> Option<u64> {
        self.came.get(&id).map(|back| back.of)
    }

    /// How the client of a row came back, if it did.
    pub(super) fn verdict(&self, row: &Connection) -> Option<Verdict> {
        let back = self.came.get(&row.id)?;
        let waits = || {
            self.gone.iter().any(|gone| gone.row == back.of)
                || self.refused.iter().any(|refused| refused.row == row.id)
        };
        Some(back.verdict(row, waits))
    }

    /// What there is to say at `now` of the client of a row that ended, where clients can come back
    /// since `serving`; of one that is open, what else its client has open.
    pub(super) fn afterwards(
        &self,
        row: &Connection,
        now: Instant,
        serving: Option<Instant>,
    ) -> Option<Verdict> {
        let left = self.left.get(&row.id);
        let Some(ended) = row.ended.get() else {
            return verdict::beside(row, &self.beside_of(row, now));
        };
        if let Some(missing) = self.missing(row, now, serving) {
            return Some(missing);
        }
        match left {
            Some(left) => Some(left.verdict(ended)),
            None => verdict::cut(row, ended),
        }
    }

    /// What there is to say at `now` of the client of a row that ended, if it should be back.
    pub(super) fn missing(
        &self,
        row: &Connection,
        now: Instant,
        serving: Option<Instant>,
    ) -> Option<Verdict> {
        let ended = row.ended.get()?;
        let missing = self.is_missing(row, now, serving);
        missing.then(|| verdict::missing(row, ended, self.left.get(&row.id), now))
    }

    /// The rows that are open at once as this one and others of its client; none where it is alone.
    fn beside_of(&self, row: &Connection, now: Instant) -> Vec<u64> {
        if row.client.tag.is_none() {
            return Vec::new();
        }
        let mut rows = self.beside.of(who(&row.client), now);
        if !rows.contains(&row.id) {
            rows.clear();
        }
        rows
    }

    /// The newest of the rows of each client that has several open at once.
    pub(super) fn doubled(&self, now: Instant) -> impl Iterator<Item = u64> {
        self.beside.all(now).filter_map(|rows| rows.last().copied())
    }

    /// Whether the client of a row should be back by now.
    fn is_missing(&self, row: &Connection, now: Instant, serving: Option<Instant>) -> bool {
        let returned = matches!(self.left.get(&row.id), Some(Aftermath::Returned { .. }));
        let maybe = || {
            let newest = self.newest.get(&who(&row.client));
            newest.is_some_and(|newest| *newest > row.id)
        };
        !returned && serving.is_some_and(|serving| is_overdue(row, now, serving)) && !maybe()
    }
}

/// Whether a connection that was ended, and not by its client, should have come back by now.
fn is_overdue(row: &Connection, now: Instant, serving: Instant) -> bool {
    let Some(ended) = row.ended.get() else {
        return false;
    };
    let ending = ended.why;
    // One without tag and id could not be known again.
    let id = match &row.client.numbers {
        // Its client may be on another node.
        Numbering::LastShared(_) => return false,
        Numbering::Last(Some(id)) => !id.is_empty(),
        _ => false,
    };
    let known = row.client.is_known() || id;
    if row.status != 200 || ending.by() == EndedBy::Client || ending.is_complete() || !known {
        return false;
    }
    let retry = Duration::from_millis(ended.retry.unwrap_or(0));
    let patience = retry.saturating_mul(PATIENCE_RETRIES).max(PATIENCE);
    now.saturating_duration_since(serving.max(ended.at)) >= patience
}

/// The reconnection time that a row that ended was told, in milliseconds.
fn told_retry(row: &Connection) -> Option<u64> {
    row.ended.get()?.retry
}

/// What a client is known by, in one number: most of those that went are told apart by it.
fn who(client: &Client) -> u64 {
    let mut hasher = DefaultHasher::new();
    client.asked.stream.hash(&mut hasher);
    match &client.tag {
        Some(tag) => tag.hash(&mut hasher),
        None if client.asked.room.is_some() => {}
        None => (client.peer.ip(), &client.asked.program).hash(&mut hasher),
    }
    hasher.finish()
}

#[cfg(test)]
mod tests;
