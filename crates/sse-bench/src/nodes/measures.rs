//! What is measured of nodes that share their topics, and the goals.

use super::cluster::Side;
use crate::load::Work;
use crate::measures::{Goal, Workload};

/// How a figure is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Load {
    Fanout1k,
    Fanout10k,
    Most1k,
    Most10k,
    Land,
    PublishOne,
    PublishMany,
    Outage,
    Killed,
}

/// The calls of `redis-benchmark`.
pub(super) const CALLS: u64 = 60_000;

impl Load {
    pub(super) const ALL: [Self; 9] = [
        Self::Fanout1k,
        Self::Fanout10k,
        Self::Most1k,
        Self::Most10k,
        Self::Land,
        Self::PublishOne,
        Self::PublishMany,
        Self::Outage,
        Self::Killed,
    ];

    /// The sides that it is taken with, in the order of the first round.
    pub(super) fn sides(self) -> &'static [Side] {
        match self {
            Self::Fanout1k | Self::Fanout10k | Self::Most1k | Self::Most10k => {
                &[Side::Alone, Side::Engine, Side::Nchan, Side::BetterSse]
            }
            Self::Land => &[Side::Alone, Side::Engine],
            Self::PublishOne | Self::PublishMany | Self::Outage | Self::Killed => &[Side::Engine],
        }
    }

    /// How many nodes it needs of such a side.
    pub(super) fn nodes(self, side: Side) -> usize {
        match (self, side) {
            (Self::Land | Self::Killed, Side::Engine) => 2,
            _ => 1,
        }
    }

    /// What the clients do, with the ports of another node and of the engine.
    pub(super) fn work(self, other: u16, engine: Option<u16>) -> Workload {
        let work = match self {
            Self::Fanout1k => Work::Fanout {
                clients: 1000,
                rate: 20.0,
                seconds: 5.0,
            },
            Self::Fanout10k => Work::Fanout {
                clients: 10_000,
                rate: 1.0,
                seconds: 6.0,
            },
            Self::Most1k => most(1000),
            Self::Most10k => most(10_000),
            Self::Land => Work::Land {
                clients: 10_000,
                times: 2,
                other,
                engine,
            },
            Self::PublishOne => Work::Publish {
                requests: 1,
                seconds: 2.0,
            },
            Self::PublishMany => Work::Publish {
                requests: 64,
                seconds: 2.0,
            },
            Self::Outage => Work::Outage {
                clients: 100,
                seconds: 6.0,
            },
            Self::Killed => Work::Killed {
                clients: 1000,
                other,
            },
        };
        Workload {
            key: "nodes",
            work,
            topic: true,
            is_near: true,
        }
    }
}

fn most(clients: usize) -> Work {
    Work::Most {
        clients,
        window: 64,
        connections: 64,
        seconds: 3.0,
    }
}

/// What a figure is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beside {
    /// The same figure of another side.
    Side(Side),
    /// The figure `bare` of the same run: the engine asked directly.
    Bare,
    /// Nothing: the goal is a number.
    Nothing,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Its name for `--measure`.
    pub(super) key: &'static str,
    pub(super) title: &'static str,
    pub(super) load: Load,
    pub(super) figure: &'static str,
    pub(super) unit: &'static str,
    /// The figure times this is the value in `unit`.
    pub(super) scale: f64,
    pub(super) beside: Beside,
    pub(super) goal: Goal,
    /// Whether the largest figure of all rounds counts, and not the median.
    pub(super) is_exact: bool,
}

const ALONE: Beside = Beside::Side(Side::Alone);

pub(super) const ROWS: [Row; 13] = [
    Row {
        key: "cpu-1k",
        title: "CPU of the node per delivery, 1,000 subscribers, 20 events/s",
        load: Load::Fanout1k,
        figure: "cpu_us",
        unit: "µs",
        scale: 1.0,
        beside: ALONE,
        goal: Goal::RatioAtMost(1.03),
        is_exact: false,
    },
    Row {
        key: "cpu-10k",
        title: "CPU of the node per delivery, 10,000 subscribers, 1 event/s",
        load: Load::Fanout10k,
        figure: "cpu_us",
        unit: "µs",
        scale: 1.0,
        beside: ALONE,
        goal: Goal::RatioAtMost(1.03),
        is_exact: false,
    },
    Row {
        key: "p99-10k",
        title: "Latency p99, 10,000 subscribers, 1 event/s",
        load: Load::Fanout10k,
        figure: "p99_ms",
        unit: "ms",
        scale: 1.0,
        beside: ALONE,
        goal: Goal::RatioAtMost(1.05),
        is_exact: false,
    },
    Row {
        key: "most-1k",
        title: "Most deliveries a second without loss, 1,000 subscribers",
        load: Load::Most1k,
        figure: "per_s",
        unit: "million/s",
        scale: 1e-6,
        beside: ALONE,
        goal: Goal::RatioAtLeast(0.85),
        is_exact: false,
    },
    Row {
        key: "most-10k",
        title: "Most deliveries a second without loss, 10,000 subscribers",
        load: Load::Most10k,
        figure: "per_s",
        unit: "million/s",
        scale: 1e-6,
        beside: ALONE,
        goal: Goal::RatioAtLeast(0.95),
        is_exact: false,
    },
    Row {
        key: "memory",
        title: "User memory a subscriber, 10,000 subscribers",
        load: Load::Fanout10k,
        figure: "bytes_per_client",
        unit: "KB",
        scale: 1e-3,
        beside: ALONE,
        goal: Goal::RatioAtMost(1.00),
        is_exact: false,
    },
    Row {
        key: "publish",
        title: "A publish over HTTP, one at a time",
        load: Load::PublishOne,
        figure: "us",
        unit: "µs",
        scale: 1.0,
        beside: Beside::Bare,
        goal: Goal::RatioAtMost(1.5),
        is_exact: false,
    },
    Row {
        key: "publish-64",
        title: "Acknowledged publishes a second, 64 requests under way, one topic",
        load: Load::PublishMany,
        figure: "per_s",
        unit: "publishes/s",
        scale: 1.0,
        beside: Beside::Bare,
        goal: Goal::RatioAtLeast(0.5),
        is_exact: false,
    },
    Row {
        key: "reconnect",
        title: "10,000 clients of a node come to another at once",
        load: Load::Land,
        figure: "ms",
        unit: "ms",
        scale: 1.0,
        beside: ALONE,
        goal: Goal::RatioAtMost(1.1),
        is_exact: false,
    },
    Row {
        key: "commands",
        title: "Commands that Redis is given meanwhile",
        load: Load::Land,
        figure: "commands",
        unit: "commands",
        scale: 1.0,
        beside: Beside::Nothing,
        goal: Goal::AtMost(10.0),
        is_exact: true,
    },
    Row {
        key: "engine-back",
        title: "Redis is back, until the first event at a subscriber",
        load: Load::Outage,
        figure: "back_ms",
        unit: "ms",
        scale: 1.0,
        beside: Beside::Nothing,
        goal: Goal::AtMost(1000.0),
        is_exact: false,
    },
    Row {
        key: "engine-away",
        title: "Longest wait of a publisher for its answer while Redis is away",
        load: Load::Outage,
        figure: "answer_ms",
        unit: "ms",
        scale: 1.0,
        beside: Beside::Nothing,
        goal: Goal::AtMost(2000.0),
        is_exact: false,
    },
    Row {
        key: "node-killed",
        title: "A node is killed, until its 1,000 clients have events of another, beyond `retry`",
        load: Load::Killed,
        figure: "beyond_retry_ms",
        unit: "ms",
        scale: 1.0,
        beside: Beside::Nothing,
        goal: Goal::AtMost(500.0),
        is_exact: false,
    },
];

/// The rows of which others have figures too, with the goals beside each of them.
pub(super) const BESIDE_OTHERS: [(&str, Goal); 5] = [
    ("cpu-1k", Goal::RatioAtMost(0.65)),
    ("cpu-10k", Goal::RatioAtMost(0.65)),
    ("memory", Goal::RatioAtMost(0.1)),
    ("most-1k", Goal::RatioAtLeast(10.0)),
    ("most-10k", Goal::RatioAtLeast(10.0)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_load_has_a_row_and_every_row_of_others_is_one_of_ours() {
        for load in Load::ALL {
            assert!(ROWS.iter().any(|row| row.load == load), "{load:?}");
        }
        for (key, _) in BESIDE_OTHERS {
            let row = ROWS.iter().find(|row| row.key == key).expect(key);
            assert!(row.load.sides().contains(&Side::Nchan), "{key}");
        }
    }
}
