//! Another engine takes over, with less than the one before had.

use std::time::{Duration, Instant};

use serde_json::Value;
use sse_server::TopicConfig;

use crate::redis::{Redis, Road, node, publish_once};

const TOPIC: &str = "/topics/news";

/// Waits until what this answers is so.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(10);
    while !is_so() {
        assert!(Instant::now() < until, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until the replica has all that its master has.
fn in_step(master: &Redis, replica: &Redis) {
    let offset = |redis: &Redis, field: &str| {
        let info = redis.cli(&["INFO", "replication"]);
        let mut lines = info.lines().map(str::trim);
        lines.find_map(|line| line.strip_prefix(field)?.parse::<u64>().ok())
    };
    until("the replica has it", || {
        let has = offset(replica, "slave_repl_offset:");
        has.is_some() && has == offset(master, "master_repl_offset:")
    });
}

fn pair() -> (Redis, Redis) {
    let quick: &[&str] = &["--repl-diskless-sync-delay", "0"];
    let (master, replica) = (Redis::with(quick), Redis::with(quick));
    replica.cli(&["REPLICAOF", "127.0.0.1", &master.port.to_string()]);
    until("the replica follows", || {
        let info = replica.cli(&["INFO", "replication"]);
        info.contains("master_link_status:up")
    });
    (master, replica)
}

#[tokio::test]
async fn a_failover_that_lost_its_tail_is_told_to_all_and_no_id_comes_twice() {
    let (master, replica) = pair();
    let road = Road::to(master.port).await;
    let config = TopicConfig::default();
    let (a, b) = (
        node(&road.url(), "a", config.clone()).await,
        node(&road.url(), "b", config).await,
    );
    let (mut on_a, mut on_b) = (a.join(TOPIC).await, b.join(TOPIC).await);
    a.publish(TOPIC, "kept").await;
    in_step(&master, &replica);
    replica.cli(&["REPLICAOF", "NO", "ONE"]);
    a.publish(TOPIC, "lost").await;
    let mut ids = Vec::new();
    for subscriber in [&mut on_a, &mut on_b] {
        assert_eq!(subscriber.data().await, "kept");
        let event = subscriber.next().await;
        assert_eq!(event.data, "lost");
        ids.push(event.id);
    }
    road.lead(Some(replica.port));
    for subscriber in [&mut on_a, &mut on_b] {
        assert_eq!(subscriber.gap().await.gap()["lost"], Value::Null);
    }
    publish_once(&b, TOPIC, "after").await;
    for subscriber in [&mut on_a, &mut on_b] {
        assert_eq!(subscriber.data().await, "after");
        assert!(subscriber.last_event_id() > ids[0].as_str());
    }
    // Who comes with the lost id is told too, and gets nothing twice.
    let mut late = b.listen(TOPIC, Some(&ids[0])).await;
    assert_eq!(late.gap().await.gap()["from"], ids[0].as_str());
    assert_eq!(late.data().await, "after");
}

#[tokio::test]
async fn two_masters_at_once_are_a_gap_when_they_are_one_again() {
    let (old, new) = pair();
    let road = Road::to(old.port).await;
    let config = TopicConfig::default();
    let a = node(&road.url(), "a", config.clone()).await;
    let b = new.node_with("b", config).await;
    let mut on_a = a.join(TOPIC).await;
    a.publish(TOPIC, "both").await;
    in_step(&old, &new);
    new.cli(&["REPLICAOF", "NO", "ONE"]);
    b.there().await;
    let mut on_b = b.join(TOPIC).await;
    a.publish(TOPIC, "cut off").await;
    b.publish(TOPIC, "in force").await;
    assert_eq!(on_a.several(2).await, ["both", "cut off"]);
    assert_eq!(on_b.data().await, "in force");
    road.lead(Some(new.port));
    // What the new master published comes, and what it lacks is told.
    let mut got = Vec::new();
    while !got.iter().any(|data| data == "in force") {
        let event = on_a.next().await;
        got.push(if event.is_gap() {
            "gap".to_owned()
        } else {
            event.data
        });
    }
    assert!(got.contains(&"gap".to_owned()), "{got:?}");
    publish_once(&a, TOPIC, "healed").await;
    loop {
        let event = on_b.next().await;
        match event.is_gap() {
            true => got.push("gap on b".to_owned()),
            false => {
                assert_eq!(event.data, "healed");
                break;
            }
        }
    }
    assert!(
        got.contains(&"gap on b".to_owned()),
        "its readers are told too: {got:?}"
    );
}

#[tokio::test]
async fn a_master_that_is_demoted_is_left() {
    let (master, replica) = pair();
    let road = Road::to(master.port).await;
    let a = node(&road.url(), "a", TopicConfig::default()).await;
    let mut on_a = a.join(TOPIC).await;
    publish_once(&a, TOPIC, "one").await;
    assert_eq!(on_a.data().await, "one");
    in_step(&master, &replica);
    replica.cli(&["REPLICAOF", "NO", "ONE"]);
    master.cli(&["REPLICAOF", "127.0.0.1", &replica.port.to_string()]);
    // Reads of a replica work, so only a write tells: the publish is the first.
    let (head, answer) = a.post(TOPIC, &[], "two").await;
    assert_eq!(head.status, 503, "{answer}");
    a.engine(|engine| engine["state"] == "lost").await;
    road.lead(Some(replica.port));
    assert_eq!(on_a.gap().await.gap()["lost"], Value::Null);
    publish_once(&a, TOPIC, "three").await;
    assert_eq!(on_a.data().await, "three");
}
