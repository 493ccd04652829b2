//! What a publisher is answered where an engine keeps the topics.

use serde_json::Value;
use sse_redis::Keys;
use sse_server::{Config, TableQuery, TopicConfig};

use crate::redis::{Redis, engine, publish_once};
use crate::support::Bench;

const TOPIC: &str = "/topics/news";

#[tokio::test]
async fn an_id_is_taken_on_all_nodes() {
    let redis = Redis::start();
    let (a, b) = (redis.node("a").await, redis.node("b").await);
    a.there().await;
    b.there().await;
    let (head, answer) = a.post("/topics/news?id=one", &[], "x").await;
    assert_eq!(head.status, 200, "{answer}");
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!(answer["id"], "one");
    let (head, answer) = b.post("/topics/news?id=one", &[], "y").await;
    assert_eq!(head.status, 409, "{answer}");
    let told = "if you repeat a publish, that was published;";
    assert!(answer.contains(told), "{answer}");
}

#[tokio::test]
async fn many_lines_go_out_in_several_calls_and_come_in_their_order() {
    let redis = Redis::start();
    let keep = TopicConfig {
        keep_events: 5000,
        ..TopicConfig::default()
    };
    let a = redis.node_with("a", keep).await;
    let mut subscriber = a.join(TOPIC).await;
    let lines: String = (0..2500).map(|n| format!("{n}\n")).collect();
    let ndjson = [("content-type", "application/x-ndjson")];
    let reading = async { subscriber.several(2500).await };
    let ((head, answer), got) = tokio::join!(a.post(TOPIC, &ndjson, lines), reading);
    assert_eq!(head.status, 200, "{answer}");
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!(answer["events"], 2500);
    assert_eq!(answer["id"], subscriber.last_event_id());
    let all: Vec<String> = (0..2500).map(|n| n.to_string()).collect();
    assert!(got == all, "in order");
}

#[tokio::test]
async fn publishes_at_once_each_get_their_own_id() {
    let redis = Redis::start();
    let a = redis.node("a").await;
    let mut subscriber = a.join(TOPIC).await;
    let mut clients = tokio::task::JoinSet::new();
    let addr = a.addr;
    for n in 0..50 {
        clients.spawn(async move {
            let mut client = crate::support::Client::connect(addr).await;
            let data = n.to_string();
            let request = format!(
                "POST {TOPIC} HTTP/1.1\r\nhost: {addr}\r\ncontent-length: {}\r\n\r\n{data}",
                data.len()
            );
            client.send(&request).await;
            let head = client.head().await;
            let answer = client.body(&head).await;
            assert_eq!(head.status, 200, "{answer}");
            let answer: Value = serde_json::from_str(&answer).expect("JSON");
            (answer["id"].as_str().expect("an id").to_owned(), data)
        });
    }
    let mut told = clients.join_all().await;
    told.sort();
    for (id, data) in told {
        let event = subscriber.next().await;
        assert_eq!((event.id, event.data), (id, data));
    }
}

#[tokio::test]
async fn the_answer_counts_those_of_all_nodes() {
    let redis = Redis::start();
    let (a, b) = (redis.node("a").await, redis.node("b").await);
    let _on_a = a.join(TOPIC).await;
    let (_one, _two) = (b.join(TOPIC).await, b.join(TOPIC).await);
    let until = std::time::Instant::now() + crate::support::SOON;
    loop {
        let (_, answer) = a.post(TOPIC, &[], "x").await;
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        assert!(
            answer["subscribers"].as_u64() >= Some(1),
            "its own at least: {answer}"
        );
        if answer["subscribers"] == 3 && answer["nodes"] == 2 {
            break;
        }
        assert!(std::time::Instant::now() < until, "{answer}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let seen = a.engine(|engine| engine["nodes"] == 2).await;
    assert_eq!(seen["names"], serde_json::json!(["a", "b"]));
}

#[tokio::test]
async fn without_an_engine_an_answer_is_as_it_was() {
    let alone = Bench::start().await;
    let (_, answer) = alone.post(TOPIC, &[], "x").await;
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    let keys: Vec<&String> = answer.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["events", "id", "subscribers"]);
    let state = serde_json::to_value(alone.server.state()).expect("JSON");
    assert_eq!(state.get("engine"), None);
    let _open = alone.subscribe(TOPIC).await;
    let row = serde_json::to_value(&alone.server.slice(&TableQuery::default()).rows[0]);
    assert_eq!(row.expect("JSON").get("waits"), None);
}

#[tokio::test]
async fn a_topic_that_is_ended_begins_anew_on_every_node() {
    let redis = Redis::start();
    let (a, b) = (redis.node("a").await, redis.node("b").await);
    let (mut on_a, mut on_b) = (a.join(TOPIC).await, b.join(TOPIC).await);
    a.publish(TOPIC, "before").await;
    assert_eq!(on_a.data().await, "before");
    assert_eq!(on_b.data().await, "before");
    let (_, head) = a.ask("DELETE", TOPIC, &[]).await;
    assert_eq!(head.status, 204);
    assert_eq!(on_a.gap().await.gap()["lost"], Value::Null);
    assert_eq!(on_b.gap().await.gap()["lost"], Value::Null);
    b.publish(TOPIC, "after").await;
    assert_eq!(on_a.data().await, "after");
    assert_eq!(on_b.data().await, "after");
    let (_, head) = b.ask("DELETE", "/topics/never", &[]).await;
    assert_eq!(head.status, 404);
}

#[tokio::test]
async fn who_shares_its_topics_breaks_nothing_on_purpose() {
    let redis = Redis::start();
    let a = Bench::with(Config {
        topics_on: Some(engine(&redis.url(), "a", &Default::default())),
        breaks: true,
        ..Config::default()
    })
    .await;
    let (_, head) = a.get("/@room/topics/news").await;
    assert_eq!(head.status, 403);
    // A reset would end the topics of the default room, which are others' too.
    let mut subscriber = a.join(TOPIC).await;
    let (head, answer) = a.post("/api/reset", &[], "").await;
    assert_eq!(head.status, 403, "{answer}");
    a.publish(TOPIC, "goes on").await;
    assert_eq!(subscriber.data().await, "goes on");
}

/// It was 400, as if the publisher were to blame, and where somebody listened the engine was said
/// to be away.
#[tokio::test]
async fn a_topic_whose_key_has_another_type_is_503_and_says_so() {
    let redis = Redis::start();
    let a = redis.node("a").await;
    redis.cli(&["SET", &Keys::of("news").entries, "mine"]);
    let mut subscriber = None;
    for _ in 0..2 {
        let (head, answer) = a.post(TOPIC, &[], "x").await;
        assert_eq!(
            (head.status, head.get("retry-after")),
            (503, Some("1")),
            "{answer}"
        );
        assert!(answer.contains("has another type"), "{answer}");
        subscriber = Some(a.listen(TOPIC, None).await);
    }
    assert_eq!(
        redis.cli(&["GET", &Keys::of("news").entries]),
        "mine",
        "it stays as it is"
    );
    redis.cli(&["DEL", &Keys::of("news").entries]);
    publish_once(&a, TOPIC, "mended").await;
    let mut subscriber = subscriber.expect("one listens");
    subscriber.place().await;
    publish_once(&a, TOPIC, "after").await;
    while subscriber.data().await != "after" {}
}

#[tokio::test]
async fn nobody_need_listen_to_publish_again_and_again() {
    let redis = Redis::start();
    let a = redis.node("a").await;
    for n in 0..5 {
        a.publish(TOPIC, n.to_string()).await;
    }
    let seen = a.engine(|_| true).await;
    assert_eq!(seen["followed"], 0, "{seen}");
}
