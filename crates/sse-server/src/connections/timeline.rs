//! What happened when, as a picture of it needs it: a lane for each client of a stream, with its
//! connections, the requests that got no stream, and how many events and comments there were in
//! each step of time.
//!
//! It is one more reader of the log, so lanes outlive the rows of the table. Nothing of it is kept
//! until somebody looks. While somebody looks, a task compares the counts of the connections every
//! [`STEP`]: what sends events knows nothing of it.
//!
//! | module | what it is for |
//! |---|---|
//! | `lanes` | who is who: the lanes, and what stands in them |
//! | `bars` | one connection in its lane, and one request that got no stream |
//! | `samples` | the counts of each step, and the exact ticks of wires that are kept |
//! | `view` | the answer for whoever looks |

mod bars;
mod lanes;
mod samples;
#[cfg(test)]
mod tests;
mod view;

use std::time::{Duration, Instant};

use sse_engine::lock::lock;
use sse_engine::time::{Now, millis, since_1970};
use tokio::sync::watch;

use super::log::{Found, Log, LogReader};
use super::{Connections, Verdict};
use crate::armed::ArmedSpan;
use lanes::Lanes;
use samples::Samples;
pub use view::{
    AwayView, BarView, FlagView, KnockView, LaneView, TickKind, TickView, TimelineView,
};

/// How long a step is.
pub(crate) const STEP: Duration = Duration::from_millis(STEP_MS);
const STEP_MS: u64 = 100;

/// How long what happened is kept.
pub(crate) const KEPT: Duration = Duration::from_millis(KEPT_MS);
const KEPT_MS: u64 = 600_000;

/// After so long without a look nobody looks any more.
const LOOKS: Duration = Duration::from_secs(5);

/// A clock that is set back by no more steps than this is waited for.
const SET_BACK: u64 = 10;

/// Entries of the log that are read in one go.
const BATCH: usize = 1000;

/// The picture, as far as it is kept.
///
/// How to drive it: [`look`](Self::look) for whoever asks, and [`sample`](Self::sample) every
/// [`STEP`] from then on, until that says that nobody looks any more. [`forget`](Self::forget)
/// when nobody has looked for [`KEPT`]. Its lock is taken before that of the table.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    lanes: Lanes,
    samples: Samples,
    /// Its place in the log; none until somebody looks.
    reader: Option<LogReader>,
    /// The entry of the log behind which it begins: what came before is of an older life of the
    /// room.
    begins: u64,
    /// The newest cursor that was handed out. What changes after that is stamped with a larger
    /// number, and no cursor that was handed out is as large.
    cursor: u64,
    /// Whoever has a smaller cursor knows lanes that were forgotten since without a note.
    since: u64,
    /// When somebody looked last.
    looked: Option<Instant>,
    /// The step in which the counts were compared last; none while nobody looks.
    sampled: Option<u64>,
}

impl Connections {
    /// What happened since the cursor `after`; with 0, all that is kept. What was `armed` here is
    /// handed out with it, as far as it is no older than all else.
    pub(crate) fn timeline(&self, after: u64, armed: Vec<ArmedSpan>, now: Now) -> TimelineView {
        let mut view = lock(&self.0.timeline).look(self, after, now);
        let oldest = view.now_ms.saturating_sub(KEPT_MS);
        let is_kept = |span: &ArmedSpan| span.to_ms.is_none_or(|to| to >= oldest);
        view.armed = armed.into_iter().filter(is_kept).collect();
        self.0.looked.send_replace(());
        view
    }

    /// Changes with each look at the timeline.
    pub(crate) fn looked(&self) -> watch::Receiver<()> {
        self.0.looked.subscribe()
    }

    /// Compares the counts of connections. Answers whether anybody looks still.
    pub(crate) fn sample(&self, now: Now) -> bool {
        lock(&self.0.timeline).sample(self, now)
    }

    /// Forgets the timeline, at which nobody has looked for [`KEPT`].
    pub(crate) fn forget_timeline(&self) {
        lock(&self.0.timeline).forget();
    }
}

fn wall_ms(now: Now) -> u64 {
    millis(since_1970(now.wall))
}

impl Timeline {
    fn look(&mut self, connections: &Connections, after: u64, now: Now) -> TimelineView {
        let at_ms = wall_ms(now);
        let known = after > 0 && after <= self.cursor;
        self.looked = Some(now.instant);
        let counted = self.sampled.is_some();
        if !counted {
            self.lanes.bars_mut().for_each(|(_, bar)| bar.count_anew());
        }
        self.catch_up(connections, at_ms);
        if !counted {
            // What came before the first look is of no step.
            self.lanes.bars_mut().for_each(|(id, bar)| {
                bar.count(id);
            });
            self.sampled = Some(at_ms / STEP_MS);
        }
        self.refresh(connections, now);
        self.follow(false);
        let known = known && after >= self.since && self.lanes.knows_gone_since(after);
        self.cursor = at_ms.max(self.cursor + 1);
        self.view(known.then_some(after), at_ms)
    }

    fn sample(&mut self, connections: &Connections, now: Now) -> bool {
        let looks = |at| now.instant.saturating_duration_since(at) <= LOOKS;
        let (Some(last), true) = (self.sampled, self.looked.is_some_and(looks)) else {
            self.sampled = None;
            return false;
        };
        let at_ms = wall_ms(now);
        let step = at_ms / STEP_MS;
        if (last.saturating_sub(SET_BACK)..=last).contains(&step) {
            return true;
        }
        self.catch_up(connections, at_ms);
        self.follow(true);
        let counts = self.lanes.bars_mut();
        let counts = counts.filter_map(|(id, bar)| bar.count(id)).collect();
        // What came since the last time came before this step began, as far as can be told.
        self.samples
            .add(self.cursor + 1, step.saturating_sub(1), counts);
        self.sampled = Some(step);
        true
    }

    fn forget(&mut self) {
        let (cursor, looked, begins) = (self.cursor, self.looked, self.begins);
        *self = Self {
            begins,
            lanes: std::mem::take(&mut self.lanes).emptied(),
            cursor: cursor + 1,
            since: cursor + 1,
            looked,
            ..Self::default()
        };
    }

    /// Forgets what happened up to now for good.
    pub(super) fn begin_anew(&mut self, log: &Log) {
        self.forget();
        self.begins = log.newest();
    }

    /// Reads what happened, and finds the rows of connections that began.
    fn catch_up(&mut self, connections: &Connections, at_ms: u64) {
        let stamp = self.cursor + 1;
        self.prune(at_ms);
        let begins = self.begins;
        let reader = self
            .reader
            .get_or_insert_with(|| connections.log_after(begins));
        let mut gap = false;
        let mut ends = Vec::new();
        loop {
            let found = reader.read(BATCH);
            if found.is_empty() {
                break;
            }
            for (at, one) in found.iter().enumerate() {
                let Found::Entry(entry) = one else {
                    // Some of those that are open here may have ended.
                    self.lanes = std::mem::take(&mut self.lanes).emptied();
                    self.since = stamp;
                    gap = true;
                    continue;
                };
                if entry.room() != connections.room() {
                    continue;
                }
                let next = match found.get(at + 1) {
                    Some(Found::Entry(next)) => Some(&**next),
                    _ => None,
                };
                let counting = self.sampled.is_some();
                let rest = self.lanes.note(entry, next, stamp, counting);
                ends.extend(rest.map(|count| (entry.at_ms / STEP_MS, count)));
            }
        }
        self.samples.add_ends(stamp, ends);
        let table = connections.table();
        if gap || self.lanes.leaves_out_for_nothing() {
            self.lanes.invite();
            for row in table.open.values() {
                self.lanes.enter_open(row, stamp);
            }
        }
        self.lanes.attach(|id| table.row_of(id));
    }

    /// Asks the table anew for what there is to say of those that it has still.
    fn refresh(&mut self, connections: &Connections, now: Now) {
        let stamp = self.cursor + 1;
        let table = connections.table();
        let (reconnects, serving) = (&table.reconnects, table.serving);
        let said = |row| -> (Option<Verdict>, Option<Verdict>) {
            let afterwards = reconnects.afterwards(row, now.instant, serving);
            (reconnects.verdict(row), afterwards)
        };
        for (id, bar) in self.lanes.newest_open_mut() {
            if let Some(row) = table.open.get(&id) {
                bar.say(said(row), stamp);
            }
        }
        for row in &table.ended {
            if let Some(bar) = self.lanes.bar_mut(row.id) {
                bar.say(said(row), stamp);
            }
        }
    }

    /// Takes the exact ticks of wires that are kept: of those that are followed already only
    /// together with the `counts`.
    fn follow(&mut self, counts: bool) {
        let stamp = self.cursor + 1;
        for (id, bar) in self.lanes.bars_mut() {
            for tick in bar.follow(counts) {
                self.samples.tick(stamp, id, tick);
            }
        }
    }

    /// Forgets what is too old.
    fn prune(&mut self, at_ms: u64) {
        let oldest = at_ms.saturating_sub(KEPT_MS);
        self.lanes.prune(oldest, self.cursor + 1);
        self.samples.prune(oldest);
    }
}
