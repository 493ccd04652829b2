//! What the webview makes of each fault.

use super::opened;
use super::support::outcomes;

#[tokio::test]
async fn the_webview_does_what_the_table_says() {
    let (_desktop, session, port) = opened().await;
    outcomes::are_in_the_table(&session.page, port, "webview").await;
    session.close().await;
}
