//! Signals end the program as Quit does. Tauri alone would let them kill the process with streams
//! open.

use tauri::AppHandle;

use crate::quit::leave;

/// Leaves in order at the first signal that asks the program to end. From the moment this returns
/// no such signal kills: one may come while the window is still being made.
pub(crate) fn follow(app: &AppHandle) {
    // Listening needs a runtime, and is set up before the first await.
    match tauri::async_runtime::block_on(async { sse_server::asked_to_end() }) {
        Ok(asked) => {
            let app = app.clone();
            tauri::async_runtime::spawn(async move {
                asked.await;
                leave(&app);
            });
        }
        Err(error) => {
            tracing::warn!(%error, "signals will end the program without stopping the server");
        }
    }
}
