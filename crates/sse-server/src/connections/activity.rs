//! How many clients each path has open, and how many events it was sent.

use std::collections::HashMap;
use std::sync::Arc;

use sse_engine::fault;

use super::connection::{Connection, Request};
use super::{Connections, Table};

/// How many paths can have a count of what their ended connections were sent: more than are served.
/// The counts of paths that are no longer served are dropped at the next look.
const PATHS: usize = 4096;

/// What the clients of one path have open and were sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Activity {
    /// Open now.
    pub(crate) open: usize,
    /// Events that the kernel took for clients since the program began, those of connections that
    /// ended included.
    pub(crate) events: u64,
}

impl Connections {
    /// The connections that are open and that a fault is for.
    pub(crate) fn open_of(&self, who: &fault::Who) -> Vec<u64> {
        self.open_where(who, |_| true)
    }

    /// Those of them whose replay goes step by step.
    pub(crate) fn stepping_of(&self, who: &fault::Who) -> Vec<u64> {
        self.open_where(who, |row| row.step().is_some())
    }

    fn open_where(&self, who: &fault::Who, may: impl Fn(&Connection) -> bool) -> Vec<u64> {
        let is = |wanted: &Option<String>, it: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| Some(wanted) == it)
        };
        let table = self.table();
        let open = table.open.values().filter(|row| {
            let client = &row.client;
            is(&who.stream, Some(&client.asked.stream))
                && is(&who.client, client.tag.as_deref())
                && who.connection.is_none_or(|id| id == row.id)
                && may(row)
        });
        open.map(|row| row.id).collect()
    }

    /// The activity of these paths, in their order. What is remembered of others is forgotten.
    pub(crate) fn activity(&self, paths: &[&str]) -> Vec<Activity> {
        let mut all: HashMap<&str, Activity> = paths
            .iter()
            .map(|path| (*path, Activity::default()))
            .collect();
        let mut table = self.table();
        table
            .sent_before
            .retain(|path, _| all.contains_key(&**path));
        for (path, events) in &table.sent_before {
            if let Some(of) = all.get_mut(&**path) {
                of.events += events;
            }
        }
        // Thousands of rows share a few requests, by which they are told apart faster than by text.
        let mut by_request: HashMap<*const Request, (Arc<Request>, Activity)> = HashMap::new();
        for row in table.open.values() {
            let asked = &row.client.asked;
            let (_, of) = by_request
                .entry(Arc::as_ptr(asked))
                .or_insert_with(|| (Arc::clone(asked), Activity::default()));
            of.open += 1;
            of.events += row.sent.counts().events;
        }
        drop(table);
        for (asked, more) in by_request.into_values() {
            if let Some(of) = all.get_mut(&*asked.stream) {
                of.open += more.open;
                of.events += more.events;
            }
        }
        let of = |path: &&str| all.get(path).copied().unwrap_or_default();
        paths.iter().map(of).collect()
    }
}

impl Table {
    /// Adds what an ending connection was sent.
    pub(super) fn add_sent(&mut self, row: &Connection) {
        let events = row.sent.counts().events;
        if events == 0 {
            return;
        }
        let path = &row.client.asked.stream;
        if let Some(sent) = self.sent_before.get_mut(path) {
            *sent += events;
            return;
        }
        // Strangers choose the names of topics.
        if self.sent_before.len() == PATHS {
            self.sent_before.clear();
        }
        self.sent_before.insert(path.clone(), events);
    }
}
