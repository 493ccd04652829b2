//! What subscribers cost: nothing that grows with what they do not read, and nothing that grows
//! with time. Apart from the others because it counts what belongs to the whole process.

#![cfg(target_os = "linux")] // It reads /proc.

mod support;

use std::time::{Duration, Instant};

use sse_server::{Config, KeepAlive, Limits, TopicConfig};
use support::topics::{LARGEST, Subscriber, own, seq};
use support::{Bench, resident_kib, soon};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;

/// One test at a time: each counts the whole process.
static ALONE: Mutex<()> = Mutex::const_new(());

/// Invariant 3: an event of which somebody has only a part is the topic's, not a copy of his own.
/// (The smallest kernel buffers, so that the parts are small.)
#[tokio::test]
async fn two_hundred_that_stall_over_large_events_do_not_hold_a_copy_each() {
    let _alone = ALONE.lock().await;
    let bench = Bench::with(Config {
        keep_alive: KeepAlive::Off,
        topics: TopicConfig {
            keep_bytes: 16 * LARGEST,
            ..TopicConfig::default()
        },
        limits: Limits {
            // However long this takes on a busy machine, nobody is given up.
            stall: Duration::from_secs(600),
            ..Limits::default()
        },
        ..Config::default()
    })
    .await;
    let mut reader = bench.subscribe("/topics/large").await;
    let mut stalled = Vec::new();
    for _ in 0..200 {
        stalled.push(bench.subscribe_narrow("/topics/large").await);
    }
    let before = resident_kib();
    let mut grown = 0;
    for n in 1..=4 {
        let body = n.to_string().repeat(LARGEST);
        let published = bench.publish("/topics/large", &body).await;
        assert_eq!(published.subscribers, 201);
        assert!(reader.data().await == body, "not the same");
        grown = grown.max(resident_kib().saturating_sub(before));
    }
    // Every one of them is in the midst of the first event.
    for subscriber in &mut stalled {
        assert_eq!(subscriber.sip(1000).await, []);
    }
    let open = bench.server.connections().open;
    assert_eq!(open, 201, "none is cut while the ring keeps what it lacks");
    grown = grown.max(resident_kib().saturating_sub(before));
    println!("{grown} KiB for 200 subscribers that stall over 4 events of 1 MiB");
    // The ring's 4 MiB, a body and its frame, what the reader decodes, and what the allocator keeps
    // of them.
    assert!(grown < 60 * 1024, "{grown} KiB");
    for subscriber in stalled.iter_mut().take(2) {
        for n in 1..=4 {
            let data = subscriber.data().await;
            assert!(data == n.to_string().repeat(LARGEST), "not the same");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_subscribers_for_a_while_lose_nothing_and_memory_is_flat() {
    let _alone = ALONE.lock().await;
    sse_server::raise_file_limit();
    let bench = Bench::start().await;
    // The ring is full before anybody counts.
    for _ in 0..1100 {
        bench.publish("/topics/soak", "before").await;
    }
    let (set_last, last) = watch::channel(u64::MAX);
    let mut subscribers = JoinSet::new();
    for _ in 0..1000 {
        let subscriber = bench.subscribe("/topics/soak").await;
        subscribers.spawn(follow(subscriber, last.clone()));
    }
    let mut client = bench.connect().await;
    let mut pace = tokio::time::interval(Duration::from_millis(50));
    let mut publish = async |times| {
        let mut id = String::new();
        for _ in 0..times {
            pace.tick().await;
            let body = [b'x'; 500];
            let (_, answer) = client.post(&bench, "/topics/soak", &[], &body).await;
            let published = support::topics::Published::read(&answer);
            assert_eq!(published.subscribers, 1000);
            id = published.id;
        }
        id
    };
    publish(15).await;
    let before = resident_kib();
    let begun = Instant::now();
    let id = publish(40).await;
    let grown = resident_kib().saturating_sub(before);
    set_last.send_replace(seq(&id));
    let counts = soon("every subscriber's last event", subscribers.join_all()).await;
    println!(
        "40 events to 1,000 subscribers in {:.1?}, {grown} KiB more",
        begun.elapsed()
    );
    assert_eq!(counts, [55; 1000]);
    // An allocator moves in steps; a byte kept for every delivery of 500 would be more than this.
    assert!(grown < 4096, "{grown} KiB");
}

/// Counts events up to the last; each must follow the one before.
async fn follow(mut subscriber: Subscriber, last: watch::Receiver<u64>) -> u64 {
    let (_, first) = own(&subscriber.position);
    let mut at = first;
    // The last is told before or after it came.
    while at < *last.borrow() {
        let Ok(event) = tokio::time::timeout(Duration::from_millis(500), subscriber.next()).await
        else {
            continue;
        };
        assert!(!event.is_gap(), "{event:?}");
        assert_eq!(seq(&event.id), at + 1, "a hole or a repeat");
        at += 1;
    }
    at - first
}
