//! A drain of the server's value, as a program that embeds it meets it.

mod support;

use std::time::{Duration, Instant};

use sse_server::{Config, Draft, Drain, Operate, Why};
use support::upstream::Upstream;
use support::{Bench, soon};

fn draining(whole: u64, delay: u64) -> Config {
    Config {
        operate: Operate {
            drain: Some(Drain {
                whole: Duration::from_millis(whole),
                delay: Duration::from_millis(delay),
            }),
            ..Operate::default()
        },
        ..Config::default()
    }
}

async fn ready(bench: &Bench) -> u16 {
    bench.get("/readyz").await.1.status
}

#[tokio::test]
async fn a_drain_that_is_given_up_and_a_new_start_leave_nothing_behind() {
    let bench = Bench::with(draining(60_000, 0)).await;
    let (mut client, _) = bench.get("/endless?every=1h").await;
    client.until("data: 1\n\n").await;
    {
        let drain = bench.server.drain();
        tokio::pin!(drain);
        let given_up = tokio::time::timeout(Duration::from_millis(200), &mut drain);
        assert!(given_up.await.is_err(), "it takes a minute");
        assert_eq!(ready(&bench).await, 503);
        let (_, head) = bench.get("/numbers").await;
        assert_eq!(head.status, 503, "none is taken any more");
    }
    let begun = Instant::now();
    bench.server.stop().await;
    assert!(
        begun.elapsed() < Duration::from_millis(700),
        "{:?}",
        begun.elapsed()
    );
    bench.server.start().await.expect("its port is free");
    let port = bench.server.status().borrow().port;
    let bench = Bench {
        addr: ([127, 0, 0, 1], port).into(),
        ..bench
    };
    assert_eq!(ready(&bench).await, 200);
    let (_, head) = bench.get("/numbers").await;
    assert_eq!(head.status, 200);
}

#[tokio::test]
async fn without_settings_and_without_a_run_nothing_is_waited_for() {
    let bench = Bench::start().await;
    soon("nothing", bench.server.drain()).await;
    assert_eq!(ready(&bench).await, 200);
    let bench = Bench::with(draining(60_000, 60_000)).await;
    bench.server.stop().await;
    soon("nothing", bench.server.drain()).await;
}

/// Streams of every kind, in rooms too, and one that takes nothing.
#[tokio::test]
async fn streams_of_every_kind_end_in_order() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench_with(draining(1500, 0)).await;
    let mut clients = Vec::new();
    for target in [
        "/topics/news?client=me",
        "/endless?every=20ms&client=me",
        "/endless?every=1h&client=me",
        "/@a/topics/news?client=me",
        "/@a/endless?client=me",
    ] {
        let (mut client, _) = bench.get(target).await;
        client.until("\n\n").await;
        clients.push((target, client));
    }
    let mut forwarded = bench.connect().await;
    forwarded
        .send(&bench.request("GET", "/@live/events", &[]))
        .await;
    let mut asked = upstream.asked().await;
    asked.stream().await;
    asked.chunk(b"data: 1\n\ndata: 2").await;
    forwarded.until("data: 2").await;
    let narrow = bench.subscribe_narrow("/topics/other").await;
    let begun = Instant::now();
    let play = async {
        tokio::time::sleep(Duration::from_millis(1000)).await;
        // Nothing of another event, which could not end: its turn may come behind this one.
        asked.chunk(b"\n\n").await;
    };
    tokio::join!(bench.server.drain(), play);
    assert!(
        begun.elapsed() < Duration::from_millis(2500),
        "{:?}",
        begun.elapsed()
    );
    bench.server.stop().await;
    for (target, mut client) in clients {
        let text = String::from_utf8(client.rest().await).expect("UTF-8");
        assert!(text.ends_with("0\r\n\r\n"), "{target}: {text:?}");
    }
    let text = String::from_utf8(forwarded.rest().await).expect("UTF-8");
    assert!(
        text.contains("\n\n") && text.ends_with("0\r\n\r\n"),
        "{text:?}"
    );
    let drained = |rows: Vec<sse_server::RowView>| {
        let why = |row: sse_server::RowView| row.ended.expect("it ended").why;
        rows.into_iter().map(why).collect::<Vec<_>>()
    };
    assert_eq!(drained(bench.client("me").rows), [Why::Drained; 3]);
    assert_eq!(drained(bench.live()), [Why::Drained]);
    drop(narrow);
}

/// A subscriber that leaves is first sent the event that it lacks, and then the last chunk. Others
/// that lack the same event are sent the same bytes, but for that end.
#[tokio::test]
async fn while_events_are_published_each_stream_has_one_end() {
    let bench = Bench::with(draining(1000, 0)).await;
    let mut clients = Vec::new();
    for _ in 0..60 {
        let (mut client, _) = bench.get("/topics/news").await;
        client.until("\n\n").await;
        clients.push(client);
    }
    let drained = std::sync::atomic::AtomicBool::new(false);
    let publish = async {
        while !drained.load(std::sync::atomic::Ordering::Relaxed) {
            let draft = Draft::default();
            bench
                .server
                .publish("news", draft)
                .await
                .expect("published");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let drain = async {
        bench.server.drain().await;
        drained.store(true, std::sync::atomic::Ordering::Relaxed);
    };
    tokio::join!(drain, publish);
    for mut client in clients {
        let text = String::from_utf8(client.rest().await).expect("UTF-8");
        let ends = text
            .match_indices("\r\n0\r\n\r\n")
            .map(|(at, end)| at + end.len());
        assert_eq!(ends.collect::<Vec<_>>(), [text.len()], "{text:?}");
    }
}

/// A fault that was asked for goes on until the stop: it may be what is tested.
#[tokio::test]
async fn a_stream_that_a_fault_holds_ends_with_the_stop() {
    let bench = Bench::with(draining(400, 0)).await;
    let (mut client, _) = bench.get("/endless?fault=hang,after=1&client=me").await;
    client.until("data: 1\n\n").await;
    let begun = Instant::now();
    bench.server.drain().await;
    assert!(begun.elapsed() >= Duration::from_millis(390));
    assert_eq!(bench.server.connections().open, 1);
    bench.server.stop().await;
    let row = bench.ended("me").await;
    assert_eq!(row.ended.expect("it ended").why, Why::Stopped);
}
