//! What subscribers of a topic get, byte for byte, over real sockets.

mod support;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sse_server::{Config, FirstBlock, KeepAlive, Limits, TopicConfig};
use support::topics::{LARGEST, Subscriber, own, seq, sibling};
use support::{Bench, Client, soon};

#[tokio::test]
async fn an_event_reaches_every_subscriber_of_its_topic_and_nobody_else() {
    let bench = Bench::start().await;
    let mut news = Vec::new();
    for _ in 0..20 {
        news.push(bench.subscribe("/topics/news").await);
    }
    let mut other = bench.subscribe("/topics/News").await;
    for n in 1..=3 {
        let published = bench.publish("/topics/news", n.to_string()).await;
        assert_eq!((published.events, published.subscribers), (1, 20));
    }
    assert_eq!(bench.publish("/topics/News", "mine").await.subscribers, 1);
    for subscriber in &mut news {
        for n in 1..=3 {
            assert_eq!(subscriber.data().await, n.to_string());
        }
    }
    assert_eq!(other.data().await, "mine", "names differ in case");
    assert_eq!(bench.publish("/topics/nobody", "x").await.subscribers, 0);
}

#[tokio::test]
async fn a_subscription_begins_with_the_head_of_a_stream_and_a_block_that_gives_the_place() {
    let bench = Bench::start().await;
    let (mut client, head) = bench.get("/topics/news").await;
    let mut lines: Vec<&str> = head.text.trim_end().lines().collect();
    let date = lines.iter().position(|line| line.starts_with("date: "));
    lines.remove(date.expect("a date (RFC 9110 6.6.1)"));
    assert_eq!(
        lines,
        [
            "HTTP/1.1 200 OK",
            "content-type: text/event-stream; charset=utf-8",
            "cache-control: no-store, no-transform",
            "x-accel-buffering: no",
            "x-content-type-options: nosniff",
            "vary: origin",
            "content-security-policy: sandbox",
            "connection: close",
            "transfer-encoding: chunked",
        ]
    );
    let block = client.chunk().await;
    let id = block.strip_prefix("retry: 1000\nid: ").expect("a retry");
    let id = id.strip_suffix("\n\n").expect("and nothing but an id");
    let (born, first) = own(id);
    assert_eq!(first, 0, "the place before the first event");
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let age = now.expect("after 1970").as_millis() - u128::from(born);
    assert!(age < 60_000, "born {age} ms ago");
}

#[tokio::test]
async fn events_are_on_the_wire_byte_for_byte() {
    let bench = Bench::start().await;
    let (client, head) = bench.get("/topics/news").await;
    let mut subscriber = Subscriber::new(client, head);
    let first = bench.publish("/topics/news", "plain").await.id;
    let id = |n| sibling(&first, n);
    subscriber
        .expect(&format!("retry: 1000\nid: {}\n\n", id(0)))
        .await;
    subscriber
        .expect(&format!("id: {}\ndata: plain\n\n", id(1)))
        .await;
    for (query, fields) in [
        ("event=hello", format!("event: hello\nid: {}\n", id(2))),
        ("id=mine-7", "id: mine-7\n".to_owned()),
        ("retry=5000", format!("retry: 5000\nid: {}\n", id(4))),
        (
            "retry=0&id=:a%20%C3%A9&event=+caf%C3%A9+au%20lait:%20x",
            "retry: 0\nevent:  café au lait: x\nid: :a é\n".to_owned(),
        ),
        ("event=", format!("id: {}\n", id(6))),
        ("unknown=1&_=1", format!("id: {}\n", id(7))),
    ] {
        let target = format!("/topics/news?{query}");
        bench.publish(&target, "two\nlines").await;
        subscriber
            .expect(&format!("{fields}data: two\ndata: lines\n\n"))
            .await;
    }
}

#[tokio::test]
async fn ids_count_up_and_sort_as_text() {
    let bench = Bench::start().await;
    let mut subscriber = bench.subscribe("/topics/news").await;
    let mut ids = vec![subscriber.position.clone()];
    for _ in 0..101 {
        ids.push(bench.publish("/topics/news", "x").await.id);
    }
    assert!(ids.is_sorted_by(|a, b| a < b), "as text: {ids:?}");
    let (born, _) = own(&ids[0]);
    for (n, id) in ids.iter().enumerate() {
        assert_eq!(own(id), (born, n as u64), "as numbers");
    }
    for id in &ids[1..] {
        assert_eq!(subscriber.next().await.id, *id, "and on the wire");
    }
}

#[tokio::test]
async fn data_arrives_as_it_was_sent() {
    let bench = Bench::start().await;
    let mut raw = bench.subscribe("/topics/news").await;
    let mut decoded = bench.subscribe("/topics/news").await;
    for (body, lines, arrives) in [
        ("", "data: \n", ""),
        ("\n", "data: \ndata: \n", "\n"),
        ("a\rb", "data: a\ndata: b\n", "a\nb"),
        ("a\r\nb", "data: a\ndata: b\n", "a\nb"),
        ("a\n\rb", "data: a\ndata: \ndata: b\n", "a\n\nb"),
        (
            "a\r\n\r\nb\n",
            "data: a\ndata: \ndata: b\ndata: \n",
            "a\n\nb\n",
        ),
        ("a\0b", "data: a\0b\n", "a\0b"),
        ("  indented", "data:   indented\n", "  indented"),
        (
            "data: x\n\nid: y",
            "data: data: x\ndata: \ndata: id: y\n",
            "data: x\n\nid: y",
        ),
        (
            "\u{feff}é 😀 \u{2028}",
            "data: \u{feff}é 😀 \u{2028}\n",
            "\u{feff}é 😀 \u{2028}",
        ),
        (":", "data: :\n", ":"),
    ] {
        let id = bench.publish("/topics/news", body).await.id;
        raw.expect(&format!("id: {id}\n{lines}\n")).await;
        let event = decoded.next().await;
        assert_eq!((event.data.as_str(), event.id), (arrives, id), "{body:?}");
        assert_eq!(event.event, "message");
    }
}

/// The second one is seven times as long on the wire, and longer than all that the ring may keep.
#[tokio::test]
async fn the_largest_event_arrives_whole() {
    let bench = Bench::start().await;
    let mut subscriber = bench.subscribe("/topics/news").await;
    let text: String = ('a'..='z').cycle().take(LARGEST - 2).chain(['é']).collect();
    let feeds = "\n".repeat(LARGEST);
    for (body, lines) in [
        (&text, format!("data: {text}\n")),
        (&feeds, "data: \n".repeat(LARGEST + 1)),
    ] {
        assert_eq!(body.len(), LARGEST);
        let id = bench.publish("/topics/news", body).await.id;
        subscriber.expect(&format!("id: {id}\n{lines}\n")).await;
    }
    bench.publish("/topics/news", "and on").await;
    assert_eq!(subscriber.data().await, "and on");
}

#[tokio::test]
async fn a_ring_smaller_than_an_event_still_delivers_to_who_is_there() {
    let bench = Bench::topics(TopicConfig {
        keep_bytes: 10,
        ..TopicConfig::default()
    })
    .await;
    let mut subscriber = bench.subscribe("/topics/news").await;
    for n in 0..5 {
        let body = format!("{n} is more than ten bytes");
        bench.publish("/topics/news", &body).await;
        assert_eq!(subscriber.data().await, body);
    }
}

#[tokio::test]
async fn a_name_is_of_its_alphabet_or_refused_in_a_sentence() {
    let bench = Bench::start().await;
    let longest = "n".repeat(64);
    for good in ["a", "7", "A.b_c~d-e", "a..", &longest] {
        let target = format!("/topics/{good}");
        let mut subscriber = bench.subscribe(&target).await;
        bench.publish(&target, good).await;
        assert_eq!(subscriber.data().await, good);
    }
    let too_long = "n".repeat(65);
    for bad in [
        "",
        ".a",
        "_a",
        "~a",
        "-a",
        "..",
        "a/b",
        "a/",
        "/a",
        "a%20b",
        "%5Fa",
        "a%2Fb",
        "a%00",
        "a%0a",
        "caf%C3%A9",
        "a+b",
        "a:b",
        "a@b",
        "a,b",
        "a*",
        "a'b",
        "a$",
        "a!",
        "a;b=c",
        &too_long,
    ] {
        let target = format!("/topics/{bad}");
        for method in ["GET", "POST", "HEAD"] {
            let (mut client, head) = bench.ask(method, &target, &[("content-length", "0")]).await;
            assert_eq!(head.status, 400, "{method} {target}");
            if method != "HEAD" {
                let sentence = client.body(&head).await;
                assert_eq!(sentence.lines().count(), 1, "{sentence}");
                assert!(sentence.contains("64"), "the bound is told: {sentence}");
            }
        }
    }
    let topics = serde_json::to_value(bench.server.topics()).expect("JSON");
    assert_eq!(topics.as_array().map(Vec::len), Some(5), "{topics}");
}

#[tokio::test]
async fn what_changes_a_stream_does_not_change_a_topic() {
    let bench = Bench::start().await;
    let mut subscriber = bench
        .subscribe("/topics/news?every=0ms&count=1&from=7&client=me")
        .await;
    for n in 0..3 {
        bench.publish("/topics/news", n.to_string()).await;
        assert_eq!(subscriber.data().await, n.to_string());
    }
    bench
        .subscribe("/topics/news?every=nonsense&count=0&from=-1&count=2")
        .await;
    for (query, words) in [
        ("client=%20", "1 to 64"),
        ("client=a&client=b", "twice"),
        ("lastEventId=a&lastEventId=b", "twice"),
    ] {
        let (mut client, head) = bench.get(&format!("/topics/news?{query}")).await;
        assert_eq!(head.status, 400, "{query}");
        let sentence = client.body(&head).await;
        assert!(sentence.contains(words), "{query}: {sentence}");
    }
}

#[tokio::test]
async fn one_topic_too_many_is_503_until_one_is_given_up() {
    let bench = Bench::topics(TopicConfig {
        max_topics: 2,
        ..TopicConfig::default()
    })
    .await;
    bench.publish("/topics/kept", "x").await;
    let used = bench.subscribe("/topics/used").await;
    for method in ["GET", "POST"] {
        let (mut client, head) = bench
            .ask(method, "/topics/third", &[("content-length", "0")])
            .await;
        assert_eq!((head.status, head.get("retry-after")), (503, Some("1")));
        let sentence = client.body(&head).await;
        assert!(sentence.contains('2'), "the bound is told: {sentence}");
    }
    let mut kept = bench.subscribe("/topics/kept").await;
    bench
        .publish("/topics/kept", "those that are there go on")
        .await;
    assert_eq!(kept.data().await, "those that are there go on");

    drop(used);
    bench.table("room", |view| view.tally.open == 1).await;
    let mut third = soon("room for the third", async {
        loop {
            let (client, head) = bench.get("/topics/third").await;
            if head.status == 200 {
                return Subscriber::new(client, head);
            }
        }
    })
    .await;
    bench.publish("/topics/third", "in").await;
    assert_eq!(third.data().await, "in");
    let (_, head) = bench.get("/topics/used").await;
    assert_eq!(head.status, 503, "a topic that keeps events stays");
}

#[tokio::test]
async fn one_subscriber_too_many_is_503_while_publishing_goes_on() {
    let bench = Bench::limited(Limits {
        streams: 1,
        ..Limits::default()
    })
    .await;
    let mut subscriber = bench.subscribe("/topics/news").await;
    let (_, head) = bench.get("/topics/news?client=second").await;
    assert_eq!((head.status, head.get("retry-after")), (503, Some("1")));
    assert_eq!(bench.ended("second").await.status, 503);
    bench.publish("/topics/news", "x").await;
    assert_eq!(subscriber.data().await, "x");
}

#[tokio::test]
async fn http_1_0_gets_a_bare_body() {
    let bench = Bench::start().await;
    let mut client = bench.connect().await;
    client
        .send("GET /topics/news HTTP/1.0\r\nhost: localhost\r\nconnection: keep-alive\r\n\r\n")
        .await;
    let head = client.head().await;
    assert_eq!(head.get("transfer-encoding"), None);
    assert_eq!(head.all("connection"), ["close"]);
    let id = bench.publish("/topics/news", "old").await.id;
    let wanted = format!(
        "retry: 1000\nid: {}\n\nid: {id}\ndata: old\n\n",
        sibling(&id, 0)
    );
    let mut subscriber = Subscriber::new(client, head);
    subscriber.expect(&wanted).await;
    bench.server.stop().await;
    assert_eq!(subscriber.client.rest().await, b"", "and then it ends");
}

/// An event that is sent without a copy stood alone in its visit, and a visit without bytes of its
/// own was taken for one that had nothing to send: HTTP/1.0, where no chunk head is written, lost
/// the event without a word.
#[tokio::test]
async fn http_1_0_gets_large_events_too() {
    let bench = Bench::start().await;
    let mut client = bench.connect().await;
    client
        .send("GET /topics/news HTTP/1.0\r\nhost: localhost\r\n\r\n")
        .await;
    let head = client.head().await;
    let mut subscriber = Subscriber::new(client, head);
    for size in [10, 16 * 1024, 200_000, 10] {
        let data = "x".repeat(size);
        bench.publish("/topics/news", data.clone()).await;
        assert_eq!(subscriber.data().await, data);
    }
}

#[tokio::test]
async fn a_quiet_topic_is_kept_alive_by_comments() {
    let bench = Bench::with(Config {
        keep_alive: KeepAlive::Interval(Duration::from_millis(20)),
        ..Config::default()
    })
    .await;
    let mut subscriber = bench.subscribe("/topics/quiet").await;
    subscriber.expect(": keep-alive\n\n: keep-alive\n\n").await;
    bench.publish("/topics/quiet", "x").await;
    assert_eq!(subscriber.data().await, "x", "and events come between them");
}

#[tokio::test]
async fn many_requests_of_one_connection_are_answered_in_order() {
    let bench = Bench::start().await;
    let mut subscriber = bench.subscribe("/topics/news").await;
    let mut client = Client::connect(bench.addr).await;
    let post = |body: &str| {
        let length = body.len().to_string();
        bench.request("POST", "/topics/news", &[("content-length", &length)]) + body
    };
    // The subscription behind them takes the connection over.
    let last = bench.request("GET", "/topics/news", &[("last-event-id", "earliest")]);
    client
        .send(&[post("one"), post("two"), post("three"), last].concat())
        .await;
    for n in 1..=3 {
        let head = client.head().await;
        let answer = client.body(&head).await;
        let id = support::topics::Published::read(&answer).id;
        assert_eq!(seq(&id), n, "{answer}");
    }
    let head = client.head().await;
    let mut second = Subscriber::new(client, head);
    for subscriber in [&mut subscriber, &mut second] {
        for wanted in ["one", "two", "three"] {
            assert_eq!(subscriber.data().await, wanted);
        }
    }
}

/// The page listened for the names that it was told of, 30 at most, and said nothing of the events
/// that it did not hear.
#[tokio::test]
async fn an_event_source_hears_every_event_where_names_are_in_the_data() {
    let bench = Bench::start().await;
    let mut plain = bench.subscribe("/topics/burst").await;
    let mut named = bench.subscribe("/topics/burst?names=data").await;
    let long = "N".repeat(1024);
    let large = "x".repeat(20_000);
    let mut expected: Vec<(String, &str)> = (0..40).map(|n| (format!("entity-{n}"), "x")).collect();
    expected.extend([
        (long, "x"),
        ("error".to_owned(), "a\nb"),
        (String::new(), "plain"),
        ("large".to_owned(), &large),
    ]);
    for (name, data) in &expected {
        let published = bench
            .publish(&format!("/topics/burst?event={name}"), data)
            .await;
        let heard = named.next().await;
        let name = if name.is_empty() { "message" } else { name };
        assert_eq!((&*heard.event, &heard.id), ("message", &published.id));
        assert_eq!(heard.data, format!("{name}\n{data}"));
        let event = plain.next().await;
        assert_eq!(
            (&*event.event, &*event.data),
            (name, *data),
            "others get it as it is"
        );
    }
    // A gap is told the same way.
    let unknown = [("last-event-id", "never-given")];
    let (client, head) = bench.ask("GET", "/topics/burst?names=data", &unknown).await;
    let mut back = Subscriber::new(client, head);
    let gap = back.next().await;
    assert_eq!(gap.event, "message");
    let (name, json) = gap.data.split_once('\n').expect("two lines");
    assert_eq!(name, "gap");
    assert!(json.starts_with("{\"from\":\"never-given\""), "{json}");
    let first = back.next().await.data;
    assert!(first.starts_with("entity-0\n"), "{first}");

    let (mut client, head) = bench.get("/topics/burst?names=both").await;
    assert_eq!(head.status, 400);
    assert!(client.body(&head).await.starts_with("names must be data"));
}

/// Two clients that people use parse the empty data of a block without any as JSON, and die of it.
#[tokio::test]
async fn no_block_without_data_is_sent_to_who_wants_none() {
    let bench = Bench::with(Config {
        keep_alive: KeepAlive::Idle(Duration::from_millis(20)),
        keep_alive_blank: false,
        topics: TopicConfig {
            first_block: FirstBlock::None,
            keep_alive_blank: false,
            ..TopicConfig::default()
        },
        ..Config::default()
    })
    .await;
    let (mut client, _) = bench.get("/topics/news?client=block").await;
    assert_eq!(client.chunk().await, ": keep-alive\n");
    let id = bench.publish("/topics/news", "one").await.id;
    let mut text = client.until("data: one\n\n").await;
    let block = format!("retry: 1000\nid: {id}\ndata: one\n\n");
    assert!(text.ends_with(&block), "{text}");
    bench.publish("/topics/news", "two").await;
    text += &client.until("data: two\n\n").await;
    assert_eq!(text.matches("retry").count(), 1);
    // What a client that makes an event of every block makes of it.
    let blocks = text.replace("\r\n", "").matches("\n\n").count();
    assert_eq!(blocks, 2, "{text}");
    // One that was missed is told of a gap, which is an event.
    let (mut client, _) = bench
        .ask("GET", "/topics/news", &[("last-event-id", "never-given")])
        .await;
    let first = client.chunk().await;
    assert!(first.starts_with("retry: 1000\nevent: gap\n"), "{first}");
}
