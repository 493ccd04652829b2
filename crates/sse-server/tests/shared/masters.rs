//! Another engine takes over, with less than the one before had.

use serde_json::Value;
use sse_server::TopicConfig;

use crate::redis::{Redis, Road, node, publish_once};

const TOPIC: &str = "/topics/news";

/// A replica that has all of what its master has.
fn in_step(master: &Redis, replica: &Redis) {
    replica.cli(&["REPLICAOF", "127.0.0.1", &master.port.to_string()]);
    let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while !replica.cli(&["INFO", "replication"]).contains("master_link_status:up") {
        assert!(std::time::Instant::now() < until, "it does not follow");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_ne!(master.cli(&["WAIT", "1", "5000"]), "0");
}

fn pair() -> (Redis, Redis) {
    let quick: &[&str] = &["--repl-diskless-sync-delay", "0"];
    let (master, replica) = (Redis::with(quick), Redis::with(quick));
    in_step(&master, &replica);
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
    assert_ne!(master.cli(&["WAIT", "1", "5000"]), "0");
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
    assert_ne!(old.cli(&["WAIT", "1", "5000"]), "0");
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
        got.push(if event.is_gap() { "gap".to_owned() } else { event.data });
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
    assert!(got.contains(&"gap on b".to_owned()), "its readers are told too: {got:?}");
}

#[tokio::test]
async fn a_master_that_is_demoted_is_left() {
    let (master, replica) = pair();
    let road = Road::to(master.port).await;
    let a = node(&road.url(), "a", TopicConfig::default()).await;
    let mut on_a = a.join(TOPIC).await;
    publish_once(&a, TOPIC, "one").await;
    assert_eq!(on_a.data().await, "one");
    assert_ne!(master.cli(&["WAIT", "1", "5000"]), "0");
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
