//! `POST /api/reset` over real sockets: the room is as if it had just begun.

mod support;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sse_server::{Config, KeepAlive, Limits};
use support::topics::Published;
use support::{Bench, Client, soon};

/// A room of its own, and the default one.
const ROOMS: [Option<&str>; 2] = [None, Some("a")];

async fn bench() -> Bench {
    Bench::with(Config {
        keep_alive: KeepAlive::Off,
        ..Config::default()
    })
    .await
}

/// The status and the JSON of the answer.
async fn call(bench: &Bench, method: &str, target: &str, body: &str) -> (u16, Value) {
    let length = body.len().to_string();
    let request = bench.request(method, target, &[("content-length", &length)]);
    let mut client = bench.connect().await;
    client.send(&(request + body)).await;
    let head = client.head().await;
    let text = client.body(&head).await;
    (head.status, serde_json::from_str(&text).expect("JSON"))
}

/// The path of the API with the room in its query.
fn api(path: &str, room: Option<&str>) -> String {
    match room {
        None => format!("/api/{path}"),
        Some(room) if path.contains('?') => format!("/api/{path}&room={room}"),
        Some(room) => format!("/api/{path}?room={room}"),
    }
}

/// The path of a stream or topic in a room.
fn at(room: Option<&str>, path: &str) -> String {
    let room = room.map(|room| format!("/@{room}"));
    room.unwrap_or_default() + path
}

async fn get(bench: &Bench, room: Option<&str>, path: &str) -> Value {
    let target = api(path, room);
    let (status, answer) = call(bench, "GET", &target, "").await;
    assert_eq!(status, 200, "{target}: {answer}");
    answer
}

/// Resets a room. Answers the number of that.
async fn reset(bench: &Bench, room: Option<&str>) -> u64 {
    let (status, answer) = call(bench, "POST", &api("reset", room), "").await;
    assert_eq!(status, 200, "{answer}");
    answer["seq"].as_u64().expect("a number")
}

async fn arm(bench: &Bench, room: Option<&str>, fault: &str) -> u64 {
    let wish = json!({ "fault": fault, "room": room }).to_string();
    let (status, answer) = call(bench, "POST", "/api/faults", &wish).await;
    assert_eq!(status, 201, "{answer}");
    answer["id"].as_u64().expect("a number")
}

/// Whether this is true of the room by now.
async fn is_met(bench: &Bench, room: Option<&str>, query: &str) -> bool {
    let target = api(&format!("wait?timeout=1ms&{query}"), room);
    let (status, answer) = call(bench, "GET", &target, "").await;
    assert!(matches!(status, 200 | 408), "{query}: {answer}");
    status == 200
}

/// A stream that has sent its first event.
async fn open(bench: &Bench, target: &str) -> Client {
    let (mut client, head) = bench.get(target).await;
    assert_eq!(head.status, 200, "{target}");
    client.until("data: ").await;
    client
}

/// The entries of the log behind a number.
async fn log(bench: &Bench, after: u64) -> Vec<Value> {
    let (mut client, head) = bench.get(&format!("/api/log?after={after}")).await;
    let text = match head.get("content-length") {
        Some(_) => client.body(&head).await,
        None => client.chunks().await.concat(),
    };
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

/// Waits until the log has so many ends behind a number, and answers why those were.
async fn ends(bench: &Bench, after: u64, count: usize) -> Vec<String> {
    soon("the ends", async {
        loop {
            let entries = log(bench, after).await;
            let ends = entries.iter().filter(|entry| entry["kind"] == "ended");
            let ends: Vec<_> = ends
                .map(|end| end["why"].as_str().expect("a reason").to_owned())
                .collect();
            if ends.len() >= count {
                return ends;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

/// Those of a topic ended by its end, which met whoever waited for an end.
#[tokio::test]
async fn nothing_of_before_meets_a_wait() {
    let bench = bench().await;
    for room in ROOMS {
        let mut gone = open(&bench, &at(room, "/endless?every=1ms&client=x")).await;
        gone.until("id: 7\n").await;
        drop(gone);
        let resume = [("last-event-id", "7")];
        let target = at(room, "/endless?every=1ms&client=x");
        let (mut back, _) = bench.ask("GET", &target, &resume).await;
        back.until("id: 12\n").await;
        let fault = arm(&bench, room, "status=503,client=y").await;
        let (_, head) = bench.get(&at(room, "/endless?client=y")).await;
        assert_eq!(head.status, 503);
        let mut reader = bench.subscribe(&at(room, "/topics/news")).await;
        bench.publish(&at(room, "/topics/news"), "hello").await;
        assert_eq!(reader.data().await, "hello");
        let untils = [
            "connected".to_owned(),
            "returned".to_owned(),
            "refused".to_owned(),
            "ended".to_owned(),
            "events=2".to_owned(),
            "sent-id=9".to_owned(),
            format!("fired={fault}"),
        ];
        for until in &untils {
            let target = api(&format!("wait?until={until}"), room);
            assert_eq!(call(&bench, "GET", &target, "").await.0, 200, "{until}");
        }

        let seq = reset(&bench, room).await;
        let table = get(&bench, room, "connections").await;
        for count in ["all", "open", "opened", "refused", "complete"] {
            assert_eq!(table[count], 0, "{count}");
        }
        let activity = get(&bench, room, "activity").await;
        let streams = activity["streams"].as_array().expect("streams").iter();
        let idle = json!([0, 0]);
        for stream in streams {
            assert_eq!(json!([stream["open"], stream["events"]]), idle, "{stream}");
        }
        assert_eq!(get(&bench, room, "state").await["topics"], json!([]));
        assert!(reader.rest().await.is_empty());
        assert!(back.rest().await.ends_with(b"0\r\n\r\n"));
        assert_eq!(ends(&bench, seq, 2).await, ["room reset"; 2]);
        for after in [0, seq] {
            for until in &untils {
                let query = format!("until={until}&after={after}");
                assert!(!is_met(&bench, room, &query).await, "{query}");
            }
        }
        // Nobody is there, since the reset.
        let target = api(&format!("wait?until=away&for=20ms&after={seq}"), room);
        assert_eq!(call(&bench, "GET", &target, "").await.0, 200);

        let _new = open(&bench, &at(room, "/endless?every=1h&client=x")).await;
        for (until, met) in [("connected", true), ("events=1", true), ("returned", false)] {
            assert_eq!(
                is_met(&bench, room, &format!("until={until}")).await,
                met,
                "{until}"
            );
        }
    }
}

#[tokio::test]
async fn limits_and_attempts_count_from_the_reset_on() {
    let bench = bench().await;
    for room in ROOMS {
        let target = at(room, "/endless?every=1h&client=x");
        let status = async || bench.get(&target).await.1.status;
        let _before = [open(&bench, &target).await, open(&bench, &target).await];
        reset(&bench, room).await;
        arm(&bench, room, "limit=1").await;
        arm(&bench, room, "status=418,attempt=2").await;
        let _one = open(&bench, &target).await;
        assert_eq!([status().await, status().await], [503, 503]);
        reset(&bench, room).await;
        arm(&bench, room, "status=418,attempt=2").await;
        assert_eq!([status().await, status().await], [200, 418]);
    }
}

#[tokio::test]
async fn what_was_armed_or_done_before_strikes_nobody_afterwards() {
    let bench = bench().await;
    for room in ROOMS {
        let target = at(room, "/endless?every=20ms&client=x");
        arm(&bench, room, "status=503,client=x,times=1,start=1ms").await;
        arm(&bench, room, "cut,after=1,start=20ms").await;
        let mut hangs = open(&bench, &at(room, "/endless?every=20ms&client=y")).await;
        let mut held = open(&bench, &at(room, "/endless?every=20ms&client=z")).await;
        for (what, client) in [("hang", "y"), ("hold=end", "z")] {
            let act = json!({ "do": what, "client": client, "room": room }).to_string();
            assert_eq!(call(&bench, "POST", "/api/act", &act).await.0, 200);
        }
        reset(&bench, room).await;
        assert_eq!(get(&bench, room, "faults").await, json!([]));
        for client in [&mut hangs, &mut held] {
            assert!(client.rest().await.ends_with(b"0\r\n\r\n"));
        }
        let act = json!({ "do": "cut", "room": room }).to_string();
        let (status, answer) = call(&bench, "POST", "/api/act", &act).await;
        assert_eq!(status, 409, "none of before is open: {answer}");
        let mut new = open(&bench, &target).await;
        new.until("id: 5\n").await;
    }
}

/// It came minutes after the reset, from a fault that was healed.
#[tokio::test]
async fn an_answer_that_is_put_off_comes_at_once() {
    let bench = bench().await;
    let faults = r#"{ "faults": ["status=503", "wait=10m"], "room": "a" }"#;
    assert_eq!(call(&bench, "POST", "/api/faults", faults).await.0, 201);
    let mut client = bench.connect().await;
    let request = bench.request("GET", "/@a/endless?client=x", &[]);
    client.send(&request).await;
    call(&bench, "GET", "/api/wait?until=refused&room=a", "").await;
    reset(&bench, Some("a")).await;
    assert_eq!(client.head().await.status, 503);
}

#[tokio::test]
async fn a_wait_that_runs_waits_for_what_comes_behind_the_reset() {
    let bench = bench().await;
    let mut before = open(&bench, "/@a/endless?every=1h&client=x").await;
    let mut waits = Vec::new();
    for until in ["ended", "events=2"] {
        let target = format!("/api/wait?until={until}&room=a&timeout=1m");
        let mut wait = bench.connect().await;
        wait.send(&bench.request("GET", &target, &[])).await;
        waits.push(wait);
    }
    // Those are read in turn: this one is answered behind them.
    assert!(!is_met(&bench, Some("a"), "until=gone").await);
    let seq = reset(&bench, Some("a")).await;
    before.rest().await;
    ends(&bench, seq, 1).await;
    let (mut client, _) = bench.get("/@a/endless?every=1ms&count=2&client=new").await;
    client.chunks().await;
    for mut wait in waits {
        let head = wait.head().await;
        let body = wait.body(&head).await;
        let met: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!((head.status, &met["row"]["client"]), (200, &json!("new")));
    }
}

/// What is published meanwhile is published whole, before or behind the reset.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_within_a_publish_loses_no_event_of_it() {
    let bench = bench().await;
    let lines = "1\n".repeat(20_000);
    let kind = [("content-type", "application/x-ndjson")];
    for round in 0..10 {
        // A publish waits for the sweeper of a reader.
        let reader = bench.subscribe("/@a/topics/news").await;
        let publish = bench.post("/@a/topics/news", &kind, &lines);
        let ((head, answer), _) = tokio::join!(publish, reset(&bench, Some("a")));
        assert_eq!(head.status, 200, "round {round}: {answer}");
        assert_eq!(Published::read(&answer).events, 20_000);
        drop(reader);
        reset(&bench, Some("a")).await;
        let state = get(&bench, Some("a"), "state").await;
        assert_eq!(state["topics"], json!([]), "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_resets_at_once_are_two_resets() {
    let bench = bench().await;
    let list = "[[stream]]\npath = \"/own\"\ndata = \"x\"\nfaults = [\"bom\", \"corrupt\"]\n";
    let length = list.len().to_string();
    let request = bench.request(
        "PUT",
        "/api/rooms/a/streams",
        &[("content-length", &*length)],
    );
    let mut client = bench.connect().await;
    client.send(&(request + list)).await;
    assert_eq!(client.head().await.status, 204);
    let mut newest = 0;
    for _ in 0..20 {
        let mut streams = Vec::new();
        for n in 0..3 {
            streams.push(open(&bench, &format!("/@a/own?every=1h&client=c{n}")).await);
        }
        let (one, other) = tokio::join!(reset(&bench, Some("a")), reset(&bench, Some("a")));
        assert!(one != other && one.min(other) > newest);
        newest = one.max(other);
        let faults = get(&bench, Some("a"), "faults").await;
        assert_eq!(faults.as_array().map(Vec::len), Some(2), "{faults}");
        assert_eq!(get(&bench, Some("a"), "connections").await["all"], 0);
        for mut stream in streams {
            assert!(stream.rest().await.ends_with(b"0\r\n\r\n"));
        }
    }
}

/// The faults of the server's list were armed in it, and nothing healed them any more.
#[tokio::test]
async fn a_reset_of_a_room_that_is_none_makes_none() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("streams.toml");
    let list = "[[stream]]\npath = \"/own\"\ndata = \"x\"\nfaults = [\"status=503\"]\n";
    std::fs::write(&file, list).expect("written");
    let bench = Bench::with(Config {
        streams_file: Some(file),
        ..Config::default()
    })
    .await;
    assert_eq!(bench.get("/own").await.1.status, 503);
    assert_eq!(bench.get("/@b/own").await.1.status, 200);
    for room in ["nobody", "b"] {
        reset(&bench, Some(room)).await;
        assert_eq!(get(&bench, Some(room), "faults").await, json!([]), "{room}");
    }
    assert_eq!(bench.get("/@b/own").await.1.status, 200, "as it began");
    assert_eq!(get(&bench, None, "state").await["rooms"], json!(["b"]));
    let (status, answer) = call(&bench, "POST", "/api/reset?room=a%2Fb", "").await;
    assert_eq!(status, 400, "{answer}");
}

#[tokio::test]
async fn all_of_many_end_in_order_and_give_their_places_back() {
    let bench = Bench::limited(Limits {
        streams: 50,
        ..Limits::default()
    })
    .await;
    let mut streams = Vec::new();
    for n in 0..50 {
        streams.push(open(&bench, &format!("/@a/endless?every=20ms&client=c{n}")).await);
    }
    assert_eq!(bench.get("/@a/endless").await.1.status, 503);
    let begun = Instant::now();
    let seq = reset(&bench, Some("a")).await;
    assert_eq!(get(&bench, Some("a"), "connections").await["all"], 0);
    for stream in &mut streams {
        assert!(stream.rest().await.ends_with(b"0\r\n\r\n"));
    }
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(ends(&bench, seq, 50).await, ["room reset"; 50]);
    let mut again = Vec::new();
    for n in 0..50 {
        again.push(open(&bench, &format!("/@a/endless?every=1h&client=c{n}")).await);
    }
    let table = get(&bench, Some("a"), "connections").await;
    let rows = table["rows"].as_array().expect("rows");
    assert!(rows.iter().all(|row| row["verdict"].is_null()), "{table}");
}

/// Scripts take the number of a reset, and wait behind it.
#[tokio::test]
async fn numbers_only_go_up() {
    let mut bench = bench().await;
    let mut newest = 0;
    for room in [None, Some("a"), None, Some("a")] {
        drop(open(&bench, &at(room, "/endless?every=1h")).await);
        let seq = reset(&bench, room).await;
        assert!(seq > newest, "{seq} behind {newest}");
        newest = seq;
        let entries = log(&bench, seq - 1).await;
        assert_eq!(entries[0]["kind"], "reset");
        assert_eq!(entries[0]["room"].as_str(), room);
    }
    bench.server.restart().await.expect("a free port");
    let port = bench.server.status().borrow().port;
    bench.addr.set_port(port);
    assert!(reset(&bench, None).await > newest);
}
