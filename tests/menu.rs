//! The native menu: what is in it, what can be chosen when, and that a choice does what it says.

mod support;

use std::fs;

use support::app::App;
use support::desktop::Desktop;
use support::menu::{MenuBar, choose, until_enabled};
use support::port::{free_port, is_free};
use support::wait::{ensure, wait_for};
use support::{http, settings, webdriver};

/// What can be chosen of the Server menu while the server runs, and while it does not.
const RUNNING: [&str; 6] = [
    "Stop",
    "Restart",
    "Open in Browser",
    "Copy URL",
    "Port…",
    "Edit Streams…",
];
const STOPPED: [&str; 3] = ["Start", "Port…", "Edit Streams…"];

async fn until_port_is_free(port: u16) {
    wait_for("a free port", async || ensure(is_free(port), "it is taken")).await;
}

#[tokio::test]
async fn it_has_the_entries_that_it_should_have() {
    let desktop = Desktop::start().await;
    let _app = App::launch(&desktop).await;
    until_enabled(&desktop, "Server", &RUNNING).await;
    let bar = MenuBar::read(&desktop).expect("the menu can be read");
    assert_eq!(bar.names(), ["File", "Edit", "Server", "Help"]);
    assert_eq!(bar.labels("File"), ["Quit"]);
    assert_eq!(
        bar.labels("Edit"),
        ["Undo", "Redo", "Cut", "Copy", "Paste", "Select All"]
    );
    assert_eq!(
        bar.labels("Server"),
        [
            "Start",
            "Stop",
            "Restart",
            "Open in Browser",
            "Copy URL",
            "Port…",
            "Edit Streams…"
        ]
    );
    assert_eq!(bar.labels("Help"), ["About SSE Workbench"]);
    assert_eq!(bar.enabled("File"), ["Quit"]);
    assert_eq!(bar.enabled("Help"), ["About SSE Workbench"]);
}

#[tokio::test]
async fn stop_closes_the_port_and_start_opens_it() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let mut stream = http::Stream::running(app.port, "/endless").await;

    until_enabled(&desktop, "Server", &RUNNING).await;
    choose(&desktop, "Server", "Stop");
    stream
        .until_end()
        .await
        .expect("the stream is ended, not broken off");
    until_port_is_free(app.port).await;
    until_enabled(&desktop, "Server", &STOPPED).await;

    choose(&desktop, "Server", "Start");
    http::until_it_answers(app.port).await;
    until_enabled(&desktop, "Server", &RUNNING).await;
    http::Stream::running(app.port, "/endless").await;
}

#[tokio::test]
async fn restart_ends_the_streams_and_serves_again() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let mut stream = http::Stream::running(app.port, "/endless").await;

    until_enabled(&desktop, "Server", &RUNNING).await;
    choose(&desktop, "Server", "Restart");
    stream
        .until_end()
        .await
        .expect("the stream is ended, not broken off");
    http::until_it_answers(app.port).await;
    until_enabled(&desktop, "Server", &RUNNING).await;
}

#[tokio::test]
async fn quit_ends_the_process_with_streams_open() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let mut stream = http::Stream::running(app.port, "/endless").await;

    choose(&desktop, "File", "Quit");
    stream
        .until_end()
        .await
        .expect("the stream is ended, not broken off");
    app.ended_in_order().await;
}

#[tokio::test]
async fn quit_ends_the_process_of_a_stopped_server() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    until_enabled(&desktop, "Server", &RUNNING).await;
    choose(&desktop, "Server", "Stop");
    until_enabled(&desktop, "Server", &STOPPED).await;
    choose(&desktop, "File", "Quit");
    app.ended_in_order().await;
}

#[tokio::test]
async fn open_in_browser_hands_the_url_to_the_desktop() {
    let desktop = Desktop::start().await;
    // What every Linux desktop opens addresses with.
    let asked = desktop.logs().join("opened");
    desktop.stand_in("xdg-open", &format!("echo \"$1\" >{}", asked.display()));
    let app = App::launch(&desktop).await;
    until_enabled(&desktop, "Server", &RUNNING).await;
    choose(&desktop, "Server", "Open in Browser");
    wait_for("an address to open", async || {
        let said = fs::read_to_string(&asked).unwrap_or_default();
        let url = format!("http://localhost:{}", app.port);
        ensure(said.trim().trim_end_matches('/') == url, said)
    })
    .await;
}

/// The first time, the file is written: what is opened is what is served. After that it is the
/// person's.
#[tokio::test]
async fn edit_streams_opens_the_file_and_writes_it_only_once() {
    let desktop = Desktop::start().await;
    let asked = desktop.logs().join("opened");
    desktop.stand_in("xdg-open", &format!("echo \"$1\" >>{}", asked.display()));
    let _app = App::launch(&desktop).await;
    let path = settings::streams_path(&desktop);
    assert!(!path.exists());
    let until_opened = async |times| {
        wait_for("a file to open", async || {
            let said = fs::read_to_string(&asked).unwrap_or_default();
            let paths: Vec<_> = said.lines().collect();
            ensure(paths == vec![path.to_str().expect("UTF-8"); times], said)
        })
        .await;
    };

    choose(&desktop, "Server", "Edit Streams…");
    until_opened(1).await;
    let text = fs::read_to_string(&path).expect("the file is there");
    assert_eq!(text, sse_server::SHIPPED_STREAMS);

    let mine = "[[stream]]\npath = \"/mine\"\n";
    settings::write_streams(&desktop, mine);
    choose(&desktop, "Server", "Edit Streams…");
    until_opened(2).await;
    let text = fs::read_to_string(&path).expect("the file is there");
    assert_eq!(text, mine);
}

#[tokio::test]
async fn where_no_editor_opens_the_window_says_which_file_it_is() {
    let desktop = Desktop::start().await;
    // All that a Linux desktop may open files with.
    for opener in [
        "xdg-open",
        "gio",
        "gnome-open",
        "kde-open6",
        "kde-open5",
        "kde-open",
    ] {
        desktop.stand_in(opener, "exit 3");
    }
    settings::use_port(&desktop, free_port());
    let session = webdriver::webview(&desktop).await;
    let page = &session.page;
    page.until_phase("running").await;
    let path = settings::streams_path(&desktop).display().to_string();

    choose(&desktop, "Server", "Edit Streams…");
    page.until_text("notice-line .notice", "No editor could be opened")
        .await;
    page.until_text("notice-line .notice", &path).await;
    // By the page's own button, it is said beside the button.
    page.click("streams-file button[data-act=\"edit-streams\"]")
        .await;
    page.until_text("streams-file .problem[data-of=\"edit\"]", &path)
        .await;
    session.close().await;
}

#[tokio::test]
async fn about_opens_a_window() {
    let desktop = Desktop::start().await;
    let _app = App::launch(&desktop).await;
    choose(&desktop, "Help", "About SSE Workbench");
    wait_for("a second window", async || {
        let windows = desktop.windows();
        let about = windows.iter().any(|window| window.title.contains("About"));
        ensure(about, format!("{windows:?}"))
    })
    .await;
}

/// Both ends of the clipboard, by the native menu alone.
#[tokio::test]
async fn the_url_can_be_copied_and_pasted() {
    let desktop = Desktop::start().await;
    let port = free_port();
    settings::use_port(&desktop, port);
    let session = webdriver::webview(&desktop).await;
    let page = &session.page;
    page.until_phase("running").await;
    until_enabled(&desktop, "Server", &RUNNING).await;
    choose(&desktop, "Server", "Copy URL");
    // The one field of the page; it selects what is in it, and takes no more than five characters.
    choose(&desktop, "Server", "Port…");
    let field = "port-dialog input[name=\"port\"]";
    page.until_present(field).await;
    page.js("document.querySelector('port-dialog input').maxLength = 100;")
        .await
        .expect("the field is there");
    wait_for("the pasted URL", async || {
        choose(&desktop, "Edit", "Select All");
        choose(&desktop, "Edit", "Paste");
        let value = page.value(field).await?;
        ensure(value == format!("http://localhost:{port}"), value)
    })
    .await;
    session.close().await;
}

/// What is selected of a stream's bytes is copied as it would be sent: no line twice, none left
/// out, and no sign for what is unseen.
#[tokio::test]
async fn bytes_are_copied_as_they_are() {
    let desktop = Desktop::start().await;
    settings::use_port(&desktop, free_port());
    settings::write_streams(
        &desktop,
        "[[stream]]\npath = \"/mine\"\ncount = 2\ndata = \"a\\tb {n}\"\n",
    );
    let session = webdriver::webview(&desktop).await;
    let page = &session.page;
    page.until_phase("running").await;
    page.inspect("bytes").await;
    page.until_text("wire-preview .more", "nothing follows")
        .await;
    page.js(
        "const parts = document.querySelectorAll('wire-preview .part');
        getSelection().setBaseAndExtent(parts[1], 0, parts[2], parts[2].childNodes.length);",
    )
    .await
    .expect("the parts are there");
    until_enabled(&desktop, "Server", &RUNNING).await;
    choose(&desktop, "Edit", "Copy");

    page.open_topic("a").await;
    let field = "publish-box textarea";
    page.click(field).await;
    wait_for("the pasted bytes", async || {
        choose(&desktop, "Edit", "Select All");
        choose(&desktop, "Edit", "Paste");
        let value = page.value(field).await?;
        let events = "id: 1\ndata: a\tb 1\n\nid: 2\ndata: a\tb 2\n\n";
        ensure(value == events, format!("{value:?}"))
    })
    .await;
    session.close().await;
}

/// Menu and page are two faces of one state.
#[tokio::test]
async fn the_page_follows_the_menu_and_the_menu_the_page() {
    let desktop = Desktop::start().await;
    let port = free_port();
    settings::use_port(&desktop, port);
    let session = webdriver::webview(&desktop).await;
    let page = &session.page;
    page.until_phase("running").await;
    until_enabled(&desktop, "Server", &RUNNING).await;

    choose(&desktop, "Server", "Stop");
    page.until_phase("stopped").await;
    page.press("start").await;
    until_enabled(&desktop, "Server", &RUNNING).await;
    page.press("stop").await;
    until_enabled(&desktop, "Server", &STOPPED).await;

    assert!(!page.shows("port-dialog dialog").await);
    choose(&desktop, "Server", "Port…");
    page.until_present("port-dialog dialog").await;
    session.close().await;
}
