//! The page in the app's own webview, with the streams of the server in the app's own process.

mod support;

use serde_json::{Value, json};
use support::desktop::Desktop;
use support::port::{free_port, is_free};
use support::wait::{ensure, wait_for};
use support::{http, settings, webdriver};

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
    page.until_text(
        "connect-app [data-line=\"curl\"]",
        &format!("curl -N http://localhost:{port}/"),
    )
    .await;
    page.until_text(
        "connect-app [data-line=\"eventsource\"]",
        &format!("http://localhost:{port}/"),
    )
    .await;
    // None starts by itself.
    let idle = page
        .js("return [...document.querySelectorAll('stream-panel')].map((panel) => panel.dataset.state);")
        .await;
    assert_eq!(idle, Ok(json!(["idle", "idle"])));
    session.close().await;
}

#[tokio::test]
async fn a_finite_stream_shows_all_its_events_and_ends_for_good() {
    let (_desktop, session, port) = opened().await;
    let panel = session.page.panel("/numbers");
    panel.toggle().await;
    panel.until_state("ended").await;
    panel.until_words("ended by the server").await;
    assert_eq!(panel.numbers().await, Ok(vec![1, 2, 3, 4, 5]));

    // EventSource comes back after every end. This one must not get the events again: it was told to stop, or the page closed it.
    http::until_nobody_is_connected(port).await;
    assert_eq!(panel.numbers().await, Ok(vec![1, 2, 3, 4, 5]));
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
    assert_eq!(numbers[..3], [1, 2, 3]);
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
async fn pressing_start_in_haste_opens_one_stream() {
    let (_desktop, session, port) = opened().await;
    let script = "const button = document.querySelector('stream-panel[data-path=\"/endless\"] button[data-act=toggle]');
        for (let i = 0; i < 5; i += 1) button.click();";
    session.page.js(script).await.expect("the button is there");
    // Five presses: started, stopped, started, stopped, started.
    session.page.panel("/endless").until_state("open").await;
    wait_for("one connection", async || own_row(port, "/endless").await).await;
    session.close().await;
}

/// 1. The endless stream runs. 2. The server is stopped: the port is closed, the panel has lost its connection. 3. The server is
/// started: the browser comes back by itself, with the id of the last event, and the next number follows. None twice, none left out.
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
    assert_eq!(row["brought"], last.to_string());
    session.close().await;
}

/// The panels have no knob for the pace: their streams are opened with other overrides behind their back.
async fn open_streams_with(session: &webdriver::Session, overrides: &str) {
    let script = format!(
        "window.EventSource = class extends EventSource {{
            constructor(url) {{ super(url + '&{overrides}'); }}
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
        ensure(numbers == last_ten, format!("{numbers:?}"))
    })
    .await;
    let counts = panel.counts().await.expect("the panel counts");
    assert_eq!(counts[0], 10, "shown: {counts:?}");
    assert_eq!(
        counts[1] + counts[2],
        40_000,
        "kept and dropped: {counts:?}"
    );
    session.close().await;
}

/// 40,000 events a second, for as long as it takes. (Without any pause between them the webview never comes to an end of reading:
/// it takes what arrives from its network process without bound, and nothing in a page can slow that down.)
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
    page.until_text(&format!("{open} [data-col=\"peer\"]"), "127.0.0.1:")
        .await;
    drop(stream);
    let ended = "connection-table tr[data-state=\"ended\"][data-stream=\"/endless\"]";
    page.until_present(ended).await;
    page.until_text(&format!("{ended} [data-col=\"ended\"]"), "client")
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
    session.close().await;
}
