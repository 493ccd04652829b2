//! The rows of the table that a viewer wants to see, and their order.
//!
//! The table may have ten thousand rows, and a window shows fifty. Rows are therefore sorted and
//! cut here, so that only the rows that are shown leave the server.

use std::collections::HashMap;
use std::sync::Arc;

use super::connection::{Connection, Request};
use super::end_reason::Why;
use super::rates::Rates;
use super::sort::{Key, Sort};

/// Rows that one look shows, at most.
pub(crate) const SHOWN: usize = 200;

/// What somebody wants to see of the table. What is left out is as [`TableQuery::default`] has it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct TableQuery {
    /// What the rows are sorted by.
    pub sort: Sort,
    /// The largest, or the last, first.
    pub descending: bool,
    /// Words that a row must all have, in any case: in its peer, program, method, stream, tag, the
    /// id that it brought, its state, or why it ended; in the status of one that got no stream, and
    /// the origin of one that was refused for it.
    pub filter: String,
    /// The tag of the one client that is wanted.
    pub client: Option<String>,
    /// The path of the one stream that is wanted.
    pub stream: Option<String>,
    /// The id of the one row that is wanted.
    pub id: Option<u64>,
    /// Rows to leave out before the first that is shown.
    pub first: usize,
    /// Rows to show, 200 at most.
    pub count: usize,
}

impl Default for TableQuery {
    /// Open connections above those that ended, newest first.
    fn default() -> Self {
        Self {
            sort: Sort::State,
            descending: false,
            filter: String::new(),
            client: None,
            stream: None,
            id: None,
            first: 0,
            count: SHOWN,
        }
    }
}

impl TableQuery {
    /// The ids of the rows that the filter leaves, in order, however many they are.
    pub(super) fn order(
        &self,
        rows: &[Arc<Connection>],
        rates: &Rates,
        weights: &HashMap<u64, u64>,
    ) -> Vec<u64> {
        let mut filter = Filter::new(&self.filter);
        let by = self.sort.by();
        let mut rows: Vec<(Key<'_>, u64)> = rows
            .iter()
            .filter(|row| filter.lets_through(row))
            .map(|row| (Key::of(row, &by, rates, weights), row.id))
            .collect();
        rows.sort_unstable_by(|(a, a_id), (b, b_id)| {
            let order = a.cmp(b);
            let order = if self.descending {
                order.reverse()
            } else {
                order
            };
            order.then(b_id.cmp(a_id))
        });
        rows.into_iter().map(|(_, id)| id).collect()
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

    fn lets_through(&mut self, row: &Connection) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let client = &row.client;
        let asked = self
            .asked
            .entry(Arc::as_ptr(&client.asked))
            .or_insert_with(|| {
                let Request {
                    program,
                    stream,
                    method,
                    ..
                } = &*client.asked;
                format!("{program}\n{stream}\n{method}").to_lowercase()
            });
        let tag = client.tag.as_deref().unwrap_or_default().to_lowercase();
        let brought = client.brought.as_deref().unwrap_or_default().to_lowercase();
        let status = match row.status {
            200 => String::new(),
            status => status.to_string(),
        };
        let texts = [
            &**asked,
            &client.peer.to_string(),
            &tag,
            &brought,
            row.state().word(),
            row.why().map(Why::words).unwrap_or_default(),
            &status,
            &row.origin.as_deref().unwrap_or_default().to_lowercase(),
        ];
        self.words
            .iter()
            .all(|word| texts.iter().any(|text| text.contains(&**word)))
    }
}
