//! The page in the app's own webview, with the streams of the server in the app's own process.

mod engine;
mod faults;
mod lab;
#[path = "../support/lab_table.rs"]
mod lab_table;
mod outcomes;
mod own_streams;
mod recordings;
mod stop;
mod streams;
#[path = "../support/mod.rs"]
mod support;
mod watch;

use serde_json::{Value, json};
use support::desktop::Desktop;
use support::page::Page;
use support::port::{free_port, is_free};
use support::wait::{ensure, wait_for};
use support::{http, settings, story, webdriver};

/// The app on a free port, with its page in hand.
async fn opened() -> (Desktop, webdriver::Session, u16) {
    let desktop = Desktop::start().await;
    let port = free_port();
    settings::use_port(&desktop, port);
    let session = webdriver::webview(&desktop).await;
    session.page.until_phase("running").await;
    (desktop, session, port)
}

/// The row of the window's own connection to this stream that is open now.
async fn own_row(port: u16, stream: &str) -> Result<Value, String> {
    let rows = http::connections(port).await?;
    let mut open = rows
        .iter()
        .filter(|row| row["stream"] == stream && row["state"] == "open");
    let row = open
        .next()
        .ok_or_else(|| format!("no open row in {rows:?}"))?;
    ensure(open.next().is_none(), "the stream is open twice")?;
    Ok(row.clone())
}

#[tokio::test]
async fn the_window_says_where_its_server_is() {
    let (_desktop, session, port) = opened().await;
    let page = &session.page;
    page.until_text("status-bar .words", "Running").await;
    page.until_text("status-bar .url", &format!("http://localhost:{port}"))
        .await;
    page.inspect("clients").await;
    for (kind, line) in [
        ("curl", "curl -N 'http://localhost:"),
        ("eventsource", "new EventSource(\"http://localhost:"),
    ] {
        page.click(&format!("client-lines [data-kind=\"{kind}\"]"))
            .await;
        page.until_text("client-lines code", &format!("{line}{port}/endless"))
            .await;
    }
    // None starts by itself.
    let idle = page
        .js("return [...document.querySelectorAll('source-list .source')].map((row) => row.dataset.state);")
        .await;
    assert_eq!(idle, Ok(json!(vec!["idle"; 7])));
    session.close().await;
}

#[tokio::test]
async fn a_finite_stream_shows_all_its_events_and_ends_for_good() {
    let (_desktop, session, port) = opened().await;
    let panel = session.page.panel("/numbers");
    panel.toggle().await;
    panel.until_state("ended").await;
    panel.until_words("ended by the server").await;
    // Rows are drawn with the next frame, for which a busy machine takes its time; words are not.
    panel.until_data(&["1", "2", "3", "4", "5"]).await;

    // EventSource comes back after every end. This one must not get the events again: it was told
    // to stop, or the page closed it.
    http::until_nobody_is_connected(port).await;
    assert_eq!(panel.numbers().await, Ok(vec![1, 2, 3, 4, 5]));
    session.close().await;
}

#[tokio::test]
async fn the_data_of_an_event_that_is_chosen_is_shown_whole() {
    let (_desktop, session, port) = opened().await;
    let page = &session.page;
    page.open_topic("news").await;
    let panel = page.panel("/topics/news");
    panel.until_state("open").await;
    let long = format!("{}the end", "word ".repeat(60));
    http::publish(port, "/topics/news", &long).await;
    let row = panel.selector(" [data-row] .data");
    page.until_present(&row).await;
    let chosen = "stream-inspector .text pre";
    assert!(!page.shows(chosen).await);
    page.click(&row).await;
    page.until_text(chosen, "word the end").await;

    let grid = panel.selector(" .grid");
    let escape = format!(
        "document.querySelector('{grid}').dispatchEvent(new KeyboardEvent('keydown', {{ key: 'Escape', bubbles: true }}));"
    );
    page.js(&escape).await.expect("the list is there");
    wait_for("the data to go", async || {
        ensure(!page.shows(chosen).await, "it is there")
    })
    .await;
    session.close().await;
}

#[tokio::test]
async fn an_endless_stream_runs_until_it_is_stopped_in_the_page() {
    let (_desktop, session, port) = opened().await;
    let panel = session.page.panel("/endless");
    panel.toggle().await;
    panel.until_state("open").await;
    panel.until_number(3).await;
    let numbers = panel.numbers().await.expect("the rows are there");
    // On a busy machine more may have arrived than there is room for.
    assert!(
        numbers.windows(2).all(|pair| pair[1] == pair[0] + 1),
        "{numbers:?}"
    );
    own_row(port, "/endless")
        .await
        .expect("the server sees one connection");

    panel.toggle().await;
    panel.until_state("stopped").await;
    panel.until_words("stopped by you").await;
    wait_for("the end of the connection", async || {
        let rows = http::connections(port).await?;
        let row = rows
            .iter()
            .find(|row| row["stream"] == "/endless")
            .ok_or("no row")?;
        ensure(
            row["state"] == "ended" && row["ended"]["by"] == "client",
            row.to_string(),
        )
    })
    .await;
    session.close().await;
}

#[tokio::test]
async fn pressing_connect_in_haste_opens_one_stream() {
    let (_desktop, session, port) = opened().await;
    let script = "const button = document.querySelector('stream-panel[data-path=\"/endless\"] button[data-act=toggle]');
        for (let i = 0; i < 5; i += 1) button.click();";
    session.page.js(script).await.expect("the button is there");
    // Five presses: on, off, on, off, on.
    session.page.panel("/endless").until_state("open").await;
    wait_for("one connection", async || own_row(port, "/endless").await).await;
    session.close().await;
}

/// The endless stream runs. The server is stopped: the port is closed, the panel has lost its
/// connection. The server is started: the browser reconnects by itself, with the id of the last
/// event, and the next number follows. None twice, none left out.
#[tokio::test]
async fn an_endless_stream_goes_on_with_the_next_number_after_the_server_was_away() {
    let (_desktop, session, port) = opened().await;
    let page = &session.page;
    let panel = page.panel("/endless");
    panel.toggle().await;
    panel.until_number(3).await;

    page.press("stop").await;
    page.until_phase("stopped").await;
    page.until_text("status-bar .words", "Stopped").await;
    panel.until_state("lost").await;
    panel.until_words("connection lost").await;
    assert!(is_free(port), "a stopped server leaves its port");
    let last = *panel
        .numbers()
        .await
        .expect("the rows stay")
        .last()
        .expect("there were events");

    page.press("start").await;
    page.until_phase("running").await;
    panel.until_number(last + 3).await;
    panel.until_state("open").await;
    let numbers = panel.numbers().await.expect("the rows are there");
    assert!(
        numbers.windows(2).all(|pair| pair[1] == pair[0] + 1),
        "repeated or left out after {last}: {numbers:?}"
    );
    let row = own_row(port, "/endless")
        .await
        .expect("the server sees one connection");
    // Not what was last drawn: the state can be there a frame before the rows, and on a busy
    // machine that is time for an event or two.
    let rows = http::connections(port).await.expect("the table is there");
    let mut before = rows
        .iter()
        .filter(|row| row["stream"] == "/endless" && row["state"] == "ended");
    let before = before.next().expect("the connection from before the stop");
    assert_eq!(row["brought"], before["last_id"]);
    session.close().await;
}

/// The panels have no knob for the pace: their streams are opened with other overrides behind their
/// back.
async fn open_streams_with(session: &webdriver::Session, overrides: &str) {
    // In place of the page's own, which it may add: a parameter that is given twice is refused.
    let script = format!(
        "window.EventSource = class extends EventSource {{
            constructor(url) {{
                const opened = new URL(url);
                for (const [name, value] of new URLSearchParams('{overrides}'))
                    opened.searchParams.set(name, value);
                super(opened);
            }}
        }};"
    );
    session
        .page
        .js(&script)
        .await
        .expect("the page runs scripts");
}

#[tokio::test]
async fn a_burst_settles() {
    let (_desktop, session, _port) = opened().await;
    open_streams_with(&session, "every=0ms&count=40000").await;
    let panel = session.page.panel("/numbers");
    panel.toggle().await;
    panel.until_state("ended").await;
    let last_ten: Vec<u64> = (39_991..=40_000).collect();
    wait_for("the last ten of 40,000", async || {
        let numbers = panel.numbers().await?;
        ensure(numbers.ends_with(&last_ten), format!("{numbers:?}"))
    })
    .await;
    assert_eq!(panel.total().await, Ok(40_000));
    session.close().await;
}

/// 40,000 events a second, for as long as it takes. (What has no pause at all is asked for at a
/// pace: the webview takes what arrives from its network process without bound, and nothing in a
/// page can slow that down.)
#[tokio::test]
async fn stop_answers_in_the_middle_of_a_burst() {
    let (_desktop, session, port) = opened().await;
    open_streams_with(&session, "every=25us").await;
    let panel = session.page.panel("/endless");
    panel.toggle().await;
    panel.until_number(40_000).await;
    panel.toggle().await;
    panel.until_state("stopped").await;
    http::until_nobody_is_connected(port).await;
    session.close().await;
}

#[tokio::test]
async fn a_client_from_outside_shows_up_in_the_window_and_its_end_too() {
    let (_desktop, session, port) = opened().await;
    let page = &session.page;
    page.visit("connections").await;
    page.until_present("connection-table .empty").await;

    let stream = http::Stream::running(port, "/endless").await;
    let open = "connection-table tr[data-state=\"open\"][data-stream=\"/endless\"]";
    page.until_present(open).await;
    page.until_text(&format!("{open} [data-col=\"state\"]"), "open")
        .await;
    drop(stream);
    let ended = "connection-table tr[data-state=\"ended\"][data-stream=\"/endless\"]";
    page.until_present(ended).await;
    page.until_text(&format!("{ended} [data-col=\"state\"]"), "client")
        .await;
    session.close().await;
}

#[tokio::test]
async fn a_client_that_goes_and_comes_back_is_followed_to_the_byte() {
    let (desktop, session, port) = opened().await;
    story::a_client_goes_and_comes_back(&desktop, &session.page, port).await;
    session.close().await;
}

/// The rows of the table that stand in the document: connection, and program.
async fn rows_in_document(page: &Page) -> Result<Vec<(u64, String)>, String> {
    let rows =
        "return [...document.querySelectorAll('connection-table tr[data-connection]')].map((row) =>
        [Number(row.dataset.connection), row.querySelector('[data-col=\"program\"]').textContent]);";
    serde_json::from_value(page.js(rows).await?).map_err(|error| error.to_string())
}

/// 1. Three hundred clients come. 2. The table shows how many, and draws those in view. 3. It
///    scrolls to the last.
/// 4. Sorted by bytes, the one that was sent the most is the first. 5. A filter leaves one.
#[tokio::test]
async fn a_table_of_hundreds_shows_what_is_in_view() {
    const CLIENTS: usize = 300;
    let (_desktop, session, port) = opened().await;
    let page = &session.page;
    page.visit("connections").await;
    let mut streams = Vec::new();
    for n in 0..CLIENTS {
        let (path, program) = match n {
            // The one that is sent far more than the others, and the one that is looked for.
            150 => ("/endless?every=10ms", "talker/1.0"),
            200 => ("/endless?every=60s", "needle/2.0"),
            _ => ("/endless?every=60s", "crowd/1.0"),
        };
        streams.push(http::Stream::open_as(port, path, program).await);
    }
    page.until_text("connection-table .summary", "300 open, 300 opened")
        .await;
    let grid = "connection-table table";
    page.until_attribute(grid, "aria-rowcount", "301").await;
    let drawn = rows_in_document(page).await.expect("rows are there");
    assert!(
        (5..=200).contains(&drawn.len()),
        "{} rows are in the document",
        drawn.len()
    );
    assert_eq!(drawn[0].0, 300, "the newest is the first");

    let to_the_end = "const scroller = document.querySelector('connection-table .scroller'); scroller.scrollTop = scroller.scrollHeight;";
    page.js(to_the_end).await.expect("the table scrolls");
    page.until_present("connection-table tr[data-connection=\"1\"][aria-rowindex=\"301\"]")
        .await;
    let drawn = rows_in_document(page).await.expect("rows are there");
    assert!(drawn.len() <= 200 && drawn.last().is_some_and(|(id, _)| *id == 1));

    page.click("connection-table [data-sort=\"events\"]").await;
    page.until_attribute(
        "connection-table th[data-col=\"events\"]",
        "aria-sort",
        "descending",
    )
    .await;
    page.until_text("connection-table tr[aria-rowindex=\"2\"]", "talker")
        .await;
    // The talker has no equal, so its place is the first however the order is held.
    page.click("connection-table [data-sort=\"events\"]").await;
    wait_for("the talker to be no more in view", async || {
        let rows = rows_in_document(page).await?;
        ensure(
            rows.len() > 5 && rows.iter().all(|(_, program)| program != "talker 1.0"),
            format!("{rows:?}"),
        )
    })
    .await;

    page.fill("connection-table input[name=\"filter\"]", "Needle")
        .await;
    page.until_text("connection-table .matching", "1 of 300")
        .await;
    wait_for("one row", async || {
        let rows = rows_in_document(page).await?;
        ensure(
            rows.len() == 1 && rows[0].1 == "needle 2.0",
            format!("{rows:?}"),
        )
    })
    .await;
    page.fill(
        "connection-table input[name=\"filter\"]",
        "nobody is called so",
    )
    .await;
    page.until_text("connection-table .none", "No connection matches")
        .await;
    page.click("connection-table [data-act=\"clear-filter\"]")
        .await;
    page.until_attribute(grid, "aria-rowcount", "301").await;
    drop(streams);
    page.until_text("connection-table .summary", "0 open, 300 opened")
        .await;
    session.close().await;
}

#[tokio::test]
async fn a_refused_origin_shows_up_in_the_window() {
    let (_desktop, session, port) = opened().await;
    let answer = http::get(port, "/numbers", &["Origin: http://front.example"])
        .await
        .expect("the server answers");
    assert_eq!(answer.status, 403);
    session.page.visit("connections").await;
    session
        .page
        .until_present("connection-table tr[data-state=\"refused\"][data-stream=\"/numbers\"]")
        .await;
    let allow = "connection-table tr[data-state=\"refused\"] button[data-act=\"allow-origin\"]";
    session.page.click(allow).await;
    session.page.until_text(allow, "Allowed").await;
    let answer = http::get(port, "/numbers?count=1", &["Origin: http://front.example"])
        .await
        .expect("the server answers");
    assert_eq!(answer.status, 200);
    session.close().await;
}

/// What the list says of a topic.
fn listed(topic: &str) -> String {
    format!("source-list [data-path=\"/topics/{topic}\"] .words")
}

#[tokio::test]
async fn a_topic_is_opened_by_its_name_and_what_its_box_publishes_arrives() {
    let (_desktop, session, port) = opened().await;
    let page = &session.page;
    page.open_topic("no such name").await;
    page.until_text("#topic-problem", "That is not the name of a topic")
        .await;
    assert!(!page.shows("topic-panel").await);

    page.open_topic("news").await;
    let topic = page.panel("/topics/news");
    topic.until_state("open").await;
    own_row(port, "/topics/news")
        .await
        .expect("the server sees one connection");
    topic.publish("hello", "").await;
    topic.until_data(&["hello"]).await;
    topic.until_answer("Published, id ").await;
    topic.until_answer(", to 1 subscriber").await;
    // A name that nobody has used yet is heard at once.
    topic.publish("12.5", "price").await;
    topic.until_data(&["hello", "12.5"]).await;
    page.until_text(&listed("news"), "1 subscribed · 2 kept")
        .await;
    topic.publish("x", "gap").await;
    topic.until_answer("choose another name").await;
    session.close().await;
}

#[tokio::test]
async fn a_topic_that_somebody_else_began_is_in_the_list_and_what_it_keeps_arrives() {
    let (_desktop, session, port) = opened().await;
    let page = &session.page;
    http::publish(port, "/topics/news", "first").await;
    http::publish(port, "/topics/news?event=price", "12.5").await;
    http::publish(port, "/topics/alerts", "elsewhere").await;
    page.choose("/topics/news").await;
    let topic = page.panel("/topics/news");
    topic.until_data(&["first", "12.5"]).await;
    http::publish(port, "/topics/news", "third").await;
    topic.until_data(&["first", "12.5", "third"]).await;

    // Closed, it leaves the page and the server's table, and stays in the list.
    page.click("topic-panel button[data-act=\"close\"]").await;
    http::until_nobody_is_connected(port).await;
    assert!(!page.shows("topic-panel").await);
    page.until_text(&listed("news"), "0 subscribed · 3 kept")
        .await;

    // It is ended when that was said twice.
    page.choose("/topics/news").await;
    page.click("topic-panel button[data-act=\"end\"]").await;
    page.until_text(
        "topic-panel .question .words",
        "End news? This deletes 3 kept events",
    )
    .await;
    page.click("topic-panel button[data-act=\"end-it\"]").await;
    page.until_text(&listed("news"), "not created yet").await;
    page.click("topic-panel button[data-act=\"close\"]").await;
    wait_for("the end of the topic", async || {
        ensure(!page.shows(&listed("news")).await, "it is in the list")
    })
    .await;
    assert!(page.shows(&listed("alerts")).await);
    session.close().await;
}

/// EventSource hands over nothing under a name that is not listened for, and the page heard of a
/// new name only after its first event had gone by. Its subscriptions have the names in the data:
/// everything is there, and nothing twice.
#[tokio::test]
async fn the_first_event_of_a_new_name_is_not_missed() {
    let (_desktop, session, port) = opened().await;
    session.page.open_topic("news").await;
    let topic = session.page.panel("/topics/news");
    topic.until_state("open").await;
    let mut wanted = Vec::new();
    for (n, query) in ["", "?event=a", "", "?event=b", "?event=a", "", "?event=c"]
        .iter()
        .enumerate()
    {
        http::publish(port, &format!("/topics/news{query}"), &n.to_string()).await;
        wanted.push(n.to_string());
    }
    wait_for("every event once", async || {
        let mut data = topic.data().await?;
        // What went by comes late, so not in the order in which it was published.
        data.sort();
        ensure(data == wanted, format!("{data:?}"))
    })
    .await;
    topic.until_state("open").await;
    session.close().await;
}

/// 1. The page is subscribed. 2. The server is stopped, and events are published all the same: a
///    topic outlives the server's stops.
/// 3. The server is started: the browser comes back with the id of the last event, and what it
///    missed follows. None twice.
#[tokio::test]
async fn a_topic_loses_nothing_while_the_server_was_away() {
    let (_desktop, session, port) = opened().await;
    let page = &session.page;
    page.open_topic("news").await;
    let topic = page.panel("/topics/news");
    topic.until_state("open").await;
    http::publish(port, "/topics/news", "before").await;
    topic.until_data(&["before"]).await;

    page.press("stop").await;
    page.until_phase("stopped").await;
    topic.until_words("connection lost").await;
    topic.publish("while away", "").await;
    topic.until_answer(", to 0 subscribers").await;
    topic.publish("under a new name", "price").await;

    page.press("start").await;
    page.until_phase("running").await;
    topic.until_state("open").await;
    http::publish(port, "/topics/news", "after").await;
    topic
        .until_data(&["before", "while away", "under a new name", "after"])
        .await;
    session.close().await;
}

/// 1. The page is subscribed and the server is stopped. 2. More is published than the topic keeps
///    (4 MiB). 3. The server is started:
/// the gap is told in the stream, and the panel says it in words.
#[tokio::test]
async fn events_that_were_lost_are_told_in_words() {
    let (_desktop, session, port) = opened().await;
    let page = &session.page;
    page.open_topic("news").await;
    let topic = page.panel("/topics/news");
    topic.until_state("open").await;
    http::publish(port, "/topics/news", "before").await;
    topic.until_data(&["before"]).await;
    page.press("stop").await;
    page.until_phase("stopped").await;
    topic.until_words("connection lost").await;
    let large = format!(
        "document.querySelector('{}').value = 'x'.repeat(1500000);",
        topic.in_box("textarea")
    );
    page.js(&large).await.expect("the box is there");
    for number in 2..=5 {
        page.click(&topic.in_box("button")).await;
        topic.until_answer(&format!("-{number:012}")).await;
    }
    page.press("start").await;
    // 2 and 3 are gone; 4 and 5 are what fits.
    page.until_text(&topic.selector(" .notice .data"), "2 events lost between ")
        .await;
    wait_for("what was kept", async || {
        let data = topic.data().await?;
        ensure(data.len() == 4, format!("{} rows", data.len()))
    })
    .await;
    page.until_text(&topic.selector(" button[data-act=\"gap\"]"), "1 gap")
        .await;
    session.close().await;
}
