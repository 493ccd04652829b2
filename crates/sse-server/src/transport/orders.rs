//! What connections are asked to do from outside, spread over the turns of a sweeper.
//!
//! An act may be for ten thousand connections. Each turn carries out a bounded part of it, so that
//! those that it is not for are not kept waiting.

use std::collections::{HashSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sse_engine::pump::Act;

/// How many connections act, or are looked at, in one turn.
const TURN: usize = 128;

/// How many places are searched for them in one turn.
const SEARCHED: usize = 16 * TURN;

/// A connection that is in the table is here after so long, if ever.
const ON_ITS_WAY: Duration = Duration::from_secs(2);

/// What was asked and is not done yet.
///
/// How to drive it: [`act`](Self::act) and [`look`](Self::look) take what is asked. In each turn,
/// do what [`due`](Self::due) answers, and visit those that are armed of
/// [`looked_at`](Self::looked_at), while it [`has_more`](Self::has_more). When a connection
/// arrives, it does what [`late`](Self::late) answers.
#[derive(Debug, Default)]
pub(super) struct Orders {
    /// The oldest first, also those that were searched for everywhere: some of their connections
    /// may be on their way.
    acts: VecDeque<Acting>,
    /// How many of the first were searched for everywhere.
    searched: usize,
    /// How many places are to be looked at still, and the next of them.
    looks: usize,
    next: usize,
}

/// An act, and for which connections it is.
#[derive(Debug)]
struct Acting {
    since: Instant,
    act: Act,
    wanted: Arc<HashSet<u64>>,
    /// Those of them that were here.
    met: HashSet<u64>,
    /// They are yet to be searched for in the places below this one.
    below: usize,
}

impl Acting {
    /// The act, where it is for this connection and was not done.
    fn meet(&mut self, id: u64) -> Option<Act> {
        let meets = self.wanted.contains(&id) && self.met.insert(id);
        meets.then(|| self.act.clone())
    }
}

impl Orders {
    /// Has these connections act, which are in the first `places` or on their way.
    pub(super) fn act(
        &mut self,
        wanted: Arc<HashSet<u64>>,
        act: Act,
        places: usize,
        since: Instant,
    ) {
        self.acts.push_back(Acting {
            since,
            act,
            wanted,
            met: HashSet::new(),
            below: places,
        });
    }

    /// Has all of the first `places` looked at.
    pub(super) fn look(&mut self, places: usize) {
        // From where it is: who heals again and again keeps nobody from being looked at.
        self.looks = places;
    }

    /// Whether something is left for the next turn.
    pub(super) fn has_more(&self) -> bool {
        self.searched < self.acts.len() || self.looks > 0
    }

    /// What is to be done in this turn, and in which places. `id_at` says which connection is in
    /// one.
    pub(super) fn due(&mut self, id_at: impl Fn(usize) -> Option<u64>) -> Vec<(usize, Act)> {
        let (mut due, mut places) = (Vec::new(), SEARCHED);
        // One act after the other, in the order in which they were asked.
        while let Some(order) = self.acts.get_mut(self.searched) {
            while order.below > 0 {
                if places == 0 || due.len() == TURN {
                    return due;
                }
                places -= 1;
                order.below -= 1;
                let place = order.below;
                let act = id_at(place).and_then(|id| order.meet(id));
                due.extend(act.map(|act| (place, act)));
            }
            self.searched += 1;
        }
        due
    }

    /// The places that are to be looked at in this turn, of so many that there are.
    pub(super) fn looked_at(&mut self, places: usize) -> Range<usize> {
        if self.next >= places {
            self.next = 0;
        }
        let end = places.min(self.next + self.looks.min(TURN));
        let range = self.next..end;
        self.next = end;
        self.looks = match range.is_empty() {
            true => 0,
            false => self.looks - range.len(),
        };
        range
    }

    /// What a connection was to do while it was on its way here.
    pub(super) fn late(&mut self, id: u64, now: Instant) -> Vec<Act> {
        self.forget(now);
        let acts = self.acts.iter_mut();
        acts.filter_map(|order| order.meet(id)).collect()
    }

    /// When the oldest act is to be forgotten. It is listed as long as somebody has it, so it is
    /// not kept until somebody comes.
    pub(super) fn forgets_at(&self) -> Option<Instant> {
        let oldest = self.acts.front().filter(|_| self.searched > 0);
        oldest.map(|order| order.since + ON_ITS_WAY)
    }

    /// Forgets the acts whose connections are all here by now, or never will be.
    pub(super) fn forget(&mut self, now: Instant) {
        let is_over = |order: &Acting| now.saturating_duration_since(order.since) >= ON_ITS_WAY;
        while self.searched > 0 && self.acts.front().is_some_and(is_over) {
            self.acts.pop_front();
            self.searched -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use sse_engine::fault::Armed;

    use super::*;

    fn break_by(id: u64) -> Act {
        let fault = "cut".parse().expect("a fault");
        Act::Break(Arc::new(Armed::new(id, fault, Instant::now())))
    }

    fn fault(act: &Act) -> u64 {
        match act {
            Act::Break(armed) => armed.id,
            Act::Stop | Act::Leave(_) | Act::Step => 0,
        }
    }

    #[test]
    fn an_act_on_thousands_is_spread_over_turns() {
        let now = Instant::now();
        let mut orders = Orders::default();
        // Those with even ids, and one that is not here.
        let wanted: HashSet<u64> = (0..5000).map(|n| 2 * n).chain([77_777]).collect();
        orders.act(Arc::new(wanted), break_by(1), 10_000, now);
        orders.act(Arc::new([8].into()), break_by(2), 10_000, now);
        let mut done = Vec::new();
        while orders.has_more() {
            let searched = std::cell::Cell::new(0);
            let due = orders.due(|place| {
                searched.set(searched.get() + 1);
                Some(place as u64)
            });
            assert!(due.len() <= TURN && searched.get() <= SEARCHED);
            done.extend(due.iter().map(|(place, act)| (*place, fault(act))));
        }
        assert_eq!(done.len(), 5001);
        assert_eq!(done.last(), Some(&(8, 2)), "behind the one before it");
        assert!(
            done[..5000]
                .iter()
                .all(|(place, act)| place % 2 == 0 && *act == 1)
        );
    }

    #[test]
    fn who_is_on_its_way_acts_when_it_arrives_and_once() {
        let now = Instant::now();
        let mut orders = Orders::default();
        orders.act(Arc::new([5, 6].into()), break_by(1), 9, now);
        orders.act(Arc::new([6].into()), break_by(2), 9, now);
        // It takes a place that is yet to be searched.
        let late: Vec<u64> = orders.late(6, now).iter().map(fault).collect();
        assert_eq!(late, [1, 2]);
        let due = orders.due(|place| Some(place as u64));
        assert_eq!(due.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [5]);
        assert!(orders.late(6, now).is_empty());
        orders.act(Arc::new([9].into()), break_by(3), 9, now);
        orders.due(|_| None);
        let late = |after| orders.late(9, now + after).len();
        assert_eq!([ON_ITS_WAY, Duration::ZERO].map(late), [0, 0]);
        assert!(orders.acts.is_empty(), "it is forgotten");
    }

    #[test]
    fn a_look_goes_round_whoever_asks_for_another() {
        let mut orders = Orders::default();
        let mut seen = [0; 300];
        orders.look(300);
        for _ in 0..4 {
            let places = orders.looked_at(300);
            assert!(places.len() <= TURN);
            places.for_each(|place| seen[place] += 1);
            orders.look(300);
        }
        assert!(seen.iter().all(|times| *times >= 1), "{seen:?}");
        while orders.has_more() {
            orders.looked_at(300);
        }
        orders.look(0);
        assert!(!orders.has_more() && orders.looked_at(0).is_empty());
    }
}
