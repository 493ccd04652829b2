//! The program's beginning and end: a second launch, signals, no display, settings that last and
//! settings that are damaged.

mod support;

use std::fs;

use support::app::{App, PROGRAM, window};
use support::desktop::Desktop;
use support::http::{self, Stream};
use support::menu::choose;
use support::port::{free_port, is_free};
use support::process::Process;
use support::wait::{ensure, wait_for};
use support::{settings, webdriver};

#[tokio::test]
async fn a_second_launch_raises_the_first_window_and_ends() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let first = window(&desktop).expect("the window is there");

    // Another window comes to the front.
    let _other = Process::start(&mut desktop.command("xev"), "xev", &desktop.logs());
    wait_for("another active window", async || {
        let active = desktop.active_window();
        let other = active.is_some_and(|id| id != first.id && id != 0);
        ensure(other, format!("{active:?}"))
    })
    .await;

    let mut second = Process::start(&mut desktop.command(PROGRAM), "second", &desktop.logs());
    let status = second.ended().await;
    assert!(
        status.success(),
        "the second launch ended with {status}: {}",
        second.output()
    );
    wait_for("the first window in front", async || {
        let active = desktop.active_window();
        ensure(
            active == Some(first.id),
            format!("{active:?}, not {}", first.id),
        )
    })
    .await;
    assert_eq!(window(&desktop).map(|window| window.id), Ok(first.id));
    http::until_it_answers(app.port).await;
}

#[tokio::test]
async fn sigterm_ends_the_streams_and_the_program_in_order() {
    ends_in_order_on("TERM").await;
}

#[tokio::test]
async fn ctrl_c_ends_the_streams_and_the_program_in_order() {
    ends_in_order_on("INT").await;
}

async fn ends_in_order_on(signal: &str) {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let mut streams = Vec::new();
    for path in ["/numbers", "/endless", "/endless?every=1ms"] {
        streams.push(Stream::running(app.port, path).await);
    }
    app.process.signal(signal);
    for mut stream in streams {
        stream
            .until_end()
            .await
            .expect("the stream is ended, not broken off");
    }
    app.ended_in_order().await;
}

#[tokio::test]
async fn closing_the_window_ends_the_streams_and_the_program_in_order() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let mut stream = Stream::running(app.port, "/endless").await;
    close_window(&desktop);
    stream
        .until_end()
        .await
        .expect("the stream is ended, not broken off");
    app.ended_in_order().await;
}

fn close_window(desktop: &Desktop) {
    let window = window(desktop).expect("the window is there");
    desktop.ask("wmctrl", &["-i", "-c", &format!("{:#x}", window.id)]);
}

#[tokio::test]
async fn without_a_display_it_says_what_to_run_instead() {
    let desktop = Desktop::start().await;
    let mut command = desktop.command(PROGRAM);
    command.env_remove("DISPLAY").env_remove("GDK_BACKEND");
    let mut app = Process::start(&mut command, "app", &desktop.logs());
    let status = app.ended().await;
    assert_eq!(status.code(), Some(1));
    let said = app.output();
    assert_eq!(said.lines().count(), 1, "one sentence: {said}");
    assert!(said.contains("sse serve"), "{said}");
}

#[tokio::test]
async fn a_display_that_does_not_answer_is_no_display() {
    let desktop = Desktop::start().await;
    let mut command = desktop.command(PROGRAM);
    // Nothing listens for this number.
    command.env("DISPLAY", ":4321");
    let mut app = Process::start(&mut command, "app", &desktop.logs());
    let status = app.ended().await;
    assert_eq!(status.code(), Some(1));
    assert!(app.output().contains("sse serve"), "{}", app.output());
}

#[tokio::test]
async fn damaged_settings_are_set_aside_and_the_window_says_so() {
    const DAMAGED: &str = "port = \"eight thousand\n";
    let desktop = Desktop::start().await;
    settings::write(&desktop, DAMAGED);
    let session = webdriver::webview(&desktop).await;
    session
        .page
        .until_text("notice-line", "could not be read")
        .await;

    // Not lost: the text is beside the new file, for the person to read.
    let path = settings::path(&desktop);
    let folder = path.parent().expect("the file is in a folder");
    wait_for("the damaged file under another name", async || {
        let files: Vec<_> = fs::read_dir(folder)
            .map_err(|error| error.to_string())?
            .flatten()
            .map(|file| file.path())
            .collect();
        let kept = files.iter().any(|file| {
            *file != path && fs::read_to_string(file).is_ok_and(|text| text == DAMAGED)
        });
        ensure(kept, format!("{files:?}"))
    })
    .await;
    session.close().await;
}

#[tokio::test]
async fn the_port_chosen_in_the_window_survives_a_restart() {
    let desktop = Desktop::start().await;
    settings::use_port(&desktop, free_port());
    let session = webdriver::webview(&desktop).await;
    session.page.until_phase("running").await;
    let chosen = free_port();
    choose(&desktop, "Server", "Port…");
    let field = "port-dialog input[name=\"port\"]";
    session.page.until_present(field).await;
    session.page.fill(field, &chosen.to_string()).await;
    session
        .page
        .click("port-dialog button[data-act=\"apply\"]")
        .await;
    session
        .page
        .until_text("status-bar .url", &format!("http://localhost:{chosen}"))
        .await;
    session.close().await;
    // A launch that meets the app as it dies hands over to nobody and ends.
    wait_for("the end of the app", async || {
        ensure(is_free(chosen), "it still listens")
    })
    .await;

    App::launch_with_settings(&desktop, chosen).await;
}

#[tokio::test]
async fn the_size_of_the_window_survives_a_restart() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let port = app.port;
    let id = format!("{:#x}", window(&desktop).expect("the window is there").id);
    desktop.ask("wmctrl", &["-i", "-r", &id, "-e", "0,-1,-1,913,707"]);
    until_size(&desktop, 913, 707).await;
    close_window(&desktop);
    app.ended_in_order().await;

    let _app = App::launch_with_settings(&desktop, port).await;
    until_size(&desktop, 913, 707).await;
}

async fn until_size(desktop: &Desktop, width: u32, height: u32) {
    wait_for("a window of that size", async || {
        let window = window(desktop)?;
        let close = window.width.abs_diff(width) <= 4 && window.height.abs_diff(height) <= 4;
        ensure(close, format!("{} x {}", window.width, window.height))
    })
    .await;
}

/// Whoever edits the file in a terminal may not look at the window.
#[tokio::test]
async fn a_mistake_in_the_file_of_streams_is_told_on_stderr() {
    let desktop = Desktop::start().await;
    settings::write_streams(&desktop, "[[stream]]\npath = \"/mine\"\nevrey = \"1s\"\n");
    let app = App::launch(&desktop).await;
    wait_for("the mistake on stderr", async || {
        let said = app.process.output();
        let line = said.lines().find(|line| line.contains("line 3: "));
        let told = line.is_some_and(|line| line.starts_with("sse-workbench: "));
        ensure(told, said)
    })
    .await;
}
