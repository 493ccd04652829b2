//! The place that an open connection has in the table.

use std::sync::Arc;

use sse_engine::fault::Armed;
use sse_engine::time::Now;
use sse_engine::write_buffer::Receipt;

use super::connection::{Connection, Ended};
use super::end_reason::{EndedBy, Why};
use super::reconnects::{Departed, Seen};
use super::{Connections, Table, keep};
use crate::clock;
use crate::mount::Account;
use crate::recordings::Recorded;
use crate::tap::Tap;

/// An open connection's place in the table, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Open {
    /// Its row, whose counts this value alone writes.
    pub(super) row: Arc<Connection>,
    /// The table that it notifies, and whose place it gives back.
    pub(super) connections: Connections,
    /// Where it is recorded, if it is. Boxed, since most are not.
    pub(super) recorded: Option<Box<Recorded>>,
    /// What it is sent, where somebody is to be told.
    pub(super) watched: Option<Box<Account>>,
}

impl Open {
    /// Notes that the kernel took `events` more, the last of them numbered `last`, and `bytes` in
    /// all. Whoever counts has the [`table`](Self::table) [`tell`](Connections::tell) afterwards.
    pub(crate) fn sent(&self, events: u64, last: Option<u64>, bytes: u64) {
        self.row.sent.add(events, last, bytes);
    }

    /// The table that it is in.
    pub(crate) fn table(&self) -> &Connections {
        &self.connections
    }

    /// Where its bytes are kept for whoever looks, if they are.
    pub(crate) fn tap(&self) -> Option<&Tap> {
        self.row.tap.get().map(|tap| &**tap)
    }

    /// Records what its client is sent.
    pub(crate) fn record(&mut self, recorded: Recorded) {
        self.recorded = Some(Box::new(recorded));
    }

    /// Where it is recorded, if it is.
    pub(crate) fn recorded(&mut self) -> Option<&mut Recorded> {
        self.recorded.as_deref_mut()
    }

    /// Has what its client is sent, and how it ends, be told to somebody.
    pub(crate) fn watch(&mut self, account: Account) {
        self.watched = Some(Box::new(account));
    }

    /// Notes for whoever watches that the kernel took what stands in `parts` from the byte `from`
    /// to the byte `to`.
    pub(crate) fn took(&mut self, parts: &[&[u8]], from: usize, to: usize) {
        if let Some(account) = &mut self.watched {
            account.took(parts, from, to);
        }
    }

    /// Notes that the kernel took a comment, and no event with it.
    pub(crate) fn commented(&self) {
        self.row.sent.comment();
    }

    /// Notes whether bytes wait for the socket.
    pub(crate) fn blocked(&self, blocked: bool) {
        self.row.sent.block(blocked);
    }

    /// Notes that its client waits for a place in its topic.
    pub(crate) fn waits(&self) {
        self.row.sent.wait();
        self.connections.tell();
    }

    /// Notes that its client waited for a place, and goes on with the event of the number `next`.
    pub(crate) fn placed(&self, next: u64) {
        self.row.sent.begin(next);
        self.connections.tell();
    }

    /// The id of its row.
    pub(crate) fn id(&self) -> u64 {
        self.row.id
    }

    /// Notes that a fault struck it.
    pub(crate) fn struck(&self, fault: &Armed) {
        let now = clock::now();
        if self.row.struck(fault, now) {
            self.connections.fired(fault.id, &self.row, now);
        }
        self.connections.tell();
    }

    /// Notes that this fault ended the connection, and frees its place.
    pub(crate) fn end_by(self, fault: u64, told: Receipt) {
        self.close_by(Some(fault), Why::Fault, Some(told), clock::now());
    }

    /// Notes how the connection ended and what its client was told, where that is known, and frees
    /// its place.
    pub(crate) fn end(self, ending: Why, told: Option<Receipt>) {
        self.close(ending, told, clock::now());
    }

    /// Whether its room was reset since it began.
    fn is_forgotten(&self) -> bool {
        self.connections.beginning().is_behind_row(self.row.id)
    }

    pub(super) fn close(&self, ending: Why, told: Option<Receipt>, now: Now) {
        self.close_by(None, ending, told, now);
    }

    /// The first word counts: what is said when it is dropped comes too late where something was
    /// said before.
    pub(super) fn close_by(
        &self,
        fault: Option<u64>,
        ending: Why,
        told: Option<Receipt>,
        now: Now,
    ) {
        let ending = match ending {
            Why::Stopped | Why::Drained | Why::MaxAge | Why::TopicEnded if self.is_forgotten() => {
                Why::RoomReset
            }
            ending => ending,
        };
        let told = told.unwrap_or_else(|| self.row.usually_told());
        let cut = self.row.cut(ending, told.whole);
        let ended = Ended {
            fault,
            retry: told.retry,
            cut,
            ..Ended::new(ending, now)
        };
        if !self.row.end(ended) {
            return;
        }
        // Before the lock is taken: both may wait for a topic.
        let closed = Arc::new(self.row.closed());
        let gone = Departed::of(&self.row, told, now.instant);
        let seen = match ending.by() {
            _ if self.row.sent.is_blocked() => Seen::Late,
            EndedBy::Network => Seen::Late,
            EndedBy::Client => Seen::Soon,
            // Its last byte is sent before its end is noted.
            EndedBy::Server if ending.is_complete() => Seen::Soon,
            EndedBy::Server => Seen::AtOnce,
        };
        let mut table = self.connections.table();
        table.version += 1;
        table.looked_at.retain(|row| row.id != self.row.id);
        let all = &self.connections.0.all;
        all.totals.ended(&self.row, ending);
        all.give_back_place();
        let log = &self.connections.0.log;
        if table.open.remove(&self.row.id).is_none() {
            // Its room was reset meanwhile.
            log.ended(&closed, None, now);
            table.requests.forget(self.row.id);
            drop(table);
            return self.connections.tell();
        }
        let Table {
            open,
            ended,
            turned_away,
            reconnects,
            requests,
            ..
        } = &mut *table;
        let closed_ones = || ended.iter().chain(&*turned_away);
        let row_of = |id| {
            open.get(&id)
                .or_else(|| closed_ones().find(|row| row.id == id))
        };
        let back = reconnects.went(gone, seen, row_of).and_then(row_of);
        let back = back.and_then(|row| Some((&**row, reconnects.verdict(row)?)));
        log.ended(&closed, back, now);
        keep(ended, Arc::clone(&closed), reconnects, requests);
        table.drop_tap();
        table.add_sent(&closed);
        drop(table);
        self.connections.tell();
    }
}

impl Drop for Open {
    /// A connection that went away without a word: its task was dropped, by a stop whose grace was
    /// over or because the connection broke before the stream began.
    fn drop(&mut self) {
        self.close(Why::Dropped, None, clock::now());
        // However it ended: each end drops it.
        if let (Some(account), Some(ended)) = (self.watched.take(), self.row.ended.get()) {
            let at = Now {
                instant: ended.at,
                wall: ended.when,
            };
            account.end(self.row.status, ended.why.told(), at);
        }
    }
}
