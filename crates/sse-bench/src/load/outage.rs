//! Subscribers and publishers while the engine of the topics is away: measures when the first event
//! arrives after the longest pause, and how long a publisher waits for an answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::crowd::Crowd;
use super::request::{Connection, post};
use super::{Outcome, TOPIC, Target, since_epoch};
use crate::payload::{self, Seen};

/// Between two publishes. Each has a connection of its own, and waits for nobody.
const EVERY: Duration = Duration::from_millis(20);

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn run(target: Target, clients: usize, seconds: f64) -> anyhow::Result<Outcome> {
    target.warm_up(TOPIC, 5)?;
    let mut crowd = Crowd::gather(&target, TOPIC, clients)?;
    let begun = Instant::now();
    let end = Duration::from_secs_f64(seconds);
    let is_over = Arc::new(AtomicBool::new(false));
    // Microseconds.
    let longest = Arc::new(AtomicU64::new(0));
    let publisher = {
        let (is_over, longest) = (Arc::clone(&is_over), Arc::clone(&longest));
        thread::spawn(move || publish(target.port, &is_over, &longest))
    };
    // The instant and the clock of the machine when anything arrived last.
    let mut last = None;
    let (mut pause, mut pause_ended) = (Duration::ZERO, 0.0);
    while begun.elapsed() < end {
        let mut came = false;
        crowd.turn(Duration::from_millis(5), |_, bytes| {
            payload::scan(bytes, |_| came = true);
        })?;
        crowd.check()?;
        if came {
            let now = Instant::now();
            if let Some(last) = last.replace(now)
                && now - last > pause
            {
                pause = now - last;
                pause_ended = since_epoch();
            }
        }
    }
    is_over.store(true, Ordering::Relaxed);
    _ = publisher.join();
    let mut outcome = Outcome::default();
    outcome.set("pause_ms", pause.as_secs_f64() * 1000.0);
    outcome.set("pause_ended", pause_ended);
    outcome.set("answer_ms", longest.load(Ordering::Relaxed) as f64 / 1000.0);
    Ok(outcome)
}

fn publish(port: u16, is_over: &AtomicBool, longest: &AtomicU64) {
    thread::scope(|scope| {
        let mut number = 0;
        while !is_over.load(Ordering::Relaxed) {
            number += 1;
            scope.spawn(move || {
                let asked = Instant::now();
                // 503 is an answer.
                if let Ok(mut connection) = Connection::open(port, PATIENCE) {
                    _ = connection.ask(&post(port, TOPIC, Seen { number, at: 0 }));
                }
                let took = u64::try_from(asked.elapsed().as_micros()).unwrap_or(u64::MAX);
                longest.fetch_max(took, Ordering::Relaxed);
            });
            thread::sleep(EVERY);
        }
    });
}
