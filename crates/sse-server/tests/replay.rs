//! Recordings that are served again, over real sockets.

mod support;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sse_server::{Config, StreamsView, Why};
use support::{Bench, Client, Head, soon};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const HEAD: &str = "< HTTP/1.1 200 OK\n< content-type: text/event-stream\n";

const CHAT: &str = "\
wire 1
> POST /v1/chat?key=[kept-back] HTTP/1.1
@ 30ms
< HTTP/2 200
< content-type: text/event-stream; charset=utf-8
< x-request-id: r1
< set-cookie: [kept back]
< content-encoding: gzip
< access-control-allow-origin: *
@ 10ms
| id: 1
| data: one
|
@ 20ms
~ id: 2\\r
~ data: caf\\xc3\\
@ 20ms
~ \\xa9\\r
~ \\r
~ : bye\\
= cut
==
< HTTP/1.1 200 OK
< content-type: text/event-stream
@ 5ms
| id: 3
| data: three
|
= end
";

/// A server, and the folder of its file of streams.
struct Desk {
    bench: Bench,
    folder: TempDir,
}

impl Desk {
    async fn with(streams: &str, files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("a folder");
        for (name, text) in files {
            write(&folder.path().join(name), text);
        }
        let file = folder.path().join("streams.toml");
        fs::write(&file, streams).expect("written");
        let bench = Bench::with(Config {
            streams_file: Some(file),
            ..Config::default()
        })
        .await;
        Self { bench, folder }
    }

    /// One recording, at `/r`, with these further lines.
    async fn of(recording: &str, more: &str) -> Self {
        let streams = format!("[[stream]]\npath = \"/r\"\nsource = \"calls/r.wire\"\n{more}\n");
        Self::with(&streams, &[("calls/r.wire", recording)]).await
    }

    async fn until(&self, what: &str, wanted: impl Fn(&StreamsView) -> bool) -> StreamsView {
        let mut changed = self.bench.server.streams_changed();
        let view = soon(what, changed.wait_for(wanted)).await;
        view.expect("the server is there").clone()
    }

    fn problem(&self) -> Option<(Option<usize>, String)> {
        problem(&self.bench.server.streams_changed().borrow())
    }
}

fn problem(view: &StreamsView) -> Option<(Option<usize>, String)> {
    let problem = view.file.clone().expect("a place for one").problem?;
    Some((problem.line, problem.sentence))
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, text).expect("written");
}

/// The chunks of a body as bytes, and whether the last one came.
async fn chunks(client: &mut Client) -> (Vec<Vec<u8>>, bool) {
    let rest = client.rest().await;
    let (mut chunks, mut at) = (Vec::new(), 0);
    while at < rest.len() {
        let end = rest[at..]
            .windows(2)
            .position(|it| it == b"\r\n")
            .expect("a size");
        let size = std::str::from_utf8(&rest[at..at + end]).expect("hex");
        let size = usize::from_str_radix(size, 16).expect("hex");
        at += end + 2;
        if size == 0 {
            return (chunks, true);
        }
        chunks.push(rest[at..at + size].to_vec());
        at += size + 2;
    }
    (chunks, false)
}

async fn get(desk: &Desk, target: &str, id: &str) -> (Client, Head) {
    let headers = [("last-event-id", id)];
    let headers = if id.is_empty() { &[][..] } else { &headers[..] };
    desk.bench.ask("GET", target, headers).await
}

/// Asks the API. Answers the status and the JSON.
async fn act(desk: &Desk, body: &Value) -> (u16, Value) {
    let body = body.to_string();
    let length = body.len().to_string();
    let mut client = desk.bench.connect().await;
    let request = desk
        .bench
        .request("POST", "/api/act", &[("content-length", &length)]);
    client.send(&format!("{request}{body}")).await;
    let head = client.head().await;
    let body = client.body(&head).await;
    (head.status, serde_json::from_str(&body).expect("JSON"))
}

#[tokio::test]
async fn the_bytes_are_the_recorded_ones_piece_for_piece() {
    let desk = Desk::of(CHAT, "title = \"Chat\"").await;
    for method in ["GET", "POST"] {
        let started = Instant::now();
        let (mut client, head) = desk
            .bench
            .ask(method, "/r?client=a", &[("content-length", "0")])
            .await;
        assert!(
            started.elapsed() >= Duration::from_millis(30),
            "the head came later"
        );
        assert_eq!((head.status, head.get("x-request-id")), (200, Some("r1")));
        assert_eq!(
            head.get("content-type"),
            Some("text/event-stream; charset=utf-8")
        );
        // What no recording chooses.
        assert_eq!(head.get("content-security-policy"), Some("sandbox"));
        assert_eq!(head.get("x-content-type-options"), Some("nosniff"));
        for none in [
            "set-cookie",
            "content-encoding",
            "access-control-allow-origin",
            "content-length",
            "cache-control",
        ] {
            assert_eq!(head.get(none), None, "{none}");
        }
        // A client of Node.js takes the end of a connection that was to close for the end.
        assert_eq!(head.get("connection"), Some("keep-alive"));
        let (chunks, whole) = chunks(&mut client).await;
        let pieces: [&[u8]; 3] = [
            b"id: 1\ndata: one\n\n",
            b"id: 2\r\ndata: caf\xc3",
            b"\xa9\r\n\r\n: bye",
        ];
        assert_eq!(chunks, pieces, "{method}");
        assert!(!whole, "it was cut");
        assert!(started.elapsed() >= Duration::from_millis(80));
        let row = desk.bench.ended("a").await;
        assert_eq!((row.events, row.last_id.as_deref()), (2, Some("2")));
        assert_eq!(row.ended.expect("it ended").why, Why::RecordedCut);
    }
    let (mut client, head) = desk.bench.ask("HEAD", "/r", &[]).await;
    assert_eq!((head.status, head.get("x-request-id")), (200, Some("r1")));
    assert_eq!(client.rest().await, b"");

    let info = &desk.bench.server.state().streams[0];
    assert_eq!(info.title, "Chat");
    assert_eq!(info.summary, "3 events in 2 responses, at its own pace");
    assert!(info.ids && !info.endless && !info.step);
    assert_eq!(info.events, ["message"]);
    let preview = desk.bench.server.preview("/r").expect("it is served");
    assert!(
        preview
            .head
            .starts_with("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream")
    );
    let times: Vec<u64> = preview.parts.iter().map(|part| part.at_ms).collect();
    assert_eq!(times, [40, 60, 80]);
}

#[tokio::test]
async fn who_comes_back_goes_on_and_at_the_end_is_told_so() {
    let desk = Desk::of(CHAT, "speed = \"max\"").await;
    let body = async |id: &str| {
        let (mut client, head) = get(&desk, "/r", id).await;
        assert_eq!(head.status, 200, "{id}");
        let (chunks, whole) = chunks(&mut client).await;
        (
            String::from_utf8_lossy(&chunks.concat()).into_owned(),
            whole,
        )
    };
    let second = "id: 2\r\ndata: café\r\n\r\n: bye";
    assert_eq!(body("1").await, (second.to_owned(), false));
    let last = ("id: 3\ndata: three\n\n".to_owned(), true);
    assert_eq!(body("2").await, last);
    let (first, _) = body("x").await;
    assert_eq!(first, format!("id: 1\ndata: one\n\n{second}"));
    let (mut client, head) = get(&desk, "/r?client=done", "3").await;
    assert_eq!((head.status, client.rest().await), (204, Vec::new()));
    assert_eq!(
        desk.bench.ended("done").await.ended.expect("over").why,
        Why::NothingLeft
    );

    // A part of it, and another speed.
    for (query, body) in [
        ("from=2&count=1", "id: 2\r\ndata: café\r\n\r\n"),
        ("from=3", "id: 3\ndata: three\n\n"),
    ] {
        let (mut client, _) = get(&desk, &format!("/r?{query}"), "").await;
        let (chunks, whole) = chunks(&mut client).await;
        assert_eq!(String::from_utf8_lossy(&chunks.concat()), body, "{query}");
        assert!(whole, "{query}");
    }
    for (query, word) in [
        ("every=1s", "use speed"),
        ("speed=0", "speed must be"),
        ("speed=fast", "speed must be"),
        ("count=4", "3 at most"),
    ] {
        let (mut client, head) = get(&desk, &format!("/r?{query}"), "").await;
        assert_eq!(head.status, 400, "{query}");
        let said = client.body(&head).await;
        assert!(said.contains(word), "{query}: {said}");
    }
}

#[tokio::test]
async fn each_end_is_played() {
    let one = |end: &str| format!("wire 1\n{HEAD}| data: 1\n|\n= {end}\n");
    for (end, why) in [
        ("end", Why::Complete),
        ("cut", Why::RecordedCut),
        ("reset", Why::RecordedReset),
    ] {
        let desk = Desk::of(&one(end), "").await;
        let (mut client, _) = get(&desk, "/r?client=a", "").await;
        assert_eq!(client.chunk().await, "data: 1\n\n");
        let mut rest = client.buffered();
        let read = soon("the end", client.socket.read_to_end(&mut rest)).await;
        assert_eq!(read.is_err(), end == "reset", "{end}: {read:?}");
        assert_eq!(rest == b"0\r\n\r\n", end == "end", "{end}: {rest:?}");
        assert_eq!(desk.bench.ended("a").await.ended.expect("over").why, why);
    }
    for end in ["open", "timeout"] {
        let desk = Desk::of(&one(end), "").await;
        let (mut client, _) = get(&desk, "/r?client=a", "").await;
        client.chunk().await;
        let mut one = [0];
        let read = tokio::time::timeout(Duration::from_millis(300), client.socket.read(&mut one));
        assert!(read.await.is_err(), "{end} stays open, and silent");
        assert!(desk.bench.server.state().streams[0].endless);
        // Nothing can be sent to see whether a client that closed its side is there: it has left.
        client.socket.shutdown().await.expect("closed");
        assert_eq!(
            desk.bench.ended("a").await.ended.expect("over").why,
            Why::Closed
        );
    }
    // Nobody was answered.
    let none = "wire 1\n> GET / HTTP/1.1\n@ 50ms\n= reset\n";
    let desk = Desk::of(none, "").await;
    let mut client = desk.bench.connect().await;
    client.send(&desk.bench.request("GET", "/r", &[])).await;
    let mut all = Vec::new();
    let read = soon("the reset", client.socket.read_to_end(&mut all)).await;
    assert!(read.is_err() && all.is_empty(), "{all:?}");
}

#[tokio::test]
async fn an_answer_that_is_no_stream_is_replayed_as_that() {
    let text = "wire 1\n< HTTP/1.1 503 Service Unavailable\n< content-type: application/json\n< retry-after: 1\n~ {\"error\":\"busy\"}\\\n= end\n==\n< HTTP/1.1 204 No Content\n= end\n";
    let desk = Desk::of(text, "headers = { x-own = \"1\" }").await;
    let (mut client, head) = get(&desk, "/r?client=a", "").await;
    assert_eq!((head.status, head.get("retry-after")), (503, Some("1")));
    assert_eq!(head.get("content-type"), Some("application/json"));
    assert_eq!(
        (head.get("x-own"), head.get("content-security-policy")),
        (Some("1"), Some("sandbox"))
    );
    let (chunks, whole) = chunks(&mut client).await;
    assert_eq!(
        (chunks.concat(), whole),
        (b"{\"error\":\"busy\"}".to_vec(), true)
    );
    assert_eq!(desk.bench.ended("a").await.status, 503);

    let no = format!(
        "wire 1\n{HEAD}| id: 1\n| data: 1\n|\n= end\n==\n< HTTP/1.1 304 Not Modified\n| x\n= end\n"
    );
    let desk = Desk::of(&no, "").await;
    let (mut client, head) = get(&desk, "/r?client=a", "1").await;
    assert_eq!(head.status, 304);
    client.socket.shutdown().await.expect("closed");
    assert_eq!(client.rest().await, b"");
    let row = desk.bench.ended("a").await;
    assert_eq!(
        (row.status, row.ended.expect("over").why),
        (304, Why::Recorded)
    );
}

#[tokio::test]
async fn faults_of_the_recording_and_from_outside_strike() {
    let text = format!(
        "wire 1\n! status=503,times=1\n{HEAD}| id: 1\n| data: a\n|\n! cut,times=1\n@ 10ms\n| id: 2\n| data: b\n|\n| id: 3\n| data: c\n|\n= end\n"
    );
    let desk = Desk::of(&text, "").await;
    let (_, head) = get(&desk, "/r?client=a", "").await;
    assert_eq!(head.status, 503, "the first is turned away");
    assert_eq!(
        desk.bench.ended("a").await.ended.expect("over").why,
        Why::Fault
    );
    let (mut client, head) = get(&desk, "/r?client=b", "").await;
    assert_eq!(head.status, 200);
    let (chunks_of, whole) = chunks(&mut client).await;
    assert_eq!(
        (chunks_of.concat(), whole),
        (b"id: 1\ndata: a\n\n".to_vec(), false)
    );
    let row = desk.bench.ended("b").await;
    let ended = row.ended.expect("over");
    assert_eq!(
        (ended.why, row.faults[0].fault.as_str()),
        (Why::Fault, "cut,times=1")
    );
    assert_eq!(ended.fault, Some(row.faults[0].id));
    // It comes back, and gets the rest; and so does who comes later.
    let (mut client, _) = get(&desk, "/r?client=b", "1").await;
    assert_eq!(
        chunks(&mut client).await.0.concat(),
        b"id: 2\ndata: b\n\nid: 3\ndata: c\n\n"
    );
    let (mut client, _) = get(&desk, "/r?fault=drop=b", "").await;
    let (rest, whole) = chunks(&mut client).await;
    assert_eq!(
        (rest.concat(), whole),
        (b"id: 1\ndata: a\n\nid: 3\ndata: c\n\n".to_vec(), true)
    );
    let info = &desk.bench.server.state().streams[0];
    assert!(
        info.summary.ends_with("; 2 faults are in it"),
        "{}",
        info.summary
    );
}

#[tokio::test]
async fn a_step_lets_the_next_event_go() {
    let text =
        format!("wire 1\n{HEAD}@ 9s\n| id: 1\n| data: a\n|\n| id: 2\n| data: b\n|\n@ 9s\n= end\n");
    let desk = Desk::of(&text, "step = true").await;
    assert_eq!(
        desk.bench.server.state().streams[0].summary,
        "2 events, step by step"
    );
    let (mut client, _) = get(&desk, "/r?client=a", "").await;
    let (mut other, _) = get(&desk, "/r?client=b", "1").await;
    let next = |tag: &str| {
        let rows = desk.bench.client(tag).rows;
        rows[0].step.map(|step| step.event)
    };
    assert_eq!((next("a"), next("b")), (Some(Some(1)), Some(Some(2))));
    let (status, answer) = act(&desk, &json!({ "do": "step", "client": "a" })).await;
    assert_eq!(
        (status, answer["acted"].as_array().map(Vec::len)),
        (200, Some(1))
    );
    assert_eq!(client.chunk().await, "id: 1\ndata: a\n\n");
    let (_, answer) = act(&desk, &json!({ "do": "step", "stream": "/r" })).await;
    assert_eq!(answer["acted"].as_array().map(Vec::len), Some(2));
    for client in [&mut client, &mut other] {
        assert_eq!(client.chunk().await, "id: 2\ndata: b\n\n");
    }
    desk.bench
        .table("what is left is the end", |_| next("a") == Some(None))
        .await;
    let id = desk.bench.client("a").rows[0].id;
    act(&desk, &json!({ "do": "step", "connection": id })).await;
    assert_eq!(client.chunk().await, "");
    assert_eq!(
        desk.bench.ended("a").await.ended.expect("over").why,
        Why::Complete
    );
    assert_eq!(next("a"), None);
    for (body, status) in [
        (json!({ "do": "step", "client": "nobody" }), 409),
        (json!({ "do": "step", "room": "a b" }), 400),
        (json!({ "do": "step", "connections": [id] }), 409),
    ] {
        assert_eq!(act(&desk, &body).await.0, status, "{body}");
    }
}

#[tokio::test]
async fn a_recording_that_cannot_be_served_is_told_with_its_line() {
    for (more, recording, line, word) in [
        (
            "",
            "wire 1\nhello\n",
            3,
            "calls/r.wire, line 2 has a mistake",
        ),
        ("", "hello", 3, "is text, but no recording"),
        ("", "wire 1\n= end\n", 3, "has no response"),
        ("count = 9", CHAT, 3, "which is 3"),
    ] {
        let desk = Desk::of(recording, more).await;
        let (at, sentence) = desk.problem().expect("a problem");
        assert_eq!(at, Some(line), "{sentence}");
        assert!(sentence.contains(word), "{sentence}");
        assert!(
            !sentence.contains("hello"),
            "nothing of the file is told: {sentence}"
        );
    }
    let desk = Desk::with("[[stream]]\npath = \"/r\"\nsource = \"no.wire\"\n", &[]).await;
    let (_, sentence) = desk.problem().expect("a problem");
    assert!(sentence.contains("no recording no.wire"), "{sentence}");
    let desk = Desk::with("[[stream]]\npath = \"/r\"\nsource = \".\"\n", &[]).await;
    assert!(
        desk.problem()
            .expect("a problem")
            .1
            .contains("is not a file")
    );
}

#[tokio::test]
async fn a_recording_is_followed_as_the_file_is() {
    let desk = Desk::of(CHAT, "speed = \"max\"").await;
    let file = desk.folder.path().join("calls/r.wire");
    // Who is on it goes on with what was read.
    let open = CHAT.replacen("= cut", "@ 2s\n|\n| data: late\n|\n= end", 1);
    write(&file, &open);
    desk.until("the longer one", |view| {
        view.streams[0].summary.starts_with("4 ")
    })
    .await;
    let (mut client, _) = get(&desk, "/r?speed=1", "").await;
    client.chunk().await;
    fs::remove_file(&file).expect("removed");
    let view = desk
        .until("it is gone", |view| problem(view).is_some())
        .await;
    let (_, sentence) = problem(&view).expect("a problem");
    assert!(
        sentence.contains("There is no recording calls/r.wire"),
        "{sentence}"
    );
    let served = view
        .file
        .expect("a file")
        .problem
        .expect("a problem")
        .instead;
    assert_eq!(served, "The list from before is served on.");
    let rest = String::from_utf8_lossy(&client.rest().await).into_owned();
    assert!(
        rest.contains("data: late") && rest.ends_with("0\r\n\r\n"),
        "{rest}"
    );
    let (mut client, _) = get(&desk, "/r", "2").await;
    assert!(!chunks(&mut client).await.0.is_empty(), "it is served on");

    write(&file, "wire 1\n< HTTP/1.1 200 OK\n");
    desk.until("a mistake", |view| {
        problem(view).is_some_and(|(_, sentence)| sentence.contains("has no end"))
    })
    .await;
    write(&file, CHAT);
    desk.until("it is right again", |view| problem(view).is_none())
        .await;
}

/// It is the file of a person on this machine. What is read goes to clients, and nowhere else.
#[tokio::test]
async fn a_recording_may_lie_elsewhere_and_its_text_is_shown_nowhere() {
    let elsewhere = TempDir::new().expect("a folder");
    let file = elsewhere.path().join("r.wire");
    write(&file, CHAT);
    let absolute = format!("[[stream]]\npath = \"/r\"\nsource = '{}'\n", file.display());
    let desk = Desk::with(&absolute, &[]).await;
    assert_eq!(desk.problem(), None);
    let (mut client, head) = desk.bench.get("/api/state").await;
    let state = client.body(&head).await;
    assert!(
        !state.contains("three") && state.contains("3 events"),
        "{state}"
    );

    let name = elsewhere
        .path()
        .file_name()
        .expect("a name")
        .to_string_lossy();
    let climbs = format!("[[stream]]\npath = \"/r\"\nsource = \"../{name}/r.wire\"\n");
    let desk = Desk::with(&climbs, &[]).await;
    assert_eq!(desk.problem(), None);

    // Whoever reaches the API reads no files by it.
    let mut client = desk.bench.connect().await;
    let length = climbs.len().to_string();
    let request = desk.bench.request(
        "PUT",
        "/api/rooms/a/streams",
        &[("content-length", &length)],
    );
    client.send(&format!("{request}{climbs}")).await;
    let head = client.head().await;
    let said = client.body(&head).await;
    assert_eq!(head.status, 400, "{said}");
    assert!(said.contains("names no file"), "{said}");
}

/// What `curl -N` saved has no times: a pace is made up.
#[tokio::test]
async fn a_bare_stream_of_events_is_a_recording_too() {
    let desk = Desk::of("id: 1\ndata: a\n\nid: 2\ndata: b\n\n", "speed = \"max\"").await;
    assert_eq!(desk.problem(), None);
    let (mut client, head) = get(&desk, "/r", "1").await;
    assert_eq!(head.get("content-type"), Some("text/event-stream"));
    assert_eq!(chunks(&mut client).await.0.concat(), b"id: 2\ndata: b\n\n");
}

#[tokio::test]
async fn two_streams_share_a_recording_and_a_room_has_it_too() {
    let streams = "[[stream]]\npath = \"/a\"\nsource = \"r.wire\"\nspeed = 10\n\n[[stream]]\npath = \"/b\"\nsource = \"r.wire\"\nspeed = \"max\"\nkeep_alive = \"20ms\"\n";
    let text = format!("wire 1\n{HEAD}| data: a\n|\n= open\n");
    let desk = Desk::with(streams, &[("r.wire", &text)]).await;
    let summaries: Vec<_> = desk
        .bench
        .server
        .state()
        .streams
        .iter()
        .map(|it| it.summary.clone())
        .collect();
    assert_eq!(
        summaries,
        [
            "1 event, 10 times as fast; it has no ids, so who comes back begins anew; it stays open at its end",
            "1 event, as fast as it is read; it has no ids, so who comes back begins anew; it stays open at its end",
        ]
    );
    let (mut client, _) = get(&desk, "/b", "").await;
    assert_eq!(client.chunk().await, "data: a\n\n");
    assert_eq!(client.chunk().await, ": keep-alive\n\n", "it was asked for");
    let (mut client, head) = get(&desk, "/@x/a", "").await;
    assert_eq!(head.status, 200);
    assert_eq!(client.chunk().await, "data: a\n\n");
}
