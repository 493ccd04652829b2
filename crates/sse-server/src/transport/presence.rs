//! Whether a client is still there while its answer is made elsewhere, and hyper has its socket.
//!
//! hyper does not read while it waits for an answer, and an upstream may take minutes. So a second
//! handle on the socket looks whether the client closed it. A client that only closed its sending
//! side looks the same, and is taken for one that left, as nginx takes it: what it asked for costs
//! somebody else something.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::TcpStream;

/// How often a socket is looked at that has bytes which nobody reads yet.
const LOOK: Duration = Duration::from_millis(100);

/// A second handle on the socket of a client.
#[derive(Clone, Debug)]
pub(crate) struct Presence(Arc<TcpStream>);

impl Presence {
    /// A handle beside the socket.
    ///
    /// # Errors
    /// The process has no file descriptor left.
    pub(crate) fn beside(socket: &TcpStream) -> io::Result<Self> {
        let second: std::net::TcpStream = SockRef::from(socket).try_clone()?.into();
        Ok(Self(Arc::new(TcpStream::from_std(second)?)))
    }

    /// Resolves when the client closed its side, or the connection is broken.
    pub(crate) async fn left(&self) {
        let mut byte = [0];
        loop {
            match self.0.peek(&mut byte).await {
                Ok(0) | Err(_) => return,
                // Its body, or its next request. Behind that it may have left, too; whoever reads
                // that finds it.
                Ok(_) => tokio::time::sleep(LOOK).await,
            }
        }
    }
}
