//! The wire of a connection, as the window shows it: the bytes that a raw socket received.

mod support;

use serde_json::{Value, json};
use sse_server::{TableQuery, What, WireView};
use support::{Bench, Client, soon};

fn bytes(view: &WireView) -> Vec<u8> {
    let pieces = view.pieces.iter();
    pieces
        .flat_map(|piece| {
            piece
                .bytes
                .chars()
                .map(|c| u8::try_from(c).expect("a byte"))
        })
        .collect()
}

fn id_of(bench: &Bench, tag: &str) -> u64 {
    let slice = bench.server.slice(&TableQuery {
        client: Some(tag.to_owned()),
        ..TableQuery::default()
    });
    slice.rows.first().expect("it came").id
}

/// The text of all lines of a piece, which has only characters.
fn text(piece: &Value) -> String {
    let lines = piece["lines"].as_array().expect("lines").iter();
    let parts = lines.flat_map(|line| ["name", "value", "end"].map(|part| line[part].as_str()));
    parts.map(|part| part.expect("text")).collect()
}

/// Sends a request and takes whatever comes until the connection ends.
async fn raw(bench: &Bench, request: &str) -> Vec<u8> {
    let mut client = Client::connect(bench.addr).await;
    client.send(request).await;
    client.rest().await
}

#[tokio::test]
async fn what_is_shown_is_what_a_raw_socket_received() {
    let bench = Bench::start().await;
    for (tag, target, version) in [
        ("chunked", "/numbers?every=5ms", "1.1"),
        ("bare", "/numbers?every=5ms", "1.0"),
        ("burst", "/endless?every=0ms&count=900", "1.1"),
        ("lines", "/every-line?every=0ms", "1.1"),
    ] {
        let request = format!(
            "GET {target}&client={tag} HTTP/{version}\r\nhost: localhost:{}\r\n\r\n",
            bench.addr.port()
        );
        let received = raw(&bench, &request).await;
        bench.ended(tag).await;
        let view = bench
            .server
            .wire(id_of(&bench, tag), 0)
            .expect("it is kept");
        assert_eq!(
            String::from_utf8_lossy(&bytes(&view)),
            String::from_utf8_lossy(&received),
            "{tag}"
        );
        assert_eq!((view.taken, view.missed), (received.len() as u64, 0));
        let events = |view: &WireView| {
            let events = view.events.iter();
            events
                .filter(|event| matches!(event.what, What::Event { .. }))
                .count()
        };
        let expected = match tag {
            "burst" => 900,
            "lines" => 6,
            _ => 5,
        };
        assert_eq!(events(&view), expected, "{tag}");
        let times: Vec<f64> = view.pieces.iter().map(|piece| piece.at_ms).collect();
        assert!(times.is_sorted());
    }
}

#[tokio::test]
async fn a_post_and_a_client_without_a_name_are_shown_too() {
    let bench = Bench::start().await;
    let request = bench.request(
        "POST",
        "/numbers?every=0ms&client=post",
        &[("content-length", "2")],
    );
    let received = raw(&bench, &(request + "{}")).await;
    bench.ended("post").await;
    let view = bench
        .server
        .wire(id_of(&bench, "post"), 0)
        .expect("it is kept");
    assert_eq!(bytes(&view), received);
}

/// While few are open each is kept from its first byte on; later ones from the moment that somebody
/// looks.
#[tokio::test]
async fn beyond_64_connections_a_tap_begins_when_somebody_looks() {
    let bench = Bench::start().await;
    let mut clients = Vec::new();
    for n in 0..66 {
        let (mut client, _) = bench.get(&format!("/endless?every=20ms&client=c{n}")).await;
        client.until("data: 1\n\n").await;
        clients.push(client);
    }
    let from_the_start = |tag: &str| {
        let view = bench
            .server
            .wire(id_of(&bench, tag), 0)
            .expect("it is there");
        view.pieces.first().is_some_and(|piece| piece.offset == 0)
    };
    assert!(from_the_start("c0") && from_the_start("c63"));
    let late = id_of(&bench, "c65");
    let first = bench.server.wire(late, 0).expect("it is there");
    assert!(first.on && first.pieces.is_empty(), "nobody had looked");
    let late_client = clients.last_mut().expect("66");
    let view = soon("something on the wire", async {
        loop {
            late_client.until("data: ").await;
            let view = bench.server.wire(late, 0).expect("it is there");
            if view.events.len() > 1 {
                return view;
            }
        }
    })
    .await;
    assert!(view.pieces[0].offset > 0);
}

#[tokio::test]
async fn the_api_gives_what_is_new_or_says_why_not() {
    let bench = Bench::start().await;
    raw(
        &bench,
        &bench.request("GET", "/numbers?every=0ms&client=x", &[]),
    )
    .await;
    bench.ended("x").await;
    let id = id_of(&bench, "x");
    let ask = async |query: &str| {
        let (mut client, head) = bench.get(&format!("/api/wire{query}")).await;
        let body = client.body(&head).await;
        (
            head.status,
            serde_json::from_str::<Value>(&body).expect("JSON"),
        )
    };
    let (status, view) = ask(&format!("?id={id}")).await;
    assert_eq!(status, 200);
    let head = view["pieces"][0]["bytes"].as_str().expect("text");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert_eq!(view["events"][0]["kind"], "retry");
    assert_eq!(view["events"][1]["data"], "1");
    let status = json!({
        "kind": "head", "name": "", "value": "HTTP/1.1 200 OK", "end": "\r\n", "length": 17
    });
    assert_eq!(view["pieces"][0]["lines"][0], status);
    let all: String = view["pieces"]
        .as_array()
        .expect("pieces")
        .iter()
        .map(text)
        .collect();
    let end = view["events"][1]["end"].as_u64().expect("a number");
    let until = &all[..usize::try_from(end).expect("it is small")];
    assert!(until.ends_with("id: 1\ndata: 1\n\n"), "{until}");
    let taken = view["taken"].as_u64().expect("a number");
    let (_, nothing_new) = ask(&format!("?id={id}&from={taken}")).await;
    assert_eq!(nothing_new["pieces"], Value::Array(vec![]));
    assert_eq!(nothing_new["events"], Value::Array(vec![]));
    for (query, status, words) in [
        ("", 400, "?id=7"),
        ("?id=x", 400, "whole number"),
        ("?id=1&id=2", 400, "twice"),
        ("?id=999", 404, "no such connection"),
    ] {
        let (got, error) = ask(query).await;
        assert_eq!(got, status, "{query}");
        assert!(
            error["error"]
                .as_str()
                .is_some_and(|text| text.contains(words)),
            "{error}"
        );
    }
    let (_, head) = bench
        .ask(
            "GET",
            &format!("/api/wire?id={id}"),
            &[("origin", "http://localhost:5173")],
        )
        .await;
    assert_eq!(head.status, 403, "the API is the page's own");
}
