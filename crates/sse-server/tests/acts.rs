//! What is armed meets requests to come, and acts break what is open.

mod support;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sse_server::{Config, EndedBy, KeepAlive, Phase, RowView, Slice};
use support::{Bench, Client, soon};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

async fn bench() -> Bench {
    Bench::with(Config {
        keep_alive: KeepAlive::Off,
        ..Config::default()
    })
    .await
}

/// Asks the API. Answers the status and the JSON.
async fn api(bench: &Bench, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let body = body.to_string();
    let length = body.len().to_string();
    let headers = [
        ("content-length", &*length),
        ("content-type", "application/json"),
    ];
    let mut client = bench.connect().await;
    let request = bench.request(method, path, &headers);
    client.send(&format!("{request}{body}")).await;
    let head = client.head().await;
    let body = client.body(&head).await;
    (head.status, serde_json::from_str(&body).expect("JSON"))
}

async fn arm(bench: &Bench, fault: &str) -> u64 {
    let (status, answer) = api(bench, "POST", "/api/faults", &json!({ "fault": fault })).await;
    assert_eq!(status, 201, "{answer}");
    answer["id"].as_u64().expect("a number")
}

async fn act(bench: &Bench, what: &Value) -> (u16, Value) {
    api(bench, "POST", "/api/act", what).await
}

async fn open(bench: &Bench, tag: &str) -> Client {
    let target = format!("/endless?every=20ms&client={tag}");
    let (mut client, head) = bench.get(&target).await;
    assert_eq!(head.status, 200);
    client.chunk().await;
    client
}

#[tokio::test]
async fn what_is_armed_strikes_the_attempts_that_it_names() {
    let bench = bench().await;
    arm(&bench, "status=503,attempt=2..3,client=a").await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        let (_, head) = bench.get("/endless?client=a").await;
        seen.push(head.status);
    }
    assert_eq!(seen, [200, 503, 503, 200]);
    let (_, other) = bench.get("/endless?client=b").await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn a_fault_strikes_as_often_as_it_may_and_until_it_is_healed() {
    let bench = bench().await;
    arm(&bench, "status=500,times=2").await;
    let status = async || bench.get("/numbers").await.1.status;
    assert_eq!(
        [status().await, status().await, status().await],
        [500, 500, 200]
    );

    let id = arm(&bench, "status=429,stream=/numbers").await;
    assert_eq!(status().await, 429);
    assert_eq!(bench.get("/endless").await.1.status, 200);
    let (_, healed) = api(&bench, "DELETE", &format!("/api/faults/{id}"), &json!(null)).await;
    assert_eq!(healed["healed"], json!([id]));
    assert_eq!(status().await, 200);
}

#[tokio::test]
async fn beyond_a_limit_others_are_answered() {
    let bench = bench().await;
    arm(&bench, "limit=2,retry-after=3,stream=/endless").await;
    let first = open(&bench, "a").await;
    let _second = open(&bench, "b").await;
    let (_, head) = bench.get("/endless").await;
    assert_eq!((head.status, head.get("retry-after")), (503, Some("3")));
    drop(first);
    bench.ended("a").await;
    assert_eq!(bench.get("/endless").await.1.status, 200);
}

/// Each of a storm was counted before any of them was open, and all of them came in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_holds_in_a_storm() {
    let bench = bench().await;
    for round in 0..20 {
        let request = bench.request("GET", &format!("/@r{round}/endless?every=1h"), &[]);
        arm(&bench, &format!("limit=3,room=r{round}")).await;
        let mut clients = Vec::new();
        for _ in 0..40 {
            clients.push(bench.connect().await);
        }
        let asked = clients.into_iter().map(|mut client| {
            let request = request.clone();
            tokio::spawn(async move {
                client.send(&request).await;
                let status = client.head().await.status;
                // It stays open until all were answered.
                (client, status)
            })
        });
        let mut open = Vec::new();
        for one in asked.collect::<Vec<_>>() {
            let (client, status) = one.await.expect("it is answered");
            if status == 200 {
                open.push(client);
            }
        }
        assert_eq!(open.len(), 3, "round {round}");
    }
}

/// What is counted is in the log, also where the request has no row.
#[tokio::test]
async fn a_head_and_a_polite_refusal_are_struck_and_logged() {
    let bench = bench().await;
    for (method, target, fault, status) in [
        ("HEAD", "/endless", "type=none", 200),
        ("HEAD", "/topics/a", "drop-header=cache-control", 200),
        ("HEAD", "/topics/a", "status=418", 418),
        ("HEAD", "/endless", "status=418", 418),
    ] {
        let id = arm(&bench, &format!("{fault},times=1")).await;
        assert_eq!(bench.ask(method, target, &[]).await.1.status, status);
        let path = format!("/api/wait?until=fired={id}&timeout=1s");
        let (_, met) = api(&bench, "GET", &path, &Value::Null).await;
        assert_eq!(met["met"], true, "{method} {target} {fault}: {met}");
    }
    // 204 to one that has everything, with a shift that takes it behind the end.
    let id = arm(&bench, "jump=9,times=1").await;
    let (_, head) = bench
        .ask("GET", "/numbers", &[("last-event-id", "1")])
        .await;
    assert_eq!(head.status, 204);
    let path = format!("/api/wait?until=fired={id}&timeout=1s");
    assert_eq!(api(&bench, "GET", &path, &Value::Null).await.1["met"], true);
}

/// All faults of a profile struck those of the first.
#[tokio::test]
async fn each_fault_of_a_profile_acts_on_whom_it_names() {
    let bench = bench().await;
    let list = r#"
        [[stream]]
        path = "/a"
        every = "20ms"
        data = "x"
        [[stream]]
        path = "/b"
        every = "20ms"
        data = "x"
        [[profile]]
        name = "both"
        faults = ["cut,stream=/a", "reset,stream=/b"]
    "#;
    let length = list.len().to_string();
    let head = [("content-length", &*length)];
    let mut client = bench.connect().await;
    let put = bench.request("PUT", "/api/rooms/r/streams", &head);
    client.send(&format!("{put}{list}")).await;
    assert_eq!(client.head().await.status, 204);
    let mut streams = Vec::new();
    for path in ["/@r/a", "/@r/b"] {
        let (mut client, _) = bench.get(path).await;
        client.chunk().await;
        streams.push(client);
    }
    let (status, acted) = act(&bench, &json!({ "do": "profile=both", "room": "r" })).await;
    assert_eq!(
        (status, acted["acted"].as_array().map(Vec::len)),
        (200, Some(2)),
        "{acted}"
    );
    let mut ends = Vec::new();
    for client in &mut streams {
        let mut rest = Vec::new();
        let end = soon("the end", client.socket.read_to_end(&mut rest)).await;
        ends.push(end.map_err(|e| e.kind()).map(drop));
    }
    assert_eq!(ends, [Ok(()), Err(std::io::ErrorKind::ConnectionReset)]);
}

#[tokio::test]
async fn an_act_breaks_what_is_open_and_nothing_else() {
    let bench = bench().await;
    let (mut a, mut b) = (open(&bench, "a").await, open(&bench, "b").await);
    let (status, acted) = act(&bench, &json!({ "do": "cut,half", "client": "a" })).await;
    assert_eq!(
        (status, acted["acted"].as_array().map(Vec::len)),
        (200, Some(1))
    );
    let rest = a.rest().await;
    assert!(!rest.ends_with(b"0\r\n\r\n") && !rest.ends_with(b"\n\n\r\n"));
    let row = bench.ended("a").await;
    let ended = row.ended.expect("it ended");
    assert_eq!((ended.by, ended.why.words()), (EndedBy::Server, "fault"));
    assert_eq!(ended.fault, acted["id"].as_u64());
    b.chunk().await;
    // What comes next is not struck.
    open(&bench, "c").await;
    let (status, refusal) = act(&bench, &json!({ "do": "cut", "client": "nobody" })).await;
    assert_eq!(status, 409, "{refusal}");
}

#[tokio::test]
async fn a_silence_by_hand_is_listed_until_it_is_healed() {
    let bench = bench().await;
    let mut a = open(&bench, "a").await;
    let (_, acted) = act(&bench, &json!({ "do": "silence", "stream": "/endless" })).await;
    let id = acted["id"].as_u64().expect("a number");
    let row = bench
        .table("it is struck", |slice| !slice.rows[0].faults.is_empty())
        .await;
    assert_eq!(row.rows[0].faults[0].id, id);
    let before = bench.client("a").rows[0].events;
    // What another is sent meanwhile is the clock.
    let mut b = open(&bench, "b").await;
    for _ in 0..10 {
        b.chunk().await;
    }
    drop(b);
    assert_eq!(bench.client("a").rows[0].events, before);
    let (_, list) = api(&bench, "GET", "/api/faults", &json!(null)).await;
    assert_eq!(
        (&list[0]["id"], &list[0]["from"]),
        (&json!(id), &json!("act"))
    );
    api(&bench, "DELETE", "/api/faults", &json!(null)).await;
    for _ in 0..3 {
        a.chunk().await;
    }
    let (_, list) = api(&bench, "GET", "/api/faults", &json!(null)).await;
    assert_eq!(list, json!([]));
}

#[tokio::test]
async fn an_act_that_cannot_be_is_refused_with_a_sentence() {
    let bench = bench().await;
    let _a = open(&bench, "a").await;
    for (what, words) in [
        (
            json!({ "do": "status=503" }),
            "arm it with POST /api/faults",
        ),
        (json!({ "do": "forget" }), "arm it"),
        (json!({ "do": "cut,attempt=2" }), "choose among requests"),
        (json!({ "do": "cutt" }), "`cut` is the nearest"),
        (
            json!({ "do": "cut", "stream": "/endles" }),
            "/endless is the nearest",
        ),
        (
            json!({ "do": "cut,stream=/numbers", "stream": "/endless" }),
            "The fault is for stream=/numbers, and the request for /endless",
        ),
        (json!({ "do": "cut", "to": 7 }), "send JSON such as"),
        (json!({}), "send JSON such as"),
    ] {
        let (status, answer) = act(&bench, &what).await;
        let sentence = answer["error"].as_str().expect("a sentence");
        assert_eq!(status, 400, "{what}");
        assert!(sentence.contains(words), "{what}: {sentence}");
    }
}

#[tokio::test]
async fn a_refused_preflight_strikes_only_what_asks_first() {
    let bench = bench().await;
    arm(&bench, "preflight=403,attempt=2").await;
    let origin = ("origin", "http://localhost:3000");
    let asked = [
        origin,
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "last-event-id"),
    ];
    let target = "/endless?client=a";
    assert_eq!(bench.ask("OPTIONS", target, &asked).await.1.status, 204);
    assert_eq!(bench.ask("GET", target, &[origin]).await.1.status, 200);
    assert_eq!(bench.ask("OPTIONS", target, &asked).await.1.status, 403);
    assert_eq!(bench.ask("GET", target, &[origin]).await.1.status, 200);
}

/// Whoever waits behind the number that was answered misses nothing that came of it.
#[tokio::test]
async fn the_log_has_what_was_armed_what_struck_and_what_was_healed() {
    let bench = bench().await;
    let (_, armed) = api(
        &bench,
        "POST",
        "/api/faults",
        &json!({ "fault": "end,after=1" }),
    )
    .await;
    let (mut client, _) = bench.get("/endless?client=a").await;
    client.chunks().await;
    bench.ended("a").await;
    api(&bench, "DELETE", "/api/faults", &json!(null)).await;
    let before = armed["seq"].as_u64().expect("a number") - 1;
    let (mut log, head) = bench.get(&format!("/api/log?after={before}")).await;
    assert_eq!(head.status, 200);
    let text: String = log.chunks().await.concat();
    let kinds: Vec<String> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["kind"].to_string())
        .collect();
    assert_eq!(
        kinds.join(" "),
        r#""armed" "connected" "fired" "ended" "healed""#
    );
}

/// The window's Heal does not need the port.
#[tokio::test]
async fn nobody_listens_while_refuse_is_armed_and_the_server_goes_on_running() {
    let bench = bench().await;
    let mut before = open(&bench, "before").await;
    arm(&bench, "refuse,for=60s").await;
    let refused = async || TcpStream::connect(bench.addr).await.is_err();
    soon("the refusal", async {
        while !refused().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    before.chunk().await;
    assert_eq!(bench.server.status().borrow().phase, Phase::Running);
    let armed = &bench.server.faults()[0];
    assert_eq!((armed.fired, armed.last.is_some()), (1, true));
    std::net::TcpListener::bind(bench.addr).expect_err("the port is kept");

    assert_eq!(bench.server.heal_all(), 1);
    soon("it listens", async {
        while refused().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert_eq!(bench.get("/numbers").await.1.status, 200);

    // A refusal that is yet to begin, and ends by itself, and a stop in the midst of one.
    arm(&bench, "refuse,start=50ms,for=100ms").await;
    assert!(!refused().await);
    soon("the refusal", async {
        while !refused().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        while refused().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    arm(&bench, "refuse,for=60s").await;
    let asked = Instant::now();
    bench.server.stop().await;
    assert!(asked.elapsed() < Duration::from_secs(1));
}

/// What a fault skips or repeats is not the client's doing.
#[tokio::test]
async fn a_verdict_does_not_count_what_a_fault_skipped_or_repeated() {
    let bench = bench().await;
    for (tag, fault) in [
        ("a", "jump=3"),
        ("b", "rewind=2"),
        ("c", "forget"),
        ("d", "skip=2,after=1"),
    ] {
        let target = |more: &str| format!("/endless?every=10ms&client={tag}{more}");
        let (mut first, _) = bench.get(&target("&fault=cut,after=5")).await;
        first.rest().await;
        let row = bench.ended(tag).await;
        let last = row.last_id.expect("it was sent five");
        let (mut second, _) = bench
            .ask(
                "GET",
                &target(&format!("&fault={fault}")),
                &[("last-event-id", &last)],
            )
            .await;
        second.chunk().await;
        let is_struck =
            |row: &RowView| row.client.as_deref() == Some(tag) && !row.faults.is_empty();
        let struck = |slice: &Slice| is_struck(&slice.rows[0]);
        // The row names it.
        let came = bench.table("it is struck", struck).await.rows.remove(0);
        let verdict = came.verdict.expect("it came back");
        assert_eq!(
            (verdict.lost, verdict.repeated),
            (Some(0), Some(0)),
            "{fault}: {}",
            verdict.words
        );
    }
}

/// Nothing happened for thirty seconds, and then the row said that it was stalled.
#[tokio::test]
async fn a_client_that_reads_nothing_is_cut_at_once() {
    let bench = bench().await;
    let target = "/endless?every=0ms&client=slow";
    let (mut client, _) = bench.get(target).await;
    let blocked = |slice: &Slice| slice.rows.iter().any(|row| row.blocked);
    bench.table("it is blocked", blocked).await;
    let acted = Instant::now();
    let (status, _) = act(&bench, &json!({ "do": "reset", "client": "slow" })).await;
    assert_eq!(status, 200);
    let ended = bench.ended("slow").await.ended.expect("it ended");
    assert_eq!(ended.why.words(), "fault");
    assert!(acted.elapsed() < Duration::from_secs(10));
    client.rest().await;
}

/// Who waited for a client and then acted met it on its way from the table to its sweeper.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_right_behind_a_connect_is_never_lost() {
    let bench = bench().await;
    for n in 0..50 {
        let tag = format!("c{n}");
        let target = format!("/endless?client={tag}");
        let asked = bench.get(&target);
        let cut = async {
            loop {
                let (status, _) = act(&bench, &json!({ "do": "cut", "client": tag })).await;
                if status == 200 {
                    return;
                }
            }
        };
        let ((mut client, _), ()) = tokio::join!(asked, cut);
        client.rest().await;
    }
}

/// Those who might have been on their way kept an act until somebody else came, and so the page
/// said of a server with nothing left to break that a fault is armed.
#[tokio::test]
async fn an_act_that_is_done_leaves_the_list_by_itself() {
    let bench = bench().await;
    let mut a = open(&bench, "a").await;
    let (status, _) = act(&bench, &json!({ "do": "cut" })).await;
    assert_eq!(status, 200);
    a.rest().await;
    soon("nothing is listed", async {
        while !bench.server.faults().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_empty_choice_is_nobody() {
    let bench = bench().await;
    let mut a = open(&bench, "a").await;
    let (status, _) = act(&bench, &json!({ "do": "reset", "connections": [] })).await;
    assert_eq!(status, 409);
    a.chunk().await;
    let id = bench.client("a").rows[0].id;
    let (status, acted) = act(&bench, &json!({ "do": "end", "connections": [id, 999] })).await;
    assert_eq!((status, &acted["acted"]), (200, &json!([id])));
}
