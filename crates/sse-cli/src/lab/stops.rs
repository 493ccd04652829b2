//! The signals that end a run: those of all commands, and SIGHUP where clients are started. A
//! terminal that closes tells its own process group alone, and each client has another.

use std::io;

use sse_server::Signals;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Listens for them.
#[derive(Debug)]
pub(super) struct Stops {
    signals: Signals,
    #[cfg(unix)]
    hangup: Option<Signal>,
}

impl Stops {
    /// Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// The system does not let the process listen.
    #[cfg_attr(not(unix), expect(unused_variables, reason = "there is no SIGHUP"))]
    pub(super) fn listen(has_clients: bool) -> io::Result<Self> {
        Ok(Self {
            signals: Signals::listen()?,
            #[cfg(unix)]
            hangup: match has_clients && !is_hangup_ignored() {
                true => Some(signal(SignalKind::hangup())?),
                false => None,
            },
        })
    }

    /// Resolves at the next signal.
    #[cfg(unix)]
    pub(super) async fn next(&mut self) {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => _ = hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.signals.next() => {}
            () = hangup => {}
        }
    }

    /// Resolves at the next signal.
    #[cfg(not(unix))]
    pub(super) async fn next(&mut self) {
        self.signals.next().await;
    }
}

/// Whether this process ignores SIGHUP since its start, as under `nohup`: then it goes on so. A
/// process cannot ask that about itself without `unsafe`, but a child begins in the same way.
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    let asked = std::process::Command::new("sh")
        .args(["-c", "kill -HUP $$"])
        .stdin(std::process::Stdio::null())
        .status();
    asked.is_ok_and(|status| status.success())
}
