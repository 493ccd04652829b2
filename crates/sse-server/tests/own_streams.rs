//! Streams of a file: served, changed while the server runs, and kept as they were by every
//! mistake.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sse_server::{Config, SHIPPED_STREAMS, Server, StreamsFile, StreamsView};
use support::{Bench, data, soon};
use tempfile::TempDir;

/// A server with a file of streams, and the folder that the file is in.
struct Desk {
    bench: Bench,
    folder: TempDir,
}

impl Desk {
    /// Begins with this text in the file, or without a file.
    async fn with(text: Option<&str>) -> Self {
        let folder = TempDir::new().expect("a folder");
        let file = folder.path().join("streams.toml");
        if let Some(text) = text {
            fs::write(&file, text).expect("written");
        }
        let bench = Bench::with(Config {
            streams_file: Some(file),
            ..Config::default()
        })
        .await;
        Self { bench, folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("streams.toml")
    }

    /// Saves as most editors do: a new file takes the place of the old one.
    fn save(&self, text: &str) {
        let new = self.folder.path().join("streams.toml~");
        fs::write(&new, text).expect("written");
        fs::rename(new, self.file()).expect("in its place");
    }

    fn now(&self) -> StreamsView {
        self.bench.server.streams_changed().borrow().clone()
    }

    fn standing(&self) -> StreamsFile {
        self.now().file.expect("there is a place for one")
    }

    async fn until(&self, what: &str, wanted: impl Fn(&StreamsView) -> bool) -> StreamsView {
        let mut changed = self.bench.server.streams_changed();
        let view = soon(what, changed.wait_for(wanted)).await;
        view.expect("the server is there").clone()
    }

    async fn until_problem(&self) -> sse_server::FileProblem {
        let view = self
            .until("a problem", |view| {
                view.file
                    .as_ref()
                    .is_some_and(|file| file.problem.is_some())
            })
            .await;
        view.file.and_then(|file| file.problem).expect("just seen")
    }

    async fn state(&self) -> Value {
        let (mut client, head) = self.bench.get("/api/state").await;
        serde_json::from_str(&client.body(&head).await).expect("JSON")
    }
}

fn paths(view: &StreamsView) -> Vec<&str> {
    view.streams.iter().map(|stream| &*stream.path).collect()
}

const TICKS: &str = r#"
[[stream]]
path = "/ticks"
title = "Ticks"
every = "0ms"
count = 3
event = "tick"
id = "t-{n}"
data = '{"n": {n}}'
retry = "2s"
headers = { x-demo = "yes", cache-control = "no-cache" }
line_ending = "crlf"
"#;

#[tokio::test]
async fn a_stream_is_sent_as_the_file_describes_it() {
    let desk = Desk::with(Some(TICKS)).await;
    assert_eq!(paths(&desk.now()), ["/ticks"]);
    let (mut client, head) = desk.bench.get("/ticks").await;
    assert_eq!(head.get("x-demo"), Some("yes"));
    assert_eq!(head.get("cache-control"), Some("no-cache"));
    assert_eq!(
        head.get("content-type"),
        Some("text/event-stream; charset=utf-8")
    );
    assert_eq!(
        client.chunks().await.concat(),
        "retry: 2000\r\nevent: tick\r\nid: t-1\r\ndata: {\"n\": 1}\r\n\r\n\
         event: tick\r\nid: t-2\r\ndata: {\"n\": 2}\r\n\r\n\
         event: tick\r\nid: t-3\r\ndata: {\"n\": 3}\r\n\r\n"
    );
    let (_, head) = desk.bench.get("/numbers").await;
    assert_eq!(head.status, 404, "the file has no such stream");
}

/// The window shows it, and `sse serve` judges it, before anything listens.
#[tokio::test]
async fn the_list_is_in_force_before_the_first_start() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("streams.toml");
    fs::write(&file, TICKS).expect("written");
    let server = Server::new(Config {
        streams_file: Some(file),
        ..Config::default()
    });
    let server = server.await.expect("a sound configuration");
    assert_eq!(paths(&server.streams_changed().borrow()), ["/ticks"]);
}

#[tokio::test]
async fn a_client_comes_back_by_the_ids_that_the_file_gives() {
    let desk = Desk::with(Some(TICKS)).await;
    for (id, status, rest) in [
        ("t-1", 200, 2),
        ("t-3", 204, 0),
        ("3", 200, 3),
        ("x", 200, 3),
    ] {
        let (mut client, head) = desk
            .bench
            .ask("GET", "/ticks?client=me", &[("last-event-id", id)])
            .await;
        assert_eq!(head.status, status, "{id}");
        if status == 200 {
            let body = client.chunks().await.concat();
            assert_eq!(body.matches("data: ").count(), rest, "{id}");
            assert_eq!(desk.bench.ended("me").await.last_id.as_deref(), Some("t-3"));
        }
    }
}

/// Those who are connected keep what they have; whoever comes gets the new one.
#[tokio::test]
async fn a_saved_change_holds_for_new_connections_at_once() {
    let desk = Desk::with(Some(&TICKS.replace("count = 3", "").replace("0ms", "20ms"))).await;
    let (mut before, _) = desk.bench.get("/ticks").await;
    assert!(before.chunk().await.contains("id: t-1\r\n"));
    desk.save(
        &TICKS
            .replace("t-{n}", "new-{n}")
            .replace("/ticks", "/other"),
    );
    let view = desk
        .until("the new list", |view| paths(view) == ["/other"])
        .await;
    assert_eq!(view.file.expect("a file").problem, None);
    let (mut after, _) = desk.bench.get("/other").await;
    after.until("id: new-1\r\n").await;
    assert!(
        before.chunk().await.contains("id: t-"),
        "the old one goes on"
    );
    let (_, head) = desk.bench.get("/ticks").await;
    assert_eq!(head.status, 404);
    // In place too.
    fs::write(desk.file(), TICKS).expect("written");
    desk.until("the old list", |view| paths(view) == ["/ticks"])
        .await;
}

#[tokio::test]
async fn a_mistake_keeps_the_last_good_list_and_is_told_with_its_line() {
    let desk = Desk::with(Some(TICKS)).await;
    desk.save(&TICKS.replace("\"0ms\"", "\"fast\""));
    let problem = desk.until_problem().await;
    assert_eq!(problem.line, Some(5), "{problem:?}");
    assert!(problem.sentence.contains("fast"), "{problem:?}");
    assert_eq!(problem.instead, "The list from before is served on.");
    let (_, head) = desk.bench.get("/ticks").await;
    assert_eq!(head.status, 200);
    let state = desk.state().await;
    assert_eq!(state["streams"][0]["path"], "/ticks");
    assert_eq!(state["streams_file"]["exists"], true);
    assert_eq!(state["streams_file"]["problem"]["line"], 5);

    desk.save(&TICKS.replace("/ticks", "/good"));
    let view = desk
        .until("the mended list", |view| paths(view) == ["/good"])
        .await;
    assert_eq!(view.file.expect("a file").problem, None);
}

#[tokio::test]
async fn without_a_file_the_shipped_streams_are_served_until_there_is_one() {
    let desk = Desk::with(None).await;
    let standing = desk.standing();
    assert_eq!((standing.exists, standing.problem), (false, None));
    assert_eq!(&paths(&desk.now())[..2], ["/numbers", "/endless"]);
    desk.save(TICKS);
    let view = desk
        .until("the file", |view| paths(view) == ["/ticks"])
        .await;
    assert!(view.file.expect("a file").exists);
    fs::remove_file(desk.file()).expect("removed");
    let problem = desk.until_problem().await;
    assert!(problem.sentence.contains("is gone"), "{problem:?}");
    assert_eq!(
        paths(&desk.now()),
        ["/ticks"],
        "an empty share takes no stream away"
    );
    desk.save(SHIPPED_STREAMS);
    desk.until("the shipped file", |view| view.streams.len() > 2)
        .await;
}

#[tokio::test]
async fn whatever_lies_in_the_files_place_the_server_goes_on() {
    let desk = Desk::with(Some("stream = 5")).await;
    let problem = desk.standing().problem.expect("a mistake from the start");
    assert_eq!(problem.instead, "The shipped streams are served.");
    assert_eq!(paths(&desk.now())[0], "/numbers");
    let large = format!("{TICKS}\n#{}", "x".repeat(1024 * 1024));
    for (bytes, words) in [
        (b"".as_slice(), "[[stream]]"),
        (b"\n\n\xff", "UTF-8"),
        (b"\0", "line"),
        (large.as_bytes(), "1 MiB"),
    ] {
        let before = desk.standing();
        fs::write(desk.file(), bytes).expect("written");
        let view = desk
            .until("another problem", |view| {
                view.file.as_ref() != Some(&before)
            })
            .await;
        let problem = view.file.and_then(|file| file.problem).expect("a problem");
        assert!(
            problem.sentence.contains(words) || problem.line.is_some(),
            "{problem:?}"
        );
    }
    fs::remove_file(desk.file()).expect("removed");
    fs::create_dir(desk.file()).expect("a folder in its place");
    desk.until("a folder", |view| {
        let problem = view.file.as_ref().and_then(|file| file.problem.as_ref());
        problem.is_some_and(|problem| problem.sentence.contains("not a file"))
    })
    .await;
    let (_, head) = desk.bench.get("/numbers").await;
    assert_eq!(head.status, 200);
}

/// What the window shows is what a client gets.
#[tokio::test]
async fn a_preview_is_the_bytes_that_go_out() {
    let desk = Desk::with(Some(TICKS)).await;
    let (mut client, head) = desk.bench.get("/api/preview?stream=/ticks").await;
    let preview: Value = serde_json::from_str(&client.body(&head).await).expect("JSON");
    let (mut client, head) = desk.bench.get("/ticks").await;
    let without_date = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with("date"));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(
        without_date(preview["head"].as_str().expect("a head")),
        without_date(&head.text)
    );
    let parts = preview["parts"].as_array().expect("parts");
    let bytes: String = parts
        .iter()
        .filter_map(|part| part["bytes"].as_str())
        .collect();
    assert_eq!(bytes, client.chunks().await.concat());
    assert_eq!((parts.len(), &preview["more"]), (3, &Value::Bool(false)));

    for (query, status) in [
        ("", 400),
        ("?stream=/ticks&stream=/numbers", 400),
        ("?stream=", 404),
        ("?stream=/topics/x", 404),
    ] {
        let (mut client, head) = desk.bench.get(&format!("/api/preview{query}")).await;
        assert_eq!(head.status, status, "{query}");
        let body = client.body(&head).await;
        assert!(body.starts_with("{\"error\":"), "{body}");
    }
}

#[tokio::test]
async fn every_shipped_stream_is_served_and_previewed() {
    let desk = Desk::with(Some(SHIPPED_STREAMS)).await;
    let view = desk.now();
    assert!(view.streams.len() > 2);
    for stream in &view.streams {
        let count = if stream.endless { "&count=30" } else { "" };
        let target = format!("{}?every=0ms{count}", stream.path);
        let (mut client, _) = desk.bench.get(&target).await;
        let body = client.chunks().await.concat();
        assert!(!data(&body).is_empty(), "{}", stream.path);
        let preview = desk
            .bench
            .server
            .preview(&stream.path)
            .expect("it is there");
        assert!(!preview.parts.is_empty());
        assert_eq!(preview.more, stream.endless, "{}", stream.path);
    }
}

/// The file that people begin with holds what is served without one.
#[tokio::test]
async fn the_shipped_file_is_what_is_served_without_a_file() {
    let without = Desk::with(None).await.now().streams;
    let with = Desk::with(Some(SHIPPED_STREAMS)).await.now().streams;
    assert_eq!(with, without);
}

/// A link to a file elsewhere, as people keep their settings under version control.
#[cfg(unix)]
#[tokio::test]
async fn a_link_is_followed_to_what_it_leads_to() {
    let elsewhere = TempDir::new().expect("a folder");
    let real: &Path = &elsewhere.path().join("mine.toml");
    fs::write(real, TICKS).expect("written");
    let desk = Desk::with(None).await;
    std::os::unix::fs::symlink(real, desk.file()).expect("a link");
    desk.until("the link", |view| paths(view) == ["/ticks"])
        .await;
    fs::write(real, TICKS.replace("/ticks", "/linked")).expect("written");
    desk.until("the change behind it", |view| paths(view) == ["/linked"])
        .await;
}

/// Closed rows stay for a while; what they were sent of need not.
#[tokio::test]
async fn a_closed_row_shows_its_last_id_and_keeps_no_old_definition() {
    let desk = Desk::with(Some(TICKS)).await;
    let (mut client, _) = desk.bench.get("/ticks?client=me").await;
    client.chunks().await;
    desk.save(&TICKS.replace("t-{n}", "other-{n}"));
    desk.until("the new list", |view| {
        view.file.as_ref().is_some_and(|file| file.revision > 1)
    })
    .await;
    assert_eq!(desk.bench.ended("me").await.last_id.as_deref(), Some("t-3"));
}

/// The list of a file that says what type it is of cannot be a page of this origin.
#[tokio::test]
async fn a_stream_with_a_type_of_its_own_is_in_a_sandbox() {
    let html = TICKS.replace("x-demo = \"yes\"", "content-type = \"text/html\"");
    let desk = Desk::with(Some(&html)).await;
    let (_, head) = desk.bench.get("/ticks").await;
    assert_eq!(head.get("content-type"), Some("text/html"));
    assert_eq!(head.get("content-security-policy"), Some("sandbox"));
}

/// It was answered with an empty stream, for which an EventSource comes back for ever.
#[tokio::test]
async fn who_begins_behind_the_end_of_a_list_is_told_not_to_come_back() {
    let desk = Desk::with(None).await;
    let (_, head) = desk.bench.get("/every-line?from=9").await;
    assert_eq!(head.status, 204);
    for (query, words) in [
        ("count=20", "count must be 8 at most"),
        ("from=0", "from must be at least 1"),
    ] {
        let (mut client, head) = desk.bench.get(&format!("/every-line?{query}")).await;
        assert_eq!(head.status, 400, "{query}");
        assert!(client.body(&head).await.contains(words));
    }
}

/// The lines of the file, where there is one, and of the shipped text, where that is served.
#[tokio::test]
async fn a_definition_is_the_lines_of_the_file_as_it_is_now() {
    let desk = Desk::with(None).await;
    let definition = async |path: &str| {
        let route = format!("/api/definition?stream={path}");
        let (mut client, head) = desk.bench.get(&route).await;
        let body: Value = serde_json::from_str(&client.body(&head).await).expect("JSON");
        (head.status, body)
    };
    let file = sse_server::short_path(&desk.file());
    let lines = |text: &str, body: &Value| {
        let number = |key| usize::try_from(body[key].as_u64().expect("a number")).expect("a line");
        let own: Vec<&str> = text.lines().collect();
        own[number("first_line") - 1..number("last_line")].join("\n")
    };
    // 1. No file: the shipped text.
    let (status, shipped) = definition("/numbers").await;
    assert_eq!(status, 200);
    assert_eq!(
        (&shipped["exists"], &shipped["editable"]),
        (&false.into(), &true.into())
    );
    assert_eq!(shipped["text"], lines(SHIPPED_STREAMS, &shipped));
    assert_eq!(shipped["file"], file);
    // 2. A file, at once. Its stream is found before it is served.
    let text = format!("# of none\n\n# mine{TICKS}\n# of none\n").replace('\n', "\r\n");
    desk.save(&text);
    let (status, own) = definition("/ticks").await;
    assert_eq!(status, 200);
    assert_eq!(
        (&own["exists"], &own["editable"]),
        (&true.into(), &true.into())
    );
    assert_eq!(
        (&own["first_line"], &own["last_line"]),
        (&3.into(), &14.into())
    );
    assert_eq!(own["text"], format!("# mine{}", TICKS.trim_end()));
    let (status, _) = definition("/numbers").await;
    assert_eq!(status, 404, "the file has no such stream");
    // 3. What is no TOML has no definitions.
    desk.save("[[stream]]\npath = ");
    let (status, body) = definition("/ticks").await;
    let sentence = body["error"].as_str().expect("a sentence");
    assert_eq!(status, 409);
    let place = format!("{file}, line 2: This is not TOML");
    assert!(sentence.starts_with(&place), "{sentence}");
    desk.save(&"x".repeat(2 * 1024 * 1024));
    let (status, body) = definition("/ticks").await;
    assert_eq!(status, 409, "{body}");

    for (query, status) in [
        ("", 400),
        ("?stream=a&stream=b", 400),
        ("?stream=/api", 409),
    ] {
        let (_, head) = desk.bench.get(&format!("/api/definition{query}")).await;
        assert_eq!(head.status, status, "{query}");
    }
}

/// Whoever builds a server brings a list of their own, which has no text.
#[tokio::test]
async fn a_stream_without_a_text_has_no_definition() {
    let mut streams = Config::default().streams;
    streams[0].title = "Mine".to_owned();
    let server = Server::new(Config {
        streams,
        ..Config::default()
    });
    let server = server.await.expect("a sound configuration");
    assert_eq!(server.definition("/numbers").await, Ok(None));
    let endless = server.definition("/endless").await.expect("no file");
    let endless = endless.expect("it is the shipped one");
    assert_eq!((endless.file, endless.editable), (None, false));
}
