//! The lab in the window: its own webview walks the tour.

use super::opened;
use super::support::lab;

#[tokio::test]
#[ignore = "it does not reach what is below the fold of the window yet"]
async fn the_window_walks_the_lab_and_shows_what_came_of_it() {
    let (_desktop, session, port) = opened().await;
    lab::a_page_walks(&session.page, "webview-").await;
    lab::two_runs_are_compared(&session.page, port).await;
    session.close().await;
}
