//! The ids that a client of a forwarded stream was sent, and the one that it comes back with.
//!
//! Of such a stream nothing else is known: whether the upstream goes on behind that id cannot be
//! told.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use serde::Serialize;
use sse_engine::pump::REMEMBERED_IDS;

use crate::connections::connection::{Connection, Struck};
use crate::connections::numbering::Numbering;

/// The ids that a client was sent, over all connections of which each continues the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GivenIds {
    /// The newest [`REMEMBERED_IDS`] of them, the last one first: a hash of each, and how many
    /// events the client was sent behind it.
    ids: Vec<(u64, u64)>,
    /// Whether it was sent others before.
    has_forgotten: bool,
    /// Events of its last connection.
    events: u64,
    /// Whether the client itself ended that.
    pub(super) left: bool,
}

/// What a client came back with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum BackWith {
    /// The last id that it was sent.
    Last,
    /// An id that it was sent before that.
    Earlier,
    /// No id, although it was sent one.
    Forgotten,
    /// No id, and it had none to bring.
    Nothing,
    /// An id that it was never sent.
    Unsent,
    /// An id that is not among the last ones that it was sent: those before are not remembered.
    Unknown,
}

impl GivenIds {
    /// Those of a connection that ended, if its stream was forwarded, and no fault spoiled one of
    /// them: a client must ignore that one.
    pub(super) fn of(row: &Connection, left: bool) -> Option<Arc<Self>> {
        let Numbering::Forwarded(ids) = &row.client.numbers else {
            return None;
        };
        let is_spoiled = |struck: &Struck| struck.fault.starts_with("nul-id");
        if row.faults().iter().any(is_spoiled) {
            return None;
        }
        let events = row.sent.last().unwrap_or(0);
        let (sent, has_forgotten) = ids.sent(events);
        let newest = sent.iter().rev();
        Some(Arc::new(Self {
            ids: newest
                .map(|id| (hash_of(&id.text), id.followed_by))
                .collect(),
            has_forgotten,
            events,
            left,
        }))
    }

    /// The same, with those that the client had been sent before.
    pub(super) fn behind(&self, before: &Self) -> Self {
        let mut ids = self.ids.clone();
        for (id, followed_by) in &before.ids {
            if ids.iter().all(|(newer, _)| newer != id) {
                ids.push((*id, followed_by.saturating_add(self.events)));
            }
        }
        let has_forgotten =
            self.has_forgotten || before.has_forgotten || ids.len() > REMEMBERED_IDS;
        ids.truncate(REMEMBERED_IDS);
        Self {
            ids,
            has_forgotten,
            ..*self
        }
    }

    /// How many events the client was sent behind this id, if it was sent it.
    pub(super) fn followed_by(&self, id: &str) -> Option<u64> {
        let id = hash_of(id);
        let found = self.ids.iter().find(|(given, _)| *given == id);
        found.map(|(_, followed_by)| *followed_by)
    }

    /// What the client brings whose last id was `last`, and how many events it was sent behind that
    /// id, where it was sent it.
    pub(super) fn back_with(
        &self,
        brought: Option<&str>,
        last: Option<&str>,
    ) -> (BackWith, Option<u64>) {
        let last = last.filter(|id| !id.is_empty());
        let Some(brought) = brought.filter(|id| !id.is_empty()) else {
            let back = last.map_or(BackWith::Nothing, |_| BackWith::Forgotten);
            return (back, None);
        };
        if last == Some(brought) {
            return (BackWith::Last, Some(0));
        }
        match self.followed_by(brought) {
            Some(events) => (BackWith::Earlier, Some(events)),
            None if self.has_forgotten => (BackWith::Unknown, None),
            None => (BackWith::Unsent, None),
        }
    }
}

pub(super) fn hash_of(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}
