//! What connections came to, counted over all rooms for `/metrics`. Open rows are read when
//! somebody asks; of those that ended only these sums are left.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use sse_engine::lock::lock;

use super::connection::Connection;
use super::end_reason::{EndedBy, Why};
use super::kind::Kind;
use super::{Connections, Table};

const KINDS: usize = Kind::ALL.len();

/// Who can end a connection.
pub(crate) const ENDERS: [EndedBy; 3] = [EndedBy::Server, EndedBy::Client, EndedBy::Network];

/// What is known of the connections of all rooms together, by [`Kind`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    /// Open now.
    pub(crate) open: [u64; KINDS],
    /// Opened so far.
    pub(crate) opened: [u64; KINDS],
    /// Ended so far, by who ended them, in the order of [`ENDERS`].
    pub(crate) ended: [[u64; ENDERS.len()]; KINDS],
    /// Events that were sent so far.
    pub(crate) events: [u64; KINDS],
    /// Bytes that were sent so far, heads included.
    pub(crate) bytes: u64,
}

/// The sums of what is over.
#[derive(Debug)]
pub(super) struct Totals {
    opened: [AtomicU64; KINDS],
    ended: [[AtomicU64; ENDERS.len()]; KINDS],
    refused: [AtomicU64; Why::ALL.len()],
    /// Of connections that ended.
    events: [AtomicU64; KINDS],
    bytes: AtomicU64,
    /// The largest that was ever answered: a row that ends while the tables are read is in neither
    /// of two sums, and a count that goes back would be taken for a restart.
    told: Mutex<([u64; KINDS], u64)>,
}

impl Default for Totals {
    fn default() -> Self {
        Self {
            opened: Default::default(),
            ended: Default::default(),
            refused: [const { AtomicU64::new(0) }; Why::ALL.len()],
            events: Default::default(),
            bytes: AtomicU64::new(0),
            told: Mutex::default(),
        }
    }
}

fn add(count: &AtomicU64, more: u64) {
    count.fetch_add(more, Ordering::Relaxed);
}

fn get(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

impl Totals {
    pub(super) fn opened(&self, row: &Connection) {
        add(&self.opened[row.client.numbers.kind() as usize], 1);
    }

    pub(super) fn ended(&self, row: &Connection, why: Why) {
        let kind = row.client.numbers.kind() as usize;
        add(&self.ended[kind][why.by() as usize], 1);
        let sent = row.sent.counts();
        add(&self.events[kind], sent.events);
        add(&self.bytes, sent.bytes);
    }

    /// Counts a request that got no stream, unless there was nothing left for it, or its upstream
    /// answered with something else.
    pub(super) fn refused(&self, why: Why) {
        if !why.is_complete() && why != Why::Forwarded {
            add(&self.refused[why as usize], 1);
        }
    }
}

impl Connections {
    /// What the connections of these rooms, which are all that there are, came to so far.
    pub(crate) fn sums(&self, tables: &[Self]) -> Sums {
        let totals = &self.0.all.totals;
        // First: what ends from here on is missing for a moment, and not there twice.
        let mut sums = Sums {
            opened: totals.opened.each_ref().map(get),
            ended: totals.ended.each_ref().map(|of| of.each_ref().map(get)),
            events: totals.events.each_ref().map(get),
            bytes: get(&totals.bytes),
            ..Sums::default()
        };
        for table in tables {
            table.table().add_open(&mut sums);
        }
        let mut told = lock(&totals.told);
        for (now, before) in sums.events.iter_mut().zip(&mut told.0) {
            *now = (*now).max(*before);
            *before = *now;
        }
        sums.bytes = sums.bytes.max(told.1);
        told.1 = sums.bytes;
        sums
    }

    /// How many requests were refused for each reason that there was, in the order of [`Why`].
    pub(crate) fn refusals(&self) -> Vec<(Why, u64)> {
        let counts = self.0.all.totals.refused.iter().map(get);
        let counts = Why::ALL.into_iter().zip(counts);
        counts.filter(|(_, count)| *count > 0).collect()
    }
}

impl Table {
    /// Adds the open rows.
    fn add_open(&self, sums: &mut Sums) {
        for row in self.open.values() {
            let kind = row.client.numbers.kind() as usize;
            let sent = row.sent.counts();
            sums.open[kind] += 1;
            sums.events[kind] += sent.events;
            sums.bytes += sent.bytes;
        }
    }
}
