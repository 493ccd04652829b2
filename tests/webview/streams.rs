//! The Streams place in the window: two streams side by side, the filter, what an outage cost, and
//! a definition that is changed in the window.

use serde_json::json;

use crate::opened;
use crate::support::page::Page;
use crate::support::second_client::SecondClient;
use crate::support::wait::{ensure, wait_for};
use crate::support::{http, settings};

/// The paths of the panels in view, from left to right.
async fn in_view(page: &Page) -> Result<Vec<String>, String> {
    let script = "return [...document.querySelectorAll('.stage stream-panel')]
        .filter((panel) => panel.checkVisibility())
        .sort((a, b) => a.getBoundingClientRect().left - b.getBoundingClientRect().left)
        .map((panel) => panel.dataset.path);";
    serde_json::from_value(page.js(script).await?).map_err(|error| error.to_string())
}

#[tokio::test]
async fn the_finite_and_the_endless_stream_stand_side_by_side_until_one_is_unpinned() {
    let (_desktop, session, _port) = opened().await;
    let page = &session.page;
    wait_for("both streams", async || {
        let paths = in_view(page).await?;
        ensure(paths == ["/numbers", "/endless"], format!("{paths:?}"))
    })
    .await;
    // Another one takes the place of the one that is not pinned, and what it had received stays.
    let endless = page.panel("/endless");
    endless.toggle().await;
    endless.until_number(2).await;
    page.choose("/json").await;
    assert_eq!(
        in_view(page).await,
        Ok(vec!["/numbers".to_owned(), "/json".to_owned()])
    );
    page.click("stream-panel[data-path=\"/numbers\"] button[data-act=\"pin\"]")
        .await;
    assert_eq!(in_view(page).await, Ok(vec!["/numbers".to_owned()]));
    page.choose("/endless").await;
    endless.until_state("open").await;
    endless.until_number(3).await;
    let numbers = endless.numbers().await.expect("the rows are there");
    assert!(
        numbers.windows(2).all(|pair| pair[1] == pair[0] + 1),
        "{numbers:?}"
    );
    session.close().await;
}

#[tokio::test]
async fn a_filter_leaves_the_events_that_have_its_words() {
    let (_desktop, session, port) = opened().await;
    let page = &session.page;
    for data in ["green tea", "coffee", "black tea"] {
        http::publish(port, "/topics/news", data).await;
    }
    page.choose("/topics/news").await;
    let topic = page.panel("/topics/news");
    topic
        .until_data(&["green tea", "coffee", "black tea"])
        .await;
    let filter = topic.selector(" input[name=\"filter\"]");
    page.fill(&filter, "TEA").await;
    topic.until_data(&["green tea", "black tea"]).await;
    page.until_text(&topic.selector(" .counts"), "2 of 3 events")
        .await;
    http::publish(port, "/topics/news", "white tea").await;
    http::publish(port, "/topics/news", "water").await;
    topic
        .until_data(&["green tea", "black tea", "white tea"])
        .await;
    page.fill(&filter, "milk").await;
    page.until_text(&topic.selector(" .hint"), "No event has all these words")
        .await;
    session.close().await;
}

/// At 20 events a second, the marks of rows that were no longer the newest had the window drawn
/// twice as often as events came, with all the CPU that costs.
#[tokio::test]
async fn only_the_newest_row_and_the_newest_piece_of_the_wire_are_marked() {
    let (_desktop, session, port) = opened().await;
    let page = &session.page;
    let publish = async |data| http::publish(port, "/topics/news", data).await;
    let until_marked_alone = async |marked: &str, text| {
        page.until_text(marked, text).await;
        let count = format!("return document.querySelectorAll('{marked}').length;");
        assert_eq!(page.js(&count).await, Ok(json!(1)), "{text}");
    };
    publish("green tea").await;
    page.choose("/topics/news").await;
    let topic = page.panel("/topics/news");
    topic.until_data(&["green tea"]).await;
    let row = topic.selector(" .row.fresh .data");
    publish("coffee").await;
    until_marked_alone(&row, "coffee").await;
    publish("water").await;
    until_marked_alone(&row, "water").await;
    page.inspect("clients").await;
    page.click("stream-inspector [data-act=\"wire\"]").await;
    page.until_text("connection-wire .part:last-child", "water")
        .await;
    let piece = "connection-wire .part.fresh";
    publish("milk").await;
    until_marked_alone(piece, "milk").await;
    publish("juice").await;
    until_marked_alone(piece, "juice").await;
    session.close().await;
}

/// The line of an outage said only "reconnected", and only to a pointer that rested on it.
#[tokio::test]
async fn an_outage_has_words_in_the_list() {
    let (_desktop, session, _port) = opened().await;
    let page = &session.page;
    let endless = page.panel("/endless");
    endless.toggle().await;
    endless.until_number(3).await;
    page.press("stop").await;
    page.until_phase("stopped").await;
    endless.until_state("lost").await;
    page.press("start").await;
    page.until_phase("running").await;
    endless.until_state("open").await;
    let outage = endless.selector(" .outage .data");
    page.until_text(&outage, "server away ").await;
    page.until_text(&outage, ", resumed after id ").await;
    page.until_text(&outage, ", nothing lost").await;
    session.close().await;
}

/// 1. The shipped streams are served. 2. A line of one is changed in the window: the file is made
///    of the shipped ones, and the change is served. 3. A mistake is shown at its line, and nothing
///    is written.
#[tokio::test]
async fn a_definition_is_changed_in_the_window_and_a_mistake_is_shown_at_its_line() {
    let (desktop, session, port) = opened().await;
    let page = &session.page;
    page.choose("/numbers").await;
    page.inspect("definition").await;
    let field = "stream-inspector textarea";
    wait_for("the lines of the stream", async || {
        let text = page.value(field).await?;
        ensure(text.contains("path = \"/numbers\""), text)
    })
    .await;
    let replace = |from: &str, to: &str| {
        format!(
            "const field = document.querySelector('{field}');
            field.value = field.value.replace({}, {});
            field.dispatchEvent(new Event('input', {{ bubbles: true }}));",
            json!(from),
            json!(to)
        )
    };
    page.js(&replace("Finite stream", "Countdown"))
        .await
        .expect("the field is there");
    page.click("stream-inspector [data-act=\"save-definition\"]")
        .await;
    page.until_text("source-list [data-path=\"/numbers\"] .title", "Countdown")
        .await;
    let path = settings::streams_path(&desktop);
    let written = std::fs::read_to_string(&path).expect("the file is there");
    assert!(written.contains("Countdown") && written.contains("path = \"/endless\""));

    page.js(&replace("path = ", "pth = "))
        .await
        .expect("the field is there");
    page.click("stream-inspector [data-act=\"save-definition\"]")
        .await;
    page.until_text("stream-inspector section:not([hidden]) .problem", "Line ")
        .await;
    page.until_text("stream-inspector section:not([hidden]) .problem", "pth")
        .await;
    page.until_present("stream-inspector .numbers .wrong").await;
    assert_eq!(std::fs::read_to_string(&path).ok(), Some(written));
    let answer = http::get(port, "/numbers?count=1", &[]).await;
    assert_eq!(answer.expect("it is served").status, 200);
    session.close().await;
}

#[tokio::test]
async fn what_a_saved_file_changed_is_said() {
    let (desktop, session, _port) = opened().await;
    let page = &session.page;
    let stream =
        |path: &str, title: &str| format!("[[stream]]\npath = \"{path}\"\ntitle = \"{title}\"\n");
    settings::write_streams(&desktop, &stream("/a", "Prices"));
    page.until_text("source-list [data-path=\"/a\"] .title", "Prices")
        .await;
    page.until_text("streams-file .news", "New: /a.").await;
    page.click("stream-panel[data-path=\"/a\"] input[name=\"filter\"]")
        .await;
    let two = format!("{}{}", stream("/prices", "Prices"), stream("/b", "B"));
    settings::write_streams(&desktop, &two);
    page.until_text("streams-file .news", "New: /b. Renamed: /a to /prices.")
        .await;
    // The keys were in a pane that is gone.
    let focused = page.js("return document.activeElement.className;").await;
    assert_eq!(focused, Ok(json!("sources")));
    page.click("streams-file .news [data-act=\"dismiss\"]")
        .await;
    assert!(!page.shows("streams-file .news").await);
    session.close().await;
}

/// 1. The table is empty and shows how to connect. 2. A client comes, and the window offers to stop
///    the server for it. 3. It comes back as it should, and the window says so.
#[tokio::test]
async fn a_first_client_is_shown_what_an_outage_does() {
    let (_desktop, session, port) = opened().await;
    let page = &session.page;
    page.visit("connections").await;
    page.until_text("first-client", "Waiting for your first client")
        .await;
    page.until_text(
        "first-client code",
        &format!("http://localhost:{port}/endless"),
    )
    .await;
    let mut client = SecondClient::start(port, "/endless?every=100ms", "dash").await;
    let words = "first-minute .words";
    page.until_text(words, "dash is connected to /endless.")
        .await;
    client.until_ids(3).await;
    page.click("first-minute [data-act=\"try\"]").await;
    client.until_end().await;
    page.until_text(words, "The server is back: waiting for dash.")
        .await;
    client.come_back().await;
    page.until_text(words, "nothing lost").await;
    page.until_attribute("first-minute", "data-rank", "whole")
        .await;
    page.click("first-minute [data-act=\"dismiss\"]").await;
    assert!(!page.shows("first-minute").await);
    session.close().await;
}

/// The form of a new stream was emptied within a second, as the list is drawn anew by then. What it
/// had defined was not shown.
#[tokio::test]
async fn a_new_stream_is_defined_in_the_window_and_chosen() {
    let (desktop, session, port) = opened().await;
    let page = &session.page;
    page.click("source-list [data-act=\"new-stream\"]").await;
    let field = "stream-inspector textarea";
    let typed = "[[stream]]\npath = \"/mine\"\ntitle = \"Mine\"\nevery = \"50ms\"\n";
    // WebKit's driver types no ends of lines.
    let fill = format!(
        "const field = document.querySelector('{field}');
        field.value = {};
        field.dispatchEvent(new Event('input', {{ bubbles: true }}));",
        json!(typed)
    );
    page.js(&fill).await.expect("the field is there");
    // The rate is drawn from two answers, which come a second apart.
    let endless = page.panel("/endless");
    endless.toggle().await;
    page.until_text("source-list [data-path=\"/endless\"] .words", "/s")
        .await;
    assert_eq!(page.value(field).await.as_deref(), Ok(typed));
    // Another stream is looked at, and what was typed is there again.
    page.choose("/json").await;
    wait_for("the lines of another", async || {
        let text = page.value(field).await?;
        ensure(text.contains("path = \"/json\""), text)
    })
    .await;
    page.click("source-list [data-act=\"new-stream\"]").await;
    assert_eq!(page.value(field).await.as_deref(), Ok(typed));

    page.click("stream-inspector [data-act=\"save-definition\"]")
        .await;
    page.until_attribute("source-list [data-path=\"/mine\"]", "aria-selected", "true")
        .await;
    let mine = page.panel("/mine");
    mine.toggle().await;
    mine.until_number(2).await;
    let written = std::fs::read_to_string(settings::streams_path(&desktop));
    let written = written.expect("the file is there");
    assert!(written.ends_with(typed) && written.contains("path = \"/numbers\""));
    let answer = http::get(port, "/mine?count=1", &[]).await;
    assert_eq!(answer.expect("it is served").status, 200);
    session.close().await;
}

/// A webview has no clipboard for pictures: the window once saved a file for each.
#[tokio::test]
async fn the_picture_of_the_timeline_is_copied() {
    let (desktop, session, port) = opened().await;
    let page = &session.page;
    let _client = http::Stream::running(port, "/endless?client=dashboard").await;
    page.visit("connections").await;
    page.click("stream-timeline [data-act=\"picture\"]").await;
    page.until_present("stream-timeline [data-act=\"picture\"][data-answer=\"copied\"]")
        .await;
    let mut xclip = desktop.command("timeout");
    xclip.args("5 xclip -selection clipboard -t image/png -o".split(' '));
    let output = xclip.output().expect("xclip runs");
    assert!(output.stdout.starts_with(b"\x89PNG"), "{output:?}");
    session.close().await;
}
