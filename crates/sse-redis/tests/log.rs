//! Connections to a real engine, as a node uses them.

#[allow(dead_code, reason = "other tests need more")]
mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use sse_engine::Error;
use sse_engine::topics::{Caller, Draft, Engine as _, Log, Position, Publication};
use sse_redis::{Keep, RedisEngine};
use tokio::time::{sleep, timeout};

use support::{Engine, KEEP, publish};

/// The data of what a read brings, by topic.
async fn read(log: &dyn Log, behind: &[(Arc<str>, Position)]) -> Vec<(String, Vec<String>)> {
    let read = log.read(behind).await.expect("it answers");
    let data = |(topic, entries): (Arc<str>, Vec<sse_engine::topics::LogEntry>)| {
        let data = entries.into_iter().filter_map(|entry| entry.event);
        (topic.to_string(), data.map(|event| event.data).collect())
    };
    read.into_iter().map(data).collect()
}

#[tokio::test]
async fn what_one_node_publishes_another_loads_and_reads() {
    let server = Engine::start();
    let (one, other) = (server.log().await, server.log().await);
    let start = one
        .touch("news", Caller::default())
        .await
        .expect("a life")
        .last;
    assert_eq!(start.seq, 0);
    let first = publish(&*one, "news", "1").await;
    assert_eq!((first.born, first.seq), (start.born, 1));
    let loaded = other.load("news", None).await.expect("it answers");
    assert_eq!(loaded.len(), 1);
    assert_eq!(loaded[0].place, first);
    assert!(
        other
            .load("news", Some(first))
            .await
            .expect("it answers")
            .is_empty()
    );
    let behind = [("news".into(), first), ("none".into(), first)];
    let reads = read(&*other, &behind);
    let (read, _) = tokio::join!(reads, async {
        sleep(Duration::from_millis(50)).await;
        publish(&*one, "news", "2").await;
    });
    assert_eq!(read, [("news".to_owned(), vec!["2".to_owned()])]);
}

#[tokio::test]
async fn an_end_is_heard_of_at_once_and_only_of_a_topic_that_is_there() {
    let server = Engine::start();
    let log = server.log().await;
    assert_eq!(log.end("news").await, Ok(false));
    let first = publish(&*log, "news", "1").await;
    let behind = [("news".into(), first)];
    let (read, ended) = tokio::join!(log.read(&behind), async {
        sleep(Duration::from_millis(50)).await;
        log.end("news").await
    });
    assert_eq!(ended, Ok(true));
    let read = read.expect("it answers");
    assert!(read[0].1[0].begins && read[0].1[0].place.seq == 0);
    assert!(read[0].1[0].place.born > first.born);
    let next = publish(&*log, "news", "2").await;
    assert_eq!(next.born, read[0].1[0].place.born);
    assert_eq!(log.load("news", None).await.expect("it answers").len(), 2);
}

#[tokio::test]
async fn a_read_that_is_dropped_ends_at_once_and_nothing_is_taken_for_the_next() {
    let server = Engine::start();
    let log = server.log().await;
    let (a, b) = (
        publish(&*log, "a", "1").await,
        publish(&*log, "b", "1").await,
    );
    let first = [("a".into(), a)];
    let both = [("a".into(), a), ("b".into(), b)];
    for _ in 0..20 {
        let dropped = timeout(Duration::from_millis(5), log.read(&first)).await;
        dropped.expect_err("it waits");
        let began = Instant::now();
        let dropped = timeout(Duration::from_millis(30), log.read(&both)).await;
        dropped.expect_err("it waits");
        assert!(began.elapsed() < Duration::from_millis(300));
    }
    // One that has something to read does not wait for one that was dropped.
    let start = [("b".into(), Position { seq: 0, ..b })];
    let dropped = timeout(Duration::from_millis(50), log.read(&first)).await;
    dropped.expect_err("it waits");
    let began = Instant::now();
    let at_once = read(&*log, &start).await;
    assert_eq!(at_once, [("b".to_owned(), vec!["1".to_owned()])]);
    assert!(began.elapsed() < Duration::from_millis(300));
    // What comes while nobody reads, and what is answered to nobody.
    let dropped = timeout(Duration::from_millis(5), log.read(&first)).await;
    dropped.expect_err("it waits");
    publish(&*log, "a", "2").await;
    let began = Instant::now();
    let read = read(&*log, &both).await;
    assert_eq!(read, [("a".to_owned(), vec!["2".to_owned()])]);
    assert!(began.elapsed() < Duration::from_millis(300));
}

#[tokio::test]
async fn an_id_that_is_kept_and_a_topic_too_many_are_refused_alone() {
    let server = Engine::start();
    let keep = Keep { topics: 1, ..KEEP };
    let engine = RedisEngine::new(&server.url(), keep, "one").expect("a URL");
    let log = engine.connect().await.expect("it answers");
    let draft = Draft {
        id: Some("x".to_owned()),
        ..Draft::default()
    };
    let events = [draft.event()];
    let [first, second] = [(); 2].map(|()| log.publish("news", Caller::default(), &events));
    let Ok(Publication::New(placed)) = first.await else {
        panic!("it is the first");
    };
    assert_eq!(second.await, Ok(Publication::Repeated(placed.last)));
    // One of sixteen slots is the same.
    let mut full = 0;
    for n in 0..60 {
        match log.touch(&format!("t{n}"), Caller::default()).await {
            Ok(_) => {}
            Err(e) => {
                assert_eq!(e, Error::TopicsFull(16));
                full += 1;
            }
        }
    }
    assert!((40..60).contains(&full), "{full}");
    publish(&*log, "news", "goes on").await;
}

#[tokio::test]
async fn nodes_know_of_each_other() {
    let server = Engine::start();
    let node = |name: &str, keep| {
        let engine = RedisEngine::new(&server.url(), keep, name).expect("a URL");
        async move { engine.connect().await.expect("it answers") }
    };
    let (one, two) = (node("one", KEEP).await, node("two", KEEP).await);
    // One that was not heard of for long, and something else.
    let key = "sse1:{nodes}:nodes";
    server.does(&["HSET", key, "old", "1\nold\n\n9 a", "else", "what"]);
    let alone = one
        .beat(&[("a".into(), 2), ("b".into(), 0)])
        .await
        .expect("it answers");
    assert_eq!(
        (alone.nodes, &*alone.subscribers),
        (1, &[("a".into(), 2)][..])
    );
    let both = two
        .beat(&[("a".into(), 3), ("c".into(), 1)])
        .await
        .expect("it answers");
    assert_eq!(both.names, ["one", "two"]);
    assert_eq!(both.subscribers, [("a".into(), 5), ("c".into(), 1)]);
    assert_eq!(one.warnings(), [""; 0]);
    let odd = node("one", Keep { events: 5, ..KEEP }).await;
    // One that starts again hears of itself until it is forgotten: each deploy warned.
    for _ in 0..4 {
        odd.beat(&[]).await.expect("it answers");
        let warnings = odd.warnings();
        assert_eq!(warnings.len(), 2, "of the bounds: {warnings:?}");
    }
    odd.beat(&[]).await.expect("it answers");
    let warnings = odd.warnings();
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    assert!(warnings[0].contains("has the name \"one\""), "{warnings:?}");
}
