//! Publishing over HTTP: what it answers, and that a refusal publishes nothing.

mod support;

use std::collections::HashSet;
use std::time::Duration;

use serde_json::Value;
use sse_server::{Limits, TopicConfig};
use support::topics::{LARGEST, Published, own, seq, sibling};
use support::{Bench, Client, data, soon};

const NDJSON: (&str, &str) = ("content-type", "application/x-ndjson");

#[tokio::test]
async fn the_answer_is_json_with_the_id_and_who_it_was_handed_to() {
    let bench = Bench::start().await;
    let _subscriber = bench.subscribe("/topics/news").await;
    let (head, answer) = bench.post("/topics/news", &[], "x").await;
    assert_eq!(head.status, 200);
    for (name, value) in [
        ("content-type", "application/json"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("vary", "origin"),
    ] {
        assert_eq!(head.get(name), Some(value), "{name}");
    }
    let json: Value = serde_json::from_str(&answer).expect("JSON");
    let id = json["id"].as_str().expect("an id");
    assert_eq!(seq(id), 1);
    assert_eq!(
        json,
        serde_json::json!({ "id": id, "events": 1, "subscribers": 1 }),
        "and nothing else"
    );
    let own_id = bench.publish("/topics/news?id=mine", "x").await.id;
    assert_eq!(own_id, "mine");
}

#[tokio::test]
async fn the_body_is_the_data_whatever_its_type() {
    let bench = Bench::start().await;
    let mut subscriber = bench.subscribe("/topics/news").await;
    for kind in [
        "application/json",
        "text/plain; charset=US-ASCII",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "nonsense",
        "application/x-ndjson-not",
    ] {
        let body = format!("{kind}\n{{\"a\": 1}}");
        let (head, answer) = bench
            .post("/topics/news", &[("content-type", kind)], &body)
            .await;
        assert_eq!(head.status, 200, "{kind}: {answer}");
        assert_eq!(subscriber.data().await, body);
    }
}

/// UTF-16 was published with a NUL between its letters, and what gzip made of a text as it was.
#[tokio::test]
async fn a_body_that_is_not_plain_utf_8_is_415() {
    let bench = Bench::start().await;
    for (field, words) in [
        (
            ("content-type", "text/plain; charset=utf-16le"),
            "charset utf-16le",
        ),
        (
            ("content-type", "application/x-ndjson; charset=latin1"),
            "charset latin1",
        ),
        (("content-encoding", "gzip"), "content coding gzip"),
        (("content-encoding", "identity, br"), "content coding br"),
    ] {
        let (head, sentence) = bench.post("/topics/news", &[field], "hi").await;
        assert_eq!(head.status, 415, "{field:?}");
        assert!(sentence.contains(words), "{sentence}");
    }
    // RFC 9112 6.1: of the transfer codings there is one that we know.
    for coding in ["gzip, chunked", "deflate, chunked", "chunked, chunked"] {
        let mut client = bench.connect().await;
        let fields = [("transfer-encoding", coding)];
        let request = bench.request("POST", "/topics/news", &fields);
        client.send(&format!("{request}2\r\nhi\r\n0\r\n\r\n")).await;
        let head = client.head().await;
        assert!(
            matches!(head.status, 400 | 501),
            "{coding}: {}",
            head.status
        );
        assert!(
            coding == "chunked, chunked" || head.status == 501,
            "{coding}"
        );
    }
    let twice = [
        ("transfer-encoding", "chunked"),
        ("transfer-encoding", "chunked"),
    ];
    let mut client = bench.connect().await;
    let request = bench.request("POST", "/topics/news", &twice);
    client.send(&format!("{request}2\r\nhi\r\n0\r\n\r\n")).await;
    assert_eq!(client.head().await.status, 501);
    let mut client = bench.connect().await;
    let request = bench.request("POST", "/topics/news", &[("transfer-encoding", "gzip")]);
    client.send(&request).await;
    let head = client.head().await;
    assert_eq!(head.status, 400, "its end cannot be told (RFC 9112 6.3)");
    assert!(
        client
            .body(&head)
            .await
            .contains("only the transfer coding chunked")
    );
    assert!(bench.server.topics().is_empty(), "nothing was published");
}

#[tokio::test]
async fn ndjson_is_an_event_for_each_line() {
    let bench = Bench::start().await;
    let mut subscriber = bench.subscribe("/topics/news").await;
    let lines = [
        r#"{"a" : 1,  "b":[ ]}"#,
        "2",
        r#""drei\n\u00e9""#,
        "null",
        "[4]",
    ];
    let (head, answer) = bench
        .post("/topics/news?event=n&retry=7", &[NDJSON], lines.join("\n"))
        .await;
    assert_eq!(head.status, 200, "{answer}");
    let published = Published::read(&answer);
    assert_eq!((published.events, published.subscribers), (5, 1));
    for (n, line) in (1..).zip(lines) {
        let id = sibling(&published.id, n);
        subscriber
            .expect(&format!("retry: 7\nevent: n\nid: {id}\ndata: {line}\n\n"))
            .await;
    }
    assert_eq!(seq(&published.id), 5, "the id of the last");

    for kind in [
        "Application/X-NDJSON",
        "application/x-ndjson; charset=utf-8",
    ] {
        let body = "\n  \n{\"a\":1}\r\n\r\n\t\n{\"b\":2}\r\n\n";
        let (head, answer) = bench
            .post("/topics/news", &[("content-type", kind)], body)
            .await;
        assert_eq!(head.status, 200, "{kind}: {answer}");
        assert_eq!(Published::read(&answer).events, 2, "blank lines are none");
        assert_eq!(subscriber.data().await, r#"{"a":1}"#);
        assert_eq!(subscriber.data().await, r#"{"b":2}"#);
    }
    let (_, answer) = bench.post("/topics/news?id=one", &[NDJSON], "1\n").await;
    assert_eq!(Published::read(&answer).id, "one");
    assert_eq!(subscriber.next().await.id, "one");
}

#[tokio::test]
async fn a_refused_body_publishes_nothing() {
    let bench = Bench::start().await;
    let mut subscriber = bench.subscribe("/topics/news").await;
    let deep = "[".repeat(500_000);
    for (body, words) in [
        (&b"1\n2\n\nthree\n"[..], "4"),
        (b"\n{\"a\":1}\n{\"b\":\n", "3"),
        (b"1 2", "1"),
        (b"{'a':1}", "1"),
        (b"1\n\xff\n", ""),
        (deep.as_bytes(), "1"),
        (b"", "event"),
        (b"\n \r\n\t\n", "event"),
    ] {
        let (head, sentence) = bench.post("/topics/news", &[NDJSON], body).await;
        assert_eq!(head.status, 400, "{sentence}");
        assert_eq!(sentence.lines().count(), 1, "{sentence}");
        assert!(sentence.contains(words), "{words:?} in {sentence}");
        assert!(sentence.len() < 1000, "no echo of what was sent");
    }
    let (head, _) = bench.post("/topics/news?id=x", &[NDJSON], "1\n2").await;
    assert_eq!(head.status, 400, "one id for two events");
    for body in [
        &b"caf\xe9"[..],
        b"\xff",
        b"\xed\xa0\x80",
        b"ends in the middle \xf0\x9f\x98",
    ] {
        let (head, sentence) = bench.post("/topics/news", &[], body).await;
        assert_eq!(head.status, 400);
        assert!(sentence.contains("UTF-8"), "{sentence}");
    }
    let id = bench.publish("/topics/news", "the first").await.id;
    assert_eq!(seq(&id), 1, "no id was used up");
    assert_eq!(subscriber.data().await, "the first");
}

#[tokio::test]
async fn a_parameter_that_cannot_be_is_400_with_a_sentence() {
    let bench = Bench::start().await;
    let mut subscriber = bench.subscribe("/topics/news").await;
    let own_form = &subscriber.position;
    let other_form = "1234567890123-123456789012";
    let long = "x".repeat(1025);
    let long_wide = "%C3%A9".repeat(513);
    for (query, words) in [
        ("event=a%0Ab", "event"),
        ("event=a%0Db", "event"),
        ("event=a%00b", "event"),
        ("id=a%0Ab", "id"),
        ("id=a%0Db", "id"),
        ("id=a%00b", "id"),
        ("id=a%09b", "id"),
        ("id=a%C2%85b", "id"),
        ("id=%20a", "id"),
        ("id=a+", "id"),
        ("id=a%C2%A0", "id"),
        ("id=", "id"),
        ("id", "id"),
        (&format!("event={long}"), "1024"),
        (&format!("id={long}"), "1024"),
        (&format!("id={long_wide}"), "1024"),
        ("event=gap", "gap"),
        ("id=earliest", "earliest"),
        (&format!("id={own_form}"), "id"),
        (&format!("id={other_form}"), "id"),
        ("retry=", "86400000"),
        ("retry=-1", "86400000"),
        ("retry=86400001", "86400000"),
        ("retry=99999999999999999999999", "86400000"),
        ("retry=1.5", "86400000"),
        ("retry=%2B5", "86400000"),
        ("retry=1s", "86400000"),
        ("event=a&event=a", "twice"),
        ("id=a&id=b", "twice"),
        ("retry=1&retry=1", "twice"),
    ] {
        let (head, sentence) = bench.post(&format!("/topics/news?{query}"), &[], "x").await;
        assert_eq!(head.status, 400, "{query}: {sentence}");
        assert_eq!(head.get("content-type"), Some("text/plain; charset=utf-8"));
        assert_eq!(sentence.lines().count(), 1, "{sentence}");
        assert!(sentence.contains(words), "{query}: {sentence}");
    }
    let longest = "x".repeat(1024);
    let target = format!("/topics/news?event={longest}&id={longest}&retry=86400000");
    let id = bench.publish(&target, "within bounds").await.id;
    assert_eq!(id, longest);
    subscriber
        .expect(&format!(
            "retry: 86400000\nevent: {longest}\nid: {longest}\ndata: within bounds\n\n"
        ))
        .await;
    for id in ["gap", "1234567890123-12345678901", "0", "Earliest"] {
        let target = format!("/topics/news?id={id}&event=GAP");
        assert_eq!(bench.publish(&target, "x").await.id, id);
        assert_eq!(subscriber.next().await.event, "GAP");
    }
}

#[tokio::test]
async fn an_id_that_is_still_kept_is_409_and_free_again_later() {
    let bench = Bench::topics(TopicConfig {
        keep_events: 3,
        ..TopicConfig::default()
    })
    .await;
    let mut subscriber = bench.subscribe("/topics/news").await;
    bench.publish("/topics/news?id=a", "first").await;
    bench.publish("/topics/news?id=b", "second").await;
    for _ in 0..2 {
        let (head, sentence) = bench.post("/topics/news?id=a", &[], "again").await;
        assert_eq!(head.status, 409);
        assert_eq!(sentence.lines().count(), 1, "{sentence}");
    }
    assert_eq!(bench.publish("/topics/other?id=a", "x").await.id, "a");
    for n in 0..2 {
        bench.publish("/topics/news", n.to_string()).await;
    }
    bench.publish("/topics/news?id=a", "reused").await;
    let (head, _) = bench.post("/topics/news?id=a", &[], "again").await;
    assert_eq!(head.status, 409);
    for wanted in ["first", "second", "0", "1", "reused"] {
        assert_eq!(subscriber.data().await, wanted);
    }
}

/// The answer told them to choose another id, or none: whoever did published twice.
#[tokio::test]
async fn who_repeats_a_publish_is_told_that_it_was_published() {
    let bench = Bench::start().await;
    bench.publish("/topics/news?id=order-1", "once").await;
    let (head, sentence) = bench.post("/topics/news?id=order-1", &[], "once").await;
    assert_eq!(head.status, 409);
    assert_eq!(
        sentence.trim_end(),
        "id=order-1 is that of an event that is still kept: if you repeat a publish, that was published; else choose another id, or leave it out to get one that sorts."
    );
}

#[tokio::test]
async fn a_body_has_a_size_and_a_time() {
    let bench = Bench::limited(Limits {
        head_time: Duration::from_millis(1500),
        ..Limits::default()
    })
    .await;
    let mut subscriber = bench.subscribe("/topics/news").await;
    let (head, sentence) = bench
        .post("/topics/news", &[], "x".repeat(LARGEST + 1))
        .await;
    assert_eq!(head.status, 413);
    assert!(sentence.contains("1048576"), "{sentence}");

    let chunked = bench.request("POST", "/topics/news", &[("transfer-encoding", "chunked")]);
    let mut long = bench.connect().await;
    long.send(&chunked).await;
    let block = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    for _ in 0..17 {
        // The server may answer and close before everything is sent.
        _ = tokio::io::AsyncWriteExt::write_all(&mut long.socket, block.as_bytes()).await;
    }
    assert_eq!(long.head().await.status, 413);

    let mut slow = bench.connect().await;
    slow.send(&(bench.request("POST", "/topics/news", &[("content-length", "10")]) + "half"))
        .await;
    assert_eq!(slow.head().await.status, 408);

    let mut leaves = bench.connect().await;
    leaves
        .send(&(bench.request("POST", "/topics/news", &[("content-length", "10")]) + "half"))
        .await;
    drop(leaves);

    let mut pieces = bench.connect().await;
    pieces.send(&chunked).await;
    pieces.send("5\r\nin pi\r\n4\r\neces\r\n0\r\n\r\n").await;
    let head = pieces.head().await;
    assert_eq!(head.status, 200);
    let answer = pieces.body(&head).await;
    assert_eq!(
        seq(&Published::read(&answer).id),
        1,
        "nothing came before it"
    );
    assert_eq!(subscriber.data().await, "in pieces");

    let mut polite = bench.connect().await;
    let headers = [("content-length", "6"), ("expect", "100-continue")];
    polite
        .send(&bench.request("POST", "/topics/news", &headers))
        .await;
    assert_eq!(polite.head().await.status, 100);
    polite.send("polite").await;
    assert_eq!(polite.head().await.status, 200);
    assert_eq!(subscriber.data().await, "polite");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishers_at_once_get_an_id_each_and_everybody_the_same_order() {
    let bench = Bench::topics(support::topics::keep_all()).await;
    let mut subscribers = Vec::new();
    for _ in 0..3 {
        subscribers.push(bench.subscribe("/topics/news").await);
    }
    let mut publishers = tokio::task::JoinSet::new();
    let addr = bench.addr;
    let bench = std::sync::Arc::new(bench);
    for publisher in 0..8 {
        let bench = std::sync::Arc::clone(&bench);
        publishers.spawn(async move {
            let mut client = Client::connect(addr).await;
            let mut published = Vec::new();
            for n in 0..100 {
                let data = format!("{publisher}:{n}");
                let (head, answer) = client
                    .post(&bench, "/topics/news", &[], data.as_bytes())
                    .await;
                assert_eq!(head.status, 200, "{answer}");
                published.push((Published::read(&answer).id, data));
            }
            assert!(
                published.is_sorted(),
                "one publisher's events keep their order"
            );
            published
        });
    }
    let mut published: Vec<_> = soon("all answers", publishers.join_all())
        .await
        .into_iter()
        .flatten()
        .collect();
    published.sort();
    let ids: HashSet<u64> = published.iter().map(|(id, _)| own(id).1).collect();
    assert_eq!(ids, (1..=800).collect());
    for subscriber in &mut subscribers {
        for (id, data) in &published {
            let event = subscriber.next().await;
            assert_eq!((&event.id, &event.data), (id, data));
        }
    }
}

/// Answers to requests that came together are sent together, but none waits for a request that is
/// not there yet.
#[tokio::test]
async fn requests_that_come_together_are_all_answered_in_their_order() {
    let bench = Bench::start().await;
    let mut subscriber = bench.subscribe("/topics/news").await;
    let mut client = bench.connect().await;
    let post = |n: usize| {
        let body = n.to_string();
        let length = body.len().to_string();
        bench.request("POST", "/topics/news", &[("content-length", &length)]) + &body
    };
    // Fewer and more than are held together, and half a request behind them.
    for (n, behind) in [
        (1, ""),
        (1, "POST"),
        (300, ""),
        (2, "POST /topics/news HT"),
        (1, ""),
    ] {
        let mut client = bench.connect().await;
        client
            .send(&((0..n).map(post).collect::<String>() + behind))
            .await;
        let mut last = 0;
        for _ in 0..n {
            let head = client.head().await;
            let id = Published::read(&client.body(&head).await).id;
            assert!(seq(&id) > last);
            last = seq(&id);
        }
        for n in 0..n {
            assert_eq!(subscriber.data().await, n.to_string());
        }
    }
    // A stream that begins behind them, with something behind itself: the answers come first.
    let stream = bench.request("GET", "/numbers?every=1ms", &[]);
    client
        .send(&(post(1) + &post(2) + &stream + &post(3)))
        .await;
    for _ in 0..2 {
        let head = client.head().await;
        client.body(&head).await;
    }
    assert_eq!(client.head().await.get("connection"), Some("close"));
    assert_eq!(data(&client.chunks().await.concat()).len(), 5);
}

/// Answers that were held for those behind them were lost when the server stopped: what they
/// answered was published all the same. One request may be under way, without an answer yet.
#[tokio::test]
async fn a_stop_in_the_midst_of_many_requests_loses_no_answer_that_was_made() {
    for round in 0..20 {
        let bench = Bench::start().await;
        let mut client = bench.connect().await;
        let post = bench.request("POST", "/topics/news", &[("content-length", "1")]) + "x";
        client.send(&post.repeat(400)).await;
        client.until("HTTP/1.1 200 OK").await;
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        bench.server.stop().await;
        let rest = String::from_utf8_lossy(&client.rest().await).into_owned();
        let answered = 1 + rest.matches("HTTP/1.1 200 OK").count() as u64;
        let published = bench.server.topics()[0].published;
        assert!(
            published - answered <= 1,
            "{answered} answers to {published} events in round {round}"
        );
    }
}
