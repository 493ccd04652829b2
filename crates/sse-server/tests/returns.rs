//! What is said of clients that come back, over real sockets and through the API.

mod support;

use serde_json::Value;
use sse_server::{RowView, TableQuery, Verdict, VerdictKind};
use support::Bench;

/// The newest row of a tag.
fn row_of(bench: &Bench, tag: &str) -> RowView {
    let rows = bench.client(tag).rows;
    rows.into_iter().max_by_key(|row| row.id).expect("a row")
}

fn verdict(bench: &Bench, tag: &str) -> Verdict {
    row_of(bench, tag).verdict.expect("it came back")
}

#[tokio::test]
async fn after_a_stop_and_a_start_the_table_says_who_came_back_and_how() {
    let mut bench = Bench::start().await;
    let (mut client, _) = bench.get("/endless?every=10ms&client=page").await;
    client.until("id: 7\n").await;
    let (mut other, _) = bench.get("/endless?every=1h").await;
    other.until("data: 1\n").await;
    bench.server.stop().await;
    let last = row_of(&bench, "page").last_id.expect("it got some");
    bench.server.start().await.expect("a free port");
    bench.addr.set_port(bench.server.status().borrow().port);

    let resume = [("last-event-id", &*last)];
    let target = "/endless?every=1h&client=page";
    let (_client, head) = bench.ask("GET", target, &resume).await;
    assert_eq!(head.status, 200);
    let said = verdict(&bench, "page");
    assert_eq!(
        (said.kind, said.sure, said.lost, said.repeated),
        (VerdictKind::Back, true, Some(0), Some(0))
    );
    assert!(said.words.starts_with("came back after "), "{}", said.words);
    let end = format!(" (retry 1.00 s) with id {last}, nothing lost");
    assert!(said.words.ends_with(&end), "{}", said.words);

    let resume = [("last-event-id", "1")];
    let (_other, _) = bench.ask("GET", "/endless?every=1h", &resume).await;
    let (mut api, head) = bench
        .get("/api/connections?sort=since&descending=true")
        .await;
    let body: Value = serde_json::from_str(&api.body(&head).await).expect("JSON");
    let newest = &body["rows"][0];
    assert_eq!(newest["client"], Value::Null);
    assert_eq!(newest["verdict"]["kind"], "back");
    assert_eq!(newest["verdict"]["sure"], false);
    let words = newest["verdict"]["words"].as_str().expect("words");
    assert!(words.starts_with("probably came back after "), "{words}");
    assert!(words.ends_with("with id 1, nothing lost"), "{words}");
    let before = body["rows"].as_array().expect("rows").iter();
    let mut before = before.filter(|row| row["id"] == newest["verdict"]["other"]);
    assert_eq!(
        before.next().expect("the one before")["afterwards"]["other"],
        newest["id"]
    );
}

#[tokio::test]
async fn the_end_of_a_finite_stream_is_no_loss() {
    let bench = Bench::start().await;
    let target = "/numbers?every=0ms&client=page";
    let (mut client, _) = bench.get(target).await;
    client.chunks().await;
    bench.ended("page").await;
    let (_, head) = bench.ask("GET", target, &[("last-event-id", "5")]).await;
    assert_eq!(head.status, 204);
    let said = verdict(&bench, "page");
    assert!(
        said.words
            .ends_with("with id 5, nothing lost: there is no more (204)"),
        "{}",
        said.words
    );
    // Whoever asks for it anew has it all twice.
    let (mut client, _) = bench.get(target).await;
    client.chunks().await;
    assert_eq!(verdict(&bench, "page").repeated, Some(5));
    bench.ended("page").await;
    let (mut client, _) = bench.get(target).await;
    client.chunks().await;
    assert_eq!(verdict(&bench, "page").repeated, Some(5));
}

/// The verdict reckoned with the number behind it, which there is none of, and the request had no
/// answer.
#[tokio::test]
async fn an_id_beyond_all_numbers_was_never_given() {
    let bench = Bench::start().await;
    let target = "/endless?every=1h&client=page";
    let (client, _) = bench.get(target).await;
    drop(client);
    bench.ended("page").await;
    let largest = u64::MAX.to_string();
    let (mut back, head) = bench
        .ask("GET", target, &[("last-event-id", &*largest)])
        .await;
    assert_eq!(head.status, 200);
    back.until("id: 1\n").await;
    let said = verdict(&bench, "page");
    assert_eq!((said.lost, said.repeated), (Some(0), Some(1)));
}

/// A stream that is full, and an origin that is not allowed: both are refused, and both say with
/// what the client came.
#[tokio::test]
async fn who_is_refused_has_come_back_with_what_it_brought() {
    let bench = Bench::limited(sse_server::Limits {
        streams: 1,
        ..sse_server::Limits::default()
    })
    .await;
    let (mut client, _) = bench.get("/endless?every=10ms").await;
    client.until("id: 5\n").await;
    drop(client);
    bench.table("its end", |view| view.tally.open == 0).await;
    let (_other, _) = bench.get("/endless?every=1h&client=other").await;
    let foreign = ("origin", "http://front.example");
    for (headers, status) in [
        (&[("last-event-id", "3")][..], 503),
        (&[("last-event-id", "5"), foreign][..], 403),
    ] {
        let (_, head) = bench.ask("GET", "/endless", headers).await;
        assert_eq!(head.status, status);
        let rows = bench.server.slice(&TableQuery::default()).rows;
        let refused = rows.iter().find(|row| row.status == status);
        let refused = refused.expect("it is in the table");
        assert_eq!(refused.brought.as_deref(), Some(headers[0].1));
        if status == 503 {
            let said = refused.verdict.as_ref().expect("it came back");
            let end = "with id 3 and was refused (503)";
            assert!(said.words.ends_with(end), "{}", said.words);
            assert_eq!((said.lost, said.repeated), (None, None));
        }
    }
}

#[tokio::test]
async fn what_a_topic_no_longer_keeps_is_lost() {
    let topics = sse_server::TopicConfig {
        keep_events: 2,
        ..sse_server::TopicConfig::default()
    };
    let bench = Bench::topics(topics).await;
    let target = "/topics/news?client=page";
    let mut reader = bench.subscribe(target).await;
    bench.publish("/topics/news", "one").await;
    assert_eq!(reader.data().await, "one");
    let had = reader.last_event_id().to_owned();
    drop(reader);
    bench.ended("page").await;
    for data in ["two", "three", "four", "five"] {
        bench.publish("/topics/news", data).await;
    }
    let mut reader = bench.resume(target, &had).await;
    assert!(reader.next().await.is_gap());
    let said = verdict(&bench, "page");
    assert_eq!((said.lost, said.repeated), (Some(2), Some(0)));
    assert!(said.words.ends_with(", 2 events lost"), "{}", said.words);
}

/// A file of streams that is saved while a client is away leaves the streams in it that did not
/// change what they were.
#[tokio::test]
async fn a_list_that_changes_elsewhere_leaves_the_numbers_what_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("streams.toml");
    let mine = |title: &str| {
        format!(
            "[[stream]]\npath = \"/mine\"\nevery = \"1h\"\n\n[[stream]]\npath = \"/other\"\ntitle = \"{title}\"\n"
        )
    };
    std::fs::write(&file, mine("a")).expect("it is written");
    let bench = Bench::with(sse_server::Config {
        streams_file: Some(file.clone()),
        ..sse_server::Config::default()
    })
    .await;
    let mut streams = bench.server.streams_changed();
    let mut named = async |title: &str| {
        let known = streams.wait_for(|view| view.streams.iter().any(|s| s.title == title));
        _ = support::soon("the list", known).await.expect("it lives");
    };
    named("a").await;
    let (mut client, _) = bench.get("/mine?client=page").await;
    client.until("data: 1\n").await;
    drop(client);
    bench.ended("page").await;
    // Longer, since the time of a change may be too coarse to tell the two apart.
    std::fs::write(&file, mine("another")).expect("it is written");
    named("another").await;
    let resume = [("last-event-id", "1")];
    let (_client, _) = bench.ask("GET", "/mine?client=page", &resume).await;
    assert_eq!(verdict(&bench, "page").lost, Some(0));
}

/// A publisher may set another reconnection time; whoever comes later is told the topic's own.
#[tokio::test]
async fn the_reconnection_time_is_the_one_that_was_sent() {
    let bench = Bench::start().await;
    let mut early = bench.subscribe("/topics/news?client=early").await;
    bench.publish("/topics/news?retry=5000", "one").await;
    assert_eq!(early.data().await, "one");
    let mut late = bench.subscribe("/topics/news?client=late").await;
    bench.publish("/topics/news", "two").await;
    assert_eq!(early.data().await, "two");
    assert_eq!(late.data().await, "two");
    let ids = [&early, &late].map(|reader| reader.last_event_id().to_owned());
    drop((early, late));
    let mut open = Vec::new();
    for (tag, id, retry) in [("early", &ids[0], 5000), ("late", &ids[1], 1000)] {
        bench.ended(tag).await;
        let target = format!("/topics/news?client={tag}");
        open.push(bench.resume(&target, id).await);
        assert_eq!(verdict(&bench, tag).retry_ms, Some(retry), "{tag}");
    }
    // An entry of a list that carries nothing else sets it too.
    let (mut client, _) = bench.get("/every-line?every=0ms&count=3&client=list").await;
    client.chunks().await;
    bench.ended("list").await;
    let (mut client, _) = bench.get("/every-line?every=0ms&count=3&client=list").await;
    client.chunks().await;
    assert_eq!(verdict(&bench, "list").retry_ms, Some(2000));
}

/// A page whose error handler makes a new EventSource replays the stream for ever; the table was a
/// wall of green.
#[tokio::test]
async fn who_replays_a_stream_after_a_204_is_told_of() {
    let bench = Bench::start().await;
    let target = "/numbers?count=2&every=0ms&client=page";
    let (mut client, _) = bench.get(target).await;
    client.chunks().await;
    bench.ended("page").await;
    let (_, head) = bench.ask("GET", target, &[("last-event-id", "2")]).await;
    assert_eq!(head.status, 204);
    assert!(!verdict(&bench, "page").bad);
    let (mut client, _) = bench.get(target).await;
    client.chunks().await;
    bench
        .table("all three ends", |view| {
            view.rows.iter().all(|row| row.ended.is_some())
        })
        .await;
    let words = "came back although told to stay away (204), without an id, 2 repeated";
    let (mut api, head) = bench
        .get("/api/connections?sort=since&descending=true")
        .await;
    let body: Value = serde_json::from_str(&api.body(&head).await).expect("JSON");
    let [anew, away, _] = &body["rows"].as_array().expect("rows")[..] else {
        panic!("{body}");
    };
    assert_eq!(anew["verdict"]["words"], words);
    assert_eq!(anew["verdict"]["bad"], true);
    let advice = anew["verdict"]["advice"].as_str().expect("advice");
    assert!(advice.contains("no new EventSource"), "{advice}");
    assert_eq!(away["status"], 204);
    assert_eq!(away["afterwards"]["bad"], true);
    assert_eq!(away["afterwards"]["other"], anew["id"]);
}

/// Each message of a chat after the first was said to repeat an answer.
#[tokio::test]
async fn a_second_question_is_no_repetition() {
    let bench = Bench::start().await;
    let target = "/tokens?every=0ms&client=chat";
    for _ in 0..2 {
        let body = [("content-length", "2")];
        let mut client = bench.connect().await;
        client
            .send(&format!("{}{{}}", bench.request("POST", target, &body)))
            .await;
        assert_eq!(client.head().await.status, 200);
        client.chunks().await;
        bench.table("its end", |view| view.tally.open == 0).await;
    }
    let rows = bench.client("chat").rows;
    assert_eq!(rows.len(), 2);
    let said = |row: &RowView| row.verdict.is_some() || row.afterwards.is_some();
    assert!(!rows.iter().any(said), "{rows:?}");
}

#[tokio::test]
async fn a_finite_stream_whose_client_leaves_is_cut() {
    let bench = Bench::start().await;
    let (mut client, _) = bench.get("/numbers?every=1h&count=13&client=page").await;
    client.until("data: 1\n").await;
    drop(client);
    let row = bench.ended("page").await;
    let said = row.afterwards.expect("it was cut");
    assert_eq!(
        (said.kind, &*said.words),
        (VerdictKind::Cut, "cut after 1 of 13")
    );
    // An answer that the server's stop cuts ends like one that is whole.
    let (mut client, _) = bench.get("/tokens?every=1h&client=chat").await;
    client.until("\n\n").await;
    bench.server.stop().await;
    let said = row_of(&bench, "chat").afterwards.expect("it was cut");
    assert!(said.words.starts_with("cut after 1 of "), "{}", said.words);
    assert!(said.advice.is_some());
}

/// A component that is mounted twice opens two.
#[tokio::test]
async fn two_of_one_client_at_once_are_told_of() {
    let bench = Bench::start().await;
    let target = "/endless?every=1h&client=page";
    let (_first, _) = bench.get(target).await;
    let (second, _) = bench.get(target).await;
    let both = |view: &sse_server::Slice| {
        let said = |row: &RowView| row.afterwards.as_ref().map(|it| it.words.clone());
        let words: Vec<_> = view.rows.iter().map(said).collect();
        let both = "2 open at once: #1 and #2";
        words.len() == 2 && words.iter().all(|it| it.as_deref() == Some(both))
    };
    bench.table("both say so", both).await;
    drop(second);
    let none = |view: &sse_server::Slice| {
        view.tally.open == 1 && view.rows.iter().all(|row| row.afterwards.is_none())
    };
    bench.table("neither does", none).await;
}

/// A program that keeps a log reads what the table knows, and nothing that was secret in the
/// request.
#[tokio::test]
async fn what_happens_is_told_and_secrets_are_not() {
    let bench = Bench::start().await;
    let mut log = bench.server.log();
    let target = "/endless?every=10ms&client=page&token=s3cret-query";
    let headers = [
        ("authorization", "Bearer s3cret-header"),
        ("cookie", "a=s3cret-cookie"),
        ("referer", "http://localhost/?s3cret-referer"),
    ];
    let (mut client, _) = bench.ask("GET", target, &headers).await;
    client.until("id: 7\n").await;
    drop(client);
    bench.ended("page").await;
    let (_client, _) = bench.ask("GET", target, &headers).await;
    let foreign = [("origin", "http://s3cret-origin.example"), headers[0]];
    let (_, head) = bench.ask("GET", target, &foreign).await;
    assert_eq!(head.status, 403);
    let mut told = Vec::new();
    for _ in 0..5 {
        let entry = support::soon("an entry", log.recv()).await;
        told.push(entry.expect("the server is there"));
    }
    let events: Vec<Value> = told
        .iter()
        .map(|entry| serde_json::to_value(entry).expect("JSON"))
        .collect();
    let names: Vec<_> = events.iter().map(|it| it["event"].as_str()).collect();
    let expected = ["opened", "ended", "opened", "verdict", "refused"];
    assert_eq!(names, expected.map(Some));
    assert_eq!(events[0]["connection"], 1);
    assert_eq!(events[0]["client"], "page");
    assert_eq!(events[1]["by"], "client");
    assert_eq!(events[3]["connection"], 2);
    assert_eq!(events[3]["verdict"]["bad"], true);
    assert_eq!(events[4]["status"], 403);
    for (entry, event) in told.iter().zip(&events) {
        let both = format!("{entry}{event}");
        assert!(!both.contains("s3cret"), "{both}");
        assert!(!both.contains('\n'), "{both}");
    }
}
