//! What spreads the reconnects of many clients: their retry, the age of their streams, and the
//! answer of a server that is full.

mod support;

use std::time::{Duration, Instant};

use sse_server::{Config, Limits, Operate, WhenFull, Why};
use support::upstream::Upstream;
use support::{Bench, Client, Head};

const EVENT_SOURCE: [(&str, &str); 1] = [("accept", "text/event-stream")];

fn with(operate: Operate) -> Config {
    Config {
        operate,
        ..Config::default()
    }
}

/// The reconnection time that these bytes tell, in milliseconds.
fn retry(text: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix("retry: "));
    line.expect(text).parse().expect("a number")
}

async fn whole(mut client: Client) -> String {
    String::from_utf8(client.rest().await).expect("UTF-8")
}

#[tokio::test]
async fn each_subscriber_of_a_topic_is_told_a_retry_of_its_own_and_others_are_not() {
    let bench = Bench::with(with(Operate {
        retry_jitter: Duration::from_secs(60),
        ..Operate::default()
    }))
    .await;
    let mut told = Vec::new();
    for _ in 0..20 {
        let (mut client, _) = bench.get("/topics/news").await;
        told.push(retry(&client.until("\n\n").await));
    }
    assert!(
        told.iter().all(|ms| (1000..=61_000).contains(ms)),
        "{told:?}"
    );
    let first = told[0];
    assert!(told.iter().any(|ms| *ms != first), "{told:?}");
    // What a file says is on the wire as it says it.
    let (mut client, _) = bench.get("/endless").await;
    assert_eq!(retry(&client.until("data: 1\n\n").await), 1000);
    drop(client);
}

/// The verdict compares how long it was away with what it was told.
#[tokio::test]
async fn a_verdict_names_the_retry_that_this_client_was_told() {
    let bench = Bench::with(with(Operate {
        retry_jitter: Duration::from_secs(60),
        max_age: Some(Duration::from_secs(1)),
        ..Operate::default()
    }))
    .await;
    let (mut first, _) = bench.get("/topics/news?client=me").await;
    let greeted = retry(&first.until("\n\n").await);
    let id = bench.publish("/topics/news", "a").await.id;
    first.until("data: a\n\n").await;
    first.rest().await;
    let row = bench.ended("me").await;
    let ended = row.ended.as_ref().expect("it ended");
    assert_eq!(ended.why, Why::MaxAge);
    let _back = bench.resume("/topics/news?client=me", &id).await;
    let rows = bench.client("me").rows;
    let verdict = rows[0].verdict.as_ref().expect("it came back");
    let told = verdict.retry_ms.expect("it was told one");
    assert!((1000..=61_000).contains(&told), "{verdict:?}");
    assert_eq!(told, greeted, "as its first bytes said");
    assert!(verdict.words.contains("nothing lost"), "{verdict:?}");
}

#[tokio::test]
async fn streams_end_in_order_in_the_last_fifth_of_their_age() {
    let bench = Bench::with(with(Operate {
        max_age: Some(Duration::from_secs(2)),
        ..Operate::default()
    }))
    .await;
    let began = Instant::now();
    let mut open = Vec::new();
    for n in 0..30 {
        // What is silent, what has a pace, and what is as fast as its client reads.
        let target = match n % 3 {
            0 => "/topics/news",
            1 => "/endless?every=50ms",
            _ => "/endless?every=1h",
        };
        open.push(bench.get(target).await.0);
    }
    let mut ends = Vec::new();
    for client in open {
        ends.push(tokio::spawn(async move {
            let text = whole(client).await;
            (began.elapsed(), text)
        }));
    }
    let mut times = Vec::new();
    for end in ends {
        let (time, text) = end.await.expect("no panic");
        assert!(
            text.ends_with("\r\n0\r\n\r\n"),
            "in order, and whole: {text}"
        );
        assert!(time >= Duration::from_millis(1500), "{time:?}");
        times.push(time);
    }
    let (first, last) = (times.iter().min(), times.iter().max());
    let spread = *last.expect("30") - *first.expect("30");
    assert!(spread >= Duration::from_millis(50), "{times:?}");
    let rows = bench.server.slice(&sse_server::TableQuery::default()).rows;
    let aged =
        |row: &&sse_server::RowView| row.ended.as_ref().is_some_and(|it| it.why == Why::MaxAge);
    assert_eq!(rows.iter().filter(aged).count(), 30);
}

#[tokio::test]
async fn without_an_age_no_stream_ends() {
    let bench = Bench::start().await;
    let (client, _) = bench.get("/topics/news").await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(bench.server.connections().open, 1);
    drop(client);
}

#[tokio::test]
async fn a_forwarded_stream_ends_behind_its_event_when_it_is_old() {
    let upstream = Upstream::new().await;
    let bench = upstream
        .bench_with(with(Operate {
            max_age: Some(Duration::from_secs(1)),
            ..Operate::default()
        }))
        .await;
    let mut client = bench.connect().await;
    client
        .send(&bench.request("GET", "/@live/events", &[]))
        .await;
    let mut asked = upstream.asked().await;
    asked.stream().await;
    asked.chunk(b"data: 1\n\ndata: 2").await;
    client.head().await;
    client.until("data: 2").await;
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!(bench.live()[0].state, "open", "it is within an event");
    asked.chunk(b"2\n\ndata: 3\n").await;
    let rest = whole(client).await;
    assert!(
        rest.contains("2\n\n") && !rest.contains("data: 3"),
        "{rest:?}"
    );
    assert!(rest.ends_with("0\r\n\r\n"), "{rest:?}");
    let live = bench.live();
    let ended = live[0].ended.as_ref().expect("it ended");
    assert_eq!(ended.why, Why::MaxAge);
}

async fn full(when_full: WhenFull) -> (Bench, Client) {
    let bench = Bench::with(Config {
        limits: Limits {
            streams: 1,
            ..Limits::default()
        },
        ..with(Operate {
            when_full,
            retry_jitter: Duration::from_secs(5),
            ..Operate::default()
        })
    })
    .await;
    let (client, _) = bench.get("/endless").await;
    (bench, client)
}

#[tokio::test]
async fn a_full_server_has_an_event_source_come_back_where_it_is_to() {
    let (bench, first) = full(WhenFull::Retry).await;
    let origin = ("origin", "http://localhost:3000");
    for target in ["/topics/news?client=me", "/numbers?client=me"] {
        let (mut client, head) = bench
            .ask(
                "GET",
                target,
                &[EVENT_SOURCE[0], origin, ("connection", "close")],
            )
            .await;
        assert_eq!(head.status, 200, "{target}");
        assert_eq!(
            head.get("content-type"),
            Some("text/event-stream; charset=utf-8")
        );
        assert_eq!(head.get("access-control-allow-origin"), Some(origin.1));
        let text = String::from_utf8(client.rest().await).expect("UTF-8");
        assert!((1000..=6000).contains(&retry(&text)), "{text}");
        assert!(text.ends_with("\n\n") && !text.contains("data"), "{text}");
    }
    // One that is none, and one that posts, are refused in words.
    let post = [EVENT_SOURCE[0], ("content-length", "0")];
    for (method, headers) in [("GET", &[][..]), ("POST", &post[..])] {
        let (mut client, head) = bench.ask(method, "/numbers", headers).await;
        assert_refused(&mut client, &head).await;
    }
    let rows = bench.client("me").rows;
    let ended = rows[0].ended.as_ref().expect("it is over");
    assert_eq!((rows[0].status, ended.why), (200, Why::TooManyStreams));
    drop(first);
}

async fn assert_refused(client: &mut Client, head: &Head) {
    assert_eq!(head.status, 503);
    assert_eq!(head.get("retry-after"), Some("1"));
    let sentence = client.body(head).await;
    assert!(sentence.contains("which is the limit"), "{sentence}");
}

#[tokio::test]
async fn a_full_server_refuses_an_event_source_where_nothing_else_was_asked_for() {
    let (bench, first) = full(WhenFull::Refuse).await;
    let (mut client, head) = bench.ask("GET", "/topics/news", &EVENT_SOURCE).await;
    assert_refused(&mut client, &head).await;
    drop(first);
}

/// It was told when to come back, so coming back then is right.
#[tokio::test]
async fn who_was_told_to_come_back_later_is_judged_by_what_it_was_told() {
    let (bench, mut first) = full(WhenFull::Retry).await;
    first.until("data: 1\n\n").await;
    let numbers = "/topics/news?client=me";
    let (mut client, _) = bench.ask("GET", numbers, &EVENT_SOURCE).await;
    let told = retry(&client.until("\n\n").await);
    drop(first);
    bench
        .table("a free place", |view| view.tally.open == 0)
        .await;
    let (again, head) = bench.ask("GET", numbers, &EVENT_SOURCE).await;
    assert_eq!(head.status, 200);
    let rows = bench.client("me").rows;
    let verdict = rows[0].verdict.as_ref().expect("it came back");
    assert_eq!(verdict.retry_ms, Some(told), "{verdict:?}");
    assert!(
        !verdict.bad && !verdict.words.contains("refus"),
        "{verdict:?}"
    );
    let seconds = format!("(retry {}.{:02} s)", told / 1000, told % 1000 / 10);
    assert!(verdict.words.contains(&seconds), "{seconds} in {verdict:?}");
    drop(again);
}
