//! Topics on an engine that nodes share: published on one node, heard on each, and resumed on
//! another.

use crate::redis::Redis;

#[tokio::test]
async fn who_is_published_to_on_one_node_is_heard_on_each() {
    let redis = Redis::start();
    let (a, b) = (redis.node("a").await, redis.node("b").await);
    let mut on_a = a.join("/topics/news").await;
    let mut on_b = b.join("/topics/news").await;
    for n in 0..20 {
        let node = if n % 2 == 0 { &a } else { &b };
        node.publish("/topics/news", n.to_string()).await;
    }
    let all: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    assert_eq!(on_a.several(20).await, all);
    assert_eq!(on_b.several(20).await, all);
}

#[tokio::test]
async fn who_leaves_one_node_goes_on_at_another_without_a_gap() {
    let redis = Redis::start();
    let (a, b) = (redis.node("a").await, redis.node("b").await);
    let mut first = a.join("/topics/news").await;
    for n in 0..10 {
        a.publish("/topics/news", n.to_string()).await;
    }
    assert_eq!(first.several(5).await, ["0", "1", "2", "3", "4"]);
    let id = first.last_event_id().to_owned();
    drop(first);
    let mut second = b.listen("/topics/news", Some(&id)).await;
    assert_eq!(second.several(5).await, ["5", "6", "7", "8", "9"]);
    b.publish("/topics/news", "more").await;
    assert_eq!(second.data().await, "more");
}

#[tokio::test]
async fn an_engine_that_was_restarted_empty_is_one_gap_and_goes_on() {
    let mut redis = Redis::start();
    let (a, b) = (redis.node("a").await, redis.node("b").await);
    let mut on_a = a.join("/topics/news").await;
    let mut on_b = b.join("/topics/news").await;
    a.publish("/topics/news", "before").await;
    assert_eq!(on_a.data().await, "before");
    assert_eq!(on_b.data().await, "before");
    redis.kill();
    a.engine(|engine| engine["state"] == "lost").await;
    let (head, answer) = a.post("/topics/news", &[], "lost").await;
    assert_eq!(head.status, 503, "{answer}");
    assert_eq!(head.get("retry-after"), Some("1"));
    redis.go_on();
    for (node, subscriber) in [(&a, &mut on_a), (&b, &mut on_b)] {
        node.there().await;
        assert_eq!(
            subscriber.gap().await.gap()["lost"],
            serde_json::Value::Null
        );
    }
    b.publish("/topics/news", "after").await;
    assert_eq!(on_a.data().await, "after");
    assert_eq!(on_b.data().await, "after");
}
