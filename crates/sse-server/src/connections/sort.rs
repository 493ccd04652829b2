//! What the table can be sorted by.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::rates::{PerSecond, Rates};
use super::row::{Row, State};
use crate::framing::Framing;

/// A column to sort by. Rows that are alike in it stand newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
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

/// What a row is sorted by.
pub(super) enum Key<'a> {
    Number(u64),
    Rate(f64),
    Text(&'a str),
    Id(Option<u64>, &'a str),
    Peer(std::net::SocketAddr),
}

impl<'a> Key<'a> {
    pub(super) fn of(row: &'a Row, sort: Sort, rates: &Rates, weights: &HashMap<u64, u64>) -> Self {
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
    pub(super) fn cmp(&self, other: &Self) -> Ordering {
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
