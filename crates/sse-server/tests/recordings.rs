//! A connection as a recording: its request, and the bytes that a raw socket received.

mod support;

use serde_json::Value;
use sse_server::Draft;
use sse_server::recording::{End, Exchange, Recording};
use support::{Bench, Client};

fn id_of(bench: &Bench, tag: &str) -> u64 {
    bench.client(tag).rows.first().expect("it came").id
}

/// A request for a connection's recording, whose text is canonical.
async fn read(bench: &Bench, id: u64) -> (String, Recording) {
    let (mut client, head) = bench.get(&format!("/api/recording?id={id}")).await;
    assert_eq!(head.status, 200);
    assert_eq!(head.get("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(head.get("cache-control"), Some("no-store"));
    let text = client.body(&head).await;
    let recording = Recording::parse(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    assert_eq!(recording.to_text(), text);
    (text, recording)
}

async fn ask(bench: &Bench, method: &str, id: u64) -> (u16, Value) {
    let target = format!("/api/recording?id={id}");
    let (mut client, head) = bench.ask(method, &target, &[]).await;
    let body = client.body(&head).await;
    (head.status, serde_json::from_str(&body).expect("JSON"))
}

fn body(exchange: Exchange<'_>) -> String {
    let pieces = exchange.pieces().into_iter();
    let bytes: Vec<u8> = pieces.flat_map(|piece| piece.bytes).collect();
    String::from_utf8(bytes).expect("UTF-8")
}

/// The body behind the head, without the framing of chunks.
fn received(raw: &[u8]) -> (String, String) {
    let text = String::from_utf8(raw.to_vec()).expect("UTF-8");
    let (head, mut rest) = text.split_once("\r\n\r\n").expect("a head");
    if !head.contains("chunked") {
        return (head.to_owned(), rest.to_owned());
    }
    let mut body = String::new();
    while let Some((size, data)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("a size");
        let Some(more) = data.get(size + 2..) else {
            break;
        };
        body += &data[..size];
        rest = more;
    }
    (head.to_owned(), body)
}

#[tokio::test]
async fn it_holds_what_a_raw_socket_received() {
    let bench = Bench::start().await;
    for (tag, target, version, end) in [
        ("chunked", "/numbers?every=5ms", "1.1", End::End),
        ("bare", "/numbers?every=5ms", "1.0", End::End),
        ("burst", "/endless?every=0ms&count=900", "1.1", End::End),
        ("lines", "/every-line?every=0ms", "1.1", End::End),
        (
            "cut",
            "/endless?every=5ms&fault=cut,after=2",
            "1.1",
            End::Cut,
        ),
        (
            "reset",
            "/endless?every=5ms&fault=reset,after=2",
            "1.1",
            End::Reset,
        ),
    ] {
        let mut client = Client::connect(bench.addr).await;
        let request = format!(
            "GET {target}&client={tag} HTTP/{version}\r\nHost: localhost:{}\r\n\
             Authorization: Bearer hush\r\nX-Password: hush\r\n\r\n",
            bench.addr.port()
        );
        client.send(&request).await;
        let (head, sent) = match end {
            // What is in the socket is lost with it.
            End::Reset => (
                client.until("\r\n\r\n").await,
                client.until("data: 2\n\n").await,
            ),
            _ => received(&client.rest().await),
        };
        bench.ended(tag).await;
        let (text, recording) = read(&bench, id_of(&bench, tag)).await;
        let exchange = recording.exchanges().next().expect("there is one");
        assert_eq!(exchange.end(), Some(end), "{tag}: {text}");
        let lines: Vec<&[u8]> = exchange.response().collect();
        let lines = String::from_utf8(lines.join(&b"\r\n"[..])).expect("UTF-8");
        assert_eq!(lines.trim_end(), head.trim_end(), "{tag}");
        match end {
            End::Reset => assert!(body(exchange).ends_with("data: 2\n\n") && !sent.is_empty()),
            _ => assert_eq!(body(exchange), sent, "{tag}"),
        }
        let asked: Vec<&str> = exchange.request().collect();
        assert_eq!(
            asked[0],
            format!("GET {target}&client={tag} HTTP/{version}")
        );
        assert_eq!(
            asked[2..],
            ["Authorization: [kept back]", "X-Password: [kept back]"]
        );
        assert!(
            text.contains("; 2 secrets kept back\n") && !text.contains("hush"),
            "{text}"
        );
        if tag == "chunked" {
            let chunks: Vec<_> = exchange.pieces().iter().filter_map(|it| it.chunk).collect();
            assert!(!chunks.is_empty(), "{text}");
            let sizes = exchange
                .pieces()
                .iter()
                .map(|it| it.bytes.len() as u64)
                .collect::<Vec<_>>();
            assert_eq!(chunks, sizes);
        }
    }
}

#[tokio::test]
async fn a_compressed_stream_is_decoded() {
    let bench = Bench::start().await;
    let (mut client, _) = bench
        .get("/numbers?every=1ms&client=zip&fault=encode=gzip")
        .await;
    client.rest().await;
    bench.ended("zip").await;
    let (text, recording) = read(&bench, id_of(&bench, "zip")).await;
    assert!(text.contains("< content-encoding: gzip\n"), "{text}");
    let exchange = recording.exchanges().next().expect("there is one");
    assert!(body(exchange).ends_with("data: 5\n\n"), "{text}");
    assert!(
        exchange.pieces().iter().all(|piece| piece.gzip.is_some()),
        "{text}"
    );
}

/// What sends more than is kept otherwise is whole in its recording.
#[tokio::test]
async fn what_is_recorded_goes_on_beyond_what_is_kept() {
    let bench = Bench::start().await;
    let (mut client, _) = bench.get("/topics/long?client=long").await;
    bench
        .table("a subscriber", |slice| !slice.rows.is_empty())
        .await;
    let id = id_of(&bench, "long");
    let (status, view) = ask(&bench, "POST", id).await;
    assert_eq!(
        (status, &view["on"], &view["missed"]),
        (200, &true.into(), &0.into()),
        "{view}"
    );
    let large = "x".repeat(20_000);
    for n in 0..10 {
        let draft = Draft {
            data: format!("{n} {large}"),
            ..Draft::default()
        };
        bench
            .server
            .publish("long", draft)
            .await
            .expect("it is published");
        client.until(&format!("data: {n} {large}\n\n")).await;
    }
    let (text, recording) = read(&bench, id).await;
    let exchange = recording.exchanges().next().expect("there is one");
    assert_eq!(exchange.end(), Some(End::Open));
    let body = body(exchange);
    let data: Vec<&str> = body
        .lines()
        .filter(|line| line.starts_with("data: "))
        .collect();
    let expected: Vec<String> = (0..10).map(|n| format!("data: {n} {large}")).collect();
    assert!(data == expected, "{} of them", data.len());
    assert!(text.contains("< HTTP/1.1 200 OK\n"));
    let (status, view) = ask(&bench, "DELETE", id).await;
    assert_eq!((status, &view["on"]), (200, &false.into()), "{view}");
    let (text, _) = read(&bench, id).await;
    assert!(
        text.contains("bytes came before what follows"),
        "only the usual is kept"
    );
}

#[tokio::test]
async fn there_is_a_limit_and_what_is_over_makes_room() {
    let bench = Bench::start().await;
    let mut clients = Vec::new();
    for n in 0..5 {
        let (mut client, _) = bench.get(&format!("/endless?every=20ms&client=c{n}")).await;
        client.until("data: 1\n\n").await;
        clients.push(client);
    }
    let ids: Vec<u64> = (0..5).map(|n| id_of(&bench, &format!("c{n}"))).collect();
    for id in &ids[..4] {
        assert_eq!(ask(&bench, "POST", *id).await.0, 200);
    }
    // Once more is no further one.
    assert_eq!(ask(&bench, "POST", ids[0]).await.0, 200);
    let (status, error) = ask(&bench, "POST", ids[4]).await;
    assert_eq!(status, 409, "{error}");
    assert!(
        error["error"]
            .as_str()
            .is_some_and(|it| it.starts_with("4 connections are recorded"))
    );
    ask(&bench, "DELETE", ids[1]).await;
    assert_eq!(ask(&bench, "POST", ids[4]).await.0, 200);
}

#[tokio::test]
async fn what_is_not_there_is_said() {
    let bench = Bench::start().await;
    for method in ["GET", "POST", "DELETE"] {
        let (status, error) = ask(&bench, method, 99).await;
        assert_eq!(status, 404, "{method} {error}");
        let (mut client, head) = bench.ask(method, "/api/recording", &[]).await;
        assert_eq!(head.status, 400);
        assert!(
            client
                .body(&head)
                .await
                .contains("The connection is missing")
        );
        // A page of another site has no say.
        let foreign = [
            ("origin", "http://evil.example"),
            ("sec-fetch-site", "cross-site"),
        ];
        let (_, head) = bench.ask(method, "/api/recording?id=1", &foreign).await;
        assert_eq!(head.status, 403, "{method}");
    }
    // Of a request that was refused there is the request.
    let (_, head) = bench.get("/numbers?count=no&client=bad").await;
    assert_eq!(head.status, 400);
    let id = bench.client("bad").rows.first().map(|row| row.id);
    if let Some(id) = id {
        let (text, _) = read(&bench, id).await;
        assert!(
            text.contains("> GET /numbers?count=no&client=bad HTTP/1.1\n"),
            "{text}"
        );
        assert!(text.contains("# what it was sent is not kept\n"), "{text}");
    }
}

/// The beginning is gone, and the file says so.
#[tokio::test]
async fn what_came_before_is_counted() {
    let bench = Bench::start().await;
    let (mut client, _) = bench
        .get("/endless?every=0ms&count=20000&client=much")
        .await;
    client.rest().await;
    bench.ended("much").await;
    let (text, recording) = read(&bench, id_of(&bench, "much")).await;
    assert!(text.contains(" bytes came before what follows, with the head, and are not kept"));
    let exchange = recording.exchanges().next().expect("there is one");
    let body = body(exchange);
    assert!(body.ends_with("data: 20000\n\n"));
    let first = body.lines().next().unwrap_or_default();
    assert!(
        first.starts_with("id: "),
        "it begins with an event: {first}"
    );
    assert_eq!(exchange.end(), Some(End::End));
}
