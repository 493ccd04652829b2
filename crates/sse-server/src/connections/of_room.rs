//! The table of a room: rows, departures and a timeline of its own, and what it shares with those
//! of all other rooms, so that an id is given once and the streams of all have one limit.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};

use sse_engine::lock::lock;
use sse_engine::time::Now;

use super::log::{Entry, Who};
use super::reconnects::Reconnects;
use super::requests::Requests;
use super::totals::Totals;
use super::{Arrived, Connections, LOOKED_AT, Received, Shared, Table};
use crate::tap::Tap;

/// How many taps somebody who looks can have at once in a room with a name.
const LOOKED_AT_IN_ROOM: usize = 4;

/// How many of its connections that ended keep their wire.
const TAPPED_IN_ROOM: usize = 8;

/// What the tables of all rooms share, beside the log and the notices.
#[derive(Debug)]
pub(super) struct AllRooms {
    /// The most streams that may be open at once.
    limit: usize,
    /// Streams that are open, `limit` at most.
    open: AtomicUsize,
    /// The id of the newest row. No id is given twice.
    newest: AtomicU64,
    /// How many tables there were.
    tables: AtomicU64,
    /// The taps of those connections that are recorded.
    recorded: Mutex<Vec<Weak<Tap>>>,
    /// What all connections came to so far.
    pub(super) totals: Totals,
    /// Whether the secrets of requests are kept, for the page of whoever runs the server.
    keeps_secrets: bool,
}

/// Where the life of a room begins, which a reset begins anew.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Beginning {
    /// The number of the first entry of the log that can be of it. After a reset that is the reset.
    entry: u64,
    /// The id of the newest row of all rooms then.
    row: u64,
}

impl Beginning {
    /// Whether a row of the room came before.
    pub(super) fn is_behind_row(self, row: u64) -> bool {
        row <= self.row
    }

    /// Whether an entry of the room is about what was before. The end of a row that came before may
    /// be noted later.
    pub(super) fn is_behind(self, entry: &Entry) -> bool {
        let of_row = |who: &Who| self.is_behind_row(who.connection);
        entry.seq < self.entry || entry.who().is_some_and(of_row)
    }
}

/// What a reset forgot.
#[derive(Debug)]
pub(crate) struct Forgotten {
    /// The number of its entry in the log.
    pub(crate) seq: u64,
    /// The connections that were open.
    pub(crate) open: Vec<u64>,
}

impl AllRooms {
    pub(super) fn new(limit: usize, keeps_secrets: bool) -> Self {
        Self {
            limit,
            keeps_secrets,
            open: AtomicUsize::new(0),
            newest: AtomicU64::new(0),
            tables: AtomicU64::new(0),
            recorded: Mutex::default(),
            totals: Totals::default(),
        }
    }

    /// Takes a place for one more stream, where there is one. Answers how many were open before.
    pub(super) fn take_place(&self) -> Option<usize> {
        let more = |open: usize| (open < self.limit).then_some(open + 1);
        let (set, get) = (Ordering::Relaxed, Ordering::Relaxed);
        self.open.fetch_update(set, get, more).ok()
    }

    /// What is kept of whoever arrived.
    pub(super) fn kept_of(&self, arrived: Arrived) -> Arrived {
        match self.keeps_secrets {
            true => arrived,
            false => Arrived {
                received: arrived.received.map(Received::without_secrets),
                ..arrived
            },
        }
    }

    /// Gives it back.
    pub(super) fn give_back_place(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }

    /// Records one more connection, where so many may be recorded. Answers whether it does.
    pub(super) fn record(&self, tap: &Arc<Tap>, most: usize) -> bool {
        let mut recorded = lock(&self.recorded);
        recorded.retain(|other| other.upgrade().is_some_and(|other| other.is_recorded()));
        let is_known = recorded
            .iter()
            .any(|known| std::ptr::eq(known.as_ptr(), Arc::as_ptr(tap)));
        if !is_known {
            if recorded.len() >= most {
                return false;
            }
            recorded.push(Arc::downgrade(tap));
        }
        tap.record();
        true
    }

    /// An id that no row has. Those of one table count up, since each is taken under its lock.
    pub(super) fn next_id(&self) -> u64 {
        self.newest.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl Table {
    /// How many taps somebody who looks can have at once.
    pub(super) fn most_looked_at(&self) -> usize {
        match self.is_small {
            true => LOOKED_AT_IN_ROOM,
            false => LOOKED_AT,
        }
    }

    /// Drops the wire that is one too many, after a connection ended.
    pub(super) fn drop_tap(&mut self) {
        if self.is_small
            && let Some(row) = self.ended.get_mut(TAPPED_IN_ROOM)
        {
            *row = Arc::new(row.untapped());
        }
    }
}

impl Connections {
    /// An empty table for the room of this name.
    pub(crate) fn of_room(&self, name: &str) -> Self {
        let shared = &self.0;
        let lives = shared.all.tables.fetch_add(1, Ordering::Relaxed) + 1;
        let beginning = Beginning {
            entry: shared.log.newest() + 1,
            row: shared.all.newest.load(Ordering::Relaxed),
        };
        let table = Table {
            // No two tables ever have the same.
            version: lives << 32,
            beginning,
            is_small: true,
            requests: Requests::of_room(),
            serving: self.table().serving,
            ..Table::default()
        };
        let new = Self(Arc::new(Shared {
            room: Some(name.into()),
            table: Mutex::new(table),
            changed: shared.changed.clone(),
            told: false.into(),
            viewer: Mutex::default(),
            timeline: Mutex::default(),
            looked: shared.looked.clone(),
            log: shared.log.clone(),
            all: Arc::clone(&shared.all),
        }));
        // What a room of the same name had is no longer its own.
        lock(&new.0.timeline).begin_anew(&new.0.log);
        new
    }

    /// The room that it is the table of; `None` is the room that has no name.
    pub(super) fn room(&self) -> Option<&str> {
        self.0.room.as_deref()
    }

    /// How many streams are open here, and a number that is another once a row came or ended.
    pub(crate) fn use_count(&self) -> (usize, u64) {
        let table = self.table();
        (table.open.len(), table.version)
    }

    /// Where the room began, or was reset.
    pub(super) fn beginning(&self) -> Beginning {
        self.table().beginning
    }

    /// Resets the room: forgets what was here before, as the log says. Those that are open keep
    /// their places until they have ended, and are seen no more.
    pub(crate) fn reset(&self, now: Now) -> Forgotten {
        // In this order, as everywhere.
        let mut timeline = lock(&self.0.timeline);
        let mut table = self.table();
        let closed: Vec<u64> = {
            let closed = table.ended.iter().chain(&table.turned_away);
            closed.map(|row| row.id).collect()
        };
        for id in closed {
            table.requests.forget(id);
        }
        let table = &mut *table;
        let open = std::mem::take(&mut table.open).into_keys().collect();
        table.ended.clear();
        table.turned_away.clear();
        table.told.clear();
        table.sent_before.clear();
        table.reconnects = Reconnects::default();
        (table.opened, table.refused, table.complete) = (0, 0, 0);
        table.version += 1;
        // While the table is locked: what comes to the room from now on has a larger number.
        let seq = self.0.log.was_reset(self.room(), now);
        table.beginning = Beginning {
            entry: seq,
            row: self.0.all.newest.load(Ordering::Relaxed),
        };
        timeline.begin_anew(&self.0.log);
        self.tell();
        Forgotten { seq, open }
    }
}
