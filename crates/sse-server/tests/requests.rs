//! The request of a connection, as the window shows it: the bytes that a raw socket sent, without
//! their secrets.

mod support;

use serde_json::{Value, json};
use support::{Bench, Client, soon};

/// The newest row, whatever it is.
fn newest(bench: &Bench) -> u64 {
    let slice = bench.server.slice(&sse_server::TableQuery::default());
    slice.rows.iter().map(|row| row.id).max().expect("a row")
}

/// The API's answer at a path.
async fn ask(bench: &Bench, path: &str, headers: &[(&str, &str)]) -> (u16, Value, String) {
    let (mut client, head) = bench.ask("GET", path, headers).await;
    let body = client.body(&head).await;
    let json = serde_json::from_str(&body).expect("JSON");
    (head.status, json, body)
}

async fn request(bench: &Bench, id: u64) -> Value {
    let (status, view, _) = ask(bench, &format!("/api/request?id={id}"), &[]).await;
    assert_eq!((status, &view["id"]), (200, &json!(id)));
    assert_eq!(view["missing"], Value::Null);
    view["request"].clone()
}

/// Sends bytes, reads the head of an answer, and answers the request that is kept of it.
async fn sent(bench: &Bench, bytes: &[u8], status: u16) -> (Client, Value) {
    let mut client = bench.connect().await;
    client.send_bytes(bytes).await;
    assert_eq!(client.head().await.status, status);
    let request = request(bench, newest(bench)).await;
    (client, request)
}

fn field(name: &str, value: &str) -> Value {
    let length = value.chars().count();
    json!({ "name": name, "value": value, "secret": false, "length": length, "end": "\r\n" })
}

/// All text of a target that has no secret.
fn target(request: &Value) -> String {
    let parts = request["target"].as_array().expect("parts").iter();
    parts
        .map(|part| part["value"].as_str().expect("text"))
        .collect()
}

#[tokio::test]
async fn it_is_kept_as_it_came() {
    let bench = Bench::start().await;
    let head = b"GET /%65ndless?every=1h&client=odd HTTP/1.1\r\nHost: localhost\r\n\
        X-One: 1\r\nACCEPT:text/event-stream\r\nx-empty:\r\nx-one:  2 \r\n\
        X-Name: f\xfcr \xc3\xa9\r\nLast-Event-ID: 7\r\n\r\n";
    let (_client, request) = sent(&bench, head, 200).await;
    assert_eq!(request["method"], "GET");
    assert_eq!(target(&request), "/%65ndless?every=1h&client=odd");
    assert_eq!(
        (&request["version"], &request["end"], &request["exact"]),
        (&json!("HTTP/1.1"), &json!("\r\n"), &json!(true))
    );
    let name = json!(["f", { "byte": "FC", "text": "\u{fffd}" }, "r é"]);
    let mut odd = field("X-Name", "f\u{fffd}r é");
    odd["value"] = name;
    assert_eq!(
        request["fields"],
        json!([
            field("Host", "localhost"),
            field("X-One", "1"),
            field("ACCEPT", "text/event-stream"),
            field("x-empty", ""),
            field("x-one", "2"),
            odd,
            field("Last-Event-ID", "7"),
        ])
    );
    assert_eq!(
        (&request["body"], &request["body_length"]),
        (&json!(""), &json!(0))
    );
    let bare = b"GET /endless?every=1h HTTP/1.0\nhost: localhost\n\n";
    let (_client, request) = sent(&bench, bare, 200).await;
    assert_eq!(
        (&request["version"], &request["end"]),
        (&json!("HTTP/1.0"), &json!("\n"))
    );
}

#[tokio::test]
async fn of_a_body_the_first_64_kib_are_kept() {
    let bench = Bench::start().await;
    let begin = "x".repeat(64 * 1024 - 1);
    let body = format!("{begin}é{}", "y".repeat(100 * 1024));
    let length = body.len().to_string();
    let head = bench.request("POST", "/endless?every=1h", &[("content-length", &length)]);
    let (_client, long) = sent(&bench, format!("{head}{body}").as_bytes(), 200).await;
    // The cut goes through a character.
    assert_eq!(
        long["body"],
        json!([begin, { "byte": "C3", "text": "\u{fffd}" }])
    );
    assert_eq!(
        (&long["body_length"], &long["body_cut"]),
        (&json!(body.len()), &json!(true))
    );
    let chunked = bench.request(
        "POST",
        "/numbers?every=1h",
        &[("transfer-encoding", "chunked")],
    );
    let chunks = format!("{chunked}5\r\n{{\"a\":\r\n2\r\n1}}\r\n0\r\n\r\n");
    let (_client, short) = sent(&bench, chunks.as_bytes(), 200).await;
    assert_eq!(
        (&short["body"], &short["body_length"], &short["body_cut"]),
        (&json!("{\"a\":1}"), &json!(7), &json!(false))
    );
}

#[tokio::test]
async fn who_got_no_stream_is_kept_too() {
    let bench = Bench::start().await;
    let own = |target: &str, headers: &[(&str, &str)]| bench.request("GET", target, headers);
    for (request, status, path, body) in [
        (
            own("/endless", &[("Origin", "https://elsewhere.example")]),
            403,
            "/endless",
            Value::Null,
        ),
        (
            own("/numbers?count=3", &[("Last-Event-ID", "3")]),
            204,
            "/numbers?count=3",
            json!(""),
        ),
        (own("/nothing", &[]), 404, "/nothing", Value::Null),
        (
            own("/numbers?count=0", &[]),
            400,
            "/numbers?count=0",
            Value::Null,
        ),
        (own("/topics/a%20b", &[]), 400, "/topics/a%20b", json!("")),
    ] {
        let (_client, kept) = sent(&bench, request.as_bytes(), status).await;
        assert_eq!(target(&kept), path);
        assert_eq!((&kept["body"], &kept["exact"]), (&body, &json!(true)));
        let last = kept["fields"].as_array().expect("fields").last();
        let named = last.expect("a field")["name"].as_str().expect("text");
        assert!(request.contains(&format!("\r\n{named}: ")), "{named}");
    }
    // A head that nobody can read.
    let head = b"GET /endless HTTP/1.1\r\nHost: localhost\r\nNo Colon\r\n\r\n";
    let (_client, kept) = sent(&bench, head, 400).await;
    assert_eq!(target(&kept), "/endless");
    assert_eq!(kept["fields"][1], field("", "No Colon"));
}

/// One after the other, each is what it is; of what came together in one packet the names are in
/// lower case, and nothing is missing.
#[tokio::test]
async fn the_requests_of_one_connection_are_told_apart() {
    let bench = Bench::start().await;
    let mut client = bench.connect().await;
    let publish = bench.request("POST", "/topics/news", &[("content-length", "5")]);
    client.send(&publish).await;
    client.send("hello").await;
    let head = client.head().await;
    client.body(&head).await;
    let host = format!("Host: localhost:{}", bench.addr.port());
    let second = format!("GET /numbers?count=0 HTTP/1.1\r\n{host}\r\nX-Second: yes\r\n\r\n");
    client.send(&second).await;
    let head = client.head().await;
    client.body(&head).await;
    let kept = request(&bench, newest(&bench)).await;
    assert_eq!(kept["fields"][1], field("X-Second", "yes"));
    assert_eq!(kept["exact"], true);
    let third = format!("GET /endless HTTP/1.1\r\n{host}\r\nX-Third: a\r\nX-Third: b\r\n\r\n");
    client.send(&(second + &third)).await;
    let head = client.head().await;
    client.body(&head).await;
    assert_eq!(client.head().await.status, 200);
    let kept = request(&bench, newest(&bench)).await;
    assert_eq!(target(&kept), "/endless");
    assert_eq!(
        (&kept["fields"][1], &kept["fields"][2], &kept["exact"]),
        (
            &field("x-third", "a"),
            &field("x-third", "b"),
            &json!(false)
        )
    );
}

const SECRET: &str = "s3cr3t-that-nobody-may-see";

#[tokio::test]
async fn a_secret_is_handed_out_only_to_our_own_page_that_asks_for_it() {
    let bench = Bench::start().await;
    let mut log = bench.server.log();
    let target = format!("/endless?every=1h&client=me&token={SECRET}&x=y");
    let fields = [
        ("Authorization", &*format!("Bearer {SECRET}")),
        ("Proxy-Authorization", SECRET),
        ("Cookie", &format!("a=b; id={SECRET}")),
        ("X-Api-Key", SECRET),
        ("api-key", SECRET),
        ("X-Session-Id", SECRET),
        ("Referer", &format!("http://localhost:5173/?token={SECRET}")),
    ];
    let bytes = bench.request("GET", &target, &fields);
    let (client, kept) = sent(&bench, bytes.as_bytes(), 200).await;
    let id = newest(&bench);
    let hidden = json!({ "value": null, "secret": true, "length": SECRET.len() });
    assert_eq!(kept["target"][1], hidden);
    assert_eq!(kept["target"][2]["value"], "&x=y");
    assert_eq!(
        kept["fields"][1],
        json!({
            "name": "Authorization", "value": null, "secret": true,
            "length": SECRET.len() + 7, "end": "\r\n"
        })
    );
    drop(client);
    // Refused ones, whose heads can be read or not, keep theirs as well.
    let bad = bench.request("GET", &format!("/numbers?count=0&token={SECRET}"), &fields);
    let (_client, _) = sent(&bench, bad.as_bytes(), 400).await;
    let unreadable = format!(
        "GET /x?token={SECRET} HTTP/1.1\r\nAuthorization {SECRET}\r\nCookie: a\r\n {SECRET}\r\n\r\n"
    );
    let (_client, _) = sent(&bench, unreadable.as_bytes(), 400).await;
    bench.ended("me").await;
    for path in [
        "/api/state".to_owned(),
        "/api/connections".to_owned(),
        format!("/api/connections?id={id}"),
        format!("/api/wire?id={id}"),
        format!("/api/request?id={id}"),
        format!("/api/request?id={id}&secrets=hidden"),
        format!("/api/request?id={}", id + 1),
        format!("/api/request?id={}", id + 2),
    ] {
        let (status, _, body) = ask(&bench, &path, &[]).await;
        assert_eq!(status, 200, "{path}");
        assert!(!body.contains(SECRET), "{path}: {body}");
    }
    let mut entries = 0;
    while let Some(entry) = log.try_recv() {
        let json = serde_json::to_string(&entry).expect("JSON");
        let all = format!("{entry} {entry:?} {json}");
        assert!(!all.contains(SECRET), "{all}");
        entries += 1;
    }
    assert!(entries >= 4, "{entries}");
    let view = bench.server.request(id, false).expect("it is there");
    assert!(!format!("{view:?}").contains(SECRET));

    let shown = format!("/api/request?id={id}&secrets=shown");
    for headers in [
        &[][..],
        &[("sec-fetch-site", "none")],
        &[
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-mode", "navigate"),
        ],
        &[
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "none"),
        ],
        &[
            ("origin", "http://localhost:5173"),
            ("sec-fetch-site", "same-origin"),
        ],
    ] {
        let (status, answer, body) = ask(&bench, &shown, headers).await;
        assert_eq!(status, 403, "{headers:?}");
        assert!(answer["error"].is_string() && !body.contains(SECRET));
    }
    let own = [("sec-fetch-site", "same-origin")];
    let (status, view, _) = ask(&bench, &shown, &own).await;
    let request = &view["request"];
    assert_eq!(status, 200);
    assert_eq!(request["target"][1]["value"], SECRET);
    assert_eq!(request["fields"][4]["value"], SECRET);
    assert_eq!(request["fields"][4]["secret"], true, "it stays one");
}

#[tokio::test]
async fn the_api_says_why_there_is_none() {
    let bench = Bench::start().await;
    for (query, status, words) in [
        ("", 400, "?id=7"),
        ("?id=x", 400, "whole number"),
        ("?id=1&secrets=yes", 400, "shown or hidden"),
        ("?id=999", 404, "no such connection"),
    ] {
        let (got, error, _) = ask(&bench, &format!("/api/request{query}"), &[]).await;
        assert_eq!(got, status, "{query}");
        let error = error["error"].as_str().expect("a sentence");
        assert!(error.contains(words), "{error}");
    }
    // The newest ones are kept, and the rows stay.
    let first = bench.get("/endless?every=1h&client=first").await;
    let body = "x".repeat(64 * 1024);
    let head = bench.request("POST", "/endless?every=1h", &[("content-length", "65536")]);
    let mut others = Vec::new();
    for _ in 0..128 {
        let mut client = bench.connect().await;
        client.send(&head).await;
        client.send(&body).await;
        soon("an answer", client.head()).await;
        others.push(client);
    }
    let row = bench.client("first").rows.remove(0);
    let (status, view, _) = ask(&bench, &format!("/api/request?id={}", row.id), &[]).await;
    assert_eq!(status, 200);
    assert_eq!(
        view,
        json!({
            "id": row.id, "since_ms": row.since_ms, "request": null, "missing": "no longer kept",
            "upstream": null
        })
    );
    request(&bench, newest(&bench)).await;
    drop(first);
}
