//! Faults that are armed, seen and healed in the window.

use super::support::menu;
use super::support::wait::{ensure, wait_for};
use super::support::walk;
use super::{http, opened};

const FIELD: &str = "faults-place input[name=\"fault\"]";
const WORDS: &str = "#fault-message";
const STRUCK: &str = "armed-list [data-col=\"struck\"]";
const SIGN: &str = "status-bar .armed";

/// The status that the client gets.
async fn status(port: u16) -> u16 {
    let answer = http::get(port, "/numbers?every=1ms&client=t1", &[]).await;
    answer.expect("the server answers").status
}

#[tokio::test]
async fn a_fault_that_is_armed_in_the_window_strikes_until_it_is_healed() {
    let (desktop, session, port) = opened().await;
    let page = &session.page;
    page.visit("faults").await;
    assert!(!page.shows(SIGN).await);

    page.fill(FIELD, "status=503,cliend=t1").await;
    page.until_text(WORDS, "`client` is the nearest").await;
    page.fill(FIELD, "status=503,client=t1").await;
    page.until_text(WORDS, "Strikes requests that begin from then on.")
        .await;
    page.until_text(".choice[data-slot=\"client\"] .text", "client t1")
        .await;
    assert_eq!(status(port).await, 200);
    page.click("faults-place [data-act=\"arm\"]").await;
    page.until_text(STRUCK, "not yet").await;
    page.until_text(SIGN, "1 fault armed").await;

    assert_eq!(status(port).await, 503);
    page.until_text(STRUCK, "once").await;
    page.visit("connections").await;
    page.until_text("connection-table tr[data-state=\"refused\"] .flag", "1")
        .await;

    // The sign leads back.
    page.press("faults").await;
    page.click("armed-list [data-act=\"heal\"]").await;
    until_healed(page).await;
    assert_eq!(status(port).await, 200);

    page.fill(FIELD, "status=429").await;
    page.click("faults-place [data-act=\"arm\"]").await;
    page.until_text(SIGN, "1 fault armed").await;
    menu::until_enabled(&desktop, "Server", &HEALABLE).await;
    menu::choose(&desktop, "Server", "Heal All");
    until_healed(page).await;
    assert_eq!(status(port).await, 200);
    session.close().await;
}

/// What can be chosen of the Server menu while the server runs and something is armed.
const HEALABLE: [&str; 10] = [
    "Stop Server",
    "Restart Server",
    "Stop Server Abruptly",
    "Refuse Connections for a Minute",
    "Reset New Connections for a Minute",
    "Heal All",
    "Open in Browser",
    "Copy URL",
    "Port…",
    "Edit Streams…",
];

async fn until_healed(page: &super::Page) {
    wait_for("no sign of a fault", async || {
        ensure(!page.shows(SIGN).await, "it is there")
    })
    .await;
    page.until_text("faults-place .empty", "Nothing is armed.")
        .await;
}

#[tokio::test]
async fn an_open_connection_is_cut_by_a_press_in_its_wire() {
    let (_desktop, session, port) = opened().await;
    let page = &session.page;
    let mut client = http::Stream::running(port, "/endless?client=t1").await;
    page.visit("connections").await;
    page.click("connection-table tbody tr").await;
    page.click("connection-wire [data-do=\"cut\"]").await;
    client
        .until_end()
        .await
        .expect_err("it is cut before its last chunk");
    page.until_text("connection-wire .faults", "ended it").await;
    page.until_text("connection-table tbody .flag", "1").await;
    page.click("connection-wire test-menu drop-menu > button")
        .await;
    page.click("connection-wire test-menu [data-choice=\"pytest\"]")
        .await;
    page.until_text("connection-wire test-menu button", "copied")
        .await;
    session.close().await;
}

#[tokio::test]
async fn the_webview_is_broken_by_hand_and_comes_back() {
    let (_desktop, session, port) = opened().await;
    walk::breaking(&session.page, port).await;
    session.close().await;
}

/// Three clients, of which the first and the last are chosen: the one between goes on.
#[tokio::test]
async fn chosen_rows_are_cut_together_and_no_others() {
    let (_desktop, session, port) = opened().await;
    let page = &session.page;
    let mut clients = Vec::new();
    for tag in ["a", "b", "c"] {
        let target = format!("/endless?every=100ms&client={tag}");
        clients.push(http::Stream::running(port, &target).await);
    }
    page.visit("connections").await;
    page.until_present("connection-table tr[aria-rowindex=\"4\"]")
        .await;
    let row = |index: usize| format!("connection-table tr[aria-rowindex=\"{index}\"]");
    page.click(&row(2)).await;
    assert!(!page.shows("row-choice").await);
    click_with_control(page, &row(4)).await;
    page.until_text("row-choice .words", "2 chosen, 2 open")
        .await;
    page.click("row-choice [data-do=\"cut\"]").await;
    // The newest row is the first.
    for chosen in [0, 2] {
        let end = clients[chosen].until_end().await;
        end.expect_err("it is cut before its last chunk");
    }
    clients[1].until_line("data: 20").await;
    page.until_text("row-choice .words", "2 chosen, 0 open")
        .await;
    page.click("row-choice [data-act=\"let-go\"]").await;
    wait_for("nothing chosen", async || {
        ensure(!page.shows("row-choice").await, "it is there")
    })
    .await;
    session.close().await;
}

/// The arrow down leads the cursor to the lane, where the button of its menu is then.
#[tokio::test]
async fn a_client_is_silenced_in_its_lane_and_set_free_with_one_press() {
    let (_desktop, session, port) = opened().await;
    let page = &session.page;
    let mut client = http::Stream::running(port, "/endless?every=50ms&client=t1").await;
    page.visit("connections").await;
    page.until_present("connection-table tr[data-state=\"open\"]")
        .await;
    wait_for("the lane", async || {
        let chosen = page
            .js(
                "document.querySelector('stream-timeline .scroller').dispatchEvent(
                    new KeyboardEvent('keydown', { key: 'ArrowDown', cancelable: true }));
                return document.querySelector('lane-acts button') !== null;",
            )
            .await?;
        ensure(chosen == true, "there is none")
    })
    .await;
    page.click("lane-acts button").await;
    page.click("stream-timeline break-menu [data-choice=\"now silence\"]")
        .await;
    page.until_text("connection-table tr[data-state=\"open\"] .flag", "1")
        .await;
    // The same button undoes it, in the lane and in the row.
    page.until_present("lane-acts button[data-undo]").await;
    page.until_present("connection-table .acts[data-undo]")
        .await;
    page.click("lane-acts button[data-undo]").await;
    client.until_line("data: 100").await;
    wait_for("nothing to undo", async || {
        let shown = page.shows("connection-table .acts[data-undo]").await;
        ensure(!shown, "it is there still")
    })
    .await;
    session.close().await;
}

#[tokio::test]
async fn the_next_request_of_a_row_is_answered_with_what_its_menu_offers() {
    let (_desktop, session, port) = opened().await;
    let page = &session.page;
    let _client = http::Stream::running(port, "/numbers?every=1h&client=t1").await;
    page.visit("connections").await;
    page.click("connection-table tbody tr").await;
    page.click("connection-table tbody .acts").await;
    page.click("connection-table break-menu [data-choice=\"next status=503\"]")
        .await;
    page.until_text("connection-table break-menu .told", "fault 1")
        .await;
    assert_eq!(status(port).await, 503);
    assert_eq!(status(port).await, 200, "it was one answer");
    session.close().await;
}

/// A click as a person makes it who holds Ctrl.
async fn click_with_control(page: &super::Page, selector: &str) {
    let script = format!(
        "document.querySelector('{selector} td').dispatchEvent(new MouseEvent('click', {{
            bubbles: true, cancelable: true, ctrlKey: true }}));
        return true;"
    );
    page.js(&script).await.expect("the row is there");
}
