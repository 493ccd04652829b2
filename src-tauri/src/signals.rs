//! Signals take the same road out as Quit. Tauri would let them kill the process with streams open.

use tauri::AppHandle;

use crate::leave::leave;

/// Leaves in order at the first signal that asks the program to end.
pub(crate) fn follow(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        match asked_to_end().await {
            Ok(()) => leave(&app),
            Err(error) => {
                tracing::warn!(%error, "signals will end the program without stopping the server");
            }
        }
    });
}

/// SIGTERM (the session ends), SIGINT (ctrl-c in the terminal), SIGHUP (the terminal is closed).
#[cfg(unix)]
async fn asked_to_end() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut term = signal(SignalKind::terminate())?;
    let mut int = signal(SignalKind::interrupt())?;
    let mut hup = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
        _ = hup.recv() => {}
    }
    Ok(())
}

/// Ctrl-c in a console. The end of a session closes the window, which is the same road.
#[cfg(not(unix))]
async fn asked_to_end() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
