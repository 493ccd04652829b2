//! Refusals reach whoever is refused, whatever it is doing, and say why.

mod support;

use std::time::Duration;

use sse_server::{Config, Limits};
use support::{Bench, Client, soon};
use tokio::io::AsyncWriteExt;

/// A client that sends all that it has before it reads, as most libraries do, and reads then.
async fn upload(bench: &Bench, request: &str, bytes: usize) -> Client {
    let mut client = bench.connect().await;
    client.send(request).await;
    let block = vec![b'x'; 64 * 1024];
    let mut left = bytes;
    while left > 0 {
        let part = &block[..left.min(block.len())];
        soon("the upload", client.socket.write_all(part))
            .await
            .expect("nobody resets who is still uploading");
        left -= part.len();
    }
    client
}

/// The connection was closed over what the client was still sending: a reset took the answer away,
/// and the client saw a broken pipe and no reason.
#[tokio::test]
async fn who_is_still_uploading_reads_why_it_is_refused() {
    let bench = Bench::start().await;
    let long = (20 << 20).to_string();
    let length = ("content-length", &*long);
    for (target, headers, status) in [
        ("/topics/long", &[length][..], 413),
        ("/numbers", &[length], 413),
        (
            "/topics/long",
            &[length, ("origin", "https://evil.com")],
            403,
        ),
        ("/topics/long", &[length, ("host", "evil.com")], 421),
        ("/nope", &[length], 404),
        ("/api/state", &[length], 405),
        ("/topics/long?id=", &[length], 413),
        (
            "/topics/long",
            &[("transfer-encoding", "gzip, chunked")],
            501,
        ),
    ] {
        let request = bench.request("POST", target, headers);
        let mut client = upload(&bench, &request, 20 << 20).await;
        let head = client.head().await;
        assert_eq!(head.status, status, "{target} {headers:?}");
        assert!(client.body(&head).await.contains('.'), "a sentence");
    }
}

#[tokio::test]
async fn a_body_that_is_too_slow_reads_why_too() {
    let bench = Bench::limited(Limits {
        head_time: Duration::from_millis(200),
        ..Limits::default()
    })
    .await;
    let fields = [("content-length", "1000000")];
    let request = bench.request("POST", "/topics/slow", &fields);
    let mut client = upload(&bench, &request, 1000).await;
    // It sends on, after the answer is on its way.
    let head = client.head().await;
    client.send("more").await;
    assert_eq!(head.status, 408);
    assert!(client.body(&head).await.contains("send it faster"));
}

#[tokio::test]
async fn one_connection_too_many_reads_why_although_it_sent_a_request() {
    let bench = Bench::limited(Limits {
        streams: 1,
        reserve: 0,
        ..Limits::default()
    })
    .await;
    let (_open, _) = bench.get("/endless").await;
    for _ in 0..20 {
        let request = bench.request("POST", "/topics/a", &[("content-length", "100000")]);
        let mut client = upload(&bench, &request, 100_000).await;
        let head = client.head().await;
        assert_eq!(head.status, 503);
        assert!(client.body(&head).await.contains("too many connections"));
    }
}

/// They were heads without a word, without `nosniff`, and in no table.
#[tokio::test]
async fn what_cannot_be_read_is_refused_in_a_sentence_and_shown() {
    let bench = Bench::start().await;
    let cookie = "x".repeat(64 * 1024);
    let large = bench.request("GET", "/numbers?client=large", &[("cookie", &cookie)]);
    let many: Vec<(String, String)> = (0..101)
        .map(|n| (format!("x-{n}"), n.to_string()))
        .collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(a, b)| (&**a, &**b)).collect();
    let many = bench.request("GET", "/numbers?client=many", &many);
    let port = bench.addr.port();
    let host = format!("host: localhost:{port}\r\n");
    for (tag, request, status, words) in [
        ("large", large, 431, "16384 bytes in 100 header fields"),
        ("many", many, 431, "16384 bytes in 100 header fields"),
        (
            "colon",
            format!("GET /numbers?client=colon HTTP/1.1\r\nhost localhost:{port}\r\n\r\n"),
            400,
            "invalid HTTP header",
        ),
        (
            "version",
            format!("GET /numbers?client=version HTTP/9.9\r\n{host}\r\n"),
            400,
            "invalid HTTP version",
        ),
    ] {
        let mut client = bench.connect().await;
        // Answered before all of it is sent, where it is large.
        _ = client.socket.write_all(request.as_bytes()).await;
        let head = client.head().await;
        assert_eq!(head.status, status, "{tag}");
        assert_eq!(head.get("x-content-type-options"), Some("nosniff"));
        assert_eq!(head.get("connection"), Some("close"));
        let sentence = client.body(&head).await;
        assert!(sentence.contains(words), "{tag}: {sentence}");
        let row = bench.ended(tag).await;
        assert_eq!(
            (row.state, row.status, &*row.stream),
            ("refused", status, "/numbers")
        );
        assert_eq!(
            bench.get("/healthz").await.1.status,
            200,
            "nobody else is disturbed"
        );
    }
    // What is no HTTP/1 at all has a row too, and so has a head that was read and means two things.
    let two = format!("POST / HTTP/1.1\r\n{host}content-length: 1\r\ncontent-length: 2\r\n\r\n");
    for request in [
        &b"\x16\x03\x01\x02\x00\x01\r\n\r\n"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        two.as_bytes(),
    ] {
        let refused = bench.server.connections().refused;
        let mut client = bench.connect().await;
        client.send_bytes(request).await;
        assert_eq!(client.head().await.status, 400);
        bench
            .table("a row", |view| view.tally.refused == refused + 1)
            .await;
    }
}

#[tokio::test]
async fn half_a_head_is_answered_when_its_time_is_over() {
    let bench = Bench::limited(Limits {
        head_time: Duration::from_millis(200),
        ..Limits::default()
    })
    .await;
    let mut client = bench.connect().await;
    client
        .send("GET /numbers?client=half HTTP/1.1\r\nhost: lo")
        .await;
    let head = client.head().await;
    assert_eq!(head.status, 408);
    assert!(client.body(&head).await.contains("head of the request"));
    assert_eq!(bench.ended("half").await.status, 408);
    // Who said nothing is told nothing.
    let mut silent = bench.connect().await;
    assert_eq!(silent.rest().await, b"");
    let mut cut = bench.connect().await;
    cut.send("GET /numbers HTTP/1.1\r\nhost: lo").await;
    cut.socket.shutdown().await.expect("it is open");
    assert_eq!(cut.head().await.status, 400);
}

/// 150 uploads of 1 MiB that were held open took 215 MiB.
#[tokio::test]
async fn all_bodies_together_have_a_bound() {
    let bench = Bench::with(Config {
        limits: Limits {
            all_bodies_bytes: 300_000,
            ..Limits::default()
        },
        ..Config::default()
    })
    .await;
    let fields = [("content-length", "100001")];
    let request = bench.request("POST", "/topics/a", &fields);
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(upload(&bench, &request, 100_000).await);
    }
    // It may find the others still on their way: then it has room, and the last of them has none.
    let mut refused = 0;
    for mut client in [upload(&bench, &request, 100_001).await]
        .into_iter()
        .chain(held)
    {
        _ = client.socket.write_all(b"x").await;
        let head = client.head().await;
        if head.status == 503 {
            refused += 1;
            assert_eq!(head.get("retry-after"), Some("1"));
            let sentence = client.body(&head).await;
            assert!(sentence.contains("300000 bytes"), "{sentence}");
        } else {
            assert_eq!(head.status, 200);
        }
    }
    assert!(refused >= 1, "there was room for all four");
    // Bodies that nobody keeps need no room, and the room is given back.
    let request = bench.request(
        "POST",
        "/numbers?every=0ms",
        &[("content-length", "400000")],
    );
    let mut client = upload(&bench, &request, 400_000).await;
    assert_eq!(client.head().await.status, 200);
    let mut client = upload(
        &bench,
        &bench.request("POST", "/topics/a", &fields),
        100_001,
    )
    .await;
    assert_eq!(client.head().await.status, 200);
}

/// A client that waits for it is told to go on, and the wire says so.
#[tokio::test]
async fn a_client_that_waits_for_it_is_told_to_go_on() {
    let bench = Bench::start().await;
    let fields = [("content-length", "2"), ("expect", "100-continue")];
    let mut client = bench.connect().await;
    let target = "/numbers?every=0ms&client=waits";
    client.send(&bench.request("POST", target, &fields)).await;
    let interim = client.head().await;
    assert_eq!(interim.text, "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("ab").await;
    let rest = client.rest().await;
    let row = bench.ended("waits").await;
    let all = interim.text.len() + rest.len();
    assert_eq!(row.bytes, all as u64);
    let wire = bench.server.wire(row.id, 0).expect("it is kept");
    let sent: Vec<u8> = wire
        .pieces
        .iter()
        .flat_map(|piece| piece.bytes.chars().map(|c| c as u8))
        .collect();
    assert_eq!(sent, [interim.text.as_bytes(), &rest].concat());
    assert_eq!(
        wire.events.len(),
        6,
        "a retry and five events: {:?}",
        wire.events
    );
}

/// A path and a program were written to the log as they came, before the guard had seen the
/// request: a terminal obeyed them.
#[tokio::test]
async fn what_strangers_name_themselves_commands_no_terminal() {
    let bench = Bench::start().await;
    let port = bench.addr.port();
    for request in [
        "\x1b]0;pwned\x07 /\x1b[2Jx HTTP/1.1\r\nUser-Agent: \x1b[5mUA\r\n\r\n".to_owned(),
        format!("GET /\u{9b}31mx HTTP/1.1\r\nhost: localhost:{port}\r\nuser-agent: a\tb\r\n\r\n"),
    ] {
        let refused = bench.server.connections().refused;
        let mut client = bench.connect().await;
        client.send(&request).await;
        assert!(matches!(client.head().await.status, 400 | 404));
        let slice = bench
            .table("a row", |view| view.tally.refused > refused)
            .await;
        for row in slice.rows {
            let texts = [row.stream, row.program, row.method];
            assert!(!texts.concat().contains(char::is_control), "{texts:?}");
        }
    }
}
