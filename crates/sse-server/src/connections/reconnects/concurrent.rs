//! Connections that one client has open at once on one stream. The cause may be a component that
//! was mounted twice, or a connection that was forgotten.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use super::OVERLAP;

/// A client that vanished is noticed by then: until then, one of its name that came with an id may
/// be its return.
const VANISHED: Duration = Duration::from_secs(40);

/// Who is open under which name, by a hash of tag and stream.
#[derive(Debug, Default)]
pub(super) struct Concurrent {
    /// Those of each name. A name leaves with the last of them.
    open: HashMap<u64, Named>,
    /// The names that more than one has.
    shared: HashSet<u64>,
}

/// Those of one name, in the order in which they came.
#[derive(Debug)]
struct Named {
    /// The one that came first. Beside the others, not among them: most names have this one only.
    first: One,
    /// Takes no memory while it is empty.
    others: Vec<One>,
}

#[derive(Clone, Copy, Debug)]
struct One {
    row: u64,
    /// When it came. A young one is not counted beside others yet, since it may follow one of them
    /// whose end is yet to be seen.
    at: Instant,
    /// Whether it cannot be the return of one that is open still.
    apart: bool,
}

impl Named {
    fn all(&self) -> impl Iterator<Item = &One> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl Concurrent {
    /// Notes that a connection began. One that is `apart` is not the return of one that is open
    /// still.
    pub(super) fn enter(&mut self, who: u64, row: u64, at: Instant, apart: bool) {
        let one = One { row, at, apart };
        let Some(named) = self.open.get_mut(&who) else {
            let others = Vec::new();
            self.open.insert(who, Named { first: one, others });
            return;
        };
        named.others.push(one);
        self.shared.insert(who);
    }

    /// Notes that a connection ended.
    pub(super) fn leave(&mut self, who: u64, row: u64) {
        let Some(named) = self.open.get_mut(&who) else {
            return;
        };
        if named.first.row != row {
            named.others.retain(|one| one.row != row);
        } else if named.others.is_empty() {
            self.open.remove(&who);
        } else {
            named.first = named.others.remove(0);
        }
        let shared = self.open.get(&who).is_some_and(|it| !it.others.is_empty());
        if !shared {
            self.shared.remove(&who);
        }
    }

    /// The rows that are open beside each other under this name, the first that came first; none
    /// where it is one at most.
    ///
    /// A request can be read before the end of the connection that it follows, so one that just
    /// came is not counted yet.
    pub(super) fn of(&self, who: u64, now: Instant) -> Vec<u64> {
        if !self.shared.contains(&who) {
            return Vec::new();
        }
        let Some(named) = self.open.get(&who) else {
            return Vec::new();
        };
        let counts = |one: &&One| {
            let age = now.saturating_duration_since(one.at);
            one.row == named.first.row || age >= if one.apart { OVERLAP } else { VANISHED }
        };
        let rows: Vec<u64> = named.all().filter(counts).map(|one| one.row).collect();
        if rows.len() > 1 { rows } else { Vec::new() }
    }

    /// The same of each name that more than one has.
    pub(super) fn all(&self, now: Instant) -> impl Iterator<Item = Vec<u64>> {
        let rows = self.shared.iter().map(move |who| self.of(*who, now));
        rows.filter(|rows| !rows.is_empty())
    }
}
