//! The table as the window and the API read it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};
use std::time::{Duration, Instant};

use axum::http::Version;
use serde::Serialize;

use super::look::{Look, SHOWN, Sort};
use super::rates::{Counts, PerSecond, Rates};
use super::row::{Ended, Row, millis};
use super::{Connections, EndedBy, Table, Verdict, lock};

/// How long an order stands while no row comes or ends, where what it is sorted by changes with every event.
const ORDER: Duration = Duration::from_secs(1);

/// How many there are and were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Streams open now.
    pub open: usize,
    /// Streams opened since the program began.
    pub opened: u64,
    /// Requests for a stream that were refused since the program began.
    pub refused: u64,
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
    /// How its client came back with it, where it did.
    pub verdict: Option<Verdict>,
    /// What its client did after the end of it, where that is known.
    pub afterwards: Option<Verdict>,
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
    /// How many there are and were.
    #[serde(flatten)]
    pub tally: Tally,
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
            let still = !look.sort.moves() || now.saturating_duration_since(*at) < ORDER;
            same == *look && *of == version && still
        })
    }

    /// Makes the order anew.
    fn order(&mut self, look: &Look, found: &Found, now: Instant) {
        if look.sort.is_rate() {
            self.rates.look(now, counts(found.rows.iter()));
        }
        self.order = look.order(&found.rows, &self.rates, &found.weights);
        self.made = Some((look.clone(), found.version, now));
    }
}

/// What the open ones of these rows have counted.
fn counts<'a>(rows: impl Iterator<Item = &'a Arc<Row>>) -> impl Iterator<Item = (u64, Counts)> {
    rows.filter(|row| row.ended.get().is_none())
        .map(|row| (row.id, row.sent.counts()))
}

/// What an order is made of.
struct Found {
    rows: Vec<Arc<Row>>,
    /// What there is to say of those rows, where that is what they are sorted by.
    weights: HashMap<u64, u64>,
    /// Which table it is of.
    version: u64,
}

impl Connections {
    /// How many there are.
    pub(crate) fn tally(&self) -> Tally {
        self.rearm();
        self.table().tally()
    }

    /// What somebody wants to see of it at `now`.
    pub(crate) fn slice(&self, look: &Look, now: Instant) -> Slice {
        self.rearm();
        let mut guard = lock(&self.0.watched);
        let watched = &mut *guard;
        let table = self.table();
        if watched.stands(look, table.version, now) {
            return table.slice(look, &watched.order, &mut watched.rates, now);
        }
        // Whoever comes or leaves does not wait while they are sorted.
        let found = table.find(look, now);
        drop(table);
        if look.client.is_some() || look.id.is_some() {
            // A few rows; the order of them all is somebody else's and stands.
            let order = look.order(&found.rows, &watched.rates, &found.weights);
            return self.table().slice(look, &order, &mut watched.rates, now);
        }
        watched.order(look, &found, now);
        self.table()
            .slice(look, &watched.order, &mut watched.rates, now)
    }

    /// Before reading, so that what changes meanwhile is told again.
    fn rearm(&self) {
        self.0.told.store(false, Ordering::Release);
        fence(Ordering::SeqCst);
    }
}

impl Table {
    fn tally(&self) -> Tally {
        Tally {
            open: self.open.len(),
            opened: self.opened,
            refused: self.refused,
        }
    }

    /// The rows of a look, but for its filter.
    fn find(&self, look: &Look, now: Instant) -> Found {
        let tag = look.client.as_deref();
        let wanted = |row: &&Arc<Row>| tag.is_none() || row.client.tag.as_deref() == tag;
        let rows: Vec<Arc<Row>> = match look.id {
            Some(id) => self
                .row_of(id)
                .into_iter()
                .filter(wanted)
                .cloned()
                .collect(),
            None => self.rows().filter(wanted).cloned().collect(),
        };
        let weight = |row: &Arc<Row>| (row.id, self.returns.weight(row, now, self.serving));
        let weights = match look.sort {
            Sort::Verdict => rows.iter().map(weight).collect(),
            _ => HashMap::new(),
        };
        Found {
            rows,
            weights,
            version: self.version,
        }
    }

    /// The part of an order that a look shows.
    fn slice(&self, look: &Look, order: &[u64], rates: &mut Rates, now: Instant) -> Slice {
        let shown = order.iter().skip(look.first).take(look.count.min(SHOWN));
        let shown: Vec<_> = shown.filter_map(|id| self.row_of(*id)).collect();
        rates.look(now, counts(shown.iter().copied()));
        let rate = |row: &Row| rates.of(row.id).filter(|_| row.ended.get().is_none());
        let rows = shown
            .into_iter()
            .map(|row| RowView {
                verdict: self.returns.verdict(row),
                afterwards: self.returns.afterwards(row, now, self.serving),
                ..view(row, rate(row))
            })
            .collect();
        Slice {
            tally: self.tally(),
            all: self.open.len() + self.ended.len() + self.turned_away.len(),
            matching: order.len(),
            first: look.first,
            rows,
        }
    }

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

/// A row without what is said of its client.
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
        last_id: row.last_id().map(|(_, id)| id),
        events: row.sent.counts().events,
        bytes: row.sent.counts().bytes,
        rate: rate.map(|rate| rate.events),
        byte_rate: rate.map(|rate| rate.bytes),
        behind: row.behind(),
        blocked: ended.is_none() && row.sent.is_blocked(),
        http: match row.client.asked.version {
            Version::HTTP_10 => "1.0",
            _ => "1.1",
        },
        state: row.state().word(),
        status: row.status,
        origin: row.origin.as_deref().map(str::to_owned),
        ended: ended.map(|Ended { ending, when, .. }| EndedView {
            by: ending.by,
            why: ending.why,
            complete: ending.complete,
            at_ms: millis(*when),
        }),
        verdict: None,
        afterwards: None,
    }
}
