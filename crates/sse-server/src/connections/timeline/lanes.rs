//! The lanes: which connections are of one client, and what is kept of them.
//!
//! A client is known again as verdicts know it: by its tag, else by the chain of probable returns.
//! Who brings neither is a new lane. Requests that got no stream and of which nothing else is known
//! share a lane, where program, address and stream are the same: each would be a lane of its own
//! with one cross in it.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::IpAddr;
use std::sync::Arc;

use super::bars::{Bar, Knock};
use super::samples::Count;
use crate::connections::connection::{Connection, Request};
use crate::connections::log::{Entry, What, Who};
use crate::connections::{Verdict, VerdictKind};

/// Lanes that are kept.
const LANES: usize = 200;

/// Connections, and requests that got no stream, that are kept in all lanes.
const MARKS: usize = 10_000;

/// When there are too many, at most so many of the oldest are dropped in one go.
const SURPLUS: usize = 500;

/// At each look, the verdicts of so many open connections of a lane are refreshed.
const REFRESHED: usize = 50;

/// How many forgotten lanes are remembered by id, and how many clients without a lane.
const NOTED: usize = 1000;

/// What a client is known again by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    /// Its tag on this stream.
    Tag(Box<str>, Box<str>),
    /// This stream alone, in a room where all without a tag are one client.
    Path(Box<str>),
    /// Nothing but that it got no stream.
    Knocks(Arc<Request>, IpAddr),
}

impl Key {
    fn of(who: &Who) -> Option<Self> {
        let stream = || who.asked.stream.clone();
        match &who.tag {
            Some(tag) => Some(Self::Tag(stream(), tag.clone())),
            None => who.asked.room.is_some().then(|| Self::Path(stream())),
        }
    }
}

/// A client on a stream.
#[derive(Debug)]
pub(super) struct Lane {
    /// When it began, or what is said of it changed.
    pub(super) stamp: u64,
    pub(super) client: Option<Box<str>>,
    /// What it asked for last.
    pub(super) asked: Arc<Request>,
    /// By the ids of the connections.
    pub(super) bars: BTreeMap<u64, Bar>,
    /// The same of requests that got no stream.
    pub(super) knocks: BTreeMap<u64, Knock>,
    key: Option<Key>,
    /// When something happened in it, in milliseconds since 1970.
    active_ms: u64,
}

impl Lane {
    fn is_open(&self) -> bool {
        self.bars.values().any(Bar::is_open)
    }
}

/// A client that has no lane.
#[derive(Clone, Copy, Debug)]
struct Outside {
    open: u32,
    /// When it was noted last.
    at_ms: u64,
}

#[derive(Debug, Default)]
pub(super) struct Lanes {
    /// By their ids, [`LANES`] at most.
    pub(super) lanes: BTreeMap<u64, Lane>,
    /// The id of the newest. No id is given twice.
    newest: u64,
    by_key: HashMap<Key, u64>,
    /// The lane of each connection and request that is kept, [`MARKS`] at most.
    of: BTreeMap<u64, u64>,
    /// Open connections whose rows are yet to be found.
    fresh: Vec<u64>,
    /// Lanes that were forgotten, with their stamps.
    gone: VecDeque<(u64, u64)>,
    /// The stamp of the newest one that is noted there no longer.
    gone_before: u64,
    /// Those that have no lane, by what they are known by.
    outside: HashMap<u64, Outside>,
}

impl Lanes {
    /// Notes an entry of the log; `next` is the one behind it. Answers what came on a connection
    /// that ended since it was counted last.
    pub(super) fn note(
        &mut self,
        entry: &Entry,
        next: Option<&Entry>,
        stamp: u64,
        counting: bool,
    ) -> Option<Count> {
        let at_ms = entry.at_ms;
        match &entry.what {
            What::Started
            | What::Stopped
            | What::Armed { .. }
            | What::Healed { .. }
            | What::Reset { .. }
            | What::There { .. }
            | What::Lost { .. }
            | What::NewLives(_) => {}
            What::Fired { fault, who, .. } => {
                let id = who.as_ref()?.connection;
                let lane = self.lane_of(id)?;
                // Of a request that got no stream, the entry behind it says so.
                lane.bars.get_mut(&id)?.strike(*fault, at_ms, stamp);
            }
            // The table had it before the log was read.
            What::Connected(who) if self.of.contains_key(&who.connection) => {}
            What::Connected(who) => {
                let from = next.and_then(|next| came_from(next, who.connection));
                self.enter(who, from, Bar::new(at_ms, stamp, counting));
            }
            What::Refused {
                who,
                status,
                why,
                fault,
            } => {
                let from = next.and_then(|next| came_from(next, who.connection));
                let knock = Knock {
                    stamp,
                    at_ms,
                    status: *status,
                    why: *why,
                    fault: *fault,
                };
                self.knock(who, from, knock);
            }
            What::Ended { who, end } => {
                let id = who.connection;
                if !self.of.contains_key(&id)
                    && let Some(outside) = self.outside.get_mut(&hash_of(who))
                {
                    outside.open = outside.open.saturating_sub(1);
                }
                let lane = self.lane_of(id)?;
                lane.active_ms = at_ms;
                return lane.bars.get_mut(&id)?.end(id, at_ms, end, stamp);
            }
            What::Said { who, verdict } => self.said(who, verdict, stamp),
        }
        None
    }

    /// Enters an open connection that the log does not have any more.
    pub(super) fn enter_open(&mut self, row: &Connection, stamp: u64) {
        if !self.of.contains_key(&row.id) {
            self.enter(&row.into(), None, Bar::new(row.since, stamp, false));
        }
    }

    /// Whether there are clients without a lane, and room for them.
    pub(super) fn leaves_out_for_nothing(&self) -> bool {
        self.lanes.len() < LANES && self.outside.values().any(|outside| outside.open > 0)
    }

    /// Forgets who has no lane: all that are open are entered anew.
    pub(super) fn invite(&mut self) {
        self.outside.clear();
    }

    fn enter(&mut self, who: &Who, from: Option<u64>, bar: Bar) {
        let (id, stamp, at_ms) = (who.connection, bar.stamp, bar.from_ms);
        let key = Key::of(who);
        let Some(lane) = self.lane_for(who, key, from, stamp, at_ms) else {
            self.leave_out(who, at_ms, true);
            return;
        };
        self.outside.remove(&hash_of(who));
        self.of.insert(id, lane);
        self.fresh.push(id);
        if let Some(lane) = self.lanes.get_mut(&lane) {
            lane.bars.insert(id, bar);
        }
        self.make_room();
    }

    fn knock(&mut self, who: &Who, from: Option<u64>, knock: Knock) {
        let (id, stamp, at_ms) = (who.connection, knock.stamp, knock.at_ms);
        let unknown = || Key::Knocks(Arc::clone(&who.asked), who.peer.ip());
        let known = from.is_some_and(|from| self.of.contains_key(&from));
        let key = Key::of(who).or_else(|| (!known).then(unknown));
        let Some(lane) = self.lane_for(who, key, from, stamp, at_ms) else {
            self.leave_out(who, at_ms, false);
            return;
        };
        self.of.insert(id, lane);
        if let Some(lane) = self.lanes.get_mut(&lane) {
            lane.knocks.insert(id, knock);
        }
        self.make_room();
    }

    /// The lane of whoever is known so, or else came `from` there; a new one where there is none,
    /// if there is room.
    fn lane_for(
        &mut self,
        who: &Who,
        key: Option<Key>,
        from: Option<u64>,
        stamp: u64,
        at_ms: u64,
    ) -> Option<u64> {
        let known = match &key {
            Some(key) => self.by_key.get(key),
            None => from.and_then(|from| self.of.get(&from)),
        };
        if let Some(id) = known.copied() {
            let lane = self.lanes.get_mut(&id)?;
            lane.active_ms = at_ms;
            if lane.asked != who.asked {
                lane.asked = Arc::clone(&who.asked);
                lane.stamp = stamp;
            }
            return Some(id);
        }
        if self.lanes.len() == LANES {
            // The one that has been over for the longest.
            let over = self.lanes.iter().filter(|(_, lane)| !lane.is_open());
            let oldest = over.min_by_key(|(_, lane)| lane.active_ms);
            let oldest = oldest.map(|(id, _)| *id)?;
            self.forget(oldest, stamp);
        }
        self.newest += 1;
        if let Some(key) = &key {
            self.by_key.insert(key.clone(), self.newest);
        }
        self.lanes.insert(
            self.newest,
            Lane {
                stamp,
                client: who.tag.clone(),
                asked: Arc::clone(&who.asked),
                bars: BTreeMap::new(),
                knocks: BTreeMap::new(),
                key,
                active_ms: at_ms,
            },
        );
        Some(self.newest)
    }

    /// Counts one that has no lane.
    fn leave_out(&mut self, who: &Who, at_ms: u64, open: bool) {
        let key = hash_of(who);
        if self.outside.len() >= NOTED && !self.outside.contains_key(&key) {
            return;
        }
        let outside = self
            .outside
            .entry(key)
            .or_insert(Outside { open: 0, at_ms });
        outside.open += u32::from(open);
        outside.at_ms = at_ms;
    }

    /// How many clients have no lane.
    pub(super) fn left_out(&self) -> usize {
        self.outside.len()
    }

    fn said(&mut self, who: &Who, verdict: &Verdict, stamp: u64) {
        let id = who.connection;
        let from = verdict.other.filter(|_| verdict.kind == VerdictKind::Back);
        if who.tag.is_none()
            && let Some(to) = from.and_then(|from| self.of.get(&from).copied())
        {
            self.move_to(id, to, stamp);
        }
        let Some(bar) = self.bar_mut(id) else { return };
        let said = Some(verdict.clone());
        match from {
            Some(_) => bar.say((said, bar.afterwards.as_deref().cloned()), stamp),
            None => bar.say((bar.verdict.as_deref().cloned(), said), stamp),
        }
    }

    /// Moves a connection whose client is known only now, and what came after it, into the lane of
    /// its client. Its own lane is gone then. What stands in a lane that others share stays there.
    fn move_to(&mut self, id: u64, to: u64, stamp: u64) {
        let Some(from) = self.of.get(&id).copied().filter(|from| *from != to) else {
            return;
        };
        let alone = self.lanes.get_mut(&from).filter(|lane| lane.key.is_none());
        let Some(lane) = alone else { return };
        let (mut bars, mut knocks) = (
            std::mem::take(&mut lane.bars),
            std::mem::take(&mut lane.knocks),
        );
        let (asked, active_ms) = (Arc::clone(&lane.asked), lane.active_ms);
        self.forget(from, stamp);
        for moved in bars.keys().chain(knocks.keys()) {
            self.of.insert(*moved, to);
        }
        knocks.values_mut().for_each(|knock| knock.stamp = stamp);
        bars.values_mut().for_each(|bar| bar.moved(stamp));
        if let Some(lane) = self.lanes.get_mut(&to) {
            lane.stamp = stamp;
            lane.asked = asked;
            lane.active_ms = lane.active_ms.max(active_ms);
            lane.knocks.append(&mut knocks);
            lane.bars.append(&mut bars);
        }
    }

    /// Finds the rows of connections that began.
    pub(super) fn attach<'a>(&mut self, row_of: impl Fn(u64) -> Option<&'a Arc<Connection>>) {
        for id in std::mem::take(&mut self.fresh) {
            if let (Some(row), Some(bar)) = (row_of(id), self.bar_mut(id)) {
                bar.attach(row);
            }
        }
    }

    /// How many connections, and requests that got no stream, are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.of.len()
    }

    fn lane_of(&mut self, connection: u64) -> Option<&mut Lane> {
        self.lanes.get_mut(self.of.get(&connection)?)
    }

    pub(super) fn bar_mut(&mut self, connection: u64) -> Option<&mut Bar> {
        self.lane_of(connection)?.bars.get_mut(&connection)
    }

    /// All connections.
    pub(super) fn bars_mut(&mut self) -> impl Iterator<Item = (u64, &mut Bar)> {
        let lanes = self.lanes.values_mut();
        lanes.flat_map(|lane| lane.bars.iter_mut().map(|(id, bar)| (*id, bar)))
    }

    /// Those that are open, of each lane the newest: of a leak there may be thousands, and each
    /// is said to be open beside all others.
    pub(super) fn newest_open_mut(&mut self) -> impl Iterator<Item = (u64, &mut Bar)> {
        let lanes = self.lanes.values_mut();
        lanes.flat_map(|lane| {
            let bars = lane.bars.iter_mut().rev();
            let open = bars.filter(|(_, bar)| bar.is_open());
            open.take(REFRESHED).map(|(id, bar)| (*id, bar))
        })
    }

    /// Connections that came into their lane from another one after `after`.
    pub(super) fn moved(&self, after: u64) -> HashSet<u64> {
        let bars = self.lanes.values().flat_map(|lane| &lane.bars);
        let moved = bars.filter(|(_, bar)| bar.moved > after);
        moved.map(|(id, _)| *id).collect()
    }

    /// The lanes that were forgotten after `after`.
    pub(super) fn gone(&self, after: u64) -> Vec<u64> {
        let gone = self.gone.iter().filter(|(stamp, _)| *stamp > after);
        gone.map(|(_, lane)| *lane).collect()
    }

    /// Whether all lanes are known that were forgotten after `after`.
    pub(super) fn knows_gone_since(&self, after: u64) -> bool {
        after >= self.gone_before
    }

    /// Forgets a lane and all that is in it.
    fn forget(&mut self, id: u64, stamp: u64) {
        let Some(lane) = self.lanes.remove(&id) else {
            return;
        };
        if let Some(key) = &lane.key {
            self.by_key.remove(key);
        }
        for mark in lane.bars.keys().chain(lane.knocks.keys()) {
            self.of.remove(mark);
        }
        if self.gone.len() == NOTED
            && let Some((stamp, _)) = self.gone.pop_front()
        {
            self.gone_before = stamp;
        }
        self.gone.push_back((stamp, id));
    }

    /// Forgets what was over before this time.
    pub(super) fn prune(&mut self, oldest_ms: u64, stamp: u64) {
        let old = |ms: u64| ms < oldest_ms;
        let is_old = |bar: &Bar| bar.ended.is_some_and(|end| old(end.at_ms));
        for lane in self.lanes.values_mut() {
            let of = &mut self.of;
            lane.bars
                .retain(|id, bar| !is_old(bar) || of.remove(id).is_none());
            lane.knocks
                .retain(|id, knock| !old(knock.at_ms) || of.remove(id).is_none());
        }
        self.forget_empty(stamp);
        self.outside
            .retain(|_, outside| outside.open > 0 || !old(outside.at_ms));
    }

    fn forget_empty(&mut self, stamp: u64) {
        let lanes = self.lanes.iter();
        let empty = lanes.filter(|(_, lane)| lane.bars.is_empty() && lane.knocks.is_empty());
        let empty: Vec<u64> = empty.map(|(id, _)| *id).collect();
        empty.into_iter().for_each(|id| self.forget(id, stamp));
    }

    /// Forgets the oldest that are over, where too many are kept.
    fn make_room(&mut self) {
        if self.of.len() <= MARKS {
            return;
        }
        let of = self.of.iter().map(|(id, lane)| (*id, *lane));
        let lanes = &self.lanes;
        let over = of.filter(|(id, lane)| {
            let bar = lanes.get(lane).and_then(|lane| lane.bars.get(id));
            !bar.is_some_and(Bar::is_open)
        });
        let mut oldest: Vec<(u64, u64)> = over.take(SURPLUS).collect();
        if oldest.is_empty() {
            // All are open: the oldest tells the least that is not seen anyway.
            oldest.extend(self.of.first_key_value().map(|(id, lane)| (*id, *lane)));
        }
        for (id, lane) in oldest {
            self.of.remove(&id);
            if let Some(lane) = self.lanes.get_mut(&lane) {
                lane.bars.remove(&id);
                lane.knocks.remove(&id);
            }
        }
    }

    /// None, but no id of these is given again.
    pub(super) fn emptied(self) -> Self {
        Self {
            newest: self.newest,
            ..Self::default()
        }
    }
}

/// The connection that one came from, where the entry behind its own says so.
fn came_from(next: &Entry, connection: u64) -> Option<u64> {
    match &next.what {
        What::Said { who, verdict } if who.connection == connection => {
            verdict.other.filter(|_| verdict.kind == VerdictKind::Back)
        }
        _ => None,
    }
}

/// What one without a lane is known by.
fn hash_of(who: &Who) -> u64 {
    let mut hasher = DefaultHasher::new();
    match &who.tag {
        Some(tag) => (&who.asked.stream, tag).hash(&mut hasher),
        None => who.connection.hash(&mut hasher),
    }
    hasher.finish()
}
