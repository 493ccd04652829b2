//! The log of the API over real sockets: as lines, and as an event stream.

mod support;

use serde_json::Value;
use sse_server::Config;
use support::{Bench, Client};

/// The lines behind an entry.
async fn lines(bench: &Bench, query: &str) -> Vec<Value> {
    let (mut client, head) = bench.get(&format!("/api/log{query}")).await;
    assert_eq!(head.status, 200);
    assert_eq!(head.get("content-type"), Some("application/x-ndjson"));
    let text = match head.get("content-length") {
        Some(_) => client.body(&head).await,
        None => client.chunks().await.concat(),
    };
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

fn kinds(lines: &[Value]) -> Vec<&str> {
    lines
        .iter()
        .filter_map(|line| line["kind"].as_str())
        .collect()
}

/// Opens the log as an event stream.
async fn follow(bench: &Bench, target: &str, headers: &[(&str, &str)]) -> Client {
    let accept = ("accept", "text/event-stream");
    let headers = [&[accept], headers].concat();
    let (client, head) = bench.ask("GET", target, &headers).await;
    assert_eq!(head.status, 200);
    let kind = head.get("content-type").expect("a type");
    assert!(kind.starts_with("text/event-stream"), "{kind}");
    client
}

/// The next event's number, and what it says.
async fn event(client: &mut Client) -> (u64, Value) {
    client.until("id: ").await;
    let id = client.until("\n").await.trim().parse().expect("a number");
    client.until("data: ").await;
    let data = client.until("\n").await;
    (id, serde_json::from_str(&data).expect("JSON"))
}

#[tokio::test]
async fn the_log_has_all_but_the_requests_for_it() {
    let bench = Bench::start().await;
    let (mut client, _) = bench.get("/endless?every=1h&client=page").await;
    // To the end of the chunk: a socket that is closed with bytes unread is reset.
    client.until("data: 1\n\n\r\n").await;
    drop(client);
    bench.ended("page").await;
    let resume = [("last-event-id", "1")];
    let (_client, _) = bench
        .ask("GET", "/endless?every=1h&client=page", &resume)
        .await;
    bench.get("/endless?every=never").await;
    let before = bench.client("page");
    for _ in 0..2 {
        let all = lines(&bench, "").await;
        let expected = [
            "started",
            "connected",
            "ended",
            "connected",
            "returned",
            "refused",
        ];
        assert_eq!(kinds(&all), expected);
        assert_eq!(all[2]["why"], "closed");
        assert_eq!(all[5]["status"], 400);
    }
    assert_eq!(
        kinds(&lines(&bench, "?after=4").await),
        ["returned", "refused"]
    );
    assert!(lines(&bench, "?after=6").await.is_empty());
    assert_eq!(lines(&bench, "?after=7").await[0]["lost"], Value::Null);
    let table = bench.table("the table", |_| true).await;
    assert_eq!(table.all, 3, "the requests for the log are no rows");
    assert_eq!(bench.client("page").tally, before.tally);
}

/// Those of others come in between, more than are read at once.
#[tokio::test]
async fn the_entries_of_one_client_are_read_alone() {
    let bench = Bench::start().await;
    let (_client, _) = bench.get("/endless?every=1h&client=page").await;
    for _ in 0..300 {
        bench.get("/endless?every=never&client=other").await;
    }
    let mut log = follow(&bench, "/api/log?client=page", &[]).await;
    assert_eq!(event(&mut log).await.0, 2);
    let (_numbers, _) = bench.get("/numbers?every=1h&client=page").await;
    let (seq, connected) = event(&mut log).await;
    assert_eq!(connected["stream"], "/numbers");
    let all = lines(&bench, "?client=page").await;
    assert_eq!(kinds(&all), ["connected", "connected"]);
    assert_eq!(all[1]["seq"].as_u64(), Some(seq));
    let numbers = lines(&bench, "?client=page&stream=/numbers&room=*").await;
    assert_eq!(kinds(&numbers), ["connected"]);
    assert!(lines(&bench, "?client=nobody").await.is_empty());
    assert!(lines(&bench, "?client=page&room=ci").await.is_empty());
    let (_, head) = bench.get("/api/log?room=a/b").await;
    assert_eq!(head.status, 400);
}

#[tokio::test]
async fn a_number_that_is_none_is_refused_in_a_sentence() {
    let bench = Bench::start().await;
    for bad in ["-1", "x", "", "1.5", "99999999999999999999"] {
        let (mut client, head) = bench.get(&format!("/api/log?after={bad}")).await;
        assert_eq!(head.status, 400, "{bad}");
        let body = client.body(&head).await;
        assert!(
            body.contains("after must be a whole number from 0"),
            "{body}"
        );
    }
    let (_, head) = bench.ask("POST", "/api/log", &[]).await;
    assert_eq!(head.status, 405);
}

/// It is the server's own page's, and that of programs on this machine.
#[tokio::test]
async fn pages_of_other_origins_do_not_read_it() {
    let bench = Bench::start().await;
    let origin = [("origin", "http://localhost:3000")];
    for target in ["/api/log", "/api/activity", "/api/timeline"] {
        let (_, head) = bench.ask("GET", target, &origin).await;
        assert_eq!(head.status, 403, "{target}");
        let (_, head) = bench.ask("GET", target, &[("host", "evil.example")]).await;
        assert_eq!(head.status, 421, "{target}");
    }
}

#[tokio::test]
async fn an_event_stream_goes_on_and_resumes_by_number() {
    let bench = Bench::start().await;
    let mut log = follow(&bench, "/api/log", &[]).await;
    log.until("retry: 1000\n").await;
    let (seq, started) = event(&mut log).await;
    assert_eq!((seq, &started["kind"]), (1, &"started".into()));
    let (client, _) = bench.get("/endless?every=1h&client=page").await;
    let (seq, connected) = event(&mut log).await;
    assert_eq!((seq, &connected["client"]), (2, &"page".into()));
    drop(client);
    let (seq, ended) = event(&mut log).await;
    assert_eq!((seq, &ended["kind"]), (3, &"ended".into()));
    drop(log);

    let mut log = follow(&bench, "/api/log?after=1", &[]).await;
    assert_eq!(event(&mut log).await.0, 2);
    // What it has read itself wins.
    let mut log = follow(&bench, "/api/log?after=1", &[("last-event-id", "2")]).await;
    assert_eq!(event(&mut log).await.0, 3);
    for stranger in ["4", "what"] {
        let mut log = follow(&bench, "/api/log", &[("last-event-id", stranger)]).await;
        log.until("data: {\"kind\":\"gap\",\"lost\":null}\n\n")
            .await;
        assert_eq!(event(&mut log).await.0, 1, "{stranger}");
    }
}

#[tokio::test]
async fn the_log_outlives_a_stop_and_has_it() {
    let mut bench = Bench::start().await;
    let (mut client, _) = bench.get("/endless?every=1h").await;
    client.until("id: 1\n").await;
    let mut log = follow(&bench, "/api/log", &[]).await;
    log.until("\"connected\"").await;
    bench.server.stop().await;
    // It ends with the server, as every connection does.
    log.rest().await;
    bench.server.start().await.expect("a free port");
    bench.addr.set_port(bench.server.status().borrow().port);
    let all = lines(&bench, "").await;
    let expected = ["started", "connected", "ended", "stopped", "started"];
    assert_eq!(kinds(&all), expected);
    let times: Vec<_> = all.iter().map(|line| line["at_ms"].as_u64()).collect();
    assert!(times.is_sorted() && times[0] > Some(1_600_000_000_000));
}

#[tokio::test]
async fn the_activity_has_each_stream_and_topic_that_is_served() {
    let bench = Bench::with(Config::default()).await;
    let draft = sse_server::Draft {
        data: "x".to_owned(),
        ..Default::default()
    };
    let (mut subscriber, _) = bench.get("/topics/news").await;
    bench
        .server
        .publish("news", draft)
        .await
        .expect("published");
    subscriber.until("data: x\n").await;
    let (mut client, _) = bench.get("/numbers?every=0ms&client=page").await;
    client.chunks().await;
    bench.ended("page").await;
    let sent = |view: &sse_server::Slice| {
        view.rows
            .iter()
            .any(|row| row.stream == "/topics/news" && row.events > 0)
    };
    bench.table("the event is counted", sent).await;
    let (mut client, head) = bench.get("/api/activity").await;
    let body: Value = serde_json::from_str(&client.body(&head).await).expect("JSON");
    assert!(body["at_ms"].as_u64() > Some(1_600_000_000_000));
    let streams = body["streams"].as_array().expect("streams");
    let of = |path: &str| {
        let one = streams.iter().find(|one| one["path"] == path);
        let one = one.unwrap_or_else(|| panic!("{path} is served"));
        (one["open"].as_u64(), one["events"].as_u64())
    };
    assert_eq!(of("/numbers"), (Some(0), Some(5)));
    assert_eq!(of("/topics/news"), (Some(1), Some(1)));
    assert_eq!(of("/endless"), (Some(0), Some(0)));
    assert_eq!(streams.len(), bench.server.state().streams.len() + 1);
}

/// A thousand readers of the event stream that read nothing delayed every other answer by two
/// seconds: each entry is written once for each of them.
#[tokio::test]
async fn so_many_follow_the_log_and_the_next_one_is_told() {
    let bench = Bench::start().await;
    let mut readers = Vec::new();
    for _ in 0..64 {
        readers.push(follow(&bench, "/api/log", &[]).await);
    }
    let accept = ("accept", "text/event-stream");
    let (_, head) = bench.ask("GET", "/api/log", &[accept]).await;
    assert_eq!(head.status, 503);
    // Whoever only asks is answered.
    assert!(!lines(&bench, "").await.is_empty());
}

#[tokio::test]
async fn who_refuses_the_event_stream_gets_lines() {
    let bench = Bench::start().await;
    let accept = ("accept", "text/event-stream;q=0, application/x-ndjson");
    let (_, head) = bench.ask("GET", "/api/log", &[accept]).await;
    assert_eq!(head.get("content-type"), Some("application/x-ndjson"));
}
