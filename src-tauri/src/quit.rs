//! The one way to end the program. Closing the window, Quit and the signals all use it. The server
//! is stopped in order, the settings are saved, and the process ends with 0.
//!
//! The main thread never waits for the server here, because a window that is closing would freeze.
//! The streams end on other threads.

use std::time::Duration;

use sse_server::Phase;
use tauri::{AppHandle, ExitRequestApi, Manager};

use crate::app_state::AppState;

/// How long the event loop may take to end once everything is closed. A native dialog that runs a
/// loop of its own would keep it for as long as it is open.
const LAST_CALL: Duration = Duration::from_secs(2);

/// Stops the server, then ends the process. Returns at once; asking twice is the same as asking
/// once.
pub(crate) fn leave(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        if let Some(shell) = app.try_state::<AppState>() {
            shell.server().stop().await;
        }
        app.exit(0);
        tokio::time::sleep(LAST_CALL).await;
        last_thing(&app);
        std::process::exit(0);
    });
}

/// Answers Tauri's question whether it may exit: not before the server is at rest. `leave` makes it
/// ask again.
pub(crate) fn exit_requested(app: &AppHandle, api: &ExitRequestApi) {
    let phase = app.try_state::<AppState>().map(|shell| shell.phase());
    if !matches!(phase, None | Some(Phase::Stopped | Phase::Failed)) {
        api.prevent_exit();
        leave(app);
    }
}

/// Closes the file of a recording, and saves what was kept in memory until now. There is nobody
/// left to tell of a failure but the log.
pub(crate) fn last_thing(app: &AppHandle) {
    if let Some(shell) = app.try_state::<AppState>() {
        shell.watcher().stop();
        if let Err(error) = shell.save_settings() {
            tracing::warn!("{error}");
        }
    }
}
