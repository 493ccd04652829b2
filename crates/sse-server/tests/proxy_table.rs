//! What the table shows of forwarded streams: both legs, the last event id, and how a client comes
//! back, over real sockets.

mod support;

use std::time::Duration;

use serde_json::Value;
use sse_server::{BackWith, RowView, Sort, TableQuery, Verdict, Why};
use support::upstream::{Asked, Upstream};
use support::{Bench, Client};

/// A stream of the client `a` through the proxy that has begun, on both sides.
async fn begun(upstream: &Upstream, bench: &Bench, fields: &[(&str, &str)]) -> (Client, Asked) {
    begun_at(upstream, bench, "/@live/v1/x?client=a", fields).await
}

async fn begun_at(
    upstream: &Upstream,
    bench: &Bench,
    target: &str,
    fields: &[(&str, &str)],
) -> (Client, Asked) {
    let mut client = bench.connect().await;
    client.send(&bench.request("GET", target, fields)).await;
    let mut asked = upstream.asked().await;
    asked.stream().await;
    assert_eq!(client.head().await.status, 200);
    (client, asked)
}

/// Sends the client a chunk, which it gets.
async fn send(asked: &mut Asked, client: &mut Client, text: &str) {
    asked.chunk(text.as_bytes()).await;
    let mut got = String::new();
    while got.len() < text.len() {
        got += &client.chunk().await;
    }
    assert_eq!(got, text);
}

/// The upstream cuts the stream, and the row has ended.
async fn cut(asked: Asked, mut client: Client, bench: &Bench) {
    drop(asked);
    client.rest().await;
    let is_over = |_: &_| bench.live().iter().all(|row| row.ended.is_some());
    bench.table("the end", is_over).await;
}

/// The row that came last, once it satisfies this.
async fn newest(bench: &Bench, what: &str, wanted: impl Fn(&RowView) -> bool) -> RowView {
    let last = || bench.live().into_iter().max_by_key(|row| row.id);
    let is_it = |_: &_| last().is_some_and(|row| wanted(&row));
    bench.table(what, is_it).await;
    last().expect("a row")
}

/// What a client is told to have come back with that was sent `stream`, was cut, and then sends
/// these fields.
async fn back(bench: &Bench, upstream: &Upstream, stream: &str, id: Option<&str>) -> Verdict {
    let (mut client, mut asked) = begun(upstream, bench, &[]).await;
    send(&mut asked, &mut client, stream).await;
    cut(asked, client, bench).await;
    comes_back(bench, upstream, id).await
}

async fn comes_back(bench: &Bench, upstream: &Upstream, id: Option<&str>) -> Verdict {
    let fields: Vec<_> = id.iter().map(|id| ("last-event-id", *id)).collect();
    let (client, asked) = begun(upstream, bench, &fields).await;
    let row = newest(bench, "the return", |row| row.verdict.is_some()).await;
    cut(asked, client, bench).await;
    row.verdict.expect("it came back")
}

#[tokio::test]
async fn a_row_has_both_legs_with_their_times() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let mut client = bench.connect().await;
    client.send(&bench.request("GET", "/@live/x", &[])).await;
    let mut asked = upstream.asked().await;
    tokio::time::sleep(Duration::from_millis(60)).await;
    asked.stream().await;
    client.head().await;
    let row = newest(&bench, "a row", |_| true).await;
    let legs = row.legs.expect("it was forwarded");
    assert_eq!(legs.upstream, upstream.addr.to_string());
    assert_eq!(legs.status, Some(200));
    let head = legs.head_ms.expect("it came");
    assert!(head >= 60 && legs.connect_ms <= Some(head), "{head}");
    let open = legs.client_ms.expect("it is open");
    assert_eq!(open % 1000, 0, "in whole seconds");
    drop(client);
    let row = newest(&bench, "its end", |row| row.ended.is_some()).await;
    let legs = row.legs.expect("it was forwarded");
    let (lasted, ended) = (legs.client_ms.expect("it ended"), row.ended.expect("so"));
    assert!(lasted >= 60, "from its request on: {lasted}");
    let by_wall = ended.at_ms - row.since_ms;
    assert!(by_wall.abs_diff(lasted) <= 5, "{by_wall}, {lasted}");
}

#[tokio::test]
async fn what_is_no_stream_has_its_upstream_too() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let mut client = bench.connect().await;
    client.send(&bench.request("GET", "/@live/x", &[])).await;
    let mut asked = upstream.asked().await;
    let answer = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
    asked.client.send(answer).await;
    assert_eq!(client.head().await.status, 404);
    let row = newest(&bench, "a row", |_| true).await;
    let legs = row.legs.expect("it was forwarded");
    assert_eq!((legs.status, legs.client_ms), (Some(404), None));

    // What this server answers itself has no legs.
    let (_client, head) = bench.get("/@live/endless?every=1h").await;
    assert_eq!(head.status, 200);
    let row = newest(&bench, "a row", |row| row.stream == "/endless").await;
    assert_eq!(row.legs, None);
}

#[tokio::test]
async fn an_upstream_that_is_down_has_a_leg_without_a_status() {
    let upstream = Upstream::new().await;
    let addr = upstream.addr;
    let bench = upstream.bench().await;
    drop(upstream);
    let (_client, head) = bench.get("/@live/x").await;
    assert_eq!(head.status, 502);
    let row = newest(&bench, "a row", |_| true).await;
    let legs = row.legs.expect("it was tried");
    assert_eq!((legs.status, legs.head_ms), (None, None));
    assert_eq!(legs.upstream, addr.to_string());
    assert!(legs.client_ms.is_some());
}

/// As the page and scripts read it.
#[tokio::test]
async fn the_table_is_sorted_and_filtered_by_its_upstreams() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let _own = bench.get("/@live/endless?every=1h").await;
    let _open = begun(&upstream, &bench, &[]).await;
    let rows = |filter: &str, descending| {
        let slice = bench.server.slice(&TableQuery {
            room: Some("live".to_owned()),
            filter: filter.to_owned(),
            sort: Sort::Upstream,
            descending,
            ..TableQuery::default()
        });
        let rows = slice.rows.into_iter().map(|row| row.stream);
        rows.collect::<Vec<_>>()
    };
    assert_eq!(rows("", true), ["/v1/x", "/endless"]);
    assert_eq!(rows("", false), ["/endless", "/v1/x"]);
    assert_eq!(rows(&upstream.addr.to_string(), false), ["/v1/x"]);
    let (mut api, head) = bench.get("/api/connections?room=live&sort=upstream").await;
    let body: Value = serde_json::from_str(&api.body(&head).await).expect("JSON");
    assert_eq!(body["rows"][0]["legs"], Value::Null);
    assert_eq!(body["rows"][1]["legs"]["status"], 200);
}

#[tokio::test]
async fn a_row_shows_the_last_id_that_its_client_was_sent() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let (mut client, mut asked) = begun(&upstream, &bench, &[]).await;
    send(&mut asked, &mut client, "data: a\n\nid: 1\n").await;
    let row = newest(&bench, "an event", |row| row.events == 1).await;
    assert_eq!(row.last_id, None, "its event is not whole");
    send(
        &mut asked,
        &mut client,
        "data: b\n\ndata: c\n\nid: x\0\ndata: d\n\n",
    )
    .await;
    let row = newest(&bench, "the events", |row| row.events == 4).await;
    assert_eq!(row.last_id.as_deref(), Some("1"));
    send(&mut asked, &mut client, "id: caf\u{e9}-2\ndata: e\n\n").await;
    let row = newest(&bench, "the next", |row| row.events == 5).await;
    assert_eq!(row.last_id.as_deref(), Some("caf\u{e9}-2"));
    let until = "/api/wait?room=live&until=sent-id=1&timeout=5s";
    let (_, head) = bench.get(until).await;
    assert_eq!(head.status, 200, "an earlier one counts too");
    cut(asked, client, &bench).await;
    let row = newest(&bench, "its end", |row| row.ended.is_some()).await;
    assert_eq!(row.last_id.as_deref(), Some("caf\u{e9}-2"), "it stays");
    assert_eq!(row.ended.map(|ended| ended.why), Some(Why::UpstreamCut));
}

const THREE: &str = "retry: 1500\nid: 5\ndata: a\n\nid: 6\ndata: b\n\nid: 7\ndata: c\n\n";

#[tokio::test]
async fn a_client_that_comes_back_is_judged_by_its_id() {
    for (stream, id, with, after, bad, words, brief) in [
        (
            THREE,
            Some("7"),
            BackWith::Last,
            Some(0),
            false,
            "with id 7, the last that it was sent",
            "last id",
        ),
        (
            THREE,
            Some("5"),
            BackWith::Earlier,
            Some(2),
            true,
            "with id 5, though it was sent 2 more events",
            "2 events back",
        ),
        (
            THREE,
            Some("6"),
            BackWith::Earlier,
            Some(1),
            true,
            "with id 6, though it was sent 1 more event",
            "1 event back",
        ),
        (
            THREE,
            None,
            BackWith::Forgotten,
            None,
            true,
            "without an id, though it was sent one",
            "no id",
        ),
        (
            THREE,
            Some("9"),
            BackWith::Unsent,
            None,
            true,
            "with id 9, which it was never sent",
            "unsent id",
        ),
        (
            "data: a\n\n",
            None,
            BackWith::Nothing,
            None,
            false,
            "without an id, as it was sent none",
            "",
        ),
        (
            "id: 1\ndata: a\n\nid\ndata: b\n\n",
            None,
            BackWith::Nothing,
            None,
            false,
            "without an id, as it was sent none",
            "",
        ),
    ] {
        let upstream = Upstream::new().await;
        let bench = upstream.bench().await;
        let said = back(&bench, &upstream, stream, id).await;
        assert_eq!(
            (said.back_with, said.sent_after),
            (Some(with), after),
            "{words}"
        );
        assert_eq!((said.bad, said.advice.is_some()), (bad, bad), "{words}");
        assert_eq!((said.lost, said.repeated), (None, None), "{words}");
        assert!(said.words.ends_with(words), "{}", said.words);
        let end = format!(" s, {brief}");
        assert!(
            brief.is_empty() || said.brief.ends_with(&end),
            "{}",
            said.brief
        );
        if stream == THREE {
            assert!(said.words.contains("(retry 1.50 s)"), "{}", said.words);
            assert_eq!(said.retry_ms, Some(1500));
        }
    }
}

#[tokio::test]
async fn only_the_newest_ids_are_remembered() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let stream: String = (1..=65).map(|n| format!("id: {n}\ndata\n\n")).collect();
    let said = back(&bench, &upstream, &stream, Some("1")).await;
    assert_eq!((said.back_with, said.bad), (Some(BackWith::Unknown), false));
    let end = "with id 1, which is none of the last 64 that it was sent";
    assert!(said.words.ends_with(end), "{}", said.words);
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let said = back(&bench, &upstream, &stream, Some("2")).await;
    let earlier = (Some(BackWith::Earlier), Some(63));
    assert_eq!((said.back_with, said.sent_after), earlier);
}

/// The id that a client had counts where it is sent no other, and those of before stay known.
#[tokio::test]
async fn ids_are_remembered_over_reconnects() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let said = back(&bench, &upstream, THREE, Some("7")).await;
    assert_eq!(said.back_with, Some(BackWith::Last));
    let said = comes_back(&bench, &upstream, Some("7")).await;
    assert_eq!(said.back_with, Some(BackWith::Last), "it was sent no other");
    let (mut client, mut asked) = begun(&upstream, &bench, &[("last-event-id", "7")]).await;
    send(&mut asked, &mut client, "id: 8\ndata: d\n\ndata: e\n\n").await;
    cut(asked, client, &bench).await;
    let said = comes_back(&bench, &upstream, Some("6")).await;
    let earlier = (Some(BackWith::Earlier), Some(3));
    assert_eq!((said.back_with, said.sent_after), earlier);
}

/// Who leaves may begin anew; whoever was cut off should go on.
#[tokio::test]
async fn a_client_that_left_by_itself_may_come_without_an_id() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let (mut client, mut asked) = begun(&upstream, &bench, &[]).await;
    send(&mut asked, &mut client, THREE).await;
    drop(client);
    newest(&bench, "its end", |row| row.ended.is_some()).await;
    let said = comes_back(&bench, &upstream, None).await;
    assert_eq!(
        (said.back_with, said.bad),
        (Some(BackWith::Forgotten), false)
    );
}

/// Without a tag and a room of its own, a client is known by an id that it was sent.
#[tokio::test]
async fn without_a_tag_an_id_that_was_forwarded_makes_it_probable() {
    let upstream = Upstream::new().await;
    let bench = Bench::with(sse_server::Config {
        upstreams: vec![(None, upstream.url())],
        ..sse_server::Config::default()
    })
    .await;
    let (mut client, mut asked) = begun_at(&upstream, &bench, "/v1/x", &[]).await;
    send(&mut asked, &mut client, THREE).await;
    drop(asked);
    client.rest().await;
    let all = || bench.server.slice(&TableQuery::default()).rows;
    bench.table("the end", |_| all()[0].ended.is_some()).await;
    for (id, with) in [("9", None), ("6", Some(BackWith::Earlier))] {
        let fields = [("last-event-id", id)];
        let _back = begun_at(&upstream, &bench, "/v1/x", &fields).await;
        let row = all().into_iter().max_by_key(|row| row.id).expect("a row");
        let said = row.verdict.as_ref();
        assert_eq!(said.and_then(|said| said.back_with), with, "{id}");
        assert!(said.is_none_or(|said| !said.sure), "{id}");
    }
}

/// A client ignores an id with a NUL, so it is not blamed for the one before.
#[tokio::test]
async fn an_id_that_a_fault_spoiled_is_not_held_against_its_client() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let target = "/@live/v1/x?client=a&fault=nul-id,after=2";
    let (mut client, mut asked) = begun_at(&upstream, &bench, target, &[]).await;
    asked.chunk(THREE.as_bytes()).await;
    newest(&bench, "three events", |row| row.events == 3).await;
    client.until("data: c").await;
    cut(asked, client, &bench).await;
    let said = comes_back(&bench, &upstream, Some("6")).await;
    assert_eq!((said.back_with, said.bad), (None, false));
    let end = "with id 6, what it missed cannot be told";
    assert!(said.words.ends_with(end), "{}", said.words);
}
