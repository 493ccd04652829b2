//! What a person does to the server as a whole: it is stopped as if it were killed, and it resets
//! whoever comes. What clients see at their sockets.

mod support;

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use serde_json::json;
use sse_server::{Config, EndedBy, FaultView, KeepAlive, Phase, Why};
use support::{Bench, Client, soon};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What ends the body of a stream in order.
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

async fn bench() -> Bench {
    Bench::with(Config {
        keep_alive: KeepAlive::Off,
        ..Config::default()
    })
    .await
}

async fn open(bench: &Bench, target: &str) -> Client {
    let (mut client, head) = bench.get(target).await;
    assert_eq!(head.status, 200);
    client.chunk().await;
    client
}

fn arm(bench: &Bench, fault: &str) -> FaultView {
    let wish = serde_json::from_value(json!({ "fault": fault })).expect("a wish");
    let armed = bench.server.arm(wish).expect("it can be armed");
    armed_now(bench, armed.id.expect("one"))
}

fn armed_now(bench: &Bench, id: u64) -> FaultView {
    let mut faults = bench.server.faults().into_iter();
    faults.find(|fault| fault.id == id).expect("it is armed")
}

/// Connects and asks. Answers whether that was reset before a byte came.
async fn is_reset(bench: &Bench) -> bool {
    let mut socket = TcpStream::connect(bench.addr).await.expect("it is taken");
    let request = bench.request("GET", "/numbers", &[]);
    // The reset may be here before the request is written.
    _ = socket.write_all(request.as_bytes()).await;
    let mut byte = [0];
    match soon("an answer or a reset", socket.read(&mut byte)).await {
        Ok(read) => {
            assert_eq!(read, 1, "the connection was closed in order");
            false
        }
        Err(e) => {
            assert_eq!(e.kind(), ErrorKind::ConnectionReset);
            true
        }
    }
}

#[tokio::test]
async fn a_stop_in_order_sends_the_last_chunk_and_an_abrupt_one_does_not() {
    for abruptly in [false, true] {
        let bench = bench().await;
        let mut clients = Vec::new();
        for tag in ["a", "b", "c"] {
            clients.push(open(&bench, &format!("/endless?every=20ms&client={tag}")).await);
        }
        clients.push(open(&bench, "/@room/endless?every=20ms&client=d").await);
        match abruptly {
            false => bench.server.stop().await,
            true => bench.server.stop_abruptly().await,
        }
        for client in &mut clients {
            let mut bytes = Vec::new();
            let end = soon("the end", client.socket.read_to_end(&mut bytes)).await;
            end.expect("it is no reset");
            assert_ne!(bytes.ends_with(LAST_CHUNK), abruptly, "{bytes:?}");
        }
        let why = bench.ended("a").await.ended.expect("it ended");
        let wanted = match abruptly {
            false => Why::Stopped,
            true => Why::StoppedAbruptly,
        };
        assert_eq!((why.by, why.why), (EndedBy::Server, wanted));
        assert_eq!(bench.server.status().borrow().phase, Phase::Stopped);
    }
}

/// Whoever comes while it stops is cut as well: none of them gets a last chunk.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_abrupt_stop_cuts_those_who_come_meanwhile() {
    let bench = bench().await;
    let request = bench.request("GET", "/endless?every=1ms", &[]);
    let addr = bench.addr;
    let storm = (0..8).map(|_| {
        let request = request.clone();
        tokio::spawn(async move {
            let mut orderly = 0;
            loop {
                let Ok(mut socket) = TcpStream::connect(addr).await else {
                    return orderly;
                };
                _ = socket.write_all(request.as_bytes()).await;
                let mut bytes = Vec::new();
                if socket.read_to_end(&mut bytes).await.is_ok() {
                    orderly += usize::from(bytes.ends_with(LAST_CHUNK));
                }
            }
        })
    });
    let storm: Vec<_> = storm.collect();
    bench
        .table("many are open", |slice| slice.tally.open >= 8)
        .await;
    bench.server.stop_abruptly().await;
    for client in storm {
        assert_eq!(client.await.expect("it ends"), 0);
    }
}

/// An answer that was put off for a minute took all of the grace of the stop, and never came.
#[tokio::test]
async fn a_stop_keeps_nobody_waiting() {
    let bench = bench().await;
    arm(&bench, "status=503,client=x");
    arm(&bench, "wait=60s");
    let mut late = bench.connect().await;
    let request = bench.request("GET", "/endless?client=x", &[]);
    late.send(&request).await;
    bench
        .table("it is refused", |slice| slice.tally.refused == 1)
        .await;
    let mut headless = bench.connect().await;
    let request = bench.request("GET", "/endless?client=y", &[]);
    headless.send(&request).await;
    bench
        .table("it is open", |slice| slice.tally.open == 1)
        .await;
    let mut waits = bench.connect().await;
    let wait = "/api/wait?until=returned&timeout=1m";
    waits.send(&bench.request("GET", wait, &[])).await;
    // Requests are read in turn: this one is answered behind them.
    bench.get("/healthz").await;

    let asked = Instant::now();
    bench.server.stop().await;
    assert!(asked.elapsed() < Duration::from_millis(450), "no grace");
    assert_eq!(late.head().await.status, 503);
    assert_eq!(waits.head().await.status, 503);
    // Its last chunk came without the head that was put off.
    assert_eq!(headless.head().await.status, 200);
    assert_eq!(headless.rest().await, LAST_CHUNK);
    let row = bench.ended("y").await;
    assert_eq!(row.ended.expect("it ended").why, Why::Stopped);
    bench.server.start().await.expect("it starts");
}

/// Nobody has to be open for it.
#[tokio::test]
async fn an_abrupt_stop_is_a_stop_whoever_is_open() {
    let bench = bench().await;
    bench.server.stop_abruptly().await;
    bench.server.start().await.expect("it starts");
    bench.server.stop_abruptly().await;
    assert_eq!(bench.server.status().borrow().phase, Phase::Stopped);
}

#[tokio::test]
async fn who_knocks_is_reset_and_counted_and_what_is_open_goes_on() {
    let bench = bench().await;
    let mut before = open(&bench, "/endless?every=20ms").await;
    let knock = arm(&bench, "knock,for=60s");
    assert_eq!((knock.fired, knock.tries), (0, None));
    for _ in 0..3 {
        assert!(is_reset(&bench).await);
    }
    let knock = armed_now(&bench, knock.id);
    assert_eq!(knock.fired, 3);
    let tries = knock.tries.expect("three came");
    assert!(tries.starts_with("3 tries, "), "{tries}");
    before.chunk().await;
    assert_eq!(bench.server.status().borrow().phase, Phase::Running);

    assert_eq!(bench.server.heal_all(), 1);
    assert!(!is_reset(&bench).await);
}

#[tokio::test]
async fn a_knock_begins_ends_and_counts_as_any_fault_does() {
    let bench = bench().await;
    let twice = arm(&bench, "knock,times=2,for=60s");
    assert!(is_reset(&bench).await && is_reset(&bench).await);
    assert!(!is_reset(&bench).await);
    // A sweep may have found that it is over, and then there is nothing to heal.
    assert!(bench.server.heal_all() <= 1);
    assert!(bench.server.faults().is_empty());
    assert_eq!(twice.fault, "knock,times=2,for=60s");

    arm(&bench, "knock,start=50ms,for=100ms");
    assert!(!is_reset(&bench).await);
    soon("it knocks", async {
        while !is_reset(&bench).await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        while is_reset(&bench).await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// A storm of connects cannot keep the server from its stop.
#[tokio::test]
async fn a_stop_beats_a_knock() {
    let bench = bench().await;
    arm(&bench, "knock,for=60s");
    let addr = bench.addr;
    let storm = tokio::spawn(async move {
        loop {
            _ = TcpStream::connect(addr).await;
            tokio::task::yield_now().await;
        }
    });
    soon("tries", async {
        while bench.server.faults()[0].fired < 100 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    let asked = Instant::now();
    bench.server.stop().await;
    assert!(asked.elapsed() < Duration::from_millis(600));
    storm.abort();
}
