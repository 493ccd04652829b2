//! The log as the API answers it.

use serde::Serialize;

use super::reader::{Found, LogReader};
use super::whom::Whom;
use super::{Entry, What};
use crate::connections::{Verdict, VerdictKind, Why};

/// A line of the log, as JSON.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum LogLine {
    /// Entries that were asked for are kept no longer.
    Gap {
        /// `gap`.
        kind: Kind,
        /// How many; unknown where the number that was asked for is none of this program's.
        lost: Option<u64>,
    },
    /// Something happened.
    Entry(EntryView),
}

/// Something that happened.
#[derive(Debug, Serialize)]
pub(crate) struct EntryView {
    /// Its number.
    pub(crate) seq: u64,
    /// When, in milliseconds since 1970.
    at_ms: u64,
    kind: Kind,
    /// The path of the stream; nothing where the server itself did something.
    stream: Option<String>,
    /// The room that it happened in; left out in the room that has no name.
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<String>,
    /// The client's tag.
    client: Option<String>,
    /// The id of the connection in the table.
    connection: Option<u64>,
    /// What the request was answered with, of one that came.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// Why it ended, or was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Why>,
    /// What there is to say of the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<Box<Verdict>>,
    /// The fault that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<u64>,
    /// The text of the fault, where it was armed; where the engine is that is there, or why it is
    /// away; which topics began a new life, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// The server began to listen.
    Started,
    /// The server's stop is through.
    Stopped,
    /// A client got a stream.
    Connected,
    /// A stream ended.
    Ended,
    /// A client got no stream: it was refused, or told that there is no more (204).
    Refused,
    /// It was seen how a client came back. Behind `connected` or `refused`, or behind the end that
    /// it followed.
    Returned,
    /// A client did not come back.
    Gone,
    /// A client has several connections open at once.
    Beside,
    /// A fault was armed.
    Armed,
    /// A fault was disarmed.
    Healed,
    /// A fault struck.
    Fired,
    /// A room was reset.
    Reset,
    /// The engine that keeps the topics is there.
    There,
    /// The engine that keeps the topics is away.
    Lost,
    /// Topics of the engine began a new life.
    Lives,
    /// Entries are missing here.
    Gap,
}

impl LogLine {
    fn of(found: Found) -> Self {
        match found {
            Found::Gap { lost, .. } => Self::Gap {
                kind: Kind::Gap,
                lost,
            },
            Found::Entry(entry) => Self::Entry(EntryView::of(&entry)),
        }
    }

    /// The number of the entry; a gap has none.
    pub(crate) fn seq(&self) -> Option<u64> {
        match self {
            Self::Gap { .. } => None,
            Self::Entry(entry) => Some(entry.seq),
        }
    }
}

impl LogReader {
    /// The lines of so many of the next entries at most, as [`read`](Self::read) has them, without
    /// those that are about others; nothing where no entry is left. A gap is about everybody.
    pub(crate) fn lines_of(&mut self, whom: &Whom, most: usize) -> Option<Vec<LogLine>> {
        let found = self.read(most);
        if found.is_empty() {
            return None;
        }
        let theirs = found.into_iter().filter(|found| match found {
            Found::Gap { .. } => true,
            Found::Entry(entry) => whom.concerns(entry),
        });
        Some(theirs.map(LogLine::of).collect())
    }
}

impl Kind {
    /// The word that the API has for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Stopped => "stopped",
            Self::Connected => "connected",
            Self::Ended => "ended",
            Self::Refused => "refused",
            Self::Returned => "returned",
            Self::Gone => "gone",
            Self::Beside => "beside",
            Self::Armed => "armed",
            Self::Healed => "healed",
            Self::Fired => "fired",
            Self::Reset => "reset",
            Self::There => "there",
            Self::Lost => "lost",
            Self::Lives => "lives",
            Self::Gap => "gap",
        }
    }

    pub(super) fn of(what: &What) -> Self {
        match what {
            What::Started => Self::Started,
            What::Stopped => Self::Stopped,
            What::Connected(_) => Self::Connected,
            What::Refused { .. } => Self::Refused,
            What::Ended { .. } => Self::Ended,
            What::Said { verdict, .. } => match verdict.kind {
                VerdictKind::Missing => Self::Gone,
                VerdictKind::Beside => Self::Beside,
                _ => Self::Returned,
            },
            What::Armed { .. } => Self::Armed,
            What::Healed { .. } => Self::Healed,
            What::Fired { .. } => Self::Fired,
            What::Reset { .. } => Self::Reset,
            What::There { .. } => Self::There,
            What::Lost { .. } => Self::Lost,
            What::NewLives(_) => Self::Lives,
        }
    }
}

impl EntryView {
    pub(super) fn of(entry: &Entry) -> Self {
        let who = entry.who();
        let (status, why, verdict) = match &entry.what {
            What::Connected(_) => (Some(200), None, None),
            What::Refused { status, why, .. } => (Some(*status), Some(*why), None),
            What::Ended { end, .. } => (None, Some(end.why), None),
            What::Said { verdict, .. } => (None, None, Some(verdict.clone())),
            _ => (None, None, None),
        };
        let text = match &entry.what {
            What::Armed { text, .. } | What::Lost { why: text } => Some(text.to_string()),
            What::There { place, master } => Some(match master {
                Some(master) => format!("{place} (master {master})"),
                None => place.to_string(),
            }),
            What::NewLives(lives) => Some(lives.to_string()),
            _ => None,
        };
        Self {
            seq: entry.seq,
            at_ms: entry.at_ms,
            kind: Kind::of(&entry.what),
            stream: who.map(|who| who.asked.stream.to_string()),
            room: entry.room().map(str::to_owned),
            client: who.and_then(|who| who.tag.as_deref().map(str::to_owned)),
            connection: who.map(|who| who.connection),
            status,
            why,
            verdict,
            fault: entry.fault(),
            text,
        }
    }
}
