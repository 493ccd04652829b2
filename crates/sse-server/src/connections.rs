//! The table of connections: which client is on which stream, what it was sent, and how its
//! connection ended.
//!
//! Window, API and command line all read this table (invariant 9). Closed connections and refused
//! requests stay in it for a while, because EventSource gives a page neither the status nor the
//! reason.
//!
//! One task owns a connection and writes its row. It counts events and bytes only after the kernel
//! took them.

mod activity;
mod connection;
mod end_reason;
mod groups;
mod kind;
mod leg;
mod log;
mod numbering;
mod of_room;
mod open;
mod query;
mod rates;
mod reconnects;
mod recorded;
mod request;
mod requests;
mod row;
mod secrets;
mod sort;
#[cfg(test)]
mod tests;
mod timeline;
mod totals;
mod viewer;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Instant;

use sse_engine::fault::Armed;
use sse_engine::lock::lock;
use sse_engine::time::{Now, millis, since_1970};
use tokio::sync::watch;

use crate::clock;
use crate::tap::{Tapped, WireView};
pub(crate) use connection::{Client, Request, shown, shown_fault};
use connection::{Connection, Ended, Rare, Sent, State};
pub use connection::{Cut, NextStep, Struck};
pub use end_reason::{EndedBy, Why};
pub use groups::GroupView;
pub(crate) use kind::Kind;
pub(crate) use leg::Leg;
pub use leg::LegsView;
use log::Log;
pub use log::{Happened, LogEntry, LogReceiver, NewLifeReason, NewLives, Visit};
pub(crate) use log::{LogLine, LogReader, Until, Whom};
pub(crate) use numbering::Numbering;
pub(crate) use of_room::Forgotten;
use of_room::{AllRooms, Beginning};
pub(crate) use open::Open;
pub(crate) use query::SHOWN;
pub use query::TableQuery;
pub(crate) use reconnects::Resume;
use reconnects::{Answered, Reconnects};
pub use reconnects::{BackWith, Verdict, VerdictKind};
pub use recorded::RecordedView;
pub(crate) use request::{BODY_KEPT, ReadBody, Received};
pub use request::{FieldView, Hideable, LegView, ReceivedView, RequestView};
use requests::Requests;
pub use row::{EndedView, RowView};
pub use secrets::{target_without_secrets, value_without_secrets};
pub use sort::Sort;
#[cfg(test)]
pub(crate) use tests::opened;
use timeline::Timeline;
pub use timeline::{
    AwayView, BarView, FlagView, KnockView, LaneView, TickKind, TickView, TimelineView,
};
pub(crate) use timeline::{KEPT as TIMELINE_KEPT, STEP};
pub(crate) use totals::{ENDERS, Sums};
use viewer::Viewer;
pub use viewer::{Slice, Tally};

/// How many connections that ended, and how many that were refused, are kept. Each has its own
/// places: any page can have itself refused a hundred times, and must not wipe out how the others
/// ended.
const KEPT: usize = 50;

/// While so few connections are open, each new one has a tap from its first byte on.
const TAPPED: usize = 64;

/// How many more taps somebody who looks can have at once.
const LOOKED_AT: usize = 32;

/// How many different requests are known at once.
const ASKED: usize = 1000;

/// The table of a room. Clones share it. The default room's begins the log, the ids and the limit
/// that those of all rooms share.
///
/// How to drive it:
///
/// 1. Enter each request for a stream once, with [`open`](Self::open), [`refuse`](Self::refuse),
///    [`no_room`](Self::no_room) or [`complete`](Self::complete).
/// 2. An [`Open`] counts with [`sent`](Open::sent) what the kernel took, after which the table is to
///    [`tell`](Self::tell) of it. It gives its place back with [`end`](Open::end), or when it is
///    dropped.
/// 3. Whoever looks waits for [`changed`](Self::changed), then reads [`slice`](Self::slice) or
///    [`tally`](Self::tally). Only the reading arms the next notice: who waits again without it is
///    not woken.
#[derive(Clone, Debug)]
pub(crate) struct Connections(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// The room that has no name, or another.
    room: Option<Box<str>>,
    /// The rows. Nobody waits for a topic while it is locked, and what a row counts is written
    /// without it.
    table: Mutex<Table>,
    /// Goes up when somebody should look again, at any room.
    changed: watch::Sender<u64>,
    /// Whether `changed` has gone up since the last look, so that a busy stream pays one atomic
    /// load an event and not one notification.
    told: AtomicBool,
    /// What was made of the table for whoever looks at it.
    viewer: Mutex<Viewer>,
    /// What happened when, once somebody looks. Its lock is taken before that of the table.
    timeline: Mutex<Timeline>,
    /// Changes with each look at the timeline of any room.
    looked: watch::Sender<()>,
    /// Where what happens in any room is noted. It is written while the table is locked, so that
    /// its order is that of the table, and read without that.
    log: Log,
    /// What else is counted over all rooms.
    all: Arc<AllRooms>,
}

#[derive(Debug, Default)]
struct Table {
    /// By id, and so in the order in which they came.
    open: BTreeMap<u64, Arc<Connection>>,
    /// Streams that ended, the last one first, [`KEPT`] at most.
    ended: VecDeque<Arc<Connection>>,
    /// Requests for a stream that got none, the last one first, [`KEPT`] at most.
    turned_away: VecDeque<Arc<Connection>>,
    /// Streams opened since the room began or was reset, over all starts and stops.
    opened: u64,
    /// Requests that were refused since then, those that are no longer kept included.
    refused: u64,
    /// Requests of clients that had had all of a stream: answered with 204.
    complete: u64,
    /// Goes up with every row that comes or ends.
    version: u64,
    /// Whether it is that of a room with a name: there may be many of those, and each keeps less.
    is_small: bool,
    /// Where the room began, or was reset: what came before is not known afterwards.
    beginning: Beginning,
    /// Those whose taps began when somebody looked, the one that was looked at last at the end.
    looked_at: VecDeque<Arc<Connection>>,
    /// What the newest rows asked, to the letter.
    requests: Requests,
    /// What was asked and by which program: thousands of rows share a few.
    asked: HashSet<Arc<Request>>,
    /// Who went and who came back.
    reconnects: Reconnects,
    /// Since when the server runs, while it does.
    serving: Option<Instant>,
    /// How many events the ended connections were sent, by the path of their stream.
    sent_before: HashMap<Box<str>, u64>,
    /// What the log has already of missing clients and of several open connections, for rows that
    /// are still in the table.
    told: HashSet<(VerdictKind, u64)>,
}

/// A client whose request arrived, and that request.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) client: Client,
    /// Nothing only where a test makes rows out of nowhere.
    pub(crate) received: Option<Received>,
}

impl From<(Client, Received)> for Arrived {
    fn from((client, received): (Client, Received)) -> Self {
        Self {
            client,
            received: Some(received),
        }
    }
}

/// No place for one more stream; the client is given back.
#[derive(Debug)]
pub(crate) struct Full(pub(crate) Arrived);

impl Connections {
    pub(crate) fn new(limit: usize) -> Self {
        Self::over(AllRooms::new(limit, true))
    }

    /// The same, which keeps no secret of any request.
    pub(crate) fn without_secrets(limit: usize) -> Self {
        Self::over(AllRooms::new(limit, false))
    }

    fn over(all: AllRooms) -> Self {
        Self(Arc::new(Shared {
            room: None,
            table: Mutex::default(),
            changed: watch::Sender::new(0),
            told: AtomicBool::new(false),
            viewer: Mutex::default(),
            timeline: Mutex::default(),
            looked: watch::Sender::new(()),
            log: Log::default(),
            all: Arc::new(all),
        }))
    }

    /// Enters a client that gets a stream, and goes on there. The status is 200, unless its stream
    /// was recorded with another.
    ///
    /// # Errors
    /// [`Full`] when as many streams are open as may be.
    pub(crate) fn open(
        &self,
        arrived: impl Into<Arrived>,
        resume: &Resume,
        status: u16,
    ) -> Result<Open, Box<Full>> {
        self.open_as(arrived, resume, status, clock::now())
    }

    #[cfg(test)]
    fn open_at(
        &self,
        arrived: impl Into<Arrived>,
        resume: &Resume,
        now: Now,
    ) -> Result<Open, Box<Full>> {
        self.open_as(arrived, resume, 200, now)
    }

    fn open_as(
        &self,
        arrived: impl Into<Arrived>,
        resume: &Resume,
        status: u16,
        now: Now,
    ) -> Result<Open, Box<Full>> {
        let arrived = self.0.all.kept_of(arrived.into());
        let mut table = self.table();
        let Some(open) = self.0.all.take_place() else {
            return Err(Box::new(Full(arrived)));
        };
        let id = self.0.all.next_id();
        let first = resume.first.unwrap_or(resume.next);
        let row = table.row(id, arrived, status, Some(first), now);
        table.came(&row, Some(resume), Answered::Stream, now.instant);
        if open < TAPPED {
            row.tap();
        }
        table.opened += 1;
        self.0.all.totals.opened(&row);
        table.open.insert(row.id, Arc::clone(&row));
        let verdict = table.reconnects.verdict(&row);
        self.0.log.connected(&row, verdict, now);
        drop(table);
        self.tell();
        Ok(Open {
            row,
            connections: self.clone(),
            recorded: None,
            watched: None,
        })
    }

    /// Enters a request for a stream that was answered with something else.
    pub(crate) fn refuse(
        &self,
        arrived: impl Into<Arrived>,
        status: u16,
        origin: Option<String>,
        ending: Why,
    ) {
        let refused = (arrived, status, origin);
        self.turn_away(refused, ending, None, clock::now());
    }

    /// Enters a request for a stream that was refused for want of a place, or of time.
    pub(crate) fn no_room(&self, arrived: Arrived, why: Why, status: u16, resume: &Resume) {
        self.turn_away((arrived, status, None), why, Some(resume), clock::now());
    }

    /// Enters the same where its client was told to come back after so many milliseconds.
    pub(crate) fn send_away(&self, arrived: Arrived, why: Why, retry: u64, resume: &Resume) {
        let (now, answer) = (clock::now(), (arrived, 200, None));
        self.turn_away_by(None, answer, (why, Some(retry)), Some(resume), now);
    }

    /// Enters a request for the rest of a stream of which there is none.
    pub(crate) fn complete(&self, arrived: impl Into<Arrived>, resume: &Resume) {
        let (answered, ending) = ((arrived, 204, None), Why::NothingLeft);
        self.turn_away(answered, ending, Some(resume), clock::now());
    }

    /// Enters a request for a recording that was answered without a body, as it was recorded.
    pub(crate) fn answer_as_recorded(
        &self,
        arrived: impl Into<Arrived>,
        status: u16,
        resume: &Resume,
    ) {
        let ending = match status {
            204 => Why::NothingLeft,
            _ => Why::Recorded,
        };
        self.turn_away((arrived, status, None), ending, Some(resume), clock::now());
    }

    /// Enters a request whose answer was that of an upstream, and no stream. It says nothing of how
    /// its client comes back.
    pub(crate) fn forwarded(&self, arrived: impl Into<Arrived>, status: u16) {
        let now = clock::now();
        let arrived = self.0.all.kept_of(arrived.into());
        let mut table = self.table();
        let id = self.0.all.next_id();
        let row = table.row(id, arrived, status, None, now);
        row.end(Ended::new(Why::Forwarded, now));
        self.0.log.refused(&row, Why::Forwarded, None, now);
        self.keep_turned_away(table, row);
    }

    /// Enters a request for a stream that this fault answered with something else.
    pub(crate) fn refuse_by(&self, fault: &Armed, arrived: impl Into<Arrived>, status: u16) {
        let refused = (arrived, status, None);
        self.turn_away_by(Some(fault), refused, (Why::Fault, None), None, clock::now());
    }

    fn turn_away(
        &self,
        refused: (impl Into<Arrived>, u16, Option<String>),
        ending: Why,
        resume: Option<&Resume>,
        now: Now,
    ) {
        self.turn_away_by(None, refused, (ending, None), resume, now);
    }

    fn turn_away_by(
        &self,
        fault: Option<&Armed>,
        (arrived, status, origin): (impl Into<Arrived>, u16, Option<String>),
        (ending, retry): (Why, Option<u64>),
        resume: Option<&Resume>,
        now: Now,
    ) {
        let arrived = self.0.all.kept_of(arrived.into());
        let mut table = self.table();
        let id = self.0.all.next_id();
        let row = table.row(id, arrived, status, None, now);
        row.end(Ended {
            fault: fault.map(|fault| fault.id),
            origin: origin.map(String::into_boxed_str),
            retry,
            ..Ended::new(ending, now)
        });
        if let Some(fault) = fault {
            row.struck(fault, now);
        }
        let answered = match ending.is_complete() {
            true => Answered::Complete,
            false => Answered::Refused(status),
        };
        table.came(&row, resume, answered, now.instant);
        if ending.is_complete() {
            table.complete += 1;
        } else {
            table.refused += 1;
        }
        self.0.all.totals.refused(ending);
        let verdict = table.reconnects.verdict(&row);
        if let Some(fault) = fault {
            self.0.log.fired(fault.id, Some(&row), self.room(), now);
        }
        self.0.log.refused(&row, ending, verdict, now);
        self.keep_turned_away(table, row);
    }

    /// Notes whether clients can come, from now on.
    pub(crate) fn serve(&self, serving: bool) {
        self.serve_at(serving.then(clock::now));
    }

    fn serve_at(&self, since: Option<Now>) {
        let mut table = self.table();
        table.serving = since.map(|now| now.instant);
        if let (Some(now), None) = (since, self.room()) {
            self.0.log.started(now);
        }
    }

    /// Notes that the stop of the server is through.
    pub(crate) fn stopped(&self) {
        self.stopped_at(clock::now());
    }

    fn stopped_at(&self, now: Now) {
        self.0.log.stopped(now);
    }

    /// What a connection was sent, as far as it is kept, from its byte `from` on. A connection
    /// whose bytes were not kept has them kept from now on.
    pub(crate) fn wire(&self, id: u64, from: u64) -> Option<WireView> {
        let mut table = self.table();
        let row = table.arc_of(id)?;
        if row.state() == State::Open {
            table.look_at(&row);
        }
        drop(table);
        let of = Tapped {
            id,
            since_ms: row.since,
            taken: row.sent.counts().bytes,
        };
        Some(match row.tap.get() {
            Some(tap) => WireView {
                on: tap.is_on() && row.state() == State::Open,
                ..tap.view(of, from)
            },
            None => WireView::none(of),
        })
    }

    /// The request of a connection, as far as it is kept, with its secrets where they are `shown`.
    pub(crate) fn request(&self, id: u64, shown: bool) -> Option<RequestView> {
        let table = self.table();
        let since_ms = table.row_of(id)?.since;
        let received = table.requests.of(id);
        drop(table);
        let upstream = received.as_ref().and_then(|received| received.leg());
        let request = received.map(|received| received.view(shown));
        Some(RequestView {
            id,
            since_ms,
            upstream,
            missing: request.is_none().then_some("no longer kept"),
            request,
        })
    }

    /// Goes up when the table changed since somebody last looked.
    pub(crate) fn changed(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    /// Keeps the row of a request that began no stream.
    fn keep_turned_away(&self, mut table: MutexGuard<'_, Table>, row: Arc<Connection>) {
        let Table {
            turned_away,
            reconnects,
            requests,
            ..
        } = &mut *table;
        keep(turned_away, row, reconnects, requests);
        drop(table);
        self.tell();
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        lock(&self.0.table)
    }

    /// Whether it is this one.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Says that somebody should look again.
    pub(crate) fn tell(&self) {
        // So that what was noted before is seen by whoever looked before this load: else the last
        // change before a silence could go untold.
        fence(Ordering::SeqCst);
        if !self.0.told.load(Ordering::Relaxed) && !self.0.told.swap(true, Ordering::AcqRel) {
            self.0.changed.send_modify(|n| *n += 1);
        }
    }
}

impl Table {
    fn row(
        &mut self,
        id: u64,
        Arrived {
            mut client,
            received,
        }: Arrived,
        status: u16,
        next: Option<u64>,
        now: Now,
    ) -> Arc<Connection> {
        self.version += 1;
        client.asked = self.shared(client.asked);
        let leg = received.as_ref().and_then(Received::leg_of_row);
        let came = leg.as_ref().map_or(now, |leg| leg.began);
        if let Some(received) = received {
            self.requests.keep(id, received);
        }
        Arc::new(Connection {
            id,
            client,
            since: millis(since_1970(came.wall)),
            status,
            sent: Sent::nothing(next),
            tap: OnceLock::new(),
            ended: OnceLock::new(),
            rare: leg
                .map(Rare::forwarded)
                .map_or_else(OnceLock::new, OnceLock::from),
        })
    }

    /// Notes that a client came, perhaps back.
    fn came(
        &mut self,
        row: &Connection,
        resume: Option<&Resume>,
        answered: Answered,
        now: Instant,
    ) {
        let Self {
            reconnects,
            ended,
            turned_away,
            ..
        } = self;
        let closed = || ended.iter().chain(&*turned_away);
        let is_there = |id| closed().any(|row| row.id == id);
        reconnects.came(row, resume, answered, now, is_there);
    }

    /// Begins to keep a connection's bytes, and stops with that of the one that was looked at the
    /// longest ago.
    fn look_at(&mut self, row: &Arc<Connection>) {
        let before = self.looked_at.len();
        self.looked_at
            .retain(|other| other.id != row.id && other.state() == State::Open);
        let known = self.looked_at.len() < before;
        if row.tap.get().is_some_and(|tap| tap.is_on()) && !known {
            // It was tapped from its first byte on.
            return;
        }
        if self.looked_at.len() == self.most_looked_at()
            && let Some(oldest) = self.looked_at.pop_front()
        {
            oldest.tap().stop();
        }
        row.tap().start();
        self.looked_at.push_back(Arc::clone(row));
    }

    /// The same, once in memory.
    fn shared(&mut self, asked: Arc<Request>) -> Arc<Request> {
        if let Some(known) = self.asked.get(&asked) {
            return Arc::clone(known);
        }
        // Strangers choose some of it: what is known is no history of all there ever was.
        if self.asked.len() == ASKED {
            self.asked.clear();
        }
        self.asked.insert(Arc::clone(&asked));
        asked
    }
}

/// Newest first, the oldest forgotten.
fn keep(
    rows: &mut VecDeque<Arc<Connection>>,
    row: Arc<Connection>,
    reconnects: &mut Reconnects,
    requests: &mut Requests,
) {
    for forgotten in rows.drain(rows.len().min(KEPT - 1)..) {
        reconnects.forget(forgotten.id);
        requests.forget(forgotten.id);
    }
    rows.push_front(row);
}
