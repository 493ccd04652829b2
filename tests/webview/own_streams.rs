//! The file of streams in the window: served as soon as it is saved, and shown to the byte.

use serde_json::{Value, json};

use crate::support::page::Page;
use crate::support::wait::{ensure, wait_for};
use crate::support::{http, settings};
use crate::{opened, own_row};

/// The paths of the streams in the list, in their order.
async fn paths(page: &Page) -> Result<Value, String> {
    page.js("return [...document.querySelectorAll('source-list .streams .source')].map((row) => row.dataset.path);")
        .await
}

async fn until_paths(page: &Page, wanted: Value) {
    wait_for(&format!("the list {wanted}"), async || {
        let paths = paths(page).await?;
        ensure(paths == wanted, paths.to_string())
    })
    .await;
}

/// 1. There is no file: the shipped streams. 2. One is saved: its streams are there, without a
///    restart. 3. It is saved with a
/// mistake: the window says where and what, and the list from before stays. 4. It is mended.
#[tokio::test]
async fn the_file_of_streams_is_served_as_soon_as_it_is_saved() {
    let (desktop, session, port) = opened().await;
    let page = &session.page;
    until_paths(
        page,
        json!([
            "/numbers",
            "/endless",
            "/named",
            "/json",
            "/tokens",
            "/log",
            "/every-line"
        ]),
    )
    .await;
    page.until_text("streams-file .source", "The shipped streams.")
        .await;
    let path = settings::streams_path(&desktop);
    page.until_attribute("streams-file .path", "title", &path.to_string_lossy())
        .await;

    let good = "[[stream]]\npath = \"/mine\"\ntitle = \"Mine\"\nevery = \"50ms\"\ncount = 3\n";
    settings::write_streams(&desktop, good);
    until_paths(page, json!(["/mine"])).await;
    page.until_text("streams-file .source", "Streams from")
        .await;
    let mine = page.panel("/mine");
    page.until_text(&mine.selector(" .title"), "Mine").await;
    mine.toggle().await;
    mine.until_data(&["1", "2", "3"]).await;

    let problem = "streams-file .problem[data-of=\"file\"]";
    settings::write_streams(&desktop, &good.replace("\"50ms\"", "\"fast\""));
    page.until_text(problem, "Line 4: ").await;
    page.until_text(problem, "fast").await;
    page.until_text(problem, "The list from before is served on.")
        .await;
    assert_eq!(paths(page).await, Ok(json!(["/mine"])));
    let answer = http::get(port, "/mine", &[]).await.expect("it is served");
    assert_eq!(answer.status, 200);

    let two = format!("{good}\n[[stream]]\npath = \"/other\"\n");
    settings::write_streams(&desktop, &two);
    until_paths(page, json!(["/mine", "/other"])).await;
    assert!(!page.shows(problem).await);
    // What had arrived is there still.
    assert_eq!(mine.numbers().await, Ok(vec![1, 2, 3]));
    session.close().await;
}

/// 1. A stream runs. 2. Its definition changes in the file: the panel shows the new title, keeps
///    its events and its connection, which
/// goes on as it began. 3. It is started anew: events of the new name arrive.
#[tokio::test]
async fn a_stream_that_runs_goes_on_when_its_definition_changes() {
    let (desktop, session, port) = opened().await;
    let page = &session.page;
    let text = "[[stream]]\npath = \"/mine\"\ntitle = \"Before\"\nevery = \"100ms\"\n";
    settings::write_streams(&desktop, text);
    until_paths(page, json!(["/mine"])).await;
    let mine = page.panel("/mine");
    mine.toggle().await;
    mine.until_number(3).await;
    let row = own_row(port, "/mine").await.expect("one connection");

    let text = text.replace("Before", "After") + "event = \"tick\"\ndata = \"a {n}\"\n";
    settings::write_streams(&desktop, &text);
    page.until_text(&mine.selector(" .title"), "After").await;
    let last = *mine
        .numbers()
        .await
        .expect("the rows stay")
        .last()
        .expect("there were events");
    mine.until_number(last + 3).await;
    let same = own_row(port, "/mine").await.expect("one connection");
    assert_eq!(row["id"], same["id"]);

    mine.toggle().await;
    mine.until_state("stopped").await;
    mine.toggle().await;
    page.until_text(&mine.selector(" [data-row] .event"), "tick")
        .await;
    page.until_text(&mine.selector(" [data-row] .data"), "a ")
        .await;
    session.close().await;
}

/// Every end of line and character, the unseen ones too, and the whole head; only the date may be
/// another.
#[tokio::test]
async fn bytes_shows_what_curl_gets() {
    let (desktop, session, port) = opened().await;
    let page = &session.page;
    settings::write_streams(
        &desktop,
        "[[stream]]\npath = \"/mine\"\ncount = 3\nevery = \"20ms\"\nretry = \"2s\"\ncomment = \"c\"\n\
         event = \"tick\"\ndata = \"a\\tb\\u0007\\n{n}\"\nline_ending = \"crlf\"\nheaders = { x-demo = \"1\" }\n",
    );
    until_paths(page, json!(["/mine"])).await;
    page.inspect("bytes").await;
    page.until_text("wire-preview .more", "nothing follows")
        .await;
    let url = format!("http://localhost:{port}/mine");
    let curl = desktop.ask("curl", &["-s", "-i", &url]);
    assert!(curl.contains("retry: 2000\r\n"), "{curl}");
    let script = "return document.querySelector('wire-preview pre').textContent;";
    let shown = page.js(script).await.expect("the bytes are there");
    let shown = shown.as_str().expect("text");
    assert_eq!(without_date(shown), without_date(&curl));

    // A new definition shows at once.
    settings::write_streams(&desktop, "[[stream]]\npath = \"/mine\"\ncount = 1\n");
    page.until_text("wire-preview", "data: 1").await;
    settings::write_streams(
        &desktop,
        "[[stream]]\npath = \"/mine\"\ncount = 1\ndata = \"number {n}\"\n",
    );
    page.until_text("wire-preview", "data: number 1").await;
    session.close().await;
}

fn without_date(text: &str) -> String {
    text.split_inclusive('\n')
        .filter(|line| !line.to_lowercase().starts_with("date:"))
        .collect()
}

/// A panel took 341,411 events in 9 s of a stream without a pause, and its Stop answered after 4.5
/// s.
#[tokio::test]
async fn a_stream_without_a_pause_is_taken_at_a_pace_and_stops_at_once() {
    let (desktop, session, port) = opened().await;
    let page = &session.page;
    settings::write_streams(&desktop, "[[stream]]\npath = \"/mine\"\nevery = \"0ms\"\n");
    until_paths(page, json!(["/mine"])).await;
    let panel = page.panel("/mine");
    panel.toggle().await;
    panel.until_number(3000).await;
    page.until_text(&panel.selector(" .note"), "events skipped")
        .await;
    panel.toggle().await;
    panel.until_state("stopped").await;
    http::until_nobody_is_connected(port).await;
    session.close().await;
}

/// What the page's host answers to this call, or why it does not.
async fn host(page: &Page, call: &str) -> Result<Value, Value> {
    let script = format!(
        "delete window.answer;
        import('/page/host/host.js')
            .then(({{ findHost }}) => findHost().{call})
            .then((is) => {{ window.answer = {{ is }}; }})
            .catch((not) => {{ window.answer = {{ not }}; }});"
    );
    page.js(&script).await.expect("it is the app's page");
    let mut answer = Value::Null;
    wait_for(call, async || {
        answer = page.js("return window.answer ?? null;").await?;
        ensure(!answer.is_null(), "nothing yet")
    })
    .await;
    match answer.get("not") {
        Some(not) => Err(not.clone()),
        None => Ok(answer["is"].clone()),
    }
}

/// 1. There is no file: the definition is that of the shipped text, and a change makes the file.
/// 2. A mistake has its line, and nothing is written. 3. What was saved elsewhere is not written
///    over.
#[tokio::test]
async fn a_definition_is_changed_in_the_window() {
    let (desktop, session, port) = opened().await;
    let page = &session.page;
    let path = settings::streams_path(&desktop);
    let numbers = host(page, "definition('/numbers')")
        .await
        .expect("it is there");
    assert_eq!(numbers["exists"], false);
    let was = numbers["text"].as_str().expect("a text");

    let set = |text: &str| format!("setDefinition('/numbers', {}, {})", json!(text), json!(was));
    let new = was.replace("count = 5", "count = 2");
    let now = host(page, &set(&new)).await.expect("it is right");
    assert_eq!(now["exists"], true);
    assert_eq!(now["text"], new);
    let whole = sse_server::SHIPPED_STREAMS.replacen("\ncount = 5\n", "\ncount = 2\n", 1);
    let text = || std::fs::read_to_string(&path).expect("the file is there");
    assert_eq!(text(), whole);
    wait_for("the stream with two events", async || {
        let answer = http::get(port, "/numbers?every=0ms", &[]).await?;
        ensure(answer.body.matches("data: ").count() == 2, answer.body)
    })
    .await;

    let late = host(page, &set("[[stream]]\npath = '/numbers'")).await;
    let sentence = late.expect_err("the lines are others")["sentence"].to_string();
    assert!(sentence.contains("has changed meanwhile"), "{sentence}");
    let add = |text: &str| format!("setDefinition(null, {}, null)", json!(text));
    let wrong = host(page, &add("[[stream]]\npath = '/mine'\n evrey = 1")).await;
    let wrong = wrong.expect_err("a mistake");
    assert_eq!((&wrong["line"], &wrong["column"]), (&json!(3), &json!(2)));
    assert_eq!(text(), whole);

    host(page, &add("[[stream]]\npath = '/mine'"))
        .await
        .expect("it is right");
    wait_for("the stream more", async || {
        let all = paths(page).await?;
        let last = all.as_array().and_then(|all| all.last().cloned());
        ensure(last == Some(json!("/mine")), all.to_string())
    })
    .await;
    session.close().await;
}
