//! The table as the window and the API read it.

use std::sync::atomic::{Ordering, fence};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::{Connections, EndedBy, Row};

/// The most rows that one view carries.
const SHOWN: usize = 200;

/// What is shown of a method, in characters.
const METHOD: usize = 16;

/// The table at one moment: open connections first, then closed ones, newest first in each.
#[derive(Clone, Debug, Serialize)]
pub struct ConnectionsView {
    /// Streams open now.
    pub open: usize,
    /// Streams opened since the program began.
    pub opened: u64,
    /// Requests for a stream that were refused since the program began.
    pub refused: u64,
    /// Open connections that `rows` has no room for.
    pub more: usize,
    /// At most 200 rows.
    pub rows: Vec<RowView>,
}

/// One connection.
#[derive(Clone, Debug, Serialize)]
pub struct RowView {
    /// Counts up from 1 in the order of arrival.
    pub id: u64,
    /// Address and port of the client.
    pub peer: String,
    /// The program, as far as it says.
    pub program: String,
    /// The path of the stream.
    pub stream: String,
    /// The name that the client gave itself with `client=`.
    pub client: Option<String>,
    /// The request's method.
    pub method: String,
    /// When it arrived, in milliseconds since 1970.
    pub since_ms: u64,
    /// The last event id that it brought.
    pub brought: Option<String>,
    /// The id of the last event that it was sent.
    pub last_id: Option<String>,
    /// Events that the kernel took for it.
    pub events: u64,
    /// Bytes that the kernel took for it, head and framing included.
    pub bytes: u64,
    /// `open`, `ended` or `refused`.
    pub state: &'static str,
    /// The status it was answered with.
    pub status: u16,
    /// The origin that was refused, where that was the reason.
    pub origin: Option<String>,
    /// How it ended, once it has.
    pub ended: Option<EndedView>,
}

/// How a connection ended.
#[derive(Clone, Debug, Serialize)]
pub struct EndedView {
    /// Who ended it.
    pub by: EndedBy,
    /// Why, in a few words.
    pub why: &'static str,
    /// Whether the client has everything that there was.
    pub complete: bool,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
}

impl Connections {
    /// The table now.
    pub(crate) fn view(&self) -> ConnectionsView {
        self.look(|_| true)
    }

    /// The rows of one client's tag.
    pub(crate) fn view_of(&self, tag: &str) -> ConnectionsView {
        self.look(|row| row.client.tag.as_deref() == Some(tag))
    }

    fn look(&self, wanted: impl Fn(&Row) -> bool) -> ConnectionsView {
        // Before reading, so that what changes meanwhile is told again.
        self.0.told.store(false, Ordering::Release);
        fence(Ordering::SeqCst);
        let table = self.table();
        let closed = table.ended.iter().chain(&table.turned_away);
        let mut closed: Vec<_> = closed.filter(|row| wanted(row)).collect();
        closed.sort_unstable_by_key(|row| std::cmp::Reverse(row.id));
        let mut open = table.open.values().rev().filter(|row| wanted(row));
        // Closed ones keep their place: how a connection ended is told nowhere else.
        let room = SHOWN.saturating_sub(closed.len());
        let mut rows: Vec<RowView> = open.by_ref().take(room).map(|row| view(row)).collect();
        let more = open.count();
        rows.extend(closed.into_iter().map(|row| view(row)));
        ConnectionsView {
            open: table.open.len(),
            opened: table.opened,
            refused: table.refused,
            more,
            rows,
        }
    }
}

fn view(row: &Row) -> RowView {
    let ended = row.ended.get().map(|ended| &**ended);
    RowView {
        id: row.id,
        peer: row.client.peer.to_string(),
        program: row.client.program.to_string(),
        stream: row.client.stream.to_string(),
        client: row.client.tag.as_deref().map(str::to_owned),
        method: row.client.method.as_str().chars().take(METHOD).collect(),
        since_ms: millis(row.since),
        brought: row.client.brought.as_deref().map(str::to_owned),
        last_id: row.sent.last_id().and_then(|n| row.client.numbers.id(n)),
        events: row.sent.events.load(Ordering::Relaxed),
        bytes: row.sent.bytes.load(Ordering::Relaxed),
        state: match (ended, row.status) {
            (_, status) if status != 200 => "refused",
            (Some(_), _) => "ended",
            (None, _) => "open",
        },
        status: row.status,
        origin: row.origin.as_deref().map(str::to_owned),
        ended: ended.map(|(ending, at)| EndedView {
            by: ending.by,
            why: ending.why,
            complete: ending.complete,
            at_ms: millis(*at),
        }),
    }
}

fn millis(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
