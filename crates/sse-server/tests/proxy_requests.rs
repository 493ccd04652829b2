//! What is handed on of a request, and of an answer that is no stream.

mod support;

use std::fmt::Write as _;
use std::time::Duration;

use sse_server::{Config, TableQuery, Why};
use support::upstream::{Asked, Upstream};
use support::{Bench, Client, soon};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Sends a request as it stands, but for `HOST`, and answers both sides.
async fn send(upstream: &Upstream, bench: &Bench, request: &str) -> (Client, Asked) {
    let mut client = bench.connect().await;
    let host = format!("host: localhost:{}", bench.addr.port());
    client.send(&request.replace("HOST", &host)).await;
    (client, upstream.asked().await)
}

#[tokio::test]
async fn method_path_query_and_fields_pass_as_they_are() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"] {
        let request = format!(
            "{method} /@live/api/chat%2Fa%7Eb/%E2%82%AC;x?b=%41&&c HTTP/1.1\r\nHOST\r\nauthorization: Bearer me\r\nx-mine: 1\r\nx-mine: 2\r\nconnection: x-hop\r\nx-hop: 1\r\ncontent-length: 2\r\n\r\nhi"
        );
        let (mut client, mut asked) = send(&upstream, &bench, &request).await;
        let line = format!("{method} /api/chat%2Fa%7Eb/%E2%82%AC;x?b=%41&&c HTTP/1.1\r\n");
        assert!(asked.head.starts_with(&line), "{}", asked.head);
        assert_eq!(asked.get("host"), upstream.addr.to_string());
        assert_eq!(asked.get("authorization"), "Bearer me");
        assert_eq!(asked.head.matches("x-mine: ").count(), 2);
        assert_eq!(
            (asked.get("x-hop"), asked.get("connection")),
            Default::default()
        );
        assert!(asked.get("via").starts_with("1.1 sse-"), "{}", asked.head);
        asked.client.until("hi").await;
        asked
            .client
            .send("HTTP/1.1 204 No Content\r\nx-answer: 1\r\n\r\n")
            .await;
        let head = client.head().await;
        assert_eq!((head.status, head.get("x-answer")), (204, Some("1")));
    }
    let row = bench.live().remove(0);
    assert_eq!(
        (row.method.as_str(), row.status, row.state),
        ("QUERY", 204, "ended")
    );
    assert_eq!(row.ended.expect("it is over").why, Why::Forwarded);
}

#[tokio::test]
async fn an_answer_that_is_no_stream_passes_with_its_length_or_in_chunks() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let request = "POST /@live/v1/chat HTTP/1.1\r\nHOST\r\ncontent-length: 0\r\n\r\n";
    let (mut client, mut asked) = send(&upstream, &bench, request).await;
    let json = "{\"error\":{\"message\":\"no key\"}}";
    let answer = format!(
        "HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\nwww-authenticate: Bearer\r\nretry-after: 3\r\ncontent-length: {}\r\n\r\n{json}",
        json.len()
    );
    asked.client.send(&answer).await;
    let head = client.head().await;
    assert_eq!((head.status, head.get("retry-after")), (401, Some("3")));
    assert_eq!(head.get("content-security-policy"), Some("sandbox"));
    assert_eq!(client.body(&head).await, json);

    // In chunks, each as it comes; the trailers are left out.
    let request = "GET /@live/lines HTTP/1.1\r\nHOST\r\n\r\n";
    let (mut client, mut asked) = send(&upstream, &bench, request).await;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n";
    asked.client.send(head).await;
    let head = client.head().await;
    assert_eq!(head.get("transfer-encoding"), Some("chunked"));
    for line in ["{\"a\":1}\n", "{\"b\":2}\n"] {
        asked.chunk(line.as_bytes()).await;
        assert_eq!(client.chunk().await, line);
    }
    asked.client.send("0\r\nx-sum: 1\r\n\r\n").await;
    assert_eq!(client.until("0\r\n\r\n").await, "0\r\n\r\n");
    // The connection goes on, as with each answer that is no stream.
    client.send(&bench.request("GET", "/healthz", &[])).await;
    assert_eq!(client.head().await.status, 200);

    // A compressed stream cannot be read here: it passes like any other answer.
    let request = "GET /@live/gzip HTTP/1.1\r\nHOST\r\naccept-encoding: gzip, br\r\n\r\n";
    let (mut client, mut asked) = send(&upstream, &bench, request).await;
    assert_eq!(asked.get("accept-encoding"), "identity");
    asked.client.send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\n\x1f+x").await;
    let head = client.head().await;
    assert_eq!(head.get("content-encoding"), Some("gzip"));
    assert_eq!(client.body(&head).await, "\x1f+x");
}

#[tokio::test]
async fn a_head_has_no_body_and_says_what_a_get_would_have() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let request = "HEAD /@live/x HTTP/1.1\r\nHOST\r\n\r\n";
    for kind in ["text/event-stream", "application/json"] {
        let (mut client, mut asked) = send(&upstream, &bench, request).await;
        let answer =
            format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: 7\r\n\r\n");
        asked.client.send(&answer).await;
        let head = client.head().await;
        assert_eq!((head.status, head.get("content-length")), (200, Some("7")));
        client.send(&bench.request("GET", "/healthz", &[])).await;
        assert_eq!(client.head().await.status, 200);
    }
}

#[tokio::test]
async fn a_preflight_is_answered_here_for_whatever_method_a_page_wants() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let asked = [
        ("origin", "http://localhost:5173"),
        ("access-control-request-method", "DELETE"),
        (
            "access-control-request-headers",
            "authorization,x-stainless-os",
        ),
    ];
    let (_, head) = bench.ask("OPTIONS", "/@live/v1/files/1", &asked).await;
    assert_eq!(head.status, 204);
    assert_eq!(head.get("access-control-allow-methods"), Some("DELETE"));
    let names = head.get("access-control-allow-headers");
    assert_eq!(names, Some("authorization,x-stainless-os"));
    let (_, head) = bench
        .ask("GET", "/@live/x", &[("origin", "https://evil.example")])
        .await;
    assert_eq!(head.status, 403, "before the upstream is asked");
}

#[tokio::test]
async fn a_body_is_handed_on_while_it_comes() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let request = "POST /@live/x HTTP/1.1\r\nHOST\r\nexpect: 100-continue\r\ntransfer-encoding: chunked\r\n\r\n";
    let (mut client, mut asked) = send(&upstream, &bench, request).await;
    assert_eq!(
        client.until("\r\n\r\n").await,
        "HTTP/1.1 100 Continue\r\n\r\n"
    );
    assert_eq!(asked.get("transfer-encoding"), "chunked");
    assert_eq!(asked.get("expect"), "");
    for _ in 0..3 {
        client.send("2\r\nab\r\n").await;
        asked.client.until("ab").await;
    }
    // A stream that begins before the body is whole waits for that.
    asked.stream().await;
    asked.chunk(b"data: 1\n\n").await;
    client.send("2\r\ncd\r\n0\r\n\r\n").await;
    asked.client.until("0\r\n\r\n").await;
    assert_eq!(client.head().await.status, 200);
    assert_eq!(client.chunk().await, "data: 1\n\n");
    let row = bench.live().remove(0);
    let request = bench
        .server
        .request(row.id, false)
        .and_then(|it| it.request);
    assert_eq!(request.expect("it is kept").body_length, 8);
}

/// The stream filled what may wait here, and then nobody sent the rest of the body.
#[tokio::test]
async fn an_upstream_that_streams_while_it_reads_a_body_gets_all_of_it() {
    const BODY: usize = 8 << 20;
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    for framing in ["transfer-encoding: chunked", "connection: close"] {
        let request = format!("POST /@live/x HTTP/1.1\r\nHOST\r\ncontent-length: {BODY}\r\n\r\n");
        let (mut client, mut asked) = send(&upstream, &bench, &request).await;
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n{framing}\r\n\r\n");
        let event = format!("data: {}\n\n", "x".repeat(1 << 20));
        let chunk = match framing.starts_with("transfer") {
            true => format!("{:x}\r\n{event}\r\n0\r\n\r\n", event.len()),
            false => event.clone(),
        };
        let mut got = asked.client.buffered().len();
        let (mut reads, mut writes) = asked.client.socket.into_split();
        // More than waits anywhere on the way.
        let streams = tokio::spawn(async move {
            writes.write_all(head.as_bytes()).await.expect("open");
            writes.write_all(chunk.as_bytes()).await.expect("open");
        });
        let sends = async {
            let piece = vec![b'x'; 1 << 16];
            for _ in 0..BODY / piece.len() {
                client.socket.write_all(&piece).await.expect("it is read");
            }
        };
        let asks = async {
            let mut read = vec![0; 1 << 16];
            while got < BODY {
                got += reads.read(&mut read).await.expect("open");
            }
        };
        soon("the body", async { tokio::join!(sends, asks) }).await;
        assert_eq!(client.head().await.status, 200);
        let mut streamed = 0;
        while streamed < event.len() {
            streamed += client.chunk().await.len();
        }
        assert_eq!(streamed, event.len());
        streams.await.expect("it was sent");
    }
}

/// The bound on bodies does not hold here, and no memory is taken for one.
#[cfg(target_os = "linux")] // It reads what of this process is in memory.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_of_fifty_mib_is_streamed_and_not_kept() {
    const BYTES: usize = 50 << 20;
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let request = format!("POST /@live/x HTTP/1.1\r\nHOST\r\ncontent-length: {BYTES}\r\n\r\n");
    let (mut client, mut asked) = send(&upstream, &bench, &request).await;
    let before = support::resident_kib();
    let sending = tokio::spawn(async move {
        let piece = vec![b'x'; 1 << 16];
        for _ in 0..BYTES / piece.len() {
            client.socket.write_all(&piece).await.expect("it is read");
        }
        client
    });
    let mut most = 0;
    soon("the body", async {
        let mut got = asked.client.buffered().len();
        let mut read = vec![0; 1 << 16];
        while got < BYTES {
            got += asked.client.socket.read(&mut read).await.expect("open");
            most = most.max(support::resident_kib().saturating_sub(before));
        }
        assert_eq!(got, BYTES);
    })
    .await;
    assert!(most < 8 * 1024, "{most} KiB more");
    let mut client = sending.await.expect("it was sent");
    asked.ok(&mut client).await;
}

#[tokio::test]
async fn a_redirect_passes_and_leads_through_the_proxy() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    for (location, becomes) in [
        (format!("{}/v2/x?y", upstream.url()), "/@live/v2/x?y"),
        ("/login".to_owned(), "/@live/login"),
        (
            "https://elsewhere.example/".to_owned(),
            "https://elsewhere.example/",
        ),
    ] {
        let request = "GET /@live/v1/x HTTP/1.1\r\nHOST\r\n\r\n";
        let (mut client, mut asked) = send(&upstream, &bench, request).await;
        let mut answer = "HTTP/1.1 302 Found\r\ncontent-length: 0\r\n".to_owned();
        write!(answer, "location: {location}\r\n\r\n").expect("a text");
        asked.client.send(&answer).await;
        let head = client.head().await;
        assert_eq!((head.status, head.get("location")), (302, Some(becomes)));
    }
}

#[tokio::test]
async fn a_room_has_the_path_of_its_upstream_in_front_and_any_path_behind() {
    let upstream = Upstream::new().await;
    let bench = Bench::with(Config {
        upstreams: vec![(Some("live".to_owned()), format!("{}/base", upstream.url()))],
        ..Config::default()
    })
    .await;
    for (target, sent) in [
        ("/@live", "/base"),
        ("/@live/", "/base/"),
        ("/@live?x=1", "/base?x=1"),
        ("/@live/api/state", "/base/api/state"),
        ("/@live/healthz", "/base/healthz"),
        ("/@live/page/main.js", "/base/page/main.js"),
        ("/@live/topics", "/base/topics"),
        ("/@%6Cive/@x", "/base/@x"),
    ] {
        let request = format!("GET {target} HTTP/1.1\r\nHOST\r\n\r\n");
        let (_, asked) = send(&upstream, &bench, &request).await;
        let line = asked.head.lines().next();
        assert_eq!(line, Some(&*format!("GET {sent} HTTP/1.1")), "{target}");
    }
}

#[tokio::test]
async fn without_a_room_the_whole_port_is_handed_on() {
    let upstream = Upstream::new().await;
    let bench = Bench::with(Config {
        upstreams: vec![(None, upstream.url())],
        ..Config::default()
    })
    .await;
    for target in ["/", "/api/tags", "/v1/models?x", "/page/a", "/healthz"] {
        let request = format!("GET {target} HTTP/1.1\r\nHOST\r\n\r\n");
        let (mut client, mut asked) = send(&upstream, &bench, &request).await;
        assert!(
            asked
                .head
                .starts_with(&format!("GET {target} HTTP/1.1\r\n")),
            "{}",
            asked.head
        );
        asked
            .client
            .send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            .await;
        let head = client.head().await;
        assert_eq!(client.body(&head).await, "ok");
    }
    // What is ours is there: streams and topics, and the rest below /@/.
    for (own, has) in [
        ("/numbers?every=0ms", ""),
        ("/@/api/state", "\"phase\":\"running\""),
        ("/@/api/connections", "\"stream\":\"/v1/models\""),
        ("/@/healthz", "ok"),
        ("/@/", "<html"),
    ] {
        let (mut client, head) = bench.get(own).await;
        assert_eq!(head.status, 200, "{own}");
        if !has.is_empty() {
            let body = client.body(&head).await;
            assert!(body.contains(has), "{own}: {body}");
        }
    }
    let (_, head) = bench.get("/@other/nothing").await;
    assert_eq!(head.status, 404);
    // A page that takes the upstream away stays where it is.
    let wish = sse_server::UpstreamWish {
        room: None,
        url: None,
    };
    bench.server.set_upstream(&wish).expect("none");
    for own in ["/@/api/state", "/api/state", "/@/", "/"] {
        let (_, head) = bench.get(own).await;
        assert_eq!(head.status, 200, "{own}");
    }
    let rows = bench.server.slice(&TableQuery::default()).rows;
    assert!(rows.iter().any(|row| row.stream == "/api/tags"));
}

#[tokio::test]
async fn a_request_shows_both_legs_and_the_beginning_of_its_body() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let request =
        "POST /@live/v1/chat?key=hunter2 HTTP/1.1\r\nHOST\r\ncontent-length: 8\r\n\r\n{\"m\":1}\n";
    let (mut client, mut asked) = send(&upstream, &bench, request).await;
    asked.client.until("}\n").await;
    tokio::time::sleep(Duration::from_millis(30)).await;
    asked.stream().await;
    client.head().await;
    let row = bench.live().remove(0);
    let view = bench.server.request(row.id, false).expect("it is kept");
    let leg = view.upstream.expect("it was handed on");
    assert_eq!(leg.url, format!("{}/v1/chat", upstream.url()));
    assert_eq!((leg.status, leg.problem), (Some(200), None));
    let (connect, head) = (
        leg.connect_ms.expect("it did"),
        leg.head_ms.expect("it came"),
    );
    assert!(connect <= head && head >= 30, "{connect} {head}");
    let request = view.request.expect("it is kept");
    assert_eq!((request.body_length, request.body_cut), (8, false));
}

/// RFC 9110 9.3.1: it has no meaning of its own, and some servers give it one.
#[tokio::test]
async fn a_get_has_its_body_in_chunks_too() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let request =
        "GET /@live/x HTTP/1.1\r\nHOST\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    let (_client, mut asked) = send(&upstream, &bench, request).await;
    assert_eq!(asked.get("transfer-encoding"), "chunked", "{}", asked.head);
    assert_eq!(asked.client.chunks().await, ["abc"]);
}

/// The upstream did nothing wrong where the client broke off its own request.
#[tokio::test]
async fn a_client_that_leaves_within_its_body_is_no_failure_of_the_upstream() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    for _ in 0..20 {
        let request = "POST /@live/x HTTP/1.1\r\nHOST\r\ncontent-length: 10\r\n\r\nabc";
        let (client, mut asked) = send(&upstream, &bench, request).await;
        drop(client);
        asked.client.rest().await;
    }
    let slice = bench.table("the ends", |_| bench.live().len() == 20);
    slice.await;
    for row in bench.live() {
        let why = row.ended.expect("it is over").why;
        assert_eq!((row.status, why), (499, Why::Closed));
    }
}
