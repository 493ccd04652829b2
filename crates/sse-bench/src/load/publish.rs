//! Publishes to one topic with a fixed number of requests under way, each on a connection of its
//! own: measures how long an answer takes, and how many there are in a second.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use super::request::{Answer, Connection, post};
use super::{Clock, Outcome, TOPIC, Target};
use crate::payload::Seen;
use crate::poll::{Found, Poll, Watch};
use crate::{procs, stats};

/// How long nothing is counted at first.
const RUN_UP: Duration = Duration::from_millis(500);

/// How many events a topic keeps at first has to be full, since one is dropped with each from then
/// on.
const FULL: u64 = 1500;

pub(super) fn run(target: Target, requests: usize, seconds: f64) -> anyhow::Result<Outcome> {
    fill(&target)?;
    let time = Duration::from_secs_f64(seconds);
    if requests == 1 {
        one_at_a_time(&target, time)
    } else {
        many(&target, requests, time)
    }
}

/// Fills the topic, so that it is as full in every round as it ever is.
fn fill(target: &Target) -> anyhow::Result<()> {
    let mut publisher = super::publisher::Publisher::connect(target, TOPIC)?;
    for number in 1..=FULL {
        publisher.publish(number, 0);
    }
    publisher.finish(target.patience())
}

/// The reads block, which takes the load the least time.
fn one_at_a_time(target: &Target, time: Duration) -> anyhow::Result<Outcome> {
    let mut connection = Connection::open(target.port, target.patience())?;
    let request = post(target.port, TOPIC, Seen { number: 1, at: 0 });
    let mut took = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < RUN_UP + time {
        let asked = Instant::now();
        let (status, body) = connection.ask(&request)?;
        ensure!(status == 200, "the server answered with {status}: {body}");
        if begun.elapsed() >= RUN_UP {
            took.push(u32::try_from(asked.elapsed().as_nanos() / 100).unwrap_or(u32::MAX));
        }
    }
    let mut outcome = Outcome::default();
    if let Some(median) = stats::percentile(&mut took, 50.0) {
        outcome.set("us", f64::from(median) / 10.0);
    }
    Ok(outcome)
}

fn many(target: &Target, requests: usize, time: Duration) -> anyhow::Result<Outcome> {
    let poll = Poll::new()?;
    let mut slots = Vec::new();
    let (clock, mut number) = (Clock::new(), 0);
    for token in 0..requests {
        let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, target.port))?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        poll.add(&socket, token as u64, Watch::Readable)?;
        slots.push((socket, Answer::default()));
    }
    let mut next = || {
        number += 1;
        let at = clock.now();
        post(target.port, TOPIC, Seen { number, at })
    };
    for (socket, _) in &mut slots {
        socket.write_all(&next())?;
    }
    let mut found = Found::new();
    let mut buffer = vec![0; 16 * 1024];
    let begun = Instant::now();
    let mut answered = 0_u64;
    let mut counted = None;
    while begun.elapsed() < RUN_UP + time {
        poll.wait(&mut found, Some(Duration::from_millis(100)))?;
        for ready in found.iter() {
            let (socket, answer) = &mut slots[ready.token as usize];
            match socket.read(&mut buffer) {
                Ok(0) => bail!("the server closed a publisher's connection"),
                Ok(read) => answer.push(&buffer[..read]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                Err(error) => return Err(error).context("a publisher's connection broke"),
            }
            if let Some((status, body)) = answer.whole()? {
                ensure!(status == 200, "the server answered with {status}: {body}");
                answered += 1;
                answer.clear();
                // A few hundred bytes fit into a socket whose last request was answered.
                socket.write_all(&next())?;
            }
        }
        if counted.is_none() && begun.elapsed() >= RUN_UP {
            counted = Some((Instant::now(), answered, procs::cpu(target.pid)));
        }
    }
    let (since, before, cpu) = counted.context("the run-up never ended")?;
    let (answered, took) = ((answered - before) as f64, since.elapsed().as_secs_f64());
    let mut outcome = Outcome::default();
    outcome.set("per_s", answered / took);
    outcome.set(
        "cpu_us",
        procs::cpu(target.pid).since(&cpu) * 1e6 / answered.max(1.0),
    );
    Ok(outcome)
}
