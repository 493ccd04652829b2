//! What is too much, and the clear answer to it.

mod support;

use std::time::Duration;

use sse_server::Limits;
use support::{Bench, soon};

#[tokio::test]
async fn one_stream_too_many_is_503_while_page_and_api_answer() {
    let bench = Bench::limited(Limits {
        streams: 2,
        ..Limits::default()
    })
    .await;
    let (first, _) = bench.get("/endless").await;
    let (_second, _) = bench.get("/endless").await;
    let (mut third, head) = bench.get("/endless?client=third").await;
    assert_eq!((head.status, head.get("retry-after")), (503, Some("1")));
    assert!(third.body(&head).await.contains("2 streams are open"));
    assert_eq!(bench.ended("third").await.status, 503);
    for target in ["/", "/api/state", "/healthz"] {
        assert_eq!(bench.get(target).await.1.status, 200, "{target}");
    }
    drop(first);
    bench.table("room", |view| view.tally.open == 1).await;
    assert_eq!(bench.get("/endless").await.1.status, 200);
}

#[tokio::test]
async fn one_connection_too_many_is_told_and_closed() {
    let bench = Bench::limited(Limits {
        streams: 2,
        reserve: 1,
        ..Limits::default()
    })
    .await;
    let mut open = Vec::new();
    for _ in 0..3 {
        let (client, head) = bench.get("/healthz").await;
        assert_eq!(head.status, 200);
        open.push(client);
    }
    let mut fourth = bench.connect().await;
    let answer = String::from_utf8(fourth.rest().await).expect("ASCII");
    assert!(
        answer.starts_with("HTTP/1.1 503 ") && answer.contains("too many connections"),
        "{answer}"
    );
}

/// All that wait are accepted before the first of them is begun, so those have to be counted.
#[tokio::test]
async fn connections_that_come_at_once_are_within_the_bound() {
    let bench = Bench::limited(Limits {
        streams: 2,
        reserve: 1,
        ..Limits::default()
    })
    .await;
    // Without an await, so the server, which has the same thread, finds all of them waiting.
    let connect = || {
        let mut socket = std::net::TcpStream::connect(bench.addr).expect("it listens");
        let request = bench.request("GET", "/healthz", &[]);
        std::io::Write::write_all(&mut socket, request.as_bytes()).expect("it is connected");
        socket.set_nonblocking(true).expect("a socket");
        tokio::net::TcpStream::from_std(socket).expect("a socket")
    };
    let sockets: Vec<_> = (0..5).map(|_| connect()).collect();
    let mut answers = Vec::new();
    for mut socket in sockets {
        let mut status = [0; 12];
        let read = tokio::io::AsyncReadExt::read_exact(&mut socket, &mut status);
        soon("it is answered", read).await.expect("a status");
        answers.push((String::from_utf8_lossy(&status).into_owned(), socket));
    }
    let are = |status: &str| answers.iter().filter(|(it, _)| it == status).count();
    assert_eq!((are("HTTP/1.1 200"), are("HTTP/1.1 503")), (3, 2));
}

#[tokio::test]
async fn a_head_that_is_too_large_is_431() {
    let bench = Bench::start().await;
    let mut client = bench.connect().await;
    let long = "x".repeat(64 * 1024);
    // The server may answer and close before everything is sent.
    let request = bench.request("GET", "/numbers", &[("cookie", &long)]);
    _ = tokio::io::AsyncWriteExt::write_all(&mut client.socket, request.as_bytes()).await;
    assert_eq!(client.head().await.status, 431);
    assert_eq!(
        bench.get("/healthz").await.1.status,
        200,
        "and nobody else is disturbed"
    );
}

#[tokio::test]
async fn a_head_that_never_ends_is_given_up() {
    let bench = Bench::limited(Limits {
        head_time: Duration::from_millis(200),
        ..Limits::default()
    })
    .await;
    let mut client = bench.connect().await;
    client.send("GET /numbers HTTP/1.1\r\nhost: local").await;
    client.rest().await;
    let mut silent = bench.connect().await;
    silent.rest().await;
}

#[tokio::test]
async fn bodies_have_a_size_and_a_time() {
    let limits = Limits {
        body_bytes: 100,
        head_time: Duration::from_millis(300),
        ..Limits::default()
    };
    let bench = Bench::limited(limits).await;
    let post =
        |length: &str| bench.request("POST", "/numbers?every=0ms", &[("content-length", length)]);

    let mut exact = bench.connect().await;
    exact
        .send(&format!("{}{}", post("100"), "x".repeat(100)))
        .await;
    assert_eq!(exact.head().await.status, 200);

    let mut long = bench.connect().await;
    long.send(&format!("{}{}", post("101"), "x".repeat(101)))
        .await;
    let head = long.head().await;
    assert_eq!(head.status, 413);
    assert!(long.body(&head).await.contains("longer than 100 bytes"));

    let mut slow = bench.connect().await;
    slow.send(&format!("{}half", post("100"))).await;
    assert_eq!(slow.head().await.status, 408);

    let mut cut = bench.connect().await;
    cut.send(&bench.request("POST", "/numbers", &[("transfer-encoding", "chunked")]))
        .await;
    cut.send("zz\r\nnonsense").await;
    assert_eq!(cut.head().await.status, 400);
}

/// Bodies used to be kept until they were whole: a hundred clients that each held one byte back
/// cost 100 MiB.
#[tokio::test]
#[cfg(target_os = "linux")] // It reads /proc.
async fn a_body_that_is_to_be_forgotten_is_not_kept() {
    let bench = Bench::start().await;
    let length = 1024 * 1024;
    let almost = vec![b'x'; length - 1];
    let mut clients = Vec::new();
    let before = support::resident_kib();
    for _ in 0..40 {
        let mut client = bench.connect().await;
        let length = length.to_string();
        client
            .send(&bench.request("POST", "/numbers?every=0ms", &[("content-length", &length)]))
            .await;
        client.send_bytes(&almost).await;
        clients.push(client);
    }
    // The last byte of each is answered, so all before it has been read.
    let mut grown = 0;
    for client in &mut clients {
        grown = grown.max(support::resident_kib().saturating_sub(before));
        client.send("x").await;
        assert_eq!(client.head().await.status, 200);
    }
    assert!(grown < 20 * 1024, "{grown} KiB for 40 bodies of 1 MiB");
}

#[tokio::test]
async fn nonsense_is_400_and_disturbs_nobody() {
    let bench = Bench::start().await;
    let (mut watcher, _) = bench.get("/endless?every=1ms").await;
    for nonsense in [
        &b"\x00\x01\x02\x03\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", // The beginning of TLS.
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /numbers HTTP/1.1\r\nhost localhost\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /numbers HTTP/1.1\r\nhost: localhost\r\ncontent-length: x\r\n\r\n",
        b"POST /numbers HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
    ] {
        let mut client = bench.connect().await;
        client.send_bytes(nonsense).await;
        let answer = client.rest().await;
        assert!(
            answer.is_empty() || answer.starts_with(b"HTTP/1.1 400 "),
            "{nonsense:?}: {:?}",
            String::from_utf8_lossy(&answer)
        );
    }
    watcher.until("data: 50\n\n").await;
}
