//! How many events a subscriber was sent at a time: by the segments that the kernel sent, which is
//! known of every server, and by the passes that a server counts.

use std::fs;
use std::time::Duration;

use super::request::Connection;
use super::{Outcome, Target};

/// How long a server may take to say what it counted.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was counted until an instant.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Counted {
    /// TCP segments with data that this machine sent for the first time.
    segments: Option<f64>,
    /// Events that the server was given, and its passes over their subscribers.
    passes: Option<(f64, f64)>,
}

impl Counted {
    /// What is counted by now.
    pub(super) fn now(target: &Target) -> Self {
        let netstat = fs::read_to_string("/proc/net/netstat").unwrap_or_default();
        let request = target.get("/metrics");
        // Most servers have no such page.
        let page = Connection::open(target.port, PATIENCE).and_then(|mut connection| {
            let (status, body) = connection.ask(&request)?;
            Ok((status == 200).then(|| body.to_owned()))
        });
        Self {
            segments: field(&netstat, "TcpExt:", "TCPOrigDataSent"),
            passes: page.ok().flatten().and_then(|page| {
                let events = value(&page, "sse_published_events_total")?;
                Some((events, value(&page, "sse_pass_duration_seconds_count")?))
            }),
        }
    }

    /// Enters what a send and a pass carried since `before`, with so many deliveries.
    pub(super) fn enter(&self, before: &Self, delivered: u64, outcome: &mut Outcome) {
        if let (Some(now), Some(before)) = (self.segments, before.segments)
            && now > before
        {
            outcome.set("events_a_send", delivered as f64 / (now - before));
        }
        if let (Some(now), Some(before)) = (self.passes, before.passes)
            && now.1 > before.1
        {
            outcome.set("events_a_pass", (now.0 - before.0) / (now.1 - before.1));
        }
    }
}

/// A number of `/proc/net/netstat`, which has a line of names and then one of numbers.
fn field(netstat: &str, of: &str, name: &str) -> Option<f64> {
    let mut lines = netstat.lines().filter(|line| line.starts_with(of));
    let (names, numbers) = (lines.next()?, lines.next()?);
    let mut pairs = names.split(' ').zip(numbers.split(' '));
    pairs.find(|(it, _)| *it == name)?.1.parse().ok()
}

/// The value of a metric without labels.
fn value(page: &str, name: &str) -> Option<f64> {
    let of_line = |line: &str| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok();
    page.lines().find_map(of_line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_stand_one_below_the_other() {
        let text = "TcpExt: A TCPOrigDataSent B\nTcpExt: 1 22 3\nIpExt: A\nIpExt: 9\n";
        assert_eq!(field(text, "TcpExt:", "TCPOrigDataSent"), Some(22.0));
        assert_eq!(field(text, "IpExt:", "A"), Some(9.0));
        assert_eq!(field(text, "TcpExt:", "TCPOrig"), None);
        assert_eq!(field("", "TcpExt:", "A"), None);
    }

    #[test]
    fn what_a_send_and_a_pass_carried_is_what_came_since() {
        let page = |events: u32, passes: u32| {
            let page = format!(
                "# TYPE sse_published_events counter\nsse_published_events_total {events}\n\
                 sse_pass_duration_seconds_sum 0.5\nsse_pass_duration_seconds_count {passes}\n"
            );
            let events = value(&page, "sse_published_events_total");
            events.zip(value(&page, "sse_pass_duration_seconds_count"))
        };
        let counted = |segments: f64, passes| Counted {
            segments: Some(segments),
            passes,
        };
        let mut outcome = Outcome::default();
        let before = counted(500.0, page(5, 5));
        counted(1500.0, page(13, 7)).enter(&before, 8000, &mut outcome);
        assert_eq!(outcome.figures["events_a_send"], 8.0);
        assert_eq!(outcome.figures["events_a_pass"], 4.0);
        let mut other = Outcome::default();
        counted(500.0, None).enter(&before, 8000, &mut other);
        assert_eq!(other, Outcome::default(), "what is not known is not shown");
    }
}
