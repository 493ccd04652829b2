//! Which rows of the table somebody wants to see, and in what order.
//!
//! The table may have ten thousand rows and a window shows fifty: they are sorted and cut here, so
//! that no more than what is looked at leaves the server.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use super::rates::{PerSecond, Rates};
use super::row::{Request, Row, State};
use super::why::Why;
use crate::framing::Framing;

/// Rows that one look shows, at most.
pub(crate) const SHOWN: usize = 200;

/// What somebody wants to see of the table. What is left out is as [`Look::default`] has it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct Look {
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
    /// The id of the one row that is wanted.
    pub id: Option<u64>,
    /// Rows to leave out before the first that is shown.
    pub first: usize,
    /// Rows to show, 200 at most.
    pub count: usize,
}

impl Default for Look {
    /// Open connections above those that ended, newest first.
    fn default() -> Self {
        Self {
            sort: Sort::State,
            descending: false,
            filter: String::new(),
            client: None,
            id: None,
            first: 0,
            count: SHOWN,
        }
    }
}

/// A column to sort by. Rows that are alike in it stand newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Open, ended, refused.
    State,
    /// When it arrived.
    Since,
    /// The client's address and port.
    Peer,
    /// The program.
    Program,
    /// The path of the stream.
    Stream,
    /// The name that the client gave itself.
    Client,
    /// The last event id that it brought: numbers by their size, behind those that are none.
    Brought,
    /// The number of the last event that it was sent.
    LastId,
    /// Events sent.
    Events,
    /// Events a second.
    Rate,
    /// Bytes sent.
    Bytes,
    /// Bytes a second.
    ByteRate,
    /// Events that it has yet to be sent.
    Behind,
    /// The version of HTTP.
    Http,
    /// What its client did after a break: the worst is the largest.
    Verdict,
}

impl Sort {
    /// All of them, by the names that a query gives them.
    pub(crate) const NAMES: [(&str, Sort); 15] = [
        ("state", Sort::State),
        ("since", Sort::Since),
        ("peer", Sort::Peer),
        ("program", Sort::Program),
        ("stream", Sort::Stream),
        ("client", Sort::Client),
        ("brought", Sort::Brought),
        ("last_id", Sort::LastId),
        ("events", Sort::Events),
        ("rate", Sort::Rate),
        ("bytes", Sort::Bytes),
        ("byte_rate", Sort::ByteRate),
        ("behind", Sort::Behind),
        ("http", Sort::Http),
        ("verdict", Sort::Verdict),
    ];

    /// Whether the rows change places by themselves.
    pub(super) fn moves(self) -> bool {
        use Sort::{Behind, Bytes, Events, LastId, Verdict};
        self.is_rate() || matches!(self, Behind | Bytes | Events | LastId | Verdict)
    }

    /// Whether it takes two looks at all rows.
    pub(super) fn is_rate(self) -> bool {
        matches!(self, Self::Rate | Self::ByteRate)
    }
}

impl Look {
    /// The ids of the rows that the filter leaves, in order, however many they are.
    pub(super) fn order(
        &self,
        rows: &[Arc<Row>],
        rates: &Rates,
        weights: &HashMap<u64, u64>,
    ) -> Vec<u64> {
        let mut filter = Filter::new(&self.filter);
        let mut rows: Vec<(Key<'_>, u64)> = rows
            .iter()
            .filter(|row| filter.lets_through(row))
            .map(|row| (Key::of(row, self.sort, rates, weights), row.id))
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

/// What a row is sorted by.
enum Key<'a> {
    Number(u64),
    Rate(f64),
    Text(&'a str),
    Id(Option<u64>, &'a str),
    Peer(std::net::SocketAddr),
}

impl<'a> Key<'a> {
    fn of(row: &'a Row, sort: Sort, rates: &Rates, weights: &HashMap<u64, u64>) -> Self {
        // One that ended has no rate: not the one that it had.
        let rate = |what: fn(PerSecond) -> f64| match row.state() {
            State::Open => Self::Rate(rates.of(row.id).map_or(0.0, what)),
            State::Ended | State::Refused => Self::Rate(-1.0),
        };
        match sort {
            Sort::State => Self::Number(row.state() as u64),
            Sort::Since => Self::Number(row.id),
            Sort::Peer => Self::Peer(row.client.peer),
            Sort::Program => Self::Text(&row.client.asked.program),
            Sort::Stream => Self::Text(&row.client.asked.stream),
            Sort::Events => Self::Number(row.sent.counts().events),
            Sort::Bytes => Self::Number(row.sent.counts().bytes),
            Sort::Client => Self::Text(row.client.tag.as_deref().unwrap_or_default()),
            Sort::Brought => {
                let brought = row.client.brought.as_deref().unwrap_or_default();
                Self::Id(brought.parse().ok(), brought)
            }
            Sort::LastId => Self::Number(row.sent.last().map_or(0, |n| n + 1)),
            Sort::Rate => rate(|rate| rate.events),
            Sort::ByteRate => rate(|rate| rate.bytes),
            Sort::Http => Self::Number(u64::from(row.client.asked.framing == Framing::Chunked)),
            Sort::Verdict => Self::Number(weights.get(&row.id).copied().unwrap_or(0)),
            Sort::Behind => Self::Number(row.behind().unwrap_or(0)),
        }
    }

    /// Keys of one sort are all of one kind.
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.cmp(b),
            (Self::Rate(a), Self::Rate(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Id(a, a_text), Self::Id(b, b_text)) => (a, a_text).cmp(&(b, b_text)),
            (Self::Peer(a), Self::Peer(b)) => a.cmp(b),
            _ => Ordering::Equal,
        }
    }
}

/// Words that a row must all have in its texts.
struct Filter {
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

    fn lets_through(&mut self, row: &Row) -> bool {
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
