//! The ways to stop the server in the window: in order, abruptly, by not listening, and by
//! resetting whoever connects.

use super::support::wait::{ensure, wait_for};
use super::{Page, http, opened};

const LINE: &str = "status-bar .port-fault";

/// Chooses another way to stop beside the switch.
async fn choose(page: &Page, way: &str) {
    page.click("status-bar drop-menu > button").await;
    page.click(&format!("status-bar drop-menu [data-choice=\"{way}\"]"))
        .await;
}

#[tokio::test]
async fn the_server_is_stopped_abruptly_from_the_header() {
    let (_desktop, session, port) = opened().await;
    let page = &session.page;
    let mut client = http::Stream::running(port, "/endless?client=t1").await;
    choose(page, "stop-abruptly").await;
    client
        .until_end()
        .await
        .expect_err("it is cut before its last chunk");
    page.until_phase("stopped").await;
    page.visit("connections").await;
    page.until_text(
        "connection-table tbody [data-col=\"state\"]",
        "stopped abruptly",
    )
    .await;
    session.close().await;
}

/// The API is down with it, and the window is not: it counts, and heals.
#[tokio::test]
async fn whoever_knocks_is_counted_in_the_header_until_it_is_healed() {
    let (_desktop, session, port) = opened().await;
    let page = &session.page;
    assert!(!page.shows(LINE).await);
    choose(page, "knock").await;
    page.until_text(LINE, "Resets new connections").await;
    for _ in 0..3 {
        let answer = http::get(port, "/numbers", &[]).await;
        answer.expect_err("it is reset");
    }
    page.until_text(LINE, "3 tries").await;
    page.until_phase("running").await;
    page.click("status-bar [data-act=\"heal-port\"]").await;
    wait_for("the end of it", async || {
        ensure(!page.shows(LINE).await, "it is there")
    })
    .await;
    page.until_text("notice-line .notice", "New connections were reset: 3 tries")
        .await;
    http::until_it_answers(port).await;

    choose(page, "refuse").await;
    page.until_text(LINE, "Refuses connections").await;
    wait_for("nobody listens", async || {
        let answer = http::get(port, "/numbers", &[]).await;
        ensure(answer.is_err(), "somebody answers")
    })
    .await;
    page.click("status-bar [data-act=\"heal-port\"]").await;
    http::until_it_answers(port).await;
    session.close().await;
}
