//! The measures, the load that takes each of them, and the goals.

use crate::load::Work;
use crate::stats::Interval;

/// A load with its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Workload {
    pub(crate) key: &'static str,
    pub(crate) work: Work,
    /// Whether a topic is all that the server must offer.
    pub(crate) topic: bool,
    /// Whether `sse serve` is near the goal of one of its measures. Then it and the limit take more
    /// rounds, because three cannot tell a ratio of 1.10 from one of 1.05.
    pub(crate) is_near: bool,
}

/// What a figure is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Goal {
    /// Its ratio to the limit in the same round.
    RatioAtMost(f64),
    RatioAtLeast(f64),
    /// Itself.
    AtMost(f64),
}

impl Goal {
    /// Whether the goal is met, given the median of the figures and the interval of their ratios: a
    /// goal that is a ratio is met when the interval reaches it.
    pub(crate) fn reached(self, value: f64, ratio: Option<Interval>) -> Option<bool> {
        let nearest = ratio.map(|interval| match self {
            Goal::RatioAtLeast(_) => interval.high,
            _ => interval.low,
        });
        self.met(value, nearest)
    }

    /// Whether the goal is met, given the median of the figures and the median of their ratios.
    pub(crate) fn met(self, value: f64, ratio: Option<f64>) -> Option<bool> {
        match self {
            Goal::RatioAtMost(bound) => ratio.map(|ratio| ratio <= bound),
            Goal::RatioAtLeast(bound) => ratio.map(|ratio| ratio >= bound),
            Goal::AtMost(bound) => Some(value <= bound),
        }
    }
}

/// A figure of a load, as the tables show it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measure {
    /// Its name for `--measure`.
    pub(crate) key: &'static str,
    pub(crate) title: &'static str,
    /// How it is measured.
    pub(crate) how: &'static str,
    pub(crate) workload: &'static str,
    pub(crate) figure: &'static str,
    pub(crate) unit: &'static str,
    /// The figure times this is the value in `unit`.
    pub(crate) scale: f64,
    /// Figures of the same load that explain this one, each with its name in the table.
    pub(crate) beside: &'static [(&'static str, &'static str)],
    /// `None` for a figure that is only shown.
    pub(crate) goal: Option<Goal>,
}

/// All loads, in the order in which they run.
pub(crate) const WORKLOADS: [Workload; 11] = [
    Workload {
        key: "fanout-1k",
        work: Work::Fanout {
            clients: 1000,
            rate: 20.0,
            seconds: 5.0,
        },
        topic: true,
        is_near: true,
    },
    Workload {
        key: "fanout-10k",
        work: Work::Fanout {
            clients: 10_000,
            rate: 1.0,
            seconds: 6.0,
        },
        topic: true,
        is_near: true,
    },
    Workload {
        key: "most-1k",
        work: Work::Most {
            clients: 1000,
            window: WINDOW,
            connections: 1,
            seconds: 3.0,
        },
        topic: true,
        is_near: true,
    },
    Workload {
        key: "most-10k",
        work: Work::Most {
            clients: 10_000,
            window: WINDOW,
            connections: 1,
            seconds: 3.0,
        },
        topic: true,
        is_near: true,
    },
    Workload {
        key: "most-1k-8",
        work: Work::Most {
            clients: 1000,
            window: SMALL_WINDOW,
            connections: 1,
            seconds: 3.0,
        },
        topic: true,
        is_near: true,
    },
    Workload {
        key: "most-10k-8",
        work: Work::Most {
            clients: 10_000,
            window: SMALL_WINDOW,
            connections: 1,
            seconds: 3.0,
        },
        topic: true,
        is_near: true,
    },
    Workload {
        key: "endless",
        work: Work::Endless {
            clients: 10_000,
            seconds: 5.0,
        },
        topic: false,
        is_near: true,
    },
    Workload {
        key: "reconnect",
        work: Work::Storm {
            clients: 10_000,
            times: 3,
        },
        topic: true,
        is_near: true,
    },
    Workload {
        key: "short",
        work: Work::Short {
            clients: 50,
            seconds: 5.0,
        },
        topic: false,
        is_near: false,
    },
    Workload {
        key: "unpaced",
        work: Work::Unpaced {
            clients: 50,
            seconds: 3.0,
        },
        topic: false,
        is_near: true,
    },
    Workload {
        key: "taps",
        // Those of the first 64 connections have a tap. So many events are 160 KB, and a tap keeps
        // the last 64.
        work: Work::Fanout {
            clients: 64,
            rate: 250.0,
            seconds: 4.0,
        },
        topic: false,
        is_near: false,
    },
];

/// How many events may be under way while the most deliveries are measured.
const WINDOW: u64 = 64;

/// So few that what a pass carries depends on how the server gathers those that come while one is
/// under way.
const SMALL_WINDOW: u64 = 8;

/// How many events a subscriber is sent at a time.
const CARRIED: &[(&str, &str)] = &[
    ("events_a_send", "events a send"),
    ("events_a_pass", "events a pass"),
];

/// All measures, in the order of the tables.
pub(crate) const MEASURES: [Measure; 14] = [
    Measure {
        key: "cpu-1k",
        title: "CPU per delivery, 1,000 subscribers, 20 events/s",
        how: "The CPU time of the server, user and system, over 5 s, divided by the 100,000 \
              deliveries in these 5 s.",
        workload: "fanout-1k",
        figure: "cpu_us",
        unit: "µs",
        scale: 1.0,
        beside: &[],
        goal: Some(Goal::RatioAtMost(1.05)),
    },
    Measure {
        key: "cpu-10k",
        title: "CPU per delivery, 10,000 subscribers, 1 event/s",
        how: "The same over 6 s, with 60,000 deliveries.",
        workload: "fanout-10k",
        figure: "cpu_us",
        unit: "µs",
        scale: 1.0,
        beside: &[],
        goal: Some(Goal::RatioAtMost(1.10)),
    },
    Measure {
        key: "p99-10k",
        title: "Latency p99, 10,000 subscribers, 1 event/s",
        how: "The time from the write to the publisher's socket until a subscriber has read the \
              event. In the same run, 99 of 100 deliveries took at most this long.",
        workload: "fanout-10k",
        figure: "p99_ms",
        unit: "ms",
        scale: 1.0,
        beside: &[],
        goal: Some(Goal::RatioAtMost(1.05)),
    },
    Measure {
        key: "most-1k",
        title: "Most deliveries a second without loss, 1,000 subscribers",
        how: "One connection publishes the next event whenever fewer than 64 are under way. An \
              event is under way until every subscriber has it. The connection does not wait for \
              answers. The figure is the deliveries in 3 s, after 1 s of run-up, divided by the \
              time. All events must arrive, once and in order. Events a send are the deliveries of \
              the whole run, divided by the TCP segments with data that the machine sent meanwhile \
              (`TCPOrigDataSent`). Events a pass are those that were published, divided by the \
              passes over the subscribers, as far as `/metrics` of the server counts them.",
        workload: "most-1k",
        figure: "per_s",
        unit: "million/s",
        scale: 1e-6,
        beside: CARRIED,
        goal: Some(Goal::RatioAtLeast(0.95)),
    },
    Measure {
        key: "most-10k",
        title: "Most deliveries a second without loss, 10,000 subscribers",
        how: "The same with 10,000 subscribers.",
        workload: "most-10k",
        figure: "per_s",
        unit: "million/s",
        scale: 1e-6,
        beside: CARRIED,
        goal: Some(Goal::RatioAtLeast(0.95)),
    },
    Measure {
        key: "most-1k-8",
        title: "Most deliveries a second, 8 events under way, 1,000 subscribers",
        how: "The same with 1,000 subscribers, and 8 events under way instead of 64. What a send \
              carries then depends on how the server gathers the events that come while a pass \
              is under way.",
        workload: "most-1k-8",
        figure: "per_s",
        unit: "million/s",
        scale: 1e-6,
        beside: CARRIED,
        goal: Some(Goal::RatioAtLeast(0.85)),
    },
    Measure {
        key: "most-10k-8",
        title: "Most deliveries a second, 8 events under way, 10,000 subscribers",
        how: "The same with 10,000 subscribers.",
        workload: "most-10k-8",
        figure: "per_s",
        unit: "million/s",
        scale: 1e-6,
        beside: CARRIED,
        goal: Some(Goal::RatioAtLeast(0.85)),
    },
    Measure {
        key: "memory",
        title: "User memory a subscriber, 10,000 subscribers",
        how: "The growth of `Pss` of the server's processes (`/proc/PID/smaps_rollup`), divided \
              by 10,000. It is measured from the end of a warm-up with 100 subscribers, before \
              the first of the 10,000, to the end of the run with 1 event/s. It includes the row \
              that `sse serve` keeps of each connection.",
        workload: "fanout-10k",
        figure: "bytes_per_client",
        unit: "KB",
        scale: 1e-3,
        beside: &[],
        goal: Some(Goal::AtMost(0.8)),
    },
    Measure {
        key: "memory-taps",
        title: "User memory of a subscriber with a tap, 64 subscribers",
        how: "`sse serve` keeps the last 64 KiB that the kernel took of each of the first 64 \
              connections, with the times of their pieces, for people who look at the wire. The \
              other servers keep nothing. The figure is the growth of `Pss` as above, divided by \
              64, with 1,000 events in 4 s. They are some 160 KB for each subscriber, so each tap \
              is full.",
        workload: "taps",
        figure: "bytes_per_client",
        unit: "KB",
        scale: 1e-3,
        beside: &[],
        goal: None,
    },
    Measure {
        key: "endless",
        title: "CPU per event, 10,000 clients of `/endless`",
        how: "Each client has its own timer of 500 ms. The figure is the CPU time of the server \
              over 5 s, divided by the 100,000 events in these 5 s.",
        workload: "endless",
        figure: "cpu_us",
        unit: "µs",
        scale: 1.0,
        beside: &[],
        goal: Some(Goal::RatioAtMost(1.10)),
    },
    Measure {
        key: "reconnect",
        title: "10,000 clients reconnect at once",
        how: "Each client requests `/topics/bench?lastEventId=earliest`, and the topic keeps one \
              event. The time runs from the first connect until every client has that event. A \
              round is the median of three storms.",
        workload: "reconnect",
        figure: "ms",
        unit: "ms",
        scale: 1.0,
        beside: &[],
        goal: Some(Goal::RatioAtMost(1.20)),
    },
    Measure {
        key: "short",
        title: "Connect, five events, close",
        how: "Clients request `/numbers?every=0ms&count=5` again and again for 5 s, with 50 \
              connections at a time.",
        workload: "short",
        figure: "per_s",
        unit: "streams/s",
        scale: 1.0,
        beside: &[],
        goal: Some(Goal::RatioAtLeast(1.30)),
    },
    Measure {
        key: "unpaced",
        title: "Unpaced stream, 50 clients, one core",
        how: "Clients read `/endless?every=0ms` for 3 s, after 0.5 s of run-up. The figure is the \
              events of all clients, divided by the time. One client checks every number; for the \
              others, the last numbers are added up.",
        workload: "unpaced",
        figure: "per_s",
        unit: "million/s",
        scale: 1e-6,
        beside: &[],
        goal: Some(Goal::RatioAtLeast(0.70)),
    },
    Measure {
        key: "unpaced-first",
        title: "Unpaced stream, first event of the last of 50 clients",
        how: "In the same run, the time from the first connect until every client has received an \
              event.",
        workload: "unpaced",
        figure: "first_ms",
        unit: "ms",
        scale: 1.0,
        beside: &[],
        goal: Some(Goal::AtMost(100.0)),
    },
];

impl Workload {
    /// The same with few clients and little time, to check that it works.
    pub(crate) fn quick(mut self) -> Self {
        match &mut self.work {
            Work::Fanout {
                clients, seconds, ..
            }
            | Work::Most {
                clients, seconds, ..
            }
            | Work::Endless { clients, seconds }
            | Work::Short { clients, seconds }
            | Work::Unpaced { clients, seconds } => {
                *clients = (*clients / 10).max(10);
                *seconds = 1.0;
            }
            Work::Storm { clients, times } | Work::Land { clients, times, .. } => {
                *clients /= 10;
                *times = 1;
            }
            Work::Publish { seconds, .. } => *seconds = 0.5,
            // Most of its time is what it measures.
            Work::Outage { clients, .. } | Work::Killed { clients, .. } => *clients /= 10,
        }
        self
    }

    /// The arguments that make `sse-bench load` run this load.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let (name, options) = match self.work {
            Work::Fanout {
                clients,
                rate,
                seconds,
            } => (
                "fanout",
                vec![
                    ("clients", clients as f64),
                    ("rate", rate),
                    ("seconds", seconds),
                ],
            ),
            Work::Most {
                clients,
                window,
                connections,
                seconds,
            } => (
                "most",
                vec![
                    ("clients", clients as f64),
                    ("window", window as f64),
                    ("connections", connections as f64),
                    ("seconds", seconds),
                ],
            ),
            Work::Endless { clients, seconds } => (
                "endless",
                vec![("clients", clients as f64), ("seconds", seconds)],
            ),
            Work::Storm { clients, times } => (
                "storm",
                vec![("clients", clients as f64), ("times", times as f64)],
            ),
            Work::Land {
                clients,
                times,
                other,
                engine,
            } => (
                "land",
                [
                    ("clients", clients as f64),
                    ("times", times as f64),
                    ("other", f64::from(other)),
                ]
                .into_iter()
                .chain(engine.map(|port| ("engine", f64::from(port))))
                .collect(),
            ),
            Work::Publish { requests, seconds } => (
                "publish",
                vec![("requests", requests as f64), ("seconds", seconds)],
            ),
            Work::Killed { clients, other } => (
                "killed",
                vec![("clients", clients as f64), ("other", f64::from(other))],
            ),
            Work::Outage { clients, seconds } => (
                "outage",
                vec![("clients", clients as f64), ("seconds", seconds)],
            ),
            Work::Short { clients, seconds } => (
                "short",
                vec![("clients", clients as f64), ("seconds", seconds)],
            ),
            Work::Unpaced { clients, seconds } => (
                "unpaced",
                vec![("clients", clients as f64), ("seconds", seconds)],
            ),
        };
        let options = options
            .into_iter()
            .flat_map(|(name, value)| [format!("--{name}"), value.to_string()]);
        std::iter::once(name.to_owned()).chain(options).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measure_has_its_load_and_every_load_a_measure() {
        for measure in MEASURES {
            assert!(
                WORKLOADS.iter().any(|load| load.key == measure.workload),
                "{}",
                measure.key
            );
        }
        for load in WORKLOADS {
            assert!(
                MEASURES.iter().any(|measure| measure.workload == load.key),
                "{}",
                load.key
            );
        }
    }

    #[test]
    fn goals_are_met_at_their_bounds() {
        assert_eq!(Goal::RatioAtMost(1.1).met(5.0, Some(1.1)), Some(true));
        assert_eq!(Goal::RatioAtMost(1.1).met(5.0, Some(1.2)), Some(false));
        assert_eq!(Goal::RatioAtLeast(0.9).met(5.0, Some(0.8)), Some(false));
        assert_eq!(Goal::RatioAtLeast(0.9).met(5.0, None), None);
        assert_eq!(Goal::AtMost(1.0).met(1.0, None), Some(true));
        assert_eq!(Goal::AtMost(1.0).met(1.1, None), Some(false));
    }

    #[test]
    fn a_goal_that_is_a_ratio_is_met_when_the_interval_reaches_it() {
        let between = |low: f64, high: f64| {
            Some(Interval {
                low,
                high,
                sure: None,
            })
        };
        let (most, least) = (Goal::RatioAtMost(1.05), Goal::RatioAtLeast(0.95));
        assert_eq!(most.reached(5.0, between(1.05, 1.2)), Some(true));
        assert_eq!(most.reached(5.0, between(1.06, 1.2)), Some(false));
        assert_eq!(least.reached(5.0, between(0.7, 0.95)), Some(true));
        assert_eq!(least.reached(5.0, between(0.7, 0.94)), Some(false));
        assert_eq!(least.reached(5.0, None), None);
        let one = between(0.1, 9.0);
        assert_eq!(Goal::AtMost(1.0).reached(1.1, one), Some(false));
        assert_eq!(Goal::AtMost(1.1).reached(1.1, one), Some(true));
    }

    #[test]
    fn a_load_is_named_by_its_arguments() {
        let words = WORKLOADS[1].arguments();
        assert_eq!(
            words,
            [
                "fanout",
                "--clients",
                "10000",
                "--rate",
                "1",
                "--seconds",
                "6"
            ]
        );
    }
}
