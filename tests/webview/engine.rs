//! Topics on an engine, as the settings of the app name it.

use crate::support::desktop::Desktop;
use crate::support::engine::{self, Engine};
use crate::support::port::free_port;
use crate::support::webdriver::{self, Session};
use crate::support::{http, settings};

/// The app on a free port, with this URL in its settings.
async fn opened_on(url: &str) -> (Desktop, Session, u16) {
    let desktop = Desktop::start().await;
    let port = free_port();
    let text = format!("port = {port}\nstart_at_launch = true\n[topics]\non = \"{url}\"\n");
    settings::write(&desktop, &text);
    let session = webdriver::webview(&desktop).await;
    session.page.until_phase("running").await;
    (desktop, session, port)
}

/// The window was told of the engine once, when it opened, and never again.
#[tokio::test]
async fn the_engine_of_the_settings_is_in_the_window_and_goes_and_comes() {
    let mut engine = Engine::start().await;
    let (_desktop, session, _port) = opened_on(&engine.url()).await;
    engine::comes_and_goes(&session.page, &mut engine).await;
    session.close().await;
}

/// The app says so, once, and keeps the topics by itself.
#[tokio::test]
async fn a_url_of_an_engine_that_is_none_is_said_and_the_app_serves() {
    let (_desktop, session, port) = opened_on("http://reader:sesame@host").await;
    let page = &session.page;
    page.until_text("notice-line", "`on` in the settings is wrong")
        .await;
    page.until_text("notice-line", "write redis://HOST").await;
    let notice = page.text("notice-line").await.expect("it is there");
    assert!(!notice.contains("sesame"), "{notice}");
    assert!(!page.shows("engine-line .words").await);
    page.open_topic("news").await;
    let topic = page.panel("/topics/news");
    topic.until_state("open").await;
    http::publish(port, "/topics/news", "kept here").await;
    topic.until_data(&["kept here"]).await;
    session.close().await;
}
