//! What clients of the streams get, byte for byte, over real sockets.

mod support;

use sse_server::{Config, KeepAlive};
use std::time::Duration;
use support::{Bench, data};

#[tokio::test]
async fn numbers_from_head_to_end_byte_for_byte() {
    let bench = Bench::start().await;
    let (mut client, head) = bench.get("/numbers?every=1ms").await;
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
    let chunks = client.chunks().await.concat();
    assert_eq!(
        chunks,
        "retry: 1000\nid: 1\ndata: 1\n\nid: 2\ndata: 2\n\nid: 3\ndata: 3\n\nid: 4\ndata: 4\n\nid: 5\ndata: 5\n\n"
    );
    assert_eq!(client.rest().await, b"", "and then the connection ends");
    assert_eq!(head.get("content-length"), None);
}

#[tokio::test]
async fn an_event_is_a_chunk_and_the_first_comes_with_the_head() {
    let bench = Bench::start().await;
    let (mut client, _) = bench.get("/numbers?every=300ms&count=2").await;
    assert_eq!(client.chunk().await, "retry: 1000\nid: 1\ndata: 1\n\n");
    assert_eq!(client.chunk().await, "id: 2\ndata: 2\n\n");
    assert_eq!(client.chunk().await, "");
}

#[tokio::test]
async fn every_client_of_the_endless_stream_has_its_own_count() {
    let bench = Bench::start().await;
    let (mut first, _) = bench.get("/endless?every=1ms").await;
    first.until("data: 20\n\n").await;
    let (mut second, _) = bench.get("/endless?every=1ms").await;
    assert!(second.chunk().await.contains("data: 1\n"));
    first.until("data: 40\n\n").await;
}

#[tokio::test]
async fn last_event_id_resumes_and_204_ends_for_good() {
    let bench = Bench::start().await;
    let (mut client, _) = bench
        .ask("GET", "/numbers?every=1ms", &[("last-event-id", "3")])
        .await;
    assert_eq!(data(&client.chunks().await.concat()), ["4", "5"]);

    let (mut client, _) = bench
        .ask("GET", "/endless?every=1ms", &[("last-event-id", "41")])
        .await;
    assert_eq!(client.chunk().await, "retry: 1000\nid: 42\ndata: 42\n\n");

    let (_, head) = bench
        .ask("GET", "/numbers", &[("last-event-id", "5")])
        .await;
    assert_eq!((head.status, head.get("content-type")), (204, None));
    // It never gave those: whoever has one has it from another stream.
    for id in ["6", "123456"] {
        let (mut client, head) = bench
            .ask("GET", "/numbers?every=1ms", &[("last-event-id", id)])
            .await;
        assert_eq!(head.status, 200, "{id}");
        assert_eq!(data(&client.chunks().await.concat()).len(), 5);
    }
    // Invariant 5: the header beats the query, an empty one too.
    for (header, query, first) in [
        (Some("2"), "4", "3"),
        (None, "4", "5"),
        (Some(""), "4", "1"),
        (Some("nonsense"), "4", "1"),
        (Some("\u{e9}\u{1f600}"), "4", "1"),
    ] {
        let target = format!("/numbers?every=1ms&lastEventId={query}");
        let header: Vec<_> = header.map(|id| ("last-event-id", id)).into_iter().collect();
        let (mut client, _) = bench.ask("GET", &target, &header).await;
        assert_eq!(
            data(&client.chunks().await.concat())[0],
            first,
            "{header:?}"
        );
    }
}

#[tokio::test]
async fn a_last_event_id_that_is_not_utf8_starts_from_the_beginning() {
    let bench = Bench::start().await;
    let mut client = bench.connect().await;
    let request = bench.request("GET", "/numbers?every=1ms", &[("last-event-id", "?")]);
    let (before, after) = request
        .split_once('?')
        .map(|(a, rest)| {
            let (query, after) = rest.split_once('?').expect("the mark in the header");
            (format!("{a}?{query}"), after.to_owned())
        })
        .expect("a query");
    client
        .send_bytes(&[before.as_bytes(), b"3\xff", after.as_bytes()].concat())
        .await;
    assert_eq!(client.head().await.status, 200);
    assert_eq!(data(&client.chunks().await.concat()).len(), 5);
}

#[tokio::test]
async fn overrides_change_count_start_and_pace() {
    let bench = Bench::start().await;
    let (mut client, _) = bench.get("/endless?every=0ms&count=3&from=7").await;
    assert_eq!(data(&client.chunks().await.concat()), ["7", "8", "9"]);
    let (mut client, _) = bench
        .ask(
            "GET",
            "/endless?every=0ms&count=3&from=7",
            &[("last-event-id", "8")],
        )
        .await;
    assert_eq!(data(&client.chunks().await.concat()), ["9"]);
}

#[tokio::test]
async fn a_query_out_of_bounds_is_400_with_the_bound() {
    let bench = Bench::start().await;
    for (query, bound) in [
        ("every=2h", "from 0ms to 1h"),
        ("count=0", "from 1 to 1000000000"),
        ("from=-1", "from 0 to 9007199254740991"),
        ("client=%20", "1 to 64"),
        ("count=1&count=2", "twice"),
    ] {
        let (mut client, head) = bench.get(&format!("/numbers?{query}")).await;
        assert_eq!(head.status, 400, "{query}");
        let body = client.body(&head).await;
        assert!(body.contains(bound), "{query}: {body}");
        // The connection is as good as before.
        client.send(&bench.request("GET", "/healthz", &[])).await;
        assert_eq!(client.head().await.status, 200);
    }
}

#[tokio::test]
async fn post_answers_with_the_same_stream_whatever_its_body() {
    let bench = Bench::start().await;
    let (mut client, head) = bench
        .ask("POST", "/numbers?every=1ms", &[("content-length", "0")])
        .await;
    assert_eq!(head.status, 200);
    assert_eq!(data(&client.chunks().await.concat()).len(), 5);

    let mut client = bench.connect().await;
    let body = r#"{"prompt":"hello"}"#;
    let length = body.len().to_string();
    let request = bench.request(
        "POST",
        "/numbers?every=1ms",
        &[
            ("content-length", &length),
            ("content-type", "application/json"),
            ("expect", "100-continue"),
        ],
    );
    client.send(&request).await;
    assert_eq!(client.head().await.status, 100);
    client.send(body).await;
    assert_eq!(client.head().await.status, 200);
    assert_eq!(data(&client.chunks().await.concat()).len(), 5);
}

#[tokio::test]
async fn head_answers_at_once_with_the_headers_of_get() {
    let bench = Bench::start().await;
    let (mut client, head) = bench.ask("HEAD", "/endless", &[]).await;
    assert_eq!(head.status, 200);
    assert_eq!(
        head.get("content-type"),
        Some("text/event-stream; charset=utf-8")
    );
    assert_eq!(head.get("content-length"), None);
    client
        .send(&bench.request("HEAD", "/numbers", &[("last-event-id", "5")]))
        .await;
    let head = client.head().await;
    assert_eq!(
        (head.status, head.get("content-length")),
        (204, None),
        "RFC 9110 8.6"
    );
    assert_eq!(bench.server.connections().opened, 0, "no stream was opened");
}

#[tokio::test]
async fn http_1_0_gets_a_bare_body() {
    let bench = Bench::start().await;
    let mut client = bench.connect().await;
    client
        .send(
            "GET /numbers?every=1ms HTTP/1.0\r\nhost: localhost\r\nconnection: keep-alive\r\n\r\n",
        )
        .await;
    let head = client.head().await;
    assert_eq!(head.status, 200);
    assert_eq!(head.get("transfer-encoding"), None);
    assert_eq!(head.all("connection"), ["close"]);
    let body = String::from_utf8(client.rest().await).expect("UTF-8");
    assert!(
        body.starts_with("retry: 1000\nid: 1\n") && body.ends_with("id: 5\ndata: 5\n\n"),
        "{body}"
    );
}

#[tokio::test]
async fn what_is_not_there_is_told_in_a_sentence() {
    let bench = Bench::start().await;
    for (method, target, status, words) in [
        ("GET", "/nope", 404, "the streams are /numbers, /endless"),
        ("GET", "/api/nope", 404, "There is nothing at /api/nope"),
        ("GET", "/n%2fumbers", 404, "nothing at /n%2Fumbers"),
        ("GET", "/%2e%2e/numbers", 404, "nothing at"),
        ("GET", "/../Cargo.toml", 404, "nothing at"),
        ("DELETE", "/numbers", 405, "use GET or POST"),
        ("POST", "/api/state", 405, "use GET"),
        ("PUT", "/", 405, "use GET"),
        ("POST", "/page/main.js", 405, "use GET"),
        ("GET", "/main.js", 404, "nothing at /main.js"),
        ("GET", "/index.html", 404, "nothing at /index.html"),
        ("GET", "/page/index.html", 404, "nothing at"),
        ("GET", "/page/types.d.ts", 404, "nothing at"),
        ("GET", "/page/../index.html", 404, "nothing at"),
        ("GET", "/page/", 404, "nothing at /page/"),
    ] {
        let (mut client, head) = bench.ask(method, target, &[("content-length", "0")]).await;
        assert_eq!(head.status, status, "{method} {target}");
        assert_eq!(
            head.get("allow").is_some(),
            status == 405,
            "{method} {target}"
        );
        let body = client.body(&head).await;
        assert!(body.contains(words), "{body}");
        assert_eq!(body.lines().count(), 1);
    }
}

#[tokio::test]
async fn requests_before_a_stream_are_answered_and_the_stream_comes_after_them() {
    let bench = Bench::start().await;
    let mut client = bench.connect().await;
    let health = bench.request("GET", "/healthz", &[]);
    let numbers = bench.request("GET", "/numbers?every=1ms", &[]);
    // All at once, and one more behind the stream that will never be answered.
    client
        .send(&format!("{health}{health}{numbers}{health}"))
        .await;
    for _ in 0..2 {
        let head = client.head().await;
        assert_eq!(client.body(&head).await, "ok\n");
    }
    assert_eq!(client.head().await.get("connection"), Some("close"));
    assert_eq!(data(&client.chunks().await.concat()).len(), 5);
    assert_eq!(client.rest().await, b"");
}

#[tokio::test]
async fn keep_alive_comments_come_between_events() {
    let bench = Bench::with(Config {
        keep_alive: KeepAlive::Interval(Duration::from_millis(20)),
        ..Config::default()
    })
    .await;
    let (mut client, _) = bench.get("/endless?every=1h").await;
    client.until("data: 1\n\n").await;
    client.until(": keep-alive\n\n").await;
    client.until(": keep-alive\n\n").await;
}

#[tokio::test]
async fn a_burst_arrives_whole_and_in_order() {
    let bench = Bench::start().await;
    let (mut client, _) = bench
        .get("/endless?every=0ms&count=40000&client=burst")
        .await;
    let data = data(&client.chunks().await.concat());
    assert_eq!(data.len(), 40_000);
    assert!(
        data.iter()
            .enumerate()
            .all(|(n, data)| *data == (n + 1).to_string())
    );
    let row = bench.ended("burst").await;
    assert_eq!(
        (row.events, row.last_id.as_deref()),
        (40_000, Some("40000"))
    );
    let ended = row.ended.expect("it ended");
    assert_eq!((ended.why.words(), ended.complete), ("complete", true));
}

#[tokio::test]
async fn an_unpaced_stream_starves_nobody() {
    let bench = Bench::start().await;
    let (mut fast, _) = bench.get("/endless?every=0ms").await;
    let reading = tokio::spawn(async move {
        let mut sink = vec![0; 64 * 1024];
        while !matches!(
            tokio::io::AsyncReadExt::read(&mut fast.socket, &mut sink).await,
            Ok(0) | Err(_)
        ) {}
    });
    let (mut client, _) = bench.get("/numbers?every=1ms").await;
    assert_eq!(data(&client.chunks().await.concat()).len(), 5);
    bench.server.stop().await;
    support::soon("the fast client's end", reading)
        .await
        .expect("no panic");
}

/// Each was another path than the one that it means, and not found.
#[tokio::test]
async fn a_path_may_be_percent_encoded_in_part() {
    let bench = Bench::start().await;
    for target in [
        "/%6eumbers?every=0ms&client=encoded",
        "/%6E%75mbers?every=0ms&client=encoded",
        "/healthz",
        "/%68ealthz",
        "/api/%73tate",
        "/%61pi/state",
        "/page/main%2ejs",
    ] {
        let (_, head) = bench.get(target).await;
        assert_eq!(head.status, 200, "{target}");
    }
    assert_eq!(bench.ended("encoded").await.stream, "/numbers");
    // What is ours alone stays so, however it is written.
    for target in ["/%61pi/state", "/ap%69/connections", "/%70age/main.js"] {
        let local = [("origin", "http://localhost:5173")];
        let (_, head) = bench.ask("GET", target, &local).await;
        assert_eq!(head.status, 403, "{target}");
    }
}
