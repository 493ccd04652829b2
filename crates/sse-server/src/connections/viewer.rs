//! The table for its viewers: sorted, filtered, and cut to the rows that were requested. An order
//! that was computed for one request is kept for the next. The table itself is the truth.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};
use std::time::{Duration, Instant};

use serde::Serialize;
use sse_engine::lock::lock;

use super::connection::{Connection, Struck};
use super::groups::{GroupView, Line, groups_of};
use super::query::{Found, SHOWN, TableQuery};
use super::rates::{Counts, Rates};
use super::row::RowView;
use super::sort::By;
use super::{Connections, Table, Verdict};

/// How long an order stands while no row comes or ends, where what it is sorted by changes with
/// every event.
const ORDER: Duration = Duration::from_secs(1);

/// How many looks at all rows have an order at once: a window, and a few pages in browsers.
const ORDERS: usize = 4;

/// How many there are and were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct Tally {
    /// Streams open now.
    pub open: usize,
    /// Streams opened since the program began, or the room began or was reset.
    pub opened: u64,
    /// Requests for a stream that were refused since then.
    pub refused: u64,
    /// Requests that were answered with 204 since then: there was nothing left to send.
    pub complete: u64,
}

impl Tally {
    /// Those of two rooms.
    fn and(self, other: Self) -> Self {
        Self {
            open: self.open + other.open,
            opened: self.opened + other.opened,
            refused: self.refused + other.refused,
            complete: self.complete + other.complete,
        }
    }
}

/// A part of the table of connections, as a query asks for it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct Slice {
    /// How many there are and were.
    #[serde(flatten)]
    pub tally: Tally,
    /// Rows that there are.
    pub all: usize,
    /// Rows that the query leaves, shown or not.
    pub matching: usize,
    /// Lines that those have: fewer than rows, where groups are folded.
    pub lines: usize,
    /// How many lines stand above the first one here.
    pub first: usize,
    /// In the order that was asked for.
    pub rows: Vec<RowView>,
}

/// What was made of the table for those who look, for their next looks.
#[derive(Debug, Default)]
pub(super) struct Viewer {
    rates: Rates,
    /// The one that was made last is first.
    orders: VecDeque<Order>,
}

/// The rows that somebody wants to see, in order.
#[derive(Debug)]
struct Order {
    /// What it was made for, wherever a look begins and ends in it.
    query: TableQuery,
    /// The versions of the tables that it was made of. With any others, rows came or ended since.
    versions: Vec<u64>,
    /// When it was made. Where every event can move a row, it stands for [`ORDER`].
    at: Instant,
    /// How many rows the filter leaves.
    matching: usize,
    /// Their lines. Ids, so that no row is kept that the table forgets.
    lines: Vec<Line>,
}

impl Order {
    fn is_of(&self, query: &TableQuery) -> bool {
        let same = TableQuery {
            first: query.first,
            count: query.count,
            ..self.query.clone()
        };
        same == *query
    }

    /// Whether it is the order of these rows still.
    fn stands(&self, query: &TableQuery, versions: &[u64], now: Instant) -> bool {
        // Verdicts change as time passes, and a filter reads them.
        let moves = query.sort.moves() || !query.filter.is_empty();
        let still = !moves || now.saturating_duration_since(self.at) < ORDER;
        self.versions == versions && still && self.is_of(query)
    }
}

impl Viewer {
    /// Makes an order, and keeps it where it is of all rows: those of a few are made in no time.
    fn order(&mut self, query: &TableQuery, found: &Found, now: Instant) -> (usize, Vec<Line>) {
        let of_all = query.client.is_none() && query.stream.is_none() && query.id.is_none();
        if of_all && matches!(query.sort.by(), By::Rate(_)) {
            self.rates.sample(now, counts(found.rows.iter()));
        }
        let (matching, lines) = query.order(found, &self.rates);
        if of_all {
            self.orders.retain(|order| !order.is_of(query));
            self.orders.truncate(ORDERS - 1);
            self.orders.push_front(Order {
                query: query.clone(),
                versions: found.versions.clone(),
                at: now,
                matching,
                lines: lines.clone(),
            });
        }
        (matching, lines)
    }
}

/// What a look at these tables shows.
fn shown(tables: &[&Connections], query: &TableQuery, viewer: &mut Viewer, now: Instant) -> Shown {
    let versions: Vec<u64> = tables.iter().map(|table| table.table().version).collect();
    let mut orders = viewer.orders.iter();
    if let Some(order) = orders.find(|order| order.stands(query, &versions, now)) {
        return show(tables, query, (order.matching, &order.lines), now);
    }
    // Whoever comes or leaves does not wait while they are sorted.
    let found = tables.iter().map(|table| table.table().find(query, now));
    let found = found.reduce(Found::and).unwrap_or_default();
    let (matching, lines) = viewer.order(query, &found, now);
    show(tables, query, (matching, &lines), now)
}

/// The part of an order that a look shows.
fn show(
    tables: &[&Connections],
    query: &TableQuery,
    (matching, lines): (usize, &[Line]),
    now: Instant,
) -> Shown {
    let wanted = lines.iter().skip(query.first).take(query.count.min(SHOWN));
    let mut rows: Vec<(&Line, Option<ShownRow>)> = wanted.map(|line| (line, None)).collect();
    let mut tally = Tally::default();
    let mut all = 0;
    for table in tables.iter().map(|table| table.table()) {
        let struck = table.struck();
        for (line, row) in rows.iter_mut().filter(|(_, row)| row.is_none()) {
            *row = table.show(line, &struck, now);
        }
        tally = tally.and(table.tally());
        all += table.len();
    }
    Shown {
        rows: rows.into_iter().filter_map(|(_, row)| row).collect(),
        tally,
        all,
        matching,
        lines: lines.len(),
        first: query.first,
    }
}

/// What the open ones of these rows have counted.
fn counts<'a>(
    rows: impl Iterator<Item = &'a Arc<Connection>>,
) -> impl Iterator<Item = (u64, Counts)> {
    rows.filter(|row| row.ended.get().is_none())
        .map(|row| (row.id, row.sent.counts()))
}

/// What a look shows, as the tables had it: of a topic's row that is not all, and topics are not
/// waited for while a table is locked.
struct Shown {
    rows: Vec<ShownRow>,
    tally: Tally,
    all: usize,
    matching: usize,
    lines: usize,
    first: usize,
}

/// A row, how its client had come, and what it did afterwards.
struct ShownRow {
    row: Arc<Connection>,
    verdict: Option<Verdict>,
    afterwards: Option<Verdict>,
    group: Option<GroupView>,
    /// The faults that struck the connections that are folded into it.
    folded_faults: Vec<Struck>,
}

impl Connections {
    /// How many there are.
    pub(crate) fn tally(&self) -> Tally {
        self.rearm();
        self.table().tally()
    }

    /// What somebody wants to see of it at `now`.
    pub(crate) fn slice(&self, query: &TableQuery, now: Instant) -> Slice {
        self.slice_with(&[], query, now)
    }

    /// The same of several rooms, as if this table and those of the `others` were one.
    pub(crate) fn slice_with(&self, others: &[Self], query: &TableQuery, now: Instant) -> Slice {
        let tables: Vec<&Self> = std::iter::once(self).chain(others).collect();
        tables.iter().for_each(|table| table.rearm());
        let mut viewer = lock(&self.0.viewer);
        let shown = shown(&tables, query, &mut viewer, now);
        let rows = shown.rows.iter().map(|shown| &shown.row);
        viewer.rates.sample(now, counts(rows));
        shown.slice(&viewer.rates, now)
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
            complete: self.complete,
        }
    }

    /// The rows of a look, but for its filter.
    fn find(&self, query: &TableQuery, now: Instant) -> Found {
        let tag = query.client.as_deref();
        let stream = query.stream.as_deref();
        let wanted = |row: &&Arc<Connection>| {
            (tag.is_none() || row.client.tag.as_deref() == tag)
                && stream.is_none_or(|stream| &*row.client.asked.stream == stream)
                && query.ended_after.is_none_or(|ms| !row.had_ended_by(ms))
        };
        let rows: Vec<Arc<Connection>> = match query.id {
            Some(id) => self
                .row_of(id)
                .into_iter()
                .filter(wanted)
                .cloned()
                .collect(),
            None => self.rows().filter(wanted).cloned().collect(),
        };
        let weight =
            |row: &Arc<Connection>| (row.id, self.reconnects.weight(row, now, self.serving));
        let weights = match query.sort.by() {
            By::Verdict => rows.iter().map(weight).collect(),
            _ => HashMap::new(),
        };
        let said = match query.filter.trim() {
            "" => HashMap::new(),
            _ => rows
                .iter()
                .map(|row| (row.id, self.said(row, now)))
                .collect(),
        };
        let groups = match query.grouped {
            true => groups_of(&rows, &self.reconnects),
            false => HashMap::new(),
        };
        Found {
            rows,
            weights,
            said,
            groups,
            versions: vec![self.version],
        }
    }

    /// What there is to say of a row, in small letters, for a filter.
    fn said(&self, row: &Connection, now: Instant) -> String {
        let verdicts = [
            self.reconnects.verdict(row),
            self.reconnects.afterwards(row, now, self.serving),
        ];
        let words = |verdict: &Verdict| format!("{}\n{}\n", verdict.words, verdict.brief);
        let words: String = verdicts.iter().flatten().map(words).collect();
        words.to_lowercase()
    }

    /// The rows that faults struck. On most there are none.
    fn struck(&self) -> HashMap<u64, &Arc<Connection>> {
        let struck = self.rows().filter(|row| row.is_struck());
        struck.map(|row| (row.id, row)).collect()
    }

    /// The row of a line, where it is here.
    fn show(
        &self,
        line: &Line,
        struck: &HashMap<u64, &Arc<Connection>>,
        now: Instant,
    ) -> Option<ShownRow> {
        let row = self.row_of(line.id)?;
        let folded = line.folded.iter().flat_map(|ids| ids.iter());
        let mut folded_faults: Vec<Struck> = Vec::new();
        for fault in folded
            .filter_map(|id| struck.get(id))
            .flat_map(|row| row.faults())
        {
            if folded_faults.iter().all(|other| other.id != fault.id) {
                folded_faults.push(fault);
            }
        }
        folded_faults.sort_unstable_by_key(|fault| fault.id);
        Some(ShownRow {
            row: Arc::clone(row),
            verdict: self.reconnects.verdict(row),
            afterwards: self.reconnects.afterwards(row, now, self.serving),
            group: line.group,
            folded_faults,
        })
    }

    /// How many rows there are.
    fn len(&self) -> usize {
        self.open.len() + self.ended.len() + self.turned_away.len()
    }

    /// Open ones and closed ones, in no order that means anything.
    fn rows(&self) -> impl Iterator<Item = &Arc<Connection>> {
        let closed = self.ended.iter().chain(&self.turned_away);
        self.open.values().chain(closed)
    }

    pub(super) fn row_of(&self, id: u64) -> Option<&Arc<Connection>> {
        let mut closed = self.ended.iter().chain(&self.turned_away);
        let open = self.open.get(&id);
        open.or_else(|| closed.find(|row| row.id == id))
    }

    pub(super) fn arc_of(&self, id: u64) -> Option<Arc<Connection>> {
        self.row_of(id).cloned()
    }
}

impl Shown {
    /// Says all that there is to say of the rows. It may wait for a topic.
    fn slice(self, rates: &Rates, now: Instant) -> Slice {
        let view = |shown: ShownRow| {
            let row = shown.row;
            let rate = rates.of(row.id).filter(|_| row.ended.get().is_none());
            RowView {
                verdict: shown.verdict,
                afterwards: shown.afterwards,
                group: shown.group,
                folded_faults: shown.folded_faults,
                ..RowView::of(&row, rate, now)
            }
        };
        Slice {
            tally: self.tally,
            all: self.all,
            matching: self.matching,
            lines: self.lines,
            first: self.first,
            rows: self.rows.into_iter().map(view).collect(),
        }
    }
}
