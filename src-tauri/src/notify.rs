//! Notifies menu, title and page of each change. A change comes from the one place that knows it:
//! the server's status, its faults, its table of connections, its topics, the engine that keeps
//! them, its list of streams, or the app's notice.
//! Changes of the file of streams are also printed to stderr.
//!
//! It must never decide anything: it emits only what it was given.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use sse_server::Server;
use tauri::{AppHandle, Manager};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::app_state::AppState;
use crate::standing::Standing;
use crate::{actions, menu, told, window};

/// The page hears of table, topics and strikes at most this often.
const TABLE_PAUSE: Duration = Duration::from_millis(250);

/// Starts to follow. The tasks live as long as the process.
pub(crate) fn follow(app: &AppHandle) {
    let shell = app.state::<AppState>();

    let mut status = shell.server().status();
    let mut faults = shell.server().faults_changed();
    // A strike is a change of the table, which is told once somebody has looked at the one before.
    let looked = Arc::new(Notify::new());
    let strikes = Arc::clone(&looked);
    let told = app.clone();
    tauri::async_runtime::spawn(async move {
        let mut shown = None;
        let mut knock = None;
        loop {
            let now = status.borrow_and_update().clone();
            faults.borrow_and_update();
            let armed = told.state::<AppState>().server().faults();
            let standing = Standing {
                phase: now.phase,
                armed: !armed.is_empty(),
            };
            // A strike changes none of these.
            if shown.replace(standing) != Some(standing) {
                menu::show(&told, standing);
                tell(&told, "actions", actions::list(standing));
            }
            let over = told.state::<AppState>().server().last_knock();
            if over != knock
                && let Some((_, tries)) = &over
            {
                let sentence = format!("New connections were reset: {tries}.");
                told.state::<AppState>().set_notice(Some(sentence));
            }
            knock = over;
            window::show_armed(&told, armed.len());
            tell(&told, "status", now);
            tell(&told, "faults", armed);
            let next = Instant::now() + TABLE_PAUSE;
            let changed = tokio::select! {
                changed = status.changed() => changed,
                changed = async {
                    tokio::time::sleep_until(next).await;
                    tokio::select! {
                        changed = faults.changed() => changed,
                        () = strikes.notified(), if standing.armed => Ok(()),
                    }
                } => changed,
            };
            if changed.is_err() {
                return;
            }
        }
    });

    let mut table = shell.server().connections_changed();
    let mut topics = shell.server().topics_changed();
    let told = app.clone();
    tauri::async_runtime::spawn(async move {
        loop {
            let changed = tokio::select! {
                changed = table.changed() => changed,
                changed = topics.changed() => changed,
            };
            if changed.is_err() {
                return;
            }
            let shell = told.state::<AppState>();
            tell(&told, "connections", shell.server().connections());
            tell(&told, "topics", shell.server().topics());
            looked.notify_one();
            // What changes meanwhile is told after the pause: the receiver remembers that something
            // did.
            tokio::time::sleep(TABLE_PAUSE).await;
        }
    });

    follow_engine(app, shell.server());

    let mut streams = shell.server().streams_changed();
    let told = app.clone();
    tauri::async_runtime::spawn(async move {
        while streams.changed().await.is_ok() {
            let now = streams.borrow_and_update().clone();
            tell(&told, "streams", now.streams);
            tell(&told, "streams_file", now.file);
        }
    });

    let mut news = shell.server().file_news();
    tauri::async_runtime::spawn(async move {
        while let Some(line) = news.next().await {
            // It waits where nobody reads.
            let said = tauri::async_runtime::spawn_blocking(move || {
                writeln!(std::io::stderr(), "sse-workbench: {line}")
            });
            _ = said.await;
        }
    });

    let mut notice = shell.notice();
    let told = app.clone();
    tauri::async_runtime::spawn(async move {
        while notice.changed().await.is_ok() {
            let now = notice.borrow_and_update().clone();
            tell(&told, "notice", now);
        }
    });
}

/// Tells the page of the engine that keeps the topics, where one does. Who waits for it changes
/// with the table.
fn follow_engine(app: &AppHandle, server: &Server) {
    let Some(mut engine) = server.engine_changed() else {
        return;
    };
    let mut table = server.connections_changed();
    let told = app.clone();
    tauri::async_runtime::spawn(async move {
        let mut shown = None;
        loop {
            engine.borrow_and_update();
            table.borrow_and_update();
            let now = told.state::<AppState>().server().engine();
            if now != shown {
                tell(&told, "engine", now.clone());
                shown = now;
            }
            let changed = tokio::select! {
                changed = engine.changed() => changed,
                changed = table.changed() => changed,
            };
            if changed.is_err() {
                return;
            }
            tokio::time::sleep(TABLE_PAUSE).await;
        }
    });
}

fn tell(app: &AppHandle, part: &'static str, value: impl Serialize + Clone) {
    if let Err(error) = told::part(app, part, value) {
        tracing::debug!(%error, part, "the page was not told");
    }
}
