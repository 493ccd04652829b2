//! `GET /api/wait` over real sockets: what is true already, what comes true, and what does not.

mod support;

use std::time::{Duration, Instant};

use serde_json::Value;
use sse_server::Limits;
use support::{Bench, Client, Head, SOON, soon};
use tokio::task::JoinSet;

/// The answer: its status, and what it says.
async fn answer(mut client: Client, head: &Head) -> (u16, Value) {
    let body = client.body(head).await;
    (head.status, serde_json::from_str(&body).expect("JSON"))
}

async fn wait(bench: &Bench, query: &str) -> (u16, Value) {
    let (client, head) = bench.get(&format!("/api/wait?{query}")).await;
    answer(client, &head).await
}

/// One that is true, or becomes true.
async fn met(bench: &Bench, query: &str) -> Value {
    let (status, met) = wait(bench, query).await;
    assert_eq!((status, &met["met"]), (200, &true.into()), "{query}: {met}");
    met
}

/// One that waits, which it is known to do by its place being taken.
async fn waiting(bench: &Bench, query: &str) -> Client {
    let mut client = bench.connect().await;
    let target = format!("/api/wait?{query}");
    client.send(&bench.request("GET", &target, &[])).await;
    client
}

async fn answered(mut client: Client) -> (u16, Value) {
    let head = client.head().await;
    answer(client, &head).await
}

/// The newest number of the log.
async fn newest(bench: &Bench) -> u64 {
    let (_, unmet) = wait(bench, "until=gone&client=nobody&timeout=1ms").await;
    assert_eq!(unmet["met"], false);
    let (mut client, head) = bench.get("/api/log").await;
    let text = match head.get("content-length") {
        Some(_) => client.body(&head).await,
        None => client.chunks().await.concat(),
    };
    let last = text.lines().last().expect("it started");
    let last: Value = serde_json::from_str(last).expect("JSON");
    last["seq"].as_u64().expect("a number")
}

#[tokio::test]
async fn what_happened_behind_the_number_is_answered_at_once() {
    let bench = Bench::start().await;
    let (mut client, _) = bench.get("/endless?every=10ms&client=t1").await;
    client.until("id: 7\n").await;
    let connected = met(&bench, "until=connected&client=t1").await;
    assert_eq!(connected["seq"], 2);
    assert_eq!(connected["row"]["client"], "t1");
    assert_eq!(connected["row"]["state"], "open");
    assert_eq!(connected["verdict"], Value::Null);
    drop(client);
    bench.ended("t1").await;
    let ended = met(&bench, "until=ended&client=t1&after=2").await;
    assert_eq!((&ended["seq"], &ended["row"]["id"]), (&3.into(), &1.into()));

    let resume = [("last-event-id", "5")];
    let target = "/endless?every=1h&client=t1";
    let (_client, _) = bench.ask("GET", target, &resume).await;
    let returned = met(&bench, "until=returned&stream=/endless&after=3").await;
    assert_eq!(returned["seq"], 5);
    assert_eq!(returned["row"]["id"], 2);
    assert_eq!(returned["verdict"]["kind"], "back");
    assert_eq!(returned["verdict"]["lost"], 0);
    assert!(returned["verdict"]["away_ms"].as_u64().is_some());
}

#[tokio::test]
async fn what_is_still_to_come_is_waited_for() {
    let bench = Bench::start().await;
    let ended = waiting(&bench, "until=ended&client=t1&timeout=1m").await;
    let refused = waiting(&bench, "until=refused&client=t1&timeout=1m").await;
    let other = bench.get("/endless?every=1h&client=other").await;
    let (client, _) = bench.get("/endless?every=1h&client=t1").await;
    drop(other);
    drop(client);
    let (status, ended) = answered(ended).await;
    assert_eq!((status, &ended["row"]["client"]), (200, &"t1".into()));
    let (_, head) = bench.get("/endless?every=never&client=t1").await;
    assert_eq!(head.status, 400);
    let (status, refused) = answered(refused).await;
    assert_eq!((status, &refused["row"]["status"]), (200, &400.into()));
}

#[tokio::test]
async fn who_waits_in_vain_is_told_what_happened() {
    let bench = Bench::start().await;
    let begun = Instant::now();
    let (status, unmet) = wait(&bench, "until=returned&client=t1&timeout=50ms").await;
    assert_eq!((status, &unmet["met"]), (408, &false.into()));
    assert!(begun.elapsed() >= Duration::from_millis(50));
    assert!(unmet["waited_ms"].as_u64() >= Some(50));
    let words = "Nobody came back within 50ms: nothing happened so far.";
    assert_eq!(unmet["words"], words);
    assert_eq!(unmet["seen"], Value::Array(Vec::new()));

    for _ in 0..2 {
        let (client, _) = bench.get("/endless?every=1h&client=t1").await;
        drop(client);
        bench.ended("t1").await;
    }
    let (_, unmet) = wait(&bench, "until=gone&client=t1&after=3&timeout=10ms").await;
    let words = "Nobody was missed within 10ms: 1 connected, 1 ended, 1 returned since entry 3.";
    assert_eq!(unmet["words"], words, "{unmet}");
    let seen = unmet["seen"].as_array().expect("a list");
    let kinds: Vec<_> = seen.iter().map(|entry| entry["kind"].as_str()).collect();
    assert_eq!(kinds, ["connected", "returned", "ended"].map(Some));
    // The newest of many.
    for _ in 0..30 {
        bench.get("/endless?every=never&client=t2").await;
    }
    let (_, unmet) = wait(&bench, "until=connected&client=t2&timeout=10ms").await;
    let seen = unmet["seen"].as_array().expect("a list");
    assert_eq!(seen.len(), 20);
    let newest = newest(&bench).await;
    assert_eq!(seen[19]["seq"].as_u64(), Some(newest));
}

#[tokio::test]
async fn events_and_ids_make_no_entry_and_are_seen() {
    let bench = Bench::start().await;
    let events = waiting(&bench, "until=events=12&client=t1&timeout=1m").await;
    let id = waiting(&bench, "until=sent-id%3D12&client=t1&timeout=1m").await;
    let (mut client, _) = bench.get("/endless?every=1ms&client=t1").await;
    client.until("id: 12\n").await;
    let (status, met_events) = answered(events).await;
    assert_eq!(status, 200, "{met_events}");
    assert!(met_events["row"]["events"].as_u64() >= Some(12));
    assert_eq!(met_events["seq"], 2);
    // It is at a later one by now, perhaps.
    let (status, met_id) = answered(id).await;
    assert_eq!((status, &met_id["row"]["client"]), (200, &"t1".into()));
    drop(client);
    bench.ended("t1").await;
    met(&bench, "until=events=12&client=t1").await;
    let row = bench.client("t1").rows.remove(0);
    let last = row.last_id.expect("it got some");
    met(&bench, &format!("until=sent-id={last}&client=t1")).await;
    // What had ended before is not meant.
    let after = newest(&bench).await;
    for until in ["events=1".to_owned(), format!("sent-id={last}")] {
        let query = format!("until={until}&client=t1&after={after}&timeout=10ms");
        let (status, unmet) = wait(&bench, &query).await;
        assert_eq!(status, 408, "{unmet}");
    }
}

/// The number is the newest, so that it is the `after` of the next question.
#[tokio::test]
async fn who_stays_away_is_waited_for_from_when_it_was_last_there() {
    let bench = Bench::limited(Limits {
        streams: 1,
        ..Limits::default()
    })
    .await;
    let (client, _) = bench.get("/endless?every=1h&client=t1").await;
    let query = "until=away&for=50ms&timeout=200ms&client=t1";
    let (status, unmet) = wait(&bench, query).await;
    let words = "The clients did not stay away for 50ms within 200ms: 1 connected so far.";
    assert_eq!((status, &unmet["words"]), (408, &words.into()));
    let away = waiting(&bench, "until=away&for=300ms&client=t1").await;
    drop(client);
    bench.ended("t1").await;
    let (_other, _) = bench.get("/endless?every=1h&client=other").await;
    // It comes once more, and is refused.
    let (_, head) = bench.get("/endless?every=1h&client=t1").await;
    assert_eq!(head.status, 503);
    let refused = Instant::now();
    let (status, met_away) = answered(away).await;
    assert_eq!((status, &met_away["met"]), (200, &true.into()));
    assert!(refused.elapsed() >= Duration::from_millis(250));
    let newest = newest(&bench).await;
    assert_eq!(met_away["seq"].as_u64(), Some(newest));
    // It has been away for so long, whenever that is asked.
    let begun = Instant::now();
    let query = format!("until=away&for=300ms&timeout=10s&client=t1&after={newest}");
    met(&bench, &query).await;
    assert!(begun.elapsed() < SOON / 2);
}

/// Only the table of the default room was looked at: who was there in another one was taken for
/// away, and was never sent an event.
#[tokio::test]
async fn a_room_is_looked_at_in_its_own_table() {
    let bench = Bench::start().await;
    // The room begins while they wait.
    let waits = [
        waiting(&bench, "until=events=3&room=ci&timeout=1m").await,
        waiting(&bench, "until=sent-id=3&room=*&timeout=1m").await,
    ];
    let (mut client, _) = bench.get("/@ci/endless?every=1ms&count=3&client=t1").await;
    client.until("id: 3\n").await;
    for wait in waits {
        let (status, met) = answered(wait).await;
        assert_eq!((status, &met["row"]["room"]), (200, &"ci".into()), "{met}");
    }
    let (_client, _) = bench.get("/@ci/endless?every=1h&client=t2").await;
    let connected = met(&bench, "until=connected&room=ci&client=t2").await;
    assert_eq!(connected["row"]["client"], "t2");
    let (status, _) = wait(&bench, "until=away&for=1ms&timeout=50ms&room=ci&client=t2").await;
    assert_eq!(status, 408);
    let (status, _) = wait(&bench, "until=away&for=1ms&timeout=50ms&room=*").await;
    assert_eq!(status, 408);
    met(&bench, "until=away&for=1ms").await;
}

/// A client that is told to come later, and does.
#[tokio::test]
async fn who_was_refused_returns_with_its_next_request() {
    let bench = Bench::start().await;
    let (_, head) = bench.get("/endless?every=never&client=t1").await;
    assert_eq!(head.status, 400);
    let refused = met(&bench, "until=refused&client=t1").await;
    let after = refused["seq"].as_u64().expect("a number");
    let returned = waiting(&bench, &format!("until=returned&client=t1&after={after}")).await;
    let (_client, _) = bench.get("/endless?every=1h&client=t1").await;
    let (status, returned) = answered(returned).await;
    assert_eq!(status, 200, "{returned}");
    let verdict = &returned["verdict"];
    assert_eq!(
        (&verdict["lost"], &verdict["repeated"]),
        (&0.into(), &0.into())
    );
    let words = verdict["words"].as_str().expect("words");
    assert!(words.contains(" after a refusal (400), "), "{words}");
}

#[tokio::test]
async fn a_stop_ends_every_wait() {
    let bench = Bench::start().await;
    let waits = [
        waiting(&bench, "until=connected&timeout=1m").await,
        waiting(&bench, "until=events=1&timeout=1m").await,
    ];
    // Those are read in turn: this one is answered behind them.
    wait(&bench, "until=connected&timeout=50ms").await;
    let begun = Instant::now();
    bench.server.stop().await;
    assert!(
        begun.elapsed() < Duration::from_millis(450),
        "no grace is used"
    );
    for wait in waits {
        let (status, said) = answered(wait).await;
        assert_eq!(status, 503);
        let error = said["error"].as_str().expect("a sentence");
        assert!(error.starts_with("The server stopped"), "{error}");
    }
}

#[tokio::test]
async fn so_many_wait_and_the_next_one_is_told() {
    let bench = Bench::start().await;
    let mut waits = JoinSet::new();
    for _ in 0..=64 {
        let wait = waiting(&bench, "until=connected&timeout=1m").await;
        waits.spawn(answered(wait));
    }
    let first = soon("one has no place", waits.join_next()).await;
    let (status, said) = first.expect("there are 65").expect("no panic");
    assert_eq!(status, 503);
    let error = said["error"].as_str().expect("a sentence");
    assert!(error.starts_with("64 requests wait already"), "{error}");
    let (_client, _) = bench.get("/endless?every=1h").await;
    for (status, _) in waits.join_all().await {
        assert_eq!(status, 200);
    }
}

#[tokio::test]
async fn what_is_no_question_is_refused_in_a_sentence() {
    let bench = Bench::start().await;
    for (query, words) in [
        ("", "until is missing"),
        ("until=soon", "until must be connected"),
        ("until=connected&timeout=61s", "at most 1m"),
    ] {
        let (status, said) = wait(&bench, query).await;
        assert_eq!(status, 400, "{query}");
        let error = said["error"].as_str().expect("a sentence");
        assert!(error.contains(words), "{error}");
    }
    let (_, head) = bench.ask("POST", "/api/wait?until=connected", &[]).await;
    assert_eq!(head.status, 405);
    let origin = [("origin", "http://localhost:3000")];
    let (_, head) = bench.ask("GET", "/api/wait?until=connected", &origin).await;
    assert_eq!(head.status, 403);
}
