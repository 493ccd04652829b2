//! Topics and the life of the server: what is told of them and of their subscribers, and that they
//! outlive a stop.

mod support;

use serde_json::{Value, json};
use sse_server::{Config, Draft, Server, TopicConfig};
use support::Bench;
use support::topics::{End, Subscriber, own, seq};

fn draft(data: &str) -> Draft {
    Draft {
        data: data.to_owned(),
        ..Draft::default()
    }
}

async fn state(bench: &Bench) -> Value {
    let (mut client, head) = bench.get("/api/state").await;
    let state = client.body(&head).await;
    serde_json::from_str(&state).expect("JSON")
}

#[tokio::test]
async fn the_state_lists_the_topics_by_name() {
    let bench = Bench::start().await;
    assert_eq!(state(&bench).await["topics"], json!([]));
    bench.publish("/topics/b?event=tick", "four").await;
    let id = bench
        .publish("/topics/b?event=tock&id=mine", "four")
        .await
        .id;
    let _subscriber = bench.subscribe("/topics/a").await;
    let topics = state(&bench).await["topics"].take();
    assert_eq!(
        topics[0],
        json!({
            "name": "a", "path": "/topics/a", "subscribers": 1, "published": 0, "kept": 0,
            "kept_bytes": 0, "last_id": null, "events": topics[0]["events"], "retry_ms": 1000,
            "ttl_ms": 3_600_000,
        })
    );
    let events = |n: usize| {
        let names = topics[n]["events"].as_array().expect("a list").iter();
        let mut names: Vec<_> = names.map(|name| name.as_str().expect("a text")).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(events(0), ["gap", "message"]);
    assert_eq!(events(1), ["gap", "message", "tick", "tock"]);
    let b = &topics[1];
    assert_eq!((&b["name"], &b["subscribers"]), (&json!("b"), &json!(0)));
    assert_eq!((&b["published"], &b["kept"]), (&json!(2), &json!(2)));
    assert!(b["kept_bytes"].as_u64().expect("a number") >= 8, "{b}");
    assert_eq!(b["last_id"], json!(id));
    assert_eq!(
        serde_json::to_value(bench.server.topics()).expect("JSON"),
        topics,
        "one truth"
    );
}

#[tokio::test]
async fn what_is_kept_is_bounded_by_number_and_by_bytes() {
    let bench = Bench::topics(TopicConfig {
        keep_events: 10,
        keep_bytes: 4000,
        ..TopicConfig::default()
    })
    .await;
    for _ in 0..25 {
        bench.publish("/topics/small", "x").await;
    }
    let small = bench.topic("small", |topic| topic["published"] == 25).await;
    assert_eq!(small["kept"], 10);
    for n in 0..25 {
        let body = "x".repeat(1000);
        bench.publish("/topics/large", body).await;
        let large = bench
            .topic("large", |topic| topic["published"] == n + 1)
            .await;
        assert!(large["kept_bytes"].as_u64() <= Some(4000), "{large}");
    }
    let large = bench.topic("large", |_| true).await;
    let kept = large["kept"].as_u64().expect("a number");
    assert!((1..=4).contains(&kept), "{large}");
}

#[tokio::test]
async fn many_event_names_are_bounded() {
    let bench = Bench::start().await;
    for n in 0..100 {
        bench
            .publish(&format!("/topics/news?event=e{n}"), "x")
            .await;
    }
    let news = bench.topic("news", |topic| topic["published"] == 100).await;
    let events = news["events"].as_array().expect("a list");
    assert!(events.len() <= 32, "{events:?}");
    for name in ["message", "gap", "e99"] {
        assert!(events.contains(&json!(name)), "{name} in {events:?}");
    }
}

#[tokio::test]
async fn topics_outlive_a_stop_and_a_restart() {
    let bench = Bench::start().await;
    bench.server.set_port(bench.addr.port());
    let mut subscriber = bench.subscribe("/topics/news").await;
    let first = bench.publish("/topics/news", "1").await.id;
    assert_eq!(subscriber.data().await, "1");
    bench.server.stop().await;
    subscriber.rest().await;
    let second = bench.server.publish("news", draft("2")).await;
    let second = second.expect("topics do not stop");
    assert_eq!((second.events, second.subscribers), (1, 0));
    bench.server.start().await.expect("its port is free");
    let mut subscriber = bench.resume("/topics/news", &first).await;
    let third = bench.publish("/topics/news", "3").await.id;
    for (id, data) in [(&second.id, "2"), (&third, "3")] {
        let event = subscriber.next().await;
        assert_eq!((&event.id, event.data.as_str()), (id, data));
    }
    assert_eq!([&first, &second.id, &third].map(|id| seq(id)), [1, 2, 3]);
    assert_eq!(own(&first).0, own(&third).0, "it is the same topic");

    bench.server.restart().await.expect("its port is free");
    subscriber.rest().await;
    let mut subscriber = bench.resume("/topics/news", &second.id).await;
    assert_eq!(subscriber.data().await, "3");
}

#[tokio::test]
async fn a_program_publishes_in_every_phase() {
    let server = Server::new(Config {
        port: 0,
        ..Config::default()
    })
    .await
    .expect("sound");
    let before = server.publish("news", draft("before any start")).await;
    assert_eq!(seq(&before.expect("a sound draft").id), 1);
    server.start().await.expect("a free port");
    let bench = Bench {
        addr: ([127, 0, 0, 1], server.status().borrow().port).into(),
        server,
    };
    let mut subscriber = bench.resume("/topics/news", "earliest").await;
    assert_eq!(subscriber.data().await, "before any start");
    let all = Draft {
        event: Some("e".to_owned()),
        id: Some("mine".to_owned()),
        retry: Some(9),
        data: "a\nb".to_owned(),
    };
    let published = bench.server.publish("news", all).await;
    let published = published.expect("a sound draft");
    assert_eq!(
        serde_json::to_value(&published).expect("JSON"),
        json!({ "id": "mine", "events": 1, "subscribers": 1 })
    );
    subscriber
        .expect("retry: 9\nevent: e\nid: mine\ndata: a\ndata: b\n\n")
        .await;
    // While it stops, whichever comes first.
    let (_, during) = tokio::join!(
        bench.server.stop(),
        bench.server.publish("news", draft("during"))
    );
    assert_eq!(seq(&during.expect("a sound draft").id), 3);
}

#[tokio::test]
async fn a_program_is_refused_what_a_client_is() {
    let bench = Bench::topics(TopicConfig {
        max_topics: 1,
        ..TopicConfig::default()
    })
    .await;
    let server = &bench.server;
    server.publish("news", draft("x")).await.expect("room");
    for name in ["", "a/b", "café", ".x", "a b", &"n".repeat(65)] {
        let error = server.publish(name, draft("x")).await;
        let sentence = error.expect_err("not a name").to_string();
        assert_eq!(sentence.lines().count(), 1, "{sentence}");
    }
    server.publish("more", draft("x")).await.expect_err("full");
    let text = |text: &str| Some(text.to_owned());
    for bad in [
        Draft {
            event: text("gap"),
            ..draft("x")
        },
        Draft {
            event: text("a\nb"),
            ..draft("x")
        },
        Draft {
            id: text(""),
            ..draft("x")
        },
        Draft {
            id: text("a\0"),
            ..draft("x")
        },
        Draft {
            id: text("earliest"),
            ..draft("x")
        },
        Draft {
            id: text(&"x".repeat(1025)),
            ..draft("x")
        },
        Draft {
            retry: Some(86_400_001),
            ..draft("x")
        },
    ] {
        let told = format!("{:?} {:?} {:?}", bad.event, bad.id, bad.retry);
        let refused = server.publish("news", bad).await;
        refused.map(|_| ()).expect_err(&told);
    }
    let kept = Draft {
        id: text("mine"),
        ..draft("x")
    };
    let again = Draft {
        id: text("mine"),
        ..draft("x")
    };
    server.publish("news", kept).await.expect("a sound draft");
    server.publish("news", again).await.expect_err("still kept");
    let next = server.publish("news", draft("x")).await.expect("sound");
    assert_eq!(seq(&next.id), 3, "what was refused took no place");
}

#[tokio::test]
async fn a_stop_ends_subscribers_in_order() {
    let bench = Bench::start().await;
    let mut subscriber = bench.subscribe("/topics/news?client=c").await;
    bench.publish("/topics/news", "last").await;
    assert_eq!(subscriber.data().await, "last");
    bench.server.stop().await;
    assert_eq!(subscriber.rest().await, []);
    assert_eq!(subscriber.end, Some(End::Complete));
    let ended = bench.ended("c").await.ended.expect("it ended");
    assert_eq!((ended.why.words(), ended.complete), ("stopped", false));
}

#[tokio::test]
async fn the_table_tells_who_subscribes() {
    let bench = Bench::start().await;
    let first = bench.publish("/topics/news", "1").await.id;
    let headers = [("user-agent", "curl/8.5.0"), ("last-event-id", &first)];
    let mut subscriber = bench
        .subscribe_with("/topics/news?client=me", &headers)
        .await;
    let second = bench.publish("/topics/news?id=%2242%22", "2").await;
    assert_eq!((second.id.as_str(), second.subscribers), ("\"42\"", 1));
    subscriber.next().await;
    let view = bench
        .table("the event", |view| {
            view.rows.first().is_some_and(|row| row.events == 1)
        })
        .await;
    let row = &view.rows[0];
    assert_eq!(
        (row.stream.as_str(), row.method.as_str(), row.state),
        ("/topics/news", "GET", "open")
    );
    assert_eq!(row.program, "curl 8.5.0");
    assert_eq!(row.brought, Some(first));
    assert_eq!(row.last_id.as_deref(), Some("\"42\""));
    assert!(row.bytes > 0);
}

/// Publishing must not depend on anybody's next event to notice that somebody left.
#[tokio::test]
async fn a_subscriber_that_leaves_is_gone_from_the_table_and_from_the_next_publish() {
    let bench = Bench::start().await;
    let mut stays = bench.subscribe("/topics/news").await;
    let leaves = bench.subscribe("/topics/news?client=leaves").await;
    assert_eq!(bench.publish("/topics/news", "1").await.subscribers, 2);
    stays.next().await;
    drop(leaves);
    bench.ended("leaves").await;
    bench.topic("news", |topic| topic["subscribers"] == 1).await;
    assert_eq!(bench.publish("/topics/news", "2").await.subscribers, 1);
    assert_eq!(stays.data().await, "2");
}

/// A subscriber that sends a body was looked up before the body was read: its topic made room for
/// others meanwhile, and it listened where nobody ever published again.
#[tokio::test]
async fn a_subscriber_whose_body_is_slow_hears_what_is_published() {
    let bench = Bench::topics(TopicConfig {
        max_topics: 2,
        ..TopicConfig::default()
    })
    .await;
    let mut slow = bench.connect().await;
    let request = bench.request("GET", "/topics/slow", &[("content-length", "5")]);
    slow.send(&format!("{request}ab")).await;
    for n in 0..5 {
        bench.subscribe(&format!("/topics/other{n}")).await;
        bench
            .table("it to be gone", |view| view.tally.open == 0)
            .await;
    }
    slow.send("cde").await;
    let head = slow.head().await;
    let mut subscriber = Subscriber::new(slow, head);
    assert_eq!(bench.publish("/topics/slow", "hello").await.subscribers, 1);
    assert_eq!(subscriber.data().await, "hello");
}

/// The name of the event was copied for each line: a request of a megabyte took half a gigabyte.
#[tokio::test]
#[cfg(target_os = "linux")] // It reads /proc.
async fn a_batch_of_many_lines_costs_a_small_multiple_of_its_body() {
    let bench = Bench::start().await;
    let name = "e".repeat(1024);
    // A name for each line would take 250 MB.
    let body = "1\n".repeat(250_000);
    let kind = [("content-type", "application/x-ndjson")];
    let before = support::resident_kib();
    let (head, _) = bench
        .post(&format!("/topics/news?event={name}"), &kind, body)
        .await;
    assert_eq!(head.status, 200);
    let grown = support::resident_kib().saturating_sub(before);
    // The allocator may keep what was freed, which is how the fault was seen.
    assert!(grown < 100 * 1024, "{grown} KiB");
}

/// Topics stayed for ever, and with as many as there may be an EventSource of a new one got 503,
/// after which it never tries again.
#[tokio::test]
async fn an_ended_topic_makes_room_and_its_subscribers_learn_of_the_gap() {
    let bench = Bench::topics(TopicConfig {
        max_topics: 2,
        ..TopicConfig::default()
    })
    .await;
    bench.publish("/topics/a", "1").await;
    bench.publish("/topics/b", "1").await;
    let (mut client, head) = bench.get("/topics/c").await;
    assert_eq!(head.status, 503);
    let sentence = client.body(&head).await;
    assert!(sentence.contains("curl -X DELETE"), "{sentence}");

    let mut subscriber = bench.subscribe("/topics/a?client=s").await;
    bench.publish("/topics/a", "2").await;
    assert_eq!(subscriber.data().await, "2");
    let last = subscriber.last_event_id().to_owned();
    let (_, head) = bench.ask("DELETE", "/topics/a", &[]).await;
    assert_eq!(head.status, 204);
    assert_eq!(subscriber.rest().await, []);
    assert_eq!(subscriber.end, Some(End::Complete), "ended in order");
    let ended = bench.ended("s").await.ended.expect("it ended");
    assert_eq!((ended.why.words(), ended.complete), ("topic ended", false));
    bench.subscribe("/topics/c").await;
    let (_, head) = bench.ask("DELETE", "/topics/c", &[]).await;
    assert_eq!(head.status, 204);

    let mut back = bench.resume("/topics/a", &last).await;
    let gap = back.next().await.gap();
    assert_eq!((&gap["from"], &gap["lost"]), (&json!(last), &Value::Null));
    bench.publish("/topics/a", "3").await;
    assert_eq!(back.data().await, "3");
}

#[tokio::test]
async fn a_topic_that_nobody_uses_goes_by_itself() {
    let bench = Bench::topics(TopicConfig {
        ttl: std::time::Duration::from_millis(300),
        ..TopicConfig::default()
    })
    .await;
    bench.publish("/topics/idle", "1").await;
    let mut reader = bench.subscribe("/topics/read").await;
    let state = state(&bench).await;
    assert_eq!(state["topics"][0]["ttl_ms"], 300);
    let names = || -> Vec<String> {
        let topics = bench.server.topics();
        topics.into_iter().map(|topic| topic.name).collect()
    };
    bench
        .table("the end of the idle one", |_| names() == ["read"])
        .await;
    bench.publish("/topics/read", "still there").await;
    assert_eq!(reader.data().await, "still there");
}
