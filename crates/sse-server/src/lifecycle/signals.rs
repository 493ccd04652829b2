//! The signals that ask a program to end, for both programs that run the server.

use std::io;

/// Listens for ctrl-c and, on Unix, SIGTERM; what it returns resolves at the first of them. From
/// the moment of this call they no longer kill the process. SIGHUP is left alone, so that `nohup`
/// works.
///
/// Must be called inside a tokio runtime.
///
/// # Errors
/// The system does not let the process listen.
#[cfg(unix)]
pub fn asked_to_end() -> io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Listens for ctrl-c in a console; what it returns resolves when it comes. From the moment of this
/// call it no longer kills the process.
///
/// # Errors
/// The system does not let the process listen.
#[cfg(windows)]
pub fn asked_to_end() -> io::Result<impl Future<Output = ()> + Send> {
    let mut ctrl_c = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        ctrl_c.recv().await;
    })
}
