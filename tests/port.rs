//! A port that another program uses: the window opens all the same, says who has it, and offers
//! ways out.

mod support;

use std::net::TcpListener;
use std::process;

use support::desktop::Desktop;
use support::port::free_port;
use support::webdriver::{self, Session};
use support::{http, settings};

/// The app, launched while this test itself listens on the port of the settings.
async fn launched_in_vain() -> (Desktop, Session, TcpListener, u16) {
    let desktop = Desktop::start().await;
    let port = free_port();
    let holder = TcpListener::bind(("127.0.0.1", port)).expect("the port was free");
    settings::use_port(&desktop, port);
    let session = webdriver::webview(&desktop).await;
    session.page.until_phase("failed").await;
    (desktop, session, holder, port)
}

#[tokio::test]
async fn the_window_says_which_port_and_who_has_it() {
    let (_desktop, session, holder, port) = launched_in_vain().await;
    let page = &session.page;
    page.until_text("status-bar .message", &format!("Port {port} is used by"))
        .await;
    page.until_text("status-bar .message", &format!("({})", process::id()))
        .await;
    for act in ["retry", "next-free", "port"] {
        page.until_present(&format!("status-bar button[data-act=\"{act}\"]"))
            .await;
    }
    // It kills nothing: this test is still here, and still listens.
    assert!(TcpListener::bind(("127.0.0.1", port)).is_err());
    drop(holder);
    session.close().await;
}

#[tokio::test]
async fn retry_works_when_the_other_program_has_gone() {
    let (_desktop, session, holder, port) = launched_in_vain().await;
    let page = &session.page;
    // The phase is "failed" before and after: only an event tells that it was tried, and is over.
    let retry = r#"
        const failed = arguments[0];
        let stop;
        const heard = ({ payload: { part, value } }) =>
            part === "status" && value.phase === "failed" && (stop(), failed());
        window.__TAURI__.event.listen("told", heard).then((unlisten) => {
            stop = unlisten;
            document.querySelector("status-bar [data-act=retry]").click();
        });"#;
    page.js_async(retry).await.expect("it fails again");

    drop(holder);
    page.press("retry").await;
    page.until_phase("running").await;
    page.until_text("status-bar .url", &format!("http://localhost:{port}"))
        .await;
    http::until_it_answers(port).await;
    session.close().await;
}

#[tokio::test]
async fn the_next_free_port_is_one_press_away() {
    let (desktop, session, _holder, port) = launched_in_vain().await;
    let page = &session.page;
    let label = page
        .text("status-bar button[data-act=\"next-free\"]")
        .await
        .expect("the button is there");
    let offered: u16 = label
        .split_whitespace()
        .find_map(|word| word.parse().ok())
        .expect("the button names a port");
    assert_ne!(offered, port);

    page.press("next-free").await;
    page.until_phase("running").await;
    page.until_text("status-bar .url", &format!("http://localhost:{offered}"))
        .await;
    http::until_it_answers(offered).await;
    assert_eq!(settings::saved_port(&desktop), Some(offered));
    session.close().await;
}

#[tokio::test]
async fn another_port_can_be_chosen() {
    let (desktop, session, _holder, port) = launched_in_vain().await;
    let page = &session.page;
    page.press("port").await;
    let field = "port-dialog input[name=\"port\"]";
    page.until_present(field).await;

    // What is no port is answered in place.
    page.fill(field, "70000").await;
    page.click("port-dialog button[data-act=\"apply\"]").await;
    page.until_present("port-dialog .message").await;
    assert_eq!(settings::saved_port(&desktop), Some(port));

    let chosen = free_port();
    page.fill(field, &chosen.to_string()).await;
    page.click("port-dialog button[data-act=\"apply\"]").await;
    page.until_phase("running").await;
    page.until_text("status-bar .url", &format!("http://localhost:{chosen}"))
        .await;
    http::until_it_answers(chosen).await;
    assert_eq!(settings::saved_port(&desktop), Some(chosen));
    session.close().await;
}
