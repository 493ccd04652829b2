//! The log: everything that happens to connections and to the server itself, each with a number.
//!
//! The entries stand in a ring. Its readers ask by number, each at its own pace, so nobody waits
//! for a reader, and one that is too slow is told how many entries it missed. All who tell what
//! happened read here, such as the API and `sse serve`. An event that is sent makes no entry.

mod lines;
mod new_lives;
mod reader;
mod view;
mod wait;
mod whom;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use sse_engine::fault::{Armed, Strike};
use sse_engine::lock::lock;
use sse_engine::time::{Now, millis, since_1970};
use tokio::sync::watch;

use super::connection::{Connection, Cut, Request};
use super::end_reason::Why;
use super::rates::Counts;
use super::{Connections, Verdict, VerdictKind};
pub use lines::{Happened, LogEntry, LogReceiver, Visit};
pub use new_lives::{NewLifeReason, NewLives};
pub(super) use reader::Found;
pub(crate) use reader::LogReader;
pub(crate) use view::LogLine;
pub(crate) use wait::Until;
#[cfg(test)]
pub(crate) use wait::{Met, Wait};
pub(crate) use whom::Whom;

/// Entries that are kept. An entry takes some 200 bytes, and one with a verdict some 600.
const KEPT: usize = 10_000;

/// Stops of the server of which the times are kept.
const AWAY: usize = 100;

/// One thing that happened. It has no query but the tag, and no header of the request but the id
/// that a client came back with.
#[derive(Debug)]
pub(super) struct Entry {
    /// Counts up from 1, over all starts and stops of the server.
    pub(super) seq: u64,
    /// When, in milliseconds since 1970.
    pub(super) at_ms: u64,
    pub(super) what: What,
}

/// What can happen.
#[derive(Debug)]
pub(super) enum What {
    /// The server began to listen.
    Started,
    /// Its stop is through.
    Stopped,
    /// A client got a stream.
    Connected(Who),
    /// A client got no stream: it was refused, or told that there is no more (204).
    Refused {
        who: Who,
        status: u16,
        why: Why,
        /// The fault that answered so, where one did.
        fault: Option<u64>,
    },
    /// A stream ended.
    Ended { who: Who, end: Box<End> },
    /// There is something to say of a client that came back, stays away, or has several connections
    /// open.
    Said { who: Who, verdict: Box<Verdict> },
    /// A fault was armed.
    Armed {
        fault: u64,
        /// Its canonical text.
        text: Box<str>,
        room: Option<Box<str>>,
    },
    /// A fault was disarmed.
    Healed { fault: u64, room: Option<Box<str>> },
    /// A fault struck.
    Fired {
        fault: u64,
        /// The request that it struck, or the stream of which; nothing where there is no row of it.
        who: Option<Who>,
        room: Option<Box<str>>,
    },
    /// A room was reset.
    Reset { room: Option<Box<str>> },
    /// The engine that keeps the topics is there, at this place, and which master it is if others
    /// know that.
    There {
        place: Box<str>,
        master: Option<Box<str>>,
    },
    /// It is not, or no longer, for this reason.
    Lost { why: Box<str> },
    /// Topics of the engine began a new life.
    NewLives(Box<NewLives>),
}

/// A request for a stream, and who sent it. A copy: the log keeps no row, and so no topic and no
/// tap, in memory.
#[derive(Clone, Debug)]
pub(super) struct Who {
    pub(super) connection: u64,
    pub(super) asked: Arc<Request>,
    pub(super) tag: Option<Box<str>>,
    pub(super) peer: SocketAddr,
}

/// How a stream ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) why: Why,
    /// The number of the fault that ended it, where one did.
    pub(super) fault: Option<u64>,
    /// What the kernel took for it.
    pub(super) sent: Counts,
    pub(super) cut: Option<Cut>,
    /// The reconnection time that its client was told, in milliseconds.
    pub(super) retry: Option<u64>,
}

impl Entry {
    /// Whose it is; nobody's where it is of no client.
    pub(super) fn who(&self) -> Option<&Who> {
        match &self.what {
            What::Connected(who)
            | What::Refused { who, .. }
            | What::Ended { who, .. }
            | What::Said { who, .. } => Some(who),
            What::Fired { who, .. } => who.as_ref(),
            What::Started
            | What::Stopped
            | What::Armed { .. }
            | What::Healed { .. }
            | What::Reset { .. }
            | What::There { .. }
            | What::Lost { .. }
            | What::NewLives(_) => None,
        }
    }

    /// The room that it happened in; `None` is the room that has no name.
    pub(super) fn room(&self) -> Option<&str> {
        match &self.what {
            What::Armed { room, .. }
            | What::Healed { room, .. }
            | What::Fired { room, .. }
            | What::Reset { room } => room.as_deref(),
            _ => self.who().and_then(|who| who.asked.room.as_deref()),
        }
    }

    /// The fault that it is about.
    pub(super) fn fault(&self) -> Option<u64> {
        match &self.what {
            What::Armed { fault, .. } | What::Healed { fault, .. } | What::Fired { fault, .. } => {
                Some(*fault)
            }
            What::Refused { fault, .. } => *fault,
            What::Ended { end, .. } => end.fault,
            _ => None,
        }
    }
}

impl From<&Connection> for Who {
    fn from(row: &Connection) -> Self {
        Self {
            connection: row.id,
            asked: Arc::clone(&row.client.asked),
            tag: row.client.tag.clone(),
            peer: row.client.peer,
        }
    }
}

/// Where what happens is noted. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Log {
    /// Its lock is held for a moment only, and no other is taken meanwhile.
    ring: Arc<Mutex<Ring>>,
    /// Changes with each entry. It is here and not beside the ring, so that a reader that has the
    /// ring sees when the table is gone.
    news: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Ring {
    /// Oldest first, [`KEPT`] at most. Their numbers follow each other.
    entries: VecDeque<Arc<Entry>>,
    /// The number of the newest.
    newest: u64,
    /// When the server was stopped and started again, [`AWAY`] at most: these stay longer than
    /// their entries.
    away: VecDeque<(u64, Option<u64>)>,
}

impl Ring {
    /// The number of the one before the oldest that is kept.
    fn before(&self) -> u64 {
        self.newest - self.entries.len() as u64
    }

    fn stop(&mut self, at_ms: u64) {
        if self.away.len() == AWAY {
            self.away.pop_front();
        }
        self.away.push_back((at_ms, None));
    }

    fn start(&mut self, at_ms: u64) {
        if let Some((_, to @ None)) = self.away.back_mut() {
            *to = Some(at_ms);
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            ring: Arc::default(),
            news: watch::Sender::new(()),
        }
    }
}

impl Log {
    pub(super) fn connected(&self, row: &Connection, verdict: Option<Verdict>, now: Now) {
        let connected = What::Connected(row.into());
        self.note(now, [connected].into_iter().chain(said(row, verdict)));
    }

    pub(super) fn refused(&self, row: &Connection, why: Why, verdict: Option<Verdict>, now: Now) {
        let refused = What::Refused {
            who: row.into(),
            status: row.status,
            why,
            fault: row.ended.get().and_then(|ended| ended.fault),
        };
        self.note(now, [refused].into_iter().chain(said(row, verdict)));
    }

    /// Notes the end of a row. If its client has already come back, `back` is the row of that
    /// return, with the verdict that is known now.
    pub(super) fn ended(&self, row: &Connection, back: Option<(&Connection, Verdict)>, now: Now) {
        let ended = row.ended.get().map(|ended| What::Ended {
            who: row.into(),
            end: Box::new(End {
                why: ended.why,
                fault: ended.fault,
                sent: row.sent.counts(),
                cut: ended.cut,
                retry: ended.retry,
            }),
        });
        let said = back.and_then(|(row, verdict)| said(row, Some(verdict)));
        self.note(now, ended.into_iter().chain(said));
    }

    /// Notes that a fault struck in a room, and which row.
    pub(super) fn fired(
        &self,
        fault: u64,
        row: Option<&Connection>,
        room: Option<&str>,
        now: Now,
    ) -> u64 {
        let (who, room) = (row.map(Who::from), room.map(Box::from));
        self.note(now, [What::Fired { fault, who, room }])
    }

    /// Notes that a room was reset.
    pub(super) fn was_reset(&self, room: Option<&str>, now: Now) -> u64 {
        let room = room.map(Box::from);
        self.note(now, [What::Reset { room }])
    }

    /// Notes that the server began to listen.
    pub(super) fn started(&self, now: Now) {
        self.note(now, [What::Started]);
    }

    /// Notes that the server was stopped.
    pub(super) fn stopped(&self, now: Now) {
        self.note(now, [What::Stopped]);
    }

    /// Enters what happened at once, so that nobody reads a part of it. Answers the number of the
    /// newest entry.
    fn note(&self, now: Now, all: impl IntoIterator<Item = What>) -> u64 {
        let at_ms = millis(since_1970(now.wall));
        let mut ring = lock(&self.ring);
        for what in all {
            if ring.entries.len() == KEPT {
                ring.entries.pop_front();
            }
            match what {
                What::Stopped => ring.stop(at_ms),
                What::Started => ring.start(at_ms),
                _ => {}
            }
            ring.newest += 1;
            let seq = ring.newest;
            ring.entries.push_back(Arc::new(Entry { seq, at_ms, what }));
        }
        let newest = ring.newest;
        drop(ring);
        self.news.send_replace(());
        newest
    }

    /// The number of the newest entry; 0 where there is none.
    pub(super) fn newest(&self) -> u64 {
        lock(&self.ring).newest
    }

    /// Reads what comes behind the entry `after`; with none, what happens from now on.
    pub(super) fn reader(&self, after: Option<u64>) -> LogReader {
        let after = after.unwrap_or_else(|| self.newest());
        LogReader::new(Arc::clone(&self.ring), self.news.subscribe(), after)
    }
}

fn said(row: &Connection, verdict: Option<Verdict>) -> Option<What> {
    Some(What::Said {
        who: row.into(),
        verdict: Box::new(verdict?),
    })
}

impl Connections {
    /// What is kept of the log behind the entry `after`, and what happens from now on.
    pub(crate) fn log_after(&self, after: u64) -> LogReader {
        self.0.log.reader(Some(after))
    }

    /// The number of the newest entry, which whoever changed something is answered: what comes of
    /// the change has a larger one.
    pub(crate) fn newest_seq(&self) -> u64 {
        self.0.log.newest()
    }

    /// Notes that a fault was armed, in its canonical text. Answers the entry's number.
    pub(crate) fn armed(&self, fault: u64, text: &str, room: Option<&str>, now: Now) -> u64 {
        self.note(
            now,
            What::Armed {
                fault,
                text: text.into(),
                room: room.map(Box::from),
            },
        )
    }

    /// Notes that a fault was disarmed. Answers the entry's number.
    pub(crate) fn healed(&self, fault: u64, room: Option<&str>, now: Now) -> u64 {
        let room = room.map(Box::from);
        self.note(now, What::Healed { fault, room })
    }

    /// Notes that the engine that keeps the topics is there, at this place, and which master it is
    /// if others know that.
    pub(crate) fn engine_there(&self, place: &str, master: Option<&str>, now: Now) {
        let (place, master) = (place.into(), master.map(Box::from));
        self.note(now, What::There { place, master });
    }

    /// Notes that topics of the engine began a new life.
    pub(crate) fn new_lives(&self, lives: NewLives, now: Now) {
        self.note(now, What::NewLives(Box::new(lives)));
    }

    /// Notes that the engine that keeps the topics is away, and why.
    pub(crate) fn engine_lost(&self, why: &str, now: Now) {
        let why = why.into();
        self.note(now, What::Lost { why });
    }

    /// Notes that a fault struck the request, or the stream, of this row. Answers the entry's
    /// number.
    pub(super) fn fired(&self, fault: u64, row: &Connection, now: Now) -> u64 {
        let _table = self.table();
        self.0.log.fired(fault, Some(row), self.room(), now)
    }

    /// Notes that a fault struck everyone, or a request that has no row. Answers the entry's
    /// number.
    pub(crate) fn fired_for_all(&self, fault: &Armed, now: Now) -> u64 {
        fault.note(Strike {
            at: now.wall,
            whom: None,
        });
        let _table = self.table();
        self.0.log.fired(fault.id, None, self.room(), now)
    }

    /// Enters what is of no client, in the order of the table.
    fn note(&self, now: Now, what: What) -> u64 {
        let _table = self.table();
        self.0.log.note(now, [what])
    }

    /// Notes clients that are missing or have several connections open. No event announces that,
    /// so this is called every second.
    pub(crate) fn look_out(&self, now: Now) {
        let mut table = self.table();
        let table = &mut *table;
        let mut told = std::mem::take(&mut table.told);
        told.retain(|(_, id)| table.row_of(*id).is_some());
        let (reconnects, serving) = (&table.reconnects, table.serving);
        let mut new = |kind, row: &Connection| told.insert((kind, row.id));
        let mut found = Vec::new();
        for row in table.ended.iter().rev() {
            let missing = reconnects.missing(row, now.instant, serving);
            if let Some(verdict) = missing.filter(|_| new(VerdictKind::Missing, row)) {
                found.extend(said(row, Some(verdict)));
            }
        }
        let doubled = reconnects.doubled(now.instant);
        for row in doubled.filter_map(|id| table.row_of(id)) {
            let beside = reconnects.afterwards(row, now.instant, serving);
            let beside = beside.filter(|said| said.kind == VerdictKind::Beside);
            if let Some(verdict) = beside.filter(|_| new(VerdictKind::Beside, row)) {
                found.extend(said(row, Some(verdict)));
            }
        }
        table.told = told;
        if !found.is_empty() {
            self.0.log.note(now, found);
        }
    }
}
