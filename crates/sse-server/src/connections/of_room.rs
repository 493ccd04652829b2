//! The table of a room: rows, departures and a timeline of its own, and what it shares with those
//! of all other rooms, so that an id is given once and the streams of all have one limit.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use sse_engine::lock::lock;

use super::reconnects::Reconnects;
use super::requests::Requests;
use super::{Connections, LOOKED_AT, Shared, Table};

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
}

impl AllRooms {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            open: AtomicUsize::new(0),
            newest: AtomicU64::new(0),
            tables: AtomicU64::new(0),
        }
    }

    /// Takes a place for one more stream, where there is one. Answers how many were open before.
    pub(super) fn take_place(&self) -> Option<usize> {
        let more = |open: usize| (open < self.limit).then_some(open + 1);
        let (set, get) = (Ordering::Relaxed, Ordering::Relaxed);
        self.open.fetch_update(set, get, more).ok()
    }

    /// Gives it back.
    pub(super) fn give_back_place(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
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
        let table = Table {
            // No two tables ever have the same.
            version: lives << 32,
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

    /// Forgets what was here before, and answers the ids of those that are open: they stay until
    /// they have ended, and are forgotten then.
    pub(crate) fn forget(&self) -> Vec<u64> {
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
        table.ended.clear();
        table.turned_away.clear();
        table.told.clear();
        table.sent_before.clear();
        table.reconnects = Reconnects::default();
        (table.opened, table.refused, table.complete) = (0, 0, 0);
        table.forgotten = self.0.all.newest.load(Ordering::Relaxed);
        table.version += 1;
        timeline.begin_anew(&self.0.log);
        let open = table.open.keys().copied().collect();
        self.tell();
        open
    }
}
