//! Streams whose texts are templates of jinja, and answer what a client asked for.

mod support;

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};
use sse_server::Config;
use support::{Bench, data};
use tempfile::TempDir;

const STREAMS: &str = r#"templates = "jinja"

[[stream]]
path = "/mcp"
every = "0ms"
id = false
events = [
  { data = '{"jsonrpc":"2.0","id":{{ request.json.id | tojson }},"result":{"protocolVersion":"2025-06-18"}}', when = "request.json.method == 'initialize'" },
  { data = '{"jsonrpc":"2.0","id":{{ request.json.id | tojson }},"result":{"tools":[]}}', when = "request.json.method == 'tools/list'" },
]

[[stream]]
path = "/echo"
every = "0ms"
count = 2
data = "{{ n }} {{ request.method }} {{ request.path }} {{ request.query.q }} {{ request.json.model }}"

[[stream]]
path = "/breaks"
every = "0ms"
count = 3
retry = "2s"
data = "{{ 6 // (request.query.from | int(0) - n) }}"
"#;

async fn bench(folder: &TempDir) -> Bench {
    let file = folder.path().join("streams.toml");
    fs::write(&file, STREAMS).expect("written");
    Bench::with(Config {
        streams_file: Some(file),
        ..Config::default()
    })
    .await
}

/// Posts a body and answers the status and the data of the events.
async fn posted(bench: &Bench, path: &str, body: &str) -> (u16, Vec<String>) {
    let mut client = bench.connect().await;
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    client.send_bytes(head.as_bytes()).await;
    let head = client.head().await;
    if head.status != 200 {
        return (head.status, Vec::new());
    }
    (200, data(&client.chunks().await.concat()))
}

#[tokio::test]
async fn a_call_is_answered_with_its_own_id() {
    let folder = TempDir::new().expect("a folder");
    let bench = bench(&folder).await;
    for (method, id, result) in [
        (
            "initialize",
            json!(0),
            json!({ "protocolVersion": "2025-06-18" }),
        ),
        ("tools/list", json!("a-1"), json!({ "tools": [] })),
    ] {
        let call = json!({ "jsonrpc": "2.0", "id": id, "method": method });
        let (_, events) = posted(&bench, "/mcp", &call.to_string()).await;
        let [event] = &*events else {
            panic!("{events:?}")
        };
        let event: Value = serde_json::from_str(event).expect("JSON");
        assert_eq!(
            event,
            json!({ "jsonrpc": "2.0", "id": id, "result": result })
        );
    }
    // What is for nobody is no stream.
    let note = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    assert_eq!(posted(&bench, "/mcp", note).await, (204, Vec::new()));
    let (_, head) = bench.get("/mcp").await;
    assert_eq!(head.status, 204);
}

#[tokio::test]
async fn what_was_asked_is_repeated_as_far_as_it_is_there() {
    let folder = TempDir::new().expect("a folder");
    let bench = bench(&folder).await;
    let asked = posted(&bench, "/echo?q=a%20b", r#"{"model": "m-1"}"#).await;
    assert_eq!(asked.1, ["1 POST /echo a b m-1", "2 POST /echo a b m-1"]);
    let asked = posted(&bench, "/echo", "no JSON").await;
    assert_eq!(asked.1[0], "1 POST /echo  ");
    let (mut client, _) = bench.get("/echo?q=x").await;
    let body = client.chunks().await.concat();
    assert_eq!(data(&body)[0], "1 GET /echo x ");
    // The window looks without asking for anything.
    let preview = bench.server.preview("/echo").expect("it is there");
    assert_eq!(preview.parts[0].bytes, "id: 1\ndata: 1 GET /  \n\n");
    // As large as a body can be.
    let long = format!(r#"{{"model": "{}"}}"#, "x".repeat(600_000));
    let asked = posted(&bench, "/echo", &long).await;
    assert_eq!(asked.1[0].len(), "1 POST /echo  ".len() + 600_000);
}

/// An event that cannot be made leaves a sentence in its place, and what follows comes.
#[tokio::test]
async fn an_event_that_cannot_be_made_is_told_in_the_stream() {
    let folder = TempDir::new().expect("a folder");
    let bench = bench(&folder).await;
    let (mut client, _) = bench.get("/breaks?from=1").await;
    assert_eq!(
        client.chunks().await.concat(),
        ": The data of event 1 could not be made: in line 1 of its template, jinja says “unable to calculate 6 // 0”: correct it.\nretry: 2000\n\n\
         id: 2\ndata: -6\n\nid: 3\ndata: -3\n\n"
    );
}

/// A body that never ends is waited for as long as a head.
#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for_without_end() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("streams.toml");
    fs::write(&file, STREAMS).expect("written");
    let limits = sse_server::Limits {
        head_time: Duration::from_millis(200),
        ..sse_server::Limits::default()
    };
    let bench = Bench::with(Config {
        streams_file: Some(file),
        limits,
        ..Config::default()
    })
    .await;
    let mut client = bench.connect().await;
    let head = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{\"model\"";
    client.send_bytes(head).await;
    assert_eq!(client.head().await.status, 408);
}
