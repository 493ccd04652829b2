//! What whoever watches the answer of a mount is told: byte for byte, and once.

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use sse_server::{
    Config, EndedBy, Ender, Limits, MountedAnswer, MountedEnd, Slice, WATCHED_BYTES, Why,
};
use support::mounts::{LAST_CHUNK, Mounted, TWO, all, status, stream, whole};
use support::{SOON, data};
use tokio::net::TcpStream;

fn text(end: &MountedEnd) -> String {
    String::from_utf8(end.bytes.clone()).expect("we write UTF-8")
}

/// The account of an answer that was whole is what its client received.
fn is_account(end: &MountedEnd, received: &str) {
    assert_eq!(text(end), received);
    assert_eq!(end.total, received.len() as u64);
    let pieces: usize = end.pieces.iter().map(|piece| piece.length).sum();
    assert_eq!(pieces, received.len());
    let last = end.last_byte.expect("there were some").instant;
    assert_eq!(end.pieces.last().map(|piece| piece.at.instant), Some(last));
    assert!(last <= end.at.instant);
}

#[tokio::test]
async fn a_stream_is_cut_and_its_watcher_is_told_byte_for_byte() {
    let lines = format!("{TWO}\nfaults = ['cut,after=1']");
    let mut mounted = Mounted::stream(&lines);
    let bench = mounted.bench().await;
    let before = Instant::now();
    let received = all(&bench, "GET", "/lab/tour/x?client=t", &[]).await;
    let end = mounted.ended_once().await;
    is_account(&end, &received);
    let (head, body) = received.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("\r\ncontent-security-policy: sandbox"));
    assert_eq!(body, "1a\r\nretry: 300\nid: 1\ndata: 1\n\n\r\n");
    assert_eq!(
        (end.status, end.why, end.by),
        (Some(200), "fault", Ender::Fault)
    );
    assert!(end.at.instant >= before && end.at.instant <= Instant::now());
    let row = bench.ended("t").await;
    assert_eq!((&*row.stream, row.events), ("/lab/tour/x", 1));
    assert_eq!(row.ended.expect("it ended").why, Why::Fault);
    assert_eq!(row.faults.len(), 1);
}

#[tokio::test]
async fn a_stream_without_events_is_one_all_the_same() {
    let mut mounted = Mounted::new(|_, watcher| {
        let MountedAnswer::Stream(mut it) = stream(TWO, Some(watcher)) else {
            unreachable!("it is a stream");
        };
        Arc::make_mut(&mut it.stream).count = Some(0);
        MountedAnswer::Stream(it)
    });
    let bench = mounted.bench().await;
    let received = all(&bench, "GET", "/lab/x", &[("last-event-id", "2")]).await;
    assert_eq!(status(&received), "200");
    assert!(
        received.ends_with(&format!("\r\n\r\n{LAST_CHUNK}")),
        "{received}"
    );
    is_account(&mounted.ended_once().await, &received);
}

#[tokio::test]
async fn how_a_client_is_broken_off_is_told() {
    for (fault, events) in [("reset,after=1", 1), ("reset", 0), ("cut", 0)] {
        let mut mounted = Mounted::stream(&format!("{TWO}\nfaults = ['{fault}']"));
        let bench = mounted.bench().await;
        let received = all(&bench, "GET", "/lab/x", &[]).await;
        let end = mounted.ended_once().await;
        assert_eq!((end.why, end.by), ("fault", Ender::Fault), "{fault}");
        assert_eq!(data(&text(&end)).len(), events, "{fault}");
        assert!(text(&end).starts_with(&received), "{fault}");
        assert_eq!(end.status.is_some(), events > 0, "{fault}");
    }
}

#[tokio::test]
async fn that_a_client_left_is_told() {
    for resets in [false, true] {
        let mut mounted = Mounted::stream("every = '10ms'");
        let bench = mounted.bench().await;
        let (mut client, head) = bench.get("/lab/x?client=t").await;
        let chunk = client.chunk().await;
        if resets {
            let socket = socket2::SockRef::from(&client.socket);
            socket
                .set_linger(Some(Duration::ZERO))
                .expect("it is connected");
        }
        drop(client);
        let end = mounted.ended_once().await;
        assert_eq!(end.by, Ender::Client);
        let begin = format!("{}{:x}\r\n{chunk}\r\n", head.text, chunk.len());
        assert!(text(&end).starts_with(&begin), "{}", text(&end));
        let row = bench.ended("t").await;
        let ended = row.ended.expect("it ended");
        assert_eq!((ended.by, ended.why.words()), (EndedBy::Client, end.why));
        assert_eq!(row.bytes, end.total);
    }
}

#[tokio::test]
async fn an_answer_in_place_of_the_stream_is_told_byte_for_byte() {
    for (fault, code, body) in [
        ("status=503,retry-after=7,body=\"later\"", 503, "later"),
        ("status=204", 204, ""),
        (
            "redirect=http://localhost:1/x,code=307",
            307,
            "A fault sends this request elsewhere.\n",
        ),
    ] {
        let mut mounted = Mounted::stream(&format!("{TWO}\nfaults = ['{fault}']"));
        let bench = mounted.bench().await;
        for method in ["GET", "HEAD"] {
            let received = all(&bench, method, "/lab/x?client=t", &[]).await;
            let end = mounted.ended_once().await;
            is_account(&end, &received);
            let (head, got) = received.split_once("\r\n\r\n").expect("a head");
            assert!(head.starts_with(&format!("HTTP/1.1 {code} ")), "{head}");
            assert!(head.contains("\r\nconnection: close"), "{head}");
            assert!(
                head.contains("\r\ncontent-security-policy: sandbox"),
                "{head}"
            );
            assert_eq!(head.contains("content-length"), code != 204, "{head}");
            assert_eq!(got, if method == "GET" { body } else { "" });
            assert_eq!(end.status, Some(code));
            assert_eq!((end.why, end.by), ("fault", Ender::Fault));
        }
        let rows = bench.client("t").rows;
        assert_eq!(rows.len(), 2);
        assert!(rows.iter().all(|row| row.status == code));
    }
}

#[tokio::test]
async fn a_whole_answer_can_be_watched_too() {
    let mut mounted = Mounted::new(|_, watcher| {
        let mut response = whole("{}");
        let fields = response.headers_mut();
        // How long it is, and who may read it, is not for the handler to say.
        for (name, value) in [
            ("content-length", "99"),
            ("transfer-encoding", "chunked"),
            ("access-control-allow-origin", "*"),
            ("content-security-policy", "none"),
            ("x-own", "1"),
        ] {
            fields.insert(name, value.parse().expect("a value"));
        }
        MountedAnswer::Watched(response, watcher)
    });
    let bench = mounted.bench().await;
    for (method, body) in [("POST", "{}"), ("HEAD", "")] {
        let received = all(&bench, method, "/lab/x", &[]).await;
        let end = mounted.ended_once().await;
        is_account(&end, &received);
        let (head, got) = received.split_once("\r\n\r\n").expect("a head");
        assert_eq!(got, body);
        for field in [
            "content-length: 2",
            "content-security-policy: sandbox",
            "x-own: 1",
        ] {
            assert!(head.contains(&format!("\r\n{field}")), "{head}");
        }
        assert!(
            !head.contains("access-control") && !head.contains("chunked"),
            "{head}"
        );
        assert_eq!((end.why, end.by), ("complete", Ender::Answer));
    }
    // To one that speaks HTTP/1.0.
    let mut client = bench.connect().await;
    let request = bench.request("GET", "/lab/x", &[]);
    client.send(&request.replace("HTTP/1.1", "HTTP/1.0")).await;
    let received = String::from_utf8(client.rest().await).expect("text");
    is_account(&mounted.ended_once().await, &received);
    assert!(received.ends_with("\r\n\r\n{}"), "{received}");
    // Behind an answer that its client does not read yet: both come.
    let mut client = bench.connect().await;
    let both = bench.request("GET", "/healthz", &[]) + &bench.request("GET", "/lab/x", &[]);
    client.send(&both).await;
    let received = String::from_utf8(client.rest().await).expect("text");
    let end = mounted.ended_once().await;
    let (healthy, rest) = received.split_once("ok\n").expect("the first answer");
    assert!(healthy.starts_with("HTTP/1.1 200"));
    is_account(&end, rest);
}

#[tokio::test]
async fn head_of_a_stream_is_its_head() {
    let mut mounted = Mounted::stream(TWO);
    let bench = mounted.bench().await;
    let received = all(&bench, "HEAD", "/lab/x", &[]).await;
    let end = mounted.ended_once().await;
    is_account(&end, &received);
    assert!(received.contains("\r\ncontent-type: text/event-stream"));
    assert!(received.ends_with("\r\n\r\n"));
    assert_eq!((end.why, end.by), ("complete", Ender::Answer));
    assert_eq!(bench.server.connections().opened, 0);
}

#[tokio::test]
async fn a_stop_ends_what_mounts_answer_within_its_grace() {
    let mut mounted = Mounted::new(|asked, watcher| match asked.path.as_str() {
        "/lab/slow" => stream("faults = ['status=503', 'wait=600s']", Some(watcher)),
        _ => stream("every = '10ms'", Some(watcher)),
    });
    let bench = mounted.bench().await;
    let (mut client, _) = bench.get("/lab/x").await;
    client.chunk().await;
    let mut waits = bench.connect().await;
    waits
        .send(&bench.request("GET", "/lab/slow?client=w", &[]))
        .await;
    bench.ended("w").await;
    let begun = Instant::now();
    bench.server.stop().await;
    assert!(begun.elapsed() < Duration::from_millis(500));
    let mut ends = [mounted.ended().await, mounted.ended_once().await];
    ends.sort_by_key(|end| end.status);
    let [stopped, instead] = ends;
    assert_eq!((stopped.why, stopped.by), ("stopped", Ender::Server));
    assert!(text(&stopped).ends_with(LAST_CHUNK));
    // It waits no longer.
    assert_eq!((instead.status, instead.by), (Some(503), Ender::Fault));
    assert_eq!(status(&String::from_utf8_lossy(&waits.rest().await)), "503");
}

/// What waited for the socket and went later is in the account too.
#[tokio::test]
async fn a_client_that_reads_late_is_accounted_for_whole() {
    let mut mounted = Mounted::stream("every = '0ms'\npad = '64kB'\ncount = 200");
    let bench = mounted.bench().await;
    let (mut client, head) = bench.get("/lab/x").await;
    let blocked = |slice: &Slice| slice.rows.iter().any(|row| row.blocked);
    bench.table("it is blocked", blocked).await;
    let rest = client.rest().await;
    let end = mounted.ended_once().await;
    assert_eq!((end.why, end.by), ("complete", Ender::Answer));
    assert_eq!(end.total, (head.text.len() + rest.len()) as u64);
}

#[tokio::test]
async fn a_stream_that_finds_no_room_is_told() {
    let mut mounted = Mounted::stream("every = '10ms'");
    let limits = Limits {
        streams: 1,
        ..Limits::default()
    };
    let bench = mounted
        .bench_with(Config {
            limits,
            ..Config::default()
        })
        .await;
    let (mut client, _) = bench.get("/lab/x").await;
    client.chunk().await;
    let received = all(&bench, "GET", "/lab/x", &[]).await;
    let end = mounted.ended_once().await;
    is_account(&end, &received);
    assert_eq!((end.status, end.why), (Some(503), "too many streams"));
    assert_eq!(end.by, Ender::Server);
}

/// A client that reads nothing more is given up, and what it was not sent is not told.
#[tokio::test]
async fn a_client_that_does_not_read_is_told_of() {
    let stall = Duration::from_millis(200);
    let mut mounted = Mounted::stream("every = '0ms'\npad = '64kB'");
    let limits = Limits {
        stall,
        ..Limits::default()
    };
    let bench = mounted
        .bench_with(Config {
            limits,
            ..Config::default()
        })
        .await;
    let (_client, head) = bench.get("/lab/x?client=t").await;
    let end = mounted.ended_once().await;
    assert_eq!((end.why, end.by), ("stalled", Ender::Network));
    assert_eq!(end.bytes.len(), WATCHED_BYTES);
    assert!(end.bytes.starts_with(head.text.as_bytes()));
    assert_eq!(bench.ended("t").await.bytes, end.total);
    assert!(
        end.last_byte
            .is_some_and(|last| last.instant + stall <= end.at.instant + stall / 2)
    );
}

/// What is said before the body comes is a part of what the client was sent.
#[tokio::test]
async fn a_client_that_was_told_to_go_on_with_its_body_is_accounted_for_whole() {
    let mut mounted = Mounted::new(|asked, watcher| match asked.path.as_str() {
        "/lab/whole" => MountedAnswer::Watched(whole("{}"), watcher),
        "/lab/instead" => stream("faults = ['status=503']", Some(watcher)),
        _ => stream(TWO, Some(watcher)),
    });
    let bench = mounted.bench().await;
    for (target, code) in [("/lab/whole", 200), ("/lab/instead", 503), ("/lab/x", 200)] {
        let mut client = bench.connect().await;
        let fields = [("expect", "100-continue"), ("content-length", "4")];
        client.send(&bench.request("POST", target, &fields)).await;
        let interim = client.head().await;
        assert_eq!(interim.status, 100);
        client.send("body").await;
        let rest = String::from_utf8(client.rest().await).expect("text");
        let end = mounted.ended_once().await;
        is_account(&end, &format!("{}{rest}", interim.text));
        assert_eq!(
            (status(&rest), end.status),
            (&*code.to_string(), Some(code))
        );
        assert_eq!(&*mounted.asked().remove(0).body, b"body");
        // One that does not wait for that.
        let mut client = bench.connect().await;
        let request = bench.request("POST", target, &fields) + "body";
        client.send(&request).await;
        let received = String::from_utf8(client.rest().await).expect("text");
        is_account(&mounted.ended_once().await, &received);
    }
}

/// What is asked for before a stop is answered within its grace.
#[tokio::test]
async fn an_answer_that_is_made_during_a_stop_is_sent_and_told() {
    let mut mounted = Mounted::new(|_, watcher| MountedAnswer::Watched(whole("{}"), watcher));
    let limits = Limits {
        stop_grace: SOON,
        ..Limits::default()
    };
    let config = Config {
        limits,
        ..Config::default()
    };
    let bench = mounted.bench_with(config).await;
    let mut client = bench.connect().await;
    let fields = [("expect", "100-continue"), ("content-length", "4")];
    client.send(&bench.request("POST", "/lab/x", &fields)).await;
    let interim = client.head().await.text;
    let answered = async {
        // Its port is closed once it stops.
        while TcpStream::connect(bench.addr).await.is_ok() {}
        client.send("body").await;
        String::from_utf8(client.rest().await).expect("text")
    };
    let (rest, ()) = tokio::join!(answered, bench.server.stop());
    is_account(&mounted.ended_once().await, &format!("{interim}{rest}"));
    assert!(rest.ends_with("\r\n\r\n{}"), "{rest}");
}

/// Its head was never written.
#[tokio::test]
async fn that_a_client_left_before_its_answer_is_told() {
    let mut mounted = Mounted::stream("faults = ['status=503', 'wait=200ms']");
    let bench = mounted.bench().await;
    let mut client = bench.connect().await;
    client
        .send(&bench.request("GET", "/lab/x?client=t", &[]))
        .await;
    bench.ended("t").await;
    let socket = socket2::SockRef::from(&client.socket);
    socket
        .set_linger(Some(Duration::ZERO))
        .expect("it is connected");
    drop(client);
    let end = mounted.ended_once().await;
    assert_eq!((end.why, end.by), ("reset", Ender::Client));
    assert_eq!((end.status, end.total, end.last_byte), (None, 0, None));
    assert!(end.bytes.is_empty() && end.pieces.is_empty());
}
