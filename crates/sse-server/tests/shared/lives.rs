//! What the log says when topics begin a new life.

use sse_server::{Happened, LogReceiver, NewLifeReason, NewLives};

use crate::redis::Redis;
use crate::support::soon;
use crate::support::topics::Subscriber;

const TOPIC: &str = "/topics/news";

/// The next topics that began a new life.
async fn lives(log: &mut LogReceiver) -> NewLives {
    soon("a new life in the log", async {
        loop {
            let entry = log.recv().await.expect("the server is there");
            if let Happened::Lives(lives) = entry.happened {
                return lives;
            }
        }
    })
    .await
}

/// The one thing that users complain about, and only a counter without a time said it.
///
/// 1. The engine is killed and starts with its data. 2. It is emptied. 3. The topic is ended.
#[tokio::test]
async fn the_log_says_that_a_topic_began_a_new_life_and_why() {
    let mut redis = Redis::with(&["--appendonly", "yes", "--appendfsync", "always"]);
    let node = redis.node("a").await;
    let mut log = node.server.log();
    let mut subscriber = node.join(TOPIC).await;
    node.publish(TOPIC, "before").await;
    assert_eq!(subscriber.data().await, "before");
    redis.kill();
    redis.go_on();
    subscriber.gap().await;
    let told = lives(&mut log).await;
    let news = |why| NewLives {
        topics: 1,
        topic: "news".to_owned(),
        subscribers: 1,
        why,
    };
    assert_eq!(told, news(NewLifeReason::Restarted));

    redis.cli(&["FLUSHALL"]);
    subscriber.gap().await;
    assert_eq!(lives(&mut log).await, news(NewLifeReason::Lacking));

    node.publish(TOPIC, "after").await;
    assert_eq!(subscriber.data().await, "after");
    let (_, head) = node.ask("DELETE", TOPIC, &[]).await;
    assert_eq!(head.status, 204);
    subscriber.gap().await;
    assert_eq!(lives(&mut log).await, news(NewLifeReason::Ended));
}

/// A line for each of them pushed all else out of the log.
#[tokio::test]
async fn a_restart_is_a_few_lines_for_all_topics() {
    const TOPICS: usize = 200;
    let mut redis = Redis::start();
    let node = redis.node("a").await;
    let mut all: Vec<Subscriber> = Vec::new();
    for n in 0..TOPICS {
        all.push(node.join(&format!("/topics/t{n}")).await);
    }
    let mut log = node.server.log();
    redis.kill();
    redis.go_on();
    for subscriber in &mut all {
        subscriber.gap().await;
    }
    let (mut topics, mut subscribers, mut lines) = (0, 0, 0);
    while topics < TOPICS {
        let told = lives(&mut log).await;
        assert_eq!(told.why, NewLifeReason::Restarted);
        topics += told.topics;
        subscribers += told.subscribers;
        lines += 1;
    }
    assert_eq!((topics, subscribers), (TOPICS, TOPICS));
    assert!(lines < 20, "{lines} lines");
}
