//! What subscribers cost the engine: nothing for each of them.

use crate::redis::Redis;

/// How often the engine was called, by its own count, but for what looks at that.
fn calls(redis: &Redis) -> u64 {
    let stats = redis.cli(&["INFO", "commandstats"]);
    let lines = stats.lines().filter(|line| !line.contains("cmdstat_info"));
    let calls = lines.filter_map(|line| {
        let (_, rest) = line.split_once("calls=")?;
        rest.split(',').next()?.parse::<u64>().ok()
    });
    calls.sum()
}

/// Of a node that was killed, all clients come to another one at once.
#[tokio::test]
async fn a_storm_of_clients_asks_the_engine_once() {
    let redis = Redis::start();
    let (a, b) = (redis.node("a").await, redis.node("b").await);
    let mut first = a.join("/topics/news").await;
    for n in 0..20 {
        a.publish("/topics/news", n.to_string()).await;
    }
    let id = {
        first.several(10).await;
        first.last_event_id().to_owned()
    };
    b.there().await;
    redis.cli(&["CONFIG", "RESETSTAT"]);
    let mut storm = Vec::new();
    for _ in 0..200 {
        storm.push(b.listen("/topics/news", Some(&id)).await);
    }
    for subscriber in &mut storm {
        assert_eq!(subscriber.data().await, "10");
    }
    let calls = calls(&redis);
    // A touch with what its script calls, a load, and what time brings anyway: beats and reads.
    assert!(calls < 100, "{calls} for 200 clients");
}

#[tokio::test]
async fn many_topics_come_at_once_and_each_gets_its_events() {
    let redis = Redis::start();
    let (a, b) = (redis.node("a").await, redis.node("b").await);
    b.there().await;
    let mut all = Vec::new();
    for n in 0..100 {
        all.push(a.listen(&format!("/topics/t{n}"), None).await);
    }
    for subscriber in &mut all {
        subscriber.place().await;
    }
    for n in 0..100 {
        b.publish(&format!("/topics/t{n}"), n.to_string()).await;
    }
    for (n, subscriber) in all.iter_mut().enumerate() {
        assert_eq!(subscriber.data().await, n.to_string());
    }
}
