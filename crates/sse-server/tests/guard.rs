//! The guard over real sockets: that it stands before every route, and what its answers carry. The
//! cells of its table are tested beside it.

mod support;

use sse_server::Config;
use support::{Bench, data};

#[tokio::test]
async fn every_route_passes_the_guard() {
    let bench = Bench::start().await;
    for target in [
        "/",
        "/numbers",
        "/endless",
        "/healthz",
        "/api/state",
        "/api/connections",
        "/nope",
        "/page/main.js",
    ] {
        for (host, status) in [
            ("evil.com", 421),
            ("localhost.evil.com", 421),
            ("localhost:8000@evil.com", 400),
            ("", 400),
        ] {
            let (_, head) = bench.ask("GET", target, &[("host", host)]).await;
            assert_eq!(head.status, status, "{target} for {host:?}");
        }
        let two = format!("GET {target} HTTP/1.1\r\nhost: localhost\r\nhost: localhost\r\n\r\n");
        let none = format!("GET {target} HTTP/1.1\r\n\r\n");
        let old = format!("GET {target} HTTP/1.0\r\n\r\n");
        for request in [two, none, old] {
            let mut client = bench.connect().await;
            client.send(&request).await;
            assert_eq!(client.head().await.status, 400, "{request:?}");
        }
    }
    assert_eq!(bench.server.connections().opened, 0);
}

#[tokio::test]
async fn an_absolute_target_beats_host_on_the_wire_too() {
    let bench = Bench::start().await;
    let port = bench.addr.port();
    for (target, host, status) in [
        (
            format!("http://localhost:{port}/healthz"),
            "evil.com".to_owned(),
            200,
        ),
        (
            "http://evil.com/healthz".to_owned(),
            format!("localhost:{port}"),
            421,
        ),
    ] {
        let (_, head) = bench.ask("GET", &target, &[("host", &host)]).await;
        assert_eq!(head.status, status, "{target}");
    }
    let mut client = bench.connect().await;
    client
        .send(&format!(
            "CONNECT localhost:{port} HTTP/1.1\r\nhost: localhost:{port}\r\n\r\n"
        ))
        .await;
    let head = client.head().await;
    assert_eq!(head.status, 400);
    assert!(client.body(&head).await.contains("no proxy"));
    let mut client = bench.connect().await;
    client
        .send(&format!(
            "CONNECT evil.com:80 HTTP/1.1\r\nhost: localhost:{port}\r\n\r\n"
        ))
        .await;
    assert_eq!(client.head().await.status, 421);
}

#[tokio::test]
async fn a_front_end_under_development_reads_the_stream() {
    let bench = Bench::start().await;
    let origin = ("origin", "http://localhost:5173");
    let (mut client, head) = bench.ask("GET", "/numbers?every=1ms", &[origin]).await;
    assert_eq!(
        head.get("access-control-allow-origin"),
        Some("http://localhost:5173")
    );
    assert_eq!(head.get("access-control-allow-credentials"), Some("true"));
    assert!(head.all("vary").contains(&"origin"));
    assert_eq!(data(&client.chunks().await.concat()).len(), 5);

    let (_, head) = bench.ask("GET", "/api/state", &[origin]).await;
    assert_eq!(head.status, 403);
    assert_eq!(head.get("access-control-allow-origin"), None);

    // A refusal of the stream itself is readable too, so that the page can show its sentence.
    let (_, head) = bench.ask("GET", "/numbers?count=0", &[origin]).await;
    assert_eq!(head.status, 400);
    assert_eq!(
        head.get("access-control-allow-origin"),
        Some("http://localhost:5173")
    );
}

#[tokio::test]
async fn a_preflight_is_answered_with_what_it_asked_for() {
    let bench = Bench::start().await;
    let asked = |origin| {
        [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            (
                "access-control-request-headers",
                "content-type,last-event-id",
            ),
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-site", "cross-site"),
        ]
    };
    let (_, head) = bench
        .ask("OPTIONS", "/endless", &asked("http://127.0.0.1:3000"))
        .await;
    assert_eq!(head.status, 204);
    assert_eq!(
        head.get("access-control-allow-origin"),
        Some("http://127.0.0.1:3000")
    );
    assert_eq!(
        head.get("access-control-allow-methods"),
        Some("GET, HEAD, POST")
    );
    assert_eq!(
        head.get("access-control-allow-headers"),
        Some("content-type,last-event-id")
    );

    let (_, head) = bench
        .ask("OPTIONS", "/endless", &asked("https://evil.com"))
        .await;
    assert_eq!(head.status, 403);
    assert_eq!(head.get("access-control-allow-origin"), None);
    let (_, head) = bench
        .ask("OPTIONS", "/api/state", &asked("http://127.0.0.1:3000"))
        .await;
    assert_eq!(head.status, 403);
    let (_, head) = bench.ask("OPTIONS", "/endless", &[]).await;
    assert_eq!(
        (head.status, head.get("allow")),
        (204, Some("GET, HEAD, POST, OPTIONS"))
    );
}

#[tokio::test]
async fn a_foreign_origin_is_refused_shown_and_can_be_allowed() {
    let bench = Bench::start().await;
    let origin = [("origin", "https://app.example")];
    let (_, head) = bench.ask("GET", "/endless?client=f", &origin).await;
    assert_eq!(head.status, 403);
    let row = bench.ended("f").await;
    assert_eq!(
        (row.state, row.status, row.origin.as_deref()),
        ("refused", 403, Some("https://app.example"))
    );
    assert_eq!(
        bench.server.connections().opened,
        0,
        "no stream was made for it"
    );

    bench
        .server
        .allow_origin("https://app.example")
        .expect("an origin");
    let (_, head) = bench.ask("GET", "/endless", &origin).await;
    assert_eq!(
        head.get("access-control-allow-origin"),
        Some("https://app.example")
    );
    let (_, head) = bench.ask("GET", "/api/state", &origin).await;
    assert_eq!(head.status, 403, "allowed for streams, not for the API");
}

#[tokio::test]
async fn lists_are_taken_from_the_configuration() {
    let bench = Bench::with(Config {
        allow_hosts: vec!["bench.example".to_owned()],
        allow_origins: vec!["https://app.example".to_owned()],
        ..Config::default()
    })
    .await;
    let headers = [("host", "bench.example"), ("origin", "https://app.example")];
    let (_, head) = bench.ask("GET", "/numbers", &headers).await;
    assert_eq!(head.status, 200);
}

#[tokio::test]
async fn every_answer_says_nosniff_and_the_page_says_its_policy() {
    let bench = Bench::start().await;
    for target in [
        "/",
        "/numbers",
        "/api/state",
        "/api/nope",
        "/nope",
        "/healthz",
        "/numbers?count=0",
        "/topics/a",
    ] {
        let (_, head) = bench.get(target).await;
        assert_eq!(
            head.get("x-content-type-options"),
            Some("nosniff"),
            "{target}"
        );
        let shared = ["/numbers", "/topics", "/nope"];
        let own = !shared.iter().any(|path| target.starts_with(path));
        assert_eq!(
            head.get("cross-origin-resource-policy").is_some(),
            own,
            "{target}"
        );
    }
    let (mut client, head) = bench.get("/").await;
    let policy = head.get("content-security-policy").expect("a policy");
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert_eq!(head.get("content-type"), Some("text/html; charset=utf-8"));
    let page = client.body(&head).await;
    assert!(
        !page.contains("http://") && !page.contains("https://"),
        "the page needs no network"
    );
}

#[tokio::test]
async fn the_api_refuses_in_json_and_everything_else_in_plain_words() {
    let bench = Bench::start().await;
    for (method, target, headers, json) in [
        (
            "GET",
            "/api/state",
            &[("origin", "http://localhost:5173")][..],
            true,
        ),
        ("GET", "/api/nope", &[], true),
        ("POST", "/api/state", &[], true),
        ("GET", "/api/connections?client=%ff%0a", &[], true),
        ("GET", "/apix", &[], false),
        ("GET", "/numbers", &[("origin", "https://evil.com")], false),
    ] {
        let (mut client, head) = bench.ask(method, target, headers).await;
        let kind = head.get("content-type").expect("a type");
        assert_eq!(kind == "application/json", json, "{target}: {kind}");
        let body = client.body(&head).await;
        assert_eq!(body.starts_with("{\"error\":\""), json, "{body}");
    }
}

/// A page that mistyped a path was told of CORS, and its person saw no row.
#[tokio::test]
async fn a_page_on_another_port_reads_that_there_is_nothing() {
    let bench = Bench::start().await;
    let local = ("origin", "http://localhost:5173");
    for (method, target) in [
        ("GET", "/edless?client=lost"),
        ("POST", "/v1/chat/completions?client=lost"),
        ("GET", "/metric?client=lost"),
        ("GET", "/ready?client=lost"),
        ("GET", "/topics?client=lost"),
    ] {
        let fields = [local, ("content-length", "0")];
        let (mut client, head) = bench.ask(method, target, &fields).await;
        assert_eq!(head.status, 404, "{target}");
        assert_eq!(head.get("access-control-allow-origin"), Some(local.1));
        let sentence = client.body(&head).await;
        assert!(sentence.contains("the streams are /numbers"), "{sentence}");
        let rows = bench.client("lost").rows;
        let path = target.split('?').next().expect("a path");
        assert_eq!((rows[0].state, rows[0].status), ("refused", 404));
        assert_eq!((&*rows[0].stream, &*rows[0].method), (path, method));
    }
    assert_eq!(bench.server.connections().refused, 5);
    let asked = [
        local,
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type"),
    ];
    let (_, head) = bench.ask("OPTIONS", "/v1/chat/completions", &asked).await;
    assert_eq!(head.status, 204);
    assert_eq!(
        head.get("access-control-allow-headers"),
        Some("content-type")
    );
    // Below /page there is nothing for others, whatever is there.
    let (_, head) = bench.ask("GET", "/page/none.js", &[local]).await;
    assert_eq!(head.status, 403);
    // Others are told nothing, and a browser's own errands are nobody's stream.
    let (_, head) = bench
        .ask("GET", "/edless", &[("origin", "https://evil.com")])
        .await;
    assert_eq!(head.status, 403);
    let refused = bench.server.connections().refused;
    let (_, head) = bench
        .ask("GET", "/favicon.ico", &[("sec-fetch-dest", "image")])
        .await;
    assert_eq!(head.status, 404);
    assert_eq!(bench.server.connections().refused, refused);
}

/// `response.headers.get("x-model")` was null in a page on another port.
#[tokio::test]
async fn a_page_on_another_port_reads_every_header() {
    let bench = Bench::start().await;
    let local = [("origin", "http://localhost:5173")];
    for target in [
        "/tokens",
        "/topics/a",
        "/numbers",
        "/numbers?count=0",
        "/nope",
    ] {
        let (_, head) = bench.ask("GET", target, &local).await;
        let exposed = head.get("access-control-expose-headers").expect(target);
        let exposed: Vec<&str> = exposed.split(", ").collect();
        let fields = head
            .text
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "));
        for (name, _) in fields {
            // How the answer is framed is no page's business.
            let framing = ["date", "connection", "transfer-encoding", "content-length"];
            let cors = name.starts_with("access-control-");
            if !framing.contains(&name) && !cors {
                assert!(exposed.contains(&name), "{name} of {target}: {exposed:?}");
            }
        }
    }
    let (_, head) = bench.get("/tokens").await;
    assert_eq!(head.get("access-control-expose-headers"), None);
}

#[tokio::test]
async fn everybody_may_ask_whether_it_runs_and_no_page_reads_it() {
    let bench = Bench::start().await;
    for origin in ["http://localhost:5173", "https://evil.com", "null"] {
        let headers = [("origin", origin), ("sec-fetch-site", "cross-site")];
        let (_, head) = bench.ask("GET", "/healthz", &headers).await;
        assert_eq!(head.status, 200, "{origin}");
        assert_eq!(head.get("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn the_api_is_not_reached_through_a_proxy() {
    let bench = Bench::start().await;
    for field in [("x-forwarded-for", "192.0.2.1"), ("via", "1.1 proxy")] {
        let (mut client, head) = bench.ask("GET", "/api/state", &[field]).await;
        assert_eq!(head.status, 403, "{field:?}");
        let sentence = client.body(&head).await;
        assert!(sentence.contains("through a proxy"), "{sentence}");
        let (_, head) = bench.ask("GET", "/numbers", &[field]).await;
        assert_eq!(head.status, 200, "streams are for proxies too");
    }
}
