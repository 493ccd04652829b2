//! Which rows are of one client on one stream, so that a viewer can fold them: the client is known
//! again as verdicts know it.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde::Serialize;

use super::connection::{Connection, State};
use super::reconnects::Reconnects;

/// What a line of the table stands for, beside its own connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct GroupView {
    /// Which group: the same as long as the program runs. A query names it to unfold the group.
    pub id: u64,
    /// Rows that it has, after the filter.
    pub size: usize,
    /// Whether the line is the one that stays when the group is folded: that of the newest
    /// connection, of open ones first.
    pub is_head: bool,
}

/// A line of the table, in order.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// The connection that it shows.
    pub(super) id: u64,
    /// Its group, where rows are grouped.
    pub(super) group: Option<GroupView>,
    /// Of a head, the connections that are folded into its line, the newest first, [`MEMBERS`] at
    /// most; none where there are no others.
    pub(super) folded: Option<Arc<[u64]>>,
}

/// The most connections of a group whose faults are looked up for its head.
const MEMBERS: usize = 100;

/// Ids stay whole numbers in JavaScript, which has 53 bits for them.
const BITS: u32 = 53;

/// The group of each of these rows.
pub(super) fn groups_of(rows: &[Arc<Connection>], reconnects: &Reconnects) -> HashMap<u64, u64> {
    let mut ids: Vec<&Arc<Connection>> = rows.iter().collect();
    // A client goes on from a row that came before, so its group is known by then.
    ids.sort_unstable_by_key(|row| row.id);
    let mut groups: HashMap<u64, u64> = HashMap::with_capacity(ids.len());
    for row in ids {
        let (room, stream) = (&row.client.asked.room, &row.client.asked.stream);
        let group = match (&row.client.tag, reconnects.goes_on_from(row.id)) {
            (Some(tag), _) => hash((room, stream, "tag", tag)),
            (None, _) if row.client.is_known() => hash((room, stream, "path")),
            (None, Some(of)) => groups.get(&of).copied().unwrap_or_else(|| hash(of)),
            (None, None) => hash(row.id),
        };
        groups.insert(row.id, group);
    }
    groups
}

fn hash(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish() >> (u64::BITS - BITS)
}

/// The lines of rows that are sorted already: a group stands where its head would stand, and its
/// other rows follow, the newest first, where it is unfolded.
pub(super) fn lines(
    sorted: Vec<(State, u64)>,
    groups: &HashMap<u64, u64>,
    unfolded: &[u64],
) -> Vec<Line> {
    let group_of = |id: u64| groups.get(&id).copied().unwrap_or(id);
    let mut members: HashMap<u64, Vec<(bool, u64)>> = HashMap::new();
    for (state, id) in &sorted {
        let is_open = *state == State::Open;
        members
            .entry(group_of(*id))
            .or_default()
            .push((is_open, *id));
    }
    for rows in members.values_mut() {
        rows.sort_unstable_by(|a, b| b.cmp(a));
    }
    let mut lines = Vec::with_capacity(members.len());
    for (_, id) in sorted {
        let group = group_of(id);
        let Some(rows) = members.get(&group) else {
            continue;
        };
        if rows.first().is_none_or(|(_, head)| *head != id) {
            continue;
        }
        let line = |id, is_head| Line {
            id,
            group: Some(GroupView {
                id: group,
                size: rows.len(),
                is_head,
            }),
            folded: None,
        };
        let others = || rows.iter().skip(1).take(MEMBERS).map(|(_, id)| *id);
        lines.push(Line {
            folded: (rows.len() > 1 && !unfolded.contains(&group)).then(|| others().collect()),
            ..line(id, true)
        });
        if unfolded.contains(&group) {
            lines.extend(rows.iter().skip(1).map(|(_, id)| line(*id, false)));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(lines: &[Line]) -> Vec<u64> {
        lines.iter().map(|line| line.id).collect()
    }

    #[test]
    fn a_group_stands_where_its_head_stands_and_folds() {
        use State::{Ended, Open};
        let groups = HashMap::from([(1, 70), (2, 71), (3, 70), (4, 70), (5, 72)]);
        // Sorted by something else than time: the head of group 70 is 3, which is open.
        let sorted = vec![(Ended, 1), (Ended, 2), (Ended, 4), (Open, 3), (Open, 5)];
        let folded = lines(sorted.clone(), &groups, &[]);
        assert_eq!(ids(&folded), [2, 3, 5]);
        assert_eq!(
            folded[1].group,
            Some(GroupView {
                id: 70,
                size: 3,
                is_head: true
            })
        );
        let unfolded = lines(sorted, &groups, &[70, 99]);
        assert_eq!(ids(&unfolded), [2, 3, 4, 1, 5]);
        assert!(unfolded[2].group.is_some_and(|group| !group.is_head));
    }
}
