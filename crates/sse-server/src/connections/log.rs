//! The log of connections: an entry for each that opens, is refused or ends, and for each verdict.
//!
//! The server never waits for a reader. A reader that is too slow misses the oldest entries, and
//! gets their number. While nobody reads, no entries are made. An event that is sent makes no
//! entry.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant, SystemTime};

use serde::Serialize;
use sse_engine::time::{millis, since_1970};
use tokio::sync::broadcast::{self, error::RecvError, error::TryRecvError};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::connection::{Connection, Cut};
use super::end_reason::{EndedBy, Why};
use super::{Connections, Shared, Verdict, VerdictKind};

/// How much a reader may be behind.
const ENTRIES: usize = 4096;

/// How often it is looked who is missing and who has several open: nothing happens then that could
/// tell.
const LOOK_OUT: Duration = Duration::from_secs(1);

/// One thing that happened. It has no query but the tag, and no header of the request but the id
/// that a client came back with.
#[derive(Clone, Debug, Serialize)]
pub struct LogEntry {
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// What.
    #[serde(flatten)]
    pub happened: Happened,
}

/// What can happen.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Happened {
    /// A client got a stream.
    Opened {
        /// The connection, and whose it is.
        #[serde(flatten)]
        visit: Visit,
    },
    /// A client got no stream: it was refused, or told that there is no more (204).
    Refused {
        /// The request, and whose it is.
        #[serde(flatten)]
        visit: Visit,
        /// The status that it was answered with.
        status: u16,
        /// Why, in a few words.
        why: Why,
    },
    /// A stream ended.
    Ended {
        /// The connection, and whose it was.
        #[serde(flatten)]
        visit: Visit,
        /// Who ended it.
        by: EndedBy,
        /// Why, in a few words.
        why: Why,
        /// Whether the client has everything that there was.
        complete: bool,
        /// Events that the kernel took for it.
        events: u64,
        /// Bytes that the kernel took for it.
        bytes: u64,
        /// How far it came, of a finite stream that ended before its last event.
        cut: Option<Cut>,
    },
    /// There is something to say of a client that came back, stays away, or has several connections
    /// open.
    Verdict {
        /// The connection of which it is said, and whose it is.
        #[serde(flatten)]
        visit: Visit,
        /// What.
        verdict: Verdict,
    },
    /// The reader was too slow.
    Dropped {
        /// How many entries it missed.
        entries: u64,
    },
}

/// A request for a stream, and who sent it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Visit {
    /// The number that the table knows it by.
    pub connection: u64,
    /// The request's method.
    pub method: String,
    /// The path of the stream.
    pub stream: String,
    /// The name that the client gave itself with `client=`.
    pub client: Option<String>,
    /// The program, as far as it says.
    pub program: String,
    /// Address and port of the client.
    pub peer: String,
}

/// Where entries go.
#[derive(Debug, Default)]
pub(super) struct Log(OnceLock<broadcast::Sender<Arc<LogEntry>>>);

impl Log {
    pub(super) fn opened(&self, row: &Connection, verdict: Option<Verdict>) {
        self.tell(|| Happened::Opened { visit: row.into() });
        self.said(row, verdict);
    }

    pub(super) fn refused(&self, row: &Connection, why: Why, verdict: Option<Verdict>) {
        self.tell(|| Happened::Refused {
            visit: row.into(),
            status: row.status,
            why,
        });
        self.said(row, verdict);
    }

    pub(super) fn ended(&self, row: &Connection) {
        let Some(ended) = row.ended.get() else {
            return;
        };
        self.tell(|| {
            let sent = row.sent.counts();
            Happened::Ended {
                visit: row.into(),
                by: ended.why.by(),
                why: ended.why,
                complete: ended.why.is_complete(),
                events: sent.events,
                bytes: sent.bytes,
                cut: ended.cut,
            }
        });
    }

    pub(super) fn said(&self, row: &Connection, verdict: Option<Verdict>) {
        if let Some(verdict) = verdict {
            self.tell(|| Happened::Verdict {
                visit: row.into(),
                verdict,
            });
        }
    }

    /// Whether anybody reads.
    pub(super) fn is_read(&self) -> bool {
        self.0.get().is_some_and(|to| to.receiver_count() > 0)
    }

    fn tell(&self, happened: impl FnOnce() -> Happened) {
        if self.is_read()
            && let Some(to) = self.0.get()
        {
            // The last reader may have gone meanwhile.
            _ = to.send(Arc::new(LogEntry::now(happened())));
        }
    }
}

impl From<&Connection> for Visit {
    fn from(row: &Connection) -> Self {
        let asked = &row.client.asked;
        Self {
            connection: row.id,
            method: asked.method.to_string(),
            stream: asked.stream.to_string(),
            client: row.client.tag.as_deref().map(str::to_owned),
            program: asked.program.to_string(),
            peer: row.client.peer.to_string(),
        }
    }
}

impl LogEntry {
    fn now(happened: Happened) -> Self {
        Self {
            at_ms: millis(since_1970(SystemTime::now())),
            happened,
        }
    }
}

/// Reads what happens, from when it was made on.
#[derive(Debug)]
pub struct LogReceiver {
    /// What is reported as it happens. A reader that is more than [`ENTRIES`] behind loses the
    /// oldest, and [`Happened::Dropped`] counts them.
    entries: broadcast::Receiver<Arc<LogEntry>>,
    /// Where it looks for clients that do nothing, which nobody reports. Weak: the sender of
    /// `entries` is in there, and a reader that held it would never see the end.
    table: Weak<Shared>,
    /// Found, and not given yet.
    found: VecDeque<LogEntry>,
    /// What was told of rows that are in the table still.
    told: HashSet<(VerdictKind, u64)>,
    /// When it looks for them next, every [`LOOK_OUT`].
    look_out: Interval,
}

impl Connections {
    /// Reads what happens from now on.
    pub(crate) fn log(&self) -> LogReceiver {
        let to = self.0.log.0.get_or_init(|| broadcast::Sender::new(ENTRIES));
        let mut look_out = interval(LOOK_OUT);
        look_out.set_missed_tick_behavior(MissedTickBehavior::Delay);
        LogReceiver {
            entries: to.subscribe(),
            table: Arc::downgrade(&self.0),
            found: VecDeque::new(),
            told: HashSet::new(),
            look_out,
        }
    }

    /// The verdicts on clients that did nothing: those that are missing, and those that have
    /// several connections open.
    fn silent(&self, now: Instant, told: &mut HashSet<(VerdictKind, u64)>) -> Vec<LogEntry> {
        let table = self.table();
        told.retain(|(_, id)| table.row_of(*id).is_some());
        let doubled = table.reconnects.doubled(now);
        let doubled = doubled.filter_map(|id| table.row_of(id));
        let mut found = Vec::new();
        for row in table.ended.iter().rev().chain(doubled) {
            let said = table.reconnects.afterwards(row, now, table.serving);
            let silent = |said: &Verdict| {
                matches!(said.kind, VerdictKind::Missing | VerdictKind::Beside)
                    && told.insert((said.kind, row.id))
            };
            if let Some(verdict) = said.filter(silent) {
                let visit = (&**row).into();
                found.push(LogEntry::now(Happened::Verdict { visit, verdict }));
            }
        }
        found
    }
}

impl LogReceiver {
    /// The next thing that happens; `None` when the server is gone. What is waited for is not lost
    /// when the wait is given up.
    pub async fn recv(&mut self) -> Option<LogEntry> {
        loop {
            if let Some(found) = self.found.pop_front() {
                return Some(found);
            }
            tokio::select! {
                came = self.entries.recv() => return match came {
                    Ok(entry) => Some(Arc::unwrap_or_clone(entry)),
                    Err(RecvError::Lagged(entries)) => Some(dropped(entries)),
                    Err(RecvError::Closed) => None,
                },
                _ = self.look_out.tick() => self.look_out(Instant::now()),
            }
        }
    }

    /// What has happened already, if anything has that was not read.
    pub fn try_recv(&mut self) -> Option<LogEntry> {
        if let Some(found) = self.found.pop_front() {
            return Some(found);
        }
        match self.entries.try_recv() {
            Ok(entry) => Some(Arc::unwrap_or_clone(entry)),
            Err(TryRecvError::Lagged(entries)) => Some(dropped(entries)),
            Err(TryRecvError::Empty | TryRecvError::Closed) => None,
        }
    }

    pub(super) fn look_out(&mut self, now: Instant) {
        if let Some(table) = self.table.upgrade() {
            let found = Connections(table).silent(now, &mut self.told);
            self.found.extend(found);
        }
    }
}

fn dropped(entries: u64) -> LogEntry {
    LogEntry::now(Happened::Dropped { entries })
}

/// As a line for people: `2026-01-31T10:41:02.113Z #7 GET /numbers (dash, curl 8.5.0,
/// 127.0.0.1:50312): opened`.
impl fmt::Display for LogEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(self.at_ms));
        let at = humantime::format_rfc3339_millis(at.unwrap_or(SystemTime::UNIX_EPOCH));
        write!(f, "{at} {}", self.happened)
    }
}

impl fmt::Display for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened { visit } => write!(f, "{visit}: opened"),
            Self::Refused { visit, status, why } => match status {
                204 => write!(f, "{visit}: {why} (204)"),
                _ => write!(f, "{visit}: refused ({status}), {why}"),
            },
            Self::Ended {
                visit,
                by,
                why,
                events,
                bytes,
                cut,
                ..
            } => {
                let by = match by {
                    EndedBy::Server => "server",
                    EndedBy::Client => "client",
                    EndedBy::Network => "network",
                };
                let plural = |n: u64| if n == 1 { "" } else { "s" };
                write!(f, "{visit}: ended by the {by} ({why})")?;
                if let Some(Cut { after, of }) = cut {
                    write!(f, ", cut after {after} of {of}")?;
                }
                let (more, all) = (plural(*events), plural(*bytes));
                write!(f, ", {events} event{more}, {bytes} byte{all}")
            }
            Self::Verdict { visit, verdict } => {
                let bad = if verdict.bad { "BAD: " } else { "" };
                write!(f, "{visit}: {bad}{}", verdict.sentences())
            }
            Self::Dropped { entries } => write!(
                f,
                "{entries} lines of the log were dropped: they came faster than they were read"
            ),
        }
    }
}

impl fmt::Display for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let client = self.client.as_deref().map(|client| format!("{client}, "));
        write!(
            f,
            "#{} {} {} ({}{}, {})",
            self.connection,
            self.method,
            self.stream,
            client.unwrap_or_default(),
            self.program,
            self.peer
        )
    }
}
