//! The table of connections: who is on which stream, what it was sent, and how it ended.
//!
//! It is the one truth that window, API and command line read (invariant 9). Closed connections stay
//! for a while, refused requests too, because EventSource tells a page neither status nor reason.
//!
//! A row is written by the one task that owns its connection, and counted only after the kernel took the bytes.

mod look;
mod rates;
#[cfg(test)]
mod tests;
mod view;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::Version;
use tokio::sync::watch;

use crate::stream::Stream;
use crate::tap::{Tap, WireView};
use crate::topics::Topic;
use crate::transport::Framing;
pub use look::{Look, Sort};
use rates::Counts;
use view::Watched;
pub use view::{ConnectionsView, EndedView, RowView, Slice};

/// How many connections that ended, and how many that were refused, are kept. Each has its own places: any
/// page can have itself refused a hundred times, and must not wipe out how the others ended.
const KEPT: usize = 50;

/// While so few connections are open, each new one has a tap from its first byte on.
const TAPPED: usize = 64;

/// How many more taps somebody who looks can have at once.
const LOOKED_AT: usize = 32;

/// How many different requests are known at once.
const ASKED: usize = 1000;

/// The table. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Connections(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    table: Mutex<Table>,
    /// Goes up when somebody should look again.
    changed: watch::Sender<u64>,
    /// Whether `changed` has gone up since the last look, so that a busy stream pays one atomic load an
    /// event and not one notification.
    told: AtomicBool,
    limit: usize,
    /// What was made of the table for whoever looks at it.
    watched: Mutex<Watched>,
}

#[derive(Debug, Default)]
struct Table {
    open: BTreeMap<u64, Arc<Row>>,
    ended: VecDeque<Arc<Row>>,
    turned_away: VecDeque<Arc<Row>>,
    opened: u64,
    refused: u64,
    /// Goes up with every row that comes or ends.
    version: u64,
    next_id: u64,
    /// Those whose taps began when somebody looked, the one that was looked at last at the end.
    looked_at: VecDeque<Arc<Row>>,
    /// What was asked and by which program: thousands of rows share a few.
    asked: HashSet<Arc<Asked>>,
}

/// What is known of a client when its request arrives.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) peer: SocketAddr,
    pub(crate) asked: Arc<Asked>,
    pub(crate) tag: Option<Box<str>>,
    /// The last event id that it brought.
    pub(crate) brought: Option<Box<str>>,
    /// What the numbers of its events are ids of.
    pub(crate) numbers: Numbers,
}

/// What thousands of clients may have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Asked {
    /// The program, as far as it says.
    pub(crate) program: Box<str>,
    /// The path of the stream.
    pub(crate) stream: Box<str>,
    /// The request's method, as much of it as is shown.
    pub(crate) method: Box<str>,
    pub(crate) version: Version,
}

/// Where the number of an event leads to the id that the event was sent with.
#[derive(Clone, Debug)]
pub(crate) enum Numbers {
    /// Nowhere: there are no events.
    None,
    Topic(Arc<Topic>),
    Stream(Arc<Stream>),
    /// To this one: of a connection that is closed nothing else is asked.
    Last(Option<Arc<String>>),
}

impl Numbers {
    fn id(&self, n: u64) -> Option<String> {
        match self {
            Self::None => None,
            Self::Topic(topic) => Some(topic.id(n)),
            Self::Stream(stream) => stream.id_of(n),
            Self::Last(id) => id.as_deref().cloned(),
        }
    }
}

/// Who ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EndedBy {
    /// This server.
    Server,
    /// The program at the other end.
    Client,
    /// Neither: the connection broke between them.
    Network,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) by: EndedBy,
    pub(crate) why: &'static str,
    /// Whether the client has everything that there was.
    pub(crate) complete: bool,
}

impl Ending {
    pub(crate) const fn new(by: EndedBy, why: &'static str) -> Self {
        Self {
            by,
            why,
            complete: false,
        }
    }

    /// A finite stream was sent whole.
    pub(crate) const COMPLETE: Self = Self {
        by: EndedBy::Server,
        why: "complete",
        complete: true,
    };
}

/// One connection, or one refused request.
#[derive(Debug)]
struct Row {
    id: u64,
    client: Client,
    /// Milliseconds since 1970.
    since: u64,
    status: u16,
    origin: Option<Box<str>>,
    sent: Sent,
    tap: OnceLock<Arc<Tap>>,
    /// Boxed: most rows are open.
    ended: OnceLock<Box<(Ending, SystemTime)>>,
}

/// What the kernel took of a connection's stream. Written by one task and read by others, so that a visit
/// pays for no lock.
#[derive(Debug)]
struct Sent {
    events: AtomicU64,
    bytes: AtomicU64,
    /// The number of the last event that had one, or [`NONE`].
    last_id: AtomicU64,
    /// Whether bytes wait for the socket.
    blocked: AtomicBool,
}

/// No number: the largest id that a stream gives is far below it.
const NONE: u64 = u64::MAX;

impl Default for Sent {
    fn default() -> Self {
        Self {
            events: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            last_id: AtomicU64::new(NONE),
            blocked: AtomicBool::new(false),
        }
    }
}

impl Sent {
    fn last_id(&self) -> Option<u64> {
        Some(self.last_id.load(Ordering::Relaxed)).filter(|id| *id != NONE)
    }

    fn counts(&self) -> Counts {
        Counts {
            events: self.events.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }
}

/// No place for one more stream; the client is given back.
#[derive(Debug)]
pub(crate) struct Full(pub(crate) Client);

impl Connections {
    pub(crate) fn new(limit: usize) -> Self {
        Self(Arc::new(Shared {
            table: Mutex::default(),
            changed: watch::Sender::new(0),
            told: AtomicBool::new(false),
            limit,
            watched: Mutex::default(),
        }))
    }

    /// Enters a client that gets a stream.
    ///
    /// # Errors
    /// [`Full`] when as many streams are open as may be.
    pub(crate) fn open(&self, client: Client) -> Result<Open, Box<Full>> {
        let mut table = self.table();
        if table.open.len() >= self.0.limit {
            return Err(Box::new(Full(client)));
        }
        let row = table.row(client, 200, None);
        if table.open.len() < TAPPED {
            row.tap();
        }
        table.opened += 1;
        table.open.insert(row.id, Arc::clone(&row));
        drop(table);
        self.tell();
        Ok(Open {
            row,
            connections: self.clone(),
        })
    }

    /// Enters a request for a stream that was answered with something else.
    pub(crate) fn refuse(
        &self,
        client: Client,
        status: u16,
        origin: Option<String>,
        ending: Ending,
    ) {
        let mut table = self.table();
        let row = table.row(client, status, origin);
        row.end(ending);
        if !ending.complete {
            table.refused += 1;
        }
        keep(&mut table.turned_away, row);
        drop(table);
        self.tell();
    }

    /// What a connection was sent, as far as it is kept, from its byte `from` on. A connection whose bytes were not kept has
    /// them kept from now on.
    pub(crate) fn wire(&self, id: u64, from: u64) -> Option<WireView> {
        let mut table = self.table();
        let row = table.arc_of(id)?;
        if row.state() == State::Open {
            table.look_at(&row);
        }
        drop(table);
        let taken = row.sent.counts().bytes;
        Some(match row.tap.get() {
            Some(tap) => WireView {
                on: tap.is_on() && row.state() == State::Open,
                ..tap.view(id, taken, from)
            },
            None => WireView::none(id, taken),
        })
    }

    /// Goes up when the table changed since somebody last looked.
    pub(crate) fn changed(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        lock(&self.0.table)
    }

    /// Says that somebody should look again: at the table, or at what stands beside it.
    pub(crate) fn tell(&self) {
        // So that what was noted before is seen by whoever looked before this load: else the last change before a
        // silence could go untold.
        fence(Ordering::SeqCst);
        if !self.0.told.load(Ordering::Relaxed) && !self.0.told.swap(true, Ordering::AcqRel) {
            self.0.changed.send_modify(|n| *n += 1);
        }
    }
}

impl Table {
    fn row(&mut self, mut client: Client, status: u16, origin: Option<String>) -> Arc<Row> {
        self.next_id += 1;
        self.version += 1;
        client.asked = self.shared(client.asked);
        Arc::new(Row {
            id: self.next_id,
            client,
            since: millis(SystemTime::now()),
            status,
            origin: origin.map(String::into_boxed_str),
            sent: Sent::default(),
            tap: OnceLock::new(),
            ended: OnceLock::new(),
        })
    }

    /// Begins to keep a connection's bytes, and stops with that of the one that was looked at the longest ago.
    fn look_at(&mut self, row: &Arc<Row>) {
        let before = self.looked_at.len();
        self.looked_at
            .retain(|other| other.id != row.id && other.state() == State::Open);
        let known = self.looked_at.len() < before;
        if row.tap.get().is_some_and(|tap| tap.is_on()) && !known {
            // It was tapped from its first byte on.
            return;
        }
        if self.looked_at.len() == LOOKED_AT
            && let Some(oldest) = self.looked_at.pop_front()
        {
            oldest.tap().stop();
        }
        row.tap().start();
        self.looked_at.push_back(Arc::clone(row));
    }

    /// The same, once in memory.
    fn shared(&mut self, asked: Arc<Asked>) -> Arc<Asked> {
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

/// What has become of a row's request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Open,
    Ended,
    Refused,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Ended => "ended",
            Self::Refused => "refused",
        }
    }
}

impl Row {
    fn state(&self) -> State {
        match (self.ended.get(), self.status) {
            (_, status) if status != 200 => State::Refused,
            (Some(_), _) => State::Ended,
            (None, _) => State::Open,
        }
    }

    /// The row as it stays: a closed one must not keep a topic, or a stream that was long replaced, in memory.
    fn closed(&self) -> Self {
        let last = self.sent.last_id();
        let id = last.and_then(|n| self.client.numbers.id(n));
        let Counts { events, bytes } = self.sent.counts();
        Self {
            id: self.id,
            client: Client {
                numbers: Numbers::Last(id.map(Arc::new)),
                ..self.client.clone()
            },
            since: self.since,
            status: self.status,
            origin: self.origin.clone(),
            sent: Sent {
                events: events.into(),
                bytes: bytes.into(),
                last_id: last.unwrap_or(NONE).into(),
                blocked: false.into(),
            },
            tap: self.tap.clone(),
            ended: self.ended.clone(),
        }
    }

    /// Its tap, which begins now if there was none.
    fn tap(&self) -> &Tap {
        let framing = Framing::of(self.client.asked.version);
        self.tap.get_or_init(|| Arc::new(Tap::new(framing)))
    }

    /// Why it ended, once it has.
    fn why(&self) -> Option<&'static str> {
        self.ended.get().map(|ended| ended.0.why)
    }

    /// How many events of its topic it has yet to be sent, while it is open and was sent one.
    fn behind(&self) -> Option<u64> {
        let (Numbers::Topic(topic), State::Open) = (&self.client.numbers, self.state()) else {
            return None;
        };
        Some(topic.last().saturating_sub(self.sent.last_id()?))
    }

    /// Answers whether this is how it ended, and not something that was said before.
    fn end(&self, ending: Ending) -> bool {
        self.ended
            .set(Box::new((ending, SystemTime::now())))
            .is_ok()
    }
}

/// Newest first, the oldest forgotten.
fn keep(rows: &mut VecDeque<Arc<Row>>, row: Arc<Row>) {
    rows.truncate(KEPT - 1);
    rows.push_front(row);
}

/// An open connection's place in the table, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Open {
    row: Arc<Row>,
    connections: Connections,
}

impl Open {
    /// Notes that the kernel took `events` more, the last of them numbered `last_id`, and `bytes` in all.
    pub(crate) fn sent(&self, events: u64, last_id: Option<u64>, bytes: u64) {
        let sent = &self.row.sent;
        // Nobody else writes, so this needs no read-modify-write.
        let before = sent.events.load(Ordering::Relaxed);
        sent.events.store(before + events, Ordering::Relaxed);
        sent.bytes.store(bytes, Ordering::Relaxed);
        if let Some(id) = last_id {
            sent.last_id.store(id, Ordering::Relaxed);
        }
        self.connections.tell();
    }

    /// Where its bytes are kept for whoever looks, if they are.
    pub(crate) fn tap(&self) -> Option<&Tap> {
        self.row.tap.get().map(|tap| &**tap)
    }

    /// Notes whether bytes wait for the socket.
    pub(crate) fn blocked(&self, blocked: bool) {
        self.row.sent.blocked.store(blocked, Ordering::Relaxed);
    }

    /// Notes how the connection ended and frees its place.
    pub(crate) fn end(self, ending: Ending) {
        self.close(ending);
    }

    /// The first word counts: what is said when it is dropped comes too late where something was said before.
    fn close(&self, ending: Ending) {
        if !self.row.end(ending) {
            return;
        }
        // Before the lock is taken: it may wait for a topic.
        let closed = Arc::new(self.row.closed());
        let mut table = self.connections.table();
        table.version += 1;
        table.looked_at.retain(|row| row.id != self.row.id);
        if table.open.remove(&self.row.id).is_some() {
            keep(&mut table.ended, closed);
        }
        drop(table);
        self.connections.tell();
    }
}

impl Drop for Open {
    /// A connection that went away without a word: its task was dropped, by a stop whose grace was over or
    /// because the connection broke before the stream began.
    fn drop(&mut self) {
        self.close(Ending::new(EndedBy::Server, "dropped"));
    }
}

fn millis(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

/// A lock whose holder panicked still guards plain counters, which are never half written in a way
/// that could harm a reader.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
