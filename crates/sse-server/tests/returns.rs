//! What is said of clients that come back, over real sockets and through the API.

mod support;

use serde_json::Value;
use sse_server::{Look, RowView, Verdict, VerdictKind};
use support::Bench;

/// The newest row of a tag.
fn row(bench: &Bench, tag: &str) -> RowView {
    let rows = bench.client(tag).rows;
    rows.into_iter().max_by_key(|row| row.id).expect("a row")
}

fn verdict(bench: &Bench, tag: &str) -> Verdict {
    row(bench, tag).verdict.expect("it came back")
}

#[tokio::test]
async fn after_a_stop_and_a_start_the_table_says_who_came_back_and_how() {
    let mut bench = Bench::start().await;
    let (mut client, _) = bench.get("/endless?every=10ms&client=page").await;
    client.until("id: 7\n").await;
    let (mut other, _) = bench.get("/endless?every=1h").await;
    other.until("data: 1\n").await;
    bench.server.stop().await;
    let last = row(&bench, "page").last_id.expect("it got some");
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
    assert_eq!(
        row(&bench, "page").verdict,
        None,
        "it had come back already"
    );
    bench.ended("page").await;
    let (mut client, _) = bench.get(target).await;
    client.chunks().await;
    assert_eq!(verdict(&bench, "page").repeated, Some(5));
}

/// The verdict reckoned with the number behind it, which there is none of, and the request had no answer.
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

/// A stream that is full, and an origin that is not allowed: both are refused, and both say with what the client came.
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
        let rows = bench.server.look(&Look::default()).rows;
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

/// A file of streams that is saved while a client is away leaves the streams in it that did not change what they were.
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
