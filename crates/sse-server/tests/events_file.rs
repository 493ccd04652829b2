//! Streams whose events are in a file beside the file of streams.

mod support;

use std::fmt::Write;
use std::fs;

use sse_server::{Config, Why};
use support::{Bench, data, soon};
use tempfile::TempDir;

struct Desk {
    bench: Bench,
    folder: TempDir,
}

impl Desk {
    async fn with(name: &str, events: &str, rest: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let file = folder.path().join("streams.toml");
        let text =
            format!("[[stream]]\npath = \"/a\"\nevery = \"0ms\"\nevents_file = \"{name}\"\n{rest}");
        fs::write(&file, text).expect("written");
        fs::write(folder.path().join(name), events).expect("written");
        let bench = Bench::with(Config {
            streams_file: Some(file),
            ..Config::default()
        })
        .await;
        Self { bench, folder }
    }

    async fn body(&self, target: &str, id: Option<&str>) -> String {
        let id = id.map(|id| ("Last-Event-ID", id));
        let headers: Vec<_> = id.into_iter().collect();
        let (mut client, head) = self.bench.ask("GET", target, &headers).await;
        match head.status {
            200 => client.chunks().await.concat(),
            status => format!("{status}"),
        }
    }
}

#[tokio::test]
async fn lines_of_json_are_events() {
    let events = "{\"data\": {\"b\": 1, \"a\": 2}, \"event\": \"x\"}\n\nplain\r\n{\"comment\": \"c\"}\n{\"data\": \"last\"}";
    let desk = Desk::with(
        "events.ndjson",
        events,
        "retry = \"1s\"\nevent = \"tick\"\n",
    )
    .await;
    assert_eq!(
        desk.body("/a", None).await,
        "retry: 1000\nevent: x\nid: 1\ndata: {\"b\": 1, \"a\": 2}\n\n\
         event: tick\nid: 2\ndata: plain\n\n: c\n\nevent: tick\nid: 4\ndata: last\n\n"
    );
    assert_eq!(data(&desk.body("/a", Some("2")).await), ["last"]);
    assert_eq!(desk.body("/a", Some("4")).await, "204");
    assert_eq!(data(&desk.body("/a", Some("unknown")).await).len(), 3);
    assert_eq!(data(&desk.body("/a?count=1", None).await).len(), 1);
    assert_eq!(data(&desk.body("/a?from=2", None).await), ["plain", "last"]);
}

#[tokio::test]
async fn records_of_csv_are_events() {
    let events = "id,event,data\na,x,\"two\nlines\"\nb,,\"a \"\"quote\"\"\"\nc,y,\n";
    let desk = Desk::with("events.csv", events, "space = false\n").await;
    assert_eq!(
        desk.body("/a", None).await,
        "event:x\nid:a\ndata:two\ndata:lines\n\nid:b\ndata:a \"quote\"\n\nevent:y\nid:c\ndata:\n\n"
    );
    // By their own ids, since they have some.
    assert_eq!(data(&desk.body("/a", Some("a")).await).len(), 2);
    assert_eq!(desk.body("/a", Some("c")).await, "204");
    assert_eq!(data(&desk.body("/a", Some("2")).await).len(), 3);
}

#[tokio::test]
async fn a_mistake_names_its_line() {
    for (name, events, words) in [
        (
            "a.ndjson",
            "ok\n{\"after\": 5}\n",
            ": a.ndjson, line 2: after = \"5\" is no time",
        ),
        (
            "a.csv",
            "data\nok\n\"x\",y\n",
            ": a.csv, line 3: it has more cells than the first line",
        ),
        (
            "a.csv",
            "data\r\nok\r\n\r\n\r\n\"x\",y\r\n",
            ": a.csv, line 5: it has more cells than the first line",
        ),
    ] {
        let desk = Desk::with(name, events, "").await;
        let (mut client, _) = desk.bench.get("/a").await;
        let body = soon("its end", client.rest()).await;
        let body = String::from_utf8_lossy(&body).into_owned();
        assert!(body.contains("data: ok\n\n"), "{body}");
        assert!(body.contains(words), "{body}");
    }
    let desk = Desk::with("a.csv", "data,dat\nx,y\n", "").await;
    let (mut client, head) = desk.bench.get("/a").await;
    assert_eq!(head.status, 500);
    let body = client.body(&head).await;
    assert!(
        body.contains("a.csv, line 1: \"dat\" is not a key of an event"),
        "{body}"
    );
}

/// Each connection has the file as it was when it began.
#[tokio::test]
async fn a_file_that_changes_ends_its_streams_and_new_ones_read_it_anew() {
    let desk = Desk::with("a.ndjson", "one\ntwo\n", "").await;
    let file = desk.folder.path().join("a.ndjson");
    let (mut client, _) = desk.bench.get("/a?every=1h").await;
    fs::write(&file, "three\nfour\nfive\n").expect("written");
    let body = soon("its end", client.rest()).await;
    let body = String::from_utf8_lossy(&body).into_owned();
    assert!(body.contains("data: one\n\n"), "{body}");
    assert!(
        body.contains(": a.ndjson has changed: connect again"),
        "{body}"
    );
    assert_eq!(
        data(&desk.body("/a", None).await),
        ["three", "four", "five"]
    );
    let (mut client, _) = desk.bench.get("/a?every=1h").await;
    fs::remove_file(&file).expect("removed");
    let body = soon("its end", client.rest()).await;
    let body = String::from_utf8_lossy(&body).into_owned();
    assert!(body.contains(": a.ndjson is missing"), "{body}");
    let (mut client, head) = desk.bench.get("/a").await;
    assert_eq!(head.status, 500);
    let body = client.body(&head).await;
    assert!(
        body.contains("put the file beside the file of streams"),
        "{body}"
    );
}

#[tokio::test]
async fn a_long_file_is_read_bit_by_bit_and_resumed_anywhere() {
    let mut events = String::new();
    for n in 1..=5_000 {
        writeln!(events, "{{\"data\": \"{n} {}\"}}", "x".repeat(n % 100)).expect("text");
    }
    let desk = Desk::with("a.ndjson", &events, "").await;
    let number = |data: &str| data.split(' ').next().map(str::to_owned);
    for (id, first) in [
        (None, "1"),
        (Some("4321"), "4322"),
        (Some("999"), "1000"),
        (Some("1000"), "1001"),
    ] {
        let body = soon("the rest", desk.body("/a", id)).await;
        let data = data(&body);
        assert_eq!(number(&data[0]).as_deref(), Some(first));
        assert_eq!(
            data.last().and_then(|data| number(data)).as_deref(),
            Some("5000")
        );
        let count = 5_001 - first.parse::<usize>().expect("a number");
        assert_eq!(data.len(), count);
    }
}

#[tokio::test]
async fn an_idle_stream_is_kept_alive() {
    let desk = Desk::with(
        "a.ndjson",
        "one\ntwo\n",
        "keep_alive = \"50ms\"\nkeep_alive_lines = \":\"\n",
    )
    .await;
    let (mut client, _) = desk.bench.get("/a?every=1h").await;
    soon("two beats", client.until("3\r\n:\n\n\r\n3\r\n:\n\n")).await;
}

/// Else a client would come back for ever.
#[tokio::test]
async fn a_client_that_had_all_that_it_asked_for_is_told_to_stay_away() {
    let desk = Desk::with("a.ndjson", "1\n2\n3\n", "count = 2\n").await;
    assert_eq!(data(&desk.body("/a", None).await), ["1", "2"]);
    assert_eq!(data(&desk.body("/a", Some("1")).await), ["2"]);
    assert_eq!(desk.body("/a", Some("2")).await, "204");
    assert_eq!(desk.body("/a?count=1", Some("1")).await, "204");
    let desk = Desk::with("a.csv", "id,data\na,1\nb,2\nc,3\n", "count = 2\n").await;
    assert_eq!(desk.body("/a", Some("b")).await, "204");
}

/// The open of a pipe does not end before somebody writes to it.
#[cfg(unix)]
#[tokio::test]
async fn a_pipe_is_no_file_of_events() {
    let desk = Desk::with("a.ndjson", "1\n", "").await;
    let file = desk.folder.path().join("a.ndjson");
    fs::remove_file(&file).expect("removed");
    let made = std::process::Command::new("mkfifo").arg(&file).status();
    assert!(made.expect("mkfifo runs").success());
    let answer = soon("an answer", desk.body("/a", None)).await;
    assert_eq!(answer, "500");
}

#[tokio::test]
async fn what_fails_has_a_row_that_says_so() {
    let desk = Desk::with("a.ndjson", "1\n2\n", "").await;
    let file = desk.folder.path().join("a.ndjson");
    let (mut client, _) = desk.bench.get("/a?every=1h&client=open").await;
    fs::write(&file, "1\n").expect("written");
    soon("its end", client.rest()).await;
    let row = desk.bench.ended("open").await;
    assert_eq!(row.ended.map(|it| it.why), Some(Why::EventsFile));
    fs::remove_file(&file).expect("removed");
    assert_eq!(desk.body("/a?client=late", None).await, "500");
    let row = desk.bench.ended("late").await;
    assert_eq!(row.status, 500);
    assert_eq!(row.ended.map(|it| it.why), Some(Why::EventsFile));
}

/// A file that is written anew while it is read is not mixed with what it was, and its early end is
/// not that of the stream.
#[tokio::test]
async fn a_file_that_shrinks_does_not_end_in_order() {
    let long = "0123456789abcdef\n".repeat(200_000);
    let desk = Desk::with("a.ndjson", &long, "").await;
    let (mut client, _) = desk.bench.get("/a").await;
    client.until("data: ").await;
    let file = desk.folder.path().join("a.ndjson");
    fs::write(&file, "new\n".repeat(200_000)).expect("written");
    let body = soon("its end", client.rest()).await;
    let body = String::from_utf8_lossy(&body).into_owned();
    assert!(!body.contains("data: new"));
    assert!(body.contains(": a.ndjson has changed"));
}

#[tokio::test]
async fn a_fault_moves_where_a_client_goes_on() {
    let numbered = Desk::with("a.ndjson", "1\n2\n3\n4\n", "").await;
    let named = Desk::with("a.csv", "id,data\na,1\nb,2\nc,3\nd,4\n", "").await;
    for (fault, first) in [("forget", "1"), ("rewind=1", "2"), ("jump=1", "4")] {
        for (desk, id) in [(&numbered, "2"), (&named, "b")] {
            let target = format!("/a?fault={fault}");
            let data = data(&desk.body(&target, Some(id)).await);
            assert_eq!(data[0], first, "{fault} {id}");
        }
    }
    let rest = data(&named.body("/a?from=3", Some("unknown")).await);
    assert_eq!(rest, ["3", "4"]);
}

#[tokio::test]
async fn empty_lines_without_end_are_a_mistake() {
    let events = format!("1\n{}2\n", "\n".repeat(1_100_000));
    let desk = Desk::with("events.ndjson", &events, "").await;
    let (mut client, head) = desk.bench.ask("GET", "/a", &[]).await;
    assert_eq!(head.status, 200);
    let sentence = "more than 1 MiB is empty before it: remove that.";
    soon("a sentence", client.until(sentence)).await;
}
