//! The log as `sse serve` prints it: the lines of connections and verdicts, in the words of people
//! and as JSON.

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use super::reader::{Found, LogReader};
use super::{Entry, NewLives, What, Who};
use crate::connections::connection::Cut;
use crate::connections::end_reason::{EndedBy, Why};
use crate::connections::{Connections, Verdict};

/// Entries that are read in one go.
const BATCH: usize = 64;

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
        /// The fault that answered so, where one did.
        #[serde(skip_serializing_if = "Option::is_none")]
        fault: Option<u64>,
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
        /// The fault that ended it, where one did.
        #[serde(skip_serializing_if = "Option::is_none")]
        fault: Option<u64>,
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
    /// A fault was armed.
    Armed {
        /// The fault's number.
        fault: u64,
        /// Its text.
        text: String,
        /// The room in which it strikes; nothing is the room that has no name.
        room: Option<String>,
    },
    /// A fault was disarmed.
    Healed {
        /// The fault's number.
        fault: u64,
        /// Its room.
        room: Option<String>,
    },
    /// A fault struck.
    Fired {
        /// The fault's number.
        fault: u64,
        /// The connection that it struck, where the table still has it.
        connection: Option<u64>,
    },
    /// A room was reset.
    Reset {
        /// Its name; nothing is the room that has none.
        room: Option<String>,
    },
    /// The engine that keeps the topics is there.
    There {
        /// Where, without a password.
        place: String,
        /// The master in use, where Sentinels named it.
        #[serde(skip_serializing_if = "Option::is_none")]
        master: Option<String>,
    },
    /// The engine that keeps the topics is away.
    Lost {
        /// Why.
        why: String,
    },
    /// Topics of the engine began a new life.
    Lives(NewLives),
    /// The reader was too slow.
    Dropped {
        /// How many entries it missed.
        entries: u64,
    },
}

/// A request for a stream, and who sent it. It shares the texts of the request with the table, as a
/// line is made of each connection that comes and of each that ends.
#[derive(Clone, Debug)]
pub struct Visit(Who);

impl From<&Who> for Visit {
    fn from(who: &Who) -> Self {
        Self(who.clone())
    }
}

impl Visit {
    /// The number that the table knows it by.
    pub fn connection(&self) -> u64 {
        self.0.connection
    }

    /// The request's method.
    pub fn method(&self) -> &str {
        &self.0.asked.method
    }

    /// The room that it was sent to; nothing is the room that has no name.
    pub fn room(&self) -> Option<&str> {
        self.0.asked.room.as_deref()
    }

    /// The path of the stream.
    pub fn stream(&self) -> &str {
        &self.0.asked.stream
    }

    /// The name that the client gave itself with `client=`.
    pub fn client(&self) -> Option<&str> {
        self.0.tag.as_deref()
    }

    /// The program, as far as it says.
    pub fn program(&self) -> &str {
        &self.0.asked.program
    }

    /// Address and port of the client.
    pub fn peer(&self) -> SocketAddr {
        self.0.peer
    }
}

impl Serialize for Visit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Fields<'a> {
            connection: u64,
            method: &'a str,
            /// Nothing is the room that has no name.
            #[serde(skip_serializing_if = "Option::is_none")]
            room: Option<&'a str>,
            stream: &'a str,
            client: Option<&'a str>,
            program: &'a str,
            peer: SocketAddr,
        }
        let fields = Fields {
            connection: self.connection(),
            method: self.method(),
            room: self.room(),
            stream: self.stream(),
            client: self.client(),
            program: self.program(),
            peer: self.peer(),
        };
        fields.serialize(serializer)
    }
}

impl LogEntry {
    /// The line of an entry; of the server's own start and stop there is none, since whoever prints
    /// lines started it.
    fn of(found: Found) -> Option<Self> {
        let (at_ms, happened) = match found {
            Found::Gap { lost, at_ms } => {
                let entries = lost.unwrap_or(0);
                (at_ms, Happened::Dropped { entries })
            }
            Found::Entry(entry) => (entry.at_ms, Happened::of(&entry)?),
        };
        Some(Self { at_ms, happened })
    }
}

impl Happened {
    fn of(entry: &Entry) -> Option<Self> {
        let room = || entry.room().map(str::to_owned);
        Some(match &entry.what {
            What::Started | What::Stopped => return None,
            What::Connected(who) => Self::Opened { visit: who.into() },
            What::Refused {
                who,
                status,
                why,
                fault,
            } => Self::Refused {
                visit: who.into(),
                status: *status,
                why: *why,
                fault: *fault,
            },
            What::Ended { who, end } => Self::Ended {
                visit: who.into(),
                by: end.why.by(),
                why: end.why,
                fault: end.fault,
                complete: end.why.is_complete(),
                events: end.sent.events,
                bytes: end.sent.bytes,
                cut: end.cut,
            },
            What::Said { who, verdict } => Self::Verdict {
                visit: who.into(),
                verdict: Verdict::clone(verdict),
            },
            What::Armed { fault, text, .. } => Self::Armed {
                fault: *fault,
                text: text.to_string(),
                room: room(),
            },
            What::Healed { fault, .. } => Self::Healed {
                fault: *fault,
                room: room(),
            },
            What::Fired { fault, who, .. } => Self::Fired {
                fault: *fault,
                connection: who.as_ref().map(|who| who.connection),
            },
            What::Reset { .. } => Self::Reset { room: room() },
            What::There { place, master } => Self::There {
                place: place.to_string(),
                master: master.as_deref().map(str::to_owned),
            },
            What::Lost { why } => Self::Lost {
                why: why.to_string(),
            },
            What::NewLives(lives) => Self::Lives(NewLives::clone(lives)),
        })
    }
}

/// Reads what happens, from when it was made on.
#[derive(Debug)]
pub struct LogReceiver {
    /// Its place in the log. One that is further behind than the log keeps loses the oldest, and
    /// [`Happened::Dropped`] counts them.
    reader: LogReader,
    /// Read, and not given yet.
    found: VecDeque<LogEntry>,
}

impl Connections {
    /// Reads what happens from now on.
    pub(crate) fn log(&self) -> LogReceiver {
        LogReceiver {
            reader: self.0.log.reader(None),
            found: VecDeque::new(),
        }
    }
}

impl LogReceiver {
    /// The next thing that happens; `None` when the server is gone. What is waited for is not lost
    /// when the wait is given up.
    pub async fn recv(&mut self) -> Option<LogEntry> {
        loop {
            if let Some(entry) = self.try_recv() {
                return Some(entry);
            }
            if !self.reader.news().await {
                // What happened last may have come with the end.
                return self.try_recv();
            }
        }
    }

    /// What has happened already, if anything has that was not read.
    pub fn try_recv(&mut self) -> Option<LogEntry> {
        loop {
            if let Some(found) = self.found.pop_front() {
                return Some(found);
            }
            let found = self.reader.read(BATCH);
            if found.is_empty() {
                return None;
            }
            self.found
                .extend(found.into_iter().filter_map(LogEntry::of));
        }
    }
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
            Self::Refused {
                visit,
                status,
                why,
                fault,
            } => {
                let forwarded = *why == Why::Forwarded;
                let why = words(*why, *fault);
                match status {
                    _ if forwarded => write!(f, "{visit}: {why} ({status})"),
                    204 => write!(f, "{visit}: {why} (204)"),
                    200 => write!(f, "{visit}: told to come back later (200), {why}"),
                    _ => write!(f, "{visit}: refused ({status}), {why}"),
                }
            }
            Self::Ended {
                visit,
                by,
                why,
                fault,
                events,
                bytes,
                cut,
                ..
            } => {
                let why = words(*why, *fault);
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
            Self::Armed { fault, text, room } => {
                write!(f, "armed fault {fault}: {text}{}", in_room(room))
            }
            Self::Healed { fault, room } => write!(f, "healed fault {fault}{}", in_room(room)),
            Self::Fired { fault, connection } => match connection {
                Some(connection) => write!(f, "fault {fault} struck #{connection}"),
                None => write!(f, "fault {fault} struck"),
            },
            Self::Reset { room } => write!(f, "reset{}", in_room(room)),
            Self::There { place, master } => {
                write!(f, "connected to the engine that keeps the topics: {place}")?;
                match master {
                    Some(master) => write!(f, " (master {master})"),
                    None => Ok(()),
                }
            }
            Self::Lost { why } => write!(f, "the engine that keeps the topics is away: {why}"),
            Self::Lives(lives) => write!(f, "{lives}"),
            Self::Dropped { entries } => write!(
                f,
                "{entries} lines of the log were dropped: they came faster than they were read"
            ),
        }
    }
}

/// `stopped`, or `fault 3`
fn words(why: Why, fault: Option<u64>) -> String {
    match fault {
        Some(fault) => format!("fault {fault}"),
        None => why.words().to_owned(),
    }
}

/// ` (room ci)`
fn in_room(room: &Option<String>) -> String {
    let named = room.as_deref().map(|room| format!(" (room {room})"));
    named.unwrap_or_default()
}

impl fmt::Display for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} {} ", self.connection(), self.method())?;
        if let Some(room) = self.room() {
            write!(f, "/@{room}")?;
        }
        write!(f, "{} (", self.stream())?;
        if let Some(client) = self.client() {
            write!(f, "{client}, ")?;
        }
        write!(f, "{}, {})", self.program(), self.peer())
    }
}
