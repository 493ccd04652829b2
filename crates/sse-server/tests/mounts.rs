//! Mounts: what their handlers are given, what clients get, and what watchers are told.

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use sse_server::{Config, EndedBy, Ender, Limits, MountArea, MountedAnswer, MountedEnd, Why};
use support::mounts::{Mounted, page, stream, whole};
use support::{Bench, Client, data, soon};

/// Two events, an id each, and nothing more.
const TWO: &str = "every = '1ms'\ncount = 2\nretry = '300ms'";

/// What ends a body in chunks.
const LAST_CHUNK: &str = "0\r\n\r\n";

fn text(end: &MountedEnd) -> String {
    String::from_utf8(end.bytes.clone()).expect("we write UTF-8")
}

/// Sends a request and answers all that comes until the connection ends.
async fn all(bench: &Bench, method: &str, target: &str, headers: &[(&str, &str)]) -> String {
    let mut client = bench.connect().await;
    client.send(&bench.request(method, target, headers)).await;
    String::from_utf8(client.rest().await).expect("we write UTF-8")
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
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
async fn a_handler_is_given_the_whole_request_and_answers_it() {
    let mounted = Mounted::new(|_, _| page("all cases"));
    let bench = mounted.bench().await;
    let before = Instant::now();
    let mut client = bench.connect().await;
    let request = format!(
        "DELETE /l%61b/tour/x?fault=cut&a=%20 HTTP/1.1\r\nHOST: localhost:{}\r\nX-Odd:  two \r\ncontent-length: 4\r\n\r\nbody",
        bench.addr.port()
    );
    client.send(&request).await;
    let head = client.head().await;
    assert_eq!(head.status, 200, "{}", head.text);
    assert_eq!(client.body(&head).await, "all cases");
    assert_eq!(head.get("content-security-policy"), Some("sandbox"));
    assert_eq!(head.get("x-content-type-options"), Some("nosniff"));
    assert_eq!(head.get("vary"), Some("origin"));
    let asked = mounted.asked().remove(0);
    assert_eq!(asked.method, "DELETE");
    assert_eq!((&*asked.path, asked.before), ("/lab/tour/x", ""));
    assert_eq!(asked.query.as_deref(), Some("fault=cut&a=%20"));
    assert_eq!(asked.headers.get("x-odd").expect("it is there"), "two");
    let behind = request.find("\r\n\r\n").expect("a head") + 2;
    assert_eq!(asked.head, request.as_bytes()[..behind]);
    assert_eq!(&*asked.body, b"body");
    assert_eq!(
        asked.peer,
        client.socket.local_addr().expect("it is connected")
    );
    assert_eq!(asked.local, bench.addr);
    assert!(asked.at.instant >= before && asked.at.instant <= Instant::now());
    // The connection goes on, and a whole answer has no row.
    client.send(&bench.request("GET", "/lab", &[])).await;
    assert_eq!(client.head().await.status, 200);
    assert_eq!(bench.server.connections().opened, 0);
    assert!(
        bench
            .server
            .slice(&sse_server::TableQuery::default())
            .rows
            .is_empty()
    );
}

#[tokio::test]
async fn a_prefix_ends_with_a_segment_and_the_longest_wins() {
    let (outer, inner) = (
        Mounted::new(|_, _| page("outer")),
        Mounted::new(|_, _| page("inner")),
    );
    let bench = Bench::with(Config {
        mounts: vec![
            outer.at("/lab", MountArea::Stream),
            inner.at("/lab/page", MountArea::Page),
        ],
        ..Config::default()
    })
    .await;
    for (target, answered) in [
        ("/lab", Some("outer")),
        ("/lab/", Some("outer")),
        ("/lab/pages", Some("outer")),
        ("/lab/page", Some("inner")),
        ("/lab/page/x", Some("inner")),
        ("/@/lab/page", Some("inner")),
        ("/labels", None),
        ("/@w1/lab", None),
    ] {
        let (mut client, head) = bench.get(target).await;
        let body = client.body(&head).await;
        match answered {
            Some(text) => assert_eq!((head.status, &*body), (200, text), "{target}"),
            None => assert_eq!(head.status, 404, "{target}"),
        }
    }
    assert_eq!(outer.asked().len(), 3);
    let befores: Vec<_> = inner.asked().iter().map(|asked| asked.before).collect();
    assert_eq!(befores, ["", "", "/@"]);
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

/// Each request is the first, whatever came before it and whatever it brings.
#[tokio::test]
async fn a_stream_begins_with_its_first_event_whoever_comes() {
    let lines = format!("{TWO}\nfaults = ['cut,after=1,stream=/case,attempt=1']");
    let mut mounted = Mounted::new(move |asked, watcher| match asked.path.as_str() {
        "/lab/whole" => stream(TWO, Some(watcher)),
        _ => stream(&lines, Some(watcher)),
    });
    let bench = mounted.bench().await;
    for id in ["", "1", "2", "rubbish"] {
        for method in ["GET", "POST"] {
            let brought = ("last-event-id", id);
            let received = all(&bench, method, "/lab/x?client=t", &[brought]).await;
            assert_eq!(
                (status(&received), data(&received)),
                ("200", vec!["1".to_owned()])
            );
            assert_eq!(mounted.ended_once().await.by, Ender::Fault);
            let received = all(&bench, method, "/lab/whole?client=w", &[brought]).await;
            assert_eq!(data(&received), ["1", "2"]);
            assert!(received.ends_with(LAST_CHUNK));
            let end = mounted.ended_once().await;
            assert_eq!((end.why, end.by), ("complete", Ender::Server));
        }
    }
    // What a handler chose anew is no loss and no repetition of its client's.
    let rows = bench.client("t").rows;
    assert!(rows.len() == 8 && rows.iter().all(|row| row.brought.as_deref() != Some("")));
    for row in rows.iter().chain(&bench.client("w").rows) {
        let said = row.verdict.as_ref();
        assert!(
            said.is_none_or(|said| said.lost.is_none() && said.repeated.is_none() && !said.bad),
            "{said:?}"
        );
    }
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
        assert_eq!((end.why, end.by), ("complete", Ender::Server));
    }
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
    assert_eq!((end.why, end.by), ("complete", Ender::Server));
    assert_eq!(bench.server.connections().opened, 0);
}

/// The handler is asked after the guard, in the row of its mount.
#[tokio::test]
async fn the_guard_stands_before_the_handler() {
    let areas = [MountArea::Stream, MountArea::Page, MountArea::Api];
    let mounted = areas.map(|_| Mounted::new(|_, _| page("in")));
    let paths = ["/lab", "/lab/page", "/api/lab"];
    let all = mounted.iter().zip(paths).zip(areas);
    let mounts = all.map(|((mounted, path), area)| mounted.at(path, area));
    let bench = Bench::with(Config {
        mounts: mounts.collect(),
        allow_hosts: vec!["box.test".to_owned()],
        ..Config::default()
    })
    .await;
    let port = bench.addr.port();
    let own = format!("http://localhost:{port}");
    let here = format!("localhost:{port}");
    let forwarded = ("x-forwarded-for", "10.0.0.1");
    let no_cors = ("sec-fetch-site", "cross-site");
    for (headers, expected) in [
        (vec![], [200, 200, 200]),
        (vec![("origin", &*own)], [200, 200, 200]),
        (vec![("origin", "http://localhost:5173")], [200, 403, 403]),
        (vec![("origin", "https://evil.com")], [403, 403, 403]),
        (vec![("host", "evil.com")], [421, 421, 421]),
        // The name decides for streams, on any port.
        (vec![("host", "localhost:1")], [200, 421, 421]),
        (vec![("host", &*here), forwarded], [200, 200, 403]),
        (vec![no_cors], [403, 403, 403]),
    ] {
        for ((mounted, path), status) in mounted.iter().zip(paths).zip(expected) {
            let (_, head) = bench.ask("GET", path, &headers).await;
            assert_eq!(head.status, status, "{path} {headers:?}");
            assert_eq!(mounted.asked().len(), usize::from(status == 200));
            let cors = head.get("access-control-allow-origin").is_some();
            let origin = headers.first().is_some_and(|(name, _)| *name == "origin");
            assert_eq!(cors, path == "/lab" && origin && status == 200, "{path}");
            if status != 200 {
                continue;
            }
            let policy = head.get("content-security-policy");
            assert_eq!(policy, (path == "/lab").then_some("sandbox"), "{path}");
            let resource = head.get("cross-origin-resource-policy");
            assert_eq!(resource.is_some(), path != "/lab", "{path}");
        }
    }
}

#[tokio::test]
async fn a_preflight_is_answered_and_told() {
    let mounted = Mounted::new(|_, _| page("in"));
    let bench = mounted.bench().await;
    let asked = |origin| {
        [
            ("origin", origin),
            ("access-control-request-method", "GET"),
            ("access-control-request-headers", "last-event-id"),
        ]
    };
    // A fault in the query is nothing to the server here.
    let target = "/lab/x?fault=preflight=403";
    let local = "http://localhost:5173";
    let (_, head) = bench.ask("OPTIONS", target, &asked(local)).await;
    assert_eq!(head.status, 204);
    assert_eq!(
        head.get("access-control-allow-methods"),
        Some("GET, HEAD, POST")
    );
    assert_eq!(
        head.get("access-control-allow-headers"),
        Some("last-event-id")
    );
    assert_eq!(head.get("access-control-allow-origin"), Some(local));
    let told = mounted.preflights();
    let [told] = &told[..] else {
        panic!("one was told: {told:?}");
    };
    assert_eq!((&*told.path, told.method.as_str()), ("/lab/x", "OPTIONS"));
    assert_eq!(told.headers.get("origin").expect("it is there"), local);
    let (_, head) = bench
        .ask("OPTIONS", target, &asked("https://evil.com"))
        .await;
    assert_eq!(head.status, 403);
    assert!(mounted.preflights().is_empty() && mounted.asked().is_empty());
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

/// A handler that never answers is not waited for.
#[tokio::test]
async fn a_stop_waits_for_no_handler() {
    #[derive(Debug)]
    struct Never;
    impl sse_server::Handler for Never {
        fn answer(&self, _: sse_server::MountedRequest) -> sse_server::Answering<'_> {
            Box::pin(std::future::pending())
        }
    }
    let bench = Bench::with(Config {
        mounts: vec![sse_server::Mount {
            prefix: "/lab",
            area: MountArea::Api,
            handler: Arc::new(Never),
        }],
        ..Config::default()
    })
    .await;
    let mut client = bench.connect().await;
    client.send(&bench.request("GET", "/lab", &[])).await;
    let begun = Instant::now();
    let (stop, head) = tokio::join!(
        async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            bench.server.stop().await;
            begun.elapsed()
        },
        client.head()
    );
    assert!(stop < Duration::from_millis(500));
    assert_eq!(head.status, 503);
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
    assert_eq!((end.why, end.by), ("stalled", Ender::Server));
    assert_eq!(end.bytes.len(), sse_server::WATCHED_BYTES);
    assert!(end.bytes.starts_with(head.text.as_bytes()));
    assert_eq!(bench.ended("t").await.bytes, end.total);
    assert!(
        end.last_byte
            .is_some_and(|last| last.instant + stall <= end.at.instant + stall / 2)
    );
}

#[tokio::test]
async fn without_breaks_a_mount_of_streams_answers_nobody() {
    let (lab, shown) = (Mounted::stream(TWO), Mounted::new(|_, _| page("the page")));
    let bench = Bench::with(Config {
        breaks: false,
        mounts: vec![
            lab.at("/lab", MountArea::Stream),
            shown.at("/lab/page", MountArea::Page),
        ],
        ..Config::default()
    })
    .await;
    for method in ["GET", "POST", "DELETE"] {
        let (mut client, head) = bench.ask(method, "/lab/x", &[]).await;
        assert_eq!(head.status, 403);
        assert!(client.body(&head).await.contains("--no-break"));
    }
    assert!(lab.asked().is_empty());
    let (_, head) = bench.get("/lab/page").await;
    assert_eq!(head.status, 200);
}

/// A proxy of a whole port has no paths of its own but those below `/@/`.
#[tokio::test]
async fn where_the_whole_port_is_handed_on_mounts_are_below_the_sign() {
    let upstream = support::upstream::Upstream::new().await;
    let mounted = Mounted::new(|_, _| page("ours"));
    let bench = mounted
        .bench_with(Config {
            upstreams: vec![(None, upstream.url())],
            ..Config::default()
        })
        .await;
    let (mut client, head) = bench.get("/@/lab/x?y=1").await;
    assert_eq!(client.body(&head).await, "ours");
    let asked = mounted.asked().remove(0);
    assert_eq!((&*asked.path, asked.before), ("/lab/x", "/@"));
    let mut client: Client = bench.connect().await;
    client.send(&bench.request("GET", "/lab/x", &[])).await;
    let theirs = upstream.asked().await;
    assert!(theirs.head.starts_with("GET /lab/x HTTP/1.1\r\n"));
    assert!(mounted.asked().is_empty());
}

/// A token opens a mount of streams as it opens streams, and no handler sees it.
#[tokio::test]
async fn tokens_are_asked_for_and_kept_back() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let (publish, subscribe) = support::tokens::files(&folder);
    support::tokens::save(&publish, &format!("{}\n", support::tokens::PUBLISH));
    support::tokens::save(&subscribe, &format!("{}\n", support::tokens::SUBSCRIBE));
    let mounted = Mounted::new(|_, _| page("in"));
    let bench = mounted
        .bench_with(Config {
            tokens: sse_server::Tokens {
                publish: Some(publish),
                subscribe: Some(subscribe),
            },
            ..Config::default()
        })
        .await;
    let (_, head) = bench.get("/lab/x").await;
    assert_eq!(head.status, 401);
    assert!(mounted.asked().is_empty());
    let token = format!("Bearer {}", support::tokens::SUBSCRIBE);
    let fields = [("authorization", &*token), ("x-other", "1")];
    let (_, head) = bench.ask("GET", "/lab/x", &fields).await;
    assert_eq!(head.status, 200);
    let asked = soon("the handler was asked", async { mounted.asked().remove(0) }).await;
    let head = String::from_utf8(asked.head).expect("text");
    assert!(head.contains("x-other: 1") && asked.headers.contains_key("x-other"));
    assert!(!head.contains(support::tokens::SUBSCRIBE), "{head}");
    assert!(!asked.headers.contains_key("authorization"));
}
