//! What a watch keeps and answers, fed with pieces of made-up times.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use sse_client::diagnose::diagnose;
use sse_client::{End, Piece, Url, Watch, Wish};
use sse_server::WatchRecording;
use sse_server::recording::Recording;

use super::Watcher;
use super::progress::{Progress, Stage};
use super::view::{Cursor, WatchView};

/// A watch whose head has come, of a server that sends no more.
async fn begun(kind: &str) -> Watch {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("it listens"));
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: 9\r\n\r\n");
    std::thread::spawn(move || {
        let (mut client, _) = listener.accept().expect("a client");
        let mut request = [0; 1024];
        _ = client.read(&mut request);
        client.write_all(head.as_bytes()).expect("it reads");
        // Until the client has gone.
        _ = client.read(&mut request);
    });
    let wish = Wish::new(Url::parse(&url).expect("a URL"));
    Watch::begin(wish).await.expect("an answer")
}

async fn seen(kind: &str) -> Progress {
    let mut seen = Progress::default();
    let wish = Wish::new(Url::parse("http://localhost/").expect("a URL"));
    seen.begin(wish);
    seen.begins(&begun(kind).await);
    seen
}

fn piece(at: Duration, bytes: &[u8]) -> Piece {
    Piece {
        at,
        bytes: bytes.to_vec(),
        wire_bytes: bytes.len(),
    }
}

fn event(n: u64) -> Vec<u8> {
    format!("id: {n}\ndata: {n}\n\n").into_bytes()
}

/// As a page asks that has read so far.
fn after(view: &WatchView) -> Cursor {
    let json = serde_json::to_value(view).expect("JSON");
    let last = |list: &str, field: &str| json[list].as_array()?.last()?[field].as_u64();
    let piece = json["pieces"].as_array().and_then(|pieces| pieces.last());
    let end = piece.map_or(0, |piece| {
        let bytes = piece["bytes"].as_str().unwrap_or_default();
        piece["offset"].as_u64().unwrap_or_default() + bytes.chars().count() as u64
    });
    serde_json::from_value(serde_json::json!({
        "run": json["run"],
        "stream": json["stream"],
        "end": end,
        "event": last("events", "number").unwrap_or(0),
        "step_ms": json["arrivals"]["step_ms"],
        "step": json["arrivals"]["steps"].as_array()
            .and_then(|steps| steps.last()).map_or(0, |step| step["step"].as_u64().unwrap_or(0)),
    }))
    .expect("a cursor")
}

fn view(seen: &Progress, cursor: &Cursor) -> WatchView {
    let judged = seen.observed().map(|(of, seen)| (of, diagnose(&seen)));
    seen.view(cursor, judged)
}

fn json(view: &WatchView) -> serde_json::Value {
    serde_json::to_value(view).expect("JSON")
}

#[tokio::test]
async fn a_watch_of_a_day_keeps_no_more_than_one_of_an_hour() {
    let mut seen = seen("text/event-stream").await;
    let mut sizes = Vec::new();
    for n in 1..=86_400 {
        // Large enough that bytes are the bound, and not the number of pieces.
        let data = format!("id: {n}\ndata: {}\n\n", "x".repeat(100));
        seen.piece(&piece(Duration::from_secs(n), data.as_bytes()));
        if n == 3600 || n == 86_400 {
            sizes.push(json(&view(&seen, &Cursor::default())).to_string().len());
        }
    }
    let view = json(&self::view(&seen, &Cursor::default()));
    assert_eq!(view["events_counted"], 86_400);
    assert_eq!(view["events"].as_array().map(Vec::len), Some(2000));
    assert!(
        view["pieces"]
            .as_array()
            .is_some_and(|pieces| pieces.len() <= 4096)
    );
    assert!(
        view["arrivals"]["steps"]
            .as_array()
            .is_some_and(|steps| steps.len() <= 2048)
    );
    assert!(sizes[1] < sizes[0] + sizes[0] / 8, "{sizes:?}");
    // Small pieces are bounded by their number, and large ones by their bytes.
    for n in 0..10_000 {
        seen.piece(&piece(Duration::from_secs(90_000), &event(n)));
    }
    assert!(seen.pieces.len() <= 4096);
    seen.piece(&piece(Duration::from_secs(90_001), &vec![b'y'; 1 << 20]));
    seen.piece(&piece(Duration::from_secs(90_002), b"z"));
    assert!(seen.pieces.len() <= 6, "{}", seen.pieces.len());
    assert!(seen.wire_events.len() <= 2);
}

/// A client hands out the last id with each event behind it: one of 1 MiB was kept 2,000 times, and
/// 16,000 times for a moment.
#[tokio::test]
async fn a_long_id_is_kept_in_part_with_each_event() {
    let mut seen = seen("text/event-stream").await;
    let mut text = format!("id: {}\n", "i".repeat(1 << 20)).into_bytes();
    text.extend(b"data\n\n".repeat(10_000));
    seen.piece(&piece(Duration::from_millis(5), &text));
    let view = json(&self::view(&seen, &Cursor::default()));
    assert_eq!(view["events_counted"], 10_000);
    let id = view["events"][0]["id"].as_str().expect("an id");
    assert!(id.len() < 1100 && id.ends_with('…'), "{}", id.len());
    assert!(view["last_id"].as_str().is_some_and(|id| id.len() < 100));
    assert!(view.to_string().len() < 20 << 20);
}

/// What was compressed grows: one read of 40 kB was 4 MiB of line ends.
#[tokio::test]
async fn a_body_of_line_ends_is_kept_within_its_bounds() {
    let mut seen = seen("text/event-stream").await;
    seen.piece(&piece(Duration::from_millis(5), &vec![b'\n'; 4 << 20]));
    let lines: usize = seen.pieces.iter().map(|piece| piece.lines.len()).sum();
    assert!(lines <= 16 * 1024 + 64 * 1024, "{lines}");
}

/// One that was stopped while it waited was shown as if the server had ended it.
#[tokio::test]
async fn whoever_stops_it_ended_it_whatever_the_stream_before_did() {
    let mut seen = seen("text/event-stream").await;
    seen.ends(End::Cut, Duration::from_millis(9));
    seen.waits(Duration::from_secs(3), None, End::Cut.to_string());
    seen.stop();
    let view = json(&self::view(&seen, &Cursor::default()));
    assert_eq!(view["ended_by"], "client");
    assert!(
        view["words"]
            .as_str()
            .is_some_and(|it| it.starts_with("stopped after"))
    );
}

#[tokio::test]
async fn whoever_asks_again_gets_what_is_new() {
    let mut seen = seen("text/event-stream").await;
    let first = view(&seen, &Cursor::default());
    assert_eq!(json(&first)["state"], "open");
    seen.piece(&piece(Duration::from_millis(5), &event(1)));
    let one = view(&seen, &after(&first));
    assert_eq!(json(&one)["events"][0]["id"], "1");
    // Nothing came: only the step that may be under way is told again.
    let none = json(&view(&seen, &after(&one)));
    assert_eq!(none["events"].as_array().map(Vec::len), Some(0));
    assert_eq!(none["pieces"].as_array().map(Vec::len), Some(0));
    assert_eq!(none["arrivals"]["steps"].as_array().map(Vec::len), Some(1));
    // An event that ends in a later piece is told with that.
    seen.piece(&piece(Duration::from_millis(6), b"data: 2"));
    let half = view(&seen, &after(&one));
    assert_eq!(json(&half)["events"].as_array().map(Vec::len), Some(0));
    seen.piece(&piece(Duration::from_millis(7), b"\n\n"));
    let rest = json(&view(&seen, &after(&half)));
    assert_eq!(rest["wire_events"][0]["data"], "2");
    // Another watch begins from nothing.
    let wish = Wish::new(Url::parse("http://localhost/").expect("a URL"));
    seen.begin(wish);
    let anew = json(&view(&seen, &after(&one)));
    assert_eq!((&anew["run"], &anew["stream"]), (&2.into(), &0.into()));
    assert_eq!(anew["events_counted"], 0);
}

#[tokio::test]
async fn a_second_stream_begins_its_bytes_anew_and_goes_on_with_its_events() {
    let mut seen = seen("text/event-stream").await;
    seen.piece(&piece(Duration::from_millis(5), &event(1)));
    seen.ends(End::Cut, Duration::from_millis(9));
    seen.waits(Duration::from_secs(3), Some("1"), End::Cut.to_string());
    let view = self::view(&seen, &Cursor::default());
    assert_eq!(json(&view)["state"], "waiting");
    let words = json(&view)["words"].as_str().map(str::to_owned);
    let words = words.expect("words");
    assert!(words.starts_with("reconnects in ") && words.ends_with("with id 1: cut off"));
    seen.begins(&begun("text/event-stream").await);
    seen.piece(&piece(Duration::from_millis(5), &event(2)));
    let view = json(&self::view(&seen, &after(&view)));
    assert_eq!(view["stream"], 2);
    assert_eq!(view["resumed"], "cut off, reconnected");
    assert_eq!(view["pieces"][0]["offset"], 0);
    let event = &view["events"][0];
    assert_eq!((&event["number"], &event["stream"]), (&2.into(), &2.into()));
}

#[tokio::test]
async fn lines_of_json_are_events_without_a_name() {
    let mut seen = seen("application/x-ndjson").await;
    seen.piece(&piece(Duration::from_millis(5), b"{\"a\":1}\n{\"b\""));
    seen.piece(&piece(Duration::from_millis(6), b":2}"));
    seen.ends(End::InOrder, Duration::from_millis(9));
    seen.over(None);
    let view = json(&self::view(&seen, &Cursor::default()));
    let data = |n: usize| view["events"][n]["data"].clone();
    assert_eq!((data(0), data(1)), ("{\"a\":1}".into(), "{\"b\":2}".into()));
    assert_eq!(view["events"][0]["event"], "");
    assert_eq!(view["ended_by"], "server");
}

#[tokio::test]
async fn a_large_event_is_kept_in_part_and_says_so() {
    let mut seen = seen("text/event-stream").await;
    let text = format!("data: {}é\n\n", "x".repeat((1 << 20) - 1));
    seen.piece(&piece(Duration::from_millis(5), text.as_bytes()));
    let view = json(&self::view(&seen, &Cursor::default()));
    let event = &view["events"][0];
    assert_eq!(event["data"].as_str().map(str::len), Some((1 << 20) - 1));
    assert_eq!(event["left_out"], 2);
}

/// A stream that goes on is judged like one that somebody stops: nothing of its end is said.
#[tokio::test]
async fn a_stream_that_goes_on_is_not_called_truncated() {
    let mut seen = seen("text/event-stream").await;
    let token = b"data: {\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\
        \"delta\":{\"content\":\"Hel\"}}]}\n\n";
    seen.piece(&piece(Duration::from_millis(5), token));
    let broken = |seen: &Progress| {
        let view = json(&self::view(seen, &Cursor::default()));
        let findings = view["findings"].as_array().cloned().unwrap_or_default();
        let broken = findings.iter().filter(|it| it["level"] == "broken");
        broken.map(|it| it["rule"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(broken(&seen), Vec::<serde_json::Value>::new());
    seen.ends(End::InOrder, Duration::from_millis(9));
    seen.over(None);
    assert_eq!(broken(&seen), ["W30"]);
}

#[tokio::test]
async fn what_comes_after_it_was_stopped_is_not_noted() {
    let mut seen = seen("text/event-stream").await;
    let run = seen.run;
    assert!(seen.is_of(run));
    seen.stop();
    assert!(!seen.is_of(run) && !seen.is_on());
    let view = json(&self::view(&seen, &Cursor::default()));
    assert_eq!(view["ended_by"], "client");
    assert!(matches!(seen.stage, Stage::Over { by_hand: true, .. }));
    let first = seen.elapsed();
    assert_eq!(seen.elapsed(), first, "its clock stands still");
}

/// A recording in a folder of its own.
fn recording(folder: &tempfile::TempDir) -> WatchRecording {
    let file = crate::downloads::record(folder.path(), "a.wire").expect("it is made");
    WatchRecording::new(file)
}

fn recorded(folder: &tempfile::TempDir) -> Recording {
    let text = std::fs::read(folder.path().join("a.wire")).expect("it has its name");
    Recording::parse(text).expect("it is whole")
}

fn pieces(recording: &Recording) -> Vec<Vec<u8>> {
    let exchange = recording.exchanges().next().expect("there is one");
    let pieces = exchange.pieces().into_iter();
    pieces.map(|piece| piece.bytes).collect()
}

const MS: Duration = Duration::from_millis(1);

#[tokio::test]
async fn a_recording_that_begins_late_has_what_is_kept() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut watched = seen("text/event-stream").await;
    watched.piece(&piece(10 * MS, &event(1)));
    assert!(watched.record(recording(&folder)).is_none());
    // One at a time.
    let other = tempfile::tempdir().expect("a folder for the test");
    watched
        .record(recording(&other))
        .expect("it is handed back")
        .discard();
    watched.piece(&piece(20 * MS, &event(2)));
    let json = json(&view(&watched, &Cursor::default()));
    assert_eq!(json["recording"]["is_on"], true);
    assert!(json["recording"]["bytes"].as_u64() > Some(100), "{json}");
    watched.stop();
    watched
        .record
        .take()
        .expect("it goes on")
        .close(30 * MS)
        .expect("it is written");
    let recording = recorded(&folder);
    assert_eq!(pieces(&recording), [event(1), event(2)]);
    assert!(recording.to_text().contains("> GET / HTTP/1.1\n"));
    assert!(
        recording.to_text().ends_with("= open\n"),
        "a person stopped it"
    );
}

#[tokio::test]
async fn what_is_not_kept_any_more_is_told_in_the_file() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut watched = seen("text/event-stream").await;
    let large = vec![b'a'; 400 << 10];
    for n in 1..=4 {
        watched.piece(&piece(n * MS, &large));
    }
    watched.record(recording(&folder));
    watched.ends(End::InOrder, 9 * MS);
    watched
        .record
        .take()
        .expect("it goes on")
        .close(9 * MS)
        .expect("it is written");
    let recording = recorded(&folder);
    assert_eq!(pieces(&recording), vec![large; 3]);
    let text = recording.to_text();
    assert!(text.contains("# 409600 bytes came before what follows, and were not kept\n"));
    assert!(text.ends_with("\n= end\n"));
}

/// From its first byte to its last, and the file has its name without anybody's doing.
#[tokio::test]
async fn a_watch_that_is_over_has_its_file() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!(
        "http://{}/?key=hush",
        listener.local_addr().expect("it listens")
    );
    std::thread::spawn(move || {
        let (mut client, _) = listener.accept().expect("a client");
        let mut request = [0; 1024];
        _ = client.read(&mut request);
        let answer = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
            content-length: 9\r\n\r\ndata: 1\n\n";
        client.write_all(answer.as_bytes()).expect("it reads");
    });
    let watcher = Watcher::default();
    let none = |_: &str| Ok(recording(&folder));
    watcher.record(none).expect_err("nothing is watched");
    let form = serde_json::json!({ "method": "GET", "url": url, "headers": [], "body": "",
        "reconnects": false, "follows": true, "http2": false, "insecure": false,
        "curl": null, "more": [] });
    let form = serde_json::from_value(form).expect("a form");
    watcher
        .begin(
            &form,
            Some(|asked: &str| {
                assert_eq!(asked, url);
                Ok(recording(&folder))
            }),
        )
        .expect("it begins");
    let mut told = serde_json::Value::Null;
    for _ in 0..500 {
        told = json(&watcher.view(&Cursor::default()))["recording"].clone();
        if told["is_on"] == false {
            break;
        }
        tokio::time::sleep(10 * MS).await;
    }
    let words = told["words"].as_str().unwrap_or_default();
    assert!(words.ends_with("a.wire, 1 secret kept back"), "{told}");
    let recording = recorded(&folder);
    assert_eq!(pieces(&recording), [b"data: 1\n\n"]);
    let text = recording.to_text();
    assert!(
        text.ends_with("= end\n") && !text.contains("hush"),
        "{text}"
    );
}
