//! What stands in a lane: connections, and requests that got no stream.

use std::sync::{Arc, Weak};

use super::STEP_MS;
use super::samples::Count;
use crate::connections::Verdict;
use crate::connections::connection::Connection;
use crate::connections::end_reason::{EndedBy, Why};
use crate::connections::log::End;
use crate::connections::rates::Counts;
use crate::tap::{Follower, Tap, Tick};

/// More events than this in one step are drawn by their number: their ticks would touch.
const DENSE: u64 = 50;

/// Ticks that are taken of a wire when it is seen for the first time.
const HISTORY: usize = 200;

/// Faults that are noted of one connection.
const FLAGS: usize = 32;

/// One connection in its lane.
#[derive(Debug)]
pub(super) struct Bar {
    /// When it changed, its steps and ticks left out.
    pub(super) stamp: u64,
    /// When it came into this lane from another one, with all its steps and ticks.
    pub(super) moved: u64,
    pub(super) from_ms: u64,
    pub(super) ended: Option<BarEnd>,
    /// The faults that struck it, and when, in milliseconds since 1970: [`FLAGS`] at most.
    pub(super) flags: Vec<(u64, u64)>,
    /// How its client came back with it.
    pub(super) verdict: Option<Box<Verdict>>,
    /// What its client did after it.
    pub(super) afterwards: Option<Box<Verdict>>,
    /// What was counted when it was counted last; nothing where it is yet to be counted for the
    /// first time, and what it was sent before is of no step.
    counted: Option<Counts>,
    /// Its row while it is open. Weak: it would keep a topic in memory.
    row: Weak<Connection>,
    /// Its wire, where that is kept, and how far it was followed. Weak: the table gives it up with
    /// the row.
    wire: Option<(Weak<Tap>, Follower)>,
    /// Whether the wire was followed to its end.
    followed: bool,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BarEnd {
    pub(super) at_ms: u64,
    pub(super) why: Why,
    /// When its client was to be back.
    pub(super) due_ms: Option<u64>,
}

/// A request that got no stream.
#[derive(Debug)]
pub(super) struct Knock {
    /// When it was entered, or moved here.
    pub(super) stamp: u64,
    pub(super) at_ms: u64,
    pub(super) status: u16,
    pub(super) why: Why,
    /// The fault that answered it, where one did.
    pub(super) fault: Option<u64>,
}

impl Bar {
    /// A connection that began. With `counting` all that it is sent is counted.
    pub(super) fn new(from_ms: u64, stamp: u64, counting: bool) -> Self {
        Self {
            stamp,
            moved: 0,
            from_ms,
            ended: None,
            flags: Vec::new(),
            verdict: None,
            afterwards: None,
            counted: counting.then(Counts::default),
            row: Weak::new(),
            wire: None,
            followed: false,
        }
    }

    /// Notes that a fault struck it.
    pub(super) fn strike(&mut self, fault: u64, at_ms: u64, stamp: u64) {
        if self.flags.len() < FLAGS {
            self.flags.push((fault, at_ms));
            self.stamp = stamp;
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.ended.is_none()
    }

    /// Forgets what was counted: nobody counted for a while.
    pub(super) fn count_anew(&mut self) {
        self.counted = None;
    }

    /// Notes that it came into this lane from another one.
    pub(super) fn moved(&mut self, stamp: u64) {
        self.stamp = stamp;
        self.moved = stamp;
    }

    /// Takes what the row of it knows, open or not.
    pub(super) fn attach(&mut self, row: &Arc<Connection>) {
        if row.ended.get().is_none() {
            self.row = Arc::downgrade(row);
        }
        self.find_wire(row);
    }

    fn find_wire(&mut self, row: &Connection) {
        if self.wire.is_none() && !self.followed {
            let wire = row.tap.get();
            self.wire = wire.map(|tap| (Arc::downgrade(tap), Follower::default()));
        }
    }

    /// What came since it was counted last, if anything did.
    pub(super) fn count(&mut self, id: u64) -> Option<Count> {
        let row = self.row.upgrade()?;
        let now = row.sent.counts();
        let before = self.counted.replace(now)?;
        Count::between(id, before, now)
    }

    /// Notes the end, and what came since it was counted last.
    pub(super) fn end(&mut self, id: u64, at_ms: u64, end: &End, stamp: u64) -> Option<Count> {
        let due = end.retry.filter(|_| end.why.by() != EndedBy::Client);
        self.ended = Some(BarEnd {
            at_ms,
            why: end.why,
            due_ms: due.map(|retry| at_ms.saturating_add(retry)),
        });
        self.stamp = stamp;
        self.row = Weak::new();
        let before = self.counted.take()?;
        Count::between(id, before, end.sent)
    }

    /// Takes what there is to say of it now.
    pub(super) fn say(
        &mut self,
        (verdict, afterwards): (Option<Verdict>, Option<Verdict>),
        stamp: u64,
    ) {
        if self.verdict.as_deref() != verdict.as_ref() {
            self.verdict = verdict.map(Box::new);
            self.stamp = stamp;
        }
        if self.afterwards.as_deref() != afterwards.as_ref() {
            self.afterwards = afterwards.map(Box::new);
            self.stamp = stamp;
        }
    }

    /// The exact ticks of its wire that are new. With `all` those of a wire too that was followed
    /// before.
    pub(super) fn follow(&mut self, all: bool) -> Vec<Tick> {
        let row = self.row.upgrade();
        if let Some(row) = &row {
            self.find_wire(row);
        }
        let over = self.ended.is_some();
        let Some((tap, follower)) = &mut self.wire else {
            return Vec::new();
        };
        let first = !follower.has_begun();
        if !all && !first && !over {
            return Vec::new();
        }
        let ticks = match tap.upgrade() {
            None => Vec::new(),
            Some(tap) => {
                let new = row
                    .zip(self.counted)
                    .map(|(row, before)| row.sent.counts().events.saturating_sub(before.events));
                if new.is_some_and(|new| new > DENSE) {
                    tap.skip(follower);
                    return Vec::new();
                }
                tap.follow(follower)
            }
        };
        if over {
            self.wire = None;
            self.followed = true;
        }
        match first {
            true => newest(ticks),
            false => ticks,
        }
    }
}

/// The newest ticks, and none of a step of which some would be missing.
fn newest(mut ticks: Vec<Tick>) -> Vec<Tick> {
    let step = |tick: &Tick| tick.at_ms as u64 / STEP_MS;
    if let Some(surplus) = ticks.len().checked_sub(HISTORY + 1) {
        let cut = step(&ticks[surplus]);
        ticks.retain(|tick| step(tick) > cut);
    }
    ticks
}
