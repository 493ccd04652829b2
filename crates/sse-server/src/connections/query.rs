//! The rows of the table that a viewer wants to see, and their order.
//!
//! The table may have ten thousand rows, and a window shows fifty. Rows are therefore sorted and
//! cut here, so that only the rows that are shown leave the server.

use std::collections::HashMap;
use std::sync::Arc;

use super::connection::{Connection, Request};
use super::end_reason::Why;
use super::groups::{self, Line};
use super::leg::Leg;
use super::rates::Rates;
use super::sort::{Key, Sort};

/// Rows that one look shows, at most.
pub(crate) const SHOWN: usize = 200;

/// What somebody wants to see of the table. What is left out is as [`TableQuery::default`] has it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct TableQuery {
    /// The room whose table is wanted: none is the room that has no name, `*` is all of them.
    pub room: Option<String>,
    /// What the rows are sorted by.
    pub sort: Sort,
    /// The largest, or the last, first.
    pub descending: bool,
    /// Words that a row must all have, in any case: in its peer, program, method, room, stream,
    /// tag, the id that it brought, its state, why it ended, or its verdicts; in the status of one
    /// that got no stream, and the origin of one that was refused for it. `#7` is the row of that
    /// id.
    pub filter: String,
    /// The tag of the one client that is wanted.
    pub client: Option<String>,
    /// The path of the one stream that is wanted.
    pub stream: Option<String>,
    /// The id of the one row that is wanted.
    pub id: Option<u64>,
    /// Leaves out the rows that had ended by then, in milliseconds since 1970.
    pub ended_after: Option<u64>,
    /// One line for each client of a stream, and not one for each connection.
    pub grouped: bool,
    /// The groups of which each connection has a line.
    pub unfolded: Vec<u64>,
    /// Lines to leave out before the first that is shown.
    pub first: usize,
    /// Lines to show, 200 at most.
    pub count: usize,
}

impl Default for TableQuery {
    /// Open connections above those that ended, newest first.
    fn default() -> Self {
        Self {
            room: None,
            sort: Sort::State,
            descending: false,
            filter: String::new(),
            client: None,
            stream: None,
            id: None,
            ended_after: None,
            grouped: false,
            unfolded: Vec::new(),
            first: 0,
            count: SHOWN,
        }
    }
}

impl TableQuery {
    /// The rows that the filter leaves, in order, however many they are: how many, and their lines.
    pub(super) fn order(&self, found: &Found, rates: &Rates) -> (usize, Vec<Line>) {
        let mut filter = Filter::new(&self.filter);
        let by = self.sort.by();
        let mut rows: Vec<(Key<'_>, &Connection)> = found
            .rows
            .iter()
            .filter(|row| filter.lets_through(row, &found.said))
            .map(|row| (Key::of(row, &by, rates, &found.weights), &**row))
            .collect();
        rows.sort_unstable_by(|(a, a_row), (b, b_row)| {
            let order = a.cmp(b);
            let order = if self.descending {
                order.reverse()
            } else {
                order
            };
            order.then(b_row.id.cmp(&a_row.id))
        });
        let matching = rows.len();
        let lines = if self.grouped {
            let sorted = rows.iter().map(|(_, row)| (row.state(), row.id)).collect();
            groups::lines(sorted, &found.groups, &self.unfolded)
        } else {
            let line = |(_, row): &(_, &Connection)| Line {
                id: row.id,
                group: None,
                folded: None,
            };
            rows.iter().map(line).collect()
        };
        (matching, lines)
    }
}

/// What an order is made of.
#[derive(Default)]
pub(super) struct Found {
    /// Those of the client, the stream and the id that are wanted, in no order. The filter is
    /// applied later, while the table is not locked.
    pub(super) rows: Vec<Arc<Connection>>,
    /// What there is to say of those rows, where that is what they are sorted by.
    pub(super) weights: HashMap<u64, u64>,
    /// Their verdicts in small letters, where there is a filter.
    pub(super) said: HashMap<u64, String>,
    /// The group of each, where they are grouped.
    pub(super) groups: HashMap<u64, u64>,
    /// Which state of which tables it is of.
    pub(super) versions: Vec<u64>,
}

impl Found {
    /// Those of two tables. No id is in both.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.rows.extend(other.rows);
        self.weights.extend(other.weights);
        self.said.extend(other.said);
        self.groups.extend(other.groups);
        self.versions.extend(other.versions);
        self
    }
}

/// Words that a row must all have in its texts.
struct Filter {
    /// In small letters, as the texts that they are compared with. Without one every row is let
    /// through.
    words: Vec<String>,
    /// What thousands of rows have in common, in small letters.
    asked: HashMap<*const Request, String>,
}

impl Filter {
    fn new(filter: &str) -> Self {
        Self {
            words: filter.split_whitespace().map(str::to_lowercase).collect(),
            asked: HashMap::new(),
        }
    }

    fn lets_through(&mut self, row: &Connection, said: &HashMap<u64, String>) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let number = format!("#{}", row.id);
        let client = &row.client;
        let asked = self
            .asked
            .entry(Arc::as_ptr(&client.asked))
            .or_insert_with(|| {
                let Request {
                    program,
                    room,
                    stream,
                    method,
                    ..
                } = &*client.asked;
                let room = room.as_deref().unwrap_or_default();
                format!("{program}\n{stream}\n{method}\n{room}").to_lowercase()
            });
        let tag = client.tag.as_deref().unwrap_or_default().to_lowercase();
        let brought = client.brought.as_deref().unwrap_or_default().to_lowercase();
        let status = match row.status {
            200 => String::new(),
            status => status.to_string(),
        };
        let upstream = row.leg().map_or("", Leg::host);
        let upstream = upstream.to_lowercase();
        let texts = [
            &**asked,
            &client.peer.to_string(),
            &tag,
            &brought,
            row.state().word(),
            row.why().map(Why::words).unwrap_or_default(),
            &status,
            &row.origin().unwrap_or_default().to_lowercase(),
            &upstream,
            said.get(&row.id).map(String::as_str).unwrap_or_default(),
        ];
        self.words
            .iter()
            .all(|word| *word == number || texts.iter().any(|text| text.contains(&**word)))
    }
}
