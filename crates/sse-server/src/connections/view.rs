//! The table as the window and the API read it.

use std::sync::atomic::{Ordering, fence};
use std::time::{Duration, Instant};

use std::sync::Arc;

use axum::http::Version;
use serde::Serialize;

use super::look::{Look, SHOWN};
use super::rates::{PerSecond, Rates};
use super::{Connections, EndedBy, Row, Table, lock, millis};

/// How long an order stands while no row comes or ends: what it is sorted by changes with every event.
const ORDER: Duration = Duration::from_secs(1);

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
    /// Events a second, where somebody has looked for a second or two.
    pub rate: Option<f64>,
    /// Bytes a second, as `rate`.
    pub byte_rate: Option<f64>,
    /// How many events of its topic it has yet to be sent.
    pub behind: Option<u64>,
    /// Whether the socket takes no more at the moment.
    pub blocked: bool,
    /// The version of HTTP that the client speaks, and with it the framing: chunks in 1.1, bare bytes in 1.0.
    pub http: &'static str,
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

/// What a look at the table shows.
#[derive(Clone, Debug, Serialize)]
pub struct Slice {
    /// Streams open now.
    pub open: usize,
    /// Streams opened since the program began.
    pub opened: u64,
    /// Requests for a stream that were refused since the program began.
    pub refused: u64,
    /// Rows that there are.
    pub all: usize,
    /// Rows that the look wants, shown or not.
    pub matching: usize,
    /// How many of those stand above the first one here.
    pub first: usize,
    /// In the order that was asked for.
    pub rows: Vec<RowView>,
}

/// What was made of the table for the last look, for the next one.
#[derive(Debug, Default)]
pub(super) struct Watched {
    rates: Rates,
    /// What the order was made for, and when.
    made: Option<(Look, u64, Instant)>,
    order: Vec<u64>,
}

impl Watched {
    /// Whether the order that was made last still stands.
    fn stands(&self, look: &Look, version: u64, now: Instant) -> bool {
        self.made.as_ref().is_some_and(|(made, of, at)| {
            let same = Look {
                first: look.first,
                count: look.count,
                ..made.clone()
            };
            same == *look && *of == version && now.saturating_duration_since(*at) < ORDER
        })
    }

    /// Makes the order anew.
    fn order(&mut self, look: &Look, version: u64, rows: &[Arc<Row>], now: Instant) {
        let open = rows.iter().filter(|row| row.ended.get().is_none());
        self.rates
            .look(now, open.map(|row| (row.id, row.sent.counts())));
        self.order = look.order(rows, &self.rates);
        self.made = Some((look.clone(), version, now));
    }
}

impl Connections {
    /// The table now.
    pub(crate) fn view(&self) -> ConnectionsView {
        self.look(|_| true)
    }

    /// What somebody wants to see of it at `now`.
    pub(crate) fn slice(&self, look: &Look, now: Instant) -> Slice {
        self.rearm();
        let mut watched = lock(&self.0.watched);
        let table = self.table();
        let table = match watched.stands(look, table.version, now) {
            true => table,
            false => {
                // Whoever comes or leaves does not wait while they are sorted.
                let rows: Vec<Arc<Row>> = table.rows().cloned().collect();
                let version = table.version;
                drop(table);
                watched.order(look, version, &rows, now);
                self.table()
            }
        };
        let Watched { rates, order, .. } = &*watched;
        let wanted = order.iter().skip(look.first).take(look.count.min(SHOWN));
        let rows = wanted
            .filter_map(|id| table.row_of(*id))
            .map(|row| view(row, rates.of(row.id)))
            .collect();
        Slice {
            open: table.open.len(),
            opened: table.opened,
            refused: table.refused,
            all: table.open.len() + table.ended.len() + table.turned_away.len(),
            matching: order.len(),
            first: look.first,
            rows,
        }
    }

    /// Before reading, so that what changes meanwhile is told again.
    fn rearm(&self) {
        self.0.told.store(false, Ordering::Release);
        fence(Ordering::SeqCst);
    }

    /// The rows of one client's tag.
    pub(crate) fn view_of(&self, tag: &str) -> ConnectionsView {
        self.look(|row| row.client.tag.as_deref() == Some(tag))
    }

    fn look(&self, wanted: impl Fn(&Row) -> bool) -> ConnectionsView {
        self.rearm();
        let table = self.table();
        let closed = table.ended.iter().chain(&table.turned_away);
        let mut closed: Vec<_> = closed.filter(|row| wanted(row)).collect();
        closed.sort_unstable_by_key(|row| std::cmp::Reverse(row.id));
        let mut open = table.open.values().rev().filter(|row| wanted(row));
        // Closed ones keep their place: how a connection ended is told nowhere else.
        let room = SHOWN.saturating_sub(closed.len());
        let mut rows: Vec<RowView> = open
            .by_ref()
            .take(room)
            .map(|row| view(row, None))
            .collect();
        let more = open.count();
        rows.extend(closed.into_iter().map(|row| view(row, None)));
        ConnectionsView {
            open: table.open.len(),
            opened: table.opened,
            refused: table.refused,
            more,
            rows,
        }
    }
}

impl Table {
    /// Open ones and closed ones, in no order that means anything.
    fn rows(&self) -> impl Iterator<Item = &Arc<Row>> {
        let closed = self.ended.iter().chain(&self.turned_away);
        self.open.values().chain(closed)
    }

    fn row_of(&self, id: u64) -> Option<&Arc<Row>> {
        let mut closed = self.ended.iter().chain(&self.turned_away);
        let open = self.open.get(&id);
        open.or_else(|| closed.find(|row| row.id == id))
    }

    pub(super) fn arc_of(&self, id: u64) -> Option<Arc<Row>> {
        self.row_of(id).cloned()
    }
}

fn view(row: &Row, rate: Option<PerSecond>) -> RowView {
    let ended = row.ended.get().map(|ended| &**ended);
    RowView {
        id: row.id,
        peer: row.client.peer.to_string(),
        program: row.client.asked.program.to_string(),
        stream: row.client.asked.stream.to_string(),
        client: row.client.tag.as_deref().map(str::to_owned),
        method: row.client.asked.method.to_string(),
        since_ms: row.since,
        brought: row.client.brought.as_deref().map(str::to_owned),
        last_id: row.sent.last_id().and_then(|n| row.client.numbers.id(n)),
        events: row.sent.counts().events,
        bytes: row.sent.counts().bytes,
        rate: rate.map(|rate| rate.events),
        byte_rate: rate.map(|rate| rate.bytes),
        behind: row.behind(),
        blocked: ended.is_none() && row.sent.blocked.load(Ordering::Relaxed),
        http: match row.client.asked.version {
            Version::HTTP_10 => "1.0",
            _ => "1.1",
        },
        state: row.state().word(),
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
