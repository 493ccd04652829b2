//! Clients whose network is gone: no FIN, no reset, only silence. Their packets are dropped in a
//! network namespace, which takes root and `ip`; a machine that does not allow it is told so, and
//! nothing is tested.

#![cfg(target_os = "linux")]

mod support;

use std::net::{IpAddr, Ipv4Addr};
use std::process::Command;
use std::time::{Duration, Instant};

use sse_server::{Config, Draft, EndedBy, KeepAlive, Limits, TableQuery};
use support::curl::Curl;
use support::topics::{Subscriber, keep_all, seq};
use support::{Bench, soon};

/// The data of the last event.
const LAST: &str = "last";

/// It holds for those who are here too: at 1 s, a machine that was compiling beside the test once
/// kept one of them from reading for so long.
const STALL: Duration = Duration::from_secs(3);
/// The bound on a client that vanished: `stall`, and the five seconds that the kernel waits longer.
const VANISHED: Duration = Duration::from_secs(8);
/// What a machine under load gets on top. (Also what the kernel's own timer for a connection may be
/// late.)
const SLACK: Duration = Duration::from_secs(4);

/// A network namespace behind a pair of virtual interfaces; deleted when it is dropped.
struct Namespace {
    name: String,
    /// The server's end.
    here: Ipv4Addr,
    outside: String,
    inside: String,
}

impl Namespace {
    fn new() -> Result<Self, String> {
        let pid = std::process::id();
        // Of the addresses that are set aside for benchmarks (RFC 2544), four for each process:
        // hardly a machine is part of a network that has them.
        let [_, _, high, low] = (pid % 16_384 * 4).to_be_bytes();
        let new = Self {
            name: format!("sse-test-{pid}"),
            here: Ipv4Addr::new(198, 19, high, low + 1),
            outside: format!("sseo{pid}"),
            inside: format!("ssei{pid}"),
        };
        let there = Ipv4Addr::new(198, 19, high, low + 2);
        let Self {
            name,
            here,
            outside,
            inside,
        } = &new;
        ip(&format!("netns add {name}"))?;
        // If one of these fails, `new` is dropped, and what is there by then goes with it.
        ip(&format!("link add {outside} type veth peer name {inside}"))?;
        ip(&format!("link set {inside} netns {name}"))?;
        ip(&format!("addr add {here}/30 dev {outside}"))?;
        ip(&format!("link set {outside} up"))?;
        ip(&format!("-n {name} addr add {there}/30 dev {inside}"))?;
        ip(&format!("-n {name} link set {inside} up"))?;
        Ok(new)
    }

    /// A curl inside.
    fn curl(&self, port: u16, target: &str) -> Option<Curl> {
        let url = format!("http://{}:{port}{target}", self.here);
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, "curl"]);
        Curl::by(&mut command, &url)
    }

    /// From now on nothing that is sent arrives, either way.
    fn cut(&self) {
        ip(&format!("-n {} link set {} down", self.name, self.inside)).expect("it was set up");
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // First the interfaces: sockets that wait for an answer keep a namespace for minutes.
        _ = ip(&format!("link del {}", self.outside));
        _ = ip(&format!("netns del {}", self.name));
    }
}

fn ip(arguments: &str) -> Result<(), String> {
    let output = Command::new("ip")
        .args(arguments.split(' '))
        .output()
        .map_err(|e| format!("ip: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&output.stderr);
    Err(format!("ip {arguments}: {}", why.trim()))
}

async fn publish(bench: &Bench, topic: &str, data: String) {
    let draft = Draft {
        data,
        ..Draft::default()
    };
    let published = bench.server.publish(topic, draft).await;
    published.expect("a sound draft");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_vanish_are_noticed_within_the_bound_while_the_others_get_everything() {
    let namespace = match Namespace::new() {
        Ok(namespace) => namespace,
        Err(e) => return println!("not tested here: {e}"),
    };
    let bench = Bench::with(Config {
        host: Some(IpAddr::V4(namespace.here)),
        // What reaches the silent topic's client, and shows that it is gone.
        keep_alive: KeepAlive::Interval(Duration::from_millis(500)),
        limits: Limits {
            stall: STALL,
            ..Limits::default()
        },
        topics: keep_all(),
        ..Config::default()
    })
    .await;
    // Few bytes, more than the kernel takes, and only comments.
    let mut curls = Vec::new();
    for topic in ["thin", "thick", "silent"] {
        let target = format!("/topics/{topic}?client={topic}");
        let Some(curl) = namespace.curl(bench.addr.port(), &target) else {
            return;
        };
        curls.push(curl);
    }
    bench.table("all three", |view| view.tally.open == 3).await;
    let thin = bench.subscribe("/topics/thin").await;
    let thick = bench.subscribe("/topics/thick").await;
    let readers = [thin, thick].map(|reader| tokio::spawn(count(reader)));
    for (curl, topic) in curls.iter_mut().zip(["thin", "thick", "silent"]) {
        publish(&bench, topic, "before".to_owned()).await;
        assert_eq!(curl.events(1).await[0].data, "before");
    }

    namespace.cut();
    let cut = Instant::now();
    let mut pace = tokio::time::interval(Duration::from_millis(50));
    let large = "x".repeat(100_000);
    let mut published = 1;
    let mut gone: Vec<(String, Duration)> = Vec::new();
    while gone.len() < 3 {
        pace.tick().await;
        publish(&bench, "thin", "small".to_owned()).await;
        publish(&bench, "thick", large.clone()).await;
        published += 1;
        for row in bench.server.slice(&TableQuery::default()).rows {
            let Some((tag, ended)) = row.client.zip(row.ended) else {
                continue;
            };
            if gone.iter().any(|(known, _)| *known == tag) {
                continue;
            }
            let told = (ended.by, ended.why.words());
            assert!(
                [(EndedBy::Network, "vanished"), (EndedBy::Server, "stalled")].contains(&told),
                "{tag}: {told:?}"
            );
            println!("{tag}: {told:?} after {:?}", cut.elapsed());
            gone.push((tag, cut.elapsed()));
        }
        let late = cut.elapsed();
        assert!(late < VANISHED + SLACK, "after {late:?} only {gone:?}");
    }
    let open = bench.server.connections().open;
    let rows = bench.server.slice(&TableQuery::default()).rows;
    assert_eq!(open, 2, "the two that are here: {rows:?}");
    for topic in ["thin", "thick"] {
        publish(&bench, topic, LAST.to_owned()).await;
    }
    for reader in readers {
        let read = soon("the last event", reader).await;
        assert_eq!(read.expect("no panic"), published + 1);
    }
}

/// Reads up to the last event, of which none may be missing; answers how many there were.
async fn count(mut reader: Subscriber) -> u64 {
    for n in 1.. {
        let event = reader.next().await;
        assert_eq!(seq(&event.id), n, "a hole or a repeat");
        if event.data == LAST {
            return n;
        }
    }
    unreachable!("there is a last event")
}
