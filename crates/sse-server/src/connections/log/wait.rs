//! Waiting until something happened, for tests that drive a client: the log is read from a number
//! on, so that what happened between the change and the question is not missed.
//!
//! It knows no clock and no timer: whoever waits hands in what the time is, and looks again.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use sse_engine::time::{Now, millis, since_1970};

use super::reader::{Found, LogReader};
use super::view::{EntryView, Kind};
use super::whom::Whom;
use super::{Entry, What};
use crate::armed::InRooms;
use crate::connections::connection::Connection;
use crate::connections::of_room::Beginning;
use crate::connections::{Connections, KEPT, RowView, Table, Verdict};

/// Entries that are read in one go.
const BATCH: usize = 128;

/// Entries that one who waited in vain is shown, the newest.
const SEEN: usize = 20;

/// Ends that one who waits remembers: the tables of 65 rooms keep [`KEPT`] rows that ended, each.
const ENDED: usize = 65 * KEPT;

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// A client got a stream.
    Connected,
    /// A client came back, or was refused when it did.
    Returned,
    /// A client got no stream.
    Refused,
    /// A client did not come back in time.
    Gone,
    /// A stream ended.
    Ended,
    /// Nobody is there, and nobody came for so long.
    Away(Duration),
    /// A connection was sent so many events.
    Events(u64),
    /// A connection was sent the event with this id.
    SentId(String),
    /// The fault with this number struck.
    Fired(u64),
}

/// What made it true.
#[derive(Debug, Serialize)]
pub(crate) struct Met {
    /// `true`.
    met: bool,
    /// The number of the entry that made it true; where none did, of the newest.
    pub(crate) seq: u64,
    /// The connection that it was, where the table still has it.
    pub(crate) row: Option<RowView>,
    /// What there is to say of its client.
    pub(crate) verdict: Option<Verdict>,
}

/// What was seen by one who waited in vain.
#[derive(Debug, Serialize)]
pub(crate) struct Unmet {
    /// `false`.
    met: bool,
    waited_ms: u64,
    /// One sentence.
    pub(crate) words: String,
    /// What happened, the newest [`SEEN`] entries.
    pub(crate) seen: Vec<EntryView>,
}

/// One who waits.
///
/// How to drive it: [`look`](Self::look); while that is nothing, wait for [`news`](Self::news), and
/// no longer than [`next_look`](Self::next_look) says.
#[derive(Debug)]
pub(crate) struct Wait {
    until: Until,
    whom: Whom,
    reader: LogReader,
    /// The number that it began behind.
    after: u64,
    /// The newest entries about those who are meant.
    seen: VecDeque<Arc<Entry>>,
    /// How many there were of each kind.
    counts: BTreeMap<Kind, u64>,
    /// The rows that ended since, the newest [`ENDED`]: of those that have ended, only these count.
    ended: VecDeque<u64>,
    /// When somebody last came or left.
    quiet: Instant,
}

/// What makes it true: an entry, or a connection.
struct Trigger {
    /// The number of the entry.
    seq: Option<u64>,
    /// The id of the connection.
    connection: Option<u64>,
    /// What the entry says of the client.
    verdict: Option<Verdict>,
}

/// Where the rooms of these tables began, or were reset.
struct Lives<'a>(Vec<(Option<&'a str>, Beginning)>);

impl<'a> Lives<'a> {
    fn of(tables: &'a [Connections]) -> Self {
        let tables = tables.iter();
        Self(tables.map(|it| (it.room(), it.beginning())).collect())
    }

    /// Whether an entry is about what was in its room before.
    fn are_behind(&self, entry: &Entry) -> bool {
        let mut lives = self.0.iter();
        let life = lives.find(|(room, _)| *room == entry.room());
        life.is_some_and(|(_, beginning)| beginning.is_behind(entry))
    }
}

impl Wait {
    fn new(connections: &Connections, until: Until, whom: Whom, after: u64, now: Now) -> Self {
        let reader = connections.0.log.reader(Some(after));
        let entry = after.checked_sub(1).map(|before| {
            let mut reader = connections.0.log.reader(Some(before));
            reader.read(1)
        });
        let at_ms = entry.as_deref().and_then(|found| match found {
            [Found::Entry(entry)] if entry.seq == after => Some(entry.at_ms),
            _ => None,
        });
        Self {
            until,
            whom,
            reader,
            after,
            seen: VecDeque::new(),
            counts: BTreeMap::new(),
            ended: VecDeque::new(),
            quiet: at_ms.map_or(now.instant, |at_ms| instant_of(at_ms, now)),
        }
    }

    /// Whether it is true by now. The tables are those of the rooms that are meant, as far as there
    /// are such rooms yet. It may wait for a topic.
    pub(crate) fn look(&mut self, tables: &[Connections], now: Now) -> Option<Met> {
        // Before the log is read: whoever leaves in between has an entry there.
        let away = matches!(self.until, Until::Away(_));
        let alone = away && self.find_open(tables, |_| true).is_none();
        loop {
            let found = self.reader.read(BATCH);
            if found.is_empty() {
                break;
            }
            // Behind the reading, so that no reset comes in between.
            let lives = Lives::of(tables);
            for found in found {
                // What is kept no longer is unknown; what is kept goes on.
                let Found::Entry(entry) = found else { continue };
                if lives.are_behind(&entry) {
                    continue;
                }
                if let Some(trigger) = self.read(entry, now) {
                    return Some(self.met(tables, trigger, now));
                }
            }
        }
        let trigger = self.by_itself(tables, alone, now)?;
        Some(self.met(tables, trigger, now))
    }

    /// When to look again although nothing happens: `beat` is for what makes no entry.
    pub(crate) fn next_look(&self, now: Instant, beat: Duration) -> Option<Duration> {
        match self.until {
            // Once that time is over, somebody is connected. The end of that makes an entry.
            Until::Away(time) => {
                let left = (self.quiet + time).saturating_duration_since(now);
                Some(left).filter(|left| !left.is_zero())
            }
            Until::Events(_) | Until::SentId(_) => Some(beat),
            _ => None,
        }
    }

    /// Waits until something happened; `false` when nothing will any more.
    pub(crate) async fn news(&mut self) -> bool {
        self.reader.news().await
    }

    /// What was seen, after so long.
    pub(crate) fn unmet(&self, waited: Duration, within: &str) -> Unmet {
        let counts = self.counts.iter();
        let counts: Vec<_> = counts
            .map(|(kind, n)| format!("{n} {}", kind.word()))
            .collect();
        let seen = match counts.is_empty() {
            true => "nothing happened".to_owned(),
            false => counts.join(", "),
        };
        let since = match self.after {
            0 => "so far".to_owned(),
            after => format!("since entry {after}"),
        };
        Unmet {
            met: false,
            waited_ms: millis(waited),
            words: format!("{} within {within}: {seen} {since}.", self.until.not_so()),
            seen: self.seen.iter().map(|it| EntryView::of(it)).collect(),
        }
    }

    /// Reads an entry. Answers what makes it true, if this does.
    fn read(&mut self, entry: Arc<Entry>, now: Now) -> Option<Trigger> {
        if let What::Reset { room } = &entry.what
            && self.whom.rooms.have(room.as_deref())
        {
            self.begin_anew(instant_of(entry.at_ms, now));
        }
        let of_server = matches!(entry.what, What::Started | What::Stopped);
        if of_server || !self.whom.concerns(&entry) {
            return None;
        }
        *self.counts.entry(Kind::of(&entry.what)).or_default() += 1;
        if self.seen.len() == SEEN {
            self.seen.pop_front();
        }
        self.seen.push_back(Arc::clone(&entry));
        let connection = entry.who().map(|who| who.connection);
        if let What::Connected(_) | What::Refused { .. } | What::Ended { .. } = entry.what {
            self.quiet = self.quiet.max(instant_of(entry.at_ms, now));
        }
        if let What::Ended { who, .. } = &entry.what {
            if self.ended.len() == ENDED {
                self.ended.pop_front();
            }
            self.ended.push_back(who.connection);
        }
        let verdict = match &entry.what {
            What::Said { verdict, .. } => Some(Verdict::clone(verdict)),
            _ => None,
        };
        let is = match (&self.until, &entry.what) {
            (Until::Events(n), What::Ended { end, .. }) => end.sent.events >= *n,
            (Until::Fired(fault), What::Fired { fault: fired, .. }) => fault == fired,
            (until, what) => until.kind() == Some(Kind::of(what)),
        };
        is.then_some(Trigger {
            seq: Some(entry.seq),
            connection,
            verdict,
        })
    }

    /// Forgets what was seen of a room that was reset then.
    fn begin_anew(&mut self, at: Instant) {
        self.quiet = self.quiet.max(at);
        // Of all rooms, the others go on.
        if self.whom.rooms != InRooms::All {
            self.seen.clear();
            self.counts.clear();
            self.ended.clear();
        }
    }

    /// What makes it true without an entry. `alone` says that none of them has a stream open.
    fn by_itself(&self, tables: &[Connections], alone: bool, now: Now) -> Option<Trigger> {
        let connection = match &self.until {
            Until::Away(time) => {
                let quiet = now.instant.saturating_duration_since(self.quiet);
                (alone && quiet >= *time).then_some(None)
            }
            Until::Events(n) => self
                .find_open(tables, |row| row.sent.counts().events >= *n)
                .map(Some),
            Until::SentId(id) => {
                // A topic may be waited for here: the table is not locked.
                let rows = self.rows(tables);
                let row = rows.iter().find(|row| was_sent(row, id));
                row.map(|row| Some(row.id))
            }
            _ => None,
        };
        connection.map(|connection| Trigger {
            seq: None,
            connection,
            verdict: None,
        })
    }

    /// The first open row of those who are meant of which this is true.
    fn find_open(&self, tables: &[Connections], is: impl Fn(&Connection) -> bool) -> Option<u64> {
        tables.iter().find_map(|connections| {
            let table = connections.table();
            let mut rows = table.open.values();
            let row = rows.find(|row| self.whom.is_row(row) && is(row));
            row.map(|row| row.id)
        })
    }

    /// The open rows of those who are meant, and those of them that ended since.
    fn rows(&self, tables: &[Connections]) -> Vec<Arc<Connection>> {
        let mut found = Vec::new();
        for connections in tables {
            let table = connections.table();
            let ended = table.ended.iter();
            let ended = ended.filter(|row| self.ended.contains(&row.id));
            let rows = table.open.values().chain(ended);
            found.extend(rows.filter(|row| self.whom.is_row(row)).cloned());
        }
        found
    }

    fn met(&self, tables: &[Connections], trigger: Trigger, now: Now) -> Met {
        let row = trigger
            .connection
            .and_then(|id| tables.iter().find_map(|table| table.row(id, now.instant)));
        let of_row = || row.as_ref().and_then(|row| row.verdict.clone());
        Met {
            met: true,
            seq: trigger.seq.unwrap_or_else(|| self.reader.newest()),
            verdict: trigger.verdict.or_else(of_row),
            row,
        }
    }
}

impl Connections {
    /// Waits until this happened to them, behind the entry `after`, in whichever room.
    pub(crate) fn wait(&self, until: Until, whom: Whom, after: u64, now: Now) -> Wait {
        Wait::new(self, until, whom, after, now)
    }

    /// One row, with what there is to say of it at `now`. It may wait for a topic.
    fn row(&self, id: u64, now: Instant) -> Option<RowView> {
        let table = self.table();
        let row = Arc::clone(table.row_of(id)?);
        let Table {
            reconnects,
            serving,
            ..
        } = &*table;
        let verdict = reconnects.verdict(&row);
        let afterwards = reconnects.afterwards(&row, now, *serving);
        drop(table);
        Some(RowView {
            verdict,
            afterwards,
            ..RowView::of(&row, None, now)
        })
    }
}

impl Until {
    /// The kind of entry that makes it true, where one of its kind does.
    fn kind(&self) -> Option<Kind> {
        match self {
            Self::Connected => Some(Kind::Connected),
            Self::Returned => Some(Kind::Returned),
            Self::Refused => Some(Kind::Refused),
            Self::Gone => Some(Kind::Gone),
            Self::Ended => Some(Kind::Ended),
            Self::Away(_) | Self::Events(_) | Self::SentId(_) | Self::Fired(_) => None,
        }
    }

    /// That it did not happen, as the beginning of a sentence.
    fn not_so(&self) -> String {
        match self {
            Self::Connected => "Nobody connected".to_owned(),
            Self::Returned => "Nobody came back".to_owned(),
            Self::Refused => "Nobody was refused".to_owned(),
            Self::Gone => "Nobody was missed".to_owned(),
            Self::Ended => "No stream ended".to_owned(),
            Self::Away(time) => {
                let time = humantime::format_duration(*time);
                format!("The clients did not stay away for {time}")
            }
            Self::Events(1) => "No connection was sent an event".to_owned(),
            Self::Events(n) => format!("No connection was sent {n} events"),
            Self::SentId(id) => {
                let id = id.replace(char::is_control, "\u{FFFD}");
                format!("No connection was sent the id {id}")
            }
            Self::Fired(fault) => format!("Fault {fault} did not strike"),
        }
    }
}

/// When an entry was noted, on the clock that only goes on.
fn instant_of(at_ms: u64, now: Now) -> Instant {
    let ago = millis(since_1970(now.wall)).saturating_sub(at_ms);
    let at = now.instant.checked_sub(Duration::from_millis(ago));
    at.unwrap_or(now.instant)
}

/// Whether the row was sent the event with this id. Of one that has ended, of a client that was
/// given the id before, and where a fault changed which events are sent, only the last id is known.
fn was_sent(row: &Connection, id: &str) -> bool {
    if row.last_id().is_some_and(|(_, last)| last == id) {
        return true;
    }
    if row.faults().iter().any(|struck| struck.changes_order) {
        return false;
    }
    let next = row.sent.last().map(|last| last + 1);
    let numbers = &row.client.numbers;
    let (Some(next), Some(number)) = (next, numbers.number_of(id)) else {
        return false;
    };
    let events = row.sent.counts().events;
    number < next && numbers.events_between(number, next) <= events
}
