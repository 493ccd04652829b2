//! Mounts: what their handlers are given, who may ask them, and what clients get.

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use sse_engine::file;
use sse_engine::stream::Request as Asked;
use sse_server::{
    Answering, Config, Ender, Handler, Mount, MountArea, MountedAnswer, MountedRequest,
    MountedStream,
};
use support::mounts::{LAST_CHUNK, Mounted, TWO, all, page, status, stream};
use support::{Bench, Client, data, soon};
use tokio::sync::Notify;

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
    assert_eq!(&*asked.body, b"body");
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

/// A return that resumes has no message of its own.
#[tokio::test]
async fn the_texts_of_an_answer_see_the_request_that_the_handler_names() {
    let text = "templates = 'jinja'\n[[stream]]\npath = '/case'\nid = false\nevents = [\
        { when = 'request.json.id is defined', data = '{{ request.method }} {{ request.json.id }}' }, \
        { data = 'x' }]";
    let named = Arc::new(file::read(text).expect("a stream").remove(0));
    let mounted = Mounted::new(move |asked, watcher| {
        let earlier = Asked::new("POST", "/lab/x", [], br#"{"id":7}"#);
        MountedAnswer::Stream(MountedStream {
            stream: Arc::clone(&named),
            watcher: Some(watcher),
            request: (asked.path == "/lab/earlier").then_some(earlier),
        })
    });
    let bench = mounted.bench().await;
    let earlier = all(&bench, "GET", "/lab/earlier", &[]).await;
    let both = ["data: POST 7\n", "data: x\n"].map(|line| earlier.contains(line));
    assert_eq!(both, [true, true], "{earlier}");
    let own = all(&bench, "GET", "/lab/own", &[]).await;
    let both = ["data: POST", "data: x\n"].map(|line| own.contains(line));
    assert_eq!(both, [false, true], "{own}");
}

/// Each request is the first, whatever came before it and whatever it brings.
#[tokio::test]
async fn a_stream_begins_with_its_first_event_whoever_comes() {
    let lines = format!("{TWO}\nfaults = ['cut,after=1,stream=/case,attempt=1']");
    // One and the same for all: what a handler answers again is no return to it.
    let [broken, sound] = [&*lines, TWO].map(|lines| match stream(lines, None) {
        MountedAnswer::Stream(it) => it,
        other => panic!("it is a stream: {other:?}"),
    });
    let mut mounted = Mounted::new(move |asked, watcher| {
        let chosen = match asked.path.as_str() {
            "/lab/whole" => &sound,
            _ => &broken,
        };
        MountedAnswer::Stream(MountedStream {
            watcher: Some(watcher),
            ..chosen.clone()
        })
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
            assert_eq!((end.why, end.by), ("complete", Ender::Answer));
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
    // The handler is told of each.
    assert_eq!(head.get("access-control-max-age"), Some("0"));
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

/// It got 400, and the handler thought that nobody came.
#[tokio::test]
async fn a_request_that_cannot_be_read_is_told() {
    let mounted = Mounted::new(|_, _| page("in"));
    let bench = mounted.bench().await;
    for target in ["/lab/tour/x?token=a", "/labels", "/"] {
        let mut client = bench.connect().await;
        let request = format!("GET {target} HTTP/1.1\r\nlast-event-id: a\0b\r\n\r\n");
        client.send(&request).await;
        assert_eq!(client.head().await.status, 400, "{target}");
    }
    let told = mounted.unread();
    assert_eq!(told, [("/lab/tour/x".to_owned(), StatusCode::BAD_REQUEST)]);
    assert!(mounted.asked().is_empty());
}

/// A handler that never answers is not waited for.
#[tokio::test]
async fn a_stop_waits_for_no_handler() {
    /// Says when it was asked.
    #[derive(Debug, Default)]
    struct Never(Notify);
    impl Handler for Never {
        fn answer(&self, _: MountedRequest) -> Answering<'_> {
            self.0.notify_one();
            Box::pin(std::future::pending())
        }
    }
    let never = Arc::new(Never::default());
    let bench = Bench::with(Config {
        mounts: vec![Mount {
            prefix: "/lab",
            area: MountArea::Api,
            handler: never.clone(),
        }],
        ..Config::default()
    })
    .await;
    let mut client = bench.connect().await;
    client.send(&bench.request("GET", "/lab", &[])).await;
    soon("the handler is asked", never.0.notified()).await;
    let begun = Instant::now();
    bench.server.stop().await;
    assert!(begun.elapsed() < Duration::from_millis(500));
    assert_eq!(client.head().await.status, 503);
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
    assert!(asked.headers.contains_key("x-other"));
    assert!(!asked.headers.contains_key("authorization"));
}
