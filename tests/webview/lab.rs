//! The lab in the window: its own webview walks the tour.

use super::support::lab;
use super::{lab_table, opened};

#[tokio::test]
async fn the_window_walks_the_lab_and_shows_what_came_of_it() {
    let (_desktop, session, port) = opened().await;
    lab::a_page_walks(&session.page, "webview-").await;
    lab::a_case_is_tried_again(&session.page).await;
    lab::a_case_of_another_origin_is_tried(&session.page).await;
    lab::two_runs_are_compared(&session.page, port).await;
    session.close().await;
}

#[tokio::test]
async fn the_webview_is_judged_in_the_lab() {
    let (_desktop, session, _) = opened().await;
    let agent = session.page.js("return navigator.userAgent;").await;
    let agent = agent.expect("the page runs scripts").to_string();
    // It calls itself the Safari that it is like.
    let (_, behind) = agent
        .split_once("Version/")
        .expect("its version is in its name");
    let version = behind.split(' ').next().unwrap_or_default();
    let name = format!("webview (Safari {version})");
    lab_table::is_beside_the_table(&session.page, &name).await;
    session.close().await;
}
