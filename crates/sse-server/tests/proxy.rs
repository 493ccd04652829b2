//! Streams through a room's upstream, over real sockets.

mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use socket2::SockRef;
use sse_server::{EndedBy, Limits, Why};
use support::upstream::{Asked, Upstream};
use support::{Bench, Client, soon};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A stream through the proxy that has begun, on both sides.
async fn begun(upstream: &Upstream, bench: &Bench, target: &str) -> (Client, Asked) {
    let mut client = bench.connect().await;
    client.send(&bench.request("GET", target, &[])).await;
    let mut asked = upstream.asked().await;
    asked.stream().await;
    let head = client.head().await;
    assert_eq!(head.status, 200, "{}", head.text);
    (client, asked)
}

/// The bytes of a body in chunks, until it has so many of them.
async fn body(client: &mut Client, bytes: usize) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < bytes {
        body.extend(client.chunk().await.into_bytes());
    }
    body
}

#[tokio::test]
async fn a_stream_passes_byte_for_byte_and_waits_for_nothing() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let (mut client, mut asked) = begun(&upstream, &bench, "/@live/v1/x?client=a").await;
    assert!(asked.head.starts_with("GET /v1/x?client=a HTTP/1.1\r\n"));
    let stream = "id: 1\r\ndata:a\r\n\r\n: note\rdata: café\r\rdata\n\nrest";
    for byte in stream.as_bytes() {
        asked.chunk(&[*byte]).await;
        // Each byte is there before the next one is sent.
        let size = client.until("\r\n").await;
        assert_eq!(size, "1\r\n");
        let mut got = [0; 3];
        let buffered = client.buffered();
        got[..buffered.len()].copy_from_slice(&buffered);
        let rest = &mut got[buffered.len()..];
        soon("a byte", client.socket.read_exact(rest))
            .await
            .expect("open");
        assert_eq!(got, [*byte, b'\r', b'\n']);
    }
    asked.last_chunk().await;
    assert_eq!(client.rest().await, b"0\r\n\r\n");
    let row = bench.live().remove(0);
    let ended = row.ended.expect("it ended");
    assert_eq!((row.status, row.events, ended.why), (200, 3, Why::Complete));
    assert_eq!(row.stream, "/v1/x");
}

#[tokio::test]
async fn the_head_is_the_upstreams_but_for_what_is_ours_to_say() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let mut client = bench.connect().await;
    let origin = ("origin", "http://localhost:5173");
    client
        .send(&bench.request("GET", "/@live/x", &[origin]))
        .await;
    let mut asked = upstream.asked().await;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nX-Request-Id: r1\r\nset-cookie: a=b\r\naccess-control-allow-origin: *\r\ncontent-security-policy: default-src *\r\nx-content-type-options: none\r\nconnection: close, x-hop\r\nx-hop: 1\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n";
    asked.client.send(head).await;
    let head = client.head().await;
    for (name, values) in [
        ("content-type", &["text/event-stream; charset=utf-8"][..]),
        ("x-request-id", &["r1"]),
        ("set-cookie", &[]),
        ("access-control-allow-origin", &["http://localhost:5173"]),
        ("content-security-policy", &["sandbox"]),
        ("x-content-type-options", &["nosniff"]),
        ("x-hop", &[]),
        ("connection", &["close"]),
        ("date", &["Sun, 06 Nov 1994 08:49:37 GMT"]),
        ("transfer-encoding", &["chunked"]),
    ] {
        assert_eq!(head.all(name), values, "{name}: {}", head.text);
    }
    // Its end is that of the connection, which is an end in order.
    asked.client.send("data: 1\n\n").await;
    drop(asked);
    assert_eq!(client.chunks().await, ["data: 1\n\n"]);
}

#[tokio::test]
async fn it_ends_as_the_upstream_ends_it() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    for (reset, why) in [(false, Why::UpstreamCut), (true, Why::UpstreamReset)] {
        let (mut client, mut asked) = begun(&upstream, &bench, "/@live/x").await;
        asked.chunk(b"data: 1\n\ndata: ").await;
        assert_eq!(body(&mut client, 15).await, b"data: 1\n\ndata: ");
        if reset {
            let socket = SockRef::from(&asked.client.socket);
            socket.set_linger(Some(Duration::ZERO)).expect("a socket");
        }
        drop(asked);
        let mut rest = Vec::new();
        let read = soon("the end", client.socket.read_to_end(&mut rest)).await;
        assert_eq!(
            (read.is_err(), &rest[..]),
            (reset, &b""[..]),
            "no last chunk"
        );
        let row = bench.live().remove(0);
        let ended = row.ended.expect("it ended");
        assert_eq!((ended.why, ended.by), (why, EndedBy::Server));
    }
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_request_upstream() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    // While the stream is silent, before there is a head, and in an answer that is no stream.
    let (client, mut asked) = begun(&upstream, &bench, "/@live/x").await;
    asked.chunk(b"data: 1\n\n").await;
    left(client, asked).await;

    let mut client = bench.connect().await;
    client.send(&bench.request("GET", "/@live/x", &[])).await;
    let asked = upstream.asked().await;
    left(client, asked).await;

    let mut client = bench.connect().await;
    client.send(&bench.request("GET", "/@live/x", &[])).await;
    let mut asked = upstream.asked().await;
    asked
        .client
        .send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab")
        .await;
    client.until("ab").await;
    left(client, asked).await;
}

async fn left(client: Client, mut asked: Asked) {
    let began = Instant::now();
    drop(client);
    assert_eq!(asked.client.rest().await, b"");
    let took = began.elapsed();
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
async fn an_upstream_waits_for_a_client_that_is_slow() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let (mut client, mut asked) = begun(&upstream, &bench, "/@live/x").await;
    let piece = [b'x'; 16 * 1024];
    let (mut sent, mut stalled) = (0_usize, false);
    while sent < 64 << 20 && !stalled {
        let framed = [format!("{:x}\r\n", piece.len()).as_bytes(), &piece, b"\r\n"].concat();
        let write = asked.client.socket.write_all(&framed);
        // Nothing but the buffers of the sockets and ours take it.
        stalled = tokio::time::timeout(Duration::from_secs(2), write)
            .await
            .is_err();
        sent += piece.len();
    }
    assert!(stalled, "{sent} bytes were taken, which nobody read");
    assert!(sent < 24 << 20, "{sent} bytes");
    // And it goes on when the client does.
    soon("what waited", async {
        let mut read = vec![0; 1 << 20];
        let mut taken = 0;
        while taken + (1 << 20) < sent {
            taken += client.socket.read(&mut read).await.expect("open");
        }
    })
    .await;
}

#[tokio::test]
async fn a_stop_ends_a_hundred_streams_and_those_that_wait_for_a_head() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let mut open = Vec::new();
    for _ in 0..100 {
        open.push(begun(&upstream, &bench, "/@live/x").await);
    }
    let mut waiting = bench.connect().await;
    waiting.send(&bench.request("GET", "/@live/x", &[])).await;
    let mut headless = upstream.asked().await;
    let began = Instant::now();
    bench.server.stop().await;
    let took = began.elapsed();
    assert!(took < Duration::from_millis(500), "{took:?}");
    for (mut client, mut asked) in open {
        assert_eq!(client.rest().await, b"0\r\n\r\n", "in order");
        assert_eq!(asked.client.rest().await, b"");
    }
    assert_eq!(headless.client.rest().await, b"");
    assert_eq!(waiting.head().await.status, 503);
}

#[tokio::test]
async fn a_client_of_http_1_0_gets_bare_bytes() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let mut client = bench.connect().await;
    let host = format!("host: localhost:{}", bench.addr.port());
    client
        .send(&format!("GET /@live/x HTTP/1.0\r\n{host}\r\n\r\n"))
        .await;
    let mut asked = upstream.asked().await;
    asked.stream().await;
    asked.chunk(b"data: 1\n\n").await;
    asked.last_chunk().await;
    let head = client.head().await;
    assert_eq!(head.get("transfer-encoding"), None);
    assert_eq!(client.rest().await, b"data: 1\n\n");
}

#[tokio::test]
async fn what_a_room_has_itself_is_answered_here() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let (mut client, head) = bench.get("/@live/numbers?every=0ms").await;
    assert_eq!(head.status, 200);
    assert_eq!(support::data(&client.chunks().await.concat()).len(), 5);
    // Nor does another room hand on.
    let (_, head) = bench.get("/@other/v1/x").await;
    assert_eq!(head.status, 404);
}

#[tokio::test]
async fn faults_break_the_stream_between_upstream_and_client() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let target = "/@live/x?a=1&fault=cut,after=2";
    let (mut client, mut asked) = begun(&upstream, &bench, target).await;
    assert!(
        asked.head.starts_with("GET /x?a=1 HTTP/1.1\r\n"),
        "{}",
        asked.head
    );
    asked.chunk(b"data: 1\r\n\r\ndata:2\n\nda").await;
    asked.chunk(b"ta: 3\n\n").await;
    let mut rest = Vec::new();
    soon("the cut", client.socket.read_to_end(&mut rest))
        .await
        .expect("no reset");
    let text = String::from_utf8_lossy(&rest);
    assert!(
        text.contains("data: 1\r\n\r\ndata:2\n\n") && !text.contains("ta: 3"),
        "{text:?}"
    );
    assert_eq!(asked.client.rest().await, b"", "the upstream is left");
    let row = bench.live().remove(0);
    let ended = row.ended.expect("it ended");
    assert_eq!((row.events, ended.why), (2, Why::Fault));
}

#[tokio::test]
async fn faults_of_the_door_act_before_the_upstream_is_asked() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let (_, head) = bench.get("/@live/x?fault=status=429,retry-after=7").await;
    assert_eq!((head.status, head.get("retry-after")), (429, Some("7")));
    let began = Instant::now();
    let mut client = bench.connect().await;
    client
        .send(&bench.request("GET", "/@live/x?fault=wait=300ms", &[]))
        .await;
    let mut asked = upstream.asked().await;
    assert!(began.elapsed() >= Duration::from_millis(300));
    asked.ok(&mut client).await;
}

/// What the upstream would be asked for might cost somebody something, and nobody would get it.
#[tokio::test]
async fn what_ends_before_its_head_is_not_asked_for() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    for fault in ["cut", "reset", "never,for=200ms"] {
        let mut client = bench.connect().await;
        let length = [("content-length", "5")];
        let target = format!("/@live/x?fault={fault}");
        let request = bench.request("POST", &target, &length);
        client.send(&format!("{request}hello")).await;
        let mut got = Vec::new();
        let read = soon("the end", client.socket.read_to_end(&mut got)).await;
        assert_eq!(
            (read.is_err(), &*got),
            (fault == "reset", &b""[..]),
            "{fault}"
        );
        let slice = bench.table("the end", |_| bench.live()[0].ended.is_some());
        slice.await;
        let ended = bench.live().remove(0).ended.expect("it ended");
        assert_eq!(ended.why, Why::Fault, "{fault}");
    }
    // The first that the upstream hears of is what is asked behind them.
    let (_client, asked) = begun(&upstream, &bench, "/@live/y").await;
    assert!(asked.head.starts_with("GET /y "), "{}", asked.head);
}

#[tokio::test]
async fn a_client_that_was_never_answered_is_told_when_that_is_healed() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    api(&bench, "/api/faults", r#"{"fault":"never,room=live"}"#).await;
    let mut client = bench.connect().await;
    client.send(&bench.request("GET", "/@live/x", &[])).await;
    bench.table("its row", |_| bench.live().len() == 1).await;
    let (_, head) = bench.ask("DELETE", "/api/faults?room=live", &[]).await;
    assert_eq!(head.status, 200, "{}", head.text);
    assert_eq!(client.head().await.status, 200);
    let comment = client.chunk().await;
    assert!(
        comment.starts_with(": ") && comment.contains("send it again"),
        "{comment}"
    );
    assert_eq!(client.rest().await, b"", "no last chunk");
}

#[tokio::test]
async fn as_many_streams_are_open_as_may_be() {
    let upstream = Upstream::new().await;
    let limits = Limits {
        streams: 1,
        ..Limits::default()
    };
    let bench = upstream
        .bench_with(sse_server::Config {
            limits,
            ..sse_server::Config::default()
        })
        .await;
    let _open = begun(&upstream, &bench, "/@live/x").await;
    let mut client = bench.connect().await;
    client.send(&bench.request("GET", "/@live/x", &[])).await;
    let mut asked = upstream.asked().await;
    asked.stream().await;
    assert_eq!(client.head().await.status, 503);
    assert_eq!(asked.client.rest().await, b"");
}

/// The recording, the table and what the client got are the same bytes.
#[tokio::test]
async fn a_stream_is_recorded_as_its_client_got_it() {
    let upstream = Upstream::new().await;
    let (folder, bench) = upstream.recording_bench().await;
    let mut client = bench.connect().await;
    let secret = ("authorization", "Bearer hunter2");
    let target = "/@live/v1/chat?key=hunter2&fault=cut,after=2";
    client.send(&bench.request("GET", target, &[secret])).await;
    let mut asked = upstream.asked().await;
    assert_eq!(asked.get("authorization"), "Bearer hunter2");
    asked.stream().await;
    asked.chunk(b"data: 1\n\ndata: 2\r\n\r\ndata: 3\n\n").await;
    client.head().await;
    assert_eq!(client.chunk().await, "data: 1\n\ndata: 2\r\n\r\n");
    client.rest().await;
    let text = recording(&bench, folder.path()).await;
    assert!(!text.contains("hunter2"), "{text}");
    let request = format!("> host: {}\n", upstream.addr);
    assert!(text.contains(&request), "{text}");
    assert_eq!(text.matches("> host: ").count(), 1, "{text}");
    let end = "| data: 1\n|\n~ data: 2\\r\n~ \\r\n! cut,after=2\n= cut\n";
    assert!(text.ends_with(end), "{text}");
}

/// Posts to the API, which takes it.
async fn api(bench: &Bench, path: &str, json: &str) {
    let length = json.len().to_string();
    let headers = [
        ("content-length", &*length),
        ("content-type", "application/json"),
    ];
    let mut client = bench.connect().await;
    let request = bench.request("POST", path, &headers);
    client.send(&format!("{request}{json}")).await;
    let head = client.head().await;
    assert!(head.status < 300, "{}", head.text);
}

/// The text of the one recording in a folder, once it is whole.
async fn recording(bench: &Bench, folder: &Path) -> String {
    bench
        .table("the end", |_| bench.live()[0].ended.is_some())
        .await;
    bench.server.recordings_written().await;
    let files: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|file| file.expect("a file").path())
        .collect();
    let [file] = &files[..] else {
        panic!("{files:?}");
    };
    std::fs::read_to_string(file).expect("a text")
}

#[tokio::test]
async fn a_recording_says_that_its_client_left() {
    let upstream = Upstream::new().await;
    let (folder, bench) = upstream.recording_bench().await;
    let (mut client, mut asked) = begun(&upstream, &bench, "/@live/x").await;
    asked.chunk(b"data: 1\n\n").await;
    client.chunk().await;
    drop(client);
    let text = recording(&bench, folder.path()).await;
    let note = "# ended by the client: closed\n";
    assert!(text.contains(note) && text.ends_with("= open\n"), "{text}");
}

/// What a client did not take is in the recording, which says so.
#[tokio::test]
async fn a_recording_of_a_stuck_client_has_the_fault_and_what_was_not_taken() {
    let upstream = Upstream::new().await;
    let (folder, bench) = upstream.recording_bench().await;
    let (_client, mut asked) = begun(&upstream, &bench, "/@live/x").await;
    let event = format!("data: {}\n\n", "x".repeat(1 << 16));
    let sending = async {
        loop {
            asked.chunk(event.as_bytes()).await;
        }
    };
    tokio::select! {
        () = sending => {}
        _ = bench.table("a client that is stuck", |_| bench.live()[0].blocked) => {}
    }
    api(&bench, "/api/act", r#"{"do":"reset","room":"live"}"#).await;
    let text = recording(&bench, folder.path()).await;
    assert!(text.ends_with("= reset\n"), "{}", &text[text.len() - 300..]);
    assert!(text.contains("\n! reset"), "{}", &text[text.len() - 300..]);
    assert!(text.contains("# the client did not take the last "));
}
