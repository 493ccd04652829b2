//! All clients of another node come to this one at once, each with the last id that it had there:
//! measures how long it takes until each has the event that it lacks.

use std::cell::Cell;
use std::time::{Duration, Instant};

use super::crowd::Crowd;
use super::request::{Connection, post};
use super::{Outcome, Target, since_epoch};
use crate::link::Link;
use crate::payload::{self, Seen};
use crate::{procs, stats};

/// The event that the clients have, and the one that they lack.
const HAD: u64 = 1;
const LACKED: u64 = 2;

/// Each time with a topic of its own, which this node does not know before.
pub(super) fn run(
    target: Target,
    clients: usize,
    times: usize,
    publish_to: u16,
    engine: Option<u16>,
) -> anyhow::Result<Outcome> {
    target.warm_up("/topics/warm", 1)?;
    let mut other = Connection::open(publish_to, target.patience())?;
    let mut engine = engine.map(Link::open).transpose()?;
    let mut outcome = Outcome::default();
    let mut took = Vec::new();
    for time in 0..times {
        let topic = format!("/topics/land-{time}");
        let mut publish = |number| other.publish(&post(publish_to, &topic, Seen { number, at: 0 }));
        let had = publish(HAD)?;
        publish(LACKED)?;
        // Sockets are made before the clock starts, because only the server is measured.
        let mut crowd = Crowd::new(&target, &format!("{topic}?lastEventId={had}"), clients)?;
        let mut served = vec![false; clients];
        let (count, wrong) = (Cell::new(0), Cell::new(0));
        let mut each = |client: usize, bytes: &[u8]| {
            // An event is some 150 bytes, which arrive at once.
            payload::scan(bytes, |seen| {
                let is_first = !std::mem::replace(&mut served[client], true);
                let is_right = is_first && seen.number == LACKED;
                let counter = if is_right { &count } else { &wrong };
                counter.set(counter.get() + 1);
            });
        };
        let before = engine.as_mut().map(Link::commands).transpose()?;
        outcome.set(&format!("began_{time}"), since_epoch());
        let begun = Instant::now();
        crowd.connect(&target, usize::MAX, &mut each)?;
        while count.get() + crowd.gone < clients && begun.elapsed() < target.patience() {
            crowd.turn(Duration::from_millis(100), &mut each)?;
        }
        took.push(begun.elapsed().as_secs_f64() * 1000.0);
        outcome.set(&format!("ended_{time}"), since_epoch());
        let after = engine.as_mut().map(Link::commands).transpose()?;
        if let (Some(before), Some(after)) = (before, after) {
            // The first of the two is counted in the second.
            outcome.set(&format!("calls_{time}"), (after - before - 1) as f64);
        }
        crowd.check()?;
        if count.get() < clients || wrong.get() > 0 {
            outcome.trouble(format!(
                "of {clients} clients, {} had the event that they lacked; {} events were wrong",
                count.get(),
                wrong.get()
            ));
        }
        drop(crowd);
        procs::settle(target.pid, Duration::from_secs(10));
    }
    if let Some(time) = stats::median(&took) {
        outcome.set("ms", time);
    }
    Ok(outcome)
}
