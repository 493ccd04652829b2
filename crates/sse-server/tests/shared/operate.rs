//! What those see who operate a node, while its engine goes and comes: `/readyz` and the metrics.

use std::time::{Duration, Instant, SystemTime};

use crate::redis::{Redis, publish_once};
use crate::support::operate::{get, metrics, value};
use crate::support::{Bench, soon};

const TOPIC: &str = "/topics/news";

/// How long the engine may be away before `/readyz` says so, as docs/OPERATE.md has it.
const MOMENT: Duration = Duration::from_secs(3);

async fn readiness(node: &Bench) -> (u16, String) {
    let (head, body) = get(node, "/readyz", &[]).await;
    (head.status, body)
}

fn ready() -> (u16, String) {
    (200, "{\"ready\":true,\"state\":\"ready\"}".to_owned())
}

fn engine_away() -> (u16, String) {
    (
        503,
        "{\"ready\":false,\"state\":\"engine away\"}".to_owned(),
    )
}

/// The answer, once it is another than this.
async fn until_not(node: &Bench, before: &(u16, String)) -> (u16, String) {
    let mut look = tokio::time::interval(Duration::from_millis(20));
    soon("another answer", async {
        loop {
            look.tick().await;
            let now = readiness(node).await;
            if now != *before {
                return now;
            }
        }
    })
    .await
}

/// One of the calls, by what became of it.
async fn calls(node: &Bench, call: &str, result: &str) -> f64 {
    let name = format!("sse_engine_calls_total{{call=\"{call}\",result=\"{result}\"}}");
    value(&metrics(node).await, &name)
}

/// How many calls were timed.
async fn timed(node: &Bench, call: &str) -> f64 {
    let name = format!("sse_engine_call_duration_seconds_count{{call=\"{call}\"}}");
    value(&metrics(node).await, &name)
}

/// 1. The engine is there. 2. It is killed: a node is ready for a moment longer. 3. It stays away:
///    503, while the streams that are open stay, and a new one waits. 4. It is back: 200.
#[tokio::test]
async fn an_engine_that_is_away_for_long_makes_a_node_not_ready_until_it_is_back() {
    let mut redis = Redis::start();
    let node = redis.node("a").await;
    node.there().await;
    assert_eq!(readiness(&node).await, ready());
    let mut subscriber = node.join(TOPIC).await;
    node.publish(TOPIC, "before").await;
    assert_eq!(subscriber.data().await, "before");
    let now = metrics(&node).await;
    for (name, wanted) in [
        ("sse_engine_up", 1.0),
        ("sse_engine_reconnects_total", 0.0),
        ("sse_engine_followed_topics", 1.0),
        ("sse_engine_waiting_subscribers", 0.0),
        (
            "sse_engine_calls_total{call=\"connect\",result=\"ok\"}",
            1.0,
        ),
        (
            "sse_engine_calls_total{call=\"connect\",result=\"failed\"}",
            0.0,
        ),
        (
            "sse_engine_calls_total{call=\"publish\",result=\"ok\"}",
            1.0,
        ),
        (
            "sse_engine_call_duration_seconds_count{call=\"publish\"}",
            1.0,
        ),
    ] {
        assert_eq!(value(&now, name), wanted, "{name} in {now}");
    }
    assert!(calls(&node, "touch", "ok").await >= 1.0, "{now}");
    assert!(calls(&node, "read", "ok").await >= 1.0, "{now}");
    assert!(timed(&node, "beat").await >= 1.0, "{now}");
    assert!(!now.contains("duration_seconds_count{call=\"read\"}"));
    assert!(!now.contains("news"), "no label is a topic: {now}");

    redis.kill();
    let lost = node.engine(|engine| engine["state"] == "lost").await;
    let since = lost["since_ms"].as_u64().expect("a time");
    assert_eq!(readiness(&node).await, ready(), "a failover takes as long");
    assert_eq!(value(&metrics(&node).await, "sse_engine_up"), 0.0);
    let mut waits = node.listen("/topics/other", None).await;
    node.engine(|engine| engine["waiting"] == 1).await;
    assert_eq!(until_not(&node, &ready()).await, engine_away());
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let away = now.expect("after 1970") - Duration::from_millis(since);
    assert!(away > MOMENT, "{away:?}");
    let (head, _) = get(&node, "/healthz", &[]).await;
    assert_eq!(head.status, 200, "it lives");
    let now = metrics(&node).await;
    assert_eq!(value(&now, "sse_engine_waiting_subscribers"), 1.0, "{now}");
    assert_eq!(value(&now, "sse_connections{kind=\"topic\"}"), 2.0, "{now}");
    assert!(calls(&node, "connect", "failed").await >= 1.0, "{now}");
    assert_eq!(calls(&node, "connect", "ok").await, 1.0, "{now}");

    redis.go_on();
    assert_eq!(until_not(&node, &engine_away()).await, ready());
    waits.place().await;
    subscriber.gap().await;
    publish_once(&node, TOPIC, "after").await;
    assert_eq!(subscriber.data().await, "after");
    let now = metrics(&node).await;
    for (name, wanted) in [
        ("sse_engine_up", 1.0),
        ("sse_engine_reconnects_total", 1.0),
        ("sse_engine_lives_total", 1.0),
        ("sse_engine_waiting_subscribers", 0.0),
        (
            "sse_engine_calls_total{call=\"connect\",result=\"ok\"}",
            2.0,
        ),
    ] {
        assert_eq!(value(&now, name), wanted, "{name} in {now}");
    }
}

/// A node was ready for its first three seconds, and a balancer sent it clients that waited.
#[tokio::test]
async fn a_node_that_has_never_reached_the_engine_is_not_ready() {
    let mut redis = Redis::start();
    redis.kill();
    let node = redis.node("a").await;
    assert_eq!(readiness(&node).await, engine_away());
    redis.go_on();
    assert_eq!(until_not(&node, &engine_away()).await, ready());
}

/// What is refused for its own sake is no loss of the connection, and what nobody waits for any
/// more is neither.
#[tokio::test]
async fn calls_are_counted_by_what_became_of_them() {
    let redis = Redis::start();
    let node = redis.node("a").await;
    node.there().await;
    publish_once(&node, TOPIC, "once").await;
    let (head, _) = node.post("/topics/news?id=once", &[], "again").await;
    assert_eq!(head.status, 409);
    assert_eq!(calls(&node, "publish", "ok").await, 1.0);
    assert_eq!(calls(&node, "publish", "refused").await, 1.0);
    assert_eq!(timed(&node, "publish").await, 2.0);
    let (_, head) = node.ask("DELETE", TOPIC, &[]).await;
    assert_eq!(head.status, 204);
    assert_eq!(calls(&node, "end", "ok").await, 1.0);
    // A second topic is to be read as well, so the read of the first is begun anew.
    let _first = node.join(TOPIC).await;
    let _second = node.join("/topics/other").await;
    let began = Instant::now();
    while calls(&node, "read", "dropped").await < 1.0 {
        assert!(began.elapsed() < Duration::from_secs(20));
    }
    // It stands still in the middle of a publish.
    redis.signal("-STOP");
    let (head, _) = node.post(TOPIC, &[], "during").await;
    assert_eq!(head.status, 503);
    node.engine(|engine| engine["state"] == "lost").await;
    redis.signal("-CONT");
    node.there().await;
    let now = metrics(&node).await;
    let lost: f64 = ["failed", "dropped"]
        .map(|result| {
            let name = format!("sse_engine_calls_total{{call=\"publish\",result=\"{result}\"}}");
            value(&now, &name)
        })
        .iter()
        .sum();
    assert_eq!(lost, 1.0, "{now}");
}
