//! Subscribers and a publisher, for two measures: at a steady rate, and at the highest rate at
//! which every subscriber gets every event.

use std::time::{Duration, Instant};

use super::crowd::Crowd;
use super::passes::Counted;
use super::publisher::Publisher;
use super::tally::Tally;
use super::{Clock, Outcome, TOPIC, Target};
use crate::{procs, stats};

/// How long after the last event a delivery still counts.
const LATE: Duration = Duration::from_secs(3);

/// How long the connected subscribers are idle before the first event.
const REST: Duration = Duration::from_secs(1);

/// How long the most deliveries are not counted at first, until the pace is steady.
const RUN_UP: Duration = Duration::from_secs(1);

/// If nothing is delivered for this long, the server is stuck.
const STUCK: Duration = Duration::from_secs(5);

/// How long the events under way may take to arrive after the last publish.
const DRAIN: Duration = Duration::from_secs(60);

/// A topic with its subscribers and its publisher.
pub(crate) struct Hall {
    crowd: Crowd,
    /// Events go to them in turn.
    publishers: Vec<Publisher>,
    pub(crate) tally: Tally,
    clock: Clock,
    published: u64,
}

impl Hall {
    /// Connects the subscribers, each with its head, and a publisher that has published nothing
    /// yet.
    ///
    /// # Errors
    /// Not all clients could be connected.
    pub(crate) fn open(target: &Target, clients: usize, latencies: bool) -> anyhow::Result<Self> {
        let crowd = Crowd::gather(target, TOPIC, clients)?;
        let publisher = Publisher::connect(target, TOPIC)?;
        publisher.watch(&crowd.poll)?;
        let mut hall = Self {
            tally: Tally::new(clients, latencies),
            crowd,
            publishers: vec![publisher],
            clock: Clock::new(),
            published: 0,
        };
        let begun = Instant::now();
        while begun.elapsed() < REST {
            hall.turn(Duration::from_millis(100))?;
        }
        Ok(hall)
    }

    /// Connects more publishers, so that there are this many. Events may then change places.
    fn with_publishers(mut self, target: &Target, connections: usize) -> anyhow::Result<Self> {
        while self.publishers.len() < connections {
            let publisher = Publisher::connect(target, TOPIC)?;
            publisher.watch(&self.crowd.poll)?;
            self.publishers.push(publisher);
        }
        if connections > 1 {
            self.tally = self.tally.in_any_order();
        }
        Ok(self)
    }

    /// Publishes `rate` events a second for this time, and waits a moment for the last deliveries.
    /// Calls `meanwhile` between two turns with the time since the start. Returns how many events
    /// it published.
    ///
    /// # Errors
    /// A stream or the publisher's connection ended.
    pub(crate) fn steadily(
        &mut self,
        rate: f64,
        time: Duration,
        mut meanwhile: impl FnMut(Duration, &Tally),
    ) -> anyhow::Result<u64> {
        let events = (rate * time.as_secs_f64()).round().max(1.0) as u64;
        let begun = Instant::now();
        let due = |event: u64| begun + Duration::from_secs_f64(event as f64 / rate);
        let end = due(events);
        loop {
            let now = Instant::now();
            while self.published < events && due(self.published) <= now {
                self.publish();
            }
            self.flush()?;
            let complete = self.tally.complete() == events;
            if now >= end && (complete || now >= end + LATE) {
                return Ok(events);
            }
            meanwhile(now - begun, &self.tally);
            let next = due(self.published).max(now);
            let wait = (next - now).clamp(Duration::from_millis(1), Duration::from_millis(100));
            self.turn(wait)?;
        }
    }

    fn publish(&mut self) {
        self.published += 1;
        let turn = self.published as usize % self.publishers.len();
        self.publishers[turn].publish(self.published, self.clock.now());
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        self.publishers.iter_mut().try_for_each(Publisher::flush)
    }

    fn turn(&mut self, timeout: Duration) -> anyhow::Result<()> {
        let (tally, clock) = (&mut self.tally, self.clock);
        let publisher = self.crowd.turn(timeout, |client, bytes| {
            tally.read(client, bytes, clock.now());
        })?;
        if publisher {
            self.flush()?;
        }
        self.crowd.check()
    }
}

/// Publishes `rate` events a second; measures what a delivery costs and how long it takes.
pub(super) fn fanout(
    target: Target,
    clients: usize,
    rate: f64,
    seconds: f64,
) -> anyhow::Result<Outcome> {
    target.warm_up(TOPIC, 5)?;
    let empty = procs::memory(target.pid);
    let mut hall = Hall::open(&target, clients, true)?;
    let before = procs::cpu(target.pid);
    let events = hall.steadily(rate, Duration::from_secs_f64(seconds), |_, _| {})?;
    let took = procs::cpu(target.pid).since(&before);

    let mut outcome = Outcome::default();
    let held = procs::memory(target.pid) - empty;
    outcome.set("bytes_per_client", held / clients as f64);
    let tally = &mut hall.tally;
    outcome.set("cpu_us", took * 1e6 / tally.delivered.max(1) as f64);
    if let Some(latencies) = &mut tally.latencies {
        for (name, percent) in [("p50_ms", 50.0), ("p99_ms", 99.0), ("max_ms", 100.0)] {
            if let Some(value) = stats::percentile(latencies, percent) {
                outcome.set(name, f64::from(value) / 1000.0);
            }
        }
    }
    if let Some(wrong) = tally.wrong(events) {
        outcome.trouble(format!(
            "the server misses the rate: {wrong} within {} s of the end",
            LATE.as_secs()
        ));
    }
    Ok(outcome)
}

/// Publishes the next event whenever fewer than `window` are under way; measures how many
/// deliveries a second that makes.
pub(super) fn most(
    target: Target,
    clients: usize,
    window: u64,
    connections: usize,
    seconds: f64,
) -> anyhow::Result<Outcome> {
    target.warm_up(TOPIC, 5)?;
    let mut hall = Hall::open(&target, clients, false)?.with_publishers(&target, connections)?;
    let mut outcome = Outcome::default();
    // Of the whole run, since asking a server while it is busy would disturb it.
    let before = Counted::now(&target);
    let begun = Instant::now();
    let end = RUN_UP + Duration::from_secs_f64(seconds);
    let mut counted = None;
    let mut progress = (0, begun);
    while begun.elapsed() < end {
        while hall.published - hall.tally.complete() < window {
            hall.publish();
        }
        hall.flush()?;
        hall.turn(Duration::from_millis(100))?;
        if counted.is_none() && begun.elapsed() >= RUN_UP {
            counted = Some((Instant::now(), hall.tally.delivered, procs::cpu(target.pid)));
        }
        if hall.tally.delivered > progress.0 {
            progress = (hall.tally.delivered, Instant::now());
        } else if progress.1.elapsed() > STUCK {
            outcome.trouble(format!("nothing was delivered for {} s", STUCK.as_secs()));
            break;
        }
    }
    if let Some((since, delivered, cpu)) = counted {
        let delivered = (hall.tally.delivered - delivered) as f64;
        outcome.set("per_s", delivered / since.elapsed().as_secs_f64());
        outcome.set(
            "cpu_us",
            procs::cpu(target.pid).since(&cpu) * 1e6 / delivered.max(1.0),
        );
    }
    // Nothing more is published. The events under way have this long to arrive.
    let stopped = Instant::now();
    while hall.tally.complete() < hall.published && stopped.elapsed() < DRAIN {
        hall.turn(Duration::from_millis(100))?;
    }
    Counted::now(&target).enter(&before, hall.tally.delivered, &mut outcome);
    if let Some(wrong) = hall.tally.wrong(hall.published) {
        outcome.trouble(format!("{wrong} within {} s of the end", DRAIN.as_secs()));
    }
    Ok(outcome)
}
