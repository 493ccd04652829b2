//! The soak: serves many subscribers for many minutes, and checks that no event is lost and that
//! the server's memory stays flat.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{bail, ensure};

use crate::load::topic::Hall;
use crate::load::{TOPIC, Target};
use crate::servers::{self, LOAD_CORE, Programs, Server};
use crate::{pin, procs, stats};

/// How often a line is printed.
const EVERY: Duration = Duration::from_secs(10);

/// Memory counts as flat if it grows by no more than this from the second quarter to the last: a
/// hundredth of it, plus what an allocator takes and gives back.
const SHARE: f64 = 0.01;
const SLACK: f64 = 0.5e6;

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// Subscribers of the one topic.
    #[arg(long, default_value_t = 10_000)]
    clients: usize,
    /// Events a second.
    #[arg(long, default_value_t = 10.0)]
    rate: f64,
    /// The `sse` to test, instead of the one beside this program.
    #[arg(long, value_name = "FILE")]
    sse_bin: Option<PathBuf>,
}

/// Prints a line every ten seconds and a sentence at the end.
///
/// # Errors
/// An event was lost or repeated, or memory did not stay flat.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    servers::two_cores()?;
    pin::own(LOAD_CORE)?;
    let programs = Programs::new(options.sse_bin.clone())?;
    let running = programs.start(Server::Sse)?;
    let target = Target {
        port: running.port,
        pid: running.id(),
        patience: 60,
    };
    target.warm_up(TOPIC, 5)?;
    let mut hall = Hall::open(&target, options.clients, false)?;
    println!(
        "{:>7} {:>12} {:>6} {:>8} {:>9} {:>6}",
        "seconds", "deliveries", "lost", "repeated", "memory MB", "CPU %"
    );
    let time = Duration::from_secs_f64(options.minutes * 60.0);
    let mut memory = Vec::new();
    let mut next = EVERY.min(time / 10);
    let step = next;
    let mut before = procs::cpu(target.pid);
    let events = hall.steadily(options.rate, time, |since, tally| {
        if since < next {
            return;
        }
        next += step;
        let (held, cpu) = (procs::memory(target.pid), procs::cpu(target.pid));
        memory.push(held);
        println!(
            "{:>7.0} {:>12} {:>6} {:>8} {:>9.2} {:>6.1}",
            since.as_secs_f64(),
            tally.delivered,
            tally.lost,
            tally.repeated,
            held / 1e6,
            cpu.since(&before) / step.as_secs_f64() * 100.0
        );
        before = cpu;
    })?;
    if let Some(wrong) = hall.tally.wrong(events) {
        bail!("{wrong}");
    }
    println!(
        "All {} deliveries arrived, each once and in order.",
        hall.tally.delivered
    );
    let (early, late) = quarters(&memory);
    let change = format!(
        "{:.2} MB in the second quarter and {:.2} MB in the last",
        early / 1e6,
        late / 1e6
    );
    ensure!(
        late <= early * (1.0 + SHARE) + SLACK,
        "memory grows: {change}"
    );
    println!("Memory stayed flat: {change}.");
    Ok(())
}

/// The medians of the second quarter and of the last. The first quarter is for warming up.
fn quarters(values: &[f64]) -> (f64, f64) {
    let quarter = |n: usize| &values[values.len() * n / 4..values.len() * (n + 1) / 4];
    let median = |n| stats::median(quarter(n)).unwrap_or_default();
    (median(1), median(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_quarter_is_compared_with_the_last() {
        let values = [9.0, 9.0, 1.0, 2.0, 7.0, 7.0, 5.0, 6.0];
        assert_eq!(quarters(&values), (1.5, 5.5));
        assert_eq!(quarters(&[]), (0.0, 0.0));
    }
}
