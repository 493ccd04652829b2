//! Clients that say they have sent all and wait for their answer (RFC 9112 9.6): they are answered,
//! and those that left are told from them all the same.

mod support;

use std::time::{Duration, Instant};

use sse_server::{Config, EndedBy, KeepAlive};
use support::topics::keep_all;
use support::{Bench, Client, data, soon};
use tokio::io::AsyncWriteExt;

/// The design's bound is 100 ms; a machine under load gets ten times that before a test calls it
/// late.
const PROMPT: Duration = Duration::from_secs(1);

/// Nothing is sent but events and what the wire itself sends.
async fn quiet() -> Bench {
    Bench::with(Config {
        keep_alive: KeepAlive::Off,
        topics: keep_all(),
        ..Config::default()
    })
    .await
}

/// Sends a whole request and closes the sending side.
async fn ask(bench: &Bench, request: &str) -> Client {
    let mut client = bench.connect().await;
    client.send(request).await;
    soon("the end of the request", client.socket.shutdown())
        .await
        .expect("it is open");
    client
}

/// Of 200 publishes 10 got no answer and were not published.
#[tokio::test]
async fn every_request_is_answered_on_every_route() {
    let bench = quiet().await;
    for n in 0..100 {
        let request = bench.request("POST", "/topics/half", &[("content-length", "2")]);
        let mut client = ask(&bench, &format!("{request}ab")).await;
        assert_eq!(client.head().await.status, 200, "publish {n}");
    }
    assert_eq!(bench.server.topics()[0].published, 100);
    for (method, target, status) in [
        ("GET", "/", 200),
        ("GET", "/healthz", 200),
        ("GET", "/api/state", 200),
        ("HEAD", "/numbers", 200),
        ("OPTIONS", "/numbers", 204),
        ("DELETE", "/topics/half", 204),
        ("PUT", "/numbers", 405),
        ("GET", "/nope", 404),
        ("GET", "/numbers?count=0", 400),
        ("POST", "/numbers?every=0ms", 200),
    ] {
        let request = bench.request(method, target, &[("content-length", "0")]);
        let mut client = ask(&bench, &request).await;
        assert_eq!(client.head().await.status, status, "{method} {target}");
    }
}

#[tokio::test]
async fn a_stream_goes_on_to_its_end() {
    let bench = quiet().await;
    for _ in 0..20 {
        let request = bench.request("GET", "/endless?every=5ms&count=5&client=half", &[]);
        let mut client = ask(&bench, &request).await;
        let body = String::from_utf8(client.rest().await).expect("UTF-8");
        let (_, chunks) = body.split_once("\r\n\r\n").expect("a head");
        for n in 1..=5 {
            assert!(chunks.contains(&format!("data: {n}\n\n")), "{chunks}");
        }
        assert!(chunks.ends_with("0\r\n\r\n"), "a clean end: {chunks}");
        assert!(bench.ended("half").await.ended.expect("it ended").complete);
    }
    // An old client is sent bare bytes, and the comments between them are no events.
    let request = bench.request("GET", "/endless?every=60ms&count=3", &[]);
    let mut client = ask(&bench, &request.replace("HTTP/1.1", "HTTP/1.0")).await;
    let body = String::from_utf8(client.rest().await).expect("UTF-8");
    let (_, events) = body.split_once("\r\n\r\n").expect("a head");
    assert_eq!(data(events), ["1", "2", "3"]);
}

#[tokio::test]
async fn a_subscriber_is_sent_what_is_published_later() {
    let bench = quiet().await;
    let mut client = ask(&bench, &bench.request("GET", "/topics/news", &[])).await;
    client.until("id: ").await;
    bench.publish("/topics/news", "one").await;
    client.until("data: one\n\n").await;
    bench.publish("/topics/news", "two").await;
    client.until("data: two\n\n").await;
}

/// 1. The client closes its sending side and the stream goes on. 2. It leaves. Nothing tells of
///    that but the answer to bytes that
/// are sent to it.
#[tokio::test]
async fn who_leaves_later_is_noticed_before_the_next_event() {
    let bench = quiet().await;
    for (tag, target) in [("paced", "/endless?every=1h"), ("fed", "/topics/quiet?")] {
        let target = format!("{target}&client={tag}");
        let mut client = ask(&bench, &bench.request("GET", &target, &[])).await;
        // The second comment: it is open and was seen to be.
        client.until(":\n").await;
        client.until(":\n").await;
        assert_eq!(bench.server.connections().open, 1);
        let left = Instant::now();
        drop(client);
        let ended = bench.ended(tag).await.ended.expect("it ended");
        assert!(left.elapsed() < PROMPT, "{:?}", left.elapsed());
        assert_eq!(ended.by, EndedBy::Client);
        bench.table("nobody", |view| view.tally.open == 0).await;
    }
}

/// A close is a half-close and then nothing: the comment that is sent meets a reset.
#[tokio::test]
async fn who_leaves_at_once_is_not_taken_for_half_closed() {
    let bench = quiet().await;
    let mut times = Vec::new();
    for n in 0..50 {
        let target = format!("/endless?every=1h&client=left{n}");
        let (mut client, _) = bench.get(&target).await;
        client.chunk().await;
        let left = Instant::now();
        drop(client);
        let ended = bench.ended(&format!("left{n}")).await.ended;
        times.push(left.elapsed());
        let ended = ended.expect("it ended");
        assert_eq!((ended.by, ended.why.words()), (EndedBy::Client, "closed"));
    }
    // The usual time, which no pause of the machine makes longer.
    times.sort_unstable();
    assert!(times[25] < Duration::from_millis(100), "{times:?}");
}
