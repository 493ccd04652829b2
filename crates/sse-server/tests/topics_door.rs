//! Who may publish and subscribe, by which methods: topics are streams to the guard.

mod support;

use support::Bench;
use support::topics::{Subscriber, seq};

const EMPTY: (&str, &str) = ("content-length", "0");

#[tokio::test]
async fn publishing_passes_the_guard_like_a_stream() {
    let bench = Bench::start().await;
    let mut subscriber = bench.subscribe("/topics/news").await;
    let evil = ("origin", "https://evil.com");
    for (headers, status) in [
        (&[("host", "evil.com")][..], 421),
        (&[("host", "localhost.evil.com")], 421),
        (&[("host", "")], 400),
        (&[evil], 403),
        (&[("origin", "null")], 403),
        (&[evil, ("content-type", "text/plain")], 403),
        (&[("sec-fetch-site", "cross-site")], 403),
        (
            &[
                ("sec-fetch-site", "same-site"),
                ("sec-fetch-mode", "no-cors"),
            ],
            403,
        ),
        (
            &[
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "iframe"),
            ],
            403,
        ),
        (
            &[
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "document"),
            ],
            403,
        ),
    ] {
        let (head, sentence) = bench.post("/topics/news", headers, "from elsewhere").await;
        assert_eq!(head.status, status, "{headers:?}: {sentence}");
        assert_eq!(head.get("access-control-allow-origin"), None, "{headers:?}");
        assert_eq!(sentence.lines().count(), 1, "{sentence}");
    }
    for request in [
        "POST /topics/news HTTP/1.1\r\ncontent-length: 1\r\n\r\nx",
        "POST /topics/news HTTP/1.0\r\ncontent-length: 1\r\n\r\nx",
    ] {
        let mut client = bench.connect().await;
        client.send(request).await;
        assert_eq!(client.head().await.status, 400, "{request:?}");
    }
    let id = bench.publish("/topics/news", "ours").await.id;
    assert_eq!(seq(&id), 1, "nothing came in");
    assert_eq!(subscriber.data().await, "ours");
}

#[tokio::test]
async fn front_ends_under_development_publish_and_subscribe() {
    let bench = Bench::start().await;
    let port = bench.addr.port();
    let own = format!("http://localhost:{port}");
    for origin in [
        "http://localhost:5173",
        "http://127.0.0.1:3000",
        "https://app.localhost",
        "tauri://localhost",
        &own,
    ] {
        let origin = ("origin", origin);
        let (client, head) = bench.ask("GET", "/topics/news", &[origin]).await;
        let (answer, _) = bench.post("/topics/news", &[origin], "x").await;
        let (refusal, _) = bench.post("/topics/news?retry=x", &[origin], "x").await;
        for (head, status) in [(&head, 200), (&answer, 200), (&refusal, 400)] {
            assert_eq!(head.status, status, "{origin:?}");
            assert_eq!(head.get("access-control-allow-origin"), Some(origin.1));
            assert_eq!(head.get("access-control-allow-credentials"), Some("true"));
            assert!(head.all("vary").contains(&"origin"));
        }
        assert_eq!(Subscriber::new(client, head).data().await, "x");
    }
}

#[tokio::test]
async fn a_foreign_subscriber_is_refused_shown_and_can_be_allowed() {
    let bench = Bench::start().await;
    let origin = [("origin", "https://app.example")];
    let (_, head) = bench.ask("GET", "/topics/news?client=f", &origin).await;
    assert_eq!(head.status, 403);
    let row = bench.ended("f").await;
    assert_eq!(
        (
            row.state,
            row.status,
            row.stream.as_str(),
            row.origin.as_deref()
        ),
        ("refused", 403, "/topics/news", Some("https://app.example"))
    );
    let topics = serde_json::to_value(bench.server.topics()).expect("JSON");
    assert_eq!(topics, serde_json::json!([]), "no topic was made for it");
    bench
        .server
        .allow_origin("https://app.example")
        .expect("an origin");
    let mut subscriber = bench.subscribe_with("/topics/news", &origin).await;
    let (head, _) = bench.post("/topics/news", &origin, "x").await;
    assert_eq!(head.status, 200);
    assert_eq!(subscriber.data().await, "x");
}

#[tokio::test]
async fn a_preflight_is_answered_with_what_it_asked_for() {
    let bench = Bench::start().await;
    let asked = |origin| {
        [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type"),
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-site", "cross-site"),
        ]
    };
    let local = "http://127.0.0.1:3000";
    let (_, head) = bench.ask("OPTIONS", "/topics/news", &asked(local)).await;
    assert_eq!(head.status, 204);
    for (name, value) in [
        ("access-control-allow-origin", local),
        ("access-control-allow-methods", "GET, HEAD, POST"),
        ("access-control-allow-headers", "content-type"),
    ] {
        assert_eq!(head.get(name), Some(value), "{name}");
    }
    let foreign = asked("https://evil.com");
    let (_, head) = bench.ask("OPTIONS", "/topics/news", &foreign).await;
    assert_eq!(head.status, 403);
    assert_eq!(head.get("access-control-allow-origin"), None);
    let (_, head) = bench.ask("OPTIONS", "/topics/news", &[]).await;
    assert_eq!(
        (head.status, head.get("allow")),
        (204, Some("GET, HEAD, POST, DELETE, OPTIONS"))
    );
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_subscriber() {
    let bench = Bench::start().await;
    let (mut client, head) = bench.ask("HEAD", "/topics/news", &[]).await;
    assert_eq!(head.status, 200);
    assert_eq!(
        head.get("content-type"),
        Some("text/event-stream; charset=utf-8")
    );
    assert_eq!(head.get("content-length"), None);
    client.send(&bench.request("GET", "/healthz", &[])).await;
    let head = client.head().await;
    assert_eq!(client.body(&head).await, "ok\n", "nothing came between");
    assert_eq!(bench.server.connections().opened, 0);
    assert_eq!(bench.publish("/topics/news", "x").await.subscribers, 0);
}

#[tokio::test]
async fn other_methods_are_405_with_those_that_work() {
    let bench = Bench::start().await;
    let mut subscriber = bench.subscribe("/topics/news").await;
    for method in ["PUT", "PATCH", "BREW"] {
        let (mut client, head) = bench.ask(method, "/topics/news", &[EMPTY]).await;
        assert_eq!(head.status, 405, "{method}");
        let allow = head.get("allow").expect("RFC 9110 15.5.6");
        for works in ["GET", "HEAD", "POST", "DELETE", "OPTIONS"] {
            assert!(allow.contains(works), "{allow}");
        }
        let sentence = client.body(&head).await;
        assert!(sentence.contains("GET, POST or DELETE"), "{sentence}");
        assert_eq!(sentence.lines().count(), 1);
    }
    bench.publish("/topics/news", "x").await;
    assert_eq!(subscriber.data().await, "x");
    let (_, head) = bench.get("/topics").await;
    assert_eq!(
        head.status, 404,
        "there is no list of topics to subscribe to"
    );
}

#[tokio::test]
async fn a_topic_is_ended_by_its_own_page_and_by_programs_alone() {
    let bench = Bench::start().await;
    let own = format!("http://localhost:{}", bench.addr.port());
    let (_, head) = bench.ask("DELETE", "/topics/news", &[]).await;
    assert_eq!(head.status, 404, "there is none");
    for origin in [
        "http://localhost:5173",
        "tauri://localhost",
        "https://evil.com",
        "null",
    ] {
        bench.publish("/topics/news", "x").await;
        let origin = [("origin", origin)];
        let (_, head) = bench.ask("DELETE", "/topics/news", &origin).await;
        assert_eq!(head.status, 403, "{origin:?}");
        assert_eq!(head.get("access-control-allow-origin"), None);
        assert_eq!(bench.server.topics().len(), 1);
    }
    for headers in [&[][..], &[("origin", &*own)]] {
        bench.publish("/topics/news", "x").await;
        let (_, head) = bench.ask("DELETE", "/topics/%6eews", headers).await;
        assert_eq!((head.status, head.get("content-length")), (204, None));
        assert!(bench.server.topics().is_empty());
    }
    // The page at 127.0.0.1 is another origin than the one at localhost, and both are ours.
    let asked = [
        ("origin", &*own),
        ("access-control-request-method", "DELETE"),
    ];
    let (_, head) = bench.ask("OPTIONS", "/topics/news", &asked).await;
    let methods = head.get("access-control-allow-methods");
    assert_eq!(methods, Some("GET, HEAD, POST, DELETE"));
    let (_, head) = bench.ask("DELETE", "/topics/no%20name", &[]).await;
    assert_eq!(head.status, 404);
}
