//! What each side sees when the engine is away.

use std::time::{Duration, Instant};

use serde_json::Value;
use sse_server::{Config, KeepAlive, TopicConfig};

use crate::redis::{Redis, Road, engine, node, publish_once};
use crate::support::Bench;

const TOPIC: &str = "/topics/news";

/// How long a publisher may wait for its answer.
const ANSWERED: Duration = Duration::from_millis(2500);

#[tokio::test]
async fn a_pause_is_503_to_publishers_and_no_gap_to_subscribers() {
    let redis = Redis::start();
    let a = Bench::with(Config {
        keep_alive: KeepAlive::Interval(Duration::from_millis(50)),
        topics_on: Some(engine(&redis.url(), "a", &TopicConfig::default())),
        ..Config::default()
    })
    .await;
    let mut subscriber = a.join(TOPIC).await;
    publish_once(&a, TOPIC, "before").await;
    assert_eq!(subscriber.data().await, "before");
    redis.signal("-STOP");
    let began = Instant::now();
    let (head, answer) = a.post("/topics/news?id=during", &[], "during").await;
    assert!(began.elapsed() < ANSWERED, "{:?}", began.elapsed());
    assert_eq!(
        (head.status, head.get("retry-after")),
        (503, Some("1")),
        "{answer}"
    );
    assert!(answer.contains("may have been published"), "{answer}");
    let lost = a.engine(|engine| engine["state"] == "lost").await;
    let why = lost["error"].as_str().expect("a reason");
    assert!(why.starts_with("redis://127.0.0.1:"), "{why}");
    assert!(!why.contains("published"), "it is no publisher's: {why}");
    let (head, away) = a.post("/topics/news", &[], "away").await;
    assert_eq!(head.status, 503);
    assert!(away.contains("is away, so nothing was done: try"), "{away}");
    // Through a balancer, these answers go to everybody who publishes.
    for sentence in [&answer, &away] {
        let inside = ["127.0.0.1", "redis://", "("];
        let shown = inside.iter().find(|word| sentence.contains(**word));
        assert_eq!(shown, None, "{sentence}");
    }
    // A keep-alive comes though the engine is away.
    let bytes = |bench: &Bench| bench.server.slice(&Default::default()).rows[0].bytes;
    let (before, began) = (bytes(&a), Instant::now());
    while bytes(&a) == before {
        assert!(began.elapsed() < ANSWERED, "no keep-alive came");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    redis.signal("-CONT");
    let back = a.engine(|engine| engine["state"] == "there").await;
    assert_eq!(back["reconnects"], 1, "{back}");
    publish_once(&a, TOPIC, "during").await;
    publish_once(&a, TOPIC, "after").await;
    assert_eq!(subscriber.several(2).await, ["during", "after"]);
}

#[tokio::test]
async fn who_starts_without_an_engine_serves_all_the_same() {
    let mut redis = Redis::start();
    redis.kill();
    let (a, b) = (redis.node("a").await, redis.node("b").await);
    let mut waits = a.listen(TOPIC, None).await;
    let mut resumes = b.listen(TOPIC, Some("1763823600123-000000000009")).await;
    let connecting = a
        .engine(|engine| engine["waiting"] == 1 && engine["error"].is_string())
        .await;
    assert_eq!(connecting["state"], "connecting");
    assert_eq!(connecting["followed"], 1);
    let row = serde_json::to_value(&a.server.slice(&Default::default()).rows[0]).expect("JSON");
    assert_eq!(
        (&row["waits"], &row["state"]),
        (&Value::Bool(true), &"open".into())
    );
    let (head, _) = a.post(TOPIC, &[], "away").await;
    assert_eq!(head.status, 503);
    let (_, head) = a.ask("DELETE", TOPIC, &[]).await;
    assert_eq!((head.status, head.get("retry-after")), (503, Some("1")));
    redis.go_on();
    waits.place().await;
    let row = serde_json::to_value(&a.server.slice(&Default::default()).rows[0]).expect("JSON");
    assert_eq!(row.get("waits"), None, "{row}");
    assert_eq!(
        resumes.gap().await.gap()["lost"],
        Value::Null,
        "it knows no such life"
    );
    a.publish(TOPIC, "first").await;
    assert_eq!(waits.data().await, "first");
    assert_eq!(resumes.data().await, "first");
}

#[tokio::test]
async fn a_restart_with_its_data_is_one_gap_and_what_was_before_is_kept() {
    let mut redis = Redis::with(&["--appendonly", "yes", "--appendfsync", "always"]);
    let a = redis.node("a").await;
    let mut subscriber = a.join(TOPIC).await;
    let position = subscriber.position.clone();
    a.publish(TOPIC, "before").await;
    assert_eq!(subscriber.data().await, "before");
    redis.kill();
    redis.go_on();
    let gap = subscriber.gap().await;
    assert_eq!(gap.gap()["lost"], Value::Null);
    a.publish(TOPIC, "after").await;
    assert_eq!(subscriber.data().await, "after");
    let there = a.engine(|engine| engine["state"] == "there").await;
    assert_eq!(
        (&there["lives"], &there["reconnects"]),
        (&1.into(), &1.into())
    );
    let b = redis.node("b").await;
    let mut late = b.listen(TOPIC, Some(&position)).await;
    assert_eq!(late.data().await, "before", "history is kept");
    late.gap().await;
    assert_eq!(late.data().await, "after");
}

#[tokio::test]
async fn a_database_that_is_emptied_is_a_gap_and_then_goes_on() {
    let redis = Redis::start();
    let (a, b) = (redis.node("a").await, redis.node("b").await);
    let (mut on_a, mut on_b) = (a.join(TOPIC).await, b.join(TOPIC).await);
    a.publish(TOPIC, "before").await;
    let first = on_a.next().await;
    assert_eq!(on_b.data().await, "before");
    redis.cli(&["FLUSHALL"]);
    a.publish(TOPIC, "after").await;
    for subscriber in [&mut on_a, &mut on_b] {
        subscriber.gap().await;
        let after = subscriber.next().await;
        assert_eq!(after.data, "after");
        assert!(after.id > first.id, "{first:?} {after:?}");
    }
}

#[tokio::test]
async fn who_was_away_longer_than_the_engine_keeps_is_told_how_many_it_lacks() {
    let redis = Redis::start();
    let keep = TopicConfig {
        keep_events: 5,
        ..TopicConfig::default()
    };
    let road = Road::to(redis.port).await;
    let a = redis.node_with("a", keep.clone()).await;
    let b = node(&road.url(), "b", keep).await;
    let mut on_b = b.join(TOPIC).await;
    a.publish(TOPIC, "0").await;
    assert_eq!(on_b.data().await, "0");
    road.lead(None);
    b.engine(|engine| engine["state"] == "lost").await;
    for n in 1..=12 {
        a.publish(TOPIC, n.to_string()).await;
    }
    road.lead(Some(redis.port));
    assert_eq!(on_b.gap().await.gap()["lost"], 7);
    assert_eq!(on_b.several(5).await, ["8", "9", "10", "11", "12"]);
}

#[tokio::test]
async fn connections_that_are_killed_again_and_again_cost_nothing() {
    let redis = Redis::start();
    let (a, b) = (redis.node("a").await, redis.node("b").await);
    let (mut on_a, mut on_b) = (a.join(TOPIC).await, b.join(TOPIC).await);
    let mut all = Vec::new();
    for n in 0..30 {
        if n % 6 == 3 {
            redis.cli(&["CLIENT", "KILL", "TYPE", "normal"]);
        }
        let node = if n % 2 == 0 { &a } else { &b };
        publish_once(node, TOPIC, &format!("e{n}")).await;
        all.push(format!("e{n}"));
    }
    assert_eq!(on_a.several(30).await, all);
    assert_eq!(on_b.several(30).await, all);
}

#[tokio::test]
async fn a_wrong_password_is_told_and_never_shown() {
    let redis = Redis::with(&["--requirepass", "rosebud"]);
    let url = format!("redis://:sesame@127.0.0.1:{}", redis.port);
    let a = node(&url, "a", TopicConfig::default()).await;
    let mut log = a.server.log();
    let told = a.engine(|engine| engine["error"].is_string()).await;
    assert_eq!(told["state"], "connecting");
    let error = told["error"].as_str().expect("a sentence");
    assert!(error.contains("password"), "{error}");
    let state = serde_json::to_string(&a.server.state()).expect("JSON");
    assert!(!state.contains("sesame"), "{state}");
    while let Some(entry) = log.try_recv() {
        assert!(!entry.to_string().contains("sesame"), "{entry}");
    }
    let url = format!("redis://:rosebud@127.0.0.1:{}", redis.port);
    let b = node(&url, "b", TopicConfig::default()).await;
    b.there().await;
    b.publish(TOPIC, "x").await;
}

#[tokio::test]
async fn a_full_engine_refuses_publishes_and_no_subscriber() {
    let redis = Redis::start();
    let a = redis.node("a").await;
    let mut subscriber = a.join(TOPIC).await;
    a.publish(TOPIC, "before").await;
    redis.cli(&["CONFIG", "SET", "maxmemory", "1"]);
    let (head, answer) = a.post(TOPIC, &[], "full").await;
    assert_eq!((head.status, head.get("retry-after")), (503, Some("1")));
    assert!(answer.contains("is full"), "{answer}");
    redis.cli(&["CONFIG", "SET", "maxmemory", "0"]);
    publish_once(&a, TOPIC, "after").await;
    assert_eq!(subscriber.several(2).await, ["before", "after"]);
}

#[tokio::test]
async fn stop_waits_for_no_engine_and_start_goes_on() {
    let redis = Redis::start();
    let a = redis.node("a").await;
    let mut subscriber = a.join(TOPIC).await;
    a.publish(TOPIC, "before").await;
    assert_eq!(subscriber.data().await, "before");
    redis.signal("-STOP");
    let mut client = a.connect().await;
    let publisher = async {
        let (head, answer) = client.post(&a, TOPIC, &[], b"during").await;
        assert_eq!(head.status, 503, "{answer}");
    };
    let stop = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let began = Instant::now();
        a.server.stop().await;
        assert!(
            began.elapsed() < Duration::from_millis(500),
            "{:?}",
            began.elapsed()
        );
    };
    tokio::join!(publisher, stop);
    subscriber.rest().await;
    redis.signal("-CONT");
    a.server.start().await.expect("a free port");
    let port = a.server.status().borrow().port;
    let again = Bench {
        server: a.server.clone(),
        addr: (std::net::Ipv4Addr::LOCALHOST, port).into(),
    };
    let mut resumed = again.listen(TOPIC, Some(subscriber.last_event_id())).await;
    publish_once(&again, TOPIC, "after").await;
    let events = [resumed.data().await];
    let next = match &*events[0] {
        // It was on its way when the server stopped.
        "during" => resumed.data().await,
        other => other.to_owned(),
    };
    assert_eq!(next, "after");
}

/// It was cut without an answer.
#[tokio::test]
async fn who_ends_a_topic_while_the_server_stops_is_answered() {
    let redis = Redis::start();
    let a = redis.node("a").await;
    a.publish(TOPIC, "before").await;
    redis.signal("-STOP");
    let ends = async {
        let (mut client, head) = a.ask("DELETE", TOPIC, &[]).await;
        let answer = client.body(&head).await;
        assert_eq!(
            (head.status, head.get("retry-after")),
            (503, Some("1")),
            "{answer}"
        );
        assert!(answer.contains("may have been ended"), "{answer}");
    };
    let stop = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        a.server.stop().await;
    };
    tokio::join!(ends, stop);
}
