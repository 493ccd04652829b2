//! Recordings in the window: written to a file, replayed step by step; and a room that hands on to
//! another server.

use std::fs;
use std::path::PathBuf;

use serde_json::json;
use sse_server::recording::{End, Recording};

use super::support::desktop::Desktop;
use super::support::foreign::{Foreign, MS, NOW, chunk, event, head, last};
use super::support::settings;
use super::support::wait::{ensure, wait_for};
use super::{http, opened};

/// The one file of this kind among the person's downloads, once it is there.
async fn downloaded(desktop: &Desktop, ends: &str) -> PathBuf {
    wait_for(&format!("a file that ends with {ends}"), async || {
        let files: Vec<PathBuf> = ["Downloads", ""]
            .iter()
            .filter_map(|folder| fs::read_dir(desktop.home().join(folder)).ok())
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.to_string_lossy().ends_with(ends))
            .collect();
        match &files[..] {
            [one] => Ok(one.clone()),
            others => Err(format!("{others:?}")),
        }
    })
    .await
}

fn read(path: &PathBuf) -> Recording {
    let text = fs::read(path).expect("the file is there");
    Recording::parse(&text).unwrap_or_else(|mistake| panic!("{}: {mistake}", path.display()))
}

/// The body of the first exchange, and how it ended.
fn body(recording: &Recording) -> (Vec<u8>, Option<End>) {
    let first = recording.exchanges().next().expect("an exchange");
    let pieces = first.pieces();
    let bytes = pieces.into_iter().flat_map(|piece| piece.bytes).collect();
    (bytes, first.end())
}

#[tokio::test]
async fn a_watch_is_recorded_byte_for_byte() {
    let sent: Vec<Vec<u8>> = (1..4).map(event).collect();
    let parts = [
        vec![(NOW, head(""))],
        sent.iter().map(|it| (50 * MS, chunk(it))).collect(),
        vec![(50 * MS, last())],
    ];
    let server = Foreign::start(parts.concat());
    let (desktop, session, _) = opened().await;
    let page = &session.page;
    page.visit("watch").await;
    let address = format!("{}/chat?key=hunter2", server.url);
    page.fill("watch-place [name=\"url\"]", &address).await;
    page.click("watch-place [data-act=\"record\"]").await;
    page.until_text("watch-place .recorded .words", ".wire")
        .await;
    let file = downloaded(&desktop, ".wire").await;
    let (bytes, end) = body(&read(&file));
    assert_eq!((bytes, end), (sent.concat(), Some(End::End)));
    let text = fs::read_to_string(&file).expect("it is UTF-8");
    assert!(!text.contains("hunter2"), "{text}");
    session.close().await;
}

#[tokio::test]
async fn a_client_of_the_server_is_recorded_from_its_first_byte() {
    let (desktop, session, port) = opened().await;
    let page = &session.page;
    let mut client = http::Stream::open(port, "/numbers?every=20ms&count=5").await;
    client.until_end().await.expect("it ends");
    page.visit("connections").await;
    page.click("connection-table tbody tr").await;
    page.click("connection-wire [data-act=\"record-wire\"]")
        .await;
    page.until_text("connection-wire .told", "recorded to ~/")
        .await;
    let file = downloaded(&desktop, ".wire").await;
    let (bytes, end) = body(&read(&file));
    let text = String::from_utf8(bytes).expect("it is text");
    assert!(text.ends_with("id: 5\ndata: 5\n\n"), "{text}");
    assert!(text.starts_with("retry: 1000\nid: 1\n"), "{text}");
    assert_eq!(end, Some(End::End));
    session.close().await;
}

#[tokio::test]
async fn a_recording_goes_on_by_a_press_for_each_event() {
    let (desktop, session, _) = opened().await;
    let page = &session.page;
    let folder = settings::streams_path(&desktop);
    let folder = folder.parent().expect("it is in a folder");
    fs::create_dir_all(folder).expect("the configuration folder belongs to the test");
    let wire = "wire 1\n< HTTP/1.1 200 OK\n< content-type: text/event-stream\n\
                @ 10s\n| id: a\n| data: one\n|\n@ 10s\n| id: b\n| data: two\n|\n= end\n";
    fs::write(folder.join("two.wire"), wire).expect("the folder belongs to the test");
    let streams = "[[stream]]\npath = \"/two\"\nsource = \"two.wire\"\nstep = true\n";
    settings::write_streams(&desktop, streams);
    let panel = page.panel("/two");
    page.until_present(&panel.selector(" .title")).await;
    panel.toggle().await;
    panel.until_state("open").await;
    page.choose("/two").await;
    page.inspect("clients").await;
    let step = "stream-inspector [data-act=\"step\"]";
    page.until_text(step, "Step: event 1").await;
    page.click(step).await;
    panel.until_data(&["one"]).await;
    page.until_text(step, "Step: event 2").await;
    page.click(step).await;
    panel.until_data(&["one", "two"]).await;
    session.close().await;
}

#[tokio::test]
async fn a_room_hands_on_to_the_server_that_the_window_names() {
    let parts = vec![(NOW, head("")), (NOW, chunk(&event(7))), (NOW, last())];
    let server = Foreign::start(parts);
    let (desktop, session, port) = opened().await;
    let page = &session.page;
    page.visit("faults").await;
    page.click("upstream-list [data-act=\"add\"]").await;
    page.fill("upstream-list [name=\"url\"]", "http://me:hunter2@h")
        .await;
    page.click("upstream-list [data-act=\"apply\"]").await;
    page.until_text("upstream-list dialog .message", "user name")
        .await;
    page.fill("upstream-list [name=\"url\"]", &server.url).await;
    page.click("upstream-list [data-act=\"apply\"]").await;
    page.until_text("upstream-list li .url", &server.url).await;
    let answer = http::get(port, "/@live/v1/chat", &[])
        .await
        .expect("an answer");
    assert!(answer.body.contains("data: "), "{}", answer.body);
    let saved = fs::read_to_string(settings::path(&desktop)).expect("settings are kept");
    assert!(
        saved.contains(&server.url) && !saved.contains("hunter2"),
        "{saved}"
    );

    page.click("upstream-list li [data-act=\"remove\"]").await;
    wait_for("nothing to hand on to", async || {
        let answer = http::get(port, "/@live/v1/chat", &[]).await?;
        ensure(answer.status == 404, format!("{}", answer.status))
    })
    .await;
    wait_for("no line of an upstream", async || {
        let left = page
            .js("return document.querySelectorAll('upstream-list li').length;")
            .await?;
        ensure(left == json!(0), left.to_string())
    })
    .await;
    session.close().await;
}
