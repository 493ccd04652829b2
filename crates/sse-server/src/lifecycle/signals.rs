//! The signals that ask a program to end, for both programs that run the server.

use std::io;

/// Which signal asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A person did, with ctrl-c.
    Interrupt,
    /// A supervisor did, with SIGTERM.
    Terminate,
}

/// Listens for ctrl-c and, on Unix, SIGTERM. From [`listen`](Self::listen) on they no longer kill
/// the process. SIGHUP is left alone, so that `nohup` works.
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

impl Signals {
    /// Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// The system does not let the process listen.
    #[cfg(unix)]
    pub fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// The system does not let the process listen.
    #[cfg(windows)]
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: tokio::signal::windows::ctrl_c()?,
        })
    }

    /// Resolves at the next signal.
    #[cfg(unix)]
    pub async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.interrupt.recv() => Asked::Interrupt,
            _ = self.terminate.recv() => Asked::Terminate,
        }
    }

    /// Resolves at the next signal.
    #[cfg(windows)]
    pub async fn next(&mut self) -> Asked {
        self.interrupt.recv().await;
        Asked::Interrupt
    }
}

/// Listens for ctrl-c and, on Unix, SIGTERM; what it returns resolves at the first of them. From
/// the moment of this call they no longer kill the process.
///
/// Must be called inside a tokio runtime.
///
/// # Errors
/// The system does not let the process listen.
pub fn asked_to_end() -> io::Result<impl Future<Output = ()> + Send> {
    let mut signals = Signals::listen()?;
    Ok(async move {
        signals.next().await;
    })
}
