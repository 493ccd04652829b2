//! All clients connect at once, as after a restart of the server: measures how long it takes until
//! each has an event.

use std::cell::Cell;
use std::time::{Duration, Instant};

use super::crowd::Crowd;
use super::{Outcome, TOPIC, Target};
use crate::{procs, stats};

/// The first byte of a published event's data, which each client must receive.
const MARK: u8 = b'@';

pub(super) fn run(target: Target, clients: usize, times: usize) -> anyhow::Result<Outcome> {
    let path = format!("{TOPIC}?lastEventId=earliest");
    target.warm_up(&path, 1)?;
    let mut outcome = Outcome::default();
    let (mut took, mut cpu) = (Vec::new(), Vec::new());
    for _ in 0..times {
        // Sockets are made before the clock starts, because only the server is measured.
        let mut crowd = Crowd::new(&target, &path, clients)?;
        let mut served = vec![false; clients];
        let count = Cell::new(0);
        let mut each = |client: usize, bytes: &[u8]| {
            if !served[client] && memchr::memchr(MARK, bytes).is_some() {
                served[client] = true;
                count.set(count.get() + 1);
            }
        };
        let before = procs::cpu(target.pid);
        let begun = Instant::now();
        crowd.connect(&target, usize::MAX, &mut each)?;
        while count.get() + crowd.gone < clients && begun.elapsed() < target.patience() {
            crowd.turn(Duration::from_millis(100), &mut each)?;
        }
        let time = begun.elapsed();
        cpu.push(procs::cpu(target.pid).since(&before) * 1e6 / clients as f64);
        if count.get() < clients {
            let (count, seconds) = (count.get(), time.as_secs());
            outcome.trouble(format!(
                "only {count} of {clients} clients had an event after {seconds} s"
            ));
            break;
        }
        took.push(time.as_secs_f64() * 1000.0);
        drop(crowd);
        procs::settle(target.pid, Duration::from_secs(10));
    }
    if let Some(time) = stats::median(&took) {
        outcome.set("ms", time);
    }
    if let Some(cpu) = stats::median(&cpu) {
        outcome.set("cpu_us", cpu);
    }
    Ok(outcome)
}
