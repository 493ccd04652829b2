//! Many topics with many subscribers at once: each gets its own, and a busy one holds up nobody.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sse_server::Draft;
use support::follower::Dice;
use support::topics::{Subscriber, keep_all, seq};
use support::{Bench, soon};
use tokio::io::AsyncReadExt;
use tokio::task::JoinSet;

/// What an event of a quiet topic may take while another topic is busy. A machine under load gets a
/// hundred times what it takes before a test calls it held up.
const PROMPT: Duration = Duration::from_secs(2);

async fn publish(bench: &Bench, topic: &str, data: String) {
    let draft = Draft {
        data,
        ..Draft::default()
    };
    let published = bench.server.publish(topic, draft).await;
    published.expect("a sound draft");
}

/// More subscribers than a sweeper visits in one go, and one event with nothing after it that could
/// wake anybody again.
#[tokio::test]
async fn one_event_reaches_a_crowd_without_another() {
    let bench = Bench::topics(keep_all()).await;
    let mut crowd = Vec::new();
    for _ in 0..700 {
        crowd.push(bench.subscribe("/topics/news").await);
    }
    for data in ["first", "last"] {
        publish(&bench, "news", data.to_owned()).await;
        for subscriber in &mut crowd {
            assert_eq!(subscriber.data().await, data);
        }
    }
}

/// Events of which a visit does not carry as many as may be published ahead: a publisher that is
/// told that all were visited, when each had got the first sixteen KiB, went on until those who
/// read were too far behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_of_longer_events_waits_for_full_visits() {
    let bench = Bench::start().await;
    let mut readers = JoinSet::new();
    for _ in 0..100 {
        let mut subscriber = bench.subscribe("/topics/news").await;
        readers.spawn(async move {
            for n in 1..=1_000 {
                assert_eq!(seq(&subscriber.next().await.id), n);
            }
        });
    }
    let lines = format!("\"{}\"\n", "x".repeat(158)).repeat(1_000);
    let kind = ("content-type", "application/x-ndjson");
    let (head, answer) = bench.post("/topics/news", &[kind], lines).await;
    assert_eq!(head.status, 200, "{answer}");
    assert!(answer.contains(r#""subscribers":100"#), "{answer}");
    soon("the last event of all", readers.join_all()).await;
}

/// A batch of six times what a subscriber may lag and three times what is kept, but no more than
/// sockets hold: publishing keeps step with the sweepers, so nobody is cut off for not having been
/// visited, and nothing is missing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_batch_reaches_those_who_read_whole() {
    let bench = Bench::start().await;
    let mut readers = JoinSet::new();
    for _ in 0..20 {
        let mut subscriber = bench.subscribe("/topics/news").await;
        readers.spawn(async move {
            for n in 1..=3_000 {
                let event = subscriber.next().await;
                assert_eq!((event.data, seq(&event.id)), (n.to_string(), n));
            }
        });
    }
    let lines: String = (1..=3_000).map(|n| format!("{n}\n")).collect();
    let kind = ("content-type", "application/x-ndjson");
    let (head, answer) = bench.post("/topics/news", &[kind], lines).await;
    assert_eq!(head.status, 200, "{answer}");
    assert!(
        answer.contains(r#""events":3000,"subscribers":20"#),
        "{answer}"
    );
    soon("the last event of all", readers.join_all()).await;
}

/// Subscribers of all topics come and go while all topics are published to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_topics_at_once_each_have_their_own_events() {
    let bench = Bench::topics(keep_all()).await;
    let mut stay = JoinSet::new();
    let mut leave = Vec::new();
    for topic in 0..200 {
        let path = format!("/topics/t{topic}");
        for _ in 0..2 {
            let subscriber = bench.subscribe(&path).await;
            stay.spawn(own_events(subscriber, topic));
        }
        leave.push(bench.subscribe(&path).await);
    }
    let mut dice = Dice::new(1);
    for round in 0..20 {
        for topic in 0..200 {
            publish(&bench, &format!("t{topic}"), format!("{topic} {round}")).await;
        }
        for _ in 0..10 {
            let gone = usize::try_from(dice.below(leave.len() as u64)).expect("small");
            leave.swap_remove(gone);
        }
        // And some come late, to all that there was.
        let topic = dice.below(200);
        let late = bench.resume(&format!("/topics/t{topic}"), "earliest").await;
        stay.spawn(own_events(late, topic));
    }
    let counts = soon("every subscriber's last event", stay.join_all()).await;
    assert_eq!(counts.len(), 420);
    bench
        .table("those that left are gone", |view| view.tally.open == 0)
        .await;
}

/// Reads the twenty events of a topic, which must be in order and no other topic's.
async fn own_events(mut subscriber: Subscriber, topic: u64) {
    for round in 0..20 {
        let event = subscriber.next().await;
        assert_eq!(event.data, format!("{topic} {round}"));
        assert_eq!(seq(&event.id), round + 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_topic_does_not_hold_up_the_others() {
    let bench = Arc::new(Bench::topics(keep_all()).await);
    let done = Arc::new(AtomicBool::new(false));
    let mut busy = JoinSet::new();
    for _ in 0..100 {
        let mut subscriber = bench.subscribe("/topics/busy").await;
        busy.spawn(async move { while subscriber.read().await.is_some() {} });
    }
    // One that never reads is no excuse either, nor a stream without a pace.
    let _deaf = bench.subscribe_narrow("/topics/busy").await;
    let mut unpaced = bench.get("/endless?every=0ms").await.0.socket;
    busy.spawn(async move {
        let mut sink = vec![0; 64 * 1024];
        while !matches!(unpaced.read(&mut sink).await, Ok(0) | Err(_)) {}
    });
    let mut quiet = bench.subscribe("/topics/quiet").await;
    let mut numbers = bench.get("/endless?every=10ms").await.0;
    let (from, until) = (Arc::clone(&bench), Arc::clone(&done));
    let publishing = tokio::spawn(async move {
        while !until.load(Ordering::Relaxed) {
            publish(&from, "busy", "x".repeat(1000)).await;
            tokio::task::yield_now().await;
        }
    });
    let mut slowest = Duration::ZERO;
    for n in 1..=20_u64 {
        let before = Instant::now();
        publish(&bench, "quiet", n.to_string()).await;
        assert_eq!(quiet.data().await, n.to_string());
        numbers.until(&format!("data: {n}\n\n")).await;
        slowest = slowest.max(before.elapsed());
    }
    done.store(true, Ordering::Relaxed);
    publishing.await.expect("no panic");
    println!("the slowest of 20 quiet events took {slowest:?}");
    assert!(slowest < PROMPT, "{slowest:?}");
    let before = Instant::now();
    bench.server.stop().await;
    assert!(
        before.elapsed() < PROMPT,
        "stop took {:?}",
        before.elapsed()
    );
    soon("the end of all", busy.join_all()).await;
}
