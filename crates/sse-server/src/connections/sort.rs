//! What the table can be sorted by. Each column is one entry of one list.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;

use serde::Serialize as _;
use sse_wire::Framing;

use super::connection::{Connection, State};
use super::rates::{PerSecond, Rates};

/// Makes [`Sort`] of the list, so that no column can be in one place and be forgotten in another.
macro_rules! sorts {
    ($($(#[$meta:meta])* $sort:ident => $by:expr,)*) => {
        /// A column to sort by. Rows that are alike in it stand newest first.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
        #[cfg_attr(feature = "types", derive(ts_rs::TS))]
        #[serde(rename_all = "snake_case")]
        pub enum Sort {
            $($(#[$meta])* $sort,)*
        }

        impl Sort {
            /// All of them.
            pub(crate) const ALL: &[Self] = &[$(Self::$sort,)*];

            /// How rows compare in it.
            pub(super) fn by(self) -> By {
                match self {
                    $(Self::$sort => $by,)*
                }
            }
        }
    };
}

sorts! {
    /// Open, ended, refused.
    State => By::Still(|row| Key::Number(row.state() as u64)),
    /// When it arrived.
    Since => By::Still(|row| Key::Number(row.id)),
    /// The client's address and port.
    Peer => By::Still(|row| Key::Peer(row.client.peer)),
    /// The program.
    Program => By::Still(|row| Key::Text(&row.client.asked.program)),
    /// The room.
    Room => By::Still(|row| Key::Text(row.client.asked.room.as_deref().unwrap_or_default())),
    /// The path of the stream.
    Stream => By::Still(|row| Key::Text(&row.client.asked.stream)),
    /// The name that the client gave itself.
    Client => By::Still(|row| Key::Text(row.client.tag.as_deref().unwrap_or_default())),
    /// The last event id that it brought: numbers by their size, behind those that are none.
    Brought => By::Still(|row| {
        let brought = row.client.brought.as_deref().unwrap_or_default();
        Key::Id(brought.parse().ok(), brought)
    }),
    /// The number of the last event that it was sent.
    LastId => By::Moving(|row| Key::Number(row.sent.last().map_or(0, |n| n + 1))),
    /// Events sent.
    Events => By::Moving(|row| Key::Number(row.sent.counts().events)),
    /// Events a second.
    Rate => By::Rate(|rate| rate.events),
    /// Bytes sent.
    Bytes => By::Moving(|row| Key::Number(row.sent.counts().bytes)),
    /// Bytes a second.
    ByteRate => By::Rate(|rate| rate.bytes),
    /// Events that it has yet to be sent.
    Behind => By::Moving(|row| Key::Number(row.behind().unwrap_or(0))),
    /// Milliseconds until the head of its upstream was there; those without an upstream first.
    Upstream => By::Still(|row| {
        Key::Number(row.leg().map_or(0, |leg| leg.head_ms().map_or(u64::MAX, |ms| ms + 1)))
    }),
    /// The version of HTTP.
    Http => By::Still(|row| {
        Key::Number(u64::from(row.client.asked.framing == Framing::Chunked))
    }),
    /// What its client did after a break: the worst is the largest.
    Verdict => By::Verdict,
}

impl Sort {
    /// Whether the rows change places by themselves.
    pub(super) fn moves(self) -> bool {
        !matches!(self.by(), By::Still(_))
    }
}

/// The name that a query gives it, which is the one that serde knows.
impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// How rows compare in a column.
pub(super) enum By {
    /// By what changes only when a row comes or ends.
    Still(fn(&Connection) -> Key<'_>),
    /// By what changes with every event.
    Moving(fn(&Connection) -> Key<'_>),
    /// By what it comes to in a second, which takes two looks at all rows.
    Rate(fn(PerSecond) -> f64),
    /// By what there is to say of its client, which changes as time passes.
    Verdict,
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
    pub(super) fn of(
        row: &'a Connection,
        by: &By,
        rates: &Rates,
        weights: &HashMap<u64, u64>,
    ) -> Self {
        match by {
            By::Still(key) | By::Moving(key) => key(row),
            By::Rate(what) => match row.state() {
                State::Open => Self::Rate(rates.of(row.id).map_or(0.0, what)),
                // One that ended has no rate: not the one that it had.
                State::Ended | State::Refused => Self::Rate(-1.0),
            },
            By::Verdict => Self::Number(weights.get(&row.id).copied().unwrap_or(0)),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What moves by itself was listed in the page a second time, and nothing compared the two.
    #[test]
    fn the_page_knows_which_columns_move() {
        const COLUMNS: &str = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../ui/page/connections/columns.js"
        );
        let columns = std::fs::read_to_string(COLUMNS).expect("the page's list is there");
        let mut found = 0;
        for entry in columns.split("\n  {\n").skip(1) {
            let entry = entry.split("\n  },").next().unwrap_or_default();
            let Some((_, sort)) = entry.split_once("    sort: \"") else {
                continue;
            };
            let name = sort.split('"').next().unwrap_or_default();
            let mut sorts = Sort::ALL.iter();
            let sort = sorts.find(|sort| sort.to_string() == name).expect(name);
            assert_eq!(entry.contains("    moves: true,"), sort.moves(), "{name}");
            found += 1;
        }
        assert!(found > 10, "{found} columns of the page were read");
    }
}
