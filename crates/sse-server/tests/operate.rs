//! `/readyz` and `/metrics` as a balancer and Prometheus ask for them.

mod support;

use std::net::{Ipv4Addr, SocketAddr};

use sse_server::{Config, Operate, TopicConfig};
use support::operate::{get, metrics, value};
use support::{Bench, Client, soon};

#[tokio::test]
async fn a_server_that_runs_is_ready_for_everybody_who_knows_its_name() {
    let bench = Bench::start().await;
    for headers in [
        &[][..],
        &[("x-forwarded-for", "10.1.2.3")],
        &[("origin", "https://evil.example")],
        &[("host", "localhost:1")],
    ] {
        let (head, body) = get(&bench, "/readyz", headers).await;
        assert_eq!(head.status, 200, "{headers:?}");
        assert_eq!(body, "{\"ready\":true,\"state\":\"ready\"}", "{headers:?}");
        assert_eq!(head.get("access-control-allow-origin"), None);
        assert_eq!(head.get("cache-control"), Some("no-store"));
    }
    let (head, _) = get(&bench, "/readyz", &[("host", "evil.example")]).await;
    assert_eq!(head.status, 421);
    let (_, head) = bench.get("/@a/readyz").await;
    assert_eq!(head.status, 404, "rooms have none");
}

#[tokio::test]
async fn metrics_are_for_programs_of_this_machine() {
    let bench = Bench::start().await;
    for (headers, status) in [
        (&[][..], 200),
        (&[("x-forwarded-for", "10.1.2.3")][..], 403),
        (&[("via", "1.1 balancer")], 403),
        (&[("origin", "http://localhost:3000")], 403),
        (&[("origin", "https://evil.example")], 403),
        (&[("host", "localhost:1")], 421),
        (&[("host", "evil.example")], 421),
    ] {
        let (head, _) = get(&bench, "/metrics", headers).await;
        assert_eq!(head.status, status, "{headers:?}");
        assert_eq!(head.get("access-control-allow-origin"), None);
    }
    let (_, head) = bench.ask("POST", "/metrics", &[]).await;
    assert_eq!(head.status, 405);
}

#[tokio::test]
async fn the_format_is_the_one_that_was_asked_for() {
    let bench = Bench::start().await;
    let newer = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";
    let (head, body) = get(&bench, "/metrics", &[("accept", newer)]).await;
    let of = head.get("content-type").expect("a type");
    assert!(of.starts_with("application/openmetrics-text"), "{of}");
    assert!(body.ends_with("# EOF\n"), "{body}");
    assert!(body.contains("# TYPE sse_bytes_sent counter\n"), "{body}");
    let (head, body) = get(&bench, "/metrics", &[("accept", "*/*")]).await;
    let of = head.get("content-type").expect("a type");
    assert!(of.starts_with("text/plain; version=0.0.4"), "{of}");
    assert!(
        body.contains("# TYPE sse_bytes_sent_total counter\n"),
        "{body}"
    );
}

/// Everything that can be counted happens once, and is there.
#[tokio::test]
async fn what_happens_is_counted() {
    let bench = Bench::with(Config {
        topics: TopicConfig {
            keep_events: 2,
            ..TopicConfig::default()
        },
        operate: Operate {
            metrics_topics: vec!["news".to_owned(), "none".to_owned()],
            ..Operate::default()
        },
        ..Config::default()
    })
    .await;
    let mut subscriber = bench.subscribe("/topics/news").await;
    let first = bench.publish("/topics/news", "a").await;
    assert_eq!(subscriber.data().await, "a");
    let (client, _) = bench.get("/endless?every=1h&client=me").await;
    let now = metrics(&bench).await;
    for (name, wanted) in [
        ("sse_connections{kind=\"topic\"}", 1.0),
        ("sse_connections{kind=\"stream\"}", 1.0),
        ("sse_connections{kind=\"upstream\"}", 0.0),
        ("sse_connections_opened_total{kind=\"topic\"}", 1.0),
        ("sse_events_sent_total{kind=\"topic\"}", 1.0),
        ("sse_topics", 1.0),
        ("sse_published_events_total", 1.0),
        ("sse_publish_requests_total{code=\"200\"}", 1.0),
        ("sse_publish_duration_seconds_count", 1.0),
        ("sse_topic_subscribers{topic=\"news\"}", 1.0),
        ("sse_topic_published_events_total{topic=\"news\"}", 1.0),
        ("sse_draining", 0.0),
    ] {
        assert_eq!(value(&now, name), wanted, "{name} in {now}");
    }
    assert!(
        value(&now, "sse_pass_duration_seconds_count") >= 1.0,
        "{now}"
    );
    assert!(value(&now, "sse_bytes_sent_total") > 100.0, "{now}");

    // It leaves, three events go by of which two are kept, and it comes back.
    drop(subscriber);
    drop(client);
    bench.ended("me").await;
    let last = bench.publish("/topics/news", "b").await;
    let back = [("last-event-id", last.id.as_str())];
    let (exact, _) = bench.ask("GET", "/topics/news", &back).await;
    for data in ["c", "d", "e"] {
        bench.publish("/topics/news", data).await;
    }
    let back = [("last-event-id", first.id.as_str())];
    let (mut evicted, _) = bench.ask("GET", "/topics/news", &back).await;
    evicted.until("event: gap").await;
    let back = [("last-event-id", "nobody-knows")];
    let (mut unknown, _) = bench.ask("GET", "/topics/news", &back).await;
    unknown.until("event: gap").await;
    let (_, head) = bench.get("/endless?every=never").await;
    assert_eq!(head.status, 400);
    let (_, head) = bench
        .ask("POST", "/topics/news?retry=x", &[("content-length", "0")])
        .await;
    assert_eq!(head.status, 400);
    let now = metrics(&bench).await;
    for (name, wanted) in [
        (
            "sse_connections_ended_total{kind=\"stream\",by=\"client\"}",
            1.0,
        ),
        (
            "sse_connections_ended_total{kind=\"topic\",by=\"client\"}",
            1.0,
        ),
        ("sse_resumes_total{outcome=\"exact\"}", 1.0),
        ("sse_resumes_total{outcome=\"gap\"}", 2.0),
        ("sse_gaps_total{why=\"evicted\"}", 1.0),
        ("sse_gaps_total{why=\"unknown\"}", 1.0),
        ("sse_gaps_total{why=\"slow\"}", 0.0),
        ("sse_refused_total{why=\"bad query\"}", 1.0),
        ("sse_publish_requests_total{code=\"400\"}", 1.0),
        ("sse_topic_kept_events{topic=\"news\"}", 2.0),
    ] {
        assert_eq!(value(&now, name), wanted, "{name} in {now}");
    }
    drop((exact, evicted, unknown));
    for secret in ["nobody-knows", &first.id, "127.0.0.1", "client=", "me\""] {
        assert!(!now.contains(secret), "{secret} in {now}");
    }
}

/// A count that goes back looks like a restart.
#[tokio::test]
async fn counts_do_not_go_back_when_connections_end_or_a_room_is_reset() {
    let bench = Bench::start().await;
    let (mut client, _) = bench.get("/@a/numbers?every=1ms&count=50&client=me").await;
    client.until("data: 50\n\n").await;
    let (mut open, _) = bench.get("/@a/endless?every=1ms").await;
    open.until("data: 50\n\n").await;
    let name = "sse_events_sent_total{kind=\"stream\"}";
    let before = value(&metrics(&bench).await, name);
    assert!(before >= 100.0);
    let (_, head) = bench
        .ask("POST", "/api/reset?room=a", &[("content-length", "0")])
        .await;
    assert_eq!(head.status, 200, "{head:?}");
    assert!(value(&metrics(&bench).await, name) >= before);
    assert_eq!(
        value(&metrics(&bench).await, "sse_connections{kind=\"stream\"}"),
        0.0
    );
}

#[tokio::test]
async fn an_address_of_their_own_answers_with_the_metrics_and_nothing_else() {
    let bench = Bench::with(Config {
        operate: Operate {
            metrics_listen: Some((Ipv4Addr::LOCALHOST, 0).into()),
            ..Operate::default()
        },
        ..Config::default()
    })
    .await;
    let url = bench.server.metrics_url().expect("it listens");
    let at = url
        .strip_prefix("http://")
        .and_then(|at| at.split_once('/'));
    let at: SocketAddr = at.expect("a URL").0.parse().expect("an address");
    let ask = async |request: &str| {
        let mut client = Client::connect(at).await;
        client.send(request).await;
        let head = client.head().await;
        (
            head.status,
            String::from_utf8(client.rest().await).expect("UTF-8"),
        )
    };
    let request = |line: &str, host: &str, more: &str| {
        format!("{line} HTTP/1.1\r\nhost: {host}\r\n{more}connection: close\r\n\r\n")
    };
    // Whoever scrapes may come through a proxy.
    for (host, more) in [
        (at.to_string(), ""),
        (at.to_string(), "via: 1.1 proxy\r\n"),
        ("localhost".to_owned(), ""),
    ] {
        let (status, body) = ask(&request("GET /metrics", &host, more)).await;
        assert_eq!(status, 200, "{host} {more}");
        assert!(body.contains("sse_build_info{version="), "{body}");
    }
    for (line, host, more, wanted) in [
        ("GET /", "localhost", "", 404),
        ("GET /endless", "localhost", "", 404),
        ("GET /api/state", "localhost", "", 404),
        ("POST /metrics", "localhost", "", 405),
        ("GET /metrics", "evil.example", "", 421),
        (
            "GET /metrics",
            "localhost",
            "origin: https://evil.example\r\n",
            403,
        ),
    ] {
        assert_eq!(
            ask(&request(line, host, more)).await.0,
            wanted,
            "{line} {host} {more}"
        );
    }
    // Who holds all its places delays nobody for good, and no stop.
    let mut held = Vec::new();
    for _ in 0..16 {
        held.push(Client::connect(at).await);
    }
    soon("the stop", bench.server.stop()).await;
    drop(held);
    tokio::net::TcpListener::bind(at)
        .await
        .expect("the port is free");
}
