//! The load: the clients of one measure, against one server. They are one thread in a process of
//! its own.
//!
//! The load shares the machine with the server that it measures, so it does as little as possible.
//! It finds events by a byte search and parses nothing else. It also reads the server's CPU time
//! and memory, because only the load knows when a measure begins and ends.

pub(crate) mod crowd;
mod killed;
mod land;
mod numbers;
mod outage;
mod passes;
mod publish;
mod publisher;
mod request;
mod short;
mod storm;
pub(crate) mod tally;
pub(crate) mod topic;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant, SystemTime};

use anyhow::ensure;
use serde::{Deserialize, Serialize};
use socket2::{Domain, Socket, Type};

use crate::{payload, procs};
use crowd::Crowd;
use publisher::Publisher;

/// The topic that is measured.
pub(crate) const TOPIC: &str = "/topics/bench";

/// What a load does.
#[derive(Clone, Copy, Debug, clap::Subcommand)]
pub(crate) enum Work {
    /// Subscribers of one topic, and events published at a steady rate.
    Fanout {
        #[arg(long, default_value_t = 1000)]
        clients: usize,
        /// Events a second.
        #[arg(long, default_value_t = 20.0)]
        rate: f64,
        #[arg(long, default_value_t = 8.0)]
        seconds: f64,
    },
    /// The same, but the next event is published whenever fewer than `--window` are under way.
    Most {
        #[arg(long, default_value_t = 1000)]
        clients: usize,
        /// Events that may be under way: published, but not yet received by every subscriber.
        #[arg(long, default_value_t = 64)]
        window: u64,
        /// Connections that publish, in turn.
        #[arg(long, default_value_t = 1)]
        connections: usize,
        #[arg(long, default_value_t = 4.0)]
        seconds: f64,
    },
    /// Clients of `/endless?every=500ms`, each with its own timer.
    Endless {
        #[arg(long, default_value_t = 10_000)]
        clients: usize,
        #[arg(long, default_value_t = 10.0)]
        seconds: f64,
    },
    /// All clients connect at once; it ends when each has the one event that the topic keeps.
    Storm {
        #[arg(long, default_value_t = 10_000)]
        clients: usize,
        #[arg(long, default_value_t = 3)]
        times: usize,
    },
    /// Clients connect, receive five events and close, again and again.
    Short {
        /// Connections that are open at the same time.
        #[arg(long, default_value_t = 50)]
        clients: usize,
        #[arg(long, default_value_t = 5.0)]
        seconds: f64,
    },
    /// Clients of another node come to this one, with the last id that they had there.
    Land {
        #[arg(long, default_value_t = 10_000)]
        clients: usize,
        #[arg(long, default_value_t = 3)]
        times: usize,
        /// The port of the other node, which publishes.
        #[arg(long)]
        other: u16,
        /// The port of the engine, which says how many commands it carried out.
        #[arg(long)]
        engine: Option<u16>,
    },
    /// Publishers of one topic, each of which waits for its answer.
    Publish {
        /// Requests under way.
        #[arg(long, default_value_t = 64)]
        requests: usize,
        #[arg(long, default_value_t = 3.0)]
        seconds: f64,
    },
    /// The server is killed, and its clients go on at another node.
    Killed {
        #[arg(long, default_value_t = 1000)]
        clients: usize,
        /// The port of the other node.
        #[arg(long)]
        other: u16,
    },
    /// Subscribers and publishers while the engine is away for a moment.
    Outage {
        #[arg(long, default_value_t = 100)]
        clients: usize,
        #[arg(long, default_value_t = 7.0)]
        seconds: f64,
    },
    /// Clients of `/endless?every=0ms`, read as fast as possible.
    Unpaced {
        #[arg(long, default_value_t = 50)]
        clients: usize,
        #[arg(long, default_value_t = 4.0)]
        seconds: f64,
    },
}

/// The server that is measured.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Target {
    /// Its port on 127.0.0.1.
    #[arg(long)]
    pub(crate) port: u16,
    /// The id of its process. Its child processes are measured with it.
    #[arg(long)]
    pub(crate) pid: u32,
    /// How long clients wait for an answer, in seconds.
    #[arg(long, default_value_t = 60)]
    pub(crate) patience: u64,
}

/// The figures of a load, by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) figures: BTreeMap<String, f64>,
    /// What went wrong, in a sentence.
    pub(crate) trouble: Option<String>,
}

impl Outcome {
    pub(crate) fn set(&mut self, name: &str, value: f64) {
        self.figures.insert(name.to_owned(), value);
    }

    /// Keeps only the first trouble, because the others usually follow from it.
    pub(crate) fn trouble(&mut self, sentence: String) {
        self.trouble.get_or_insert(sentence);
    }
}

/// Runs the load and returns its figures.
///
/// # Errors
/// The clients cannot be connected at all.
pub(crate) fn run(target: Target, work: Work) -> anyhow::Result<Outcome> {
    match work {
        Work::Fanout {
            clients,
            rate,
            seconds,
        } => topic::fanout(target, clients, rate, seconds),
        Work::Most {
            clients,
            window,
            connections,
            seconds,
        } => topic::most(target, clients, window, connections, seconds),
        Work::Endless { clients, seconds } => numbers::endless(target, clients, seconds),
        Work::Storm { clients, times } => storm::run(target, clients, times),
        Work::Land {
            clients,
            times,
            other,
            engine,
        } => land::run(target, clients, times, other, engine),
        Work::Publish { requests, seconds } => publish::run(target, requests, seconds),
        Work::Killed { clients, other } => killed::run(target, clients, other),
        Work::Outage { clients, seconds } => outage::run(target, clients, seconds),
        Work::Short { clients, seconds } => short::run(target, clients, seconds),
        Work::Unpaced { clients, seconds } => numbers::unpaced(target, clients, seconds),
    }
}

/// Publishes one event to the measured topic, and waits for the answer.
///
/// # Errors
/// The server did not publish it.
pub(crate) fn publish_one(port: u16, seen: payload::Seen) -> anyhow::Result<()> {
    let mut connection = request::Connection::open(port, Duration::from_secs(5))?;
    connection.publish(&request::post(port, TOPIC, seen))?;
    Ok(())
}

/// Publishes until an event is taken: a server that has just begun may not have its engine yet.
///
/// # Errors
/// None is taken within this time.
pub(crate) fn until_taken(port: u16, patience: Duration) -> anyhow::Result<()> {
    let begun = Instant::now();
    let request = request::post(port, TOPIC, payload::Seen { number: 0, at: 0 });
    loop {
        let mut connection = request::Connection::open(port, patience)?;
        let (status, body) = connection.ask(&request)?;
        if (200..300).contains(&status) {
            return Ok(());
        }
        ensure!(
            begun.elapsed() < patience,
            "the server still answers a publish with {status}: {body}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

impl Target {
    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.patience)
    }

    /// A GET as an EventSource sends it. The guard of `sse serve` requires the port in the Host
    /// header.
    pub(crate) fn get(&self, path: &str) -> Vec<u8> {
        let port = self.port;
        format!("GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nAccept: text/event-stream\r\nCache-Control: no-cache\r\n\r\n")
            .into_bytes()
    }

    /// Connects 100 clients to the measured path, and publishes a few events, before the measure.
    /// The server's code is then in memory and its first allocations are done.
    pub(crate) fn warm_up(&self, path: &str, publish: u64) -> anyhow::Result<()> {
        let topic = path.split('?').next().unwrap_or(path);
        let crowd = Crowd::gather(self, path, 100)?;
        if publish > 0 {
            let mut publisher = Publisher::connect(self, topic)?;
            for number in 1..=publish {
                publisher.publish(number, 0);
                publisher.finish(Duration::from_secs(5))?;
            }
        }
        std::thread::sleep(Duration::from_millis(100));
        drop(crowd);
        procs::settle(self.pid, Duration::from_secs(10));
        Ok(())
    }
}

/// The load's clock: nanoseconds since it began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn new() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn now(&self) -> u64 {
        self.0.elapsed().as_nanos() as u64
    }
}

/// Seconds on the clock of the machine, which other processes have too.
pub(crate) fn since_epoch() -> f64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}

/// A socket bound to one of many loopback addresses. With a single address, recently closed
/// connections would use up all its ports.
fn socket(number: usize) -> anyhow::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // Consecutive loads use different addresses.
    let salt = std::process::id();
    let source = Ipv4Addr::new(
        127,
        16 + (salt % 200) as u8,
        (salt / 200 % 250) as u8,
        1 + (number % 250) as u8,
    );
    socket.bind(&SocketAddr::from((source, 0)).into())?;
    Ok(socket)
}
