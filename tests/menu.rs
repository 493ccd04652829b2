//! The native menu: what is in it, what can be chosen when, and that a choice does what it says.

mod support;

use std::fs;

use serde_json::json;
use support::app::{App, window};
use support::desktop::Desktop;
use support::menu::{MenuBar, choose, press, until_enabled};
use support::page::Page;
use support::port::{free_port, is_free};
use support::wait::{ensure, wait_for};
use support::{http, settings, webdriver};

/// What can be chosen of the Server menu while the server runs, and while it does not.
const RUNNING: [&str; 9] = [
    "Stop Server",
    "Restart Server",
    "Stop Server Abruptly",
    "Refuse Connections for a Minute",
    "Reset New Connections for a Minute",
    "Open in Browser",
    "Copy URL",
    "Port…",
    "Edit Streams…",
];
const STOPPED: [&str; 3] = ["Start Server", "Port…", "Edit Streams…"];

async fn until_port_is_free(port: u16) {
    wait_for("a free port", async || ensure(is_free(port), "it is taken")).await;
}

#[tokio::test]
async fn it_has_the_entries_that_it_should_have() {
    let desktop = Desktop::start().await;
    let _app = App::launch(&desktop).await;
    until_enabled(&desktop, "Server", &RUNNING).await;
    let bar = MenuBar::read(&desktop).expect("the menu can be read");
    assert_eq!(bar.names(), ["File", "Edit", "View", "Server", "Help"]);
    assert_eq!(bar.labels("File"), ["Quit"]);
    assert_eq!(
        bar.labels("Edit"),
        ["Undo", "Redo", "Cut", "Copy", "Paste", "Select All"]
    );
    assert_eq!(
        bar.labels("Server"),
        [
            "Start Server",
            "Stop Server",
            "Restart Server",
            "Stop Server Abruptly",
            "Refuse Connections for a Minute",
            "Reset New Connections for a Minute",
            "Heal All",
            "Open in Browser",
            "Copy URL",
            "Port…",
            "Edit Streams…"
        ]
    );
    let view = [
        "Streams",
        "Connections",
        "Faults",
        "Watch",
        "Lab",
        "Find",
        "Zoom In",
        "Zoom Out",
        "Actual Size",
    ];
    let help = ["Keyboard Shortcuts", "About SSE Workbench"];
    assert_eq!(bar.labels("View"), view);
    assert_eq!(bar.labels("Help"), help);
    assert_eq!(bar.enabled("File"), ["Quit"]);
    assert_eq!(bar.enabled("View"), view);
    assert_eq!(bar.enabled("Help"), help);
}

#[tokio::test]
async fn it_can_be_worked_by_letters_and_keys() {
    let desktop = Desktop::start().await;
    let _app = App::launch(&desktop).await;
    until_enabled(&desktop, "Server", &RUNNING).await;
    let bar = MenuBar::read(&desktop).expect("the menu can be read");
    assert_eq!(bar.letters("File"), ["q"]);
    assert_eq!(bar.letters("Edit"), ["u", "r", "t", "c", "p", "a"]);
    assert_eq!(
        bar.letters("View"),
        ["s", "c", "u", "w", "l", "f", "i", "o", "a"]
    );
    assert_eq!(
        bar.letters("Server"),
        ["s", "t", "r", "b", "f", "n", "h", "o", "c", "p", "e"]
    );
    assert_eq!(bar.letters("Help"), ["k", "a"]);
    // The key of an item that muda does not understand is left out without a word.
    assert_eq!(
        bar.keys("View"),
        [
            "<Primary>1",
            "<Primary>2",
            "<Primary>3",
            "<Primary>4",
            "<Primary>5",
            "<Primary>f",
            "<Primary>equal",
            "<Primary>minus",
            "<Primary>0"
        ]
    );
    assert_eq!(bar.keys("Help"), ["<Primary>slash", ""]);
}

/// The page shows its places itself: the menu only asks.
#[tokio::test]
async fn view_and_help_ask_the_page() {
    let desktop = Desktop::start().await;
    settings::use_port(&desktop, free_port());
    let session = webdriver::webview(&desktop).await;
    let page = &session.page;
    page.until_phase("running").await;
    listen(page, "perform").await;
    for (menu, item) in [
        ("View", "Connections"),
        ("View", "Streams"),
        ("View", "Find"),
        ("Help", "Keyboard Shortcuts"),
    ] {
        choose(&desktop, menu, item);
    }
    until_heard(page, &["connections", "streams", "find", "keys"]).await;
    press(&desktop, &["Control_L", "2"]);
    press(&desktop, &["Control_L", "slash"]);
    let all = [
        "connections",
        "streams",
        "find",
        "keys",
        "connections",
        "keys",
    ];
    until_heard(page, &all).await;
    press(&desktop, &["Alt_L", "v"]);
    press(&desktop, &["c"]);
    let all = [&all[..], &["connections"]].concat();
    until_heard(page, &all).await;
    session.close().await;
}

/// Keeps what the page is told of this part.
async fn listen(page: &Page, part: &str) {
    let script = format!(
        "window.heard = [];
        const keep = ({{ payload }}) => payload.part === '{part}' && heard.push(payload.value);
        window.__TAURI__.event.listen('told', keep).then(() => {{ window.listening = true; }});"
    );
    page.js(&script).await.expect("it is the app's page");
    wait_for("an open ear", async || {
        let listening = page.js("return window.listening === true;").await?;
        ensure(listening == true, "not yet")
    })
    .await;
}

async fn until_heard(page: &Page, all: &[&str]) {
    wait_for(&format!("{all:?} in the page"), async || {
        let heard = page.js("return window.heard;").await?;
        ensure(heard == json!(all), heard.to_string())
    })
    .await;
}

#[tokio::test]
async fn the_zoom_is_kept_for_the_next_launch() {
    let desktop = Desktop::start().await;
    settings::use_port(&desktop, free_port());
    let session = webdriver::webview(&desktop).await;
    let page = &session.page;
    page.until_phase("running").await;
    let width = page.js("return innerWidth;").await.expect("a width");
    let width = width.as_f64().expect("a number");
    let until_zoomed = async |page: &Page, percent: f64| {
        wait_for(&format!("{percent} % of the page"), async || {
            let now = page.js("return innerWidth;").await?;
            let seen = 100.0 * width / now.as_f64().unwrap_or_default();
            ensure((seen - percent).abs() < 1.0, seen.to_string())
        })
        .await;
    };
    choose(&desktop, "View", "Zoom In");
    until_zoomed(page, 110.0).await;
    press(&desktop, &["Control_L", "equal"]);
    until_zoomed(page, 125.0).await;
    press(&desktop, &["Control_L", "Shift_L", "equal"]);
    until_zoomed(page, 150.0).await;
    press(&desktop, &["Control_L", "KP_Add"]);
    until_zoomed(page, 175.0).await;
    press(&desktop, &["Control_L", "KP_Subtract"]);
    until_zoomed(page, 150.0).await;
    session.close_app(&desktop).await;

    let session = webdriver::webview(&desktop).await;
    let page = &session.page;
    until_zoomed(page, 150.0).await;
    press(&desktop, &["Control_L", "minus"]);
    until_zoomed(page, 125.0).await;
    press(&desktop, &["Control_L", "0"]);
    until_zoomed(page, 100.0).await;
    session.close().await;
}

#[tokio::test]
async fn stop_closes_the_port_and_start_opens_it() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let mut stream = http::Stream::running(app.port, "/endless").await;

    until_enabled(&desktop, "Server", &RUNNING).await;
    choose(&desktop, "Server", "Stop Server");
    stream
        .until_end()
        .await
        .expect("the stream is ended, not broken off");
    until_port_is_free(app.port).await;
    until_enabled(&desktop, "Server", &STOPPED).await;

    choose(&desktop, "Server", "Start Server");
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
    choose(&desktop, "Server", "Restart Server");
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
    choose(&desktop, "Server", "Stop Server");
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

/// An editor for terminals opened in no window at all, and nothing was said.
#[tokio::test]
async fn edit_streams_says_what_it_opened() {
    let desktop = Desktop::start().await;
    desktop.stand_in("xdg-open", "exit 0");
    settings::use_port(&desktop, free_port());
    let session = webdriver::webview(&desktop).await;
    let page = &session.page;
    page.until_phase("running").await;
    listen(page, "edited").await;
    let path = settings::streams_path(&desktop);
    let until_said = async |words: &str| {
        choose(&desktop, "Server", "Edit Streams…");
        wait_for(words, async || {
            let heard = page.js("return window.heard.at(-1) ?? '';").await?;
            let said = heard.as_str().unwrap_or_default();
            ensure(said.contains(words), said)
        })
        .await;
    };
    // 1. The desktop names none.
    desktop.stand_in("xdg-mime", "exit 4");
    until_said("does not report with which program").await;
    // 2. One for terminals.
    desktop.stand_in(
        "xdg-mime",
        "[ \"$2\" = filetype ] && echo text/plain || echo vim.desktop",
    );
    desktop.add_program("vim", "Name=Vim\nTerminal=true");
    until_said("Vim opens the file in a terminal: if none appears, open ").await;
    // 3. One with a window.
    desktop.add_program("vim", "Name=GVim");
    until_said("Opened in GVim: what you save is served at once.").await;
    assert!(path.exists());
    session.close().await;
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
async fn about_opens_a_window_that_has_the_keyboard_and_closes_with_escape() {
    let desktop = Desktop::start().await;
    let _app = App::launch(&desktop).await;
    let about = || {
        let windows = desktop.windows();
        windows
            .into_iter()
            .find(|window| window.title.contains("About"))
    };
    // Escape closes it, and so does its button, which has the focus.
    for key in ["Escape", "Return"] {
        choose(&desktop, "Help", "About SSE Workbench");
        wait_for("a second window with the keyboard", async || {
            let about = about().ok_or("there is none")?;
            ensure(
                desktop.active_window() == Some(about.id),
                "it is not active",
            )
        })
        .await;
        wait_for(&format!("{key} to close it"), async || {
            // Its page may not be there yet.
            if about().is_some() {
                press(&desktop, &[key]);
            }
            ensure(about().is_none(), "it is open")
        })
        .await;
        wait_for("the main window with the keyboard", async || {
            let main = window(&desktop)?;
            ensure(desktop.active_window() == Some(main.id), "it is not active")
        })
        .await;
    }
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

    choose(&desktop, "Server", "Stop Server");
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
